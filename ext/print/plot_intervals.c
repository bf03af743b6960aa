/* plot_intervals.c: figures of estimates with intervals: plot_event, plot_coef.
 *
 * 1. plot_event(event_time, estimate, conf_low, conf_high[, group]): a point and its interval for each period, a line at zero (zero=0: none), a dashed line half a step
 *    before period 0 (start=: elsewhere), where the periods lie on both sides of it. Groups stand beside each other.
 * 2. The reference period is a hollow point: ref=; without it rows of estimate 0 without an interval, or of NULLs where the group has one such row and no other reference.
 *    ref= draws one that the rows do not have. band=1: a band and a line in place of bars; joined=1: a line through the points; shade=1: the periods from the start on are grey.
 * 3. plot_coef(label, estimate, low, high[, group]): one line a label, from top to bottom in the order of the rows (sort=: of the first group's estimates), groups beneath each
 *    other. vertical=1: labels at the bottom. A row without interval is a hollow point.
 * 4. Of an interval with one bound that side is drawn; an infinite bound reaches the edge of the plot. On a logarithmic axis the line at zero stands at 1.
 * 5. inner_low and inner_high, of an interval of a lower level: a thick line on the bar. The group may be NULL.
 * 6. Rows with a NULL position or label are left out; the scale holds all intervals, zero (unless zero=0) and hline= or vline=. */
#include "print.h"

typedef struct Point {
  double place, estimate, low, high;
  int group;
  bool reference;
  double inner[2]; /* of an interval of a lower level, drawn thick */
} Point;

static void hold_lines(PrintJob *job, const char *option, double *low, double *high) {
  const OptionValue *lines = print_option(job, option);
  for (int i = 0; i < lines->numbers; i++) range_add(low, high, lines->list[i]);
}

static void legend_groups(Figure *figure, const Groups *groups, char kind) {
  for (int g = 0; g < groups->count && groups->count > 1; g++) figure_legend(figure, groups->name[g], g, kind);
}

static bool no_interval(const Point *p) { return isnan(p->low) && isnan(p->high); }

/* (4): at `along` on the other axis. Ends that are bounds have caps. */
static void draw_interval(Figure *figure, bool upright, double along, const Point *p, double cap) {
  const Scale *scale = upright ? &figure->y : &figure->x;
  const char *colour = series_colour(figure, p->group);
  double end[2] = {isnan(p->low) ? p->estimate : p->low, isnan(p->high) ? p->estimate : p->high}, at[2];
  if (no_interval(p)) return;
  for (int i = 0; i < 2; i++) at[i] = isinf(end[i]) ? (end[i] > 0 ? scale->to : scale->from) : scale_at(scale, end[i]);
  if (upright) svg_line(figure, along, at[0], along, at[1], colour, 1.6, NULL);
  else svg_line(figure, at[0], along, at[1], along, colour, 1.6, NULL);
  if (isfinite(p->inner[0]) && isfinite(p->inner[1])) {
    double from = scale_at(scale, p->inner[0]), to = scale_at(scale, p->inner[1]);
    if (upright) svg_line(figure, along, from, along, to, colour, 3.6, NULL);
    else svg_line(figure, from, along, to, along, colour, 3.6, NULL);
  }
  for (int i = 0; i < 2; i++) {
    if (!isfinite(i ? p->high : p->low) || cap < .5) continue;
    if (upright) svg_line(figure, along - cap, at[i], along + cap, at[i], colour, 1.6, NULL);
    else svg_line(figure, at[i], along - cap, at[i], along + cap, colour, 1.6, NULL);
  }
}

/* ------------------------------------------------------------------------------------------------ plot_event */

/* By period; equal ones as they come. */
static void sort_points(Run *run, int64_t count, Point *point) {
  double *place = NEW_ARRAY(run, double, count);
  int64_t *order = NEW_ARRAY(run, int64_t, count);
  Point *copy = NEW_ARRAY(run, Point, count);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < count; i++) place[i] = point[i].place, copy[i] = point[i];
  sort_order(run, count, place, order);
  for (int64_t i = 0; i < count && !run_failed(run); i++) point[i] = copy[order[i]];
}

/* (2) */
static int64_t mark_references(PrintJob *job, int64_t count, Point *point, int groups) {
  const OptionValue *ref = print_option(job, "ref");
  for (int g = 0; g < groups; g++) {
    int64_t known = 0, empty = 0;
    for (int64_t i = 0; i < count; i++) {
      Point *p = &point[i];
      if (p->group != g) continue;
      p->reference = ref->given ? p->place == ref->number : p->estimate == 0 && (no_interval(p) || (p->low == 0 && p->high == 0));
      known += p->reference;
      empty += no_interval(p) && isnan(p->estimate);
    }
    for (int64_t i = 0; i < count; i++) {
      Point *p = &point[i];
      if (p->group != g || !no_interval(p) || !isnan(p->estimate)) continue;
      if (!ref->given && !known && empty == 1) p->reference = true;
      if (p->reference) p->estimate = 0;
    }
    if (ref->given && !known) point[count++] = (Point){ref->number, 0, NAN, NAN, g, true, {NAN, NAN}};
  }
  return count;
}

static void event_line(Figure *figure, const Point *point, int64_t count, int g) {
  bool first = true;
  svg_path_begin(figure);
  for (int64_t i = 0; i < count; i++) {
    if (point[i].group != g || isnan(point[i].estimate)) continue;
    svg_path_point(figure, scale_at(&figure->x, point[i].place), scale_at(&figure->y, point[i].estimate), first);
    first = false;
  }
  if (first) svg_path_point(figure, figure->left, figure->top, true); /* an empty path is no path */
  svg_path_end(figure, series_colour(figure, g), 1.8, series_dash(g), NULL, NULL);
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
  if (first) svg_path_point(figure, figure->left, figure->top, true);
  svg_path_end(figure, "none", 0, NULL, series_colour(figure, g), "0.18");
}

static void event_points(Figure *figure, const Point *point, int64_t count, int groups, double gap, bool band, bool joined) {
  bool linear = figure->x.kind != SCALE_LOG;
  double unit = linear ? fabs(scale_at(&figure->x, figure->x.low + gap) - scale_at(&figure->x, figure->x.low)) : 40, aside = band || joined ? 0 : groups > 1 ? fmin(10, unit * .6 / groups) : 0;
  double each = groups > 1 ? (band || joined ? unit : unit / groups) : unit, cap = fmin(4, each * .2), radius = fmax(2, fmin(4, each * .36));
  for (int64_t i = 0; i < count && run_poll(figure->run, 500); i++) {
    const Point *p = &point[i];
    if (isnan(p->estimate)) continue;
    double x = scale_at(&figure->x, p->place) + aside * (p->group - (groups - 1) / 2.0);
    if (!band && !p->reference) draw_interval(figure, true, x, p, cap);
    svg_marker(figure, x, scale_at(&figure->y, p->estimate), p->group, p->reference, p->reference ? fmax(radius, 2.5) + .5 : radius);
  }
}

static void print_event(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  if (figure_panels(job, 4)) return;
  figure_begin(job, &figure, "Event study", "Event time", "Estimate and interval");
  Groups groups = groups_of(job, 4);
  const double *time = axis_of(job, 0, 'x'), *estimate = axis_of(job, 1, 'y'), *low = bounds_of(job, 2, 'y'), *high = bounds_of(job, 3, 'y'), *inner_low = axis_of(job, 5, 'y'), *inner_high = axis_of(job, 6, 'y');
  bool band = print_option(job, "band")->integer != 0, joined = print_option(job, "joined")->integer != 0, zero = print_option(job, "zero")->integer != 0;
  Point *point = NEW_ARRAY(run, Point, job->rows + groups.count);
  if (run_failed(run)) return;
  int64_t count = 0;
  double x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY, gap = INFINITY, start = print_option(job, "start")->number;
  bool whole = true, any_reference = false;
  for (int64_t r = 0; r < job->rows; r++)
    if (!isnan(time[r]) && groups.of_row[r] >= 0) point[count++] = (Point){time[r], estimate[r], low[r], high[r], groups.of_row[r], false, {inner_low[r], inner_high[r]}};
  count = mark_references(job, count, point, groups.count);
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
  if (job->panel) gap = job->panel->gap = fmin(gap, job->panel->gap);
  if (!isfinite(gap)) gap = 1;
  double base = print_option(job, "ylog")->integer ? 1 : 0;
  if (zero) range_add(&y0, &y1, base);
  hold_lines(job, "hline", &y0, &y1);
  hold_lines(job, "vline", &x0, &x1);
  if (isnan(start) && x0 < -gap / 2 && x1 > -gap / 2) start = -gap / 2;
  if (count && !print_option(job, "xlog")->integer) range_add(&x0, &x1, x0 - gap * .3), range_add(&x0, &x1, x1 + gap * .3);
  scale_fit(&figure, &figure.x, x0, x1, whole ? SCALE_WHOLE : SCALE_NUMBER);
  scale_fit(&figure, &figure.y, y0, y1, SCALE_NUMBER);
  legend_groups(&figure, &groups, 'p');
  if (any_reference) figure_legend(&figure, print_word(figure.chinese, "Reference period"), 0, 'h');
  figure_frame(&figure);
  figure_plot(&figure);
  if (run_failed(run)) return;
  double bottom = figure.height - figure.bottom, right = figure.width - figure.right;
  if (!isnan(start) && print_option(job, "shade")->integer) {
    double from = fmax(figure.left, scale_at(&figure.x, start));
    if (from < right) svg_box(&figure, from, figure.top, right - from, bottom - figure.top, "#888888", "0.13");
  }
  if (zero) svg_line(&figure, figure.left, scale_at(&figure.y, base), right, scale_at(&figure.y, base), INK, 1, NULL);
  if (!isnan(start)) svg_line(&figure, scale_at(&figure.x, start), figure.top, scale_at(&figure.x, start), bottom, PALE, 1, "4 3");
  for (int g = 0; band && g < groups.count; g++) event_band(&figure, point, count, g);
  for (int g = 0; (band || joined) && g < groups.count; g++) event_line(&figure, point, count, g);
  event_points(&figure, point, count, groups.count, gap, band, joined);
  figure_end(&figure);
}

static const OptionSpec EVENT_OPTIONS[] = {
  {"ref", OPTION_NUMBER, NULL, NULL, "the reference period, drawn where the rows do not have it; without it rows of estimate 0 without an interval"},
  {"band", OPTION_BOOLEAN, "0", NULL, "a band and a line in place of bars"},
  {"joined", OPTION_BOOLEAN, "0", NULL, "a line through the points"},
  {"start", OPTION_NUMBER, NULL, NULL, "where treatment starts: a dashed line; without it half a step before 0"},
  {"shade", OPTION_BOOLEAN, "0", NULL, "grey behind the periods from the start on"},
  {"zero", OPTION_BOOLEAN, "1", NULL, "the line at zero, which the axis holds then"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const EVENT_GROUPS[] = {EVENT_OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_event = {
  .name = "plot_event",
  .arguments = "event_time:number, estimate:number, conf_low:number, conf_high:number, group:any?, inner_low:number?, inner_high:number?",
  .signature = "plot_event(event_time, estimate, conf_low, conf_high [, group [, inner_low, inner_high]] [, 'options'])",
  .summary = "SVG of an event study: estimates with intervals by period, the reference period hollow",
  .options = EVENT_GROUPS,
  .print = print_event,
  .example = "SELECT plot_event(event_time, estimate, conf_low, conf_high, 'title=Homicide and castle laws') "
             "FROM did_att('castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3') WHERE effect = 'event'"};

/* ------------------------------------------------------------------------------------------------ plot_coef */

typedef struct Labels {
  int count;
  const char **label;
  int *of_row; /* -1 where NULL */
} Labels;

static Labels labels_of(PrintJob *job) {
  enum { MOST = 500 };
  Run *run = job->run;
  Labels labels = {0, NEW_ARRAY(run, const char *, MOST), NEW_ARRAY(run, int, job->rows)};
  for (int64_t r = 0; r < job->rows && run_poll(run, (uint64_t)labels.count * 10); r++) {
    const Cell *cell = &job->cell[r * job->columns];
    const char *label = print_cell(run, cell);
    int at = 0;
    if (run_failed(run)) return labels;
    labels.of_row[r] = -1;
    if (cell->type == CELL_NULL) continue;
    while (at < labels.count && strcmp(labels.label[at], label) != 0) at++;
    if (at == MOST) run_fail(run, "more than %d labels: a figure of so many cannot be read", MOST);
    else if (at == labels.count) labels.label[labels.count++] = label;
    labels.of_row[r] = at;
  }
  return labels;
}

/* Puts the labels in ascending order of key (the first one that each has); those without one come last. */
static void sort_labels(PrintJob *job, Labels *labels, const double *key_of_row, const int *group_of_row, bool descending) {
  Run *run = job->run;
  double *key = NEW_ARRAY(run, double, labels->count);
  int64_t *order = NEW_ARRAY(run, int64_t, labels->count);
  int *place = NEW_ARRAY(run, int, labels->count);
  const char **label = NEW_ARRAY(run, const char *, labels->count);
  if (run_failed(run)) return;
  for (int i = 0; i < labels->count; i++) key[i] = INFINITY;
  for (int pass = 0; pass < 2; pass++) /* the first group's number, else any */
    for (int64_t r = 0; r < job->rows; r++) {
      int i = labels->of_row[r];
      if (i >= 0 && isinf(key[i]) && !isnan(key_of_row[r]) && (pass || !group_of_row || group_of_row[r] == 0)) key[i] = descending ? -key_of_row[r] : key_of_row[r];
    }
  sort_order(run, labels->count, key, order);
  if (run_failed(run)) return;
  for (int i = 0; i < labels->count; i++) place[order[i]] = i, label[i] = labels->label[order[i]];
  for (int64_t r = 0; r < job->rows; r++)
    if (labels->of_row[r] >= 0) labels->of_row[r] = place[labels->of_row[r]];
  labels->label = label;
}

static int lines_of_label(Run *run, const Labels *labels, double width) {
  int most = 1;
  for (int i = 0; i < labels->count && !run_failed(run); i++) {
    int count = text_wrap(run, labels->label[i], 12, width, 3).count;
    most = count > most ? count : most;
  }
  return most;
}

static void print_coef(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  if (figure_panels(job, 4)) return;
  bool upright = print_option(job, "vertical")->integer != 0;
  figure_begin(job, &figure, "Coefficients", upright ? NULL : "Estimate and interval", upright ? "Estimate and interval" : NULL);
  Labels labels = labels_of(job);
  Groups groups = groups_of(job, 4);
  char axis = upright ? 'y' : 'x';
  const double *estimate = axis_of(job, 1, axis), *low = bounds_of(job, 2, axis), *high = bounds_of(job, 3, axis), *inner_low = axis_of(job, 5, axis), *inner_high = axis_of(job, 6, axis);
  const char *sort = print_option(job, "sort")->text;
  if (run_failed(run)) return;
  if (strcmp(sort, "none") != 0) sort_labels(job, &labels, estimate, groups.count > 1 ? groups.of_row : NULL, strcmp(sort, "descending") == 0);
  double least = INFINITY, most = -INFINITY;
  for (int64_t r = 0; r < job->rows && !run_failed(run); r++) {
    if (labels.of_row[r] < 0 || groups.of_row[r] < 0) continue;
    range_add(&least, &most, estimate[r]);
    range_add(&least, &most, low[r]);
    range_add(&least, &most, high[r]);
  }
  bool zero = print_option(job, "zero")->integer != 0;
  double base = print_option(job, upright ? "ylog" : "xlog")->integer ? 1 : 0;
  if (zero) range_add(&least, &most, base);
  hold_lines(job, upright ? "hline" : "vline", &least, &most);
  Scale *value = upright ? &figure.y : &figure.x, *place = upright ? &figure.x : &figure.y;
  scale_fit(&figure, value, least, most, SCALE_NUMBER);
  scale_labels(&figure, place, labels.count, labels.label, upright ? 0 : fmax(18 + 11 * groups.count, 10 + 13 * lines_of_label(run, &labels, figure_label_room(&figure))));
  legend_groups(&figure, &groups, 'p');
  figure_frame(&figure);
  figure_plot(&figure);
  if (run_failed(run)) return;
  double at_zero = scale_at(value, base), each = fabs(scale_at(place, 1) - scale_at(place, 0)), aside = fmin(each * .72 / groups.count, 16), cap = fmin(3.5, aside * .35);
  if (zero && upright) svg_line(&figure, figure.left, at_zero, figure.width - figure.right, at_zero, PALE, 1, "4 3");
  if (zero && !upright) svg_line(&figure, at_zero, figure.top, at_zero, figure.height - figure.bottom, PALE, 1, "4 3");
  for (int64_t r = 0; r < job->rows && run_poll(run, 500); r++) {
    int g = groups.of_row[r];
    if (labels.of_row[r] < 0 || g < 0 || isnan(estimate[r])) continue;
    Point p = {labels.of_row[r], estimate[r], low[r], high[r], g, false, {inner_low[r], inner_high[r]}};
    double along = scale_at(place, p.place) + (groups.count > 1 ? aside * (g - (groups.count - 1) / 2.0) : 0), at = scale_at(value, p.estimate);
    draw_interval(&figure, upright, along, &p, cap);
    svg_marker(&figure, upright ? along : at, upright ? at : along, g, no_interval(&p), fmax(2, fmin(4, aside * .4)));
  }
  figure_end(&figure);
}

static const OptionSpec COEF_OPTIONS[] = {
  {"sort", OPTION_CHOICE, "none", "none|estimate|descending", "the order of the labels: that of the rows, or by the first group's estimates"},
  {"vertical", OPTION_BOOLEAN, "0", NULL, "labels at the bottom, intervals upright"},
  {"zero", OPTION_BOOLEAN, "1", NULL, "the line at zero, which the axis holds then (at 1 where it is logarithmic)"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const COEF_GROUPS[] = {COEF_OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_coef = {
  .name = "plot_coef",
  .arguments = "label:any, estimate:number, conf_low:number, conf_high:number, group:any?, inner_low:number?, inner_high:number?",
  .signature = "plot_coef(label, estimate, conf_low, conf_high [, group [, inner_low, inner_high]] [, 'options'])",
  .summary = "SVG of coefficients with intervals, one line a label, groups (models) beneath each other",
  .options = COEF_GROUPS,
  .print = print_coef,
  .example = "SELECT plot_coef(term, estimate, conf_low, conf_high, vcov, 'title=One model under three kinds of errors') "
             "FROM fe_ols('grunfeld', 'invest ~ value + capital | firm + year') WHERE vcov IN ('iid', 'hc1', 'cluster(firm)')"};

/* ------------------------------------------------------------------------------------------------ plot_balance
 * plot_balance(variable, before, after): hollow before, filled after, guides at +-mark= (10 where a value passes 2 in size: per cent; else 0.1). abs=1: sizes. On a logarithmic
 * axis the numbers are ratios: guides at mark and 1/mark about 1. */

static void print_balance(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  if (figure_panels(job, -1)) return;
  figure_begin(job, &figure, "Balance", NULL, NULL);
  Labels labels = labels_of(job);
  double *before = axis_of(job, 1, 'x'), *after = axis_of(job, 2, 'x');
  const char *sort = print_option(job, "sort")->text;
  bool sizes = print_option(job, "abs")->integer != 0;
  double mark = print_option(job, "mark")->number, x0 = INFINITY, x1 = -INFINITY, largest = 0, *key = NEW_ARRAY(run, double, job->rows);
  if (run_failed(run)) return;
  for (int64_t r = 0; r < job->rows; r++) {
    if (sizes) before[r] = fabs(before[r]), after[r] = fabs(after[r]);
    key[r] = -fabs(isnan(before[r]) ? after[r] : before[r]);
    if (labels.of_row[r] < 0) continue;
    range_add(&x0, &x1, before[r]);
    range_add(&x0, &x1, after[r]);
    largest = fmax(largest, fmax(fabs(before[r]), fabs(after[r])));
  }
  if (strcmp(sort, "none") != 0) sort_labels(job, &labels, strcmp(sort, "size") == 0 ? key : before, NULL, false);
  bool percent = largest > 2, logarithmic = print_option(job, "xlog")->integer != 0;
  if (isnan(mark)) mark = percent ? 10 : .1;
  if (!print_option(job, "xlabel")->given)
    figure.xlabel = print_word(figure.chinese, sizes ? (percent ? "Absolute standardised difference (%)" : "Absolute standardised difference")
                                                     : (percent ? "Standardised difference (%)" : "Standardised difference"));
  double guide[3] = {logarithmic ? 1 / mark : -mark, logarithmic ? 1 : 0, mark}; /* of ratios: about 1 */
  for (int i = sizes ? 1 : 0; i < 3; i++) range_add(&x0, &x1, guide[i]);
  scale_fit(&figure, &figure.x, x0, x1, SCALE_NUMBER);
  figure_legend(&figure, print_word(figure.chinese, "Before"), 1, 'h');
  figure_legend(&figure, print_word(figure.chinese, "After"), 0, 'p');
  scale_labels(&figure, &figure.y, labels.count, labels.label, fmax(26, 10 + 13 * lines_of_label(run, &labels, figure_label_room(&figure))));
  figure_frame(&figure);
  figure_plot(&figure);
  if (run_failed(run)) return;
  for (int i = sizes ? 1 : 0; i < 3; i++)
    svg_line(&figure, scale_at(&figure.x, guide[i]), figure.top, scale_at(&figure.x, guide[i]), figure.height - figure.bottom, i == 1 ? INK : PALE, 1, i == 1 ? NULL : "4 3");
  for (int64_t r = 0; r < job->rows && run_poll(run, 500); r++) {
    if (labels.of_row[r] < 0) continue;
    double y = scale_at(&figure.y, labels.of_row[r]);
    if (!isnan(before[r]) && !isnan(after[r])) svg_line(&figure, scale_at(&figure.x, before[r]), y, scale_at(&figure.x, after[r]), y, "#aaaaaa", 1.2, NULL);
    bool same = fabs(scale_at(&figure.x, before[r]) - scale_at(&figure.x, after[r])) < 4; /* then the point is seen within the square */
    if (!isnan(before[r])) svg_marker(&figure, scale_at(&figure.x, before[r]), y, 1, true, same ? 5.5 : 4);
    if (!isnan(after[r])) svg_marker(&figure, scale_at(&figure.x, after[r]), y, 0, false, same ? 2.6 : 3.8);
  }
  figure_end(&figure);
}

static const OptionSpec BALANCE_OPTIONS[] = {
  {"mark", OPTION_NUMBER, NULL, NULL, "the guides at plus and minus this; without it 10 for numbers in per cent, else 0.1"},
  {"abs", OPTION_BOOLEAN, "0", NULL, "sizes, without their signs"},
  {"sort", OPTION_CHOICE, "none", "none|before|size", "the order of the variables: that of the rows, by the number before, or the largest first"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const BALANCE_GROUPS[] = {BALANCE_OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_balance = {
  .name = "plot_balance",
  .arguments = "variable:any, before:number, after:number",
  .signature = "plot_balance(variable, before, after [, 'options'])",
  .summary = "SVG of the balance of covariates before and after matching or weighting",
  .options = BALANCE_GROUPS,
  .print = print_balance,
  .example = "SELECT plot_balance(variable, before, after, 'abs=1, sort=size, title=Trainees and matched controls') FROM "
             "(SELECT variable, max(bias_pct) FILTER (WHERE sample = 'before') AS before, max(bias_pct) FILTER (WHERE sample = 'after') AS after "
             "FROM psm_match('nsw', 'treat ~ age + educ + black + marr + nodegree + re74 + re75') GROUP BY variable)"};
