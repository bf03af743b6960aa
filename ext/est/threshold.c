/* threshold.c: least squares over a grid of thresholds, and the bootstrap of their F tests.
 *
 * 1. Model: y = x'b_1 [q <= g_1] + x'b_2 [g_1 < q <= g_2] + ... + z'c + effects + e. Its columns span those of the linear model (x, z, effects) and
 *    X1(g) = x [q <= g] for each threshold. With M the projection off the linear model, SSR(g_1, ..) = y'My - c'B^-1 c where c stacks the
 *    X1(g_i)'My and B has the blocks X1(g_i)'M X1(g_j) (Frisch and Waugh 1933; Lovell 1963).
 * 2. M is symmetric, so X1(g)'My is a sum of x times My over the rows with q <= g: one pass over the rows in the order of q gives it for all
 *    candidates. B does not depend on y: it is made once, for the data and for all draws. So a draw costs one pass, whatever the grid is.
 * 3. Candidates (conventions): the distinct values of q without floor(trim x their number) at each end; or N quantiles of type 1 of the distinct values, at
 *    probabilities evenly from trim to 1 - trim. A regime has at least trim x rows.
 * 4. Sequence (Hansen 1999, sections 4 and 6): threshold s minimises SSR given the earlier ones; then each earlier one is sought again given the
 *    others, in the order of finding. F_s = (SSR_(s-1) - SSR_s) / (SSR_s / d), SSR_(s-1) refined, SSR_s not yet, as in his equation 17; d = rows
 *    less levels of the effects, n (T - 1) in a balanced panel.
 * 5. Bootstrap (his section 4.2 and 6.2): x, z, q fixed; y* = fit with s - 1 thresholds + e*, e* drawn from the residuals of the model with s, whole units with
 *    replacement, in the order of time where the time is known; both models are estimated on y* by the same sequence. p is the share of F* that are at least F. In an
 *    unbalanced panel residuals of one unit do not fit another: each unit keeps its own, with a random sign. Without effects rows are drawn.
 * 6. Draw r of test s uses a random stream of its own: the same on any number of threads. */
#include "threshold.h"

enum { BATCH = 256, TOGETHER = 8, LIMIT_WHOLE = 5000 };
static const double SINGULAR = 1e-10;

typedef struct Scratch {
  double *moment;   /* grid x p: X1(g)'My */
  double *matrix, *vector;
} Scratch;

/* ------------------------------------------------------------------------------------------------ the projection */

/* Takes the linear model off a column that has its effects absorbed and is multiplied by the root of the weights. */
static void project(const ThresholdSearch *search, double *column) {
  for (int j = 0; j < search->basis; j++) {
    const double *base = search->base[j];
    double product = 0;
    for (int64_t row = 0; row < search->n; row++) product += base[row] * column[row];
    for (int64_t row = 0; row < search->n; row++) column[row] -= product * base[row];
  }
}

static double squares(int64_t n, const double *x) {
  double sum = 0;
  for (int64_t row = 0; row < n; row++) sum += x[row] * x[row];
  return sum;
}

/* Gram-Schmidt, each column twice; the columns are independent. */
static void orthonormalise(ThresholdSearch *search, int k, double *const *column) {
  Run *run = search->run;
  search->base = NEW_ARRAY(run, double *, k);
  for (int j = 0; j < k && !run_failed(run); j++) {
    double *own = NEW_ARRAY(run, double, search->n);
    if (run_failed(run)) return;
    for (int64_t row = 0; row < search->n; row++) own[row] = column[j][row] * (search->root ? search->root[row] : 1);
    for (int round = 0; round < 2; round++) {
      project(search, own);
      double length = sqrt(squares(search->n, own));
      for (int64_t row = 0; row < search->n; row++) own[row] /= length;
    }
    search->base[search->basis++] = own;
    run_poll(run, (uint64_t)search->n * (uint64_t)(4 * j + 4));
  }
}

/* Absorbs the effects of columns of raw numbers and takes the linear model off; the result is multiplied by the root of the weights. */
static void residualise(const ThresholdSearch *search, int count, double *const *column) {
  if (search->sample->absorber) absorb_columns(search->sample->absorber, count, column);
  for (int j = 0; j < count && run_poll(search->run, (uint64_t)search->n * (uint64_t)(2 * search->basis + 1)); j++) {
    for (int64_t row = 0; search->root && row < search->n; row++) column[j][row] *= search->root[row];
    project(search, column[j]);
  }
}

/* X1(g)'r for every candidate (2): out has places x p numbers. */
static void moments(const ThresholdSearch *search, const double *residual, int places, double *out) {
  int p = search->p;
  for (int a = 0; a < p; a++) {
    const double *x = search->x[a];
    double sum = 0;
    int64_t at = 0;
    for (int g = 0; g < places; g++) {
      for (; at < search->below[g]; at++) {
        int64_t row = search->order[at];
        sum += x[row] * residual[row] * (search->root ? search->root[row] : 1);
      }
      out[g * p + a] = sum;
    }
  }
}

/* ------------------------------------------------------------------------------------------------ candidates */

static void find_candidates(ThresholdSearch *search) {
  Job *job = search->job;
  Run *run = search->run;
  int64_t n = search->n, distinct = 0;
  double trim = option_number(job, "trim");
  search->order = NEW_ARRAY(run, int64_t, n);
  double *value = NEW_ARRAY(run, double, n);
  int64_t *below = NEW_ARRAY(run, int64_t, n);
  if (run_failed(run)) return;
  sort_order(run, n, search->q, search->order);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) {
    double q = search->q[search->order[i]];
    if (!distinct || q != value[distinct - 1]) value[distinct++] = q;
    below[distinct - 1] = i + 1;
  }
  const char *grid = option_value(job, "grid")->text, *name = option_value(job, "threshold")->text;
  int64_t wanted = 0;
  if (strcmp(grid, "all") != 0) {
    for (const char *at = grid; *at && wanted < 100000000; at++) wanted = *at >= '0' && *at <= '9' ? wanted * 10 + (*at - '0') : 100000000;
    if (wanted < 2 || wanted >= 100000000) run_fail(run, "grid=%s: it is all, or a number of quantiles such as 400", grid);
  }
  if (distinct < 10)
    run_fail(run, "threshold= '%s' has only %lld different values in the used rows; a threshold is sought among many (10 at least). For groups there are fe_compare and i(%s, x)", name,
             (long long)distinct, name);
  if (run_failed(run)) return;
  int64_t first = (int64_t)floor(trim * (double)distinct), last = distinct - first; /* [first, last) */
  int kept = 0;
  for (int64_t i = 0; i < (wanted ? wanted : last - first); i++) {
    double probability = trim + (1 - 2 * trim) * (double)i / (double)(wanted - 1);
    int64_t at = wanted ? (int64_t)ceil(probability * (double)distinct - 1e-9) - 1 : first + i;
    at = at < 0 ? 0 : at >= distinct ? distinct - 1 : at;
    if (kept && value[at] <= value[kept - 1]) continue; /* kept <= at: what lies behind is not needed any more */
    value[kept] = value[at];
    below[kept++] = below[at];
  }
  search->grid = kept;
  search->value = value;
  search->below = below;
  search->least = fmax(1, trim * (double)n);
}

/* Row g of the products (whole), or only its own block. */
static void keep_products(ThresholdSearch *search, int g, double *const *residual, bool whole) {
  Run *run = search->run;
  int p = search->p, places = whole ? search->grid : g + 1;
  size_t block = (size_t)p * (size_t)p;
  double *moment = NEW_ARRAY(run, double, (size_t)places * (size_t)p), *row = whole ? NEW_ARRAY(run, double, (size_t)search->grid * block) : NULL;
  if (run_failed(run)) return;
  for (int b = 0; b < p; b++) {
    moments(search, residual[b], places, moment);
    for (int a = 0; a < p; a++) {
      for (int h = 0; h < places && row; h++) row[(size_t)h * block + (size_t)(a * p + b)] = moment[h * p + a];
      search->own[(size_t)g * block + (size_t)(a * p + b)] = moment[g * p + a];
    }
  }
  run_free(run, moment);
  if (whole) search->gram[g] = row;
  run_poll(run, (uint64_t)search->n * block * 2);
}

static double **lend_columns(ThresholdSearch *search, int count) {
  double **column = NEW_ARRAY(search->run, double *, count);
  for (int j = 0; j < count && !run_failed(search->run); j++) column[j] = NEW_ARRAY(search->run, double, search->n);
  return column;
}

/* M X1(g) for count candidates from g on: p columns each. */
static void split_columns(const ThresholdSearch *search, int g, int count, double *const *column) {
  for (int c = 0; c < count; c++)
    for (int a = 0; a < search->p; a++)
      for (int64_t row = 0; row < search->n; row++) column[c * search->p + a][row] = search->q[row] <= search->value[g + c] ? search->x[a][row] : 0;
  residualise(search, count * search->p, column);
}

static void make_products(ThresholdSearch *search, bool whole) {
  Run *run = search->run;
  int p = search->p;
  search->own = NEW_ARRAY(run, double, (size_t)search->grid * (size_t)(p * p));
  search->gram = NEW_ARRAY(run, double *, search->grid);
  double **column = lend_columns(search, TOGETHER * p);
  for (int g = 0; g < search->grid && !run_failed(run); g += TOGETHER) {
    int count = search->grid - g < TOGETHER ? search->grid - g : TOGETHER;
    split_columns(search, g, count, column);
    for (int c = 0; c < count && !run_failed(run); c++) keep_products(search, g + c, column + c * p, whole);
  }
  for (int j = 0; j < TOGETHER * p && column; j++) run_free(run, column[j]);
}

void threshold_prepare(Job *job, const Sample *sample, const double *y, int k, double *const *column, int p, double *const *x, const double *q, bool whole, ThresholdSearch *out) {
  Run *run = job->run;
  int64_t n = sample->n;
  *out = (ThresholdSearch){.job = job, .run = run, .sample = sample, .n = n, .p = p, .x = x, .q = q};
  find_candidates(out);
  if (!run_failed(run) && whole && (int64_t)out->grid * p > LIMIT_WHOLE)
    run_fail(run, "grid=%s makes %d candidates, too many for a bootstrap of a second threshold (at most %d); grid=400 takes 400 quantiles", option_value(job, "grid")->text, out->grid,
             LIMIT_WHOLE / p);
  out->linear = NEW_ARRAY(run, double, n);
  double *own = NEW_ARRAY(run, double, n);
  if (sample->weight) out->root = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  for (int64_t row = 0; out->root && row < n; row++) out->root[row] = sqrt(sample->weight[row]);
  orthonormalise(out, k, column);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < n; row++) out->linear[row] = own[row] = y[row] * (out->root ? out->root[row] : 1);
  out->y = own;
  project(out, out->linear);
  out->ssr_linear = squares(n, out->linear);
  out->degrees = (double)n - regression_count(job, sample, 0, true);
  if (!run_failed(run)) make_products(out, whole);
}

/* ------------------------------------------------------------------------------------------------ one search */

static void scratch_new(const ThresholdSearch *search, Scratch *scratch) {
  int width = MOST_THRESHOLDS * search->p;
  scratch->moment = NEW_ARRAY(search->run, double, (int64_t)search->grid * search->p);
  scratch->matrix = NEW_ARRAY(search->run, double, width * width);
  scratch->vector = NEW_ARRAY(search->run, double, width);
}

static bool admissible(const ThresholdSearch *search, int count, const int *chosen, int g) {
  int64_t mine = search->below[g], before = 0, after = search->n;
  for (int t = 0; t < count; t++) {
    int64_t other = search->below[chosen[t]];
    if (other <= mine && other > before) before = other;
    if (other >= mine && other < after) after = other;
  }
  return (double)(mine - before) >= search->least && (double)(after - mine) >= search->least;
}

/* Lower factor of B for these candidates (the last may lack products of its own: the others have them), L^-1 c into vector; false where singular. */
static bool eliminate(const ThresholdSearch *search, int count, const int *place, Scratch *scratch) {
  int p = search->p, width = count * p;
  double *l = scratch->matrix, *v = scratch->vector;
  for (int i = 0; i < width; i++) {
    int s = i / p, a = i % p;
    v[i] = scratch->moment[place[s] * p + a];
    for (int j = 0; j <= i; j++) {
      int t = j / p, b = j % p;
      const double *block = s == t ? search->own + (size_t)place[s] * (size_t)(p * p) : search->gram[place[t]] + (size_t)place[s] * (size_t)(p * p);
      double value = block[a * p + b], own = value;
      for (int m = 0; m < j; m++) value -= l[i * width + m] * l[j * width + m];
      if (j == i) {
        if (!(value > SINGULAR * own)) return false;
        l[i * width + i] = sqrt(value);
      } else {
        l[i * width + j] = value / l[j * width + j];
      }
    }
    for (int m = 0; m < i; m++) v[i] -= l[i * width + m] * v[m];
    v[i] /= l[i * width + i];
  }
  return true;
}

/* The best candidate beside the chosen ones, -1: none; its SSR. */
static int seek(const ThresholdSearch *search, int count, const int *chosen, double ssr_linear, Scratch *scratch, double *curve, double *ssr) {
  int best = -1, place[MOST_THRESHOLDS];
  memcpy(place, chosen, (size_t)count * sizeof *place);
  *ssr = INFINITY;
  for (int g = 0; g < search->grid; g++) {
    double here = NAN;
    place[count] = g;
    if (admissible(search, count, chosen, g) && eliminate(search, count + 1, place, scratch)) {
      here = ssr_linear;
      for (int i = 0; i < (count + 1) * search->p; i++) here -= scratch->vector[i] * scratch->vector[i];
      if (here < *ssr) {
        *ssr = here;
        best = g;
      }
    }
    if (curve) curve[g] = here;
  }
  return best;
}

/* (4) on the moments in scratch: the next threshold. False: there is no room for it. */
static bool next_stage(const ThresholdSearch *search, double ssr_before, double ssr_linear, Scratch *scratch, double **curve, ThresholdStage *stage) {
  int s = stage->thresholds;
  int found = seek(search, s, stage->place, ssr_linear, scratch, curve ? curve[s] : NULL, &stage->ssr_found);
  if (found < 0) return false;
  stage->place[s] = found;
  stage->thresholds = s + 1;
  stage->ssr = stage->ssr_found;
  stage->statistic = (ssr_before - stage->ssr_found) / (stage->ssr_found / search->degrees);
  return true;
}

static void ensure_products(ThresholdSearch *search, int g) {
  if (search->gram[g] || run_failed(search->run)) return;
  double **column = lend_columns(search, search->p);
  if (run_failed(search->run)) return;
  split_columns(search, g, 1, column);
  if (!run_failed(search->run)) keep_products(search, g, column, true);
}

/* Each earlier threshold anew, given the others. own: products may have to be made (not inside a draw, which has them all). */
static void refine(ThresholdSearch *search, double ssr_linear, Scratch *scratch, double **curve, bool own, ThresholdStage *stage) {
  int count = stage->thresholds, others[MOST_THRESHOLDS];
  for (int t = 0; t < count - 1; t++) {
    for (int i = 0, next = 0; i < count; i++)
      if (i != t) others[next++] = stage->place[i];
    for (int i = 0; own && i < count - 1; i++) ensure_products(search, others[i]);
    if (run_failed(search->run)) return;
    int found = seek(search, count - 1, others, ssr_linear, scratch, curve ? curve[t] : NULL, &stage->ssr);
    assert(found >= 0);
    stage->place[t] = found;
  }
}

/* Residuals of the model with these thresholds. */
static void stage_residual(ThresholdSearch *search, Scratch *scratch, ThresholdStage *stage) {
  Run *run = search->run;
  int p = search->p, width = stage->thresholds * p;
  stage->residual = NEW_ARRAY(run, double, search->n);
  for (int t = 0; t < stage->thresholds; t++) ensure_products(search, stage->place[t]);
  double **column = lend_columns(search, p);
  if (run_failed(run)) return;
  bool regular = eliminate(search, stage->thresholds, stage->place, scratch);
  assert(regular);
  if (!regular) return;
  for (int i = width - 1; i >= 0; i--) { /* L'b = v */
    for (int m = i + 1; m < width; m++) scratch->vector[i] -= scratch->matrix[m * width + i] * scratch->vector[m];
    scratch->vector[i] /= scratch->matrix[i * width + i];
  }
  memcpy(stage->residual, search->linear, (size_t)search->n * sizeof(double));
  for (int t = 0; t < stage->thresholds; t++) {
    split_columns(search, stage->place[t], 1, column);
    for (int a = 0; a < p; a++)
      for (int64_t row = 0; row < search->n; row++) stage->residual[row] -= scratch->vector[t * p + a] * column[a][row];
  }
  for (int a = 0; a < p; a++) run_free(run, column[a]);
}

void threshold_stages(ThresholdSearch *search, int thresholds, ThresholdStage *stage, double **curve) {
  Run *run = search->run;
  Scratch scratch;
  scratch_new(search, &scratch);
  if (run_failed(run)) return;
  moments(search, search->linear, search->grid, scratch.moment);
  double before = search->ssr_linear;
  for (int s = 0; s < thresholds && !run_failed(run); s++) {
    stage[s] = s ? stage[s - 1] : (ThresholdStage){0};
    stage[s].p_value = stage[s].critical[0] = stage[s].critical[1] = stage[s].critical[2] = NAN;
    for (int t = 0; t < s; t++) ensure_products(search, stage[s].place[t]);
    if (run_failed(run)) return;
    if (!next_stage(search, before, search->ssr_linear, &scratch, curve, &stage[s])) {
      run_fail(run, "there is no room for threshold %d: every regime must have %.15g of the %lld rows and regressors that vary; take a smaller trim= or fewer thresholds", s + 1,
               ceil(search->least), (long long)search->n);
      return;
    }
    refine(search, search->ssr_linear, &scratch, curve, true, &stage[s]);
    before = stage[s].ssr;
    if (!run_failed(run)) stage_residual(search, &scratch, &stage[s]);
  }
}

/* ------------------------------------------------------------------------------------------------ bootstrap */

typedef struct Panel {
  int32_t units;
  int64_t *first, *row; /* rows of each unit, in the order of time */
  bool balanced;
} Panel;

typedef struct Bootstrap {
  ThresholdSearch *search;
  const ThresholdStage *stage;
  int s;
  Scratch *scratch;  /* one for each worker */
  double **column;   /* y* of the batch, effects absorbed, times root */
  double *statistic;
} Bootstrap;

static void panel_new(ThresholdSearch *search, Panel *panel) {
  Job *job = search->job;
  Run *run = search->run;
  const Sample *sample = search->sample;
  int64_t n = search->n;
  panel->units = sample->effects ? sample->effect[0].levels : (int32_t)n;
  panel->first = NEW_ARRAY(run, int64_t, (int64_t)panel->units + 1);
  panel->row = NEW_ARRAY(run, int64_t, n);
  int64_t *by_time = NEW_ARRAY(run, int64_t, n);
  int32_t *code = NEW_ARRAY(run, int32_t, n);
  if (run_failed(run)) return;
  const double *time = job_number(job, job->model->time_number);
  for (int64_t i = 0; i < n; i++) by_time[i] = i;
  if (time) sort_order(run, n, time, by_time);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) code[i] = sample->effects ? sample->effect[0].code[by_time[i]] : (int32_t)by_time[i];
  rows_by_code(run, n, code, panel->units, panel->first, panel->row);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) panel->row[i] = by_time[panel->row[i]];
  panel->balanced = true;
  for (int32_t u = 0; u < panel->units; u++) panel->balanced &= panel->first[u + 1] - panel->first[u] == panel->first[1];
  search->drawn = !sample->effects ? "rows" : panel->balanced ? sample->effect_name[0] : "signs";
}

/* y* of one draw (5). */
static void draw_outcome(const Bootstrap *bootstrap, const Panel *panel, Random random, double *y) {
  const ThresholdSearch *search = bootstrap->search;
  const double *residual = bootstrap->stage[bootstrap->s - 1].residual, *null = bootstrap->s > 1 ? bootstrap->stage[bootstrap->s - 2].residual : search->linear;
  for (int32_t u = 0; u < panel->units; u++) {
    int64_t start = panel->first[u], rows = panel->first[u + 1] - start;
    int64_t from = panel->balanced ? panel->first[random_below(&random, panel->units)] : start;
    double sign = !panel->balanced && random_bits(&random) >> 63 ? -1 : 1;
    for (int64_t i = 0; i < rows; i++) {
      int64_t row = panel->row[start + i];
      y[row] = search->y[row] - null[row] + sign * residual[panel->row[from + i]];
    }
  }
}

static void draw_statistic(void *context, int64_t item, int worker) {
  const Bootstrap *bootstrap = context;
  ThresholdSearch *search = bootstrap->search;
  Scratch *scratch = &bootstrap->scratch[worker];
  double *y = bootstrap->column[item];
  project(search, y);
  double ssr_linear = squares(search->n, y), before = ssr_linear;
  moments(search, y, search->grid, scratch->moment);
  ThresholdStage stage = {0};
  bootstrap->statistic[item] = NAN;
  for (int s = 1; s <= bootstrap->s; s++) {
    if (!next_stage(search, before, ssr_linear, scratch, NULL, &stage)) return;
    if (s == bootstrap->s) break;
    refine(search, ssr_linear, scratch, NULL, false, &stage);
    before = stage.ssr;
  }
  bootstrap->statistic[item] = stage.statistic;
}

void threshold_bootstrap(ThresholdSearch *search, int s, ThresholdStage *stage, int stages, int64_t reps, uint64_t seed) {
  Run *run = search->run;
  const Sample *sample = search->sample;
  int workers = parallel_workers();
  int64_t batch = 20000000 / search->n + 1;
  batch = batch > BATCH ? BATCH : batch;
  batch = batch > reps ? reps : batch;
  Panel panel = {0};
  panel_new(search, &panel);
  double *statistic = NEW_ARRAY(run, double, reps);
  Bootstrap bootstrap = {.search = search, .stage = stage, .s = s, .scratch = NEW_ARRAY(run, Scratch, workers), .column = lend_columns(search, (int)batch)};
  for (int w = 0; w < workers && !run_failed(run); w++) scratch_new(search, &bootstrap.scratch[w]);
  if (run_failed(run)) return;
  /* residuals that leave their unit stay free of its mean, and nothing else was absorbed */
  bool absorbed = !sample->effects || (sample->effects == 1 && !sample->effect[0].slopes && !sample->weight);
  for (int64_t start = 0; start < reps && !run_failed(run); start += batch) {
    int64_t count = reps - start < batch ? reps - start : batch;
    for (int64_t d = 0; d < count; d++) {
      draw_outcome(&bootstrap, &panel, random_stream(seed, ((uint64_t)s << 40) + (uint64_t)(start + d)), bootstrap.column[d]);
      for (int64_t row = 0; search->root && row < search->n; row++) bootstrap.column[d][row] /= search->root[row];
      if (!run_poll(run, (uint64_t)search->n * 4)) return;
    }
    if (!absorbed) absorb_columns(sample->absorber, (int)count, bootstrap.column);
    for (int64_t d = 0; d < count && search->root; d++)
      for (int64_t row = 0; row < search->n; row++) bootstrap.column[d][row] *= search->root[row];
    bootstrap.statistic = statistic + start;
    parallel_draws(run, count, workers, draw_statistic, &bootstrap, (DrawRange){(s - 1) * reps + start, (s - 1) * reps + start + count, stages * reps});
  }
  if (run_failed(run)) return;
  int64_t valid = 0, beyond = 0;
  for (int64_t d = 0; d < reps; d++) {
    if (isnan(statistic[d])) continue;
    beyond += statistic[d] >= stage[s - 1].statistic;
    statistic[valid++] = statistic[d];
  }
  sort_numbers(run, valid, statistic);
  if (run_failed(run) || !valid) return;
  stage[s - 1].p_value = (double)beyond / (double)valid;
  for (int c = 0; c < 3; c++) stage[s - 1].critical[c] = quantile_sorted(valid, statistic, c == 0 ? 0.90 : c == 1 ? 0.95 : 0.99, false);
}
