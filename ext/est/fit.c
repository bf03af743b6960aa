/* fit.c: the fit and the rows that an estimator gives, built up piece by piece.
 *
 * 1. Every text handed in is borrowed: it must live as long as the run (a literal, a name of the model, run_format). Copying each
 *    name would double the cost of a small fit, and a GROUP BY makes a hundred thousand of them.
 * 2. Arrays double. They start inside the run's chunk, so that a fit of a few terms asks the host for no memory of its own.
 * 3. After a failure of the run nothing is added: what returns a pointer returns NULL, and what takes that pointer does nothing.
 * 4. Names are compared exactly; only fit_find_term also finds a term that is written with other blanks.
 * 5. NAN is how a missing number is kept. Infinities (degrees of freedom of a normal statistic) stay what they are in memory; JSON has no
 *    such number, so that a fit read back has NAN there. */
#include "est.h"

#include <limits.h>

/* Room for one more item; NULL if the run failed. A large old array is given back early. */
static void *room(Run *run, void *array, int count, int *capacity, int first, size_t size) {
  if (run_failed(run)) return NULL;
  if (count < *capacity) return array;
  if (count > INT_MAX / 2) {
    run_fail(run, "a fit cannot hold more than %d entries of a kind", count);
    return NULL;
  }
  int wanted = count ? 2 * count : first;
  void *larger = run_alloc(run, (size_t)wanted, size);
  if (!larger) return NULL;
  if (count) memcpy(larger, array, (size_t)count * size);
  if ((size_t)count * size > 4096) run_free(run, array); /* smaller ones are parts of a chunk or not worth the search */
  *capacity = wanted;
  return larger;
}

/* ------------------------------------------------------------------------------------------------ terms */

FitTerm *fit_add_term(Fit *fit, const char *term) {
  FitTerm *all = room(fit->run, fit->term, fit->terms, &fit->term_capacity, 8, sizeof *all);
  if (!all) return NULL;
  fit->term = all;
  FitTerm *added = &all[fit->terms++];
  *added = (FitTerm){.term = term, .estimate = NAN, .std_error = NAN, .statistic = NAN, .p_value = NAN, .conf_low = NAN, .conf_high = NAN};
  return added;
}

static void add_attribute(Fit *fit, FitTerm *term, const char *name, double number, const char *text) {
  if (!term || run_failed(fit->run)) return;
  for (int i = 0; i < term->attributes; i++) {
    if (strcmp(term->attribute[i].name, name) != 0) continue;
    term->attribute[i].number = number;
    term->attribute[i].text = text;
    return;
  }
  FitAttribute *all = room(fit->run, term->attribute, term->attributes, &term->attribute_capacity, 4, sizeof *all);
  if (!all) return;
  term->attribute = all;
  all[term->attributes++] = (FitAttribute){name, number, text};
}

void fit_term_number(Fit *fit, FitTerm *term, const char *name, double value) {
  add_attribute(fit, term, name, value, NULL);
}

void fit_term_word(Fit *fit, FitTerm *term, const char *name, const char *value) {
  add_attribute(fit, term, name, NAN, value);
}

static bool same_without_blanks(const char *a, const char *b) {
  for (;;) {
    while (*a == ' ' || (*a >= '\t' && *a <= '\r')) a++;
    while (*b == ' ' || (*b >= '\t' && *b <= '\r')) b++;
    if (*a != *b) return false;
    if (!*a) return true;
    a++;
    b++;
  }
}

const FitTerm *fit_find_term(const Fit *fit, const char *term) {
  if (!term) return NULL;
  for (int i = 0; i < fit->terms; i++) {
    if (!fit->term[i].part && strcmp(fit->term[i].term, term) == 0) return &fit->term[i];
  }
  for (int i = 0; i < fit->terms; i++) {
    if (!fit->term[i].part && same_without_blanks(fit->term[i].term, term)) return &fit->term[i];
  }
  return NULL;
}

static const FitAttribute *find_attribute(const FitTerm *term, const char *name) {
  for (int i = 0; term && i < term->attributes; i++) {
    if (strcmp(term->attribute[i].name, name) == 0) return &term->attribute[i];
  }
  return NULL;
}

double fit_attribute_number(const FitTerm *term, const char *name) {
  const FitAttribute *found = find_attribute(term, name);
  return found && !found->text ? found->number : (double)NAN;
}

const char *fit_attribute_word(const FitTerm *term, const char *name) {
  const FitAttribute *found = find_attribute(term, name);
  return found ? found->text : NULL;
}

/* ------------------------------------------------------------------------------------------------ statistics, words, tests, effects */

void fit_add_stat(Fit *fit, const char *name, double value) {
  if (run_failed(fit->run)) return; /* the name may be NULL then */
  for (int i = 0; i < fit->stats; i++) {
    if (strcmp(fit->stat[i].name, name) != 0) continue;
    fit->stat[i].value = value;
    return;
  }
  FitStat *all = room(fit->run, fit->stat, fit->stats, &fit->stat_capacity, 24, sizeof *all);
  if (!all) return;
  fit->stat = all;
  all[fit->stats++] = (FitStat){name, value};
}

void fit_add_word(Fit *fit, const char *name, const char *value) {
  if (run_failed(fit->run)) return; /* the name may be NULL then */
  for (int i = 0; i < fit->words; i++) {
    if (strcmp(fit->word[i].name, name) != 0) continue;
    fit->word[i].value = value;
    return;
  }
  FitWord *all = room(fit->run, fit->word, fit->words, &fit->word_capacity, 8, sizeof *all);
  if (!all) return;
  fit->word = all;
  all[fit->words++] = (FitWord){name, value};
}

double fit_stat_value(const Fit *fit, const char *name) {
  for (int i = 0; i < fit->stats; i++) {
    if (strcmp(fit->stat[i].name, name) == 0) return fit->stat[i].value;
  }
  return (double)NAN;
}

const char *fit_word_value(const Fit *fit, const char *name) {
  for (int i = 0; i < fit->words; i++) {
    if (strcmp(fit->word[i].name, name) == 0) return fit->word[i].value;
  }
  return NULL;
}

FitTest *fit_add_test(Fit *fit, const char *test, const char *subject, const char *h0, double statistic, double df1, double df2, double p_value) {
  FitTest *all = room(fit->run, fit->test, fit->tests, &fit->test_capacity, 8, sizeof *all);
  if (!all) return NULL;
  fit->test = all;
  FitTest *added = &all[fit->tests++];
  *added = (FitTest){.test = test, .subject = subject, .h0 = h0, .statistic = statistic, .df1 = df1, .df2 = df2, .p_value = p_value, .critical = NAN};
  return added;
}

void fit_add_absorbed(Fit *fit, const char *name, int64_t levels, int64_t redundant, bool nested) {
  FitAbsorbed *all = room(fit->run, fit->absorbed_effect, fit->absorbed, &fit->absorbed_capacity, 4, sizeof *all);
  if (!all) return;
  fit->absorbed_effect = all;
  all[fit->absorbed++] = (FitAbsorbed){name, levels, redundant, nested};
}

/* ------------------------------------------------------------------------------------------------ the rows of a result */

void result_begin(Run *run, Result *result, int columns) {
  memset(result, 0, sizeof *result);
  result->run = run;
  result->columns = columns;
  result->fit.run = run;
}

Cell *result_add_row(Result *result) {
  if (run_failed(result->run)) return NULL;
  size_t columns = (size_t)result->columns;
  if (result->rows == result->capacity) {
    int64_t wanted = result->capacity ? 2 * result->capacity : 16;
    Cell *all = run_grow(result->run, result->cell, (size_t)wanted, columns * sizeof *all); /* may be many rows: grown in place where possible */
    if (!all) return NULL;
    result->cell = all;
    result->capacity = wanted;
  }
  Cell *row = result->cell + (size_t)result->rows++ * columns;
  memset(row, 0, columns * sizeof *row);
  return row;
}

void cell_number(Cell *cell, double value) {
  if (!cell) return;
  cell->type = isnan(value) ? CELL_NULL : CELL_NUMBER;
  cell->number = value;
}

void cell_integer(Cell *cell, int64_t value) {
  if (!cell) return;
  cell->type = CELL_INTEGER;
  cell->integer = value;
}

void cell_count(Cell *cell, double value) {
  if (fabs(value) < 1e15 && value == floor(value)) cell_integer(cell, (int64_t)value);
  else cell_number(cell, value);
}

void cell_text(Cell *cell, const char *text) {
  if (!cell) return;
  cell->type = text ? CELL_TEXT : CELL_NULL;
  cell->text = text;
  cell->integer = 0;
}

void cell_level(Cell *cell, const Levels *levels, int32_t code) {
  if (!cell || !levels || code < 0) return;
  const Level *level = levels_value(levels, code);
  if (level->type == LEVEL_INTEGER) cell_integer(cell, level->as.integer);
  else if (level->type == LEVEL_REAL) cell_number(cell, level->as.real);
  else {
    cell_text(cell, level->as.text);
    cell->integer = level->length;
  }
}

static void add_row_column(Result *result, RowColumn column) {
  RowColumn *all = room(result->run, result->row_column, result->row_columns, &result->row_capacity, 8, sizeof *all);
  if (!all) return;
  result->row_column = all;
  all[result->row_columns++] = column;
}

void result_row_number(Result *result, const char *name, const double *number, bool integer) {
  add_row_column(result, (RowColumn){name, number, NULL, integer});
}

void result_row_text(Result *result, const char *name, const char *const *text) {
  add_row_column(result, (RowColumn){name, NULL, text, false});
}
