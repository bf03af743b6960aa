/* did_att.c: the average effect of a treatment on the treated, by two-way fixed effects: one number, or an event study.
 *
 * 1. agg=att (default): y = b D + x'c + effects + e, D the status; the row 'att' is b.
 * 2. agg=event: y = sum over event times r of b_r [time - cohort = r] + x'c + effects + e, without r = ref (default -1); the never treated
 *    have no dummy. window=lo:hi: earlier event times are one bin lo, later ones one bin hi. Rows 'event' are the b_r; 'att' is
 *    the plain average of those with r >= 0, its error by the delta method. The reference is a row with estimate 0 and no error.
 * 3. fit_tests has pretrend: the joint Wald test that all b_r with r < 0 but the reference are zero.
 * 4. Covariates are terms of the fit, not rows. Errors, weights, singletons: as fe_ols.
 * 5. Under staggered adoption b is a sum of the effects of the treated rows with weights w D~ / sum over the treated of w D~, D~ the residual of D on
 *    everything else in the model; they add up to one, and some may be negative (de Chaisemartin and D'Haultfoeuille 2020, Theorem 1). agg=att says so:
 *    statistics negative_weight_sum (the sum of the negative ones) and negative_weight_share (their share of the treated rows), and the row
 *    negative_weights of fit_tests. did_bacon shows where they come from.
 * 6. method=cs|sunab|imputation: estimators for staggered adoption, in files of their own (did_cs.c, did_sunab.c, did_imputation.c); rows and agg= as did_cells.c says.
 * Reference: Angrist and Pischke (2009), ch. 5; Sun and Abraham (2021), section 3, for what the event study estimates. */
#include "cluster.h"
#include "did_modern.h"

#include <stdlib.h>

/* ---- event times that become dummies */

typedef struct EventTimes {
  int count;
  double *value;      /* ascending, the reference left out */
  double low, high;   /* the bins at both ends */
  double reference;
  bool reference_seen;
} EventTimes;

static double binned(const EventTimes *events, double event_time) { return fmin(fmax(event_time, events->low), events->high); }

static int compare_numbers(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void list_event_times(Job *job, const Treatment *treatment, EventTimes *events) {
  Run *run = job->run;
  const OptionValue *window = option_value(job, "window");
  memset(events, 0, sizeof *events);
  events->reference = treatment_reference(job, treatment);
  events->low = window->given ? window->low : -INFINITY;
  events->high = window->given ? window->high : INFINITY;
  if (events->reference < events->low || events->reference > events->high) {
    run_fail(run, "ref=%.15g lies outside window=%s", events->reference, window->text);
    return;
  }
  Levels *levels = levels_new(run);
  for (int64_t row = 0; row < treatment->n && !run_failed(run); row++)
    if (!isnan(treatment->event_time[row])) levels_real(levels, binned(events, treatment->event_time[row]));
  if (run_failed(run)) return;
  events->value = NEW_ARRAY(run, double, levels_count(levels));
  if (run_failed(run)) return;
  for (int32_t code = 0; code < levels_count(levels); code++) {
    double value = levels_number(levels, code);
    if (value == events->reference) events->reference_seen = true;
    else events->value[events->count++] = value;
  }
  qsort(events->value, (size_t)events->count, sizeof *events->value, compare_numbers);
  if (!events->reference_seen)
    run_fail(run, "ref=%.15g: no treated row has this event time; they go from %.15g to %.15g", events->reference, events->count ? events->value[0] : NAN,
             events->count ? events->value[events->count - 1] : NAN);
}

/* ---- the regression with our columns in front of the covariates */

static void put_in_front(Job *job, int columns, double **column, const char **name, const Design *design, Regression *regression) {
  Run *run = job->run;
  regression->k = columns + design->k;
  regression->x = NEW_ARRAY(run, double *, regression->k);
  regression->name = NEW_ARRAY(run, const char *, regression->k);
  if (run_failed(run)) return;
  for (int j = 0; j < regression->k; j++) {
    regression->x[j] = j < columns ? column[j] : design->column[j - columns];
    regression->name[j] = j < columns ? name[j] : design->name[j - columns];
  }
}

static void label(Fit *fit, int term, const char *effect, double event_time) {
  fit_term_word(fit, &fit->term[term], "effect", effect);
  if (!isnan(event_time)) fit_term_number(fit, &fit->term[term], "event_time", event_time);
}

static void cell_event_time(Cell *cell, double event_time) {
  if (event_time == floor(event_time)) cell_integer(cell, (int64_t)event_time);
  else cell_number(cell, event_time);
}

/* One row for each term that has an effect; the reference stands in its place among the event times. */
static void effect_rows(Job *job, double reference) {
  const Fit *fit = &job->result->fit;
  bool shown = isnan(reference);
  int effect_column = result_column(job, "effect"), event_column = result_column(job, "event_time"), estimate_column = result_column(job, "estimate");
  for (int t = 0; job->want_table && t <= fit->terms; t++) {
    const FitTerm *term = t < fit->terms ? &fit->term[t] : NULL;
    const char *effect = term ? fit_attribute_word(term, "effect") : NULL;
    if (term && !effect) continue;
    double event_time = term ? fit_attribute_number(term, "event_time") : NAN;
    if (!shown && !(event_time < reference)) {
      Cell *row = result_add_row(job->result);
      if (!row) return;
      cell_text(&row[effect_column], "event");
      cell_event_time(&row[event_column], reference);
      cell_number(&row[estimate_column], 0);
      shown = true;
    }
    if (!term) return;
    Cell *row = result_add_row(job->result);
    if (!row) return;
    cell_text(&row[effect_column], effect);
    cell_event_time(&row[event_column], event_time);
    const double numbers[] = {term->estimate, term->std_error, term->statistic, term->p_value, term->conf_low, term->conf_high};
    for (int i = 0; i < 6; i++) cell_number(&row[estimate_column + i], numbers[i]);
  }
}

/* Rule 5. treated: the rows, kept before D was absorbed. D~ is proportional to the row of X B that belongs to D. */
static void negative_weights(Job *job, const Sample *sample, const Regression *regression, const bool *treated) {
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  int k = regression->k;
  double all = 0, negative = 0, rows = 0, negative_rows = 0;
  for (int pass = 0; pass < 2; pass++) /* what is less than rounding of the mean weight is none */
    for (int64_t row = 0; row < sample->n; row++) {
      if (!treated[row]) continue;
      double residual = 0;
      for (int j = 0; j < k; j++) residual += regression->ls.bread[j] * regression->x[j][row];
      if (sample->weight) residual *= sample->weight[row];
      if (pass == 0) {
        all += residual;
        rows++;
      } else if (residual / all < -1e-10 / rows) {
        negative += residual / all;
        negative_rows++;
      }
      if ((row & 0xFFFF) == 0 && !run_poll(run, 0x10000 * (uint64_t)k)) return;
    }
  fit_add_stat(fit, "negative_weight_sum", negative);
  fit_add_stat(fit, "negative_weight_share", negative_rows / rows);
  FitTest *test = fit_add_test(fit, "negative_weights", "att", "the effect of every treated row has a positive weight in att", negative, negative_rows, rows, NAN);
  if (test && negative_rows > 0)
    test->note = "statistic: the sum of the negative weights (all add up to one); df1 of the df2 treated rows have one. With effects that differ att may mislead: see did_bacon";
}

static void static_effect(Job *job, const Sample *sample, const Treatment *treatment, const Design *design) {
  Run *run = job->run;
  const char *name[] = {"att"};
  double *column[] = {treatment->status};
  Regression regression = {0};
  put_in_front(job, 1, column, name, design, &regression);
  regression.y = design_column(job, job->model->outcome, DESIGN_TAKE);
  bool *treated = NEW_ARRAY(run, bool, sample->n);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < sample->n; row++) treated[row] = treatment->status[row] == 1;
  regression_fit(job, sample, &regression);
  if (run_failed(run)) return;
  if (regression.ls.dropped[0]) {
    treatment_absorbed(job, treatment);
    return;
  }
  regression_terms(job, sample, &regression);
  regression_stats(job, sample, &regression);
  if (run_failed(run)) return;
  label(&job->result->fit, 0, "att", NAN);
  negative_weights(job, sample, &regression, treated);
  if (!run_failed(run)) effect_rows(job, NAN);
}

/* The average of the kept event-study terms with r >= 0 becomes one more term, with its covariances. */
static void add_average(Job *job, const Sample *sample, const EventTimes *events, const Regression *regression) {
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  int k = regression->k, width = k + 1, after = 0;
  double *share = NEW_ARRAY(run, double, k), *vcov = NEW_ARRAY(run, double, width * width), estimate = 0;
  if (run_failed(run)) return;
  for (int j = 0; j < events->count; j++) after += events->value[j] >= 0 && !regression->ls.dropped[j];
  if (!after) return;
  for (int j = 0; j < events->count; j++)
    if (events->value[j] >= 0 && !regression->ls.dropped[j]) {
      share[j] = 1.0 / after;
      estimate += share[j] * regression->ls.beta[j];
    }
  double variance = 0;
  for (int i = 0; i < k; i++) {
    double covariance = 0;
    for (int j = 0; j < k; j++) {
      vcov[i * width + j] = regression->vcov[i * k + j];
      if (share[j] != 0) covariance += share[j] * regression->vcov[i * k + j];
    }
    vcov[i * width + k] = vcov[k * width + i] = covariance;
    if (share[i] != 0) variance += share[i] * covariance;
  }
  vcov[k * width + k] = variance;
  FitTerm *term = fit_add_term(fit, "att");
  if (!term) return;
  term_inference(term, estimate, sqrt(variance), regression->account.df_t, option_number(job, "level"));
  fit->vcov = vcov;
  fit->vcov_terms = width;
  label(fit, k, "att", NAN);
  const double *combination[] = {share};
  term = &fit->term[fit->terms - 1];
  if (sample->vcov_kind == VCOV_WILD) wild_inference(job, sample, regression, 1, combination, &term);
}

static void add_pretrend(Job *job, const EventTimes *events, const Regression *regression) {
  Run *run = job->run;
  int before = 0, df = 0, *position = NEW_ARRAY(run, int, events->count);
  if (run_failed(run)) return;
  for (int j = 0; j < events->count; j++)
    if (events->value[j] < 0 && !regression->ls.dropped[j]) position[before++] = j;
  if (!before) return;
  double wald = wald_statistic(run, regression->k, regression->ls.beta, regression->vcov, before, position, &df);
  if (run_failed(run) || df < 1) return;
  FitTest *test = fit_add_test(&job->result->fit, "pretrend", NULL, "all effects before treatment (but the reference) are zero", wald / df, df, regression->account.df_t,
                               f_upper(wald / df, df, regression->account.df_t));
  if (test && df < before) test->note = "the covariance of the leads has less than full rank: df1 counts its rank";
}

static void event_study(Job *job, const Sample *sample, const Treatment *treatment, const Design *design) {
  Run *run = job->run;
  EventTimes events;
  list_event_times(job, treatment, &events);
  if (run_failed(run)) return;
  double **column = NEW_ARRAY(run, double *, events.count);
  const char **name = NEW_ARRAY(run, const char *, events.count);
  if (run_failed(run)) return;
  for (int j = 0; j < events.count; j++) {
    name[j] = run_format(run, "event_time::%.15g", events.value[j]);
    column[j] = NEW_ARRAY(run, double, treatment->n);
    if (run_failed(run)) return;
    for (int64_t row = 0; row < treatment->n; row++) column[j][row] = !isnan(treatment->event_time[row]) && binned(&events, treatment->event_time[row]) == events.value[j];
    if (!run_poll(run, (uint64_t)treatment->n)) return;
  }
  Regression regression = {0};
  put_in_front(job, events.count, column, name, design, &regression);
  regression.y = design_column(job, job->model->outcome, DESIGN_TAKE);
  if (run_failed(run)) return;
  regression_fit(job, sample, &regression);
  if (run_failed(run)) return;
  regression_terms(job, sample, &regression);
  regression_stats(job, sample, &regression);
  for (int j = 0; j < events.count && !run_failed(run); j++) label(&job->result->fit, j, "event", events.value[j]);
  if (!run_failed(run)) add_average(job, sample, &events, &regression);
  if (!run_failed(run)) add_pretrend(job, &events, &regression);
  if (!run_failed(run)) effect_rows(job, events.reference);
}

static void say_treated(Job *job, const Treatment *treatment) {
  Fit *fit = &job->result->fit;
  fit_add_stat(fit, "treated_units", treatment->treated_units);
  fit_add_stat(fit, "never_treated_units", treatment->units - treatment->treated_units);
  fit_add_stat(fit, "always_treated_units", treatment->always_treated);
  fit_add_word(fit, "method", option_value(job, "method")->text);
}

/* Rule 6. */
static void modern(Job *job, Sample *sample, Treatment *treatment) {
  Run *run = job->run;
  bool sunab = option_is(job, "method", "sunab"), cs = option_is(job, "method", "cs");
  did_modern_sample(job, sample, treatment, sunab);
  if (run_failed(run)) return;
  if (sunab) did_sunab(job, sample, treatment);
  else if (cs) did_cs(job, sample, treatment);
  else did_imputation(job, sample, treatment);
}

static void fit(Job *given) {
  Job matched = *given, *job = &matched; /* with the weights of match=, where that is given */
  Run *run = job->run;
  did_match(job);
  if (run_failed(run)) return;
  static const char *const of_events[] = {"window", "ref"};
  const Model *model = job->model;
  bool events = option_is(job, "agg", "event");
  if (model->endogenous) run_fail(run, "the formula has a third part (endogenous ~ instruments), which did_att does not take");
  Sample sample;
  Treatment treatment;
  Design design;
  if (!option_is(job, "method", "twfe")) {
    modern(job, &sample, &treatment);
    if (!run_failed(run)) say_treated(job, &treatment);
    return;
  }
  if (option_given(job, "agg") && !events && !option_is(job, "agg", "att"))
    run_fail(run, "agg=%s needs effects that differ by cohort: method=cs, sunab or imputation", option_value(job, "agg")->text);
  for (int i = 0; i < 2 && !events; i++)
    if (option_given(job, of_events[i])) run_fail(run, "%s= shapes an event study, and this is agg=att: add agg=event", of_events[i]);
  sample_build(job, &sample);
  if (!run_failed(run)) treatment_build(job, &treatment, events);
  if (!run_failed(run)) design_build(job, model->terms, model->term, sample.explicit_intercept, sample.any_intercept, DESIGN_TAKE, &design);
  if (run_failed(run)) return;
  if (events) event_study(job, &sample, &treatment, &design);
  else static_effect(job, &sample, &treatment, &design);
  if (run_failed(run)) return;
  say_treated(job, &treatment);
}

static const char *const COLUMNS[] = {"effect", "cohort", "time", "event_time", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", NULL};
static const OptionSpec OWN[] = {
    {"method", OPTION_CHOICE, "twfe", "twfe|cs|sunab|imputation", "how the effect is estimated: two-way effects, Callaway and Sant'Anna, Sun and Abraham, imputation (Borusyak, Jaravel and Spiess)"},
    {"agg", OPTION_CHOICE, "att", "att|event|group|calendar|gt", "one number, or an event study; group, calendar, gt: not with twfe, other methods give all where it is not given"},
    {"control", OPTION_CHOICE, "never", "never|notyet", "whom the treated are compared with: the never treated, or also those not yet treated"},
    {"est", OPTION_CHOICE, "dr", "dr|ipw|reg", "doubly robust, inverse probability weights, or outcome regression"},
    {"base", OPTION_CHOICE, "varying", "varying|universal", "before treatment compare with the period before, or with the last period before treatment throughout"},
    {"anticipation", OPTION_NUMBER, "0", NULL, "periods before treatment in which it may have an effect"},
    {"ref", OPTION_NUMBER, NULL, NULL, "the event time that the others are compared with; default: one step of the panel before treatment, -1 by years"},
    {"window", OPTION_RANGE, NULL, NULL, "lo:hi, event times with binned ends"},
    {"match", OPTION_NESTED, NULL, "psm_match", "psm(treat ~ x1 + x2, caliper=.05, ...): match before treatment (by=year: year by year; by=pooled: all rows), and weight the regression"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionUse USES[] = {
    {"control", "method", "cs"},
    {"est", "method", "cs"},
    {"base", "method", "cs"},
    {"anticipation", "method", "cs"},
    {"ref", "method", "twfe|sunab"},
    {"window", "method", "twfe"},
    {NULL, NULL, NULL}};
static const OptionSpec *const OPTIONS[] = {OPTIONS_TREATMENT, OWN, OPTIONS_WHERE, OPTIONS_PANEL, OPTIONS_SAMPLE, OPTIONS_VCOV, NULL};

const Estimator ESTIMATOR_DID_ATT = {
    .name = "did_att",
    .model = MODEL_FORMULA,
    .model_help = "y ~ controls | unit + time",
    .summary = "difference in differences: the effect on the treated, or an event study",
    .columns = COLUMNS,
    .stats = STATS_REGRESSION,
    .options = OPTIONS,
    .uses = USES,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_PANEL,
    .short_values = "y, unit, time, treat, x...",
    .short_spec = "y ~ x... | unit + time; treat=treat",
    .fit = fit,
    .example = "SELECT effect, event_time, estimate, std_error FROM did_att('castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3')",
};
