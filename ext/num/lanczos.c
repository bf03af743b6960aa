/* lanczos.c: the second eigenvector of a large symmetric matrix whose first is known.
 *
 * 1. Lanczos's recurrence (Golub and Van Loan, Matrix Computations, 4th ed., 10.1) among the vectors orthogonal to the first eigenvector, each new one made
 *    orthogonal to all before it twice, so that rounding brings nothing back. The Ritz value farthest up is the one wanted; its residual is the next
 *    off-diagonal times the last component of its vector.
 * 2. It ends where that residual is below SETTLED of the value, or no direction is left. After STEPS vectors it starts again from the Ritz vector. Should it not settle, it fails.
 * 3. The start is drawn with a fixed seed: the same matrix gives the same vector.
 * 4. LAPACK's solver cannot be interrupted, and finds all vectors where one is wanted: 4.7 s for an order of 3,200. */
#include "num.h"

enum { STEPS = 200, RESTARTS = 50, LOOK = 5, SLICE = 64 };
static const double SETTLED = 1e-14;

static double length_of(int n, const double *x) { return sqrt(dense_dot(n, x, x)); }

static void take_off(int n, const double *direction, double *x) {
  double along = dense_dot(n, direction, x);
  for (int i = 0; i < n; i++) x[i] -= along * direction[i];
}

/* y = A x, orthogonal to the vectors of the basis and to first. */
static bool next_direction(Run *run, int n, const double *a, const double *first, int count, double *const *basis, double *diagonal, double *y) {
  const double *x = basis[count - 1];
  for (int j = 0; j < n; j++) {
    y[j] = dense_dot(n, a + (size_t)j * (size_t)n, x);
    if (j % SLICE == 0 && !run_poll(run, SLICE * (uint64_t)n / 2)) return false;
  }
  *diagonal = dense_dot(n, x, y);
  for (int round = 0; round < 2; round++) {
    take_off(n, first, y);
    for (int k = 0; k < count; k++) take_off(n, basis[k], y);
    if (!run_poll(run, (uint64_t)count * (uint64_t)n)) return false;
  }
  return true;
}

/* The largest eigenvalue of the tridiagonal matrix, and its vector. */
static double top_of_tridiagonal(Run *run, int count, const double *diagonal, const double *beside, double *room, double *values, double *vector) {
  size_t order = (size_t)count;
  memset(room, 0, order * order * sizeof *room);
  for (size_t i = 0; i < order; i++) {
    room[i * order + i] = diagonal[i];
    if (i + 1 < order) room[i * order + i + 1] = room[(i + 1) * order + i] = beside[i];
  }
  if (!dense_symmetric_eigen(run, count, room, values)) return 0;
  memcpy(vector, room + (order - 1) * order, order * sizeof *vector);
  return values[count - 1];
}

bool second_eigenvector(Run *run, int n, const double *a, const double *first, double *value, double *vector) {
  double **basis = NEW_ARRAY(run, double *, STEPS + 1), *one = NEW_ARRAY(run, double, n);
  double diagonal[STEPS], beside[STEPS], weight[STEPS], values[STEPS], *room = NEW_ARRAY(run, double, STEPS * STEPS);
  if (run_failed(run)) return false;
  assert(n >= 2);
  for (int k = 0; k <= STEPS && k < n + 1; k++) basis[k] = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return false;
  double size = length_of(n, first);
  for (int i = 0; i < n; i++) one[i] = first[i] / size;
  Random random = random_stream(1, 0);
  for (int i = 0; i < n; i++) vector[i] = random_uniform(&random) - 0.5;
  bool settled = false;
  for (int restart = 0; restart < RESTARTS && !settled; restart++) {
    for (int round = 0; round < 2; round++) take_off(n, one, vector);
    double scale = length_of(n, vector);
    for (int i = 0; i < n; i++) basis[0][i] = vector[i] / scale;
    int count = 0;
    for (bool more = true; more;) {
      if (!next_direction(run, n, a, one, count + 1, basis, &diagonal[count], basis[count + 1])) return false;
      beside[count] = length_of(n, basis[count + 1]);
      for (int i = 0; i < n && beside[count] > 0; i++) basis[count + 1][i] /= beside[count];
      count++;
      more = count < STEPS && count < n - 1 && beside[count - 1] > SETTLED * fabs(diagonal[0]);
      if (more && count % LOOK != 0) continue;
      *value = top_of_tridiagonal(run, count, diagonal, beside, room, values, weight);
      if (run_failed(run)) return false;
      settled = count == n - 1 || beside[count - 1] * fabs(weight[count - 1]) <= SETTLED * fabs(*value);
      more = more && !settled;
    }
    memset(vector, 0, (size_t)n * sizeof *vector);
    for (int k = 0; k < count; k++)
      for (int i = 0; i < n; i++) vector[i] += weight[k] * basis[k][i];
  }
  for (int k = 0; k <= STEPS && k < n + 1; k++) run_free(run, basis[k]);
  run_free(run, room);
  if (!settled) run_fail(run, "the second eigenvector of a matrix of order %d was not found: its eigenvalue lies too near to the next", n);
  return settled;
}
