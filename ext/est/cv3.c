/* cv3.c: the jackknife of clusters, vcov=cv3(cluster).
 *
 * 1. CV3 = (G-1)/G sum over clusters of (b_g - b)(b_g - b)', b_g the estimate without cluster g (all effects estimated anew), b the full one;
 *    t with G-1; no other small-sample factor. With few or unequal clusters its errors are wider and its tests better sized than the usual ones.
 * 2. b - b_g = (X'WX - X_g'W_g X_g)^-1 X_g'W_g e_g, over the regressors and the columns of the effects that cross the clusters (cluster.c).
 *    Where crossing effects are many they are absorbed anew over the rows outside g, and b_g - b is the coefficient of e on x there.
 *    (The sign cancels in 1.)
 * 3. A term that the other clusters do not identify without g has no b_g: its error is NULL.
 * Reference: MacKinnon, Nielsen and Webb (2023), "Fast and reliable jackknife and bootstrap methods for cluster-robust inference", J. of
 * Applied Econometrics 38, eqs. 12-14 (there CV3; Bell and McCaffrey 2002 for the name). */
#include "cluster.h"

static const double PIVOT = 1e-10, TRACE = 1e-6; /* what is left of a column that the others explain; a coefficient on it that is not rounding */

/* Gauss-Jordan elimination of the rows of a (m x (m + 1), row-major, right side last), crossing effects first, then the k regressors; pivots that
 * vanish are passed over. change[j] is the solution, NAN where it is not unique (3). scale: the diagonal before the cluster was taken off. */
static void solve_without(int k, int m, double *a, const double *scale, bool *kept, double *change) {
  int width = m + 1;
  for (int step = 0; step < m; step++) {
    int p = step < m - k ? k + step : step - (m - k);
    double pivot = a[p * width + p];
    kept[p] = pivot > PIVOT * scale[p];
    if (!kept[p]) continue;
    for (int c = 0; c < width; c++) a[p * width + c] /= pivot;
    for (int i = 0; i < m; i++) {
      double factor = a[i * width + p];
      if (i == p || factor == 0) continue;
      for (int c = 0; c < width; c++) a[i * width + c] -= factor * a[p * width + c];
    }
  }
  for (int j = 0; j < k; j++) {
    change[j] = kept[j] ? a[j * width + m] : NAN;
    for (int d = 0; d < k && kept[j]; d++)
      if (!kept[d] && fabs(a[j * width + d]) * sqrt(scale[j] / scale[d]) > TRACE) change[j] = NAN;
  }
}

/* Rule 2, second half: the same system for the rows outside cluster g, row-major with the right side last. */
static void absorb_without(Job *job, const Sample *sample, const ClusterSums *sums, int32_t g, double *a) {
  Run own, *run = job->run;
  run_begin(&own, run->host);
  int k = sums->k;
  int64_t n = sample->n - (sums->first[g + 1] - sums->first[g]), to = 0;
  int64_t *row = NEW_ARRAY(&own, int64_t, n);
  double **column = NEW_ARRAY(&own, double *, k + 1), *weight = sample->weight ? NEW_ARRAY(&own, double, n) : NULL;
  Effect *effect = NEW_ARRAY(&own, Effect, sample->effects);
  for (int64_t i = 0; i < sample->n && !run_failed(&own); i++)
    if (sample->cluster[0][i] != g) row[to++] = i;
  for (int j = 0; j <= k && !run_failed(&own); j++) {
    column[j] = NEW_ARRAY(&own, double, n);
    for (int64_t i = 0; i < n && !run_failed(&own); i++) column[j][i] = j < k ? sums->column[j][row[i]] : sums->residual[row[i]];
  }
  for (int64_t i = 0; weight && i < n; i++) weight[i] = sample->weight[row[i]];
  for (int e = 0; e < sample->effects && !run_failed(&own); e++) {
    int32_t *code = NEW_ARRAY(&own, int32_t, n);
    const double **slope = NEW_ARRAY(&own, const double *, sample->effect[e].slopes);
    effect[e] = sample->effect[e];
    for (int64_t i = 0; i < n && !run_failed(&own); i++) code[i] = sample->effect[e].code[row[i]];
    effect[e].code = codes_dense(&own, n, code, sample->effect[e].levels, &effect[e].levels);
    effect[e].slope = slope;
    for (int s = 0; s < effect[e].slopes && !run_failed(&own); s++) {
      double *values = NEW_ARRAY(&own, double, n);
      for (int64_t i = 0; i < n && !run_failed(&own); i++) values[i] = sample->effect[e].slope[s][row[i]];
      slope[s] = values;
    }
  }
  if (run_poll(&own, (uint64_t)n * (uint64_t)(k + sample->effects)))
    absorb_columns(absorb_new(&own, n, sample->effects, effect, weight, option_number(job, "tolerance")), k + 1, column);
  for (int i = 0; i < k && !run_failed(&own); i++) {
    for (int j = 0; j <= k; j++) {
      double sum = 0;
      for (int64_t r = 0; r < n; r++) sum += (weight ? weight[r] : 1) * column[i][r] * column[j][r];
      a[i * (k + 1) + j] = sum;
    }
    run_poll(&own, (uint64_t)n * (uint64_t)(k + 1));
  }
  run_join(run, &own);
}

void cv3_compute(Job *job, const Sample *sample, int k, double *const *x, const double *residual, const double *bread, Vcov *out) {
  Run *run = job->run;
  ClusterSums sums;
  cluster_sums_build(job, sample, k, x, residual, bread, &sums);
  if (run_failed(run)) return;
  int m = sums.m;
  size_t square = (size_t)m * (size_t)m;
  double *total = NEW_ARRAY(run, double, square), *part = NEW_ARRAY(run, double, square), *score = NEW_ARRAY(run, double, m), *scale = NEW_ARRAY(run, double, m);
  double *a = NEW_ARRAY(run, double, square + (size_t)m), *change = NEW_ARRAY(run, double, k);
  bool *kept = NEW_ARRAY(run, bool, m);
  out->value = NEW_ARRAY(run, double, k * k);
  if (run_failed(run)) return;
  for (int32_t g = 0; g < sums.clusters; g++) {
    if (!cluster_sums_of(&sums, g, part, score)) return;
    for (size_t i = 0; i < square; i++) total[i] += part[i];
  }
  for (int j = 0; j < m; j++) scale[j] = total[j * m + j];
  double factor = (sums.clusters - 1.0) / sums.clusters;
  for (int32_t g = 0; g < sums.clusters; g++) {
    if (sums.many) absorb_without(job, sample, &sums, g, a);
    else if (cluster_sums_of(&sums, g, part, score)) {
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < m; j++) a[i * (m + 1) + j] = total[i * m + j] - part[i * m + j];
        a[i * (m + 1) + m] = score[i];
      }
    }
    if (run_failed(run)) return;
    solve_without(k, m, a, scale, kept, change);
    for (int i = 0; i < k; i++)
      for (int j = 0; j < k; j++) out->value[i * k + j] += factor * change[i] * change[j];
    if (!run_poll(run, (uint64_t)m * square)) return;
  }
  out->df_t = sums.clusters - 1.0;
  out->groups[0] = sums.clusters;
  out->factor = factor;
}
