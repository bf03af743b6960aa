/* fit_table_foot.c: what stands below the coefficients of a regression table.
 *
 * 1. foot= names the lines and their order: sections (controls, fe, units, lines, nobs or N, r2, stats, errors, tests), rule, one of lines= by its name, a statistic
 *    (aic:1), a test; title:Fit statistics is a line over all columns. Without it all sections in that order, a rule above the tests.
 * 2. Controls: Yes where the fit has terms that the table does not show; the line is left out where no fit has. Lines of controls= stand for their terms, which
 *    are not shown either; what no line names stays in the line of all.
 * 3. One Yes/No line for each absorbed effect of any fit, or the lines of fe=(Place and time:sid year), Yes where the fit has all of these. The number of units is the levels of
 *    the fit's first absorbed effect, its line named by that effect; units=all: of each; units=label: behind the effect's name where all columns have as many.
 * 4. Lines of lines=, with expressions of the fit's statistics in braces; N; R2 of the kind asked for, pseudo R2 where a fit has one; further statistics by name: one that no fit has is an error.
 * 5. The line of errors says how each fit's were made: clustered by firm, robust (HC1), ...
 * 6. Tests: statistic, then a line with its p-value or, where the fit gives one (Stock-Yogo), its critical value in brackets. tests=auto shows what papers print of
 *    instruments (first-stage F: the robust one where there is one), of dynamic panels (number of instruments, Hansen J rather than Sargan, AR(1), AR(2)), pretrend, sobel, hausman,
 *    thresholds; not what every fit has (wald, lr), nor the rest of a battery.
 * 7. Columns of a fit's further equations show the effects and the errors, and N, but no R2 or tests: those are the fit's, in its own column. */
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

/* 0 or 1, or lines of their own: controls=(Weather:rain temp*, Size:assets); terms stand apart by blanks. What is left over has its line unless it is 0. */
static int read_groups(Paper *paper, const char *option, PaperControls **groups, bool *rest) {
  static const char *const SWITCH[] = {"0", "no", "false", "1", "yes", "true"};
  const char *text = print_option(paper->job, option)->text;
  *rest = true;
  for (int i = 0; i < 6; i++)
    if (strcmp(text, SWITCH[i]) == 0) {
      *rest = i > 2;
      return 0;
    }
  PrintList list = print_list(paper->run, text);
  *groups = NEW_ARRAY(paper->run, PaperControls, list.count + 1);
  int count = 0;
  for (int i = 0; i < list.count && !run_failed(paper->run); i++) {
    const char *colon = strchr(list.item[i], ':');
    char *terms = run_text(paper->run, colon ? colon + 1 : "");
    if (!colon || !terms) {
      run_fail(paper->run, "%s=%.60s: 0, 1, or lines with their terms, as in %s", option, list.item[i], *option == 'c' ? "controls=(Weather:rain temp*, Size:assets)" : "fe=(Place and time:sid year)");
      return 0;
    }
    int depth = 0;
    for (char *at = terms; *at; at++) {
      depth += (*at == '(' || *at == '[') - (*at == ')' || *at == ']');
      if (*at == ' ' && depth == 0) *at = ';';
    }
    (*groups)[count++] = (PaperControls){run_text_n(paper->run, list.item[i], (size_t)(colon - list.item[i])), print_list(paper->run, terms)};
  }
  return count;
}

void paper_read_groups(Paper *paper) {
  paper->controls = read_groups(paper, "controls", &paper->control, &paper->control_line);
  if (!run_failed(paper->run)) paper->effects = read_groups(paper, "fe", &paper->effect, &paper->effect_lines);
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

static bool in_group(const Paper *paper, int group, const char *name) { return paper_in_list(paper, &paper->effect[group].patterns, name); }

/* Rule 3: Yes where each pattern of the line is an effect of the fit. */
static void effect_group(Paper *paper, int group) {
  const PaperControls *line = &paper->effect[group];
  bool *found = NEW_ARRAY(paper->run, bool, line->patterns.count + 1);
  TableCell *cell = found ? table_row(&paper->table, TABLE_BODY, line->label) : NULL;
  for (int c = 0; cell && c < paper->columns; c++) {
    const Fit *fit = paper->column[c].fit;
    if (silent(&paper->column[c])) continue;
    bool all = true;
    for (int i = 0; i < line->patterns.count; i++) {
      bool has = false;
      for (int e = 0; e < fit->absorbed && !has; e++) has = paper_matches(paper, line->patterns.item[i], fit->absorbed_effect[e].name);
      found[i] |= has;
      all &= has;
    }
    cell[1 + c].text = paper->mark[all];
  }
  for (int i = 0; cell && i < line->patterns.count && !paper->title; i++)
    if (!found[i]) run_fail(paper->run, "fe=: '%.60s' is no absorbed effect of the fits", line->patterns.item[i]);
}

/* units=label: the levels of an effect, where all columns that have it have as many; 0: they differ, or it was not asked for. */
static int64_t common_levels(const Paper *paper, const char *name) {
  int64_t levels = 0;
  if (strcmp(print_option(paper->job, "units")->text, "label") != 0) return 0;
  for (int c = 0; c < paper->columns; c++) {
    const FitAbsorbed *effect = silent(&paper->column[c]) ? NULL : effect_in(paper->column[c].fit, name);
    if (effect && levels && effect->levels != levels) return 0;
    if (effect) levels = effect->levels;
  }
  return levels;
}

static const char *whole(Run *run, double value);

static void effects(Paper *paper) {
  for (int g = 0; g < paper->effects && !run_failed(paper->run); g++) effect_group(paper, g);
  for (int c = 0; c < paper->columns && paper->effect_lines; c++) {
    const Fit *fit = paper->column[c].fit;
    for (int e = 0; !silent(&paper->column[c]) && e < fit->absorbed && run_poll(paper->run, 1000); e++) {
      bool before = seen_before(paper, c, e);
      const char *name = fit->absorbed_effect[e].name, *format = paper_word(paper, "%s fixed effects");
      for (int g = 0; g < paper->effects && !before; g++) before = in_group(paper, g, name);
      if (before) continue;
      Text line = {.run = paper->run};
      const char *place = strstr(format, "%s"); /* our own formats: one %s */
      text_add_n(&line, format, (size_t)(place - format));
      text_add(&line, paper_name(paper, name));
      text_add(&line, place + 2);
      int64_t levels = common_levels(paper, name);
      if (levels) text_format(&line, " (%s)", whole(paper->run, (double)levels));
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
  const char *text = print_option(paper->job, "units")->text;
  bool all = strcmp(text, "all") == 0 || strcmp(text, "label") == 0, none = strcmp(text, "0") == 0 || strcmp(text, "no") == 0;
  for (int c = 0; c < paper->columns && !none; c++) {
    for (int e = 0; own(&paper->column[c]) && e < paper->column[c].fit->absorbed && (all || !e) && run_poll(paper->run, 1000); e++) {
      const char *name = paper->column[c].fit->absorbed_effect[e].name;
      bool known = false;
      for (int i = 0; i < c && !known; i++)
        for (int k = 0; own(&paper->column[i]) && k < paper->column[i].fit->absorbed && (all || !k); k++) known |= strcmp(paper->column[i].fit->absorbed_effect[k].name, name) == 0;
      if (known || common_levels(paper, name)) continue;
      const char *label = paper_name(paper, name);
      TableCell *cell = table_row(&paper->table, TABLE_BODY, paper->chinese ? run_format(paper->run, "%s 个数", label) : run_format(paper->run, "Number of %s", label));
      for (int i = 0; cell && i < paper->columns; i++) {
        const FitAbsorbed *effect = own(&paper->column[i]) ? effect_in(paper->column[i].fit, name) : NULL;
        if (effect && effect->levels) cell[1 + i] = (TableCell){.text = whole(paper->run, (double)effect->levels), .number = true, .span = 1};
      }
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

/* "a | b | c" in the cells of a row; one stands for all columns. */
void paper_fill(Paper *paper, const char *option, const char *item, const char *from, TableCell *cell) {
  int cells = 1;
  for (const char *at = from; *at; at++) cells += *at == '|';
  if (cells != 1 && cells != paper->columns) {
    run_fail(paper->run, "%s=: '%.80s' must be a name, a colon and %d cells with | between them, or one for all columns", option, item, paper->columns);
    return;
  }
  for (int c = 0; c < paper->columns; c++) {
    size_t length = strcspn(from, "|"), start = strspn(from, " "), end = length;
    while (end > start && from[end - 1] == ' ') end--;
    const char *text = end > start ? print_unquoted(paper->run, run_text_n(paper->run, from + start, end - start)) : NULL;
    bool number = text && strspn(text, "0123456789.,-") == strlen(text);
    cell[1 + c] = (TableCell){.text = text, .number = number, .span = 1};
    if (cells > 1) from += length + (from[length] == '|');
  }
}

typedef struct StatsOf {
  const Fit *fit;
} StatsOf;

static Dual stat_of(void *context, const char *name) {
  const Fit *fit = ((const StatsOf *)context)->fit;
  bool count = strcmp(name, "N") == 0 || strcmp(name, "nobs") == 0;
  return (Dual){count ? (double)fit->nobs : fit_stat_value(fit, name), 0};
}

/* "{f_statistic:2} ({df_model})" of a line by the statistics of the fit: expressions in braces; empty where one of them has no value. */
static const char *filled(Paper *paper, int c, const char *text) {
  Text out = {.run = paper->run};
  StatsOf stats_of = {paper->column[c].fit};
  for (const char *at = text, *open; *at && !run_failed(paper->run);) {
    open = strchr(at, '{');
    const char *close = open ? strchr(open, '}') : NULL;
    text_add_n(&out, at, close ? (size_t)(open - at) : strlen(at));
    if (!close) break;
    const char *what = run_text_n(paper->run, open + 1, (size_t)(close - open - 1)), *colon = what ? strrchr(what, ':') : NULL;
    if (colon) what = run_text_n(paper->run, what, (size_t)(colon - what));
    if (!what) return NULL;
    const char *by = paper_stars_of(paper->run, what);
    double value = print_expression(paper->run, "lines", by ? by : what, stat_of, &stats_of).value;
    at = close + 1;
    if (by) {
      text_add(&out, stars_of(&paper->stars, value));
      continue;
    }
    if (isnan(value)) return NULL;
    int digits = colon && colon[1] >= '0' && colon[1] <= '9' ? colon[1] - '0' : -1;
    text_add(&out, digits < 0 && value == floor(value) && fabs(value) < 1e15 ? whole(paper->run, value) : print_fixed(paper->run, value, digits < 0 ? 3 : digits));
  }
  return run_failed(paper->run) ? NULL : out.data;
}

/* Those of lines=(Sample: all | all | South), or the one of this name; false where there is none. */
static bool own_lines(Paper *paper, const char *wanted) {
  PrintList list = print_list(paper->run, print_text(paper->job, "lines"));
  bool any = false;
  for (int i = 0; i < list.count && !run_failed(paper->run); i++) {
    const char *colon = strchr(list.item[i], ':');
    if (!colon) {
      run_fail(paper->run, "lines=: '%.80s' must be a name, a colon and %d cells with | between them, or one for all columns", list.item[i], paper->columns);
      return true;
    }
    const char *name = print_unquoted(paper->run, run_text_n(paper->run, list.item[i], (size_t)(colon - list.item[i])));
    bool named = false;
    for (int f = 0; f < paper->foot.count && name && !wanted; f++) named |= strcmp(paper->foot.item[f], name) == 0; /* stands elsewhere */
    if (!name || named || (wanted && strcmp(wanted, name) != 0)) continue;
    any = true;
    TableCell *cell = table_row(&paper->table, TABLE_BODY, name);
    if (cell) paper_fill(paper, "lines", list.item[i], colon + 1, cell);
    bool template = false, filled_any = false;
    for (int c = 0; cell && c < paper->columns && !run_failed(paper->run); c++) {
      if (!cell[1 + c].text || !strchr(cell[1 + c].text, '{') || !speaks(paper, c)) continue;
      template = true;
      cell[1 + c] = (TableCell){.text = filled(paper, c, cell[1 + c].text), .number = true, .span = 1};
      filled_any |= cell[1 + c].text != NULL;
    }
    if (template && !filled_any) run_fail(paper->run, "lines=: '%.80s': no fit has these statistics; SELECT name FROM fit_stats(fit) lists them", list.item[i]);
  }
  return any;
}

static void lines(Paper *paper) { own_lines(paper, NULL); }

/* What a statistic is called where rename= does not say. */
static const char *stat_label(const Paper *paper, const char *name) {
  static const char *const LABELS[][2] = {{"r2", "R²"}, {"r2_adj", "Adjusted R²"}, {"r2_within", "Within R²"}, {"r2_within_adj", "Adjusted within R²"}, {"pseudo_r2", "Pseudo R²"},
                                          {"rmse", "RMSE"}, {"aic", "AIC"}, {"bic", "BIC"}, {"ll", "Log likelihood"}, {"f_statistic", "F"}, {"outcome_mean", "Mean of outcome"},
                                          {"groups", "Clusters"}, {"units", "Units"}, {"deviance", "Deviance"}, {"instruments", "Instruments"}};
  const char *label = paper_name(paper, name);
  for (size_t i = 0; i < sizeof LABELS / sizeof LABELS[0] && strcmp(label, name) == 0; i++)
    if (strcmp(LABELS[i][0], name) == 0) return paper_line(paper, LABELS[i][1]);
  return label;
}

static void observations(Paper *paper) {
  TableCell *cell = asked(paper, "nobs") ? table_row(&paper->table, TABLE_BODY, paper_line(paper, "N")) : NULL;
  for (int c = 0; cell && c < paper->columns; c++)
    if (!silent(&paper->column[c])) cell[1 + c] = (TableCell){.text = whole(paper->run, (double)paper->column[c].fit->nobs), .number = true, .span = 1};
}

static void r2_lines(Paper *paper) {
  static const char *const KINDS[][3] = {{"overall", "R²", "r2"}, {"adj", "Adjusted R²", "r2_adj"}, {"within", "Within R²", "r2_within"}};
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
}

/* "aic:1"; false where no fit has it. */
static bool named_stat(Paper *paper, const char *option, const char *name) {
  const char *colon = strchr(name, ':');
  int digits = -1;
  if (colon) {
    digits = colon[1] >= '0' && colon[1] <= '9' && !colon[2] ? colon[1] - '0' : -1;
    if (digits < 0) run_fail(paper->run, "%s=%.60s: behind the colon stands the number of decimals, 0 to 9", option, name);
    name = run_text_n(paper->run, name, (size_t)(colon - name));
  }
  return run_failed(paper->run) || stat_line(paper, stat_label(paper, name), name, digits);
}

static bool any_speaks(const Paper *paper) {
  for (int c = 0; c < paper->columns; c++)
    if (speaks(paper, c)) return true;
  return false;
}

static void stats(Paper *paper) {
  PrintList list = print_list(paper->run, print_text(paper->job, "stats"));
  for (int i = 0; i < list.count && !run_failed(paper->run); i++)
    if (!named_stat(paper, "stats", list.item[i]) && any_speaks(paper))
      run_fail(paper->run, "stats=%.60s: no fit has a statistic of this name; SELECT name FROM fit_stats(fit) lists them", list.item[i]);
}

static const char *errors_text(const Paper *paper, const char *type) {
  Run *run = paper->run;
  size_t length = strlen(type);
  if (strncmp(type, "cluster(", 8) == 0 && length > 9) {
    const char *by = run_text_n(run, type + 8, length - 9);
    return by ? paper->chinese ? run_format(run, "按 %s 聚类", paper_name(paper, by)) : run_format(run, "by %s", paper_name(paper, by)) : "";
  }
  if (strcmp(type, "windmeijer") == 0) return "Windmeijer";
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
             {"difference_in_hansen", "Difference in Hansen", false},
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
  if (strcmp(test->test, "sargan") == 0 && find_test(fit, "hansen_j", test->subject)) return false; /* the robust one */
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

/* By mode (auto, all) or names; false where there is none. */
static bool write_tests(Paper *paper, const char *mode, bool rule) {
  PrintList names = print_list(paper->run, mode);
  bool any = false;
  if (strcmp(mode, "auto") == 0) {
    PrintList stats = print_list(paper->run, print_text(paper->job, "stats"));
    bool named = false;
    for (int i = 0; i < stats.count; i++) named |= strncmp(stats.item[i], "instruments", 11) == 0;
    if (!named) stat_line(paper, stat_label(paper, "instruments"), "instruments", -1);
  }
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
      if (!any && rule) table_rule(&paper->table);
      any = true;
      test_lines(paper, test);
    }
  }
  return any;
}

static void tests(Paper *paper) {
  const char *mode = print_option(paper->job, "tests")->text;
  if (strcmp(mode, "none") != 0 && strcmp(mode, "0") != 0) write_tests(paper, mode, paper->foot.count == 0);
}

/* ------------------------------------------------------------------------------------------------ foot= */

static const struct {
  const char *name;
  void (*write)(Paper *paper);
} SECTIONS[] = {{"controls", controls}, {"fe", effects}, {"units", units}, {"lines", lines}, {"nobs", observations}, {"r2", r2_lines}, {"stats", stats}, {"errors", errors}, {"tests", tests}};
enum { SECTION_COUNT = sizeof SECTIONS / sizeof SECTIONS[0] };

static void foot_item(Paper *paper, const char *item, bool last) {
  const char *name = strcmp(item, "N") == 0 ? "nobs" : item;
  for (int i = 0; i < SECTION_COUNT; i++)
    if (strcmp(SECTIONS[i].name, name) == 0) {
      if (last || SECTIONS[i].write != lines) SECTIONS[i].write(paper);
      return;
    }
  if (strcmp(item, "rule") == 0) {
    table_rule(&paper->table);
    return;
  }
  if (strncmp(item, "title:", 6) == 0) {
    TableCell *title = table_row(&paper->table, TABLE_BODY, print_unquoted(paper->run, item + 6 + strspn(item + 6, " ")));
    if (title) title->span = paper->table.columns;
    return;
  }
  int rows = paper->table.rows;
  if (own_lines(paper, item)) {
    if (!last) paper->table.rows = rows;
    return;
  }
  if (run_failed(paper->run) || named_stat(paper, "foot", item) || write_tests(paper, item, false) || !any_speaks(paper)) return;
  run_fail(paper->run, "foot=: '%.60s' is none of controls, fe, units, lines, N, r2, stats, errors, tests, rule, title:text, nor a line of lines=, a statistic or a test of the fits", item);
}

void paper_foot(Paper *paper, bool last) {
  for (int i = 0; i < SECTION_COUNT && !paper->foot.count; i++) foot_item(paper, SECTIONS[i].name, last);
  for (int i = 0; i < paper->foot.count && !run_failed(paper->run); i++) foot_item(paper, paper->foot.item[i], last);
  for (int c = 0; c < paper->columns && !run_failed(paper->run); c++) {
    if (!paper->column[c].failed) continue;
    const char *where = paper->title ? run_format(paper->run, "%s, ", paper->title) : "";
    table_note(&paper->table, paper->chinese ? run_format(paper->run, "%s（%d）未能估计：%s", where, c + 1, paper->column[c].failed)
                                             : run_format(paper->run, "%s(%d) was not estimated: %s", where, c + 1, paper->column[c].failed));
  }
}
