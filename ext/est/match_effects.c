/* match_effects.c: average effects on the treated (att), on controls (atu) and on all (ate), and their errors.
 *
 * 1. Methods that compare rows: the effect of a row is its outcome less that of its comparison, signed; att, atu, ate are the means over the treated, the controls, all rows that found
 *    a comparison. Weights: sums of w y over sums of w, by side.
 * 2. errors=ai: Abadie and Imbens (2006), theorems 6 and 7, for the effect in the population, the score taken as known:
 *      V = [ sum (effect_i - effect)^2 + sum ((o_i + w_i)^2 - o_i - s_i) sigma_i^2 ] / N^2,
 *    o_i = 1 for the N rows that the mean is over, w_i and s_i the sums of the shares with which row i stands for others and of their squares; with M neighbours each this is
 *    K (K - 1) / M^2 for att and (K / M)^2 + (2 M - 1) / M K / M for ate. sigma_i^2 = J / (J + 1) (y_i - mean of its J nearest rows of the same side)^2, J = neighbours=.
 * 3. errors=simple (Lechner 2001): att: var(y of the treated) / N + var(y of the controls used) sum w^2 / N^2; atu the same with the sides exchanged; no ate.
 * 4. ipw and entropy: sum w^2 (y - m)^2 / (sum w)^2, added up over the sides, m the side's weighted mean: the hc0 error of the weighted regression on the treatment.
 * 5. No error takes into account that the score was estimated. */
#include "matching.h"

/* Rule 2: sigma^2 of the rows that are asked for, by groups of by=. */
static void residual_variances(Run *run, Matching *m, int64_t neighbours, const bool *wanted, double *sigma2) {
  bool metric = m->settings.method == MATCH_MAHALANOBIS;
  int64_t *near = NEW_ARRAY(run, int64_t, neighbours);
  double *distance = NEW_ARRAY(run, double, neighbours);
  for (int32_t g = 0; g < m->groups && !run_failed(run); g++) {
    if (!m->group_used[g]) continue;
    for (int treated = 0; treated < 2 && !run_failed(run); treated++) {
      Run own;
      run_begin(&own, run->host);
      MatchSide side;
      MetricSide by_metric = {0};
      side_build(&own, m, m->group_first[g + 1] - m->group_first[g], m->group_row + m->group_first[g], treated == 1, &side);
      if (metric && !run_failed(&own)) metric_side_build(&own, m, &side, &by_metric);
      for (int64_t i = 0; i < side.n && !run_failed(&own); i++) {
        int64_t row = side.row[i];
        if (!wanted[row]) continue;
        int64_t found = metric ? metric_nearest(m, &by_metric, row, INFINITY, neighbours, NULL, near, distance) : side_nearest(&side, m->score[row], INFINITY, neighbours, row, near);
        double mean = 0;
        for (int64_t j = 0; j < found; j++) mean += m->outcome[near[j]] / (double)found;
        double difference = m->outcome[row] - mean;
        sigma2[row] = found ? (double)found / (double)(found + 1) * difference * difference : 0;
        run_poll(&own, metric ? (uint64_t)side.n * 2 : 100);
      }
      run_join(run, &own);
    }
  }
}

static bool counts(const Matching *m, Estimand estimand, int64_t i) {
  bool treated = m->treat[i] == 1;
  return !isnan(m->direction[treated ? 0 : 1].imputed[i]) && (estimand == ESTIMAND_ATE || treated == (estimand == ESTIMAND_ATT));
}

static double effect_of(const Matching *m, int64_t i) {
  bool treated = m->treat[i] == 1;
  double other = m->direction[treated ? 0 : 1].imputed[i];
  return treated ? m->outcome[i] - other : other - m->outcome[i];
}

static void mean_effect(const Matching *m, Estimand estimand, MatchEffect *effect) {
  double sum = 0;
  for (int64_t i = 0; i < m->n; i++) {
    if (!counts(m, estimand, i)) continue;
    sum += effect_of(m, i);
    effect->n++;
  }
  effect->estimate = effect->n ? sum / (double)effect->n : NAN;
}

/* With which row i stands for others under the estimand: w_i and s_i of rule 2. */
static void shares(const Matching *m, Estimand estimand, int64_t i, double *w, double *s) {
  int way = m->treat[i] == 1 ? 1 : 0; /* a treated row is used by controls: way 1 */
  bool used = estimand == ESTIMAND_ATE || way == (estimand == ESTIMAND_ATU);
  *w = used ? m->direction[way].used[i] : 0;
  *s = used ? m->direction[way].used_squares[i] : 0;
}

static double ai_error(const Matching *m, Estimand estimand, const double *sigma2, const MatchEffect *effect) {
  double sum = 0;
  for (int64_t i = 0; i < m->n; i++) {
    double own = counts(m, estimand, i), w, s;
    shares(m, estimand, i, &w, &s);
    if (own > 0) sum += (effect_of(m, i) - effect->estimate) * (effect_of(m, i) - effect->estimate);
    sum += ((own + w) * (own + w) - own - s) * sigma2[i];
  }
  return sum >= 0 ? sqrt(sum) / (double)effect->n : NAN;
}

static double simple_error(const Matching *m, Estimand estimand, const MatchEffect *effect) {
  double n[2] = {0}, mean[2] = {0}, square[2] = {0}, squares = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int64_t i = 0; i < m->n; i++) {
      double w, s;
      shares(m, estimand, i, &w, &s);
      bool own = counts(m, estimand, i);
      if (!own && w == 0) continue;
      double difference = m->outcome[i] - mean[own];
      if (pass == 0) {
        n[own]++;
        mean[own] += difference / n[own];
        squares += own ? 0 : w * w;
      } else {
        square[own] += difference * difference;
      }
    }
  double total = (double)effect->n;
  if (n[0] < 2 || n[1] < 2) return NAN;
  return sqrt(square[1] / (n[1] - 1) / total + square[0] / (n[0] - 1) * squares / (total * total));
}

static void weighted_effect(const Matching *m, const double *weight, MatchEffect *effect) {
  double total[2] = {0}, mean[2] = {0}, variance = 0;
  for (int64_t i = 0; i < m->n; i++) {
    int side = m->treat[i] == 1;
    total[side] += weight[i];
    mean[side] += weight[i] * m->outcome[i];
    effect->n += weight[i] > 0;
  }
  for (int side = 0; side < 2; side++) mean[side] /= total[side];
  for (int64_t i = 0; i < m->n; i++) {
    int side = m->treat[i] == 1;
    double part = weight[i] * (m->outcome[i] - mean[side]) / total[side];
    variance += part * part;
  }
  effect->estimate = mean[1] - mean[0];
  effect->std_error = sqrt(variance);
}

void match_effects(Run *run, Matching *m, bool simple, int64_t neighbours, MatchEffect effect[3]) {
  for (int e = 0; e < 3; e++) effect[e] = (MatchEffect){NAN, NAN, 0};
  if (!compares_rows(m->settings.method)) {
    double *weight = NEW_ARRAY(run, double, m->n);
    for (int e = 0; e < 3 && !run_failed(run); e++)
      if (balancing_weights(run, m, (Estimand)e, weight)) weighted_effect(m, weight, &effect[e]);
    return;
  }
  double *sigma2 = NEW_ARRAY(run, double, m->n);
  bool *wanted = NEW_ARRAY(run, bool, m->n), defined[3] = {m->directions[0], m->directions[1], m->directions[0] && m->directions[1]};
  if (run_failed(run)) return;
  for (int64_t i = 0; i < m->n; i++)
    for (int e = 0; e < 3; e++) {
      double own = counts(m, (Estimand)e, i), w, s;
      shares(m, (Estimand)e, i, &w, &s);
      wanted[i] |= defined[e] && fabs((own + w) * (own + w) - own - s) > 0;
    }
  if (!simple) residual_variances(run, m, neighbours, wanted, sigma2);
  for (int e = 0; e < 3 && !run_failed(run); e++) {
    if (!defined[e]) continue;
    mean_effect(m, (Estimand)e, &effect[e]);
    if (effect[e].n < 2) continue;
    if (!simple) effect[e].std_error = ai_error(m, (Estimand)e, sigma2, &effect[e]);
    else if (e != ESTIMAND_ATE) effect[e].std_error = simple_error(m, (Estimand)e, &effect[e]);
  }
}
