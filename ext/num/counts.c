/* counts.c: N = D1'D2 of two effects without slopes or weights as a table of counts, a byte for each pair of levels.
 *
 * 1. Kept where it has at most two entries a row and no count passes a byte: panels of which at least half is there. S is then built from it
 *    (assemble.c), and products with N, which take a pass over the rows otherwise, read the table in its order.
 * 2. The sums are those of the entries in their order, whatever the number of lanes: the same bits for a column whatever stands beside it. */
#include "absorb.h"

enum { ENTRIES_A_ROW = 2, STRETCH = 1 << 16 };

bool counts_build(Absorber *absorber) {
  Run *run = absorber->run;
  const Block *block = absorber->block;
  if (absorber->effects != 2 || absorber->weight || !block_plain(&block[0]) || !block_plain(&block[1])) return false;
  int64_t m = block[1].levels, entries = block[0].levels * m;
  if (entries > ENTRIES_A_ROW * absorber->n) return false;
  uint8_t *count = NEW_ARRAY(run, uint8_t, entries);
  if (run_failed(run)) return false;
  const int32_t *first = block[0].code, *second = block[1].code;
  bool full = false;
  for (int64_t from = 0; from < absorber->n && !full; from += STRETCH) {
    int64_t to = absorber->n - from < STRETCH ? absorber->n : from + STRETCH;
    for (int64_t r = from; r < to; r++) full |= ++count[first[r] * m + second[r]] == 0;
    if (!run_poll(run, STRETCH * 2)) return false;
  }
  if (full) run_free(run, count);
  else absorber->reduced.count = count;
  return !full;
}

KERNEL rest_in_lanes(const int lanes, int64_t m, const uint8_t *count, const double *first, double *rest) {
  for (int64_t t = 0; t < m; t++) {
    double n = count[t], *to = rest + t * lanes;
    for (int c = 0; c < lanes; c++) to[c] -= n * first[c];
  }
}

KERNEL first_in_lanes(const int lanes, int64_t m, const uint8_t *count, const double *rest, double *first) {
  double sum[MAX_LANES] = {0};
  for (int64_t t = 0; t < m; t++) {
    double n = count[t];
    const double *from = rest + t * lanes;
    for (int c = 0; c < lanes; c++) sum[c] += n * from[c];
  }
  for (int c = 0; c < lanes; c++) first[c] -= sum[c];
}

void counts_take_first(const Absorber *absorber, int lanes, const double *first, double *rest) {
  int64_t m = absorber->block[1].levels;
  for (int64_t g = 0; g < absorber->block[0].levels; g++) {
    const uint8_t *count = absorber->reduced.count + g * m;
    if (lanes == 1) rest_in_lanes(1, m, count, first + g, rest);
    else if (lanes == 2) rest_in_lanes(2, m, count, first + g * 2, rest);
    else rest_in_lanes(4, m, count, first + g * 4, rest);
    if ((g & 63) == 63 && !run_poll(absorber->run, 64 * (uint64_t)m)) return;
  }
}

void counts_take_rest(const Absorber *absorber, int lanes, const double *rest, double *first) {
  int64_t m = absorber->block[1].levels;
  for (int64_t g = 0; g < absorber->block[0].levels; g++) {
    const uint8_t *count = absorber->reduced.count + g * m;
    if (lanes == 1) first_in_lanes(1, m, count, rest, first + g);
    else if (lanes == 2) first_in_lanes(2, m, count, rest, first + g * 2);
    else first_in_lanes(4, m, count, rest, first + g * 4);
    if ((g & 63) == 63 && !run_poll(absorber->run, 64 * (uint64_t)m)) return;
  }
}
