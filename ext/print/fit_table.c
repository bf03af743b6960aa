/* fit_table.c: the regression table of a paper from fits in rows.
 *
 * 1. Rows: the terms in the order in which they first appear, the constant last. keep=, drop= and order= take names or patterns with *, as the
 *    terms are called or as rename=(dt:Digital trade) calls them. A pattern that matches nothing is an error. What is not shown is a control: one Yes/No line.
 *    Terms with the same label that no column has together are one row.
 * 2. Beneath an estimate: under=se, t, p, ci, or several (se+t): intervals in brackets; of the others the first in parentheses, the second in brackets, the
 *    third in braces. Where there is no error but an interval (a threshold), the interval. beside=1: behind it, in the same cell; wide=1: in a column of
 *    its own. brackets= names others.
 * 3. digits=auto: three decimals, more where the error (else the estimate) would show fewer than two figures, at most eight; a whole number fixes them; a3: three
 *    figures of what is below one, four and at least one decimal of what is above, none of integers. digits=(3, t:1): those of the lines beneath.
 * 4. Stars from the fit's own p-values. A term dropped as collinear shows a dash.
 * 5. The constant: (Intercept), or with absorbed effects and constant=1 the statistics constant and constant_se of the fit, p from Student's t with df_t.
 * 6. level=: intervals anew from the error and df_t; refused where the fit's own interval is not such a one (draws, inverted tests). Else those of the fit, whose level the note names.
 * 7. exp=all or exp=(2, 3): exp(b) in these columns, its error exp(b) se (delta method), the ends of the interval exponentiated; t, p and stars are those of b.
 *    beta=1: the attribute beta of each term (fe_ols.c 4) in place of b, error and interval scaled alike; no constant.
 * 8. panels=(Homicide:3, Larceny:3): the first three fits, below them the next three, under the same columns; each panel has its own foot.
 * 9. above=(dt:Trade): a line above a term; what stands behind | in it stands in the columns that have the term.
 * 10. A fit with an error, and a NULL, get an empty column and a note.
 * Columns and heads: fit_table_columns.c. Below the coefficients: fit_table_foot.c. */
#include "print.h"

static const FitTerm *term_in(const PaperColumn *column, const char *name) {
  const Fit *fit = column->fit;
  for (int i = 0; fit && !column->failed && i < fit->terms; i++) {
    const char *part = fit->term[i].part;
    bool mine = column->part ? part && strcmp(part, column->part) == 0 : paper_own_part(part);
    if (mine && print_matches(name, fit->term[i].term) && !strchr(name, '*')) return &fit->term[i];
    if (mine && strcmp(name, fit->term[i].term) == 0) return &fit->term[i];
  }
  return NULL;
}

bool paper_has(const PaperColumn *column, const char *term) { return term_in(column, term) != NULL; }

static const FitTerm *row_term(const PaperColumn *column, const PaperTerm *row) {
  const FitTerm *found = NULL;
  for (; row && !found; row = row->also) found = term_in(column, row->name);
  return found;
}

/* ------------------------------------------------------------------------------------------------ which terms, in which order */

static bool matches(const Paper *paper, const char *pattern, const char *term) {
  return print_matches(pattern, term) || print_matches(pattern, paper_name(paper, term));
}

static bool in_list(const Paper *paper, const PrintList *list, const char *term) { /* any of its patterns */
  for (int i = 0; i < list->count; i++)
    if (matches(paper, list->item[i], term)) return true;
  return false;
}

bool paper_controlled(const Paper *paper, int group, const char *term) { return in_list(paper, &paper->control[group].patterns, term); }

static bool in_controls(const Paper *paper, const char *term) {
  for (int g = 0; g < paper->controls; g++)
    if (paper_controlled(paper, g, term)) return true;
  return false;
}

static void check_patterns(const Paper *paper, const char *option, const PrintList *list, int terms, const char *const *term) {
  for (int i = 0; i < list->count && !run_failed(paper->run); i++) {
    bool any = false;
    for (int t = 0; t < terms && !any; t++) any = matches(paper, list->item[i], term[t]);
    if (any || !terms) continue;
    Text names = {.run = paper->run};
    for (int t = 0; t < terms && t < 12; t++) text_format(&names, "%s'%.60s'", t ? ", " : "", term[t]);
    run_fail(paper->run, "%s=%.60s matches no term of the fits, which have %.600s%s", option, list->item[i], names.data ? names.data : "", terms > 12 ? " ..." : "");
  }
}

static int constant_rule(const Paper *paper) {
  const char *text = print_option(paper->job, "constant")->text;
  if (print_option(paper->job, "beta")->integer) return 0;
  return strcmp(text, "auto") == 0 ? -1 : strcmp(text, "1") == 0 || strcmp(text, "yes") == 0;
}

/* Rule 1: a row of its own, or with another of the same label. */
static void add_term(Paper *paper, const char *name) {
  PaperTerm *term = NULL;
  for (int t = 0; t < paper->terms && paper->renames.count && !term; t++) {
    if (strcmp(paper_name(paper, paper->term[t].name), paper_name(paper, name)) != 0) continue;
    bool together = false;
    for (int c = 0; c < paper->columns; c++) together |= row_term(&paper->column[c], &paper->term[t]) && term_in(&paper->column[c], name);
    if (!together) term = &paper->term[t];
  }
  if (!term) {
    paper->term[paper->terms++] = (PaperTerm){.name = name};
    return;
  }
  while (term->also) term = term->also;
  term->also = NEW(paper->run, PaperTerm);
  if (term->also) term->also->name = name;
}

static void choose_terms(Paper *paper) {
  Run *run = paper->run;
  PrintList keep = print_list(run, print_text(paper->job, "keep")), drop = print_list(run, print_text(paper->job, "drop")), order = print_list(run, print_text(paper->job, "order"));
  int room = 1, all = 0;
  for (int c = 0; c < paper->columns; c++) room += paper->column[c].fit ? paper->column[c].fit->terms : 0;
  const char **every = NEW_ARRAY(run, const char *, room);
  paper->term = NEW_ARRAY(run, PaperTerm, room);
  bool *taken = NEW_ARRAY(run, bool, room);
  if (run_failed(run)) return;
  bool constant = false;
  for (int c = 0; c < paper->columns && run_poll(run, (uint64_t)room * 20); c++) {
    const PaperColumn *column = &paper->column[c];
    for (int i = 0; column->fit && !column->failed && i < column->fit->terms; i++) {
      const FitTerm *term = &column->fit->term[i];
      bool mine = column->part ? term->part && strcmp(term->part, column->part) == 0 : paper_own_part(term->part), known = false;
      for (int t = 0; t < all && mine && !known; t++) known = strcmp(every[t], term->term) == 0;
      if (!mine || known) continue;
      if (strcmp(term->term, "(Intercept)") == 0) constant = true;
      else every[all++] = term->term;
    }
    constant |= column->fit && !column->part && !isnan(fit_stat_value(column->fit, "constant")) && constant_rule(paper) == 1;
  }
  if (constant) every[all++] = "(Intercept)";
  paper->every = every;
  paper->all = all;
  for (int t = 0; t < all; t++) {
    bool is_constant = strcmp(every[t], "(Intercept)") == 0;
    bool shown = (!keep.count || in_list(paper, &keep, every[t])) && !in_list(paper, &drop, every[t]) && !in_controls(paper, every[t]);
    if (is_constant && constant_rule(paper) >= 0) shown = constant_rule(paper) == 1;
    if (shown) continue;
    taken[t] = true;
  }
  for (int o = 0; o <= order.count && run_poll(run, (uint64_t)all * 100); o++) {
    for (int t = 0; t < all; t++) {
      if (taken[t] || (o < order.count && !matches(paper, order.item[o], every[t]))) continue;
      taken[t] = true;
      add_term(paper, every[t]);
    }
  }
}

/* Rule 9: the line of the item where it is that of the term. */
static const char *line_above(const Paper *paper, const char *item, const char *term) {
  const char *line = paper_renamed(item, term);
  return line ? line : paper_renamed(item, paper_name(paper, term));
}

/* A pattern must match a term of some panel. */
static void check_lists(Paper *panel, int panels) {
  static const char *const OPTION[] = {"keep", "drop", "order"};
  int all = 0;
  for (int p = 0; p < panels; p++) all += panel[p].all;
  const char **every = NEW_ARRAY(panel->run, const char *, all + 1);
  if (run_failed(panel->run)) return;
  all = 0;
  for (int p = 0; p < panels; p++)
    for (int t = 0; t < panel[p].all; t++) every[all++] = panel[p].every[t];
  for (int o = 0; o < 3; o++) {
    PrintList list = print_list(panel->run, print_text(panel->job, OPTION[o]));
    check_patterns(panel, OPTION[o], &list, all, every);
  }
  for (int g = 0; g < panel->controls; g++) check_patterns(panel, "controls", &panel->control[g].patterns, all, every);
  for (int i = 0; i < panel->above.count; i++) {
    bool any = !all;
    for (int t = 0; t < all && !any; t++) any = line_above(panel, panel->above.item[i], every[t]) != NULL;
    if (!any) run_fail(panel->run, "above=: '%.60s' must be a term of the fits, a colon and the line above it, as in above=(educ:Schooling)", panel->above.item[i]);
  }
}

/* ------------------------------------------------------------------------------------------------ coefficients */

enum Under { UNDER_SE, UNDER_T, UNDER_P, UNDER_CI, UNDER_KINDS };
static const char *const UNDER_NAME[] = {"se", "t", "p", "ci"};

typedef struct UnderLines {
  int count;
  enum Under kind[UNDER_KINDS];
  int way[UNDER_KINDS]; /* 0 parentheses, 1 brackets, 2 braces, 3 nothing */
  bool used[UNDER_KINDS];
} UnderLines;

/* Rule 2, and brackets=([], 0): those of the lines in turn, the last of them for the rest. */
static void read_brackets(Paper *paper, UnderLines *lines) {
  static const char *const WAYS[] = {"()", "[]", "{}", "0"};
  const char *text = print_text(paper->job, "brackets");
  PrintList list = print_list(paper->run, text);
  for (int u = 0, before = 0; u < lines->count; u++) {
    lines->way[u] = lines->kind[u] == UNDER_CI ? 1 : before > 2 ? 2 : before;
    before += lines->kind[u] != UNDER_CI;
    if (!text) continue;
    const char *asked = list.count ? list.item[u < list.count ? u : list.count - 1] : "()"; /* a list that is nothing but its parentheses */
    int way = 0;
    while (way < 4 && strcmp(asked, WAYS[way]) != 0) way++;
    if (way == 4) run_fail(paper->run, "brackets=%.40s: it is made of (), [], {} and 0 (none), one for each line of under=", text);
    lines->way[u] = way;
  }
}

static UnderLines read_under(Paper *paper) {
  UnderLines lines = {0};
  const char *text = print_option(paper->job, "under")->text;
  if (strcmp(text, "none") == 0 || strcmp(text, "0") == 0) return lines;
  for (const char *at = text; *at && !run_failed(paper->run);) {
    size_t length = strcspn(at, "+, ()");
    if (length) {
      int kind = 0;
      while (kind < UNDER_KINDS && (strlen(UNDER_NAME[kind]) != length || strncmp(UNDER_NAME[kind], at, length) != 0)) kind++;
      if (kind == UNDER_KINDS) run_fail(paper->run, "under=%.60s: it is made of se, t, p and ci joined by +, or none", text);
      else if (lines.used[kind]) run_fail(paper->run, "under=%.60s: '%s' stands there twice", text, UNDER_NAME[kind]);
      else {
        lines.used[kind] = true;
        lines.kind[lines.count++] = (enum Under)kind;
      }
    }
    at += length + (at[length] != '\0');
  }
  read_brackets(paper, &lines);
  return lines;
}

/* Rule 3: of this number of the term. */
static int decimals_for(const Paper *paper, const FitTerm *term, double value) {
  if (paper->digits >= 0) return paper->digits;
  if (paper->figures) {
    double shown = fabs(value);
    if (!(shown < 1e15) || shown == floor(shown)) return 0;
    int power = (int)floor(log10(shown)), more = paper->figures - power - (shown < 1);
    return more < 1 ? 1 : more > 15 ? 15 : more;
  }
  double size = fabs(!isnan(term->std_error) && term->std_error > 0 ? term->std_error : term->estimate);
  int decimals = 3;
  for (double shown = size * 1000; size > 0 && shown < 9.95 && decimals < 8; shown *= 10) decimals++;
  return decimals;
}

static void bracketed(const Paper *paper, const FitTerm *term, enum Under kind, int way, TableCell *cell) {
  static const char *const OPEN[] = {"(", "[", "{", ""}, *const CLOSE[] = {")", "]", "}", ""};
  Text text = {.run = paper->run};
  double value = kind == UNDER_SE ? term->std_error : kind == UNDER_T ? term->statistic : term->p_value;
  if (kind == UNDER_SE && isnan(value) && !isnan(term->conf_low)) { /* rule 3 */
    kind = UNDER_CI;
    way = way == 3 ? 3 : 1;
  }
  if (kind == UNDER_CI ? isnan(term->conf_low) && isnan(term->conf_high) : isnan(value)) return;
  int own = paper->own_digits[kind];
  text_add(&text, OPEN[way]);
  if (kind == UNDER_CI) {
    text_fixed(&text, term->conf_low, own >= 0 ? own : decimals_for(paper, term, term->conf_low));
    text_add(&text, ", ");
    text_fixed(&text, term->conf_high, own >= 0 ? own : decimals_for(paper, term, term->conf_high));
  } else {
    if (own < 0) own = kind == UNDER_SE ? decimals_for(paper, term, value) : kind == UNDER_P ? 3 : paper->digits >= 0 && paper->digits < 2 ? paper->digits : 2;
    text_fixed(&text, value, own);
  }
  text_add(&text, CLOSE[way]);
  *cell = (TableCell){.text = run_failed(paper->run) ? "" : text.data, .number = true, .span = 1};
}

/* The constant of a model with absorbed effects, as a term. */
static const FitTerm *constant_of(const Paper *paper, const PaperColumn *column, FitTerm *made) {
  if (!column->fit || column->part || column->failed || constant_rule(paper) != 1) return NULL;
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

/* The term as the column shows it: rules 6 and 7. */
static const FitTerm *shown(const Paper *paper, const PaperColumn *column, const FitTerm *term, bool interval, FitTerm *made) {
  bool beta = print_option(paper->job, "beta")->integer != 0;
  if (!term || isnan(term->estimate) || (isnan(paper->level) && !column->exponential && !beta)) return term;
  *made = *term;
  if (interval && !isnan(paper->level) && !isnan(term->std_error) && !isnan(term->conf_low)) other_level(paper, column->fit, made);
  if (beta) {
    double standardized = fit_attribute_number(term, "beta"), factor = standardized / term->estimate;
    if (isnan(standardized)) run_fail(paper->run, "beta=1: the fit of column (%d) has no standardized coefficient of '%.60s'; those of fe_ols with an intercept have", (int)(column - paper->column) + 1, term->term);
    made->estimate = standardized;
    made->std_error *= factor;
    made->conf_low *= factor;
    made->conf_high *= factor;
  }
  if (!column->exponential) return made;
  made->estimate = exp(made->estimate);
  made->std_error *= made->estimate;
  made->conf_low = exp(made->conf_low);
  made->conf_high = exp(made->conf_high);
  return made;
}

/* Rule 9. */
static void lines_above(Paper *paper, const PaperTerm *row) {
  for (int i = 0; i < paper->above.count && !run_failed(paper->run); i++) {
    const char *line = NULL;
    for (const PaperTerm *term = row; term && !line; term = term->also) line = line_above(paper, paper->above.item[i], term->name);
    if (!line) continue;
    line = print_unquoted(paper->run, line);
    if (!line) return;
    const char *bar = strchr(line, '|'), *behind = bar ? bar + 1 + strspn(bar + 1, " ") : NULL;
    size_t length = bar ? (size_t)(bar - line) : strlen(line);
    while (length && line[length - 1] == ' ') length--;
    TableCell *cell = table_row(&paper->table, TABLE_BODY, run_text_n(paper->run, line, length));
    for (int c = 0; cell && behind && c < paper->columns; c++)
      if (row_term(&paper->column[c], row)) cell[1 + c].text = behind;
  }
}

static void coefficients(Paper *paper, const UnderLines *under, bool *dash) {
  Run *run = paper->run;
  const FitTerm **found = NEW_ARRAY(run, const FitTerm *, paper->columns);
  FitTerm *made = NEW_ARRAY(run, FitTerm, paper->columns), *changed = NEW_ARRAY(run, FitTerm, paper->columns);
  bool beside = print_option(paper->job, "beside")->integer != 0;
  bool starred = strcmp(print_option(paper->job, "starred")->text, "under") == 0 && under->count; /* the first line beneath has the stars */
  if (run_failed(run)) return;
  for (int t = 0; t < paper->terms && run_poll(run, (uint64_t)paper->columns * 5000); t++) {
    bool constant = strcmp(paper->term[t].name, "(Intercept)") == 0;
    lines_above(paper, &paper->term[t]);
    TableCell *cell = table_row(&paper->table, TABLE_BODY, paper_name(paper, paper->term[t].name));
    if (!cell) return;
    for (int c = 0; c < paper->columns; c++) {
      found[c] = row_term(&paper->column[c], &paper->term[t]);
      if (!found[c] && constant) found[c] = constant_of(paper, &paper->column[c], &made[c]);
      if (!found[c]) continue;
      found[c] = shown(paper, &paper->column[c], found[c], under->used[UNDER_CI], &changed[c]);
      bool dropped = isnan(found[c]->estimate);
      *dash |= dropped;
      cell[1 + c] = (TableCell){.text = dropped ? "–" : print_fixed(run, found[c]->estimate, decimals_for(paper, found[c], found[c]->estimate)),
                                .stars = starred ? NULL : stars_of(&paper->stars, found[c]->p_value), .number = !dropped, .span = 1};
    }
    for (int u = 0; u < under->count && beside; u++) {
      for (int c = 0; c < paper->columns && !run_failed(run); c++) {
        TableCell behind = {0};
        if (found[c] && !isnan(found[c]->estimate)) bracketed(paper, found[c], under->kind[u], under->way[u], &behind);
        if (behind.text) cell[1 + c] = (TableCell){.text = run_format(run, "%s%s %s", cell[1 + c].text, cell[1 + c].stars ? cell[1 + c].stars : "", behind.text),
                                                     .stars = starred && !u ? stars_of(&paper->stars, found[c]->p_value) : NULL, .number = true, .span = 1};
      }
    }
    for (int u = 0; u < under->count && !beside; u++) {
      TableCell *line = table_row(&paper->table, TABLE_BODY, "");
      bool any = false;
      if (line) paper->table.row[paper->table.rows - 1].beneath = u + 1;
      for (int c = 0; line && c < paper->columns; c++) {
        if (found[c] && !isnan(found[c]->estimate)) bracketed(paper, found[c], under->kind[u], under->way[u], &line[1 + c]);
        if (line[1 + c].text && starred && !u) line[1 + c].stars = stars_of(&paper->stars, found[c]->p_value);
        any |= line[1 + c].text != NULL;
      }
      if (line && !any) paper->table.rows--;
    }
  }
}

static void note_under(Paper *paper, const UnderLines *under, double level) {
  static const char *const WHAT[] = {"Standard errors", "t statistics", "p-values", "Confidence intervals"}, *const WHERE[] = {"in parentheses", "in brackets", "in braces", "beneath"};
  Text text = {.run = paper->run};
  for (int u = 0; u < under->count; u++) {
    const char *where = under->way[u] == 3 && (print_option(paper->job, "beside")->integer || print_option(paper->job, "wide")->integer) ? "beside" : WHERE[under->way[u]];
    text_add(&text, u ? paper->chinese ? "，" : ", " : "");
    if (under->kind[u] == UNDER_CI && !isnan(level)) {
      text_short(&text, 100 * level, 4);
      text_format(&text, paper->chinese ? "%% 置信区间%s" : "%% confidence intervals %s", paper_word(paper, where));
    } else {
      const char *what = paper_word(paper, WHAT[under->kind[u]]);
      if (u && !paper->chinese && strchr("SC", *what)) { /* within the sentence */
        text_add(&text, *what == 'S' ? "s" : "c");
        what++;
      }
      text_format(&text, paper->chinese ? "%s%s" : "%s %s", what, paper_word(paper, where));
    }
  }
  const char *stars = stars_note(paper->run, &paper->stars);
  if (stars) text_format(&text, "%s%s", !text.length ? "" : paper->chinese ? "；" : ". ", stars);
  if (run_failed(paper->run) || !text.length) return;
  text_add(&text, paper->chinese ? "。" : ".");
  table_note(&paper->table, text.data);
}

/* The level that all intervals have; NAN where they differ or a fit does not say. */
static double common_level(const Paper *panel, int panels) {
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

static void note_exponentials(Paper *paper) {
  if (print_option(paper->job, "beta")->integer) table_note(&paper->table, paper->chinese ? "系数为标准化系数。" : "Standardized coefficients.");
  Text text = {.run = paper->run};
  int count = 0;
  for (int c = 0; c < paper->columns; c++) count += paper->column[c].exponential;
  if (!count) return;
  text_add(&text, paper->chinese ? "系数已取指数" : "Exponentiated coefficients");
  if (count < paper->columns) text_add(&text, paper->chinese ? "：列" : count == 1 ? " in column" : " in columns");
  for (int c = 0, before = 0; c < paper->columns && count < paper->columns; c++)
    if (paper->column[c].exponential) text_format(&text, "%s(%d)", before++ ? ", " : " ", c + 1);
  text_add(&text, paper->chinese ? "。" : ".");
  if (!run_failed(paper->run)) table_note(&paper->table, text.data);
}

/* ------------------------------------------------------------------------------------------------ the page */

/* digits=auto, 3, a3, (3, t:1, p:4). */
static void read_digits(Paper *paper) {
  const char *text = print_text(paper->job, "digits");
  PrintList list = print_list(paper->run, text);
  paper->digits = -1;
  for (int k = 0; k < UNDER_KINDS; k++) paper->own_digits[k] = -1;
  for (int i = 0; i < list.count && !run_failed(paper->run); i++) {
    const char *item = list.item[i], *colon = strchr(item, ':'), *from = colon ? colon + 1 + strspn(colon + 1, " ") : item[0] == 'a' ? item + 1 : item;
    int value = *from ? 0 : -1, *into = colon ? NULL : from > item ? &paper->figures : &paper->digits;
    for (const char *at = from; *at && value >= 0; at++) value = *at >= '0' && *at <= '9' && value < 10 ? value * 10 + *at - '0' : -1;
    for (int k = 0; k < UNDER_KINDS && colon; k++)
      if (strlen(UNDER_NAME[k]) == (size_t)(colon - item) && strncmp(UNDER_NAME[k], item, strlen(UNDER_NAME[k])) == 0) into = &paper->own_digits[k];
    bool sound = into && value >= 0 && value <= 15 && (into != &paper->figures || (value >= 1 && value <= 9));
    if (sound) *into = value;
    else if (strcmp(item, "auto") != 0)
      run_fail(paper->run, "digits=%.40s: a whole number from 0 to 15, auto, or a1 to a9 (so many figures); of the lines beneath by name: digits=(3, t:1)", text);
  }
}

static void read_options(Paper *paper) {
  PrintJob *job = paper->job;
  const OptionValue *level = print_option(job, "level");
  read_digits(paper);
  paper->above = print_list(job->run, print_text(job, "above"));
  paper->renames = print_list(job->run, print_text(job, "rename"));
  for (int i = 0; i < paper->renames.count; i++)
    if (!strpbrk(paper->renames.item[i], ":=")) run_fail(job->run, "rename=%.60s: it is made of name:label, several in parentheses: rename=(dt:Digital trade, fdi:FDI)", paper->renames.item[i]);
  paper->stars = stars_read(job->run, print_option(job, "stars")->text);
  paper->level = level->text ? level->number : (double)NAN;
  if (!isnan(paper->level) && !(paper->level > 0 && paper->level < 1)) run_fail(job->run, "level=%.40s must lie between 0 and 1, such as 0.95", level->text);
  PrintList marks = print_list(job->run, print_text(job, "marks"));
  if (marks.count && marks.count != 2) run_fail(job->run, "marks=%.60s: two words, for yes and for no, as in marks=(✓, –)", print_option(job, "marks")->text);
  for (int i = 0; i < 2; i++) paper->mark[i] = marks.count == 2 ? marks.item[1 - i] : paper_word(paper, i ? "Yes" : "No");
  if (!run_failed(job->run)) paper_read_controls(paper);
}

static void choose_exponentials(Paper *paper) {
  const char *text = print_text(paper->job, "exp");
  if (!text || strcmp(text, "0") == 0) return;
  PrintList list = print_list(paper->run, text);
  for (int i = 0; i < list.count && !run_failed(paper->run); i++) {
    bool any = false;
    for (int c = 0; c < paper->columns; c++) {
      const char *number = run_format(paper->run, "%d", c + 1);
      if (!number || (strcmp(list.item[i], "all") != 0 && strcmp(list.item[i], number) != 0)) continue;
      paper->column[c].exponential = true;
      any = true;
    }
    if (!any) run_fail(paper->run, "exp=: '%.40s' is not the number of a column (1 to %d), nor all", list.item[i], paper->columns);
  }
}

/* The papers of panels=, or one; each with its rows of the job. */
static Paper *make_panels(const Paper *paper, int *panels) {
  Run *run = paper->run;
  PrintList list = print_list(run, print_text(paper->job, "panels"));
  *panels = list.count ? list.count : 1;
  Paper *panel = NEW_ARRAY(run, Paper, *panels);
  PrintJob *job = NEW_ARRAY(run, PrintJob, *panels);
  int64_t row = 0;
  for (int p = 0; p < *panels && !run_failed(run); p++) {
    panel[p] = *paper;
    job[p] = *paper->job;
    panel[p].job = &job[p];
    if (list.count) {
      job[p].rows = paper_counted(paper, "panels", list.item[p], &panel[p].title);
      if (row + job[p].rows > paper->job->rows) run_fail(run, "panels=: '%.60s' ends at fit %lld, but there are %lld", list.item[p], (long long)(row + job[p].rows), (long long)paper->job->rows);
      if (run_failed(run)) return NULL;
      job[p].cell += row * job[p].columns;
      job[p].fit += row;
      row += job[p].rows;
    }
    paper_columns(&panel[p]);
    if (!run_failed(run)) choose_exponentials(&panel[p]);
    if (!run_failed(run)) choose_terms(&panel[p]);
    if (!run_failed(run) && panel[p].columns != panel->columns)
      run_fail(run, "panels=: '%.60s' has another number of columns (%d) than '%.60s' (%d); panels stand under the same columns", panel[p].title, panel[p].columns, panel->title, panel->columns);
    for (int c = 0; p && c < panel->columns && !run_failed(run); c++) {
      const char *a = panel->column[c].outcome, *b = panel[p].column[c].outcome;
      panel->outcomes_differ |= a && b && strcmp(a, b) != 0;
    }
  }
  if (list.count && row < paper->job->rows) run_fail(run, "panels= takes %lld fits, but there are %lld", (long long)row, (long long)paper->job->rows);
  if (!run_failed(run)) check_lists(panel, *panels);
  return panel;
}

static void print(PrintJob *job) {
  Paper paper = {.job = job, .run = job->run, .chinese = print_chinese(job)};
  int panels;
  read_options(&paper);
  UnderLines under = read_under(&paper);
  if (run_failed(job->run)) return;
  Paper *panel = make_panels(&paper, &panels);
  if (run_failed(job->run)) return;
  table_begin(job, &panel->table, panel->columns + 1);
  paper_heads(panel);
  bool dash = false;
  for (int p = 0; p < panels && !run_failed(job->run); p++) {
    if (p) panel[p].table = panel[p - 1].table;
    Table *table = &panel[p].table;
    table_rule(table);
    TableCell *title = panel[p].title ? table_row(table, TABLE_BODY, panel[p].title) : NULL;
    if (title) title->span = table->columns;
    coefficients(&panel[p], &under, &dash);
    if (panel[p].terms) table_rule(table);
    if (!p) note_under(&panel[p], &under, common_level(panel, panels));
    if (!p) note_exponentials(&panel[p]);
    if (p == panels - 1 && dash) table_note(table, run_format(job->run, "%s%s", paper_word(&paper, "A dash: dropped as collinear"), paper.chinese ? "。" : "."));
    if (!run_failed(job->run)) paper_foot(&panel[p], p == panels - 1);
    if (table->row[table->rows - 1].kind == TABLE_RULE) table->rows--; /* nothing stands below the coefficients */
  }
  if (run_failed(job->run)) return;
  Table *table = &panel[panels - 1].table;
  if (print_option(job, "wide")->integer && !print_option(job, "beside")->integer && under.count) table_widen(table, under.count);
  const char *notes = print_text(job, "notes");
  if (notes && strcmp(notes, "0") == 0) table->notes = 0;
  else if (notes) table_note(table, notes);
  table_write(table, print_option(job, "format")->text, job->out);
}

static const OptionSpec OPTIONS[] = {
  {"under", OPTION_TEXT, "se", NULL, "what stands beneath an estimate: se, t, p, ci, joined by +; none"},
  {"beside", OPTION_BOOLEAN, "0", NULL, "1: behind the estimate, in its cell"},
  {"wide", OPTION_BOOLEAN, "0", NULL, "1: in columns of their own"},
  {"brackets", OPTION_TEXT, NULL, NULL, "around the lines of under=, in turn: ([], (), {}, 0), 0 for none; without it () then [], [] of intervals"},
  {"level", OPTION_NUMBER, NULL, NULL, "level of the intervals; without it each fit's own"},
  {"exp", OPTION_TEXT, NULL, NULL, "exponentiated coefficients: all, or the numbers of columns: (2, 3)"},
  {"beta", OPTION_BOOLEAN, "0", NULL, "1: standardized coefficients, b sd(x) / sd(y), of fits by fe_ols"},
  {"stars", OPTION_TEXT, "(.01,.05,.1)", NULL, "bounds of p for ***, **, *; (+ .1, * .05) names the symbols; 0: none"},
  {"starred", OPTION_CHOICE, "estimate", "estimate|under", "what the stars hang on: the estimate, or the first line beneath it"},
  {"digits", OPTION_TEXT, "auto", NULL, "decimals; auto: three, more for small errors; a3: three figures of each number; (3, t:1, p:4): those of the lines beneath"},
  {"keep", OPTION_TEXT, NULL, NULL, "the terms to show: names or patterns with *; the others are controls"},
  {"drop", OPTION_TEXT, NULL, NULL, "terms not to show"},
  {"order", OPTION_TEXT, NULL, NULL, "terms that come first"},
  {"above", OPTION_TEXT, NULL, NULL, "lines above terms: (educ:Schooling, region::2:North | ref.), with a word for the columns that have the term"},
  {"rename", OPTION_TEXT, NULL, NULL, "labels of terms, outcomes, effects and lines: (dt:Digital trade, prov:Province, N:Observations)"},
  {"constant", OPTION_CHOICE, "auto", "auto|1|0|yes|no", "1: the constant also of models with absorbed effects; 0: never"},
  {"parts", OPTION_TEXT, NULL, NULL, "further equations as columns: first* or *"},
  {"groups", OPTION_TEXT, NULL, NULL, "heads over several columns: (All states:2, South:2); ((...), (...)): several lines of them"},
  {"panels", OPTION_TEXT, NULL, NULL, "panels below each other: (Homicide:3, Larceny:3) takes three fits, then three"},
  {"numbers", OPTION_BOOLEAN, "1", NULL, "the line (1) (2) ..."},
  {"outcomes", OPTION_BOOLEAN, "1", NULL, "the line of the outcomes"},
  {"controls", OPTION_TEXT, "1", NULL, "the Yes/No line for terms that are not shown; (Weather:rain temp*, Size:assets) makes lines of them; 0: none"},
  {"lines", OPTION_TEXT, NULL, NULL, "further lines: (Sample: all | all | South), one cell a column"},
  {"marks", OPTION_TEXT, NULL, NULL, "the words of Yes/No lines: (✓, –)"},
  {"fe", OPTION_BOOLEAN, "1", NULL, "a Yes/No line for each absorbed effect"},
  {"nobs", OPTION_BOOLEAN, "1", NULL, "the line N"},
  {"units", OPTION_BOOLEAN, "1", NULL, "the number of levels of the first absorbed effect"},
  {"r2", OPTION_TEXT, "overall", NULL, "overall, within, adj, joined by +; none"},
  {"stats", OPTION_TEXT, NULL, NULL, "further statistics of the fits by name: (rmse, outcome_mean, aic:1), with the decimals behind a colon"},
  {"errors", OPTION_BOOLEAN, "1", NULL, "the line that says how errors were made"},
  {"tests", OPTION_TEXT, "auto", NULL, "lines for tests: auto (instruments, pretrend, sobel, ...), all, none, or names"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const GROUPS[] = {OPTIONS, TABLE_OPTIONS, NULL};

const Printer PRINTER_fit_table = {
  .name = "fit_table",
  .arguments = "label:any, fit:fit",
  .signature = "fit_table(label, fit [, 'options'])",
  .summary = "the regression table of a paper from fits in rows: text, markdown, latex, html, csv, tsv, rtf",
  .options = GROUPS,
  .print = print,
  .example = "SELECT fit_table(name, fit, 'keep=value') FROM (SELECT '(1)' AS name, fe_ols('invest ~ value', invest, value) AS fit FROM grunfeld "
             "UNION ALL SELECT '(2)', fe_ols('invest ~ value + capital | firm + year', invest, value, capital, firm, year) FROM grunfeld)"};
