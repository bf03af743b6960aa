/* axes.c: the frame of a figure: title, legend, axes, and what stands around the plot.
 *
 * 1. Margins are as wide as the labels need. Title, subtitle and note begin at the left edge and are broken into lines; without height= the figure grows with them.
 * 2. The legend stands above the plot, beneath it or at its right, in as many lines as it takes; never on the data.
 * 3. The plot is an inner <svg>, which cuts what lies outside of it. The ground is white whatever the page's is.
 * 4. role="img" with <title> (title=, else the kind of figure) and <desc> (axes, their ranges, the series) for readers who hear the page. */
#include "print.h"

enum { EDGE = 12 };

static const char *named(PrintJob *job, const char *option, const char *fallback) {
  const char *text = print_text(job, option);
  if (!text) return fallback;
  return strcmp(text, "none") == 0 ? NULL : text;
}

/* colours=(a, b): names and #rgb only, since they are written as they are. */
static PrintList read_colours(PrintJob *job) {
  static const char *const GREYS[] = {"#000000", "#8a8a8a", "#4d4d4d", "#b3b3b3"};
  const char *text = print_text(job, "colours");
  PrintList list = print_list(job->run, text);
  if (run_failed(job->run)) return (PrintList){0, NULL};
  if (list.count == 1 && (strcmp(list.item[0], "grey") == 0 || strcmp(list.item[0], "gray") == 0)) {
    list.item = NEW_ARRAY(job->run, const char *, 4);
    for (int i = 0; i < 4 && list.item; i++) list.item[i] = GREYS[i];
    list.count = 4;
    return list;
  }
  for (int i = 0; i < list.count; i++) {
    size_t length = strlen(list.item[i]);
    if (!length || length > 30 || strspn(list.item[i], "#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != length)
      run_fail(job->run, "colours=%.60s: '%.30s' is no colour; names and #rrggbb are", text, list.item[i]);
  }
  return list;
}

void figure_begin(PrintJob *job, Figure *figure, const char *what, const char *xlabel, const char *ylabel) {
  double size = print_option(job, "size")->number, width = print_option(job, "width")->number, height = print_option(job, "height")->number;
  if (!print_option(job, "height")->given && !job->panel) height = fmax(150, width * .625);
  *figure = (Figure){.job = job, .run = job->run, .out = job->out, .chinese = print_chinese(job), .size = size, .width = width / size, .height = height / size,
                     .title = print_text(job, "title"), .subtitle = print_text(job, "subtitle"), .note = print_text(job, "note")};
  figure->what = print_word(figure->chinese, what);
  figure->xlabel = named(job, "xlabel", xlabel ? print_word(figure->chinese, xlabel) : NULL);
  figure->ylabel = named(job, "ylabel", ylabel ? print_word(figure->chinese, ylabel) : NULL);
  figure->colours = read_colours(job);
  if (!(size >= .2 && size <= 10)) run_fail(job->run, "size=%.20s: from 0.2 to 10", print_option(job, "size")->text);
  if (!job->panel && !(width >= 200 && width <= 10000 && height >= 150 && height <= 10000))
    run_fail(job->run, "width=%s, height=%s: a figure is 200 to 10000 pixels wide and 150 to 10000 high", print_fixed(job->run, width, 0), print_fixed(job->run, height, 0));
  if (job->panel) { /* the axes are named once, around all panels */
    job->panel->what = figure->what;
    job->panel->xlabel = figure->xlabel;
    job->panel->ylabel = figure->ylabel;
    figure->xlabel = figure->ylabel = NULL;
  }
}

/* ------------------------------------------------------------------------------------------------ legend */

void figure_legend(Figure *figure, const char *text, int series, char kind) {
  if (!text || figure->entries == (int)(sizeof figure->entry / sizeof figure->entry[0])) return;
  figure->entry[figure->entries++] = (LegendEntry){text, series, kind};
}

double legend_width(const LegendEntry *entry) { return 26 + svg_text_width(entry->text, 12) + 16; }

static void draw_entry(Figure *figure, const LegendEntry *entry, double x, double y) {
  const char *colour = series_colour(figure, entry->series);
  if (entry->kind == 'b') svg_box(figure, x, y - 6, 20, 11, colour, "0.25");
  if (entry->kind == 'b' || entry->kind == 'l') svg_line(figure, x, y, x + 20, y, colour, 2, entry->kind == 'l' ? series_dash(entry->series) : NULL);
  if (entry->kind == 'p' || entry->kind == 'h') svg_marker(figure, x + 10, y, entry->series, entry->kind == 'h', 4);
  if (entry->kind == 'd') svg_line(figure, x, y, x + 20, y, ACCENT, 1.3, "6 4");
  if (entry->kind == 'v') svg_line(figure, x + 10, y - 7, x + 10, y + 7, ACCENT, 1.3, "2 3");
  if (entry->kind == 'm') svg_line(figure, x + 10, y - 7, x + 10, y + 7, ACCENT, 2, NULL);
  svg_text(figure, x + 26, y + 4, entry->text, "start", 12, INK, NULL);
}

/* Draws the entries where draw is set; gives the number of lines. */
static int legend(Figure *figure, double top, bool beside, bool draw) {
  double left = beside ? figure->legend_left : EDGE, x = left;
  int lines = figure->entries ? 1 : 0;
  for (int i = 0; i < figure->entries; i++) {
    double width = legend_width(&figure->entry[i]);
    if (i && (beside || x + width - 16 > figure->width - EDGE)) {
      x = left;
      lines++;
    }
    if (draw) draw_entry(figure, &figure->entry[i], x, top + (lines - 1) * 18 + 4);
    x += width;
  }
  return lines;
}

/* ------------------------------------------------------------------------------------------------ axes */

static void draw_x_axis(Figure *figure, double bottom, double turned) {
  Scale *x = &figure->x;
  double each = x->ticks > 1 ? fabs(scale_at(x, x->tick[1]) - scale_at(x, x->tick[0])) : figure->width;
  for (int t = 0; t < x->ticks && run_poll(figure->run, 1000); t++) {
    double at = scale_at(x, x->tick[t]);
    svg_line(figure, at, figure->top, at, bottom, GRID, .6, NULL);
    svg_line(figure, at, bottom, at, bottom + 5, INK, 1, NULL);
    TextLines lines = {1, &x->label[t]};
    if (x->kind == SCALE_LABELS) lines = text_wrap(figure->run, x->label[t], 12, turned > 0 ? turned : each - 6, turned > 0 ? 1 : 3);
    if (turned > 0) svg_turned(figure, at + 3, bottom + 15, -45, &lines, "end", 12);
    else for (int i = 0; i < lines.count && !run_failed(figure->run); i++) svg_text(figure, at, bottom + 19 + 14 * i, lines.line[i], "middle", 12, INK, NULL);
  }
  svg_line(figure, figure->left, bottom, figure->width - figure->right, bottom, INK, 1, NULL);
}

static void draw_y_axis(Figure *figure, double bottom, double room) {
  Scale *y = &figure->y;
  bool labels = y->kind == SCALE_LABELS;
  for (int t = 0; t < y->ticks && run_poll(figure->run, 1000); t++) {
    double at = scale_at(y, y->tick[t]);
    svg_line(figure, figure->left, at, figure->width - figure->right, at, GRID, labels ? .7 : 1, NULL);
    svg_line(figure, figure->left - 5, at, figure->left, at, INK, 1, NULL);
    TextLines lines = {1, &y->label[t]};
    if (labels) lines = text_wrap(figure->run, y->label[t], 12, room, 3);
    for (int i = 0; i < lines.count && !run_failed(figure->run); i++) svg_text(figure, figure->left - 8, at + 4 + 13 * (i - (lines.count - 1) / 2.0), lines.line[i], "end", 12, INK, NULL);
  }
  svg_line(figure, figure->left, figure->top, figure->left, bottom, INK, 1, NULL);
}

/* ------------------------------------------------------------------------------------------------ the page */

static void describe_axis(Figure *figure, const Scale *scale, const char *word, const char *label) {
  text_format(figure->out, "%s%s: ", figure->chinese ? "" : " ", word);
  if (label) text_xml(figure->out, label);
  for (int end = 0; end < 2 && scale->kind != SCALE_LABELS && scale->ticks > 1; end++) {
    text_add(figure->out, end ? (figure->chinese ? "至" : " to ") : label ? ", " : "");
    text_xml(figure->out, scale->label[end ? scale->ticks - 1 : 0]);
  }
  for (int t = 0; t < scale->ticks && scale->kind == SCALE_LABELS; t++) {
    text_add(figure->out, t || label ? ", " : "");
    text_xml(figure->out, scale->label[t]);
  }
  text_add(figure->out, figure->chinese ? "。" : ".");
}

static void open_svg(Figure *figure) {
  Text *out = figure->out;
  const struct Panel *panel = figure->job->panel;
  text_add(out, panel ? "<svg" : "<svg xmlns=\"http://www.w3.org/2000/svg\"");
  if (panel) {
    svg_number(figure, "x", panel->x);
    svg_number(figure, "y", panel->y);
  }
  svg_number(figure, "width", figure->width * (panel ? 1 : figure->size)); /* a panel stands in our units */
  svg_number(figure, "height", figure->height * (panel ? 1 : figure->size));
  text_add(out, " viewBox=\"0 0 ");
  text_short(out, figure->width, 2);
  text_add(out, " ");
  text_short(out, figure->height, 2);
  text_add(out, panel ? "\">\n" : "\" role=\"img\" font-family=\"Helvetica, Arial, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif\">\n");
  if (panel) return;
  text_add(out, "<title>");
  text_xml(out, figure->title ? figure->title : figure->what);
  text_add(out, "</title>\n<desc>");
  text_xml(out, figure->what);
  text_add(out, figure->chinese ? "。" : ".");
  describe_axis(figure, &figure->x, figure->chinese ? "横轴" : "Horizontal", figure->xlabel);
  describe_axis(figure, &figure->y, figure->chinese ? "纵轴" : "Vertical", figure->ylabel);
  for (int i = 0; i < figure->entries; i++) {
    text_add(out, i ? "; " : figure->chinese ? "图例：" : " Legend: ");
    text_xml(out, figure->entry[i].text);
  }
  text_add(out, "</desc>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
}

static double widest_label(const Scale *scale) {
  double widest = 0;
  for (int t = 0; t < scale->ticks; t++) widest = fmax(widest, svg_text_width(scale->label[t], 12));
  return widest;
}

static void text_block(Figure *figure, const TextLines *lines, double x, double y, double leading, double size, const char *anchor, const char *colour, const char *more) {
  for (int i = 0; i < lines->count && !run_failed(figure->run); i++) svg_text(figure, x, y + i * leading, lines->line[i], anchor, size, colour, more);
}

/* What labels at the left may take, before they are broken. */
double figure_label_room(const Figure *figure) { return figure->width * (strcmp(print_option(figure->job, "legend")->text, "right") == 0 ? .3 : .42); }

void figure_frame(Figure *figure) {
  Run *run = figure->run;
  if (run_failed(run)) return;
  const char *where = print_option(figure->job, "legend")->text;
  bool beside = strcmp(where, "right") == 0, above = strcmp(where, "top") == 0, grows = !print_option(figure->job, "height")->given && !figure->job->panel;
  if (print_option(figure->job, "hline")->numbers) figure_legend(figure, print_text(figure->job, "hlabel"), 0, 'd');
  if (print_option(figure->job, "vline")->numbers) figure_legend(figure, print_text(figure->job, "vlabel"), 0, 'v');
  if (strcmp(where, "none") == 0) figure->entries = 0;
  double inner = figure->width - 2 * EDGE, widest = 0;
  for (int i = 0; i < figure->entries; i++) {
    TextLines line = text_wrap(run, figure->entry[i].text, 12, beside ? figure->width * .3 : inner - 30, 1);
    if (line.count) figure->entry[i].text = line.line[0];
    widest = fmax(widest, legend_width(&figure->entry[i]));
  }
  double bold = figure->job->panel ? 13 : 16; /* a panel's title is smaller */
  TextLines title = text_wrap(run, figure->title, bold * 1.06, inner, figure->job->panel ? 1 : 4), subtitle = text_wrap(run, figure->subtitle, 12.5, inner, 4), note = text_wrap(run, figure->note, 11, inner, 8);
  figure->legend_left = figure->width - widest + 4;
  figure->right = fmax(figure->right, figure->job->panel ? 8 : 18) + (beside && figure->entries ? widest : 0);
  TextLines xlabel = text_wrap(run, figure->xlabel, 13, figure->width - figure->right - 90, 3);
  if (run_failed(run)) return;
  int legends = beside ? 0 : legend(figure, 0, false, false);
  /* upwards */
  double head = (figure->job->panel ? 2 : 8) + 20 * title.count + 16 * subtitle.count, legend_room = legends * 18 + (legends ? 8 : 4), note_room = 14 * note.count + (note.count ? 8 : 6);
  double ticks_room = 26, turned = 0;
  if (figure->x.kind == SCALE_LABELS) { /* labels are broken, or turned where a column is narrow */
    double each = (figure->width - 80) / (figure->x.ticks ? figure->x.ticks : 1), longest = widest_label(&figure->x);
    if (longest > each - 6 && (each < 60 || longest > 3 * each)) turned = fmin(longest, 170);
    int lines = 1;
    for (int t = 0; t < figure->x.ticks && turned <= 0; t++) {
      int count = text_wrap(run, figure->x.label[t], 12, each - 6, 3).count;
      lines = count > lines ? count : lines;
    }
    ticks_room = turned > 0 ? turned * .71 + 22 : 12 + 14 * lines;
  }
  if (grows) figure->height += fmax(0, title.count - 1) * 20 + fmax(0, note.count - 1) * 14 + fmax(0, xlabel.count - 1) * 16 + fmax(0, legends - 1) * 18 + ticks_room - 26;
  if (figure->job->panel) {
    struct Panel *panel = figure->job->panel;
    if (panel->measuring) panel->height = fmax(panel->height, figure->height);
    figure->height = panel->height;
  }
  figure->top = head + (above ? legend_room : 4);
  figure->bottom = ticks_room + 16 * xlabel.count + 4 + (above || beside ? 0 : legend_room) + note_room;
  double bottom = figure->height - figure->bottom;
  figure->y.from = bottom;
  figure->y.to = figure->top;
  scale_ticks(figure, &figure->y);
  if (run_failed(run)) return;
  /* across */
  TextLines ylabel = text_wrap(run, figure->ylabel, 13, bottom - figure->top + 20, 2);
  bool labels = figure->y.kind == SCALE_LABELS;
  double longest = widest_label(&figure->y), room = labels ? fmin(longest, figure_label_room(figure)) + 1 : longest;
  figure->left = fmax(figure->left, room + 14 + (ylabel.count ? 8 + 16 * ylabel.count : 8));
  if (turned > 0) figure->left = fmax(figure->left, turned * .71 + 8);
  for (int pass = 0; pass < 2 && !run_failed(run); pass++) {
    figure->x.from = figure->left;
    figure->x.to = figure->width - figure->right;
    scale_ticks(figure, &figure->x);
    for (int t = 0; t < figure->x.ticks && !pass && figure->x.kind != SCALE_LABELS && !run_failed(run); t++) { /* a long label at the end needs its room */
      double half = svg_text_width(figure->x.label[t], 12) / 2 + 3, at = scale_at(&figure->x, figure->x.tick[t]);
      if (at + half > figure->width) figure->right = fmax(figure->right, at + half - figure->width + figure->right);
      if (at - half < 0) figure->left = fmax(figure->left, figure->left + half - at);
    }
  }
  if (run_failed(run)) return;
  open_svg(figure);
  double begin = figure->job->panel && title.count ? fmax(2, fmin(figure->left, figure->width - 2 - svg_text_width(title.line[0], bold * 1.06))) : EDGE;
  text_block(figure, &title, begin, figure->job->panel ? 17 : 24, 20, bold, "start", INK, "font-weight=\"bold\"");
  text_block(figure, &subtitle, EDGE, 21 + 20 * title.count, 16, 12.5, "start", PALE, NULL);
  legend(figure, beside ? figure->top + 8 : above ? head + 6 : bottom + ticks_room + 16 * xlabel.count + 14, beside, true);
  draw_x_axis(figure, bottom, turned);
  draw_y_axis(figure, bottom, room);
  double middle = (figure->left + figure->width - figure->right) / 2, half = 0;
  for (int i = 0; i < xlabel.count; i++) half = fmax(half, svg_text_width(xlabel.line[i], 13) / 2);
  middle = fmin(middle, figure->width - EDGE - half);
  text_block(figure, &xlabel, middle, bottom + ticks_room + 12, 16, 13, "middle", INK, NULL);
  svg_turned(figure, 16, (figure->top + bottom) / 2, -90, &ylabel, "middle", 13);
  text_block(figure, &note, EDGE, figure->height - 8 - 14 * (note.count - 1), 14, 11, "start", PALE, NULL);
}

void figure_plot(Figure *figure) {
  double box[4] = {figure->left, figure->top, figure->width - figure->left - figure->right, figure->height - figure->top - figure->bottom};
  static const char *const NAMES[] = {"x", "y", "width", "height"};
  if (run_failed(figure->run)) return;
  double least = figure->job->panel ? 20 : 40;
  if (box[2] < least || box[3] < 30) run_fail(figure->run, "no room is left for the plot between the labels: give a larger width= or height=, or a smaller size=");
  text_add(figure->out, "<svg");
  for (int i = 0; i < 4; i++) svg_number(figure, NAMES[i], box[i]);
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
    svg_line(figure, figure->left, y, right, y, ACCENT, 1.3, "6 4");
  }
  for (int i = 0; i < line[1]->numbers; i++) {
    double x = scale_at(&figure->x, line[1]->list[i]);
    svg_line(figure, x, figure->top, x, bottom, ACCENT, 1.3, "2 3");
  }
}

void figure_end(Figure *figure) { text_add(figure->out, "</svg>\n</svg>\n"); }
