/* did_imputation.c: the effect of a treatment by imputation, for staggered adoption.
 *
 * 1. y = effects + x'c + e is fitted on the untreated rows (before treatment, and the never treated); the effect of a treated row is y less the fit. A cell's estimate
 *    is the mean of its rows' effects (by weights= where given), cells and averages are those of did_cells.c.
 * 2. Treated rows with a level of an effect that no untreated row has (a period in which all are treated) cannot be imputed: dropped, counted as other.
 * 3. An estimate is sum v y, v = the mean's weights on treated rows, -W0 Z0 (Z0'W0 Z0)^-1 Z1'v1 on the untreated. Its variance is the sum over clusters of
 *    (sum v e)^2, e the residual of untreated rows, and for treated ones their effect less the mean, by v^2, of their cohort and period: conservative. No small-sample factor; normal.
 * 4. Fits on the untreated rows use the absorber of all rows, the treated ones with a tiny weight and repeatedly replaced by their own fit: the fixed point has
 *    no trace of them, each step gains about four digits, and any effects that the absorber knows will do. Where the untreated rows do not identify the fit it diverges: an error.
 * 5. Covariates are terms of the fit without errors.
 * Reference: Borusyak, Jaravel and Spiess (2024), sections 4.1-4.3. */
#include "did_modern.h"

enum { LANES = 4, STEPS = 60 };
static const double TINY = 1e-4;

typedef struct Imputation {
  Job *job;
  const Sample *sample;
  const Treatment *treatment;
  double *weight;      /* of the fit: treated rows times TINY */
  Absorber *absorber;
  Design design;       /* absorbed */
  LeastSquares ls;
} Imputation;

static double row_weight(const Sample *sample, int64_t row) { return sample->weight ? sample->weight[row] : 1; }

/* Rule 2: true where rows went. */
static bool drop_unidentified(Job *job, const Sample *sample, const Treatment *treatment) {
  Run *run = job->run;
  int64_t dropped = 0;
  bool *keep = NEW_ARRAY(run, bool, sample->n);
  if (run_failed(run)) return false;
  memset(keep, 1, (size_t)sample->n);
  for (int e = 0; e < sample->effects; e++) {
    const Effect *effect = &sample->effect[e];
    bool *seen = NEW_ARRAY(run, bool, effect->levels);
    if (run_failed(run)) return false;
    for (int64_t row = 0; row < sample->n; row++)
      if (treatment->status[row] == 0) seen[effect->code[row]] = true;
    for (int64_t row = 0; row < sample->n; row++)
      if (keep[row] && !seen[effect->code[row]]) {
        keep[row] = false;
        dropped++;
      }
    if (!run_poll(run, (uint64_t)sample->n * 2)) return false;
  }
  if (!dropped) return false;
  Ledger *ledger = &job->frame->ledger;
  const char *why = "treated rows whose unit or period has no untreated row";
  ledger->other += dropped;
  ledger->other_why = ledger->other_why ? run_format(run, "%s; %s", ledger->other_why, why) : why;
  frame_keep(run, job->frame, keep);
  return true;
}

/* Residuals of the columns from effects and covariates under the fit's weights, in place; beta of the last column where asked. */
static void project(Imputation *imputation, int lanes, double *const *column, double *beta) {
  Run *run = imputation->job->run;
  int64_t n = imputation->sample->n;
  int k = imputation->design.k;
  if (imputation->absorber) absorb_columns(imputation->absorber, lanes, column);
  double *product = NEW_ARRAY(run, double, k + 1);
  if (run_failed(run)) return;
  for (int lane = 0; lane < lanes; lane++) {
    for (int j = 0; j < k; j++) {
      product[j] = 0;
      for (int64_t row = 0; row < n; row++) product[j] += imputation->weight[row] * imputation->design.column[j][row] * column[lane][row];
    }
    for (int j = 0; j < k; j++) {
      double b = 0;
      for (int i = 0; i < k; i++) b += imputation->ls.bread[j * k + i] * product[i];
      if (beta) beta[j] = imputation->ls.dropped[j] ? NAN : b;
      if (b == 0) continue;
      for (int64_t row = 0; row < n; row++) column[lane][row] -= b * imputation->design.column[j][row];
    }
    if (!run_poll(run, (uint64_t)n * (uint64_t)(2 * k + 1))) return;
  }
  run_free(run, product);
}

/* Rule 4: on the untreated rows `given` (NULL: zeros), on the treated ones `pull` / TINY plus what is fitted. fitted: out, of all rows. */
static void fixed_point(Imputation *imputation, int lanes, double *const *given, double *const *pull, double *const *fitted, double *const *work, double *beta) {
  Run *run = imputation->job->run;
  int64_t n = imputation->sample->n;
  const double *status = imputation->treatment->status;
  double scale = 0, before = INFINITY;
  for (int lane = 0; lane < lanes; lane++) memset(fitted[lane], 0, (size_t)n * sizeof **fitted);
  for (int step = 0; step < STEPS; step++) {
    double change = 0;
    for (int lane = 0; lane < lanes; lane++)
      for (int64_t row = 0; row < n; row++) work[lane][row] = status[row] == 1 ? (pull ? pull[lane][row] / TINY : 0) + fitted[lane][row] : given ? given[lane][row] : 0;
    project(imputation, lanes, work, beta);
    if (run_failed(run)) return;
    scale = 0;
    for (int lane = 0; lane < lanes; lane++)
      for (int64_t row = 0; row < n; row++) {
        double target = status[row] == 1 ? (pull ? pull[lane][row] / TINY : 0) + fitted[lane][row] : given ? given[lane][row] : 0;
        double now = target - work[lane][row];
        change = fmax(change, fabs(now - fitted[lane][row]));
        scale = fmax(scale, fabs(now));
        fitted[lane][row] = now;
      }
    if (!run_poll(run, (uint64_t)n * (uint64_t)lanes * 4)) return;
    if (change <= 1e-14 * scale || (step > 2 && change <= 1e-11 * scale && change >= 0.5 * before)) return;
    before = change;
  }
  run_fail(run, "method=imputation: the untreated rows do not identify the effects and covariates that the treated rows need (are there untreated rows that connect units and periods?)");
}

static double **columns_of(Run *run, int count, int64_t n) {
  double **column = NEW_ARRAY(run, double *, count);
  for (int j = 0; j < count && !run_failed(run); j++) column[j] = NEW_ARRAY(run, double, n);
  return column;
}

static void prepare(Imputation *imputation) {
  Job *job = imputation->job;
  Run *run = job->run;
  const Sample *sample = imputation->sample;
  int64_t n = sample->n;
  design_build(job, job->model->terms, job->model->term, sample->explicit_intercept, sample->any_intercept, DESIGN_COPY, &imputation->design);
  imputation->weight = NEW_ARRAY(run, double, n);
  double *scale = NEW_ARRAY(run, double, imputation->design.k), *zeros = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < n; row++) imputation->weight[row] = row_weight(sample, row) * (imputation->treatment->status[row] == 1 ? TINY : 1);
  for (int j = 0; j < imputation->design.k; j++) scale[j] = norm_to_absorb(sample->effects, sample->effect, n, imputation->design.column[j], imputation->weight, NULL);
  if (sample->effects) {
    imputation->absorber = absorb_new(run, n, sample->effects, sample->effect, imputation->weight, option_number(job, "tolerance"));
    if (run_failed(run)) return;
    if (imputation->design.k) absorb_columns(imputation->absorber, imputation->design.k, imputation->design.column);
  }
  if (run_failed(run)) return;
  least_squares(run, n, imputation->design.k, imputation->design.column, zeros, imputation->weight, sample->effects ? scale : NULL, NULL, &imputation->ls);
  run_free(run, zeros);
}

/* Rule 3. effect: y less the fit, of all rows. tau: of treated rows less the mean of their cell. */
static void scores(Imputation *imputation, const DidGrid *grid, const DidCells *cells, const int32_t *cell_of, const double *rest, double *score) {
  Run *run = imputation->job->run;
  const Sample *sample = imputation->sample;
  const double *status = imputation->treatment->status;
  int64_t n = sample->n;
  int columns = cells->count + grid->cohorts;
  double **pull = columns_of(run, LANES, n), **fitted = columns_of(run, LANES, n), **work = columns_of(run, LANES, n);
  if (run_failed(run)) return;
  for (int first = 0; first < cells->count; first += LANES) {
    int lanes = cells->count - first < LANES ? cells->count - first : LANES;
    for (int lane = 0; lane < lanes; lane++)
      for (int64_t row = 0; row < n; row++) pull[lane][row] = cell_of[row] == first + lane ? 1 / cells->cell[first + lane].weight : 0;
    fixed_point(imputation, lanes, NULL, pull, fitted, work, NULL);
    if (run_failed(run)) return;
    for (int lane = 0; lane < lanes; lane++)
      for (int64_t row = 0; row < n; row++) {
        double v = row_weight(sample, row) * (status[row] == 1 ? pull[lane][row] : -fitted[lane][row]);
        score[(int64_t)sample->cluster[0][row] * columns + first + lane] += v * rest[row];
      }
  }
}

void did_imputation(Job *job, Sample *sample, Treatment *treatment) {
  Run *run = job->run;
  while (drop_unidentified(job, sample, treatment) && !run_failed(run)) {
    int32_t always = treatment->always_treated;
    did_modern_sample(job, sample, treatment, false);
    treatment->always_treated += always;
  }
  if (run_failed(run) || !did_clusters(job, sample, treatment)) return;
  Imputation imputation = {.job = job, .sample = sample, .treatment = treatment};
  DidGrid grid;
  did_grid(job, treatment, &grid);
  if (!run_failed(run)) prepare(&imputation);
  if (run_failed(run)) return;
  int64_t n = sample->n;
  int k = imputation.design.k;
  const double *y = job_number(job, job->model->outcome);
  double *outcome = design_column(job, job->model->outcome, DESIGN_COPY), **fitted = columns_of(run, 1, n), **work = columns_of(run, 1, n), *beta = NEW_ARRAY(run, double, k + 1);
  int32_t *cell_of = NEW_ARRAY(run, int32_t, n), *index = NEW_ARRAY(run, int32_t, grid.cohorts * grid.periods);
  DidCells cells = {.grid = &grid, .df = INFINITY};
  cells.cell = NEW_ARRAY(run, DidCell, grid.cohorts * grid.periods);
  cells.share = NEW_ARRAY(run, double, grid.cohorts);
  bool *counted = NEW_ARRAY(run, bool, treatment->units);
  if (run_failed(run)) return;
  fixed_point(&imputation, 1, &outcome, NULL, fitted, work, beta);
  if (run_failed(run)) return;
  double *rest = work[0];
  for (int64_t row = 0; row < n; row++) rest[row] = y[row] - fitted[0][row];
  /* cells with treated rows, by cohort and period */
  for (int64_t row = 0; row < n; row++) {
    if (treatment->status[row] == 1) index[grid.row_cohort[row] * grid.periods + grid.row_period[row]] = 1;
    if (grid.row_cohort[row] >= 0 && !counted[treatment->unit[row]]) cells.share[grid.row_cohort[row]] += row_weight(sample, row);
    counted[treatment->unit[row]] = true;
  }
  for (int g = 0; g < grid.cohorts; g++)
    for (int t = 0; t < grid.periods; t++) {
      if (!index[g * grid.periods + t]) continue;
      index[g * grid.periods + t] = cells.count;
      cells.cell[cells.count++] = (DidCell){.cohort = g, .time = grid.period[t], .event_time = grid.period[t] - grid.cohort[g]};
    }
  double *squares = NEW_ARRAY(run, double, cells.count), *centre = NEW_ARRAY(run, double, cells.count);
  int columns = cells.count + grid.cohorts;
  double *score = NEW_ARRAY(run, double, (size_t)sample->cluster_levels[0] * (size_t)columns);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < n; row++) {
    cell_of[row] = -1;
    if (treatment->status[row] != 1) continue;
    int c = cell_of[row] = index[grid.row_cohort[row] * grid.periods + grid.row_period[row]];
    double w = row_weight(sample, row);
    cells.cell[c].weight += w;
    cells.cell[c].estimate += w * rest[row];
    squares[c] += w * w;
    centre[c] += w * w * rest[row];
  }
  for (int c = 0; c < cells.count; c++) cells.cell[c].estimate /= cells.cell[c].weight;
  for (int64_t row = 0; row < n; row++)
    if (cell_of[row] >= 0) rest[row] -= centre[cell_of[row]] / squares[cell_of[row]];
  scores(&imputation, &grid, &cells, cell_of, rest, score);
  if (run_failed(run)) return;
  cells.width = columns;
  cells.vcov = did_score_vcov(run, sample->cluster_levels[0], columns, score);
  if (run_failed(run)) return;
  did_report(job, sample->vcov_text, &cells);
  Fit *fit = &job->result->fit;
  for (int j = 0; j < k && !run_failed(run); j++) {
    FitTerm *term = fit_add_term(fit, imputation.design.name[j]);
    if (term) term->estimate = beta[j];
  }
  fit->nobs = n;
  fit_add_stat(fit, "treated_rows", (double)treatment->treated_rows);
  fit_add_stat(fit, "groups", sample->cluster_levels[0]);
  fit_add_stat(fit, "df_t", INFINITY);
}
