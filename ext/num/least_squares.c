/* least_squares.c: weighted linear least squares with a rank decision in the order of the formula.
 *
 * 1. Minimises sum_i w_i (y_i - sum_j x_ij b_j)^2; bread = (X'WX)^-1 over the columns kept; ssr is that minimum, summed from the
 *    residuals. No degrees of freedom here, no missing values; k may be 0, n may be smaller than k.
 * 2. Rank: column j is dropped when the part of it that earlier kept columns do not explain is shorter than COLLINEAR (1e-10) times the
 *    column itself. Rounding leaves 1e-15 of an exactly collinear column (up to 1e-12 after many blocks of rows), and the worst
 *    honest column that we know, x^10 in NIST's Filip, keeps 5e-8: the tolerance stands between with room on both sides. With `scale`
 *    (the centred norm before effects were absorbed) a column is also dropped when what is left is below ABSORBED (1e-9) of that: the
 *    rest is the rounding, or the tolerance, of the absorption. A scale of 0 is a constant: absorbed.
 * 3. The usual path forms X'WX and X'Wy block by block (partial sums stay small, blocks are added with compensation), scales it to a unit
 *    diagonal and factors it by Cholesky in formula order. A pivot there is the squared share of a column that earlier ones leave over. The path
 *    is taken only if every pivot is above PIVOT (1e-6: the factor then holds ten digits) and no column is to be dropped.
 * 4. Else a sequential QR (Golub and Van Loan, Matrix Computations, 4th ed., 5.2 and 5.3; "TSQR" of Demmel et al. 2012, run in sequence):
 *    blocks of rows under the R so far, y as the last column, each column scaled by a power of two so that no square overflows. The small R
 *    that remains has all that is needed: Householder steps in formula order give the rank decision (2), b and the bread.
 * 5. One step of refinement after path 3: the gradient X'W(y - Xb) is summed along with the residuals, and b is corrected by the bread times
 *    it (corrected seminormal equations, Bjorck 1987); the residuals follow where the correction could be seen in them. On NIST's sets this
 *    gains three digits. After path 4 the same step loses up to one (Longley, Filip): there b stays as the QR gives it.
 * 6. The same rows give the same bits: blocks depend on n and k alone, and no thread takes part. */
#include "num.h"

#include <assert.h>
#include <float.h>

static const double COLLINEAR = 1e-10, ABSORBED = 1e-9, PIVOT = 1e-6;
static const double TOO_SMALL = 1e-250, TOO_LARGE = 1e250; /* squares outside are left to path 4 */

typedef struct Problem {
  Run *run;
  int64_t n;
  int k;
  double *const *x;
  const double *y, *weight, *scale;
  int block;      /* rows at a time */
  double *buffer; /* block + k + 1 rows of k + 1 columns */
} Problem;

/* About 32 KB of buffer, so that it stays in the first-level cache; at least 64 rows, so that LAPACK has something to do. */
static int block_rows(int64_t n, int columns) {
  int64_t rows = 4096 / columns / 4 * 4;
  if (rows > 1024) rows = 1024;
  if (rows < 64) rows = 64;
  if (rows < columns) rows = columns;
  return (int)(rows > n ? n : rows);
}

static int64_t rows_here(const Problem *p, int64_t start) { return p->n - start < p->block ? p->n - start : p->block; }

/* sum += value with the rounding error kept in *error (Neumaier 1974) */
static void add_compensated(double *sum, double *error, double value) {
  double total = *sum + value;
  *error += fabs(*sum) >= fabs(value) ? (*sum - total) + value : (value - total) + *sum;
  *sum = total;
}

/* to = sqrt(w) * factor * column, for one block */
static void load_block(const Problem *p, int64_t start, int64_t rows, const double *column, double factor, double *to) {
  column += start;
  if (p->weight) {
    const double *w = p->weight + start;
    for (int64_t i = 0; i < rows; i++) to[i] = sqrt(w[i]) * factor * column[i];
  } else if (factor != 1) {
    for (int64_t i = 0; i < rows; i++) to[i] = factor * column[i];
  } else {
    memcpy(to, column, sizeof(double) * (size_t)rows);
  }
}

/* ---- the usual path (3) */

/* gram ((k+1) x (k+1)) = [X y]'W[X y] */
static void crossproducts(const Problem *p, double *gram) {
  int columns = p->k + 1;
  size_t size = (size_t)columns * (size_t)columns;
  double *error = NEW_ARRAY(p->run, double, size), *here = NEW_ARRAY(p->run, double, size);
  if (run_failed(p->run)) return;
  for (int64_t start = 0; start < p->n; start += p->block) {
    int64_t rows = rows_here(p, start);
    for (int j = 0; j < columns; j++) load_block(p, start, rows, j < p->k ? p->x[j] : p->y, 1, p->buffer + (size_t)j * (size_t)p->block);
    if (p->n <= p->block) {
      dense_crossproduct_polled(p->run, (int)rows, columns, p->buffer, p->block, gram);
      break;
    }
    memset(here, 0, sizeof(double) * size);
    dense_crossproduct_polled(p->run, (int)rows, columns, p->buffer, p->block, here);
    for (size_t i = 0; i < size; i++) add_compensated(&gram[i], &error[i], here[i]);
    if (!run_poll(p->run, (uint64_t)rows * (uint64_t)columns * (uint64_t)(columns + 4) / 8)) return;
  }
  for (size_t i = 0; i < size; i++) gram[i] += error[i];
  run_free(p->run, error);
  run_free(p->run, here);
}

/* Solves from the cross-products; false if path 4 must be taken. factor (k x k) becomes the bread. */
static bool solve_gram(const Problem *p, const double *gram, LeastSquares *out) {
  size_t k = (size_t)p->k, columns = k + 1;
  double *norm = NEW_ARRAY(p->run, double, k), *factor = out->bread;
  if (run_failed(p->run)) return false;
  for (size_t j = 0; j < columns; j++) {
    double square = gram[j + j * columns];
    if (!(square > TOO_SMALL && square < TOO_LARGE) && !(square == 0 && j == k)) return false;
    if (j < k) norm[j] = sqrt(square);
  }
  for (size_t j = 0; j < k; j++) {
    for (size_t i = 0; i < k; i++) factor[i + j * k] = i == j ? 1 : gram[i + j * columns] / (norm[i] * norm[j]);
    out->beta[j] = gram[j + k * columns] / norm[j];
  }
  if (!dense_cholesky(p->run, p->k, factor)) return false;
  for (size_t j = 0; j < k; j++) {
    double left = factor[j + j * k];
    if (left * left < PIVOT || (p->scale && !(left * norm[j] > ABSORBED * p->scale[j] && p->scale[j] > 0))) return false;
  }
  dense_cholesky_solve(p->k, factor, 1, out->beta);
  if (!dense_cholesky_inverse(p->run, p->k, factor)) return false;
  for (size_t j = 0; j < k; j++) {
    out->beta[j] /= norm[j];
    for (size_t i = 0; i < k; i++) factor[i + j * k] /= norm[i] * norm[j];
  }
  run_free(p->run, norm);
  return true;
}

/* ---- the careful path (4) */

/* A power of two that brings the column's largest element near 1 (0 stays); fails where a number is not finite. */
static double power_scale(const Problem *p, const double *column, const char *what, int position) {
  double largest = 0, check = 0;
  for (int64_t i = 0; i < p->n; i++) {
    double size = fabs(column[i]);
    if (p->weight) size *= sqrt(p->weight[i]);
    check += size - size;
    if (size > largest) largest = size;
  }
  if (check != 0 || largest > DBL_MAX) {
    if (position) run_fail(p->run, "%s %d holds a number that is not finite", what, position);
    else run_fail(p->run, "%s holds a number that is not finite", what);
    return 0;
  }
  int exponent = 0;
  if (largest > 0) frexp(largest, &exponent);
  if (exponent > 1022) exponent = 1022;
  return ldexp(1, exponent < -1020 ? 1020 : -exponent);
}

/* R ((k+1) x (k+1), upper) of W^1/2 [X y], columns times power. */
static void stacked_qr(const Problem *p, const double *power, double *r) {
  int columns = p->k + 1;
  for (int64_t start = 0; start < p->n; start += p->block) {
    int rows = (int)rows_here(p, start), top = start ? columns : 0, m = top + rows;
    for (int j = 0; j < columns; j++) {
      double *to = p->buffer + (size_t)j * (size_t)m;
      if (top) memcpy(to, r + (size_t)j * (size_t)columns, sizeof(double) * (size_t)columns);
      load_block(p, start, rows, j < p->k ? p->x[j] : p->y, power[j], to + top);
    }
    dense_qr_r(p->run, m, columns, p->buffer, r);
    if (!run_poll(p->run, (uint64_t)m * (uint64_t)columns * (uint64_t)(columns + 4) / 2)) return;
  }
}

/* Householder steps on the small R in formula order (2). On return the kept columns, closed up, are an upper triangle of the order returned,
 * and column k is the right-hand side. */
static int eliminate(const Problem *p, double *r, const double *power, bool *dropped) {
  size_t rows = (size_t)p->k + 1;
  int rank = 0;
  for (int j = 0; j < p->k; j++) {
    double *column = r + (size_t)j * rows, explained = 0, left = 0;
    for (size_t i = 0; i < rows; i++) *(i < (size_t)rank ? &explained : &left) += column[i] * column[i];
    double whole = sqrt(explained + left);
    left = sqrt(left);
    dropped[j] = !(left > COLLINEAR * whole) || (p->scale && !(left / power[j] > ABSORBED * p->scale[j] && p->scale[j] > 0));
    if (dropped[j]) continue;
    double *v = column + rank, diagonal = v[0] > 0 ? -left : left, first = v[0] - diagonal, half = -diagonal * first; /* as lapack.c's QR */
    size_t rest = rows - (size_t)rank;
    v[0] = first;
    for (int c = j + 1; c <= p->k; c++) {
      double *other = r + (size_t)c * rows + rank, factor = dense_dot((int)rest, v, other) / half;
      for (size_t i = 0; i < rest; i++) other[i] -= factor * v[i];
    }
    v[0] = diagonal;
    for (size_t i = 1; i < rest; i++) v[i] = 0;
    if (rank != j) memcpy(r + (size_t)rank * rows, column, sizeof(double) * rows);
    rank++;
    if (!run_poll(p->run, rest * (uint64_t)(p->k - j))) return rank;
  }
  return rank;
}

/* z = T^-1 z, T the leading triangle of r of the given order. */
static void back_substitute(const double *r, size_t rows, int order, double *z) {
  for (int i = order - 1; i >= 0; i--) {
    for (int j = i + 1; j < order; j++) z[i] -= r[(size_t)i + (size_t)j * rows] * z[j];
    z[i] /= r[(size_t)i + (size_t)i * rows];
  }
}

static void solve_qr(const Problem *p, LeastSquares *out) {
  size_t k = (size_t)p->k, rows = k + 1;
  double *r = NEW_ARRAY(p->run, double, rows * rows), *inverse = NEW_ARRAY(p->run, double, k * k), *power = NEW_ARRAY(p->run, double, rows);
  int *kept = NEW_ARRAY(p->run, int, k);
  if (run_failed(p->run)) return;
  for (int j = 0; j < p->k; j++) power[j] = power_scale(p, p->x[j], "regressor", j + 1);
  power[k] = power_scale(p, p->y, "the outcome", 0);
  stacked_qr(p, power, r);
  if (run_failed(p->run)) return;
  out->rank = eliminate(p, r, power, out->dropped);
  if (run_failed(p->run)) return;
  size_t rank = (size_t)out->rank;
  memset(out->beta, 0, sizeof(double) * k);
  memset(out->bread, 0, sizeof(double) * k * k);
  for (int j = 0, next = 0; j < p->k; j++)
    if (!out->dropped[j]) kept[next++] = j;
  double *z = r + k * rows;
  back_substitute(r, rows, out->rank, z);
  for (size_t i = 0; i < rank; i++) out->beta[kept[i]] = z[i] * (power[kept[i]] / power[k]);
  for (size_t c = 0; c < rank; c++) { /* bread = T^-1 T^-T, spread to the kept positions and scaled back */
    inverse[c + c * k] = 1;
    back_substitute(r, rows, (int)c + 1, inverse + c * k);
    if (!run_poll(p->run, (uint64_t)c * (uint64_t)c / 2)) return;
  }
  for (size_t a = 0; a < rank && run_poll(p->run, (uint64_t)a * (rank - a)); a++)
    for (size_t b = 0; b <= a; b++) {
      double sum = 0;
      for (size_t c = a; c < rank; c++) sum += inverse[a + c * k] * inverse[b + c * k];
      sum *= power[kept[a]] * power[kept[b]];
      out->bread[(size_t)kept[a] + (size_t)kept[b] * k] = out->bread[(size_t)kept[b] + (size_t)kept[a] * k] = sum;
    }
  run_free(p->run, r);
  run_free(p->run, inverse);
}

/* ---- residuals (5) */

/* residual (n, or NULL; may be target) = target - X b, ssr, and, if asked, gradient = X'W residual. */
static void residuals(const Problem *p, const double *target, const double *beta, double *residual, double *ssr, double *gradient) {
  double sum = 0, sum_error = 0, *error = NEW_ARRAY(p->run, double, p->k), *here = p->buffer;
  if (run_failed(p->run)) return;
  if (gradient) memset(gradient, 0, sizeof(double) * (size_t)p->k);
  for (int64_t start = 0; start < p->n; start += p->block) {
    int rows = (int)rows_here(p, start);
    memcpy(here, target + start, sizeof(double) * (size_t)rows);
    for (int j = 0; j < p->k; j++) {
      const double *x = p->x[j] + start, b = beta[j];
      if (b == 0) continue; /* dropped, too */
      for (int i = 0; i < rows; i++) here[i] -= x[i] * b;
    }
    if (residual) memcpy(residual + start, here, sizeof(double) * (size_t)rows);
    double *weighted = here;
    if (p->weight) {
      weighted = here + p->block;
      for (int i = 0; i < rows; i++) weighted[i] = p->weight[start + i] * here[i];
    }
    add_compensated(&sum, &sum_error, dense_dot(rows, here, weighted));
    for (int j = 0; gradient && j < p->k; j++) add_compensated(&gradient[j], &error[j], dense_dot(rows, p->x[j] + start, weighted));
    if (!run_poll(p->run, (uint64_t)rows * (uint64_t)(p->k + 2) / 2)) return;
  }
  for (int j = 0; gradient && j < p->k; j++) gradient[j] += error[j];
  *ssr = sum + sum_error;
  run_free(p->run, error);
}

void least_squares(Run *run, int64_t n, int k, double *const *x, const double *y, const double *weight, const double *scale,
                   double *residual, LeastSquares *out) {
  memset(out, 0, sizeof *out);
  size_t columns = (size_t)k + 1;
  Problem problem = {run, n, k, x, y, weight, scale, block_rows(n, k + 1), NULL};
  const Problem *p = &problem;
  out->k = k;
  out->dropped = NEW_ARRAY(run, bool, k);
  out->beta = NEW_ARRAY(run, double, k);
  out->bread = NEW_ARRAY(run, double, (size_t)k * (size_t)k);
  problem.buffer = NEW_ARRAY(run, double, ((size_t)p->block + columns) * (columns > 2 ? columns : 2));
  double *gram = NEW_ARRAY(run, double, columns * columns), *gradient = NEW_ARRAY(run, double, k), *step = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  crossproducts(p, gram);
  if (run_failed(run)) return;
  bool usual = solve_gram(p, gram, out);
  out->method = usual ? "cholesky" : "qr";
  out->rank = k;
  if (!usual) solve_qr(p, out);
  residuals(p, y, out->beta, residual, &out->ssr, usual ? gradient : NULL);
  if (run_failed(run)) return;
  if (usual) {
    double gain = 0; /* what the step takes off ssr, the square of the length of X step */
    dense_multiply(false, false, k, 1, k, 1, out->bread, k, gradient, k, 0, step, k);
    for (int j = 0; j < k; j++) {
      gain += step[j] * gradient[j];
      out->beta[j] += step[j];
    }
    bool visible = gain > 1e-24 * out->ssr && gain > 16 * DBL_EPSILON * DBL_EPSILON * gram[columns * columns - 1];
    if (visible && residual) residuals(p, residual, step, residual, &out->ssr, NULL); /* y may be gone by now */
    else if (visible) residuals(p, y, out->beta, NULL, &out->ssr, NULL);
  }
  for (int j = 0; j < k; j++)
    if (out->dropped[j]) out->beta[j] = NAN;
  run_free(run, gram);
  run_free(run, problem.buffer);
}

double sample_mean(int64_t n, const double *x) {
  enum { SAMPLE = 1024 };
  int64_t step = n > 4 * SAMPLE ? n / SAMPLE : 1, count = 0;
  double sum = 0;
  for (int64_t i = 0; i < n; i += step, count++) sum += x[i] - x[0];
  return n > 0 ? x[0] + sum / (double)count : 0;
}

double centred_norm(int64_t n, const double *x, const double *weight, double *mean) {
  enum { ROWS = 1024, LANES = 4 };
  double centre = sample_mean(n, x);
  for (int pass = 0; pass < 3; pass++) {
    double total = 0, sum = 0, square = 0;
    for (int64_t start = 0; start < n; start += ROWS) {
      double s[LANES] = {0}, q[LANES] = {0}, w[LANES] = {0};
      int64_t end = n - start < ROWS ? n : start + ROWS, i = start;
      for (; i + LANES <= end; i += LANES)
        for (int l = 0; l < LANES; l++) {
          double d = x[i + l] - centre, each = weight ? weight[i + l] : 1;
          s[l] += each * d, q[l] += each * d * d, w[l] += each;
        }
      for (; i < end; i++) {
        double d = x[i] - centre, each = weight ? weight[i] : 1;
        s[0] += each * d, q[0] += each * d * d, w[0] += each;
      }
      sum += (s[0] + s[2]) + (s[1] + s[3]), square += (q[0] + q[2]) + (q[1] + q[3]), total += (w[0] + w[2]) + (w[1] + w[3]);
    }
    if (!(total > 0)) break;
    double rest = sum * (sum / total);
    if (pass < 2 && rest > square / 4) { /* the sample lay beside the mean: around this centre digits would cancel */
      centre += sum / total;
      continue;
    }
    if (mean) *mean = centre + sum / total;
    square -= rest;
    return sqrt(square > 0 ? square : square <= 0 ? 0 : square);
  }
  if (mean) *mean = NAN;
  return 0;
}

double norm_to_absorb(int effects, const Effect *effect, int64_t n, const double *x, const double *weight, double *mean) {
  double centre = 0, norm = centred_norm(n, x, weight, &centre), total = weight ? 0 : (double)n;
  bool intercept = effects == 0;
  if (mean) *mean = centre;
  for (int e = 0; e < effects; e++) intercept |= effect[e].intercept;
  if (intercept || isnan(centre)) return norm;
  for (int64_t i = 0; weight && i < n; i++) total += weight[i];
  return sqrt(norm * norm + total * centre * centre);
}
