/* plot_xy.c: lines and points over two numbers: plot_line, plot_scatter.
 *
 * 1. plot_line(x, y[, group]): y over x in ascending x (rows of equal x in their order), one line a group; a NULL y breaks the line; points=1 marks the points.
 *    hline= is a critical value (the LR curve of a threshold), vline= the estimate.
 * 2. plot_scatter(x, y[, group]): points that fall on the same half pixel are drawn once, so that a million rows stay a page. bins=20: the binned scatter: rows in
 *    bins of equal count by x, one point at the means of x and y (rows of equal x are not parted from each other: fewer bins where x has few values). fit=1: the
 *    least squares line through all rows (not the bins), its slope, error (iid) and N in the legend, the 95% band of the mean around it.
 * 3. Rows with NULL are left out (plot_line: NULL x). A fit needs three rows and an x that varies. */
#include "print.h"

static bool all_whole(int64_t n, const double *x) {
  for (int64_t i = 0; i < n; i++)
    if (!isnan(x[i]) && x[i] != floor(x[i])) return false;
  return true;
}

static void ranges(PrintJob *job, const double *x, const double *y, double bounds[4]) {
  bounds[0] = bounds[2] = INFINITY;
  bounds[1] = bounds[3] = -INFINITY;
  for (int64_t r = 0; r < job->rows; r++) {
    if (isnan(x[r]) || isnan(y[r])) continue;
    range_add(&bounds[0], &bounds[1], x[r]);
    range_add(&bounds[2], &bounds[3], y[r]);
  }
  const OptionValue *h = print_option(job, "hline"), *v = print_option(job, "vline");
  for (int i = 0; i < v->numbers; i++) range_add(&bounds[0], &bounds[1], v->list[i]);
  for (int i = 0; i < h->numbers; i++) range_add(&bounds[2], &bounds[3], h->list[i]);
}

/* ------------------------------------------------------------------------------------------------ plot_line */

static void print_line(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  figure_begin(job, &figure, NULL, NULL);
  Groups groups = groups_of(job, 2);
  const double *x = column_of(job, 0), *y = column_of(job, 1);
  int64_t *order = NEW_ARRAY(run, int64_t, job->rows), *row = NEW_ARRAY(run, int64_t, job->rows);
  double *key = NEW_ARRAY(run, double, job->rows), bounds[4];
  bool points = print_option(job, "points")->integer != 0;
  if (run_failed(run)) return;
  ranges(job, x, y, bounds);
  scale_fit(&figure, &figure.x, bounds[0], bounds[1], "xmin", "xmax", all_whole(job->rows, x));
  scale_fit(&figure, &figure.y, bounds[2], bounds[3], "ymin", "ymax", false);
  for (int g = 0; g < groups.count && groups.count > 1; g++) figure_legend(&figure, groups.name[g], g, 'l');
  figure_frame(&figure, true, true);
  figure_plot(&figure);
  for (int g = 0; g < groups.count && !run_failed(run); g++) {
    int64_t n = 0;
    for (int64_t r = 0; r < job->rows; r++) {
      if (groups.of_row[r] != g || isnan(x[r])) continue;
      row[n] = r;
      key[n++] = x[r];
    }
    sort_order(run, n, key, order);
    if (run_failed(run)) return;
    bool move = true;
    int64_t drawn = 0;
    svg_path_begin(&figure);
    for (int64_t i = 0; i < n && run_poll(run, 100); i++) {
      int64_t r = row[order[i]];
      if (!isnan(y[r])) svg_path_point(&figure, scale_at(&figure.x, x[r]), scale_at(&figure.y, y[r]), move), drawn++;
      move = isnan(y[r]);
    }
    if (!drawn) svg_path_point(&figure, figure.left, figure.top, true); /* an empty path is no path */
    svg_path_end(&figure, series_colour(g), 1.8, series_dash(g), NULL, NULL);
    for (int64_t i = 0; i < n && points && run_poll(run, 300); i++)
      if (!isnan(y[row[i]])) svg_marker(&figure, scale_at(&figure.x, x[row[i]]), scale_at(&figure.y, y[row[i]]), g, false, 3.2);
  }
  figure_end(&figure);
}

static const OptionSpec LINE_OPTIONS[] = {{"points", OPTION_BOOLEAN, "0", NULL, "mark the points"}, {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const LINE_GROUPS[] = {LINE_OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_line = {
  .name = "plot_line",
  .arguments = "x:number, y:number, group:any?",
  .signature = "plot_line(x, y [, group] [, 'options'])",
  .summary = "SVG of lines over x, one a group; hline= and vline= for critical values and estimates",
  .options = LINE_GROUPS,
  .print = print_line,
  .example = "SELECT plot_line(year, life, continent, 'ylabel=Life expectancy') FROM (SELECT year, continent, avg(lifeExp) AS life FROM gapminder GROUP BY 2, 1)"};

/* ------------------------------------------------------------------------------------------------ plot_scatter */

typedef struct Straight { /* the least squares line of one group, (2) */
  int64_t n;
  double mean_x, mean_y, sxx, slope, slope_se, sigma2, low, high;
} Straight;

static bool straight_fit(int64_t rows, const double *x, const double *y, const int *of_row, int g, Straight *fit) {
  *fit = (Straight){.low = INFINITY, .high = -INFINITY};
  double sum_x = 0, sum_y = 0, sxy = 0, rss = 0;
  for (int64_t r = 0; r < rows; r++) {
    if (of_row[r] != g || isnan(x[r]) || isnan(y[r])) continue;
    fit->n++;
    sum_x += x[r];
    sum_y += y[r];
    range_add(&fit->low, &fit->high, x[r]);
  }
  if (fit->n < 3 || !(fit->high > fit->low)) return false;
  fit->mean_x = sum_x / (double)fit->n;
  fit->mean_y = sum_y / (double)fit->n;
  for (int64_t r = 0; r < rows; r++) {
    if (of_row[r] != g || isnan(x[r]) || isnan(y[r])) continue;
    fit->sxx += (x[r] - fit->mean_x) * (x[r] - fit->mean_x);
    sxy += (x[r] - fit->mean_x) * (y[r] - fit->mean_y);
  }
  fit->slope = sxy / fit->sxx;
  for (int64_t r = 0; r < rows; r++) {
    if (of_row[r] != g || isnan(x[r]) || isnan(y[r])) continue;
    double e = y[r] - fit->mean_y - fit->slope * (x[r] - fit->mean_x);
    rss += e * e;
  }
  fit->sigma2 = rss / (double)(fit->n - 2);
  fit->slope_se = sqrt(fit->sigma2 / fit->sxx);
  return true;
}

static double straight_at(const Straight *fit, double x, double side) {
  double half = student_quantile(.975, (double)(fit->n - 2)) * sqrt(fit->sigma2 * (1 / (double)fit->n + (x - fit->mean_x) * (x - fit->mean_x) / fit->sxx));
  return fit->mean_y + fit->slope * (x - fit->mean_x) + side * half;
}

static void draw_straight(Figure *figure, const Straight *fit, int g) {
  enum { STEPS = 40 };
  svg_path_begin(figure);
  for (int side = -1; side <= 1; side += 2) {
    for (int i = 0; i <= STEPS; i++) {
      double x = fit->low + (fit->high - fit->low) * (side < 0 ? i : STEPS - i) / STEPS;
      svg_path_point(figure, scale_at(&figure->x, x), scale_at(&figure->y, straight_at(fit, x, side)), side < 0 && i == 0);
    }
  }
  svg_path_end(figure, "none", 0, NULL, series_colour(g), "0.16");
  svg_line(figure, scale_at(&figure->x, fit->low), scale_at(&figure->y, straight_at(fit, fit->low, 0)), scale_at(&figure->x, fit->high), scale_at(&figure->y, straight_at(fit, fit->high, 0)),
           series_colour(g), 2, NULL);
}

static const char *straight_text(const Figure *figure, const Straight *fit, const char *group) {
  Text text = {.run = figure->run};
  int decimals = 3;
  for (double size = fit->slope_se * 1000; size > 0 && size < 9.95 && decimals < 8; size *= 10) decimals++;
  if (group) text_format(&text, "%s: ", group);
  text_add(&text, figure->chinese ? "斜率 " : "slope ");
  text_fixed(&text, fit->slope, decimals);
  text_add(&text, " (");
  text_fixed(&text, fit->slope_se, decimals);
  text_format(&text, "), N = %lld", (long long)fit->n);
  return run_failed(figure->run) ? "" : text.data;
}

/* Rule 2: the means of bins of equal count; x and y are replaced, what is over becomes NULL. */
static void bin_rows(Run *run, int64_t rows, double *x, double *y, int *of_row, int groups, int64_t bins) {
  int64_t *row = NEW_ARRAY(run, int64_t, rows), *order = NEW_ARRAY(run, int64_t, rows), out = 0;
  double *key = NEW_ARRAY(run, double, rows), *new_x = NEW_ARRAY(run, double, rows), *new_y = NEW_ARRAY(run, double, rows);
  int *new_group = NEW_ARRAY(run, int, rows);
  for (int g = 0; g < groups && !run_failed(run); g++) {
    int64_t n = 0;
    for (int64_t r = 0; r < rows; r++)
      if (of_row[r] == g && !isnan(x[r]) && !isnan(y[r])) row[n] = r, key[n++] = x[r];
    sort_order(run, n, key, order);
    if (run_failed(run)) return;
    for (int64_t i = 0, bin = 1; i < n && run_poll(run, 200); bin++) {
      int64_t end = (int64_t)((double)n * (double)bin / (double)bins + .5);
      if (bin > bins) end = n;
      if (end <= i) continue;
      while (end < n && key[order[end]] == key[order[end - 1]]) end++;
      double sum_x = 0, sum_y = 0;
      for (int64_t j = i; j < end; j++) sum_x += x[row[order[j]]], sum_y += y[row[order[j]]];
      new_x[out] = sum_x / (double)(end - i);
      new_y[out] = sum_y / (double)(end - i);
      new_group[out++] = g;
      i = end;
    }
  }
  for (int64_t r = 0; r < rows && !run_failed(run); r++) {
    of_row[r] = r < out ? new_group[r] : -1;
    x[r] = r < out ? new_x[r] : (double)NAN;
    y[r] = r < out ? new_y[r] : (double)NAN;
  }
}

static void draw_points(Figure *figure, int64_t rows, const double *x, const double *y, const Groups *groups, bool big) {
  int64_t across = (int64_t)(figure->width * 2) + 1, up = (int64_t)(figure->height * 2) + 1;
  unsigned char *taken = NEW_ARRAY(figure->run, unsigned char, across * up);
  const char *opacity = big ? "0.95" : rows > 2000 ? "0.35" : "0.65";
  if (!taken) return;
  text_format(figure->out, "<g fill-opacity=\"%s\">\n", opacity);
  for (int64_t r = 0; r < rows && run_poll(figure->run, 100); r++) {
    int g = groups->of_row[r];
    if (g < 0 || isnan(x[r]) || isnan(y[r])) continue;
    double a = scale_at(&figure->x, x[r]), b = scale_at(&figure->y, y[r]);
    if (!(a >= 0 && a <= figure->width && b >= 0 && b <= figure->height)) continue; /* outside of xmin ... ymax */
    unsigned char *here = &taken[(int64_t)(b * 2) * across + (int64_t)(a * 2)], bit = (unsigned char)(1 << (g % 8));
    if (*here & bit) continue;
    *here |= bit;
    if (big) svg_marker(figure, a, b, g, false, 4.2);
    else svg_dot(figure, a, b, g, 2.4);
  }
  text_add(figure->out, "</g>\n");
}

static void print_scatter(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  figure_begin(job, &figure, NULL, NULL);
  Groups groups = groups_of(job, 2);
  double *x = column_of(job, 0), *y = column_of(job, 1), bounds[4];
  bool fitted = print_option(job, "fit")->integer != 0;
  const OptionValue *bins = print_option(job, "bins");
  if (bins->given && (bins->integer < 2 || bins->integer > 1000)) run_fail(run, "bins=%.20s: from 2 to 1000", bins->text);
  Straight *straight = NEW_ARRAY(run, Straight, groups.count);
  bool *has_line = NEW_ARRAY(run, bool, groups.count);
  if (run_failed(run)) return;
  for (int g = 0; g < groups.count && fitted; g++) has_line[g] = straight_fit(job->rows, x, y, groups.of_row, g, &straight[g]);
  bool whole = all_whole(job->rows, x);
  if (bins->given) bin_rows(run, job->rows, x, y, groups.of_row, groups.count, bins->integer);
  if (run_failed(run)) return;
  ranges(job, x, y, bounds);
  for (int g = 0; g < groups.count; g++) {
    for (int corner = 0; corner < 4 && has_line[g]; corner++) { /* the line and its band */
      double at = corner < 2 ? straight[g].low : straight[g].high;
      range_add(&bounds[0], &bounds[1], at);
      range_add(&bounds[2], &bounds[3], straight_at(&straight[g], at, corner % 2 ? 1 : -1));
    }
  }
  scale_fit(&figure, &figure.x, bounds[0], bounds[1], "xmin", "xmax", whole);
  scale_fit(&figure, &figure.y, bounds[2], bounds[3], "ymin", "ymax", false);
  for (int g = 0; g < groups.count; g++) {
    if (groups.count > 1 && !has_line[g]) figure_legend(&figure, groups.name[g], g, 'p');
    if (has_line[g]) figure_legend(&figure, straight_text(&figure, &straight[g], groups.name ? groups.name[g] : NULL), g, 'b');
  }
  figure_frame(&figure, true, true);
  figure_plot(&figure);
  draw_points(&figure, job->rows, x, y, &groups, bins->given);
  for (int g = 0; g < groups.count && !run_failed(run); g++)
    if (has_line[g]) draw_straight(&figure, &straight[g], g);
  figure_end(&figure);
}

static const OptionSpec SCATTER_OPTIONS[] = {
  {"fit", OPTION_BOOLEAN, "0", NULL, "the least squares line, its band and slope"},
  {"bins", OPTION_INTEGER, NULL, NULL, "a binned scatter of so many bins of equal count"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const SCATTER_GROUPS[] = {SCATTER_OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_scatter = {
  .name = "plot_scatter",
  .arguments = "x:number, y:number, group:any?",
  .signature = "plot_scatter(x, y [, group] [, 'options'])",
  .summary = "SVG of points with fit=1 (line, band, slope) or bins=20 (binned scatter)",
  .options = SCATTER_GROUPS,
  .print = print_scatter,
  .example = "SELECT plot_scatter(ln(gdpPercap), lifeExp, 'fit=1, xlabel=Log GDP per head, ylabel=Life expectancy') FROM gapminder WHERE year = 2007"};
