/* fe_ols.c: ordinary least squares with any number of absorbed effects.
 *
 * 1. y = x'b + sum of effects + e, minimising sum w e^2; the effects are projected out exactly (absorb.c), so b, its errors and all
 *    statistics are those of the regression with a dummy for each level.
 * 2. Terms, collinearity: of collinear terms the later one is given up; its row stays, with NULL numbers.
 * 3. Rows of the virtual table: fitted = x'b + effects, residual = y - fitted, and for each effect its own part: all effects but the first
 *    add up to zero over the used rows; with slopes (firm[x]) the part is intercept + slope x.
 * Reference: Frisch and Waugh (1933), Lovell (1963); degrees of freedom as in regression.c. */
#include "est.h"

/* The parts of the effects: the projection of y - x'b. */
static void effect_parts(Job *job, const Sample *sample, const Regression *regression, const double *fitted) {
  Run *run = job->run;
  int64_t n = sample->n;
  Design design; /* x as it was before the effects were absorbed */
  design_build(job, job->model->terms, job->model->term, sample->explicit_intercept, sample->any_intercept, DESIGN_BORROW, &design);
  double *rest = NEW_ARRAY(run, double, n), **coefficient = NEW_ARRAY(run, double *, sample->effects);
  if (run_failed(run)) return;
  memcpy(rest, fitted, (size_t)n * sizeof *rest);
  for (int j = 0; j < regression->k; j++)
    for (int64_t row = 0; row < n && !regression->ls.dropped[j]; row++) rest[row] -= regression->ls.beta[j] * design.column[j][row];
  for (int e = 0; e < sample->effects; e++)
    coefficient[e] = NEW_ARRAY(run, double, (size_t)sample->effect[e].levels * (size_t)(sample->effect[e].intercept + sample->effect[e].slopes));
  if (run_failed(run)) return;
  absorb_coefficients(sample->absorber, rest, coefficient);
  for (int e = 0; e < sample->effects && !run_failed(run); e++) {
    const Effect *effect = &sample->effect[e];
    int width = effect->intercept + effect->slopes;
    double *part = NEW_ARRAY(run, double, n);
    if (run_failed(run)) return;
    for (int64_t row = 0; row < n; row++) {
      const double *c = coefficient[e] + (int64_t)effect->code[row] * width;
      part[row] = effect->intercept ? c[0] : 0;
      for (int s = 0; s < effect->slopes; s++) part[row] += c[effect->intercept + s] * effect->slope[s][row];
    }
    result_row_number(job->result, run_format(run, "fe_%s", sample->effect_name[e]), part, false);
  }
}

static void fit(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  if (model->endogenous) run_fail(run, "a third part (endogenous ~ instruments) needs fe_iv");
  DesignMode mode = job->want_rows ? DESIGN_COPY : DESIGN_TAKE;
  Sample sample;
  Design design;
  sample_build(job, &sample);
  if (run_failed(run)) return;
  design_build(job, model->terms, model->term, sample.explicit_intercept, sample.any_intercept, mode, &design);
  Regression regression = {.k = design.k, .name = design.name, .x = design.column};
  if (!run_failed(run)) regression.y = design_column(job, model->outcome, mode);
  if (run_failed(run)) return;
  regression_fit(job, &sample, &regression);
  if (run_failed(run)) return;
  regression_terms(job, &sample, &regression);
  regression_stats(job, &sample, &regression);
  result_tidy(job);
  if (!job->want_rows || run_failed(run)) return;
  double *fitted = NEW_ARRAY(run, double, sample.n);
  if (run_failed(run)) return;
  const double *y = job_number(job, model->outcome);
  for (int64_t row = 0; row < sample.n; row++) fitted[row] = y[row] - regression.residual[row];
  result_row_number(job->result, "fitted", fitted, false);
  result_row_number(job->result, "residual", regression.residual, false);
  if (sample.effects) effect_parts(job, &sample, &regression, fitted);
}

static const OptionSpec *const OPTIONS[] = {OPTIONS_WHERE, OPTIONS_PANEL, OPTIONS_SAMPLE, OPTIONS_VCOV, NULL};
static const char *const ROW_COLUMNS[] = {"fitted", "residual", "fe_*", NULL};

const Estimator ESTIMATOR_FE_OLS = {
    .name = "fe_ols",
    .model = MODEL_FORMULA,
    .model_help = "y ~ x1 + x2 | effect1 + effect2",
    .summary = "least squares with absorbed fixed effects and the right errors",
    .columns = COLUMNS_TIDY,
    .stats = STATS_REGRESSION,
    .row_columns = ROW_COLUMNS,
    .options = OPTIONS,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_ROWS,
    .short_values = "y, unit?, time?, x...",
    .short_spec = "y ~ x... | unit + time",
    .fit = fit,
    .example = "SELECT term, estimate, std_error, p_value FROM fe_ols('castle', 'l_homicide ~ post | sid + year', 'vcov=cluster(sid)')",
};
