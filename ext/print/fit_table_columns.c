/* fit_table_columns.c: the columns of a regression table and what stands above them.
 *
 * 1. Columns: one a fit, (1) (2) ... in the order of the rows, with its label beneath unless that says the same; then the outcome, once over columns
 *    that share it, and the model's kind where fits differ. A fit's further equations ("first: dt") are columns of their own, in front of it, where
 *    parts= names them (parts=first* or parts=*), or with stack=1 stand below each other; a fit that has nothing else shows all its parts. Thresholds belong to the fit's own column.
 * 2. Names: rename=(dt:Digital trade); an interaction a:b, a level a::2015 and combined effects a^b by the labels of a and b, where there is no label for the whole; rename=(×:*) names the sign; rename=(year::*:In *) those of all years.
 * 3. groups=(All:2, Crime:2): heads over several columns; groups=((...), (...)) or (Sample (...), Years (...)): several lines of them. numbers=0, outcomes=0 leave those heads out. */
#include "print.h"

const char *paper_word(const Paper *paper, const char *english) { return print_word(paper->chinese, english); }

/* Of "name:label" the label, where the name matches. A name may hold colons (year::2015) and end in a *, which stands for the rest. */
static const char *renamed(const char *item, const char *term, const char **rest) {
  size_t at = 0;
  const char *name = term;
  *rest = NULL;
  while (item[at]) {
    if (item[at] == '*' && (item[at + 1] == ':' || item[at + 1] == '=')) *rest = name, name += strlen(name), at++;
    else if (item[at] == ' ' && *name != ' ') at++;
    else if (*name == ' ' && item[at] != ' ') name++;
    else if (*name && item[at] == *name) at++, name++;
    else break;
    if (*rest) break;
  }
  if (*name || (item[at] != ':' && item[at] != '=') || item[at + 1] == ':') return NULL;
  const char *label = item + at + 1;
  while (*label == ' ') label++;
  return label;
}

const char *paper_renamed(const char *item, const char *term) {
  const char *rest;
  return renamed(item, term, &rest);
}

const char *paper_label(const Paper *paper, const char *name) {
  for (int i = 0; i < paper->renames.count; i++) {
    const char *rest, *label = renamed(paper->renames.item[i], name, &rest), *star;
    if (!label) continue;
    label = print_unquoted(paper->run, label);
    star = rest && label ? strchr(label, '*') : NULL;
    return star ? run_format(paper->run, "%.*s%s%s", (int)(star - label), label, rest, star + 1) : label;
  }
  return NULL;
}

/* Rule 2: a:b, a^b and a::level by the labels of a and b; NULL where neither has one. */
static const char *composed(const Paper *paper, const char *term) {
  Text text = {.run = paper->run};
  bool any = false;
  int depth = 0;
  for (const char *at = term, *from = term;; at++) {
    depth += (*at == '(' || *at == '[') - (*at == ')' || *at == ']');
    if (*at && (depth > 0 || (*at != ':' && *at != '^'))) continue;
    const char *piece = run_text_n(paper->run, from, (size_t)(at - from)), *label = piece ? paper_label(paper, piece) : NULL;
    if (!piece) return NULL;
    any |= label != NULL;
    text_add(&text, label ? label : piece);
    if (!*at) break;
    if (at[0] == ':' && at[1] == ':') { /* a level, up to the next sign */
      size_t length = strcspn(at + 2, ":^");
      const char *equal = paper_label(paper, "=");
      text_format(&text, " %s ", equal ? equal : "=");
      text_add_n(&text, at + 2, length);
      at += 2 + length;
      if (!*at) break;
    }
    const char *cross = paper_label(paper, "×");
    text_format(&text, " %s ", cross ? cross : "×");
    from = at + 1;
  }
  return any && !run_failed(paper->run) ? text.data : NULL;
}

const char *paper_name(const Paper *paper, const char *term) {
  const char *label = paper_label(paper, term);
  if (!label && paper->renames.count && strpbrk(term, ":^")) label = composed(paper, term);
  return label ? label : strcmp(term, "(Intercept)") == 0 ? paper_word(paper, "Constant") : term;
}

const char *paper_line(const Paper *paper, const char *english) {
  const char *label = paper_label(paper, english);
  return label ? label : paper_word(paper, english);
}

/* "Label:2" of groups= and panels=. */
int64_t paper_counted(const Paper *paper, const char *option, const char *item, const char **label) {
  const char *colon = strrchr(item, ':'), *digits = colon ? colon + 1 + strspn(colon + 1, " ") : "";
  size_t length = strspn(digits, "0123456789");
  *label = colon ? run_text_n(paper->run, item, (size_t)(colon - item)) : "";
  if (*label) *label = print_unquoted(paper->run, *label);
  int64_t count = 0;
  for (size_t i = 0; i < length && i < 6; i++) count = count * 10 + digits[i] - '0';
  if (!count || length > 5 || digits[length]) run_fail(paper->run, "%s=: '%.60s' must be a label, a colon and how many, as in %s=(All states:2, South:2)", option, item, option);
  return count;
}

/* ------------------------------------------------------------------------------------------------ columns */

bool paper_own_part(const char *part) { return !part || strcmp(part, "threshold") == 0; }

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
                                         {"fe_threshold", "Threshold"}, {"fe_mediate", "Mediation"}, {"did_att", "DID"}, {"fe_compare", "Comparison"}};
  const char *method = fit_word_value(fit, "method");
  if (strcmp(fit->estimator, "fe_iv") == 0) {
    if (!method || strcmp(method, "2sls") == 0) return "2SLS";
    return strcmp(method, "liml") == 0 ? "LIML" : strcmp(method, "gmm") == 0 || strcmp(method, "gmm2s") == 0 ? "GMM" : method;
  }
  if (strcmp(fit->estimator, "fe_gmm") == 0) return method && strncmp(method, "system", 6) == 0 ? "System GMM" : "Difference GMM";
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

void paper_columns(Paper *paper) {
  PrintJob *job = paper->job;
  PrintList parts = paper->parts;
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
    for (int i = 0; fit && !fit->error && !paper->stacked && i < fit->terms; i++) {
      const char *part = fit->term[i].part;
      bool wanted = part && (!main || !paper_own_part(part)), known = false;
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
  const char *name = paper_label(paper, "Outcome");
  spanning_head(paper, name ? name : "", text, rule);
}

/* groups=(All:2, Crime:2): a head whose cells span that many columns each, from the left; "" or nothing before the colon leaves them without. */
static void group_head(Paper *paper, const char *name, const PrintList *groups, const char **text) {
  int at = 0;
  for (int c = 0; c < paper->columns; c++) text[c] = NULL;
  for (int g = 0; g < groups->count; g++) {
    const char *label;
    int64_t span = paper_counted(paper, "groups", groups->item[g], &label);
    if (run_failed(paper->run)) return;
    if (at + span > paper->columns) {
      run_fail(paper->run, "groups=: '%.60s' ends in column %lld, but there are %d", groups->item[g], (long long)(at + span), paper->columns);
      return;
    }
    for (int64_t i = 0; i < span; i++) text[at++] = *label ? label : NULL;
  }
  spanning_head(paper, name, text, true);
}

/* Several heads: ((...), (...)), each perhaps behind a name of its own: (Sample (All:2, South:2), Years (...)). */
static void group_heads(Paper *paper, const char **text) {
  PrintList groups = print_list(paper->run, print_text(paper->job, "groups"));
  bool lines = false;
  for (int g = 0; g < groups.count; g++) {
    size_t length = strlen(groups.item[g]);
    lines |= length && groups.item[g][length - 1] == ')';
  }
  if (!lines && groups.count) group_head(paper, "", &groups, text);
  for (int g = 0; g < groups.count && lines && !run_failed(paper->run); g++) {
    size_t name = strcspn(groups.item[g], "("), end = name;
    while (end && groups.item[g][end - 1] == ' ') end--;
    PrintList line = print_list(paper->run, groups.item[g] + name);
    const char *head = run_text_n(paper->run, groups.item[g], end);
    if (head) group_head(paper, head, &line, text);
  }
}

/* An outcome that several columns share stands above their numbers with a rule, else beneath. */
void paper_heads(Paper *paper) {
  Run *run = paper->run;
  const char **text = NEW_ARRAY(run, const char *, paper->columns), **number = NEW_ARRAY(run, const char *, paper->columns);
  if (run_failed(run)) return;
  bool labels = false, outcomes = false, models = false, several = false;
  bool numbers = print_option(paper->job, "numbers")->integer != 0, shown = !paper->outcomes_differ && print_option(paper->job, "outcomes")->integer != 0;
  for (int c = 0; c < paper->columns; c++) {
    PaperColumn *column = &paper->column[c];
    number[c] = run_format(run, "(%d)", c + 1);
    if (run_failed(run)) return;
    labels |= column->label && *column->label && strcmp(column->label, number[c]) != 0;
    outcomes |= column->outcome && shown;
    models |= column->model && paper->column[0].model && strcmp(column->model, paper->column[0].model) != 0;
    several |= c && shown && column->outcome && column[-1].outcome && strcmp(column->outcome, column[-1].outcome) == 0;
  }
  group_heads(paper, text);
  if (several) outcome_head(paper, text, true);
  TableCell *cell = numbers ? table_row(&paper->table, TABLE_HEAD, "") : NULL;
  for (int c = 0; cell && c < paper->columns; c++) cell[1 + c].text = number[c];
  cell = labels ? table_row(&paper->table, TABLE_HEAD, "") : NULL;
  for (int c = 0; cell && c < paper->columns; c++) cell[1 + c].text = paper->column[c].label;
  if (outcomes && !several) outcome_head(paper, text, false);
  cell = models ? table_row(&paper->table, TABLE_HEAD, paper_line(paper, "Model")) : NULL;
  for (int c = 0; cell && c < paper->columns; c++) cell[1 + c].text = paper->column[c].model;
}
