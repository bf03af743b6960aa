/* rows.c: passes over the rows, the only place where the absorber touches data columns.
 *
 * 1. One pass computes e = column - shift - D1 a1 - D2 a2 (each part optional), puts e back if asked, and adds D1'We and D2'We to sums
 *    (each optional). Everything that the absorber does with rows is one of these passes, see absorb.c.
 * 2. Rows are taken in chunks whose e stays in the first-level cache; up to MAX_LANES columns go together, so that a code is read and its
 *    coefficients are found once for all of them.
 * 3. Runs of equal codes (rows sorted by unit or by time) are summed in registers: through memory each sum would wait for the one before.
 * 4. The sums are those of the rows in their order, whatever the number of lanes: the same bits for a column whatever stands beside it.
 * 5. One thread: at five million rows two, each with half of the columns, took longer when measured.
 * 6. The case that every panel is, two effects without slopes or weights, has a loop of its own: chunk by chunk the same takes two to three times as long. */
#include "absorb.h"

#include <assert.h>

enum { CHUNK = 512 };

KERNEL load(const int lanes, double *const *column, const double *shift, int64_t from, int count, double *e) {
  for (int c = 0; c < lanes; c++) {
    const double *x = column[c] + from;
    double off = shift ? shift[c] : 0;
    for (int r = 0; r < count; r++) e[r * lanes + c] = x[r] - off;
  }
}

KERNEL store(const int lanes, int used, double *const *column, int64_t from, int count, const double *e) {
  for (int c = 0; c < used; c++) {
    double *x = column[c] + from;
    for (int r = 0; r < count; r++) x[r] = e[r * lanes + c];
  }
}

/* e = -fit or e -= fit */
KERNEL take_plain(const int lanes, const bool set, const int32_t *code, int count, const double *fit, double *e) {
  for (int r = 0; r < count; r++) {
    const double *a = fit + (int64_t)code[r] * lanes;
    double left[MAX_LANES];
    for (int c = 0; c < lanes; c++) left[c] = set ? -a[c] : e[r * lanes + c] - a[c];
    for (int c = 0; c < lanes; c++) e[r * lanes + c] = left[c];
  }
}

KERNEL take_sloped(const int lanes, const bool set, const Block *block, int64_t from, int count, const double *fit, double *e) {
  for (int r = 0; r < count; r++) {
    const double *a = fit + (int64_t)block->code[from + r] * block->width * lanes;
    double sum[MAX_LANES] = {0}, z[MAX_WIDTH];
    block_values(block, from + r, z);
    for (int p = 0; p < block->width; p++)
      for (int c = 0; c < lanes; c++) sum[c] += z[p] * a[p * lanes + c];
    for (int c = 0; c < lanes; c++) e[r * lanes + c] = set ? -sum[c] : e[r * lanes + c] - sum[c];
  }
}

KERNEL weigh(const int lanes, const double *weight, int64_t from, int count, double *e, double *norm) {
  double sum[MAX_LANES] = {0};
  for (int r = 0; r < count; r++) {
    double w = weight[from + r];
    for (int c = 0; c < lanes; c++) {
      double x = e[r * lanes + c];
      e[r * lanes + c] = w * x;
      sum[c] += x * (w * x);
    }
  }
  if (norm)
    for (int c = 0; c < lanes; c++) norm[c] += sum[c];
}

KERNEL squares(const int lanes, int count, const double *e, double *norm) {
  double even[MAX_LANES] = {0}, odd[MAX_LANES] = {0};
  int r = 0;
  for (; r + 2 <= count; r += 2)
    for (int c = 0; c < lanes; c++) {
      even[c] += e[r * lanes + c] * e[r * lanes + c];
      odd[c] += e[(r + 1) * lanes + c] * e[(r + 1) * lanes + c];
    }
  if (r < count)
    for (int c = 0; c < lanes; c++) even[c] += e[r * lanes + c] * e[r * lanes + c];
  for (int c = 0; c < lanes; c++) norm[c] += even[c] + odd[c];
}

KERNEL add_plain(const int lanes, const int32_t *code, int count, const double *e, double *sum) {
  for (int r = 0; r < count;) {
    int32_t level = code[r];
    double *to = sum + (int64_t)level * lanes, kept[MAX_LANES];
    for (int c = 0; c < lanes; c++) kept[c] = to[c];
    do {
      for (int c = 0; c < lanes; c++) kept[c] += e[r * lanes + c];
      r++;
    } while (r < count && code[r] == level);
    for (int c = 0; c < lanes; c++) to[c] = kept[c];
  }
}

KERNEL add_sloped(const int lanes, const Block *block, int64_t from, int count, const double *e, double *sum) {
  for (int r = 0; r < count; r++) {
    double *to = sum + (int64_t)block->code[from + r] * block->width * lanes, z[MAX_WIDTH];
    block_values(block, from + r, z);
    for (int p = 0; p < block->width; p++)
      for (int c = 0; c < lanes; c++) to[p * lanes + c] += z[p] * e[r * lanes + c];
  }
}

KERNEL take(const int lanes, bool set, const Block *block, int64_t from, int count, const double *fit, double *e) {
  if (!block_plain(block)) take_sloped(lanes, set, block, from, count, fit, e);
  else if (set) take_plain(lanes, true, block->code + from, count, fit, e);
  else take_plain(lanes, false, block->code + from, count, fit, e);
}

KERNEL add(const int lanes, const Block *block, int64_t from, int count, const double *e, double *sum) {
  if (block_plain(block)) add_plain(lanes, block->code + from, count, e, sum);
  else add_sloped(lanes, block, from, count, e, sum);
}

KERNEL pass_in_lanes(const int lanes, const Absorber *absorber, const Pass *pass, int64_t begin, int64_t end) {
  double e[CHUNK * MAX_LANES];
  const Block *block = absorber->block;
  for (int64_t from = begin; from < end; from += CHUNK) {
    int count = end - from < CHUNK ? (int)(end - from) : CHUNK;
    bool empty = pass->column == NULL;
    assert(!empty || pass->fit_first || pass->fit_rest);
    if (!empty) load(lanes, pass->column, pass->shift, from, count, e);
    if (pass->fit_first) {
      take(lanes, empty, block, from, count, pass->fit_first, e);
      empty = false;
    }
    for (int b = 1; b < absorber->effects && pass->fit_rest; b++) {
      take(lanes, empty, block + b, from, count, pass->fit_rest + (int64_t)block[b].first * lanes, e);
      empty = false;
    }
    if (pass->store) store(lanes, pass->used, pass->column, from, count, e);
    if (absorber->weight) weigh(lanes, absorber->weight, from, count, e, pass->norm);
    else if (pass->norm) squares(lanes, count, e, pass->norm);
    if (pass->sum_first) add(lanes, block, from, count, e, pass->sum_first);
    for (int b = 1; b < absorber->effects && pass->sum_rest; b++)
      add(lanes, block + b, from, count, e, pass->sum_rest + (int64_t)block[b].first * lanes);
  }
}

/* Two effects without slopes or weights, columns given, everything summed (6): what stays of a row never leaves the registers. */
KERNEL pair_in_lanes(const int lanes, const bool fit, const Absorber *absorber, const Pass *pass, int64_t begin, int64_t end) {
  const int32_t *first_code = absorber->block[0].code, *rest_code = absorber->block[1].code;
  double norm[MAX_LANES] = {0}, shift[MAX_LANES] = {0};
  for (int c = 0; c < lanes && pass->shift; c++) shift[c] = pass->shift[c];
  double *column[MAX_LANES];
  for (int c = 0; c < lanes; c++) column[c] = pass->column[c];
  for (int64_t r = begin; r < end;) {
    int32_t level = first_code[r];
    double *to = pass->sum_first + (int64_t)level * lanes, kept[MAX_LANES], first[MAX_LANES];
    for (int c = 0; c < lanes; c++) kept[c] = to[c];
    for (int c = 0; c < lanes; c++) first[c] = fit ? pass->fit_first[(int64_t)level * lanes + c] : 0;
    do {
      int64_t at = (int64_t)rest_code[r] * lanes;
      double e[MAX_LANES];
      for (int c = 0; c < lanes; c++) e[c] = column[c][r] - shift[c];
      for (int c = 0; c < lanes && fit; c++) e[c] -= first[c];
      for (int c = 0; c < lanes && fit; c++) e[c] -= pass->fit_rest[at + c];
      for (int c = 0; c < lanes && fit; c++) column[c][r] = e[c];
      for (int c = 0; c < lanes; c++) norm[c] += e[c] * e[c];
      for (int c = 0; c < lanes; c++) kept[c] += e[c];
      for (int c = 0; c < lanes; c++) pass->sum_rest[at + c] += e[c];
      r++;
    } while (r < end && first_code[r] == level);
    for (int c = 0; c < lanes; c++) to[c] = kept[c];
  }
  for (int c = 0; c < lanes; c++) pass->norm[c] += norm[c];
}

static bool pair_pass(const Absorber *absorber, const Pass *pass) {
  return absorber->effects == 2 && !absorber->weight && block_plain(&absorber->block[0]) && block_plain(&absorber->block[1]) && pass->column && pass->norm && pass->sum_first &&
         pass->sum_rest && pass->store == (pass->fit_first != NULL) && pass->store == (pass->fit_rest != NULL);
}

static void pass_over_pair(const Absorber *absorber, const Pass *pass, int64_t begin, int64_t end) {
  bool fit = pass->store;
  if (pass->lanes == 1) fit ? pair_in_lanes(1, true, absorber, pass, begin, end) : pair_in_lanes(1, false, absorber, pass, begin, end);
  else if (pass->lanes == 2) fit ? pair_in_lanes(2, true, absorber, pass, begin, end) : pair_in_lanes(2, false, absorber, pass, begin, end);
  else fit ? pair_in_lanes(4, true, absorber, pass, begin, end) : pair_in_lanes(4, false, absorber, pass, begin, end);
}

void row_pass(const Absorber *absorber, const Pass *pass) {
  bool pair = pair_pass(absorber, pass);
  for (int64_t begin = 0; begin < absorber->n; begin += CHUNK * 32) {
    int64_t end = absorber->n - begin < CHUNK * 32 ? absorber->n : begin + CHUNK * 32;
    if (pair) pass_over_pair(absorber, pass, begin, end);
    else if (pass->lanes == 1) pass_in_lanes(1, absorber, pass, begin, end);
    else if (pass->lanes == 2) pass_in_lanes(2, absorber, pass, begin, end);
    else pass_in_lanes(4, absorber, pass, begin, end);
    if (!run_poll(absorber->run, (uint64_t)(end - begin) * 2)) return;
  }
}
