/* The claims of distributions.c against 50-digit values (make_distributions.py). The numbers below cite its contract. */
#include "check.h"
#include "num.h"

#include <float.h>
#include <stdlib.h>

#include "distributions.inc"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
static const double RTOL = 1e-12; /* 1 */

static char text[200];
static double worst; /* largest relative error of the running test, shown with DISTRIBUTIONS_VERBOSE in the environment */

static void near(double ours, double expected, double rtol) {
  CHECK_NEAR_AT(text, ours, expected, rtol, 0);
  if (expected != 0) worst = fmax(worst, fabs(ours / expected - 1) / (rtol / RTOL));
}

static void report(const char *name) {
  if (getenv("DISTRIBUTIONS_VERBOSE")) printf("%s: largest relative error %.2g\n", name, worst);
  worst = 0;
}

#define NEAR(rtol, ours, expected, format, ...) (snprintf(text, sizeof text, #ours " at " format, __VA_ARGS__), near((ours), (expected), (rtol)))

static void test_normal(void) {
  for (size_t i = 0; i < ROWS(normal_values); i++) {
    double z = normal_values[i].z;
    NEAR(RTOL, normal_cdf(z), normal_values[i].cdf, "z=%g", z);
    NEAR(RTOL, normal_upper(z), normal_values[i].upper, "z=%g", z);
    NEAR(RTOL, normal_density(z), normal_values[i].density, "z=%g", z);
  }
  report("normal");
  for (size_t i = 0; i < ROWS(normal_quantiles); i++) {
    NEAR(1e-14, normal_quantile(normal_quantiles[i].p), normal_quantiles[i].z, "p=%.17g", normal_quantiles[i].p);
  }
  report("normal_quantile (times 100)");
}

static void test_student(void) {
  for (size_t i = 0; i < ROWS(student_values); i++) {
    double t = student_values[i].t, df = student_values[i].df, tail = student_values[i].two_sided, central = student_values[i].central;
    NEAR(RTOL, student_two_sided(t, df), tail, "t=%.17g df=%g", t, df);
    NEAR(RTOL, student_two_sided(-t, df), tail, "t=%.17g df=%g", -t, df);
    NEAR(RTOL, student_cdf(-t, df), tail / 2, "t=%.17g df=%g", -t, df);
    NEAR(RTOL, student_cdf(t, df), 0.5 + central / 2, "t=%.17g df=%g", t, df);
  }
  report("student");
}

static void test_gamma(void) {
  for (size_t i = 0; i < ROWS(gamma_values); i++) {
    double a = gamma_values[i].a, x = gamma_values[i].x;
    NEAR(RTOL, gamma_p(a, x), gamma_values[i].lower, "a=%g x=%.17g", a, x);
    NEAR(RTOL, gamma_q(a, x), gamma_values[i].upper, "a=%g x=%.17g", a, x);
    CHECK(chi2_cdf(2 * x, 2 * a) == gamma_p(a, x) && chi2_upper(2 * x, 2 * a) == gamma_q(a, x));
  }
  report("gamma");
}

static void test_beta(void) {
  for (size_t i = 0; i < ROWS(beta_values); i++) {
    double a = beta_values[i].a, b = beta_values[i].b, x = beta_values[i].x;
    NEAR(RTOL, beta_i(a, b, x), beta_values[i].lower, "a=%g b=%g x=%.17g", a, b, x);
  }
  report("beta");
}

static void test_f(void) {
  for (size_t i = 0; i < ROWS(f_values); i++) {
    double x = f_values[i].x, df1 = f_values[i].df1, df2 = f_values[i].df2;
    NEAR(RTOL, f_cdf(x, df1, df2), f_values[i].lower, "x=%.17g df1=%g df2=%g", x, df1, df2);
    NEAR(RTOL, f_upper(x, df1, df2), f_values[i].upper, "x=%.17g df1=%g df2=%g", x, df1, df2);
  }
  report("f");
}

/* 5 */
static void test_quantiles(void) {
  for (size_t i = 0; i < ROWS(student_quantiles); i++) {
    double p = student_quantiles[i].p, df = student_quantiles[i].df;
    NEAR(RTOL, student_quantile(p, df), student_quantiles[i].t, "p=%.17g df=%g", p, df);
  }
  report("student_quantile");
  for (size_t i = 0; i < ROWS(chi2_quantiles); i++) {
    double p = chi2_quantiles[i].p, df = chi2_quantiles[i].df;
    NEAR(RTOL, chi2_quantile(p, df), chi2_quantiles[i].x, "p=%.17g df=%g", p, df);
  }
  report("chi2_quantile");
  for (size_t i = 0; i < ROWS(f_quantiles); i++) {
    double p = f_quantiles[i].p, df1 = f_quantiles[i].df1, df2 = f_quantiles[i].df2;
    NEAR(RTOL, f_quantile(p, df1, df2), f_quantiles[i].x, "p=%.17g df1=%g df2=%g", p, df1, df2);
  }
  report("f_quantile");
}

/* Where the probability's rounding can be undone, the quantile of each tabled probability is the tabled point. */
static void test_round_trips(void) {
  for (size_t i = 0; i < ROWS(student_values); i++) {
    double t = student_values[i].t, df = student_values[i].df, p = student_values[i].two_sided / 2;
    if (p > 0.4) continue;
    NEAR(RTOL * fmax(1, 1 / df), student_quantile(p, df), -t, "t=%.17g df=%g", t, df);
  }
  report("student_quantile, round trips");
  for (size_t i = 0; i < ROWS(gamma_values); i++) {
    double a = gamma_values[i].a, x = gamma_values[i].x, p = gamma_values[i].lower;
    if (p > 0.6 || a < 0.25) continue;
    NEAR(RTOL, chi2_quantile(p, 2 * a), 2 * x, "a=%.17g x=%g", a, x);
  }
  report("chi2_quantile, round trips");
  for (size_t i = 0; i < ROWS(f_values); i++) {
    double x = f_values[i].x, df1 = f_values[i].df1, df2 = f_values[i].df2, p = f_values[i].lower;
    if (p > 0.6) continue;
    NEAR(RTOL, f_quantile(p, df1, df2), x, "x=%.17g df1=%g df2=%g", x, df1, df2);
  }
  report("f_quantile, round trips");
}

/* Exact values, limits and ends. */
static void test_ends(void) {
  double inf = INFINITY;
  CHECK(normal_cdf(-inf) == 0 && normal_cdf(inf) == 1 && normal_upper(inf) == 0);
  CHECK(normal_quantile(0) == -inf && normal_quantile(1) == inf && normal_quantile(0.5) == 0);
  CHECK(student_two_sided(inf, 3) == 0 && student_two_sided(-inf, inf) == 0 && student_two_sided(0, 7) == 1);
  CHECK(student_cdf(0, 7) == 0.5 && student_cdf(-inf, 7) == 0 && student_cdf(inf, 7) == 1);
  CHECK(student_cdf(-3, inf) == normal_cdf(-3) && student_quantile(0.975, inf) == normal_quantile(0.975));
  CHECK(student_quantile(0.5, 4) == 0 && student_quantile(0, 4) == -inf && student_quantile(1, 4) == inf);
  CHECK(student_quantile(0.025, 4) == -student_quantile(0.975, 4) || fabs(student_quantile(0.025, 4) / student_quantile(0.975, 4) + 1) < 1e-14);
  CHECK(chi2_cdf(0, 3) == 0 && chi2_upper(-1, 3) == 1 && chi2_upper(inf, 3) == 0 && chi2_quantile(0, 3) == 0 && chi2_quantile(1, 3) == inf);
  CHECK(f_cdf(-1, 3, 4) == 0 && f_upper(0, 3, 4) == 1 && f_upper(inf, 3, 4) == 0 && f_quantile(0, 3, 4) == 0 && f_quantile(1, 3, 4) == inf);
  CHECK(beta_i(2, 3, 0) == 0 && beta_i(2, 3, 1) == 1 && gamma_p(2, 0) == 0 && gamma_q(2, inf) == 0);
  CHECK_NEAR(f_upper(2.5, 4, inf), chi2_upper(10, 4), 1e-15, 0);
  CHECK_NEAR(f_upper(2.5, 4, 1e19), chi2_upper(10, 4), 1e-14, 0);
  CHECK_NEAR(f_upper(2.5, inf, 4), chi2_cdf(1.6, 4), 1e-15, 0);
  CHECK_NEAR(f_upper(2.5, 1e19, 4), chi2_cdf(1.6, 4), 1e-14, 0);
  CHECK_NEAR(f_quantile(0.95, 4, inf), chi2_quantile(0.95, 4) / 4, 1e-14, 0);
  CHECK_NEAR(student_two_sided(5, 1e19), student_two_sided(5, inf), 1e-13, 0);
  CHECK_NEAR(student_two_sided(1, 1), 0.5, 1e-15, 0);
  CHECK_NEAR(student_two_sided(1e-200, 3), 1, 1e-15, 0);
  CHECK(f_cdf(0.5, inf, inf) == 0 && f_cdf(1.5, inf, inf) == 1 && f_quantile(0.3, inf, inf) == 1);
  CHECK(student_two_sided(1e300, 1e6) == 0 && student_two_sided(40, 1e19) < 1e-300);
}

/* 6 */
static void test_refusals(void) {
  double nan = NAN, inf = INFINITY;
  CHECK(isnan(normal_cdf(nan)) && isnan(normal_upper(nan)) && isnan(normal_density(nan)) && isnan(normal_quantile(nan)));
  CHECK(isnan(normal_quantile(-0.1)) && isnan(normal_quantile(1.1)));
  CHECK(isnan(gamma_p(nan, 1)) && isnan(gamma_p(1, nan)) && isnan(gamma_p(0, 1)) && isnan(gamma_q(-1, 1)) && isnan(gamma_q(1, -1)));
  CHECK(isnan(gamma_q(inf, 1)) && isnan(gamma_q(nan, nan)));
  CHECK(isnan(beta_i(nan, 1, 0.5)) && isnan(beta_i(1, nan, 0.5)) && isnan(beta_i(1, 1, nan)) && isnan(beta_i(0, 1, 0.5)) && isnan(beta_i(1, 0, 0.5)));
  CHECK(isnan(beta_i(1, 1, -0.1)) && isnan(beta_i(1, 1, 1.1)) && isnan(beta_i(inf, 1, 0.5)));
  CHECK(isnan(student_cdf(nan, 3)) && isnan(student_cdf(1, nan)) && isnan(student_two_sided(1, 0)) && isnan(student_two_sided(nan, inf)));
  CHECK(isnan(student_quantile(nan, 3)) && isnan(student_quantile(0.5, nan)) && isnan(student_quantile(2, 3)) && isnan(student_quantile(0.5, -1)));
  CHECK(isnan(chi2_cdf(nan, 3)) && isnan(chi2_upper(1, nan)) && isnan(chi2_upper(1, 0)) && isnan(chi2_quantile(0.5, nan)) && isnan(chi2_quantile(-1, 3)));
  CHECK(isnan(f_cdf(nan, 3, 4)) && isnan(f_cdf(1, nan, 4)) && isnan(f_upper(1, 3, nan)) && isnan(f_upper(1, 0, 4)) && isnan(f_upper(-1, 3, -4)));
  CHECK(isnan(f_quantile(nan, 3, 4)) && isnan(f_quantile(0.5, nan, 4)) && isnan(f_quantile(0.5, 3, nan)) && isnan(f_quantile(0.5, 0, 4)));
}

/* Tails fall and quantiles rise across the switches between methods, as nearly as rounding allows. */
static void test_monotone(void) {
  for (double df = 0.7; df < 1e7; df *= 3.1) {
    double before = 1, before_upper = 1, before_chi2 = 1;
    bool falls = true;
    for (double t = 0.01; t < 30; t *= 1.003) {
      double p = student_two_sided(t, df), q = f_upper(t, 4, df), c = chi2_upper(t * df, df);
      falls &= p <= before * (1 + 1e-14) && q <= before_upper * (1 + 1e-14) && c <= before_chi2 * (1 + 1e-13);
      before = p;
      before_upper = q;
      before_chi2 = c;
    }
    snprintf(text, sizeof text, "tails fall, df=%g", df);
    check_that(falls, text, __FILE__, __LINE__);
    bool rises = true;
    double t_before = -INFINITY, x_before = 0;
    for (double p = 0.001; p < 0.9995; p += 0.001) {
      double t = student_quantile(p, df), x = f_quantile(p, 3, df);
      rises &= t > t_before && x > x_before;
      t_before = t;
      x_before = x;
    }
    snprintf(text, sizeof text, "quantiles rise, df=%g", df);
    check_that(rises, text, __FILE__, __LINE__);
  }
}

CHECK_MAIN(test_normal, test_student, test_gamma, test_beta, test_f, test_quantiles, test_round_trips, test_ends, test_refusals, test_monotone)
