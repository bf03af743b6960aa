/* print.h: the contract of the printing layer, which turns rows and fits into what readers see: tables in six formats and figures as SVG.
 *
 * A folder of its own between est/ and sqlite/: an estimator must not know how it is printed (est/ does not include this), and how a page looks has
 * nothing to do with SQL. It reads fits (est.h) and writes text. A printer is one row of registry.c: the SQL layer makes an
 * aggregate of it. */
#ifndef ECON_PRINT_H
#define ECON_PRINT_H

#include "../est/est.h"

/* ------------------------------------------------------------------------------------------------ registry.c: what SQL must know */

typedef struct Printer Printer;

/* One call: rows of values, in the order in which they came; options; what is written. */
typedef struct PrintJob {
  Run *run;
  const Printer *printer;
  int64_t rows;
  int columns;           /* how many of the printer's arguments were given */
  const Cell *cell;      /* rows x columns; CELL_NULL where NULL */
  const Fit *const *fit; /* of the argument that is a fit: one for each row, NULL where NULL */
  int options;
  const OptionValue *option;
  Text *out;
  struct Panel *panel;   /* of a figure in panels; else NULL */
} PrintJob;

struct Printer {
  const char *name;
  /* Arguments in order: "label:any, estimate:number, group:any?". Types any, number, fit; "?": may be left out; "...": any further values. */
  const char *arguments;
  const char *signature, *summary; /* for econ_help() */
  const OptionSpec *const *options;
  void (*print)(PrintJob *job);
  const char *example;             /* one SELECT that runs on the shipped tables (sql/data) */
};
extern const Printer *const printer_registry[]; /* NULL-terminated */

/* ------------------------------------------------------------------------------------------------ words.c: options, lists, languages, numbers */

const OptionValue *print_option(const PrintJob *job, const char *name); /* must be one of the printer's (assert) */
const char *print_text(const PrintJob *job, const char *name);          /* its text without quotes around it; NULL where there is none */
bool print_chinese(const PrintJob *job);                                /* lang=zh */
const char *print_word(bool chinese, const char *english);              /* the word in the language of the page; English where it is not listed */

/* "(a, f(b), 'c, d')" or "a" in pieces: commas (or semicolons) outside parentheses and quotes, blanks apart. */
typedef struct PrintList {
  int count;
  const char **item;
} PrintList;
PrintList print_list(Run *run, const char *text);
bool print_matches(const char *pattern, const char *text); /* * stands for any text, ? for one sign; blanks do not matter */
const char *print_unquoted(Run *run, const char *text);

void text_fixed(Text *text, double value, int decimals);               /* a point whatever the locale, no "-0.00"; nothing for NAN */
void text_minus(Text *text, double value, int decimals);               /* the same with a minus sign in place of the hyphen; nothing for infinities */
void text_scientific(Text *text, double value, int figures);           /* 1.23e-05 */
void text_short(Text *text, double value, int decimals);               /* the same without zeros at the end: coordinates, ticks */
const char *print_fixed(Run *run, double value, int decimals);
void print_repair(Text *text);                                         /* what is no UTF-8 in it becomes U+FFFD */
void text_xml(Text *out, const char *text);                            /* & < > " ' escaped; what XML forbids is left out, what is no UTF-8 becomes U+FFFD */
const char *print_cell(Run *run, const Cell *cell);                    /* as text: 2015, 0.5, name */
double cell_value(const Cell *cell);                                   /* NAN for NULL and text */

/* stars=: symbols and the p-values below which they stand, the smallest first. */
enum { STARS_MOST = 6 };
typedef struct Stars {
  int count;
  const char *symbol[STARS_MOST];
  double below[STARS_MOST];
} Stars;
bool print_bound(const char *text, double *value);               /* ".05": a number from 0 to 1 */
Stars stars_read(Run *run, const char *text);                    /* (.01,.05,.1); (+ .1, * .05, ** .01); 0: none */
const char *stars_of(const Stars *stars, double p_value);        /* "" where none */
const char *stars_note(Run *run, const Stars *stars);            /* "*** p < 0.01, ..." ; NULL where none */

/* ------------------------------------------------------------------------------------------------ expression.c */

typedef struct Dual {
  double value, slope;  /* and its derivative */
} Dual;
typedef Dual DualOf(void *context, const char *name);
Dual print_expression(Run *run, const char *option, const char *text, DualOf *of, void *context); /* NAN where it has no value; fails where it is none */

/* ------------------------------------------------------------------------------------------------ table.c, table_shape.c, table_text.c, table_markup.c, table_latex.c, table_rtf.c, table_typst.c
 * One model of a table, seven formats. Cells are plain UTF-8; the formats escape. */

typedef struct TableCell {
  const char *text;  /* NULL: empty */
  const char *stars; /* NULL: none; hang on the right */
  bool number;       /* aligned at its decimal point where it has one; "-" is a minus */
  int span;          /* columns that it covers; those behind it are ignored */
  bool bold, box;    /* box: a frame around it */
  const char *colour; /* behind it: six hexadecimal digits; NULL: none */
} TableCell;

typedef enum TableRowKind { TABLE_HEAD, TABLE_BODY, TABLE_RULE } TableRowKind;
typedef struct TableRow {
  TableRowKind kind;
  bool underlined;   /* a head whose spanning cells have a rule of their own beneath */
  TableCell *cell;   /* one for each column; NULL for a rule */
  bool gap;          /* space above it */
  int beneath;       /* a line beneath the estimates of the row before: the first, the second; 0: none */
} TableRow;

typedef struct Table {
  Run *run;
  int columns;       /* the first holds the names of rows: left; the others are centred */
  int rows, capacity;
  TableRow *row;
  const char *title, *label; /* NULL: none; the label is LaTeX's */
  bool chinese, fragment, bare; /* fragment: without what stands around the table; bare: its rows only */
  bool formulas;             /* sheets: ="(0.04)" */
  bool page;                 /* a whole document of LaTeX or HTML */
  enum { RULES_NONE, RULES_ONE, RULES_DOUBLE, RULES_HLINE } rules;
  bool compress, raw;        /* raw: texts are not escaped */
  const char *align;         /* l, c, r, d: one letter for all columns but the first, or one for each; NULL */
  char point;                /* the decimal sign */
  bool no_zero;              /* .123 */
  struct {
    double value;
    const char *unit;        /* %, cm, mm, in, pt; NULL: as wide as it is */
  } width;
  struct {
    const char *name;
    double points;           /* NULL, 0: the format's own */
  } font;
  struct {
    bool dcolumn, threeparttable, sideways, wide, here, longtable, adjustbox, flush, standalone;
    const char *size, *stretch, *place, *packages; /* NULL: as the page */
  } latex;
  int notes, note_capacity, given_notes; /* the last given_notes of them are the author's */
  const char **note;
} Table;

void table_begin(const PrintJob *job, Table *table, int columns);      /* what TABLE_OPTIONS ask for */
TableCell *table_row(Table *table, TableRowKind kind, const char *name); /* its cells; NULL only if the run failed; valid until the run ends */
void table_rule(Table *table);
void table_note(Table *table, const char *note);
void table_widen(Table *table, int lines, PrintList heads);            /* puts the lines beneath into columns of their own, that many behind each column; heads over each, or none */
void table_own_notes(const PrintJob *job, Table *table);               /* notes=, below those of the table */
Table table_for_note(const Table *table, int note);                    /* the table, not raw where the note is ours */
const char *table_styled(const Table *table, const char *text);        /* its numbers as decimal= and zero= have them */
char table_align(const Table *table, int column);                      /* l, c, r, d; 0: as the format has it */
bool table_minus(const char *at, const char *start);                   /* a - of the text that starts there is a minus */
bool table_decimal(const Table *table, const TableCell *cell, int *before, int *behind); /* a number with one point: signs before it, from it on */
size_t table_power(const char *text, const char *at, int *power);      /* the length of "e-05" at a place of a number; 0: none is there */
bool table_indented(const TableCell *cell, int column);                /* two blanks before a row's name: it belongs to the row above */
void table_break_names(Table *table, int width);                       /* names that are wider go on in the lines beneath */
void table_transpose(Table *table);                                    /* columns become rows */
void table_insert(Table *table, const char *head, int count, const char *const *name, const char *const *text); /* a column behind the names, a text beside each named line */
void table_share(Table *table, int panels, const int *from, const int *to); /* rows that all panels' feet have stand once, at the end */
void table_write(Table *table, const char *format, Text *out);         /* text, markdown, latex, html, csv, scsv, tsv, rtf, typst */
void table_write_text(const Table *table, Text *out);
void table_write_csv(const Table *table, char separator, Text *out);
void table_write_markdown(const Table *table, Text *out);
void table_write_latex(const Table *table, Text *out);
void table_write_typst(const Table *table, Text *out);
void table_write_rtf(const Table *table, Text *out);
void table_write_html(const Table *table, Text *out);
int text_width(const char *text);                                      /* columns on a terminal: Chinese characters are two wide */

extern const OptionSpec TABLE_OPTIONS[];                               /* format, title, notes, rules, width, latex, lang, ... */

/* ------------------------------------------------------------------------------------------------ fit_table.c and its _columns, _terms, _numbers, _cells, _foot */

/* What stands in a cell, or on a line beneath it. */
enum { PAPER_LINES = 8 };
typedef struct PaperLine {
  const char *what;      /* "se", "|t|", "ci", "beta"; NULL: the template is all */
  const char *template;  /* text with expressions in braces */
  int way;               /* around it: 0 parentheses, 1 brackets, 2 braces, 3 nothing */
} PaperLine;

typedef struct PaperTransform {
  const char *selector, *expression; /* "dt", "@2", "dt@2", "": all */
} PaperTransform;

typedef struct PaperHighlight {
  const char *selector, *colour;     /* six hexadecimal digits or box; NULL: bold */
  double below;                      /* of p<.05; NAN: by the selector */
} PaperHighlight;

typedef struct PaperColumn {
  const Fit *fit;
  const char *part;     /* NULL: the model itself */
  const char *label, *outcome, *model;
  bool exponential;     /* exp(b) is shown */
  const char *failed;   /* why it is empty; NULL */
} PaperColumn;

typedef struct PaperPlace {
  const PaperColumn *column;
  const FitTerm *term;
  double at;            /* in place of b; NAN: the term's own */
} PaperPlace;

typedef struct PaperTerm {
  const char *name, *part; /* part: with stack=1, of a further equation; NULL */
  struct PaperTerm *also; /* another with the same label, in other columns */
} PaperTerm;

typedef struct PaperControls {
  const char *label;
  PrintList patterns;   /* of the terms that the line stands for */
} PaperControls;

typedef struct Paper {
  PrintJob *job;
  Run *run;
  bool chinese;
  int columns;
  PaperColumn *column;
  int terms;
  PaperTerm *term;      /* rows of coefficients, in their order */
  int all;
  const char **every;   /* all terms of the fits, shown or not */
  PrintList renames;
  Stars stars;
  bool starred_under;   /* the stars hang on the first line beneath */
  PrintList starred_terms; /* only these have stars */
  PaperLine main;
  int lines;
  PaperLine line[PAPER_LINES];
  bool intervals;       /* main= or under= shows them */
  int transforms, highlights;
  PaperTransform *transform;
  PaperHighlight *highlight;
  const char *vacant;   /* in a cell whose column has not the term; NULL */
  const char *dropped;  /* where it was dropped as collinear; NULL: a dash, and a note */
  bool stacked;         /* further equations stand below the model */
  PrintList parts;      /* those of parts= */
  int digits;           /* -1: as many as the error needs */
  int figures;          /* of each number, where digits=a3; 0: none */
  char figures_kind;    /* 'a', 's', 'e' */
  PrintList digits_of;  /* "t:1", "dt:5" */
  PrintList foot;       /* what stands below the coefficients, in order */
  PrintList above;      /* lines above terms */
  double level;         /* of the intervals; NAN: each fit's own */
  const char *mark[2];  /* no, yes */
  bool control_line;
  int controls, effects; /* lines of controls=, of fe= */
  PaperControls *control, *effect;
  bool effect_lines;    /* a line of its own for an effect that no line of fe= names */
  const char *title;    /* of the panel; NULL */
  bool outcomes_differ; /* between panels: not in the heads */
  Table table;
} Paper;
const char *paper_renamed(const char *item, const char *term);         /* of "name:label" the label where that is its name; else NULL */
const char *paper_label(const Paper *paper, const char *name);         /* that of rename=; NULL */
const char *paper_name(const Paper *paper, const char *term);          /* after rename= */
const char *paper_line(const Paper *paper, const char *english);       /* the name of a line: after rename=, else in the page's language */
const char *paper_word(const Paper *paper, const char *english);
int64_t paper_counted(const Paper *paper, const char *option, const char *item, const char **label); /* "label:3" */
double paper_level(const Fit *fit);                                    /* of a fit's intervals: 0.95 where it does not say */
bool paper_own_part(const char *part);                                 /* belongs to the fit's own column */
bool paper_has(const PaperColumn *column, const char *term);
bool paper_controlled(const Paper *paper, int group, const char *term); /* one of the terms of that line of controls= */
void paper_columns(Paper *paper);
void paper_heads(Paper *paper);
void paper_terms(Paper *paper);                                        /* the rows of coefficients */
void paper_check_lists(Paper *panel, int panels);                      /* a pattern must match a term of some panel */
const FitTerm *paper_row_term(const PaperColumn *column, const PaperTerm *row);
int paper_constant(const Paper *paper);                                /* 1, 0 as asked; -1: where the model estimates it */
const char *paper_line_above(const Paper *paper, const char *item, const char *term);
bool paper_matches(const Paper *paper, const char *pattern, const char *term); /* its name or its label */
bool paper_in_list(const Paper *paper, const PrintList *list, const char *term);
bool paper_selects(const Paper *paper, const char *selector, int column, const char *term); /* "dt", "@2", "dt@2-4" */
bool paper_selected(const Paper *paper, const char *selector);         /* something is */
const char *paper_column_mark(const char *selector);                   /* its @ */
void paper_highlight(const Paper *paper, int column, const FitTerm *term, TableCell *cell);
Dual paper_number(void *place, const char *name);                      /* a number of the term at a PaperPlace: b, se, ..., an attribute */
const char *paper_stars_of(Run *run, const char *what);                /* of "stars(wild_p)" the p-value; NULL */
bool paper_is_error(const char *name);
bool paper_write(const Paper *paper, const PaperColumn *column, const FitTerm *term, const char *option, const char *template, const char *stars, Text *text, bool *hanging);
void paper_read_lines(Paper *paper);                                   /* main=, under=, brackets= */
void paper_check_lines(Paper *panel, int panels);                      /* their numbers must be some fit's */
void paper_coefficients(Paper *paper, bool *dash);
double paper_common_level(const Paper *panel, int panels);             /* of the intervals; NAN where they differ or a fit does not say */
void paper_note_under(Paper *paper, double level);
void paper_note_transforms(Paper *paper);
void paper_fill(Paper *paper, const char *option, const char *item, const char *cells, TableCell *cell); /* "a | b | c" in the cells of a row */
void paper_read_groups(Paper *paper);                                  /* controls=, fe= */
void paper_foot(Paper *paper, bool last);                              /* controls, effects, units, N, R2, errors, tests, notes; last: lines= */

/* ------------------------------------------------------------------------------------------------ canvas.c, scales.c, axes.c, panels.c: SVG */

typedef enum ScaleKind { SCALE_NUMBER, SCALE_WHOLE, SCALE_LOG, SCALE_DATE, SCALE_LABELS } ScaleKind;
typedef struct Scale {
  ScaleKind kind;
  bool sizes;          /* labels without signs */
  double low, high;    /* of the data; dates are days since 1970 */
  double from, to;     /* in pixels */
  int ticks;
  double *tick;        /* in units of the data */
  const char **label;
} Scale;

typedef struct LegendEntry {
  const char *text;
  int series;          /* its colour, marker and dash */
  char kind;           /* 'p' point, 'h' hollow point, 'l' line, 'b' bar (area), 'd' the line of hline=, 'v' that of vline=, 'm' that of mark= */
} LegendEntry;

typedef struct TextLines {
  int count;
  const char **line;
} TextLines;

/* Of one panel in a figure of several (panels=): where it stands, what it shares with the others. */
struct Panel {
  bool measuring;      /* the first pass: the ranges of all panels are gathered */
  double x, y, height;
  double low[2], high[2];
  double gap;          /* the least step between two periods of any panel */
  const char *what, *xlabel, *ylabel;
};

typedef struct Figure {
  PrintJob *job;
  Run *run;
  Text *out;
  bool chinese;
  double size;                     /* pixels on the page for one of ours */
  double width, height;            /* in ours */
  double left, right, top, bottom; /* margins; the plot lies between */
  const char *what;                /* the kind of figure, for readers who do not see it */
  const char *title, *subtitle, *xlabel, *ylabel, *note;
  PrintList colours;
  Scale x, y;
  int entries;
  double legend_left;              /* of legend=right */
  LegendEntry entry[20];
} Figure;

extern const OptionSpec FIGURE_OPTIONS[];   /* title, subtitle, xlabel, ylabel, note, width, height, size, hline, vline, xmin ... ymax, legend, panels, colours, lang */
extern const char *const INK, *const PALE, *const GRID, *const ACCENT;
const char *series_colour(const Figure *figure, int series); /* Okabe-Ito, without yellow; or colours= */
const char *series_dash(int series);        /* stroke-dasharray, "" for a full line */

bool figure_panels(PrintJob *job, int group); /* draws the groups in panels of their own, where panels= asks for it */
void figure_begin(PrintJob *job, Figure *figure, const char *what, const char *xlabel, const char *ylabel); /* options; the default labels where none are given */
void figure_legend(Figure *figure, const char *text, int series, char kind);
double legend_width(const LegendEntry *entry);
/* Extends low..high to hold value; NAN and infinities are ignored. Start from (INFINITY, -INFINITY). */
void range_add(double *low, double *high, double value);
void scale_fit(Figure *figure, Scale *scale, double low, double high, ScaleKind kind); /* figure->x or figure->y; with xmin=, xlog= */
void scale_labels(Figure *figure, Scale *scale, int count, const char **label, double each); /* 0, 1, ...; each: what one takes, where height= does not say */
void scale_ticks(Figure *figure, Scale *scale);            /* once from and to are known */
double scale_at(const Scale *scale, double value);
bool read_date(const char *text, double *days);            /* 2020-03-01, 2020-03, 2020-03-01 10:30:00 */
double figure_label_room(const Figure *figure);
void figure_frame(Figure *figure);                         /* opens the SVG: lays out, draws title, legend, axes with ticks and labels; needs x and y fitted */
void figure_plot(Figure *figure);                          /* what follows is cut at the plot's edges; draws hline= and vline= */
void figure_end(Figure *figure);

void svg_line(Figure *figure, double x1, double y1, double x2, double y2, const char *colour, double width, const char *dash);
void svg_text(Figure *figure, double x, double y, const char *text, const char *anchor, double size, const char *colour, const char *more);
void svg_turned(Figure *figure, double x, double y, double degrees, const TextLines *lines, const char *anchor, double size);
void svg_marker(Figure *figure, double x, double y, int series, bool hollow, double size);
void svg_dot(Figure *figure, double x, double y, int series, double size); /* one of many points: no edge */
void svg_path_begin(Figure *figure);
void svg_path_point(Figure *figure, double x, double y, bool move);
void svg_path_end(Figure *figure, const char *colour, double width, const char *dash, const char *fill, const char *fill_opacity);
void svg_box(Figure *figure, double x, double y, double width, double height, const char *fill, const char *opacity);
void svg_number(Figure *figure, const char *name, double value); /* an attribute */
double svg_text_width(const char *text, double size);
TextLines text_wrap(Run *run, const char *text, double size, double width, int most); /* what is over ends in an ellipsis; none for NULL */

/* Groups of rows by a value, in order of first appearance. */
typedef struct Groups {
  int count;
  int *of_row;           /* -1 where NULL */
  const char **name;
} Groups;
Groups groups_of(PrintJob *job, int column);   /* column -1, beyond those given, or NULL in every row: one group without a name */
Groups groups_most(PrintJob *job, int column, int most);
double *column_of(PrintJob *job, int column);  /* NAN where it is no finite number */
double *axis_of(PrintJob *job, int column, char axis);  /* the same, and NAN below zero where the axis is logarithmic */
double *bounds_of(PrintJob *job, int column, char axis); /* of intervals: infinities stay; -INFINITY for what a logarithmic axis does not hold */
bool *taken_pixels(Figure *figure);
bool take_pixel(const Figure *figure, bool *taken, double x, double y); /* false: outside, or something is there already */

#endif
