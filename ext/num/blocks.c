/* blocks.c: one effect by itself: the weight in each level, and its intercept and slopes made orthogonal there.
 *
 * 1. D'WD of one effect is block diagonal, q x q for each level, q = intercept + slopes. Each level's columns are orthogonalised in their
 *    order by Gram-Schmidt over the rows, done twice for each column: D'WD becomes diagonal, to rounding. A slope is taken from its
 *    level's mean on the way, so that years near 2015, or x and x^2, cost no digits. The second time's coefficients are kept beside the first
 *    ones: their sum would be rounded to the precision of 2015.
 * 2. Rank: a column of which less than COLLINEAR (of the sum of squares) is left is collinear with those before it in that level; its energy
 *    is set to zero and its coefficient is zero. The fit is the same whichever of the collinear columns is given up. */
#include "absorb.h"

static const double COLLINEAR = 1e-22;

static void sum_mass(int64_t n, const double *weight, const Block *block) {
  const int32_t *code = block->code;
  if (weight) {
    for (int64_t r = 0; r < n; r++) block->mass[code[r]] += weight[r];
    return;
  }
  for (int64_t r = 0; r < n;) { /* runs of one level are counted, not added */
    int32_t level = code[r];
    int64_t from = r;
    while (++r < n && code[r] == level) continue;
    block->mass[level] += (double)(r - from);
  }
}

/* Column p of every level, orthogonal to those before it; then its energy. */
static void orthogonalise(Run *run, int64_t n, const double *weight, Block *block, int p, double *dots) {
  int width = block->width, first = p * (p - 1) / 2;
  double z[MAX_WIDTH];
  for (int round = 0; round < 2 && p > 0; round++) {
    memset(dots, 0, (size_t)block->levels * (size_t)width * sizeof *dots);
    for (int64_t r = 0; r < n; r++) {
      double *dot = dots + (int64_t)block->code[r] * width, w = weight ? weight[r] : 1;
      block_values(block, r, z);
      for (int q = 0; q < p; q++) dot[q] += w * z[p] * z[q];
    }
    for (int64_t level = 0; level < block->levels; level++)
      for (int q = 0; q < p; q++) {
        double energy = block->energy[level * width + q];
        if (energy > 0) block->lower[2 * (level * block->pairs + first + q) + round] = dots[level * width + q] / energy;
      }
    if (!run_poll(run, (uint64_t)(n * width))) return;
  }
  memset(dots, 0, (size_t)block->levels * (size_t)width * sizeof *dots); /* dots[0]: what the column was */
  for (int64_t r = 0; r < n; r++) {
    double w = weight ? weight[r] : 1, x = block->intercept && p == 0 ? 1 : block->slope[p - block->intercept][r];
    block_values(block, r, z);
    dots[(int64_t)block->code[r] * width] += w * x * x;
    block->energy[(int64_t)block->code[r] * width + p] += w * z[p] * z[p];
  }
  for (int64_t level = 0; level < block->levels; level++) {
    double *energy = &block->energy[level * width + p];
    if (*energy <= COLLINEAR * dots[level * width]) *energy = 0;
  }
  run_poll(run, (uint64_t)(n * width));
}

void block_measure(Run *run, int64_t n, const double *weight, Block *block) {
  block->mass = NEW_ARRAY(run, double, block->levels);
  if (run_failed(run)) return;
  sum_mass(n, weight, block);
  if (!run_poll(run, (uint64_t)n)) return;
  block->energy = block->mass;
  block->pairs = block->width * (block->width - 1) / 2;
  if (!block->slopes) return;
  int64_t count = (int64_t)block->levels * block->width;
  block->energy = NEW_ARRAY(run, double, count);
  if (block->pairs) block->lower = NEW_ARRAY(run, double, (int64_t)block->levels * block->pairs * 2);
  double *dots = NEW_ARRAY(run, double, count);
  for (int p = 0; p < block->width && !run_failed(run); p++) orthogonalise(run, n, weight, block, p, dots);
  run_free(run, dots);
}

void first_solve_level(const Block *first, int64_t level, int lanes, double *v) {
  for (int p = 0; p < first->width; p++) {
    double energy = first->energy[level * first->width + p];
    for (int c = 0; c < lanes; c++) v[p * lanes + c] = energy > 0 ? v[p * lanes + c] / energy : 0;
  }
}

void first_solve(const Block *first, int lanes, double *v) {
  for (int64_t level = 0; level < first->levels; level++) first_solve_level(first, level, lanes, v + level * first->width * lanes);
}
