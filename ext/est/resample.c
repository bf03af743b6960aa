/* resample.c: one regression under many sets of weights, a weight for each cluster of rows.
 *
 * 1. Drawing clusters with replacement is weighting each by how often it was drawn; choosing a group of clusters is weighting them by 1 and the
 *    others by 0. So a draw is weighted least squares with the weights w_g v_i, v_i those of the rows.
 * 2. An effect that is nested in the clusters (firms, when firms are drawn) is absorbed once: what is projected out of a cluster does not depend on
 *    the weights of clusters. Drawn twice, a firm is two firms with the same mean.
 * 3. The other effects (years) must be absorbed anew in each draw. Their dummies D, with the nested effects absorbed, are further columns in front;
 *    each cluster's Z'VZ, Z = [D, X], is kept, a draw adds them up with its weights and eliminates D first (Frisch and Waugh 1933; Lovell 1963).
 *    A draw costs clusters x width^2 / 2 additions and one factor of order width, whatever the rows are.
 * 4. The factor is Cholesky's in the order of the columns. A column whose pivot is below 1e-10 of its own square is given up, as is one of which
 *    less than 1e-9 of its full-sample length is left.
 * 5. Where these sums would be too large (MOST numbers), each draw takes its rows and absorbs their effects anew, one draw after the other.
 * 6. Item by item the additions are the same on any number of threads. */
#include "resample.h"

enum { MOST_WIDTH = 500 };
static const int64_t MOST = 30000000;
static const double PIVOT = 1e-10, ABSORBED = 1e-18;

struct Resample {
  Job *job;
  Run *run;
  const Sample *sample;
  int64_t n;
  int32_t clusters;
  const int32_t *cluster;
  int k, dummies, width;
  double *const *column;
  double *scale;         /* k */
  double *gram;          /* clusters x width (width + 1) / 2: lower triangles, row by row; NULL: absorb anew (5) */
  /* scratch of each worker */
  double **weight, **sum, **factor;
  bool **dropped;
  const ResampleTask *task;
};

static size_t triangle(int width) { return (size_t)width * ((size_t)width + 1) / 2; }

/* ------------------------------------------------------------------------------------------------ the factor */

/* Lower triangle a (row by row) becomes its Cholesky factor (4); dropped columns are zero. */
static void factor_in_order(int width, double *a, bool *dropped) {
  for (int i = 0; i < width; i++) {
    double *row = a + triangle(i), own = row[i];
    for (int j = 0; j <= i; j++) {
      const double *other = a + triangle(j);
      double value = row[j] - dense_dot(j, row, other);
      if (j < i) {
        row[j] = dropped[j] ? 0 : value / other[j];
      } else {
        dropped[i] = !(value > PIVOT * own) || own < ABSORBED;
        row[i] = dropped[i] ? 0 : sqrt(value);
      }
    }
  }
}

void resample_solve(const ResampleFit *fit, int first, int count, int y, double *beta) {
  const double *right = fit->factor + (size_t)y * (size_t)fit->k;
  for (int j = count - 1; j >= first; j--) {
    double value = right[j];
    for (int i = j + 1; i < count; i++)
      if (!fit->dropped[i]) value -= fit->factor[(size_t)i * (size_t)fit->k + (size_t)j] * beta[i - first];
    beta[j - first] = fit->dropped[j] ? (double)NAN : value / fit->factor[(size_t)j * (size_t)fit->k + (size_t)j];
  }
  for (int j = first; j < count; j++) beta[j - first] *= fit->scale[y] / fit->scale[j];
}

/* ------------------------------------------------------------------------------------------------ sums by cluster */

/* Dummies (and slopes) of the effects that are not nested, with the nested ones absorbed; NULL where there are none or too many. */
static double **crossing_dummies(Resample *resample) {
  Job *job = resample->job;
  Run *run = resample->run;
  const Sample *sample = resample->sample;
  Effect *nested = NEW_ARRAY(run, Effect, sample->effects), *crossing = NEW_ARRAY(run, Effect, sample->effects);
  if (run_failed(run)) return NULL;
  int inside = 0, outside = 0;
  double dummies = 0;
  for (int e = 0; e < sample->effects; e++) {
    const Effect *effect = &sample->effect[e];
    if (effect_nested_in(run, sample->n, effect, resample->cluster)) {
      nested[inside++] = *effect;
    } else {
      crossing[outside++] = *effect;
      dummies += (double)effect->levels * (effect->intercept + effect->slopes);
    }
  }
  double width = dummies + resample->k;
  if (run_failed(run) || width > MOST_WIDTH || (double)triangle((int)width) * resample->clusters > (double)MOST || dummies * (double)sample->n > (double)MOST) return NULL;
  resample->dummies = (int)dummies;
  resample->width = (int)width;
  double **dummy = NEW_ARRAY(run, double *, resample->dummies);
  if (run_failed(run)) return NULL;
  for (int e = 0, next = 0; e < outside; e++) {
    const Effect *effect = &crossing[e];
    for (int s = effect->intercept ? -1 : 0; s < effect->slopes; s++) {
      double length = s < 0 ? 1 : centred_norm(sample->n, effect->slope[s], NULL, NULL);
      for (int32_t level = 0; level < effect->levels; level++) {
        dummy[next + level] = NEW_ARRAY(run, double, sample->n);
        if (run_failed(run)) return NULL;
      }
      for (int64_t row = 0; row < sample->n; row++) dummy[next + effect->code[row]][row] = s < 0 ? 1 : effect->slope[s][row] / (length > 0 ? length : 1);
      if (!run_poll(run, (uint64_t)sample->n * (uint64_t)effect->levels)) return NULL;
      next += effect->levels;
    }
  }
  if (inside && resample->dummies) {
    Absorber *absorber = absorb_new(run, sample->n, inside, nested, sample->weight, option_number(job, "tolerance"));
    if (absorber) absorb_columns(absorber, resample->dummies, dummy);
  }
  return run_failed(run) ? NULL : dummy;
}

static void sum_clusters(Resample *resample, double *const *dummy) {
  Run *run = resample->run;
  const double *weight = resample->sample->weight;
  int width = resample->width, dummies = resample->dummies;
  int64_t n = resample->n, *first = NEW_ARRAY(run, int64_t, (int64_t)resample->clusters + 1), *row = NEW_ARRAY(run, int64_t, n);
  if (run_failed(run)) return;
  rows_by_code(run, n, resample->cluster, resample->clusters, first, row);
  int64_t most = 0;
  for (int32_t g = 0; g < resample->clusters; g++) most = first[g + 1] - first[g] > most ? first[g + 1] - first[g] : most;
  most = most > 256 ? 256 : most;
  double *gram = NEW_ARRAY(run, double, triangle(width) * (size_t)resample->clusters), *block = NEW_ARRAY(run, double, most * width);
  double *square = NEW_ARRAY(run, double, (size_t)width * (size_t)width);
  for (int32_t g = 0; g < resample->clusters && !run_failed(run); g++) {
    memset(square, 0, (size_t)width * (size_t)width * sizeof *square);
    for (int64_t start = first[g]; start < first[g + 1]; start += most) {
      int64_t rows = first[g + 1] - start < most ? first[g + 1] - start : most;
      for (int j = 0; j < width; j++) {
        const double *x = j < dummies ? dummy[j] : resample->column[j - dummies];
        double scale = j < dummies ? 1 : resample->scale[j - dummies];
        for (int64_t i = 0; i < rows; i++) {
          int64_t r = row[start + i];
          block[j * most + i] = x[r] / scale * (weight ? sqrt(weight[r]) : 1);
        }
      }
      dense_crossproduct_add((int)rows, width, block, (int)most, square);
      if (!run_poll(run, (uint64_t)(rows * width * (width + 4)))) return;
    }
    double *kept = gram + triangle(width) * (size_t)g;
    for (int i = 0; i < width; i++)
      for (int j = 0; j <= i; j++) *kept++ = square[(size_t)i * (size_t)width + (size_t)j];
  }
  if (!run_failed(run)) resample->gram = gram;
  run_free(run, first);
  run_free(run, row);
}

Resample *resample_new(Job *job, const Sample *sample, int32_t clusters, const int32_t *cluster, int k, double *const *column) {
  Run *run = job->run;
  Resample *resample = NEW(run, Resample);
  double *scale = NEW_ARRAY(run, double, k);
  if (run_failed(run)) return NULL;
  *resample = (Resample){.job = job, .run = run, .sample = sample, .n = sample->n, .clusters = clusters, .cluster = cluster, .k = k, .width = k,
                         .column = column, .scale = scale};
  for (int j = 0; j < k; j++) {
    double square = 0;
    for (int64_t row = 0; row < sample->n; row++) square += (sample->weight ? sample->weight[row] : 1) * column[j][row] * column[j][row];
    scale[j] = square > 0 ? sqrt(square) : 1;
    if (!run_poll(run, (uint64_t)sample->n * 2)) return NULL;
  }
  double **dummy = crossing_dummies(resample);
  if (dummy) sum_clusters(resample, dummy);
  for (int j = 0; dummy && j < resample->dummies; j++) run_free(run, dummy[j]);
  int workers = resample->gram ? parallel_workers() : 1;
  if (!resample->gram) resample->dummies = 0, resample->width = k;
  resample->weight = NEW_ARRAY(run, double *, workers);
  resample->sum = NEW_ARRAY(run, double *, workers);
  resample->factor = NEW_ARRAY(run, double *, workers);
  resample->dropped = NEW_ARRAY(run, bool *, workers);
  for (int w = 0; w < workers && !run_failed(run); w++) {
    resample->weight[w] = NEW_ARRAY(run, double, clusters);
    resample->sum[w] = NEW_ARRAY(run, double, triangle(resample->width));
    resample->factor[w] = NEW_ARRAY(run, double, (size_t)k * (size_t)k);
    resample->dropped[w] = NEW_ARRAY(run, bool, resample->width);
  }
  return run_failed(run) ? NULL : resample;
}

/* ------------------------------------------------------------------------------------------------ draws */

/* The worker's sum becomes the fit, which the task reads. */
static void factor_and_use(const Resample *resample, int64_t item, int worker) {
  int k = resample->k, dummies = resample->dummies;
  double *sum = resample->sum[worker], *factor = resample->factor[worker];
  bool *dropped = resample->dropped[worker];
  factor_in_order(resample->width, sum, dropped);
  for (int i = 0; i < k; i++) memcpy(factor + (size_t)i * (size_t)k, sum + triangle(dummies + i) + dummies, ((size_t)i + 1) * sizeof *factor);
  ResampleFit fit = {k, factor, dropped + dummies, resample->scale};
  resample->task->use(resample->task->context, item, &fit);
}

static void draw_from_sums(void *context, int64_t item, int worker) {
  const Resample *resample = context;
  size_t size = triangle(resample->width);
  double *weight = resample->weight[worker], *sum = resample->sum[worker];
  memset(weight, 0, (size_t)resample->clusters * sizeof *weight);
  resample->task->weigh(resample->task->context, item, worker, weight);
  memset(sum, 0, size * sizeof *sum);
  for (int32_t g = 0; g < resample->clusters; g++) {
    const double *gram = resample->gram + size * (size_t)g;
    double w = weight[g];
    if (w == 0) continue;
    for (size_t i = 0; i < size; i++) sum[i] += w * gram[i];
  }
  factor_and_use(resample, item, worker);
}

/* (5): on a run of its own, so that a draw's memory goes with it. */
static void absorb_anew(const Resample *resample, Run *run, const double *weight) {
  const Sample *sample = resample->sample;
  int k = resample->k;
  int64_t rows = 0;
  for (int64_t row = 0; row < resample->n; row++) rows += weight[resample->cluster[row]] != 0;
  int64_t *at = NEW_ARRAY(run, int64_t, rows);
  double *w = NEW_ARRAY(run, double, rows), **column = NEW_ARRAY(run, double *, k);
  Effect *effect = NEW_ARRAY(run, Effect, sample->effects);
  if (run_failed(run)) return;
  rows = 0;
  for (int64_t row = 0; row < resample->n; row++) {
    double drawn = weight[resample->cluster[row]];
    if (drawn == 0) continue;
    w[rows] = sample->weight ? drawn * sample->weight[row] : drawn;
    at[rows++] = row;
  }
  for (int e = 0; e < sample->effects; e++) {
    int32_t *code = NEW_ARRAY(run, int32_t, rows);
    const double **slope = NEW_ARRAY(run, const double *, sample->effect[e].slopes);
    if (run_failed(run)) return;
    effect[e] = sample->effect[e];
    for (int64_t i = 0; i < rows; i++) code[i] = sample->effect[e].code[at[i]];
    effect[e].code = codes_dense(run, rows, code, sample->effect[e].levels, &effect[e].levels);
    for (int s = 0; s < effect[e].slopes; s++) {
      double *values = NEW_ARRAY(run, double, rows);
      if (run_failed(run)) return;
      for (int64_t i = 0; i < rows; i++) values[i] = sample->effect[e].slope[s][at[i]];
      slope[s] = values;
    }
    effect[e].slope = slope;
  }
  for (int j = 0; j < k; j++) {
    column[j] = NEW_ARRAY(run, double, rows);
    if (run_failed(run)) return;
    for (int64_t i = 0; i < rows; i++) column[j][i] = resample->column[j][at[i]] / resample->scale[j];
  }
  if (sample->effects) {
    Absorber *absorber = absorb_new(run, rows, sample->effects, effect, w, option_number(resample->job, "tolerance"));
    if (absorber) absorb_columns(absorber, k, column);
    if (run_failed(run)) return;
  }
  double *sum = resample->sum[0];
  for (int a = 0; a < k; a++) {
    for (int b = 0; b <= a; b++) {
      double product = 0;
      for (int64_t i = 0; i < rows; i++) product += w[i] * column[a][i] * column[b][i];
      sum[triangle(a) + (size_t)b] = product;
    }
    if (!run_poll(run, (uint64_t)(rows * a))) return;
  }
}

static void draw_anew(Resample *resample, int64_t item) {
  Run *run = resample->run, own;
  double *weight = resample->weight[0];
  memset(weight, 0, (size_t)resample->clusters * sizeof *weight);
  resample->task->weigh(resample->task->context, item, 0, weight);
  run_begin(&own, run->host);
  absorb_anew(resample, &own, weight);
  if (run_failed(&own)) {
    run->status = own.status;
    memcpy(run->message, own.message, sizeof own.message);
  }
  run_end(&own);
  if (!run_failed(run)) factor_and_use(resample, item, 0);
}

void resample_run(Resample *resample, int64_t items, int64_t draws, const ResampleTask *task) {
  Run *run = resample->run;
  if (run_failed(run)) return;
  resample->task = task;
  if (resample->gram) parallel_draws(run, items, parallel_workers(), draw_from_sums, resample, (DrawRange){0, draws, draws});
  for (int64_t item = 0, each = items / draws; !resample->gram && item < items && run_poll(run, 1000); item++) {
    draw_anew(resample, item);
    if ((item + 1) % each == 0) run_progress(run, (item + 1) / each, draws);
  }
}

/* ------------------------------------------------------------------------------------------------ summaries */

void draw_summary(Run *run, int64_t draws, double *value, double estimate, double level, bool bias_corrected, DrawSummary *out) {
  *out = (DrawSummary){0, NAN, NAN, NAN};
  int64_t count = 0, below = 0;
  for (int64_t d = 0; d < draws; d++)
    if (!isnan(value[d])) value[count++] = value[d];
  double mean, squares, low = (1 - level) / 2, high = (1 + level) / 2;
  out->count = count;
  mean_and_squares(count, value, &mean, &squares);
  if (count > 1) out->std_error = sqrt(squares / (double)(count - 1));
  if (bias_corrected) {
    for (int64_t d = 0; d < count; d++) below += value[d] < estimate;
    double z = normal_quantile((double)below / (double)count);
    low = normal_cdf(2 * z + normal_quantile(low));
    high = normal_cdf(2 * z + normal_quantile(high));
    if (below == 0 || below == count) return; /* no correction can be had */
  }
  sort_numbers(run, count, value);
  if (run_failed(run)) return;
  out->conf_low = quantile_sorted(count, value, low, false);
  out->conf_high = quantile_sorted(count, value, high, false);
}
