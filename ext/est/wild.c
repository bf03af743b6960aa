/* wild.c: the wild cluster bootstrap with the null imposed, vcov=wild(cluster, reps=9999, weights=rademacher|webb|mammen, seed=1).
 *
 * 1. For H0: c'b = v let u be the residuals of the regression restricted to it. A draw gives every cluster g one number v_g, makes
 *    y* = restricted fit + v_g u, estimates the whole model anew, absorbed effects too, and takes t* = (c'b* - v) / se*, se* clustered.
 * 2. Weights: rademacher (-1, 1), webb (six points: -+sqrt(3/2), -+1, -+sqrt(1/2)), mammen (two points with third moment 1). With rademacher all
 *    2^G sign vectors are taken, once each, where they are no more than reps.
 * 3. p = the share of draws with |t*| > |t|, strictly: the draw of all ones and its mirror are ties. Numbers that agree to 1e-9 are ties.
 * 4. The interval holds the v that are not rejected at 1 - level: its ends are the first that are, going out from the estimate. Every v meets the same
 *    draws. NULL where there is no end. std_error and statistic stay those of cluster().
 * 5. The algebra. With B the bread, a = Bc, r = Xa and q = r / c'Bc: u = e + d q, d = c'b - v, e the residuals of the full model. Then
 *      c'b* - v = sum over h of v_h r_h'W u_h,
 *      the score of cluster g along r = v_g r_g'W u_g - (r_g'W X_g) B sum over h of v_h X_h'W u_h,
 *    where X has the columns of crossing effects too (cluster.c); where those are many, X is the regressors alone, and the second line loses the sum over h
 *    of v_h r_g'W (P u_h)_g, P the projection on the effects, found by absorbing each cluster's part of e and of X. Both are linear in d: five sums for each draw (N = n0 + n1 d, and the sum of squared
 *    scores Q = q0 + 2 q1 d + q2 d^2) give t* for every v, so that the interval costs next to nothing. Factors of the variance cancel.
 * 6. Draw number b of any term is stream b of the seed: the same on any machine and any number of threads.
 * Reference: Cameron, Gelbach and Miller (2008); Roodman, MacKinnon, Nielsen and Webb (2019), section 5; MacKinnon (2023) for the score form. */
#include "cluster.h"

enum { DRAWS = 64, MOST_REPS = 10000000 }; /* draws that one work item makes */
static const double TIE = 1e-9;

typedef enum WildWeights { RADEMACHER, WEBB, MAMMEN } WildWeights;

typedef struct Wild {
  ClusterSums sums;
  int64_t reps, before, total; /* draws of a hypothesis, of those before it, of all */
  bool all;             /* every sign vector once */
  WildWeights weights;
  uint64_t seed;
  double *cross;        /* clusters x k x m: the first k rows of each cluster's cross products */
  double *score;        /* clusters x m, column-major */
  double *projected;    /* many crossing levels: for e and each x in turn, for each regressor l: clusters x clusters, x_l'W (P z_h)_g at g + h clusters */
  /* of one hypothesis */
  double *along;        /* clusters x m, column-major: r_g'W X_g */
  double *back;         /* the same times the bread */
  double *own0, *own1;  /* clusters: r_g'W e_g, r_g'W q_g */
  double *loss0, *loss1; /* clusters x clusters, of e and q: r_g'W (P u_h)_g; NULL unless there are many crossing levels */
  double scale;         /* c'Bc */
  double *draw;         /* reps x 5: n0, n1, q0, q1, q2 */
  int workers;
  double **room;        /* one a worker: v, two G x DRAWS, two m x DRAWS */
} Wild;

/* ---- draws */

static void draw_weights(const Wild *wild, int64_t number, double *v) {
  int32_t clusters = wild->sums.clusters;
  if (wild->all) {
    for (int32_t g = 0; g < clusters; g++) v[g] = (number >> g) & 1 ? -1 : 1;
    return;
  }
  Random random = random_stream(wild->seed, (uint64_t)number);
  const double root5 = sqrt(5), webb[] = {-sqrt(1.5), -1, -sqrt(0.5), sqrt(0.5), 1, sqrt(1.5)};
  uint64_t bits = 0;
  for (int32_t g = 0; g < clusters; g++) {
    switch (wild->weights) {
      case RADEMACHER:
        if (g % 64 == 0) bits = random_bits(&random);
        v[g] = bits & 1 ? -1 : 1;
        bits >>= 1;
        break;
      case WEBB: v[g] = webb[random_below(&random, 6)]; break;
      case MAMMEN: v[g] = random_uniform(&random) < (root5 + 1) / (2 * root5) ? (1 - root5) / 2 : (1 + root5) / 2; break;
    }
  }
}

/* Rule 5 for DRAWS draws at once. */
static void make_draws(void *context, int64_t item, int worker) {
  Wild *wild = context;
  int clusters = wild->sums.clusters, m = wild->sums.m;
  int64_t from = item * DRAWS, left = wild->reps - from;
  int count = left < DRAWS ? (int)left : DRAWS;
  double *v = wild->room[worker], *sum0 = v + (size_t)clusters * DRAWS, *sum1 = sum0 + (size_t)m * DRAWS;
  double *scores0 = sum1 + (size_t)m * DRAWS, *scores1 = scores0 + (size_t)clusters * DRAWS;
  for (int b = 0; b < count; b++) draw_weights(wild, from + b, v + (size_t)b * (size_t)clusters);
  dense_multiply(true, false, m, count, clusters, 1, wild->score, clusters, v, clusters, 0, sum0, m);
  dense_multiply(true, false, m, count, clusters, 1 / wild->scale, wild->along, clusters, v, clusters, 0, sum1, m);
  dense_multiply(false, false, clusters, count, m, -1, wild->back, clusters, sum0, m, 0, scores0, clusters);
  dense_multiply(false, false, clusters, count, m, -1, wild->back, clusters, sum1, m, 0, scores1, clusters);
  if (wild->loss0) {
    dense_multiply(false, false, clusters, count, clusters, -1, wild->loss0, clusters, v, clusters, 1, scores0, clusters);
    dense_multiply(false, false, clusters, count, clusters, -1, wild->loss1, clusters, v, clusters, 1, scores1, clusters);
  }
  for (int b = 0; b < count; b++) {
    const double *vb = v + (size_t)b * (size_t)clusters, *s0 = scores0 + (size_t)b * (size_t)clusters, *s1 = scores1 + (size_t)b * (size_t)clusters;
    double sum[5] = {0};
    for (int g = 0; g < clusters; g++) {
      double w0 = vb[g] * wild->own0[g], w1 = vb[g] * wild->own1[g], z0 = w0 + s0[g], z1 = w1 + s1[g];
      sum[0] += w0;
      sum[1] += w1;
      sum[2] += z0 * z0;
      sum[3] += z0 * z1;
      sum[4] += z1 * z1;
    }
    memcpy(wild->draw + (from + b) * 5, sum, sizeof sum);
  }
}

/* ---- one hypothesis */

static void set_hypothesis(Wild *wild, const double *c) {
  const ClusterSums *sums = &wild->sums;
  int clusters = sums->clusters, k = sums->k, m = sums->m;
  double *a = wild->room[0]; /* k numbers */
  wild->scale = 0;
  for (int i = 0; i < k; i++) {
    a[i] = 0;
    for (int j = 0; j < k; j++) a[i] += sums->bread[i * m + j] * c[j];
    wild->scale += a[i] * c[i];
  }
  for (int g = 0; g < clusters; g++) {
    wild->own0[g] = wild->own1[g] = 0;
    for (int j = 0; j < m; j++) {
      double sum = 0;
      for (int i = 0; i < k; i++) sum += a[i] * wild->cross[((size_t)g * (size_t)k + (size_t)i) * (size_t)m + (size_t)j];
      wild->along[(size_t)j * (size_t)clusters + (size_t)g] = sum;
      if (j >= k) continue;
      wild->own0[g] += a[j] * wild->score[(size_t)j * (size_t)clusters + (size_t)g];
      wild->own1[g] += a[j] * sum / wild->scale;
    }
  }
  dense_multiply(false, false, clusters, m, m, 1, wild->along, clusters, sums->bread, m, 0, wild->back, clusters);
  size_t square = (size_t)clusters * (size_t)clusters;
  for (size_t i = 0; wild->loss0 && i < square; i++) {
    wild->loss0[i] = wild->loss1[i] = 0;
    for (int l = 0; l < k; l++) {
      wild->loss0[i] += a[l] * wild->projected[(size_t)l * square + i];
      for (int z = 0; z < k; z++) wild->loss1[i] += a[l] * a[z] / wild->scale * wild->projected[(size_t)((z + 1) * k + l) * square + i];
    }
  }
}

/* Rule 3 for v = estimate - d. variance: the sum of squared scores of the data themselves. */
static double p_value_at(const Wild *wild, double d, double variance) {
  int64_t larger = 0;
  double limit = d * d * (1 + TIE);
  for (int64_t b = 0; b < wild->reps; b++) {
    const double *s = wild->draw + b * 5;
    double n = s[0] + s[1] * d, q = s[2] + d * (2 * s[3] + d * s[4]);
    larger += n * n * variance > limit * q;
  }
  return (double)larger / (double)wild->reps;
}

/* Rule 4: the distance from the estimate to the end on one side; NAN where there is none within a million errors. */
static double interval_end(Run *run, const Wild *wild, double std_error, int sign, double variance, double alpha) {
  double inside = 0, outside = std_error / 4;
  while (p_value_at(wild, sign * outside, variance) > alpha) {
    inside = outside;
    outside *= 1.25;
    if (outside > 1e6 * std_error || !run_poll(run, (uint64_t)wild->reps * 4)) return NAN;
  }
  while (outside - inside > 1e-12 * outside) {
    double middle = inside + (outside - inside) / 2;
    if (p_value_at(wild, sign * middle, variance) > alpha) inside = middle;
    else outside = middle;
    if (!run_poll(run, (uint64_t)wild->reps * 4)) return NAN;
  }
  return outside;
}

static void test_hypothesis(Job *job, Wild *wild, const double *c, FitTerm *term) {
  Run *run = job->run;
  double variance = 0, alpha = 1 - option_number(job, "level");
  set_hypothesis(wild, c);
  for (int32_t g = 0; g < wild->sums.clusters; g++) variance += wild->own0[g] * wild->own0[g];
  term->p_value = term->conf_low = term->conf_high = NAN;
  if (!(variance > 0) || !(term->std_error > 0)) return;
  parallel_draws(run, (wild->reps + DRAWS - 1) / DRAWS, wild->workers, make_draws, wild, (DrawRange){wild->before, wild->before + wild->reps, wild->total});
  if (run_failed(run)) return;
  term->p_value = p_value_at(wild, term->estimate, variance);
  term->conf_low = term->estimate - interval_end(run, wild, term->std_error, 1, variance, alpha);
  term->conf_high = term->estimate + interval_end(run, wild, term->std_error, -1, variance, alpha);
}

/* Rule 5 where crossing levels are many: P z_h = z_h - (what absorption leaves of it). */
static void project_clusters(const Sample *sample, Wild *wild) {
  const ClusterSums *sums = &wild->sums;
  Run *run = sums->run;
  size_t k = (size_t)sums->k, clusters = (size_t)sums->clusters, square = clusters * clusters;
  wild->projected = NEW_ARRAY(run, double, (k + 1) * k * square);
  wild->loss0 = NEW_ARRAY(run, double, square);
  wild->loss1 = NEW_ARRAY(run, double, square);
  double **part = NEW_ARRAY(run, double *, k + 1);
  for (size_t z = 0; z <= k && !run_failed(run); z++) part[z] = NEW_ARRAY(run, double, sample->n);
  for (size_t h = 0; h < clusters && !run_failed(run); h++) {
    for (size_t z = 0; z <= k; z++) {
      const double *from = z ? sums->column[z - 1] : sums->residual;
      for (int64_t row = 0; row < sample->n; row++) part[z][row] = sample->cluster[0][row] == (int32_t)h ? from[row] : 0;
    }
    absorb_columns(sample->absorber, (int)k + 1, part);
    for (size_t z = 0; z <= k && !run_failed(run); z++) {
      const double *from = z ? sums->column[z - 1] : sums->residual;
      for (size_t l = 0; l < k; l++) {
        double *to = wild->projected + (z * k + l) * square + h * clusters;
        const double *x = sums->column[l];
        for (int64_t row = 0; row < sample->n; row++) {
          int32_t g = sample->cluster[0][row];
          to[g] += (sample->weight ? sample->weight[row] : 1) * x[row] * ((g == (int32_t)h ? from[row] : 0) - part[z][row]);
        }
      }
      if (!run_poll(run, (uint64_t)sample->n * (k + 1))) return;
    }
  }
}

/* ---- all of them */

static void prepare(Job *job, const Sample *sample, Wild *wild) {
  Run *run = job->run;
  const VcovSpec *spec = sample->vcov_spec;
  int32_t clusters = sample->cluster_levels[0];
  wild->reps = spec->reps ? spec->reps : 9999;
  wild->seed = spec->seed < 0 ? 1 : (uint64_t)spec->seed;
  wild->weights = !spec->weights || strcmp(spec->weights, "rademacher") == 0 ? RADEMACHER : strcmp(spec->weights, "webb") == 0 ? WEBB : MAMMEN;
  if (wild->weights == RADEMACHER && clusters < 40 && (int64_t)1 << clusters <= wild->reps) {
    wild->all = true;
    wild->reps = (int64_t)1 << clusters;
  }
  if (wild->reps > MOST_REPS) run_fail(run, "vcov=%s: reps is %lld; more than %d draws are not made", sample->vcov_text, (long long)wild->reps, MOST_REPS);
}

/* The kept columns and their bread; NULL where the run has failed. */
static int *kept_columns(Run *run, const Regression *regression, double **x, double *bread) {
  int k = regression->k, rank = regression->ls.rank, kept = 0, *position = NEW_ARRAY(run, int, rank);
  if (run_failed(run)) return NULL;
  for (int j = 0; j < k; j++)
    if (!regression->ls.dropped[j]) position[kept++] = j;
  for (int i = 0; i < rank; i++) {
    x[i] = regression->x[position[i]];
    for (int j = 0; j < rank; j++) bread[i * rank + j] = regression->ls.bread[position[i] * k + position[j]];
  }
  return position;
}

void wild_inference(Job *job, const Sample *sample, const Regression *regression, int count, const double *const *combination, FitTerm *const *term) {
  Run *run = job->run;
  Wild wild = {0};
  int rank = regression->ls.rank;
  if (run_failed(run) || !rank) return;
  prepare(job, sample, &wild);
  double **x = NEW_ARRAY(run, double *, rank), *bread = NEW_ARRAY(run, double, rank * rank);
  if (run_failed(run)) return;
  const int *position = kept_columns(run, regression, x, bread);
  if (run_failed(run)) return;
  cluster_sums_build(job, sample, rank, x, regression->residual, bread, &wild.sums);
  if (run_failed(run)) return;
  size_t clusters = (size_t)wild.sums.clusters, m = (size_t)wild.sums.m, k = (size_t)rank;
  double *part = NEW_ARRAY(run, double, m * m), *score = NEW_ARRAY(run, double, m), *c = NEW_ARRAY(run, double, k);
  wild.cross = NEW_ARRAY(run, double, clusters * k * m);
  wild.score = NEW_ARRAY(run, double, clusters * m);
  wild.along = NEW_ARRAY(run, double, clusters * m);
  wild.back = NEW_ARRAY(run, double, clusters * m);
  wild.own0 = NEW_ARRAY(run, double, clusters);
  wild.own1 = NEW_ARRAY(run, double, clusters);
  wild.draw = NEW_ARRAY(run, double, (size_t)wild.reps * 5);
  wild.workers = wild.reps * (int64_t)clusters > 100000 ? parallel_workers() : 1;
  wild.room = NEW_ARRAY(run, double *, wild.workers);
  for (int w = 0; w < wild.workers && !run_failed(run); w++) wild.room[w] = NEW_ARRAY(run, double, DRAWS * (3 * clusters + 2 * m));
  if (run_failed(run)) return;
  for (size_t g = 0; g < clusters; g++) {
    if (!cluster_sums_of(&wild.sums, (int32_t)g, part, score)) return;
    memcpy(wild.cross + g * k * m, part, k * m * sizeof *part);
    for (size_t j = 0; j < m; j++) wild.score[j * clusters + g] = score[j];
  }
  if (wild.sums.many) project_clusters(sample, &wild);
  for (int i = 0; i < count && !run_failed(run); i++) {
    for (int j = 0; j < rank; j++) c[j] = combination[i][position[j]];
    if (!run_poll(run, clusters * k * m)) return;
    wild.before = wild.reps * i;
    wild.total = wild.reps * count;
    test_hypothesis(job, &wild, c, term[i]);
  }
  if (run_failed(run)) return;
  fit_add_stat(&job->result->fit, "wild_draws", (double)wild.reps);
  fit_add_word(&job->result->fit, "wild_weights", wild.all ? "rademacher, all sign vectors" : wild.weights == RADEMACHER ? "rademacher" : wild.weights == WEBB ? "webb" : "mammen");
}
