/* registry.c: the list of estimators and of functions of a fit, the option groups and column lists that several of them share. */
#include "est.h"

/* ---- shared options */

const OptionSpec OPTIONS_WHERE[] = {
    {"where", OPTION_WHERE, NULL, NULL, "a SQL expression: only rows for which it holds are used"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};

const OptionSpec OPTIONS_PANEL[] = {
    {"panel", OPTION_PANEL, NULL, NULL, "unit+time of the panel, for lags, nw() and dk(); default: the first two absorbed effects"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};

const OptionSpec OPTIONS_SAMPLE[] = {
    {"weights", OPTION_VARIABLE, NULL, NULL, "weights of the rows; a row of weight zero is left out"},
    {"singletons", OPTION_CHOICE, "drop", "drop|keep", "rows that are alone in a level of an absorbed effect"},
    {"tolerance", OPTION_NUMBER, "1e-10", NULL, "relative tolerance of what has to be iterated"},
    {"progress", OPTION_BOOLEAN, "0", NULL, "1: says on standard error how many draws are done, of those of reps= and vcov=wild(...)"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};

const OptionSpec OPTIONS_VCOV[] = {
    {"vcov", OPTION_VCOV, NULL, NULL, "iid, hc0..hc4 (robust is hc1), cluster(a), cluster(a+b), nw(L), dk(L), conley(lat, lon, km), wild(g), cv3(g); default: cluster by the first absorbed effect, else hc1"},
    {"ssc", OPTION_CHOICE, "fixest", "fixest|reghdfe|xtreg|areg|stata|none", "preset of the small-sample correction"},
    {"k_adj", OPTION_BOOLEAN, NULL, NULL, "apply (N-1)/(N-K); default by ssc"},
    {"k_fixef", OPTION_CHOICE, NULL, "nested|full|none", "how effects count in K: those nested in the clusters once, every level, not at all (slopes count always); default by ssc"},
    {"g_adj", OPTION_BOOLEAN, NULL, NULL, "apply G/(G-1); default by ssc"},
    {"g_df", OPTION_CHOICE, NULL, "min|conventional", "two-way clusters: the smallest G for all, or each its own; default by ssc"},
    {"t_df", OPTION_CHOICE, NULL, "min|conventional", "degrees of freedom of t in clustered models: the smallest G - 1, or N - K; default by ssc"},
    {"level", OPTION_NUMBER, "0.95", NULL, "level of the confidence intervals"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};

const OptionSpec OPTIONS_DRAWS[] = {
    {"reps", OPTION_INTEGER, NULL, NULL, "number of draws"},
    {"seed", OPTION_INTEGER, "1", NULL, "seed of the draws: the same seed gives the same draws of units on any machine and in any order of the rows"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};

/* ---- shared lists */

const char *const COLUMNS_TIDY[] = {"term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", NULL};

const char *const STATS_REGRESSION[] = {"nobs",        "r2",        "r2_adj", "r2_within", "r2_within_adj", "rmse", "df_resid",
                                        "f_statistic", "f_p_value", "ll",     "aic",       "bic",           "constant", NULL};

/* ---- the registries: one line a function */

extern const Estimator ESTIMATOR_FE_OLS, ESTIMATOR_RE_GLS, ESTIMATOR_FE_IV, ESTIMATOR_FE_GMM, ESTIMATOR_DID_ATT, ESTIMATOR_DID_BACON, ESTIMATOR_DID_PLACEBO;
extern const Estimator ESTIMATOR_FE_POISSON, ESTIMATOR_FE_LOGIT, ESTIMATOR_FE_PROBIT;
extern const Estimator ESTIMATOR_FE_MEDIATE, ESTIMATOR_FE_COMPARE, ESTIMATOR_FE_THRESHOLD;
extern const Estimator ESTIMATOR_PSM_MATCH;
extern const Estimator ESTIMATOR_FE_QUANTILE;
extern const Estimator ESTIMATOR_ENTROPY_INDEX, ESTIMATOR_TOPSIS_INDEX, ESTIMATOR_PCA_INDEX;
extern const Estimator ESTIMATOR_PANEL_DESCRIBE, ESTIMATOR_PANEL_CORRELATE, ESTIMATOR_PANEL_VIF, ESTIMATOR_PANEL_INEQUALITY;
extern const Estimator ESTIMATOR_PANEL_PREPARE, ESTIMATOR_PANEL_UNITROOT, ESTIMATOR_PANEL_SPECTEST, ESTIMATOR_PANEL_TFP, ESTIMATOR_PANEL_MORAN;
extern const Estimator ESTIMATOR_PANEL_CONVERGENCE, ESTIMATOR_EXPORT_SOPHISTICATION;

const Estimator *const estimator_registry[] = {
    &ESTIMATOR_FE_OLS,
    &ESTIMATOR_RE_GLS,
    &ESTIMATOR_FE_IV,
    &ESTIMATOR_FE_GMM,
    &ESTIMATOR_FE_POISSON,
    &ESTIMATOR_FE_LOGIT,
    &ESTIMATOR_FE_PROBIT,
    &ESTIMATOR_PSM_MATCH,
    &ESTIMATOR_FE_QUANTILE,
    &ESTIMATOR_DID_ATT,
    &ESTIMATOR_DID_BACON,
    &ESTIMATOR_DID_PLACEBO,
    &ESTIMATOR_FE_MEDIATE,
    &ESTIMATOR_FE_COMPARE,
    &ESTIMATOR_FE_THRESHOLD,
    &ESTIMATOR_ENTROPY_INDEX,
    &ESTIMATOR_TOPSIS_INDEX,
    &ESTIMATOR_PCA_INDEX,
    &ESTIMATOR_PANEL_DESCRIBE,
    &ESTIMATOR_PANEL_CORRELATE,
    &ESTIMATOR_PANEL_VIF,
    &ESTIMATOR_PANEL_INEQUALITY,
    &ESTIMATOR_PANEL_CONVERGENCE,
    &ESTIMATOR_EXPORT_SOPHISTICATION,
    &ESTIMATOR_PANEL_PREPARE,
    &ESTIMATOR_PANEL_UNITROOT,
    &ESTIMATOR_PANEL_SPECTEST,
    &ESTIMATOR_PANEL_TFP,
    &ESTIMATOR_PANEL_MORAN,
    NULL,
};

extern const FitFunction FIT_FUNCTION_WALD, FIT_FUNCTION_MARGINS, FIT_FUNCTION_UTEST, FIT_FUNCTION_BANDS, FIT_FUNCTION_DID_HONEST;

const FitFunction *const fit_function_registry[] = {
    &FIT_FUNCTION_WALD,
    &FIT_FUNCTION_MARGINS,
    &FIT_FUNCTION_UTEST,
    &FIT_FUNCTION_BANDS,
    &FIT_FUNCTION_DID_HONEST,
    NULL,
};

const Estimator *estimator_find(const char *name) {
  for (int e = 0; estimator_registry[e]; e++)
    if (strcmp(estimator_registry[e]->name, name) == 0) return estimator_registry[e];
  return NULL;
}

/* ---- options by name */

const OptionValue *option_value(const Job *job, const char *name) {
  for (int o = 0; o < job->options; o++)
    if (strcmp(job->option[o].spec->name, name) == 0) return &job->option[o];
  assert(false && "an option that the estimator does not have");
  return NULL;
}

double option_number(const Job *job, const char *name) { return option_value(job, name)->number; }
int64_t option_integer(const Job *job, const char *name) { return option_value(job, name)->integer; }
bool option_given(const Job *job, const char *name) { return option_value(job, name)->given; }
int option_variable(const Job *job, const char *name) { return option_value(job, name)->given ? option_value(job, name)->variable : -1; }

bool option_is(const Job *job, const char *name, const char *choice) {
  const char *text = option_value(job, name)->text;
  return text && strcmp(text, choice) == 0;
}

static bool draws(const Job *job) {
  for (int o = 0; o < job->options; o++) {
    const OptionValue *option = &job->option[o];
    if (strcmp(option->spec->name, "reps") == 0 || (option->vcov && option->vcov->kind == VCOV_WILD)) return true;
  }
  return false;
}

const int32_t *job_dense_codes(const Job *job, int variable, int32_t *levels) {
  const Column *column = &job->frame->column[variable];
  if (draws(job)) return codes_by_value(job->run, job->frame->rows, column->code, column->levels, levels);
  return codes_dense(job->run, job->frame->rows, column->code, levels_count(column->levels), levels);
}

int result_column(const Job *job, const char *name) {
  for (int c = 0; job->estimator->columns[c]; c++)
    if (strcmp(job->estimator->columns[c], name) == 0) return c;
  return -1;
}
