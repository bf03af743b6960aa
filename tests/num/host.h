/* host.h: a Host on malloc for C unit tests, which can be short of memory or patience.
 *
 *   Run run;
 *   host_begin(&run);                     everything works
 *   host.stop_at_poll = 3;                the third poll says stop (and all later ones)
 *   ...
 *   CHECK(host_end(&run));                run_end was complete: no block is left
 *
 *   host_fail_each(body, context)         runs body with the first allocation failing, then with the second ... until none fails;
 *                                         checks that each run says out of memory and leaks nothing
 *
 * New memory is filled with 0xA5 (as doubles tiny nonsense, as int32 negative), so that code which counts on zeros is found out.
 * One Host a program, since reallocate has no context. */
#ifndef ECON_HOST_H
#define ECON_HOST_H

#include "check.h"
#include "num.h"

#include <stdlib.h>

static struct {
  /* set by the test, after host_begin */
  int64_t fail_at_allocation; /* counted from 1; it and all later ones fail; 0: never */
  int64_t stop_at_poll;       /* counted from 1; 0: never */
  /* counted here */
  int64_t allocations, polls, live_blocks, live_bytes, peak_bytes;
  Host lent;
} host;

typedef union HostHeader {
  uint64_t bytes;
  max_align_t aligned;
} HostHeader;

static inline void *host_reallocate(void *old, uint64_t bytes) {
  host.allocations++;
  if (host.fail_at_allocation && host.allocations >= host.fail_at_allocation) return NULL;
  HostHeader *before = old ? (HostHeader *)old - 1 : NULL;
  uint64_t had = before ? before->bytes : 0;
  HostHeader *block = malloc(sizeof(HostHeader) + (size_t)bytes); /* always moves: a stale pointer is found out */
  if (!block) return NULL;
  block->bytes = bytes;
  memset(block + 1, 0xA5, (size_t)bytes);
  if (before) {
    memcpy(block + 1, old, (size_t)(had < bytes ? had : bytes));
    free(before);
  } else {
    host.live_blocks++;
  }
  host.live_bytes += (int64_t)bytes - (int64_t)had;
  if (host.live_bytes > host.peak_bytes) host.peak_bytes = host.live_bytes;
  return block + 1;
}

static inline void host_release(void *payload) {
  if (!payload) return;
  HostHeader *block = (HostHeader *)payload - 1;
  host.live_blocks--;
  host.live_bytes -= (int64_t)block->bytes;
  free(block);
}

static inline int host_poll(void *context) {
  (void)context;
  host.polls++;
  return host.stop_at_poll && host.polls >= host.stop_at_poll;
}

static inline void host_begin(Run *run) {
  memset(&host, 0, sizeof host);
  host.lent = (Host){host_reallocate, host_release, host_poll, NULL, NULL};
  run_begin(run, &host.lent);
}

/* Ends the run; true if nothing leaked. */
static inline bool host_end(Run *run) {
  run_end(run);
  return host.live_blocks == 0 && host.live_bytes == 0;
}

/* Returns the number of allocations that the body makes when all succeed. */
static inline int64_t host_fail_each(void (*body)(Run *run, void *context), void *context) {
  for (int64_t nth = 1;; nth++) {
    Run run;
    host_begin(&run);
    host.fail_at_allocation = nth;
    body(&run, context);
    bool reached = host.allocations >= nth;
    RunStatus expected = reached ? RUN_OUT_OF_MEMORY : RUN_OK;
    CHECK(run.status == expected);
    CHECK(host_end(&run));
    if (!reached || run.status != expected) return host.allocations;
  }
}
#endif
