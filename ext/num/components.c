/* components.c: connected components by a forest of sets (union by smaller index, paths halved).
 *
 * 1. effect_components: levels of a and b are the two sides of a bipartite graph with an edge for every row. In each component one level of
 *    b is redundant beside a (Abowd, Creecy, Kramarz 2002), so their number is b's count of redundant levels. */
#include "absorb.h"

int32_t set_find(int32_t *parent, int32_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

bool set_join(int32_t *parent, int32_t i, int32_t j) {
  i = set_find(parent, i);
  j = set_find(parent, j);
  if (i == j) return false;
  if (i < j) parent[j] = i;
  else parent[i] = j;
  return true;
}

int32_t effect_components(Run *run, int64_t n, const Effect *a, const Effect *b) {
  int64_t count = (int64_t)a->levels + b->levels;
  if (count > INT32_MAX) run_fail(run, "two effects have more than %d levels together", INT32_MAX);
  int32_t *parent = NEW_ARRAY(run, int32_t, count);
  if (run_failed(run)) return 0;
  for (int32_t i = 0; i < (int32_t)count; i++) parent[i] = i;
  int32_t components = (int32_t)count;
  for (int64_t r = 0; r < n; r++) {
    if (r && a->code[r] == a->code[r - 1] && b->code[r] == b->code[r - 1]) continue;
    if (set_join(parent, a->code[r], a->levels + b->code[r]) && --components == 1) break;
    if ((r & 0xffff) == 0 && !run_poll(run, 65536 * 2)) break;
  }
  run_free(run, parent);
  return run_failed(run) ? 0 : components;
}
