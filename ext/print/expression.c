/* expression.c: arithmetic on the numbers of a term, and its derivative: what main=, under= and transform= of fit_table are made of.
 *
 * 1. Numbers, names, + - * / ^ (from the right, before a sign), parentheses, |x|, and exp, ln (log), sqrt, abs, normal (the distribution function), logistic.
 * 2. Dual numbers: each value goes with its derivative by one of the names (b), so that the delta method is exact; no finite differences.
 * 3. NAN where there is no value: a logarithm of what is not positive, a name that the term has not. */
#include "print.h"

enum { DEEPEST = 100 };

typedef struct Reader {
  Run *run;
  const char *option, *text, *at;
  DualOf *of;
  void *context;
  int depth;
} Reader;

static Dual sum(Reader *reader);

static void refuse(Reader *reader, const char *why) {
  run_fail(reader->run, "%s=: '%.100s' %s; an expression is made of names, numbers, + - * / ^ ( ) |x| and exp, ln, sqrt, abs, normal, logistic", reader->option, reader->text, why);
}

static void skip(Reader *reader) { reader->at += strspn(reader->at, " \t\r\n"); }

static bool take(Reader *reader, char sign) {
  skip(reader);
  if (*reader->at != sign) return false;
  reader->at++;
  return true;
}

static Dual number(Reader *reader) { /* whatever the locale */
  double value = 0, scale = 1;
  int power = 0;
  for (bool point = false; (*reader->at >= '0' && *reader->at <= '9') || (*reader->at == '.' && !point); reader->at++) {
    if (*reader->at == '.') point = true;
    else value = value * 10 + (*reader->at - '0'), scale *= point ? 10 : 1;
  }
  const char *e = reader->at + (*reader->at == 'e' || *reader->at == 'E'), *digits = e + (*e == '-' || *e == '+');
  if (e > reader->at && *digits >= '0' && *digits <= '9') {
    for (; *digits >= '0' && *digits <= '9'; digits++) power = power < 1000 ? power * 10 + (*digits - '0') : power;
    reader->at = digits;
    if (*e == '-') return (Dual){value / scale / pow(10, power), 0};
  }
  return (Dual){value / scale * pow(10, power), 0};
}

static Dual call(Reader *reader, const char *name, Dual x) {
  if (strcmp(name, "exp") == 0) return (Dual){exp(x.value), exp(x.value) * x.slope};
  if (strcmp(name, "ln") == 0 || strcmp(name, "log") == 0) return x.value > 0 ? (Dual){log(x.value), x.slope / x.value} : (Dual){(double)NAN, (double)NAN};
  if (strcmp(name, "sqrt") == 0) return x.value >= 0 ? (Dual){sqrt(x.value), x.slope == 0 ? 0 : x.slope / (2 * sqrt(x.value))} : (Dual){(double)NAN, (double)NAN};
  if (strcmp(name, "abs") == 0) return (Dual){fabs(x.value), x.value < 0 ? -x.slope : x.slope};
  if (strcmp(name, "normal") == 0) return (Dual){normal_cdf(x.value), normal_density(x.value) * x.slope};
  if (strcmp(name, "logistic") == 0) {
    double p = 1 / (1 + exp(-x.value));
    return (Dual){p, p * (1 - p) * x.slope};
  }
  refuse(reader, run_format(reader->run, "has a function '%.40s', which is not known here", name));
  return x;
}

static Dual atom(Reader *reader) {
  Dual value = {(double)NAN, (double)NAN};
  skip(reader);
  const char *from = reader->at;
  if (run_failed(reader->run)) return value;
  if (++reader->depth > DEEPEST) {
    refuse(reader, "is nested too deeply");
  } else if (take(reader, '(')) {
    value = sum(reader);
    if (!take(reader, ')')) refuse(reader, "has a parenthesis that is not closed");
  } else if (take(reader, '|')) {
    value = call(reader, "abs", sum(reader));
    if (!take(reader, '|')) refuse(reader, "has a | that is not closed");
  } else if ((*from >= '0' && *from <= '9') || (*from == '.' && from[1] >= '0' && from[1] <= '9')) {
    value = number(reader);
  } else {
    size_t length = 0;
    while ((from[length] >= 'a' && from[length] <= 'z') || (from[length] >= 'A' && from[length] <= 'Z') || from[length] == '_' || (unsigned char)from[length] >= 128 ||
           (length && from[length] >= '0' && from[length] <= '9'))
      length++;
    const char *name = run_text_n(reader->run, from, length);
    reader->at += length;
    if (!name) return value;
    if (!length) refuse(reader, *from ? "cannot be read" : "ends too early");
    else if (take(reader, '(')) {
      value = call(reader, name, sum(reader));
      if (!take(reader, ')')) refuse(reader, "has a parenthesis that is not closed");
    } else {
      value = reader->of(reader->context, name);
    }
  }
  reader->depth--;
  return value;
}

static Dual signed_power(Reader *reader) {
  if (++reader->depth > DEEPEST) {
    refuse(reader, "is nested too deeply");
    return (Dual){(double)NAN, (double)NAN};
  }
  Dual value;
  if (take(reader, '-')) {
    value = signed_power(reader);
    value = (Dual){-value.value, -value.slope};
  } else {
    take(reader, '+');
    value = atom(reader);
    if (!run_failed(reader->run) && take(reader, '^')) {
      Dual to = signed_power(reader), base = value;
      value.value = pow(base.value, to.value);
      value.slope = (base.slope == 0 ? 0 : to.value * pow(base.value, to.value - 1) * base.slope) + (to.slope == 0 ? 0 : value.value * log(base.value) * to.slope);
    }
  }
  reader->depth--;
  return value;
}

static Dual product(Reader *reader) {
  Dual value = signed_power(reader);
  while (!run_failed(reader->run)) {
    if (take(reader, '*')) {
      Dual by = signed_power(reader);
      value = (Dual){value.value * by.value, value.slope * by.value + value.value * by.slope};
    } else if (take(reader, '/')) {
      Dual by = signed_power(reader);
      value = (Dual){value.value / by.value, (value.slope - value.value / by.value * by.slope) / by.value};
    } else {
      break;
    }
  }
  return value;
}

static Dual sum(Reader *reader) {
  Dual value = product(reader);
  while (!run_failed(reader->run)) {
    bool plus = take(reader, '+');
    if (!plus && !take(reader, '-')) break;
    Dual by = product(reader);
    value = plus ? (Dual){value.value + by.value, value.slope + by.slope} : (Dual){value.value - by.value, value.slope - by.slope};
  }
  return value;
}

Dual print_expression(Run *run, const char *option, const char *text, DualOf *of, void *context) {
  Reader reader = {.run = run, .option = option, .text = text, .at = text, .of = of, .context = context};
  Dual value = sum(&reader);
  skip(&reader);
  if (!run_failed(run) && *reader.at) refuse(&reader, "cannot be read to its end");
  return run_failed(run) || !isfinite(value.value) ? (Dual){(double)NAN, (double)NAN} : value;
}
