/* rows.c: what estimators that describe rows share: are there rows, which rows belong together, mean and spread.
 *
 * 1. Groups stand in the order of their values (numbers before text); rows where the grouping value is NULL are a group of their own, the
 *    last, as in SQL's GROUP BY. Within a group rows stay in the order in which they were read.
 * 2. Within a unit time must grow strictly: two rows of a unit at one time are an error.
 * 3. mean_and_squares goes over the numbers twice and mends the mean by the sum of the deviations, so that a column like 1e9 + small
 *    keeps the digits of its spread (Chan, Golub, LeVeque 1983, eq. 1.7). */
#include "est.h"

bool job_has_rows(Job *job, int64_t least) {
  if (run_failed(job->run)) return false;
  const Frame *frame = job->frame;
  if (frame->rows >= least) return true;
  const Ledger *ledger = &frame->ledger;
  const char *found = frame->rows == 0 ? "no row is left" : run_format(job->run, "only %lld row%s left", (long long)frame->rows, frame->rows == 1 ? " is" : "s are");
  run_fail(job->run, "%s, at least %lld are needed: %lld read, %lld outside where=, %lld with a NULL", found, (long long)least, (long long)ledger->read,
           (long long)ledger->where_excluded, (long long)ledger->null);
  return false;
}

void row_groups(Job *job, int variable, RowGroups *out) {
  Run *run = job->run;
  int64_t n = job->frame->rows;
  memset(out, 0, sizeof *out);
  const Levels *levels = job_levels(job, variable);
  int32_t count = levels ? levels_count(levels) : 0;
  out->level = NEW_ARRAY(run, int32_t, count + 1);
  out->first = NEW_ARRAY(run, int64_t, count + 2);
  out->row = NEW_ARRAY(run, int64_t, n);
  if (run_failed(run)) return;
  if (!levels) {
    out->groups = 1;
    out->level[0] = -1;
    out->first[1] = n;
    for (int64_t i = 0; i < n; i++) out->row[i] = i;
    return;
  }
  const int32_t *code = job_code(job, variable);
  bool *present = NEW_ARRAY(run, bool, count);
  int32_t *place = NEW_ARRAY(run, int32_t, count), *group = NEW_ARRAY(run, int32_t, n);
  if (run_failed(run)) return;
  bool any_null = false;
  for (int64_t i = 0; i < n; i++) {
    if (code[i] >= 0) present[code[i]] = true;
    else any_null = true;
  }
  out->groups = levels_sorted(run, levels, present, out->level);
  if (run_failed(run)) return;
  for (int32_t g = 0; g < out->groups; g++) place[out->level[g]] = g;
  for (int64_t i = 0; i < n; i++) group[i] = code[i] >= 0 ? place[code[i]] : out->groups;
  if (any_null) out->level[out->groups++] = -1;
  rows_by_code(run, n, group, out->groups, out->first, out->row);
  run_free(run, group);
}

const char *panel_unit_name(Job *job, int32_t unit) {
  const char *name = job->model->unit >= 0 ? levels_name(job->run, job_levels(job, job->model->unit), unit) : "the series";
  return name ? name : "";
}

/* Puts the rows of one unit in the order of time. work, order and moved have room for them. */
static void sort_unit(Job *job, const char *what, int32_t unit, int64_t rows, int64_t *row, const double *time, double *work, int64_t *order, int64_t *moved) {
  const Model *model = job->model;
  bool sorted = true;
  for (int64_t i = 1; i < rows; i++) sorted &= time[row[i - 1]] < time[row[i]];
  if (!run_poll(job->run, 4 * (uint64_t)rows) || sorted) return;
  for (int64_t i = 0; i < rows; i++) work[i] = time[row[i]];
  sort_order(job->run, rows, work, order);
  if (run_failed(job->run)) return;
  for (int64_t i = 0; i < rows; i++) moved[i] = row[order[i]];
  memcpy(row, moved, (size_t)rows * sizeof *row);
  for (int64_t i = 1; i < rows; i++) {
    if (time[row[i - 1]] != time[row[i]]) continue;
    const char *name = model->variable[model->time_number].name;
    if (model->unit >= 0)
      run_fail(job->run, "two rows have %s = %s and %s = %.15g; %s needs one row for each unit and time", model->variable[model->unit].name, panel_unit_name(job, unit), name,
               time[row[i]], what);
    else run_fail(job->run, "two rows have %s = %.15g; %s needs one row for each time, or id= to name the unit", name, time[row[i]], what);
    return;
  }
}

bool panel_series(Job *job, const char *what, PanelSeries *out) {
  Run *run = job->run;
  const Model *model = job->model;
  int64_t n = job->frame->rows;
  *out = (PanelSeries){0};
  if (run_failed(run)) return false;
  if (model->time_number < 0) {
    run_fail(run, "%s needs the panel: give id=unit, time=year (time= alone for one series)", what);
    return false;
  }
  const double *time = job_number(job, model->time_number);
  const int32_t *unit = job_code(job, model->unit);
  int32_t units = unit ? levels_count(job_levels(job, model->unit)) : 1;
  int32_t *code = NEW_ARRAY(run, int32_t, n);
  int64_t *first = NEW_ARRAY(run, int64_t, units + 1), *row = NEW_ARRAY(run, int64_t, n);
  int64_t *order = NEW_ARRAY(run, int64_t, n), *moved = NEW_ARRAY(run, int64_t, n);
  double *work = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return false;
  for (int64_t i = 0; i < n; i++) {
    code[i] = isnan(time[i]) ? -1 : unit ? unit[i] : 0;
    if (isinf(time[i])) run_fail(run, "column '%s' has an infinite value; leave such rows out with where=", model->variable[model->time_number].name);
  }
  rows_by_code(run, n, code, units, first, row);
  for (int32_t u = 0; u < units && !run_failed(run); u++) {
    int64_t rows = first[u + 1] - first[u];
    if (rows > out->longest) out->longest = rows;
    sort_unit(job, what, u, rows, row + first[u], time, work, order, moved);
  }
  run_free(run, code);
  run_free(run, order);
  run_free(run, moved);
  run_free(run, work);
  out->units = units;
  out->first = first;
  out->row = row;
  out->time = time;
  return !run_failed(run);
}

double panel_step(const PanelSeries *series) {
  double shortest = INFINITY;
  for (int32_t u = 0; u < series->units; u++)
    for (int64_t i = series->first[u] + 1; i < series->first[u + 1]; i++) shortest = fmin(shortest, series->time[series->row[i]] - series->time[series->row[i - 1]]);
  return shortest;
}

void mean_and_squares(int64_t n, const double *x, double *mean, double *squares) {
  *mean = *squares = NAN;
  if (n <= 0) return;
  double start = x[0], sum[4] = {0}, off[4] = {0}, about[4] = {0};
  for (int64_t i = 0; i < n; i++) sum[i & 3] += x[i] - start;
  *mean = start + (sum[0] + sum[1] + sum[2] + sum[3]) / (double)n;
  for (int64_t i = 0; i < n; i++) {
    double d = x[i] - *mean;
    off[i & 3] += d;
    about[i & 3] += d * d;
  }
  double rest = off[0] + off[1] + off[2] + off[3], total = about[0] + about[1] + about[2] + about[3] - rest * rest / (double)n;
  *mean += rest / (double)n;
  *squares = total > 0 ? total : 0;
}
