/* source.c: the source of an estimator: a table, a view or one query, and the guards around running it.
 *
 * 1. A source is the name of a table or view (schema.name too), or one statement that begins with SELECT, WITH or VALUES.
 * 2. A query must read only, return columns, be no EXPLAIN, take no parameters, and nothing may follow it.
 * 3. Rows come through an internal aggregate that takes all inputs at once, which costs half of stepping the statement row by row.
 * 4. A view that names itself through our SQL text is stopped by a depth counter in the connection.
 * 5. SQLite's own message is turned into ours: a missing column is named together with the source and its nearest columns. */
#include "sql.h"

static const char COLLECT_POINTER[] = "econ_builder";

static bool is_query(Run *run, const char *source) {
  Token token = token_next(run, source);
  static const char *const words[] = {"select", "with", "values", NULL};
  if (token.type != TOKEN_NAME) return false;
  for (int w = 0; words[w]; w++)
    if ((int)strlen(words[w]) == token.length && sqlite3_strnicmp(words[w], token.start, token.length) == 0) return true;
  return false;
}

/* name or schema.name, each perhaps quoted -> quoted SQL; NULL if the text is no name. */
static const char *table_sql(Run *run, const char *source) {
  Text sql = {.run = run};
  const char *at = source;
  for (int parts = 0; parts < 2; parts++) {
    Token token = token_next(run, at);
    if (run_failed(run) || (token.type != TOKEN_NAME && token.type != TOKEN_QUOTED_NAME)) return NULL;
    if (token.type == TOKEN_QUOTED_NAME) text_add_n(&sql, token.start, (size_t)token.length);
    else text_identifier(&sql, run_text_n(run, token.start, (size_t)token.length));
    at = token.start + token.length;
    token = token_next(run, at);
    if (token.type == TOKEN_END) return sql.data;
    if (parts == 1 || token.length != 1 || *token.start != '.') return NULL;
    text_add(&sql, ".");
    at = token.start + 1;
  }
  return NULL;
}

static const char *nearest_table(Run *run, Connection *connection, const char *name) {
  enum { MOST = 200 };
  const char *names[MOST];
  int count = 0;
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(connection->db, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') UNION ALL SELECT name FROM sqlite_temp_master LIMIT 200", -1, &statement,
                         NULL) == SQLITE_OK)
    while (count < MOST && sqlite3_step(statement) == SQLITE_ROW) {
      const char *found = (const char *)sqlite3_column_text(statement, 0);
      names[count] = run_text(run, found ? found : "");
      if (!names[count]) break;
      count++;
    }
  sqlite3_finalize(statement);
  return run_failed(run) ? NULL : nearest_name(name, count, names);
}

static void fail_from_sqlite(Run *run, Connection *connection, const char *what, const SourceColumns *columns) {
  int code = sqlite3_errcode(connection->db);
  if (code == SQLITE_NOMEM) {
    if (!run_failed(run)) run->status = RUN_OUT_OF_MEMORY;
    return;
  }
  if (code == SQLITE_INTERRUPT) {
    if (!run_failed(run)) run->status = RUN_INTERRUPTED;
    return;
  }
  const char *message = sqlite3_errmsg(connection->db);
  static const char NO_COLUMN[] = "no such column: ";
  if (columns && columns->name && strncmp(message, NO_COLUMN, sizeof NO_COLUMN - 1) == 0) {
    const char *name = message + sizeof NO_COLUMN - 1, *near = nearest_name(name, columns->count, columns->name);
    if (near) run_fail(run, "no column '%s' in %s%s%s; did you mean '%s'?", name, columns->quote, columns->source, columns->quote, near);
    else run_fail(run, "no column '%s' in %s%s%s", name, columns->quote, columns->source, columns->quote);
    return;
  }
  static const char NO_TABLE[] = "no such table: ";
  if (strncmp(message, NO_TABLE, sizeof NO_TABLE - 1) == 0) {
    const char *name = run_text(run, message + sizeof NO_TABLE - 1), *near = name ? nearest_table(run, connection, name) : NULL;
    if (near) run_fail(run, "no table or view '%s'; did you mean '%s'?", name, near);
    else run_fail(run, "no table or view '%s'", name ? name : "");
    return;
  }
  const char *advice = "", *near = strstr(message, "near \"\"");
  if (strstr(message, "misuse of aggregate") || strstr(message, "misuse of window"))
    advice = "; what is computed over rows belongs into the source: 'SELECT *, avg(x) OVER (PARTITION BY unit) AS mean_x FROM t'";
  else if (columns && near) /* a column's name, as we quote it, behind another */
    advice = "; is a +, a comma or an operator missing between two names?";
  run_fail(run, "%s: %s%s", what, message, advice);
}

static sqlite3_stmt *prepare(Run *run, Connection *connection, const char *sql, const char *what, const SourceColumns *columns) {
  sqlite3_stmt *statement = NULL;
  if (run_failed(run)) return NULL;
  if (sqlite3_prepare_v2(connection->db, sql, -1, &statement, NULL) != SQLITE_OK) {
    fail_from_sqlite(run, connection, what, columns);
    sqlite3_finalize(statement);
    return NULL;
  }
  return statement;
}

/* Rule 2; the text of the query without its semicolon. */
static const char *query_sql(Run *run, Connection *connection, const char *source) {
  sqlite3_stmt *statement = NULL;
  const char *tail = NULL;
  if (sqlite3_prepare_v2(connection->db, source, -1, &statement, &tail) != SQLITE_OK) {
    fail_from_sqlite(run, connection, "the source query", NULL);
    sqlite3_finalize(statement);
    return NULL;
  }
  Token behind = token_next(run, tail);
  while (behind.length == 1 && *behind.start == ';') behind = token_next(run, behind.start + 1);
  if (behind.type != TOKEN_END) run_fail(run, "the source must be one query; something follows it: %.40s", behind.start);
  else if (!statement || sqlite3_column_count(statement) == 0 || !sqlite3_stmt_readonly(statement))
    run_fail(run, "the source must be a query that only reads (SELECT, WITH ... SELECT or VALUES)");
  else if (sqlite3_stmt_isexplain(statement)) run_fail(run, "the source must be a query, not an EXPLAIN");
  else if (sqlite3_bind_parameter_count(statement)) run_fail(run, "the source has a parameter (%s), which cannot be bound here; put the value into the text",
                                                             sqlite3_bind_parameter_name(statement, 1) ? sqlite3_bind_parameter_name(statement, 1) : "?");
  sqlite3_finalize(statement);
  if (run_failed(run)) return NULL;
  size_t length = (size_t)(tail - source);
  while (length && (source[length - 1] == ';' || source[length - 1] == ' ' || source[length - 1] == '\n' || source[length - 1] == '\t' || source[length - 1] == '\r')) length--;
  return run_format(run, "(%.*s\n)", (int)length, source); /* the line's end closes a comment */
}

const char *source_sql(Run *run, Connection *connection, const char *source, SourceColumns *columns) {
  memset(columns, 0, sizeof *columns);
  if (run_failed(run)) return NULL;
  bool query = is_query(run, source);
  const char *sql = query ? query_sql(run, connection, source) : table_sql(run, source);
  if (!run_failed(run) && !sql) run_fail(run, "the source '%.60s' must be the name of a table or view, or one query (SELECT, WITH ... SELECT or VALUES)", source);
  columns->source = query ? "the query" : run_text(run, source);
  columns->quote = query ? "" : "'";
  const char *probe = run_format(run, "SELECT * FROM %s LIMIT 0", sql ? sql : "");
  sqlite3_stmt *statement = prepare(run, connection, probe, "the source", NULL);
  if (!statement) return NULL;
  columns->count = sqlite3_column_count(statement);
  const char **name = NEW_ARRAY(run, const char *, columns->count);
  for (int c = 0; c < columns->count && name; c++) {
    const char *given = sqlite3_column_name(statement, c);
    name[c] = run_text(run, given ? given : "");
  }
  columns->name = name;
  sqlite3_finalize(statement);
  return run_failed(run) ? NULL : sql;
}

bool source_enter(Run *run, Connection *connection) {
  if (run_failed(run)) return false;
  if (connection->depth >= DEPTH_LIMIT) {
    run_fail(run, "more than %d sources within each other; does a view name itself?", DEPTH_LIMIT);
    return false;
  }
  connection->depth++;
  return true;
}

void source_leave(Connection *connection) { connection->depth--; }

static void collect_step(sqlite3_context *context, int count, sqlite3_value **values) {
  Builder **kept = sqlite3_aggregate_context(context, sizeof *kept), *builder; /* looking at the pointer's type for every row is slower */
  if (kept && !*kept) *kept = count > 0 ? sqlite3_value_pointer(values[0], COLLECT_POINTER) : NULL;
  builder = kept ? *kept : NULL;
  if (!builder) {
    sqlite3_result_error(context, "econ_collect: it is internal; use fe_ols(...) and the like", -1);
    return;
  }
  builder_step(builder, values + 1);
  if (builder_failed(builder)) sqlite3_result_error_code(context, SQLITE_ABORT);
}

static void collect_final(sqlite3_context *context) { sqlite3_result_null(context); }

int source_register(Connection *connection) {
  return sqlite3_create_function_v2(connection->db, "econ_collect", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, connection_hold(connection), NULL, collect_step, collect_final,
                                    connection_release);
}

static void step_rows(Run *run, Connection *connection, sqlite3_stmt *statement, Builder *builder, int skip, RowStore *store) {
  int inputs = sqlite3_column_count(statement) - skip, code;
  sqlite3_value **values = NEW_ARRAY(run, sqlite3_value *, inputs);
  if (run_failed(run)) return;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    for (int i = 0; i < inputs; i++) values[i] = sqlite3_column_value(statement, skip + i);
    if (store) row_store_add(store, statement, skip);
    builder_step(builder, values);
    if (run_failed(run)) return;
  }
  if (code != SQLITE_DONE) fail_from_sqlite(run, connection, "the source", NULL);
}

/* The whole query said no: of its expressions the one that does so alone, by the text the user wrote; else the query itself. */
static void fail_from_input(Run *run, Connection *connection, const char *query, const char *sql, const SourceColumns *columns, const Model *model) {
  for (int i = 0; i < model->inputs && !run_failed(run); i++) {
    const char *alone = run_format(run, "SELECT %s FROM %s AS source", model->input[i].sql, sql), *what = run_format(run, "'%.200s'", model->input[i].text);
    if (alone && what) sqlite3_finalize(prepare(run, connection, alone, what, columns));
  }
  sqlite3_finalize(prepare(run, connection, query, "the source", columns));
}

Frame *load_frame(Run *run, Connection *connection, const char *sql, const SourceColumns *columns, const Plan *plan, bool keep_nulls, RowStore *store) {
  if (!source_enter(run, connection)) return NULL;
  const Model *model = &plan->model;
  Builder *builder = builder_new(run, plan, keep_nulls, store != NULL);
  int arguments = sqlite3_limit(connection->db, SQLITE_LIMIT_FUNCTION_ARG, -1);
  bool collect = !store && model->inputs + 1 <= arguments;
  Text query = {.run = run};
  text_add(&query, collect ? "SELECT econ_collect(?1" : store ? "SELECT source.*" : "SELECT ");
  for (int i = 0; i < model->inputs; i++) {
    if (collect || store || i) text_add(&query, ", ");
    text_add(&query, model->input[i].sql);
  }
  if (!collect && !store && !model->inputs) text_add(&query, "1");
  text_format(&query, "%s FROM %s AS source", collect ? ")" : "", sql);
  sqlite3_stmt *statement = NULL;
  if (!run_failed(run) && sqlite3_prepare_v2(connection->db, query.data, -1, &statement, NULL) != SQLITE_OK) fail_from_input(run, connection, query.data, sql, columns, model);
  if (statement && collect) {
    sqlite3_bind_pointer(statement, 1, builder, COLLECT_POINTER, NULL);
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && !run_failed(run)) fail_from_sqlite(run, connection, "the source", columns);
  } else if (statement) step_rows(run, connection, statement, builder, store ? columns->count : 0, store);
  sqlite3_finalize(statement);
  source_leave(connection);
  return run_failed(run) ? NULL : builder_finish(builder, run, plan, keep_nulls);
}
