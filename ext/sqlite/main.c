/* main.c: the entry point: checks the version, then loops over the registries. */
#include "../econ.h"
#include "sql.h"

#include <stdio.h>

#ifndef SQLITE_CORE
const sqlite3_api_routines *sqlite3_api = NULL;
#endif

enum { OLDEST_VERSION = 3031000 };

/* ---- what one connection shares */

static void *host_reallocate(void *old, uint64_t bytes) { return sqlite3_realloc64(old, bytes); }
static void host_release(void *block) { sqlite3_free(block); }

/* Stepping a prepared SELECT 1 returns SQLITE_INTERRUPT after sqlite3_interrupt() and fires the host's progress handler, on any version. The
 * statements live only while a computation does: one that stayed would keep sqlite3_close() from closing the connection.
 * A progress handler is called every N steps of SQLite's machine, N often thousands, and SELECT 1 has five. So every twentieth of a second a statement of about ten thousand is stepped
 * too (0.2 ms): with N = 1000, or 10000, the handler is asked as often as that. */
#ifdef RUN_POLL_WORK /* the interrupt sweep counts steps: the same ones in every run */
enum { BEAT_PAUSE = 0 };
#else
enum { BEAT_PAUSE = 50000000 }; /* nanoseconds */
#endif

static bool stepped(Connection *connection, sqlite3_stmt **statement, const char *sql) {
  if (!*statement && sqlite3_prepare_v2(connection->db, sql, -1, statement, NULL) == SQLITE_INTERRUPT) return false;
  if (!*statement) return true;
  int code = sqlite3_step(*statement);
  sqlite3_reset(*statement);
  return code != SQLITE_INTERRUPT;
}

static int host_poll(void *context) {
  Connection *connection = context;
  if (!stepped(connection, &connection->tick, "SELECT 1")) return 1;
  if (!BEAT_PAUSE) return 0;
  int64_t now = run_clock();
  if (!connection->beat_time) connection->beat_time = now;
  if (now - connection->beat_time < BEAT_PAUSE) return 0;
  bool goes_on = stepped(connection, &connection->beat, "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 650) SELECT count(*) FROM c");
  connection->beat_time = run_clock();
  return !goes_on;
}

/* progress=1. A user at the shell asked for it: standard error, since rows go to standard output. */
static void host_progress(void *context, const char *what, int64_t done, int64_t of) {
  (void)context;
  fprintf(stderr, "%s: %lld of %lld draws\n", what, (long long)done, (long long)of);
}

void connection_rest(Connection *connection) {
  sqlite3_finalize(connection->tick);
  sqlite3_finalize(connection->beat);
  connection->tick = connection->beat = NULL;
  connection->beat_time = 0;
}

Connection *connection_hold(Connection *connection) {
  connection->references++;
  return connection;
}

void connection_release(void *pointer) {
  Connection *connection = pointer;
  if (--connection->references > 0) return;
  connection_rest(connection);
  sqlite3_free(connection);
}

/* ---- registration */

static int register_all(Connection *connection) {
  int code = source_register(connection);
  for (int e = 0; estimator_registry[e] && code == SQLITE_OK; e++) {
    code = tvf_register(connection, estimator_registry[e]);
    if (code == SQLITE_OK && (estimator_registry[e]->flags & ESTIMATOR_AGGREGATE)) code = aggregate_register(connection, estimator_registry[e]);
  }
  if (code == SQLITE_OK) code = fit_functions_register(connection);
  if (code == SQLITE_OK) code = printers_register(connection);
  if (code == SQLITE_OK) code = mathematics_register(connection);
  if (code == SQLITE_OK) code = help_register(connection);
  return code;
}

int sqlite3_econ_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
#ifndef SQLITE_CORE
  sqlite3_api = api;
#else
  (void)api;
#endif
  if (sqlite3_libversion_number() < OLDEST_VERSION) {
    *message = sqlite3_mprintf("econ: SQLite %s is too old, 3.31.0 or newer is needed", sqlite3_libversion());
    return SQLITE_ERROR;
  }
  Connection *connection = sqlite3_malloc(sizeof *connection);
  if (!connection) return SQLITE_NOMEM;
  memset(connection, 0, sizeof *connection);
  connection->db = db;
  connection->host = (Host){host_reallocate, host_release, host_poll, host_progress, connection};
  connection_hold(connection);
  int code = register_all(connection);
  connection_release(connection);
  return code;
}
