/* gmm_estimate.c: one-step and two-step GMM of the stacked equations of a dynamic panel, its errors and its tests.
 *
 * 1. Sums over units i of X_i (stacked equations), y_i, Z_i: b = (X'Z A Z'X)^-1 X'Z A Z'y. Step one: A1 = (sum Z_i'H Z_i)^-1. Step two: A2 = S^-1, S = sum s_i s_i',
 *    s_i = Z_i'e_i at the residuals of step one. A is applied as F'F: with S = D C D, C of unit diagonal and Cholesky factor L, F = L^-1 D^-1, and b is a least-squares
 *    problem of F Z'X. The rank of C (eigenvalues above RANK of the largest) at step one is the number of instruments.
 * 2. Where C is singular to that: collinear instruments at step one (any generalised inverse gives the same), fewer units than instruments at step two: the Moore-Penrose
 *    inverse of S, as plm and pydynpd take it. With C = Q K Q' over its nonzero eigenvalues and B = D Q it is B (B'B)^-1 K^-1 (B'B)^-1 B'.
 * 3. sigma2 = e'e / (2 n) over the transformed equations (deviations: / n; weighting=1: / n, over the level equations where there are). Variance at step one: iid
 *    sigma2 (X'Z A1 Z'X)^-1; robust G' S G with G = A1 Z'X (X'Z A1 Z'X)^-1. Step two: iid V2 = (X'Z A2 Z'X)^-1; robust (Windmeijer 2005, eq. 3.2) V2 + D V2 + V2 D' + D V1 D',
 *    V1 the robust one of step one, D = G2' sum [Z_i'X_i (s_i'g) + s_i (g'Z_i'X_i)], g = A2 Z'e at step two.
 * 4. Sargan: e'Z A1 Z'e / sigma2 at step one. Hansen J: e'Z A2 Z'e at step two, whichever step is shown. Both chi2 with instruments - terms.
 * 5. Autocorrelation of order m (Arellano and Bond 1991, eq. 8): w_it the residual in differences (also after deviations), sum_i d_i, d_i = sum_t w_it w_i,t-m, over the root of
 *    sum_i d_i^2 - 2 c'G' sum_i s_i d_i + c'V c, c = sum_i sum_t x_it w_i,t-m, s_i at the residuals of the step shown. iid at step one: sigma2 times the quadratic forms in h.
 * 6. Difference-in-Hansen of a group of instruments: J less that of the estimate without them, weighted by the inverse of S without their rows and columns; df the rank lost.
 *    The groups are the gmm() and iv() of the formula, and the gmm instruments of the level equation together. */
#include "gmm.h"

static const double RANK = 1e-11, SAFE_PIVOT = 1e-9;

/* ------------------------------------------------------------------------------------------------ weights (1, 2) */

static void generalised_inverse(Run *run, int order, const double *unit_diagonal, GmmWeight *weight) {
  size_t n = (size_t)order;
  double *q = NEW_ARRAY(run, double, n * n), *value = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  memcpy(q, unit_diagonal, n * n * sizeof *q);
  if (!n || !dense_symmetric_eigen(run, order, q, value)) return;
  double least = RANK * value[n - 1];
  int low = 0;
  while (low < order && !(value[low] > least)) low++;
  int rank = weight->rank = order - low;
  double *b = q + (size_t)low * n, *root = NEW_ARRAY(run, double, n * (size_t)(rank + 1)), *square = NEW_ARRAY(run, double, (size_t)rank * (size_t)rank);
  if (run_failed(run) || !rank) return;
  for (size_t j = 0; j < (size_t)rank; j++)
    for (size_t i = 0; i < n; i++) {
      root[j + i * (size_t)rank] = b[i + j * n] / weight->scale[i]; /* the inverse in units of the diagonal, if (2) has no factor */
      b[i + j * n] *= weight->scale[i];
    }
  dense_crossproduct_polled(run, order, rank, b, order, square);
  if (!run_failed(run) && dense_cholesky(run, rank, square)) {
    for (size_t j = 0; j < (size_t)rank; j++)
      for (size_t i = 0; i < n; i++) root[j + i * (size_t)rank] = b[i + j * n];
    for (size_t i = 0; i < n && run_poll(run, (uint64_t)rank * (uint64_t)rank); i++) dense_cholesky_solve(rank, square, 1, root + i * (size_t)rank);
  }
  for (size_t j = 0; j < (size_t)rank; j++)
    for (size_t i = 0; i < n; i++) root[j + i * (size_t)rank] /= sqrt(value[(size_t)low + j]);
  weight->root = root;
}

static void weight_of(Run *run, int order, const double *matrix, GmmWeight *weight) {
  size_t n = (size_t)order;
  *weight = (GmmWeight){.order = order, .rank = order};
  weight->scale = NEW_ARRAY(run, double, n);
  double *factor = NEW_ARRAY(run, double, n * n), *unit = NEW_ARRAY(run, double, n * n);
  if (run_failed(run)) return;
  for (size_t i = 0; i < n; i++) weight->scale[i] = matrix[i + i * n] > 0 ? sqrt(matrix[i + i * n]) : 1;
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < n; i++) unit[i + j * n] = factor[i + j * n] = matrix[i + j * n] / weight->scale[i] / weight->scale[j];
  bool safe = dense_cholesky(run, order, factor);
  for (size_t i = 0; i < n && safe; i++) safe = factor[i + i * n] * factor[i + i * n] > SAFE_PIVOT;
  if (safe) weight->factor = factor;
  else if (!run_failed(run)) generalised_inverse(run, order, unit, weight);
  run_free(run, unit);
  if (!safe) run_free(run, factor);
}

static void forget_weight(Run *run, GmmWeight *weight) {
  run_free(run, weight->factor);
  run_free(run, weight->root);
}

/* out (rank x columns) = F in (order x columns) */
static void whiten(Run *run, const GmmWeight *weight, int columns, const double *in, double *out) {
  size_t n = (size_t)weight->order;
  if (!weight->factor) {
    dense_multiply(false, false, weight->rank, columns, weight->order, 1, weight->root, weight->rank, in, weight->order, 0, out, weight->rank);
    return;
  }
  for (size_t c = 0; c < (size_t)columns && run_poll(run, n * n); c++) {
    double *x = out + c * n;
    for (size_t i = 0; i < n; i++) x[i] = in[c * n + i] / weight->scale[i];
    for (size_t j = 0; j < n; j++) {
      const double *l = weight->factor + j * n;
      x[j] /= l[j];
      for (size_t i = j + 1; i < n; i++) x[i] -= l[i] * x[j];
    }
  }
}

/* out (order x columns) = F' in (rank x columns) */
static void unwhiten(Run *run, const GmmWeight *weight, int columns, const double *in, double *out) {
  size_t n = (size_t)weight->order;
  if (!weight->factor) {
    dense_multiply(true, false, weight->order, columns, weight->rank, 1, weight->root, weight->rank, in, weight->rank, 0, out, weight->order);
    return;
  }
  for (size_t c = 0; c < (size_t)columns && run_poll(run, n * n); c++) {
    double *x = out + c * n;
    memcpy(x, in + c * n, n * sizeof *x);
    for (size_t j = n; j-- > 0;) {
      const double *l = weight->factor + j * n;
      for (size_t i = j + 1; i < n; i++) x[j] -= l[i] * x[i];
      x[j] /= l[j];
    }
    for (size_t i = 0; i < n; i++) x[i] /= weight->scale[i];
  }
}

/* ------------------------------------------------------------------------------------------------ sums over units */

typedef struct Sums {
  const GmmEquations *eq;
  Run *run;
  int l, k;                /* instruments, kept regressors */
  int *place;              /* of the kept regressors in a row */
  GmmUnit *unit;
  double *zx, *zy;         /* Z'X (l x k, column-major), Z'y */
  double *zx_rows;         /* Z'X row by row while it is summed */
  double *residual;        /* of the unit's rows */
  double *s;               /* Z_i'e_i */
  int *touched, touches;   /* where it is not zero */
  bool *marked;
} Sums;

static void sums_new(const GmmEquations *eq, Sums *sums) {
  Run *run = eq->job->run;
  *sums = (Sums){.eq = eq, .run = run, .l = eq->instruments, .k = eq->kept_count};
  size_t l = (size_t)sums->l, k = (size_t)sums->k;
  sums->place = NEW_ARRAY(run, int, k);
  sums->unit = gmm_unit_new(eq);
  sums->zx = NEW_ARRAY(run, double, l * k);
  sums->zx_rows = NEW_ARRAY(run, double, l * (k + 1));
  sums->zy = NEW_ARRAY(run, double, l);
  sums->residual = NEW_ARRAY(run, double, 2 * eq->periods);
  sums->s = NEW_ARRAY(run, double, l);
  sums->touched = NEW_ARRAY(run, int, l);
  sums->marked = NEW_ARRAY(run, bool, l);
  if (run_failed(run)) return;
  for (int j = 0, at = 0; j < eq->k; j++)
    if (eq->kept[j]) sums->place[at++] = j;
}

/* Z'HZ, Z'X and Z'y. */
static void first_sums(Sums *sums, double *zhz) {
  const GmmEquations *eq = sums->eq;
  GmmUnit *unit = sums->unit;
  size_t l = (size_t)sums->l, k = (size_t)sums->k, width = (size_t)eq->width;
  for (int32_t u = 0; u < eq->series.units && !run_failed(sums->run); u++) {
    if (!gmm_unit(eq, u, unit)) continue;
    uint64_t work = 0;
    for (int r = 0; r < unit->rows; r++) {
      const double *x = unit->x + (size_t)r * width, *h = eq->h + (size_t)gmm_h_place(eq, unit, r) * (size_t)eq->h_order;
      for (int64_t i = unit->first[r]; i < unit->first[r + 1]; i++) {
        double *to = sums->zx_rows + (size_t)unit->column[i] * (k + 1), z = unit->z[i];
        for (size_t j = 0; j < k; j++) to[j] += z * x[sums->place[j]];
        to[k] += z * x[eq->k];
      }
      for (int s = 0; s < unit->rows; s++) { /* both triangles: h is symmetric */
        double cov = h[gmm_h_place(eq, unit, s)];
        if (cov == 0) continue;
        for (int64_t i = unit->first[r]; i < unit->first[r + 1]; i++) {
          double *to = zhz + (size_t)unit->column[i] * l, z = cov * unit->z[i];
          for (int64_t j = unit->first[s]; j < unit->first[s + 1]; j++) to[unit->column[j]] += z * unit->z[j];
        }
        work += (uint64_t)(unit->first[r + 1] - unit->first[r]) * (uint64_t)(unit->first[s + 1] - unit->first[s]);
      }
    }
    if (!run_poll(sums->run, work + (uint64_t)unit->first[unit->rows] * k)) return;
  }
  for (size_t i = 0; i < l; i++) {
    for (size_t j = 0; j < k; j++) sums->zx[i + j * l] = sums->zx_rows[i * (k + 1) + j];
    sums->zy[i] = sums->zx_rows[i * (k + 1) + k];
  }
}

/* The residuals of a unit and s = Z_i'e_i; forget() clears it. */
static bool unit_moments(Sums *sums, int32_t u, const double *beta) {
  const GmmEquations *eq = sums->eq;
  GmmUnit *unit = sums->unit;
  if (!gmm_unit(eq, u, unit)) return false;
  for (int r = 0; r < unit->rows; r++) {
    const double *x = unit->x + (size_t)r * (size_t)eq->width;
    double e = x[eq->k];
    for (int j = 0; j < sums->k; j++) e -= beta[j] * x[sums->place[j]];
    sums->residual[r] = e;
    for (int64_t i = unit->first[r]; i < unit->first[r + 1]; i++) {
      int column = unit->column[i];
      if (!sums->marked[column]) sums->touched[sums->touches++] = column;
      sums->marked[column] = true;
      sums->s[column] += unit->z[i] * e;
    }
  }
  return true;
}

static void forget(Sums *sums) {
  for (int i = 0; i < sums->touches; i++) {
    sums->s[sums->touched[i]] = 0;
    sums->marked[sums->touched[i]] = false;
  }
  sums->touches = 0;
}

/* S = sum s_i s_i' and the squares of the residuals of the transformed and of the level equations. */
static void moment_covariance(Sums *sums, const double *beta, double *covariance, double squares[2]) {
  enum { BATCH = 64 };
  size_t l = (size_t)sums->l;
  double *batch = NEW_ARRAY(sums->run, double, BATCH * l);
  int held = 0;
  squares[0] = squares[1] = 0;
  if (run_failed(sums->run)) return;
  for (int32_t u = 0; u < sums->eq->series.units && !run_failed(sums->run); u++) {
    if (!unit_moments(sums, u, beta)) continue;
    for (int r = 0; r < sums->unit->rows; r++) squares[r >= sums->unit->transformed] += sums->residual[r] * sums->residual[r];
    for (int i = 0; i < sums->touches; i++) batch[(size_t)held + (size_t)sums->touched[i] * BATCH] = sums->s[sums->touched[i]];
    forget(sums);
    if (++held < BATCH) continue;
    dense_crossproduct_polled(sums->run, held, sums->l, batch, BATCH, covariance);
    run_poll(sums->run, l * l);
    memset(batch, 0, BATCH * l * sizeof *batch);
    held = 0;
  }
  if (held && !run_failed(sums->run)) dense_crossproduct_polled(sums->run, held, sums->l, batch, BATCH, covariance);
  run_free(sums->run, batch);
}

/* ------------------------------------------------------------------------------------------------ one step */

/* False where fewer than k of the moments tell anything of b: then rank is how many do. */
static bool solve_step(Run *run, int k, const double *zx, const double *zy, GmmStep *step, int *rank) {
  const GmmWeight *weight = &step->weight;
  size_t r = (size_t)weight->rank, l = (size_t)weight->order;
  double *x = NEW_ARRAY(run, double, r * (size_t)k), *y = NEW_ARRAY(run, double, r), *rest = NEW_ARRAY(run, double, r), *scaled = NEW_ARRAY(run, double, r * (size_t)k);
  double **column = NEW_ARRAY(run, double *, k);
  step->influence = NEW_ARRAY(run, double, l * (size_t)k);
  step->moments = NEW_ARRAY(run, double, l);
  step->weighted = NEW_ARRAY(run, double, l);
  if (run_failed(run)) return false;
  whiten(run, weight, k, zx, x);
  whiten(run, weight, 1, zy, y);
  for (int j = 0; j < k; j++) column[j] = x + (size_t)j * r;
  LeastSquares ls;
  if (run_failed(run)) return false;
  least_squares(run, (int64_t)r, k, column, y, NULL, NULL, rest, &ls);
  if (run_failed(run)) return false;
  *rank = ls.rank;
  if (ls.rank < k) return false;
  step->beta = ls.beta;
  step->bread = ls.bread;
  step->objective = 0;
  for (size_t i = 0; i < r; i++) step->objective += rest[i] * rest[i];
  dense_multiply(false, false, (int)r, k, k, 1, x, (int)r, ls.bread, k, 0, scaled, (int)r);
  unwhiten(run, weight, k, scaled, step->influence);
  unwhiten(run, weight, 1, rest, step->weighted);
  for (size_t i = 0; i < l; i++) {
    step->moments[i] = zy[i];
    for (size_t j = 0; j < (size_t)k; j++) step->moments[i] -= zx[i + j * l] * step->beta[j];
  }
  return !run_failed(run);
}

static void not_identified(const Sums *sums, int rank, int known) {
  const GmmEquations *eq = sums->eq;
  const char *what = rank < sums->k ? "" : run_format(sums->run, "; the instruments leave only %d of them determined", known);
  run_fail(sums->run, "the equation is not identified: %d coefficient%s%s need%s at least as many instruments, and there %s %d%s; more lags, gmm(x, 2:), or iv() give more", sums->k,
           sums->k == 1 ? "" : "s", eq->effects ? " with those of the time effects" : "", sums->k == 1 ? "s" : "", rank == 1 ? "is" : "are", rank, what ? what : "");
}

/* V = G' S G */
static double *sandwich(Run *run, int l, int k, const double *influence, const double *covariance) {
  double *half = NEW_ARRAY(run, double, (size_t)l * (size_t)k), *variance = NEW_ARRAY(run, double, (size_t)k * (size_t)k);
  if (run_failed(run)) return NULL;
  dense_multiply_polled(run, false, l, k, l, covariance, l, influence, l, 0, half, l);
  dense_multiply(true, false, k, k, l, 1, influence, l, half, l, 0, variance, k);
  return variance;
}

/* ------------------------------------------------------------------------------------------------ Windmeijer (3) */

static double *windmeijer(Sums *sums, const GmmStep *one, const GmmStep *two, const double *robust) {
  const GmmEquations *eq = sums->eq;
  Run *run = sums->run;
  size_t l = (size_t)sums->l, k = (size_t)sums->k;
  double *slope = NEW_ARRAY(run, double, l * k), *zx = NEW_ARRAY(run, double, l * k), *row = NEW_ARRAY(run, double, k), *d = NEW_ARRAY(run, double, k * k);
  double *dv = NEW_ARRAY(run, double, k * k), *dvd = NEW_ARRAY(run, double, k * k), *variance = NEW_ARRAY(run, double, k * k);
  if (run_failed(run)) return NULL;
  const double *g = two->weighted;
  for (int32_t u = 0; u < eq->series.units && !run_failed(run); u++) { /* slope and zx row by row */
    if (!unit_moments(sums, u, one->beta)) continue;
    const GmmUnit *unit = sums->unit;
    memset(row, 0, k * sizeof *row);
    double sg = 0;
    for (int i = 0; i < sums->touches; i++) sg += sums->s[sums->touched[i]] * g[sums->touched[i]];
    for (int r = 0; r < unit->rows; r++) {
      const double *x = unit->x + (size_t)r * (size_t)eq->width;
      double gz = 0;
      for (int64_t i = unit->first[r]; i < unit->first[r + 1]; i++) {
        double *to = slope + (size_t)unit->column[i] * k;
        gz += unit->z[i] * g[unit->column[i]];
        for (size_t j = 0; j < k; j++) to[j] += sg * unit->z[i] * x[sums->place[j]];
      }
      for (size_t j = 0; j < k; j++) row[j] += gz * x[sums->place[j]];
    }
    for (int i = 0; i < sums->touches; i++)
      for (size_t j = 0; j < k; j++) slope[(size_t)sums->touched[i] * k + j] += sums->s[sums->touched[i]] * row[j];
    forget(sums);
    run_poll(run, (uint64_t)unit->first[unit->rows] * k);
  }
  if (run_failed(run)) return NULL;
  for (size_t i = 0; i < l; i++)
    for (size_t j = 0; j < k; j++) zx[i + j * l] = slope[i * k + j];
  int n = sums->k;
  dense_multiply(true, false, n, n, sums->l, 1, two->influence, sums->l, zx, sums->l, 0, d, n);
  dense_multiply(false, false, n, n, n, 1, d, n, two->bread, n, 0, dv, n);
  dense_multiply(false, false, n, n, n, 1, d, n, robust, n, 0, variance, n);
  dense_multiply(false, true, n, n, n, 1, variance, n, d, n, 0, dvd, n);
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < k; j++) variance[i + j * k] = two->bread[i + j * k] + dv[i + j * k] + dv[j + i * k] + dvd[i + j * k];
  return variance;
}

/* ------------------------------------------------------------------------------------------------ autocorrelation (5) */

typedef struct Orders {
  Sums *sums;
  int orders;
  double *w, *x;           /* residuals in differences and their regressors by period; NAN where there is none */
  double *sum, *square;    /* for each order: sum d_i; sum d_i^2, or the quadratic form in h */
  double *c, *sd;          /* orders x k; orders x l: sum s_i d_i, or sigma2 Z'H w */
  int64_t *pairs;
  const double *h, *psi;   /* iid at step one: covariances of the differences with themselves and with the transformed errors (periods x periods, row-major) */
} Orders;

static void differences_of(const Orders *own, const double *beta) {
  const Sums *sums = own->sums;
  const GmmEquations *eq = sums->eq;
  const GmmUnit *unit = sums->unit;
  size_t k = (size_t)sums->k, width = (size_t)eq->width;
  for (int t = 0; t < eq->periods; t++) own->w[t] = NAN;
  for (int r = 0; r < unit->transformed && eq->transform == GMM_DIFFERENCE; r++) {
    int t = unit->period[r];
    own->w[t] = sums->residual[r];
    for (size_t j = 0; j < k; j++) own->x[(size_t)t * k + j] = unit->x[(size_t)r * width + (size_t)sums->place[j]];
  }
  for (int t = 1; t < eq->periods && eq->transform == GMM_DEVIATIONS; t++) {
    if (!unit->complete[t] || !unit->complete[t - 1]) continue;
    const double *now = unit->value + (size_t)t * width, *before = now - width;
    own->w[t] = now[eq->k] - before[eq->k];
    for (size_t j = 0; j < k; j++) {
      double x = now[sums->place[j]] - before[sums->place[j]];
      own->x[(size_t)t * k + j] = x;
      own->w[t] -= beta[j] * x;
    }
  }
}

static void unit_order(Orders *own, int m) {
  const Sums *sums = own->sums;
  const GmmEquations *eq = sums->eq;
  const GmmUnit *unit = sums->unit;
  size_t k = (size_t)sums->k, l = (size_t)sums->l;
  int n = eq->periods;
  double d = 0, *c = own->c + (size_t)m * k, *sd = own->sd + (size_t)m * l;
  for (int t = m + 1; t < n; t++) {
    double before = own->w[t - m - 1];
    if (isnan(own->w[t]) || isnan(before)) continue;
    own->pairs[m]++;
    d += own->w[t] * before;
    for (size_t j = 0; j < k; j++) c[j] += before * own->x[(size_t)t * k + j];
  }
  own->sum[m] += d;
  if (!own->h) {
    own->square[m] += d * d;
    for (int i = 0; i < sums->touches; i++) sd[sums->touched[i]] += d * sums->s[sums->touched[i]];
    return;
  }
  for (int t = m + 1; t < n; t++) {
    double before = own->w[t - m - 1];
    if (isnan(own->w[t]) || isnan(before)) continue;
    for (int s = m + 1; s < n; s++)
      if (!isnan(own->w[s]) && !isnan(own->w[s - m - 1])) own->square[m] += before * own->h[t * n + s] * own->w[s - m - 1];
    for (int r = 0; r < unit->transformed; r++)
      for (int64_t i = unit->first[r]; i < unit->first[r + 1]; i++) sd[unit->column[i]] += unit->z[i] * own->psi[unit->period[r] * n + t] * before;
  }
}

static void test_orders(Sums *sums, const GmmStep *step, bool iid, GmmEstimate *out) {
  const GmmEquations *eq = sums->eq;
  Run *run = sums->run;
  size_t k = (size_t)sums->k, l = (size_t)sums->l, n = (size_t)eq->periods, orders = (size_t)out->orders;
  Orders own = {.sums = sums, .orders = out->orders};
  own.w = NEW_ARRAY(run, double, n);
  own.x = NEW_ARRAY(run, double, n * k);
  own.sum = NEW_ARRAY(run, double, orders);
  own.square = NEW_ARRAY(run, double, orders);
  own.c = NEW_ARRAY(run, double, orders * k);
  own.sd = NEW_ARRAY(run, double, orders * l);
  own.pairs = NEW_ARRAY(run, int64_t, orders);
  out->order = NEW_ARRAY(run, GmmOrder, orders);
  if (run_failed(run)) return;
  if (iid) {
    double *difference = gmm_transform_map(eq, GMM_DIFFERENCE), *map = gmm_transform_map(eq, eq->transform);
    double *h = NEW_ARRAY(run, double, n * n), *psi = NEW_ARRAY(run, double, n * n);
    if (run_failed(run)) return;
    dense_multiply(true, false, (int)n, (int)n, (int)n, out->sigma2, difference, (int)n, difference, (int)n, 0, h, (int)n);
    dense_multiply(true, false, (int)n, (int)n, (int)n, out->sigma2, difference, (int)n, map, (int)n, 0, psi, (int)n); /* [transformed x n + difference] */
    for (size_t i = 0; i < n && eq->weighting == 1; i++)
      for (size_t j = 0; j < n; j++) h[i * n + j] = psi[i * n + j] = i == j ? out->sigma2 : 0;
    own.h = h;
    own.psi = psi;
  }
  for (int32_t u = 0; u < eq->series.units && !run_failed(run); u++) {
    if (!unit_moments(sums, u, step->beta)) continue;
    differences_of(&own, step->beta);
    for (int m = 0; m < out->orders; m++) unit_order(&own, m);
    forget(sums);
    run_poll(run, n * k + (iid ? (uint64_t)orders * n * (n + (uint64_t)sums->unit->first[sums->unit->rows]) : 0));
  }
  for (int m = 0; m < out->orders && !run_failed(run); m++) {
    const double *c = own.c + (size_t)m * k, *sd = own.sd + (size_t)m * l;
    double variance = own.square[m];
    for (size_t i = 0; i < k; i++) {
      double cross = dense_dot(sums->l, step->influence + i * l, sd);
      variance -= 2 * c[i] * cross;
      for (size_t j = 0; j < k; j++) variance += c[i] * out->vcov[i + j * k] * c[j];
    }
    out->order[m].statistic = own.pairs[m] && variance > 0 ? own.sum[m] / sqrt(variance) : NAN;
  }
}

/* ------------------------------------------------------------------------------------------------ groups of instruments (6) */

/* in[column]: the instrument stays without this group; the group -1 are the gmm instruments of the level equation. False: nothing would go. */
static bool without_group(const GmmEquations *eq, int group, bool *in) {
  bool any = false;
  for (int i = 0; i < eq->instruments; i++) in[i] = true;
  for (int s = 0; s < eq->sources; s++) {
    const GmmSource *source = &eq->source[s];
    int places = !source->gmm ? 1 : (source->high - source->low + 1) * (source->collapse ? 1 : eq->periods);
    bool goes = group < 0 ? source->gmm && source->level : source->group == group;
    for (int i = 0; i < places && goes; i++)
      if (source->column[i] >= 0) {
        in[source->column[i]] = false;
        any = true;
      }
  }
  return any;
}

static void test_group(const Sums *sums, const double *zhz, const double *covariance, int group, const char *name, GmmEstimate *out) {
  Run *run = sums->run;
  size_t l = (size_t)sums->l, k = (size_t)sums->k, kept = 0;
  bool *in = NEW_ARRAY(run, bool, l);
  int *place = NEW_ARRAY(run, int, l), known;
  if (run_failed(run) || !without_group(sums->eq, group, in)) return;
  for (size_t i = 0; i < l; i++)
    if (in[i]) place[kept++] = (int)i;
  double *s = NEW_ARRAY(run, double, kept * kept), *h = NEW_ARRAY(run, double, kept * kept), *zx = NEW_ARRAY(run, double, kept * k), *zy = NEW_ARRAY(run, double, kept);
  if (run_failed(run) || kept < k || !kept) return;
  for (size_t j = 0; j < kept; j++) {
    for (size_t i = 0; i < kept; i++) {
      s[i + j * kept] = covariance[(size_t)place[i] + (size_t)place[j] * l];
      h[i + j * kept] = zhz[(size_t)place[i] + (size_t)place[j] * l];
    }
    zy[j] = sums->zy[place[j]];
    for (size_t c = 0; c < k; c++) zx[j + c * kept] = sums->zx[(size_t)place[j] + c * l];
  }
  GmmWeight first;
  GmmStep step = {0};
  weight_of(run, (int)kept, h, &first);
  if (!run_failed(run) && first.rank >= sums->k && first.rank < out->rank) {
    weight_of(run, (int)kept, s, &step.weight);
    if (!run_failed(run) && solve_step(run, sums->k, zx, zy, &step, &known))
      out->subset[out->subsets++] = (GmmSubset){name, step.objective, out->two.objective - step.objective, out->rank - first.rank};
  }
  forget_weight(run, &first);
  forget_weight(run, &step.weight);
  run_free(run, s);
  run_free(run, h);
}

/* ------------------------------------------------------------------------------------------------ the whole */

void gmm_estimate(const GmmEquations *eq, int steps, bool robust, int orders, GmmEstimate *out) {
  Run *run = eq->job->run;
  Sums sums;
  *out = (GmmEstimate){.steps = steps, .orders = orders};
  sums_new(eq, &sums);
  size_t l = (size_t)sums.l;
  double *zhz = NEW_ARRAY(run, double, l * l), *covariance = NEW_ARRAY(run, double, l * l);
  out->subset = NEW_ARRAY(run, GmmSubset, eq->groups + 1);
  if (run_failed(run)) return;
  if (sums.l < sums.k) {
    not_identified(&sums, sums.l, 0);
    return;
  }
  first_sums(&sums, zhz);
  if (!run_failed(run)) weight_of(run, sums.l, zhz, &out->one.weight);
  if (run_failed(run)) return;
  out->rank = out->one.weight.rank;
  int known = 0;
  if (out->rank < sums.k || !solve_step(run, sums.k, sums.zx, sums.zy, &out->one, &known)) {
    if (!run_failed(run)) not_identified(&sums, out->rank, known);
    return;
  }
  double squares[2], n = (double)eq->rows_transformed;
  moment_covariance(&sums, out->one.beta, covariance, squares);
  if (run_failed(run)) return;
  out->sigma2 = eq->weighting == 1 ? eq->system ? squares[1] / (double)eq->rows_level : squares[0] / n : squares[0] / n / (eq->transform == GMM_DIFFERENCE ? 2 : 1);
  out->sargan = out->sigma2 > 0 ? out->one.objective / out->sigma2 : NAN;
  double *first = sandwich(run, sums.l, sums.k, out->one.influence, covariance);
  weight_of(run, sums.l, covariance, &out->two.weight);
  if (run_failed(run)) return;
  out->singular = out->two.weight.rank < out->rank;
  out->singular_rank = out->two.weight.rank;
  bool second = solve_step(run, sums.k, sums.zx, sums.zy, &out->two, &known);
  if (run_failed(run)) return;
  if (!second) {
    out->two.objective = NAN;
    if (steps == 2) run_fail(run, "the second step is not identified: the moments of %d units determine %d of %d coefficients; take steps=1 or fewer instruments", eq->units, known, sums.k);
    if (run_failed(run)) return;
  }
  out->beta = steps == 2 ? out->two.beta : out->one.beta;
  if (steps == 2) out->vcov = robust ? windmeijer(&sums, &out->one, &out->two, first) : out->two.bread;
  else out->vcov = first;
  for (int i = 0; steps == 1 && !robust && i < sums.k * sums.k; i++) out->vcov[i] = out->sigma2 * out->one.bread[i];
  if (run_failed(run)) return;
  test_orders(&sums, steps == 2 ? &out->two : &out->one, steps == 1 && !robust, out);
  if (!second || out->rank <= sums.k) return;
  if (eq->system) test_group(&sums, zhz, covariance, -1, "gmm instruments of the level equation", out);
  for (int g = 0; g < eq->groups && !run_failed(run); g++) test_group(&sums, zhz, covariance, g, eq->group[g], out);
}
