/* match_nearest.c: nearest neighbours by score, with and without replacement.
 *
 * 1. Greedy (conventions): rows choose one after another, in match_order's order; each takes the nearest by |score difference| that is within the caliper; of equally
 *    near ones the earlier row. Without replacement and with ratio=K there are K rounds: nobody has a second neighbour before everybody had the first.
 * 2. The side that is chosen from is sorted by score; rows with equal scores are one step and are taken in the order of the rows, so a step is a queue. Steps that
 *    have run out are skipped by path compression to either side: n log n in all.
 * 3. With replacement a row's K nearest are found by walking out from its place. */
#include "matching.h"

void side_build(Run *run, const Matching *m, int64_t count, const int64_t *rows, bool treated, MatchSide *side) {
  *side = (MatchSide){.row = NEW_ARRAY(run, int64_t, count), .first = NEW_ARRAY(run, int64_t, count + 1), .score = NEW_ARRAY(run, double, count)};
  int64_t *order = NEW_ARRAY(run, int64_t, count), *member = NEW_ARRAY(run, int64_t, count);
  double *score = NEW_ARRAY(run, double, count);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < count; i++) {
    int64_t row = rows[i];
    if ((m->treat[row] == 1) != treated || !m->part[row]) continue;
    member[side->n] = row;
    score[side->n++] = m->score[row];
  }
  sort_order(run, side->n, score, order);
  for (int64_t i = 0; i < side->n && !run_failed(run); i++) {
    side->row[i] = member[order[i]];
    double here = score[order[i]];
    if (side->steps && side->score[side->steps - 1] == here) continue;
    side->score[side->steps] = here;
    side->first[side->steps++] = i;
  }
  side->first[side->steps] = side->n;
  run_free(run, order);
  run_free(run, member);
  run_free(run, score);
}

int64_t side_find(const MatchSide *side, double score) {
  int64_t low = 0, high = side->steps;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (side->score[middle] < score) low = middle + 1;
    else high = middle;
  }
  return low;
}

int64_t side_nearest(const MatchSide *side, double score, double width, int64_t k, int64_t except, int64_t *out) {
  int64_t up = side_find(side, score), down = up - 1, found = 0;
  while (found < k) {
    double below = down >= 0 ? score - side->score[down] : INFINITY, above = up < side->steps ? side->score[up] - score : INFINITY;
    double near = fmin(below, above);
    if (isinf(near) || near > width) break;
    int64_t a = below == near ? side->first[down] : 0, a_end = below == near ? side->first[down + 1] : 0;
    int64_t b = above == near ? side->first[up] : 0, b_end = above == near ? side->first[up + 1] : 0;
    while (found < k && (a < a_end || b < b_end)) { /* two steps equally far: by row */
      bool first = b == b_end || (a < a_end && side->row[a] < side->row[b]);
      int64_t row = first ? side->row[a++] : side->row[b++];
      if (row != except) out[found++] = row;
    }
    down -= below == near;
    up += above == near;
  }
  return found;
}

/* ---- without replacement */

typedef struct Pool {
  const MatchSide *side;
  int64_t *head;         /* of each step: the next row that is free */
  int64_t *up, *down;    /* step + 1 -> a step at or beyond it that may still have rows (+ 1); 0 and steps + 1 are the ends */
} Pool;

static int64_t follow(int64_t *link, int64_t at) {
  int64_t end = at;
  while (link[end] != end) end = link[end];
  while (link[at] != end) {
    int64_t next = link[at];
    link[at] = end;
    at = next;
  }
  return end;
}

static void pool_begin(Run *run, const MatchSide *side, Pool *pool) {
  *pool = (Pool){side, NEW_ARRAY(run, int64_t, side->steps + 1), NEW_ARRAY(run, int64_t, side->steps + 2), NEW_ARRAY(run, int64_t, side->steps + 2)};
  if (run_failed(run)) return;
  for (int64_t s = 0; s < side->steps; s++) pool->head[s] = side->first[s];
  for (int64_t s = 0; s < side->steps + 2; s++) pool->up[s] = pool->down[s] = s;
}

/* The free row nearest to the score, which is free no more; -1: none within the width. */
static int64_t pool_take(Pool *pool, double score, double width) {
  const MatchSide *side = pool->side;
  int64_t at = side_find(side, score), up = follow(pool->up, at + 1) - 1, down = follow(pool->down, at) - 1;
  double above = up < side->steps ? side->score[up] - score : INFINITY, below = down >= 0 ? score - side->score[down] : INFINITY;
  if (isinf(fmin(above, below)) || fmin(above, below) > width) return -1;
  bool upward = above < below || (above == below && side->row[pool->head[up]] < side->row[pool->head[down]]);
  int64_t step = upward ? up : down, row = side->row[pool->head[step]++];
  if (pool->head[step] == side->first[step + 1]) {
    pool->up[step + 1] = step + 2;
    pool->down[step + 1] = step;
  }
  return row;
}

void match_order(Run *run, const Matching *m, const MatchSide *from, int64_t *row) {
  int64_t place = 0;
  switch (m->settings.order) {
    case ORDER_LARGEST: /* falling steps, rows within a step as they come */
      for (int64_t s = from->steps - 1; s >= 0; s--)
        for (int64_t i = from->first[s]; i < from->first[s + 1]; i++) row[place++] = from->row[i];
      return;
    case ORDER_SMALLEST: memcpy(row, from->row, (size_t)from->n * sizeof *row); return;
    default: break;
  }
  double *number = NEW_ARRAY(run, double, from->n);
  int64_t *order = NEW_ARRAY(run, int64_t, from->n);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < from->n; i++) number[i] = (double)from->row[i];
  sort_order(run, from->n, number, order);
  for (int64_t i = 0; i < from->n && !run_failed(run); i++) row[i] = from->row[order[i]];
  run_free(run, number);
  run_free(run, order);
  Random random = random_stream(m->settings.seed, 0);
  if (m->settings.order == ORDER_RANDOM && !run_failed(run)) random_shuffle(&random, from->n, row);
}

static void without_replacement(Run *run, Matching *m, int way, const MatchSide *from, const MatchSide *to, double width) {
  int64_t ratio = m->settings.ratio, *chooser = NEW_ARRAY(run, int64_t, from->n), *count = NEW_ARRAY(run, int64_t, from->n);
  if (ratio > to->n) ratio = to->n;
  int64_t *found = NEW_ARRAY(run, int64_t, (size_t)from->n * (size_t)ratio);
  Pool pool;
  pool_begin(run, to, &pool);
  if (run_failed(run)) return;
  match_order(run, m, from, chooser);
  for (int64_t round = 0; round < ratio; round++)
    for (int64_t i = 0; i < from->n && !run_failed(run); i++) {
      if (count[i] < round) continue; /* found none before: there is none now */
      int64_t row = pool_take(&pool, m->score[chooser[i]], width);
      if (row >= 0) found[i * ratio + count[i]++] = row;
      if ((i & 0x3FF) == 0) run_poll(run, 0x400 * 100);
    }
  for (int64_t i = 0; i < from->n && !run_failed(run); i++) match_record(m, way, chooser[i], count[i], found + i * ratio, NULL);
}

void match_nearest(Run *run, Matching *m, int way, const MatchSide *from, const MatchSide *to, double width) {
  if (from->n == 0 || to->n == 0) return;
  if (!m->settings.replace) {
    without_replacement(run, m, way, from, to, width);
    return;
  }
  int64_t ratio = m->settings.ratio < to->n ? m->settings.ratio : to->n, *found = NEW_ARRAY(run, int64_t, ratio), *chooser = NEW_ARRAY(run, int64_t, from->n);
  if (run_failed(run)) return;
  match_order(run, m, from, chooser);
  for (int64_t i = 0; i < from->n && !run_failed(run); i++) {
    int64_t count = side_nearest(to, m->score[chooser[i]], width, ratio, -1, found);
    match_record(m, way, chooser[i], count, found, NULL);
    if (!run_poll(run, 100 + 4 * (uint64_t)ratio)) return;
  }
}
