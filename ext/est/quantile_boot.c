/* quantile_boot.c: bootstrap errors of quantile regression.
 *
 * 1. Each draw takes n rows with replacement (xy-pairs; Efron 1979), or as many whole clusters as there are, and estimates all quantiles anew, the first step of canay and mmqr
 *    included; vcov is the covariance of the draws about their mean, with draws - 1. A draw is a vector of weights: how often each row was taken.
 * 2. Draw d comes from stream d of the seed, whatever thread makes it: the same bits for any number of threads.
 * 3. A draw that does not identify every term is left out and counted (draws_lost); dummies of units that were not drawn do no harm.
 * 4. The first step has at most one effect here: its means are taken draw by draw. */
#include "quantile.h"

typedef struct Weighted {
  double u;
  int64_t count;
} Weighted;

typedef struct Worker {
  Run *run;         /* of the thread that may ask it; NULL in others */
  QuantileSolver *solver;
  double *weight, *mean, *mass, *y, **x, *scale, *normal, *work, *residual;
  int32_t *taken; /* clusters */
  Weighted *heap;
} Worker;

typedef struct Boot {
  Quantile *q;
  uint64_t seed;
  int levels;       /* of the effect, 0: none */
  const int32_t *code;
  const int64_t *order; /* taus x n */
  double *draw;     /* reps x taus x k, NAN: lost */
  Worker *worker;
  atomic_bool stop;
} Boot;

/* Between passes over the rows: is the run still wanted? */
static bool wanted(Boot *boot, Worker *worker) {
  if (worker->run && !run_poll(worker->run, (uint64_t)boot->q->n * 4)) atomic_store(&boot->stop, true);
  return !atomic_load(&boot->stop);
}

static void draw_weights(const Boot *boot, Worker *worker, int64_t item) {
  const Quantile *q = boot->q;
  Random random = random_stream(boot->seed, (uint64_t)item);
  if (!q->cluster) {
    memset(worker->weight, 0, (size_t)q->n * sizeof *worker->weight);
    for (int64_t i = 0; i < q->n; i++) worker->weight[random_below(&random, q->n)] += 1;
    return;
  }
  memset(worker->taken, 0, (size_t)q->clusters * sizeof *worker->taken);
  for (int g = 0; g < q->clusters; g++) worker->taken[random_below(&random, q->clusters)]++;
  for (int64_t i = 0; i < q->n; i++) worker->weight[i] = worker->taken[q->cluster[i]];
}

/* A column less the weighted means of its levels. */
static void demean(const Boot *boot, Worker *worker, const double *from, double *to) {
  int64_t n = boot->q->n;
  memset(worker->mean, 0, (size_t)boot->levels * sizeof *worker->mean);
  for (int64_t i = 0; i < n && boot->levels; i++) worker->mean[boot->code[i]] += worker->weight[i] * from[i];
  for (int64_t i = 0; i < n; i++) to[i] = from[i] - (boot->levels && worker->mass[boot->code[i]] > 0 ? worker->mean[boot->code[i]] / worker->mass[boot->code[i]] : 0);
}

/* Weighted least squares of to on the worker's demeaned x, whose normal matrix has been inverted; to becomes the residual. */
static void regress(const Boot *boot, const Worker *worker, int k, double *to, double *beta) {
  double *right = worker->work;
  for (int a = 0; a < k; a++) {
    right[a] = 0;
    for (int64_t i = 0; i < boot->q->n; i++) right[a] += worker->weight[i] * worker->x[a][i] * to[i];
  }
  for (int a = 0; a < k; a++) {
    beta[a] = 0;
    for (int b = 0; b < k; b++) beta[a] += worker->normal[a * k + b] * right[b];
  }
  for (int a = 0; a < k; a++)
    for (int64_t i = 0; i < boot->q->n; i++) to[i] -= beta[a] * worker->x[a][i];
}

/* Demeans x and inverts its normal matrix, scaled to a unit diagonal; false where the draw does not identify all columns. */
static bool prepare_within(Boot *boot, Worker *worker, int k, double *const *x) {
  int64_t n = boot->q->n;
  memset(worker->mass, 0, (size_t)boot->levels * sizeof *worker->mass);
  for (int64_t i = 0; i < n && boot->levels; i++) worker->mass[boot->code[i]] += worker->weight[i];
  double *a = worker->normal, *length = worker->work + k;
  for (int j = 0; j < k && wanted(boot, worker); j++) demean(boot, worker, x[j], worker->x[j]);
  for (int i = 0; i < k; i++)
    for (int j = 0; j <= i; j++) {
      double sum = 0;
      for (int64_t row = 0; row < n; row++) sum += worker->weight[row] * worker->x[i][row] * worker->x[j][row];
      a[i * k + j] = a[j * k + i] = sum;
      if (!wanted(boot, worker)) return false;
    }
  for (int i = 0; i < k; i++) {
    length[i] = sqrt(a[i * k + i]);
    if (!(length[i] > 0)) return false;
  }
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++) a[i * k + j] /= length[i] * length[j];
  if (!small_inverse(NULL, k, a, worker->work)) return false;
  for (int i = 0; i < k; i++) {
    if (!(a[i * k + i] < 1e12)) return false;
    for (int j = 0; j < k; j++) a[i * k + j] /= length[i] * length[j];
  }
  return true;
}

static void sift(Weighted *heap, int64_t count, int64_t at) {
  Weighted moved = heap[at];
  for (int64_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && heap[child + 1].u < heap[child].u) child++;
    if (!(heap[child].u < moved.u)) break;
    heap[at] = heap[child];
  }
  heap[at] = moved;
}

/* Type 7 quantiles of the rows, each as often as it was taken; taus ascend, so one way through the heap. */
static void weighted_quantiles(const Quantile *q, Worker *worker, const double *u, double *out) {
  int64_t count = 0, total = 0, passed = 0;
  for (int64_t i = 0; i < q->n; i++)
    if (worker->weight[i] > 0) {
      worker->heap[count++] = (Weighted){u[i], (int64_t)worker->weight[i]};
      total += (int64_t)worker->weight[i];
    }
  for (int64_t i = count / 2 - 1; i >= 0; i--) sift(worker->heap, count, i);
  for (int t = 0; t < q->taus; t++) {
    double place = (double)(total - 1) * q->tau[t];
    int64_t low = (int64_t)place;
    while (count > 1 && passed + worker->heap[0].count <= low) {
      passed += worker->heap[0].count;
      worker->heap[0] = worker->heap[--count];
      sift(worker->heap, count, 0);
    }
    double at = worker->heap[0].u, next = at;
    if (passed + worker->heap[0].count == low + 1 && count > 1) {
      next = worker->heap[1].u;
      if (count > 2 && worker->heap[2].u < next) next = worker->heap[2].u;
    }
    out[t] = at + (place - (double)low) * (next - at);
  }
}

static bool draw_mmqr(Boot *boot, Worker *worker, double *out) {
  const Quantile *q = boot->q;
  int k = q->k;
  double *b = worker->work + 2 * k, *g = worker->work + 3 * k, *at = worker->work + 4 * k;
  if (!prepare_within(boot, worker, k, q->x)) return false;
  demean(boot, worker, q->y, worker->residual);
  regress(boot, worker, k, worker->residual, b);
  for (int64_t i = 0; i < q->n; i++) worker->y[i] = fabs(worker->residual[i]);
  if (!wanted(boot, worker)) return false;
  demean(boot, worker, worker->y, worker->scale);
  regress(boot, worker, k, worker->scale, g);
  if (!wanted(boot, worker)) return false;
  for (int64_t i = 0; i < q->n; i++) {
    double scale = worker->y[i] - worker->scale[i];
    if (worker->weight[i] > 0 && scale == 0) return false;
    worker->scale[i] = worker->residual[i] / scale;
  }
  weighted_quantiles(q, worker, worker->scale, at);
  for (int t = 0; t < q->taus; t++)
    for (int j = 0; j < k; j++) out[t * k + j] = b[j] + at[t] * g[j];
  return true;
}

/* y less the effects of the draw. */
static bool canay_outcome(Boot *boot, Worker *worker) {
  const Quantile *q = boot->q;
  int k = q->k - q->within;
  double *b = worker->work + 2 * q->k, mean = 0, total = 0;
  if (!prepare_within(boot, worker, k, q->x + q->within)) return false;
  const double *y = job_number(q->job, q->job->model->outcome);
  demean(boot, worker, y, worker->residual);
  regress(boot, worker, k, worker->residual, b);
  for (int64_t i = 0; i < q->n; i++) {
    double effect = y[i] - worker->residual[i];
    for (int j = 0; j < k; j++) effect -= b[j] * q->x[q->within + j][i];
    worker->y[i] = effect;
    mean += worker->weight[i] * effect;
    total += worker->weight[i];
  }
  for (int64_t i = 0; i < q->n; i++) worker->y[i] = y[i] - (worker->y[i] - mean / total);
  return true;
}

static void make_draw(void *context, int64_t item, int number) {
  Boot *boot = context;
  const Quantile *q = boot->q;
  Worker *worker = &boot->worker[number];
  double *out = boot->draw + item * q->taus * q->k;
  bool good = true;
  worker->run = number == 0 ? q->job->run : NULL;
  draw_weights(boot, worker, item);
  if (q->method == QUANTILE_MMQR) good = draw_mmqr(boot, worker, out);
  else {
    QuantileSolver *solver = worker->solver;
    solver->run = worker->run;
    if (q->method == QUANTILE_CANAY) good = canay_outcome(boot, worker);
    if (good) quantile_solver_outcome(solver, q->method == QUANTILE_CANAY ? worker->y : q->y);
    for (int t = 0; t < q->taus && good; t++) {
      good = quantile_again(solver, q->tau[t], worker->weight, q->c + t * q->k, boot->order + t * q->n) == QUANTILE_SOLVED;
      for (int j = 0; j < q->k && good; j++) out[t * q->k + j] = solver->b[j];
      for (int j = 0; j < q->shown && good && solver->filled; j++) good = q->position[j] < 0 || quantile_identified(solver, q->position[j]);
    }
  }
  if (!good) out[0] = NAN;
}

static void new_worker(const Boot *boot, Worker *worker) {
  const Quantile *q = boot->q;
  Run *run = q->job->run;
  bool first_step = q->method == QUANTILE_CANAY || q->method == QUANTILE_MMQR;
  size_t n = (size_t)q->n, k = (size_t)q->k;
  worker->weight = NEW_ARRAY(run, double, n);
  worker->taken = NEW_ARRAY(run, int32_t, q->clusters);
  if (q->method != QUANTILE_MMQR) worker->solver = quantile_solver_new(run, &q->problem);
  if (!first_step) return;
  worker->mean = NEW_ARRAY(run, double, boot->levels);
  worker->mass = NEW_ARRAY(run, double, boot->levels);
  worker->y = NEW_ARRAY(run, double, n);
  worker->scale = NEW_ARRAY(run, double, n);
  worker->residual = NEW_ARRAY(run, double, n);
  worker->normal = NEW_ARRAY(run, double, k * k);
  worker->work = NEW_ARRAY(run, double, 4 * k + (size_t)q->taus);
  worker->x = NEW_ARRAY(run, double *, k);
  if (q->method == QUANTILE_MMQR) worker->heap = NEW_ARRAY(run, Weighted, n);
  for (size_t j = 0; j < k && !run_failed(run); j++) worker->x[j] = NEW_ARRAY(run, double, n);
}

void quantile_boot(Quantile *q) {
  Job *job = q->job;
  Run *run = job->run;
  int64_t reps = option_given(job, "reps") ? option_integer(job, "reps") : 200;
  int width = q->taus * q->k;
  bool first_step = q->method == QUANTILE_CANAY || q->method == QUANTILE_MMQR;
  if (reps < 2 || reps > 1000000) run_fail(run, "reps=%lld: between 2 and 1000000 draws are needed", (long long)reps);
  if (first_step && q->sample.effects > 1) run_fail(run, "vcov=boot with method=%s takes one absorbed effect", option_value(job, "method")->text);
  if (run_failed(run)) return;
  Boot boot = {.q = q, .seed = (uint64_t)option_integer(job, "seed")};
  atomic_init(&boot.stop, false);
  if (first_step && q->sample.effects) {
    boot.levels = q->sample.effect[0].levels;
    boot.code = q->sample.effect[0].code;
  }
  int workers = parallel_workers();
  if (workers > reps) workers = (int)reps;
  int64_t *order = NEW_ARRAY(run, int64_t, (size_t)q->taus * (size_t)q->n);
  boot.draw = NEW_ARRAY(run, double, (size_t)reps * (size_t)width);
  boot.worker = NEW_ARRAY(run, Worker, workers);
  for (int w = 0; w < workers && !run_failed(run); w++) {
    new_worker(&boot, &boot.worker[w]);
    if (boot.worker[w].solver) boot.worker[w].solver->stop = &boot.stop;
  }
  for (int t = 0; t < q->taus && q->solver && !run_failed(run); t++) {
    for (int64_t i = 0; i < q->n; i++) q->solver->residual[i] = q->y[i] - q->fitted[t * q->n + i];
    quantile_order(run, q->solver, order + t * q->n);
  }
  if (run_failed(run)) return;
  boot.order = order;
  parallel_draws(run, reps, workers, make_draw, &boot, (DrawRange){0, reps, reps});
  if (run_failed(run)) return;
  double *mean = NEW_ARRAY(run, double, width);
  if (run_failed(run)) return;
  for (int64_t d = 0; d < reps; d++) {
    if (isnan(boot.draw[d * width])) q->draws_lost++;
    for (int a = 0; a < width && !isnan(boot.draw[d * width]); a++) mean[a] += boot.draw[d * width + a];
  }
  q->draws = reps - q->draws_lost;
  if (q->draws < 2) {
    run_fail(run, "vcov=boot: %lld of %lld draws identify every term, two are needed at least", (long long)q->draws, (long long)reps);
    return;
  }
  for (int a = 0; a < width; a++) mean[a] /= (double)q->draws;
  for (int64_t d = 0; d < reps; d++) {
    const double *draw = boot.draw + d * width;
    if (isnan(draw[0])) continue;
    for (int a = 0; a < width; a++)
      for (int b = 0; b < width; b++) q->vcov[(int64_t)a * width + b] += (draw[a] - mean[a]) * (draw[b] - mean[b]) / (double)(q->draws - 1);
    if (!run_poll(run, (uint64_t)width * (uint64_t)width)) return;
  }
}
