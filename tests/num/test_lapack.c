/* Dense linear algebra (lapack.c). Expected values are exact: products of integers, and the Hilbert matrix's inverse by its
 * closed formula (Choi 1983). Orders 3 and 40 take the plain loops and LAPACK. */
#include "check.h"
#include "host.h"

static double integer_at(int i, int j) { return (double)((i * 7 + j * 13 + i * j * 5) % 19 - 9); }

static void test_products(void) {
  static double a[50 * 40], b[50 * 40], c[40 * 40];
  for (int k = 1; k <= 40; k += 1 + k / 6) {
    int m = 47, lda = 50;
    for (int j = 0; j < k; j++)
      for (int i = 0; i < lda; i++) a[i + j * lda] = integer_at(i, j), b[i + j * lda] = integer_at(j + 3, i);
    for (int i = 0; i < k * k; i++) c[i] = 1;
    dense_crossproduct_add(m, k, a, lda, c);
    bool same = true;
    for (int i = 0; i < k; i++)
      for (int j = 0; j < k; j++) {
        double exact = 1;
        for (int r = 0; r < m; r++) exact += a[r + i * lda] * a[r + j * lda];
        same = same && c[i + j * k] == exact;
      }
    CHECK(same);
    for (int flags = 0; flags < 4; flags++) {
      bool ta = flags & 1, tb = flags & 2;
      int p = 40 < k ? 40 : k; /* op(A) 5 x p, op(B) p x k, all inside the 50 x 40 store */
      for (int i = 0; i < k * 5; i++) c[i] = NAN;
      dense_multiply(ta, tb, 5, k, p, 2, a, lda, b, lda, 0, c, 5);
      dense_multiply(ta, tb, 5, k, p, 1, a, lda, b, lda, -1, c, 5);
      same = true;
      for (int i = 0; i < 5; i++)
        for (int j = 0; j < k; j++) {
          double exact = 0;
          for (int l = 0; l < p; l++) exact += (ta ? a[l + i * lda] : a[i + l * lda]) * (tb ? b[j + l * lda] : b[l + j * lda]);
          same = same && (c[i + j * 5] == -exact || k < 5);
        }
      CHECK(same);
    }
  }
}

static void test_hilbert(void) { /* the inverse has integer elements; condition 5e5 at order 5 */
  Run run;
  host_begin(&run);
  enum { K = 5 };
  double a[K * K], b[K] = {0};
  for (int i = 0; i < K; i++)
    for (int j = 0; j < K; j++) a[i + j * K] = 1.0 / (i + j + 1);
  CHECK(dense_cholesky(&run, K, a));
  b[4] = 1;
  dense_cholesky_solve(K, a, 1, b);
  const double last[K] = {630, -12600, 56700, -88200, 44100};
  for (int i = 0; i < K; i++) CHECK_NEAR(b[i], last[i], 1e-10, 0);
  CHECK(dense_cholesky_inverse(&run, K, a));
  const double first[K] = {25, -300, 1050, -1400, 630};
  for (int i = 0; i < K; i++) CHECK_NEAR(a[i], first[i], 1e-10, 0), CHECK_NEAR(a[i * K], first[i], 1e-10, 0);
  CHECK(host_end(&run));
}

static void decompositions(Run *run, void *context) {
  int k = *(const int *)context, m = k + 7;
  size_t order = (size_t)k;
  double *x = NEW_ARRAY(run, double, m * k), *copy = NEW_ARRAY(run, double, m * k), *gram = NEW_ARRAY(run, double, k * k), *r = NEW_ARRAY(run, double, k * k),
         *work = NEW_ARRAY(run, double, k * k), *inverse = NEW_ARRAY(run, double, k * k), *values = NEW_ARRAY(run, double, k), *u = NEW_ARRAY(run, double, m * k),
         *vt = NEW_ARRAY(run, double, k * k), *back = NEW_ARRAY(run, double, m * k), *other = NEW_ARRAY(run, double, k * k);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++)
    for (int i = 0; i < m; i++) x[i + j * m] = integer_at(i, j) + (i == j ? 40 : 0);
  dense_crossproduct_add(m, k, x, m, gram);
  double scale = gram[0] * 10;
  memcpy(copy, x, sizeof(double) * (size_t)m * order);
  dense_qr_r(run, m, k, copy, r);
  if (run_failed(run)) return;
  dense_multiply(true, false, k, k, k, 1, r, k, r, k, 0, work, k);
  for (int i = 0; i < k * k; i++) CHECK_NEAR(work[i], gram[i], 1e-13, 1e-14 * scale);
  for (int j = 0; j < k; j++)
    for (int i = j + 1; i < k; i++) CHECK(r[i + j * k] == 0);
  memcpy(inverse, gram, sizeof(double) * order * order);
  CHECK(dense_cholesky(run, k, inverse) && dense_cholesky_inverse(run, k, inverse));
  dense_multiply(false, false, k, k, k, 1, inverse, k, gram, k, 0, work, k);
  for (int i = 0; i < k * k; i++) CHECK_NEAR(work[i], i % (k + 1) == 0 ? 1 : 0, 0, 1e-10);
  memcpy(other, gram, sizeof(double) * order * order);
  memcpy(work, inverse, sizeof(double) * order * order);
  bool solved = dense_solve(run, k, other, k, work); /* gram^-2, then gram times it is the inverse */
  if (run_failed(run)) return;
  CHECK(solved);
  dense_multiply(false, false, k, k, k, 1, gram, k, work, k, 0, other, k);
  for (int i = 0; i < k * k; i++) CHECK_NEAR(other[i], inverse[i], 1e-8, 1e-12);
  memcpy(work, gram, sizeof(double) * order * order);
  if (!dense_symmetric_eigen(run, k, work, values)) return;
  for (int j = 0; j < k; j++) {
    CHECK(j == 0 || values[j] >= values[j - 1]);
    for (int i = 0; i < k; i++) other[i + j * k] = work[i + j * k] * values[j];
  }
  dense_multiply(false, true, k, k, k, 1, other, k, work, k, 0, r, k);
  for (int i = 0; i < k * k; i++) CHECK_NEAR(r[i], gram[i], 1e-12, 1e-13 * scale);
  memcpy(copy, x, sizeof(double) * (size_t)m * order);
  double *singular = NEW_ARRAY(run, double, k);
  if (!dense_svd(run, m, k, copy, u, singular, vt)) return;
  for (int j = 0; j < k; j++) {
    CHECK_NEAR(singular[j] * singular[j], values[k - 1 - j], 1e-11, 0);
    for (int i = 0; i < m; i++) u[i + j * m] *= singular[j];
  }
  dense_multiply(false, false, m, k, k, 1, u, m, vt, k, 0, back, m);
  for (int i = 0; i < m * k; i++) CHECK_NEAR(back[i], x[i], 1e-12, 1e-11);
}

static void test_decompositions(void) {
  for (int k = 1; k <= 40; k += 13) {
    Run run;
    host_begin(&run);
    decompositions(&run, &k);
    CHECK(!run_failed(&run));
    CHECK(host_end(&run));
  }
  int k = 21;
  CHECK(host_fail_each(decompositions, &k) > 11);
}

static void test_refusals(void) {
  for (int k = 2; k <= 30; k += 28) {
    Run run;
    host_begin(&run);
    double *a = NEW_ARRAY(&run, double, k * k), *s = NEW_ARRAY(&run, double, k), *u = NEW_ARRAY(&run, double, k * k);
    for (int i = 0; i < k * k; i++) a[i] = 1;
    CHECK(!dense_cholesky(&run, k, a));
    for (int i = 0; i < k * k; i++) a[i] = i % k == 0;
    CHECK(!dense_solve(&run, k, a, 1, s));
    a[0] = NAN;
    CHECK(!dense_cholesky(&run, k, a));
    CHECK(!dense_solve(&run, k, a, 1, s));
    CHECK(!run_failed(&run));
    CHECK(!dense_symmetric_eigen(&run, k, a, s));
    CHECK(run.status == RUN_ERROR);
    CHECK(host_end(&run));
    host_begin(&run);
    a = NEW_ARRAY(&run, double, k * k), u = NEW_ARRAY(&run, double, k * k), s = NEW_ARRAY(&run, double, k);
    a[1] = HUGE_VAL;
    CHECK(!dense_svd(&run, k, k, a, u, s, u));
    CHECK(run.status == RUN_ERROR);
    CHECK(host_end(&run));
  }
}

static void test_short_qr(void) { /* fewer rows than columns; and columns whose squares leave the range of double */
  Run run;
  host_begin(&run);
  double a[6] = {3, 4, 0, 5, 1, 1}, r[9];
  dense_qr_r(&run, 2, 3, a, r);
  CHECK_NEAR(fabs(r[0]), 5, 1e-15, 0);
  CHECK_NEAR(fabs(r[3]), 4, 1e-15, 0);
  CHECK_NEAR(fabs(r[4]), 3, 1e-15, 0);
  CHECK(r[8] == 0 && r[5] == 0);
  double big[6] = {3e200, 4e200, 0, 4e-200, -3e-200, 12e-200};
  dense_qr_r(&run, 3, 2, big, r);
  CHECK_NEAR(fabs(r[0]), 5e200, 1e-15, 0);
  CHECK_NEAR(fabs(r[2]), 0, 0, 1e-214);
  CHECK_NEAR(fabs(r[3]), 13e-200, 1e-15, 0);
  CHECK(host_end(&run));
}

#ifdef __ELF__
extern void openblas_set_num_threads(int) __attribute__((weak));
#endif
static void test_any_number_of_threads(void) {
  Run run;
  host_begin(&run);
  enum { K = 150, M = 1500 };
  double *x = NEW_ARRAY(&run, double, M * K), *c[2];
  for (int i = 0; i < M * K; i++) x[i] = sin((double)i * i);
  for (int pass = 0; pass < 2; pass++) {
#ifdef __ELF__
    if (openblas_set_num_threads) openblas_set_num_threads(pass ? 2 : 1);
#endif
    c[pass] = NEW_ARRAY(&run, double, K * K);
    dense_crossproduct_add(M, K, x, M, c[pass]);
    CHECK(dense_cholesky(&run, K, c[pass]) && dense_cholesky_inverse(&run, K, c[pass]));
  }
  CHECK(memcmp(c[0], c[1], sizeof(double) * K * K) == 0);
  CHECK(host_end(&run));
}

static double furthest(int count, const double *a, const double *b) {
  double most = 0;
  for (int i = 0; i < count; i++) most = fmax(most, fabs(a[i] - b[i]));
  return most;
}

static void test_wide_in_pieces(void) { /* beyond 320 columns: the same matrices, and an end within one piece when asked to stop */
  Run run;
  host_begin(&run);
  enum { K = 417, M = 900 };
  double *x = NEW_ARRAY(&run, double, M * K), *copy = NEW_ARRAY(&run, double, M * K), *gram = NEW_ARRAY(&run, double, K * K), *other = NEW_ARRAY(&run, double, K * K),
         *r = NEW_ARRAY(&run, double, K * K);
  for (int i = 0; i < M * K; i++) x[i] = sin((double)i * i);
  dense_crossproduct_add(M, K, x, M, gram);
  dense_crossproduct_polled(&run, M, K, x, M, other);
  CHECK_NEAR(furthest(K * K, other, gram), 0, 0, 1e-10);
  memcpy(copy, x, sizeof(double) * M * K);
  dense_qr_r(&run, M, K, copy, r);
  dense_multiply_polled(&run, true, K, K, K, r, K, r, K, 0, other, K);
  CHECK_NEAR(furthest(K * K, other, gram), 0, 0, 1e-10);
  double below = 0;
  for (int i = 0; i < K * K; i++) below += i % K > i / K ? fabs(r[i]) : 0;
  CHECK(below == 0);
  memcpy(r, gram, sizeof(double) * K * K);
  CHECK(dense_cholesky(&run, K, r));
  host.stop_at_poll = host.polls + 1;
  double *short_of_time = NEW_ARRAY(&run, double, K * K);
  CHECK(!dense_cholesky_inverse(&run, K, memcpy(short_of_time, r, sizeof(double) * K * K)) && run.status == RUN_INTERRUPTED);
  host.stop_at_poll = 0;
  run.status = RUN_OK;
  CHECK(dense_cholesky_inverse(&run, K, r));
  dense_multiply_polled(&run, false, K, K, K, r, K, gram, K, 0, other, K);
  for (int i = 0; i < K; i++) other[i * (K + 1)] -= 1;
  memset(r, 0, sizeof(double) * K * K);
  CHECK_NEAR(furthest(K * K, other, r), 0, 0, 1e-9);
  gram[5 * K + 5] = -1;
  CHECK(!dense_cholesky(&run, K, gram));
  host.stop_at_poll = host.polls + 1;
  dense_qr_r(&run, M, K, x, r);
  CHECK(run.status == RUN_INTERRUPTED);
  CHECK(host_end(&run));
}

/* In steps beside LAPACK: full rank, rank 5, blocks, a diagonal, nothing but zeros. */
static void test_eigen_in_steps(void) {
  for (int kind = 0; kind < 6; kind++)
    for (int k = 2; k <= 260; k = k * 3 + 2) {
      size_t n = (size_t)k;
      Run run;
      host_begin(&run);
      double *a = NEW_ARRAY(&run, double, n * n), *b = NEW_ARRAY(&run, double, n * n), *c = NEW_ARRAY(&run, double, n * n), *x = NEW_ARRAY(&run, double, n), *y = NEW_ARRAY(&run, double, n);
      Random random = random_stream((uint64_t)kind, (uint64_t)k);
      for (size_t i = 0; i < n * n; i++) b[i] = random_uniform(&random) - 0.5;
      int rank = kind == 1 ? 5 : k;
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
          double sum = 0;
          for (int m = 0; m < rank; m++) sum += b[(size_t)m + i * n] * b[(size_t)m + j * n] * (kind == 5 && m % 2 ? -1 : 1);
          if ((kind == 2 && i % 3 != j % 3) || (kind == 3 && i != j) || kind == 4) sum = 0;
          a[i * n + j] = a[j * n + i] = sum;
        }
      memcpy(b, a, n * n * sizeof *a);
      memcpy(c, a, n * n * sizeof *a);
      CHECK(symmetric_eigen_polled(&run, k, a, x) && dense_symmetric_eigen(&run, k, b, y));
      double size = fabs(y[0]) > fabs(y[n - 1]) ? fabs(y[0]) : fabs(y[n - 1]), worst = 0, apart = 0;
      for (size_t i = 0; i < n; i++) CHECK_NEAR(x[i], y[i], 0, 1e-13 * size);
      for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++) {
          worst = fmax(worst, fabs(dense_dot(k, c + i * n, a + j * n) - x[j] * a[j * n + i]));
          apart = fmax(apart, fabs(dense_dot(k, a + i * n, a + j * n) - (i == j)));
        }
      CHECK(worst <= 1e-13 * size && apart < 1e-12);
      CHECK(host_end(&run));
    }
}

static void small_eigen(Run *run, void *unused) {
  (void)unused;
  double a[9] = {2, 1, 0, 1, 3, 1, 0, 1, 4}, values[3];
  symmetric_eigen_polled(run, 3, a, values);
}

static void test_eigen_without_memory(void) {
  host_fail_each(small_eigen, NULL);
  Run run;
  host_begin(&run);
  host.stop_at_poll = 1;
  double *a = NEW_ARRAY(&run, double, 900 * 900), *values = NEW_ARRAY(&run, double, 900);
  for (int i = 0; i < 900 * 900; i++) a[i] = 1 / (1.0 + i / 900 + i % 900);
  CHECK(!dense_symmetric_eigen(&run, 900, a, values) && run.status == RUN_INTERRUPTED);
  CHECK(host_end(&run));
}

/* A column of a matrix from large to small: squares of what comes last leave the range of a double. */
static void test_eigen_of_a_graded_matrix(void) {
  enum { N = 40 };
  Run run;
  host_begin(&run);
  double a[N * N], b[N * N], x[N], y[N];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i * N + j] = pow(10, -5 * (i + j)) / (1 + abs(i - j));
  memcpy(b, a, sizeof a);
  CHECK(symmetric_eigen_polled(&run, N, a, x) && dense_symmetric_eigen(&run, N, b, y));
  for (int i = 0; i < N; i++) CHECK_NEAR(x[i], y[i], 0, 1e-14);
  CHECK(host_end(&run));
}

/* In steps beside LAPACK: whatever the matrix, its values, orthonormal vectors, and the matrix from them. */
static double singular_at(int kind, int i, int j, const double *normal) {
  static const double sine = 0.93, cosine = 0.3675595189897821;
  switch (kind) {
    case 0: return *normal;
    case 1: return sin(i + 1) * cos(3 * j) + sin(2 * i) * (j % 3); /* rank 2 */
    case 2: return *normal * pow(10, -3 * i);                      /* rows, columns and both from large to small */
    case 3: return *normal * pow(10, -3 * j);
    case 4: return *normal * pow(10, 2 * (i + j) - 100);
    case 5: return 0;
    case 6: return 1;
    case 7: return i == j ? i % 5 : 0;
    case 8: return (i > j ? 0 : i == j ? 1 : -cosine) * pow(sine, i); /* Kahan (1966) */
    case 9: return j % 3 ? *normal * 1e300 : 0;
    default: return *normal * 1e-300;
  }
}

static void test_singular_in_steps(void) {
  for (int kind = 0; kind < 11; kind++)
    for (int n = 1; n <= 70; n = n * 3 + 1) {
      int m = n + kind % 3 * 9;
      size_t count = (size_t)m * (size_t)n;
      Run run;
      host_begin(&run);
      double *a = NEW_ARRAY(&run, double, count), *b = NEW_ARRAY(&run, double, count), *c = NEW_ARRAY(&run, double, count), *u = NEW_ARRAY(&run, double, count),
             *vt = NEW_ARRAY(&run, double, n * n), *x = NEW_ARRAY(&run, double, n), *y = NEW_ARRAY(&run, double, n), *product = NEW_ARRAY(&run, double, n * n);
      Random random = random_stream((uint64_t)kind, (uint64_t)n);
      double largest = 0;
      for (int j = 0; j < n; j++)
        for (int i = 0; i < m; i++) {
          double normal = random_normal(&random);
          a[i + j * m] = singular_at(kind, i, j, &normal);
          largest = fmax(largest, fabs(a[i + j * m]));
        }
      memcpy(b, a, count * sizeof *a);
      memcpy(c, a, count * sizeof *a);
      CHECK(singular_polled(&run, m, n, a, u, x, vt));
      dense_multiply(true, false, n, n, m, 1, u, m, u, m, 0, product, n);
      for (int i = 0; i < n * n; i++) CHECK_NEAR(product[i], i % (n + 1) == 0, 0, 1e-14);
      dense_multiply(true, false, n, n, n, 1, vt, n, vt, n, 0, product, n);
      for (int i = 0; i < n * n; i++) CHECK_NEAR(product[i], i % (n + 1) == 0, 0, 2e-14);
      for (size_t i = 0; i < count; i++) u[i] *= largest > 0 ? x[i / (size_t)m] / largest : 0;
      dense_multiply(false, false, m, n, n, 1, u, m, vt, n, 0, a, m);
      for (size_t i = 0; i < count && largest > 0; i++) CHECK_NEAR(a[i], c[i] / largest, 0, 1e-14 * x[0] / largest);
      CHECK(dense_svd(&run, m, n, b, u, y, vt));
      for (int j = 0; j < n; j++) {
        CHECK_NEAR(x[j], y[j], 0, 1e-14 * y[0]);
        CHECK(j == 0 || x[j] <= x[j - 1]);
      }
      CHECK(host_end(&run));
    }
}

static void small_singular(Run *run, void *unused) {
  (void)unused;
  double a[6] = {2, 1, 0, 1, 3, 1}, u[6], s[2], vt[4];
  singular_polled(run, 3, 2, a, u, s, vt);
}

static void test_singular_without_memory_or_time(void) {
  host_fail_each(small_singular, NULL);
  enum { N = 620 };
  for (int64_t stop = 1; stop < 900; stop = stop * 3 + 1) {
    Run run;
    host_begin(&run);
    double *a = NEW_ARRAY(&run, double, N * N), *u = NEW_ARRAY(&run, double, N * N), *s = NEW_ARRAY(&run, double, N), *vt = NEW_ARRAY(&run, double, N * N);
    for (int i = 0; i < N * N; i++) a[i] = sin((double)i * i);
    host.stop_at_poll = stop;
    CHECK(!dense_svd(&run, N, N, a, u, s, vt) && run.status == RUN_INTERRUPTED);
    CHECK(host_end(&run));
  }
}

CHECK_MAIN(test_eigen_of_a_graded_matrix, test_singular_in_steps, test_singular_without_memory_or_time, test_eigen_in_steps, test_eigen_without_memory, test_products, test_hilbert, test_decompositions, test_refusals, test_short_qr, test_any_number_of_threads, test_wide_in_pieces)
