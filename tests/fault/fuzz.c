/* fuzz.c: texts from a coverage-guided fuzzer (libFuzzer) into everything that reads text: sources, formulas, lists, options, specs of aggregates,
 * fits, hypotheses, table options. Nothing may crash, leak or read what is not its own; every statement must end in a result or an error.
 * `make fuzz SECONDS=600` builds it with clang and the address and undefined-behaviour sanitizers.
 *
 * Targets are those below and every estimator of the registry, as a table-valued function over p. The first byte says where the text goes, a byte 1 in the text parts it into two arguments. */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../ext/econ.h"

static const char *const TARGETS[] = {
    "SELECT * FROM fe_ols('p', ?1, ?2)",
    "SELECT * FROM fe_ols(?1, 'y ~ x')",
    "SELECT fe_ols(?1, y, x, id, t) FROM p",
    "SELECT * FROM fe_iv('p', ?1, ?2)",
    "SELECT * FROM did_att('p', ?1, ?2)",
    "SELECT * FROM entropy_index('p', ?1, ?2)",
    "SELECT * FROM panel_prepare('p', '', ?1)",
    "SELECT * FROM fe_threshold('p', 'y ~ x | id', ?1)",
    "SELECT * FROM psm_match('p', 'd ~ x', ?1)",
    "SELECT econ_fit(?1, 'p', ?2, '')",
    "SELECT fit_coef(?1, ?2), fit_stat(?1, ?2), fit_predict(?1, 1, 2), fit_score(?1, 1, 2)",
    "SELECT * FROM fit_terms(?1), fit_stats(?1)",
    "SELECT * FROM fit_tests(?1)",
    "SELECT * FROM fit_vcov(?1)",
    "SELECT * FROM fit_wald((SELECT fe_ols('y ~ x + w', y, x, w) FROM p), ?1)",
    "SELECT * FROM fit_wald(?1, ?2)",
    "SELECT fit_table('m', (SELECT fe_ols('y ~ x + w', y, x, w) FROM p), ?1)",
    "SELECT fit_table('m', ?1, ?2)",
    "SELECT plot_event(t, x, y, w, ?1) FROM p",
    "SELECT plot_coef(t, x, y, w, ?1) FROM p",
    "SELECT plot_density(y, ?1) FROM p",
    "SELECT plot_line(t, y, id, ?1) FROM p",
    "SELECT plot_scatter(x, y, ?1) FROM p",
    "SELECT plot_balance(t, x, y, ?1) FROM p",
    "SELECT corr_table(t, id, x, y, ?1) FROM p",
    "SELECT describe_table(t, 9, x, y, 1, w, ?1) FROM p",
    "SELECT * FROM fit_margins((SELECT fe_ols('y ~ x * w', y, x, w) FROM p), ?1, ?2, '0:2')",
    "SELECT * FROM fit_margins((SELECT fe_ols('y ~ x * w', y, x, w) FROM p), 'x', 'w', ?1)",
    "SELECT * FROM fit_utest((SELECT fe_ols('y ~ x + I(x*x)', y, x) FROM p), ?1, ?2)",
    "SELECT * FROM did_honest((SELECT econ_fit('did_att', 'p', 'y ~ 1 | id + t', 'cohort=g, agg=event')), ?1)",
    "SELECT * FROM did_honest(?1, ?2)",
};

enum { GIVEN = (int)(sizeof TARGETS / sizeof *TARGETS), MOST = 200 };
static const char *target[MOST];
static int targets;

static void find_targets(sqlite3 *db) {
  sqlite3_stmt *statement;
  for (; targets < GIVEN; targets++) target[targets] = TARGETS[targets];
  if (sqlite3_prepare_v2(db, "SELECT 'SELECT * FROM ' || name || '(''p'', ?1, ?2)' FROM econ_help() WHERE signature LIKE '%(source, ''%'", -1, &statement, NULL) != SQLITE_OK) abort();
  while (targets < MOST && sqlite3_step(statement) == SQLITE_ROW)
    if (!(target[targets++] = strdup((const char *)sqlite3_column_text(statement, 0)))) abort();
  sqlite3_finalize(statement);
  if (targets < GIVEN + 20) abort(); /* the registry was not read */
}

static int enough; /* a source may be an endless query: every statement has its share of steps */
static int progress(void *unused) {
  (void)unused;
  return --enough < 0;
}

static sqlite3 *prepared(void) {
  sqlite3 *db;
  char *message = NULL;
  if (sqlite3_open(":memory:", &db) != SQLITE_OK || sqlite3_econ_init(db, &message, NULL) != SQLITE_OK) abort();
  if (sqlite3_exec(db,
                   "CREATE TABLE p AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39) SELECT i / 5 AS id, i % 5 + 2001 AS t, "
                   "(i * 37 % 11) + i / 6 AS y, i * 17 % 13 AS x, 1 + i % 3 AS w, i / 5 < 4 AND i % 5 > 2 AS d, CASE WHEN i / 5 < 4 THEN 2004 END AS g FROM n",
                   NULL, NULL, NULL) != SQLITE_OK)
    abort();
  sqlite3_progress_handler(db, 1000, progress, NULL);
  sqlite3_hard_heap_limit64(200000000);
  return db;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static sqlite3 *db;
  if (!db) {
    db = prepared();
    find_targets(db);
  }
  if (size < 1 || size > 4000) return 0;
  const char *text = (const char *)data + 1, *parted = memchr(text, 1, size - 1);
  int first = parted ? (int)(parted - text) : (int)size - 1, second = parted ? (int)size - 2 - first : 0;
  sqlite3_stmt *statement = NULL;
  enough = 300;
  if (sqlite3_prepare_v2(db, target[data[0] % targets], -1, &statement, NULL) != SQLITE_OK) return 0;
  sqlite3_bind_text(statement, 1, text, first, SQLITE_STATIC);
  if (sqlite3_bind_parameter_count(statement) > 1) sqlite3_bind_text(statement, 2, parted ? parted + 1 : "", second, SQLITE_STATIC);
  for (int rows = 0; rows < 200 && sqlite3_step(statement) == SQLITE_ROW; rows++)
    for (int c = 0; c < sqlite3_column_count(statement); c++) sqlite3_column_text(statement, c);
  sqlite3_finalize(statement);
  return 0;
}
