/* panel_vif.c: variance inflation factors of a model's regressors.
 *
 * 1. vif_j = 1 / (1 - R2_j), R2_j of column j on all others with an intercept: the j-th diagonal of the inverse of the columns' correlation
 *    matrix. tolerance = 1 / vif. i() gives one row for each dummy.
 * 2. With absorbed effects both sides are what is left after the effects (Frisch and Waugh 1933): the inflation that the within estimate sees.
 *    Groups of one row stay: they are zero after absorption and change nothing.
 * 3. A column that earlier ones (or the effects) determine is given up as in a regression: its row has NULL numbers and a note; the others are computed
 *    without it. Determined means that less than 1e-10 of its variation is left.
 * 4. Rows with NULL in the outcome or a regressor take no part: the same rows as the regression has. The statistic mean_vif is the mean over rows. */
#include "est.h"

enum { BLOCK = 1024 };
static const double COLLINEAR = 1e-10;

/* The columns after the effects, or after the mean, each divided by its norm before; what is left of the norm's square
 * (-1 for a constant). */
static void within(Job *job, int k, double *const *x, double *left) {
  Run *run = job->run;
  const Model *model = job->model;
  int64_t n = job->frame->rows;
  double *before = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) {
    double mean, scale = 0;
    before[j] = centred_norm(n, x[j], NULL, &mean);
    scale = before[j] > 0 ? 1 / before[j] : 0;
    for (int64_t i = 0; i < n; i++) x[j][i] = (x[j][i] - mean) * scale;
    left[j] = scale > 0 ? 1 : -1; /* constant */
    if (!run_poll(run, 4 * (uint64_t)n)) return;
  }
  if (model->effects == 0) return;
  Effect *effect = NEW_ARRAY(run, Effect, model->effects + 1);
  bool intercept = false;
  if (run_failed(run)) return;
  for (int e = 0; e < model->effects; e++) {
    const AbsorbedEffect *absorbed = &model->effect[e];
    effect[e].code = codes_dense(run, n, job_code(job, absorbed->variable), levels_count(job_levels(job, absorbed->variable)), &effect[e].levels);
    effect[e].intercept = !absorbed->slopes_only;
    intercept |= effect[e].intercept;
    effect[e].slopes = absorbed->slopes;
    const double **slope = NEW_ARRAY(run, const double *, absorbed->slopes);
    if (run_failed(run)) return;
    for (int s = 0; s < absorbed->slopes; s++) slope[s] = job_number(job, absorbed->slope[s]);
    effect[e].slope = slope;
    fit_add_absorbed(&job->result->fit, absorbed->name, effect[e].levels, 0, false);
  }
  if (!intercept) effect[model->effects] = (Effect){.code = NEW_ARRAY(run, int32_t, n), .levels = 1, .intercept = true}; /* slopes take no mean off */
  Absorber *absorber = absorb_new(run, n, model->effects + !intercept, effect, NULL, 1e-10);
  if (!run_failed(run)) absorb_columns(absorber, k, x);
  for (int j = 0; j < k && !run_failed(run); j++) {
    double norm = centred_norm(n, x[j], NULL, NULL);
    if (left[j] > 0) left[j] = norm * norm;
  }
}

/* Cholesky of the correlation matrix in formula order; a column with too small a pivot is given up. alive: the columns that stay. */
static int keep_columns(int k, const double *r, const double *left, double *l, bool *dropped, int *alive) {
  int kept = 0;
  for (int j = 0; j < k; j++) {
    dropped[j] = left[j] < COLLINEAR;
    double pivot = 1;
    for (int a = 0; a < kept && !dropped[j]; a++) {
      double value = r[alive[a] * k + j];
      for (int b = 0; b < a; b++) value -= l[a * k + b] * l[kept * k + b];
      l[kept * k + a] = value / l[a * k + a];
      pivot -= l[kept * k + a] * l[kept * k + a];
    }
    if (pivot < COLLINEAR) dropped[j] = true;
    if (dropped[j]) continue;
    l[kept * k + kept] = sqrt(pivot);
    alive[kept++] = j;
  }
  return kept;
}

static void correlate(Run *run, int64_t n, int k, double *const *x, double *r) {
  double *block = NEW_ARRAY(run, double, BLOCK * k);
  if (run_failed(run)) return;
  for (int64_t first = 0; first < n; first += BLOCK) {
    int64_t rows = n - first < BLOCK ? n - first : BLOCK;
    for (int j = 0; j < k; j++) memcpy(block + BLOCK * j, x[j] + first, (size_t)rows * sizeof *block);
    dense_crossproduct_add((int)rows, k, block, BLOCK, r);
    if (!run_poll(run, (uint64_t)(rows * k * (k + 2)))) return;
  }
  double *length = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) length[j] = sqrt(r[j * k + j]);
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++) r[i * k + j] = i == j ? 1 : length[i] > 0 && length[j] > 0 ? r[i * k + j] / (length[i] * length[j]) : 0;
}

static void fit_vif(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  Fit *fit = &job->result->fit;
  if (!job_has_rows(job, 2)) return;
  Design design;
  design_build(job, model->terms, model->term, false, model->effects > 0 || model->intercept, DESIGN_COPY, &design);
  if (run_failed(run)) return;
  int k = design.k;
  if (k == 0) run_fail(run, "the model has no regressors");
  double *r = NEW_ARRAY(run, double, k * k), *l = NEW_ARRAY(run, double, k * k), *left = NEW_ARRAY(run, double, k);
  bool *dropped = NEW_ARRAY(run, bool, k);
  int *alive = NEW_ARRAY(run, int, k);
  if (run_failed(run)) return;
  within(job, k, design.column, left);
  correlate(run, job->frame->rows, k, design.column, r);
  if (run_failed(run)) return;
  int kept = keep_columns(k, r, left, l, dropped, alive);
  double *inverse = NEW_ARRAY(run, double, kept * kept), total = 0;
  if (run_failed(run)) return;
  for (int a = 0; a < kept; a++)
    for (int b = 0; b < kept; b++) inverse[a * kept + b] = r[alive[a] * k + alive[b]];
  if (kept > 0 && !(dense_cholesky(run, kept, inverse) && dense_cholesky_inverse(run, kept, inverse))) run_fail(run, "the regressors are too nearly collinear");
  for (int j = 0, a = 0; j < k && !run_failed(run); j++) {
    double vif = dropped[j] ? (double)NAN : fmax(1, inverse[a * kept + a]);
    if (!dropped[j]) {
      total += vif;
      a++;
    }
    FitTerm *term = fit_add_term(fit, design.name[j]);
    if (!term) return;
    term->estimate = vif;
    fit_term_number(fit, term, "tolerance", 1 / vif);
    if (!job->want_table) continue;
    Cell *cell = result_add_row(job->result);
    if (!cell) return;
    cell_text(cell++, design.name[j]);
    cell_number(cell++, vif);
    cell_number(cell++, 1 / vif);
    cell_text(cell++, !dropped[j] ? NULL : left[j] < 0 ? "constant" : left[j] < COLLINEAR ? "absorbed by the effects" : "collinear with terms before it");
  }
  fit_add_stat(fit, "nobs", (double)job->frame->rows);
  fit_add_stat(fit, "mean_vif", kept > 0 ? total / kept : (double)NAN);
}

static const char *const columns[] = {"term", "vif", "tolerance", "note", NULL};
static const char *const stats[] = {"nobs", "mean_vif", NULL};
static const OptionSpec *const options[] = {OPTIONS_PANEL, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_PANEL_VIF = {
    .name = "panel_vif",
    .model = MODEL_FORMULA,
    .model_help = "y ~ x1 + x2 | effects",
    .summary = "variance inflation factors of a model's regressors",
    .columns = columns,
    .stats = stats,
    .options = options,
    .fit = fit_vif,
    .example = "SELECT term, vif, tolerance FROM panel_vif('wage_panel', 'lwage ~ educ + exper + expersq + married + \"union\"')",
};
