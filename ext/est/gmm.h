/* gmm.h: what gmm_equations.c hands to gmm_estimate.c, and that to fe_gmm.c: the stacked equations of a dynamic panel, unit by unit. */
#ifndef ECON_GMM_H
#define ECON_GMM_H

#include "est.h"

typedef enum GmmTransform { GMM_DIFFERENCE, GMM_DEVIATIONS } GmmTransform; /* in the order of transform= */
enum { GMM_MOST_PERIODS = 400, GMM_MOST_INSTRUMENTS = 2000 };

/* One variable that makes instruments for one kind of equation, or (iv in both) for both. */
typedef struct GmmSource {
  int group;               /* of the tests: index of the set, or -1: the constant and the time effects */
  bool gmm, difference;    /* gmm: lags; difference: of the variable's difference (level equation) */
  bool transformed, level; /* which equations */
  int variable;            /* iv: place in GmmUnit.value's rows; gmm: in GmmUnit.base */
  int low, high;           /* gmm: lags */
  bool collapse;
  int *column;             /* column of Z for [period x lags + lag - low], [lag - low] or [0]; -1: always zero */
} GmmSource;

/* The equations of one unit. Rows 0..transformed-1 are transformed, the rest in levels; width numbers a row: the k regressors, the outcome, further iv variables. */
typedef struct GmmUnit {
  int rows, transformed;
  int *period;             /* of each row */
  double *x;               /* rows x width, row by row */
  int64_t *first;          /* rows + 1: the instruments of a row are z[first[row]] .. z[first[row + 1] - 1], in columns column[...] */
  int *column;
  double *z;
  /* the unit as it is, period by period */
  double *value;           /* periods x width; only where complete */
  bool *complete, *inside; /* outcome and regressors are there; and where= holds */
  double *base;            /* periods of each gmm variable; NAN where missing */
  double *sum;             /* width: work */
} GmmUnit;

typedef struct GmmEquations {
  Job *job;
  GmmTransform transform;
  bool system;
  int weighting;           /* h of xtabond2: 1, 2, 3 */
  int periods;             /* T, from the first to the last period of the units that take part */
  double first_time;
  PanelSeries series;
  bool *taken;             /* for each unit of the series */
  /* columns: [constant] [time effects] [terms] | outcome | further iv variables */
  int k, width, constants, effects, terms; /* constants 0 or 1; effects: time dummies */
  const double **column;   /* width; NULL: made from the period */
  int *dummy;              /* its period; -1: the constant */
  const char **name;
  const bool *complete;    /* for each row of the frame */
  int sources, bases, groups;
  GmmSource *source;
  const double **base;     /* columns of the gmm variables */
  const char **group;      /* names */
  int instruments;         /* columns of Z that are not always zero */
  /* counts */
  int64_t rows_transformed, rows_level;
  int units;               /* with at least one equation */
  int shortest, longest;   /* equations of a unit, of those that n counts */
  bool *kept;              /* k: not collinear with columns before */
  int kept_count;
  double *h;               /* covariance of the stacked errors of a unit under iid errors; order periods, or 2 x periods */
  int h_order;
} GmmEquations;

/* Reads the panel and the formula, numbers the instruments, finds collinear regressors. */
void gmm_equations(Job *job, GmmEquations *eq);
GmmUnit *gmm_unit_new(const GmmEquations *eq);
/* The equations of one unit; false where it has none, or the run has failed. */
bool gmm_unit(const GmmEquations *eq, int32_t unit, GmmUnit *out);
/* Where a row of the unit stands in h. */
static inline int gmm_h_place(const GmmEquations *eq, const GmmUnit *unit, int row) { return unit->period[row] + (row < unit->transformed ? 0 : eq->periods); }
/* The first `rows` rows of the map from a unit's errors in levels to those of its transformed equations: periods x periods, row-major. */
double *gmm_transform_map(const GmmEquations *eq, GmmTransform transform);

/* ---- gmm_estimate.c */
typedef struct GmmWeight {
  int order, rank;
  double *factor, *scale;  /* Cholesky factor of the matrix with unit diagonal; scale: roots of the diagonal */
  double *root;            /* else rank x order: root'root is the generalised inverse */
} GmmWeight;

typedef struct GmmStep {
  double *beta;            /* k kept */
  double *bread;           /* (X'Z A Z'X)^-1 */
  double *influence;       /* instruments x k kept: A Z'X bread */
  double *moments;         /* Z'(y - X beta) */
  double *weighted;        /* A Z'(y - X beta) */
  double objective;        /* moments' A moments */
  GmmWeight weight;
} GmmStep;

typedef struct GmmOrder { /* the test of no autocorrelation of some order */
  double statistic;        /* NAN where there is no pair of residuals */
} GmmOrder;

typedef struct GmmSubset { /* without one group of instruments */
  const char *group;
  double excluded;         /* Hansen J without the group */
  double difference;
  int df;                  /* instruments of the group */
} GmmSubset;

typedef struct GmmEstimate {
  int rank;                /* of the instruments */
  int steps;
  GmmStep one, two;
  double *beta, *vcov;     /* of the step asked for, k kept */
  double sigma2;           /* of the errors in levels, at step one */
  double sargan;
  bool singular;           /* the covariance of the moments has no inverse */
  int singular_rank;
  int orders;
  GmmOrder *order;
  int subsets;
  GmmSubset *subset;
} GmmEstimate;

void gmm_estimate(const GmmEquations *eq, int steps, bool robust, int orders, GmmEstimate *out);
#endif
