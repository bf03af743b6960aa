/* quantile_vcov.c: errors of quantile regression by formula.
 *
 * 1. Two quantiles s, t: V_st = (min(s,t) - s t) H_s^-1 (X'X) H_t^-1 (Koenker 2005, 3.2.3 and 4.3), so that hypotheses across quantiles have their errors.
 *    X is multiplied by the weights, if there are any, and so are the residuals u.
 * 2. iid: H = X'X / sparsity (quantile_sparsity.c).
 * 3. nid (Hendricks and Koenker 1992): H = X'FX, f_i = max(0, 2 h / (x_i'(b(tau + h) - b(tau - h)) - eps)), eps the square root of the machine's precision.
 *    ker (Powell 1991): f_i = phi(u_i / w) / w with w = (Phi^-1(tau + h) - Phi^-1(tau - h)) min(sd u, IQR u / 1.34). For both h is halved until tau +- h lies in (0,1).
 * 4. h (Hall and Sheather 1988): n^-1/3 z^2/3 (1.5 phi(q)^2 / (2 q^2 + 1))^1/3, q = Phi^-1(tau), z = Phi^-1(0.975). These choices are quantreg's.
 * 5. All on z of X = z r: z'z = n I. */
#include "quantile.h"

#include <float.h>

double quantile_bandwidth(double tau, double n) {
  double at = normal_quantile(tau), density = normal_density(at);
  return pow(n, -1.0 / 3) * pow(normal_quantile(0.975), 2.0 / 3) * pow(1.5 * density * density / (2 * at * at + 1), 1.0 / 3);
}

static double inner_bandwidth(double tau, double n) {
  double h = quantile_bandwidth(tau, n);
  while (tau - h < 0 || tau + h > 1) h /= 2;
  return h;
}

double quantile_kernel_width(Run *run, double tau, int64_t n, const double *u, double h) {
  while (tau - h < 0 || tau + h > 1) h /= 2;
  double *sorted = NEW_ARRAY(run, double, n), mean, squares;
  if (run_failed(run)) return NAN;
  memcpy(sorted, u, (size_t)n * sizeof *sorted);
  sort_numbers(run, n, sorted);
  mean_and_squares(n, u, &mean, &squares);
  double spread = quantile_sorted(n, sorted, 0.75, false) - quantile_sorted(n, sorted, 0.25, false);
  run_free(run, sorted);
  return (normal_quantile(tau + h) - normal_quantile(tau - h)) * fmin(sqrt(squares / (double)(n - 1)), spread / 1.34);
}

/* Rule 3: the densities at the rows' quantiles. */
static void densities(Quantile *q, int t, const double *u, int64_t *order, double *f) {
  Run *run = q->job->run;
  const QuantileProblem *problem = &q->problem;
  int k = q->k;
  double tau = q->tau[t], h = inner_bandwidth(tau, (double)q->n);
  if (strcmp(q->vcov_kind, "ker") == 0) {
    double width = quantile_kernel_width(run, tau, q->n, u, h);
    for (int64_t i = 0; i < q->n; i++) f[i] = normal_density(u[i] / width) / width;
    return;
  }
  double *high = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < q->n; i++) q->solver->residual[i] = u[i];
  quantile_order(run, q->solver, order);
  for (int side = 0; side < 2 && !run_failed(run); side++) {
    double at = side ? tau - h : tau + h;
    QuantileStatus status = quantile_again(q->solver, at, NULL, q->c + t * k, order);
    if (status == QUANTILE_LOST) run_fail(run, "vcov=nid at tau=%.15g: no quantile regression at %.15g", tau, at);
    if (!side && !run_failed(run)) memcpy(high, q->solver->c, (size_t)k * sizeof *high);
  }
  memset(f, 0, (size_t)q->n * sizeof *f);
  for (int j = 0; j < k && !run_failed(run); j++)
    for (int64_t i = 0; i < q->n; i++) f[i] += problem->z[j][i] * (high[j] - q->solver->c[j]);
  for (int64_t i = 0; i < q->n; i++) f[i] = fmax(0, 2 * h / (f[i] - sqrt(DBL_EPSILON)));
}

/* out (k x k) = r^-1 H^-1 sqrt(n), so that V_st = (min - st) out_s out_t'. */
static void bread(Quantile *q, int t, const double *u, int64_t *order, double *f, double *weighted, double *out) {
  Run *run = q->job->run;
  const QuantileProblem *problem = &q->problem;
  int k = q->k;
  double n = (double)q->n;
  for (int i = 0; i < k * k; i++) out[i] = 0;
  if (strcmp(q->vcov_kind, "iid") == 0) {
    double s = quantile_sparsity(q, q->tau[t], u);
    for (int j = 0; j < k; j++) out[j * k + j] = s / sqrt(n);
  } else {
    densities(q, t, u, order, f);
    if (run_failed(run)) return;
    enum { BLOCK = 512 };
    for (int64_t start = 0; start < q->n; start += BLOCK) {
      int rows = (int)(q->n - start < BLOCK ? q->n - start : BLOCK);
      for (int j = 0; j < k; j++)
        for (int i = 0; i < rows; i++) weighted[j * rows + i] = problem->z[j][start + i] * sqrt(f[start + i]);
      dense_crossproduct_add(rows, k, weighted, rows, out);
      if (!run_poll(run, (uint64_t)rows * (uint64_t)k * (uint64_t)k)) return;
    }
    double *length = weighted; /* to a unit diagonal: a row far out that has no density can leave some columns almost nothing */
    for (int j = 0; j < k; j++) length[j] = sqrt(out[j * k + j]);
    for (int i = 0; i < k * k; i++) out[i] /= length[i % k] * length[i / k];
    bool regular = dense_cholesky(run, k, out) && dense_cholesky_inverse(run, k, out);
    for (int i = 0; i < k * k; i++) out[i] /= length[i % k] * length[i / k];
    if (!regular) {
      run_fail(run, "vcov=%s at tau=%.15g: the density of the residuals is zero in so many rows that an error cannot be had; try vcov=boot", q->vcov_kind, q->tau[t]);
      return;
    }
    for (int i = 0; i < k * k; i++) out[i] *= sqrt(n);
  }
  for (int column = 0; column < k; column++) /* r^-1 from the left */
    for (int j = k - 1; j >= 0; j--) {
      out[column * k + j] /= problem->r[j * k + j];
      for (int i = 0; i < j; i++) out[column * k + i] -= problem->r[j * k + i] * out[column * k + j];
    }
}

void quantile_vcov(Quantile *q) {
  Run *run = q->job->run;
  int k = q->k, width = q->taus * k;
  double *f = NEW_ARRAY(run, double, q->n), *u = NEW_ARRAY(run, double, q->n), *weighted = NEW_ARRAY(run, double, 512 * (size_t)k);
  double *breads = NEW_ARRAY(run, double, (size_t)q->taus * (size_t)k * (size_t)k), *product = NEW_ARRAY(run, double, (size_t)k * (size_t)k);
  int64_t *order = NEW_ARRAY(run, int64_t, q->n);
  for (int t = 0; t < q->taus && !run_failed(run); t++) {
    memcpy(u, q->y, (size_t)q->n * sizeof *u);
    for (int64_t i = 0; i < q->n; i++) u[i] -= q->fitted[t * q->n + i];
    bread(q, t, u, order, f, weighted, breads + (int64_t)t * k * k);
  }
  if (run_failed(run)) return;
  for (int s = 0; s < q->taus; s++)
    for (int t = 0; t < q->taus; t++) {
      double scale = fmin(q->tau[s], q->tau[t]) - q->tau[s] * q->tau[t];
      dense_multiply(false, true, k, k, k, scale, breads + (int64_t)s * k * k, k, breads + (int64_t)t * k * k, k, 0, product, k);
      for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) q->vcov[(int64_t)(s * k + i) * width + t * k + j] = product[j * k + i];
    }
  run_free(run, f);
  run_free(run, u);
  run_free(run, weighted);
  run_free(run, order);
}
