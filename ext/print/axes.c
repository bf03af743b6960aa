/* axes.c: the frame of a figure: scales with round ticks, title, legend, axes.
 *
 * 1. Ticks are multiples of 1, 2, 2.5 or 5 times a power of ten (of 1, 2, 5 on whole-number axes such as years, where up to 14 each have theirs), about one in 80 pixels across and one in 45
 *    upwards. The axis is the range of the data and 4% more at each end, unless xmin ... ymax say otherwise.
 * 2. Margins are as wide as the tick labels need; the legend stands above the plot, in as many lines as it takes.
 * 3. The plot is an inner <svg>, which cuts what lies outside of it. */
#include "print.h"

/* ------------------------------------------------------------------------------------------------ scales */

void range_add(double *low, double *high, double value) {
  if (isnan(value)) return;
  if (value < *low) *low = value;
  if (value > *high) *high = value;
}

static double round_step(double span, double count, bool whole) {
  double rough = span / (count < 2 ? 2 : count), power = pow(10, floor(log10(rough))), mantissa = rough / power;
  double step = (mantissa <= 1.0000001 ? 1 : mantissa <= 2 ? 2 : mantissa <= 2.5 && !whole ? 2.5 : mantissa <= 5 ? 5 : 10) * power;
  if (whole && span <= 14) return 1;
  return step;
}

void scale_fit(Figure *figure, Scale *scale, double low, double high, const char *least, const char *most, bool whole) {
  double from = print_option(figure->job, least)->number, to = print_option(figure->job, most)->number;
  bool x = scale == &figure->x;
  if (run_failed(figure->run)) return;
  if (!(low <= high)) low = 0, high = 1; /* no data at all */
  if (high - low <= 1e-12 * fmax(fabs(low), fabs(high)) || low == high) { /* one value, or what rounding made of it */
    double around = whole ? 1 : low == 0 ? 1 : fabs(low) * .1;
    low -= around;
    high += around;
  }
  double pad = (high - low) * .04;
  scale->low = isnan(from) ? low - pad : from;
  scale->high = isnan(to) ? high + pad : to;
  if (!(scale->high - scale->low > 1e-12 * fmax(fabs(scale->low), fabs(scale->high))) || !isfinite(scale->high - scale->low)) {
    run_fail(figure->run, "the %s axis would run from %s to %s: %s must be below %s", x ? "horizontal" : "vertical", print_fixed(figure->run, scale->low, 6), print_fixed(figure->run, scale->high, 6),
             least, most);
    scale->low = 0, scale->high = 1;
  }
  double pixels = x ? figure->width - 90 : figure->height - 110;
  scale->step = round_step(scale->high - scale->low, pixels / (x ? 80 : 45), whole);
  double power = floor(log10(scale->step) + 1e-9), mantissa = scale->step / pow(10, power);
  scale->decimals = power < 0 ? (int)-power : 0;
  if (fabs(mantissa - 2.5) < 1e-6 && power < 1) scale->decimals++;
}

double scale_at(const Scale *scale, double value) { return scale->from + (value - scale->low) / (scale->high - scale->low) * (scale->to - scale->from); }

const char *tick_text(Run *run, const Scale *scale, double value) {
  Text text = {.run = run};
  double size = fabs(value);
  text_add(&text, value < 0 && size >= scale->step / 2 ? "−" : "");
  if (size >= 1e7 || (scale->step < 1e-6 && size > scale->step / 2)) {
    int power = (int)floor(log10(size) + 1e-9);
    text_short(&text, size / pow(10, power), 3);
    text_format(&text, "e%d", power);
  } else {
    const char *digits = print_fixed(run, size, scale->decimals > 12 ? 12 : scale->decimals);
    size_t whole = strcspn(digits, ".");
    for (size_t i = 0; i < whole; i++) {
      if (i && whole > 4 && (whole - i) % 3 == 0) text_add(&text, ",");
      text_add_n(&text, digits + i, 1);
    }
    text_add(&text, digits + whole);
  }
  return run_failed(run) ? "" : text.data;
}

static double first_tick(const Scale *scale) { return ceil(scale->low / scale->step - 1e-9); }
static bool tick_inside(const Scale *scale, double tick) { return tick * scale->step <= scale->high + scale->step * 1e-9; }

/* ------------------------------------------------------------------------------------------------ the page */

static const char *named(PrintJob *job, const char *option, const char *fallback) {
  const char *text = print_text(job, option);
  if (!text) return fallback;
  return strcmp(text, "none") == 0 ? NULL : text;
}

void figure_begin(PrintJob *job, Figure *figure, const char *xlabel, const char *ylabel) {
  *figure = (Figure){.job = job, .run = job->run, .out = job->out, .chinese = print_chinese(job), .width = print_option(job, "width")->number, .height = print_option(job, "height")->number,
                     .title = print_text(job, "title"), .subtitle = print_text(job, "subtitle"), .note = print_text(job, "note")};
  figure->xlabel = named(job, "xlabel", xlabel ? print_word(figure->chinese, xlabel) : NULL);
  figure->ylabel = named(job, "ylabel", ylabel ? print_word(figure->chinese, ylabel) : NULL);
  if (!(figure->width >= 200 && figure->width <= 10000 && figure->height >= 150 && figure->height <= 10000))
    run_fail(job->run, "width=%.20s, height=%.20s: a figure is 200 to 10000 pixels wide and 150 to 10000 high", print_option(job, "width")->text, print_option(job, "height")->text);
}

void figure_legend(Figure *figure, const char *text, int series, char kind) {
  if (!text || figure->entries == (int)(sizeof figure->entry / sizeof figure->entry[0])) return;
  figure->entry[figure->entries++] = (LegendEntry){text, series, kind};
}

static double entry_width(const LegendEntry *entry) { return 26 + svg_text_width(entry->text, 12) + 18; }

/* Draws the entries where draw is set; gives the number of lines. */
static int legend(Figure *figure, double top, bool draw) {
  double x = figure->left;
  int lines = figure->entries ? 1 : 0;
  for (int i = 0; i < figure->entries; i++) {
    const LegendEntry *entry = &figure->entry[i];
    double width = entry_width(entry);
    if (x > figure->left && x + width > figure->width - 10) {
      x = figure->left;
      lines++;
    }
    double y = top + (lines - 1) * 18 + 4;
    if (draw && entry->kind == 'b')
      text_format(figure->out, "<rect x=\"%d\" y=\"%d\" width=\"18\" height=\"10\" fill=\"%s\" fill-opacity=\"0.25\" stroke=\"%s\"/>\n", (int)x, (int)y - 5, series_colour(entry->series),
                  series_colour(entry->series));
    if (draw && entry->kind == 'l') svg_line(figure, x, y, x + 20, y, series_colour(entry->series), 2, series_dash(entry->series));
    if (draw && (entry->kind == 'p' || entry->kind == 'h')) svg_marker(figure, x + 10, y, entry->series, entry->kind == 'h', 4);
    if (draw) svg_text(figure, x + 26, y + 4, entry->text, "start", 12, INK, NULL);
    x += width;
  }
  return lines;
}

static void draw_x_axis(Figure *figure, double bottom, bool axis) {
  Scale *x = &figure->x;
  for (double tick = first_tick(x); axis && tick_inside(x, tick) && run_poll(figure->run, 1000); tick++) {
    double at = scale_at(x, tick * x->step);
    svg_line(figure, at, figure->top, at, bottom, GRID, .6, NULL);
    svg_line(figure, at, bottom, at, bottom + 5, INK, 1, NULL);
    svg_text(figure, at, bottom + 19, tick_text(figure->run, x, tick * x->step), "middle", 12, INK, NULL);
  }
  svg_line(figure, figure->left, bottom, figure->width - figure->right, bottom, INK, 1, NULL);
}

static void draw_y_axis(Figure *figure, double bottom) {
  Scale *y = &figure->y;
  for (double tick = first_tick(y); tick_inside(y, tick) && run_poll(figure->run, 1000); tick++) {
    double at = scale_at(y, tick * y->step);
    svg_line(figure, figure->left, at, figure->width - figure->right, at, GRID, 1, NULL);
    svg_line(figure, figure->left - 5, at, figure->left, at, INK, 1, NULL);
    svg_text(figure, figure->left - 8, at + 4, tick_text(figure->run, y, tick * y->step), "end", 12, INK, NULL);
  }
  svg_line(figure, figure->left, figure->top, figure->left, bottom, INK, 1, NULL);
}

static void open_svg(Figure *figure) {
  Text *out = figure->out;
  text_add(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"");
  text_short(out, figure->width, 2);
  text_add(out, "\" height=\"");
  text_short(out, figure->height, 2);
  text_add(out, "\" viewBox=\"0 0 ");
  text_short(out, figure->width, 2);
  text_add(out, " ");
  text_short(out, figure->height, 2);
  text_add(out, "\" role=\"img\" font-family=\"Helvetica, Arial, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif\">\n");
  if (figure->title) {
    text_add(out, "<title>");
    text_xml(out, figure->title);
    text_add(out, "</title>\n");
  }
  text_add(out, "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
}

void figure_frame(Figure *figure, bool x_axis, bool y_axis) {
  if (run_failed(figure->run)) return;
  double widest = 0;
  for (double tick = first_tick(&figure->y); y_axis && tick_inside(&figure->y, tick) && run_poll(figure->run, 1000); tick++)
    widest = fmax(widest, svg_text_width(tick_text(figure->run, &figure->y, tick * figure->y.step), 12));
  double left = (y_axis ? widest + 14 : 8) + (figure->ylabel ? 24 : 4);
  figure->left = fmax(figure->left, left);
  figure->right = fmax(figure->right, 18);
  double head = 12 + (figure->title ? 22 : 0) + (figure->subtitle ? 18 : 0);
  int lines = legend(figure, 0, false);
  figure->top = head + lines * 18 + (lines ? 8 : 4);
  figure->bottom = (x_axis ? 26 : 8) + (figure->xlabel ? 20 : 0) + (figure->note ? 20 : 6);
  double bottom = figure->height - figure->bottom;
  figure->x.from = figure->left;
  figure->x.to = figure->width - figure->right;
  figure->y.from = bottom;
  figure->y.to = figure->top;
  open_svg(figure);
  if (figure->title) svg_text(figure, figure->left, 26, figure->title, "start", 16, INK, "font-weight=\"bold\"");
  if (figure->subtitle) svg_text(figure, figure->left, figure->title ? 45 : 23, figure->subtitle, "start", 12.5, PALE, NULL);
  legend(figure, head + 4, true);
  draw_x_axis(figure, bottom, x_axis);
  if (y_axis) draw_y_axis(figure, bottom);
  double middle = (figure->left + figure->width - figure->right) / 2;
  if (figure->xlabel) svg_text(figure, middle, bottom + (x_axis ? 40 : 20), figure->xlabel, "middle", 13, INK, NULL);
  if (figure->ylabel) {
    Text turn = {.run = figure->run};
    double y = (figure->top + bottom) / 2;
    text_add(&turn, "transform=\"rotate(-90 16 ");
    text_short(&turn, y, 2);
    text_add(&turn, ")\"");
    if (!run_failed(figure->run)) svg_text(figure, 16, y, figure->ylabel, "middle", 13, INK, turn.data);
  }
  if (figure->note) svg_text(figure, figure->left, figure->height - 8, figure->note, "start", 11, PALE, NULL);
}

void figure_plot(Figure *figure) {
  double box[4] = {figure->left, figure->top, figure->width - figure->left - figure->right, figure->height - figure->top - figure->bottom};
  static const char *const NAMES[] = {"x", "y", "width", "height"};
  if (run_failed(figure->run)) return;
  if (box[2] < 40 || box[3] < 40) run_fail(figure->run, "no room is left for the plot between the labels: give a larger width= or height=");
  text_add(figure->out, "<svg");
  for (int i = 0; i < 4; i++) {
    text_format(figure->out, " %s=\"", NAMES[i]);
    text_short(figure->out, box[i], 2);
    text_add(figure->out, "\"");
  }
  text_add(figure->out, " viewBox=\"");
  for (int i = 0; i < 4; i++) {
    text_add(figure->out, i ? " " : "");
    text_short(figure->out, box[i], 2);
  }
  text_add(figure->out, "\">\n");
  const OptionValue *line[2] = {print_option(figure->job, "hline"), print_option(figure->job, "vline")};
  double bottom = figure->height - figure->bottom, right = figure->width - figure->right;
  for (int i = 0; i < line[0]->numbers; i++) {
    double y = scale_at(&figure->y, line[0]->list[i]);
    svg_line(figure, figure->left, y, right, y, "#D55E00", 1.3, "6 4");
  }
  for (int i = 0; i < line[1]->numbers; i++) {
    double x = scale_at(&figure->x, line[1]->list[i]);
    svg_line(figure, x, figure->top, x, bottom, "#D55E00", 1.3, "6 4");
  }
}

void figure_end(Figure *figure) { text_add(figure->out, "</svg>\n</svg>\n"); }
