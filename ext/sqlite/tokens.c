/* tokens.c: SQL text in tokens, lists of tokens, and the nearest of some names.
 *
 * 1. The tokens are SQLite's: names may hold letters, digits, _, $ and all bytes from 128 on; "x", `x` and [x] are quoted names, 'x' is a
 *    string, a doubled quote inside stands for itself; -- and C comments are blanks.
 * 2. Operators of several characters are one token: || <= >= <> != == << >> -> ->>. A blob literal x'00' and every character that
 *    SQL does not know is TOKEN_OTHER.
 * 3. A token never has length 0 but at the end; after an unclosed quote the run has failed and the token is TOKEN_END.
 * 4. The distance of nearest_name is the optimal string alignment distance (insert, delete, replace, swap neighbours) in characters; the
 *    limit is (length + 1) / 3: one slip in names of 2 to 4 characters, two up to 7. Of equally near names the first is taken.
 * 5. The top level of a list is what stands outside parentheses and outside CASE ... END; "case" is the keyword only where an operand follows, so
 *    that a column may have this name. */
#include "sql.h"

#include <assert.h>
#include <locale.h>
#include <stdlib.h>

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
static bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 128;
}

static const char *skip_blanks(const char *at) {
  for (;;) {
    if (is_blank(*at)) {
      at++;
    } else if (at[0] == '-' && at[1] == '-') {
      while (*at && *at != '\n') at++;
    } else if (at[0] == '/' && at[1] == '*') {
      const char *end = strstr(at + 2, "*/");
      at = end ? end + 2 : at + strlen(at);
    } else {
      return at;
    }
  }
}

/* The place behind the closing quote; NULL where there is none. A doubled quote does not close. */
static const char *skip_quoted(const char *at, char quote, bool doubled) {
  for (at++; *at; at++) {
    if (*at != quote) continue;
    if (doubled && at[1] == quote) at++;
    else return at + 1;
  }
  return NULL;
}

static const char *skip_number(const char *at) {
  if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && is_hex(at[2])) {
    for (at += 2; is_hex(*at);) at++;
    return at;
  }
  while (is_digit(*at)) at++;
  if (*at == '.')
    for (at++; is_digit(*at);) at++;
  if (*at == 'e' || *at == 'E') {
    const char *digits = at + 1;
    if (*digits == '+' || *digits == '-') digits++;
    if (is_digit(*digits))
      for (at = digits; is_digit(*at);) at++;
  }
  return at;
}

static int operator_length(const char *at) {
  static const char *const OPERATORS[] = {"->>", "||", "<=", ">=", "<>", "!=", "==", "<<", ">>", "->"};
  for (size_t i = 0; i < sizeof OPERATORS / sizeof OPERATORS[0]; i++) {
    size_t length = strlen(OPERATORS[i]);
    if (strncmp(at, OPERATORS[i], length) == 0) return (int)length;
  }
  return strchr("+-*/%~|&<>=.:^;", *at) ? 1 : 0;
}

Token token_next(Run *run, const char *text) {
  const char *start = skip_blanks(text), *end = start;
  TokenType type = TOKEN_END;
  char c = *start;
  if (c == '\0' || run_failed(run)) return (Token){TOKEN_END, start, 0};
  if (c == '\'') {
    type = TOKEN_STRING;
    end = skip_quoted(start, c, true);
  } else if (c == '"' || c == '`' || c == '[') {
    type = TOKEN_QUOTED_NAME;
    end = skip_quoted(start, c == '[' ? ']' : c, c != '[');
  } else if ((c == 'x' || c == 'X') && start[1] == '\'') {
    type = TOKEN_OTHER;
    end = skip_quoted(start + 1, '\'', true);
  } else if (starts_name(c)) {
    type = TOKEN_NAME;
    while (starts_name(*end) || is_digit(*end) || *end == '$') end++;
  } else if (is_digit(c) || (c == '.' && is_digit(start[1]))) {
    type = TOKEN_NUMBER;
    end = skip_number(start);
  } else if (c == '(' || c == ')' || c == ',') {
    type = c == '(' ? TOKEN_OPEN : c == ')' ? TOKEN_CLOSE : TOKEN_COMMA;
    end = start + 1;
  } else {
    int length = operator_length(start);
    type = length ? TOKEN_OPERATOR : TOKEN_OTHER;
    end = start + (length ? length : 1);
  }
  if (!end || end - start > 1000000) {
    if (!end) run_fail(run, "the quote that opens in %.40s is not closed", start);
    else run_fail(run, "the word that begins with %.40s is too long", start);
    return (Token){TOKEN_END, start, 0};
  }
  return (Token){type, start, (int)(end - start)};
}

/* ---- lists */

bool names_equal(const char *a, const char *b) {
  for (;; a++, b++) {
    char x = *a, y = *b;
    if (x >= 'A' && x <= 'Z') x = (char)(x + 'a' - 'A');
    if (y >= 'A' && y <= 'Z') y = (char)(y + 'a' - 'A');
    if (x != y) return false;
    if (!x) return true;
  }
}

bool token_is(const Token *token, const char *text) {
  enum { LONGEST = 32 };
  char copy[LONGEST + 1];
  if (token->type == TOKEN_STRING || token->type == TOKEN_QUOTED_NAME || token->length > LONGEST) return false;
  memcpy(copy, token->start, (size_t)token->length);
  copy[token->length] = '\0';
  return names_equal(copy, text);
}

const Token *tokens_at(TokenList list, int index) {
  static const Token END = {TOKEN_END, "", 0};
  return index >= 0 && index < list.count ? &list.token[index] : &END;
}

enum { MOST_TOKENS = 100000 };

TokenList tokens_list(Run *run, const char *text) {
  const TokenList none = {NULL, 0};
  if (run_failed(run)) return none; /* the text may be one that found no memory */
  Token *token = NULL;
  int count = 0, capacity = 0, open = 0;
  for (Token next = token_next(run, text); next.type != TOKEN_END; next = token_next(run, next.start + next.length)) {
    if (count == capacity) {
      if (capacity > MOST_TOKENS) run_fail(run, "a text of more than %d words", MOST_TOKENS);
      capacity = capacity ? capacity * 2 : 32;
      Token *grown = run_grow(run, token, (size_t)capacity, sizeof *token);
      if (!grown) return none;
      token = grown;
    }
    token[count++] = next;
    if (next.type == TOKEN_OPEN) open++;
    if (next.type == TOKEN_CLOSE && --open < 0) break;
    if (!run_poll(run, 20)) return none;
  }
  if (open) run_fail(run, "a ')' %s in '%.200s'", open < 0 ? "closes nothing" : "is missing", text);
  return run_failed(run) ? none : (TokenList){token, count};
}

TokenList tokens_slice(TokenList list, int from, int to) {
  assert(0 <= from && from <= to && to <= list.count);
  return (TokenList){list.token ? list.token + from : NULL, to - from};
}

static bool is_word(const Token *token) {
  return token->type == TOKEN_NAME || token->type == TOKEN_QUOTED_NAME || token->type == TOKEN_STRING || token->type == TOKEN_NUMBER ||
         (token->type == TOKEN_OTHER && token->length > 1);
}

int tokens_find(TokenList list, int from, const char *signs) {
  int parentheses = 0, cases = 0;
  for (int i = from; i < list.count; i++) {
    const Token *token = &list.token[i], *next = tokens_at(list, i + 1);
    if (token->type == TOKEN_OPEN) parentheses++;
    if (token->type == TOKEN_CLOSE) parentheses--;
    if (token->type == TOKEN_NAME && token_is(token, "case") && (is_word(next) || next->type == TOKEN_OPEN)) cases++;
    if (token->type == TOKEN_NAME && cases && token_is(token, "end")) cases--;
    if (parentheses || cases || (token->type != TOKEN_OPERATOR && token->type != TOKEN_COMMA)) continue;
    if (token->length == 1 && strchr(signs, *token->start)) return i;
  }
  return list.count;
}

bool tokens_piece(TokenList list, int *at, const char *signs, TokenList *piece) {
  if (*at > list.count) return false;
  int end = tokens_find(list, *at, signs);
  *piece = tokens_slice(list, *at, end);
  *at = end + 1;
  return true;
}

const char *token_unquoted(Run *run, const Token *token) {
  bool quoted = token->type == TOKEN_STRING || token->type == TOKEN_QUOTED_NAME;
  char *text = run_text_n(run, token->start, (size_t)token->length);
  if (!text || !quoted) return text;
  char *out = text, quote = text[token->length - 1];
  for (const char *at = text + 1; at < text + token->length - 1; at++) {
    *out++ = *at;
    if (*at == quote) at++; /* doubled */
  }
  *out = '\0';
  return text;
}

/* Do two tokens need a blank between them? */
static bool apart(const Token *a, const Token *b) {
  if (*b->start == '[') return false;
  return (is_word(a) && is_word(b)) || (token_is(a, "-") && token_is(b, "-"));
}

const char *tokens_text(Run *run, TokenList list) {
  Text text = {run, NULL, 0, 0};
  for (int i = 0; i < list.count; i++) {
    if (i && apart(&list.token[i - 1], &list.token[i])) text_add_n(&text, " ", 1);
    text_add_n(&text, list.token[i].start, (size_t)list.token[i].length);
  }
  return text.data ? text.data : "";
}

const char *tokens_raw(Run *run, TokenList list) {
  if (list.count == 0) return "";
  const Token *last = &list.token[list.count - 1];
  const char *text = run_text_n(run, list.token->start, (size_t)(last->start + last->length - list.token->start));
  return text ? text : "";
}

bool tokens_parenthesised(TokenList list, TokenList *inside) {
  int from = tokens_at(list, 0)->type == TOKEN_NAME && token_is(list.token, "c") ? 1 : 0, open = 0;
  if (tokens_at(list, from)->type != TOKEN_OPEN) return false;
  for (int i = from; i < list.count; i++) {
    if (list.token[i].type == TOKEN_OPEN) open++;
    if (list.token[i].type == TOKEN_CLOSE && --open == 0 && i < list.count - 1) return false;
  }
  *inside = tokens_slice(list, from + 1, list.count - 1);
  return true;
}

bool tokens_call(TokenList list, TokenList *arguments) {
  return list.count >= 3 && list.token->type == TOKEN_NAME && tokens_at(list, 1)->type == TOKEN_OPEN &&
         tokens_parenthesised(tokens_slice(list, 1, list.count), arguments);
}

bool tokens_number(Run *run, TokenList list, double *value) {
  bool sign = list.count == 2 && (token_is(list.token, "-") || token_is(list.token, "+"));
  const Token *number = tokens_at(list, sign ? 1 : 0);
  if (number->type != TOKEN_NUMBER || list.count != (sign ? 2 : 1)) return false;
  char *text = run_text_n(run, number->start, (size_t)number->length), *end;
  if (!text) return false;
  *value = strtod(text, &end);
  if (*end == '.') { /* the locale has another point */
    const char *point = localeconv()->decimal_point;
    *value = strtod(run_format(run, "%.*s%s%s", (int)(end - text), text, point, end + 1), &end);
  }
  if (token_is(list.token, "-")) *value = -*value;
  return true;
}

/* ---- near names */

enum { NAME_CHARACTERS = 64 };

/* Characters of UTF-8 text, ASCII letters as small ones; -1 where there are too many. */
static int decode(const char *text, uint32_t *out) {
  int count = 0;
  for (const unsigned char *at = (const unsigned char *)text; *at;) {
    if (count == NAME_CHARACTERS) return -1;
    uint32_t c = *at++;
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
    if (c >= 0xC0)
      while ((*at & 0xC0) == 0x80) c = c << 6 | (*at++ & 0x3Fu);
    out[count++] = c;
  }
  return count;
}

static int edit_distance(const uint32_t *a, int a_count, const uint32_t *b, int b_count) {
  int rows[3][NAME_CHARACTERS + 1];
  int *before = rows[0], *previous = rows[1], *current = rows[2];
  for (int j = 0; j <= b_count; j++) previous[j] = j;
  for (int i = 1; i <= a_count; i++) {
    current[0] = i;
    for (int j = 1; j <= b_count; j++) {
      int best = previous[j - 1] + (a[i - 1] != b[j - 1]);
      if (previous[j] + 1 < best) best = previous[j] + 1;
      if (current[j - 1] + 1 < best) best = current[j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best) best = before[j - 2] + 1;
      current[j] = best;
    }
    int *oldest = before;
    before = previous;
    previous = current;
    current = oldest;
  }
  return previous[b_count];
}

const char *nearest_name(const char *name, int count, const char *const *names) {
  uint32_t wanted[NAME_CHARACTERS], other[NAME_CHARACTERS];
  int length = decode(name, wanted);
  if (length < 0) return NULL;
  int least = (length + 1) / 3 + 1;
  const char *nearest = NULL;
  for (int i = 0; i < count; i++) {
    int other_length = decode(names[i], other);
    if (other_length < 0) continue;
    int distance = edit_distance(wanted, length, other, other_length);
    if (distance < least) {
      least = distance;
      nearest = names[i];
    }
  }
  return nearest;
}
