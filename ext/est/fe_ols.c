/* fe_ols.c: ordinary least squares with any number of absorbed effects.
 *
 * 1. y = x'b + sum of effects + e, minimising sum w e^2; the effects are projected out exactly (absorb.c), so b, its errors and all
 *    statistics are those of the regression with a dummy for each level.
 * 2. Terms, collinearity: of collinear terms the later one is given up; its row stays, with NULL numbers.
 * 3. Rows of the virtual table: fitted = x'b + effects, residual = y - fitted, and for each effect its own part: all effects but the first
 *    add up to zero over the used rows; with slopes (firm[x]) the part is intercept + slope x.
 * 4. beta, an attribute of each term but the intercept: b sd(x) / sd(y), weighted, of the columns as they are before absorption; none without an intercept.
 * Reference: Frisch and Waugh (1933), Lovell (1963); degrees of freedom as in regression.c. */
#include "est.h"

/* Rule 4. */
static void standardized(Fit *fit, const Sample *sample, const Regression *regression) {
  int k = regression->k;
  if (!sample->any_intercept || (sample->effects && sample->explicit_intercept)) return; /* slopes alone: the norms are not about the means */
  for (int j = 0; j < k && regression->spread[k] > 0; j++)
    if (!regression->ls.dropped[j] && regression->spread[j] > 0) fit_term_number(fit, &fit->term[j], "beta", regression->ls.beta[j] * regression->spread[j] / regression->spread[k]);
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
  if (!run_failed(run)) standardized(&job->result->fit, &sample, &regression);
  regression_stats(job, &sample, &regression);
  fit_add_stat(&job->result->fit, "outcome_mean", regression.y_mean);
  result_tidy(job);
  if (!job->want_rows || run_failed(run)) return;
  Design before; /* x as it was before the effects were absorbed */
  design_build(job, model->terms, model->term, sample.explicit_intercept, sample.any_intercept, DESIGN_BORROW, &before);
  if (!run_failed(run)) regression_rows(job, &sample, before.k, before.column, regression.ls.beta, regression.residual);
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
