/* print_sql.c: one aggregate for every printer: rows -> the text of a table or a figure.
 *
 * 1. NAME(value, ..., options): the values are the printer's arguments; the last text is the options when all arguments are given before it, or when it holds a
 *    "=" or begins with "{" (so that optional arguments may be left out). Options must be the same in every row.
 * 2. A number argument takes numbers and NULL; text there is an error with the argument's name. A fit argument takes fits and NULL.
 * 3. The text that comes back is UTF-8 whatever the values were. Rows stand in the order in which they come: FROM (SELECT ... ORDER BY ...). No rows: NULL. The functions read nothing but their arguments. */
#include "../print/print.h"
#include "sql.h"

enum { ARGUMENTS_MOST = 64 };

typedef struct Argument {
  const char *name;
  int name_length;
  char type; /* 'a' any, 'n' number, 'f' fit */
} Argument;

typedef struct Aggregate {
  Connection *connection;
  const Printer *printer;
  int required, known; /* arguments that must be given; all that are named */
  bool variadic;       /* the last one may be repeated */
  Argument argument[ARGUMENTS_MOST];
} Aggregate;

typedef struct State {
  Run run;
  bool started, broken;
  int columns;          /* values a row, options apart */
  const char *options;  /* NULL: none */
  bool has_options;
  int64_t rows, capacity;
  Cell *cell;
} State;

/* ---- the arguments, as the printer's row names them */

static void read_arguments(Aggregate *aggregate) {
  for (const char *at = aggregate->printer->arguments; *at;) {
    Argument *argument = &aggregate->argument[aggregate->known++];
    assert(aggregate->known <= ARGUMENTS_MOST);
    argument->name = at;
    argument->name_length = (int)strcspn(at, ":");
    at += argument->name_length + 1;
    argument->type = *at;
    at += strspn(at, "abcdefghijklmnopqrstuvwxyz");
    if (*at == '?') at++;
    else aggregate->required = aggregate->known;
    if (strncmp(at, "...", 3) == 0) {
      aggregate->variadic = true;
      at += 3;
    }
    at += strspn(at, ", ");
  }
}

static const Argument *argument_at(const Aggregate *aggregate, int index) { return &aggregate->argument[index < aggregate->known ? index : aggregate->known - 1]; }

static bool looks_like_options(sqlite3_value *value) {
  const char *text = sqlite3_value_type(value) == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
  return text && (strchr(text, '=') || text[strspn(text, " \t\r\n")] == '{' || !*text);
}

/* ---- steps */

static void begin(State *state, const Aggregate *aggregate, int count, sqlite3_value **values) {
  int most = aggregate->variadic ? ARGUMENTS_MOST : aggregate->known;
  state->has_options = count > aggregate->required && (count == most + 1 || looks_like_options(values[count - 1]));
  state->columns = count - state->has_options;
  if (state->columns < aggregate->required || state->columns > most) {
    run_fail(&state->run, "%d arguments were given; it is called as %s", count, aggregate->printer->signature);
    return;
  }
  const char *text = state->has_options ? (const char *)sqlite3_value_text(values[count - 1]) : NULL;
  state->options = text ? run_text(&state->run, text) : NULL;
}

static void same_options(State *state, sqlite3_value *value) {
  const char *text = (const char *)sqlite3_value_text(value);
  if ((!text && state->options) || (text && (!state->options || strcmp(text, state->options) != 0)))
    run_fail(&state->run, "the options differ from row to row: '%.60s', then '%.60s'", state->options ? state->options : "NULL", text ? text : "NULL");
}

static void take_value(State *state, const Argument *argument, sqlite3_value *value, Cell *cell) {
  Run *run = &state->run;
  int type = argument->type == 'n' ? sqlite3_value_numeric_type(value) : sqlite3_value_type(value);
  if (type == SQLITE_INTEGER) cell_integer(cell, sqlite3_value_int64(value));
  else if (type == SQLITE_FLOAT) cell_number(cell, sqlite3_value_double(value));
  else if (type != SQLITE_NULL) {
    const char *text = (const char *)sqlite3_value_text(value);
    if (!text) run_fail(run, "a value of '%.*s' cannot be read", argument->name_length, argument->name);
    else if (argument->type == 'n') run_fail(run, "row %lld: '%.*s' is no number: '%.60s'", (long long)state->rows, argument->name_length, argument->name, text);
    else cell_text(cell, run_text_n(run, text, (size_t)sqlite3_value_bytes(value)));
  }
}

static void add_row(State *state, const Aggregate *aggregate, int count, sqlite3_value **values) {
  if (state->has_options && state->rows) same_options(state, values[count - 1]);
  if (state->rows == state->capacity) {
    int64_t capacity = state->capacity ? state->capacity * 2 : 32;
    Cell *cell = run_grow(&state->run, state->cell, (size_t)capacity * (size_t)state->columns, sizeof *cell);
    if (!cell) return;
    state->cell = cell;
    state->capacity = capacity;
  }
  Cell *row = &state->cell[state->rows++ * state->columns];
  memset(row, 0, (size_t)state->columns * sizeof *row);
  for (int i = 0; i < state->columns && !run_failed(&state->run); i++) take_value(state, argument_at(aggregate, i), values[i], &row[i]);
}

static void step(sqlite3_context *context, int count, sqlite3_value **values) {
  Aggregate *aggregate = sqlite3_user_data(context);
  State *state = sqlite3_aggregate_context(context, sizeof *state);
  if (!state) {
    sqlite3_result_error_nomem(context);
    return;
  }
  if (state->broken) return;
  if (!state->started) {
    state->started = true;
    run_begin(&state->run, &aggregate->connection->host);
    begin(state, aggregate, count, values);
  }
  if (!run_failed(&state->run)) add_row(state, aggregate, count, values);
  if (!run_failed(&state->run)) return;
  state->broken = true;
  report_context(context, &state->run, aggregate->printer->name);
}

/* ---- the end */

static const Fit *const *read_fits(State *state, const Aggregate *aggregate) {
  Run *run = &state->run;
  int at = 0;
  while (at < aggregate->known && aggregate->argument[at].type != 'f') at++;
  if (at == aggregate->known) return NULL;
  const Fit **fit = NEW_ARRAY(run, const Fit *, state->rows);
  for (int64_t r = 0; r < state->rows && !run_failed(run); r++) {
    const Cell *cell = &state->cell[r * state->columns + at];
    if (cell->type == CELL_NULL) continue;
    Fit *one = NEW(run, Fit);
    if (one) fit_read(run, print_cell(run, cell), one);
    fit[r] = one;
  }
  return fit;
}

static void write_out(sqlite3_context *context, State *state, const Aggregate *aggregate) {
  Run *run = &state->run;
  const Estimator options = {.name = aggregate->printer->name, .model = MODEL_NONE, .options = aggregate->printer->options};
  Plan plan = {0};
  Text out = {.run = run};
  plan_compile(run, &options, NULL, "", state->options, 0, NULL, &plan);
  PrintJob job = {run, aggregate->printer, state->rows, state->columns, state->cell, NULL, plan.options, plan.option, &out, NULL};
  if (!run_failed(run)) job.fit = read_fits(state, aggregate);
  text_add(&out, "");
  if (!run_failed(run)) aggregate->printer->print(&job);
  print_repair(&out); /* a user's text may be any bytes; LaTeX and browsers stop at what is no UTF-8 */
  if (run_failed(run)) report_context(context, run, aggregate->printer->name);
  else sqlite3_result_text64(context, out.data, out.length, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void final(sqlite3_context *context) {
  Aggregate *aggregate = sqlite3_user_data(context);
  State *state = sqlite3_aggregate_context(context, 0);
  if (!state || !state->started) return; /* no rows: NULL */
  if (!state->broken) write_out(context, state, aggregate);
  run_end(&state->run);
  state->broken = true;
  connection_rest(aggregate->connection);
}

static void destroy(void *pointer) {
  Aggregate *aggregate = pointer;
  connection_release(aggregate->connection);
  sqlite3_free(aggregate);
}

int printers_register(Connection *connection) {
  int code = SQLITE_OK;
  for (int p = 0; printer_registry[p] && code == SQLITE_OK; p++) {
    Aggregate *aggregate = sqlite3_malloc(sizeof *aggregate);
    if (!aggregate) return SQLITE_NOMEM;
    *aggregate = (Aggregate){.connection = connection_hold(connection), .printer = printer_registry[p]};
    read_arguments(aggregate);
    code = sqlite3_create_function_v2(connection->db, printer_registry[p]->name, -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, aggregate, NULL, step, final, destroy);
  }
  return code;
}
