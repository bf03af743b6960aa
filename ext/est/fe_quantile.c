/* fe_quantile.c: quantile regression, alone or with effects.
 *
 * 1. Minimises sum w rho(y - x'b), rho(u) = u (tau - [u < 0]), exactly: the minimiser is a vertex (quantile_solver.c). Where there are several, one of them, and `unique` is 0.
 *    Weights multiply y and x, as in quantreg.
 * 2. Effects: method=dummies puts in a dummy for each level, which shift each quantile by their own (Koenker 2004 without penalty). method=canay (Canay 2011): y less the effects of the
 *    least squares regression, then quantile regression with an intercept; effects are taken off their mean, so that the intercept is the quantile's. method=mmqr: quantile_mmqr.c.
 * 3. Errors: quantile_vcov.c (iid, nid, ker), quantile_boot.c (boot), quantile_mmqr.c (iid, cluster). Default: nid; with effects boot over the units of the first effect
 *    (dummies, canay) or cluster (mmqr). iid, nid and ker after canay take the first step as known. t with n - k, or clusters - 1 where errors go by clusters.
 * 4. One tau: terms keep their names. Several: the fit's terms are "x @ 0.1", so that fit_coef(fit, 'x @ 0.1') and a test across quantiles can name them; the visible rows have the plain name
 *    beside tau. The vcov is that of all quantiles together. objective and r1 belong to one tau: with several they are the statistics "objective @ 0.1" and so on.
 * 5. r1 = 1 - objective / objective of the constant alone (Koenker and Machado 1999). crossing: rows in which a higher tau has a lower fitted quantile. */
#include "quantile.h"

enum { MOST_COLUMNS = 1500 };

/* ---- what is asked */

static void read_taus(Quantile *q) {
  Run *run = q->job->run;
  const OptionValue *value = option_value(q->job, "tau");
  q->taus = value->numbers;
  q->tau = NEW_ARRAY(run, double, q->taus);
  if (run_failed(run)) return;
  memcpy(q->tau, value->list, (size_t)q->taus * sizeof *q->tau);
  for (int t = 0; t < q->taus; t++)
    if (!(q->tau[t] > 0 && q->tau[t] < 1)) {
      run_fail(run, "tau=%.15g must lie between 0 and 1, such as 0.5 for the median", q->tau[t]);
      return;
    }
  sort_numbers(run, q->taus, q->tau);
  for (int t = 1; t < q->taus; t++)
    if (q->tau[t] == q->tau[t - 1]) run_fail(run, "tau=%.15g is asked for twice", q->tau[t]);
}

static void read_vcov(Quantile *q) {
  Job *job = q->job;
  Run *run = job->run;
  const char *kind = option_value(job, "vcov")->text, *method = option_value(job, "method")->text;
  bool effects = q->sample.effects > 0, mmqr = q->method == QUANTILE_MMQR;
  int variable = option_variable(job, "cluster");
  if (!kind) kind = mmqr ? (effects || variable >= 0 ? "cluster" : "iid") : effects || variable >= 0 ? "boot" : "nid";
  q->vcov_kind = q->vcov_text = kind;
  bool boot = *kind == 'b', cluster = *kind == 'c';
  if (mmqr && !boot && !cluster && strcmp(kind, "iid") != 0) run_fail(run, "vcov=%s is not for method=mmqr: iid, cluster or boot", kind);
  if (!mmqr && cluster) run_fail(run, "vcov=cluster is for method=mmqr; for others vcov=boot with cluster= draws whole clusters");
  if (!boot && !cluster && variable >= 0) run_fail(run, "cluster= needs vcov=boot%s; vcov=%s takes rows as independent", mmqr ? " or vcov=cluster" : "", kind);
  if (cluster && !effects && variable < 0) run_fail(run, "vcov=cluster needs cluster= where there is no effect");
  if (!boot && (option_given(job, "reps") || option_given(job, "seed"))) run_fail(run, "reps= and seed= belong to vcov=boot; here vcov=%s, method=%s", kind, method);
  if (run_failed(run) || !(boot || cluster) || (!effects && variable < 0)) return;
  if (variable < 0) {
    q->cluster = q->sample.effect[0].code;
    q->clusters = q->sample.effect[0].levels;
    q->cluster_name = q->sample.effect_name[0];
  } else {
    int32_t levels;
    q->cluster = job_dense_codes(job, variable, &levels);
    q->clusters = levels;
    q->cluster_name = job->model->variable[variable].name;
  }
  if (run_failed(run)) return;
  q->vcov_text = run_format(run, boot ? "boot, cluster(%s)" : "cluster(%s)", q->cluster_name);
  if (q->clusters < 2) run_fail(run, "there is only %d cluster of %s in the %lld used rows, two are needed at least", q->clusters, q->cluster_name, (long long)q->n);
}

static void check_request(Quantile *q) {
  Job *job = q->job;
  Run *run = job->run;
  bool effects = q->sample.effects > 0;
  const char *method = option_value(job, "method")->text;
  q->method = option_is(job, "method", "mmqr") ? QUANTILE_MMQR : option_is(job, "method", "canay") ? QUANTILE_CANAY : effects ? QUANTILE_DUMMIES : QUANTILE_PLAIN;
  if (q->method == QUANTILE_CANAY && !effects) run_fail(run, "method=canay needs an effect to take off: y ~ x | unit");
  if (q->sample.weight && (q->method == QUANTILE_CANAY || q->method == QUANTILE_MMQR)) run_fail(run, "weights= are not for method=%s", method);
  for (int e = 0; e < q->sample.effects; e++)
    if (q->sample.effect[e].slopes) run_fail(run, "%s: effects with slopes are not for quantile regression", q->sample.effect_name[e]);
  double level = option_number(job, "level");
  if (!(level > 0 && level < 1)) run_fail(run, "level=%.15g must lie between 0 and 1, such as 0.95", level);
  const double *y = job_number(job, job->model->outcome);
  bool constant = true;
  for (int64_t i = 1; i < q->n; i++) constant &= y[i] == y[0];
  if (constant) run_fail(run, "the outcome '%s' is %.15g in all of the %lld used rows; there is nothing to explain", job->model->variable[job->model->outcome].name, y[0], (long long)q->n);
}

/* ---- columns */

static double *copy_column(Run *run, int64_t n, const double *from) {
  double *copy = NEW_ARRAY(run, double, n);
  if (copy) memcpy(copy, from, (size_t)n * sizeof *copy);
  return copy;
}

/* Which terms stay: those that the effects (all methods) and earlier terms leave something of. The residual of that regression, and its absorbed columns, are kept for canay and mmqr. */
static void choose_terms(Quantile *q, const Design *design, double *residual) {
  Job *job = q->job;
  Run *run = job->run;
  int count = design->k - q->within;
  double *scale = NEW_ARRAY(run, double, count), **column = NEW_ARRAY(run, double *, count + 1);
  q->position = NEW_ARRAY(run, int, design->k);
  q->x = NEW_ARRAY(run, double *, design->k);
  for (int j = 0; j < count && !run_failed(run); j++) {
    column[j] = copy_column(run, q->n, design->column[q->within + j]);
    scale[j] = centred_norm(q->n, design->column[q->within + j], q->sample.weight, NULL);
  }
  if (run_failed(run)) return;
  memcpy(residual, job_number(job, job->model->outcome), (size_t)q->n * sizeof *residual);
  column[count] = residual;
  if (q->sample.absorber) absorb_columns(q->sample.absorber, count + 1, column);
  if (run_failed(run)) return;
  least_squares(run, q->n, count, column, residual, q->sample.weight, q->sample.absorber ? scale : NULL, residual, &q->ls);
  if (run_failed(run)) return;
  q->x_within = column;
  for (int j = 0, kept = 0; j < design->k; j++) {
    bool dropped = j >= q->within && q->ls.dropped[j - q->within];
    q->position[j] = dropped ? -1 : q->k;
    if (dropped) continue;
    q->x[q->k++] = design->column[j];
    if (j >= q->within) column[kept++] = column[j - q->within];
  }
  q->shown = design->k;
  q->name = design->name;
}

/* y less what the effects add to it, about their mean: y - (y - residual - x'b). */
static const double *without_effects(Quantile *q, const Design *design, const double *residual) {
  Run *run = q->job->run;
  const double *y = job_number(q->job, q->job->model->outcome);
  double *effect = NEW_ARRAY(run, double, q->n), mean = 0;
  if (run_failed(run)) return NULL;
  for (int64_t i = 0; i < q->n; i++) effect[i] = y[i] - residual[i];
  for (int j = q->within; j < design->k; j++)
    for (int64_t i = 0; i < q->n && q->position[j] >= 0; i++) effect[i] -= q->ls.beta[j - q->within] * design->column[j][i];
  for (int64_t i = 0; i < q->n; i++) mean += effect[i] / (double)q->n;
  for (int64_t i = 0; i < q->n; i++) effect[i] = y[i] - (effect[i] - mean);
  return effect;
}

/* A dummy for each level; of several effects' dummies the redundant ones are left out. They stand before the terms, where they stay sparse (quantile_solver.c). */
static void add_dummies(Quantile *q) {
  Run *run = q->job->run;
  int64_t total = q->k;
  for (int e = 0; e < q->sample.effects; e++) total += q->sample.effect[e].levels;
  if (total > MOST_COLUMNS) {
    run_fail(run, "method=dummies would make %lld columns, %d are the most; method=mmqr and method=canay have no such limit", (long long)total, MOST_COLUMNS);
    return;
  }
  double **x = NEW_ARRAY(run, double *, total);
  if (run_failed(run)) return;
  memcpy(x, q->x, (size_t)q->k * sizeof *x);
  int terms = q->k, count = q->k;
  for (int e = 0; e < q->sample.effects; e++)
    for (int32_t level = e > 0; level < q->sample.effect[e].levels; level++) {
      double *column = NEW_ARRAY(run, double, q->n);
      if (run_failed(run)) return;
      for (int64_t i = 0; i < q->n; i++) column[i] = q->sample.effect[e].code[i] == level;
      x[count++] = column;
      if (!run_poll(run, (uint64_t)q->n)) return;
    }
  bool *dropped = NEW_ARRAY(run, bool, count);
  double *rest = copy_column(run, q->n, q->y);
  LeastSquares ls = {.dropped = dropped};
  if (q->sample.effects > 1 && !run_failed(run)) least_squares(run, q->n, count, x, rest, NULL, NULL, rest, &ls);
  if (run_failed(run)) return;
  double **term = q->x;
  q->x = NEW_ARRAY(run, double *, total);
  if (run_failed(run)) return;
  q->k = 0;
  for (int j = terms; j < count; j++)
    if (!ls.dropped[j]) q->x[q->k++] = x[j];
  for (int j = 0; j < q->shown; j++)
    if (q->position[j] >= 0) q->position[j] += q->k;
  for (int j = 0; j < terms; j++) q->x[q->k++] = term[j];
}

/* x and y times the weights (1). */
static void apply_weights(Quantile *q) {
  Run *run = q->job->run;
  const double *weight = q->sample.weight;
  double *y = copy_column(run, q->n, q->y);
  for (int j = -1; j < q->k && !run_failed(run); j++) {
    double *column = j < 0 ? y : copy_column(run, q->n, q->x[j]);
    for (int64_t i = 0; i < q->n && column; i++) column[i] *= weight[i];
    if (j >= 0) q->x[j] = column;
  }
  q->y = y;
}

static void build_columns(Quantile *q) {
  Job *job = q->job;
  Run *run = job->run;
  Design design;
  bool canay = q->method == QUANTILE_CANAY;
  design_build(job, job->model->terms, job->model->term, q->sample.explicit_intercept || canay, q->sample.any_intercept, DESIGN_BORROW, &design);
  double *residual = NEW_ARRAY(run, double, q->n);
  q->within = canay ? 1 : 0;
  if (!run_failed(run)) choose_terms(q, &design, residual);
  if (run_failed(run)) return;
  q->y = canay ? without_effects(q, &design, residual) : job_number(job, job->model->outcome);
  if (q->method == QUANTILE_DUMMIES && !run_failed(run)) add_dummies(q);
  if (q->sample.weight && !run_failed(run)) apply_weights(q);
  int64_t levels = 0;
  for (int e = 0; e < q->sample.effects && q->method != QUANTILE_DUMMIES; e++) levels += q->sample.effect[e].levels - (e > 0 || canay);
  if (!run_failed(run) && q->k == 0) run_fail(run, "no term is left: every column is collinear with the effects or zero");
  if (!run_failed(run) && q->n <= q->k + levels)
    run_fail(run, "%lld used rows are not enough for %lld coefficients (terms and levels of the effects)", (long long)q->n, (long long)(q->k + levels));
  q->df = q->cluster ? q->clusters - 1 : (double)(q->n - q->k - levels);
}

/* ---- estimates */

static void estimate(Quantile *q) {
  Run *run = q->job->run;
  quantile_problem_new(run, q->n, q->k, q->x, &q->problem);
  if (!run_failed(run)) q->solver = quantile_solver_new(run, &q->problem);
  if (run_failed(run)) return;
  quantile_solver_outcome(q->solver, q->y);
  for (int t = 0; t < q->taus && !run_failed(run); t++) {
    quantile_solve(run, q->solver, q->tau[t]);
    if (run_failed(run)) return;
    memcpy(q->c + t * q->k, q->solver->c, (size_t)q->k * sizeof *q->c);
    memcpy(q->estimate + t * q->k, q->solver->b, (size_t)q->k * sizeof *q->estimate);
    q->objective[t] = q->solver->objective;
    q->unique[t] = q->solver->unique;
    for (int64_t i = 0; i < q->n; i++) q->fitted[t * q->n + i] = q->y[i] - q->solver->residual[i];
  }
}

/* The objective of the constant alone, for each tau (5). */
static void constant_objectives(Quantile *q, double *out) {
  Run *run = q->job->run;
  const double *y = job_number(q->job, q->job->model->outcome), *weight = q->sample.weight;
  double *ones = NEW_ARRAY(run, double, q->n), *weighted = NEW_ARRAY(run, double, q->n);
  QuantileProblem problem;
  if (run_failed(run)) return;
  for (int64_t i = 0; i < q->n; i++) {
    ones[i] = weight ? weight[i] : 1;
    weighted[i] = ones[i] * y[i];
  }
  quantile_problem_new(run, q->n, 1, &ones, &problem);
  QuantileSolver *solver = run_failed(run) ? NULL : quantile_solver_new(run, &problem);
  if (!solver) return;
  quantile_solver_outcome(solver, weighted);
  for (int t = 0; t < q->taus && !run_failed(run); t++) {
    quantile_solve(run, solver, q->tau[t]);
    out[t] = solver->objective;
  }
}

/* ---- the fit */

static const char *at_tau(Quantile *q, const char *name, int t) {
  return q->taus == 1 ? name : run_format(q->job->run, "%s @ %.15g", name, q->tau[t]);
}

static void add_terms(Quantile *q) {
  Job *job = q->job;
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  int width = q->taus * q->k, all = q->taus * q->shown;
  double *vcov = NEW_ARRAY(run, double, (size_t)all * (size_t)all), level = option_number(job, "level");
  int *column = NEW_ARRAY(run, int, all);
  if (run_failed(run)) return;
  FitTerm *parts = fit->term; /* those of mmqr go behind the model's own */
  int others = fit->terms;
  fit->term = NULL;
  fit->terms = fit->term_capacity = 0;
  for (int t = 0; t < q->taus; t++)
    for (int j = 0; j < q->shown; j++) {
      int a = q->position[j] < 0 ? -1 : t * q->k + q->position[j];
      column[t * q->shown + j] = a;
      FitTerm *term = fit_add_term(fit, at_tau(q, q->name[j], t));
      if (!term) return;
      fit_term_number(fit, term, "tau", q->tau[t]);
      if (a < 0) continue;
      double variance = q->vcov[(int64_t)a * width + a];
      term_inference(term, q->estimate[a], variance >= 0 ? sqrt(variance) : NAN, q->df, level);
      term->estimate = q->estimate[a];
    }
  for (int a = 0; a < all; a++)
    for (int b = 0; b < all; b++) vcov[(int64_t)a * all + b] = column[a] < 0 || column[b] < 0 ? NAN : q->vcov[(int64_t)column[a] * width + column[b]];
  fit->vcov_terms = all;
  fit->vcov = vcov;
  fit->vcov_type = q->vcov_text;
  for (int p = 0; p < others; p++) {
    FitTerm *term = fit_add_term(fit, parts[p].term);
    if (!term) return;
    *term = parts[p];
  }
}

static void add_crossing(Quantile *q) {
  int64_t crossing = 0;
  double size = 0;
  for (int64_t i = 0; i < q->n; i++) size = fmax(size, fabs(q->y[i]));
  for (int64_t i = 0; i < q->n; i++) {
    bool crosses = false;
    for (int t = 1; t < q->taus; t++) crosses |= q->fitted[t * q->n + i] < q->fitted[(t - 1) * q->n + i] - 1e-12 * size;
    crossing += crosses;
  }
  fit_add_stat(&q->job->result->fit, "crossing", (double)crossing);
}

static void add_stats(Quantile *q) {
  Job *job = q->job;
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  double *constant = NEW_ARRAY(run, double, q->taus);
  if (!run_failed(run)) constant_objectives(q, constant);
  if (run_failed(run)) return;
  fit->nobs = q->n;
  for (int t = 0; t < q->taus; t++) {
    fit_add_stat(fit, at_tau(q, "objective", t), q->objective[t]);
    fit_add_stat(fit, at_tau(q, "r1", t), q->sample.any_intercept && constant[t] > 0 ? 1 - q->objective[t] / constant[t] : NAN);
    if (q->method != QUANTILE_MMQR) fit_add_stat(fit, at_tau(q, "unique", t), q->unique[t]);
  }
  fit_add_stat(fit, "df_resid", (double)q->n - q->k);
  fit_add_stat(fit, "df_t", q->df);
  if (q->clusters) fit_add_stat(fit, "groups", q->clusters);
  if (q->draws) {
    fit_add_stat(fit, "draws", (double)q->draws);
    fit_add_stat(fit, "draws_lost", (double)q->draws_lost);
  }
  if (q->taus > 1) add_crossing(q);
  static const char *const methods[] = {"plain", "dummies", "canay", "mmqr"};
  fit_add_word(fit, "method", methods[q->method]);
  for (int e = 0; e < q->sample.effects; e++) fit_add_absorbed(fit, q->sample.effect_name[e], q->sample.effect[e].levels, e > 0, false);
}

static void show_rows(Quantile *q) {
  Job *job = q->job;
  if (!job->want_table || run_failed(job->run)) return;
  for (int t = 0; t < q->taus; t++)
    for (int j = 0; j < q->shown; j++) {
      const FitTerm *term = &job->result->fit.term[t * q->shown + j];
      const double numbers[] = {term->estimate, term->std_error, term->statistic, term->p_value, term->conf_low, term->conf_high};
      Cell *row = result_add_row(job->result);
      if (!row) return;
      cell_number(&row[0], q->tau[t]);
      cell_text(&row[1], q->name[j]);
      for (int c = 0; c < 6; c++) cell_number(&row[2 + c], numbers[c]);
    }
}

static void fit(Job *job) {
  Run *run = job->run;
  Quantile q = {.job = job};
  if (job->model->endogenous) run_fail(run, "a third part (endogenous ~ instruments) is not for quantile regression");
  if (!run_failed(run)) read_taus(&q);
  if (!run_failed(run)) sample_build(job, &q.sample);
  if (run_failed(run)) return;
  q.n = q.sample.n;
  check_request(&q);
  if (!run_failed(run)) read_vcov(&q);
  if (!run_failed(run)) build_columns(&q);
  if (run_failed(run)) return;
  size_t width = (size_t)q.taus * (size_t)q.k;
  q.c = NEW_ARRAY(run, double, width);
  q.estimate = NEW_ARRAY(run, double, width);
  q.vcov = NEW_ARRAY(run, double, width * width);
  q.fitted = NEW_ARRAY(run, double, (size_t)q.taus * (size_t)q.n);
  q.objective = NEW_ARRAY(run, double, q.taus);
  q.unique = NEW_ARRAY(run, bool, q.taus);
  if (run_failed(run)) return;
  if (q.method == QUANTILE_MMQR) quantile_mmqr(&q);
  else estimate(&q);
  if (run_failed(run)) return;
  if (strcmp(q.vcov_kind, "boot") == 0) quantile_boot(&q);
  else if (q.method != QUANTILE_MMQR) quantile_vcov(&q);
  if (!run_failed(run)) add_terms(&q);
  if (!run_failed(run)) add_stats(&q);
  show_rows(&q);
}

static const OptionSpec OPTIONS_QUANTILE[] = {
    {"tau", OPTION_NUMBERS, "0.5", NULL, "the quantile, or several: (.1,.5,.9)"},
    {"method", OPTION_CHOICE, "dummies", "dummies|canay|mmqr", "how effects enter: a dummy for each level, taken off y first (Canay 2011), or by moments (Machado and Santos Silva 2019)"},
    {"vcov", OPTION_CHOICE, NULL, "iid|nid|ker|boot|cluster", "nid (Hendricks-Koenker), iid (Koenker-Bassett), ker (Powell), boot, or cluster with method=mmqr; default nid, with effects by units: boot, or cluster (mmqr)"},
    {"cluster", OPTION_LEVELS, NULL, NULL, "vcov=boot draws whole clusters of it, vcov=cluster adds up within them; default: the first effect"},
    {"level", OPTION_NUMBER, "0.95", NULL, "level of the confidence intervals"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const OPTIONS[] = {OPTIONS_QUANTILE, OPTIONS_DRAWS, OPTIONS_WHERE, OPTIONS_PANEL, OPTIONS_SAMPLE, NULL};
static const char *const COLUMNS[] = {"tau", "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", NULL};
static const char *const STATS[] = {"nobs", "objective", "r1", "df_resid", "crossing", NULL};

const Estimator ESTIMATOR_FE_QUANTILE = {
    .name = "fe_quantile",
    .model = MODEL_FORMULA,
    .model_help = "y ~ x1 + x2 | unit",
    .summary = "quantile regression, with effects by dummies, Canay's two steps or moments",
    .columns = COLUMNS,
    .stats = STATS,
    .options = OPTIONS,
    .flags = ESTIMATOR_AGGREGATE,
    .fit = fit,
    .example = "SELECT tau, term, estimate, std_error FROM fe_quantile('card', 'lwage ~ educ + exper + black', 'tau=(.1,.5,.9)')",
};
