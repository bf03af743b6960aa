/* linear_program.c: small linear programs: few rows, any number of columns.
 *
 * 1. Minimises c'x subject to A x = b, 0 <= x <= upper (infinite where there is no bound) by the revised simplex method with bounds (Dantzig 1955; Chvatal 1983, chapters 7 and 8): the inverse of
 *    the basis is kept as a dense m x m matrix, so that a step costs m n + m^2.
 * 2. Rows begin with a slack, a column that has its only number there, where one fits; else with an artificial column whose sum is minimised first. Artificial columns that stay
 *    (rows that follow from others) are held at zero.
 * 3. The column with the steepest price enters; after a run of steps that do not move, the first column that improves, and of the rows that tie the first (Bland 1977), so that it ends.
 * 4. The inverse is made anew every 64 steps and before the answer, which is taken only if no price improves under the new inverse: x is as exact as a linear system's.
 * 5. Prices count from 1e-9 of the largest cost, pivots from 1e-9: give rows numbers of about one size. */
#include "num.h"

enum { FRESH = 64 };
static const double PRICE = 1e-9, PIVOT = 1e-9, FEASIBLE = 1e-9;

struct LinearProgram {
  Run *run;
  int m, n;         /* n without the artificial columns n .. n + m - 1 */
  const double *a, *b, *upper;
  double *sign;     /* of the artificial column of each row */
  double *cost;     /* n + m, of this phase */
  bool *at_upper;   /* n + m */
  bool second;      /* phase: artificial columns are held at zero */
  int *basis;       /* m columns */
  int *row;         /* n + m: the basis row of a column, -1 */
  double *inverse;  /* m x m, column-major */
  double *x;        /* of the basis */
  double *price, *direction, *work; /* m, m, 2 m m */
  int since;        /* steps since the inverse was made */
};

LinearProgram *linear_program_new(Run *run, int m, int n) {
  LinearProgram *lp = NEW(run, LinearProgram);
  size_t rows = (size_t)m, columns = (size_t)(n + m);
  if (run_failed(run)) return NULL;
  *lp = (LinearProgram){.run = run, .m = m, .n = n};
  lp->sign = NEW_ARRAY(run, double, rows);
  lp->cost = NEW_ARRAY(run, double, columns);
  lp->at_upper = NEW_ARRAY(run, bool, columns);
  lp->basis = NEW_ARRAY(run, int, rows);
  lp->row = NEW_ARRAY(run, int, columns);
  lp->inverse = NEW_ARRAY(run, double, rows * rows);
  lp->x = NEW_ARRAY(run, double, rows);
  lp->price = NEW_ARRAY(run, double, rows);
  lp->direction = NEW_ARRAY(run, double, rows);
  lp->work = NEW_ARRAY(run, double, 2 * rows * rows);
  return run_failed(run) ? NULL : lp;
}

static double bound(const LinearProgram *lp, int column) {
  if (column >= lp->n) return lp->second ? 0 : INFINITY;
  return lp->upper ? lp->upper[column] : INFINITY;
}

/* inverse x column */
static void times_column(const LinearProgram *lp, int column, double *out) {
  int m = lp->m;
  for (int i = 0; i < m; i++) out[i] = 0;
  for (int r = 0; r < m; r++) {
    double value = column < lp->n ? lp->a[(size_t)column * (size_t)m + (size_t)r] : r == column - lp->n ? lp->sign[r] : 0;
    for (int i = 0; value != 0 && i < m; i++) out[i] += lp->inverse[r * m + i] * value;
  }
}

/* Gauss-Jordan with row exchanges; false if the basis is singular. */
static bool make_inverse(LinearProgram *lp) {
  int m = lp->m;
  double *b = lp->work, *inverse = lp->work + m * m; /* row-major */
  for (int j = 0; j < m; j++)
    for (int i = 0; i < m; i++) {
      int column = lp->basis[j];
      b[i * m + j] = column < lp->n ? lp->a[(size_t)column * (size_t)m + (size_t)i] : i == column - lp->n ? lp->sign[i] : 0;
      inverse[i * m + j] = i == j;
    }
  for (int j = 0; j < m; j++) {
    int pivot = j;
    for (int i = j + 1; i < m; i++)
      if (fabs(b[i * m + j]) > fabs(b[pivot * m + j])) pivot = i;
    if (!(fabs(b[pivot * m + j]) > 1e-14)) return false;
    for (int c = 0; c < m && pivot != j; c++) {
      double kept = b[j * m + c], other = inverse[j * m + c];
      b[j * m + c] = b[pivot * m + c];
      b[pivot * m + c] = kept;
      inverse[j * m + c] = inverse[pivot * m + c];
      inverse[pivot * m + c] = other;
    }
    double scale = 1 / b[j * m + j];
    for (int c = 0; c < m; c++) b[j * m + c] *= scale, inverse[j * m + c] *= scale;
    for (int i = 0; i < m; i++) {
      double factor = b[i * m + j];
      if (i == j || factor == 0) continue;
      for (int c = 0; c < m; c++) {
        b[i * m + c] -= factor * b[j * m + c];
        inverse[i * m + c] -= factor * inverse[j * m + c];
      }
    }
  }
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++) lp->inverse[j * m + i] = inverse[i * m + j];
  double *right = lp->direction; /* b less the columns at their upper bound */
  memcpy(right, lp->b, (size_t)m * sizeof *right);
  for (int column = 0; lp->upper && column < lp->n; column++)
    for (int i = 0; lp->at_upper[column] && i < m; i++) right[i] -= lp->upper[column] * lp->a[(size_t)column * (size_t)m + (size_t)i];
  for (int i = 0; i < m; i++) lp->x[i] = 0;
  for (int r = 0; r < m; r++)
    for (int i = 0; i < m; i++) lp->x[i] += lp->inverse[r * m + i] * right[r];
  lp->since = 0;
  return true;
}

/* Rule 2: the first basis. */
static void start(LinearProgram *lp, const double *c) {
  int m = lp->m, n = lp->n;
  for (int j = 0; j < n + m; j++) {
    lp->row[j] = -1;
    lp->at_upper[j] = false;
  }
  for (int i = 0; i < m; i++) lp->basis[i] = -1;
  for (int j = n - 1; j >= 0; j--) { /* slacks usually stand last */
    int only = -1, count = 0;
    for (int i = 0; i < m && count < 2; i++)
      if (lp->a[(size_t)j * (size_t)m + (size_t)i] != 0) only = i, count++;
    if (count != 1 || lp->basis[only] >= 0 || c[j] != 0) continue;
    double pivot = lp->a[(size_t)j * (size_t)m + (size_t)only], value = lp->b[only] / pivot;
    if (fabs(pivot) < 1e-3 || !(value >= 0) || value > bound(lp, j)) continue;
    lp->basis[only] = j;
    lp->row[j] = only;
  }
  for (int i = 0; i < m; i++) {
    lp->sign[i] = lp->b[i] < 0 ? -1 : 1;
    if (lp->basis[i] >= 0) continue;
    lp->basis[i] = n + i;
    lp->row[n + i] = i;
  }
}

/* The column to enter, -1: none improves. */
static int entering(LinearProgram *lp, double tolerance, bool first) {
  int m = lp->m, best = -1;
  double most = tolerance;
  for (int i = 0; i < m; i++) {
    lp->price[i] = 0;
    for (int k = 0; k < m; k++) lp->price[i] += lp->cost[lp->basis[k]] * lp->inverse[i * m + k];
  }
  for (int j = 0; j < lp->n; j++) {
    if (lp->row[j] >= 0) continue;
    const double *column = lp->a + (size_t)j * (size_t)m;
    double reduced = lp->cost[j];
    for (int i = 0; i < m; i++) reduced -= lp->price[i] * column[i];
    double gain = lp->at_upper[j] ? reduced : -reduced;
    if (gain <= most || bound(lp, j) == 0) continue;
    best = j;
    if (first) return best;
    most = gain;
  }
  return best;
}

static void pivot_on(LinearProgram *lp, int row, int column, bool leaves_at_upper) {
  int m = lp->m, left = lp->basis[row];
  double scale = 1 / lp->direction[row];
  for (int c = 0; c < m; c++) {
    double moved = lp->inverse[c * m + row] * scale;
    for (int i = 0; i < m; i++) lp->inverse[c * m + i] -= lp->direction[i] * moved;
    lp->inverse[c * m + row] = moved;
  }
  lp->row[left] = -1;
  lp->at_upper[left] = leaves_at_upper;
  lp->basis[row] = column;
  lp->row[column] = row;
}

/* One phase from the present basis. */
static LinearStatus descend(LinearProgram *lp) {
  int m = lp->m, still = 0;
  double largest = 0;
  for (int j = 0; j < lp->n + m; j++) largest = fmax(largest, fabs(lp->cost[j]));
  int64_t limit = 1000 + 50 * ((int64_t)lp->n + m);
  if (!make_inverse(lp)) return LINEAR_STUCK;
  for (int64_t step = 0; step < limit; step++) {
    if (!run_poll(lp->run, (uint64_t)m * (uint64_t)(lp->n + 4 * m))) return LINEAR_STUCK;
    if (lp->since >= FRESH && !make_inverse(lp)) return LINEAR_STUCK;
    int column = entering(lp, PRICE * largest, still > 2 * m + 20);
    if (column < 0) {
      if (lp->since == 0) return LINEAR_OPTIMAL;
      if (!make_inverse(lp)) return LINEAR_STUCK;
      continue;
    }
    times_column(lp, column, lp->direction);
    double turn = lp->at_upper[column] ? -1 : 1, least = bound(lp, column);
    int row = -1;
    bool to_upper = false;
    for (int i = 0; i < m; i++) {
      double fall = turn * lp->direction[i], top = bound(lp, lp->basis[i]), room;
      if (fall > PIVOT) room = fmax(0, lp->x[i]) / fall;
      else if (fall < -PIVOT && top < INFINITY) room = fmax(0, top - lp->x[i]) / -fall;
      else continue;
      bool tie = row >= 0 && fabs(room - least) <= 1e-12 * (1 + least);
      bool better = still > 2 * m + 20 ? tie && lp->basis[i] < lp->basis[row] : tie && fabs(lp->direction[i]) > fabs(lp->direction[row]);
      if ((room < least && !tie) || better) {
        least = fmin(room, least);
        row = i;
        to_upper = fall < 0;
      }
    }
    if (least == INFINITY) return LINEAR_UNBOUNDED;
    still = least > 1e-12 ? 0 : still + 1;
    for (int i = 0; i < m; i++) lp->x[i] -= least * turn * lp->direction[i];
    lp->since++;
    if (row < 0) {
      lp->at_upper[column] = !lp->at_upper[column];
      continue;
    }
    double value = turn > 0 ? least : bound(lp, column) - least;
    lp->at_upper[column] = false;
    pivot_on(lp, row, column, to_upper);
    lp->x[row] = value;
  }
  return LINEAR_STUCK;
}

LinearStatus linear_program_solve(LinearProgram *lp, const double *a, const double *b, const double *c, const double *upper, double *x, double *objective) {
  if (!lp || run_failed(lp->run)) return LINEAR_STUCK;
  int m = lp->m, n = lp->n;
  lp->a = a;
  lp->b = b;
  lp->upper = upper;
  lp->second = false;
  start(lp, c);
  double artificial = 0, size = 0;
  for (int j = 0; j < n + m; j++) lp->cost[j] = j >= n;
  for (int i = 0; i < m; i++) {
    size = fmax(size, fabs(b[i]));
    artificial += lp->basis[i] >= n;
  }
  if (artificial > 0) {
    LinearStatus status = descend(lp);
    if (status != LINEAR_OPTIMAL) return LINEAR_STUCK; /* the sum of artificial columns is bounded below */
    double rest = 0;
    for (int i = 0; i < m; i++) rest += lp->basis[i] >= n ? fmax(0, lp->x[i]) : 0;
    if (rest > FEASIBLE * (1 + size)) return LINEAR_INFEASIBLE;
  }
  lp->second = true;
  for (int j = 0; j < n + m; j++) lp->cost[j] = j < n ? c[j] : 0;
  LinearStatus status = descend(lp);
  if (status != LINEAR_OPTIMAL) return status;
  double sum = 0;
  for (int j = 0; j < n; j++) {
    double value = lp->row[j] >= 0 ? fmax(0, fmin(lp->x[lp->row[j]], bound(lp, j))) : lp->at_upper[j] ? upper[j] : 0;
    if (x) x[j] = value;
    sum += c[j] * value;
  }
  *objective = sum;
  return LINEAR_OPTIMAL;
}
