/* honest_relative.c: the confidence set where the trend may change from period to period by at most m times its largest change before treatment.
 *
 * 1. With D_j = delta_{j+1} - delta_j: Delta(m) = union over periods s before treatment and signs of {|D_j| <= m sign D_s for j from the reference on}: polyhedra A delta <= 0. (That D_s
 *    is the largest change before treatment need not be asked: the union is the same.) The interval is the hull of the values theta that the test of some polyhedron does not reject.
 * 2. H0: weight'effects = theta. Y = A beta - A (0, effects at theta) less what other effects do, X t: the statistic is eta = min over t of max_j (Y - X t)_j / sd_j, by its dual
 *    max gamma'Y, X'gamma = 0, sum sd_j gamma_j = 1, gamma >= 0 (rows are divided by their sd here, so that gamma sums to one).
 * 3. Conditional test: given that gamma is optimal and given S = Y - c gamma'Y, c = Omega gamma / gamma'Omega gamma, eta is a normal with variance gamma'Omega gamma cut off at lo and up, the ends of
 *    the v at which max over gamma of gamma'(S + c v) is v; a convex function of v, so Newton's method finds them. Rejected: eta > 0 and above the 1 - alpha quantile with mean zero.
 * 4. Hybrid with the least favourable test: eta above the 1 - alpha/10 quantile of max gamma'xi, xi ~ N(0, Omega), rejects; else the conditional test with up cut off there and size
 *    (alpha - alpha/10) / (1 - alpha/10). The quantile is that of reps draws, draw b from stream b of the seed, the same for all s and m. Mirror images share it.
 * 5. eta is convex in theta: values beyond the set eta <= quantile are rejected, those with eta <= 0 are not; between them GRID values a side are tried and the border is bisected.
 * Reference: Rambachan and Roth (2023), sections 3 and 4.2; Andrews, Roth and Pakes (2023), sections 4 and 5. */
#include "honest.h"

enum { GRID = 24 };
static const double KAPPA = 0.1, PRECISION = 1e-6; /* the latter in standard errors of the target */

struct Relative {
  const Honest *honest;
  Run *run;
  int k, rows, nuisance;
  double estimate, sd;     /* of weight'beta_post */
  double *normal;          /* reps x k: the root of sigma times standard normals */
  /* a polyhedron */
  double *a;               /* rows x k, row-major, divided by their sd */
  double *omega;           /* correlations */
  double *program;         /* (nuisance + 1) x rows, column-major: X', ones */
  double *right;           /* 0, ..., 0, 1 */
  double *y0, *along;      /* Y(theta) = y0 - along theta */
  LinearProgram *solver;
  double quantile;
  /* room: rows each */
  double *y, *s, *c, *cost, *gamma, *other, *statistics;
};

Relative *honest_relative_new(const Honest *honest) {
  Run *run = honest->run;
  Relative *r = NEW(run, Relative);
  if (run_failed(run)) return NULL;
  int k = honest->pre + honest->post, rows = 2 * honest->post;
  *r = (Relative){.honest = honest, .run = run, .k = k, .rows = rows, .nuisance = honest->post - 1};
  r->normal = NEW_ARRAY(run, double, honest->reps * k);
  r->a = NEW_ARRAY(run, double, rows * k);
  r->omega = NEW_ARRAY(run, double, rows * rows);
  r->program = NEW_ARRAY(run, double, rows * honest->post);
  r->right = NEW_ARRAY(run, double, honest->post);
  double **room[] = {&r->y0, &r->along, &r->y, &r->s, &r->c, &r->cost, &r->gamma, &r->other};
  for (size_t i = 0; i < sizeof room / sizeof room[0]; i++) *room[i] = NEW_ARRAY(run, double, rows);
  r->statistics = NEW_ARRAY(run, double, honest->reps);
  r->solver = linear_program_new(run, honest->post, rows);
  if (run_failed(run)) return NULL;
  r->right[honest->post - 1] = 1;
  double variance = 0;
  for (int i = 0; i < honest->post; i++) {
    r->estimate += honest->weight[i] * honest->beta[honest->pre + i];
    for (int j = 0; j < honest->post; j++) variance += honest->weight[i] * honest->weight[j] * honest->sigma[(honest->pre + i) * k + honest->pre + j];
  }
  r->sd = sqrt(variance);
  for (int64_t b = 0; b < honest->reps; b++) {
    Random random = random_stream(honest->seed, (uint64_t)b);
    for (int j = 0; j < k; j++) {
      double z = random_normal(&random);
      for (int i = j; i < k; i++) r->normal[b * k + i] += honest->root[j * k + i] * z;
    }
  }
  return r;
}

/* ---- a polyhedron */

/* The difference D_j as a row: +1 at its end, -1 at its start; place pre is the reference, which has no column. */
static void add_difference(const Relative *r, int j, double factor, double *row) {
  int pre = r->honest->pre, ends[] = {j, j + 1};
  for (int e = 0; e < 2; e++) {
    if (ends[e] == pre) continue;
    row[ends[e] < pre ? ends[e] : ends[e] - 1] += e ? factor : -factor;
  }
}

/* Rules 1 and 2 for period s (a place before treatment) and a sign. */
static void build(Relative *r, int s, double sign, double m) {
  const Honest *h = r->honest;
  int k = r->k, pre = h->pre, place = 0;
  for (int j = pre, i = 0; j < k; j++)
    for (int turn = -1; turn <= 1; turn += 2, i++) {
      double *row = r->a + i * k;
      memset(row, 0, (size_t)k * sizeof *row);
      add_difference(r, j, turn, row);
      add_difference(r, s, -sign * m, row);
    }
  for (int t = 1; t < h->post; t++)
    if (fabs(h->weight[t]) > fabs(h->weight[place])) place = t;
  for (int i = 0; i < r->rows; i++) {
    double *row = r->a + i * k, variance = 0;
    for (int p = 0; p < k; p++)
      for (int q = 0; q < k; q++) variance += row[p] * h->sigma[p * k + q] * row[q];
    double scale = 1 / sqrt(variance);
    for (int p = 0; p < k; p++) row[p] *= scale;
    r->y0[i] = 0;
    for (int p = 0; p < k; p++) r->y0[i] += row[p] * h->beta[p];
    r->along[i] = row[pre + place] / h->weight[place];
    double *column = r->program + i * h->post;
    for (int t = 0, x = 0; t < h->post; t++)
      if (t != place) column[x++] = (row[pre + t] - h->weight[t] * r->along[i]) * r->sd; /* of about the size of the ones */
    column[h->post - 1] = 1;
  }
  for (int i = 0; i < r->rows; i++)
    for (int j = 0; j < r->rows; j++) {
      double sum = 0;
      for (int p = 0; p < k; p++)
        for (int q = 0; q < k; q++) sum += r->a[i * k + p] * h->sigma[p * k + q] * r->a[j * k + q];
      r->omega[i * r->rows + j] = sum;
    }
}

static double product(int n, const double *a, const double *b) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* max gamma'y over the gamma of rule 2. */
static double largest(Relative *r, const double *y, double *gamma) {
  double value = NAN;
  for (int i = 0; i < r->rows; i++) r->cost[i] = -y[i];
  if (r->nuisance == 0) { /* gamma is one row */
    int best = 0;
    for (int i = 1; i < r->rows; i++)
      if (y[i] > y[best]) best = i;
    for (int i = 0; i < r->rows; i++) gamma[i] = i == best;
    return run_poll(r->run, (uint64_t)r->rows) ? y[best] : (double)NAN;
  }
  LinearStatus status = linear_program_solve(r->solver, r->program, r->right, r->cost, NULL, gamma, &value);
  if (status != LINEAR_OPTIMAL && !run_failed(r->run)) run_fail(r->run, "a linear program of the relative-magnitudes test found no solution: the estimates differ too much in size");
  return -value;
}

static double statistic(Relative *r, double theta) {
  for (int i = 0; i < r->rows; i++) r->y[i] = r->y0[i] - r->along[i] * theta;
  return largest(r, r->y, r->gamma);
}

/* Rule 4. */
static double least_favourable(Relative *r) {
  for (int64_t b = 0; b < r->honest->reps && !run_failed(r->run); b++) {
    for (int i = 0; i < r->rows; i++) r->y[i] = product(r->k, r->a + i * r->k, r->normal + b * r->k);
    r->statistics[b] = largest(r, r->y, r->gamma);
  }
  if (run_failed(r->run)) return NAN;
  sort_numbers(r->run, r->honest->reps, r->statistics);
  return quantile_sorted(r->honest->reps, r->statistics, 1 - KAPPA * r->honest->alpha, false);
}

/* ---- the test */

/* Rule 3: the largest v (way 1) or the smallest (way -1) at which max gamma'(S + c v) is v. */
static double border(Relative *r, double way) {
  for (int i = 0; i < r->rows; i++) r->y[i] = way * r->c[i];
  double slope = way * largest(r, r->y, r->other), v = way * INFINITY;
  for (int step = 0; step < 200 && !run_failed(r->run); step++) {
    if (way * (slope - 1) <= 1e-9) return v;
    double next = product(r->rows, r->other, r->s) / (1 - slope);
    if (step && way * (v - next) <= 1e-11 * (1 + fabs(v))) return v;
    v = next;
    for (int i = 0; i < r->rows; i++) r->y[i] = r->s[i] + r->c[i] * v;
    if (largest(r, r->y, r->other) <= v + 1e-10 * (1 + fabs(v))) return v;
    slope = product(r->rows, r->other, r->c);
  }
  return v;
}

/* P(Z <= x | low <= Z <= high) of a standard normal, by the tails on their side. */
static double truncated_cdf(double x, double low, double high) {
  if (low + high > 0) {
    double top = normal_upper(high);
    return (normal_upper(low) - normal_upper(x)) / (normal_upper(low) - top);
  }
  double bottom = normal_cdf(low);
  return (normal_cdf(x) - bottom) / (normal_cdf(high) - bottom);
}

static bool accepts(Relative *r, double theta) {
  double alpha = r->honest->alpha, kappa = KAPPA * alpha, eta = statistic(r, theta), variance = 0;
  if (run_failed(r->run)) return false;
  if (eta <= 0) return true;
  if (eta > r->quantile) return false;
  for (int i = 0; i < r->rows; i++) {
    r->c[i] = 0;
    for (int j = 0; j < r->rows; j++)
      if (r->gamma[j] != 0) r->c[i] += r->omega[i * r->rows + j] * r->gamma[j];
  }
  for (int i = 0; i < r->rows; i++) variance += r->gamma[i] * r->c[i];
  if (!(variance > 1e-14)) return false;
  for (int i = 0; i < r->rows; i++) {
    r->c[i] /= variance;
    r->s[i] = r->y[i] - r->c[i] * eta;
  }
  double sd = sqrt(variance), low = border(r, -1), high = fmin(border(r, 1), r->quantile);
  if (run_failed(r->run)) return false;
  low = fmin(low, eta);
  return truncated_cdf(eta / sd, low / sd, high / sd) <= (1 - alpha) / (1 - kappa); /* 1 - (alpha - kappa) / (1 - kappa) */
}

/* ---- the set of a polyhedron (5) */

/* The border between `out`, where eta is above the limit, and `in`, where it is not. */
static double level_set(Relative *r, double out, double in, double limit) {
  while (fabs(out - in) > PRECISION * r->sd && !run_failed(r->run)) {
    double middle = in + (out - in) / 2;
    if (statistic(r, middle) <= limit) in = middle;
    else out = middle;
  }
  return in;
}

/* The first accepted value on the way from `out` to `in`, NAN where there is none; in_accepted: in is accepted. */
static double first_accepted(Relative *r, double out, double in, bool in_accepted) {
  double before = out, found = NAN;
  for (int i = 0; i <= GRID && isnan(found); i++) {
    double theta = out + (in - out) * i / GRID;
    if (i == GRID ? in_accepted : accepts(r, theta)) found = theta;
    else before = theta;
    if (run_failed(r->run)) return NAN;
  }
  if (isnan(found) || found == out) return found;
  while (fabs(found - before) > PRECISION * r->sd && !run_failed(r->run)) {
    double middle = found + (before - found) / 2;
    if (accepts(r, middle)) found = middle;
    else before = middle;
  }
  return found;
}

static Interval polyhedron_set(Relative *r) {
  const double part = (sqrt(5) - 1) / 2;
  double width = 4 * r->sd, low, high;
  for (int side = -1; side <= 1; side += 2) /* out to where eta has risen above the limit and is rising */
    for (double w = width; !run_failed(r->run); w *= 2) {
      double eta = statistic(r, r->estimate + side * w), inner = statistic(r, r->estimate + side * w * 0.9);
      width = fmax(width, w);
      if (eta > r->quantile && eta > inner) break;
    }
  low = r->estimate - width;
  high = r->estimate + width;
  double a = high - part * (high - low), b = low + part * (high - low), fa = statistic(r, a), fb = statistic(r, b), left = low, right = high;
  while (right - left > PRECISION * r->sd && fmin(fa, fb) > 0 && !run_failed(r->run)) { /* any value with eta <= 0 will do, else the least */
    if (fa <= fb) {
      right = b;
      b = a, fb = fa;
      fa = statistic(r, a = right - part * (right - left));
    } else {
      left = a;
      a = b, fa = fb;
      fb = statistic(r, b = left + part * (right - left));
    }
  }
  double middle = fa <= fb ? a : b, least = fmin(fa, fb);
  if (run_failed(r->run) || least > r->quantile) return (Interval){NAN, NAN};
  bool inside = least <= 0 || accepts(r, middle);
  double from = level_set(r, low, middle, r->quantile), to = level_set(r, high, middle, r->quantile);
  Interval set = {first_accepted(r, from, least <= 0 ? level_set(r, from, middle, 0) : middle, inside), first_accepted(r, to, least <= 0 ? level_set(r, to, middle, 0) : middle, inside)};
  if (isnan(set.low)) set.low = set.high; /* nothing on one side */
  if (isnan(set.high)) set.high = set.low;
  if (set.low > set.high) { /* both found the same stretch on one side of the middle: its other end */
    double kept = set.low;
    set.low = set.high;
    set.high = kept;
  }
  return set;
}

Interval honest_relative(Relative *r, double m) {
  Interval hull = {NAN, NAN};
  for (int s = 0; s < r->honest->pre; s++) {
    for (int side = -1; side <= 1; side += 2) {
      build(r, s, side, m);
      if (side < 0) r->quantile = least_favourable(r);
      Interval set = polyhedron_set(r);
      if (run_failed(r->run)) return (Interval){NAN, NAN};
      if (isnan(set.low)) continue;
      hull.low = fmin(isnan(hull.low) ? INFINITY : hull.low, set.low);
      hull.high = fmax(isnan(hull.high) ? -INFINITY : hull.high, set.high);
    }
  }
  return hull;
}

bool honest_relative_accepts_zero(Relative *r, double m) {
  for (int pass = 0; pass < 2; pass++) /* first those that need no quantile */
    for (int s = 0; s < r->honest->pre; s++)
      for (int side = -1; side <= 1; side += 2) {
        build(r, s, side, m);
        if (pass == 0) {
          if (statistic(r, 0) <= 0) return true;
          continue;
        }
        if (side < 0) r->quantile = least_favourable(r);
        if (accepts(r, 0)) return true;
        if (run_failed(r->run)) return false;
      }
  return false;
}
