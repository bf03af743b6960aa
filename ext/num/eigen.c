/* eigen.c: all eigenvalues and vectors of a large symmetric matrix, in steps that can be interrupted, as LAPACK's cannot.
 *
 * 1. Householder's reduction to tridiagonal form (Golub and Van Loan, Matrix Computations, 4th ed., 8.3.1), then implicit QR steps with Wilkinson's shift
 *    (8.3.2); an off-diagonal below the rounding of the whole matrix is zero. The rotations are gathered on rows that lie together in memory; the
 *    reflectors are applied to each vector at the end.
 * 2. Normwise backward stable, as LAPACK's, and measured four to ten times slower (orders 800 to 3,200), so only for orders at which that one would keep an
 *    interrupt waiting. */
#include "num.h"

#include <float.h>

enum { MOST_STEPS = 60 };

/* a (full, symmetric) is used up; reflector k (unit length, of rows k + 1 ...) is left in column k of a, beneath the diagonal. */
static bool tridiagonal(Run *run, size_t n, double *a, double *d, double *e, double *work) {
  for (size_t k = 0; k + 1 < n; k++) {
    double *v = a + k * n + k + 1, largest = 0, squares = 0;
    size_t rest = n - k - 1;
    d[k] = a[k * n + k];
    for (size_t i = 0; i < rest; i++) largest = fmax(largest, fabs(v[i]));
    if (rest == 1 || largest == 0) { /* nothing to reflect */
      e[k] = v[0];
      memset(v, 0, rest * sizeof *v);
      continue;
    }
    for (size_t i = 0; i < rest; i++) v[i] /= largest; /* squares of numbers as they are may leave the range of a double */
    for (size_t i = 0; i < rest; i++) squares += v[i] * v[i];
    double length = sqrt(squares), scale = sqrt(2 * length * (length + fabs(v[0]))), end = v[0] > 0 ? -length : length;
    e[k] = end * largest;
    v[0] -= end;
    for (size_t i = 0; i < rest; i++) v[i] /= scale;
    double *below = a + (k + 1) * n + k + 1, along = 0; /* the rest of the matrix becomes (I - 2vv') A (I - 2vv') = A - 2vw' - 2wv' */
    for (size_t i = 0; i < rest; i++) work[i] = dense_dot((int)rest, below + i * n, v);
    along = dense_dot((int)rest, work, v);
    for (size_t i = 0; i < rest; i++) work[i] -= along * v[i];
    for (size_t i = 0; i < rest; i++) {
      double *row = below + i * n, own = 2 * v[i], other = 2 * work[i];
      for (size_t j = 0; j < rest; j++) row[j] -= own * work[j] + other * v[j];
    }
    if (!run_poll(run, (uint64_t)rest * (uint64_t)rest)) return false;
  }
  d[n - 1] = a[n * n - 1];
  return true;
}

/* One implicit QR step on the unreduced block lo..hi; s: rows are the columns of the transformation so far. */
static void qr_step(size_t n, size_t lo, size_t hi, double *d, double *e, double *s) {
  double half = (d[hi - 1] - d[hi]) / 2, beside = e[hi - 1], root = hypot(half, beside);
  double shift = d[hi] - beside / (half + (half < 0 ? -root : root)) * beside, x = d[lo] - shift, z = e[lo];
  for (size_t k = lo; k < hi; k++) {
    double r = hypot(x, z), c = r > 0 ? x / r : 1, t = r > 0 ? -z / r : 0, a = d[k], b = e[k], other = d[k + 1];
    if (k > lo) e[k - 1] = r;
    d[k] = c * c * a - 2 * c * t * b + t * t * other;
    d[k + 1] = t * t * a + 2 * c * t * b + c * c * other;
    e[k] = c * t * (a - other) + (c * c - t * t) * b;
    if (k + 1 < hi) {
      x = e[k];
      z = -t * e[k + 1];
      e[k + 1] *= c;
    }
    double *first = s + k * n, *second = first + n;
    for (size_t i = 0; i < n; i++) {
      double kept = first[i];
      first[i] = c * kept - t * second[i];
      second[i] = t * kept + c * second[i];
    }
  }
}

bool symmetric_eigen_polled(Run *run, int order, double *a, double *values) {
  size_t n = (size_t)order, lo = 0;
  double *e = NEW_ARRAY(run, double, n), *s = NEW_ARRAY(run, double, n * n), *work = NEW_ARRAY(run, double, n), *d = work, size = 0;
  int64_t *rank = NEW_ARRAY(run, int64_t, n);
  if (run_failed(run) || !tridiagonal(run, n, a, values, e, s)) return false;
  memset(s, 0, n * sizeof *s);
  for (size_t i = 0; i < n; i++) {
    s[i * n + i] = 1;
    d[i] = values[i];
    size = fmax(size, fmax(fabs(d[i]), fabs(e[i])));
  }
  int steps = 0;
  for (size_t hi = n - 1; hi > 0;) {
    for (lo = hi; lo > 0 && fabs(e[lo - 1]) > DBL_EPSILON * size; lo--) continue;
    if (lo > 0) e[lo - 1] = 0;
    if (lo == hi) {
      hi--;
      steps = 0;
      continue;
    }
    if (++steps > MOST_STEPS) {
      run_fail(run, "the eigenvalues of a matrix of order %d were not found", order);
      return false;
    }
    qr_step(n, lo, hi, d, e, s);
    if (!run_poll(run, (uint64_t)(hi - lo) * n)) return false;
  }
  for (size_t j = 0; j < n; j++) {
    rank[j] = (int64_t)j;
    for (size_t k = n - 1; k-- > 0;) {
      const double *v = a + k * n + k + 1;
      double *y = s + j * n + k + 1, along = 2 * dense_dot((int)(n - k - 1), v, y);
      for (size_t i = 0; i < n - k - 1; i++) y[i] -= along * v[i];
    }
    if (!run_poll(run, (uint64_t)n * n)) return false;
  }
  sort_order(run, (int64_t)n, d, rank);
  if (run_failed(run)) return false;
  for (size_t j = 0; j < n; j++) {
    values[j] = d[rank[j]];
    memcpy(a + j * n, s + (size_t)rank[j] * n, n * sizeof *a);
  }
  run_free(run, e);
  run_free(run, s);
  run_free(run, work);
  run_free(run, rank);
  return true;
}
