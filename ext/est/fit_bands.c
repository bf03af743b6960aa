/* fit_bands.c: confidence bands that hold for all effects of a fit at once.
 *
 * 1. fit_bands(fit, terms, level, reps, seed): estimate +- c std_error, c the `level` quantile of max over the terms of |z_j|, z with the correlations of the estimates: normal, divided by
 *    sqrt(chi2 / df) where the fit has degrees of freedom for its t. So with one term c is that of the usual interval, and every band holds its interval. The sup-t band of Montiel Olea and
 *    Plagborg-Moller (2019); for effects by cohort and period it is what the multiplier bootstrap of Callaway and Sant'Anna (2021), section 4.1, tends to.
 * 2. terms: a kind of effect of did_att ('event', 'gt', 'group', 'calendar'), or names parted by commas, 'year::*' for all that begin so. Default: the event times, or without such all terms
 *    but the constant. Terms without an error are left out.
 * 3. c is the quantile (type 7) of reps draws (default 9999); draw b is stream b of the seed: the same on any machine. */
#include "est.h"

static bool in_list(const char *list, const char *name) {
  while (*list) {
    while (*list == ' ' || *list == ',') list++;
    const char *end = list;
    while (*end && *end != ',') end++;
    size_t length = (size_t)(end - list);
    while (length && list[length - 1] == ' ') length--;
    bool prefix = length && list[length - 1] == '*';
    if (length && (prefix ? strncmp(name, list, length - 1) == 0 : strlen(name) == length && strncmp(name, list, length) == 0)) return true;
    list = end;
  }
  return false;
}

static int choose(Run *run, const Fit *fit, const char *asked, int *place) {
  bool events = false;
  int count = 0, found = 0;
  for (int i = 0; i < fit->vcov_terms; i++) {
    const char *effect = fit_attribute_word(&fit->term[i], "effect");
    events |= effect && strcmp(effect, "event") == 0;
  }
  for (int i = 0; i < fit->vcov_terms; i++) {
    const FitTerm *term = &fit->term[i];
    const char *effect = fit_attribute_word(term, "effect"), *kind = asked ? asked : "event";
    bool wanted = (effect && strcmp(effect, kind) == 0) || (asked ? in_list(asked, term->term) : !events && strcmp(term->term, "(Intercept)") != 0);
    double variance = fit->vcov[(size_t)i * (size_t)fit->vcov_terms + (size_t)i];
    found += wanted;
    if (wanted && !isnan(term->estimate) && variance > 0) place[count++] = i;
  }
  if (!found && asked) run_fail(run, "no term of the fit is '%.100s', neither by name nor as a kind of effect; fit_terms lists them", asked);
  else if (!count) run_fail(run, "none of these terms has an error in this fit");
  return count;
}

/* Rule 3. */
static double critical_value(Run *run, const Fit *fit, int k, const int *place, double level, int64_t reps, uint64_t seed) {
  double df = fit_stat_value(fit, "df_t"), *root = NEW_ARRAY(run, double, k * k), *values = NEW_ARRAY(run, double, k), *z = NEW_ARRAY(run, double, k), *most = NEW_ARRAY(run, double, reps);
  if (run_failed(run)) return NAN;
  size_t width = (size_t)fit->vcov_terms;
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++) {
      size_t a = (size_t)place[i], b = (size_t)place[j];
      root[i * k + j] = fit->vcov[a * width + b] / sqrt(fit->vcov[a * width + a] * fit->vcov[b * width + b]);
    }
  if (!dense_symmetric_eigen(run, k, root, values)) {
    run_fail(run, "the correlations of the %d estimates have no eigenvalues", k);
    return NAN;
  }
  for (int64_t b = 0; b < reps; b++) {
    Random random = random_stream(seed, (uint64_t)b);
    for (int i = 0; i < k; i++) z[i] = 0;
    for (int j = 0; j < k; j++) {
      double step = random_normal(&random) * sqrt(fmax(0, values[j]));
      for (int i = 0; i < k; i++) z[i] += root[j * k + i] * step;
    }
    double scale = df > 0 && isfinite(df) ? sqrt(chi2_quantile(random_uniform(&random), df) / df) : 1;
    for (int i = 0; i < k; i++) most[b] = fmax(most[b], fabs(z[i]) / scale);
    if (!run_poll(run, (uint64_t)(k * k + 2000))) return NAN;
  }
  sort_numbers(run, reps, most);
  return quantile_sorted(reps, most, level, false);
}

static void rows_bands(Run *run, const Fit *fit, const FitArguments *arguments, Result *result) {
  double own = fit_stat_value(fit, "level"), level = arguments->text[1] ? arguments->number[1] : own > 0 && own < 1 ? own : 0.95;
  double reps = arguments->text[2] ? arguments->number[2] : 9999, seed = arguments->text[3] ? arguments->number[3] : 1;
  if (!(level > 0 && level < 1)) run_fail(run, "the level %.30s must lie between 0 and 1, such as 0.95", arguments->text[1]);
  if (!(reps >= 20 && reps <= 1e7 && reps == floor(reps))) run_fail(run, "the number of draws %.30s must be a whole number from 20 to 10000000", arguments->text[2]);
  if (!(fabs(seed) < 9e15 && seed == floor(seed))) run_fail(run, "the seed %.30s must be a whole number", arguments->text[3]);
  int *place = NEW_ARRAY(run, int, fit->vcov_terms), count = run_failed(run) ? 0 : choose(run, fit, arguments->text[0], place);
  if (run_failed(run)) return;
  double critical = critical_value(run, fit, count, place, level, (int64_t)reps, (uint64_t)(int64_t)seed);
  for (int i = 0; i < count && !run_failed(run); i++) {
    const FitTerm *term = &fit->term[place[i]];
    double error = sqrt(fit->vcov[(size_t)place[i] * (size_t)fit->vcov_terms + (size_t)place[i]]);
    Cell *row = result_add_row(result);
    if (!row) return;
    cell_text(&row[0], term->term);
    cell_number(&row[1], fit_attribute_number(term, "cohort"));
    cell_number(&row[2], fit_attribute_number(term, "time"));
    cell_number(&row[3], fit_attribute_number(term, "event_time"));
    const double numbers[] = {term->estimate, error, term->estimate - critical * error, term->estimate + critical * error, critical};
    for (int c = 0; c < 5; c++) cell_number(&row[4 + c], numbers[c]);
  }
}

const FitFunction FIT_FUNCTION_BANDS = {
    .name = "fit_bands",
    .arguments = "fit, terms?, level?, reps?, seed?",
    .summary = "uniform confidence bands: intervals that hold for all event times (or other terms) of a fit at once",
    .columns = (const char *const[]){"term", "cohort", "time", "event_time", "estimate", "std_error", "conf_low", "conf_high", "critical hidden", NULL},
    .rows = rows_bands,
    .example = "SELECT event_time, estimate, conf_low, conf_high FROM fit_bands(econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3'))",
};
