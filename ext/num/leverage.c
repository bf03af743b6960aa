/* leverage.c: the diagonal of the projection on the effects, h = diag W^1/2 D (D'WD)^- D'W^1/2.
 *
 * 1. By block elimination, for a row with D1 part b (in group g) and D2 part d:
 *      h = w [ b'B^-1 b + v'S^- v ],  v = d - N'B^-1 b,  B = D1'WD1 and N = D1'WD2 of the group.
 *    S^- is the inverse over the coefficients that the factor kept: a generalised inverse of S, and h is the same for any of them.
 * 2. v lives on the coefficients that the group's rows touch, so only entries of S^- between coefficients that share a group are
 *    needed: the full inverse of a dense system, the inverse in the places of the factor of a sparse one (sparse.c, 5).
 * 3. A system that is iterated on has no factor: up to MOST_DENSE coefficients it gets a dense one here, above that it is an error.
 * 4. Slopes of several effects may be so nearly collinear that a sparse factor, which cannot choose its pivots, misses the rank. Residuals do
 *    not suffer (they are refined), leverages would: they are checked to lie in [0, 1] and to add to the rank, and taken from a dense factor,
 *    which does choose, where they do not. */
#include "absorb.h"

enum { MOST_DENSE = 5000 };
static const double TRUST = 1e-5;

typedef struct Inverse {
  const Reduced *reduced;
  double *dense;             /* m x m */
  double *value, *diagonal;  /* sparse: in the places of the factor */
} Inverse;

/* The inverse over the kept coefficients, zeros elsewhere. */
static void invert_dense(Run *run, const Reduced *reduced, Inverse *inverse) {
  int64_t m = reduced->order, rank = reduced->rank;
  const int32_t *original = reduced->original;
  double *full = NEW_ARRAY(run, double, m * m), *part = NEW_ARRAY(run, double, rank * rank);
  if (run_failed(run)) return;
  for (int64_t j = 0; j < rank; j++)
    for (int64_t i = j; i < rank; i++) part[j * rank + i] = reduced->dense[j * m + i];
  if (!dense_cholesky_inverse(run, (int)rank, part)) run_fail(run, "the leverage of the absorbed effects cannot be computed: their system is singular");
  for (int64_t j = 0; j < rank && !run_failed(run); j++)
    for (int64_t i = 0; i < rank; i++) full[original[j] * m + original[i]] = part[j * rank + i];
  inverse->dense = full;
  run_free(run, part);
}

static void invert_sparse(Run *run, const Reduced *reduced, Inverse *inverse) {
  inverse->value = NEW_ARRAY(run, double, reduced->factor.start[reduced->order]);
  inverse->diagonal = NEW_ARRAY(run, double, reduced->order);
  if (!run_failed(run)) sparse_selected_inverse(run, &reduced->factor, inverse->value, inverse->diagonal);
}

static double inverse_at(const Inverse *inverse, int32_t i, int32_t j) {
  const Reduced *reduced = inverse->reduced;
  if (inverse->dense) return inverse->dense[(int64_t)i * reduced->order + j];
  const SparseFactor *factor = &reduced->factor;
  int32_t p = factor->position[i], q = factor->position[j];
  if (p == q) return inverse->diagonal[p];
  int32_t column = p < q ? p : q, row = p < q ? q : p;
  int64_t low = factor->start[column], high = factor->start[column + 1];
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (factor->row[middle] < row) low = middle + 1;
    else high = middle;
  }
  return low < factor->start[column + 1] && factor->row[low] == row ? inverse->value[low] : 0; /* 0: one of them was set to zero */
}

typedef struct Group { /* of D1, with the coefficients of D2 that its rows touch */
  int32_t count, *touched, *place, room;
  double *share; /* q x count: B^-1 N */
  double *z;     /* count x count of S^- */
  double *zs;    /* q x count: share times z */
  double *own;   /* q x q: B^-1 + share z share' */
} Group;

static void group_room(Run *run, int q, Group *group) {
  if (group->room > 0 && group->count <= group->room) return;
  group->room = 2 * group->count + 8;
  run_free(run, group->share);
  run_free(run, group->z);
  run_free(run, group->zs);
  group->share = NEW_ARRAY(run, double, (int64_t)q * group->room);
  group->zs = NEW_ARRAY(run, double, (int64_t)q * group->room);
  group->z = NEW_ARRAY(run, double, (int64_t)group->room * group->room);
}

static int32_t coefficient(const Block *block, int64_t row, int p) {
  return block->first + block->code[row] * block->width + p;
}

static void group_collect(const Absorber *absorber, const Grouping *first, int32_t g, const Inverse *inverse, Group *group) {
  Run *run = absorber->run;
  const Block *block = absorber->block;
  int q = block[0].width;
  group->count = 0;
  for (int64_t k = first->start[g]; k < first->start[g + 1]; k++)
    for (int b = 1; b < absorber->effects; b++)
      for (int p = 0; p < block[b].width; p++) {
        int32_t i = coefficient(&block[b], grouped_row(first, k), p);
        if (group->place[i] >= 0) continue;
        group->place[i] = group->count;
        group->touched[group->count++] = i;
      }
  group_room(run, q, group);
  if (run_failed(run)) return;
  int64_t count = group->count;
  memset(group->share, 0, (size_t)(q * count) * sizeof(double));
  memset(group->own, 0, (size_t)(q * q) * sizeof(double));
  for (int64_t k = first->start[g]; k < first->start[g + 1]; k++) {
    int64_t r = grouped_row(first, k);
    double w = absorber->weight ? absorber->weight[r] : 1, z[MAX_WIDTH], d[MAX_WIDTH];
    block_values(&block[0], r, z);
    for (int b = 1; b < absorber->effects; b++) {
      block_values(&block[b], r, d);
      for (int p = 0; p < block[b].width; p++)
        for (int u = 0; u < q; u++) group->share[u * count + group->place[coefficient(&block[b], r, p)]] += w * z[u] * d[p];
    }
  }
  first_solve_level(block, g, (int)count, group->share);
  for (int u = 0; u < q; u++) group->own[u * q + u] = 1;
  first_solve_level(block, g, q, group->own);
  for (int64_t i = 0; i < count; i++)
    for (int64_t j = 0; j <= i; j++)
      group->z[i * count + j] = group->z[j * count + i] = inverse_at(inverse, group->touched[i], group->touched[j]);
  for (int u = 0; u < q; u++)
    for (int64_t i = 0; i < count; i++) {
      double sum = 0;
      for (int64_t j = 0; j < count; j++) sum += group->z[i * count + j] * group->share[u * count + j];
      group->zs[u * count + i] = sum;
      for (int t = 0; t < q; t++) group->own[t * q + u] += group->share[t * count + i] * sum;
    }
}

static double row_leverage(const Absorber *absorber, const Group *group, int64_t r) {
  const Block *block = absorber->block;
  int q = block[0].width;
  double h = 0, z[MAX_WIDTH], d[MAX_WIDTH], other[MAX_WIDTH];
  block_values(&block[0], r, z);
  for (int u = 0; u < q; u++)
    for (int t = 0; t < q; t++) h += z[u] * group->own[u * q + t] * z[t];
  for (int b = 1; b < absorber->effects; b++) {
    block_values(&block[b], r, d);
    for (int p = 0; p < block[b].width; p++) {
      int64_t i = group->place[coefficient(&block[b], r, p)];
      for (int u = 0; u < q; u++) h -= 2 * d[p] * group->zs[u * group->count + i] * z[u];
      for (int f = 1; f < absorber->effects; f++) {
        block_values(&block[f], r, other);
        for (int s = 0; s < block[f].width; s++) h += d[p] * group->z[i * group->count + group->place[coefficient(&block[f], r, s)]] * other[s];
      }
    }
  }
  return absorber->weight ? absorber->weight[r] * h : h;
}

/* The leverages from an inverse of S; false where they cannot be right: they lie between 0 and 1 and add to the rank (4). */
static bool leverages(const Absorber *absorber, const Grouping *first, const Inverse *inverse, double *leverage) {
  Run *run = absorber->run;
  const Block *block = absorber->block;
  const Reduced *reduced = &absorber->reduced;
  int q = block->width;
  double rank = 0, total = 0, least = 0, most = 0;
  Group group = {.touched = NEW_ARRAY(run, int32_t, reduced->order), .place = NEW_ARRAY(run, int32_t, reduced->order), .own = NEW_ARRAY(run, double, q * q)};
  if (run_failed(run)) return false;
  memset(group.place, -1, (size_t)reduced->order * sizeof(int32_t));
  for (int32_t g = 0; g < block->levels; g++) {
    group_collect(absorber, first, g, inverse, &group);
    if (run_failed(run)) return false;
    for (int64_t k = first->start[g]; k < first->start[g + 1]; k++) {
      int64_t r = grouped_row(first, k);
      double h = leverage[r] = row_leverage(absorber, &group, r);
      total += h;
      if (h < least) least = h;
      if (h > most) most = h;
    }
    for (int32_t i = 0; i < group.count; i++) group.place[group.touched[i]] = -1;
    for (int u = 0; u < q; u++) rank += block->energy[(int64_t)g * q + u] > 0;
    run_poll(run, (uint64_t)group.count * (uint64_t)group.count * 2 + (uint64_t)(first->start[g + 1] - first->start[g]) * 8);
  }
  for (int32_t j = 0; j < reduced->order && inverse->value; j++) rank += reduced->factor.inverse_pivot[j] > 0;
  if (inverse->dense) rank += reduced->rank;
  void *const used[] = {group.touched, group.place, group.own, group.share, group.z, group.zs};
  for (size_t i = 0; i < sizeof used / sizeof used[0]; i++) run_free(run, used[i]);
  return least > -TRUST && most < 1 + TRUST && fabs(total - rank) < TRUST * (1 + rank);
}

void absorb_leverage(Absorber *absorber, double *leverage) {
  if (!absorber || run_failed(absorber->run)) return;
  Run *run = absorber->run;
  if (absorber->effects == 0) {
    for (int64_t r = 0; r < absorber->n; r++) leverage[r] = 0;
    return;
  }
  Reduced *reduced = &absorber->reduced;
  Grouping first = {0};
  if (!group_rows(run, absorber->n, absorber->block[0].code, absorber->block[0].levels, NULL, NULL, &first)) return;
  const Reduced kept = *reduced;
  Inverse inverse = {.reduced = reduced};
  bool done = false;
  if (reduced->kind == REDUCED_SPARSE) {
    invert_sparse(run, reduced, &inverse);
    done = !run_failed(run) && leverages(absorber, &first, &inverse, leverage);
    run_free(run, inverse.value);
    run_free(run, inverse.diagonal);
    inverse.value = inverse.diagonal = NULL;
  }
  if (!done) {
    if (reduced->order > MOST_DENSE)
      run_fail(run, "the absorbed effects are too many for exact leverages (%d coefficients beside those of the largest effect)", reduced->order);
    if (reduced->kind == REDUCED_SPARSE || reduced->kind == REDUCED_ITERATED) reduced_add_dense(absorber, &first);
    if (reduced->dense && !run_failed(run)) invert_dense(run, reduced, &inverse);
    if (!run_failed(run) && !leverages(absorber, &first, &inverse, leverage))
      run_fail(run, "the absorbed effects are too close to collinear for exact leverages");
    run_free(run, inverse.dense);
  }
  grouping_free(run, &first);
  if (reduced->limit == kept.limit) return;
  run_free(run, reduced->dense);
  run_free(run, reduced->original);
  run_free(run, reduced->limit);
  run_free(run, reduced->diagonal);
  *reduced = kept;
}
