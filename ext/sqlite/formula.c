/* formula.c: a formula becomes inputs, variables and terms: what is asked from the source, the frame's columns, and the products of them.
 *
 * 1. outcome ~ regressors | absorbed effects | endogenous ~ instruments, as in fixest; without effects the second part may be the third. At the
 *    top level + - * : | ~ ^ belong to the formula, everything else is SQL: (a + b) and I(a + b) are one variable. The outcome is SQL throughout,
 *    as R's is.
 * 2. a:b is a product, a*b*c all products of one to three of them, in place. "- x" removes the term x wherever it came from before; a term that is
 *    written twice is kept once; x:x is refused, since R takes it for x and Stata for the square. 0 and -1 leave the intercept out.
 * 3. i(f), i(f, x), i(f, x, ref=v), i(f, ref=(u, v)): dummies, perhaps times x. l(x), l(x,2), l(x,1:3), f(x), d(x): shifts over the panel's time;
 *    several lags are several terms; without a number it is one step of the panel's time. None of them can stand inside an expression.
 * 4. Absorbed: a + b, a^b, a[x, z] (levels and slopes), a[[x]] (slopes only); the same effect twice is one effect with the slopes of both.
 * 5. Equal inputs are asked once: equal in SQL, or in an aggregate's spec in their text (capitals do not matter outside of strings). Equal variables
 *    are one column; it is optional only if every use of it is.
 * 6. Terms become variables only when the whole sum is known, so that a removed term asks nothing. Inputs come in the order outcome, regressors,
 *    effects, endogenous, instruments. */
#include "sql.h"

#include <assert.h>

enum { MOST_CROSSED = 6, MOST_STEPS = 1000, MOST_TERMS = 5000 };

/* ------------------------------------------------------------------------------------------------ inputs and variables */

/* The array with room for one more; NULL if the run has failed. */
static void *make_room(Run *run, void *array, int count, int *capacity, size_t size) {
  if (run_failed(run) || count < *capacity) return run_failed(run) ? NULL : array;
  int wanted = *capacity ? *capacity * 2 : 4;
  void *grown = run_grow(run, array, (size_t)wanted, size);
  if (grown) *capacity = wanted;
  return grown;
}

static bool same_input(const Input *a, const Input *b) {
  if (a->sql && b->sql) return strcmp(a->sql, b->sql) == 0;
  return strchr(a->text, '\'') ? strcmp(a->text, b->text) == 0 : names_equal(a->text, b->text);
}

static int add_input(Compiler *compiler, Input input) {
  Model *model = compiler->model;
  if (run_failed(compiler->run)) return -1;
  for (int i = 0; i < model->inputs; i++)
    if (same_input(&model->input[i], &input)) return i;
  Input *room = make_room(compiler->run, model->input, model->inputs, &compiler->input_capacity, sizeof *room);
  if (!room) return -1;
  model->input = room;
  model->input[model->inputs] = input;
  return model->inputs++;
}

static int add_variable(Compiler *compiler, Variable variable) {
  Model *model = compiler->model;
  if (run_failed(compiler->run)) return -1;
  for (int i = 0; i < model->variables; i++) {
    Variable *known = &model->variable[i];
    if (known->kind != variable.kind || known->input != variable.input || known->shift != variable.shift || known->steps != variable.steps || known->one_step != variable.one_step) continue;
    if (known->parts != variable.parts || (known->parts && memcmp(known->part, variable.part, (size_t)known->parts * sizeof *known->part))) continue;
    known->optional = known->optional && variable.optional;
    return i;
  }
  Variable *room = make_room(compiler->run, model->variable, model->variables, &compiler->variable_capacity, sizeof *room);
  if (!room) return -1;
  model->variable = room;
  model->variable[model->variables] = variable;
  return model->variables++;
}

static bool is_call(TokenList list, const char *letters, TokenList *arguments) {
  return tokens_call(list, arguments) && list.token->length == 1 && strchr(letters, *list.token->start);
}

int compile_levels(Compiler *compiler, TokenList list, bool optional) {
  Run *run = compiler->run;
  TokenList piece;
  if (is_call(list, "lfd", &piece)) run_fail(run, "%s cannot name levels: only numbers are shifted", tokens_text(run, list));
  Text name = {run, NULL, 0, 0};
  int parts = 0, first = -1, *part = NEW_ARRAY(run, int, list.count + 1);
  for (int at = 0; tokens_piece(list, &at, "^", &piece) && !run_failed(run);) {
    Input input;
    expression_compile(run, compiler->columns, piece, &input);
    if (piece.count == 1 && piece.token->type == TOKEN_NUMBER) run_fail(run, "%s is no variable", input.text);
    int place = add_input(compiler, input);
    int variable = add_variable(compiler, (Variable){.name = input.text, .kind = COLUMN_LEVELS, .input = place, .optional = optional});
    if (run_failed(run)) return -1;
    bool known = false;
    for (int i = 0; i < parts; i++) known = known || part[i] == variable;
    if (known) continue;
    text_add(&name, parts ? "^" : "");
    text_add(&name, input.text);
    if (!parts) first = variable;
    part[parts++] = variable;
  }
  if (parts <= 1 || run_failed(run)) return run_failed(run) ? -1 : first;
  Variable combination = {.name = name.data, .kind = COLUMN_LEVELS, .input = -1, .parts = parts, .part = part, .optional = optional};
  return add_variable(compiler, combination);
}

/* ------------------------------------------------------------------------------------------------ operands: x, l(x,1:3), i(f,x) */

/* A factor of a product before it is a variable. */
typedef struct Atom {
  const char *name;
  Input input;
  Shift shift;
  int steps;
  bool one_step;
  bool dummies;
  int references;
  const char **reference;
} Atom;

/* A product of atoms: a term to be. None: the intercept. */
typedef struct Draft {
  const char *name;
  int count;
  Atom *atom;
} Draft;

typedef struct Drafts {
  int count, capacity;
  Draft *draft;
} Drafts;

static void add_draft(Run *run, Drafts *drafts, Draft draft) {
  if (drafts->count == MOST_TERMS) run_fail(run, "more than %d terms", MOST_TERMS);
  Draft *room = make_room(run, drafts->draft, drafts->count, &drafts->capacity, sizeof *room);
  if (!room) return;
  drafts->draft = room;
  drafts->draft[drafts->count++] = draft;
}

static void add_atoms(Run *run, Drafts *drafts, const char *name, int count, const Atom *atom) {
  Atom *copy = NEW_ARRAY(run, Atom, count);
  if (!copy) return;
  memcpy(copy, atom, (size_t)count * sizeof *atom);
  add_draft(run, drafts, (Draft){name, count, copy});
}

static int variable_of(Compiler *compiler, const Atom *atom, bool optional) {
  return add_variable(compiler, (Variable){.name = atom->name,
                                           .kind = atom->dummies ? COLUMN_LEVELS : COLUMN_NUMBER,
                                           .input = add_input(compiler, atom->input),
                                           .shift = atom->shift,
                                           .steps = atom->steps,
                                           .one_step = atom->one_step,
                                           .optional = optional});
}

static int whole_number(Run *run, TokenList list) {
  double value = 0;
  if (!tokens_number(run, list, &value) || value != floor(value) || fabs(value) > 100000)
    run_fail(run, "'%.100s' is no number of steps: l(x), l(x,2), l(x,1:3)", tokens_raw(run, list));
  return run_failed(run) ? 0 : (int)value;
}

/* l(x), l(x,2), l(x,1:3), l(x,(1,4)): one draft for each step. */
static void parse_shift(Compiler *compiler, TokenList list, TokenList arguments, Drafts *drafts) {
  Run *run = compiler->run;
  char letter = *list.token->start;
  int comma = tokens_find(arguments, 0, ","), at = 0;
  Atom atom = {.name = tokens_text(run, list), .shift = letter == 'd' ? SHIFT_DIFFERENCE : SHIFT_LAG, .steps = letter == 'f' ? -1 : 1};
  expression_compile(run, compiler->columns, tokens_slice(arguments, 0, comma), &atom.input);
  if (comma == arguments.count) {
    atom.one_step = true;
    add_atoms(run, drafts, atom.name, 1, &atom);
    return;
  }
  TokenList steps = tokens_slice(arguments, comma + 1, arguments.count), piece;
  if (tokens_at(steps, 0)->type == TOKEN_NAME && token_is(tokens_at(steps, 1), "=")) steps = tokens_slice(steps, 2, steps.count); /* lag=2 */
  tokens_parenthesised(steps, &steps);
  while (tokens_piece(steps, &at, ",", &piece) && !run_failed(run)) {
    int colon = tokens_find(piece, 0, ":");
    int from = whole_number(run, tokens_slice(piece, 0, colon));
    int to = colon < piece.count ? whole_number(run, tokens_slice(piece, colon + 1, piece.count)) : from;
    if ((to < from ? from - to : to - from) >= MOST_STEPS) run_fail(run, "%s asks for more than %d columns", atom.name, MOST_STEPS);
    for (int step = from;; step += to < from ? -1 : 1) {
      Atom one = atom;
      if (letter == 'd' && step < 1) run_fail(run, "%s: a difference spans at least one step", atom.name);
      one.steps = letter == 'f' ? -step : step;
      one.shift = step == 0 ? SHIFT_NONE : atom.shift;
      one.name = run_format(run, "%c(%s,%d)", letter, atom.input.text, step);
      if (from != to && step == 0) one.name = atom.input.text; /* of l(x,-1:1) nobody wrote these: as fixest prints them, f(x,1), x, l(x,1) */
      if (from != to && step < 0) one.name = run_format(run, "%c(%s,%d)", letter == 'l' ? 'f' : 'l', atom.input.text, -step);
      add_atoms(run, drafts, one.name, 1, &one);
      if (step == to || run_failed(run)) break;
    }
  }
}

/* ref=v, ref=(u, v): words as written, without quotes. */
static void parse_references(Run *run, TokenList list, Atom *atom) {
  TokenList piece;
  int at = 0;
  tokens_parenthesised(list, &list);
  atom->reference = NEW_ARRAY(run, const char *, list.count + 1);
  while (tokens_piece(list, &at, ",", &piece) && !run_failed(run)) {
    double number;
    if (piece.count == 0) run_fail(run, "a level is missing in ref=");
    bool quoted = piece.count == 1, signed_number = piece.count == 2 && tokens_number(run, piece, &number);
    const char *text = quoted ? token_unquoted(run, piece.token) : signed_number ? tokens_text(run, piece) : tokens_raw(run, piece);
    if (run_failed(run)) return;
    atom->reference[atom->references++] = *text == '+' && signed_number ? text + 1 : text;
  }
}

/* The one atom of a numeric operand that is not several lags. */
static void parse_single(Compiler *compiler, TokenList list, Atom *atom) {
  TokenList arguments;
  Drafts drafts = {0};
  *atom = (Atom){.name = ""};
  if (is_call(list, "lfd", &arguments)) {
    parse_shift(compiler, list, arguments, &drafts);
    if (drafts.count > 1) run_fail(compiler->run, "%s is more than one variable", tokens_text(compiler->run, list));
    if (!run_failed(compiler->run)) *atom = drafts.draft->atom[0];
  } else {
    expression_compile(compiler->run, compiler->columns, list, &atom->input);
    atom->name = atom->input.text;
  }
}

/* i(f), i(f, x), i(f, x, v), i(f, ref=v), i(f, x, ref=v) */
static void parse_dummies(Compiler *compiler, TokenList list, TokenList arguments, Drafts *drafts) {
  Run *run = compiler->run;
  Atom atom[2] = {{.dummies = true}, {.name = ""}};
  TokenList piece;
  int at = 0, place = 0, count = 1;
  for (; tokens_piece(arguments, &at, ",", &piece) && !run_failed(run); place++) {
    bool key = tokens_at(piece, 0)->type == TOKEN_NAME && token_is(tokens_at(piece, 1), "=");
    if (place == 0) {
      if (tokens_find(piece, 0, "^") < piece.count) run_fail(run, "i(%s): combine the levels in SQL: i(a || '_' || b)", tokens_text(run, piece));
      expression_compile(run, compiler->columns, piece, &atom[0].input);
      atom[0].name = atom[0].input.text;
    } else if (key || place == 2) {
      if (key && !token_is(piece.token, "ref")) run_fail(run, "i(f, x, ref=v) knows only ref=, not %.*s=", piece.token->length, piece.token->start);
      if (atom[0].references) run_fail(run, "%s names ref= twice; several levels are ref=(a,b)", tokens_text(run, list));
      parse_references(run, key ? tokens_slice(piece, 2, piece.count) : piece, &atom[0]);
    } else if (place == 1) {
      double number;
      if (tokens_number(run, piece, &number) || tokens_at(piece, 0)->type == TOKEN_STRING)
        run_fail(run, "the second argument of i(f, x) is a variable; the base level is named by ref=%s", tokens_text(run, piece));
      if (token_is(tokens_at(piece, 0), "i") && token_is(tokens_at(piece, 1), ".")) run_fail(run, "for the dummies of two variables write i(f):i(g)");
      parse_single(compiler, piece, &atom[1]);
      count = 2;
    } else {
      run_fail(run, "too many arguments in %s: i(f, x, ref=v)", tokens_text(run, list));
    }
  }
  add_atoms(run, drafts, tokens_text(run, list), count, atom);
}

/* One operand: one or, with several lags, more drafts. */
static void parse_operand(Compiler *compiler, TokenList list, bool alone, TokenList whole, Drafts *drafts) {
  Run *run = compiler->run;
  TokenList arguments;
  if (list.count == 0) run_fail(run, "a term is missing in '%.200s'", tokens_raw(run, whole));
  if (!alone && tokens_at(list, 0)->type == TOKEN_NUMBER)
    run_fail(run, "'%.200s': outside parentheses '*' and ':' make interactions; put arithmetic in parentheses: (x*100)", tokens_raw(run, whole));
  if (tokens_find(list, 0, "^") < list.count)
    run_fail(run, "'%.200s': '^' combines effects and clusters only; for a power write I(x*x)", tokens_raw(run, list));
  if (tokens_at(list, 0)->type == TOKEN_OPERATOR && list.token->length == 1 && *list.token->start == '.' && list.count == 1)
    run_fail(run, "'.' for all other columns is not known here: name the variables");
  if (is_call(list, "i", &arguments)) {
    parse_dummies(compiler, list, arguments, drafts);
  } else if (is_call(list, "lfd", &arguments)) {
    parse_shift(compiler, list, arguments, drafts);
  } else {
    Atom atom;
    parse_single(compiler, list, &atom);
    add_atoms(run, drafts, atom.name, 1, &atom);
  }
}

int compile_number(Compiler *compiler, TokenList list, bool optional) {
  Atom atom;
  parse_single(compiler, list, &atom);
  return variable_of(compiler, &atom, optional);
}

/* ------------------------------------------------------------------------------------------------ products and sums */

static bool same_atom(const Atom *a, const Atom *b) {
  if (!same_input(&a->input, &b->input) || a->shift != b->shift || a->dummies != b->dummies || a->references != b->references) return false;
  if (a->shift != SHIFT_NONE && (a->steps != b->steps || a->one_step != b->one_step)) return false;
  for (int i = 0; i < a->references; i++)
    if (strcmp(a->reference[i], b->reference[i])) return false;
  return true;
}

/* The same atoms in whatever order; no product has an atom twice. */
static bool same_draft(const Draft *a, const Draft *b) {
  if (a->count != b->count) return false;
  for (int i = 0; i < a->count; i++) {
    bool found = false;
    for (int j = 0; j < b->count && !found; j++) found = same_atom(&a->atom[i], &b->atom[j]);
    if (!found) return false;
  }
  return true;
}

static void multiply(Run *run, const Drafts *a, const Drafts *b, Drafts *product) {
  for (int i = 0; i < a->count; i++) {
    for (int j = 0; j < b->count && run_poll(run, 500); j++) {
      const Draft *left = &a->draft[i], *right = &b->draft[j];
      Atom *atom = NEW_ARRAY(run, Atom, left->count + right->count);
      if (!atom) return;
      if (left->count) memcpy(atom, left->atom, (size_t)left->count * sizeof *atom);
      if (right->count) memcpy(atom + left->count, right->atom, (size_t)right->count * sizeof *atom);
      for (int k = 0; k < left->count; k++)
        for (int l = left->count; l < left->count + right->count; l++)
          if (same_atom(&atom[k], &atom[l]))
            run_fail(run, "%s times itself in a product: for the square write I(%s*%s)", atom[k].name, atom[k].input.text, atom[k].input.text);
      const char *name = left->count ? run_format(run, "%s:%s", left->name, right->name) : right->name;
      add_draft(run, product, (Draft){name, left->count + right->count, atom});
    }
  }
}

/* a*b:c */
static void parse_product(Compiler *compiler, TokenList list, Drafts *drafts) {
  Run *run = compiler->run;
  Drafts chain[MOST_CROSSED] = {{0}};
  Draft one = {"", 0, NULL};
  int chains = 0, at = 0;
  TokenList crossed, operand;
  bool alone = tokens_find(list, 0, "*:") == list.count;
  while (tokens_piece(list, &at, "*", &crossed) && !run_failed(run)) {
    if (chains == MOST_CROSSED) {
      run_fail(run, "'%.200s' crosses more than %d variables", tokens_raw(run, list), MOST_CROSSED);
      return;
    }
    chain[chains] = (Drafts){1, 0, &one};
    for (int place = 0; tokens_piece(crossed, &place, ":", &operand) && !run_failed(run);) {
      Drafts operands = {0}, product = {0};
      parse_operand(compiler, operand, alone, list, &operands);
      multiply(run, &chain[chains], &operands, &product);
      chain[chains] = product;
    }
    chains++;
  }
  for (int size = 1; size <= chains; size++) {
    for (unsigned subset = 1; subset < 1u << chains && !run_failed(run); subset++) {
      Drafts product = {1, 0, &one};
      int members = 0;
      for (int i = 0; i < chains; i++) members += (int)(subset >> i & 1u);
      if (members != size) continue;
      for (int i = 0; i < chains; i++) {
        if (!(subset >> i & 1u)) continue;
        Drafts longer = {0};
        multiply(run, &product, &chain[i], &longer);
        product = longer;
      }
      for (int i = 0; i < product.count; i++) add_draft(run, drafts, product.draft[i]);
    }
  }
}

/* Is the sign at this place one of the sum? Behind an operator or word of SQL it belongs to a number: x > -1. */
static bool separates(TokenList list, int from, int at) {
  static const char *const WORDS[] = {"and", "or", "not", "between", "like", "is", "in"};
  if (at == from) return true;
  const Token *before = &list.token[at - 1];
  if (before->type == TOKEN_OPERATOR) return before->length == 1 && strchr("*:.", *before->start); /* '.': a name may end in a dot, Acid.Conc. */
  for (size_t i = 0; before->type == TOKEN_NAME && i < sizeof WORDS / sizeof WORDS[0]; i++)
    if (token_is(before, WORDS[i]) && at - 1 > from) return false;
  return true;
}

/* x1 + a*b - x2 + 0. intercept NULL: 1 is a draft without atoms. */
static void parse_sum(Compiler *compiler, TokenList list, bool *intercept, Drafts *sum) {
  Run *run = compiler->run;
  if (list.count == 0) run_fail(run, "terms are missing: write 1 for none");
  for (int from = 0; from < list.count && run_poll(run, 1000);) {
    bool minus = false;
    for (; token_is(tokens_at(list, from), "+") || token_is(tokens_at(list, from), "-"); from++) minus ^= token_is(&list.token[from], "-");
    int end = tokens_find(list, from, "+-");
    while (end < list.count && end > from && !separates(list, from, end)) end = tokens_find(list, end + 1, "+-");
    TokenList product = tokens_slice(list, from, end);
    double number;
    Drafts drafts = {0};
    bool is_number = product.count == 1 && tokens_number(run, product, &number);
    if (is_number && number != 0 && number != 1) run_fail(run, "%s is no variable: 0 and 1 stand for the intercept", tokens_text(run, product));
    if (is_number && intercept) *intercept = minus ? number == 0 : number == 1;
    else if (is_number && number == 1) add_draft(run, &drafts, (Draft){"(Intercept)", 0, NULL});
    else if (!is_number && product.count == 0) run_fail(run, "a term is missing in '%.200s'", tokens_raw(run, list));
    else if (!is_number) parse_product(compiler, product, &drafts);
    for (int i = 0; i < drafts.count && run_poll(run, 20 * (uint64_t)sum->count); i++) {
      int known = 0;
      while (known < sum->count && !same_draft(&sum->draft[known], &drafts.draft[i])) known++;
      if (known == sum->count && !minus) add_draft(run, sum, drafts.draft[i]);
      if (known == sum->count || !minus) continue;
      memmove(&sum->draft[known], &sum->draft[known + 1], (size_t)(sum->count - known - 1) * sizeof *sum->draft);
      sum->count--;
    }
    from = end;
    if (end == list.count - 1) run_fail(run, "a term is missing in '%.200s'", tokens_raw(run, list));
  }
}

static int add_terms(Compiler *compiler, const Drafts *drafts, Term **terms) {
  Run *run = compiler->run;
  *terms = NEW_ARRAY(run, Term, drafts->count);
  for (int i = 0; i < drafts->count && !run_failed(run); i++) {
    const Draft *draft = &drafts->draft[i];
    TermFactor *factor = NEW_ARRAY(run, TermFactor, draft->count);
    for (int j = 0; j < draft->count && !run_failed(run); j++) {
      const Atom *atom = &draft->atom[j];
      factor[j] = (TermFactor){variable_of(compiler, atom, false), atom->dummies, atom->references, atom->reference};
    }
    (*terms)[i] = (Term){draft->name, draft->count, factor};
  }
  return run_failed(run) ? 0 : drafts->count;
}

int compile_terms(Compiler *compiler, TokenList list, Term **terms) {
  Drafts drafts = {0};
  parse_sum(compiler, list, NULL, &drafts);
  return add_terms(compiler, &drafts, terms);
}

/* ------------------------------------------------------------------------------------------------ absorbed effects and the panel */

static void name_slopes(Run *run, const Model *model, AbsorbedEffect *effect) {
  Text name = {run, NULL, 0, 0};
  text_add(&name, model->variable[effect->variable].name);
  for (int i = 0; i < effect->slopes; i++) {
    text_add(&name, i ? "," : effect->slopes_only ? "[[" : "[");
    text_add(&name, model->variable[effect->slope[i]].name);
  }
  if (effect->slopes) text_add(&name, effect->slopes_only ? "]]" : "]");
  effect->name = name.data;
}

/* a, a^b, a[x, z], a[[x]] */
static void parse_effect(Compiler *compiler, TokenList list) {
  Run *run = compiler->run;
  Model *model = compiler->model;
  const Token *last = tokens_at(list, list.count - 1);
  AbsorbedEffect effect = {.slopes_only = last->type == TOKEN_OTHER && *last->start == ']'};
  int end = list.count - (effect.slopes_only ? 1 : 0);
  const Token *bracket = tokens_at(list, end - 1);
  TokenList slopes = {NULL, 0};
  if (tokens_find(list, 0, "*:-") < list.count)
    run_fail(run, "'%.200s': absorbed effects are a + b, a^b for combinations, a[x] for slopes; put arithmetic in parentheses",
             tokens_raw(run, list));
  if (end > 1 && bracket->type == TOKEN_QUOTED_NAME && *bracket->start == '[' && tokens_at(list, end - 2)->type != TOKEN_OPERATOR) {
    int outer = effect.slopes_only ? 2 : 1;
    if (effect.slopes_only && bracket->start[1] != '[') run_fail(run, "'%.200s': slopes without levels are a[[x]]", tokens_raw(run, list));
    const char *inside = run_text_n(run, bracket->start + outer, (size_t)(bracket->length - outer - 1));
    if (inside) slopes = tokens_list(run, inside);
    if (inside && !slopes.count) run_fail(run, "'%.200s' names no slope", tokens_raw(run, list));
    end--;
  } else if (effect.slopes_only) {
    run_fail(run, "'%.200s' has ']' without its '['; slopes are a[x] or a[[x]]", tokens_raw(run, list));
    return;
  }
  effect.variable = compile_levels(compiler, tokens_slice(list, 0, end), false);
  int place = -1, at = 0;
  for (int i = 0; i < model->effects; i++)
    if (model->effect[i].variable == effect.variable) place = i;
  bool levels = !effect.slopes_only;
  if (place >= 0) {
    effect = model->effect[place];
    effect.slopes_only = effect.slopes_only && !levels;
  }
  int *slope = NEW_ARRAY(run, int, effect.slopes + slopes.count);
  if (!slope) return;
  if (effect.slopes) memcpy(slope, effect.slope, (size_t)effect.slopes * sizeof *slope);
  effect.slope = slope;
  for (TokenList piece; slopes.count && tokens_piece(slopes, &at, ",", &piece) && !run_failed(run);) {
    int variable = compile_number(compiler, piece, false);
    bool known = false;
    for (int i = 0; i < effect.slopes; i++) known = known || slope[i] == variable;
    if (!known) slope[effect.slopes++] = variable;
  }
  if (run_failed(run)) return;
  name_slopes(run, model, &effect);
  model->effect[place >= 0 ? place : model->effects++] = effect;
}

static void parse_effects(Compiler *compiler, TokenList list) {
  TokenList piece;
  compiler->model->effect = NEW_ARRAY(compiler->run, AbsorbedEffect, list.count + 1);
  if (list.count == 0) run_fail(compiler->run, "the absorbed effects are missing: write 0 for none");
  for (int at = 0; tokens_piece(list, &at, "+", &piece) && !run_failed(compiler->run);) {
    bool none = piece.count == 1 && (token_is(piece.token, "0") || token_is(piece.token, "1"));
    if (!piece.count) run_fail(compiler->run, "an effect is missing in '%.200s'", tokens_raw(compiler->run, list));
    if (!none) parse_effect(compiler, piece);
  }
}

int compile_panel(Compiler *compiler, TokenList list) {
  Run *run = compiler->run;
  Model *model = compiler->model;
  tokens_parenthesised(list, &list);
  int comma = tokens_find(list, 0, "+,");
  model->unit = -1;
  if (comma < list.count) model->unit = compile_levels(compiler, tokens_slice(list, 0, comma), false);
  TokenList time = comma < list.count ? tokens_slice(list, comma + 1, list.count) : list;
  if (tokens_find(time, 0, "+,^") < time.count)
    run_fail(run, "panel=%.200s: a panel is unit+time, or time alone; time is one variable", tokens_raw(run, list));
  model->time = compile_levels(compiler, time, false);
  model->time_number = compile_number(compiler, time, false);
  return !run_failed(run);
}

/* The panel's variables are two effects that are plain variables, the first two of them. */
void compile_default_panel(Compiler *compiler) {
  Model *model = compiler->model;
  int plain[2], count = 0;
  for (int i = 0; i < model->effects && count < 2; i++)
    if (!model->variable[model->effect[i].variable].parts) plain[count++] = model->effect[i].variable;
  if (count < 2) return;
  Variable number = model->variable[plain[1]];
  number.kind = COLUMN_NUMBER;
  model->unit = plain[0];
  model->time = plain[1];
  model->time_number = add_variable(compiler, number);
}

/* ------------------------------------------------------------------------------------------------ the whole */

static void parse_instruments(Compiler *compiler, TokenList list) {
  int tilde = tokens_find(list, 0, "~");
  Drafts endogenous = {0}, instruments = {0};
  Model *model = compiler->model;
  parse_sum(compiler, tokens_slice(list, 0, tilde), NULL, &endogenous);
  parse_sum(compiler, tokens_slice(list, tilde + 1, list.count), NULL, &instruments);
  for (int i = 0; i < endogenous.count + instruments.count; i++)
    if (!(i < endogenous.count ? &endogenous.draft[i] : &instruments.draft[i - endogenous.count])->count)
      run_fail(compiler->run, "the intercept is neither endogenous nor an instrument");
  if (!endogenous.count || !instruments.count) run_fail(compiler->run, "the last part is 'endogenous ~ instruments': neither may be empty");
  model->endogenous = add_terms(compiler, &endogenous, &model->endogenous_term);
  model->instruments = add_terms(compiler, &instruments, &model->instrument);
}

static void parse_formula(Compiler *compiler, const Estimator *estimator, TokenList list) {
  enum { MOST_PARTS = 3 };
  Run *run = compiler->run;
  Model *model = compiler->model;
  int tilde = tokens_find(list, 0, "~"), parts = 0, at = tilde + 1;
  if (tilde == list.count) run_fail(run, "'%.200s' has no '~': a formula is %s", tokens_raw(run, list), estimator->model_help);
  if (tokens_find(list, 0, "|") < tilde) run_fail(run, "'%.200s': a '|' stands before the '~'", tokens_raw(run, list));
  if (run_failed(run)) return;
  if (tilde > 0) model->outcome = compile_number(compiler, tokens_slice(list, 0, tilde), false);
  else if (*estimator->model_help != '~')
    run_fail(run, "the outcome is missing in '%.200s': a formula is %s", tokens_raw(run, list), estimator->model_help);
  Drafts regressors = {0};
  for (TokenList part; tokens_piece(list, &at, "|", &part) && !run_failed(run); parts++) {
    int inner = tokens_find(part, 0, "~");
    bool last = at > list.count;
    if (parts >= MOST_PARTS || (inner < part.count && (parts == 0 || !last || tokens_find(part, inner + 1, "~") < part.count)) ||
        (parts == 2 && inner == part.count && !(estimator->flags & ESTIMATOR_INSTRUMENTS)))
      run_fail(run, "'%.200s' is not of the form outcome ~ regressors | effects | endogenous ~ instruments", tokens_raw(run, list));
    else if (parts == 0) parse_sum(compiler, part, &model->intercept, &regressors);
    else if ((estimator->flags & ESTIMATOR_INSTRUMENTS) && names_instruments(part)) compile_instruments(compiler, part);
    else if (inner == part.count) parse_effects(compiler, part);
    else parse_instruments(compiler, part);
    if (parts == 0) model->terms = add_terms(compiler, &regressors, &model->term);
  }
}

void compile_model(Compiler *compiler, const Estimator *estimator, const char *text) {
  Run *run = compiler->run;
  Model *model = compiler->model;
  model->kind = estimator->model;
  model->intercept = true;
  model->outcome = model->unit = model->time = model->time_number = model->where = -1;
  TokenList list = tokens_list(run, text ? text : "");
  if (run_failed(run)) return;
  model->text = tokens_raw(run, list);
  if (model->kind == MODEL_NONE) {
    if (list.count) run_fail(run, "'%.200s': there is no model here, only options", tokens_raw(run, list));
  } else if (list.count == 0) {
    run_fail(run, "the model is missing: %s", estimator->model_help ? estimator->model_help : estimator->roles ? estimator->roles : "x1, x2");
  } else if (model->kind == MODEL_FORMULA) {
    parse_formula(compiler, estimator, list);
  } else {
    compile_list_model(compiler, estimator, list);
  }
}
