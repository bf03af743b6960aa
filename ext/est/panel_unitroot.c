/* panel_unitroot.c: does a variable of a panel have a unit root?
 *
 * 1. Augmented Dickey-Fuller regression of unit i: d y_t on y_{t-1}, d y_{t-1} .. d y_{t-p}, and nothing, an intercept, or an intercept and t (exo=). Its error variance divides
 *    by n - k. T_i numbers of a unit serve n = T_i - 1 - p rows.
 * 2. lags=N, or chosen for each unit between 0 and pmax over the same rows (T_i - 1 - pmax): aic, bic: least ln(SSR/n) + 2k/n, + k ln(n)/n; hall: downwards from pmax until the
 *    last lag's |t| is at least 1.96. pmax is 10 where it is not given, less for a unit that has fewer than 40 periods (a quarter of them) or would keep fewer than two degrees of freedom.
 * 3. llc (Levin, Lin, Chu 2002): t of the pooled regression of the orthogonalised differences on levels, each divided by its unit's error sd, with the moments of their table 2 at T;
 *    long-run variances by Bartlett weights with round(3.21 T^(1/3)) lags. Normal, lower tail. Balanced panels.
 * 4. ips (Im, Pesaran, Shin 2003): W-t-bar with the moments of their table 3 at T_i - 1 - p and p. Normal, lower tail. exo=none has no moments.
 * 5. fisher (Maddala, Wu 1999; Choi 2001), p_i the asymptotic p-values of MacKinnon (1996): fisher_chi2 -2 sum ln p, chi2 with 2N; fisher_normal sum of normal quantiles / sqrt(N), lower
 *    tail; fisher_logit sum ln(p/(1-p)) scaled, t with 5N + 4, lower tail; fisher_pm (sum (-2 ln p - 2)) / (2 sqrt(N)), upper tail.
 * 6. hadri (2000): stationarity is the null. Mean over units of sum S_t^2 / (T^2 s_i^2), S_t partial sums of residuals from exo, s_i^2 = SSR_i / T (hetero=0: one s^2 for all),
 *    standardised by 1/6, 1/45 or 1/15, 11/6300. Normal, upper tail. Balanced panels; exo=none is not defined.
 * 7. A variable's NULLs at the ends of a unit shorten it; a gap inside, in the numbers or in time, is an error. Units without a number take no part. One step of time is
 *    the shortest between two rows of a unit. A test that the panel does not allow is an error where test= names it, and a row with a note where test=all does not. */
#include "unit_root.h"

#include <stdlib.h>

enum { MOST_LAGS = 100 };
typedef enum LagRule { LAGS_FIXED, LAGS_AIC, LAGS_BIC, LAGS_HALL } LagRule;

typedef struct Unit {
  int32_t level;
  int64_t first, periods; /* in Panel.y */
  int lags;
  double t;               /* of y_{t-1} */
  double score;           /* normal quantile of its p-value; NAN until it is asked for */
  double sigma;           /* of the ADF regression */
  double cross, level2, difference2; /* of the orthogonalised level and difference, over sigma^2 */
} Unit;

typedef struct Panel {
  Job *job;
  const char *name;
  UnitRootTerms terms;
  LagRule rule;
  int lags, pmax;
  bool pmax_given;
  int32_t units;
  Unit *unit;
  int64_t numbers;
  double *y;              /* unit by unit, in the order of time */
  bool balanced;
  double mean_lags;
  double *work;           /* room for a regression */
} Panel;

/* ------------------------------------------------------------------------------------------------ series (7) */

static void gather(Panel *panel, const PanelSeries *series, double step, const double *x) {
  Job *job = panel->job;
  Run *run = job->run;
  const char *time_name = job->model->variable[job->model->time_number].name;
  panel->units = 0;
  panel->numbers = 0;
  panel->balanced = true;
  for (int32_t u = 0; u < series->units; u++) {
    Unit *unit = &panel->unit[panel->units];
    *unit = (Unit){.level = u, .first = panel->numbers, .score = NAN};
    double before = NAN, lowest = INFINITY, highest = -INFINITY;
    for (int64_t i = series->first[u]; i < series->first[u + 1]; i++) {
      double value = x[series->row[i]], time = series->time[series->row[i]];
      if (isnan(value)) continue;
      if (isinf(value)) run_fail(run, "column '%s' has an infinite value; leave such rows out with where=", panel->name);
      else if (fabs(value) > 1e75) run_fail(run, "column '%s' holds %.6g; numbers beyond 1e75 cannot be squared: divide the column, or leave such rows out with where=", panel->name, value);
      if (time - before > 1.5 * step)
        run_fail(run, "%s has no %s between %s %.15g and %.15g: a unit-root test needs series without gaps; panel_prepare's interpolate(%s) fills them", panel_unit_name(job, u), panel->name,
                 time_name, before, time, panel->name);
      if (run_failed(run)) return;
      before = time;
      lowest = fmin(lowest, value);
      highest = fmax(highest, value);
      panel->y[panel->numbers++] = value;
    }
    unit->periods = panel->numbers - unit->first;
    if (!run_poll(run, 4 * (uint64_t)(unit->periods + 5))) return;
    if (!unit->periods) continue;
    if (lowest == highest) {
      run_fail(run, "'%s' is the same number (%.15g) in all %lld periods of %s: a constant has no unit root to test; leave it out with where=", panel->name, lowest, (long long)unit->periods,
               panel_unit_name(job, u));
      return;
    }
    panel->balanced &= unit->periods == panel->unit[0].periods;
    panel->units++;
  }
  if (!panel->units) run_fail(run, "'%s' is NULL in all rows", panel->name);
}

/* ------------------------------------------------------------------------------------------------ the regression of a unit (1, 2) */

static int deterministic(UnitRootTerms terms) { return (int)terms; }

/* Columns: deterministic terms, then either the lags and y_{t-1} (level_last) or y_{t-1} and the lags, then d y. R of their QR decomposition, k + 1 columns. */
static void factor(const Panel *panel, const Unit *unit, int lags, bool level_last, double *r) {
  const double *y = panel->y + unit->first;
  int64_t start = lags + 1, n = unit->periods - start;
  int m = deterministic(panel->terms), k = m + lags + 1;
  double *a = panel->work;
  for (int64_t i = 0; i < n; i++) {
    int64_t t = start + i;
    double *at = a + i;
    if (m > 0) at[0] = 1;
    if (m > 1) at[n] = (double)(i + 1) - 0.5 * (double)(n + 1); /* centred: the same span */
    for (int lag = 1; lag <= lags; lag++) at[n * (m + lag - (level_last ? 1 : 0))] = y[t - lag] - y[t - lag - 1];
    at[n * (level_last ? m + lags : m)] = y[t - 1] - (m ? y[0] : 0); /* moved by a constant where there is an intercept: it keeps digits */
    at[n * k] = y[t] - y[t - 1];
  }
  dense_qr_r(panel->job->run, (int)n, k + 1, a, r);
}

static int chosen_lags(const Panel *panel, const Unit *unit, int pmax, double *r) {
  int m = deterministic(panel->terms), columns = m + pmax + 2, best = 0;
  int64_t n = unit->periods - 1 - pmax;
  double ssr = 0, least = INFINITY;
  factor(panel, unit, pmax, false, r);
  if (run_failed(panel->job->run)) return 0;
  const double *y = r + (size_t)columns * (size_t)(columns - 1); /* its last column: the rotated d y */
  for (int i = m + pmax + 1; i < columns; i++) ssr += y[i] * y[i];
  for (int lags = pmax; lags >= 0; lags--) { /* ssr is that of the model with this many */
    int k = m + 1 + lags;
    if (panel->rule == LAGS_HALL) {
      double t = fabs(y[k - 1]) / sqrt(ssr / (double)(n - k)); /* of the last column */
      if (t >= 1.96 || lags == 0) return lags;
    } else {
      double penalty = panel->rule == LAGS_AIC ? 2.0 : log((double)n), value = log(ssr / (double)n) + penalty * k / (double)n;
      if (value < least) {
        least = value;
        best = lags;
      }
    }
    ssr += y[k - 1] * y[k - 1];
  }
  return best;
}

static int64_t most_lags(const Panel *panel, const Unit *unit) {
  int64_t most = (unit->periods - 4 - deterministic(panel->terms)) / 2, quarter = unit->periods / 4; /* two degrees of freedom */
  return most < 0 ? 0 : most < quarter ? most : quarter;
}

static void regress(Panel *panel, Unit *unit, double *r) {
  Run *run = panel->job->run;
  int m = deterministic(panel->terms);
  unit->lags = panel->lags;
  int most = panel->rule == LAGS_FIXED ? panel->lags : panel->pmax;
  if (panel->rule != LAGS_FIXED && !panel->pmax_given && most_lags(panel, unit) < most) most = (int)most_lags(panel, unit);
  int64_t least = 3 + m + 2 * (int64_t)most; /* one degree of freedom */
  if (unit->periods < least) {
    run_fail(run, "%s has %lld period%s of '%s'; %d lag%s with exo=%s need %lld at least", panel_unit_name(panel->job, unit->level), (long long)unit->periods,
             unit->periods == 1 ? "" : "s", panel->name, most, most == 1 ? "" : "s", option_value(panel->job, "exo")->text, (long long)least);
    return;
  }
  if (panel->rule != LAGS_FIXED) unit->lags = chosen_lags(panel, unit, most, r);
  factor(panel, unit, unit->lags, true, r);
  if (run_failed(run)) return;
  int k = m + unit->lags + 1;
  int64_t n = unit->periods - 1 - unit->lags;
  const double *of_level = r + (ptrdiff_t)(k + 1) * (k - 1), *of_difference = r + (ptrdiff_t)(k + 1) * k; /* the last two columns of R */
  double pivot = of_level[k - 1], effect = of_difference[k - 1], rest = of_difference[k], norm = 0, total = 0;
  for (int i = 0; i < k; i++) norm += of_level[i] * of_level[i];
  for (int i = 0; i <= k; i++) total += of_difference[i] * of_difference[i];
  if (!(fabs(pivot) > 1e-10 * sqrt(norm)) || !(fabs(rest) > 1e-10 * sqrt(total))) {
    run_fail(run, "the series '%s' of %s follows its %s exactly, so that there is nothing to test; leave it out with where=", panel->name, panel_unit_name(panel->job, unit->level),
             m > 1 ? "trend or its own past" : "own past");
    return;
  }
  unit->sigma = sqrt(rest * rest / (double)(n - k));
  unit->t = effect / unit->sigma * (pivot > 0 ? 1 : -1);
  double variance = unit->sigma * unit->sigma;
  unit->cross = pivot * effect / variance;
  unit->level2 = pivot * pivot / variance;
  unit->difference2 = (effect * effect + rest * rest) / variance;
  run_poll(run, 20 * (uint64_t)n * (uint64_t)(k + 1));
}

static void regress_all(Panel *panel) {
  Run *run = panel->job->run;
  int64_t longest = 0;
  int lags = panel->rule == LAGS_FIXED ? panel->lags : panel->pmax;
  for (int32_t i = 0; i < panel->units; i++)
    if (panel->unit[i].periods > longest) longest = panel->unit[i].periods;
  size_t columns = (size_t)(deterministic(panel->terms) + lags + 2);
  panel->work = NEW_ARRAY(run, double, columns * (size_t)longest);
  double *r = NEW_ARRAY(run, double, columns * columns);
  panel->mean_lags = 0;
  for (int32_t i = 0; i < panel->units && !run_failed(run); i++) {
    regress(panel, &panel->unit[i], r);
    panel->mean_lags += panel->unit[i].lags;
  }
  panel->mean_lags /= panel->units;
  run_free(run, panel->work);
  run_free(run, r);
}

/* ------------------------------------------------------------------------------------------------ tests (3 to 6) */

typedef struct Outcome {
  const char *test, *h0;
  double statistic, p_value, df, lags;
  const char *problem; /* why the panel does not allow it */
  const char *note;
} Outcome;

/* Bartlett's long-run variance of the differences, about their mean or trend. */
static double long_run_variance(const Panel *panel, const Unit *unit, double *d) {
  const double *y = panel->y + unit->first;
  int64_t n = unit->periods - 1, most = lrint(3.21 * cbrt((double)unit->periods));
  double middle = 0.5 * (double)(n - 1), mean = 0, slope = 0, squares = 0, sum = 0;
  for (int64_t t = 0; t < n; t++) mean += (d[t] = y[t + 1] - y[t]) / (double)n;
  for (int64_t t = 0; t < n; t++) {
    slope += ((double)t - middle) * (d[t] - mean);
    squares += ((double)t - middle) * ((double)t - middle);
  }
  for (int64_t t = 0; t < n && panel->terms != UNIT_ROOT_NONE; t++) d[t] -= mean + (panel->terms == UNIT_ROOT_TREND && n > 1 ? slope / squares * ((double)t - middle) : 0);
  for (int64_t lag = 0; lag <= most && lag < n; lag++) {
    double product = 0;
    for (int64_t t = lag; t < n; t++) product += d[t] * d[t - lag];
    sum += (lag ? 2 : 1) * (1 - (double)lag / (double)(most + 1)) * product;
  }
  return sum / (double)n;
}

static void test_llc(Panel *panel, Outcome *out) {
  double cross = 0, level2 = 0, difference2 = 0, ratio = 0, rows = 0, mean, deviation, n = panel->units;
  out->test = "llc";
  out->h0 = "all units have a unit root";
  out->lags = panel->mean_lags;
  if (!panel->balanced) {
    out->problem = "llc needs a balanced panel: the units have numbers for different periods";
    return;
  }
  int64_t periods = panel->unit[0].periods;
  double *d = NEW_ARRAY(panel->job->run, double, periods);
  if (!d) return;
  for (int32_t i = 0; i < panel->units; i++) {
    const Unit *unit = &panel->unit[i];
    cross += unit->cross;
    level2 += unit->level2;
    difference2 += unit->difference2;
    ratio += sqrt(fmax(0, long_run_variance(panel, unit, d))) / unit->sigma / n;
    rows += (double)(periods - 1 - unit->lags);
  }
  double rho = cross / level2, ssr = difference2 - rho * cross, error = sqrt(ssr / (rows - 1) / level2), length = (double)periods - panel->mean_lags - 1;
  bool inside = llc_adjustment(panel->terms, (double)periods, &mean, &deviation);
  if (!inside) out->note = periods < 25 ? "fewer periods than the table's 25, whose moments are taken" : "more periods than the table's 500, whose moments are taken";
  double spread = ssr / (n * length);
  out->statistic = (rho / error - n * length * ratio / spread * error * mean) / deviation;
  out->p_value = normal_cdf(out->statistic);
}

static void test_ips(Panel *panel, Outcome *out) {
  double t = 0, mean = 0, variance = 0, n = panel->units;
  bool inside = true;
  out->test = "ips";
  out->h0 = "all units have a unit root";
  out->lags = panel->mean_lags;
  if (panel->terms == UNIT_ROOT_NONE) {
    out->problem = "ips is not defined with exo=none";
    return;
  }
  for (int32_t i = 0; i < panel->units; i++) {
    const Unit *unit = &panel->unit[i];
    double m, v, length = (double)(unit->periods - 1 - unit->lags);
    inside &= ips_moments(panel->terms, unit->lags, length, &m, &v);
    if (isnan(m)) {
      out->problem = run_format(panel->job->run, "ips: the table of Im, Pesaran and Shin has no moments for %.0f rows and %d lags (%s)", length, unit->lags, panel_unit_name(panel->job, unit->level));
      return;
    }
    t += unit->t / n;
    mean += m / n;
    variance += v / n;
  }
  if (!inside) out->note = "a unit lies outside the table's 10 to 100 rows and 8 lags: its nearest moments are taken";
  out->statistic = sqrt(n) * (t - mean) / sqrt(variance);
  out->p_value = normal_cdf(out->statistic);
}

typedef enum FisherKind { FISHER_CHI2, FISHER_NORMAL, FISHER_LOGIT, FISHER_PM } FisherKind;

static void test_fisher(Panel *panel, FisherKind kind, Outcome *out) {
  static const char *const names[] = {"fisher_chi2", "fisher_normal", "fisher_logit", "fisher_pm"};
  const double PI = 3.141592653589793;
  double logs = 0, logits = 0, scores = 0, n = panel->units;
  out->test = names[kind];
  out->h0 = "all units have a unit root";
  out->lags = panel->mean_lags;
  for (int32_t i = 0; i < panel->units; i++) {
    Unit *unit = &panel->unit[i];
    if (isnan(unit->score)) unit->score = dickey_fuller_score(panel->terms, unit->t);
    double log_p = log(normal_cdf(unit->score));
    logs += log_p;
    logits += log_p - log(normal_upper(unit->score));
    scores += unit->score;
    if (!run_poll(panel->job->run, 3000)) return;
  }
  switch (kind) {
    case FISHER_CHI2:
      out->statistic = -2 * logs;
      out->df = 2 * n;
      out->p_value = chi2_upper(out->statistic, out->df);
      break;
    case FISHER_NORMAL:
      out->statistic = scores / sqrt(n);
      out->p_value = normal_cdf(out->statistic);
      break;
    case FISHER_LOGIT:
      out->statistic = logits * sqrt(3 * (5 * n + 4) / (PI * PI * n * (5 * n + 2)));
      out->df = 5 * n + 4;
      out->p_value = student_cdf(out->statistic, out->df);
      break;
    default:
      out->statistic = (-2 * logs - 2 * n) / (2 * sqrt(n));
      out->p_value = normal_upper(out->statistic);
  }
}

static void test_hadri(Panel *panel, Outcome *out) {
  bool hetero = option_integer(panel->job, "hetero") != 0, trend = panel->terms == UNIT_ROOT_TREND;
  double n = panel->units, ratios = 0, partial = 0, squares = 0;
  out->test = "hadri";
  out->h0 = "all units are stationary";
  if (panel->terms == UNIT_ROOT_NONE) {
    out->problem = "hadri is not defined with exo=none";
    return;
  }
  if (!panel->balanced) {
    out->problem = "hadri needs a balanced panel: the units have numbers for different periods";
    return;
  }
  int64_t periods = panel->unit[0].periods;
  double middle = 0.5 * (double)(periods - 1), length = (double)periods;
  for (int32_t i = 0; i < panel->units; i++) {
    const double *y = panel->y + panel->unit[i].first;
    double mean, about, slope = 0, moment = 0, sum = 0, of_sums = 0, ssr = 0;
    mean_and_squares(periods, y, &mean, &about);
    for (int64_t t = 0; t < periods; t++) {
      slope += ((double)t - middle) * (y[t] - mean);
      moment += ((double)t - middle) * ((double)t - middle);
    }
    for (int64_t t = 0; t < periods; t++) {
      double e = y[t] - mean - (trend ? slope / moment * ((double)t - middle) : 0);
      sum += e;
      of_sums += sum * sum;
      ssr += e * e;
    }
    if (!(ssr > 1e-20 * about)) {
      out->problem = run_format(panel->job->run, "hadri: the series of %s is its trend exactly", panel_unit_name(panel->job, panel->unit[i].level));
      return;
    }
    of_sums /= length * length;
    ratios += of_sums / (ssr / length) / n;
    partial += of_sums / n;
    squares += ssr / (n * length);
    if (!run_poll(panel->job->run, 10 * (uint64_t)periods)) return;
  }
  double lm = hetero ? ratios : partial / squares;
  out->statistic = sqrt(n) * (lm - (trend ? 1.0 / 15 : 1.0 / 6)) / sqrt(trend ? 11.0 / 6300 : 1.0 / 45);
  out->p_value = normal_upper(out->statistic);
}

/* ------------------------------------------------------------------------------------------------ rows */

static void report(Panel *panel, bool must, Outcome *out) {
  Job *job = panel->job;
  Fit *fit = &job->result->fit;
  if (run_failed(job->run)) return;
  if (out->problem && must) {
    run_fail(job->run, "'%s': %s", panel->name, out->problem);
    return;
  }
  if (out->problem) out->statistic = out->p_value = NAN;
  FitTest *test = fit_add_test(fit, out->test, panel->name, out->h0, out->statistic, out->df, NAN, out->p_value);
  if (test) test->note = out->problem ? out->problem : out->note;
  Cell *cell = job->want_table ? result_add_row(job->result) : NULL;
  if (!cell) return;
  cell_text(cell++, panel->name);
  cell_text(cell++, out->test);
  cell_number(cell++, out->statistic);
  cell_number(cell++, out->p_value);
  cell_number(cell++, out->lags);
  cell_integer(cell++, panel->numbers);
  cell_integer(cell++, panel->units);
  cell_number(cell++, out->df);
  cell_text(cell++, out->h0);
  cell_text(cell, out->problem ? out->problem : out->note);
}

static void run_tests(Panel *panel) {
  Job *job = panel->job;
  bool all = option_is(job, "test", "all");
  static const Outcome blank = {.statistic = NAN, .p_value = NAN, .df = NAN, .lags = NAN};
  if (!option_is(job, "test", "hadri")) regress_all(panel);
  if (run_failed(job->run)) return;
  if (all || option_is(job, "test", "llc")) {
    Outcome out = blank;
    test_llc(panel, &out);
    report(panel, !all, &out);
  }
  if (all || option_is(job, "test", "ips")) {
    Outcome out = blank;
    test_ips(panel, &out);
    report(panel, !all, &out);
  }
  for (int kind = FISHER_CHI2; kind <= FISHER_PM && (all || option_is(job, "test", "fisher")); kind++) {
    Outcome out = blank;
    test_fisher(panel, (FisherKind)kind, &out);
    report(panel, !all, &out);
  }
  if (all || option_is(job, "test", "hadri")) {
    Outcome out = blank;
    test_hadri(panel, &out);
    report(panel, !all, &out);
  }
}

static void read_lags(Job *job, Panel *panel) {
  const char *text = option_value(job, "lags")->text;
  Run *run = job->run;
  panel->rule = strcmp(text, "aic") == 0 ? LAGS_AIC : strcmp(text, "bic") == 0 || strcmp(text, "sic") == 0 ? LAGS_BIC : strcmp(text, "hall") == 0 ? LAGS_HALL : LAGS_FIXED;
  panel->pmax_given = option_given(job, "pmax");
  int64_t pmax = panel->pmax_given ? option_integer(job, "pmax") : 10;
  if (pmax < 0 || pmax > MOST_LAGS) run_fail(run, "pmax=%lld: it is a number from 0 to %d", (long long)pmax, MOST_LAGS);
  else panel->pmax = (int)pmax;
  if (panel->rule != LAGS_FIXED) return;
  if (!*text || strlen(text) > 3 || text[strspn(text, "0123456789")] || atoi(text) > MOST_LAGS) run_fail(run, "lags=%.50s: it is a number from 0 to %d, or aic, bic, hall", text, MOST_LAGS);
  else panel->lags = atoi(text);
}

static void fit_unitroot(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  Panel panel = {.job = job, .terms = (UnitRootTerms)option_value(job, "exo")->integer};
  PanelSeries series;
  read_lags(job, &panel);
  if (run_failed(run) || !job_has_rows(job, 2) || !panel_series(job, "a unit-root test", &series)) return;
  if (series.longest < 2) run_fail(run, "there is one period only: a unit-root test needs a history");
  double step = panel_step(&series);
  panel.unit = NEW_ARRAY(run, Unit, series.units + 1);
  panel.y = NEW_ARRAY(run, double, job->frame->rows);
  for (int v = 0; v < model->indicators && !run_failed(run); v++) {
    panel.name = model->indicator[v].name;
    gather(&panel, &series, step, job_number(job, model->indicator[v].variable));
    if (!run_failed(run)) run_tests(&panel);
  }
  fit_add_stat(&job->result->fit, "nobs", (double)job->frame->rows);
}

static const OptionSpec own_options[] = {
    {"id", OPTION_LEVELS, NULL, "optional", "the unit"},
    {"time", OPTION_LEVELS, NULL, "optional", "the time, a number"},
    {"test", OPTION_CHOICE, "all", "all|llc|ips|fisher|hadri", "which tests; all: those that the panel allows"},
    {"exo", OPTION_CHOICE, "intercept", "none|intercept|trend", "deterministic terms of each unit"},
    {"lags", OPTION_TEXT, "bic", NULL, "lags of the differences: a number, or chosen by aic, bic or hall"},
    {"pmax", OPTION_INTEGER, NULL, NULL, "the most lags that aic, bic and hall may choose; default 10, or a quarter of a unit's periods"},
    {"hetero", OPTION_BOOLEAN, "1", NULL, "each unit its own variance"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns[] = {"variable", "test", "statistic", "p_value", "lags", "n", "units", "df", "h0", "note", NULL};
static const char *const stats[] = {"nobs", NULL};
static const OptionUse uses[] = {
    {"pmax", "lags", "aic|bic|sic|hall"},
    {"hetero", "test", "all|hadri"},
    {NULL, NULL, NULL}};
static const OptionSpec *const options[] = {own_options, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_PANEL_UNITROOT = {
    .name = "panel_unitroot",
    .model = MODEL_VARIABLES,
    .model_help = "x1, x2",
    .summary = "unit-root tests of panels: Levin-Lin-Chu, Im-Pesaran-Shin, Fisher (ADF), Hadri",
    .columns = columns,
    .stats = stats,
    .options = options,
    .uses = uses,
    .flags = ESTIMATOR_KEEP_NULLS | ESTIMATOR_PANEL,
    .fit = fit_unitroot,
    .example = "SELECT variable, test, statistic, p_value, lags FROM panel_unitroot('grunfeld', 'invest, value', 'id=firm, time=year, lags=1')",
};
