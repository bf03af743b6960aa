/* Options as text, as JSON and as hidden columns (options.c, values.c). Expected values are derived by hand from the contract. */
#include "check.h"
#include "host.h"
#include "../../ext/sqlite/sql.h"

#include <locale.h>

static Run run;
static Plan plan;

static const char *const COLUMNS[] = {"y", "x", "z", "firm", "year", "prov", "lat", "lon", "gdp per cap"};
static const SourceColumns PANEL = {sizeof COLUMNS / sizeof COLUMNS[0], COLUMNS, "panel", "'"};

static const OptionSpec SHARED[] = {
  {"where", OPTION_WHERE, NULL, NULL, "rows"},
  {"panel", OPTION_PANEL, NULL, NULL, NULL},
  {"vcov", OPTION_VCOV, NULL, NULL, NULL},
  {NULL, OPTION_TEXT, NULL, NULL, NULL},
};
static const OptionSpec OWN[] = {
  {"title", OPTION_TEXT, "none", NULL, NULL},
  {"level", OPTION_NUMBER, "0.95", NULL, "level of the intervals"},
  {"reps", OPTION_INTEGER, NULL, NULL, NULL},
  {"k_adj", OPTION_BOOLEAN, "1", NULL, NULL},
  {"method", OPTION_CHOICE, "twfe", "twfe|cs|sunab|imputation", NULL},
  {"est", OPTION_CHOICE, NULL, "dr|ipw|reg", NULL},
  {"tau", OPTION_NUMBERS, ".5", NULL, NULL},
  {"window", OPTION_RANGE, NULL, NULL, NULL},
  {"weights", OPTION_VARIABLE, NULL, NULL, NULL},
  {"offset", OPTION_VARIABLE, NULL, "optional", NULL},
  {"by", OPTION_LEVELS, NULL, NULL, NULL},
  {"regime", OPTION_TERMS, NULL, NULL, NULL},
  {"match", OPTION_CALL, NULL, NULL, NULL},
  {NULL, OPTION_TEXT, NULL, NULL, NULL},
};
static const OptionSpec CALLS[] = {
  {"columns", OPTION_CALLS, NULL, NULL, NULL},
  {"id", OPTION_LEVELS, NULL, NULL, NULL},
  {"time", OPTION_LEVELS, NULL, NULL, NULL},
  {"strict", OPTION_BOOLEAN, NULL, NULL, NULL},
  {NULL, OPTION_TEXT, NULL, NULL, NULL},
};
static const OptionSpec *const GROUPS[] = {SHARED, OWN, NULL};
static const OptionSpec *const CALL_GROUPS[] = {CALLS, NULL};
static const Estimator REGRESSION = {.name = "fe_test", .model = MODEL_FORMULA, .model_help = "y ~ x", .options = GROUPS};
static const Estimator PREPARE = {.name = "prepare", .model = MODEL_NONE, .options = CALL_GROUPS};
static const Estimator SERIES = {.name = "convergence", .model = MODEL_VARIABLES, .options = CALL_GROUPS};

static bool compile(const Estimator *estimator, const char *model, const char *options, int extras, const OptionPair *extra) {
  run_end(&run);
  host_begin(&run);
  plan_compile(&run, estimator, &PANEL, model, options, extras, extra, &plan);
  return !run_failed(&run);
}
static bool options(const char *text) {
  bool good = compile(&REGRESSION, "y ~ x | firm + year", text, 0, NULL);
  if (!good) printf("  '%s': %s\n", text ? text : "", run.message);
  return good;
}
static bool fails(const char *text, const char *sentence) {
  bool good = !compile(&REGRESSION, "y ~ x | firm + year", text, 0, NULL) && strstr(run.message, sentence);
  if (!good) printf("  '%s' says '%s', not '%s'\n", text, run_failed(&run) ? run.message : "nothing", sentence);
  return good;
}
static const OptionValue *value(const char *name) {
  static const OptionValue none;
  for (int i = 0; i < plan.options; i++)
    if (strcmp(plan.option[i].spec->name, name) == 0) return &plan.option[i];
  return &none;
}
static bool is(const char *ours, const char *expected) {
  bool same = ours && expected ? strcmp(ours, expected) == 0 : ours == expected;
  if (!same) printf("  %s, expected %s\n", ours ? ours : "NULL", expected ? expected : "NULL");
  return same;
}
static const char *variable(int index) {
  return index < 0 ? "-" : plan.model.variable[index].name;
}

static void test_defaults(void) {
  CHECK(options(NULL));
  CHECK(plan.options == 16 && is(plan.option[0].spec->name, "where") && is(plan.option[15].spec->name, "match"));
  CHECK(is(value("title")->text, "none") && !value("title")->given);
  CHECK(value("level")->number == 0.95 && !value("level")->given);
  CHECK(value("k_adj")->integer == 1 && value("k_adj")->number == 1);
  CHECK(is(value("method")->text, "twfe") && value("method")->integer == 0);
  CHECK(value("est")->text == NULL && value("est")->integer == -1);
  CHECK(value("tau")->numbers == 1 && value("tau")->list[0] == 0.5);
  CHECK(isnan(value("window")->low) && isnan(value("reps")->number) && value("reps")->integer == 0);
  CHECK(value("weights")->variable == -1 && value("vcov")->vcov == NULL && value("regime")->terms == 0 && value("match")->calls == 0);
  CHECK(plan.model.where == -1 && plan.model.unit == -1 && plan.model.time == -1);
  CHECK(options("") && options("  \n") && options(" , ;\n,") && options("{}"));
}

static void test_types(void) {
  CHECK(options("level=.9, REPS = 1e3; k_adj=no\nmethod=CS, est='ipw', tau=(.1, .5,.9), window=-5:5, title=\"a, b\""));
  CHECK(value("level")->number == 0.9 && value("level")->given && is(value("level")->text, ".9"));
  CHECK(value("reps")->integer == 1000);
  CHECK(value("k_adj")->integer == 0);
  CHECK(is(value("method")->text, "cs") && value("method")->integer == 1);
  CHECK(is(value("est")->text, "ipw") && value("est")->integer == 1);
  CHECK(value("tau")->numbers == 3 && value("tau")->list[0] == 0.1 && value("tau")->list[2] == 0.9);
  CHECK(value("window")->low == -5 && value("window")->high == 5);
  CHECK(is(value("title")->text, "a, b"));
  CHECK(options("level=-1.5e-3, reps=9007199254740993, window=(0,0)"));
  CHECK(value("level")->number == -1.5e-3 && value("reps")->integer == 9007199254740993 && value("window")->low == 0);
  CHECK(options("k_adj") && value("k_adj")->integer == 1 && value("k_adj")->given);
  CHECK(options("title=free text with = and (a, b)") && is(value("title")->text, "free text with = and (a, b)"));
  CHECK(fails("level=abc", "level=abc: a number is needed (level of the intervals)"));
  CHECK(fails("level=0.9.5", "a number is needed"));
  CHECK(fails("level=1,5", "'5' is not of the form key=value"));
  CHECK(fails("level=9e999", "a number is needed"));
  CHECK(fails("level=0.9%", "a number is needed"));
  CHECK(fails("level=", "the option 'level' has no value"));
  CHECK(fails("reps=1.5", "reps=1.5: a whole number is needed"));
  CHECK(fails("k_adj=maybe", "1 or 0"));
  CHECK(fails("method=sunabb", "it must be one of twfe, cs, sunab, imputation; did you mean 'sunab'?"));
  CHECK(fails("tau=(.1,b)", "a number or a list"));
  CHECK(fails("window=5:-5", "a range low:high"));
  CHECK(fails("window=5", "a range low:high"));
}

static void test_keys(void) {
  CHECK(fails("vcv=hc1", "unknown option 'vcv'; did you mean 'vcov'? Options: where, panel, vcov, title, level"));
  CHECK(fails("frobnicate=1", "unknown option 'frobnicate'. Options: where"));
  CHECK(fails("level=.9, LEVEL=.8", "the option 'level' is given twice"));
  CHECK(fails("hc1", "'hc1' is not of the form key=value"));
  CHECK(fails("cluster(firm)", "is it vcov=cluster(firm)?"));
  CHECK(fails("level", "the option 'level' needs a value"));
  CHECK(fails("panel=firm,year", "a list stands in parentheses"));
  CHECK(fails("level=(.9", "a ')' is missing"));
  const OptionPair extra[] = {{"level", "0.8"}, {"method", NULL}, {"reps", "7"}};
  CHECK(compile(&REGRESSION, "y ~ x", "level=.9, method=cs", 3, extra));
  CHECK(value("level")->number == 0.8 && is(value("method")->text, "cs") && value("reps")->integer == 7);
  const OptionPair wrong[] = {{"nope", "1"}};
  CHECK(!compile(&REGRESSION, "y ~ x", "", 1, wrong) && strstr(run.message, "unknown option 'nope'"));
}

static void test_variables(void) {
  CHECK(options("where=year = 1986 AND x > 0, weights=x/z, offset=ln(z), by=prov^year, regime=x + z:i(prov) + 1"));
  CHECK(is(variable(plan.model.where), "year=1986 AND x>0") && plan.model.variable[plan.model.where].optional);
  CHECK(plan.model.where == value("where")->variable);
  CHECK(is(variable(value("weights")->variable), "x/z") && !plan.model.variable[value("weights")->variable].optional);
  CHECK(is(variable(value("offset")->variable), "ln(z)") && plan.model.variable[value("offset")->variable].optional);
  CHECK(is(variable(value("by")->variable), "prov^year") && plan.model.variable[value("by")->variable].kind == COLUMN_LEVELS);
  CHECK(value("regime")->terms == 3 && is(value("regime")->term[1].name, "z:i(prov)") && value("regime")->term[2].factors == 0);
  CHECK(options("where=(x > 0\n and year = 1986)") && options("where=x > 0\n and z = 1\nlevel=.9") && value("level")->number == 0.9);
  CHECK(options("where=x BETWEEN 1 AND 2 OR prov IN ('a','b; c')"));
  CHECK(options("panel=prov+year") && is(variable(plan.model.unit), "prov") && is(variable(plan.model.time), "year"));
  CHECK(plan.model.variable[plan.model.time_number].kind == COLUMN_NUMBER);
  CHECK(options("by=\"gdp per cap\"") && is(variable(value("by")->variable), "gdp per cap"));
  CHECK(fails("where=nope > 1", "no column 'nope' in 'panel'"));
  CHECK(fails("weights=log(x)", "base 10"));
  CHECK(fails("by=prov+year", "one variable, or a combination a^b"));
  CHECK(fails("regime=x + nope", "no column 'nope'"));
  CHECK(fails("where=;", "has no value"));
}

static const VcovSpec *vcov(const char *text) {
  char line[200];
  snprintf(line, sizeof line, "vcov=%s", text);
  static const VcovSpec none;
  return options(line) && value("vcov")->vcov ? value("vcov")->vcov : &none;
}

static void test_vcov(void) {
  CHECK(vcov("iid")->kind == VCOV_IID && is(vcov("iid")->text, "iid"));
  CHECK(vcov("HC3")->kind == VCOV_HC3 && is(vcov("robust")->text, "hc1") && vcov("white")->kind == VCOV_HC1);
  const VcovSpec *spec = vcov("cluster( firm )");
  CHECK(spec->kind == VCOV_CLUSTER && spec->clusters == 1 && is(variable(spec->cluster[0]), "firm") && spec->cluster[1] == -1);
  CHECK(is(spec->text, "cluster(firm)"));
  spec = vcov("cluster(firm + year)");
  CHECK(spec->clusters == 2 && is(variable(spec->cluster[1]), "year") && is(spec->text, "cluster(firm+year)"));
  spec = vcov("cluster(firm, prov^year)");
  CHECK(spec->clusters == 2 && is(variable(spec->cluster[1]), "prov^year") && is(spec->text, "cluster(firm+prov^year)"));
  spec = vcov("cluster(firm+firm)");
  CHECK(spec->clusters == 1);
  spec = vcov("nw(3)");
  CHECK(spec->kind == VCOV_NEWEY_WEST && spec->lag == 3 && is(variable(plan.model.unit), "firm") && is(variable(plan.model.time), "year"));
  CHECK(vcov("nw")->lag == -1 && vcov("nw()")->lag == -1 && is(vcov("newey_west(lag=2)")->text, "nw(lag=2)"));
  spec = vcov("dk(0)");
  CHECK(spec->kind == VCOV_DRISCOLL_KRAAY && spec->lag == 0 && plan.model.time >= 0);
  spec = vcov("conley(lat, lon, 100)");
  CHECK(spec->kind == VCOV_CONLEY && is(variable(spec->latitude), "lat") && is(variable(spec->longitude), "lon") && spec->cutoff_km == 100);
  spec = vcov("wild(prov, reps=999, weights=Webb, seed=7)");
  CHECK(spec->kind == VCOV_WILD && spec->reps == 999 && is(spec->weights, "webb") && spec->seed == 7 && is(variable(spec->cluster[0]), "prov"));
  spec = vcov("wild(prov)");
  CHECK(spec->reps == 0 && spec->weights == NULL && spec->seed == -1);
  CHECK(vcov("cv3(firm)")->kind == VCOV_CV3);
  CHECK(vcov("cluster(~firm)")->clusters == 1);
  CHECK(fails("vcov=hc9", "it must be one of iid, hc0, hc1, hc2, hc3, hc4, robust, cluster, nw, dk, conley, wild, cv3; did you mean 'hc0'?"));
  CHECK(fails("vcov=clster(firm)", "did you mean 'cluster'?"));
  CHECK(fails("vcov=firm", "write vcov=cluster(firm)"));
  CHECK(fails("vcov=~firm", "write vcov=cluster(a)"));
  CHECK(fails("vcov=cluster", "it is written cluster(a), cluster(a+b)"));
  CHECK(fails("vcov=cluster()", "it is written cluster(a), cluster(a+b)"));
  CHECK(fails("vcov=cluster(frm)", "no column 'frm' in 'panel'; did you mean 'firm'?"));
  CHECK(fails("vcov=cluster(firm+year+prov)", "two clusters at most; a^b clusters by the combination"));
  CHECK(fails("vcov=wild(firm+year)", "one cluster only"));
  CHECK(fails("vcov=wild(firm, rep=9)", "it is written wild(g, reps=999"));
  CHECK(fails("vcov=wild(firm, weights=normal)", "rademacher, webb, mammen"));
  CHECK(fails("vcov=nw(-1)", "no whole number from 0 on"));
  CHECK(fails("vcov=nw(x)", "no whole number"));
  CHECK(fails("vcov=conley(lat)", "it is written conley(latitude, longitude, km)"));
  CHECK(fails("vcov=conley(lat, lon, -1)", "conley(latitude, longitude, km)"));
  CHECK(fails("vcov=hc1(2)", "it has no arguments"));
  CHECK(fails("vcov=hc1 + hc2", "it must be one of"));
}

static void test_json(void) {
  CHECK(options("{\"level\": 0.9, \"K_ADJ\": false, \"method\": \"cs\", \"tau\": [0.1, 0.9], \"window\": [-3, 3], \"est\": null, \"by\": [\"firm\"]}"));
  CHECK(value("level")->number == 0.9 && value("k_adj")->integer == 0 && is(value("method")->text, "cs") && value("tau")->numbers == 2);
  CHECK(value("window")->low == -3 && !value("est")->given && is(variable(value("by")->variable), "firm"));
  CHECK(options(" {\"regime\": [\"x\", \"i(prov)\"], \"panel\": [\"prov\", \"year\"], \"vcov\": \"cluster(firm)\"}"));
  CHECK(value("regime")->terms == 2 && is(variable(plan.model.unit), "prov") && value("vcov")->vcov->clusters == 1);
  CHECK(options("{\"panel\": \"prov,year\"}") && is(variable(plan.model.unit), "prov"));
  CHECK(fails("{\"vcov\": \"hc1\"", "JSON"));
  CHECK(fails("{\"vcv\": \"hc1\"}", "unknown option 'vcv'; did you mean 'vcov'?"));
  CHECK(fails("{\"level\": 1, \"level\": 2}", "given twice"));
  CHECK(fails("{\"level\": [1]}", "cannot be such an array"));
  CHECK(fails("{\"vcov\": {\"a\": 1}}", "cannot be an object"));
  CHECK(fails("{\"level\": \"\"}", "level=: a value is needed"));
}

static void test_calls(void) {
  CHECK(options("match=psm(treat ~ x1 + x2, caliper=.05, Ratio = 2)"));
  const Call *call = value("match")->call;
  CHECK(value("match")->calls == 1 && is(call->name, "psm") && call->arguments == 1 && is(call->argument[0], "treat ~ x1 + x2"));
  CHECK(call->keys == 2 && is(call->key[1], "Ratio") && is(call->value[1], "2") && call->variable == NULL);
  CHECK(options("match=psm") && is(value("match")->call->name, "psm") && value("match")->call->arguments == 0);
  CHECK(options("match=psm()") && value("match")->call->arguments == 0);
  CHECK(fails("match=psm(x", "a ')' is missing"));
  CHECK(fails("match=x + z", "is not of the form name(arguments)"));
  CHECK(fails("match=psm(x,)", "an argument is missing"));

  CHECK(compile(&PREPARE, NULL, "winsor(x z, .01), id=firm, l(ln(x), 2), interpolate(x, linear, by=prov), strict", 0, NULL));
  const OptionValue *columns = value("columns");
  CHECK(columns->calls == 3 && columns->given && value("strict")->integer == 1 && is(variable(value("id")->variable), "firm"));
  if (columns->calls != 3) return;
  call = &columns->call[0];
  CHECK(is(call->text, "winsor(x z,.01)") && call->arguments == 2 && call->variable[1] == NULL && is(call->argument[1], ".01"));
  CHECK(is(variable(call->variable[0][0]), "x") && is(variable(call->variable[0][1]), "z") && call->variable[0][2] == -1);
  CHECK(plan.model.variable[call->variable[0][0]].optional);
  call = &columns->call[1];
  CHECK(is(call->name, "l") && is(call->text, "l(ln(x),2)") && is(variable(call->variable[0][0]), "ln(x)") && call->variable[0][1] == -1);
  call = &columns->call[2];
  CHECK(call->arguments == 2 && call->variable[1] == NULL && is(call->argument[1], "linear") && is(call->key[0], "by") && is(call->value[0], "prov"));
  CHECK(call->columns == 1 && is(call->column[0], "interpolate_x") && isnan(call->number[0]) && is(columns->call[0].column[1], "winsor_z"));
  CHECK(is(columns->call[1].column[0], "l2_ln_x") && columns->call[1].number[1] == 2 && columns->call[0].number[1] == .01);
  CHECK(compile(&PREPARE, NULL, "columns=zscore(x), zscore(z)", 0, NULL) && value("columns")->calls == 2);
  CHECK(compile(&PREPARE, NULL, "{\"columns\": [\"zscore(x)\", \"zscore(z)\"]}", 0, NULL) && value("columns")->calls == 2);
  CHECK(compile(&PREPARE, NULL, "w=winsor(x, .01), l(w z), zscore(x) AS \"z x\"", 0, NULL));
  columns = value("columns");
  CHECK(columns->calls == 3 && is(columns->call[0].column[0], "w") && is(columns->call[0].text, "winsor(x,.01)"));
  if (columns->calls != 3) return;
  call = &columns->call[1];
  CHECK(call->columns == 2 && call->variable[0][0] == CALL_COLUMN && is(variable(call->variable[0][1]), "z") && is(call->column[0], "l_w") && is(call->column[1], "l_z"));
  CHECK(is(columns->call[2].column[0], "z x"));
  CHECK(!compile(&PREPARE, NULL, "zscore(x), zscore(x)", 0, NULL) && strstr(run.message, "two calls make a column 'zscore_x'"));
  CHECK(!compile(&PREPARE, NULL, "z=zscore(x)", 0, NULL) && strstr(run.message, "already has a column 'z'"));
  CHECK(!compile(&PREPARE, NULL, "w=zscore(x z)", 0, NULL) && strstr(run.message, "makes 2 columns"));
  CHECK(!compile(&PREPARE, NULL, "w=5", 0, NULL) && strstr(run.message, "unknown option 'w'"));
  CHECK(!compile(&PREPARE, NULL, "zscore(nope)", 0, NULL) && strstr(run.message, "no column 'nope'"));
  CHECK(!compile(&PREPARE, NULL, "x", 0, NULL) && strstr(run.message, "not of the form"));
  /* the panel of an estimator that has id= and time= instead of panel= */
  CHECK(compile(&SERIES, "x, l(x)", "id=firm, time=year", 0, NULL) && is(variable(plan.model.unit), "firm") && is(variable(plan.model.time), "year"));
  CHECK(!compile(&SERIES, "x, l(x)", "id=firm", 0, NULL) && strstr(run.message, "needs to know the panel"));
}

/* Wherever a locale with a decimal comma is installed. */
static void test_locale(void) {
  static const char *const LOCALES[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nl_NL.UTF-8"};
  for (size_t i = 0; i < sizeof LOCALES / sizeof LOCALES[0]; i++)
    if (setlocale(LC_ALL, LOCALES[i])) break;
  CHECK(options("level=1.25e1, tau=(.5,1.5)") && value("level")->number == 12.5 && value("tau")->list[0] == 0.5 && value("tau")->list[1] == 1.5);
  setlocale(LC_ALL, "C");
}

static void test_leaks(void) {
  CHECK(host_end(&run));
}

CHECK_MAIN(test_defaults, test_types, test_keys, test_variables, test_vcov, test_json, test_calls, test_locale, test_leaks)
