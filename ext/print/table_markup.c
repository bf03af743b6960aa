/* table_markup.c: a table as Markdown, LaTeX and HTML.
 *
 * 1. Markdown: the table with pipes that GitHub and Pandoc read; the first row is its head, further heads are rows; rules are left out; a spanning cell is
 *    repeated. Characters that Markdown gives a meaning are escaped.
 * 2. LaTeX: booktabs, nothing else is needed: \usepackage{booktabs} (and an engine that knows the script: XeLaTeX with ctex for Chinese). Stars are raised and
 *    take no room, so that a coefficient stands centred over its error. Notes stand beneath in a paragraph as wide as the page allows. latex= asks for more:
 *    points above each other (dcolumn), notes as wide as the table (threeparttable), and so on, each with the package of that name.
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

static void escape_html(Text *out, const char *text, bool number) {
  for (const char *at = text; *at; at++) {
    if (number && minus_here(at, text)) {
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
static bool indented(const TableCell *cell, int column) { return column == 0 && cell->text && strncmp(cell->text, "  ", 2) == 0; }

static void markdown_row(const Table *table, const TableCell *cell, Text *out) {
  for (int c = 0; c < table->columns; c += cell[c].span) {
    for (int i = 0; i < cell[c].span; i++) {
      text_add(out, c || i ? " | " : "| ");
      if (!c && i) continue; /* a panel's title once */
      if (!c && cell[c].span > 1) text_add(out, "*");
      if (indented(&cell[c], c)) text_add(out, "&emsp;");
      if (cell[c].text) escape_markdown(out, cell[c].text, cell[c].number);
      if (!c && cell[c].span > 1) text_add(out, "*");
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

/* dcolumn: a number with one point stands in mathematics, in a column D{.}{.}{-1}; whatever else leaves that column. */
static void latex_decimal(const TableCell *cell, Text *out) {
  const char *point = cell->text && cell->number ? strchr(cell->text, '.') : NULL;
  bool plain = point && !strchr(point + 1, '.') && strspn(cell->text, "-0123456789.()[]{}") == strlen(cell->text);
  if (!cell->text) return;
  if (!plain) text_add(out, "\\multicolumn{1}{c}{");
  for (const char *at = cell->text; *at && plain; at++) {
    bool braced = strchr("[]-", *at) != NULL; /* a bracket after \\ would be a length, a minus after a brace would stand apart */
    if (strchr("{}", *at)) text_add(out, "\\");
    if (braced) text_add(out, "{");
    text_add_n(out, at, 1);
    if (braced) text_add(out, "}");
  }
  if (!plain) latex_cell(cell, out);
  else if (cell->stars && *cell->stars) {
    text_add(out, "^{");
    escape_latex(out, cell->stars, false);
    text_add(out, "}");
  }
  if (!plain) text_add(out, "}");
}

static void latex_row(const Table *table, const TableRow *row, Text *out) {
  for (int c = 0; c < table->columns; c += row->cell[c].span) {
    bool spans = row->cell[c].span > 1;
    if (c) text_add(out, " & ");
    if (spans) text_format(out, c ? "\\multicolumn{%d}{c}{" : "\\multicolumn{%d}{l}{\\itshape ", row->cell[c].span);
    if (indented(&row->cell[c], c)) text_add(out, "\\quad");
    if (c && !spans && table->latex.dcolumn) latex_decimal(&row->cell[c], out);
    else latex_cell(&row->cell[c], out);
    if (spans) text_add(out, "}");
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

static void latex_columns(const Table *table, Text *out) {
  text_add(out, "l");
  for (int c = 1; c < table->columns; c++) text_add(out, table->latex.dcolumn ? "D{.}{.}{-1}" : "c");
  text_add(out, "}\n");
}

static void latex_rows(const Table *table, int from, int to, Text *out) {
  for (int r = from; r < to && run_poll(table->run, (uint64_t)table->columns * 100); r++) {
    if (table->row[r].kind == TABLE_RULE) text_add(out, "\\midrule\n");
    else latex_row(table, &table->row[r], out);
  }
}

static void latex_tabular(const Table *table, Text *out) {
  text_add(out, table->full ? "\\begin{tabular*}{\\linewidth}{@{\\extracolsep{\\fill}}" : "\\begin{tabular}{");
  latex_columns(table, out);
  text_add(out, "\\toprule\n");
  latex_rows(table, 0, table->rows, out);
  text_format(out, "\\bottomrule\n\\end{tabular%s}", table->full ? "*" : "");
}

static void latex_notes(const Table *table, Text *out) {
  bool listed = table->latex.threeparttable;
  if (!table->notes) return;
  text_add(out, listed ? "\n\\begin{tablenotes}[flushleft]\n\\footnotesize" : "\n\\par\\smallskip\n\\parbox{0.9\\linewidth}{\\footnotesize\\raggedright\n");
  for (int i = 0; i < table->notes; i++) {
    text_add(out, listed ? "\n\\item " : i ? "\\\\\n" : "");
    escape_latex(out, table->note[i], false);
  }
  text_add(out, listed ? "\n\\end{tablenotes}" : "}");
}

/* longtable: the heads again on every page, the notes beneath the last. */
static void latex_long(const Table *table, Text *out) {
  int heads = 0;
  while (heads < table->rows && table->row[heads].kind == TABLE_HEAD) heads++;
  while (heads < table->rows && table->row[heads].kind == TABLE_RULE) heads++;
  if (table->latex.size && !table->fragment) text_format(out, "{\\%s\n", table->latex.size);
  text_add(out, "\\begin{longtable}{");
  latex_columns(table, out);
  if (table->title && !table->fragment) {
    text_add(out, "\\caption{");
    escape_latex(out, table->title, false);
    text_add(out, "}");
    if (table->label) text_format(out, "\\label{%s}", table->label);
    text_add(out, "\\\\\n");
  }
  for (int page = 0; page < 2; page++) {
    text_add(out, "\\toprule\n");
    latex_rows(table, 0, heads, out);
    text_add(out, page ? "\\endhead\n" : "\\endfirsthead\n");
  }
  text_add(out, "\\bottomrule\n\\endfoot\n");
  latex_rows(table, heads, table->rows, out);
  text_add(out, "\\end{longtable}");
  if (table->fragment) return;
  if (table->notes) text_add(out, "\n{\\centering");
  latex_notes(table, out);
  if (table->notes) text_add(out, "\\par}");
  if (table->latex.size) text_add(out, "\n}");
}

static void latex_float(const Table *table, Text *out) {
  const char *environment = table->latex.sideways ? table->latex.wide ? "sidewaystable*" : "sidewaystable" : table->latex.wide ? "table*" : "table";
  text_format(out, "\\begin{%s}[%s]\n\\centering\n", environment, table->latex.here ? "H" : "!htbp");
  if (table->latex.size) text_format(out, "\\%s\n", table->latex.size);
  if (table->latex.threeparttable) text_add(out, "\\begin{threeparttable}\n");
  if (table->title) {
    text_add(out, "\\setlength{\\belowcaptionskip}{6pt}\n\\caption{");
    escape_latex(out, table->title, false);
    text_add(out, "}\n");
  }
  if (table->label) text_format(out, "\\label{%s}\n", table->label);
  text_format(out, "\\setlength{\\tabcolsep}{%dpt}\n", table->columns < 7 ? 10 : table->columns < 9 ? 6 : 4);
  latex_tabular(table, out);
  latex_notes(table, out);
  if (table->latex.threeparttable) text_add(out, "\n\\end{threeparttable}");
  text_format(out, "\n\\end{%s}", environment);
}

void table_write_latex(const Table *table, Text *out) {
  const struct {
    bool used;
    const char *package;
  } PACKAGES[] = {{true, "booktabs"}, {table->latex.dcolumn, "dcolumn"}, {table->latex.threeparttable, "threeparttable"}, {table->latex.sideways, "rotating"},
                  {table->latex.here, "float"}, {table->latex.longtable, "longtable"}, {table->chinese, "ctex"}};
  if (table->page) text_add(out, "\\documentclass{article}\n");
  for (size_t i = 0; i < sizeof PACKAGES / sizeof PACKAGES[0] && table->page; i++)
    if (PACKAGES[i].used) text_format(out, "\\usepackage{%s}\n", PACKAGES[i].package);
  if (table->page) text_add(out, "\\begin{document}\n");
  if (table->latex.longtable) latex_long(table, out);
  else if (table->fragment) latex_tabular(table, out);
  else latex_float(table, out);
  if (table->page) text_add(out, "\n\\end{document}");
}

/* ------------------------------------------------------------------------------------------------ HTML */

static void html_row(const Table *table, int r, const char *rule, Text *out) {
  const TableRow *row = &table->row[r];
  bool head = row->kind == TABLE_HEAD;
  text_add(out, "<tr>");
  for (int c = 0; c < table->columns; c += row->cell[c].span) {
    const TableCell *cell = &row->cell[c];
    bool name = head || c == 0, panel = !head && c == 0 && cell->span > 1;
    bool empty = !cell->text || !*cell->text;
    text_add(out, name && !empty ? "<th" : "<td");
    if (name && !empty) text_add(out, !head ? panel ? " scope=\"rowgroup\"" : " scope=\"row\"" : cell->span > 1 ? " scope=\"colgroup\"" : " scope=\"col\"");
    if (cell->span > 1) text_format(out, " colspan=\"%d\"", cell->span);
    const char *line = *rule ? rule : row->underlined && c && !empty ? "border-bottom:1px solid #999;" : "";
    text_format(out, " style=\"text-align:%s;font-weight:normal;padding:2px 10px;%s%s\">", c ? "center" : "left", panel ? "font-style:italic;" : "", line);
    if (indented(cell, c)) text_add(out, "&emsp;");
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
  if (table->page) {
    text_format(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<title>", table->chinese ? "zh" : "en");
    escape_html(out, table->title ? table->title : table->chinese ? "表" : "Table", false);
    text_add(out, "</title>\n</head>\n<body>\n");
  }
  text_format(out, "<table style=\"border-collapse:collapse;border-top:2px solid #000;font-variant-numeric:tabular-nums;margin:1em auto%s%s\">\n", table->full ? ";width:100%" : "", table->notes ? "" : ";border-bottom:2px solid #000");
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
  text_add(out, table->page ? "</table>\n</body>\n</html>" : "</table>");
}
