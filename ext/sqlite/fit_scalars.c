/* fit_scalars.c: scalar functions of a kept fit.
 *
 * 1. fit_coef(fit, term), fit_se, fit_p: the term's estimate, standard error, p-value. Terms of the model itself come first; a term that
 *    stands in one other part (an equation, an effect) is found too. A dropped term gives NULL; a term that is not there is an error.
 * 2. fit_stat(fit, name): nobs, a statistic, a word (method, ssc, ...), or estimator, formula, outcome, vcov, error. A statistic
 *    that this fit lacks but some estimator has is NULL, so that a query over several models works; another name is an error.
 * 3. fit_predict(fit, x...): the prediction for values of the terms in their order, (Intercept) left out: x'b + (Intercept), or with absorbed effects +
 *    the statistic `constant` where the fit has it (the effects at their mean). A dropped term counts as 0. On the scale of the response: see RESPONSES.
 * 4. fit_score(fit, x...): the estimator's own score of a row with these values, as in the virtual table.
 * 5. A NULL fit, a NULL value of x or a fit with an error gives NULL; a text that is no fit is an error.
 * 6. The last text stays parsed until another comes: one row asks several things of a fit, and a query scores many rows with one. The
 *    functions of a connection share it, and SQLite serialises them. */
#include "sql.h"

typedef struct Scalars {
  Connection *connection;
  int references;
  Run run;       /* the memory of what follows */
  char *json;    /* sqlite3_malloc'ed; NULL: nothing is kept */
  int length;
  Fit fit;
  int predictors;        /* terms of the model itself without (Intercept) */
  const FitTerm **predictor;
  const char **name;     /* theirs */
  double *x;             /* room for a value of each */
} Scalars;

enum { KEPT_BYTES = 1 << 18 }; /* a longer text is not kept: parsed it takes several times its length */

static void forget(Scalars *scalars) {
  run_end(&scalars->run);
  sqlite3_free(scalars->json);
  scalars->json = NULL;
}

static void parse(Scalars *scalars) {
  Run *run = &scalars->run;
  Fit *fit = &scalars->fit;
  run_begin(run, &scalars->connection->host);
  fit_read(run, scalars->json, fit);
  scalars->predictors = 0;
  scalars->predictor = NEW_ARRAY(run, const FitTerm *, fit->terms);
  scalars->name = NEW_ARRAY(run, const char *, fit->terms);
  scalars->x = NEW_ARRAY(run, double, fit->terms);
  if (run_failed(run)) return;
  for (int i = 0; i < fit->terms; i++) {
    if (fit->term[i].part || strcmp(fit->term[i].term, "(Intercept)") == 0) continue;
    scalars->predictor[scalars->predictors] = &fit->term[i];
    scalars->name[scalars->predictors++] = fit->term[i].term;
  }
}

/* The fit of the first argument; NULL where the answer is NULL or an error that has been reported. */
static const Fit *fit_argument(sqlite3_context *context, sqlite3_value *value, const char *name) {
  Scalars *scalars = sqlite3_user_data(context);
  const char *text = (const char *)sqlite3_value_text(value);
  int length = sqlite3_value_bytes(value);
  if (!text) {
    if (sqlite3_value_type(value) != SQLITE_NULL) sqlite3_result_error_nomem(context);
    return NULL;
  }
  if (!scalars->json || scalars->length != length || memcmp(scalars->json, text, (size_t)length) != 0) {
    forget(scalars);
    char *copy = sqlite3_malloc64((sqlite3_uint64)length + 1);
    if (!copy) {
      sqlite3_result_error_nomem(context);
      return NULL;
    }
    memcpy(copy, text, (size_t)length + 1);
    scalars->json = copy;
    scalars->length = length;
    parse(scalars);
    if (run_failed(&scalars->run)) {
      report_context(context, &scalars->run, name);
      forget(scalars);
      connection_rest(scalars->connection);
      return NULL;
    }
  }
  return &scalars->fit;
}

/* Ends each call: reports what went wrong with the kept fit's run and gives up what should not stay. */
static void leave(sqlite3_context *context, const char *name) {
  Scalars *scalars = sqlite3_user_data(context);
  if (!scalars->json) return;
  bool failed = run_failed(&scalars->run);
  if (failed) report_context(context, &scalars->run, name);
  if (failed || scalars->length > KEPT_BYTES) forget(scalars);
  connection_rest(scalars->connection);
}

/* "'x', 'y', 'z'" of at most a dozen names. */
static const char *listed(Run *run, int count, const char *const *names) {
  Text text = {.run = run};
  text_add(&text, "");
  for (int i = 0; i < count && i < 12; i++) text_format(&text, "%s'%.60s'", i ? ", " : "", names[i]);
  if (count > 12) text_format(&text, " and %d more", count - 12);
  return run_failed(run) ? "" : text.data;
}

/* What other programs call it, if the fit has it. */
static const char *our_name(const char *name, int count, const char *const *names) {
  static const char *const PAIRS[][2] = {{"n", "nobs"}, {"obs", "nobs"}, {"adj_r2", "r2_adj"}, {"adjr2", "r2_adj"}, {"r2_a", "r2_adj"}, {"ar2", "r2_adj"}, {"wr2", "r2_within"},
                                         {"within_r2", "r2_within"}, {"f", "f_statistic"}, {"sigma", "rmse"}, {"loglik", "ll"}, {"pr2", "pseudo_r2"}, {"g", "groups"},
                                         {"_cons", "(Intercept)"}, {"const", "(Intercept)"}};
  for (size_t p = 0; p < sizeof PAIRS / sizeof PAIRS[0]; p++)
    for (int i = 0; i < count && names_equal(PAIRS[p][0], name); i++)
      if (strcmp(names[i], PAIRS[p][1]) == 0) return names[i];
  return NULL;
}

static void fail_unknown(Run *run, const char *what, const char *name, int count, const char *const *names) {
  const char *ours = our_name(name, count, names), *near = ours ? ours : nearest_name(name, count, names);
  if (count == 0) run_fail(run, "no %s '%.100s': the fit has none", what, name);
  else if (near) run_fail(run, "no %s '%.100s'; did you mean '%.60s'? It has %s", what, name, near, listed(run, count, names));
  else run_fail(run, "no %s '%.100s'; it has %s", what, name, listed(run, count, names));
}

/* ------------------------------------------------------------------------------------------------ fit_coef, fit_se, fit_p */

static const FitTerm *term_of(Run *run, const Fit *fit, const char *name) {
  const FitTerm *found = fit_find_term(fit, name), *first = NULL;
  if (found) return found;
  for (int i = 0; i < fit->terms; i++) { /* (1): in one part only */
    if (strcmp(fit->term[i].term, name) != 0) continue;
    if (first) {
      run_fail(run, "the term '%.100s' stands in several parts ('%.60s', '%.60s'): take them from fit_terms(fit)", name, first->part, fit->term[i].part);
      return NULL;
    }
    first = &fit->term[i];
  }
  if (first) return first;
  const char **names = NEW_ARRAY(run, const char *, fit->terms);
  if (!names) return NULL;
  for (int i = 0; i < fit->terms; i++) names[i] = fit->term[i].term;
  fail_unknown(run, "term", name, fit->terms, names);
  return NULL;
}

static void of_term(sqlite3_context *context, sqlite3_value **values, const char *function, size_t offset) {
  const Fit *fit = fit_argument(context, values[0], function);
  const char *name = (const char *)sqlite3_value_text(values[1]);
  if (!fit) return;
  if (name && !fit->error) {
    const FitTerm *term = term_of(fit->run, fit, name);
    if (term) emit_number(context, *(const double *)(const void *)((const char *)term + offset));
  }
  leave(context, function);
}

static void fit_coef(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  of_term(context, values, "fit_coef", offsetof(FitTerm, estimate));
}

static void fit_se(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  of_term(context, values, "fit_se", offsetof(FitTerm, std_error));
}

static void fit_p(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  of_term(context, values, "fit_p", offsetof(FitTerm, p_value));
}

/* ------------------------------------------------------------------------------------------------ fit_stat */

/* Some estimator has a statistic of this name. */
static bool known_elsewhere(const char *name) {
  for (int e = 0; estimator_registry[e]; e++) {
    for (int s = 0; estimator_registry[e]->stats && estimator_registry[e]->stats[s]; s++) {
      if (strcmp(estimator_registry[e]->stats[s], name) == 0) return true;
    }
  }
  return false;
}

/* False: the fit has nothing of this name. */
static bool stat_cell(const Fit *fit, const char *name, Cell *cell) {
  const struct {
    const char *name, *value;
  } texts[] = {{"estimator", fit->estimator}, {"formula", fit->formula}, {"outcome", fit->outcome}, {"vcov", fit->vcov_type}, {"error", fit->error}};
  if (strcmp(name, "nobs") == 0) {
    cell_integer(cell, fit->nobs);
    return true;
  }
  for (int i = 0; i < fit->stats; i++) {
    if (strcmp(fit->stat[i].name, name) != 0) continue;
    cell_number(cell, fit->stat[i].value);
    return true;
  }
  for (int i = 0; i < fit->words; i++) {
    if (strcmp(fit->word[i].name, name) != 0) continue;
    cell_text(cell, fit->word[i].value);
    return true;
  }
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (strcmp(texts[i].name, name) != 0) continue;
    cell_text(cell, texts[i].value);
    return true;
  }
  return false;
}

static void fit_stat(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  const Fit *fit = fit_argument(context, values[0], "fit_stat");
  const char *name = (const char *)sqlite3_value_text(values[1]);
  if (!fit) return;
  Cell cell = {0};
  if (name && fit->error && strcmp(name, "error") != 0) {
    sqlite3_result_null(context);
  } else if (name && stat_cell(fit, name, &cell)) {
    emit_cell(context, &cell);
  } else if (name && !known_elsewhere(name)) {
    const char **names = NEW_ARRAY(fit->run, const char *, 1 + fit->stats + fit->words);
    if (names) {
      int known = 0;
      names[known++] = "nobs";
      for (int i = 0; i < fit->stats; i++) names[known++] = fit->stat[i].name;
      for (int i = 0; i < fit->words; i++) names[known++] = fit->word[i].name;
      fail_unknown(fit->run, "statistic", name, known, names);
    }
  }
  leave(context, "fit_stat");
}

/* ------------------------------------------------------------------------------------------------ fit_predict, fit_score */

/* The values behind the fit as scalars->x; false where the answer is NULL or an error. */
static bool read_values(Scalars *scalars, int count, sqlite3_value **values) {
  Run *run = &scalars->run;
  int expected = scalars->predictors;
  if (count != expected) {
    run_fail(run, "%d value%s given, but the fit has %d term%s: %s", count, count == 1 ? " was" : "s were", expected, expected == 1 ? "" : "s",
             listed(run, expected, scalars->name));
    return false;
  }
  bool complete = true;
  for (int i = 0; i < count; i++) {
    int type = sqlite3_value_numeric_type(values[i]);
    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
      scalars->x[i] = sqlite3_value_double(values[i]);
    } else if (type == SQLITE_NULL) {
      complete = false;
    } else {
      const char *text = (const char *)sqlite3_value_text(values[i]);
      run_fail(run, "the value of '%.60s' is no number: '%.60s'", scalars->name[i], text ? text : "");
      return false;
    }
  }
  return complete;
}

static double logistic(double z) {
  return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

/* From the linear predictor to the scale of the response; the identity for all others. */
static const struct {
  const char *estimator;
  double (*response)(double linear);
} RESPONSES[] = {{"fe_poisson", exp}, {"fe_logit", logistic}, {"fe_probit", normal_cdf}};

static double predict(const Scalars *scalars) {
  const Fit *fit = &scalars->fit;
  const FitTerm *intercept = fit_find_term(fit, "(Intercept)");
  double constant = intercept ? intercept->estimate : fit_stat_value(fit, "constant");
  double linear = isnan(constant) ? 0 : constant;
  for (int i = 0; i < scalars->predictors; i++) {
    double estimate = scalars->predictor[i]->estimate;
    if (!isnan(estimate)) linear += estimate * scalars->x[i];
  }
  for (size_t i = 0; i < sizeof RESPONSES / sizeof RESPONSES[0]; i++) {
    if (strcmp(RESPONSES[i].estimator, fit->estimator) == 0) return RESPONSES[i].response(linear);
  }
  return linear;
}

static void of_values(sqlite3_context *context, int count, sqlite3_value **values, const char *function, bool score) {
  if (count < 1) {
    char *message = sqlite3_mprintf("%s: the fit is missing: %s(fit, x...)", function, function);
    sqlite3_result_error(context, message ? message : function, -1);
    sqlite3_free(message);
    return;
  }
  const Fit *fit = fit_argument(context, values[0], function);
  if (!fit) return;
  Scalars *scalars = sqlite3_user_data(context);
  const Estimator *estimator = score ? estimator_find(fit->estimator) : NULL;
  if (fit->error) sqlite3_result_null(context);
  else if (score && !(estimator && estimator->score)) run_fail(fit->run, "a fit of %.60s has no scores", fit->estimator);
  else if (read_values(scalars, count - 1, values + 1)) emit_number(context, score ? estimator->score(fit, scalars->predictors, scalars->x) : predict(scalars));
  leave(context, function);
}

static void fit_predict(sqlite3_context *context, int count, sqlite3_value **values) {
  of_values(context, count, values, "fit_predict", false);
}

static void fit_score(sqlite3_context *context, int count, sqlite3_value **values) {
  of_values(context, count, values, "fit_score", true);
}

/* ------------------------------------------------------------------------------------------------ registration */

static void release(void *pointer) {
  Scalars *scalars = pointer;
  if (--scalars->references > 0) return;
  forget(scalars);
  connection_release(scalars->connection);
  sqlite3_free(scalars);
}

int fit_scalars_register(Connection *connection) {
  static const struct {
    const char *name;
    int arguments;
    void (*function)(sqlite3_context *context, int count, sqlite3_value **values);
  } FUNCTIONS[] = {{"fit_coef", 2, fit_coef}, {"fit_se", 2, fit_se}, {"fit_p", 2, fit_p}, {"fit_stat", 2, fit_stat}, {"fit_predict", -1, fit_predict}, {"fit_score", -1, fit_score}};
  Scalars *scalars = sqlite3_malloc(sizeof *scalars);
  if (!scalars) return SQLITE_NOMEM;
  memset(scalars, 0, sizeof *scalars);
  run_begin(&scalars->run, &connection->host);
  scalars->connection = connection_hold(connection);
  scalars->references = 1; /* ours, until all are registered */
  int code = SQLITE_OK;
  for (size_t i = 0; i < sizeof FUNCTIONS / sizeof FUNCTIONS[0] && code == SQLITE_OK; i++) {
    scalars->references++;
    code = sqlite3_create_function_v2(connection->db, FUNCTIONS[i].name, FUNCTIONS[i].arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, scalars, FUNCTIONS[i].function,
                                      NULL, NULL, release);
  }
  release(scalars);
  return code;
}
