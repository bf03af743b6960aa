/* row_store.c: the rows of a source as they are, for virtual tables that show them with computed columns beside. A cell takes nine
 * bytes (a type and eight bytes); text and blobs lie in blocks. */
#include "sql.h"

struct RowStore {
  Run *run;
  int columns;
  int64_t rows, capacity;
  uint8_t *type; /* rows x columns */
  union StoredCell {
    int64_t integer;
    double real;
    const char *text;
  } *cell;
  int32_t *length; /* of text; NULL until there is some */
  char *block;
  size_t left;
};

enum { TEXT_BLOCK = 1 << 16 };

RowStore *row_store_new(Run *run, int columns) {
  RowStore *store = NEW(run, RowStore);
  if (!store) return NULL;
  store->run = run;
  store->columns = columns;
  return store;
}

static bool make_room(RowStore *store) {
  int64_t capacity = store->capacity ? store->capacity * 2 : 64;
  size_t cells = (size_t)capacity * (size_t)store->columns;
  void *type = run_grow(store->run, store->type, cells, sizeof *store->type);
  if (type) store->type = type;
  void *cell = run_grow(store->run, store->cell, cells, sizeof *store->cell);
  if (cell) store->cell = cell;
  void *length = run_grow(store->run, store->length, cells, sizeof *store->length);
  if (length) store->length = length;
  if (run_failed(store->run)) return false;
  store->capacity = capacity;
  return true;
}

static const char *keep_text(RowStore *store, const void *text, int length) {
  size_t bytes = (size_t)length;
  if (bytes > TEXT_BLOCK / 4) return run_text_n(store->run, text, bytes);
  if (store->left < bytes) {
    store->block = run_alloc(store->run, TEXT_BLOCK, 1);
    store->left = store->block ? TEXT_BLOCK : 0;
    if (!store->block) return NULL;
  }
  char *kept = store->block;
  if (bytes) memcpy(kept, text, bytes);
  store->block += bytes;
  store->left -= bytes;
  return kept;
}

void row_store_add(RowStore *store, sqlite3_stmt *statement, int columns) {
  if (run_failed(store->run) || (store->rows == store->capacity && !make_room(store))) return;
  size_t at = (size_t)store->rows * (size_t)store->columns;
  for (int c = 0; c < columns; c++, at++) {
    store->type[at] = (uint8_t)sqlite3_column_type(statement, c);
    switch (store->type[at]) {
      case SQLITE_INTEGER: store->cell[at].integer = sqlite3_column_int64(statement, c); break;
      case SQLITE_FLOAT: store->cell[at].real = sqlite3_column_double(statement, c); break;
      case SQLITE_TEXT:
      case SQLITE_BLOB: {
        const void *text = store->type[at] == SQLITE_TEXT ? (const void *)sqlite3_column_text(statement, c) : sqlite3_column_blob(statement, c);
        store->length[at] = sqlite3_column_bytes(statement, c);
        store->cell[at].text = keep_text(store, text, text ? store->length[at] : 0);
        break;
      }
      default: break;
    }
  }
  store->rows++;
}

int64_t row_store_rows(const RowStore *store) { return store->rows; }

void row_store_result(const RowStore *store, int64_t row, int column, sqlite3_context *context) {
  size_t at = (size_t)row * (size_t)store->columns + (size_t)column;
  switch (store->type[at]) {
    case SQLITE_INTEGER: sqlite3_result_int64(context, store->cell[at].integer); return;
    case SQLITE_FLOAT: sqlite3_result_double(context, store->cell[at].real); return;
    case SQLITE_TEXT: sqlite3_result_text(context, store->cell[at].text, store->length[at], SQLITE_TRANSIENT); return;
    case SQLITE_BLOB: sqlite3_result_blob(context, store->cell[at].text, store->length[at], SQLITE_TRANSIENT); return;
    default: sqlite3_result_null(context);
  }
}

PlainValue row_store_value(const RowStore *store, int64_t row, int column) {
  size_t at = (size_t)row * (size_t)store->columns + (size_t)column;
  switch (store->type[at]) {
    case SQLITE_INTEGER: return (PlainValue){.kind = VALUE_NUMBER, .number = (double)store->cell[at].integer};
    case SQLITE_FLOAT: return (PlainValue){.kind = VALUE_NUMBER, .number = store->cell[at].real};
    case SQLITE_TEXT: return (PlainValue){.kind = VALUE_TEXT, .text = store->cell[at].text, .length = (size_t)store->length[at]};
    case SQLITE_BLOB: return (PlainValue){.kind = VALUE_OTHER};
    default: return (PlainValue){.kind = VALUE_NULL};
  }
}
