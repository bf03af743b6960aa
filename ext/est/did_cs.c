/* did_cs.c: the group-time effects of Callaway and Sant'Anna, for staggered adoption.
 *
 * 1. ATT(g,t) compares the change of y from a base period b to t of cohort g with that of controls: control=never (never treated) or notyet (also units first treated after
 *    max(b, t) + anticipation). base=varying: for t >= g the last period with b + anticipation < g, for t < g the period before t; base=universal: the former for all t,
 *    and the cell b itself is the reference. A comparison takes the units that have rows in both periods, covariates and weights from the earlier of the two.
 * 2. est=dr (Sant'Anna and Zhao 2020, the traditional one: logit by maximum likelihood, least squares on the controls), ipw (normalised weights), reg (outcome regression). Without
 *    covariates they are the same. X has an intercept. Effects of the formula only name the panel.
 * 3. Each ATT has an influence function over units, divided by the number of units of its comparison, with the parts of both nuisance models. Shares of
 *    cohorts among all units have theirs. Covariance: sum over clusters of products of sums; no small-sample factor; normal.
 * 4. No cell: no base period, no unit of the cohort or no control in both periods. Where all units are treated at some time the last cohort is a control only, and has no cells before its
 *    treatment either (section 2.1: it is not among the cohorts; did does the same). NULL: a covariate is collinear in the comparison, or predicts treatment (a score above 0.999):
 *    counted in cells_not_estimated.
 * Reference: Callaway and Sant'Anna (2021), sections 2-4; Sant'Anna and Zhao (2020), section 3. */
#include "did_modern.h"

typedef struct Comparison {
  Job *job;
  const Sample *sample;
  const Treatment *treatment;
  const DidGrid *grid;
  Design design;
  int k;                  /* covariates and the intercept */
  bool outcome_model, score_model;
  const double *y;
  int64_t *row_of;        /* unit x period: row, or -1 */
  int *cohort_of;         /* of each unit; -1: never */
  /* the comparison: n units */
  int64_t n;
  int32_t *unit;
  double *change, *weight, *x, *mean, *score, *influence, *v, *scale; /* x: n x k, row-major */
  bool *treated;
} Comparison;

/* X'diag(v)X / n, inverted in place; false if singular. */
static bool inverse_moment(Comparison *c, const double *v, double *moment) {
  int k = c->k;
  memset(moment, 0, (size_t)k * (size_t)k * sizeof *moment);
  for (int64_t i = 0; i < c->n; i++) {
    if (v[i] == 0) continue;
    const double *x = c->x + i * k;
    for (int a = 0; a < k; a++)
      for (int b = 0; b < k; b++) moment[a * k + b] += v[i] * x[a] * x[b] / (double)c->n;
  }
  double *scale = c->scale;
  for (int a = 0; a < k; a++) scale[a] = moment[a * k + a];
  if (!dense_cholesky(c->job->run, k, moment)) return false;
  for (int a = 0; a < k; a++)
    if (moment[a * k + a] * moment[a * k + a] < 1e-11 * scale[a]) return false;
  return dense_cholesky_inverse(c->job->run, k, moment);
}

static double dot(int k, const double *a, const double *b) {
  double sum = 0;
  for (int j = 0; j < k; j++) sum += a[j] * b[j];
  return sum;
}

/* Least squares of the change on X among the controls; moment: its bread. */
static bool fit_outcome(Comparison *c, double *moment) {
  Run *run = c->job->run;
  double *v = c->v;
  int k = c->k;
  double *right = NEW_ARRAY(run, double, k), *beta = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return false;
  for (int64_t i = 0; i < c->n; i++) v[i] = c->treated[i] ? 0 : c->weight[i];
  if (!inverse_moment(c, v, moment)) return false;
  for (int refine = 0; refine < 2; refine++) { /* the second step takes off what the normal equations lost */
    memset(right, 0, (size_t)k * sizeof *right);
    for (int64_t i = 0; i < c->n; i++)
      for (int a = 0; a < k; a++) right[a] += v[i] * (c->change[i] - c->mean[i]) * c->x[i * k + a] / (double)c->n;
    for (int a = 0; a < k; a++) beta[a] = dot(k, moment + a * k, right);
    for (int64_t i = 0; i < c->n; i++) c->mean[i] += dot(k, beta, c->x + i * k);
  }
  return true;
}

/* Logit of treatment on X; moment: the inverse of the information per unit. Started and ended as R's glm is (mu = (wD + 1/2) / (w + 1); a change of the
 * deviance below 1e-8 of it, the information from the step before the last), since did and DRDID take theirs from there: some errors depend on
 * that in the sixth digit. */
static bool fit_score(Comparison *c, double *moment) {
  enum { MOST_STEPS = 50 };
  Run *run = c->job->run;
  double *v = c->v, before = INFINITY;
  int k = c->k;
  double *right = NEW_ARRAY(run, double, k), *gamma = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return false;
  for (int64_t i = 0; i < c->n; i++) c->score[i] = (c->weight[i] * c->treated[i] + 0.5) / (c->weight[i] + 1);
  for (int step = 0; step < MOST_STEPS; step++) {
    memset(right, 0, (size_t)k * sizeof *right);
    for (int64_t i = 0; i < c->n; i++) {
      double p = c->score[i], pull = c->weight[i] * (c->treated[i] - p);
      v[i] = c->weight[i] * p * (1 - p);
      if (step == 0) pull += v[i] * log(p / (1 - p)); /* no coefficients yet */
      for (int a = 0; a < k; a++) right[a] += pull * c->x[i * k + a] / (double)c->n;
    }
    if (!inverse_moment(c, v, moment)) return false;
    double largest = 0, deviance = 0;
    for (int a = 0; a < k; a++) {
      gamma[a] += dot(k, moment + a * k, right);
      largest = fmax(largest, fabs(gamma[a]));
    }
    if (!isfinite(largest)) return false;
    for (int64_t i = 0; i < c->n; i++) {
      double eta = dot(k, gamma, c->x + i * k), own = c->treated[i] ? -eta : eta;
      c->score[i] = 1 / (1 + exp(-eta));
      deviance += 2 * c->weight[i] * (own > 0 ? own + log1p(exp(-own)) : log1p(exp(own)));
    }
    if (fabs(deviance - before) < 1e-8 * (fabs(deviance) + 0.1)) {
      for (int64_t i = 0; i < c->n; i++)
        if (c->score[i] > 0.999) return false;
      return true;
    }
    before = deviance;
    if (!run_poll(run, (uint64_t)c->n * (uint64_t)k * (uint64_t)k)) return false;
  }
  return false;
}

/* Rules 2 and 3. With w1 = wD and w0 = w (1-D) p/(1-p) (reg: no w0): mean of w1 r / mean w1 - mean of w0 r / mean w0, r = change less fit (ipw: no fit). NAN: rule 4. */
static double compare(Comparison *c) {
  Run *run = c->job->run;
  int k = c->k;
  double n = (double)c->n, *ols = NEW_ARRAY(run, double, k * k), *logit = NEW_ARRAY(run, double, k * k);
  double *m1 = NEW_ARRAY(run, double, k), *m2 = NEW_ARRAY(run, double, k), *m3 = NEW_ARRAY(run, double, k), *work = NEW_ARRAY(run, double, 3 * k);
  if (run_failed(run)) return NAN;
  memset(c->mean, 0, (size_t)c->n * sizeof *c->mean);
  if (c->outcome_model && !fit_outcome(c, ols)) return NAN;
  if (c->score_model && !fit_score(c, logit)) return NAN;
  double sum1 = 0, sum0 = 0, effect1 = 0, effect0 = 0;
  for (int64_t i = 0; i < c->n; i++) {
    double rest = c->change[i] - c->mean[i], w = c->weight[i];
    if (c->treated[i]) {
      sum1 += w / n;
      effect1 += w * rest / n;
    } else if (c->score_model) {
      w *= c->score[i] / (1 - c->score[i]);
      sum0 += w / n;
      effect0 += w * rest / n;
    }
  }
  effect1 /= sum1;
  if (c->score_model) effect0 /= sum0;
  for (int64_t i = 0; i < c->n; i++) {
    double rest = c->change[i] - c->mean[i], w = c->weight[i], w0 = c->score_model && !c->treated[i] ? w * c->score[i] / (1 - c->score[i]) : 0;
    for (int a = 0; a < k; a++) {
      double x = c->x[i * k + a];
      if (c->treated[i]) m1[a] += w * x / n;
      m2[a] += w0 * (rest - effect0) * x / n;
      m3[a] += w0 * x / n;
    }
  }
  for (int a = 0; a < k; a++) { /* the nuisance parts as one vector for each model */
    work[a] = dot(k, ols + a * k, m1);
    work[k + a] = dot(k, logit + a * k, m2);
    work[2 * k + a] = dot(k, ols + a * k, m3);
  }
  for (int64_t i = 0; i < c->n; i++) {
    double rest = c->change[i] - c->mean[i], w = c->weight[i];
    const double *x = c->x + i * k;
    double on_treated = c->treated[i] ? w * (rest - effect1) : 0, on_controls = 0;
    double of_outcome = c->outcome_model && !c->treated[i] ? w * rest : 0;
    if (of_outcome != 0) on_treated -= of_outcome * dot(k, x, work);
    if (c->score_model) {
      if (!c->treated[i]) on_controls = w * c->score[i] / (1 - c->score[i]) * (rest - effect0);
      on_controls += w * (c->treated[i] - c->score[i]) * dot(k, x, work + k);
      if (of_outcome != 0) on_controls -= of_outcome * dot(k, x, work + 2 * k);
      on_controls /= sum0;
    }
    c->influence[i] = (on_treated / sum1 - on_controls) / n;
  }
  return effect1 - effect0;
}

/* Centred and scaled covariates of the comparison's earlier period, behind an intercept; constant ones stay and are found collinear. */
static void fill_x(Comparison *c, const int64_t *row) {
  int k = c->k;
  for (int64_t i = 0; i < c->n; i++) c->x[i * k] = 1;
  for (int j = 1; j < k; j++) {
    const double *column = c->design.column[j - 1];
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < c->n; i++) mean += column[row[i]] / (double)c->n;
    for (int64_t i = 0; i < c->n; i++) squares += (column[row[i]] - mean) * (column[row[i]] - mean) / (double)c->n;
    double scale = squares > 1e-24 * mean * mean && squares > 0 ? 1 / sqrt(squares) : 0;
    for (int64_t i = 0; i < c->n; i++) c->x[i * k + j] = (column[row[i]] - mean) * scale;
  }
}

/* Rule 1: the units of cohort g in t against b, and their controls; false where either is missing. */
static bool gather(Comparison *c, int g, int t, int b, int64_t *earlier_row) {
  const DidGrid *grid = c->grid;
  bool never = option_is(c->job, "control", "never");
  double anticipation = option_number(c->job, "anticipation"), until = fmax(grid->period[t], grid->period[b]) + anticipation, weights = 0;
  int64_t treated = 0;
  c->n = 0;
  for (int32_t unit = 0; unit < c->treatment->units; unit++) {
    int cohort = c->cohort_of[unit];
    if (cohort != g && cohort >= 0 && (never || !(grid->cohort[cohort] > until))) continue;
    int64_t now = c->row_of[(int64_t)unit * grid->periods + t], base = c->row_of[(int64_t)unit * grid->periods + b];
    if (now < 0 || base < 0) continue;
    int64_t i = c->n++;
    earlier_row[i] = t < b ? now : base;
    c->unit[i] = unit;
    c->treated[i] = cohort == g;
    treated += c->treated[i];
    c->change[i] = c->y[now] - c->y[base];
    c->weight[i] = c->sample->weight ? c->sample->weight[earlier_row[i]] : 1;
    weights += c->weight[i];
  }
  for (int64_t i = 0; i < c->n; i++) c->weight[i] *= (double)c->n / weights;
  if (!treated || treated == c->n) return false;
  fill_x(c, earlier_row);
  return true;
}

static int base_period(const Comparison *c, int g, int t, bool universal, double anticipation) {
  const DidGrid *grid = c->grid;
  if (!universal && grid->period[t] < grid->cohort[g]) return t - 1;
  int base = -1;
  for (int b = 0; b < grid->periods && grid->period[b] + anticipation < grid->cohort[g]; b++) base = b;
  return base;
}

static void prepare(Comparison *c) {
  Job *job = c->job;
  Run *run = job->run;
  const Treatment *treatment = c->treatment;
  const DidGrid *grid = c->grid;
  int64_t units = treatment->units, places = units * grid->periods;
  design_build(job, job->model->terms, job->model->term, false, true, DESIGN_BORROW, &c->design);
  c->k = c->design.k + 1;
  c->outcome_model = !option_is(job, "est", "ipw");
  c->score_model = !option_is(job, "est", "reg");
  c->y = job_number(job, job->model->outcome);
  c->row_of = NEW_ARRAY(run, int64_t, places);
  c->cohort_of = NEW_ARRAY(run, int, units);
  c->unit = NEW_ARRAY(run, int32_t, units);
  c->change = NEW_ARRAY(run, double, units);
  c->weight = NEW_ARRAY(run, double, units);
  c->mean = NEW_ARRAY(run, double, units);
  c->score = NEW_ARRAY(run, double, units);
  c->influence = NEW_ARRAY(run, double, units);
  c->v = NEW_ARRAY(run, double, units);
  c->scale = NEW_ARRAY(run, double, c->k);
  c->treated = NEW_ARRAY(run, bool, units);
  c->x = NEW_ARRAY(run, double, (size_t)units * (size_t)c->k);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < places; i++) c->row_of[i] = -1;
  for (int64_t row = 0; row < treatment->n; row++) {
    c->row_of[(int64_t)treatment->unit[row] * grid->periods + grid->row_period[row]] = row;
    c->cohort_of[treatment->unit[row]] = grid->row_cohort[row];
  }
  if (option_is(job, "control", "never") && treatment->treated_units == treatment->units)
    run_fail(run, "control=never: every unit is treated at some time; compare with control=notyet");
}

/* Shares of the cohorts among the units, by the weight of a unit's first row, and their scores. */
static void shares(Comparison *c, const int32_t *cluster_of, int columns, int from, DidCells *cells, double *score) {
  int64_t units = c->treatment->units;
  double total = 0, *weight = NEW_ARRAY(c->job->run, double, units);
  if (run_failed(c->job->run)) return;
  for (int64_t unit = 0; unit < units; unit++) {
    int t = 0;
    while (c->row_of[unit * c->grid->periods + t] < 0) t++;
    weight[unit] = c->sample->weight ? c->sample->weight[c->row_of[unit * c->grid->periods + t]] : 1;
    total += weight[unit];
  }
  for (int64_t unit = 0; unit < units; unit++)
    if (c->cohort_of[unit] >= 0) cells->share[c->cohort_of[unit]] += weight[unit] / total;
  for (int64_t unit = 0; unit < units; unit++)
    for (int g = 0; g < c->grid->cohorts; g++)
      score[(int64_t)cluster_of[unit] * columns + from + g] += ((c->cohort_of[unit] == g ? weight[unit] * (double)units / total : 0) - cells->share[g]) / (double)units;
}

void did_cs(Job *job, Sample *sample, const Treatment *treatment) {
  Run *run = job->run;
  DidGrid grid;
  Comparison c = {.job = job, .sample = sample, .treatment = treatment, .grid = &grid};
  DidCells cells = {.grid = &grid, .df = INFINITY, .pretrend = PRETREND_CELLS};
  double anticipation = option_number(job, "anticipation");
  bool universal = option_is(job, "base", "universal");
  if (!(anticipation >= 0)) run_fail(run, "anticipation=%.15g must be 0 or more periods", anticipation);
  if (run_failed(run) || !did_clusters(job, sample, treatment)) return;
  did_grid(job, treatment, &grid);
  if (!run_failed(run)) prepare(&c);
  if (run_failed(run)) return;
  int room = grid.cohorts * grid.periods, columns = room + grid.cohorts;
  int32_t clusters = sample->cluster_levels[0], *cluster_of = NEW_ARRAY(run, int32_t, treatment->units);
  int64_t *earlier_row = NEW_ARRAY(run, int64_t, treatment->units);
  double *score = NEW_ARRAY(run, double, (size_t)clusters * (size_t)columns);
  cells.cell = NEW_ARRAY(run, DidCell, room);
  cells.share = NEW_ARRAY(run, double, grid.cohorts);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < treatment->n; row++) cluster_of[treatment->unit[row]] = sample->cluster[0][row];
  int missing = 0, treated_cohorts = grid.cohorts - (treatment->treated_units == treatment->units); /* (4) */
  for (int g = 0; g < treated_cohorts; g++)
    for (int t = 0; t < grid.periods; t++) {
      int b = base_period(&c, g, t, universal, anticipation);
      if (b < 0) continue;
      DidCell cell = {.cohort = g, .time = grid.period[t], .event_time = grid.period[t] - grid.cohort[g], .reference = b == t};
      if (b != t) {
        if (!gather(&c, g, t, b, earlier_row)) continue;
        cell.estimate = compare(&c);
        if (run_failed(run) || !run_poll(run, (uint64_t)c.n * (uint64_t)(c.k * c.k) * 4)) return;
        if (isnan(cell.estimate)) missing++;
        for (int64_t i = 0; i < c.n && !isnan(cell.estimate); i++) score[(int64_t)cluster_of[c.unit[i]] * columns + cells.count] += c.influence[i];
      }
      cells.cell[cells.count++] = cell;
    }
  shares(&c, cluster_of, columns, cells.count, &cells, score);
  bool after = false;
  for (int i = 0; i < cells.count; i++) {
    cells.cell[i].weight = cells.share[cells.cell[i].cohort];
    after |= cells.cell[i].event_time >= 0 && !isnan(cells.cell[i].estimate);
  }
  if (!after && !run_failed(run))
    run_fail(run, "method=cs: no effect after treatment can be estimated: %s", missing ? "covariates are collinear within comparisons, or predict treatment perfectly" : "no cohort has a base period and controls");
  double *packed = score; /* the columns in use, closed up */
  cells.width = cells.count + grid.cohorts;
  for (int32_t i = 0; i < clusters && !run_failed(run); i++) memmove(packed + (int64_t)i * cells.width, score + (int64_t)i * columns, (size_t)cells.width * sizeof *score);
  cells.vcov = did_score_vcov(run, clusters, cells.width, packed);
  if (run_failed(run)) return;
  did_report(job, sample->vcov_text, &cells);
  Fit *fit = &job->result->fit;
  fit->nobs = treatment->n;
  fit_add_stat(fit, "units", treatment->units);
  fit_add_stat(fit, "groups", clusters);
  fit_add_stat(fit, "df_t", INFINITY);
  fit_add_stat(fit, "cells_not_estimated", missing);
  fit_add_word(fit, "control", option_value(job, "control")->text);
  fit_add_word(fit, "est", option_value(job, "est")->text);
  fit_add_word(fit, "base", option_value(job, "base")->text);
}
