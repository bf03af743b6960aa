/* table_markup.c: a table as Markdown, LaTeX and HTML.
 *
 * 1. Markdown: the table with pipes that GitHub and Pandoc read; the first row is its head, further heads are rows; rules are left out; a spanning cell is
 *    repeated. Characters that Markdown gives a meaning are escaped.
 * 2. LaTeX: booktabs, nothing else is needed: \usepackage{booktabs} (and an engine that knows the script: XeLaTeX with ctex for Chinese). Stars are raised and
 *    take no room, so that a coefficient stands centred over its error. Notes stand beneath in a paragraph as wide as the page allows.
 * 3. HTML: one <table> with caption, head, body and notes in the foot, its few styles in place: it may be put into any page. Row names are
 *    <th scope="row">. Minus signs are minus signs in all three. */
#include "print.h"

/* ------------------------------------------------------------------------------------------------ escapes */

static bool minus_here(const char *at, const char *start) {
  return *at == '-' && ((at[1] >= '0' && at[1] <= '9') || at[1] == '.' || at[1] == 'I') && (at == start || strchr("([{ ,", at[-1]));
}

static void escape_markdown(Text *out, const char *text, bool number) {
  for (const char *at = text; *at; at++) {
    if (number && minus_here(at, text)) text_add(out, "−");
    else if (*at == '\n' || *at == '\r') text_add(out, " ");
    else if (*at == '<') text_add(out, "&lt;");
    else if (*at == '&') text_add(out, "&amp;");
    else {
      if (strchr("\\|*_`[]", *at)) text_add(out, "\\");
      text_add_n(out, at, 1);
    }
  }
}

static void escape_latex(Text *out, const char *text, bool number) {
  static const struct {
    const char *from, *to;
  } MAP[] = {{"\\", "\\textbackslash{}"}, {"&", "\\&"}, {"%", "\\%"}, {"$", "\\$"}, {"#", "\\#"}, {"_", "\\_"}, {"{", "\\{"}, {"}", "\\}"}, {"~", "\\textasciitilde{}"},
             {"^", "\\textasciicircum{}"}, {"<", "$<$"}, {">", "$>$"}, {"|", "\\textbar{}"}, {"\"", "\\textquotedbl{}"}, {"²", "$^2$"}, {"×", "$\\times$"}, {"−", "$-$"}, {"–", "--"},
             {"—", "---"}, {"≥", "$\\ge$"}, {"≤", "$\\le$"}, {"τ", "$\\tau$"}, {"χ", "$\\chi$"}, {"\n", " "}, {"\xC2\xA0", "~"}, {"[", "{[}"}, {"]", "{]}"}};
  for (const char *at = text; *at;) {
    if (number && minus_here(at, text)) {
      text_add(out, "$-$");
      at++;
      continue;
    }
    size_t i = 0;
    while (i < sizeof MAP / sizeof MAP[0] && strncmp(at, MAP[i].from, strlen(MAP[i].from)) != 0) i++;
    if (i < sizeof MAP / sizeof MAP[0]) {
      if (strcmp(MAP[i].from, "\"") == 0) text_add(out, "''");
      else text_add(out, MAP[i].to);
      at += strlen(MAP[i].from);
    } else {
      text_add_n(out, at++, 1);
    }
  }
}

void text_xml(Text *out, const char *text) {
  for (const char *at = text; *at; at++) {
    switch (*at) {
      case '&': text_add(out, "&amp;"); break;
      case '<': text_add(out, "&lt;"); break;
      case '>': text_add(out, "&gt;"); break;
      case '"': text_add(out, "&quot;"); break;
      case '\'': text_add(out, "&#39;"); break;
      default:
        if ((unsigned char)*at >= ' ' || *at == '\t' || *at == '\n') text_add_n(out, at, 1); /* XML 1.0 forbids the other control characters */
    }
  }
}

static void escape_html(Text *out, const char *text, bool number) {
  for (const char *at = text; *at; at++) {
    if (number && minus_here(at, text)) {
      text_add(out, "−");
    } else {
      const char piece[2] = {*at, '\0'};
      text_xml(out, piece);
    }
  }
}

/* ------------------------------------------------------------------------------------------------ Markdown */

static void markdown_row(const Table *table, const TableCell *cell, Text *out) {
  for (int c = 0; c < table->columns; c += cell[c].span) {
    for (int i = 0; i < cell[c].span; i++) {
      text_add(out, c || i ? " | " : "| ");
      if (cell[c].text) escape_markdown(out, cell[c].text, cell[c].number);
      if (cell[c].stars) escape_markdown(out, cell[c].stars, false);
    }
  }
  text_add(out, " |\n");
}

void table_write_markdown(const Table *table, Text *out) {
  bool head = false;
  if (table->title) {
    text_add(out, "**");
    escape_markdown(out, table->title, false);
    text_add(out, "**\n\n");
  }
  for (int r = 0; r < table->rows && run_poll(table->run, (uint64_t)table->columns * 50); r++) {
    if (!table->row[r].cell) continue;
    markdown_row(table, table->row[r].cell, out);
    if (head) continue;
    head = true;
    text_add(out, "|:---|");
    for (int c = 1; c < table->columns; c++) text_add(out, ":---:|");
    text_add(out, "\n");
  }
  for (int i = 0; i < table->notes; i++) {
    text_add(out, i ? "  \n" : "\n");
    escape_markdown(out, table->note[i], false);
  }
  if (!table->notes && !run_failed(out->run) && out->length) out->data[--out->length] = '\0';
}

/* ------------------------------------------------------------------------------------------------ LaTeX */

static void latex_cell(const TableCell *cell, Text *out) {
  if (cell->text) escape_latex(out, cell->text, cell->number);
  if (!cell->stars || !*cell->stars) return;
  bool plain = cell->stars[strspn(cell->stars, "*+")] == '\0';
  text_add(out, plain ? "\\rlap{$^{" : "\\rlap{\\textsuperscript{");
  if (plain) text_add(out, cell->stars);
  else escape_latex(out, cell->stars, false);
  text_add(out, plain ? "}$}" : "}}");
}

static void latex_row(const Table *table, const TableRow *row, Text *out) {
  for (int c = 0; c < table->columns; c += row->cell[c].span) {
    if (c) text_add(out, " & ");
    if (row->cell[c].span > 1) text_format(out, "\\multicolumn{%d}{c}{", row->cell[c].span);
    latex_cell(&row->cell[c], out);
    if (row->cell[c].span > 1) text_add(out, "}");
  }
  text_add(out, " \\\\\n");
  bool any = false;
  for (int c = 1; row->underlined && c < table->columns; c += row->cell[c].span) {
    if (!row->cell[c].text || !*row->cell[c].text) continue;
    text_format(out, "%s\\cmidrule(lr){%d-%d}", any ? " " : "", c + 1, c + row->cell[c].span);
    any = true;
  }
  if (any) text_add(out, "\n");
}

void table_write_latex(const Table *table, Text *out) {
  bool whole = !table->fragment;
  if (whole) {
    text_add(out, "\\begin{table}[!htbp]\n\\centering\n");
    if (table->title) {
      text_add(out, "\\caption{");
      escape_latex(out, table->title, false);
      text_add(out, "}\n");
    }
    if (table->label) text_format(out, "\\label{%s}\n", table->label);
    text_add(out, "\\setlength{\\tabcolsep}{10pt}\n");
  }
  text_add(out, "\\begin{tabular}{l");
  for (int c = 1; c < table->columns; c++) text_add(out, "c");
  text_add(out, "}\n\\toprule\n");
  for (int r = 0; r < table->rows && run_poll(table->run, (uint64_t)table->columns * 100); r++) {
    if (table->row[r].kind == TABLE_RULE) text_add(out, "\\midrule\n");
    else latex_row(table, &table->row[r], out);
  }
  text_add(out, "\\bottomrule\n\\end{tabular}");
  if (!whole) return;
  if (table->notes) text_add(out, "\n\\par\\smallskip\n\\parbox{0.9\\linewidth}{\\footnotesize\\raggedright\n");
  for (int i = 0; i < table->notes; i++) {
    text_add(out, i ? "\\\\\n" : "");
    escape_latex(out, table->note[i], false);
  }
  text_add(out, table->notes ? "}\n\\end{table}" : "\n\\end{table}");
}

/* ------------------------------------------------------------------------------------------------ HTML */

static void html_row(const Table *table, int r, const char *rule, Text *out) {
  const TableRow *row = &table->row[r];
  bool head = row->kind == TABLE_HEAD;
  text_add(out, "<tr>");
  for (int c = 0; c < table->columns; c += row->cell[c].span) {
    const TableCell *cell = &row->cell[c];
    bool name = head || c == 0;
    bool empty = !cell->text || !*cell->text;
    text_add(out, name && !empty ? "<th" : "<td");
    if (name && !empty) text_add(out, !head ? " scope=\"row\"" : cell->span > 1 ? " scope=\"colgroup\"" : " scope=\"col\"");
    if (cell->span > 1) text_format(out, " colspan=\"%d\"", cell->span);
    const char *line = *rule ? rule : row->underlined && c && !empty ? "border-bottom:1px solid #999;" : "";
    text_format(out, " style=\"text-align:%s;font-weight:normal;padding:2px 10px;%s\">", c ? "center" : "left", line);
    if (cell->text) escape_html(out, cell->text, cell->number);
    if (cell->stars && *cell->stars) {
      text_add(out, "<sup style=\"line-height:0\">");
      escape_html(out, cell->stars, false);
      text_add(out, "</sup>");
    }
    text_add(out, name && !empty ? "</th>" : "</td>");
  }
  text_add(out, "</tr>\n");
}

void table_write_html(const Table *table, Text *out) {
  text_format(out, "<table style=\"border-collapse:collapse;border-top:2px solid #000;font-variant-numeric:tabular-nums;margin:1em auto%s\">\n", table->notes ? "" : ";border-bottom:2px solid #000");
  if (table->title) {
    text_add(out, "<caption style=\"caption-side:top;font-weight:bold;padding:4px\">");
    escape_html(out, table->title, false);
    text_add(out, "</caption>\n");
  }
  TableRowKind section = TABLE_RULE;
  bool ruled = false;
  for (int r = 0; r < table->rows && run_poll(table->run, (uint64_t)table->columns * 200); r++) {
    if (table->row[r].kind == TABLE_RULE) {
      ruled = true;
      continue;
    }
    if (table->row[r].kind != section) {
      if (section != TABLE_RULE) text_add(out, section == TABLE_HEAD ? "</thead>\n" : "</tbody>\n");
      section = table->row[r].kind;
      text_add(out, section == TABLE_HEAD ? "<thead>\n" : "<tbody>\n");
    }
    html_row(table, r, ruled ? "border-top:1px solid #000;" : "", out);
    ruled = false;
  }
  if (section != TABLE_RULE) text_add(out, section == TABLE_HEAD ? "</thead>\n" : "</tbody>\n");
  if (table->notes) {
    text_format(out, "<tfoot>\n<tr><td colspan=\"%d\" style=\"border-top:2px solid #000;font-size:85%%;text-align:left;padding:4px 10px\">", table->columns);
    for (int i = 0; i < table->notes; i++) {
      if (i) text_add(out, "<br>");
      escape_html(out, table->note[i], false);
    }
    text_add(out, "</td></tr>\n</tfoot>\n");
  }
  text_add(out, "</table>");
}
