/* order.c: sorting, ranks and quantiles. Expected quantiles and ranks: R 4.2 (quantile type 7 and 2, rank). */
#include "check.h"
#include "host.h"

static double pseudo(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (double)(int64_t)*state / 1e17;
}

static void test_sorting(void) {
  Run run;
  host_begin(&run);
  static const int64_t sizes[] = {0, 1, 2, 47, 48, 49, 50, 1000, 100003};
  for (unsigned s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
    int64_t n = sizes[s];
    double *x = NEW_ARRAY(&run, double, n), *y = NEW_ARRAY(&run, double, n);
    int64_t *order = NEW_ARRAY(&run, int64_t, n);
    uint64_t state = 7;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
      x[i] = pseudo(&state);
      if (i % 3 == 0) x[i] = floor(x[i] / 20); /* ties */
      if (i % 17 == 5) x[i] = i % 2 ? INFINITY : -INFINITY;
      y[i] = x[i];
      if (isfinite(x[i])) sum += x[i];
    }
    sort_numbers(&run, n, y);
    sort_order(&run, n, x, order);
    bool ascending = true, stable = true, same = true;
    double sorted_sum = 0;
    for (int64_t i = 0; i < n; i++) {
      if (isfinite(y[i])) sorted_sum += y[i];
      same = same && x[order[i]] == y[i];
      if (i == 0) continue;
      ascending = ascending && y[i - 1] <= y[i];
      stable = stable && (x[order[i - 1]] < x[order[i]] || signbit(x[order[i - 1]]) != signbit(x[order[i]]) || order[i - 1] < order[i]);
    }
    CHECK(ascending && stable && same);
    CHECK_NEAR(sorted_sum, sum, 1e-12, 1e-9);
  }
  CHECK(host_end(&run));
}

static void test_ranks(void) {
  Run run;
  host_begin(&run);
  static const double x[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5}, expected[] = {4.5, 1.5, 6, 1.5, 8, 11, 3, 10, 8, 4.5, 8};
  double rank[11];
  CHECK_NEAR(rank_numbers(&run, 11, x, rank), 6 + 6 + 24, 0, 0);
  for (int i = 0; i < 11; i++) CHECK_NEAR(rank[i], expected[i], 0, 0);
  CHECK(host_end(&run));
}

static void test_quantiles(void) {
  static const double x[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
  static const struct {
    double p, type7, type2;
  } expected[] = {{0, 1, 1}, {.01, 1.09, 1}, {.1, 1.9, 1.5}, {.25, 5, 4}, {.3, 6.8, 6}, {.5, 24, 24}, {.75, 112, 128}, {.9, 281.6, 384}, {1, 512, 512}};
  for (unsigned i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    CHECK_NEAR(quantile_sorted(10, x, expected[i].p, false), expected[i].type7, 1e-15, 0);
    CHECK_NEAR(quantile_sorted(10, x, expected[i].p, true), expected[i].type2, 1e-15, 0);
  }
  CHECK_NEAR(quantile_sorted(1, x, .37, false), 1, 0, 0);
  CHECK_NEAR(quantile_sorted(1, x, .37, true), 1, 0, 0);
  CHECK_NEAR(quantile_sorted(0, x, .5, false), NAN, 0, 0);
}

static void test_rows_by_code(void) {
  Run run;
  host_begin(&run);
  static const int32_t code[] = {2, 0, -1, 2, 0, 3};
  int64_t first[6], row[6];
  rows_by_code(&run, 6, code, 5, first, row);
  static const int64_t expected_first[] = {0, 2, 2, 4, 5, 5}, expected_row[] = {1, 4, 0, 3, 5};
  for (int i = 0; i < 6; i++) CHECK(first[i] == expected_first[i]);
  for (int i = 0; i < 5; i++) CHECK(row[i] == expected_row[i]);
  CHECK(host_end(&run));
}

static void sort_everything(Run *run, void *context) {
  (void)context;
  double *x = NEW_ARRAY(run, double, 5000), *rank = NEW_ARRAY(run, double, 5000);
  if (run_failed(run)) return;
  uint64_t state = 3;
  for (int i = 0; i < 5000; i++) x[i] = pseudo(&state);
  rank_numbers(run, 5000, x, rank);
  sort_numbers(run, 5000, x);
}

static void test_faults(void) {
  CHECK(host_fail_each(sort_everything, NULL) > 4);
  Run run;
  host_begin(&run);
  host.stop_at_poll = 1;
  int64_t n = 1000000;
  double *x = NEW_ARRAY(&run, double, n);
  uint64_t state = 3;
  for (int64_t i = 0; i < n; i++) x[i] = pseudo(&state);
  sort_numbers(&run, n, x);
  CHECK(run.status == RUN_INTERRUPTED);
  CHECK(host_end(&run));
}

CHECK_MAIN(test_sorting, test_ranks, test_quantiles, test_rows_by_code, test_faults)
