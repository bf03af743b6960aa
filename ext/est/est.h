/* est.h: the contract between the estimators and the layer above them.
 *
 * An estimator is one file here and one row of registry.c. It receives a Job (its model, its typed options, the rows as a Frame)
 * and fills the job's Result. It knows nothing of SQL; what SQL must know of it is data, in its Estimator row. */
#ifndef ECON_EST_H
#define ECON_EST_H

#include "../num/num.h"

/* ------------------------------------------------------------------------------------------------ the model
 * What the formula (or list of variables) became. Made by sqlite/formula.c, read by estimators. */

/* One value asked from the source for each row: a SQL expression, or the n-th argument of an aggregate. */
typedef struct Input {
  const char *text; /* as written, blanks apart, without quotes around a plain name: the name shown to people */
  const char *sql;  /* for the source query */
} Input;

typedef enum Shift { SHIFT_NONE, SHIFT_LAG, SHIFT_DIFFERENCE } Shift;

/* One column of the frame: frame->column[i] belongs to model->variable[i]. */
typedef struct Variable {
  const char *name;  /* as written: ln(gdp), l(x,2), firm^year */
  ColumnKind kind;
  int input;         /* index in model->input; -1 for a combination */
  Shift shift;       /* over the panel's real time: lag k (a lead is negative), or difference over k */
  int steps;
  bool one_step;     /* l(x): k is not given; steps (1 or -1) counts steps of the panel's time, else units of it */
  int parts;         /* a^b: this many variables are combined into one column of levels */
  const int *part;
  bool optional;     /* NULL here does not leave the row out */
} Variable;

/* A factor of a term: a numeric variable, or dummies for the levels of a variable. */
typedef struct TermFactor {
  int variable;
  bool dummies;                 /* i(f) */
  int references;               /* ref=: how many reference levels were named */
  const char *const *reference; /* their text, without quotes */
} TermFactor;

/* One regressor as written: a product of factors; a factor i() expands it to several columns (design.c). No factor: the intercept. */
typedef struct Term {
  const char *name;
  int factors;
  TermFactor *factor;
} Term;

/* One absorbed effect: levels of a variable, with unit-specific slopes where asked: a[x, z] (a[[x]]: slopes only). */
typedef struct AbsorbedEffect {
  const char *name;   /* firm, firm^year, firm[trend] */
  int variable;       /* of kind levels */
  bool slopes_only;
  int slopes;
  const int *slope;   /* numeric variables */
} AbsorbedEffect;

/* Instruments of a dynamic panel, behind | where the estimator has ESTIMATOR_INSTRUMENTS: gmm(x + z, 2:4, collapse=1, equation=level), iv(w). */
typedef enum InstrumentEquation { INSTRUMENT_BOTH, INSTRUMENT_TRANSFORMED, INSTRUMENT_LEVEL } InstrumentEquation;
enum { INSTRUMENT_ALL_LAGS = 1 << 20 };
typedef struct InstrumentSet {
  const char *name;        /* as written, blanks apart */
  bool gmm;                /* lags low..high, for each period its own; else iv(): the variables as they are */
  int terms;               /* iv(0): none */
  Term *term;
  int low, high;           /* low <= high; INSTRUMENT_ALL_LAGS: as many as there are */
  int collapse;            /* 0 or 1; -1: not said */
  InstrumentEquation equation;
} InstrumentSet;

typedef enum DirectionKind { DIRECTION_POSITIVE, DIRECTION_NEGATIVE, DIRECTION_MIDDLE, DIRECTION_INTERVAL } DirectionKind;
/* One entry of a list of variables: x1, -x2, mid(7) x3, int(6,8) x4, perhaps inside "dimension: ...;". */
typedef struct Indicator {
  const char *name;
  int variable;
  int dimension;      /* index into model->dimension, or -1 */
  DirectionKind direction;
  double low, high;   /* mid(m): low = high = m */
  const char *direction_text; /* "+", "-", "mid(7)", "int(6,8)" */
} Indicator;

typedef enum ModelKind {
  MODEL_FORMULA,    /* y ~ x | effects | endogenous ~ instruments */
  MODEL_VARIABLES,  /* x1, x2: numeric variables without directions */
  MODEL_INDICATORS, /* dimension: x1, -x2; ...: variables with directions */
  MODEL_ROLES,      /* a fixed list, one variable for each role that Estimator.roles names */
  MODEL_NONE        /* options only */
} ModelKind;

typedef struct Model {
  ModelKind kind;
  const char *text;
  int inputs, variables;
  Input *input;
  Variable *variable;
  /* MODEL_FORMULA */
  int outcome;               /* variable, or -1 */
  bool intercept;            /* no "0" or "-1" was written; an absorbed effect makes it moot */
  int terms;
  Term *term;
  int effects;
  AbsorbedEffect *effect;
  int endogenous;
  Term *endogenous_term;
  int instruments;
  Term *instrument;
  int instrument_sets;
  InstrumentSet *instrument_set;
  /* MODEL_VARIABLES and MODEL_INDICATORS */
  int indicators;
  Indicator *indicator;
  int dimensions;
  const char **dimension;
  /* MODEL_ROLES: the variable of each role */
  int roles;
  const int *role;
  /* the panel, for shifts, nw, dk and did: panel=unit+time, else the first two absorbed effects */
  int unit, time;            /* variables of kind levels; -1 where there is none */
  int time_number;           /* the time as a numeric variable; -1 */
  int where;                 /* numeric variable of where=; -1. Rows where it is 0 or NULL are not used (but serve lags) */
  bool keep_outside;         /* ESTIMATOR_KEEP_OUTSIDE */
} Model;

/* ------------------------------------------------------------------------------------------------ options */

typedef enum OptionType {
  OPTION_TEXT,      /* taken as it is */
  OPTION_NUMBER,
  OPTION_INTEGER,
  OPTION_BOOLEAN,   /* 1|0, yes|no, true|false */
  OPTION_CHOICE,    /* one of choices "a|b|c" */
  OPTION_NUMBERS,   /* .5 or (.1,.5,.9) */
  OPTION_RANGE,     /* lo:hi */
  OPTION_VARIABLE,  /* a SQL expression or column, as numbers */
  OPTION_LEVELS,    /* a column or a^b, as levels */
  OPTION_TERMS,     /* x1 + x2 + i(f): regressors as in a formula */
  OPTION_PANEL,     /* unit+time or unit,time */
  OPTION_WHERE,     /* a SQL expression */
  OPTION_VCOV,      /* iid, hc1, cluster(a+b), ... */
  OPTION_CALL,      /* name(arguments), taken apart into one Call */
  OPTION_NESTED,    /* match=psm(treat ~ x1, caliper=.05): formula and options of another estimator on the same rows; choices names it */
  OPTION_CALLS      /* bare calls without a key: winsor(x, .01), l(x). At most one such spec for an estimator; its name documents them */
} OptionType;

typedef struct OptionSpec {
  const char *name;
  OptionType type;
  const char *fallback; /* default, as text; NULL: none */
  const char *choices;  /* OPTION_CHOICE: "a|b|c". OPTION_LEVELS, OPTION_VARIABLE: "optional" = NULL there does not leave the row out.
                           OPTION_LEVELS: another word stands for "none", as pooled in scope=pooled */
  const char *help;     /* one line */
} OptionSpec;

/* An option that is used only where another one has certain values, or, with values NULL, where another one is given. */
typedef struct OptionUse {
  const char *option, *other;
  const char *values;   /* "a|b|c" */
} OptionUse;

/* name(argument, argument, key=value) as text pieces. */
typedef struct Call {
  const char *name;
  const char *text;     /* the whole call, blanks apart: a column's name */
  int arguments;
  const char **argument;
  double *number;       /* each argument as a number; NAN where it is none */
  int **variable;       /* OPTION_CALLS: for each argument the numeric variables (optional ones) that it names (several: "x1 x2"), ended by -1; NULL where it is a number or word */
  int keys;
  const char **key, **value;
  int columns;          /* OPTION_CALLS: the columns that it makes, one for each variable of its first argument */
  const char **column;  /* their names: new=call(x), call(x) AS new, else call_x (winsor_gdp), with a whole number for a second argument call2_x (l2_gdp) */
} Call;
enum { CALL_COLUMN = 1 << 24 }; /* in Call.variable: CALL_COLUMN + i is the i-th column that the calls before make: x1 = ln(gdp), l(x1) */

typedef struct VcovSpec {
  VcovKind kind;
  const char *text;
  int lag;              /* nw(L), dk(L); -1 where not given */
  int clusters;
  int cluster[2];       /* variables of kind levels */
  int latitude, longitude; /* variables */
  double cutoff_km;
  int64_t reps;         /* wild: 0 where not given */
  const char *weights;  /* wild: "rademacher" ... NULL where not given */
  int64_t seed;         /* wild: -1 where not given */
} VcovSpec;

typedef struct Nested Nested;
typedef struct OptionValue {
  const OptionSpec *spec;
  bool given;
  const char *text;     /* as given, else the fallback, else NULL */
  double number, low, high; /* NUMBER, INTEGER, BOOLEAN: number; RANGE: low, high */
  int64_t integer;      /* INTEGER, BOOLEAN, and the index of CHOICE */
  int numbers;
  const double *list;
  int variable;         /* VARIABLE, LEVELS: -1 where not given */
  int terms;
  Term *term;
  int calls;
  Call *call;
  const VcovSpec *vcov; /* NULL where not given */
  const Nested *nested; /* NESTED */
} OptionValue;

/* Another estimator's formula and options, compiled over the variables of the model that they stand in. */
struct Nested {
  const struct Estimator *estimator;
  int outcome;
  bool intercept;
  int terms, effects;
  Term *term;
  int options;
  OptionValue *option;
};

/* ------------------------------------------------------------------------------------------------ fit.c: the result
 * Texts handed to fit_*, cell_* and result_* are borrowed, not copied: they must live as long as the run. */

typedef struct FitAttribute {
  const char *name;
  double number;
  const char *text; /* if not NULL it is a word */
} FitAttribute;

typedef struct FitTerm {
  const char *part;   /* NULL for the model itself; "first: dt" and the like for other equations: no row of vcov */
  const char *term;
  double estimate, std_error, statistic, p_value, conf_low, conf_high; /* NAN: NULL */
  int attributes, attribute_capacity; /* further numbers or words of an estimator: minimum, direction, ... */
  FitAttribute *attribute;
} FitTerm;

typedef struct FitStat {
  const char *name;
  double value;
} FitStat;

typedef struct FitWord {
  const char *name, *value;
} FitWord;

typedef struct FitTest {
  const char *test, *subject, *h0, *note;
  double statistic, df1, df2, p_value, critical;
} FitTest;

typedef struct FitAbsorbed {
  const char *name;
  int64_t levels;
  int64_t redundant;  /* not counted in K */
  bool nested;        /* in the clusters */
} FitAbsorbed;

/* What is kept in a table as JSON and read back by the fit_ functions. */
typedef struct Fit {
  Run *run;
  const char *estimator, *formula, *outcome, *error;
  int64_t nobs;
  int terms, term_capacity;
  FitTerm *term;         /* may move when a term is added */
  int vcov_terms;        /* the first this many terms have rows in vcov */
  double *vcov;          /* vcov_terms x vcov_terms, NAN where dropped */
  const char *vcov_type; /* "cluster(firm)" */
  int stats, stat_capacity;
  FitStat *stat;
  int words, word_capacity; /* stats that are words: method, ssc, ... */
  FitWord *word;
  int tests, test_capacity;
  FitTest *test;
  int absorbed, absorbed_capacity;
  FitAbsorbed *absorbed_effect;
  Ledger ledger;
} Fit;

FitTerm *fit_add_term(Fit *fit, const char *term); /* numbers NAN; NULL only if the run failed */
void fit_term_number(Fit *fit, FitTerm *term, const char *name, double value);
void fit_term_word(Fit *fit, FitTerm *term, const char *name, const char *value);
void fit_add_stat(Fit *fit, const char *name, double value); /* NAN is kept as NULL; the same name again replaces */
void fit_add_word(Fit *fit, const char *name, const char *value);
FitTest *fit_add_test(Fit *fit, const char *test, const char *subject, const char *h0, double statistic, double df1, double df2, double p_value); /* critical NAN, note NULL */
void fit_add_absorbed(Fit *fit, const char *name, int64_t levels, int64_t redundant, bool nested);
double fit_stat_value(const Fit *fit, const char *name);        /* NAN where absent */
const char *fit_word_value(const Fit *fit, const char *name);   /* NULL where absent */
const FitTerm *fit_find_term(const Fit *fit, const char *term); /* of the model itself (part NULL); blanks do not matter; NULL where absent */
double fit_attribute_number(const FitTerm *term, const char *name);
const char *fit_attribute_word(const FitTerm *term, const char *name);

/* One cell of the rows that the table-valued function shows. */
typedef enum CellType { CELL_NULL, CELL_NUMBER, CELL_INTEGER, CELL_TEXT } CellType;
typedef struct Cell {
  CellType type;
  double number;
  int64_t integer; /* of a text: its bytes, where a NUL may be among them; else 0 */
  const char *text;
} Cell;

/* A column that the virtual table adds to the source's: one value for each row of the frame. */
typedef struct RowColumn {
  const char *name;
  const double *number;    /* NAN is NULL */
  const char *const *text; /* if not NULL: words instead */
  bool integer;            /* show as INTEGER */
} RowColumn;

typedef struct Result {
  Run *run;
  int columns;          /* as many as Estimator.columns */
  int64_t rows, capacity;
  Cell *cell;           /* rows x columns */
  Fit fit;
  int row_columns, row_capacity;
  RowColumn *row_column;
} Result;

void result_begin(Run *run, Result *result, int columns);
Cell *result_add_row(Result *result);                    /* the row's cells, all NULL; NULL only if the run failed; valid until the next row */
void cell_number(Cell *cell, double value);              /* NAN gives NULL */
void cell_integer(Cell *cell, int64_t value);
void cell_count(Cell *cell, double value);               /* degrees of freedom and the like: an integer where it is whole */
void cell_text(Cell *cell, const char *text);            /* NULL gives NULL; the text must live as long as the run */
void cell_level(Cell *cell, const Levels *levels, int32_t code); /* as its own type; a code of -1 gives NULL */
void result_row_number(Result *result, const char *name, const double *number, bool integer);
void result_row_text(Result *result, const char *name, const char *const *text);

/* ------------------------------------------------------------------------------------------------ the estimator */

typedef struct Estimator Estimator;

/* A second table (weights between units): columns as "unit1:levels, unit2:levels, w:number". NULL if the run failed. */
typedef struct TableLoader {
  Frame *(*load)(void *context, Run *run, const char *source, const char *columns);
  void *context;
} TableLoader;

typedef struct Job {
  Run *run;
  const Estimator *estimator;
  const Model *model;
  int options;
  const OptionValue *option;
  Frame *frame;          /* rows with NULL in a used variable, and rows outside where=, are gone (unless ESTIMATOR_KEEP_NULLS) */
  bool want_rows;        /* a virtual table asks: fill the row columns */
  bool want_table;       /* a table-valued function asks: fill the result's rows. False: only the fit is read */
  Result *result;
  const TableLoader *loader; /* NULL inside aggregates */
} Job;

enum EstimatorFlags {
  ESTIMATOR_AGGREGATE = 1,  /* also an aggregate and window function of this name */
  ESTIMATOR_ROWS = 2,       /* also a virtual table with row columns */
  ESTIMATOR_KEEP_NULLS = 4, /* rows with NULL stay (NAN, -1) and the estimator decides by column; rows outside where= are gone */
  ESTIMATOR_PANEL = 8,      /* needs model->unit, time and time_number even where no lag or vcov asks for them */
  ESTIMATOR_KEEP_OUTSIDE = 16, /* rows outside where= stay, and the estimator reads model->where itself */
  ESTIMATOR_INSTRUMENTS = 32,  /* a part of the formula may be gmm(x, 2:4) + iv(z): model->instrument_set */
};

struct Estimator {
  const char *name;
  ModelKind model;
  const char *model_help;            /* how the model argument looks: "y ~ x1 + x2 | effects" */
  const char *roles;                 /* MODEL_ROLES: "exporter:levels, product:levels, value:number, income:number" */
  const char *summary;               /* one line for econ_help() */
  const char *const *columns;        /* visible columns of the table-valued function, NULL-terminated */
  const char *const *stats;          /* hidden columns, statistics of the fit by name, NULL-terminated; may be NULL */
  const char *const *row_columns;    /* columns that the virtual table adds, NULL-terminated, "fe_*": one for each absorbed effect,
                                        "score_*": one for each dimension, "pc*": pc1, pc2 ... one for each indicator,
                                        "*": the columns of each bare call (Call.column); NULL: no virtual table */
  const OptionSpec *const *options;  /* groups of specs, NULL-terminated list; each group ends with a NULL name */
  const OptionUse *uses;             /* ends with a NULL option; NULL: every option always counts. An option that the others leave without use is refused, unless it has its default */
  unsigned flags;
  /* Aggregate short form E(a, b, c...) without a spec: names for the values in order, "y, unit?, time?, x..." (x... stands for x1, x2, ...; a "?"
   * value that is NULL in every row is left out with the effect that it is), and the spec they stand for, in which "x..." becomes
   * "x1 + x2 + ..." in formulas and "x1, x2, ..." in lists. NULL: a spec must be given. */
  const char *short_values, *short_spec;
  void (*fit)(Job *job);
  /* fit_score(fit, x...): the score of one row from the kept fit, x in the order of the terms (of the model itself, (Intercept) left out); NAN where not
   * defined. NULL: no scores. */
  double (*score)(const Fit *fit, int count, const double *x);
  const char *example;               /* one SELECT that runs on the shipped tables (sql/data) */
};

extern const Estimator *const estimator_registry[]; /* NULL-terminated; registry.c */
const Estimator *estimator_find(const char *name);  /* NULL where there is none */

/* Options by name; the name must be one of the estimator's (assert). */
const OptionValue *option_value(const Job *job, const char *name);
double option_number(const Job *job, const char *name);
int64_t option_integer(const Job *job, const char *name);
bool option_is(const Job *job, const char *name, const char *choice); /* the text is this word */
bool option_given(const Job *job, const char *name);
int option_variable(const Job *job, const char *name); /* -1 where not given */

static inline const double *job_number(const Job *job, int variable) { return variable < 0 ? NULL : job->frame->column[variable].number; }
static inline const int32_t *job_code(const Job *job, int variable) { return variable < 0 ? NULL : job->frame->column[variable].code; }
/* Codes without holes over the frame's rows. Where the job draws (reps=, a wild bootstrap) they stand in the order of the values: the same seed then gives the same
 * draws whatever the order of the rows. */
const int32_t *job_dense_codes(const Job *job, int variable, int32_t *levels);
static inline const Levels *job_levels(const Job *job, int variable) { return variable < 0 ? NULL : job->frame->column[variable].levels; }

/* Shared groups of option specs (registry.c): where=; panel=; weights=, singletons=; vcov=, ssc= and its parts, level=; seed=, reps=. */
extern const OptionSpec OPTIONS_WHERE[], OPTIONS_PANEL[], OPTIONS_SAMPLE[], OPTIONS_VCOV[], OPTIONS_DRAWS[];
/* Lists that several rows share. */
extern const char *const COLUMNS_TIDY[];      /* term, estimate, ..., conf_high */
extern const char *const STATS_REGRESSION[];  /* nobs, r2, ... bic */

/* ------------------------------------------------------------------------------------------------ rows.c
 * What estimators that describe rows share. */
/* False, and a sentence that says what became of the rows, where fewer than `least` are left. */
bool job_has_rows(Job *job, int64_t least);
/* The rows by the values of a variable of kind levels, in the order of the values, NULL last; a variable of -1: all rows as one group. */
typedef struct RowGroups {
  int32_t groups;
  int32_t *level;  /* the group's code; -1: NULL, or not grouped */
  int64_t *first;  /* groups + 1 places */
  int64_t *row;    /* row[first[g]] .. row[first[g + 1] - 1], in the frame's order */
} RowGroups;
void row_groups(Job *job, int variable, RowGroups *out);
/* The rows unit by unit in the order of the panel's time (ESTIMATOR_PANEL); rows without unit or time are left out. False, and a sentence that begins with
 * `what`, where there is no time, where two rows of a unit have the same, or where it is infinite. */
typedef struct PanelSeries {
  int32_t units;        /* as many as the unit has levels; 1 without units */
  const int64_t *first; /* units + 1 places */
  int64_t *row;         /* row[first[u]] .. row[first[u + 1] - 1] */
  const double *time;   /* of the frame's rows */
  int64_t longest;      /* the most rows of a unit */
} PanelSeries;
bool panel_series(Job *job, const char *what, PanelSeries *out);
double panel_step(const PanelSeries *series);        /* the shortest time between two rows of a unit; infinite where there is none */
const char *panel_unit_name(Job *job, int32_t unit); /* as a sentence shows it */
/* Mean and sum of squares about it, in two passes; NAN for no rows. */
void mean_and_squares(int64_t n, const double *x, double *mean, double *squares);

/* ------------------------------------------------------------------------------------------------ index.c
 * Indicators turned by their direction into z, and their weights: entropy_index and topsis_index. */
typedef struct IndexColumn {
  const Indicator *indicator;
  const double *x;            /* of the group's rows */
  double minimum, maximum;
  double span;                /* what z is divided by: max - min, or the largest distance from the middle or the interval */
  double z_mean;
  double entropy, divergence; /* divergence: what the weights are in proportion to; entropy is NAN for the other methods */
  double share;               /* weight within the dimension, or among all where levels are flat */
  double weight;              /* in the whole index */
  bool constant;              /* the same z in all rows: weight 0 */
} IndexColumn;
typedef struct IndexGroup {   /* one value of scope= */
  int32_t level;              /* -1: pooled */
  int64_t first, rows;
  IndexColumn *column;        /* one for each indicator of the model */
  double *dimension_weight, *dimension_entropy;
  const char *problem;        /* why this group has no weights; NULL: it has */
} IndexGroup;
typedef struct Index {
  Job *job;
  int k, dimensions;
  bool nested;
  double low, scale, shift;   /* z = low + scale * (0..1) + shift */
  int64_t n;
  const int64_t *row;         /* the frame's row at each place of the columns; NULL: the same */
  int groups;
  IndexGroup *group;
} Index;
extern const OptionSpec OPTIONS_INDEX[];
/* Reads the options of OPTIONS_INDEX, gathers the rows by scope and computes the weights. */
void index_build(Job *job, Index *index);
void index_values(const Index *index, const IndexColumn *column, int64_t first, int64_t count, double *z); /* z of rows of the group */
double index_value(char direction, double low, double high, double minimum, double maximum, double x);     /* 0..1 for x in the range; NAN where the column is constant */
void index_rows(Index *index);   /* the visible rows */
void index_terms(Index *index, const char *method_name);  /* one term for each indicator (and scope value), nobs, and the words */

/* ------------------------------------------------------------------------------------------------ design.c
 * Terms -> columns of numbers. */
typedef struct Design {
  int k;
  const char **name;   /* as fixest prints them: year::2015, year::2015:treat, a:b, (Intercept) */
  double **column;     /* frame rows each; the frame's own column where a term is one plain variable and copy is false */
  int *term;           /* index of the Term that a column comes from; -1: the intercept put in front */
} Design;
/* intercept: put (Intercept) in front. base: leave out the first level of an i() without ref and without a product (an intercept or an absorbed
 * effect is there). */
typedef enum DesignMode {
  DESIGN_BORROW, /* plain variables are the frame's own columns: do not write to them */
  DESIGN_COPY,   /* every column is the caller's to overwrite */
  DESIGN_TAKE    /* the same, but the frame's own column is handed out where nothing else looks at it: the frame is spoilt afterwards */
} DesignMode;
double *design_column(Job *job, int variable, DesignMode mode);
void design_build(Job *job, int terms, const Term *term, bool intercept, bool base, DesignMode mode, Design *design);

/* ------------------------------------------------------------------------------------------------ sample.c, regression.c
 * What fe_ols, fe_iv, did_att, fe_mediate, fe_threshold ... share: sample, absorption, degrees of freedom, vcov, statistics, rows of the fit. */
typedef struct Sample {
  int64_t n;
  const double *weight;        /* or NULL */
  int effects;
  Effect *effect;              /* dense codes */
  const char **effect_name;
  bool any_intercept;          /* an explicit intercept or an absorbed effect with one */
  bool explicit_intercept;     /* (Intercept) is a column */
  VcovKind vcov_kind;
  const VcovSpec *vcov_spec;   /* NULL: the default */
  const char *vcov_text;       /* what the fit says: "cluster(firm)", "hc1" */
  int clusters;                /* 0: the vcov is not clustered */
  int cluster_variable[2];
  const int32_t *cluster[2];   /* dense codes */
  int32_t cluster_levels[2];
  const char *cluster_name[2];
  Absorber *absorber;          /* NULL without effects */
} Sample;
/* Applies weights= and singletons=: drops rows from job->frame (counting them in its ledger), builds effects, clusters and the absorber.
 * Call before design_build. Fails with a sentence if no row is left. */
void sample_build(Job *job, Sample *sample);

typedef struct Regression {    /* one linear equation on a sample; the caller sets k, name, x, y */
  int k;
  const char **name;
  double **x;                  /* k columns, absorbed in place */
  double *y;                   /* absorbed in place */
  double *residual;            /* n */
  double y_mean, *x_mean;      /* weighted means before absorption */
  double *spread;              /* k + 1: norms about these means, y's the last; of x as norm_to_absorb has them */
  int *square;                 /* for each column the column that is its square, or -1; where there is one its range before absorption */
  double *x_low, *x_high;
  double tss, tss_within;      /* about the mean (about 0 without any intercept); after absorption */
  LeastSquares ls;
  double *vcov;                /* k x k, NAN rows and columns where dropped */
  Vcov account;                /* df_t, groups, factor as vcov_compute left them */
  double k_counted;            /* K of the small-sample correction */
  double k_full;               /* every level counted: df_resid, r2_adj, aic */
} Regression;
/* Absorbs y and x in place, solves, and computes the vcov that the options ask for. x and y are the caller's copies. */
void regression_fit(Job *job, const Sample *sample, Regression *regression);
/* The model's vcov for other columns, residuals and bread on the same sample (second stages, stacked equations): rank columns, all kept. */
void regression_vcov(Job *job, const Sample *sample, int k, double *const *x, const double *residual, const double *bread, double k_counted, Vcov *out);
/* Its two inputs, for tests that need other columns, leverages or no correction: all of a VcovData that belongs to the sample (k, x, residual, bread
 * and leverage are left to the caller), and the correction of ssc= and its parts. */
void regression_vcov_data(Job *job, const Sample *sample, VcovData *data);
void regression_correction(const Job *job, double k, VcovCorrection *correction);
/* Whether all rows of each level lie in one cluster. */
bool effect_nested_in(Run *run, int64_t n, const Effect *effect, const int32_t *cluster);
/* K for the correction: rank plus effect levels under ssc= (nested, full, none, redundant levels); with full every level but one for each effect after the first. */
double regression_count(Job *job, const Sample *sample, int rank, bool full);
/* Adds tidy terms and their vcov to the fit. */
void regression_terms(Job *job, const Sample *sample, const Regression *regression);
/* The row columns fitted = y - residual, residual, and fe_NAME for each effect: x are the k columns before absorption, beta NAN where dropped. */
void regression_rows(Job *job, const Sample *sample, int k, double *const *x, const double *beta, const double *residual);
/* Adds nobs, r2, ..., bic, the constant, and the account below. */
void regression_stats(Job *job, const Sample *sample, const Regression *regression);
/* Adds what every regression on a sample says of itself: rank, K, df of t, groups, ssc, absorbed effects, the convergence of what iterated. */
void regression_account(Job *job, const Sample *sample, const Regression *regression);
/* regression->vcov and account from its absorbed x, residual, ls and k_counted: part of regression_fit, for estimators that solve by themselves. */
void regression_term_vcov(Job *job, const Sample *sample, Regression *regression);
/* level=, which must lie between 0 and 1. */
double regression_level(Job *job);
/* Fills estimate..conf_high of a term from an estimate, its error and degrees of freedom (infinite: normal). */
void term_inference(FitTerm *term, double estimate, double std_error, double df, double level);
/* One visible row for each term of the fit; columns named as the fields of FitTerm or its attributes are filled, others stay NULL. */
void result_tidy(Job *job);
int result_column(const Job *job, const char *name); /* index in Estimator.columns, -1 */

/* ------------------------------------------------------------------------------------------------ functions of a fit
 * Table-valued functions over a kept fit: fit_wald, fit_margins, did_honest ... One row here each (registry.c). */
typedef struct FitArguments {
  int count;                  /* as many as FitFunction.arguments names, the fit apart */
  const char *const *text;    /* NULL: not given or SQL NULL */
  const double *number;       /* NAN where the text is no number */
} FitArguments;
typedef struct FitFunction {
  const char *name;
  const char *arguments;      /* "fit, hypotheses, level?": names of the hidden argument columns; "?": may be left out */
  const char *summary;
  const char *const *columns; /* NULL-terminated */
  void (*rows)(Run *run, const Fit *fit, const FitArguments *arguments, Result *result);
  const char *example;
} FitFunction;
/* A number without a sign, in the C locale's writing, whatever the host's locale is: fit_wald.c. False if there is none. */
bool unsigned_number_at(const char **text, double *value);
/* '0, 1.5, 2:8:0.5' as a list: fit_margins.c. NULL where it is none: the run has failed. */
double *number_list(Run *run, const char *text, int64_t *count);
extern const FitFunction *const fit_function_registry[]; /* NULL-terminated; registry.c */
#endif
