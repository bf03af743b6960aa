/* vcov.c: variance matrices of least-squares coefficients, V = factor * B M B with the bread B = (X'WX)^-1 and the meat M of a kind.
 *
 * s_i = w_i e_i x_i is the score of row i (effects absorbed from x), N the rows, K as the caller counts it, h the hat values.
 * 1. iid: V = B sum(w e^2) / (N-K); df N-K for all kinds where nothing else is said. Without k_adjust 1/(N-1), as fixest's ssc(adj=FALSE).
 * 2. hc0: M = sum s s'. hc1: the same times (N-1)/(N-K) [k_adjust] times N/(N-1) [g_adjust: each row is a cluster], together N/(N-K).
 *    hc2, hc3, hc4: s s' / (1-h)^d with d = 1, 2, min(4, N h / sum h); no factor. (MacKinnon and White 1985; Cribari-Neto 2004.)
 *    A row with h = 1 is fitted exactly whatever its y and has no residual: it adds nothing.
 * 3. cluster: M = sum over clusters of (sum s)(sum s)'; factor (N-1)/(N-K) [k_adjust] * G/(G-1) [g_adjust]; df G-1, or N-K [t_conventional].
 *    Two clusterings: V = V1 + V2 - V12 (Cameron, Gelbach and Miller 2011, eq. 2.11), where 12 clusters by the pairs; each takes the
 *    smallest G, or its own [g_conventional]; df from the smallest. Where V is not positive semi-definite (in units in which the variances of V1 + V2 are 1), its
 *    negative eigenvalues are set to 0 (same paper, 2.3). With mend_variances, as fixest does, only where a variance is negative, and then eigenvalues
 *    below 1e-10 become 1e-10, but not where that would be more than a tenth of some variance: in small units the errors would be made of nothing else.
 * 4. nw(L): within each unit (or one series) sum over pairs of rows l time steps apart of (1 - l/(L+1)) (s s'_l + s_l s'), l = 0..L, the rows
 *    themselves counted once (Newey and West 1987). dk(L): the same for the sums of s by time (Driscoll and Kraay 1998). Steps are counted over the
 *    sorted distinct times of all rows. Factor (N-1)/(N-K) [k_adjust] * T/(T-1) [g_adjust]; df T-1. L = -1: the whole part of T^(1/4).
 * 5. conley: M = sum of s_i s_j' over all pairs not further apart than the cutoff (uniform kernel; Conley 1999), great-circle distance on
 *    a sphere of 6376 km, the radius of fixest's distance="spherical", so that both count the same pairs. Factor (N-1)/(N-K) [k_adjust].
 *    This meat need not be positive: where a variance comes out negative the eigenvalues are treated as in 3.
 * 6. What does not exist is NAN: N <= K, one cluster, one time.
 * 7. So is the variance of a coefficient whose scores cancel in every cluster, as those of two units under effects of unit and time, or of a slope for
 *    each cluster, or in every row (hc), as that of a group of one row: the sandwich is 0 but for rounding (below 1e-20 of B sum(w e^2)/N), and t would be 1e15. */
#include "num.h"

#include <assert.h>

enum { BLOCK = 512, POLL_ROWS = 1 << 16, FEW = 4 };
static const double EARTH_KM = 6376;
static const double PI = 3.14159265358979323846;

static size_t square(int k) { return (size_t)k * (size_t)k; }

/* w e of one row */
static double weighted_residual(const VcovData *d, int64_t i) { return d->weight ? d->weight[i] * d->residual[i] : d->residual[i]; }

/* sum w e^2 */
static double squares(const VcovData *d) {
  double sum = 0;
  for (int64_t start = 0; start < d->n; start += BLOCK) {
    int rows = d->n - start < BLOCK ? (int)(d->n - start) : BLOCK;
    const double *e = d->residual + start;
    double part = d->weight ? 0 : dense_dot(rows, e, e);
    for (int i = 0; i < rows && d->weight; i++) part += d->weight[start + i] * e[i] * e[i];
    sum += part;
  }
  return sum;
}

/* ---- meats. A meat takes rows a block at a time: sum += s s', or, where pairs are given, sum += s z'. */
typedef struct Meat {
  Run *run;
  int k, rows;
  bool pairs;
  double *s, *z;   /* BLOCK x k */
  double *sum;     /* k x k */
} Meat;

static void meat_begin(Meat *meat, Run *run, int k, bool pairs) {
  size_t block = BLOCK * (size_t)k;
  *meat = (Meat){run, k, 0, pairs, NEW_ARRAY(run, double, block), pairs ? NEW_ARRAY(run, double, block) : NULL, NEW_ARRAY(run, double, square(k))};
}

static void meat_flush(Meat *meat) {
  int k = meat->k;
  if (meat->rows == 0) return;
  if (meat->pairs) dense_multiply_polled(meat->run, true, k, k, meat->rows, meat->s, BLOCK, meat->z, BLOCK, 1, meat->sum, k);
  else dense_crossproduct_polled(meat->run, meat->rows, k, meat->s, BLOCK, meat->sum);
  meat->rows = 0;
}

static bool meat_add(Meat *meat, const double *s, const double *z) {
  for (int j = 0; j < meat->k; j++) {
    meat->s[(size_t)j * BLOCK + (size_t)meat->rows] = s[j];
    if (z) meat->z[(size_t)j * BLOCK + (size_t)meat->rows] = z[j];
  }
  if (++meat->rows < BLOCK) return true;
  meat_flush(meat);
  return run_poll(meat->run, (uint64_t)BLOCK * (uint64_t)meat->k * (uint64_t)(meat->k + 4));
}

/* The meat; with pairs, whose z counted each pair once and the row itself half, sum + sum'. */
static double *meat_end(Meat *meat) {
  size_t k = (size_t)meat->k;
  meat_flush(meat);
  for (size_t j = 0; meat->pairs && j < k; j++)
    for (size_t i = 0; i <= j; i++) meat->sum[i + j * k] = meat->sum[j + i * k] = meat->sum[i + j * k] + meat->sum[j + i * k];
  run_free(meat->run, meat->s);
  run_free(meat->run, meat->z);
  return meat->sum;
}

/* hc (2) */
static double *meat_of_rows(Run *run, const VcovData *d) {
  Meat meat;
  meat_begin(&meat, run, d->k, false);
  double *factor = NEW_ARRAY(run, double, BLOCK), trace = 0;
  if (run_failed(run)) return NULL;
  bool leverage = d->kind == VCOV_HC2 || d->kind == VCOV_HC3 || d->kind == VCOV_HC4;
  assert(!leverage || d->leverage);
  for (int64_t i = 0; d->kind == VCOV_HC4 && i < d->n; i++) trace += d->leverage[i];
  for (int64_t start = 0; start < d->n; start += BLOCK) {
    meat.rows = d->n - start < BLOCK ? (int)(d->n - start) : BLOCK;
    for (int i = 0; i < meat.rows; i++) {
      double f = weighted_residual(d, start + i);
      if (leverage) {
        double h = d->leverage[start + i], left = 1 - h;
        if (left < 1e-10) f = 0;
        else if (d->kind == VCOV_HC2) f /= sqrt(left);
        else if (d->kind == VCOV_HC3) f /= left;
        else f *= pow(left, -0.5 * fmin(4, (double)d->n * h / trace));
      }
      factor[i] = f;
    }
    for (int j = 0; j < d->k; j++) {
      const double *x = d->x[j] + start;
      double *to = meat.s + (size_t)j * BLOCK;
      for (int i = 0; i < meat.rows; i++) to[i] = x[i] * factor[i];
    }
    meat_flush(&meat);
    if (!run_poll(run, (uint64_t)BLOCK * (uint64_t)d->k * (uint64_t)(d->k + 4) / 4)) return NULL;
  }
  return meat_end(&meat);
}

/* The sums of the scores by code: levels x k, row-major, so that a row touches one place. */
/* sums[code] += x e for the rows from..to. Rows of one code together are summed in registers: through memory each sum would wait for the one before. */
static inline __attribute__((always_inline)) void add_scores(const size_t k, const VcovData *d, const int32_t *code, int64_t from, int64_t to, double *sums) {
  for (int64_t i = from; i < to;) {
    int32_t level = code[i];
    double *sum = sums + (size_t)level * k, kept[FEW] = {0};
    for (size_t j = 0; j < k; j++) kept[j] = sum[j];
    do {
      double e = weighted_residual(d, i);
      for (size_t j = 0; j < k; j++) kept[j] += d->x[j][i] * e;
    } while (++i < to && code[i] == level);
    for (size_t j = 0; j < k; j++) sum[j] = kept[j];
  }
}

static double *score_sums(Run *run, const VcovData *d, const int32_t *code, int32_t levels) {
  size_t k = (size_t)d->k;
  double *sums = NEW_ARRAY(run, double, (size_t)levels * k);
  if (run_failed(run)) return NULL;
  for (int64_t start = 0; start < d->n; start += POLL_ROWS) {
    int64_t end = d->n - start < POLL_ROWS ? d->n : start + POLL_ROWS;
    if (k == 1) add_scores(1, d, code, start, end, sums);
    else if (k == 2) add_scores(2, d, code, start, end, sums);
    else if (k == 3) add_scores(3, d, code, start, end, sums);
    else if (k == 4) add_scores(4, d, code, start, end, sums);
    for (int64_t i = start; i < end && k > FEW; i++) {
      double e = weighted_residual(d, i), *to = sums + (size_t)code[i] * k;
      for (size_t j = 0; j < k; j++) to[j] += d->x[j][i] * e;
    }
    if (!run_poll(run, (uint64_t)(end - start) * (k + 1))) return NULL;
  }
  return sums;
}

static double *meat_of_clusters(Run *run, const VcovData *d, const int32_t *code, int32_t levels) {
  if (levels == d->n) { /* each row its own */
    VcovData rows = *d;
    rows.kind = VCOV_HC0;
    return meat_of_rows(run, &rows);
  }
  Meat meat;
  double *sums = score_sums(run, d, code, levels);
  meat_begin(&meat, run, d->k, false);
  if (run_failed(run)) return NULL;
  for (int32_t g = 0; g < levels; g++)
    if (!meat_add(&meat, sums + (size_t)g * (size_t)d->k, NULL)) return NULL;
  run_free(run, sums);
  return meat_end(&meat);
}

/* Clusters are the pairs of codes of both clusterings that occur; writes how many. The scores are brought into the order of the clustering
 * with more levels (a counting sort of records, one memory access a row); within each of its clusters the sums for the other's levels fit
 * into the cache. */
static double *meat_of_pairs(Run *run, const VcovData *d, int32_t *pairs) {
  size_t k = (size_t)d->k, width = k + 1;
  int outer = d->cluster_levels[0] >= d->cluster_levels[1] ? 0 : 1;
  const int32_t *outer_code = d->cluster[outer], *inner_code = d->cluster[1 - outer];
  int32_t outer_levels = d->cluster_levels[outer], inner_levels = d->cluster_levels[1 - outer];
  int64_t *end = NEW_ARRAY(run, int64_t, (size_t)outer_levels + 1); /* where the next record of a cluster goes, at last its end */
  double *record = NEW_ARRAY(run, double, (size_t)d->n * width), *sums = NEW_ARRAY(run, double, (size_t)inner_levels * k);
  int32_t *seen = NEW_ARRAY(run, int32_t, inner_levels), *met = NEW_ARRAY(run, int32_t, inner_levels); /* seen: in cluster g - 1 */
  Meat meat;
  meat_begin(&meat, run, d->k, false);
  if (run_failed(run)) return NULL;
  for (int64_t i = 0; i < d->n; i++) end[outer_code[i] + 1]++;
  for (int32_t g = 0; g < outer_levels; g++) end[g + 1] += end[g];
  for (int64_t i = 0; i < d->n; i++) {
    double e = weighted_residual(d, i), *to = record + (size_t)end[outer_code[i]]++ * width;
    for (size_t j = 0; j < k; j++) to[j] = d->x[j][i] * e;
    to[k] = inner_code[i];
    if ((i & (POLL_ROWS - 1)) == 0 && !run_poll(run, POLL_ROWS * (width + 2))) return NULL;
  }
  *pairs = 0;
  int64_t at = 0;
  for (int32_t g = 0; g < outer_levels; g++) {
    int32_t here = 0;
    int64_t start = at;
    for (; at < end[g]; at++) {
      const double *from = record + (size_t)at * width;
      int32_t c = (int32_t)from[k];
      double *to = sums + (size_t)c * k;
      if (seen[c] != g + 1) {
        seen[c] = g + 1;
        met[here++] = c;
        for (size_t j = 0; j < k; j++) to[j] = 0;
      }
      for (size_t j = 0; j < k; j++) to[j] += from[j];
    }
    *pairs += here;
    for (int32_t m = 0; m < here; m++)
      if (!meat_add(&meat, sums + (size_t)met[m] * k, NULL)) return NULL;
    if (!run_poll(run, (uint64_t)(at - start) * width + 4)) return NULL;
  }
  run_free(run, record);
  run_free(run, end);
  run_free(run, sums);
  return meat_end(&meat);
}

/* ---- time (4) */

/* step[i]: the place of time[i] among the sorted distinct times; order: the rows by time. Returns T. */
static int32_t time_steps(Run *run, int64_t n, const double *time, int64_t *order, int32_t *step) {
  for (int64_t i = 0; i < n; i++)
    if (isnan(time[i])) {
      run_fail(run, "the time of a row is missing");
      return 0;
    }
  sort_order(run, n, time, order);
  if (run_failed(run)) return 0;
  int32_t steps = 0;
  for (int64_t i = 0; i < n; i++) {
    if (i > 0 && time[order[i]] != time[order[i - 1]]) steps++;
    step[order[i]] = steps;
  }
  return n > 0 ? steps + 1 : 0;
}

static int automatic_lag(double steps) {
  int lag = 0;
  while (pow(lag + 1, 4) <= steps) lag++;
  return lag;
}

/* One series of m scores (row-major, times rising): adds z = s/2 + sum over earlier scores l <= lag steps away of (1 - l/(lag+1)) s_l.
 * False also where two scores share a time. */
static bool add_series(Meat *meat, int64_t m, const double *scores, const int32_t *step, int lag, double *z) {
  size_t k = (size_t)meat->k;
  for (int64_t p = 0; p < m; p++) {
    const double *s = scores + (size_t)p * k;
    for (size_t j = 0; j < k; j++) z[j] = 0.5 * s[j];
    for (int64_t q = p - 1; q >= 0 && step[p] - step[q] <= lag; q--) {
      if (step[q] == step[p]) return false;
      double weight = 1 - (double)(step[p] - step[q]) / (lag + 1.0);
      const double *other = scores + (size_t)q * k;
      for (size_t j = 0; j < k; j++) z[j] += weight * other[j];
    }
    if (!meat_add(meat, s, z)) return false;
  }
  return true;
}

/* Writes T and the lag used. */
static double *meat_over_time(Run *run, const VcovData *d, Vcov *out) {
  size_t n = (size_t)d->n, k = (size_t)d->k;
  int64_t *order = NEW_ARRAY(run, int64_t, n);
  int32_t *step = NEW_ARRAY(run, int32_t, n);
  double *z = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return NULL;
  int32_t steps = time_steps(run, d->n, d->time, order, step);
  out->groups[0] = steps;
  out->lag = d->lag >= 0 ? d->lag : automatic_lag(steps);
  Meat meat;
  meat_begin(&meat, run, d->k, true);
  if (run_failed(run)) return NULL;
  if (d->kind == VCOV_DRISCOLL_KRAAY) {
    double *sums = score_sums(run, d, step, steps);
    int32_t *all = NEW_ARRAY(run, int32_t, steps);
    if (run_failed(run)) return NULL;
    for (int32_t t = 0; t < steps; t++) all[t] = t;
    if (!add_series(&meat, steps, sums, all, out->lag, z)) return NULL;
    return meat_end(&meat);
  }
  int32_t units = 1;
  int32_t *unit = NEW_ARRAY(run, int32_t, n), *series_step = NEW_ARRAY(run, int32_t, n);
  int64_t *row = NEW_ARRAY(run, int64_t, n);
  double *scores = NEW_ARRAY(run, double, n * k);
  if (run_failed(run)) return NULL;
  for (size_t i = 0; d->unit && i < n; i++) {
    unit[i] = d->unit[order[i]];
    if (unit[i] >= units) units = unit[i] + 1;
  }
  int64_t *first = NEW_ARRAY(run, int64_t, (size_t)units + 1);
  if (run_failed(run)) return NULL;
  rows_by_code(run, d->n, unit, units, first, row);
  if (run_failed(run)) return NULL;
  for (size_t i = 0; i < n; i++) { /* by unit, then by time */
    int64_t from = order[row[i]];
    double e = weighted_residual(d, from);
    for (size_t j = 0; j < k; j++) scores[i * k + j] = d->x[j][from] * e;
    series_step[i] = step[from];
    if ((i & (POLL_ROWS - 1)) == 0 && !run_poll(run, POLL_ROWS * (k + 4))) return NULL;
  }
  for (int32_t u = 0; u < units; u++) {
    int64_t start = first[u], length = first[u + 1] - start;
    if (add_series(&meat, length, scores + (size_t)start * k, series_step + start, out->lag, z)) continue;
    run_fail(run, "two rows have the same %s, so that nw has no order for them", d->unit ? "unit and time" : "time");
    return NULL; /* an interrupt that came first stays */
  }
  run_free(run, scores);
  run_free(run, row);
  run_free(run, order);
  return meat_end(&meat);
}

/* ---- space (5) */

typedef struct Place {
  double latitude, point[3]; /* on the unit sphere */
} Place;

static bool coordinates_hold(Run *run, const VcovData *d) {
  for (int64_t i = 0; i < d->n; i++) {
    if (!(fabs(d->latitude[i]) <= 90)) run_fail(run, "conley needs latitudes from -90 to 90, not %g", d->latitude[i]);
    if (!(fabs(d->longitude[i]) <= 360)) run_fail(run, "conley needs longitudes from -180 to 180 or from 0 to 360, not %g", d->longitude[i]);
    if (run_failed(run)) return false;
  }
  if (!(d->cutoff_km >= 0)) run_fail(run, "conley needs a distance of at least 0 km, not %g", d->cutoff_km);
  return !run_failed(run);
}

/* Rows by latitude, equal latitudes by longitude; rows at one place are one place, its score their sum. Two points are within the cutoff if the
 * chord between them is no longer than that of the cutoff; only places within the cutoff in latitude are tried, by rising latitude. */
static double *meat_over_space(Run *run, const VcovData *d) {
  size_t n = (size_t)d->n, k = (size_t)d->k;
  if (!coordinates_hold(run, d)) return NULL;
  int64_t *east = NEW_ARRAY(run, int64_t, n), *north = NEW_ARRAY(run, int64_t, n);
  double *latitude = NEW_ARRAY(run, double, n), *scores = NEW_ARRAY(run, double, n * k), *z = NEW_ARRAY(run, double, k);
  Place *place = NEW_ARRAY(run, Place, n);
  if (run_failed(run)) return NULL;
  sort_order(run, d->n, d->longitude, east);
  for (size_t i = 0; i < n; i++) latitude[i] = d->latitude[east[i]];
  sort_order(run, d->n, latitude, north); /* keeps the order of longitudes */
  if (run_failed(run)) return NULL;
  size_t places = 0;
  for (size_t i = 0; i < n; i++) {
    int64_t row = east[north[i]], before = i ? east[north[i - 1]] : row;
    if (i == 0 || d->latitude[row] != d->latitude[before] || d->longitude[row] != d->longitude[before]) {
      double up = d->latitude[row] * (PI / 180), along = d->longitude[row] * (PI / 180);
      place[places++] = (Place){d->latitude[row], {cos(up) * cos(along), cos(up) * sin(along), sin(up)}};
    }
    double e = weighted_residual(d, row);
    for (size_t j = 0; j < k; j++) scores[(places - 1) * k + j] += d->x[j][row] * e;
  }
  double angle = d->cutoff_km / EARTH_KM, band = angle * (180 / PI) * (1 + 1e-9), chord = 2 * sin(fmin(angle, PI) / 2);
  double limit = angle >= PI ? 5 : chord * chord; /* no chord is longer than 2 */
  Meat meat;
  meat_begin(&meat, run, d->k, true);
  if (run_failed(run)) return NULL;
  for (size_t p = 0; p < places; p++) {
    const Place here = place[p];
    for (size_t j = 0; j < k; j++) z[j] = 0.5 * scores[p * k + j];
    size_t q = p + 1;
    for (; q < places && place[q].latitude - here.latitude <= band; q++) {
      double a = place[q].point[0] - here.point[0], b = place[q].point[1] - here.point[1], c = place[q].point[2] - here.point[2];
      if (a * a + b * b + c * c > limit) continue;
      for (size_t j = 0; j < k; j++) z[j] += scores[q * k + j];
    }
    if (!meat_add(&meat, scores + p * k, z) || !run_poll(run, (q - p) * (k + 3) / 2)) return NULL;
  }
  return meat_end(&meat);
}

/* ---- assembly */

/* V += factor * B M B, kept symmetric */
static void add_sandwich(Run *run, const VcovData *d, const double *meat, double factor, double *v) {
  size_t k = (size_t)d->k;
  double *half = NEW_ARRAY(run, double, square(d->k)), *whole = NEW_ARRAY(run, double, square(d->k));
  if (run_failed(run)) return;
  dense_multiply_polled(run, false, d->k, d->k, d->k, d->bread, d->k, meat, d->k, 0, half, d->k);
  dense_multiply_polled(run, false, d->k, d->k, d->k, half, d->k, d->bread, d->k, 0, whole, d->k);
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < k; i++) v[i + j * k] += factor * (0.5 * (whole[i + j * k] + whole[j + i * k]));
  run_free(run, half);
  run_free(run, whole);
}

/* (3) The smallest eigenvalues up to FLOOR, where V hardly feels it; v has its negative ones at 0 already. A dropped term has no bread. */
static void raise_eigenvalues(const VcovData *d, const double *vectors, const double *values, double *v) {
  static const double FLOOR = 1e-10, MOST = 0.1;
  size_t k = (size_t)d->k;
  for (size_t j = 0; j < k; j++) {
    double more = 0;
    for (size_t e = 0; e < k && values[e] < FLOOR; e++) more += (FLOOR - fmax(values[e], 0)) * vectors[j + e * k] * vectors[j + e * k];
    if (d->bread[j + j * k] > 0 && more > MOST * v[j + j * k]) return;
  }
  for (size_t e = 0; e < k && values[e] < FLOOR; e++)
    for (size_t j = 0; j < k; j++)
      for (size_t i = 0; i < k; i++) v[i + j * k] += (FLOOR - fmax(values[e], 0)) * vectors[i + e * k] * vectors[j + e * k];
}

/* (3) Sets negative eigenvalues of V to zero where V is not positive semi-definite in units in which unit[j] (its size where nothing was
 * taken off) is 1, or only tells. What is added to V for that stays small in small units: an eigenvector has no element to spare there. */
static void make_positive(Run *run, const VcovData *d, const VcovCorrection *c, const double *unit, bool only_tell, Vcov *out) {
  int order = d->k;
  size_t k = (size_t)order;
  double *v = out->value;
  double *vectors = NEW_ARRAY(run, double, k * k), *values = NEW_ARRAY(run, double, k);
  if (run_failed(run) || k == 0) return;
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < k; i++) vectors[i + j * k] = unit[i] > 0 && unit[j] > 0 ? v[i + j * k] / sqrt(unit[i]) / sqrt(unit[j]) : 0;
  if (!dense_symmetric_eigen(run, order, vectors, values)) return;
  out->indefinite = values[0] < -1e-12;
  if (!out->indefinite || only_tell) return;
  memcpy(vectors, v, sizeof(double) * k * k);
  if (!dense_symmetric_eigen(run, order, vectors, values)) return;
  for (size_t e = 0; e < k && values[e] < 0; e++)
    for (size_t j = 0; j < k; j++)
      for (size_t i = 0; i < k; i++) v[i + j * k] -= values[e] * vectors[i + e * k] * vectors[j + e * k];
  for (size_t j = 0; j < k; j++)
    if (v[j + j * k] < 0) v[j + j * k] = 0; /* rounding */
  out->made_positive = true;
  if (c->mend_variances) raise_eigenvalues(d, vectors, values, v);
}

static bool negative_variance(const double *v, size_t k) {
  for (size_t j = 0; j < k; j++)
    if (v[j + j * k] < 0) return true;
  return false;
}

static void not_defined(const VcovData *d, Vcov *out) {
  for (size_t i = 0; i < square(d->k); i++) out->value[i] = NAN;
  out->factor = NAN;
}

static void cluster_vcov(Run *run, const VcovData *d, const VcovCorrection *c, double adjust, Vcov *out) {
  size_t k = (size_t)d->k;
  assert(d->clusters == 1 || d->clusters == 2);
  int matrices = d->clusters == 2 ? 3 : 1;
  double smallest = d->clusters == 2 ? fmin(d->cluster_levels[0], d->cluster_levels[1]) : d->cluster_levels[0];
  double *unit = NEW_ARRAY(run, double, k);
  if (!c->t_conventional) out->df_t = smallest - 1;
  for (int m = 0; m < matrices; m++) {
    int32_t levels = 0;
    const double *meat = NULL;
    if (m < 2) meat = meat_of_clusters(run, d, d->cluster[m], levels = d->cluster_levels[m]);
    else meat = meat_of_pairs(run, d, &levels);
    if (run_failed(run)) return;
    double groups = c->g_conventional ? levels : smallest, factor = adjust * (c->g_adjust ? groups / (groups - 1) : 1);
    if (m == 0) out->factor = factor;
    out->groups[m] = levels;
    for (size_t j = 0; m == 2 && j < k; j++) unit[j] = out->value[j + j * k];
    add_sandwich(run, d, meat, m == 2 ? -factor : factor, out->value);
  }
  if (smallest < 2) not_defined(d, out);
  else if (matrices == 3) make_positive(run, d, c, unit, c->mend_variances && !negative_variance(out->value, k), out);
}

static void compute(Run *run, const VcovData *d, const VcovCorrection *c, Vcov *out) {
  size_t k = (size_t)d->k;
  double n = (double)d->n, df = n - c->k, adjust = c->k_adjust ? (n - 1) / df : 1;
  *out = (Vcov){.value = NEW_ARRAY(run, double, square(d->k)), .df_t = df, .factor = 1};
  if (run_failed(run)) return;
  bool by_groups = d->kind == VCOV_CLUSTER || d->kind == VCOV_NEWEY_WEST || d->kind == VCOV_DRISCOLL_KRAAY;
  if (!(df > 0) && (c->k_adjust || !by_groups)) {
    not_defined(d, out);
    return;
  }
  const double *meat = NULL;
  switch (d->kind) {
    case VCOV_IID: {
      double sum = squares(d);
      out->factor = c->k_adjust ? 1 / df : 1 / (n - 1);
      for (size_t i = 0; i < k * k; i++) out->value[i] = d->bread[i] * (sum * out->factor);
      return;
    }
    case VCOV_HC1: out->factor = adjust * (c->g_adjust ? n / (n - 1) : 1); /* fall through */
    case VCOV_HC0:
    case VCOV_HC2:
    case VCOV_HC3:
    case VCOV_HC4: meat = meat_of_rows(run, d); break;
    case VCOV_CLUSTER: cluster_vcov(run, d, c, adjust, out); return;
    case VCOV_NEWEY_WEST:
    case VCOV_DRISCOLL_KRAAY: {
      meat = meat_over_time(run, d, out);
      double times = out->groups[0];
      if (!c->t_conventional) out->df_t = times - 1;
      out->factor = adjust * (c->g_adjust ? times / (times - 1) : 1);
      if (!run_failed(run) && times < 2) {
        not_defined(d, out);
        return;
      }
      break;
    }
    case VCOV_CONLEY:
      meat = meat_over_space(run, d);
      out->factor = adjust;
      break;
    case VCOV_WILD:
    case VCOV_CV3: run_fail(run, "this kind of variance is not made from scores"); break;
  }
  if (run_failed(run)) return;
  add_sandwich(run, d, meat, out->factor, out->value);
  if (d->kind == VCOV_CONLEY && !run_failed(run)) {
    double *unit = NEW_ARRAY(run, double, k);
    for (size_t j = 0; !run_failed(run) && j < k; j++) unit[j] = fabs(out->value[j + j * k]);
    if (negative_variance(out->value, k)) make_positive(run, d, c, unit, false, out);
  }
}

static void leave_out_cancelled(const VcovData *d, Vcov *out) {
  size_t k = (size_t)d->k;
  double sum = squares(d);
  for (size_t j = 0; j < k && sum > 0; j++) {
    if (!(out->value[j + j * k] <= 1e-20 * d->bread[j + j * k] * sum / (double)d->n) || d->bread[j + j * k] <= 0) continue;
    for (size_t i = 0; i < k; i++) out->value[i + j * k] = out->value[j + i * k] = NAN;
  }
}

void vcov_compute(Run *run, const VcovData *d, const VcovCorrection *c, Vcov *out) {
  compute(run, d, c, out);
  if (!run_failed(run) && d->kind != VCOV_IID) leave_out_cancelled(d, out);
}

/* By Cholesky in the order of the positions; of coefficients whose variances depend on each other linearly (few clusters) the later ones are left
 * out, so df may be smaller than count. */
double wald_statistic(Run *run, int k, const double *beta, const double *vcov, int count, const int *position, int *df) {
  size_t m = (size_t)(count > 0 ? count : 0), used = 0;
  double *l = NEW_ARRAY(run, double, m * m), *z = NEW_ARRAY(run, double, m), statistic = 0;
  *df = 0;
  if (run_failed(run)) return NAN;
  int *kept = NEW_ARRAY(run, int, m);
  if (run_failed(run)) return NAN;
  for (size_t i = 0; i < m; i++) { /* row i of L, against the rows kept so far */
    size_t at = (size_t)position[i];
    double variance = vcov[at + at * (size_t)k], left = variance, value = beta[at];
    if (isnan(value)) continue; /* a term that was dropped */
    if (isnan(variance)) return NAN;
    double *row = l + used * m;
    for (size_t j = 0; j < used; j++) {
      double sum = vcov[at + (size_t)kept[j] * (size_t)k];
      for (size_t c = 0; c < j; c++) sum -= row[c] * l[j * m + c];
      row[j] = sum / l[j * m + j];
      left -= row[j] * row[j];
      value -= row[j] * z[j];
    }
    if (left < -1e-8 * variance) return NAN; /* V is not positive semi-definite: there is no such statistic */
    if (!(left > 1e-12 * variance)) continue;
    row[used] = sqrt(left);
    if (!run_poll(run, (uint64_t)used * (uint64_t)used / 2)) return NAN;
    z[used] = value / row[used];
    statistic += z[used] * z[used];
    kept[used++] = (int)at;
  }
  *df = (int)used;
  run_free(run, l);
  return used ? statistic : NAN;
}
