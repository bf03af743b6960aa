/* quantile_solver.c: linear quantile regression: the exact minimiser, a vertex.
 *
 * 1. Minimises F(b) = sum w_i rho(y_i - x_i'b), rho(u) = u (tau - [u < 0]). Some minimiser passes through k of the rows, the basis h: X_h b = y_h
 *    (Koenker 2005, "Quantile regression", 2.2). With psi_i = tau above and tau - 1 below, and g = sum over the other rows w psi x, the vertex is
 *    a minimiser if u = -X_h^-T g lies in [w (tau - 1), w tau] (theorem 2.1 there), the only one if strictly inside.
 * 2. From a vertex that is none, one row j leaves the basis, along the edge d = +-(X_h^-1)_j that falls most steeply for its length; it is followed
 *    across other rows' hyperplanes until F falls no more, and the row met there enters (Barrodale and Roberts 1973; Koenker and d'Orey 1987).
 *    Lengths are those of the fit: x is replaced by z = x r^-1 with orthogonal columns, so that |z d| = |d|.
 * 3. Rows beyond the k of the basis that have a residual of zero are settled by an infinitesimal change of y, y + epsilon jitter: their side is that
 *    of the residual p of jitter. Each step then lowers F or, at the same place, its epsilon part, so it ends.
 * 4. Many rows (Portnoy and Koenker 1997, 5): rows far from the fit keep their side, so that only their sum w psi z matters. The rest is solved, and
 *    whoever was on the wrong side joins, until nobody was. The fit to start from is that of a sample an eighth as large, found in the same way.
 * 5. The answer is made from its basis: b = r^-1 c, and one step of refinement on X_h b = y_h. */
#include "quantile.h"

#include <float.h>

typedef struct QuantileCrossing {
  double at, then; /* how far along the edge; among equal ones, epsilon's part of it */
  int64_t place;
} Crossing;

enum { FRESH_EVERY = 50, SMALL_SAMPLE = 600, SHARE = 8 };
static const double PIVOT = 1e-9, SLACK = 1e-8;

/* ---- z */

static void add_multiple(int64_t n, double factor, const double *from, double *to) {
  for (int64_t i = 0; i < n; i++) to[i] += factor * from[i];
}

/* In blocks that dense_dot's int holds. */
static double dot(int64_t n, const double *a, const double *b) {
  enum { BLOCK = 1 << 16 };
  double sum = 0;
  for (int64_t start = 0; start < n; start += BLOCK) sum += dense_dot((int)(n - start < BLOCK ? n - start : BLOCK), a + start, b + start);
  return sum;
}

/* Gram-Schmidt, twice. */
void quantile_problem_new(Run *run, int64_t n, int k, double *const *x, QuantileProblem *out) {
  *out = (QuantileProblem){.n = n, .k = k, .x = x};
  out->z = NEW_ARRAY(run, double *, k);
  out->r = NEW_ARRAY(run, double, (size_t)k * (size_t)k);
  out->jitter = NEW_ARRAY(run, double, n);
  for (int j = 0; j < k && run_poll(run, (uint64_t)n); j++) out->z[j] = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) {
    double *z = out->z[j];
    memcpy(z, x[j], (size_t)n * sizeof *z);
    for (int pass = 0; pass < 2; pass++)
      for (int i = 0; i < j; i++) {
        double part = dot(n, out->z[i], z) / (double)n;
        out->r[j * k + i] += part;
        add_multiple(n, -part, out->z[i], z);
        if (!run_poll(run, (uint64_t)n)) return;
      }
    double length = sqrt(dot(n, z, z) / (double)n);
    out->r[j * k + j] = length;
    for (int64_t i = 0; i < n; i++) z[i] /= length;
  }
  for (int64_t i = 0; i < n; i++) {
    Random random = {0, 0, (uint64_t)i};
    out->jitter[i] = random_uniform(&random);
    if ((i & 0xFFF) == 0 && !run_poll(run, 0x1000 * 10)) return;
  }
}

QuantileSolver *quantile_solver_new(Run *run, const QuantileProblem *problem) {
  QuantileSolver *s = NEW(run, QuantileSolver);
  if (run_failed(run)) return NULL;
  int64_t n = problem->n, k = problem->k;
  *s = (QuantileSolver){.problem = problem, .run = run, .capacity = n};
  s->c = NEW_ARRAY(run, double, k);
  s->b = NEW_ARRAY(run, double, k);
  s->residual = NEW_ARRAY(run, double, n);
  s->row = NEW_ARRAY(run, int64_t, n);
  s->zs = run_grow(run, NULL, (size_t)n * (size_t)k, sizeof *s->zs); /* not touched before it is filled */
  double **columns[] = {&s->ys, &s->ws, &s->js, &s->r, &s->p, &s->v};
  for (int a = 0; a < 6; a++) *columns[a] = NEW_ARRAY(run, double, n);
  s->side = NEW_ARRAY(run, signed char, n);
  s->outer = NEW_ARRAY(run, signed char, n);
  s->heap = NEW_ARRAY(run, Crossing, n);
  s->basis = NEW_ARRAY(run, int64_t, k);
  s->inverse = NEW_ARRAY(run, double, k * k);
  s->g = NEW_ARRAY(run, double, k);
  s->g_outer = NEW_ARRAY(run, double, k);
  s->scratch = NEW_ARRAY(run, double, k * k + 3 * k);
  return run_failed(run) ? NULL : s;
}

void quantile_solver_outcome(QuantileSolver *s, const double *y) {
  double largest = 0;
  for (int64_t i = 0; i < s->problem->n; i++) largest = fmax(largest, fabs(y[i]));
  s->y = y;
  s->zero = largest * DBL_EPSILON * 64 * sqrt((double)s->problem->k);
}

static bool going_on(QuantileSolver *s, int64_t work) {
  if (s->run && !run_poll(s->run, (uint64_t)work)) {
    if (s->stop) atomic_store(s->stop, true);
    return false;
  }
  return !s->stop || !atomic_load(s->stop);
}

/* ---- small dense things that need no memory */

bool small_inverse(QuantileSolver *s, int k, double *a, double *work) {
  int *swap = (int *)(void *)work;
  for (int step = 0; step < k; step++) {
    int best = step;
    for (int i = step + 1; i < k; i++)
      if (fabs(a[i * k + step]) > fabs(a[best * k + step])) best = i;
    if (!(fabs(a[best * k + step]) > 0) || (s && (step & 0xF) == 0 && !going_on(s, 16 * k * k))) return false;
    swap[step] = best;
    for (int j = 0; j < k && best != step; j++) {
      double kept = a[step * k + j];
      a[step * k + j] = a[best * k + j];
      a[best * k + j] = kept;
    }
    double pivot = 1 / a[step * k + step];
    a[step * k + step] = 1;
    for (int j = 0; j < k; j++) a[step * k + j] *= pivot;
    for (int i = 0; i < k; i++) {
      double factor = a[i * k + step];
      if (i == step || factor == 0) continue;
      a[i * k + step] = 0;
      for (int j = 0; j < k; j++) a[i * k + j] -= factor * a[step * k + j];
    }
  }
  for (int step = k - 1; step >= 0; step--)
    for (int i = 0; i < k && swap[step] != step; i++) {
      double kept = a[i * k + step];
      a[i * k + step] = a[i * k + swap[step]];
      a[i * k + swap[step]] = kept;
    }
  return true;
}

/* out = start - z'c over the gathered rows. */
static void subtract_fit(const QuantileSolver *s, const double *start, const double *c, double *out) {
  if (start) memcpy(out, start, (size_t)s->rows * sizeof *out);
  else memset(out, 0, (size_t)s->rows * sizeof *out);
  for (int j = 0; j < s->problem->k; j++) add_multiple(s->rows, -c[j], s->zs + (int64_t)j * s->capacity, out);
}

static double psi(const QuantileSolver *s, int side) { return side > 0 ? s->tau : s->tau - 1; }

static void add_place(QuantileSolver *s, int64_t place, double factor) {
  factor *= s->ws[place];
  for (int j = 0; j < s->problem->k; j++) s->g[j] += factor * s->zs[j * s->capacity + place];
}

/* ---- steps between vertices (2, 3) */

/* Everything anew from the basis. False if its rows have become dependent, or the run was stopped. */
static bool refresh(QuantileSolver *s) {
  int k = s->problem->k;
  double *jitter = s->scratch;
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++) s->inverse[i * k + j] = s->zs[j * s->capacity + s->basis[i]];
  if (!small_inverse(s, k, s->inverse, s->scratch)) return false;
  for (int i = 0; i < k; i++) /* to columns */
    for (int j = 0; j < i; j++) {
      double kept = s->inverse[i * k + j];
      s->inverse[i * k + j] = s->inverse[j * k + i];
      s->inverse[j * k + i] = kept;
    }
  memset(s->c, 0, (size_t)k * sizeof *s->c);
  memset(jitter, 0, (size_t)k * sizeof *jitter);
  for (int j = 0; j < k; j++) {
    add_multiple(k, s->ys[s->basis[j]], s->inverse + j * k, s->c);
    add_multiple(k, s->js[s->basis[j]], s->inverse + j * k, jitter);
  }
  subtract_fit(s, s->ys, s->c, s->r);
  subtract_fit(s, s->js, jitter, s->p);
  for (int64_t i = 0; i < s->rows; i++) s->side[i] = (fabs(s->r[i]) > s->zero ? s->r[i] : s->p[i]) >= 0 ? 1 : -1;
  for (int j = 0; j < k; j++) {
    s->side[s->basis[j]] = 0;
    s->r[s->basis[j]] = s->p[s->basis[j]] = 0;
  }
  for (int64_t i = 0; i < s->rows; i++) s->v[i] = s->side[i] ? s->ws[i] * psi(s, s->side[i]) : 0;
  for (int j = 0; j < k; j++) s->g[j] = s->g_outer[j] + dot(s->rows, s->v, s->zs + (int64_t)j * s->capacity);
  return true;
}

/* The edge to follow: which row of the basis leaves, and to which side; the slope of F along it. -1: none falls. */
static int steepest_edge(QuantileSolver *s, int *sign, double *slope) {
  int k = s->problem->k, best = -1;
  double most = 0;
  s->unique = true;
  for (int j = 0; j < k; j++) {
    const double *edge = s->inverse + j * k;
    double u = 0, length = 0, w = s->ws[s->basis[j]], slack = SLACK * fmax(1, w);
    for (int i = 0; i < k; i++) {
      u -= edge[i] * s->g[i];
      length += edge[i] * edge[i];
    }
    double up = u + w * (1 - s->tau), down = w * s->tau - u, lower = fmin(up, down);
    if (lower < slack) s->unique = false;
    if (lower >= -slack) continue;
    double steepness = -lower / sqrt(length);
    if (steepness <= most) continue;
    most = steepness;
    best = j;
    *sign = up < down ? 1 : -1;
    *slope = lower;
  }
  return best;
}

static bool sooner(const Crossing *a, const Crossing *b) { return a->at < b->at || (a->at == b->at && a->then < b->then); }

static void sift_down(Crossing *heap, int64_t count, int64_t at) {
  Crossing moved = heap[at];
  for (int64_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && sooner(&heap[child + 1], &heap[child])) child++;
    if (!sooner(&heap[child], &moved)) break;
    heap[at] = heap[child];
  }
  heap[at] = moved;
}

/* The place of the row that enters; rows crossed on the way change sides. -1: F falls for ever (only while rows are outside). */
static int64_t follow_edge(QuantileSolver *s, const double *edge, double slope) {
  int64_t count = 0;
  double length = sqrt(dot(s->problem->k, edge, edge)), least = PIVOT * length;
  for (int64_t i = 0; i < s->rows; i++) {
    double v = s->v[i];
    if (v * s->side[i] > least) s->heap[count++] = (Crossing){fabs(s->r[i]) > s->zero ? s->r[i] / v : 0, s->p[i] / v, i};
  }
  for (int64_t i = count / 2 - 1; i >= 0; i--) sift_down(s->heap, count, i);
  while (count) {
    int64_t place = s->heap[0].place;
    slope += s->ws[place] * fabs(s->v[place]);
    if (slope >= 0) return place;
    add_place(s, place, s->side[place] > 0 ? -1 : 1);
    s->side[place] = (signed char)-s->side[place];
    s->heap[0] = s->heap[--count];
    sift_down(s->heap, count, 0);
  }
  return -1;
}

static void exchange(QuantileSolver *s, int leaving, int64_t entering, int sign) {
  int k = s->problem->k;
  int64_t place = s->basis[leaving];
  double step = s->r[entering] / s->v[entering], jitter_step = s->p[entering] / s->v[entering], *across = s->scratch;
  add_place(s, entering, -psi(s, s->side[entering]));
  s->side[entering] = 0;
  s->side[place] = (signed char)-sign;
  add_place(s, place, psi(s, -sign));
  add_multiple(s->rows, -step, s->v, s->r);
  add_multiple(s->rows, -jitter_step, s->v, s->p);
  for (int j = 0; j < k; j++)
    if (j != leaving) s->r[s->basis[j]] = s->p[s->basis[j]] = 0;
  s->r[entering] = s->p[entering] = 0;
  s->basis[leaving] = entering;
  double *column = s->inverse + leaving * k;
  for (int j = 0; j < k; j++) {
    across[j] = 0;
    for (int i = 0; i < k; i++) across[j] += s->zs[i * s->capacity + entering] * s->inverse[j * k + i];
  }
  for (int i = 0; i < k; i++) column[i] /= across[leaving];
  for (int j = 0; j < k; j++)
    if (j != leaving) add_multiple(k, -across[j], column, s->inverse + j * k);
}

typedef enum Walk { WALK_DONE, WALK_UNBOUNDED, WALK_STOPPED, WALK_LOST } Walk;

static Walk walk(QuantileSolver *s) {
  int k = s->problem->k, since = 0, sign = 0;
  int64_t most = 100 * (s->rows + k) + 10000;
  double slope = 0, *edge = s->scratch + k;
  if (!refresh(s)) return WALK_LOST;
  for (int64_t pivots = 0; pivots < most; pivots++) {
    if (!going_on(s, s->rows * (k + 4) + k * k)) return WALK_STOPPED;
    int leaving = steepest_edge(s, &sign, &slope);
    if (leaving < 0 && !since) return WALK_DONE;
    if (leaving < 0 || since == FRESH_EVERY) {
      since = 0;
      if (!refresh(s)) return WALK_LOST;
      continue;
    }
    for (int i = 0; i < k; i++) edge[i] = -sign * s->inverse[leaving * k + i];
    subtract_fit(s, NULL, edge, s->v); /* z'd, d = -edge */
    int64_t entering = follow_edge(s, edge, slope);
    if (entering < 0) return WALK_UNBOUNDED;
    exchange(s, leaving, entering, sign);
    s->pivots++;
    since++;
  }
  return WALK_LOST;
}

/* ---- rows inside and outside (4) */

static void gather(QuantileSolver *s, int64_t row) {
  int64_t place = s->rows++;
  s->row[place] = row;
  s->outer[row] = 0;
  s->ys[place] = s->y[row];
  s->ws[place] = s->weight ? s->weight[row] : 1;
  s->js[place] = s->problem->jitter[row];
  for (int j = 0; j < s->problem->k; j++) s->zs[j * s->capacity + place] = s->problem->z[j][row];
}

/* Residuals of all rows at c: column by column, since rows apart would be fetched one by one. */
static void all_residuals(QuantileSolver *s) {
  memcpy(s->residual, s->y, (size_t)s->problem->n * sizeof *s->residual);
  for (int j = 0; j < s->problem->k; j++) add_multiple(s->problem->n, -s->c[j], s->problem->z[j], s->residual);
}

/* Rows of the basis: the first in order that are independent of those before, first only those that are so clearly (elimination, pivot by column; where columns are
 * dummies few rows meet). Places are written once rows are gathered; here basis[] holds rows. How many were found. */
static int choose_basis(QuantileSolver *s, int found, int64_t count, const int64_t *order, double clear, bool weighted) {
  const QuantileProblem *problem = s->problem;
  int k = problem->k;
  double *kept = s->scratch, *z = s->scratch + (int64_t)k * k, *pivot = z + k; /* kept rows are 1 at their pivot */
  for (int64_t i = 0; i < count && found < k; i++) {
    int64_t row = order[i];
    if ((i & 0xF) == 0 && !going_on(s, 16 * (int64_t)k * (found + 1))) return found;
    if (s->outer[row] == 2 || (s->weight && (s->weight[row] > 0) != weighted)) continue;
    double before = 0, left = 0;
    for (int j = 0; j < k; j++) {
      z[j] = problem->z[j][row];
      if (fabs(z[j]) > before) before = fabs(z[j]);
    }
    for (int j = 0; j < found; j++) {
      double factor = z[(int)pivot[j]];
      if (factor != 0) add_multiple(k, -factor, kept + j * k, z);
      z[(int)pivot[j]] = 0;
    }
    int at = 0;
    for (int j = 0; j < k; j++)
      if (fabs(z[j]) > left) left = fabs(z[at = j]);
    if (!(left > clear * before)) continue;
    for (int j = 0; j < k; j++) kept[found * k + j] = z[j] / z[at];
    pivot[found] = at;
    s->outer[row] = 2;
    s->basis[found++] = row;
  }
  return found;
}

/* The vertex to start from; false if the rows with weight and those without do not span everything. */
static bool start_basis(QuantileSolver *s, int64_t count, const int64_t *order) {
  static const double clear[] = {0.2, 1e-3, 1e-6, 1e-9};
  int k = s->problem->k, found = 0;
  for (int pass = 0; pass < 4 && found < k; pass++) found = choose_basis(s, found, pass == 3 || count < 30 * k + 100 ? count : 30 * k + 100, order, clear[pass], true);
  s->filled = k - found;
  for (int pass = 2; pass < 4 && s->weight && found < k; pass++) found = choose_basis(s, found, count, order, clear[pass], false);
  return found == k;
}

static void outer_sum(QuantileSolver *s) {
  const QuantileProblem *problem = s->problem;
  for (int64_t i = 0; i < problem->n; i++) s->v[i] = s->outer[i] ? psi(s, s->outer[i]) * (s->weight ? s->weight[i] : 1) : 0;
  for (int j = 0; j < problem->k; j++) s->g_outer[j] = dot(problem->n, s->v, problem->z[j]);
}

/* Solves for the rows order[0..count-1], which lie about as far from the fit c as they stand in the order. */
static QuantileStatus solve_rows(QuantileSolver *s, int64_t count, const int64_t *order, bool *spans) {
  int k = s->problem->k;
  int64_t band = (int64_t)(4 * sqrt((double)(SHARE * k) * (double)count)) + 20 * k, next = 0;
  if (2 * band > count) band = count;
  memset(s->outer, 0, (size_t)s->problem->n);
  s->rows = 0;
  *spans = start_basis(s, count, order);
  if (!going_on(s, count)) return QUANTILE_STOPPED;
  if (!*spans) return QUANTILE_LOST;
  all_residuals(s);
  for (int64_t i = 0; i < count; i++) {
    int64_t row = order[i];
    s->outer[row] = s->weight && !(s->weight[row] > 0) ? 0 : s->residual[row] >= 0 ? 1 : -1;
  }
  for (int j = 0; j < k; j++) {
    gather(s, s->basis[j]);
    s->basis[j] = j;
  }
  for (;;) {
    for (; s->rows < band && next < count; next++) {
      if (s->outer[order[next]]) gather(s, order[next]);
      if ((next & 0x3F) == 0 && !going_on(s, 64 * k)) return QUANTILE_STOPPED;
    }
    outer_sum(s);
    Walk how = walk(s);
    if (how == WALK_STOPPED) return QUANTILE_STOPPED;
    if (how == WALK_LOST) return QUANTILE_LOST;
    int64_t before = s->rows;
    if (next < count) all_residuals(s);
    for (int64_t i = next; i < count && how == WALK_DONE; i++) {
      int64_t row = order[i];
      if (s->outer[row] && s->residual[row] * s->outer[row] <= s->zero) gather(s, row);
    }
    if (!going_on(s, 2 * s->problem->n * k)) return QUANTILE_STOPPED;
    if (how == WALK_DONE && s->rows == before) return QUANTILE_SOLVED;
    if (how == WALK_UNBOUNDED && next == count) return QUANTILE_LOST;
    band = how == WALK_UNBOUNDED ? 2 * band : s->rows;
  }
}

/* ---- the answer (5) */

static void solve_upper(int k, const double *r, double *b) {
  for (int j = k - 1; j >= 0; j--) {
    b[j] /= r[j * k + j];
    for (int i = 0; i < j; i++) b[i] -= r[j * k + i] * b[j];
  }
}

static void answer(QuantileSolver *s) {
  const QuantileProblem *problem = s->problem;
  int k = problem->k;
  double *step = s->scratch;
  memcpy(s->b, s->c, (size_t)k * sizeof *s->b);
  solve_upper(k, problem->r, s->b);
  memset(step, 0, (size_t)k * sizeof *step);
  for (int j = 0; j < k; j++) {
    int64_t row = s->row[s->basis[j]];
    double left = s->y[row];
    for (int i = 0; i < k; i++) left -= problem->x[i][row] * s->b[i];
    add_multiple(k, left, s->inverse + j * k, step);
  }
  solve_upper(k, problem->r, step);
  add_multiple(k, 1, step, s->b);
  memcpy(s->residual, s->y, (size_t)problem->n * sizeof *s->residual);
  for (int j = 0; j < k; j++) add_multiple(problem->n, -s->b[j], problem->x[j], s->residual);
  for (int j = 0; j < k; j++) s->residual[s->row[s->basis[j]]] = 0;
  double sum = 0, error = 0; /* with compensation (Kahan): ties add up the same number over and over */
  for (int64_t i = 0; i < problem->n; i++) {
    double part = (s->weight ? s->weight[i] : 1) * s->residual[i] * (s->residual[i] >= 0 ? s->tau : s->tau - 1) - error, next = sum + part;
    error = (next - sum) - part;
    sum = next;
  }
  s->objective = sum;
}

bool quantile_identified(const QuantileSolver *s, int column) {
  int k = s->problem->k;
  for (int j = 0; j < k && s->filled; j++) {
    if (s->ws[s->basis[j]] > 0) continue;
    double *free_direction = s->scratch, largest = 0;
    memcpy(free_direction, s->inverse + j * k, (size_t)k * sizeof *free_direction);
    solve_upper(k, s->problem->r, free_direction);
    for (int i = 0; i < k; i++) largest = fmax(largest, fabs(free_direction[i] * s->problem->r[i * k + i]));
    if (fabs(free_direction[column] * s->problem->r[column * k + column]) > 1e-8 * largest) return false;
  }
  return true;
}

QuantileStatus quantile_again(QuantileSolver *s, double tau, const double *weight, const double *c, const int64_t *order) {
  bool spans;
  s->tau = tau;
  s->weight = weight;
  memmove(s->c, c, (size_t)s->problem->k * sizeof *s->c);
  QuantileStatus status = solve_rows(s, s->problem->n, order, &spans);
  if (status == QUANTILE_SOLVED) answer(s);
  return status;
}

void quantile_order(Run *run, const QuantileSolver *s, int64_t *order) {
  double *distance = NEW_ARRAY(run, double, s->problem->n);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < s->problem->n; i++) distance[i] = fabs(s->residual[i]);
  sort_order(run, s->problem->n, distance, order);
  run_free(run, distance);
}

/* The first count rows of mixed in the order of |residual at c|. */
static void order_sample(Run *run, QuantileSolver *s, int64_t count, const int64_t *mixed, double *distance, int64_t *place, int64_t *order) {
  all_residuals(s);
  for (int64_t i = 0; i < count; i++) distance[i] = fabs(s->residual[mixed[i]]);
  if (!run_poll(run, (uint64_t)s->problem->n * (uint64_t)s->problem->k)) return;
  sort_order(run, count, distance, place);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < count; i++) order[i] = mixed[place[i]];
}

void quantile_solve(Run *run, QuantileSolver *s, double tau) {
  const QuantileProblem *problem = s->problem;
  int64_t n = problem->n, sizes[64], rungs = 0;
  if (run_failed(run)) return;
  int64_t *mixed = NEW_ARRAY(run, int64_t, n), *place = NEW_ARRAY(run, int64_t, n), *order = NEW_ARRAY(run, int64_t, n);
  double *distance = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  s->tau = tau;
  s->weight = NULL;
  for (int64_t i = 0; i < n; i++) mixed[i] = i;
  for (int64_t size = n; rungs == 0 || size > SMALL_SAMPLE + 30 * problem->k; size /= SHARE) sizes[rungs++] = size;
  Random random = random_stream(0, 1);
  for (int64_t i = 0; rungs > 1 && i < sizes[1]; i++) {
    int64_t other = i + random_below(&random, n - i), kept = mixed[i];
    mixed[i] = mixed[other];
    mixed[other] = kept;
    if ((i & 0xFFF) == 0 && !run_poll(run, 0x1000 * 10)) return;
  }
  for (int j = 0; j < problem->k; j++) s->c[j] = dot(n, problem->z[j], s->y) / (double)n; /* least squares */
  while (rungs--) {
    bool spans;
    order_sample(run, s, sizes[rungs], mixed, distance, place, order);
    if (run_failed(run)) return;
    double *before = s->b; /* what a sample that fails leaves behind is forgotten */
    memcpy(before, s->c, (size_t)problem->k * sizeof *before);
    QuantileStatus status = solve_rows(s, sizes[rungs], order, &spans);
    if (run_failed(run)) return;
    if (status == QUANTILE_SOLVED) continue;
    if (rungs == 0) {
      run_fail(run, "the quantile regression at tau=%.15g found no vertex: the columns are too near to collinear", tau);
      return;
    }
    memcpy(s->c, before, (size_t)problem->k * sizeof *before);
  }
  answer(s);
  run_free(run, mixed);
  run_free(run, place);
  run_free(run, order);
  run_free(run, distance);
}
