/* Texts, tokens and near names (text.c, tokens.c). Numbers are checked against the C library's strtod and printf. */
#include "check.h"
#include "host.h"
#include "../../ext/sqlite/sql.h"

#include <locale.h>

static Run run;

static const char *number(double value) {
  Text text = {&run, NULL, 0, 0};
  text_number(&text, value);
  return text.data ? text.data : "";
}
static bool is(const char *ours, const char *expected) {
  if (strcmp(ours, expected) != 0) printf("  %s, expected %s\n", ours, expected);
  return strcmp(ours, expected) == 0;
}

static void test_numbers_by_hand(void) {
  host_begin(&run);
  CHECK(is(number(5), "5"));
  CHECK(is(number(-5), "-5"));
  CHECK(is(number(0), "0"));
  CHECK(is(number(0.1), "0.1"));
  CHECK(is(number(-0.5), "-0.5"));
  CHECK(is(number(0.1 + 0.2), "0.30000000000000004"));
  CHECK(is(number(1.0 / 3), "0.3333333333333333")); /* 16 digits read back */
  CHECK(is(number(2.0 / 3), "0.6666666666666666"));
  CHECK(is(number(123456.789), "123456.789"));
  CHECK(is(number(0.00001234), "0.00001234"));
  CHECK(is(number(0.000001234), "1.234e-06"));
  CHECK(is(number(1e20), "1e+20"));
  CHECK(is(number(1e16), "10000000000000000"));
  CHECK(is(number(9007199254740993.0), "9007199254740992"));
  CHECK(is(number(1e300), "1e+300"));
  CHECK(is(number(-2.5e-300), "-2.5e-300"));
  CHECK(is(number(4.9406564584124654e-324), "4.94065645841247e-324"));
  CHECK(is(number(1.7976931348623157e308), "1.7976931348623157e+308")); /* 16 digits would be infinite */
  CHECK(is(number(NAN), "null"));
  CHECK(is(number(INFINITY), "null"));
  CHECK(is(number(9.99999999999999999e22), "1e+23"));
  CHECK(is(number(2.2250738585072014e-308), "2.2250738585072014e-308"));
  CHECK(host_end(&run));
}

static uint64_t state = 88172645463325252u;
static uint64_t next_bits(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static bool reads_back_and_is_shortest(double value) {
  char buffer[400];
  Text text = {&run, NULL, 0, 0};
  text_number(&text, value);
  double back = strtod(text.data, NULL);
  bool good = memcmp(&back, &value, sizeof value) == 0;
  int digits = 0, zeros = 0; /* significant digits without trailing zeros */
  for (const char *at = text.data; *at && *at != 'e'; at++) {
    if (*at < '0' || *at > '9' || (*at == '0' && !digits)) continue;
    digits++;
    zeros = *at == '0' ? zeros + 1 : 0;
  }
  digits -= zeros;
  if (value == floor(value) && fabs(value) < 9e15) digits = 0; /* whole numbers are exact, whatever their length */
  for (int fewer = 15; fewer < digits; fewer++) {
    snprintf(buffer, sizeof buffer, "%.*g", fewer, value);
    good = good && strtod(buffer, NULL) != value;
  }
  if (!good || digits > 17) printf("  %.17g became %s\n", value, text.data);
  run_free(&run, text.data);
  return good && digits <= 17;
}

static void test_numbers_at_random(void) {
  host_begin(&run);
  long bad = 0;
  for (long i = 0; i < 300000; i++) {
    uint64_t bits = next_bits();
    double any, unit = (double)(bits >> 11) * 0x1p-53, whole = (double)(int64_t)(bits >> (bits & 63));
    memcpy(&any, &bits, sizeof any);
    if (!isfinite(any)) any = 1;
    double decimal = (double)(int64_t)(bits % 2000000000u) / 1000 - 1e6; /* what people type */
    const double value[] = {any, unit, unit * 1e-8, -unit * 1e9, whole, decimal, ldexp(1, (int)(bits % 400) - 200), exp(40 * unit - 20)};
    for (size_t j = 0; j < sizeof value / sizeof value[0]; j++) bad += !reads_back_and_is_shortest(value[j]);
  }
  CHECK(bad == 0);
  CHECK(host_end(&run));
}

/* A comma as decimal point: wherever such a locale is installed. */
static void test_numbers_in_another_locale(void) {
  static const char *const LOCALES[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nl_NL.UTF-8"};
  host_begin(&run);
  for (size_t i = 0; i < sizeof LOCALES / sizeof LOCALES[0]; i++)
    if (setlocale(LC_ALL, LOCALES[i])) break;
  CHECK(is(number(1.5e-300), "1.5e-300"));
  CHECK(is(number(1.5), "1.5"));
  setlocale(LC_ALL, "C");
  CHECK(host_end(&run));
}

static void build(Run *failing, void *context) {
  (void)context;
  Text text = {failing, NULL, 0, 0};
  for (int i = 0; i < 100; i++) {
    text_add(&text, "abc");
    text_format(&text, "%d", i);
    text_number(&text, 1.5);
    text_identifier(&text, "a\"b");
  }
  if (!run_failed(failing)) CHECK(text.length == 300 + 190 + 300 + 600 && strlen(text.data) == text.length);
}

static void test_growing(void) {
  host_fail_each(build, NULL);
  host_begin(&run);
  Text text = {&run, NULL, 0, 0};
  text_identifier(&text, "a\"b");
  CHECK(is(text.data, "\"a\"\"b\""));
  text_add_n(&text, "xyz", 2);
  CHECK(is(text.data, "\"a\"\"b\"xy"));
  CHECK(host_end(&run));
}

/* Each token as "type:text", type by its first letters. */
static const char *tokens(const char *sql) {
  static const char *const LETTERS[] = {"END", "N", "Q", "S", "#", "O", "(", ")", ",", "?"};
  Text text = {&run, NULL, 0, 0};
  text_add(&text, "");
  for (Token token = token_next(&run, sql); token.type != TOKEN_END; token = token_next(&run, token.start + token.length)) {
    text_add(&text, LETTERS[token.type]);
    text_add(&text, ":");
    text_add_n(&text, token.start, (size_t)token.length);
    text_add(&text, " ");
  }
  return text.data ? text.data : "";
}

static void test_tokens(void) {
  host_begin(&run);
  CHECK(is(tokens(""), ""));
  CHECK(is(tokens(" y ~ x1+_z "), "N:y O:~ N:x1 O:+ N:_z "));
  CHECK(is(tokens("1e-3 .5 0x1F 10. 2e 3e+"), "#:1e-3 #:.5 #:0x1F #:10. #:2 N:e #:3 N:e O:+ "));
  CHECK(is(tokens("a||b|c->>d->e<=f<>g!=h==i<<j>>k>=l"), "N:a O:|| N:b O:| N:c O:->> N:d O:-> N:e O:<= N:f O:<> N:g O:!= N:h O:== N:i O:<< N:j O:>> N:k O:>= N:l "));
  CHECK(is(tokens("'it''s' \"a\"\"b\" `c``d` [e f]"), "S:'it''s' Q:\"a\"\"b\" Q:`c``d` Q:[e f] "));
  CHECK(is(tokens("a -- b\n c /* d ' */ e /* f"), "N:a N:c N:e "));
  CHECK(is(tokens("x'0a' x '0a'"), "?:x'0a' N:x S:'0a' "));
  CHECK(is(tokens("\xE5\xB9\xB4\xE4\xBB\xBD+1"), "N:\xE5\xB9\xB4\xE4\xBB\xBD O:+ #:1 "));
  CHECK(is(tokens("f(a,b)"), "N:f (:( N:a ,:, N:b ):) "));
  CHECK(is(tokens("a # ? @ ] } !"), "N:a ?:# ?:? ?:@ ?:] ?:} ?:! "));
  CHECK(!run_failed(&run));
  tokens("x + 'abc");
  CHECK(run_failed(&run) && is(run.message, "the quote that opens in 'abc is not closed"));
  CHECK(host_end(&run));
  host_begin(&run);
  tokens("[abc");
  CHECK(run_failed(&run));
  CHECK(host_end(&run));
}

static void test_near(void) {
  static const char *const names[] = {"dt", "nqp", "province", "year", "\xE5\xB9\xB4\xE4\xBB\xBD", "x"};
  const int count = sizeof names / sizeof names[0];
#define NEAR(wanted) (nearest_name(wanted, count, names) ? nearest_name(wanted, count, names) : "none")
  CHECK(is(NEAR("dtt"), "dt"));
  CHECK(is(NEAR("npq"), "nqp"));
  CHECK(is(NEAR("Provnce"), "province"));
  CHECK(is(NEAR("YEAR"), "year"));
  CHECK(is(NEAR("yera"), "year"));
  CHECK(is(NEAR("country"), "none"));
  CHECK(is(NEAR("z"), "none"));
  CHECK(is(NEAR("\xE5\xB9\xB4\xE4\xBB\xBD\xE4\xBB\xBD"), "\xE5\xB9\xB4\xE4\xBB\xBD"));
  CHECK(is(NEAR("a_name_of_more_than_sixty_four_characters_is_only_compared_in_part_or_not_at_all"), "none"));
  CHECK(nearest_name("x", 0, names) == NULL);
}

CHECK_MAIN(test_numbers_by_hand, test_numbers_at_random, test_numbers_in_another_locale, test_growing, test_tokens, test_near)
