/* conjugate.c: preconditioned conjugate gradient on the reduced system (Hestenes, Stiefel 1952; Golub, Van Loan 4th ed., 11.5).
 *
 * 1. The system is S x = r of m coefficients, not the rows: D1 is eliminated exactly. Where S was assembled it is multiplied as a matrix and
 *    preconditioned by a symmetric Gauss-Seidel step; where it is too full, S x = D2'W(I - P1)D2 x is two passes over the rows and the
 *    preconditioner is the diagonal of D2'WD2. Systems that come here have no good sparse factor, that is, their graph is well connected,
 *    and a few dozen steps are enough; long chains, which would need thousands, have sparse factors.
 * 2. S is singular but the system consistent: the iteration stays in S's range. Coefficients with an infinite limit stay zero.
 * 3. It stops when the residual's norm (in the preconditioner's inverse) is below tolerance times the first one, or below rounding
 *    of the data column itself. Each lane has its own scalars; a lane that has converged is not changed any more. */
#include "absorb.h"

enum { MOST_STEPS = 20000 };
static const double ROUNDING = 1e-15;

typedef struct Iteration {
  const Absorber *absorber;
  int lanes;
  double *x, *z, *p, *q; /* m x lanes; the residual lives in the caller's r */
  double *v;             /* D1's coefficients x lanes, or NULL */
} Iteration;

static bool fixed(const Reduced *reduced, int32_t j) { return !(reduced->limit[j] < INFINITY); }

static void clear_fixed(const Iteration *it, double *x) {
  const Reduced *reduced = &it->absorber->reduced;
  for (int32_t j = 0; j < reduced->order; j++)
    if (fixed(reduced, j))
      for (int c = 0; c < it->lanes; c++) x[(int64_t)j * it->lanes + c] = 0;
}

static void multiply_matrix(const Iteration *it) {
  const SparseSymmetric *a = &it->absorber->reduced.matrix;
  int64_t lanes = it->lanes;
  for (int64_t j = 0; j < a->order; j++)
    for (int c = 0; c < lanes; c++) it->q[j * lanes + c] = a->diagonal[j] * it->p[j * lanes + c];
  for (int64_t j = 0; j < a->order; j++)
    for (int64_t k = a->start[j]; k < a->start[j + 1]; k++)
      for (int c = 0; c < lanes; c++) {
        it->q[j * lanes + c] += a->value[k] * it->p[a->row[k] * lanes + c];
        it->q[a->row[k] * lanes + c] += a->value[k] * it->p[j * lanes + c];
      }
  run_poll(it->absorber->run, (uint64_t)(a->start[a->order] * lanes));
}

/* Each pass has what is taken off with a minus sign: v = -D1'WD2 p, then q = -D2'W(D2 p + D1 (D1'WD1)^-1 v) = -S p. */
static void multiply_rows(const Iteration *it) {
  const Absorber *absorber = it->absorber;
  int64_t lanes = it->lanes, firsts = (int64_t)absorber->block[0].levels * absorber->block[0].width * lanes, m = absorber->reduced.order * lanes;
  memset(it->v, 0, (size_t)firsts * sizeof *it->v);
  memset(it->q, 0, (size_t)m * sizeof *it->q);
  row_pass(absorber, &(Pass){.lanes = it->lanes, .fit_rest = it->p, .sum_first = it->v});
  first_solve(&absorber->block[0], it->lanes, it->v);
  row_pass(absorber, &(Pass){.lanes = it->lanes, .fit_first = it->v, .fit_rest = it->p, .sum_rest = it->q});
  for (int64_t i = 0; i < m; i++) it->q[i] = -it->q[i];
}

/* z = M^-1 r; Gauss-Seidel: M = (L + D) D^-1 (D + U) */
static void precondition(const Iteration *it, const double *r) {
  const Reduced *reduced = &it->absorber->reduced;
  const SparseSymmetric *a = &reduced->matrix;
  int64_t lanes = it->lanes, m = reduced->order;
  double *z = it->z;
  if (!a->order) {
    for (int64_t j = 0; j < m; j++)
      for (int c = 0; c < lanes; c++) z[j * lanes + c] = fixed(reduced, (int32_t)j) ? 0 : r[j * lanes + c] / reduced->diagonal[j];
    return;
  }
  for (int64_t j = 0; j < m; j++) {
    double sum[MAX_LANES];
    for (int c = 0; c < lanes; c++) sum[c] = r[j * lanes + c];
    for (int64_t k = a->start[j]; k < a->start[j + 1]; k++)
      for (int c = 0; c < lanes; c++) sum[c] -= a->value[k] * z[a->row[k] * lanes + c];
    for (int c = 0; c < lanes; c++) z[j * lanes + c] = fixed(reduced, (int32_t)j) ? 0 : sum[c] / a->diagonal[j];
  }
  for (int64_t i = 0; i < m; i++)
    for (int c = 0; c < lanes; c++) z[i * lanes + c] *= a->diagonal[i];
  for (int64_t j = m - 1; j >= 0; j--) {
    for (int c = 0; c < lanes; c++) z[j * lanes + c] = fixed(reduced, (int32_t)j) ? 0 : z[j * lanes + c] / a->diagonal[j];
    for (int64_t k = a->start[j]; k < a->start[j + 1]; k++)
      for (int c = 0; c < lanes; c++) z[a->row[k] * lanes + c] -= a->value[k] * z[j * lanes + c];
  }
}

static void products(int64_t m, int lanes, const double *a, const double *b, double *out) {
  for (int c = 0; c < lanes; c++) out[c] = 0;
  for (int64_t i = 0; i < m; i++)
    for (int c = 0; c < lanes; c++) out[c] += a[i * lanes + c] * b[i * lanes + c];
}

int conjugate_gradient(const Absorber *absorber, int lanes, double *r, const double *energy) {
  Run *run = absorber->run;
  const Reduced *reduced = &absorber->reduced;
  int64_t m = reduced->order, size = m * lanes;
  Iteration it = {absorber, lanes, NEW_ARRAY(run, double, size), NEW_ARRAY(run, double, size), NEW_ARRAY(run, double, size), NEW_ARRAY(run, double, size), NULL};
  if (!reduced->matrix.order) it.v = NEW_ARRAY(run, double, (int64_t)absorber->block[0].levels * absorber->block[0].width * lanes);
  int step = 0;
  if (!run_failed(run)) {
    double rz[MAX_LANES], enough[MAX_LANES], next[MAX_LANES], pq[MAX_LANES], alpha[MAX_LANES], beta[MAX_LANES];
    bool active[MAX_LANES], any = false;
    clear_fixed(&it, r);
    precondition(&it, r);
    memcpy(it.p, it.z, (size_t)size * sizeof *it.p);
    products(m, lanes, r, it.z, rz);
    for (int c = 0; c < lanes; c++) {
      double floor = ROUNDING * ROUNDING * energy[c], wanted = absorber->tolerance * absorber->tolerance * rz[c];
      enough[c] = wanted > floor ? wanted : floor;
      any |= active[c] = rz[c] > enough[c];
    }
    for (; any && step < MOST_STEPS && !run_failed(run); step++) {
      if (it.v) multiply_rows(&it);
      else multiply_matrix(&it);
      clear_fixed(&it, it.q);
      products(m, lanes, it.p, it.q, pq);
      for (int c = 0; c < lanes; c++) {
        active[c] = active[c] && pq[c] > 0;
        alpha[c] = active[c] ? rz[c] / pq[c] : 0;
      }
      for (int64_t i = 0; i < m; i++)
        for (int c = 0; c < lanes; c++) {
          it.x[i * lanes + c] += alpha[c] * it.p[i * lanes + c];
          r[i * lanes + c] -= alpha[c] * it.q[i * lanes + c];
        }
      precondition(&it, r);
      products(m, lanes, r, it.z, next);
      any = false;
      for (int c = 0; c < lanes; c++) {
        any |= active[c] = active[c] && next[c] > enough[c];
        beta[c] = active[c] ? next[c] / rz[c] : 0;
        rz[c] = next[c];
      }
      for (int64_t i = 0; i < m; i++)
        for (int c = 0; c < lanes; c++) it.p[i * lanes + c] = active[c] ? it.z[i * lanes + c] + beta[c] * it.p[i * lanes + c] : 0;
      run_poll(run, (uint64_t)(size * 4));
    }
    memcpy(r, it.x, (size_t)size * sizeof *r);
  }
  run_free(run, it.x);
  run_free(run, it.z);
  run_free(run, it.p);
  run_free(run, it.q);
  run_free(run, it.v);
  return step;
}
