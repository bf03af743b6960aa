/* matching.h: what psm_match and did_att's match= share. matching_run goes from columns to weights; it knows no formula and no options.
 * psm_score.c estimates the score, match_nearest.c, match_smooth.c (with match_tree.c) and match_metric.c find who is compared with whom, match_weights.c reweights,
 * match_effects.c has the effects and their errors, balance.c the balance table, matching.c puts the first five together. */
#ifndef ECON_MATCHING_H
#define ECON_MATCHING_H

#include "glm.h"

typedef enum MatchMethod { MATCH_NEAREST, MATCH_RADIUS, MATCH_KERNEL, MATCH_LOCAL_LINEAR, MATCH_MAHALANOBIS, MATCH_IPW, MATCH_ENTROPY } MatchMethod;
typedef enum MatchOrder { ORDER_LARGEST, ORDER_SMALLEST, ORDER_RANDOM, ORDER_DATA } MatchOrder;
typedef enum MatchSupport { SUPPORT_NONE, SUPPORT_MINMAX, SUPPORT_TRIM } MatchSupport;
typedef enum Estimand { ESTIMAND_ATT, ESTIMAND_ATU, ESTIMAND_ATE } Estimand;

typedef struct MatchSettings {
  GlmFamily score;         /* GLM_LOGIT or GLM_PROBIT */
  MatchMethod method;
  int64_t ratio;
  bool replace;
  double caliper;          /* NAN: none */
  bool caliper_in_sd;      /* in standard deviations of the score, over all rows of the by= group */
  MatchOrder order;
  bool gaussian;           /* the kernel; else Epanechnikov */
  double bandwidth;
  MatchSupport support;
  double trim;
  Estimand estimand;       /* whose weights */
  int64_t moments;         /* entropy balancing: 1 to 3 */
  uint64_t seed;
} MatchSettings;

/* One side is compared with the other: the treated with controls (0) or the controls with treated (1). Arrays of n. */
typedef struct MatchDirection {
  double *used;            /* sum of the weights with which a row stands for rows of the other side, each of which gives out 1 */
  double *used_squares;    /* sum of their squares */
  double *imputed;         /* for a row that found a comparison the weighted mean of its outcomes (0 without outcomes); NAN: it found none */
} MatchDirection;

typedef struct Matching {
  MatchSettings settings;
  /* what the caller gives */
  int64_t n;
  const double *treat;         /* 0/1 */
  const double *outcome;       /* or NULL */
  int k;                       /* regressors of the score, the constant among them */
  double *const *x;
  const char *const *name;
  bool constant;               /* x[0] is the constant */
  const int32_t *by;           /* codes of by=, or NULL */
  int32_t by_levels;
  const int32_t *exact;        /* codes of exact=, or NULL */
  const char *treat_name;
  bool both;                   /* both directions are wanted */
  /* what matching_run writes; arrays of n */
  double *score, *index;       /* NAN in a by= group that has no score */
  bool *part;                  /* has a score and lies on the support */
  bool *on_support;            /* part, and found a comparison (of the sides that look for one) */
  double *weight;              /* for the estimand; 0: not used */
  double *match_id;            /* NAN: in no matched set */
  MatchDirection direction[2];
  bool directions[2];          /* which of them was computed */
  int32_t groups;              /* levels of by=, or one */
  int64_t *group_first, *group_row; /* their rows: group_row[group_first[g]] .. group_row[group_first[g + 1] - 1] */
  bool *group_used;            /* false: it has one side only */
  int64_t separated, no_score; /* rows predicted perfectly; rows of by= groups that have one side only */
  int32_t skipped_groups;
  double score_sd;             /* of the last group */
  bool *dropped;               /* k; of the last group */
  Glm glm;                     /* of the last group */
  double **coordinates;        /* Mahalanobis: k2 whitened coordinates of n */
  int dimensions;
} Matching;

void matching_run(Run *run, Matching *m);
/* psm_match.c: the settings from the options of psm_match; a sentence where they make no sense */
void matching_settings(Job *job, MatchSettings *settings);

/* psm_score.c: score and index of the given rows; false if these rows have one side only. */
bool score_rows(Run *run, Matching *m, int64_t count, const int64_t *row);
/* The same model on all rows with weights (0: left out): its fit in glm; false where there is none. index: n numbers, or NULL. */
bool score_again(Run *run, const Matching *m, const double *weight, Glm *glm, double *index);
/* dropped[j]: column j is collinear with earlier ones over these rows */
void find_dropped(Run *run, int64_t n, int k, double *const *x, const double *weight, bool *dropped);

/* One side of a cell, by rising score and then row; rows with equal scores are a step. */
typedef struct MatchSide {
  int64_t n, steps;
  int64_t *row;
  int64_t *first;              /* steps + 1 */
  double *score;               /* of each step */
} MatchSide;
void side_build(Run *run, const Matching *m, int64_t count, const int64_t *rows, bool treated, MatchSide *side);
int64_t side_find(const MatchSide *side, double score); /* the first step with at least this score; steps: none */
/* The k rows nearest to a score within a width, nearest first, ties to the earlier row, one row left out (-1: none); returns how many. */
int64_t side_nearest(const MatchSide *side, double score, double width, int64_t k, int64_t except, int64_t *out);

/* Who is compared with whom in one cell; they call match_record for each row of `from`. */
void match_nearest(Run *run, Matching *m, int way, const MatchSide *from, const MatchSide *to, double width);
void match_smooth(Run *run, Matching *m, int way, const MatchSide *from, const MatchSide *to, double width);
void match_metric(Run *run, Matching *m, int way, const MatchSide *from, const MatchSide *to, double width);
void match_record(Matching *m, int way, int64_t from, int64_t count, const int64_t *to, const double *weight); /* weight NULL: 1/count each */
void match_order(Run *run, const Matching *m, const MatchSide *from, int64_t *row); /* the rows of a side in the order in which they choose */
void whiten(Run *run, Matching *m, int64_t count, const int64_t *row); /* coordinates in which the Mahalanobis distance is Euclidean */
/* The k rows of a side nearest to a row in these coordinates; taken: rows to leave out, or NULL. side_order: the side by its first coordinate. */
typedef struct MetricSide {
  int64_t n;
  int64_t *row;
  double *first;
} MetricSide;
void metric_side_build(Run *run, const Matching *m, const MatchSide *side, MetricSide *out);
int64_t metric_nearest(const Matching *m, const MetricSide *side, int64_t row, double width, int64_t k, const bool *taken, int64_t *out, double *distance);

/* match_tree.c: sum of q K((score - point) / h)^power u^p over rows by rising score, p = 0, 1, 2, for up to three columns q: sum[3 c + p]. others: how many points there are. Thread-safe. */
typedef enum MatchKernel { KERNEL_UNIFORM, KERNEL_EPANECHNIKOV, KERNEL_GAUSSIAN } MatchKernel;
typedef struct MatchTree MatchTree;
double match_kernel(MatchKernel kernel, double u); /* match_smooth.c */
MatchTree *match_tree_new(Run *run, MatchKernel kernel, int power, double h, int64_t others, int64_t n, const double *score, int charges, const double *const charge[]);
double match_tree_reach(const MatchTree *tree, double point, double width); /* how far from the point rows count */
void match_tree_sums(const MatchTree *tree, double point, double width, double *sum);

/* match_weights.c: weights for an estimand without a comparison of rows (method ipw or entropy), of all groups; false: entropy balancing has no solution */
bool balancing_weights(Run *run, const Matching *m, Estimand estimand, double *weight);
static inline bool compares_rows(MatchMethod method) { return method != MATCH_IPW && method != MATCH_ENTROPY; }

/* match_effects.c */
typedef struct MatchEffect {
  double estimate, std_error;
  int64_t n;
} MatchEffect;
void match_effects(Run *run, Matching *m, bool simple, int64_t neighbours, MatchEffect effect[3]); /* by Estimand; NAN where not defined */

/* balance.c */
typedef struct BalanceRow {
  double mean[2];          /* control, treated */
  double std_diff, bias, ratio, statistic, p_value;
} BalanceRow;
/* weight NULL: all rows, 1 each. before: the row of the sample before matching, whose variances scale the differences (itself there). */
void balance_row(const Matching *m, const double *x, const double *weight, const double variance_before[2], BalanceRow *out);
void group_moments(const Matching *m, const double *x, const double *weight, double mean[2], double variance[2], double total[2]);
#endif
