/* design.c: terms -> columns of numbers.
 *
 * 1. A term is a product of factors. A factor is a numeric variable, or i(f): one dummy for each level that the rows of the frame have,
 *    in the order of the levels (numbers by value, text by bytes).
 * 2. i(f, ref=v) leaves the named levels out. i(f) alone and without ref leaves the first level out where base is asked for, since with an
 *    intercept or an absorbed effect the dummies would add up to it; in a product all levels stay and collinearity decides.
 * 3. Names are fixest's: year::2015, year::2015:treat, a:b, (Intercept).
 * 4. DESIGN_TAKE hands out a plain variable that nothing else uses as it is, though the caller will overwrite it: at five million rows
 *    a copy of every column would double the memory. */
#include "est.h"

#include <stdlib.h>

/* The levels of a dummy factor that become columns. */
typedef struct FactorLevels {
  int count;
  int32_t *code;       /* in order */
  int32_t *position;   /* level -> position in code, -1: no column */
  const char **name;
} FactorLevels;

static bool names_level(const Levels *levels, int32_t code, const char *reference, const char *name) {
  if (strcmp(reference, name) == 0) return true;
  char *end;
  double wanted = strtod(reference, &end), value = levels_number(levels, code);
  while (*end == ' ') end++;
  return *reference && !*end && wanted == value;
}

static void level_columns(Job *job, const TermFactor *factor, bool base, FactorLevels *out) {
  Run *run = job->run;
  const Column *column = &job->frame->column[factor->variable];
  const char *variable = job->model->variable[factor->variable].name;
  int32_t total = levels_count(column->levels);
  bool *present = NEW_ARRAY(run, bool, total);
  out->code = NEW_ARRAY(run, int32_t, total);
  out->position = NEW_ARRAY(run, int32_t, total);
  out->name = NEW_ARRAY(run, const char *, total);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < job->frame->rows; row++) present[column->code[row]] = true;
  int32_t count = levels_sorted(run, column->levels, present, out->code), kept = 0;
  for (int32_t level = 0; level < total; level++) out->position[level] = -1;
  for (int r = 0; r < factor->references; r++) {
    bool found = false;
    for (int32_t l = 0; l < count && !found; l++) {
      const char *name = levels_name(run, column->levels, out->code[l]);
      found = !run_failed(run) && names_level(column->levels, out->code[l], factor->reference[r], name);
      if (found) present[out->code[l]] = false;
    }
    for (int32_t code = 0; code < total && !found && !run_failed(run); code++) { /* a level of rows that are left out: as the first year is, under a lag */
      const char *name = levels_name(run, column->levels, code);
      found = !run_failed(run) && names_level(column->levels, code, factor->reference[r], name);
    }
    if (!found && !run_failed(run))
      run_fail(run, "i(%s, ref=%s): no used row has %s = %s; the levels go from %s to %s", variable, factor->reference[r], variable, factor->reference[r],
               count ? levels_name(run, column->levels, out->code[0]) : "nothing", count ? levels_name(run, column->levels, out->code[count - 1]) : "nothing");
  }
  if (!factor->references && base && count) present[out->code[0]] = false;
  for (int32_t l = 0; l < count && !run_failed(run); l++) {
    int32_t level = out->code[l];
    if (!present[level]) continue;
    out->position[level] = kept;
    out->name[kept] = run_format(run, "%s::%s", variable, levels_name(run, column->levels, level));
    out->code[kept++] = level;
  }
  out->count = kept;
}

/* How often a variable's column is looked at by the model and its options; 2 stands for "often". */
static int uses_of(const Job *job, int variable) {
  const Model *model = job->model;
  int uses = (model->outcome == variable) + (model->time_number == variable) + (model->where == variable);
  const Term *const lists[] = {model->term, model->endogenous_term, model->instrument};
  const int lengths[] = {model->terms, model->endogenous, model->instruments};
  for (int list = 0; list < 3; list++)
    for (int t = 0; t < lengths[list]; t++)
      for (int f = 0; f < lists[list][t].factors; f++) uses += lists[list][t].factor[f].variable == variable;
  for (int e = 0; e < model->effects; e++)
    for (int s = 0; s < model->effect[e].slopes; s++) uses += model->effect[e].slope[s] == variable;
  for (int o = 0; o < job->options; o++) {
    const OptionValue *option = &job->option[o];
    if (!option->given) continue;
    bool of_variable = option->spec->type == OPTION_VARIABLE || option->spec->type == OPTION_LEVELS;
    uses += of_variable && option->variable == variable;
    for (int t = 0; t < option->terms; t++)
      for (int f = 0; f < option->term[t].factors; f++) uses += option->term[t].factor[f].variable == variable;
    if (option->calls || option->nested) uses += 2;
    if (option->vcov && option->vcov->kind == VCOV_CONLEY) uses += (option->vcov->latitude == variable) + (option->vcov->longitude == variable);
  }
  const double *number = job->frame->column[variable].number;
  for (int c = 0; c < job->frame->columns; c++) uses += c != variable && job->frame->column[c].number == number;
  return uses;
}

double *design_column(Job *job, int variable, DesignMode mode) {
  double *number = job->frame->column[variable].number;
  if (mode == DESIGN_BORROW || (mode == DESIGN_TAKE && uses_of(job, variable) <= 1)) return number;
  double *copy = NEW_ARRAY(job->run, double, job->frame->rows);
  if (copy && job->frame->rows) memcpy(copy, number, (size_t)job->frame->rows * sizeof *copy);
  return copy;
}

static void add_column(Job *job, Design *design, int term, const char *name, double *column) {
  Run *run = job->run;
  if (run_failed(run)) return;
  if ((design->k & (design->k - 1)) == 0) { /* room for twice as many at each power of two */
    size_t room = design->k ? 2 * (size_t)design->k : 1;
    const char **names = run_grow(run, design->name, room, sizeof *names);
    if (names) design->name = names;
    double **columns = run_grow(run, design->column, room, sizeof *columns);
    if (columns) design->column = columns;
    int *terms = run_grow(run, design->term, room, sizeof *terms);
    if (terms) design->term = terms;
    if (run_failed(run)) return;
  }
  design->name[design->k] = name;
  design->column[design->k] = column;
  design->term[design->k++] = term;
}

static void expand(Job *job, const Term *term, int index, bool base, Design *design) {
  Run *run = job->run;
  int64_t n = job->frame->rows;
  FactorLevels *levels = NEW_ARRAY(run, FactorLevels, term->factors);
  int *at = NEW_ARRAY(run, int, term->factors);
  if (run_failed(run)) return;
  double columns = 1;
  for (int f = 0; f < term->factors; f++) {
    if (!term->factor[f].dummies) continue;
    level_columns(job, &term->factor[f], base && term->factors == 1, &levels[f]);
    columns *= levels[f].count;
  }
  if (run_failed(run)) return;
  if (columns * (double)n > 4e9) {
    run_fail(run, "%s would make %.0f columns of %lld rows; absorb the effect instead: y ~ x | effect", term->name, columns, (long long)n);
    return;
  }
  if (columns == 0) return;
  for (;;) { /* all combinations of levels, the last factor fastest */
    double *column = NEW_ARRAY(run, double, n);
    const char *name = NULL;
    if (run_failed(run)) return;
    for (int64_t row = 0; row < n; row++) column[row] = 1;
    bool dummies = false;
    for (int f = 0; f < term->factors; f++) {
      const Column *source = &job->frame->column[term->factor[f].variable];
      const char *piece;
      if (term->factor[f].dummies) {
        int32_t level = levels[f].code[at[f]];
        piece = levels[f].name[at[f]];
        dummies = true;
        for (int64_t row = 0; row < n; row++)
          if (source->code[row] != level) column[row] = 0;
      } else {
        piece = job->model->variable[term->factor[f].variable].name;
        for (int64_t row = 0; row < n; row++) column[row] *= source->number[row];
      }
      name = name ? run_format(run, "%s:%s", name, piece) : piece;
    }
    add_column(job, design, index, dummies ? name : term->name, column);
    if (!run_poll(run, (uint64_t)n * (uint64_t)term->factors)) return;
    int f = term->factors - 1;
    for (; f >= 0; f--) {
      if (!term->factor[f].dummies) continue;
      if (++at[f] < levels[f].count) break;
      at[f] = 0;
    }
    if (f < 0) return;
  }
}

void design_build(Job *job, int terms, const Term *term, bool intercept, bool base, DesignMode mode, Design *design) {
  Run *run = job->run;
  memset(design, 0, sizeof *design);
  if (intercept) {
    double *ones = NEW_ARRAY(run, double, job->frame->rows);
    if (run_failed(run)) return;
    for (int64_t row = 0; row < job->frame->rows; row++) ones[row] = 1;
    add_column(job, design, -1, "(Intercept)", ones);
  }
  for (int t = 0; t < terms && !run_failed(run); t++) {
    bool plain = term[t].factors == 1 && !term[t].factor[0].dummies;
    if (!plain) expand(job, &term[t], t, base, design);
    else add_column(job, design, t, term[t].name, design_column(job, term[t].factor[0].variable, mode));
  }
}
