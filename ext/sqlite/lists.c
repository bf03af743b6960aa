/* lists.c: models that are lists of variables.
 *
 * 1. MODEL_VARIABLES: x1, ln(x2), l(x3): SQL expressions or shifts, parted by commas.
 * 2. MODEL_INDICATORS: the same with directions: x1 or +x1 (more is better), -x2 (less is better), mid(7) x3 or mid(x3, 7) (best at 7),
 *    int(6,8) x4 or int(x4, 6, 8) (best from 6 to 8); perhaps in dimensions: "workers: rd, edu; materials: patents, -energy".
 * 3. MODEL_ROLES: one variable for each role in the order of Estimator.roles ("exporter:levels, value:number, income:number?"); a role with a
 *    question mark may be left out at the end, and is -1 then.
 * 4. A variable that is named twice is an error: a twin would count double in an index. */
#include "sql.h"

static void add_indicator(Compiler *compiler, TokenList list, Indicator indicator) {
  Model *model = compiler->model;
  indicator.variable = compile_number(compiler, list, false);
  if (run_failed(compiler->run)) return;
  indicator.name = model->variable[indicator.variable].name;
  for (int i = 0; i < model->indicators; i++)
    if (model->indicator[i].variable == indicator.variable) run_fail(compiler->run, "'%s' is named twice", indicator.name);
  model->indicator[model->indicators++] = indicator;
}

/* The numbers of mid(7) and int(6,8). */
static void read_bounds(Run *run, TokenList call, TokenList bounds, Indicator *indicator) {
  bool middle = indicator->direction == DIRECTION_MIDDLE;
  int comma = tokens_find(bounds, 0, ",");
  bool good = tokens_number(run, tokens_slice(bounds, 0, comma), &indicator->low);
  indicator->high = indicator->low;
  if (!middle) good = good && comma < bounds.count && tokens_number(run, tokens_slice(bounds, comma + 1, bounds.count), &indicator->high);
  if (!good || (middle && comma < bounds.count) || indicator->low > indicator->high)
    run_fail(run, "'%.200s': directions are x, -x, mid(7) x and int(6,8) x", tokens_raw(run, call));
  Text text = {run, NULL, 0, 0};
  text_add(&text, middle ? "mid(" : "int(");
  text_number(&text, indicator->low);
  if (!middle) text_add(&text, ",");
  if (!middle) text_number(&text, indicator->high);
  text_add(&text, ")");
  indicator->direction_text = text.data;
}

static void parse_indicator(Compiler *compiler, TokenList list, int dimension) {
  Run *run = compiler->run;
  Indicator indicator = {.dimension = dimension, .direction = DIRECTION_POSITIVE, .direction_text = "+"};
  const Token *first = tokens_at(list, 0);
  bool middle = first->type == TOKEN_NAME && token_is(first, "mid"), interval = first->type == TOKEN_NAME && token_is(first, "int");
  if (token_is(first, "+") || token_is(first, "-")) {
    if (token_is(first, "-")) indicator.direction = DIRECTION_NEGATIVE;
    if (token_is(first, "-")) indicator.direction_text = "-";
    list = tokens_slice(list, 1, list.count);
  } else if ((middle || interval) && tokens_at(list, 1)->type == TOKEN_OPEN) {
    int close = 1, open = 1;
    while (open && close < list.count - 1) {
      close++;
      open += (list.token[close].type == TOKEN_OPEN) - (list.token[close].type == TOKEN_CLOSE);
    }
    TokenList inside = tokens_slice(list, 2, close), call = list, bounds = inside;
    int comma = tokens_find(inside, 0, ",");
    indicator.direction = middle ? DIRECTION_MIDDLE : DIRECTION_INTERVAL;
    if (close == list.count - 1) { /* mid(x, 7) */
      list = tokens_slice(inside, 0, comma);
      bounds = tokens_slice(inside, comma < inside.count ? comma + 1 : comma, inside.count);
    } else {
      list = tokens_slice(list, close + 1, list.count);
    }
    read_bounds(run, call, bounds, &indicator);
  }
  add_indicator(compiler, list, indicator);
}

/* The dimension of this name, added where it is new. */
static int find_dimension(Compiler *compiler, const Token *name) {
  Model *model = compiler->model;
  const char *text = token_unquoted(compiler->run, name);
  if (!text) return -1;
  for (int i = 0; i < model->dimensions; i++)
    if (strcmp(model->dimension[i], text) == 0) return i;
  model->dimension[model->dimensions] = text;
  return model->dimensions++;
}

static void parse_indicators(Compiler *compiler, TokenList list) {
  Run *run = compiler->run;
  TokenList group, piece;
  bool several = tokens_find(list, 0, ";") < list.count - 1, named = false;
  for (int at = 0; tokens_piece(list, &at, ";", &group) && !run_failed(run);) {
    int dimension = -1;
    if (group.count == 0 && at > list.count) break; /* behind a last ';' */
    const Token *name = tokens_at(group, 0);
    if ((name->type == TOKEN_NAME || name->type == TOKEN_QUOTED_NAME || name->type == TOKEN_STRING) && token_is(tokens_at(group, 1), ":")) {
      named = true;
      dimension = find_dimension(compiler, name);
      group = tokens_slice(group, 2, group.count);
    } else if (several || named) {
      run_fail(run, "'%.200s': a dimension begins with its name: workers: x1, x2; materials: x3", tokens_raw(run, group));
    }
    for (int place = 0; tokens_piece(group, &place, ",", &piece) && run_poll(run, 1000);) parse_indicator(compiler, piece, dimension);
  }
}

static void parse_roles(Compiler *compiler, const Estimator *estimator, TokenList list) {
  Run *run = compiler->run;
  Model *model = compiler->model;
  TokenList roles = tokens_list(run, estimator->roles), wanted, given;
  int *role = NEW_ARRAY(run, int, roles.count + 1);
  Text names = {run, NULL, 0, 0};
  int at = 0, place = 0, count = 0;
  while (tokens_piece(roles, &at, ",", &wanted) && !run_failed(run)) {
    text_add(&names, names.length ? ", " : "");
    text_add_n(&names, wanted.token->start, (size_t)wanted.token->length);
  }
  for (at = 0; tokens_piece(roles, &at, ",", &wanted) && !run_failed(run); count++) {
    bool may_miss = wanted.count == 4, levels = token_is(tokens_at(wanted, 2), "levels");
    role[count] = -1;
    if (tokens_piece(list, &place, ",", &given))
      role[count] = levels ? compile_levels(compiler, given, false) : compile_number(compiler, given, false);
    else if (!may_miss) run_fail(run, "the model names %d of the variables that are needed: %s", count, names.data);
  }
  if (place <= list.count) run_fail(run, "the model '%.200s' names too many variables: they are %s", tokens_raw(run, list), names.data);
  model->roles = count;
  model->role = role;
}

void compile_list_model(Compiler *compiler, const Estimator *estimator, TokenList list) {
  Run *run = compiler->run;
  Model *model = compiler->model;
  model->indicator = NEW_ARRAY(run, Indicator, list.count + 1);
  model->dimension = NEW_ARRAY(run, const char *, list.count + 1);
  if (run_failed(run)) return;
  TokenList piece;
  if (model->kind == MODEL_ROLES) parse_roles(compiler, estimator, list);
  else if (model->kind == MODEL_INDICATORS) parse_indicators(compiler, list);
  else
    for (int at = 0; tokens_piece(list, &at, ",", &piece) && run_poll(run, 1000);)
      add_indicator(compiler, piece, (Indicator){.dimension = -1, .direction = DIRECTION_POSITIVE, .direction_text = "+"});
}
