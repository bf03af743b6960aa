/* assemble.c: the reduced system S = D2'WD2 - N'(D1'WD1)^-1 N, N = D1'WD2, built from the rows grouped by D1's levels. Two ways:
 *
 * 1. By blocks (few coefficients): each group's N as a dense row (q rows with slopes), divided by the root of D1'WD1 (which is diagonal), and S by dense
 *    crossproducts of many such rows, from the table of counts where there is one. Groups with the pattern (and the weight) of the group before are counted instead: a balanced panel has one.
 * 2. By pairs (many): column j of S collects, for each group that touches j, that group's rows. Rows grouped by the level of j are taken in
 *    the order of D1's groups, so that a group's share in j is known before its rows are read; no list of pairs is ever stored.
 * 3. Where D1 has no slopes, an effect's intercepts add to a constant, which D1 removes: each row of S sums to zero over the effect, and
 *    all of these terms but the diagonal are negative or zero. The diagonal is computed as minus their sum, without cancellation: it keeps
 *    its relative accuracy where S is tiny beside D2'WD2 (a firm of many stayers and one mover), and is exactly zero where it should be. */
#include "absorb.h"

enum { BLOCK_ROWS = 256 };

bool group_count(Run *run, int64_t n, const int32_t *code, int32_t levels, Grouping *out) {
  int32_t *start = NEW_ARRAY(run, int32_t, (int64_t)levels + 1);
  memset(out, 0, sizeof *out);
  if (run_failed(run)) return false;
  out->sorted = true;
  for (int64_t r = 0; r < n;) {
    int32_t level = code[r];
    int64_t from = r;
    while (++r < n && code[r] == level) continue;
    start[level] += (int32_t)(r - from);
    if (r < n && code[r] < level) out->sorted = false;
  }
  int32_t sum = 0;
  for (int32_t g = 0; g <= levels; g++) {
    int32_t count = g < levels ? start[g] : 0;
    start[g] = sum;
    sum += count;
  }
  out->start = start;
  return run_poll(run, (uint64_t)n);
}

bool group_rows(Run *run, int64_t n, const int32_t *code, int32_t levels, const Grouping *within, const int32_t *carry, Grouping *out) {
  if (!out->start && !group_count(run, n, code, levels, out)) return false;
  const int32_t *order = within ? within->row : NULL;
  if (out->sorted && !order) return true;
  int32_t *row = run_grow(run, NULL, (size_t)n, sizeof *row), *start = out->start; /* every place is written below */
  if (run_failed(run)) return false;
  if (carry) out->carried = row;
  else out->row = row;
  for (int64_t from = 0; from < n; from += 65536) { /* start[g] moves to the group's end ... */
    int64_t to = from + 65536 < n ? from + 65536 : n;
    for (int64_t k = from; k < to; k++) {
      int32_t r = order ? order[k] : (int32_t)k;
      row[start[code[r]]++] = carry ? carry[r] : r;
    }
    if (!run_poll(run, 65536 * 2)) return false;
  }
  for (int32_t g = levels; g > 0; g--) start[g] = start[g - 1]; /* ... which is where the next one began */
  start[0] = 0;
  return true;
}

void grouping_free(Run *run, Grouping *grouping) {
  run_free(run, grouping->start);
  run_free(run, grouping->row);
  run_free(run, grouping->carried);
  memset(grouping, 0, sizeof *grouping);
}

/* ------------------------------------------------------------------------------------------------ by blocks (1) */

typedef struct Rows {
  double *value; /* BLOCK_ROWS (at most) x m, column-major; leading dimension odd in cache lines, for writing rows */
  int used, most, stride;
} Rows;

static Rows rows_new(Run *run, int64_t all, int64_t m) {
  Rows rows = {.most = all < BLOCK_ROWS ? (int)all : BLOCK_ROWS};
  rows.stride = rows.most < 64 ? rows.most : rows.most + 8;
  rows.value = NEW_ARRAY(run, double, rows.stride * m);
  return rows;
}

static void rows_flush(int32_t m, Rows *rows, double *s) {
  dense_crossproduct_add(rows->used, m, rows->value, rows->stride, s);
  rows->used = 0;
}

static void rows_put(int32_t m, Rows *rows, const double *row, double factor, double *s) {
  for (int32_t i = 0; i < m; i++) rows->value[(int64_t)i * rows->stride + rows->used] = row[i] * factor;
  if (++rows->used == rows->most) rows_flush(m, rows, s);
}

/* N of one group: width of D1 rows of m. */
static void group_crossproduct(const Absorber *absorber, const Grouping *first, int32_t g, double *cross) {
  const Block *block = absorber->block;
  int32_t m = absorber->reduced.order;
  const double *weight = absorber->weight;
  bool plain = block_plain(&block[0]);
  if (first->carried) {
    for (int64_t k = first->start[g]; k < first->start[g + 1]; k++) cross[first->carried[k]]++;
    return;
  }
  for (int b = 1; b < absorber->effects; b++) {
    const int32_t *code = block[b].code;
    bool both_plain = plain && block_plain(&block[b]);
    for (int64_t k = first->start[g]; k < first->start[g + 1]; k++) {
      int64_t r = grouped_row(first, k);
      double w = weight ? weight[r] : 1, *to = cross + block[b].first + (int64_t)code[r] * block[b].width;
      if (both_plain) {
        *to += w;
        continue;
      }
      double z[MAX_WIDTH], d[MAX_WIDTH];
      block_values(&block[0], r, z);
      block_values(&block[b], r, d);
      for (int u = 0; u < block[0].width; u++)
        for (int p = 0; p < block[b].width; p++) to[(int64_t)u * m + p] += w * z[u] * d[p];
    }
  }
}

/* s (lower triangle) += D2'WD2 */
static void add_rest_crossproduct(const Absorber *absorber, double *s) {
  const Block *block = absorber->block;
  int32_t m = absorber->reduced.order;
  if (absorber->effects == 2 && block_plain(&block[1])) {
    for (int32_t j = 0; j < m; j++) s[(int64_t)j * m + j] += block[1].mass[j];
    return;
  }
  for (int64_t r = 0; r < absorber->n; r++) {
    double w = absorber->weight ? absorber->weight[r] : 1, d[MAX_WIDTH], other[MAX_WIDTH];
    for (int b = 1; b < absorber->effects; b++) {
      block_values(&block[b], r, d);
      int64_t j = block[b].first + (int64_t)block[b].code[r] * block[b].width;
      for (int f = b; f < absorber->effects; f++) { /* blocks are in order: the places are in the lower triangle */
        block_values(&block[f], r, other);
        int64_t i = block[f].first + (int64_t)block[f].code[r] * block[f].width;
        for (int p = 0; p < block[b].width; p++)
          for (int t = f == b ? p : 0; t < block[f].width; t++) s[(j + p) * m + i + t] += w * d[p] * other[t];
      }
    }
    if ((r & 0xffff) == 0 && !run_poll(absorber->run, 65536 * 4)) return;
  }
}

/* (3) */
static void zero_sum_diagonal(const Absorber *absorber, double *s) {
  int64_t m = absorber->reduced.order;
  if (!block_plain(&absorber->block[0])) return;
  for (int b = 1; b < absorber->effects; b++) {
    const Block *block = &absorber->block[b];
    if (!block->intercept) continue;
    for (int64_t j = block->first; j < block->first + (int64_t)block->levels * block->width; j += block->width) s[j * m + j] = 0;
    for (int64_t j = block->first; j < block->first + (int64_t)block->levels * block->width; j += block->width)
      for (int64_t i = j + block->width; i < block->first + (int64_t)block->levels * block->width; i += block->width) {
        s[j * m + j] -= s[j * m + i];
        s[i * m + i] -= s[j * m + i];
      }
  }
}

static void finish_blocks(const Absorber *absorber, double *s) {
  int64_t m = absorber->reduced.order;
  for (int64_t i = 0; i < m * m; i++) s[i] = -s[i];
  add_rest_crossproduct(absorber, s);
  zero_sum_diagonal(absorber, s);
}

void reduced_dense_blocks(Absorber *absorber, const Grouping *first, double *s) {
  Run *run = absorber->run;
  const Block *block = &absorber->block[0];
  int32_t m = absorber->reduced.order;
  int q = block->width;
  bool plain = block_plain(block);
  int64_t all = (int64_t)block->levels * q;
  Rows rows = rows_new(run, all, m);
  double *cross = NEW_ARRAY(run, double, (int64_t)q * m);
  double *before = NEW_ARRAY(run, double, m); /* the pattern of the groups just before, times: how many */
  if (run_failed(run)) return;
  double times = 0, mass = 1;
  for (int32_t g = 0; g < block->levels; g++) {
    group_crossproduct(absorber, first, g, cross);
    if (plain) {
      if (times > 0 && block->mass[g] == mass && memcmp(cross, before, (size_t)m * sizeof *cross) == 0) {
        times++;
      } else {
        if (times > 0) rows_put(m, &rows, before, sqrt(times / mass), s);
        double *swap = before;
        before = cross;
        cross = swap;
        times = 1;
        mass = block->mass[g];
      }
    } else {
      for (int u = 0; u < q; u++) {
        double energy = block->energy[(int64_t)g * q + u];
        if (energy > 0) rows_put(m, &rows, cross + (int64_t)u * m, 1 / sqrt(energy), s);
      }
    }
    memset(cross, 0, (size_t)m * (size_t)q * sizeof *cross);
    if (!run_poll(run, (uint64_t)(first->start[g + 1] - first->start[g]) + (uint64_t)m * (uint64_t)m / 16)) return;
  }
  if (times > 0) rows_put(m, &rows, before, sqrt(times / mass), s);
  rows_flush(m, &rows, s);
  finish_blocks(absorber, s);
  run_free(run, rows.value);
  run_free(run, before);
  run_free(run, cross);
}

void reduced_dense_counts(Absorber *absorber, double *s) {
  Run *run = absorber->run;
  int64_t groups = absorber->block[0].levels, m = absorber->reduced.order;
  const uint8_t *count = absorber->reduced.count;
  Rows rows = rows_new(run, groups, m);
  double *pattern = NEW_ARRAY(run, double, m);
  if (run_failed(run)) return;
  for (int64_t g = 0, next; g < groups; g = next) {
    double mass = absorber->block[0].mass[g];
    next = g + 1;
    while (next < groups && memcmp(count + next * m, count + g * m, (size_t)m) == 0) next++;
    for (int64_t t = 0; t < m; t++) pattern[t] = count[g * m + t];
    rows_put((int32_t)m, &rows, pattern, sqrt((double)(next - g) / mass), s);
    if (!run_poll(run, (uint64_t)((next - g) * m / 16 + m * m / 16))) return;
  }
  rows_flush((int32_t)m, &rows, s);
  finish_blocks(absorber, s);
  run_free(run, rows.value);
  run_free(run, pattern);
}

/* ------------------------------------------------------------------------------------------------ by pairs (2) */

typedef struct ColumnsOfLevel { /* the columns of S that belong to one level, being collected */
  double *value;                /* m x width */
  int32_t *touched, count;      /* the rows that are not zero, as far as stamp[row] is now; a dense matrix needs no such list */
  int32_t *stamp, now;
} ColumnsOfLevel;

static inline double *column_at(ColumnsOfLevel *columns, int width, int32_t i) {
  double *at = columns->value + (int64_t)i * width;
  if (columns->stamp[i] != columns->now) {
    columns->stamp[i] = columns->now;
    columns->touched[columns->count++] = i;
    for (int t = 0; t < width; t++) at[t] = 0;
  }
  return at;
}

/* Takes the rows from..to off the columns, each with the group's share in the level (times its weight). */
static void take_rows_plain(const Grouping *rows, int64_t from, int64_t to, const int32_t *code, const double *weight, double share, ColumnsOfLevel *columns, int32_t first) {
  if (!columns->touched && !weight && !rows->row) { /* the tight case, for full matrices */
    double *value = columns->value + first;
    for (int64_t k = from; k < to; k++) value[code[k]] -= share;
    return;
  }
  for (int64_t k = from; k < to; k++) {
    int64_t r = grouped_row(rows, k);
    double *at = columns->touched ? column_at(columns, 1, first + code[r]) : columns->value + first + code[r];
    *at -= weight ? share * weight[r] : share;
  }
}

/* Rows from..to (of the grouping by this block) lie in one level of the block and in group g of D1: their part of D2'WD2, and
 * what the group's rows take off. */
static void collect_plain(const Absorber *absorber, int b, const Grouping *by, int64_t from, int64_t to, const Grouping *first, int32_t g, ColumnsOfLevel *columns) {
  const Block *block = absorber->block;
  const double *weight = absorber->weight;
  double share = weight ? 0 : (double)(to - from);
  for (int64_t k = from; k < to && weight; k++) share += weight[grouped_row(by, k)];
  for (int f = 1; f < absorber->effects; f++)
    if (f != b) take_rows_plain(by, from, to, block[f].code, weight, -1, columns, block[f].first);
  if (absorber->effects == 2 && to - from == first->start[g + 1] - first->start[g]) return; /* only the diagonal would get something */
  share /= block[0].mass[g];
  for (int f = 1; f < absorber->effects; f++)
    take_rows_plain(first, first->start[g], first->start[g + 1], block[f].code, weight, share, columns, block[f].first);
}

static void collect_sloped(const Absorber *absorber, int b, const Grouping *by, int64_t from, int64_t to, const Grouping *first, int32_t g,
                           ColumnsOfLevel *columns, double *share) {
  const Block *block = absorber->block;
  int q = block[0].width, width = block[b].width;
  double z[MAX_WIDTH], d[MAX_WIDTH], fit[MAX_WIDTH];
  memset(share, 0, (size_t)(q * width) * sizeof *share); /* q x width: (D1'WD1)^-1 of the group times its N for this level */
  for (int64_t k = from; k < to; k++) {
    int64_t r = grouped_row(by, k);
    double w = absorber->weight ? absorber->weight[r] : 1, own[MAX_WIDTH];
    block_values(&block[0], r, z);
    block_values(&block[b], r, own);
    for (int u = 0; u < q; u++)
      for (int t = 0; t < width; t++) share[u * width + t] += w * z[u] * own[t];
    for (int f = 1; f < absorber->effects; f++) {
      block_values(&block[f], r, d);
      for (int p = 0; p < block[f].width; p++) {
        int32_t i = block[f].first + block[f].code[r] * block[f].width + p;
        double *at = columns->touched ? column_at(columns, width, i) : columns->value + (int64_t)i * width;
        for (int t = 0; t < width; t++) at[t] += w * own[t] * d[p];
      }
    }
  }
  first_solve_level(&block[0], g, width, share);
  for (int64_t k = first->start[g]; k < first->start[g + 1]; k++) {
    int64_t r = grouped_row(first, k);
    double w = absorber->weight ? absorber->weight[r] : 1;
    block_values(&block[0], r, z);
    for (int t = 0; t < width; t++) {
      fit[t] = 0;
      for (int u = 0; u < q; u++) fit[t] += share[u * width + t] * z[u];
    }
    for (int f = 1; f < absorber->effects; f++) {
      block_values(&block[f], r, d);
      for (int p = 0; p < block[f].width; p++) {
        int32_t i = block[f].first + block[f].code[r] * block[f].width + p;
        double *at = columns->touched ? column_at(columns, width, i) : columns->value + (int64_t)i * width;
        for (int t = 0; t < width; t++) at[t] -= w * fit[t] * d[p];
      }
    }
  }
}

/* The columns of one level become part of the lower triangle. */
static void put_dense(const Absorber *absorber, const Block *block, int32_t level, const ColumnsOfLevel *columns, double *s) {
  int64_t m = absorber->reduced.order;
  for (int t = 0; t < block->width; t++) {
    int64_t j = block->first + (int64_t)level * block->width + t;
    for (int64_t i = j; i < m; i++) s[j * m + i] = columns->value[i * block->width + t];
  }
  memset(columns->value, 0, (size_t)m * (size_t)block->width * sizeof(double));
}

typedef struct Room {
  int64_t capacity, limit, seen; /* seen: entries of the columns so far, in both triangles */
} Room;

/* The same for the sparse matrix; false as soon as it is certain to have more than limit entries: each entry is seen in two columns. */
static bool put_sparse(Absorber *absorber, const Block *block, int32_t level, const ColumnsOfLevel *columns, Room *room) {
  Run *run = absorber->run;
  SparseSymmetric *matrix = &absorber->reduced.matrix;
  room->seen += (int64_t)columns->count * block->width;
  if (room->seen - matrix->start[block->first + level * block->width] > room->limit) return false;
  for (int t = 0; t < block->width; t++) {
    int32_t j = block->first + level * block->width + t;
    double sum = 0, diagonal = 0;
    int64_t entries = matrix->start[j];
    if (entries + columns->count > room->capacity) {
      room->capacity = 2 * room->capacity + columns->count;
      int32_t *row = run_grow(run, matrix->row, (size_t)room->capacity, sizeof *row);
      if (row) matrix->row = row;
      double *value = run_grow(run, matrix->value, (size_t)room->capacity, sizeof *value);
      if (value) matrix->value = value;
      if (run_failed(run)) return false;
    }
    for (int32_t k = 0; k < columns->count; k++) {
      int32_t i = columns->touched[k];
      double value = columns->value[(int64_t)i * block->width + t];
      if (i == j) diagonal = value;
      else if (i >= block->first && i < block->first + block->levels * block->width && (i - block->first) % block->width == 0) sum += value;
      if (i >= j) continue; /* zeros stay: leverages need the inverse in every place where two coefficients share a group */
      matrix->row[entries] = i;
      matrix->value[entries++] = value;
    }
    matrix->diagonal[j] = block_plain(&absorber->block[0]) && block->intercept && t == 0 ? -sum : diagonal; /* (3) */
    matrix->start[j + 1] = entries;
  }
  return true;
}

bool reduced_pairs(Absorber *absorber, const Grouping *first, double *s, int64_t limit) {
  Run *run = absorber->run;
  SparseSymmetric *matrix = &absorber->reduced.matrix;
  int32_t m = absorber->reduced.order;
  int widest = 1;
  bool plain = block_plain(&absorber->block[0]);
  for (int b = 1; b < absorber->effects; b++) {
    if (absorber->block[b].width > widest) widest = absorber->block[b].width;
    plain = plain && block_plain(&absorber->block[b]);
  }
  Room room = {.limit = limit};
  if (!s) {
    matrix->start = NEW_ARRAY(run, int64_t, (int64_t)m + 1);
    matrix->diagonal = NEW_ARRAY(run, double, m);
  }
  ColumnsOfLevel columns = {.value = NEW_ARRAY(run, double, (int64_t)m * widest)};
  if (!s) {
    columns.touched = NEW_ARRAY(run, int32_t, m);
    columns.stamp = NEW_ARRAY(run, int32_t, m);
  }
  double *share = NEW_ARRAY(run, double, absorber->block[0].width * widest);
  bool fits = !run_failed(run);
  for (int b = 1; b < absorber->effects && fits; b++) {
    const Block *block = &absorber->block[b];
    const int32_t *group = absorber->block[0].code;
    Grouping by = {0};
    bool counts = plain && absorber->effects == 2 && !absorber->weight; /* the groups alone matter, not which rows */
    fits = group_rows(run, absorber->n, block->code, block->levels, first, counts ? group : NULL, &by);
    for (int32_t level = 0; level < block->levels && fits; level++) {
      columns.now++;
      columns.count = 0;
      uint64_t work = 0;
      for (int64_t k = by.start[level]; k < by.start[level + 1];) {
        int64_t from = k;
        int32_t g = by.carried ? by.carried[k] : group[grouped_row(&by, k)];
        while (++k < by.start[level + 1] && (by.carried ? by.carried[k] : group[grouped_row(&by, k)]) == g) continue;
        if (plain) collect_plain(absorber, b, &by, from, k, first, g, &columns);
        else collect_sloped(absorber, b, &by, from, k, first, g, &columns, share);
        work += (uint64_t)(first->start[g + 1] - first->start[g] + k - from);
        if (work > 65536 && !run_poll(run, work * (uint64_t)(absorber->effects * widest))) break;
        if (work > 65536) work = 0;
      }
      if (!run_poll(run, work)) fits = false;
      else if (s) put_dense(absorber, block, level, &columns, s);
      else fits = put_sparse(absorber, block, level, &columns, &room);
    }
    grouping_free(run, &by);
  }
  run_free(run, columns.value);
  run_free(run, columns.touched);
  run_free(run, columns.stamp);
  run_free(run, share);
  if (s) {
    if (fits) zero_sum_diagonal(absorber, s);
    return fits;
  }
  if (fits) {
    matrix->order = m;
    return true;
  }
  run_free(run, matrix->start);
  run_free(run, matrix->row);
  run_free(run, matrix->value);
  run_free(run, matrix->diagonal);
  memset(matrix, 0, sizeof *matrix);
  return false;
}
