/* table_markup.c: a table as Markdown and HTML.
 *
 * 1. Markdown: the table with pipes that GitHub and Pandoc read; the first row is its head, further heads are rows; rules are left out; a spanning cell is
 *    repeated. Characters that Markdown gives a meaning are escaped.
 * 2. HTML: one <table> with caption, head, body and notes in the foot, its few styles in place: it may be put into any page. Row names are
 *    <th scope="row">. Minus signs are minus signs in both, and in LaTeX.
 *    Stars hang beside the number and take no room, as in LaTeX. align=d pads numbers with blanks as wide as a figure, so that points stand above each other.
 * 3. escape=0: texts are Markdown or HTML as they stand; a < or & that begins no tag and no entity is still escaped in HTML. */
#include "print.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------ escapes */

bool table_minus(const char *at, const char *start) {
  return *at == '-' && ((at[1] >= '0' && at[1] <= '9') || at[1] == '.' || at[1] == ',' || at[1] == 'I') && (at == start || strchr("([{ ,", at[-1]));
}

size_t table_power(const char *text, const char *at, int *power) {
  if (at == text || *at != 'e' || (at[1] != '-' && at[1] != '+') || at[-1] < '0' || at[-1] > '9') return 0;
  size_t digits = strspn(at + 2, "0123456789");
  if (digits < 2 || digits > 3) return 0;
  *power = atoi(at + 1);
  return 2 + digits;
}

static void escape_markdown(const Table *table, Text *out, const char *text, bool number) {
  for (const char *at = text; *at; at++) {
    if (number && table_minus(at, text)) text_add(out, "−");
    else if (*at == '\n' || *at == '\r') text_add(out, " ");
    else if (table->raw && !number && *at != '|') text_add_n(out, at, 1);
    else if (*at == '<') text_add(out, "&lt;");
    else if (*at == '&') text_add(out, "&amp;");
    else {
      if (strchr("\\|*_`[]", *at)) text_add(out, "\\");
      text_add_n(out, at, 1);
    }
  }
}

static bool starts_markup(const char *at) {
  const char *behind = at + 1 + (*at == '<' && at[1] == '/') + (*at == '&' && at[1] == '#');
  return (*behind >= 'a' && *behind <= 'z') || (*behind >= 'A' && *behind <= 'Z') || (behind > at + 1 && *behind >= '0' && *behind <= '9');
}

static void escape_html(const Table *table, Text *out, const char *text, bool number) {
  for (const char *at = text; *at; at++) {
    if (table->raw && !number && (!strchr("<&", *at) || starts_markup(at))) {
      text_add_n(out, at, 1);
      continue;
    }
    int power = 0;
    size_t signs = number ? table_power(text, at, &power) : 0;
    if (signs) {
      text_format(out, "×10<sup>%s%d</sup>", power < 0 ? "−" : "", abs(power));
      at += signs - 1;
    } else if (number && table_minus(at, text)) {
      text_add(out, "−");
    } else {
      char piece[5] = {*at}; /* a whole character */
      for (int i = 1, length = utf8_length(at); i < length && i < 4; i++) piece[i] = *++at;
      text_xml(out, piece);
    }
  }
}

/* ------------------------------------------------------------------------------------------------ Markdown */

/* Two blanks before a row's name: it belongs to the row above. */
bool table_indented(const TableCell *cell, int column) { return column == 0 && cell->text && strncmp(cell->text, "  ", 2) == 0; }

static void markdown_row(const Table *table, const TableCell *cell, Text *out) {
  for (int c = 0; c < table->columns; c += cell[c].span) {
    for (int i = 0; i < cell[c].span; i++) {
      text_add(out, c || i ? " | " : "| ");
      if (!c && i) continue; /* a panel's title once */
      if (!c && cell[c].span > 1) text_add(out, "*");
      if (table_indented(&cell[c], c)) text_add(out, "&emsp;");
      bool bold = (cell[c].bold || cell[c].box || cell[c].colour) && cell[c].text && *cell[c].text;
      if (bold) text_add(out, "**");
      if (cell[c].text) escape_markdown(table, out, cell[c].text, cell[c].number);
      if (bold) text_add(out, "**");
      if (!c && cell[c].span > 1) text_add(out, "*");
      if (cell[c].stars) escape_markdown(table, out, cell[c].stars, false);
    }
  }
  text_add(out, " |\n");
}

void table_write_markdown(const Table *table, Text *out) {
  bool head = false;
  if (table->title) {
    text_add(out, "**");
    escape_markdown(table, out, table->title, false);
    text_add(out, "**\n\n");
  }
  for (int r = 0; r < table->rows && run_poll(table->run, (uint64_t)table->columns * 50); r++) {
    if (!table->row[r].cell) continue;
    markdown_row(table, table->row[r].cell, out);
    if (head) continue;
    head = true;
    text_add(out, "|:---|");
    for (int c = 1; c < table->columns; c++) {
      char align = table_align(table, c);
      text_add(out, align == 'l' ? ":---|" : align == 'r' || align == 'd' ? "---:|" : ":---:|");
    }
    text_add(out, "\n");
  }
  for (int i = 0; i < table->notes; i++) {
    text_add(out, i ? "  \n" : "\n");
    const Table writer = table_for_note(table, i);
    escape_markdown(&writer, out, table->note[i], false);
  }
  if (!table->notes && !run_failed(out->run) && out->length) out->data[--out->length] = '\0';
}

/* ------------------------------------------------------------------------------------------------ HTML */

static const char *html_rule(const Table *table, bool outer) {
  return table->rules == RULES_NONE ? "0" : !outer ? "1px solid #000" : table->rules == RULES_DOUBLE ? "3px double #000" : "2px solid #000";
}

typedef struct Padding {
  int before, behind; /* of the numbers of a column */
} Padding;

static Padding *html_padding(const Table *table) {
  Padding *most = NEW_ARRAY(table->run, Padding, table->columns);
  for (int r = 0; r < table->rows && most; r++)
    for (int c = 1; table->row[r].cell && c < table->columns; c++) {
      int before, behind;
      TableCell bare = table->row[r].cell[c];
      bare.stars = NULL; /* they take no room */
      if (table_align(table, c) != 'd' || !table_decimal(table, &bare, &before, &behind)) continue;
      if (before > most[c].before) most[c].before = before;
      if (behind > most[c].behind) most[c].behind = behind;
    }
  return most;
}

static void pad(Text *out, int times) {
  for (int i = 0; i < times; i++) text_add(out, "\xE2\x80\x87"); /* as wide as a figure */
}

static void html_row(const Table *table, int r, bool ruled, const Padding *most, Text *out) {
  const TableRow *row = &table->row[r];
  bool head = row->kind == TABLE_HEAD;
  text_add(out, "<tr>");
  for (int c = 0; c < table->columns; c += row->cell[c].span) {
    const TableCell *cell = &row->cell[c];
    bool name = head || c == 0, panel = !head && c == 0 && cell->span > 1;
    bool empty = !cell->text || !*cell->text;
    char align = cell->span > 1 && c ? 'c' : table_align(table, c);
    text_add(out, name && !empty ? "<th" : "<td");
    if (name && !empty) text_add(out, !head ? panel ? " scope=\"rowgroup\"" : " scope=\"row\"" : cell->span > 1 ? " scope=\"colgroup\"" : " scope=\"col\"");
    if (cell->span > 1) text_format(out, " colspan=\"%d\"", cell->span);
    text_format(out, " style=\"text-align:%s;font-weight:normal;padding:%s;", align == 'l' ? "left" : align == 'r' ? "right" : align || c ? "center" : "left",
                table->compress ? "1px 4px" : "2px 10px");
    if (row->gap) text_add(out, "padding-top:8px;");
    if (panel) text_add(out, "font-style:italic;");
    if (cell->colour) text_format(out, "background:#%s;", cell->colour);
    if (cell->box) text_add(out, "outline:1.5px solid #000;outline-offset:-2px;");
    if (ruled && table->rules != RULES_NONE) text_format(out, "border-top:%s;", html_rule(table, false));
    else if (row->underlined && c && !empty && table->rules != RULES_NONE) text_add(out, "border-bottom:1px solid #999;");
    text_add(out, "\">");
    if (table_indented(cell, c)) text_add(out, "&emsp;");
    int before = 0, behind = 0;
    TableCell bare = *cell;
    bare.stars = NULL;
    bool padded = c && align == 'd' && table_decimal(table, &bare, &before, &behind);
    if (padded) pad(out, most[c].before - before);
    if (cell->bold) text_add(out, "<strong>");
    if (cell->text) escape_html(table, out, cell->text, cell->number);
    if (cell->bold) text_add(out, "</strong>");
    if (cell->stars && *cell->stars) {
      text_add(out, "<sup style=\"line-height:0;display:inline-block;width:0;white-space:nowrap\">");
      escape_html(table, out, cell->stars, false);
      text_add(out, "</sup>");
    }
    if (padded) pad(out, most[c].behind - behind);
    text_add(out, name && !empty ? "</th>" : "</td>");
  }
  text_add(out, "</tr>\n");
}

static void html_begin(const Table *table, Text *out) {
  if (table->page) {
    text_format(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<title>", table->chinese ? "zh" : "en");
    escape_html(table, out, table->title ? table->title : table->chinese ? "表" : "Table", false);
    text_add(out, "</title>\n</head>\n<body>\n");
  }
  text_format(out, "<table style=\"border-collapse:collapse;border-top:%s;font-variant-numeric:tabular-nums;margin:1em auto", html_rule(table, true));
  if (table->width.unit) {
    text_add(out, ";width:");
    text_short(out, table->width.value, 4);
    text_add(out, table->width.unit);
  }
  if (table->font.name) text_format(out, ";font-family:'%s'", table->font.name);
  if (table->font.points > 0) {
    text_add(out, ";font-size:");
    text_short(out, table->font.points, 2);
    text_add(out, "pt");
  }
  if (!table->notes) text_format(out, ";border-bottom:%s", html_rule(table, true));
  text_add(out, "\">\n");
}

void table_write_html(const Table *table, Text *out) {
  const Padding *most = html_padding(table);
  if (!most) return;
  if (!table->bare) html_begin(table, out);
  if (table->title && !table->bare) {
    text_add(out, "<caption style=\"caption-side:top;font-weight:bold;padding:4px\">");
    escape_html(table, out, table->title, false);
    text_add(out, "</caption>\n");
  }
  TableRowKind section = TABLE_RULE;
  bool ruled = false;
  for (int r = 0; r < table->rows && run_poll(table->run, (uint64_t)table->columns * 200); r++) {
    if (table->row[r].kind == TABLE_RULE) {
      ruled = true;
      continue;
    }
    if (table->row[r].kind != section && !table->bare) {
      if (section != TABLE_RULE) text_add(out, section == TABLE_HEAD ? "</thead>\n" : "</tbody>\n");
      section = table->row[r].kind;
      text_add(out, section == TABLE_HEAD ? "<thead>\n" : "<tbody>\n");
    }
    html_row(table, r, ruled, most, out);
    ruled = false;
  }
  if (table->bare) return;
  if (section != TABLE_RULE) text_add(out, section == TABLE_HEAD ? "</thead>\n" : "</tbody>\n");
  if (table->notes) {
    text_format(out, "<tfoot>\n<tr><td colspan=\"%d\" style=\"border-top:%s;font-size:85%%;text-align:left;padding:4px 10px\">", table->columns, html_rule(table, true));
    for (int i = 0; i < table->notes; i++) {
      if (i) text_add(out, "<br>");
      const Table writer = table_for_note(table, i);
      escape_html(&writer, out, table->note[i], false);
    }
    text_add(out, "</td></tr>\n</tfoot>\n");
  }
  text_add(out, table->page ? "</table>\n</body>\n</html>" : "</table>");
}
