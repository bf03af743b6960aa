/* plot_line.c: lines over two numbers: plot_line; and what plot_scatter shares with it.
 *
 * 1. plot_line(x, y[, group]): y over x in ascending x (rows of equal x in their order), one line a group; a NULL y breaks the line, a number alone between NULLs is a
 *    point; points=1 marks all. hline= is a critical value (the LR curve of a threshold), vline= the estimate.
 * 2. x may be dates: '2020-03-01', '2020-03', '2020-03-01 10:30'; all are then.
 * 3. Where many points share half a pixel of width, the first, the last, the highest and the lowest are drawn: the picture is the same.
 * 4. Rows with NULL x are left out. */
#include "plot_xy.h"

static bool all_whole(int64_t n, const double *x) {
  for (int64_t i = 0; i < n; i++)
    if (!isnan(x[i]) && x[i] != floor(x[i])) return false;
  return true;
}

/* (2) */
double *across_of(PrintJob *job, ScaleKind *kind) {
  double *x = axis_of(job, 0, 'x');
  bool dates = false;
  for (int64_t r = 0; x && r < job->rows && !dates; r++) dates = job->cell[r * job->columns].type == CELL_TEXT;
  *kind = dates ? SCALE_DATE : SCALE_NUMBER;
  for (int64_t r = 0; x && r < job->rows && dates && run_poll(job->run, 50); r++) {
    const Cell *cell = &job->cell[r * job->columns];
    x[r] = NAN;
    if (cell->type != CELL_NULL && (cell->type != CELL_TEXT || !read_date(cell->text, &x[r])))
      run_fail(job->run, "row %lld: 'x' is neither a number nor a date as 2020-03-01: '%.60s'", (long long)r + 1, print_cell(job->run, cell));
  }
  if (x && !dates && all_whole(job->rows, x)) *kind = SCALE_WHOLE;
  return x;
}

void xy_ranges(PrintJob *job, const double *x, const double *y, const int *of_row, double bounds[4]) {
  bounds[0] = bounds[2] = INFINITY;
  bounds[1] = bounds[3] = -INFINITY;
  for (int64_t r = 0; r < job->rows; r++) {
    if (isnan(x[r]) || isnan(y[r]) || of_row[r] < 0) continue;
    range_add(&bounds[0], &bounds[1], x[r]);
    range_add(&bounds[2], &bounds[3], y[r]);
  }
  const OptionValue *h = print_option(job, "hline"), *v = print_option(job, "vline");
  for (int i = 0; i < v->numbers; i++) range_add(&bounds[0], &bounds[1], v->list[i]);
  for (int i = 0; i < h->numbers; i++) range_add(&bounds[2], &bounds[3], h->list[i]);
}

/* ------------------------------------------------------------------------------------------------ plot_line */

typedef struct Stretch { /* (3): a stretch of points on one half pixel: at most four of them are drawn */
  double x[4], y[4];   /* first, lowest, highest, last */
  int64_t at[4];       /* their places */
  bool any;
} Stretch;

static void stretch_end(Figure *figure, Stretch *stretch, bool *move) {
  int64_t last = -1;
  for (int pass = 0; pass < 4 && stretch->any; pass++) { /* in their order, each once */
    int next = -1;
    for (int i = 0; i < 4; i++)
      if (stretch->at[i] > last && (next < 0 || stretch->at[i] < stretch->at[next])) next = i;
    if (next < 0) break;
    last = stretch->at[next];
    svg_path_point(figure, stretch->x[next], stretch->y[next], *move);
    *move = false;
  }
  stretch->any = false;
}

static void stretch_take(Stretch *stretch, double x, double y, int64_t at) {
  for (int i = 0; i < 4; i++) {
    bool better = !stretch->any || i == 3 || (i == 1 && y > stretch->y[1]) || (i == 2 && y < stretch->y[2]);
    if (better) stretch->x[i] = x, stretch->y[i] = y, stretch->at[i] = at;
  }
  stretch->any = true;
}

static void draw_line(Figure *figure, int64_t n, const double *x, const double *y, int g) {
  Stretch stretch = {.any = false};
  bool move = true, drawn = false;
  svg_path_begin(figure);
  for (int64_t i = 0; i < n && run_poll(figure->run, 60); i++) {
    if (isnan(y[i])) {
      stretch_end(figure, &stretch, &move);
      move = true;
      continue;
    }
    double a = scale_at(&figure->x, x[i]), b = scale_at(&figure->y, y[i]);
    if (stretch.any && floor(a * 2) != floor(stretch.x[0] * 2)) stretch_end(figure, &stretch, &move);
    stretch_take(&stretch, a, b, i);
    drawn = true;
  }
  stretch_end(figure, &stretch, &move);
  if (!drawn) svg_path_point(figure, figure->left, figure->top, true); /* an empty path is no path */
  svg_path_end(figure, series_colour(figure, g), 1.8, series_dash(g), NULL, NULL);
}

static void print_line(PrintJob *job) {
  Run *run = job->run;
  Figure figure;
  ScaleKind kind;
  if (figure_panels(job, 2)) return;
  figure_begin(job, &figure, "Lines", NULL, NULL);
  Groups groups = groups_of(job, 2);
  const double *x = across_of(job, &kind), *y = axis_of(job, 1, 'y');
  int64_t *order = NEW_ARRAY(run, int64_t, job->rows), *row = NEW_ARRAY(run, int64_t, job->rows);
  double *key = NEW_ARRAY(run, double, job->rows), *across = NEW_ARRAY(run, double, job->rows), *up = NEW_ARRAY(run, double, job->rows), bounds[4];
  bool points = print_option(job, "points")->integer != 0;
  if (run_failed(run)) return;
  xy_ranges(job, x, y, groups.of_row, bounds);
  scale_fit(&figure, &figure.x, bounds[0], bounds[1], kind);
  scale_fit(&figure, &figure.y, bounds[2], bounds[3], SCALE_NUMBER);
  for (int g = 0; g < groups.count && groups.count > 1; g++) figure_legend(&figure, groups.name[g], g, 'l');
  figure_frame(&figure);
  figure_plot(&figure);
  for (int g = 0; g < groups.count && !run_failed(run); g++) {
    int64_t n = 0;
    for (int64_t r = 0; r < job->rows; r++) {
      if (groups.of_row[r] != g || isnan(x[r])) continue;
      row[n] = r;
      key[n++] = x[r];
    }
    sort_order(run, n, key, order);
    for (int64_t i = 0; i < n && !run_failed(run); i++) across[i] = x[row[order[i]]], up[i] = y[row[order[i]]];
    if (run_failed(run)) return;
    draw_line(&figure, n, across, up, g);
    for (int64_t i = 0; i < n && run_poll(run, 300); i++) {
      bool alone = (i == 0 || isnan(up[i - 1])) && (i == n - 1 || isnan(up[i + 1]));
      if (!isnan(up[i]) && (points || alone)) svg_marker(&figure, scale_at(&figure.x, across[i]), scale_at(&figure.y, up[i]), g, false, 3.2);
    }
  }
  figure_end(&figure);
}

static const OptionSpec LINE_OPTIONS[] = {{"points", OPTION_BOOLEAN, "0", NULL, "mark the points"}, {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const LINE_GROUPS[] = {LINE_OPTIONS, FIGURE_OPTIONS, NULL};

const Printer PRINTER_plot_line = {
  .name = "plot_line",
  .arguments = "x:any, y:number, group:any?",
  .signature = "plot_line(x, y [, group] [, 'options'])",
  .summary = "SVG of lines over x, one a group; hline= and vline= for critical values and estimates",
  .options = LINE_GROUPS,
  .print = print_line,
  .example = "SELECT plot_line(year, life, continent, 'ylabel=Life expectancy') FROM (SELECT year, continent, avg(lifeExp) AS life FROM gapminder GROUP BY 2, 1)"};
