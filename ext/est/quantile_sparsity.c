/* quantile_sparsity.c: the sparsity 1 / f(F^-1(tau)) of residuals, by a median line through their order statistics.
 *
 * 1. Koenker and Bassett (1982): the slope of a median regression of the order statistics of u on rank / (n - k), over the max(k + 1, ceil(n h)) + 1 smallest |u| beyond those that
 *    are zero (by more than 1e-10 of their mean), h the bandwidth of Hall and Sheather.
 * 2. With few points that line is often not unique. It is found in the order of Barrodale and Roberts (1973): from zero, first the coefficient with the larger gradient, then the other, each
 *    to a row; then rows are exchanged, each time the one whose residual gains most by a unit of change. So the slope is the one that programs built on their algorithm report. */
#include "quantile.h"

typedef struct Line {
  Run *run;
  int64_t n, on[2];        /* the rows that the line passes through; -1 */
  const double *x, *y;
  double *r, *v, *at;
  int64_t *place, *crossed;
} Line;

/* psi of the median, times two. */
static double sign_of(double r) { return r >= 0 ? 1 : -1; }

static bool on_line(const Line *line, int64_t i) { return i == line->on[0] || i == line->on[1]; }

/* v = d0 + d1 x, and the slope of sum |r| along it, rows of the line left out. */
static double look_along(Line *line, double d0, double d1) {
  double slope = 0;
  for (int64_t i = 0; i < line->n; i++) {
    line->v[i] = d0 + d1 * line->x[i];
    if (!on_line(line, i)) slope -= sign_of(line->r[i]) * line->v[i];
  }
  return slope;
}

/* Goes along v while sum |r| falls; the row that is met takes the place of the line's row number `which`. */
static void go_along(Line *line, double slope, int which) {
  int64_t count = 0, met = -1;
  for (int64_t i = 0; i < line->n; i++)
    if (!on_line(line, i) && sign_of(line->r[i]) * line->v[i] > 1e-12) {
      line->at[count] = line->r[i] / line->v[i];
      line->place[count++] = i;
    }
  sort_order(line->run, count, line->at, line->crossed);
  if (run_failed(line->run)) return;
  for (int64_t c = 0; c < count && met < 0; c++) {
    int64_t i = line->place[line->crossed[c]];
    slope += 2 * fabs(line->v[i]);
    if (slope >= -1e-12 || c == count - 1) met = i;
  }
  if (met < 0) return;
  double step = line->r[met] / line->v[met];
  for (int64_t i = 0; i < line->n; i++) line->r[i] -= step * line->v[i];
  line->on[which] = met;
  for (int a = 0; a < 2; a++)
    if (line->on[a] >= 0) line->r[line->on[a]] = 0;
}

/* Slope of the median line through (x, y), x distinct. */
static double median_slope(Run *run, int64_t n, const double *x, const double *y) {
  Line line = {run, n, {-1, -1}, x, y, NEW_ARRAY(run, double, n), NEW_ARRAY(run, double, n), NEW_ARRAY(run, double, n), NEW_ARRAY(run, int64_t, n), NEW_ARRAY(run, int64_t, n)};
  if (run_failed(run)) return NAN;
  memcpy(line.r, y, (size_t)n * sizeof *y);
  double constant = -look_along(&line, 1, 0), slope = -look_along(&line, 0, 1);
  bool constant_first = fabs(constant) >= fabs(slope);
  double start = look_along(&line, constant_first ? sign_of(constant) : 0, constant_first ? 0 : sign_of(slope));
  go_along(&line, start, 0);
  if (run_failed(run)) return NAN;
  if (line.on[0] < 0) line.on[0] = 0;
  double turn = x[line.on[0]], falls = look_along(&line, constant_first ? -turn : 1, constant_first ? 1 : -1 / turn);
  if (falls > 0)
    for (int64_t i = 0; i < n; i++) line.v[i] = -line.v[i];
  go_along(&line, -fabs(falls), 1);
  if (run_failed(run)) return NAN;
  if (line.on[1] < 0) line.on[1] = line.on[0] ? 0 : 1;
  for (int64_t steps = 0; steps < 100 * n; steps++) {
    int leaves = -1;
    double best = -1e-10, d0 = 0, d1 = 0;
    for (int a = 0; a < 2; a++)
      for (int sign = 1; sign >= -1; sign -= 2) { /* the line turns about the other row; the residual of row a falls by one */
        double to = sign / (x[line.on[a]] - x[line.on[1 - a]]), along = look_along(&line, -to * x[line.on[1 - a]], to) + 1;
        if (along >= best) continue;
        best = along;
        leaves = a;
        d0 = -to * x[line.on[1 - a]];
        d1 = to;
      }
    if (leaves < 0) break;
    look_along(&line, d0, d1);
    int64_t left = line.on[leaves];
    go_along(&line, best, leaves);
    if (run_failed(run) || left == line.on[leaves] || !run_poll(run, (uint64_t)n * 6)) return NAN;
  }
  double out = (y[line.on[1]] - y[line.on[0]]) / (x[line.on[1]] - x[line.on[0]]);
  run_free(run, line.r);
  run_free(run, line.v);
  run_free(run, line.at);
  run_free(run, line.place);
  run_free(run, line.crossed);
  return out;
}

double quantile_sparsity(Quantile *q, double tau, const double *u) {
  Run *run = q->job->run;
  int64_t n = q->n, zeros = 0, wanted = (int64_t)fmax(q->k + 1, ceil((double)n * quantile_bandwidth(tau, (double)n)));
  double mean = 0, *size = NEW_ARRAY(run, double, n);
  int64_t *order = NEW_ARRAY(run, int64_t, n);
  if (run_failed(run)) return NAN;
  for (int64_t i = 0; i < n; i++) mean += (size[i] = fabs(u[i])) / (double)n;
  for (int64_t i = 0; i < n; i++) zeros += size[i] <= 1e-10 * mean + q->solver->zero;
  sort_order(run, n, size, order);
  int64_t count = zeros + wanted + 1 <= n ? wanted + 1 : n - zeros;
  if (count < 3 && !run_failed(run)) run_fail(run, "vcov=iid at tau=%.15g: %lld of %lld residuals are not zero, too few for an error", tau, (long long)(n - zeros), (long long)n);
  if (run_failed(run)) return NAN;
  double *near = size, *rank = NEW_ARRAY(run, double, count);
  if (run_failed(run)) return NAN;
  for (int64_t i = 0; i < count; i++) {
    near[i] = u[order[zeros + i]];
    rank[i] = (double)(zeros + i + 1) / (double)(n - q->k);
  }
  sort_numbers(run, count, near);
  double slope = run_failed(run) ? NAN : median_slope(run, count, rank, near);
  run_free(run, size);
  run_free(run, order);
  run_free(run, rank);
  return slope;
}
