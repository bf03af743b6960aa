/* tvf.c: one module for every estimator: a table-valued function in FROM, and a virtual table that shows the source's rows with the
 * columns that the estimator computes for each.
 *
 * 1. xCreate is xConnect, so the module is both eponymous and usable in CREATE VIRTUAL TABLE; the schema is declared from the arguments.
 * 2. Columns of the function: the visible ones; hidden: source, model, options (the arguments), the statistics, fit, and every option
 *    that has no namesake before it. Options constrained by = or IN are inputs, which the plan passes to xFilter.
 * 3. What runs SQL text is DIRECTONLY: a stored view or trigger cannot reach it.
 * 4. Everything is computed in xFilter; rows come from memory. The cost is huge, so that a join does not estimate anew for every row.
 * 5. On the inner side of a join all the same, a cursor keeps its rows while the arguments stay the same bytes (they are read as text, so their types do not
 *    matter) and the connection has changed no row since (sqlite3_total_changes): one statement, one estimate, also of a source with random().
 * 6. = between a visible column and another table is offered from SQLite 3.38 on (before, an IN cannot be told from an =, and its order would be seen):
 *    from the second time on the rows are looked up in an index over the kept ones. The cost is over half of the whole table's, so that
 *    the sides of an OR are never estimated one by one. */
#include "sql.h"

#include <stdlib.h>

typedef struct Module {
  Connection *connection;
  const Estimator *estimator;
} Module;

typedef enum HiddenKind { HIDDEN_SOURCE, HIDDEN_MODEL, HIDDEN_OPTIONS, HIDDEN_FOURTH, HIDDEN_STAT, HIDDEN_FIT, HIDDEN_OPTION } HiddenKind;
typedef struct Hidden {
  HiddenKind kind;
  const char *name;
} Hidden;

typedef struct Table {
  sqlite3_vtab base;
  Module *module;
  Run run;          /* names and arguments */
  int visible;      /* columns of the estimator, or of the source */
  int hiddens;
  Hidden *hidden;
  bool of_rows;     /* CREATE VIRTUAL TABLE: source, model, options are kept */
  const char *source, *model, *options;
  int row_columns;
  const char **row_column;
} Table;

typedef struct Cursor {
  sqlite3_vtab_cursor base;
  Run run;
  Plan plan;
  Result result;
  RowStore *store;
  int64_t *frame_row; /* of_rows: row of the frame for each row of the source, -1 */
  const RowColumn **shown;
  int64_t row, rows;
  const char *source, *model, *options;
  const char **given; /* for each hidden column the value it was constrained to, or NULL */
  const char *list;   /* xFilter's, the same for all its calls on a cursor */
  bool kept;          /* the rows are there, as of this count of the connection's changes */
  int changes;
  RowIndex *index;    /* over these columns, from the second call with the same rows on */
  int keys, *key;
  PlainValue *sought;
  bool chained;       /* row follows the index */
} Cursor;

static bool named(const Table *table, const char *name) {
  for (int c = 0; table->module->estimator->columns[c]; c++)
    if (sqlite3_stricmp(table->module->estimator->columns[c], name) == 0) return true;
  for (int h = 0; h < table->hiddens; h++)
    if (sqlite3_stricmp(table->hidden[h].name, name) == 0) return true;
  return false;
}

static void add_hidden(Table *table, HiddenKind kind, const char *name) {
  if (!named(table, name)) table->hidden[table->hiddens++] = (Hidden){kind, name};
}

/* ---- the schema of the function */
static void declare_function(Table *table, Text *schema) {
  const Estimator *estimator = table->module->estimator;
  int most = 5;
  for (int s = 0; estimator->stats && estimator->stats[s]; s++) most++;
  for (int g = 0; estimator->options[g]; g++)
    for (const OptionSpec *spec = estimator->options[g]; spec->name; spec++) most++;
  table->hidden = NEW_ARRAY(&table->run, Hidden, most);
  if (run_failed(&table->run)) return;
  for (table->visible = 0; estimator->columns[table->visible]; table->visible++) {
    text_add(schema, table->visible ? ", " : "");
    text_identifier(schema, estimator->columns[table->visible]);
  }
  table->hidden[table->hiddens++] = (Hidden){HIDDEN_SOURCE, "source"};
  table->hidden[table->hiddens++] = (Hidden){HIDDEN_MODEL, "model"};
  table->hidden[table->hiddens++] = (Hidden){HIDDEN_OPTIONS, "options"};
  table->hidden[table->hiddens++] = (Hidden){HIDDEN_FOURTH, "fourth_argument"}; /* else a statistic would stand there, and equal nothing */
  for (int s = 0; estimator->stats && estimator->stats[s]; s++) add_hidden(table, HIDDEN_STAT, estimator->stats[s]);
  add_hidden(table, HIDDEN_FIT, "fit");
  for (int g = 0; estimator->options[g]; g++)
    for (const OptionSpec *spec = estimator->options[g]; spec->name; spec++)
      if (spec->type != OPTION_CALLS) add_hidden(table, HIDDEN_OPTION, spec->name);
  for (int h = 0; h < table->hiddens; h++) {
    text_add(schema, ", ");
    text_identifier(schema, table->hidden[h].name);
    text_add(schema, " HIDDEN");
  }
}

/* ---- the schema of the virtual table: the source's columns, then ours */
static const char *unquoted(Run *run, const char *argument) {
  while (*argument == ' ' || *argument == '\n' || *argument == '\t' || *argument == '\r') argument++;
  size_t length = strlen(argument);
  while (length && (argument[length - 1] == ' ' || argument[length - 1] == '\n' || argument[length - 1] == '\t' || argument[length - 1] == '\r')) length--;
  char quote = *argument;
  if ((quote != '\'' && quote != '"') || length < 2 || argument[length - 1] != quote) return run_text_n(run, argument, length);
  char *text = run_alloc(run, length, 1), *to = text;
  for (size_t i = 1; text && i + 1 < length; i++) {
    *to++ = argument[i];
    if (argument[i] == quote) i++;
  }
  return text;
}

static void add_row_column(Table *table, const char *name, const SourceColumns *columns) {
  for (int c = 0; c < columns->count; c++)
    if (sqlite3_stricmp(columns->name[c], name) == 0)
      run_fail(&table->run, "%s%s%s already has a column '%s', which is what the computed column would be called; choose the columns of the source with a SELECT", columns->quote, columns->source,
               columns->quote, name);
  table->row_column[table->row_columns++] = name;
}

static void list_row_columns(Table *table, const Plan *plan, const SourceColumns *columns) {
  const Estimator *estimator = table->module->estimator;
  const Model *model = &plan->model;
  int most = 1 + model->effects + model->dimensions + model->indicators;
  for (int r = 0; estimator->row_columns[r]; r++) most++;
  for (int o = 0; o < plan->options; o++)
    for (int c = 0; c < plan->option[o].calls; c++) most += plan->option[o].call[c].columns;
  table->row_column = NEW_ARRAY(&table->run, const char *, most);
  for (int r = 0; estimator->row_columns[r] && !run_failed(&table->run); r++) {
    const char *name = estimator->row_columns[r];
    if (strcmp(name, "fe_*") == 0)
      for (int e = 0; e < model->effects; e++) add_row_column(table, run_format(&table->run, "fe_%s", model->effect[e].name), columns);
    else if (strcmp(name, "score_*") == 0)
      for (int d = 0; d < model->dimensions; d++) add_row_column(table, run_format(&table->run, "score_%s", model->dimension[d]), columns);
    else if (strcmp(name, "pc*") == 0)
      for (int i = 0; i < model->indicators; i++) add_row_column(table, run_format(&table->run, "pc%d", i + 1), columns);
    else if (strcmp(name, "*") == 0) {
      for (int o = 0; o < plan->options; o++)
        for (int c = 0; c < plan->option[o].calls; c++)
          for (int i = 0; i < plan->option[o].call[c].columns; i++) add_row_column(table, plan->option[o].call[c].column[i], columns);
    } else add_row_column(table, name, columns);
  }
}

static void declare_rows(Table *table, int count, const char *const *arguments, Text *schema) {
  Run *run = &table->run;
  const Estimator *estimator = table->module->estimator;
  table->of_rows = true;
  if (!estimator->row_columns) run_fail(run, "it computes nothing for single rows; call it in FROM: SELECT * FROM %s(source, model, options)", estimator->name);
  if (count > 3) run_fail(run, "a virtual table takes source, model and options, %d arguments were given", count);
  table->source = unquoted(run, arguments[0]);
  table->model = count > 1 ? unquoted(run, arguments[1]) : "";
  table->options = count > 2 ? unquoted(run, arguments[2]) : "";
  SourceColumns columns;
  Plan plan = {0};
  if (source_enter(run, table->module->connection)) {
    source_sql(run, table->module->connection, table->source, &columns);
    source_leave(table->module->connection);
  }
  if (!run_failed(run)) plan_compile(run, estimator, &columns, table->model, table->options, 0, NULL, &plan);
  if (!run_failed(run)) list_row_columns(table, &plan, &columns);
  if (run_failed(run)) return;
  table->visible = columns.count;
  for (int c = 0; c < columns.count; c++) {
    text_add(schema, c ? ", " : "");
    text_identifier(schema, columns.name[c]);
  }
  for (int r = 0; r < table->row_columns; r++) {
    text_add(schema, ", ");
    text_identifier(schema, table->row_column[r]);
  }
}

/* Whether CREATE VIRTUAL TABLE calls, and not a statement on a table that has long been there: SQLite says so by nothing but the statement that runs. */
static bool being_created(sqlite3 *db) {
  for (sqlite3_stmt *statement = sqlite3_next_stmt(db, NULL); statement; statement = sqlite3_next_stmt(db, statement)) {
    const char *sql = sqlite3_stmt_busy(statement) ? sqlite3_sql(statement) : NULL;
    if (sql && sqlite3_strlike("%create%virtual%table%", sql, 0) == 0) return true;
  }
  return false;
}

static int connect(sqlite3 *db, void *auxiliary, int count, const char *const *arguments, sqlite3_vtab **out, char **message) {
  Module *module = auxiliary;
  Table *table = sqlite3_malloc(sizeof *table);
  if (!table) return SQLITE_NOMEM;
  memset(table, 0, sizeof *table);
  table->module = module;
  run_begin(&table->run, &module->connection->host);
  Text schema = {.run = &table->run};
  text_add(&schema, "CREATE TABLE x(");
  bool eponymous = count == 3 && sqlite3_stricmp(arguments[0], arguments[2]) == 0;
  if (eponymous) declare_function(table, &schema);
  else if (count > 3) declare_rows(table, count - 3, arguments + 3, &schema);
  else run_fail(&table->run, "CREATE VIRTUAL TABLE ... USING %s('source', 'model', 'options') needs a source", module->estimator->name);
  text_add(&schema, ")");
  int code = SQLITE_OK;
  if (run_failed(&table->run)) code = report_vtab(&table->base, &table->run, module->estimator->name);
  else if ((code = sqlite3_declare_vtab(db, schema.data)) != SQLITE_OK)
    table->base.zErrMsg = sqlite3_mprintf("%s: a table of %d columns of the source and %d more cannot be made: %s; choose the columns of the source with a SELECT",
                                          module->estimator->name, table->visible, table->row_columns, sqlite3_errmsg(db));
  connection_rest(module->connection);
  if (code != SQLITE_OK) {
    *message = table->base.zErrMsg;
    if (code == SQLITE_ERROR && *message && !eponymous && !being_created(db)) { /* DROP TABLE connects, too */
      *message = sqlite3_mprintf("%s (the virtual table '%s' is made of it: bring it back, if only to drop the table)", table->base.zErrMsg, arguments[2]);
      sqlite3_free(table->base.zErrMsg);
    }
    run_end(&table->run);
    sqlite3_free(table);
    return code;
  }
  sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  *out = &table->base;
  return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *vtab) {
  Table *table = (Table *)vtab;
  run_end(&table->run);
  sqlite3_free(table);
  return SQLITE_OK;
}

/* ---- planning: idxStr lists the constrained columns in the order of xFilter's arguments */
static const double WHOLE_COST = 1e12, PART_COST = 6e11;

/* Another table's value for a visible column, compared as bytes: worth an index. */
static bool offers_equality(sqlite3_index_info *info, int constraint) {
#if SQLITE_VERSION_NUMBER >= 3038000
  return sqlite3_libversion_number() >= 3038000 && info->aConstraint[constraint].usable && !sqlite3_vtab_in(info, constraint, -1) &&
         sqlite3_stricmp(sqlite3_vtab_collation(info, constraint), "BINARY") == 0;
#else
  return (void)info, (void)constraint, false;
#endif
}

static int best_index(sqlite3_vtab *vtab, sqlite3_index_info *info) {
  Table *table = (Table *)vtab;
  Run run;
  run_begin(&run, &table->module->connection->host);
  Text list = {.run = &run};
  text_add(&list, "");
  bool source = table->of_rows, model = table->of_rows || table->module->estimator->model == MODEL_NONE;
  int argument = 0, equalities = 0, code = SQLITE_OK;
  uint8_t *taken = NEW_ARRAY(&run, uint8_t, table->visible + table->row_columns + table->hiddens);
  for (int c = 0; c < info->nConstraint && !run_failed(&run) && code == SQLITE_OK; c++) {
    int column = info->aConstraint[c].iColumn;
    if (column < 0 || info->aConstraint[c].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (table->of_rows || column < table->visible) {
      if (taken[column] || !offers_equality(info, c)) continue;
      equalities++;
    } else {
      HiddenKind kind = table->hidden[column - table->visible].kind;
      if (kind == HIDDEN_STAT || kind == HIDDEN_FIT) continue;
      if (!info->aConstraint[c].usable) {
        code = SQLITE_CONSTRAINT;
        continue;
      }
      if (taken[column]) continue; /* a second condition on the same column: SQLite checks it */
      source |= kind == HIDDEN_SOURCE;
      model |= kind == HIDDEN_MODEL;
      info->aConstraintUsage[c].omit = 1;
    }
    taken[column] = 1;
    info->aConstraintUsage[c].argvIndex = ++argument;
    text_format(&list, "%d ", column);
  }
  info->estimatedCost = equalities ? PART_COST : WHOLE_COST;
  info->estimatedRows = equalities > table->of_rows ? 1 : equalities ? 100 : table->of_rows ? 100000 : 20;
  /* SQLite plans each side of an OR without our arguments, too: a plan never to be taken unless they really are missing (filter says so). */
  info->idxNum = !source ? 1 : !model ? 2 : 0;
  if (info->idxNum) info->estimatedCost = 1e30;
  if (code == SQLITE_OK && !run_failed(&run)) {
    info->idxStr = sqlite3_mprintf("%s", list.data);
    info->needToFreeIdxStr = 1;
    if (!info->idxStr) code = SQLITE_NOMEM;
  }
  if (run_failed(&run)) code = report_vtab(vtab, &run, table->module->estimator->name);
  run_end(&run);
  return code;
}

static int open_cursor(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out) {
  Cursor *cursor = sqlite3_malloc(sizeof *cursor);
  if (!cursor) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof *cursor);
  run_begin(&cursor->run, &((Table *)vtab)->module->connection->host);
  *out = &cursor->base;
  return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
  Cursor *cursor = (Cursor *)base;
  run_end(&cursor->run);
  sqlite3_free(cursor);
  return SQLITE_OK;
}

/* The next column of a list. */
static int listed(const char **list) {
  char *end;
  int column = (int)strtol(*list, &end, 10);
  *list = end;
  return column;
}

static bool is_key(const Table *table, int column) { return table->of_rows || column < table->visible; }

/* The rows that are kept are those that would be computed now. */
static bool still_there(const Table *table, const Cursor *cursor, int changes, const char *list, int count, sqlite3_value **values) {
  if (!cursor->kept || cursor->changes != changes || strcmp(cursor->list, list) != 0) return false;
  for (int a = 0; a < count; a++) {
    int column = listed(&list);
    if (is_key(table, column)) continue;
    const char *text = (const char *)sqlite3_value_text(values[a]), *given = cursor->given[column - table->visible];
    if (!text != !given || (text && strcmp(text, given) != 0)) return false;
  }
  return true;
}

/* Reads xFilter's arguments; false: a NULL option, which equals nothing, so there are no rows. */
static bool read_arguments(const Table *table, Cursor *cursor, const char *list, int count, sqlite3_value **values, OptionPair *extra, int *extras) {
  Run *run = &cursor->run;
  cursor->given = NEW_ARRAY(run, const char *, table->hiddens + 1);
  cursor->key = NEW_ARRAY(run, int, count + 1);
  cursor->sought = NEW_ARRAY(run, PlainValue, count + 1);
  cursor->keys = 0;
  cursor->model = cursor->options = "";
  for (int a = 0; a < count && !run_failed(run); a++) {
    int column = listed(&list), hidden = column - table->visible;
    if (is_key(table, column)) {
      cursor->key[cursor->keys++] = column;
      continue;
    }
    const char *text = (const char *)sqlite3_value_text(values[a]);
    if (text) text = run_text(run, text);
    cursor->given[hidden] = text;
    switch (table->hidden[hidden].kind) {
      case HIDDEN_SOURCE:
        if (!text) run_fail(run, "the source is NULL; it must be the name of a table or a query");
        cursor->source = text;
        break;
      case HIDDEN_MODEL:
        if (!text && table->module->estimator->model != MODEL_NONE) run_fail(run, "the model is NULL; it must be a text such as '%s'", table->module->estimator->model_help);
        cursor->model = text ? text : "";
        break;
      case HIDDEN_OPTIONS: cursor->options = text ? text : ""; break;
      case HIDDEN_FOURTH:
        run_fail(run, "it takes three arguments, source, model and options; there is a fourth, '%.100s': options stand in one text, 'option=value, option=value'", text ? text : "NULL");
        break;
      default:
        if (!text) return false;
        extra[(*extras)++] = (OptionPair){table->hidden[hidden].name, text};
    }
  }
  return true;
}

static void match_rows(const Table *table, Cursor *cursor, const Frame *frame) {
  Run *run = &cursor->run;
  cursor->rows = row_store_rows(cursor->store);
  cursor->frame_row = NEW_ARRAY(run, int64_t, cursor->rows);
  cursor->shown = NEW_ARRAY(run, const RowColumn *, table->row_columns);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < cursor->rows; row++) cursor->frame_row[row] = -1;
  for (int64_t row = 0; row < frame->rows; row++) cursor->frame_row[frame->source_row[row]] = row;
  for (int r = 0; r < table->row_columns; r++)
    for (int c = 0; c < cursor->result.row_columns; c++)
      if (sqlite3_stricmp(cursor->result.row_column[c].name, table->row_column[r]) == 0) cursor->shown[r] = &cursor->result.row_column[c];
}

static PlainValue cell_value(const Cell *cell) {
  switch (cell->type) {
    case CELL_NUMBER: return (PlainValue){.kind = isnan(cell->number) ? VALUE_NULL : VALUE_NUMBER, .number = cell->number};
    case CELL_INTEGER: return (PlainValue){.kind = VALUE_NUMBER, .number = (double)cell->integer};
    case CELL_TEXT: return (PlainValue){.kind = cell->text ? VALUE_TEXT : VALUE_NULL, .text = cell->text, .length = cell->integer ? (size_t)cell->integer : cell->text ? strlen(cell->text) : 0};
    default: return (PlainValue){.kind = VALUE_NULL};
  }
}

/* The value of a key, as column() would show it. */
static PlainValue key_value(const void *pointer, int64_t at, int key) {
  const Cursor *cursor = pointer;
  const Table *table = (const Table *)cursor->base.pVtab;
  int index = cursor->key[key];
  if (!table->of_rows) return cell_value(&cursor->result.cell[at * cursor->result.columns + index]);
  if (index < table->visible) return row_store_value(cursor->store, at, index);
  const RowColumn *shown = cursor->shown[index - table->visible];
  int64_t row = cursor->frame_row[at];
  if (!shown || row < 0) return (PlainValue){.kind = VALUE_NULL};
  if (shown->text) return cell_value(&(Cell){.type = CELL_TEXT, .text = shown->text[row]});
  return cell_value(&(Cell){.type = CELL_NUMBER, .number = shown->number[row]});
}

/* Rows that are kept: all of them again, or, where columns are to equal something, the few that may. */
static int again(const Table *table, Cursor *cursor, const char *list, int count, sqlite3_value **values) {
  Run *run = &cursor->run;
  cursor->row = 0;
  cursor->chained = false;
  if (!cursor->keys || cursor->rows < 8) return SQLITE_OK;
  if (!cursor->index) {
    cursor->index = row_index_new(run, cursor->rows, cursor->keys, key_value, cursor);
    connection_rest(table->module->connection);
  }
  PlainValue *sought = cursor->index ? cursor->sought : NULL;
  for (int a = 0, k = 0; a < count && sought; a++) {
    if (!is_key(table, listed(&list))) continue;
    int type = sqlite3_value_type(values[a]);
    sought[k] = (PlainValue){.kind = VALUE_OTHER};
    if (type == SQLITE_NULL) sought[k].kind = VALUE_NULL;
    else if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) sought[k] = (PlainValue){.kind = VALUE_NUMBER, .number = sqlite3_value_double(values[a])};
    else if (type == SQLITE_TEXT) {
      const char *text = (const char *)sqlite3_value_text(values[a]);
      if (!text) return SQLITE_NOMEM;
      sought[k] = (PlainValue){.kind = VALUE_TEXT, .text = text, .length = (size_t)sqlite3_value_bytes(values[a])};
    }
    k++;
  }
  if (sought) cursor->chained = row_index_find(cursor->index, sought, &cursor->row);
  if (!cursor->chained) cursor->row = 0;
  if (run_failed(run)) cursor->kept = false;
  return run_failed(run) ? report_vtab(cursor->base.pVtab, run, table->module->estimator->name) : SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int missing, const char *list, int count, sqlite3_value **values) {
  Cursor *cursor = (Cursor *)base;
  Table *table = (Table *)base->pVtab;
  Connection *connection = table->module->connection;
  const Estimator *estimator = table->module->estimator;
  Run *run = &cursor->run;
  int changes = sqlite3_total_changes(connection->db);
  if (still_there(table, cursor, changes, list, count, values)) return again(table, cursor, list, count, values);
  run_end(run);
  run_begin(run, &connection->host);
  cursor->row = cursor->rows = 0;
  cursor->kept = cursor->chained = false;
  cursor->store = NULL;
  cursor->index = NULL;
  cursor->list = run_text(run, list);
  OptionPair *extra = NEW_ARRAY(run, OptionPair, count + 1);
  int extras = 0;
  SourceColumns columns = {0};
  const char *sql = NULL;
  if (!run_failed(run) && !read_arguments(table, cursor, list, count, values, extra, &extras)) return SQLITE_OK;
  if (table->of_rows) {
    cursor->source = table->source;
    cursor->model = table->model;
    cursor->options = table->options;
  }
  if (missing)
    run_fail(run, "%s is missing: %s(source, %s, 'option=value, ...')", missing == 2 ? "the model" : "the source", estimator->name, estimator->model_help ? estimator->model_help : "''");
  if (source_enter(run, connection)) {
    sql = source_sql(run, connection, cursor->source, &columns);
    source_leave(connection);
  }
  if (table->of_rows && !run_failed(run)) {
    if (columns.count != table->visible) run_fail(run, "%s%s%s has changed its columns since this virtual table was made; drop it and create it again", columns.quote, columns.source, columns.quote);
    cursor->store = row_store_new(run, columns.count);
  }
  if (!run_failed(run)) plan_compile(run, estimator, &columns, cursor->model, cursor->options, extras, extra, &cursor->plan);
  Frame *frame = NULL;
  if (!run_failed(run)) frame = load_frame(run, connection, sql, &columns, &cursor->plan, estimator->flags & ESTIMATOR_KEEP_NULLS, cursor->store);
  if (frame) {
    connection->depth++; /* a second table may be read inside */
    job_run(run, estimator, &cursor->plan, frame, !table->of_rows, table->of_rows, table_loader_new(run, connection), &cursor->result);
    connection->depth--;
  }
  if (!run_failed(run) && table->of_rows) match_rows(table, cursor, frame);
  else if (!run_failed(run)) cursor->rows = cursor->result.rows;
  connection_rest(connection);
  cursor->kept = !run_failed(run);
  cursor->changes = changes;
  return run_failed(run) ? report_vtab(base->pVtab, run, estimator->name) : SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *base) {
  Cursor *cursor = (Cursor *)base;
  cursor->row = cursor->chained ? row_index_next(cursor->index, cursor->row) : cursor->row + 1;
  return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *base) {
  const Cursor *cursor = (const Cursor *)base;
  return cursor->row < 0 || cursor->row >= cursor->rows;
}

static void emit_option(sqlite3_context *context, const Cursor *cursor, const char *name) {
  for (int o = 0; o < cursor->plan.options; o++) {
    const OptionValue *value = &cursor->plan.option[o];
    if (sqlite3_stricmp(value->spec->name, name) != 0) continue;
    bool number = value->spec->type == OPTION_NUMBER || value->spec->type == OPTION_INTEGER || value->spec->type == OPTION_BOOLEAN;
    if (!value->text) sqlite3_result_null(context);
    else if (number && value->spec->type == OPTION_NUMBER) emit_number(context, value->number);
    else if (number) sqlite3_result_int64(context, value->integer);
    else sqlite3_result_text(context, value->text, -1, SQLITE_TRANSIENT);
    return;
  }
}

static void emit_hidden(sqlite3_context *context, const Table *table, Cursor *cursor, int hidden) {
  const Hidden *column = &table->hidden[hidden];
  switch (column->kind) {
    case HIDDEN_SOURCE: sqlite3_result_text(context, cursor->source, -1, SQLITE_TRANSIENT); return;
    case HIDDEN_MODEL: sqlite3_result_text(context, cursor->model, -1, SQLITE_TRANSIENT); return;
    case HIDDEN_OPTIONS: sqlite3_result_text(context, cursor->options, -1, SQLITE_TRANSIENT); return;
    case HIDDEN_STAT:
      if (strcmp(column->name, "nobs") == 0) sqlite3_result_int64(context, cursor->result.fit.nobs);
      else emit_number(context, fit_stat_value(&cursor->result.fit, column->name));
      return;
    case HIDDEN_FIT:
      emit_fit(context, &cursor->run, &cursor->result.fit, table->module->estimator->name);
      connection_rest(table->module->connection);
      return;
    default:
      if (cursor->given && cursor->given[hidden]) sqlite3_result_text(context, cursor->given[hidden], -1, SQLITE_TRANSIENT);
      else emit_option(context, cursor, column->name);
  }
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int index) {
  Cursor *cursor = (Cursor *)base;
  Table *table = (Table *)base->pVtab;
  if (!table->of_rows) {
    if (index < table->visible) emit_cell(context, &cursor->result.cell[cursor->row * cursor->result.columns + index]);
    else emit_hidden(context, table, cursor, index - table->visible);
    return SQLITE_OK;
  }
  if (index < table->visible) {
    row_store_result(cursor->store, cursor->row, index, context);
    return SQLITE_OK;
  }
  const RowColumn *shown = cursor->shown[index - table->visible];
  int64_t row = cursor->frame_row[cursor->row];
  if (!shown || row < 0) sqlite3_result_null(context);
  else if (shown->text) {
    if (shown->text[row]) sqlite3_result_text(context, shown->text[row], -1, SQLITE_TRANSIENT);
    else sqlite3_result_null(context);
  } else if (shown->integer && !isnan(shown->number[row])) sqlite3_result_int64(context, (sqlite3_int64)shown->number[row]);
  else emit_number(context, shown->number[row]);
  return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((Cursor *)base)->row;
  return SQLITE_OK;
}

static void module_release(void *pointer) {
  Module *module = pointer;
  connection_release(module->connection);
  sqlite3_free(module);
}

int tvf_register(Connection *connection, const Estimator *estimator) {
  static const sqlite3_module MODULE = {
      .iVersion = 0, .xCreate = connect, .xConnect = connect, .xBestIndex = best_index, .xDisconnect = disconnect, .xDestroy = disconnect, .xOpen = open_cursor,
      .xClose = close_cursor, .xFilter = filter, .xNext = next, .xEof = at_end, .xColumn = column, .xRowid = rowid};
  Module *module = sqlite3_malloc(sizeof *module);
  if (!module) return SQLITE_NOMEM;
  *module = (Module){connection_hold(connection), estimator};
  return sqlite3_create_module_v2(connection->db, estimator->name, &MODULE, module, module_release);
}
