/* glm.h: generalised linear models by maximum likelihood: the engine (glm.c), rows without one (separation.c), the regression around it
 * (glm_regression.c: fe_poisson, fe_logit, fe_probit). The propensity score of psm_match is the engine alone. */
#ifndef ECON_GLM_H
#define ECON_GLM_H

#include "est.h"

typedef enum GlmFamily { GLM_POISSON, GLM_LOGIT, GLM_PROBIT } GlmFamily;

typedef struct Glm {
  GlmFamily family;
  int64_t n;
  int k;
  double *const *x;              /* k columns of n, not changed; none may be collinear */
  const double *y;               /* >= 0, or 0/1 */
  const double *weight, *offset; /* or NULL */
  int effects;
  const Effect *effect;
  bool constant;                 /* x or the effects hold a constant: the null model has one */
  double tolerance;              /* of an absorption that iterates */
  int patience;                  /* 0: until it has settled, and a sentence where it does not; else so many steps at most */
  /* what glm_fit writes */
  double *eta, *mu;              /* linear predictor with the offset; response */
  double **absorbed;             /* x, effects absorbed with the weights of the last iterate */
  double *irls_weight;           /* those weights, prior weights included */
  double *working;               /* working residual there: the scores are irls_weight absorbed working */
  Absorber *absorber;            /* of the last iterate; NULL without effects */
  LeastSquares ls;               /* beta; bread = inverse of the expected information */
  double deviance, null_deviance, ll, null_ll;
  int iterations;
  bool proved;                   /* the fit itself shows that no row is separated (glm.c, rule 7) */
} Glm;
void glm_fit(Run *run, Glm *glm);
double glm_response(GlmFamily family, double eta);

/* Marks rows that have no finite fit (separation.c); returns how many. decided: false where the search ran out of patience. x may be collinear. */
int64_t separated_rows(Run *run, const Glm *glm, bool *separated, bool *decided);

/* The same by a linear program (separation_program.c): 1: they are marked; 0: there are none; -1: too large, or no answer. */
int separated_by_program(Run *run, const Glm *glm, bool *separated);

void glm_regression(Job *job, GlmFamily family);
extern const OptionSpec OPTIONS_GLM[];     /* offset= */
extern const char *const STATS_GLM[];
extern const char *const ROW_COLUMNS_GLM[];
#endif
