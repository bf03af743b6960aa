/* bacon_controls.c: the decomposition of did_bacon with controls.
 *
 * 1. y ~ d + x1 + x2 | unit + time on a balanced panel. e is the residual of d on both effects and the controls: the estimate is C(e, y) / V(e).
 * 2. e = within + between, between the mean of e over the units of a timing group in a period, r_kt; within is what the controls let units of one group differ by. Row `within`: weight
 *    V(within) / V(e), estimate C(within, y) / V(within).
 * 3. Between: two groups k, l compared over all periods: with r and y about their means over time,
 *      estimate = sum over t of (r_kt - r_lt)(y_kt - y_lt) / sum of (r_kt - r_lt)^2,    weight = n_k n_l mean over t of (r_kt - r_lt)^2 / V(e).
 *    A pair of timing groups is one row, both_treated (cohort the earlier one): with controls earlier-against-later does not part from later-against-earlier. The always and the never
 *    treated are compared, too: always_vs_untreated. Pairs whose r do not differ have no row.
 * 4. Weights add up to one, and weight times estimate to the coefficient of d. (Without `within` they are 1 - V(within) / V(e) times those of Goodman-Bacon's equation.)
 * 5. Controls that are collinear with the effects or with earlier ones leave e as it is. Where e vanishes the controls and the effects explain the treatment: an error.
 * Reference: Goodman-Bacon (2021), section 5.2, equations 22 to 26. */
#include "did_bacon.h"

static const double ROUNDING = 1e-20; /* of weights: less is no comparison */

typedef struct Balanced {
  Run *run;
  int64_t n;
  const int32_t *unit;
  int32_t units;
  const int *period;  /* of each row */
  int periods;
} Balanced;

/* Free of both effects, in place; exact on a balanced panel. */
static void two_way(const Balanced *b, double *x) {
  double *by_unit = NEW_ARRAY(b->run, double, b->units), *by_time = NEW_ARRAY(b->run, double, b->periods);
  if (run_failed(b->run)) return;
  for (int pass = 0; pass < 2 && run_poll(b->run, (uint64_t)b->n * 4); pass++) { /* the second takes off the rounding of the first */
    memset(by_unit, 0, (size_t)b->units * sizeof *by_unit);
    memset(by_time, 0, (size_t)b->periods * sizeof *by_time);
    for (int64_t i = 0; i < b->n; i++) by_unit[b->unit[i]] += x[i] / b->periods;
    for (int64_t i = 0; i < b->n; i++) x[i] -= by_unit[b->unit[i]];
    for (int64_t i = 0; i < b->n; i++) by_time[b->period[i]] += x[i] / b->units;
    for (int64_t i = 0; i < b->n; i++) x[i] -= by_time[b->period[i]];
  }
  run_free(b->run, by_unit);
  run_free(b->run, by_time);
}

/* Rule 1: e, and y free of its effects. */
static double *residual_of_treatment(Job *job, const Balanced *b, const Treatment *treatment, double *y) {
  Run *run = job->run;
  Design design;
  LeastSquares ls;
  design_build(job, job->model->terms - 1, job->model->term + 1, false, true, DESIGN_COPY, &design);
  double *e = NEW_ARRAY(run, double, b->n), *scale = NEW_ARRAY(run, double, run_failed(run) ? 0 : design.k);
  if (run_failed(run)) return NULL;
  for (int j = 0; j < design.k; j++) {
    scale[j] = centred_norm(b->n, design.column[j], NULL, NULL);
    two_way(b, design.column[j]);
  }
  memcpy(e, treatment->status, (size_t)b->n * sizeof *e);
  two_way(b, e);
  two_way(b, y);
  double before = 0;
  for (int64_t i = 0; i < b->n; i++) before += e[i] * e[i];
  least_squares(run, b->n, design.k, design.column, e, NULL, scale, e, &ls);
  if (run_failed(run)) return NULL;
  if (ls.ssr <= 1e-18 * (double)b->n || ls.ssr <= 1e-18 * before)
    run_fail(run, "the effects and the controls together explain the treatment '%s': nothing is left to compare", job->model->term[0].name);
  return run_failed(run) ? NULL : e;
}

void bacon_controls(Job *job, const Treatment *treatment, const Panel *panel, double *twfe) {
  Run *run = job->run;
  int periods = panel->periods, groups = panel->groups;
  int64_t n = treatment->n;
  int *period = NEW_ARRAY(run, int, n), *group = NEW_ARRAY(run, int, n), *place = NEW_ARRAY(run, int, periods + 1);
  double *y = NEW_ARRAY(run, double, n), *mean_e = NEW_ARRAY(run, double, groups * periods), *mean_y = NEW_ARRAY(run, double, groups * periods);
  if (run_failed(run)) return;
  for (int g = 0; g < groups; g++) place[panel->group[g].first] = g;
  for (int64_t i = 0; i < n; i++) {
    period[i] = bacon_period(panel, treatment->time[i]);
    group[i] = place[isnan(treatment->cohort[i]) ? periods : bacon_period(panel, treatment->cohort[i])];
    y[i] = job_number(job, job->model->outcome)[i];
    if ((i & 0xFFFF) == 0 && !run_poll(run, 0x10000 * 20)) return;
  }
  const Balanced balanced = {run, n, treatment->unit, treatment->units, period, periods};
  const double *e = residual_of_treatment(job, &balanced, treatment, y);
  if (!e) return;
  double variance = 0, covariance = 0, within = 0, within_y = 0;
  for (int64_t i = 0; i < n; i++) {
    int cell = group[i] * periods + period[i];
    double members = panel->group[group[i]].share * panel->units;
    mean_e[cell] += e[i] / members;
    mean_y[cell] += y[i] / members;
    variance += e[i] * e[i];
    covariance += e[i] * y[i];
  }
  *twfe = covariance / variance;
  for (int64_t i = 0; i < n; i++) {
    double own = e[i] - mean_e[group[i] * periods + period[i]];
    within += own * own;
    within_y += own * y[i];
  }
  if (within > ROUNDING * variance) bacon_add(job, WITHIN, NAN, NAN, within_y / within, within / variance);
  for (int k = 0; k < groups; k++)
    for (int l = k + 1; l < groups; l++) {
      const Group *first = &panel->group[k], *second = &panel->group[l];
      double square = 0, product = 0;
      for (int t = 0; t < periods; t++) {
        double difference = mean_e[k * periods + t] - mean_e[l * periods + t];
        square += difference * difference;
        product += difference * (mean_y[k * periods + t] - mean_y[l * periods + t]);
      }
      bool always = first->first == 0, never = second->first == periods;
      ComparisonType type = always ? (never ? ALWAYS_UNTREATED : ALWAYS) : never ? UNTREATED : BOTH_TREATED;
      const Group *treated = type == ALWAYS ? second : first, *control = type == ALWAYS ? first : second;
      double weight = first->share * second->share * square / (variance / panel->units);
      if (weight > ROUNDING) bacon_add(job, type, treated->cohort, control->cohort, product / square, weight);
    }
}
