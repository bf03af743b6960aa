/* check.h: a harness for C unit tests, all of it in this header.
 *
 *   #include "check.h"
 *   static void test_sum(void) { CHECK(1 + 1 == 2); CHECK_NEAR(ours, expected, 1e-12, 0); }
 *   CHECK_MAIN(test_sum, test_other)
 *
 * 1. A failed check prints its place and goes on; the program ends with the line "N passed, N failed" and exits with 1 if any failed
 *    or if none was made at all.
 * 2. CHECK_NEAR(ours, expected, rtol, atol): |ours - expected| <= atol + rtol |expected|; NAN is near NAN only, an infinity only
 *    itself. CHECK_NEAR_AT does the same and prints a text (the row of a table, say) with the failure.
 * 3. Checks may only be made from the main thread. */
#ifndef ECON_CHECK_H
#define ECON_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

static long check_passed, check_failed;

static inline bool check_that(bool holds, const char *text, const char *file, int line) {
  if (holds) {
    check_passed++;
    return true;
  }
  if (check_failed++ < 50) printf("%s:%d: %s\n", file, line, text);
  return false;
}

static inline bool check_near(double ours, double expected, double rtol, double atol, const char *text, const char *file, int line) {
  bool near = isnan(expected) ? isnan(ours) : isinf(expected) ? ours == expected : fabs(ours - expected) <= atol + rtol * fabs(expected);
  if (near) {
    check_passed++;
    return true;
  }
  if (check_failed++ < 50) {
    printf("%s:%d: %s is %.17g, expected %.17g (relative error %.2g)\n", file, line, text, ours, expected,
           expected != 0 ? fabs(ours / expected - 1) : fabs(ours));
  }
  return false;
}

#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
#define CHECK_NEAR(ours, expected, rtol, atol) check_near((ours), (expected), (rtol), (atol), #ours, __FILE__, __LINE__)
#define CHECK_NEAR_AT(text, ours, expected, rtol, atol) check_near((ours), (expected), (rtol), (atol), (text), __FILE__, __LINE__)

#define CHECK_MAIN(...)                                                                     \
  int main(void) {                                                                          \
    static void (*const tests[])(void) = {__VA_ARGS__};                                     \
    for (unsigned i = 0; i < sizeof tests / sizeof tests[0]; i++) tests[i]();               \
    printf("%ld passed, %ld failed\n", check_passed, check_failed);                         \
    return check_failed > 0 || check_passed == 0;                                           \
  }
#endif
