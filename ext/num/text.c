/* text.c: a growing text in a run.
 *
 * 1. text_number writes the shortest of 15 to 17 significant digits that reads back to the same bits, with a point whatever the locale;
 *    whole numbers have no point (5), large and small ones an exponent as in C's %g (1e+20, 2.5e-07); NAN and infinities are null.
 * 2. How: the value is scaled by a power of ten in long double, where 10^27 and below are exact, rounded to 15, 16 or 17 digits, and
 *    scaled back. Scaling back has a relative error below 2^-61 (two multiplications of 2^-64 each, and slack), so if both ends of that interval
 *    round to the value, every correct reader gets it. If in doubt, or where long double is no wider than double, the C library decides.
 * 3. Once the run has failed nothing is added; data then stays valid, and is NULL only if nothing was ever added. */
#include "num.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

/* Room for more bytes and the NUL behind them. */
static bool text_reserve(Text *text, size_t more) {
  if (run_failed(text->run)) return false;
  if (text->data && text->capacity - text->length > more) return true;
  if (more > SIZE_MAX / 4 || text->length > SIZE_MAX / 4) {
    run_fail(text->run, "a text is too long");
    return false;
  }
  size_t capacity = text->capacity ? text->capacity * 2 : 64;
  if (capacity < text->length + more + 1) capacity = text->length + more + 1;
  char *data = run_grow(text->run, text->data, capacity, 1);
  if (!data) return false;
  text->data = data;
  text->capacity = capacity;
  return true;
}

void text_add_n(Text *text, const char *piece, size_t length) {
  if (!text_reserve(text, length)) return;
  memcpy(text->data + text->length, piece, length);
  text->length += length;
  text->data[text->length] = '\0';
}

void text_add(Text *text, const char *piece) {
  text_add_n(text, piece, strlen(piece));
}

void text_format(Text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length < 0 || !text_reserve(text, (size_t)length)) return;
  va_start(arguments, format);
  vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
  va_end(arguments);
  text->length += (size_t)length;
}

void text_identifier(Text *text, const char *name) {
  if (!name) return; /* a copy that found no memory */
  text_add_n(text, "\"", 1);
  for (const char *quote; (quote = strchr(name, '"')); name = quote + 1) {
    text_add_n(text, name, (size_t)(quote - name) + 1);
    text_add_n(text, "\"", 1);
  }
  text_add(text, name);
  text_add_n(text, "\"", 1);
}

/* ---- numbers */

enum { NUMBER_BYTES = 64 };

/* digits x 10^power as %g would write it: with an exponent below 10^-4 and from 10^17 on. Returns the length. */
static size_t write_decimal(char *out, bool negative, uint64_t digits, int power) {
  char digit[24];
  int count = 0;
  while (digits % 10 == 0) {
    digits /= 10;
    power++;
  }
  for (; digits; digits /= 10) digit[count++] = (char)('0' + digits % 10); /* last digit first */
  int exponent = power + count - 1;
  char *at = out;
  if (negative) *at++ = '-';
  if (exponent >= -5 && exponent < 17) {
    if (exponent < 0) {
      *at++ = '0';
      *at++ = '.';
      for (int zero = exponent + 1; zero < 0; zero++) *at++ = '0';
    }
    for (int i = 0; i < count; i++) {
      if (i > 0 && i == exponent + 1) *at++ = '.';
      *at++ = digit[count - 1 - i];
    }
    for (int i = count; i <= exponent; i++) *at++ = '0';
    return (size_t)(at - out);
  }
  *at++ = digit[count - 1];
  if (count > 1) *at++ = '.';
  for (int i = 1; i < count; i++) *at++ = digit[count - 1 - i];
  *at++ = 'e';
  *at++ = exponent < 0 ? '-' : '+';
  int size = exponent < 0 ? -exponent : exponent;
  if (size >= 100) *at++ = (char)('0' + size / 100);
  *at++ = (char)('0' + size / 10 % 10);
  *at++ = (char)('0' + size % 10);
  return (size_t)(at - out);
}

/* By the digits of the C library, whatever its locale puts between them; written like the others. */
static size_t write_by_library(char *out, bool negative, double value) {
  char written[NUMBER_BYTES];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(written, sizeof written, "%.*e", digits - 1, value);
    if (strtod(written, NULL) == value) break;
  }
  uint64_t whole = 0;
  int digits = 0;
  const char *at = written;
  for (; *at && *at != 'e'; at++) {
    if (*at < '0' || *at > '9') continue;
    whole = whole * 10 + (uint64_t)(*at - '0');
    digits++;
  }
  return write_decimal(out, negative, whole, (*at ? atoi(at + 1) : 0) - digits + 1);
}

#if LDBL_MANT_DIG >= 64
enum { EXACT_POWER = 27 };
static const long double POWER_OF_TEN[EXACT_POWER + 1] = {
  1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,  1e10L, 1e11L, 1e12L, 1e13L,
  1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};

static long double scale(long double value, int power) {
  for (; power > EXACT_POWER; power -= EXACT_POWER) value *= POWER_OF_TEN[EXACT_POWER];
  for (; power < -EXACT_POWER; power += EXACT_POWER) value /= POWER_OF_TEN[EXACT_POWER];
  return power < 0 ? value / POWER_OF_TEN[-power] : value * POWER_OF_TEN[power];
}

/* A positive value; 0 where this way does not settle it. */
static size_t write_by_scaling(char *out, bool negative, double value) {
  int binary;
  frexp(value, &binary);
  int exponent = (int)floor((binary - 1) * 0.30102999566398120); /* of ten: right, or one too small */
  if (exponent < -38 || exponent > 60) return 0; /* two steps of scaling at most, and no subnormal numbers */
  if (scale(value, -exponent) >= 10) exponent++;
  for (int digits = 15; digits <= 17; digits++) {
    int power = exponent - digits + 1;
    uint64_t whole = (uint64_t)(scale(value, -power) + 0.5L);
    long double back = scale((long double)whole, power), slack = back * 0x1p-61L;
    double low = (double)(back - slack), high = (double)(back + slack);
    if (low == value && high == value) return write_decimal(out, negative, whole, power);
    if (low == value || high == value) return 0;
  }
  return 0;
}
#else
static size_t write_by_scaling(char *out, bool negative, double value) {
  (void)out, (void)negative, (void)value;
  return 0;
}
#endif

void text_number(Text *text, double value) {
  char written[NUMBER_BYTES];
  if (!isfinite(value)) {
    text_add_n(text, "null", 4);
    return;
  }
  bool negative = signbit(value);
  double size = fabs(value);
  size_t length;
  if (size < 1e15 && size == floor(size)) {
    uint64_t whole = (uint64_t)size;
    char *at = written + sizeof written;
    do *--at = (char)('0' + whole % 10);
    while (whole /= 10);
    if (negative) *--at = '-';
    text_add_n(text, at, (size_t)(written + sizeof written - at));
    return;
  }
  length = write_by_scaling(written, negative, size);
  if (!length) length = write_by_library(written, negative, size);
  text_add_n(text, written, length);
}
