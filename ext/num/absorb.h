/* absorb.h: what the files of the absorber share: absorb.c, rows.c, counts.c, blocks.c, reduced.c, assemble.c, sparse.c, conjugate.c, leverage.c, components.c.
 *
 * The effects' design is D = [D1 | D2]: D1 the effect with most coefficients, D2 all others. D1 is eliminated group by group, D2 stands in
 * the reduced system S = D2'W(I - P1)D2 of m coefficients. Vectors that belong to several data columns at once ("lanes") are interleaved:
 * the number of coefficient i and lane c stands at i * lanes + c. */
#ifndef ECON_ABSORB_H
#define ECON_ABSORB_H

#include "num.h"

enum { MAX_LANES = 4 };

/* One effect as columns of the design: coefficient p of a level stands at first + level * width + p, the intercept before the slopes. Inside
 * each level the columns are made orthogonal, in their order: z_p = x_p - sum over q < p of (lower_pq + correction_pq) z_q (blocks.c). */
typedef struct Block {
  const int32_t *code;
  int32_t levels;
  int32_t first; /* among the reduced system's coefficients */
  int width, slopes, pairs; /* pairs: width (width - 1) / 2 */
  bool intercept;
  const double *const *slope;
  double *lower;  /* levels x 2 pairs: lower_pq at 2 (p (p - 1) / 2 + q), its correction behind it; NULL if there is only one column */
  double *mass;   /* levels: sum of the weights */
  double *energy; /* levels x width: sum of w z^2 (mass itself where there are no slopes); 0: the column is collinear with those before it */
} Block;

enum { MAX_WIDTH = 16 };
static inline bool block_plain(const Block *block) { return block->intercept && block->slopes == 0; }
/* The design's columns (of the row's level) in a row. */
static inline void block_values(const Block *block, int64_t row, double *z) {
  int from = 0;
  if (block->intercept) z[from++] = 1;
  for (int s = 0; s < block->slopes; s++) z[from + s] = block->slope[s][row];
  if (!block->lower) return;
  const double *l = block->lower + (int64_t)block->code[row] * block->pairs * 2;
  for (int p = 1; p < block->width; p++) {
    double left = 0;
    for (int q = 0; q < p; q++, l += 2) {
      z[p] -= l[0] * z[q];
      left += l[1] * z[q];
    }
    z[p] -= left;
  }
}

/* Strict upper triangle by columns, and the diagonal. */
typedef struct SparseSymmetric {
  int32_t order;
  int64_t *start; /* order + 1 */
  int32_t *row;
  double *value;
  double *diagonal;
} SparseSymmetric;

/* L D L' of the permuted matrix; L has a unit diagonal that is not stored. */
typedef struct SparseFactor {
  int32_t order;
  int32_t *original; /* original[k]: which coefficient is the k-th pivot */
  int32_t *position; /* its inverse */
  int64_t *start;
  int32_t *row; /* ascending within a column */
  double *value;
  double *inverse_pivot; /* 0 where the pivot vanished: that coefficient is set to zero */
} SparseFactor;

typedef enum ReducedKind { REDUCED_NONE, REDUCED_DENSE, REDUCED_SPARSE, REDUCED_ITERATED } ReducedKind;
typedef struct Reduced {
  ReducedKind kind;
  int32_t order;        /* m */
  double *diagonal;     /* m: of S */
  double *limit;        /* m: a pivot no larger than this has vanished; infinite: the coefficient is zero from the start */
  double *dense;        /* m x m: lower factor, pivots in the order of original; rank of them did not vanish */
  int32_t *original, rank;
  uint8_t *count;       /* levels of D1 x m: rows in each pair of levels, or NULL (counts.c) */
  SparseSymmetric matrix; /* assembled (order 0: not) */
  SparseFactor factor;
} Reduced;

struct Absorber {
  Run *run;
  int64_t n;
  int effects;
  Block *block;    /* block[0] is eliminated, the others in the order given */
  int *block_of;   /* where effect e went */
  const double *weight;
  double tolerance, total_weight;
  Reduced reduced;
  AbsorbReport report;
};

/* Rows in groups of equal code: rows row[start[g]] .. row[start[g+1]-1]; row NULL: the rows lie in that order already. carried: instead of the
 * rows, another code of each, which is then read in order. */
typedef struct Grouping {
  int32_t *start, *row, *carried;
  bool sorted;
} Grouping;
static inline int64_t grouped_row(const Grouping *grouping, int64_t k) { return grouping->row ? grouping->row[k] : k; }

/* ---- rows.c */
#define KERNEL static inline __attribute__((always_inline)) void /* its number of lanes is a constant where it stands */
typedef struct Pass {
  int lanes, used;             /* lanes beyond used are copies of the last: not stored */
  double *const *column;       /* NULL: zeros */
  const double *shift;         /* taken off each lane; NULL: none */
  const double *fit_first;     /* coefficients of D1 whose fit is taken off, or NULL */
  const double *fit_rest;      /* the same of D2 */
  bool store;                  /* put what is left back into the columns */
  double *sum_first, *sum_rest; /* D1'W and D2'W times what is left are added to these; NULL: not wanted */
  double *norm;                /* += sum of w e^2 for each lane, or NULL */
} Pass;
void row_pass(const Absorber *absorber, const Pass *pass);

/* ---- counts.c */
bool counts_build(Absorber *absorber); /* into reduced.count; false where that does not pay */
/* rest -= N' first, first -= N rest */
void counts_take_first(const Absorber *absorber, int lanes, const double *first, double *rest);
void counts_take_rest(const Absorber *absorber, int lanes, const double *rest, double *first);

/* ---- blocks.c */
void block_measure(Run *run, int64_t n, const double *weight, Block *block); /* mass, lower, energy */
/* v = (D1'WD1)^- v in place: the part of one level, and all of it */
void first_solve_level(const Block *first, int64_t level, int lanes, double *v);
void first_solve(const Block *first, int lanes, double *v);

/* ---- assemble.c */
bool group_count(Run *run, int64_t n, const int32_t *code, int32_t levels, Grouping *out); /* start only */
/* within: rows come out ordered as in this grouping inside each group; NULL: in their own order. out: zeros, or counted. */
bool group_rows(Run *run, int64_t n, const int32_t *code, int32_t levels, const Grouping *within, const int32_t *carry, Grouping *out);
void grouping_free(Run *run, Grouping *grouping);
void reduced_dense_blocks(Absorber *absorber, const Grouping *first, double *s);
void reduced_dense_counts(Absorber *absorber, double *s); /* the same from reduced.count */
/* Into s (m x m, lower triangle and diagonal) or, where s is NULL, into reduced->matrix; false if it would have more than limit entries. */
bool reduced_pairs(Absorber *absorber, const Grouping *first, double *s, int64_t limit);

/* ---- reduced.c */
void reduced_build(Absorber *absorber);
void reduced_add_dense(Absorber *absorber, Grouping *first); /* a dense factor beside what is iterated on, for leverages */
/* r (m x lanes): right side in, solution out. energy: of each lane's data column, for judging what is zero. Returns the steps taken. */
int reduced_solve(const Absorber *absorber, int lanes, double *r, const double *energy);

/* ---- sparse.c */
/* Orders and factors; false if the factor would pass the limits (nothing is kept), or the run has failed. */
bool sparse_factor(Run *run, const SparseSymmetric *matrix, const double *limit, int64_t most_entries, double most_flops, SparseFactor *out);
void sparse_solve(const SparseFactor *factor, int lanes, double *work, double *x); /* work: order x lanes */
/* The entries of the inverse in the places of the factor: off the diagonal like factor->row, and the diagonal. */
void sparse_selected_inverse(Run *run, const SparseFactor *factor, double *value, double *diagonal);

/* ---- conjugate.c */
int conjugate_gradient(const Absorber *absorber, int lanes, double *r, const double *energy);

/* ---- components.c: a forest of sets */
int32_t set_find(int32_t *parent, int32_t i);
bool set_join(int32_t *parent, int32_t i, int32_t j); /* false if they were one already */
#endif
