/* iv_tests.c: the tests of fe_iv: relevance of the instruments, their exogeneity, endogeneity of the regressors.
 *
 * Notation of fe_iv.c; everything has effects and W partialled out; q orthonormal (l columns), V the residuals of the first stages, L instruments, p
 * endogenous regressors. "Wald(e; a, U)" is a'U (U'OU)^-1 U'a with O the variance of q'e under the model's vcov and U a basis; O takes the model's
 * small-sample factor with K of the first stage (every column of W and Z, effects as ssc= counts them); "raw": no factor, iid e'e/N.
 * 1. first_stage_f: (a'a/L) / (V_j'V_j/(N-K)), a = q'x_j. Its own iid F whatever the vcov; K as above. F(L, N-K).
 * 2. first_stage_wald_f: Wald(V_j; q'x_j, I) / L, F(L, df of the model's t).
 * 3. sanderson_windmeijer_f (p > 1): r = x_j - X_-j d with d the 2SLS coefficients; Wald(r - qq'r; q'r, U) / (L-p+1), U spanning what q'X_-j leaves of the
 *    instruments; iid: the conditional F of Sanderson and Windmeijer (2016). Its critical value is that of one regressor and L-p+1 instruments.
 * 4. kp_rk_lm, kp_rk_wald_f (Kleibergen and Paap 2006, rank p - 1 against p): with s, u, v the smallest canonical correlation of X and Z and its vectors, x* = Ov,
 *    U the complement of the other left vectors: LM = raw Wald(x*; s u, U), chi2(L-p+1); F = Wald(x* - qq'x*; s u, U) / L. LM takes residuals under a coefficient of
 *    zero, as ranktest does. iid: Anderson's canonical correlation LM N s^2, and the Cragg-Donald F.
 * 5. cragg_donald_f: s^2/(1-s^2) (N-K)/L (Cragg and Donald 1993). Critical values of Stock and Yogo (2005): 10% size in `critical`, the others in the note.
 * 6. sargan (vcov=iid): N u'Pu / u'u at the model's estimate; hansen_j (else): the minimum of g'S^-1 g, g = q'u, S raw at the residuals of 2SLS (two-step GMM);
 *    chi2(L-p). No row where L = p.
 * 7. wu_hausman: y on X, W and V; the Wald test under the model's vcov that V has no part, / p; iid: the F with N - K - p degrees of freedom.
 * 8. anderson_rubin: y on W and Z; Wald(y - qq'y; q'y, I) / L, F(L, df of t); anderson_rubin_chi2: the same raw, chi2(L). */
#include "iv.h"

typedef struct Draft { /* what the tests share */
  const IvEquation *eq;
  double *leverage; /* of the first stage and of the reduced form; NULL unless hc2, hc3, hc4 */
  double residual_df; /* N - K of the first stage */
  const char *weak; /* the Stock-Yogo note */
  double critical;
} Draft;

/* U, k x (k - m) by columns: an orthonormal basis of what m orthonormal columns leave of k dimensions. */
static double *complement(Run *run, int k, int m, const double *orthonormal) {
  double *projection = NEW_ARRAY(run, double, k * k), *values = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return NULL;
  for (int i = 0; i < k; i++) projection[i + i * k] = 1;
  dense_multiply(false, true, k, k, m, -1, orthonormal, k, orthonormal, k, 1, projection, k);
  if (!dense_symmetric_eigen(run, k, projection, values)) {
    run_fail(run, "the eigenvalues of a projection did not converge");
    return NULL;
  }
  return projection + (size_t)m * (size_t)k; /* eigenvalues ascend: m zeros, then ones */
}

/* to = e - q (q'e), a new column; coefficient: q'e, l numbers. */
static double *residual_on_q(const IvEquation *eq, const double *e, const double *coefficient) {
  Run *run = eq->job->run;
  double *rest = NEW_ARRAY(run, double, eq->n), *minus = NEW_ARRAY(run, double, eq->l);
  if (run_failed(run)) return NULL;
  memcpy(rest, e, (size_t)eq->n * sizeof(double));
  for (int i = 0; i < eq->l; i++) minus[i] = -coefficient[i];
  iv_add_columns(eq, eq->l, eq->q, minus, rest);
  return rest;
}

/* Wald(e; a, U) with U of m columns, NULL: the identity (m = l). NAN where the variance has a rank below m, written to *rank: what is left would test something else. */
static double wald(const Draft *d, const double *e, const double *a, int m, const double *basis, bool raw, int *rank, double *df_t) {
  const IvEquation *eq = d->eq;
  Run *run = eq->job->run;
  int l = eq->l;
  Vcov omega;
  iv_variance(eq, l, eq->q, NULL, e, d->leverage, raw ? (double)NAN : eq->k_first, &omega);
  double *half = NEW_ARRAY(run, double, l * m), *variance = NEW_ARRAY(run, double, m * m), *b = NEW_ARRAY(run, double, m);
  int *position = NEW_ARRAY(run, int, m);
  if (run_failed(run)) return NAN;
  for (int i = 0; i < m; i++) position[i] = i;
  if (df_t) *df_t = omega.df_t;
  if (!basis) {
    double statistic = wald_statistic(run, l, a, omega.value, l, position, rank);
    return *rank == l ? statistic : (double)NAN;
  }
  dense_multiply(false, false, l, m, l, 1, omega.value, l, basis, l, 0, half, l);
  dense_multiply(true, false, m, m, l, 1, basis, l, half, l, 0, variance, m);
  dense_multiply(true, false, m, 1, l, 1, basis, l, a, l, 0, b, m);
  double statistic = wald_statistic(run, m, b, variance, m, position, rank);
  return *rank == m ? statistic : (double)NAN;
}

static FitTest *add(const IvEquation *eq, const char *test, const char *subject, const char *h0, double statistic, double df1, double df2, double p_value) {
  return fit_add_test(&eq->job->result->fit, test, subject, h0, statistic, df1, df2, p_value);
}

static const char *short_of(Run *run, int rank, int wanted) {
  return rank < wanted ? run_format(run, "not defined: the variance has rank %d of %d, fewer clusters or periods than restrictions", rank, wanted) : NULL;
}

/* ---- relevance (1-5) */

static const char *stock_yogo_note(Run *run, const StockYogo *table, bool robust) {
  const char *note = NULL;
  const double *size = table->size, *bias = table->bias;
  if (!isnan(size[0])) note = run_format(run, "Stock-Yogo critical values: size 10%% %.2f, 15%% %.2f, 20%% %.2f, 25%% %.2f", size[0], size[1], size[2], size[3]);
  if (!isnan(bias[0]))
    note = run_format(run, "%s relative bias 5%% %.2f, 10%% %.2f, 20%% %.2f, 30%% %.2f", note ? run_format(run, "%s;", note) : "Stock-Yogo critical values:", bias[0], bias[1], bias[2], bias[3]);
  if (note && robust) note = run_format(run, "%s; they are derived for iid errors", note);
  return note ? note : "no Stock-Yogo critical values for so many regressors or instruments";
}

static void sanderson_windmeijer(const Draft *d, int j) {
  const IvEquation *eq = d->eq;
  Run *run = eq->job->run;
  int l = eq->l, p = eq->p, others = p - 1, m = l - others;
  double **column = NEW_ARRAY(run, double *, others), *factor = NEW_ARRAY(run, double, p);
  double *copy = NEW_ARRAY(run, double, l * others), *left = NEW_ARRAY(run, double, l * others), *s = NEW_ARRAY(run, double, others), *vt = NEW_ARRAY(run, double, others * others);
  double *r = NEW_ARRAY(run, double, eq->n), *a = NEW_ARRAY(run, double, l);
  if (run_failed(run)) return;
  for (int c = 0, at = 0; c < p; c++)
    if (c != j) column[at++] = eq->qx + c * l;
  LeastSquares ls;
  least_squares(run, l, others, column, eq->qx + j * l, NULL, NULL, NULL, &ls);
  if (run_failed(run)) return;
  if (ls.rank < others) { /* the others are not identified among themselves */
    add(eq, "sanderson_windmeijer_f", eq->endogenous.name[j], "the instruments do not identify this regressor given the others", NAN, m, NAN, NAN);
    return;
  }
  for (int c = 0, at = 0; c < p; c++) factor[c] = c == j ? 1 : -ls.beta[at++];
  iv_add_columns(eq, p, eq->x, factor, r);
  dense_multiply(false, false, l, 1, p, 1, eq->qx, l, factor, p, 0, a, l);
  for (int c = 0; c < others; c++) { /* unit lengths, so that the rank is not a matter of units */
    double norm = sqrt(dense_dot(l, column[c], column[c]));
    for (int i = 0; i < l; i++) copy[i + c * l] = column[c][i] / norm;
  }
  if (!dense_svd(run, l, others, copy, left, s, vt)) run_fail(run, "the singular values of the first stages did not converge");
  double *basis = complement(run, l, others, left), *e = residual_on_q(eq, r, a);
  if (run_failed(run)) return;
  int rank = 0;
  double df_t = NAN, f = wald(d, e, a, m, basis, false, &rank, &df_t) / m;
  if (run_failed(run)) return;
  FitTest *test = add(eq, "sanderson_windmeijer_f", eq->endogenous.name[j], "the instruments do not identify this regressor given the others", f, m, df_t, f_upper(f, m, df_t));
  StockYogo table = stock_yogo(1, m, eq->method == IV_LIML);
  if (!test) return;
  test->critical = table.size[0];
  test->note = stock_yogo_note(run, &table, eq->sample->vcov_kind != VCOV_IID);
}

static void first_stage_wald(const Draft *d, int j) {
  const IvEquation *eq = d->eq;
  int l = eq->l, rank = 0;
  double df_t = NAN, f = wald(d, eq->v[j], eq->qx + j * l, l, NULL, false, &rank, &df_t) / l;
  if (run_failed(eq->job->run)) return;
  FitTest *test = add(eq, "first_stage_wald_f", eq->endogenous.name[j], "the excluded instruments have no part in the first stage", f, l, df_t, f_upper(f, l, df_t));
  if (test) test->note = short_of(eq->job->run, rank, l);
}

/* A test with memory of its own, given back at once: for p regressors it would be p times some matrices of l x l. */
static void test_regressor(const Draft *d, int j, void (*test)(const Draft *d, int j)) {
  Run *run = d->eq->job->run, own;
  run_begin(&own, run->host);
  Job job = *d->eq->job;
  IvEquation equation = *d->eq;
  Draft inner = *d;
  job.run = &own;
  equation.job = &job;
  inner.eq = &equation;
  Fit *fit = &job.result->fit;
  int before = fit->tests;
  test(&inner, j);
  for (int t = before; t < fit->tests; t++)
    if (fit->test[t].note) fit->test[t].note = run_text(run, fit->test[t].note);
  run_join(run, &own);
}

static void first_stage_tests(const Draft *d) {
  const IvEquation *eq = d->eq;
  Run *run = eq->job->run;
  int l = eq->l;
  for (int j = 0; j < eq->p; j++) {
    const double *a = eq->qx + j * l;
    double explained = dense_dot(l, a, a), left = iv_dot(eq, eq->v[j], eq->v[j]), f = (explained / l) / (left / d->residual_df);
    FitTest *test = add(eq, "first_stage_f", eq->endogenous.name[j], "the excluded instruments have no part in the first stage (iid)", f, l, d->residual_df, f_upper(f, l, d->residual_df));
    if (test) test->note = run_format(run, "partial R2 %.4f", explained / (explained + left));
  }
  for (int j = 0; j < eq->p && !run_failed(run); j++) test_regressor(d, j, first_stage_wald);
  for (int j = 0; j < eq->p && eq->p > 1 && !run_failed(run); j++) test_regressor(d, j, sanderson_windmeijer);
}

static void rank_tests(const Draft *d) {
  const IvEquation *eq = d->eq;
  Run *run = eq->job->run;
  int l = eq->l, p = eq->p, m = l - p + 1, rank = 0;
  double *x = NEW_ARRAY(run, double, eq->n), *a = NEW_ARRAY(run, double, l), *basis = complement(run, l, p - 1, eq->left);
  if (run_failed(run)) return;
  iv_add_columns(eq, p, eq->o, eq->right + (p - 1) * p, x);
  double s = eq->canonical[p - 1];
  for (int i = 0; i < l; i++) a[i] = s * eq->left[i + (p - 1) * l];
  double *e = residual_on_q(eq, x, a);
  if (run_failed(run)) return;
  bool iid = eq->sample->vcov_kind == VCOV_IID;
  double lm = wald(d, x, a, m, basis, true, &rank, NULL);
  if (run_failed(run)) return;
  FitTest *test = add(eq, "kp_rk_lm", NULL, "the equation is underidentified", lm, m, NAN, chi2_upper(lm, m));
  if (test) test->note = iid ? "under iid errors: Anderson's canonical correlation LM" : short_of(run, rank, m);
  double df_t = NAN, f = wald(d, e, a, m, basis, false, &rank, &df_t) / l;
  if (run_failed(run)) return;
  test = add(eq, "kp_rk_wald_f", NULL, "the equation is weakly identified", f, l, df_t, NAN);
  if (!test) return;
  test->critical = d->critical;
  test->note = iid ? run_format(run, "under iid errors: the Cragg-Donald F; %s", d->weak) : rank < m ? short_of(run, rank, m) : run_format(run, "%s; they are derived for iid errors", d->weak);
  double left = iv_dot(eq, e, e), cragg_donald = s * s / left * (d->residual_df / l);
  test = add(eq, "cragg_donald_f", NULL, "the equation is weakly identified (iid)", cragg_donald, l, d->residual_df, NAN);
  if (!test) return;
  test->critical = d->critical;
  test->note = d->weak;
  Fit *fit = &eq->job->result->fit;
  fit_add_stat(fit, "kp_rk_lm", lm);
  fit_add_stat(fit, "kp_rk_wald_f", f);
  fit_add_stat(fit, "cragg_donald_f", cragg_donald);
}

/* ---- exogeneity (6-8) */

/* y - X beta in a new column, W partialled out */
static double *structural_residual(const IvEquation *eq, const double *beta) {
  Run *run = eq->job->run;
  double *u = NEW_ARRAY(run, double, eq->n), *minus = NEW_ARRAY(run, double, eq->p);
  if (run_failed(run)) return NULL;
  memcpy(u, eq->rest, (size_t)eq->n * sizeof(double));
  for (int j = 0; j < eq->p; j++) minus[j] = -beta[j];
  iv_add_columns(eq, eq->p, eq->x, minus, u);
  return u;
}

static void overidentification(const Draft *d) {
  const IvEquation *eq = d->eq;
  Run *run = eq->job->run;
  int l = eq->l, p = eq->p;
  if (l == p) return;
  bool iid = eq->sample->vcov_kind == VCOV_IID;
  const char *h0 = "the overidentifying restrictions hold: all instruments are exogenous";
  double *moments = NEW_ARRAY(run, double, l), *beta = NEW_ARRAY(run, double, p), *bread = NEW_ARRAY(run, double, p * p);
  double *u = structural_residual(eq, iid ? eq->beta : eq->beta_2sls);
  if (run_failed(run)) return;
  if (iid) {
    memcpy(moments, eq->qy, sizeof(double) * (size_t)l);
    dense_multiply(false, false, l, 1, p, -1, eq->qx, l, eq->beta, p, 1, moments, l);
    double statistic = (double)eq->n * dense_dot(l, moments, moments) / iv_dot(eq, u, u);
    add(eq, "sargan", NULL, h0, statistic, l - p, NAN, chi2_upper(statistic, l - p));
    return;
  }
  Vcov meat;
  iv_variance(eq, l, eq->q, NULL, u, d->leverage, NAN, &meat);
  if (run_failed(run)) return;
  double statistic = NAN;
  if (iv_factor(run, l, meat.value) && iv_gmm(eq, meat.value, beta, moments, bread)) {
    memcpy(u, moments, sizeof(double) * (size_t)l); /* l <= n; the residual has served */
    dense_cholesky_solve(l, meat.value, 1, u);
    statistic = dense_dot(l, moments, u);
  }
  if (run_failed(run)) return;
  FitTest *test = add(eq, "hansen_j", NULL, h0, statistic, l - p, NAN, chi2_upper(statistic, l - p));
  if (test && isnan(statistic)) test->note = "the moments' covariance is singular: fewer clusters or periods than instruments";
}

static void wu_hausman(const Draft *d) {
  const IvEquation *eq = d->eq;
  Run *run = eq->job->run;
  int p = eq->p, k = 2 * p, rank = 0;
  double **column = NEW_ARRAY(run, double *, k), *residual = NEW_ARRAY(run, double, eq->n);
  int *position = NEW_ARRAY(run, int, p);
  if (run_failed(run)) return;
  for (int j = 0; j < p; j++) {
    column[j] = eq->x[j];
    column[p + j] = eq->v[j];
    position[j] = p + j;
  }
  LeastSquares ls;
  least_squares(run, eq->n, k, column, eq->rest, eq->sample->weight, NULL, residual, &ls);
  if (run_failed(run)) return;
  const char *h0 = "the endogenous regressors are exogenous";
  double k_counted = regression_count(eq->job, eq->sample, eq->w_kept + k, false);
  if (ls.rank < k || (double)eq->n <= k_counted) { /* a first stage without residuals, or no rows for more columns */
    FitTest *test = add(eq, "wu_hausman", NULL, h0, NAN, p, NAN, NAN);
    if (test) test->note = "not defined: the first-stage residuals are collinear with the regressors, or there are too few rows";
    return;
  }
  double *leverage = NULL;
  if (eq->leverage) {
    leverage = NEW_ARRAY(run, double, eq->n);
    if (run_failed(run)) return;
    for (int64_t row = 0; row < eq->n; row++) {
      double h = 0;
      for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) h += column[i][row] * ls.bread[i + j * k] * column[j][row];
      leverage[row] = eq->leverage[row] + (eq->sample->weight ? h * eq->sample->weight[row] : h);
      if ((row & 0xFFF) == 0 && !run_poll(run, 0x1000 * (uint64_t)k * (uint64_t)k)) return;
    }
  }
  Vcov vcov;
  iv_variance(eq, k, column, ls.bread, residual, leverage, k_counted, &vcov);
  double f = wald_statistic(run, k, ls.beta, vcov.value, p, position, &rank) / p;
  if (rank < p) f = NAN;
  if (run_failed(run)) return;
  FitTest *test = add(eq, "wu_hausman", NULL, h0, f, p, vcov.df_t, f_upper(f, p, vcov.df_t));
  if (test) test->note = short_of(run, rank, p);
}

static void anderson_rubin(const Draft *d) {
  const IvEquation *eq = d->eq;
  Run *run = eq->job->run;
  int l = eq->l, rank = 0;
  double *e = residual_on_q(eq, eq->rest, eq->qy), df_t = NAN;
  if (run_failed(run)) return;
  const char *h0 = "the endogenous regressors have no effect and the instruments are exogenous";
  double f = wald(d, e, eq->qy, l, NULL, false, &rank, &df_t) / l;
  if (run_failed(run)) return;
  FitTest *test = add(eq, "anderson_rubin", NULL, h0, f, l, df_t, f_upper(f, l, df_t));
  if (test) test->note = short_of(run, rank, l);
  double chi2 = wald(d, e, eq->qy, l, NULL, true, &rank, NULL);
  if (run_failed(run)) return;
  test = add(eq, "anderson_rubin_chi2", NULL, h0, chi2, l, NAN, chi2_upper(chi2, l));
  if (test) test->note = short_of(run, rank, l);
}

void iv_tests(const IvEquation *eq) {
  Run *run = eq->job->run;
  StockYogo table = stock_yogo(eq->p, eq->l, eq->method == IV_LIML);
  Draft d = {.eq = eq, .residual_df = (double)eq->n - eq->k_first, .critical = table.size[0], .weak = stock_yogo_note(run, &table, false)};
  if (eq->leverage) {
    d.leverage = NEW_ARRAY(run, double, eq->n);
    if (run_failed(run)) return;
    memcpy(d.leverage, eq->leverage, (size_t)eq->n * sizeof(double));
    for (int j = 0; j < eq->l && run_poll(run, (uint64_t)eq->n); j++)
      for (int64_t row = 0; row < eq->n; row++) d.leverage[row] += eq->q[j][row] * eq->q[j][row] * (eq->sample->weight ? eq->sample->weight[row] : 1);
  }
  if (!run_failed(run)) first_stage_tests(&d);
  if (!run_failed(run)) rank_tests(&d);
  if (!run_failed(run)) overidentification(&d);
  if (!run_failed(run)) wu_hausman(&d);
  if (!run_failed(run)) anderson_rubin(&d);
}
