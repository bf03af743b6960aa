/* plot_intervals.c: figures of estimates with intervals: plot_event, plot_coef, plot_balance.
 *
 * 1. plot_event(event_time, estimate, conf_low, conf_high[, group]): a point and its interval for each period, a line at zero, a dashed line half a step before
 *    period 0. A row whose bounds are both NULL, or equal to the estimate, is the reference period: a hollow point, at zero if the estimate is NULL too.
 *    ref=-1 draws one that the rows do not have. band=1: a band and a line in place of bars. Groups stand beside each other.
 * 2. plot_coef(label, estimate, low, high[, group]): one line a label, from top to bottom in the order of the rows, groups beneath each other.
 * 3. plot_balance(variable, before, after): hollow before, filled after, guides at +-mark= (10 where a value passes 2 in size: per cent; else 0.1).
 * Rows with a NULL position or label are left out; the scale holds all intervals, zero and hline= or vline=. */
#include "print.h"

typedef struct Point {
  double place, estimate, low, high;
  int group;
  bool reference;
} Point;

static void hold_lines(PrintJob *job, const char *option, double *low, double *high) {
  const OptionValue *lines = print_option(job, option);
  for (int i = 0; i < lines->numbers; i++) range_add(low, high, lines->list[i]);
}

static void legend_groups(Figure *figure, const Groups *groups, char kind) {
  for (int g = 0; g < groups->count && groups->count > 1; g++) figure_legend(figure, groups->name[g], g, kind);
}

/* ------------------------------------------------------------------------------------------------ plot_event */

static int compare_place(const Point *a, const Point *b) { return a->place < b->place ? -1 : a->place > b->place; }

/* Sorted by period within each group (insertion: periods are few and mostly in order). */
static void sort_points(Run *run, int64_t count, Point *point) {
  for (int64_t i = 1; i < count && run_poll(run, 20); i++) {
    Point moved = point[i];
    int64_t at = i;
    while (at > 0 && compare_place(&moved, &point[at - 1]) < 0) point[at] = point[at - 1], at--;
    point[at] = moved;
    if (!run_poll(run, (uint64_t)(i - at) * 5)) return;
  }
}

static void event_band(Figure *figure, const Point *point, int64_t count, int g) {
  bool first = true;
  svg_path_begin(figure);
  for (int side = 0; side < 2; side++) {
    for (int64_t i = 0; i < count; i++) {
      const Point *p = &point[side ? count - 1 - i : i];
      if (p->group != g || isnan(p->estimate)) continue;
      double bound = side ? p->low : p->high;
      svg_path_point(figure, scale_at(&figure->x, p->place), scale_at(&figure->y, isnan(bound) ? p->estimate : bound), first);
      first = false;
    }
  }
  svg_path_end(figure, "none", 0, NULL, series_colour(g), "0.18");
  first = true;
  svg_path_begin(figure);
  for (int64_t i = 0; i < count; i++) {
    if (point[i].group != g || isnan(point[i].estimate)) continue;
    svg_path_point(figure, scale_at(&figure->x, point[i].place), scale_at(&figure->y, point[i].estimate), first);
    first = false;
  }
  svg_path_end(figure, series_colour(g), 1.8, series_dash(g), NULL, NULL);
}

static void event_points(Figure *figure, const Point *point, int64_t count, int groups, double gap, bool band) {
  double unit = fabs(scale_at(&figure->x, 1) - scale_at(&figure->x, 0)) * gap, beside = groups > 1 ? fmin(10, unit * .6 / groups) : 0, cap = fmin(4, unit * .15);
  for (int64_t i = 0; i < count && run_poll(figure->run, 500); i++) {
    const Point *p = &point[i];
    if (isnan(p->estimate)) continue;
    double x = scale_at(&figure->x, p->place) + (band ? 0 : beside * (p->group - (groups - 1) / 2.0)), y = scale_at(&figure->y, p->estimate);
    if (!band && !p->reference && !isnan(p->low) && !isnan(p->high)) {
      double low = scale_at(&figure->y, p->low), high = scale_at(&figure->y, p->high);
      svg_line(figure, x, low, x, high, series_colour(p->group), 1.5, NULL);
      svg_line(figure, x - cap, low, x + cap, low, series_colour(p->group), 1.5, NULL);
      svg_line(figure, x - cap, high, x + cap, high, series_colour(p->group), 1.5, NULL);
    }
    svg_marker(figure, x, y, p->group, p->reference, p->reference ? 4.5 : 4);
  }
}

static void print_event(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  figure_begin(job, &figure, "Event time", "Estimate and interval");
  Groups groups = groups_of(job, 4);
  const double *time = column_of(job, 0), *estimate = column_of(job, 1), *low = column_of(job, 2), *high = column_of(job, 3);
  double reference = print_option(job, "ref")->number;
  bool band = print_option(job, "band")->integer != 0;
  Point *point = NEW_ARRAY(run, Point, job->rows + groups.count);
  if (run_failed(run)) return;
  int64_t count = 0;
  double x0 = INFINITY, x1 = -INFINITY, y0 = 0, y1 = 0, gap = INFINITY;
  bool whole = true, any_reference = false;
  for (int64_t r = 0; r < job->rows; r++) {
    if (isnan(time[r]) || groups.of_row[r] < 0) continue;
    bool hollow = (isnan(low[r]) && isnan(high[r])) || (low[r] == estimate[r] && high[r] == estimate[r]);
    point[count++] = (Point){time[r], hollow && isnan(estimate[r]) ? 0 : estimate[r], low[r], high[r], groups.of_row[r], hollow};
  }
  for (int g = 0; g < groups.count && !isnan(reference); g++) {
    bool there = false;
    for (int64_t i = 0; i < count; i++) there |= point[i].group == g && point[i].place == reference;
    if (!there) point[count++] = (Point){reference, 0, NAN, NAN, g, true};
  }
  sort_points(run, count, point);
  for (int64_t i = 0; i < count; i++) {
    range_add(&x0, &x1, point[i].place);
    range_add(&y0, &y1, point[i].estimate);
    range_add(&y0, &y1, point[i].low);
    range_add(&y0, &y1, point[i].high);
    whole &= point[i].place == floor(point[i].place);
    any_reference |= point[i].reference;
    if (i && point[i].place > point[i - 1].place) gap = fmin(gap, point[i].place - point[i - 1].place);
  }
  if (!isfinite(gap)) gap = 1;
  hold_lines(job, "hline", &y0, &y1);
  if (count) range_add(&x0, &x1, x0 - gap * .3), range_add(&x0, &x1, x1 + gap * .3);
  scale_fit(&figure, &figure.x, x0, x1, "xmin", "xmax", whole);
  scale_fit(&figure, &figure.y, y0, y1, "ymin", "ymax", false);
  legend_groups(&figure, &groups, 'p');
  if (any_reference) figure_legend(&figure, print_word(figure.chinese, "Reference period"), 0, 'h');
  figure_frame(&figure, true, true);
  figure_plot(&figure);
  if (run_failed(run)) return;
  svg_line(&figure, figure.left, scale_at(&figure.y, 0), figure.width - figure.right, scale_at(&figure.y, 0), INK, 1, NULL);
  double start = scale_at(&figure.x, -gap / 2);
  if (x0 < -gap / 2 && x1 > -gap / 2) svg_line(&figure, start, figure.top, start, figure.height - figure.bottom, PALE, 1, "4 3");
  for (int g = 0; band && g < groups.count; g++) event_band(&figure, point, count, g);
  event_points(&figure, point, count, groups.count, gap, band);
  figure_end(&figure);
}

static const OptionSpec EVENT_OPTIONS[] = {
  {"ref", OPTION_NUMBER, NULL, NULL, "the reference period, where the rows do not have it"},
  {"band", OPTION_BOOLEAN, "0", NULL, "a band and a line in place of bars"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const EVENT_GROUPS[] = {EVENT_OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_event = {
  .name = "plot_event",
  .arguments = "event_time:number, estimate:number, conf_low:number, conf_high:number, group:any?",
  .signature = "plot_event(event_time, estimate, conf_low, conf_high [, group] [, 'options'])",
  .summary = "SVG of an event study: estimates with intervals by period, the reference period hollow",
  .options = EVENT_GROUPS,
  .print = print_event,
  .example = "SELECT plot_event(event_time, estimate, conf_low, conf_high, 'ref=-1, title=Homicide and castle laws') "
             "FROM did_att('castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3') WHERE effect = 'event'"};

/* ------------------------------------------------------------------------------------------------ plot_coef, plot_balance */

typedef struct Lines {
  int count;
  const char **label;
  int *of_row; /* -1 where NULL */
} Lines;

static Lines lines_of(PrintJob *job) {
  enum { MOST = 500 };
  Run *run = job->run;
  Lines lines = {0, NEW_ARRAY(run, const char *, MOST), NEW_ARRAY(run, int, job->rows)};
  for (int64_t r = 0; r < job->rows && run_poll(run, (uint64_t)lines.count * 10); r++) {
    const Cell *cell = &job->cell[r * job->columns];
    const char *label = print_cell(run, cell);
    int at = 0;
    if (run_failed(run)) return lines;
    lines.of_row[r] = -1;
    if (cell->type == CELL_NULL) continue;
    while (at < lines.count && strcmp(lines.label[at], label) != 0) at++;
    if (at == MOST) run_fail(run, "more than %d labels: a figure of so many cannot be read", MOST);
    else if (at == lines.count) lines.label[lines.count++] = label;
    lines.of_row[r] = at;
  }
  return lines;
}

/* A frame with the labels as its vertical axis. The height grows with the lines unless it is given. */
static void labelled_frame(Figure *figure, const Lines *lines, double each) {
  double widest = 0;
  if (run_failed(figure->run)) return;
  for (int i = 0; i < lines->count; i++) widest = fmax(widest, svg_text_width(lines->label[i], 12.5));
  figure->left = fmin(widest + 22, figure->width * .5) + (figure->ylabel ? 22 : 0);
  if (!print_option(figure->job, "height")->given) figure->height = fmax(170, 110 + lines->count * each);
  figure->y.low = lines->count - .4;
  figure->y.high = -.6;
  figure->y.step = 1;
  figure_frame(figure, true, false);
  for (int i = 0; i < lines->count; i++) {
    double y = scale_at(&figure->y, i);
    svg_line(figure, figure->left, y, figure->width - figure->right, y, GRID, 1, NULL);
    svg_text(figure, figure->left - 10, y + 4, lines->label[i], "end", 12.5, INK, NULL);
  }
  svg_line(figure, figure->left, figure->top, figure->left, figure->height - figure->bottom, INK, 1, NULL);
  figure_plot(figure);
}

static void print_coef(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  figure_begin(job, &figure, "Estimate and interval", NULL);
  Lines lines = lines_of(job);
  Groups groups = groups_of(job, 4);
  const double *estimate = column_of(job, 1), *low = column_of(job, 2), *high = column_of(job, 3);
  if (run_failed(run)) return;
  double x0 = INFINITY, x1 = -INFINITY;
  for (int64_t r = 0; r < job->rows; r++) {
    if (lines.of_row[r] < 0 || groups.of_row[r] < 0) continue;
    range_add(&x0, &x1, estimate[r]);
    range_add(&x0, &x1, low[r]);
    range_add(&x0, &x1, high[r]);
  }
  bool zero = print_option(job, "zero")->integer != 0;
  if (zero) range_add(&x0, &x1, 0);
  hold_lines(job, "vline", &x0, &x1);
  scale_fit(&figure, &figure.x, x0, x1, "xmin", "xmax", false);
  legend_groups(&figure, &groups, 'p');
  labelled_frame(&figure, &lines, 18 + 12 * groups.count);
  if (run_failed(run)) return;
  double at_zero = scale_at(&figure.x, 0), beneath = fabs(scale_at(&figure.y, 1) - scale_at(&figure.y, 0)) * .7 / groups.count;
  if (zero) svg_line(&figure, at_zero, figure.top, at_zero, figure.height - figure.bottom, PALE, 1, "4 3");
  for (int64_t r = 0; r < job->rows && run_poll(run, 500); r++) {
    int g = groups.of_row[r];
    if (lines.of_row[r] < 0 || g < 0 || isnan(estimate[r])) continue;
    double y = scale_at(&figure.y, lines.of_row[r]) + (groups.count > 1 ? beneath * (g - (groups.count - 1) / 2.0) : 0);
    bool bounds = !isnan(low[r]) && !isnan(high[r]);
    if (bounds) {
      double a = scale_at(&figure.x, low[r]), b = scale_at(&figure.x, high[r]);
      svg_line(&figure, a, y, b, y, series_colour(g), 1.6, NULL);
      svg_line(&figure, a, y - 3.5, a, y + 3.5, series_colour(g), 1.6, NULL);
      svg_line(&figure, b, y - 3.5, b, y + 3.5, series_colour(g), 1.6, NULL);
    }
    svg_marker(&figure, scale_at(&figure.x, estimate[r]), y, g, !bounds, 4);
  }
  figure_end(&figure);
}

static const OptionSpec COEF_OPTIONS[] = {{"zero", OPTION_BOOLEAN, "1", NULL, "the line at zero, which the axis holds then"}, {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const COEF_GROUPS[] = {COEF_OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_coef = {
  .name = "plot_coef",
  .arguments = "label:any, estimate:number, conf_low:number, conf_high:number, group:any?",
  .signature = "plot_coef(label, estimate, conf_low, conf_high [, group] [, 'options'])",
  .summary = "SVG of coefficients with intervals, one line a label, groups (models) beneath each other",
  .options = COEF_GROUPS,
  .print = print_coef,
  .example = "SELECT plot_coef(term, estimate, conf_low, conf_high) FROM fe_ols('grunfeld', 'invest ~ value + capital | firm + year')"};

static void print_balance(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  figure_begin(job, &figure, NULL, NULL);
  Lines lines = lines_of(job);
  const double *before = column_of(job, 1), *after = column_of(job, 2);
  double mark = print_option(job, "mark")->number, x0 = 0, x1 = 0;
  if (run_failed(run)) return;
  for (int64_t r = 0; r < job->rows; r++) {
    if (lines.of_row[r] < 0) continue;
    range_add(&x0, &x1, before[r]);
    range_add(&x0, &x1, after[r]);
  }
  bool percent = fmax(-x0, x1) > 2;
  if (isnan(mark)) mark = percent ? 10 : .1;
  if (!print_option(job, "xlabel")->given) figure.xlabel = print_word(figure.chinese, percent ? "Standardised difference (%)" : "Standardised difference");
  range_add(&x0, &x1, mark);
  range_add(&x0, &x1, -mark);
  scale_fit(&figure, &figure.x, x0, x1, "xmin", "xmax", false);
  figure_legend(&figure, print_word(figure.chinese, "Before"), 1, 'h');
  figure_legend(&figure, print_word(figure.chinese, "After"), 0, 'p');
  labelled_frame(&figure, &lines, 26);
  if (run_failed(run)) return;
  for (int side = -1; side <= 1; side++) {
    double x = scale_at(&figure.x, side * mark);
    svg_line(&figure, x, figure.top, x, figure.height - figure.bottom, side ? PALE : INK, 1, side ? "4 3" : NULL);
  }
  for (int64_t r = 0; r < job->rows && run_poll(run, 500); r++) {
    if (lines.of_row[r] < 0) continue;
    double y = scale_at(&figure.y, lines.of_row[r]), a = scale_at(&figure.x, before[r]), b = scale_at(&figure.x, after[r]);
    if (!isnan(a) && !isnan(b)) svg_line(&figure, a, y, b, y, "#aaaaaa", 1.2, NULL);
    if (!isnan(a)) svg_marker(&figure, a, y, 1, true, 4);
    if (!isnan(b)) svg_marker(&figure, b, y, 0, false, 4);
  }
  figure_end(&figure);
}

static const OptionSpec BALANCE_OPTIONS[] = {{"mark", OPTION_NUMBER, NULL, NULL, "the guides at plus and minus this"}, {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const BALANCE_GROUPS[] = {BALANCE_OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_balance = {
  .name = "plot_balance",
  .arguments = "variable:any, before:number, after:number",
  .signature = "plot_balance(variable, before, after [, 'options'])",
  .summary = "SVG of the balance of covariates before and after matching or weighting",
  .options = BALANCE_GROUPS,
  .print = print_balance,
  .example = "SELECT plot_balance(variable, before, after) FROM (SELECT 'age' AS variable, 45.1 AS before, 3.2 AS after UNION ALL SELECT 'educ', -61.0, -7.5)"};
