/* fit_table_foot.c: what stands below the coefficients of a regression table.
 *
 * 1. Controls: Yes where the fit has terms that the table does not show; the line is left out where no fit has. Lines of controls= stand for their terms, which
 *    are not shown either; what no line names stays in the line of all.
 * 2. One Yes/No line for each absorbed effect of any fit; the number of units is the levels of the fit's first absorbed effect, its line named by that effect.
 * 3. Lines of lines=; N; R2 of the kind asked for, pseudo R2 where a fit has one; further statistics by name: one that no fit has is an error.
 * 4. The line of errors says how each fit's were made: clustered by firm, robust (HC1), ...
 * 5. Tests: statistic, then a line with its p-value or, where the fit gives one (Stock-Yogo), its critical value in brackets. tests=auto shows what papers print of
 *    instruments (first-stage F: the robust one where there is one), pretrend, sobel, hausman, thresholds; not what every fit has (wald, lr), nor the rest of a battery.
 * 6. Columns of a fit's further equations show the effects and the errors, and N, but no R2 or tests: those are the fit's, in its own column. */
#include "print.h"

static bool silent(const PaperColumn *column) { return !column->fit || column->failed; }

static bool asked(const Paper *paper, const char *option) { return print_option(paper->job, option)->integer != 0; }

/* ------------------------------------------------------------------------------------------------ controls, effects */

static bool in_rows(const Paper *paper, const char *term) {
  for (int t = 0; t < paper->terms; t++)
    for (const PaperTerm *row = &paper->term[t]; row; row = row->also)
      if (strcmp(row->name, term) == 0) return true;
  return false;
}

/* controls=(Weather:rain temp*, Size:assets): lines of their own; terms stand apart by blanks. */
void paper_read_controls(Paper *paper) {
  static const char *const SWITCH[] = {"0", "no", "false", "1", "yes", "true"};
  const char *text = print_option(paper->job, "controls")->text;
  paper->control_line = true;
  for (int i = 0; i < 6; i++)
    if (strcmp(text, SWITCH[i]) == 0) {
      paper->control_line = i > 2;
      return;
    }
  PrintList list = print_list(paper->run, text);
  paper->control = NEW_ARRAY(paper->run, PaperControls, list.count + 1);
  for (int i = 0; i < list.count && !run_failed(paper->run); i++) {
    const char *colon = strchr(list.item[i], ':');
    char *terms = run_text(paper->run, colon ? colon + 1 : "");
    if (!colon || !terms) {
      run_fail(paper->run, "controls=%.60s: 0, 1, or lines with their terms, as in controls=(Weather:rain temp*, Size:assets)", list.item[i]);
      return;
    }
    int depth = 0;
    for (char *at = terms; *at; at++) {
      depth += (*at == '(') - (*at == ')');
      if (*at == ' ' && depth == 0) *at = ';';
    }
    paper->control[paper->controls++] = (PaperControls){run_text_n(paper->run, list.item[i], (size_t)(colon - list.item[i])), print_list(paper->run, terms)};
  }
}

/* A Yes/No line for a group of controls=, or (group -1) for what is hidden and in none. */
static void control_line(Paper *paper, int group) {
  bool *has = NEW_ARRAY(paper->run, bool, paper->columns + 1), any = group >= 0;
  if (run_failed(paper->run)) return;
  for (int t = 0; t < paper->all && run_poll(paper->run, (uint64_t)paper->columns * 100); t++) {
    const char *term = paper->every[t];
    bool counts = group >= 0 ? paper_controlled(paper, group, term) : strcmp(term, "(Intercept)") != 0 && !in_rows(paper, term);
    for (int g = 0; g < paper->controls && group < 0 && counts; g++) counts = !paper_controlled(paper, g, term);
    for (int c = 0; c < paper->columns && counts; c++) has[c] |= paper_has(&paper->column[c], term);
  }
  for (int c = 0; c < paper->columns; c++) any |= has[c];
  TableCell *cell = any ? table_row(&paper->table, TABLE_BODY, group >= 0 ? paper->control[group].label : paper_line(paper, "Controls")) : NULL;
  for (int c = 0; cell && c < paper->columns; c++)
    if (!silent(&paper->column[c])) cell[1 + c].text = paper->mark[has[c]];
}

static void controls(Paper *paper) {
  for (int g = 0; g < paper->controls; g++) control_line(paper, g);
  if (paper->control_line) control_line(paper, -1);
}

static const FitAbsorbed *effect_in(const Fit *fit, const char *name) {
  for (int e = 0; e < fit->absorbed; e++)
    if (strcmp(fit->absorbed_effect[e].name, name) == 0) return &fit->absorbed_effect[e];
  return NULL;
}

/* A line for each name that count() gives, in order of first appearance; an earlier column has not had it. */
static bool seen_before(const Paper *paper, int column, int effect) {
  const char *name = paper->column[column].fit->absorbed_effect[effect].name;
  for (int c = 0; c < column; c++)
    if (!silent(&paper->column[c]) && effect_in(paper->column[c].fit, name)) return true;
  return false;
}

static void effects(Paper *paper) {
  for (int c = 0; c < paper->columns && asked(paper, "fe"); c++) {
    const Fit *fit = paper->column[c].fit;
    for (int e = 0; !silent(&paper->column[c]) && e < fit->absorbed && run_poll(paper->run, 1000); e++) {
      if (seen_before(paper, c, e)) continue;
      const char *name = fit->absorbed_effect[e].name, *format = paper_word(paper, "%s fixed effects");
      Text line = {.run = paper->run};
      const char *place = strstr(format, "%s"); /* our own formats: one %s */
      text_add_n(&line, format, (size_t)(place - format));
      text_add(&line, paper_name(paper, name));
      text_add(&line, place + 2);
      if (run_failed(paper->run)) return;
      TableCell *cell = table_row(&paper->table, TABLE_BODY, line.data);
      for (int i = 0; cell && i < paper->columns; i++)
        if (!silent(&paper->column[i])) cell[1 + i].text = paper->mark[effect_in(paper->column[i].fit, name) != NULL];
    }
  }
}

/* ------------------------------------------------------------------------------------------------ numbers */

static const char *whole(Run *run, double value) { /* 1,234,567 */
  const char *digits = print_fixed(run, value, 0);
  Text text = {.run = run};
  size_t length = strlen(digits);
  text_add(&text, "");
  for (size_t i = 0; i < length; i++) {
    if (i && (length - i) % 3 == 0 && digits[i - 1] != '-') text_add(&text, ",");
    text_add_n(&text, digits + i, 1);
  }
  return run_failed(run) ? "" : text.data;
}

static bool own(const PaperColumn *column) { return !silent(column) && !column->part; }

/* A column that stands for the whole fit: its own, or its first part where the fit has nothing but parts. */
static bool speaks(const Paper *paper, int c) {
  const PaperColumn *column = &paper->column[c];
  if (silent(column)) return false;
  if (!column->part) return true;
  for (int i = 0; i < paper->columns; i++)
    if (paper->column[i].fit == column->fit && !paper->column[i].part) return false;
  return c == 0 || paper->column[c - 1].fit != column->fit;
}

static void units(Paper *paper) {
  for (int c = 0; c < paper->columns && asked(paper, "units"); c++) {
    if (!own(&paper->column[c]) || !paper->column[c].fit->absorbed) continue;
    const char *name = paper->column[c].fit->absorbed_effect[0].name;
    bool known = false;
    for (int i = 0; i < c; i++) known |= own(&paper->column[i]) && paper->column[i].fit->absorbed && strcmp(paper->column[i].fit->absorbed_effect[0].name, name) == 0;
    if (known) continue;
    const char *label = paper_name(paper, name);
    TableCell *cell = table_row(&paper->table, TABLE_BODY, paper->chinese ? run_format(paper->run, "%s 个数", label) : run_format(paper->run, "Number of %s", label));
    for (int i = 0; cell && i < paper->columns; i++) {
      const FitAbsorbed *effect = own(&paper->column[i]) ? effect_in(paper->column[i].fit, name) : NULL;
      if (effect && effect->levels) cell[1 + i].text = whole(paper->run, (double)effect->levels);
    }
  }
}

/* A line of one statistic; false where no fit has it. */
static bool stat_line(Paper *paper, const char *label, const char *stat, int digits) {
  bool any = false;
  for (int c = 0; c < paper->columns && !any; c++) any = speaks(paper, c) && !isnan(fit_stat_value(paper->column[c].fit, stat));
  if (!any) return false;
  TableCell *cell = table_row(&paper->table, TABLE_BODY, label);
  for (int c = 0; cell && c < paper->columns; c++) {
    double value = speaks(paper, c) ? fit_stat_value(paper->column[c].fit, stat) : (double)NAN;
    if (isnan(value)) continue;
    bool count = digits < 0 && value == floor(value) && fabs(value) < 1e15;
    cell[1 + c] = (TableCell){.text = count ? whole(paper->run, value) : print_fixed(paper->run, value, digits < 0 ? 3 : digits), .number = true, .span = 1};
  }
  return true;
}

/* lines=(Sample: all | all | South): the cells as they are; one cell stands for all columns. */
static void lines(Paper *paper) {
  PrintList list = print_list(paper->run, print_text(paper->job, "lines"));
  for (int i = 0; i < list.count && !run_failed(paper->run); i++) {
    const char *colon = strchr(list.item[i], ':'), *from = colon ? colon + 1 : "";
    int cells = 1;
    for (const char *at = from; *at; at++) cells += *at == '|';
    if (!colon || (cells != 1 && cells != paper->columns)) {
      run_fail(paper->run, "lines=: '%.80s' must be a name, a colon and %d cells with | between them, or one for all columns", list.item[i], paper->columns);
      return;
    }
    TableCell *cell = table_row(&paper->table, TABLE_BODY, print_unquoted(paper->run, run_text_n(paper->run, list.item[i], (size_t)(colon - list.item[i]))));
    for (int c = 0; cell && c < paper->columns; c++) {
      size_t length = strcspn(from, "|"), start = strspn(from, " "), end = length;
      while (end > start && from[end - 1] == ' ') end--;
      const char *text = end > start ? run_text_n(paper->run, from + start, end - start) : NULL;
      bool number = text && strspn(text, "0123456789.,-") == strlen(text);
      cell[1 + c] = (TableCell){.text = text, .number = number, .span = 1};
      if (cells > 1) from += length + (from[length] == '|');
    }
  }
}

/* What a statistic is called where rename= does not say. */
static const char *stat_label(const Paper *paper, const char *name) {
  static const char *const LABELS[][2] = {{"r2", "R²"}, {"r2_adj", "Adjusted R²"}, {"r2_within", "Within R²"}, {"r2_within_adj", "Adjusted within R²"}, {"pseudo_r2", "Pseudo R²"},
                                          {"rmse", "RMSE"}, {"aic", "AIC"}, {"bic", "BIC"}, {"ll", "Log likelihood"}, {"f_statistic", "F"}, {"outcome_mean", "Mean of outcome"},
                                          {"groups", "Clusters"}, {"units", "Units"}, {"deviance", "Deviance"}};
  const char *label = paper_name(paper, name);
  for (size_t i = 0; i < sizeof LABELS / sizeof LABELS[0] && strcmp(label, name) == 0; i++)
    if (strcmp(LABELS[i][0], name) == 0) return paper_line(paper, LABELS[i][1]);
  return label;
}

static void numbers(Paper *paper) {
  static const char *const KINDS[][3] = {{"overall", "R²", "r2"}, {"adj", "Adjusted R²", "r2_adj"}, {"within", "Within R²", "r2_within"}};
  TableCell *cell = asked(paper, "nobs") ? table_row(&paper->table, TABLE_BODY, paper_line(paper, "N")) : NULL;
  for (int c = 0; cell && c < paper->columns; c++)
    if (!silent(&paper->column[c])) cell[1 + c].text = whole(paper->run, (double)paper->column[c].fit->nobs);
  const char *text = print_option(paper->job, "r2")->text;
  bool none = strcmp(text, "none") == 0 || strcmp(text, "0") == 0;
  for (const char *at = text; *at && !none && !run_failed(paper->run);) {
    size_t length = strcspn(at, "+, ()"), kind = 0;
    while (length && kind < 3 && (strlen(KINDS[kind][0]) != length || strncmp(KINDS[kind][0], at, length) != 0)) kind++;
    if (length && kind == 3) run_fail(paper->run, "r2=%.60s: it is made of overall, within and adj joined by +, or none", text);
    else if (length) stat_line(paper, paper_line(paper, KINDS[kind][1]), KINDS[kind][2], 3);
    at += length + (at[length] != '\0');
  }
  if (!none) stat_line(paper, paper_line(paper, "Pseudo R²"), "pseudo_r2", 3);
  PrintList stats = print_list(paper->run, print_text(paper->job, "stats"));
  for (int i = 0; i < stats.count && !run_failed(paper->run); i++) {
    const char *name = stats.item[i], *colon = strchr(name, ':');
    int digits = -1;
    if (colon) {
      digits = colon[1] >= '0' && colon[1] <= '9' && !colon[2] ? colon[1] - '0' : -1;
      if (digits < 0) run_fail(paper->run, "stats=%.60s: behind the colon stands the number of decimals, 0 to 9", name);
      name = run_text_n(paper->run, name, (size_t)(colon - name));
    }
    if (run_failed(paper->run)) return;
    bool any = stat_line(paper, stat_label(paper, name), name, digits), fits = false;
    for (int c = 0; c < paper->columns; c++) fits |= speaks(paper, c);
    if (!any && fits) run_fail(paper->run, "stats=%.60s: no fit has a statistic of this name; SELECT name FROM fit_stats(fit) lists them", name);
  }
}

static const char *errors_text(const Paper *paper, const char *type) {
  Run *run = paper->run;
  size_t length = strlen(type);
  if (strncmp(type, "cluster(", 8) == 0 && length > 9) {
    const char *by = run_text_n(run, type + 8, length - 9);
    return by ? paper->chinese ? run_format(run, "按 %s 聚类", paper_name(paper, by)) : run_format(run, "by %s", paper_name(paper, by)) : "";
  }
  if (strcmp(type, "iid") == 0) return paper->chinese ? "普通" : "IID";
  if (type[0] == 'h' && type[1] == 'c' && length == 3) return paper->chinese ? run_format(run, "稳健 HC%c", type[2]) : run_format(run, "robust HC%c", type[2]);
  return type;
}

static void errors(Paper *paper) {
  bool any = false;
  for (int c = 0; c < paper->columns; c++) any |= !silent(&paper->column[c]) && paper->column[c].fit->vcov_type;
  bool clustered = any;
  for (int c = 0; c < paper->columns; c++)
    clustered &= silent(&paper->column[c]) || !paper->column[c].fit->vcov_type || strncmp(paper->column[c].fit->vcov_type, "cluster(", 8) == 0;
  const char *label = clustered ? paper_line(paper, "Clustered errors") : paper_line(paper, "Std. errors");
  TableCell *cell = any && asked(paper, "errors") ? table_row(&paper->table, TABLE_BODY, label) : NULL;
  for (int c = 0; cell && c < paper->columns; c++)
    if (!silent(&paper->column[c]) && paper->column[c].fit->vcov_type) cell[1 + c].text = errors_text(paper, paper->column[c].fit->vcov_type);
}

/* ------------------------------------------------------------------------------------------------ tests */

static const struct {
  const char *test, *label;
  bool papers; /* tests=auto shows it */
} TESTS[] = {{"first_stage_wald_f", "First-stage F", true}, {"first_stage_f", "First-stage F (IID)", true}, {"kp_rk_lm", "Kleibergen-Paap rk LM", true},
             {"kp_rk_wald_f", "Kleibergen-Paap rk Wald F", true}, {"cragg_donald_f", "Cragg-Donald F", false}, {"hansen_j", "Hansen J", true}, {"sargan", "Sargan", true},
             {"wu_hausman", "Wu-Hausman", false}, {"anderson_rubin", "Anderson-Rubin F", false}, {"anderson_rubin_chi2", "Anderson-Rubin chi²", false}, {"hausman", "Hausman", true},
             {"pretrend", "Pre-trends F", true}, {"sobel", "Sobel", true}, {"ar1", "AR(1)", true}, {"ar2", "AR(2)", true}, {"equality", "Equality", true},
             {"threshold_1", "One threshold, F", true}, {"threshold_2", "Two thresholds, F", true}, {"threshold_3", "Three thresholds, F", true}};
enum { KNOWN_TESTS = sizeof TESTS / sizeof TESTS[0] };

static int known_test(const char *name) {
  for (int i = 0; i < KNOWN_TESTS; i++)
    if (strcmp(TESTS[i].test, name) == 0) return i;
  return -1;
}

static const FitTest *find_test(const Fit *fit, const char *name, const char *subject) {
  for (int i = 0; i < fit->tests; i++) {
    const FitTest *test = &fit->test[i];
    if (strcmp(test->test, name) != 0) continue;
    if (subject ? test->subject && strcmp(test->subject, subject) == 0 : !test->subject) return test;
  }
  return NULL;
}

static bool wanted(const Fit *fit, const FitTest *test, const char *mode, const PrintList *names) {
  int known = known_test(test->test);
  if (isnan(test->statistic)) return false;
  if (strcmp(mode, "all") == 0) return true;
  if (strcmp(mode, "auto") != 0) {
    for (int i = 0; i < names->count; i++)
      if (print_matches(names->item[i], test->test)) return true;
    return false;
  }
  if (known < 0 || !TESTS[known].papers) return false;
  return strcmp(test->test, "first_stage_f") != 0 || !find_test(fit, "first_stage_wald_f", test->subject);
}

static void test_lines(Paper *paper, const FitTest *like) {
  Run *run = paper->run;
  int known = known_test(like->test);
  bool shared = true, p_values = false, criticals = false; /* the subject is named where a fit has the test for several */
  for (int c = 0; c < paper->columns; c++) {
    if (!speaks(paper, c)) continue;
    int times = 0;
    for (int i = 0; i < paper->column[c].fit->tests; i++) times += strcmp(paper->column[c].fit->test[i].test, like->test) == 0;
    shared &= times < 2;
    const FitTest *test = find_test(paper->column[c].fit, like->test, like->subject);
    p_values |= test && !isnan(test->p_value);
    criticals |= test && !isnan(test->critical);
  }
  const char *name = known >= 0 ? paper_line(paper, TESTS[known].label) : paper_name(paper, like->test);
  TableCell *cell = table_row(&paper->table, TABLE_BODY, shared || !like->subject ? name : run_format(run, "%s (%s)", name, paper_name(paper, like->subject)));
  bool critical = criticals, p_value = p_values && !(criticals && strstr(like->test, "_f"));
  TableCell *p_cell = p_value ? table_row(&paper->table, TABLE_BODY, run_format(run, "  %s", paper_word(paper, "p-value"))) : NULL;
  bool stock_yogo = strcmp(like->test, "kp_rk_wald_f") == 0 || strcmp(like->test, "cragg_donald_f") == 0;
  TableCell *critical_cell = critical ? table_row(&paper->table, TABLE_BODY, run_format(run, "  %s%s", stock_yogo ? "Stock-Yogo 10% " : "", paper_word(paper, "critical value"))) : NULL;
  for (int c = 0; c < paper->columns && !run_failed(run); c++) {
    const FitTest *test = speaks(paper, c) ? find_test(paper->column[c].fit, like->test, like->subject) : NULL;
    if (!test || isnan(test->statistic)) continue;
    cell[1 + c] = (TableCell){.text = print_fixed(run, test->statistic, 3), .number = true, .span = 1};
    if (p_cell && !isnan(test->p_value)) p_cell[1 + c] = (TableCell){.text = print_fixed(run, test->p_value, 3), .number = true, .span = 1};
    if (critical_cell && !isnan(test->critical)) critical_cell[1 + c] = (TableCell){.text = run_format(run, "[%s]", print_fixed(run, test->critical, 2)), .number = true, .span = 1};
  }
}

static void tests(Paper *paper) {
  const char *mode = print_option(paper->job, "tests")->text;
  PrintList names = print_list(paper->run, mode);
  if (strcmp(mode, "none") == 0 || strcmp(mode, "0") == 0) return;
  bool ruled = false;
  for (int c = 0; c < paper->columns; c++) {
    const Fit *fit = paper->column[c].fit;
    for (int i = 0; speaks(paper, c) && i < fit->tests && run_poll(paper->run, 10000); i++) {
      const FitTest *test = &fit->test[i];
      bool before = false;
      for (int b = 0; b < c && !before; b++) {
        const FitTest *same = speaks(paper, b) ? find_test(paper->column[b].fit, test->test, test->subject) : NULL;
        before = same && wanted(paper->column[b].fit, same, mode, &names);
      }
      for (int b = 0; b < i && !before; b++) before = find_test(fit, test->test, test->subject) != test;
      if (before || !wanted(fit, test, mode, &names)) continue;
      if (!ruled) table_rule(&paper->table);
      ruled = true;
      test_lines(paper, test);
    }
  }
}

void paper_foot(Paper *paper, bool last) {
  controls(paper);
  effects(paper);
  units(paper);
  if (last) lines(paper);
  numbers(paper);
  errors(paper);
  tests(paper);
  for (int c = 0; c < paper->columns && !run_failed(paper->run); c++) {
    if (!paper->column[c].failed) continue;
    const char *where = paper->title ? run_format(paper->run, "%s, ", paper->title) : "";
    table_note(&paper->table, paper->chinese ? run_format(paper->run, "%s（%d）未能估计：%s", where, c + 1, paper->column[c].failed)
                                             : run_format(paper->run, "%s(%d) was not estimated: %s", where, c + 1, paper->column[c].failed));
  }
}
