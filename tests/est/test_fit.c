/* fit.c: pieces come back as they were added, arrays grow, memory may fail at any point. */
#include "../num/check.h"
#include "../num/host.h"
#include "../../ext/est/est.h"

enum { MANY = 700 };

static void build(Run *run, void *context) {
  Fit *out = context;
  Result result;
  result_begin(run, &result, 3);
  Fit *fit = &result.fit;
  char *names[MANY] = {0};
  for (int i = 0; i < MANY; i++) {
    names[i] = run_format(run, "x%d", i);
    if (run_failed(run)) return;
    FitTerm *term = fit_add_term(fit, names[i]);
    for (int j = 0; j < 6; j++) fit_term_number(fit, term, &"a\0b\0c\0d\0e\0f"[2 * j], i + j);
    fit_term_word(fit, term, "direction", "+");
    fit_add_stat(fit, names[i], i);
    fit_add_word(fit, names[i], names[i]);
    FitTest *test = fit_add_test(fit, "wald", names[i], NULL, i, 1, INFINITY, 0.5);
    if (test) test->critical = 16.38;
    fit_add_absorbed(fit, names[i], i, 1, i % 2);
    Cell *row = result_add_row(&result);
    if (row) {
      cell_text(row, names[i]);
      cell_number(row + 1, i);
    }
    result_row_number(&result, names[i], NULL, false);
  }
  if (run_failed(run)) return;
  *out = *fit;
  CHECK(fit->terms == MANY && fit->stats == MANY && fit->words == MANY && fit->tests == MANY && fit->absorbed == MANY && result.rows == MANY &&
        result.row_columns == MANY);
  bool right = true;
  for (int i = 0; i < MANY; i++) {
    const Cell *row = &result.cell[i * 3];
    right &= fit_find_term(fit, names[i]) == &fit->term[i] && fit_stat_value(fit, names[i]) == i && fit_word_value(fit, names[i]) == names[i];
    right &= fit->term[i].attributes == 7 && fit_attribute_number(&fit->term[i], "f") == i + 5;
    right &= fit->test[i].statistic == i && fit->test[i].critical == 16.38 && fit->absorbed_effect[i].nested == (i % 2 != 0);
    right &= row[0].type == CELL_TEXT && row[1].type == CELL_NUMBER && row[1].number == i && row[2].type == CELL_NULL;
  }
  CHECK(right);
}

static void test_grows_and_survives_failing_memory(void) {
  Fit fit;
  CHECK(host_fail_each(build, &fit) > 20);
}

static void test_names(void) {
  Run run;
  host_begin(&run);
  Result result;
  result_begin(&run, &result, 1);
  Fit *fit = &result.fit;
  FitTerm *first = fit_add_term(fit, "I(a + b)");
  first->part = "first: d";
  fit_add_term(fit, "I(a+b)");
  fit_add_term(fit, "type::new york");
  fit_add_term(fit, "type::newyork");
  CHECK(fit_find_term(fit, "I(a + b)") == &fit->term[1]); /* the other one belongs to another equation */
  CHECK(fit_find_term(fit, " I( a+b )") == &fit->term[1]);
  CHECK(fit_find_term(fit, "type::newyork") == &fit->term[3]);
  CHECK(fit_find_term(fit, "type::new york") == &fit->term[2]);
  CHECK(fit_find_term(fit, "type") == NULL && fit_find_term(fit, "") == NULL);
  CHECK(isnan(fit->term[0].estimate) && isnan(fit->term[0].conf_high));
  CHECK_NEAR(fit_stat_value(fit, "none"), (double)NAN, 0, 0);
  CHECK(fit_word_value(fit, "none") == NULL);
  CHECK(host_end(&run));
}

static void test_same_name_replaces(void) {
  Run run;
  host_begin(&run);
  Result result;
  result_begin(&run, &result, 1);
  Fit *fit = &result.fit;
  fit_add_stat(fit, "r2", 0.5);
  fit_add_stat(fit, "r2", (double)NAN);
  fit_add_word(fit, "method", "a");
  fit_add_word(fit, "method", "b");
  FitTerm *term = fit_add_term(fit, "x");
  fit_term_number(fit, term, "n", 3);
  CHECK(fit_attribute_number(term, "n") == 3 && fit_attribute_word(term, "n") == NULL);
  fit_term_word(fit, term, "n", "three");
  CHECK(isnan(fit_attribute_number(term, "n")) && fit_attribute_word(term, "n") != NULL);
  CHECK(fit->stats == 1 && isnan(fit->stat[0].value) && fit->words == 1 && fit_word_value(fit, "method")[0] == 'b' && term->attributes == 1);
  Cell *cell = result_add_row(&result);
  cell_number(cell, (double)NAN);
  CHECK(cell->type == CELL_NULL);
  cell_text(cell, NULL);
  CHECK(cell->type == CELL_NULL);
  cell_integer(cell, 7);
  CHECK(cell->type == CELL_INTEGER && cell->integer == 7);
  cell_number(NULL, 1); /* as after a failed result_add_row */
  run_fail(&run, "enough");
  CHECK(fit_add_term(fit, "y") == NULL && fit_add_test(fit, "t", NULL, NULL, 1, 1, 1, 1) == NULL && result_add_row(&result) == NULL);
  fit_term_number(fit, NULL, "n", 1);
  CHECK(fit->terms == 1);
  CHECK(host_end(&run));
}

static void test_a_small_fit_is_one_block(void) {
  Run run;
  host_begin(&run);
  Result result;
  result_begin(&run, &result, 3);
  for (int i = 0; i < 3; i++) fit_add_term(&result.fit, "x");
  for (int i = 0; i < 20; i++) fit_add_stat(&result.fit, &"abcdefghijklmnopqrstuvwxyz"[i], i);
  fit_add_absorbed(&result.fit, "firm", 10, 0, true);
  CHECK(host.allocations == 1);
  CHECK(host_end(&run));
}

CHECK_MAIN(test_grows_and_survives_failing_memory, test_names, test_same_name_replaces, test_a_small_fit_is_one_block)
