/* glm_regression.c: the regression around the likelihood: fe_poisson, fe_logit and fe_probit share all of it but the family.
 *
 * 1. Rows that have no finite fit are dropped and counted in the ledger as separated: those of levels of an absorbed effect whose outcomes are all 0 (or, for
 *    logit and probit, all 1), and those that regressors and effects together separate (separation.c), until none is left; the word `separation` says how many of each.
 * 2. Of collinear terms the later one is given up, as in fe_ols; this is decided before the first step, with the prior weights.
 * 3. p-values are normal. vcov: iid is the inverse of the expected information, without any factor; for the others the scores are W x~ r of glm.c at the last
 *    iterate, and the corrections are those of fe_ols (K counts effects in the same way).
 * 4. pseudo_r2 = 1 - ll / ll of the null model (McFadden 1974); aic = -2 ll + 2 P, bic = -2 ll + ln(N) P, P terms and levels; rmse of the response residuals.
 *    constant: where effects are absorbed, the mean of eta less offset and mean(x)'b. Tests: wald (all slopes are zero, under the vcov) and lr (against the null model).
 * 5. Rows of the virtual table: fitted = mu, residual = y - mu. */
#include "glm.h"

#include <float.h>

const OptionSpec OPTIONS_GLM[] = {
    {"offset", OPTION_VARIABLE, NULL, NULL, "added to the linear predictor with coefficient 1, such as ln(exposure)"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
const char *const STATS_GLM[] = {"nobs", "pseudo_r2", "ll", "ll_null", "deviance", "null_deviance", "aic", "bic", "df_resid", "rmse", "constant", "iterations_irls",
                                 "r2", "r2_adj", "r2_within", "f_statistic", "f_p_value", NULL};
const char *const ROW_COLUMNS_GLM[] = {"fitted", "residual", NULL};

typedef struct Maximum {
  Job *job;
  GlmFamily family;
  Sample sample;
  Design design;
  double *scale;           /* of the design's columns */
  bool *dropped;           /* collinear, decided before the first step */
  Glm glm;
  int64_t groups, regressors; /* rows separated by effects alone; by regressors and effects */
  bool undecided;
} Maximum;

/* ---- the outcome */

static const char *outcome_name(const Job *job) { return job->model->variable[job->model->outcome].name; }

static void check_outcome(Job *job, GlmFamily family) {
  Run *run = job->run;
  const double *y = job_number(job, job->model->outcome), *weight = job_number(job, option_variable(job, "weights"));
  int64_t zeros = 0, used = 0;
  for (int64_t row = 0; row < job->frame->rows; row++) {
    bool count = family == GLM_POISSON;
    if (count ? y[row] < 0 : y[row] != 0 && y[row] != 1) {
      run_fail(run, count ? "the outcome '%s' is negative (%.15g); a Poisson model needs 0 or more" : "the outcome '%s' must be 0 or 1, it is %.15g in some row", outcome_name(job), y[row]);
      return;
    }
    if (weight && weight[row] == 0) continue;
    zeros += y[row] == 0;
    used++;
  }
  if (used && (zeros == used || (family != GLM_POISSON && zeros == 0)))
    run_fail(run, "the outcome '%s' is %d in all of the %lld used rows; there is nothing to explain", outcome_name(job), zeros == used ? 0 : 1, (long long)used);
}

/* ---- rows that must go */

/* Rule 1, levels: one round over all effects. */
static int64_t drop_levels(Maximum *m) {
  Job *job = m->job;
  Run *run = job->run;
  const Sample *sample = &m->sample;
  const double *y = job_number(job, job->model->outcome);
  bool *keep = NEW_ARRAY(run, bool, sample->n);
  int64_t gone = 0;
  if (run_failed(run)) return 0;
  memset(keep, 1, (size_t)sample->n);
  for (int e = 0; e < sample->effects; e++) {
    const Effect *effect = &sample->effect[e];
    if (!effect->intercept) continue;
    uint8_t *seen = NEW_ARRAY(run, uint8_t, effect->levels); /* 1: zeros, 2: others */
    if (run_failed(run)) return 0;
    for (int64_t row = 0; row < sample->n; row++)
      if (keep[row]) seen[effect->code[row]] |= y[row] == 0 ? 1 : 2;
    for (int64_t row = 0; row < sample->n; row++) {
      uint8_t found = seen[effect->code[row]];
      if (!keep[row] || found == 3 || (found == 2 && m->family == GLM_POISSON)) continue;
      keep[row] = false;
      gone++;
    }
    run_free(run, seen);
    if (!run_poll(run, (uint64_t)sample->n * 4)) return 0;
  }
  if (gone) frame_keep(run, job->frame, keep);
  run_free(run, keep);
  return gone;
}

static void describe(Maximum *m) {
  Job *job = m->job;
  const Sample *sample = &m->sample;
  m->glm = (Glm){.family = m->family, .n = sample->n, .k = m->design.k, .x = m->design.column, .y = job_number(job, job->model->outcome), .weight = sample->weight,
                 .offset = job_number(job, option_variable(job, "offset")), .effects = sample->effects, .effect = sample->effect, .constant = sample->any_intercept,
                 .tolerance = option_number(job, "tolerance")};
}

static int64_t drop_separated(Maximum *m) {
  Job *job = m->job;
  Run *run = job->run;
  int64_t n = m->sample.n;
  bool *separated = NEW_ARRAY(run, bool, n), decided = true;
  if (run_failed(run)) return 0;
  int64_t count = separated_rows(run, &m->glm, separated, &decided);
  m->undecided = !decided;
  for (int64_t row = 0; row < n; row++) separated[row] = !separated[row];
  if (count && !run_failed(run)) frame_keep(run, job->frame, separated);
  run_free(run, separated);
  return count;
}

static void none_left(Maximum *m) {
  const Ledger *ledger = &m->job->frame->ledger;
  run_fail(m->job->run, "'%s' is predicted perfectly: %lld rows are separated by the regressors, %lld belong to levels of an effect with the same outcome throughout, and no row is left",
           outcome_name(m->job), (long long)m->regressors, (long long)(ledger->separated - m->regressors));
}

/* Sample and design without the rows that must go. Dropping some may make others singletons, or levels constant, so all is asked again. */
static void settle(Maximum *m) {
  Job *job = m->job;
  Run *run = job->run;
  for (int64_t gone = 1; gone && !run_failed(run);) {
    sample_build(job, &m->sample);
    if (run_failed(run)) return;
    gone = drop_levels(m);
    m->groups += gone;
    if (!gone) {
      design_build(job, job->model->terms, job->model->term, m->sample.explicit_intercept, m->sample.any_intercept, DESIGN_BORROW, &m->design);
      if (run_failed(run)) return;
      describe(m);
      m->regressors += gone = drop_separated(m);
    }
    job->frame->ledger.separated = m->groups + m->regressors;
    if (!run_failed(run) && job->frame->rows == 0) none_left(m);
  }
}

/* ---- collinear terms */

/* Rule 2: the columns that stay, as pointers; x is absorbed into a copy. */
static void find_collinear(Maximum *m) {
  Run *run = m->job->run;
  const Sample *sample = &m->sample;
  int64_t n = sample->n;
  int k = m->design.k;
  Run own;
  run_begin(&own, run->host);
  double **x = NEW_ARRAY(&own, double *, k), *zero = NEW_ARRAY(&own, double, n), *scale = NEW_ARRAY(&own, double, k);
  for (int j = 0; j < k && !run_failed(&own); j++) {
    x[j] = NEW_ARRAY(&own, double, n);
    if (run_failed(&own)) break;
    memcpy(x[j], m->design.column[j], (size_t)n * sizeof(double));
    scale[j] = norm_to_absorb(sample->effects, sample->effect, n, x[j], sample->weight, NULL);
  }
  LeastSquares ls;
  if (!run_failed(&own) && sample->absorber) absorb_columns(sample->absorber, k, x);
  if (!run_failed(&own) && !run_failed(run)) least_squares(&own, n, k, x, zero, sample->weight, sample->absorber ? scale : NULL, NULL, &ls);
  m->dropped = NEW_ARRAY(run, bool, k);
  double **kept = NEW_ARRAY(run, double *, k);
  m->glm.k = 0;
  m->glm.x = kept;
  for (int j = 0; j < k && !run_failed(&own) && !run_failed(run); j++) {
    m->dropped[j] = ls.dropped[j];
    if (!ls.dropped[j]) kept[m->glm.k++] = m->design.column[j];
  }
  run_join(run, &own);
}

/* ---- the result */

/* The fit as one linear equation with weights: what regression.c needs to know of it. */
static void as_regression(Maximum *m, Regression *regression) {
  Run *run = m->job->run;
  const Glm *glm = &m->glm;
  int k = m->design.k;
  *regression = (Regression){.k = k, .name = m->design.name, .x = NEW_ARRAY(run, double *, k), .residual = glm->working};
  LeastSquares *ls = &regression->ls;
  *ls = (LeastSquares){.k = k, .rank = glm->ls.rank, .dropped = m->dropped, .beta = NEW_ARRAY(run, double, k), .bread = NEW_ARRAY(run, double, (size_t)k * (size_t)k), .method = glm->ls.method};
  int *place = NEW_ARRAY(run, int, k);
  if (run_failed(run)) return;
  for (int j = 0, next = 0; j < k; j++) {
    place[j] = m->dropped[j] ? -1 : next++;
    ls->beta[j] = m->dropped[j] ? NAN : glm->ls.beta[place[j]];
    if (m->dropped[j]) continue;
    regression->x[j] = glm->absorbed[place[j]];
    ls->dropped[j] = glm->ls.dropped[place[j]];
    for (int i = 0; i <= j; i++)
      if (place[i] >= 0) ls->bread[i * k + j] = ls->bread[j * k + i] = glm->ls.bread[place[i] * glm->k + place[j]];
  }
}

static void compute_errors(Maximum *m, Regression *regression) {
  Job *job = m->job;
  Run *run = job->run;
  m->sample.weight = m->glm.irls_weight; /* of the last iterate, and the effects absorbed with them */
  m->sample.absorber = m->glm.absorber;
  regression->k_full = regression_count(job, &m->sample, regression->ls.rank, true);
  regression->k_counted = regression_count(job, &m->sample, regression->ls.rank, false);
  int k = regression->k;
  if (m->sample.vcov_kind == VCOV_IID) {
    regression->vcov = NEW_ARRAY(run, double, k * k);
    for (int i = 0; i < k * k && !run_failed(run); i++)
      regression->vcov[i] = regression->ls.dropped[i % k] || regression->ls.dropped[i / k] ? NAN : regression->ls.bread[i];
    regression->account.factor = 1;
  } else {
    regression_term_vcov(job, &m->sample, regression);
  }
  regression->account.df_t = INFINITY;
}

static void add_tests(Maximum *m, const Regression *regression) {
  Run *run = m->job->run;
  Fit *fit = &m->job->result->fit;
  int slopes = 0, *position = NEW_ARRAY(run, int, regression->k), df = 0;
  if (run_failed(run)) return;
  for (int j = 0; j < regression->k; j++)
    if (!regression->ls.dropped[j] && !(j == 0 && m->sample.explicit_intercept)) position[slopes++] = j;
  double wald = slopes ? wald_statistic(run, regression->k, regression->ls.beta, regression->vcov, slopes, position, &df) : NAN;
  if (!run_failed(run) && !isnan(wald) && df) fit_add_test(fit, "wald", NULL, "all slopes are zero", wald, df, NAN, chi2_upper(wald, df));
  double lr = 2 * (m->glm.ll - m->glm.null_ll), more = regression->k_full - m->sample.any_intercept;
  if (more > 0) fit_add_test(fit, "lr", NULL, "the model with the constant alone is as good", lr, more, NAN, chi2_upper(lr, more));
}

/* Rule 4. */
static void add_stats(Maximum *m, const Regression *regression) {
  Fit *fit = &m->job->result->fit;
  const Glm *glm = &m->glm;
  double n = (double)glm->n, squares = 0, weights = 0, eta = 0, outcome = 0, prior = 1;
  const double *weight = glm->weight;
  for (int64_t i = 0; i < glm->n; i++) {
    if (weight) prior = weight[i];
    double residual = glm->y[i] - glm->mu[i];
    squares += prior * residual * residual;
    weights += prior;
    outcome += prior * glm->y[i];
    eta += prior * (glm->eta[i] - (glm->offset ? glm->offset[i] : 0));
  }
  fit->nobs = glm->n;
  fit_add_stat(fit, "pseudo_r2", glm->null_ll != 0 ? 1 - glm->ll / glm->null_ll : NAN);
  fit_add_stat(fit, "ll", glm->ll);
  fit_add_stat(fit, "ll_null", glm->null_ll);
  fit_add_stat(fit, "deviance", glm->deviance);
  fit_add_stat(fit, "null_deviance", glm->null_deviance);
  fit_add_stat(fit, "aic", -2 * glm->ll + 2 * regression->k_full);
  fit_add_stat(fit, "bic", -2 * glm->ll + log(n) * regression->k_full);
  fit_add_stat(fit, "df_resid", n - regression->k_full);
  fit_add_stat(fit, "rmse", sqrt(squares / n));
  fit_add_stat(fit, "outcome_mean", outcome / weights);
  bool absorbed = false;
  for (int e = 0; e < m->sample.effects; e++) absorbed |= m->sample.effect[e].intercept;
  if (absorbed) {
    double constant = eta / weights, mean;
    for (int j = 0; j < regression->k; j++) {
      centred_norm(glm->n, m->design.column[j], weight, &mean);
      if (!regression->ls.dropped[j]) constant -= mean * regression->ls.beta[j];
    }
    fit_add_stat(fit, "constant", constant);
  }
  fit_add_stat(fit, "iterations_irls", glm->iterations);
  const char *separation = m->undecided ? "not known: the search for separated rows did not end; see whether some estimate is very large" : "none";
  if (m->groups + m->regressors)
    separation = run_format(m->job->run, "dropped: %lld rows of levels of an effect with the same outcome throughout, %lld rows separated by the regressors",
                            (long long)m->groups, (long long)m->regressors);
  fit_add_word(fit, "separation", separation);
}

static void add_rows(Maximum *m) {
  Job *job = m->job;
  const Glm *glm = &m->glm;
  double *residual = NEW_ARRAY(job->run, double, glm->n);
  if (run_failed(job->run)) return;
  for (int64_t i = 0; i < glm->n; i++) residual[i] = glm->y[i] - glm->mu[i];
  result_row_number(job->result, "fitted", glm->mu, false);
  result_row_number(job->result, "residual", residual, false);
}

void glm_regression(Job *job, GlmFamily family) {
  Run *run = job->run;
  const VcovSpec *spec = option_value(job, "vcov")->vcov;
  if (job->model->endogenous) run_fail(run, "the formula has a third part (endogenous ~ instruments), which a likelihood model does not take");
  if (spec && (spec->kind == VCOV_WILD || spec->kind == VCOV_CV3)) run_fail(run, "vcov=%s is for linear models; take cluster(...)", spec->text);
  if (!run_failed(run)) check_outcome(job, family);
  if (run_failed(run)) return;
  Maximum m = {.job = job, .family = family};
  settle(&m);
  if (!run_failed(run)) find_collinear(&m);
  if (run_failed(run)) return;
  double most = regression_count(job, &m.sample, m.glm.k, true);
  if ((double)m.sample.n <= most && !run_failed(run))
    run_fail(run, "%lld used rows are not enough for %.0f coefficients (terms and levels of the effects)", (long long)m.sample.n, most);
  glm_fit(run, &m.glm);
  Regression regression;
  if (!run_failed(run)) as_regression(&m, &regression);
  if (!run_failed(run)) compute_errors(&m, &regression);
  if (run_failed(run)) return;
  regression_terms(job, &m.sample, &regression);
  add_stats(&m, &regression);
  regression_account(job, &m.sample, &regression);
  add_tests(&m, &regression);
  result_tidy(job);
  if (job->want_rows && !run_failed(run)) add_rows(&m);
}
