/* fe_iv.c: instrumental variables with any number of absorbed effects: two-stage least squares, LIML, two-step GMM.
 *
 * 1. y = X b + W c + effects + u, X endogenous, W exogenous (the intercept among them), Z the excluded instruments. Effects are projected out
 *    exactly from all columns, then W (Frisch-Waugh); with P the projection on what is left of Z, M = I - P, and weights w in every inner product:
 *    2SLS b = (X'PX)^-1 X'Py; LIML b = (X'(I-kM)X)^-1 X'(I-kM)y, k = 1/(1-r^2) with r the smallest canonical correlation of (y, X) with Z;
 *    GMM b = (X'Z S^-1 Z'X)^-1 X'Z S^-1 Z'y, S the covariance of the moments Z'u under the model's vcov (sums, no small-sample factor) at the
 *    residuals of 2SLS. Under iid, and where the equation is exactly identified, GMM is 2SLS. c follows: W'u = 0; for GMM W'u = S_WZ S_ZZ^-1 Z'u, so that
 *    b and c are those of the full set of moments (W, Z).
 * 2. Variance: 2SLS and LIML B M B with B the inverse above (bordered by W), M from the scores w u (PX, W), u with the true X (as ivreg2 and linearmodels);
 *    iid: B u'u/(N-K). GMM: the sandwich with the weight S of the first step and the scores at its own residuals. K as in fe_ols.
 *    hc2, hc3 and hc4 need hat values, those of the projected regressors: 2SLS only.
 * 3. r2, rmse, ll from the residuals u; r2 may be negative. fitted = y - u.
 * 4. Order of terms: the intercept, endogenous, exogenous; first stages (part "first: NAME"): the intercept, instruments, exogenous.
 * 5. Of collinear columns the later is given up, in the order W, Z: an instrument that effects, W or earlier instruments explain has a row with NULL
 *    numbers in the first stage and is named by the fit's word instruments_dropped. An equation with fewer kept instruments than endogenous regressors, with an
 *    endogenous regressor that effects, W or other endogenous regressors explain, or with a smallest canonical correlation of X with Z below 1e-8, is not
 *    identified: an error. So is an endogenous regressor that the instruments explain to ten digits: it would be its own instrument.
 * 6. Tests: iv_tests.c.
 * Reference: Hayashi (2000), Econometrics, ch. 3 and 8; Baum, Schaffer and Stillman (2007), Stata Journal 7(4). */
#include "iv.h"

/* ---- columns */

/* "a, b" */
static const char *joined(Run *run, int count, const char *const *name, const bool *chosen) {
  const char *all = NULL;
  for (int j = 0; j < count && !run_failed(run); j++)
    if (!chosen || chosen[j]) all = all ? run_format(run, "%s, %s", all, name[j]) : name[j];
  return all ? all : "none";
}

/* A name of a that is also in b, or NULL. */
static const char *shared_name(const Design *a, const Design *b) {
  for (int i = 0; i < a->k; i++)
    for (int j = 0; j < b->k; j++)
      if (strcmp(a->name[i], b->name[j]) == 0) return a->name[i];
  return NULL;
}

static void check_roles(Run *run, const IvEquation *eq) {
  const char *outcome = eq->job->model->variable[eq->job->model->outcome].name;
  const Design *x = &eq->endogenous, *w = &eq->exogenous, *z = &eq->instrument;
  const char *name = shared_name(x, w);
  if (name) run_fail(run, "%s stands among the exogenous regressors and among the endogenous ones; it can only be one of them", name);
  name = shared_name(x, z);
  if (name) run_fail(run, "%s is endogenous, so it cannot be its own instrument", name);
  name = shared_name(z, w);
  if (name) run_fail(run, "%s is an exogenous regressor, so it is an instrument already; the third part names the excluded instruments only", name);
  const Design *part[] = {x, w, z};
  for (int d = 0; d < 3; d++)
    for (int j = 0; j < part[d]->k; j++)
      if (strcmp(part[d]->name[j], outcome) == 0) run_fail(run, "the outcome %s cannot explain itself", outcome);
  if (x->k == 0) run_fail(run, "no endogenous regressor is left: the term makes no column");
  if (z->k == 0) run_fail(run, "no instrument is left: the term makes no column");
}

/* Designs, then the effects absorbed from every column. */
static void load(IvEquation *eq) {
  Job *job = eq->job;
  Run *run = job->run;
  const Model *model = job->model;
  const Sample *sample = eq->sample;
  DesignMode mode = job->want_rows ? DESIGN_COPY : DESIGN_TAKE;
  bool base = sample->any_intercept;
  design_build(job, model->terms, model->term, sample->explicit_intercept, base, mode, &eq->exogenous);
  if (!run_failed(run)) design_build(job, model->endogenous, model->endogenous_term, false, base, mode, &eq->endogenous);
  if (!run_failed(run)) design_build(job, model->instruments, model->instrument, false, base, mode, &eq->instrument);
  if (run_failed(run)) return;
  check_roles(run, eq);
  if (!run_failed(run)) eq->y = design_column(job, model->outcome, mode);
  const Design *part[] = {&eq->exogenous, &eq->instrument, &eq->endogenous};
  int total = part[0]->k + part[1]->k + part[2]->k, at = 0;
  double **all = NEW_ARRAY(run, double *, total + 1);
  double *scale = NEW_ARRAY(run, double, total);
  eq->mean = NEW_ARRAY(run, double, total);
  if (run_failed(run)) return;
  for (int d = 0; d < 3; d++)
    for (int j = 0; j < part[d]->k; j++) {
      all[at] = part[d]->column[j];
      scale[at] = norm_to_absorb(sample->effects, sample->effect, sample->n, all[at], sample->weight, &eq->mean[at]);
      at++;
    }
  all[total] = eq->y;
  double norm = centred_norm(sample->n, eq->y, sample->weight, &eq->y_mean);
  eq->tss = sample->any_intercept ? norm * norm : iv_dot(eq, eq->y, eq->y);
  if (!run_poll(run, (uint64_t)sample->n * (uint64_t)(total + 1)) || !sample->absorber) return;
  eq->scale = scale;
  absorb_columns(sample->absorber, total + 1, all);
}

/* ---- first stages (5) */

static void not_enough_instruments(IvEquation *eq, const bool *dropped) {
  Run *run = eq->job->run;
  const Design *x = &eq->endogenous, *z = &eq->instrument;
  bool *absorbed = NEW_ARRAY(run, bool, z->k), *collinear = NEW_ARRAY(run, bool, z->k);
  if (run_failed(run)) return;
  bool any_absorbed = false, any_collinear = false;
  int kept = 0;
  for (int j = 0; j < z->k; j++) {
    const double *scale = iv_scale(eq, eq->exogenous.k + j);
    kept += !dropped[j];
    absorbed[j] = dropped[j] && scale && !(sqrt(iv_dot(eq, z->column[j], z->column[j])) > IV_ABSORBED * *scale);
    collinear[j] = dropped[j] && !absorbed[j];
    any_absorbed |= absorbed[j];
    any_collinear |= collinear[j];
  }
  const char *why = "";
  if (any_absorbed) why = run_format(run, "; absorbed by the effects: %s", joined(run, z->k, z->name, absorbed));
  if (any_collinear) why = run_format(run, "%s; collinear with exogenous regressors or earlier instruments: %s", why, joined(run, z->k, z->name, collinear));
  if (run_failed(run)) return;
  run_fail(run, "the equation is not identified: %d endogenous regressor%s (%s) need%s at least as many excluded instruments, and %d %s usable%s", x->k, x->k == 1 ? "" : "s",
           joined(run, x->k, x->name, NULL), x->k == 1 ? "s" : "", kept, kept == 1 ? "is" : "are", why);
}

static void first_stages(IvEquation *eq) {
  Run *run = eq->job->run;
  const Design *w = &eq->exogenous, *z = &eq->instrument, *x = &eq->endogenous;
  int k = w->k + z->k, p = x->k, dropped = 0;
  double **column = NEW_ARRAY(run, double *, k);
  eq->first = NEW_ARRAY(run, LeastSquares, p);
  eq->v = iv_new_columns(run, p, eq->n);
  eq->w = NEW_ARRAY(run, double *, w->k);
  eq->w_position = NEW_ARRAY(run, int, w->k);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) column[j] = j < w->k ? w->column[j] : z->column[j - w->k];
  for (int e = 0; e < p && !run_failed(run); e++)
    least_squares(run, eq->n, k, column, x->column[e], eq->sample->weight, eq->scale, eq->v[e], &eq->first[e]);
  if (run_failed(run)) return;
  for (int j = 0; j < w->k; j++)
    if (!eq->first[0].dropped[j]) {
      eq->w_position[eq->w_kept] = j;
      eq->w[eq->w_kept++] = w->column[j];
    }
  const bool *lost = eq->first[0].dropped + w->k;
  for (int j = 0; j < z->k; j++) dropped += lost[j];
  if (z->k - dropped < p) {
    not_enough_instruments(eq, lost);
    return;
  }
  if (dropped) fit_add_word(&eq->job->result->fit, "instruments_dropped", joined(run, z->k, z->name, lost));
  double k_full = regression_count(eq->job, eq->sample, eq->first[0].rank, true);
  eq->k_first = regression_count(eq->job, eq->sample, eq->first[0].rank, false);
  bool clustered = eq->sample->vcov_kind == VCOV_CLUSTER && (double)eq->n > eq->k_first;
  if (!run_failed(run) && (double)eq->n <= k_full && !clustered)
    run_fail(run, "%lld used rows are not enough for the %.0f coefficients of the first stage (terms and levels of the effects)", (long long)eq->n, k_full);
}

/* ---- the fit */

/* Where a term goes (4): kept[i] is its place in (X, kept W), -1 where it was dropped. */
static int second_stage_order(const IvEquation *eq, const char **name, int *kept, double *mean) {
  const Design *w = &eq->exogenous, *x = &eq->endogenous;
  int at = 0, intercept = eq->sample->explicit_intercept;
  for (int round = 0; round < 3; round++) { /* the intercept, X, the rest of W */
    int from = round == 2 ? intercept : 0, to = round == 0 ? intercept : round == 1 ? x->k : w->k;
    for (int j = from; j < to; j++, at++) {
      const Design *part = round == 1 ? x : w;
      name[at] = part->name[j];
      mean[at] = eq->mean[round == 1 ? w->k + eq->instrument.k + j : j];
      kept[at] = round == 1 ? j : -1;
      for (int a = 0; a < eq->w_kept && round != 1; a++)
        if (eq->w_position[a] == j) kept[at] = x->k + a;
    }
  }
  return at;
}

static void second_stage(IvEquation *eq, Regression *r) {
  Job *job = eq->job;
  Run *run = job->run;
  const Design *w = &eq->exogenous, *x = &eq->endogenous;
  int k = w->k + x->k, rank = eq->p + eq->w_kept;
  int *kept = NEW_ARRAY(run, int, k);
  r->k = k;
  r->name = NEW_ARRAY(run, const char *, k);
  r->x = NEW_ARRAY(run, double *, k);
  r->y = eq->y;
  r->x_mean = NEW_ARRAY(run, double, k);
  r->residual = NEW_ARRAY(run, double, eq->n);
  r->vcov = NEW_ARRAY(run, double, k * k);
  r->ls = (LeastSquares){.k = k, .rank = rank, .dropped = NEW_ARRAY(run, bool, k), .beta = NEW_ARRAY(run, double, k), .bread = NEW_ARRAY(run, double, k * k),
                         .method = eq->first[0].method};
  double *factor = NEW_ARRAY(run, double, rank);
  if (run_failed(run)) return;
  second_stage_order(eq, r->name, kept, r->x_mean);
  for (int j = 0; j < rank; j++) factor[j] = -(j < eq->p ? eq->beta[j] : eq->gamma[j - eq->p]);
  memcpy(r->residual, eq->y, (size_t)eq->n * sizeof(double));
  iv_add_columns(eq, eq->p, x->column, factor, r->residual);
  iv_add_columns(eq, eq->w_kept, eq->w, factor + eq->p, r->residual);
  r->y_mean = eq->y_mean;
  r->tss = eq->tss;
  r->tss_within = job->model->effects ? iv_dot(eq, eq->y, eq->y) : eq->tss;
  r->ls.ssr = iv_dot(eq, r->residual, r->residual);
  r->k_full = regression_count(job, eq->sample, rank, true);
  r->k_counted = regression_count(job, eq->sample, rank, false);
  if (!run_failed(run)) regression_vcov(job, eq->sample, rank, eq->h, r->residual, eq->bread, r->k_counted, &r->account);
  if (run_failed(run)) return;
  for (int i = 0; i < k; i++) {
    r->ls.dropped[i] = kept[i] < 0;
    r->ls.beta[i] = kept[i] < 0 ? (double)NAN : -factor[kept[i]];
    r->x[i] = kept[i] < 0 ? eq->y : eq->h[kept[i]]; /* a dropped column is not looked at */
    for (int j = 0; j < k; j++) {
      bool both = kept[i] >= 0 && kept[j] >= 0;
      r->vcov[i + j * k] = both ? r->account.value[kept[i] + kept[j] * rank] : (double)NAN;
      r->ls.bread[i + j * k] = both ? eq->bread[kept[i] + kept[j] * rank] : 0;
    }
  }
}

static void add_first_stage(IvEquation *eq, int e) {
  Job *job = eq->job;
  Run *run = job->run;
  const Design *w = &eq->exogenous, *z = &eq->instrument;
  const LeastSquares *ls = &eq->first[e];
  int k = w->k + z->k, kept = 0;
  double **column = NEW_ARRAY(run, double *, ls->rank), *bread = NEW_ARRAY(run, double, ls->rank * ls->rank);
  int *place = NEW_ARRAY(run, int, k), *position = NEW_ARRAY(run, int, ls->rank);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) {
    place[j] = ls->dropped[j] ? -1 : kept;
    if (ls->dropped[j]) continue;
    column[kept] = j < w->k ? w->column[j] : z->column[j - w->k];
    position[kept++] = j;
  }
  for (int i = 0; i < kept; i++)
    for (int j = 0; j < kept; j++) bread[i + j * kept] = ls->bread[position[i] + position[j] * k];
  Vcov vcov;
  regression_vcov(job, eq->sample, kept, column, eq->v[e], bread, eq->k_first, &vcov);
  const char *outcome = eq->endogenous.name[e], *part = run_format(run, "first: %s", outcome);
  int intercept = eq->sample->explicit_intercept;
  for (int t = 0; t < k && !run_failed(run); t++) {
    int j = t < intercept ? t : t < intercept + z->k ? w->k + t - intercept : t - z->k; /* (4) */
    FitTerm *term = fit_add_term(&job->result->fit, j < w->k ? w->name[j] : z->name[j - w->k]);
    if (!term) return;
    term->part = part;
    fit_term_word(&job->result->fit, term, "stage", "first");
    fit_term_word(&job->result->fit, term, "outcome", outcome);
    if (place[j] < 0 || run_failed(run)) continue;
    double variance = vcov.value[place[j] + place[j] * kept];
    term_inference(term, ls->beta[j], variance >= 0 ? sqrt(variance) : (double)NAN, vcov.df_t, option_number(job, "level"));
  }
}

static void add_rows(IvEquation *eq, const Regression *r) {
  Job *job = eq->job;
  Run *run = job->run;
  const Model *model = job->model;
  int intercept = eq->sample->explicit_intercept;
  Design w, x;
  design_build(job, model->terms, model->term, intercept, eq->sample->any_intercept, DESIGN_BORROW, &w);
  if (!run_failed(run)) design_build(job, model->endogenous, model->endogenous_term, false, eq->sample->any_intercept, DESIGN_BORROW, &x);
  double **column = NEW_ARRAY(run, double *, r->k);
  if (run_failed(run)) return;
  for (int t = 0; t < r->k; t++) column[t] = t < intercept ? w.column[t] : t < intercept + x.k ? x.column[t - intercept] : w.column[t - x.k];
  regression_rows(job, eq->sample, r->k, column, r->ls.beta, r->residual);
}

static void check_vcov(const IvEquation *eq) {
  Job *job = eq->job;
  const Sample *sample = eq->sample;
  VcovKind kind = sample->vcov_kind;
  if (kind == VCOV_WILD || kind == VCOV_CV3) run_fail(job->run, "vcov=%s is for least squares without instruments; use cluster()", sample->vcov_text);
  if (eq->method != IV_2SLS && (kind == VCOV_HC2 || kind == VCOV_HC3 || kind == VCOV_HC4))
    run_fail(job->run, "vcov=%s needs hat values, which only method=2sls has; use hc0 or hc1", sample->vcov_text);
}

static void fit(Job *job) {
  Run *run = job->run;
  if (job->model->endogenous == 0) {
    run_fail(run, "there is no endogenous regressor: write y ~ exogenous | effects | endogenous ~ instruments, or use fe_ols");
    return;
  }
  Sample sample;
  sample_build(job, &sample);
  if (run_failed(run)) return;
  IvEquation equation = {.job = job, .sample = &sample, .n = sample.n, .method = (IvMethod)option_integer(job, "method")}, *eq = &equation;
  check_vcov(eq);
  if (!run_failed(run)) load(eq);
  if (!run_failed(run)) first_stages(eq);
  if (!run_failed(run)) iv_estimate(eq);
  if (run_failed(run)) return;
  Regression second;
  memset(&second, 0, sizeof second);
  second_stage(eq, &second);
  if (run_failed(run)) return;
  Fit *out = &job->result->fit;
  regression_terms(job, &sample, &second);
  for (int t = 0; t < out->terms && !run_failed(run); t++) {
    fit_term_word(out, &out->term[t], "stage", "second");
    fit_term_word(out, &out->term[t], "outcome", job->model->variable[job->model->outcome].name);
  }
  if (run_failed(run)) return;
  regression_stats(job, &sample, &second);
  fit_add_stat(&job->result->fit, "outcome_mean", second.y_mean);
  fit_add_word(out, "method", option_value(job, "method")->text);
  if (eq->method == IV_LIML) fit_add_stat(out, "kappa", eq->kappa);
  for (int e = 0; e < eq->p && !run_failed(run); e++) add_first_stage(eq, e);
  if (!run_failed(run)) iv_tests(eq);
  if (run_failed(run)) return;
  result_tidy(job);
  if (job->want_rows && !run_failed(run)) add_rows(eq, &second);
}

/* ---- the registry's row */

static const OptionSpec METHOD[] = {
    {"method", OPTION_CHOICE, "2sls", "2sls|liml|gmm", "two-stage least squares, limited-information maximum likelihood, or two-step GMM weighted under the model's vcov"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const OPTIONS[] = {METHOD, OPTIONS_WHERE, OPTIONS_PANEL, OPTIONS_SAMPLE, OPTIONS_VCOV, NULL};
static const char *const COLUMNS[] = {"stage", "outcome", "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", NULL};
static const char *const STATS[] = {"nobs",        "r2",        "r2_adj", "r2_within", "r2_within_adj", "rmse",         "df_resid", "f_statistic",
                                    "f_p_value",   "ll",        "aic",    "bic",       "constant",      "kp_rk_lm",     "kp_rk_wald_f", "cragg_donald_f",
                                    "kappa",       NULL};
static const char *const ROW_COLUMNS[] = {"fitted", "residual", "fe_*", NULL};

const Estimator ESTIMATOR_FE_IV = {
    .name = "fe_iv",
    .model = MODEL_FORMULA,
    .model_help = "y ~ exogenous | effects | endogenous ~ instruments",
    .summary = "instrumental variables with absorbed fixed effects: 2SLS, LIML, GMM, first stages and all tests of the instruments",
    .columns = COLUMNS,
    .stats = STATS,
    .row_columns = ROW_COLUMNS,
    .options = OPTIONS,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_ROWS,
    .fit = fit,
    .example = "SELECT stage, term, estimate, std_error FROM fe_iv('card', 'lwage ~ exper + expersq + black + south + smsa | educ ~ nearc4', 'vcov=hc1')",
};
