/* table_typst.c: a table for Typst (typst.app), which needs no packages.
 *
 * 1. A figure with the table, its notes beneath and its caption above; fragment=1: the table alone; page=1: a page as large as it. label= becomes <label>.
 * 2. Texts are strings of Typst (#"..."), in which only the quote and the backslash mean anything; escape=0: content as it stands. Stars take no room.
 * 3. A head row stands again on every page (table.header). Minus signs are minus signs. */
#include "print.h"

#include <stdlib.h>

static void typst_string(Text *out, const char *text, bool number) {
  text_add(out, "\"");
  for (const char *at = text; *at; at++) {
    int power = 0;
    size_t signs = number ? table_power(text, at, &power) : 0;
    if (signs) {
      text_format(out, "×10\"#super(\"%s%d\")#\"", power < 0 ? "−" : "", abs(power));
      at += signs - 1;
    } else if (number && table_minus(at, text)) {
      text_add(out, "−");
    } else if (*at == '\n' || *at == '\r') {
      text_add(out, " ");
    } else {
      if (*at == '"' || *at == '\\') text_add(out, "\\");
      text_add_n(out, at, 1);
    }
  }
  text_add(out, "\"");
}

static void typst_text(const Table *table, Text *out, const char *text, bool number) {
  if (table->raw && !number) {
    text_add(out, text);
    return;
  }
  text_add(out, "#");
  typst_string(out, text, number);
}

static void typst_cell(const Table *table, const TableRow *row, int c, Text *out) {
  const TableCell *cell = &row->cell[c];
  bool special = cell->span > 1 || cell->colour || cell->box;
  if (special) {
    text_add(out, "table.cell(");
    if (cell->span > 1) text_format(out, "colspan: %d, align: %s%s", cell->span, c ? "center" : "left", cell->colour ? ", " : "");
    if (cell->colour) text_format(out, "fill: rgb(\"#%s\")", cell->colour);
    if (cell->box) text_format(out, "%sstroke: .06em", cell->colour ? ", " : "");
    text_add(out, ")");
  }
  bool panel = row->kind == TABLE_BODY && c == 0 && cell->span > 1;
  text_add(out, "[");
  if (table_indented(cell, c)) text_add(out, "#h(1em)");
  if (panel || cell->bold) text_add(out, panel ? "#emph[" : "#strong[");
  if (cell->text && *cell->text) typst_text(table, out, table_indented(cell, c) ? cell->text + 2 : cell->text, cell->number);
  if (panel || cell->bold) text_add(out, "]");
  if (cell->stars && *cell->stars) {
    bool high = cell->stars[strspn(cell->stars, "*")] == '\0'; /* an asterisk stands high by itself */
    text_add(out, high ? "#box(width: 0pt, align(left, text(" : "#box(width: 0pt, align(left, super(");
    typst_string(out, cell->stars, false);
    text_add(out, ")))");
  }
  text_add(out, "],");
}

static void typst_row(const Table *table, const TableRow *row, Text *out) {
  if (row->gap) text_format(out, "  table.cell(colspan: %d, inset: 2pt)[],\n", table->columns);
  text_add(out, "  ");
  for (int c = 0; c < table->columns; c += row->cell[c].span) {
    if (c) text_add(out, " ");
    typst_cell(table, row, c, out);
  }
  text_add(out, "\n");
  for (int c = 1; row->underlined && table->rules != RULES_NONE && c < table->columns; c += row->cell[c].span)
    if (row->cell[c].text && *row->cell[c].text) text_format(out, "  table.hline(start: %d, end: %d, stroke: .03em),\n", c, c + row->cell[c].span);
}

static void typst_rule(const Table *table, bool outer, Text *out) {
  if (table->rules == RULES_NONE) return;
  text_format(out, "  table.hline(stroke: %s),\n", outer ? ".08em" : ".05em");
  if (outer && table->rules == RULES_DOUBLE) text_format(out, "  table.cell(colspan: %d, inset: 1pt)[],\n  table.hline(stroke: .08em),\n", table->columns);
}

static void typst_table(const Table *table, Text *out) {
  int heads = 0;
  while (heads < table->rows && table->row[heads].kind == TABLE_HEAD) heads++;
  text_format(out, "#table(\n  columns: %s", table->width.unit ? "(auto, " : "");
  if (!table->width.unit) text_format(out, "%d", table->columns);
  for (int c = 1; c < table->columns && table->width.unit; c++) text_add(out, "1fr, ");
  text_add(out, table->width.unit ? "),\n  align: (" : ",\n  align: (");
  for (int c = 0; c < table->columns; c++) {
    char align = table_align(table, c);
    text_format(out, "%s%s", c ? ", " : "", align == 'l' ? "left" : align == 'r' ? "right" : align || c ? "center" : "left");
  }
  text_format(out, "),\n  stroke: none,\n  inset: (x: %dpt, y: 3pt),\n", table->compress ? 2 : 6);
  typst_rule(table, true, out);
  if (heads) text_add(out, "  table.header(\n");
  for (int r = 0; r < table->rows && run_poll(table->run, (uint64_t)table->columns * 200); r++) {
    if (r == heads && heads) text_add(out, "  ),\n");
    if (table->row[r].kind == TABLE_RULE) typst_rule(table, false, out);
    else typst_row(table, &table->row[r], out);
  }
  if (heads == table->rows && heads) text_add(out, "  ),\n");
  typst_rule(table, true, out);
  text_add(out, ")\n");
}

static void typst_font(const Table *table, Text *out) {
  if (table->font.name) text_format(out, "#set text(font: \"%s\")\n", table->font.name);
  if (!(table->font.points > 0)) return;
  text_add(out, "#set text(size: ");
  text_short(out, table->font.points, 2);
  text_add(out, "pt)\n");
}

void table_write_typst(const Table *table, Text *out) {
  if (table->page) text_add(out, "#set page(width: auto, height: auto, margin: 1cm)\n");
  if (table->fragment) {
    typst_table(table, out);
    return;
  }
  if (table->title) text_add(out, "#show figure.where(kind: table): set figure.caption(position: top)\n");
  text_add(out, "#figure(kind: table, ");
  if (table->title) {
    text_add(out, "caption: [");
    typst_text(table, out, table->title, false);
    text_add(out, "], ");
  }
  if (table->width.unit) {
    text_add(out, "block(width: ");
    text_short(out, table->width.value, 4);
    text_format(out, "%s)[\n", table->width.unit);
  } else {
    text_add(out, "[\n");
  }
  typst_font(table, out);
  typst_table(table, out);
  if (table->notes) text_add(out, "#v(-.4em)\n#align(left, text(size: .85em)[");
  for (int i = 0; i < table->notes; i++) {
    text_add(out, i ? " #linebreak()\n" : "");
    const Table writer = table_for_note(table, i);
    typst_text(&writer, out, table->note[i], false);
  }
  text_add(out, table->notes ? "])\n])" : "])");
  if (table->label) text_format(out, " <%s>", table->label);
}
