/* sheets.c: the two tables in front of the regressions: correlations and descriptives.
 *
 * 1. corr_table: rows of pairs (var1, var2, r, p) in any order, as panel_correlate gives them, become the lower triangle. Variables stand in the order in which
 *    they first appear (var2 before var1). A pair given twice takes the last; a pair that is not there stays empty; the diagonal is 1 unless it is given.
 *    Stars by p; under=p puts p in parentheses beneath, without stars unless stars= asks for them.
 * 2. describe_table: one line a variable, its values in the order given, heads from columns=(...). Without it five values are N, Mean, SD, Min, Max.
 *    Whole numbers of integer type have no decimals; others have digits=. */
#include "print.h"

/* ------------------------------------------------------------------------------------------------ corr_table */

enum { VARIABLES_MOST = 1000 };

static int variable_index(Run *run, int *count, const char **name, const char *wanted) {
  for (int i = 0; i < *count; i++)
    if (strcmp(name[i], wanted) == 0) return i;
  if (*count == VARIABLES_MOST) {
    run_fail(run, "more than %d variables", VARIABLES_MOST);
    return -1;
  }
  name[*count] = wanted;
  return (*count)++;
}

static void triangle(PrintJob *job, Table *table, int k, const char **name, const int64_t *pair, const Stars *stars, bool under) {
  Run *run = job->run;
  int digits = (int)print_option(job, "digits")->integer;
  bool numbered = strcmp(print_option(job, "heads")->text, "numbers") == 0;
  TableCell *head = table_row(table, TABLE_HEAD, "");
  for (int j = 0; j < k && head; j++) head[1 + j].text = numbered ? run_format(run, "(%d)", j + 1) : name[j];
  table_rule(table);
  for (int i = 0; i < k && run_poll(run, (uint64_t)k * 1000); i++) {
    TableCell *row = table_row(table, TABLE_BODY, numbered ? run_format(run, "(%d) %s", i + 1, name[i]) : name[i]), *beneath = under ? table_row(table, TABLE_BODY, "") : NULL;
    for (int j = 0; j <= i && !run_failed(run); j++) {
      int64_t at = pair[i * k + j];
      const Cell *cell = at < 0 ? NULL : &job->cell[at * job->columns];
      double r = cell ? cell_value(&cell[2]) : i == j ? 1 : (double)NAN, p = cell ? cell_value(&cell[3]) : (double)NAN;
      if (isnan(r)) continue;
      row[1 + j] = (TableCell){.text = print_fixed(run, r, digits), .stars = i == j ? "" : stars_of(stars, p), .number = true, .span = 1};
      if (beneath && !isnan(p)) beneath[1 + j] = (TableCell){.text = run_format(run, "(%s)", print_fixed(run, p, 3)), .number = true, .span = 1};
    }
  }
}

static void print_correlations(PrintJob *job) {
  Run *run = job->run;
  bool under = strcmp(print_option(job, "under")->text, "p") == 0;
  const OptionValue *given = print_option(job, "stars");
  Stars stars = stars_read(run, under && !given->given ? "0" : given->text);
  const char **name = NEW_ARRAY(run, const char *, VARIABLES_MOST);
  int *index = NEW_ARRAY(run, int, 2 * job->rows);
  if (run_failed(run)) return;
  int k = 0;
  for (int64_t r = 0; r < job->rows && run_poll(run, 1000); r++) {
    for (int side = 1; side >= 0; side--) {
      const Cell *cell = &job->cell[r * job->columns + side];
      if (cell->type == CELL_NULL) run_fail(run, "row %lld has no name for var%d", (long long)r + 1, side + 1);
      index[2 * r + side] = run_failed(run) ? 0 : variable_index(run, &k, name, print_cell(run, cell));
    }
  }
  int64_t *pair = NEW_ARRAY(run, int64_t, k * k);
  if (run_failed(run)) return;
  for (int i = 0; i < k * k; i++) pair[i] = -1;
  for (int64_t r = 0; r < job->rows; r++) {
    int a = index[2 * r], b = index[2 * r + 1];
    pair[a > b ? a * k + b : b * k + a] = r;
  }
  PrintList renames = print_list(run, print_text(job, "rename"));
  for (int i = 0; i < k; i++) {
    for (int j = 0; j < renames.count; j++) {
      size_t length = strlen(name[i]);
      if (strncmp(renames.item[j], name[i], length) == 0 && (renames.item[j][length] == ':' || renames.item[j][length] == '=')) {
        name[i] = print_unquoted(run, renames.item[j] + length + 1);
        break;
      }
    }
  }
  Table table;
  table_begin(job, &table, k + 1);
  triangle(job, &table, k, name, pair, &stars, under);
  if (under) table_note(&table, run_format(run, "%s%s", print_word(table.chinese, "p-values in parentheses"), table.chinese ? "。" : "."));
  if (stars.count) table_note(&table, run_format(run, "%s%s", stars_note(run, &stars), table.chinese ? "。" : "."));
  table_own_notes(job, &table);
  if (!run_failed(run)) table_write(&table, print_option(job, "format")->text, job->out);
}

static const OptionSpec CORRELATION_OPTIONS[] = {
  {"under", OPTION_CHOICE, "none", "none|p", "p: the p-value in parentheses beneath each r"},
  {"stars", OPTION_TEXT, "(.01,.05,.1)", NULL, "bounds of p for ***, **, *; 0: none"},
  {"digits", OPTION_INTEGER, "3", NULL, "decimals"},
  {"heads", OPTION_CHOICE, "names", "names|numbers", "numbers: columns (1) (2) ... and numbered rows"},
  {"rename", OPTION_TEXT, NULL, NULL, "labels of variables: (dt:Digital trade, fdi:FDI)"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const CORRELATION_GROUPS[] = {CORRELATION_OPTIONS, TABLE_OPTIONS, NULL};

const Printer PRINTER_corr_table = {
  .name = "corr_table",
  .arguments = "var1:any, var2:any, r:number, p_value:number",
  .signature = "corr_table(var1, var2, r, p_value [, 'options'])",
  .summary = "the lower triangle of a correlation matrix with stars, or with p-values beneath",
  .options = CORRELATION_GROUPS,
  .print = print_correlations,
  .example = "SELECT corr_table(var1, var2, r, p_value) FROM panel_correlate('grunfeld', 'invest, value, capital')"};

/* ------------------------------------------------------------------------------------------------ describe_table */

static void print_descriptives(PrintJob *job) {
  static const char *const FIVE[] = {"N", "Mean", "SD", "Min", "Max"};
  static const char *const NAMES[][2] = {{"n", "N"}, {"mean", "Mean"}, {"sd", "SD"}, {"min", "Min"}, {"max", "Max"}, {"p50", "Median"}, {"median", "Median"}};
  Run *run = job->run;
  int values = job->columns - 1, digits = (int)print_option(job, "digits")->integer;
  PrintList heads = print_list(run, print_text(job, "columns")), renames = print_list(run, print_text(job, "rename"));
  if (run_failed(run)) return;
  if (!heads.count && values != 5) run_fail(run, "%d values a row: columns=(N, Mean, ...) must name them; without it there are five: N, Mean, SD, Min, Max", values);
  if (heads.count && heads.count != values) run_fail(run, "columns= names %d columns, but %d values follow the variable", heads.count, values);
  Table table;
  table_begin(job, &table, values + 1);
  TableCell *head = table_row(&table, TABLE_HEAD, print_word(table.chinese, "Variable"));
  if (!head || run_failed(run)) return;
  for (int v = 0; v < values; v++) {
    const char *name = heads.count ? heads.item[v] : FIVE[v];
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
      if (strcmp(name, NAMES[i][0]) == 0) name = NAMES[i][1];
    head[1 + v].text = print_word(table.chinese, name);
  }
  table_rule(&table);
  for (int64_t r = 0; r < job->rows && run_poll(run, (uint64_t)values * 1000); r++) {
    const Cell *cell = &job->cell[r * job->columns];
    const char *name = print_cell(run, cell);
    for (int j = 0; j < renames.count && !run_failed(run); j++) {
      size_t length = strlen(name);
      if (strncmp(renames.item[j], name, length) != 0 || (renames.item[j][length] != ':' && renames.item[j][length] != '=')) continue;
      name = print_unquoted(run, renames.item[j] + length + 1);
      break;
    }
    TableCell *row = table_row(&table, TABLE_BODY, name);
    for (int v = 0; row && v < values; v++) {
      const Cell *value = &cell[1 + v];
      bool decimal = value->type == CELL_NUMBER;
      row[1 + v] = (TableCell){.text = decimal ? print_fixed(run, value->number, digits) : print_cell(run, value), .number = value->type != CELL_TEXT, .span = 1};
    }
  }
  table_own_notes(job, &table);
  if (!run_failed(run)) table_write(&table, print_option(job, "format")->text, job->out);
}

static const OptionSpec DESCRIPTIVE_OPTIONS[] = {
  {"columns", OPTION_TEXT, NULL, NULL, "the heads of the values: (N, Mean, p50, SD, Min, Max)"},
  {"digits", OPTION_INTEGER, "3", NULL, "decimals"},
  {"rename", OPTION_TEXT, NULL, NULL, "labels of variables: (dt:Digital trade, fdi:FDI)"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const DESCRIPTIVE_GROUPS[] = {DESCRIPTIVE_OPTIONS, TABLE_OPTIONS, NULL};

const Printer PRINTER_describe_table = {
  .name = "describe_table",
  .arguments = "variable:any, value:any...",
  .signature = "describe_table(variable, n, mean, sd, min, max [, 'options'])",
  .summary = "a descriptive table, one line a variable, any values: text, markdown, latex, html, csv, rtf",
  .options = DESCRIPTIVE_GROUPS,
  .print = print_descriptives,
  .example = "SELECT describe_table(variable, n, mean, sd, min, max) FROM panel_describe('grunfeld', 'invest, value, capital')"};
