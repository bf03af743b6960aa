/* help.c: econ_help() lists every function with signature, summary and an example; econ_version(); econ_fit('E', source, model, options). */
#include "../econ.h"
#include "../print/print.h"
#include "sql.h"


/* ---- econ_fit: the same computation as the table-valued function's, as a value */

static void econ_fit(sqlite3_context *context, int count, sqlite3_value **values) {
  Connection *connection = sqlite3_user_data(context);
  Run run;
  run_begin(&run, &connection->host);
  const char *argument[4] = {"", "", "", ""};
  for (int a = 0; a < count && a < 4; a++) {
    const char *text = (const char *)sqlite3_value_text(values[a]);
    argument[a] = run_text(&run, text ? text : "");
  }
  if (count < 2 || count > 4) run_fail(&run, "it takes (estimator, source, model, options), %d arguments were given", count);
  const Estimator *estimator = run_failed(&run) ? NULL : estimator_find(argument[0]);
  if (!run_failed(&run) && !estimator) {
    const char *names[256], *near;
    int known = 0;
    for (; estimator_registry[known] && known < 256; known++) names[known] = estimator_registry[known]->name;
    near = nearest_name(argument[0], known, names);
    run_fail(&run, "no estimator '%s'%s%s%s; SELECT name FROM econ_help() lists them", argument[0], near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
  }
  SourceColumns columns;
  Plan plan = {0};
  Result result = {0};
  const char *sql = NULL;
  if (!run_failed(&run) && !*argument[1]) run_fail(&run, "the source is missing: econ_fit('%s', source, model, options)", argument[0]);
  if (source_enter(&run, connection)) {
    sql = source_sql(&run, connection, argument[1], &columns);
    source_leave(connection);
  }
  if (!run_failed(&run)) plan_compile(&run, estimator, &columns, argument[2], argument[3], 0, NULL, &plan);
  Frame *frame = run_failed(&run) ? NULL : load_frame(&run, connection, sql, &columns, &plan, estimator->flags & ESTIMATOR_KEEP_NULLS, NULL);
  if (frame) {
    connection->depth++;
    job_run(&run, estimator, &plan, frame, false, false, table_loader_new(&run, connection), &result);
    connection->depth--;
  }
  if (run_failed(&run)) report_context(context, &run, estimator ? estimator->name : "econ_fit");
  else emit_fit(context, &run, &result.fit, "econ_fit");
  run_end(&run);
  connection_rest(connection);
}

static void econ_version(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  (void)values;
  char *text = sqlite3_mprintf("sqlite-econ " ECON_VERSION " (SQLite %s, %d workers)", sqlite3_libversion(), parallel_workers());
  if (text) sqlite3_result_text(context, text, -1, sqlite3_free);
  else sqlite3_result_error_nomem(context);
}

/* ---- econ_uniform(seed, i, ...), econ_normal(seed, i, ...): the draw that belongs to these integers, the same on every machine, so that a
 * panel can be simulated in SQL and simulated again. */

static bool draw(sqlite3_context *context, int count, sqlite3_value **values, const char *name, Random *random) {
  uint64_t stream = 0;
  for (int a = 0; a < count; a++) {
    int type = sqlite3_value_numeric_type(values[a]);
    double number = sqlite3_value_double(values[a]);
    if (type == SQLITE_NULL) return false;
    if (type == SQLITE_INTEGER || (type == SQLITE_FLOAT && number == floor(number) && fabs(number) < 0x1p63)) continue;
    const char *text = (const char *)sqlite3_value_text(values[a]);
    char *message = sqlite3_mprintf("%s: '%.60s' is no integer; a draw belongs to a seed and integers: %s(seed, i, ...)", name, text ? text : "", name);
    sqlite3_result_error(context, message, -1);
    sqlite3_free(message);
    return false;
  }
  if (count < 1) {
    char *message = sqlite3_mprintf("%s: it takes a seed and integers that say which draw: %s(seed, i, ...)", name, name);
    sqlite3_result_error(context, message, -1);
    sqlite3_free(message);
    return false;
  }
  for (int a = 1; a < count; a++) { /* integers in order, folded as splitmix64 steps */
    stream = (stream ^ (uint64_t)sqlite3_value_int64(values[a])) + 0x9E3779B97F4A7C15u;
    stream = (stream ^ (stream >> 30)) * 0xBF58476D1CE4E5B9u;
    stream = (stream ^ (stream >> 27)) * 0x94D049BB133111EBu;
    stream ^= stream >> 31;
  }
  *random = random_stream((uint64_t)sqlite3_value_int64(values[0]), stream);
  return true;
}

static void econ_uniform(sqlite3_context *context, int count, sqlite3_value **values) {
  Random random;
  if (draw(context, count, values, "econ_uniform", &random)) sqlite3_result_double(context, random_uniform(&random));
}

static void econ_normal(sqlite3_context *context, int count, sqlite3_value **values) {
  Random random;
  if (draw(context, count, values, "econ_normal", &random)) sqlite3_result_double(context, random_normal(&random));
}

/* ---- econ_help(): rows from the registries */

typedef struct HelpTable {
  sqlite3_vtab base;
  Connection *connection;
} HelpTable;

enum { HELP_NAME, HELP_KIND, HELP_SIGNATURE, HELP_SUMMARY, HELP_OPTIONS, HELP_COLUMNS, HELP_EXAMPLE, HELP_WIDTH };

typedef struct HelpCursor {
  sqlite3_vtab_cursor base;
  Run run;
  int row, rows;
  const char *(*cell)[HELP_WIDTH];
} HelpCursor;

static const char *const SCALARS[][HELP_WIDTH] = {
#include "help_scalars.inc"
};

static const char *join(Run *run, const char *const *words) {
  Text text = {.run = run};
  text_add(&text, "");
  for (int w = 0; words && words[w]; w++) text_format(&text, "%s%s", w ? ", " : "", words[w]);
  return text.data;
}

static const char *options_help(Run *run, const OptionSpec *const *options, const OptionUse *uses) {
  Text text = {.run = run};
  text_add(&text, "");
  for (int g = 0; options[g]; g++)
    for (const OptionSpec *spec = options[g]; spec->name; spec++) {
      text_format(&text, "%s%s", text.length ? "\n" : "", spec->name);
      if (spec->type == OPTION_CHOICE) text_format(&text, "=%s", spec->choices);
      if (spec->fallback) text_format(&text, " [%s]", spec->fallback);
      text_format(&text, ": %s", spec->help);
      for (const OptionUse *use = uses; use && use->option; use++)
        if (strcmp(use->option, spec->name) == 0) text_format(&text, "; for %s=%s", use->other, use->values ? alternatives(run, use->values) : "");
    }
  return text.data;
}

static void fill_help(HelpCursor *cursor) {
  Run *run = &cursor->run;
  int rows = (int)(sizeof SCALARS / sizeof *SCALARS);
  for (int e = 0; estimator_registry[e]; e++) rows++;
  for (int f = 0; fit_function_registry[f]; f++) rows++;
  for (int p = 0; printer_registry[p]; p++) rows++;
  cursor->cell = run_alloc(run, (size_t)rows, sizeof *cursor->cell);
  if (run_failed(run)) return;
  int row = 0;
  for (int e = 0; estimator_registry[e]; e++, row++) {
    const Estimator *estimator = estimator_registry[e];
    const char **cell = cursor->cell[row];
    cell[HELP_NAME] = estimator->name;
    cell[HELP_KIND] = "estimator";
    Text signature = {.run = run};
    text_format(&signature, "%s(source, '%s', 'options')", estimator->name, estimator->model_help ? estimator->model_help : "");
    if (estimator->flags & ESTIMATOR_AGGREGATE)
      text_format(&signature, estimator->short_values ? " | %s([spec,] %s)" : " | %s(spec, values...)", estimator->name, estimator->short_values);
    cell[HELP_SIGNATURE] = signature.data;
    cell[HELP_SUMMARY] = estimator->summary;
    cell[HELP_OPTIONS] = options_help(run, estimator->options, estimator->uses);
    cell[HELP_COLUMNS] = join(run, estimator->columns);
    cell[HELP_EXAMPLE] = estimator->example;
  }
  for (int f = 0; fit_function_registry[f]; f++, row++) {
    const FitFunction *function = fit_function_registry[f];
    const char **cell = cursor->cell[row];
    cell[HELP_NAME] = function->name;
    cell[HELP_KIND] = "function of a fit";
    cell[HELP_SIGNATURE] = run_format(run, "%s(%s)", function->name, function->arguments);
    cell[HELP_SUMMARY] = function->summary;
    cell[HELP_COLUMNS] = join(run, function->columns);
    cell[HELP_EXAMPLE] = function->example;
  }
  for (int p = 0; printer_registry[p]; p++, row++) {
    const Printer *printer = printer_registry[p];
    const char **cell = cursor->cell[row];
    cell[HELP_NAME] = printer->name;
    cell[HELP_KIND] = "aggregate";
    cell[HELP_SIGNATURE] = printer->signature;
    cell[HELP_SUMMARY] = printer->summary;
    cell[HELP_OPTIONS] = options_help(run, printer->options, NULL);
    cell[HELP_EXAMPLE] = printer->example;
  }
  for (size_t s = 0; s < sizeof SCALARS / sizeof *SCALARS; s++, row++) memcpy(cursor->cell[row], SCALARS[s], sizeof SCALARS[s]);
  cursor->rows = run_failed(run) ? 0 : row;
}

static int help_connect(sqlite3 *db, void *auxiliary, int count, const char *const *arguments, sqlite3_vtab **out, char **message) {
  (void)count;
  (void)arguments;
  (void)message;
  int code = sqlite3_declare_vtab(db, "CREATE TABLE x(name, kind, signature, summary, options, columns, example)");
  if (code != SQLITE_OK) return code;
  HelpTable *table = sqlite3_malloc(sizeof *table);
  if (!table) return SQLITE_NOMEM;
  *table = (HelpTable){.connection = auxiliary};
  sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  *out = &table->base;
  return SQLITE_OK;
}

static int help_disconnect(sqlite3_vtab *vtab) {
  sqlite3_free(vtab);
  return SQLITE_OK;
}

static int help_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info) {
  (void)vtab;
  info->estimatedCost = 100;
  return SQLITE_OK;
}

static int help_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out) {
  HelpCursor *cursor = sqlite3_malloc(sizeof *cursor);
  if (!cursor) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof *cursor);
  run_begin(&cursor->run, &((HelpTable *)vtab)->connection->host);
  *out = &cursor->base;
  return SQLITE_OK;
}

static int help_close(sqlite3_vtab_cursor *base) {
  HelpCursor *cursor = (HelpCursor *)base;
  run_end(&cursor->run);
  sqlite3_free(cursor);
  return SQLITE_OK;
}

static int help_filter(sqlite3_vtab_cursor *base, int number, const char *text, int count, sqlite3_value **values) {
  (void)number;
  (void)text;
  (void)count;
  (void)values;
  HelpCursor *cursor = (HelpCursor *)base;
  cursor->row = 0;
  if (!cursor->cell) fill_help(cursor);
  return run_failed(&cursor->run) ? report_vtab(base->pVtab, &cursor->run, "econ_help") : SQLITE_OK;
}

static int help_next(sqlite3_vtab_cursor *base) {
  ((HelpCursor *)base)->row++;
  return SQLITE_OK;
}

static int help_end(sqlite3_vtab_cursor *base) { return ((HelpCursor *)base)->row >= ((HelpCursor *)base)->rows; }

static int help_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
  const HelpCursor *cursor = (HelpCursor *)base;
  const char *text = cursor->cell[cursor->row][column];
  if (text) sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
  return SQLITE_OK;
}

static int help_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((HelpCursor *)base)->row;
  return SQLITE_OK;
}

int help_register(Connection *connection) {
  static const sqlite3_module HELP = {.iVersion = 0, .xConnect = help_connect, .xBestIndex = help_best_index, .xDisconnect = help_disconnect, .xOpen = help_open,
                                      .xClose = help_close, .xFilter = help_filter, .xNext = help_next, .xEof = help_end, .xColumn = help_column, .xRowid = help_rowid};
  int code = sqlite3_create_module_v2(connection->db, "econ_help", &HELP, connection_hold(connection), connection_release);
  if (code == SQLITE_OK)
    code = sqlite3_create_function_v2(connection->db, "econ_version", 0, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, connection_hold(connection), econ_version, NULL, NULL,
                                      connection_release);
  int pure = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  if (code == SQLITE_OK)
    code = sqlite3_create_function_v2(connection->db, "econ_uniform", -1, pure, connection_hold(connection), econ_uniform, NULL, NULL, connection_release);
  if (code == SQLITE_OK)
    code = sqlite3_create_function_v2(connection->db, "econ_normal", -1, pure, connection_hold(connection), econ_normal, NULL, NULL, connection_release);
  if (code == SQLITE_OK)
    code = sqlite3_create_function_v2(connection->db, "econ_fit", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, connection_hold(connection), econ_fit, NULL, NULL, connection_release);
  return code;
}
