/* entropy_index.c: a composite index from indicators by entropy weights (or CRITIC, coefficients of variation, equal weights).
 *
 * 1. Weights: index.c, (1) to (6). score = sum_j w_j z_j; score_DIM = sum of the same over the indicators of one dimension, divided by the
 *    dimension's weight, so that each lies in the range of z and score = sum_d W_d score_d, with flat and nested levels.
 * 2. A row with NULL in an indicator, in scope= or outside where= takes no part and has a NULL score.
 * 3. The fit keeps for each indicator (term) the weight as estimate, and direction, low, high, minimum, maximum, entropy, divergence,
 *    dimension as attributes: enough to score any row, also rows outside the range that was seen, which may score below 0 or above 1.
 *    With scope= there is a set of terms for each value (part), and no single score: keep one fit for each value by GROUP BY instead. */
#include "est.h"

static void fill_scores(Job *job, const Index *index) {
  enum { BLOCK = 1024 };
  Run *run = job->run;
  int dimensions = index->dimensions;
  double **score = NEW_ARRAY(run, double *, dimensions + 1);
  if (run_failed(run)) return;
  for (int d = 0; d <= dimensions; d++) {
    score[d] = NEW_ARRAY(run, double, index->n);
    if (run_failed(run)) return;
  }
  double z[BLOCK];
  for (int g = 0; g < index->groups; g++) {
    const IndexGroup *group = &index->group[g];
    for (int64_t first = 0; first < group->rows; first += BLOCK) {
      int64_t rows = group->rows - first < BLOCK ? group->rows - first : BLOCK;
      for (int64_t i = 0; i < rows; i++) {
        int64_t row = group->first + first + i;
        z[i] = group->problem ? (double)NAN : 0;
        for (int d = 0; d <= dimensions; d++) score[d][index->row ? index->row[row] : row] = z[i];
      }
      for (int j = 0; j < index->k && !group->problem; j++) {
        const IndexColumn *column = &group->column[j];
        int d = column->indicator->dimension;
        if (column->constant) continue;
        double within = d >= 0 && group->dimension_weight[d] > 0 ? column->weight / group->dimension_weight[d] : 0;
        index_values(index, column, first, rows, z);
        for (int64_t i = 0; i < rows; i++) {
          int64_t row = index->row ? index->row[group->first + first + i] : group->first + first + i;
          score[dimensions][row] += column->weight * z[i];
          if (d >= 0) score[d][row] += within * z[i];
        }
      }
      if (!run_poll(run, (uint64_t)(rows * (index->k + 1) * 3))) return;
    }
    for (int d = 0; d < dimensions && !group->problem; d++) { /* only constant indicators: no score of its own */
      if (group->dimension_weight[d] > 0) continue;
      for (int64_t i = group->first; i < group->first + group->rows; i++) score[d][index->row ? index->row[i] : i] = NAN;
      if (!run_poll(run, (uint64_t)group->rows)) return;
    }
  }
  result_row_number(job->result, "score", score[dimensions], false);
  for (int d = 0; d < dimensions; d++) result_row_number(job->result, run_format(run, "score_%s", job->model->dimension[d]), score[d], false);
}

static void fit_entropy(Job *job) {
  Index index;
  index_build(job, &index);
  if (run_failed(job->run)) return;
  index_terms(&index, "method");
  if (job->want_table) index_rows(&index);
  if (job->want_rows) fill_scores(job, &index);
}

/* (3) */
static double score_entropy(const Fit *fit, int count, const double *x) {
  if (count != fit->terms) return NAN;
  double low = fit_stat_value(fit, "range_low"), high = fit_stat_value(fit, "range_high"), shift = fit_stat_value(fit, "shift"), score = 0;
  for (int j = 0; j < count; j++) {
    const FitTerm *term = &fit->term[j];
    const char *direction = fit_attribute_word(term, "direction");
    if (term->part || !direction || isnan(x[j])) return NAN;
    if (term->estimate == 0) continue;
    double z = index_value(direction[0], fit_attribute_number(term, "low"), fit_attribute_number(term, "high"), fit_attribute_number(term, "minimum"),
                           fit_attribute_number(term, "maximum"), x[j]);
    score += term->estimate * (low + (high - low) * z + shift);
  }
  return score;
}

static const char *const columns[] = {"indicator", "dimension", "direction", "n", "minimum", "maximum", "entropy", "divergence", "weight",
                                      "dimension_weight", "dimension_entropy", "scope_value", "note", NULL};
static const char *const stats[] = {"nobs", NULL};
static const char *const row_columns[] = {"score", "score_*", NULL};
static const OptionSpec *const options[] = {OPTIONS_INDEX, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_ENTROPY_INDEX = {
    .name = "entropy_index",
    .model = MODEL_INDICATORS,
    .model_help = "x1, -x2, mid(7) x3, int(6,8) x4, or dimension: x1, -x2; other: x3",
    .summary = "composite index by entropy weights (or CRITIC, cv, equal): weights, and a score for each row",
    .columns = columns,
    .stats = stats,
    .row_columns = row_columns,
    .options = options,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_ROWS,
    .short_values = "x...",
    .short_spec = "x...",
    .fit = fit_entropy,
    .score = score_entropy,
    .example = "SELECT indicator, entropy, weight FROM entropy_index('munnell', 'capital: P_CAP, PC; output: GSP, -UNEMP', 'levels=nested')",
};
