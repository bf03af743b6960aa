/* agg.c: one aggregate and window function for every estimator: the rows of a group or frame -> the fit, as JSON.
 *
 * 1. E('model; options', value, ...): the values follow in the order in which their names first appear in the text.
 *    E(value, ...): the estimator's short form, which stands for such a text with the names y, unit, time, x1, x2, ...
 * 2. A text that cannot be understood is an error of the query. A group that cannot be estimated gives a fit with an error, and the query
 *    goes on. Out of memory and interrupts end the query.
 * 3. A value of the short form marked "?" that is NULL in every row is left out with its effect; otherwise its NULLs leave rows out.
 * 4. The plan of a text is made once and kept until another text comes; groups that still use the old one keep it alive. */
#include "sql.h"

#include <ctype.h>

typedef struct SharedPlan {
  Run run;
  int references;
  int arguments;
  const char *text; /* NULL: the short form */
  Plan plan;
  bool *droppable;  /* short form: for each input whether it may be NULL in every row */
} SharedPlan;

typedef struct Aggregate {
  Connection *connection;
  const Estimator *estimator;
  SharedPlan *latest;
} Aggregate;

typedef struct State {
  bool started, broken;
  bool spec; /* the first argument is the text */
  Run run;
  SharedPlan *shared;
  Builder *builder;
} State;

static void release_plan(SharedPlan *shared) {
  if (!shared || --shared->references > 0) return;
  run_end(&shared->run);
  sqlite3_free(shared);
}

/* ---- "model; key=value, ..." : the options are the last parts that begin with the name of an option */

static bool begins_option(Run *run, const Estimator *estimator, const char *part) {
  Token name = token_next(run, part);
  if (name.length == 1 && *name.start == '{') return true;
  if (name.type != TOKEN_NAME) return false;
  Token behind = token_next(run, name.start + name.length);
  bool assigned = behind.length == 1 && *behind.start == '=', called = behind.type == TOKEN_OPEN;
  if (estimator->model == MODEL_FORMULA) return assigned || called || behind.type == TOKEN_END;
  for (int g = 0; estimator->options[g]; g++)
    for (const OptionSpec *spec = estimator->options[g]; spec->name; spec++)
      if (assigned && (int)strlen(spec->name) == name.length && sqlite3_strnicmp(spec->name, name.start, name.length) == 0) return true;
  return false;
}

static void split_spec(Run *run, const Estimator *estimator, const char *text, const char **model, const char **options) {
  *model = text;
  *options = "";
  int depth = 0;
  for (Token token = token_next(run, text); token.type != TOKEN_END && !run_failed(run); token = token_next(run, token.start + token.length)) {
    if (token.type == TOKEN_OPEN) depth++;
    if (token.type == TOKEN_CLOSE) depth--;
    if (depth || token.length != 1 || *token.start != ';') continue;
    const char *rest = token.start + 1;
    if (!begins_option(run, estimator, rest)) continue;
    *model = run_text_n(run, text, (size_t)(token.start - text));
    *options = rest;
    return;
  }
}

/* ---- the short form */

static void short_spec(SharedPlan *shared, const Estimator *estimator, int values, Text *spec) {
  Run *run = &shared->run;
  shared->droppable = NEW_ARRAY(run, bool, values + 1);
  if (run_failed(run)) return;
  int named = 0;
  bool open_end = false;
  for (const char *at = estimator->short_values; *at;) { /* "y, unit?, time?, x..." */
    while (*at == ' ' || *at == ',') at++;
    const char *end = at;
    while (*end && *end != ',') end++;
    if (end - at > 3 && strncmp(end - 3, "...", 3) == 0) open_end = true;
    else {
      if (named < values) shared->droppable[named] = end > at && end[-1] == '?';
      named++;
    }
    at = end;
  }
  if (values < named || values == 0 || (values > named && !open_end)) {
    run_fail(run, "%d values were given; the short form is %s(%s); or put a text in front: %s('%s; options', values...)", values, estimator->name, estimator->short_values,
             estimator->name, estimator->model_help);
    return;
  }
  bool list = estimator->model != MODEL_FORMULA;
  for (const char *at = estimator->short_spec; *at; at++) {
    if (strncmp(at, "x...", 4) != 0) {
      text_add_n(spec, at, 1);
      continue;
    }
    if (values == named) text_add(spec, "1"); /* nothing but the effects */
    for (int x = 1; x <= values - named; x++) text_format(spec, "%sx%d", x == 1 ? "" : list ? ", " : " + ", x);
    at += 3;
  }
}

/* The inputs of the compiled short form come in the order of the text; the values come in the order of short_values. */
static void order_inputs(SharedPlan *shared, const Estimator *estimator, int values) {
  Run *run = &shared->run;
  Model *model = &shared->plan.model;
  Input *input = NEW_ARRAY(run, Input, values);
  int *position = NEW_ARRAY(run, int, model->inputs + 1);
  if (run_failed(run)) return;
  int value = 0, x = 1;
  const char *at = estimator->short_values;
  for (; value < values; value++) {
    while (*at == ' ' || *at == ',') at++;
    const char *end = at;
    while (*end && *end != ',') end++;
    size_t length = (size_t)(end - at);
    const char *name;
    if (length > 3 && strncmp(end - 3, "...", 3) == 0) name = run_format(run, "x%d", x++);
    else {
      name = run_text_n(run, at, length - (end > at && end[-1] == '?'));
      at = end;
    }
    input[value].text = name;
    for (int i = 0; i < model->inputs && name; i++)
      if (strcmp(model->input[i].text, name) == 0) position[i] = value;
  }
  for (int v = 0; v < model->variables; v++)
    if (model->variable[v].input >= 0) {
      model->variable[v].input = position[model->variable[v].input];
      if (shared->droppable[model->variable[v].input]) model->variable[v].optional = true;
    }
  model->input = input;
  model->inputs = values;
}

static SharedPlan *make_plan(Aggregate *aggregate, const char *text, int arguments, sqlite3_context *context) {
  SharedPlan *latest = aggregate->latest;
  if (latest && latest->arguments == arguments && (text ? latest->text && strcmp(latest->text, text) == 0 : !latest->text)) {
    latest->references++;
    return latest;
  }
  SharedPlan *shared = sqlite3_malloc(sizeof *shared);
  if (!shared) {
    sqlite3_result_error_nomem(context);
    return NULL;
  }
  memset(shared, 0, sizeof *shared);
  shared->references = 1;
  shared->arguments = arguments;
  Run *run = &shared->run;
  run_begin(run, &aggregate->connection->host);
  const Estimator *estimator = aggregate->estimator;
  const char *model = NULL, *options = "";
  int values = arguments - (text != NULL);
  Text spec = {.run = run};
  if (text) shared->text = run_text(run, text);
  else if (!estimator->short_spec)
    run_fail(run, "the first argument must be a text that says what the values are: %s('%s; options', values...)", estimator->name,
             estimator->model_help ? estimator->model_help : "options");
  else short_spec(shared, estimator, values, &spec);
  if (!run_failed(run)) split_spec(run, estimator, text ? shared->text : spec.data, &model, &options);
  if (!run_failed(run)) plan_compile(run, estimator, NULL, model, options, 0, NULL, &shared->plan);
  if (!run_failed(run) && !text) order_inputs(shared, estimator, values);
  Model *compiled = &shared->plan.model;
  if (!run_failed(run) && compiled->inputs != values) {
    Text names = {.run = run};
    text_add(&names, "");
    for (int i = 0; i < compiled->inputs; i++) text_format(&names, "%s%s", i ? ", " : "", compiled->input[i].text);
    run_fail(run, "the text names %d values (%s), but %d follow it", compiled->inputs, names.data ? names.data : "", values);
  }
  if (run_failed(run)) {
    report_context(context, run, estimator->name);
    release_plan(shared);
    return NULL;
  }
  release_plan(aggregate->latest);
  aggregate->latest = shared;
  shared->references++;
  return shared;
}

/* ---- steps */

static State *state_of(sqlite3_context *context, int count, sqlite3_value **values) {
  Aggregate *aggregate = sqlite3_user_data(context);
  State *state = sqlite3_aggregate_context(context, sizeof *state);
  if (!state) {
    sqlite3_result_error_nomem(context);
    return NULL;
  }
  if (state->started) return state->broken ? NULL : state;
  state->started = state->broken = true;
  run_begin(&state->run, &aggregate->connection->host);
  state->spec = count > 0 && sqlite3_value_type(values[0]) == SQLITE_TEXT;
  state->shared = make_plan(aggregate, state->spec ? (const char *)sqlite3_value_text(values[0]) : NULL, count, context);
  if (!state->shared) return NULL;
  state->builder = builder_new(&state->run, &state->shared->plan, aggregate->estimator->flags & ESTIMATOR_KEEP_NULLS, false);
  if (!state->builder) {
    sqlite3_result_error_nomem(context);
    return NULL;
  }
  state->broken = false;
  return state;
}

static void check_run(sqlite3_context *context, State *state) {
  if (!run_failed(&state->run) || state->run.status == RUN_ERROR) return;
  state->broken = true;
  report_context(context, &state->run, ((Aggregate *)sqlite3_user_data(context))->estimator->name);
}

static void step(sqlite3_context *context, int count, sqlite3_value **values) {
  State *state = state_of(context, count, values);
  if (!state) return;
  builder_step(state->builder, values + state->spec);
  check_run(context, state);
}

static void inverse(sqlite3_context *context, int count, sqlite3_value **values) {
  State *state = state_of(context, count, values);
  if (!state) return;
  builder_inverse(state->builder, values + state->spec);
  check_run(context, state);
}

/* Rule 3, on a copy of the plan. */
static void leave_out(Run *run, const SharedPlan *shared, Frame *frame, Plan *plan) {
  *plan = shared->plan;
  if (!shared->droppable || run_failed(run)) return;
  Model *model = &plan->model;
  bool *keep = NEW_ARRAY(run, bool, frame->rows);
  AbsorbedEffect *effect = NEW_ARRAY(run, AbsorbedEffect, model->effects);
  if (run_failed(run)) return;
  memset(keep, 1, (size_t)frame->rows);
  int effects = 0;
  bool dropping = false;
  for (int e = 0; e < model->effects; e++) {
    const int32_t *code = frame->column[model->effect[e].variable].code;
    int64_t present = 0;
    for (int64_t row = 0; row < frame->rows; row++) present += code[row] >= 0;
    if (!present && frame->rows) {
      if (model->unit == model->effect[e].variable) model->unit = -1;
      if (model->time == model->effect[e].variable) model->time = model->time_number = -1;
      continue;
    }
    effect[effects++] = model->effect[e];
    if (present == frame->rows) continue;
    dropping = true;
    for (int64_t row = 0; row < frame->rows; row++) keep[row] &= code[row] >= 0;
  }
  model->effect = effect;
  model->effects = effects;
  if (!dropping) return;
  int64_t before = frame->rows;
  frame_keep(run, frame, keep);
  frame->ledger.null += before - frame->rows;
}

static void emit_group(sqlite3_context *context, Run *run, const State *state) {
  const Aggregate *aggregate = sqlite3_user_data(context);
  Frame *frame = builder_finish(state->builder, run, &state->shared->plan, aggregate->estimator->flags & ESTIMATOR_KEEP_NULLS);
  Plan plan;
  Result result = {0};
  if (frame) leave_out(run, state->shared, frame, &plan);
  if (!run_failed(run)) job_run(run, aggregate->estimator, &plan, frame, false, false, NULL, &result);
  if (run->status == RUN_ERROR) { /* rule 2 */
    Run retry;
    run_begin(&retry, &aggregate->connection->host);
    Fit failed = {.run = &retry, .estimator = aggregate->estimator->name, .formula = state->shared->plan.model.text, .error = run->message};
    if (frame) failed.ledger = frame->ledger;
    failed.ledger.used = 0;
    emit_fit(context, &retry, &failed, aggregate->estimator->name);
    run_end(&retry);
  } else if (run_failed(run)) report_context(context, run, aggregate->estimator->name);
  else emit_fit(context, run, &result.fit, aggregate->estimator->name);
  connection_rest(aggregate->connection);
}

static void final(sqlite3_context *context) {
  State *state = sqlite3_aggregate_context(context, 0);
  if (!state || !state->started) return; /* no rows: NULL */
  if (!state->broken) emit_group(context, &state->run, state);
  else connection_rest(((Aggregate *)sqlite3_user_data(context))->connection);
  run_end(&state->run);
  release_plan(state->shared);
  state->shared = NULL;
  state->broken = true;
}

static void value(sqlite3_context *context) {
  State *state = sqlite3_aggregate_context(context, 0);
  if (!state || !state->started || state->broken) return;
  Run run; /* the kept rows stay for the next frame */
  run_begin(&run, &((Aggregate *)sqlite3_user_data(context))->connection->host);
  emit_group(context, &run, state);
  run_end(&run);
}

static void destroy(void *pointer) {
  Aggregate *aggregate = pointer;
  release_plan(aggregate->latest);
  connection_release(aggregate->connection);
  sqlite3_free(aggregate);
}

int aggregate_register(Connection *connection, const Estimator *estimator) {
  Aggregate *aggregate = sqlite3_malloc(sizeof *aggregate);
  if (!aggregate) return SQLITE_NOMEM;
  *aggregate = (Aggregate){connection_hold(connection), estimator, NULL};
  return sqlite3_create_window_function(connection->db, estimator->name, -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, aggregate, step, final, value, inverse,
                                        destroy);
}
