/* test_mathematics.c: the functions that stand in where SQLite has none, under other names, beside SQLite's own. */
#include "../../ext/sqlite/mathematics.c"
#include "../num/check.h"

static const char *const VALUES[] = {"NULL", "'x'", "'2.5'", "x'31'", "-3", "-0.5", "0", "0.0", "0.25", "1", "2.5", "7", "-2.5", "1e308", "9223372036854775807"};
enum { COUNT = sizeof VALUES / sizeof *VALUES };

static void compare(sqlite3 *db, const char *name, const char *arguments) {
  char sql[800];
  sqlite3_stmt *statement = NULL;
  sqlite3_snprintf(sizeof sql, sql, "SELECT typeof(our_%s(%s)) = typeof(%s(%s)) AND ifnull(abs(our_%s(%s) - %s(%s)) <= 1e-15 * abs(%s(%s)), our_%s(%s) IS %s(%s))", name, arguments, name,
                   arguments, name, arguments, name, arguments, name, arguments, name, arguments, name, arguments);
  if (!CHECK(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK)) printf("  %s\n", sqlite3_errmsg(db));
  if (!CHECK(sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == 1)) printf("  %s(%s)\n", name, arguments);
  sqlite3_finalize(statement);
}

static void test_beside_sqlite(void) {
  sqlite3 *db;
  CHECK(sqlite3_open(":memory:", &db) == SQLITE_OK);
  for (size_t f = 0; f < sizeof FUNCTIONS / sizeof *FUNCTIONS; f++) {
    const Mathematics *function = &FUNCTIONS[f];
    if (look_up(db, function) != SQLITE_OK) continue; /* nothing to compare with */
    char name[40], arguments[80];
    sqlite3_snprintf(sizeof name, name, "our_%s", function->name);
    CHECK(sqlite3_create_function_v2(db, name, function->of ? 1 : 2, SQLITE_UTF8, (void *)function, calculate, NULL, NULL, NULL) == SQLITE_OK);
    for (int a = 0; a < COUNT; a++)
      for (int b = 0; b < (function->of ? 1 : COUNT); b++) {
        sqlite3_snprintf(sizeof arguments, arguments, function->of ? "%s" : "%s, %s", VALUES[a], VALUES[b]);
        compare(db, function->name, arguments);
      }
  }
  CHECK(look_up(db, &(Mathematics){"no_such_name", sin, NULL}) == SQLITE_ERROR);
  sqlite3_close(db);
}

CHECK_MAIN(test_beside_sqlite)
