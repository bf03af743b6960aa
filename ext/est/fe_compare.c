/* fe_compare.c: do coefficients differ between groups?
 *
 * 1. The stacked model: every regressor and every absorbed effect times the group, so that the coefficients are those of a regression for each group
 *    alone, but with one covariance matrix. Clusters (default: the first absorbed effect, as everywhere) may reach over groups.
 *    K counts the stacked model's terms and levels.
 * 2. A row for each term and pair of groups, in the order of the groups' values: difference = b(group1) - b(group2), its error from that matrix, t with
 *    the model's degrees of freedom; under vcov=wild p by wild.c. A term that is given up in one of the groups has NULL.
 * 3. fit_tests: for each pair `equality`, the joint Wald test that no coefficient differs (but the intercept).
 * 4. reps=R: p_permutation, the share of R random assignments in which the absolute difference is at least as large (Fisher's idea; Efron and
 *    Tibshirani 1993, ch. 15). Where no unit (first absorbed effect) changes its group, whole units trade their labels, else single rows do; the word
 *    `permuted` says which. Each assignment keeps the sizes of the groups, and estimates every group with its own effects (resample.c).
 *    Draw r uses the random stream r of the seed.
 * 5. Terms of the fit: group::east:x, with their covariances; the differences are parts "difference: east - west". */
#include "cluster.h"
#include "resample.h"

enum { MOST_GROUPS = 50 };

typedef struct Comparison {
  Job *job;             /* on the stacked model */
  const Model *pooled;  /* the model as written */
  int by;               /* variable */
  Sample sample;
  Design design;
  int groups;
  int32_t *level;       /* of each group, in order */
  int32_t *group;       /* of each row: 0.. */
  const char **name;
  Regression regression;
  double *share;        /* permutation p: pair x k; NULL without */
} Comparison;

/* ------------------------------------------------------------------------------------------------ the stacked model */

/* A column of the combinations of an effect and the group, and the variable that names it. */
static void add_combination(Job *job, int effect, int by, Variable *variable, Column *column, int *parts) {
  Run *run = job->run;
  const int32_t *codes[] = {job_code(job, effect), job_code(job, by)};
  int32_t count = 0;
  const int32_t *code = codes_combine(run, job->frame->rows, 2, codes, &count);
  int32_t *own = NEW_ARRAY(run, int32_t, job->frame->rows); /* the frame may write to its columns */
  Levels *levels = levels_new(run);
  if (run_failed(run)) return;
  if (job->frame->rows) memcpy(own, code, (size_t)job->frame->rows * sizeof *own);
  for (int32_t c = 0; c < count; c++) levels_integer(levels, c);
  parts[0] = effect;
  parts[1] = by;
  *column = (Column){.kind = COLUMN_LEVELS, .code = own, .levels = levels};
  *variable = (Variable){.name = run_format(run, "%s^%s", job->model->variable[effect].name, job->model->variable[by].name), .kind = COLUMN_LEVELS, .input = -1, .parts = 2, .part = parts};
}

/* The same job with each effect times the group, clustered by the first effect as it was where no vcov is given. */
static Job *stack(Job *job, int by) {
  Run *run = job->run;
  const Model *model = job->model;
  Frame *frame = job->frame;
  int effects = model->effects;
  Model *stacked = NEW(run, Model);
  Job *copy = NEW(run, Job);
  Variable *variable = NEW_ARRAY(run, Variable, model->variables + effects);
  Column *column = NEW_ARRAY(run, Column, frame->columns + effects);
  AbsorbedEffect *effect = NEW_ARRAY(run, AbsorbedEffect, effects);
  OptionValue *option = NEW_ARRAY(run, OptionValue, job->options);
  VcovSpec *spec = NEW(run, VcovSpec);
  int *parts = NEW_ARRAY(run, int, 2 * effects);
  if (run_failed(run)) return NULL;
  memcpy(variable, model->variable, (size_t)model->variables * sizeof *variable);
  memcpy(column, frame->column, (size_t)frame->columns * sizeof *column);
  memcpy(option, job->option, (size_t)job->options * sizeof *option);
  assert(frame->columns == model->variables);
  for (int e = 0; e < effects && !run_failed(run); e++) {
    int place = model->variables + e;
    add_combination(job, model->effect[e].variable, by, &variable[place], &column[place], parts + 2 * e);
    effect[e] = model->effect[e];
    effect[e].variable = place;
    effect[e].name = run_format(run, "%s^%s", model->effect[e].name, model->variable[by].name);
  }
  if (run_failed(run)) return NULL;
  *stacked = *model;
  stacked->variable = variable;
  stacked->variables += effects;
  stacked->effect = effect;
  frame->column = column;
  frame->columns += effects;
  *copy = *job;
  copy->model = stacked;
  copy->option = option;
  for (int o = 0; o < job->options; o++) {
    if (strcmp(option[o].spec->name, "vcov") != 0 || option[o].vcov || !effects) continue;
    int first = model->effect[0].variable;
    *spec = (VcovSpec){.kind = VCOV_CLUSTER, .lag = -1, .clusters = 1, .cluster = {first, -1}, .latitude = -1, .longitude = -1, .seed = -1,
                       .text = run_format(run, "cluster(%s)", model->variable[first].name)};
    option[o].vcov = spec;
  }
  return copy;
}

/* Two units (levels of the first effect within a group, which unit has; NULL: rows) in each group at least. Asked before singletons are dropped, too: they
 * would take a group of one unit with them, and nobody would know why. */
static void check_units(Comparison *all, int64_t n, const int32_t *unit, int32_t units) {
  Job *job = all->job;
  Run *run = job->run;
  const int32_t *code = job_code(job, all->by);
  const Levels *levels = job_levels(job, all->by);
  bool *seen = NEW_ARRAY(run, bool, units);
  int64_t *count = NEW_ARRAY(run, int64_t, levels_count(levels));
  if (run_failed(run)) return;
  for (int64_t row = 0; row < n; row++) {
    if (unit && seen[unit[row]]) continue;
    if (unit) seen[unit[row]] = true;
    count[code[row]]++;
  }
  for (int32_t level = 0; level < levels_count(levels) && !run_failed(run); level++)
    if (count[level] == 1)
      run_fail(run, "by= '%s': the group '%s' has only one %s in the used rows; a group needs two at least", all->pooled->variable[all->by].name, levels_name(run, levels, level),
               unit ? all->pooled->effect[0].name : "row");
}

static void find_groups(Comparison *all) {
  Job *job = all->job;
  Run *run = job->run;
  const int32_t *code = job_code(job, all->by);
  const Levels *levels = job_levels(job, all->by);
  const char *by = all->pooled->variable[all->by].name;
  int64_t n = all->sample.n;
  int32_t total = levels_count(levels);
  bool *present = NEW_ARRAY(run, bool, total);
  int32_t *place = NEW_ARRAY(run, int32_t, total);
  all->level = NEW_ARRAY(run, int32_t, total);
  all->group = NEW_ARRAY(run, int32_t, n);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < n; row++) present[code[row]] = true;
  all->groups = levels_sorted(run, levels, present, all->level);
  if (!run_failed(run) && all->groups < 2) run_fail(run, "by= '%s' has only one group in the %lld used rows; two are needed at least", by, (long long)n);
  if (all->groups > MOST_GROUPS) run_fail(run, "by= '%s' has %d groups; at most %d can be compared", by, all->groups, MOST_GROUPS);
  all->name = NEW_ARRAY(run, const char *, all->groups);
  if (run_failed(run)) return;
  for (int g = 0; g < all->groups; g++) {
    place[all->level[g]] = g;
    all->name[g] = levels_name(run, levels, all->level[g]);
  }
  for (int64_t row = 0; row < n; row++) all->group[row] = place[code[row]];
  check_units(all, n, all->sample.effects ? all->sample.effect[0].code : NULL, all->sample.effects ? all->sample.effect[0].levels : 0);
}

/* Column j of group g stands at g * k + j. */
static void estimate(Comparison *all) {
  Job *job = all->job;
  Run *run = job->run;
  int64_t n = all->sample.n;
  int k = all->design.k, columns = k * all->groups;
  Regression *regression = &all->regression;
  if (k == 0) run_fail(run, "the formula has no regressor whose coefficients could be compared");
  if ((double)columns * (double)n > 4e9) run_fail(run, "%d groups of %d regressors are %d columns of %lld rows: too much", all->groups, k, columns, (long long)n);
  *regression = (Regression){.k = columns, .name = NEW_ARRAY(run, const char *, columns), .x = NEW_ARRAY(run, double *, columns), .y = design_column(job, job->model->outcome, DESIGN_COPY)};
  for (int c = 0; c < columns && !run_failed(run); c++) {
    const double *from = all->design.column[c % k];
    double *to = regression->x[c] = NEW_ARRAY(run, double, n);
    regression->name[c] = run_format(run, "%s::%s:%s", all->pooled->variable[all->by].name, all->name[c / k], all->design.name[c % k]);
    if (run_failed(run)) return;
    for (int64_t row = 0; row < n; row++) to[row] = all->group[row] == c / k ? from[row] : 0;
    run_poll(run, (uint64_t)n);
  }
  if (!run_failed(run)) regression_fit(job, &all->sample, regression);
}

/* ------------------------------------------------------------------------------------------------ permutation */

typedef struct Permutation {
  int k, groups;
  int32_t units;
  uint64_t seed;
  const int64_t *label;  /* group of each unit */
  int64_t **shuffled;    /* one for each worker */
  double *beta;          /* for each item (draw x groups) k */
} Permutation;

static void assign_units(void *context, int64_t item, int worker, double *weight) {
  const Permutation *permutation = context;
  int64_t *label = permutation->shuffled[worker];
  Random random = random_stream(permutation->seed, (uint64_t)(item / permutation->groups));
  memcpy(label, permutation->label, (size_t)permutation->units * sizeof *label);
  random_shuffle(&random, permutation->units, label);
  for (int32_t u = 0; u < permutation->units; u++) weight[u] = label[u] == item % permutation->groups;
}

static void keep_coefficients(void *context, int64_t item, const ResampleFit *fit) {
  const Permutation *permutation = context;
  resample_solve(fit, 0, permutation->k, permutation->k, permutation->beta + item * permutation->k);
}

/* The sample with the effects as written, for groups that are not those of the data. */
static void pool(Comparison *all, Sample *pooled) {
  Job *job = all->job;
  Run *run = job->run;
  *pooled = all->sample;
  pooled->effect = NEW_ARRAY(run, Effect, pooled->effects);
  if (run_failed(run)) return;
  for (int e = 0; e < pooled->effects && !run_failed(run); e++) {
    int variable = all->pooled->effect[e].variable;
    pooled->effect[e] = all->sample.effect[e];
    pooled->effect[e].code = job_dense_codes(job, variable, &pooled->effect[e].levels);
  }
  if (pooled->effects && !run_failed(run)) pooled->absorber = absorb_new(run, pooled->n, pooled->effects, pooled->effect, pooled->weight, option_number(job, "tolerance"));
}

static void permute(Comparison *all, int64_t reps) {
  Job *job = all->job;
  Run *run = job->run;
  Sample pooled;
  pool(all, &pooled);
  if (run_failed(run)) return;
  int64_t n = pooled.n;
  int k = all->design.k, groups = all->groups, workers = parallel_workers();
  Effect by_group = {.code = pooled.effects ? pooled.effect[0].code : NULL, .levels = pooled.effects ? pooled.effect[0].levels : 0};
  bool whole = pooled.effects && effect_nested_in(run, n, &by_group, all->group);
  int32_t units = whole ? pooled.effect[0].levels : (int32_t)n;
  int32_t *own = whole ? NULL : NEW_ARRAY(run, int32_t, n);
  int64_t *label = NEW_ARRAY(run, int64_t, units);
  double **column = NEW_ARRAY(run, double *, k + 1);
  Permutation permutation = {.k = k, .groups = groups, .units = units, .seed = (uint64_t)option_integer(job, "seed"), .label = label,
                             .shuffled = NEW_ARRAY(run, int64_t *, workers), .beta = NEW_ARRAY(run, double, (double)reps * groups * k < 5e8 ? reps * groups * k : 0)};
  if ((double)reps * groups * k >= 5e8) run_fail(run, "reps=%lld draws of %d groups and %d regressors are too much", (long long)reps, groups, k);
  for (int w = 0; w < workers && !run_failed(run); w++) permutation.shuffled[w] = NEW_ARRAY(run, int64_t, units);
  for (int j = 0; j <= k && !run_failed(run); j++) {
    column[j] = NEW_ARRAY(run, double, n);
    if (run_failed(run)) return;
    memcpy(column[j], j < k ? all->design.column[j] : job_number(job, job->model->outcome), (size_t)n * sizeof(double));
  }
  if (run_failed(run)) return;
  for (int64_t row = 0; row < n; row++) {
    if (own) own[row] = (int32_t)row;
    label[whole ? pooled.effect[0].code[row] : row] = all->group[row];
  }
  if (pooled.absorber) absorb_columns(pooled.absorber, k + 1, column);
  Resample *resample = run_failed(run) ? NULL : resample_new(job, &pooled, units, whole ? pooled.effect[0].code : own, k + 1, column);
  ResampleTask task = {&permutation, assign_units, keep_coefficients};
  if (resample) resample_run(resample, reps * groups, reps, &task);
  all->share = NEW_ARRAY(run, double, groups * groups * k);
  if (run_failed(run)) return;
  for (int a = 0; a < groups; a++)
    for (int b = a + 1; b < groups; b++)
      for (int j = 0; j < k; j++) {
        double real = fabs(all->regression.ls.beta[a * k + j] - all->regression.ls.beta[b * k + j]);
        int64_t counted = 0, beyond = 0;
        for (int64_t d = 0; d < reps; d++) {
          const double *beta = permutation.beta + d * groups * k;
          double drawn = fabs(beta[a * k + j] - beta[b * k + j]);
          counted += !isnan(drawn);
          beyond += drawn >= real * (1 - 1e-12); /* the assignment of the data itself counts */
        }
        all->share[(a * groups + b) * k + j] = counted && !isnan(real) ? (double)beyond / (double)counted : (double)NAN;
      }
  fit_add_stat(&job->result->fit, "reps", (double)reps);
  fit_add_word(&job->result->fit, "permuted", whole ? all->pooled->effect[0].name : "rows");
}

/* ------------------------------------------------------------------------------------------------ the differences */

static double covariance_of(const Comparison *all, int a, int b, int i, int j) { /* of b_i(a) - b_i(b) and b_j(a) - b_j(b) */
  int k = all->design.k, width = all->regression.k;
  const double *v = all->regression.vcov;
  return v[(a * k + i) * width + a * k + j] + v[(b * k + i) * width + b * k + j] - v[(a * k + i) * width + b * k + j] - v[(b * k + i) * width + a * k + j];
}

static void add_equality(Comparison *all, int a, int b, const char *subject) {
  Job *job = all->job;
  Run *run = job->run;
  int k = all->design.k, count = 0, df = 0;
  int *term = NEW_ARRAY(run, int, k), *position = NEW_ARRAY(run, int, k);
  double *difference = NEW_ARRAY(run, double, k), *vcov = NEW_ARRAY(run, double, k * k);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) {
    if (all->design.term[j] < 0 || all->regression.ls.dropped[a * k + j] || all->regression.ls.dropped[b * k + j]) continue;
    position[count] = count;
    difference[count] = all->regression.ls.beta[a * k + j] - all->regression.ls.beta[b * k + j];
    term[count++] = j;
  }
  for (int i = 0; i < count; i++)
    for (int j = 0; j < count; j++) vcov[i * count + j] = covariance_of(all, a, b, term[i], term[j]);
  double wald = count ? wald_statistic(run, count, difference, vcov, count, position, &df) : (double)NAN;
  if (run_failed(run) || df < 1) return;
  double df2 = all->regression.account.df_t;
  FitTest *test = fit_add_test(&job->result->fit, "equality", subject, "no coefficient differs between the groups", wald / df, df, df2, f_upper(wald / df, df, df2));
  if (test && df < count) test->note = "the covariance of the differences has less than full rank: df1 counts its rank";
}

/* vcov=wild: p-values and intervals of the last k terms, which are differences. */
static void wild_differences(Comparison *all, int a, int b) {
  Job *job = all->job;
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  int k = all->design.k, width = all->regression.k, count = 0;
  double *weights = NEW_ARRAY(run, double, k * width);
  const double **combination = NEW_ARRAY(run, const double *, k);
  FitTerm **term = NEW_ARRAY(run, FitTerm *, k);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) {
    if (all->regression.ls.dropped[a * k + j] || all->regression.ls.dropped[b * k + j]) continue;
    double *own = weights + j * width;
    own[a * k + j] = 1;
    own[b * k + j] = -1;
    combination[count] = own;
    term[count++] = &fit->term[fit->terms - k + j];
  }
  wild_inference(job, &all->sample, &all->regression, count, combination, term);
}

static void compare_pair(Comparison *all, int a, int b) {
  Job *job = all->job;
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  int k = all->design.k;
  const char *subject = run_format(run, "%s - %s", all->name[a], all->name[b]), *part = run_format(run, "difference: %s", subject);
  double df = all->regression.account.df_t, level = regression_level(job);
  const double *share = all->share ? all->share + (a * all->groups + b) * k : NULL;
  for (int j = 0; j < k && !run_failed(run); j++) {
    FitTerm *term = fit_add_term(fit, all->design.name[j]);
    if (!term) return;
    term->part = part;
    term_inference(term, all->regression.ls.beta[a * k + j] - all->regression.ls.beta[b * k + j], sqrt(covariance_of(all, a, b, j, j)), df, level);
    if (share) fit_term_number(fit, term, "p_permutation", share[j]);
  }
  if (all->sample.vcov_kind == VCOV_WILD && !run_failed(run)) wild_differences(all, a, b);
  for (int j = 0; j < k && job->want_table && !run_failed(run); j++) {
    const FitTerm *term = &fit->term[fit->terms - k + j];
    Cell *row = result_add_row(job->result);
    if (!row) return;
    cell_text(&row[0], term->term);
    cell_level(&row[1], job_levels(job, all->by), all->level[a]);
    cell_level(&row[2], job_levels(job, all->by), all->level[b]);
    const double numbers[] = {term->estimate, term->std_error, term->statistic, term->p_value, share ? share[j] : (double)NAN};
    for (int i = 0; i < 5; i++) cell_number(&row[3 + i], numbers[i]);
  }
  add_equality(all, a, b, subject);
}

static void fit(Job *job) {
  Run *run = job->run;
  Comparison all = {.pooled = job->model, .by = option_variable(job, "by")};
  int64_t reps = option_integer(job, "reps");
  if (job->model->endogenous) run_fail(run, "the formula has a third part (endogenous ~ instruments), which fe_compare does not take");
  if (all.by < 0) run_fail(run, "by= is missing: the variable whose groups are compared");
  if (reps < 0 || reps > 10000000) run_fail(run, "reps=%lld: the number of permutations, 0 for none", (long long)reps);
  if (run_failed(run)) return;
  all.job = stack(job, all.by);
  if (run_failed(run)) return;
  const Column *unit = job->model->effects ? &job->frame->column[all.job->model->effect[0].variable] : NULL;
  check_units(&all, job->frame->rows, unit ? unit->code : NULL, unit ? levels_count(unit->levels) : 0);
  if (!run_failed(run)) sample_build(all.job, &all.sample);
  if (!run_failed(run)) find_groups(&all);
  if (!run_failed(run)) design_build(all.job, job->model->terms, job->model->term, all.sample.explicit_intercept, all.sample.any_intercept, DESIGN_BORROW, &all.design);
  if (!run_failed(run)) estimate(&all);
  if (run_failed(run)) return;
  regression_terms(all.job, &all.sample, &all.regression);
  regression_stats(all.job, &all.sample, &all.regression);
  if (reps > 0 && !run_failed(run)) permute(&all, reps);
  for (int a = 0; a < all.groups; a++)
    for (int b = a + 1; b < all.groups && !run_failed(run); b++) compare_pair(&all, a, b);
}

static const char *const COLUMNS[] = {"term", "group1", "group2", "difference", "std_error", "statistic", "p_value", "p_permutation", NULL};
static const OptionSpec OWN[] = {{"by", OPTION_LEVELS, NULL, NULL, "the variable whose groups are compared"}, {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const OPTIONS[] = {OWN, OPTIONS_WHERE, OPTIONS_PANEL, OPTIONS_SAMPLE, OPTIONS_VCOV, OPTIONS_DRAWS, NULL};

const Estimator ESTIMATOR_FE_COMPARE = {
    .name = "fe_compare",
    .model = MODEL_FORMULA,
    .model_help = "y ~ x + controls | effects",
    .summary = "difference of coefficients between groups: Wald test of the stacked model, and permutation",
    .columns = COLUMNS,
    .stats = STATS_REGRESSION,
    .options = OPTIONS,
    .flags = ESTIMATOR_AGGREGATE,
    .fit = fit,
    .example = "SELECT term, group1, group2, difference, std_error, p_value FROM fe_compare('castle', 'l_homicide ~ unemployrt + poverty | sid + year', 'by=region')",
};
