/* cluster.c: a regression taken apart by clusters.
 *
 * 1. With y and X the outcome and regressors after all effects were absorbed, the regression is that of y on X. To leave a cluster out, or to
 *    multiply its residuals by a number, is a matter of sums over clusters, but for the effects: they would have to be absorbed anew.
 * 2. An effect nested in the clusters (all rows of a level lie in one cluster) projects each cluster by itself: what was absorbed stays
 *    absorbed, and such effects need nothing.
 * 3. The other effects D cross the clusters. Their columns, with the nested effects absorbed and what is collinear left out, stand behind the
 *    regressors as columns of the same regression. They are orthogonal to X and to the residuals, so that the bread has two blocks.
 *    X, D and the nested effects span what the model spans, so sums over clusters of these m columns give exactly what the
 *    regression with all effects gives (Frisch-Waugh-Lovell, cluster by cluster).
 * 4. Where these columns would be many and the clusters are few (units, clustered by year) it is cheaper to absorb all effects anew for each
 *    cluster: then m is k, `many` is set, and wild.c and cv3.c do so. Where both are many: a sentence. */
#include "cluster.h"

enum { MOST_CROSSING = 1500, BLOCK_ROWS = 256 };
static const double ABSORB_COST = 100, MOST_WORK = 1e11, MOST_NUMBERS = 2e8; /* a row absorbed, in multiplications of the dense way */

static bool nested(Run *run, const Sample *sample, const Effect *effect) {
  const int32_t *const code[] = {effect->code, sample->cluster[0]};
  int32_t pairs = 0;
  codes_combine(run, sample->n, 2, code, &pairs);
  return pairs == effect->levels;
}

/* The columns of an effect: a dummy for each level and its products with the slopes. */
static int effect_columns(Run *run, int64_t n, const Effect *effect, double **column) {
  int width = effect->intercept + effect->slopes, count = 0;
  for (int32_t level = 0; level < effect->levels; level++)
    for (int part = 0; part < width; part++, count++) {
      column[count] = NEW_ARRAY(run, double, n);
      if (run_failed(run)) return 0;
    }
  for (int part = 0; part < width; part++) {
    const double *slope = effect->intercept && part == 0 ? NULL : effect->slope[part - effect->intercept];
    for (int64_t row = 0; row < n; row++) column[effect->code[row] * width + part][row] = slope ? slope[row] : 1;
    if (!run_poll(run, (uint64_t)n * 2)) return 0;
  }
  return count;
}

/* Rule 3: columns and bread of the crossing effects, of full rank. */
static void crossing(Job *job, const Sample *sample, int k, const double *residual, bool *many, int *count, double ***column, double **bread) {
  Run *run = job->run;
  int64_t wanted = 0;
  int inside = 0, filled = 0;
  bool *crosses = NEW_ARRAY(run, bool, sample->effects);
  Effect *within = NEW_ARRAY(run, Effect, sample->effects);
  const char *name = NULL;
  *count = 0;
  for (int e = 0; e < sample->effects && !run_failed(run); e++) {
    const Effect *effect = &sample->effect[e];
    crosses[e] = !nested(run, sample, effect);
    if (!crosses[e]) within[inside++] = *effect;
    else {
      wanted += (int64_t)effect->levels * (effect->intercept + effect->slopes);
      name = sample->effect_name[e];
    }
  }
  if (run_failed(run) || !wanted) return;
  double n = (double)sample->n, clusters = sample->cluster_levels[0], dense = n * (double)wanted * (double)wanted, anew = n * clusters * (k + 1) * ABSORB_COST;
  bool dense_fits = wanted <= MOST_CROSSING && n * (double)wanted < 1e9, anew_fits = anew < MOST_WORK && clusters * clusters * k * (k + 1) < MOST_NUMBERS;
  *many = anew_fits && (!dense_fits || anew < dense);
  if (!dense_fits && !anew_fits)
    run_fail(run, "vcov=%s: absorbed effects that cross the clusters (%s) have %lld levels, and there are %.0f clusters: too many of both to absorb them anew for each cluster; cluster by something that holds the effect's levels together, or take cluster()",
             sample->vcov_text, name, (long long)wanted, clusters);
  if (run_failed(run) || *many) return;
  double **d = NEW_ARRAY(run, double *, wanted), *scale = NEW_ARRAY(run, double, wanted);
  for (int e = 0; e < sample->effects && !run_failed(run); e++)
    if (crosses[e]) filled += effect_columns(run, sample->n, &sample->effect[e], d + filled);
  if (run_failed(run)) return;
  if (inside) {
    for (int j = 0; j < filled; j++) scale[j] = norm_to_absorb(inside, within, sample->n, d[j], sample->weight, NULL);
    absorb_columns(absorb_new(run, sample->n, inside, within, sample->weight, option_number(job, "tolerance")), filled, d);
  }
  LeastSquares ls;
  if (!run_poll(run, (uint64_t)sample->n * (uint64_t)filled)) return;
  least_squares(run, sample->n, filled, d, residual, sample->weight, inside ? scale : NULL, NULL, &ls);
  *bread = NEW_ARRAY(run, double, ls.rank * ls.rank);
  if (run_failed(run)) return;
  int *position = NEW_ARRAY(run, int, filled);
  for (int j = 0; j < filled && !run_failed(run); j++) {
    if (ls.dropped[j]) run_free(run, d[j]);
    else {
      position[*count] = j;
      d[(*count)++] = d[j];
    }
  }
  for (int i = 0; i < *count && !run_failed(run); i++)
    for (int j = 0; j < *count; j++) (*bread)[i * *count + j] = ls.bread[position[i] * filled + position[j]];
  *column = d;
}

void cluster_sums_build(Job *job, const Sample *sample, int k, double *const *x, const double *residual, const double *bread, ClusterSums *sums) {
  Run *run = job->run;
  int others = 0;
  double **other = NULL, *other_bread = NULL;
  memset(sums, 0, sizeof *sums);
  bool many = false;
  crossing(job, sample, k, residual, &many, &others, &other, &other_bread);
  if (run_failed(run)) return;
  int m = k + others;
  *sums = (ClusterSums){.run = run, .k = k, .m = m, .clusters = sample->cluster_levels[0], .residual = residual, .weight = sample->weight, .many = many};
  sums->column = NEW_ARRAY(run, double *, m);
  sums->bread = NEW_ARRAY(run, double, (size_t)m * (size_t)m);
  sums->first = NEW_ARRAY(run, int64_t, sums->clusters + 1);
  sums->row = NEW_ARRAY(run, int64_t, sample->n);
  sums->block = NEW_ARRAY(run, double, (size_t)BLOCK_ROWS * (size_t)m);
  if (run_failed(run)) return;
  for (int j = 0; j < m; j++) sums->column[j] = j < k ? x[j] : other[j - k];
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++)
      sums->bread[i * m + j] = i < k && j < k ? bread[i * k + j] : i >= k && j >= k ? other_bread[(i - k) * others + (j - k)] : 0;
  rows_by_code(run, sample->n, sample->cluster[0], sums->clusters, sums->first, sums->row);
}

bool cluster_sums_of(ClusterSums *sums, int32_t g, double *crossproduct, double *score) {
  int m = sums->m;
  memset(crossproduct, 0, (size_t)m * (size_t)m * sizeof *crossproduct);
  memset(score, 0, (size_t)m * sizeof *score);
  for (int64_t from = sums->first[g]; from < sums->first[g + 1]; from += BLOCK_ROWS) {
    int rows = (int)(sums->first[g + 1] - from < BLOCK_ROWS ? sums->first[g + 1] - from : BLOCK_ROWS);
    const int64_t *row = sums->row + from;
    for (int j = 0; j < m; j++) {
      double *to = sums->block + (size_t)j * BLOCK_ROWS;
      for (int i = 0; i < rows; i++) {
        double weight = sums->weight ? sums->weight[row[i]] : 1;
        score[j] += weight * sums->column[j][row[i]] * sums->residual[row[i]];
        to[i] = sqrt(weight) * sums->column[j][row[i]];
      }
    }
    dense_crossproduct_add(rows, m, sums->block, BLOCK_ROWS, crossproduct);
    if (!run_poll(sums->run, (uint64_t)rows * (uint64_t)m * (uint64_t)(m + 4) / 2)) return false;
  }
  return !run_failed(sums->run);
}
