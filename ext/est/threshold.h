/* threshold.h: the search for thresholds over a grid, and its bootstrap: what fe_threshold stands on. */
#ifndef ECON_THRESHOLD_H
#define ECON_THRESHOLD_H

#include "est.h"

enum { MOST_THRESHOLDS = 3 };

typedef struct ThresholdSearch {
  Job *job;
  Run *run;
  const Sample *sample;
  int64_t n;
  int p;                 /* columns whose coefficients change with the regime */
  double *const *x;      /* them, as they are in the data */
  const double *q;
  int64_t *order;        /* rows by ascending q */
  int grid;
  double *value;         /* candidates, ascending */
  int64_t *below;        /* rows with q <= value */
  double least;          /* rows that a regime must have */
  int basis;             /* orthonormal columns that span the linear model, effects absorbed, rows multiplied by the root of their weight */
  double **base;
  double *own;           /* grid x p x p: X1(g)' M X1(g) */
  double **gram;         /* for a candidate g: grid x p x p, X1(g)' M X1(h) for each h; NULL: not made yet */
  double *root;          /* root of the weights; NULL */
  double degrees;        /* rows less levels of the effects */
  const double *y;       /* absorbed, times root */
  double *linear;        /* M y: residual of the linear model, times root */
  double ssr_linear;
  const char *drawn;     /* what the bootstrap drew: the effect whose units (balanced), "rows" (no effects), "signs" (unbalanced); NULL: nothing */
} ThresholdSearch;

typedef struct ThresholdStage { /* a model with so many thresholds */
  int thresholds;
  int place[MOST_THRESHOLDS];   /* in the grid, in the order in which they were found */
  double ssr_found;             /* when the last was found: for F */
  double ssr;                   /* after the others were sought again */
  double *residual;             /* of the refined model, times root */
  double statistic;             /* F against one threshold less */
  double p_value, critical[3];  /* bootstrap: NAN without; 10, 5 and 1 % */
} ThresholdStage;

/* y and the k columns of the linear model have their effects absorbed; kept: which of the k columns are independent. x: the p regime columns as they are.
 * whole: keep all products of candidates, which a bootstrap of a second threshold needs. */
void threshold_prepare(Job *job, const Sample *sample, const double *y, int k, double *const *column, int p, double *const *x, const double *q, bool whole, ThresholdSearch *out);
/* Fills stage[0 .. thresholds - 1]; curve[t]: grid SSRs of the last search for threshold t (in the order of finding), NAN where a regime would be too small. */
void threshold_stages(ThresholdSearch *search, int thresholds, ThresholdStage *stage, double **curve);
/* Bootstrap of the F test of stage s (from 1) against s - 1 thresholds. */
void threshold_bootstrap(ThresholdSearch *search, int s, ThresholdStage *stage, int stages, int64_t reps, uint64_t seed);
#endif
