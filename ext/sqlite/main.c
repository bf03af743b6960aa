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
 * statement lives only while a computation does: one that stayed would keep sqlite3_close() from closing the connection. */
static int host_poll(void *context) {
  Connection *connection = context;
  if (!connection->tick && sqlite3_prepare_v2(connection->db, "SELECT 1", -1, &connection->tick, NULL) == SQLITE_INTERRUPT) return 1;
  if (!connection->tick) return 0;
  int code = sqlite3_step(connection->tick);
  sqlite3_reset(connection->tick);
  return code == SQLITE_INTERRUPT;
}

/* progress=1. A user at the shell asked for it: standard error, since rows go to standard output. */
static void host_progress(void *context, const char *what, int64_t done, int64_t of) {
  (void)context;
  fprintf(stderr, "%s: %lld of %lld draws\n", what, (long long)done, (long long)of);
}

void connection_rest(Connection *connection) {
  sqlite3_finalize(connection->tick);
  connection->tick = NULL;
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
