/* num.h: the internal header of the numeric layer. It knows nothing of SQL and nothing of estimators.
 *
 * Conventions of the layer: n counts rows (int64_t), k counts columns (int); a matrix is column-major unless said otherwise;
 * data columns come as an array of k pointers to n doubles; a missing number is NAN; a missing code is -1.
 * Every function that allocates, waits or can fail takes a Run first and does nothing once that run has failed. */
#ifndef ECON_NUM_H
#define ECON_NUM_H

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ run.c
 * One computation: its memory, its sticky error, its patience. The layer above lends memory and answers "stop?" through
 * two function pointers. All memory of a run dies in run_end, which may be called twice and on a zeroed Run. */

typedef struct Host {
  void *(*reallocate)(void *old, uint64_t bytes); /* NULL when there is no memory; old may be NULL */
  void (*release)(void *block);
  int (*poll)(void *context); /* nonzero: stop */
  void (*progress)(void *context, const char *what, int64_t done, int64_t of); /* what: the computation, of: its draws; may be NULL */
  void *context;
} Host;

typedef enum RunStatus { RUN_OK = 0, RUN_ERROR, RUN_OUT_OF_MEMORY, RUN_INTERRUPTED } RunStatus;

typedef struct RunBlock RunBlock;
typedef struct Run {
  const Host *host;
  RunStatus status;
  char message[1000]; /* of RUN_ERROR: a sentence without the function's name */
  RunBlock *blocks;   /* everything that run_end frees */
  char *bump;         /* small allocations are cut from here */
  size_t bump_left;
  uint64_t poll_work; /* units of work since the host was last asked */
  const char *progress; /* what to tell the host of; NULL: it did not ask */
  int64_t progress_time; /* when it was last told */
} Run;

void run_begin(Run *run, const Host *host);
void run_end(Run *run);
/* Ends the run of a step of ours, begun with our host for memory that dies with the step; what failed in it has failed in us. */
void run_join(Run *run, Run *step);
/* Zeroed memory for count items, alive until run_end or run_free; NULL only if the run has failed (count 0 gives a valid pointer). */
void *run_alloc(Run *run, size_t count, size_t size);
/* A block that can grow: old is NULL or came from run_grow. The new part is NOT zeroed. On failure old stays valid and NULL is returned. */
void *run_grow(Run *run, void *old, size_t count, size_t size);
/* Gives a block of run_alloc or run_grow back early (small ones stay until run_end). NULL is fine. */
void run_free(Run *run, void *block);
char *run_text(Run *run, const char *text);                    /* a copy */
char *run_text_n(Run *run, const char *text, size_t length);   /* a copy of the first bytes */
char *run_format(Run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
int utf8_length(const char *at); /* bytes of the character that begins there, 0 if it is no UTF-8 */
/* The first error stays; later ones are ignored. */
void run_fail(Run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Call it from every loop that may be long, with the work done since the last call in units of roughly one nanosecond to ten;
 * the host is asked about every few milliseconds. False: the run has failed or was interrupted, leave. Only from the run's own thread. */
bool run_poll(Run *run, uint64_t work);
/* Tells the host how many draws are done, where it asked: every half a second, and at the last. Only from the run's own thread. */
void run_progress(Run *run, int64_t done, int64_t of);
int64_t run_clock(void); /* nanoseconds since some day */
static inline bool run_failed(const Run *run) { return run->status != RUN_OK; }
#define NEW(run, type) ((type *)run_alloc((run), 1, sizeof(type)))
#define NEW_ARRAY(run, type, count) ((type *)run_alloc((run), (size_t)(count), sizeof(type)))

/* ------------------------------------------------------------------------------------------------ text.c
 * A growing text in a run. */
typedef struct Text {
  Run *run;
  char *data; /* always ended by NUL once something was added */
  size_t length, capacity;
} Text;
void text_add(Text *text, const char *piece);
void text_add_n(Text *text, const char *piece, size_t length);
void text_format(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_number(Text *text, double value);         /* the shortest of 15 to 17 digits that reads back to the same bits; "null" for NAN and infinities */
void text_identifier(Text *text, const char *name); /* "quoted" for SQL */

/* ------------------------------------------------------------------------------------------------ parallel.c
 * Independent work items on the machine's processors. body(context, item, worker) must write only what belongs to its item
 * (or to its worker), must not touch the Run, and gives the same result whatever the number of workers. The calling thread polls. */
int parallel_workers(void); /* at least 1; ECON_THREADS in the environment limits it */
void parallel_for(Run *run, int64_t items, int workers, void (*body)(void *context, int64_t item, int worker), void *context);
/* The same for items that make draws [from, to) of `of`, with run_progress. */
typedef struct DrawRange {
  int64_t from, to, of;
} DrawRange;
void parallel_draws(Run *run, int64_t items, int workers, void (*body)(void *context, int64_t item, int worker), void *context, DrawRange draws);
/* A loop that never polls, such as another library's: it must not allocate, lock, or leave behind what counts once the run has failed. */
void parallel_aside(Run *run, void (*body)(void *context), void *context);

/* ------------------------------------------------------------------------------------------------ frame.c
 * Columns in memory. A column is numbers (double, NAN is NULL) or levels (int32 codes into a dictionary, -1 is NULL). */

typedef enum LevelType { LEVEL_INTEGER, LEVEL_REAL, LEVEL_TEXT, LEVEL_BLOB } LevelType;
typedef struct Level {
  LevelType type;
  int length; /* of text, in bytes */
  union {
    int64_t integer;
    double real; /* never integral: those are stored as integers, as SQLite compares them equal */
    const char *text;
  } as;
} Level;

/* A dictionary: value -> code, in order of first appearance. */
typedef struct Levels Levels;
Levels *levels_new(Run *run);
int32_t levels_integer(Levels *levels, int64_t value); /* the code, -1 when the run has failed */
int32_t levels_real(Levels *levels, double value);
enum { LEVELS_MISSING = INT32_MIN };
void levels_integers(Levels *levels, int64_t count, int32_t *values); /* values become codes, LEVELS_MISSING -1 */
int32_t levels_text(Levels *levels, const char *text, int length, bool blob);
int32_t levels_count(const Levels *levels);
const Level *levels_value(const Levels *levels, int32_t code);
double levels_number(const Levels *levels, int32_t code); /* NAN for text */
const char *levels_name(Run *run, const Levels *levels, int32_t code); /* as a term's name shows it: 2015, 0.5, black */
int32_t levels_add(Levels *levels, const Level *level);    /* a value of another dictionary: its code here */
int32_t levels_find(const Levels *levels, const Level *level); /* -1 where it is not there */
const char *level_name(Run *run, const Level *level);
int level_compare(const Level *a, const Level *b);         /* numbers by value before text by bytes */
/* The codes in the order of their values; only those with present[code] if present is given. Returns how many. */
int32_t levels_sorted(Run *run, const Levels *levels, const bool *present, int32_t *order);

typedef enum ColumnKind { COLUMN_NUMBER, COLUMN_LEVELS } ColumnKind;
typedef struct Column {
  ColumnKind kind;
  double *number;
  int32_t *code;
  Levels *levels;
} Column;

/* What became of the rows: nothing is dropped silently. */
typedef struct Ledger {
  int64_t read, where_excluded, null, singleton, zero_weight, separated, other, used;
  const char *other_why;
} Ledger;

typedef struct Frame {
  int64_t rows;
  int columns;
  Column *column;      /* parallel to Model.variable */
  int64_t *source_row; /* row of the source (from 0) for each row; NULL: not asked for */
  Ledger ledger;
  double lag_step;     /* what l(x) went back by; 0 where there is none */
} Frame;

/* Keeps the rows with keep[row], in order, in every column; does not touch the ledger. */
void frame_keep(Run *run, Frame *frame, const bool *keep);
/* Codes 0..count-1 without holes, in order of first appearance; count is written. Returns code itself where nothing had to change. Codes -1 are not allowed. */
const int32_t *codes_dense(Run *run, int64_t n, const int32_t *code, int32_t levels, int32_t *count);
const int32_t *codes_by_value(Run *run, int64_t n, const int32_t *code, const Levels *levels, int32_t *count); /* the same in the order of the values, whatever that of the rows */
/* Codes of the combinations of several code columns, dense, in order of first appearance. */
const int32_t *codes_combine(Run *run, int64_t n, int columns, const int32_t *const *code, int32_t *count);

/* ------------------------------------------------------------------------------------------------ panel.c
 * The row of a unit at a time. unit NULL: one series. Rows with code -1 or time NAN are not found. duplicate: the first two rows
 * with the same unit and time, or -1. */
typedef struct PanelIndex PanelIndex;
PanelIndex *panel_index_new(Run *run, int64_t n, const int32_t *unit, const double *time, int64_t duplicate[2]);
int64_t panel_index_find(const PanelIndex *index, int32_t unit, double time); /* the row, or -1 */
/* One step of a panel's time: the largest number of which all differences of times are multiples, 1 where a time is no whole number. */
double time_step(Run *run, int64_t n, const double *time);

/* ------------------------------------------------------------------------------------------------ order.c
 * NAN must not be among the numbers. */
void sort_numbers(Run *run, int64_t n, double *x);                     /* ascending, in place */
void sort_order(Run *run, int64_t n, const double *x, int64_t *order); /* the rows by ascending x, equal ones as they come */
/* Ranks from 1, equal numbers share their mean rank; returns the sum of t^3 - t over groups of t equal ones. */
double rank_numbers(Run *run, int64_t n, const double *x, double *rank);
/* Quantile p of ascending numbers: R's type 7, or Stata's; NAN for none. */
double quantile_sorted(int64_t n, const double *sorted, double p, bool stata);
/* row[first[c]] .. row[first[c + 1] - 1] are the rows of code c, in order. first has levels + 1 places, row n; codes -1 are left out. */
void rows_by_code(Run *run, int64_t n, const int32_t *code, int32_t levels, int64_t *first, int64_t *row);

/* ------------------------------------------------------------------------------------------------ distributions.c
 * Probabilities: tails are computed as tails (no 1-p), relative error below 1e-12 where double allows. NAN in, NAN out; bad parameters give NAN. */
double normal_cdf(double z);
double normal_upper(double z);
double normal_density(double z);
double normal_quantile(double p);
double gamma_p(double a, double x); /* regularised lower incomplete gamma */
double gamma_q(double a, double x);
double beta_i(double a, double b, double x); /* regularised incomplete beta */
double student_cdf(double t, double df);     /* df may be infinite */
double student_two_sided(double t, double df); /* P(|T| > |t|) */
double student_quantile(double p, double df);
double chi2_cdf(double x, double df);
double chi2_upper(double x, double df);
double chi2_quantile(double p, double df);
double f_cdf(double x, double df1, double df2);
double f_upper(double x, double df1, double df2); /* df2 may be infinite */
double f_quantile(double p, double df1, double df2);
double log_factorial(double n);              /* log Gamma(1+n), n >= 0 */

/* ------------------------------------------------------------------------------------------------ random.c
 * A counter-based generator: draw (seed, stream, index) is the same on every machine, in any order, on any number of threads. */
typedef struct Random {
  uint64_t seed, stream, index;
} Random;
Random random_stream(uint64_t seed, uint64_t stream);
uint64_t random_bits(Random *random);
double random_uniform(Random *random);                 /* in (0,1) */
int64_t random_below(Random *random, int64_t limit);   /* 0..limit-1, unbiased */
double random_normal(Random *random);
void random_shuffle(Random *random, int64_t n, int64_t *items); /* Fisher-Yates */

/* ------------------------------------------------------------------------------------------------ lapack.c
 * The only file that names LAPACK and BLAS routines. Column-major. */
double dense_dot(int m, const double *a, const double *b); /* a'b, always the same additions */
/* C (k x k, both triangles) += A'A for A (m x k, leading dimension lda) */
void dense_crossproduct_add(int m, int k, const double *a, int lda, double *c);
/* C (m x n) = alpha A (m x p) B (p x n) + beta C; transpose flags for A and B */
void dense_multiply(bool ta, bool tb, int m, int n, int p, double alpha, const double *a, int lda, const double *b, int ldb, double beta, double *c, int ldc);
/* The same for what may be thousands of columns wide, in pieces that ask whether to stop; beta is 0 or 1, alpha 1. */
void dense_crossproduct_polled(Run *run, int m, int k, const double *a, int lda, double *c);
void dense_multiply_polled(Run *run, bool ta, int m, int n, int p, const double *a, int lda, const double *b, int ldb, double beta, double *c, int ldc);
bool dense_cholesky(Run *run, int k, double *a);                     /* lower factor in place; false if not positive definite */
void dense_cholesky_solve(int k, const double *l, int columns, double *b); /* in place */
bool dense_cholesky_inverse(Run *run, int k, double *l);             /* factor -> symmetric inverse, both triangles */
void dense_qr_r(Run *run, int m, int k, double *a, double *r);       /* a (m x k, destroyed) -> R (k x k upper, zeros below) */
bool dense_symmetric_eigen(Run *run, int k, double *a, double *values); /* ascending; a becomes the vectors */
bool symmetric_eigen_polled(Run *run, int order, double *a, double *values); /* eigen.c: the same in steps; dense_symmetric_eigen takes it for large orders */
/* lanczos.c: of a symmetric matrix of order n >= 2 with the known top eigenvector first (any length), the next eigenvalue and its vector of length one; slower than the
 * above where n is small, but it polls. False: the run has failed. */
bool second_eigenvector(Run *run, int n, const double *a, const double *first, double *value, double *vector);
bool dense_svd(Run *run, int m, int n, double *a, double *u, double *s, double *vt); /* thin; a destroyed */
bool singular_polled(Run *run, int m, int n, double *a, double *u, double *s, double *vt); /* singular.c: the same in steps, m >= n; dense_svd takes it for large matrices */
bool dense_solve(Run *run, int k, double *a, int columns, double *b); /* general LU, in place; false if singular */

/* ------------------------------------------------------------------------------------------------ absorb.c, sparse.c
 * Projection on the complement of fixed effects, exact where a factor fits (see absorb.c), else by conjugate gradient on the reduced system. */
typedef struct Effect {
  const int32_t *code; /* n codes 0..levels-1, every level present */
  int32_t levels;
  bool intercept;      /* false: only the slopes vary (a[[x]]) */
  int slopes;
  const double *const *slope; /* slopes columns of n */
} Effect;

typedef struct AbsorbReport {
  const char *method;  /* "none", "means", "dense", "sparse", "conjugate gradient" */
  int iterations;      /* the most that any column took; 0 for direct methods */
  double residual;     /* measured after solving, over all columns: the largest mean residual of a level, beside the column's root mean square */
  int64_t factor_nonzeros;
} AbsorbReport;

typedef struct Absorber Absorber;
/* weight: n positive numbers or NULL. tolerance: relative, for what iterates. The arrays behind effect and weight must outlive the absorber. */
Absorber *absorb_new(Run *run, int64_t n, int effects, const Effect *effect, const double *weight, double tolerance);
/* Replaces each of the k columns (n rows) by its residual from the (weighted) projection on the effects, in place. */
void absorb_columns(Absorber *absorber, int k, double *const *column);
/* Coefficients of the projection of column (not changed): for effect e, out[e] has levels x (intercept + slopes) numbers, level-major;
 * normalised so that the intercepts of all effects but the first sum to zero over the rows (conventions.md). */
void absorb_coefficients(Absorber *absorber, const double *column, double *const *out);
/* Diagonal of the projection matrix on the effects (n numbers; with weights that of W^1/2 D (D'WD)^- D' W^1/2). Exact; fails with a sentence where the system is too large for it. */
void absorb_leverage(Absorber *absorber, double *leverage);
const AbsorbReport *absorb_report(const Absorber *absorber);
/* Levels of b that a makes redundant: the connected components of the bipartite graph of a and b. */
int32_t effect_components(Run *run, int64_t n, const Effect *a, const Effect *b);

/* ------------------------------------------------------------------------------------------------ least_squares.c */
typedef struct LeastSquares {
  int k, rank;
  bool *dropped;   /* k: collinear with earlier columns or with what was absorbed */
  double *beta;    /* k, NAN where dropped */
  double *bread;   /* k x k, (X'WX)^-1, zero rows and columns where dropped */
  double ssr;      /* sum w e^2 */
  const char *method; /* "cholesky" or "qr" */
} LeastSquares;
/* Weighted least squares of y on k columns. scale: k numbers, the norm that each column had before effects were absorbed (centred there),
 * or NULL; a column whose norm is below 1e-9 of it counts as absorbed. residual: n numbers out (may be y itself) or NULL.
 * Of collinear columns the later one is dropped. Rank tolerance: see least_squares.c. */
void least_squares(Run *run, int64_t n, int k, double *const *x, const double *y, const double *weight, const double *scale, double *residual, LeastSquares *out);
/* sqrt(sum w (x - mean)^2) of a column, shifted so that a huge mean costs no digits; mean may be NULL. */
double centred_norm(int64_t n, const double *x, const double *weight, double *mean);
double sample_mean(int64_t n, const double *x); /* of some thousand rows all over the column: a centre near enough that squares around it keep their digits */
/* The scale of least_squares: the norm about the mean, or about 0 where no effect takes the mean off (firm[[t]] alone). */
double norm_to_absorb(int effects, const Effect *effect, int64_t n, const double *x, const double *weight, double *mean);

/* ------------------------------------------------------------------------------------------------ linear_program.c
 * min c'x, A x = b, 0 <= x <= upper. The workspace serves any number of problems of m rows and n columns. */
typedef struct LinearProgram LinearProgram;
typedef enum LinearStatus { LINEAR_OPTIMAL, LINEAR_INFEASIBLE, LINEAR_UNBOUNDED, LINEAR_STUCK } LinearStatus; /* stuck: no answer within the limit of steps, or the run failed */
LinearProgram *linear_program_new(Run *run, int m, int n);
/* a: m x n, column-major; upper: n numbers, INFINITY for no bound, or NULL for none at all. x: n numbers out, or NULL. Rows should have numbers of about one size. */
LinearStatus linear_program_solve(LinearProgram *lp, const double *a, const double *b, const double *c, const double *upper, double *x, double *objective);

/* ------------------------------------------------------------------------------------------------ vcov.c */
typedef enum VcovKind {
  VCOV_IID, VCOV_HC0, VCOV_HC1, VCOV_HC2, VCOV_HC3, VCOV_HC4, VCOV_CLUSTER, VCOV_NEWEY_WEST, VCOV_DRISCOLL_KRAAY, VCOV_CONLEY, VCOV_WILD, VCOV_CV3
} VcovKind;

typedef struct VcovData {        /* what the meat is made of */
  VcovKind kind;
  int64_t n;
  int k;                         /* kept columns only */
  double *const *x;              /* k columns of n, effects absorbed; the scores are w x e */
  const double *residual;
  const double *weight;          /* or NULL */
  const double *bread;           /* k x k */
  const double *leverage;        /* hc2, hc3, hc4: n hat values with those of the effects */
  int clusters;                  /* 1 or 2 for cluster */
  const int32_t *cluster[2];     /* dense codes */
  int32_t cluster_levels[2];
  const int32_t *unit;           /* nw: the panel's unit, or NULL for one series */
  const double *time;            /* nw, dk: time as a number; lags are counted over the sorted distinct times */
  int lag;                       /* nw, dk; -1: automatic */
  const double *latitude, *longitude; /* conley, degrees */
  double cutoff_km;
} VcovData;

typedef struct VcovCorrection {  /* small-sample correction, see conventions.md */
  bool k_adjust;                 /* (N-1)/(N-K) for clusters, nw and dk; N/(N-K) for hc1; 1/(N-K) for iid */
  bool g_adjust;                 /* G/(G-1), T/(T-1) */
  bool g_conventional;           /* two-way: each matrix its own G; else the smallest */
  bool t_conventional;           /* t with N-K for clusters too */
  bool mend_variances;           /* two-way: V is made positive only where a variance is negative; else where any eigenvalue is */
  double k;                      /* K as counted for this model */
} VcovCorrection;

typedef struct Vcov {
  double *value;                 /* k x k */
  double df_t;                   /* degrees of freedom of the t statistics (infinite: normal) */
  double groups[3];              /* G1, G2, G12; or T */
  int lag;
  double factor;                 /* the factor applied (first matrix of several) */
  bool indefinite, made_positive; /* two-way: V1 + V2 - V12 had negative eigenvalues; they were set to zero */
} Vcov;
void vcov_compute(Run *run, const VcovData *data, const VcovCorrection *correction, Vcov *out);
/* b'V^-1 b over the listed positions: Wald statistic; df receives the rank used. NAN if V is zero there. */
double wald_statistic(Run *run, int k, const double *beta, const double *vcov, int count, const int *position, int *df);
#endif
