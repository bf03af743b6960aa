/* quantile.h: linear quantile regression, solved exactly (quantile_solver.c). */
#ifndef ECON_QUANTILE_H
#define ECON_QUANTILE_H

#include "num.h"

#include <stdatomic.h>

typedef struct QuantileProblem {
  int64_t n;
  int k;
  double *const *x;     /* k independent columns of n */
  double **z;           /* x = z r: orthogonal columns of squared length n */
  double *r;            /* k x k, upper, column-major */
  double *jitter;       /* n: the direction of an infinitesimal change of y, which settles ties */
} QuantileProblem;
void quantile_problem_new(Run *run, int64_t n, int k, double *const *x, QuantileProblem *out);

typedef enum QuantileStatus { QUANTILE_SOLVED, QUANTILE_STOPPED, QUANTILE_LOST } QuantileStatus; /* lost: no end within the limit of steps */

/* One for each thread. The outcome may differ from solver to solver. */
typedef struct QuantileSolver {
  const QuantileProblem *problem;
  Run *run;             /* asked by the thread that owns it; NULL in the others */
  atomic_bool *stop;    /* read by all; may be NULL */
  const double *y;
  double zero;          /* a residual below it counts as zero */
  double tau;
  const double *weight; /* n numbers from 0 on, or NULL */
  double *c, *b;        /* the solution, on z and on x */
  double *residual;     /* n: y - xb, exactly 0 in the rows of the basis */
  double objective;     /* sum w rho(residual) */
  bool unique;
  int filled;           /* rows of the basis without weight: the rows with weight do not identify everything */
  int64_t pivots;
  /* what it works with: the gathered rows, at most n */
  int64_t rows, capacity;
  int64_t *row;         /* row of the problem at each place */
  double *zs, *ys, *ws, *js, *r, *p, *v;
  signed char *side;    /* at each place: +1 above, -1 below, 0 in the basis */
  signed char *outer;   /* for each row of the problem: its side while it is outside, 0 inside */
  struct QuantileCrossing *heap;
  int64_t *basis;       /* k places */
  double *inverse;      /* k x k: column j moves along which only the j-th row of the basis changes */
  double *g, *g_outer, *scratch;
} QuantileSolver;

QuantileSolver *quantile_solver_new(Run *run, const QuantileProblem *problem);
void quantile_solver_outcome(QuantileSolver *s, const double *y);
/* From the start, with samples of growing size; all weights equal. Fails the run with a sentence if it cannot. The run's own thread only. */
void quantile_solve(Run *run, QuantileSolver *s, double tau);
/* The rows by |residual| of the solver's solution. */
void quantile_order(Run *run, const QuantileSolver *s, int64_t *order);
/* Again for other weights or another outcome, near c (k numbers on z); order: rows as they probably lie by |residual|. Any thread. */
QuantileStatus quantile_again(QuantileSolver *s, double tau, const double *weight, const double *c, const int64_t *order);
/* Is b[column] settled by the rows with weight? */
bool quantile_identified(const QuantileSolver *s, int column);
/* Inverse of a small matrix in place, by rows with partial pivoting; false if singular, or if s (which may be NULL) was stopped. work: k. */
bool small_inverse(QuantileSolver *s, int k, double *a, double *work);
#endif
