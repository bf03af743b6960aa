/* canvas.c: a figure as SVG: primitives, colours, groups of rows.
 *
 * 1. SVG 1.1 in plain elements and attributes: no scripts, no style sheets, no ids (several figures may stand in one page), generic fonts. Text is escaped;
 *    coordinates have at most two decimals. The root element has a viewBox, so that the figure scales.
 * 2. Colours are those of Okabe and Ito (2008), which colour-blind readers can tell apart, without yellow, which print does not hold; series differ in
 *    marker and dash too, for grey print.
 * 3. The width of a text is estimated from the advance widths of Helvetica by kinds of letters; a Chinese character is as wide as it is high. */
#include "print.h"

const char *const INK = "#222222", *const PALE = "#666666", *const GRID = "#e4e4e4";

const OptionSpec FIGURE_OPTIONS[] = {
  {"title", OPTION_TEXT, NULL, NULL, "above the figure"},
  {"subtitle", OPTION_TEXT, NULL, NULL, "beneath the title"},
  {"xlabel", OPTION_TEXT, NULL, NULL, "the name of the horizontal axis; none: no name"},
  {"ylabel", OPTION_TEXT, NULL, NULL, "the name of the vertical axis; none: no name"},
  {"note", OPTION_TEXT, NULL, NULL, "beneath the figure"},
  {"width", OPTION_NUMBER, "640", NULL, "in pixels"},
  {"height", OPTION_NUMBER, "400", NULL, "in pixels"},
  {"hline", OPTION_NUMBERS, NULL, NULL, "horizontal lines at these values"},
  {"vline", OPTION_NUMBERS, NULL, NULL, "vertical lines at these values"},
  {"xmin", OPTION_NUMBER, NULL, NULL, "the horizontal axis begins here"},
  {"xmax", OPTION_NUMBER, NULL, NULL, "the horizontal axis ends here"},
  {"ymin", OPTION_NUMBER, NULL, NULL, "the vertical axis begins here"},
  {"ymax", OPTION_NUMBER, NULL, NULL, "the vertical axis ends here"},
  {"lang", OPTION_CHOICE, "en", "en|zh", "the language of the words that we add"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};

/* ------------------------------------------------------------------------------------------------ series */

static const char *const COLOURS[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"};
static const char *const DASHES[] = {"", "7 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2", "6 2 1 2 1 2"};
enum { SERIES = sizeof COLOURS / sizeof COLOURS[0] };

const char *series_colour(int series) { return COLOURS[series % SERIES]; }
const char *series_dash(int series) { return DASHES[series % SERIES]; }

static bool same_value(const Cell *a, const Cell *b) {
  if (a->type == CELL_TEXT || b->type == CELL_TEXT) return a->type == b->type && strcmp(a->text, b->text) == 0;
  return cell_value(a) == cell_value(b);
}

Groups groups_of(PrintJob *job, int column) {
  enum { MOST = 12 };
  Groups groups = {.of_row = NEW_ARRAY(job->run, int, job->rows), .name = NEW_ARRAY(job->run, const char *, MOST)};
  const Cell *first[MOST];
  if (run_failed(job->run)) return groups;
  if (column < 0 || column >= job->columns) {
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
    if (g == MOST) {
      run_fail(job->run, "more than %d groups: a figure of so many cannot be read", MOST);
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

/* ------------------------------------------------------------------------------------------------ primitives */

double svg_text_width(const char *text, double size) {
  double width = 0;
  for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
    if ((*at & 0xC0) == 0x80) continue;
    if (*at >= 0xE3) width += 1;
    else if (strchr("il.,:;'|![]()jft ", *at)) width += .3;
    else if (*at >= 'A' && *at <= 'Z') width += .68;
    else if (*at == 'm' || *at == 'w') width += .8;
    else width += .55;
  }
  return width * size;
}

static void attribute(Figure *figure, const char *name, double value) {
  text_format(figure->out, " %s=\"", name);
  text_short(figure->out, value, 2);
  text_add(figure->out, "\"");
}

void svg_line(Figure *figure, double x1, double y1, double x2, double y2, const char *colour, double width, const char *dash) {
  text_add(figure->out, "<line");
  attribute(figure, "x1", x1);
  attribute(figure, "y1", y1);
  attribute(figure, "x2", x2);
  attribute(figure, "y2", y2);
  text_format(figure->out, " stroke=\"%s\"", colour);
  attribute(figure, "stroke-width", width);
  if (dash && *dash) text_format(figure->out, " stroke-dasharray=\"%s\"", dash);
  text_add(figure->out, "/>\n");
}

void svg_text(Figure *figure, double x, double y, const char *text, const char *anchor, double size, const char *colour, const char *more) {
  text_add(figure->out, "<text");
  attribute(figure, "x", x);
  attribute(figure, "y", y);
  attribute(figure, "font-size", size);
  text_format(figure->out, " text-anchor=\"%s\" fill=\"%s\"%s%s>", anchor, colour, more && *more ? " " : "", more ? more : "");
  text_xml(figure->out, text);
  text_add(figure->out, "</text>\n");
}

static void shape(Figure *figure, int kind, double x, double y, double s) {
  Text *out = figure->out;
  if (kind == 0) {
    text_add(out, "<circle");
    attribute(figure, "cx", x);
    attribute(figure, "cy", y);
    attribute(figure, "r", s);
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
  shape(figure, series % 4, x, y, size);
  text_format(figure->out, " fill=\"%s\" stroke=\"%s\" stroke-width=\"1.4\"/>\n", hollow ? "#ffffff" : series_colour(series), series_colour(series));
}

void svg_dot(Figure *figure, double x, double y, int series, double size) {
  shape(figure, series % 4, x, y, size);
  text_format(figure->out, " fill=\"%s\"/>\n", series_colour(series));
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
  attribute(figure, "stroke-width", width);
  text_add(figure->out, " stroke-linejoin=\"round\"");
  if (dash && *dash) text_format(figure->out, " stroke-dasharray=\"%s\"", dash);
  text_add(figure->out, "/>\n");
}
