/* table_latex.c: a table as LaTeX.
 *
 * 1. booktabs, nothing else is needed: \usepackage{booktabs} (and an engine that knows the script: XeLaTeX with ctex for Chinese); with rules=hline not even that. Stars are raised and
 *    take no room, so that a coefficient stands centred over its error. Notes stand beneath in a paragraph as wide as the page allows.
 * 2. latex= asks for more: points above each other (dcolumn), notes as wide as the table (threeparttable), and so on, each with the package of that name. A colour behind a
 *    cell needs xcolor with its option table. page=1 loads them all.
 * 3. escape=0: texts are LaTeX as they stand; the numbers are still ours. */
#include "print.h"

/* raw: commands, braces and mathematics stay as they are; & % # stay behind a backslash only, _ and ^ within braces or $...$: so that a name such as l_income needs no care.
 * What LaTeX's fonts lack is still written in its words. */
static void escape_latex(Text *out, const char *text, bool number, bool raw) {
  static const struct {
    const char *from, *to;
  } MAP[] = {{"\\", "\\textbackslash{}"}, {"&", "\\&"}, {"%", "\\%"}, {"$", "\\$"}, {"#", "\\#"}, {"_", "\\_"}, {"{", "\\{"}, {"}", "\\}"}, {"~", "\\textasciitilde{}"},
             {"^", "\\textasciicircum{}"}, {"[", "{[}"}, {"]", "{]}"}, {"<", "$<$"}, {">", "$>$"}, {"|", "\\textbar{}"}, {"\"", "''"}, {"²", "$^2$"}, {"×", "$\\times$"}, {"−", "$-$"},
             {"–", "--"}, {"—", "---"}, {"≥", "$\\ge$"}, {"≤", "$\\le$"}, {"τ", "$\\tau$"}, {"χ", "$\\chi$"}, {"✓", "$\\surd$"}, {"\n", " "}, {"\xC2\xA0", "~"}};
  enum { SPECIAL = 12 }; /* the first of them are LaTeX's own */
  bool mathematics = false;
  int depth = 0;
  for (const char *at = text; *at;) {
    if (number && table_minus(at, text)) {
      text_add(out, "$-$");
      at++;
      continue;
    }
    int power = 0;
    size_t signs = number ? table_power(text, at, &power) : 0;
    if (signs) {
      text_format(out, "$\\times10^{%d}$", power);
      at += signs;
      continue;
    }
    size_t i = 0;
    while (i < sizeof MAP / sizeof MAP[0] && strncmp(at, MAP[i].from, strlen(MAP[i].from)) != 0) i++;
    if (raw) {
      bool behind = at > text && at[-1] == '\\', bracket = number && (*at == '[' || *at == ']');
      bool escaped = strchr("&%#", *at) ? !behind : strchr("_^", *at) ? !behind && !mathematics && depth == 0 : bracket;
      depth += (*at == '{') - (*at == '}');
      if (*at == '$' && !behind) mathematics = !mathematics;
      if ((mathematics || i < SPECIAL) && !escaped) i = sizeof MAP;
    }
    if (i < sizeof MAP / sizeof MAP[0]) {
      text_add(out, MAP[i].to);
      at += strlen(MAP[i].from);
    } else {
      text_add_n(out, at++, 1);
    }
  }
}

static void latex_cell(const Table *table, const TableCell *cell, Text *out) {
  if (cell->colour) text_format(out, "\\cellcolor[HTML]{%s}", cell->colour);
  if (cell->box) text_add(out, "\\setlength{\\fboxsep}{1.5pt}\\fbox{");
  if (cell->bold) text_add(out, "{\\bfseries\\boldmath ");
  if (cell->text) escape_latex(out, cell->text, cell->number, table->raw);
  if (cell->bold) text_add(out, "}");
  if (cell->box) text_add(out, "}");
  if (!cell->stars || !*cell->stars) return;
  bool plain = cell->stars[strspn(cell->stars, "*+")] == '\0';
  text_add(out, plain ? "\\rlap{$^{" : "\\rlap{\\textsuperscript{");
  if (plain) text_add(out, cell->stars);
  else escape_latex(out, cell->stars, false, table->raw);
  text_add(out, plain ? "}$}" : "}}");
}

/* dcolumn: a number with one point stands in mathematics, in a column D{.}{.}{-1}; whatever else leaves that column. */
static void latex_decimal(const Table *table, const TableCell *cell, Text *out) {
  const char *point = cell->text && cell->number ? strchr(cell->text, table->point) : NULL;
  bool plain = point && !cell->bold && !cell->box && !cell->colour && !strchr(point + 1, table->point) && strspn(cell->text, "-0123456789.,()[]{}") == strlen(cell->text);
  if (!cell->text) return;
  if (!plain) text_add(out, "\\multicolumn{1}{c}{");
  for (const char *at = cell->text; *at && plain; at++) {
    bool braced = strchr("[]-", *at) != NULL; /* a bracket after \\ would be a length, a minus after a brace would stand apart */
    if (strchr("{}", *at)) text_add(out, "\\");
    if (braced) text_add(out, "{");
    text_add_n(out, at, 1);
    if (braced) text_add(out, "}");
  }
  if (!plain) latex_cell(table, cell, out);
  else if (cell->stars && *cell->stars) {
    text_add(out, "^{");
    escape_latex(out, cell->stars, false, table->raw);
    text_add(out, "}");
  }
  if (!plain) text_add(out, "}");
}

static bool at_point(const Table *table, int column) { return table->latex.dcolumn || table_align(table, column) == 'd'; }

static void latex_row(const Table *table, const TableRow *row, Text *out) {
  if (row->gap) text_add(out, "\\noalign{\\smallskip}\n");
  for (int c = 0; c < table->columns; c += row->cell[c].span) {
    bool spans = row->cell[c].span > 1;
    if (c) text_add(out, " & ");
    if (spans) text_format(out, c ? "\\multicolumn{%d}{c}{" : "\\multicolumn{%d}{l}{\\itshape ", row->cell[c].span);
    if (table_indented(&row->cell[c], c)) text_add(out, "\\quad");
    if (c && !spans && at_point(table, c)) latex_decimal(table, &row->cell[c], out);
    else latex_cell(table, &row->cell[c], out);
    if (spans) text_add(out, "}");
  }
  text_add(out, " \\\\\n");
  bool any = false;
  for (int c = 1; row->underlined && table->rules != RULES_NONE && c < table->columns; c += row->cell[c].span) {
    if (!row->cell[c].text || !*row->cell[c].text) continue;
    text_format(out, "%s\\%s{%d-%d}", any ? " " : "", table->rules == RULES_HLINE ? "cline" : "cmidrule(lr)", c + 1, c + row->cell[c].span);
    any = true;
  }
  if (any) text_add(out, "\n");
}

static void latex_columns(const Table *table, Text *out) {
  text_add(out, table->latex.flush ? "@{}" : "");
  for (int c = 0; c < table->columns; c++) {
    char letter[2] = {c ? table_align(table, c) : table->align && table->align[1] ? table->align[0] : 'l', '\0'};
    if (!letter[0]) letter[0] = 'c';
    if (c && at_point(table, c)) text_add(out, table->point == ',' ? "D{,}{,}{-1}" : "D{.}{.}{-1}");
    else text_add(out, letter[0] == 'd' ? "r" : letter);
  }
  text_add(out, table->latex.flush ? "@{}}\n" : "}\n");
}

typedef enum Rule { RULE_TOP, RULE_MIDDLE, RULE_BOTTOM } Rule;

static const char *latex_rule(const Table *table, Rule rule) {
  static const char *const NAMES[][3] = {{"", "", ""}, {"\\toprule\n", "\\midrule\n", "\\bottomrule\n"}, {"\\midrule\\midrule\n", "\\midrule\n", "\\midrule\\midrule\n"},
                                         {"\\hline\\hline\n", "\\hline\n", "\\hline\\hline\n"}};
  return NAMES[table->rules][rule];
}

static void latex_rows(const Table *table, int from, int to, Text *out) {
  for (int r = from; r < to && run_poll(table->run, (uint64_t)table->columns * 100); r++) {
    if (table->row[r].kind == TABLE_RULE) text_add(out, latex_rule(table, RULE_MIDDLE));
    else latex_row(table, &table->row[r], out);
  }
}

static void latex_tabular(const Table *table, Text *out) {
  if (table->latex.adjustbox) text_add(out, "\\begin{adjustbox}{max width=\\linewidth}\n");
  if (!table->width.unit) {
    text_add(out, "\\begin{tabular}{");
  } else {
    bool share = strcmp(table->width.unit, "%") == 0;
    text_add(out, "\\begin{tabular*}{");
    if (!share || table->width.value != 100) text_short(out, share ? table->width.value / 100 : table->width.value, 4);
    text_add(out, share ? "\\linewidth" : table->width.unit);
    text_add(out, "}{@{\\extracolsep{\\fill}}");
  }
  latex_columns(table, out);
  text_add(out, latex_rule(table, RULE_TOP));
  latex_rows(table, 0, table->rows, out);
  text_add(out, latex_rule(table, RULE_BOTTOM));
  text_format(out, "\\end{tabular%s}", table->width.unit ? "*" : "");
  if (table->latex.adjustbox) text_add(out, "\n\\end{adjustbox}");
}

static void latex_notes(const Table *table, Text *out) {
  bool listed = table->latex.threeparttable;
  if (!table->notes) return;
  text_add(out, listed ? "\n\\begin{tablenotes}[flushleft]\n\\footnotesize" : "\n\\par\\smallskip\n\\parbox{0.9\\linewidth}{\\footnotesize\\raggedright\n");
  for (int i = 0; i < table->notes; i++) {
    text_add(out, listed ? "\n\\item " : i ? "\\\\\n" : "");
    const Table writer = table_for_note(table, i);
    escape_latex(out, table->note[i], false, writer.raw);
  }
  text_add(out, listed ? "\n\\end{tablenotes}" : "}");
}

/* longtable: the heads again on every page, the notes beneath the last. */
static void latex_long(const Table *table, Text *out) {
  int heads = 0;
  while (heads < table->rows && table->row[heads].kind == TABLE_HEAD) heads++;
  while (heads < table->rows && table->row[heads].kind == TABLE_RULE) heads++;
  bool group = (table->latex.size || table->latex.stretch) && !table->fragment;
  if (group) text_add(out, "{");
  if (group && table->latex.size) text_format(out, "\\%s\n", table->latex.size);
  if (group && table->latex.stretch) text_format(out, "\\renewcommand{\\arraystretch}{%s}\n", table->latex.stretch);
  text_add(out, "\\begin{longtable}{");
  latex_columns(table, out);
  if (table->title && !table->fragment) {
    text_add(out, "\\caption{");
    escape_latex(out, table->title, false, table->raw);
    text_add(out, "}");
    if (table->label) text_format(out, "\\label{%s}", table->label);
    text_add(out, "\\\\\n");
  }
  for (int page = 0; page < 2; page++) {
    text_add(out, latex_rule(table, RULE_TOP));
    latex_rows(table, 0, heads, out);
    text_add(out, page ? "\\endhead\n" : "\\endfirsthead\n");
  }
  text_format(out, "%s\\endfoot\n", latex_rule(table, RULE_BOTTOM));
  latex_rows(table, heads, table->rows, out);
  text_add(out, "\\end{longtable}");
  if (table->fragment) return;
  if (table->notes) text_add(out, "\n{\\centering");
  latex_notes(table, out);
  if (table->notes) text_add(out, "\\par}");
  if (group) text_add(out, "\n}");
}

static void latex_float(const Table *table, Text *out) {
  const char *environment = table->latex.sideways ? table->latex.wide ? "sidewaystable*" : "sidewaystable" : table->latex.wide ? "table*" : "table";
  text_format(out, "\\begin{%s}[%s]\n\\centering\n", environment, table->latex.place ? table->latex.place : table->latex.here ? "H" : "!htbp");
  if (table->latex.size) text_format(out, "\\%s\n", table->latex.size);
  if (table->latex.stretch) text_format(out, "\\renewcommand{\\arraystretch}{%s}\n", table->latex.stretch);
  if (table->latex.threeparttable) text_add(out, "\\begin{threeparttable}\n");
  if (table->title) {
    text_add(out, "\\setlength{\\belowcaptionskip}{6pt}\n\\caption{");
    escape_latex(out, table->title, false, table->raw);
    text_add(out, "}\n");
  }
  if (table->label) text_format(out, "\\label{%s}\n", table->label);
  text_format(out, "\\setlength{\\tabcolsep}{%dpt}\n", table->compress ? 3 : table->columns < 7 ? 10 : table->columns < 9 ? 6 : 4);
  latex_tabular(table, out);
  latex_notes(table, out);
  if (table->latex.threeparttable) text_add(out, "\n\\end{threeparttable}");
  text_format(out, "\n\\end{%s}", environment);
}

/* A page as large as the table: no float, title and notes as wide as the table. */
static void latex_alone(const Table *table, Text *out) {
  if (table->latex.size) text_format(out, "\\%s\n", table->latex.size);
  if (table->latex.stretch) text_format(out, "\\renewcommand{\\arraystretch}{%s}\n", table->latex.stretch);
  text_add(out, "\\setbox0=\\hbox{%\n");
  latex_tabular(table, out);
  text_add(out, "}\n");
  if (table->title) {
    text_add(out, "\\noindent\\parbox{\\wd0}{\\centering ");
    escape_latex(out, table->title, false, table->raw);
    text_add(out, "}\\par\\smallskip\n");
  }
  text_add(out, "\\noindent\\copy0");
  if (table->notes) text_add(out, "\\par\\smallskip\n\\noindent\\parbox{\\wd0}{\\footnotesize\\raggedright\n");
  for (int i = 0; i < table->notes; i++) {
    text_add(out, i ? "\\\\\n" : "");
    const Table writer = table_for_note(table, i);
    escape_latex(out, table->note[i], false, writer.raw);
  }
  if (table->notes) text_add(out, "}");
}

static void use_packages(const Table *table, Text *out) {
  bool decimal = table->latex.dcolumn, coloured = false;
  for (int c = 1; c < table->columns; c++) decimal |= at_point(table, c);
  for (int r = 0; r < table->rows; r++)
    for (int c = 0; table->row[r].cell && c < table->columns; c++) coloured |= table->row[r].cell[c].colour != NULL;
  const struct {
    bool used;
    const char *package;
  } PACKAGES[] = {{table->rules != RULES_HLINE, "{booktabs}"}, {decimal, "{dcolumn}"}, {table->latex.threeparttable, "{threeparttable}"}, {table->latex.sideways, "{rotating}"},
                  {table->latex.here, "{float}"}, {table->latex.longtable, "{longtable}"}, {table->latex.adjustbox, "{adjustbox}"}, {coloured, "[table]{xcolor}"}, {table->chinese, "{ctex}"}};
  for (size_t i = 0; i < sizeof PACKAGES / sizeof PACKAGES[0]; i++)
    if (PACKAGES[i].used) text_format(out, "\\usepackage%s\n", PACKAGES[i].package);
  for (const char *at = table->latex.packages; at && *at; at += strspn(at, " ")) {
    size_t length = strcspn(at, " ");
    text_format(out, "\\usepackage{%.*s}\n", (int)length, at);
    at += length;
  }
}

void table_write_latex(const Table *table, Text *out) { /* fragment=rows: no environment at all */
  if (table->page) text_add(out, table->latex.standalone ? "\\documentclass[varwidth=50in,border=5pt]{standalone}\n" : "\\documentclass{article}\n");
  if (table->page) use_packages(table, out);
  if (table->page) text_add(out, "\\begin{document}\n");
  if (table->bare) latex_rows(table, 0, table->rows, out);
  else if (table->latex.longtable) latex_long(table, out);
  else if (table->fragment) latex_tabular(table, out);
  else if (table->latex.standalone) latex_alone(table, out);
  else latex_float(table, out);
  if (table->page) text_add(out, "\n\\end{document}");
}
