/* fe_mediate.c: mediation by the three-step route and the product of coefficients.
 *
 * 1. On the same rows, with the same controls w and effects: total   y   = c x + w + e
 *                                                            first   m_j = a_j x + w + e_j            for each mediator
 *                                                            direct  y   = c' x + sum b_j m_j + w + e
 *    indirect_j = a_j b_j, share_j = a_j b_j / c; with several mediators also their sums. For least squares c = c' + sum a_j b_j exactly.
 *    Baron and Kenny (1986); MacKinnon, Lockwood, Hoffman, West, Sheets (2002); several mediators: Preacher and Hayes (2008).
 * 2. Errors of a, b, direct and total are the model's vcov=, t as there. Those of indirect and share, without draws, are first-order (delta method):
 *    for indirect_j Sobel's (1982) sqrt(b^2 sa^2 + a^2 sb^2), normal p. Covariances among the b and c' come from their equation, among the a from
 *    the residuals of two first equations, V(e_j + e_k) = V_j + V_k + 2 C_jk; between the a and the (b, c') they are taken as zero.
 *    Since c = c' + sum a b, a share is a function of a, b and c'.
 * 3. Tests for each mediator: sobel; aroian with + sa^2 sb^2 under the root; goodman with - (NULL where that is negative).
 * 4. reps=R: whole clusters are drawn with replacement: those of vcov= (the first of two), else the first absorbed effect, else rows. The
 *    standard deviation over draws is the error of indirect and share, with z and normal p; their interval is ci=percentile (quantiles of type 7) or
 *    ci=bc, bias-corrected. Draws that cannot be estimated (no variation left) are left out and counted (statistic reps_failed). Draw r uses
 *    the random stream r of the seed: the same on any number of threads. How a draw is computed: resample.c.
 * 5. Verdict (word `verdict`), at 1 - level: none, unless a and b are significant; then partial if direct is significant too, full if it is not.
 *    With several mediators there is a word `verdict:m` for each and `verdict` for any of them.
 * 6. The fit's terms are the effects (a, or a:m with several mediators); the terms of the three equations follow as parts total, outcome and
 *    "mediator: m". Statistics are those of the outcome's equation with the mediators. */
#include "resample.h"

typedef struct Equation {
  double *beta;      /* k */
  Vcov vcov;         /* k x k */
  double *residual;  /* of the first equations and of total */
} Equation;

typedef struct Mediation {
  Job *job;
  Sample sample;
  int controls, mediators;    /* kept columns: controls, then x, then the mediators */
  const char **name, **mediator_name;
  double **x, *y;             /* absorbed */
  Equation direct, total, *first;
  double *covariance;         /* of a_1.., b_1.., c': 2 mediators + 1, square */
} Mediation;

/* ------------------------------------------------------------------------------------------------ what is asked for */

static int find_treatment(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  const OptionValue *treat = option_value(job, "treat");
  if (!treat->given) {
    run_fail(run, "treat= is missing: which regressor's effect is mediated? treat=x, mediator=m");
    return -1;
  }
  for (int t = 0; t < model->terms; t++)
    if (treat->terms == 1 && strcmp(model->term[t].name, treat->term[0].name) == 0) return t;
  const char *names = NULL;
  for (int t = 0; t < model->terms && !run_failed(run); t++) names = names ? run_format(run, "%s, %s", names, model->term[t].name) : model->term[t].name;
  run_fail(run, "treat=%s must be one regressor of the formula, which has %s", treat->text, names ? names : "none");
  return -1;
}

static void check_mediators(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  const OptionValue *mediator = option_value(job, "mediator");
  if (!mediator->given) {
    run_fail(run, "mediator= is missing: mediator=m, or mediator=m1+m2");
    return;
  }
  for (int m = 0; m < mediator->terms; m++) {
    const Term *term = &mediator->term[m];
    for (int f = 0; f < term->factors; f++)
      if (term->factor[f].dummies) run_fail(run, "mediator= '%s' makes dummies; a mediator must be one column of numbers", term->name);
    for (int t = 0; t < model->terms; t++)
      if (strcmp(model->term[t].name, term->name) == 0)
        run_fail(run, "mediator= '%s' stands in the formula too; leave it out there, since the total effect is the one without it", term->name);
    if (strcmp(model->variable[model->outcome].name, term->name) == 0) run_fail(run, "mediator= '%s' is the outcome", term->name);
  }
}

/* ------------------------------------------------------------------------------------------------ the equations */

/* Least squares of y on the first k kept columns, which are absorbed and independent. */
static void estimate(Mediation *mediation, int k, const double *y, Equation *out) {
  Job *job = mediation->job;
  Run *run = job->run;
  const Sample *sample = &mediation->sample;
  LeastSquares ls;
  out->residual = NEW_ARRAY(run, double, sample->n);
  if (run_failed(run)) return;
  least_squares(run, sample->n, k, mediation->x, y, sample->weight, NULL, out->residual, &ls);
  if (!run_failed(run) && ls.rank < k) run_fail(run, "the regressors are too nearly collinear");
  if (run_failed(run)) return;
  out->beta = ls.beta;
  regression_vcov(job, sample, k, mediation->x, out->residual, ls.bread, regression_count(job, sample, k, false), &out->vcov);
}

/* The covariance of a_j and a_k (2). */
static double covariance_of_first(Mediation *mediation, int j, int k, const double *bread, double *sum) {
  Job *job = mediation->job;
  const Sample *sample = &mediation->sample;
  int width = mediation->controls + 1, x = mediation->controls;
  const Equation *a = &mediation->first[j], *b = &mediation->first[k];
  Vcov both;
  for (int64_t row = 0; row < sample->n; row++) sum[row] = a->residual[row] + b->residual[row];
  regression_vcov(job, sample, width, mediation->x, sum, bread, regression_count(job, sample, width, false), &both);
  if (run_failed(job->run)) return NAN;
  int at = x * width + x;
  return (both.value[at] - a->vcov.value[at] - b->vcov.value[at]) / 2;
}

static void covariances(Mediation *mediation) {
  Run *run = mediation->job->run;
  int m = mediation->mediators, size = 2 * m + 1, x = mediation->controls, first_width = x + 1, width = x + 1 + m;
  mediation->covariance = NEW_ARRAY(run, double, size * size);
  double *sum = NEW_ARRAY(run, double, mediation->sample.n);
  if (run_failed(run)) return;
  double *v = mediation->covariance;
  LeastSquares ls = {0};
  if (m > 1) least_squares(run, mediation->sample.n, first_width, mediation->x, mediation->y, mediation->sample.weight, NULL, sum, &ls);
  for (int j = 0; j < m && !run_failed(run); j++) {
    v[j * size + j] = mediation->first[j].vcov.value[x * first_width + x];
    for (int k = 0; k < j && !run_failed(run); k++) v[j * size + k] = v[k * size + j] = covariance_of_first(mediation, j, k, ls.bread, sum);
  }
  for (int i = 0; i <= m && !run_failed(run); i++) /* b_1.., c' of the kept order x, m_1.. */
    for (int j = 0; j <= m; j++) {
      int row = i < m ? x + 1 + i : x, column = j < m ? x + 1 + j : x;
      v[(m + i) * size + m + j] = mediation->direct.vcov.value[row * width + column];
    }
}

/* The direct equation, with what is collinear in it given up, and with the columns that the others use. */
static void build(Mediation *mediation, int treatment, Regression *direct) {
  Job *job = mediation->job;
  Run *run = job->run;
  const Model *model = job->model;
  const OptionValue *mediator = option_value(job, "mediator");
  Sample *sample = &mediation->sample;
  Design design, between;
  design_build(job, model->terms, model->term, sample->explicit_intercept, sample->any_intercept, DESIGN_COPY, &design);
  design_build(job, mediator->terms, mediator->term, false, false, DESIGN_COPY, &between);
  if (run_failed(run)) return;
  int m = between.k, k = design.k + m, x = -1;
  mediation->mediators = m;
  mediation->mediator_name = between.name;
  *direct = (Regression){.k = k, .x = NEW_ARRAY(run, double *, k), .name = NEW_ARRAY(run, const char *, k), .residual = NEW_ARRAY(run, double, sample->n),
                         .y = design_column(job, model->outcome, DESIGN_COPY)};
  if (run_failed(run)) return;
  int next = 0;
  for (int pass = 0; pass < 2; pass++) /* the treatment behind the other regressors (resample.h) */
    for (int j = 0; j < design.k; j++) {
      if ((design.term[j] == treatment) != (pass == 1)) continue;
      if (pass == 1 && x >= 0) run_fail(run, "treat=%s makes several columns; it must be one", model->term[treatment].name);
      if (pass == 1) x = next;
      direct->x[next] = design.column[j];
      direct->name[next++] = design.name[j];
    }
  if (x < 0 && !run_failed(run)) run_fail(run, "treat=%s has only one level in the used rows", model->term[treatment].name);
  for (int j = 0; j < m; j++) {
    direct->x[next] = between.column[j];
    direct->name[next++] = between.name[j];
  }
  if (run_failed(run)) return;
  regression_fit(job, sample, direct);
  if (run_failed(run)) return;
  const char *why = sample->effects ? "does not vary within the absorbed effects, or other regressors determine it" : "is constant, or other regressors determine it";
  if (direct->ls.dropped[x]) run_fail(run, "treat= '%s' %s: it has no effect that could be estimated", direct->name[x], why);
  for (int j = 0; j < m; j++)
    if (direct->ls.dropped[x + 1 + j]) run_fail(run, "mediator= '%s' %s", between.name[j], why);
}

/* The columns that the direct equation keeps, and its estimates for them. */
static void keep_independent(Mediation *mediation, const Regression *direct) {
  Run *run = mediation->job->run;
  int kept = 0, x = direct->k - mediation->mediators - 1;
  mediation->x = NEW_ARRAY(run, double *, direct->ls.rank);
  mediation->name = NEW_ARRAY(run, const char *, direct->ls.rank);
  mediation->direct = (Equation){.beta = NEW_ARRAY(run, double, direct->ls.rank), .vcov = direct->account};
  if (run_failed(run)) return;
  mediation->y = direct->y;
  for (int j = 0; j < direct->k; j++) {
    if (direct->ls.dropped[j]) continue;
    if (j == x) mediation->controls = kept;
    mediation->x[kept] = direct->x[j];
    mediation->direct.beta[kept] = direct->ls.beta[j];
    mediation->name[kept++] = direct->name[j];
  }
}

/* ------------------------------------------------------------------------------------------------ the effects */

/* Effects in the order of the rows. value: a_1.., b_1.., c'; gradient: with respect to these (may be NULL). */
typedef struct EffectPlace {
  const char *effect;
  int mediator;   /* -1: all */
} EffectPlace;

static int list_effects(int m, EffectPlace *place) {
  static const char *const GROUPS[] = {"a", "b", "direct", "indirect", "total", "share"};
  int count = 0;
  for (int g = 0; g < 6; g++) {
    bool of_mediator = strcmp(GROUPS[g], "direct") != 0 && strcmp(GROUPS[g], "total") != 0, has_sum = g >= 3 && m > 1;
    for (int j = 0; of_mediator && j < m; j++) place[count++] = (EffectPlace){GROUPS[g], j};
    if (!of_mediator || has_sum) place[count++] = (EffectPlace){GROUPS[g], -1};
  }
  return count;
}

static double effect_value(const EffectPlace *place, int m, const double *value, double *gradient) {
  const double *a = value, *b = value + m, direct = value[2 * m];
  double indirect = 0, part = 0;
  int j = place->mediator;
  for (int i = 0; i < m; i++) {
    indirect += a[i] * b[i];
    if (j < 0 || i == j) part += a[i] * b[i];
  }
  double total = direct + indirect;
  char kind = place->effect[0];
  for (int i = 0; gradient && i <= 2 * m; i++) {
    bool own = j < 0 || i % m == j;
    double product = i < m ? b[i] : i < 2 * m ? a[i - m] : 0; /* of the sum of all products */
    switch (kind) {
      case 'a': gradient[i] = i == j; break;
      case 'b': gradient[i] = i == m + j; break;
      case 'd': gradient[i] = i == 2 * m; break;
      case 'i': gradient[i] = own && i < 2 * m ? product : 0; break;
      case 't': gradient[i] = i == 2 * m ? 1 : product; break;
      default: gradient[i] = (own && i < 2 * m ? product : 0) / total - part * (i == 2 * m ? 1 : product) / (total * total);
    }
  }
  return kind == 'a' ? a[j] : kind == 'b' ? b[j] : kind == 'd' ? direct : kind == 'i' ? part : kind == 't' ? total : part / total;
}

/* ------------------------------------------------------------------------------------------------ draws */

typedef struct Draws {
  int m, controls, effects;
  int64_t count;
  int32_t clusters;
  uint64_t seed;
  const EffectPlace *place;
  double *value;  /* effects x count */
} Draws;

static void draw_clusters(void *context, int64_t item, int worker, double *weight) {
  (void)worker;
  const Draws *draws = context;
  Random random = random_stream(draws->seed, (uint64_t)item);
  for (int32_t g = 0; g < draws->clusters; g++) weight[random_below(&random, draws->clusters)] += 1;
}

static void keep_effects(void *context, int64_t item, const ResampleFit *fit) {
  const Draws *draws = context;
  int m = draws->m, x = draws->controls, y = x + 1 + m;
  enum { SMALL = 32 };
  double value[2 * SMALL + 1], slope[SMALL + 1];
  for (int j = 0; j < m; j++) resample_solve(fit, x, x + 1, x + 1 + j, &value[j]);
  resample_solve(fit, x, y, y, slope);
  value[2 * m] = slope[0];
  for (int j = 0; j < m; j++) value[m + j] = slope[1 + j];
  for (int e = 0; e < draws->effects; e++) draws->value[e * draws->count + item] = effect_value(&draws->place[e], m, value, NULL);
}

static void covariance_of_draws(const Draws *draws, int e, int f, double *out) {
  double mean_e = 0, mean_f = 0, sum = 0;
  int64_t count = 0;
  const double *a = draws->value + e * draws->count, *b = draws->value + f * draws->count;
  for (int64_t d = 0; d < draws->count; d++) {
    if (isnan(a[d]) || isnan(b[d])) continue;
    mean_e += a[d];
    mean_f += b[d];
    count++;
  }
  mean_e /= (double)count;
  mean_f /= (double)count;
  for (int64_t d = 0; d < draws->count; d++)
    if (!isnan(a[d]) && !isnan(b[d])) sum += (a[d] - mean_e) * (b[d] - mean_f);
  *out = sum / (double)(count - 1);
}

static bool from_draws(const EffectPlace *place) { return strcmp(place->effect, "indirect") == 0 || strcmp(place->effect, "share") == 0; }

/* Replaces errors and intervals of the terms by those of draws (4). */
static void bootstrap(Mediation *mediation, int64_t reps, int effects, const EffectPlace *place) {
  Job *job = mediation->job;
  Run *run = job->run;
  Sample *sample = &mediation->sample;
  Fit *fit = &job->result->fit;
  int m = mediation->mediators, k = mediation->controls + 1 + m;
  const int32_t *cluster = sample->clusters ? sample->cluster[0] : sample->effects ? sample->effect[0].code : NULL;
  int32_t clusters = sample->clusters ? sample->cluster_levels[0] : sample->effects ? sample->effect[0].levels : (int32_t)sample->n;
  double **column = NEW_ARRAY(run, double *, k + 1);
  int32_t *single = cluster ? NULL : NEW_ARRAY(run, int32_t, sample->n);
  Draws draws = {.m = m, .controls = mediation->controls, .effects = effects, .count = reps, .clusters = clusters, .place = place,
                 .seed = (uint64_t)option_integer(job, "seed"), .value = NEW_ARRAY(run, double, reps * effects)};
  if (run_failed(run)) return;
  for (int64_t row = 0; single && row < sample->n; row++) single[row] = (int32_t)row;
  for (int j = 0; j < k; j++) column[j] = mediation->x[j];
  column[k] = mediation->y;
  Resample *resample = resample_new(job, sample, clusters, cluster ? cluster : single, k + 1, column);
  ResampleTask task = {&draws, draw_clusters, keep_effects};
  if (resample) resample_run(resample, reps, reps, &task);
  if (run_failed(run)) return;
  for (int e = 0; e < effects; e++) /* before the draws are sorted */
    for (int f = 0; f < effects; f++)
      if (from_draws(&place[e]) && from_draws(&place[f])) covariance_of_draws(&draws, e, f, &fit->vcov[e * effects + f]);
      else if (from_draws(&place[e]) || from_draws(&place[f])) fit->vcov[e * effects + f] = NAN;
  double level = regression_level(job);
  for (int e = 0; e < effects && !run_failed(run); e++) {
    DrawSummary summary;
    if (!from_draws(&place[e])) continue;
    FitTerm *term = &fit->term[e];
    draw_summary(run, reps, draws.value + e * reps, term->estimate, level, option_is(job, "ci", "bc"), &summary);
    if (!run_failed(run) && summary.count < 2) run_fail(run, "in none of the %lld draws of clusters could the model be estimated", (long long)reps);
    if (run_failed(run)) return;
    term_inference(term, term->estimate, summary.std_error, INFINITY, level);
    term->conf_low = summary.conf_low;
    term->conf_high = summary.conf_high;
    fit_add_stat(fit, "reps_failed", (double)(reps - summary.count));
  }
  fit_add_stat(fit, "reps", (double)reps);
  fit_add_stat(fit, "clusters_drawn", clusters);
  fit_add_word(fit, "drawn", sample->clusters ? sample->cluster_name[0] : sample->effects ? sample->effect_name[0] : "rows");
  fit_add_word(fit, "ci", option_value(job, "ci")->text);
}

/* ------------------------------------------------------------------------------------------------ the fit */

static void add_tests(Mediation *mediation, const double *value) {
  Job *job = mediation->job;
  int m = mediation->mediators, size = 2 * m + 1;
  static const char *const NAMES[] = {"sobel", "aroian", "goodman"};
  for (int j = 0; j < m && !run_failed(job->run); j++) {
    double a = value[j], b = value[m + j], va = mediation->covariance[j * size + j], vb = mediation->covariance[(m + j) * size + m + j];
    for (int t = 0; t < 3; t++) {
      double variance = b * b * va + a * a * vb + (t == 0 ? 0 : t == 1 ? va * vb : -va * vb);
      double z = variance > 0 ? a * b / sqrt(variance) : NAN;
      FitTest *test = fit_add_test(&job->result->fit, NAMES[t], mediation->mediator_name[j], "the indirect effect a b is zero", z, NAN, NAN, 2 * normal_upper(fabs(z)));
      if (test && isnan(z)) test->note = "the variance b^2 sa^2 + a^2 sb^2 - sa^2 sb^2 is negative";
    }
  }
}

static void add_verdict(Mediation *mediation) {
  Job *job = mediation->job;
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  int m = mediation->mediators;
  double alpha = 1 - regression_level(job);
  bool any = false;
  const char *with = fit->term[2 * m].p_value < alpha ? "partial" : "full";
  for (int j = 0; j < m && !run_failed(run); j++) {
    bool mediates = fit->term[j].p_value < alpha && fit->term[m + j].p_value < alpha;
    any |= mediates;
    if (m > 1) fit_add_word(fit, run_format(run, "verdict:%s", mediation->mediator_name[j]), mediates ? with : "none");
  }
  fit_add_word(fit, "verdict", any ? with : "none");
}

static void add_effects(Mediation *mediation) {
  Job *job = mediation->job;
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  int m = mediation->mediators, size = 2 * m + 1, x = mediation->controls;
  double *value = NEW_ARRAY(run, double, size), level = regression_level(job);
  EffectPlace *place = NEW_ARRAY(run, EffectPlace, 4 * m + 4);
  if (run_failed(run)) return;
  for (int j = 0; j < m; j++) value[j] = mediation->first[j].beta[x];
  for (int j = 0; j < m; j++) value[m + j] = mediation->direct.beta[x + 1 + j];
  value[2 * m] = mediation->direct.beta[x];
  int effects = list_effects(m, place);
  double *gradient = NEW_ARRAY(run, double, effects * size);
  fit->vcov = NEW_ARRAY(run, double, effects * effects);
  fit->vcov_terms = effects;
  fit->vcov_type = mediation->sample.vcov_text;
  if (run_failed(run)) return;
  for (int e = 0; e < effects; e++) {
    const EffectPlace *at = &place[e];
    bool total = at->effect[0] == 't', product = from_draws(at);
    double estimate = effect_value(at, m, value, gradient + e * size);
    for (int f = 0; f <= e; f++) {
      double covariance = 0;
      for (int i = 0; i < size; i++)
        for (int j = 0; j < size; j++) covariance += gradient[e * size + i] * mediation->covariance[i * size + j] * gradient[f * size + j];
      if (total || place[f].effect[0] == 't') covariance = e == f ? mediation->total.vcov.value[x * (x + 1) + x] : NAN;
      fit->vcov[e * effects + f] = fit->vcov[f * effects + e] = covariance;
    }
    const char *mediator = at->mediator < 0 ? NULL : mediation->mediator_name[at->mediator];
    FitTerm *term = fit_add_term(fit, m > 1 && mediator ? run_format(run, "%s:%s", at->effect, mediator) : at->effect);
    if (run_failed(run)) return;
    if (total) estimate = mediation->total.beta[x];
    const Vcov *vcov = total ? &mediation->total.vcov : at->effect[0] == 'a' ? &mediation->first[at->mediator].vcov : &mediation->direct.vcov;
    term_inference(term, estimate, sqrt(fit->vcov[e * effects + e]), product ? INFINITY : vcov->df_t, level);
    fit_term_word(fit, term, "effect", at->effect);
    if (mediator) fit_term_word(fit, term, "mediator", mediator);
  }
  add_tests(mediation, value);
  add_verdict(mediation);
  int64_t reps = option_integer(job, "reps");
  if (reps > 0 && !run_failed(run)) bootstrap(mediation, reps, effects, place);
}

static void add_part(Mediation *mediation, const char *part, int k, const Equation *equation) {
  Job *job = mediation->job;
  for (int j = 0; j < k && !run_failed(job->run); j++) {
    FitTerm *term = fit_add_term(&job->result->fit, mediation->name[j]);
    if (!term) return;
    term->part = part;
    term_inference(term, equation->beta[j], sqrt(equation->vcov.value[j * k + j]), equation->vcov.df_t, regression_level(job));
  }
}

static void fit(Job *job) {
  Run *run = job->run;
  Mediation mediation = {.job = job};
  Regression direct = {0};
  if (job->model->endogenous) run_fail(run, "the formula has a third part (endogenous ~ instruments), which fe_mediate does not take");
  int treatment = find_treatment(job);
  if (!run_failed(run)) check_mediators(job);
  int64_t reps = option_integer(job, "reps");
  if (reps < 0 || reps == 1 || reps > 10000000) run_fail(run, "reps=%lld: at least 2 draws, or 0 for none", (long long)reps);
  if (option_value(job, "mediator")->terms > 30) run_fail(run, "more than 30 mediators");
  if (run_failed(run)) return;
  sample_build(job, &mediation.sample);
  if (mediation.sample.vcov_kind == VCOV_WILD) run_fail(run, "vcov=%s: draws of clusters are reps= here; take vcov=cluster(...)", mediation.sample.vcov_text);
  if (!run_failed(run)) build(&mediation, treatment, &direct);
  if (run_failed(run)) return;
  keep_independent(&mediation, &direct);
  int k = mediation.controls + 1, m = mediation.mediators;
  mediation.first = NEW_ARRAY(run, Equation, m);
  if (run_failed(run)) return;
  estimate(&mediation, k, mediation.y, &mediation.total);
  for (int j = 0; j < m && !run_failed(run); j++) estimate(&mediation, k, mediation.x[k + j], &mediation.first[j]);
  if (!run_failed(run)) covariances(&mediation);
  if (run_failed(run)) return;
  add_effects(&mediation);
  regression_stats(job, &mediation.sample, &direct);
  fit_add_stat(&job->result->fit, "outcome_mean", direct.y_mean);
  if (run_failed(run)) return;
  result_tidy(job);
  add_part(&mediation, "total", k, &mediation.total);
  add_part(&mediation, "outcome", k + m, &mediation.direct);
  for (int j = 0; j < m && !run_failed(run); j++) add_part(&mediation, run_format(run, "mediator: %s", mediation.mediator_name[j]), k, &mediation.first[j]);
}

static const char *const COLUMNS[] = {"effect", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "mediator", NULL};
static const OptionSpec OWN[] = {
    {"treat", OPTION_TERMS, NULL, NULL, "the regressor of the formula whose effect is mediated"},
    {"mediator", OPTION_TERMS, NULL, NULL, "m, or several: m1+m2"},
    {"ci", OPTION_CHOICE, "percentile", "percentile|bc", "interval of the draws: their quantiles, or bias-corrected"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionUse USES[] = {
    {"ci", "reps", NULL},
    {NULL, NULL, NULL}};
static const OptionSpec *const OPTIONS[] = {OWN, OPTIONS_WHERE, OPTIONS_PANEL, OPTIONS_SAMPLE, OPTIONS_VCOV, OPTIONS_DRAWS, NULL};

const Estimator ESTIMATOR_FE_MEDIATE = {
    .name = "fe_mediate",
    .model = MODEL_FORMULA,
    .model_help = "y ~ x + controls | effects",
    .summary = "mediation: direct and indirect effects through one or several mediators, with tests and bootstrap",
    .columns = COLUMNS,
    .stats = STATS_REGRESSION,
    .options = OPTIONS,
    .uses = USES,
    .flags = ESTIMATOR_AGGREGATE,
    .fit = fit,
    .example = "SELECT effect, estimate, std_error, p_value FROM fe_mediate('munnell', 'ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR', 'treat=ln(P_CAP), mediator=ln(EMP)')",
};
