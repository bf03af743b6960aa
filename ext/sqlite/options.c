/* options.c: model and options, as texts, become a plan.
 *
 * 1. Options are "key=value, key=value"; commas, semicolons and new lines (before a known key) part them outside parentheses; the first = ends
 *    the key; capitals do not matter in keys. Or they are a JSON object, in which arrays of numbers are lists (a,b), arrays of words a+b, and
 *    null is not given. A key that is written twice is an error.
 * 2. A piece without = is a bare call where the estimator has OPTION_CALLS, or the name of a boolean option, which is 1 then; else an error. There
 *    new=call(x) and call(x) AS new are calls too.
 * 3. Hidden columns (extra) win over the text; NULL there is not given. What is given nowhere has its fallback.
 * 4. Values are compiled in the order of the text, so that an aggregate's further arguments follow it.
 * 5. The panel is set where it is needed: for shifts, nw and dk, for estimators with ESTIMATOR_PANEL, and when panel= is given. Without panel= it
 *    is id= and time= of the estimator, else the first two absorbed effects that are plain variables. Shifts, nw and dk fail without one;
 *    the estimators decide for themselves.
 * 6. An option that is without use, as the other options are (Estimator.uses), is an error, unless it is given as its default; or in the text, and
 *    the other in a hidden column: with WHERE method IN (...) one text serves several methods.
 * 7. A nested estimator, psm(formula, options), is compiled over the variables of the model that it stands in; its where= would be the model's, and is refused. */
#include "sql.h"

typedef struct Reader {
  Run *run;
  const Estimator *estimator;
  Plan *plan;
  bool *in_text;   /* for each option: the text names it */
  int *order;      /* the options that are given, as they came */
  int ordered;
} Reader;

/* ------------------------------------------------------------------------------------------------ finding a spec */

static OptionValue *find_option(const Reader *reader, const char *name) {
  for (int i = 0; i < reader->plan->options; i++)
    if (names_equal(reader->plan->option[i].spec->name, name)) return &reader->plan->option[i];
  return NULL;
}

static OptionValue *find_type(const Plan *plan, OptionType type) {
  for (int i = 0; i < plan->options; i++)
    if (plan->option[i].spec->type == type) return &plan->option[i];
  return NULL;
}

/* Options of other programs: what is written here, where the estimator has the option `needs`. */
static const char *foreign_option(const Reader *reader, const char *name) {
  static const char CLUSTER[] = "errors are vcov=iid, vcov=hc1 or vcov=cluster(a)", EFFECTS[] = "absorbed effects stand behind | in the formula: y ~ x | a + b",
                    GMM[] = "instruments stand in the formula: y ~ l(y) + x | gmm(y, 2:99) + iv(z)", UNITS[] = "errors are vcov=robust, clustered by unit, or vcov=iid",
                    STEPS[] = "steps are steps=1 or steps=2", ORTHOGONAL[] = "forward orthogonal deviations are transform=deviations",
                    SYSTEM[] = "system GMM is system=1, difference GMM system=0", DUMMIES[] = "period dummies are time_effects=1",
                    PANEL[] = "the panel is panel=unit+time", ID_TIME[] = "the panel is id=unit, time=time", WHERE[] = "rows are chosen by where=";
  static const struct {
    const char *name, *needs, *advice;
  } FOREIGN[] = {
    {"cluster", "weighting", UNITS},   {"vce", "weighting", UNITS},    {"robust", "weighting", UNITS},    {"se", "weighting", UNITS},      {"instruments", "weighting", GMM},
    {"gmm", "weighting", GMM},         {"gmmstyle", "weighting", GMM}, {"iv", "weighting", GMM},          {"ivstyle", "weighting", GMM},   {"twostep", "weighting", STEPS},
    {"onestep", "weighting", STEPS},   {"model", "weighting", STEPS},  {"orthogonal", "weighting", ORTHOGONAL}, {"fod", "weighting", ORTHOGONAL},
    {"noleveleq", "weighting", SYSTEM}, {"nolevel", "weighting", SYSTEM}, {"transformation", "weighting", SYSTEM},   {"timedumm", "weighting", DUMMIES},
    {"effect", "weighting", DUMMIES},  {"h", "weighting", "xtabond2's h() is weighting="},
    {"cluster", "vcov", CLUSTER},   {"clusters", "vcov", CLUSTER},  {"se", "vcov", CLUSTER},           {"vce", "vcov", CLUSTER},        {"robust", "vcov", CLUSTER},
    {"absorb", "vcov", EFFECTS},    {"fe", "vcov", EFFECTS},        {"fixef", "vcov", EFFECTS},        {"effects", "vcov", EFFECTS},
    {"panel", "id", ID_TIME},       {"panel_id", "panel", PANEL},   {"unit", "id", ID_TIME},           {"id", "panel", PANEL},          {"idname", "panel", PANEL},
    {"unit", "panel", PANEL},       {"time", "panel", PANEL},       {"tname", "panel", PANEL},
    {"if", "where", WHERE},         {"subset", "where", WHERE},     {"filter", "where", WHERE},
    {"alpha", "level", "the level of intervals is level=0.95"},     {"conf_level", "level", "the level of intervals is level=0.95"},
    {"gname", "cohort", "the first treated period is cohort="},     {"first_treat", "cohort", "the first treated period is cohort="},
    {"boot", "reps", "the number of draws is reps="},               {"nboot", "reps", "the number of draws is reps="},
    {"b", "reps", "the number of draws is reps="},                  {"biters", "reps", "the number of draws is reps="},
    {"exposure", "offset", "write offset=ln(exposure)"},            {"instruments", "vcov", "instruments stand in the formula: y ~ x | effects | endogenous ~ instruments"},
  };
  for (size_t i = 0; i < sizeof FOREIGN / sizeof FOREIGN[0]; i++)
    if (names_equal(FOREIGN[i].name, name) && find_option(reader, FOREIGN[i].needs)) return FOREIGN[i].advice;
  return NULL;
}

static void unknown_option(const Reader *reader, const char *name) {
  Run *run = reader->run;
  const char **names = NEW_ARRAY(run, const char *, reader->plan->options);
  Text list = {run, NULL, 0, 0};
  text_add(&list, "");
  for (int i = 0; i < reader->plan->options && !run_failed(run); i++) {
    names[i] = reader->plan->option[i].spec->name;
    text_format(&list, "%s%s", i ? ", " : "", names[i]);
  }
  if (run_failed(run)) return;
  const char *advice = foreign_option(reader, name), *near = advice ? NULL : nearest_name(name, reader->plan->options, names);
  if (advice) run_fail(run, "unknown option '%.100s': %s. Options: %.600s", name, advice, list.data);
  else if (!reader->plan->options) run_fail(run, "unknown option '%.100s': there are no options", name);
  else run_fail(run, "unknown option '%.100s'%s%s%s Options: %.600s", name, near ? "; did you mean '" : ".", near ? near : "", near ? "'?" : "",
                list.data);
}

/* Gives an option its text. Bare calls add up. */
static void give(Reader *reader, OptionValue *option, const char *text, bool from_text) {
  int index = (int)(option - reader->plan->option);
  if (run_failed(reader->run) || !text) return;
  bool again = from_text && reader->in_text[index];
  if (again && option->spec->type != OPTION_CALLS) run_fail(reader->run, "the option '%s' is given twice", option->spec->name);
  if (again && option->spec->type == OPTION_CALLS) text = run_format(reader->run, "%s, %s", option->text, text);
  if (from_text) reader->in_text[index] = true;
  if (!option->given) reader->order[reader->ordered++] = index;
  option->given = true;
  option->text = text;
}

/* ------------------------------------------------------------------------------------------------ key=value text */

static bool is_key(TokenList list, int at) {
  return tokens_at(list, at)->type == TOKEN_NAME && tokens_at(list, at + 1)->type == TOKEN_OPERATOR && token_is(&list.token[at + 1], "=");
}

/* One piece: key=value, a bare call, or a bare boolean. */
static void read_piece(Reader *reader, TokenList piece) {
  Run *run = reader->run;
  if (piece.count == 0 || run_failed(run)) return;
  if (is_key(piece, 0)) {
    const char *name = token_unquoted(run, piece.token);
    if (!name) return;
    OptionValue *option = find_option(reader, name), *calls = find_type(reader->plan, OPTION_CALLS);
    TokenList inside;
    if (!option && calls && tokens_call(tokens_slice(piece, 2, piece.count), &inside)) give(reader, calls, tokens_raw(run, piece), true); /* new=call(x) */
    else if (!option) unknown_option(reader, name);
    else if (piece.count == 2) run_fail(run, "the option '%s' has no value", name);
    else give(reader, option, tokens_raw(run, tokens_slice(piece, 2, piece.count)), true);
    return;
  }
  const char *text = tokens_raw(run, piece), *word = token_unquoted(run, piece.token);
  if (run_failed(run)) return;
  OptionValue *named = find_option(reader, word), *calls = find_type(reader->plan, OPTION_CALLS);
  if (named && piece.count == 1 && named->spec->type == OPTION_BOOLEAN) give(reader, named, "1", true);
  else if (calls && piece.count > 1) give(reader, calls, text, true);
  else if (named) run_fail(run, "the option '%.100s' needs a value: %s=...", text, named->spec->name);
  else if (piece.count > 1 && token_is(tokens_at(piece, 1), "(") && find_type(reader->plan, OPTION_VCOV))
    run_fail(run, "'%.100s' is not of the form key=value; is it vcov=%.100s?", text, text);
  else if (foreign_option(reader, word)) run_fail(run, "'%.100s' is not of the form key=value: %s", text, foreign_option(reader, word));
  else run_fail(run, "'%.100s' is not of the form key=value; a list stands in parentheses: key=(a,b)", text);
}

/* Cuts a piece where a line begins with a known key. */
static void read_lines(Reader *reader, TokenList piece) {
  int parentheses = 0, from = 0;
  for (int i = 1; i < piece.count && run_poll(reader->run, 100); i++) {
    const Token *token = &piece.token[i], *before = token - 1;
    parentheses += (token->type == TOKEN_OPEN) - (token->type == TOKEN_CLOSE);
    const char *gap = before->start + before->length;
    if (parentheses || !is_key(piece, i) || !memchr(gap, '\n', (size_t)(token->start - gap))) continue;
    const char *name = token_unquoted(reader->run, token);
    if (!name || !find_option(reader, name)) continue;
    read_piece(reader, tokens_slice(piece, from, i));
    from = i;
  }
  read_piece(reader, tokens_slice(piece, from, piece.count));
}

/* ------------------------------------------------------------------------------------------------ JSON */

/* A text of a list, in quotes where its commas would part it. */
static void add_item(Text *text, const char *key, const JsonValue *item) {
  Text whole = {text->run, NULL, 0, 0};
  if (key) text_format(&whole, "%s:", key);
  text_add(&whole, item->text);
  if (run_failed(text->run)) return;
  int depth = 0;
  bool parted = false;
  for (const char *at = whole.data; *at; at++) {
    depth += (*at == '(' || *at == '[') - (*at == ')' || *at == ']');
    parted |= depth < 0 || (depth == 0 && strchr(",;", *at)) || strchr("'\"", *at);
  }
  const char *quote = !parted && depth == 0 ? "" : strchr(whole.data, '"') ? "'" : "\"";
  text_format(text, "%s%s%s", quote, whole.data, quote);
}

static const char *json_text(Reader *reader, const OptionValue *option, const JsonValue *value) {
  Run *run = reader->run;
  OptionType type = option->spec->type;
  switch (value->type) {
    case JSON_NULL: return NULL;
    case JSON_FALSE: return "0";
    case JSON_TRUE: return "1";
    case JSON_NUMBER: case JSON_STRING: return value->text;
    default: break;
  }
  bool sum = type == OPTION_LEVELS || type == OPTION_TERMS || type == OPTION_PANEL, numbers = type == OPTION_NUMBERS || type == OPTION_RANGE;
  bool words = sum || type == OPTION_CALLS || type == OPTION_TEXT;
  Text text = {run, NULL, 0, 0};
  bool list = numbers || type == OPTION_TEXT;
  text_add(&text, list ? "(" : "");
  for (const JsonValue *item = value->child; item; item = item->next) {
    bool named = value->type == JSON_OBJECT && type == OPTION_TEXT; /* {"post": "Castle law"} */
    if ((value->type != JSON_ARRAY && !named) || !(words || numbers) || (item->type != JSON_NUMBER && (item->type != JSON_STRING || numbers))) {
      run_fail(run, "the option '%s' cannot be %s in JSON", option->spec->name, value->type == JSON_OBJECT ? "an object" : "such an array");
      return NULL;
    }
    if (item != value->child) text_add(&text, sum ? "+" : ",");
    if (type == OPTION_TEXT) add_item(&text, named ? item->key : NULL, item);
    else text_add(&text, item->text);
  }
  text_add(&text, list ? ")" : "");
  return text.data;
}

static void read_json(Reader *reader, const char *text) {
  const JsonValue *object = json_parse(reader->run, text);
  for (const JsonValue *member = object ? object->child : NULL; member && run_poll(reader->run, 500); member = member->next) {
    OptionValue *option = find_option(reader, member->key);
    if (!option) unknown_option(reader, member->key);
    else give(reader, option, json_text(reader, option, member), true);
  }
}

static void read_options(Reader *reader, const char *text) {
  if (!text || run_failed(reader->run)) return;
  text += strspn(text, " \t\r\n");
  if (*text == '{') {
    read_json(reader, text);
    return;
  }
  TokenList list = tokens_list(reader->run, text), piece;
  for (int at = 0; tokens_piece(list, &at, ",;", &piece) && !run_failed(reader->run);) read_lines(reader, piece);
}

/* ------------------------------------------------------------------------------------------------ the panel */

static bool has_shift(const Model *model) {
  for (int i = 0; i < model->variables; i++)
    if (model->variable[i].shift != SHIFT_NONE) return true;
  return false;
}

static void set_panel(Compiler *compiler, Reader *reader) {
  Model *model = compiler->model;
  const OptionValue *panel = find_type(reader->plan, OPTION_PANEL), *vcov = find_type(reader->plan, OPTION_VCOV);
  bool shift = has_shift(model), asked = reader->estimator->flags & ESTIMATOR_PANEL;
  bool series = vcov && vcov->vcov && (vcov->vcov->kind == VCOV_NEWEY_WEST || vcov->vcov->kind == VCOV_DRISCOLL_KRAAY);
  if (run_failed(compiler->run) || (panel && panel->text) || !(shift || asked || series)) return;
  const OptionValue *unit = find_option(reader, "id"), *time = find_option(reader, "time");
  if (time && time->text && time->spec->type != OPTION_TEXT) {
    bool both = unit && unit->text;
    compile_panel(compiler, tokens_list(compiler->run, both ? run_format(compiler->run, "%s+%s", unit->text, time->text) : time->text));
  } else {
    compile_default_panel(compiler);
  }
  if (model->time >= 0 || !(shift || series)) return; /* what an estimator itself needs a panel for is its own sentence */
  run_fail(compiler->run, "%s needs to know the panel: give panel=unit+time", shift ? "a lag, lead or difference" : vcov->vcov->text);
}

/* ------------------------------------------------------------------------------------------------ the plan */

static void list_options(Reader *reader) {
  Plan *plan = reader->plan;
  Run *run = reader->run;
  const OptionSpec *const *groups = reader->estimator->options;
  for (int i = 0; groups && groups[i]; i++)
    for (const OptionSpec *spec = groups[i]; spec->name; spec++) plan->options++;
  plan->option = NEW_ARRAY(run, OptionValue, plan->options);
  reader->in_text = NEW_ARRAY(run, bool, plan->options);
  reader->order = NEW_ARRAY(run, int, plan->options);
  if (run_failed(run)) return;
  OptionValue *option = plan->option;
  for (int i = 0; groups && groups[i]; i++)
    for (const OptionSpec *spec = groups[i]; spec->name; spec++)
      *option++ = (OptionValue){.spec = spec, .number = NAN, .low = NAN, .high = NAN, .integer = spec->type == OPTION_CHOICE ? -1 : 0,
                                .variable = -1};
}

static void compile_all(Compiler *compiler, Reader *reader) {
  for (int i = 0; i < reader->ordered && !run_failed(compiler->run); i++) compile_value(compiler, &reader->plan->option[reader->order[i]]);
  for (int i = 0; i < reader->plan->options && !run_failed(compiler->run); i++) {
    OptionValue *option = &reader->plan->option[i];
    if (option->given || !option->spec->fallback) continue;
    option->text = option->spec->fallback;
    compile_value(compiler, option);
  }
}

static bool listed(const char *choices, const char *word) {
  size_t length = strlen(word);
  for (const char *at = choices;; at++) {
    size_t here = strcspn(at, "|");
    if (here == length && strncmp(at, word, length) == 0) return true;
    at += here;
    if (!*at) return false;
  }
}

static bool has_default(Compiler *compiler, const OptionValue *option) {
  OptionValue usual = {.spec = option->spec, .text = option->spec->fallback};
  if (!usual.text) return false;
  compile_value(compiler, &usual);
  switch (option->spec->type) {
    case OPTION_NUMBER: return option->number == usual.number;
    case OPTION_INTEGER: case OPTION_BOOLEAN: case OPTION_CHOICE: return option->integer == usual.integer;
    case OPTION_RANGE: return option->low == usual.low && option->high == usual.high;
    default: return strcmp(option->text, usual.text) == 0;
  }
}

static bool named_in_text(const Reader *reader, const OptionValue *option) { return reader->in_text[option - reader->plan->option]; }

/* Rule 6. */
static void check_uses(Compiler *compiler, const Reader *reader) {
  Run *run = compiler->run;
  for (const OptionUse *use = reader->estimator->uses; use && use->option && !run_failed(run); use++) {
    const OptionValue *option = find_option(reader, use->option), *other = find_option(reader, use->other);
    assert(option && other);
    bool used = use->values ? !other->text || listed(use->values, other->text) : other->given;
    bool serves_several = other->given && !named_in_text(reader, other) && named_in_text(reader, option);
    if (!option->given || used || serves_several || has_default(compiler, option) || run_failed(run)) continue;
    if (use->values) run_fail(run, "%s= is for %s=%s; %s=%s does not use it", use->option, use->other, alternatives(run, use->values), use->other, other->text);
    else run_fail(run, "%s= is for %s=, which is not given", use->option, use->other);
  }
}

/* Rule 7. The model is put back as it was, but for the inputs and variables that were added. */
void compile_nested(Compiler *compiler, OptionValue *value) {
  Run *run = compiler->run;
  const Estimator *estimator = estimator_find(value->spec->choices);
  TokenList list = tokens_list(run, value->text), inside = {NULL, 0};
  size_t length = strcspn(estimator->name, "_");
  bool known = list.count && (token_is(list.token, estimator->name) || ((size_t)list.token->length == length && strncmp(list.token->start, estimator->name, length) == 0));
  if (!run_failed(run) && (!known || !tokens_call(list, &inside)))
    run_fail(run, "%s=%.200s: it is written %.*s(%s, option=value, ...)", value->spec->name, value->text, (int)length, estimator->name, estimator->model_help);
  Nested *nested = NEW(run, Nested);
  if (run_failed(run)) return;
  int comma = tokens_find(inside, 0, ",");
  Model outer = *compiler->model, *model = compiler->model;
  *model = (Model){.inputs = outer.inputs, .input = outer.input, .variables = outer.variables, .variable = outer.variable};
  compile_model(compiler, estimator, tokens_raw(run, tokens_slice(inside, 0, comma)));
  *nested = (Nested){.estimator = estimator, .outcome = model->outcome, .intercept = model->intercept, .terms = model->terms, .effects = model->effects + model->endogenous, .term = model->term};
  outer.inputs = model->inputs;
  outer.input = model->input;
  outer.variables = model->variables;
  outer.variable = model->variable;
  *model = outer;
  Plan plan = {0};
  Reader reader = {run, estimator, &plan, NULL, NULL, 0};
  list_options(&reader);
  if (run_failed(run)) return;
  if (comma < inside.count) read_options(&reader, tokens_raw(run, tokens_slice(inside, comma + 1, inside.count)));
  OptionValue *where = find_type(&plan, OPTION_WHERE);
  if (where && where->given) run_fail(run, "%s=%s(...) takes no where=; it uses the rows of the model that it stands in", value->spec->name, estimator->name);
  compile_all(compiler, &reader);
  check_uses(compiler, &reader);
  nested->options = plan.options;
  nested->option = plan.option;
  value->nested = nested;
}

void plan_compile(Run *run, const Estimator *estimator, const SourceColumns *columns, const char *model, const char *options, int extras,
                  const OptionPair *extra, Plan *plan) {
  *plan = (Plan){.options = 0};
  plan->model.outcome = plan->model.unit = plan->model.time = plan->model.time_number = plan->model.where = -1;
  plan->model.keep_outside = estimator->flags & ESTIMATOR_KEEP_OUTSIDE;
  Reader reader = {run, estimator, plan, NULL, NULL, 0};
  Compiler compiler = {run, columns, &plan->model, 0, 0};
  list_options(&reader);
  if (run_failed(run)) plan->options = 0;
  compile_model(&compiler, estimator, model);
  read_options(&reader, options);
  for (int i = 0; i < extras && !run_failed(run); i++) {
    OptionValue *option = extra[i].value ? find_option(&reader, extra[i].name) : NULL;
    if (option) give(&reader, option, extra[i].value, false);
    else if (extra[i].value) unknown_option(&reader, extra[i].name);
  }
  compile_all(&compiler, &reader);
  check_uses(&compiler, &reader);
  set_panel(&compiler, &reader);
}
