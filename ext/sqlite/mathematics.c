/* mathematics.c: SQLite's mathematical functions for a SQLite that has none (before 3.35, or built without SQLITE_ENABLE_MATH_FUNCTIONS).
 *
 * A model's variables are SQL expressions, and few papers do without a logarithm. Only names that the connection does not know are registered,
 * with SQLite's own rules: NULL for what is no number, and outside the domain. No log(): SQLite's is base 10, which the formula refuses. */
#include "sql.h"

typedef struct Mathematics {
  const char *name;
  double (*of)(double);
  double (*of_two)(double, double);
} Mathematics;

static const Mathematics FUNCTIONS[] = {{"exp", exp, NULL},     {"ln", log, NULL},   {"log10", log10, NULL}, {"log2", log2, NULL}, {"sqrt", sqrt, NULL},    {"floor", floor, NULL},
                                        {"ceil", ceil, NULL},   {"ceiling", ceil, NULL}, {"trunc", trunc, NULL}, {"sin", sin, NULL},   {"cos", cos, NULL},      {"tan", tan, NULL},
                                        {"asin", asin, NULL},   {"acos", acos, NULL}, {"atan", atan, NULL},   {"tanh", tanh, NULL}, {"pow", NULL, pow},      {"power", NULL, pow},
                                        {"mod", NULL, fmod},    {"atan2", NULL, atan2}};

static void calculate(sqlite3_context *context, int count, sqlite3_value **values) {
  const Mathematics *function = sqlite3_user_data(context);
  double argument[2] = {0};
  for (int i = 0; i < count; i++) {
    int type = sqlite3_value_numeric_type(values[i]);
    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return; /* NULL */
    argument[i] = sqlite3_value_double(values[i]);
  }
  bool logarithm = function->of == log || function->of == log10 || function->of == log2;
  bool whole = function->of == floor || function->of == ceil || function->of == trunc;
  if (logarithm && !(argument[0] > 0)) return;
  if (whole && sqlite3_value_numeric_type(values[0]) == SQLITE_INTEGER) sqlite3_result_value(context, values[0]);
  else sqlite3_result_double(context, function->of ? function->of(argument[0]) : function->of_two(argument[0], argument[1])); /* NAN is NULL */
}

/* SQLITE_ERROR where there is no such function. */
static int look_up(sqlite3 *db, const Mathematics *function) {
  char sql[40];
  sqlite3_stmt *statement = NULL;
  sqlite3_snprintf(sizeof sql, sql, "SELECT %s(%s)", function->name, function->of ? "1" : "1, 1");
  int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  sqlite3_finalize(statement);
  return code;
}

int mathematics_register(Connection *connection) {
  int code = SQLITE_OK;
  for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS && code == SQLITE_OK; i++) {
    const Mathematics *function = &FUNCTIONS[i];
    code = look_up(connection->db, function);
    if (code == SQLITE_ERROR)
      code = sqlite3_create_function_v2(connection->db, function->name, function->of ? 1 : 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, (void *)function,
                                        calculate, NULL, NULL, NULL);
  }
  return code;
}
