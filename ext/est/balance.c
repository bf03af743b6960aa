/* balance.c: are the two sides alike? One row for a regressor, before and after matching.
 *
 * 1. Means of the treated (m1) and of the controls (m0), weighted after matching. Variances v = sum w (x - m)^2 / (sum w (1 - sum w^2 / (sum w)^2)): with equal weights
 *    the usual n - 1.
 * 2. std_diff = (m1 - m0) / sd of the treated before matching; bias_pct = 100 (m1 - m0) / sqrt((v1 + v0) / 2) with the variances before matching (Rosenbaum and Rubin 1985);
 *    var_ratio = v1 / v0 of the sample itself.
 * 3. statistic, p_value: t of the treatment in the regression of x on it, with the weights as frequencies: s^2 = sum w e^2 / (sum w - 2), df = sum w - 2. Before matching this is
 *    the two-sample t test with a pooled variance. */
#include "matching.h"

void group_moments(const Matching *m, const double *x, const double *weight, double mean[2], double variance[2], double total[2]) {
  double squares[2] = {0}, about[2] = {0}, off[2] = {0}, base = NAN;
  for (int side = 0; side < 2; side++) total[side] = mean[side] = 0;
  for (int64_t i = 0; i < m->n; i++) {
    double w = weight ? weight[i] : 1;
    if (w == 0) continue;
    int side = m->treat[i] == 1;
    if (isnan(base)) base = x[i];
    total[side] += w;
    squares[side] += w * w;
    mean[side] += w * (x[i] - base);
  }
  for (int side = 0; side < 2; side++) mean[side] = base + mean[side] / total[side];
  for (int64_t i = 0; i < m->n; i++) {
    double w = weight ? weight[i] : 1;
    if (w == 0) continue;
    int side = m->treat[i] == 1;
    double d = x[i] - mean[side];
    off[side] += w * d;
    about[side] += w * d * d;
  }
  for (int side = 0; side < 2; side++) {
    mean[side] += off[side] / total[side];
    about[side] = fmax(about[side] - off[side] * off[side] / total[side], 0);
    double free = total[side] - squares[side] / total[side];
    variance[side] = free > 1e-9 * total[side] ? about[side] / free : NAN;
  }
}

void balance_row(const Matching *m, const double *x, const double *weight, const double variance_before[2], BalanceRow *out) {
  double variance[2], total[2];
  group_moments(m, x, weight, out->mean, variance, total);
  if (!variance_before) variance_before = variance;
  double difference = out->mean[1] - out->mean[0], scale = sqrt((variance_before[0] + variance_before[1]) / 2), squares = 0;
  out->std_diff = variance_before[1] > 0 ? difference / sqrt(variance_before[1]) : NAN;
  out->bias = scale > 0 ? 100 * difference / scale : NAN;
  out->ratio = variance[0] > 0 ? variance[1] / variance[0] : NAN;
  for (int64_t i = 0; i < m->n; i++) {
    double w = weight ? weight[i] : 1, e = x[i] - out->mean[m->treat[i] == 1];
    if (w != 0) squares += w * e * e;
  }
  double df = total[0] + total[1] - 2, error = sqrt(squares / df * (1 / total[0] + 1 / total[1]));
  out->statistic = df > 0 && error > 0 ? difference / error : NAN;
  out->p_value = isnan(out->statistic) ? NAN : student_two_sided(out->statistic, df);
}
