/* order.c: sorted numbers, orders, ranks, quantiles, and rows grouped by a code.
 *
 * 1. Radix sort on the bits of the numbers, turned so that they sort as integers: n steps for each byte that differs, so that no order
 *    of the rows is a bad one, and an interrupt is answered between slices. Few numbers: insertion.
 * 2. sort_order is stable: equal numbers stay in the order in which they come (0 and -0 are neighbours, not equal, in it).
 * 3. Quantiles of sorted numbers: type 7 of Hyndman and Fan (1996), R's default, interpolates at (n-1)p; Stata's summarize and _pctile
 *    average the np-th and the next number where np is whole, else take the next (their type 2).
 * NAN must not be among the numbers. */
#include "num.h"

enum { FEW = 48, SLICE = 1 << 15 };

typedef struct Keyed {
  uint64_t key;
  int64_t row;
} Keyed;

static uint64_t key_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static double number_of(uint64_t key) {
  uint64_t bits = key >> 63 ? key & ~((uint64_t)1 << 63) : ~key;
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* Sorts count items of `size` bytes that begin with their key, by way of `other`; true if the result stands in `other`. */
#define DEFINE_RADIX(name, Item, KEY)                                                                       \
  static bool name(Run *run, int64_t n, Item *item, Item *other) {                                          \
    int64_t *count = NEW_ARRAY(run, int64_t, 8 * 256);                                                      \
    if (!count) return false;                                                                               \
    for (int64_t start = 0; start < n; start += SLICE) {                                                    \
      int64_t end = start + SLICE < n ? start + SLICE : n;                                                  \
      for (int64_t i = start; i < end; i++) {                                                               \
        uint64_t key = KEY(item[i]);                                                                        \
        for (int byte = 0; byte < 8; byte++) count[256 * byte + (int)(key >> (8 * byte) & 255)]++;          \
      }                                                                                                     \
      if (!run_poll(run, 4 * SLICE)) return false;                                                          \
    }                                                                                                       \
    bool swapped = false;                                                                                   \
    for (int byte = 0; byte < 8; byte++) {                                                                  \
      int64_t *place = count + 256 * byte, sum = 0;                                                         \
      if (place[(int)(KEY(item[0]) >> (8 * byte) & 255)] == n) continue; /* all the same here */            \
      for (int digit = 0; digit < 256; digit++) {                                                           \
        int64_t here = place[digit];                                                                        \
        place[digit] = sum;                                                                                 \
        sum += here;                                                                                        \
      }                                                                                                     \
      for (int64_t start = 0; start < n; start += SLICE) {                                                  \
        int64_t end = start + SLICE < n ? start + SLICE : n;                                                \
        for (int64_t i = start; i < end; i++) other[place[(int)(KEY(item[i]) >> (8 * byte) & 255)]++] = item[i]; \
        if (!run_poll(run, 2 * SLICE)) return false;                                                        \
      }                                                                                                     \
      Item *before = item;                                                                                  \
      item = other;                                                                                         \
      other = before;                                                                                       \
      swapped = !swapped;                                                                                   \
    }                                                                                                       \
    run_free(run, count);                                                                                   \
    return swapped;                                                                                         \
  }
#define KEY_ITSELF(item) (item)
#define KEY_FIRST(item) ((item).key)
DEFINE_RADIX(radix_keys, uint64_t, KEY_ITSELF)
DEFINE_RADIX(radix_keyed, Keyed, KEY_FIRST)

void sort_numbers(Run *run, int64_t n, double *x) {
  if (run_failed(run)) return;
  if (n <= FEW) {
    for (int64_t i = 1; i < n; i++) {
      double moving = x[i];
      int64_t at = i;
      for (; at > 0 && x[at - 1] > moving; at--) x[at] = x[at - 1];
      x[at] = moving;
    }
    return;
  }
  uint64_t *key = NEW_ARRAY(run, uint64_t, n), *other = NEW_ARRAY(run, uint64_t, n);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) key[i] = key_of(x[i]);
  if (!run_poll(run, (uint64_t)n)) return;
  const uint64_t *sorted = radix_keys(run, n, key, other) ? other : key;
  if (!run_failed(run))
    for (int64_t i = 0; i < n; i++) x[i] = number_of(sorted[i]);
  run_free(run, key);
  run_free(run, other);
}

void sort_order(Run *run, int64_t n, const double *x, int64_t *order) {
  if (run_failed(run)) return;
  if (n <= FEW) {
    for (int64_t i = 0; i < n; i++) {
      int64_t at = i;
      for (; at > 0 && x[order[at - 1]] > x[i]; at--) order[at] = order[at - 1];
      order[at] = i;
    }
    return;
  }
  Keyed *item = NEW_ARRAY(run, Keyed, n), *other = NEW_ARRAY(run, Keyed, n);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) item[i] = (Keyed){key_of(x[i]), i};
  if (!run_poll(run, 2 * (uint64_t)n)) return;
  const Keyed *sorted = radix_keyed(run, n, item, other) ? other : item;
  if (!run_failed(run))
    for (int64_t i = 0; i < n; i++) order[i] = sorted[i].row;
  run_free(run, item);
  run_free(run, other);
  run_poll(run, (uint64_t)n);
}

double rank_numbers(Run *run, int64_t n, const double *x, double *rank) {
  int64_t *order = NEW_ARRAY(run, int64_t, n);
  sort_order(run, n, x, order);
  if (run_failed(run)) return NAN;
  double ties = 0;
  for (int64_t first = 0, asked = 0; first < n;) {
    int64_t end = first + 1;
    while (end < n && x[order[end]] == x[order[first]]) end++;
    double size = (double)(end - first), middle = 0.5 * (double)(first + end + 1);
    ties += size * size * size - size;
    for (int64_t i = first; i < end; i++) rank[order[i]] = middle;
    first = end;
    if (first - asked < SLICE) continue;
    if (!run_poll(run, 20 * (uint64_t)(first - asked))) return NAN;
    asked = first;
  }
  run_free(run, order);
  return ties;
}

double quantile_sorted(int64_t n, const double *sorted, double p, bool stata) {
  if (n <= 0 || isnan(p)) return NAN;
  if (stata) {
    double place = (double)n * p, whole = floor(place + 1e-9 * (1 + fabs(place))); /* 0.1 x 30 is 3 */
    int64_t at = (int64_t)whole;
    if (at >= n) return sorted[n - 1];
    if (at < 0) return sorted[0];
    bool exact = fabs(place - whole) <= 1e-9 * (1 + fabs(place));
    if (exact && at >= 1) return 0.5 * (sorted[at - 1] + sorted[at]);
    return sorted[at];
  }
  double place = (double)(n - 1) * p, whole = floor(place + 4 * 2.220446049250313e-16 * fabs(place)); /* R's fuzz */
  int64_t at = (int64_t)whole;
  if (at >= n - 1) return sorted[n - 1];
  if (at < 0) return sorted[0];
  double part = place - whole;
  return part > 0 && sorted[at] != sorted[at + 1] ? (1 - part) * sorted[at] + part * sorted[at + 1] : sorted[at];
}

void rows_by_code(Run *run, int64_t n, const int32_t *code, int32_t levels, int64_t *first, int64_t *row) {
  if (run_failed(run)) return;
  memset(first, 0, ((size_t)levels + 1) * sizeof *first);
  for (int64_t i = 0; i < n; i++)
    if (code[i] >= 0) first[code[i] + 1]++;
  for (int32_t level = 0; level < levels; level++) first[level + 1] += first[level];
  if (!run_poll(run, (uint64_t)n)) return;
  for (int64_t i = 0; i < n; i++)
    if (code[i] >= 0) row[first[code[i]]++] = i;
  for (int32_t level = levels; level > 0; level--) first[level] = first[level - 1]; /* they stand at the ends now */
  first[0] = 0;
  run_poll(run, 2 * (uint64_t)n);
}
