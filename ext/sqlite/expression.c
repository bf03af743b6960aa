/* expression.c: one SQL expression over the source's columns, checked and made fit for the source query.
 *
 * 1. A bare name that is a column of the source is that column, whatever it means in SQL, and is written "quoted" in the column's own spelling.
 *    Alone this holds for every word; inside a larger expression not for the words of SQL's expressions (AND, CASE, IN ...), before a
 *    parenthesis (a function), beside a dot, or after AS and COLLATE. Names with dots, as R writes them (Sepal.Length), are columns too where there is one.
 * 2. Another bare or "quoted" name is an error that offers the nearest column, so that SQLite never takes "dtt" for a text. Once a subquery or a
 *    window appears in the expression its unknown names are left to SQL.
 * 3. a / b is written a *1.0/ b: it divides as real numbers, with the same precedence. I(a) is (a).
 * 4. Refused with what to write instead: log( , whose base is 10 in SQLite, ^ and : and bind parameters, which SQL would misread, and the
 *    functions of formulas (l, f, d, i) and, outside subqueries, of R and Stata where only SQL can stand.
 * 5. The name shown is the text with blanks removed but between words; a lone quoted name loses its quotes.
 * 6. In an aggregate's spec (columns NULL) names cannot be checked: the text only labels a value. */
#include "sql.h"

/* Words that never are columns inside a larger expression. */
static const char *const OPERATOR_WORDS[] = {
  "and", "or", "not", "null", "case", "when", "then", "else", "end", "is", "in", "like", "glob", "regexp", "match", "between", "cast", "as",
  "collate", "escape", "exists", "isnull", "notnull", "distinct", "from", "raise", NULL};
/* Words that are columns if there is such a column. */
static const char *const LITERAL_WORDS[] = {"true", "false", "current_date", "current_time", "current_timestamp", "rowid", "oid", "_rowid_", NULL};
/* What may stand in a subquery or a window. */
static const char *const QUERY_WORDS[] = {
  "select", "all", "where", "group", "by", "having", "order", "limit", "offset", "union", "intersect", "except", "join", "left", "inner",
  "outer", "cross", "natural", "on", "using", "asc", "desc", "values", "with", "recursive", "over", "partition", "rows", "range", "groups",
  "preceding", "following", "unbounded", "current", "row", "exclude", "filter", "nulls", "first", "last", "window", NULL};

static bool one_of(const Token *token, const char *const *words) {
  for (; *words; words++)
    if (token_is(token, *words)) return true;
  return false;
}

const char *column_find(const SourceColumns *columns, const char *name) {
  for (int i = 0; i < columns->count; i++)
    if (names_equal(columns->name[i], name)) return columns->name[i];
  return NULL;
}

static void no_column(Run *run, const SourceColumns *columns, const char *name, const Token *token) {
  enum { FEW = 12 };
  Text hint = {run, NULL, 0, 0};
  text_add(&hint, "");
  const char *near = nearest_name(name, columns->count, columns->name);
  if (near) {
    text_format(&hint, "; did you mean '%s'?", near);
  } else if (strstr(name, "\xEF\xBC") || strstr(name, "\xE3\x80\x80")) {
    text_add(&hint, "; signs and blanks between names must be the plain ones: , : ( )");
  } else if (token->type == TOKEN_QUOTED_NAME && *token->start == '"') {
    text_format(&hint, "; a text stands in single quotes: '%s'", name);
  } else if (columns->count <= FEW) {
    for (int i = 0; i < columns->count; i++) text_format(&hint, "%s%s", i ? ", " : "; its columns are ", columns->name[i]);
  }
  const char *quote = columns->quote ? columns->quote : "";
  if (!run_failed(run)) run_fail(run, "no column '%.200s' in %s%.100s%s%.500s", name, quote, columns->source, quote, hint.data);
}

/* What formulas and R have and SQL has not (4). */
static void check_function(Run *run, TokenList list, int i, bool query) {
  static const struct {
    const char *name, *advice;
  } FOREIGN[] = {
    {"log", "SQLite's log is base 10: write ln(x) or log10(x)"},
    {"factor", "write i(x) for dummies, or name x among the absorbed effects"},
    {"poly", "write the powers: x + I(x*x)"},
    {"bs", "compute the columns of a spline in SQL first"},
    {"ns", "compute the columns of a spline in SQL first"},
    {"scale", "standardise in SQL or with panel_prepare's zscore(x)"},
    {"lag", "write l(x) or l(x,2)"},
    {"lead", "write f(x) or f(x,2)"},
    {"diff", "write d(x)"},
    {"ifelse", "write iif(condition, a, b)"},
    {"offset", "give offset=x among the options"},
    {"c", "one formula has one outcome; lists stand in ref=(a,b)"},
    {"sw", "one formula is one model; a join with a table of formulas runs several"},
    {"sw0", "one formula is one model; a join with a table of formulas runs several"},
    {"csw", "one formula is one model; a join with a table of formulas runs several"},
    {"csw0", "one formula is one model; a join with a table of formulas runs several"},
    {"mvsw", "one formula is one model; a join with a table of formulas runs several"},
    {"sunab", "write did_att(source, 'y ~ 1 | unit + time', 'method=sunab, cohort=g')"},
    {"log1p", "write ln(1 + x)"},
    {"mean", "what is computed over rows belongs into the source: 'SELECT *, avg(x) OVER (PARTITION BY unit) AS mean_x FROM t'"},
  };
  const Token *token = &list.token[i];
  if (token->length == 1 && *token->start == 'C') run_fail(run, "C(...) is not known here: write i(x) for dummies, or name x among the absorbed effects");
  for (size_t j = 0; j < sizeof FOREIGN / sizeof FOREIGN[0]; j++)
    if (token_is(token, FOREIGN[j].name) && (j == 0 || !query)) run_fail(run, "%s(...) is not known here: %s", FOREIGN[j].name, FOREIGN[j].advice);
  if (token->length != 1) return;
  if (strchr("lfd", *token->start))
    run_fail(run, "%c(...) must be a variable of its own, not part of an expression or of another l(), f() or d()", *token->start);
  if (*token->start == 'i')
    run_fail(run, "i(...) makes dummies: it can stand only among the regressors, as a term of its own or in a product a:i(f); an effect or a cluster is named as it is");
  if (strchr("LFD", *token->start))
    run_fail(run, "%c(...) is not known here: write %c(x), with a small letter", *token->start, *token->start + 'a' - 'A');
}

/* name.name: as.factor(x), L.x and i.x belong to R and Stata. */
static void check_qualifier(Run *run, TokenList list, int i) {
  const Token *token = &list.token[i], *after = tokens_at(list, i + 2);
  if (token_is(token, "as"))
    run_fail(run, "as.%.*s(...) is not known here: write i(x) for dummies, or SQL such as CAST(x AS REAL)", after->length, after->start);
  if (token_is(token, "is") && token_is(after, "na")) run_fail(run, "is.na(...) is not known here: write (x IS NULL)");
  bool letter = token->length <= 3 && strchr("lLfFdDiIcCbB", *token->start);
  for (int j = 1; j < token->length; j++) letter = letter && token->start[j] >= '0' && token->start[j] <= '9';
  if (!letter) return;
  run_fail(run, "'%.*s.%.*s' is not known here: write l(x), f(x), d(x) for lags, leads and differences and i(x) for dummies", token->length,
           token->start, after->length, after->start);
}

typedef struct Place {
  Run *run;
  const SourceColumns *columns;
  TokenList list;
  bool query; /* a subquery or a window is somewhere in the expression */
  Text *sql;
} Place;

static void add_as_is(Place *place, const Token *token) {
  text_add_n(place->sql, token->start, (size_t)token->length);
}

/* Sepal.Length without blanks, where the source has such a column: writes it and returns how many tokens it took, else 0. */
static int add_dotted_name(Place *place, int i) {
  const TokenList list = place->list;
  const Token *first = &list.token[i];
  if (!place->columns || first->type != TOKEN_NAME || !token_is(tokens_at(list, i + 1), ".") || token_is(tokens_at(list, i - 1), ".")) return 0;
  int end = i + 1;
  while (end < list.count && list.token[end].start == list.token[end - 1].start + list.token[end - 1].length &&
         (token_is(&list.token[end], ".") || list.token[end].type == TOKEN_NAME || list.token[end].type == TOKEN_NUMBER))
    end++;
  for (; end > i + 1; end--) {
    const Token *last = &list.token[end - 1];
    const char *name = run_text_n(place->run, first->start, (size_t)(last->start + last->length - first->start));
    const char *column = name ? column_find(place->columns, name) : NULL;
    if (!column) continue;
    text_identifier(place->sql, column);
    return end - i;
  }
  return 0;
}

static void add_name(Place *place, int i) {
  const Token *token = &place->list.token[i], *previous = tokens_at(place->list, i - 1), *next = tokens_at(place->list, i + 1);
  bool bare = token->type == TOKEN_NAME, alone = place->list.count == 1, after_dot = token_is(previous, "."), before_dot = token_is(next, ".");
  bool call = next->type == TOKEN_OPEN;
  if (bare && before_dot && !after_dot && !place->query && tokens_at(place->list, i + 2)->type == TOKEN_NAME)
    check_qualifier(place->run, place->list, i);
  if (bare && call && !after_dot) check_function(place->run, place->list, i, place->query);
  if (bare && call && token->length == 1 && *token->start == 'I') return; /* I(x) is (x) */
  bool left_to_sql = after_dot || before_dot || call || token_is(previous, "as") || token_is(previous, "collate");
  if (bare && !alone) left_to_sql = left_to_sql || one_of(token, OPERATOR_WORDS) || (place->query && one_of(token, QUERY_WORDS));
  if (left_to_sql || !place->columns) {
    add_as_is(place, token);
    return;
  }
  const char *name = token_unquoted(place->run, token);
  const char *column = name ? column_find(place->columns, name) : NULL;
  if (column) text_identifier(place->sql, column);
  else if (place->query || (bare && one_of(token, LITERAL_WORDS))) add_as_is(place, token);
  else if (name) no_column(place->run, place->columns, name, token);
}

static void add_sign(Place *place, int i) {
  const Token *token = &place->list.token[i];
  Run *run = place->run;
  if (token_is(token, "/")) {
    text_add(place->sql, "*1.0/");
    return;
  }
  if (token_is(token, "%") && tokens_at(place->list, i + 1)->type == TOKEN_NAME && token_is(tokens_at(place->list, i + 2), "%") &&
      token_is(tokens_at(place->list, i + 1), "in"))
    run_fail(run, "%%in%% is not known here: write x IN (1, 2)");
  if (token_is(token, "^"))
    run_fail(run, "'^' is no operator of SQL: write I(x*x) for the square of x; a^b combines effects, clusters and other levels only");
  if (token_is(token, ":"))
    run_fail(run, "':' is no operator of SQL: a product is a*b inside parentheses; a:b is an interaction outside of them");
  if (token_is(token, ";")) run_fail(run, "';' cannot stand inside an expression");
  if (token->type == TOKEN_OTHER && token->length == 1) {
    if (*token->start > ' ' && *token->start < 127) run_fail(run, "'%c' cannot stand in an expression", *token->start);
    else run_fail(run, "the character with the code %d cannot stand in an expression", (unsigned char)*token->start);
  }
  add_as_is(place, token);
}

void expression_compile(Run *run, const SourceColumns *columns, TokenList list, Input *input) {
  *input = (Input){"", NULL};
  if (run_failed(run)) return;
  const Token *first = tokens_at(list, 0);
  if (list.count == 0) run_fail(run, "a variable is missing");
  if (list.count == 1 && first->type == TOKEN_NUMBER && !columns)
    run_fail(run, "%.*s is a number, not the name of a value", first->length, first->start);
  if (list.count == 1 && first->type == TOKEN_OPERATOR) run_fail(run, "'%.*s' is no variable", first->length, first->start);
  if (tokens_find(list, 0, ",") < list.count) run_fail(run, "a ',' cannot stand in the expression '%.200s'; terms and effects are parted by '+'", tokens_raw(run, list));
  bool quoted = list.count == 1 && first->type == TOKEN_QUOTED_NAME;
  input->text = quoted ? token_unquoted(run, first) : tokens_text(run, list);
  if (!input->text) input->text = "";
  Text sql = {run, NULL, 0, 0};
  Place place = {run, columns, list, false, &sql};
  for (int i = 0; i < list.count && list.count > 1; i++) {
    bool call = tokens_at(list, i + 1)->type == TOKEN_OPEN;
    const Token *token = &list.token[i];
    place.query = place.query || token_is(token, "select") || (call && (token_is(token, "values") || token_is(token, "over")));
  }
  if (list.count > 1) text_add(&sql, "(");
  for (int i = 0; i < list.count && run_poll(run, 200); i++) {
    const Token *token = &list.token[i];
    if (i) text_add(&sql, " ");
    int dotted = add_dotted_name(&place, i);
    if (dotted) {
      i += dotted - 1;
      continue;
    }
    if (token->type == TOKEN_NAME || token->type == TOKEN_QUOTED_NAME) add_name(&place, i);
    else if (token->type == TOKEN_OPERATOR || token->type == TOKEN_OTHER) add_sign(&place, i);
    else add_as_is(&place, token);
  }
  if (list.count > 1) text_add(&sql, ")");
  if (columns) input->sql = sql.data;
}
