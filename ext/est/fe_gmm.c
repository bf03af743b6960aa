/* fe_gmm.c: dynamic panels: difference GMM (Arellano and Bond 1991) and system GMM (Blundell and Bond 1998), as xtabond2 does them.
 *
 * 1. y_it = x_it'b + u_i + e_it, lags of y among x. The unit effects u_i are taken out by differences or by forward orthogonal deviations; lags are the instruments.
 *    Equations and instruments: gmm_equations.c. Estimate, errors, tests: gmm_estimate.c.
 * 2. nobs counts the equations: in differences (deviations), or in levels where system=1. instruments is their rank.
 * 3. Normal p-values. small=1: variance times (N-1)/(N-K) G/(G-1) (iid at step one: N/(N-K), N the transformed equations), K with constant and time effects, G units;
 *    t with G less one for the constant (iid at step one: N-K).
 * 4. wald: all terms but the constant are zero; wald_time: all time effects are.
 * 5. The constant stands in the level equation only. Terms that the transformation removes, or that others explain, have NULL numbers.
 * Reference: Roodman (2009), Stata Journal 9(1); Windmeijer (2005), J. Econometrics 126. */
#include "gmm.h"

static void check_model(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  int64_t orders = option_integer(job, "ar");
  if (model->unit < 0 || model->time_number < 0) run_fail(run, "the panel is needed: give id=unit, time=year, or panel=unit+year");
  else if (model->endogenous) run_fail(run, "instruments are written gmm(x, 2:4) + iv(z); endogenous regressors stand in the first part, and are no iv()");
  else if (!model->instrument_sets)
    run_fail(run, "there are no instruments: y ~ l(y) + x | gmm(y, 2:99) takes all lags of y from the second on; x is its own");
  else if (orders < 1 || orders > 20) run_fail(run, "ar=%lld: orders of autocorrelation go from 1 to 20", (long long)orders);
  for (int e = 0; e < model->effects && !run_failed(run); e++) {
    const AbsorbedEffect *effect = &model->effect[e];
    if (effect->slopes || (effect->variable != model->unit && effect->variable != model->time))
      run_fail(run, "the effect %s: it can be the unit's and the time's; others are regressors, i(%s)", effect->name, effect->name);
  }
  bool lags = false;
  for (int s = 0; s < model->instrument_sets; s++) lags |= model->instrument_set[s].gmm && model->instrument_set[s].terms;
  if (!run_failed(run) && !lags) run_fail(run, "no gmm() is among the instruments; without lags as instruments this is fe_iv");
}

/* The small-sample factor of the variance and the degrees of freedom of t (3). */
static double small_sample(const GmmEquations *eq, bool iid, double n, double *df) {
  double g = eq->units, k = eq->kept_count, transformed = (double)eq->rows_transformed;
  *df = iid ? n - k : g - eq->constants;
  if (iid) return eq->weighting > 1 ? transformed / (transformed - k) : n / (n - k);
  return (n - 1) / (n - k) * g / (g - 1);
}

/* Terms in the order constant, regressors; place[j] is the kept column of term j or -1. */
static void add_terms(const GmmEquations *eq, const GmmEstimate *estimate, double df) {
  Job *job = eq->job;
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  int count = eq->constants + eq->terms, k = eq->kept_count;
  int *place = NEW_ARRAY(run, int, count);
  double *vcov = NEW_ARRAY(run, double, (size_t)count * (size_t)count), level = regression_level(job);
  if (run_failed(run)) return;
  for (int t = 0; t < count && !run_failed(run); t++) {
    int column = t < eq->constants ? t : t + eq->effects, at = 0;
    for (int j = 0; j < column; j++) at += eq->kept[j];
    place[t] = eq->kept[column] ? at : -1;
    FitTerm *term = fit_add_term(fit, eq->name[column]);
    if (!term || place[t] < 0) continue;
    double variance = estimate->vcov[at + at * k];
    term_inference(term, estimate->beta[at], variance >= 0 ? sqrt(variance) : (double)NAN, df, level);
  }
  for (int i = 0; i < count; i++)
    for (int j = 0; j < count; j++) vcov[i + j * count] = place[i] < 0 || place[j] < 0 ? (double)NAN : estimate->vcov[place[i] + place[j] * k];
  fit->vcov = vcov;
  fit->vcov_terms = count;
}

static void add_wald(const GmmEquations *eq, const GmmEstimate *estimate, const char *name, const char *h0, int from, int to, double df) {
  Run *run = eq->job->run;
  Fit *fit = &eq->job->result->fit;
  int *position = NEW_ARRAY(run, int, eq->kept_count), count = 0, rank = 0, at = 0;
  if (run_failed(run)) return;
  for (int j = 0; j < eq->k; j++) {
    if (eq->kept[j] && j >= from && j < to) position[count++] = at;
    at += eq->kept[j];
  }
  if (!count) return;
  double wald = wald_statistic(run, eq->kept_count, estimate->beta, estimate->vcov, count, position, &rank);
  if (run_failed(run) || isnan(wald)) return;
  bool f = isfinite(df);
  double p = f ? f_upper(wald / rank, rank, df) : chi2_upper(wald, rank);
  fit_add_test(fit, name, NULL, h0, f ? wald / rank : wald, rank, f ? df : (double)NAN, p);
  fit_add_stat(fit, name, f ? wald / rank : wald);
  fit_add_stat(fit, run_format(run, "%s_df", name), rank);
  fit_add_stat(fit, run_format(run, "%s_p", name), p);
}

static void add_overidentification(const GmmEquations *eq, const GmmEstimate *estimate) {
  Run *run = eq->job->run;
  Fit *fit = &eq->job->result->fit;
  int df = estimate->rank - eq->kept_count;
  const char *many = estimate->rank > eq->units ? run_format(run, "%d instruments for %d units: so many fit the endogenous regressors too well and weaken the test; use fewer lags or collapse=1",
                                                             estimate->rank, eq->units) : NULL;
  const char *singular = estimate->singular ? run_format(run, "the covariance of the %d moments has rank %d: its Moore-Penrose inverse weights them", estimate->rank, estimate->singular_rank) : NULL;
  const char *note = many && singular ? run_format(run, "%s; %s", many, singular) : many ? many : singular;
  if (run_failed(run)) return;
  if (note) fit_add_word(fit, "warning", note);
  if (df <= 0) return;
  double statistic[] = {estimate->sargan, estimate->two.objective};
  static const char *const name[] = {"sargan", "hansen_j"}, *const h0[] = {"the instruments are valid; not robust to heteroskedasticity",
                                                                          "the instruments are valid; robust, but weak where instruments are many"};
  for (int i = 0; i < 2 && !run_failed(run); i++) {
    double p = chi2_upper(statistic[i], df);
    FitTest *test = fit_add_test(fit, name[i], NULL, h0[i], statistic[i], df, NAN, p);
    if (test && i) test->note = note;
    fit_add_stat(fit, name[i], statistic[i]);
    fit_add_stat(fit, i ? "hansen_df" : "sargan_df", df);
    fit_add_stat(fit, i ? "hansen_p" : "sargan_p", p);
  }
  for (int s = 0; s < estimate->subsets && !run_failed(run); s++) {
    const GmmSubset *subset = &estimate->subset[s];
    FitTest *test = fit_add_test(fit, "difference_in_hansen", subset->group, "these instruments are valid, given that the others are", subset->difference, subset->df, NAN,
                                 chi2_upper(subset->difference, subset->df));
    if (test) test->note = run_format(run, "Hansen J without them %.6g with %d degrees of freedom", subset->excluded, df - subset->df);
  }
}

static void add_autocorrelation(const GmmEquations *eq, const GmmEstimate *estimate) {
  Run *run = eq->job->run;
  Fit *fit = &eq->job->result->fit;
  for (int m = 0; m < estimate->orders && !run_failed(run); m++) {
    double z = estimate->order[m].statistic, p = 2 * normal_upper(fabs(z));
    const char *name = run_format(run, "ar%d", m + 1), *h0 = run_format(run, "no autocorrelation of order %d in the differenced errors", m + 1);
    if (run_failed(run)) return;
    FitTest *test = fit_add_test(fit, name, NULL, h0, z, NAN, NAN, p);
    if (test && isnan(z)) test->note = "no unit has residuals so far apart";
    else if (test && m == 0) test->note = "to be expected: differenced errors share one period's";
    fit_add_stat(fit, name, z);
    fit_add_stat(fit, run_format(run, "%s_p", name), p);
  }
}

static void add_account(const GmmEquations *eq, const GmmEstimate *estimate, double n) {
  Job *job = eq->job;
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  fit_add_stat(fit, "units", eq->units);
  fit_add_stat(fit, "instruments", estimate->rank);
  fit_add_stat(fit, "equations_min", eq->shortest);
  fit_add_stat(fit, "equations_mean", n / eq->units);
  fit_add_stat(fit, "equations_max", eq->longest);
  fit_add_stat(fit, "sigma2", estimate->sigma2);
  fit_add_word(fit, "method", eq->system ? "system gmm" : "difference gmm");
  fit_add_word(fit, "transform", option_value(job, "transform")->text);
  Text list = {.run = run};
  for (int g = 0; g < eq->groups; g++) text_format(&list, "%s%s", g ? " + " : "", eq->group[g]);
  if (!run_failed(run)) fit_add_word(fit, "instrument_sets", list.data);
  const Model *model = job->model;
  fit_add_absorbed(fit, model->variable[model->unit].name, eq->units, 0, true);
  if (eq->effects) fit_add_absorbed(fit, model->variable[model->time].name, eq->effects + eq->constants, 0, false);
}

static void fit_gmm(Job *job) {
  Run *run = job->run;
  check_model(job);
  if (run_failed(run) || !job_has_rows(job, 2)) return;
  GmmEquations eq;
  gmm_equations(job, &eq);
  if (run_failed(run)) return;
  Fit *fit = &job->result->fit;
  GmmEstimate estimate;
  int steps = 1 + (int)option_integer(job, "steps");
  bool robust = option_is(job, "vcov", "robust"), iid = steps == 1 && !robust;
  if (eq.kept_count == 0) run_fail(run, "no regressor varies once the unit effects are taken out");
  if (eq.units < 2) run_fail(run, "there is one unit only; this estimator is for many");
  if (!run_failed(run)) gmm_estimate(&eq, steps, robust, (int)option_integer(job, "ar"), &estimate);
  if (run_failed(run)) return;
  double n = (double)(eq.system ? eq.rows_level : eq.rows_transformed), df = INFINITY;
  if (option_integer(job, "small")) {
    double factor = small_sample(&eq, iid, n, &df);
    for (int i = 0; i < eq.kept_count * eq.kept_count; i++) estimate.vcov[i] *= factor;
    if (!(df > 0) || !(factor > 0)) run_fail(run, "small=1: %.0f equations of %d units leave no degree of freedom to %d coefficients", n, eq.units, eq.kept_count);
  }
  fit->nobs = (int64_t)n;
  const char *unit = job->model->variable[job->model->unit].name;
  fit->vcov_type = iid ? "iid" : !robust ? "uncorrected" : steps == 2 ? "windmeijer" : run_format(run, "cluster(%s)", unit);
  if (run_failed(run)) return;
  add_terms(&eq, &estimate, df);
  if (!run_failed(run)) add_account(&eq, &estimate, n);
  if (!run_failed(run)) add_overidentification(&eq, &estimate);
  if (!run_failed(run)) add_autocorrelation(&eq, &estimate);
  if (!run_failed(run)) add_wald(&eq, &estimate, "wald", "all coefficients but the constant are zero", eq.constants + eq.effects, eq.k, df);
  if (!run_failed(run)) add_wald(&eq, &estimate, "wald_time", "all time effects are zero", eq.constants, eq.constants + eq.effects, df);
  if (!run_failed(run)) result_tidy(job);
}

/* ---- the registry's row */

static const OptionSpec OWN[] = {
    {"id", OPTION_LEVELS, NULL, NULL, "the unit"},
    {"time", OPTION_LEVELS, NULL, NULL, "the period, a whole number; one period is a step of 1"},
    {"system", OPTION_BOOLEAN, "0", NULL, "1: the level equation, too, instrumented by differences"},
    {"transform", OPTION_CHOICE, "difference", "difference|deviations", "what takes the unit effects out: first differences or forward orthogonal deviations"},
    {"steps", OPTION_CHOICE, "1", "1|2", "one-step or two-step GMM"},
    {"vcov", OPTION_CHOICE, "robust", "robust|iid", "robust: clustered by unit, at step two with Windmeijer's correction; iid: homoskedastic errors, at step two uncorrected"},
    {"time_effects", OPTION_BOOLEAN, "0", NULL, "1: period dummies, which | unit + year asks for as well"},
    {"collapse", OPTION_BOOLEAN, "0", NULL, "1: one instrument for each lag instead of one for each period and lag"},
    {"weighting", OPTION_CHOICE, "3", "1|2|3", "h of xtabond2, the errors' covariance assumed by step one: 1 identity, 2 that of the transformed errors, 3 with their covariance with the level errors"},
    {"small", OPTION_BOOLEAN, "0", NULL, "1: small-sample factor, t and F"},
    {"ar", OPTION_INTEGER, "2", NULL, "the highest order of autocorrelation to test"},
    {"level", OPTION_NUMBER, "0.95", NULL, "level of the confidence intervals"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const OPTIONS[] = {OWN, OPTIONS_WHERE, OPTIONS_PANEL, NULL};
static const char *const STATS[] = {"nobs",  "units",   "instruments", "sargan",   "sargan_df", "sargan_p", "hansen_j", "hansen_df",    "hansen_p", "ar1",
                                    "ar1_p", "ar2",     "ar2_p",       "wald",     "wald_df",   "wald_p",   "sigma2",   "wald_time",    "wald_time_p", NULL};

const Estimator ESTIMATOR_FE_GMM = {
    .name = "fe_gmm",
    .model = MODEL_FORMULA,
    .model_help = "y ~ l(y) + x | unit + time | gmm(y, 2:99) + gmm(x, 2:4) + iv(z)",
    .summary = "dynamic panels: difference and system GMM (Arellano-Bond, Blundell-Bond), one or two steps, with the tests of instruments and autocorrelation",
    .columns = COLUMNS_TIDY,
    .stats = STATS,
    .options = OPTIONS,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_KEEP_NULLS | ESTIMATOR_KEEP_OUTSIDE | ESTIMATOR_PANEL | ESTIMATOR_INSTRUMENTS,
    .fit = fit_gmm,
    .example = "SELECT term, estimate, std_error, hansen_p, ar2_p FROM fe_gmm('wage_panel', 'lwage ~ l(lwage,1:2) + union | nr + year | gmm(lwage, 2:) + gmm(union, 2:3)', 'steps=2')",
};
