/* honest_smoothness.c: the optimal fixed-length confidence interval where the trend may bend by at most m from period to period.
 *
 * 1. Delta(m) = {delta: |delta_{t+1} - 2 delta_t + delta_{t-1}| <= m}, delta = 0 in the reference period, t counted from there. The interval is v'beta +- chi, v = (v_pre, weight): the
 *    half-length chi = sd cv(b / sd), sd^2 = v'Sigma v, b the largest |bias| of v'beta over Delta(m), cv(t) the 1 - alpha quantile of |N(t, 1)|. v_pre is chosen so that chi is least.
 * 2. In second differences z_t and a slope the bias is sum of g_t z_t, with g_j = sum over t > j of weight_t (t - j) for j >= 1 (given), and for the periods before g_{-j} = sum over m > j
 *    of v_{-m} (m - j), from which v_{-m} = g_{-(m-1)} - 2 g_{-m} + g_{-(m+1)}. A linear trend must cost nothing: g_0 = sum of t weight_t. So b = m (|g_0| + sum |g_j| + sum |g_{-j}|), and what
 *    is free are g_{-1} .. g_{-(pre-1)}.
 * 3. The v that have the least sd for their b are those of min sd^2 + 2 lambda sum |g_{-j}|, a lasso: its path is linear between knots (Osborne, Presnell and Turlach 2000), and chi
 *    has one minimum along it, found by golden section within each piece.
 * Reference: Rambachan and Roth (2023), sections 4.1 and 5; Armstrong and Kolesar (2018). */
#include "honest.h"

typedef struct Lasso {
  const Honest *honest;
  int k, n;            /* all terms; free g */
  double *u0, *u;      /* v = u0 + u g: k, k x n column-major */
  double *q, *cross;   /* sd^2 = g'q g + 2 cross'g + ...: n x n, n */
  double fixed;        /* |g_0| + sum over j >= 1 of |g_j| */
  double m;
  double *g, *v;       /* room: n, k */
  double best, best_centre;
} Lasso;

/* The 1 - alpha quantile of |N(t, 1)|: the tails beyond -c and c. Newton's method from the left, where the function is convex, rises to the root. */
static double folded_quantile(double t, double alpha) {
  double c = t + normal_quantile(1 - alpha);
  if (c < 0) c = 0;
  for (int step = 0; step < 60; step++) {
    double move = (normal_upper(c - t) + normal_upper(c + t) - alpha) / (normal_density(c - t) + normal_density(c + t));
    c += move;
    if (fabs(move) < 1e-15 * (1 + c)) break;
  }
  return c;
}

static double quadratic(int k, const double *sigma, const double *v) {
  double sum = 0;
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++) sum += v[i] * sigma[i * k + j] * v[j];
  return sum;
}

/* The half-length at g; the best so far is kept. */
static double half_length(Lasso *l, const double *g) {
  double bias = l->fixed, centre = 0;
  memcpy(l->v, l->u0, (size_t)l->k * sizeof *l->v);
  for (int j = 0; j < l->n; j++) {
    bias += fabs(g[j]);
    for (int i = 0; i < l->k; i++) l->v[i] += l->u[j * l->k + i] * g[j];
  }
  double sd = sqrt(quadratic(l->k, l->honest->sigma, l->v)), chi = sd * folded_quantile(l->m * bias / sd, l->honest->alpha);
  if (!(chi < l->best)) return chi;
  for (int i = 0; i < l->k; i++) centre += l->v[i] * l->honest->beta[i];
  l->best = chi;
  l->best_centre = centre;
  return chi;
}

/* g = at + lambda slope on the active ones */
static double half_length_at(Lasso *l, const double *at, const double *slope, double lambda) {
  for (int j = 0; j < l->n; j++) l->g[j] = at[j] + lambda * slope[j];
  return half_length(l, l->g);
}

static void golden(Lasso *l, const double *at, const double *slope, double low, double high) {
  const double part = (sqrt(5) - 1) / 2;
  double a = high - part * (high - low), b = low + part * (high - low), fa = half_length_at(l, at, slope, a), fb = half_length_at(l, at, slope, b);
  for (int step = 0; step < 80 && high - low > 1e-12 * high; step++) {
    if (fa <= fb) {
      high = b;
      b = a, fb = fa;
      fa = half_length_at(l, at, slope, a = high - part * (high - low));
    } else {
      low = a;
      a = b, fa = fb;
      fb = half_length_at(l, at, slope, b = low + part * (high - low));
    }
  }
  half_length_at(l, at, slope, low);
  half_length_at(l, at, slope, high);
}

/* One piece of the path: g on the active set as at + lambda slope. */
static bool piece(Run *run, const Lasso *l, const bool *active, const double *sign, double *at, double *slope) {
  int count = 0, n = l->n;
  for (int j = 0; j < n; j++) count += active[j];
  double *a = NEW_ARRAY(run, double, count * count), *right = NEW_ARRAY(run, double, 2 * count);
  if (run_failed(run)) return false;
  for (int i = 0, r = 0; i < n; i++) {
    if (!active[i]) continue;
    for (int j = 0, c = 0; j < n; j++)
      if (active[j]) a[c++ * count + r] = l->q[j * n + i];
    right[r] = -l->cross[i];
    right[count + r++] = -sign[i];
  }
  if (count && !dense_solve(run, count, a, 2, right)) {
    run_fail(run, "the covariance matrix of the event-study estimates is nearly singular");
    return false;
  }
  for (int j = 0, c = 0; j < n; j++) {
    at[j] = active[j] ? right[c] : 0;
    slope[j] = active[j] ? right[count + c++] : 0;
  }
  run_free(run, a);
  run_free(run, right);
  return true;
}

/* Rule 3: from lambda so large that all g are zero down to none. */
static void walk(Lasso *l) {
  Run *run = l->honest->run;
  int n = l->n;
  bool *active = NEW_ARRAY(run, bool, n);
  double *sign = NEW_ARRAY(run, double, n), *at = NEW_ARRAY(run, double, n), *slope = NEW_ARRAY(run, double, n), lambda = 0;
  if (run_failed(run)) return;
  half_length(l, at); /* all zero */
  int next = -1;
  for (int j = 0; j < n; j++)
    if (fabs(l->cross[j]) > lambda) lambda = fabs(l->cross[j]), next = j;
  for (int step = 0; next >= 0 && step < 20 * n + 100; step++) {
    double correlation = l->cross[next];
    for (int j = 0; j < n; j++) correlation += l->q[j * n + next] * (at[j] + lambda * slope[j]);
    sign[next] = active[next] ? 0 : correlation > 0 ? -1 : 1;
    active[next] = !active[next];
    if (!run_poll(run, (uint64_t)(n * n * n + 200 * (n * n + l->k * l->k)))) return;
    if (!piece(run, l, active, sign, at, slope)) return;
    double end = 0;
    int left = next;
    next = -1;
    for (int j = 0; j < n; j++) { /* the knot below lambda: an active g at zero, or another correlation at lambda */
      double events[2] = {-1, -1};
      if (active[j]) {
        if (slope[j] != 0) events[0] = -at[j] / slope[j];
      } else {
        double c = l->cross[j], d = 0;
        for (int i = 0; i < n; i++) {
          c += l->q[i * n + j] * at[i];
          d += l->q[i * n + j] * slope[i];
        }
        events[0] = c / (1 - d); /* c + lambda d = lambda */
        events[1] = -c / (1 + d);
      }
      for (int e = 0; e < 2; e++)
        if (events[e] > end && events[e] < lambda * (1 - (j == left ? 1e-9 : 1e-13))) end = events[e], next = j;
    }
    golden(l, at, slope, end, lambda);
    lambda = end;
  }
}

Interval honest_smoothness(const Honest *honest, double m) {
  Run *run = honest->run;
  int k = honest->pre + honest->post, n = honest->pre - 1, last = honest->pre - 1; /* last: the place of v_{-1} */
  Lasso l = {.honest = honest, .k = k, .n = n, .m = m, .best = INFINITY};
  l.u0 = NEW_ARRAY(run, double, k);
  l.u = NEW_ARRAY(run, double, k * n);
  l.q = NEW_ARRAY(run, double, n * n);
  l.cross = NEW_ARRAY(run, double, n);
  l.g = NEW_ARRAY(run, double, n);
  l.v = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return (Interval){NAN, NAN};
  for (int j = 0; j < honest->post; j++) {
    double g = 0;
    for (int t = j + 1; t <= honest->post; t++) g += honest->weight[t - 1] * (t - j);
    l.fixed += fabs(g);
    if (j == 0) l.u0[last] = g;
    l.u0[honest->pre + j] = honest->weight[j];
  }
  for (int i = 1; i <= n; i++) { /* g_{-i} */
    double *column = l.u + (i - 1) * k;
    if (i >= 2) column[last - (i - 2)] = 1;
    column[last - (i - 1)] = -2;
    column[last - i] = 1;
  }
  for (int i = 0; i < n; i++) {
    for (int a = 0; a < k; a++)
      for (int b = 0; b < k; b++) {
        double s = l.u[i * k + a] * honest->sigma[a * k + b];
        l.cross[i] += s * l.u0[b];
        for (int j = 0; j < n; j++) l.q[j * n + i] += s * l.u[j * k + b];
      }
    if (!run_poll(run, (uint64_t)(k * k * n))) return (Interval){NAN, NAN};
  }
  walk(&l);
  return run_failed(run) ? (Interval){NAN, NAN} : (Interval){l.best_centre - l.best, l.best_centre + l.best};
}

double honest_largest_bend(const Honest *honest) {
  int k = honest->pre + honest->post, pre = honest->pre;
  if (pre == 1) return sqrt(honest->sigma[0]);
  double most = 0, z = normal_quantile(1 - honest->alpha);
  for (int i = 0; i + 1 < pre; i++) { /* about the period of place i + 1 */
    int place[] = {i, i + 1, i + 2};
    double factor[] = {1, -2, i + 2 < pre ? 1 : 0}, bend = 0, variance = 0; /* behind the last stands the reference */
    for (int a = 0; a < 3; a++) {
      if (factor[a] == 0) continue;
      bend += factor[a] * honest->beta[place[a]];
      for (int b = 0; b < 3; b++)
        if (factor[b] != 0) variance += factor[a] * factor[b] * honest->sigma[place[a] * k + place[b]];
    }
    most = fmax(most, fabs(bend) + z * sqrt(fmax(0, variance)));
  }
  return most;
}
