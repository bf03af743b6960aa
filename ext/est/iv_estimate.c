/* iv_estimate.c: partialling out, identification and the three estimators of fe_iv.c, whose contract numbers are cited here.
 *
 * Orthonormal bases of what W leaves of Z and of X turn (1) into small matrices: with q'q = I, X'PX = (q'X)'(q'X) and X'MX = V'V, where V are the residuals
 * of the first stages. No normal equations of X or Z are formed, so nothing is lost where they are nearly collinear. */
#include "iv.h"

static const double COLLINEAR = 1e-10; /* as in least_squares.c */
static const double UNIDENTIFIED = 1e-8;

/* ---- columns */

double iv_dot(const IvEquation *eq, const double *a, const double *b) {
  const double *w = eq->sample->weight;
  double sum = 0;
  for (int64_t start = 0; start < eq->n; start += 1024) {
    int64_t end = eq->n - start < 1024 ? eq->n : start + 1024;
    double part = 0;
    if (w) for (int64_t i = start; i < end; i++) part += w[i] * a[i] * b[i];
    else part = dense_dot((int)(end - start), a + start, b + start);
    sum += part;
  }
  return sum;
}

void iv_add_columns(const IvEquation *eq, int k, double *const *column, const double *factor, double *to) {
  for (int j = 0; j < k; j++) {
    const double *from = column[j], f = factor[j];
    for (int64_t i = 0; i < eq->n; i++) to[i] += f * from[i];
    if (!run_poll(eq->job->run, (uint64_t)eq->n)) return;
  }
}

double **iv_new_columns(Run *run, int k, int64_t n) {
  double **column = NEW_ARRAY(run, double *, k);
  for (int j = 0; j < k && !run_failed(run); j++) column[j] = NEW_ARRAY(run, double, n);
  return column;
}

/* ---- partialling out W, orthonormal bases */

/* What W leaves of a column, in a new column; coefficient: kept columns of W. */
static double *partial(IvEquation *eq, const double *column, double *coefficient) {
  Run *run = eq->job->run;
  double *rest = NEW_ARRAY(run, double, eq->n);
  if (run_failed(run)) return NULL;
  LeastSquares ls;
  least_squares(run, eq->n, eq->w_kept, eq->w, column, eq->sample->weight, NULL, rest, &ls);
  if (run_failed(run)) return NULL;
  for (int j = 0; j < eq->w_kept; j++)
    if (ls.dropped[j]) { /* on the edge of the tolerance: kept among W and Z, dropped alone */
      run_fail(run, "%s is collinear with the other exogenous regressors to ten digits; leave it out", eq->exogenous.name[eq->w_position[j]]);
      return NULL;
    }
  for (int j = 0; j < eq->w_kept && coefficient; j++) coefficient[j] = ls.beta[j];
  eq->w_bread = ls.bread;
  return rest;
}

/* Modified Gram-Schmidt, each column twice. Returns the first column of which nothing but rounding is left, or -1. */
static int orthonormalise(const IvEquation *eq, int k, double **column) {
  for (int j = 0; j < k; j++) {
    double before = sqrt(iv_dot(eq, column[j], column[j]));
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < j; i++) {
        double factor = -iv_dot(eq, column[i], column[j]);
        iv_add_columns(eq, 1, &column[i], &factor, column[j]);
      }
      double left = sqrt(iv_dot(eq, column[j], column[j]));
      if (run_failed(eq->job->run)) return -1;
      if (!(left > COLLINEAR * before)) return j;
      for (int64_t i = 0; i < eq->n; i++) column[j][i] /= left;
      before = 1;
    }
  }
  return -1;
}

/* c = A'B, by columns: a x b */
static double *products(const IvEquation *eq, int a, double *const *left, int b, double *const *right) {
  double *c = NEW_ARRAY(eq->job->run, double, a * b);
  if (run_failed(eq->job->run)) return NULL;
  for (int j = 0; j < b; j++)
    for (int i = 0; i < a; i++) {
      c[i + j * a] = iv_dot(eq, left[i], right[j]);
      if (!run_poll(eq->job->run, (uint64_t)eq->n)) return NULL;
    }
  return c;
}

static void leverages(IvEquation *eq) {
  Run *run = eq->job->run;
  VcovKind kind = eq->sample->vcov_kind;
  if (kind != VCOV_HC2 && kind != VCOV_HC3 && kind != VCOV_HC4) return;
  double *h = NEW_ARRAY(run, double, eq->n);
  if (run_failed(run)) return;
  if (eq->sample->absorber) absorb_leverage(eq->sample->absorber, h);
  int k = eq->w_kept;
  for (int64_t row = 0; row < eq->n && !run_failed(run); row++) {
    double sum = 0;
    for (int i = 0; i < k; i++)
      for (int j = 0; j < k; j++) sum += eq->w[i][row] * eq->w_bread[i * k + j] * eq->w[j][row];
    h[row] += eq->sample->weight ? sum * eq->sample->weight[row] : sum;
    if ((row & 0xFFF) == 0) run_poll(run, 0x1000 * (uint64_t)(k + 1) * (uint64_t)(k + 1));
  }
  eq->leverage = h;
}

static void partial_out(IvEquation *eq) {
  Run *run = eq->job->run;
  const Design *z = &eq->instrument, *x = &eq->endogenous;
  int p = x->k;
  eq->p = p;
  eq->q = NEW_ARRAY(run, double *, z->k);
  eq->x = NEW_ARRAY(run, double *, p);
  eq->o = iv_new_columns(run, p, eq->n);
  eq->x_on_w = iv_new_columns(run, p, eq->w_kept);
  eq->y_on_w = NEW_ARRAY(run, double, eq->w_kept);
  if (run_failed(run)) return;
  eq->rest = partial(eq, eq->y, eq->y_on_w);
  for (int j = 0; j < z->k && !run_failed(run); j++)
    if (!eq->first[0].dropped[eq->exogenous.k + j]) eq->q[eq->l++] = partial(eq, z->column[j], NULL);
  for (int j = 0; j < p && !run_failed(run); j++) {
    double before = sqrt(iv_dot(eq, x->column[j], x->column[j]));
    const double *scale = iv_scale(eq, eq->exogenous.k + z->k + j);
    if (scale && !(before > IV_ABSORBED * *scale)) run_fail(run, "the endogenous regressor %s is absorbed by the effects", x->name[j]);
    eq->x[j] = partial(eq, x->column[j], eq->x_on_w[j]);
    if (run_failed(run)) return;
    if (!(sqrt(iv_dot(eq, eq->x[j], eq->x[j])) > COLLINEAR * before))
      run_fail(run, "the endogenous regressor %s is collinear with the exogenous regressors", x->name[j]);
    if (!(sqrt(iv_dot(eq, eq->v[j], eq->v[j])) > COLLINEAR * sqrt(iv_dot(eq, eq->x[j], eq->x[j]))))
      run_fail(run, "the instruments explain the endogenous regressor %s exactly, so it is its own instrument; leave out the instrument that is made of it", x->name[j]);
    memcpy(eq->o[j], eq->x[j], (size_t)eq->n * sizeof(double));
  }
  if (run_failed(run)) return;
  int lost = orthonormalise(eq, p, eq->o);
  if (lost >= 0) run_fail(run, "the endogenous regressor %s is collinear with the other endogenous and exogenous regressors", x->name[lost]);
  if (!run_failed(run) && orthonormalise(eq, eq->l, eq->q) >= 0) run_fail(run, "the instruments are collinear to ten digits; leave one of them out");
  leverages(eq);
}

/* Canonical correlations of X with Z (5). */
static void identify(IvEquation *eq) {
  Run *run = eq->job->run;
  int p = eq->p, l = eq->l;
  eq->qx = products(eq, l, eq->q, p, eq->x);
  eq->qo = products(eq, l, eq->q, p, eq->o);
  eq->qy = products(eq, l, eq->q, 1, &eq->rest);
  double *copy = NEW_ARRAY(run, double, l * p), *right = NEW_ARRAY(run, double, p * p);
  eq->left = NEW_ARRAY(run, double, l * p);
  eq->right = NEW_ARRAY(run, double, p * p);
  eq->canonical = NEW_ARRAY(run, double, p);
  if (run_failed(run)) return;
  memcpy(copy, eq->qo, sizeof(double) * (size_t)l * (size_t)p);
  if (!dense_svd(run, l, p, copy, eq->left, eq->canonical, right)) {
    run_fail(run, "the canonical correlations of endogenous regressors and instruments did not converge");
    return;
  }
  for (int i = 0; i < p; i++)
    for (int j = 0; j < p; j++) eq->right[i + j * p] = right[j + i * p];
  if (!(eq->canonical[p - 1] > UNIDENTIFIED))
    run_fail(run, "the equation is not identified: the instruments %s (smallest canonical correlation %.1e)",
             p == 1 ? "explain nothing of the endogenous regressor" : "do not move the endogenous regressors apart from one another", eq->canonical[p - 1]);
}

/* ---- estimates (1) */

void iv_variance(const IvEquation *eq, int k, double *const *column, const double *bread, const double *residual, const double *leverage, double k_counted, Vcov *out) {
  Run *run = eq->job->run;
  memset(out, 0, sizeof *out);
  double *identity = NEW_ARRAY(run, double, k * k);
  VcovData data;
  regression_vcov_data(eq->job, eq->sample, &data);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) identity[j + j * k] = 1;
  data.k = k;
  data.x = column;
  data.residual = residual;
  data.bread = bread ? bread : identity;
  data.leverage = leverage;
  VcovCorrection correction = {.k = 0};
  if (!isnan(k_counted)) regression_correction(eq->job, k_counted, &correction);
  vcov_compute(run, &data, &correction, out);
  if (run_failed(run) || !isnan(k_counted) || data.kind != VCOV_IID) return;
  for (int i = 0; i < k * k; i++) out->value[i] *= (double)(eq->n - 1) / (double)eq->n; /* vcov.c divides by N - 1 then */
}

bool iv_factor(Run *run, int k, double *covariance) {
  double *size = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return false;
  for (int i = 0; i < k; i++) {
    size[i] = sqrt(covariance[i + i * k]);
    if (!(size[i] > 0)) return false;
  }
  for (int j = 0; j < k; j++)
    for (int i = 0; i < k; i++) covariance[i + j * k] /= size[i] * size[j];
  if (!dense_cholesky(run, k, covariance)) return false;
  for (int i = 0; i < k; i++)
    if (!(covariance[i + i * k] > 1e-6)) return false;
  for (int j = 0; j < k; j++)
    for (int i = j; i < k; i++) covariance[i + j * k] *= size[i];
  return true;
}

/* inverse of a symmetric positive definite matrix in place, scaled to a unit diagonal while it is factored */
static bool invert(Run *run, int k, double *a) {
  double *size = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return false;
  for (int i = 0; i < k; i++) {
    if (!(a[i + i * k] > 0)) return false;
    size[i] = sqrt(a[i + i * k]);
  }
  for (int j = 0; j < k; j++)
    for (int i = 0; i < k; i++) a[i + j * k] /= size[i] * size[j];
  if (!dense_cholesky(run, k, a) || !dense_cholesky_inverse(run, k, a)) return false;
  for (int j = 0; j < k; j++)
    for (int i = 0; i < k; i++) a[i + j * k] /= size[i] * size[j];
  return true;
}

bool iv_gmm(const IvEquation *eq, const double *factored, double *beta, double *moments, double *bread) {
  Run *run = eq->job->run;
  int p = eq->p, l = eq->l;
  double *solved = NEW_ARRAY(run, double, l * p), *right = NEW_ARRAY(run, double, p); /* S^-1 q'x */
  if (run_failed(run)) return false;
  memcpy(solved, eq->qx, sizeof(double) * (size_t)l * (size_t)p);
  dense_cholesky_solve(l, factored, p, solved);
  dense_multiply(true, false, p, p, l, 1, eq->qx, l, solved, l, 0, bread, p);
  dense_multiply(true, false, p, 1, l, 1, solved, l, eq->qy, l, 0, right, p);
  if (!invert(run, p, bread)) return false;
  dense_multiply(false, false, p, 1, p, 1, bread, p, right, p, 0, beta, p);
  memcpy(moments, eq->qy, sizeof(double) * (size_t)l);
  dense_multiply(false, false, l, 1, p, -1, eq->qx, l, beta, p, 1, moments, l);
  return true;
}

static void two_stage(IvEquation *eq, double *bread) {
  Run *run = eq->job->run;
  int p = eq->p, l = eq->l;
  double **column = NEW_ARRAY(run, double *, p);
  if (run_failed(run)) return;
  for (int j = 0; j < p; j++) column[j] = eq->qx + j * l;
  LeastSquares ls;
  least_squares(run, l, p, column, eq->qy, NULL, NULL, NULL, &ls);
  if (run_failed(run)) return;
  if (ls.rank < p) run_fail(run, "the equation is not identified: the instruments do not move the endogenous regressors apart from one another");
  eq->beta_2sls = ls.beta;
  memcpy(eq->beta, ls.beta, sizeof(double) * (size_t)p);
  memcpy(bread, ls.bread, sizeof(double) * (size_t)p * (size_t)p);
}

/* kappa - 1 = r^2 / (1 - r^2), r the smallest canonical correlation of (y, X) with Z; 0 where there are no more instruments than regressors. */
static double kappa_less_one(IvEquation *eq) {
  Run *run = eq->job->run;
  int k = eq->p + 1, l = eq->l;
  if (l < k) return 0;
  double **column = iv_new_columns(run, k, eq->n);
  double *u = NEW_ARRAY(run, double, l * k), *s = NEW_ARRAY(run, double, k), *vt = NEW_ARRAY(run, double, k * k);
  if (run_failed(run)) return NAN;
  for (int j = 0; j < k; j++) memcpy(column[j], j < eq->p ? eq->x[j] : eq->rest, (size_t)eq->n * sizeof(double));
  if (orthonormalise(eq, k, column) >= 0) run_fail(run, "the outcome is an exact combination of the regressors; there is nothing for LIML to estimate");
  double *theta = products(eq, l, eq->q, k, column);
  if (run_failed(run)) return NAN;
  if (!dense_svd(run, l, k, theta, u, s, vt)) run_fail(run, "the canonical correlations for LIML did not converge");
  double r2 = s[k - 1] * s[k - 1];
  for (int j = 0; j < k; j++) run_free(run, column[j]);
  return r2 / (1 - r2);
}

static void liml(IvEquation *eq, double *bread) {
  Run *run = eq->job->run;
  int p = eq->p, l = eq->l;
  double extra = kappa_less_one(eq);
  double *vv = products(eq, p, eq->v, p, eq->v), *vy = products(eq, p, eq->v, 1, &eq->rest);
  if (run_failed(run)) return;
  eq->kappa = 1 + extra;
  if (extra == 0) return; /* 2SLS, which stands in beta and bread */
  for (int i = 0; i < p * p; i++) vv[i] *= -extra;
  for (int i = 0; i < p; i++) vy[i] *= -extra;
  dense_multiply(true, false, p, p, l, 1, eq->qx, l, eq->qx, l, 1, vv, p);
  dense_multiply(true, false, p, 1, l, 1, eq->qx, l, eq->qy, l, 1, vy, p);
  if (!invert(run, p, vv)) {
    run_fail(run, "LIML has no solution: X'(I - kappa M)X is not positive definite (kappa %.15g)", eq->kappa);
    return;
  }
  memcpy(bread, vv, sizeof(double) * (size_t)p * (size_t)p);
  dense_multiply(false, false, p, 1, p, 1, bread, p, vy, p, 0, eq->beta, p);
}

/* c = c(y) - sum b_j c(X_j) */
static void exogenous_coefficients(IvEquation *eq) {
  for (int i = 0; i < eq->w_kept; i++) {
    eq->gamma[i] = eq->y_on_w[i];
    for (int j = 0; j < eq->p; j++) eq->gamma[i] -= eq->beta[j] * eq->x_on_w[j][i];
  }
}

/* The bread of 2SLS and LIML for (X, W): that of X bordered; and the columns of its scores, PX and W. */
static void border(IvEquation *eq, const double *bread) {
  int p = eq->p, k = p + eq->w_kept;
  for (int j = 0; j < p; j++)
    for (int i = 0; i < p; i++) eq->bread[i + j * k] = bread[i + j * p];
  for (int a = 0; a < eq->w_kept; a++)
    for (int j = 0; j < p; j++) {
      double sum = 0;
      for (int i = 0; i < p; i++) sum -= eq->x_on_w[i][a] * bread[i + j * p];
      eq->bread[(p + a) + j * k] = eq->bread[j + (p + a) * k] = sum;
    }
  for (int a = 0; a < eq->w_kept; a++)
    for (int b = 0; b < eq->w_kept; b++) {
      double sum = eq->w_bread[a + b * eq->w_kept];
      for (int j = 0; j < p; j++) sum -= eq->bread[(p + a) + j * k] * eq->x_on_w[j][b];
      eq->bread[(p + a) + (p + b) * k] = sum;
    }
  static const double minus = -1;
  for (int j = 0; j < p; j++) {
    eq->h[j] = NEW_ARRAY(eq->job->run, double, eq->n);
    if (run_failed(eq->job->run)) return;
    memcpy(eq->h[j], eq->endogenous.column[j], (size_t)eq->n * sizeof(double));
    iv_add_columns(eq, 1, &eq->v[j], &minus, eq->h[j]);
  }
  for (int a = 0; a < eq->w_kept; a++) eq->h[p + a] = eq->w[a];
}

/* GMM over (W, Z) (1): beta, gamma, and as columns of the scores the influence of each row on them, so that the bread is the identity. */
static void two_step(IvEquation *eq) {
  Run *run = eq->job->run;
  int p = eq->p, l = eq->l, m = eq->w_kept, all = m + l, k = p + m;
  double *residual = NEW_ARRAY(run, double, eq->n), *s = NEW_ARRAY(run, double, l * l), *moments = NEW_ARRAY(run, double, l);
  double **column = NEW_ARRAY(run, double *, all), *bread = NEW_ARRAY(run, double, p * p);
  double *cross = NEW_ARRAY(run, double, l * m), *weight = NEW_ARRAY(run, double, l * p), *factor = NEW_ARRAY(run, double, all);
  if (run_failed(run)) return;
  memcpy(residual, eq->rest, (size_t)eq->n * sizeof(double));
  for (int j = 0; j < p; j++) factor[j] = -eq->beta_2sls[j];
  iv_add_columns(eq, p, eq->x, factor, residual);
  for (int j = 0; j < all; j++) column[j] = j < m ? eq->w[j] : eq->q[j - m];
  Vcov meat;
  iv_variance(eq, all, column, NULL, residual, NULL, NAN, &meat);
  if (run_failed(run)) return;
  for (int j = 0; j < l; j++) {
    for (int i = 0; i < l; i++) s[i + j * l] = meat.value[(m + i) + (m + j) * all];
    for (int a = 0; a < m; a++) cross[j + a * l] = meat.value[(m + j) + a * all];
  }
  if (!iv_factor(run, l, s) || !iv_gmm(eq, s, eq->beta, moments, bread)) {
    run_fail(run, "method=gmm cannot weigh %d moments under vcov=%s: their covariance is singular (fewer clusters or periods than instruments?)", l, eq->sample->vcov_text);
    return;
  }
  dense_cholesky_solve(l, s, m, cross); /* S_ZZ^-1 S_ZW */
  memcpy(weight, eq->qx, sizeof(double) * (size_t)l * (size_t)p);
  dense_cholesky_solve(l, s, p, weight);
  exogenous_coefficients(eq);
  for (int a = 0; a < m; a++)
    for (int b = 0; b < m; b++) eq->gamma[a] -= eq->w_bread[a + b * m] * dense_dot(l, cross + b * l, moments);
  for (int j = 0; j < k; j++) {
    eq->h[j] = NEW_ARRAY(run, double, eq->n);
    if (run_failed(run)) return;
    for (int i = 0; i < all; i++) factor[i] = 0;
    for (int i = 0; i < l && j < p; i++)
      for (int c = 0; c < p; c++) factor[m + i] += weight[i + c * l] * bread[c + j * p];
    for (int a = 0; a < m && j >= p; a++) {
      double g = factor[a] = eq->w_bread[a + (j - p) * m];
      for (int i = 0; i < l; i++) factor[m + i] -= g * cross[i + a * l];
    }
    iv_add_columns(eq, all, column, factor, eq->h[j]);
    for (int c = 0; c < p && j >= p; c++) { /* what the errors of beta do to W'u and to Z'u */
      double f = -eq->x_on_w[c][j - p];
      for (int a = 0; a < m; a++) f += eq->w_bread[a + (j - p) * m] * dense_dot(l, cross + a * l, eq->qx + c * l);
      iv_add_columns(eq, 1, &eq->h[c], &f, eq->h[j]);
    }
    eq->bread[j + j * k] = 1;
  }
}

static void estimate(IvEquation *eq) {
  Run *run = eq->job->run;
  int k = eq->p + eq->w_kept;
  eq->beta = NEW_ARRAY(run, double, eq->p);
  eq->gamma = NEW_ARRAY(run, double, eq->w_kept);
  eq->bread = NEW_ARRAY(run, double, k * k);
  eq->h = NEW_ARRAY(run, double *, k);
  double *bread = NEW_ARRAY(run, double, eq->p * eq->p);
  eq->kappa = NAN;
  if (!run_failed(run)) two_stage(eq, bread);
  if (run_failed(run)) return;
  if (eq->method == IV_GMM && eq->l > eq->p && eq->sample->vcov_kind != VCOV_IID) {
    two_step(eq);
    return;
  }
  if (eq->method == IV_LIML) liml(eq, bread);
  if (run_failed(run)) return;
  exogenous_coefficients(eq);
  border(eq, bread);
}

void iv_estimate(IvEquation *eq) {
  partial_out(eq);
  if (!run_failed(eq->job->run)) identify(eq);
  if (!run_failed(eq->job->run)) estimate(eq);
}
