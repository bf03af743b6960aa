/* panel.c: finds the row of a unit at a time, so that lags go over real time steps.
 *
 * 1. The lag k of a row is the row of the same unit whose time is exactly k less; where there is none it is missing: a gap is a gap.
 * 2. Two rows of one unit at one time make lags ambiguous: the caller is told which.
 * 3. One step of the time is the greatest common divisor of the differences between times, as fixest's time.step="unitary": 10 in a panel of 1980, 1990 and 2010. */
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

double time_step(Run *run, int64_t n, const double *time) {
  static const double WHOLE = 0x1p53;
  double first = NAN, step = 0;
  for (int64_t row = 0; row < n && step != 1; row++) { /* (3): Euclid's algorithm on numbers that doubles hold exactly */
    if (isnan(time[row])) continue;
    if (time[row] != floor(time[row]) || fabs(time[row]) > WHOLE / 2) return 1;
    if (isnan(first)) first = time[row];
    double a = fabs(time[row] - first), b = step;
    while (b > 0) {
      double rest = fmod(a, b);
      a = b;
      b = rest;
    }
    step = a;
    if ((row & 0xFFFF) == 0xFFFF && !run_poll(run, 0x10000 * 4)) break;
  }
  return step > 0 ? step : 1;
}
