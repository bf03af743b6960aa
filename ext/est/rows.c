/* rows.c: what estimators that describe rows share: are there rows, which rows belong together, mean and spread.
 *
 * 1. Groups stand in the order of their values (numbers before text); rows where the grouping value is NULL are a group of their own, the
 *    last, as in SQL's GROUP BY. Within a group rows stay in the order in which they were read.
 * 2. mean_and_squares goes over the numbers twice and mends the mean by the sum of the deviations, so that a column like 1e9 + small
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
