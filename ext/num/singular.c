/* singular.c: singular values and vectors of a large matrix of no more columns than rows, in steps that can be interrupted, as LAPACK's cannot.
 *
 * 1. U = A V with V the eigenvectors of A'A has nearly orthogonal columns where their lengths are not too small; what is missing is made good by rotations of
 *    pairs of columns (one-sided Jacobi: Hestenes 1958; Golub and Van Loan, Matrix Computations, 4th ed., 8.6.3), applied to V too, until a sweep over all pairs finds
 *    none whose cosine is above rounding. The lengths are then the singular values. Nothing is lost by the squares of A'A: V need only be orthogonal.
 * 2. The longest of the columns left comes first (de Rijk 1989), so the last sweep leaves them in falling order.
 * 3. A column that is shorter than the rounding of the longest counts as zero, and so does its singular value. Its direction is nothing but rounding, which rotations may take very
 *    long to settle, or a zero: it is filled with random numbers, FILL times the longest, that the rotations make orthogonal to the other columns and that leave those as they are.
 *    So a matrix without full rank gets orthonormal vectors all the same.
 * 4. Normwise backward stable, as LAPACK's, and measured three to five times slower (orders 600 to 1,500), so only where that one would keep an interrupt waiting. */
#include "num.h"

#include <float.h>

enum { MOST_SWEEPS = 60 };
static const double FILL = 1e-40;

static double *vector_of(double *a, int rows, int j) { return a + (size_t)j * (size_t)rows; }

static void rotate(int rows, double cosine, double sine, double *x, double *y) {
  for (int i = 0; i < rows; i++) {
    double kept = x[i];
    x[i] = cosine * kept - sine * y[i];
    y[i] = sine * kept + cosine * y[i];
  }
}

/* Puts the longest of the columns from i on at place i. */
static void bring_longest(int m, int n, double *u, double *v, double *square, bool *filled, int i) {
  int longest = i;
  for (int j = i + 1; j < n; j++)
    if (square[j] > square[longest]) longest = j;
  if (longest == i) return;
  rotate(m, 0, 1, vector_of(u, m, i), vector_of(u, m, longest));
  rotate(n, 0, 1, vector_of(v, n, i), vector_of(v, n, longest));
  square[longest] = square[i];
  bool kept = filled[i];
  filled[i] = filled[longest];
  filled[longest] = kept;
}

/* The squared lengths of the columns, those without a direction filled (3). */
static void measure(Run *run, int m, int n, double *u, double *square, bool *filled) {
  double most = 0;
  for (int j = 0; j < n && run_poll(run, (uint64_t)m); j++) {
    square[j] = dense_dot(m, vector_of(u, m, j), vector_of(u, m, j));
    most = fmax(most, square[j]);
  }
  for (int j = 0; j < n && run_poll(run, (uint64_t)m); j++) {
    if (filled[j] || square[j] > DBL_EPSILON * DBL_EPSILON * most) continue;
    double *x = vector_of(u, m, j);
    Random random = random_stream(1, (uint64_t)j);
    for (int i = 0; i < m; i++) x[i] = FILL * (most > 0 ? sqrt(most) : 1) * random_normal(&random);
    square[j] = dense_dot(m, x, x);
    filled[j] = true;
  }
}

/* One sweep over all pairs; how many were rotated. */
static int64_t sweep(Run *run, int m, int n, double *u, double *v, double *square, bool *filled) {
  double rounding = DBL_EPSILON * (8 + sqrt(m));
  int64_t rotated = 0;
  measure(run, m, n, u, square, filled);
  for (int i = 0; i < n; i++) {
    bring_longest(m, n, u, v, square, filled, i);
    double *x = vector_of(u, m, i);
    square[i] = dense_dot(m, x, x);
    for (int j = i + 1; j < n; j++) {
      double *y = vector_of(u, m, j), product = dense_dot(m, x, y);
      if (!(fabs(product) > rounding * sqrt(square[i]) * sqrt(square[j]))) continue;
      double half = (square[j] - square[i]) / (2 * product), tangent = (half < 0 ? -1 : 1) / (fabs(half) + hypot(1, half)), cosine = 1 / hypot(1, tangent), own = square[i], other = square[j];
      rotate(m, cosine, cosine * tangent, x, y);
      rotate(n, cosine, cosine * tangent, vector_of(v, n, i), vector_of(v, n, j));
      square[i] -= tangent * product;
      square[j] += tangent * product;
      if (!(square[i] > own / 2)) square[i] = dense_dot(m, x, x); /* digits have cancelled */
      if (!(square[j] > other / 2)) square[j] = dense_dot(m, y, y);
      rotated++;
    }
    if (!run_poll(run, (uint64_t)m * (uint64_t)(n - i))) break;
  }
  return rotated;
}

/* u = A V, v = V (1); a is scaled by a power of two to numbers of at most 1, which is returned as its exponent. */
static int begin(Run *run, int m, int n, double *a, double *u, double *v) {
  size_t count = (size_t)m * (size_t)n;
  double largest = 0, *values = NEW_ARRAY(run, double, n);
  int exponent = 0;
  for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs(a[i]));
  if (largest > 0) frexp(largest, &exponent);
  for (size_t i = 0; i < count; i++) a[i] = ldexp(a[i], -exponent);
  memset(v, 0, (size_t)n * (size_t)n * sizeof *v);
  dense_crossproduct_polled(run, m, n, a, m, v);
  if (run_failed(run) || !dense_symmetric_eigen(run, n, v, values)) return 0;
  dense_multiply_polled(run, false, m, n, n, a, m, v, n, 0, u, m);
  run_free(run, values);
  return exponent;
}

bool singular_polled(Run *run, int m, int n, double *a, double *u, double *s, double *vt) {
  assert(m >= n);
  double *square = NEW_ARRAY(run, double, n), *v = NEW_ARRAY(run, double, (size_t)n * (size_t)n);
  bool *filled = NEW_ARRAY(run, bool, n);
  if (run_failed(run)) return false;
  int exponent = begin(run, m, n, a, u, v), sweeps = 0;
  while (!run_failed(run) && sweep(run, m, n, u, v, square, filled))
    if (++sweeps == MOST_SWEEPS) run_fail(run, "the singular values of a matrix of %d rows and %d columns were not found", m, n);
  for (int j = 0; j < n && run_poll(run, (uint64_t)m + (uint64_t)n); j++) {
    double *x = vector_of(u, m, j), length = sqrt(square[j]);
    for (int i = 0; i < m; i++) x[i] /= length;
    for (int i = 0; i < n; i++) vt[(size_t)j + (size_t)i * (size_t)n] = vector_of(v, n, j)[i];
    s[j] = filled[j] ? 0 : ldexp(length, exponent);
  }
  run_free(run, square);
  run_free(run, filled);
  run_free(run, v);
  return !run_failed(run);
}
