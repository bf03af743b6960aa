/* instruments.c: the part of a formula that names the instruments of a dynamic panel: gmm(n, 2:99) + gmm(w + k, 2:4, collapse=1) + iv(x, equation=level).
 *
 * 1. gmm(x, a:b): lags a to b of x (a leads the formula's l(x, a)); a alone is one lag; a: and a:. have no end; a > b are swapped. Several variables are parted by +.
 * 2. iv(x): the variable itself. iv(0): none.
 * 3. equation=both|transformed|level (diff, difference and deviations are words for transformed), collapse=0|1 for gmm(). */
#include "sql.h"

static bool calls(TokenList list, const char *name) {
  return tokens_at(list, 0)->type == TOKEN_NAME && token_is(list.token, name) && tokens_at(list, 1)->type == TOKEN_OPEN;
}

bool names_instruments(TokenList part) { return calls(part, "gmm") || calls(part, "iv") || calls(part, "l") || calls(part, "lag"); /* as pgmm writes them: told what is written here */ }

static bool whole(Run *run, TokenList list, int *value) {
  double number;
  if (!tokens_number(run, list, &number) || number != floor(number) || fabs(number) > 100000) return false;
  *value = (int)number;
  return true;
}

/* 2, 2:4, 2:, 2:. */
static void read_lags(Compiler *compiler, TokenList call, TokenList list, InstrumentSet *set) {
  Run *run = compiler->run;
  tokens_parenthesised(list, &list);
  int colon = tokens_find(list, 0, ":");
  TokenList end = tokens_slice(list, colon < list.count ? colon + 1 : colon, list.count);
  bool open = colon < list.count && (end.count == 0 || (end.count == 1 && *end.token->start == '.' && end.token->length == 1));
  bool good = whole(run, tokens_slice(list, 0, colon), &set->low);
  set->high = open ? INSTRUMENT_ALL_LAGS : set->low;
  if (good && !open && colon < list.count) good = whole(run, end, &set->high);
  if (!good) run_fail(run, "'%.200s': the lags are written 2:4, or 2: without an end", tokens_raw(run, call));
  if (set->high >= set->low) return;
  int low = set->high;
  set->high = set->low;
  set->low = low;
}

static void read_key(Compiler *compiler, TokenList call, TokenList piece, InstrumentSet *set) {
  Run *run = compiler->run;
  TokenList value = tokens_slice(piece, 2, piece.count);
  const Token *word = tokens_at(value, 0);
  int number = -1;
  if (token_is(piece.token, "collapse") && set->gmm && whole(run, value, &number) && (number == 0 || number == 1)) set->collapse = number;
  else if (token_is(piece.token, "equation") && token_is(word, "both")) set->equation = INSTRUMENT_BOTH;
  else if (token_is(piece.token, "equation") && token_is(word, "level")) set->equation = INSTRUMENT_LEVEL;
  else if (token_is(piece.token, "equation") && (token_is(word, "transformed") || token_is(word, "diff") || token_is(word, "difference") || token_is(word, "deviations")))
    set->equation = INSTRUMENT_TRANSFORMED;
  else run_fail(run, "'%.200s': behind the variables stand %sequation=both|transformed|level", tokens_raw(run, call), set->gmm ? "the lags, collapse=0|1 and " : "");
}

static void read_set(Compiler *compiler, TokenList call, InstrumentSet *set) {
  Run *run = compiler->run;
  TokenList inside, piece;
  if (!(calls(call, "gmm") || calls(call, "iv")) || !tokens_call(call, &inside)) {
    run_fail(run, "'%.200s': instruments are gmm(x, 2:4) and iv(z), parted by +", tokens_raw(run, call));
    return;
  }
  *set = (InstrumentSet){.name = tokens_text(run, call), .gmm = token_is(call.token, "gmm"), .collapse = -1, .low = 1, .high = 0};
  bool lags = false;
  int place = 0;
  for (int at = 0; tokens_piece(inside, &at, ",", &piece) && !run_failed(run); place++) {
    int number;
    if (piece.count > 2 && tokens_at(piece, 0)->type == TOKEN_NAME && token_is(tokens_at(piece, 1), "=")) {
      read_key(compiler, call, piece, set);
    } else if (place == 0) {
      bool none = !set->gmm && whole(run, piece, &number) && number == 0;
      if (!none) set->terms = compile_terms(compiler, piece, &set->term);
    } else if (set->gmm && !lags) {
      read_lags(compiler, call, piece, set);
      lags = true;
    } else {
      run_fail(run, "'%.200s': several variables are parted by +: %s", tokens_raw(run, call), set->gmm ? "gmm(x + z, 2:4)" : "iv(x + z)");
    }
  }
  for (int t = 0; t < set->terms; t++)
    if (!set->term[t].factors) run_fail(run, "'%.200s': the constant needs no mention: the level equation has it", tokens_raw(run, call));
  for (int t = 0; t < set->terms && set->gmm; t++)
    for (int f = 0; f < set->term[t].factors; f++)
      if (set->term[t].factor[f].dummies) run_fail(run, "'%.200s': lags of dummies are no instruments here; iv() takes i(f)", tokens_raw(run, call));
  if (set->gmm && !lags) run_fail(run, "'%.200s' names no lags: 2:4, or 2: for all from the second on", tokens_raw(run, call));
}

void compile_instruments(Compiler *compiler, TokenList part) {
  Run *run = compiler->run;
  Model *model = compiler->model;
  if (model->instrument_sets) {
    run_fail(run, "'%.200s': the instruments stand in one part of the formula", tokens_raw(run, part));
    return;
  }
  model->instrument_set = NEW_ARRAY(run, InstrumentSet, part.count + 1);
  TokenList piece;
  for (int at = 0; tokens_piece(part, &at, "+", &piece) && !run_failed(run);) read_set(compiler, piece, &model->instrument_set[model->instrument_sets++]);
}
