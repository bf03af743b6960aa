/* quantile_sparsity.c: the sparsity 1 / f(F^-1(tau)) of residuals, by a median line through their order statistics.
 *
 * 1. Koenker and Bassett (1982): the slope of a median regression of the order statistics of u on rank / (n - k), over the max(k + 1, ceil(n h)) + 1 smallest |u| beyond those that
 *    are zero (by more than 1e-10 of their mean), h the bandwidth of Hall and Sheather.
 * 2. With few points that line is often not unique. It is found in the order of Barrodale and Roberts (1973): from zero, first the coefficient with the larger gradient, then the other, each
 *    to a row; then rows are exchanged, each time the one whose residual gains most by a unit of change. So the slope is the one that programs built on their algorithm report.
 * 3. Where residuals tie, as with an outcome of whole numbers, further rows lie on the line and the exchange may stop early: then it is done once more with the order statistics
 *    moved apart by 1e-7 of their range, and the line with the smaller sum is taken. A sparsity of zero, whose errors would be zero, is an error. */
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

/* The two rows that the median line through (x, y) passes, x distinct. False: not found. */
static bool median_line(Run *run, int64_t n, const double *x, const double *y, int64_t on[2]) {
  Line line = {run, n, {-1, -1}, x, y, NEW_ARRAY(run, double, n), NEW_ARRAY(run, double, n), NEW_ARRAY(run, double, n), NEW_ARRAY(run, int64_t, n), NEW_ARRAY(run, int64_t, n)};
  if (run_failed(run)) return false;
  memcpy(line.r, y, (size_t)n * sizeof *y);
  double constant = -look_along(&line, 1, 0), slope = -look_along(&line, 0, 1);
  bool constant_first = fabs(constant) >= fabs(slope);
  double start = look_along(&line, constant_first ? sign_of(constant) : 0, constant_first ? 0 : sign_of(slope));
  go_along(&line, start, 0);
  if (run_failed(run)) return false;
  if (line.on[0] < 0) line.on[0] = 0;
  double turn = x[line.on[0]], falls = look_along(&line, constant_first ? -turn : 1, constant_first ? 1 : -1 / turn);
  if (falls > 0)
    for (int64_t i = 0; i < n; i++) line.v[i] = -line.v[i];
  go_along(&line, -fabs(falls), 1);
  if (run_failed(run)) return false;
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
    if (run_failed(run) || left == line.on[leaves] || !run_poll(run, (uint64_t)n * 6)) return false;
  }
  run_free(run, line.r);
  run_free(run, line.v);
  run_free(run, line.at);
  run_free(run, line.place);
  run_free(run, line.crossed);
  on[0] = line.on[0];
  on[1] = line.on[1];
  return true;
}

static double slope_of(const int64_t on[2], const double *x, const double *y) { return (y[on[1]] - y[on[0]]) / (x[on[1]] - x[on[0]]); }

/* Sum of absolute residuals of the line; *further: how many rows beside its two lie on it. */
static double line_loss(int64_t n, const double *x, const double *y, const int64_t on[2], int64_t *further) {
  double slope = slope_of(on, x, y), loss = 0;
  *further = -2;
  for (int64_t i = 0; i < n; i++) {
    double r = fabs(y[i] - y[on[0]] - slope * (x[i] - x[on[0]]));
    *further += r <= 1e-9 * (fabs(y[i]) + fabs(y[on[0]]));
    loss += r;
  }
  return loss;
}

/* Slope of the median line (3). */
static double median_slope(Run *run, int64_t n, const double *x, const double *y) {
  int64_t on[2], moved_on[2], further;
  if (!median_line(run, n, x, y, on)) return NAN;
  double loss = line_loss(n, x, y, on, &further), *moved = further > 0 ? NEW_ARRAY(run, double, n) : NULL;
  if (!moved) return slope_of(on, x, y);
  double shift = 1e-7 * (y[n - 1] - y[0]), part = 0;
  for (int64_t i = 0; i < n; i++) {
    part += 0.6180339887498949;
    part -= floor(part);
    moved[i] = y[i] + shift * part;
  }
  if (median_line(run, n, x, moved, moved_on) && line_loss(n, x, y, moved_on, &further) < loss * (1 - 1e-9)) memcpy(on, moved_on, sizeof on);
  run_free(run, moved);
  return slope_of(on, x, y);
}

double quantile_sparsity(Quantile *q, double tau, const double *u) {
  Run *run = q->job->run;
  int64_t n = q->n, zeros = 0, wanted = (int64_t)fmax(q->k + 1, ceil((double)n * quantile_bandwidth(tau, (double)n)));
  double mean = 0, *size = NEW_ARRAY(run, double, n);
  int64_t *order = NEW_ARRAY(run, int64_t, n);
  if (run_failed(run)) return NAN;
  for (int64_t i = 0; i < n; i++) mean += (size[i] = fabs(u[i])) / (double)n;
  for (int64_t i = 0; i < n; i++) zeros += size[i] <= 1e-10 * mean + q->solver->zero;
  for (int64_t i = 0; i < n && mean > 0; i++) size[i] = rint(size[i] / (1e-10 * mean)); /* ties are not broken by rounding, but by the order of rows */
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
  if (!run_failed(run) && !(slope > 1e-9 * mean)) run_fail(run, "vcov=iid at tau=%.15g: so many residuals are the same number that they have no density; try vcov=boot", tau);
  run_free(run, size);
  run_free(run, order);
  run_free(run, rank);
  return slope;
}
