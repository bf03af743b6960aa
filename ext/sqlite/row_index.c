/* row_index.c: finds the rows of a kept table whose columns equal given values, for joins on what a function or virtual table shows.
 *
 * 1. What is found holds every row for which SQLite's = is true, and may hold others: SQLite checks again (the constraint is not omitted).
 * 2. A lookup is sure where a column is all numbers and the value is a number, or all text and the value is text, NULL apart on either side; any other mixture
 *    (affinities could make '5' equal 5) is answered by a walk over all rows. NULL equals nothing.
 * 3. Numbers are hashed as doubles: equal numbers, whole or not, have equal doubles. Rows come in their own order. */
#include "sql.h"

struct RowIndex {
  uint64_t mask;
  int64_t *head, *next;  /* rows with the same hash, -1 behind the last */
  int columns;
  uint8_t *kinds;        /* what each column holds: bits of ValueKind */
};

static uint64_t mixed(uint64_t hash, const void *bytes, size_t length) { /* FNV-1a */
  const uint8_t *byte = bytes;
  for (size_t i = 0; i < length; i++) hash = (hash ^ byte[i]) * 0x100000001b3u;
  return hash ^ hash >> 29;
}

static uint64_t hashed(uint64_t hash, const PlainValue *value) {
  if (value->kind == VALUE_TEXT) return mixed(hash, value->text, value->length);
  double number = value->number == 0 ? 0 : value->number; /* -0 is 0 */
  return mixed(hash, &number, sizeof number);
}

enum { SEED = 1469598103 };

RowIndex *row_index_new(Run *run, int64_t rows, int columns, PlainValue (*value)(const void *table, int64_t row, int column), const void *table) {
  RowIndex *index = NEW(run, RowIndex);
  uint64_t buckets = 16;
  while (buckets < (uint64_t)rows) buckets *= 2;
  if (!index) return NULL;
  *index = (RowIndex){.mask = buckets - 1, .head = NEW_ARRAY(run, int64_t, buckets), .next = NEW_ARRAY(run, int64_t, rows + 1), .columns = columns,
                      .kinds = NEW_ARRAY(run, uint8_t, columns)};
  if (run_failed(run)) return NULL;
  for (uint64_t b = 0; b < buckets; b++) index->head[b] = -1;
  for (int64_t row = rows - 1; row >= 0; row--) { /* from the last, so that chains rise */
    uint64_t hash = SEED;
    bool null = false;
    for (int c = 0; c < columns; c++) {
      PlainValue cell = value(table, row, c);
      index->kinds[c] |= (uint8_t)cell.kind;
      if (cell.kind == VALUE_NULL) null = true;
      else if (cell.kind != VALUE_OTHER) hash = hashed(hash, &cell);
    }
    index->next[row] = -1;
    if (null) continue; /* equals nothing */
    index->next[row] = index->head[hash & index->mask];
    index->head[hash & index->mask] = row;
    if (row % 65536 == 0 && !run_poll(run, 65536)) return NULL;
  }
  return index;
}

bool row_index_find(const RowIndex *index, const PlainValue *values, int64_t *row) {
  uint64_t hash = SEED;
  *row = -1;
  for (int c = 0; c < index->columns; c++)
    if (values[c].kind == VALUE_NULL) return true;
  for (int c = 0; c < index->columns; c++) {
    if (values[c].kind == VALUE_OTHER || index->kinds[c] & ~(values[c].kind | VALUE_NULL)) return false;
    hash = hashed(hash, &values[c]);
  }
  *row = index->head[hash & index->mask];
  return true;
}

int64_t row_index_next(const RowIndex *index, int64_t row) { return index->next[row]; }
