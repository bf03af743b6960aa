/* regression.c: one linear equation: absorb, solve, vcov, statistics.
 *
 * 1. Frisch-Waugh: y and x are replaced by their residuals from the absorbed effects, then y is regressed on x.
 * 2. K counts estimated terms and effect levels, less one for each effect after the first. ssc= (conventions): an effect nested in the
 *    clusters (nw: unit or time, dk: time) counts 1, its slopes every level (nested), every level (full), or none at all; reghdfe also takes off levels that connected components of two
 *    effects make redundant (Abowd, Creecy, Kramarz 2002).
 * 3. r2 = 1 - SSR/SST, SST about the weighted mean where there is an intercept or an effect, about zero otherwise; within: SST after
 *    absorption. Adjusted: (1-SSR/(N-K)) / (SST/(N-1)). rmse = sqrt(SSR/N), weighted SSR.
 * 4. Gaussian likelihood with SSR/N: ll = -N/2 (ln 2 pi + ln SSR/N + 1) + sum ln(w)/2; aic = -2 ll + 2 P, bic = -2 ll + ln(N) P, P = K full.
 * 5. f_statistic: Wald test under the model's vcov that all slopes are zero, divided by their number; denominator df as the t's.
 * 6. constant: with effects the mean of the unit effects, mean(y) - mean(x)'b, which xtreg and reghdfe print as _cons; its error from the
 *    same vcov with mean(e) as one more score.
 * 7. vcov=wild(g): errors as cluster(g), p-values and intervals by wild.c. vcov=cv3(g): cv3.c.
 * 8. A term whose square is another term (x and I(x*x), or a column of squares) keeps that term's name and the range of x as attributes: what
 *    fit_utest needs. */
#include "cluster.h"

/* ---- degrees of freedom */

bool effect_nested_in(Run *run, int64_t n, const Effect *effect, const int32_t *cluster) {
  int32_t *first = NEW_ARRAY(run, int32_t, effect->levels);
  if (run_failed(run)) return false;
  for (int32_t level = 0; level < effect->levels; level++) first[level] = -1;
  bool nested = true;
  for (int64_t row = 0; row < n && nested; row++) {
    int32_t *f = &first[effect->code[row]];
    if (*f < 0) *f = cluster[row];
    nested = *f == cluster[row];
  }
  run_free(run, first);
  return nested;
}

/* The variables within whose levels residuals may be correlated: the clusters; unit and time for nw, time for dk. */
static int dependence_variables(const Job *job, const Sample *sample, int variable[2]) {
  int count = 0;
  if (sample->vcov_kind == VCOV_NEWEY_WEST && job->model->unit >= 0) variable[count++] = job->model->unit;
  if ((sample->vcov_kind == VCOV_NEWEY_WEST || sample->vcov_kind == VCOV_DRISCOLL_KRAAY) && job->model->time >= 0) variable[count++] = job->model->time;
  for (int c = 0; c < sample->clusters; c++) variable[count++] = sample->cluster_variable[c];
  return count;
}

static bool is_or_contains(const Model *model, int variable, int wanted) {
  if (variable == wanted) return true;
  for (int p = 0; p < model->variable[variable].parts; p++)
    if (is_or_contains(model, model->variable[variable].part[p], wanted)) return true;
  return false;
}

/* Rule 2. fixest looks at the rows only where some cluster is no absorbed effect; otherwise an effect is nested where it is a cluster. */
static bool effect_nested(Job *job, const Sample *sample, int e) {
  const Model *model = job->model;
  const Effect *effect = &sample->effect[e];
  int variable[2], count = dependence_variables(job, sample, variable);
  bool all_absorbed = true;
  for (int c = 0; c < count; c++) {
    if (is_or_contains(model, model->effect[e].variable, variable[c])) return true;
    bool absorbed = false;
    for (int other = 0; other < model->effects; other++) absorbed |= model->effect[other].variable == variable[c];
    all_absorbed &= absorbed;
  }
  if (!count || (all_absorbed && option_is(job, "ssc", "fixest"))) return false;
  bool nested = false;
  for (int c = 0; c < count && !nested; c++) nested = effect_nested_in(job->run, sample->n, effect, job_code(job, variable[c]));
  return nested;
}

/* A part of ssc=: the option if given, else the preset's word. */
static const char *part_of_ssc(const Job *job, const char *part, const char *fixest, const char *areg, const char *none) {
  const OptionValue *value = option_value(job, part);
  if (value->given) return value->spec->type == OPTION_BOOLEAN ? (value->integer ? "1" : "0") : value->text;
  return option_is(job, "ssc", "none") ? none : option_is(job, "ssc", "areg") ? areg : fixest;
}

/* Levels of effect e that the effects before it make redundant: components with each of them, the largest count. */
static int64_t redundant_levels(Job *job, const Sample *sample, int e) {
  int64_t most = 0;
  for (int b = 0; b < e && sample->effect[e].intercept && !run_failed(job->run); b++) {
    if (!sample->effect[b].intercept) continue;
    int64_t components = effect_components(job->run, sample->n, &sample->effect[b], &sample->effect[e]);
    if (components > most) most = components;
  }
  return most;
}

double regression_count(Job *job, const Sample *sample, int rank, bool full) {
  const char *how = full ? "full" : part_of_ssc(job, "k_fixef", "nested", "full", "nested");
  bool none = strcmp(how, "none") == 0; /* slopes are coefficients: they count all the same */
  bool look_for_redundant = !full && option_is(job, "ssc", "reghdfe");
  double k = rank;
  int intercepts = 0;
  for (int e = 0; e < sample->effects; e++) {
    const Effect *effect = &sample->effect[e];
    bool nested = strcmp(how, "nested") == 0 && effect->intercept && effect_nested(job, sample, e);
    double counted = nested ? 1 + (double)effect->levels * effect->slopes : (double)effect->levels * (effect->intercept + effect->slopes);
    if (none) counted = (double)effect->levels * effect->slopes;
    int64_t redundant = look_for_redundant && !nested ? redundant_levels(job, sample, e) : 0;
    if (!none && effect->intercept && intercepts++) counted -= redundant > 1 ? (double)redundant : 1;
    k += counted;
  }
  return k;
}

void regression_correction(const Job *job, double k, VcovCorrection *correction) {
  correction->k_adjust = strcmp(part_of_ssc(job, "k_adj", "1", "1", "0"), "1") == 0;
  correction->g_adjust = strcmp(part_of_ssc(job, "g_adj", "1", "1", "0"), "1") == 0;
  correction->g_conventional = strcmp(part_of_ssc(job, "g_df", "min", "min", "min"), "conventional") == 0;
  correction->t_conventional = strcmp(part_of_ssc(job, "t_df", "min", "min", "min"), "conventional") == 0;
  correction->mend_variances = option_is(job, "ssc", "fixest");
  correction->k = k;
}

/* ---- vcov */

static const double *need_time(Job *job, const Sample *sample) {
  int time = job->model->time_number;
  if (time < 0)
    run_fail(job->run, "vcov=%s needs the panel's time: give panel=unit+time, or absorb unit + time", sample->vcov_text);
  return job_number(job, time);
}

void regression_vcov_data(Job *job, const Sample *sample, VcovData *data) {
  *data = (VcovData){.kind = sample->vcov_kind, .n = sample->n, .weight = sample->weight, .clusters = sample->clusters, .lag = -1};
  for (int c = 0; c < sample->clusters; c++) {
    data->cluster[c] = sample->cluster[c];
    data->cluster_levels[c] = sample->cluster_levels[c];
  }
  const VcovSpec *spec = sample->vcov_spec;
  if (data->kind == VCOV_NEWEY_WEST || data->kind == VCOV_DRISCOLL_KRAAY) {
    data->time = need_time(job, sample);
    data->unit = data->kind == VCOV_NEWEY_WEST ? job_code(job, job->model->unit) : NULL;
    data->lag = spec->lag;
  }
  if (data->kind == VCOV_CONLEY) {
    data->latitude = job_number(job, spec->latitude);
    data->longitude = job_number(job, spec->longitude);
    data->cutoff_km = spec->cutoff_km;
  }
}

void regression_vcov(Job *job, const Sample *sample, int k, double *const *x, const double *residual, const double *bread, double k_counted, Vcov *out) {
  Run *run = job->run;
  memset(out, 0, sizeof *out);
  if (sample->vcov_kind == VCOV_CV3) {
    cv3_compute(job, sample, k, x, residual, bread, out);
    return;
  }
  VcovData data;
  regression_vcov_data(job, sample, &data);
  data.k = k;
  data.x = x;
  data.residual = residual;
  data.bread = bread;
  if (data.kind == VCOV_HC2 || data.kind == VCOV_HC3 || data.kind == VCOV_HC4) {
    double *leverage = NEW_ARRAY(run, double, sample->n);
    if (run_failed(run)) return;
    if (sample->absorber) absorb_leverage(sample->absorber, leverage);
    for (int64_t row = 0; row < sample->n && !run_failed(run); row++) {
      double h = 0;
      for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) h += x[i][row] * bread[i * k + j] * x[j][row];
      leverage[row] += sample->weight ? h * sample->weight[row] : h;
      if (!run_poll(run, (uint64_t)k * (uint64_t)k)) return;
    }
    data.leverage = leverage;
  }
  if (run_failed(run)) return;
  VcovCorrection correction;
  regression_correction(job, k_counted, &correction);
  vcov_compute(run, &data, &correction, out);
}

/* The kept columns only, then back to k x k with NAN where a term was dropped. */
void regression_term_vcov(Job *job, const Sample *sample, Regression *regression) {
  Run *run = job->run;
  int k = regression->k, rank = regression->ls.rank, kept = 0;
  double **x = NEW_ARRAY(run, double *, rank), *bread = NEW_ARRAY(run, double, rank * rank);
  int *position = NEW_ARRAY(run, int, rank);
  regression->vcov = NEW_ARRAY(run, double, k * k);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++)
    if (!regression->ls.dropped[j]) position[kept++] = j;
  for (int i = 0; i < rank; i++) {
    x[i] = regression->x[position[i]];
    for (int j = 0; j < rank; j++) bread[i * rank + j] = regression->ls.bread[position[i] * k + position[j]];
  }
  Sample clustered = *sample; /* rule 7 */
  if (clustered.vcov_kind == VCOV_WILD) clustered.vcov_kind = VCOV_CLUSTER;
  regression_vcov(job, &clustered, rank, x, regression->residual, bread, regression->k_counted, &regression->account);
  if (run_failed(run)) return;
  for (int i = 0; i < k * k; i++) regression->vcov[i] = NAN;
  for (int i = 0; i < rank; i++)
    for (int j = 0; j < rank; j++) regression->vcov[position[i] * k + position[j]] = regression->account.value[i * rank + j];
}

/* ---- the equation */

static bool clustered_kind(const Sample *sample) { return sample->vcov_kind == VCOV_CLUSTER || sample->vcov_kind == VCOV_WILD || sample->vcov_kind == VCOV_CV3; }

static double weighted_squares(const Sample *sample, const double *y) {
  double sum = 0;
  for (int64_t row = 0; row < sample->n; row++) sum += (sample->weight ? sample->weight[row] : 1) * y[row] * y[row];
  return sum;
}

/* Norms about the mean, and the means, of the columns as they are before absorption. */
typedef struct Norms {
  const Sample *sample;
  double **column, *norm, *mean;
  int regressors;
} Norms;

static void norm_of_column(void *context, int64_t item, int worker) {
  (void)worker;
  Norms *norms = context;
  const Sample *sample = norms->sample;
  int effects = item < norms->regressors ? sample->effects : 0; /* the outcome's is what SST is made of */
  norms->norm[item] = norm_to_absorb(effects, sample->effect, sample->n, norms->column[item], sample->weight, &norms->mean[item]);
}

/* Whether a column is the square of another. A few rows tell most of them apart; columns of which these show nothing but 0 and 1 are left alone. */
static bool is_square(int64_t n, const double *square, const double *x) {
  int64_t step = n > 64 ? n / 64 : 1;
  bool telling = false;
  for (int pass = 0; pass < 2; pass++) {
    for (int64_t row = 0; row < n; row += pass ? 1 : step) {
      if (!(fabs(square[row] - x[row] * x[row]) <= 1e-12 * fabs(square[row]))) return false;
      telling |= x[row] != 0 && x[row] != 1;
    }
    if (!telling) return false;
  }
  return true;
}

/* Rule 8. */
static void find_squares(Run *run, int64_t n, Regression *regression) {
  int k = regression->k;
  regression->square = NEW_ARRAY(run, int, k);
  regression->x_low = NEW_ARRAY(run, double, k);
  regression->x_high = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) {
    const double *x = regression->x[j];
    regression->square[j] = -1;
    if (!run_poll(run, (uint64_t)k * 64)) return;
    for (int other = 0; other < k && regression->square[j] < 0; other++)
      if (other != j && is_square(n, regression->x[other], x)) regression->square[j] = other;
    if (regression->square[j] < 0) continue;
    regression->x_low[j] = regression->x_high[j] = x[0];
    for (int64_t row = 1; row < n; row++) {
      if (x[row] < regression->x_low[j]) regression->x_low[j] = x[row];
      if (x[row] > regression->x_high[j]) regression->x_high[j] = x[row];
    }
    if (!run_poll(run, (uint64_t)n * 2)) return;
  }
}

void regression_fit(Job *job, const Sample *sample, Regression *regression) {
  Run *run = job->run;
  enum { MANY_ROWS = 1 << 18 }; /* below, a thread costs more than it saves */
  int k = regression->k;
  double *scale = NEW_ARRAY(run, double, k + 1), **columns = NEW_ARRAY(run, double *, k + 1);
  regression->x_mean = NEW_ARRAY(run, double, k + 1);
  find_squares(run, sample->n, regression);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) columns[j] = regression->x[j];
  columns[k] = regression->y;
  Norms norms = {sample, columns, scale, regression->x_mean, k};
  parallel_for(run, k + 1, sample->n < MANY_ROWS ? 1 : parallel_workers(), norm_of_column, &norms);
  if (run_failed(run)) return;
  regression->spread = scale;
  regression->y_mean = regression->x_mean[k];
  regression->tss = sample->any_intercept ? scale[k] * scale[k] : weighted_squares(sample, regression->y);
  regression->tss_within = regression->tss;
  if (sample->absorber) {
    absorb_columns(sample->absorber, k + 1, columns);
    if (run_failed(run)) return;
    regression->tss_within = weighted_squares(sample, regression->y);
  }
  if (!regression->residual) regression->residual = regression->y;
  least_squares(run, sample->n, k, regression->x, regression->y, sample->weight, sample->absorber ? scale : NULL, regression->residual, &regression->ls);
  if (run_failed(run)) return;
  regression->k_full = regression_count(job, sample, regression->ls.rank, true);
  regression->k_counted = regression_count(job, sample, regression->ls.rank, false);
  if (run_failed(run)) return;
  if ((double)sample->n <= regression->k_full && !(clustered_kind(sample) && (double)sample->n > regression->k_counted)) {
    run_fail(run, "%lld used rows are not enough for %.0f coefficients (terms and levels of the effects)", (long long)sample->n, regression->k_full);
    return;
  }
  regression_term_vcov(job, sample, regression);
}

/* ---- rows of the fit */

void term_inference(FitTerm *term, double estimate, double std_error, double df, double level) {
  term->estimate = estimate;
  term->std_error = term->statistic = term->p_value = term->conf_low = term->conf_high = NAN; /* nothing stays of an earlier error */
  if (isnan(estimate) || !isfinite(std_error)) return;
  term->std_error = std_error;
  if (std_error > 0) {
    term->statistic = estimate / std_error;
    term->p_value = student_two_sided(term->statistic, df);
  }
  double quantile = student_quantile(0.5 + level / 2, df);
  term->conf_low = estimate - quantile * std_error;
  term->conf_high = estimate + quantile * std_error;
}

double regression_level(Job *job) {
  double level = option_number(job, "level");
  if (!(level > 0 && level < 1)) run_fail(job->run, "level=%.15g must lie between 0 and 1, such as 0.95", level);
  return level;
}

/* Rule 7: each term of the fit that was estimated. */
static void wild_terms(Job *job, const Sample *sample, const Regression *regression) {
  Run *run = job->run;
  int k = regression->k, count = 0;
  double *unit = NEW_ARRAY(run, double, k * k);
  const double **combination = NEW_ARRAY(run, const double *, k);
  FitTerm **term = NEW_ARRAY(run, FitTerm *, k);
  if (run_failed(run)) return;
  Fit *fit = &job->result->fit;
  for (int j = 0; j < k; j++)
    if (!regression->ls.dropped[j]) {
      unit[j * k + j] = 1;
      combination[count] = unit + j * k;
      term[count++] = &fit->term[fit->terms - k + j];
    }
  wild_inference(job, sample, regression, count, combination, term);
}

void regression_terms(Job *job, const Sample *sample, const Regression *regression) {
  Fit *fit = &job->result->fit;
  double level = regression_level(job), df = regression->account.df_t;
  int k = regression->k;
  if (run_failed(job->run)) return;
  double quantile = student_quantile(0.5 + level / 2, df);
  for (int j = 0; j < k; j++) {
    FitTerm *term = fit_add_term(fit, regression->name[j]);
    if (!term) return;
    if (regression->square && regression->square[j] >= 0) {
      fit_term_word(fit, term, "square", regression->name[regression->square[j]]);
      fit_term_number(fit, term, "minimum", regression->x_low[j]);
      fit_term_number(fit, term, "maximum", regression->x_high[j]);
    }
    if (regression->ls.dropped[j]) continue;
    double variance = regression->vcov[j * k + j];
    double std_error = variance > 0 ? sqrt(variance) : variance == 0 ? 0 : NAN;
    term->estimate = regression->ls.beta[j];
    if (!isfinite(std_error)) continue;
    term->std_error = std_error;
    if (std_error > 0) {
      term->statistic = term->estimate / std_error;
      term->p_value = student_two_sided(term->statistic, df);
    }
    term->conf_low = term->estimate - quantile * std_error;
    term->conf_high = term->estimate + quantile * std_error;
  }
  fit->vcov_terms = k;
  fit->vcov = regression->vcov;
  fit->vcov_type = sample->vcov_text;
  if (sample->vcov_kind == VCOV_WILD) wild_terms(job, sample, regression);
}

/* Rule 6. Where the residuals of every cluster add up to zero (an effect is nested in the clusters) the mean's own part vanishes. */
static double constant_variance(Job *job, const Sample *sample, const Regression *regression) {
  Run *run = job->run;
  int k = regression->k, rank = regression->ls.rank, kept = 0;
  int64_t n = sample->n;
  double variance = 0;
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++)
      if (!regression->ls.dropped[i] && !regression->ls.dropped[j]) variance += regression->x_mean[i] * regression->vcov[i * k + j] * regression->x_mean[j];
  for (int e = 0; e < sample->effects; e++)
    if (clustered_kind(sample) && sample->clusters == 1 && sample->effect[e].intercept && effect_nested(job, sample, e)) return variance;
  if (sample->vcov_kind == VCOV_CV3) return NAN; /* no score of a mean there */
  double **x = NEW_ARRAY(run, double *, rank + 1), *bread = NEW_ARRAY(run, double, (rank + 1) * (rank + 1)), *ones = NEW_ARRAY(run, double, n);
  int *position = NEW_ARRAY(run, int, rank + 1);
  if (run_failed(run)) return NAN;
  double total = 0;
  for (int64_t row = 0; row < n; row++) {
    ones[row] = 1;
    total += sample->weight ? sample->weight[row] : 1;
  }
  for (int j = 0; j < k; j++)
    if (!regression->ls.dropped[j]) {
      position[kept] = j;
      x[kept++] = regression->x[j];
    }
  x[rank] = ones;
  int width = rank + 1;
  for (int i = 0; i < rank; i++)
    for (int j = 0; j < rank; j++) bread[i * width + j] = regression->ls.bread[position[i] * k + position[j]];
  bread[rank * width + rank] = 1 / total;
  Vcov joint;
  Sample clustered = *sample;
  if (clustered.vcov_kind == VCOV_WILD) clustered.vcov_kind = VCOV_CLUSTER;
  regression_vcov(job, &clustered, width, x, regression->residual, bread, regression->k_counted, &joint);
  if (run_failed(run)) return NAN;
  variance += joint.value[rank * width + rank];
  for (int i = 0; i < rank; i++) variance -= 2 * regression->x_mean[position[i]] * joint.value[i * width + rank];
  return variance;
}

static void add_constant(Job *job, const Sample *sample, const Regression *regression) {
  Fit *fit = &job->result->fit;
  bool absorbed_intercept = false;
  for (int e = 0; e < sample->effects; e++) absorbed_intercept |= sample->effect[e].intercept;
  if (!absorbed_intercept) return;
  double constant = regression->y_mean;
  for (int j = 0; j < regression->k; j++)
    if (!regression->ls.dropped[j]) constant -= regression->x_mean[j] * regression->ls.beta[j];
  fit_add_stat(fit, "constant", constant);
  if (sample->n <= 1000000) fit_add_stat(fit, "constant_se", sqrt(constant_variance(job, sample, regression)));
}

static void add_f(Job *job, const Sample *sample, const Regression *regression) {
  Run *run = job->run;
  int slopes = 0, *position = NEW_ARRAY(run, int, regression->k);
  if (run_failed(run)) return;
  for (int j = 0; j < regression->k; j++)
    if (!regression->ls.dropped[j] && !(j == 0 && sample->explicit_intercept)) position[slopes++] = j;
  if (!slopes) return;
  int df = 0;
  double wald = wald_statistic(run, regression->k, regression->ls.beta, regression->vcov, slopes, position, &df);
  if (run_failed(run) || isnan(wald) || df < 1) return;
  fit_add_stat(&job->result->fit, "f_statistic", wald / df);
  fit_add_stat(&job->result->fit, "f_df1", df);
  fit_add_stat(&job->result->fit, "f_p_value", f_upper(wald / df, df, regression->account.df_t));
}

void regression_stats(Job *job, const Sample *sample, const Regression *regression) {
  Fit *fit = &job->result->fit;
  double n = (double)sample->n, ssr = regression->ls.ssr, k = regression->k_full, levels = k - regression->ls.rank;
  double centred = sample->any_intercept ? 1 : 0;
  fit->nobs = sample->n;
  fit_add_stat(fit, "r2", regression->tss > 0 ? 1 - ssr / regression->tss : NAN);
  fit_add_stat(fit, "r2_adj", regression->tss > 0 && n > k ? 1 - (ssr / (n - k)) / (regression->tss / (n - centred)) : NAN);
  if (sample->effects) {
    fit_add_stat(fit, "r2_within", regression->tss_within > 0 ? 1 - ssr / regression->tss_within : NAN);
    fit_add_stat(fit, "r2_within_adj", regression->tss_within > 0 && n > k ? 1 - (ssr / (n - k)) / (regression->tss_within / (n - levels)) : NAN);
  }
  fit_add_stat(fit, "rmse", sqrt(ssr / n));
  fit_add_stat(fit, "df_resid", n - k);
  fit_add_stat(fit, "ssr", ssr);
  double weights = 0;
  for (int64_t row = 0; sample->weight && row < sample->n; row++) weights += log(sample->weight[row]);
  double ll = ssr > 0 ? 0.5 * weights - n / 2 * (log(2 * 3.14159265358979323846) + log(ssr / n) + 1) : NAN;
  fit_add_stat(fit, "ll", ll);
  fit_add_stat(fit, "aic", -2 * ll + 2 * k);
  fit_add_stat(fit, "bic", -2 * ll + log(n) * k);
  add_f(job, sample, regression);
  add_constant(job, sample, regression);
  regression_account(job, sample, regression);
}

void regression_account(Job *job, const Sample *sample, const Regression *regression) {
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  fit_add_stat(fit, "rank", regression->ls.rank);
  fit_add_stat(fit, "k", regression->k_counted);
  fit_add_stat(fit, "k_full", regression->k_full);
  fit_add_stat(fit, "df_t", regression->account.df_t);
  int without_error = 0;
  for (int j = 0; j < regression->k; j++) without_error += !regression->ls.dropped[j] && isnan(regression->vcov[j * regression->k + j]);
  fit_add_stat(fit, "terms_without_error", without_error);
  fit_add_stat(fit, "ssc_factor", regression->account.factor);
  if (sample->clusters) fit_add_stat(fit, "groups", regression->account.groups[0]);
  if (sample->clusters == 2) fit_add_stat(fit, "groups2", regression->account.groups[1]);
  if (regression->account.made_positive) fit_add_word(fit, "vcov_note", "not positive semi-definite: its negative eigenvalues were set to 0");
  else if (regression->account.indefinite) fit_add_word(fit, "vcov_note", "not positive semi-definite, and left so as fixest does; ssc=reghdfe sets its negative eigenvalues to 0");
  if (job->frame->lag_step > 1) fit_add_stat(fit, "lag_step", job->frame->lag_step); /* in a yearly panel there is nothing to say */
  fit_add_word(fit, "solver", regression->ls.method);
  if (job->estimator) fit_add_word(fit, "ssc", option_value(job, "ssc")->text);
  if (sample->absorber) {
    const AbsorbReport *report = absorb_report(sample->absorber);
    fit_add_word(fit, "absorption", report->method);
    if (report->iterations) {
      fit_add_stat(fit, "iterations", report->iterations);
      fit_add_stat(fit, "convergence", report->residual);
    }
  }
  bool intercept_before = false;
  for (int e = 0; e < sample->effects && !run_failed(run); e++) {
    const Effect *effect = &sample->effect[e];
    fit_add_absorbed(fit, sample->effect_name[e], effect->levels, effect->intercept && intercept_before ? 1 : 0, effect_nested(job, sample, e));
    intercept_before |= effect->intercept;
  }
}

/* ---- rows of the table-valued function */

void result_tidy(Job *job) {
  if (!job->want_table) return;
  const Fit *fit = &job->result->fit;
  static const char *const names[] = {"estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"};
  for (int t = 0; t < fit->terms; t++) {
    const FitTerm *term = &fit->term[t];
    Cell *row = result_add_row(job->result);
    if (!row) return;
    const double numbers[] = {term->estimate, term->std_error, term->statistic, term->p_value, term->conf_low, term->conf_high};
    for (int c = 0; job->estimator->columns[c]; c++) {
      const char *column = job->estimator->columns[c];
      if (strcmp(column, "term") == 0) cell_text(&row[c], term->term);
      else if (strcmp(column, "part") == 0) cell_text(&row[c], term->part);
      else {
        int known = -1;
        for (int i = 0; i < 6; i++)
          if (strcmp(column, names[i]) == 0) known = i;
        const char *word = known < 0 ? fit_attribute_word(term, column) : NULL;
        if (word) cell_text(&row[c], word);
        else cell_number(&row[c], known >= 0 ? numbers[known] : fit_attribute_number(term, column));
      }
    }
  }
}

/* ---- rows of the virtual table */

/* The projection of y - x'b on the effects. With slopes (firm[x]) a part is intercept + slope x. */
static void effect_parts(Job *job, const Sample *sample, const double *rest) {
  Run *run = job->run;
  double **coefficient = NEW_ARRAY(run, double *, sample->effects);
  for (int e = 0; e < sample->effects && !run_failed(run); e++)
    coefficient[e] = NEW_ARRAY(run, double, (size_t)sample->effect[e].levels * (size_t)(sample->effect[e].intercept + sample->effect[e].slopes));
  if (run_failed(run)) return;
  absorb_coefficients(sample->absorber, rest, coefficient);
  for (int e = 0; e < sample->effects && !run_failed(run); e++) {
    const Effect *effect = &sample->effect[e];
    int width = effect->intercept + effect->slopes;
    double *part = NEW_ARRAY(run, double, sample->n);
    if (run_failed(run)) return;
    for (int64_t row = 0; row < sample->n; row++) {
      const double *c = coefficient[e] + (int64_t)effect->code[row] * width;
      part[row] = effect->intercept ? c[0] : 0;
      for (int s = 0; s < effect->slopes; s++) part[row] += c[effect->intercept + s] * effect->slope[s][row];
    }
    result_row_number(job->result, run_format(run, "fe_%s", sample->effect_name[e]), part, false);
  }
}

void regression_rows(Job *job, const Sample *sample, int k, double *const *x, const double *beta, const double *residual) {
  Run *run = job->run;
  int64_t n = sample->n;
  double *fitted = NEW_ARRAY(run, double, n), *rest = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  const double *y = job_number(job, job->model->outcome);
  for (int64_t row = 0; row < n; row++) fitted[row] = rest[row] = y[row] - residual[row];
  result_row_number(job->result, "fitted", fitted, false);
  result_row_number(job->result, "residual", residual, false);
  for (int j = 0; j < k; j++)
    for (int64_t row = 0; row < n && !isnan(beta[j]); row++) rest[row] -= beta[j] * x[j][row];
  if (sample->effects && run_poll(run, (uint64_t)n * (uint64_t)k)) effect_parts(job, sample, rest);
  run_free(run, rest);
}
