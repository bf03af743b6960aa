/* fit_tables.c: table-valued functions of a kept fit, all through one module.
 *
 * 1. A function is a FitFunction: its arguments are hidden columns behind its own, its rows are computed in xFilter. The ones here only show
 *    what a fit holds; the estimators' layer lists more in fit_function_registry. The first argument's column is called kept_fit, since in
 *    FROM models, fit_terms(fit) a column `fit` of ours would make that of the user ambiguous, and in a subquery even hide it.
 * 2. A fit that is NULL, another NULL argument that must be given, or a fit with an error gives no rows (fit_rows shows the rows of such a
 *    fit too: there one looks for the reason). A text that is no fit is an error.
 * 3. fit_terms(fit): every term, those of other parts too; `attributes`, hidden, is a JSON object of what else a term has.
 *    fit_stats(fit): nobs, the statistics, then the words. fit_vcov(fit): the full square, NULL where a term was dropped.
 * 4. The functions are pure, so that views may use them: innocuous.
 * 5. A column's name that ends in " hidden" is declared so, behind the arguments, since SQLite gives arguments to the first hidden columns;
 *    such columns are the last of their function. */
#include "sql.h"

/* ------------------------------------------------------------------------------------------------ what a fit holds */

static void rows_terms(Run *run, const Fit *fit, const FitArguments *arguments, Result *result) {
  (void)arguments;
  for (int i = 0; i < fit->terms; i++) {
    const FitTerm *term = &fit->term[i];
    Cell *row = result_add_row(result);
    if (!row) return;
    cell_text(&row[0], term->part);
    cell_text(&row[1], term->term);
    cell_number(&row[2], term->estimate);
    cell_number(&row[3], term->std_error);
    cell_number(&row[4], term->statistic);
    cell_number(&row[5], term->p_value);
    cell_number(&row[6], term->conf_low);
    cell_number(&row[7], term->conf_high);
    Text json = {.run = run};
    text_add(&json, "{");
    for (int j = 0; j < term->attributes; j++) {
      if (j) text_add(&json, ",");
      json_string(&json, term->attribute[j].name);
      text_add(&json, ":");
      if (term->attribute[j].text) json_string(&json, term->attribute[j].text);
      else text_number(&json, term->attribute[j].number);
    }
    text_add(&json, "}");
    cell_text(&row[8], json.data);
  }
}

static void rows_stats(Run *run, const Fit *fit, const FitArguments *arguments, Result *result) {
  (void)run;
  (void)arguments;
  Cell *row = result_add_row(result);
  if (!row) return;
  cell_text(&row[0], "nobs");
  cell_integer(&row[1], fit->nobs);
  for (int i = 0; i < fit->stats; i++) {
    if (strcmp(fit->stat[i].name, "nobs") == 0) continue;
    row = result_add_row(result);
    if (!row) return;
    cell_text(&row[0], fit->stat[i].name);
    cell_number(&row[1], fit->stat[i].value);
  }
  for (int i = 0; i < fit->words; i++) {
    row = result_add_row(result);
    if (!row) return;
    cell_text(&row[0], fit->word[i].name);
    cell_text(&row[1], fit->word[i].value);
  }
  if (!fit->vcov_type || fit_word_value(fit, "vcov")) return;
  row = result_add_row(result);
  if (!row) return;
  cell_text(&row[0], "vcov");
  cell_text(&row[1], fit->vcov_type);
}

static void rows_tests(Run *run, const Fit *fit, const FitArguments *arguments, Result *result) {
  (void)run;
  (void)arguments;
  for (int i = 0; i < fit->tests; i++) {
    const FitTest *test = &fit->test[i];
    Cell *row = result_add_row(result);
    if (!row) return;
    cell_text(&row[0], test->test);
    cell_text(&row[1], test->subject);
    cell_text(&row[2], test->h0);
    cell_number(&row[3], test->statistic);
    cell_count(&row[4], test->df1);
    cell_count(&row[5], test->df2);
    cell_number(&row[6], test->p_value);
    cell_number(&row[7], test->critical);
    cell_text(&row[8], test->note);
  }
}

static void rows_ledger(Run *run, const Fit *fit, const FitArguments *arguments, Result *result) {
  (void)arguments;
  const Ledger *ledger = &fit->ledger;
  const struct {
    const char *name;
    int64_t rows;
  } entries[] = {{"read", ledger->read},
                 {"where_excluded", ledger->where_excluded},
                 {"null", ledger->null},
                 {"singleton", ledger->singleton},
                 {"zero_weight", ledger->zero_weight},
                 {"separated", ledger->separated},
                 {ledger->other_why ? run_format(run, "other: %s", ledger->other_why) : "other", ledger->other},
                 {"used", ledger->used}};
  for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
    Cell *row = result_add_row(result);
    if (!row) return;
    cell_text(&row[0], entries[i].name);
    cell_integer(&row[1], entries[i].rows);
  }
}

static void rows_vcov(Run *run, const Fit *fit, const FitArguments *arguments, Result *result) {
  (void)arguments;
  int k = fit->vcov_terms;
  for (int i = 0; i < k; i++) {
    if (!run_poll(run, (uint64_t)k * 10)) return;
    for (int j = 0; j < k; j++) {
      Cell *row = result_add_row(result);
      if (!row) return;
      cell_text(&row[0], fit->term[i].term);
      cell_text(&row[1], fit->term[j].term);
      cell_number(&row[2], fit->vcov[(size_t)i + (size_t)j * (size_t)k]);
    }
  }
}

static const FitFunction CONTENTS[] = {
    {.name = "fit_terms",
     .arguments = "fit",
     .columns = (const char *const[]){"part", "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "attributes hidden", NULL},
     .rows = rows_terms},
    {.name = "fit_stats", .arguments = "fit", .columns = (const char *const[]){"name", "value", NULL}, .rows = rows_stats},
    {.name = "fit_tests",
     .arguments = "fit",
     .columns = (const char *const[]){"test", "subject", "h0", "statistic", "df1", "df2", "p_value", "critical", "note", NULL},
     .rows = rows_tests},
    {.name = "fit_rows", .arguments = "fit", .columns = (const char *const[]){"name", "rows", NULL}, .rows = rows_ledger},
    {.name = "fit_vcov", .arguments = "fit", .columns = (const char *const[]){"term1", "term2", "value", NULL}, .rows = rows_vcov},
};

/* ------------------------------------------------------------------------------------------------ the module */

enum { ARGUMENT_LIMIT = 16 };

typedef struct Module {
  Connection *connection;
  const FitFunction *function;
  int columns;            /* of the rows that the function computes */
  int visible;            /* the first of them */
  int arguments;          /* the fit and the function's own: behind the visible ones */
  unsigned needed;        /* bit i: argument i must be given */
} Module;

typedef struct Table {
  sqlite3_vtab base;
  const Module *module;
} Table;

typedef struct Cursor {
  sqlite3_vtab_cursor base;
  Run run; /* fit, arguments and rows */
  Result result;
  int64_t row;
  sqlite3_value *given[ARGUMENT_LIMIT]; /* what the hidden columns show; NULL: not given */
} Cursor;

/* The next name of "fit, hypotheses, level?"; NULL at the end. */
static const char *next_argument(const char *list, int *length, bool *optional) {
  while (*list == ' ' || *list == ',' || *list == '?') list++;
  *length = (int)strcspn(list, " ,?");
  *optional = list[*length] == '?';
  return *length ? list : NULL;
}

static int connect(sqlite3 *db, void *auxiliary, int count, const char *const *words, sqlite3_vtab **out, char **message) {
  (void)count, (void)words;
  const Module *module = auxiliary;
  Run run;
  run_begin(&run, &module->connection->host);
  Text sql = {.run = &run};
  text_add(&sql, "CREATE TABLE x(");
  for (int i = 0; i < module->visible; i++) {
    text_add(&sql, i ? ", " : "");
    text_identifier(&sql, module->function->columns[i]);
  }
  const char *name = module->function->arguments;
  bool optional;
  for (int i = 0, length; i < module->arguments; i++, name += length) {
    name = next_argument(name, &length, &optional);
    if (i) text_format(&sql, ", \"%.*s\" HIDDEN", length, name);
    else text_add(&sql, ", kept_fit HIDDEN"); /* (1) */
  }
  for (int i = module->visible; i < module->columns; i++) {
    text_add(&sql, ", ");
    text_add(&sql, module->function->columns[i]); /* a plain word and "hidden" */
  }
  text_add(&sql, ")");
  int code = run_failed(&run) ? SQLITE_NOMEM : sqlite3_declare_vtab(db, sql.data);
  run_end(&run);
  if (code != SQLITE_OK) {
    *message = sqlite3_mprintf("%s: %s", module->function->name, sqlite3_errmsg(db));
    return code;
  }
  Table *table = sqlite3_malloc(sizeof *table);
  if (!table) return SQLITE_NOMEM;
  *table = (Table){.module = module};
  sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  *out = &table->base;
  return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *table) {
  sqlite3_free(table);
  return SQLITE_OK;
}

/* idxNum has a bit for each argument that is given; they come in their own order. */
static int best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  const Module *module = ((Table *)base)->module;
  int constraint[ARGUMENT_LIMIT], given = 0;
  bool unusable = false, missing = false;
  for (int i = 0; i < module->arguments; i++) constraint[i] = -1;
  for (int i = 0; i < info->nConstraint; i++) {
    int argument = info->aConstraint[i].iColumn - module->visible;
    if (argument < 0 || argument >= module->arguments || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (!info->aConstraint[i].usable) unusable = true;
    else if (constraint[argument] < 0) constraint[argument] = i; /* a second condition on it is checked by SQLite, which sees the first one's value */
  }
  if (unusable) return SQLITE_CONSTRAINT;
  info->idxNum = 0;
  for (int i = 0; i < module->arguments; i++) {
    if (constraint[i] >= 0) {
      info->idxNum |= 1 << i;
      info->aConstraintUsage[constraint[i]].argvIndex = ++given;
      info->aConstraintUsage[constraint[i]].omit = 1;
    } else if (module->needed >> i & 1) {
      missing = true;
    }
  }
  info->estimatedCost = missing ? 1e30 : 100; /* SQLite plans each side of an OR without our arguments, too: a plan never to be taken unless they really are missing */
  info->estimatedRows = 10;
  return SQLITE_OK;
}

/* The i-th argument was not given. */
static int say_missing(sqlite3_vtab *base, const FitFunction *function, int i) {
  const char *name = function->arguments;
  int length = 0;
  bool optional;
  for (int j = 0; j <= i; j++) name = next_argument(j ? name + length : name, &length, &optional);
  sqlite3_free(base->zErrMsg);
  base->zErrMsg = sqlite3_mprintf("%s: the argument '%.*s' is missing: %s(%s)", function->name, length, name, function->name, function->arguments);
  return base->zErrMsg ? SQLITE_ERROR : SQLITE_NOMEM;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  Cursor *cursor = sqlite3_malloc(sizeof *cursor);
  if (!cursor) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof *cursor);
  run_begin(&cursor->run, &((Table *)base)->module->connection->host);
  *out = &cursor->base;
  return SQLITE_OK;
}

static void forget(Cursor *cursor) {
  for (int i = 0; i < ARGUMENT_LIMIT; i++) {
    sqlite3_value_free(cursor->given[i]);
    cursor->given[i] = NULL;
  }
  run_end(&cursor->run);
  memset(&cursor->result, 0, sizeof cursor->result);
  cursor->row = 0;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
  forget((Cursor *)base);
  sqlite3_free(base);
  return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int given, const char *unused, int count, sqlite3_value **values) {
  (void)unused, (void)count;
  Cursor *cursor = (Cursor *)base;
  const Module *module = ((Table *)base->pVtab)->module;
  const FitFunction *function = module->function;
  forget(cursor);
  Run *run = &cursor->run;
  run_begin(run, &module->connection->host);
  for (int i = 0; i < module->arguments; i++)
    if ((module->needed & ~(unsigned)given) >> i & 1) return say_missing(base->pVtab, function, i);
  const char *text[ARGUMENT_LIMIT] = {0};
  double number[ARGUMENT_LIMIT];
  for (int i = 0, used = 0; i < module->arguments; i++) {
    number[i] = (double)NAN;
    if (!(given >> i & 1)) continue;
    sqlite3_value *asked = values[used++], *kept = sqlite3_value_dup(asked);
    cursor->given[i] = kept;
    if (!kept) return SQLITE_NOMEM;
    if (sqlite3_value_type(kept) == SQLITE_NULL) {
      if (module->needed >> i & 1) return SQLITE_OK; /* no rows */
      continue;
    }
    text[i] = (const char *)sqlite3_value_text(kept);
    if (!text[i]) return SQLITE_NOMEM;
    int type = sqlite3_value_numeric_type(asked);
    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) number[i] = sqlite3_value_double(asked);
  }
  result_begin(run, &cursor->result, module->columns);
  Fit fit;
  fit_read(run, text[0], &fit);
  if (!run_failed(run) && (!fit.error || function->rows == rows_ledger)) {
    FitArguments arguments = {module->arguments - 1, text + 1, number + 1};
    function->rows(run, &fit, &arguments, &cursor->result);
  }
  connection_rest(module->connection);
  return run_failed(run) ? report_vtab(base->pVtab, run, function->name) : SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *base) {
  ((Cursor *)base)->row++;
  return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *base) {
  const Cursor *cursor = (const Cursor *)base;
  return cursor->row >= cursor->result.rows;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int index) {
  const Cursor *cursor = (const Cursor *)base;
  const Module *module = ((Table *)base->pVtab)->module;
  int argument = index - module->visible;
  const Cell *row = cursor->result.cell + cursor->row * module->columns;
  if (argument < 0) emit_cell(context, &row[index]);
  else if (argument >= module->arguments) emit_cell(context, &row[index - module->arguments]);
  else if (cursor->given[argument]) sqlite3_result_value(context, cursor->given[argument]);
  return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((const Cursor *)base)->row + 1;
  return SQLITE_OK;
}

/* ------------------------------------------------------------------------------------------------ registration */

static void release(void *pointer) {
  Module *module = pointer;
  connection_release(module->connection);
  sqlite3_free(module);
}

static int register_table(Connection *connection, const FitFunction *function) {
  static const sqlite3_module MODULE = {.xConnect = connect, /* no xCreate: eponymous only */
                                        .xBestIndex = best_index,
                                        .xDisconnect = disconnect,
                                        .xOpen = open_cursor,
                                        .xClose = close_cursor,
                                        .xFilter = filter,
                                        .xNext = next,
                                        .xEof = at_end,
                                        .xColumn = column,
                                        .xRowid = rowid};
  Module *module = sqlite3_malloc(sizeof *module);
  if (!module) return SQLITE_NOMEM;
  *module = (Module){.connection = connection_hold(connection), .function = function};
  for (; function->columns[module->columns]; module->columns++) module->visible += !strstr(function->columns[module->columns], " hidden");
  int length;
  bool optional;
  for (const char *name = next_argument(function->arguments, &length, &optional); name; name = next_argument(name + length, &length, &optional)) {
    if (!optional) module->needed |= 1u << module->arguments;
    module->arguments++;
  }
  return sqlite3_create_module_v2(connection->db, function->name, &MODULE, module, release);
}

int fit_functions_register(Connection *connection) {
  int code = fit_scalars_register(connection);
  for (size_t i = 0; i < sizeof CONTENTS / sizeof CONTENTS[0] && code == SQLITE_OK; i++) code = register_table(connection, &CONTENTS[i]);
  for (int i = 0; fit_function_registry[i] && code == SQLITE_OK; i++) code = register_table(connection, fit_function_registry[i]);
  return code;
}
