/* quantile_mmqr.c: quantiles by moments (Machado and Santos Silva 2019, "Quantiles via moments", J. Econometrics 213).
 *
 * 1. y = a_i + x'b + s U, s = d_i + x'g, E U = 0, E |U| = 1, U independent of x. b from the regression of y on x with the effects absorbed, residual R; g from that of |R|,
 *    fitted s (their section 3.1); q(tau) is the sample quantile (type 7) of R/s. The effect of x on the quantile is b + g q(tau).
 * 2. Errors from influence functions. With P the projection on x and the effects, V - 1 = |U| - (2 Pr(U >= 0) - 1) U - 1 and e = R + q s (V - 1), the estimated location plus q times scale
 *    is off by P e; q is off by the mean of (tau - [U < q]) / f(q) - (1/s)'P e. So row j contributes
 *      (X'X)^-1 x_j e_j + g ((tau - [U_j < q]) / f - h_j e_j) / n,    h = P (1/s),  x with the effects absorbed,
 *    which is their theorem 3 before the expectation is taken. iid sums squares over rows; cluster first adds up within the clusters, times G / (G - 1).
 * 3. f(q): Gaussian kernel over U, width as Powell's in quantile_vcov.c. Location and scale are in the fit too (parts "location", "scale"), with errors from the same functions.
 * 4. Where s is negative quantiles cross; such rows are counted (negative_scale). */
#include "quantile.h"

/* The columns of one equation's influence functions; scores are summed by cluster. */
typedef struct Influence {
  Quantile *q;
  int groups, width;
  double *sum; /* groups x width */
} Influence;

/* Adds equation number `at`: e as in rule 2; quantile NULL: no part from q, else n numbers that go with g. */
static void add_influence(Influence *influence, int at, const double *e, const double *quantile, const double *g) {
  Quantile *q = influence->q;
  int k = q->k;
  for (int64_t i = 0; i < q->n; i++) {
    double *sum = influence->sum + (int64_t)(q->cluster ? q->cluster[i] : i) * influence->width + at * k;
    for (int a = 0; a < k; a++) {
      double part = 0;
      for (int b = 0; b < k; b++) part += q->ls.bread[a * k + b] * q->x_within[b][i];
      sum[a] += part * e[i] + (quantile ? g[a] * quantile[i] : 0);
    }
    if ((i & 0xFFF) == 0 && !run_poll(q->job->run, 0x1000 * (uint64_t)k * (uint64_t)k)) return;
  }
}

static double variance_of(const Influence *influence, int a, int b) {
  double sum = 0;
  for (int g = 0; g < influence->groups; g++) sum += influence->sum[(int64_t)g * influence->width + a] * influence->sum[(int64_t)g * influence->width + b];
  return influence->q->cluster ? sum * influence->groups / (influence->groups - 1) : sum;
}

/* Residuals of a column from x and the effects; the column is overwritten. */
static void project(Quantile *q, double *column, LeastSquares *ls) {
  Run *run = q->job->run;
  if (q->sample.absorber) absorb_columns(q->sample.absorber, 1, &column);
  if (!run_failed(run)) least_squares(run, q->n, q->k, q->x_within, column, NULL, NULL, column, ls);
}

static void add_part(Quantile *q, const Influence *influence, const char *part, int at, const double *estimate) {
  for (int j = 0; j < q->shown; j++) {
    FitTerm *term = fit_add_term(&q->job->result->fit, q->name[j]);
    if (!term) return;
    term->part = part;
    int c = q->position[j];
    if (c < 0) continue;
    double error = influence ? sqrt(variance_of(influence, at * q->k + c, at * q->k + c)) : NAN;
    term->estimate = estimate[c];
    term_inference(term, estimate[c], error, q->df, option_number(q->job, "level"));
  }
}

void quantile_mmqr(Quantile *q) {
  Run *run = q->job->run;
  int64_t n = q->n;
  int k = q->k;
  double *location = NEW_ARRAY(run, double, n), *scale = NEW_ARRAY(run, double, n), *u = NEW_ARRAY(run, double, n), *sorted = NEW_ARRAY(run, double, n);
  double *e = NEW_ARRAY(run, double, n), *h = NEW_ARRAY(run, double, n), *rest = NEW_ARRAY(run, double, n), *quantile = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  LeastSquares scale_ls, h_ls;
  memcpy(location, q->y, (size_t)n * sizeof *location);
  project(q, location, &q->ls); /* R */
  double largest = 0, loss = 0;
  for (int64_t i = 0; i < n; i++) scale[i] = fabs(location[i]);
  if (!run_failed(run)) project(q, scale, &scale_ls);
  int64_t negative = 0;
  for (int64_t i = 0; i < n && !run_failed(run); i++) {
    scale[i] = fabs(location[i]) - scale[i];
    largest = fmax(largest, fabs(scale[i]));
    loss += fabs(location[i]);
    negative += scale[i] < 0;
  }
  bool perfect = loss <= 1e-12 * (double)n * largest;
  for (int64_t i = 0; i < n; i++) perfect |= !(fabs(scale[i]) > 1e-12 * largest);
  if (perfect && !run_failed(run))
    run_fail(run, "method=mmqr: the scale is zero in some rows, since the model fits them perfectly; leave these units out with where=");
  if (run_failed(run)) return;
  double above = 0;
  for (int64_t i = 0; i < n; i++) {
    sorted[i] = u[i] = location[i] / scale[i];
    above += u[i] >= 0;
    h[i] = 1 / scale[i];
  }
  above /= (double)n;
  sort_numbers(run, n, sorted);
  project(q, h, &h_ls);
  bool errors = strcmp(q->vcov_kind, "boot") != 0;
  Influence influence = {q, q->cluster ? q->clusters : (int)n, (q->taus + 2) * k, NULL};
  if (errors) influence.sum = NEW_ARRAY(run, double, (size_t)influence.groups * (size_t)influence.width);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) {
    h[i] = 1 / scale[i] - h[i];
    rest[i] = fabs(location[i]) - (2 * above - 1) * location[i] - scale[i]; /* s (V - 1) */
  }
  for (int t = 0; t < q->taus && !run_failed(run); t++) {
    double tau = q->tau[t], at = quantile_sorted(n, sorted, tau, false), density = 0;
    for (int j = 0; j < k; j++) q->estimate[t * k + j] = q->ls.beta[j] + at * scale_ls.beta[j];
    q->objective[t] = 0;
    for (int64_t i = 0; i < n; i++) {
      double residual = location[i] - at * scale[i];
      q->fitted[t * n + i] = q->y[i] - residual;
      q->objective[t] += residual * (residual >= 0 ? tau : tau - 1);
    }
    q->unique[t] = true;
    if (!errors) continue;
    double width = quantile_kernel_width(run, tau, n, u, quantile_bandwidth(tau, (double)n));
    for (int64_t i = 0; i < n; i++) density += normal_density((u[i] - at) / width) / width;
    density /= (double)n;
    for (int64_t i = 0; i < n; i++) {
      e[i] = location[i] + at * rest[i];
      quantile[i] = ((tau - (u[i] < at)) / density - h[i] * e[i]) / (double)n;
    }
    add_influence(&influence, t, e, quantile, scale_ls.beta);
  }
  if (errors) {
    add_influence(&influence, q->taus, location, NULL, NULL);
    add_influence(&influence, q->taus + 1, rest, NULL, NULL);
  }
  if (run_failed(run)) return;
  int width = q->taus * k;
  for (int a = 0; a < width && errors; a++)
    for (int b = 0; b < width; b++) {
      q->vcov[(int64_t)a * width + b] = variance_of(&influence, a, b);
      if (!run_poll(run, (uint64_t)influence.groups)) return;
    }
  fit_add_stat(&q->job->result->fit, "negative_scale", (double)negative);
  add_part(q, errors ? &influence : NULL, "location", q->taus, q->ls.beta);
  add_part(q, errors ? &influence : NULL, "scale", q->taus + 1, scale_ls.beta);
}
