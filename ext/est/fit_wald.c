/* fit_wald.c: joint test of linear hypotheses about a fit's terms.
 *
 * 1. H0: R b = r. W = (R b - r)' (R V R')^- (R b - r). With t statistics (the fit's df_t is finite) F = W / q, df1 = q, df2 = df_t;
 *    otherwise W itself, chi-squared, df1 = q and df2 NULL. Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, section 4.2.3;
 *    Stata's `test` and fixest's `wald` do the same.
 * 2. Hypotheses are separated by commas: sums of terms with coefficients on both sides, `2*x1 - x2 = 1`, `x1 = x2 = 0`; without `=` it is `= 0`. A name
 *    with one or more * is a pattern and stands alone: `year::*` says that every term that matches is 0 (or what follows `=`).
 * 3. Terms are found by their whole name, the longest that fits; blanks do not matter. So a name may hold commas, colons, parentheses, signs and quotes.
 *    A name in double quotes is taken as it stands.
 * 4. A hypothesis that follows from the others is left out (q counts the rest), one that contradicts them is an error; so is one about a dropped
 *    term, except that patterns pass dropped terms by. Where V has too little rank for q hypotheses (fewer clusters), q is the rank. */
#include "est.h"

#include <stdlib.h>

typedef struct Hypotheses {
  Run *run;
  const Fit *fit;
  int k;             /* terms with rows in the vcov */
  int rows, capacity;
  double *row;       /* rows x (k + 1): R and, last, r */
} Hypotheses;

/* ------------------------------------------------------------------------------------------------ names */

static bool blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *skip(const char *at) {
  while (blank(*at)) at++;
  return at;
}

/* Behind the name, if the text starts with it (blanks apart); else NULL. */
static const char *behind(const char *text, const char *name) {
  for (;;) {
    text = skip(text);
    name = skip(name);
    if (!*name) return text;
    if (*text++ != *name++) return NULL;
  }
}

/* May follow a term: so that x1 is not found in x10, nor a in a:b. */
static bool ends_name(char c) {
  return c == 0 || strchr(",=+-*/;", c) != NULL;
}

/* The term that the text starts with: the longest; -1: none. */
static int term_at(const Hypotheses *all, const char **text) {
  int found = -1;
  const char *end = *text;
  for (int i = 0; i < all->k; i++) {
    const char *rest = behind(*text, all->fit->term[i].term);
    if (!rest || !ends_name(*rest) || rest <= end) continue;
    found = i;
    end = rest;
  }
  *text = end;
  return found;
}

/* How far a name that is not known reaches, for the message. */
static int name_length(const char *text) {
  int length = 0, depth = 0;
  while (text[length] && (depth > 0 || !strchr(",=+*;", text[length]))) {
    if (text[length] == '(') depth++;
    if (text[length] == ')' && depth > 0) depth--;
    length++;
  }
  while (length > 0 && blank(text[length - 1])) length--;
  return length;
}

static void fail_name(const Hypotheses *all, const char *text) {
  char names[300];
  size_t length = 0;
  int listed = 0;
  for (; listed < all->k; listed++) { /* as many as fit */
    const char *name = all->fit->term[listed].term;
    size_t more = strlen(name) + 4;
    if (length + more >= sizeof names) break;
    memcpy(names + length, listed ? ", '" : " '", listed ? 3 : 2);
    length += listed ? 3 : 2;
    memcpy(names + length, name, strlen(name));
    length += strlen(name);
    names[length++] = '\'';
  }
  names[length] = 0;
  const char *wanted = run_text_n(all->run, text, (size_t)name_length(text)), *near = NULL;
  if (!wanted) return;
  size_t factor = strlen(wanted), open = strncmp(wanted, "i(", 2) == 0 && wanted[factor - 1] == ')' ? 2 : 0;
  factor -= open + (open > 0);
  for (int i = 0; i < all->k && factor && !near; i++) { /* i(region) and region mean region::*, Intercept means (Intercept) */
    const char *known = all->fit->term[i].term;
    bool same = strncmp(known, wanted + open, factor) == 0;
    if (same && strncmp(known + factor, "::", 2) == 0) near = run_format(all->run, "%.*s::*", (int)factor, wanted + open);
    if (strcmp(wanted, "Intercept") == 0 && strcmp(known, "(Intercept)") == 0) near = known;
  }
  run_fail(all->run, "no term '%s' in the hypothesis%s%s%s; the terms are%s%s", wanted, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", names,
           listed < all->k ? ", ..." : "");
}

/* ------------------------------------------------------------------------------------------------ parsing */

static double *add_row(Hypotheses *all) {
  size_t width = (size_t)all->k + 1;
  if (all->rows == all->capacity) {
    int wanted = all->capacity ? 2 * all->capacity : 8;
    double *more = run_grow(all->run, all->row, (size_t)wanted, width * sizeof *more);
    if (!more) return NULL;
    all->row = more;
    all->capacity = wanted;
  }
  double *row = all->row + (size_t)all->rows++ * width;
  memset(row, 0, width * sizeof *row);
  return row;
}

bool unsigned_number_at(const char **text, double *value) {
  const char *at = *text;
  double whole = 0, scale = 1;
  int digits = 0;
  for (; *at >= '0' && *at <= '9'; at++, digits++) whole = whole * 10 + (*at - '0');
  if (*at == '.') {
    for (at++; *at >= '0' && *at <= '9'; at++, digits++) {
      whole = whole * 10 + (*at - '0');
      scale *= 10;
    }
  }
  if (!digits) return false;
  int exponent = 0;
  if ((*at == 'e' || *at == 'E') && ((at[1] >= '0' && at[1] <= '9') || ((at[1] == '+' || at[1] == '-') && at[2] >= '0' && at[2] <= '9'))) {
    bool negative = at[1] == '-';
    at += at[1] == '-' || at[1] == '+' ? 2 : 1;
    for (; *at >= '0' && *at <= '9'; at++) exponent = exponent < 1000 ? exponent * 10 + (*at - '0') : exponent;
    if (negative) exponent = -exponent;
  }
  double power = pow(10, abs(exponent)); /* whole numbers and powers of ten up to 10^22 are exact: one rounding */
  *value = exponent < 0 ? whole / (scale * power) : whole / scale * power;
  *text = at;
  return true;
}

/* One product of numbers and at most one term, factors joined by * or a number followed by / number: added to the row. */
static bool read_product(const Hypotheses *all, const char **text, double sign, double *row) {
  double factor = sign;
  int term = -1;
  const char *at = skip(*text), *start = at;
  for (bool divide = false;; at = skip(at + 1)) {
    double number;
    int next = divide ? -1 : term_at(all, &at);
    const char *quoted_end = *at == '"' && next < 0 ? strchr(at + 1, '"') : NULL;
    if (quoted_end) { /* (3) */
      const char *name = run_text_n(all->run, at + 1, (size_t)(quoted_end - at - 1));
      if (!name) return false;
      for (int i = 0; i < all->k; i++) {
        if (strcmp(all->fit->term[i].term, name) == 0) next = i;
      }
      if (next < 0) {
        fail_name(all, name);
        return false;
      }
      at = quoted_end + 1;
    }
    if (next >= 0 && term >= 0) {
      run_fail(all->run, "the hypothesis is not linear: '%.*s' multiplies two terms", (int)(at - start), start);
      return false;
    }
    if (next >= 0) term = next;
    else if (unsigned_number_at(&at, &number)) factor = divide ? factor / number : factor * number;
    else {
      if (!*at || strchr(",=+-*/;", *at)) run_fail(all->run, "the hypothesis misses a term or a number before '%.20s'", *at ? at : "its end");
      else fail_name(all, at);
      return false;
    }
    at = skip(at);
    if (*at != '*' && *at != '/') break;
    divide = *at == '/';
  }
  if (!isfinite(factor)) {
    run_fail(all->run, "a number of the hypothesis is not finite: '%.*s'", (int)(at - start), start);
    return false;
  }
  if (term >= 0) row[term] += factor;
  else row[all->k] -= factor; /* a number moves to the right side */
  *text = at;
  return true;
}

/* A sum, added to the row with this sign. */
static bool read_side(const Hypotheses *all, const char **text, double sign, double *row) {
  const char *at = skip(*text);
  double next = sign;
  if (*at == '-' || *at == '+') next = *at++ == '-' ? -sign : sign;
  while (read_product(all, &at, next, row)) {
    if (*at == '+' || *at == '-') {
      next = *at++ == '-' ? -sign : sign;
      continue;
    }
    *text = at;
    return true;
  }
  return false;
}

/* The pattern matches the whole name, blanks apart; * stands for any characters. */
static bool matches(const char *pattern, size_t length, const char *name) {
  const char *end = pattern + length, *star = NULL, *retry = NULL;
  for (;;) {
    while (pattern < end && blank(*pattern)) pattern++;
    name = skip(name);
    if (pattern < end && *pattern == '*') {
      star = ++pattern;
      retry = name;
    } else if (pattern < end && *name && *pattern == *name) {
      pattern++;
      name++;
    } else if (pattern == end && !*name) {
      return true;
    } else if (star && *retry) {
      pattern = star;
      name = ++retry;
    } else {
      return false;
    }
  }
}

/* A pattern up to the next comma or = outside parentheses: rows for the terms that match. False: there is no pattern here. */
static bool read_pattern(Hypotheses *all, const char **text) {
  const char *start = skip(*text), *at = start;
  bool star = false;
  for (int depth = 0; *at && (depth > 0 || !strchr(",=;", *at)); at++) {
    depth += *at == '(' ? 1 : *at == ')' && depth > 0 ? -1 : 0;
    star |= *at == '*';
  }
  if (!star) return false;
  size_t length = (size_t)(at - start);
  int found = 0, first = all->rows, dropped = 0;
  for (int i = 0; i < all->k; i++) {
    if (!matches(start, length, all->fit->term[i].term)) continue;
    if (isnan(all->fit->term[i].estimate)) {
      dropped++;
      continue;
    }
    double *row = add_row(all);
    if (!row) return true;
    row[i] = 1;
    found++;
  }
  if (!found && !dropped) return false;
  if (!found) run_fail(all->run, "every term that '%.*s' matches was dropped as collinear", (int)length, start);
  if (*at == '=') {
    at++;
    if (*at == '=') at++;
    double *value = NEW_ARRAY(all->run, double, all->k + 1);
    if (!value || !read_side(all, &at, -1, value)) return true;
    for (int row = first; row < all->rows; row++) {
      double *wanted = all->row + (size_t)row * ((size_t)all->k + 1);
      for (int i = 0; i <= all->k; i++) wanted[i] += value[i];
    }
  }
  *text = at;
  return true;
}

/* side [= side ...]: each = is a hypothesis, none means = 0. */
static void read_equation(Hypotheses *all, const char **text) {
  const char *at = *text;
  double *left = NEW_ARRAY(all->run, double, all->k + 1);
  if (!left || !read_side(all, &at, 1, left)) return;
  size_t width = (size_t)all->k + 1;
  if (*at != '=') {
    double *row = add_row(all);
    if (row) memcpy(row, left, width * sizeof *row);
  }
  while (*at == '=' && !run_failed(all->run)) {
    at++;
    if (*at == '=') at++;
    double *right = NEW_ARRAY(all->run, double, width), *row = add_row(all);
    if (!row || !right || !read_side(all, &at, 1, right)) return;
    for (size_t i = 0; i < width; i++) row[i] = left[i] - right[i];
    left = right;
  }
  *text = at;
}

static void read_hypotheses(Hypotheses *all, const char *text) {
  const char *at = skip(text);
  if (!*at) run_fail(all->run, "the hypotheses are empty: write 'x1 = 0', or 'x1 = x2, x3 = 0'");
  while (!run_failed(all->run)) {
    const char *probe = skip(at);
    bool product = term_at(all, &probe) >= 0 && (*probe != '*' || !strchr(",=;", *skip(probe + 1))); /* x1*2, but not x1* */
    if (product || !read_pattern(all, &at)) {
      const char *before = at;
      read_equation(all, &at);
      if (!run_failed(all->run) && at == before) return;
    }
    at = skip(at);
    if (run_failed(all->run) || !*at) return;
    if (*at != ',' && *at != ';') {
      run_fail(all->run, "a comma, '=' or the end was expected in the hypotheses before '%.40s'", at);
      return;
    }
    at++;
  }
}

/* ------------------------------------------------------------------------------------------------ the test */

/* (4): leaves rows that are independent of those before; false if one contradicts them. reduced is a row echelon form of the kept rows. */
static bool keep_independent(Hypotheses *all) {
  size_t k = (size_t)all->k, width = k + 1;
  double *reduced = NEW_ARRAY(all->run, double, (size_t)all->rows * width);
  size_t *pivot = NEW_ARRAY(all->run, size_t, all->rows);
  if (!reduced || !pivot) return false;
  int kept = 0;
  for (int row = 0; row < all->rows; row++) {
    double *given = all->row + (size_t)row * width, *now = reduced + (size_t)kept * width;
    double largest = 0, size = fabs(given[k]);
    for (size_t i = 0; i < k; i++) largest = fmax(largest, fabs(given[i]));
    if (largest == 0 && size > 0) {
      run_fail(all->run, "a hypothesis names no term but two different numbers");
      return false;
    }
    if (!run_poll(all->run, ((uint64_t)kept + 1) * width)) return false;
    double scale = largest > 0 ? largest : 1;
    for (size_t i = 0; i < width; i++) now[i] = given[i] / scale;
    size = fmax(1, fabs(now[k]));
    for (int r = 0; r < kept; r++) {
      const double *other = reduced + (size_t)r * width;
      double factor = now[pivot[r]];
      size = fmax(size, fabs(factor * other[k]));
      for (size_t i = 0; i < width; i++) now[i] -= factor * other[i];
      now[pivot[r]] = 0;
    }
    size_t best = 0;
    for (size_t i = 1; i < k; i++) {
      if (fabs(now[i]) > fabs(now[best])) best = i;
    }
    if (k == 0 || fabs(now[best]) < 1e-10) {
      if (fabs(now[k]) > 1e-10 * size) {
        run_fail(all->run, "hypothesis %d contradicts the ones before it", row + 1);
        return false;
      }
      continue;
    }
    double lead = now[best];
    for (size_t i = 0; i < width; i++) now[i] /= lead;
    pivot[kept] = best;
    memmove(all->row + (size_t)kept * width, given, width * sizeof *given);
    kept++;
  }
  all->rows = kept;
  return true;
}

static void rows_wald(Run *run, const Fit *fit, const FitArguments *arguments, Result *result) {
  Hypotheses all = {.run = run, .fit = fit, .k = fit->vcov_terms};
  if (!all.k) {
    run_fail(run, "the fit has no covariance matrix to test with");
    return;
  }
  read_hypotheses(&all, arguments->text[0]);
  if (run_failed(run)) return;
  size_t k = (size_t)all.k, width = k + 1;
  for (int row = 0; row < all.rows; row++) {
    for (size_t i = 0; i < k; i++) {
      if (all.row[(size_t)row * width + i] != 0 && (isnan(fit->term[i].estimate) || isnan(fit->vcov[i + i * k]))) {
        run_fail(run, "the term '%.100s' has no %s, so nothing can be tested about it", fit->term[i].term,
                 isnan(fit->term[i].estimate) ? "estimate in this fit (it was dropped as collinear)" : "error under the vcov of this fit");
        return;
      }
    }
  }
  if (!keep_independent(&all)) return;
  if (!all.rows) {
    run_fail(run, "the hypotheses hold whatever the terms are");
    return;
  }
  size_t q = (size_t)all.rows;
  double *distance = NEW_ARRAY(run, double, q), *product = NEW_ARRAY(run, double, k), *variance = NEW_ARRAY(run, double, q * q);
  int *position = NEW_ARRAY(run, int, q), rank = 0;
  if (run_failed(run)) return;
  for (size_t a = 0; a < q; a++) { /* R b - r and R V R', passing over dropped terms, whose numbers are NAN */
    const double *left = all.row + a * width;
    if (!run_poll(run, k * k + q * k)) return;
    position[a] = (int)a;
    distance[a] = -left[k];
    memset(product, 0, k * sizeof *product);
    for (size_t i = 0; i < k; i++) {
      if (left[i] == 0) continue;
      distance[a] += left[i] * fit->term[i].estimate;
      for (size_t j = 0; j < k; j++) product[j] += left[i] * fit->vcov[i + j * k];
    }
    for (size_t b = 0; b < q; b++) {
      const double *right = all.row + b * width;
      for (size_t j = 0; j < k; j++) {
        if (right[j] != 0) variance[a + b * q] += product[j] * right[j];
      }
    }
  }
  double wald = wald_statistic(run, (int)q, distance, variance, (int)q, position, &rank), df2 = fit_stat_value(fit, "df_t");
  Cell *row = result_add_row(result);
  if (!row || isnan(wald)) return; /* no variance at all: NULLs */
  bool exact = isfinite(df2) && df2 > 0;
  cell_number(&row[0], exact ? wald / rank : wald);
  cell_count(&row[1], rank);
  cell_count(&row[2], exact ? df2 : (double)NAN);
  cell_number(&row[3], exact ? f_upper(wald / rank, rank, df2) : chi2_upper(wald, rank));
}

const FitFunction FIT_FUNCTION_WALD = {
    .name = "fit_wald",
    .arguments = "fit, hypotheses",
    .summary = "joint Wald test of linear hypotheses about the terms: 'x1 = x2, x3 = 0', 'year::*'",
    .columns = (const char *const[]){"statistic", "df1", "df2", "p_value", NULL},
    .rows = rows_wald,
    .example = "SELECT * FROM fit_wald(econ_fit('fe_ols', 'grunfeld', 'invest ~ value + capital | firm + year'), 'value = capital')",
};
