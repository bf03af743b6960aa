/* panel_prepare.c: the columns that a paper makes before its first table: winsorised, interpolated, standardised, lagged.
 *
 * Each bare call makes a column for each of its variables; later calls may use the columns of earlier ones. The source's own columns stay as they are.
 * 1. winsor(x, p, q): numbers below the p quantile become that quantile, those above the q quantile become that one; truncate(x, p, q): they become
 *    NULL. p is .01 and q is 1 - p where they are not given. Quantiles of the numbers that are there: quantile=r is type 7 of Hyndman and Fan (1996),
 *    quantile=stata that of Stata's summarize and _pctile.
 * 2. zscore(x): (x - mean) / sd with n - 1. minmax(x): (x - min) / (max - min). A group without spread gives NULL; a variable without any is an error.
 * 3. by=: (1) and (2) within each value of a column; NULL is a value of its own.
 * 4. interpolate(x): NULLs between two numbers of the same unit get the value on the line through them over real time; with extrapolate=1 those before the
 *    first or after the last number the line through the two nearest numbers (Stata's ipolate, epolate). A unit with one number stays as it is.
 * 5. l(x, k), f(x, k): the value of the same unit k earlier, k later; d(x, k) = x - l(x, k); growth(x, k) = x / l(x, k) - 1; dln(x, k) = ln x - ln l(x, k).
 *    k counts units of time: over a gap they are NULL. Where it is not given it is one step of the panel's time (panel.c).
 * 6. ln(x), log10(x): NULL where x is not above zero; so dln. growth is NULL over zero.
 * 7. NULL stays NULL but in (4). Rows without unit or time have no neighbours; rows outside where= take no part and get NULL.
 * 8. The table has a row for each column: how many numbers it holds, NULLs before and after, how many numbers winsor changed, and low and
 *    high: the bounds of (1), the mean and sd or the minimum and maximum of (2), where there is one group only. */
#include "est.h"

typedef enum Kind { WINSOR, TRUNCATE, ZSCORE, MINMAX, INTERPOLATE, LAG, LEAD, DIFFERENCE, GROWTH, LOG_GROWTH, LN, LOG10 } Kind;
static const struct Function {
  const char *name;
  Kind kind;
  bool panel;
  int numbers; /* arguments behind the variables */
  const char *form;
} FUNCTIONS[] = {
    {"winsor", WINSOR, false, 2, "winsor(x, .01) or winsor(x, .01, .95)"},
    {"truncate", TRUNCATE, false, 2, "truncate(x, .01) or truncate(x, .01, .95)"},
    {"zscore", ZSCORE, false, 0, "zscore(x)"},
    {"minmax", MINMAX, false, 0, "minmax(x)"},
    {"interpolate", INTERPOLATE, true, 0, "interpolate(x) or interpolate(x, extrapolate=1)"},
    {"l", LAG, true, 1, "l(x) or l(x, 2)"},
    {"f", LEAD, true, 1, "f(x) or f(x, 2)"},
    {"d", DIFFERENCE, true, 1, "d(x) or d(x, 2)"},
    {"growth", GROWTH, true, 1, "growth(x) or growth(x, 2)"},
    {"dln", LOG_GROWTH, true, 1, "dln(x) or dln(x, 2)"},
    {"ln", LN, false, 0, "ln(x)"},
    {"log10", LOG10, false, 0, "log10(x)"},
};
enum { FUNCTION_COUNT = sizeof FUNCTIONS / sizeof FUNCTIONS[0] };

typedef struct Preparation {
  Job *job;
  int64_t n;
  bool stata;
  RowGroups groups;
  PanelSeries series; /* once it is needed */
  double step;        /* of its time */
  int made;
  const double **column; /* the columns made so far */
  const char **name;
  double *work;          /* n numbers */
} Preparation;

typedef struct Change {
  int64_t n, null_before, null_after, changed;
  double low, high;
} Change;

static void check_numbers(Run *run, const char *name, int64_t n, const double *x) {
  int64_t known = 0;
  for (int64_t i = 0; i < n; i++) {
    if (isinf(x[i])) {
      run_fail(run, "column '%s' has an infinite value; leave such rows out with where=", name);
      return;
    }
    known += !isnan(x[i]);
  }
  if (!known) run_fail(run, "'%s' is NULL in all %lld rows", name, (long long)n);
  run_poll(run, 2 * (uint64_t)n);
}

/* ------------------------------------------------------------------------------------------------ quantiles and scales (1, 2, 3) */

static void by_quantile(Preparation *p, bool drop, double low, double high, const double *x, double *out, Change *change) {
  Run *run = p->job->run;
  for (int32_t g = 0; g < p->groups.groups; g++) {
    const int64_t *row = p->groups.row + p->groups.first[g];
    int64_t rows = p->groups.first[g + 1] - p->groups.first[g], count = 0;
    for (int64_t i = 0; i < rows; i++)
      if (!isnan(x[row[i]])) p->work[count++] = x[row[i]];
    sort_numbers(run, count, p->work);
    if (!run_poll(run, 4 * (uint64_t)rows)) return;
    double bottom = quantile_sorted(count, p->work, low, p->stata), top = quantile_sorted(count, p->work, high, p->stata);
    for (int64_t i = 0; i < rows; i++) {
      double value = x[row[i]];
      out[row[i]] = value < bottom ? (drop ? (double)NAN : bottom) : value > top ? (drop ? (double)NAN : top) : value;
    }
    if (p->groups.groups == 1) change->low = bottom, change->high = top;
  }
}

static void by_scale(Preparation *p, const char *call, bool minmax, const double *x, double *out, Change *change) {
  Run *run = p->job->run;
  int64_t scaled = 0;
  for (int32_t g = 0; g < p->groups.groups; g++) {
    const int64_t *row = p->groups.row + p->groups.first[g];
    int64_t rows = p->groups.first[g + 1] - p->groups.first[g], count = 0;
    double smallest = INFINITY, largest = -INFINITY, mean, squares;
    for (int64_t i = 0; i < rows; i++) {
      double value = x[row[i]];
      if (isnan(value)) continue;
      p->work[count++] = value;
      smallest = fmin(smallest, value);
      largest = fmax(largest, value);
    }
    if (!run_poll(run, 6 * (uint64_t)rows)) return;
    mean_and_squares(count, p->work, &mean, &squares);
    double sd = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
    bool spread = count > 1 && smallest < largest;
    double start = minmax ? smallest : mean, scale = minmax ? largest - smallest : sd;
    if (spread && !(isfinite(scale) && isfinite((largest - start) / scale) && isfinite((smallest - start) / scale)))
      run_fail(run, "%s: the spread of the variable is too small or too large for a number; multiply or divide it first", call);
    for (int64_t i = 0; i < rows; i++) out[row[i]] = spread ? (x[row[i]] - start) / scale : (double)NAN;
    scaled += spread;
    if (p->groups.groups == 1) change->low = minmax ? smallest : mean, change->high = minmax ? largest : sd;
  }
  if (!scaled) run_fail(run, "%s: the variable has no spread%s", call, p->groups.groups > 1 ? " in any group of by=" : ": it is the same number in every row");
}

/* ------------------------------------------------------------------------------------------------ along the time of a unit (4, 5) */

static double on_line(double t0, double x0, double t1, double x1, double t) { return x0 + (x1 - x0) * ((t - t0) / (t1 - t0)); }

static void interpolate(const PanelSeries *s, bool extrapolate, const double *x, double *out) {
  for (int32_t u = 0; u < s->units; u++) {
    const int64_t *row = s->row + s->first[u];
    int64_t rows = s->first[u + 1] - s->first[u], known = -1, before = -1, second = -1; /* the last two numbers; the second of the unit */
    int64_t start = -1;
    for (int64_t i = 0; i < rows; i++) {
      if (isnan(x[row[i]])) continue;
      for (int64_t j = known + 1; known >= 0 && j < i; j++)
        out[row[j]] = on_line(s->time[row[known]], x[row[known]], s->time[row[i]], x[row[i]], s->time[row[j]]);
      if (start < 0) start = i;
      else if (second < 0) second = i;
      before = known;
      known = i;
    }
    if (!extrapolate || second < 0) continue;
    for (int64_t j = 0; j < start; j++) out[row[j]] = on_line(s->time[row[start]], x[row[start]], s->time[row[second]], x[row[second]], s->time[row[j]]);
    for (int64_t j = known + 1; j < rows; j++) out[row[j]] = on_line(s->time[row[before]], x[row[before]], s->time[row[known]], x[row[known]], s->time[row[j]]);
  }
}

static double combine(Kind kind, double x, double other) {
  switch (kind) {
    case DIFFERENCE: return x - other;
    case GROWTH: return other != 0 ? (x - other) / other : (double)NAN;
    case LOG_GROWTH: return x > 0 && other > 0 ? log(x) - log(other) : (double)NAN;
    default: return other;
  }
}

static void shift(const PanelSeries *s, Kind kind, double steps, const double *x, double *out) {
  double back = kind == LEAD ? -steps : steps;
  for (int32_t u = 0; u < s->units; u++) {
    const int64_t *row = s->row + s->first[u];
    int64_t rows = s->first[u + 1] - s->first[u], at = 0;
    for (int64_t i = 0; i < rows; i++) { /* what is looked for grows with i */
      double wanted = s->time[row[i]] - back;
      while (at < rows && s->time[row[at]] < wanted) at++;
      if (at < rows && s->time[row[at]] == wanted) out[row[i]] = combine(kind, x[row[i]], x[row[at]]);
    }
  }
}

/* ------------------------------------------------------------------------------------------------ calls */

static const struct Function *find_function(Run *run, const Call *call) {
  for (int f = 0; f < FUNCTION_COUNT; f++)
    if (strcmp(FUNCTIONS[f].name, call->name) == 0) return &FUNCTIONS[f];
  char list[400] = "";
  for (int f = 0; f < FUNCTION_COUNT; f++) {
    strcat(list, f ? ", " : "");
    strcat(list, FUNCTIONS[f].name);
  }
  run_fail(run, "%s: there is no function '%s'; there are %s%s", call->text, call->name, list,
           strcmp(call->name, "log") == 0 ? " (the natural logarithm is ln)" : "");
  return NULL;
}

/* The numbers behind the variables, NAN where not given; extrapolate= and nothing else. */
static bool read_arguments(Run *run, const struct Function *function, const Call *call, double number[2], bool *extrapolate) {
  number[0] = number[1] = NAN;
  *extrapolate = false;
  bool good = call->columns > 0 && call->arguments <= 1 + function->numbers;
  for (int a = 1; good && a < call->arguments; a++) {
    number[a - 1] = call->number[a];
    good = isfinite(call->number[a]);
  }
  for (int k = 0; good && k < call->keys; k++) {
    good = function->kind == INTERPOLATE && strcmp(call->key[k], "extrapolate") == 0 && (strcmp(call->value[k], "1") == 0 || strcmp(call->value[k], "0") == 0);
    *extrapolate = good && call->value[k][0] == '1';
  }
  if (!good) {
    run_fail(run, "%s: it is written %s, where x may be several variables: x1 x2", call->text, function->form);
    return false;
  }
  if (function->kind == WINSOR || function->kind == TRUNCATE) {
    if (isnan(number[0])) number[0] = 0.01;
    if (isnan(number[1])) number[1] = 1 - number[0];
    if (!(number[0] >= 0 && number[0] < number[1] && number[1] <= 1))
      run_fail(run, "%s: the bounds are shares with 0 <= low < high <= 1, such as .01 or .01, .99", call->text);
  } else if (function->numbers) {
    if (number[0] <= 0) run_fail(run, "%s: the steps must be above 0; l() looks back, f() looks ahead", call->text);
  }
  return !run_failed(run);
}

static void compute(Preparation *p, const struct Function *function, const Call *call, const double number[2], bool extrapolate, const double *x, double *out, Change *change) {
  int64_t n = p->n;
  bool along = function->kind >= LAG && function->kind <= LOG_GROWTH;
  for (int64_t i = 0; i < n; i++) out[i] = along ? (double)NAN : x[i];
  switch (function->kind) {
    case WINSOR: case TRUNCATE: by_quantile(p, function->kind == TRUNCATE, number[0], number[1], x, out, change); break;
    case ZSCORE: case MINMAX: by_scale(p, call->text, function->kind == MINMAX, x, out, change); break;
    case INTERPOLATE: interpolate(&p->series, extrapolate, x, out); break;
    case LN: case LOG10:
      for (int64_t i = 0; i < n; i++) out[i] = x[i] > 0 ? (function->kind == LN ? log(x[i]) : log10(x[i])) : (double)NAN;
      break;
    default: shift(&p->series, function->kind, isnan(number[0]) ? p->step : number[0], x, out);
  }
  for (int64_t i = 0; i < n; i++) {
    change->n += !isnan(out[i]);
    if (isnan(x[i])) change->null_before++; /* isnan() is not 1 everywhere */
    if (isnan(out[i])) change->null_after++;
    change->changed += function->kind == WINSOR && out[i] != x[i] && !isnan(x[i]);
  }
  run_poll(p->job->run, 20 * (uint64_t)n);
}

static void report(Job *job, const char *name, const Call *call, const char *variable, bool winsor, const Change *change) {
  Fit *fit = &job->result->fit;
  FitTerm *term = fit_add_term(fit, name);
  if (!term) return;
  fit_term_word(fit, term, "call", call->text);
  fit_term_number(fit, term, "n", (double)change->n);
  fit_term_number(fit, term, "n_null_before", (double)change->null_before);
  fit_term_number(fit, term, "n_null_after", (double)change->null_after);
  if (winsor) fit_term_number(fit, term, "changed", (double)change->changed);
  fit_term_number(fit, term, "low", change->low);
  fit_term_number(fit, term, "high", change->high);
  Cell *cell = job->want_table ? result_add_row(job->result) : NULL;
  if (!cell) return;
  cell_text(cell++, name);
  cell_text(cell++, call->text);
  cell_text(cell++, variable);
  cell_integer(cell++, change->n);
  cell_integer(cell++, change->null_before);
  cell_integer(cell++, change->null_after);
  if (winsor) cell_integer(cell, change->changed);
  cell++;
  cell_number(cell++, change->low);
  cell_number(cell, change->high);
}

static void make_columns(Preparation *p, const Call *call) {
  Job *job = p->job;
  Run *run = job->run;
  double number[2];
  bool extrapolate;
  const struct Function *function = find_function(run, call);
  if (!function || !read_arguments(run, function, call, number, &extrapolate)) return;
  if (function->panel && !p->series.row && panel_series(job, call->text, &p->series) && p->series.longest < 2)
    run_fail(run, "%s needs two periods at least, and %s", call->text, job->model->unit >= 0 ? "no unit has more than one" : "there is one only");
  if (p->series.row && p->step == 0) p->step = time_step(run, p->n, p->series.time);
  int before = p->made;
  for (int c = 0; c < call->columns && !run_failed(run); c++) {
    int variable = call->variable[0][c];
    bool computed = variable >= CALL_COLUMN;
    const double *x = computed ? p->column[variable - CALL_COLUMN] : job_number(job, variable);
    const char *name = computed ? p->name[variable - CALL_COLUMN] : job->model->variable[variable].name;
    double *out = NEW_ARRAY(run, double, p->n);
    Change change = {.low = NAN, .high = NAN};
    check_numbers(run, name, p->n, x);
    if (run_failed(run)) return;
    compute(p, function, call, number, extrapolate, x, out, &change);
    p->column[before + c] = out;
    p->name[before + c] = call->column[c];
    p->made++;
    report(job, call->column[c], call, name, function->kind == WINSOR, &change);
    if (job->want_rows) result_row_number(job->result, call->column[c], out, false);
  }
}

static void prepare(Job *job) {
  Run *run = job->run;
  const OptionValue *calls = option_value(job, "columns");
  Preparation p = {.job = job, .n = job->frame->rows, .stata = option_is(job, "quantile", "stata")};
  if (!calls->calls) run_fail(run, "name what is to be made: 'id=unit, time=year, winsor(x, .01), interpolate(y), l(x)'");
  if (!job_has_rows(job, 1)) return;
  int columns = 0;
  for (int c = 0; c < calls->calls; c++) columns += calls->call[c].columns;
  p.column = NEW_ARRAY(run, const double *, columns);
  p.name = NEW_ARRAY(run, const char *, columns);
  p.work = NEW_ARRAY(run, double, p.n);
  if (run_failed(run)) return;
  row_groups(job, option_variable(job, "by"), &p.groups);
  for (int c = 0; c < calls->calls && !run_failed(run); c++) make_columns(&p, &calls->call[c]);
  job->result->fit.nobs = p.n;
  fit_add_stat(&job->result->fit, "nobs", (double)p.n);
}

static const OptionSpec own_options[] = {
    {"columns", OPTION_CALLS, NULL, NULL,
     "what to make: winsor(x, .01), truncate(x, .01), interpolate(x), zscore(x), minmax(x), l(x), f(x), d(x), growth(x), dln(x), ln(x), log10(x); new=call(x) names a column"},
    {"id", OPTION_LEVELS, NULL, "optional", "the unit, for interpolate, l, f, d, growth and dln"},
    {"time", OPTION_LEVELS, NULL, "optional", "the time, a number"},
    {"by", OPTION_LEVELS, NULL, "optional", "a column: quantiles, means and ranges within each of its values"},
    {"quantile", OPTION_CHOICE, "r", "r|stata", "how quantiles are defined"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns_of_table[] = {"name", "call", "variable", "n", "n_null_before", "n_null_after", "changed", "low", "high", NULL};
static const char *const row_columns[] = {"*", NULL};
static const char *const stats[] = {"nobs", NULL};
static const OptionSpec *const options[] = {own_options, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_PANEL_PREPARE = {
    .name = "panel_prepare",
    .model = MODEL_NONE,
    .summary = "columns made ready for a model: winsorised, truncated, interpolated, standardised, lagged, differenced, in logs",
    .columns = columns_of_table,
    .stats = stats,
    .row_columns = row_columns,
    .options = options,
    .flags = ESTIMATOR_ROWS | ESTIMATOR_KEEP_NULLS | ESTIMATOR_PANEL,
    .fit = prepare,
    .example = "SELECT name, n, n_null_before, n_null_after, changed, low, high FROM panel_prepare('gapminder', '', 'id=country, time=year, winsor(gdpPercap, .01), l(lifeExp, 5)')",
};
