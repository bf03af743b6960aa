/* did_bacon.c: the two-way fixed effects estimate taken apart into its two-by-two comparisons (Goodman-Bacon decomposition).
 *
 * 1. y ~ d | unit + time on a balanced panel, d a status of 0 or 1 that stays on. Groups of units by first treated period; the never treated and the always
 *    treated (treated in the first period) are groups, too.
 * 2. Comparisons: treated_vs_untreated (k, never), later_vs_always (l, always), earlier_vs_later (k treated, l not yet), later_vs_earlier (l treated, k
 *    treated already). The estimate is the difference in differences of the groups' means over the periods in which the control's status stands still.
 * 3. Weights, with n the shares of units, D the shares of time under treatment, n_kl = n_k / (n_k + n_l), V the variance of d without its two effects:
 *      against never or always:  (n_k + n_u)^2 n_ku (1 - n_ku) D_k (1 - D_k) / V
 *      k against l, k < l:       ((n_k + n_l)(1 - D_l))^2 n_kl (1 - n_kl) (D_k - D_l)/(1 - D_l) (1 - D_k)/(1 - D_l) / V
 *      l against k:              ((n_k + n_l) D_k)^2 n_kl (1 - n_kl) (D_l / D_k) (D_k - D_l)/D_k / V
 *    V is computed from d, so that a sum of one is a proof and no construction. Statistics: total (sum of weight times estimate), twfe (the
 *    regression's coefficient from the residual of d), weight_sum, and weight_TYPE.
 * 4. control_cohort is NULL for the never treated and the first period for the always treated. Rows go by cohort, then by control.
 * 5. Not balanced: an error that names what is missing: the theorem is about balanced panels. With controls (further regressors): bacon_controls.c.
 * Reference: Goodman-Bacon (2021), "Difference-in-differences with variation in treatment timing", J. of Econometrics 225, Theorem 1. */
#include "did_bacon.h"

static const char *const TYPE_NAME[TYPES] = {"treated_vs_untreated", "later_vs_always", "earlier_vs_later", "later_vs_earlier", "both_treated", "always_vs_untreated", "within"};

/* ---- the panel */

int bacon_period(const Panel *panel, double time) {
  int low = 0, high = panel->periods;
  while (low < high) {
    int middle = low + (high - low) / 2;
    if (panel->period[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* Rule 5. There are no duplicates, so a balanced panel has units x periods rows. */
static void check_balance(Job *job, const Treatment *treatment, const Panel *panel) {
  Run *run = job->run;
  int64_t n = treatment->n, full = (int64_t)treatment->units * panel->periods;
  if (n == full) return;
  int *count = NEW_ARRAY(run, int, treatment->units);
  int64_t *some = NEW_ARRAY(run, int64_t, treatment->units);
  if (run_failed(run)) return;
  int32_t short_units = 0, shown = -1;
  for (int64_t row = 0; row < n; row++) {
    count[treatment->unit[row]]++;
    some[treatment->unit[row]] = row;
  }
  for (int32_t unit = 0; unit < treatment->units; unit++)
    if (count[unit] < panel->periods) {
      if (shown < 0) shown = unit;
      short_units++;
    }
  bool *seen = NEW_ARRAY(run, bool, panel->periods);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < n; row++)
    if (treatment->unit[row] == shown) seen[bacon_period(panel, treatment->time[row])] = true;
  int missing = 0;
  while (seen[missing]) missing++;
  const Column *column = &job->frame->column[job->model->unit];
  const char *time = job->model->variable[job->model->time_number].name;
  run_fail(run, "the panel is not balanced: %s = %s has no row for %s = %.15g (%d of %d units lack some of the %d periods, %lld rows were left out for NULL); the decomposition needs every unit in every period: keep by where= the units and periods that are complete",
           job->model->variable[job->model->unit].name, levels_name(run, column->levels, column->code[some[shown]]), time, panel->period[missing], short_units, treatment->units,
           panel->periods, (long long)job->frame->ledger.null);
}

static int list_periods(Run *run, const Treatment *treatment, double **period) {
  double *sorted = NEW_ARRAY(run, double, treatment->n);
  int count = 0;
  if (run_failed(run)) return 0;
  memcpy(sorted, treatment->time, (size_t)treatment->n * sizeof *sorted);
  sort_numbers(run, treatment->n, sorted);
  for (int64_t i = 0; i < treatment->n && !run_failed(run); i++)
    if (!count || sorted[i] != sorted[count - 1]) sorted[count++] = sorted[i];
  *period = sorted;
  return count;
}

/* Groups, their shares and their running sums of mean outcomes; the outcome is taken about its first value, which no comparison sees. */
static void build_groups(Job *job, const Treatment *treatment, Panel *panel) {
  Run *run = job->run;
  const double *y = job_number(job, job->model->outcome);
  int periods = panel->periods, width = periods + 1;
  int64_t *rows = NEW_ARRAY(run, int64_t, width);
  double *sum = NEW_ARRAY(run, double, (size_t)width * (size_t)width);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < treatment->n; row++) {
    int first = isnan(treatment->cohort[row]) ? periods : bacon_period(panel, treatment->cohort[row]);
    rows[first]++;
    sum[(size_t)first * (size_t)width + (size_t)bacon_period(panel, treatment->time[row]) + 1] += y[row] - y[0];
    if ((row & 0xFFFF) == 0 && !run_poll(run, 0x10000 * 20)) return;
  }
  panel->group = NEW_ARRAY(run, Group, width);
  if (run_failed(run)) return;
  for (int first = 0; first <= periods; first++) {
    if (!rows[first]) continue;
    Group *group = &panel->group[panel->groups++];
    double *total = sum + (size_t)first * (size_t)width, units = (double)rows[first] / periods;
    *group = (Group){first < periods ? panel->period[first] : NAN, first, units / panel->units, 1 - (double)first / periods, total};
    for (int t = 1; t <= periods; t++) total[t] = total[t - 1] + total[t] / units;
  }
}

/* d without its two effects, group by group, and its products with itself and with y. */
static void residual_products(Panel *panel) {
  double mean = 0;
  for (int g = 0; g < panel->groups; g++) mean += panel->group[g].share * panel->group[g].treated;
  for (int t = 0; t < panel->periods; t++) {
    double at_time = 0;
    for (int g = 0; g < panel->groups; g++) at_time += panel->group[g].first <= t ? panel->group[g].share : 0;
    for (int g = 0; g < panel->groups; g++) {
      const Group *group = &panel->group[g];
      double d = (group->first <= t) - group->treated - at_time + mean;
      panel->variance += group->share * d * d / panel->periods;
      panel->covariance += group->share * d * (group->sum[t + 1] - group->sum[t]) / panel->periods;
    }
  }
}

/* ---- comparisons */

static double mean_of(const Group *group, int from, int to) { return (group->sum[to] - group->sum[from]) / (to - from); }

/* Difference in differences: after `change` against before, both within from .. to. */
static double difference(const Group *treated, const Group *control, int from, int change, int to) {
  return (mean_of(treated, change, to) - mean_of(treated, from, change)) - (mean_of(control, change, to) - mean_of(control, from, change));
}

static void cell_period(Cell *cell, double period) {
  if (period == floor(period) && fabs(period) < 9e15) cell_integer(cell, (int64_t)period);
  else cell_number(cell, period);
}

/* Rules 2 and 3. NAN weight: there is nothing to compare. */
static double compare(const Panel *panel, const Group *treated, const Group *control, ComparisonType *type, double *estimate) {
  int periods = panel->periods;
  double both = treated->share + control->share, part = treated->share / both, pair = both * both * part * (1 - part) / panel->variance;
  if (treated->first == 0 || treated->first == periods || treated == control) return NAN;
  if (control->first == 0 || control->first == periods) {
    *type = control->first ? UNTREATED : ALWAYS;
    *estimate = difference(treated, control, 0, treated->first, periods);
    return pair * treated->treated * (1 - treated->treated);
  }
  if (treated->first < control->first) {
    *type = EARLIER;
    *estimate = difference(treated, control, 0, treated->first, control->first);
    return pair * (treated->treated - control->treated) * (1 - treated->treated);
  }
  *type = LATER;
  *estimate = difference(treated, control, control->first, treated->first, periods);
  return pair * treated->treated * (control->treated - treated->treated);
}

static const char *period_name(Run *run, double period) { return isnan(period) ? "never" : run_format(run, "%.15g", period); }

void bacon_add(Job *job, ComparisonType type, double cohort, double control, double estimate, double weight) {
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  FitTerm *term = fit_add_term(fit, type == WITHIN ? TYPE_NAME[type] : run_format(run, "%s vs %s", period_name(run, cohort), period_name(run, control)));
  if (!term) return;
  term->estimate = estimate;
  fit_term_word(fit, term, "type", TYPE_NAME[type]);
  fit_term_number(fit, term, "weight", weight);
  if (!job->want_table) return;
  Cell *row = result_add_row(job->result);
  if (!row) return;
  cell_text(&row[0], TYPE_NAME[type]);
  cell_period(&row[1], cohort);
  cell_period(&row[2], control);
  cell_number(&row[3], estimate);
  cell_number(&row[4], weight);
}

/* The sums of the rows, and the estimate that they must add up to. */
static void add_sums(Fit *fit, double twfe) {
  double total = 0, weights = 0, by_type[TYPES] = {0};
  bool seen[TYPES] = {false};
  for (int t = 0; t < fit->terms; t++) {
    const char *type = fit_attribute_word(&fit->term[t], "type");
    double weight = fit_attribute_number(&fit->term[t], "weight");
    int place = 0;
    while (strcmp(type, TYPE_NAME[place])) place++;
    by_type[place] += weight;
    seen[place] = true;
    weights += weight;
    if (weight > 0) total += weight * fit->term[t].estimate;
  }
  fit_add_stat(fit, "twfe", twfe);
  fit_add_stat(fit, "total", total);
  fit_add_stat(fit, "weight_sum", weights);
  for (int type = 0; type < TYPES; type++)
    if (seen[type] || type <= LATER) fit_add_stat(fit, run_format(fit->run, "weight_%s", TYPE_NAME[type]), by_type[type]);
}

static void decompose(Job *job, const Panel *panel) {
  for (int t = 0; t < panel->groups; t++)
    for (int c = 0; c < panel->groups; c++) {
      ComparisonType type = UNTREATED;
      double estimate = NAN, weight = compare(panel, &panel->group[t], &panel->group[c], &type, &estimate);
      if (!isnan(weight)) bacon_add(job, type, panel->group[t].cohort, panel->group[c].cohort, estimate, weight);
    }
}

/* ---- the model: y ~ d | unit + time */

static int status_variable(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  bool effects = model->effects == 2 && model->unit >= 0 && model->time >= 0;
  for (int e = 0; e < model->effects; e++) effects &= !model->effect[e].slopes && (model->effect[e].variable == model->unit || model->effect[e].variable == model->time);
  if (model->endogenous) run_fail(run, "the formula has a third part (endogenous ~ instruments), which did_bacon does not take");
  else if (!effects) run_fail(run, "the decomposition is of two-way effects: y ~ d | unit + time, and no other effect");
  else if (!model->terms)
    run_fail(run, "the formula has no treatment: y ~ d | unit + time, or y ~ d + controls | unit + time");
  else if (model->term[0].factors != 1 || model->term[0].factor[0].dummies)
    run_fail(run, "'%s': the treatment, the first regressor, must be one variable that is 0 or 1", model->term[0].name);
  return run_failed(run) ? -1 : model->term[0].factor[0].variable;
}

static void fit(Job *job) {
  Run *run = job->run;
  Treatment treatment;
  Panel panel = {0};
  int status = status_variable(job);
  if (status < 0 || !job_has_rows(job, 1)) return;
  treatment_build_from(job, &treatment, status, -1, true);
  if (run_failed(run)) return;
  panel.units = treatment.units;
  panel.periods = list_periods(run, &treatment, &panel.period);
  if (!run_failed(run)) check_balance(job, &treatment, &panel);
  if (!run_failed(run)) build_groups(job, &treatment, &panel);
  if (run_failed(run)) return;
  residual_products(&panel);
  if (panel.groups < 2 || (panel.groups == 2 && panel.group[0].first == 0 && panel.group[1].first == panel.periods)) {
    if (panel.groups < 2)
      run_fail(run, "all %d units are treated from %.15g on: one cohort and nobody to compare it with", panel.units, panel.group[0].cohort);
    else
      run_fail(run, "all treated units are treated from the first period (%.15g) on: there is no period before to compare with", panel.period[0]);
    return;
  }
  Fit *result = &job->result->fit;
  result->nobs = treatment.n;
  double twfe = panel.covariance / panel.variance;
  if (job->model->terms > 1) bacon_controls(job, &treatment, &panel, &twfe);
  else decompose(job, &panel);
  if (run_failed(run)) return;
  add_sums(result, twfe);
  fit_add_stat(result, "units", panel.units);
  fit_add_stat(result, "periods", panel.periods);
  fit_add_stat(result, "treated_units", treatment.treated_units);
  fit_add_stat(result, "always_treated_units", treatment.always_treated);
}

static const char *const COLUMNS[] = {"type", "cohort", "control_cohort", "estimate", "weight", NULL};
static const char *const STATS[] = {"nobs", "twfe", "total", "weight_sum", "weight_treated_vs_untreated", "weight_later_vs_always", "weight_earlier_vs_later", "weight_later_vs_earlier",
                                    "weight_both_treated", "weight_always_vs_untreated", "weight_within", NULL};
static const OptionSpec *const OPTIONS[] = {OPTIONS_WHERE, OPTIONS_PANEL, NULL};

const Estimator ESTIMATOR_DID_BACON = {
    .name = "did_bacon",
    .model = MODEL_FORMULA,
    .model_help = "y ~ d + controls | unit + time",
    .summary = "Goodman-Bacon decomposition: which two-by-two comparisons the two-way effects estimate averages, and with which weights",
    .columns = COLUMNS,
    .stats = STATS,
    .options = OPTIONS,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_PANEL,
    .short_values = "y, unit, time, treat, x...",
    .short_spec = "y ~ treat + x... | unit + time",
    .fit = fit,
    .example = "SELECT type, cohort, control_cohort, estimate, weight FROM did_bacon('castle', 'l_homicide ~ post | sid + year')",
};
