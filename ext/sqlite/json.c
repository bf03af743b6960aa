/* json.c: JSON text to a tree of values, and text to JSON strings.
 *
 * 1. Strict JSON (RFC 8259): nothing behind the value, no comments, no trailing commas, no control characters inside strings. Bytes from
 *    0x80 on are read as they are, and written so where they are UTF-8, else as U+FFFD. Of equal keys json_member finds the first.
 * 2. \u escapes become UTF-8, surrogate pairs one character; half a pair and \u0000 (which no C string can hold) are errors.
 * 3. At most NESTING_LIMIT arrays and objects inside each other, so that hostile text cannot overflow the stack.
 * 4. Numbers are the nearest double whatever the process's locale; what overflows is infinite.
 * 5. The tree lives in the run. One buffer, no longer than the text, takes all strings: each loses two quotes and gains one NUL;
 *    numbers are kept as written too and are followed by a byte that is no part of them (or the end). */
#include "sql.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

enum { NESTING_LIMIT = 100, SLAB = 16 };

typedef struct Parser {
  Run *run;
  const char *text, *at;
  char *strings;     /* the unused rest of the buffer (5) */
  JsonValue *slab;   /* the unused rest of a few values allocated together */
  int slab_left, depth;
} Parser;

/* ------------------------------------------------------------------------------------------------ helpers */

static void fail_here(Parser *parser, const char *wanted) {
  const char *at = parser->at;
  if (!*at) {
    run_fail(parser->run, "the JSON text ends too early: %s was expected", wanted);
    return;
  }
  int length = 0; /* a few whole characters of what stands there */
  while (length < 20 && at[length] && (unsigned char)at[length] >= ' ') length++;
  while (length > 0 && at[length] && ((unsigned char)at[length] & 0xC0) == 0x80) length--;
  run_fail(parser->run, "no JSON at byte %lld, near '%.*s': %s was expected", (long long)(at - parser->text + 1), length, at, wanted);
}

static void skip_blanks(Parser *parser) {
  const char *at = parser->at;
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
  parser->at = at;
}

static JsonValue *new_value(Parser *parser, JsonType type) {
  if (parser->slab_left == 0) {
    run_poll(parser->run, SLAB * 50);
    parser->slab = NEW_ARRAY(parser->run, JsonValue, SLAB);
    if (!parser->slab) return NULL;
    parser->slab_left = SLAB;
  }
  parser->slab_left--;
  JsonValue *value = parser->slab++;
  value->type = type;
  return value;
}

/* ------------------------------------------------------------------------------------------------ strings */

/* The number of the four hex digits at text, or -1. */
static int hex4(const char *text) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    char c = text[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

static char *put_utf8(char *out, int code) {
  if (code < 0x80) {
    *out++ = (char)code;
  } else if (code < 0x800) {
    *out++ = (char)(0xC0 | code >> 6);
    *out++ = (char)(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = (char)(0xE0 | code >> 12);
    *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  } else {
    *out++ = (char)(0xF0 | code >> 18);
    *out++ = (char)(0x80 | (code >> 12 & 0x3F));
    *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  }
  return out;
}

/* One escape at parser->at (the backslash): appended to out; NULL if it is none. */
static char *read_escape(Parser *parser, char *out) {
  const char *at = parser->at + 1;
  char plain = 0;
  switch (*at) {
    case '"': case '\\': case '/': plain = *at; break;
    case 'b': plain = '\b'; break;
    case 'f': plain = '\f'; break;
    case 'n': plain = '\n'; break;
    case 'r': plain = '\r'; break;
    case 't': plain = '\t'; break;
    case 'u': break;
    default: fail_here(parser, "an escape such as \\n or \\u00e9"); return NULL;
  }
  if (plain) {
    *out++ = plain;
    parser->at = at + 1;
    return out;
  }
  int code = hex4(at + 1);
  at += 5;
  if (code >= 0xD800 && code < 0xDC00) {
    int low = at[0] == '\\' && at[1] == 'u' ? hex4(at + 2) : -1;
    code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : -1;
    at += 6;
  } else if (code >= 0xDC00 && code < 0xE000) {
    code = -1;
  }
  if (code <= 0) {
    fail_here(parser, "\\u with four hex digits, not 0000 and not half a surrogate pair,");
    return NULL;
  }
  parser->at = at;
  return put_utf8(out, code);
}

/* The string that starts at parser->at, unescaped (2). */
static const char *read_string(Parser *parser) {
  if (*parser->at != '"') {
    fail_here(parser, "a string in double quotes");
    return NULL;
  }
  char *start = parser->strings, *out = start;
  parser->at++;
  for (;;) {
    const char *at = parser->at;
    while ((unsigned char)*at >= ' ' && *at != '"' && *at != '\\') at++;
    size_t length = (size_t)(at - parser->at);
    memcpy(out, parser->at, length);
    out += length;
    parser->at = at;
    if (*at == '"') break;
    if (*at != '\\') {
      fail_here(parser, *at ? "no control character inside a string: \\n, \\t or \\u00.. " : "a closing quote");
      return NULL;
    }
    out = read_escape(parser, out);
    if (!out) return NULL;
  }
  parser->at++;
  *out++ = 0;
  parser->strings = out;
  return start;
}

/* ------------------------------------------------------------------------------------------------ numbers */

/* strtod expects the locale's decimal point: where it stops before the end, the point is replaced. */
static double number_by_library(Run *run, const char *start, size_t length) {
  char *end;
  double value = strtod(start, &end);
  if (end == start + length) return value;
  char point[8];
  snprintf(point, sizeof point, "%.1f", 0.5); /* 0, the point (perhaps of several bytes), 5 */
  size_t point_length = strlen(point) - 2;
  char *copy = run_alloc(run, length + point_length + 1, 1);
  if (!copy) return (double)NAN;
  const char *dot = memchr(start, '.', length);
  size_t before = dot ? (size_t)(dot - start) : length;
  memcpy(copy, start, before);
  if (dot) {
    memcpy(copy + before, point + 1, point_length);
    memcpy(copy + before + point_length, dot + 1, length - before - 1);
  }
  return strtod(copy, NULL);
}

/* digits x 10^power where that is settled without the library: in double if both are exact there, else in long double if all numbers
 * within its one rounding error (2^-64, doubled for slack) round to the same double. NAN: not settled. */
static double number_by_scaling(uint64_t digits, int power) {
  enum { EXACT_DOUBLE = 22, EXACT_LONG = 27 };
  static const long double POWER[EXACT_LONG + 1] = {1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,  1e10L, 1e11L, 1e12L, 1e13L,
                                                    1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};
  int size = power < 0 ? -power : power;
  if (digits <= UINT64_C(1) << 53 && size <= EXACT_DOUBLE && FLT_EVAL_METHOD == 0) {
    return power < 0 ? (double)digits / (double)POWER[size] : (double)digits * (double)POWER[size];
  }
  if (LDBL_MANT_DIG < 64 || size > EXACT_LONG) return (double)NAN;
  long double near = power < 0 ? (long double)digits / POWER[size] : (long double)digits * POWER[size], slack = near * 0x1p-63L;
  double low = (double)(near - slack), high = (double)(near + slack);
  return low == high ? low : (double)NAN;
}

typedef struct Digits {
  uint64_t value;
  bool all;     /* fewer than 20 significant digits: none is missing */
} Digits;

/* A run of digits at parser->at, at least one; returns how many. */
static size_t read_digits(Parser *parser, Digits *digits, const char *wanted) {
  const char *start = parser->at, *at = start;
  for (; *at >= '0' && *at <= '9'; at++) {
    digits->all &= digits->value < UINT64_C(1000000000000000000);
    if (digits->all) digits->value = digits->value * 10 + (uint64_t)(*at - '0');
  }
  parser->at = at;
  if (at == start) fail_here(parser, wanted);
  return (size_t)(at - start);
}

static JsonValue *read_number(Parser *parser) {
  const char *start = parser->at;
  Digits digits = {.all = true}, exponent = {.all = true};
  bool negative = *start == '-', shrinks = false;
  if (negative) parser->at++;
  bool zero = *parser->at == '0';
  size_t count = read_digits(parser, &digits, "a value");
  if (!count) return NULL;
  if (zero && count > 1) {
    fail_here(parser, "a number without leading zeros");
    return NULL;
  }
  size_t fraction = 0;
  if (*parser->at == '.') {
    parser->at++;
    fraction = read_digits(parser, &digits, "a digit behind the decimal point");
    if (!fraction) return NULL;
  }
  if (*parser->at == 'e' || *parser->at == 'E') {
    parser->at++;
    shrinks = *parser->at == '-';
    if (shrinks || *parser->at == '+') parser->at++;
    if (!read_digits(parser, &exponent, "a digit in the exponent")) return NULL;
  }
  size_t length = (size_t)(parser->at - start);
  JsonValue *value = new_value(parser, JSON_NUMBER);
  if (!value) return NULL;
  memcpy(parser->strings, start, length);
  parser->strings[length] = 0;
  value->text = parser->strings;
  parser->strings += length + 1;
  value->number = (double)NAN;
  if (digits.all && fraction < 1000 && exponent.value < 1000) {
    value->number = number_by_scaling(digits.value, (shrinks ? -1 : 1) * (int)exponent.value - (int)fraction);
    if (negative) value->number = -value->number;
  }
  if (isnan(value->number)) value->number = number_by_library(parser->run, start, length);
  return value;
}

/* ------------------------------------------------------------------------------------------------ values */

static JsonValue *read_value(Parser *parser);

static JsonValue *read_word(Parser *parser, const char *word, JsonType type) {
  size_t length = strlen(word);
  if (strncmp(parser->at, word, length) != 0) {
    fail_here(parser, "a value");
    return NULL;
  }
  parser->at += length;
  return new_value(parser, type);
}

/* An array or, with keys, an object. */
static JsonValue *read_members(Parser *parser, JsonType type, char close) {
  JsonValue *whole = new_value(parser, type);
  if (!whole) return NULL;
  if (++parser->depth > NESTING_LIMIT) {
    run_fail(parser->run, "the JSON text is nested more than %d deep", NESTING_LIMIT);
    return NULL;
  }
  JsonValue **next = &whole->child;
  parser->at++;
  skip_blanks(parser);
  if (*parser->at == close) {
    parser->at++;
    parser->depth--;
    return whole;
  }
  for (;;) {
    const char *key = NULL;
    if (type == JSON_OBJECT) {
      key = read_string(parser);
      if (!key) return NULL;
      skip_blanks(parser);
      if (*parser->at != ':') {
        fail_here(parser, "':' behind a key");
        return NULL;
      }
      parser->at++;
      skip_blanks(parser);
    }
    JsonValue *member = read_value(parser);
    if (!member) return NULL;
    member->key = key;
    *next = member;
    next = &member->next;
    skip_blanks(parser);
    if (*parser->at == close) break;
    if (*parser->at != ',') {
      fail_here(parser, type == JSON_OBJECT ? "',' or '}'" : "',' or ']'");
      return NULL;
    }
    parser->at++;
    skip_blanks(parser);
  }
  parser->at++;
  parser->depth--;
  return whole;
}

static JsonValue *read_value(Parser *parser) {
  switch (*parser->at) {
    case '{': return read_members(parser, JSON_OBJECT, '}');
    case '[': return read_members(parser, JSON_ARRAY, ']');
    case 'n': return read_word(parser, "null", JSON_NULL);
    case 't': return read_word(parser, "true", JSON_TRUE);
    case 'f': return read_word(parser, "false", JSON_FALSE);
    case '"': {
      const char *text = read_string(parser);
      JsonValue *value = text ? new_value(parser, JSON_STRING) : NULL;
      if (value) value->text = text;
      return value;
    }
    default: return read_number(parser);
  }
}

const JsonValue *json_parse(Run *run, const char *text) {
  if (run_failed(run)) return NULL;
  Parser parser = {.run = run, .text = text, .at = text};
  parser.strings = run_alloc(run, strlen(text) + 2, 1);
  if (!parser.strings) return NULL;
  skip_blanks(&parser);
  JsonValue *value = read_value(&parser);
  if (!value || run_failed(run)) return NULL;
  skip_blanks(&parser);
  if (*parser.at) {
    fail_here(&parser, "the end of the text");
    return NULL;
  }
  return value;
}

const JsonValue *json_member(const JsonValue *object, const char *key) {
  if (!object || object->type != JSON_OBJECT) return NULL;
  for (const JsonValue *member = object->child; member; member = member->next) {
    if (strcmp(member->key, key) == 0) return member;
  }
  return NULL;
}

void json_string(Text *out, const char *text) {
  if (!text) {
    text_add_n(out, "null", 4);
    return;
  }
  text_add_n(out, "\"", 1);
  for (;;) {
    size_t plain = 0;
    for (int length = 1; length && (unsigned char)text[plain] >= ' ' && text[plain] != '"' && text[plain] != '\\'; plain += (size_t)length) length = utf8_length(text + plain);
    text_add_n(out, text, plain);
    text += plain;
    if (!*text) break;
    if ((unsigned char)*text >= 0x80) { /* what is no UTF-8 would make the whole unreadable to most programs */
      text_add_n(out, "\xEF\xBF\xBD", 3);
      text++;
      continue;
    }
    const char *letter = strchr("\"\"\\\\\bb\ff\nn\rr\tt", *text); /* pairs: the byte, its letter */
    char escape[8];
    if (letter) {
      escape[0] = '\\';
      escape[1] = letter[1];
      text_add_n(out, escape, 2);
    } else {
      text_add_n(out, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)*text));
    }
    text++;
  }
  text_add_n(out, "\"", 1);
}
