/* plot_density.c: kernel densities, and the figure of a placebo test.
 *
 * 1. plot_density(value): the kernel density f(x) = sum K((x - x_i)/h) / (n h) on 256 points over the range and 3h more at each end. kernel=gaussian, or
 *    epanechnikov with standard deviation 1 as in R's density() (its h is the standard deviation of the kernel). bandwidth= or Silverman's rule of thumb
 *    h = 0.9 min(sd, IQR/1.34) n^(-1/5) (R's bw.nrd0, quantiles of type 7; the other of the two where one is 0).
 * 2. plot_density(value, p_value): each value's p-value as a point on a second axis from 0 to 1 on the right: the placebo figure. hline= lies on that axis.
 *    mark= is the real estimate: a vertical line with its value; marklabel= names it.
 * 3. plot_density(value, group): one density for each group, filled: score overlap. The second argument is a group where it is text.
 * 4. NULL values are left out; a group of one value or of equal values has no density. */
#include "print.h"

enum { GRID_POINTS = 256 };

typedef struct Curve {
  int64_t n;
  double h, x[GRID_POINTS], f[GRID_POINTS];
} Curve;

static double quantile7(int64_t n, const double *sorted, double p) {
  double at = p * (double)(n - 1), below = floor(at);
  int64_t i = (int64_t)below;
  return i + 1 < n ? sorted[i] + (at - below) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

static double silverman(int64_t n, const double *sorted) {
  double mean = 0, squares = 0;
  for (int64_t i = 0; i < n; i++) mean += sorted[i] / (double)n;
  for (int64_t i = 0; i < n; i++) squares += (sorted[i] - mean) * (sorted[i] - mean);
  double sd = sqrt(squares / (double)(n - 1)), quartiles = (quantile7(n, sorted, .75) - quantile7(n, sorted, .25)) / 1.34;
  double spread = quartiles > 0 && quartiles < sd ? quartiles : sd;
  return .9 * spread * pow((double)n, -.2);
}

static double kernel_value(bool gaussian, double z) {
  if (gaussian) return normal_density(z);
  double u = z / 2.23606797749978969; /* sqrt(5): variance 1 */
  return fabs(u) < 1 ? .75 * (1 - u * u) / 2.23606797749978969 : 0;
}

/* Sorts the values in place. False: there is no density. */
static bool estimate_curve(Run *run, int64_t n, double *value, double bandwidth, bool gaussian, Curve *curve) {
  if (n < 2 || run_failed(run)) return false;
  sort_numbers(run, n, value);
  if (run_failed(run) || !(value[n - 1] - value[0] > 1e-12 * fmax(fabs(value[0]), fabs(value[n - 1])))) return false;
  double h = isnan(bandwidth) ? silverman(n, value) : bandwidth;
  curve->n = n;
  curve->h = h;
  double from = value[0] - 3 * h, to = value[n - 1] + 3 * h;
  for (int g = 0; g < GRID_POINTS; g++) {
    double x = from + (to - from) * g / (GRID_POINTS - 1), sum = 0;
    for (int64_t start = 0; start < n; start += 1 << 16) {
      int64_t end = n < start + (1 << 16) ? n : start + (1 << 16);
      for (int64_t i = start; i < end; i++) sum += kernel_value(gaussian, (x - value[i]) / h);
      if (!run_poll(run, (uint64_t)(end - start) * 8)) return false;
    }
    curve->x[g] = x;
    curve->f[g] = sum / ((double)n * h);
  }
  return true;
}

static void draw_curve(Figure *figure, const Curve *curve, int g, bool filled) {
  double floor_y = scale_at(&figure->y, 0);
  if (filled) {
    svg_path_begin(figure);
    svg_path_point(figure, scale_at(&figure->x, curve->x[0]), floor_y, true);
    for (int i = 0; i < GRID_POINTS; i++) svg_path_point(figure, scale_at(&figure->x, curve->x[i]), scale_at(&figure->y, curve->f[i]), false);
    svg_path_point(figure, scale_at(&figure->x, curve->x[GRID_POINTS - 1]), floor_y, false);
    svg_path_end(figure, "none", 0, NULL, series_colour(g), "0.15");
  }
  svg_path_begin(figure);
  for (int i = 0; i < GRID_POINTS; i++) svg_path_point(figure, scale_at(&figure->x, curve->x[i]), scale_at(&figure->y, curve->f[i]), i == 0);
  svg_path_end(figure, series_colour(g), 2, series_dash(g), NULL, NULL);
}

/* The axis of the p-values, from 0 to 1 at the right. */
static void second_axis(Figure *figure, const char *label) {
  double right = figure->width - figure->right, bottom = figure->height - figure->bottom, middle = (figure->top + bottom) / 2;
  svg_line(figure, right, figure->top, right, bottom, INK, 1, NULL);
  for (int tick = 0; tick <= 5; tick++) {
    double y = bottom - (bottom - figure->top) * (.04 + .92 * tick / 5);
    svg_line(figure, right, y, right + 5, y, INK, 1, NULL);
    svg_text(figure, right + 8, y + 4, print_fixed(figure->run, tick / 5.0, 1), "start", 12, INK, NULL);
  }
  Text turn = {.run = figure->run};
  text_add(&turn, "transform=\"rotate(90 ");
  text_short(&turn, figure->width - 12, 2);
  text_add(&turn, " ");
  text_short(&turn, middle, 2);
  text_add(&turn, ")\"");
  if (!run_failed(figure->run)) svg_text(figure, figure->width - 12, middle, label, "middle", 13, INK, turn.data);
}

static double p_height(const Figure *figure, double p) {
  double bottom = figure->height - figure->bottom;
  return bottom - (bottom - figure->top) * (.04 + .92 * p);
}

static void draw_mark(Figure *figure, double mark, const char *name) {
  double x = scale_at(&figure->x, mark), right = figure->width - figure->right;
  Text label = {.run = figure->run};
  if (name) text_format(&label, "%s = ", name);
  int decimals = 3;
  for (double size = fabs(mark) * 1000; size > 0 && size < 9.95 && decimals < 8; size *= 10) decimals++;
  text_fixed(&label, mark, decimals);
  if (run_failed(figure->run) || !label.data) return;
  svg_line(figure, x, figure->top, x, figure->height - figure->bottom, "#D55E00", 2, NULL);
  bool left = x + 8 + svg_text_width(label.data, 12) > right;
  svg_text(figure, left ? x - 6 : x + 6, figure->top + 14, label.data, left ? "end" : "start", 12, "#A04000", "font-weight=\"bold\"");
}

static void print_density(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  figure_begin(job, &figure, "Value", "Density");
  bool grouped = false, gaussian = strcmp(print_option(job, "kernel")->text, "gaussian") == 0;
  for (int64_t r = 0; r < job->rows && job->columns > 1 && !grouped; r++) grouped = job->cell[r * job->columns + 1].type == CELL_TEXT;
  bool placebo = job->columns > 1 && !grouped;
  Groups groups = groups_of(job, grouped ? 1 : -1);
  const double *value = column_of(job, 0), *p_value = column_of(job, 1);
  double bandwidth = print_option(job, "bandwidth")->number, mark = print_option(job, "mark")->number;
  double *kept = NEW_ARRAY(run, double, job->rows);
  Curve *curve = NEW_ARRAY(run, Curve, groups.count);
  if (bandwidth <= 0) run_fail(run, "bandwidth=%.20s: it must be above zero", print_option(job, "bandwidth")->text);
  if (run_failed(run)) return;
  double x0 = INFINITY, x1 = -INFINITY, y1 = 0;
  for (int g = 0; g < groups.count; g++) {
    int64_t n = 0;
    for (int64_t r = 0; r < job->rows; r++)
      if (groups.of_row[r] == g && !isnan(value[r])) kept[n++] = value[r];
    for (int64_t i = 0; i < n; i++) range_add(&x0, &x1, kept[i]);
    if (!estimate_curve(run, n, kept, bandwidth, gaussian, &curve[g])) continue;
    range_add(&x0, &x1, curve[g].x[0]);
    range_add(&x0, &x1, curve[g].x[GRID_POINTS - 1]);
    for (int i = 0; i < GRID_POINTS; i++) y1 = fmax(y1, curve[g].f[i]);
  }
  for (int64_t r = 0; r < job->rows && placebo; r++)
    if (p_value[r] < 0 || p_value[r] > 1) run_fail(run, "row %lld: the p-value %s is not between 0 and 1; a group is text: CAST(g AS TEXT)", (long long)r + 1, print_fixed(run, p_value[r], 4));
  range_add(&x0, &x1, mark);
  const OptionValue *vline = print_option(job, "vline");
  for (int i = 0; i < vline->numbers; i++) range_add(&x0, &x1, vline->list[i]);
  scale_fit(&figure, &figure.x, x0, x1, "xmin", "xmax", false);
  scale_fit(&figure, &figure.y, 0, y1 > 0 ? y1 : 1, "ymin", "ymax", false);
  if (isnan(print_option(job, "ymin")->number)) figure.y.low = placebo ? figure.y.low : 0;
  for (int g = 0; g < groups.count && grouped; g++) figure_legend(&figure, groups.name[g], g, 'l');
  if (placebo) {
    figure.right = 64;
    figure_legend(&figure, print_word(figure.chinese, "Density of the draws"), 0, 'l');
    figure_legend(&figure, print_word(figure.chinese, "p-value of each draw"), 4, 'h');
  }
  figure_frame(&figure, true, true);
  if (run_failed(run)) return;
  if (placebo) second_axis(&figure, print_word(figure.chinese, "p-value"));
  if (placebo) { /* hline= lies on the axis of the p-values */
    figure.y.low = -.04 / .92;
    figure.y.high = 1 + .04 / .92;
  }
  Scale density = figure.y;
  if (placebo) {
    density.low = -y1 * .04;
    density.high = y1 * 1.04;
    if (!isnan(print_option(job, "ymin")->number)) density.low = print_option(job, "ymin")->number;
    if (!isnan(print_option(job, "ymax")->number)) density.high = print_option(job, "ymax")->number;
  }
  figure_plot(&figure);
  figure.y = density;
  for (int64_t r = 0; r < job->rows && placebo && run_poll(run, 300); r++)
    if (!isnan(value[r]) && !isnan(p_value[r]))
      svg_marker(&figure, scale_at(&figure.x, value[r]), p_height(&figure, p_value[r]), 4, true, 2.6);
  for (int g = 0; g < groups.count; g++)
    if (curve[g].n) draw_curve(&figure, &curve[g], g, !placebo);
  if (!isnan(mark)) draw_mark(&figure, mark, print_text(job, "marklabel"));
  figure_end(&figure);
}

static const OptionSpec OPTIONS[] = {
  {"mark", OPTION_NUMBER, NULL, NULL, "the real estimate: a vertical line with its value"},
  {"marklabel", OPTION_TEXT, NULL, NULL, "its name"},
  {"kernel", OPTION_CHOICE, "gaussian", "gaussian|epanechnikov", "the kernel"},
  {"bandwidth", OPTION_NUMBER, NULL, NULL, "its standard deviation; without it Silverman's rule of thumb"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const GROUPS[] = {OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_density = {
  .name = "plot_density",
  .arguments = "value:number, p_value_or_group:any?",
  .signature = "plot_density(value [, p_value | group] [, 'options'])",
  .summary = "SVG of a kernel density; with p-values and mark= the placebo figure, with groups their overlap",
  .options = GROUPS,
  .print = print_density,
  .example = "SELECT plot_density(lifeExp, continent, 'title=Life expectancy in 2007') FROM gapminder WHERE year = 2007 AND continent <> 'Oceania'"};
