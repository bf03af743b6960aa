/* panel_correlate.c: correlations of variables with each other and their tests.
 *
 * 1. Rows: the lower triangle with its diagonal: var1 is the later variable (the row of the printed matrix), var2 the earlier one or var1 itself,
 *    where r is 1 and there is no test.
 * 2. missing=listwise: rows with NULL in any variable are left out of all; pairwise: of the pairs that they touch.
 * 3. method=pearson: r; statistic t = r sqrt((n - 2) / (1 - r^2)), p from Student's t with n - 2.
 *    method=spearman: Pearson's r of the ranks, ties share their mean rank; statistic S = (n^3 - n)(1 - r) / 6, p from the same t: what R's cor.test
 *    gives with exact = FALSE.
 *    method=kendall: tau-b = S / sqrt((n0 - n1)(n0 - n2)), S the concordant less the discordant pairs, n0 = n(n-1)/2, n1 and n2 the pairs tied
 *    in x and in y; by Knight's (1966) sort in n log n. statistic z = S / sqrt(v), v with ties as in Kendall (1970, 4.4), p normal, no
 *    correction for continuity: R's cor.test with exact = FALSE.
 * 4. A constant variable has no correlation: r is NULL. With fewer than three rows (two for kendall) there is no test. by=: each value apart, NULL last. */
#include "est.h"

enum { METHOD_PEARSON, METHOD_SPEARMAN, METHOD_KENDALL };

typedef struct Correlation {
  int64_t n;
  double r, statistic, p_value;
} Correlation;

/* Deviations from the mean over the largest of them; false if the column is constant. */
static bool standardise(int64_t n, const double *x, double *out, double *length) {
  double mean, squares, large = 0, sum = 0;
  mean_and_squares(n, x, &mean, &squares);
  for (int64_t i = 0; i < n; i++) {
    out[i] = x[i] - mean;
    double size = fabs(out[i]);
    large = size > large ? size : large;
  }
  bool constant = true;
  for (int64_t i = 1; i < n && constant; i++) constant = x[i] == x[0];
  if (constant || !(large > 0)) return false;
  for (int64_t i = 0; i < n; i++) {
    out[i] /= large;
    sum += out[i] * out[i];
  }
  *length = sqrt(sum);
  return true;
}

static double dot(int64_t n, const double *a, const double *b) {
  double sum[4] = {0};
  for (int64_t i = 0; i < n; i++) sum[i & 3] += a[i] * b[i];
  return sum[0] + sum[1] + sum[2] + sum[3];
}

static void finish(int method, double r, Correlation *out) {
  double n = (double)out->n;
  out->r = fmax(-1, fmin(1, r));
  if (out->n < 3 || isnan(r)) return;
  double t = out->r * sqrt((n - 2) / ((1 - out->r) * (1 + out->r)));
  out->p_value = student_two_sided(t, n - 2);
  out->statistic = method == METHOD_SPEARMAN ? (n * n * n - n) * (1 - out->r) / 6 : t;
}

/* ------------------------------------------------------------------------------------------------ kendall */

/* Sorts y and counts the pairs out of order (merge sort); tied pairs are not out of order. */
static double count_swaps(Run *run, int64_t n, double *y, double *other) {
  double swaps = 0;
  double *from = y, *to = other;
  for (int64_t width = 1; width < n; width *= 2) {
    for (int64_t left = 0; left < n; left += 2 * width) {
      int64_t middle = left + width < n ? left + width : n, end = middle + width < n ? middle + width : n, a = left, b = middle;
      for (int64_t at = left; at < end; at++) {
        if (a < middle && (b >= end || from[a] <= from[b])) {
          to[at] = from[a++];
        } else {
          swaps += (double)(middle - a);
          to[at] = from[b++];
        }
      }
      if (!run_poll(run, 4 * (uint64_t)(end - left))) return NAN;
    }
    double *before = from;
    from = to;
    to = before;
  }
  if (from != y) memcpy(y, from, (size_t)n * sizeof *y);
  return swaps;
}

typedef struct Ties { /* sums over groups of t equal numbers */
  double pairs, triples, variance; /* t(t-1)/2; t(t-1)(t-2); t(t-1)(2t+5) */
} Ties;

static void add_tie(Ties *ties, int64_t count) {
  double t = (double)count;
  ties->pairs += t * (t - 1) / 2;
  ties->triples += t * (t - 1) * (t - 2);
  ties->variance += t * (t - 1) * (2 * t + 5);
}

static Ties ties_of(int64_t n, const double *sorted) {
  Ties ties = {0};
  for (int64_t first = 0, end; first < n; first = end) {
    for (end = first + 1; end < n && sorted[end] == sorted[first];) end++;
    add_tie(&ties, end - first);
  }
  return ties;
}

static void kendall(Run *run, const double *x, const double *y, Correlation *out) {
  int64_t n = out->n;
  int64_t *order = NEW_ARRAY(run, int64_t, n);
  double *xs = NEW_ARRAY(run, double, n), *ys = NEW_ARRAY(run, double, n), *other = NEW_ARRAY(run, double, n);
  sort_order(run, n, x, order);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) {
    xs[i] = x[order[i]];
    ys[i] = y[order[i]];
  }
  Ties both = {0};
  for (int64_t first = 0, end; first < n; first = end) { /* equal x: by y, so that they count as in order */
    for (end = first + 1; end < n && xs[end] == xs[first];) end++;
    if (end - first < 2) continue;
    sort_numbers(run, end - first, ys + first);
    if (!run_poll(run, 50 + (uint64_t)(end - first))) return;
    Ties here = ties_of(end - first, ys + first);
    both.pairs += here.pairs;
  }
  Ties tx = ties_of(n, xs);
  double swaps = count_swaps(run, n, ys, other);
  Ties ty = ties_of(n, ys);
  double m = (double)n, all = m * (m - 1) / 2;
  double s = all - tx.pairs - ty.pairs + both.pairs - 2 * swaps, size = sqrt(all - tx.pairs) * sqrt(all - ty.pairs);
  if (size > 0) {
    out->r = fmax(-1, fmin(1, s / size));
    double variance = (m * (m - 1) * (2 * m + 5) - tx.variance - ty.variance) / 18 + 4 * tx.pairs * ty.pairs / (2 * m * (m - 1));
    if (n > 2) variance += tx.triples * ty.triples / (9 * m * (m - 1) * (m - 2));
    if (variance > 0) {
      out->statistic = s / sqrt(variance);
      out->p_value = 2 * normal_upper(fabs(out->statistic));
    }
  }
  run_free(run, order);
  run_free(run, xs);
  run_free(run, ys);
  run_free(run, other);
}

/* ------------------------------------------------------------------------------------------------ all pairs */

static void add(Job *job, const char *var1, const char *var2, int by, int32_t level, const Correlation *c) {
  Fit *fit = &job->result->fit;
  FitTerm *term = fit_add_term(fit, run_format(job->run, "%s, %s", var1, var2));
  if (!term) return;
  if (by >= 0) term->part = level < 0 ? "NULL" : levels_name(job->run, job_levels(job, by), level);
  term->estimate = c->r;
  term->statistic = c->statistic;
  term->p_value = c->p_value;
  fit_term_number(fit, term, "n", (double)c->n);
  if (!job->want_table) return;
  Cell *cell = result_add_row(job->result);
  if (!cell) return;
  cell_text(cell++, var1);
  cell_text(cell++, var2);
  cell_number(cell++, c->r);
  cell_integer(cell++, c->n);
  cell_number(cell++, c->statistic);
  cell_number(cell++, c->p_value);
  cell_level(cell, job_levels(job, by), level);
}

/* The rows of a group in which none of the listed columns is NULL, gathered. */
static int64_t gather(Run *run, const RowGroups *groups, int32_t g, int count, const double *const *column, double *const *out) {
  int64_t n = 0;
  for (int64_t i = groups->first[g]; i < groups->first[g + 1]; i++) {
    int64_t row = groups->row[i];
    bool whole = true;
    for (int j = 0; j < count && whole; j++) whole = !isnan(column[j][row]);
    if (!whole) continue;
    for (int j = 0; j < count; j++) out[j][n] = column[j][row];
    n++;
  }
  run_poll(run, (uint64_t)(groups->first[g + 1] - groups->first[g]) * (uint64_t)count);
  return n;
}

/* Makes ranks of x where the method wants them, and unit deviations of either; NAN for a constant. Not for kendall. */
static void prepare(Run *run, int method, int64_t n, double *x, double *length) {
  *length = NAN;
  if (method == METHOD_SPEARMAN && n > 0) {
    double *rank = NEW_ARRAY(run, double, n);
    if (run_failed(run)) return;
    rank_numbers(run, n, x, rank);
    memcpy(x, rank, (size_t)n * sizeof *x);
    run_free(run, rank);
  }
  if (n > 1 && run_poll(run, 6 * (uint64_t)n)) standardise(n, x, x, length);
}

static void correlate(Run *run, int method, int64_t n, const double *x, const double *y, double x_length, double y_length, Correlation *out) {
  *out = (Correlation){n, NAN, NAN, NAN};
  if (method == METHOD_KENDALL) {
    if (n > 1) kendall(run, x, y, out);
    return;
  }
  if (isnan(x_length) || isnan(y_length)) return;
  finish(method, dot(n, x, y) / (x_length * y_length), out);
  run_poll(run, (uint64_t)n);
}

/* (2) */
static void keep_whole_rows(Job *job) {
  Run *run = job->run;
  Frame *frame = job->frame;
  bool *keep = NEW_ARRAY(run, bool, frame->rows);
  if (run_failed(run)) return;
  int64_t kept = 0;
  for (int64_t i = 0; i < frame->rows; i++) {
    keep[i] = true;
    for (int j = 0; j < job->model->indicators && keep[i]; j++) keep[i] = !isnan(job_number(job, job->model->indicator[j].variable)[i]);
    kept += keep[i];
  }
  if (!run_poll(run, (uint64_t)frame->rows * (uint64_t)job->model->indicators)) return;
  frame->ledger.null += frame->rows - kept;
  if (kept < frame->rows) frame_keep(run, frame, keep);
  run_free(run, keep);
}

static void fit_correlate(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  int k = model->indicators, by = option_variable(job, "by"), method = (int)option_integer(job, "method");
  bool pairwise = option_is(job, "missing", "pairwise");
  if (k < 2) run_fail(run, "name at least two variables, as in 'x1, x2, x3'");
  if (!job_has_rows(job, 1)) return;
  if (!pairwise) keep_whole_rows(job);
  RowGroups groups;
  row_groups(job, by, &groups);
  const double **column = NEW_ARRAY(run, const double *, k);
  double **work = NEW_ARRAY(run, double *, k), *length = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) {
    column[j] = job_number(job, model->indicator[j].variable);
    work[j] = pairwise && j >= 2 ? NULL : NEW_ARRAY(run, double, job->frame->rows);
  }
  if (run_failed(run)) return;
  for (int32_t g = 0; g < groups.groups; g++) {
    int64_t n = 0;
    if (!pairwise) {
      n = gather(run, &groups, g, k, column, work);
      for (int j = 0; j < k && method != METHOD_KENDALL; j++) prepare(run, method, n, work[j], &length[j]);
    }
    for (int a = 0; a < k; a++) {
      for (int b = 0; b <= a; b++) {
        Correlation c = {n, NAN, NAN, NAN};
        if (pairwise) {
          c.n = gather(run, &groups, g, 2, (const double *const[]){column[a], column[b]}, work);
          for (int j = 0; j < 2 && method != METHOD_KENDALL; j++) prepare(run, method, c.n, work[j], &length[j]);
        }
        int at = pairwise ? 0 : a, to = pairwise ? 1 : b;
        correlate(run, method, c.n, work[at], work[to], length[at], length[to], &c);
        if (a == b) c = (Correlation){c.n, isnan(c.r) ? c.r : 1, NAN, NAN};
        if (run_failed(run)) return;
        add(job, model->indicator[a].name, model->indicator[b].name, by, groups.level[g], &c);
      }
    }
  }
  fit_add_stat(&job->result->fit, "nobs", (double)job->frame->rows);
  fit_add_word(&job->result->fit, "method", option_value(job, "method")->text);
  fit_add_word(&job->result->fit, "missing", pairwise ? "pairwise" : "listwise");
}

static const OptionSpec own_options[] = {
    {"method", OPTION_CHOICE, "pearson", "pearson|spearman|kendall", "which correlation"},
    {"missing", OPTION_CHOICE, "listwise", "listwise|pairwise", "rows with a NULL are left out of all pairs, or of those they touch"},
    {"by", OPTION_LEVELS, NULL, "optional", "a column: one matrix for each of its values"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns[] = {"var1", "var2", "r", "n", "statistic", "p_value", "by_value", NULL};
static const char *const stats[] = {"nobs", NULL};
static const OptionSpec *const options[] = {own_options, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_PANEL_CORRELATE = {
    .name = "panel_correlate",
    .model = MODEL_VARIABLES,
    .model_help = "x1, x2, x3",
    .summary = "correlation matrix with tests: Pearson, Spearman or Kendall, listwise or pairwise, by group",
    .columns = columns,
    .stats = stats,
    .options = options,
    .flags = ESTIMATOR_KEEP_NULLS,
    .fit = fit_correlate,
    .example = "SELECT var1, var2, r, p_value FROM panel_correlate('grunfeld', 'invest, value, capital') WHERE var1 <> var2",
};
