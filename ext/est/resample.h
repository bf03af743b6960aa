/* resample.h: one regression under many sets of weights, a weight for each cluster of rows: bootstraps (how often a cluster was drawn) and
 * permutations (which clusters belong to a group). */
#ifndef ECON_RESAMPLE_H
#define ECON_RESAMPLE_H

#include "est.h"

typedef struct Resample Resample;

/* cluster: n dense codes. column: k columns from which all effects of the sample have been absorbed, in an order such that every regression
 * of interest is one column on some that stand before it. They are looked at while the Resample is used. NULL only if the run failed. */
Resample *resample_new(Job *job, const Sample *sample, int32_t clusters, const int32_t *cluster, int k, double *const *column);

/* What one set of weights gives: lower factor L of X'WX with the effects absorbed anew, columns in their order, for resample_solve. */
typedef struct ResampleFit {
  int k;
  const double *factor;  /* k x k, row by row */
  const bool *dropped;   /* columns that earlier ones (or the effects) determine under these weights */
  const double *scale;   /* the factor is that of the columns divided by these */
} ResampleFit;

/* Regression of column y on columns 0..count-1 (all before y): the coefficients of first..count-1 into beta, NAN where dropped. */
void resample_solve(const ResampleFit *fit, int first, int count, int y, double *beta);

typedef struct ResampleTask {
  void *context;
  void (*weigh)(void *context, int64_t item, int worker, double *weight); /* weight: one for each cluster, zero at first */
  void (*use)(void *context, int64_t item, const ResampleFit *fit);
} ResampleTask;

/* Every item once, on several processors where the clusters' sums were kept. The callbacks write only what belongs to their item or worker, and
 * do not touch the run. draws: how many the items are for the user, for run_progress. */
void resample_run(Resample *resample, int64_t items, int64_t draws, const ResampleTask *task);

/* Standard deviation of draws, and their interval: percentile, or bias-corrected (Efron 1987, with acceleration 0). value is sorted in place
 * and NANs among it are left out; returns how many were not NAN. */
typedef struct DrawSummary {
  int64_t count;
  double std_error, conf_low, conf_high;
} DrawSummary;
void draw_summary(Run *run, int64_t draws, double *value, double estimate, double level, bool bias_corrected, DrawSummary *out);
#endif
