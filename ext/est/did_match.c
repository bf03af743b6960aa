/* did_match.c: PSM-DID: rows of a difference in differences matched first, match=psm(treat ~ x1 + x2, options of psm_match).
 *
 * 1. Treated are the units that have a 1 in the formula's left side in any row. Three cross-sections, by the option by=:
 *      not given   units, by the means of their regressors over the periods before anybody is treated; a unit's weight goes to all of its rows;
 *      by=year     the rows of each year for themselves (Heckman, Ichimura and Todd 1997, on repeated cross-sections), each with a score of its own;
 *      by=pooled   the rows of all periods as one cross-section.
 * 2. Rows of weight 0 (not matched, off the support, a unit without a period before treatment) are dropped and counted in the ledger as other. The weights go into the regression,
 *    multiplied by weights= where that is given; from there on everything is did_att's.
 * 3. Stats: match_treated, match_control (units, or rows), match_mean_bias_before and _after: the mean of |bias_pct| over the regressors (balance.c). */
#include "matching.h"
#include "treatment.h"

typedef struct CrossSection {
  Job *job;              /* psm_match's: its options, the frame of the regression */
  const Treatment *treatment;
  Design design;
  bool units;            /* one row for each unit; else the frame's rows */
  Matching m;
  int64_t *place;        /* unit -> row of the cross-section, or -1 */
  double *ever;          /* unit -> 0/1 */
} CrossSection;

static void who_is_treated(CrossSection *c, const double *treat, const char *name) {
  const Treatment *t = c->treatment;
  for (int64_t row = 0; row < t->n; row++) {
    if (treat[row] != 0 && treat[row] != 1) {
      run_fail(c->job->run, "match=: the treatment '%s' must be 0 or 1, it is %.15g in some row", name, treat[row]);
      return;
    }
    if (treat[row] == 1) c->ever[t->unit[row]] = 1;
  }
}

/* Rule 1, units: means over the rows before the first treatment of anybody; exact= as in the first of these rows. */
static void gather_units(CrossSection *c, const int32_t *exact) {
  Run *run = c->job->run;
  const Treatment *t = c->treatment;
  Matching *m = &c->m;
  double begin = INFINITY, *treat = NEW_ARRAY(run, double, t->units), *rows = NEW_ARRAY(run, double, t->units), **mean = NEW_ARRAY(run, double *, c->design.k);
  int32_t *code = exact ? NEW_ARRAY(run, int32_t, t->units) : NULL;
  c->place = NEW_ARRAY(run, int64_t, t->units);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < t->n; row++) begin = fmin(begin, isnan(t->cohort[row]) ? INFINITY : t->cohort[row]);
  for (int32_t unit = 0; unit < t->units; unit++) c->place[unit] = -1;
  for (int64_t row = 0; row < t->n; row++) {
    int32_t unit = t->unit[row];
    if (!(t->time[row] < begin)) continue;
    if (c->place[unit] < 0) {
      c->place[unit] = m->n;
      if (code) code[m->n] = exact[row];
      treat[m->n++] = c->ever[unit];
    }
    rows[c->place[unit]]++;
  }
  if (m->n == 0) {
    run_fail(run, "match=: no period lies before the first treatment (%.15g); match the rows themselves: by= the time, or by=pooled", begin);
    return;
  }
  for (int j = 0; j < c->design.k; j++) {
    mean[j] = NEW_ARRAY(run, double, m->n);
    if (run_failed(run)) return;
    for (int64_t row = 0; row < t->n; row++) {
      int64_t place = c->place[t->unit[row]];
      if (t->time[row] < begin) mean[j][place] += c->design.column[j][row] / rows[place];
    }
    if (!run_poll(run, (uint64_t)t->n * 4)) return;
  }
  m->treat = treat;
  m->x = mean;
  m->exact = code;
}

static void gather_rows(CrossSection *c, int by, const int32_t *exact) {
  Run *run = c->job->run;
  const Treatment *t = c->treatment;
  Matching *m = &c->m;
  double *treat = NEW_ARRAY(run, double, t->n);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < t->n; row++) treat[row] = c->ever[t->unit[row]];
  m->n = t->n;
  m->treat = treat;
  m->x = c->design.column;
  m->exact = exact;
  if (by >= 0) m->by = codes_dense(run, m->n, job_code(c->job, by), levels_count(job_levels(c->job, by)), &m->by_levels);
}

static void add_stats(const CrossSection *c, Fit *fit) {
  const Matching *m = &c->m;
  double matched[2] = {0}, bias[2] = {0}, columns = 0;
  for (int64_t i = 0; i < m->n; i++) matched[m->treat[i] == 1] += m->weight[i] != 0;
  for (int j = m->constant ? 1 : 0; j < m->k; j++) {
    double mean[2], variance[2], total[2];
    BalanceRow before, after;
    group_moments(m, m->x[j], NULL, mean, variance, total);
    balance_row(m, m->x[j], NULL, variance, &before);
    balance_row(m, m->x[j], m->weight, variance, &after);
    if (isnan(before.bias)) continue;
    bias[0] += fabs(before.bias);
    bias[1] += fabs(after.bias);
    columns++;
  }
  fit_add_stat(fit, "match_treated", matched[1]);
  fit_add_stat(fit, "match_control", matched[0]);
  fit_add_stat(fit, "match_mean_bias_before", bias[0] / columns);
  fit_add_stat(fit, "match_mean_bias_after", bias[1] / columns);
}

/* The job with one column more, which is its weights=. */
static void carry_weights(const CrossSection *c, Job *job) {
  Run *run = job->run;
  Frame *frame = job->frame;
  int given = option_variable(job, "weights"), variables = job->model->variables;
  const double *prior = job_number(job, given);
  Column *column = NEW_ARRAY(run, Column, frame->columns + 1);
  Variable *variable = NEW_ARRAY(run, Variable, variables + 1);
  OptionValue *option = NEW_ARRAY(run, OptionValue, job->options);
  Model *model = NEW(run, Model);
  double *weight = NEW_ARRAY(run, double, frame->rows);
  bool *keep = NEW_ARRAY(run, bool, frame->rows);
  if (run_failed(run)) return;
  int64_t dropped = 0;
  for (int64_t row = 0; row < frame->rows; row++) {
    int64_t place = c->units ? c->place[c->treatment->unit[row]] : row;
    weight[row] = place < 0 ? 0 : c->m.weight[place];
    keep[row] = weight[row] != 0;
    dropped += !keep[row];
    if (prior) weight[row] *= prior[row];
  }
  memcpy(column, frame->column, (size_t)frame->columns * sizeof *column);
  memcpy(variable, job->model->variable, (size_t)variables * sizeof *variable);
  memcpy(option, job->option, (size_t)job->options * sizeof *option);
  assert(frame->columns == variables);
  column[variables] = (Column){.kind = COLUMN_NUMBER, .number = weight};
  variable[variables] = (Variable){.name = "match=", .kind = COLUMN_NUMBER, .input = -1};
  *model = *job->model;
  model->variables = variables + 1;
  model->variable = variable;
  frame->column = column;
  frame->columns = variables + 1;
  for (int o = 0; o < job->options; o++) {
    if (strcmp(option[o].spec->name, "weights") != 0) continue;
    option[o].given = true;
    option[o].variable = variables;
  }
  job->model = model;
  job->option = option;
  frame_keep(run, frame, keep);
  frame->ledger.other += dropped;
  frame->ledger.other_why = "not matched";
}

void did_match(Job *job) {
  Run *run = job->run;
  const Nested *nested = option_value(job, "match")->nested;
  if (!nested || run_failed(run)) return;
  Model model = *job->model;
  model.outcome = nested->outcome;
  Job inner = *job;
  inner.estimator = nested->estimator;
  inner.model = &model;
  inner.options = nested->options;
  inner.option = nested->option;
  Treatment treatment;
  CrossSection c = {.job = &inner, .treatment = &treatment};
  const OptionValue *by = option_value(&inner, "by");
  if (nested->effects) run_fail(run, "match=: the score takes no absorbed effects; write i(...) among the regressors, exact= or by=");
  if (option_given(&inner, "outcome")) run_fail(run, "match=: outcome= has no place here; the effect is the regression's");
  matching_settings(&inner, &c.m.settings);
  if (!run_failed(run)) treatment_build(job, &treatment, false);
  if (!run_failed(run)) design_build(&inner, nested->terms, nested->term, nested->intercept, nested->intercept, DESIGN_BORROW, &c.design);
  if (run_failed(run)) return;
  c.units = !by->given && !by->text;
  c.ever = NEW_ARRAY(run, double, treatment.units);
  c.m.treat_name = model.variable[model.outcome].name;
  c.m.k = c.design.k;
  c.m.name = c.design.name;
  c.m.constant = nested->intercept;
  if (run_failed(run)) return;
  who_is_treated(&c, job_number(&inner, model.outcome), c.m.treat_name);
  const int32_t *exact = job_code(&inner, option_variable(&inner, "exact"));
  if (run_failed(run)) return;
  if (c.units) gather_units(&c, exact);
  else gather_rows(&c, option_variable(&inner, "by"), exact);
  if (!run_failed(run)) matching_run(run, &c.m);
  if (run_failed(run)) return;
  add_stats(&c, &job->result->fit);
  fit_add_word(&job->result->fit, "match", option_value(job, "match")->text);
  carry_weights(&c, job);
}
