/* fit_table_terms.c: which terms of the fits are rows of a regression table, and in which order.
 *
 * 1. Rows: the terms in the order in which they first appear, the constant last. keep=, drop= and order= take names or patterns with *, as the
 *    terms are called or as rename=(dt:Digital trade) calls them. A pattern that matches nothing is an error. What is not shown is a control: one Yes/No line.
 *    Terms with the same label that no column has together are one row. */
#include "print.h"

/* Of the column's own equation, or of a part of its fit. */
static const FitTerm *term_in(const PaperColumn *column, const char *name, const char *of) {
  const Fit *fit = column->fit;
  for (int i = 0; fit && !column->failed && i < fit->terms; i++) {
    const char *part = fit->term[i].part, *asked = of ? of : column->part;
    bool mine = asked ? part && strcmp(part, asked) == 0 : paper_own_part(part);
    if (mine && print_matches(name, fit->term[i].term) && !strchr(name, '*')) return &fit->term[i];
    if (mine && strcmp(name, fit->term[i].term) == 0) return &fit->term[i];
  }
  return NULL;
}

bool paper_has(const PaperColumn *column, const char *term) { return term_in(column, term, NULL) != NULL; }

const FitTerm *paper_row_term(const PaperColumn *column, const PaperTerm *row) {
  const FitTerm *found = NULL;
  for (; row && !found; row = row->also) found = term_in(column, row->name, row->part);
  return found;
}

/* ------------------------------------------------------------------------------------------------ which terms, in which order */

bool paper_matches(const Paper *paper, const char *pattern, const char *term) {
  return print_matches(pattern, term) || print_matches(pattern, paper_name(paper, term));
}

bool paper_in_list(const Paper *paper, const PrintList *list, const char *term) { /* any of its patterns */
  for (int i = 0; i < list->count; i++)
    if (paper_matches(paper, list->item[i], term)) return true;
  return false;
}

/* Where "@2-4" of a selector begins; NULL where it names no columns. A term may hold " @ 0.25". */
const char *paper_column_mark(const char *selector) {
  const char *at = strrchr(selector, '@');
  return at && at[1] && strspn(at + 1, "0123456789-+ ") == strlen(at + 1) && strpbrk(at + 1, "0123456789") ? at : NULL;
}

/* "dt", "@2", "dt@2-4+6": the terms by name or pattern, in all columns or in these. */
bool paper_selects(const Paper *paper, const char *selector, int column, const char *term) {
  const char *at = paper_column_mark(selector);
  const char *pattern = at ? run_text_n(paper->run, selector, (size_t)(at - selector)) : selector;
  if (!pattern || (*pattern && !paper_matches(paper, pattern, term))) return false;
  int low = 0, high = 0;
  bool range = false;
  for (const char *c = at ? at + 1 : ""; at; c++) {
    if (*c >= '0' && *c <= '9') {
      int *number = range ? &high : &low;
      if (*number < 100000) *number = *number * 10 + *c - '0';
    } else if (*c == '-') {
      range = true;
    } else if (*c == '+' || !*c) {
      if (column + 1 >= low && column + 1 <= (range ? high : low)) return true;
      if (!*c) return false;
      low = high = 0;
      range = false;
    }
  }
  return true;
}

bool paper_selected(const Paper *paper, const char *selector) { /* anything at all */
  for (int c = 0; c < paper->columns; c++)
    for (int t = 0; t < paper->all; t++)
      if (paper_selects(paper, selector, c, paper->every[t])) return true;
  return false;
}

/* highlight=(dt@2, p<.05, ul:#ffee99, dt:box): bold, with a colour behind or a frame. */
void paper_highlight(const Paper *paper, int column, const FitTerm *term, TableCell *cell) {
  for (int i = 0; i < paper->highlights; i++) {
    const PaperHighlight *highlight = &paper->highlight[i];
    if (isnan(highlight->below) ? !paper_selects(paper, highlight->selector, column, term->term) : !(term->p_value < highlight->below)) continue;
    if (highlight->colour && strcmp(highlight->colour, "box") == 0) cell->box = true;
    else if (highlight->colour) cell->colour = highlight->colour;
    else cell->bold = true;
  }
}

bool paper_controlled(const Paper *paper, int group, const char *term) { return paper_in_list(paper, &paper->control[group].patterns, term); }

static bool in_controls(const Paper *paper, const char *term) {
  for (int g = 0; g < paper->controls; g++)
    if (paper_controlled(paper, g, term)) return true;
  return false;
}

static void check_patterns(const Paper *paper, const char *option, const PrintList *list, int terms, const char *const *term) {
  for (int i = 0; i < list->count && !run_failed(paper->run); i++) {
    bool any = false;
    for (int t = 0; t < terms && !any; t++) any = paper_matches(paper, list->item[i], term[t]);
    if (any || !terms) continue;
    Text names = {.run = paper->run};
    for (int t = 0; t < terms && t < 12; t++) text_format(&names, "%s'%.60s'", t ? ", " : "", term[t]);
    run_fail(paper->run, "%s=%.60s matches no term of the fits, which have %.600s%s", option, list->item[i], names.data ? names.data : "", terms > 12 ? " ..." : "");
  }
}

int paper_constant(const Paper *paper) {
  const char *text = print_option(paper->job, "constant")->text;
  if (print_option(paper->job, "beta")->integer) return 0;
  return strcmp(text, "auto") == 0 ? -1 : strcmp(text, "1") == 0 || strcmp(text, "yes") == 0;
}

/* Rule 1: a row of its own, or with another of the same label. */
static void add_term(Paper *paper, const char *name, const char *part) {
  PaperTerm *term = NULL;
  for (int t = 0; t < paper->terms && paper->renames.count && !term; t++) {
    const char *other = paper->term[t].part;
    if (strcmp(paper_name(paper, paper->term[t].name), paper_name(paper, name)) != 0 || (part ? !other || strcmp(part, other) != 0 : other != NULL)) continue;
    bool together = false;
    for (int c = 0; c < paper->columns; c++) together |= paper_row_term(&paper->column[c], &paper->term[t]) && term_in(&paper->column[c], name, part);
    if (!together) term = &paper->term[t];
  }
  if (!term) {
    paper->term[paper->terms++] = (PaperTerm){.name = name, .part = part};
    return;
  }
  while (term->also) term = term->also;
  term->also = NEW(paper->run, PaperTerm);
  if (term->also) *term->also = (PaperTerm){.name = name, .part = part};
}

static bool stacked_part(const Paper *paper, const char *part) {
  bool named = !paper->parts.count;
  for (int p = 0; p < paper->parts.count && !named; p++) named = print_matches(paper->parts.item[p], part);
  return paper->stacked && named;
}

/* The further equations of stack=1 in order of first appearance. */
static int list_parts(const Paper *paper, int room, const char **part) {
  int parts = 0;
  for (int c = 0; c < paper->columns && paper->stacked && run_poll(paper->run, (uint64_t)room * 20); c++) {
    const PaperColumn *column = &paper->column[c];
    for (int i = 0; column->fit && !column->failed && i < column->fit->terms; i++) {
      const char *own = column->fit->term[i].part;
      bool known = paper_own_part(own) || !stacked_part(paper, own);
      for (int p = 0; p < parts && !known; p++) known = strcmp(part[p], own) == 0;
      if (!known) part[parts++] = own;
    }
  }
  return parts;
}

void paper_terms(Paper *paper) {
  Run *run = paper->run;
  PrintList keep = print_list(run, print_text(paper->job, "keep")), drop = print_list(run, print_text(paper->job, "drop")), order = print_list(run, print_text(paper->job, "order"));
  int room = 1, all = 0;
  for (int c = 0; c < paper->columns; c++) room += paper->column[c].fit ? paper->column[c].fit->terms : 0;
  const char **every = NEW_ARRAY(run, const char *, room);
  bool *taken = NEW_ARRAY(run, bool, room);
  if (run_failed(run)) return;
  bool constant = false;
  for (int c = 0; c < paper->columns && run_poll(run, (uint64_t)room * 20); c++) {
    const PaperColumn *column = &paper->column[c];
    for (int i = 0; column->fit && !column->failed && i < column->fit->terms; i++) {
      const FitTerm *term = &column->fit->term[i];
      bool mine = column->part ? term->part && strcmp(term->part, column->part) == 0 : paper_own_part(term->part) || stacked_part(paper, term->part), known = false;
      for (int t = 0; t < all && mine && !known; t++) known = strcmp(every[t], term->term) == 0;
      if (!mine || known) continue;
      if (strcmp(term->term, "(Intercept)") == 0) constant = true;
      else every[all++] = term->term;
    }
    constant |= column->fit && !column->part && !isnan(fit_stat_value(column->fit, "constant")) && paper_constant(paper) == 1;
  }
  if (constant) every[all++] = "(Intercept)";
  paper->every = every;
  paper->all = all;
  for (int t = 0; t < all; t++) {
    bool is_constant = strcmp(every[t], "(Intercept)") == 0;
    bool shown = (!keep.count || paper_in_list(paper, &keep, every[t])) && !paper_in_list(paper, &drop, every[t]) && !in_controls(paper, every[t]);
    if (is_constant && paper_constant(paper) >= 0) shown = paper_constant(paper) == 1;
    if (shown) continue;
    taken[t] = true;
  }
  const char **part = NEW_ARRAY(run, const char *, room);
  int parts = part ? list_parts(paper, room, part) : 0;
  bool *done = NEW_ARRAY(run, bool, room);
  paper->term = NEW_ARRAY(run, PaperTerm, room); /* each stands for a term of some fit */
  if (run_failed(run)) return;
  for (int p = -1; p < parts; p++) {
    memcpy(done, taken, (size_t)all * sizeof *done);
    for (int o = 0; o <= order.count && run_poll(run, (uint64_t)all * 100); o++) {
      for (int t = 0; t < all; t++) {
        if (done[t] || (o < order.count && !paper_matches(paper, order.item[o], every[t]))) continue;
        bool has = !parts || (p < 0 && strcmp(every[t], "(Intercept)") == 0);
        for (int c = 0; c < paper->columns && !has; c++) has = term_in(&paper->column[c], every[t], p < 0 ? NULL : part[p]) != NULL;
        done[t] = true;
        if (has) add_term(paper, every[t], p < 0 ? NULL : part[p]);
      }
    }
  }
}

/* The line of above=: that of the item where it is that of the term. */
const char *paper_line_above(const Paper *paper, const char *item, const char *term) {
  const char *line = paper_renamed(item, term);
  return line ? line : paper_renamed(item, paper_name(paper, term));
}

/* A pattern must match a term of some panel. */
void paper_check_lists(Paper *panel, int panels) {
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
  for (int h = 0; h < panel->highlights; h++) {
    bool any = !all || !isnan(panel->highlight[h].below);
    for (int p = 0; p < panels && !any; p++) any = paper_selected(&panel[p], panel->highlight[h].selector);
    if (!any) run_fail(panel->run, "highlight=: '%.60s' is no term of the fits, @2 (a column), dt@2 (a term in it) or p<.05", panel->highlight[h].selector);
  }
  check_patterns(panel, "starred", &panel->starred_terms, all, every);
  for (int i = 0; i < panel->above.count; i++) {
    bool any = !all;
    for (int t = 0; t < all && !any; t++) any = paper_line_above(panel, panel->above.item[i], every[t]) != NULL;
    if (!any) run_fail(panel->run, "above=: '%.60s' must be a term of the fits, a colon and the line above it, as in above=(educ:Schooling)", panel->above.item[i]);
  }
}
