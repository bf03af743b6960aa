/* fit_table_cells.c: the rows of coefficients of a regression table, and the notes that explain them. What may stand in a cell: fit_table_numbers.c.
 *
 * 1. Where there is no error but an interval (a threshold), the interval. beside=1: the lines of under= stand behind the estimate, in its cell; wide=1: in columns of their own.
 * 2. Stars from the fit's own p-values. A term dropped as collinear shows a dash.
 * 3. The constant: (Intercept), or with absorbed effects and constant=1 the statistics constant and constant_se of the fit, p from Student's t with df_t.
 * 4. level=: intervals anew from the error and df_t; refused where the fit's own interval is not such a one (draws, inverted tests). Else those of the fit, whose level the note names.
 * 5. transform=(dt: 100*(exp(b)-1)): g(b), its error |g'(b)| se (delta method, the derivative exact), the ends of the interval g(low) and g(high) in order; t, p and stars are those of b.
 *    exp=all or exp=(2, 3): transform=exp(b) in these columns. beta=1: the attribute beta of each term (fe_ols.c 4) in place of b, error and interval scaled alike; no constant.
 * 6. above=(dt:Trade): a line above a term; what stands behind | in it stands in the columns that have the term, or one word in each column. */
#include "print.h"

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

/* Rule 4. */
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

/* Rule 5: the first that selects the term and the column. */
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
  PaperPlace place = {column, &own, (double)NAN};
  Dual there = print_expression(paper->run, "transform", expression, paper_number, &place);
  if (isnan(there.value)) run_fail(paper->run, "transform=%.60s: it has no value for '%.60s' of column (%d), where b is %g", expression, own.term, (int)(column - paper->column) + 1, own.estimate);
  term->estimate = there.value;
  term->std_error = own.std_error * fabs(there.slope);
  double end[2] = {own.conf_low, own.conf_high};
  for (int i = 0; i < 2; i++) {
    place.at = end[i];
    end[i] = isnan(end[i]) ? end[i] : print_expression(paper->run, "transform", expression, paper_number, &place).value;
  }
  bool whole = !isnan(end[0]) && !isnan(end[1]);
  term->conf_low = whole ? fmin(end[0], end[1]) : (double)NAN;
  term->conf_high = whole ? fmax(end[0], end[1]) : (double)NAN;
}

/* Rules 4 and 5. */
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

/* Rule 6. */
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

static bool interval_only(const PaperLine *line, const FitTerm *term) { return line->what && paper_is_error(line->what) && isnan(term->std_error) && !isnan(term->conf_low); }

/* One line of one term in one column. */
static TableCell line_cell(const Paper *paper, const PaperColumn *column, const FitTerm *term, const PaperLine *line, const char *stars) {
  static const char *const OPEN[] = {"(", "[", "{", ""}, *const CLOSE[] = {")", "]", "}", ""};
  Text text = {.run = paper->run};
  bool instead = interval_only(line, term), hanging; /* rule 1 */
  int way = instead && line->way != 3 ? 1 : line->way;
  text_add(&text, OPEN[way]);
  bool any = paper_write(paper, column, term, "under", instead ? "{low}, {high}" : line->template, stars, &text, &hanging);
  text_add(&text, CLOSE[way]);
  if (run_failed(paper->run) || !any) return (TableCell){.span = 1};
  return (TableCell){.text = text.data, .stars = hanging ? stars : NULL, .number = true, .span = 1};
}

static const char *stars_for(const Paper *paper, const FitTerm *term) {
  if (paper->starred_terms.count && !paper_in_list(paper, &paper->starred_terms, term->term)) return "";
  return stars_of(&paper->stars, term->p_value);
}

static TableCell main_cell(const Paper *paper, const PaperColumn *column, const FitTerm *term) {
  if (isnan(term->estimate)) return (TableCell){.text = paper->dropped ? paper->dropped : "–", .span = 1};
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
  const char *label = paper_label(paper, part);
  if (!label && strncmp(part, "first: ", 7) == 0) label = run_format(paper->run, "%s: %s", paper_word(paper, "first stage"), paper_name(paper, part + 7));
  table_rule(&paper->table);
  TableCell *title = table_row(&paper->table, TABLE_BODY, label ? label : paper_name(paper, part));
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
      *dash |= isnan(found[c]->estimate) && !paper->dropped;
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
