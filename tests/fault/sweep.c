/* sweep.c: every public function with an allocator that fails and a host that interrupts.
 *
 *   sweep memory|interrupt STATEMENTS.sql [stride [only]]
 *
 * 1. memory: each statement is run with the n-th allocation failing, once and from there on, for n = 1, 1 + stride, ... until it ends
 *    untouched. It must end as it would in calm or in SQLITE_NOMEM, never in another code, and nothing may be leaked.
 * 2. interrupt: the progress handler, called at every opcode, stops the statement at its n-th call. It must end as it would in calm or in
 *    SQLITE_INTERRUPT. Built with -DRUN_POLL_WORK=1, so that every poll of ours asks.
 * 3. Allocations are those that go through SQLite's allocator, which is every one of ours.
 * STATEMENTS.sql: lines starting with "--" are comments; a statement ends with ";" at the end of a line. Those before the line "-- sweep"
 * prepare each fresh database. */
#define _POSIX_C_SOURCE 200809L
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ext/econ.h"

static sqlite3_mem_methods usual;
static long until_failure = -1; /* allocations left before one fails; negative: never */
static int keeps_failing, failures;

static int fails(void) {
  if (until_failure < 0) return 0;
  if (until_failure-- > 0) return 0;
  failures++;
  until_failure = keeps_failing ? 0 : -1;
  return 1;
}
static void *failing_malloc(int bytes) { return fails() ? NULL : usual.xMalloc(bytes); }
static void *failing_realloc(void *old, int bytes) { return fails() ? NULL : usual.xRealloc(old, bytes); }

static long until_stop = -1;
static int stops;
static int progress(void *unused) {
  (void)unused;
  if (until_stop < 0) return 0;
  if (until_stop-- > 0) return 0;
  stops++;
  until_stop = 0; /* an interrupted host stays interrupted until the statement ends */
  return 1;
}

enum { MOST = 2000 };
static char *statement[MOST];
static int statements, prepared;

static void read_statements(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) {
    perror(path);
    exit(2);
  }
  static char line[20000], text[200000];
  text[0] = 0;
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, "-- sweep", 8) == 0) prepared = statements;
    if (strncmp(line, "--", 2) == 0 || line[0] == '\n') continue;
    strcat(text, line);
    size_t length = strlen(text);
    if (length > 1 && text[length - 1] == '\n' && text[length - 2] == ';' && statements < MOST) {
      statement[statements++] = strdup(text);
      text[0] = 0;
    }
  }
  fclose(file);
}

static sqlite3 *open_prepared(void) {
  sqlite3 *db;
  if (sqlite3_open(":memory:", &db) != SQLITE_OK) exit(2);
  char *message = NULL;
  if (sqlite3_econ_init(db, &message, NULL) != SQLITE_OK) {
    fprintf(stderr, "init: %s\n", message ? message : "?");
    exit(2);
  }
  for (int s = 0; s < prepared; s++)
    if (sqlite3_exec(db, statement[s], NULL, NULL, &message) != SQLITE_OK) {
      fprintf(stderr, "%s\n  %s\n", statement[s], message);
      exit(2);
    }
  return db;
}

/* Runs to the end, every column read as text; the error code. */
static int run_statement(sqlite3 *db, const char *sql) {
  sqlite3_stmt *compiled = NULL;
  int code = sqlite3_prepare_v2(db, sql, -1, &compiled, NULL);
  if (code == SQLITE_OK) {
    while ((code = sqlite3_step(compiled)) == SQLITE_ROW)
      for (int c = 0; c < sqlite3_column_count(compiled); c++) sqlite3_column_text(compiled, c);
    if (code == SQLITE_DONE) code = SQLITE_OK;
  }
  sqlite3_finalize(compiled);
  return code & 0xFF;
}

int main(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: sweep memory|interrupt STATEMENTS.sql [stride [only]]\n");
    return 2;
  }
  int memory = strcmp(arguments[1], "memory") == 0;
  long stride = count > 3 ? atol(arguments[3]) : 1;
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual);
  sqlite3_mem_methods failing = usual;
  failing.xMalloc = failing_malloc;
  failing.xRealloc = failing_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
  sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* else small allocations would not pass here */
  sqlite3_initialize();
  read_statements(arguments[2]);
  long passed = 0, failed = 0;
  for (int s = prepared; s < statements; s++) {
    if (count > 4 && !strstr(statement[s], arguments[4])) continue;
    long points = 0, wrong = 0;
    sqlite3 *calm = open_prepared();
    int expected = run_statement(calm, statement[s]); /* a result, or the error that this statement is there for */
    sqlite3_close(calm);
    for (keeps_failing = 0; keeps_failing <= memory; keeps_failing++)
      for (long n = 0;; n += stride, points++) {
        sqlite3_int64 before = sqlite3_memory_used();
        sqlite3 *db = open_prepared();
        failures = stops = 0;
        if (memory) until_failure = n;
        else {
          sqlite3_progress_handler(db, 1, progress, NULL);
          until_stop = n;
        }
        int code = run_statement(db, statement[s]);
        int touched = failures + stops;
        until_failure = until_stop = -1;
        const char *message = sqlite3_errmsg(db);
        int right = code == expected || (touched && code == (memory ? SQLITE_NOMEM : SQLITE_INTERRUPT));
        if (!right && ++wrong < 4) printf("WRONG CODE %d (%s) at %ld%s: %s", code, message, n, keeps_failing ? " and later" : "", statement[s]);
        if (sqlite3_close(db) != SQLITE_OK && ++wrong < 4) printf("NOT CLOSED at %ld: %s", n, statement[s]);
        if (sqlite3_memory_used() != before && ++wrong < 4) printf("LEAK of %lld bytes at %ld: %s", (long long)(sqlite3_memory_used() - before), n, statement[s]);
        if (!touched) break;
      }
    printf("%s %6ld points: %.90s%s", wrong ? "FAILED" : "ok    ", points, statement[s], strlen(statement[s]) > 90 ? "...\n" : "");
    fflush(stdout);
    if (wrong) failed++;
    else passed++;
  }
  printf("%ld passed, %ld failed\n", passed, failed);
  return failed || !passed;
}
