/* The run (run.c) and the harness itself: memory, sticky errors, interrupts. */
#include "check.h"
#include "host.h"

static void body(Run *run, void *context) {
  int64_t *total = context;
  char *small = run_alloc(run, 10, 1);
  double *large = NEW_ARRAY(run, double, 1000);
  int32_t *growing = run_grow(run, NULL, 10, sizeof(int32_t));
  if (run_failed(run)) return;
  *total = 0;
  for (int i = 0; i < 10; i++) *total += small[i];
  for (int i = 0; i < 1000; i++) *total += large[i] != 0;
  for (int i = 0; i < 10; i++) growing[i] = i;
  int32_t *grown = run_grow(run, growing, 5000, sizeof(int32_t));
  if (run_failed(run)) return;
  for (int i = 0; i < 10; i++) *total += grown[i] != i;
  run_free(run, large);
}

static void test_memory(void) {
  int64_t total = -1;
  int64_t allocations = host_fail_each(body, &total);
  CHECK(allocations == 4);
  CHECK(total == 0);
  CHECK(host.peak_bytes > 20000);
}

static void test_free_gives_back(void) {
  Run run;
  host_begin(&run);
  void *large = run_alloc(&run, 100000, 8);
  CHECK(large != NULL && host.live_blocks == 1 && host.live_bytes >= 800000);
  run_free(&run, large);
  CHECK(host.live_blocks == 0 && host.live_bytes == 0);
  run_free(&run, NULL);
  void *first = run_alloc(&run, 1, 1); /* the first of a chunk has the chunk's address */
  run_free(&run, first);
  CHECK(host.live_blocks == 1);
  CHECK(host_end(&run));
  run_end(&run); /* twice is fine */
  Run zeroed = {0};
  run_end(&zeroed);
  CHECK(!run_failed(&zeroed));
}

static void test_sticky(void) {
  Run run;
  host_begin(&run);
  CHECK(run_alloc(&run, SIZE_MAX / 4, 8) == NULL);
  CHECK(run.status == RUN_OUT_OF_MEMORY);
  run_fail(&run, "too late");
  CHECK(run.status == RUN_OUT_OF_MEMORY);
  CHECK(host_end(&run));
  host_begin(&run);
  run_fail(&run, "column %s has %d rows", "x", 3);
  run_fail(&run, "second");
  CHECK(run.status == RUN_ERROR && strcmp(run.message, "column x has 3 rows") == 0);
  CHECK(run_alloc(&run, 1, 1) == NULL && host.allocations == 0);
  CHECK(host_end(&run));
}

static void test_sentences_are_utf8(void) {
  static const struct {
    const char *given, *kept;
  } cases[] = {{"\xe4\xb8\x9c\xe9\x83\xa8", "\xe4\xb8\x9c'"}, /* cut behind four bytes: one character and the start of another */
               {"a\xff\xc3(\x80", "a('"},
               {"\xf0\x9d\x84\x9e", "\xf0\x9d\x84\x9e'"},
               {"\xc3\xa9\xc3\xa9", "\xc3\xa9\xc3\xa9'"}};
  for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    Run run;
    host_begin(&run);
    run_fail(&run, "%.4s'", cases[i].given);
    CHECK(strcmp(run.message, cases[i].kept) == 0);
    CHECK(host_end(&run));
  }
}

static void test_stop(void) {
  Run run;
  host_begin(&run);
  host.stop_at_poll = 3;
  int rounds = 0;
  while (rounds < 1000000 && run_poll(&run, 100000)) rounds++;
  CHECK(run.status == RUN_INTERRUPTED && host.polls == 3);
  CHECK(rounds == 11); /* 400,000 units a poll */
  CHECK(!run_poll(&run, 1));
  CHECK(host_end(&run));
}

static void test_text(void) {
  Run run;
  host_begin(&run);
  CHECK(strcmp(run_text(&run, "abc"), "abc") == 0);
  CHECK(strcmp(run_text_n(&run, "abcdef", 3), "abc") == 0);
  CHECK(strcmp(run_format(&run, "%s::%d", "year", 2015), "year::2015") == 0);
  CHECK(host_end(&run));
}

static void test_near(void) {
  CHECK_NEAR(1.0 + 1e-13, 1.0, 1e-12, 0);
  CHECK_NEAR((double)NAN, (double)NAN, 0, 0);
  CHECK_NEAR((double)INFINITY, (double)INFINITY, 0, 0);
  CHECK_NEAR(1e-20, 0.0, 0, 1e-15);
}

CHECK_MAIN(test_memory, test_free_gives_back, test_sticky, test_sentences_are_utf8, test_stop, test_text, test_near)
