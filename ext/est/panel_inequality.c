/* panel_inequality.c: how unequal a variable is between units, over time, within and between groups.
 *
 * For each value of time= (all rows where it is not given), with p_i the share of row i in the weights (1/n without weights=):
 * 1. cv = sd / mean: sd with n - 1; with weights= sqrt(sum p_i (y_i - m)^2) / m, Williamson's (1965) coefficient.
 * 2. gini = sum_ij p_i p_j |y_i - y_j| / (2 m).
 * 3. theil = sum p_i (y_i/m) ln(y_i/m), 0 ln 0 = 0. within = sum_g s_g T_g, between = sum_g s_g ln(m_g / m), s_g = p_g m_g / m.
 * 4. Dagum's (1997) decomposition of the Gini over group=: with G_jh = E|y_j - y_h| / (m_j + m_h),
 *      within          sum_j G_jj p_j s_j
 *      between         sum_{j>h} G_jh D_jh (p_j s_h + p_h s_j)         (net contribution)
 *      transvariation  sum_{j>h} G_jh (1 - D_jh) (p_j s_h + p_h s_j)
 *    Here D_jh, the relative economic affluence (d - p)/(d + p), is |m_j - m_h| / E|y_j - y_h|, so that between = sum p_j p_h |m_j - m_h| / m. Sorting gives the
 *    whole and the within part in n log n; transvariation is what remains, and the parts add up. It is 0 where no two groups overlap.
 * 5. pairs=1 adds rows of measure `gini_pair`: total is G_jj of a group (group1 = group2) and G_jh of two groups, over their common range.
 * 6. The variable must not be negative where gini or theil are asked for (measures=); a mean of 0 gives NULL. Rows with NULL in the variable, group, time
 *    or weights take no part. */
#include "est.h"

typedef struct Item {
  double value, weight;
  int32_t group;
} Item;

typedef struct Cohort { /* the rows of one time, sorted by value, and those of each group */
  int64_t n;
  Item *item;
  int32_t groups;
  const int32_t *level;   /* code of each group */
  const int64_t *first;   /* in by_group */
  Item *by_group;         /* group by group, each sorted by value */
  double *mean, *share;   /* m_g, p_g */
  double total, all_mean; /* weights; m */
} Cohort;

/* sum_ij w_i w_j |y_i - y_j| / 2 of sorted items, about their first value. */
static double half_differences(int64_t n, const Item *item) {
  double weight = 0, value = 0, sum = 0, rest = 0;
  for (int64_t i = 0; i < n; i++) {
    double y = item[i].value - item[0].value, more = item[i].weight * (y * weight - value);
    double before = sum, term = more + rest; /* compensated (Kahan 1965) */
    sum = before + term;
    rest = term - (sum - before);
    weight += item[i].weight;
    value += item[i].weight * y;
  }
  return sum;
}

/* sum over pairs of two sorted lists of w v |y - x|. */
static double cross_differences(int64_t n, const Item *a, int64_t m, const Item *b) {
  double start = fmin(a[0].value, b[0].value), below_weight = 0, below_value = 0, all_weight = 0, all_value = 0, sum = 0;
  for (int64_t i = 0; i < m; i++) {
    all_weight += b[i].weight;
    all_value += b[i].weight * (b[i].value - start);
  }
  for (int64_t i = 0, j = 0; i < n; i++) {
    for (; j < m && b[j].value <= a[i].value; j++) {
      below_weight += b[j].weight;
      below_value += b[j].weight * (b[j].value - start);
    }
    double y = a[i].value - start;
    sum += a[i].weight * (y * below_weight - below_value + (all_value - below_value) - y * (all_weight - below_weight));
  }
  return sum;
}

static double mean_of(int64_t n, const Item *item, double *total) {
  double sum = 0, weight = 0;
  for (int64_t i = 0; i < n; i++) {
    sum += item[i].weight * (item[i].value - item[0].value);
    weight += item[i].weight;
  }
  *total = weight;
  return item[0].value + sum / weight;
}

static double theil_of(int64_t n, const Item *item, double mean, double total) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    double ratio = item[i].value / mean;
    if (ratio > 0) sum += item[i].weight * ratio * log(ratio);
  }
  return fmax(0, sum / total);
}

static void add(Job *job, int time, int32_t time_level, const char *measure, double total, double within, double between, double transvariation, int group,
                int32_t group1, int32_t group2) {
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  const char *name = group1 < 0 && group2 < 0 ? measure
                     : run_format(run, "%s: %s, %s", measure, levels_name(run, job_levels(job, group), group1), levels_name(run, job_levels(job, group), group2));
  FitTerm *term = fit_add_term(fit, name);
  if (!term || !run_poll(run, 200)) return;
  if (time >= 0) term->part = levels_name(run, job_levels(job, time), time_level);
  term->estimate = total;
  if (!isnan(between)) {
    fit_term_number(fit, term, "within", within);
    fit_term_number(fit, term, "between", between);
    if (!isnan(transvariation)) fit_term_number(fit, term, "transvariation", transvariation);
  }
  if (!job->want_table) return;
  Cell *cell = result_add_row(job->result);
  if (!cell) return;
  cell_level(cell++, job_levels(job, time), time_level);
  cell_text(cell++, measure);
  cell_number(cell++, total);
  cell_number(cell++, within);
  cell_number(cell++, between);
  cell_number(cell++, transvariation);
  cell_level(cell++, job_levels(job, group), group1);
  cell_level(cell, job_levels(job, group), group2);
}

static void add_cv(Job *job, const Cohort *c, int time, int32_t level, bool weighted) {
  double squares = 0, off = 0;
  for (int64_t i = 0; i < c->n; i++) {
    double d = c->item[i].value - c->all_mean;
    squares += c->item[i].weight * d * d;
    off += c->item[i].weight * d;
  }
  squares -= off * off / c->total;
  double variance = weighted ? squares / c->total : squares / (double)(c->n - 1);
  double cv = c->all_mean != 0 && (weighted || c->n > 1) ? sqrt(fmax(0, variance)) / fabs(c->all_mean) : (double)NAN;
  add(job, time, level, "cv", cv, NAN, NAN, NAN, -1, -1, -1);
}

static void add_gini(Job *job, const Cohort *c, int time, int32_t level, int group) {
  double m = c->all_mean, gini = m > 0 ? half_differences(c->n, c->item) / (c->total * c->total * m) : (double)NAN;
  double within = NAN, between = NAN, transvariation = NAN;
  if (group >= 0 && m > 0) {
    within = between = 0;
    for (int32_t j = 0; j < c->groups; j++) {
      within += half_differences(c->first[j + 1] - c->first[j], c->by_group + c->first[j]) / (c->total * c->total * m);
      for (int32_t h = 0; h < j; h++) between += c->share[j] * c->share[h] * fabs(c->mean[j] - c->mean[h]) / m;
      if (!run_poll(job->run, 4 * (uint64_t)(c->first[j + 1] - c->first[j] + j))) return;
    }
    transvariation = gini - within - between;
    if (fabs(transvariation) < 1e-13) transvariation = 0; /* rounding: no overlap */
  }
  add(job, time, level, "gini", gini, within, between, transvariation, -1, -1, -1);
}

/* (5) */
static void add_pairs(Job *job, const Cohort *c, int time, int32_t level, int group) {
  for (int32_t j = 0; j < c->groups; j++) {
    int64_t n = c->first[j + 1] - c->first[j];
    const Item *a = c->by_group + c->first[j];
    for (int32_t h = 0; h <= j; h++) {
      int64_t m = c->first[h + 1] - c->first[h];
      const Item *b = c->by_group + c->first[h];
      double wj = c->share[j] * c->total, wh = c->share[h] * c->total, means = c->mean[j] + c->mean[h];
      double difference = j == h ? 2 * half_differences(n, a) : cross_differences(n, a, m, b);
      add(job, time, level, "gini_pair", means > 0 ? difference / (wj * wh) / means : (double)NAN, NAN, NAN, NAN, group, c->level[j], c->level[h]);
      if (!run_poll(job->run, 4 * (uint64_t)(n + m))) return;
    }
  }
}

static void add_theil(Job *job, const Cohort *c, int time, int32_t level, int group) {
  double m = c->all_mean, theil = m > 0 ? theil_of(c->n, c->item, m, c->total) : (double)NAN, within = NAN, between = NAN;
  if (group >= 0 && m > 0) {
    within = between = 0;
    for (int32_t j = 0; j < c->groups; j++) {
      int64_t n = c->first[j + 1] - c->first[j];
      double share = c->share[j] * c->mean[j] / m;
      if (!(share > 0)) continue;
      within += share * theil_of(n, c->by_group + c->first[j], c->mean[j], c->share[j] * c->total);
      between += share * log(c->mean[j] / m);
    }
  }
  add(job, time, level, "theil", theil, within, between, NAN, -1, -1, -1);
  run_poll(job->run, 40 * (uint64_t)c->n);
}

/* The rows of one time, sorted, with their groups. */
static void gather(Job *job, const int64_t *row, int64_t n, int group, const double *value, const double *weight, Cohort *c) {
  Run *run = job->run;
  double *y = NEW_ARRAY(run, double, n);
  int64_t *order = NEW_ARRAY(run, int64_t, n), *place = NEW_ARRAY(run, int64_t, n);
  Item *item = NEW_ARRAY(run, Item, n), *by_group = NEW_ARRAY(run, Item, n);
  int32_t *code = NEW_ARRAY(run, int32_t, n);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) y[i] = value[row[i]];
  sort_order(run, n, y, order);
  if (run_failed(run)) return;
  const Levels *levels = job_levels(job, group);
  int32_t count = levels ? levels_count(levels) : 1, *position = NEW_ARRAY(run, int32_t, count), *present_level = NEW_ARRAY(run, int32_t, count);
  bool *present = NEW_ARRAY(run, bool, count);
  int64_t *first = NEW_ARRAY(run, int64_t, count + 1);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) {
    int64_t at = row[order[i]];
    item[i] = (Item){value[at], weight ? weight[at] : 1, levels ? job_code(job, group)[at] : 0};
    present[item[i].group] = true;
  }
  int32_t groups = 1;
  if (levels) groups = levels_sorted(run, levels, present, present_level);
  for (int32_t g = 0; g < groups; g++) position[levels ? present_level[g] : 0] = g;
  for (int64_t i = 0; i < n; i++) code[i] = position[item[i].group];
  rows_by_code(run, n, code, groups, first, place);
  *c = (Cohort){.n = n, .item = item, .groups = groups, .level = present_level, .first = first, .by_group = by_group};
  c->mean = NEW_ARRAY(run, double, groups);
  c->share = NEW_ARRAY(run, double, groups);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) by_group[i] = item[place[i]];
  c->all_mean = mean_of(n, item, &c->total);
  for (int32_t g = 0; g < groups; g++) {
    double total;
    c->mean[g] = mean_of(first[g + 1] - first[g], by_group + first[g], &total);
    c->share[g] = total / c->total;
  }
  run_free(run, y);
  run_free(run, order);
  run_free(run, place);
  run_free(run, code);
}

static bool check(Job *job, const char *name, const double *value, const double *weight, bool may_be_negative) {
  Run *run = job->run;
  for (int64_t i = 0; i < job->frame->rows; i++) {
    if (fabs(value[i]) > 1e150) run_fail(run, "'%s' has a value of %g: numbers beyond 1e150 cannot be squared; divide them first", name, value[i]);
    if (value[i] < 0 && !may_be_negative) run_fail(run, "'%s' has negative values (%g): a Gini or Theil index is of numbers from 0 up; ask for measures=cv", name, value[i]);
    if (weight && !(weight[i] > 0)) run_fail(run, "weights= has a value of %g: weights are numbers above 0", weight[i]);
  }
  return run_poll(run, (uint64_t)job->frame->rows);
}

static void fit_inequality(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  if (model->indicators != 1) run_fail(run, "name one variable; %d were named", model->indicators);
  int time = option_variable(job, "time"), group = option_variable(job, "group"), weights = option_variable(job, "weights");
  bool all = option_is(job, "measures", "all"), pairs = option_integer(job, "pairs") != 0;
  bool cv = all || option_is(job, "measures", "cv"), gini = all || option_is(job, "measures", "gini"), theil = all || option_is(job, "measures", "theil");
  if (pairs && group < 0) run_fail(run, "pairs=1 needs group=");
  if (!job_has_rows(job, 1)) return;
  const double *value = job_number(job, model->indicator[0].variable), *weight = job_number(job, weights);
  if (!check(job, model->indicator[0].name, value, weight, !gini && !theil)) return;
  RowGroups times;
  row_groups(job, time, &times);
  for (int32_t t = 0; t < times.groups && !run_failed(run); t++) {
    Cohort c = {0};
    gather(job, times.row + times.first[t], times.first[t + 1] - times.first[t], group, value, weight, &c);
    if (run_failed(run)) return;
    if (cv) add_cv(job, &c, time, times.level[t], weight != NULL);
    if (gini) add_gini(job, &c, time, times.level[t], group);
    if (theil) add_theil(job, &c, time, times.level[t], group);
    if (pairs && !run_failed(run)) add_pairs(job, &c, time, times.level[t], group);
    run_free(run, c.item);
    run_free(run, c.by_group);
  }
  fit_add_stat(&job->result->fit, "nobs", (double)job->frame->rows);
}

static const OptionSpec own_options[] = {
    {"time", OPTION_LEVELS, NULL, NULL, "a column: the measures for each of its values"},
    {"group", OPTION_LEVELS, NULL, NULL, "a column: within and between its groups"},
    {"weights", OPTION_VARIABLE, NULL, NULL, "weights of the rows, say population"},
    {"measures", OPTION_CHOICE, "all", "all|cv|gini|theil", "which measures"},
    {"pairs", OPTION_BOOLEAN, "0", NULL, "also the Gini of each group and of each pair of groups"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns[] = {"time", "measure", "total", "within", "between", "transvariation", "group1", "group2", NULL};
static const char *const stats[] = {"nobs", NULL};
static const OptionSpec *const options[] = {own_options, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_PANEL_INEQUALITY = {
    .name = "panel_inequality",
    .model = MODEL_VARIABLES,
    .model_help = "x",
    .summary = "coefficient of variation, Gini (Dagum's decomposition) and Theil index, by time, within and between groups",
    .columns = columns,
    .stats = stats,
    .options = options,
    .fit = fit_inequality,
    .example = "SELECT time, measure, total, within, \"between\", transvariation FROM panel_inequality('gapminder', 'gdpPercap', 'group=continent, time=year, weights=pop')",
};
