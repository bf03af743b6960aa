/* pca_index.c: principal components of the correlation matrix, and an index from those that are kept.
 *
 * 1. Each indicator is standardised: (x - mean) / sd, n - 1; direction - turns its sign, mid() and int() enter as minus the distance from the
 *    middle or the interval. Rows with NULL in an indicator take no part. Dimensions in the model text do not matter here. A constant indicator
 *    is left out and said (NULL loadings, weight 0); all constant: an error.
 * 2. Eigenvalues and unit-length eigenvectors (loadings) of the correlation matrix, falling; share = eigenvalue over their sum. The sign of a
 *    component is such that its mean loading is positive.
 * 3. Kept are the components with eigenvalue above 1 (keep=kaiser, at least the first), the first whose shares reach cumulated=0.85 (keep=cumulated), the first
 *    components=N, or all (keep=all).
 * 4. score = sum over kept components of share_c / (sum of kept shares) * pc_c, pc_c = sum_j loading_jc z_j: the weight of an indicator's z is its loadings
 *    times those shares. The fit has it as the term's estimate, with mean and sd, so that fit_score applies to any row.
 * 5. Tests. kmo (Kaiser 1974): sum r^2 / (sum r^2 + sum p^2) over pairs, p the partial correlations given all others; msa: the same for one
 *    indicator. bartlett (1951): -(n - 1 - (2k + 5)/6) ln |R|, chi2 with k(k-1)/2, H0: no correlations. Neither exists where R is singular. */
#include "est.h"

enum { BLOCK = 1024 };

typedef struct Standard { /* one indicator that takes part */
  const Indicator *indicator;
  const double *x;
  double mean, sd;
} Standard;

static double oriented(char direction, double low, double high, double x) {
  if (direction == '+') return x;
  if (direction == '-') return -x;
  return x < low ? x - low : x > high ? high - x : 0;
}

static void standard_block(const Standard *one, int64_t first, int64_t count, double *z) {
  char direction = one->indicator->direction_text[0];
  for (int64_t i = 0; i < count; i++) z[i] = (oriented(direction, one->indicator->low, one->indicator->high, one->x[first + i]) - one->mean) / one->sd;
}

/* Mean and sd of the oriented column; false if it is constant. */
static bool standardise(Run *run, int64_t n, Standard *one, double *work) {
  for (int64_t i = 0; i < n; i++) work[i] = oriented(one->indicator->direction_text[0], one->indicator->low, one->indicator->high, one->x[i]);
  double squares;
  mean_and_squares(n, work, &one->mean, &squares);
  one->sd = sqrt(squares / (double)(n - 1));
  bool varies = false;
  for (int64_t i = 1; i < n && !varies; i++) varies = work[i] != work[0];
  if (varies && !(one->sd > 0 && isfinite(one->sd))) run_fail(run, "the spread of '%s' is too small or too large for a number", one->indicator->name);
  run_poll(run, 6 * (uint64_t)n);
  return varies;
}

static void correlations(Run *run, int64_t n, int k, const Standard *part, double *r) {
  double *block = NEW_ARRAY(run, double, BLOCK * k);
  if (run_failed(run)) return;
  for (int64_t first = 0; first < n; first += BLOCK) {
    int64_t rows = n - first < BLOCK ? n - first : BLOCK;
    for (int j = 0; j < k; j++) standard_block(&part[j], first, rows, block + BLOCK * j);
    dense_crossproduct_add((int)rows, k, block, BLOCK, r);
    if (!run_poll(run, (uint64_t)(rows * k * (k + 4)))) return;
  }
  double *length = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) length[j] = sqrt(r[j * k + j]);
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++) r[i * k + j] = i == j ? 1 : r[i * k + j] / (length[i] * length[j]);
  run_free(run, block);
}

/* (5) */
static void add_tests(Job *job, int64_t n, int k, const Standard *part, const double *r, const double *eigenvalue) {
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  double log_determinant = 0, least = INFINITY;
  for (int c = 0; c < k; c++) {
    log_determinant += log(eigenvalue[c]);
    least = fmin(least, eigenvalue[c]);
  }
  double *inverse = NEW_ARRAY(run, double, k * k);
  if (run_failed(run)) return;
  memcpy(inverse, r, (size_t)(k * k) * sizeof *r);
  bool regular = k > 1 && least > 1e-12 * k && dense_cholesky(run, k, inverse) && dense_cholesky_inverse(run, k, inverse);
  if (run_failed(run)) return;
  const char *why = k < 2 ? "needs two indicators" : "the correlation matrix is singular";
  double all = 0, all_partial = 0;
  for (int j = 0; j < k && regular; j++) {
    double own = 0, own_partial = 0;
    for (int l = 0; l < k; l++) {
      if (l == j) continue;
      double partial = inverse[j * k + l] * inverse[j * k + l] / (inverse[j * k + j] * inverse[l * k + l]);
      own += r[j * k + l] * r[j * k + l];
      own_partial += partial;
    }
    all += own;
    all_partial += own_partial;
    fit_add_test(fit, "msa", part[j].indicator->name, NULL, own / (own + own_partial), NAN, NAN, NAN);
  }
  FitTest *kmo = fit_add_test(fit, "kmo", NULL, NULL, regular ? all / (all + all_partial) : (double)NAN, NAN, NAN, NAN);
  if (kmo) kmo->note = regular ? "sampling adequacy from 0 to 1; above 0.5 to 0.6 is usually asked for" : why;
  fit_add_stat(fit, "kmo", regular ? all / (all + all_partial) : (double)NAN);
  double df = k * (k - 1) / 2.0, chi2 = regular ? -((double)n - 1 - (2.0 * k + 5) / 6) * log_determinant : (double)NAN;
  FitTest *bartlett = fit_add_test(fit, "bartlett", NULL, "the indicators are uncorrelated", chi2, df, NAN, regular ? chi2_upper(chi2, df) : (double)NAN);
  if (bartlett && !regular) bartlett->note = why;
}

/* (3) */
static int components_kept(Job *job, int k, const double *eigenvalue) {
  Run *run = job->run;
  const char *keep = option_value(job, "keep")->text;
  double share = option_number(job, "cumulated"), total = 0, cumulated = 0;
  if (!(share > 0 && share <= 1)) run_fail(run, "cumulated=%s: it must lie between 0 and 1, as in cumulated=0.85", option_value(job, "cumulated")->text);
  if (option_given(job, "components")) {
    int64_t wanted = option_integer(job, "components");
    if (option_given(job, "keep")) run_fail(run, "give keep= or components=, not both");
    if (wanted < 1 || wanted > k) run_fail(run, "components=%lld: there are 1 to %d", (long long)wanted, k);
    return (int)wanted;
  }
  if (option_given(job, "cumulated")) {
    if (option_given(job, "keep") && strcmp(keep, "cumulated") != 0) run_fail(run, "keep=%s does not go with cumulated=; write keep=cumulated", keep);
    keep = "cumulated";
  }
  if (strcmp(keep, "all") == 0) return k;
  for (int c = 0; c < k; c++) total += eigenvalue[c];
  int kept = 0;
  if (strcmp(keep, "cumulated") == 0) {
    while (kept < k && cumulated < share * total * (1 - 1e-12)) cumulated += eigenvalue[kept++];
  } else {
    while (kept < k && eigenvalue[kept] > 1) kept++;
  }
  return kept > 0 ? kept : 1;
}

static void fill_rows(Job *job, int k, const Standard *part, const double *vector, const double *weight) {
  Run *run = job->run;
  int64_t n = job->frame->rows;
  double *score = NEW_ARRAY(run, double, n), **pc = NEW_ARRAY(run, double *, k), *block = NEW_ARRAY(run, double, BLOCK * k);
  for (int c = 0; c < k && !run_failed(run); c++) pc[c] = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  for (int64_t first = 0; first < n; first += BLOCK) {
    int64_t rows = n - first < BLOCK ? n - first : BLOCK;
    for (int j = 0; j < k; j++) {
      double *z = block + BLOCK * j;
      standard_block(&part[j], first, rows, z);
      for (int64_t i = 0; i < rows; i++) score[first + i] += weight[j] * z[i];
      for (int c = 0; c < k; c++)
        for (int64_t i = 0; i < rows; i++) pc[c][first + i] += vector[c * k + j] * z[i];
    }
    if (!run_poll(run, (uint64_t)(rows * k * (k + 4)))) return;
  }
  result_row_number(job->result, "score", score, false);
  for (int c = 0; c < k; c++) result_row_number(job->result, run_format(run, "pc%d", c + 1), pc[c], false);
}

static void add_terms(Job *job, int k, const Standard *part, const double *vector, const double *weight) {
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  const char *constant = NULL;
  for (int i = 0, j = 0; i < job->model->indicators; i++) {
    const Indicator *indicator = &job->model->indicator[i];
    bool live = j < k && part[j].indicator == indicator;
    FitTerm *term = fit_add_term(fit, indicator->name);
    if (!term) return;
    term->estimate = live ? weight[j] : 0;
    fit_term_word(fit, term, "direction", indicator->direction_text);
    if (indicator->direction == DIRECTION_MIDDLE || indicator->direction == DIRECTION_INTERVAL) {
      fit_term_number(fit, term, "low", indicator->low);
      fit_term_number(fit, term, "high", indicator->high);
    }
    if (!live) {
      constant = constant ? run_format(run, "%s, %s", constant, indicator->name) : indicator->name;
      continue;
    }
    fit_term_number(fit, term, "mean", part[j].mean);
    fit_term_number(fit, term, "sd", part[j].sd);
    for (int c = 0; c < k; c++) fit_term_number(fit, term, run_format(run, "pc%d", c + 1), vector[c * k + j]);
    j++;
  }
  if (constant) fit_add_word(fit, "constant", constant);
}

static void add_table(Job *job, int k, const Standard *part, const double *vector, const double *eigenvalue, int kept) {
  for (int c = 0; c < k; c++) {
    for (int i = 0, j = 0; i < job->model->indicators; i++) {
      const Indicator *indicator = &job->model->indicator[i];
      bool live = j < k && part[j].indicator == indicator;
      Cell *cell = result_add_row(job->result);
      if (!cell) return;
      cell_integer(cell++, c + 1);
      cell_number(cell++, eigenvalue[c]);
      cell_number(cell++, eigenvalue[c] / k);
      cell_text(cell++, indicator->name);
      cell_number(cell++, live ? vector[c * k + j] : (double)NAN);
      cell_integer(cell++, c < kept);
      cell_text(cell++, live ? NULL : "constant: left out");
      j += live;
    }
  }
}

static void fit_pca(Job *job) {
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  const Model *model = job->model;
  int64_t n = job->frame->rows;
  if (!job_has_rows(job, 2)) return;
  Standard *part = NEW_ARRAY(run, Standard, model->indicators);
  double *work = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  int k = 0;
  for (int i = 0; i < model->indicators && !run_failed(run); i++) {
    part[k] = (Standard){&model->indicator[i], job_number(job, model->indicator[i].variable), NAN, NAN};
    k += standardise(run, n, &part[k], work);
  }
  run_free(run, work);
  if (k == 0) run_fail(run, "all indicators are constant");
  double *r = NEW_ARRAY(run, double, k * k), *vector = NEW_ARRAY(run, double, k * k);
  double *eigenvalue = NEW_ARRAY(run, double, k), *weight = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  correlations(run, n, k, part, r);
  if (run_failed(run)) return;
  double *a = NEW_ARRAY(run, double, k * k), *ascending = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  memcpy(a, r, (size_t)(k * k) * sizeof *a);
  if (!dense_symmetric_eigen(run, k, a, ascending)) {
    run_fail(run, "the eigenvalues of the correlation matrix could not be found");
    return;
  }
  for (int c = 0; c < k; c++) { /* falling, and signed (2) */
    const double *from = a + (size_t)(k - 1 - c) * (size_t)k;
    double sum = 0;
    for (int j = 0; j < k; j++) sum += from[j];
    eigenvalue[c] = fmax(0, ascending[k - 1 - c]);
    for (int j = 0; j < k; j++) vector[c * k + j] = sum < 0 ? -from[j] : from[j];
  }
  int kept = components_kept(job, k, eigenvalue);
  if (run_failed(run)) return;
  double total = 0;
  for (int c = 0; c < kept; c++) total += eigenvalue[c];
  for (int c = 0; c < kept; c++)
    for (int j = 0; j < k; j++) weight[j] += eigenvalue[c] / total * vector[c * k + j];
  add_terms(job, k, part, vector, weight);
  fit_add_stat(fit, "nobs", (double)n);
  fit_add_stat(fit, "kept_components", kept);
  fit_add_stat(fit, "kept_share", total / k);
  for (int c = 0; c < k; c++) fit_add_stat(fit, run_format(run, "eigenvalue_%d", c + 1), eigenvalue[c]);
  add_tests(job, n, k, part, r, eigenvalue);
  if (job->want_table) add_table(job, k, part, vector, eigenvalue, kept);
  if (job->want_rows) fill_rows(job, k, part, vector, weight);
}

static double score_pca(const Fit *fit, int count, const double *x) {
  if (count != fit->terms) return NAN;
  double score = 0;
  for (int j = 0; j < count; j++) {
    const FitTerm *term = &fit->term[j];
    const char *direction = fit_attribute_word(term, "direction");
    double sd = fit_attribute_number(term, "sd");
    if (!direction || isnan(x[j])) return NAN;
    if (isnan(sd)) continue; /* constant: left out */
    double value = oriented(direction[0], fit_attribute_number(term, "low"), fit_attribute_number(term, "high"), x[j]);
    score += term->estimate * (value - fit_attribute_number(term, "mean")) / sd;
  }
  return score;
}

static const OptionSpec own_options[] = {
    {"keep", OPTION_CHOICE, "kaiser", "kaiser|cumulated|all", "components kept: eigenvalue above 1, cumulated share, or all"},
    {"cumulated", OPTION_NUMBER, "0.85", NULL, "the cumulated share that keep=cumulated asks for"},
    {"components", OPTION_INTEGER, NULL, NULL, "keep this many components"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns[] = {"component", "eigenvalue", "share", "indicator", "loading", "kept", "note", NULL};
static const char *const stats[] = {"nobs", "kept_components", "kept_share", "kmo", NULL};
static const char *const row_columns[] = {"score", "pc*", NULL};
static const OptionSpec *const options[] = {own_options, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_PCA_INDEX = {
    .name = "pca_index",
    .model = MODEL_INDICATORS,
    .model_help = "x1, -x2, mid(7) x3, int(6,8) x4",
    .summary = "composite index from principal components: eigenvalues, loadings, KMO, Bartlett, scores",
    .columns = columns,
    .stats = stats,
    .row_columns = row_columns,
    .options = options,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_ROWS,
    .short_values = "x...",
    .short_spec = "x...",
    .fit = fit_pca,
    .score = score_pca,
    .example = "SELECT component, eigenvalue, share, indicator, loading FROM pca_index('munnell', 'P_CAP, PC, GSP, EMP, -UNEMP') WHERE kept",
};
