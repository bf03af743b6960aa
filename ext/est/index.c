/* index.c: indicators turned by their direction, and their weights: what entropy_index and topsis_index share.
 *
 * 1. Over the rows of one scope (all rows, or those of one value of scope=), with min and max of the indicator there:
 *      +         (x - min) / (max - min)
 *      -         (max - x) / (max - min)
 *      mid(m)    1 - |x - m| / M           M the largest |x - m|
 *      int(a,b)  1 inside; outside 1 - (distance to the interval) / M, M the largest distance
 *    then z = lo + (hi - lo) * that where range=lo:hi is given, and z + shift with zero=shift. z is what entropies and scores see.
 * 2. method=entropy (Shannon 1948; the weights as in Zeleny 1982): p = z / sum z, e = -(sum p ln p) / ln n with n the rows of the scope
 *    and 0 ln 0 = 0, divergence d = 1 - e, w = d / sum d. In one pass: e = (ln S - (sum z ln z) / S) / ln n, S = sum z. e lies in
 *    [0, 1]; anything else would be a mistake of this file and is an error, never a result.
 * 3. method=critic (Diakoulaki, Mavrotas, Papayannakis 1995): C_j = sd_j sum_k (1 - r_jk) of z, n - 1 in the sd. method=cv: sd / |mean| of the
 *    raw column, n - 1. method=equal: 1. The weight is C_j, cv_j or 1 over its sum; `divergence` shows that number.
 * 4. An indicator whose z is the same in all rows tells nothing: weight 0, and it is named. All of them: an error.
 * 5. levels=flat weighs all indicators at once; a dimension's weight is the sum of its indicators'. levels=nested weighs within each
 *    dimension, then weighs the dimensions by the same method on their scores s_d = sum_j w_j z_j as they are (p = s / sum s); the weight of an
 *    indicator is the product, so that score = sum_j w_j z_j in both. The only indicator of a dimension has weight 1 in it.
 * 6. scope=COLUMN repeats all of this for each value of the column. A value without weights (one row, all constant) keeps its rows with
 *    NULL and a note; if none has weights it is an error.
 * 7. Sums are made in pieces of fixed size and added in order: the same bits for any number of threads. */
#include "est.h"

enum { METHOD_ENTROPY, METHOD_CRITIC, METHOD_CV, METHOD_EQUAL };
enum { PIECE_ROWS = 1 << 15, BLOCK = 1024, NAMED_CONSTANTS = 12 };

const OptionSpec OPTIONS_INDEX[] = {
    {"method", OPTION_CHOICE, "entropy", "entropy|critic|cv|equal", "how the indicators are weighed"},
    {"levels", OPTION_CHOICE, "flat", "flat|nested", "all indicators at once, or within dimensions and then the dimensions"},
    {"scope", OPTION_LEVELS, NULL, "pooled", "a column: minimum, maximum and weights within each of its values; pooled: over all rows"},
    {"zero", OPTION_CHOICE, "exact", "exact|shift", "exact: 0 ln 0 = 0; shift: z is moved by shift= first"},
    {"shift", OPTION_NUMBER, "0.0001", NULL, "how far zero=shift moves z"},
    {"range", OPTION_RANGE, "0:1", NULL, "the range that z is scaled to"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};

/* ------------------------------------------------------------------------------------------------ one value, and many */

static double distance_outside(double low, double high, double x) { return x < low ? low - x : x > high ? x - high : 0; }

double index_value(char direction, double low, double high, double minimum, double maximum, double x) {
  if (direction == '+' || direction == '-') {
    double span = maximum - minimum;
    if (!(span > 0)) return NAN;
    return direction == '+' ? (x - minimum) / span : (maximum - x) / span;
  }
  double span = fmax(low - minimum, maximum - high);
  return span > 0 ? 1 - distance_outside(low, high, x) / span : (double)NAN;
}

void index_values(const Index *index, const IndexColumn *column, int64_t first, int64_t count, double *z) {
  const double *x = column->x + first;
  double offset = index->low + index->shift, scale = index->scale, span = column->span;
  double minimum = column->minimum, maximum = column->maximum, low = column->indicator->low, high = column->indicator->high;
  if (column->constant) {
    for (int64_t i = 0; i < count; i++) z[i] = 0;
    return;
  }
  switch (column->indicator->direction) {
    case DIRECTION_POSITIVE:
      for (int64_t i = 0; i < count; i++) z[i] = (x[i] - minimum) / span * scale + offset;
      break;
    case DIRECTION_NEGATIVE:
      for (int64_t i = 0; i < count; i++) z[i] = (maximum - x[i]) / span * scale + offset;
      break;
    default:
      for (int64_t i = 0; i < count; i++) z[i] = (1 - distance_outside(low, high, x[i]) / span) * scale + offset;
  }
}

/* ------------------------------------------------------------------------------------------------ passes over pieces of the rows (7) */

typedef struct Piece {
  int group;
  int64_t first, rows;
} Piece;

typedef struct Part { /* of one indicator in one piece */
  double minimum, maximum, mean, squares;
  double sum, z_log_z, lowest, highest;
} Part;

typedef struct Pass {
  const Index *index;
  const Piece *piece;
  int64_t pieces;
  Part *part; /* pieces x k */
  bool moments;
} Pass;

static void extremes_body(void *context, int64_t item, int worker) {
  (void)worker;
  const Pass *pass = context;
  const Piece *piece = &pass->piece[item / pass->index->k];
  const double *x = pass->index->group[piece->group].column[item % pass->index->k].x + piece->first;
  Part *part = &pass->part[item];
  double least = x[0], most = x[0];
  for (int64_t i = 1; i < piece->rows; i++) {
    least = x[i] < least ? x[i] : least;
    most = x[i] > most ? x[i] : most;
  }
  part->minimum = least;
  part->maximum = most;
  if (pass->moments) mean_and_squares(piece->rows, x, &part->mean, &part->squares);
}

static void add_logs(const double *z, int64_t count, double *sum, double *z_log_z) {
  double s[4] = {0}, h[4] = {0};
  for (int64_t i = 0; i < count; i++) {
    s[i & 3] += z[i];
    h[i & 3] += z[i] > 0 ? z[i] * log(z[i]) : 0;
  }
  *sum += s[0] + s[1] + s[2] + s[3];
  *z_log_z += h[0] + h[1] + h[2] + h[3];
}

static void logs_body(void *context, int64_t item, int worker) {
  (void)worker;
  const Pass *pass = context;
  const Piece *piece = &pass->piece[item / pass->index->k];
  const IndexColumn *column = &pass->index->group[piece->group].column[item % pass->index->k];
  Part *part = &pass->part[item];
  double z[BLOCK];
  part->sum = part->z_log_z = 0;
  part->lowest = INFINITY;
  part->highest = -INFINITY;
  for (int64_t first = 0; first < piece->rows; first += BLOCK) {
    int64_t count = piece->rows - first < BLOCK ? piece->rows - first : BLOCK;
    index_values(pass->index, column, piece->first + first, count, z);
    add_logs(z, count, &part->sum, &part->z_log_z);
    for (int64_t i = 0; i < count; i++) {
      part->lowest = z[i] < part->lowest ? z[i] : part->lowest;
      part->highest = z[i] > part->highest ? z[i] : part->highest;
    }
  }
}

static double entropy_of(Run *run, double sum, double z_log_z, int64_t n, const char *name) {
  double entropy = (log(sum) - z_log_z / sum) / log((double)n);
  if (!(entropy >= -1e-9 && entropy <= 1 + 1e-9)) run_fail(run, "internal error: the entropy of '%s' is %g, outside 0 to 1", name, entropy);
  return entropy < 0 ? 0 : entropy > 1 ? 1 : entropy;
}

/* Minimum, maximum, span, constancy, mean of z, and the amounts of method entropy, cv and equal. */
static void measure(Index *index, int method) {
  Run *run = index->job->run;
  int k = index->k;
  int64_t pieces = 0;
  for (int g = 0; g < index->groups; g++) pieces += (index->group[g].rows + PIECE_ROWS - 1) / PIECE_ROWS;
  Piece *piece = NEW_ARRAY(run, Piece, pieces);
  Part *part = NEW_ARRAY(run, Part, (size_t)pieces * (size_t)k);
  if (run_failed(run)) return;
  int64_t made = 0;
  for (int g = 0; g < index->groups; g++) {
    for (int64_t first = 0; first < index->group[g].rows; first += PIECE_ROWS) {
      int64_t left = index->group[g].rows - first;
      piece[made++] = (Piece){g, first, left < PIECE_ROWS ? left : PIECE_ROWS};
    }
  }
  Pass pass = {index, piece, pieces, part, method == METHOD_CV};
  int workers = (double)index->n * k < 3e5 ? 1 : parallel_workers();
  parallel_for(run, pieces * k, workers, extremes_body, &pass);
  if (run_failed(run)) return;
  for (int64_t p = 0; p < pieces; p++) {
    IndexGroup *group = &index->group[piece[p].group];
    for (int j = 0; j < k; j++) {
      IndexColumn *column = &group->column[j];
      const Part *one = &part[p * k + j];
      bool start = piece[p].first == 0;
      if (start || one->minimum < column->minimum) column->minimum = one->minimum;
      if (start || one->maximum > column->maximum) column->maximum = one->maximum;
      if (!run_poll(run, 1)) return;
    }
  }
  for (int g = 0; g < index->groups; g++) {
    for (int j = 0; j < k; j++) {
      IndexColumn *column = &index->group[g].column[j];
      const Indicator *indicator = column->indicator;
      bool line = indicator->direction == DIRECTION_POSITIVE || indicator->direction == DIRECTION_NEGATIVE;
      column->span = line ? column->maximum - column->minimum : fmax(indicator->low - column->minimum, column->maximum - indicator->high);
      column->constant = !(column->span > 0);
      if (isinf(column->span)) run_fail(run, "the range of '%s', from %g to %g, is too wide for a number", indicator->name, column->minimum, column->maximum);
    }
  }
  parallel_for(run, pieces * k, workers, logs_body, &pass);
  if (run_failed(run)) return;
  for (int64_t p = 0; p < pieces;) {
    IndexGroup *group = &index->group[piece[p].group];
    int64_t end = p;
    while (end < pieces && piece[end].group == piece[p].group) end++;
    for (int j = 0; j < k; j++) {
      IndexColumn *column = &group->column[j];
      double sum = 0, z_log_z = 0, lowest = INFINITY, highest = -INFINITY, rows = 0, mean = 0, squares = 0;
      for (int64_t q = p; q < end; q++) {
        const Part *one = &part[q * k + j];
        sum += one->sum;
        z_log_z += one->z_log_z;
        lowest = fmin(lowest, one->lowest);
        highest = fmax(highest, one->highest);
        double more = (double)piece[q].rows, apart = one->mean - mean; /* Chan, Golub, LeVeque 1983, eq. 2.1 */
        squares += one->squares + apart * apart * rows * more / (rows + more);
        mean += apart * more / (rows + more);
        rows += more;
      }
      column->constant = column->constant || !(highest > lowest);
      column->z_mean = sum / (double)group->rows;
      column->entropy = column->divergence = NAN;
      if (group->rows < 2) continue;
      if (method == METHOD_ENTROPY) {
        column->entropy = column->constant ? 1 : entropy_of(run, sum, z_log_z, group->rows, column->indicator->name);
        column->divergence = 1 - column->entropy;
      } else if (column->constant || method == METHOD_EQUAL) {
        column->divergence = column->constant ? 0 : 1;
      } else if (method == METHOD_CV) {
        if (mean == 0) group->problem = run_format(run, "the mean of '%s' is 0: it has no coefficient of variation", column->indicator->name);
        column->divergence = sqrt(squares / (double)(group->rows - 1)) / fabs(mean);
      }
    }
    p = end;
    if (!run_poll(run, (uint64_t)k)) return;
  }
  run_free(run, part);
  run_free(run, piece);
}

/* ------------------------------------------------------------------------------------------------ amounts and weights */

/* C_j of CRITIC for columns of z (column) or for plain numbers (score); a column whose amount is NULL there does not take part. */
static void critic(Index *index, int64_t n, int count, const IndexColumn *const *column, const double *const *score, const double *mean, double *amount) {
  Run *run = index->job->run;
  double *cross = NEW_ARRAY(run, double, count * count), *block = NEW_ARRAY(run, double, BLOCK * count);
  if (run_failed(run)) return;
  for (int64_t first = 0; first < n; first += BLOCK) {
    int64_t rows = n - first < BLOCK ? n - first : BLOCK;
    for (int j = 0; j < count; j++) {
      double *z = block + BLOCK * j;
      if (column) index_values(index, column[j], first, rows, z);
      else memcpy(z, score[j] + first, (size_t)rows * sizeof *z);
      for (int64_t i = 0; i < rows; i++) z[i] -= mean[j];
    }
    dense_crossproduct_add((int)rows, count, block, BLOCK, cross);
    if (!run_poll(run, (uint64_t)(rows * count * (count + 4)))) return;
  }
  for (int j = 0; j < count; j++) {
    double conflict = 0, own = cross[j * count + j];
    for (int l = 0; l < count; l++)
      if (l != j) conflict += 1 - fmin(1, cross[j * count + l] / sqrt(own * cross[l * count + l]));
    double sd = sqrt(own / (double)(n - 1));
    amount[j] = conflict < 1e-12 ? 0 : sd * conflict;
  }
  run_free(run, block);
}

/* Amounts to shares; false if they are all zero. Constant ones have an amount of zero. One alone has share 1. */
static bool shares_of(int count, const double *amount, const bool *constant, double *share) {
  double total = 0;
  int alive = 0, last = -1;
  for (int j = 0; j < count; j++) {
    if (constant[j]) continue;
    alive++;
    last = j;
    total += amount[j];
  }
  for (int j = 0; j < count; j++) share[j] = constant[j] ? 0 : alive == 1 && j == last ? 1 : amount[j] / total;
  return alive == 1 || total > 0;
}

/* Shares of some indicators of a group: all, or those of one dimension. False where none can be given. */
static bool share_indicators(Index *index, IndexGroup *group, int method, int dimension) {
  Run *run = index->job->run;
  int count = 0;
  IndexColumn **column = NEW_ARRAY(run, IndexColumn *, index->k);
  double *amount = NEW_ARRAY(run, double, index->k), *share = NEW_ARRAY(run, double, index->k), *mean = NEW_ARRAY(run, double, index->k);
  bool *constant = NEW_ARRAY(run, bool, index->k);
  if (run_failed(run)) return false;
  for (int j = 0; j < index->k; j++) {
    IndexColumn *one = &group->column[j];
    if (one->constant || (dimension >= 0 && one->indicator->dimension != dimension)) continue;
    amount[count] = one->divergence;
    mean[count] = one->z_mean;
    column[count++] = one;
  }
  if (count == 0) return false;
  if (method == METHOD_CRITIC) critic(index, group->rows, count, (const IndexColumn *const *)column, NULL, mean, amount);
  if (run_failed(run)) return false;
  bool fine = shares_of(count, amount, constant, share);
  for (int j = 0; j < count; j++) {
    column[j]->divergence = amount[j];
    column[j]->share = fine ? share[j] : (double)NAN;
  }
  if (!fine && !group->problem) {
    group->problem = method == METHOD_CRITIC ? "the indicators are perfectly correlated: CRITIC has nothing to weigh" : "the indicators differ too little between the rows to be weighed";
  }
  return fine;
}

/* The dimensions' weights from their scores (5). */
static void share_dimensions(Index *index, IndexGroup *group, int method) {
  Run *run = index->job->run;
  int count = index->dimensions;
  int64_t n = group->rows;
  double **score = NEW_ARRAY(run, double *, count), *mean = NEW_ARRAY(run, double, count), *amount = NEW_ARRAY(run, double, count);
  bool *constant = NEW_ARRAY(run, bool, count);
  int *alive = NEW_ARRAY(run, int, count);
  if (run_failed(run)) return;
  int live = 0;
  for (int d = 0; d < count; d++) {
    double *s = score[live] = NEW_ARRAY(run, double, n), squares, lowest = INFINITY, highest = -INFINITY, sum = 0, z_log_z = 0;
    double z[BLOCK];
    if (run_failed(run)) return;
    for (int j = 0; j < index->k; j++) {
      const IndexColumn *column = &group->column[j];
      if (column->indicator->dimension != d || column->constant) continue;
      for (int64_t first = 0; first < n; first += BLOCK) {
        int64_t rows = n - first < BLOCK ? n - first : BLOCK;
        index_values(index, column, first, rows, z);
        for (int64_t i = 0; i < rows; i++) s[first + i] += column->share * z[i];
        if (!run_poll(run, 4 * BLOCK)) return;
      }
    }
    for (int64_t first = 0; first < n; first += BLOCK) {
      int64_t rows = n - first < BLOCK ? n - first : BLOCK;
      add_logs(s + first, rows, &sum, &z_log_z);
      for (int64_t i = first; i < first + rows; i++) {
        lowest = fmin(lowest, s[i]);
        highest = fmax(highest, s[i]);
      }
      if (!run_poll(run, 10 * BLOCK)) return;
    }
    mean_and_squares(n, s, &mean[live], &squares);
    group->dimension_entropy[d] = NAN;
    group->dimension_weight[d] = 0;
    if (!(highest > lowest)) {
      run_free(run, s);
      continue;
    }
    if (method == METHOD_ENTROPY) {
      group->dimension_entropy[d] = entropy_of(run, sum, z_log_z, n, index->job->model->dimension[d]);
      amount[live] = 1 - group->dimension_entropy[d];
    } else {
      amount[live] = method == METHOD_CV ? sqrt(squares / (double)(n - 1)) / fabs(mean[live]) : 1;
    }
    alive[live++] = d;
  }
  if (method == METHOD_CRITIC) critic(index, n, live, NULL, (const double *const *)score, mean, amount);
  double *share = NEW_ARRAY(run, double, count);
  if (run_failed(run)) return;
  if (!shares_of(live, amount, constant, share) && !group->problem) group->problem = "the dimensions' scores differ too little, or not at all, in a way that could be weighed";
  for (int d = 0; d < live; d++) {
    group->dimension_weight[alive[d]] = share[d];
    run_free(run, score[d]);
  }
}

static void weigh(Index *index, IndexGroup *group, int method) {
  Run *run = index->job->run;
  if (!group->problem && group->rows < 2) group->problem = "there is one row: weights need at least two";
  bool any = false;
  for (int j = 0; j < index->k; j++) any = any || !group->column[j].constant;
  if (!group->problem && !any) group->problem = index->k == 1 ? "the indicator is constant" : "all indicators are constant";
  if (!group->problem && !index->nested) share_indicators(index, group, method, -1);
  for (int d = 0; index->nested && d < index->dimensions && !group->problem; d++) share_indicators(index, group, method, d);
  if (index->nested && !group->problem && !run_failed(run)) share_dimensions(index, group, method);
  for (int j = 0; j < index->k && !run_failed(run); j++) {
    IndexColumn *column = &group->column[j];
    int d = column->indicator->dimension;
    column->weight = group->problem ? (double)NAN : index->nested ? column->share * group->dimension_weight[d] : column->share;
    if (!index->nested && d >= 0) group->dimension_weight[d] += column->weight;
  }
}

/* ------------------------------------------------------------------------------------------------ from the job to the index */

static void read_options(Job *job, Index *index) {
  const OptionValue *range = option_value(job, "range");
  if (!(range->low >= 0) || !(range->high > range->low) || isinf(range->high))
    run_fail(job->run, "range=%s: the lower end must be 0 or more and the upper end larger, as in range=0:1", range->text);
  index->low = range->low;
  index->scale = range->high - range->low;
  bool moved = option_is(job, "zero", "shift");
  if (option_given(job, "shift")) {
    if (option_given(job, "zero") && !moved) run_fail(job->run, "zero=exact does not go with shift=; write zero=shift, shift=%s", option_value(job, "shift")->text);
    moved = true;
  }
  if (moved) {
    index->shift = option_number(job, "shift");
    if (!(index->shift > 0) || isinf(index->shift)) run_fail(job->run, "shift=%s: it must be a number above 0, as in shift=0.0001", option_value(job, "shift")->text);
  }
  index->nested = option_is(job, "levels", "nested");
  for (int j = 0; j < index->k && index->nested; j++)
    if (job->model->indicator[j].dimension < 0) run_fail(job->run, "levels=nested needs every indicator in a dimension: 'workers: x1, x2; materials: -x3'");
}

static void split_by_scope(Job *job, Index *index) {
  Run *run = job->run;
  int scope = option_variable(job, "scope"), k = index->k;
  RowGroups groups = {0};
  if (scope >= 0) {
    row_groups(job, scope, &groups);
    index->row = groups.row;
  }
  index->groups = scope >= 0 ? groups.groups : 1;
  index->group = NEW_ARRAY(run, IndexGroup, index->groups);
  if (run_failed(run)) return;
  for (int g = 0; g < index->groups; g++) {
    IndexGroup *group = &index->group[g];
    group->level = scope >= 0 ? groups.level[g] : -1;
    group->first = scope >= 0 ? groups.first[g] : 0;
    group->rows = scope >= 0 ? groups.first[g + 1] - groups.first[g] : index->n;
    group->column = NEW_ARRAY(run, IndexColumn, k);
    group->dimension_weight = NEW_ARRAY(run, double, index->dimensions);
    group->dimension_entropy = NEW_ARRAY(run, double, index->dimensions);
    if (run_failed(run)) return;
    for (int d = 0; d < index->dimensions; d++) group->dimension_entropy[d] = NAN;
  }
  for (int j = 0; j < k; j++) {
    const Indicator *indicator = &job->model->indicator[j];
    const double *x = job_number(job, indicator->variable);
    if (scope >= 0) {
      double *gathered = NEW_ARRAY(run, double, index->n);
      if (run_failed(run)) return;
      for (int64_t i = 0; i < index->n; i++) gathered[i] = x[groups.row[i]];
      if (!run_poll(run, (uint64_t)index->n)) return;
      x = gathered;
    }
    for (int g = 0; g < index->groups; g++) index->group[g].column[j] = (IndexColumn){.indicator = indicator, .x = x + index->group[g].first};
  }
}

void index_build(Job *job, Index *index) {
  Run *run = job->run;
  *index = (Index){.job = job, .k = job->model->indicators, .dimensions = job->model->dimensions, .n = job->frame->rows};
  if (index->k == 0) run_fail(run, "no indicator is named: write them as in 'x1, -x2'");
  read_options(job, index);
  if (!job_has_rows(job, 2)) return;
  split_by_scope(job, index);
  if (run_failed(run)) return;
  int method = (int)option_integer(job, "method");
  measure(index, method);
  int working = 0;
  for (int g = 0; g < index->groups && !run_failed(run); g++) {
    weigh(index, &index->group[g], method);
    working += !index->group[g].problem;
  }
  if (run_failed(run) || working > 0) return;
  int scope = option_variable(job, "scope");
  if (scope < 0) run_fail(run, "%s", index->group[0].problem);
  else run_fail(run, "no value of scope=%s has weights: %s", job->model->variable[scope].name, index->group[0].problem);
}

/* ------------------------------------------------------------------------------------------------ what is shown and kept */

void index_rows(Index *index) {
  Job *job = index->job;
  int scope = option_variable(job, "scope");
  for (int g = 0; g < index->groups; g++) {
    const IndexGroup *group = &index->group[g];
    for (int j = 0; j < index->k; j++) {
      const IndexColumn *column = &group->column[j];
      const Indicator *indicator = column->indicator;
      Cell *cell = result_add_row(job->result);
      if (!cell) return;
      int d = indicator->dimension;
      cell_text(cell++, indicator->name);
      cell_text(cell++, d >= 0 ? job->model->dimension[d] : NULL);
      cell_text(cell++, indicator->direction_text);
      cell_integer(cell++, group->rows);
      cell_number(cell++, column->minimum);
      cell_number(cell++, column->maximum);
      cell_number(cell++, column->entropy);
      cell_number(cell++, column->divergence);
      cell_number(cell++, column->weight);
      cell_number(cell++, d >= 0 && !group->problem ? group->dimension_weight[d] : (double)NAN);
      cell_number(cell++, d >= 0 ? group->dimension_entropy[d] : (double)NAN);
      cell_level(cell++, job_levels(job, scope), group->level);
      cell_text(cell++, group->problem ? group->problem : column->constant ? "constant: weight 0" : NULL);
    }
  }
}

void index_terms(Index *index, const char *method_name) {
  Job *job = index->job;
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  int scope = option_variable(job, "scope"), constants = 0;
  const char *constant = NULL;
  for (int g = 0; g < index->groups; g++) {
    const IndexGroup *group = &index->group[g];
    const char *part = scope >= 0 ? (group->level < 0 ? "NULL" : levels_name(run, job_levels(job, scope), group->level)) : NULL;
    for (int j = 0; j < index->k; j++) {
      const IndexColumn *column = &group->column[j];
      const Indicator *indicator = column->indicator;
      FitTerm *term = fit_add_term(fit, indicator->name);
      if (!term || !run_poll(run, 100)) return;
      term->part = part;
      term->estimate = column->weight;
      fit_term_word(fit, term, "direction", indicator->direction_text);
      if (indicator->direction == DIRECTION_MIDDLE || indicator->direction == DIRECTION_INTERVAL) {
        fit_term_number(fit, term, "low", indicator->low);
        fit_term_number(fit, term, "high", indicator->high);
      }
      fit_term_number(fit, term, "minimum", column->minimum);
      fit_term_number(fit, term, "maximum", column->maximum);
      fit_term_number(fit, term, "entropy", column->entropy);
      fit_term_number(fit, term, "divergence", column->divergence);
      if (indicator->dimension >= 0) {
        fit_term_word(fit, term, "dimension", job->model->dimension[indicator->dimension]);
        fit_term_number(fit, term, "dimension_weight", group->dimension_weight[indicator->dimension]);
      }
      if (column->constant && ++constants <= NAMED_CONSTANTS)
        constant = run_format(run, "%s%s%s%s%s", constant ? constant : "", constant ? ", " : "", indicator->name, part ? " in " : "", part ? part : "");
      else if (column->constant && constants == NAMED_CONSTANTS + 1) constant = run_format(run, "%s, ...", constant);
    }
  }
  fit->nobs = job->frame->rows;
  fit_add_stat(fit, "nobs", (double)job->frame->rows);
  fit_add_stat(fit, "range_low", index->low);
  fit_add_stat(fit, "range_high", index->low + index->scale);
  fit_add_stat(fit, "shift", index->shift);
  fit_add_stat(fit, "constant_indicators", constants);
  fit_add_word(fit, method_name, option_value(job, "method")->text);
  fit_add_word(fit, "levels", index->nested ? "nested" : "flat");
  fit_add_word(fit, "scope", scope >= 0 ? job->model->variable[scope].name : "pooled");
  if (constant) fit_add_word(fit, "constant", constant);
}
