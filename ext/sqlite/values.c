/* values.c: the text of an option becomes a typed value.
 *
 * 1. Numbers are strict: the whole text is one number, whatever the locale; integers are whole. Lists are .5 or (.1,.5,.9), ranges lo:hi or
 *    (lo,hi) with lo <= hi. Words may stand in quotes, capitals do not matter; a choice is kept as its spec spells it, its index in integer.
 * 2. Variables, levels, terms, panel= and where= are compiled as in a formula. In where= (and where a spec says "optional") NULL does not drop
 *    the row. Another word among the choices of levels means that none is given (scope=pooled).
 * 3. vcov: iid, hc0..hc4 (robust, white, hetero: hc1), cluster(a), cluster(a+b), cluster(a,b), cluster(a^b), nw(L), dk(L),
 *    conley(latitude, longitude, km), wild(g, reps=R, weights=rademacher|webb|mammen, seed=S), cv3(g). The text kept is the shortest such form.
 * 4. Calls name(argument, key=value). Of bare calls each argument is looked up: numbers, strings, and (behind the first argument) names that are no
 *    column are words; anything else is one variable, or several names side by side: winsor(x1 x2, .01). In an aggregate's spec only the first is.
 *    Each makes a column for each variable of its first argument: winsor_x1, winsor_x2, l2_x for l(x, 2); one column can be named: w=winsor(x, .01) or
 *    winsor(x, .01) AS w. Later calls find these columns by their names. Two of one name, and a column of the source of that name, are errors.
 * 5. A value that was not given and has no default: number, low, high NAN; variable and the index of a choice -1; text, list, vcov NULL. */
#include "sql.h"

#include <stdlib.h>

typedef struct Place {
  Compiler *compiler;
  Run *run;
  OptionValue *value;
} Place;

static void refuse(const Place *place, const char *wanted) {
  const OptionSpec *spec = place->value->spec;
  run_fail(place->run, "%s=%.100s: %s is needed%s%s%s", spec->name, place->value->text, wanted, spec->help ? " (" : "", spec->help ? spec->help : "",
           spec->help ? ")" : "");
}

/* The text without blanks around it and without one pair of quotes. */
static const char *word_of(Run *run, const char *text) {
  size_t length = strlen(text);
  while (length && strchr(" \t\r\n", *text)) text++, length--;
  while (length && strchr(" \t\r\n", text[length - 1])) length--;
  if (length >= 2 && strchr("'\"", *text) && text[length - 1] == *text && !memchr(text + 1, *text, length - 2)) {
    text++;
    length -= 2;
  }
  const char *word = run_text_n(run, text, length);
  return word ? word : "";
}

/* The index in "a|b|c" of a word, -1 where it is none. Its spelling there is written. */
static int choice_index(Run *run, const char *choices, const char *word, const char **spelling) {
  const char *at = choices;
  for (int i = 0; run_poll(run, 20); i++) {
    size_t length = strcspn(at, "|");
    const char *choice = run_text_n(run, at, length);
    if (choice && names_equal(choice, word)) {
      *spelling = choice;
      return i;
    }
    if (!at[length]) break;
    at += length + 1;
  }
  return -1;
}

/* Words of other programs, and ours; the first of ours that is a choice counts. */
static const struct {
  const char *theirs, *ours;
} SYNONYMS[] = {
  {"standard", "iid"},        {"unadjusted", "iid"},      {"crv1", "cluster"},       {"twoway", "cluster"},     {"crv3", "cv3"},         {"cr3", "cv3"},
  {"jackknife", "cv3"},       {"newey", "nw"},            {"driscoll", "dk"},        {"dkraay", "dk"},          {"hac", "nw"},           {"bootstrap", "boot"},
  {"bootstrap", "wild"},      {"csdid", "cs"},            {"callaway", "cs"},        {"callaway_santanna", "cs"}, {"attgt", "cs"},       {"sun_abraham", "sunab"},
  {"bjs", "imputation"},      {"did_imputation", "imputation"}, {"borusyak", "imputation"}, {"dynamic", "event"}, {"eventstudy", "event"}, {"simple", "att"},
  {"nevertreated", "never"},  {"never_treated", "never"}, {"notyettreated", "notyet"}, {"not_yet_treated", "notyet"}, {"nn", "nearest"}, {"neighbor", "nearest"},
  {"neighbour", "nearest"},   {"ebalance", "entropy"},    {"robust", "nid"},      {"hc1", "nid"},            {"epan", "epanechnikov"},  {"normal", "gaussian"},    {"nonnested", "nested"},
  {"twostep", "2"},           {"twosteps", "2"},          {"onestep", "1"},          {"fd", "difference"},      {"diff", "difference"},    {"fod", "deviations"},   {"orthogonal", "deviations"},
  {"cluster", "robust"},      {"windmeijer", "robust"},
};

static const char *synonym(const char *word, int count, const char *const *choice) {
  for (size_t i = 0; i < sizeof SYNONYMS / sizeof SYNONYMS[0]; i++)
    for (int j = 0; j < count && names_equal(SYNONYMS[i].theirs, word); j++)
      if (strcmp(SYNONYMS[i].ours, choice[j]) == 0) return choice[j];
  return NULL;
}

/* "x is none of a, b, c; did you mean 'b'?" */
static void refuse_word(Run *run, const char *option, const char *word, const char *choices) {
  enum { MOST = 64 };
  const char *name[MOST];
  int count = 0;
  Text list = {run, NULL, 0, 0};
  for (const char *at = choices; count < MOST; at++) {
    size_t length = strcspn(at, "|");
    name[count] = run_text_n(run, at, length);
    if (!name[count]) return;
    text_add(&list, count ? ", " : "");
    text_add(&list, name[count++]);
    at += length;
    if (!*at) break;
  }
  const char *known = synonym(word, count, name), *near = known ? known : nearest_name(word, count, name);
  run_fail(run, "%s=%.100s: it must be one of %.400s%s%s%s", option, word, list.data ? list.data : "", near ? "; did you mean '" : "",
           near ? near : "", near ? "'?" : "");
}

const char *alternatives(Run *run, const char *choices) {
  Text text = {run, NULL, 0, 0};
  for (const char *at = choices; *at; at += *at == '|') {
    size_t length = strcspn(at, "|");
    text_add(&text, at == choices ? "" : at[length] ? ", " : " or ");
    text_add_n(&text, at, length);
    at += length;
  }
  return text.data ? text.data : choices;
}

/* ------------------------------------------------------------------------------------------------ numbers and words */

static void read_number(const Place *place, TokenList list) {
  if (!tokens_number(place->run, list, &place->value->number) || !isfinite(place->value->number)) refuse(place, "a number");
}

static void read_integer(const Place *place, TokenList list) {
  OptionValue *value = place->value;
  bool number = tokens_number(place->run, list, &value->number);
  const char *digits = tokens_text(place->run, list);
  if (*digits == '-' || *digits == '+') digits++;
  if (!number || value->number != floor(value->number) || fabs(value->number) >= 0x1p63) {
    refuse(place, "a whole number");
    return;
  }
  bool plain = digits[strspn(digits, "0123456789")] == '\0'; /* seeds have more digits than a double */
  long long whole = plain ? strtoll(digits, NULL, 10) : (long long)fabs(value->number);
  value->integer = value->number < 0 ? -whole : whole;
}

static void read_boolean(const Place *place) {
  static const char *const WORDS = "0|1|no|yes|false|true|off|on";
  const char *spelling;
  int index = choice_index(place->run, WORDS, word_of(place->run, place->value->text), &spelling);
  if (index < 0) refuse(place, "1 or 0 (yes or no)");
  place->value->integer = index > 0 && index % 2;
  place->value->number = (double)place->value->integer;
}

static void read_choice(const Place *place) {
  OptionValue *value = place->value;
  const char *word = word_of(place->run, value->text), *spelling = word;
  value->integer = choice_index(place->run, value->spec->choices, word, &spelling);
  if (value->integer < 0) refuse_word(place->run, value->spec->name, word, value->spec->choices);
  value->text = spelling;
}

static void read_numbers(const Place *place, TokenList list) {
  TokenList piece;
  tokens_parenthesised(list, &list);
  double *number = NEW_ARRAY(place->run, double, list.count + 1);
  int at = 0;
  while (number && tokens_piece(list, &at, ",", &piece)) {
    if (!tokens_number(place->run, piece, &number[place->value->numbers++])) {
      refuse(place, "a number or a list (a,b)");
      return;
    }
  }
  place->value->list = number;
}

static void read_range(const Place *place, TokenList list) {
  OptionValue *value = place->value;
  tokens_parenthesised(list, &list);
  int middle = tokens_find(list, 0, ":,");
  bool good = middle < list.count && tokens_number(place->run, tokens_slice(list, 0, middle), &value->low) &&
              tokens_number(place->run, tokens_slice(list, middle + 1, list.count), &value->high);
  if (!good || value->low > value->high) refuse(place, "a range low:high");
}

/* ------------------------------------------------------------------------------------------------ calls */

/* The columns that the calls before make. */
typedef struct CallColumns {
  int count;
  const char **name;
} CallColumns;

static int column_before(const CallColumns *before, const char *name) {
  for (int i = 0; before && name && i < before->count; i++)
    if (names_equal(before->name[i], name)) return CALL_COLUMN + i;
  return -1;
}

/* x, ln(x), or names side by side: x1 x2. Ended by -1; NULL for a number or a word. */
static int *argument_variables(Compiler *compiler, TokenList list, bool first, const CallColumns *before) {
  Run *run = compiler->run;
  double number;
  bool names = true;
  for (int i = 0; i < list.count; i++) names = names && (list.token[i].type == TOKEN_NAME || list.token[i].type == TOKEN_QUOTED_NAME);
  if (tokens_number(run, list, &number) || (list.count == 1 && list.token->type == TOKEN_STRING)) return NULL;
  if (!first && !compiler->columns) return NULL;
  if (!first && list.count == 1 && list.token->type == TOKEN_NAME) {
    const char *name = token_unquoted(run, list.token);
    if (name && !column_find(compiler->columns, name)) return NULL;
  }
  int *variable = NEW_ARRAY(run, int, list.count + 2);
  if (!variable) return NULL;
  int count = 0;
  if (!names || !list.count) variable[count++] = compile_number(compiler, list, true);
  for (int i = 0; names && i < list.count; i++) {
    int known = column_before(before, token_unquoted(run, &list.token[i]));
    variable[count++] = known >= 0 ? known : compile_number(compiler, tokens_slice(list, i, i + 1), true);
  }
  variable[count] = -1;
  return variable;
}

/* ln(x) -> ln_x: what can be typed without quotes. */
static const char *plain_name(Run *run, const char *text) {
  size_t length = 0;
  char *name = text ? run_text(run, text) : NULL; /* NULL: no memory */
  for (const char *from = text; name && *from; from++) {
    bool plain = (*from >= '0' && *from <= '9') || (*from >= 'a' && *from <= 'z') || (*from >= 'A' && *from <= 'Z') || (unsigned char)*from >= 0x80;
    if (plain) name[length++] = *from;
    else if (length && name[length - 1] != '_') name[length++] = '_';
  }
  while (length && name[length - 1] == '_') length--;
  if (name) name[length] = '\0';
  return name;
}

static void name_columns(const Place *place, const char *given, const CallColumns *before, Call *call) {
  Run *run = place->run;
  const Model *model = place->compiler->model;
  const int *variable = call->arguments ? call->variable[0] : NULL;
  while (variable && variable[call->columns] >= 0) call->columns++;
  call->column = NEW_ARRAY(run, const char *, call->columns);
  if (run_failed(run)) return;
  if (given && call->columns > 1) run_fail(run, "'%.200s' makes %d columns, which '%s' alone cannot name", call->text, call->columns, given);
  bool steps = call->arguments > 1 && call->argument[1][0] && !call->argument[1][strspn(call->argument[1], "0123456789")];
  for (int i = 0; i < call->columns && !run_failed(run); i++) {
    const char *of = variable[i] >= CALL_COLUMN ? before->name[variable[i] - CALL_COLUMN] : model->variable[variable[i]].name;
    const char *name = given ? given : plain_name(run, run_format(run, "%s%s_%s", call->name, steps ? call->argument[1] : "", of));
    if (run_failed(run)) return;
    const SourceColumns *columns = place->compiler->columns;
    bool twice = column_before(before, name) >= 0;
    for (int j = 0; j < i; j++) twice = twice || names_equal(call->column[j], name);
    if (twice) run_fail(run, "two calls make a column '%s'; name one of them: new=%.200s", name, call->text);
    else if (columns && column_find(columns, name))
      run_fail(run, "the source already has a column '%s', which is what %.200s would make; name it otherwise: new=%.200s", name, call->text, call->text);
    call->column[i] = name;
  }
}

static void read_call(const Place *place, TokenList list, const CallColumns *before, Call *call) {
  Run *run = place->run;
  bool with_variables = before != NULL;
  const char *given = NULL;
  if (with_variables && tokens_at(list, 0)->type == TOKEN_NAME && token_is(tokens_at(list, 1), "=")) { /* new=call(x) */
    given = token_unquoted(run, list.token);
    list = tokens_slice(list, 2, list.count);
  } else if (with_variables && list.count > 2 && token_is(tokens_at(list, list.count - 2), "as")) { /* call(x) AS new */
    const Token *last = tokens_at(list, list.count - 1);
    if (last->type != TOKEN_NAME && last->type != TOKEN_QUOTED_NAME) run_fail(run, "'%.200s': AS is followed by a name", tokens_raw(run, list));
    given = run_failed(run) ? NULL : token_unquoted(run, last);
    list = tokens_slice(list, 0, list.count - 2);
  }
  TokenList inside = {NULL, 0}, piece;
  const Token *name = tokens_at(list, 0);
  bool empty = list.count == 3 && list.token[1].type == TOKEN_OPEN, bare = list.count == 1 && !with_variables;
  if (name->type != TOKEN_NAME || (!bare && !tokens_call(list, &inside))) {
    run_fail(run, "'%.200s' is not of the form name(arguments)", tokens_raw(run, list));
    return;
  }
  call->name = token_unquoted(run, name);
  call->text = tokens_text(run, list);
  call->argument = NEW_ARRAY(run, const char *, inside.count + 1);
  call->number = NEW_ARRAY(run, double, inside.count + 1);
  call->variable = with_variables ? NEW_ARRAY(run, int *, inside.count + 1) : NULL;
  call->key = NEW_ARRAY(run, const char *, inside.count + 1);
  call->value = NEW_ARRAY(run, const char *, inside.count + 1);
  for (int at = 0; !bare && !empty && tokens_piece(inside, &at, ",", &piece) && run_poll(run, 500);) {
    if (piece.count == 0) run_fail(run, "an argument is missing in '%.200s'", call->text);
    if (tokens_at(piece, 0)->type == TOKEN_NAME && token_is(tokens_at(piece, 1), "=")) {
      call->key[call->keys] = token_unquoted(run, piece.token);
      call->value[call->keys++] = tokens_raw(run, tokens_slice(piece, 2, piece.count));
    } else if (!run_failed(run)) {
      if (!tokens_number(run, piece, &call->number[call->arguments])) call->number[call->arguments] = NAN;
      if (with_variables) call->variable[call->arguments] = argument_variables(place->compiler, piece, call->arguments == 0, before);
      call->argument[call->arguments++] = tokens_raw(run, piece);
    }
  }
  if (with_variables && !run_failed(run)) name_columns(place, given, before, call);
}

static void read_calls(const Place *place, TokenList list, bool several) {
  OptionValue *value = place->value;
  TokenList piece;
  value->call = NEW_ARRAY(place->run, Call, list.count + 1);
  if (!value->call) return;
  if (several) tokens_parenthesised(list, &list); /* columns=(winsor(x), l(x)) */
  if (!several) read_call(place, list, NULL, &value->call[value->calls++]);
  CallColumns made = {0, NEW_ARRAY(place->run, const char *, list.count + 1)};
  for (int at = 0; several && tokens_piece(list, &at, ",", &piece) && run_poll(place->run, 500);) {
    Call *call = &value->call[value->calls++];
    read_call(place, piece, &made, call);
    for (int i = 0; i < call->columns && !run_failed(place->run); i++) made.name[made.count++] = call->column[i];
  }
}

/* ------------------------------------------------------------------------------------------------ vcov */

static const struct {
  const char *name, *canonical;
  VcovKind kind;
  const char *arguments; /* what a sentence shows; "": none */
} VCOVS[] = {
  {"iid", "iid", VCOV_IID, ""},
  {"hc0", "hc0", VCOV_HC0, ""},
  {"hc1", "hc1", VCOV_HC1, ""},
  {"hc2", "hc2", VCOV_HC2, ""},
  {"hc3", "hc3", VCOV_HC3, ""},
  {"hc4", "hc4", VCOV_HC4, ""},
  {"cluster", "cluster", VCOV_CLUSTER, "cluster(a), cluster(a+b)"},
  {"nw", "nw", VCOV_NEWEY_WEST, "nw(L)"},
  {"dk", "dk", VCOV_DRISCOLL_KRAAY, "dk(L)"},
  {"conley", "conley", VCOV_CONLEY, "conley(latitude, longitude, km)"},
  {"wild", "wild", VCOV_WILD, "wild(g, reps=9999, weights=rademacher|webb|mammen, seed=1)"},
  {"cv3", "cv3", VCOV_CV3, "cv3(g)"},
  {"robust", "hc1", VCOV_HC1, ""},
  {"hetero", "hc1", VCOV_HC1, ""},
  {"white", "hc1", VCOV_HC1, ""},
  {"newey_west", "nw", VCOV_NEWEY_WEST, "nw(L)"},
  {"driscoll_kraay", "dk", VCOV_DRISCOLL_KRAAY, "dk(L)"},
};
static const char *const VCOV_WORDS = "iid|hc0|hc1|hc2|hc3|hc4|robust|cluster|nw|dk|conley|wild|cv3";

/* One argument: key=value, or the next one by place. */
typedef struct VcovReader {
  const Place *place;
  VcovSpec *spec;
  const char *form;
} VcovReader;

static bool same_key(const Token *key, const char *name) {
  return key && token_is(key, name);
}

static void refuse_vcov(const VcovReader *reader) {
  if (*reader->form) run_fail(reader->place->run, "vcov=%.200s: it is written %s", reader->place->value->text, reader->form);
  else run_fail(reader->place->run, "vcov=%.200s: it has no arguments", reader->place->value->text);
}

static int64_t vcov_integer(const VcovReader *reader, TokenList list, double least) {
  double number;
  if (!tokens_number(reader->place->run, list, &number) || number != floor(number) || number < least || number > 1e15) {
    run_fail(reader->place->run, "vcov=%.200s: '%.50s' is no whole number from %.0f on", reader->place->value->text,
             tokens_raw(reader->place->run, list), least);
    return 0;
  }
  return (int64_t)number;
}

/* a, a^b; a+b in cluster(). */
static void add_clusters(const VcovReader *reader, TokenList list) {
  VcovSpec *spec = reader->spec;
  Run *run = reader->place->run;
  TokenList piece;
  if (token_is(tokens_at(list, 0), "~")) list = tokens_slice(list, 1, list.count); /* R's */
  for (int at = 0; tokens_piece(list, &at, "+", &piece) && !run_failed(run);) {
    int most = spec->kind == VCOV_CLUSTER ? 2 : 1;
    if (spec->clusters == most) {
      run_fail(run, "vcov=%.200s: %s; a^b clusters by the combination", reader->place->value->text,
               most == 2 ? "two clusters at most" : "one cluster only");
      return;
    }
    int variable = compile_levels(reader->place->compiler, piece, false);
    if (spec->clusters && spec->cluster[0] == variable) continue;
    spec->cluster[spec->clusters++] = variable;
  }
}

static void read_vcov_argument(const VcovReader *reader, const Token *key, int position, TokenList list) {
  const Place *place = reader->place;
  VcovSpec *spec = reader->spec;
  switch (spec->kind) {
    case VCOV_CLUSTER: case VCOV_WILD: case VCOV_CV3:
      if (!key && (position == 0 || spec->kind == VCOV_CLUSTER)) {
        add_clusters(reader, list);
      } else if (spec->kind == VCOV_WILD && same_key(key, "reps")) {
        spec->reps = vcov_integer(reader, list, 1);
      } else if (spec->kind == VCOV_WILD && same_key(key, "seed")) {
        spec->seed = vcov_integer(reader, list, 0);
      } else if (spec->kind == VCOV_WILD && same_key(key, "weights")) {
        const char *word = word_of(place->run, tokens_raw(place->run, list)), *choices = "rademacher|webb|mammen";
        if (choice_index(place->run, choices, word, &spec->weights) < 0) refuse_word(place->run, "weights", word, choices);
      } else {
        refuse_vcov(reader);
      }
      break;
    case VCOV_NEWEY_WEST: case VCOV_DRISCOLL_KRAAY:
      if ((key && !same_key(key, "lag") && !same_key(key, "lags")) || position > 0) refuse_vcov(reader);
      else spec->lag = (int)fmin((double)vcov_integer(reader, list, 0), 1e9);
      break;
    case VCOV_CONLEY:
      if ((!key && position == 0) || same_key(key, "latitude") || same_key(key, "lat")) {
        spec->latitude = compile_number(place->compiler, list, false);
      } else if ((!key && position == 1) || same_key(key, "longitude") || same_key(key, "lon")) {
        spec->longitude = compile_number(place->compiler, list, false);
      } else if ((!key && position == 2) || same_key(key, "km") || same_key(key, "cutoff")) {
        if (!tokens_number(place->run, list, &spec->cutoff_km) || !(spec->cutoff_km > 0)) refuse_vcov(reader);
      } else {
        refuse_vcov(reader);
      }
      break;
    default: refuse_vcov(reader);
  }
}

static void read_vcov(const Place *place, TokenList list) {
  Run *run = place->run;
  if (list.count == 1 && (list.token->type == TOKEN_STRING || list.token->type == TOKEN_QUOTED_NAME)) { /* 'hc1', "cluster(a)" */
    list = tokens_list(run, word_of(run, place->value->text));
    if (run_failed(run)) return;
  }
  const Token *name = tokens_at(list, 0);
  TokenList inside = {NULL, 0}, piece;
  bool called = list.count >= 3 && tokens_call(list, &inside);
  size_t row = 0;
  while (row < sizeof VCOVS / sizeof VCOVS[0] && !(name->type == TOKEN_NAME && token_is(name, VCOVS[row].name))) row++;
  if (row == sizeof VCOVS / sizeof VCOVS[0] || (list.count > 1 && !called)) {
    const char *word = word_of(run, place->value->text);
    const SourceColumns *columns = place->compiler->columns;
    if (list.count == 1 && columns && column_find(columns, word))
      run_fail(run, "vcov=%s: for errors clustered by %s write vcov=cluster(%s)", word, word, word);
    else if (token_is(name, "~")) run_fail(run, "vcov=%.100s: write vcov=cluster(a) or vcov=cluster(a+b)", word);
    else refuse_word(run, "vcov", called ? token_unquoted(run, name) : word, VCOV_WORDS);
    return;
  }
  VcovSpec *spec = NEW(run, VcovSpec);
  if (!spec) return;
  *spec = (VcovSpec){.kind = VCOVS[row].kind, .lag = -1, .cluster = {-1, -1}, .latitude = -1, .longitude = -1, .cutoff_km = NAN, .seed = -1};
  VcovReader reader = {place, spec, VCOVS[row].arguments};
  int position = 0;
  for (int at = 0; inside.count && tokens_piece(inside, &at, ",", &piece) && run_poll(run, 500); position++) {
    bool key = tokens_at(piece, 0)->type == TOKEN_NAME && token_is(tokens_at(piece, 1), "=");
    read_vcov_argument(&reader, key ? piece.token : NULL, position, key ? tokens_slice(piece, 2, piece.count) : piece);
  }
  bool clustered = spec->kind == VCOV_CLUSTER || spec->kind == VCOV_WILD || spec->kind == VCOV_CV3;
  if (clustered && !spec->clusters) refuse_vcov(&reader);
  if (spec->kind == VCOV_CONLEY && (spec->latitude < 0 || spec->longitude < 0 || isnan(spec->cutoff_km))) refuse_vcov(&reader);
  if (run_failed(run)) return;
  Text text = {run, NULL, 0, 0};
  text_add(&text, VCOVS[row].canonical);
  for (int at = 0, i = 0; inside.count && tokens_piece(inside, &at, ",", &piece); i++) {
    text_add(&text, !i ? "(" : spec->kind == VCOV_CLUSTER ? "+" : ",");
    text_add(&text, tokens_text(run, token_is(piece.token, "~") ? tokens_slice(piece, 1, piece.count) : piece));
  }
  if (inside.count) text_add(&text, ")");
  spec->text = text.data;
  place->value->vcov = spec;
}

/* ------------------------------------------------------------------------------------------------ all of them */

void compile_value(Compiler *compiler, OptionValue *value) {
  Run *run = compiler->run;
  const OptionSpec *spec = value->spec;
  Place place = {compiler, run, value};
  bool word = spec->type == OPTION_TEXT || spec->type == OPTION_CHOICE || spec->type == OPTION_BOOLEAN;
  bool optional = spec->choices && strcmp(spec->choices, "optional") == 0;
  TokenList list = {NULL, 0};
  if (!word) list = tokens_list(run, value->text);
  if (run_failed(run)) return;
  if (!word && !list.count) {
    refuse(&place, "a value");
    return;
  }
  switch (spec->type) {
    case OPTION_TEXT: value->text = word_of(run, value->text); break;
    case OPTION_NUMBER: read_number(&place, list); break;
    case OPTION_INTEGER: read_integer(&place, list); break;
    case OPTION_BOOLEAN: read_boolean(&place); break;
    case OPTION_CHOICE: read_choice(&place); break;
    case OPTION_NUMBERS: read_numbers(&place, list); break;
    case OPTION_RANGE: read_range(&place, list); break;
    case OPTION_VARIABLE: value->variable = compile_number(compiler, list, optional); break;
    case OPTION_LEVELS:
      if (spec->choices && !optional && strcmp(tokens_text(run, list), spec->choices) == 0) { /* the word that means "none": scope=pooled */
        value->given = false;
        break;
      }
      if (tokens_find(list, 0, "+,") < list.count) refuse(&place, "one variable, or a combination a^b,");
      value->variable = compile_levels(compiler, list, optional);
      break;
    case OPTION_TERMS: value->terms = compile_terms(compiler, list, &value->term); break;
    case OPTION_PANEL: compile_panel(compiler, list); break;
    case OPTION_WHERE: compiler->model->where = value->variable = compile_number(compiler, list, true); break;
    case OPTION_VCOV: read_vcov(&place, list); break;
    case OPTION_CALL: read_calls(&place, list, false); break;
    case OPTION_CALLS: read_calls(&place, list, true); break;
    case OPTION_NESTED: compile_nested(compiler, value); break;
  }
}
