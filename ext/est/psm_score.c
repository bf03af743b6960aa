/* psm_score.c: the propensity score, Pr(treated | x), by logit or probit (glm.c).
 *
 * 1. Of collinear columns the later one is given up. Rows that the regressors predict perfectly (separation.c) have the score 0 or 1 and take no part;
 *    where that is all rows, an error says so.
 *    As a rule the fit itself proves that there are none (glm.c, rule 7): it is tried first, and separated rows are looked for where it does not.
 * 2. The index is summed up as x'b, column by column, so that rows with equal regressors have equal scores, to the bit: ties are ties. */
#include "matching.h"

void find_dropped(Run *run, int64_t n, int k, double *const *x, const double *weight, bool *dropped) {
  Run own;
  run_begin(&own, run->host);
  double *zero = NEW_ARRAY(&own, double, n);
  LeastSquares ls;
  if (!run_failed(run) && !run_failed(&own)) least_squares(&own, n, k, x, zero, weight, NULL, NULL, &ls);
  for (int j = 0; j < k && !run_failed(run) && !run_failed(&own); j++) dropped[j] = ls.dropped[j];
  run_join(run, &own);
}

enum { TRIAL_STEPS = 20 }; /* a fit that has not settled by then is likely to be running away */

/* The rows of one group, gathered. */
typedef struct Gathered {
  int64_t n;
  int64_t *row;
  double **x, **kept;
  double *y, *weight;
  bool *dropped;
  int rank;
} Gathered;

static void gather(Run *run, const Matching *m, int64_t count, const int64_t *row, const double *weight, Gathered *g) {
  *g = (Gathered){.n = count, .row = NEW_ARRAY(run, int64_t, count), .x = NEW_ARRAY(run, double *, m->k), .kept = NEW_ARRAY(run, double *, m->k), .y = NEW_ARRAY(run, double, count),
                  .weight = weight ? NEW_ARRAY(run, double, count) : NULL, .dropped = NEW_ARRAY(run, bool, m->k)};
  if (run_failed(run)) return;
  for (int64_t i = 0; i < count; i++) {
    g->row[i] = row[i];
    g->y[i] = m->treat[row[i]];
    if (weight) g->weight[i] = weight[row[i]];
  }
  for (int j = 0; j < m->k; j++) {
    g->x[j] = NEW_ARRAY(run, double, count);
    if (run_failed(run)) return;
    for (int64_t i = 0; i < count; i++) g->x[j][i] = m->x[j][row[i]];
    if (!run_poll(run, (uint64_t)count * 2)) return;
  }
}

static void close_up(Gathered *g, int k, const bool *gone) {
  int64_t kept = 0;
  for (int64_t i = 0; i < g->n; i++) {
    if (gone[i]) continue;
    g->row[kept] = g->row[i];
    g->y[kept] = g->y[i];
    if (g->weight) g->weight[kept] = g->weight[i];
    for (int j = 0; j < k; j++) g->x[j][kept] = g->x[j][i];
    kept++;
  }
  g->n = kept;
}

static bool one_side(const Gathered *g) {
  int64_t treated = 0;
  for (int64_t i = 0; i < g->n; i++) treated += g->y[i] == 1;
  return treated == 0 || treated == g->n;
}

/* Rule 1: the fit, if it shows that no row is separated. */
static bool fit_at_once(Run *run, Glm *glm) {
  glm->patience = TRIAL_STEPS;
  glm_fit(run, glm);
  glm->patience = 0;
  if (run->status == RUN_ERROR) run->status = RUN_OK; /* it broke down: no proof */
  else if (!run_failed(run) && glm->proved) return true;
  return false;
}

/* The fit without separated rows, whose scores go to limit. False: one side only is left. */
static bool fit_rest(Run *run, const Matching *m, GlmFamily family, Gathered *g, Glm *glm, double *limit) {
  for (;;) {
    if (one_side(g)) return false;
    find_dropped(run, g->n, m->k, g->x, g->weight, g->dropped);
    g->rank = 0;
    for (int j = 0; j < m->k; j++)
      if (!g->dropped[j]) g->kept[g->rank++] = g->x[j];
    *glm = (Glm){.family = family, .n = g->n, .k = g->rank, .x = g->kept, .y = g->y, .weight = g->weight, .constant = m->constant, .tolerance = 1e-10};
    if (run_failed(run)) return false;
    if (fit_at_once(run, glm)) return true;
    bool *separated = NEW_ARRAY(run, bool, g->n), decided;
    int64_t count = separated_rows(run, glm, separated, &decided);
    if (run_failed(run)) return false;
    if (!count) {
      glm_fit(run, glm);
      return true;
    }
    for (int64_t i = 0; i < g->n && limit; i++)
      if (separated[i]) limit[g->row[i]] = g->y[i];
    close_up(g, m->k, separated);
  }
}

bool score_rows(Run *run, Matching *m, int64_t count, const int64_t *row) {
  Gathered g;
  gather(run, m, count, row, NULL, &g);
  if (run_failed(run) || one_side(&g)) return false;
  bool found = fit_rest(run, m, m->settings.score, &g, &m->glm, m->score);
  if (run_failed(run)) return false;
  m->separated += count - g.n;
  if (!found) {
    run_fail(run, "the regressors predict '%s' perfectly (%lld of %lld rows are separated): no treated row can be compared with a control; leave out what decides the treatment",
             m->treat_name, (long long)(count - g.n), (long long)count);
    return false;
  }
  m->dropped = g.dropped;
  for (int64_t i = 0; i < g.n; i++) {
    double index = 0;
    for (int j = 0; j < g.rank; j++)
      if (!m->glm.ls.dropped[j]) index += m->glm.ls.beta[j] * g.kept[j][i];
    m->index[g.row[i]] = index;
    m->score[g.row[i]] = glm_response(m->settings.score, index);
    m->part[g.row[i]] = true;
  }
  return true;
}

bool score_again(Run *run, const Matching *m, const double *weight, Glm *glm, double *index) {
  if (!weight && m->groups == 1) { /* it is the score's own fit, if that had all rows */
    *glm = m->glm;
    if (index) memcpy(index, m->index, (size_t)m->n * sizeof *index);
    return m->separated == 0;
  }
  int64_t count = 0, *row = NEW_ARRAY(run, int64_t, m->n);
  if (run_failed(run)) return false;
  for (int64_t i = 0; i < m->n; i++)
    if (!weight || weight[i] > 0) row[count++] = i;
  Gathered g;
  gather(run, m, count, row, weight, &g);
  if (run_failed(run) || !fit_rest(run, m, m->settings.score, &g, glm, NULL) || g.n < count || run_failed(run)) return false;
  for (int64_t i = 0; i < m->n && index; i++) index[i] = NAN;
  for (int64_t i = 0; i < g.n && index; i++) {
    double sum = 0;
    for (int j = 0; j < g.rank; j++)
      if (!glm->ls.dropped[j]) sum += glm->ls.beta[j] * g.kept[j][i];
    index[g.row[i]] = sum;
  }
  return true;
}
