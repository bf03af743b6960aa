/* matching.c: from columns to weights: score, support, comparison, weights.
 *
 * 1. By group of by= (or all rows at once): the score is estimated anew. A group with one side only has no score and takes no part; it is counted.
 * 2. support=minmax: the treated whose score is outside the range of the controls' scores, and controls outside the treated's range, take no part (Dehejia and
 *    Wahba 1999). support=trim: rows with a score outside [trim, 1 - trim] (Crump, Hotz, Imbens and Mitnik 2009). Both by group.
 * 3. The caliper in standard deviations is that multiple of the standard deviation (n - 1) of the score over all rows of the group.
 * 4. exact=: rows are compared only with rows of the same level.
 * 5. Weights, att: 1 for a treated row that found a comparison; for a control the sum of the shares with which it stands for treated rows (each of them gives out 1). atu: sides
 *    exchanged. ate: the sum of both. So weights sum to the number of rows that found a comparison, on each side.
 * 6. match_id numbers the sets of nearest neighbours in the order in which the choosing rows stand in the source; a row that was chosen more than once is in the first set
 *    that chose it. */
#include "matching.h"

static void prepare(Run *run, Matching *m) {
  int64_t n = m->n;
  m->score = NEW_ARRAY(run, double, n);
  m->index = NEW_ARRAY(run, double, n);
  m->part = NEW_ARRAY(run, bool, n);
  m->on_support = NEW_ARRAY(run, bool, n);
  m->weight = NEW_ARRAY(run, double, n);
  m->match_id = NEW_ARRAY(run, double, n);
  for (int way = 0; way < 2; way++)
    m->direction[way] = (MatchDirection){NEW_ARRAY(run, double, n), NEW_ARRAY(run, double, n), NEW_ARRAY(run, double, n)};
  m->groups = m->by ? m->by_levels : 1;
  m->group_first = NEW_ARRAY(run, int64_t, m->groups + 1);
  m->group_row = NEW_ARRAY(run, int64_t, n);
  m->group_used = NEW_ARRAY(run, bool, m->groups);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) {
    m->score[i] = m->index[i] = m->match_id[i] = m->direction[0].imputed[i] = m->direction[1].imputed[i] = NAN;
    m->group_row[i] = i;
  }
  m->group_first[m->groups] = n;
  if (m->by) rows_by_code(run, n, m->by, m->by_levels, m->group_first, m->group_row);
}

static void check_treatment(Run *run, const Matching *m) {
  int64_t treated = 0;
  for (int64_t i = 0; i < m->n; i++) {
    if (m->treat[i] != 0 && m->treat[i] != 1) {
      run_fail(run, "the treatment '%s' must be 0 or 1, it is %.15g in some row", m->treat_name, m->treat[i]);
      return;
    }
    treated += m->treat[i] == 1;
  }
  if (treated == 0) run_fail(run, "nobody is treated: '%s' is 0 in all of the %lld used rows", m->treat_name, (long long)m->n);
  else if (treated == m->n) run_fail(run, "everybody is treated: '%s' is 1 in all of the %lld used rows; there is nobody to compare with", m->treat_name, (long long)m->n);
}

/* ---- support (2) */

static void restrict_support(Matching *m, int64_t count, const int64_t *row) {
  const MatchSettings *s = &m->settings;
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  for (int64_t i = 0; i < count; i++) {
    if (!m->part[row[i]]) continue;
    int side = m->treat[row[i]] == 1;
    low[side] = fmin(low[side], m->score[row[i]]);
    high[side] = fmax(high[side], m->score[row[i]]);
  }
  for (int64_t i = 0; i < count && s->support != SUPPORT_NONE; i++) {
    double score = m->score[row[i]];
    int other = m->treat[row[i]] != 1;
    bool inside = s->support == SUPPORT_MINMAX ? score >= low[other] && score <= high[other] : score >= s->trim && score <= 1 - s->trim;
    m->part[row[i]] = m->part[row[i]] && inside;
  }
}

/* ---- comparison */

void match_record(Matching *m, int way, int64_t from, int64_t count, const int64_t *to, const double *weight) {
  MatchDirection *d = &m->direction[way];
  if (count == 0) return;
  double sum = 0;
  bool sets = way == (m->settings.estimand == ESTIMAND_ATU) && (m->settings.method == MATCH_NEAREST || m->settings.method == MATCH_MAHALANOBIS);
  for (int64_t i = 0; i < count; i++) {
    double w = weight ? weight[i] : 1 / (double)count;
    if (m->outcome) sum += w * m->outcome[to[i]];
    d->used[to[i]] += w;
    d->used_squares[to[i]] += w * w;
    if (sets && isnan(m->match_id[to[i]])) m->match_id[to[i]] = (double)from;
  }
  d->imputed[from] = sum;
  if (sets) m->match_id[from] = (double)from;
}

static double score_sd(const Matching *m, int64_t count, const int64_t *row) {
  double sum = 0, square = 0, base = m->score[row[0]];
  for (int64_t i = 0; i < count; i++) sum += m->score[row[i]] - base;
  double mean = base + sum / (double)count;
  for (int64_t i = 0; i < count; i++) square += (m->score[row[i]] - mean) * (m->score[row[i]] - mean);
  return sqrt(square / (double)(count - 1));
}

static void compare_cell(Run *run, Matching *m, int64_t count, const int64_t *row, double width) {
  Run own; /* what the cell needs */
  run_begin(&own, run->host);
  MatchSide side[2];
  for (int s = 0; s < 2; s++) side_build(&own, m, count, row, s == 1, &side[s]);
  for (int way = 0; way < 2 && !run_failed(&own); way++) {
    if (!m->directions[way]) continue;
    const MatchSide *from = &side[way == 0], *to = &side[way == 1];
    switch (m->settings.method) {
      case MATCH_NEAREST: match_nearest(&own, m, way, from, to, width); break;
      case MATCH_MAHALANOBIS: match_metric(&own, m, way, from, to, width); break;
      default: match_smooth(&own, m, way, from, to, width);
    }
  }
  run_join(run, &own);
}

static void compare_group(Run *run, Matching *m, int64_t count, const int64_t *row) {
  const MatchSettings *s = &m->settings;
  double width = isnan(s->caliper) ? INFINITY : s->caliper * (s->caliper_in_sd ? m->score_sd : 1);
  if (s->method == MATCH_MAHALANOBIS) whiten(run, m, count, row);
  if (run_failed(run)) return;
  if (!m->exact) {
    compare_cell(run, m, count, row, width);
    return;
  }
  int32_t *code = NEW_ARRAY(run, int32_t, count), levels = 0;
  if (run_failed(run)) return;
  for (int64_t i = 0; i < count; i++) code[i] = m->exact[row[i]];
  int32_t largest = 0;
  for (int64_t i = 0; i < count; i++) largest = code[i] > largest ? code[i] : largest;
  const int32_t *dense = codes_dense(run, count, code, largest + 1, &levels);
  int64_t *first = NEW_ARRAY(run, int64_t, levels + 1), *place = NEW_ARRAY(run, int64_t, count);
  rows_by_code(run, count, dense, levels, first, place);
  for (int64_t i = 0; i < count && !run_failed(run); i++) place[i] = row[place[i]];
  for (int32_t level = 0; level < levels && !run_failed(run); level++) compare_cell(run, m, first[level + 1] - first[level], place + first[level], width);
}

/* ---- weights (5) */

static void make_weights(Run *run, Matching *m) {
  Estimand estimand = m->settings.estimand;
  memcpy(m->on_support, m->part, (size_t)m->n * sizeof *m->part);
  if (!compares_rows(m->settings.method)) {
    if (!balancing_weights(run, m, estimand, m->weight) && !run_failed(run))
      run_fail(run, "entropy balancing has no solution: no weights of the %s give the means of the %s; take fewer regressors, or moments=1",
               estimand == ESTIMAND_ATU ? "treated" : "controls", estimand == ESTIMAND_ATT ? "treated" : estimand == ESTIMAND_ATU ? "controls" : "sample");
    return;
  }
  for (int64_t i = 0; i < m->n; i++) {
    int side = m->treat[i] == 1, own = side ? 0 : 1; /* the way in which this row looks for others */
    bool looks = estimand == ESTIMAND_ATE || own == (estimand == ESTIMAND_ATU), found = !isnan(m->direction[own].imputed[i]);
    if (looks) m->weight[i] += found;
    if (looks && !found) m->on_support[i] = false;
    if (estimand == ESTIMAND_ATE || !looks) m->weight[i] += m->direction[!own].used[i];
  }
}

static void number_sets(Run *run, Matching *m) {
  double *number = NEW_ARRAY(run, double, m->n), next = 0;
  if (run_failed(run)) return;
  for (int64_t i = 0; i < m->n; i++)
    if (m->match_id[i] == (double)i) number[i] = ++next;
  for (int64_t i = 0; i < m->n; i++)
    if (!isnan(m->match_id[i])) m->match_id[i] = number[(int64_t)m->match_id[i]];
  run_free(run, number);
}

static void check_result(Run *run, const Matching *m, int64_t supported_treated, int64_t supported_controls) {
  const MatchSettings *s = &m->settings;
  if (m->skipped_groups == m->groups)
    run_fail(run, "every group of by= has treated rows only or controls only; there is nothing to compare");
  else if (supported_treated == 0 || supported_controls == 0)
    run_fail(run, "there is no common support: %lld treated rows and %lld controls are left by support=%s", (long long)supported_treated, (long long)supported_controls,
             s->support == SUPPORT_MINMAX ? "minmax" : s->support == SUPPORT_TRIM ? "trim" : "none");
  if (run_failed(run) || !compares_rows(s->method)) return;
  int64_t found = 0;
  for (int64_t i = 0; i < m->n; i++) found += m->weight[i] > 0 || m->weight[i] < 0;
  if (found) return;
  if (!isnan(s->caliper)) {
    double width = s->caliper * (s->caliper_in_sd ? m->score_sd : 1);
    run_fail(run, "caliper=%.15g leaves nobody: no row of the other side lies within %.6g of the score of any of the %lld treated rows; widen it, or see caliper_unit=", s->caliper, width,
             (long long)supported_treated);
  } else if (m->exact) {
    run_fail(run, "no level of exact= has both treated rows and controls on the support");
  } else {
    run_fail(run, "no row found a comparison: nobody of the other side lies within bandwidth=%.15g of any score", s->bandwidth);
  }
}

void matching_run(Run *run, Matching *m) {
  const MatchSettings *s = &m->settings;
  check_treatment(run, m);
  prepare(run, m);
  bool rows = compares_rows(s->method), one_way = (s->method == MATCH_NEAREST || s->method == MATCH_MAHALANOBIS) && !s->replace;
  m->directions[0] = rows && (s->estimand != ESTIMAND_ATU || (m->both && !one_way));
  m->directions[1] = rows && (s->estimand != ESTIMAND_ATT || (m->both && !one_way));
  int64_t supported[2] = {0, 0};
  for (int32_t g = 0; g < m->groups && !run_failed(run); g++) {
    const int64_t *row = m->group_row + m->group_first[g];
    int64_t count = m->group_first[g + 1] - m->group_first[g];
    if (count == 0 || !score_rows(run, m, count, row)) {
      m->skipped_groups++;
      m->no_score += count;
      continue;
    }
    m->group_used[g] = true;
    m->score_sd = score_sd(m, count, row);
    restrict_support(m, count, row);
    for (int64_t i = 0; i < count; i++) supported[m->treat[row[i]] == 1] += m->part[row[i]];
    if (rows) compare_group(run, m, count, row);
  }
  if (!run_failed(run) && supported[0] && supported[1]) make_weights(run, m);
  if (!run_failed(run)) check_result(run, m, supported[1], supported[0]);
  if (!run_failed(run)) number_sets(run, m);
}
