/* match_weights.c: weights that balance the two sides without comparing single rows.
 *
 * 1. ipw: att 1 for the treated, p / (1 - p) for controls; atu (1 - p) / p and 1; ate 1 / p and 1 / (1 - p) (Rosenbaum 1987; Hirano, Imbens and Ridder 2003). Not normalised;
 *    effects divide by the sums.
 * 2. entropy: the weights of a side nearest to equal ones, in Kullback and Leibler's sense, under which its means of the regressors (moments=2: of their squares too,
 *    moments=3: cubes) are those of the target: att: controls to the treated, atu: the treated to controls, ate: both to all (Hainmueller 2012, equations 4 to 8).
 *    w = exp(l'c) / sum, c the regressors less their target, in its standard deviations; l minimises log sum exp(l'c) (its dual), by Newton's method with halved steps, until
 *    the largest difference of means is rounding. They sum to the rows of the target's side (ate: of all).
 * 3. By group of by=; rows off the support have weight 0. */
#include "matching.h"

enum { MOST_STEPS = 200, MOST_HALVINGS = 40 };
static const double BALANCED = 1e-14, NEAR = 1e-6;

static void ipw(const Matching *m, int64_t count, const int64_t *row, Estimand estimand, double *weight) {
  for (int64_t i = 0; i < count; i++) {
    if (!m->part[row[i]]) continue;
    double index = m->index[row[i]], p = m->score[row[i]];
    double q = m->settings.score == GLM_LOGIT ? glm_response(GLM_LOGIT, -index) : normal_upper(index);
    bool treated = m->treat[row[i]] == 1;
    double own = treated ? p : q, other = treated ? q : p;
    bool target = treated ? estimand == ESTIMAND_ATT : estimand == ESTIMAND_ATU;
    weight[row[i]] = estimand == ESTIMAND_ATE ? 1 / own : target ? 1 : other / own;
  }
}

/* ---- entropy balancing */

typedef struct Dual {
  Run *run;
  int64_t n;
  int k;
  double *c;                /* n x k, row-major */
  double *lambda, *trial, *gradient, *hessian, *w;
} Dual;

/* log sum exp(lambda'c); w are the weights, summing to 1. */
static double dual_value(Dual *d, const double *lambda) {
  double largest = -INFINITY, sum = 0;
  for (int64_t i = 0; i < d->n; i++) {
    double z = 0;
    for (int j = 0; j < d->k; j++) z += lambda[j] * d->c[i * d->k + j];
    d->w[i] = z;
    largest = fmax(largest, z);
  }
  for (int64_t i = 0; i < d->n; i++) sum += d->w[i] = exp(d->w[i] - largest);
  for (int64_t i = 0; i < d->n; i++) d->w[i] /= sum;
  run_poll(d->run, (uint64_t)d->n * (uint64_t)(d->k + 20));
  return largest + log(sum);
}

/* Newton's step into trial - lambda; the largest imbalance is returned. */
static double newton(Dual *d, double *step) {
  int k = d->k;
  double worst = 0;
  memset(d->gradient, 0, (size_t)k * sizeof(double));
  memset(d->hessian, 0, (size_t)k * (size_t)k * sizeof(double));
  for (int64_t i = 0; i < d->n; i++)
    for (int a = 0; a < k; a++) d->gradient[a] += d->w[i] * d->c[i * k + a];
  for (int64_t i = 0; i < d->n; i++)
    for (int a = 0; a < k; a++)
      for (int b = 0; b <= a; b++) d->hessian[a * k + b] += d->w[i] * (d->c[i * k + a] - d->gradient[a]) * (d->c[i * k + b] - d->gradient[b]);
  run_poll(d->run, (uint64_t)d->n * (uint64_t)k * (uint64_t)k);
  for (int a = 0; a < k; a++) {
    worst = fmax(worst, fabs(d->gradient[a]));
    step[a] = -d->gradient[a];
    for (int b = 0; b <= a; b++) d->hessian[b * k + a] = d->hessian[a * k + b];
  }
  if (!dense_cholesky(d->run, k, d->hessian)) return NAN;
  dense_cholesky_solve(k, d->hessian, 1, step);
  return worst;
}

/* The weights of one side whose means are to be zero in c. Near the end the dual's own rounding hides what a step gains, so there steps are whole. */
static bool solve_dual(Dual *d) {
  double value = dual_value(d, d->lambda), before = INFINITY, *step = NEW_ARRAY(d->run, double, d->k);
  for (int round = 0; round < MOST_STEPS && !run_failed(d->run); round++) {
    double worst = newton(d, step);
    if (isnan(worst)) return false;
    bool near = worst < NEAR;
    if (worst < BALANCED || (near && worst > before / 2)) return true; /* or as near as rounding lets it come */
    before = worst;
    double share = 1, next = INFINITY;
    for (int halving = 0; halving < MOST_HALVINGS; halving++, share /= 2) {
      for (int j = 0; j < d->k; j++) d->trial[j] = d->lambda[j] + share * step[j];
      next = dual_value(d, d->trial);
      if (run_failed(d->run)) return false;
      if (near || next < value) break;
    }
    memcpy(d->lambda, d->trial, (size_t)d->k * sizeof(double));
    value = next;
    if (value < -600) return false; /* no weights on the simplex: the dual falls for ever */
  }
  return false;
}

/* Columns of x and their powers, as many as are not constant or collinear on the side; less target's means, in target's standard deviations. */
static bool balance_side(Run *run, const Matching *m, int64_t count, const int64_t *row, bool side, int target, double *weight) {
  int most = m->k * (int)m->settings.moments, k = 0;
  int64_t n = 0, targets = 0, *member = NEW_ARRAY(run, int64_t, count);
  double **column = NEW_ARRAY(run, double *, most + 1);
  bool *dropped = NEW_ARRAY(run, bool, most + 1);
  if (run_failed(run)) return false;
  for (int64_t i = 0; i < count; i++) {
    if (!m->part[row[i]]) continue;
    if ((m->treat[row[i]] == 1) == side) member[n++] = row[i];
    targets += target < 0 || (m->treat[row[i]] == 1) == (target == 1);
  }
  if (n == 0 || targets == 0) return n == 0;
  for (int j = m->constant ? 1 : 0; j < m->k; j++)
    for (int power = 1; power <= m->settings.moments; power++) {
      double mean = 0, square = 0;
      for (int64_t i = 0; i < count; i++)
        if (m->part[row[i]] && (target < 0 || (m->treat[row[i]] == 1) == (target == 1))) mean += pow(m->x[j][row[i]], power);
      mean /= (double)targets;
      column[k] = NEW_ARRAY(run, double, n);
      if (run_failed(run)) return false;
      for (int64_t i = 0; i < n; i++) {
        column[k][i] = pow(m->x[j][member[i]], power) - mean;
        square += column[k][i] * column[k][i];
      }
      double sd = sqrt(square / (double)n);
      if (!(sd > 1e-12 * (fabs(mean) + sd))) continue; /* balanced already */
      for (int64_t i = 0; i < n; i++) column[k][i] /= sd;
      k++;
      if (!run_poll(run, (uint64_t)count * 10)) return false;
    }
  find_dropped(run, n, k, column, NULL, dropped);
  int kept = 0;
  for (int j = 0; j < k && !run_failed(run); j++)
    if (!dropped[j]) column[kept++] = column[j];
  Dual dual = {.run = run, .n = n, .k = kept, .c = NEW_ARRAY(run, double, (size_t)n * (size_t)kept), .lambda = NEW_ARRAY(run, double, kept), .trial = NEW_ARRAY(run, double, kept),
               .gradient = NEW_ARRAY(run, double, kept), .hessian = NEW_ARRAY(run, double, kept * kept), .w = NEW_ARRAY(run, double, n)};
  if (run_failed(run)) return false;
  for (int64_t i = 0; i < n; i++)
    for (int j = 0; j < kept; j++) dual.c[i * kept + j] = column[j][i];
  bool found = solve_dual(&dual);
  for (int64_t i = 0; i < n && found; i++) weight[member[i]] = dual.w[i] * (double)targets;
  return found;
}

static bool entropy(Run *run, const Matching *m, int64_t count, const int64_t *row, Estimand estimand, double *weight) {
  for (int64_t i = 0; i < count; i++) {
    bool treated = m->treat[row[i]] == 1, target = treated ? estimand == ESTIMAND_ATT : estimand == ESTIMAND_ATU;
    weight[row[i]] = m->part[row[i]] && target;
  }
  if (estimand == ESTIMAND_ATT) return balance_side(run, m, count, row, false, 1, weight);
  if (estimand == ESTIMAND_ATU) return balance_side(run, m, count, row, true, 0, weight);
  return balance_side(run, m, count, row, false, -1, weight) && balance_side(run, m, count, row, true, -1, weight);
}

bool balancing_weights(Run *run, const Matching *m, Estimand estimand, double *weight) {
  bool found = true;
  memset(weight, 0, (size_t)m->n * sizeof *weight);
  for (int32_t g = 0; g < m->groups && found && !run_failed(run); g++) {
    if (!m->group_used[g]) continue;
    const int64_t *row = m->group_row + m->group_first[g];
    int64_t count = m->group_first[g + 1] - m->group_first[g];
    if (m->settings.method == MATCH_IPW) ipw(m, count, row, estimand, weight);
    else found = entropy(run, m, count, row, estimand, weight);
  }
  return found && !run_failed(run);
}
