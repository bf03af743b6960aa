/* did_sunab.c: the interaction-weighted event study of Sun and Abraham, for staggered adoption.
 *
 * 1. y = sum over cohorts g and event times r but ref= (default -1) of b_gr [cohort = g][time - g = r] + x'c + effects + e: one regression, its vcov as fe_ols. Controls are the
 *    never treated; without them the last cohort, in the periods before it is treated (did_cells.c, rule 6).
 * 2. A cell's weight is its rows' (sum of weights=): event, group, calendar and att are means of the b by the shares of the rows, which count as given.
 * 3. pretrend: F test of the event effects before treatment. Degrees of freedom of t and F as the regression's. A cell that is collinear is in no average;
 *    a cohort without a row at the reference is an error.
 * Reference: Sun and Abraham (2021), section 4. */
#include "did_modern.h"

static void check_vcov(Job *job, const Sample *sample) {
  if (sample->vcov_kind == VCOV_WILD) run_fail(job->run, "method=sunab: vcov=%s tests single coefficients, not their averages; vcov=cluster(...) or cv3(...) does", sample->vcov_text);
}

/* Cells in the order cohort, period; their columns stand in front of the covariates. */
static void build_cells(Job *job, const Sample *sample, const Treatment *treatment, const DidGrid *grid, double reference, DidCells *cells, Regression *regression) {
  Run *run = job->run;
  int64_t n = sample->n;
  int room = grid->cohorts * grid->periods, *index = NEW_ARRAY(run, int, room);
  double *weight = NEW_ARRAY(run, double, room);
  bool *counted = NEW_ARRAY(run, bool, treatment->units), *seen = NEW_ARRAY(run, bool, grid->cohorts);
  cells->cell = NEW_ARRAY(run, DidCell, room);
  cells->share = NEW_ARRAY(run, double, grid->cohorts);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < n; row++) {
    int g = grid->row_cohort[row];
    if (g < 0) continue;
    double w = sample->weight ? sample->weight[row] : 1;
    weight[g * grid->periods + grid->row_period[row]] += w;
    if (!counted[treatment->unit[row]]) cells->share[g] += w;
    counted[treatment->unit[row]] = true;
    seen[g] |= treatment->event_time[row] == reference;
  }
  for (int g = 0; g < grid->cohorts; g++)
    if (!seen[g]) { /* its effects would be compared with whatever period collinearity gives up */
      run_fail(run, "ref=%.15g: the cohort first treated in %.15g has no row at this event time; method=cs or imputation do without, or leave the cohort out with where=", reference,
               grid->cohort[g]);
      return;
    }
  for (int pass = 0; pass < 2; pass++) /* the references behind the columns */
    for (int i = 0; i < room; i++) {
      int g = i / grid->periods;
      double time = grid->period[i % grid->periods], event_time = time - grid->cohort[g];
      if (!(weight[i] > 0) || (event_time == reference) != (pass == 1)) continue;
      index[i] = cells->count;
      cells->cell[cells->count++] = (DidCell){.cohort = g, .time = time, .event_time = event_time, .weight = weight[i], .reference = pass == 1};
      if (pass == 0) regression->k++;
    }
  if ((double)regression->k * (double)n > 4e9) {
    run_fail(run, "method=sunab would make %d columns of %lld rows; coarser cohorts or periods, please", regression->k, (long long)n);
    return;
  }
  cells->extras = 0;
  Design design;
  design_build(job, job->model->terms, job->model->term, sample->explicit_intercept, sample->any_intercept, DESIGN_TAKE, &design);
  if (run_failed(run)) return;
  int columns = regression->k;
  regression->k += design.k;
  regression->x = NEW_ARRAY(run, double *, regression->k);
  regression->name = NEW_ARRAY(run, const char *, regression->k);
  if (run_failed(run)) return;
  for (int j = 0; j < regression->k && !run_failed(run); j++) {
    regression->x[j] = j < columns ? NEW_ARRAY(run, double, n) : design.column[j - columns];
    regression->name[j] = j < columns ? "cell" : design.name[j - columns];
  }
  if (run_failed(run)) return;
  for (int64_t row = 0; row < n; row++) {
    if (grid->row_cohort[row] < 0 || treatment->event_time[row] == reference) continue;
    regression->x[index[grid->row_cohort[row] * grid->periods + grid->row_period[row]]][row] = 1;
  }
  cells->extras = design.k;
  cells->extra_name = regression->name + columns;
}

void did_sunab(Job *job, Sample *sample, const Treatment *treatment) {
  Run *run = job->run;
  DidGrid grid;
  DidCells cells = {.grid = &grid, .pretrend = PRETREND_EVENTS};
  Regression regression = {0};
  check_vcov(job, sample);
  if (!run_failed(run)) did_grid(job, treatment, &grid);
  if (!run_failed(run)) build_cells(job, sample, treatment, &grid, treatment_reference(job, treatment), &cells, &regression);
  if (run_failed(run)) return;
  regression.y = design_column(job, job->model->outcome, DESIGN_TAKE);
  if (!run_failed(run)) regression_fit(job, sample, &regression);
  if (run_failed(run)) return;
  int k = regression.k, columns = k - cells.extras, from = cells.count + grid.cohorts, kept = 0;
  cells.width = from + cells.extras;
  cells.vcov = NEW_ARRAY(run, double, (size_t)cells.width * (size_t)cells.width);
  int *place = NEW_ARRAY(run, int, k);
  if (run_failed(run)) return;
  cells.df = regression.account.df_t;
  cells.extra = regression.ls.beta + columns;
  for (int j = 0; j < k; j++) {
    place[j] = j < columns ? j : from + j - columns;
    if (j >= columns) continue;
    cells.cell[j].estimate = regression.ls.beta[j];
    kept += !regression.ls.dropped[j] && cells.cell[j].event_time >= 0;
  }
  if (!kept) {
    treatment_absorbed(job, treatment);
    return;
  }
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++)
      if (!regression.ls.dropped[i] && !regression.ls.dropped[j]) cells.vcov[(int64_t)place[i] * cells.width + place[j]] = regression.vcov[i * k + j];
  did_report(job, sample->vcov_text, &cells);
  if (!run_failed(run)) regression_stats(job, sample, &regression);
}
