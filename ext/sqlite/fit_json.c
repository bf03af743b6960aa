/* fit_json.c: a fit as text and back.
 *
 * 1. Keys, in this order: estimator, formula, outcome, nobs, terms, vcov, stats, words, absorbed, rows, tests, error (only if there is
 *    one), version. No blanks. NAN and infinities are null; texts that are absent are null.
 * 2. terms: part (only if there is one), term, estimate, std_error, statistic, p_value, conf_low, conf_high, then the attributes by their
 *    names. vcov: type, terms (how many of the first terms it covers) and lower, the lower triangle row by row.
 * 3. fit_read(fit_write(fit)) is the fit, to the last bit but for infinities; and writing that again gives the same text.
 * 4. Reading takes keys in any order, ignores unknown ones, takes absent ones for empty, and refuses a wrong type with a sentence. Only estimator
 *    must be there. The text comes from a user's table: nothing in it is trusted, and every array is as long as the text says in items, not in
 *    numbers, so that a short text cannot ask for much memory.
 * 5. The arrays of a fit that was read are full: they may be read, and added to. */
#include "sql.h"

#include "../econ.h"

/* ------------------------------------------------------------------------------------------------ writing */

#define PIECE(out, literal) text_add_n((out), (literal), sizeof(literal) - 1)
#define NUMBER(out, literal, value) (PIECE((out), literal), text_number((out), (value)))
#define STRING(out, literal, value) (PIECE((out), literal), json_string((out), (value)))

static void write_term(const FitTerm *term, Text *out) {
  PIECE(out, "{");
  if (term->part) {
    STRING(out, "\"part\":", term->part);
    PIECE(out, ",");
  }
  STRING(out, "\"term\":", term->term);
  NUMBER(out, ",\"estimate\":", term->estimate);
  NUMBER(out, ",\"std_error\":", term->std_error);
  NUMBER(out, ",\"statistic\":", term->statistic);
  NUMBER(out, ",\"p_value\":", term->p_value);
  NUMBER(out, ",\"conf_low\":", term->conf_low);
  NUMBER(out, ",\"conf_high\":", term->conf_high);
  for (int i = 0; i < term->attributes; i++) {
    const FitAttribute *attribute = &term->attribute[i];
    STRING(out, ",", attribute->name);
    if (attribute->text) STRING(out, ":", attribute->text);
    else NUMBER(out, ":", attribute->number);
  }
  PIECE(out, "}");
}

static void write_test(const FitTest *test, Text *out) {
  STRING(out, "{\"test\":", test->test);
  STRING(out, ",\"subject\":", test->subject);
  STRING(out, ",\"h0\":", test->h0);
  NUMBER(out, ",\"statistic\":", test->statistic);
  NUMBER(out, ",\"df1\":", test->df1);
  NUMBER(out, ",\"df2\":", test->df2);
  NUMBER(out, ",\"p_value\":", test->p_value);
  NUMBER(out, ",\"critical\":", test->critical);
  STRING(out, ",\"note\":", test->note);
  PIECE(out, "}");
}

static void write_vcov(const Fit *fit, Text *out) {
  STRING(out, "\"vcov\":{\"type\":", fit->vcov_type);
  NUMBER(out, ",\"terms\":", fit->vcov_terms);
  PIECE(out, ",\"lower\":[");
  for (int row = 0; row < fit->vcov_terms; row++) {
    run_poll(fit->run, (uint64_t)row * 10);
    for (int column = 0; column <= row; column++) {
      if (row) PIECE(out, ",");
      text_number(out, fit->vcov[(size_t)row + (size_t)column * (size_t)fit->vcov_terms]);
    }
  }
  PIECE(out, "]}");
}

static void write_rows(const Ledger *ledger, Text *out) {
  NUMBER(out, "\"rows\":{\"read\":", (double)ledger->read);
  NUMBER(out, ",\"where_excluded\":", (double)ledger->where_excluded);
  NUMBER(out, ",\"null\":", (double)ledger->null);
  NUMBER(out, ",\"singleton\":", (double)ledger->singleton);
  NUMBER(out, ",\"zero_weight\":", (double)ledger->zero_weight);
  NUMBER(out, ",\"separated\":", (double)ledger->separated);
  NUMBER(out, ",\"other\":", (double)ledger->other);
  if (ledger->other_why) STRING(out, ",\"other_why\":", ledger->other_why);
  NUMBER(out, ",\"used\":", (double)ledger->used);
  PIECE(out, "}");
}

void fit_write(const Fit *fit, Text *out) {
  if (run_failed(out->run)) return;
  STRING(out, "{\"estimator\":", fit->estimator);
  STRING(out, ",\"formula\":", fit->formula);
  STRING(out, ",\"outcome\":", fit->outcome);
  NUMBER(out, ",\"nobs\":", (double)fit->nobs);
  PIECE(out, ",\"terms\":[");
  for (int i = 0; i < fit->terms; i++) {
    if (i) PIECE(out, ",");
    write_term(&fit->term[i], out);
  }
  PIECE(out, "],");
  write_vcov(fit, out);
  PIECE(out, ",\"stats\":{");
  for (int i = 0; i < fit->stats; i++) {
    if (i) PIECE(out, ",");
    json_string(out, fit->stat[i].name);
    NUMBER(out, ":", fit->stat[i].value);
  }
  PIECE(out, "},\"words\":{");
  for (int i = 0; i < fit->words; i++) {
    if (i) PIECE(out, ",");
    json_string(out, fit->word[i].name);
    STRING(out, ":", fit->word[i].value);
  }
  PIECE(out, "},\"absorbed\":[");
  for (int i = 0; i < fit->absorbed; i++) {
    const FitAbsorbed *effect = &fit->absorbed_effect[i];
    if (i) PIECE(out, ",");
    STRING(out, "{\"name\":", effect->name);
    NUMBER(out, ",\"levels\":", (double)effect->levels);
    NUMBER(out, ",\"redundant\":", (double)effect->redundant);
    text_add(out, effect->nested ? ",\"nested\":true}" : ",\"nested\":false}");
  }
  PIECE(out, "],");
  write_rows(&fit->ledger, out);
  PIECE(out, ",\"tests\":[");
  for (int i = 0; i < fit->tests; i++) {
    if (i) PIECE(out, ",");
    write_test(&fit->test[i], out);
  }
  PIECE(out, "]");
  if (fit->error) STRING(out, ",\"error\":", fit->error);
  PIECE(out, ",\"version\":\"" ECON_VERSION "\"}");
}

/* ------------------------------------------------------------------------------------------------ reading
 * Each reader fails the run at a wrong type and gives the empty value then; value may be NULL (absent). */

static bool absent(const JsonValue *value) {
  return !value || value->type == JSON_NULL;
}

static void wrong(Run *run, const JsonValue *value, const char *wanted) {
  run_fail(run, "this is not a fit: '%.100s' is no %s", value->key ? value->key : "an item", wanted);
}

static const char *read_text(Run *run, const JsonValue *value) {
  if (absent(value)) return NULL;
  if (value->type != JSON_STRING) wrong(run, value, "text");
  return value->type == JSON_STRING ? value->text : NULL;
}

static double read_number(Run *run, const JsonValue *value) {
  if (absent(value)) return (double)NAN;
  if (value->type != JSON_NUMBER) wrong(run, value, "number");
  return value->type == JSON_NUMBER ? value->number : (double)NAN;
}

static int64_t read_count(Run *run, const JsonValue *value) {
  if (absent(value)) return 0;
  if (value->type == JSON_NUMBER && value->number >= 0 && value->number <= 0x1p53 && value->number == floor(value->number)) return (int64_t)value->number;
  wrong(run, value, "count");
  return 0;
}

/* How many items an array (or object) has; 0 where it is absent. */
static int count_items(Run *run, const JsonValue *value, JsonType type) {
  if (absent(value)) return 0;
  if (value->type != type) {
    wrong(run, value, type == JSON_ARRAY ? "array" : "object");
    return 0;
  }
  int64_t count = 0;
  for (const JsonValue *item = value->child; item; item = item->next) count++;
  if (count <= 10000000) return (int)count;
  run_fail(run, "this is not a fit: '%.100s' has %lld items", value->key, (long long)count);
  return 0;
}

/* The text that names an item of an array: it must be there. */
static const char *read_name(Run *run, const JsonValue *item, const char *key) {
  const JsonValue *name = json_member(item, key);
  if (name && name->type == JSON_STRING) return name->text;
  run_fail(run, "this is not a fit: an item of its list has no text '%s'", key);
  return "";
}

/* A term's members in one pass: numbers, part and term by name, and what else is a number, a text or null is an attribute. */
static void read_term(Run *run, const JsonValue *item, FitTerm *term) {
  static const struct {
    const char *name;
    size_t offset;
  } NUMBERS[] = {{"estimate", offsetof(FitTerm, estimate)}, {"std_error", offsetof(FitTerm, std_error)}, {"statistic", offsetof(FitTerm, statistic)},
                 {"p_value", offsetof(FitTerm, p_value)},   {"conf_low", offsetof(FitTerm, conf_low)},   {"conf_high", offsetof(FitTerm, conf_high)}};
  enum { COUNT = sizeof NUMBERS / sizeof NUMBERS[0] };
  *term = (FitTerm){.term = read_name(run, item, "term"), .estimate = NAN, .std_error = NAN, .statistic = NAN, .p_value = NAN, .conf_low = NAN, .conf_high = NAN};
  term->part = read_text(run, json_member(item, "part"));
  if (run_failed(run)) return;
  int others = 0;
  for (const JsonValue *member = item->child; member; member = member->next) {
    size_t known = 0;
    while (known < COUNT && strcmp(member->key, NUMBERS[known].name) != 0) known++;
    if (known < COUNT) {
      double number = read_number(run, member);
      memcpy((char *)term + NUMBERS[known].offset, &number, sizeof number);
    } else if (strcmp(member->key, "term") != 0 && strcmp(member->key, "part") != 0) {
      others++;
    }
  }
  if (!others || run_failed(run)) return;
  term->attribute = NEW_ARRAY(run, FitAttribute, others);
  if (!term->attribute) return;
  for (const JsonValue *member = item->child; member; member = member->next) {
    if (member->type != JSON_NULL && member->type != JSON_NUMBER && member->type != JSON_STRING) continue; /* not ours */
    bool known = strcmp(member->key, "term") == 0 || strcmp(member->key, "part") == 0;
    for (size_t i = 0; i < COUNT && !known; i++) known = strcmp(member->key, NUMBERS[i].name) == 0;
    if (known) continue;
    term->attribute[term->attributes++] =
        (FitAttribute){member->key, member->type == JSON_NUMBER ? member->number : (double)NAN, member->type == JSON_STRING ? member->text : NULL};
  }
  term->attribute_capacity = term->attributes;
}

static void read_terms(Run *run, const JsonValue *list, Fit *fit) {
  int count = count_items(run, list, JSON_ARRAY);
  fit->term = NEW_ARRAY(run, FitTerm, count);
  if (run_failed(run)) return;
  for (const JsonValue *item = count ? list->child : NULL; item && !run_failed(run); item = item->next) read_term(run, item, &fit->term[fit->terms++]);
  fit->term_capacity = fit->terms;
}

static void read_vcov(Run *run, const JsonValue *vcov, Fit *fit) {
  if (!count_items(run, vcov, JSON_OBJECT)) return;
  fit->vcov_type = read_text(run, json_member(vcov, "type"));
  const JsonValue *lower = json_member(vcov, "lower");
  int64_t terms = read_count(run, json_member(vcov, "terms")), numbers = count_items(run, lower, JSON_ARRAY);
  if (run_failed(run)) return;
  if (terms > fit->terms || numbers != terms * (terms + 1) / 2) {
    run_fail(run, "this is not a fit: %d terms, but a vcov of %lld with %lld numbers", fit->terms, (long long)terms, (long long)numbers);
    return;
  }
  size_t k = (size_t)terms;
  fit->vcov = NEW_ARRAY(run, double, k * k);
  if (run_failed(run)) return;
  fit->vcov_terms = (int)terms;
  const JsonValue *item = k ? lower->child : NULL;
  for (size_t row = 0; row < k; row++) {
    for (size_t column = 0; column <= row; column++, item = item->next) {
      fit->vcov[row + column * k] = fit->vcov[column + row * k] = read_number(run, item);
    }
  }
}

static void read_stats(Run *run, const JsonValue *object, Fit *fit) {
  int count = count_items(run, object, JSON_OBJECT);
  fit->stat = NEW_ARRAY(run, FitStat, count);
  if (run_failed(run)) return;
  for (const JsonValue *item = count ? object->child : NULL; item; item = item->next) fit->stat[fit->stats++] = (FitStat){item->key, read_number(run, item)};
  fit->stat_capacity = fit->stats;
}

static void read_words(Run *run, const JsonValue *object, Fit *fit) {
  int count = count_items(run, object, JSON_OBJECT);
  fit->word = NEW_ARRAY(run, FitWord, count);
  if (run_failed(run)) return;
  for (const JsonValue *item = count ? object->child : NULL; item; item = item->next) fit->word[fit->words++] = (FitWord){item->key, read_text(run, item)};
  fit->word_capacity = fit->words;
}

static void read_absorbed(Run *run, const JsonValue *list, Fit *fit) {
  int count = count_items(run, list, JSON_ARRAY);
  fit->absorbed_effect = NEW_ARRAY(run, FitAbsorbed, count);
  if (run_failed(run)) return;
  for (const JsonValue *item = count ? list->child : NULL; item && !run_failed(run); item = item->next) {
    const JsonValue *nested = json_member(item, "nested");
    fit->absorbed_effect[fit->absorbed++] = (FitAbsorbed){read_name(run, item, "name"), read_count(run, json_member(item, "levels")),
                                                          read_count(run, json_member(item, "redundant")), nested && nested->type == JSON_TRUE};
  }
  fit->absorbed_capacity = fit->absorbed;
}

static void read_rows(Run *run, const JsonValue *rows, Ledger *ledger) {
  if (!count_items(run, rows, JSON_OBJECT)) return;
  ledger->read = read_count(run, json_member(rows, "read"));
  ledger->where_excluded = read_count(run, json_member(rows, "where_excluded"));
  ledger->null = read_count(run, json_member(rows, "null"));
  ledger->singleton = read_count(run, json_member(rows, "singleton"));
  ledger->zero_weight = read_count(run, json_member(rows, "zero_weight"));
  ledger->separated = read_count(run, json_member(rows, "separated"));
  ledger->other = read_count(run, json_member(rows, "other"));
  ledger->other_why = read_text(run, json_member(rows, "other_why"));
  ledger->used = read_count(run, json_member(rows, "used"));
}

static void read_tests(Run *run, const JsonValue *list, Fit *fit) {
  int count = count_items(run, list, JSON_ARRAY);
  fit->test = NEW_ARRAY(run, FitTest, count);
  if (run_failed(run)) return;
  for (const JsonValue *item = count ? list->child : NULL; item && !run_failed(run); item = item->next) {
    fit->test[fit->tests++] = (FitTest){.test = read_name(run, item, "test"),
                                        .subject = read_text(run, json_member(item, "subject")),
                                        .h0 = read_text(run, json_member(item, "h0")),
                                        .note = read_text(run, json_member(item, "note")),
                                        .statistic = read_number(run, json_member(item, "statistic")),
                                        .df1 = read_number(run, json_member(item, "df1")),
                                        .df2 = read_number(run, json_member(item, "df2")),
                                        .p_value = read_number(run, json_member(item, "p_value")),
                                        .critical = read_number(run, json_member(item, "critical"))};
  }
  fit->test_capacity = fit->tests;
}

void fit_read(Run *run, const char *json, Fit *fit) {
  memset(fit, 0, sizeof *fit);
  fit->run = run;
  if (run_failed(run)) return;
  const JsonValue *tree = json_parse(run, json);
  if (run->status == RUN_ERROR) { /* what the reader found is the end of our sentence */
    char found[sizeof run->message];
    memcpy(found, run->message, sizeof found);
    run->status = RUN_OK;
    run_fail(run, "this is not a fit: %s", found);
  }
  if (run_failed(run)) return;
  const JsonValue *estimator = json_member(tree, "estimator");
  if (!estimator || estimator->type != JSON_STRING) {
    run_fail(run, "this is not a fit: a fit is a JSON object with an 'estimator', as fe_ols(...) in a SELECT or econ_fit(...) give it");
    return;
  }
  fit->estimator = estimator->text;
  fit->formula = read_text(run, json_member(tree, "formula"));
  fit->outcome = read_text(run, json_member(tree, "outcome"));
  fit->error = read_text(run, json_member(tree, "error"));
  fit->nobs = read_count(run, json_member(tree, "nobs"));
  read_terms(run, json_member(tree, "terms"), fit);
  read_vcov(run, json_member(tree, "vcov"), fit);
  read_stats(run, json_member(tree, "stats"), fit);
  read_words(run, json_member(tree, "words"), fit);
  read_absorbed(run, json_member(tree, "absorbed"), fit);
  read_rows(run, json_member(tree, "rows"), &fit->ledger);
  read_tests(run, json_member(tree, "tests"), fit);
}
