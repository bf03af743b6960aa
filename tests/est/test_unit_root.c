/* unit_root_tables.c: p-values against a computation at 60 digits (make_unit_root.py), the published moments at and between their places. */
#include "../num/check.h"
#include "../../ext/est/unit_root.h"

static const struct {
  int terms;
  double t, p;
} EXPECTED[] = {
#include "unit_root.inc"
};

static void test_p_values(void) {
  for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++)
    CHECK_NEAR(normal_cdf(dickey_fuller_score((UnitRootTerms)EXPECTED[i].terms, EXPECTED[i].t)), EXPECTED[i].p, 2e-10, 0);
  CHECK(isnan(dickey_fuller_score(UNIT_ROOT_NONE, NAN)));
}

/* Far out the p-value goes on falling, or stays; it never turns back. A fit to nine quantiles may wiggle in between, not by much. */
static void test_monotone(void) {
  for (int terms = 0; terms < 3; terms++) {
    double before = -INFINITY;
    for (double t = -100; t < 20; t += 0.01) {
      double score = dickey_fuller_score((UnitRootTerms)terms, t);
      if (!CHECK(score >= before - 1e-3)) return;
      before = score;
    }
    CHECK(normal_cdf(dickey_fuller_score((UnitRootTerms)terms, -INFINITY)) < 1e-30 && normal_cdf(dickey_fuller_score((UnitRootTerms)terms, 50)) > 0.9999);
  }
}

static void test_moments(void) {
  double mean, spread;
  CHECK(llc_adjustment(UNIT_ROOT_INTERCEPT, 50, &mean, &spread) && mean == -0.531 && spread == 0.826);
  CHECK(llc_adjustment(UNIT_ROOT_TREND, 500, &mean, &spread) && mean == -0.500 && spread == 0.500);
  CHECK(llc_adjustment(UNIT_ROOT_NONE, 27.5, &mean, &spread));
  CHECK_NEAR(mean, 0.0035, 1e-12, 0);
  CHECK_NEAR(spread, 1.042, 1e-12, 0);
  CHECK(!llc_adjustment(UNIT_ROOT_INTERCEPT, 10, &mean, &spread) && mean == -0.554);
  CHECK(!llc_adjustment(UNIT_ROOT_INTERCEPT, 501, &mean, &spread) && mean == -0.500);
  CHECK(ips_moments(UNIT_ROOT_INTERCEPT, 0, 10, &mean, &spread) && mean == -1.504 && spread == 1.069);
  CHECK(ips_moments(UNIT_ROOT_TREND, 8, 100, &mean, &spread) && mean == -2.088 && spread == 0.670);
  CHECK(ips_moments(UNIT_ROOT_TREND, 2, 35, &mean, &spread));
  CHECK_NEAR(mean, -2.1075, 1e-12, 0);
  CHECK_NEAR(spread, 0.729, 1e-12, 0);
  CHECK(ips_moments(UNIT_ROOT_INTERCEPT, 5, 12, &mean, &spread) && isnan(mean));
  CHECK(ips_moments(UNIT_ROOT_INTERCEPT, 5, 18, &mean, &spread) && isnan(mean));
  CHECK(!ips_moments(UNIT_ROOT_INTERCEPT, 9, 70, &mean, &spread) && mean == -1.415);
  CHECK(!ips_moments(UNIT_ROOT_INTERCEPT, 0, 400, &mean, &spread) && mean == -1.532);
}

CHECK_MAIN(test_p_values, test_monotone, test_moments)
