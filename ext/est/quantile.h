/* quantile.h: what the files of fe_quantile share: fe_quantile.c, quantile_vcov.c, quantile_sparsity.c, quantile_mmqr.c, quantile_boot.c. */
#ifndef ECON_EST_QUANTILE_H
#define ECON_EST_QUANTILE_H

#include "../num/quantile.h"
#include "est.h"

typedef enum QuantileMethod { QUANTILE_PLAIN, QUANTILE_DUMMIES, QUANTILE_CANAY, QUANTILE_MMQR } QuantileMethod;

typedef struct Quantile {
  Job *job;
  Sample sample;
  QuantileMethod method;
  int64_t n;
  int taus;
  double *tau;            /* ascending */
  int shown;              /* terms of the design, one row each for each tau */
  const char **name;
  int *position;          /* of a shown term among the kept columns; -1: collinear */
  int k;                  /* columns kept: terms, then dummies */
  double **x;
  const double *y;        /* times the weights, as x; less the effects for canay */
  /* location (and scale) regressions with the effects absorbed: canay, mmqr */
  int within;             /* columns of x from this one on take part: 1 where x has an intercept beside the effects */
  double **x_within;
  LeastSquares ls;
  /* results */
  QuantileProblem problem;
  QuantileSolver *solver;
  double *c;              /* taus x k: solutions on problem.z */
  double *estimate;       /* taus x k */
  double *fitted;         /* taus x n: the quantiles of y (that y: the effects of canay are common to all) */
  double *objective;      /* taus: sum of check loss */
  bool *unique;
  int clusters;           /* 0: rows are independent */
  const int32_t *cluster; /* dense codes */
  const char *cluster_name;
  const char *vcov_kind, *vcov_text;
  double *vcov;           /* (taus k) x (taus k), by tau and then column */
  double df;
  int64_t draws, draws_lost;
} Quantile;

/* quantile_vcov.c: iid, nid, ker. */
void quantile_vcov(Quantile *q);
double quantile_bandwidth(double tau, double n); /* Hall and Sheather (1988) */
double quantile_kernel_width(Run *run, double tau, int64_t n, const double *u, double h); /* Powell's, from that */
/* quantile_sparsity.c */
double quantile_sparsity(Quantile *q, double tau, const double *u);
/* quantile_mmqr.c: estimates, and vcov=iid or cluster. */
void quantile_mmqr(Quantile *q);
/* quantile_boot.c: vcov=boot for all methods. */
void quantile_boot(Quantile *q);
#endif
