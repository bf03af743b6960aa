/* re_gls.c: random effects by feasible generalised least squares (Swamy and Arora 1972, unbalanced as Baltagi and Chang 1994), and the tests
 * with which a paper chooses between pooled, fixed and random effects.
 *
 * 1. y_it = a + x_it'b + u_i + e_it. s2e = SSR within / (N - n - K). With the between regression of unit means, weighted by T_i:
 *    s2u = (SSR between - (n - K - 1) s2e) / (N - r), r = tr[(sum T_i z_i z_i')^-1 sum T_i^2 z_i z_i'], z_i the unit's means with the constant;
 *    a negative one becomes 0.
 * 2. theta_i = 1 - sqrt(s2e / (T_i s2u + s2e)); least squares of y - theta_i mean_i(y) on 1 - theta_i and x - theta_i mean_i(x). Normal p-values.
 * 3. r2, rmse, ll are those of the transformed regression. fitted = a + x'b without the unit effect, residual = y - fitted.
 * 4. hausman: (b_fe - b_re)' [V_fe - V_re]^- (b_fe - b_re) with the iid variances; hausman_robust: the unit means of x added to the transformed
 *    regression (Mundlak 1978) and tested under the model's vcov. breusch_pagan: LM test of s2u = 0 (Baltagi and Li 1990 when unbalanced).
 *    f_effects: F test that all unit effects are equal.
 * 5. Errors are clustered by the unit unless vcov= says otherwise. */
#include "est.h"

typedef struct RandomEffects {
  int64_t n;
  int k;                  /* columns with the intercept in front */
  const int32_t *unit;
  int32_t units;
  const double *size;     /* T_i */
  double *const *x, *y;   /* as they are */
  double *mean;           /* units x (k + 1): means of x, then of y */
  LeastSquares within;    /* of the k - 1 slopes */
  double ssr_pooled;
  int pooled_rank;
  double s2e, s2u;
  double *theta;          /* units */
} RandomEffects;

static double *copy_of(Run *run, int64_t n, const double *from) {
  double *copy = NEW_ARRAY(run, double, n);
  if (copy) memcpy(copy, from, (size_t)n * sizeof *copy);
  return copy;
}

static void unit_means(Run *run, RandomEffects *re) {
  double *size = NEW_ARRAY(run, double, re->units);
  re->mean = NEW_ARRAY(run, double, (size_t)re->units * (size_t)(re->k + 1));
  if (run_failed(run)) return;
  re->size = size;
  for (int64_t row = 0; row < re->n; row++) {
    double *mean = re->mean + (int64_t)re->unit[row] * (re->k + 1);
    size[re->unit[row]]++;
    for (int j = 0; j < re->k; j++) mean[j] += re->x[j][row];
    mean[re->k] += re->y[row];
    if ((row & 0xFFFF) == 0 && !run_poll(run, 0x10000 * (uint64_t)re->k)) return;
  }
  for (int32_t i = 0; i < re->units; i++)
    for (int j = 0; j <= re->k; j++) re->mean[(int64_t)i * (re->k + 1) + j] /= size[i];
}

static void fit_within(Job *job, RandomEffects *re) {
  Run *run = job->run;
  int slopes = re->k - 1;
  double **column = NEW_ARRAY(run, double *, slopes + 1), *scale = NEW_ARRAY(run, double, slopes);
  if (run_failed(run)) return;
  for (int j = 0; j <= slopes; j++) column[j] = copy_of(run, re->n, j < slopes ? re->x[j + 1] : re->y);
  if (run_failed(run)) return;
  for (int j = 0; j < slopes; j++) scale[j] = centred_norm(re->n, column[j], NULL, NULL);
  Effect effect = {.code = re->unit, .levels = re->units, .intercept = true};
  Absorber *absorber = absorb_new(run, re->n, 1, &effect, NULL, 1e-10);
  absorb_columns(absorber, slopes + 1, column);
  least_squares(run, re->n, slopes, column, column[slopes], NULL, scale, NULL, &re->within);
  double df = (double)(re->n - re->units - re->within.rank);
  if (!run_failed(run) && df < 1) {
    run_fail(run, "%lld rows of %d units are not enough to tell the variance within units from that between them", (long long)re->n, re->units);
    return;
  }
  re->s2e = re->within.ssr / df;
  for (int j = 0; j <= slopes; j++) run_free(run, column[j]);
}

static void fit_between(Run *run, RandomEffects *re) {
  int k = re->k, width = k + 1;
  double **column = NEW_ARRAY(run, double *, width), *squares = NEW_ARRAY(run, double, (size_t)k * (size_t)k);
  for (int j = 0; j < width && !run_failed(run); j++) {
    column[j] = NEW_ARRAY(run, double, re->units);
    for (int32_t i = 0; i < re->units && column[j]; i++) column[j][i] = re->mean[(int64_t)i * width + j];
  }
  if (run_failed(run)) return;
  LeastSquares between;
  least_squares(run, re->units, k, column, column[k], re->size, NULL, NULL, &between);
  if (run_failed(run)) return;
  if (re->units <= between.rank) {
    run_fail(run, "%d units are not enough for the between regression of %d terms, which the variance of the unit effects needs", re->units, between.rank);
    return;
  }
  for (int32_t i = 0; i < re->units; i++)
    for (int p = 0; p < k; p++)
      for (int q = 0; q < k; q++) squares[p * k + q] += re->size[i] * re->size[i] * column[p][i] * column[q][i];
  double trace = 0;
  for (int p = 0; p < k; p++)
    for (int q = 0; q < k; q++) trace += between.bread[p * k + q] * squares[q * k + p];
  re->s2u = (between.ssr - (double)(re->units - between.rank) * re->s2e) / ((double)re->n - trace);
  if (!(re->s2u > 0)) re->s2u = 0;
  if (!(re->s2e > 0) && !(re->s2u > 0)) {
    run_fail(run, "the model fits the outcome exactly: there is no variance to tell that within units from that between them");
    return;
  }
  re->theta = NEW_ARRAY(run, double, re->units);
  for (int32_t i = 0; i < re->units && re->theta; i++) re->theta[i] = 1 - sqrt(re->s2e / (re->size[i] * re->s2u + re->s2e));
}

/* x - theta_i mean_i, into a new column; j = k is y. */
static double *transformed(Run *run, const RandomEffects *re, int j) {
  double *column = NEW_ARRAY(run, double, re->n);
  const double *from = j < re->k ? re->x[j] : re->y;
  for (int64_t row = 0; row < re->n && column; row++) {
    int32_t i = re->unit[row];
    column[row] = from[row] - re->theta[i] * re->mean[(int64_t)i * (re->k + 1) + j];
  }
  return column;
}

/* ---- tests (4) */

/* The matrix may be indefinite in a sample; the statistic is then still computed from its inverse, in absolute value, as plm does, and said. */
static void test_hausman(Job *job, const RandomEffects *re, const Regression *regression) {
  Run *run = job->run;
  int k = re->k, common = 0;
  double s2 = regression->ls.ssr / ((double)re->n - regression->ls.rank);
  int *position = NEW_ARRAY(run, int, k);
  if (run_failed(run)) return;
  for (int j = 1; j < k; j++)
    if (!re->within.dropped[j - 1] && !regression->ls.dropped[j]) position[common++] = j;
  double *variance = NEW_ARRAY(run, double, (size_t)common * (size_t)common), *factor = NEW_ARRAY(run, double, (size_t)common * (size_t)common);
  double *difference = NEW_ARRAY(run, double, common), *solved = NEW_ARRAY(run, double, common), statistic = 0;
  if (run_failed(run) || !common) return;
  for (int i = 0; i < common; i++) {
    int p = position[i];
    difference[i] = solved[i] = re->within.beta[p - 1] - regression->ls.beta[p];
    for (int j = 0; j < common; j++) {
      int q = position[j];
      variance[i * common + j] = factor[i * common + j] = re->s2e * re->within.bread[(p - 1) * (k - 1) + q - 1] - s2 * regression->ls.bread[p * k + q];
    }
  }
  bool solvable = dense_solve(run, common, variance, 1, solved), definite = dense_cholesky(run, common, factor);
  if (run_failed(run) || !solvable) return;
  for (int i = 0; i < common; i++) statistic += difference[i] * solved[i];
  statistic = fabs(statistic);
  FitTest *test = fit_add_test(&job->result->fit, "hausman", NULL, "the unit effects are uncorrelated with the regressors: random effects are consistent", statistic, common, NAN,
                               chi2_upper(statistic, common));
  if (test && !definite) test->note = "V_fe - V_re is not positive definite; hausman_robust does not need it";
}

static void test_hausman_robust(Job *job, const Sample *sample, const RandomEffects *re) {
  Run *run = job->run;
  int k = re->k, slopes = k - 1;
  Regression wide = {.k = k + slopes};
  wide.x = NEW_ARRAY(run, double *, wide.k);
  wide.name = NEW_ARRAY(run, const char *, wide.k);
  if (run_failed(run)) return;
  for (int j = 0; j < wide.k && !run_failed(run); j++) {
    wide.name[j] = "";
    wide.x[j] = j < k ? transformed(run, re, j) : NEW_ARRAY(run, double, re->n);
    for (int64_t row = 0; j >= k && row < re->n && wide.x[j]; row++) /* the mean of a mean is itself */
      wide.x[j][row] = (1 - re->theta[re->unit[row]]) * re->mean[(int64_t)re->unit[row] * (k + 1) + j - slopes];
  }
  wide.y = transformed(run, re, k);
  if (run_failed(run)) return;
  regression_fit(job, sample, &wide);
  int *position = NEW_ARRAY(run, int, slopes), count = 0, df = 0;
  if (run_failed(run)) return;
  for (int j = k; j < wide.k; j++)
    if (!wide.ls.dropped[j]) position[count++] = j;
  if (!count) return;
  double statistic = wald_statistic(run, wide.k, wide.ls.beta, wide.vcov, count, position, &df);
  if (!run_failed(run) && df > 0)
    fit_add_test(&job->result->fit, "hausman_robust", NULL, "the unit means of the regressors have no effect of their own: random effects are consistent", statistic, df, NAN,
                 chi2_upper(statistic, df));
}

static void pooled_tests(Job *job, RandomEffects *re) {
  Run *run = job->run;
  double *residual = NEW_ARRAY(run, double, re->n), *sum = NEW_ARRAY(run, double, re->units);
  LeastSquares pooled;
  if (run_failed(run)) return;
  least_squares(run, re->n, re->k, re->x, re->y, NULL, NULL, residual, &pooled);
  if (run_failed(run)) return;
  double between = 0, total = 0, sizes = 0, n = (double)re->n;
  for (int64_t row = 0; row < re->n; row++) {
    sum[re->unit[row]] += residual[row];
    total += residual[row] * residual[row];
  }
  for (int32_t i = 0; i < re->units; i++) {
    between += sum[i] * sum[i];
    sizes += re->size[i] * re->size[i];
  }
  Fit *fit = &job->result->fit;
  double lm = n * n / 2 * (between / total - 1) * (between / total - 1) / (sizes - n);
  fit_add_test(fit, "breusch_pagan", NULL, "the variance of the unit effects is zero: pooled least squares is efficient", lm, 1, NAN, chi2_upper(lm, 1));
  double df2 = n - re->units - re->within.rank, df1 = n - pooled.rank - df2;
  double f = (pooled.ssr - re->within.ssr) / df1 / (re->within.ssr / df2);
  if (df1 > 0) fit_add_test(fit, "f_effects", NULL, "all unit effects are equal", f, df1, df2, f_upper(f, df1, df2));
  run_free(run, residual);
}

/* ---- the whole */

static void default_vcov(Job *job, const RandomEffects *re, Sample *sample) {
  if (sample->vcov_spec) return;
  int variable = job->model->effect[0].variable;
  sample->vcov_kind = VCOV_CLUSTER;
  sample->clusters = 1;
  sample->cluster[0] = re->unit;
  sample->cluster_levels[0] = re->units;
  sample->cluster_variable[0] = variable;
  sample->cluster_name[0] = job->model->variable[variable].name;
  sample->vcov_text = run_format(job->run, "cluster(%s)", sample->cluster_name[0]);
}

static void add_stats(Job *job, const RandomEffects *re) {
  Fit *fit = &job->result->fit;
  double low = INFINITY, high = -INFINITY, sum = 0;
  for (int32_t i = 0; i < re->units; i++) {
    low = fmin(low, re->theta[i]);
    high = fmax(high, re->theta[i]);
    sum += re->theta[i];
  }
  fit_add_stat(fit, "theta", low == high ? low : sum / re->units);
  fit_add_stat(fit, "theta_min", low);
  fit_add_stat(fit, "theta_max", high);
  fit_add_stat(fit, "sigma_u", sqrt(re->s2u));
  fit_add_stat(fit, "sigma_e", sqrt(re->s2e));
  fit_add_stat(fit, "rho", re->s2u / (re->s2u + re->s2e));
  fit_add_stat(fit, "units", re->units);
}

static void add_rows(Job *job, const RandomEffects *re, const Regression *regression) {
  double *fitted = NEW_ARRAY(job->run, double, re->n), *residual = NEW_ARRAY(job->run, double, re->n);
  if (run_failed(job->run)) return;
  for (int64_t row = 0; row < re->n; row++) {
    for (int j = 0; j < re->k; j++)
      if (!regression->ls.dropped[j]) fitted[row] += regression->ls.beta[j] * re->x[j][row];
    residual[row] = re->y[row] - fitted[row];
  }
  result_row_number(job->result, "fitted", fitted, false);
  result_row_number(job->result, "residual", residual, false);
}

static void fit(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  if (model->endogenous) run_fail(run, "a third part (endogenous ~ instruments) needs fe_iv");
  else if (model->effects != 1 || model->effect[0].slopes) run_fail(run, "behind | stands the panel's unit alone: y ~ x | unit; year dummies are i(year)");
  else if (!model->intercept) run_fail(run, "random effects need the intercept");
  else if (option_given(job, "weights")) run_fail(run, "weights= is not defined for random effects; fe_ols takes weights");
  if (run_failed(run)) return;
  Model pooled = *model; /* the unit is not absorbed here */
  pooled.effects = 0;
  Job inner = *job;
  inner.model = &pooled;
  Sample sample;
  Design design;
  sample_build(&inner, &sample);
  if (run_failed(run)) return;
  design_build(&inner, model->terms, model->term, true, true, DESIGN_BORROW, &design);
  if (run_failed(run)) return;
  RandomEffects re = {.n = sample.n, .k = design.k, .x = design.column, .y = job->frame->column[model->outcome].number};
  const Column *unit = &job->frame->column[model->effect[0].variable];
  re.unit = codes_dense(run, re.n, unit->code, levels_count(unit->levels), &re.units);
  if (!run_failed(run) && re.units < 2) run_fail(run, "there is one unit only; random effects need several");
  default_vcov(job, &re, &sample);
  unit_means(run, &re);
  if (!run_failed(run)) fit_within(job, &re);
  if (!run_failed(run)) fit_between(run, &re);
  Regression regression = {.k = re.k, .name = design.name};
  regression.x = NEW_ARRAY(run, double *, re.k);
  for (int j = 0; j < re.k && !run_failed(run); j++) regression.x[j] = transformed(run, &re, j);
  if (!run_failed(run)) regression.y = transformed(run, &re, re.k);
  if (run_failed(run)) return;
  regression_fit(&inner, &sample, &regression);
  if (run_failed(run)) return;
  regression.account.df_t = INFINITY; /* (2) */
  regression_terms(&inner, &sample, &regression);
  regression_stats(&inner, &sample, &regression);
  add_stats(job, &re);
  if (!run_failed(run)) test_hausman(job, &re, &regression);
  if (!run_failed(run)) test_hausman_robust(&inner, &sample, &re);
  if (!run_failed(run)) pooled_tests(job, &re);
  result_tidy(job);
  if (job->want_rows && !run_failed(run)) add_rows(job, &re, &regression);
}

static const OptionSpec *const OPTIONS[] = {OPTIONS_WHERE, OPTIONS_PANEL, OPTIONS_SAMPLE, OPTIONS_VCOV, NULL};
static const char *const ROW_COLUMNS[] = {"fitted", "residual", NULL};

const Estimator ESTIMATOR_RE_GLS = {
    .name = "re_gls",
    .model = MODEL_FORMULA,
    .model_help = "y ~ x1 + x2 | unit",
    .summary = "random effects, and the tests that choose between pooled, fixed and random effects",
    .columns = COLUMNS_TIDY,
    .stats = STATS_REGRESSION,
    .row_columns = ROW_COLUMNS,
    .options = OPTIONS,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_ROWS,
    .fit = fit,
    .example = "SELECT term, estimate, std_error FROM re_gls('grunfeld', 'invest ~ value + capital | firm', 'vcov=iid')",
};
