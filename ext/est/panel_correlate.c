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
        if ((at & 0x7FFF) == 0 && !run_poll(run, 0x8000 * 4)) return NAN;
      }
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

/* A column in its own order: what every pair with it needs. */
typedef struct Sorted {
  int64_t *order;
  double *value; /* ascending */
  Ties ties;
} Sorted;

/* out[i] = x[order[i]]: far apart in memory, so asked often whether to stop. */
static bool pick(Run *run, int64_t n, const double *x, const int64_t *order, double *out) {
  for (int64_t i = 0; i < n; i++) {
    out[i] = x[order[i]];
    if ((i & 0x3FFF) == 0 && !run_poll(run, 0x4000 * 10)) return false;
  }
  return true;
}

static void sort_column(Run *run, int64_t n, const double *x, Sorted *out) {
  sort_order(run, n, x, out->order);
  if (run_failed(run)) return;
  if (pick(run, n, x, out->order, out->value)) out->ties = ties_of(n, out->value);
}

/* x sorted; y as it comes, and its ties; two columns of room. */
static void kendall(Run *run, const Sorted *x, const double *y, const Ties *ty, double *ys, double *other, Correlation *out) {
  int64_t n = out->n;
  if (!pick(run, n, y, x->order, ys)) return;
  double both = 0;
  const double *xs = x->value;
  for (int64_t first = 0, end; first < n; first = end) { /* equal x: by y, so that they count as in order */
    for (end = first + 1; end < n && xs[end] == xs[first];) end++;
    if (end - first < 2) continue;
    sort_numbers(run, end - first, ys + first);
    if (!run_poll(run, 50 + (uint64_t)(end - first))) return;
    both += ties_of(end - first, ys + first).pairs;
  }
  double swaps = count_swaps(run, n, ys, other);
  if (run_failed(run)) return;
  double m = (double)n, all = m * (m - 1) / 2;
  double s = all - x->ties.pairs - ty->pairs + both - 2 * swaps, size = sqrt(all - x->ties.pairs) * sqrt(all - ty->pairs);
  if (!(size > 0)) return;
  out->r = fmax(-1, fmin(1, s / size));
  double variance = (m * (m - 1) * (2 * m + 5) - x->ties.variance - ty->variance) / 18 + 4 * x->ties.pairs * ty->pairs / (2 * m * (m - 1));
  if (n > 2) variance += x->ties.triples * ty->triples / (9 * m * (m - 1) * (m - 2));
  if (!(variance > 0)) return;
  out->statistic = s / sqrt(variance);
  out->p_value = 2 * normal_upper(fabs(out->statistic));
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

/* One set of rows in which no column has a NULL: all columns, or the two of a pair. */
typedef struct Set {
  int method, columns;
  int64_t n;
  double **column;  /* unit deviations of the numbers or their ranks; for kendall the numbers */
  double *length;   /* NAN for a constant column */
  Sorted *sorted;   /* kendall */
  double *room[2];  /* kendall */
} Set;

static void make_room(Run *run, Set *set, int64_t rows) {
  set->column = NEW_ARRAY(run, double *, set->columns);
  set->length = NEW_ARRAY(run, double, set->columns);
  set->sorted = NEW_ARRAY(run, Sorted, set->columns);
  for (int j = 0; j < set->columns && !run_failed(run); j++) set->column[j] = NEW_ARRAY(run, double, rows);
  for (int i = 0; i < 2 && set->method == METHOD_KENDALL; i++) set->room[i] = NEW_ARRAY(run, double, rows);
  for (int j = 0; j < set->columns && set->method == METHOD_KENDALL && !run_failed(run); j++) {
    set->sorted[j].order = NEW_ARRAY(run, int64_t, rows);
    set->sorted[j].value = NEW_ARRAY(run, double, rows);
  }
}

static void prepare(Run *run, Set *set) {
  int64_t n = set->n;
  for (int j = 0; j < set->columns && !run_failed(run); j++) {
    double *x = set->column[j];
    set->length[j] = NAN;
    if (set->method == METHOD_KENDALL) {
      sort_column(run, n, x, &set->sorted[j]);
      if (n > 1 && set->sorted[j].value[0] < set->sorted[j].value[n - 1]) set->length[j] = 1;
      continue;
    }
    if (set->method == METHOD_SPEARMAN) {
      double *rank = NEW_ARRAY(run, double, n);
      rank_numbers(run, n, x, rank);
      if (run_failed(run)) return;
      memcpy(x, rank, (size_t)n * sizeof *x);
      run_free(run, rank);
    }
    if (n > 1 && run_poll(run, 6 * (uint64_t)n)) standardise(n, x, x, &set->length[j]);
  }
}

static void correlate(Run *run, const Set *set, int a, int b, Correlation *out) {
  *out = (Correlation){set->n, NAN, NAN, NAN};
  if (isnan(set->length[a]) || isnan(set->length[b])) return;
  if (set->method == METHOD_KENDALL) kendall(run, &set->sorted[a], set->column[b], &set->sorted[b].ties, set->room[0], set->room[1], out);
  else finish(set->method, dot(set->n, set->column[a], set->column[b]) / (set->length[a] * set->length[b]), out);
  run_poll(run, (uint64_t)set->n);
}

/* (2) Rows with a NULL are left out of all pairs; or only counted. */
static int64_t whole_rows(Job *job, bool drop) {
  Run *run = job->run;
  Frame *frame = job->frame;
  bool *keep = NEW_ARRAY(run, bool, frame->rows);
  if (run_failed(run)) return 0;
  int64_t kept = 0;
  for (int64_t i = 0; i < frame->rows; i++) {
    keep[i] = true;
    for (int j = 0; j < job->model->indicators && keep[i]; j++) keep[i] = !isnan(job_number(job, job->model->indicator[j].variable)[i]);
    kept += keep[i];
  }
  if (!run_poll(run, (uint64_t)frame->rows * (uint64_t)job->model->indicators)) return 0;
  if (drop && kept < frame->rows) {
    frame->ledger.null += frame->rows - kept;
    frame_keep(run, frame, keep);
  }
  run_free(run, keep);
  return kept;
}

static void fit_correlate(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  int k = model->indicators, by = option_variable(job, "by");
  bool pairwise = option_is(job, "missing", "pairwise");
  if (k < 2) run_fail(run, "name at least two variables, as in 'x1, x2, x3'");
  if (!job_has_rows(job, 1)) return;
  bool whole = whole_rows(job, !pairwise) == job->frame->rows; /* then one set of rows serves all pairs */
  RowGroups groups;
  row_groups(job, by, &groups);
  const double **column = NEW_ARRAY(run, const double *, k);
  Set set = {.method = (int)option_integer(job, "method"), .columns = whole ? k : 2};
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) column[j] = job_number(job, model->indicator[j].variable);
  make_room(run, &set, job->frame->rows);
  for (int32_t g = 0; g < groups.groups && !run_failed(run); g++) {
    if (whole) {
      set.n = gather(run, &groups, g, k, column, set.column);
      prepare(run, &set);
    }
    for (int a = 0; a < k; a++) {
      for (int b = 0; b <= a; b++) {
        if (!whole) {
          set.n = gather(run, &groups, g, 2, (const double *const[]){column[a], column[b]}, set.column);
          prepare(run, &set);
        }
        if (run_failed(run)) return;
        int at = whole ? a : 0;
        Correlation c = {set.n, isnan(set.length[at]) ? (double)NAN : 1, NAN, NAN};
        if (a != b) correlate(run, &set, at, whole ? b : 1, &c);
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
