/* psm_match.c: propensity-score matching: who is compared with whom, how alike the sides are before and after, what the effect is.
 *
 * 1. The score: treat (0/1) on the regressors by logit or probit (psm_score.c); the comparison by method= (match_*.c); weights and support in matching.c; effects, with
 *    outcome=, in match_effects.c.
 * 2. Rows: a row before and one after matching for the score and for each regressor (balance.c); of i(f) every level, also the one that the score leaves out.
 * 3. Overall measures, before and after: pseudo-R2 and likelihood-ratio test of the score's model, estimated again on the rows that are used, with their weights as frequencies; mean
 *    and median of |bias_pct| over the regressors; Rubin's B, |difference of the mean indices| in percent of sqrt((v1 + v0) / 2), and R = v1 / v0, of the index of that model (Rubin
 *    2001). NULL where that model has no finite fit.
 * 4. The terms of the fit are att, atu, ate (with outcome=); the score's coefficients are terms of the part `score` with errors of the inverse information (not with by=).
 * 5. Rows of the virtual table: pscore, weight (0: not used), match_id, on_support (1 or 0). */
#include "matching.h"

#include <stdlib.h>

typedef struct Balance {
  Job *job;
  Matching *m;
  Design shown;              /* the regressors as they are shown */
  int rows;                  /* one more: the score */
  BalanceRow *before, *after;
} Balance;

/* ---- settings */

void matching_settings(Job *job, MatchSettings *s) {
  Run *run = job->run;
  *s = (MatchSettings){.score = option_is(job, "score", "probit") ? GLM_PROBIT : GLM_LOGIT, .method = (MatchMethod)option_integer(job, "method"), .ratio = option_integer(job, "ratio"),
                       .replace = option_integer(job, "replace"), .caliper = option_number(job, "caliper"), .caliper_in_sd = option_is(job, "caliper_unit", "sd"),
                       .order = (MatchOrder)option_integer(job, "order"), .gaussian = option_is(job, "kernel", "gaussian"), .bandwidth = option_number(job, "bandwidth"),
                       .support = (MatchSupport)option_integer(job, "support"), .trim = option_number(job, "trim"), .estimand = (Estimand)option_integer(job, "estimand"),
                       .moments = option_integer(job, "moments"), .seed = (uint64_t)option_integer(job, "seed")};
  bool neighbours = s->method == MATCH_NEAREST || s->method == MATCH_MAHALANOBIS;
  if (s->ratio < 1) run_fail(run, "ratio=%lld must be 1 or more", (long long)s->ratio);
  if (s->caliper < 0) run_fail(run, "caliper=%.15g must not be negative", s->caliper);
  if (s->method == MATCH_RADIUS && isnan(s->caliper)) run_fail(run, "method=radius needs caliper=, the radius");
  if (!(s->bandwidth > 0)) run_fail(run, "bandwidth=%.15g must be positive", s->bandwidth);
  if (!(s->trim >= 0 && s->trim < 0.5)) run_fail(run, "trim=%.15g must lie between 0 and 0.5", s->trim);
  if (s->moments < 1 || s->moments > 3) run_fail(run, "moments=%lld must be 1, 2 or 3", (long long)s->moments);
  if (option_integer(job, "neighbours") < 1) run_fail(run, "neighbours=%lld must be 1 or more", (long long)option_integer(job, "neighbours"));
  if (neighbours && !s->replace && s->estimand != ESTIMAND_ATT)
    run_fail(run, "estimand=%s needs replace=1: without replacement controls are given to the treated, and not the other way round", s->estimand == ESTIMAND_ATU ? "atu" : "ate");
}

/* ---- the balance table */

static const double *shown_column(const Balance *b, int row) { return row == 0 ? b->m->score : b->shown.column[row - 1]; }

static void measure(Balance *b) {
  Run *run = b->job->run;
  Matching *m = b->m;
  b->rows = b->shown.k + 1;
  b->before = NEW_ARRAY(run, BalanceRow, b->rows);
  b->after = NEW_ARRAY(run, BalanceRow, b->rows);
  double *all = NEW_ARRAY(run, double, m->n);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < m->n; i++) all[i] = !isnan(m->score[i]);
  for (int r = 0; r < b->rows && run_poll(run, (uint64_t)m->n * 4); r++) {
    double mean[2], variance[2], total[2];
    group_moments(m, shown_column(b, r), all, mean, variance, total);
    run_poll(run, (uint64_t)m->n * 2);
    balance_row(m, shown_column(b, r), all, variance, &b->before[r]);
    run_poll(run, (uint64_t)m->n * 4);
    balance_row(m, shown_column(b, r), m->weight, variance, &b->after[r]);
  }
}

static void balance_rows(const Balance *b) {
  Result *result = b->job->result;
  for (int r = 0; r < b->rows && b->job->want_table; r++)
    for (int after = 0; after < 2; after++) {
      const BalanceRow *row = after ? &b->after[r] : &b->before[r];
      Cell *cell = result_add_row(result);
      if (!cell) return;
      cell_text(&cell[0], r == 0 ? "pscore" : b->shown.name[r - 1]);
      cell_text(&cell[1], after ? "after" : "before");
      const double number[] = {row->mean[1], row->mean[0], row->std_diff, row->bias, row->ratio, row->statistic, row->p_value};
      for (int c = 0; c < 7; c++) cell_number(&cell[2 + c], number[c]);
    }
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Rule 3, one of the two samples. */
static void overall(Balance *b, const char *sample, const BalanceRow *row, const double *weight) {
  Run *run = b->job->run;
  Matching *m = b->m;
  Fit *fit = &b->job->result->fit;
  double *bias = NEW_ARRAY(run, double, b->rows), *index = NEW_ARRAY(run, double, m->n), sum = 0;
  if (run_failed(run)) return;
  int count = 0;
  for (int r = 1; r < b->rows; r++) {
    if (isnan(row[r].bias)) continue;
    sum += bias[count++] = fabs(row[r].bias);
  }
  qsort(bias, (size_t)count, sizeof *bias, ascending);
  Glm glm = {0};
  bool found = score_again(run, m, weight, &glm, index);
  if (run_failed(run)) return;
  double mean[2], variance[2], total[2], lr = found ? 2 * (glm.ll - glm.null_ll) : NAN, df = glm.ls.rank - m->constant;
  if (found) group_moments(m, index, weight, mean, variance, total);
  double scale = found ? sqrt((variance[0] + variance[1]) / 2) : NAN;
  const struct {
    const char *name;
    double value;
  } stats[] = {{"pseudo_r2", found ? 1 - glm.ll / glm.null_ll : NAN},
               {"lr_chi2", lr},
               {"lr_p", found && df > 0 ? chi2_upper(lr, df) : NAN},
               {"mean_bias", count ? sum / count : NAN},
               {"median_bias", quantile_sorted(count, bias, 0.5, false)},
               {"rubin_b", scale > 0 ? 100 * fabs(mean[1] - mean[0]) / scale : NAN},
               {"rubin_r", found && variance[0] > 0 ? variance[1] / variance[0] : NAN}};
  for (size_t i = 0; i < sizeof stats / sizeof stats[0] && !run_failed(run); i++) fit_add_stat(fit, run_format(run, "%s_%s", stats[i].name, sample), stats[i].value);
  if (found && df > 0) fit_add_test(fit, "lr", sample, "the regressors do not tell the treated from controls", lr, df, NAN, chi2_upper(lr, df));
}

/* ---- the fit */

static void add_counts(Job *job, const Matching *m) {
  Fit *fit = &job->result->fit;
  int64_t total[2] = {0}, matched[2] = {0}, off = 0;
  for (int64_t i = 0; i < m->n; i++) {
    int side = m->treat[i] == 1;
    total[side]++;
    matched[side] += m->weight[i] != 0;
    off += !m->on_support[i];
  }
  fit_add_stat(fit, "n_treated", (double)total[1]);
  fit_add_stat(fit, "n_control", (double)total[0]);
  fit_add_stat(fit, "matched_treated", (double)matched[1]);
  fit_add_stat(fit, "matched_control", (double)matched[0]);
  fit_add_stat(fit, "off_support", (double)off);
  fit_add_stat(fit, "separated", (double)m->separated);
  if (m->groups == 1) fit_add_stat(fit, "score_sd", m->score_sd);
  if (m->no_score)
    fit_add_word(fit, "groups", run_format(job->run, "%d of %d groups of by= (%lld rows) have treated rows only or controls only, and no score", (int)m->skipped_groups, (int)m->groups,
                                           (long long)m->no_score));
  fit_add_word(fit, "method", option_value(job, "method")->text);
  fit_add_word(fit, "score", option_value(job, "score")->text);
}

static void add_effects(Job *job, Matching *m) {
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  static const char *const names[] = {"att", "atu", "ate"}, *const errors[] = {"att_se", "atu_se", "ate_se"}, *const numbers[] = {"att_n", "atu_n", "ate_n"};
  bool smooth = m->settings.method == MATCH_KERNEL || m->settings.method == MATCH_LOCAL_LINEAR;
  bool simple = option_given(job, "errors") ? option_is(job, "errors", "simple") : smooth;
  double level = option_number(job, "level");
  if (!(level > 0 && level < 1)) run_fail(run, "level=%.15g must lie between 0 and 1, such as 0.95", level);
  MatchEffect effect[3];
  match_effects(run, m, simple, option_integer(job, "neighbours"), effect);
  for (int e = 0; e < 3 && !run_failed(run); e++) {
    FitTerm *term = fit_add_term(fit, names[e]);
    if (!term) return;
    if (isnan(effect[e].estimate)) continue;
    term_inference(term, effect[e].estimate, effect[e].std_error, INFINITY, level);
    fit_add_stat(fit, names[e], effect[e].estimate);
    fit_add_stat(fit, errors[e], effect[e].std_error);
    fit_add_stat(fit, numbers[e], (double)effect[e].n);
  }
  fit_add_word(fit, "errors", !compares_rows(m->settings.method) ? "hc0" : simple ? "simple" : "ai");
}

static void add_score(Job *job, const Matching *m) {
  Fit *fit = &job->result->fit;
  if (m->groups > 1) return;
  for (int j = 0, kept = 0; j < m->k; j++) {
    FitTerm *term = fit_add_term(fit, m->name[j]);
    if (!term) return;
    term->part = "score";
    if (m->dropped[j]) continue;
    if (!m->glm.ls.dropped[kept]) term_inference(term, m->glm.ls.beta[kept], sqrt(m->glm.ls.bread[kept * m->glm.k + kept]), INFINITY, option_number(job, "level"));
    kept++;
  }
}

static void add_rows(Job *job, const Matching *m) {
  double *support = NEW_ARRAY(job->run, double, m->n), *weight = NEW_ARRAY(job->run, double, m->n);
  if (run_failed(job->run)) return;
  for (int64_t i = 0; i < m->n; i++) {
    support[i] = isnan(m->score[i]) ? NAN : m->on_support[i];
    weight[i] = m->weight[i];
  }
  result_row_number(job->result, "pscore", m->score, false);
  result_row_number(job->result, "weight", weight, false);
  result_row_number(job->result, "match_id", m->match_id, true);
  result_row_number(job->result, "on_support", support, true);
}

static void fit(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  MatchSettings settings;
  Design score;
  Balance balance = {.job = job};
  if (model->endogenous) run_fail(run, "the formula has a third part (endogenous ~ instruments), which psm_match does not take");
  if (model->effects) run_fail(run, "the score takes no absorbed effects; write i(%s) among the regressors, exact= or by=", model->effect[0].name);
  if (!job_has_rows(job, 1)) return;
  matching_settings(job, &settings);
  if (run_failed(run)) return;
  design_build(job, model->terms, model->term, model->intercept, model->intercept, DESIGN_BORROW, &score);
  if (run_failed(run)) return;
  int by = option_variable(job, "by"), exact = option_variable(job, "exact");
  Matching m = {.settings = settings, .n = job->frame->rows, .treat = job_number(job, model->outcome), .outcome = job_number(job, option_variable(job, "outcome")), .k = score.k,
                .x = score.column, .name = score.name, .constant = model->intercept, .treat_name = model->variable[model->outcome].name};
  m.both = m.outcome != NULL && !job->want_rows;
  if (by >= 0) m.by = codes_dense(run, m.n, job_code(job, by), levels_count(job_levels(job, by)), &m.by_levels);
  m.exact = job_code(job, exact);
  if (!run_failed(run)) matching_run(run, &m);
  if (run_failed(run)) return;
  job->result->fit.nobs = m.n;
  if (job->want_rows) {
    add_rows(job, &m);
    return;
  }
  add_counts(job, &m);
  if (m.outcome) add_effects(job, &m);
  if (!run_failed(run)) add_score(job, &m);
  balance.m = &m;
  design_build(job, model->terms, model->term, false, false, DESIGN_BORROW, &balance.shown);
  if (!run_failed(run)) measure(&balance);
  if (run_failed(run)) return;
  overall(&balance, "before", balance.before, NULL);
  overall(&balance, "after", balance.after, m.weight);
  balance_rows(&balance);
}

static const char *const COLUMNS[] = {"variable", "sample", "mean_treated", "mean_control", "std_diff", "bias_pct", "var_ratio", "statistic", "p_value", NULL};
static const char *const STATS[] = {"nobs",           "att",           "att_se",          "atu",             "atu_se",           "ate",             "ate_se",        "n_treated",
                                    "n_control",      "matched_treated", "matched_control", "off_support",     "separated",        "pseudo_r2_before", "pseudo_r2_after", "lr_chi2_before",
                                    "lr_chi2_after",  "lr_p_before",   "lr_p_after",      "mean_bias_before", "mean_bias_after",  "median_bias_before", "median_bias_after",
                                    "rubin_b_before", "rubin_b_after", "rubin_r_before",  "rubin_r_after",   NULL};
static const char *const ROW_COLUMNS[] = {"pscore", "weight", "match_id", "on_support", NULL};
static const OptionSpec OWN[] = {
    {"method", OPTION_CHOICE, "nearest", "nearest|radius|kernel|llr|mahalanobis|ipw|entropy", "how rows are compared, or weighted"},
    {"score", OPTION_CHOICE, "logit", "logit|probit", "model of the propensity score"},
    {"ratio", OPTION_INTEGER, "1", NULL, "nearest neighbours for each treated row"},
    {"replace", OPTION_BOOLEAN, "0", NULL, "a control may be taken more than once"},
    {"caliper", OPTION_NUMBER, NULL, NULL, "largest distance of the scores"},
    {"caliper_unit", OPTION_CHOICE, "sd", "sd|score", "the caliper is in standard deviations of the score, or in the score itself"},
    {"order", OPTION_CHOICE, "largest", "largest|smallest|random|data", "who chooses first: by falling or rising score, by lot (seed=), as the rows come"},
    {"kernel", OPTION_CHOICE, "epanechnikov", "epanechnikov|gaussian", "how weights fall with the distance of the scores"},
    {"bandwidth", OPTION_NUMBER, "0.06", NULL, "of the kernel, in the score"},
    {"exact", OPTION_LEVELS, NULL, NULL, "rows are compared only within the same level: a column, or a^b"},
    {"by", OPTION_LEVELS, NULL, "pooled", "match within each value, each with a score of its own, such as the year; pooled: all at once"},
    {"support", OPTION_CHOICE, "none", "none|minmax|trim", "common support: within the other side's range of scores, or scores within [trim, 1-trim]"},
    {"trim", OPTION_NUMBER, "0.1", NULL, "how near to 0 and 1 a score may lie"},
    {"outcome", OPTION_VARIABLE, NULL, NULL, "gives the effects att, atu, ate and their errors"},
    {"estimand", OPTION_CHOICE, "att", "att|atu|ate", "whom the weights stand for"},
    {"errors", OPTION_CHOICE, NULL, "ai|simple", "Abadie and Imbens (2006), or simple ones; default ai, for kernel and llr simple"},
    {"neighbours", OPTION_INTEGER, "2", NULL, "rows of the same side from which the variance of the outcome is taken"},
    {"moments", OPTION_INTEGER, "1", NULL, "what is balanced: 1 means, 2 squares too, 3 cubes too"},
    {"level", OPTION_NUMBER, "0.95", NULL, "level of the confidence intervals of the effects"},
    {"seed", OPTION_INTEGER, "1", NULL, "of order=random"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionUse USES[] = {
    {"ratio", "method", "nearest|mahalanobis"},
    {"order", "method", "nearest|mahalanobis"},
    {"caliper", "method", "nearest|radius|kernel|llr|mahalanobis"},
    {"caliper_unit", "method", "nearest|radius|kernel|llr|mahalanobis"},
    {"exact", "method", "nearest|radius|kernel|llr|mahalanobis"},
    {"kernel", "method", "kernel|llr"},
    {"bandwidth", "method", "kernel|llr"},
    {"moments", "method", "entropy"},
    {"trim", "support", "trim"},
    {"errors", "method", "nearest|radius|kernel|llr|mahalanobis"},
    {"neighbours", "method", "nearest|radius|kernel|llr|mahalanobis"},
    {"neighbours", "errors", "ai"},
    {NULL, NULL, NULL}};
static const OptionSpec *const OPTIONS[] = {OWN, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_PSM_MATCH = {
    .name = "psm_match",
    .model = MODEL_FORMULA,
    .model_help = "treat ~ x1 + x2",
    .summary = "propensity-score matching and weighting: balance before and after, effects, matched rows",
    .columns = COLUMNS,
    .stats = STATS,
    .row_columns = ROW_COLUMNS,
    .options = OPTIONS,
    .uses = USES,
    .flags = ESTIMATOR_ROWS | ESTIMATOR_AGGREGATE,
    .fit = fit,
    .example = "SELECT variable, sample, mean_treated, mean_control, bias_pct, p_value FROM psm_match('SELECT * FROM nsw WHERE treat = 1 UNION ALL SELECT * FROM cps', "
               "'treat ~ age + educ + black + marr + re75', 'caliper=0.25, outcome=re78')",
};
