/* gmm_equations.c: the equations of a dynamic panel and their instruments, unit by unit.
 *
 * 1. A row is complete where outcome and regressors are there. Differences: an equation at t where the rows t and t-1 are complete. Deviations (Arellano, Bover 1995):
 *    sqrt(c/(c+1)) (x_t - mean of the c later complete rows), an equation for each complete row but a unit's last; it stands one period late, at t+1, so that the
 *    same lags are instruments as in differences. Levels (system=1): an equation for each complete row.
 * 2. where= chooses the rows t that have equations; rows outside serve lags, differences and means.
 * 3. gmm(x, a:b): in the transformed equation at t the column (t, l) has x_{t-l}, l = a..b; collapsed: the column l. In levels the column t has the difference of x dated
 *    t-a+1 (t where a <= 0 <= b, t-b+1 where b < 0); with equation=level those dated t-a to t-b. What is missing is zero.
 * 4. iv(x): one column, x transformed as the equation is. An equation in which such an instrument is missing is left out.
 * 5. Without iv() every regressor is its own instrument unless it is made of the outcome or of a variable of a gmm(). The level equation has the constant
 *    (regressor and instrument). Time effects are dummies of the periods, transformed as the equation is, their own instruments: in levels where system=1.
 * 6. h, the weighting of the first step: M M' with M = (transformation; identity) over the T periods of the panel (Roodman 2009); weighting=2: without the covariance of
 *    transformed and level errors; weighting=1: the identity.
 * 7. Collinear regressors: the later is given up, as in least_squares.c, by a QR of the stacked rows. Columns of Z that are zero throughout are not counted.
 * Reference: Arellano and Bond (1991), Blundell and Bond (1998), Roodman (2009), Stata Journal 9(1). */
#include "gmm.h"

#include <limits.h>

/* ------------------------------------------------------------------------------------------------ the columns */

/* Whether a term is made of the outcome or of a variable of a gmm(): of the same column of the source, whatever its lag. */
static bool made_of(const Model *model, const Term *term) {
  for (int f = 0; f < term->factors; f++) {
    int input = model->variable[term->factor[f].variable].input;
    if (input == model->variable[model->outcome].input) return true;
    for (int s = 0; s < model->instrument_sets; s++) {
      const InstrumentSet *set = &model->instrument_set[s];
      for (int t = 0; set->gmm && t < set->terms; t++)
        for (int g = 0; g < set->term[t].factors; g++)
          if (model->variable[set->term[t].factor[g].variable].input == input) return true;
    }
  }
  return false;
}

/* (1), from the variables of the terms. */
static void find_complete(Job *job, bool *complete) {
  const Model *model = job->model;
  const double *y = job_number(job, model->outcome), *time = job_number(job, model->time_number);
  const int32_t *unit = job_code(job, model->unit);
  for (int64_t row = 0; row < job->frame->rows; row++) {
    complete[row] = !isnan(y[row]) && !isnan(time[row]) && unit[row] >= 0;
    for (int t = 0; t < model->terms; t++)
      for (int f = 0; f < model->term[t].factors; f++) {
        const Column *column = &job->frame->column[model->term[t].factor[f].variable];
        complete[row] &= column->kind == COLUMN_NUMBER ? !isnan(column->number[row]) : column->code[row] >= 0;
      }
    if ((row & 0xFFF) == 0xFFF && !run_poll(job->run, 0x1000 * (uint64_t)(model->terms + 2))) return;
  }
}

/* design.c wants a level in each row, and makes a dummy of each level that it sees: rows that are not complete get one of the others'. */
static void fill_levels(Job *job, const bool *complete) {
  Run *run = job->run;
  for (int v = 0; v < job->frame->columns; v++) {
    Column *column = &job->frame->column[v];
    if (column->kind != COLUMN_LEVELS || v == job->model->unit) continue;
    int32_t *code = NEW_ARRAY(run, int32_t, job->frame->rows), any = 0;
    if (run_failed(run)) return;
    for (int64_t row = 0; row < job->frame->rows; row++)
      if (complete[row] && column->code[row] >= 0) any = column->code[row];
    for (int64_t row = 0; row < job->frame->rows; row++) code[row] = complete[row] && column->code[row] >= 0 ? column->code[row] : any;
    column->code = code;
  }
}

static bool holds(const Job *job, int64_t row) {
  const double *where = job_number(job, job->model->where);
  return !where || (where[row] != 0 && !isnan(where[row]));
}

/* "; rows are 5 apart in year ..." where no lag of one period can be found. */
static const char *step_hint(const GmmEquations *eq) {
  double step = panel_step(&eq->series);
  if (!(step > 1 && isfinite(step))) return "";
  const char *hint = run_format(eq->job->run, "; rows are %.15g apart in %s, and one period is a step of 1: number the periods 1, 2, 3", step,
                                eq->job->model->variable[eq->job->model->time_number].name);
  return hint ? hint : "";
}

/* Which units take part, and from when to when. */
static void find_sample(GmmEquations *eq) {
  Job *job = eq->job;
  Run *run = job->run;
  const double *time = eq->series.time;
  const char *name = job->model->variable[job->model->time_number].name;
  Ledger *ledger = &job->frame->ledger;
  double last = -INFINITY;
  eq->first_time = INFINITY;
  for (int64_t row = 0; row < job->frame->rows; row++) {
    if (!holds(job, row)) ledger->where_excluded++;
    else if (!eq->complete[row]) ledger->null++;
    if (isnan(time[row]) || time[row] == floor(time[row])) continue;
    run_fail(run, "%s = %.15g is no whole number: differences are over one period; number the periods 1, 2, 3", name, time[row]);
    return;
  }
  for (int32_t u = 0; u < eq->series.units; u++) {
    for (int64_t i = eq->series.first[u]; i < eq->series.first[u + 1]; i++) eq->taken[u] |= eq->complete[eq->series.row[i]] && holds(job, eq->series.row[i]);
    if (!eq->taken[u]) continue;
    eq->first_time = fmin(eq->first_time, time[eq->series.row[eq->series.first[u]]]);
    last = fmax(last, time[eq->series.row[eq->series.first[u + 1] - 1]]);
  }
  if (last < eq->first_time)
    run_fail(run, "no row has the outcome and every regressor: %lld read, %lld outside where=, %lld with a NULL or without the lags%s", (long long)ledger->read,
             (long long)ledger->where_excluded, (long long)ledger->null, step_hint(eq));
  else if (last - eq->first_time >= GMM_MOST_PERIODS)
    run_fail(run, "%s spans %.0f periods; this estimator is for many units and few periods, at most %d", name, last - eq->first_time + 1, GMM_MOST_PERIODS);
  else eq->periods = (int)(last - eq->first_time) + 1;
}

static void add_source(GmmEquations *eq, GmmSource source) {
  Run *run = eq->job->run;
  size_t places = 1;
  if (source.gmm) {
    if (source.high > eq->periods - 1) source.high = eq->periods - 1;
    if (source.low < 1 - eq->periods) source.low = 1 - eq->periods;
    if (source.high < source.low) return;
    places = (size_t)(source.high - source.low + 1) * (size_t)(source.collapse ? 1 : eq->periods);
  }
  source.column = NEW_ARRAY(run, int, places);
  if (run_failed(run)) return;
  for (size_t i = 0; i < places; i++) source.column[i] = -1;
  if ((eq->sources & (eq->sources - 1)) == 0) {
    GmmSource *moved = run_grow(run, eq->source, eq->sources ? 2 * (size_t)eq->sources : 1, sizeof *moved);
    if (!moved) return;
    eq->source = moved;
  }
  eq->source[eq->sources++] = source;
}

/* The sources of a gmm() for one variable (3). */
static void add_gmm(GmmEquations *eq, const InstrumentSet *set, int group, int base) {
  GmmSource source = {.group = group, .gmm = true, .variable = base, .low = set->low, .high = set->high};
  source.collapse = set->collapse >= 0 ? set->collapse : option_integer(eq->job, "collapse");
  if (set->equation != INSTRUMENT_LEVEL) {
    source.transformed = true;
    add_source(eq, source);
    source.transformed = false;
  }
  if (!eq->system || set->equation == INSTRUMENT_TRANSFORMED) return;
  source.level = source.difference = true;
  if (set->equation == INSTRUMENT_BOTH) source.low = source.high = set->low > 0 ? set->low - 1 : set->high >= 0 ? 0 : set->high - 1;
  add_source(eq, source);
}

static void add_iv(GmmEquations *eq, int group, int variable, InstrumentEquation equation) {
  bool transformed = equation != INSTRUMENT_LEVEL, level = eq->system && equation != INSTRUMENT_TRANSFORMED;
  if (transformed || level) add_source(eq, (GmmSource){.group = group, .variable = variable, .transformed = transformed, .level = level});
}

/* The columns and the sources of instruments; what each set's design makes is design[set]. */
static void lay_out(GmmEquations *eq, const Design *terms, Design *design) {
  Job *job = eq->job;
  Run *run = job->run;
  const Model *model = job->model;
  int further = 0;
  for (int s = 0; s < model->instrument_sets && !run_failed(run); s++) {
    design_build(job, model->instrument_set[s].terms, model->instrument_set[s].term, false, true, DESIGN_BORROW, &design[s]);
    if (!model->instrument_set[s].gmm) further += design[s].k;
    else eq->bases += design[s].k;
  }
  bool *present = NEW_ARRAY(run, bool, eq->periods);
  if (run_failed(run)) return;
  bool time_effects = option_integer(job, "time_effects") != 0;
  for (int e = 0; e < model->effects; e++) time_effects |= model->effect[e].variable == model->time;
  eq->constants = eq->system && model->intercept;
  for (int64_t row = 0; time_effects && row < job->frame->rows; row++) {
    double t = eq->series.time[row] - eq->first_time;
    if (eq->complete[row] && t >= 0 && t < eq->periods) present[(int)t] = true;
  }
  for (int t = 0; t < eq->periods; t++) {
    if (present[t] && eq->constants && !eq->effects && time_effects) { /* the first is the base of the constant */
      present[t] = false;
      time_effects = false;
    }
    eq->effects += present[t];
  }
  eq->terms = terms->k;
  eq->k = eq->constants + eq->effects + eq->terms;
  eq->width = eq->k + 1 + further;
  eq->column = NEW_ARRAY(run, const double *, eq->width);
  eq->dummy = NEW_ARRAY(run, int, eq->width);
  eq->name = NEW_ARRAY(run, const char *, eq->width);
  eq->base = NEW_ARRAY(run, const double *, eq->bases);
  eq->group = NEW_ARRAY(run, const char *, model->instrument_sets + 1);
  eq->kept = NEW_ARRAY(run, bool, eq->k);
  if (run_failed(run)) return;
  int at = 0, base = 0;
  if (eq->constants) {
    eq->name[at] = "(Intercept)";
    eq->dummy[at] = -1;
    add_iv(eq, -1, at++, INSTRUMENT_LEVEL);
  }
  for (int t = 0; t < eq->periods; t++) {
    if (!present[t]) continue;
    eq->name[at] = "";
    eq->dummy[at] = t;
    add_iv(eq, -1, at++, eq->system ? INSTRUMENT_LEVEL : INSTRUMENT_TRANSFORMED);
  }
  for (int j = 0; j < terms->k; j++, at++) {
    eq->name[at] = terms->name[j];
    eq->column[at] = terms->column[j];
  }
  eq->column[at++] = job_number(job, model->outcome);
  bool any_iv = false;
  for (int s = 0; s < model->instrument_sets && !run_failed(run); s++) {
    const InstrumentSet *set = &model->instrument_set[s];
    eq->group[s] = set->name;
    any_iv |= !set->gmm;
    for (int j = 0; j < design[s].k; j++) {
      if (set->gmm) {
        eq->base[base] = design[s].column[j];
        add_gmm(eq, set, s, base++);
      } else {
        eq->column[at] = design[s].column[j];
        add_iv(eq, s, at++, set->equation);
      }
    }
  }
  eq->groups = model->instrument_sets;
  if (any_iv) return;
  Text own = {.run = run};
  for (int j = 0; j < terms->k && !run_failed(run); j++) {
    if (made_of(model, &model->term[terms->term[j]])) continue;
    text_format(&own, "%s%s", own.length ? "+" : "iv(", terms->name[j]);
    add_iv(eq, eq->groups, eq->constants + eq->effects + j, INSTRUMENT_BOTH);
  }
  if (!own.length || run_failed(run)) return;
  text_add(&own, ")");
  eq->group[eq->groups++] = own.data;
}

/* ------------------------------------------------------------------------------------------------ one unit */

GmmUnit *gmm_unit_new(const GmmEquations *eq) {
  Run *run = eq->job->run;
  GmmUnit *unit = NEW(run, GmmUnit);
  if (!unit) return NULL;
  size_t t = (size_t)eq->periods, rows = 2 * t, width = (size_t)eq->width, most = 0;
  for (int s = 0; s < eq->sources; s++) most += eq->source[s].gmm ? (size_t)(eq->source[s].high - eq->source[s].low + 1) : 1;
  unit->period = NEW_ARRAY(run, int, rows);
  unit->x = NEW_ARRAY(run, double, rows * width);
  unit->first = NEW_ARRAY(run, int64_t, rows + 1);
  unit->column = NEW_ARRAY(run, int, rows * most);
  unit->z = NEW_ARRAY(run, double, rows * most);
  unit->value = NEW_ARRAY(run, double, t * width);
  unit->complete = NEW_ARRAY(run, bool, t);
  unit->inside = NEW_ARRAY(run, bool, t);
  unit->base = NEW_ARRAY(run, double, t * (size_t)(eq->bases + 1));
  unit->sum = NEW_ARRAY(run, double, width);
  return run_failed(run) ? NULL : unit;
}

static void read_unit(const GmmEquations *eq, int32_t u, GmmUnit *out) {
  size_t periods = (size_t)eq->periods, width = (size_t)eq->width;
  memset(out->complete, 0, periods * sizeof *out->complete);
  memset(out->inside, 0, periods * sizeof *out->inside);
  for (size_t i = 0; i < periods * (size_t)eq->bases; i++) out->base[i] = NAN;
  for (int64_t i = eq->series.first[u]; i < eq->series.first[u + 1]; i++) {
    int64_t row = eq->series.row[i];
    double time = eq->series.time[row] - eq->first_time;
    if (!(time >= 0 && time < eq->periods)) continue;
    size_t t = (size_t)time;
    for (size_t b = 0; b < (size_t)eq->bases; b++) out->base[b * periods + t] = eq->base[b][row];
    out->complete[t] = eq->complete[row];
    out->inside[t] = eq->complete[row] && holds(eq->job, row);
    double *value = out->value + t * width;
    for (size_t j = 0; out->complete[t] && j < width; j++) value[j] = eq->column[j] ? eq->column[j][row] : eq->dummy[j] < 0 || eq->dummy[j] == (int)t;
  }
}

/* Adds a row; false where an iv() that this kind of equation has is missing (4). */
static bool add_equation(const GmmEquations *eq, GmmUnit *out, int period, bool level, double scale, const double *value, double share, const double *other) {
  double *x = out->x + (size_t)out->rows * (size_t)eq->width;
  for (int j = 0; j < eq->width; j++) x[j] = other ? scale * (value[j] - share * other[j]) : value[j];
  for (int s = 0; s < eq->sources; s++) {
    const GmmSource *source = &eq->source[s];
    if (!source->gmm && (level ? source->level : source->transformed) && isnan(x[source->variable])) return false;
  }
  out->period[out->rows++] = period;
  out->transformed += !level;
  return true;
}

static void make_rows(const GmmEquations *eq, GmmUnit *out) {
  size_t width = (size_t)eq->width;
  out->rows = out->transformed = 0;
  if (eq->transform == GMM_DIFFERENCE) {
    for (int t = 1; t < eq->periods; t++)
      if (out->inside[t] && out->complete[t - 1]) add_equation(eq, out, t, false, 1, out->value + (size_t)t * width, 1, out->value + (size_t)(t - 1) * width);
  } else {
    int later = 0;
    memset(out->sum, 0, width * sizeof *out->sum);
    for (int t = eq->periods - 1; t >= 0; t--) {
      if (!out->complete[t]) continue;
      const double *value = out->value + (size_t)t * width;
      if (later && out->inside[t]) add_equation(eq, out, t + 1, false, sqrt(later / (later + 1.0)), value, 1.0 / later, out->sum);
      for (size_t j = 0; j < width; j++) out->sum[j] += value[j];
      later++;
    }
  }
  for (int t = 0; eq->system && t < eq->periods; t++)
    if (out->inside[t]) add_equation(eq, out, t, true, 1, out->value + (size_t)t * width, 0, NULL);
}

static void make_instruments(const GmmEquations *eq, GmmUnit *out) {
  int64_t at = 0;
  for (int row = 0; row < out->rows; row++) {
    bool level = row >= out->transformed;
    int t = out->period[row];
    out->first[row] = at;
    for (int s = 0; s < eq->sources; s++) {
      const GmmSource *source = &eq->source[s];
      if (level ? !source->level : !source->transformed) continue;
      int lags = source->gmm ? source->high - source->low + 1 : 1;
      const double *base = source->gmm ? out->base + (size_t)source->variable * (size_t)eq->periods : NULL;
      for (int l = 0; l < lags; l++) {
        int from = t - source->low - l;
        double z = !source->gmm ? out->x[(size_t)row * (size_t)eq->width + (size_t)source->variable] : from < 0 || from >= eq->periods ? 0 : base[from];
        if (source->difference) z = from < 1 || from >= eq->periods ? 0 : z - base[from - 1];
        if (isnan(z) || z == 0) continue;
        int *column = &source->column[source->gmm && !source->collapse ? t * lags + l : l];
        if (eq->instruments < 0) *column = 0; /* only looking which there are */
        out->column[at] = *column;
        out->z[at++] = z;
      }
    }
  }
  out->first[out->rows] = at;
}

bool gmm_unit(const GmmEquations *eq, int32_t u, GmmUnit *out) {
  if (!eq->taken[u] || run_failed(eq->job->run)) return false;
  read_unit(eq, u, out);
  make_rows(eq, out);
  make_instruments(eq, out);
  uint64_t work = (uint64_t)(out->rows + eq->periods) * (uint64_t)(eq->width + eq->bases) + (uint64_t)out->first[out->rows];
  return run_poll(eq->job->run, 4 * work) && out->rows > 0;
}

/* ------------------------------------------------------------------------------------------------ a first look at all */

/* The triangle of all rows so far, and rows that wait below it. */
typedef struct Triangle {
  Run *run;
  int k, rows, most;
  double *row;       /* most x k, row by row; the first k are the triangle */
  double *work, *r;
} Triangle;

static void fold(Triangle *triangle) {
  int k = triangle->k, m = triangle->rows;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < k; j++) triangle->work[(size_t)i + (size_t)j * (size_t)m] = triangle->row[(size_t)i * (size_t)k + (size_t)j];
  dense_qr_r(triangle->run, m, k, triangle->work, triangle->r);
  if (run_failed(triangle->run)) return;
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++) triangle->row[i * k + j] = triangle->r[(size_t)i + (size_t)j * (size_t)k];
  triangle->rows = k;
}

static void find_collinear(GmmEquations *eq, Triangle *triangle, const double *norm) {
  Run *run = eq->job->run;
  int k = eq->k;
  if (triangle->rows > k) fold(triangle);
  double **column = NEW_ARRAY(run, double *, k + 1);
  double *zero = NEW_ARRAY(run, double, k), *scale = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) {
    column[j] = triangle->r + (size_t)j * (size_t)k;
    scale[j] = sqrt(norm[j]);
  }
  LeastSquares ls;
  least_squares(run, k, k, column, zero, NULL, scale, NULL, &ls);
  if (run_failed(run)) return;
  for (int j = 0; j < k; j++) {
    eq->kept[j] = !ls.dropped[j];
    eq->kept_count += eq->kept[j];
  }
}

static void number_instruments(GmmEquations *eq) {
  Run *run = eq->job->run;
  int count = 0;
  for (int s = 0; s < eq->sources; s++) {
    GmmSource *source = &eq->source[s];
    int places = !source->gmm ? 1 : (source->high - source->low + 1) * (source->collapse ? 1 : eq->periods);
    for (int i = 0; i < places; i++)
      if (source->column[i] == 0) source->column[i] = count++;
  }
  if (count > GMM_MOST_INSTRUMENTS)
    run_fail(run, "there are %d instruments, at most %d are taken; fewer lags, gmm(x, 2:4), or collapse=1 make fewer", count, GMM_MOST_INSTRUMENTS);
  eq->instruments = count;
}

static void look_at_all(GmmEquations *eq) {
  Run *run = eq->job->run;
  Ledger *ledger = &eq->job->frame->ledger;
  int k = eq->k, width = eq->width;
  GmmUnit *unit = gmm_unit_new(eq);
  Triangle triangle = {.run = run, .k = k, .rows = 0, .most = 5 * k + 256};
  triangle.row = NEW_ARRAY(run, double, (size_t)triangle.most * (size_t)k);
  triangle.work = NEW_ARRAY(run, double, (size_t)triangle.most * (size_t)k);
  triangle.r = NEW_ARRAY(run, double, (size_t)k * (size_t)k);
  double *norm = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return;
  triangle.rows = k;
  eq->instruments = -1;
  eq->shortest = INT_MAX;
  for (int32_t u = 0; u < eq->series.units && !run_failed(run); u++) {
    if (!gmm_unit(eq, u, unit)) continue;
    int level = unit->rows - unit->transformed, counted = eq->system ? level : unit->transformed;
    eq->units++;
    eq->rows_transformed += unit->transformed;
    eq->rows_level += level;
    if (counted < eq->shortest) eq->shortest = counted;
    if (counted > eq->longest) eq->longest = counted;
    for (int t = 0; t < eq->periods; t++)
      for (int j = 0; unit->complete[t] && j < k; j++) norm[j] += unit->value[t * width + j] * unit->value[t * width + j];
    for (int row = 0; row < unit->rows && !run_failed(run); row++) {
      memcpy(triangle.row + (size_t)triangle.rows++ * (size_t)k, unit->x + (size_t)row * (size_t)width, (size_t)k * sizeof *triangle.row);
      if (triangle.rows == triangle.most) fold(&triangle);
    }
    run_poll(run, (uint64_t)unit->rows * (uint64_t)k * (uint64_t)k);
  }
  if (run_failed(run)) return;
  ledger->used = eq->system ? eq->rows_level : eq->rows_transformed;
  ledger->other = eq->job->frame->rows - ledger->where_excluded - ledger->null - ledger->used;
  if (ledger->other) ledger->other_why = "without an equation, as a unit's first row in differences";
  if (eq->rows_transformed == 0) {
    run_fail(run, "no unit has two complete rows%s: there is nothing to take its effect out of; of %lld rows %lld are outside where=, %lld lack a regressor, its lags, or the outcome%s",
             eq->transform == GMM_DIFFERENCE ? ", one period apart" : "", (long long)ledger->read, (long long)ledger->where_excluded, (long long)ledger->null, step_hint(eq));
    return;
  }
  number_instruments(eq);
  if (!run_failed(run)) find_collinear(eq, &triangle, norm);
}

/* ------------------------------------------------------------------------------------------------ h (6) */

double *gmm_transform_map(const GmmEquations *eq, GmmTransform transform) {
  int n = eq->periods;
  double *map = NEW_ARRAY(eq->job->run, double, (size_t)n * (size_t)n);
  for (int t = 1; map && t < n; t++) {
    double *row = map + (size_t)t * (size_t)n, later = n - t, scale = transform == GMM_DIFFERENCE ? 1 : sqrt(later / (later + 1));
    row[t - 1] = transform == GMM_DIFFERENCE ? -1 : scale;
    for (int s = t; s < (transform == GMM_DIFFERENCE ? t + 1 : n); s++) row[s] = transform == GMM_DIFFERENCE ? 1 : -scale / later;
  }
  return map;
}

static void make_h(GmmEquations *eq) {
  Run *run = eq->job->run;
  int n = eq->periods, order = eq->system ? 2 * n : n;
  eq->h_order = order;
  double *map = gmm_transform_map(eq, eq->transform), *full = NEW_ARRAY(run, double, (size_t)n * (size_t)order);
  eq->h = NEW_ARRAY(run, double, (size_t)order * (size_t)order);
  if (run_failed(run)) return;
  memcpy(full, map, (size_t)n * (size_t)n * sizeof *full);
  for (int t = 0; eq->system && t < n; t++) full[(size_t)(n + t) * (size_t)n + (size_t)t] = 1;
  if (eq->weighting > 1) dense_multiply(true, false, order, order, n, 1, full, n, full, n, 0, eq->h, order);
  for (int i = 0; i < order; i++)
    for (int j = 0; j < order; j++) {
      double *h = &eq->h[(size_t)i + (size_t)j * (size_t)order];
      if (eq->weighting == 1) *h = i == j;
      if (eq->weighting == 2 && (i < n) != (j < n)) *h = 0;
      if (fabs(*h) < 1e-14) *h = 0;
    }
}

void gmm_equations(Job *job, GmmEquations *eq) {
  Run *run = job->run;
  const Model *model = job->model;
  *eq = (GmmEquations){.job = job, .transform = (GmmTransform)option_integer(job, "transform"), .system = option_integer(job, "system") != 0,
                       .weighting = 1 + (int)option_integer(job, "weighting")};
  if (!panel_series(job, "a dynamic panel", &eq->series)) return;
  bool *complete = NEW_ARRAY(run, bool, job->frame->rows);
  eq->taken = NEW_ARRAY(run, bool, eq->series.units);
  Design *design = NEW_ARRAY(run, Design, model->instrument_sets + 1), terms;
  if (run_failed(run)) return;
  eq->complete = complete;
  find_complete(job, complete);
  find_sample(eq);
  if (!run_failed(run)) fill_levels(job, complete);
  if (!run_failed(run)) design_build(job, model->terms, model->term, false, true, DESIGN_BORROW, &terms);
  if (run_failed(run)) return;
  if (!terms.k) run_fail(run, "no regressor is left: the terms make no column");
  if (!run_failed(run)) lay_out(eq, &terms, design);
  if (!run_failed(run)) make_h(eq);
  if (!run_failed(run)) look_at_all(eq);
}
