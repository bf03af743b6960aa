/* separation_program.c: the rows that are separated, by one linear program, where that is small: what decides when the rectifier of separation.c has not.
 *
 * 1. Let z_i be the signed row s_i x_i (effects as dummies; s as in separation.c, rule 1). The separated rows are those with z_i g > 0 for some g with z_j g >= 0 in all rows (= 0 in rows that
 *    cannot be separated): with g large enough they are what max sum of min(1, z_i g) counts.
 * 2. Its dual: min sum of max(0, 1 - l_i) over l_i >= 0 (any sign in rows that cannot be separated) with sum l_i z_i = 0: one equation a regressor and level. At the optimum l_i is 0 in the
 *    separated rows, since g'(sum l_i z_i) is a sum of terms that are not negative, and at least 1 in the others (complementary slackness). Anything between is no answer.
 * 3. l_i = a_i + b_i, 0 <= a_i <= 1 with cost -1, b_i >= 0 without. Columns and then rows of x are divided by their largest number: signs stay what they are. */
#include "glm.h"

enum { MOST_EQUATIONS = 120 };
static const double MOST_NUMBERS = 1e6, SURE = 1e-6;

/* Column `place` of x, dummies and slopes of the effects behind the regressors. */
static double entry(const Glm *glm, int place, int64_t row) {
  if (place < glm->k) return glm->x[place][row];
  place -= glm->k;
  for (int e = 0; e < glm->effects; e++) {
    const Effect *effect = &glm->effect[e];
    int width = effect->intercept + effect->slopes;
    if (place >= effect->levels * width) {
      place -= effect->levels * width;
      continue;
    }
    if (effect->code[row] != place / width) return 0;
    int part = place % width - effect->intercept;
    return part < 0 ? 1 : effect->slope[part][row];
  }
  return 0;
}

int separated_by_program(Run *run, const Glm *glm, bool *separated) {
  int64_t n = glm->n;
  double equations = glm->k;
  for (int e = 0; e < glm->effects; e++) equations += (double)glm->effect[e].levels * (glm->effect[e].intercept + glm->effect[e].slopes);
  if (equations > MOST_EQUATIONS || equations * (double)n > MOST_NUMBERS) return -1;
  int m = (int)equations, columns = (int)(2 * n);
  double *a = NEW_ARRAY(run, double, (size_t)m * (size_t)columns), *b = NEW_ARRAY(run, double, m), *cost = NEW_ARRAY(run, double, columns), *upper = NEW_ARRAY(run, double, columns);
  double *l = NEW_ARRAY(run, double, columns), *largest = NEW_ARRAY(run, double, m), value;
  LinearProgram *program = linear_program_new(run, m, columns);
  if (run_failed(run)) return -1;
  for (int j = 0; j < m; j++)
    for (int64_t i = 0; i < n; i++) largest[j] = fmax(largest[j], fabs(entry(glm, j, i)));
  for (int64_t i = 0; i < n; i++) {
    bool held = glm->family == GLM_POISSON && glm->y[i] > 0;
    double size = 0, *first = a + i * m, *second = a + (n + i) * m, sign = glm->family != GLM_POISSON && glm->y[i] == 0 ? -1 : 1;
    for (int j = 0; j < m; j++) {
      first[j] = largest[j] > 0 ? sign * entry(glm, j, i) / largest[j] : 0;
      size = fmax(size, fabs(first[j]));
    }
    for (int j = 0; j < m; j++) {
      if (size > 0) first[j] /= size;
      second[j] = held ? -first[j] : first[j];
    }
    upper[i] = held ? INFINITY : 1;
    upper[n + i] = INFINITY;
    cost[i] = held ? 0 : -1;
    if ((i & 0xFF) == 0 && !run_poll(run, 0x100 * (uint64_t)m * 10)) return -1;
  }
  if (linear_program_solve(program, a, b, cost, upper, l, &value) != LINEAR_OPTIMAL) return -1;
  int found = 0;
  for (int64_t i = 0; i < n; i++) {
    double sum = l[i] + l[n + i];
    bool held = cost[i] == 0;
    separated[i] = !held && sum < SURE;
    if (!held && sum >= SURE && sum < 1 - SURE) return -1;
    found |= separated[i];
  }
  return found;
}
