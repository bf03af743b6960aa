/* fit_table.c: the regression table of a paper from fits in rows.
 *
 * 1. Columns: one a fit, (1) (2) ... in the order of the rows, with its label beneath unless that says the same; then the outcome, once over columns
 *    that share it, and the model's kind where fits differ. A fit's further equations ("first: dt") are columns of their own, in front of it, where
 *    parts= names them (parts=first* or parts=*); a fit that has nothing else shows all its parts. Thresholds belong to the fit's own column.
 * 2. Rows: the terms in the order in which they first appear, the constant last. keep=, drop= and order= take names or patterns with *, as the
 *    terms are called or as rename=(dt:Digital trade) calls them. A pattern that matches nothing is an error. What is not shown is a control: one Yes/No line.
 * 3. Beneath an estimate: under=se, t, p, ci, or several (se+t): intervals in brackets; of the others the first in parentheses, the second in brackets, the
 *    third in braces. Where there is no error but an interval (a threshold), the interval.
 * 4. digits=auto: three decimals, more where the error (else the estimate) would show fewer than two figures, at most eight; a whole number fixes them.
 * 5. Stars from the fit's own p-values. A term dropped as collinear shows a dash.
 * 6. The constant: (Intercept), or with absorbed effects and constant=1 the statistics constant and constant_se of the fit, p from Student's t with df_t.
 * 7. A fit with an error, and a NULL, get an empty column and a note.
 * Below the coefficients: fit_table_foot.c. */
#include "print.h"

const char *paper_word(const Paper *paper, const char *english) { return print_word(paper->chinese, english); }

/* Of "name:label" the label, where the name matches. A name may hold colons (year::2015). */
static const char *renamed(const char *item, const char *term) {
  size_t at = 0;
  const char *name = term;
  while (item[at]) {
    if (item[at] == ' ' && *name != ' ') at++;
    else if (*name == ' ' && item[at] != ' ') name++;
    else if (*name && item[at] == *name) at++, name++;
    else break;
  }
  if (*name || (item[at] != ':' && item[at] != '=') || item[at + 1] == ':') return NULL;
  const char *label = item + at + 1;
  while (*label == ' ') label++;
  return label;
}

const char *paper_name(const Paper *paper, const char *term) {
  for (int i = 0; i < paper->renames.count; i++) {
    const char *label = renamed(paper->renames.item[i], term);
    if (label) return print_unquoted(paper->run, label);
  }
  return strcmp(term, "(Intercept)") == 0 ? paper_word(paper, "Constant") : term;
}

/* ------------------------------------------------------------------------------------------------ columns */

static bool own_part(const char *part) { return !part || strcmp(part, "threshold") == 0; }

static bool has_main(const Fit *fit) {
  for (int i = 0; i < fit->terms; i++)
    if (!fit->term[i].part) return true;
  return false;
}

static const char *part_outcome(const FitTerm *term, const Fit *fit) {
  const char *outcome = fit_attribute_word(term, "outcome"), *colon = strchr(term->part, ':');
  if (outcome) return outcome;
  bool equation = colon && (strncmp(term->part, "first:", 6) == 0 || strncmp(term->part, "mediator:", 9) == 0);
  return equation ? colon + 1 + (colon[1] == ' ') : fit->outcome;
}

/* "2SLS", "OLS", "Poisson", ... */
static const char *model_name(const Fit *fit) {
  static const char *const NAMES[][2] = {{"fe_ols", "OLS"}, {"fe_poisson", "Poisson"}, {"fe_logit", "Logit"}, {"fe_probit", "Probit"}, {"re_gls", "Random effects"}, {"fe_quantile", "Quantile"},
                                         {"fe_threshold", "Threshold"}, {"fe_mediate", "Mediation"}, {"did_att", "DID"}, {"panel_gmm", "GMM"}, {"fe_compare", "Comparison"}};
  const char *method = fit_word_value(fit, "method");
  if (strcmp(fit->estimator, "fe_iv") == 0) {
    if (!method || strcmp(method, "2sls") == 0) return "2SLS";
    return strcmp(method, "liml") == 0 ? "LIML" : strcmp(method, "gmm") == 0 || strcmp(method, "gmm2s") == 0 ? "GMM" : method;
  }
  for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
    if (strcmp(NAMES[i][0], fit->estimator) == 0) return NAMES[i][1];
  return fit->estimator;
}

/* Of an equation beside the model: what it is, its name up to the colon. */
static const char *part_model(const Paper *paper, const char *part, const Fit *fit, bool main) {
  if (strncmp(part, "first:", 6) == 0) return paper_word(paper, "first stage");
  return main ? run_text_n(paper->run, part, strcspn(part, ":")) : model_name(fit);
}

/* A fit of several quantiles names its terms "x @ 0.25": each quantile becomes a part. */
static const Fit *split_quantiles(Run *run, const Fit *fit) {
  double first = (double)NAN;
  bool several = false;
  for (int i = 0; i < fit->terms; i++) {
    double tau = fit->term[i].part ? (double)NAN : fit_attribute_number(&fit->term[i], "tau");
    if (isnan(first)) first = tau;
    several |= !isnan(tau) && tau != first;
  }
  if (!several) return fit;
  Fit *copy = NEW(run, Fit);
  FitTerm *term = NEW_ARRAY(run, FitTerm, fit->terms);
  if (run_failed(run)) return fit;
  *copy = *fit;
  copy->term = term;
  for (int i = 0; i < fit->terms; i++) {
    term[i] = fit->term[i];
    double tau = fit_attribute_number(&term[i], "tau");
    const char *at = strstr(term[i].term, " @ ");
    if (term[i].part || isnan(tau) || !at) continue;
    Text name = {.run = run};
    text_add(&name, "τ = ");
    text_short(&name, tau, 4);
    term[i].part = name.data;
    term[i].term = run_text_n(run, term[i].term, (size_t)(at - term[i].term));
    if (run_failed(run)) return fit;
  }
  return copy;
}

static void make_columns(Paper *paper) {
  PrintJob *job = paper->job;
  PrintList parts = print_list(paper->run, print_text(job, "parts"));
  int room = 0;
  for (int64_t r = 0; r < job->rows; r++) {
    int more = 1 + (job->fit[r] ? job->fit[r]->terms : 0);
    if (more > 10000 || (room += more) > 100000) { run_fail(paper->run, "too many columns and terms for one page"); return; }
  }
  paper->column = NEW_ARRAY(paper->run, PaperColumn, room);
  if (run_failed(paper->run)) return;
  for (int64_t r = 0; r < job->rows; r++) {
    const Fit *fit = job->fit[r] ? split_quantiles(paper->run, job->fit[r]) : NULL;
    if (run_failed(paper->run)) return;
    const char *label = print_cell(paper->run, &job->cell[r * job->columns]);
    bool main = fit && has_main(fit), any = false;
    for (int i = 0; fit && !fit->error && i < fit->terms; i++) {
      const char *part = fit->term[i].part;
      bool wanted = part && (!main || !own_part(part)), known = false;
      if (!wanted) continue;
      bool named = !main && !parts.count;
      for (int p = 0; p < parts.count && !named; p++) named = print_matches(parts.item[p], part);
      for (int c = 0; c < paper->columns && !known; c++) known = paper->column[c].fit == fit && paper->column[c].part && strcmp(paper->column[c].part, part) == 0;
      if (!named || known) continue;
      paper->column[paper->columns++] = (PaperColumn){.fit = fit, .part = part, .label = main ? label : part, .outcome = part_outcome(&fit->term[i], fit),
                                                      .model = part_model(paper, part, fit, main)};
      any = true;
    }
    if (any && !main) continue;
    paper->column[paper->columns++] = (PaperColumn){.fit = fit, .label = label, .outcome = fit ? fit->outcome : NULL, .model = fit ? model_name(fit) : NULL,
                                                    .failed = !fit ? "there is no fit (NULL)" : fit->error};
  }
}

static const FitTerm *term_in(const PaperColumn *column, const char *name) {
  const Fit *fit = column->fit;
  for (int i = 0; fit && !column->failed && i < fit->terms; i++) {
    const char *part = fit->term[i].part;
    bool mine = column->part ? part && strcmp(part, column->part) == 0 : own_part(part);
    if (mine && print_matches(name, fit->term[i].term) && !strchr(name, '*')) return &fit->term[i];
    if (mine && strcmp(name, fit->term[i].term) == 0) return &fit->term[i];
  }
  return NULL;
}

/* ------------------------------------------------------------------------------------------------ which terms, in which order */

static bool matches(const Paper *paper, const char *pattern, const char *term) {
  return print_matches(pattern, term) || print_matches(pattern, paper_name(paper, term));
}

static bool in_list(const Paper *paper, const PrintList *list, const char *term) {
  for (int i = 0; i < list->count; i++)
    if (matches(paper, list->item[i], term)) return true;
  return false;
}

static void check_patterns(Paper *paper, const char *option, const PrintList *list, int terms, const char *const *term) {
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
  return strcmp(text, "auto") == 0 ? -1 : strcmp(text, "1") == 0 || strcmp(text, "yes") == 0;
}

static void choose_terms(Paper *paper) {
  Run *run = paper->run;
  PrintList keep = print_list(run, print_text(paper->job, "keep")), drop = print_list(run, print_text(paper->job, "drop")), order = print_list(run, print_text(paper->job, "order"));
  int room = 1, all = 0;
  for (int c = 0; c < paper->columns; c++) room += paper->column[c].fit ? paper->column[c].fit->terms : 0;
  const char **every = NEW_ARRAY(run, const char *, room);
  paper->term = NEW_ARRAY(run, const char *, room);
  bool *taken = NEW_ARRAY(run, bool, room);
  if (run_failed(run)) return;
  bool constant = false;
  for (int c = 0; c < paper->columns && run_poll(run, (uint64_t)room * 20); c++) {
    const PaperColumn *column = &paper->column[c];
    for (int i = 0; column->fit && !column->failed && i < column->fit->terms; i++) {
      const FitTerm *term = &column->fit->term[i];
      bool mine = column->part ? term->part && strcmp(term->part, column->part) == 0 : own_part(term->part), known = false;
      for (int t = 0; t < all && mine && !known; t++) known = strcmp(every[t], term->term) == 0;
      if (!mine || known) continue;
      if (strcmp(term->term, "(Intercept)") == 0) constant = true;
      else every[all++] = term->term;
    }
    constant |= column->fit && !column->part && !isnan(fit_stat_value(column->fit, "constant")) && constant_rule(paper) == 1;
  }
  if (constant) every[all++] = "(Intercept)";
  check_patterns(paper, "keep", &keep, all, every);
  check_patterns(paper, "drop", &drop, all, every);
  check_patterns(paper, "order", &order, all, every);
  for (int t = 0; t < all; t++) {
    bool is_constant = strcmp(every[t], "(Intercept)") == 0;
    bool shown = (!keep.count || in_list(paper, &keep, every[t])) && !in_list(paper, &drop, every[t]);
    if (is_constant && constant_rule(paper) >= 0) shown = constant_rule(paper) == 1;
    if (shown) continue;
    taken[t] = true;
    for (int c = 0; c < paper->columns && !is_constant; c++) paper->column[c].hidden_terms |= term_in(&paper->column[c], every[t]) != NULL;
  }
  for (int o = 0; o <= order.count; o++) {
    for (int t = 0; t < all; t++) {
      if (taken[t] || (o < order.count && !matches(paper, order.item[o], every[t]))) continue;
      taken[t] = true;
      paper->term[paper->terms++] = every[t];
    }
  }
}

/* ------------------------------------------------------------------------------------------------ heads */

/* A head whose equal neighbours are one cell. */
static void spanning_head(Paper *paper, const char *name, const char *const *text, bool rule) {
  TableCell *cell = table_row(&paper->table, TABLE_HEAD, name);
  if (!cell) return;
  for (int c = 0; c < paper->columns;) {
    int span = 1;
    while (text[c] && c + span < paper->columns && text[c + span] && strcmp(text[c], text[c + span]) == 0) span++;
    cell[1 + c] = (TableCell){.text = text[c], .span = span};
    c += span;
  }
  paper->table.row[paper->table.rows - 1].underlined = rule;
}

static void outcome_head(Paper *paper, const char **text, bool rule) {
  for (int c = 0; c < paper->columns; c++) text[c] = paper->column[c].outcome ? paper_name(paper, paper->column[c].outcome) : NULL;
  spanning_head(paper, "", text, rule);
}

/* An outcome that several columns share stands above their numbers with a rule, else beneath. */
static void heads(Paper *paper) {
  Run *run = paper->run;
  const char **text = NEW_ARRAY(run, const char *, paper->columns), **number = NEW_ARRAY(run, const char *, paper->columns);
  if (run_failed(run)) return;
  bool labels = false, outcomes = false, models = false, several = false;
  for (int c = 0; c < paper->columns; c++) {
    PaperColumn *column = &paper->column[c];
    number[c] = run_format(run, "(%d)", c + 1);
    if (run_failed(run)) return;
    labels |= column->label && *column->label && strcmp(column->label, number[c]) != 0;
    outcomes |= column->outcome != NULL;
    models |= column->model && paper->column[0].model && strcmp(column->model, paper->column[0].model) != 0;
    several |= c && column->outcome && column[-1].outcome && strcmp(column->outcome, column[-1].outcome) == 0;
  }
  if (several) outcome_head(paper, text, true);
  TableCell *cell = table_row(&paper->table, TABLE_HEAD, "");
  for (int c = 0; cell && c < paper->columns; c++) cell[1 + c].text = number[c];
  cell = labels ? table_row(&paper->table, TABLE_HEAD, "") : NULL;
  for (int c = 0; cell && c < paper->columns; c++) cell[1 + c].text = paper->column[c].label;
  if (outcomes && !several) outcome_head(paper, text, false);
  cell = models ? table_row(&paper->table, TABLE_HEAD, paper_word(paper, "Model")) : NULL;
  for (int c = 0; cell && c < paper->columns; c++) cell[1 + c].text = paper->column[c].model;
}

/* ------------------------------------------------------------------------------------------------ coefficients */

enum Under { UNDER_SE, UNDER_T, UNDER_P, UNDER_CI, UNDER_KINDS };
static const char *const UNDER_NAME[] = {"se", "t", "p", "ci"};

typedef struct UnderLines {
  int count;
  enum Under kind[UNDER_KINDS];
  bool used[UNDER_KINDS];
} UnderLines;

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
  return lines;
}

/* Rule 3: 0 parentheses, 1 brackets, 2 braces. */
static int brackets_of(const UnderLines *lines, int line) {
  int before = 0;
  for (int u = 0; u < line; u++) before += lines->kind[u] != UNDER_CI;
  return lines->kind[line] == UNDER_CI ? 1 : before > 2 ? 2 : before;
}

static int decimals_for(const Paper *paper, const FitTerm *term) {
  if (paper->digits >= 0) return paper->digits;
  double size = fabs(!isnan(term->std_error) && term->std_error > 0 ? term->std_error : term->estimate);
  int decimals = 3;
  for (double shown = size * 1000; size > 0 && shown < 9.95 && decimals < 8; shown *= 10) decimals++;
  return decimals;
}

static void bracketed(const Paper *paper, const FitTerm *term, enum Under kind, int way, TableCell *cell) {
  static const char *const OPEN[] = {"(", "[", "{"}, *const CLOSE[] = {")", "]", "}"};
  int decimals = decimals_for(paper, term);
  Text text = {.run = paper->run};
  double value = kind == UNDER_SE ? term->std_error : kind == UNDER_T ? term->statistic : term->p_value;
  if (kind == UNDER_SE && isnan(value) && !isnan(term->conf_low)) { /* rule 3 */
    kind = UNDER_CI;
    way = 1;
  }
  if (kind == UNDER_CI ? isnan(term->conf_low) && isnan(term->conf_high) : isnan(value)) return;
  text_add(&text, OPEN[way]);
  if (kind == UNDER_CI) {
    text_fixed(&text, term->conf_low, decimals);
    text_add(&text, ", ");
    text_fixed(&text, term->conf_high, decimals);
  } else {
    text_fixed(&text, value, kind == UNDER_SE ? decimals : kind == UNDER_P ? 3 : paper->digits >= 0 && paper->digits < 2 ? paper->digits : 2);
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
  double half = isfinite(df) ? student_quantile(.975, df) : normal_quantile(.975);
  *made = (FitTerm){.term = "(Intercept)", .estimate = estimate, .std_error = error, .statistic = estimate / error, .p_value = student_two_sided(estimate / error, df),
                    .conf_low = estimate - half * error, .conf_high = estimate + half * error};
  return made;
}

static void coefficients(Paper *paper, const UnderLines *under, bool *dash) {
  Run *run = paper->run;
  const FitTerm **found = NEW_ARRAY(run, const FitTerm *, paper->columns);
  FitTerm *made = NEW_ARRAY(run, FitTerm, paper->columns);
  for (int t = 0; t < paper->terms && run_poll(run, (uint64_t)paper->columns * 5000); t++) {
    bool constant = strcmp(paper->term[t], "(Intercept)") == 0;
    TableCell *cell = table_row(&paper->table, TABLE_BODY, paper_name(paper, paper->term[t]));
    if (!cell) return;
    for (int c = 0; c < paper->columns; c++) {
      found[c] = term_in(&paper->column[c], paper->term[t]);
      if (!found[c] && constant) found[c] = constant_of(paper, &paper->column[c], &made[c]);
      if (!found[c]) continue;
      bool dropped = isnan(found[c]->estimate);
      *dash |= dropped;
      cell[1 + c] = (TableCell){.text = dropped ? "–" : print_fixed(run, found[c]->estimate, decimals_for(paper, found[c])),
                                .stars = stars_of(&paper->stars, found[c]->p_value), .number = !dropped, .span = 1};
    }
    for (int u = 0; u < under->count; u++) {
      TableCell *line = table_row(&paper->table, TABLE_BODY, "");
      bool any = false;
      for (int c = 0; line && c < paper->columns; c++) {
        if (found[c] && !isnan(found[c]->estimate)) bracketed(paper, found[c], under->kind[u], brackets_of(under, u), &line[1 + c]);
        any |= line[1 + c].text != NULL;
      }
      if (line && !any) paper->table.rows--;
    }
  }
}

static void note_under(Paper *paper, const UnderLines *under) {
  static const char *const WHAT[] = {"Standard errors", "t statistics", "p-values", "Confidence intervals"}, *const WHERE[] = {"in parentheses", "in brackets", "in braces"};
  Text text = {.run = paper->run};
  for (int u = 0; u < under->count; u++) {
    int way = brackets_of(under, u);
    text_add(&text, u ? paper->chinese ? "，" : ", " : "");
    text_format(&text, paper->chinese ? "%s%s" : "%s %s", paper_word(paper, WHAT[under->kind[u]]), paper_word(paper, WHERE[way]));
  }
  const char *stars = stars_note(paper->run, &paper->stars);
  if (stars) text_format(&text, "%s%s", !text.length ? "" : paper->chinese ? "；" : ". ", stars);
  if (run_failed(paper->run) || !text.length) return;
  text_add(&text, paper->chinese ? "。" : ".");
  table_note(&paper->table, text.data);
}

/* ------------------------------------------------------------------------------------------------ the page */

static void print(PrintJob *job) {
  Paper paper = {.job = job, .run = job->run, .chinese = print_chinese(job)};
  const OptionValue *digits = print_option(job, "digits");
  paper.digits = -1;
  if (digits->text && strcmp(digits->text, "auto") != 0) {
    paper.digits = 0;
    for (const char *at = digits->text; *at && paper.digits >= 0; at++) paper.digits = *at >= '0' && *at <= '9' && paper.digits < 10 ? paper.digits * 10 + *at - '0' : -1;
    if (paper.digits < 0 || paper.digits > 15) run_fail(job->run, "digits=%.40s: a whole number from 0 to 15, or auto", digits->text);
  }
  paper.renames = print_list(job->run, print_text(job, "rename"));
  for (int i = 0; i < paper.renames.count; i++)
    if (!strpbrk(paper.renames.item[i], ":=")) run_fail(job->run, "rename=%.60s: it is made of name:label, several in parentheses: rename=(dt:Digital trade, fdi:FDI)", paper.renames.item[i]);
  paper.stars = stars_read(job->run, print_option(job, "stars")->text);
  UnderLines under = read_under(&paper);
  if (!run_failed(job->run)) make_columns(&paper);
  if (!run_failed(job->run)) choose_terms(&paper);
  table_begin(job, &paper.table, paper.columns + 1);
  bool dash = false;
  if (!run_failed(job->run)) heads(&paper);
  table_rule(&paper.table);
  if (!run_failed(job->run)) coefficients(&paper, &under, &dash);
  if (paper.terms) table_rule(&paper.table);
  if (run_failed(job->run)) return;
  const char *notes = print_text(job, "notes");
  bool silent = notes && strcmp(notes, "0") == 0;
  note_under(&paper, &under);
  if (dash) table_note(&paper.table, run_format(job->run, "%s%s", paper_word(&paper, "A dash: dropped as collinear"), paper.chinese ? "。" : "."));
  paper_foot(&paper);
  if (silent) paper.table.notes = 0;
  else if (notes) table_note(&paper.table, notes);
  table_write(&paper.table, print_option(job, "format")->text, job->out);
}

static const OptionSpec OPTIONS[] = {
  {"under", OPTION_TEXT, "se", NULL, "what stands beneath an estimate: se, t, p, ci, joined by +; none"},
  {"stars", OPTION_TEXT, "(.01,.05,.1)", NULL, "bounds of p for ***, **, *; (+ .1, * .05) names the symbols; 0: none"},
  {"digits", OPTION_TEXT, "auto", NULL, "decimals; auto: three, more for small errors"},
  {"keep", OPTION_TEXT, NULL, NULL, "the terms to show: names or patterns with *; the others are controls"},
  {"drop", OPTION_TEXT, NULL, NULL, "terms not to show"},
  {"order", OPTION_TEXT, NULL, NULL, "terms that come first"},
  {"rename", OPTION_TEXT, NULL, NULL, "labels of terms, outcomes and effects: (dt:Digital trade, prov:Province)"},
  {"constant", OPTION_CHOICE, "auto", "auto|1|0|yes|no", "1: the constant also of models with absorbed effects; 0: never"},
  {"parts", OPTION_TEXT, NULL, NULL, "further equations as columns: first* or *"},
  {"controls", OPTION_BOOLEAN, "1", NULL, "the Yes/No line for terms that are not shown"},
  {"fe", OPTION_BOOLEAN, "1", NULL, "a Yes/No line for each absorbed effect"},
  {"units", OPTION_BOOLEAN, "1", NULL, "the number of levels of the first absorbed effect"},
  {"r2", OPTION_TEXT, "overall", NULL, "overall, within, adj, joined by +; none"},
  {"stats", OPTION_TEXT, NULL, NULL, "further statistics of the fits by name: (rmse, aic, ll)"},
  {"errors", OPTION_BOOLEAN, "1", NULL, "the line that says how errors were made"},
  {"tests", OPTION_TEXT, "auto", NULL, "lines for tests: auto (instruments, pretrend, sobel, ...), all, none, or names"},
  {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const OptionSpec *const GROUPS[] = {OPTIONS, TABLE_OPTIONS, NULL};

const Printer PRINTER_fit_table = {
  .name = "fit_table",
  .arguments = "label:any, fit:fit",
  .signature = "fit_table(label, fit [, 'options'])",
  .summary = "the regression table of a paper from fits in rows: text, markdown, latex, html, csv",
  .options = GROUPS,
  .print = print,
  .example = "SELECT fit_table(name, fit, 'keep=value') FROM (SELECT '(1)' AS name, fe_ols('invest ~ value', invest, value) AS fit FROM grunfeld "
             "UNION ALL SELECT '(2)', fe_ols('invest ~ value + capital | firm + year', invest, value, capital, firm, year) FROM grunfeld)"};
