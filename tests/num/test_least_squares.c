/* Least squares (least_squares.c). Expected values: exact solutions of NIST's data (nist.h, make_nist.py), and data made from known
 * coefficients without error. */
#include "host.h"
#include "nist.h"

enum { MOST = 64 };

static double **columns_of(Run *run, int64_t n, int k) {
  double **x = NEW_ARRAY(run, double *, k);
  for (int j = 0; j < k; j++) x[j] = NEW_ARRAY(run, double, n);
  return x;
}

static double digits(double ours, double exact) { return ours == exact ? 16 : -log10(fabs(ours / exact - 1)); }

static void test_nist(void) {
  for (size_t s = 0; s < sizeof nist_sets / sizeof nist_sets[0]; s++) {
    const struct NistSet *set = &nist_sets[s];
    Run run;
    host_begin(&run);
    int n = set->n, k = set->k;
    double **x = columns_of(&run, n, k), *residual = NEW_ARRAY(&run, double, n), *weight = NEW_ARRAY(&run, double, n);
    for (int i = 0; i < n; i++) {
      weight[i] = i + 1;
      for (int j = 0; j < k; j++) {
        int term = j + !set->intercept;
        x[j][i] = term == 0 ? 1 : set->degree ? set->x[i] : set->x[i + (term - 1) * n];
        if (set->degree && term > 1) x[j][i] *= x[j - 1][i];
      }
    }
    LeastSquares fit;
    least_squares(&run, n, k, x, set->y, set->weighted ? weight : NULL, NULL, residual, &fit);
    CHECK(!run_failed(&run) && fit.rank == k);
    double least = 16;
    for (int j = 0; j < k; j++) {
      double d = digits(fit.beta[j], set->beta[j]);
      if (!(d >= least)) least = d;
      double se = sqrt(fit.ssr / (n - k) * fit.bread[j + j * k]);
      CHECK_NEAR_AT(set->name, se, set->se[j], set->digits < 8 ? 1e-7 : 1e-9, 1e-9 * fabs(set->beta[j]));
    }
    printf("%-17s %-8s %.1f digits of at least %g\n", set->name, fit.method, least, set->digits);
    CHECK(least >= set->digits);
    CHECK_NEAR_AT(set->name, fit.ssr, set->ssr, 1e-8, 1e-12);
    double ssr = 0;
    for (int i = 0; i < n; i++) ssr += (set->weighted ? weight[i] : 1) * residual[i] * residual[i];
    CHECK_NEAR_AT(set->name, ssr, fit.ssr, 1e-12, 0);
    CHECK(host_end(&run));
  }
}

/* n rows of small integers, full rank; y = 1, 2, ..., k times the columns, which is exact */
static void exact_problem(int64_t n, int k, double **x, double *y) {
  uint64_t state = 12345;
  for (int64_t i = 0; i < n; i++) {
    y[i] = 0;
    for (int j = 0; j < k; j++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      x[j][i] = j == 0 ? 1 : (double)((int)(state >> 40) % 41 - 20);
      y[i] += (j + 1) * x[j][i];
    }
  }
}

static void test_exact_fits(void) { /* many blocks, both sides of the plain loops, weights, in place */
  static const int sizes[] = {1, 2, 3, 7, 15, 16, 17, 40};
  for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
    for (int64_t n = sizes[s] + 1; n < 20000; n = n * 11 + 3) {
      Run run;
      host_begin(&run);
      int k = sizes[s];
      double **x = columns_of(&run, n, k), *y = NEW_ARRAY(&run, double, n), *weight = NEW_ARRAY(&run, double, n), *residual = NEW_ARRAY(&run, double, n);
      exact_problem(n, k, x, y);
      for (int64_t i = 0; i < n; i++) weight[i] = 0.25 + (double)(i % 5);
      LeastSquares fit, again;
      least_squares(&run, n, k, x, y, weight, NULL, residual, &fit);
      if (fit.rank < k) { /* a few rows can be collinear by chance; then there is nothing to compare */
        CHECK(n < 2 * k && !run_failed(&run));
      } else {
        for (int j = 0; j < k; j++) CHECK_NEAR(fit.beta[j], j + 1, n < 2 * k ? 1e-7 : 1e-13, 0);
        CHECK_NEAR(fit.ssr, 0, 0, 1e-9);
      }
      least_squares(&run, n, k, x, y, weight, NULL, y, &again); /* y itself takes the residuals: the same bits */
      CHECK(memcmp(fit.beta, again.beta, sizeof(double) * (size_t)k) == 0 && fit.ssr == again.ssr);
      CHECK(memcmp(residual, y, sizeof(double) * (size_t)n) == 0);
      CHECK(host_end(&run));
    }
}

static void test_later_collinear_columns_go(void) {
  for (int64_t n = 12; n < 60000; n *= 17)
    for (int wide = 0; wide < 2; wide++) {
      Run run;
      host_begin(&run);
      int k = wide ? 24 : 7;
      double **x = columns_of(&run, n, k), *y = NEW_ARRAY(&run, double, n), *residual = NEW_ARRAY(&run, double, n);
      exact_problem(n, k, x, y);
      for (int64_t i = 0; i < n; i++) {
        x[3][i] = x[1][i] + x[2][i];              /* the sum of earlier ones */
        x[5][i] = 0.1 * x[4][i] + 1e6;            /* rounded, and far from 0 */
        y[i] = 10 - x[1][i] + x[2][i] / 2 + 3 * x[4][i] - 7 * x[6][i];
      }
      LeastSquares fit;
      least_squares(&run, n, k, x, y, NULL, NULL, residual, &fit);
      CHECK(!run_failed(&run));
      const double expected[] = {10, -1, 0.5, NAN, 3, NAN, -7};
      int rank = n < k ? 12 : k - 2;
      CHECK(fit.rank == rank);
      for (int j = 0; j < 7; j++) {
        CHECK(fit.dropped[j] == (j == 3 || j == 5));
        CHECK_NEAR(fit.beta[j], expected[j], 1e-7, 0);
        if (fit.dropped[j])
          for (int i = 0; i < k; i++) CHECK(fit.bread[i + j * k] == 0 && fit.bread[j + i * k] == 0);
      }
      for (int j = 7; j < k; j++)
        if (!fit.dropped[j]) CHECK_NEAR(fit.beta[j], 0, 0, 1e-7);
      CHECK_NEAR(fit.ssr, 0, 0, 1e-8);
      CHECK(host_end(&run));
    }
}

static void test_scale(void) { /* what absorption left over is not a regressor */
  Run run;
  host_begin(&run);
  enum { N = 100, K = 4 };
  double **x = columns_of(&run, N, K), y[N], residual[N];
  for (int i = 0; i < N; i++) {
    x[0][i] = sin(i * 1.0), x[1][i] = 1e-13 * sin(i * 2.0), x[2][i] = 1e-6 * sin(i * 3.0), x[3][i] = 1e-16 * cos(i * 5.0);
    y[i] = 2 * x[0][i] + 1e6 * x[2][i];
  }
  double scale[K] = {5, 5, 5, 0};
  LeastSquares fit;
  least_squares(&run, N, K, x, y, NULL, scale, residual, &fit);
  CHECK(!run_failed(&run) && fit.rank == 2 && !fit.dropped[0] && fit.dropped[1] && !fit.dropped[2] && fit.dropped[3]);
  CHECK_NEAR(fit.beta[0], 2, 1e-13, 0);
  CHECK_NEAR(fit.beta[2], 1e6, 1e-13, 0);
  least_squares(&run, N, K, x, y, NULL, NULL, residual, &fit);
  CHECK(fit.rank == 4);
  CHECK(host_end(&run));
}

static void test_degenerate_sizes(void) {
  Run run;
  host_begin(&run);
  double y[3] = {1, 2, 3}, weight[3] = {1, 2, 3}, residual[3], a[3] = {1, 1, 1}, b[3] = {0, 1, 2}, c[3] = {0, 1, 4}, d[3] = {1, 0, 7}, zero[3] = {0};
  double *x[5] = {zero, a, b, c, d};
  LeastSquares fit;
  least_squares(&run, 3, 0, x, y, weight, NULL, residual, &fit);
  CHECK(!run_failed(&run) && fit.rank == 0 && residual[2] == 3);
  CHECK_NEAR(fit.ssr, 1 + 8 + 27, 1e-15, 0);
  least_squares(&run, 3, 5, x, y, NULL, NULL, residual, &fit); /* fewer rows than columns */
  CHECK(fit.rank == 3 && fit.dropped[0] && !fit.dropped[1] && !fit.dropped[2] && !fit.dropped[3] && fit.dropped[4]);
  CHECK_NEAR(fit.beta[1], 1, 1e-14, 0);
  CHECK_NEAR(fit.beta[2], 1, 1e-14, 0);
  CHECK_NEAR(fit.beta[3], 0, 0, 1e-14);
  CHECK_NEAR(fit.ssr, 0, 0, 1e-28);
  least_squares(&run, 0, 2, x, y, NULL, NULL, residual, &fit);
  CHECK(!run_failed(&run) && fit.rank == 0 && fit.ssr == 0 && isnan(fit.beta[0]));
  least_squares(&run, 3, 2, x + 1, zero, NULL, NULL, residual, &fit);
  CHECK(fit.rank == 2 && fit.beta[0] == 0 && fit.beta[1] == 0 && fit.ssr == 0);
  CHECK(host_end(&run));
}

static void test_range_of_double(void) {
  Run run;
  host_begin(&run);
  enum { N = 50, K = 3 };
  double **x = columns_of(&run, N, K), y[N], residual[N];
  exact_problem(N, K, x, y);
  for (int i = 0; i < N; i++) x[1][i] *= 1e200, x[2][i] *= 1e-200;
  LeastSquares fit;
  least_squares(&run, N, K, x, y, NULL, NULL, residual, &fit);
  CHECK(!run_failed(&run) && fit.rank == K);
  CHECK_NEAR(fit.beta[0], 1, 1e-13, 0);
  CHECK_NEAR(fit.beta[1], 2e-200, 1e-13, 0);
  CHECK_NEAR(fit.beta[2], 3e200, 1e-13, 0);
  x[1][7] = HUGE_VAL;
  least_squares(&run, N, K, x, y, NULL, NULL, residual, &fit);
  CHECK(run.status == RUN_ERROR && strcmp(run.message, "regressor 2 holds a number that is not finite") == 0);
  CHECK(host_end(&run));
  host_begin(&run);
  x = columns_of(&run, N, K);
  exact_problem(N, K, x, y);
  y[49] = NAN;
  least_squares(&run, N, K, x, y, NULL, NULL, residual, &fit);
  CHECK(run.status == RUN_ERROR && strcmp(run.message, "the outcome holds a number that is not finite") == 0);
  CHECK(host_end(&run));
}

static void test_far_from_zero(void) { /* years: slopes do not depend on where the years are counted from */
  Run run;
  host_begin(&run);
  enum { N = 20000 };
  double **x = columns_of(&run, N, 2), *y = NEW_ARRAY(&run, double, N);
  double slope[3], bread[3];
  const double origin[3] = {0, 2015, 2015000};
  for (int o = 0; o < 3; o++) {
    for (int i = 0; i < N; i++) {
      double year = (i * 7) % 10;
      x[0][i] = 1, x[1][i] = origin[o] + year, y[i] = 3 + year / 8 + (i * 11) % 13;
    }
    LeastSquares fit;
    least_squares(&run, N, 2, x, y, NULL, NULL, NULL, &fit);
    slope[o] = fit.beta[1], bread[o] = fit.bread[3];
    double mean, norm = centred_norm(N, x[1], NULL, &mean);
    CHECK_NEAR(norm, sqrt(N * 8.25), 1e-14, 0); /* the variance of 0..9 is (10^2 - 1) / 12 */
    CHECK_NEAR(mean, origin[o] + 4.5, 1e-15, 0);
    CHECK_NEAR(bread[o], 1 / (N * 8.25), 1e-9, 0);
  }
  CHECK_NEAR(slope[1], slope[0], 1e-13, 0);
  CHECK_NEAR(slope[2], slope[0], 1e-10, 0);
  CHECK(host_end(&run));
}

static void test_centred_norm(void) {
  double x[5] = {1e15 + 1, 1e15 + 2, 1e15 + 3, 1e15 + 4, 1e15 + 5}, w[5] = {1, 2, 3, 2, 1}, mean, constant[5] = {0.1, 0.1, 0.1, 0.1, 0.1};
  CHECK_NEAR(centred_norm(5, x, NULL, &mean), sqrt(10), 1e-15, 0);
  CHECK(mean == 1e15 + 3);
  CHECK_NEAR(centred_norm(5, x, w, &mean), sqrt(12), 1e-15, 0);
  CHECK(mean == 1e15 + 3);
  CHECK(centred_norm(5, constant, w, NULL) == 0 && centred_norm(5, constant, NULL, NULL) == 0);
  CHECK(centred_norm(0, x, NULL, &mean) == 0 && isnan(mean));
}

typedef struct Sweep {
  int64_t n;
  int k;
  bool collinear;
} Sweep;

static void sweep_body(Run *run, void *context) {
  const Sweep *sweep = context;
  double *x[MOST] = {0}, *y = NEW_ARRAY(run, double, sweep->n);
  for (int j = 0; j < sweep->k; j++) x[j] = NEW_ARRAY(run, double, sweep->n);
  if (run_failed(run)) return;
  exact_problem(sweep->n, sweep->k, x, y);
  if (sweep->collinear) memcpy(x[2], x[1], sizeof(double) * (size_t)sweep->n);
  LeastSquares fit;
  least_squares(run, sweep->n, sweep->k, x, y, NULL, NULL, y, &fit);
}

static void test_memory_and_patience(void) {
  const Sweep sweeps[] = {{30, 3, false}, {3000, 20, false}, {3000, 20, true}, {400, 3, true}};
  for (size_t s = 0; s < 4; s++) {
    Sweep sweep = sweeps[s];
    CHECK(host_fail_each(sweep_body, &sweep) >= 2);
  }
  for (int collinear = 0; collinear < 2; collinear++) {
    Sweep sweep = {200000, 6, collinear};
    int64_t stop = 1;
    for (bool stopped = true; stopped; stop++) {
      Run run;
      host_begin(&run);
      host.stop_at_poll = stop;
      sweep_body(&run, &sweep);
      stopped = host.polls >= stop;
      CHECK(run.status == (stopped ? RUN_INTERRUPTED : RUN_OK));
      CHECK(host_end(&run));
    }
    CHECK(stop > 3);
  }
}

CHECK_MAIN(test_nist, test_exact_fits, test_later_collinear_columns_go, test_scale, test_degenerate_sizes, test_range_of_double, test_far_from_zero,
           test_centred_norm, test_memory_and_patience)
