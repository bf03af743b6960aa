/* table_text.c: the two formats of a table that look alike in a terminal: text and CSV.
 *
 * 1. text: a number's decimal point stands under the points above it, stars hang on the right; other cells are centred in their column; align= says otherwise.
 *    A spanning cell is centred over its columns, which grow where it is wider. Chinese characters count as two.
 *    A row whose first cell spans all columns is the title of a panel.
 * 2. CSV (RFC 4180): one line a row, rules left out, a spanning cell written in each of its columns, so that a column has its head; title and notes left out.
 *    scsv: the same with semicolons; tsv: with tabs and without quotes, tabs within a cell being blanks. excel=1: ="(0.04)". */
#include "print.h"

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
bool table_decimal(const Table *table, const TableCell *cell, int *before, int *behind) {
  const char *point = cell->text && cell->number ? strchr(cell->text, table->point) : NULL;
  if (!point || strchr(point + 1, table->point)) return false;
  *before = (int)(point - cell->text);
  *behind = (int)strlen(point) + (cell->stars ? text_width(cell->stars) : 0);
  return true;
}

static int cell_width(const TableCell *cell) {
  return (cell->text ? text_width(cell->text) : 0) + (cell->stars ? text_width(cell->stars) : 0);
}

static bool at_point(const Table *table, int column) {
  char align = table_align(table, column);
  return !align || align == 'd';
}

typedef struct Layout {
  int width, before, behind; /* of a column: in all, and of its numbers around the point */
} Layout;

static int gap_of(const Table *table) { return table->compress ? 1 : 2; }

static Layout *lay_out(const Table *table) {
  Layout *layout = NEW_ARRAY(table->run, Layout, table->columns);
  if (!layout) return NULL;
  for (int r = 0; r < table->rows; r++) {
    const TableCell *cell = table->row[r].cell;
    for (int c = 0; cell && c < table->columns; c += cell[c].span) {
      int before, behind;
      if (cell[c].span > 1) continue;
      if (c && at_point(table, c) && table_decimal(table, &cell[c], &before, &behind)) {
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
      int room = (cell[c].span - 1) * gap_of(table), needed = cell_width(&cell[c]);
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
static void write_cell(const Table *table, Text *out, int column, const TableCell *cell, const Layout *layout, int width, int *blanks) {
  char align = cell->span > 1 && column ? 'c' : table_align(table, column);
  int before, behind, used = cell_width(cell), lead = align == 'r' ? width - used : align == 'l' || (!column && align != 'c') ? 0 : (width - used) / 2;
  if (column && cell->span == 1 && at_point(table, column) && table_decimal(table, cell, &before, &behind)) lead = (width - layout->before - layout->behind) / 2 + layout->before - before;
  if (!used) {
    *blanks += width;
    return;
  }
  repeat(out, " ", *blanks + lead);
  text_add(out, cell->text ? cell->text : "");
  text_add(out, cell->stars ? cell->stars : "");
  *blanks = width - lead - used;
}

static int span_width(const Table *table, const Layout *layout, int span) {
  int width = (span - 1) * gap_of(table);
  for (int i = 0; i < span; i++) width += layout[i].width;
  return width;
}

static void write_row(const Table *table, const TableRow *row, const Layout *layout, Text *out) {
  int blanks = 0;
  for (int c = 0; c < table->columns; c += row->cell[c].span) {
    if (c) blanks += gap_of(table);
    write_cell(table, out, c, &row->cell[c], &layout[c], span_width(table, &layout[c], row->cell[c].span), &blanks);
  }
  text_add(out, "\n");
  blanks = 0;
  bool underlined = row->underlined && table->rules != RULES_NONE;
  for (int c = 0; underlined && c < table->columns; c += row->cell[c].span) {
    int width = span_width(table, &layout[c], row->cell[c].span);
    if (c) blanks += gap_of(table);
    if (c && row->cell[c].text && *row->cell[c].text) {
      repeat(out, " ", blanks);
      repeat(out, "-", width);
      blanks = 0;
    } else {
      blanks += width;
    }
  }
  if (underlined) text_add(out, "\n");
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

static void rule(Text *out, char sign, int width) {
  const char piece[2] = {sign, '\0'};
  repeat(out, piece, width);
  text_add(out, "\n");
}

void table_write_text(const Table *table, Text *out) {
  const Layout *layout = lay_out(table);
  if (!layout) return;
  int width = span_width(table, layout, table->columns);
  bool ruled = table->rules != RULES_NONE;
  if (table->title) text_format(out, "%s\n", table->title);
  if (ruled) rule(out, '=', width);
  for (int r = 0; r < table->rows && run_poll(table->run, (uint64_t)table->columns * 100); r++) {
    if (table->row[r].gap) text_add(out, "\n");
    if (table->row[r].kind != TABLE_RULE) write_row(table, &table->row[r], layout, out);
    else if (ruled) rule(out, '-', width);
  }
  if (ruled) rule(out, '=', width);
  for (int i = 0; i < table->notes; i++) write_note(out, table->note[i], width);
  if (!run_failed(out->run) && out->length) out->data[--out->length] = '\0'; /* the shell ends the line */
}

/* ------------------------------------------------------------------------------------------------ CSV */

static void write_quoted(Text *out, const char *text) { /* each quote twice */
  for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
    text_add_n(out, text, (size_t)(quote - text) + 1);
    text_add(out, "\"");
  }
  text_add(out, text);
}

static void write_field(const Table *table, Text *out, const TableCell *cell, char separator) {
  Text text = {.run = out->run};
  text_add(&text, cell->text ? cell->text : "");
  text_add(&text, cell->stars ? cell->stars : "");
  if (table->formulas && text.length) { /* a formula that is a text */
    Text formula = {.run = out->run};
    text_add(&formula, "=\"");
    write_quoted(&formula, text.data);
    text_add(&formula, "\"");
    text = formula;
  }
  if (run_failed(out->run)) return;
  if (separator == '\t') {
    for (const char *at = text.data; *at; at++) text_add_n(out, strchr("\t\r\n", *at) ? " " : at, 1);
    return;
  }
  bool quoted = strpbrk(text.data, "\"\r\n") != NULL || strchr(text.data, separator) != NULL;
  if (quoted) text_add(out, "\"");
  write_quoted(out, text.data);
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
        if (c || !i) write_field(table, out, &cell[c], separator); /* a panel's title once */
      }
    }
  }
}
