/* fit_table.c: the regression table of a paper from fits in rows: its options and its page.
 *
 * 1. Which terms, in which order: fit_table_terms.c. Their numbers: fit_table_numbers.c and fit_table_cells.c. Columns and heads: fit_table_columns.c. Below the coefficients: fit_table_foot.c.
 * 2. panels=(Homicide:3, Larceny:3): the first three fits, below them the next three, under the same columns; each panel has its own foot.
 * 3. A fit with an error, and a NULL, get an empty column and a note. */
#include "print.h"

/* ------------------------------------------------------------------------------------------------ the page */

/* digits=auto, 3, a3, (3, t:1, dt:5). */
static void read_digits(Paper *paper) {
  Run *run = paper->run;
  const char *text = print_text(paper->job, "digits");
  PrintList list = print_list(run, text);
  paper->digits = -1;
  paper->digits_of.item = NEW_ARRAY(run, const char *, list.count + 1);
  for (int i = 0; i < list.count && !run_failed(run); i++) {
    const char *item = list.item[i], *colon = strrchr(item, ':'), *from = colon ? colon + 1 + strspn(colon + 1, " <") : *item && strchr("ase", *item) ? item + 1 : item;
    int value = *from ? 0 : -1;
    for (const char *at = from; *at && value >= 0; at++) value = *at >= '0' && *at <= '9' && value < 10 ? value * 10 + *at - '0' : -1;
    if (strcmp(item, "auto") == 0) continue;
    bool figures = !colon && from > item;
    if (value < 0 || value > 15 || colon == item || (figures && (value < 1 || value > 9))) {
      run_fail(run, "digits=%.40s: a whole number from 0 to 15, auto, or a1 to a9, s1 to s9, e1 to e9 (so many figures); of a number or a term by name: digits=(3, t:1, dt:5)", text);
    } else if (colon) {
      paper->digits_of.item[paper->digits_of.count++] = item;
    } else if (figures) {
      paper->figures = value;
      paper->figures_kind = item[0];
    } else {
      paper->digits = value;
    }
  }
}

/* transform=(dt: 100*b, @2: exp(b), exp(b)): what stands before the last colon selects. */
static void read_transforms(Paper *paper) {
  PrintList list = print_list(paper->run, print_text(paper->job, "transform"));
  paper->transform = NEW_ARRAY(paper->run, PaperTransform, list.count + 1);
  for (int i = 0; i < list.count && !run_failed(paper->run); i++) {
    const char *colon = strrchr(list.item[i], ':'), *selector = colon ? run_text_n(paper->run, list.item[i], (size_t)(colon - list.item[i])) : "";
    paper->transform[paper->transforms++] = (PaperTransform){selector, colon ? colon + 1 + strspn(colon + 1, " ") : list.item[i]};
  }
}

/* highlight=(dt@2, p<.05, ul:#ffee99, @3:box). */
static void read_highlights(Paper *paper) {
  PrintList list = print_list(paper->run, print_text(paper->job, "highlight"));
  paper->highlight = NEW_ARRAY(paper->run, PaperHighlight, list.count + 1);
  for (int i = 0; i < list.count && !run_failed(paper->run); i++) {
    const char *item = list.item[i], *colon = strrchr(item, ':'), *how = colon && (colon[1] == '#' || strcmp(colon, ":box") == 0) ? colon + 1 : NULL;
    const char *selector = how ? run_text_n(paper->run, item, (size_t)(colon - item)) : item;
    double below = (double)NAN;
    if (how && *how == '#' && (strlen(how) != 7 || strspn(how + 1, "0123456789abcdefABCDEF") != 6))
      run_fail(paper->run, "highlight=%.60s: a colour is six hexadecimal digits behind :#, as in highlight=(dt@2, ul:#ffee99)", item);
    if (selector && strncmp(selector, "p<", 2) == 0 && !print_bound(selector + 2, &below)) run_fail(paper->run, "highlight=%.60s: behind p< stands a bound such as .05", item);
    paper->highlight[paper->highlights++] = (PaperHighlight){selector, how && *how == '#' ? how + 1 : how, below};
  }
}

static void read_options(Paper *paper) {
  PrintJob *job = paper->job;
  const OptionValue *level = print_option(job, "level");
  const char *starred = print_option(job, "starred")->text;
  read_digits(paper);
  read_transforms(paper);
  read_highlights(paper);
  if (run_failed(job->run)) return;
  paper_read_lines(paper);
  if (strcmp(starred, "under") == 0) paper->starred_under = paper->lines > 0;
  else if (strcmp(starred, "estimate") != 0) paper->starred_terms = print_list(job->run, starred);
  paper->vacant = print_text(job, "vacant");
  paper->dropped = print_text(job, "dropped");
  paper->stacked = print_option(job, "stack")->integer != 0;
  paper->parts = print_list(job->run, print_text(job, "parts"));
  paper->above = print_list(job->run, print_text(job, "above"));
  paper->foot = print_list(job->run, print_text(job, "foot"));
  paper->renames = print_list(job->run, print_text(job, "rename"));
  for (int i = 0; i < paper->renames.count; i++)
    if (!strpbrk(paper->renames.item[i], ":=")) run_fail(job->run, "rename=%.60s: it is made of name:label, several in parentheses: rename=(dt:Digital trade, fdi:FDI)", paper->renames.item[i]);
  paper->stars = stars_read(job->run, print_option(job, "stars")->text);
  paper->level = level->text ? level->number : (double)NAN;
  if (!isnan(paper->level) && !(paper->level > 0 && paper->level < 1)) run_fail(job->run, "level=%.40s must lie between 0 and 1, such as 0.95", level->text);
  PrintList marks = print_list(job->run, print_text(job, "marks"));
  if (marks.count && marks.count != 2) run_fail(job->run, "marks=%.60s: two words, for yes and for no, as in marks=(✓, –)", print_option(job, "marks")->text);
  for (int i = 0; i < 2; i++) paper->mark[i] = marks.count == 2 ? marks.item[1 - i] : paper_word(paper, i ? "Yes" : "No");
  if (!run_failed(job->run)) paper_read_groups(paper);
}

static void choose_exponentials(Paper *paper) {
  const char *text = print_text(paper->job, "exp");
  if (!text || strcmp(text, "0") == 0) return;
  PrintList list = print_list(paper->run, text);
  for (int i = 0; i < list.count && !run_failed(paper->run); i++) {
    bool any = false;
    for (int c = 0; c < paper->columns; c++) {
      const char *number = run_format(paper->run, "%d", c + 1);
      if (!number || (strcmp(list.item[i], "all") != 0 && strcmp(list.item[i], number) != 0)) continue;
      paper->column[c].exponential = true;
      any = true;
    }
    if (!any) run_fail(paper->run, "exp=: '%.40s' is not the number of a column (1 to %d), nor all", list.item[i], paper->columns);
  }
}

/* The papers of panels=, or one; each with its rows of the job. */
static Paper *make_panels(const Paper *paper, int *panels) {
  Run *run = paper->run;
  PrintList list = print_list(run, print_text(paper->job, "panels"));
  *panels = list.count ? list.count : 1;
  Paper *panel = NEW_ARRAY(run, Paper, *panels);
  PrintJob *job = NEW_ARRAY(run, PrintJob, *panels);
  int64_t row = 0;
  for (int p = 0; p < *panels && !run_failed(run); p++) {
    panel[p] = *paper;
    job[p] = *paper->job;
    panel[p].job = &job[p];
    if (list.count) {
      job[p].rows = paper_counted(paper, "panels", list.item[p], &panel[p].title);
      if (row + job[p].rows > paper->job->rows) run_fail(run, "panels=: '%.60s' ends at fit %lld, but there are %lld", list.item[p], (long long)(row + job[p].rows), (long long)paper->job->rows);
      if (run_failed(run)) return NULL;
      job[p].cell += row * job[p].columns;
      job[p].fit += row;
      row += job[p].rows;
    }
    paper_columns(&panel[p]);
    if (!run_failed(run)) choose_exponentials(&panel[p]);
    if (!run_failed(run)) paper_terms(&panel[p]);
    if (!run_failed(run) && panel[p].columns != panel->columns)
      run_fail(run, "panels=: '%.60s' has another number of columns (%d) than '%.60s' (%d); panels stand under the same columns", panel[p].title, panel[p].columns, panel->title, panel->columns);
    for (int c = 0; p && c < panel->columns && !run_failed(run); c++) {
      const char *a = panel->column[c].outcome, *b = panel[p].column[c].outcome;
      panel->outcomes_differ |= a && b && strcmp(a, b) != 0;
    }
  }
  if (list.count && row < paper->job->rows) run_fail(run, "panels= takes %lld fits, but there are %lld", (long long)row, (long long)paper->job->rows);
  if (!run_failed(run)) paper_check_lists(panel, *panels);
  if (!run_failed(run)) paper_check_lines(panel, *panels);
  return panel;
}

/* column=(Expected, post:+, N:many): what has no colon heads it. */
static void own_column(const Paper *paper, Table *table) {
  PrintList list = print_list(paper->run, print_text(paper->job, "column"));
  const char **name = NEW_ARRAY(paper->run, const char *, 2 * list.count + 1), **text = name ? name + list.count : NULL, *head = "";
  int count = 0;
  for (int i = 0; i < list.count && !run_failed(paper->run); i++) {
    const char *colon = strrchr(list.item[i], ':'), *term = colon ? run_text_n(paper->run, list.item[i], (size_t)(colon - list.item[i])) : NULL;
    if (!colon) head = list.item[i];
    if (!term) continue;
    name[count] = strcmp(term, "N") == 0 ? paper_line(paper, "N") : paper_name(paper, term);
    text[count++] = colon + 1 + strspn(colon + 1, " ");
  }
  if (list.count && !run_failed(paper->run)) table_insert(table, head, count, name, text);
}

/* wide=: NULL for no, "1", or the heads. */
static const char *wide(const PrintJob *job) {
  static const char *const SWITCH[] = {"0", "no", "false", "1", "yes", "true"};
  const char *text = print_option(job, "wide")->text;
  for (int i = 0; i < 6; i++)
    if (strcmp(text, SWITCH[i]) == 0) return i > 2 ? "1" : NULL;
  return text;
}

static void print(PrintJob *job) {
  Paper paper = {.job = job, .run = job->run, .chinese = print_chinese(job)};
  int panels;
  read_options(&paper);
  if (run_failed(job->run)) return;
  Paper *panel = make_panels(&paper, &panels);
  if (run_failed(job->run)) return;
  table_begin(job, &panel->table, panel->columns + 1);
  paper_heads(panel);
  bool dash = false, ruled = false;
  int *foot = NEW_ARRAY(job->run, int, 2 * panels), *foot_end = foot ? foot + panels : NULL;
  for (int i = 0; i < paper.foot.count; i++) ruled |= strcmp(paper.foot.item[i], "rule") == 0;
  for (int p = 0; p < panels && !run_failed(job->run); p++) {
    if (p) panel[p].table = panel[p - 1].table;
    Table *table = &panel[p].table;
    table_rule(table);
    TableCell *title = panel[p].title ? table_row(table, TABLE_BODY, panel[p].title) : NULL;
    if (title) title->span = table->columns;
    paper_coefficients(&panel[p], &dash);
    if (panel[p].terms && !ruled) table_rule(table);
    if (!p) paper_note_under(&panel[p], paper_common_level(panel, panels));
    if (!p) paper_note_transforms(&panel[p]);
    if (p == panels - 1 && dash) table_note(table, run_format(job->run, "%s%s", paper_word(&paper, "A dash: dropped as collinear"), paper.chinese ? "。" : "."));
    if (run_failed(job->run)) return;
    foot[p] = table->rows;
    paper_foot(&panel[p], p == panels - 1);
    foot_end[p] = table->rows;
    if (table->row[table->rows - 1].kind == TABLE_RULE) table->rows--; /* nothing stands below the coefficients */
  }
  if (run_failed(job->run)) return;
  Table *table = &panel[panels - 1].table;
  if (panels > 1 && print_option(job, "shared")->integer) table_share(table, panels, foot, foot_end);
  bool transposed = print_option(job, "transpose")->integer != 0;
  if (transposed && (panels > 1 || panel->stacked)) run_fail(job->run, "transpose=1 does not go with panels= or stack=1");
  if (transposed && !run_failed(job->run)) table_transpose(table);
  if (!run_failed(job->run)) own_column(&paper, table);
  if (!transposed && !wide(job)) table_break_names(table, (int)print_option(job, "names")->integer);
  if (run_failed(job->run)) return;
  if (wide(job) && !print_option(job, "beside")->integer && panel->lines) table_widen(table, panel->lines, print_list(job->run, strcmp(wide(job), "1") == 0 ? NULL : wide(job)));
  table_own_notes(job, table);
  table_write(table, print_option(job, "format")->text, job->out);
}

static const OptionSpec OPTIONS[] = {
  {"main", OPTION_TEXT, "b", NULL, "what stands in the cell of a term: b, beta, any number kept with the terms, an expression (100*b), or a template: {b}{stars} ({se})"},
  {"under", OPTION_TEXT, "se", NULL, "what stands beneath it: se, t, z, p, ci, |t|, any other number, joined by +; templates: (\"[{low}, {high}]\", \"p = {p}\"); none"},
  {"transform", OPTION_TEXT, NULL, NULL, "transformed coefficients: 100*(exp(b)-1), (dt: exp(b), @2: 100*b) of a term, of a column; errors by the delta method"},
  {"beside", OPTION_BOOLEAN, "0", NULL, "1: behind the estimate, in its cell"},
  {"wide", OPTION_TEXT, "0", NULL, "1: in columns of their own; (Est., S.E.): with these heads"},
  {"brackets", OPTION_TEXT, NULL, NULL, "around the lines of under=, in turn: ([], (), {}, 0), 0 for none; without it () then [], [] of intervals"},
  {"level", OPTION_NUMBER, NULL, NULL, "level of the intervals; without it each fit's own"},
  {"exp", OPTION_TEXT, NULL, NULL, "exponentiated coefficients: all, or the numbers of columns: (2, 3)"},
  {"beta", OPTION_BOOLEAN, "0", NULL, "1: standardized coefficients, b sd(x) / sd(y), of fits by fe_ols"},
  {"stars", OPTION_TEXT, "(.01,.05,.1)", NULL, "bounds of p for ***, **, *; (+ .1, * .05) names the symbols; 0: none"},
  {"starred", OPTION_TEXT, "estimate", NULL, "what the stars hang on: the estimate, under: the first line beneath it; or the only terms that have them: (dt, x*)"},
  {"digits", OPTION_TEXT, "auto", NULL, "decimals; auto: three, more for small errors; a3, s3, e3: figures of each number; (3, t:1, dt:5): those of a number, of a term; p:<3: <0.001"},
  {"vacant", OPTION_TEXT, NULL, NULL, "what stands where a column has not the term"},
  {"dropped", OPTION_TEXT, NULL, NULL, "what stands where it was dropped as collinear, in place of a dash and its note"},
  {"highlight", OPTION_TEXT, NULL, NULL, "bold terms, columns, cells: (dt, @2, dt@2-4, p<.05); with a colour behind: dt@2:#ffee99, in a frame: dt@2:box"},
  {"names", OPTION_INTEGER, "0", NULL, "names of terms wider than so many signs go on in the lines beneath"},
  {"gaps", OPTION_BOOLEAN, "0", NULL, "1: space between the terms"},
  {"keep", OPTION_TEXT, NULL, NULL, "the terms to show: names or patterns with *; the others are controls"},
  {"drop", OPTION_TEXT, NULL, NULL, "terms not to show"},
  {"order", OPTION_TEXT, NULL, NULL, "terms that come first"},
  {"above", OPTION_TEXT, NULL, NULL, "lines above terms: (educ:Schooling, region::2:North | ref.), with a word for the columns that have the term"},
  {"rename", OPTION_TEXT, NULL, NULL, "labels of terms, outcomes, effects and lines: (dt:Digital trade, prov:Province, N:Observations)"},
  {"constant", OPTION_CHOICE, "auto", "auto|1|0|yes|no", "1: the constant also of models with absorbed effects; 0: never"},
  {"parts", OPTION_TEXT, NULL, NULL, "further equations as columns: first* or *"},
  {"groups", OPTION_TEXT, NULL, NULL, "heads over several columns: (All states:2, South:2); ((...), (...)): several lines of them"},
  {"panels", OPTION_TEXT, NULL, NULL, "panels below each other: (Homicide:3, Larceny:3) takes three fits, then three"},
  {"shared", OPTION_BOOLEAN, "0", NULL, "1: what all panels' feet say alike stands once, at the end"},
  {"stack", OPTION_BOOLEAN, "0", NULL, "1: further equations (first stages, quantiles) below each other in the column of their fit"},
  {"transpose", OPTION_BOOLEAN, "0", NULL, "1: a row for each fit, a column for each term"},
  {"column", OPTION_TEXT, NULL, NULL, "a column of one's own behind the names: (Expected, post:+, poverty:–)"},
  {"numbers", OPTION_BOOLEAN, "1", NULL, "the line (1) (2) ..."},
  {"outcomes", OPTION_BOOLEAN, "1", NULL, "the line of the outcomes"},
  {"controls", OPTION_TEXT, "1", NULL, "the Yes/No line for terms that are not shown; (Weather:rain temp*, Size:assets) makes lines of them; 0: none"},
  {"lines", OPTION_TEXT, NULL, NULL, "further lines: (Sample: all | all | South), one cell a column; statistics of the fit in braces: (F: {f_statistic:2})"},
  {"marks", OPTION_TEXT, NULL, NULL, "the words of Yes/No lines: (✓, –)"},
  {"foot", OPTION_TEXT, NULL, NULL, "what stands below the coefficients, in this order: (controls, fe, units, lines, N, r2, stats, errors, tests), rule, a statistic, a test, one of lines="},
  {"fe", OPTION_TEXT, "1", NULL, "a Yes/No line for each absorbed effect; (Place and time:sid year) makes lines of several; 0: none"},
  {"nobs", OPTION_BOOLEAN, "1", NULL, "the line N"},
  {"units", OPTION_CHOICE, "1", "1|0|all|label|yes|no", "the number of levels of the first absorbed effect; all: of each; label: behind the names of the effects"},
  {"r2", OPTION_TEXT, "overall", NULL, "overall, within, adj, joined by +; none"},
  {"stats", OPTION_TEXT, NULL, NULL, "further statistics of the fits by name: (rmse, outcome_mean, aic:1), with the decimals behind a colon"},
  {"errors", OPTION_BOOLEAN, "1", NULL, "the line that says how errors were made"},
  {"tests", OPTION_TEXT, "auto", NULL, "lines for tests: auto (instruments, pretrend, sobel, ...), all, none, or names"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const GROUPS[] = {OPTIONS, TABLE_OPTIONS, NULL};

const Printer PRINTER_fit_table = {
  .name = "fit_table",
  .arguments = "label:any, fit:fit",
  .signature = "fit_table(label, fit [, 'options'])",
  .summary = "the regression table of a paper from fits in rows: text, markdown, latex, html, csv, tsv, rtf, typst",
  .options = GROUPS,
  .print = print,
  .example = "SELECT fit_table(name, fit, 'keep=value') FROM (SELECT '(1)' AS name, fe_ols('invest ~ value', invest, value) AS fit FROM grunfeld "
             "UNION ALL SELECT '(2)', fe_ols('invest ~ value + capital | firm + year', invest, value, capital, firm, year) FROM grunfeld)"};
