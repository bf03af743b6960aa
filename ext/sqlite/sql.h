/* sql.h: the internal header of the SQL layer, the only layer that knows SQLite. A banner for each file that it serves. */
#ifndef ECON_SQL_H
#define ECON_SQL_H

#include "../est/est.h"

#ifdef SQLITE_CORE
#include <sqlite3.h>
#else
#include <sqlite3ext.h>
extern const struct sqlite3_api_routines *sqlite3_api; /* defined in main.c */
#endif

/* Newer than the floor (3.31): use only behind sqlite3_libversion_number(). */
#ifndef SQLITE_INNOCUOUS
#define SQLITE_INNOCUOUS 0x000200000
#endif

/* ------------------------------------------------------------------------------------------------ main.c
 * What one connection shares; freed when the last of its functions and modules goes. */
typedef struct Connection {
  sqlite3 *db;
  int references;
  int depth;             /* nested runs of source SQL */
  sqlite3_stmt *tick;    /* SELECT 1: stepping it asks whether we are interrupted */
  sqlite3_stmt *beat;    /* some ten thousand steps of SQLite: the progress handler counts them */
  int64_t beat_time;
  Host host;             /* memory of SQLite, poll through tick */
} Connection;
enum { DEPTH_LIMIT = 8 }; /* a view that names itself through our SQL text must not overflow the stack */
void connection_rest(Connection *connection); /* call at the end of each computation */
Connection *connection_hold(Connection *connection);
void connection_release(void *connection);

/* ------------------------------------------------------------------------------------------------ json.c */
typedef enum JsonType { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } JsonType;
typedef struct JsonValue {
  JsonType type;
  double number;
  const char *text;         /* of a string, unescaped; of a number, as written */
  const char *key;          /* when a member of an object */
  struct JsonValue *child, *next; /* first child; next sibling */
} JsonValue;
const JsonValue *json_parse(Run *run, const char *text); /* fails the run with a sentence that names the place */
const JsonValue *json_member(const JsonValue *object, const char *key); /* NULL where absent */
void json_string(Text *out, const char *text);           /* quoted and escaped; null for NULL */

/* fit_json.c: a fit as text and back. */
void fit_write(const Fit *fit, Text *out);
void fit_read(Run *run, const char *json, Fit *fit);     /* a sentence if the text is no fit */

/* ------------------------------------------------------------------------------------------------ tokens.c
 * SQL text in tokens, so that formulas see their own operators and leave the rest to SQL. */
typedef enum TokenType { TOKEN_END, TOKEN_NAME, TOKEN_QUOTED_NAME, TOKEN_STRING, TOKEN_NUMBER, TOKEN_OPERATOR, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_COMMA, TOKEN_OTHER } TokenType;
typedef struct Token {
  TokenType type;
  const char *start;
  int length;
} Token;
Token token_next(Run *run, const char *text); /* skips blanks and comments; an unclosed string or quote fails the run */
/* The nearest of names to a misspelt one (edit distance at most about a third of its length, case does not matter), or NULL. */
const char *nearest_name(const char *name, int count, const char *const *names);

/* A stretch of a text's tokens. "At the top level" means outside parentheses and CASE ... END. */
typedef struct TokenList {
  const Token *token;
  int count;
} TokenList;
TokenList tokens_list(Run *run, const char *text);               /* all of it; parentheses that do not match fail the run */
TokenList tokens_slice(TokenList list, int from, int to);        /* from and including, to and excluding */
int tokens_find(TokenList list, int from, const char *signs);    /* the first operator or comma at the top level that is one of these characters; count: none */
bool tokens_piece(TokenList list, int *at, const char *signs, TokenList *piece); /* the piece from at to the next such sign; false behind the last */
bool token_is(const Token *token, const char *text);             /* this operator, or this name: small and capital letters are the same */
const Token *tokens_at(TokenList list, int index);               /* the token, or one of type TOKEN_END outside the list */
const char *tokens_text(Run *run, TokenList list);               /* as written, blanks apart; a lone quoted name or string keeps its quotes */
const char *tokens_raw(Run *run, TokenList list);                /* exactly as written, from the first to the last */
const char *token_unquoted(Run *run, const Token *token);        /* a name or string without its quotes */
bool tokens_call(TokenList list, TokenList *arguments);          /* the whole list is name(arguments) */
bool tokens_parenthesised(TokenList list, TokenList *inside);    /* the whole list is (inside) or c(inside) */
bool tokens_number(Run *run, TokenList list, double *value);     /* the whole list is one number, perhaps with a sign; the locale does not matter */
bool names_equal(const char *a, const char *b);                  /* small and capital ASCII letters are the same */

/* ------------------------------------------------------------------------------------------------ expression.c, formula.c, instruments.c, lists.c, options.c, values.c
 * Text -> plan: everything that is known before a row is read. */
typedef struct SourceColumns {
  int count;
  const char *const *name;
  const char *source;      /* for messages: the table's name, or "the query" */
  const char *quote;       /* "'" around a table's name */
} SourceColumns;
const char *column_find(const SourceColumns *columns, const char *name); /* the column's own spelling, or NULL */
void expression_compile(Run *run, const SourceColumns *columns, TokenList list, Input *input); /* columns NULL: input->sql is NULL */

typedef struct Plan {
  Model model;
  int options;             /* all options of the estimator, in the order of its specs */
  OptionValue *option;
} Plan;

typedef struct OptionPair {
  const char *name, *value;
} OptionPair;

/* columns NULL: an aggregate's spec, where every distinct variable text, in order of first appearance (model, then options), is one argument of
 * the aggregate: input[i] is argument i. extra: options that come as hidden columns; they win over those in the text. */
void plan_compile(Run *run, const Estimator *estimator, const SourceColumns *columns, const char *model, const char *options, int extras,
                  const OptionPair *extra, Plan *plan);
/* formula.c's part, used by options.c for OPTION_TERMS, OPTION_LEVELS and so on: adds inputs and variables to the model as needed. */
typedef struct Compiler {
  Run *run;
  const SourceColumns *columns; /* NULL for aggregates */
  Model *model;
  int input_capacity, variable_capacity;
} Compiler;
void compile_model(Compiler *compiler, const Estimator *estimator, const char *text);
void compile_list_model(Compiler *compiler, const Estimator *estimator, TokenList list); /* lists.c: MODEL_VARIABLES, MODEL_INDICATORS, MODEL_ROLES */
bool names_instruments(TokenList part);                                               /* instruments.c: gmm(x, 2:4) + iv(z) */
void compile_instruments(Compiler *compiler, TokenList part);
int compile_number(Compiler *compiler, TokenList list, bool optional);                /* an expression, l(x), ... -> variable; -1: the run has failed */
int compile_levels(Compiler *compiler, TokenList list, bool optional);                /* a or a^b -> variable */
int compile_terms(Compiler *compiler, TokenList list, Term **terms);                  /* x1 + i(f) -> terms; how many. "1" is a term without factors */
int compile_panel(Compiler *compiler, TokenList list);                                /* unit+time or unit,time: sets them; false: the run has failed */
void compile_default_panel(Compiler *compiler);                                       /* from the absorbed effects; leaves -1 where there are no two */
void compile_value(Compiler *compiler, OptionValue *value);                           /* values.c: value->text, typed as value->spec says */
const char *alternatives(Run *run, const char *choices);                              /* values.c: "a|b|c" -> "a, b or c" */
void compile_nested(Compiler *compiler, OptionValue *value);                          /* options.c: psm(formula, options) of OPTION_NESTED */

/* ------------------------------------------------------------------------------------------------ load.c
 * Rows -> Frame. */
typedef struct Builder Builder; /* collects rows for a plan */
Builder *builder_new(Run *run, const Plan *plan, bool keep_nulls, bool want_source_row);
void builder_step(Builder *builder, sqlite3_value **values);     /* one row: a value for each input of the plan */
void builder_inverse(Builder *builder, sqlite3_value **values);  /* windows: the oldest row leaves */
/* run: the builder's own (its memory becomes the frame) or another (the rows are copied, the builder goes on). */
Frame *builder_finish(Builder *builder, Run *run, const Plan *plan, bool keep_nulls);
bool builder_failed(const Builder *builder);

/* row_index.c: rows of a kept table by the values of some columns. */
typedef enum ValueKind { VALUE_NULL = 1, VALUE_NUMBER = 2, VALUE_TEXT = 4, VALUE_OTHER = 8 } ValueKind;
typedef struct PlainValue {
  ValueKind kind;
  double number;           /* whole numbers, too */
  const char *text;
  size_t length;
} PlainValue;
typedef struct RowIndex RowIndex;
RowIndex *row_index_new(Run *run, int64_t rows, int columns, PlainValue (*value)(const void *table, int64_t row, int column), const void *table);
bool row_index_find(const RowIndex *index, const PlainValue *values, int64_t *row); /* the first row that may be equal, or -1; false: any may be */
int64_t row_index_next(const RowIndex *index, int64_t row);

/* row_store.c: the rows of a source as they are. */
typedef struct RowStore RowStore;
RowStore *row_store_new(Run *run, int columns);
void row_store_add(RowStore *store, sqlite3_stmt *statement, int columns); /* the current row's first columns */
int64_t row_store_rows(const RowStore *store);
void row_store_result(const RowStore *store, int64_t row, int column, sqlite3_context *context);

PlainValue row_store_value(const RowStore *store, int64_t row, int column);

/* source.c: checks a source and lists its columns; the text to put behind FROM. */
const char *source_sql(Run *run, Connection *connection, const char *source, SourceColumns *columns);
bool source_enter(Run *run, Connection *connection); /* the depth counter */
void source_leave(Connection *connection);
int source_register(Connection *connection);
/* store: NULL, or the source's rows are kept there too and frame->source_row tells which row is which. */
Frame *load_frame(Run *run, Connection *connection, const char *sql, const SourceColumns *columns, const Plan *plan, bool keep_nulls, RowStore *store);

/* ------------------------------------------------------------------------------------------------ emit.c, tvf.c, agg.c, fit_sql.c, help.c */
void job_run(Run *run, const Estimator *estimator, const Plan *plan, Frame *frame, bool want_table, bool want_rows, const TableLoader *loader, Result *result);
void emit_cell(sqlite3_context *context, const Cell *cell);
void emit_number(sqlite3_context *context, double value); /* NAN is NULL */
void emit_fit(sqlite3_context *context, Run *run, const Fit *fit, const char *name);
TableLoader *table_loader_new(Run *run, Connection *connection);
int tvf_register(Connection *connection, const Estimator *estimator);
int aggregate_register(Connection *connection, const Estimator *estimator);
int fit_functions_register(Connection *connection); /* fit_tables.c: fit_terms, ..., the rows of fit_function_registry, and all of fit_scalars.c */
int fit_scalars_register(Connection *connection);   /* fit_scalars.c: fit_coef, fit_stat, fit_predict, ... */
int printers_register(Connection *connection);    /* print_sql.c: fit_table, corr_table, plot_event, ...: the rows of printer_registry */
int mathematics_register(Connection *connection);   /* ln() and the like where SQLite lacks them */
int help_register(Connection *connection);          /* econ_help(), econ_version(), econ_fit() */
/* Reports a failed run on a context: "name: sentence", out of memory, or interrupted. */
void report_context(sqlite3_context *context, const Run *run, const char *name);
int report_vtab(sqlite3_vtab *vtab, const Run *run, const char *name); /* sets zErrMsg, returns the code */
#endif
