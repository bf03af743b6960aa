/* reduced.c: which way the reduced system S is built and solved.
 *
 * 1. No second effect: nothing to solve. Up to DENSE coefficients: a dense Cholesky factor. More: S assembled, ordered and factored as a
 *    sparse matrix. Where the factor would be too large or S too full: conjugate gradient (conjugate.c). The choice depends on
 *    the numbers of rows, levels and entries only: the same rows are always solved the same way.
 * 2. S is singular (constants stand in every effect). Two effects without slopes: S is a graph's Laplacian, and one level of each connected
 *    component, the heaviest, is set to zero beforehand; what remains is positive definite. In general a coefficient is set to zero where
 *    the factor's pivot vanishes: below PIVOT of the diagonal of S, or below the rounding in S, which is relative to the diagonal of D2'WD2.
 *    Dense systems take the largest pivots first, so that rank shows clearly. Sparse ones cannot: there the margin is wider, but intercepts,
 *    whose diagonal is computed without cancellation (assemble.c, 3), have none. Zeros solve the consistent singular system.
 *    So a column counts as collinear when it is nearer to the others than about 2e-7 of its length (a year without its intercept beside
 *    other effects' constants is 1e-3 away). Where that gives up too much, AbsorbReport.residual shows it. */
#include "absorb.h"

enum { DENSE = 2000, SPARSE_FROM = 200, PANEL = 48 };
static const double PIVOT = 1e-11, NOISE = 1e-12, NOISE_DENSE = 3e-14, LAPLACIAN_PIVOT = 1e-15;
static const double MOST_PAIRS = 4e8;          /* work of assembling S */
static const int64_t ENTRIES_A_COLUMN = 100;   /* S fuller than this on average is not assembled: its factor would be full */
static const int64_t MOST_FACTOR_ENTRIES = 30000000;
static const double MOST_FLOPS = 5e10, FLOPS_AN_ENTRY = 10000; /* a factor may cost what some thousand steps of the iteration do */

/* ---- dense (1): P S P' = L L' in place (lower triangle, column-major), panel by panel; the next pivot is the largest beside its limit (2).
 * Diagonals behind a panel are brought up to date at its end only; within it, squares holds what its columns have taken off them so far. */
static void swap_numbers(double *a, double *b) {
  double t = *a;
  *a = *b;
  *b = t;
}

static void swap_pivots(int64_t m, double *a, int64_t j, int64_t p, int32_t *original, double *squares) {
  for (int64_t k = 0; k < j; k++) swap_numbers(&a[k * m + j], &a[k * m + p]);
  for (int64_t i = j + 1; i < p; i++) swap_numbers(&a[j * m + i], &a[i * m + p]);
  for (int64_t i = p + 1; i < m; i++) swap_numbers(&a[j * m + i], &a[p * m + i]);
  swap_numbers(&a[j * m + j], &a[p * m + p]);
  swap_numbers(&squares[j], &squares[p]);
  int32_t t = original[j];
  original[j] = original[p];
  original[p] = t;
}

static void dense_factor(Run *run, Reduced *reduced) {
  int64_t m = reduced->order, from = 0;
  double *a = reduced->dense, *squares = NEW_ARRAY(run, double, m);
  int32_t *original = reduced->original = NEW_ARRAY(run, int32_t, m);
  if (run_failed(run)) return;
  for (int32_t i = 0; i < m; i++) original[i] = i;
  for (; from < m && reduced->rank == from; from += PANEL) {
    int64_t to = from + PANEL < m ? from + PANEL : m;
    for (int64_t i = from; i < m; i++) squares[i] = 0;
    for (int64_t j = from; j < to; j++) {
      int64_t best = -1;
      double most = 1;
      for (int64_t i = j; i < m; i++) {
        double ratio = (a[i * m + i] - squares[i]) / reduced->limit[original[i]];
        if (ratio > most) most = ratio, best = i;
      }
      if (best < 0) break;
      if (best > j) swap_pivots(m, a, j, best, original, squares);
      double *column = a + j * m, root = sqrt(column[j] - squares[j]);
      for (int64_t k = from; k < j; k++) {
        const double *left = a + k * m;
        double factor = left[j];
        for (int64_t i = j + 1; i < m; i++) column[i] -= left[i] * factor;
      }
      column[j] = root;
      for (int64_t i = j + 1; i < m; i++) {
        column[i] /= root;
        squares[i] += column[i] * column[i];
      }
      reduced->rank++;
    }
    for (int64_t j = to; j < m && reduced->rank == to; j += PANEL) { /* the columns behind, a panel at a time from their diagonal down */
      int columns = (int)(j + PANEL < m ? PANEL : m - j);
      dense_multiply(false, true, (int)(m - j), columns, (int)(to - from), -1, a + from * m + j, (int)m, a + from * m + j, (int)m, 1, a + j * m + j, (int)m);
    }
    if (!run_poll(run, (uint64_t)((m - from) * (m - from) * PANEL / 16 + 1))) break;
  }
  run_free(run, squares);
}

static inline __attribute__((always_inline)) void dense_solve_lanes(const int lanes, int64_t m, int64_t rank, const double *l, double *x) {
  for (int64_t j = 0; j < rank; j++) {
    const double *column = l + j * m;
    double value[MAX_LANES];
    for (int c = 0; c < lanes; c++) x[j * lanes + c] = value[c] = x[j * lanes + c] / column[j];
    for (int64_t i = j + 1; i < rank; i++)
      for (int c = 0; c < lanes; c++) x[i * lanes + c] -= column[i] * value[c];
  }
  for (int64_t j = rank - 1; j >= 0; j--) {
    const double *column = l + j * m;
    double sum[MAX_LANES];
    for (int c = 0; c < lanes; c++) sum[c] = x[j * lanes + c];
    for (int64_t i = j + 1; i < rank; i++)
      for (int c = 0; c < lanes; c++) sum[c] -= column[i] * x[i * lanes + c];
    for (int c = 0; c < lanes; c++) x[j * lanes + c] = sum[c] / column[j];
  }
}

static void dense_solve_system(Run *run, const Reduced *reduced, int lanes, double *r) {
  int64_t m = reduced->order, rank = reduced->rank;
  double *x = NEW_ARRAY(run, double, m * lanes);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < rank; i++)
    for (int c = 0; c < lanes; c++) x[i * lanes + c] = r[(int64_t)reduced->original[i] * lanes + c];
  if (lanes == 1) dense_solve_lanes(1, m, rank, reduced->dense, x);
  else if (lanes == 2) dense_solve_lanes(2, m, rank, reduced->dense, x);
  else dense_solve_lanes(4, m, rank, reduced->dense, x);
  for (int64_t i = 0; i < m; i++)
    for (int c = 0; c < lanes; c++) r[(int64_t)reduced->original[i] * lanes + c] = i < rank ? x[i * lanes + c] : 0;
  run_free(run, x);
  run_poll(run, (uint64_t)(rank * rank));
}

/* ---- limits of the pivots (2) */
static bool laplacian(const Absorber *absorber) {
  return absorber->effects == 2 && block_plain(&absorber->block[0]) && block_plain(&absorber->block[1]);
}

static void set_limits(Absorber *absorber) {
  Reduced *reduced = &absorber->reduced;
  bool exact = block_plain(&absorber->block[0]);
  for (int b = 1; b < absorber->effects; b++) {
    const Block *block = &absorber->block[b];
    for (int64_t k = 0; k < (int64_t)block->levels * block->width; k++) {
      double diagonal = reduced->diagonal[block->first + k], noise = NOISE_DENSE * block->energy[k], *limit = &reduced->limit[block->first + k];
      if (!reduced->dense) noise = exact && block->intercept && k % block->width == 0 ? 0 : NOISE * block->energy[k];
      *limit = PIVOT * diagonal > noise ? PIVOT * diagonal : noise;
      if (block->energy[k] == 0 || !(diagonal > 0)) *limit = INFINITY;
    }
  }
}

/* One level of each component gets an infinite limit. */
static void ground_components(Absorber *absorber) {
  Run *run = absorber->run;
  Reduced *reduced = &absorber->reduced;
  const SparseSymmetric *matrix = &reduced->matrix;
  const double *mass = absorber->block[1].mass;
  int32_t m = reduced->order, components = m;
  int32_t *parent = NEW_ARRAY(run, int32_t, m), *heaviest = NEW_ARRAY(run, int32_t, m);
  if (run_failed(run)) return;
  for (int32_t i = 0; i < m; i++) parent[i] = i;
  for (int32_t j = 0; j < m && components > 1; j++) {
    if (reduced->dense) {
      for (int32_t i = j + 1; i < m; i++)
        if (reduced->dense[(int64_t)j * m + i] != 0 && set_join(parent, i, j)) components--;
    } else {
      for (int64_t k = matrix->start[j]; k < matrix->start[j + 1]; k++)
        if (set_join(parent, matrix->row[k], j)) components--;
    }
  }
  for (int32_t i = 0; i < m; i++) {
    int32_t root = set_find(parent, i);
    if (root == i) heaviest[i] = i; /* the root is the smallest index of its set */
    else if (mass[i] > mass[heaviest[root]]) heaviest[root] = i;
  }
  for (int32_t i = 0; i < m; i++) reduced->limit[i] = reduced->diagonal[i] > 0 ? LAPLACIAN_PIVOT * reduced->diagonal[i] : INFINITY;
  for (int32_t i = 0; i < m; i++)
    if (parent[i] == i) reduced->limit[heaviest[i]] = INFINITY;
  run_free(run, parent);
  run_free(run, heaviest);
}

/* ---- the choice (1) */
typedef struct Work { double pairs, blocks; } Work; /* in units of about a nanosecond */

static Work estimate_work(const Absorber *absorber, const Grouping *first) {
  const Block *block = absorber->block;
  double m = absorber->reduced.order, coefficients = 0;
  for (int b = 1; b < absorber->effects; b++) coefficients += block[b].width;
  Work work = {0, (double)block->levels * block->width * m * (0.03 * m + 2)};
  for (int32_t g = 0; g < block->levels; g++) {
    double entries = (first->start[g + 1] - first->start[g]) * coefficients;
    work.pairs += (entries < m ? entries : m) * entries * block->width * 0.7;
  }
  return work;
}

/* first: counted, not necessarily grouped */
static void build_dense(Absorber *absorber, Grouping *first, bool by_blocks) {
  const Block *block = absorber->block;
  bool counts = by_blocks && laplacian(absorber) && !absorber->weight; /* a pattern is then made of the second codes alone */
  Reduced *reduced = &absorber->reduced;
  int64_t m = reduced->order;
  reduced->dense = NEW_ARRAY(absorber->run, double, m * m);
  if (!first->row && !group_rows(absorber->run, absorber->n, block->code, block->levels, NULL, counts ? block[1].code : NULL, first)) return;
  if (by_blocks) reduced_dense_blocks(absorber, first, reduced->dense);
  else reduced_pairs(absorber, first, reduced->dense, 0);
  if (run_failed(absorber->run)) return;
  for (int64_t j = 0; j < m; j++) reduced->diagonal[j] = reduced->dense[j * m + j];
}

/* Conjugate gradient without the matrix needs its diagonal; that of D2'WD2 is close where no level dominates a group of D1. */
static void estimate_diagonal(Absorber *absorber) {
  for (int b = 1; b < absorber->effects; b++) {
    const Block *block = &absorber->block[b];
    memcpy(absorber->reduced.diagonal + block->first, block->energy, (size_t)block->levels * (size_t)block->width * sizeof(double));
  }
}

static void choose_and_build(Absorber *absorber, Grouping *first) {
  Run *run = absorber->run;
  Reduced *reduced = &absorber->reduced;
  const Block *block = absorber->block;
  double m = reduced->order;
  Work work = estimate_work(absorber, first);
  bool sparse = m > DENSE || (m > SPARSE_FROM && work.pairs < m * m / 8);
  if (!sparse) {
    reduced->kind = REDUCED_DENSE;
    build_dense(absorber, first, work.blocks < work.pairs);
  } else {
    int64_t limit = ENTRIES_A_COLUMN * reduced->order;
    reduced->kind = REDUCED_ITERATED;
    if (work.pairs <= MOST_PAIRS && group_rows(run, absorber->n, block->code, block->levels, NULL, NULL, first))
      reduced_pairs(absorber, first, NULL, limit < MOST_FACTOR_ENTRIES ? limit : MOST_FACTOR_ENTRIES);
    if (reduced->matrix.order) memcpy(reduced->diagonal, reduced->matrix.diagonal, (size_t)reduced->order * sizeof(double));
    else estimate_diagonal(absorber);
  }
  if (run_failed(run)) return;
  if (laplacian(absorber) && (reduced->dense || reduced->matrix.order)) ground_components(absorber);
  else set_limits(absorber);
}

static void build_from_counts(Absorber *absorber) {
  Reduced *reduced = &absorber->reduced;
  int64_t m = reduced->order;
  reduced->kind = REDUCED_DENSE;
  reduced->dense = NEW_ARRAY(absorber->run, double, m * m);
  if (!run_failed(absorber->run)) reduced_dense_counts(absorber, reduced->dense);
  if (run_failed(absorber->run)) return;
  for (int64_t j = 0; j < m; j++) reduced->diagonal[j] = reduced->dense[j * m + j];
  ground_components(absorber);
}

void reduced_build(Absorber *absorber) {
  Run *run = absorber->run;
  Reduced *reduced = &absorber->reduced;
  if (reduced->order == 0) return;
  reduced->diagonal = NEW_ARRAY(run, double, reduced->order);
  reduced->limit = NEW_ARRAY(run, double, reduced->order);
  if (reduced->order <= DENSE && counts_build(absorber)) {
    build_from_counts(absorber);
  } else {
    Grouping first;
    if (run_failed(run) || !group_count(run, absorber->n, absorber->block[0].code, absorber->block[0].levels, &first)) return;
    choose_and_build(absorber, &first);
    grouping_free(run, &first);
  }
  if (run_failed(run)) return;
  if (reduced->dense) {
    dense_factor(run, reduced);
    absorber->report.factor_nonzeros = (int64_t)reduced->order * (reduced->order + 1) / 2;
  } else if (reduced->matrix.order) {
    double flops = 1e8 + FLOPS_AN_ENTRY * (double)(reduced->order + reduced->matrix.start[reduced->order]);
    if (flops > MOST_FLOPS) flops = MOST_FLOPS;
    if (sparse_factor(run, &reduced->matrix, reduced->limit, MOST_FACTOR_ENTRIES, flops, &reduced->factor)) {
      reduced->kind = REDUCED_SPARSE;
      absorber->report.factor_nonzeros = reduced->factor.start[reduced->order];
      run_free(run, reduced->matrix.row);
      run_free(run, reduced->matrix.value);
    } else {
      set_limits(absorber); /* the iteration converges better on the singular system than with grounded levels */
    }
  }
}

void reduced_add_dense(Absorber *absorber, Grouping *first) {
  Run *run = absorber->run;
  Reduced *reduced = &absorber->reduced;
  Work work = estimate_work(absorber, first);
  reduced->diagonal = NEW_ARRAY(run, double, reduced->order);
  reduced->limit = NEW_ARRAY(run, double, reduced->order);
  if (!run_failed(run)) build_dense(absorber, first, work.blocks < work.pairs);
  if (run_failed(run)) return;
  if (laplacian(absorber)) ground_components(absorber);
  else set_limits(absorber);
  if (!run_failed(run)) dense_factor(run, reduced);
}

int reduced_solve(const Absorber *absorber, int lanes, double *r, const double *energy) {
  const Reduced *reduced = &absorber->reduced;
  Run *run = absorber->run;
  if (reduced->kind == REDUCED_DENSE) {
    dense_solve_system(run, reduced, lanes, r);
  } else if (reduced->kind == REDUCED_SPARSE) {
    double *work = NEW_ARRAY(run, double, (int64_t)reduced->order * lanes);
    if (!run_failed(run)) sparse_solve(&reduced->factor, lanes, work, r);
    run_free(run, work);
    run_poll(run, (uint64_t)reduced->factor.start[reduced->order] * 2);
  } else if (reduced->kind == REDUCED_ITERATED) {
    return conjugate_gradient(absorber, lanes, r, energy);
  }
  return 0;
}
