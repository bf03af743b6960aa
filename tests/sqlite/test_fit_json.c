/* fit_json.c: what is written comes back to the last bit, and a text that is no fit gives a sentence. */
#include "../num/check.h"
#include "../num/host.h"
#include "../../ext/sqlite/sql.h"

#include <stdio.h>

static uint64_t state;
static uint64_t draw(void) {
  state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return state >> 20;
}
static int below(int limit) {
  return (int)(draw() % (uint64_t)limit);
}

static double any_number(void) {
  static const double awkward[] = {0, -0.0, 1, 0.1, 1e300, 4.9e-324, 2.2250738585072014e-308, 123456789012345680.0, -1.0 / 3, 1e15, 1e17, 9007199254740993.0};
  if (below(8) == 0) return (double)NAN;
  if (below(4) == 0) return awkward[below((int)(sizeof awkward / sizeof awkward[0]))];
  uint64_t bits = draw() << 20 ^ draw();
  if (below(2)) bits = (bits & ~(UINT64_C(0x7ff) << 52)) | ((UINT64_C(990) + bits % 60) << 52);
  double value;
  memcpy(&value, &bits, sizeof value);
  return isfinite(value) ? value : 0.5;
}

static const char *any_text(void) {
  static const char *const texts[] = {"x", "dt:year::2015", "\"quoted\" \\ back", "a\nb\t\x01", "\xe4\xb8\x9c\xe9\x83\xa8", "(Intercept)", "", "first: d", "\xf0\x9d\x84\x9e"};
  return texts[below((int)(sizeof texts / sizeof texts[0]))];
}
static const char *any_text_or_null(void) {
  return below(3) ? any_text() : NULL;
}

static void any_fit(Run *run, Fit *fit) {
  static const char *const names[] = {"a", "b\"", "nobs", "r2", "direction", "\xc3\xa9", "minimum", "e"};
  *fit = (Fit){.run = run, .estimator = "fe_ols", .formula = any_text_or_null(), .outcome = any_text_or_null(), .vcov_type = any_text_or_null()};
  if (below(5) == 0) fit->error = any_text();
  fit->nobs = below(1000000);
  int terms = below(20);
  for (int i = 0; i < terms; i++) {
    FitTerm *term = fit_add_term(fit, any_text());
    if (!term) return;
    term->part = below(4) ? NULL : any_text();
    term->estimate = any_number(), term->std_error = any_number(), term->statistic = any_number();
    term->p_value = any_number(), term->conf_low = any_number(), term->conf_high = any_number();
    for (int j = below(12) - 6; j > 0; j--) {
      if (below(2)) fit_term_number(fit, term, names[below(8)], any_number());
      else fit_term_word(fit, term, names[below(8)], any_text());
    }
  }
  fit->vcov_terms = terms ? below(terms + 1) : 0;
  int k = fit->vcov_terms;
  fit->vcov = NEW_ARRAY(run, double, k * k);
  if (!fit->vcov) return;
  for (int i = 0; i < k; i++) {
    for (int j = 0; j <= i; j++) fit->vcov[i + j * k] = fit->vcov[j + i * k] = any_number();
  }
  for (int j = below(8); j > 0; j--) fit_add_stat(fit, names[j], any_number());
  for (int j = below(8); j > 0; j--) fit_add_word(fit, names[j], any_text_or_null());
  for (int j = below(4); j > 0; j--) fit_add_absorbed(fit, any_text(), below(1000), below(3), below(2));
  for (int j = below(4); j > 0; j--) {
    FitTest *test = fit_add_test(fit, any_text(), any_text_or_null(), any_text_or_null(), any_number(), any_number(), any_number(), any_number());
    if (!test) return;
    test->critical = any_number();
    test->note = any_text_or_null();
  }
  fit->ledger = (Ledger){below(9), below(9), below(9), below(9), below(9), below(9), below(9), below(9), any_text_or_null()};
}

static bool same_text(const char *a, const char *b) {
  return a ? b && strcmp(a, b) == 0 : !b;
}
static bool same(double a, double b) {
  return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static bool same_fit(const Fit *a, const Fit *b) {
  bool ok = same_text(a->estimator, b->estimator) && same_text(a->formula, b->formula) && same_text(a->outcome, b->outcome) && same_text(a->error, b->error) &&
            same_text(a->vcov_type, b->vcov_type) && a->nobs == b->nobs && a->terms == b->terms && a->vcov_terms == b->vcov_terms && a->stats == b->stats &&
            a->words == b->words && a->tests == b->tests && a->absorbed == b->absorbed && same_text(a->ledger.other_why, b->ledger.other_why) &&
            memcmp(&a->ledger, &b->ledger, offsetof(Ledger, other_why)) == 0;
  if (!ok) return false;
  for (int i = 0; i < a->terms; i++) {
    const FitTerm *s = &a->term[i], *t = &b->term[i];
    ok &= same_text(s->part, t->part) && same_text(s->term, t->term) && same(s->estimate, t->estimate) && same(s->std_error, t->std_error) &&
          same(s->statistic, t->statistic) && same(s->p_value, t->p_value) && same(s->conf_low, t->conf_low) && same(s->conf_high, t->conf_high) &&
          s->attributes == t->attributes;
    for (int j = 0; ok && j < s->attributes; j++) {
      ok &= same_text(s->attribute[j].name, t->attribute[j].name) && same_text(s->attribute[j].text, t->attribute[j].text) && same(s->attribute[j].number, t->attribute[j].number);
    }
  }
  for (int i = 0; i < a->vcov_terms * a->vcov_terms; i++) ok &= same(a->vcov[i], b->vcov[i]);
  for (int i = 0; i < a->stats; i++) ok &= same_text(a->stat[i].name, b->stat[i].name) && same(a->stat[i].value, b->stat[i].value);
  for (int i = 0; i < a->words; i++) ok &= same_text(a->word[i].name, b->word[i].name) && same_text(a->word[i].value, b->word[i].value);
  for (int i = 0; i < a->absorbed; i++) {
    const FitAbsorbed *s = &a->absorbed_effect[i], *t = &b->absorbed_effect[i];
    ok &= same_text(s->name, t->name) && s->levels == t->levels && s->redundant == t->redundant && s->nested == t->nested;
  }
  for (int i = 0; i < a->tests; i++) {
    const FitTest *s = &a->test[i], *t = &b->test[i];
    ok &= same_text(s->test, t->test) && same_text(s->subject, t->subject) && same_text(s->h0, t->h0) && same_text(s->note, t->note) && same(s->statistic, t->statistic) &&
          same(s->df1, t->df1) && same(s->df2, t->df2) && same(s->p_value, t->p_value) && same(s->critical, t->critical);
  }
  return ok;
}

static void test_round_trip(void) {
  state = 2024;
  bool exact = true, stable = true;
  for (int i = 0; i < 3000; i++) {
    Run run;
    host_begin(&run);
    Fit fit, back;
    any_fit(&run, &fit);
    Text first = {.run = &run}, second = {.run = &run};
    fit_write(&fit, &first);
    fit_read(&run, first.data, &back);
    fit_write(&back, &second);
    bool good = !run_failed(&run);
    exact &= good && same_fit(&fit, &back);
    stable &= good && strcmp(first.data, second.data) == 0;
    if (!good || !exact) {
      printf("%s\n%s\n", run.message, first.data);
      break;
    }
    exact &= host_end(&run);
  }
  CHECK(exact);
  CHECK(stable);
}

static const char WHOLE[] =
    "{\"estimator\":\"fe_ols\",\"formula\":\"y ~ x1\",\"outcome\":\"y\",\"nobs\":200,\"terms\":[{\"term\":\"x1\",\"estimate\":0.5,\"std_error\":0.25,\"statistic\":2,"
    "\"p_value\":0.04,\"conf_low\":0.01,\"conf_high\":0.99,\"direction\":\"+\",\"n\":3}],\"vcov\":{\"type\":\"hc1\",\"terms\":1,\"lower\":[0.0625]},\"stats\":{\"r2\":0.5},"
    "\"words\":{\"ssc\":\"fixest\"},\"absorbed\":[{\"name\":\"firm\",\"levels\":10,\"redundant\":0,\"nested\":true}],\"rows\":{\"read\":220,\"where_excluded\":10,\"null\":6,"
    "\"singleton\":4,\"zero_weight\":0,\"separated\":0,\"other\":0,\"used\":200},\"tests\":[{\"test\":\"sargan\",\"subject\":null,\"h0\":\"valid\",\"statistic\":1,\"df1\":1,"
    "\"df2\":null,\"p_value\":0.3,\"critical\":null,\"note\":null}],\"version\":\"0.1.0\"}";

/* NULL: it was read. */
static const char *complaint(const char *text, Fit *fit) {
  static char message[1000];
  Run run;
  Fit local;
  host_begin(&run);
  fit_read(&run, text, fit ? fit : &local);
  bool failed = run_failed(&run);
  snprintf(message, sizeof message, "%s", run.message);
  CHECK(!failed || (run.status == RUN_ERROR && strncmp(message, "this is not a fit: ", 19) == 0));
  if (!failed) { /* whatever was read can be written */
    Text out = {.run = &run};
    fit_write(fit ? fit : &local, &out);
    CHECK(!run_failed(&run));
  }
  CHECK(host_end(&run));
  return failed ? message : NULL;
}

static void test_reads_by_hand(void) {
  Run run;
  host_begin(&run);
  Fit fit;
  fit_read(&run, WHOLE, &fit);
  CHECK(!run_failed(&run));
  CHECK(strcmp(fit.estimator, "fe_ols") == 0 && strcmp(fit.outcome, "y") == 0 && fit.nobs == 200 && fit.error == NULL);
  CHECK(fit.terms == 1 && fit_find_term(&fit, "x1")->conf_high == 0.99 && fit_attribute_number(&fit.term[0], "n") == 3);
  CHECK(strcmp(fit_attribute_word(&fit.term[0], "direction"), "+") == 0);
  CHECK(fit.vcov_terms == 1 && fit.vcov[0] == 0.0625 && strcmp(fit.vcov_type, "hc1") == 0);
  CHECK(fit_stat_value(&fit, "r2") == 0.5 && strcmp(fit_word_value(&fit, "ssc"), "fixest") == 0);
  CHECK(fit.absorbed == 1 && fit.absorbed_effect[0].levels == 10 && fit.absorbed_effect[0].nested);
  CHECK(fit.ledger.read == 220 && fit.ledger.singleton == 4 && fit.ledger.used == 200);
  CHECK(fit.tests == 1 && strcmp(fit.test[0].h0, "valid") == 0 && fit.test[0].subject == NULL && isnan(fit.test[0].df2));
  Text out = {.run = &run};
  fit_write(&fit, &out);
  CHECK(strcmp(out.data, WHOLE) == 0);
  fit_add_term(&fit, "added later");
  fit_add_stat(&fit, "added", 1);
  CHECK(fit.terms == 2 && fit.stats == 2 && fit.term[0].estimate == 0.5);
  CHECK(host_end(&run));
  CHECK(complaint("{\"later\":[1,{}],\"terms\":[{\"term\":\"x\",\"new\":{\"a\":[]},\"flag\":true}],\"estimator\":\"e\"}", NULL) == NULL); /* unknown keys, other order */
  CHECK(complaint("{\"estimator\":\"e\"}", NULL) == NULL);
  CHECK(complaint("{\"estimator\":\"e\",\"terms\":null,\"vcov\":null,\"stats\":null,\"words\":null,\"absorbed\":null,\"rows\":null,\"tests\":null,\"nobs\":null}", NULL) == NULL);
}

static void test_no_fit(void) {
  static const char *const bad[] = {
      "", "abc", "1", "null", "\"fe_ols\"", "[]", "{}", "{\"terms\":[]}", "{\"estimator\":1}", "{\"estimator\":\"e\"", "{\"estimator\":\"e\"}x",
      "{\"estimator\":\"e\",\"formula\":1}", "{\"estimator\":\"e\",\"error\":{}}", "{\"estimator\":\"e\",\"nobs\":\"many\"}", "{\"estimator\":\"e\",\"nobs\":-1}",
      "{\"estimator\":\"e\",\"nobs\":0.5}", "{\"estimator\":\"e\",\"nobs\":1e300}", "{\"estimator\":\"e\",\"nobs\":1e999}", "{\"estimator\":\"e\",\"terms\":{}}",
      "{\"estimator\":\"e\",\"terms\":1}", "{\"estimator\":\"e\",\"terms\":[1]}", "{\"estimator\":\"e\",\"terms\":[[]]}", "{\"estimator\":\"e\",\"terms\":[{}]}",
      "{\"estimator\":\"e\",\"terms\":[{\"term\":1}]}", "{\"estimator\":\"e\",\"terms\":[{\"term\":\"x\",\"part\":1}]}",
      "{\"estimator\":\"e\",\"terms\":[{\"term\":\"x\",\"estimate\":\"1\"}]}", "{\"estimator\":\"e\",\"vcov\":[1]}", "{\"estimator\":\"e\",\"vcov\":{\"terms\":1,\"lower\":[1]}}",
      "{\"estimator\":\"e\",\"vcov\":{\"terms\":1e15,\"lower\":[]}}", "{\"estimator\":\"e\",\"terms\":[{\"term\":\"x\"}],\"vcov\":{\"terms\":1,\"lower\":[1,2]}}",
      "{\"estimator\":\"e\",\"terms\":[{\"term\":\"x\"}],\"vcov\":{\"terms\":1,\"lower\":[\"a\"]}}", "{\"estimator\":\"e\",\"terms\":[{\"term\":\"x\"}],\"vcov\":{\"terms\":1}}",
      "{\"estimator\":\"e\",\"terms\":[{\"term\":\"x\"}],\"vcov\":{\"terms\":1,\"lower\":{}}}", "{\"estimator\":\"e\",\"stats\":[1]}", "{\"estimator\":\"e\",\"stats\":{\"a\":\"b\"}}",
      "{\"estimator\":\"e\",\"words\":{\"a\":1}}", "{\"estimator\":\"e\",\"absorbed\":[{\"levels\":1}]}", "{\"estimator\":\"e\",\"absorbed\":[{\"name\":\"a\",\"levels\":[]}]}",
      "{\"estimator\":\"e\",\"rows\":1}", "{\"estimator\":\"e\",\"rows\":{\"read\":\"a\"}}", "{\"estimator\":\"e\",\"tests\":[{}]}",
      "{\"estimator\":\"e\",\"tests\":[{\"test\":\"a\",\"statistic\":[]}]}", "{\"estimator\":\"e\",\"tests\":[{\"test\":\"a\",\"note\":1}]}"};
  for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (!CHECK(complaint(bad[i], NULL) != NULL)) printf("  %s\n", bad[i]);
  }
}

/* Truncated anywhere, any byte replaced by any other, values of every type in every place. */
static void test_hostile(void) {
  char text[3000];
  for (size_t length = 0; length < strlen(WHOLE); length++) {
    memcpy(text, WHOLE, length);
    text[length] = 0;
    CHECK(complaint(text, NULL) != NULL);
  }
  for (size_t at = 0; at < strlen(WHOLE); at++) {
    for (const char *byte = "\"\\{}[],:01e-.nt \x80"; *byte; byte++) {
      strcpy(text, WHOLE);
      text[at] = *byte;
      complaint(text, NULL);
    }
  }
  static const char *const values[] = {"null", "1", "-1", "1e999", "\"a\"", "[]", "[1]", "{}", "{\"term\":\"a\"}", "true"};
  for (const char *colon = strchr(WHOLE, ':'); colon; colon = strchr(colon + 1, ':')) {
    const char *rest = colon + 1; /* the value behind the colon: up to its end, counting brackets and passing strings */
    int depth = 0;
    bool inside = false;
    do {
      if (*rest == '"') inside = !inside;
      else if (!inside && (*rest == '{' || *rest == '[')) depth++;
      else if (!inside && (*rest == '}' || *rest == ']')) depth--;
      rest++;
    } while (depth > 0 || inside || (*rest != ',' && *rest != '}' && *rest != ']'));
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
      snprintf(text, sizeof text, "%.*s%s%s", (int)(colon + 1 - WHOLE), WHOLE, values[i], rest);
      complaint(text, NULL);
    }
  }
}

static void test_megabytes(void) {
  static char text[8000000];
  size_t length = (size_t)snprintf(text, sizeof text, "{\"estimator\":\"e\",\"stats\":{");
  for (int i = 0; i < 200000; i++) length += (size_t)snprintf(text + length, sizeof text - length, "%s\"s%d\":%d", i ? "," : "", i, i);
  length += (size_t)snprintf(text + length, sizeof text - length, "},\"terms\":[");
  for (int i = 0; i < 100000; i++) length += (size_t)snprintf(text + length, sizeof text - length, "%s{\"term\":\"x%d\",\"a\":1}", i ? "," : "", i);
  snprintf(text + length, sizeof text - length, "]}");
  CHECK(complaint(text, NULL) == NULL);
}

static void write_and_read(Run *run, void *context) {
  (void)context;
  state = 7;
  for (int i = 0; i < 4 && !run_failed(run); i++) {
    Fit fit, back;
    any_fit(run, &fit);
    Text out = {.run = run};
    fit_write(&fit, &out);
    if (!run_failed(run)) fit_read(run, out.data, &back);
  }
}

static void test_failing_memory(void) {
  CHECK(host_fail_each(write_and_read, NULL) > 3);
}

CHECK_MAIN(test_round_trip, test_reads_by_hand, test_no_fit, test_hostile, test_megabytes, test_failing_memory)
