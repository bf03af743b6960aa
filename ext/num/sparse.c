/* sparse.c: sparse symmetric L D L' factors.
 *
 * 1. Order: approximate minimum degree (Amestoy, Davis, Duff 1996) by SuiteSparse's AMD, in memory that we lend to it.
 *    Wide graphs are not even ordered: peeled to their 2-core without hubs, they are layered by distance from an outer node, and
 *    a layer that holds much of a large core means that no small set of nodes separates it, so that a factor would be nearly full there.
 * 2. Symbolic: elimination tree and column counts in time proportional to the factor (Liu 1990; Davis 2005, Algorithm 849).
 * 3. Numeric: up-looking, one row of L at a time: its pattern is what the tree reaches from the row's entries of the matrix, its numbers a
 *    sparse triangular solution with the rows above (Davis 2005).
 * 4. Coefficients with an infinite limit do not take part; a pivot no larger than its limit has vanished and its coefficient is zero, which
 *    solves a consistent semidefinite system. As rows come in ascending order, each column of L is sorted.
 * 5. Entries of the inverse in the places of the factor: Takahashi's recurrence (Erisman, Tinney 1975). With Z = (L D L')^-1,
 *    z_ij = [i=j]/d_j - sum over k>j of l_kj z_ik for i >= j; where l_kj and l_ij are present z_ik is in a place of the factor, too. */
#include "absorb.h"

#include <suitesparse/amd.h>

static bool takes_part(const double *limit, int32_t i) { return limit[i] < INFINITY; }

enum { WIDE_CORE = 20000, WIDE_LAYER = 5 /* a fifth of the core */, LONG_ORDER = 20000 };

/* Nodes at equal distance from the first one: writes the nodes in order of distance, returns how many were reached and the largest layer.
 * Only nodes with left[i] > 0 count; mark[i] becomes now. */
static int32_t layers(Run *run, const int32_t *start, const int32_t *length, const int32_t *pattern, const int32_t *left, int32_t from, int32_t now,
                      int32_t *mark, int32_t *queue, int32_t *largest) {
  int32_t reached = 1, layer = 0;
  queue[0] = from;
  mark[from] = now;
  *largest = 1;
  for (int32_t at = 0; at < reached;) {
    int32_t end = reached;
    if (end - layer > *largest) *largest = end - layer;
    layer = end;
    uint64_t work = 1;
    for (; at < end; at++, work += 4) {
      int32_t i = queue[at];
      for (int32_t k = start[i]; k < start[i] + length[i]; k++, work++) {
        int32_t j = pattern[k];
        if (left[j] <= 0 || mark[j] == now) continue;
        mark[j] = now;
        queue[reached++] = j;
      }
    }
    if (!run_poll(run, work)) return 0;
  }
  return reached;
}

/* (1) work: 3 n */
static bool wide_graph(Run *run, int32_t n, const int32_t *start, const int32_t *length, const int32_t *pattern, int32_t *work) {
  int32_t *left = work, *mark = work + n, *queue = work + 2 * (int64_t)n, waiting = 0, core = 0, largest = 0, next = 0;
  if (n < WIDE_CORE) return false;
  double hub = 10 * sqrt(n);
  for (int32_t i = 0; i < n; i++) left[i] = length[i] > hub ? -1 : 0; /* left: neighbours in what is left */
  for (int32_t i = 0; i < n; i++) {
    if (left[i] < 0) continue;
    for (int32_t k = start[i]; k < start[i] + length[i]; k++) left[i] += left[pattern[k]] >= 0;
    if (left[i] <= 1) queue[waiting++] = i;
    else core++;
  }
  while (waiting > 0) { /* leaves fall off; a node that has fallen has left 0 */
    int32_t i = queue[--waiting];
    bool hangs = left[i] == 1;
    left[i] = 0;
    for (int32_t k = start[i]; k < start[i] + length[i] && hangs; k++) {
      int32_t j = pattern[k];
      if (left[j] > 1 && --left[j] == 1) {
        core--;
        queue[waiting++] = j;
      }
    }
  }
  for (int32_t i = 0; i < n && core >= WIDE_CORE; i++) {
    if (left[i] <= 1 || mark[i]) continue;
    int32_t reached = layers(run, start, length, pattern, left, i, ++next, mark, queue, &largest);
    if (reached >= WIDE_CORE) reached = layers(run, start, length, pattern, left, queue[reached - 1], ++next, mark, queue, &largest); /* from a far end */
    if (run_failed(run)) return false;
    if (reached >= WIDE_CORE && largest > reached / WIDE_LAYER) return true;
  }
  return false;
}

/* AMD's arguments (amd_2 in its manual). */
typedef struct Ordering {
  int32_t n, room, used, *start, *pattern, *length, *original, *work; /* work: 7 n */
  double info[AMD_INFO];
} Ordering;

static void run_amd(void *context) {
  Ordering *o = context;
  int64_t n = o->n;
  amd_2(o->n, o->start, o->pattern, o->length, o->room, o->used, o->work, o->work + n, o->original, o->work + 2 * n, o->work + 3 * n, o->work + 4 * n,
        o->work + 5 * n, NULL, o->info);
}

/* (1) original[k] is the k-th pivot. False if the factor would be too large: AMD's counts are upper bounds, nearly sharp. */
static bool order_matrix(Run *run, const SparseSymmetric *a, const double *limit, double most_entries, double most_flops, int32_t *original) {
  int32_t n = a->order;
  int64_t entries = 2 * a->start[n], room = entries + entries / 5 + n + 1;
  if (room > INT32_MAX) return false;
  int32_t *pattern = run_grow(run, NULL, (size_t)room, sizeof *pattern);
  int32_t *work = NEW_ARRAY(run, int32_t, 9 * (int64_t)n);
  if (run_failed(run)) return false;
  int32_t *start = work, *length = work + n, *next = work + 2 * (int64_t)n; /* next: where a row's next entry goes, lent to AMD later */
  for (int32_t j = 0; j < n; j++)
    for (int64_t k = a->start[j]; k < a->start[j + 1] && takes_part(limit, j); k++)
      if (takes_part(limit, a->row[k])) length[j]++, length[a->row[k]]++;
  int32_t used = 0;
  for (int32_t j = 0; j < n; j++) {
    start[j] = next[j] = used;
    used += length[j];
  }
  for (int32_t j = 0; j < n; j++)
    for (int64_t k = a->start[j]; k < a->start[j + 1] && takes_part(limit, j); k++)
      if (takes_part(limit, a->row[k])) {
        pattern[next[j]++] = a->row[k];
        pattern[next[a->row[k]]++] = j;
      }
  bool fits = !wide_graph(run, n, start, length, pattern, work + 3 * (int64_t)n) && !run_failed(run);
  Ordering ordering = {.n = n, .room = (int32_t)room, .used = used, .start = start, .pattern = pattern, .length = length, .original = original, .work = work + 2 * (int64_t)n};
  if (fits && n < LONG_ORDER) run_amd(&ordering);
  else if (fits) parallel_aside(run, run_amd, &ordering); /* it may take a second, and never asks whether to stop */
  run_free(run, pattern);
  run_free(run, work);
  return fits && run_poll(run, (uint64_t)entries * 16) && ordering.info[AMD_LNZ] <= most_entries && 2 * ordering.info[AMD_NMULTSUBS_LDL] <= most_flops;
}

/* Upper triangle by columns of the permuted matrix: only its structure and numbers are copied, the diagonal is read in place. */
static void permute(Run *run, const SparseSymmetric *a, const double *limit, const int32_t *position, SparseSymmetric *out) {
  int32_t n = a->order;
  out->order = n;
  out->start = NEW_ARRAY(run, int64_t, (int64_t)n + 1);
  out->row = NEW_ARRAY(run, int32_t, a->start[n]);
  out->value = NEW_ARRAY(run, double, a->start[n]);
  if (run_failed(run)) return;
  for (int fill = 0; fill < 2; fill++) {
    for (int32_t j = 0; j < n; j++)
      for (int64_t k = a->start[j]; k < a->start[j + 1] && takes_part(limit, j); k++) {
        if (!takes_part(limit, a->row[k])) continue;
        int32_t p = position[j], q = position[a->row[k]], row = p < q ? p : q, column = p < q ? q : p;
        if (!fill) {
          out->start[column]++;
        } else {
          int64_t at = out->start[column]++;
          out->row[at] = row;
          out->value[at] = a->value[k];
        }
      }
    if (!fill) { /* counts to starts */
      int64_t sum = 0;
      for (int32_t j = 0; j <= n; j++) {
        int64_t count = j < n ? out->start[j] : 0;
        out->start[j] = sum;
        sum += count;
      }
    } else { /* each start has moved to its column's end */
      for (int32_t j = n; j > 0; j--) out->start[j] = out->start[j - 1];
      out->start[0] = 0;
    }
  }
}

/* (2) parent of each column in the elimination tree; factor->start from the column counts */
static void symbolic(Run *run, const SparseSymmetric *c, int32_t *parent, int32_t *mark, SparseFactor *factor) {
  int32_t n = c->order;
  for (int32_t k = 0; k < n; k++) {
    parent[k] = -1;
    mark[k] = k;
    uint64_t work = 1;
    for (int64_t p = c->start[k]; p < c->start[k + 1]; p++)
      for (int32_t i = c->row[p]; mark[i] != k; i = parent[i], work++) {
        if (parent[i] < 0) parent[i] = k;
        factor->start[i + 1]++; /* l_ki is present */
        mark[i] = k;
      }
    if (!run_poll(run, work)) return;
  }
  for (int32_t k = 0; k < n; k++) factor->start[k + 1] += factor->start[k];
}

/* (3) */
static void numeric(Run *run, const SparseSymmetric *c, const double *diagonal, const double *limit, const int32_t *parent, int32_t *mark, SparseFactor *factor) {
  int32_t n = c->order;
  double *y = NEW_ARRAY(run, double, n);
  int32_t *path = NEW_ARRAY(run, int32_t, n), *pattern = NEW_ARRAY(run, int32_t, n);
  int64_t *end = NEW_ARRAY(run, int64_t, n);
  if (run_failed(run)) return;
  memcpy(end, factor->start, (size_t)n * sizeof *end);
  for (int32_t k = 0; k < n; k++) {
    int32_t top = n, original = factor->original[k];
    uint64_t work = 1;
    mark[k] = k;
    for (int64_t p = c->start[k]; p < c->start[k + 1]; p++) {
      int32_t length = 0;
      y[c->row[p]] += c->value[p];
      for (int32_t i = c->row[p]; mark[i] != k; i = parent[i]) {
        path[length++] = i;
        mark[i] = k;
      }
      while (length > 0) pattern[--top] = path[--length]; /* descendants come before their ancestors */
    }
    double pivot = diagonal[original];
    for (; top < n; top++) {
      int32_t i = pattern[top];
      double yi = y[i];
      y[i] = 0;
      int64_t to = end[i];
      for (int64_t p = factor->start[i]; p < to; p++) y[factor->row[p]] -= factor->value[p] * yi;
      double l = yi * factor->inverse_pivot[i];
      pivot -= l * yi;
      factor->row[to] = k;
      factor->value[to] = l;
      end[i]++;
      work += (uint64_t)(to - factor->start[i]) + 4;
    }
    factor->inverse_pivot[k] = pivot > limit[original] ? 1 / pivot : 0;
    if (!run_poll(run, work)) return;
  }
  run_free(run, y);
  run_free(run, path);
  run_free(run, pattern);
  run_free(run, end);
}

bool sparse_factor(Run *run, const SparseSymmetric *matrix, const double *limit, int64_t most_entries, double most_flops, SparseFactor *out) {
  int32_t n = matrix->order;
  SparseFactor factor = {.order = n};
  SparseSymmetric permuted = {0};
  factor.original = NEW_ARRAY(run, int32_t, n);
  factor.position = NEW_ARRAY(run, int32_t, n);
  factor.start = NEW_ARRAY(run, int64_t, (int64_t)n + 1);
  factor.inverse_pivot = NEW_ARRAY(run, double, n);
  int32_t *parent = NEW_ARRAY(run, int32_t, n), *mark = NEW_ARRAY(run, int32_t, n);
  bool fits = !run_failed(run) && order_matrix(run, matrix, limit, (double)most_entries, most_flops, factor.original);
  if (fits) {
    for (int32_t k = 0; k < n; k++) factor.position[factor.original[k]] = k;
    permute(run, matrix, limit, factor.position, &permuted);
  }
  if (fits && !run_failed(run)) symbolic(run, &permuted, parent, mark, &factor);
  if (fits && !run_failed(run)) {
    factor.row = run_grow(run, NULL, (size_t)factor.start[n] + 1, sizeof *factor.row); /* all of it is written */
    factor.value = run_grow(run, NULL, (size_t)factor.start[n] + 1, sizeof *factor.value);
    if (!run_failed(run)) numeric(run, &permuted, matrix->diagonal, limit, parent, mark, &factor);
  }
  run_free(run, parent);
  run_free(run, mark);
  run_free(run, permuted.start);
  run_free(run, permuted.row);
  run_free(run, permuted.value);
  if (fits && !run_failed(run)) {
    *out = factor;
    return true;
  }
  run_free(run, factor.original);
  run_free(run, factor.position);
  run_free(run, factor.start);
  run_free(run, factor.inverse_pivot);
  return false;
}

static inline __attribute__((always_inline)) void solve_lanes(const int lanes, const SparseFactor *f, double *y) {
  for (int32_t j = 0; j < f->order; j++) {
    double value[MAX_LANES];
    for (int c = 0; c < lanes; c++) value[c] = y[(int64_t)j * lanes + c];
    for (int64_t p = f->start[j]; p < f->start[j + 1]; p++)
      for (int c = 0; c < lanes; c++) y[(int64_t)f->row[p] * lanes + c] -= f->value[p] * value[c];
  }
  for (int32_t j = f->order - 1; j >= 0; j--) {
    double value[MAX_LANES];
    for (int c = 0; c < lanes; c++) value[c] = y[(int64_t)j * lanes + c] * f->inverse_pivot[j];
    if (f->inverse_pivot[j] > 0)
      for (int64_t p = f->start[j]; p < f->start[j + 1]; p++)
        for (int c = 0; c < lanes; c++) value[c] -= f->value[p] * y[(int64_t)f->row[p] * lanes + c];
    for (int c = 0; c < lanes; c++) y[(int64_t)j * lanes + c] = value[c];
  }
}

void sparse_solve(const SparseFactor *factor, int lanes, double *work, double *x) {
  for (int32_t k = 0; k < factor->order; k++)
    for (int c = 0; c < lanes; c++) work[(int64_t)k * lanes + c] = x[(int64_t)factor->original[k] * lanes + c];
  if (lanes == 1) solve_lanes(1, factor, work);
  else if (lanes == 2) solve_lanes(2, factor, work);
  else solve_lanes(4, factor, work);
  for (int32_t k = 0; k < factor->order; k++)
    for (int c = 0; c < lanes; c++) x[(int64_t)factor->original[k] * lanes + c] = work[(int64_t)k * lanes + c];
}

/* (5) */
void sparse_selected_inverse(Run *run, const SparseFactor *factor, double *value, double *diagonal) {
  int32_t n = factor->order;
  double *l = NEW_ARRAY(run, double, n), *sum = NEW_ARRAY(run, double, n); /* column j of L and its products, spread out */
  if (run_failed(run)) return;
  for (int32_t j = n - 1; j >= 0; j--) {
    int64_t from = factor->start[j], to = factor->start[j + 1];
    uint64_t work = 1;
    diagonal[j] = factor->inverse_pivot[j];
    if (factor->inverse_pivot[j] == 0) { /* set to zero: its row and column of Z are zero */
      for (int64_t p = from; p < to; p++) value[p] = 0;
      continue;
    }
    for (int64_t p = from; p < to; p++) {
      l[factor->row[p]] = factor->value[p];
      sum[factor->row[p]] = 0;
    }
    for (int64_t p = from; p < to; p++) { /* pairs k < i in the pattern; l is zero outside of it */
      int32_t k = factor->row[p];
      double lk = factor->value[p], own = 0;
      for (int64_t s = factor->start[k]; s < factor->start[k + 1]; s++) {
        int32_t i = factor->row[s];
        own += l[i] * value[s];
        sum[i] += lk * value[s]; /* also spoils places outside the pattern: they are set anew before use */
      }
      sum[k] += own + lk * diagonal[k];
      work += (uint64_t)(factor->start[k + 1] - factor->start[k]) + 1;
    }
    for (int64_t p = from; p < to; p++) {
      int32_t i = factor->row[p];
      value[p] = -sum[i];
      diagonal[j] += factor->value[p] * sum[i];
      l[i] = 0;
    }
    if (!run_poll(run, work)) return;
  }
  run_free(run, l);
  run_free(run, sum);
}
