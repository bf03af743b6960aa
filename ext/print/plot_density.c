/* plot_density.c: kernel densities, and the figure of a placebo test.
 *
 * 1. plot_density(value): the kernel density f(x) = sum w_i K((x - x_i)/h) / (h sum w_i) over the range and 3h more at each end (or from xmin= to xmax=). kernel=gaussian, or
 *    epanechnikov with standard deviation 1 as in R's density() (its h is the standard deviation of the kernel). bandwidth= or Silverman's rule of thumb
 *    h = 0.9 min(sd, IQR/1.34) n^(-1/5) (R's bw.nrd0, quantiles of type 7; the other of the two where one is 0), from the values without their weights, as in R.
 * 2. plot_density(value, p_value): each value's p-value as a point on a second axis from 0 to 1 on the right: the placebo figure. hline= lies on that axis.
 *    mark= is the real estimate: a vertical line with its value; marklabel= names it.
 * 3. plot_density(value, group): one density for each group, filled: score overlap. The second argument is a group where it is text. mirror=1: the second group beneath.
 * 4. plot_density(value, group, weight): weights of matching or sampling; NULL and 0 leave a row out. The second argument may be NULL.
 * 5. NULL values are left out; a group of one value or of equal values has no density: a line stands there.
 * 6. The curve has at least 256 points and four to a bandwidth (up to 4,096): the kernel is summed over values within 9h, where double precision ends. */
#include "print.h"

enum { POINTS_LEAST = 256, POINTS_MOST = 4096 };

typedef struct Curve {
  int64_t n;
  double h, least, most; /* of the values */
  int points;            /* 0: no density */
  double *x, *f;
} Curve;

static double silverman(int64_t n, const double *sorted) {
  double mean = 0, squares = 0, centre = sorted[n / 2];
  for (int64_t i = 0; i < n; i++) mean += (sorted[i] - centre) / (double)n;
  for (int64_t i = 0; i < n; i++) squares += (sorted[i] - centre - mean) * (sorted[i] - centre - mean);
  double sd = sqrt(squares / (double)(n - 1)), quartiles = (quantile_sorted(n, sorted, .75, false) - quantile_sorted(n, sorted, .25, false)) / 1.34;
  double spread = quartiles > 0 && quartiles < sd ? quartiles : sd;
  return .9 * spread * pow((double)n, -.2);
}

static double kernel_value(bool gaussian, double z) {
  if (gaussian) return normal_density(z);
  double u = z / 2.23606797749978969; /* sqrt(5): variance 1 */
  return fabs(u) < 1 ? .75 * (1 - u * u) / 2.23606797749978969 : 0;
}

/* value and weight in ascending order of value. */
static void estimate_curve(Run *run, int64_t n, const double *value, const double *weight, double bandwidth, bool gaussian, Curve *curve) {
  curve->n = n;
  if (!n || run_failed(run)) return;
  curve->least = value[0];
  curve->most = value[n - 1];
  if (!(value[n - 1] - value[0] > 1e-12 * fmax(fabs(value[0]), fabs(value[n - 1])))) return;
  double h = isnan(bandwidth) ? silverman(n, value) : bandwidth, total = 0;
  double from = value[0] - 3 * h, to = value[n - 1] + 3 * h, wanted = (to - from) / h * 4;
  int points = wanted < POINTS_LEAST ? POINTS_LEAST : wanted > POINTS_MOST ? POINTS_MOST : (int)wanted;
  curve->h = h;
  curve->x = NEW_ARRAY(run, double, points);
  curve->f = NEW_ARRAY(run, double, points);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) total += weight[i];
  int64_t first = 0;
  for (int g = 0; g < points; g++) {
    double x = from + (to - from) * g / (points - 1), sum = 0;
    int64_t i = first;
    while (first < n && value[first] < x - 9 * h) i = ++first;
    for (; i < n && value[i] <= x + 9 * h; i++) {
      sum += weight[i] * kernel_value(gaussian, (x - value[i]) / h);
      if (!(i & 65535) && !run_poll(run, 65536 * 8)) return;
    }
    if (!run_poll(run, 1000 + (uint64_t)(i - first) % 65536 * 8)) return;
    curve->x[g] = x;
    curve->f[g] = sum / (total * h);
  }
  curve->points = points;
}

static void draw_curve(Figure *figure, const Curve *curve, int g, bool filled, double sign) {
  double floor_y = scale_at(&figure->y, 0);
  for (int pass = filled ? 0 : 1; pass < 2; pass++) {
    svg_path_begin(figure);
    if (!pass) svg_path_point(figure, scale_at(&figure->x, curve->x[0]), floor_y, true);
    for (int i = 0; i < curve->points; i++) svg_path_point(figure, scale_at(&figure->x, curve->x[i]), scale_at(&figure->y, sign * curve->f[i]), pass && i == 0);
    if (!pass) svg_path_point(figure, scale_at(&figure->x, curve->x[curve->points - 1]), floor_y, false);
    if (pass) svg_path_end(figure, series_colour(figure, g), 2, series_dash(g), NULL, NULL);
    else svg_path_end(figure, "none", 0, NULL, series_colour(figure, g), "0.15");
  }
}

/* The axis of the p-values, from 0 to 1 at the right. */
static double p_height(const Figure *figure, double p) {
  double bottom = figure->height - figure->bottom;
  return bottom - (bottom - figure->top) * (.04 + .92 * p);
}

static void second_axis(Figure *figure, const char *label, double right) {
  double middle = (figure->top + figure->height - figure->bottom) / 2;
  svg_line(figure, right, figure->top, right, figure->height - figure->bottom, INK, 1, NULL);
  for (int tick = 0; tick <= 5; tick++) {
    double y = p_height(figure, tick / 5.0);
    svg_line(figure, right, y, right + 5, y, INK, 1, NULL);
    svg_text(figure, right + 8, y + 4, print_fixed(figure->run, tick / 5.0, 1), "start", 12, INK, NULL);
  }
  TextLines lines = {1, &label};
  svg_turned(figure, right + 36, middle, 90, &lines, "middle", 13);
}

/* The line at the top of which its value stands, on a ground of its own where points lie. */
static void draw_mark(Figure *figure, double mark, const char *name) {
  double x = scale_at(&figure->x, mark), right = figure->width - figure->right;
  Text label = {.run = figure->run};
  if (name) text_format(&label, "%s = ", name);
  int decimals = 3;
  for (double size = fabs(mark) * 1000; size > 0 && size < 9.95 && decimals < 12; size *= 10) decimals++;
  text_minus(&label, mark, decimals);
  TextLines lines = text_wrap(figure->run, label.data, 12.5, fmax(x - figure->left, right - x) - 12, 3);
  if (run_failed(figure->run)) return;
  svg_line(figure, x, figure->top, x, figure->height - figure->bottom, ACCENT, 2, NULL);
  double width = 0;
  for (int i = 0; i < lines.count; i++) width = fmax(width, svg_text_width(lines.line[i], 12.5));
  bool left = x + 10 + width > right;
  svg_box(figure, left ? x - width - 10 : x + 3, figure->top + 2, width + 7, 15 * lines.count + 2, "#ffffff", "0.85");
  for (int i = 0; i < lines.count && !run_failed(figure->run); i++)
    svg_text(figure, left ? x - 6 : x + 6, figure->top + 14 + 15 * i, lines.line[i], left ? "end" : "start", 12, "#A04000", "font-weight=\"bold\"");
}

static void draw_p_values(Figure *figure, int64_t rows, const double *value, const double *p_value) {
  bool *taken = rows > 5000 ? taken_pixels(figure) : NULL;
  for (int64_t r = 0; r < rows && run_poll(figure->run, 300); r++)
    if (!isnan(value[r]) && !isnan(p_value[r]) && (!taken || take_pixel(figure, taken, scale_at(&figure->x, value[r]), p_height(figure, p_value[r]))))
      svg_marker(figure, scale_at(&figure->x, value[r]), p_height(figure, p_value[r]), 4, true, 2.6);
}

static void print_density(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  bool grouped = false, gaussian = strcmp(print_option(job, "kernel")->text, "gaussian") == 0, mirror = print_option(job, "mirror")->integer != 0;
  for (int64_t r = 0; r < job->rows && job->columns > 1 && !grouped; r++) grouped = job->cell[r * job->columns + 1].type == CELL_TEXT;
  if (figure_panels(job, grouped ? 1 : -1)) return;
  bool placebo = false;
  const double *p_value = column_of(job, 1);
  for (int64_t r = 0; p_value && r < job->rows && !grouped; r++) placebo |= job->columns > 1 && !isnan(p_value[r]);
  figure_begin(job, &figure, placebo ? "Placebo" : "Densities", "Value", "Density");
  Groups groups = groups_of(job, grouped ? 1 : -1);
  const double *value = axis_of(job, 0, 'x'), *weights = column_of(job, 2);
  double bandwidth = print_option(job, "bandwidth")->number, mark = print_option(job, "mark")->number;
  double *kept = NEW_ARRAY(run, double, job->rows), *sorted = NEW_ARRAY(run, double, job->rows), *weight = NEW_ARRAY(run, double, job->rows), *row_weight = NEW_ARRAY(run, double, job->rows), *kept_weight = NEW_ARRAY(run, double, job->rows);
  int64_t *order = NEW_ARRAY(run, int64_t, job->rows);
  Curve *curve = NEW_ARRAY(run, Curve, groups.count);
  if (bandwidth <= 0) run_fail(run, "bandwidth=%.20s: it must be above zero", print_option(job, "bandwidth")->text);
  if (mirror && groups.count != 2 && !job->panel) run_fail(run, "mirror=1 is for two groups; there are %d", groups.count);
  if (run_failed(run)) return;
  double x0 = INFINITY, x1 = -INFINITY, top = 0;
  for (int64_t r = 0; r < job->rows; r++) {
    row_weight[r] = job->columns > 2 ? weights[r] : 1;
    if (row_weight[r] < 0) run_fail(run, "row %lld: the weight %s is negative", (long long)r + 1, print_fixed(run, row_weight[r], 4));
    if (placebo && (p_value[r] < 0 || p_value[r] > 1)) run_fail(run, "row %lld: the p-value %s is not between 0 and 1; a group is text: CAST(g AS TEXT)", (long long)r + 1, print_fixed(run, p_value[r], 4));
  }
  for (int g = 0; g < groups.count && !run_failed(run); g++) {
    int64_t n = 0;
    for (int64_t r = 0; r < job->rows; r++)
      if (groups.of_row[r] == g && !isnan(value[r]) && row_weight[r] > 0) kept_weight[n] = row_weight[r], kept[n++] = value[r];
    sort_order(run, n, kept, order);
    for (int64_t i = 0; i < n && !run_failed(run); i++) sorted[i] = kept[order[i]], weight[i] = kept_weight[order[i]];
    estimate_curve(run, n, sorted, weight, bandwidth, gaussian, &curve[g]);
    if (n) range_add(&x0, &x1, curve[g].least), range_add(&x0, &x1, curve[g].most);
    if (curve[g].points) range_add(&x0, &x1, curve[g].x[0]), range_add(&x0, &x1, curve[g].x[curve[g].points - 1]);
    for (int i = 0; i < curve[g].points; i++) top = fmax(top, curve[g].f[i]);
  }
  range_add(&x0, &x1, mark);
  const OptionValue *vline = print_option(job, "vline");
  for (int i = 0; i < vline->numbers; i++) range_add(&x0, &x1, vline->list[i]);
  if (!(top > 0)) top = 1;
  scale_fit(&figure, &figure.x, x0, x1, SCALE_NUMBER);
  if (print_option(job, "ylog")->integer) run_fail(run, "ylog=1: a density is zero somewhere");
  scale_fit(&figure, &figure.y, mirror ? -top : 0, top, SCALE_NUMBER);
  figure.y.sizes = mirror;
  if (isnan(print_option(job, "ymin")->number) && !placebo && !mirror) figure.y.low = 0;
  for (int g = 0; g < groups.count && grouped; g++) figure_legend(&figure, groups.name[g], g, 'l');
  if (placebo) {
    figure.right = 60;
    figure_legend(&figure, print_word(figure.chinese, "Density of the draws"), 0, 'l');
    figure_legend(&figure, print_word(figure.chinese, "p-value of each draw"), 4, 'h');
  }
  figure_frame(&figure);
  if (run_failed(run)) return;
  Scale density = figure.y;
  if (placebo) { /* hline= lies on the axis of the p-values */
    second_axis(&figure, print_word(figure.chinese, "p-value"), figure.width - figure.right);
    figure.y.low = -.04 / .92;
    figure.y.high = 1 + .04 / .92;
  }
  figure_plot(&figure);
  figure.y = density;
  if (placebo) draw_p_values(&figure, job->rows, value, p_value);
  for (int g = 0; g < groups.count && !run_failed(run); g++) {
    if (curve[g].points) draw_curve(&figure, &curve[g], g, !placebo, mirror && g ? -1 : 1);
    else if (curve[g].n) svg_line(&figure, scale_at(&figure.x, curve[g].least), scale_at(&figure.y, 0), scale_at(&figure.x, curve[g].least), mirror && g ? figure.height - figure.bottom : figure.top,
                                  series_colour(&figure, g), 2, series_dash(g)); /* (5) */
  }
  if (mirror) svg_line(&figure, figure.left, scale_at(&figure.y, 0), figure.width - figure.right, scale_at(&figure.y, 0), INK, 1, NULL);
  if (!isnan(mark)) draw_mark(&figure, mark, print_text(job, "marklabel"));
  figure_end(&figure);
}

static const OptionSpec OPTIONS[] = {
  {"mark", OPTION_NUMBER, NULL, NULL, "the real estimate: a vertical line with its value"},
  {"marklabel", OPTION_TEXT, NULL, NULL, "its name"},
  {"kernel", OPTION_CHOICE, "gaussian", "gaussian|epanechnikov", "the kernel"},
  {"bandwidth", OPTION_NUMBER, NULL, NULL, "its standard deviation; without it Silverman's rule of thumb"},
  {"mirror", OPTION_BOOLEAN, "0", NULL, "the second of two groups beneath the axis"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const GROUPS[] = {OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_density = {
  .name = "plot_density",
  .arguments = "value:number, p_value_or_group:any?, weight:number?",
  .signature = "plot_density(value [, p_value | group [, weight]] [, 'options'])",
  .summary = "SVG of a kernel density; with p-values and mark= the placebo figure, with groups their overlap",
  .options = GROUPS,
  .print = print_density,
  .example = "SELECT plot_density(lifeExp, continent, 'title=Life expectancy in 2007, xlabel=Years') FROM gapminder WHERE year = 2007 AND continent <> 'Oceania'"};
