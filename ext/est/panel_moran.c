/* panel_moran.c: are neighbours alike: Moran's I, global and local.
 *
 * For each variable and each value of time=, over the n units with a number then; z = x - mean, m2 = sum z^2 / n. Weights w_ij come from a second table (unit1, unit2, w), units that are not there
 * left out; style=row divides each row by its sum, style=none takes them as they are.
 * 1. I = (n / S0) sum_ij w_ij z_i z_j / sum z^2, S0 = sum w (Moran 1950). expected = -1/(n - 1). std_error under randomisation (Cliff and Ord 1981, 1.42), or assumption=normality (1.37);
 *    S1 = sum_ij (w_ij + w_ji)^2 / 2, S2 = sum_i (w_i. + w_.i)^2, kurtosis n sum z^4 / (sum z^2)^2. Units without neighbours do not count in n, but in the mean and the kurtosis.
 * 2. Local (Anselin 1995): I_i = z_i / m2 sum_j w_ij z_j; moments given z_i (Sokal, Oden and Thomson 1998): E = -z_i^2 w_i. / ((n-1) m2),
 *    Var = (z_i / m2)^2 n/(n-2) (sum_j w_ij^2 - w_i.^2/(n-1)) (m2 - z_i^2/(n-1)). Units without neighbours: NULL.
 * 3. p_value: normal, two-sided, or alternative=greater|less. p_permutation with reps=R: of R draws (global: all numbers permuted; local: those of the other units), g at least and l at most I:
 *    (g + 1)/(R + 1), (l + 1)/(R + 1), two-sided twice the smaller, 1 at most.
 * 4. quadrant by the signs of z_i and of its neighbours' sum: HH, LL, HL, LH. spatial_lag = sum_j w_ij x_j.
 * 5. NULL in a variable leaves the unit out at that time, NULL in all units the time. Two rows of a unit at one time, a pair of units twice, a negative weight, a weight of a unit with itself, and a variable that is the same
 *    number everywhere are errors. */
#include "est.h"

typedef enum Tail { TAIL_BOTH, TAIL_GREATER, TAIL_LESS } Tail;

/* Edges unit -> neighbour, by unit. */
typedef struct Graph {
  int32_t units;
  int64_t edges;
  const int64_t *first;
  int32_t *to;
  double *w;
} Graph;

/* The units of one time in a dense numbering, with the weights between them. */
typedef struct Slice {
  int32_t n, counted;   /* counted: with neighbours, or as neighbours */
  const int64_t *row;   /* row of the frame */
  double *z;
  int64_t *first;       /* n + 1 */
  int32_t *to;
  double *w;
  double *out, *in;     /* row and column sums */
  double mean, squares, fourth, s0, s1, s2;
} Slice;

typedef struct Moran {
  Job *job;
  const char *name;
  int id, time;
  Graph graph;
  bool row_style, normality;
  Tail tail;
  int64_t reps, seed, done, of; /* done of all draws, for progress= */
  int variable;         /* which of the model's */
  int32_t *place;       /* unit -> its number in the slice, -1 */
  int32_t *by_value;    /* the units in the order of their values: draws do not depend on the order of the rows */
  Slice slice;
  double *spatial_lag, *local, *local_p; /* of the virtual table */
  const char **quadrant;
} Moran;

/* ------------------------------------------------------------------------------------------------ weights */

static bool is_query(const char *text) {
  static const char *const words[] = {"select", "with", "values"};
  for (int w = 0; w < 3; w++) {
    size_t i = 0;
    while (words[w][i] && (text[i] | 32) == words[w][i]) i++;
    if (!words[w][i] && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '(')) return true;
  }
  return false;
}

/* w: a table, w(a, b, d): a table and its columns, or a query. */
static const char *weights_source(Run *run, const char *text) {
  size_t length = strlen(text);
  const char *open = strchr(text, '(');
  if (is_query(text) || !open || text[length - 1] != ')') return text;
  const char *first = strchr(open, ','), *second = first ? strchr(first + 1, ',') : NULL;
  if (!second || strchr(second + 1, ',')) {
    run_fail(run, "weights=%.200s: it is the name of a table with the columns unit1, unit2, w, or table(unit1, unit2, w) where they have other names, or a query", text);
    return NULL;
  }
  return run_format(run, "SELECT %.*s AS unit1, %.*s AS unit2, %.*s AS w FROM %.*s", (int)(first - open - 1), open + 1, (int)(second - first - 1), first + 1,
                    (int)(text + length - 1 - second - 1), second + 1, (int)(open - text), text);
}

/* Codes of the second table's units among ours; -1 where there is none. */
static int32_t *translate(Run *run, const Levels *ours, const Levels *theirs) {
  int32_t count = levels_count(theirs), *map = NEW_ARRAY(run, int32_t, count);
  for (int32_t code = 0; map && code < count; code++) map[code] = levels_find(ours, levels_value(theirs, code));
  return map;
}

static void check_pairs(Moran *moran) {
  Run *run = moran->job->run;
  const Levels *levels = job_levels(moran->job, moran->id);
  Graph *graph = &moran->graph;
  int32_t *seen = NEW_ARRAY(run, int32_t, graph->units);
  if (!seen) return;
  for (int32_t u = 0; u < graph->units; u++)
    for (int64_t e = graph->first[u]; e < graph->first[u + 1]; e++) {
      int32_t v = graph->to[e];
      if (seen[v] == u + 1) {
        run_fail(run, "weights=: the pair %s, %s stands there twice", levels_name(run, levels, u), levels_name(run, levels, v));
        return;
      }
      seen[v] = u + 1;
    }
  run_poll(run, 4 * (uint64_t)graph->edges);
}

static void load_weights(Moran *moran) {
  Job *job = moran->job;
  Run *run = job->run;
  const char *text = option_value(job, "weights")->text;
  if (!text) run_fail(run, "the weights between units are needed: weights=table, with the columns unit1, unit2, w");
  else if (!job->loader) run_fail(run, "a table of weights cannot be read here");
  if (run_failed(run)) return;
  const char *source = weights_source(run, text);
  Frame *frame = run_failed(run) ? NULL : job->loader->load(job->loader->context, run, source, "unit1:levels, unit2:levels, w:number");
  if (run_failed(run)) return;
  const Levels *ours = job_levels(job, moran->id);
  Graph *graph = &moran->graph;
  graph->units = levels_count(ours);
  const int32_t *from = translate(run, ours, frame->column[0].levels), *to = translate(run, ours, frame->column[1].levels);
  int32_t *code = NEW_ARRAY(run, int32_t, frame->rows);
  int64_t *first = NEW_ARRAY(run, int64_t, graph->units + 1), *order = NEW_ARRAY(run, int64_t, frame->rows);
  if (run_failed(run)) return;
  const double *w = frame->column[2].number;
  for (int64_t e = 0; e < frame->rows; e++) {
    int32_t a = from[frame->column[0].code[e]], b = to[frame->column[1].code[e]];
    code[e] = a >= 0 && b >= 0 && w[e] != 0 ? a : -1;
    if (code[e] < 0) continue;
    if (!(w[e] > 0)) run_fail(run, "weights=: the weight of %s, %s is %.15g; weights are numbers from 0 up", levels_name(run, ours, a), levels_name(run, ours, b), w[e]);
    else if (a == b) run_fail(run, "weights=: %s has a weight with itself (%.15g); leave such rows out", levels_name(run, ours, a), w[e]);
    if (run_failed(run)) return;
    graph->edges++;
  }
  if (!graph->edges) {
    run_fail(run, "weights=%.100s: none of its pairs are two units of id=%s%s", text, job->model->variable[moran->id].name,
             frame->rows ? run_format(run, " (it has '%s', here is '%s')", levels_name(run, frame->column[0].levels, 0), graph->units ? levels_name(run, ours, 0) : "none") : ": it is empty");
    return;
  }
  rows_by_code(run, frame->rows, code, graph->units, first, order);
  graph->first = first;
  graph->to = NEW_ARRAY(run, int32_t, graph->edges);
  graph->w = NEW_ARRAY(run, double, graph->edges);
  if (run_failed(run)) return;
  for (int64_t e = 0; e < graph->edges; e++) {
    graph->to[e] = to[frame->column[1].code[order[e]]];
    graph->w[e] = w[order[e]];
  }
  check_pairs(moran);
}

/* ------------------------------------------------------------------------------------------------ one time */

static const char *at_time(const Moran *moran, int32_t level) {
  if (moran->time < 0) return "";
  return run_format(moran->job->run, " at %s", levels_name(moran->job->run, job_levels(moran->job, moran->time), level));
}

/* S0, S1, S2 and the sums of rows and columns. */
static void weight_sums(Run *run, Slice *s, double *work) {
  int64_t edges = s->first[s->n];
  int64_t *incoming = NEW_ARRAY(run, int64_t, s->n + 1), *of = NEW_ARRAY(run, int64_t, edges);
  int32_t *from = NEW_ARRAY(run, int32_t, edges);
  if (run_failed(run)) return;
  for (int32_t i = 0; i < s->n; i++) {
    s->out[i] = s->in[i] = work[i] = 0;
    for (int64_t e = s->first[i]; e < s->first[i + 1]; e++) from[e] = i;
  }
  for (int64_t e = 0; e < edges; e++) {
    s->out[from[e]] += s->w[e];
    s->in[s->to[e]] += s->w[e];
    s->s1 += s->w[e] * s->w[e];
  }
  rows_by_code(run, edges, s->to, s->n, incoming, of);
  if (run_failed(run)) return;
  for (int32_t i = 0; i < s->n; i++) { /* sum_j w_ij w_ji */
    for (int64_t e = s->first[i]; e < s->first[i + 1]; e++) work[s->to[e]] = s->w[e];
    for (int64_t k = incoming[i]; k < incoming[i + 1]; k++) s->s1 += s->w[of[k]] * work[from[of[k]]];
    for (int64_t e = s->first[i]; e < s->first[i + 1]; e++) work[s->to[e]] = 0;
    s->s0 += s->out[i];
    s->s2 += (s->out[i] + s->in[i]) * (s->out[i] + s->in[i]);
    s->counted += s->out[i] > 0;
  }
  run_free(run, incoming);
  run_free(run, of);
  run_free(run, from);
  run_poll(run, 20 * (uint64_t)edges + 20 * (uint64_t)s->n);
}

/* Fills the slice from the rows of a time. */
static void take_slice(Moran *moran, int64_t rows, const int64_t *row, int32_t level, const double *x, double *work, int64_t *kept) {
  Job *job = moran->job;
  Run *run = job->run;
  Slice *s = &moran->slice;
  const int32_t *unit = job_code(job, moran->id);
  const Graph *graph = &moran->graph;
  s->n = s->counted = 0;
  s->row = kept;
  s->s0 = s->s1 = s->s2 = s->fourth = 0;
  for (int32_t u = 0; u < graph->units; u++) moran->place[u] = -1;
  for (int64_t i = 0; i < rows; i++) {
    double value = x[row[i]];
    int32_t u = unit[row[i]];
    if (isnan(value) || u < 0) continue;
    if (isinf(value)) run_fail(run, "column '%s' has an infinite value; leave such rows out with where=", moran->name);
    else if (moran->place[u] >= 0)
      run_fail(run, "%s has two rows%s; a unit has one row at each time%s", levels_name(run, job_levels(job, moran->id), u), at_time(moran, level), moran->time < 0 ? ": is time= missing?" : "");
    if (run_failed(run)) return;
    moran->place[u] = (int32_t)i;
  }
  for (int32_t k = 0; k < graph->units; k++) {
    int32_t *place = &moran->place[moran->by_value[k]];
    if (*place < 0) continue;
    kept[s->n] = row[*place];
    s->z[s->n] = x[kept[s->n]];
    *place = s->n++;
  }
  if (s->n == 0 && moran->time >= 0) return;
  if (s->n < 4) {
    run_fail(run, "'%s' has %d number%s%s; Moran's I needs four units at least", moran->name, s->n, s->n == 1 ? "" : "s", at_time(moran, level));
    return;
  }
  mean_and_squares(s->n, s->z, &s->mean, &s->squares);
  double largest = 0, spread = 0;
  int64_t edge = 0;
  for (int32_t i = 0; i < s->n; i++) {
    largest = fmax(largest, fabs(s->z[i]));
    s->z[i] -= s->mean;
    spread = fmax(spread, fabs(s->z[i]));
    s->fourth += s->z[i] * s->z[i] * s->z[i] * s->z[i];
    s->first[i] = edge;
    int32_t u = unit[kept[i]];
    double sum = 0;
    for (int64_t e = graph->first[u]; e < graph->first[u + 1]; e++) {
      if (moran->place[graph->to[e]] < 0) continue;
      s->to[edge] = moran->place[graph->to[e]];
      s->w[edge] = graph->w[e];
      sum += s->w[edge++];
    }
    for (int64_t e = s->first[i]; moran->row_style && e < edge; e++) s->w[e] /= sum;
  }
  s->first[s->n] = edge;
  if (!(spread > 1e-13 * largest)) run_fail(run, "'%s' is the same number in all %d units%s", moran->name, s->n, at_time(moran, level));
  else if (!(s->fourth > 1e-300 && s->fourth < 1e300)) run_fail(run, "the spread of '%s' is too small or too large for a number%s", moran->name, at_time(moran, level));
  if (run_failed(run)) return;
  if (!run_poll(run, 4 * (uint64_t)edge + 10 * (uint64_t)s->n + 4 * (uint64_t)graph->units)) return;
  weight_sums(run, s, work);
  if (!run_failed(run) && s->counted < 4) run_fail(run, "%d units of '%s' have neighbours%s; Moran's I needs four at least", s->counted, moran->name, at_time(moran, level));
}

static double cross_products(const Slice *s, const double *z) {
  double sum = 0;
  for (int32_t i = 0; i < s->n; i++) {
    double lag = 0;
    for (int64_t e = s->first[i]; e < s->first[i + 1]; e++) lag += s->w[e] * z[s->to[e]];
    sum += z[i] * lag;
  }
  return sum;
}

/* ------------------------------------------------------------------------------------------------ inference (3) */

typedef struct Statistic {
  double value, expected, std_error, z, p, p_permutation;
} Statistic;

static void infer(Tail tail, double variance, Statistic *out) {
  out->std_error = variance > 0 ? sqrt(variance) : (double)NAN;
  out->z = (out->value - out->expected) / out->std_error;
  out->p = tail == TAIL_BOTH ? 2 * normal_upper(fabs(out->z)) : tail == TAIL_GREATER ? normal_upper(out->z) : normal_cdf(out->z);
}

static void drawn(Moran *moran, int64_t r) {
  moran->done++;
  if ((r & 63) == 63 && moran->done < moran->of) run_progress(moran->job->run, moran->done, moran->of);
}

static double permutation_p(Tail tail, int64_t greater, int64_t less, int64_t reps) {
  double g = (double)(greater + 1) / (double)(reps + 1), l = (double)(less + 1) / (double)(reps + 1);
  return tail == TAIL_GREATER ? g : tail == TAIL_LESS ? l : fmin(1, 2 * fmin(g, l));
}

/* Draws that equal the statistic up to rounding count on both sides. */
static void count_draw(double draw, double value, double scale, int64_t *greater, int64_t *less) {
  double slack = 1e-12 * scale;
  *greater += draw >= value - slack;
  *less += draw <= value + slack;
}

static void measure_global(Moran *moran, int64_t group, double *work, int64_t *order, Statistic *out) {
  Run *run = moran->job->run;
  const Slice *s = &moran->slice;
  double n = s->counted, factor = n / s->s0 / s->squares, s02 = s->s0 * s->s0;
  *out = (Statistic){.p_permutation = NAN};
  out->value = factor * cross_products(s, s->z);
  out->expected = -1 / (n - 1);
  double kurtosis = s->n * s->fourth / (s->squares * s->squares), variance;
  if (moran->normality) variance = (n * n * s->s1 - n * s->s2 + 3 * s02) / (s02 * (n * n - 1));
  else variance = (n * (s->s1 * (n * n - 3 * n + 3) - n * s->s2 + 3 * s02) - kurtosis * (s->s1 * (n * n - n) - 2 * n * s->s2 + 6 * s02)) / ((n - 1) * (n - 2) * (n - 3) * s02);
  infer(moran->tail, variance - out->expected * out->expected, out);
  if (!moran->reps) return;
  int64_t greater = 0, less = 0;
  Random random = random_stream((uint64_t)moran->seed, (uint64_t)group << 32 | (uint64_t)(uint32_t)moran->variable);
  for (int32_t i = 0; i < s->n; i++) order[i] = i;
  for (int64_t r = 0; r < moran->reps; r++) {
    random_shuffle(&random, s->n, order);
    for (int32_t i = 0; i < s->n; i++) work[i] = s->z[order[i]];
    count_draw(factor * cross_products(s, work), out->value, 1, &greater, &less);
    if (!run_poll(run, 3 * (uint64_t)s->first[s->n] + 10 * (uint64_t)s->n)) return;
    drawn(moran, r);
  }
  out->p_permutation = permutation_p(moran->tail, greater, less, moran->reps);
}

static void measure_local(Moran *moran, int32_t i, int64_t group, int64_t *order, Statistic *out, double *lag_out) {
  Run *run = moran->job->run;
  const Slice *s = &moran->slice;
  double n = s->n, m2 = s->squares / n, z = s->z[i], lag = 0, square = 0;
  int64_t degree = s->first[i + 1] - s->first[i];
  for (int64_t e = s->first[i]; e < s->first[i + 1]; e++) {
    lag += s->w[e] * s->z[s->to[e]];
    square += s->w[e] * s->w[e];
  }
  *lag_out = lag;
  *out = (Statistic){NAN, NAN, NAN, NAN, NAN, NAN};
  if (!degree) return;
  out->value = z / m2 * lag;
  out->expected = -z * z * s->out[i] / ((n - 1) * m2);
  infer(moran->tail, z / m2 * (z / m2) * (n / (n - 2)) * (square - s->out[i] * s->out[i] / (n - 1)) * (m2 - z * z / (n - 1)), out);
  if (!moran->reps) return;
  int64_t greater = 0, less = 0;
  Random random = random_stream((uint64_t)moran->seed + 1, (uint64_t)group << 32 | (uint64_t)(uint32_t)i);
  for (int64_t j = 0; j < s->n - 1; j++) order[j] = j < i ? j : j + 1;
  double scale = 1e-3 + fabs(z) * s->out[i] * sqrt(m2) / m2;
  for (int64_t r = 0; r < moran->reps; r++) {
    double draw = 0;
    for (int64_t k = 0; k < degree; k++) { /* the first places of a shuffle */
      int64_t other = k + random_below(&random, s->n - 1 - k), kept = order[other];
      order[other] = order[k];
      order[k] = kept;
      draw += s->w[s->first[i] + k] * s->z[kept];
    }
    count_draw(z / m2 * draw, out->value, scale, &greater, &less);
    if (!run_poll(run, 20 * (uint64_t)degree)) return;
    drawn(moran, r);
  }
  out->p_permutation = permutation_p(moran->tail, greater, less, moran->reps);
}

/* ------------------------------------------------------------------------------------------------ rows */

static void show(const Moran *moran, int32_t level, const char *type, int32_t unit, const Statistic *m, const char *quadrant, int64_t n) {
  Job *job = moran->job;
  Cell *cell = job->want_table ? result_add_row(job->result) : NULL;
  if (!cell) return;
  cell_text(cell++, moran->name);
  if (moran->time >= 0) cell_level(cell, job_levels(job, moran->time), level);
  cell++;
  cell_text(cell++, type);
  cell_level(cell++, job_levels(job, moran->id), unit);
  const double numbers[] = {m->value, m->expected, m->std_error, m->z, m->p, m->p_permutation};
  for (int i = 0; i < 6; i++) cell_number(cell++, numbers[i]);
  cell_text(cell++, quadrant);
  cell_integer(cell, n);
}

static void measure_slice(Moran *moran, int64_t group, int32_t level, bool local, double *work, int64_t *order) {
  Job *job = moran->job;
  Run *run = job->run;
  const Slice *s = &moran->slice;
  Statistic m;
  measure_global(moran, group, work, order, &m);
  if (run_failed(run)) return;
  const char *subject = moran->time >= 0 ? run_format(run, "%s %s", moran->name, levels_name(run, job_levels(job, moran->time), level)) : moran->name;
  FitTerm *term = fit_add_term(&job->result->fit, subject);
  if (!term) return;
  term->estimate = m.value;
  term->std_error = m.std_error;
  term->statistic = m.z;
  term->p_value = m.p;
  fit_term_number(&job->result->fit, term, "expected", m.expected);
  if (moran->reps) fit_term_number(&job->result->fit, term, "p_permutation", m.p_permutation);
  show(moran, level, "global", -1, &m, NULL, s->counted);
  for (int32_t i = 0; i < s->n && (local || job->want_rows); i++) {
    double lag;
    measure_local(moran, i, group, order, &m, &lag);
    if (!run_poll(run, 200 + 5 * (uint64_t)(s->first[i + 1] - s->first[i]))) return;
    bool alone = s->first[i] == s->first[i + 1];
    const char *quadrant = alone ? NULL : s->z[i] > 0 ? (lag > 0 ? "HH" : "HL") : lag > 0 ? "LH" : "LL";
    if (local) show(moran, level, "local", job_code(job, moran->id)[s->row[i]], &m, quadrant, s->n);
    if (!job->want_rows) continue;
    moran->spatial_lag[s->row[i]] = alone ? (double)NAN : lag + s->mean * s->out[i];
    moran->local[s->row[i]] = m.value;
    moran->local_p[s->row[i]] = moran->reps ? m.p_permutation : m.p;
    moran->quadrant[s->row[i]] = quadrant;
  }
}

static void make_row_columns(Moran *moran) {
  Run *run = moran->job->run;
  int64_t n = moran->job->frame->rows;
  double **columns[] = {&moran->spatial_lag, &moran->local, &moran->local_p};
  static const char *const names[] = {"spatial_lag", "local_moran", "local_p"};
  if (moran->job->model->indicators != 1) run_fail(run, "a virtual table takes one variable; %d were named", moran->job->model->indicators);
  for (int c = 0; c < 3; c++) {
    double *column = *columns[c] = NEW_ARRAY(run, double, n);
    if (run_failed(run)) return;
    for (int64_t row = 0; row < n; row++) column[row] = NAN;
    result_row_number(moran->job->result, names[c], column, false);
  }
  moran->quadrant = NEW_ARRAY(run, const char *, n);
  if (!run_failed(run)) result_row_text(moran->job->result, "quadrant", moran->quadrant);
}

static void fit_moran(Job *job) {
  Run *run = job->run;
  const Model *model = job->model;
  Moran moran = {.job = job, .id = option_variable(job, "id"), .time = option_variable(job, "time"), .row_style = option_is(job, "style", "row"),
                 .normality = option_is(job, "assumption", "normality"), .tail = (Tail)option_value(job, "alternative")->integer,
                 .reps = option_given(job, "reps") ? option_integer(job, "reps") : 0, .seed = option_integer(job, "seed")};
  bool local = option_integer(job, "local") != 0;
  if (moran.id < 0) run_fail(run, "the units are needed: id=...");
  else if (moran.reps < 0 || moran.reps > 100000000) run_fail(run, "reps=%lld: it is a number from 0 to 100000000", (long long)moran.reps);
  if (!job_has_rows(job, 4)) return;
  if (job->want_rows) make_row_columns(&moran);
  if (!run_failed(run)) load_weights(&moran);
  RowGroups times;
  row_groups(job, moran.time, &times);
  int64_t largest = 0;
  for (int32_t t = 0; t < times.groups && !run_failed(run); t++)
    if (times.first[t + 1] - times.first[t] > largest) largest = times.first[t + 1] - times.first[t];
  Slice *s = &moran.slice;
  moran.place = NEW_ARRAY(run, int32_t, moran.graph.units);
  moran.by_value = NEW_ARRAY(run, int32_t, moran.graph.units);
  s->z = NEW_ARRAY(run, double, largest);
  s->out = NEW_ARRAY(run, double, largest);
  s->in = NEW_ARRAY(run, double, largest);
  s->first = NEW_ARRAY(run, int64_t, largest + 1);
  s->to = NEW_ARRAY(run, int32_t, moran.graph.edges);
  s->w = NEW_ARRAY(run, double, moran.graph.edges);
  double *work = NEW_ARRAY(run, double, largest);
  int64_t *order = NEW_ARRAY(run, int64_t, largest), *kept = NEW_ARRAY(run, int64_t, largest);
  if (!run_failed(run)) levels_sorted(run, job_levels(job, moran.id), NULL, moran.by_value);
  for (int32_t t = 0; t < times.groups && !run_failed(run); t++)
    if (moran.time < 0 || times.level[t] >= 0) moran.of += model->indicators * moran.reps * (1 + (local ? times.first[t + 1] - times.first[t] : 0));
  for (int v = 0; v < model->indicators && !run_failed(run); v++) {
    moran.name = model->indicator[v].name;
    moran.variable = v;
    bool any = moran.time < 0;
    for (int32_t t = 0; t < times.groups && !run_failed(run); t++) {
      if (moran.time >= 0 && times.level[t] < 0) continue;
      take_slice(&moran, times.first[t + 1] - times.first[t], times.row + times.first[t], times.level[t], job_number(job, model->indicator[v].variable), work, kept);
      if (!run_failed(run) && s->n) measure_slice(&moran, t, times.level[t], local, work, order);
      any = any || s->n;
    }
    if (!any) run_fail(run, "'%s' has no number at any time", moran.name);
  }
  if (moran.of) run_progress(run, moran.of, moran.of); /* units without neighbours need no draws */
  fit_add_stat(&job->result->fit, "nobs", (double)job->frame->rows);
}

static const OptionSpec own_options[] = {
    {"id", OPTION_LEVELS, NULL, "optional", "the unit"},
    {"time", OPTION_LEVELS, NULL, "optional", "a column: Moran's I at each of its values"},
    {"weights", OPTION_TEXT, NULL, NULL, "a table or query with the columns unit1, unit2, w, or table(a, b, c) where they have other names"},
    {"style", OPTION_CHOICE, "row", "row|none", "weights divided by the sum of their row, or as they are"},
    {"local", OPTION_BOOLEAN, "0", NULL, "also a row for each unit"},
    {"assumption", OPTION_CHOICE, "randomisation", "randomisation|normality", "of the global std_error"},
    {"alternative", OPTION_CHOICE, "two-sided", "two-sided|greater|less", "of the p-values"},
    {"progress", OPTION_BOOLEAN, "0", NULL, "1: says on standard error how many draws are done"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns[] = {"variable", "time", "type", "id", "moran", "expected", "std_error", "statistic", "p_value", "p_permutation", "quadrant", "n", NULL};
static const char *const row_columns[] = {"spatial_lag", "local_moran", "local_p", "quadrant", NULL};
static const char *const stats[] = {"nobs", NULL};
static const OptionSpec *const options[] = {own_options, OPTIONS_DRAWS, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_PANEL_MORAN = {
    .name = "panel_moran",
    .model = MODEL_VARIABLES,
    .model_help = "x1, x2",
    .summary = "spatial autocorrelation: Moran's I, global and local, by time, with a table of weights",
    .columns = columns,
    .stats = stats,
    .row_columns = row_columns,
    .options = options,
    .flags = ESTIMATOR_ROWS | ESTIMATOR_KEEP_NULLS,
    .fit = fit_moran,
    .example = "SELECT time, moran, expected, statistic, p_value FROM panel_moran('castle', 'l_homicide', 'id=sid, time=year, weights=\"SELECT DISTINCT a.sid AS unit1, b.sid AS unit2, "
               "1 AS w FROM castle a JOIN castle b ON a.region = b.region AND a.sid <> b.sid\"')",
};
