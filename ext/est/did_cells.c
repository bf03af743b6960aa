/* did_cells.c: effects by cohort g and period t, and their averages: what method=imputation, sunab and cs report.
 *
 * 1. A cell is one effect of cohort g in period t, with a weight: treated rows (imputation, sunab) or the cohort's share of the units (cs).
 *    'gt': the cells. 'event': their weighted mean by t - g. 'group': by cohort, t >= g. 'calendar': by period, t >= g. 'att': over all with t >= g.
 * 2. agg= not given: all of these. agg=att: that row. agg=gt: the cells and att. agg=event|group|calendar: its rows and their overall average as att: the plain mean
 *    of the events from 0 on, the mean of the cohorts by their number of units, the plain mean of the periods.
 * 3. Averages are functions of the cells and of the shares; their joint covariance is A V A', A the gradients (delta method). Shares are estimated for cs
 *    (Callaway and Sant'Anna 2021, section 4) and given for the others. Cells that could not be estimated are in no average.
 * 4. A reference (zero by construction) is a row without error and not a term. An effect whose variance is zero, one unit against one, has no error either.
 * 5. pretrend: joint Wald test of the event effects (sunab, F) or cells (cs, chi2) before treatment but the reference.
 * 6. Treated in the first period: no effect of theirs is identified; their rows are dropped, counted as other. Without never treated units sunab
 *    takes the last cohort as the control, in the periods before it is treated; the later rows are dropped too (Sun and Abraham 2021, section 4). */
#include "did_modern.h"

/* ---- rows */

static void drop_rows(Job *job, const bool *keep, int64_t dropped, const char *why) {
  job->frame->ledger.other += dropped;
  job->frame->ledger.other_why = job->frame->ledger.other_why ? run_format(job->run, "%s; %s", job->frame->ledger.other_why, why) : why;
  frame_keep(job->run, job->frame, keep);
}

void did_modern_sample(Job *job, Sample *sample, Treatment *treatment, bool last_is_control) {
  Run *run = job->run;
  int32_t always = 0;
  bool first_pass = true, later_gone = false;
  for (;;) {
    sample_build(job, sample);
    if (!run_failed(run)) treatment_build(job, treatment, true);
    bool *keep = NEW_ARRAY(run, bool, job->frame->rows);
    if (run_failed(run)) return;
    int64_t dropped = 0;
    double last_cohort = -INFINITY;
    for (int64_t row = 0; row < treatment->n; row++) {
      keep[row] = !(treatment->cohort[row] <= treatment->first);
      dropped += !keep[row];
      if (!isnan(treatment->cohort[row]) && treatment->cohort[row] > last_cohort) last_cohort = treatment->cohort[row];
    }
    if (dropped) {
      always += treatment->always_treated;
      if (dropped == treatment->n || treatment->always_treated == treatment->treated_units) {
        run_fail(run, "all treated units are treated from the first period (%.15g) on: there is no period before treatment", treatment->first);
        return;
      }
      drop_rows(job, keep, dropped, first_pass ? "treated in the first period" : "treated in the first period that is left");
      first_pass = false;
      continue;
    }
    if (last_is_control && !later_gone && treatment->treated_units == treatment->units) {
      for (int64_t row = 0; row < treatment->n; row++) {
        keep[row] = treatment->time[row] < last_cohort;
        dropped += !keep[row];
      }
      bool earlier = false;
      for (int64_t row = 0; row < treatment->n; row++) earlier |= treatment->cohort[row] < last_cohort;
      if (!earlier) {
        treatment_absorbed(job, treatment);
        return;
      }
      drop_rows(job, keep, dropped, "periods in which the last cohort, the control, is treated");
      later_gone = true;
      continue;
    }
    treatment->always_treated = always;
    return;
  }
}

static int place(int count, const double *sorted, double value) {
  int low = 0, high = count - 1;
  while (low < high) {
    int middle = (low + high) / 2;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

static int distinct(Run *run, int64_t n, const double *value, double **out) {
  Levels *levels = levels_new(run);
  for (int64_t row = 0; row < n && !run_failed(run); row++)
    if (!isnan(value[row])) levels_real(levels, value[row]);
  if (run_failed(run)) return 0;
  int count = levels_count(levels);
  *out = NEW_ARRAY(run, double, count);
  if (run_failed(run)) return 0;
  for (int32_t code = 0; code < count; code++) (*out)[code] = levels_number(levels, code);
  sort_numbers(run, count, *out);
  return count;
}

void did_grid(Job *job, const Treatment *treatment, DidGrid *grid) {
  Run *run = job->run;
  int64_t n = treatment->n;
  memset(grid, 0, sizeof *grid);
  grid->cohorts = distinct(run, n, treatment->cohort, &grid->cohort);
  grid->periods = distinct(run, n, treatment->time, &grid->period);
  grid->row_cohort = NEW_ARRAY(run, int32_t, n);
  grid->row_period = NEW_ARRAY(run, int32_t, n);
  if (run_failed(run)) return;
  if ((double)grid->cohorts * grid->periods > 5000) {
    run_fail(run, "%d cohorts and %d periods are too many effects; coarser cohorts or periods, please", grid->cohorts, grid->periods);
    return;
  }
  for (int64_t row = 0; row < n; row++) {
    grid->row_cohort[row] = isnan(treatment->cohort[row]) ? -1 : place(grid->cohorts, grid->cohort, treatment->cohort[row]);
    grid->row_period[row] = place(grid->periods, grid->period, treatment->time[row]);
  }
}

bool did_clusters(Job *job, const Sample *sample, const Treatment *treatment) {
  Run *run = job->run;
  if (sample->vcov_kind != VCOV_CLUSTER || sample->clusters != 1) {
    run_fail(run, "method=%s has errors clustered by one variable, such as vcov=cluster(%s); vcov=%s is not among them", option_value(job, "method")->text,
             job->model->variable[job->model->unit].name, sample->vcov_text);
    return false;
  }
  Effect unit = {.code = treatment->unit, .levels = treatment->units, .intercept = true};
  if (!effect_nested_in(run, sample->n, &unit, sample->cluster[0]) && !run_failed(run))
    run_fail(run, "method=%s: vcov=%s must not divide the rows of a unit (%s): cluster by the unit or by groups of units", option_value(job, "method")->text, sample->vcov_text,
             job->model->variable[job->model->unit].name);
  return !run_failed(run);
}

double *did_score_vcov(Run *run, int32_t clusters, int columns, const double *score) {
  double *vcov = NEW_ARRAY(run, double, (size_t)columns * (size_t)columns);
  if (run_failed(run)) return NULL;
  for (int32_t c = 0; c < clusters; c++) {
    const double *s = score + (int64_t)c * columns;
    for (int i = 0; i < columns; i++) {
      if (s[i] == 0) continue;
      for (int j = 0; j < columns; j++) vcov[i * columns + j] += s[i] * s[j];
    }
    if (!run_poll(run, (uint64_t)columns * (uint64_t)columns)) return NULL;
  }
  return vcov;
}

/* ---- averages */

typedef enum EffectKind { ATT, EVENT, GROUP, CALENDAR, GT, EXTRA } EffectKind;
static const char *const KIND_WORD[] = {"att", "event", "group", "calendar", "gt", NULL};

typedef struct DidEffect {
  EffectKind kind;
  double cohort, time, event_time, estimate;
  bool reference;
  const char *name;
  double *gradient; /* width */
} DidEffect;

typedef struct Report {
  Job *job;
  const DidCells *cells;
  int count, capacity;
  DidEffect *effect;
} Report;

static DidEffect *new_effect(Report *report, EffectKind kind, double cohort, double time, double event_time) {
  Run *run = report->job->run;
  assert(report->count < report->capacity);
  DidEffect *effect = &report->effect[report->count];
  *effect = (DidEffect){.kind = kind, .cohort = cohort, .time = time, .event_time = event_time, .estimate = NAN};
  effect->gradient = NEW_ARRAY(run, double, report->cells->width);
  if (run_failed(run)) return NULL;
  effect->name = kind == ATT      ? "att"
                 : kind == EVENT  ? run_format(run, "event_time::%.15g", event_time)
                 : kind == GROUP  ? run_format(run, "cohort::%.15g", cohort)
                 : kind == GT     ? run_format(run, "cohort::%.15g:time::%.15g", cohort, time)
                                  : run_format(run, "time::%.15g", time);
  report->count++;
  return run_failed(run) ? NULL : effect;
}

static bool belongs(const DidCells *cells, const DidCell *cell, EffectKind kind, double key) {
  if (isnan(cell->estimate)) return false;
  if (kind == EVENT) return cell->event_time == key;
  if (!(cell->event_time >= 0)) return false;
  return kind == ATT || (kind == GROUP && cells->grid->cohort[cell->cohort] == key) || (kind == CALENDAR && cell->time == key);
}

/* Rules 1 and 3: nothing where no cell belongs. */
static void weighted_mean(Report *report, EffectKind kind, double key) {
  const DidCells *cells = report->cells;
  double total = 0, sum = 0;
  bool reference = true;
  for (int c = 0; c < cells->count; c++)
    if (belongs(cells, &cells->cell[c], kind, key)) {
      total += cells->cell[c].weight;
      sum += cells->cell[c].weight * cells->cell[c].estimate;
      reference &= cells->cell[c].reference;
    }
  if (!(total > 0)) return;
  DidEffect *effect = new_effect(report, kind, kind == GROUP ? key : NAN, kind == CALENDAR ? key : NAN, kind == EVENT ? key : NAN);
  if (!effect) return;
  effect->estimate = sum / total;
  effect->reference = reference;
  for (int c = 0; c < cells->count; c++)
    if (belongs(cells, &cells->cell[c], kind, key)) {
      effect->gradient[c] = cells->cell[c].weight / total;
      effect->gradient[cells->count + cells->cell[c].cohort] += (cells->cell[c].estimate - effect->estimate) / total;
    }
}

/* Rule 2: the mean of the effects of one kind, which stand from first on. */
static void overall(Report *report, EffectKind kind, int first) {
  const DidCells *cells = report->cells;
  const DidGrid *grid = cells->grid;
  int last = report->count;
  double total = 0, sum = 0;
  for (int pass = 0; pass < 2; pass++) {
    DidEffect *att = NULL;
    if (pass) {
      if (!(total > 0) || !(att = new_effect(report, ATT, NAN, NAN, NAN))) return;
      att->estimate = sum / total;
    }
    for (int e = first; e < last; e++) {
      const DidEffect *effect = &report->effect[e];
      if (effect->kind != kind || (kind == EVENT && !(effect->event_time >= 0))) continue;
      int cohort = kind == GROUP ? place(grid->cohorts, grid->cohort, effect->cohort) : 0;
      double weight = kind == GROUP ? cells->share[cohort] : 1;
      if (!pass) {
        total += weight;
        sum += weight * effect->estimate;
        continue;
      }
      for (int i = 0; i < cells->width; i++) att->gradient[i] += weight / total * effect->gradient[i];
      if (kind == GROUP) att->gradient[cells->count + cohort] += (effect->estimate - att->estimate) / total;
    }
  }
}

static void list_effects(Report *report) {
  Job *job = report->job;
  Run *run = job->run;
  const DidCells *cells = report->cells;
  const DidGrid *grid = cells->grid;
  bool all = !option_given(job, "agg"), only_att = !all && option_is(job, "agg", "att"), gt = all || option_is(job, "agg", "gt");
  bool event = all || option_is(job, "agg", "event"), group = all || option_is(job, "agg", "group"), calendar = all || option_is(job, "agg", "calendar");
  double *since = NEW_ARRAY(run, double, cells->count), *events = NULL;
  if (run_failed(run)) return;
  for (int c = 0; c < cells->count; c++) since[c] = cells->cell[c].event_time;
  int event_count = distinct(run, cells->count, since, &events);
  report->capacity = 2 + event_count + grid->cohorts + grid->periods + cells->count + cells->extras;
  report->effect = NEW_ARRAY(run, DidEffect, report->capacity);
  if (run_failed(run)) return;
  if (all || only_att || option_is(job, "agg", "gt")) weighted_mean(report, ATT, NAN);
  int first = report->count;
  for (int e = 0; event && e < event_count && !run_failed(run); e++) weighted_mean(report, EVENT, events[e]);
  for (int g = 0; group && g < grid->cohorts && !run_failed(run); g++) weighted_mean(report, GROUP, grid->cohort[g]);
  for (int t = 0; calendar && t < grid->periods && !run_failed(run); t++) weighted_mean(report, CALENDAR, grid->period[t]);
  if (!all && !gt && !only_att && !run_failed(run)) overall(report, event ? EVENT : group ? GROUP : CALENDAR, first);
  int *at = NEW_ARRAY(run, int, gt ? grid->cohorts * grid->periods : 0); /* by cohort, then period */
  if (run_failed(run)) return;
  for (int c = 0; gt && c < cells->count; c++) at[cells->cell[c].cohort * grid->periods + place(grid->periods, grid->period, cells->cell[c].time)] = c + 1;
  for (int i = 0; gt && i < grid->cohorts * grid->periods && !run_failed(run); i++) {
    int c = at[i] - 1;
    if (c < 0) continue;
    const DidCell *cell = &cells->cell[c];
    DidEffect *effect = new_effect(report, GT, grid->cohort[cell->cohort], cell->time, cell->event_time);
    if (!effect) return;
    effect->estimate = cell->estimate;
    effect->reference = cell->reference;
    effect->gradient[c] = 1;
  }
  for (int x = 0; x < cells->extras && !run_failed(run); x++) {
    DidEffect *effect = new_effect(report, EXTRA, NAN, NAN, NAN);
    if (!effect) return;
    effect->name = cells->extra_name[x];
    effect->estimate = cells->extra[x];
    effect->gradient[cells->count + grid->cohorts + x] = 1;
  }
}

/* A V A' over the effects listed. */
static double *effect_vcov(Run *run, int width, const double *vcov, int count, DidEffect *const *effect) {
  double *out = NEW_ARRAY(run, double, (size_t)count * (size_t)count), *image = NEW_ARRAY(run, double, width);
  if (run_failed(run)) return NULL;
  for (int i = 0; i < count; i++) {
    memset(image, 0, (size_t)width * sizeof *image);
    for (int a = 0; a < width; a++)
      if (effect[i]->gradient[a] != 0)
        for (int b = 0; b < width; b++) image[b] += effect[i]->gradient[a] * vcov[(int64_t)a * width + b];
    for (int j = 0; j < count; j++) {
      double sum = 0;
      for (int b = 0; b < width; b++)
        if (effect[j]->gradient[b] != 0) sum += effect[j]->gradient[b] * image[b];
      out[i * count + j] = isnan(effect[i]->estimate) || isnan(effect[j]->estimate) ? NAN : sum;
    }
    if (!run_poll(run, (uint64_t)width * (uint64_t)(width + count))) return NULL;
  }
  return out;
}

/* ---- what is shown */

static void cell_whole(Cell *cell, double value) {
  if (value == floor(value)) cell_integer(cell, (int64_t)value);
  else cell_number(cell, value);
}

static void show(Report *report) {
  Job *job = report->job;
  const Fit *fit = &job->result->fit;
  int effect_column = result_column(job, "effect"), estimate_column = result_column(job, "estimate");
  int cohort_column = result_column(job, "cohort"), time_column = result_column(job, "time"), event_column = result_column(job, "event_time");
  int t = 0;
  for (int e = 0; job->want_table && e < report->count; e++) {
    const DidEffect *effect = &report->effect[e];
    const FitTerm *term = effect->reference ? NULL : &fit->term[t++];
    if (effect->kind == EXTRA) continue;
    Cell *row = result_add_row(job->result);
    if (!row) return;
    cell_text(&row[effect_column], KIND_WORD[effect->kind]);
    cell_whole(&row[cohort_column], effect->cohort);
    cell_whole(&row[time_column], effect->time);
    cell_whole(&row[event_column], effect->event_time);
    cell_number(&row[estimate_column], effect->estimate);
    if (!term) continue;
    const double numbers[] = {term->estimate, term->std_error, term->statistic, term->p_value, term->conf_low, term->conf_high};
    for (int i = 0; i < 6; i++) cell_number(&row[estimate_column + i], numbers[i]);
  }
}

/* Rule 5. A report of its own: the rows may not show what is tested. */
static void pretrend(Job *job, const DidCells *cells) {
  Run *run = job->run;
  Report report = {.job = job, .cells = cells};
  double *since = NEW_ARRAY(run, double, cells->count), *events = NULL;
  if (cells->pretrend == PRETREND_NONE || run_failed(run)) return;
  for (int c = 0; c < cells->count; c++) since[c] = cells->cell[c].event_time;
  int event_count = distinct(run, cells->count, since, &events), kept = 0, df = 0;
  report.capacity = cells->count + event_count;
  report.effect = NEW_ARRAY(run, DidEffect, report.capacity);
  if (run_failed(run)) return;
  if (cells->pretrend == PRETREND_EVENTS)
    for (int e = 0; e < event_count && events[e] < 0 && !run_failed(run); e++) weighted_mean(&report, EVENT, events[e]);
  else
    for (int c = 0; c < cells->count && !run_failed(run); c++) {
      const DidCell *cell = &cells->cell[c];
      if (!(cell->event_time < 0) || cell->reference || isnan(cell->estimate)) continue;
      DidEffect *effect = new_effect(&report, GT, cells->grid->cohort[cell->cohort], cell->time, cell->event_time);
      if (!effect) return;
      effect->estimate = cell->estimate;
      effect->gradient[c] = 1;
    }
  DidEffect **tested = NEW_ARRAY(run, DidEffect *, report.capacity);
  double *estimate = NEW_ARRAY(run, double, report.capacity);
  int *position = NEW_ARRAY(run, int, report.capacity);
  if (run_failed(run)) return;
  for (int e = 0; e < report.count; e++)
    if (!report.effect[e].reference) {
      position[kept] = kept;
      estimate[kept] = report.effect[e].estimate;
      tested[kept++] = &report.effect[e];
    }
  double *vcov = kept ? effect_vcov(run, cells->width, cells->vcov, kept, tested) : NULL;
  if (!vcov || run_failed(run)) return;
  double wald = wald_statistic(run, kept, estimate, vcov, kept, position, &df);
  if (run_failed(run) || df < 1) return;
  const char *h0 = "all effects before treatment (but the reference) are zero";
  bool chi2 = isinf(cells->df);
  FitTest *test = fit_add_test(&job->result->fit, "pretrend", NULL, h0, chi2 ? wald : wald / df, df, chi2 ? NAN : cells->df, chi2 ? chi2_upper(wald, df) : f_upper(wald / df, df, cells->df));
  if (test && df < kept) test->note = "the covariance of the leads has less than full rank: df1 counts its rank";
}

void did_report(Job *job, const char *vcov_text, const DidCells *cells) {
  Run *run = job->run;
  Fit *fit = &job->result->fit;
  double level = regression_level(job);
  Report report = {.job = job, .cells = cells};
  if (!run_failed(run)) list_effects(&report);
  DidEffect **term_of = NEW_ARRAY(run, DidEffect *, report.count);
  if (run_failed(run)) return;
  int terms = 0;
  for (int e = 0; e < report.count; e++)
    if (!report.effect[e].reference) term_of[terms++] = &report.effect[e];
  double *vcov = effect_vcov(run, cells->width, cells->vcov, terms, term_of);
  if (run_failed(run)) return;
  for (int t = 0; t < terms; t++) {
    const DidEffect *effect = term_of[t];
    FitTerm *term = fit_add_term(fit, effect->name);
    if (!term) return;
    double variance = vcov[t * terms + t];
    bool known = variance > 1e-14 * effect->estimate * effect->estimate; /* one unit against one leaves nothing to tell an error from: NULL, not 0 */
    term_inference(term, effect->estimate, known ? sqrt(variance) : NAN, cells->df, level);
    if (effect->kind == EXTRA) continue;
    fit_term_word(fit, term, "effect", KIND_WORD[effect->kind]);
    if (!isnan(effect->cohort)) fit_term_number(fit, term, "cohort", effect->cohort);
    if (!isnan(effect->time)) fit_term_number(fit, term, "time", effect->time);
    if (!isnan(effect->event_time)) fit_term_number(fit, term, "event_time", effect->event_time);
  }
  fit->vcov = vcov;
  fit->vcov_terms = terms;
  fit->vcov_type = vcov_text;
  pretrend(job, cells);
  if (!run_failed(run)) show(&report);
}
