/* did_placebo.c: placebo tests: the treatment is drawn anew and the model estimated again, many times.
 *
 * 1. Draw 0 is the model itself: y = b D + x'c + effects + e, D from treat= or cohort= as in did_att, or variable= a term of the formula.
 * 2. type=units: the units' histories are dealt out anew, so that as many are treated, in cohorts of the same sizes. A history is the adoption period
 *    where the treatment stays on; else (and for variable=) the values period by period, and where the donor has no row its last one before,
 *    or else its first one after.
 *    type=time: only rows before treatment; adoption moves earlier by shift= periods of the panel: one draw for each.
 *    type=mixed: only rows before treatment; histories dealt out anew and moved earlier by a shift drawn from shift=.
 * 3. Frisch-Waugh: y and x are freed of the effects, y of x, once. A draw's column d is freed of both; b* = d'Wy / d'Wd, residual y - b* d. Its error is
 *    that of the whole model's vcov, with the same K. A draw that cannot be told from the effects has NULL.
 * 4. p_empirical: the share of draws with |b*| >= |b|; one-sided p_empirical_upper (b* >= b), p_empirical_lower (b* <= b); p_empirical_t by |t|.
 *    Shares are of the draws that have an estimate; ties within 1e-12 count.
 * 5. Draw number i is stream i of the seed: the same on any machine and any number of threads.
 * Reference: Abadie, Diamond and Hainmueller (2010) for placebos in space and time; La Ferrara, Chong and Duryea (2012) for the permutation of adoption. */
#include "treatment.h"

enum { BATCH = 32, MOST_DRAWS = 10000000, NO_ADOPTION = INT32_MAX };

typedef enum PlaceboType { IN_UNITS, IN_TIME, MIXED } PlaceboType;

/* What is dealt out: by level of the unit's variable, so that it serves a part of the rows, too. */
typedef struct Histories {
  int periods;
  double *period;         /* distinct times, ascending */
  int32_t *adoption;      /* index of the first treated period; NO_ADOPTION: never. NULL: by values */
  const double *value;    /* by row */
} Histories;

typedef struct Placebo {
  Job *job;
  Sample sample;
  int64_t n;
  int k;                  /* controls that were kept */
  double **x, *bread;     /* effects absorbed */
  double *y;              /* free of effects and controls */
  double k_counted;
  int32_t units;
  const int32_t *unit;    /* dense */
  int32_t *adoption;      /* of each unit here */
  int32_t *at;            /* period of each row */
  int32_t *donor_row;     /* units x periods, for values */
  const Histories *histories;
  PlaceboType type;
  int64_t draws, seed;
  int shift_low, shift_high;
  /* a batch */
  int64_t batch_first;
  double *column[BATCH], norm[BATCH];
  int64_t *order[BATCH];  /* units */
  double estimate[BATCH], squares[BATCH], variance[BATCH];
  double *along[BATCH];   /* 2k: X'Wd, and the coefficients of d on X */
  double *sums[BATCH];    /* clusters; NULL: the variance is not made by clusters here */
  double factor;          /* of the clustered variance; NAN: not known yet */
  /* results */
  double df, *estimates, *errors;
  int *shift;
} Placebo;

/* ---- histories */

static int period_index(const Histories *histories, double time) { /* of the first period that is no earlier */
  int low = 0, high = histories->periods;
  while (low < high) {
    int middle = low + (high - low) / 2;
    if (histories->period[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

static void list_periods(Job *job, Histories *histories) {
  Run *run = job->run;
  int64_t n = job->frame->rows;
  const double *time = job_number(job, job->model->time_number);
  histories->period = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  memcpy(histories->period, time, (size_t)n * sizeof *time);
  sort_numbers(run, n, histories->period);
  for (int64_t i = 0; i < n && !run_failed(run); i++)
    if (!histories->periods || histories->period[i] != histories->period[histories->periods - 1]) histories->period[histories->periods++] = histories->period[i];
}

static void histories_of_treatment(Job *job, const Treatment *treatment, Histories *histories) {
  Run *run = job->run;
  const Column *unit = &job->frame->column[job->model->unit];
  int32_t levels = levels_count(unit->levels);
  list_periods(job, histories);
  histories->value = treatment->status;
  if (!treatment->absorbing) return;
  histories->adoption = NEW_ARRAY(run, int32_t, levels);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < treatment->n; row++)
    histories->adoption[unit->code[row]] = isnan(treatment->cohort[row]) ? NO_ADOPTION : period_index(histories, treatment->cohort[row]);
}

/* Rule 2: donor_row[unit, period]: the row itself, else the last before, else the first after. */
static void fill_donor_rows(Placebo *placebo) {
  Run *run = placebo->job->run;
  size_t periods = (size_t)placebo->histories->periods;
  placebo->donor_row = NEW_ARRAY(run, int32_t, (size_t)placebo->units * periods);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < placebo->n; row++) placebo->donor_row[(size_t)placebo->unit[row] * periods + (size_t)placebo->at[row]] = (int32_t)row + 1;
  for (int32_t unit = 0; unit < placebo->units; unit++) {
    int32_t *rows = placebo->donor_row + (size_t)unit * periods, known = 0;
    for (size_t p = 0; p < periods && !known; p++) known = rows[p];
    for (size_t p = 0; p < periods; p++) known = rows[p] = rows[p] ? rows[p] : known;
    for (size_t p = 0; p < periods; p++) rows[p]--;
    if (!run_poll(run, periods * 3)) return;
  }
}

/* ---- the rows before treatment, as a job of their own */

static void rows_before_treatment(const Job *job, const Treatment *treatment, Job *before) {
  Run *run = job->run;
  Frame *frame = NEW(run, Frame);
  const Frame *all = job->frame;
  *before = *job;
  before->frame = frame;
  if (run_failed(run)) return;
  *frame = *all;
  frame->source_row = NULL;
  frame->rows = 0;
  frame->column = NEW_ARRAY(run, Column, all->columns);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < all->rows; row++) frame->rows += treatment->status[row] == 0;
  for (int c = 0; c < all->columns && !run_failed(run); c++) {
    frame->column[c] = all->column[c];
    double *number = all->column[c].number ? NEW_ARRAY(run, double, frame->rows) : NULL;
    int32_t *code = all->column[c].code ? NEW_ARRAY(run, int32_t, frame->rows) : NULL;
    if (run_failed(run)) return;
    int64_t to = 0;
    for (int64_t row = 0; row < all->rows; row++) {
      if (treatment->status[row] != 0) continue;
      if (number) number[to] = all->column[c].number[row];
      if (code) code[to] = all->column[c].code[row];
      to++;
    }
    frame->column[c].number = number;
    frame->column[c].code = code;
    if (!run_poll(run, (uint64_t)all->rows * 2)) return;
  }
}

/* ---- what all draws share (3) */

/* design: the controls, which are overwritten; tested: the column among them that is the treatment (variable=), or -1. */
static void free_of_effects(Placebo *placebo, const Design *design, int tested) {
  Job *job = placebo->job;
  Run *run = job->run;
  int64_t n = placebo->n;
  int controls = 0, k = design->k;
  double **column = NEW_ARRAY(run, double *, k + 1), *scale = NEW_ARRAY(run, double, k + 1);
  double *y = design_column(job, job->model->outcome, DESIGN_COPY);
  placebo->y = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++)
    if (j != tested) column[controls++] = design->column[j];
  for (int j = 0; j < controls; j++) scale[j] = centred_norm(n, column[j], placebo->sample.weight, NULL);
  column[controls] = y;
  if (placebo->sample.absorber) absorb_columns(placebo->sample.absorber, controls + 1, column);
  LeastSquares ls;
  least_squares(run, n, controls, column, y, placebo->sample.weight, placebo->sample.absorber ? scale : NULL, placebo->y, &ls);
  if (run_failed(run)) return;
  int *position = NEW_ARRAY(run, int, ls.rank);
  placebo->bread = NEW_ARRAY(run, double, ls.rank * ls.rank);
  if (run_failed(run)) return;
  for (int j = 0; j < controls; j++)
    if (!ls.dropped[j]) {
      position[placebo->k] = j;
      column[placebo->k++] = column[j];
    }
  for (int i = 0; i < placebo->k; i++)
    for (int j = 0; j < placebo->k; j++) placebo->bread[i * placebo->k + j] = ls.bread[position[i] * controls + position[j]];
  placebo->x = column;
  placebo->k_counted = regression_count(job, &placebo->sample, placebo->k + 1, false);
}

static void prepare_units(Placebo *placebo) {
  Job *job = placebo->job;
  Run *run = job->run;
  const Column *unit = &job->frame->column[job->model->unit];
  const double *time = job_number(job, job->model->time_number);
  placebo->unit = job_dense_codes(job, job->model->unit, &placebo->units);
  placebo->at = NEW_ARRAY(run, int32_t, placebo->n);
  placebo->adoption = NEW_ARRAY(run, int32_t, placebo->units);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < placebo->n; row++) {
    placebo->at[row] = period_index(placebo->histories, time[row]);
    if (placebo->histories->adoption) placebo->adoption[placebo->unit[row]] = placebo->histories->adoption[unit->code[row]];
    if ((row & 0xFFFF) == 0 && !run_poll(run, 0x10000 * 20)) return;
  }
  if (!placebo->histories->adoption) fill_donor_rows(placebo);
}

/* The shifts asked for, or all that leave some treated unit a row on either side of the moved adoption. */
static void prepare_shifts(Placebo *placebo) {
  Job *job = placebo->job;
  Run *run = job->run;
  const OptionValue *option = option_value(job, "shift");
  if (placebo->type == IN_UNITS) return;
  int most = 0;
  for (int64_t row = 0; row < placebo->n; row++) {
    int32_t adoption = placebo->adoption[placebo->unit[row]];
    if (adoption != NO_ADOPTION && adoption - placebo->at[row] - 1 > most) most = adoption - placebo->at[row] - 1;
  }
  if (most < 1) {
    run_fail(run, "no treated unit has two periods before its treatment, so its adoption cannot be moved earlier");
    return;
  }
  double low = option->given ? option->low : 1, high = option->given ? option->high : most;
  if (low < 1 || low != floor(low) || high != floor(high))
    run_fail(run, "shift=%s: it must be a range of whole numbers from 1 on, such as 1:3: how many periods earlier", option->text);
  else if (high > most)
    run_fail(run, "shift=%s: adoption can be moved earlier by %d periods at most, so that some row lies before it", option->text, most);
  else {
    placebo->shift_low = (int)low;
    placebo->shift_high = (int)high;
  }
  if (placebo->type == IN_TIME) placebo->draws = placebo->shift_high - placebo->shift_low + 1;
}

/* ---- draws */

/* Rule 2: the column of one draw, and its norm. */
static void make_column(void *context, int64_t item, int worker) {
  (void)worker;
  Placebo *placebo = context;
  int64_t number = placebo->batch_first + item + 1, *order = placebo->order[item];
  double *column = placebo->column[item];
  Random random = random_stream((uint64_t)placebo->seed, (uint64_t)number);
  for (int32_t unit = 0; unit < placebo->units; unit++) order[unit] = unit;
  if (placebo->type != IN_TIME) random_shuffle(&random, placebo->units, order);
  int shift = 0;
  if (placebo->type == IN_TIME) shift = placebo->shift_low + (int)number - 1;
  if (placebo->type == MIXED) shift = placebo->shift_low + (int)random_below(&random, placebo->shift_high - placebo->shift_low + 1);
  placebo->shift[number - 1] = shift;
  if (placebo->donor_row) {
    size_t periods = (size_t)placebo->histories->periods;
    for (int64_t row = 0; row < placebo->n; row++)
      column[row] = placebo->histories->value[placebo->donor_row[(size_t)order[placebo->unit[row]] * periods + (size_t)placebo->at[row]]];
  } else {
    for (int64_t row = 0; row < placebo->n; row++) column[row] = placebo->at[row] >= placebo->adoption[order[placebo->unit[row]]] - shift;
  }
  placebo->norm[item] = centred_norm(placebo->n, column, placebo->sample.weight, NULL);
}

/* Rule 3, after the effects were absorbed. */
static void estimate_draw(void *context, int64_t item, int worker) {
  (void)worker;
  Placebo *placebo = context;
  const double *weight = placebo->sample.weight, *y = placebo->y;
  double *d = placebo->column[item], product = 0, squares = 0;
  int64_t n = placebo->n;
  int k = placebo->k;
  if (k) {
    double *along = placebo->along[item], *coefficient = along + k;
    for (int j = 0; j < k; j++) {
      const double *x = placebo->x[j];
      along[j] = 0;
      for (int64_t row = 0; row < n; row++) along[j] += (weight ? weight[row] : 1) * x[row] * d[row];
    }
    for (int i = 0; i < k; i++) {
      const double *x = placebo->x[i];
      coefficient[i] = 0;
      for (int j = 0; j < k; j++) coefficient[i] += placebo->bread[i * k + j] * along[j];
      for (int64_t row = 0; row < n; row++) d[row] -= coefficient[i] * x[row];
    }
  }
  for (int64_t row = 0; row < n; row++) {
    double w = weight ? weight[row] * d[row] : d[row];
    product += w * y[row];
    squares += w * d[row];
  }
  bool told = squares > 1e-18 * placebo->norm[item] * placebo->norm[item];
  double estimate = told ? product / squares : NAN;
  placebo->estimate[item] = estimate;
  placebo->squares[item] = squares;
  if (!told || !placebo->sums[item]) return;
  double *sums = placebo->sums[item], meat = 0;
  int32_t clusters = placebo->sample.cluster_levels[0];
  const int32_t *cluster = placebo->sample.cluster[0];
  memset(sums, 0, (size_t)clusters * sizeof *sums);
  for (int64_t row = 0; row < n; row++) sums[cluster[row]] += (weight ? weight[row] : 1) * d[row] * (y[row] - estimate * d[row]);
  for (int32_t g = 0; g < clusters; g++) meat += sums[g] * sums[g];
  placebo->variance[item] = meat / (squares * squares);
}

/* The variance of one draw under the model's vcov. Sums of scores need only d free of x; what looks at the model as a whole (hat values, the eigenvalues
 * of a variance that must be made positive) gets all of its columns. room: two columns. */
static double general_variance(Placebo *placebo, int item, double *const *room) {
  Run own, *run = placebo->job->run;
  run_begin(&own, run->host);
  Job job = *placebo->job;
  job.run = &own;
  const Sample *sample = &placebo->sample;
  const double *d = placebo->column[item], *c = placebo->along[item] + placebo->k;
  VcovKind kind = sample->vcov_kind;
  bool whole = kind == VCOV_HC2 || kind == VCOV_HC3 || kind == VCOV_HC4 || kind == VCOV_CONLEY || sample->clusters == 2;
  int k = whole ? placebo->k + 1 : 1;
  double **x = NEW_ARRAY(&own, double *, k), *bread = NEW_ARRAY(&own, double, k * k), variance = NAN, squares = placebo->squares[item];
  if (!run_failed(&own)) {
    for (int64_t row = 0; row < placebo->n; row++) {
      room[0][row] = placebo->y[row] - placebo->estimate[item] * d[row];
      room[1][row] = d[row];
    }
    x[0] = room[1];
    bread[0] = 1 / squares;
    for (int i = 1; i < k; i++) {
      x[i] = placebo->x[i - 1];
      for (int64_t row = 0; row < placebo->n; row++) x[0][row] += c[i - 1] * x[i][row];
      bread[i * k] = bread[i] = -c[i - 1] / squares;
      for (int j = 1; j < k; j++) bread[i * k + j] = placebo->bread[(i - 1) * placebo->k + (j - 1)] + c[i - 1] * c[j - 1] / squares;
    }
    Vcov vcov;
    regression_vcov(&job, sample, k, x, room[0], bread, placebo->k_counted, &vcov);
    if (!run_failed(&own)) {
      variance = vcov.value[0];
      placebo->df = vcov.df_t;
      placebo->factor = vcov.factor;
    }
  }
  run_join(run, &own);
  return variance;
}

static void make_draws(Placebo *placebo) {
  Run *run = placebo->job->run;
  int64_t n = placebo->n;
  int batch = placebo->draws < BATCH ? (int)placebo->draws : BATCH, workers = n * batch > 100000 ? parallel_workers() : 1;
  bool clustered = placebo->sample.vcov_kind == VCOV_CLUSTER && placebo->sample.clusters == 1;
  double *room[2] = {NEW_ARRAY(run, double, n), NEW_ARRAY(run, double, n)};
  placebo->estimates = NEW_ARRAY(run, double, placebo->draws);
  placebo->errors = NEW_ARRAY(run, double, placebo->draws);
  placebo->shift = NEW_ARRAY(run, int, placebo->draws);
  for (int i = 0; i < batch && !run_failed(run); i++) {
    placebo->column[i] = NEW_ARRAY(run, double, n);
    placebo->order[i] = NEW_ARRAY(run, int64_t, placebo->units);
    placebo->along[i] = NEW_ARRAY(run, double, 2 * placebo->k);
    if (clustered) placebo->sums[i] = NEW_ARRAY(run, double, placebo->sample.cluster_levels[0]);
  }
  placebo->factor = placebo->df = NAN;
  for (int64_t from = 0; from < placebo->draws && !run_failed(run); from += batch) {
    int count = placebo->draws - from < batch ? (int)(placebo->draws - from) : batch;
    placebo->batch_first = from;
    parallel_for(run, count, workers, make_column, placebo);
    if (placebo->sample.absorber) absorb_columns(placebo->sample.absorber, count, placebo->column);
    parallel_draws(run, count, workers, estimate_draw, placebo, (DrawRange){from, from + count, placebo->draws});
    for (int i = 0; i < count && !run_failed(run); i++) {
      double estimate = placebo->estimates[from + i] = placebo->estimate[i], variance = NAN;
      bool known = clustered && !isnan(placebo->factor);
      if (!isnan(estimate)) variance = known ? placebo->factor * placebo->variance[i] : general_variance(placebo, i, room);
      placebo->errors[from + i] = variance >= 0 ? sqrt(variance) : NAN;
    }
  }
}

/* ---- what the draws say (4) */

static void summarise(Placebo *placebo, const FitTerm *real) {
  Fit *fit = &placebo->job->result->fit;
  double t = fabs(real->statistic), limit = fabs(real->estimate) * (1 - 1e-12), slack = fabs(real->estimate) * 1e-12;
  double count = 0, as_large = 0, above = 0, below = 0, as_large_t = 0, with_t = 0, sum = 0, squares = 0, rejected = 0;
  double alpha = 1 - option_number(placebo->job, "level");
  for (int64_t i = 0; i < placebo->draws; i++) {
    double b = placebo->estimates[i], statistic = fabs(b / placebo->errors[i]);
    if (isnan(b)) continue;
    count++;
    as_large += fabs(b) >= limit;
    above += b >= real->estimate - slack;
    below += b <= real->estimate + slack;
    sum += b;
    if (isnan(statistic)) continue;
    with_t++;
    as_large_t += statistic >= t * (1 - 1e-12);
    rejected += student_two_sided(statistic, placebo->df) < alpha;
  }
  for (int64_t i = 0; i < placebo->draws; i++)
    if (!isnan(placebo->estimates[i])) squares += (placebo->estimates[i] - sum / count) * (placebo->estimates[i] - sum / count);
  fit_add_stat(fit, "p_empirical", as_large / count);
  fit_add_stat(fit, "p_empirical_upper", above / count);
  fit_add_stat(fit, "p_empirical_lower", below / count);
  fit_add_stat(fit, "p_empirical_t", as_large_t / with_t);
  fit_add_stat(fit, "placebo_mean", sum / count);
  fit_add_stat(fit, "placebo_sd", count > 1 ? sqrt(squares / (count - 1)) : NAN);
  fit_add_stat(fit, "rejected_share", rejected / with_t);
  fit_add_stat(fit, "draws", (double)placebo->draws);
  fit_add_stat(fit, "draws_estimated", count);
  fit_add_stat(fit, "units_drawn", placebo->units);
  fit_add_stat(fit, "placebo_rows", (double)placebo->n);
  fit_add_word(fit, "type", option_value(placebo->job, "type")->text);
  FitTest *test = fit_add_test(fit, "placebo", real->term, "the estimate is no further from zero than those of placebo treatments", real->estimate, count, NAN, as_large / count);
  if (test) test->note = "statistic: the estimate; df1: the number of draws; p_value: the share of draws at least as far from zero";
}

static void draw_row(Job *job, int64_t number, double estimate, double std_error, double p_value, int shift) {
  Cell *row = result_add_row(job->result);
  if (!row) return;
  cell_integer(&row[0], number);
  cell_number(&row[1], estimate);
  cell_number(&row[2], std_error);
  cell_number(&row[3], p_value);
  if (shift) cell_integer(&row[4], shift);
}

static void draw_rows(const Placebo *placebo, Job *job, const FitTerm *real) {
  if (!job->want_table) return;
  draw_row(job, 0, real->estimate, real->std_error, real->p_value, 0);
  for (int64_t i = 0; i < placebo->draws && run_poll(job->run, 100); i++) {
    double t = placebo->estimates[i] / placebo->errors[i];
    draw_row(job, i + 1, placebo->estimates[i], placebo->errors[i], isnan(t) ? NAN : student_two_sided(t, placebo->df), placebo->shift[i]);
  }
}

/* ---- the model itself */

/* variable=: the column of that name. */
static int find_column(Job *job, const Design *design, const char *name) {
  int found = -1;
  for (int j = 0; j < design->k; j++) {
    const char *a = design->name[j], *b = name;
    for (; *a || *b; a++, b++) { /* blanks do not matter */
      while (*a == ' ') a++;
      while (*b == ' ') b++;
      if (*a != *b || !*a) break;
    }
    if (!*a && !*b) found = j;
  }
  if (found < 0) run_fail(job->run, "variable=%s is no term of the formula%s%s", name, design->k ? ", such as " : "", design->k ? design->name[design->k - 1] : "");
  return found;
}

/* Draw 0: the tested column first, then the others. Its values before absorption are kept in histories where they are dealt out. */
static void fit_model(Job *job, const Sample *sample, const Design *design, int tested, const Treatment *treatment, Histories *histories) {
  Run *run = job->run;
  int64_t n = sample->n;
  int own = tested < 0 ? 1 : 0, next = 1;
  Regression regression = {.k = design->k + own};
  regression.x = NEW_ARRAY(run, double *, regression.k);
  regression.name = NEW_ARRAY(run, const char *, regression.k);
  double *column = NEW_ARRAY(run, double, n), *kept = NEW_ARRAY(run, double, n);
  regression.y = design_column(job, job->model->outcome, DESIGN_COPY);
  if (run_failed(run)) return;
  memcpy(kept, tested < 0 ? treatment->status : design->column[tested], (size_t)n * sizeof *kept);
  memcpy(column, kept, (size_t)n * sizeof *kept);
  if (tested >= 0) histories->value = kept;
  regression.x[0] = column;
  regression.name[0] = tested < 0 ? "att" : design->name[tested];
  for (int j = 0; j < design->k; j++) {
    if (j == tested) continue;
    regression.x[next] = design->column[j];
    regression.name[next++] = design->name[j];
  }
  regression_fit(job, sample, &regression);
  if (run_failed(run)) return;
  if (regression.ls.dropped[0]) {
    if (tested < 0) treatment_absorbed(job, treatment);
    else run_fail(run, "variable=%s cannot be told from the absorbed effects", regression.name[0]);
    return;
  }
  regression_terms(job, sample, &regression);
  regression_stats(job, sample, &regression);
}

static int64_t draws_asked(Job *job) {
  int64_t reps = option_given(job, "reps") ? option_integer(job, "reps") : 500;
  if (reps < 1 || reps > MOST_DRAWS) run_fail(job->run, "reps=%lld: the number of draws must be a whole number from 1 to %d", (long long)reps, MOST_DRAWS);
  return reps;
}

static void fit(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  const char *variable = option_given(job, "variable") ? option_value(job, "variable")->text : NULL;
  PlaceboType type = option_is(job, "type", "units") ? IN_UNITS : option_is(job, "type", "time") ? IN_TIME : MIXED;
  Placebo *placebo = NEW(run, Placebo);
  Treatment treatment = {0};
  Histories histories = {0};
  Sample sample;
  Design design;
  int tested = -1;
  if (model->endogenous) run_fail(run, "the formula has a third part (endogenous ~ instruments), which did_placebo does not take");
  if (variable && (option_variable(job, "treat") >= 0 || option_variable(job, "cohort") >= 0)) run_fail(run, "give variable=, treat= or cohort=, only one of them");
  if (variable && type != IN_UNITS) run_fail(run, "type=%s moves an adoption, which variable= has not; it takes type=units", option_value(job, "type")->text);
  if (run_failed(run)) return;
  int64_t draws = draws_asked(job);
  sample_build(job, &sample);
  if (!run_failed(run) && (sample.vcov_kind == VCOV_WILD || sample.vcov_kind == VCOV_CV3))
    run_fail(run, "vcov=%s would be a bootstrap or jackknife within each draw; take cluster(%s)", sample.vcov_text, sample.cluster_name[0]);
  if (run_failed(run)) return;
  if (!variable) {
    treatment_build(job, &treatment, type != IN_UNITS);
    if (!run_failed(run)) histories_of_treatment(job, &treatment, &histories);
  } else if (model->unit < 0 || model->time_number < 0) {
    run_fail(run, "the panel is missing: absorb unit + time (y ~ x | unit + time) or give panel=unit+time");
  } else {
    list_periods(job, &histories);
  }
  if (!run_failed(run)) design_build(job, model->terms, model->term, sample.explicit_intercept, sample.any_intercept, DESIGN_COPY, &design);
  if (!run_failed(run) && variable) tested = find_column(job, &design, variable);
  if (run_failed(run)) return;
  fit_model(job, &sample, &design, tested, &treatment, &histories);
  Job before = *job;
  if (!run_failed(run) && type != IN_UNITS) rows_before_treatment(job, &treatment, &before);
  if (run_failed(run)) return;
  *placebo = (Placebo){.job = &before, .sample = sample, .histories = &histories, .type = type, .draws = draws, .seed = option_integer(job, "seed")};
  if (type != IN_UNITS) sample_build(&before, &placebo->sample);
  if (run_failed(run)) return;
  placebo->n = before.frame->rows;
  design_build(&before, model->terms, model->term, sample.explicit_intercept, sample.any_intercept, DESIGN_COPY, &design);
  if (!run_failed(run)) free_of_effects(placebo, &design, tested);
  if (!run_failed(run)) prepare_units(placebo);
  if (!run_failed(run)) prepare_shifts(placebo);
  if (run_failed(run)) return;
  make_draws(placebo);
  if (run_failed(run)) return;
  summarise(placebo, &job->result->fit.term[0]);
  draw_rows(placebo, job, &job->result->fit.term[0]);
}

static const char *const COLUMNS[] = {"draw", "estimate", "std_error", "p_value", "shift", NULL};
static const char *const STATS[] = {"nobs", "p_empirical", "p_empirical_upper", "p_empirical_lower", "p_empirical_t", "placebo_mean", "placebo_sd", "rejected_share",
                                    "draws", "draws_estimated", NULL};
static const OptionSpec OWN[] = {
    {"variable", OPTION_TEXT, NULL, NULL, "in place of treat= and cohort=: the term of the formula whose histories are dealt out anew"},
    {"type", OPTION_CHOICE, "units", "units|time|mixed", "what is drawn: the treated units, the time of adoption, both"},
    {"shift", OPTION_RANGE, NULL, NULL, "lo:hi, how many periods earlier adoption is moved; default: all that the data allow"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionUse USES[] = {
    {"shift", "type", "time|mixed"},
    {"reps", "type", "units|mixed"},
    {NULL, NULL, NULL}};
static const OptionSpec *const OPTIONS[] = {OPTIONS_TREATMENT, OWN, OPTIONS_WHERE, OPTIONS_PANEL, OPTIONS_SAMPLE, OPTIONS_VCOV, OPTIONS_DRAWS, NULL};

const Estimator ESTIMATOR_DID_PLACEBO = {
    .name = "did_placebo",
    .model = MODEL_FORMULA,
    .model_help = "y ~ controls | unit + time",
    .summary = "placebo tests: treated units, the time of adoption, or any regressor's histories drawn anew",
    .columns = COLUMNS,
    .stats = STATS,
    .options = OPTIONS,
    .uses = USES,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_PANEL,
    .short_values = "y, unit, time, treat, x...",
    .short_spec = "y ~ x... | unit + time; treat=treat",
    .fit = fit,
    .example = "SELECT draw, estimate, std_error, p_value, p_empirical FROM did_placebo('castle', 'l_homicide ~ 1 | sid + year', 'treat=post, reps=200') WHERE draw < 5",
};
