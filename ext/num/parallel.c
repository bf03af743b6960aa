/* parallel.c: independent work items on the machine's processors.
 *
 * 1. Workers take the next item from one atomic counter until none is left. Worker 0 is the calling thread, which also asks the host
 *    between its items whether to stop; the others leave after the item at hand.
 * 2. body sees each item exactly once (unless the run stops) and writes only what belongs to the item or to the worker's own scratch;
 *    results that must not depend on the number of workers are kept by item, never summed by worker.
 * 3. With one worker or one item no thread is made. If the system refuses a thread, those that exist do the work.
 * 4. parallel_aside: what never asks (another library's loop) runs in a thread that is cancelled where it stands. That is safe for what
 *    neither allocates nor locks; Windows has no such cancelling, there the caller's own thread does it.
 * 5. The threads block all signals but those that their own faults raise: handlers of the host program run where they always did. */
#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L
#endif
#ifdef __APPLE__
#define _DARWIN_C_SOURCE
#endif
#include "num.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <signal.h>
#include <unistd.h>
#endif

enum { MOST_WORKERS = 64 };
static const size_t STACK_BYTES = (size_t)4 << 20; /* some systems give half a megabyte, too little for LAPACK */

typedef struct Crew {
  atomic_int_fast64_t next;
  atomic_bool stop;
  int64_t items;
  void (*body)(void *context, int64_t item, int worker);
  void *context;
  DrawRange draws; /* of 0: nobody is told */
} Crew;

typedef struct Worker {
  Crew *crew;
  int number;
  pthread_t thread;
} Worker;

int parallel_workers(void) {
#ifdef _WIN32
  SYSTEM_INFO system;
  GetSystemInfo(&system);
  long online = (long)system.dwNumberOfProcessors;
#else
  long online = sysconf(_SC_NPROCESSORS_ONLN);
#endif
  const char *limit = getenv("ECON_THREADS");
  if (limit) {
    char *end;
    long asked = strtol(limit, &end, 10);
    if (end != limit && asked >= 1 && asked < online) online = asked;
  }
  return online < 1 ? 1 : online > MOST_WORKERS ? MOST_WORKERS : (int)online;
}

static bool take_item(Crew *crew, int worker) {
  if (atomic_load_explicit(&crew->stop, memory_order_relaxed)) return false;
  int64_t item = atomic_fetch_add_explicit(&crew->next, 1, memory_order_relaxed);
  if (item >= crew->items) return false;
  crew->body(crew->context, item, worker);
  return true;
}

static void *work(void *argument) {
  Worker *worker = argument;
  while (take_item(worker->crew, worker->number)) continue;
  return NULL;
}

/* Worker 0. What an item costs is not known here, so its work is announced as the time it took. */
static void work_and_poll(Run *run, Crew *crew) {
  int64_t before = run_clock();
  while (take_item(crew, 0)) {
    int64_t now = run_clock(), spent = now - before;
    before = now;
    if (!run_poll(run, (uint64_t)spent)) {
      atomic_store_explicit(&crew->stop, true, memory_order_relaxed);
      return;
    }
    if (crew->draws.of && run->progress) { /* the others' items at hand count: they will be done in a moment */
      int64_t taken = atomic_load_explicit(&crew->next, memory_order_relaxed);
      if (taken < crew->items) run_progress(run, crew->draws.from + (int64_t)((double)(crew->draws.to - crew->draws.from) * (double)taken / (double)crew->items), crew->draws.of);
    }
  }
}

static bool start_thread(pthread_t *thread, void *(*body)(void *), void *argument) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
#ifndef _WIN32
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, SIGSEGV);
  sigdelset(&all, SIGBUS);
  sigdelset(&all, SIGFPE);
  sigdelset(&all, SIGILL);
  sigdelset(&all, SIGTRAP);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* threads inherit it */
#endif
  bool started = pthread_create(thread, &attributes, body, argument) == 0;
#ifndef _WIN32
  pthread_sigmask(SIG_SETMASK, &before, NULL);
#endif
  pthread_attr_destroy(&attributes);
  return started;
}

static int start_threads(Crew *crew, int wanted, Worker *worker) {
  int started = 0;
  for (; started < wanted; started++) {
    worker[started].crew = crew;
    worker[started].number = started + 1;
    if (!start_thread(&worker[started].thread, work, &worker[started])) break;
  }
  return started;
}

void parallel_for(Run *run, int64_t items, int workers, void (*body)(void *context, int64_t item, int worker), void *context) {
  parallel_draws(run, items, workers, body, context, (DrawRange){0, 0, 0});
}

void parallel_draws(Run *run, int64_t items, int workers, void (*body)(void *context, int64_t item, int worker), void *context, DrawRange draws) {
  if (run_failed(run) || items <= 0) return;
  Crew crew = {.items = items, .body = body, .context = context, .draws = draws};
  atomic_init(&crew.next, 0);
  atomic_init(&crew.stop, false);
  if (workers > MOST_WORKERS) workers = MOST_WORKERS;
  if (workers > items) workers = (int)items;
  Worker worker[MOST_WORKERS];
  int started = workers > 1 ? start_threads(&crew, workers - 1, worker) : 0;
  work_and_poll(run, &crew);
  for (int i = 0; i < started; i++) pthread_join(worker[i].thread, NULL);
  if (draws.of) run_progress(run, draws.to, draws.of);
}

/* ---- rule 4 */
#ifdef _WIN32
void parallel_aside(Run *run, void (*body)(void *context), void *context) {
  if (!run_failed(run)) body(context);
}
#else
typedef struct Aside {
  void (*body)(void *context);
  void *context;
  pthread_mutex_t lock;
  pthread_cond_t ended;
  bool done;
} Aside;

static void *do_aside(void *argument) {
  Aside *aside = argument;
  int before;
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
  aside->body(aside->context);
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before); /* from here to the end there is a lock */
  pthread_mutex_lock(&aside->lock);
  aside->done = true;
  pthread_cond_signal(&aside->ended);
  pthread_mutex_unlock(&aside->lock);
  return NULL;
}

void parallel_aside(Run *run, void (*body)(void *context), void *context) {
  enum { PAUSE = 5000000, SECOND = 1000000000 }; /* nanoseconds */
  if (run_failed(run)) return;
  Aside aside = {.body = body, .context = context, .lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
  pthread_t thread;
  if (!start_thread(&thread, do_aside, &aside)) {
    body(context);
    return;
  }
  pthread_mutex_lock(&aside.lock);
  while (!aside.done) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PAUSE;
    if (until.tv_nsec >= SECOND) until.tv_nsec -= SECOND, until.tv_sec++;
    pthread_cond_timedwait(&aside.ended, &aside.lock, &until);
    if (aside.done) break;
    pthread_mutex_unlock(&aside.lock); /* the host's answer may take its time */
    bool go_on = run_poll(run, PAUSE);
    if (!go_on) pthread_cancel(thread);
    pthread_mutex_lock(&aside.lock);
    if (!go_on) break;
  }
  pthread_mutex_unlock(&aside.lock);
  pthread_join(thread, NULL);
  pthread_mutex_destroy(&aside.lock);
  pthread_cond_destroy(&aside.ended);
}
#endif
