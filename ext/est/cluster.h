/* cluster.h: a regression taken apart by clusters: what the wild bootstrap and the jackknife of clusters build on (cluster.c). */
#ifndef ECON_CLUSTER_H
#define ECON_CLUSTER_H

#include "est.h"

typedef struct ClusterSums {
  Run *run;
  int k, m;             /* regressors; with them the columns of effects that cross the clusters */
  int32_t clusters;
  double **column;      /* m */
  const double *residual, *weight;
  double *bread;        /* m x m: (X'WX)^-1 and the same of the crossing columns; the two are orthogonal */
  int64_t *first, *row; /* row[first[g]] .. row[first[g + 1] - 1] are the rows of cluster g */
  double *block;        /* room for a block of rows */
  bool many;            /* too many crossing levels to stand as columns (m is k): what needs them absorbs them anew (cluster.c, 4) */
} ClusterSums;

/* x: k columns with all effects absorbed, of full rank; residual: of the regression on them; bread: k x k. The sample has one clustering. */
void cluster_sums_build(Job *job, const Sample *sample, int k, double *const *x, const double *residual, const double *bread, ClusterSums *sums);
/* X_g'W_g X_g (m x m) and X_g'W_g e_g (m) of cluster g over all m columns. False: the run has failed. */
bool cluster_sums_of(ClusterSums *sums, int32_t g, double *crossproduct, double *score);

/* wild.c: p_value and the interval of each term by the wild cluster bootstrap; combination[i] has regression->k weights of the terms. */
void wild_inference(Job *job, const Sample *sample, const Regression *regression, int count, const double *const *combination, FitTerm *const *term);
/* cv3.c: the jackknife variance of the k columns; rows and columns of what is not defined are NAN. */
void cv3_compute(Job *job, const Sample *sample, int k, double *const *x, const double *residual, const double *bread, Vcov *out);
#endif
