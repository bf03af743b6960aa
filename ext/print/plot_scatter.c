/* plot_scatter.c: points, binned points, and the polynomial through them: plot_scatter.
 *
 * 1. plot_scatter(x, y[, group[, weight[, control...]]]): points that fall on the same half pixel are drawn once, so that a million rows stay a page. NULL in every row
 *    of group or weight leaves it out. x may be dates.
 * 2. bins=20: the binned scatter: rows in bins of equal count (of equal sums of weights) by x, one point at the means of x and y (rows of equal x are not parted from each other:
 *    fewer bins where x has few values).
 * 3. Controls: numbers are partialled out of x and y, texts are levels of effects that are absorbed; the means of x and y are added again (Frisch and Waugh 1933; Stata's
 *    binscatter, absorb()). Bins and line are those of the residuals, over all groups together.
 * 4. fit=1, 2 or 3: the (weighted) least squares polynomial of that degree through all rows (not the bins), and the band of the mean around it (level=). fit=1 has slope,
 *    error (classical; what the controls take counts) and N in the legend.
 * 5. Rows with NULL or a weight of 0 are left out. A fit needs more rows than coefficients, and an x that varies. */
#include "plot_xy.h"

enum { DEGREES = 4 };

typedef struct Curve { /* (4): of one group, in z = (x - mean) / sd */
  int64_t n;
  int k;
  double mean, sd, beta[DEGREES], bread[DEGREES * DEGREES], sigma2, quantile, low, high;
} Curve;

/* ------------------------------------------------------------------------------------------------ controls */

typedef struct Rows {
  int64_t n;
  double *x, *y, *weight; /* NAN in x where the row is not used */
  int *group;
  bool weighted;
  double taken;           /* degrees of freedom of the controls */
} Rows;

static bool is_text(const PrintJob *job, int column) {
  for (int64_t r = 0; r < job->rows; r++)
    if (job->cell[r * job->columns + column].type == CELL_TEXT) return true;
  return false;
}

/* (3): complete rows stand one after the other; x and y become residuals plus their means. */
static void partial_out(PrintJob *job, Rows *rows) {
  Run *run = job->run;
  int controls = job->columns - 4, effects = 0, k = 0;
  int64_t n = 0, *place = NEW_ARRAY(run, int64_t, job->rows);
  Effect *effect = NEW_ARRAY(run, Effect, controls);
  double **column = NEW_ARRAY(run, double *, controls + 1), *pair[2] = {NEW_ARRAY(run, double, job->rows), NEW_ARRAY(run, double, job->rows)}, *weight = NEW_ARRAY(run, double, job->rows);
  if (run_failed(run)) return;
  for (int64_t r = 0; r < job->rows; r++) {
    for (int c = 4; c < job->columns; c++)
      if (job->cell[r * job->columns + c].type == CELL_NULL) rows->x[r] = NAN;
    if (isnan(rows->x[r]) || isnan(rows->y[r])) continue;
    place[n] = r, pair[0][n] = rows->x[r], pair[1][n] = rows->y[r], weight[n++] = rows->weight[r];
  }
  for (int c = 4; c < job->columns && n && !run_failed(run); c++) {
    bool levels = is_text(job, c);
    Levels *dictionary = levels ? levels_new(run) : NULL;
    int32_t *code = levels ? NEW_ARRAY(run, int32_t, n) : NULL;
    double *number = levels ? NULL : NEW_ARRAY(run, double, n);
    for (int64_t i = 0; i < n && !run_failed(run); i++) {
      const Cell *cell = &job->cell[place[i] * job->columns + c];
      const char *text = levels ? print_cell(run, cell) : NULL;
      if (levels) code[i] = levels_text(dictionary, text, (int)strlen(text), false);
      else number[i] = cell_value(cell);
      if (!levels && !isfinite(number[i])) run_fail(run, "row %lld: a control is infinite", (long long)place[i] + 1);
    }
    if (run_failed(run)) return;
    if (levels) effect[effects++] = (Effect){.code = code, .levels = levels_count(dictionary), .intercept = true};
    else column[k++] = number;
  }
  double *mean = NEW_ARRAY(run, double, 2), *scale = NEW_ARRAY(run, double, k + 1), total = 0;
  if (run_failed(run) || !n) return;
  for (int64_t i = 0; i < n; i++) total += weight[i];
  for (int p = 0; p < 2; p++) {
    double centre = sample_mean(n, pair[p]), sum = 0;
    for (int64_t i = 0; i < n; i++) sum += weight[i] * (pair[p][i] - centre);
    mean[p] = centre + sum / total;
    for (int64_t i = 0; i < n; i++) pair[p][i] -= mean[p];
  }
  for (int c = 0; c < k; c++) scale[c] = centred_norm(n, column[c], weight, NULL);
  if (effects) {
    Absorber *absorber = absorb_new(run, n, effects, effect, weight, 1e-10);
    absorb_columns(absorber, 2, pair);
    absorb_columns(absorber, k, column);
    for (int e = 0; e < effects; e++) rows->taken += effect[e].levels - 1;
  } else { /* the intercept */
    for (int c = 0; c < k; c++) {
      double centre = 0;
      for (int64_t i = 0; i < n; i++) centre += weight[i] * column[c][i] / total;
      for (int64_t i = 0; i < n; i++) column[c][i] -= centre;
    }
  }
  for (int p = 0; p < 2 && !run_failed(run); p++) {
    LeastSquares ls;
    least_squares(run, n, k, column, pair[p], weight, scale, pair[p], &ls);
    if (!p && !run_failed(run)) rows->taken += ls.rank;
  }
  for (int64_t r = 0; r < job->rows && !run_failed(run); r++) rows->group[r] = isnan(rows->x[r]) || isnan(rows->y[r]) ? -1 : rows->group[r];
  for (int64_t i = 0; i < n && !run_failed(run); i++) rows->x[place[i]] = mean[0] + pair[0][i], rows->y[place[i]] = mean[1] + pair[1][i];
}

static Rows rows_of(PrintJob *job, const Groups *groups, ScaleKind *kind) {
  Run *run = job->run;
  Rows rows = {.n = job->rows, .x = across_of(job, kind), .y = axis_of(job, 1, 'y'), .weight = column_of(job, 3), .group = groups->of_row};
  for (int64_t r = 0; r < job->rows && !run_failed(run) && job->columns > 3; r++) rows.weighted |= job->cell[r * job->columns + 3].type != CELL_NULL;
  for (int64_t r = 0; r < job->rows && !run_failed(run); r++) {
    if (!rows.weighted) rows.weight[r] = 1;
    if (rows.weight[r] < 0) run_fail(run, "row %lld: the weight %s is negative", (long long)r + 1, print_fixed(run, rows.weight[r], 4));
    if (!(rows.weight[r] > 0) || rows.group[r] < 0) rows.x[r] = NAN;
    if (isnan(rows.y[r])) rows.x[r] = NAN;
  }
  if (job->columns > 4) {
    partial_out(job, &rows);
    *kind = *kind == SCALE_WHOLE ? SCALE_NUMBER : *kind;
  }
  return rows;
}

/* ------------------------------------------------------------------------------------------------ the polynomial */

static bool fit_curve(Run *run, const Rows *rows, int g, int degree, double level, Curve *curve) {
  *curve = (Curve){.low = INFINITY, .high = -INFINITY, .k = degree + 1};
  double *column[DEGREES], *y = NEW_ARRAY(run, double, rows->n), *weight = NEW_ARRAY(run, double, rows->n), squares = 0, centre;
  for (int p = 0; p <= degree; p++) column[p] = NEW_ARRAY(run, double, rows->n);
  if (run_failed(run)) return false;
  for (int64_t r = 0; r < rows->n; r++) {
    if (rows->group[r] != g || isnan(rows->x[r])) continue;
    column[1][curve->n] = rows->x[r], y[curve->n] = rows->y[r], weight[curve->n++] = rows->weight[r];
    range_add(&curve->low, &curve->high, rows->x[r]);
  }
  double df = (double)curve->n - curve->k - rows->taken;
  if (df < 1 || !(curve->high > curve->low)) return false;
  curve->mean = sample_mean(curve->n, column[1]);
  for (int64_t i = 0; i < curve->n; i++) squares += (column[1][i] - curve->mean) * (column[1][i] - curve->mean);
  curve->sd = sqrt(squares / (double)curve->n);
  centre = sample_mean(curve->n, y);
  for (int64_t i = 0; i < curve->n; i++) {
    column[1][i] = (column[1][i] - curve->mean) / curve->sd;
    column[0][i] = 1;
    for (int p = 2; p <= degree; p++) column[p][i] = column[p - 1][i] * column[1][i];
    y[i] -= centre;
  }
  LeastSquares ls;
  least_squares(run, curve->n, curve->k, column, y, weight, NULL, NULL, &ls);
  if (run_failed(run) || ls.rank < curve->k) return false;
  memcpy(curve->beta, ls.beta, (size_t)curve->k * sizeof(double));
  memcpy(curve->bread, ls.bread, (size_t)(curve->k * curve->k) * sizeof(double));
  curve->beta[0] += centre;
  curve->sigma2 = ls.ssr / df;
  curve->quantile = student_quantile((1 + level) / 2, df);
  return true;
}

static double curve_at(const Curve *curve, double x, double side) {
  double z = (x - curve->mean) / curve->sd, power[DEGREES] = {1, z, z * z, z * z * z}, value = 0, variance = 0;
  for (int i = 0; i < curve->k; i++) {
    value += curve->beta[i] * power[i];
    for (int j = 0; j < curve->k; j++) variance += power[i] * power[j] * curve->bread[i * curve->k + j];
  }
  return value + side * curve->quantile * sqrt(fmax(0, variance * curve->sigma2));
}

enum { STEPS = 60 };
static double step_at(const Curve *curve, int i) { return curve->low + (curve->high - curve->low) * i / STEPS; }

/* Light beneath, so that it is seen on points of its own colour. */
static void draw_curve(Figure *figure, const Curve *curve, int g, const char *colour) {
  svg_path_begin(figure);
  for (int side = -1; side <= 1; side += 2)
    for (int i = 0; i <= STEPS; i++)
      svg_path_point(figure, scale_at(&figure->x, step_at(curve, side < 0 ? i : STEPS - i)), scale_at(&figure->y, curve_at(curve, step_at(curve, side < 0 ? i : STEPS - i), side)), side < 0 && i == 0);
  svg_path_end(figure, "none", 0, NULL, colour, "0.2");
  for (int pass = 0; pass < 2; pass++) {
    svg_path_begin(figure);
    for (int i = 0; i <= STEPS; i++) svg_path_point(figure, scale_at(&figure->x, step_at(curve, i)), scale_at(&figure->y, curve_at(curve, step_at(curve, i), 0)), i == 0);
    svg_path_end(figure, pass ? colour : "#ffffff", pass ? 2 : 4, pass ? series_dash(g) : NULL, NULL, NULL);
  }
}

static const char *curve_text(const Figure *figure, const Curve *curve, const char *group) {
  Text text = {.run = figure->run};
  double slope = curve->beta[1] / curve->sd, error = sqrt(curve->sigma2 * curve->bread[curve->k + 1]) / curve->sd;
  int decimals = 3;
  for (double size = (error > 1e-9 * fabs(slope) ? error : fabs(slope)) * 1000; size > 0 && size < 9.95 && decimals < 12; size *= 10) decimals++;
  if (group) text_format(&text, "%s: ", group);
  if (curve->k == 2) {
    text_add(&text, figure->chinese ? "斜率 " : "slope ");
    text_minus(&text, slope, decimals);
    text_add(&text, " (");
    text_fixed(&text, error, decimals);
    text_add(&text, "), ");
  }
  text_format(&text, "N = %lld", (long long)curve->n);
  return run_failed(figure->run) ? "" : text.data;
}

/* ------------------------------------------------------------------------------------------------ bins and points */

/* (2): x and y become the means of bins, what is over becomes NULL. */
static void bin_rows(Run *run, Rows *rows, int groups, int64_t bins) {
  int64_t *row = NEW_ARRAY(run, int64_t, rows->n), *order = NEW_ARRAY(run, int64_t, rows->n), out = 0;
  double *key = NEW_ARRAY(run, double, rows->n), *new_x = NEW_ARRAY(run, double, rows->n), *new_y = NEW_ARRAY(run, double, rows->n);
  int *new_group = NEW_ARRAY(run, int, rows->n);
  for (int g = 0; g < groups && !run_failed(run); g++) {
    int64_t n = 0;
    double total = 0, passed = 0;
    for (int64_t r = 0; r < rows->n; r++)
      if (rows->group[r] == g && !isnan(rows->x[r])) total += rows->weight[r], row[n] = r, key[n++] = rows->x[r];
    sort_order(run, n, key, order);
    if (run_failed(run)) return;
    for (int64_t i = 0, bin = 1; i < n && run_poll(run, 200); bin++) {
      double target = bin < bins ? total * (double)bin / (double)bins : INFINITY, sum = 0, sum_x = 0, sum_y = 0, centre = key[order[i]];
      int64_t end = i;
      while (end < n && (passed + rows->weight[row[order[end]]] / 2 <= target * (1 + 1e-12) || (end > i && key[order[end]] == key[order[end - 1]]))) {
        double w = rows->weight[row[order[end]]];
        passed += w, sum += w, sum_x += w * (key[order[end]] - centre), sum_y += w * rows->y[row[order[end]]];
        end++;
      }
      if (end == i) continue;
      new_x[out] = centre + sum_x / sum;
      new_y[out] = sum_y / sum;
      new_group[out++] = g;
      i = end;
    }
  }
  for (int64_t r = 0; r < rows->n && !run_failed(run); r++) {
    rows->group[r] = r < out ? new_group[r] : -1;
    rows->x[r] = r < out ? new_x[r] : (double)NAN;
    rows->y[r] = r < out ? new_y[r] : (double)NAN;
  }
}

static void draw_points(Figure *figure, const Rows *rows, int groups, bool big) {
  text_format(figure->out, "<g fill-opacity=\"%s\">\n", big ? "0.95" : rows->n > 2000 ? "0.35" : "0.65");
  for (int g = 0; g < groups && !run_failed(figure->run); g++) {
    bool *taken = taken_pixels(figure);
    for (int64_t r = 0; r < rows->n && run_poll(figure->run, 50); r++) {
      if (rows->group[r] != g || isnan(rows->x[r])) continue;
      double a = scale_at(&figure->x, rows->x[r]), b = scale_at(&figure->y, rows->y[r]);
      if (!take_pixel(figure, taken, a, b)) continue;
      if (big) svg_marker(figure, a, b, g, false, 4.2);
      else svg_dot(figure, a, b, g, rows->n > 200 ? 2.4 : 3);
    }
    run_free(figure->run, taken);
  }
  text_add(figure->out, "</g>\n");
}

static void print_scatter(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  ScaleKind kind;
  if (figure_panels(job, 2)) return;
  const OptionValue *bins = print_option(job, "bins"), *fit = print_option(job, "fit");
  double level = print_option(job, "level")->number, bounds[4];
  figure_begin(job, &figure, bins->given ? "Binned scatter" : "Scatter", NULL, NULL);
  if (bins->given && (bins->integer < 2 || bins->integer > 1000)) run_fail(run, "bins=%.20s: from 2 to 1000", bins->text);
  if (fit->integer < 0 || fit->integer > 3) run_fail(run, "fit=%.20s: 0, or the degree of the polynomial: 1, 2 or 3", fit->text);
  if (!(level > 0 && level < 1)) run_fail(run, "level=%.20s: between 0 and 1", print_option(job, "level")->text);
  Groups groups = groups_of(job, 2);
  Rows rows = rows_of(job, &groups, &kind);
  Curve *curve = NEW_ARRAY(run, Curve, groups.count);
  bool *fitted = NEW_ARRAY(run, bool, groups.count);
  if (run_failed(run)) return;
  for (int g = 0; g < groups.count && fit->integer > 0; g++) fitted[g] = fit_curve(run, &rows, g, (int)fit->integer, level, &curve[g]);
  if (bins->given) bin_rows(run, &rows, groups.count, bins->integer);
  if (run_failed(run)) return;
  xy_ranges(job, rows.x, rows.y, rows.group, bounds);
  for (int g = 0; g < groups.count; g++) {
    for (int i = 0; i <= STEPS && fitted[g]; i++) { /* the line and its band */
      range_add(&bounds[0], &bounds[1], step_at(&curve[g], i));
      for (int side = -1; side <= 1; side += 2) {
        double bound = curve_at(&curve[g], step_at(&curve[g], i), side);
        if (bound > 0 || !print_option(job, "ylog")->integer) range_add(&bounds[2], &bounds[3], bound);
      }
    }
  }
  scale_fit(&figure, &figure.x, bounds[0], bounds[1], kind);
  scale_fit(&figure, &figure.y, bounds[2], bounds[3], SCALE_NUMBER);
  for (int g = 0; g < groups.count; g++) {
    if (groups.count > 1 && !fitted[g]) figure_legend(&figure, groups.name[g], g, 'p');
    if (fitted[g]) figure_legend(&figure, curve_text(&figure, &curve[g], groups.name[g]), groups.count > 1 || job->panel ? g : 1, 'b');
  }
  figure_frame(&figure);
  figure_plot(&figure);
  for (int after = bins->given; after < bins->given + 2; after++) { /* points beneath the line; bins, which are few, above it */
    if (after == 0 || after == 2) draw_points(&figure, &rows, groups.count, bins->given);
    for (int g = 0; g < groups.count && after == 1 && !run_failed(run); g++)
      if (fitted[g]) draw_curve(&figure, &curve[g], groups.count > 1 ? g : 0, series_colour(&figure, groups.count > 1 ? g : 1));
  }
  figure_end(&figure);
}

static const OptionSpec SCATTER_OPTIONS[] = {
  {"fit", OPTION_INTEGER, "0", NULL, "the least squares line (1) or polynomial (2, 3) with its band; the line's slope in the legend"},
  {"bins", OPTION_INTEGER, NULL, NULL, "a binned scatter of so many bins of equal count"},
  {"level", OPTION_NUMBER, "0.95", NULL, "of the band"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const SCATTER_GROUPS[] = {SCATTER_OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_scatter = {
  .name = "plot_scatter",
  .arguments = "x:any, y:number, group:any?, weight:number?, control:any?...",
  .signature = "plot_scatter(x, y [, group [, weight [, control...]]] [, 'options'])",
  .summary = "SVG of points with fit=1 (line, band, slope) or bins=20 (binned scatter); controls are partialled out",
  .options = SCATTER_GROUPS,
  .print = print_scatter,
  .example = "SELECT plot_scatter(ln(gdpPercap), lifeExp, 'fit=1, xlabel=Log GDP per head, ylabel=Life expectancy') FROM gapminder WHERE year = 2007"};
