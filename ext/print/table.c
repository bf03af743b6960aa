/* table.c: the model of a table, and what is asked of it in every format.
 *
 * 1. A table is heads, body rows and rules of cells in plain UTF-8. What a format needs escaped it escapes itself; escape=0 leaves that to the author.
 * 2. rules=0|1|double|hline: lines across; hline: LaTeX's own, without booktabs. compress=1: less space between columns. align=r or lcr...: of all columns but the first, or of each;
 *    d: at the decimal point. width=12cm or 80% (full=1: 100%). font=Arial 10 in HTML and RTF. decimal=comma, zero=0 (.123): of the numbers in cells, at last.
 * Columns and rows that change places: table_shape.c. */
#include "print.h"

#include <ctype.h>

const OptionSpec TABLE_OPTIONS[] = {
  {"format", OPTION_CHOICE, "text", "text|markdown|latex|html|csv|scsv|tsv|rtf|typst", "the format of the page; scsv: csv with semicolons, tsv: with tabs"},
  {"title", OPTION_TEXT, NULL, NULL, "the caption"},
  {"label", OPTION_TEXT, NULL, NULL, "LaTeX, Typst: the label"},
  {"notes", OPTION_TEXT, NULL, NULL, "further text beneath the table, (first, second): in lines; notes=0: none at all"},
  {"rules", OPTION_CHOICE, "1", "1|0|double|hline|yes|no", "lines across; double: at the top and the end; hline: LaTeX without booktabs; 0: none"},
  {"compress", OPTION_BOOLEAN, "0", NULL, "1: less space between columns"},
  {"align", OPTION_TEXT, NULL, NULL, "l, c, r or d (at the point) for all columns but the first, or a letter for each: lcrd"},
  {"width", OPTION_TEXT, NULL, NULL, "LaTeX, HTML, RTF, Typst: 12cm, 5in, 300pt or 80% of the page"},
  {"full", OPTION_BOOLEAN, "0", NULL, "width=100%"},
  {"font", OPTION_TEXT, NULL, NULL, "HTML, RTF, Typst: a name, a size in points or both: Arial 10"},
  {"decimal", OPTION_CHOICE, "point", "point|comma", "comma: 0,123 and 1.234"},
  {"zero", OPTION_BOOLEAN, "1", NULL, "0: .123 without a zero in front"},
  {"escape", OPTION_BOOLEAN, "1", NULL, "0: labels, title and notes are LaTeX, HTML, Markdown, RTF or Typst as they stand: $\\beta$"},
  {"fragment", OPTION_CHOICE, "0", "0|1|rows|no|yes", "LaTeX, Typst: the table without what stands around it; rows: LaTeX, HTML, its rows only"},
  {"excel", OPTION_BOOLEAN, "0", NULL, "csv, scsv, tsv: 1: cells as =\"(0.04)\", which a sheet would else read as -0.04"},
  {"page", OPTION_BOOLEAN, "0", NULL, "LaTeX, HTML, Typst: a whole document"},
  {"latex", OPTION_TEXT, NULL, NULL, "LaTeX: dcolumn, threeparttable, sideways, longtable, adjustbox (packages of these names), wide (table*), here ([H], float), flush (no space at the sides), "
                                     "standalone (page=1 of that class), a size, stretch:1.2, place:tp, packages:amssymb siunitx"},
  {"lang", OPTION_CHOICE, "en", "en|zh", "the language of the words that we add"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};

/* latex=(small, dcolumn, stretch:1.2). */
static void read_latex(const PrintJob *job, Table *table) {
  static const char *const SIZES[] = {"tiny", "scriptsize", "footnotesize", "small", "normalsize", "large"}; /* the commands are of these names */
  struct {
    const char *word;
    bool *set;
  } const words[] = {{"dcolumn", &table->latex.dcolumn}, {"threeparttable", &table->latex.threeparttable}, {"sideways", &table->latex.sideways}, {"wide", &table->latex.wide}, {"here", &table->latex.here},
                     {"longtable", &table->latex.longtable}, {"adjustbox", &table->latex.adjustbox}, {"flush", &table->latex.flush}, {"standalone", &table->latex.standalone}};
  struct {
    const char *word, *characters;
    const char **text;
  } const values[] = {{"stretch:", "0123456789.", &table->latex.stretch}, {"place:", "htbpH!", &table->latex.place}, {"packages:", "abcdefghijklmnopqrstuvwxyz0123456789- ", &table->latex.packages}};
  PrintList list = print_list(job->run, print_text(job, "latex"));
  for (int i = 0; i < list.count; i++) {
    bool known = false;
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
      if (strcmp(list.item[i], words[w].word) == 0) known = *words[w].set = true;
    for (int w = 0; w < 6; w++)
      if (strcmp(list.item[i], SIZES[w]) == 0) known = (table->latex.size = SIZES[w]) != NULL;
    for (int w = 0; w < 3; w++) {
      size_t length = strlen(values[w].word);
      if (strncmp(list.item[i], values[w].word, length) != 0) continue;
      const char *value = list.item[i] + length + strspn(list.item[i] + length, " ");
      known = *value && strspn(value, values[w].characters) == strlen(value);
      *values[w].text = value;
    }
    if (!known) run_fail(job->run, "latex=: '%.40s' is none of dcolumn, threeparttable, sideways, wide, here, longtable, adjustbox, flush, standalone, tiny, scriptsize, footnotesize, small, normalsize, "
                         "large, stretch:1.2, place:tp, packages:amssymb", list.item[i]);
  }
  table->page |= table->latex.standalone;
  if (table->latex.longtable && (table->latex.threeparttable || table->latex.sideways || table->latex.wide || table->latex.here || table->latex.adjustbox || table->latex.standalone || table->width.unit))
    run_fail(job->run, "latex=longtable breaks over pages and does not go with threeparttable, sideways, wide, here, adjustbox, standalone, width= or full=1");
}

/* "12.5cm". */
static void read_width(const PrintJob *job, Table *table) {
  static const char *const UNITS[] = {"%", "cm", "mm", "in", "pt"};
  const char *text = print_text(job, "width");
  if (!text && print_option(job, "full")->integer) text = "100%";
  if (!text) return;
  double value = 0, scale = 1;
  const char *at = text;
  for (bool point = false; isdigit((unsigned char)*at) || (*at == '.' && !point); at++) {
    if (*at == '.') point = true;
    else value = value * 10 + (*at - '0'), scale *= point ? 10 : 1;
  }
  at += strspn(at, " ");
  for (int u = 0; u < 5; u++)
    if (strcmp(at, UNITS[u]) == 0) table->width.unit = UNITS[u];
  table->width.value = value / scale;
  if (!table->width.unit || !(table->width.value > 0 && table->width.value < 10000)) run_fail(job->run, "width=%.40s: a number and cm, mm, in, pt or %%, as in 12cm", text);
}

/* "Arial", "10", "Times New Roman 10.5". */
static void read_font(const PrintJob *job, Table *table) {
  const char *text = print_text(job, "font");
  if (!text) return;
  bool sound = true;
  size_t length = strlen(text), number = length;
  while (number && strchr("0123456789.", text[number - 1])) number--;
  if (number < length && (!number || text[number - 1] == ' ')) {
    double value = 0, scale = 1;
    bool point = false;
    for (size_t i = number; i < length; i++) {
      if (text[i] == '.') point = true;
      else value = value * 10 + (text[i] - '0'), scale *= point ? 10 : 1;
    }
    table->font.points = value / scale;
    sound = value / scale >= 1 && value / scale <= 100;
    length = number;
    while (length && text[length - 1] == ' ') length--;
  }
  table->font.name = length ? run_text_n(job->run, text, length) : NULL;
  for (size_t i = 0; i < length; i++) sound &= isalnum((unsigned char)text[i]) || strchr(" -", text[i]) || (unsigned char)text[i] >= 128;
  if (!sound) run_fail(job->run, "font=%.60s: a name, a size from 1 to 100 points, or both, as in Arial 10", text);
}

void table_begin(const PrintJob *job, Table *table, int columns) {
  const char *rules = print_option(job, "rules")->text, *fragment = print_option(job, "fragment")->text;
  *table = (Table){.run = job->run, .columns = columns, .title = print_text(job, "title"), .label = print_text(job, "label"), .chinese = print_chinese(job), .align = print_text(job, "align"),
                   .fragment = !strchr("0n", *fragment), .bare = strcmp(fragment, "rows") == 0, .formulas = print_option(job, "excel")->integer != 0, .page = print_option(job, "page")->integer != 0, .compress = print_option(job, "compress")->integer != 0,
                   .raw = print_option(job, "escape")->integer == 0, .no_zero = print_option(job, "zero")->integer == 0, .point = strcmp(print_option(job, "decimal")->text, "comma") == 0 ? ',' : '.',
                   .rules = strcmp(rules, "double") == 0 ? RULES_DOUBLE : strcmp(rules, "hline") == 0 ? RULES_HLINE : strcmp(rules, "0") == 0 || strcmp(rules, "no") == 0 ? RULES_NONE : RULES_ONE};
  read_width(job, table);
  read_font(job, table);
  read_latex(job, table);
}

TableCell *table_row(Table *table, TableRowKind kind, const char *name) {
  Run *run = table->run;
  if (run_failed(run)) return NULL;
  if (table->rows == table->capacity) {
    int capacity = table->capacity ? table->capacity * 2 : 32;
    TableRow *row = run_grow(run, table->row, (size_t)capacity, sizeof *row);
    if (!row) return NULL;
    table->row = row;
    table->capacity = capacity;
  }
  TableCell *cell = kind == TABLE_RULE ? NULL : NEW_ARRAY(run, TableCell, table->columns);
  if (run_failed(run)) return NULL;
  for (int c = 0; cell && c < table->columns; c++) cell[c].span = 1;
  if (cell) cell[0].text = name;
  table->row[table->rows++] = (TableRow){.kind = kind, .cell = cell};
  return cell;
}

void table_rule(Table *table) {
  if (!table->rows || table->row[table->rows - 1].kind != TABLE_RULE) table_row(table, TABLE_RULE, NULL);
}

void table_note(Table *table, const char *note) {
  Run *run = table->run;
  if (run_failed(run) || !note) return;
  if (table->notes == table->note_capacity) {
    int capacity = table->note_capacity ? table->note_capacity * 2 : 8;
    const char **notes = run_grow(run, table->note, (size_t)capacity, sizeof *notes);
    if (!notes) return;
    table->note = notes;
    table->note_capacity = capacity;
  }
  table->note[table->notes++] = note;
}

/* notes=0 leaves out what was noted; (first, second) are lines of their own. */
void table_own_notes(const PrintJob *job, Table *table) {
  const char *notes = print_text(job, "notes");
  if (!notes || run_failed(job->run)) return;
  if (strcmp(notes, "0") == 0) {
    table->notes = 0;
    return;
  }
  PrintList list = *notes == '(' && notes[strlen(notes) - 1] == ')' ? print_list(job->run, notes) : (PrintList){1, &notes};
  for (int i = 0; i < list.count; i++) table_note(table, list.item[i]);
  table->given_notes = list.count;
}

Table table_for_note(const Table *table, int note) {
  Table copy = *table;
  copy.raw &= note >= table->notes - table->given_notes;
  return copy;
}

/* ------------------------------------------------------------------------------------------------ numbers in cells */

/* decimal=comma changes points and commas between digits and parts two numbers by a semicolon; zero=0 leaves out a zero before the point. */
const char *table_styled(const Table *table, const char *text) {
  if (!text || (table->point == '.' && !table->no_zero)) return text;
  Text styled = {.run = table->run};
  for (const char *at = text; *at; at++) {
    bool behind_digit = at > text && isdigit((unsigned char)at[-1]), before_digit = isdigit((unsigned char)at[1]);
    if (table->no_zero && *at == '0' && at[1] == '.' && !behind_digit && (at == text || at[-1] != '.')) continue;
    if (table->point == ',' && *at == '.' && before_digit) text_add(&styled, ",");
    else if (table->point == ',' && *at == ',' && behind_digit) text_add(&styled, before_digit ? "." : ";");
    else text_add_n(&styled, at, 1);
  }
  return run_failed(table->run) || !styled.data ? "" : styled.data;
}

static void style_cells(Table *table) {
  if (table->point == '.' && !table->no_zero) return;
  for (int r = 0; r < table->rows && run_poll(table->run, (uint64_t)table->columns * 100); r++)
    for (int c = 0; table->row[r].cell && c < table->columns; c++)
      if (table->row[r].cell[c].number) table->row[r].cell[c].text = table_styled(table, table->row[r].cell[c].text);
}

/* The letter of a column; 0: as the format has it. */
char table_align(const Table *table, int column) {
  if (!table->align) return 0;
  if (!table->align[1]) return column ? table->align[0] : 'l';
  return table->align[column];
}

static void check_align(const Table *table) {
  if (!table->align) return;
  int letters = (int)strlen(table->align);
  if (strspn(table->align, "lcrd") != strlen(table->align) || (letters != 1 && letters != table->columns))
    run_fail(table->run, "align=%.60s: l, c, r or d, one for all columns but the first or one for each of the %d", table->align, table->columns);
}

void table_write(Table *table, const char *format, Text *out) {
  if (!run_failed(table->run)) check_align(table);
  if (!run_failed(table->run)) style_cells(table);
  if (run_failed(table->run)) return;
  if (strcmp(format, "markdown") == 0) table_write_markdown(table, out);
  else if (strcmp(format, "latex") == 0) table_write_latex(table, out);
  else if (strcmp(format, "html") == 0) table_write_html(table, out);
  else if (strcmp(format, "rtf") == 0) table_write_rtf(table, out);
  else if (strcmp(format, "typst") == 0) table_write_typst(table, out);
  else if (strcmp(format, "csv") == 0) table_write_csv(table, ',', out);
  else if (strcmp(format, "scsv") == 0) table_write_csv(table, ';', out);
  else if (strcmp(format, "tsv") == 0) table_write_csv(table, '\t', out);
  else table_write_text(table, out);
}
