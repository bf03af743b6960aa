/* canvas.c: a figure as SVG: primitives, colours, groups of rows.
 *
 * 1. SVG 1.1 in plain elements and attributes: no scripts, no style sheets, no ids (several figures may stand in one page), generic fonts. Text is escaped;
 *    coordinates have at most two decimals. The root element has a viewBox, so that the figure scales.
 * 2. Colours are those of Okabe and Ito (2008), which colour-blind readers can tell apart, without yellow, which print does not hold; or colours=. Series differ in
 *    marker and dash too, for grey print; no two of the first 32 are alike.
 * 3. The width of a text is estimated from the advance widths of Helvetica by kinds of letters; a Chinese character is as wide as it is high. Lines are broken at blanks and
 *    beside Chinese characters; a word that is longer than the line is broken where the line ends. */
#include "print.h"

const char *const INK = "#222222", *const PALE = "#666666", *const GRID = "#e4e4e4", *const ACCENT = "#D55E00";

const OptionSpec FIGURE_OPTIONS[] = {
  {"title", OPTION_TEXT, NULL, NULL, "above the figure"},
  {"subtitle", OPTION_TEXT, NULL, NULL, "beneath the title"},
  {"xlabel", OPTION_TEXT, NULL, NULL, "the name of the horizontal axis; none: no name"},
  {"ylabel", OPTION_TEXT, NULL, NULL, "the name of the vertical axis; none: no name"},
  {"note", OPTION_TEXT, NULL, NULL, "beneath the figure"},
  {"width", OPTION_NUMBER, "640", NULL, "in pixels"},
  {"height", OPTION_NUMBER, NULL, NULL, "in pixels; without it five eighths of the width, and more for labels and lines of text"},
  {"size", OPTION_NUMBER, "1.25", NULL, "of text, points and lines: with 1.25 the numbers at the axes are 15 pixels high"},
  {"hline", OPTION_NUMBERS, NULL, NULL, "horizontal lines at these values"},
  {"vline", OPTION_NUMBERS, NULL, NULL, "vertical lines at these values"},
  {"hlabel", OPTION_TEXT, NULL, NULL, "what hline= is, for the legend"},
  {"vlabel", OPTION_TEXT, NULL, NULL, "what vline= is, for the legend"},
  {"xmin", OPTION_NUMBER, NULL, NULL, "the horizontal axis begins here"},
  {"xmax", OPTION_NUMBER, NULL, NULL, "the horizontal axis ends here"},
  {"ymin", OPTION_NUMBER, NULL, NULL, "the vertical axis begins here"},
  {"ymax", OPTION_NUMBER, NULL, NULL, "the vertical axis ends here"},
  {"xlog", OPTION_BOOLEAN, "0", NULL, "a logarithmic horizontal axis; what is not above zero is left out"},
  {"ylog", OPTION_BOOLEAN, "0", NULL, "a logarithmic vertical axis"},
  {"legend", OPTION_CHOICE, "top", "top|bottom|right|none", "where the legend stands"},
  {"panels", OPTION_INTEGER, NULL, NULL, "a panel for each group, so many beside each other, on the same axes"},
  {"colours", OPTION_TEXT, NULL, NULL, "of the series: (#1b6ca8, black, grey); grey: shades of grey; without it those of Okabe and Ito"},
  {"lang", OPTION_CHOICE, "en", "en|zh", "the language of the words that we add"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};

/* ------------------------------------------------------------------------------------------------ series */

static const char *const COLOURS[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"};
static const char *const DASHES[] = {"", "7 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2", "6 2 1 2 1 2"};
enum { SERIES = sizeof COLOURS / sizeof COLOURS[0] };

const char *series_colour(const Figure *figure, int series) {
  return figure->colours.count ? figure->colours.item[series % figure->colours.count] : COLOURS[series % SERIES];
}
/* (2): the second round of eight colours has other shapes and dashes than the first. */
static int series_shape(int series) { return (series + series / SERIES) % 4; }
const char *series_dash(int series) { return DASHES[(series + 3 * (series / SERIES)) % SERIES]; }

static bool same_value(const Cell *a, const Cell *b) {
  if (a->type == CELL_TEXT || b->type == CELL_TEXT) return a->type == b->type && strcmp(a->text, b->text) == 0;
  return cell_value(a) == cell_value(b);
}

static bool all_null(const PrintJob *job, int column) {
  for (int64_t r = 0; r < job->rows; r++)
    if (job->cell[r * job->columns + column].type != CELL_NULL) return false;
  return true;
}

Groups groups_of(PrintJob *job, int column) { return groups_most(job, column, 12); }

Groups groups_most(PrintJob *job, int column, int most) {
  Groups groups = {.of_row = NEW_ARRAY(job->run, int, job->rows), .name = NEW_ARRAY(job->run, const char *, most)};
  const Cell **first = NEW_ARRAY(job->run, const Cell *, most);
  if (run_failed(job->run)) return groups;
  if (column < 0 || column >= job->columns || all_null(job, column)) {
    groups.count = 1;
    return groups;
  }
  for (int64_t r = 0; r < job->rows && run_poll(job->run, 20); r++) {
    const Cell *cell = &job->cell[r * job->columns + column];
    int g = 0;
    if (cell->type == CELL_NULL) {
      groups.of_row[r] = -1;
      continue;
    }
    while (g < groups.count && !same_value(cell, first[g])) g++;
    if (g == most) {
      run_fail(job->run, "more than %d groups: a figure of so many cannot be read%s", most, most < 20 ? "; panels=4 gives each its own panel" : "");
      return groups;
    }
    if (g == groups.count) {
      first[g] = cell;
      groups.name[groups.count++] = print_cell(job->run, cell);
    }
    groups.of_row[r] = g;
  }
  return groups;
}

double *column_of(PrintJob *job, int column) {
  double *number = NEW_ARRAY(job->run, double, job->rows);
  for (int64_t r = 0; number && r < job->rows; r++) {
    number[r] = column < job->columns ? cell_value(&job->cell[r * job->columns + column]) : (double)NAN;
    if (!isfinite(number[r])) number[r] = NAN;
  }
  return number;
}

double *axis_of(PrintJob *job, int column, char axis) {
  double *number = column_of(job, column);
  bool logarithmic = print_option(job, axis == 'x' ? "xlog" : "ylog")->integer != 0;
  for (int64_t r = 0; number && logarithmic && r < job->rows; r++)
    if (number[r] <= 0) number[r] = NAN;
  return number;
}

double *bounds_of(PrintJob *job, int column, char axis) {
  double *number = NEW_ARRAY(job->run, double, job->rows);
  bool logarithmic = print_option(job, axis == 'x' ? "xlog" : "ylog")->integer != 0;
  for (int64_t r = 0; number && r < job->rows; r++) {
    number[r] = column < job->columns ? cell_value(&job->cell[r * job->columns + column]) : (double)NAN;
    if (logarithmic && number[r] <= 0) number[r] = -INFINITY;
  }
  return number;
}

/* Half a pixel of ours each: what falls on the same one is drawn once. */
bool *taken_pixels(Figure *figure) { return NEW_ARRAY(figure->run, bool, ((int64_t)(figure->width * 2) + 1) * ((int64_t)(figure->height * 2) + 1)); }

bool take_pixel(const Figure *figure, bool *taken, double x, double y) {
  if (!taken || !(x >= 0 && x <= figure->width && y >= 0 && y <= figure->height)) return false;
  bool *here = &taken[(int64_t)(y * 2) * ((int64_t)(figure->width * 2) + 1) + (int64_t)(x * 2)], was = *here;
  *here = true;
  return !was;
}

/* ------------------------------------------------------------------------------------------------ text */

static double character_width(const unsigned char *at) {
  if (*at >= 0xE3) return 1;
  if (*at && strchr("il.,:;'|![]()jft ", *at)) return .3;
  if (*at >= 'A' && *at <= 'Z') return .68;
  return *at == 'm' || *at == 'w' ? .8 : .55;
}

double svg_text_width(const char *text, double size) {
  double width = 0;
  for (const unsigned char *at = (const unsigned char *)text; *at; at++)
    if ((*at & 0xC0) != 0x80) width += character_width(at);
  return width * size;
}

/* (3) */
TextLines text_wrap(Run *run, const char *text, double size, double width, int most) {
  TextLines lines = {0, NEW_ARRAY(run, const char *, most)};
  if (!text || run_failed(run)) return lines;
  const char *at = text;
  while (*at && lines.count < most && !run_failed(run)) {
    at += strspn(at, " \n");
    const char *end = at, *good = NULL; /* where the line may be broken */
    double taken = 0;
    bool last = lines.count == most - 1;
    while (*end && *end != '\n') {
      int length = utf8_length(end);
      double next = taken + character_width((const unsigned char *)end) * size;
      if (next > width - (last ? size * .6 : 0) && svg_text_width(end, size) + taken > width) break;
      if (*end == ' ') good = end;
      taken = next;
      end += length ? length : 1;
      if ((unsigned char)end[0] >= 0xE3 || (unsigned char)end[-length] >= 0xE3) good = end;
    }
    bool cut = *end && *end != '\n';
    if (cut && good && !last) end = good;
    if (end == at && *end) end += utf8_length(end) ? utf8_length(end) : 1; /* at least a character */
    while (end > at && end[-1] == ' ' && !last) end--;
    lines.line[lines.count++] = run_format(run, "%.*s%s", (int)(end - at), at, last && (cut || *end) ? "…" : "");
    at = end;
  }
  if (run_failed(run)) lines.count = 0; /* what is not there is not read */
  return lines;
}

/* ------------------------------------------------------------------------------------------------ primitives */

void svg_number(Figure *figure, const char *name, double value) {
  text_format(figure->out, " %s=\"", name);
  text_short(figure->out, value, 2);
  text_add(figure->out, "\"");
}

void svg_box(Figure *figure, double x, double y, double width, double height, const char *fill, const char *opacity) {
  text_add(figure->out, "<rect");
  svg_number(figure, "x", x);
  svg_number(figure, "y", y);
  svg_number(figure, "width", width);
  svg_number(figure, "height", height);
  text_format(figure->out, " fill=\"%s\" fill-opacity=\"%s\"/>\n", fill, opacity);
}

/* Lines about a point, turned about it: 0, -90 or another angle. */
void svg_turned(Figure *figure, double x, double y, double degrees, const TextLines *lines, const char *anchor, double size) {
  Text turn = {.run = figure->run};
  text_add(&turn, "transform=\"rotate(");
  text_short(&turn, degrees, 2);
  text_add(&turn, " ");
  text_short(&turn, x, 2);
  text_add(&turn, " ");
  text_short(&turn, y, 2);
  text_add(&turn, ")\"");
  for (int i = 0; i < lines->count && !run_failed(figure->run); i++) svg_text(figure, x, y + i * size * 1.2, lines->line[i], anchor, size, INK, turn.data);
}

void svg_line(Figure *figure, double x1, double y1, double x2, double y2, const char *colour, double width, const char *dash) {
  text_add(figure->out, "<line");
  svg_number(figure, "x1", x1);
  svg_number(figure, "y1", y1);
  svg_number(figure, "x2", x2);
  svg_number(figure, "y2", y2);
  text_format(figure->out, " stroke=\"%s\"", colour);
  svg_number(figure, "stroke-width", width);
  if (dash && *dash) text_format(figure->out, " stroke-dasharray=\"%s\"", dash);
  text_add(figure->out, "/>\n");
}

void svg_text(Figure *figure, double x, double y, const char *text, const char *anchor, double size, const char *colour, const char *more) {
  text_add(figure->out, "<text");
  svg_number(figure, "x", x);
  svg_number(figure, "y", y);
  svg_number(figure, "font-size", size);
  text_format(figure->out, " text-anchor=\"%s\" fill=\"%s\"%s%s>", anchor, colour, more && *more ? " " : "", more ? more : "");
  text_xml(figure->out, text);
  text_add(figure->out, "</text>\n");
}

static void shape(Figure *figure, int kind, double x, double y, double s) {
  Text *out = figure->out;
  if (kind == 0) {
    text_add(out, "<circle");
    svg_number(figure, "cx", x);
    svg_number(figure, "cy", y);
    svg_number(figure, "r", s);
    return;
  }
  static const double CORNERS[3][8] = {{-.9, -.9, .9, -.9, .9, .9, -.9, .9}, {0, -1.2, 1.1, .8, -1.1, .8, 0, -1.2}, {0, -1.3, 1.3, 0, 0, 1.3, -1.3, 0}};
  const double *corner = CORNERS[(kind - 1) % 3];
  text_add(out, "<path d=\"");
  for (int i = 0; i < 4; i++) {
    text_add(out, i ? "L" : "M");
    text_short(out, x + s * corner[2 * i], 2);
    text_add(out, " ");
    text_short(out, y + s * corner[2 * i + 1], 2);
  }
  text_add(out, "Z\"");
}

void svg_marker(Figure *figure, double x, double y, int series, bool hollow, double size) {
  shape(figure, series_shape(series), x, y, size);
  text_format(figure->out, " fill=\"%s\" stroke=\"%s\" stroke-width=\"1.4\"/>\n", hollow ? "#ffffff" : series_colour(figure, series), series_colour(figure, series));
}

void svg_dot(Figure *figure, double x, double y, int series, double size) {
  shape(figure, series_shape(series), x, y, size);
  text_format(figure->out, " fill=\"%s\"/>\n", series_colour(figure, series));
}

void svg_path_begin(Figure *figure) { text_add(figure->out, "<path d=\""); }

void svg_path_point(Figure *figure, double x, double y, bool move) {
  text_add(figure->out, move ? "M" : "L");
  text_short(figure->out, x, 2);
  text_add(figure->out, " ");
  text_short(figure->out, y, 2);
}

void svg_path_end(Figure *figure, const char *colour, double width, const char *dash, const char *fill, const char *fill_opacity) {
  text_format(figure->out, "\" fill=\"%s\"", fill ? fill : "none");
  if (fill && fill_opacity) text_format(figure->out, " fill-opacity=\"%s\"", fill_opacity);
  text_format(figure->out, " stroke=\"%s\"", colour);
  svg_number(figure, "stroke-width", width);
  text_add(figure->out, " stroke-linejoin=\"round\"");
  if (dash && *dash) text_format(figure->out, " stroke-dasharray=\"%s\"", dash);
  text_add(figure->out, "/>\n");
}
