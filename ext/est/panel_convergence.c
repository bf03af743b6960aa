/* panel_convergence.c: do the units grow together: sigma and beta convergence.
 *
 * 1. y = ln x (log=0: y = x). sigma: for each time the sd (n - 1) of y over the units that are there, or with sigma=cv sd / |mean| of x itself. The row
 *    `trend` is the slope of sigma on time by least squares, with n - 2 degrees of freedom: negative where the units converge.
 * 2. beta (Barro, Sala-i-Martin 1992): (y_i,t+s - y_it) / s = a + b y_it + c'controls_it + effects. beta=panel: every t, s the shortest step between two
 *    times (step= another); beta=cross: t the first and t + s the last time. A unit without both takes no part at t. b < 0 is convergence: absolute
 *    without controls and effects, conditional with controls= or effects=unit|time|both.
 * 3. speed = -ln(1 + b s) / s, half_life = ln 2 / speed, errors by the delta method: se / (1 + b s), ln 2 se / ((1 + b s) speed^2). NULL where
 *    1 + b s <= 0; no half-life where b >= 0.
 * 4. Errors of beta are those of any regression here (vcov=, ssc=): clustered by the unit with effects=unit or both, by the first effect otherwise, hc1 without.
 * 5. Two rows of one unit at one time are an error, so is x <= 0 with log=1. Rows with NULL take no part; those without a later partner are counted as such. */
#include "est.h"

typedef struct Panel {
  int id, time;
  const double *x;
  double *y;           /* ln x or x */
  double *when;        /* the time as a number */
  RowGroups times;
  double step;
} Panel;

static void read_panel(Job *job, Panel *panel) {
  Run *run = job->run;
  int64_t n = job->frame->rows;
  panel->id = option_variable(job, "id");
  panel->time = option_variable(job, "time");
  if (job->model->indicators != 1) run_fail(run, "name one variable; %d were named", job->model->indicators);
  if (panel->id < 0 || panel->time < 0) run_fail(run, "the units and the times are needed: id=..., time=...");
  if (!job_has_rows(job, 3)) return;
  const Indicator *indicator = &job->model->indicator[0];
  double *y = NEW_ARRAY(run, double, n);
  panel->x = job_number(job, indicator->variable);
  panel->y = y;
  panel->when = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  bool logs = option_integer(job, "log") != 0;
  for (int64_t i = 0; i < n; i++) {
    if (logs && !(panel->x[i] > 0)) {
      run_fail(run, "'%s' is %g in a row: its logarithm needs numbers above 0; write log=0 to take it as it is", indicator->name, panel->x[i]);
      return;
    }
    y[i] = logs ? log(panel->x[i]) : panel->x[i];
    panel->when[i] = levels_number(job_levels(job, panel->time), job_code(job, panel->time)[i]);
    if (isnan(panel->when[i]))
      run_fail(run, "time=%s holds the text '%s': a time must be a number", job->model->variable[panel->time].name,
               levels_name(run, job_levels(job, panel->time), job_code(job, panel->time)[i]));
    if (run_failed(run) || ((i & 0x1FFF) == 0 && !run_poll(run, 0x2000 * 20))) return;
  }
  row_groups(job, panel->time, &panel->times);
  if (!run_failed(run) && panel->times.groups < 2) run_fail(run, "there is one period only: convergence needs two");
  run_poll(run, 20 * (uint64_t)n);
}

/* ------------------------------------------------------------------------------------------------ sigma (1) */

static FitTerm *add_part(Job *job, const char *part, const char *name) {
  FitTerm *term = fit_add_term(&job->result->fit, name);
  if (term) term->part = part;
  return term;
}

static void show(Job *job, const char *type, const Levels *levels, int32_t time, const FitTerm *term, int64_t n) {
  if (!job->want_table || !term) return;
  Cell *cell = result_add_row(job->result);
  if (!cell) return;
  cell_text(cell++, type);
  cell_level(cell++, levels, time);
  cell_text(cell++, term->term);
  const double numbers[] = {term->estimate, term->std_error, term->statistic, term->p_value, term->conf_low, term->conf_high};
  for (int i = 0; i < 6; i++) cell_number(cell++, numbers[i]);
  if (n >= 0) cell_integer(cell, n);
}

typedef struct Sigma {
  const char *word; /* sd, cv */
  double *spread;   /* of each time; NAN where one unit is there */
  FitTerm trend;
} Sigma;

/* Measures sigma and shows its rows. Its terms go into the fit after those of beta, which own the vcov. */
static void measure_sigma(Job *job, const Panel *panel, double level, Sigma *sigma) {
  Run *run = job->run;
  bool cv = option_is(job, "sigma", "cv");
  const Levels *levels = job_levels(job, panel->time);
  int32_t times = panel->times.groups;
  double *known = NEW_ARRAY(run, double, times), *when = NEW_ARRAY(run, double, times), *values = NEW_ARRAY(run, double, job->frame->rows);
  sigma->word = cv ? "cv" : "sd";
  sigma->spread = NEW_ARRAY(run, double, times);
  sigma->trend = (FitTerm){.term = "trend", .estimate = NAN, .std_error = NAN, .statistic = NAN, .p_value = NAN, .conf_low = NAN, .conf_high = NAN};
  if (run_failed(run)) return;
  int64_t count = 0;
  for (int32_t t = 0; t < times; t++) {
    int64_t n = panel->times.first[t + 1] - panel->times.first[t];
    double mean, squares;
    for (int64_t i = 0; i < n; i++) values[i] = (cv ? panel->x : panel->y)[panel->times.row[panel->times.first[t] + i]];
    mean_and_squares(n, values, &mean, &squares);
    sigma->spread[t] = n > 1 ? sqrt(squares / (double)(n - 1)) / (cv ? fabs(mean) : 1) : (double)NAN;
    FitTerm shown = {.term = sigma->word, .estimate = sigma->spread[t], .std_error = NAN, .statistic = NAN, .p_value = NAN, .conf_low = NAN, .conf_high = NAN};
    show(job, "sigma", levels, panel->times.level[t], &shown, n);
    if (!run_poll(run, 10 * (uint64_t)n)) return;
    if (!isfinite(sigma->spread[t])) continue;
    known[count] = sigma->spread[t];
    when[count++] = levels_number(levels, panel->times.level[t]);
  }
  double mean, squares, when_mean, when_squares, together = 0, residual = 0;
  mean_and_squares(count, known, &mean, &squares);
  mean_and_squares(count, when, &when_mean, &when_squares);
  for (int64_t t = 0; t < count; t++) together += (when[t] - when_mean) * (known[t] - mean);
  double slope = count > 1 ? together / when_squares : (double)NAN;
  for (int64_t t = 0; t < count; t++) {
    double e = known[t] - mean - slope * (when[t] - when_mean);
    residual += e * e;
  }
  sigma->trend.estimate = slope;
  if (count > 2) term_inference(&sigma->trend, slope, sqrt(residual / (double)(count - 2) / when_squares), (double)(count - 2), level);
  show(job, "sigma", NULL, -1, &sigma->trend, count);
}

static void keep_sigma(Job *job, const Panel *panel, const Sigma *sigma) {
  const Levels *levels = job_levels(job, panel->time);
  for (int32_t t = 0; t < panel->times.groups; t++) {
    FitTerm *term = add_part(job, "sigma", run_format(job->run, "%s::%s", sigma->word, levels_name(job->run, levels, panel->times.level[t])));
    if (!term || !run_poll(job->run, 300)) return;
    term->estimate = sigma->spread[t];
  }
  FitTerm *trend = add_part(job, "sigma", "trend");
  if (!trend) return;
  *trend = sigma->trend;
  trend->part = "sigma";
}

/* ------------------------------------------------------------------------------------------------ beta (2) */

static double shortest_step(const Job *job, const Panel *panel) {
  const Levels *levels = job_levels(job, panel->time);
  double shortest = INFINITY;
  for (int32_t t = 1; t < panel->times.groups; t++) shortest = fmin(shortest, levels_number(levels, panel->times.level[t]) - levels_number(levels, panel->times.level[t - 1]));
  return shortest;
}

/* Growth of each row to its partner s later; NAN where there is none. */
static double *growth(Job *job, Panel *panel) {
  Run *run = job->run;
  int64_t n = job->frame->rows, duplicate[2];
  const Levels *levels = job_levels(job, panel->time);
  const int32_t *unit = job_code(job, panel->id);
  double first = levels_number(levels, panel->times.level[0]), last = levels_number(levels, panel->times.level[panel->times.groups - 1]);
  bool cross = option_is(job, "beta", "cross");
  panel->step = cross ? last - first : shortest_step(job, panel);
  if (option_given(job, "step")) {
    panel->step = option_number(job, "step");
    if (!(panel->step > 0)) run_fail(run, "step=%s: it must be above 0", option_value(job, "step")->text);
  }
  PanelIndex *index = panel_index_new(run, n, unit, panel->when, duplicate);
  double *out = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return NULL;
  if (duplicate[0] >= 0) {
    run_fail(run, "'%s' has two rows at %s: a unit may have one row at each time", levels_name(run, job_levels(job, panel->id), unit[duplicate[0]]),
             levels_name(run, levels, job_code(job, panel->time)[duplicate[0]]));
    return NULL;
  }
  for (int64_t i = 0; i < n; i++) {
    int64_t later = cross && panel->when[i] != first ? -1 : panel_index_find(index, unit[i], panel->when[i] + panel->step);
    out[i] = later < 0 ? (double)NAN : (panel->y[later] - panel->y[i]) / panel->step;
    if ((i & 0x1FFF) == 0 && !run_poll(run, 0x2000 * 40)) return NULL;
  }
  return out;
}

static void add_speed(Job *job, const FitTerm *beta, double step, double df, double level) {
  double b = beta->estimate, se = beta->std_error, left = 1 + b * step, speed = left > 0 ? -log(left) / step : (double)NAN;
  FitTerm *term = add_part(job, "convergence", "speed");
  if (term && !isnan(speed)) term_inference(term, speed, se / left, df, level);
  show(job, "beta", NULL, -1, term, -1);
  term = add_part(job, "convergence", "half_life");
  if (term && speed > 0) {
    term_inference(term, log(2) / speed, log(2) * se / (left * speed * speed), df, level);
    term->statistic = term->p_value = NAN; /* that a half-life is zero is no hypothesis */
  }
  show(job, "beta", NULL, -1, term, -1);
}

/* A job of its own for the regression: the rows with a partner, and two columns more. */
static void add_beta(Job *job, Panel *panel, double level) {
  Run *run = job->run;
  Frame *frame = job->frame;
  const Model *model = job->model;
  double *change = growth(job, panel);
  if (run_failed(run)) return;
  int64_t n = frame->rows, kept = 0;
  bool *keep = NEW_ARRAY(run, bool, n);
  Column *column = NEW_ARRAY(run, Column, frame->columns + 3);
  Variable *variable = NEW_ARRAY(run, Variable, frame->columns + 3);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) {
    keep[i] = !isnan(change[i]);
    kept += keep[i];
  }
  if (kept < 3) run_fail(run, "only %lld rows have a partner %g later: beta convergence needs at least three", (long long)kept, panel->step);
  int start = frame->columns, outcome = start + 1, when = start + 2;
  memcpy(column, frame->column, (size_t)start * sizeof *column);
  memcpy(variable, model->variable, (size_t)start * sizeof *variable);
  column[start] = (Column){.kind = COLUMN_NUMBER, .number = panel->y};
  column[outcome] = (Column){.kind = COLUMN_NUMBER, .number = change};
  column[when] = (Column){.kind = COLUMN_NUMBER, .number = panel->when};
  for (int v = start; v <= when; v++) variable[v] = (Variable){.name = v == start ? "beta" : v == outcome ? "growth" : "time", .kind = COLUMN_NUMBER, .input = -1};
  frame->column = column;
  frame->columns = start + 3;
  frame_keep(run, frame, keep);
  frame->ledger.other += n - kept;
  frame->ledger.other_why = "without a later partner";

  const char *effects = option_value(job, "effects")->text;
  bool unit_effect = strcmp(effects, "unit") == 0 || strcmp(effects, "both") == 0, time_effect = strcmp(effects, "time") == 0 || strcmp(effects, "both") == 0;
  AbsorbedEffect effect[2];
  Model regression_model = *model;
  regression_model.kind = MODEL_FORMULA;
  regression_model.variables = frame->columns;
  regression_model.variable = variable;
  regression_model.outcome = outcome;
  regression_model.effect = effect;
  regression_model.effects = 0;
  if (unit_effect) effect[regression_model.effects++] = (AbsorbedEffect){.name = model->variable[panel->id].name, .variable = panel->id};
  if (time_effect) effect[regression_model.effects++] = (AbsorbedEffect){.name = model->variable[panel->time].name, .variable = panel->time};
  regression_model.intercept = regression_model.effects == 0;
  regression_model.unit = panel->id;
  regression_model.time = panel->time;
  regression_model.time_number = when;
  const OptionValue *controls = option_value(job, "controls");
  TermFactor factor = {.variable = start};
  Term *term = NEW_ARRAY(run, Term, controls->terms + 1);
  if (run_failed(run)) return;
  term[0] = (Term){.name = "beta", .factors = 1, .factor = &factor};
  for (int t = 0; t < controls->terms; t++) term[t + 1] = controls->term[t];
  Job inner = *job;
  inner.model = &regression_model;

  Sample sample;
  sample_build(&inner, &sample);
  if (run_failed(run)) return;
  Design design;
  design_build(&inner, controls->terms + 1, term, sample.explicit_intercept, true, DESIGN_COPY, &design);
  Regression regression = {.k = design.k, .name = design.name, .x = design.column, .y = run_failed(run) ? NULL : design_column(&inner, outcome, DESIGN_COPY)};
  if (run_failed(run)) return;
  regression_fit(&inner, &sample, &regression);
  if (run_failed(run)) return;
  regression_terms(&inner, &sample, &regression);
  regression_stats(&inner, &sample, &regression);
  fit_add_stat(&job->result->fit, "nobs", (double)sample.n);
  fit_add_stat(&job->result->fit, "step", panel->step);
  if (run_failed(run)) return;
  for (int t = 0; t < job->result->fit.vcov_terms; t++) show(job, "beta", NULL, -1, &job->result->fit.term[t], sample.n);
  const FitTerm beta = *fit_find_term(&job->result->fit, "beta");
  add_speed(job, &beta, panel->step, regression.account.df_t, level);
}

static void fit_convergence(Job *job) {
  Panel panel = {0};
  Sigma sigma = {0};
  double level = option_number(job, "level");
  bool only_sigma = option_is(job, "type", "sigma"), only_beta = option_is(job, "type", "beta");
  if (!(level > 0 && level < 1)) run_fail(job->run, "level=%.15g must lie between 0 and 1, such as 0.95", level);
  read_panel(job, &panel);
  if (!run_failed(job->run) && !only_beta) measure_sigma(job, &panel, level, &sigma);
  if (!run_failed(job->run)) fit_add_stat(&job->result->fit, "nobs", (double)job->frame->rows);
  if (!run_failed(job->run) && !only_sigma) add_beta(job, &panel, level);
  if (!run_failed(job->run) && !only_beta) keep_sigma(job, &panel, &sigma);
}

static const OptionSpec own_options[] = {
    {"id", OPTION_LEVELS, NULL, NULL, "the unit"},
    {"time", OPTION_LEVELS, NULL, NULL, "the time, a number"},
    {"type", OPTION_CHOICE, "both", "both|sigma|beta", "which convergence"},
    {"log", OPTION_BOOLEAN, "1", NULL, "take the logarithm of the variable"},
    {"sigma", OPTION_CHOICE, "sd", "sd|cv", "spread at each time: sd of the logarithm, or sd / mean of the variable itself"},
    {"beta", OPTION_CHOICE, "panel", "panel|cross", "growth over each step, or from the first to the last time"},
    {"step", OPTION_NUMBER, NULL, NULL, "length of a step; default: the shortest between two times"},
    {"controls", OPTION_TERMS, NULL, NULL, "x1 + x2: conditional beta"},
    {"effects", OPTION_CHOICE, "none", "none|unit|time|both", "effects in the regression of beta"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns[] = {"type", "time", "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "n", NULL};
static const OptionUse uses[] = {
    {"sigma", "type", "both|sigma"},
    {"beta", "type", "both|beta"},
    {"step", "type", "both|beta"},
    {"step", "beta", "panel"},
    {"controls", "type", "both|beta"},
    {"effects", "type", "both|beta"},
    {"weights", "type", "both|beta"},
    {"vcov", "type", "both|beta"},
    {NULL, NULL, NULL}};
static const OptionSpec *const options[] = {own_options, OPTIONS_WHERE, OPTIONS_SAMPLE, OPTIONS_VCOV, NULL};

const Estimator ESTIMATOR_PANEL_CONVERGENCE = {
    .name = "panel_convergence",
    .model = MODEL_VARIABLES,
    .model_help = "x",
    .summary = "sigma convergence (spread over time) and beta convergence (growth on the initial level), with speed and half-life",
    .columns = columns,
    .stats = STATS_REGRESSION,
    .options = options,
    .uses = uses,
    .fit = fit_convergence,
    .example = "SELECT type, time, term, estimate, std_error, p_value FROM panel_convergence('gapminder', 'gdpPercap', 'id=country, time=year')",
};
