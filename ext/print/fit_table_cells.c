/* fit_table_cells.c: the numbers of a regression table.
 *
 * 1. main=b stands in the cell of a term, the lines of under=se+t beneath it. Each is a number kept with the term (b, se, t, z, p, low, high, df, any other of the fit's own or
 *    put there by json_set), ci, an expression of such numbers (expression.c), or a template: text with expressions in braces, {stars} and words of the term among them.
 * 2. Around a line of under= that is no template: intervals in brackets; of the others the first in parentheses, the second in brackets, the third in braces;
 *    brackets= names others. Where there is no error but an interval (a threshold), the interval. beside=1: behind the estimate, in its cell; wide=1: in a column of its own.
 * 3. digits=auto: three decimals, more where the error (else the number) would show fewer than two figures, at most eight and then a power of ten; a whole number fixes them; a3: three
 *    figures of what is below one, four and at least one decimal of what is above, none of integers; s3: three figures of each; e3: the same with a power of ten.
 *    digits=(3, t:1, dt:5): those of a number or of a term; p:<3: <0.001 in place of 0.000.
 * 4. Stars from the fit's own p-values. A term dropped as collinear shows a dash.
 * 5. The constant: (Intercept), or with absorbed effects and constant=1 the statistics constant and constant_se of the fit, p from Student's t with df_t.
 * 6. level=: intervals anew from the error and df_t; refused where the fit's own interval is not such a one (draws, inverted tests). Else those of the fit, whose level the note names.
 * 7. transform=(dt: 100*(exp(b)-1)): g(b), its error |g'(b)| se (delta method, the derivative exact), the ends of the interval g(low) and g(high) in order; t, p and stars are those of b.
 *    exp=all or exp=(2, 3): transform=exp(b) in these columns. beta=1: the attribute beta of each term (fe_ols.c 4) in place of b, error and interval scaled alike; no constant.
 * 8. above=(dt:Trade): a line above a term; what stands behind | in it stands in the columns that have the term, or one word in each column. */
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

typedef struct Place {
  const PaperColumn *column;
  const FitTerm *term;
  double at; /* in place of b; NAN: the term's own */
} Place;

static Dual number_of(void *context, const char *name) {
  const Place *place = context;
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

/* Rule 3. */
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

/* Rule 1: expressions in braces. False where none of its numbers has a value. The stars at its end hang on it. */
static bool write_template(const Paper *paper, const PaperColumn *column, const FitTerm *term, const char *option, const char *template, const char *stars, Text *text, bool *hanging) {
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
    const char *word = fit_attribute_word(term, what);
    Place place = {column, term, (double)NAN};
    double value = word ? (double)NAN : print_expression(paper->run, option, what, number_of, &place).value;
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
    if (what && strcmp(what, "stars") != 0) print_expression(paper->run, option, what, check_number, asked);
    at = close + 1;
  }
}

/* ------------------------------------------------------------------------------------------------ main= and under= */

/* Rule 2, and brackets=([], 0): those of the lines in turn, the last of them for the rest. */
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

/* ------------------------------------------------------------------------------------------------ the term as its column shows it */

/* The constant of a model with absorbed effects, as a term. */
static const FitTerm *constant_of(const Paper *paper, const PaperColumn *column, FitTerm *made) {
  if (!column->fit || column->part || column->failed || paper_constant(paper) != 1) return NULL;
  double estimate = fit_stat_value(column->fit, "constant"), error = fit_stat_value(column->fit, "constant_se"), df = fit_stat_value(column->fit, "df_t");
  if (isnan(estimate)) return NULL;
  if (isnan(df)) df = INFINITY;
  double half = student_quantile(.5 + paper_level(column->fit) / 2, df);
  *made = (FitTerm){.term = "(Intercept)", .estimate = estimate, .std_error = error, .statistic = estimate / error, .p_value = student_two_sided(estimate / error, df),
                    .conf_low = estimate - half * error, .conf_high = estimate + half * error};
  return made;
}

double paper_level(const Fit *fit) {
  double level = fit_stat_value(fit, "level");
  return level > 0 && level < 1 ? level : .95;
}

/* Rule 6. */
static void other_level(const Paper *paper, const Fit *fit, FitTerm *term) {
  double df = fit_stat_value(fit, "df_t"), level = paper_level(fit);
  if (isnan(df)) df = INFINITY;
  double half = student_quantile(.5 + level / 2, df) * term->std_error, size = fabs(term->estimate) + half;
  bool own = fabs(term->conf_low - (term->estimate - half)) <= 1e-6 * size && fabs(term->conf_high - (term->estimate + half)) <= 1e-6 * size;
  if (!own && fabs(level - paper->level) > 1e-12) {
    run_fail(paper->run, "level=: the interval of '%.60s' was not made from its standard error; give level= to the estimator", term->term);
    return;
  }
  if (!own) return;
  half = student_quantile(.5 + paper->level / 2, df) * term->std_error;
  term->conf_low = term->estimate - half;
  term->conf_high = term->estimate + half;
}

/* Rule 7: the first that selects the term and the column. */
static const char *transform_of(const Paper *paper, const PaperColumn *column, const char *term) {
  int c = (int)(column - paper->column);
  for (int i = 0; i < paper->transforms; i++)
    if (paper_selects(paper, paper->transform[i].selector, c, term)) return paper->transform[i].expression;
  return column->exponential ? "exp(b)" : NULL;
}

static void standardize(const Paper *paper, const PaperColumn *column, FitTerm *term) {
  double standardized = fit_attribute_number(term, "beta"), factor = standardized / term->estimate;
  if (isnan(standardized)) run_fail(paper->run, "beta=1: the fit of column (%d) has no standardized coefficient of '%.60s'; those of fe_ols with an intercept have", (int)(column - paper->column) + 1, term->term);
  term->estimate = standardized;
  term->std_error *= factor;
  term->conf_low *= factor;
  term->conf_high *= factor;
}

static void transform(const Paper *paper, const PaperColumn *column, const char *expression, FitTerm *term) {
  const FitTerm own = *term;
  Place place = {column, &own, (double)NAN};
  Dual there = print_expression(paper->run, "transform", expression, number_of, &place);
  if (isnan(there.value)) run_fail(paper->run, "transform=%.60s: it has no value for '%.60s' of column (%d), where b is %g", expression, own.term, (int)(column - paper->column) + 1, own.estimate);
  term->estimate = there.value;
  term->std_error = own.std_error * fabs(there.slope);
  double end[2] = {own.conf_low, own.conf_high};
  for (int i = 0; i < 2; i++) {
    place.at = end[i];
    end[i] = isnan(end[i]) ? end[i] : print_expression(paper->run, "transform", expression, number_of, &place).value;
  }
  bool whole = !isnan(end[0]) && !isnan(end[1]);
  term->conf_low = whole ? fmin(end[0], end[1]) : (double)NAN;
  term->conf_high = whole ? fmax(end[0], end[1]) : (double)NAN;
}

/* Rules 6 and 7. */
static const FitTerm *shown(const Paper *paper, const PaperColumn *column, const FitTerm *term, FitTerm *made) {
  if (!term || isnan(term->estimate)) return term;
  bool beta = print_option(paper->job, "beta")->integer != 0;
  const char *expression = transform_of(paper, column, term->term);
  if (isnan(paper->level) && !expression && !beta) return term;
  *made = *term;
  if (paper->intervals && !isnan(paper->level) && !isnan(term->std_error) && !isnan(term->conf_low)) other_level(paper, column->fit, made);
  if (beta) standardize(paper, column, made);
  if (expression && !run_failed(paper->run)) transform(paper, column, expression, made);
  return made;
}

/* Rule 8. */
static void lines_above(Paper *paper, const PaperTerm *row) {
  for (int i = 0; i < paper->above.count && !run_failed(paper->run); i++) {
    const char *line = NULL;
    for (const PaperTerm *term = row; term && !line; term = term->also) line = paper_line_above(paper, paper->above.item[i], term->name);
    if (!line) continue;
    line = print_unquoted(paper->run, line);
    if (!line) return;
    size_t length = strcspn(line, "|"), end = length;
    const char *behind = line[length] ? line + length + 1 : NULL;
    while (end && line[end - 1] == ' ') end--;
    TableCell *cell = table_row(&paper->table, TABLE_BODY, run_text_n(paper->run, line, end));
    if (!cell || !behind) continue;
    if (strchr(behind, '|')) paper_fill(paper, "above", line, behind, cell);
    for (int c = 0; c < paper->columns && !strchr(behind, '|'); c++)
      if (paper_row_term(&paper->column[c], row)) cell[1 + c].text = behind + strspn(behind, " ");
  }
}

/* ------------------------------------------------------------------------------------------------ the rows */

static bool interval_only(const PaperLine *line, const FitTerm *term) { return line->what && number_named(line->what) == NUMBER_SE && isnan(term->std_error) && !isnan(term->conf_low); }

/* One line of one term in one column. */
static TableCell line_cell(const Paper *paper, const PaperColumn *column, const FitTerm *term, const PaperLine *line, const char *stars) {
  static const char *const OPEN[] = {"(", "[", "{", ""}, *const CLOSE[] = {")", "]", "}", ""};
  Text text = {.run = paper->run};
  bool instead = interval_only(line, term), hanging; /* rule 2 */
  int way = instead && line->way != 3 ? 1 : line->way;
  text_add(&text, OPEN[way]);
  bool any = write_template(paper, column, term, "under", instead ? "{low}, {high}" : line->template, stars, &text, &hanging);
  text_add(&text, CLOSE[way]);
  if (run_failed(paper->run) || !any) return (TableCell){.span = 1};
  return (TableCell){.text = text.data, .stars = hanging ? stars : NULL, .number = true, .span = 1};
}

static const char *stars_for(const Paper *paper, const FitTerm *term) {
  if (paper->starred_terms.count && !paper_in_list(paper, &paper->starred_terms, term->term)) return "";
  return stars_of(&paper->stars, term->p_value);
}

static TableCell main_cell(const Paper *paper, const PaperColumn *column, const FitTerm *term) {
  if (isnan(term->estimate)) return (TableCell){.text = "–", .span = 1};
  const char *stars = stars_for(paper, term);
  TableCell cell = line_cell(paper, column, term, &paper->main, stars);
  if (cell.text && paper->main.what && !paper->starred_under) cell.stars = stars;
  return cell;
}

/* Behind the estimate, in its cell. */
static void put_beside(const Paper *paper, TableCell *cell, const TableCell *behind) {
  if (!behind->text || !cell->text) return;
  *cell = (TableCell){.text = run_format(paper->run, "%s%s %s", cell->text, cell->stars ? cell->stars : "", behind->text), .stars = behind->stars, .number = true, .span = 1};
}

/* stack=1: the name of an equation above its terms. */
static void part_title(Paper *paper, const char *part) {
  bool first = strncmp(part, "first: ", 7) == 0;
  table_rule(&paper->table);
  TableCell *title = table_row(&paper->table, TABLE_BODY, first ? run_format(paper->run, "%s: %s", paper_word(paper, "first stage"), paper_name(paper, part + 7)) : paper_name(paper, part));
  if (title) title->span = paper->table.columns;
}

void paper_coefficients(Paper *paper, bool *dash) {
  Run *run = paper->run;
  const FitTerm **found = NEW_ARRAY(run, const FitTerm *, paper->columns);
  FitTerm *made = NEW_ARRAY(run, FitTerm, paper->columns), *changed = NEW_ARRAY(run, FitTerm, paper->columns);
  bool beside = print_option(paper->job, "beside")->integer != 0, gaps = print_option(paper->job, "gaps")->integer != 0;
  if (run_failed(run)) return;
  for (int t = 0; t < paper->terms && run_poll(run, (uint64_t)paper->columns * 5000); t++) {
    const PaperTerm *row = &paper->term[t];
    bool constant = strcmp(row->name, "(Intercept)") == 0, any = false;
    const char *part_before = t ? row[-1].part : NULL;
    if (row->part && (!part_before || strcmp(part_before, row->part) != 0)) part_title(paper, row->part);
    int before = paper->table.rows;
    lines_above(paper, row);
    TableCell *cell = table_row(&paper->table, TABLE_BODY, paper_name(paper, row->name));
    if (!cell) return;
    for (int c = 0; c < paper->columns; c++) {
      const PaperColumn *column = &paper->column[c];
      found[c] = paper_row_term(column, row);
      if (!found[c] && constant && !row->part) found[c] = constant_of(paper, column, &made[c]);
      if (!found[c]) {
        if (column->fit && !column->failed) cell[1 + c].text = paper->vacant;
        continue;
      }
      found[c] = shown(paper, column, found[c], &changed[c]);
      if (run_failed(run)) return;
      cell[1 + c] = main_cell(paper, column, found[c]);
      *dash |= isnan(found[c]->estimate);
      any |= cell[1 + c].text != NULL;
      paper_highlight(paper, c, found[c], &cell[1 + c]);
    }
    if (!any) { /* main= is a number that no column has of this term */
      paper->table.rows = before;
      continue;
    }
    if (gaps && before && paper->table.row[before - 1].kind != TABLE_RULE) paper->table.row[before].gap = true;
    for (int u = 0; u < paper->lines; u++) {
      TableCell *line = beside ? NULL : table_row(&paper->table, TABLE_BODY, "");
      bool lines = false;
      if (line) paper->table.row[paper->table.rows - 1].beneath = u + 1;
      for (int c = 0; c < paper->columns && !run_failed(run); c++) {
        if (!found[c] || isnan(found[c]->estimate) || !cell[1 + c].text) continue;
        const char *stars = stars_for(paper, found[c]);
        TableCell made_cell = line_cell(paper, &paper->column[c], found[c], &paper->line[u], stars);
        if (paper->starred_under && !u && made_cell.text) made_cell.stars = stars;
        if (beside) put_beside(paper, &cell[1 + c], &made_cell);
        else if (line) line[1 + c] = made_cell;
        lines |= made_cell.text != NULL;
      }
      if (line && !lines) paper->table.rows--;
    }
  }
}

/* ------------------------------------------------------------------------------------------------ notes */

static const char *what_is(const Paper *paper, const char *what) {
  static const char *const WHAT[][2] = {{"se", "Standard errors"}, {"std_error", "Standard errors"}, {"t", "t statistics"}, {"statistic", "t statistics"}, {"z", "z statistics"}, {"p", "p-values"},
                                        {"p_value", "p-values"}, {"ci", "Confidence intervals"}, {"|t|", "Absolute t statistics"}, {"abs(t)", "Absolute t statistics"},
                                        {"|z|", "Absolute z statistics"}, {"beta", "Standardized coefficients"}, {"b", "Coefficients"}};
  const char *label = paper_name(paper, what);
  for (size_t i = 0; i < sizeof WHAT / sizeof WHAT[0] && strcmp(label, what) == 0; i++)
    if (strcmp(WHAT[i][0], what) == 0) return paper_word(paper, WHAT[i][1]);
  return label;
}

void paper_note_under(Paper *paper, double level) {
  static const char *const WHERE[] = {"in parentheses", "in brackets", "in braces", "beneath"};
  bool beside = print_option(paper->job, "beside")->integer || !strchr("0nf", *print_option(paper->job, "wide")->text);
  Text text = {.run = paper->run};
  if (paper->main.what && strcmp(paper->main.what, "b") != 0) text_format(&text, "%s%s", what_is(paper, paper->main.what), paper->chinese ? "。" : ". ");
  size_t begun = text.length;
  for (int u = 0; u < paper->lines && !run_failed(paper->run); u++) {
    const PaperLine *line = &paper->line[u];
    if (!line->what || strcmp(line->what, "stars") == 0) continue;
    const char *where = line->way == 3 && beside ? "beside" : WHERE[line->way];
    bool first = text.length == begun;
    text_add(&text, first ? "" : paper->chinese ? "，" : ", ");
    if (strcmp(line->what, "ci") == 0 && !isnan(level)) {
      text_short(&text, 100 * level, 4);
      text_format(&text, paper->chinese ? "%% 置信区间%s" : "%% confidence intervals %s", paper_word(paper, where));
    } else {
      const char *what = what_is(paper, line->what);
      if (!first && !paper->chinese && strchr("SCA", *what)) { /* within the sentence */
        text_add(&text, *what == 'S' ? "s" : *what == 'C' ? "c" : "a");
        what++;
      }
      text_format(&text, paper->chinese ? "%s%s" : "%s %s", what, paper_word(paper, where));
    }
  }
  const char *stars = stars_note(paper->run, &paper->stars);
  if (stars) text_format(&text, "%s%s", text.length == begun ? "" : paper->chinese ? "；" : ". ", stars);
  if (run_failed(paper->run) || !text.length) return;
  while (text.length && text.data[text.length - 1] == ' ') text.data[--text.length] = '\0';
  if (stars || text.length > begun) text_add(&text, paper->chinese ? "。" : ".");
  if (!run_failed(paper->run)) table_note(&paper->table, table_styled(&paper->table, text.data));
}

/* The level that all intervals have; NAN where they differ or a fit does not say. */
double paper_common_level(const Paper *panel, int panels) {
  double level = panel->level;
  bool first = true;
  for (int p = 0; p < panels && isnan(panel->level); p++)
    for (int c = 0; c < panel[p].columns; c++) {
      const PaperColumn *column = &panel[p].column[c];
      if (!column->fit || column->failed) continue;
      double own = fit_stat_value(column->fit, "level");
      if (isnan(own) || (!first && own != level)) return (double)NAN;
      level = own;
      first = false;
    }
  return level;
}

/* What was done to the coefficients: exp= and transform=, beta=1. */
void paper_note_transforms(Paper *paper) {
  bool chinese = paper->chinese;
  if (print_option(paper->job, "beta")->integer) table_note(&paper->table, chinese ? "系数为标准化系数。" : "Standardized coefficients.");
  Text text = {.run = paper->run};
  int count = 0;
  for (int i = 0; i < paper->transforms; i++) {
    const PaperTransform *made = &paper->transform[i];
    const char *at = paper_column_mark(made->selector);
    text_add(&text, i ? "; " : chinese ? "所示为 " : "Shown is ");
    text_add(&text, made->expression);
    if (!at) at = made->selector + strlen(made->selector);
    const char *term = run_text_n(paper->run, made->selector, (size_t)(at - made->selector));
    if (!term) return;
    if (*term && strcmp(term, "*") != 0) text_format(&text, chinese ? "（%s）" : " of %s", paper_name(paper, term));
    if (*at) text_format(&text, chinese ? "（列 %s）" : " in column %s", at + 1);
  }
  if (text.length) text_add(&text, chinese ? "（b 为系数）。" : ", where b is the coefficient.");
  if (text.length && !run_failed(paper->run)) table_note(&paper->table, text.data);
  text = (Text){.run = paper->run};
  for (int c = 0; c < paper->columns; c++) count += paper->column[c].exponential;
  if (!count) return;
  text_add(&text, chinese ? "系数已取指数" : "Exponentiated coefficients");
  if (count < paper->columns) text_add(&text, chinese ? "：列" : count == 1 ? " in column" : " in columns");
  for (int c = 0, before = 0; c < paper->columns && count < paper->columns; c++)
    if (paper->column[c].exponential) text_format(&text, "%s(%d)", before++ ? ", " : " ", c + 1);
  text_add(&text, chinese ? "。" : ".");
  if (!run_failed(paper->run)) table_note(&paper->table, text.data);
}
