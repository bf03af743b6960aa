/* match_metric.c: nearest neighbours by the Mahalanobis distance of the regressors.
 *
 * 1. d^2 = (x_i - x_j)' S^-1 (x_i - x_j), S the covariance of the regressors pooled within the two sides (n - 2), over the rows of a by= group. In the
 *    coordinates z = L^-1 x, S = LL', it is a plain distance.
 *    d^2 is rounded to multiples of 2^-36: with regressors that are whole numbers many distances are equal but for rounding, and ties must be ties on any machine.
 * 2. The caliper is one of the score (Rosenbaum and Rubin 1985). Order, ratio, replacement and ties as in match_nearest.c.
 * 3. The side is sorted by its first coordinate and searched outwards from the row's own place: the difference in one coordinate bounds the distance, so the
 *    search ends where that alone is larger than the K-th nearest so far. */
#include "matching.h"

static const double UNIT = 0x1p-36;

void whiten(Run *run, Matching *m, int64_t count, const int64_t *row) {
  int k = 0, *column = NEW_ARRAY(run, int, m->k);
  if (run_failed(run)) return;
  for (int j = m->constant ? 1 : 0; j < m->k; j++)
    if (!m->dropped[j]) column[k++] = j;
  if (k == 0) {
    run_fail(run, "method=mahalanobis needs a regressor besides the constant");
    return;
  }
  double *mean = NEW_ARRAY(run, double, 2 * k), *s = NEW_ARRAY(run, double, k * k), n[2] = {0};
  if (!m->coordinates) {
    m->coordinates = NEW_ARRAY(run, double *, m->k);
    for (int j = 0; j < m->k && !run_failed(run); j++) m->coordinates[j] = NEW_ARRAY(run, double, m->n);
  }
  if (run_failed(run)) return;
  for (int64_t i = 0; i < count; i++) {
    int side = m->treat[row[i]] == 1;
    n[side]++;
    for (int j = 0; j < k; j++) mean[side * k + j] += m->x[column[j]][row[i]];
  }
  for (int j = 0; j < 2 * k; j++) mean[j] /= n[j / k];
  for (int64_t i = 0; i < count; i++) {
    const double *centre = mean + (m->treat[row[i]] == 1) * k;
    for (int a = 0; a < k; a++)
      for (int b = 0; b <= a; b++) s[a * k + b] += (m->x[column[a]][row[i]] - centre[a]) * (m->x[column[b]][row[i]] - centre[b]);
    if ((i & 0xFFF) == 0 && !run_poll(run, 0x1000 * (uint64_t)k * (uint64_t)k)) return;
  }
  for (int a = 0; a < k; a++)
    for (int b = 0; b <= a; b++) s[a * k + b] = s[b * k + a] = s[a * k + b] / (double)(count - 2);
  if (!dense_cholesky(run, k, s)) {
    run_fail(run, "the covariance of the regressors within the two sides has no inverse: some regressor does not vary there; leave it out of method=mahalanobis");
    return;
  }
  m->dimensions = k;
  for (int64_t i = 0; i < count; i++) {
    for (int a = 0; a < k; a++) { /* forward substitution with the lower factor, stored by columns */
      double z = m->x[column[a]][row[i]];
      for (int b = 0; b < a; b++) z -= s[b * k + a] * m->coordinates[b][row[i]];
      m->coordinates[a][row[i]] = z / s[a * k + a];
    }
    if ((i & 0xFFF) == 0 && !run_poll(run, 0x1000 * (uint64_t)k * (uint64_t)k)) return;
  }
}

void metric_side_build(Run *run, const Matching *m, const MatchSide *side, MetricSide *out) {
  *out = (MetricSide){side->n, NEW_ARRAY(run, int64_t, side->n), NEW_ARRAY(run, double, side->n)};
  double *first = NEW_ARRAY(run, double, side->n);
  int64_t *order = NEW_ARRAY(run, int64_t, side->n);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < side->n; i++) first[i] = m->coordinates[0][side->row[i]];
  sort_order(run, side->n, first, order);
  for (int64_t i = 0; i < side->n && !run_failed(run); i++) {
    out->row[i] = side->row[order[i]];
    out->first[i] = first[order[i]];
  }
  run_free(run, first);
  run_free(run, order);
}

/* Puts a row into the list of the nearest so far, by distance and then row; the new length. */
static int64_t insert(int64_t found, int64_t k, int64_t *out, double *distance, int64_t row, double d) {
  int64_t place = found < k ? found : k - 1;
  if (found == k && (d > distance[k - 1] || (d == distance[k - 1] && row > out[k - 1]))) return found;
  while (place > 0 && (d < distance[place - 1] || (d == distance[place - 1] && row < out[place - 1]))) {
    out[place] = out[place - 1];
    distance[place] = distance[place - 1];
    place--;
  }
  out[place] = row;
  distance[place] = d;
  return found < k ? found + 1 : k;
}

int64_t metric_nearest(const Matching *m, const MetricSide *side, int64_t row, double width, int64_t k, const bool *taken, int64_t *out, double *distance) {
  double at = m->coordinates[0][row];
  int64_t low = 0, up = side->n, found = 0;
  while (low < up) {
    int64_t middle = low + (up - low) / 2;
    if (side->first[middle] < at) low = middle + 1;
    else up = middle;
  }
  for (int64_t down = up - 1; down >= 0 || up < side->n;) {
    double below = down >= 0 ? at - side->first[down] : INFINITY, above = up < side->n ? side->first[up] - at : INFINITY, near = fmin(below, above);
    if (found == k && near * near > distance[k - 1] + UNIT) break;
    int64_t other = below <= above ? side->row[down--] : side->row[up++];
    if (other == row || (taken && taken[other]) || fabs(m->score[other] - m->score[row]) > width) continue;
    double d = 0, most = found == k ? distance[k - 1] + UNIT : INFINITY;
    for (int j = 0; j < m->dimensions && d <= most; j++) {
      double difference = m->coordinates[j][other] - m->coordinates[j][row];
      d += difference * difference;
    }
    d = rint(d / UNIT) * UNIT;
    if (d <= most) found = insert(found, k, out, distance, other, d);
  }
  return found;
}

void match_metric(Run *run, Matching *m, int way, const MatchSide *from, const MatchSide *to, double width) {
  if (from->n == 0 || to->n == 0) return;
  bool replace = m->settings.replace, *taken = replace ? NULL : NEW_ARRAY(run, bool, m->n);
  int64_t ratio = m->settings.ratio < to->n ? m->settings.ratio : to->n, step = replace ? ratio : 1, rounds = replace ? 1 : ratio;
  int64_t *chooser = NEW_ARRAY(run, int64_t, from->n), *count = NEW_ARRAY(run, int64_t, from->n), *found = NEW_ARRAY(run, int64_t, (size_t)from->n * (size_t)ratio);
  double *distance = NEW_ARRAY(run, double, step);
  MetricSide side;
  metric_side_build(run, m, to, &side);
  if (run_failed(run)) return;
  match_order(run, m, from, chooser);
  for (int64_t round = 0; round < rounds; round++)
    for (int64_t i = 0; i < from->n && !run_failed(run); i++) {
      if (count[i] < round) continue;
      int64_t *here = found + i * ratio + count[i], got = metric_nearest(m, &side, chooser[i], width, step, taken, here, distance);
      for (int64_t g = 0; g < got && taken; g++) taken[here[g]] = true;
      count[i] += got;
      run_poll(run, (uint64_t)to->n * 2);
    }
  for (int64_t i = 0; i < from->n && !run_failed(run); i++) match_record(m, way, chooser[i], count[i], found + i * ratio, NULL);
}
