/* topsis_index.c: TOPSIS (Hwang and Yoon 1981), the technique for order preference by similarity to an ideal solution.
 *
 * 1. Weights w_j: index.c, by any of its methods, levels and scopes.
 * 2. v_ij is what distances are measured in: norm=minmax: z of index.c (1); norm=l2: x / sqrt(sum x^2); norm=none: x. With l2 and none an indicator
 *    of direction mid() or int() enters as its z (over its length with l2), since it has no best end of its own.
 * 3. The best v of an indicator is its largest over the rows of the scope, or its smallest for direction - with l2 and none; the worst is the other.
 *    distance_best_i = sqrt(sum_j w_j^2 (v_ij - best_j)^2), distance_worst likewise, score = distance_worst / (distance_best + distance_worst).
 * 4. A row with NULL in an indicator takes no part and has NULL in all three. The fit keeps norm, best and worst of each indicator, so that a
 *    row that was not there is measured against the same ideals. */
#include "est.h"

enum { NORM_MINMAX, NORM_L2, NORM_NONE, BLOCK = 1024 };

typedef struct Ideal {
  bool plain;             /* v is x itself, not z */
  double length;          /* v is divided by it */
  double best, worst;     /* before that division */
} Ideal;

static void block_of(const Index *index, const IndexColumn *column, const Ideal *ideal, int64_t first, int64_t count, double *v) {
  if (ideal->plain) memcpy(v, column->x + first, (size_t)count * sizeof *v);
  else index_values(index, column, first, count, v);
}

static void find_ideal(const Index *index, const IndexGroup *group, const IndexColumn *column, int norm, Ideal *ideal) {
  DirectionKind direction = column->indicator->direction;
  bool line = direction == DIRECTION_POSITIVE || direction == DIRECTION_NEGATIVE;
  *ideal = (Ideal){.plain = norm != NORM_MINMAX && line, .length = 1};
  double least = INFINITY, most = -INFINITY, squares = 0, v[BLOCK];
  if (column->constant) return;
  double large = ideal->plain ? fmax(fabs(column->minimum), fabs(column->maximum)) : 1;
  for (int64_t first = 0; first < group->rows; first += BLOCK) {
    int64_t rows = group->rows - first < BLOCK ? group->rows - first : BLOCK;
    double sum = 0;
    block_of(index, column, ideal, first, rows, v);
    for (int64_t i = 0; i < rows; i++) {
      least = v[i] < least ? v[i] : least;
      most = v[i] > most ? v[i] : most;
      sum += (v[i] / large) * (v[i] / large);
    }
    squares += sum;
    if (!run_poll(index->job->run, 5 * BLOCK)) return;
  }
  if (norm == NORM_L2) ideal->length = large * sqrt(squares);
  if (!isfinite(ideal->length) || !isfinite(1 / ideal->length))
    run_fail(index->job->run, "the length of '%s' is too small or too large for a number; multiply or divide it, or take norm=minmax", column->indicator->name);
  bool smallest = ideal->plain && direction == DIRECTION_NEGATIVE;
  ideal->best = smallest ? least : most;
  ideal->worst = smallest ? most : least;
}

static double closeness(double to_best, double to_worst) { return to_worst / (to_best + to_worst); }

static void fill_rows(Job *job, const Index *index, const Ideal *ideals) {
  Run *run = job->run;
  double *score = NEW_ARRAY(run, double, index->n), *best = NEW_ARRAY(run, double, index->n), *worst = NEW_ARRAY(run, double, index->n);
  if (run_failed(run)) return;
  for (int g = 0; g < index->groups; g++) {
    const IndexGroup *group = &index->group[g];
    for (int64_t first = 0; first < group->rows; first += BLOCK) {
      int64_t rows = group->rows - first < BLOCK ? group->rows - first : BLOCK;
      double v[BLOCK], to_best[BLOCK] = {0}, to_worst[BLOCK] = {0};
      for (int j = 0; j < index->k && !group->problem; j++) {
        const IndexColumn *column = &group->column[j];
        const Ideal *ideal = &ideals[g * index->k + j];
        if (column->constant) continue;
        double factor = column->weight / ideal->length;
        block_of(index, column, ideal, first, rows, v);
        for (int64_t i = 0; i < rows; i++) {
          double up = factor * (v[i] - ideal->best), down = factor * (v[i] - ideal->worst);
          to_best[i] += up * up;
          to_worst[i] += down * down;
        }
      }
      for (int64_t i = 0; i < rows; i++) {
        int64_t place = group->first + first + i, row = index->row ? index->row[place] : place;
        best[row] = group->problem ? (double)NAN : sqrt(to_best[i]);
        worst[row] = group->problem ? (double)NAN : sqrt(to_worst[i]);
        score[row] = closeness(best[row], worst[row]);
      }
      if (!run_poll(run, (uint64_t)(rows * (index->k + 4) * 3))) return;
    }
  }
  result_row_number(job->result, "score", score, false);
  result_row_number(job->result, "distance_best", best, false);
  result_row_number(job->result, "distance_worst", worst, false);
}

static void fit_topsis(Job *job) {
  Run *run = job->run;
  Index index;
  index_build(job, &index);
  if (run_failed(run)) return;
  int norm = (int)option_integer(job, "norm");
  Ideal *ideals = NEW_ARRAY(run, Ideal, (size_t)index.groups * (size_t)index.k);
  if (run_failed(run)) return;
  index_terms(&index, "method");
  for (int g = 0; g < index.groups; g++) {
    for (int j = 0; j < index.k && !run_failed(run); j++) {
      int at = g * index.k + j;
      find_ideal(&index, &index.group[g], &index.group[g].column[j], norm, &ideals[at]);
      if (run_failed(run)) return;
      FitTerm *term = &job->result->fit.term[at];
      fit_term_word(&job->result->fit, term, "measured", ideals[at].plain ? "x" : "z");
      fit_term_number(&job->result->fit, term, "length", ideals[at].length);
      fit_term_number(&job->result->fit, term, "best", ideals[at].best);
      fit_term_number(&job->result->fit, term, "worst", ideals[at].worst);
    }
  }
  fit_add_word(&job->result->fit, "norm", option_value(job, "norm")->text);
  if (job->want_table) index_rows(&index);
  if (job->want_rows) fill_rows(job, &index, ideals);
}

/* (4) */
static double score_topsis(const Fit *fit, int count, const double *x) {
  if (count != fit->terms) return NAN;
  double low = fit_stat_value(fit, "range_low"), high = fit_stat_value(fit, "range_high"), shift = fit_stat_value(fit, "shift");
  double to_best = 0, to_worst = 0;
  for (int j = 0; j < count; j++) {
    const FitTerm *term = &fit->term[j];
    const char *direction = fit_attribute_word(term, "direction"), *measured = fit_attribute_word(term, "measured");
    if (term->part || !direction || !measured || isnan(x[j])) return NAN;
    if (term->estimate == 0) continue;
    double v = x[j];
    if (strcmp(measured, "x") != 0) {
      v = low + (high - low) * index_value(direction[0], fit_attribute_number(term, "low"), fit_attribute_number(term, "high"),
                                           fit_attribute_number(term, "minimum"), fit_attribute_number(term, "maximum"), v) + shift;
    }
    double factor = term->estimate / fit_attribute_number(term, "length");
    double up = factor * (v - fit_attribute_number(term, "best")), down = factor * (v - fit_attribute_number(term, "worst"));
    to_best += up * up;
    to_worst += down * down;
  }
  return closeness(sqrt(to_best), sqrt(to_worst));
}

static const OptionSpec own_options[] = {
    {"norm", OPTION_CHOICE, "minmax", "minmax|l2|none", "what distances are measured in: z, x over its length, or x"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns[] = {"indicator", "dimension", "direction", "n", "minimum", "maximum", "entropy", "divergence", "weight",
                                      "dimension_weight", "dimension_entropy", "scope_value", "note", NULL};
static const char *const stats[] = {"nobs", NULL};
static const char *const row_columns[] = {"score", "distance_best", "distance_worst", NULL};
static const OptionSpec *const options[] = {own_options, OPTIONS_INDEX, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_TOPSIS_INDEX = {
    .name = "topsis_index",
    .model = MODEL_INDICATORS,
    .model_help = "x1, -x2, mid(7) x3, int(6,8) x4, or dimension: x1, -x2; other: x3",
    .summary = "composite index by closeness to the best row (TOPSIS), weighed as in entropy_index",
    .columns = columns,
    .stats = stats,
    .row_columns = row_columns,
    .options = options,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_ROWS,
    .short_values = "x...",
    .short_spec = "x...",
    .fit = fit_topsis,
    .score = score_topsis,
    .example = "SELECT indicator, weight FROM topsis_index('munnell', 'P_CAP, PC, GSP, -UNEMP', 'norm=l2')",
};
