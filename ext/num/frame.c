/* frame.c: columns in memory: dictionaries of levels, codes without holes, combinations of codes.
 *
 * 1. A dictionary gives codes in order of first appearance, so that the same rows in the same order give the same codes.
 * 2. Integers are kept as they are (any int64); a real number that is integral becomes one, as SQLite holds 1 and 1.0 equal.
 * 3. Numbers sort by value and before text; text sorts by bytes. */
#include "num.h"

enum { GROWTH = 4 }; /* of a full table */

struct Levels {
  Run *run;
  Level *level;
  int32_t count, capacity;
  int32_t *slot; /* open addressing: code + 1, 0 is free */
  uint32_t mask;
  int32_t last;  /* the code found last: panels repeat themselves */
  int32_t *direct; /* code + 1 of the integers base..base+span-1, where they lie close together: one look instead of a probe */
  int64_t base;
  uint64_t span;
};

static uint64_t mix(uint64_t z) { /* the finaliser of splitmix64 (Steele, Lea, Flood 2014) */
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static uint64_t hash_level(const Level *level) {
  switch (level->type) {
    case LEVEL_INTEGER: return mix((uint64_t)level->as.integer);
    case LEVEL_REAL: {
      uint64_t bits;
      memcpy(&bits, &level->as.real, sizeof bits);
      return mix(bits + 1);
    }
    default: {
      uint64_t h = 1469598103934665603u; /* FNV-1a */
      for (int i = 0; i < level->length; i++) h = (h ^ (unsigned char)level->as.text[i]) * 1099511628211u;
      return mix(h);
    }
  }
}

static bool same_level(const Level *a, const Level *b) {
  if (a->type != b->type) return false;
  if (a->type == LEVEL_INTEGER) return a->as.integer == b->as.integer;
  if (a->type == LEVEL_REAL) return a->as.real == b->as.real;
  return a->length == b->length && memcmp(a->as.text, b->as.text, (size_t)a->length) == 0;
}

Levels *levels_new(Run *run) {
  Levels *levels = NEW(run, Levels);
  if (!levels) return NULL;
  levels->run = run;
  levels->last = -1;
  return levels;
}

/* Identifiers are mostly small integers without great holes. Made anew whenever the table grows; what lies outside is probed for. */
static void make_direct(Levels *levels) {
  enum { FEWEST = 64, SPARSEST = 8 };
  int64_t low = INT64_MAX, high = INT64_MIN;
  for (int32_t code = 0; code < levels->count; code++) {
    if (levels->level[code].type != LEVEL_INTEGER) continue;
    int64_t value = levels->level[code].as.integer;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  run_free(levels->run, levels->direct);
  levels->direct = NULL;
  levels->span = 0;
  if (levels->count < FEWEST || low > high) return;
  uint64_t range = (uint64_t)high - (uint64_t)low + 1, most = (uint64_t)levels->count * SPARSEST;
  if (range == 0 || range > most || low < INT64_MIN / 2 || high > INT64_MAX / 2) return;
  uint64_t span = (2 + GROWTH) * range; /* room for as much again below, and above for what may come before the table grows */
  levels->direct = NEW_ARRAY(levels->run, int32_t, span);
  if (!levels->direct) return;
  levels->span = span;
  levels->base = low - (int64_t)range;
  for (int32_t code = 0; code < levels->count; code++)
    if (levels->level[code].type == LEVEL_INTEGER) levels->direct[levels->level[code].as.integer - levels->base] = code + 1;
}

static bool grow_table(Levels *levels) {
  uint32_t size = levels->slot ? (levels->mask + 1) * GROWTH : 32;
  int32_t *slot = NEW_ARRAY(levels->run, int32_t, size);
  Level *level = levels->level;
  int32_t capacity = (int32_t)(size / 2);
  if (levels->count == 0 && !level) level = NEW_ARRAY(levels->run, Level, capacity); /* small: from the chunk */
  else {
    Level *moved = capacity > 16 && levels->capacity > 16 ? run_grow(levels->run, level, (size_t)capacity, sizeof *level)
                                                          : run_grow(levels->run, NULL, (size_t)capacity, sizeof *level);
    if (moved && levels->capacity <= 16) memcpy(moved, level, (size_t)levels->count * sizeof *level);
    level = moved;
  }
  if (run_failed(levels->run) || !slot || !level) return false;
  levels->level = level;
  levels->capacity = capacity;
  if (levels->slot) run_free(levels->run, levels->slot);
  levels->slot = slot;
  levels->mask = size - 1;
  for (int32_t code = 0; code < levels->count; code++) {
    uint32_t at = (uint32_t)hash_level(&level[code]) & levels->mask;
    while (slot[at]) at = (at + 1) & levels->mask;
    slot[at] = code + 1;
  }
  make_direct(levels);
  return !run_failed(levels->run);
}

static int32_t find_or_add(Levels *levels, const Level *wanted) {
  if (levels->last >= 0 && same_level(&levels->level[levels->last], wanted)) return levels->last;
  if (levels->count >= levels->capacity) {
    if (levels->count >= INT32_MAX / 4) {
      run_fail(levels->run, "more than %d different levels in one column", INT32_MAX / 4);
      return -1;
    }
    if (!grow_table(levels)) return -1;
  }
  uint32_t at = (uint32_t)hash_level(wanted) & levels->mask;
  while (levels->slot[at]) {
    int32_t code = levels->slot[at] - 1;
    if (same_level(&levels->level[code], wanted)) return levels->last = code;
    at = (at + 1) & levels->mask;
  }
  Level added = *wanted;
  if (wanted->type == LEVEL_TEXT || wanted->type == LEVEL_BLOB) {
    added.as.text = run_text_n(levels->run, wanted->as.text, (size_t)wanted->length);
    if (!added.as.text) return -1;
  }
  levels->level[levels->count] = added;
  levels->slot[at] = levels->count + 1;
  if (wanted->type == LEVEL_INTEGER && (uint64_t)wanted->as.integer - (uint64_t)levels->base < levels->span)
    levels->direct[wanted->as.integer - levels->base] = levels->count + 1;
  return levels->last = levels->count++;
}

int32_t levels_integer(Levels *levels, int64_t value) {
  uint64_t at = (uint64_t)value - (uint64_t)levels->base;
  if (at < levels->span && levels->direct[at]) return levels->direct[at] - 1;
  Level level = {.type = LEVEL_INTEGER, .as.integer = value};
  return find_or_add(levels, &level);
}

void levels_integers(Levels *levels, int64_t count, int32_t *values) {
  for (int64_t from = 0; from < count; from += 65536) {
    int64_t to = count - from < 65536 ? count : from + 65536;
    for (int64_t row = from; row < to; row++)
      if (values[row] != LEVELS_MISSING) values[row] = levels_integer(levels, values[row]);
      else values[row] = -1;
    if (!run_poll(levels->run, 65536 * 2)) return;
  }
}

int32_t levels_real(Levels *levels, double value) {
  if (value >= -9223372036854775808.0 && value < 9223372036854775808.0 && value == floor(value)) return levels_integer(levels, (int64_t)value);
  Level level = {.type = LEVEL_REAL, .as.real = value};
  return find_or_add(levels, &level);
}

int32_t levels_text(Levels *levels, const char *text, int length, bool blob) {
  Level level = {.type = blob ? LEVEL_BLOB : LEVEL_TEXT, .length = length, .as.text = text};
  return find_or_add(levels, &level);
}

int32_t levels_add(Levels *levels, const Level *level) { return find_or_add(levels, level); }

int32_t levels_find(const Levels *levels, const Level *wanted) {
  if (!levels->slot) return -1;
  uint32_t at = (uint32_t)hash_level(wanted) & levels->mask;
  while (levels->slot[at]) {
    int32_t code = levels->slot[at] - 1;
    if (same_level(&levels->level[code], wanted)) return code;
    at = (at + 1) & levels->mask;
  }
  return -1;
}

int32_t levels_count(const Levels *levels) { return levels->count; }

const Level *levels_value(const Levels *levels, int32_t code) {
  assert(code >= 0 && code < levels->count);
  return &levels->level[code];
}

double levels_number(const Levels *levels, int32_t code) {
  if (code < 0) return NAN;
  const Level *level = levels_value(levels, code);
  if (level->type == LEVEL_INTEGER) return (double)level->as.integer;
  return level->type == LEVEL_REAL ? level->as.real : NAN;
}

const char *level_name(Run *run, const Level *level) {
  switch (level->type) {
    case LEVEL_INTEGER: return run_format(run, "%lld", (long long)level->as.integer);
    case LEVEL_REAL: {
      Text digits = {.run = run};
      text_number(&digits, level->as.real);
      return digits.data;
    }
    case LEVEL_TEXT: return level->as.text;
    default: return run_format(run, "blob of %d bytes", level->length);
  }
}

const char *levels_name(Run *run, const Levels *levels, int32_t code) { return level_name(run, levels_value(levels, code)); }

int level_compare(const Level *a, const Level *b) {
  bool a_number = a->type == LEVEL_INTEGER || a->type == LEVEL_REAL, b_number = b->type == LEVEL_INTEGER || b->type == LEVEL_REAL;
  if (a_number && b_number) {
    if (a->type == LEVEL_INTEGER && b->type == LEVEL_INTEGER) return (a->as.integer > b->as.integer) - (a->as.integer < b->as.integer);
    double x = a->type == LEVEL_INTEGER ? (double)a->as.integer : a->as.real, y = b->type == LEVEL_INTEGER ? (double)b->as.integer : b->as.real;
    return (x > y) - (x < y);
  }
  if (a_number != b_number) return a_number ? -1 : 1;
  if (a->type != b->type) return a->type == LEVEL_TEXT ? -1 : 1;
  int shorter = a->length < b->length ? a->length : b->length, order = memcmp(a->as.text, b->as.text, (size_t)shorter);
  return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* Merge sort: stable, and its worst case is its usual case. */
int32_t levels_sorted(Run *run, const Levels *levels, const bool *present, int32_t *order) {
  int32_t count = 0;
  for (int32_t code = 0; code < levels->count; code++)
    if (!present || present[code]) order[count++] = code;
  int32_t *other = NEW_ARRAY(run, int32_t, count);
  if (run_failed(run)) return 0;
  int32_t *from = order, *to = other;
  for (int32_t width = 1; width < count; width = width > INT32_MAX / 2 ? INT32_MAX : 2 * width) {
    for (int32_t left = 0; left < count; left += 2 * width) {
      int32_t middle = left + width < count ? left + width : count, end = middle + width < count ? middle + width : count;
      int32_t i = left, j = middle;
      for (int32_t at = left; at < end; at++) {
        bool take_left = i < middle && (j >= end || level_compare(&levels->level[from[i]], &levels->level[from[j]]) <= 0);
        to[at] = take_left ? from[i++] : from[j++];
      }
    }
    int32_t *swap = from;
    from = to;
    to = swap;
    if (!run_poll(run, (uint64_t)count * 10)) return 0;
  }
  if (from != order) memcpy(order, from, (size_t)count * sizeof *order);
  run_free(run, other);
  return count;
}

void frame_keep(Run *run, Frame *frame, const bool *keep) {
  if (run_failed(run)) return;
  int64_t kept = 0;
  for (int64_t row = 0; row < frame->rows; row++) kept += keep[row];
  for (int c = 0; c < frame->columns; c++) {
    Column *column = &frame->column[c];
    bool shared = false; /* two variables may be one column in memory */
    for (int before = 0; before < c && !shared; before++)
      shared = (column->number && frame->column[before].number == column->number) || (column->code && frame->column[before].code == column->code);
    if (shared) continue;
    int64_t to = 0;
    if (column->number)
      for (int64_t row = 0; row < frame->rows; row++) {
        column->number[to] = column->number[row];
        to += keep[row];
      }
    to = 0;
    if (column->code)
      for (int64_t row = 0; row < frame->rows; row++) {
        column->code[to] = column->code[row];
        to += keep[row];
      }
    if (!run_poll(run, (uint64_t)frame->rows)) return;
  }
  if (frame->source_row) {
    int64_t to = 0;
    for (int64_t row = 0; row < frame->rows; row++)
      if (keep[row]) frame->source_row[to++] = frame->source_row[row];
  }
  frame->rows = kept;
}

const int32_t *codes_dense(Run *run, int64_t n, const int32_t *code, int32_t levels, int32_t *count) {
  *count = 0;
  int32_t *dense = NEW_ARRAY(run, int32_t, levels); /* code + 1 -> dense code + 1 */
  if (run_failed(run)) return NULL;
  bool moved = false;
  int32_t found = 0;
  for (int64_t row = 0; row < n; row++) {
    int32_t *d = &dense[code[row]];
    if (!*d) {
      *d = ++found;
      moved |= code[row] != found - 1;
    }
  }
  *count = found;
  const int32_t *result = code;
  if (moved) { /* levels that no row has, or a different order of appearance */
    int32_t *renumbered = NEW_ARRAY(run, int32_t, n);
    if (run_failed(run)) return NULL;
    for (int64_t row = 0; row < n; row++) renumbered[row] = dense[code[row]] - 1;
    result = renumbered;
  }
  run_free(run, dense);
  run_poll(run, (uint64_t)n);
  return result;
}

const int32_t *codes_by_value(Run *run, int64_t n, const int32_t *code, const Levels *levels, int32_t *count) {
  *count = 0;
  bool *present = NEW_ARRAY(run, bool, levels->count);
  int32_t *order = NEW_ARRAY(run, int32_t, levels->count), *rank = NEW_ARRAY(run, int32_t, levels->count), *ranked = NEW_ARRAY(run, int32_t, n);
  if (run_failed(run)) return NULL;
  for (int64_t row = 0; row < n; row++) present[code[row]] = true;
  int32_t found = levels_sorted(run, levels, present, order);
  if (run_failed(run)) return NULL;
  for (int32_t k = 0; k < found; k++) rank[order[k]] = k;
  for (int64_t row = 0; row < n; row++) ranked[row] = rank[code[row]];
  run_free(run, present);
  run_free(run, order);
  run_free(run, rank);
  *count = found;
  run_poll(run, (uint64_t)n * 2);
  return ranked;
}

const int32_t *codes_combine(Run *run, int64_t n, int columns, const int32_t *const *code, int32_t *count) {
  *count = 0;
  const int32_t *so_far = code[0];
  for (int c = 1; c < columns; c++) {
    /* Pairs (so far, next) are hashed: their number is at most n, however many levels there are. */
    Levels *pairs = levels_new(run);
    int32_t *combined = NEW_ARRAY(run, int32_t, n);
    if (run_failed(run)) return NULL;
    for (int64_t row = 0; row < n; row++) {
      combined[row] = so_far[row] < 0 || code[c][row] < 0 ? -1 : levels_integer(pairs, ((int64_t)so_far[row] << 32) | code[c][row]);
      if ((row & 0xFFFF) == 0xFFFF && !run_poll(run, 0x10000 * 4)) return NULL;
    }
    if (run_failed(run)) return NULL;
    *count = levels_count(pairs);
    so_far = combined;
  }
  if (columns == 1) {
    int32_t most = -1;
    for (int64_t row = 0; row < n; row++)
      if (code[0][row] > most) most = code[0][row];
    *count = most + 1;
  }
  return so_far;
}
