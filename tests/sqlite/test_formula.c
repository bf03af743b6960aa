/* The compiled plan of formulas and lists (expression.c, formula.c, lists.c). Expected plans are derived by hand from the contract:
 * sql/ says what a formula means; the file heads number the rules.
 *
 * A plan is shown as text: variables n"x" (numbers) or l"x" (levels) by their SQL, lag2(n"x"), dif1(n"x"), l"a"^l"b", a ? where NULL does not
 * drop the row; "outcome ~ intercept, name=factor*factor | effects || endogenous ~ instruments"; dummies i:l"f"{references}. */
#include "check.h"
#include "host.h"
#include "../../ext/sqlite/sql.h"

static Run run;

static const char *const COLUMNS[] = {"y", "x", "z", "w", "firm", "Year", "prov", "union", "order", "gdp per cap", "end", "a\"b", "\xE5\xB9\xB4"};
static const SourceColumns PANEL = {sizeof COLUMNS / sizeof COLUMNS[0], COLUMNS, "panel", "'"};
static const SourceColumns QUERY = {3, COLUMNS, "the query", ""};
static const SourceColumns *source = &PANEL;

static const OptionSpec OPTIONS[] = {
  {"where", OPTION_WHERE, NULL, NULL, NULL},
  {"panel", OPTION_PANEL, NULL, NULL, NULL},
  {"weights", OPTION_VARIABLE, NULL, NULL, NULL},
  {"vcov", OPTION_VCOV, NULL, NULL, NULL},
  {"by", OPTION_LEVELS, NULL, "optional", NULL},
  {"regime", OPTION_TERMS, NULL, NULL, NULL},
  {NULL, OPTION_TEXT, NULL, NULL, NULL},
};
static const OptionSpec *const GROUPS[] = {OPTIONS, NULL};
static const Estimator FORMULA = {.name = "fe_test", .model = MODEL_FORMULA, .model_help = "y ~ x | effects", .options = GROUPS};
static const Estimator ONE_SIDED = {.name = "panel_vif", .model = MODEL_FORMULA, .model_help = "~ x1 + x2", .options = GROUPS};
static const Estimator DID = {.name = "did_test", .model = MODEL_FORMULA, .model_help = "y ~ 1 | unit + time", .options = GROUPS, .flags = ESTIMATOR_PANEL};
static const Estimator VARIABLES = {.name = "pca", .model = MODEL_VARIABLES, .options = GROUPS};
static const Estimator INDICATORS = {.name = "entropy", .model = MODEL_INDICATORS, .options = GROUPS};
static const Estimator ROLES = {.name = "expy", .model = MODEL_ROLES, .roles = "exporter:levels, value:number, income:number?", .options = GROUPS};
static const Estimator NONE = {.name = "prepare", .model = MODEL_NONE, .options = GROUPS};

/* ---- a plan as text */

static void show_variable(Text *out, const Model *model, int index) {
  if (index < 0) {
    text_add(out, "-");
    return;
  }
  const Variable *variable = &model->variable[index];
  for (int i = 0; i < variable->parts; i++) {
    text_add(out, i ? "^" : "");
    show_variable(out, model, variable->part[i]);
  }
  if (variable->parts) return;
  if (variable->shift) text_format(out, "%s%d(", variable->shift == SHIFT_LAG ? "lag" : "dif", variable->steps);
  const Input *input = &model->input[variable->input];
  text_format(out, "%c%s%s", variable->kind == COLUMN_LEVELS ? 'l' : 'n', input->sql ? input->sql : input->text, variable->shift ? ")" : "");
  if (variable->optional) text_add(out, "?");
}

static void show_terms(Text *out, const Model *model, int terms, const Term *term, bool first) {
  for (int i = 0; i < terms; i++) {
    text_format(out, "%s%s", first && !i ? "" : ", ", term[i].name);
    for (int j = 0; j < term[i].factors; j++) {
      const TermFactor *factor = &term[i].factor[j];
      text_format(out, "%s%s", j ? "*" : "=", factor->dummies ? "i:" : "");
      show_variable(out, model, factor->variable);
      for (int k = 0; k < factor->references; k++) text_format(out, "%s%s", k ? "," : "{", factor->reference[k]);
      if (factor->references) text_add(out, "}");
    }
  }
}

static const char *show(const Plan *plan) {
  const Model *model = &plan->model;
  Text out = {&run, NULL, 0, 0};
  if (run_failed(&run)) return run.message;
  if (model->kind == MODEL_FORMULA) {
    show_variable(&out, model, model->outcome);
    text_format(&out, " ~ %d", model->intercept);
    show_terms(&out, model, model->terms, model->term, false);
    for (int i = 0; i < model->effects; i++) {
      const AbsorbedEffect *effect = &model->effect[i];
      text_format(&out, "%s%s=", i ? ", " : " | ", effect->name);
      show_variable(&out, model, effect->variable);
      for (int j = 0; j < effect->slopes; j++) {
        text_add(&out, j ? "," : effect->slopes_only ? "[[" : "[");
        show_variable(&out, model, effect->slope[j]);
      }
      if (effect->slopes) text_add(&out, effect->slopes_only ? "]]" : "]");
    }
    if (model->endogenous) {
      text_add(&out, " || ");
      show_terms(&out, model, model->endogenous, model->endogenous_term, true);
      text_add(&out, " ~ ");
      show_terms(&out, model, model->instruments, model->instrument, true);
    }
  }
  for (int i = 0; i < model->indicators; i++) {
    const Indicator *indicator = &model->indicator[i];
    text_format(&out, "%s%s%s%s %s=", i ? ", " : "", indicator->dimension >= 0 ? model->dimension[indicator->dimension] : "",
                indicator->dimension >= 0 ? ": " : "", indicator->direction_text, indicator->name);
    show_variable(&out, model, indicator->variable);
  }
  for (int i = 0; i < model->roles; i++) {
    text_add(&out, i ? ", " : "");
    show_variable(&out, model, model->role[i]);
  }
  if (model->time >= 0) {
    text_add(&out, " panel ");
    show_variable(&out, model, model->unit);
    text_add(&out, "+");
    show_variable(&out, model, model->time);
    text_add(&out, "+");
    show_variable(&out, model, model->time_number);
  }
  return out.data ? out.data : "";
}

static bool gives(const Estimator *estimator, const char *model, const char *options, const char *expected, bool part) {
  Plan plan;
  host_begin(&run);
  plan_compile(&run, estimator, source, model, options, 0, NULL, &plan);
  const char *ours = show(&plan);
  bool good = part ? strstr(ours, expected) && run.status == RUN_ERROR : strcmp(ours, expected) == 0 && !run_failed(&run);
  if (!good) printf("  '%s' gives\n    %s, expected\n    %s\n", model, ours, expected);
  return host_end(&run) && good;
}
#define PLAN(model, expected) CHECK(gives(&FORMULA, model, NULL, expected, false))
#define FAILS(model, expected) CHECK(gives(&FORMULA, model, NULL, expected, true))
#define PLAN_OF(estimator, model, options, expected) CHECK(gives(&estimator, model, options, expected, false))
#define FAILS_OF(estimator, model, options, expected) CHECK(gives(&estimator, model, options, expected, true))

/* ---- formulas */

static void test_terms(void) {
  PLAN("y ~ x", "n\"y\" ~ 1, x=n\"x\"");
  PLAN(" y~x+z ", "n\"y\" ~ 1, x=n\"x\", z=n\"z\"");
  PLAN("y ~ 1", "n\"y\" ~ 1");
  PLAN("y ~ 0", "n\"y\" ~ 0");
  PLAN("y ~ 0 + x", "n\"y\" ~ 0, x=n\"x\"");
  PLAN("y ~ x - 1", "n\"y\" ~ 0, x=n\"x\"");
  PLAN("y ~ -1 + x", "n\"y\" ~ 0, x=n\"x\"");
  PLAN("y ~ x + -1", "n\"y\" ~ 0, x=n\"x\"");
  PLAN("y ~ 0 + x + 1", "n\"y\" ~ 1, x=n\"x\"");
  PLAN("y ~ x + x", "n\"y\" ~ 1, x=n\"x\"");
  PLAN("y ~ x + X", "n\"y\" ~ 1, x=n\"x\"");
  PLAN("y ~ x:z", "n\"y\" ~ 1, x:z=n\"x\"*n\"z\"");
  PLAN("y ~ x:z + z:x", "n\"y\" ~ 1, x:z=n\"x\"*n\"z\"");
  PLAN("y ~ x*z", "n\"y\" ~ 1, x=n\"x\", z=n\"z\", x:z=n\"x\"*n\"z\"");
  PLAN("y ~ x * z * w", "n\"y\" ~ 1, x=n\"x\", z=n\"z\", w=n\"w\", x:z=n\"x\"*n\"z\", x:w=n\"x\"*n\"w\", z:w=n\"z\"*n\"w\", x:z:w=n\"x\"*n\"z\"*n\"w\"");
  PLAN("y ~ x*z - z", "n\"y\" ~ 1, x=n\"x\", x:z=n\"x\"*n\"z\"");
  PLAN("y ~ x*z - z:x", "n\"y\" ~ 1, x=n\"x\", z=n\"z\"");
  PLAN("y ~ x - w", "n\"y\" ~ 1, x=n\"x\""); /* w asks nothing */
  PLAN("y ~ x:z*w", "n\"y\" ~ 1, x:z=n\"x\"*n\"z\", w=n\"w\", x:z:w=n\"x\"*n\"z\"*n\"w\"");
}

static void test_names_and_expressions(void) {
  PLAN("Y ~ X + YEAR", "n\"y\" ~ 1, X=n\"x\", YEAR=n\"Year\"");
  PLAN("y ~ union + order", "n\"y\" ~ 1, union=n\"union\", order=n\"order\"");
  PLAN("y ~ \"union\" + [order] + `end`", "n\"y\" ~ 1, union=n\"union\", order=n\"order\", end=n\"end\"");
  PLAN("y ~ end", "n\"y\" ~ 1, end=n\"end\"");
  PLAN("y ~ \"gdp per cap\"", "n\"y\" ~ 1, gdp per cap=n\"gdp per cap\"");
  PLAN("y ~ ln(\"gdp per cap\")", "n\"y\" ~ 1, ln(\"gdp per cap\")=n(ln ( \"gdp per cap\" ))");
  PLAN("y ~ \"a\"\"b\"", "n\"y\" ~ 1, a\"b=n\"a\"\"b\"");
  PLAN("y ~ \xE5\xB9\xB4", "n\"y\" ~ 1, \xE5\xB9\xB4=n\"\xE5\xB9\xB4\"");
  PLAN("ln(y) ~ ln( x )", "n(ln ( \"y\" )) ~ 1, ln(x)=n(ln ( \"x\" ))");
  PLAN("y ~ log10(x) + log2(x)", "n\"y\" ~ 1, log10(x)=n(log10 ( \"x\" )), log2(x)=n(log2 ( \"x\" ))");
  PLAN("y ~ x/z", "n\"y\" ~ 1, x/z=n(\"x\" *1.0/ \"z\")");
  PLAN("y ~ I(x*x) + (x + z)", "n\"y\" ~ 1, I(x*x)=n( ( \"x\" * \"x\" )), (x+z)=n(( \"x\" + \"z\" ))");
  PLAN("y ~ (x + z)*w", "n\"y\" ~ 1, (x+z)=n(( \"x\" + \"z\" )), w=n\"w\", (x+z):w=n(( \"x\" + \"z\" ))*n\"w\"");
  PLAN("y ~ x > -1", "n\"y\" ~ 1, x>-1=n(\"x\" > - 1)");
  PLAN("y ~ x BETWEEN -1 AND 2 + z", "n\"y\" ~ 1, x BETWEEN-1 AND 2=n(\"x\" BETWEEN - 1 AND 2), z=n\"z\"");
  PLAN("y ~ prov = 'a + b' + z", "n\"y\" ~ 1, prov='a + b'=n(\"prov\" = 'a + b'), z=n\"z\"");
  PLAN("y ~ CASE WHEN x - z > 0 THEN 1 ELSE 0 END + w",
       "n\"y\" ~ 1, CASE WHEN x-z>0 THEN 1 ELSE 0 END=n(CASE WHEN \"x\" - \"z\" > 0 THEN 1 ELSE 0 END), w=n\"w\"");
  PLAN("y ~ (CAST(Year AS INTEGER) IN (1, 2))", "n\"y\" ~ 1, (CAST(Year AS INTEGER)IN(1,2))=n(( CAST ( \"Year\" AS INTEGER ) IN ( 1 , 2 ) ))");
  PLAN("y ~ (union + \"order\")", "n\"y\" ~ 1, (union+\"order\")=n(( \"union\" + \"order\" ))");
  PLAN("y ~ x -- a comment\n + z", "n\"y\" ~ 1, x=n\"x\", z=n\"z\"");
  PLAN("y - x ~ z", "n(\"y\" - \"x\") ~ 1, z=n\"z\"");
  PLAN("y ~ (SELECT max(q.order) FROM other q ORDER BY name)", "n\"y\" ~ 1, (SELECT max(q.order)FROM other q ORDER BY name)=n(( SELECT max ( q . order ) FROM other q ORDER BY name ))");
  PLAN("y ~ (SELECT c.x FROM other c)", "n\"y\" ~ 1, (SELECT c.x FROM other c)=n(( SELECT c . x FROM other c ))");
  PLAN("y ~ (rowid % 2)", "n\"y\" ~ 1, (rowid%2)=n(( rowid % 2 ))");
  PLAN("y ~ ln(x) + LN( X )", "n\"y\" ~ 1, ln(x)=n(ln ( \"x\" )), LN(X)=n(LN ( \"x\" ))");
}

static void test_dummies_and_shifts(void) {
  PLAN("y ~ i(year)", "n\"y\" ~ 1, i(year)=i:l\"Year\"");
  PLAN("y ~ i(year, ref = 2010)", "n\"y\" ~ 1, i(year,ref=2010)=i:l\"Year\"{2010}");
  PLAN("y ~ i(year, x, ref=-1)", "n\"y\" ~ 1, i(year,x,ref=-1)=i:l\"Year\"{-1}*n\"x\"");
  PLAN("y ~ i(year, x, ref=(-1,-1000))", "n\"y\" ~ 1, i(year,x,ref=(-1,-1000))=i:l\"Year\"{-1,-1000}*n\"x\"");
  PLAN("y ~ i(year, x, ref=c(1, 2))", "n\"y\" ~ 1, i(year,x,ref=c(1,2))=i:l\"Year\"{1,2}*n\"x\"");
  PLAN("y ~ i(year, x, 2010)", "n\"y\" ~ 1, i(year,x,2010)=i:l\"Year\"{2010}*n\"x\"");
  PLAN("y ~ i(year, x)", "n\"y\" ~ 1, i(year,x)=i:l\"Year\"*n\"x\"");
  PLAN("y ~ i(prov, ref='New York')", "n\"y\" ~ 1, i(prov,ref='New York')=i:l\"prov\"{New York}");
  PLAN("y ~ i(prov, ref=New York)", "n\"y\" ~ 1, i(prov,ref=New York)=i:l\"prov\"{New York}");
  PLAN("y ~ i(prov, ref=(it, \"de\"))", "n\"y\" ~ 1, i(prov,ref=(it,\"de\"))=i:l\"prov\"{it,de}");
  PLAN("y ~ i(year):x", "n\"y\" ~ 1, i(year):x=i:l\"Year\"*n\"x\"");
  PLAN("y ~ i(year, x) + i(year):x", "n\"y\" ~ 1, i(year,x)=i:l\"Year\"*n\"x\"");
  PLAN("y ~ i(prov)*x", "n\"y\" ~ 1, i(prov)=i:l\"prov\", x=n\"x\", i(prov):x=i:l\"prov\"*n\"x\"");
  PLAN("y ~ i(prov):i(year)", "n\"y\" ~ 1, i(prov):i(year)=i:l\"prov\"*i:l\"Year\"");
  PLAN("y ~ i(year/10)", "n\"y\" ~ 1, i(year/10)=i:l(\"Year\" *1.0/ 10)");
#define PANEL_SHOWN " panel l\"firm\"+l\"Year\"+n\"Year\""
#define EFFECTS_SHOWN " | firm=l\"firm\", year=l\"Year\"" PANEL_SHOWN
  PLAN("y ~ l(x) | firm + year", "n\"y\" ~ 1, l(x)=lag1(n\"x\")" EFFECTS_SHOWN);
  PLAN("y ~ l(x, 2) | firm + year", "n\"y\" ~ 1, l(x,2)=lag2(n\"x\")" EFFECTS_SHOWN);
  PLAN("y ~ l(x, 1:3) | firm + year", "n\"y\" ~ 1, l(x,1)=lag1(n\"x\"), l(x,2)=lag2(n\"x\"), l(x,3)=lag3(n\"x\")" EFFECTS_SHOWN);
  PLAN("y ~ l(x, (1,4)) | firm + year", "n\"y\" ~ 1, l(x,1)=lag1(n\"x\"), l(x,4)=lag4(n\"x\")" EFFECTS_SHOWN);
  PLAN("y ~ l(x, 1:0) | firm + year", "n\"y\" ~ 1, l(x,1)=lag1(n\"x\"), x=n\"x\"" EFFECTS_SHOWN);
  PLAN("y ~ f(x) + f(x,2) | firm + year", "n\"y\" ~ 1, f(x)=lag-1(n\"x\"), f(x,2)=lag-2(n\"x\")" EFFECTS_SHOWN);
  PLAN("d(y) ~ d(x,2) | firm + year", "dif1(n\"y\") ~ 1, d(x,2)=dif2(n\"x\")" EFFECTS_SHOWN);
  PLAN("y ~ l(ln(x)):z | firm + year", "n\"y\" ~ 1, l(ln(x)):z=lag1(n(ln ( \"x\" )))*n\"z\"" EFFECTS_SHOWN);
  PLAN("y ~ l(x,1:2)*z | firm + year",
       "n\"y\" ~ 1, l(x,1)=lag1(n\"x\"), l(x,2)=lag2(n\"x\"), z=n\"z\", l(x,1):z=lag1(n\"x\")*n\"z\", l(x,2):z=lag2(n\"x\")*n\"z\"" EFFECTS_SHOWN);
  PLAN("y ~ l(x,1) + f(x,-1) | firm + year", "n\"y\" ~ 1, l(x,1)=lag1(n\"x\")" EFFECTS_SHOWN);
  PLAN("y ~ i(prov, l(x)) | firm + year", "n\"y\" ~ 1, i(prov,l(x))=i:l\"prov\"*lag1(n\"x\")" EFFECTS_SHOWN);
  PLAN_OF(FORMULA, "y ~ l(x)", "panel=firm+year", "n\"y\" ~ 1, l(x)=lag1(n\"x\")" PANEL_SHOWN);
  PLAN_OF(FORMULA, "y ~ l(x) | prov + year", "panel=(firm,year)", "n\"y\" ~ 1, l(x)=lag1(n\"x\") | prov=l\"prov\", year=l\"Year\"" PANEL_SHOWN);
  PLAN_OF(FORMULA, "y ~ l(x)", "panel=year", "n\"y\" ~ 1, l(x)=lag1(n\"x\") panel -+l\"Year\"+n\"Year\"");
  PLAN_OF(FORMULA, "y ~ x | prov^firm + firm + year", "vcov=dk(2)", "n\"y\" ~ 1, x=n\"x\" | prov^firm=l\"prov\"^l\"firm\", firm=l\"firm\", year=l\"Year\"" PANEL_SHOWN);
  PLAN_OF(FORMULA, "y ~ x", "panel=firm+year", "n\"y\" ~ 1, x=n\"x\"" PANEL_SHOWN);
  PLAN_OF(FORMULA, "y ~ x | firm + prov", "", "n\"y\" ~ 1, x=n\"x\" | firm=l\"firm\", prov=l\"prov\""); /* no panel is needed: prov may be text */
  PLAN_OF(DID, "y ~ 1 | firm + year", "", "n\"y\" ~ 1" EFFECTS_SHOWN);
  PLAN_OF(DID, "y ~ 1", "", "n\"y\" ~ 1");
}

static void test_effects_and_instruments(void) {
  PLAN("y ~ x | firm", "n\"y\" ~ 1, x=n\"x\" | firm=l\"firm\"");
  PLAN("y ~ x | firm + firm", "n\"y\" ~ 1, x=n\"x\" | firm=l\"firm\"");
  PLAN("y ~ x | 0", "n\"y\" ~ 1, x=n\"x\"");
  PLAN("y ~ x | firm^year", "n\"y\" ~ 1, x=n\"x\" | firm^year=l\"firm\"^l\"Year\"");
  PLAN("y ~ x | firm ^ year ^ prov + firm", "n\"y\" ~ 1, x=n\"x\" | firm^year^prov=l\"firm\"^l\"Year\"^l\"prov\", firm=l\"firm\"");
  PLAN("y ~ x | firm^firm", "n\"y\" ~ 1, x=n\"x\" | firm=l\"firm\"");
  PLAN("y ~ x | firm[z]", "n\"y\" ~ 1, x=n\"x\" | firm[z]=l\"firm\"[n\"z\"]");
  PLAN("y ~ x | firm[z, ln(w)] + year", "n\"y\" ~ 1, x=n\"x\" | firm[z,ln(w)]=l\"firm\"[n\"z\",n(ln ( \"w\" ))], year=l\"Year\"");
  PLAN("y ~ x | firm[[z]]", "n\"y\" ~ 1, x=n\"x\" | firm[[z]]=l\"firm\"[[n\"z\"]]");
  PLAN("y ~ x | firm[[z, w]] + firm", "n\"y\" ~ 1, x=n\"x\" | firm[z,w]=l\"firm\"[n\"z\",n\"w\"]");
  PLAN("y ~ x | firm[z] + firm[z,w]", "n\"y\" ~ 1, x=n\"x\" | firm[z,w]=l\"firm\"[n\"z\",n\"w\"]");
  PLAN("y ~ x | firm^year[z]", "n\"y\" ~ 1, x=n\"x\" | firm^year[z]=l\"firm\"^l\"Year\"[n\"z\"]");
  PLAN("y ~ x | (year/10)", "n\"y\" ~ 1, x=n\"x\" | (year/10)=l(( \"Year\" *1.0/ 10 ))");
  PLAN("y ~ x | substr(prov,1,2)^year", "n\"y\" ~ 1, x=n\"x\" | substr(prov,1,2)^year=l(substr ( \"prov\" , 1 , 2 ))^l\"Year\"");
  PLAN("y ~ x | [gdp per cap] + \"union\"", "n\"y\" ~ 1, x=n\"x\" | gdp per cap=l\"gdp per cap\", union=l\"union\"");
  PLAN("y ~ x | z ~ w", "n\"y\" ~ 1, x=n\"x\" || z=n\"z\" ~ w=n\"w\"");
  PLAN("y ~ x | firm + year | z ~ w + l(w)", "n\"y\" ~ 1, x=n\"x\" | firm=l\"firm\", year=l\"Year\" || z=n\"z\" ~ w=n\"w\", l(w)=lag1(n\"w\")" PANEL_SHOWN);
  PLAN("y ~ 1 | 0 | z + x ~ w", "n\"y\" ~ 1 || z=n\"z\", x=n\"x\" ~ w=n\"w\"");
  PLAN_OF(ONE_SIDED, "~ x + z", "", "- ~ 1, x=n\"x\", z=n\"z\"");
  PLAN_OF(ONE_SIDED, "y ~ x", "", "n\"y\" ~ 1, x=n\"x\"");
}

static void test_what_is_refused(void) {
  FAILS("", "the model is missing: y ~ x | effects");
  FAILS(NULL, "the model is missing");
  FAILS("y", "'y' has no '~': a formula is y ~ x | effects");
  FAILS("~ x", "the outcome is missing");
  FAILS("y ~ xx", "no column 'xx' in 'panel'; did you mean 'x'?");
  FAILS("y ~ yera", "no column 'yera' in 'panel'; did you mean 'Year'?");
  FAILS("y ~ ln(unoin)", "no column 'unoin' in 'panel'; did you mean 'union'?");
  FAILS("y ~ \"country\"", "no column 'country' in 'panel'; a text stands in single quotes: 'country'");
  FAILS("y ~ x\xEF\xBC\x8Bz", "plain ones");
  FAILS("y ~ log(x)", "SQLite's log is base 10: write ln(x) or log10(x)");
  FAILS("y ~ (1 + LOG (x))", "base 10");
  FAILS("log(y) ~ x", "base 10");
  FAILS("y ~ x^2", "for a power write I(x*x)");
  FAILS("y ~ (x^2)", "'^' is no operator of SQL");
  FAILS("y ~ x**2", "a term is missing in 'x**2'");
  FAILS("y ~ x*x", "for the square write I(x*x)");
  FAILS("y ~ x:z:x", "for the square write I(x*x)");
  FAILS("y ~ (x:z)", "':' is no operator of SQL");
  FAILS("y ~ x*100", "put arithmetic in parentheses: (x*100)");
  FAILS("y ~ x*1.0/z", "put arithmetic in parentheses");
  FAILS("y ~ x + 2", "2 is no variable");
  FAILS("y ~ x +", "a term is missing in 'x +'");
  FAILS("y ~ x + + ", "a term is missing");
  FAILS("y ~ + ", "a term is missing");
  FAILS("y ~ x:", "a term is missing in 'x:'");
  FAILS("y ~ ", "terms are missing: write 1 for none");
  FAILS("y ~ | firm", "terms are missing");
  FAILS("y ~ x | ", "the absorbed effects are missing: write 0 for none");
  FAILS("y ~ x | firm +", "an effect is missing");
  FAILS("y ~ x ~ z", "is not of the form");
  FAILS("y ~ x | z ~ w | firm", "is not of the form");
  FAILS("y ~ x | firm | year", "is not of the form");
  FAILS("y ~ x | firm | z ~ w | prov", "is not of the form");
  FAILS("y | firm ~ x", "a '|' stands before the '~'");
  FAILS("y ~ x | 0 | ~ z", "terms are missing");
  FAILS("y ~ x | 0 | 1 ~ z", "the intercept is neither endogenous nor an instrument");
  FAILS("y ~ x + (z", "a ')' is missing");
  FAILS("y ~ x) + z", "a ')' closes nothing");
  FAILS("y ~ 'open", "the quote that opens");
  FAILS("y ~ x, z", "a ',' cannot stand");
  FAILS("y ~ x; DROP TABLE panel", "';' cannot stand");
  FAILS("y ~ ?1", "'?' cannot stand");
  FAILS("y ~ (x > @z)", "'@' cannot stand");
  FAILS("y ~ .", "'.' for all other columns");
  FAILS("y ~ x | firm*year", "absorbed effects are a + b, a^b");
  FAILS("y ~ x | firm:year", "absorbed effects are a + b, a^b");
  FAILS("y ~ x | i(firm)", "i(...) makes dummies");
  FAILS("y ~ x | l(firm)", "only numbers are shifted");
  FAILS("y ~ x | firm[]", "names no slope");
  FAILS("y ~ x | 3", "3 is no variable");
  FAILS("y ~ l(x)", "needs to know the panel: give panel=unit+time");
  FAILS("y ~ l(x) | firm", "needs to know the panel");
  FAILS("y ~ d(l(x)) | firm + year", "l(...) must be a variable of its own");
  FAILS("y ~ (x - l(x)) | firm + year", "l(...) must be a variable of its own");
  FAILS("y ~ l(x)/2 | firm + year", "l(...) must be a variable of its own");
  FAILS("y ~ l(x,1.5) | firm + year", "is no number of steps");
  FAILS("y ~ l(x,z) | firm + year", "is no number of steps");
  FAILS("y ~ l(x,1:90000) | firm + year", "asks for more than 1000 columns");
  FAILS("y ~ d(x,0) | firm + year", "at least one step");
  FAILS("y ~ l()", "a variable is missing");
  FAILS("y ~ (x + i(firm))", "i(...) makes dummies");
  FAILS("i(y) ~ x", "i(...) makes dummies");
  FAILS("y ~ i(firm, 5)", "named by ref=5");
  FAILS("y ~ i(firm, bin=2)", "knows only ref=");
  FAILS("y ~ i(firm, i.year)", "i(f):i(g)");
  FAILS("y ~ i(firm^year)", "combine the levels in SQL");
  FAILS("y ~ i(firm, x, 1, 2)", "too many arguments");
  FAILS("y ~ factor(prov)", "factor(...) is not known here: write i(x)");
  FAILS("y ~ as.factor(prov)", "as.factor(...) is not known here");
  FAILS("y ~ poly(x, 2)", "poly(...) is not known here");
  FAILS("y ~ lag(x)", "write l(x) or l(x,2)");
  FAILS("y ~ L(x)", "write l(x), with a small letter");
  FAILS("y ~ L.x", "write l(x), f(x), d(x)");
  FAILS("y ~ i.year", "i(x) for dummies");
  FAILS("y ~ c.x#c.z", "is not known here");
  FAILS("y ~ x %in% (1, 2)", "write x IN (1, 2)");
  FAILS("y ~ offset(x)", "give offset=x among the options");
  FAILS("y ~ x*z*w*firm*year*prov*order", "crosses more than 6");
  FAILS("y ~ *", "a term is missing");
  FAILS_OF(FORMULA, "y ~ x", "vcov=nw(2)", "nw(2) needs to know the panel: give panel=unit+time");
  FAILS_OF(FORMULA, "y ~ l(x)", "panel=firm+prov^year", "time is one variable");
  FAILS_OF(FORMULA, "y ~ x", "panel=firm+yeear", "no column 'yeear' in 'panel'; did you mean 'Year'?");
  source = &QUERY;
  FAILS("y ~ q", "no column 'q' in the query; its columns are y, x, z");
  source = &PANEL;
}

static void test_lists(void) {
  PLAN_OF(VARIABLES, "x, ln(z),\n union", "", "+ x=n\"x\", + ln(z)=n(ln ( \"z\" )), + union=n\"union\"");
  PLAN_OF(VARIABLES, "x, l(x)", "panel=firm+year", "+ x=n\"x\", + l(x)=lag1(n\"x\") panel l\"firm\"+l\"Year\"+n\"Year\"");
  PLAN_OF(VARIABLES, "x + z", "", "+ x+z=n(\"x\" + \"z\")");
  FAILS_OF(VARIABLES, "x,,z", "", "a variable is missing");
  FAILS_OF(VARIABLES, "x, z, X", "", "'x' is named twice");
  FAILS_OF(VARIABLES, "*", "", "'*' is no variable");
  PLAN_OF(INDICATORS, "x, -z, +w", "", "+ x=n\"x\", - z=n\"z\", + w=n\"w\"");
  PLAN_OF(INDICATORS, "mid(7) x, int(6, 8.5) z", "", "mid(7) x=n\"x\", int(6,8.5) z=n\"z\"");
  PLAN_OF(INDICATORS, "mid(x, -7), int(ln(z), -1, 2)", "", "mid(-7) x=n\"x\", int(-1,2) ln(z)=n(ln ( \"z\" ))");
  PLAN_OF(INDICATORS, "-ln(x), x/z, mid(1) ln(w)", "", "- ln(x)=n(ln ( \"x\" )), + x/z=n(\"x\" *1.0/ \"z\"), mid(1) ln(w)=n(ln ( \"w\" ))");
  PLAN_OF(INDICATORS, "workers: x, -z; 'raw materials': w", "", "workers: + x=n\"x\", workers: - z=n\"z\", raw materials: + w=n\"w\"");
  PLAN_OF(INDICATORS, "a: x; b: z; a: w;", "", "a: + x=n\"x\", b: + z=n\"z\", a: + w=n\"w\"");
  PLAN_OF(INDICATORS, "only: x, z", "", "only: + x=n\"x\", only: + z=n\"z\"");
  FAILS_OF(INDICATORS, "x, z; w", "", "a dimension begins with its name");
  FAILS_OF(INDICATORS, "a: x; z", "", "a dimension begins with its name");
  FAILS_OF(INDICATORS, "int(8,6) x", "", "directions are x, -x, mid(7) x and int(6,8) x");
  FAILS_OF(INDICATORS, "mid(x) x", "", "directions are");
  FAILS_OF(INDICATORS, "mid(7)", "", "directions are");
  FAILS_OF(INDICATORS, "x, nope", "", "no column 'nope'");
  FAILS_OF(INDICATORS, "x, -x", "", "'x' is named twice");
  FAILS_OF(INDICATORS, "", "", "the model is missing");
  PLAN_OF(ROLES, "firm, x, z", "", "l\"firm\", n\"x\", n\"z\"");
  PLAN_OF(ROLES, "firm^year, x/z", "", "l\"firm\"^l\"Year\", n(\"x\" *1.0/ \"z\"), -");
  FAILS_OF(ROLES, "firm", "", "the model names 1 of the variables that are needed: exporter, value, income");
  FAILS_OF(ROLES, "firm, x, z, w", "", "names too many variables: they are exporter, value, income");
  PLAN_OF(NONE, NULL, "", "");
  PLAN_OF(NONE, "  ", "", "");
  FAILS_OF(NONE, "x", "", "there is no model here, only options");
}

/* Inputs and variables as lists. */
static const char *inputs(const char *model, const char *options) {
  Plan plan;
  Text out = {&run, NULL, 0, 0};
  plan_compile(&run, &FORMULA, source, model, options, 0, NULL, &plan);
  if (run_failed(&run)) return run.message;
  for (int i = 0; i < plan.model.inputs; i++) text_format(&out, "%s%s", i ? "; " : "", plan.model.input[i].text);
  text_add(&out, " /");
  for (int i = 0; i < plan.model.variables; i++) {
    text_format(&out, " %s=", plan.model.variable[i].name);
    show_variable(&out, &plan.model, i);
  }
  return out.data;
}

static void test_inputs(void) {
  static const struct {
    const char *model, *options, *expected;
    bool aggregate;
  } CASES[] = {
    {"y ~ x + X | firm", "vcov=cluster(FIRM)", "y; x; firm / y=n\"y\" x=n\"x\" firm=l\"firm\"", false},
    {"y ~ year | year", "", "y; year / y=n\"y\" year=n\"Year\" year=l\"Year\"", false}, /* numbers and levels are two columns of one input */
    {"y ~ x", "where=w > 0", "y; x; w>0 / y=n\"y\" x=n\"x\" w>0=n(\"w\" > 0)?", false},
    {"y ~ x", "where=x", "y; x / y=n\"y\" x=n\"x\"", false}, /* needed by one use: needed */
    {"y ~ x", "by=firm", "y; x; firm / y=n\"y\" x=n\"x\" firm=l\"firm\"?", false},
    {"y ~ x - w", "weights=w", "y; x; w / y=n\"y\" x=n\"x\" w=n\"w\"", false},
    {"nqp ~ dt + ie | prov + year", "vcov=cluster(prov), weights=pop", "nqp; dt; ie; prov; year; pop / nqp=nnqp dt=ndt ie=nie prov=lprov year=lyear pop=npop", true},
    {"ln(y) ~ i(g, x, ref=1) + I(x*x) | a^b[t]", "", "ln(y); g; x; I(x*x); a; b; t / ln(y)=nln(y) g=lg x=nx I(x*x)=nI(x*x) a=la b=lb a^b=la^lb t=nt", true},
    {"y ~ X + x", "where=year>2000, by=g", "y; X; year>2000; g / y=ny X=nX year>2000=nyear>2000? g=lg?", true},
    {"y ~ 1 | a | e ~ z", "", "y; a; e; z / y=ny a=la e=ne z=nz", true},
    {"y ~ l(x) + \"x\" | a + t", "", "y; x; a; t / y=ny l(x)=lag1(nx) x=nx a=la t=lt t=nt", true},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    host_begin(&run);
    source = CASES[i].aggregate ? NULL : &PANEL;
    const char *ours = inputs(CASES[i].model, CASES[i].options);
    if (!CHECK(strcmp(ours, CASES[i].expected) == 0)) printf("  %s gives\n    %s, expected\n    %s\n", CASES[i].model, ours, CASES[i].expected);
    CHECK(host_end(&run));
  }
  FAILS_OF(FORMULA, "y ~ x", "weights=2", "2 is a number, not the name of a value");
  source = NULL;
  FAILS_OF(FORMULA, "y ~ log(x)", "", "base 10");
  source = &PANEL;
}

/* ---- short of memory, and nonsense */

static void compile_something(Run *failing, void *context) {
  Plan plan;
  (void)context;
  plan_compile(failing, &FORMULA, &PANEL, "ln(y) ~ x*i(prov, ref=(a,b)) + l(z,1:3) - w | firm^year[w, x] + firm + Year | z ~ w + \"union\"",
               "vcov=cluster(firm^year+prov), where=(x > 0), regime=1+x, weights=w/2", 0, NULL, &plan);
}

static void test_short_of_memory(void) {
  CHECK(host_fail_each(compile_something, NULL) > 5);
}

static void test_nonsense(void) {
  static const char *const PIECES[] = {"y", "x", "z", "firm", "Year", " ~ ", " | ", "+", "-", "*", ":", "^", "(", ")", "[", "]", "[[", "]]", "i(", "l(", "f(", "d(", ",", "1", "0", "2:3", "ref=",
                                       "'", "\"", "`", "/", ";", "=", "CASE ", " END", " WHEN ", "SELECT ", ".", "I(", "{", "}", "--", "/*", "mid(", "int(", "\xEF\xBC\x8C", "\n", "vcov=", "cluster(", "nw(", "panel=",
                                       "where=", "by=", "regime=", "conley(", "%", "||", "log(", "c(", "0x", "1e", "x'", "null", "true", "\\", "#", "?"};
  const int pieces = sizeof PIECES / sizeof PIECES[0];
  static const Estimator *const ESTIMATORS[] = {&FORMULA, &VARIABLES, &INDICATORS, &ROLES, &DID, &ONE_SIDED};
  uint64_t state = 88172645463325252u;
  long good = 0, bad = 0, unclean = 0;
  for (long i = 0; i < 200000; i++) {
    char text[2][400] = {"y ~ ", ""};
    for (int which = 0; which < 2; which++) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      int count = (int)(state % 14);
      if (state >> 60 == 3) text[0][0] = '\0';
      for (int j = 0; j < count; j++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        if (state >> 57 == 5) {
          char raw[2] = {(char)(state % 255 + 1), '\0'};
          strcat(text[which], raw);
        } else {
          strcat(text[which], PIECES[state % (uint64_t)pieces]);
        }
      }
    }
    Plan plan;
    host_begin(&run);
    plan_compile(&run, ESTIMATORS[i % 6], i % 5 ? &PANEL : NULL, text[0], text[1], 0, NULL, &plan);
    if (run_failed(&run)) bad++;
    else good++;
    if (!run_failed(&run)) show(&plan);
    unclean += run.status != RUN_OK && run.status != RUN_ERROR;
    unclean += !host_end(&run);
  }
  CHECK(unclean == 0);
  CHECK(good > 1000 && bad > 1000);
}

CHECK_MAIN(test_terms, test_names_and_expressions, test_dummies_and_shifts, test_effects_and_instruments, test_what_is_refused, test_lists, test_inputs,
           test_short_of_memory, test_nonsense)
