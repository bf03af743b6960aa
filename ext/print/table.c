/* table.c: the model of a table, and the two formats that look alike in a terminal: text and CSV.
 *
 * 1. A table is heads, body rows and rules of cells in plain UTF-8. What a format needs escaped it escapes itself.
 * 2. text: a number's decimal point stands under the points above it, stars hang on the right; other cells are centred in their column.
 *    A spanning cell is centred over its columns, which grow where it is wider. Chinese characters count as two.
 *    A row whose first cell spans all columns is the title of a panel.
 * 3. CSV (RFC 4180): one line a row, rules left out, a spanning cell written in each of its columns, so that a column has its head; title and notes left out.
 *    scsv: the same with semicolons; tsv: with tabs and without quotes, tabs within a cell being blanks. */
#include "print.h"

#include <stdio.h>

const OptionSpec TABLE_OPTIONS[] = {
  {"format", OPTION_CHOICE, "text", "text|markdown|latex|html|csv|scsv|tsv|rtf", "the format of the page; scsv: csv with semicolons, tsv: with tabs"},
  {"title", OPTION_TEXT, NULL, NULL, "the caption"},
  {"label", OPTION_TEXT, NULL, NULL, "LaTeX's label"},
  {"notes", OPTION_TEXT, NULL, NULL, "further text beneath the table; notes=0: none at all"},
  {"fragment", OPTION_BOOLEAN, "0", NULL, "LaTeX: the tabular alone"},
  {"full", OPTION_BOOLEAN, "0", NULL, "LaTeX, HTML, RTF: as wide as the page"},
  {"page", OPTION_BOOLEAN, "0", NULL, "LaTeX, HTML: a whole document"},
  {"latex", OPTION_TEXT, NULL, NULL, "LaTeX: dcolumn, threeparttable, sideways, longtable (packages of these names), wide (table*), here ([H], float), and a size: (small, dcolumn)"},
  {"lang", OPTION_CHOICE, "en", "en|zh", "the language of the words that we add"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};

static void read_latex(const PrintJob *job, Table *table) {
  static const char *const SIZES[] = {"tiny", "scriptsize", "footnotesize", "small", "normalsize", "large"}; /* the commands are of these names */
  static const char *const WORDS[] = {"dcolumn", "threeparttable", "sideways", "wide", "here", "longtable"};
  bool *const set[] = {&table->latex.dcolumn, &table->latex.threeparttable, &table->latex.sideways, &table->latex.wide, &table->latex.here, &table->latex.longtable};
  PrintList list = print_list(job->run, print_text(job, "latex"));
  for (int i = 0; i < list.count; i++) {
    bool known = false;
    for (int w = 0; w < 6; w++)
      if (strcmp(list.item[i], WORDS[w]) == 0) known = *set[w] = true;
    for (int w = 0; w < 6; w++)
      if (strcmp(list.item[i], SIZES[w]) == 0) known = (table->latex.size = SIZES[w]) != NULL;
    if (!known) run_fail(job->run, "latex=: '%.40s' is none of dcolumn, threeparttable, sideways, wide, here, longtable, tiny, scriptsize, footnotesize, small, normalsize, large", list.item[i]);
  }
  if (table->latex.longtable && (table->latex.threeparttable || table->latex.sideways || table->latex.wide || table->latex.here || table->full))
    run_fail(job->run, "latex=longtable breaks over pages and does not go with threeparttable, sideways, wide, here or full=1");
}

void table_begin(const PrintJob *job, Table *table, int columns) {
  *table = (Table){.run = job->run, .columns = columns, .title = print_text(job, "title"), .label = print_text(job, "label"), .chinese = print_chinese(job),
                   .fragment = print_option(job, "fragment")->integer != 0,
                   .full = print_option(job, "full")->integer != 0, .page = print_option(job, "page")->integer != 0};
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

void table_rule(Table *table) { table_row(table, TABLE_RULE, NULL); }

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

void table_widen(Table *table, int lines) {
  int old = table->columns, columns = 1 + (old - 1) * (1 + lines), rows = 0;
  TableCell *estimates = NULL;
  for (int r = 0; r < table->rows && !run_failed(table->run); r++) {
    TableRow row = table->row[r];
    const TableCell *cell = row.cell;
    if (row.beneath && estimates) {
      for (int c = 1; c < old; c++) estimates[1 + (c - 1) * (1 + lines) + row.beneath] = cell[c];
      continue;
    }
    if (cell) {
      estimates = row.cell = NEW_ARRAY(table->run, TableCell, columns);
      if (run_failed(table->run)) return;
      for (int c = 0; c < columns; c++) estimates[c].span = 1;
      for (int c = 0; c < old; c += cell[c].span) {
        int to = c ? 1 + (c - 1) * (1 + lines) : 0;
        estimates[to] = cell[c];
        if (c && (row.kind == TABLE_HEAD || cell[c].span > 1)) estimates[to].span = cell[c].span * (1 + lines);
        if (!c && cell[0].span > 1) estimates[0].span = columns; /* the title of a panel */
      }
    }
    table->row[rows++] = row;
  }
  table->rows = rows;
  table->columns = columns;
}

void table_write(const Table *table, const char *format, Text *out) {
  if (run_failed(table->run)) return;
  if (strcmp(format, "markdown") == 0) table_write_markdown(table, out);
  else if (strcmp(format, "latex") == 0) table_write_latex(table, out);
  else if (strcmp(format, "html") == 0) table_write_html(table, out);
  else if (strcmp(format, "rtf") == 0) table_write_rtf(table, out);
  else if (strcmp(format, "csv") == 0) table_write_csv(table, ',', out);
  else if (strcmp(format, "scsv") == 0) table_write_csv(table, ';', out);
  else if (strcmp(format, "tsv") == 0) table_write_csv(table, '\t', out);
  else table_write_text(table, out);
}

/* ------------------------------------------------------------------------------------------------ widths */

int text_width(const char *text) {
  int width = 0;
  for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
    if ((*at & 0xC0) == 0x80) continue;
    bool wide = *at >= 0xE3 && *at < 0xF0 ? *at <= 0xED || *at == 0xEF : *at >= 0xF0; /* from U+3000: Chinese, Japanese, Korean, full-width forms; and beyond the first plane */
    width += wide ? 2 : 1;
  }
  return width;
}

/* A number with one decimal point: what stands before it, and from it on. */
static bool decimal(const TableCell *cell, int *before, int *behind) {
  const char *point = cell->text && cell->number ? strchr(cell->text, '.') : NULL;
  if (!point || strchr(point + 1, '.')) return false;
  *before = (int)(point - cell->text);
  *behind = (int)strlen(point) + (cell->stars ? text_width(cell->stars) : 0);
  return true;
}

static int cell_width(const TableCell *cell) {
  return (cell->text ? text_width(cell->text) : 0) + (cell->stars ? text_width(cell->stars) : 0);
}

typedef struct Layout {
  int width, before, behind; /* of a column: in all, and of its numbers around the point */
} Layout;

enum { GAP = 2 };

static Layout *lay_out(const Table *table) {
  Layout *layout = NEW_ARRAY(table->run, Layout, table->columns);
  if (!layout) return NULL;
  for (int r = 0; r < table->rows; r++) {
    const TableCell *cell = table->row[r].cell;
    for (int c = 0; cell && c < table->columns; c += cell[c].span) {
      int before, behind;
      if (cell[c].span > 1) continue;
      if (c && decimal(&cell[c], &before, &behind)) {
        if (before > layout[c].before) layout[c].before = before;
        if (behind > layout[c].behind) layout[c].behind = behind;
      } else if (cell_width(&cell[c]) > layout[c].width) {
        layout[c].width = cell_width(&cell[c]);
      }
    }
  }
  for (int c = 0; c < table->columns; c++)
    if (layout[c].before + layout[c].behind > layout[c].width) layout[c].width = layout[c].before + layout[c].behind;
  for (int r = 0; r < table->rows; r++) {
    const TableCell *cell = table->row[r].cell;
    for (int c = 0; cell && c < table->columns; c += cell[c].span) {
      int room = (cell[c].span - 1) * GAP, needed = cell_width(&cell[c]);
      if (cell[c].span < 2) continue;
      for (int i = 0; i < cell[c].span; i++) room += layout[c + i].width;
      for (int i = 0; room < needed; room++, i = (i + 1) % cell[c].span) layout[c + i].width++;
    }
  }
  return layout;
}

/* ------------------------------------------------------------------------------------------------ text */

static void repeat(Text *out, const char *piece, int times) {
  for (int i = 0; i < times; i++) text_add(out, piece);
}

/* Blanks are written before the next cell, not behind the last: a line has none at its end. */
static void write_cell(Text *out, const TableCell *cell, const Layout *layout, int width, bool first, int *blanks) {
  int before, behind, used = cell_width(cell), lead = first ? 0 : (width - used) / 2;
  if (!first && cell->span == 1 && decimal(cell, &before, &behind)) lead = (width - layout->before - layout->behind) / 2 + layout->before - before;
  if (!used) {
    *blanks += width;
    return;
  }
  repeat(out, " ", *blanks + lead);
  text_add(out, cell->text ? cell->text : "");
  text_add(out, cell->stars ? cell->stars : "");
  *blanks = width - lead - used;
}

static int span_width(const Layout *layout, int span) {
  int width = (span - 1) * GAP;
  for (int i = 0; i < span; i++) width += layout[i].width;
  return width;
}

static void write_row(const Table *table, const TableRow *row, const Layout *layout, Text *out) {
  int blanks = 0;
  for (int c = 0; c < table->columns; c += row->cell[c].span) {
    if (c) blanks += GAP;
    write_cell(out, &row->cell[c], &layout[c], span_width(&layout[c], row->cell[c].span), c == 0, &blanks);
  }
  text_add(out, "\n");
  blanks = 0;
  for (int c = 0; row->underlined && c < table->columns; c += row->cell[c].span) {
    int width = span_width(&layout[c], row->cell[c].span);
    if (c) blanks += GAP;
    if (c && row->cell[c].text && *row->cell[c].text) {
      repeat(out, " ", blanks);
      repeat(out, "-", width);
      blanks = 0;
    } else {
      blanks += width;
    }
  }
  if (row->underlined) text_add(out, "\n");
}

/* A note in lines no longer than the table (but at least sixty), cut at blanks. */
static void write_note(Text *out, const char *note, int width) {
  if (width < 60) width = 60;
  int line = 0;
  for (const char *at = note; *at;) {
    size_t length = strcspn(at, " ");
    Text word = {.run = out->run};
    text_add_n(&word, at, length);
    int needed = word.data ? text_width(word.data) : 0;
    if (line && line + 1 + needed > width) {
      text_add(out, "\n");
      line = 0;
    }
    if (line) text_add(out, " ");
    for (size_t i = 0; i < length; i++) {
      bool kept_together = memcmp(at + i, "\xC2\xA0", 2) == 0; /* the blank that breaks no line */
      text_add_n(out, kept_together ? " " : at + i, 1);
      i += kept_together;
    }
    line += needed + (line > 0);
    at += length;
    at += strspn(at, " ");
  }
  text_add(out, "\n");
}

void table_write_text(const Table *table, Text *out) {
  const Layout *layout = lay_out(table);
  if (!layout) return;
  int width = span_width(layout, table->columns);
  if (table->title) text_format(out, "%s\n", table->title);
  repeat(out, "=", width);
  text_add(out, "\n");
  for (int r = 0; r < table->rows && run_poll(table->run, (uint64_t)table->columns * 100); r++) {
    if (table->row[r].kind != TABLE_RULE) {
      write_row(table, &table->row[r], layout, out);
      continue;
    }
    repeat(out, "-", width);
    text_add(out, "\n");
  }
  repeat(out, "=", width);
  text_add(out, "\n");
  for (int i = 0; i < table->notes; i++) write_note(out, table->note[i], width);
  if (!run_failed(out->run) && out->length) out->data[--out->length] = '\0'; /* the shell ends the line */
}

/* ------------------------------------------------------------------------------------------------ CSV */

static void write_field(Text *out, const TableCell *cell, char separator) {
  const char *text = cell->text ? cell->text : "";
  if (separator == '\t') {
    for (; *text; text++) text_add_n(out, strchr("\t\r\n", *text) ? " " : text, 1);
    text_add(out, cell->stars ? cell->stars : "");
    return;
  }
  bool quoted = strpbrk(text, "\"\r\n") != NULL || strchr(text, separator) != NULL;
  if (quoted) text_add(out, "\"");
  for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
    text_add_n(out, text, (size_t)(quote - text) + 1);
    text_add(out, "\"");
  }
  text_add(out, text);
  text_add(out, cell->stars ? cell->stars : "");
  if (quoted) text_add(out, "\"");
}

void table_write_csv(const Table *table, char separator, Text *out) {
  bool first = true;
  for (int r = 0; r < table->rows && run_poll(table->run, (uint64_t)table->columns * 50); r++) {
    const TableCell *cell = table->row[r].cell;
    if (!cell) continue;
    if (!first) text_add(out, "\n");
    first = false;
    for (int c = 0; c < table->columns; c += cell[c].span) {
      for (int i = 0; i < cell[c].span; i++) {
        if (c || i) text_add_n(out, &separator, 1);
        if (c || !i) write_field(out, &cell[c], separator); /* a panel's title once */
      }
    }
  }
}
