/* linear_program.c against HiGHS (make_linear_program.py): status, objective, and that x is what was asked for. */
#include "check.h"
#include "host.h"

static const struct {
  int m, n;
  const double *a, *b, *c, *upper;
  LinearStatus status;
  double objective;
} PROGRAMS[] = {
#include "linear_program.inc"
};
enum { COUNT = sizeof PROGRAMS / sizeof PROGRAMS[0] };

static void solve_all(Run *run, void *unused) {
  (void)unused;
  for (int p = 0; p < COUNT; p++) {
    int m = PROGRAMS[p].m, n = PROGRAMS[p].n;
    const double *a = PROGRAMS[p].a, *b = PROGRAMS[p].b, *upper = PROGRAMS[p].upper;
    double x[64], objective = NAN, scale = 1;
    LinearProgram *lp = linear_program_new(run, m, n);
    LinearStatus status = linear_program_solve(lp, a, b, PROGRAMS[p].c, upper, x, &objective);
    if (run_failed(run)) return;
    if (!CHECK(status == PROGRAMS[p].status)) {
      printf("  program %d: %d, expected %d\n", p, status, PROGRAMS[p].status);
      continue;
    }
    if (status != LINEAR_OPTIMAL) continue;
    CHECK_NEAR(objective, PROGRAMS[p].objective, 1e-9, 1e-9);
    double worst = 0;
    for (int i = 0; i < m; i++) {
      double rest = -b[i];
      for (int j = 0; j < n; j++) rest += a[j * m + i] * x[j];
      scale = fmax(scale, fabs(b[i]));
      worst = fmax(worst, fabs(rest));
    }
    for (int j = 0; j < n; j++) worst = fmax(worst, fmax(-x[j], upper ? x[j] - upper[j] : 0));
    CHECK(worst <= 1e-11 * scale);
  }
}

static void test_programs(void) {
  Run run;
  host_begin(&run);
  solve_all(&run, NULL);
  CHECK(!run_failed(&run));
  CHECK(host_end(&run));
}

static void allocate(Run *run, void *unused) {
  (void)unused;
  linear_program_new(run, 3, 2000);
}
static void test_memory(void) { host_fail_each(allocate, NULL); }

/* Klee and Minty's cube: the steepest price visits many corners, but it ends. And Beale's (1955) program, which cycles without rule 3. */
static void test_known(void) {
  Run run;
  host_begin(&run);
  double a[6 * 12] = {0}, b[6], c[12] = {0}, objective;
  for (int i = 0; i < 6; i++) {
    for (int j = 0; j < i; j++) a[j * 6 + i] = 2 * pow(10, i - j);
    a[i * 6 + i] = 1;
    a[(6 + i) * 6 + i] = 1;
    b[i] = pow(100, i);
    c[i] = -pow(10, 5 - i);
  }
  CHECK(linear_program_solve(linear_program_new(&run, 6, 12), a, b, c, NULL, NULL, &objective) == LINEAR_OPTIMAL);
  CHECK_NEAR(objective, -1e10, 1e-12, 0);
  const double beale[] = {0.25, 0.5, 0, -60, -90, 0, -1.0 / 25, -1.0 / 50, 1, 9, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, right[] = {0, 0, 1}, costs[] = {-0.75, 150, -0.02, 6, 0, 0, 0};
  CHECK(linear_program_solve(linear_program_new(&run, 3, 7), beale, right, costs, NULL, NULL, &objective) == LINEAR_OPTIMAL);
  CHECK_NEAR(objective, -0.05, 1e-13, 0);
  CHECK(host_end(&run));
}

CHECK_MAIN(test_programs, test_memory, test_known)
