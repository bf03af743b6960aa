/* fit_margins.c: what a fit says about an effect that changes: that of x at values of z, and that of x along a curve.
 *
 * 1. fit_margins(fit, 'x', 'z', 'values', level): from b x + c x:z + ..., the effect of x at z = v is b + c v, its variance V(b) + 2 v C(b, c) + v^2 V(c);
 *    t with the fit's degrees of freedom (normal where it has none); level is the fit's own where it is not given. The interaction is the term x:z or z:x, as x*z makes it. values: '0, 1, 2.5', a range 'low:high:step', or a number. Brambor, Clark, Golder (2006), Political Analysis 14.
 * 2. fit_utest(fit, 'x', 'x2', low, high, level): is y = b x + c x^2 + ... a U (c > 0) or an inverse U (c < 0) between low and high? H0: not so; H1: the slopes
 *    b + 2 c low and b + 2 c high have the signs of such a curve. statistic is the smaller of the two t in the direction of H1, p_value the larger of
 *    the one-sided p: Sasabuchi (1980), Lind and Mehlum (2010), Oxford Bulletin of Economics and Statistics 72. With an extreme point outside the range p is above 0.5.
 *    low and high: without them the range of x in the used rows, which a fit keeps where x^2 is one of its terms (regression.c, 8).
 * 3. extreme = -b / 2c; its interval is Fieller's (1954): {e: (b + 2 c e)^2 <= t^2 V(b + 2 c e)}, NULL where that is unbounded, since c may be zero.
 *    inside: 1 where the extreme lies between low and high, else 0. */
#include "est.h"

/* ------------------------------------------------------------------------------------------------ terms of a fit */

/* A term of the model that has an estimate and a variance: its place; -1 where it is not there (needed: that is an error). */
static int place_of(Run *run, const Fit *fit, const char *name, bool needed) {
  const FitTerm *term = name ? fit_find_term(fit, name) : NULL;
  if (!term) {
    if (needed) run_fail(run, "no term '%.100s' in the fit; its terms are listed by fit_terms", name ? name : "");
    return -1;
  }
  int at = (int)(term - fit->term);
  if (at >= fit->vcov_terms || isnan(term->estimate) || isnan(fit->vcov[(size_t)at * (size_t)fit->vcov_terms + (size_t)at])) {
    run_fail(run, "the term '%.100s' has no estimate or no error in this fit", name);
    return -1;
  }
  return at;
}

static double covariance(const Fit *fit, int a, int b) { return fit->vcov[(size_t)a * (size_t)fit->vcov_terms + (size_t)b]; }

static double degrees_of(const Fit *fit) {
  double df = fit_stat_value(fit, "df_t");
  return df > 0 ? df : INFINITY;
}

static double level_of(Run *run, const Fit *fit, const FitArguments *arguments, int at) {
  double own = fit_stat_value(fit, "level");
  if (!arguments->text[at]) return own > 0 && own < 1 ? own : 0.95;
  double level = arguments->number[at];
  if (!(level > 0 && level < 1)) run_fail(run, "the level %.30s must lie between 0 and 1, such as 0.95", arguments->text[at]);
  return level;
}

/* ------------------------------------------------------------------------------------------------ margins */

typedef struct Margin {
  Run *run;
  const Fit *fit;
  Result *result;
  int x, interaction;
  double df, level;
} Margin;

static void margin_at(const Margin *margin, double value) {
  const Fit *fit = margin->fit;
  double b = fit->term[margin->x].estimate, c = fit->term[margin->interaction].estimate;
  double variance = covariance(fit, margin->x, margin->x) + 2 * value * covariance(fit, margin->x, margin->interaction) + value * value * covariance(fit, margin->interaction, margin->interaction);
  FitTerm term = {.estimate = NAN, .std_error = NAN, .statistic = NAN, .p_value = NAN, .conf_low = NAN, .conf_high = NAN};
  term_inference(&term, b + c * value, variance >= 0 ? sqrt(variance) : (double)NAN, margin->df, margin->level);
  Cell *row = result_add_row(margin->result);
  if (!row) return;
  const double numbers[] = {value, term.estimate, term.std_error, term.statistic, term.p_value, term.conf_low, term.conf_high};
  for (int i = 0; i < 7; i++) cell_number(&row[i], numbers[i]);
}

/* A finite number between blanks, which are skipped. */
static bool number_at(const char **text, double *value) {
  const char *at = *text;
  while (*at == ' ' || *at == '\t' || *at == '\n') at++;
  double sign = *at == '-' ? -1 : 1;
  if (*at == '-' || *at == '+') at++;
  if (!unsigned_number_at(&at, value) || !isfinite(*value)) return false;
  *value *= sign;
  while (*at == ' ' || *at == '\t' || *at == '\n') at++;
  *text = at;
  return true;
}

double *number_list(Run *run, const char *text, int64_t *count) {
  enum { MOST = 100000 };
  double *list = NULL;
  *count = 0;
  const char *open = text + strspn(text, " \t\n"), *close = strrchr(open, ')');
  if (*open == '(' && close && !close[1 + strspn(close + 1, " \t\n")]) text = run_text_n(run, open + 1, (size_t)(close - open - 1)); /* (0,10,20) */
  for (bool more = text != NULL; more && run_poll(run, 100);) {
    double low, high, step = 0;
    const char *start = text;
    bool good = number_at(&text, &low);
    high = low;
    if (good && *text == ':') {
      text++;
      good = number_at(&text, &high) && *text == ':';
      text++;
      good = good && number_at(&text, &step) && step > 0 && high >= low && (high - low) / step < MOST;
    }
    more = good && *text == ',';
    if (!good || (*text && !more)) {
      run_fail(run, "the values '%.100s' must be numbers parted by commas, or a range low:high:step", start);
      return NULL;
    }
    text++;
    int64_t steps = step > 0 ? (int64_t)floor((high - low) / step + 1e-9) : 0;
    double *longer = run_grow(run, list, (size_t)(*count + steps + 1), sizeof *list);
    if (!longer) return NULL;
    list = longer;
    for (int64_t i = 0; i <= steps; i++) list[(*count)++] = low + (double)i * step;
  }
  return run_failed(run) ? NULL : list;
}

static void rows_margins(Run *run, const Fit *fit, const FitArguments *arguments, Result *result) {
  const char *x = arguments->text[0], *z = arguments->text[1];
  Margin margin = {.run = run, .fit = fit, .result = result, .df = degrees_of(fit), .level = level_of(run, fit, arguments, 3)};
  const char *names[] = {run_format(run, "%s:%s", x, z), run_format(run, "%s:%s", z, x)};
  if (run_failed(run)) return;
  margin.x = place_of(run, fit, x, true);
  margin.interaction = place_of(run, fit, names[0], false);
  if (margin.interaction < 0) margin.interaction = place_of(run, fit, names[1], false);
  if (!run_failed(run) && margin.interaction < 0) run_fail(run, "neither '%.100s' nor '%.100s' is a term of the fit; write %.100s*%.100s in its formula", names[0], names[1], x, z);
  int64_t count = 0;
  const double *value = run_failed(run) ? NULL : number_list(run, arguments->text[2], &count);
  for (int64_t i = 0; value && i < count && run_poll(run, 200); i++) margin_at(&margin, value[i]);
}

const FitFunction FIT_FUNCTION_MARGINS = {
    .name = "fit_margins",
    .arguments = "fit, x, z, values, level?",
    .summary = "the effect of x at values of z from a fit with x*z: '0, 1, 2' or low:high:step",
    .columns = (const char *const[]){"at", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", NULL},
    .rows = rows_margins,
    .example = "SELECT * FROM fit_margins(econ_fit('fe_ols', 'grunfeld', 'invest ~ value*capital | firm'), 'value', 'capital', '0:1000:250')",
};

/* ------------------------------------------------------------------------------------------------ U test */

typedef struct Curve {
  double b, c, vb, vc, cov, df;
} Curve;

/* One-sided t of the slope at a point in the direction of sign, and its p. */
static double slope_at(const Curve *curve, double point, double sign, double *t, double *p) {
  double slope = curve->b + 2 * curve->c * point, variance = curve->vb + 4 * point * curve->cov + 4 * point * point * curve->vc;
  *t = variance > 0 ? slope / sqrt(variance) : (double)NAN;
  *p = isinf(curve->df) ? normal_upper(sign * *t) : student_cdf(-sign * *t, curve->df);
  return slope;
}

static void fieller(const Curve *curve, double level, double *low, double *high) {
  double t = isinf(curve->df) ? normal_quantile(0.5 + level / 2) : student_quantile(0.5 + level / 2, curve->df), t2 = t * t;
  double a = 4 * (curve->c * curve->c - t2 * curve->vc), b = 4 * (curve->b * curve->c - t2 * curve->cov), c = curve->b * curve->b - t2 * curve->vb;
  double root = b * b - 4 * a * c;
  *low = *high = NAN;
  if (!(a > 0) || !(root >= 0)) return;
  double q = -0.5 * (b + (b < 0 ? -1 : 1) * sqrt(root)), r1 = q / a, r2 = q != 0 ? c / q : -b / a - r1;
  *low = fmin(r1, r2);
  *high = fmax(r1, r2);
}

static void rows_utest(Run *run, const Fit *fit, const FitArguments *arguments, Result *result) {
  const char *x = arguments->text[0], *square = arguments->text[1];
  double level = level_of(run, fit, arguments, 4);
  int at = place_of(run, fit, x, true), at2 = place_of(run, fit, square, true);
  if (run_failed(run)) return;
  double low = fit_attribute_number(&fit->term[at], "minimum"), high = fit_attribute_number(&fit->term[at], "maximum");
  const char *kept = fit_attribute_word(&fit->term[at], "square");
  if (at == at2) run_fail(run, "x and its square are the same term '%.100s'", x);
  if (kept && strcmp(kept, fit->term[at2].term) != 0) run_fail(run, "the square of '%.100s' is the term '%.100s', not '%.100s'", x, kept, square);
  for (int i = 2; i < 4; i++)
    if (arguments->text[i] && isnan(arguments->number[i])) run_fail(run, "'%.50s' is no number; low and high are the ends of the range of x", arguments->text[i]);
  if (arguments->text[2]) low = arguments->number[2];
  if (arguments->text[3]) high = arguments->number[3];
  if (isnan(low) || isnan(high))
    run_fail(run, "the fit does not keep the range of '%.100s', since none of its terms is that variable's square; give it: fit_utest(fit, x, x2, low, high)", x);
  else if (!(low < high)) run_fail(run, "low=%.15g must be below high=%.15g", low, high);
  if (run_failed(run)) return;
  Curve curve = {fit->term[at].estimate, fit->term[at2].estimate, covariance(fit, at, at), covariance(fit, at2, at2), covariance(fit, at, at2), degrees_of(fit)};
  if (curve.c == 0) {
    run_fail(run, "the coefficient of '%.100s' is zero: there is no curve", square);
    return;
  }
  double sign = curve.c > 0 ? 1 : -1, t_low, p_low, t_high, p_high, conf_low, conf_high, extreme = -curve.b / (2 * curve.c);
  double slope_low = slope_at(&curve, low, -sign, &t_low, &p_low), slope_high = slope_at(&curve, high, sign, &t_high, &p_high);
  fieller(&curve, level, &conf_low, &conf_high);
  Cell *row = result_add_row(result);
  if (!row) return;
  cell_text(&row[0], sign > 0 ? "U" : "inverse U");
  const double numbers[] = {fmin(-sign * t_low, sign * t_high), fmax(p_low, p_high), extreme, conf_low, conf_high};
  for (int i = 0; i < 5; i++) cell_number(&row[1 + i], numbers[i]);
  cell_integer(&row[6], low < extreme && extreme < high);
  const double ends[] = {low, slope_low, t_low, p_low, high, slope_high, t_high, p_high};
  for (int i = 0; i < 8; i++) cell_number(&row[7 + i], ends[i]);
}

const FitFunction FIT_FUNCTION_UTEST = {
    .name = "fit_utest",
    .arguments = "fit, x, x2, low?, high?, level?",
    .summary = "U test of a fit with x and its square: slopes at both ends, Sasabuchi's p, the extreme point with its Fieller interval",
    .columns = (const char *const[]){"shape", "statistic", "p_value", "extreme", "conf_low", "conf_high", "inside", "at_low", "slope_low", "t_low", "p_low", "at_high", "slope_high", "t_high",
                                     "p_high", NULL},
    .rows = rows_utest,
    .example = "SELECT * FROM fit_utest(econ_fit('fe_ols', 'wage_panel', 'lwage ~ exper + expersq'), 'exper', 'expersq')",
};
