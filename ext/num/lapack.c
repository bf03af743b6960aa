/* lapack.c: dense linear algebra on small matrices; the only file that names LAPACK and BLAS routines.
 *
 * 1. Matrices are column-major. The Fortran symbols are declared here by hand, with the hidden lengths that Fortran passes for
 *    each character argument. Reference LAPACK, OpenBLAS and Accelerate all fit.
 * 2. Up to SMALL columns plain C takes the place of the call: a GROUP BY fits 100,000 models of three columns, and a call of LAPACK
 *    costs more than the whole of such a model. The plain sums run in LANES partial sums, which the compiler turns into vector
 *    instructions and which are the same additions on every machine.
 * 3. The same bits for any number of threads: OpenBLAS cuts a large product or factorisation differently for each number of
 *    threads, so it is held to one thread from our first large call on. That is done through a weak symbol: with another BLAS nothing
 *    happens. It holds for the process (restoring the old number would race with other threads' calls); parallel.c shares out work by itself.
 * 4. NAN and infinity: eigenvalues and singular values of such a matrix do not exist, and some LAPACK versions never return from
 *    the search for them: checked before the call, and an error. A Cholesky factor or an LU solution of it is refused (false).
 * 5. info < 0 is a mistake of this file (assert); info > 0 is singular, not positive definite, or an iteration that failed.
 * 6. LAPACK never asks whether to stop. Beyond WIDE columns products and factorisations are therefore made in pieces of PIECE operations (some ten
 *    milliseconds) by the blocked algorithms that LAPACK itself uses, with run_poll between them, and
 *    eigenvalues by eigen.c. Singular values are not. */
#include "num.h"

#include <assert.h>

enum { SMALL = 16, LANES = 2, WIDE = 320, PANEL = 96 };
static const double PIECE = 6e7;

extern void dgemm_(const char *ta, const char *tb, const int *m, const int *n, const int *k, const double *alpha, const double *a, const int *lda,
                   const double *b, const int *ldb, const double *beta, double *c, const int *ldc, size_t, size_t);
extern void dsyrk_(const char *uplo, const char *trans, const int *n, const int *k, const double *alpha, const double *a, const int *lda,
                   const double *beta, double *c, const int *ldc, size_t, size_t);
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
extern void dpotrs_(const char *uplo, const int *n, const int *columns, const double *a, const int *lda, double *b, const int *ldb, int *info, size_t);
extern void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
extern void dgeqrf_(const int *m, const int *n, double *a, const int *lda, double *tau, double *work, const int *lwork, int *info);
extern void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work, const int *lwork,
                    int *iwork, const int *liwork, int *info, size_t, size_t);
extern void dgesdd_(const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s, double *u, const int *ldu, double *vt,
                    const int *ldvt, double *work, const int *lwork, int *iwork, int *info, size_t);
extern void dtrsm_(const char *side, const char *uplo, const char *trans, const char *diag, const int *m, const int *n, const double *alpha, const double *a,
                   const int *lda, double *b, const int *ldb, size_t, size_t, size_t, size_t);
extern void dormqr_(const char *side, const char *trans, const int *m, const int *n, const int *k, const double *a, const int *lda, const double *tau,
                    double *c, const int *ldc, double *work, const int *lwork, int *info, size_t, size_t);
extern void dgesv_(const int *n, const int *columns, double *a, const int *lda, int *pivot, double *b, const int *ldb, int *info);

/* ---- threads of the BLAS (3) */
#ifdef __ELF__ /* elsewhere an unresolved weak symbol does not link */
extern void openblas_set_num_threads(int) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));
static void hold_blas_threads(void) {
  if (openblas_set_num_threads && openblas_get_num_threads && openblas_get_num_threads() != 1) openblas_set_num_threads(1);
}
#else
static void hold_blas_threads(void) {}
#endif

/* ---- sums over rows (2): two lanes a vector, which every 64-bit processor has, and two vectors a sum, to hide the adder's delay.
 * Loads need no alignment. */
typedef double Lanes __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double)), may_alias));
static inline Lanes lanes_at(const double *a) { return *(const Lanes *)a; }

/* out = {a0'b0, a0'b1, a1'b0, a1'b1} */
static void products_2x2(int m, const double *a0, const double *a1, const double *b0, const double *b1, double *out) {
  Lanes s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0}, t00 = {0}, t01 = {0}, t10 = {0}, t11 = {0};
  int i = 0;
  for (; i + 2 * LANES <= m; i += 2 * LANES) {
    Lanes u0 = lanes_at(a0 + i), u1 = lanes_at(a1 + i), v0 = lanes_at(b0 + i), v1 = lanes_at(b1 + i);
    s00 += u0 * v0, s01 += u0 * v1, s10 += u1 * v0, s11 += u1 * v1;
    u0 = lanes_at(a0 + i + LANES), u1 = lanes_at(a1 + i + LANES), v0 = lanes_at(b0 + i + LANES), v1 = lanes_at(b1 + i + LANES);
    t00 += u0 * v0, t01 += u0 * v1, t10 += u1 * v0, t11 += u1 * v1;
  }
  s00 += t00, s01 += t01, s10 += t10, s11 += t11;
  out[0] = s00[0] + s00[1], out[1] = s01[0] + s01[1], out[2] = s10[0] + s10[1], out[3] = s11[0] + s11[1];
  for (; i < m; i++) {
    out[0] += a0[i] * b0[i];
    out[1] += a0[i] * b1[i];
    out[2] += a1[i] * b0[i];
    out[3] += a1[i] * b1[i];
  }
}

double dense_dot(int m, const double *a, const double *b) {
  Lanes s = {0}, t = {0}, u = {0}, v = {0};
  int i = 0;
  for (; i + 4 * LANES <= m; i += 4 * LANES) {
    s += lanes_at(a + i) * lanes_at(b + i);
    t += lanes_at(a + i + LANES) * lanes_at(b + i + LANES);
    u += lanes_at(a + i + 2 * LANES) * lanes_at(b + i + 2 * LANES);
    v += lanes_at(a + i + 3 * LANES) * lanes_at(b + i + 3 * LANES);
  }
  s = (s + u) + (t + v);
  double sum = s[0] + s[1];
  for (; i < m; i++) sum += a[i] * b[i];
  return sum;
}

static bool all_finite(size_t count, const double *a) {
  double sum = 0; /* x - x is 0, or NAN for what is not finite */
  for (size_t i = 0; i < count; i++) sum += a[i] - a[i];
  return sum == 0;
}

void dense_crossproduct_add(int m, int k, const double *a, int lda, double *c) {
  size_t stride = (size_t)lda, order = (size_t)k;
  if (m <= 0 || k <= 0) return;
  if (k <= SMALL) {
    for (int j = 0; j < k; j += 2) {
      const double *b0 = a + (size_t)j * stride, *b1 = j + 1 < k ? b0 + stride : b0;
      for (int i = 0; i <= j; i += 2) { /* at the edge the last column stands in for the missing one, and is not stored */
        const double *a0 = a + (size_t)i * stride, *a1 = i + 1 < k ? a0 + stride : a0;
        double s[4];
        products_2x2(m, a0, a1, b0, b1, s);
        for (int p = 0; p < 2; p++)
          for (int q = 0; q < 2; q++) {
            int row = i + p, column = j + q;
            if (row > column || column >= k) continue;
            c[(size_t)row + (size_t)column * order] += s[2 * p + q];
            if (row < column) c[(size_t)column + (size_t)row * order] += s[2 * p + q];
          }
      }
    }
    return;
  }
  const double one = 1;
  hold_blas_threads();
  dsyrk_("U", "T", &k, &m, &one, a, &lda, &one, c, &k, 1, 1);
  for (size_t j = 0; j < order; j++)
    for (size_t i = 0; i < j; i++) c[j + i * order] = c[i + j * order];
}

void dense_multiply(bool ta, bool tb, int m, int n, int p, double alpha, const double *a, int lda, const double *b, int ldb,
                    double beta, double *c, int ldc) {
  if (m <= 0 || n <= 0) return;
  if (ta && !tb && m <= SMALL && n <= SMALL && p > 0) { /* sums over rows */
    for (size_t j = 0; j < (size_t)n; j++)
      for (size_t i = 0; i < (size_t)m; i++) {
        double sum = alpha * dense_dot(p, a + i * (size_t)lda, b + j * (size_t)ldb), *to = c + i + j * (size_t)ldc;
        *to = beta == 0 ? sum : sum + beta * *to;
      }
    return;
  }
  if ((int64_t)m * n * p <= SMALL * SMALL * SMALL || p <= 0) {
    size_t a_row = ta ? (size_t)lda : 1, a_column = ta ? 1 : (size_t)lda, b_row = tb ? (size_t)ldb : 1, b_column = tb ? 1 : (size_t)ldb;
    for (size_t j = 0; j < (size_t)n; j++)
      for (size_t i = 0; i < (size_t)m; i++) {
        double sum = 0;
        for (size_t l = 0; l < (size_t)(p > 0 ? p : 0); l++) sum += a[i * a_row + l * a_column] * b[l * b_row + j * b_column];
        double *to = c + i + j * (size_t)ldc;
        *to = beta == 0 ? alpha * sum : alpha * sum + beta * *to; /* as BLAS: with beta 0 the old content may be anything */
      }
    return;
  }
  hold_blas_threads();
  dgemm_(ta ? "T" : "N", tb ? "T" : "N", &m, &n, &p, &alpha, a, &lda, b, &ldb, &beta, c, &ldc, 1, 1);
}

/* ---- wide ones in pieces (6) */

/* How many columns make a piece, where each takes so many operations: not so few that a product is no more than sums. */
static int piece_of(int columns, double operations) {
  double many = PIECE / operations;
  int piece = many < 16 ? 16 : many > 512 ? 512 : (int)many;
  return piece < columns ? piece : columns;
}

static bool polled(Run *run, double operations) { return run_poll(run, (uint64_t)(operations / 4) + 1); }

void dense_crossproduct_polled(Run *run, int m, int k, const double *a, int lda, double *c) {
  if (k <= WIDE || m <= 0) {
    dense_crossproduct_add(m, k, a, lda, c);
    return;
  }
  size_t order = (size_t)k;
  hold_blas_threads();
  for (int j = 0, piece; j < k; j += piece) { /* columns of the upper triangle */
    piece = piece_of(k - j, 2.0 * m * k);
    int rows = j + piece;
    const double one = 1;
    dgemm_("T", "N", &rows, &piece, &m, &one, a, &lda, a + (size_t)j * (size_t)lda, &lda, &one, c + (size_t)j * order, &k, 1, 1);
    if (!polled(run, 2.0 * m * rows * piece)) return;
  }
  for (size_t j = 0; j < order; j++)
    for (size_t i = 0; i < j; i++) c[j + i * order] = c[i + j * order];
}

void dense_multiply_polled(Run *run, bool ta, int m, int n, int p, const double *a, int lda, const double *b, int ldb, double beta, double *c, int ldc) {
  int wide = m > WIDE && p > 0;
  for (int j = 0, piece; j < n; j += piece) {
    piece = wide ? piece_of(n - j, 2.0 * m * p) : n;
    dense_multiply(ta, false, m, piece, p, 1, a, lda, b + (size_t)j * (size_t)ldb, ldb, beta, c + (size_t)j * (size_t)ldc, ldc);
    if (wide && !polled(run, 2.0 * m * p * piece)) return;
  }
}

static bool wide_cholesky(Run *run, int k, double *a) {
  size_t order = (size_t)k;
  const double one = 1, minus = -1;
  for (int j = 0, panel; j < k; j += panel) {
    panel = k - j < PANEL ? k - j : PANEL;
    int info = 0, below = k - j - panel;
    double *corner = a + (size_t)j * (order + 1), *side = corner + panel;
    dpotrf_("L", &panel, corner, &k, &info, 1);
    if (info != 0) return false;
    if (below == 0) return true;
    dtrsm_("R", "L", "T", "N", &below, &panel, &one, corner, &k, side, &k, 1, 1, 1, 1);
    for (int c = 0, piece; c < below; c += piece) {
      piece = piece_of(below - c, 2.0 * below * panel);
      int rows = below - c;
      dgemm_("N", "T", &rows, &piece, &panel, &minus, side + c, &k, side + c, &k, &one, side + c + (size_t)(panel + c) * order, &k, 1, 1);
      if (!polled(run, 2.0 * rows * panel * piece)) return false;
    }
  }
  return true;
}

/* Columns j.. of the inverse, from the diagonal down, need the factor from row j on alone. */
static bool wide_inverse(Run *run, int k, double *l) {
  size_t order = (size_t)k;
  int most = piece_of(k, 2.0), info = 0; /* the largest piece there is */
  double *column = NEW_ARRAY(run, double, order * (size_t)most);
  if (run_failed(run)) return false;
  for (int j = 0, piece; j < k; j += piece) {
    int rows = k - j;
    piece = piece_of(rows, 2.0 * rows * rows);
    memset(column, 0, sizeof *column * (size_t)rows * (size_t)piece);
    for (int c = 0; c < piece; c++) column[(size_t)c * (size_t)(rows + 1)] = 1;
    double *corner = l + (size_t)j * (order + 1);
    dpotrs_("L", &rows, &piece, corner, &k, column, &rows, &info, 1);
    for (int c = 0; c < piece; c++) memcpy(corner + (size_t)c * (order + 1), column + (size_t)c * (size_t)(rows + 1), sizeof *column * (size_t)(rows - c));
    if (!polled(run, 2.0 * rows * rows * piece)) return false;
  }
  run_free(run, column);
  return true;
}

static void wide_qr(Run *run, int m, int k, double *a) {
  enum { WORK = 512 * 64 + 65 * 64 };
  double *tau = NEW_ARRAY(run, double, PANEL), *work = NEW_ARRAY(run, double, WORK);
  if (run_failed(run)) return;
  int most = m < k ? m : k, lwork = WORK, info = 0;
  for (int j = 0, panel; j < most; j += panel) {
    panel = most - j < PANEL ? most - j : PANEL;
    int rows = m - j;
    double *corner = a + (size_t)j * (size_t)(m + 1);
    dgeqrf_(&rows, &panel, corner, &m, tau, work, &lwork, &info);
    for (int c = panel, piece; c < k - j; c += piece) {
      piece = piece_of(k - j - c, 4.0 * rows * panel);
      dormqr_("L", "T", &rows, &piece, &panel, corner, &m, tau, corner + (size_t)c * (size_t)m, &m, work, &lwork, &info, 1, 1);
      assert(info == 0);
      if (!polled(run, 4.0 * rows * panel * piece)) return;
    }
  }
  run_free(run, work);
  run_free(run, tau);
}

/* ---- positive definite: only the lower triangle of a is read and written */
bool dense_cholesky(Run *run, int k, double *a) {
  size_t order = (size_t)k;
  if (run_failed(run)) return false;
  if (k <= SMALL) {
    for (size_t j = 0; j < order; j++) {
      double pivot = a[j + j * order];
      for (size_t l = 0; l < j; l++) pivot -= a[j + l * order] * a[j + l * order];
      if (!(pivot > 0 && pivot <= HUGE_VAL)) return false;
      pivot = sqrt(pivot);
      a[j + j * order] = pivot;
      for (size_t i = j + 1; i < order; i++) {
        double sum = a[i + j * order];
        for (size_t l = 0; l < j; l++) sum -= a[i + l * order] * a[j + l * order];
        a[i + j * order] = sum / pivot;
      }
    }
    return true;
  }
  int info = 0;
  hold_blas_threads();
  if (!all_finite(order * order, a)) return false;
  if (k > WIDE) return wide_cholesky(run, k, a);
  dpotrf_("L", &k, a, &k, &info, 1);
  assert(info >= 0);
  return info == 0;
}

void dense_cholesky_solve(int k, const double *l, int columns, double *b) {
  size_t order = (size_t)k;
  if (k <= 0 || columns <= 0) return;
  if (k <= SMALL) {
    for (double *x = b, *end = b + order * (size_t)columns; x < end; x += order) {
      for (size_t i = 0; i < order; i++) {
        for (size_t j = 0; j < i; j++) x[i] -= l[i + j * order] * x[j];
        x[i] /= l[i + i * order];
      }
      for (size_t i = order; i-- > 0;) {
        for (size_t j = i + 1; j < order; j++) x[i] -= l[j + i * order] * x[j];
        x[i] /= l[i + i * order];
      }
    }
    return;
  }
  int info = 0;
  hold_blas_threads();
  dpotrs_("L", &k, &columns, l, &k, b, &k, &info, 1);
  assert(info == 0);
}

bool dense_cholesky_inverse(Run *run, int k, double *l) {
  size_t order = (size_t)k;
  if (run_failed(run)) return false;
  if (k <= SMALL) {
    for (size_t j = 0; j < order; j++) { /* L becomes its inverse, column by column */
      double *column = l + j * order;
      column[j] = 1 / column[j];
      for (size_t i = j + 1; i < order; i++) {
        double sum = 0;
        for (size_t p = j; p < i; p++) sum -= l[i + p * order] * column[p];
        column[i] = sum / l[i + i * order];
      }
    }
    for (size_t i = 0; i < order; i++) /* then inv(L)' inv(L): row i needs rows p >= i of columns i and j */
      for (size_t j = 0; j <= i; j++) {
        double sum = 0;
        for (size_t p = i; p < order; p++) sum += l[p + i * order] * l[p + j * order];
        l[i + j * order] = sum;
      }
  } else if (k > WIDE) {
    hold_blas_threads();
    if (!wide_inverse(run, k, l)) return false;
  } else {
    int info = 0;
    hold_blas_threads();
    dpotri_("L", &k, l, &k, &info, 1);
    assert(info >= 0);
    if (info != 0) return false;
  }
  for (size_t j = 0; j < order; j++)
    for (size_t i = 0; i < j; i++) l[i + j * order] = l[j + i * order];
  return all_finite(order * order, l);
}

/* ---- Householder QR without pivoting, only R */
static bool plain_range(int m, int k, const double *a) { /* squares that neither overflow nor vanish */
  for (int j = 0; j < k; j++) {
    double square = dense_dot(m, a + (size_t)j * (size_t)m, a + (size_t)j * (size_t)m);
    if (!(square == 0 || (square > 1e-240 && square < 1e240))) return false;
  }
  return true;
}

static void plain_qr(int m, int k, double *a) {
  for (int j = 0; j < k && j < m; j++) {
    double *v = a + (size_t)j * (size_t)m + j; /* reflect v on the first axis: H = I - v v' / (r (r - v0)) ... with v0 - r in place of v0 */
    int rest = m - j;
    double below = dense_dot(rest - 1, v + 1, v + 1);
    if (below == 0) continue;
    double r = sqrt(v[0] * v[0] + below);
    if (v[0] > 0) r = -r;
    double first = v[0] - r, half = -r * first; /* half = v'v / 2 */
    v[0] = first;
    for (int c = j + 1; c < k; c++) {
      double *x = a + (size_t)c * (size_t)m + j, factor = dense_dot(rest, v, x) / half;
      for (int i = 0; i < rest; i++) x[i] -= factor * v[i];
    }
    v[0] = r;
  }
}

void dense_qr_r(Run *run, int m, int k, double *a, double *r) {
  if (run_failed(run) || k <= 0) return;
  if (m > 0) {
    if (k <= SMALL && plain_range(m, k, a)) {
      plain_qr(m, k, a);
    } else if (k > WIDE) {
      hold_blas_threads();
      wide_qr(run, m, k, a);
      if (run_failed(run)) return;
    } else {
      int query = -1, info = 0;
      double size = 0, *tau = NEW_ARRAY(run, double, k);
      if (run_failed(run)) return;
      hold_blas_threads();
      dgeqrf_(&m, &k, a, &m, tau, &size, &query, &info);
      int lwork = (int)size > k ? (int)size : k;
      double *work = NEW_ARRAY(run, double, lwork);
      if (run_failed(run)) return;
      dgeqrf_(&m, &k, a, &m, tau, work, &lwork, &info);
      assert(info == 0);
      run_free(run, work);
      run_free(run, tau);
    }
  }
  for (size_t j = 0; j < (size_t)k; j++)
    for (size_t i = 0; i < (size_t)k; i++) r[i + j * (size_t)k] = i <= j && i < (size_t)m ? a[i + j * (size_t)m] : 0;
}

/* ---- eigenvalues, singular values, general systems */
bool dense_symmetric_eigen(Run *run, int k, double *a, double *values) {
  size_t order = (size_t)k;
  if (run_failed(run)) return false;
  if (k <= 0) return true;
  if (!all_finite(order * order, a)) {
    run_fail(run, "a matrix whose eigenvalues are needed holds a number that is not finite");
    return false;
  }
  if (k == 1) {
    values[0] = a[0];
    a[0] = 1;
    return true;
  }
  enum { LARGE = 500 }; /* LAPACK keeps an interrupt waiting for some 50 ms there */
  if (k > LARGE) return symmetric_eigen_polled(run, k, a, values);
  int query = -1, info = 0, integers = 0;
  double size = 0;
  hold_blas_threads();
  dsyevd_("V", "L", &k, a, &k, values, &size, &query, &integers, &query, &info, 1, 1);
  int lwork = (int)size, liwork = integers;
  double *work = NEW_ARRAY(run, double, lwork);
  int *iwork = NEW_ARRAY(run, int, liwork);
  if (run_failed(run)) return false;
  dsyevd_("V", "L", &k, a, &k, values, work, &lwork, iwork, &liwork, &info, 1, 1);
  assert(info >= 0);
  if (info > 0) run_fail(run, "the eigenvalues of a matrix of order %d were not found", k);
  run_free(run, iwork);
  run_free(run, work);
  return info == 0;
}

bool dense_svd(Run *run, int m, int n, double *a, double *u, double *s, double *vt) {
  if (run_failed(run)) return false;
  if (m <= 0 || n <= 0) return true;
  if (!all_finite((size_t)m * (size_t)n, a)) {
    run_fail(run, "a matrix whose singular values are needed holds a number that is not finite");
    return false;
  }
  static const double LARGE = 2e8; /* m n^2 for which LAPACK keeps an interrupt waiting for some 50 ms */
  if (m >= n && (double)m * n * n > LARGE) return singular_polled(run, m, n, a, u, s, vt);
  int query = -1, info = 0, least = m < n ? m : n;
  double size = 0;
  int *iwork = NEW_ARRAY(run, int, 8 * (int64_t)least);
  if (run_failed(run)) return false;
  hold_blas_threads();
  dgesdd_("S", &m, &n, a, &m, s, u, &m, vt, &least, &size, &query, iwork, &info, 1);
  int lwork = (int)size;
  double *work = NEW_ARRAY(run, double, lwork);
  if (run_failed(run)) return false;
  dgesdd_("S", &m, &n, a, &m, s, u, &m, vt, &least, work, &lwork, iwork, &info, 1);
  assert(info >= 0);
  if (info > 0) run_fail(run, "the singular values of a matrix of %d rows and %d columns were not found", m, n);
  run_free(run, work);
  run_free(run, iwork);
  return info == 0;
}

bool dense_solve(Run *run, int k, double *a, int columns, double *b) {
  if (run_failed(run)) return false;
  if (k <= 0 || columns <= 0) return true;
  if (!all_finite((size_t)k * (size_t)k, a)) return false;
  int info = 0, *pivot = NEW_ARRAY(run, int, k);
  if (run_failed(run)) return false;
  hold_blas_threads();
  dgesv_(&k, &columns, a, &k, pivot, b, &k, &info);
  assert(info >= 0);
  run_free(run, pivot);
  return info == 0;
}
