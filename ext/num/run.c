/* run.c: one computation: its memory, its sticky error, its patience.
 *
 * 1. Small allocations are cut from chunks and freed together; large ones are blocks of their own, so that they can grow
 *    in place and be given back early.
 * 2. Once a run has failed every allocation returns NULL and every helper does nothing: callers test run_failed where it matters.
 * 3. The host is asked "stop?" after about a millisecond of announced work, since asking costs a fraction of a microsecond.
 * 4. Large blocks that grow ask for large pages where the system has them: a column of millions of rows is then a few page faults, not
 *    tens of thousands.
 * 5. The host is told of progress at most every half second, so that a line each is not too much. */
#define _DEFAULT_SOURCE /* madvise, clock_gettime */
#include "num.h"

#include <stdio.h>
#include <time.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#ifndef RUN_SMALL_BYTES
#define RUN_SMALL_BYTES 1024 /* larger blocks are allocated on their own; the fault sweep sets 0, so that each of ours can fail */
#endif
static const int64_t PROGRESS_PAUSE = 500000000; /* nanoseconds */
enum { CHUNK_BYTES = 8192, SMALL_BYTES = RUN_SMALL_BYTES, ALIGNMENT = 16 };
#ifndef RUN_POLL_WORK /* the interrupt sweep of tests/fault asks at every call */
#define RUN_POLL_WORK 400000 /* units of 1-10 ns: 0.4 to 4 ms */
#endif

struct RunBlock {
  RunBlock *previous, *next;
  bool shared; /* a chunk that small allocations are cut from */
};
/* The header keeps the payload aligned. */
static const size_t HEADER = (sizeof(RunBlock) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

void run_begin(Run *run, const Host *host) {
  memset(run, 0, sizeof *run);
  run->host = host;
}

void run_end(Run *run) {
  while (run->blocks) {
    RunBlock *next = run->blocks->next;
    run->host->release(run->blocks);
    run->blocks = next;
  }
  run->bump = NULL;
  run->bump_left = 0;
}

void run_join(Run *run, Run *step) {
  if (run_failed(step) && !run_failed(run)) {
    run->status = step->status;
    memcpy(run->message, step->message, sizeof run->message);
  }
  run_end(step);
}

static void out_of_memory(Run *run) {
  if (run->status == RUN_OK) run->status = RUN_OUT_OF_MEMORY;
}

static void link_block(Run *run, RunBlock *block) {
  block->previous = NULL;
  block->next = run->blocks;
  if (run->blocks) run->blocks->previous = block;
  run->blocks = block;
}

static void *new_block(Run *run, size_t bytes, bool shared) {
  RunBlock *block = run->host->reallocate(NULL, (uint64_t)HEADER + bytes);
  if (!block) {
    out_of_memory(run);
    return NULL;
  }
  link_block(run, block);
  block->shared = shared;
  return (char *)block + HEADER;
}

static bool total_bytes(Run *run, size_t count, size_t size, size_t *bytes) {
  if (size && count > (SIZE_MAX - HEADER) / size) {
    out_of_memory(run);
    return false;
  }
  *bytes = count * size;
  return true;
}

void *run_alloc(Run *run, size_t count, size_t size) {
  size_t bytes;
  if (run_failed(run) || !total_bytes(run, count, size, &bytes)) return NULL;
  if (bytes > SMALL_BYTES) {
    void *payload = new_block(run, bytes, false);
    if (payload) memset(payload, 0, bytes);
    return payload;
  }
  size_t rounded = (bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT; /* at least one unit */
  if (run->bump_left < rounded) {
    run->bump = new_block(run, CHUNK_BYTES, true);
    if (!run->bump) {
      run->bump_left = 0;
      return NULL;
    }
    run->bump_left = CHUNK_BYTES;
  }
  void *payload = run->bump;
  run->bump += rounded;
  run->bump_left -= rounded;
  memset(payload, 0, rounded);
  return payload;
}

/* Rule 4: only advice, and only the whole large pages inside the block, which are its own. */
static void ask_for_large_pages(void *block, size_t bytes) {
#ifdef MADV_HUGEPAGE
  enum { LARGE_PAGE = 2 << 20, MANY = 8 };
  if (bytes < MANY * (size_t)LARGE_PAGE) return;
  size_t before = (size_t)(LARGE_PAGE - (uintptr_t)block % LARGE_PAGE) % LARGE_PAGE, length = (bytes - before) / LARGE_PAGE * LARGE_PAGE;
  (void)madvise((char *)block + before, length, MADV_HUGEPAGE);
#else
  (void)block;
  (void)bytes;
#endif
}

void *run_grow(Run *run, void *old, size_t count, size_t size) {
  size_t bytes;
  if (run_failed(run) || !total_bytes(run, count, size, &bytes)) return NULL;
  if (!old) {
    void *payload = new_block(run, bytes, false);
    if (payload) ask_for_large_pages(payload, bytes);
    return payload;
  }
  RunBlock *block = (RunBlock *)((char *)old - HEADER);
  RunBlock *moved = run->host->reallocate(block, (uint64_t)HEADER + bytes);
  if (!moved) {
    out_of_memory(run);
    return NULL;
  }
  if (moved->previous) moved->previous->next = moved;
  else run->blocks = moved;
  if (moved->next) moved->next->previous = moved;
  ask_for_large_pages((char *)moved + HEADER, bytes);
  return (char *)moved + HEADER;
}

/* Small allocations live inside chunks and cannot be told from blocks by their address alone: search the block list, which is
 * short, newest first. The first allocation of a chunk has the chunk's own address, hence the mark. */
void run_free(Run *run, void *payload) {
  if (!payload) return;
  RunBlock *wanted = (RunBlock *)((char *)payload - HEADER);
  for (RunBlock *block = run->blocks; block; block = block->next) {
    if (block != wanted) continue;
    if (block->shared) return;
    if (block->previous) block->previous->next = block->next;
    else run->blocks = block->next;
    if (block->next) block->next->previous = block->previous;
    run->host->release(block);
    return;
  }
}

char *run_text_n(Run *run, const char *text, size_t length) {
  char *copy = run_alloc(run, length + 1, 1);
  if (copy && length) memcpy(copy, text, length);
  return copy;
}

char *run_text(Run *run, const char *text) {
  return run_text_n(run, text, strlen(text));
}

char *run_format(Run *run, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  char *text = run_alloc(run, (size_t)length + 1, 1);
  if (!text) return NULL;
  va_start(arguments, format);
  vsnprintf(text, (size_t)length + 1, format, arguments);
  va_end(arguments);
  return text;
}

int utf8_length(const char *at) {
  unsigned char lead = (unsigned char)*at;
  int length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0, followers = 1;
  while (followers < length && ((unsigned char)at[followers] & 0xC0) == 0x80) followers++;
  return followers >= length ? length : 0;
}

/* Leaves out the bytes that are no UTF-8: a name that was cut short may end inside a character, and a user's text may be anything. */
static void keep_utf8(char *text) {
  char *out = text;
  for (const char *at = text; *at;) {
    int length = utf8_length(at);
    memmove(out, at, (size_t)length);
    out += length;
    at += length ? length : 1;
  }
  *out = 0;
}

void run_fail(Run *run, const char *format, ...) {
  if (run_failed(run)) return;
  run->status = RUN_ERROR;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(run->message, sizeof run->message, format, arguments);
  va_end(arguments);
  keep_utf8(run->message);
}

bool run_poll(Run *run, uint64_t work) {
  if (run_failed(run)) return false;
  run->poll_work += work;
  if (run->poll_work < RUN_POLL_WORK) return true;
  run->poll_work = 0;
  if (run->host->poll && run->host->poll(run->host->context)) run->status = RUN_INTERRUPTED;
  return run->status == RUN_OK;
}

int64_t run_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now); /* timespec_get is C11, but not all of mingw has it */
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void run_progress(Run *run, int64_t done, int64_t of) {
  if (!run->progress || !run->host->progress || run_failed(run)) return;
  int64_t now = run_clock();
  if (!run->progress_time) run->progress_time = now;
  if (done < of && now - run->progress_time < PROGRESS_PAUSE) return;
  run->progress_time = now;
  run->host->progress(run->host->context, run->progress, done, of);
}
