/* fit_table_numbers.c: what may stand in the cells of a regression table, and with how many digits.
 *
 * 1. main=b stands in the cell of a term, the lines of under=se+t beneath it. Each is a number kept with the term (b, se, t, z, p, low, high, df, any other of the fit's own or
 *    put there by json_set), ci, an expression of such numbers (expression.c), or a template: text with expressions in braces, {stars}, {stars(wild_p)} by another p-value and words of the term among them.
 * 2. digits=auto: three decimals, more where the error (else the number) would show fewer than two figures, at most eight and then a power of ten; a whole number fixes them; a3: three
 *    figures of what is below one, four and at least one decimal of what is above, none of integers; s3: three figures of each; e3: the same with a power of ten.
 *    digits=(3, t:1, dt:5): those of a number or of a term; p:<3: <0.001 in place of 0.000.
 * 3. Around a line of under= that is no template: intervals in brackets; of the others the first in parentheses, the second in brackets, the third in braces;
 *    brackets= names others. */
#include "print.h"

#include <limits.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------ the numbers of a term */

enum Number { NUMBER_B, NUMBER_SE, NUMBER_T, NUMBER_P, NUMBER_LOW, NUMBER_HIGH, NUMBER_DF, NUMBERS };

/* The numbers that every term has, by our short names and by those of the fit; NUMBERS: another. */
static enum Number number_named(const char *name) {
  static const struct {
    const char *name;
    enum Number number;
  } NAMES[] = {{"b", NUMBER_B}, {"se", NUMBER_SE}, {"t", NUMBER_T}, {"z", NUMBER_T}, {"p", NUMBER_P}, {"low", NUMBER_LOW}, {"high", NUMBER_HIGH}, {"df", NUMBER_DF}, {"estimate", NUMBER_B},
               {"std_error", NUMBER_SE}, {"statistic", NUMBER_T}, {"p_value", NUMBER_P}, {"conf_low", NUMBER_LOW}, {"conf_high", NUMBER_HIGH}, {"|t|", NUMBER_T}, {"abs(t)", NUMBER_T}, {"|z|", NUMBER_T}};
  for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
    if (strcmp(NAMES[i].name, name) == 0) return NAMES[i].number;
  return NUMBERS;
}

Dual paper_number(void *context, const char *name) {
  const PaperPlace *place = context;
  const FitTerm *term = place->term;
  switch (number_named(name)) {
    case NUMBER_B: return (Dual){isnan(place->at) ? term->estimate : place->at, 1};
    case NUMBER_SE: return (Dual){term->std_error, 0};
    case NUMBER_T: return (Dual){term->statistic, 0};
    case NUMBER_P: return (Dual){term->p_value, 0};
    case NUMBER_LOW: return (Dual){term->conf_low, 0};
    case NUMBER_HIGH: return (Dual){term->conf_high, 0};
    case NUMBER_DF: return (Dual){fit_stat_value(place->column->fit, "df_t"), 0};
    default: return (Dual){fit_attribute_number(term, name), 0};
  }
}

typedef struct Asked {
  const Paper *panel;
  int panels;
  const char *option, *text;
} Asked;

static bool kept(const FitTerm *term, const char *name, Text *all) {
  for (int a = 0; a < term->attributes; a++) {
    const char *own = term->attribute[a].name;
    if (strcmp(own, name) == 0) return true;
    const char *listed = all->data ? strstr(all->data, own) : NULL;
    if (all->length < 400 && !listed) text_format(all, ", %.60s", own);
  }
  return false;
}

/* A name must be one of the numbers that some term has. */
static Dual check_number(void *context, const char *name) {
  const Asked *asked = context;
  Text all = {.run = asked->panel->run};
  Dual any = {1, 1};
  if (number_named(name) < NUMBERS) return any;
  for (int p = 0; p < asked->panels; p++)
    for (int c = 0; c < asked->panel[p].columns; c++) {
      const PaperColumn *column = &asked->panel[p].column[c];
      for (int i = 0; column->fit && !column->failed && i < column->fit->terms; i++)
        if (kept(&column->fit->term[i], name, &all)) return any;
    }
  run_fail(asked->panel->run, "%s=%.100s: no fit keeps a number '%.40s' with its terms; there are b, se, t, p, low, high, df%s", asked->option, asked->text, name, all.data ? all.data : "");
  return any;
}

enum { BELOW = 100 }; /* added to decimals: what they show as zero is <0.001 */

bool paper_is_error(const char *name) { return number_named(name) == NUMBER_SE; }

/* Rule 2. */
static int own_digits(const Paper *paper, const FitTerm *term, const char *what) {
  enum Number number = number_named(what);
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < paper->digits_of.count; i++) {
      const char *item = paper->digits_of.item[i], *colon = strrchr(item, ':');
      size_t length = (size_t)(colon - item);
      const char *name = run_text_n(paper->run, item, length);
      if (!name) return -1;
      bool same = strcmp(name, what) == 0 || (number < NUMBERS && number_named(name) == number) || (strcmp(name, "ci") == 0 && (number == NUMBER_LOW || number == NUMBER_HIGH));
      if (pass) same = number != NUMBER_T && number != NUMBER_P && (paper_matches(paper, name, term->term));
      if (same) return (int)strtol(colon + 1 + strspn(colon + 1, " <"), NULL, 10) + (strchr(colon, '<') ? BELOW : 0);
    }
  return -1;
}

static int figures_decimals(const Paper *paper, double value) {
  double shown = fabs(value);
  bool whole = !(shown < 1e15) || shown == floor(shown);
  if (paper->figures_kind == 'e') return -paper->figures;
  if (whole && (paper->figures_kind == 'a' || shown == 0)) return 0;
  int power = (int)floor(log10(shown)), more = paper->figures - power - (shown < 1 || paper->figures_kind == 's'), least = paper->figures_kind == 's' ? 0 : 1;
  return more < least ? least : more > 15 ? 15 : more;
}

/* Of this number of the term; below 0: so many figures and a power of ten. */
static int decimals_of(const Paper *paper, const FitTerm *term, const char *what, double value) {
  enum Number number = number_named(what);
  int own = own_digits(paper, term, what);
  if (own >= 0) return own;
  if (number == NUMBER_P) return 3;
  if (number == NUMBER_T) return paper->digits >= 0 && paper->digits < 2 ? paper->digits : 2;
  if (number >= NUMBER_DF && value == floor(value) && fabs(value) < 1e15) return 0;
  if (paper->digits >= 0) return paper->digits;
  if (paper->figures) return figures_decimals(paper, value);
  double size = number < NUMBER_DF && term->std_error > 0 ? term->std_error : number < NUMBER_DF ? term->estimate : value;
  int decimals = 3;
  double shown = fabs(size) * 1000;
  for (; size != 0 && shown < 9.95 && decimals < 8; shown *= 10) decimals++;
  return size != 0 && shown < .95 ? -3 : decimals;
}

static void write_number(Text *text, double value, int decimals) {
  bool below = decimals >= BELOW;
  decimals -= below ? BELOW : 0;
  double least = pow(10, -decimals);
  if (below && value != 0 && fabs(value) < least / 2) {
    text_add(text, "<");
    value = least;
  }
  if (decimals < 0) text_scientific(text, value, -decimals);
  else text_fixed(text, value, decimals);
}

/* ------------------------------------------------------------------------------------------------ templates */

/* Of "stars(wild_p)" what stands in the parentheses; NULL. */
const char *paper_stars_of(Run *run, const char *what) {
  size_t length = strlen(what);
  return length > 7 && strncmp(what, "stars(", 6) == 0 && what[length - 1] == ')' ? run_text_n(run, what + 6, length - 7) : NULL;
}

/* Rule 1: expressions in braces. False where none of its numbers has a value. The stars at its end hang on it. */
bool paper_write(const Paper *paper, const PaperColumn *column, const FitTerm *term, const char *option, const char *template, const char *stars, Text *text, bool *hanging) {
  bool any = false, numbers = false;
  *hanging = false;
  for (const char *at = template; *at && !run_failed(paper->run);) {
    const char *open = strchr(at, '{'), *close = open ? strchr(open, '}') : NULL;
    if (!close) {
      text_add(text, at);
      break;
    }
    text_add_n(text, at, (size_t)(open - at));
    const char *what = run_text_n(paper->run, open + 1, (size_t)(close - open - 1)), *colon = what ? strrchr(what, ':') : NULL;
    at = close + 1;
    if (!what) return false;
    int decimals = colon && colon[1] >= '0' && colon[1] <= '9' ? colon[1] - '0' : INT_MIN;
    if (colon) what = run_text_n(paper->run, what, (size_t)(colon - what));
    if (!what) return false;
    if (strcmp(what, "stars") == 0) {
      if (*at) text_add(text, stars);
      else *hanging = true;
      continue;
    }
    const char *by = paper_stars_of(paper->run, what);
    if (by) { /* by another p-value */
      PaperPlace there = {column, term, (double)NAN};
      text_add(text, stars_of(&paper->stars, print_expression(paper->run, option, by, paper_number, &there).value));
      continue;
    }
    const char *word = fit_attribute_word(term, what);
    PaperPlace place = {column, term, (double)NAN};
    double value = word ? (double)NAN : print_expression(paper->run, option, what, paper_number, &place).value;
    numbers = true;
    any |= word || !isnan(value);
    if (word) text_add(text, word);
    else if (!isnan(value)) write_number(text, value, decimals == INT_MIN ? decimals_of(paper, term, what, value) : decimals);
  }
  return any || !numbers;
}

static void check_template(const Paper *paper, const char *option, const char *template, Asked *asked) {
  for (const char *at = template, *open; (open = strchr(at, '{')) && !run_failed(paper->run);) {
    const char *close = strchr(open, '}');
    if (!close) {
      run_fail(paper->run, "%s=%.100s: a { that is not closed; numbers stand in braces, as in {b}{stars} ({se})", option, template);
      return;
    }
    const char *what = run_text_n(paper->run, open + 1, (size_t)(close - open - 1)), *colon = what ? strrchr(what, ':') : NULL;
    if (colon && (colon[1] < '0' || colon[1] > '9' || colon[2])) run_fail(paper->run, "%s=%.100s: behind the colon stands the number of decimals, 0 to 9", option, template);
    if (colon) what = run_text_n(paper->run, what, (size_t)(colon - what));
    const char *by = what ? paper_stars_of(paper->run, what) : NULL;
    if (what && strcmp(what, "stars") != 0) print_expression(paper->run, option, by ? by : what, check_number, asked);
    at = close + 1;
  }
}

/* ------------------------------------------------------------------------------------------------ main= and under= */

/* Rule 3, and brackets=([], 0): those of the lines in turn, the last of them for the rest. */
static void read_brackets(Paper *paper) {
  static const char *const WAYS[] = {"()", "[]", "{}", "0"};
  const char *text = print_text(paper->job, "brackets");
  PrintList list = print_list(paper->run, text);
  for (int u = 0, before = 0; u < paper->lines && !run_failed(paper->run); u++) {
    PaperLine *line = &paper->line[u];
    if (!line->what || strcmp(line->what, "stars") == 0) continue;
    bool interval = strcmp(line->what, "ci") == 0;
    line->way = interval ? 1 : before > 2 ? 2 : before;
    before += !interval;
    if (!text) continue;
    const char *asked = list.count ? list.item[u < list.count ? u : list.count - 1] : "()"; /* a list that is nothing but its parentheses */
    int way = 0;
    while (way < 4 && strcmp(asked, WAYS[way]) != 0) way++;
    if (way == 4) run_fail(paper->run, "brackets=%.40s: it is made of (), [], {} and 0 (none), one for each line of under=", text);
    line->way = way;
  }
}

/* "se", "|t|", "ci" or a template. */
static PaperLine read_line(Run *run, const char *text) {
  PaperLine line = {.way = 3};
  if (strchr(text, '{')) line.template = text;
  else if (strcmp(text, "ci") == 0) line.what = text, line.template = "{low}, {high}";
  else line.what = text, line.template = run_format(run, "{%s}", text);
  return line;
}

static void add_line(Paper *paper, const char *text) {
  if (paper->lines == PAPER_LINES) {
    run_fail(paper->run, "under=: more than %d lines beneath an estimate", PAPER_LINES);
    return;
  }
  PaperLine line = read_line(paper->run, text);
  for (int u = 0; u < paper->lines && !run_failed(paper->run); u++)
    if (strcmp(paper->line[u].template, line.template) == 0) run_fail(paper->run, "under=%.60s: '%.40s' stands there twice", print_option(paper->job, "under")->text, text);
  paper->line[paper->lines++] = line;
}

/* se+|t|, (se, p), a template, or a list of them of which one stands in quotes. */
void paper_read_lines(Paper *paper) {
  Run *run = paper->run;
  const char *text = print_option(paper->job, "under")->text, *main = print_text(paper->job, "main");
  paper->main = read_line(run, main ? main : "b");
  bool none = strcmp(text, "none") == 0 || strcmp(text, "0") == 0, templates = strchr(text, '{') != NULL, listed = text[0] == '(' && strpbrk(text, "'\"");
  PrintList list = templates && !listed ? (PrintList){1, &text} : none ? (PrintList){0, NULL} : print_list(run, text);
  for (int i = 0; i < list.count && !run_failed(run); i++) {
    const char *item = list.item[i];
    int depth = 0;
    for (size_t from = 0, at = 0;; at++) {
      depth += (item[at] == '(') - (item[at] == ')');
      if (item[at] && (strchr(item, '{') || item[at] != '+' || depth)) continue;
      size_t end = at;
      while (from < end && item[from] == ' ') from++;
      while (end > from && item[end - 1] == ' ') end--;
      const char *piece = end > from ? run_text_n(run, item + from, end - from) : NULL;
      if (piece) add_line(paper, piece);
      if (!item[at] || run_failed(run)) break;
      from = at + 1;
    }
  }
  if (!run_failed(run)) read_brackets(paper);
  for (int u = -1; u < paper->lines && !run_failed(run); u++) {
    const char *template = u < 0 ? paper->main.template : paper->line[u].template;
    paper->intervals |= strstr(template, "low") || strstr(template, "high");
  }
}

/* What main=, under=, transform= and digits= name must be there. */
void paper_check_lines(Paper *panel, int panels) {
  Run *run = panel->run;
  Asked asked = {panel, panels, "main", NULL};
  asked.text = panel->main.what ? panel->main.what : panel->main.template;
  check_template(panel, "main", panel->main.template, &asked);
  for (int u = 0; u < panel->lines && !run_failed(run); u++) {
    asked.option = "under";
    asked.text = panel->line[u].what ? panel->line[u].what : panel->line[u].template;
    check_template(panel, "under", panel->line[u].template, &asked);
  }
  for (int i = 0; i < panel->transforms && !run_failed(run); i++) {
    bool any = false;
    asked.option = "transform";
    asked.text = panel->transform[i].expression;
    print_expression(run, "transform", asked.text, check_number, &asked);
    for (int p = 0; p < panels && !any; p++) any = paper_selected(&panel[p], panel->transform[i].selector);
    if (!any) run_fail(run, "transform=: '%.60s' is no term of the fits, @2 (a column) or dt@2 (a term in it)", panel->transform[i].selector);
  }
  for (int i = 0; i < panel->digits_of.count && !run_failed(run); i++) {
    const char *item = panel->digits_of.item[i], *name = run_text_n(run, item, (size_t)(strrchr(item, ':') - item));
    bool any = !name || number_named(name) < NUMBERS || strcmp(name, "ci") == 0;
    for (int p = 0; p < panels && !any; p++) any = paper_selected(&panel[p], name);
    asked.option = "digits";
    asked.text = print_option(panel->job, "digits")->text;
    if (!any) check_number(&asked, name);
  }
}
