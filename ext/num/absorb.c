/* absorb.c: weighted projection off any number of effects, each a set of level-specific intercepts, slopes, or both.
 *
 * 1. e = y - D a with D'We = 0, D = [D1 | D2], D1 the effect with most coefficients. For a column y:
 *      u = (D1'WD1)^-1 D1'Wy,  r = D2'W(y - D1 u),  S a2 = r,  a1 = u - (D1'WD1)^-1 D1'W D2 a2,  e = y - D1 a1 - D2 a2,
 *    four passes over the rows (two where counts.c has N), for up to four columns at once (rows.c). The reduced system S = D2'W(I - P1)D2 is built and factored once
 *    (reduced.c). This is the Frisch-Waugh-Lovell theorem with block elimination, exact for any number of effects where S has a factor.
 * 2. A constant near the column's mean (of a fixed sample of rows) is taken off first where some effect has an intercept: the projection does
 *    not change and a huge mean costs no digits.
 * 3. The last pass also adds up D'We. Where the mean of e in some level is more than rounding (ORTHOGONAL of e's own root mean square plus a few
 *    units of y's) the solution is repeated on e: iterative refinement, decided for each column by itself. report.residual is the largest
 *    |d'We| / (|d| |y| sqrt(share of d's level in the weights)) that was left, over columns d of D: for a level's intercept, the mean of e in the level beside
 *    the root mean square of y.
 * 4. The projection does not depend on which of collinear columns of D are given up (reduced.c, 2); coefficients do, and are normalised:
 *    intercepts of all effects but the first that has some sum to zero over the rows, the constants move into that first one. */
#include "absorb.h"

#include <assert.h>

enum { ROUNDS = 5 };
static const double ORTHOGONAL = 1e-13, ROUNDING = 1e-15;
static const int64_t LANE_BYTES = 36 << 20; /* room for sums: fewer columns together where levels are many */

/* ------------------------------------------------------------------------------------------------ the effects */

static void set_blocks(Absorber *absorber, const Effect *effect) {
  Run *run = absorber->run;
  int eliminated = 0;
  int64_t most = 0, all = 0;
  for (int e = 0; e < absorber->effects; e++) {
    int64_t coefficients = (int64_t)effect[e].levels * (effect[e].intercept + effect[e].slopes);
    all += coefficients;
    if (coefficients <= most) continue;
    most = coefficients;
    eliminated = e;
  }
  if (all > INT32_MAX) {
    run_fail(run, "the absorbed effects have more than %d coefficients", INT32_MAX);
    return;
  }
  absorber->block = NEW_ARRAY(run, Block, absorber->effects);
  absorber->block_of = NEW_ARRAY(run, int, absorber->effects);
  if (run_failed(run)) return;
  int next = 1;
  for (int e = 0; e < absorber->effects && !run_failed(run); e++) {
    int b = absorber->block_of[e] = e == eliminated ? 0 : next++;
    Block *block = &absorber->block[b];
    *block = (Block){.code = effect[e].code, .levels = effect[e].levels, .width = effect[e].intercept + effect[e].slopes,
                     .slopes = effect[e].slopes, .intercept = effect[e].intercept, .slope = effect[e].slope};
    if (b > 0) {
      block->first = absorber->reduced.order;
      absorber->reduced.order += block->levels * block->width;
    }
    assert(block->width > 0);
    if (block->width > MAX_WIDTH) run_fail(run, "more than %d slopes in one absorbed effect", MAX_WIDTH - 1);
    block_measure(run, absorber->n, absorber->weight, block);
  }
}

Absorber *absorb_new(Run *run, int64_t n, int effects, const Effect *effect, const double *weight, double tolerance) {
  Absorber *absorber = NEW(run, Absorber);
  if (!absorber) return NULL;
  *absorber = (Absorber){.run = run, .n = n, .effects = n > 0 ? effects : 0, .weight = weight, .tolerance = tolerance};
  if (n > INT32_MAX) run_fail(run, "more than %d rows", INT32_MAX);
  if (absorber->effects > 0 && !run_failed(run)) {
    set_blocks(absorber, effect);
    if (run_failed(run)) return NULL;
    for (int64_t level = 0; level < absorber->block[0].levels; level++) absorber->total_weight += absorber->block[0].mass[level];
    reduced_build(absorber);
  }
  static const char *const name[] = {[REDUCED_NONE] = "means", [REDUCED_DENSE] = "dense", [REDUCED_SPARSE] = "sparse", [REDUCED_ITERATED] = "conjugate gradient"};
  absorber->report.method = absorber->effects == 0 ? "none" : name[absorber->reduced.kind];
  return run_failed(run) ? NULL : absorber;
}

const AbsorbReport *absorb_report(const Absorber *absorber) {
  return &absorber->report;
}

/* ------------------------------------------------------------------------------------------------ one to four columns */

typedef struct Projection {
  int lanes, used;
  double *const *column;
  double shift[MAX_LANES];
  bool store;                  /* columns become residuals; otherwise only the coefficients are wanted */
  double *first, *rest;        /* coefficients of the step, then D'We of what it leaves */
  double *next_first, *next_rest;
  double *all_first, *all_rest; /* not store: the coefficients so far */
} Projection;

/* A constant for each lane (2). */
static double centre_of(const Absorber *absorber, const double *x) {
  bool constants = false;
  for (int b = 0; b < absorber->effects; b++) constants |= absorber->block[b].intercept;
  if (!constants) return 0;
  double centre = sample_mean(absorber->n, x);
  return isfinite(centre) ? centre : 0;
}

/* Largest mean of what is left in any level, in units of the column (3): sums is D'We of one block. */
static void largest_means(const Block *block, int lanes, const double *sums, double *largest) {
  int64_t count = (int64_t)block->levels * block->width;
  for (int64_t i = 0; i < count; i++) {
    double scale = block->energy == block->mass ? block->mass[i] : sqrt(block->energy[i] * block->mass[i / block->width]);
    if (!(scale > 0)) continue;
    for (int c = 0; c < lanes; c++) {
      double mean = fabs(sums[i * lanes + c]) / scale;
      if (mean > largest[c]) largest[c] = mean;
    }
  }
}

/* first and rest hold D1'We and D2'We; they become the coefficients of the projection of e. */
static int solve(const Absorber *absorber, Projection *projection, const double *energy) {
  int lanes = projection->lanes, steps = 0;
  const Block *block = &absorber->block[0];
  int64_t firsts = (int64_t)block->levels * block->width * lanes;
  double *first = projection->first, *rest = projection->rest, *change = projection->next_first;
  first_solve(block, lanes, first);
  if (absorber->reduced.order == 0) return 0;
  if (absorber->reduced.count) counts_take_first(absorber, lanes, first, rest);
  else row_pass(absorber, &(Pass){.lanes = lanes, .fit_first = first, .sum_rest = rest});
  steps = reduced_solve(absorber, lanes, rest, energy);
  if (run_failed(absorber->run)) return 0;
  memset(change, 0, (size_t)firsts * sizeof *change);
  if (absorber->reduced.count) counts_take_rest(absorber, lanes, rest, change); /* -D1'WD2 a2 */
  else row_pass(absorber, &(Pass){.lanes = lanes, .fit_rest = rest, .sum_first = change});
  first_solve(block, lanes, change);
  for (int64_t i = 0; i < firsts; i++) first[i] += change[i];
  return steps;
}

static void swap(double **a, double **b) {
  double *t = *a;
  *a = *b;
  *b = t;
}

static void project(Absorber *absorber, Projection *projection) {
  Run *run = absorber->run;
  const Block *block = absorber->block;
  int lanes = projection->lanes;
  int64_t firsts = (int64_t)block[0].levels * block[0].width * lanes, rests = (int64_t)absorber->reduced.order * lanes;
  double energy[MAX_LANES] = {0}, unit[MAX_LANES], before[MAX_LANES];
  row_pass(absorber, &(Pass){.lanes = lanes, .column = projection->column, .shift = projection->shift, .sum_first = projection->first,
                             .sum_rest = rests ? projection->rest : NULL, .norm = energy});
  for (int c = 0; c < lanes; c++) {
    unit[c] = sqrt(energy[c] / absorber->total_weight);
    before[c] = INFINITY;
  }
  int most_steps = 0;
  for (int round = 1; round <= ROUNDS && !run_failed(run); round++) {
    int steps = solve(absorber, projection, energy);
    if (steps > most_steps) most_steps = steps;
    if (run_failed(run)) return;
    const double *fit_first = projection->first, *fit_rest = projection->rest;
    if (!projection->store) {
      for (int64_t i = 0; i < firsts; i++) projection->all_first[i] += projection->first[i];
      for (int64_t i = 0; i < rests; i++) projection->all_rest[i] += projection->rest[i];
      fit_first = projection->all_first;
      fit_rest = projection->all_rest;
    }
    double left[MAX_LANES] = {0}, largest[MAX_LANES] = {0};
    memset(projection->next_first, 0, (size_t)firsts * sizeof(double));
    memset(projection->next_rest, 0, (size_t)rests * sizeof(double));
    row_pass(absorber, &(Pass){.lanes = lanes, .used = projection->used, .column = projection->column, .shift = round == 1 || !projection->store ? projection->shift : NULL,
                               .fit_first = fit_first, .fit_rest = rests ? fit_rest : NULL, .store = projection->store,
                               .sum_first = projection->next_first, .sum_rest = rests ? projection->next_rest : NULL, .norm = left});
    if (run_failed(run)) return;
    largest_means(&block[0], lanes, projection->next_first, largest);
    for (int b = 1; b < absorber->effects; b++) largest_means(&block[b], lanes, projection->next_rest + (int64_t)block[b].first * lanes, largest);
    swap(&projection->first, &projection->next_first);
    swap(&projection->rest, &projection->next_rest);
    bool again = false;
    for (int c = 0; c < lanes; c++) { /* refine (3)? what iterates is as good as its tolerance, unless that was not reached */
      double limit = ORTHOGONAL * sqrt(left[c] / absorber->total_weight) + ROUNDING * unit[c];
      if (absorber->reduced.kind == REDUCED_ITERATED && limit < absorber->tolerance * unit[c]) limit = absorber->tolerance * unit[c];
      bool better = round < ROUNDS && largest[c] > limit && largest[c] < before[c] / 2;
      if (!better && c < projection->used && unit[c] > 0 && largest[c] / unit[c] > absorber->report.residual) absorber->report.residual = largest[c] / unit[c];
      before[c] = better ? largest[c] : -1; /* a column that is done stays so, and is not touched: its next step is zero */
      again |= better;
      if (better) continue;
      for (int64_t i = 0; i < firsts; i += lanes) projection->first[i + c] = 0;
      for (int64_t i = 0; i < rests; i += lanes) projection->rest[i + c] = 0;
    }
    if (!again) break;
  }
  if (most_steps > absorber->report.iterations) absorber->report.iterations = most_steps;
}

static double *room(const Absorber *absorber, int64_t count) {
  return NEW_ARRAY(absorber->run, double, count);
}

static void projection_begin(const Absorber *absorber, int lanes, Projection *projection) {
  int64_t firsts = (int64_t)absorber->block[0].levels * absorber->block[0].width * lanes, rests = (int64_t)absorber->reduced.order * lanes;
  projection->first = room(absorber, firsts);
  projection->next_first = room(absorber, firsts);
  projection->rest = room(absorber, rests);
  projection->next_rest = room(absorber, rests);
}

static void projection_end(const Absorber *absorber, Projection *projection) {
  run_free(absorber->run, projection->first);
  run_free(absorber->run, projection->next_first);
  run_free(absorber->run, projection->rest);
  run_free(absorber->run, projection->next_rest);
}

void absorb_columns(Absorber *absorber, int k, double *const *column) {
  if (!absorber || run_failed(absorber->run) || absorber->effects == 0) return;
  int64_t coefficients = (int64_t)absorber->block[0].levels * absorber->block[0].width + absorber->reduced.order;
  int most = MAX_LANES;
  while (most > 1 && 2 * coefficients * most * (int64_t)sizeof(double) > LANE_BYTES) most /= 2;
  for (int from = 0; from < k && !run_failed(absorber->run);) {
    Projection projection = {.used = k - from < most ? k - from : most, .store = true};
    double *lane[MAX_LANES];
    projection.lanes = projection.used == 3 ? 4 : projection.used;
    for (int c = 0; c < projection.lanes; c++) {
      lane[c] = column[from + (c < projection.used ? c : projection.used - 1)];
      projection.shift[c] = centre_of(absorber, lane[c]);
    }
    projection.column = lane;
    projection_begin(absorber, projection.lanes, &projection);
    if (!run_failed(absorber->run)) project(absorber, &projection);
    projection_end(absorber, &projection);
    from += projection.used;
  }
}

/* ------------------------------------------------------------------------------------------------ coefficients (4) */

/* Coefficients of the columns as given, from those of the orthogonal ones: a_p z_p = a_p x_p - sum over q < p of a_p lower_pq z_q. */
static void natural_coefficients(const Block *block, const double *a, double *out) {
  memcpy(out, a, (size_t)block->levels * (size_t)block->width * sizeof *out);
  for (int64_t level = 0; level < block->levels && block->lower; level++)
    for (int p = block->width - 1; p > 0; p--) {
      const double *l = block->lower + 2 * (level * block->pairs + p * (p - 1) / 2);
      for (int q = 0; q < p; q++) out[level * block->width + q] -= out[level * block->width + p] * (l[2 * q] + l[2 * q + 1]);
    }
}

static double mean_intercept(const Absorber *absorber, const Block *block, const double *out) {
  double sum = 0;
  for (int64_t r = 0; r < absorber->n; r++) sum += out[(int64_t)block->code[r] * block->width];
  return sum / (double)absorber->n;
}

void absorb_coefficients(Absorber *absorber, const double *column, double *const *out) {
  if (!absorber || run_failed(absorber->run) || absorber->effects == 0) return;
  Run *run = absorber->run;
  double *copy[1];
  memcpy(copy, &column, sizeof copy); /* only read: nothing is stored */
  Projection projection = {.lanes = 1, .used = 1, .column = copy, .shift = {centre_of(absorber, column)}};
  projection_begin(absorber, 1, &projection);
  projection.all_first = room(absorber, (int64_t)absorber->block[0].levels * absorber->block[0].width);
  projection.all_rest = room(absorber, absorber->reduced.order);
  if (!run_failed(run)) project(absorber, &projection);
  if (!run_failed(run)) {
    double constant = projection.shift[0];
    int holder = -1; /* the first effect with an intercept */
    for (int e = 0; e < absorber->effects; e++) {
      const Block *block = &absorber->block[absorber->block_of[e]];
      natural_coefficients(block, absorber->block_of[e] == 0 ? projection.all_first : projection.all_rest + block->first, out[e]);
      if (!block->intercept) continue;
      if (holder < 0) {
        holder = e;
        continue;
      }
      double mean = mean_intercept(absorber, block, out[e]);
      constant += mean;
      for (int64_t level = 0; level < block->levels; level++) out[e][level * block->width] -= mean;
    }
    if (holder >= 0) {
      const Block *block = &absorber->block[absorber->block_of[holder]];
      for (int64_t level = 0; level < block->levels; level++) out[holder][level * block->width] += constant;
    }
  }
  projection_end(absorber, &projection);
  run_free(run, projection.all_first);
  run_free(run, projection.all_rest);
}
