/* iv.h: what fe_iv.c hands to iv_tests.c: an equation with endogenous regressors from which effects and exogenous regressors are partialled out.
 * All columns have n rows and are orthogonal to effects and exogenous regressors under the inner product a'b = sum w a b (iv_dot). */
#ifndef ECON_IV_H
#define ECON_IV_H

#include "est.h"

typedef enum IvMethod { IV_2SLS, IV_LIML, IV_GMM } IvMethod; /* in the order of method= */

typedef struct IvEquation {
  Job *job;
  const Sample *sample;
  int64_t n;
  IvMethod method;
  /* fe_iv.c: the columns, effects absorbed */
  Design exogenous, endogenous, instrument; /* W, X, Z */
  double *y, *scale;        /* scale: centred norms of W, Z, X before the effects were absorbed; NULL without effects */
  double y_mean, tss, *mean; /* before; mean: of W, Z, X */
  LeastSquares *first;      /* p first stages on W, Z */
  int w_kept, *w_position;  /* the kept columns of W */
  double **w;
  double k_first;           /* K of the first stages and of the reduced form, as ssc= counts it */
  /* iv_estimate.c: W partialled out too */
  int p, l;                 /* endogenous regressors; instruments kept; p <= l */
  double **q;               /* l: orthonormal, spanning the instruments */
  double **x;               /* p: the endogenous regressors */
  double **v;               /* p: the residuals of their first stages */
  double **o;               /* p: orthonormal, spanning the endogenous regressors */
  double *rest;             /* the outcome */
  double *qx, *qo, *qy;     /* q'x and q'o, l x p, column-major; q'y */
  double *canonical;        /* p: the canonical correlations of X with Z, descending: the singular values of q'o */
  double *left, *right;     /* l x p, p x p: its singular vectors as columns */
  double *leverage;         /* hc2, hc3, hc4: hat values of effects and W; else NULL */
  double *w_bread;          /* (W'W)^-1 of the kept columns */
  double **x_on_w, *y_on_w; /* coefficients of X_j and y on the kept W */
  double *beta_2sls;        /* p */
  /* and the estimate */
  double *beta, *gamma;     /* of X; of the kept W */
  double *bread;            /* of (X, kept W) */
  double **h;               /* the columns of the scores that belong to it */
  double kappa;             /* LIML */
} IvEquation;

#define IV_ABSORBED 1e-9 /* as in least_squares.c */
/* The scale of a column of W, Z, X, or NULL. */
static inline const double *iv_scale(const IvEquation *eq, int column) { return eq->scale ? eq->scale + column : NULL; }
double **iv_new_columns(Run *run, int k, int64_t n);
/* Partials out, checks that the equation is identified, fills all that follows p. */
void iv_estimate(IvEquation *eq);
double iv_dot(const IvEquation *eq, const double *a, const double *b);
/* to += sum over j of factor[j] column[j] */
void iv_add_columns(const IvEquation *eq, int k, double *const *column, const double *factor, double *to);
/* The model's variance of the k coefficients with this bread (NULL: identity) and residual; hc2, hc3, hc4 use the leverage given.
 * k_counted NAN: without any small-sample factor, so that with the identity it is the sum of squared scores. */
void iv_variance(const IvEquation *eq, int k, double *const *column, const double *bread, const double *residual, const double *leverage, double k_counted, Vcov *out);
/* Lower Cholesky factor of a covariance in place; false where it is singular to twelve digits in units of its diagonal. */
bool iv_factor(Run *run, int k, double *covariance);
/* Two-step GMM: beta (p) and moments q'(y - x beta) (l) for the factored covariance of the moments; bread (p x p) = (x'q S^-1 q'x)^-1. */
bool iv_gmm(const IvEquation *eq, const double *factored, double *beta, double *moments, double *bread);

/* Adds the tests to the fit, iv_tests.c. */
void iv_tests(const IvEquation *eq);

/* stock_yogo.c: critical values at sizes 10, 15, 20, 25% and relative biases 5, 10, 20, 30%; NAN where there is none. */
typedef struct StockYogo {
  double size[4], bias[4];
} StockYogo;
StockYogo stock_yogo(int endogenous, int instruments, bool liml);
#endif
