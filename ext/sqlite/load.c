/* load.c: rows -> frame.
 *
 * 1. Each input of the plan becomes a raw column: numbers, levels or both, as the plan's variables need it.
 * 2. A row with NULL in a variable that is not optional is left out; so is a row for which where= is not true. Lags need the neighbours
 *    of the rows that are used, so with shifts every row is kept until they are made, and the two rules are applied afterwards.
 * 3. Text or a blob where a number is needed, and an infinite number, make the frame an error that names the column and the value. In a formula so does a
 *    number beyond 1e75, and a column of which no number but 0 reaches 1e-75: squares of products of two columns would leave the range of a double.
 * 4. A window refits from kept rows: what enters is appended, what leaves is skipped by the same rules, and the rows in between are
 *    copied in order with codes by first appearance, so a window gives the bits of an aggregate over the same rows.
 * 5. Every count goes to the ledger.
 * 6. Small integers wait in the place of their codes for the end (or the first other value): looked up in one loop, the misses of one row do not hold
 *    up the next. */
#include "sql.h"

#include <float.h>
#include <stdio.h>

typedef struct RawColumn {
  int input;
  ColumnKind kind;
  bool required; /* NULL leaves the row out at once */
  bool waiting;  /* code holds the integers themselves so far, see rule 6 */
  double *number;
  int32_t *code;
  Levels *levels;
} RawColumn;

#define TOO_LARGE "numbers beyond 1e75 cannot be squared: divide the column, or leave such rows out with where="
static const double FORMULA_LARGEST = 1e75, FORMULA_SMALLEST = 1e-75; /* rule 3 */

struct Builder {
  Run *run;
  double largest;
  const Plan *plan;
  int raws;
  RawColumn *raw;
  int *raw_of;         /* for each variable its raw column, -1 for a combination */
  int where;           /* raw column of where= that can be applied at once, or -1 */
  bool keep_all;
  int64_t first, rows, capacity; /* rows first..rows-1 are alive */
  int64_t read, null, excluded;
  int64_t bad;         /* rows that hold what is no number */
  char bad_message[300];
  int64_t *source_row; /* rows of the source; NULL if not asked for */
  int64_t next_source_row;
  bool want_source_row;
};

static double largest_number(const Model *model) { return model->kind == MODEL_FORMULA ? FORMULA_LARGEST : DBL_MAX; }

static bool has_shift(const Model *model) {
  for (int v = 0; v < model->variables; v++)
    if (model->variable[v].shift != SHIFT_NONE) return true;
  return false;
}

static int raw_column(Builder *builder, int input, ColumnKind kind) {
  for (int r = 0; r < builder->raws; r++)
    if (builder->raw[r].input == input && builder->raw[r].kind == kind) return r;
  RawColumn *raw = &builder->raw[builder->raws];
  raw->input = input;
  raw->kind = kind;
  if (kind == COLUMN_LEVELS) raw->levels = levels_new(builder->run);
  raw->waiting = kind == COLUMN_LEVELS;
  return builder->raws++;
}

static void require_parts(Builder *builder, const Model *model, int v) {
  const Variable *variable = &model->variable[v];
  for (int p = 0; p < variable->parts; p++) require_parts(builder, model, variable->part[p]);
  if (!variable->parts) builder->raw[builder->raw_of[v]].required = true;
}

Builder *builder_new(Run *run, const Plan *plan, bool keep_nulls, bool want_source_row) {
  const Model *model = &plan->model;
  Builder *builder = NEW(run, Builder);
  RawColumn *raw = NEW_ARRAY(run, RawColumn, model->variables);
  int *raw_of = NEW_ARRAY(run, int, model->variables);
  if (run_failed(run)) return NULL;
  builder->run = run;
  builder->plan = plan;
  builder->largest = largest_number(model);
  builder->raw = raw;
  builder->raw_of = raw_of;
  builder->want_source_row = want_source_row;
  bool shifts = has_shift(model);
  builder->keep_all = keep_nulls || shifts;
  for (int v = 0; v < model->variables; v++) raw_of[v] = model->variable[v].parts ? -1 : raw_column(builder, model->variable[v].input, model->variable[v].kind);
  if (!builder->keep_all)
    for (int v = 0; v < model->variables; v++)
      if (!model->variable[v].optional && v != model->where) require_parts(builder, model, v);
  builder->where = model->where >= 0 && !shifts && !model->keep_outside ? raw_of[model->where] : -1;
  return run_failed(run) ? NULL : builder;
}

bool builder_failed(const Builder *builder) { return run_failed(builder->run); }

static void make_room(Builder *builder) {
  /* Columns below some 32 MB are copied when they grow, so that range is passed in few steps; beyond it growing moves pages, and what is
   * not filled takes no memory. */
  enum { MANY = 1 << 18, VERY_MANY = 1 << 22 };
  int64_t capacity = builder->capacity == 0 ? 64 : builder->capacity < MANY ? builder->capacity * 2 : builder->capacity < VERY_MANY ? builder->capacity * 4 : builder->capacity + builder->capacity / 2;
  for (int r = 0; r < builder->raws; r++) {
    RawColumn *raw = &builder->raw[r];
    if (raw->kind == COLUMN_NUMBER) {
      double *moved = run_grow(builder->run, raw->number, (size_t)capacity, sizeof *moved);
      if (!moved) return;
      raw->number = moved;
    } else {
      int32_t *moved = run_grow(builder->run, raw->code, (size_t)capacity, sizeof *moved);
      if (!moved) return;
      raw->code = moved;
    }
  }
  if (builder->want_source_row) {
    int64_t *moved = run_grow(builder->run, builder->source_row, (size_t)capacity, sizeof *moved);
    if (!moved) return;
    builder->source_row = moved;
  }
  builder->capacity = capacity;
}

static bool is_regressor(const Model *model, int input) {
  for (int t = 0; t < model->terms; t++)
    for (int f = 0; f < model->term[t].factors; f++)
      if (model->variable[model->term[t].factor[f].variable].input == input) return true;
  return false;
}

/* What would be right differs: a time cannot be dummies, and of an outcome or a treatment 'yes' is 1. */
static void bad_text(Builder *builder, int input, const char *text) {
  const Model *model = &builder->plan->model;
  const char *name = model->input[input].text;
  char *message = builder->bad_message;
  size_t size = sizeof builder->bad_message;
  if (!text) text = "";
  if (model->time_number >= 0 && model->variable[model->time_number].input == input)
    snprintf(message, size, "the panel's time '%s' holds text ('%.60s'); make numbers of it in the source: CAST(%s AS REAL) of '2011', substr(%s,1,4)*4 + substr(%s,6) of '2011Q4'", name, text,
             name, name, name);
  else if (is_regressor(model, input))
    snprintf(message, size, "column '%s' holds text ('%.60s') where a number is needed; i(%s) makes dummies of it, CAST(%s AS REAL) reads it as a number", name, text, name, name);
  else
    snprintf(message, size, "column '%s' holds text ('%.60s') where a number is needed; (%s = '%.60s') is 1 or 0, CAST(%s AS REAL) reads it as a number", name, text, name, text, name);
}

static void bad_value(Builder *builder, const RawColumn *raw, sqlite3_value *value, double number) {
  if (builder->bad_message[0]) return;
  const char *name = builder->plan->model.input[raw->input].text;
  switch (sqlite3_value_type(value)) {
    case SQLITE_TEXT: bad_text(builder, raw->input, (const char *)sqlite3_value_text(value)); return;
    case SQLITE_BLOB: snprintf(builder->bad_message, sizeof builder->bad_message, "column '%s' holds a blob where a number is needed", name); return;
    default:
      if (fabs(number) <= DBL_MAX) {
        snprintf(builder->bad_message, sizeof builder->bad_message, "column '%s' holds %.6g in row %lld; " TOO_LARGE, name, number, (long long)builder->read);
        return;
      }
      snprintf(builder->bad_message, sizeof builder->bad_message, "column '%s' has an infinite value (%s) in row %lld; leave such rows out with where=", name,
               number > 0 ? "+Inf" : "-Inf", (long long)builder->read);
  }
}

/* Rule 6. */
static void settle(Builder *builder, RawColumn *raw) {
  if (raw->waiting && builder->rows > builder->first) levels_integers(raw->levels, builder->rows - builder->first, raw->code + builder->first);
  raw->waiting = false;
}

typedef enum RowFate { ROW_KEPT, ROW_NULL, ROW_EXCLUDED, ROW_BAD } RowFate;

/* What becomes of a row; with store, its values are written behind the last kept row. */
static RowFate take_row(Builder *builder, sqlite3_value **values, bool store) {
  int64_t at = builder->rows;
  if (builder->where >= 0) {
    sqlite3_value *value = values[builder->raw[builder->where].input];
    if (sqlite3_value_type(value) == SQLITE_NULL || sqlite3_value_double(value) == 0.0) return ROW_EXCLUDED;
  }
  bool missing = false, bad = false;
  for (int r = 0; r < builder->raws; r++) {
    RawColumn *raw = &builder->raw[r];
    sqlite3_value *value = values[raw->input];
    int type = sqlite3_value_type(value);
    if (raw->kind == COLUMN_NUMBER) {
      double number = NAN;
      if (type == SQLITE_FLOAT || type == SQLITE_INTEGER) {
        number = sqlite3_value_double(value);
        if (fabs(number) > builder->largest && raw->required) bad = true;
      } else if (type == SQLITE_NULL) missing |= raw->required;
      else if (r != builder->where) bad = true;
      if (bad) {
        if (store) bad_value(builder, raw, value, number);
        return ROW_BAD;
      }
      if (store) raw->number[at] = number;
    } else {
      if (type == SQLITE_NULL) {
        missing |= raw->required;
        if (store) raw->code[at] = raw->waiting ? LEVELS_MISSING : -1;
        continue;
      }
      if (!store) continue;
      if (type == SQLITE_INTEGER && raw->waiting) {
        int64_t integer = sqlite3_value_int64(value);
        if (integer > LEVELS_MISSING && integer <= INT32_MAX) {
          raw->code[at] = (int32_t)integer;
          continue;
        }
      }
      settle(builder, raw);
      int32_t code;
      if (type == SQLITE_INTEGER) code = levels_integer(raw->levels, sqlite3_value_int64(value));
      else if (type == SQLITE_FLOAT) code = levels_real(raw->levels, sqlite3_value_double(value));
      else {
        const char *text = type == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : sqlite3_value_blob(value);
        int length = sqlite3_value_bytes(value);
        if (!text && length) {
          run_fail(builder->run, "out of memory");
          return ROW_BAD;
        }
        code = levels_text(raw->levels, text ? text : "", length, type == SQLITE_BLOB);
      }
      raw->code[at] = code;
    }
  }
  return missing ? ROW_NULL : ROW_KEPT;
}

static void count_row(Builder *builder, RowFate fate, int64_t sign) {
  builder->read += sign;
  if (fate == ROW_NULL) builder->null += sign;
  if (fate == ROW_EXCLUDED) builder->excluded += sign;
  if (fate == ROW_BAD) builder->bad += sign;
}

void builder_step(Builder *builder, sqlite3_value **values) {
  if (run_failed(builder->run)) return;
  if (builder->rows == builder->capacity) {
    make_room(builder);
    if (run_failed(builder->run)) return;
  }
  RowFate fate = take_row(builder, values, true);
  count_row(builder, fate, 1);
  if (fate == ROW_KEPT) {
    if (builder->source_row) builder->source_row[builder->rows] = builder->next_source_row;
    builder->rows++;
  }
  builder->next_source_row++;
}

void builder_inverse(Builder *builder, sqlite3_value **values) {
  if (run_failed(builder->run)) return;
  RowFate fate = take_row(builder, values, false);
  count_row(builder, fate, -1);
  if (builder->bad == 0) builder->bad_message[0] = 0;
  if (fate != ROW_KEPT) return;
  builder->first++;
  if (builder->first > 1024 && builder->first > builder->rows / 2) { /* the dead front half makes room */
    size_t alive = (size_t)(builder->rows - builder->first);
    for (int r = 0; r < builder->raws; r++) {
      RawColumn *raw = &builder->raw[r];
      if (raw->number) memmove(raw->number, raw->number + builder->first, alive * sizeof *raw->number);
      if (raw->code) memmove(raw->code, raw->code + builder->first, alive * sizeof *raw->code);
    }
    builder->rows -= builder->first;
    builder->first = 0;
  }
}

/* ---- raw columns -> the frame's columns */

static void copy_slice(Run *run, const Builder *builder, int64_t n, RawColumn *raw) {
  if (raw->kind == COLUMN_NUMBER) {
    double *copy = NEW_ARRAY(run, double, n);
    if (copy && n) memcpy(copy, raw->number + builder->first, (size_t)n * sizeof *copy);
    raw->number = copy;
    return;
  }
  Levels *levels = levels_new(run);
  int32_t *code = NEW_ARRAY(run, int32_t, n), *map = NEW_ARRAY(run, int32_t, levels_count(raw->levels));
  if (run_failed(run)) return;
  for (int64_t row = 0; row < n; row++) {
    int32_t old = raw->code[builder->first + row];
    if (old >= 0 && !map[old]) map[old] = levels_add(levels, levels_value(raw->levels, old)) + 1;
    code[row] = old < 0 ? -1 : map[old] - 1;
  }
  raw->code = code;
  raw->levels = levels;
}

/* A lag that no two times of the panel can have is said, before it is a column of NULL. */
static bool possible_lag(Run *run, const Variable *variable, double step) {
  int steps = variable->steps < 0 ? -variable->steps : variable->steps;
  if (variable->one_step || fmod(steps, step) == 0) return true;
  run_fail(run, "%s: no two times are %d apart, all differences are multiples of %.15g; one step back is l(x), or l(x,%.15g)", variable->name, steps, step, step);
  return false;
}

static void shift_column(Run *run, const Model *model, Frame *frame, const PanelIndex *index, double step, int v, const RawColumn *raw) {
  const Variable *variable = &model->variable[v];
  const int32_t *unit = model->unit >= 0 ? frame->column[model->unit].code : NULL;
  const double *time = frame->column[model->time_number].number, *base = raw->number;
  double *shifted = NEW_ARRAY(run, double, frame->rows), back = variable->one_step ? variable->steps * step : variable->steps;
  if (run_failed(run) || !possible_lag(run, variable, step)) return;
  for (int64_t row = 0; row < frame->rows; row++) {
    int64_t source = panel_index_find(index, unit ? unit[row] : 0, time[row] - back);
    double value = source < 0 ? NAN : base[source];
    shifted[row] = variable->shift == SHIFT_LAG ? value : base[row] - value;
    if ((row & 0xFFFF) == 0xFFFF && !run_poll(run, 0x10000 * 4)) return;
  }
  frame->column[v].number = shifted;
}

static void make_shifts(Run *run, const Plan *plan, Frame *frame, const RawColumn *raw, const int *raw_of) {
  const Model *model = &plan->model;
  int64_t duplicate[2];
  const Column *time = &frame->column[model->time_number];
  const PanelIndex *index = panel_index_new(run, frame->rows, model->unit >= 0 ? frame->column[model->unit].code : NULL, time->number, duplicate);
  if (run_failed(run)) return;
  if (duplicate[0] >= 0) {
    if (model->unit >= 0)
      run_fail(run, "two rows have %s = %s and %s = %.15g; lags, leads and differences need one row for each unit and time", model->variable[model->unit].name,
               levels_name(run, frame->column[model->unit].levels, frame->column[model->unit].code[duplicate[0]]), model->variable[model->time_number].name,
               time->number[duplicate[0]]);
    else
      run_fail(run, "two rows have %s = %.15g; lags, leads and differences need one row for each time (panel=unit+time names the unit)",
               model->variable[model->time_number].name, time->number[duplicate[0]]);
    return;
  }
  double step = time_step(run, frame->rows, time->number);
  for (int v = 0; v < model->variables && !run_failed(run); v++)
    if (model->variable[v].shift != SHIFT_NONE) {
      shift_column(run, model, frame, index, step, v, &raw[raw_of[v]]);
      if (model->variable[v].one_step) frame->lag_step = step;
    }
}

static void combine_parts(Run *run, const Model *model, Frame *frame, int v) {
  const Variable *variable = &model->variable[v];
  Column *column = &frame->column[v];
  if (!variable->parts || column->code) return;
  const int32_t **part = NEW_ARRAY(run, const int32_t *, variable->parts);
  if (run_failed(run)) return;
  for (int p = 0; p < variable->parts; p++) {
    combine_parts(run, model, frame, variable->part[p]);
    part[p] = frame->column[variable->part[p]].code;
  }
  if (run_failed(run)) return;
  int32_t count;
  const int32_t *combined = codes_combine(run, frame->rows, variable->parts, part, &count);
  if (run_failed(run)) return;
  Levels *levels = levels_new(run); /* names of the combinations: a_b, as fixest prints them */
  int32_t *code = NEW_ARRAY(run, int32_t, frame->rows);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < frame->rows; row++) {
    code[row] = combined[row];
    if (combined[row] < levels_count(levels)) continue;
    const char *name = NULL; /* a code's first row: name it */
    for (int p = 0; p < variable->parts; p++) {
      const char *piece = levels_name(run, frame->column[variable->part[p]].levels, part[p][row]);
      name = name ? run_format(run, "%s_%s", name, piece) : piece;
      if (run_failed(run)) return;
    }
    int32_t given = levels_text(levels, name, (int)strlen(name), false);
    if (run_failed(run)) return;
    if (given != combined[row]) { /* a_b_c from (a_b, c) and (a, b_c): tell them apart */
      name = run_format(run, "%s (%d)", name, combined[row]);
      if (run_failed(run)) return;
      levels_text(levels, name, (int)strlen(name), false);
    }
    if (run_failed(run)) return;
  }
  column->code = code;
  column->levels = levels;
}

/* Rule 2 for rows that were kept for the sake of their neighbours. */
static void drop_rows(Run *run, const Plan *plan, Frame *frame, bool keep_nulls) {
  const Model *model = &plan->model;
  bool *keep = NEW_ARRAY(run, bool, frame->rows);
  if (run_failed(run)) return;
  const double *where = model->where >= 0 && !model->keep_outside ? frame->column[model->where].number : NULL;
  for (int64_t row = 0; row < frame->rows; row++) keep[row] = !where || (where[row] != 0.0 && !isnan(where[row]));
  int64_t used = 0, inside = 0;
  for (int64_t row = 0; row < frame->rows; row++) inside += keep[row];
  if (!keep_nulls)
    for (int v = 0; v < model->variables; v++) {
      if (model->variable[v].optional || v == model->where) continue;
      const Column *column = &frame->column[v];
      if (column->number)
        for (int64_t row = 0; row < frame->rows; row++) keep[row] &= !isnan(column->number[row]);
      else
        for (int64_t row = 0; row < frame->rows; row++) keep[row] &= column->code[row] >= 0;
    }
  for (int64_t row = 0; row < frame->rows; row++) used += keep[row];
  if (where && frame->ledger.where_excluded == 0) frame->ledger.where_excluded = frame->rows - inside;
  frame->ledger.null += inside - used;
  if (used < frame->rows) frame_keep(run, frame, keep);
  for (int v = 0; v < model->variables && !run_failed(run); v++) { /* what was looked at late */
    const Column *column = &frame->column[v];
    if (!column->number || model->variable[v].optional || v == model->where) continue;
    for (int64_t row = 0; row < frame->rows; row++)
      if (fabs(column->number[row]) > largest_number(model)) {
        if (isinf(column->number[row])) run_fail(run, "column '%s' has an infinite value; leave such rows out with where=", model->variable[v].name);
        else run_fail(run, "column '%s' holds %.6g; " TOO_LARGE, model->variable[v].name, column->number[row]);
        return;
      }
  }
}

/* Rule 3. As a rule the first row that is not 0 ends it. */
static void check_sizes(Run *run, const Model *model, const Frame *frame) {
  for (int v = 0; model->kind == MODEL_FORMULA && v < model->variables; v++) {
    const double *number = frame->column[v].number;
    if (!number || model->variable[v].optional || v == model->where) continue;
    double largest = 0;
    for (int64_t row = 0; row < frame->rows && largest < FORMULA_SMALLEST; row++) largest = fmax(largest, fabs(number[row]));
    if (largest > 0 && largest < FORMULA_SMALLEST)
      run_fail(run, "column '%s' holds no number larger than %.6g; numbers below 1e-75 cannot be squared: multiply the column", model->variable[v].name, largest);
  }
}

Frame *builder_finish(Builder *builder, Run *run, const Plan *plan, bool keep_nulls) {
  if (builder->bad) run_fail(run, "%s", builder->bad_message);
  for (int r = 0; r < builder->raws && !run_failed(builder->run); r++) settle(builder, &builder->raw[r]);
  if (run_failed(builder->run) && !run_failed(run)) {
    run->status = builder->run->status;
    memcpy(run->message, builder->run->message, sizeof run->message);
  }
  const Model *model = &plan->model;
  Frame *frame = NEW(run, Frame);
  Column *column = NEW_ARRAY(run, Column, model->variables);
  RawColumn *raw = NEW_ARRAY(run, RawColumn, builder->raws);
  if (run_failed(run)) return NULL;
  int64_t n = builder->rows - builder->first;
  memcpy(raw, builder->raw, (size_t)builder->raws * sizeof *raw);
  bool own = run == builder->run && builder->first == 0;
  for (int r = 0; r < builder->raws && !own; r++) copy_slice(run, builder, n, &raw[r]);
  if (run_failed(run)) return NULL;
  frame->rows = n;
  frame->columns = model->variables;
  frame->column = column;
  frame->source_row = builder->source_row;
  frame->ledger = (Ledger){.read = builder->read, .null = builder->null, .where_excluded = builder->excluded};
  bool shifts = false;
  for (int v = 0; v < model->variables; v++) {
    const Variable *variable = &model->variable[v];
    column[v].kind = variable->kind;
    if (variable->parts) continue;
    const RawColumn *from = &raw[builder->raw_of[v]];
    if (variable->shift != SHIFT_NONE) shifts = true;
    else if (variable->kind == COLUMN_NUMBER) column[v].number = from->number;
    else {
      column[v].code = from->code;
      column[v].levels = from->levels;
    }
    if (n == 0 && variable->kind == COLUMN_NUMBER && !column[v].number) column[v].number = NEW_ARRAY(run, double, 1);
    if (n == 0 && variable->kind == COLUMN_LEVELS && !column[v].code) column[v].code = NEW_ARRAY(run, int32_t, 1);
  }
  for (int v = 0; v < model->variables; v++) combine_parts(run, model, frame, v);
  if (shifts && !run_failed(run)) make_shifts(run, plan, frame, raw, builder->raw_of);
  if (run_failed(run)) return NULL;
  if (builder->keep_all) drop_rows(run, plan, frame, keep_nulls);
  if (!run_failed(run)) check_sizes(run, model, frame);
  frame->ledger.used = frame->rows;
  return run_failed(run) ? NULL : frame;
}
