/* match_smooth.c: comparison with many rows at once: radius, kernel and local linear matching.
 *
 * 1. radius: all rows within the caliper, with equal weights (Dehejia and Wahba 2002).
 * 2. kernel: weights K(d / h), d the difference of the scores; Epanechnikov K(u) = 3/4 (1 - u^2) for |u| < 1, or Gaussian (Heckman, Ichimura and Todd 1997).
 * 3. llr: the constant of the regression of the outcome on d with these weights: proportional to K(d / h) (S2 - d S1), Sj = sum K d^j (the same, 1998). Weights may be negative.
 *    Where all d are the same the regression has no slope and the weights are those of 2.
 * 4. With a caliper, rows further away have no weight in 2 and 3 either. A row with nobody within reach, or whose weights all are zero, finds no comparison.
 * 5. The weights of row i are K(u) (a + b u), u = d / h: a = 1/S0, b = 0, or for llr a = S2 / T, b = -S1 / T, T = S0 S2 - S1^2. So S0, S1, S2, sum K y and sum K u y of a row of
 *    `from`, and for a row of `to` the sums over `from` of its weights and of their squares, are sums of match_tree.c: no pair of rows is looked at.
 * 6. Rows for which these sums would lose digits look at their pairs: S0 < 1/20 (nobody is near), T < 1e-4 S0 S2 (the regression reaches far out); their T is summed about the mean. */
#include "matching.h"

double match_kernel(MatchKernel kernel, double u) {
  if (kernel == KERNEL_GAUSSIAN) return exp(-0.5 * u * u);
  if (kernel == KERNEL_UNIFORM) return 1;
  return fabs(u) < 1 ? 1 - u * u : 0;
}

typedef struct Smooth {
  const Matching *m;
  const MatchTree *tree;
  int64_t n;
  const double *point;
  double width, *sums; /* n x 9 */
} Smooth;

enum { POINTS = 32, SUMS = 9 };

/* Work item: the sums of 32 points. */
static void sum_points(void *context, int64_t item, int worker) {
  (void)worker;
  const Smooth *s = context;
  int64_t end = (item + 1) * POINTS < s->n ? (item + 1) * POINTS : s->n;
  for (int64_t i = item * POINTS; i < end; i++) match_tree_sums(s->tree, s->point[i], s->width, s->sums + i * SUMS);
}

static void sum_all(Run *run, Smooth *s, const MatchTree *tree, int64_t n, const double *point) {
  s->tree = tree;
  s->n = n;
  s->point = point;
  if (!run_failed(run)) parallel_for(run, (n + POINTS - 1) / POINTS, n < 1024 ? 1 : parallel_workers(), sum_points, s);
}

/* Rows first..end-1 of the side are those whose scores are within reach. */
static void reach(const MatchSide *to, double score, double width, int64_t *first, int64_t *end) {
  int64_t low = side_find(to, score - width), high = side_find(to, score + width);
  while (low > 0 && score - to->score[low - 1] <= width) low--; /* score - width is rounded */
  while (low < to->steps && score - to->score[low] > width) low++;
  while (high < to->steps && to->score[high] - score <= width) high++;
  while (high > low && to->score[high - 1] - score > width) high--;
  *first = to->first[low];
  *end = to->first[high];
}

/* Rule 6: one row, pair by pair; weight and distance are room for the rows of `to`. */
static bool pair_by_pair(Run *run, Matching *m, int way, int64_t row, const MatchSide *to, MatchKernel kernel, double h, double width, double *weight, double *distance) {
  double sum[2] = {0}, score = m->score[row], about = 0;
  int64_t first, end;
  reach(to, score, width, &first, &end);
  for (int64_t j = first; j < end; j++) {
    double u = distance[j] = (m->score[to->row[j]] - score) / h;
    weight[j] = match_kernel(kernel, u);
    sum[0] += weight[j];
    sum[1] += weight[j] * u;
  }
  for (int64_t j = first; j < end && sum[0] > 0; j++) weight[j] /= sum[0];
  double mean = sum[1] / sum[0];
  for (int64_t j = first; j < end; j++) about += weight[j] * (distance[j] - mean) * (distance[j] - mean); /* T / S0^2 */
  bool slope = m->settings.method == MATCH_LOCAL_LINEAR && about > 1e-10 * (about + mean * mean);
  for (int64_t j = first; j < end && slope; j++) weight[j] *= 1 - mean * (distance[j] - mean) / about;
  match_record(m, way, row, sum[0] > 0 ? end - first : 0, to->row + first, weight + first);
  return run_poll(run, (uint64_t)(end - first) * (kernel == KERNEL_GAUSSIAN ? 20 : 8) + 100);
}

static double *scores_of(Run *run, const Matching *m, const MatchSide *side) {
  double *score = NEW_ARRAY(run, double, side->n);
  for (int64_t i = 0; i < side->n && !run_failed(run); i++) score[i] = m->score[side->row[i]];
  return score;
}

/* What the rows of `to` are used for: their weights by the charges a and b of the rows of `from`, power 1, and the squares of the weights by a^2, ab, b^2. */
static void add_used(Run *run, Matching *m, int way, Smooth *s, MatchKernel kernel, double h, const MatchSide *from, const MatchSide *to, const double *from_score, const double *to_score,
                     const double *a, const double *b) {
  bool linear = m->settings.method == MATCH_LOCAL_LINEAR;
  double *square[3];
  for (int c = 0; c < 3; c++) square[c] = NEW_ARRAY(run, double, from->n);
  for (int64_t i = 0; i < from->n && !run_failed(run); i++) {
    square[0][i] = a[i] * a[i];
    square[1][i] = a[i] * b[i];
    square[2][i] = b[i] * b[i];
  }
  for (int power = 1; power <= 2; power++) {
    const double *weights[] = {a, b}, *squares[] = {square[0], square[1], square[2]};
    sum_all(run, s, match_tree_new(run, kernel, power, h, to->n, from->n, from_score, !linear ? 1 : power == 1 ? 2 : 3, power == 1 ? weights : squares), to->n, to_score);
    for (int64_t j = 0; j < to->n && !run_failed(run); j++) {
      const double *sum = s->sums + j * SUMS; /* u has the other sign here: the point is the row of `to` */
      if (power == 1) m->direction[way].used[to->row[j]] += linear ? sum[0] - sum[4] : sum[0];
      else m->direction[way].used_squares[to->row[j]] += fmax(0, linear ? sum[0] - 2 * sum[4] + sum[8] : sum[0]);
    }
  }
}

void match_smooth(Run *run, Matching *m, int way, const MatchSide *from, const MatchSide *to, double width) {
  const MatchSettings *s = &m->settings;
  bool linear = s->method == MATCH_LOCAL_LINEAR;
  MatchKernel kernel = s->method == MATCH_RADIUS ? KERNEL_UNIFORM : s->gaussian ? KERNEL_GAUSSIAN : KERNEL_EPANECHNIKOV;
  double h = kernel != KERNEL_UNIFORM ? s->bandwidth : width > 0 && width < INFINITY ? width : 1, centre = 0;
  const double *from_score = scores_of(run, m, from), *to_score = scores_of(run, m, to);
  int64_t most = from->n > to->n ? from->n : to->n;
  double *one = NEW_ARRAY(run, double, to->n), *y = NEW_ARRAY(run, double, to->n), *a = NEW_ARRAY(run, double, from->n), *b = NEW_ARRAY(run, double, from->n);
  double *weight = NEW_ARRAY(run, double, to->n), *distance = NEW_ARRAY(run, double, to->n);
  bool *by_pairs = NEW_ARRAY(run, bool, from->n);
  Smooth smooth = {.m = m, .width = width, .sums = NEW_ARRAY(run, double, most * SUMS)};
  if (run_failed(run) || to->n == 0) return;
  for (int64_t j = 0; j < to->n; j++) one[j] = 1;
  if (m->outcome) {
    for (int64_t j = 0; j < to->n; j++) centre += m->outcome[to->row[j]] / (double)to->n;
    for (int64_t j = 0; j < to->n; j++) y[j] = m->outcome[to->row[j]] - centre;
  }
  const double *charge[] = {one, y};
  MatchTree *tree = match_tree_new(run, kernel, 1, h, from->n, to->n, to_score, m->outcome ? 2 : 1, charge);
  sum_all(run, &smooth, tree, from->n, from_score);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < from->n; i++) {
    const double *sum = smooth.sums + i * SUMS;
    double spread = sum[0] * sum[2] - sum[1] * sum[1];
    by_pairs[i] = sum[0] < 0.05 || (linear && !(spread > 1e-4 * sum[0] * sum[2]));
    if (by_pairs[i]) continue;
    a[i] = linear ? sum[2] / spread : 1 / sum[0];
    b[i] = linear ? -sum[1] / spread : 0;
    m->direction[way].imputed[from->row[i]] = m->outcome ? centre + a[i] * sum[3] + b[i] * sum[4] : 0;
  }
  add_used(run, m, way, &smooth, kernel, h, from, to, from_score, to_score, a, b);
  for (int64_t i = 0; i < from->n && !run_failed(run); i++)
    if (by_pairs[i] && !pair_by_pair(run, m, way, from->row[i], to, kernel, h, match_tree_reach(tree, from_score[i], width), weight, distance)) return;
}
