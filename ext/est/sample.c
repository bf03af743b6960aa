/* sample.c: the rows of a regression: weights, singletons, effects, clusters.
 *
 * 1. A weight of zero leaves the row out, a negative one is an error.
 * 2. singletons=drop: rows that are alone in a level of an absorbed effect are dropped until none is left (Correia 2015), since they fit
 *    perfectly and only inflate G and N.
 * 3. The default vcov is clustered by the first absorbed effect, or hc1 where nothing is absorbed. */
#include "est.h"

static void drop_weightless(Job *job, int variable) {
  Run *run = job->run;
  const double *weight = job_number(job, variable);
  Frame *frame = job->frame;
  bool *keep = NULL;
  int64_t zero = 0;
  for (int64_t row = 0; row < frame->rows; row++) {
    if (weight[row] < 0) {
      run_fail(run, "weights= '%s' is negative (%.15g); weights must be positive, or zero to leave a row out", job->model->variable[variable].name, weight[row]);
      return;
    }
    zero += weight[row] == 0;
  }
  if (!zero) return;
  keep = NEW_ARRAY(run, bool, frame->rows);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < frame->rows; row++) keep[row] = weight[row] != 0;
  frame->ledger.zero_weight += zero;
  frame_keep(run, frame, keep);
}

/* One round over all effects; the number of rows that went. */
static int64_t drop_singletons(Job *job) {
  Run *run = job->run;
  Frame *frame = job->frame;
  bool *keep = NULL;
  int64_t dropped = 0;
  for (int e = 0; e < job->model->effects; e++) {
    const Column *column = &frame->column[job->model->effect[e].variable];
    int32_t levels = 0;
    if (column->levels) levels = levels_count(column->levels);
    int32_t *count = NEW_ARRAY(run, int32_t, levels);
    if (run_failed(run)) return 0;
    for (int64_t row = 0; row < frame->rows; row++)
      if (!keep || keep[row]) count[column->code[row]]++;
    bool single = false;
    for (int32_t level = 0; level < levels; level++) single |= count[level] == 1;
    if (single) {
      if (!keep) {
        keep = NEW_ARRAY(run, bool, frame->rows);
        if (run_failed(run)) return 0;
        memset(keep, 1, (size_t)frame->rows);
      }
      for (int64_t row = 0; row < frame->rows; row++)
        if (keep[row] && count[column->code[row]] == 1) {
          keep[row] = false;
          dropped++;
        }
    }
    run_free(run, count);
    if (!run_poll(run, (uint64_t)frame->rows * 2)) return 0;
  }
  if (dropped) frame_keep(run, frame, keep);
  run_free(run, keep);
  return dropped;
}

static void build_effects(Job *job, Sample *sample) {
  Run *run = job->run;
  const Model *model = job->model;
  sample->effects = model->effects;
  sample->effect = NEW_ARRAY(run, Effect, model->effects);
  sample->effect_name = NEW_ARRAY(run, const char *, model->effects);
  for (int e = 0; e < model->effects && !run_failed(run); e++) {
    const AbsorbedEffect *absorbed = &model->effect[e];
    Effect *effect = &sample->effect[e];
    effect->code = job_dense_codes(job, absorbed->variable, &effect->levels);
    effect->intercept = !absorbed->slopes_only;
    effect->slopes = absorbed->slopes;
    const double **slope = NEW_ARRAY(run, const double *, absorbed->slopes);
    if (run_failed(run)) return;
    for (int s = 0; s < absorbed->slopes; s++) slope[s] = job_number(job, absorbed->slope[s]);
    effect->slope = slope;
    sample->effect_name[e] = absorbed->name;
    sample->any_intercept |= effect->intercept;
  }
}

static const char *default_cluster(const Job *job) { return job->model->variable[job->model->effect[0].variable].name; }

static void build_clusters(Job *job, Sample *sample) {
  Run *run = job->run;
  const OptionValue *option = option_value(job, "vcov");
  const VcovSpec *spec = option->vcov;
  sample->vcov_spec = spec;
  int variable[2] = {-1, -1};
  if (spec) {
    sample->vcov_kind = spec->kind;
    sample->vcov_text = spec->text;
    sample->clusters = spec->clusters;
    for (int c = 0; c < spec->clusters; c++) variable[c] = spec->cluster[c];
  } else if (job->model->effects) {
    sample->vcov_kind = VCOV_CLUSTER;
    sample->vcov_text = run_format(run, "cluster(%s)", default_cluster(job));
    sample->clusters = 1;
    variable[0] = job->model->effect[0].variable;
  } else {
    sample->vcov_kind = VCOV_HC1;
    sample->vcov_text = "hc1";
  }
  for (int c = 0; c < sample->clusters && !run_failed(run); c++) {
    sample->cluster_variable[c] = variable[c];
    sample->cluster_name[c] = job->model->variable[variable[c]].name;
    for (int e = 0; e < sample->effects; e++) /* an effect's dense codes serve again */
      if (job->model->effect[e].variable == variable[c]) {
        sample->cluster[c] = sample->effect[e].code;
        sample->cluster_levels[c] = sample->effect[e].levels;
      }
    if (!sample->cluster[c]) sample->cluster[c] = job_dense_codes(job, variable[c], &sample->cluster_levels[c]);
    if (!run_failed(run) && sample->cluster_levels[c] < 2)
      run_fail(run, "vcov=cluster(%s): there is only %d cluster in the %lld used rows, two are needed at least", sample->cluster_name[c], sample->cluster_levels[c],
               (long long)sample->n);
  }
}

void sample_build(Job *job, Sample *sample) {
  Run *run = job->run;
  Frame *frame = job->frame;
  memset(sample, 0, sizeof *sample);
  int weight = option_variable(job, "weights");
  if (weight >= 0) drop_weightless(job, weight);
  if (option_is(job, "singletons", "drop"))
    for (int64_t dropped = 1; dropped && !run_failed(run);) {
      dropped = drop_singletons(job);
      frame->ledger.singleton += dropped;
    }
  if (!run_failed(run) && frame->rows == 0) {
    const Ledger *ledger = &frame->ledger;
    run_fail(run, "no row is left: %lld read, %lld with NULL, %lld outside where=, %lld singletons, %lld of weight zero", (long long)ledger->read, (long long)ledger->null,
             (long long)ledger->where_excluded, (long long)ledger->singleton, (long long)ledger->zero_weight);
  }
  if (run_failed(run)) return;
  sample->n = frame->rows;
  sample->weight = job_number(job, weight);
  build_effects(job, sample);
  sample->explicit_intercept = !sample->any_intercept && job->model->intercept;
  sample->any_intercept |= sample->explicit_intercept;
  if (!run_failed(run)) build_clusters(job, sample);
  if (run_failed(run) || !sample->effects) return;
  double tolerance = option_number(job, "tolerance");
  if (!(tolerance > 0 && tolerance < 1)) run_fail(run, "tolerance=%.15g must lie between 0 and 1, such as 1e-10", tolerance);
  sample->absorber = absorb_new(run, sample->n, sample->effects, sample->effect, sample->weight, tolerance);
}
