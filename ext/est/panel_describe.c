/* panel_describe.c: the first table of a paper: one row for each variable (and group).
 *
 * 1. Of the numbers of a variable that are not NULL, variable by variable: n, n_null, mean, sd (n - 1), min, quartiles, max. Rows outside
 *    where= do not count at all.
 * 2. Quartiles: quantile=r is type 7 of Hyndman and Fan (1996), quantile=stata is Stata's summarize, detail.
 * 3. With id=: sd_between is the sd of the units' means (number of units - 1), sd_within that of x - mean of its unit (n - 1), as Stata's
 *    xtsum prints them; rows whose id is NULL serve for neither.
 * 4. skewness = m3 / m2^1.5, kurtosis = m4 / m2^2 with m_k the k-th central moment over n (3 for a normal variable), as Stata's.
 * 5. by=: all of it for each value, in the order of the values; NULL is a value of its own, the last.
 * 6. Sums are taken about the mean, so that 1e9 + small keeps the digits of the small part. */
#include "est.h"

typedef struct Description {
  int64_t n, n_null;
  double mean, sd, min, p25, p50, p75, max, between, within, skewness, kurtosis;
} Description;

/* (3): x and unit are n numbers and codes; sum and count have room for each level and are zero before and after. */
static void between_within(Run *run, int64_t n, const double *x, const int32_t *unit, double mean, double *sum, int64_t *count, Description *out) {
  int64_t units = 0, rows = 0;
  for (int64_t i = 0; i < n; i++) {
    if (unit[i] < 0) continue;
    sum[unit[i]] += x[i] - mean;
    count[unit[i]]++;
  }
  double about = 0, off = 0, first = 0, second = 0;
  for (int64_t i = 0; i < n; i++) {
    if (unit[i] < 0) continue;
    double d = (x[i] - mean) - sum[unit[i]] / (double)count[unit[i]];
    about += d * d;
    off += d;
    rows++;
  }
  if (!run_poll(run, 8 * (uint64_t)n)) return;
  double start = NAN;
  for (int64_t i = 0; i < n; i++) { /* each unit once: its count is taken away after it was read */
    if (unit[i] < 0 || count[unit[i]] == 0) continue;
    double unit_mean = sum[unit[i]] / (double)count[unit[i]];
    if (units++ == 0) start = unit_mean;
    first += unit_mean - start;
    second += (unit_mean - start) * (unit_mean - start);
    sum[unit[i]] = 0;
    count[unit[i]] = 0;
  }
  if (units > 1) out->between = sqrt(fmax(0, second - first * first / (double)units) / (double)(units - 1));
  if (rows > 1) out->within = sqrt(fmax(0, about - off * off / (double)rows) / (double)(rows - 1));
}

static void describe(Run *run, int64_t n, double *x, bool stata, Description *out) {
  double squares, third = 0, fourth = 0, offset = 0, rest = 0, start = n > 0 ? x[0] : 0;
  mean_and_squares(n, x, &out->mean, &squares);
  for (int64_t i = 0; i < n; i++) offset += x[i] - start; /* the mean is start + offset, with more digits than a mean near 1e9 has (6) */
  offset /= (double)n;
  for (int64_t i = 0; i < n; i++) rest += x[i] - start - offset;
  offset += rest / (double)n;
  if (!run_poll(run, 6 * (uint64_t)n)) return;
  for (int64_t i = 0; i < n; i++) {
    double d = x[i] - start - offset;
    third += d * d * d;
    fourth += d * d * d * d;
  }
  if (n > 1) out->sd = sqrt(squares / (double)(n - 1));
  double variance = squares / (double)n;
  if (variance > 0) {
    out->skewness = third / (double)n / (variance * sqrt(variance));
    out->kurtosis = fourth / (double)n / (variance * variance);
  }
  sort_numbers(run, n, x);
  if (run_failed(run) || n == 0) return;
  out->min = x[0];
  out->max = x[n - 1];
  out->p25 = quantile_sorted(n, x, 0.25, stata);
  out->p50 = quantile_sorted(n, x, 0.50, stata);
  out->p75 = quantile_sorted(n, x, 0.75, stata);
}

static void add(Job *job, const char *variable, int by, int32_t level, const Description *d) {
  static const char *const name[] = {"sd", "min", "p25", "p50", "p75", "max", "sd_between", "sd_within", "skewness", "kurtosis"};
  const double value[] = {d->sd, d->min, d->p25, d->p50, d->p75, d->max, d->between, d->within, d->skewness, d->kurtosis};
  Fit *fit = &job->result->fit;
  FitTerm *term = fit_add_term(fit, variable);
  if (!term) return;
  if (by >= 0) term->part = level < 0 ? "NULL" : levels_name(job->run, job_levels(job, by), level);
  term->estimate = d->mean;
  fit_term_number(fit, term, "n", (double)d->n);
  fit_term_number(fit, term, "n_null", (double)d->n_null);
  for (int i = 0; i < 10; i++) fit_term_number(fit, term, name[i], value[i]);
  if (!job->want_table) return;
  Cell *cell = result_add_row(job->result);
  if (!cell) return;
  cell_text(cell++, variable);
  cell_integer(cell++, d->n);
  cell_integer(cell++, d->n_null);
  cell_number(cell++, d->mean);
  for (int i = 0; i < 10; i++) cell_number(cell++, value[i]);
  cell_level(cell, job_levels(job, by), level);
}

static void fit_describe(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  int by = option_variable(job, "by"), id = option_variable(job, "id");
  bool stata = option_is(job, "quantile", "stata");
  if (!job_has_rows(job, 1)) return;
  RowGroups groups;
  row_groups(job, by, &groups);
  const int32_t *unit = job_code(job, id);
  int32_t units = unit ? levels_count(job_levels(job, id)) : 0;
  double *x = NEW_ARRAY(run, double, job->frame->rows), *sum = NEW_ARRAY(run, double, units);
  int32_t *unit_of = NEW_ARRAY(run, int32_t, unit ? job->frame->rows : 0);
  int64_t *count = NEW_ARRAY(run, int64_t, units);
  if (run_failed(run)) return;
  for (int32_t g = 0; g < groups.groups; g++) {
    for (int v = 0; v < model->indicators; v++) {
      const double *column = job_number(job, model->indicator[v].variable);
      Description d = {.mean = NAN, .sd = NAN, .min = NAN, .p25 = NAN, .p50 = NAN, .p75 = NAN, .max = NAN, .between = NAN, .within = NAN, .skewness = NAN, .kurtosis = NAN};
      for (int64_t i = groups.first[g]; i < groups.first[g + 1]; i++) {
        int64_t row = groups.row[i];
        if (isnan(column[row])) {
          d.n_null++;
          continue;
        }
        if (unit) unit_of[d.n] = unit[row];
        x[d.n++] = column[row];
      }
      if (!run_poll(run, 2 * (uint64_t)(d.n + d.n_null) + 50)) return;
      double rough = 0;
      for (int64_t i = 0; unit && i < d.n; i++) rough += (x[i] - x[0]) / (double)d.n;
      if (unit && d.n > 0) between_within(run, d.n, x, unit_of, x[0] + rough, sum, count, &d);
      describe(run, d.n, x, stata, &d);
      add(job, model->indicator[v].name, by, groups.level[g], &d);
      if (run_failed(run)) return;
    }
  }
  job->result->fit.nobs = job->frame->rows;
  fit_add_stat(&job->result->fit, "nobs", (double)job->frame->rows);
}

static const OptionSpec own_options[] = {
    {"id", OPTION_LEVELS, NULL, "optional", "the unit: gives sd_between and sd_within"},
    {"by", OPTION_LEVELS, NULL, "optional", "a column: one table for each of its values"},
    {"quantile", OPTION_CHOICE, "r", "r|stata", "how quartiles are defined"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns[] = {"variable", "n", "n_null", "mean", "sd", "min", "p25", "p50", "p75", "max", "sd_between", "sd_within",
                                      "skewness", "kurtosis", "by_value", NULL};
static const char *const stats[] = {"nobs", NULL};
static const OptionSpec *const options[] = {own_options, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_PANEL_DESCRIBE = {
    .name = "panel_describe",
    .model = MODEL_VARIABLES,
    .model_help = "x1, x2, x3",
    .summary = "descriptive statistics: n, mean, sd, quartiles, between and within sd, by group",
    .columns = columns,
    .stats = stats,
    .options = options,
    .flags = ESTIMATOR_KEEP_NULLS,
    .fit = fit_describe,
    .example = "SELECT variable, n, mean, sd, min, p50, max, sd_between, sd_within FROM panel_describe('grunfeld', 'invest, value, capital', 'id=firm')",
};
