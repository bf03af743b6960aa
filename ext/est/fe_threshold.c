/* fe_threshold.c: panel threshold regression (Hansen 1999): slopes that change where another variable passes one to three unknown values.
 *
 * 1. y = x'b_r + z'c + effects + e in regime r = 1 + number of thresholds below q; x are the terms of regime=, which stand in the formula too, z its
 *    other terms. Search, candidates, order of the sequence and bootstrap: threshold.c.
 * 2. Rows: part 'threshold', one for each, ascending: `regime` r stands between regimes r and r + 1, the estimate is the threshold, the interval
 *    {g: LR(g) <= -2 ln(1 - sqrt(level))} between its ends (Hansen's section 5; with several thresholds LR is about the others, equations 19 and 20);
 *    'regime': the slopes of x in each; 'control': the others. Errors, weights, singletons as fe_ols, the thresholds taken as known.
 *    curve=1 adds the rows 'lr': for each threshold and candidate the estimate is the candidate, the statistic LR.
 * 3. LR(g) = (SSR(g) - min SSR) / s2, s2 = SSR / d of the final model; d = rows less levels of the effects. Statistics: ssr_linear, sigma2, candidates,
 *    lr_critical; threshold_1_crit10, _crit5, _crit1 and so on with reps.
 * 4. fit_tests: threshold_1 is no threshold against one, threshold_2 one against two, ...; p-value and critical values need reps=; critical is at 5 %.
 * 5. Terms of the fit are regime::1:x, as i(regime, x) would name them; the virtual table's row column regime makes the same model with fe_ols.
 * Reference: Hansen, B. E. (1999), Threshold effects in non-dynamic panels, Journal of Econometrics 93, 345-368. */
#include "threshold.h"

typedef struct ThresholdFit {
  Job *job;
  Sample sample;
  Design design;             /* as in the data */
  bool *changes;             /* column of the design changes with the regime */
  const double *q;
  int thresholds;
  ThresholdSearch search;
  ThresholdStage stage[MOST_THRESHOLDS];
  double *curve[MOST_THRESHOLDS];
  int place[MOST_THRESHOLDS], found[MOST_THRESHOLDS]; /* ascending; in which order they were found */
  int *regime;               /* of each row, from 1 */
} ThresholdFit;

/* ------------------------------------------------------------------------------------------------ what is asked for */

static void check_options(ThresholdFit *own) {
  Job *job = own->job;
  Run *run = job->run;
  const Model *model = job->model;
  const OptionValue *regime = option_value(job, "regime");
  double trim = option_number(job, "trim");
  int64_t thresholds = option_integer(job, "n"), reps = option_integer(job, "reps");
  if (model->endogenous) run_fail(run, "the formula has a third part (endogenous ~ instruments), which fe_threshold does not take");
  if (!option_given(job, "threshold")) run_fail(run, "threshold= is missing: the variable whose size decides on the regime: threshold=q, regime=x");
  if (!regime->given) run_fail(run, "regime= is missing: the regressors whose slopes change: threshold=q, regime=x1+x2");
  if (thresholds < 1 || thresholds > MOST_THRESHOLDS) run_fail(run, "n=%lld: there can be 1, 2 or 3 thresholds", (long long)thresholds);
  if (!(trim >= 0 && trim < 0.5)) run_fail(run, "trim=%.15g must lie between 0 and 0.5, such as 0.05", trim);
  if (reps < 0 || reps > 10000000) run_fail(run, "reps=%lld: the number of draws, 0 for none", (long long)reps);
  own->thresholds = (int)thresholds;
}

static void mark_changing(ThresholdFit *own) {
  Job *job = own->job;
  Run *run = job->run;
  const Model *model = job->model;
  const OptionValue *regime = option_value(job, "regime");
  own->changes = NEW_ARRAY(run, bool, own->design.k);
  if (run_failed(run)) return;
  for (int r = 0; r < regime->terms; r++) {
    bool found = false;
    for (int j = 0; j < own->design.k; j++)
      if (own->design.term[j] >= 0 && strcmp(model->term[own->design.term[j]].name, regime->term[r].name) == 0) own->changes[j] = found = true;
    if (!found) run_fail(run, "regime= '%s' must stand in the formula too: y ~ %s + ... | effects", regime->term[r].name, regime->term[r].name);
  }
}

/* ------------------------------------------------------------------------------------------------ the search */

static void search(ThresholdFit *own, bool bootstrap) {
  Job *job = own->job;
  Run *run = job->run;
  const Sample *sample = &own->sample;
  int k = own->design.k, p = 0, kept = 0;
  double **column = NEW_ARRAY(run, double *, k + 1), **x = NEW_ARRAY(run, double *, k), *scale = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  for (int j = 0; j <= k; j++) {
    const double *from = j < k ? own->design.column[j] : job_number(job, job->model->outcome);
    column[j] = NEW_ARRAY(run, double, sample->n);
    if (run_failed(run)) return;
    memcpy(column[j], from, (size_t)sample->n * sizeof *from);
    if (j < k) scale[j] = norm_to_absorb(sample->effects, sample->effect, sample->n, from, sample->weight, NULL);
    if (j < k && own->changes[j]) x[p++] = own->design.column[j];
  }
  if (sample->absorber) absorb_columns(sample->absorber, k + 1, column);
  LeastSquares ls;
  double *residual = NEW_ARRAY(run, double, sample->n);
  least_squares(run, sample->n, k, column, column[k], sample->weight, sample->absorber ? scale : NULL, residual, &ls);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) {
    if (ls.dropped[j] && own->changes[j])
      run_fail(run, "regime= '%s' %s, or other regressors determine it: it has no slope", own->design.name[j], sample->effects ? "does not vary within the absorbed effects" : "is constant");
    if (!ls.dropped[j]) column[kept++] = column[j];
  }
  if (run_failed(run)) return;
  threshold_prepare(job, sample, column[k], kept, column, p, x, own->q, bootstrap && own->thresholds > 1, &own->search);
  for (int t = 0; t < own->thresholds && !run_failed(run); t++) own->curve[t] = NEW_ARRAY(run, double, own->search.grid);
  if (run_failed(run)) return;
  threshold_stages(&own->search, own->thresholds, own->stage, own->curve);
  for (int s = 1; bootstrap && s <= own->thresholds && !run_failed(run); s++)
    threshold_bootstrap(&own->search, s, own->stage, own->thresholds, option_integer(job, "reps"), (uint64_t)option_integer(job, "seed"));
  for (int j = 0; j <= k; j++) run_free(run, column[j]);
}

static void sort_thresholds(ThresholdFit *own) {
  const ThresholdStage *last = &own->stage[own->thresholds - 1];
  for (int t = 0; t < own->thresholds; t++) {
    int at = t;
    for (; at > 0 && own->place[at - 1] > last->place[t]; at--) {
      own->place[at] = own->place[at - 1];
      own->found[at] = own->found[at - 1];
    }
    own->place[at] = last->place[t];
    own->found[at] = t;
  }
}

/* ------------------------------------------------------------------------------------------------ the model with the thresholds */

static void label(Fit *fit, FitTerm *term, const char *role, int regime, const char *variable) {
  fit_term_word(fit, term, "role", role);
  if (regime) fit_term_number(fit, term, "regime", regime);
  fit_term_word(fit, term, "variable", variable);
}

static void estimate(ThresholdFit *own) {
  Job *job = own->job;
  Run *run = job->run;
  const Sample *sample = &own->sample;
  int64_t n = sample->n;
  int k = own->design.k, p = own->search.p, regimes = own->thresholds + 1, columns = k - p + p * regimes, next = 0;
  own->regime = NEW_ARRAY(run, int, n);
  Regression regression = {.k = columns, .name = NEW_ARRAY(run, const char *, columns), .x = NEW_ARRAY(run, double *, columns)};
  int *source = NEW_ARRAY(run, int, columns), *regime = NEW_ARRAY(run, int, columns);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < n; row++) {
    own->regime[row] = 1;
    for (int t = 0; t < own->thresholds; t++) own->regime[row] += own->q[row] > own->search.value[own->place[t]];
  }
  for (int r = 0; r <= regimes; r++) /* the intercept, regimes 1.., the other controls */
    for (int j = 0; j < k; j++) {
      bool intercept = own->design.term[j] < 0, mine = r == 0 ? intercept : own->changes[j];
      if (!mine) continue;
      source[next] = j;
      regime[next++] = r;
    }
  for (int j = 0; j < k; j++)
    if (!own->changes[j] && own->design.term[j] >= 0) source[next++] = j;
  assert(next == columns);
  for (int c = 0; c < columns; c++) {
    const double *from = own->design.column[source[c]];
    double *to = regression.x[c] = NEW_ARRAY(run, double, n);
    if (run_failed(run)) return;
    for (int64_t row = 0; row < n; row++) to[row] = !regime[c] || own->regime[row] == regime[c] ? from[row] : 0;
    regression.name[c] = regime[c] ? run_format(run, "regime::%d:%s", regime[c], own->design.name[source[c]]) : own->design.name[source[c]];
    if (!run_poll(run, (uint64_t)n)) return;
  }
  regression.y = design_column(job, job->model->outcome, DESIGN_COPY);
  if (run_failed(run)) return;
  regression_fit(job, sample, &regression);
  if (run_failed(run)) return;
  regression_terms(job, sample, &regression);
  regression_stats(job, sample, &regression);
  Fit *fit = &job->result->fit;
  for (int c = 0; c < columns && !run_failed(run); c++) label(fit, &fit->term[c], regime[c] ? "regime" : "control", regime[c], own->design.name[source[c]]);
}

static double lr_of(const ThresholdFit *own, int t, int g) {
  const ThresholdStage *last = &own->stage[own->thresholds - 1];
  const double *curve = own->curve[own->found[t]];
  return (curve[g] - curve[own->place[t]]) / (last->ssr / own->search.degrees);
}

static void add_thresholds(ThresholdFit *own) {
  Job *job = own->job;
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  const char *name = option_value(job, "threshold")->text;
  double level = regression_level(job), critical = -2 * log(1 - sqrt(level));
  for (int t = 0; t < own->thresholds && !run_failed(run); t++) {
    FitTerm *term = fit_add_term(fit, run_format(run, "threshold_%d", t + 1));
    if (run_failed(run)) return;
    term->part = "threshold";
    term->estimate = own->search.value[own->place[t]];
    for (int g = 0; g < own->search.grid; g++) {
      if (!(lr_of(own, t, g) <= critical)) continue;
      if (isnan(term->conf_low)) term->conf_low = own->search.value[g];
      term->conf_high = own->search.value[g];
    }
    label(fit, term, "threshold", t + 1, name);
  }
  const ThresholdStage *last = &own->stage[own->thresholds - 1];
  fit_add_stat(fit, "ssr_linear", own->search.ssr_linear);
  fit_add_stat(fit, "sigma2", last->ssr / own->search.degrees);
  fit_add_stat(fit, "candidates", own->search.grid);
  fit_add_stat(fit, "lr_critical", critical);
  int64_t *rows = NEW_ARRAY(run, int64_t, own->thresholds + 1);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < own->sample.n; row++) rows[own->regime[row] - 1]++;
  for (int r = 0; r <= own->thresholds && !run_failed(run); r++) fit_add_stat(fit, run_format(run, "regime_%d_rows", r + 1), (double)rows[r]);
}

static void add_tests(ThresholdFit *own, bool bootstrap) {
  Job *job = own->job;
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  static const char *const H0[] = {"no threshold", "one threshold, not two", "two thresholds, not three"}, *const LEVELS[] = {"10", "5", "1"};
  for (int s = 0; s < own->thresholds && !run_failed(run); s++) {
    const ThresholdStage *stage = &own->stage[s];
    const char *name = run_format(run, "threshold_%d", s + 1);
    FitTest *test = fit_add_test(fit, name, option_value(job, "threshold")->text, H0[s], stage->statistic, NAN, NAN, stage->p_value);
    if (!test) return;
    test->critical = stage->critical[1];
    test->note = bootstrap ? run_format(run, "%lld draws; critical values 10%%: %.5g, 5%%: %.5g, 1%%: %.5g", (long long)option_integer(job, "reps"), stage->critical[0], stage->critical[1],
                                        stage->critical[2])
                           : "its distribution is not F: reps= gives the p-value and critical values by bootstrap";
    for (int c = 0; bootstrap && c < 3 && !run_failed(run); c++) fit_add_stat(fit, run_format(run, "%s_crit%s", name, LEVELS[c]), stage->critical[c]);
  }
  if (bootstrap) fit_add_word(fit, "drawn", own->search.drawn);
}

/* ------------------------------------------------------------------------------------------------ rows */

static void term_row(ThresholdFit *own, const FitTerm *term) {
  Cell *row = result_add_row(own->job->result);
  if (!row) return;
  double regime = fit_attribute_number(term, "regime");
  const double numbers[] = {term->estimate, term->std_error, term->statistic, term->p_value, term->conf_low, term->conf_high};
  cell_text(&row[0], fit_attribute_word(term, "role"));
  if (!isnan(regime)) cell_integer(&row[1], (int64_t)regime);
  cell_text(&row[2], fit_attribute_word(term, "variable"));
  for (int i = 0; i < 6; i++) cell_number(&row[3 + i], numbers[i]);
}

static void rows(ThresholdFit *own) {
  Job *job = own->job;
  const Fit *fit = &job->result->fit;
  static const char *const PARTS[] = {"threshold", "regime", "control"};
  for (int part = 0; part < 3; part++)
    for (int t = 0; t < fit->terms; t++)
      if (strcmp(fit_attribute_word(&fit->term[t], "role"), PARTS[part]) == 0) term_row(own, &fit->term[t]);
  if (!option_integer(job, "curve")) return;
  for (int t = 0; t < own->thresholds; t++)
    for (int g = 0; g < own->search.grid; g++) {
      double lr = lr_of(own, t, g);
      if (isnan(lr)) continue;
      Cell *row = result_add_row(job->result);
      if (!row) return;
      cell_text(&row[0], "lr");
      cell_integer(&row[1], t + 1);
      cell_text(&row[2], option_value(job, "threshold")->text);
      cell_number(&row[3], own->search.value[g]);
      cell_number(&row[5], lr);
    }
}

static void fit(Job *job) {
  Run *run = job->run;
  ThresholdFit own = {.job = job};
  check_options(&own);
  if (run_failed(run)) return;
  sample_build(job, &own.sample);
  if (run_failed(run)) return;
  design_build(job, job->model->terms, job->model->term, own.sample.explicit_intercept, own.sample.any_intercept, DESIGN_BORROW, &own.design);
  if (!run_failed(run)) mark_changing(&own);
  if (run_failed(run)) return;
  own.q = job_number(job, option_variable(job, "threshold"));
  bool bootstrap = option_integer(job, "reps") > 0;
  search(&own, bootstrap);
  if (run_failed(run)) return;
  sort_thresholds(&own);
  estimate(&own);
  if (!run_failed(run)) add_thresholds(&own);
  if (!run_failed(run)) add_tests(&own, bootstrap);
  if (run_failed(run)) return;
  if (job->want_table) rows(&own);
  if (!job->want_rows || run_failed(run)) return;
  double *shown = NEW_ARRAY(run, double, own.sample.n);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < own.sample.n; row++) shown[row] = own.regime[row];
  result_row_number(job->result, "regime", shown, true);
}

static const char *const COLUMNS[] = {"part", "regime", "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", NULL};
static const char *const ROW_COLUMNS[] = {"regime", NULL};
static const OptionSpec OWN[] = {
    {"threshold", OPTION_VARIABLE, NULL, NULL, "the variable whose size decides on the regime"},
    {"regime", OPTION_TERMS, NULL, NULL, "the regressors of the formula whose slopes change: x, or x1+x2"},
    {"n", OPTION_INTEGER, "1", NULL, "number of thresholds, 1 to 3"},
    {"trim", OPTION_NUMBER, "0.05", NULL, "share of the distinct values left out at each end, and least share of the rows in a regime"},
    {"grid", OPTION_TEXT, "400", NULL, "candidates: that many quantiles of the distinct values, or all"},
    {"curve", OPTION_BOOLEAN, "0", NULL, "also rows 'lr': the likelihood ratio of every candidate"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const OPTIONS[] = {OWN, OPTIONS_WHERE, OPTIONS_PANEL, OPTIONS_SAMPLE, OPTIONS_VCOV, OPTIONS_DRAWS, NULL};

const Estimator ESTIMATOR_FE_THRESHOLD = {
    .name = "fe_threshold",
    .model = MODEL_FORMULA,
    .model_help = "y ~ x + controls | unit",
    .summary = "panel threshold regression: slopes that change where another variable passes an unknown value",
    .columns = COLUMNS,
    .stats = STATS_REGRESSION,
    .row_columns = ROW_COLUMNS,
    .options = OPTIONS,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_ROWS | ESTIMATOR_PANEL,
    .fit = fit,
    .example = "SELECT part, regime, term, estimate, std_error, conf_low, conf_high FROM fe_threshold('grunfeld', 'invest ~ value + capital | firm', 'threshold=capital, regime=value, trim=.1')",
};
