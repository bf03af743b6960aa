/* The claims of parallel.c, by number. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include "host.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum { ITEMS = 500 };

typedef struct Sums {
  double of_item[ITEMS];
  int times[ITEMS];
  int64_t of_worker[8];
  atomic_int wrong_worker;
  int workers;
} Sums;

static void sum_item(void *context, int64_t item, int worker) {
  Sums *sums = context;
  if (worker < 0 || worker >= sums->workers) {
    atomic_fetch_add(&sums->wrong_worker, 1);
    return;
  }
  Random random = random_stream(1, (uint64_t)item);
  double sum = 0;
  for (int i = 0; i < 2000; i++) sum += random_normal(&random);
  sums->of_item[item] = sum;
  sums->times[item]++;
  sums->of_worker[worker]++;
}

/* 2, 3: each item once, the same bits with any number of workers */
static void test_same_sums(void) {
  static Sums alone, sums;
  memset(&alone, 0, sizeof alone);
  for (int workers = 1; workers <= 4; workers *= 2) {
    Run run;
    host_begin(&run);
    Sums *out = workers == 1 ? &alone : &sums;
    memset(out, 0, sizeof *out);
    out->workers = workers;
    parallel_for(&run, ITEMS, workers, sum_item, out);
    CHECK(run.status == RUN_OK);
    int64_t done = 0;
    int once = 0;
    for (int i = 0; i < workers; i++) done += out->of_worker[i];
    for (int i = 0; i < ITEMS; i++) once += out->times[i] == 1;
    CHECK(done == ITEMS && once == ITEMS && out->wrong_worker == 0);
    CHECK(memcmp(out->of_item, alone.of_item, sizeof alone.of_item) == 0);
    CHECK(host.polls > 0 && host.allocations == 0);
    CHECK(host_end(&run));
  }
}

typedef struct Meeting {
  pthread_mutex_t lock;
  pthread_cond_t all_here;
  pthread_t who[3];
  int present, signals_open;
  bool broken;
} Meeting;

/* Nobody leaves before all three are here: only real threads can do it. */
static void meet(void *context, int64_t item, int worker) {
  (void)item;
  Meeting *meeting = context;
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, NULL, &blocked);
  pthread_mutex_lock(&meeting->lock);
  if (worker > 0 && !(sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGALRM))) meeting->signals_open++;
  meeting->who[meeting->present++] = pthread_self();
  struct timespec limit;
  timespec_get(&limit, TIME_UTC);
  limit.tv_sec += 20;
  pthread_cond_broadcast(&meeting->all_here);
  while (meeting->present < 3 && !meeting->broken) {
    if (pthread_cond_timedwait(&meeting->all_here, &meeting->lock, &limit) != 0) meeting->broken = true;
  }
  pthread_mutex_unlock(&meeting->lock);
}

/* 1, 4 */
static void test_threads_are_real(void) {
  Run run;
  host_begin(&run);
  Meeting meeting = {.lock = PTHREAD_MUTEX_INITIALIZER, .all_here = PTHREAD_COND_INITIALIZER};
  parallel_for(&run, 3, 3, meet, &meeting);
  CHECK(!meeting.broken && meeting.present == 3 && meeting.signals_open == 0);
  CHECK(!pthread_equal(meeting.who[0], meeting.who[1]) && !pthread_equal(meeting.who[1], meeting.who[2]));
  sigset_t mine;
  pthread_sigmask(SIG_BLOCK, NULL, &mine);
  CHECK(!sigismember(&mine, SIGINT)); /* the caller's mask is as it was */
  CHECK(host_end(&run));
}

typedef struct Note {
  pthread_t caller;
  atomic_int elsewhere, done;
} Note;

static void note_thread(void *context, int64_t item, int worker) {
  (void)item;
  Note *note = context;
  if (!pthread_equal(pthread_self(), note->caller) || worker != 0) atomic_fetch_add(&note->elsewhere, 1);
  atomic_fetch_add(&note->done, 1);
}

/* 3 */
static void test_one_worker_or_item(void) {
  Run run;
  host_begin(&run);
  Note note = {.caller = pthread_self()};
  parallel_for(&run, 50, 1, note_thread, &note);
  parallel_for(&run, 1, 4, note_thread, &note);
  parallel_for(&run, 0, 4, note_thread, &note);
  parallel_for(&run, -1, 4, note_thread, &note);
  parallel_for(&run, 5, 0, note_thread, &note); /* fewer than one counts as one */
  CHECK(note.done == 56 && note.elsewhere == 0);
  parallel_for(&run, 10000, 1000, note_thread, &note); /* more than there can be */
  CHECK(note.done == 10056);
  run_fail(&run, "failed before");
  parallel_for(&run, 50, 2, note_thread, &note);
  CHECK(note.done == 10056);
  CHECK(host_end(&run));
}

static void half_millisecond(void *context, int64_t item, int worker) {
  (void)item;
  (void)worker;
  struct timespec pause = {0, 500000};
  nanosleep(&pause, NULL);
  atomic_fetch_add((atomic_int *)context, 1);
}

/* 1: a stop leaves most of the work undone, with every number of workers */
static void test_stop(void) {
  for (int workers = 1; workers <= 4; workers *= 2) {
    Run run;
    host_begin(&run);
    host.stop_at_poll = 3;
    atomic_int done = 0;
    parallel_for(&run, 100000, workers, half_millisecond, &done);
    CHECK(run.status == RUN_INTERRUPTED && host.polls == 3);
    CHECK(done >= 3 && done < 1000);
    CHECK(host_end(&run));
  }
}

/* Draws are told of as they grow, rarely, and at the end; nobody is told who did not ask. */
static int64_t told[64];
static int tellings;
static void listen(void *context, const char *what, int64_t done, int64_t of) {
  (void)context;
  CHECK(strcmp(what, "loop") == 0 && of == 1000 && tellings < 64);
  if (tellings < 64) told[tellings++] = done;
}

static void test_progress(void) {
  for (int asked = 0; asked < 2; asked++) {
    Run run;
    host_begin(&run);
    host.lent.progress = listen;
    run.progress = asked ? "loop" : NULL;
    atomic_int done = 0;
    tellings = 0;
    parallel_draws(&run, asked ? 2600 : 10, 2 - asked, half_millisecond, &done, (DrawRange){100, 1000, 1000});
    CHECK(done == (asked ? 2600 : 10));
    CHECK(asked ? tellings >= 2 && tellings < 64 && told[tellings - 1] == 1000 : tellings == 0);
    for (int t = 0; t < tellings; t++) CHECK(told[t] > (t ? told[t - 1] : 100));
    CHECK(host_end(&run));
  }
}

/* ECON_THREADS only lowers the number; nonsense is not read. */
static void test_workers(void) {
  unsetenv("ECON_THREADS");
  int online = parallel_workers();
  CHECK(online >= 1);
  setenv("ECON_THREADS", "1", 1);
  CHECK(parallel_workers() == 1);
  const char *nonsense[] = {"", "0", "-3", "many", "1000000", "99999999999999999999999"};
  for (int i = 0; i < 6; i++) {
    setenv("ECON_THREADS", nonsense[i], 1);
    CHECK(parallel_workers() == online);
  }
  unsetenv("ECON_THREADS");
}

static void count_to(void *context) {
  volatile int64_t *count = context;
  while (*count < 40000000) *count = *count + 1; /* some polls long */
}

static void count_for_ever(void *context) {
  volatile int64_t *count = context;
  for (;;) *count = *count + 1;
}

static void test_aside(void) {
  Run run;
  host_begin(&run);
  int64_t count = 0;
  parallel_aside(&run, count_to, &count);
  CHECK(!run_failed(&run) && count == 40000000);
  host.stop_at_poll = host.polls + 2;
  parallel_aside(&run, count_for_ever, &count);
  CHECK(run.status == RUN_INTERRUPTED);
  int64_t then = count;
  for (volatile int i = 0; i < 10000000; i++) continue;
  CHECK(count == then); /* it has ended */
  parallel_aside(&run, count_to, &then);
  CHECK(count == then); /* nothing is begun in a run that has failed */
  CHECK(host_end(&run));
}

CHECK_MAIN(test_aside, test_same_sums, test_threads_are_real, test_one_worker_or_item, test_stop, test_progress, test_workers)
