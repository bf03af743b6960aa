/* panel_tfp.c: total factor productivity of units over time.
 *
 * The model is output ~ input1 + input2 ...; all numbers above zero. growth is ln(tfp_t / tfp_s) from the unit's row one step earlier (the shortest time between two rows of a unit); NULL over a gap.
 * 1. method=growth, shares=(a, b, ...): tfp = y / (x1^a x2^b ...), the Solow (1957) residual with constant shares. share=s, a column: growth = d ln y - m d ln x1 - (1 - m) d ln x2 with m the mean
 *    of s over both rows (Tornqvist); tfp is chained from 1 at a unit's first row.
 * 2. method=ols: ln y on an intercept and ln x; method=fe: with unit and time effects absorbed (effects=unit: the unit alone). tfp = y / (x1^b1 x2^b2 ...): intercept, effects and residual belong
 *    to it. The fit holds the elasticities b with the errors of any regression here (vcov=, ssc=).
 * 3. method=malmquist: malmquist.c; outputs= names further outputs.
 * 4. Rows with NULL take no part; those that singletons=drop leaves out of a regression neither. Two rows of a unit at one time are an error. */
#include "panel_tfp.h"

enum { MOST = 64 };

void productivity_chain(Productivity *p) {
  const PanelSeries *s = &p->series;
  for (int32_t u = 0; u < s->units; u++) {
    double sum = 0;
    for (int64_t i = s->first[u]; i < s->first[u + 1]; i++) {
      if (i > s->first[u]) sum += p->growth[s->row[i]]; /* NAN stays */
      p->tfp[s->row[i]] = exp(sum);
    }
  }
}

static void find_before(Productivity *p) {
  Run *run = p->job->run;
  p->n = p->job->frame->rows;
  if (!panel_series(p->job, "total factor productivity", &p->series)) return;
  const PanelSeries *s = &p->series;
  p->step = panel_step(s);
  p->before = NEW_ARRAY(run, int64_t, p->n);
  p->tfp = NEW_ARRAY(run, double, p->n);
  p->growth = NEW_ARRAY(run, double, p->n);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < p->n; row++) {
    p->before[row] = -1;
    p->tfp[row] = p->growth[row] = NAN;
  }
  for (int32_t u = 0; u < s->units; u++)
    for (int64_t i = s->first[u] + 1; i < s->first[u + 1]; i++)
      if (s->time[s->row[i]] - s->time[s->row[i - 1]] < 1.5 * p->step) p->before[s->row[i]] = s->row[i - 1];
  run_poll(run, 4 * (uint64_t)p->n);
}

static void check_positive(Run *run, int64_t n, const char *name, const double *x) {
  for (int64_t i = 0; i < n; i++)
    if (!(x[i] > 0)) {
      run_fail(run, "'%s' is %.15g in a row; outputs and inputs are numbers above 0", name, x[i]);
      return;
    }
  run_poll(run, (uint64_t)n);
}

/* The columns of output and inputs, as copies that may be overwritten. */
static void read_columns(Productivity *p) {
  Job *job = p->job;
  Run *run = job->run;
  const Model *model = job->model;
  const OptionValue *more = option_value(job, "outputs");
  Design inputs, outputs;
  design_build(job, model->terms, model->term, false, false, DESIGN_COPY, &inputs);
  design_build(job, more->terms, more->term, false, false, DESIGN_COPY, &outputs);
  if (run_failed(run)) return;
  if (inputs.k < 1 || inputs.k + outputs.k > MOST) {
    run_fail(run, inputs.k < 1 ? "there are no inputs: output ~ labour + capital" : "more than %d inputs and outputs", MOST);
    return;
  }
  p->inputs = inputs.k;
  p->outputs = 1 + outputs.k;
  p->input = inputs.column;
  p->input_name = inputs.name;
  p->output = NEW_ARRAY(run, double *, p->outputs);
  if (run_failed(run)) return;
  p->output[0] = design_column(job, model->outcome, DESIGN_COPY);
  for (int o = 0; o < outputs.k; o++) p->output[o + 1] = outputs.column[o];
  if (run_failed(run)) return;
  check_positive(run, p->n, model->variable[model->outcome].name, p->output[0]);
  for (int o = 0; o < outputs.k; o++) check_positive(run, p->n, outputs.name[o], outputs.column[o]);
  for (int i = 0; i < p->inputs; i++) check_positive(run, p->n, p->input_name[i], p->input[i]);
}

static void take_logs(Productivity *p) {
  for (int64_t row = 0; row < p->n; row++) p->output[0][row] = log(p->output[0][row]);
  for (int i = 0; i < p->inputs && run_poll(p->job->run, 20 * (uint64_t)p->n); i++)
    for (int64_t row = 0; row < p->n; row++) p->input[i][row] = log(p->input[i][row]);
  run_poll(p->job->run, 20 * (uint64_t)p->n);
}

/* tfp = y / (x1^b1 ...), from logarithms. */
static void level_of(Productivity *p, const double *elasticity) {
  for (int64_t row = 0; row < p->n; row++) {
    double left = p->output[0][row];
    for (int i = 0; i < p->inputs; i++) left -= elasticity[i] * p->input[i][row];
    p->tfp[row] = left;
  }
  for (int64_t row = 0; row < p->n; row++)
    if (p->before[row] >= 0) p->growth[row] = p->tfp[row] - p->tfp[p->before[row]];
  for (int64_t row = 0; row < p->n; row++) p->tfp[row] = exp(p->tfp[row]);
}

/* ------------------------------------------------------------------------------------------------ 1. growth accounting */

static void account(Productivity *p) {
  Job *job = p->job;
  Run *run = job->run;
  const OptionValue *shares = option_value(job, "shares");
  const double *share = job_number(job, option_variable(job, "share"));
  if (shares->given == (share != NULL)) {
    run_fail(run, "method=growth needs the shares of the inputs: shares=(.6,.4), one for each input, or share=column for the first of two; method=ols estimates them");
    return;
  }
  if (share && p->inputs != 2) run_fail(run, "share= is that of the first of two inputs; there %s %d", p->inputs == 1 ? "is" : "are", p->inputs);
  if (!share && shares->numbers != p->inputs) run_fail(run, "shares=%s names %d share%s for %d input%s", shares->text, shares->numbers, shares->numbers == 1 ? "" : "s", p->inputs, p->inputs == 1 ? "" : "s");
  if (run_failed(run)) return;
  take_logs(p);
  if (run_failed(run)) return;
  if (!share) {
    level_of(p, shares->list);
    for (int i = 0; i < p->inputs; i++) {
      FitTerm *term = fit_add_term(&job->result->fit, run_format(run, "ln(%s)", p->input_name[i]));
      if (term) term->estimate = shares->list[i];
    }
    return;
  }
  for (int64_t row = 0; row < p->n; row++) {
    if (!(share[row] >= 0 && share[row] <= 1)) {
      run_fail(run, "share= is %.15g in a row; a share is a number from 0 to 1", share[row]);
      return;
    }
    int64_t s = p->before[row];
    if (s < 0) continue;
    double m = 0.5 * (share[row] + share[s]);
    p->growth[row] = p->output[0][row] - p->output[0][s] - m * (p->input[0][row] - p->input[0][s]) - (1 - m) * (p->input[1][row] - p->input[1][s]);
  }
  productivity_chain(p);
}

/* ------------------------------------------------------------------------------------------------ 2. regression */

static void estimate(Productivity *p, bool effects) {
  Job *job = p->job;
  Run *run = job->run;
  Model inner = *job->model;
  AbsorbedEffect effect[2];
  inner.effects = 0;
  inner.effect = effect;
  if (effects) effect[inner.effects++] = (AbsorbedEffect){.name = inner.variable[inner.unit].name, .variable = inner.unit};
  if (effects && option_is(job, "effects", "both")) effect[inner.effects++] = (AbsorbedEffect){.name = inner.variable[inner.time].name, .variable = inner.time};
  inner.intercept = !effects;
  Job regression_job = *job;
  regression_job.model = &inner;
  Sample sample;
  sample_build(&regression_job, &sample);
  if (run_failed(run)) return;
  find_before(p); /* rows may have gone */
  if (!run_failed(run)) read_columns(p);
  if (run_failed(run)) return;
  take_logs(p);
  if (run_failed(run)) return;
  int k = p->inputs + sample.explicit_intercept, first = sample.explicit_intercept;
  Regression regression = {.k = k, .name = NEW_ARRAY(run, const char *, k), .x = NEW_ARRAY(run, double *, k), .y = NEW_ARRAY(run, double, p->n)};
  for (int j = 0; j < k && !run_failed(run); j++) {
    regression.x[j] = NEW_ARRAY(run, double, p->n);
    regression.name[j] = j < first ? "(Intercept)" : run_format(run, "ln(%s)", p->input_name[j - first]);
    for (int64_t row = 0; row < p->n && regression.x[j]; row++) regression.x[j][row] = j < first ? 1 : p->input[j - first][row];
  }
  if (run_failed(run)) return;
  memcpy(regression.y, p->output[0], (size_t)p->n * sizeof *regression.y);
  regression_fit(&regression_job, &sample, &regression);
  if (run_failed(run)) return;
  for (int j = first; j < k; j++)
    if (regression.ls.dropped[j]) {
      run_fail(run, "%s has no elasticity: it is constant, or the other inputs%s determine it", regression.name[j], effects ? " and the effects" : "");
      return;
    }
  regression_terms(&regression_job, &sample, &regression);
  regression_stats(&regression_job, &sample, &regression);
  level_of(p, regression.ls.beta + first);
}

/* ------------------------------------------------------------------------------------------------ rows */

typedef struct ResultColumn {
  const char *name;
  const double *value;
} ResultColumn;

static void report(Productivity *p) {
  Job *job = p->job;
  const Model *model = job->model;
  const ResultColumn column[] = {{"tfp", p->tfp}, {"tfp_growth", p->growth}, {"efficiency", p->efficiency}, {"malmquist", p->malmquist}, {"efficiency_change", p->efficiency_change},
                                 {"technical_change", p->technical_change}, {"pure_efficiency_change", p->pure_efficiency_change}, {"scale_change", p->scale_change}};
  enum { COLUMNS = sizeof column / sizeof column[0] };
  for (int c = 0; c < COLUMNS && job->want_rows; c++)
    if (column[c].value) result_row_number(job->result, column[c].name, column[c].value, false);
  for (int64_t row = 0; row < p->n && job->want_table; row++) {
    Cell *cell = result_add_row(job->result);
    if (!cell || !run_poll(job->run, 200)) return;
    cell_level(cell++, job_levels(job, model->unit), job_code(job, model->unit)[row]);
    cell_level(cell++, job_levels(job, model->time), job_code(job, model->time)[row]);
    for (int c = 0; c < COLUMNS; c++) cell_number(cell++, column[c].value ? column[c].value[row] : NAN);
  }
}

static void check_options(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  if (model->effects || model->endogenous) run_fail(run, "the model is output ~ input1 + input2; the panel is named by id= and time=%s", model->effects ? ", effects by method=fe" : "");
  else if (model->unit < 0 || model->time < 0) run_fail(run, "the units and the times are needed: id=..., time=...");
}

static void fit_tfp(Job *job) {
  Run *run = job->run;
  Productivity p = {.job = job};
  check_options(job);
  if (run_failed(run) || !job_has_rows(job, 2)) return;
  bool fe = option_is(job, "method", "fe"), regression = fe || option_is(job, "method", "ols");
  if (!regression) {
    find_before(&p);
    if (!run_failed(run) && p.series.longest < 2) run_fail(run, "no unit has two periods, which growth needs");
    if (!run_failed(run)) read_columns(&p);
  }
  if (run_failed(run)) return;
  if (regression) estimate(&p, fe);
  else if (option_is(job, "method", "malmquist")) malmquist_index(&p);
  else account(&p);
  if (run_failed(run)) return;
  fit_add_stat(&job->result->fit, "nobs", (double)p.n);
  report(&p);
}

static const OptionSpec own_options[] = {
    {"id", OPTION_LEVELS, NULL, NULL, "the unit"},
    {"time", OPTION_LEVELS, NULL, NULL, "the time, a number"},
    {"method", OPTION_CHOICE, "ols", "growth|ols|fe|malmquist", "growth accounting, residual of a regression without or with effects, data envelopment"},
    {"shares", OPTION_NUMBERS, NULL, NULL, "the share of each input, constant"},
    {"share", OPTION_VARIABLE, NULL, NULL, "the share of the first of two inputs in each row"},
    {"effects", OPTION_CHOICE, "both", "both|unit", "unit and time effects, or the unit's alone"},
    {"outputs", OPTION_TERMS, NULL, NULL, "further outputs, y2 + y3"},
    {"returns", OPTION_CHOICE, "crs", "crs|vrs", "vrs also splits efficiency into pure efficiency and scale"},
    {"orientation", OPTION_CHOICE, "output", "output|input", "more output or less input"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns[] = {"id", "time", "tfp", "growth", "efficiency", "malmquist", "efficiency_change", "technical_change", "pure_efficiency_change", "scale_change", NULL};
static const char *const row_columns[] = {"tfp", "tfp_growth", "efficiency", "malmquist", "efficiency_change", "technical_change", "pure_efficiency_change", "scale_change", NULL};
static const OptionUse uses[] = {
    {"shares", "method", "growth"},
    {"share", "method", "growth"},
    {"effects", "method", "fe"},
    {"outputs", "method", "malmquist"},
    {"returns", "method", "malmquist"},
    {"orientation", "returns", "vrs"},
    {"weights", "method", "ols|fe"},
    {"vcov", "method", "ols|fe"},
    {NULL, NULL, NULL}};
static const OptionSpec *const options[] = {own_options, OPTIONS_WHERE, OPTIONS_SAMPLE, OPTIONS_VCOV, NULL};

const Estimator ESTIMATOR_PANEL_TFP = {
    .name = "panel_tfp",
    .model = MODEL_FORMULA,
    .model_help = "output ~ labour + capital",
    .summary = "total factor productivity: growth accounting, production functions, DEA-Malmquist with its decomposition",
    .columns = columns,
    .stats = STATS_REGRESSION,
    .row_columns = row_columns,
    .options = options,
    .uses = uses,
    .flags = ESTIMATOR_ROWS | ESTIMATOR_PANEL,
    .fit = fit_tfp,
    .example = "SELECT id, time, tfp, growth FROM panel_tfp('munnell', 'GSP ~ EMP + PC', 'id=STATE, time=YR, method=fe') WHERE time > 1984",
};
