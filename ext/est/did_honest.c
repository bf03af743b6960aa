/* did_honest.c: how much may parallel trends fail before the conclusion of an event study does?
 *
 * 1. did_honest(fit, restriction, m_list, effect, level, seed, reps) of a fit by did_att with agg=event (method=cs: with base=universal; method=imputation has no estimates before treatment). One row for
 *    each m: the interval for the effect that holds for every difference in trends that the restriction allows.
 * 2. restriction 'relative' (default): from period to period the difference in trends changes after treatment by at most m times its largest change before (honest_relative.c);
 *    default m_list '0.5, 1, 1.5, 2'. 'smoothness': it bends by at most m (honest_smoothness.c); default: 0 to the upper 1 - alpha bound for the largest bend before treatment, in four steps.
 * 3. effect: an event time after the reference, or 'average', the mean of those from 0 on; default the first after the reference.
 * 4. Normal theory, as the paper: the fit's estimates and covariance are taken as they are. Event times must follow one another; the reference is the one that is left out.
 * 5. breakdown: the least m at which the interval holds zero, to 1e-4 (smoothness: 1e-8, relative); 0 where it does for m = 0 already, infinite where it never does.
 * Reference: Rambachan and Roth (2023), "A more credible approach to parallel trends", Review of Economic Studies 90. */
#include "honest.h"

#include <stdlib.h>

typedef struct EventTerm {
  double time;
  int place; /* of the fit's terms */
} EventTerm;

static int by_time(const void *a, const void *b) {
  double x = ((const EventTerm *)a)->time, y = ((const EventTerm *)b)->time;
  return (x > y) - (x < y);
}

/* ---- what the fit has */

static EventTerm *event_terms(Run *run, const Fit *fit, int *count) {
  EventTerm *term = NEW_ARRAY(run, EventTerm, fit->terms);
  const char *method = fit_word_value(fit, "method"), *base = fit_word_value(fit, "base");
  if (run_failed(run)) return NULL;
  *count = 0;
  for (int i = 0; i < fit->terms && i < fit->vcov_terms; i++) {
    const char *effect = fit->term[i].part ? NULL : fit_attribute_word(&fit->term[i], "effect");
    if (!effect || strcmp(effect, "event") != 0 || isnan(fit->term[i].estimate)) continue;
    term[(*count)++] = (EventTerm){fit_attribute_number(&fit->term[i], "event_time"), i};
  }
  if (*count == 0) run_fail(run, "the fit has no effects by event time; it is made by did_att with agg=event");
  else if (method && strcmp(method, "cs") == 0 && (!base || strcmp(base, "universal") != 0))
    run_fail(run, "before treatment the estimates of method=cs compare neighbouring periods; fit with base=universal, so that all are against one reference");
  qsort(term, (size_t)*count, sizeof *term, by_time);
  return run_failed(run) ? NULL : term;
}

/* How many event times stand before the reference: the one place where a step is left out. */
static int find_reference(Run *run, const EventTerm *term, int count) {
  double step = INFINITY;
  int at = 0, gaps = 0;
  for (int i = 1; i < count; i++) step = fmin(step, term[i].time - term[i - 1].time);
  if (count == 2) step /= 2;
  for (int i = 1; i < count; i++) {
    double gap = term[i].time - term[i - 1].time;
    if (fabs(gap - step) < 1e-9 * step) continue;
    gaps++;
    at = i;
    if (fabs(gap - 2 * step) > 1e-9 * step) {
      run_fail(run, "between the event times %.15g and %.15g more than the reference is missing: the restrictions are about periods that follow one another", term[i - 1].time, term[i].time);
      return 0;
    }
  }
  if (gaps > 1) run_fail(run, "%d event times are missing between %.15g and %.15g, not the reference alone: the restrictions are about periods that follow one another", gaps, term[0].time, term[count - 1].time);
  else if (gaps == 0 && term[0].time >= 0) run_fail(run, "the fit has no estimate before treatment (event times %.15g to %.15g): there is no trend to compare with%s", term[0].time, term[count - 1].time,
                                                    count > 1 ? "; method=imputation makes none" : "");
  else if (gaps == 0) run_fail(run, "no event time between %.15g and %.15g is the reference: estimates are needed on both sides of it", term[0].time, term[count - 1].time);
  else if (term[at].time > 0) run_fail(run, "the reference stands after treatment (the event time before %.15g); it must be one before", term[at].time);
  return at;
}

static void choose_target(Run *run, const EventTerm *term, int pre, int post, const char *effect, double number, double *weight) {
  int from_zero = 0;
  if (!effect) {
    weight[0] = 1;
    return;
  }
  if (strcmp(effect, "average") == 0) {
    for (int t = 0; t < post; t++) from_zero += term[pre + t].time >= 0;
    for (int t = 0; t < post; t++) weight[t] = term[pre + t].time >= 0 ? 1.0 / from_zero : 0;
    if (!from_zero) run_fail(run, "the fit has no effect from event time 0 on");
    return;
  }
  for (int t = 0; t < post; t++)
    if (term[pre + t].time == number) {
      weight[t] = 1;
      return;
    }
  run_fail(run, "effect '%.50s' must be 'average' or an event time after the reference, from %.15g to %.15g", effect, term[pre].time, term[pre + post - 1].time);
}

/* ---- answers */

typedef struct Question {
  const Honest *honest;
  Relative *relative; /* NULL: smoothness */
} Question;

static Interval answer(const Question *q, double m) { return q->relative ? honest_relative(q->relative, m) : honest_smoothness(q->honest, m); }

static bool holds_zero(const Question *q, double m) {
  if (q->relative) return honest_relative_accepts_zero(q->relative, m);
  Interval interval = honest_smoothness(q->honest, m);
  return interval.low <= 0 && interval.high >= 0;
}

/* Rule 5. */
static double breakdown(const Question *q, double start) {
  Run *run = q->honest->run;
  double low = 0, high = start > 0 ? start : 1, precision = q->relative ? 1e-4 : 1e-8;
  if (holds_zero(q, 0)) return 0;
  for (int doubled = 0; !holds_zero(q, high); doubled++, low = high, high *= 2)
    if (doubled == 40 || run_failed(run)) return run_failed(run) ? (double)NAN : INFINITY;
  while (high - low > precision * (q->relative ? 1 : high) && !run_failed(run)) {
    double middle = low + (high - low) / 2;
    if (holds_zero(q, middle)) high = middle;
    else low = middle;
  }
  return high;
}

static void rows_honest(Run *run, const Fit *fit, const FitArguments *arguments, Result *result) {
  const char *restriction = arguments->text[0] ? arguments->text[0] : "relative", *list = arguments->text[1], *effect = arguments->text[2];
  bool relative = strcmp(restriction, "relative") == 0;
  double own = fit_stat_value(fit, "level"), level = arguments->text[3] ? arguments->number[3] : own > 0.5 && own < 1 ? own : 0.95, seed = arguments->text[4] ? arguments->number[4] : 1, reps = arguments->text[5] ? arguments->number[5] : 1000;
  if (!relative && strcmp(restriction, "smoothness") != 0) run_fail(run, "the restriction '%.50s' must be 'relative' or 'smoothness'", restriction);
  if (!(level > 0.5 && level < 1)) run_fail(run, "the level %.30s must lie between 0.5 and 1, such as 0.95", arguments->text[3]);
  if (!(fabs(seed) < 9e15 && seed == floor(seed))) run_fail(run, "the seed %.30s must be a whole number", arguments->text[4]);
  if (!(reps >= 20 && reps <= 1e6 && reps == floor(reps))) run_fail(run, "the number of draws %.30s must be a whole number from 20 to 1000000", arguments->text[5]);
  int count = 0;
  const EventTerm *term = run_failed(run) ? NULL : event_terms(run, fit, &count);
  int pre = term ? find_reference(run, term, count) : 0;
  if (run_failed(run)) return;
  double *beta = NEW_ARRAY(run, double, count), *sigma = NEW_ARRAY(run, double, count * count), *weight = NEW_ARRAY(run, double, count - pre);
  Honest honest = {.run = run, .pre = pre, .post = count - pre, .beta = beta, .sigma = sigma, .weight = weight, .alpha = 1 - level, .seed = (uint64_t)(int64_t)seed, .reps = (int64_t)reps};
  Question question = {.honest = &honest};
  if (run_failed(run)) return;
  choose_target(run, term, pre, honest.post, effect, arguments->number[2], weight);
  for (int i = 0; i < count; i++) {
    beta[i] = fit->term[term[i].place].estimate;
    for (int j = 0; j < count; j++) {
      sigma[i * count + j] = fit->vcov[(size_t)term[i].place * (size_t)fit->vcov_terms + (size_t)term[j].place];
      if (!isfinite(sigma[i * count + j])) run_fail(run, "the effect at event time %.15g has no error in this fit", term[i].time);
    }
    if (!(sigma[i * count + i] > 0)) run_fail(run, "the effect at event time %.15g has no error in this fit", term[i].time);
  }
  double *root = NEW_ARRAY(run, double, count * count), estimate = 0, variance = 0, start = 1;
  if (run_failed(run)) return;
  memcpy(root, sigma, (size_t)(count * count) * sizeof *root);
  if (!dense_cholesky(run, count, root)) {
    run_fail(run, "the covariance matrix of the %d event-study estimates is singular: they are more than the clusters can tell apart", count);
    return;
  }
  honest.root = root;
  for (int i = 0; i < honest.post; i++) {
    estimate += weight[i] * beta[pre + i];
    for (int j = 0; j < honest.post; j++) variance += weight[i] * weight[j] * sigma[(pre + i) * count + pre + j];
  }
  int64_t steps = 5;
  double *m = NULL;
  if (list) m = run_failed(run) ? NULL : number_list(run, list, &steps);
  else m = NEW_ARRAY(run, double, steps);
  if (!relative && !run_failed(run)) start = honest_largest_bend(&honest);
  if (relative) question.relative = run_failed(run) ? NULL : honest_relative_new(&honest);
  if (run_failed(run)) return;
  if (!list && relative) steps = 4;
  for (int64_t i = 0; i < steps; i++) {
    if (!list) m[i] = relative ? 0.5 * (double)(i + 1) : start * (double)i / 4;
    if (!(m[i] >= 0)) run_fail(run, "m = %.15g must not be negative", m[i]);
  }
  double falls = run_failed(run) ? (double)NAN : breakdown(&question, start);
  for (int64_t i = 0; i < steps && !run_failed(run); i++) {
    Interval interval = answer(&question, m[i]);
    Cell *row = run_failed(run) ? NULL : result_add_row(result);
    if (!row) return;
    const double numbers[] = {m[i], interval.low, interval.high, falls, estimate, sqrt(variance)};
    for (int c = 0; c < 6; c++) cell_number(&row[c], numbers[c]);
  }
}

const FitFunction FIT_FUNCTION_DID_HONEST = {
    .name = "did_honest",
    .arguments = "fit, restriction?, m_list?, effect?, level?, seed?, reps?",
    .summary = "intervals for an event study's effect that hold where parallel trends fail by so much, and the breakdown value (Rambachan and Roth)",
    .columns = (const char *const[]){"m", "conf_low", "conf_high", "breakdown hidden", "estimate hidden", "std_error hidden", NULL},
    .rows = rows_honest,
    .example = "SELECT m, conf_low, conf_high, breakdown FROM did_honest(econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3'))",
};
