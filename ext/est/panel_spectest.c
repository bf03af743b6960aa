/* panel_spectest.c: the specification tests of a panel regression that papers print beside it.
 *
 * The model is y ~ x | effects; e are its least-squares residuals after the effects. The panel is panel=, else the first two effects. T_i rows of unit i.
 * 1. wooldridge (2002, 10.6.3; Drukker 2003, Stata's xtserial): y and x differenced over one step (time effects as effects of the differenced equation, no intercept), the residuals
 *    regressed on their lag without an intercept, rho = -1/2 tested with errors clustered by unit (factor (N-1)/(N-1) G/(G-1)): F(1, G - 1).
 * 2. modified_wald (Greene 2000, p. 598; Baum 2001, xttest3): s_i^2 = sum e^2 / T_i, s^2 = sum (e - mean e)^2 / N over all rows, V_i = sum (e^2 - s_i^2)^2 / (T_i (T_i - 1)): sum (s_i^2 - s^2)^2 / V_i,
 *    chi2 with the number of units. Units of one row take no part.
 * 3. Cross-section dependence, r_ij the correlation of e_i and e_j over the T_ij > 1 periods that both have, m such pairs:
 *    pesaran_cd (2004) sum sqrt(T_ij) r_ij / sqrt(m), normal, two-sided; breusch_pagan_lm (1980) sum T_ij r_ij^2, chi2 with m; scaled_lm (Pesaran 2004)
 *    sum (T_ij r_ij^2 - 1) / sqrt(2 m), normal, two-sided. Units that have the same periods are taken together: sum r = |sum z|^2, sum r^2 = |Z Z'|^2, so that a balanced panel
 *    costs N T^2 and not N^2 T.
 * 4. A test that the panel does not allow is an error where test= names it and a row with a note where test=all does not. */
#include "est.h"

typedef struct Test {
  Job *job;
  const Model *model;
  int64_t n;
  PanelSeries series;
  int k;
  double **x, *y;   /* as they are in the frame */
  double *e;        /* residuals, n */
} Test;

typedef struct Outcome {
  const char *test, *h0, *problem, *note;
  double statistic, df1, df2, p_value;
} Outcome;

/* ------------------------------------------------------------------------------------------------ regressions */

/* Residuals of y on x after effects, in y; x is overwritten. count: number of effects. */
static void residuals(Run *run, int64_t n, int k, double *const *x, double *y, int count, const Effect *effect) {
  double **column = NEW_ARRAY(run, double *, k + 1), *scale = count ? NEW_ARRAY(run, double, k) : NULL;
  if (run_failed(run)) return;
  for (int j = 0; j < k && count; j++) scale[j] = centred_norm(n, x[j], NULL, NULL);
  for (int j = 0; j <= k; j++) column[j] = j < k ? x[j] : y;
  if (count) absorb_columns(absorb_new(run, n, count, effect, NULL, 1e-12), k + 1, column);
  LeastSquares ls;
  if (!run_failed(run)) least_squares(run, n, k, x, y, NULL, scale, y, &ls);
}

static void fit_model(Test *test) {
  Run *run = test->job->run;
  const Model *model = test->model;
  Design design;
  bool intercept = model->intercept && !model->effects;
  design_build(test->job, model->terms, model->term, intercept, true, DESIGN_COPY, &design);
  double *e = run_failed(run) ? NULL : design_column(test->job, model->outcome, DESIGN_COPY);
  Effect *effect = NEW_ARRAY(run, Effect, model->effects);
  if (run_failed(run)) return;
  for (int a = 0; a < model->effects && !run_failed(run); a++) {
    const AbsorbedEffect *absorbed = &model->effect[a];
    effect[a].code = codes_dense(run, test->n, job_code(test->job, absorbed->variable), levels_count(job_levels(test->job, absorbed->variable)), &effect[a].levels);
    effect[a].intercept = !absorbed->slopes_only;
    effect[a].slopes = absorbed->slopes;
    const double **slope = NEW_ARRAY(run, const double *, absorbed->slopes);
    for (int s = 0; s < absorbed->slopes && slope; s++) slope[s] = job_number(test->job, absorbed->slope[s]);
    effect[a].slope = slope;
  }
  double before = run_failed(run) ? 0 : centred_norm(test->n, e, NULL, NULL);
  residuals(run, test->n, design.k, design.column, e, model->effects, effect);
  if (run_failed(run)) return;
  if (!(centred_norm(test->n, e, NULL, NULL) > 1e-10 * before)) run_fail(run, "the model fits '%s' perfectly: there are no residuals to test", model->variable[model->outcome].name);
  test->e = e;
}

/* ------------------------------------------------------------------------------------------------ 1. serial correlation */

/* before[row]: the row of the same unit one step earlier, or -1. */
static int64_t *rows_before(Test *test) {
  int64_t *before = NEW_ARRAY(test->job->run, int64_t, test->n);
  if (!before) return NULL;
  const PanelSeries *s = &test->series;
  double step = panel_step(s);
  for (int64_t row = 0; row < test->n; row++) before[row] = -1;
  for (int32_t u = 0; u < s->units; u++)
    for (int64_t i = s->first[u] + 1; i < s->first[u + 1]; i++)
      if (s->time[s->row[i]] - s->time[s->row[i - 1]] < 1.5 * step) before[s->row[i]] = s->row[i - 1];
  return before;
}

static void test_wooldridge(Test *test, Outcome *out) {
  Run *run = test->job->run;
  const Model *model = test->model;
  *out = (Outcome){.test = "wooldridge", .h0 = "no serial correlation of first order"};
  bool time_effect = false;
  for (int a = 0; a < model->effects; a++) {
    const AbsorbedEffect *effect = &model->effect[a];
    if (effect->slopes || (effect->variable != model->unit && effect->variable != model->time)) {
      out->problem = "wooldridge is defined for models whose effects are the unit and the time";
      return;
    }
    time_effect |= effect->variable == model->time;
  }
  int64_t *before = rows_before(test), *place = NEW_ARRAY(run, int64_t, test->n), m = 0;
  Design design;
  design_build(test->job, model->terms, model->term, false, true, DESIGN_BORROW, &design);
  if (run_failed(run)) return;
  const double *outcome = job_number(test->job, model->outcome);
  for (int64_t row = 0; row < test->n; row++) place[row] = before[row] >= 0 ? m++ : -1;
  if (m == 0) {
    out->problem = "wooldridge needs units with three periods in a row";
    return;
  }
  double *y = NEW_ARRAY(run, double, m), **x = NEW_ARRAY(run, double *, design.k);
  int32_t *time = NEW_ARRAY(run, int32_t, m);
  for (int j = 0; j < design.k; j++) {
    if (run_failed(run)) return;
    x[j] = NEW_ARRAY(run, double, m);
  }
  if (run_failed(run)) return;
  for (int64_t row = 0; row < test->n; row++) {
    if (place[row] < 0) continue;
    y[place[row]] = outcome[row] - outcome[before[row]];
    for (int j = 0; j < design.k; j++) x[j][place[row]] = design.column[j][row] - design.column[j][before[row]];
    if (time_effect) time[place[row]] = job_code(test->job, model->time)[row];
  }
  Effect effect = {.intercept = true};
  if (time_effect) effect.code = codes_dense(run, m, time, levels_count(job_levels(test->job, model->time)), &effect.levels);
  if (!run_poll(run, (uint64_t)test->n * (uint64_t)(design.k + 4))) return;
  residuals(run, m, design.k, x, y, time_effect, &effect);
  if (run_failed(run)) return;
  double cross = 0, squares = 0, meat = 0;
  int64_t units = 0;
  for (int64_t row = 0; row < test->n; row++) {
    if (place[row] < 0 || place[before[row]] < 0) continue;
    double lag = y[place[before[row]]];
    cross += lag * y[place[row]];
    squares += lag * lag;
  }
  double rho = cross / squares;
  for (int32_t u = 0; u < test->series.units; u++) {
    double score = 0;
    bool any = false;
    for (int64_t i = test->series.first[u]; i < test->series.first[u + 1]; i++) {
      int64_t row = test->series.row[i];
      if (place[row] < 0 || place[before[row]] < 0) continue;
      double lag = y[place[before[row]]];
      score += lag * (y[place[row]] - rho * lag);
      any = true;
    }
    meat += score * score;
    units += any;
  }
  if (units < 2 || !(squares > 0) || !(meat > 1e-24 * squares * squares)) { /* two units with time effects: e and -e, whose scores are 0 but for rounding */
    out->problem = units < 2 ? "wooldridge needs two units at least with three periods in a row" : "wooldridge: the differenced equation leaves no variance between units";
    return;
  }
  double g = (double)units, variance = g / (g - 1) * meat / (squares * squares);
  out->statistic = (rho + 0.5) * (rho + 0.5) / variance;
  out->df1 = 1;
  out->df2 = g - 1;
  out->p_value = f_upper(out->statistic, 1, g - 1);
}

/* ------------------------------------------------------------------------------------------------ 2. heteroskedasticity between units */

static void test_modified_wald(Test *test, Outcome *out) {
  const PanelSeries *s = &test->series;
  double mean, squares, wald = 0;
  int64_t units = 0, single = 0;
  *out = (Outcome){.test = "modified_wald", .h0 = "the error variance is the same in all units", .df2 = NAN};
  mean_and_squares(test->n, test->e, &mean, &squares);
  double all = squares / (double)test->n;
  for (int32_t u = 0; u < s->units; u++) {
    double sum = 0, spread = 0, periods = (double)(s->first[u + 1] - s->first[u]);
    for (int64_t i = s->first[u]; i < s->first[u + 1]; i++) sum += test->e[s->row[i]] * test->e[s->row[i]];
    sum /= periods;
    for (int64_t i = s->first[u]; i < s->first[u + 1]; i++) {
      double d = test->e[s->row[i]] * test->e[s->row[i]] - sum;
      spread += d * d;
    }
    single += periods == 1;
    if (periods < 2) continue;
    spread /= periods * (periods - 1);
    if (!(spread > 1e-20 * all * all)) { /* two periods after a unit effect are +e, -e */
      out->problem = run_format(test->job->run, "modified_wald needs three periods and squared residuals that differ in every unit, %s has none that do", panel_unit_name(test->job, u));
      return;
    }
    wald += (sum - all) * (sum - all) / spread;
    units++;
  }
  if (units < 2) {
    out->problem = "modified_wald needs two units at least";
    return;
  }
  if (single) out->note = run_format(test->job->run, "%lld units of one row take no part", (long long)single);
  out->statistic = wald;
  out->df1 = (double)units;
  out->p_value = chi2_upper(wald, out->df1);
  run_poll(test->job->run, 10 * (uint64_t)test->n);
}

/* ------------------------------------------------------------------------------------------------ 3. dependence between units */

typedef struct Dependence {
  double pairs, root, squares; /* m, sum sqrt(T) r, sum T r^2 */
} Dependence;

typedef struct Grid {
  int32_t units, periods;
  double *e;              /* periods numbers for each unit */
  bool *there;
  int32_t patterns;
  int64_t *first, *unit;  /* units of a pattern */
} Grid;

/* The correlations' factors: residuals of the units of a pattern over the common periods, without their mean, of length 1. Returns how many units vary. */
static int64_t standardise(const Grid *grid, int32_t pattern, int count, const int32_t *common, double *z) {
  int64_t kept = 0;
  for (int64_t i = grid->first[pattern]; i < grid->first[pattern + 1]; i++) {
    const double *e = grid->e + grid->unit[i] * grid->periods;
    double mean = 0, squares = 0, largest = 0, *at = z + kept * count;
    for (int c = 0; c < count; c++) mean += e[common[c]] / count;
    for (int c = 0; c < count; c++) {
      at[c] = e[common[c]] - mean;
      squares += at[c] * at[c];
      largest = fmax(largest, fabs(e[common[c]]));
    }
    if (!(sqrt(squares) > 1e-12 * largest)) continue; /* the same number in all of them */
    for (int c = 0; c < count; c++) at[c] /= sqrt(squares);
    kept++;
  }
  return kept;
}

/* Sums of r and r^2 between the units of two patterns (or of one), over z of each: count numbers a unit. */
static void correlate(int count, int64_t n, const double *a, int64_t m, const double *b, bool same, double *work, double *sum, double *squares) {
  *sum = *squares = 0;
  if (!same && n * m <= count) {
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < m; j++) {
        double r = dense_dot(count, a + i * count, b + j * count);
        *sum += r;
        *squares += r * r;
      }
    return;
  }
  double *total[2] = {work, work + count}, *product[2] = {work + 2 * count, work + 2 * count + count * count};
  memset(work, 0, (size_t)(2 * count + 2 * count * count) * sizeof *work);
  for (int side = 0; side < (same ? 1 : 2); side++) {
    const double *z = side ? b : a;
    int64_t units = side ? m : n;
    for (int64_t i = 0; i < units; i++)
      for (int c = 0; c < count; c++) total[side][c] += z[i * count + c];
    dense_multiply(false, true, count, count, (int)units, 1, z, count, z, count, 0, product[side], count);
  }
  *sum = dense_dot(count, total[0], total[same ? 0 : 1]);
  *squares = dense_dot(count * count, product[0], product[same ? 0 : 1]);
  if (!same) return;
  *sum = 0.5 * (*sum - (double)n);
  *squares = 0.5 * (*squares - (double)n);
}

static void build_grid(Test *test, Grid *grid) {
  Run *run = test->job->run;
  const PanelSeries *s = &test->series;
  const int32_t *dense = codes_dense(run, test->n, job_code(test->job, test->model->time), levels_count(job_levels(test->job, test->model->time)), &grid->periods);
  if (run_failed(run)) return;
  if ((double)s->units * grid->periods > 4e8) {
    run_fail(run, "%d units over %d different times are too many for the tests of dependence between units; ask for test=wooldridge or test=wald", s->units, grid->periods);
    return;
  }
  grid->units = s->units;
  size_t cells = (size_t)s->units * (size_t)grid->periods;
  grid->e = NEW_ARRAY(run, double, cells);
  grid->there = NEW_ARRAY(run, bool, cells);
  int32_t *present = NEW_ARRAY(run, int32_t, cells);
  const int32_t **column = NEW_ARRAY(run, const int32_t *, grid->periods);
  if (run_failed(run)) return;
  for (int32_t u = 0; u < s->units; u++)
    for (int64_t i = s->first[u]; i < s->first[u + 1]; i++) {
      size_t period = (size_t)dense[s->row[i]];
      grid->e[(size_t)u * (size_t)grid->periods + period] = test->e[s->row[i]];
      grid->there[(size_t)u * (size_t)grid->periods + period] = true;
      present[period * (size_t)s->units + (size_t)u] = 1;
    }
  for (int32_t p = 0; p < grid->periods; p++) column[p] = present + (size_t)p * (size_t)s->units;
  const int32_t *pattern = codes_combine(run, s->units, grid->periods, column, &grid->patterns);
  grid->first = NEW_ARRAY(run, int64_t, grid->patterns + 1);
  grid->unit = NEW_ARRAY(run, int64_t, s->units);
  if (!run_failed(run)) rows_by_code(run, s->units, pattern, grid->patterns, grid->first, grid->unit);
  run_free(run, present);
}

static void measure_dependence(Test *test, Dependence *out) {
  Run *run = test->job->run;
  Grid grid = {0};
  build_grid(test, &grid);
  if (run_failed(run)) return;
  int64_t largest = 0;
  for (int32_t p = 0; p < grid.patterns; p++)
    if (grid.first[p + 1] - grid.first[p] > largest) largest = grid.first[p + 1] - grid.first[p];
  size_t periods = (size_t)grid.periods;
  int32_t *common = NEW_ARRAY(run, int32_t, periods);
  double *za = NEW_ARRAY(run, double, (size_t)largest * periods), *zb = NEW_ARRAY(run, double, (size_t)largest * periods), *work = NEW_ARRAY(run, double, 2 * periods * (periods + 1));
  if (run_failed(run)) return;
  for (int32_t p = 0; p < grid.patterns; p++)
    for (int32_t q = 0; q <= p; q++) {
      int count = 0;
      const bool *here = grid.there + grid.unit[grid.first[p]] * grid.periods, *other = grid.there + grid.unit[grid.first[q]] * grid.periods;
      for (int32_t t = 0; t < grid.periods; t++)
        if (here[t] && other[t]) common[count++] = t;
      if (count < 2) continue;
      int64_t n = standardise(&grid, p, count, common, za), m = p == q ? n : standardise(&grid, q, count, common, zb);
      double sum, squares;
      correlate(count, n, za, m, p == q ? za : zb, p == q, work, &sum, &squares);
      out->pairs += p == q ? 0.5 * (double)n * (double)(n - 1) : (double)n * (double)m;
      out->root += sqrt(count) * sum;
      out->squares += count * squares;
      if (!run_poll(run, (uint64_t)(n + m) * (uint64_t)count * (uint64_t)(count + 4) + (uint64_t)grid.periods)) return;
    }
}

/* ------------------------------------------------------------------------------------------------ rows */

static void report(Test *test, bool must, Outcome *out) {
  Job *job = test->job;
  if (run_failed(job->run)) return;
  if (out->problem && must) {
    run_fail(job->run, "%s", out->problem);
    return;
  }
  if (out->problem) out->statistic = out->df1 = out->df2 = out->p_value = NAN;
  FitTest *added = fit_add_test(&job->result->fit, out->test, NULL, out->h0, out->statistic, out->df1, out->df2, out->p_value);
  if (added) added->note = out->problem ? out->problem : out->note;
  Cell *cell = job->want_table ? result_add_row(job->result) : NULL;
  if (!cell) return;
  cell_text(cell++, out->test);
  cell_number(cell++, out->statistic);
  cell_count(cell++, out->df1);
  cell_count(cell++, out->df2);
  cell_number(cell++, out->p_value);
  cell_text(cell++, out->h0);
  cell_text(cell, out->problem ? out->problem : out->note);
}

static void report_dependence(Test *test, bool cd, bool lm, bool scaled, bool must) {
  static const char *const H0 = "the errors of different units are uncorrelated";
  Dependence d = {0};
  measure_dependence(test, &d);
  const char *problem = d.pairs > 0 ? NULL : "tests of dependence need two units with two common periods at least";
  double m = d.pairs;
  Outcome out = {.h0 = H0, .problem = problem, .df1 = NAN, .df2 = NAN};
  if (cd) {
    out.test = "pesaran_cd";
    out.statistic = d.root / sqrt(m);
    out.p_value = 2 * normal_upper(fabs(out.statistic));
    report(test, must, &out);
  }
  if (lm) {
    out.test = "breusch_pagan_lm";
    out.statistic = d.squares;
    out.df1 = m;
    out.p_value = chi2_upper(d.squares, m);
    report(test, must, &out);
    out.df1 = NAN;
  }
  if (scaled) {
    out.test = "scaled_lm";
    out.statistic = (d.squares - m) / sqrt(2 * m);
    out.p_value = 2 * normal_upper(fabs(out.statistic));
    report(test, must, &out);
  }
}

static void fit_spectest(Job *job) {
  Run *run = job->run;
  Test test = {.job = job, .model = job->model, .n = job->frame->rows};
  const Model *model = job->model;
  if (model->endogenous) run_fail(run, "a third part (endogenous ~ instruments) has no tests here; fe_iv has its own");
  else if (model->unit < 0 || model->time < 0) run_fail(run, "the panel is missing: absorb unit + time (y ~ x | unit + time) or give panel=unit+time");
  if (!job_has_rows(job, 3) || !panel_series(job, "a specification test", &test.series)) return;
  fit_model(&test);
  if (run_failed(run)) return;
  bool all = option_is(job, "test", "all");
  Outcome out;
  if (all || option_is(job, "test", "wooldridge")) {
    test_wooldridge(&test, &out);
    report(&test, !all, &out);
  }
  if (all || option_is(job, "test", "wald")) {
    test_modified_wald(&test, &out);
    report(&test, !all, &out);
  }
  bool cd = all || option_is(job, "test", "cd"), lm = all || option_is(job, "test", "lm"), scaled = all || option_is(job, "test", "scaled_lm");
  if (!run_failed(run) && (cd || lm || scaled)) report_dependence(&test, cd, lm, scaled, !all);
  fit_add_stat(&job->result->fit, "nobs", (double)test.n);
}

static const OptionSpec own_options[] = {
    {"test", OPTION_CHOICE, "all", "all|wooldridge|wald|cd|lm|scaled_lm", "which tests; all: those that the panel allows"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns[] = {"test", "statistic", "df1", "df2", "p_value", "h0", "note", NULL};
static const char *const stats[] = {"nobs", NULL};
static const OptionSpec *const options[] = {own_options, OPTIONS_PANEL, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_PANEL_SPECTEST = {
    .name = "panel_spectest",
    .model = MODEL_FORMULA,
    .model_help = "y ~ x1 + x2 | unit + time",
    .summary = "specification tests of a panel regression: serial correlation, heteroskedasticity between units, dependence between units",
    .columns = columns,
    .stats = stats,
    .options = options,
    .flags = ESTIMATOR_PANEL,
    .fit = fit_spectest,
    .example = "SELECT test, statistic, df1, df2, p_value, h0 FROM panel_spectest('munnell', 'ln(GSP) ~ ln(P_CAP) + ln(PC) + ln(EMP) + UNEMP | STATE + YR')",
};
