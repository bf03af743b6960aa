/* panel.c: finds the row of a unit at a time, so that lags go over real time steps.
 *
 * 1. The lag k of a row is the row of the same unit whose time is exactly k less; where there is none it is missing: a gap is a gap.
 * 2. Two rows of one unit at one time make lags ambiguous: the caller is told which. */
#include "num.h"

struct PanelIndex {
  int64_t n;
  const int32_t *unit; /* NULL: one series */
  const double *time;
  int64_t *slot; /* row + 1, 0 is free */
  uint64_t mask;
};

static uint64_t hash_cell(int32_t unit, double time) {
  uint64_t bits;
  time += 0.0; /* -0 and 0 are one time */
  memcpy(&bits, &time, sizeof bits);
  bits ^= (uint64_t)(uint32_t)unit * 0x9E3779B97F4A7C15u;
  bits = (bits ^ (bits >> 32)) * 0xD6E8FEB86659FD93u;
  return bits ^ (bits >> 32);
}

static uint64_t place(const PanelIndex *index, int32_t unit, double time) {
  uint64_t at = hash_cell(unit, time) & index->mask;
  for (;; at = (at + 1) & index->mask) {
    int64_t row = index->slot[at] - 1;
    if (row < 0 || (index->time[row] == time && (!index->unit || index->unit[row] == unit))) return at;
  }
}

PanelIndex *panel_index_new(Run *run, int64_t n, const int32_t *unit, const double *time, int64_t duplicate[2]) {
  duplicate[0] = duplicate[1] = -1;
  PanelIndex *index = NEW(run, PanelIndex);
  uint64_t size = 16;
  while (size < 2 * (uint64_t)n) size *= 2;
  int64_t *slot = NEW_ARRAY(run, int64_t, size);
  if (run_failed(run)) return NULL;
  *index = (PanelIndex){n, unit, time, slot, size - 1};
  for (int64_t row = 0; row < n; row++) {
    if ((unit && unit[row] < 0) || isnan(time[row])) continue;
    uint64_t at = place(index, unit ? unit[row] : 0, time[row]);
    if (slot[at] && duplicate[0] < 0) {
      duplicate[0] = slot[at] - 1;
      duplicate[1] = row;
    }
    if (!slot[at]) slot[at] = row + 1;
    if ((row & 0xFFFF) == 0xFFFF && !run_poll(run, 0x10000 * 4)) return NULL;
  }
  return index;
}

int64_t panel_index_find(const PanelIndex *index, int32_t unit, double time) {
  if (unit < 0 || isnan(time)) return -1;
  return index->slot[place(index, unit, time)] - 1;
}
