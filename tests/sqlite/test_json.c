/* json.c: what is JSON and what is not (RFC 8259), strings and numbers to the bit, hostile text, failing memory. */
#include "../num/check.h"
#include "../num/host.h"
#include "../../ext/sqlite/sql.h"

#include <locale.h>
#include <stdlib.h>

/* NULL: the text is JSON; else the sentence. */
static const char *complaint(const char *text) {
  static char message[1000];
  Run run;
  host_begin(&run);
  const JsonValue *value = json_parse(&run, text);
  CHECK((value == NULL) == run_failed(&run));
  bool failed = run_failed(&run);
  snprintf(message, sizeof message, "%s", run.message);
  CHECK(!failed || (run.status == RUN_ERROR && message[0]));
  CHECK(host_end(&run));
  return failed ? message : NULL;
}

static void test_accepts(void) {
  static const char *const good[] = {"{}", "[]", " [ ] ", "{\"\":0}", "[1,-0,0.5,-1.25e+3,1E-2,0e1]", "\"\"", "null", "\ttrue\r\n", "false", "-1",
                                     "{\"a\":{\"b\":[{},[],\"c\",null]},\"a\":1}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"", "\"\x7f\xc3\xa9\""};
  for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++) {
    if (!CHECK(complaint(good[i]) == NULL)) printf("  %s\n", good[i]);
  }
}

static void test_refuses(void) {
  static const char *const bad[] = {"", " ", "{", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{1:2}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{'a':1}",
                                    "01", "-01", "1.", ".5", "+1", "-", "1e", "1e+", "0x10", "NaN", "Infinity", "nul", "truex", "tru", "1 1", "[] x", "{}}", "]",
                                    "\"", "\"a", "\"\\\"", "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u0000\"", "\"\\ud834\"", "\"\\ud834\\u0041\"", "\"\\udd1e\"",
                                    "\"\\ud834\\", "\"\n\"", "\"\x01\"", "// c\n1", "[1]/**/", ("\xef\xbb\xbf" "1")};
  for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (!CHECK(complaint(bad[i]) != NULL)) printf("  %s\n", bad[i]);
  }
  CHECK(strstr(complaint("{\"a\": [1, 2, x]}"), "byte 14, near 'x]}': a value was expected") != NULL);
  CHECK(strstr(complaint("{\"a\": "), "ends too early") != NULL);
}

static void test_tree(void) {
  Run run;
  host_begin(&run);
  const JsonValue *tree = json_parse(&run, "{\"a\":[1,\"two\",null,true,false],\"b\":{\"c\":-2.5e-3},\"b\":3}");
  const JsonValue *a = json_member(tree, "a");
  CHECK(a && a->type == JSON_ARRAY && strcmp(a->key, "a") == 0);
  const JsonValue *item = a->child;
  CHECK(item->type == JSON_NUMBER && item->number == 1 && strcmp(item->text, "1") == 0 && item->key == NULL);
  item = item->next;
  CHECK(item->type == JSON_STRING && strcmp(item->text, "two") == 0);
  item = item->next;
  CHECK(item->type == JSON_NULL);
  item = item->next;
  CHECK(item->type == JSON_TRUE);
  item = item->next;
  CHECK(item->type == JSON_FALSE && item->next == NULL);
  const JsonValue *c = json_member(json_member(tree, "b"), "c"); /* the first b */
  CHECK(c && c->number == -2.5e-3 && strcmp(c->text, "-2.5e-3") == 0);
  CHECK(json_member(tree, "d") == NULL && json_member(a, "a") == NULL && json_member(NULL, "a") == NULL);
  CHECK(host_end(&run));
}

static void test_strings(void) {
  static const struct {
    const char *json, *text;
  } cases[] = {
      {"\"\\ud834\\udd1e\"", "\xf0\x9d\x84\x9e"}, /* the example of RFC 8259, section 7 */
      {"\"\\u00e9\\u20ac\\uFFFD\"", "\xc3\xa9\xe2\x82\xac\xef\xbf\xbd"},
      {"\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
      {"\"\\udbff\\udfff\\ud800\\udc00\"", "\xf4\x8f\xbf\xbf\xf0\x90\x80\x80"},
      {"\"a\\/b\\\\c\\\"d\\te\"", "a/b\\c\"d\te"},
      {"\"\xe4\xb8\x9c\xe9\x83\xa8\"", "\xe4\xb8\x9c\xe9\x83\xa8"},
  };
  for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    Run run;
    host_begin(&run);
    const JsonValue *value = json_parse(&run, cases[i].json);
    if (!CHECK(value && value->type == JSON_STRING && strcmp(value->text, cases[i].text) == 0)) printf("  %s\n", cases[i].json);
    CHECK(host_end(&run));
  }
}

/* Every byte and every pair of awkward ones survives writing and reading, but for those that are no UTF-8: U+FFFD stands for each. */
static void test_string_round_trip(void) {
  bool same = true;
  for (int a = 1; a < 256; a++) {
    for (int b = 0; b < 256; b += a < 128 ? 1 : 17) {
      char text[] = {(char)a, (char)b, 'x', 0};
      Run run;
      host_begin(&run);
      Text out = {.run = &run};
      json_string(&out, text);
      const JsonValue *value = json_parse(&run, out.data);
      char expected[10] = "", *to = expected;
      for (const char *at = text; *at;) {
        int length = utf8_length(at), written = length ? length : 3;
        memcpy(to, length ? at : "\xEF\xBF\xBD", (size_t)written);
        to += written;
        at += length ? length : 1;
      }
      same &= value && strcmp(value->text, expected) == 0;
      for (size_t i = 0; i < out.length; i++) same &= (unsigned char)out.data[i] >= ' ';
      same &= host_end(&run);
    }
  }
  CHECK(same);
  Run run;
  host_begin(&run);
  Text out = {.run = &run};
  json_string(&out, "a\"b\\c\n\x02\xc3\xa9");
  json_string(&out, NULL);
  CHECK(strcmp(out.data, "\"a\\\"b\\\\c\\n\\u0002\xc3\xa9\"null") == 0);
  Text latin = {.run = &run};
  json_string(&latin, "C\xf4te \xe4\xbd");
  CHECK(strcmp(latin.data, "\"C\xef\xbf\xbdte \xef\xbf\xbd\xef\xbf\xbd\"") == 0);
  CHECK(host_end(&run));
}

static double parsed(const char *text) {
  Run run;
  host_begin(&run);
  const JsonValue *value = json_parse(&run, text);
  double number = value && value->type == JSON_NUMBER ? value->number : (double)NAN;
  bool as_written = value && value->type == JSON_NUMBER && strcmp(value->text, text) == 0;
  CHECK(as_written && host_end(&run));
  return number;
}

static bool same_bits(double a, double b) {
  return memcmp(&a, &b, sizeof a) == 0;
}

/* Against the C library's strtod in the C locale. */
static void test_numbers(void) {
  static const char *const awkward[] = {"0", "-0", "0.0", "-0.0e0", "9007199254740991", "9007199254740992", "9007199254740993", "9007199254740995", "0.1", "0.30000000000000004",
                                        "2.2250738585072011e-308", "4.9e-324", "2e-324", "1.7976931348623157e308", "1e308", "123456789012345678901234567890",
                                        "0.0000000000000000000001", "0.00000000000000000000012345", "1.00000000000000000000000000000000000000000000001", "8.5", "1e22", "1e23",
                                        "100000000000000000000000000000000000000000000000000000000000000000000000000000000", "0.000000000000000000000000000000000000000000000000001"};
  for (unsigned i = 0; i < sizeof awkward / sizeof awkward[0]; i++) {
    if (!CHECK(same_bits(parsed(awkward[i]), strtod(awkward[i], NULL)))) printf("  %s\n", awkward[i]);
  }
  CHECK(isinf(parsed("1e400")) && isinf(parsed("-1e400")));
  uint64_t state = 12345;
  bool same = true;
  for (int i = 0; i < 200000; i++) {
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    double value;
    uint64_t bits = state ^ state >> 29;
    if (i % 2) bits = (bits & ~(UINT64_C(0x7ff) << 52)) | ((UINT64_C(1000) + bits % 47) << 52); /* half of them of everyday size */
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value)) continue;
    char text[400];
    snprintf(text, sizeof text, i % 3 == 0 ? "%.17g" : i % 3 == 1 ? "%.15g" : "%.12f", value);
    if (strchr(text, 'e') && fabs(value) > 1e300) continue;
    Run run;
    host_begin(&run);
    const JsonValue *number = json_parse(&run, text);
    same &= number && same_bits(number->number, strtod(text, NULL));
    same &= host_end(&run);
  }
  CHECK(same);
}

static void test_comma_locale(void) {
  static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
  bool found = false;
  for (unsigned i = 0; i < sizeof names / sizeof names[0] && !found; i++) found = setlocale(LC_NUMERIC, names[i]) != NULL;
  if (!found) return; /* not on this system */
  CHECK(strtod("1,5", NULL) == 1.5);
  CHECK(parsed("1.5") == 1.5);
  CHECK(same_bits(parsed("1.2345678901234567e-7"), 1.2345678901234567e-7));
  CHECK(same_bits(parsed("-0.12345678901234567"), -0.12345678901234567));
  CHECK(complaint("1,5") != NULL);
  setlocale(LC_NUMERIC, "C");
}

static void test_nesting(void) {
  static char text[2000001];
  for (int depth = 99; depth <= 101; depth++) {
    for (int i = 0; i < depth; i++) {
      text[i] = '[';
      text[depth + i] = ']';
    }
    text[2 * depth] = 0;
    CHECK((complaint(text) == NULL) == (depth <= 100));
  }
  memset(text, '[', sizeof text - 1);
  CHECK(strstr(complaint(text), "nested more than 100 deep") != NULL);
  for (size_t i = 0; i + 6 < sizeof text; i += 5) memcpy(text + i, "{\"a\":", 5);
  CHECK(strstr(complaint(text), "nested more than 100 deep") != NULL);
}

static void test_long(void) {
  static char text[2000001];
  text[0] = '[';
  for (size_t i = 1; i < sizeof text - 1; i += 2) memcpy(text + i, "1,", 2);
  memcpy(text + sizeof text - 3, "1]", 3);
  CHECK(complaint(text) == NULL);
  text[sizeof text - 2] = 0;
  CHECK(strstr(complaint(text), "ends too early") != NULL);
  memset(text, 'x', sizeof text - 1);
  text[0] = text[sizeof text - 2] = '"';
  CHECK(complaint(text) == NULL);
}

/* Truncated at every byte, and with every byte replaced: a sentence or a value, never a crash. */
static void test_broken(void) {
  const char *whole = "{\"a\":[1.5,-2e-3,\"t\\u00e9\\ud834\\udd1e\\n\"],\"b\":{\"c\":null,\"d\":true,\"e\":false}}";
  char text[200];
  for (size_t length = 0; length < strlen(whole); length++) {
    memcpy(text, whole, length);
    text[length] = 0;
    CHECK(complaint(text) != NULL);
  }
  for (size_t at = 0; at < strlen(whole); at++) {
    for (int byte = 1; byte < 256; byte++) {
      strcpy(text, whole);
      text[at] = (char)byte;
      complaint(text);
    }
  }
}

static void parse_and_write(Run *run, void *context) {
  const JsonValue *value = json_parse(run, context);
  if (!value) return;
  Text out = {.run = run};
  json_string(&out, value->child->text);
}

static void test_failing_memory(void) {
  static char text[20000] = "[\"";
  memset(text + 2, 'a', 15000);
  for (size_t i = 15002; i < 15500; i += 2) memcpy(text + i, i == 15002 ? "\"," : "1,", 2);
  strcpy(text + 15500, "1.23456789012345678]");
  CHECK(host_fail_each(parse_and_write, text) > 3);
}

CHECK_MAIN(test_accepts, test_refuses, test_tree, test_strings, test_string_round_trip, test_numbers, test_comma_locale, test_nesting, test_long, test_broken,
           test_failing_memory)
