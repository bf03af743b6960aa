/* match_smooth.c: comparison with many rows at once: radius, kernel and local linear matching.
 *
 * 1. radius: all rows within the caliper, with equal weights (Dehejia and Wahba 2002).
 * 2. kernel: weights K(d / h), d the difference of the scores; Epanechnikov K(u) = 3/4 (1 - u^2) for |u| < 1, or Gaussian (Heckman, Ichimura and Todd 1997).
 * 3. llr: the constant of the regression of the outcome on d with these weights: proportional to K(d / h) (S2 - d S1), Sj = sum K d^j (the same, 1998). Weights may be negative.
 *    Where all d are the same the regression has no slope and the weights are those of 2.
 * 4. With a caliper, rows further away have no weight in 2 and 3 either. A row with nobody within reach, or whose weights all are zero, finds no comparison. */
#include "matching.h"

static double kernel(bool gaussian, double u) {
  if (gaussian) return exp(-0.5 * u * u);
  return fabs(u) < 1 ? 0.75 * (1 - u * u) : 0;
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

void match_smooth(Run *run, Matching *m, int way, const MatchSide *from, const MatchSide *to, double width) {
  const MatchSettings *s = &m->settings;
  double *weight = NEW_ARRAY(run, double, to->n), *distance = NEW_ARRAY(run, double, to->n), h = s->bandwidth;
  if (run_failed(run)) return;
  bool radius = s->method == MATCH_RADIUS;
  if (!radius && !s->gaussian) width = fmin(width, h);
  for (int64_t i = 0; i < from->n; i++) {
    double score = m->score[from->row[i]], sum[3] = {0}, total = 0;
    int64_t first, end;
    reach(to, score, width, &first, &end);
    for (int64_t j = first; j < end; j++) {
      double d = distance[j] = m->score[to->row[j]] - score;
      weight[j] = radius ? 1 : kernel(s->gaussian, d / h);
      sum[0] += weight[j];
      sum[1] += weight[j] * d;
      sum[2] += weight[j] * d * d;
    }
    bool slope = s->method == MATCH_LOCAL_LINEAR && sum[0] * sum[2] - sum[1] * sum[1] > 1e-10 * sum[0] * sum[2];
    for (int64_t j = first; j < end && slope; j++) weight[j] *= sum[2] - distance[j] * sum[1];
    for (int64_t j = first; j < end; j++) total += weight[j];
    if (total > 0)
      for (int64_t j = first; j < end; j++) weight[j] /= total;
    match_record(m, way, from->row[i], total > 0 ? end - first : 0, to->row + first, weight + first);
    if (!run_poll(run, (uint64_t)(end - first) * (s->gaussian && !radius ? 20 : 4) + 100)) return;
  }
  run_free(run, weight);
  run_free(run, distance);
}
