/* fit_table_cells.c: the numbers of a regression table.
 *
 * 1. Beneath an estimate: under=se, t, p, ci, or several (se+t): intervals in brackets; of the others the first in parentheses, the second in brackets, the
 *    third in braces. Where there is no error but an interval (a threshold), the interval. beside=1: behind it, in the same cell; wide=1: in a column of
 *    its own. brackets= names others.
 * 2. digits=auto: three decimals, more where the error (else the estimate) would show fewer than two figures, at most eight; a whole number fixes them; a3: three
 *    figures of what is below one, four and at least one decimal of what is above, none of integers. digits=(3, t:1): those of the lines beneath.
 * 3. Stars from the fit's own p-values. A term dropped as collinear shows a dash.
 * 4. The constant: (Intercept), or with absorbed effects and constant=1 the statistics constant and constant_se of the fit, p from Student's t with df_t.
 * 5. level=: intervals anew from the error and df_t; refused where the fit's own interval is not such a one (draws, inverted tests). Else those of the fit, whose level the note names.
 * 6. exp=all or exp=(2, 3): exp(b) in these columns, its error exp(b) se (delta method), the ends of the interval exponentiated; t, p and stars are those of b.
 *    beta=1: the attribute beta of each term (fe_ols.c 4) in place of b, error and interval scaled alike; no constant.
 * 7. above=(dt:Trade): a line above a term; what stands behind | in it stands in the columns that have the term. */
#include "print.h"

static const char *const UNDER_NAME[] = {"se", "t", "p", "ci"};

/* Rule 1, and brackets=([], 0): those of the lines in turn, the last of them for the rest. */
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

UnderLines paper_read_under(Paper *paper) {
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

/* Rule 2: of this number of the term. */
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
  if (kind == UNDER_SE && isnan(value) && !isnan(term->conf_low)) { /* rule 1 */
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

/* Rule 5. */
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

/* The term as the column shows it: rules 5 and 6. */
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

/* Rule 7. */
static void lines_above(Paper *paper, const PaperTerm *row) {
  for (int i = 0; i < paper->above.count && !run_failed(paper->run); i++) {
    const char *line = NULL;
    for (const PaperTerm *term = row; term && !line; term = term->also) line = paper_line_above(paper, paper->above.item[i], term->name);
    if (!line) continue;
    line = print_unquoted(paper->run, line);
    if (!line) return;
    const char *bar = strchr(line, '|'), *behind = bar ? bar + 1 + strspn(bar + 1, " ") : NULL;
    size_t length = bar ? (size_t)(bar - line) : strlen(line);
    while (length && line[length - 1] == ' ') length--;
    TableCell *cell = table_row(&paper->table, TABLE_BODY, run_text_n(paper->run, line, length));
    for (int c = 0; cell && behind && c < paper->columns; c++)
      if (paper_row_term(&paper->column[c], row)) cell[1 + c].text = behind;
  }
}

void paper_coefficients(Paper *paper, const UnderLines *under, bool *dash) {
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
      found[c] = paper_row_term(&paper->column[c], &paper->term[t]);
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

void paper_note_under(Paper *paper, const UnderLines *under, double level) {
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

void paper_note_exponentials(Paper *paper) {
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

/* digits=auto, 3, a3, (3, t:1, p:4). */
void paper_read_digits(Paper *paper) {
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
