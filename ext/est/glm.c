/* glm.c: maximum likelihood of Poisson, logit and probit models with absorbed effects, by iteratively reweighted least squares.
 *
 * 1. E y = mu = h(eta), eta = x'b + effects + offset; h is exp, the logistic function, the normal distribution function. Each step regresses the
 *    working residual r = (y - mu) / h'(eta) on x and the effects with weights W = w h'(eta)^2 / V(mu) (V: mu, or mu (1 - mu)) and adds the
 *    fit to eta and the coefficients to b: Fisher scoring (McCullagh and Nelder 1989, 2.5); for the canonical links it is Newton's method. For the probit scoring can take hundreds
 *    of steps where it is nearly separated, so that from step PATIENT on W and r are Newton's: W = w l (l + s eta), r = s l / (l (l + s eta)), s = 1 or -1 the outcome, l = phi / Phi at s eta.
 * 2. Effects are absorbed anew in each step, since the weights changed (Correia, Guimaraes and Zylkin 2020, "ppmlhdfe", 2). What is absorbed from then on
 *    is what the last step left: x~ = x - D a has the same projection as x, and r is zero in the limit, so whatever iterates starts near its end.
 * 3. The first eta comes from y itself: mu = (y + mean) / 2 for counts, (w y + 1/2) / (w + 1) for 0/1. A step that makes the deviance larger is halved.
 * 4. It ends when the deviance changes by less than 1e-12 of itself. One more step is made there, and from it come the weights, x~, the working
 *    residual and the bread, so that errors belong to the final coefficients. Scoring of a probit closes in by a factor a step, and is up to 1e-6 of an error away there (the
 *    deviance is flat): a step of Newton's comes first.
 * 5. Deviance 2 sum w (l(y; y) - l(y; mu)); ll = sum w l with l = y eta - mu - log y! or y log mu + (1 - y) log(1 - mu). The null model has the
 *    constant, where there is one, and the offset.
 * 6. Rows without a finite fit must be gone (separation.c).
 * 7. A fit may prove that there are none. In the last step r has the sign of s in every row that could be separated; were there a z = Xg, not 0, with s z >= 0 there and 0 elsewhere, then
 *    sum W r z = sum W Pr z <= |Pr| |z| (P the projection, |.| the norm with weights W), but also sum W r z >= min sqrt(W) |r| |z|. So there is none where every sqrt(W) |r| is larger
 *    than |Pr|, the length of that step, which is rounding where the fit has settled. */
#include "glm.h"

enum { MOST_STEPS = 200, PATIENT = 12, MOST_HALVINGS = 40, CHUNK = 1 << 14 };
static const double CONVERGED = 1e-12, LARGEST = 300; /* of |eta|: its exponential squares without overflow */
static const double ROUNDING = 1e-9;                   /* of |r|: what the projection may be wrong by (7) */

/* ---- families */

typedef struct Point {
  double mu, weight, working, deviance; /* deviance: of the row */
} Point;

double glm_response(GlmFamily family, double eta) {
  if (family == GLM_POISSON) return exp(eta);
  if (family == GLM_PROBIT) return normal_cdf(eta);
  double small = exp(-fabs(eta));
  return (eta >= 0 ? 1 : small) / (1 + small);
}

static Point poisson_at(double y, double eta) {
  double mu = exp(eta);
  return (Point){mu, mu, (y - mu) / mu, 2 * ((y > 0 ? y * (log(y) - eta) : 0) - (y - mu))};
}

/* small = exp(-|eta|), so that neither tail loses digits: mu (1 - mu) = small / (1 + small)^2. */
static Point logit_at(double y, double eta) {
  double small = exp(-fabs(eta)), toward = y > 0 ? eta : -eta; /* toward the row's own outcome */
  double missing = toward >= 0 ? 1 + small : 1 + 1 / small;    /* 1 / Pr(own outcome) */
  return (Point){(eta >= 0 ? 1 : small) / (1 + small), small / ((1 + small) * (1 + small)), y > 0 ? missing : -missing, 2 * log(missing)};
}

static Point probit_at(double y, double eta) {
  double density = normal_density(eta), below = normal_cdf(eta), above = normal_upper(eta), own = y > 0 ? below : above;
  double other = y > 0 ? above : below;
  return (Point){below, density / below * (density / above), (y > 0 ? other : -other) / density, -2 * (own > 0.5 ? log1p(-other) : log(own))};
}

static Point point_at(GlmFamily family, double y, double eta) {
  double most = family == GLM_PROBIT ? 35 : LARGEST;
  eta = fmin(fmax(eta, -most), most);
  return family == GLM_POISSON ? poisson_at(y, eta) : family == GLM_LOGIT ? logit_at(y, eta) : probit_at(y, eta);
}

/* ---- sums over rows */

/* Deviance at eta, with compensation; weights, mu and working residuals are written where asked. */
static double evaluate(Run *run, const Glm *glm, const double *eta, double *mu, double *weight, double *working) {
  double sum = 0, error = 0;
  for (int64_t start = 0; start < glm->n; start += CHUNK) {
    int64_t end = glm->n - start < CHUNK ? glm->n : start + CHUNK;
    for (int64_t i = start; i < end; i++) {
      Point point = point_at(glm->family, glm->y[i], eta[i]);
      double w = glm->weight ? glm->weight[i] : 1, part = w * point.deviance - error, next = sum + part;
      error = (next - sum) - part;
      sum = next;
      if (mu) mu[i] = point.mu;
      if (weight) weight[i] = w * point.weight;
      if (working) working[i] = point.working;
    }
    if (!run_poll(run, (uint64_t)(end - start) * 10)) return NAN;
  }
  return sum;
}

/* Rule 1: Newton's weights and residuals of a probit. */
static void newton_weights(Run *run, const Glm *glm) {
  for (int64_t i = 0; i < glm->n; i++) {
    double sign = glm->y[i] > 0 ? 1 : -1, own = fmin(fmax(sign * glm->eta[i], -35), 35), ratio = normal_density(own) / normal_cdf(own), curvature = ratio * (ratio + own);
    glm->irls_weight[i] = (glm->weight ? glm->weight[i] : 1) * curvature;
    glm->working[i] = sign * ratio / curvature;
    if ((i & (CHUNK - 1)) == 0 && !run_poll(run, CHUNK * 10)) return;
  }
}

static double weighted_mean(const Glm *glm, const double *x) {
  double total = 0, sum = 0;
  for (int64_t i = 0; i < glm->n; i++) {
    double w = glm->weight ? glm->weight[i] : 1;
    total += w;
    sum += w * x[i];
  }
  return sum / total;
}

static double log_likelihood(Run *run, const Glm *glm, double deviance) {
  if (glm->family != GLM_POISSON) return -deviance / 2;
  double saturated = 0; /* sum w (y log y - y - log y!) */
  for (int64_t i = 0; i < glm->n; i++) {
    double y = glm->y[i];
    saturated += (glm->weight ? glm->weight[i] : 1) * ((y > 0 ? y * log(y) : 0) - y - log_factorial(y));
    if ((i & (CHUNK - 1)) == 0 && !run_poll(run, CHUNK * 10)) return NAN;
  }
  return saturated - deviance / 2;
}

/* The constant alone: scoring in one dimension, from the mean of y where there is no offset. */
static void fit_null(Run *run, Glm *glm, double *eta, double *weight, double *working) {
  double mean = weighted_mean(glm, glm->y), constant = 0, shift = glm->offset ? weighted_mean(glm, glm->offset) : 0;
  if (glm->constant) constant = (glm->family == GLM_POISSON ? log(mean) : glm->family == GLM_LOGIT ? log(mean / (1 - mean)) : normal_quantile(mean)) - shift;
  double before = INFINITY;
  for (int step = 0; step < MOST_STEPS; step++) {
    for (int64_t i = 0; i < glm->n; i++) eta[i] = constant + (glm->offset ? glm->offset[i] : 0);
    glm->null_deviance = evaluate(run, glm, eta, NULL, weight, working);
    if (run_failed(run) || !glm->constant || !(fabs(before - glm->null_deviance) >= CONVERGED * (0.1 + fabs(glm->null_deviance)))) break;
    before = glm->null_deviance;
    double up = 0, down = 0;
    for (int64_t i = 0; i < glm->n; i++) {
      up += weight[i] * working[i];
      down += weight[i];
    }
    run_poll(run, (uint64_t)glm->n * 2);
    constant += fmin(fmax(up / down, -5), 5);
  }
  glm->null_ll = log_likelihood(run, glm, glm->null_deviance);
}

/* ---- scoring */

static void first_eta(Run *run, const Glm *glm, double *eta) {
  double mean = weighted_mean(glm, glm->y);
  for (int64_t i = 0; i < glm->n; i++) {
    double w = glm->weight ? glm->weight[i] : 1, mu = (w * glm->y[i] + 0.5) / (w + 1);
    if (glm->family == GLM_POISSON) eta[i] = log((glm->y[i] + mean) / 2);
    else eta[i] = glm->family == GLM_LOGIT ? log(mu / (1 - mu)) : normal_quantile(mu);
    if ((i & (CHUNK - 1)) == 0 && !run_poll(run, CHUNK * 10)) return;
  }
}

/* The regression of target on x and the effects with the current weights; target becomes its residual. step holds the absorber and the bread. */
static void regress(Run *step, Glm *glm, double *target, LeastSquares *ls) {
  glm->absorber = NULL;
  if (glm->effects) {
    double **columns = NEW_ARRAY(step, double *, glm->k + 1);
    glm->absorber = absorb_new(step, glm->n, glm->effects, glm->effect, glm->irls_weight, glm->tolerance);
    if (run_failed(step)) return;
    for (int j = 0; j < glm->k; j++) columns[j] = glm->absorbed[j];
    columns[glm->k] = target;
    absorb_columns(glm->absorber, glm->k + 1, columns);
  }
  if (!run_failed(step)) least_squares(step, glm->n, glm->k, glm->absorbed, target, glm->irls_weight, NULL, target, ls);
}

static void begin(Run *run, Glm *glm) {
  glm->eta = NEW_ARRAY(run, double, glm->n);
  glm->mu = NEW_ARRAY(run, double, glm->n);
  glm->irls_weight = NEW_ARRAY(run, double, glm->n);
  glm->working = NEW_ARRAY(run, double, glm->n);
  glm->absorbed = NEW_ARRAY(run, double *, glm->k);
  for (int j = 0; j < glm->k && !run_failed(run); j++) {
    glm->absorbed[j] = NEW_ARRAY(run, double, glm->n);
    if (glm->absorbed[j] && glm->n) memcpy(glm->absorbed[j], glm->x[j], (size_t)glm->n * sizeof(double));
    run_poll(run, (uint64_t)glm->n);
  }
}

/* eta = from + share (step), the largest share of 1, 1/2, 1/4 ... at which the deviance does not grow; the share is returned. */
static double advance(Run *run, Glm *glm, const double *from, const double *step, double before, double *deviance) {
  double share = 1;
  for (int halving = 0;; halving++, share /= 2) {
    for (int64_t i = 0; i < glm->n; i++) glm->eta[i] = from[i] + share * step[i];
    *deviance = evaluate(run, glm, glm->eta, NULL, NULL, NULL);
    if (run_failed(run) || halving == MOST_HALVINGS || (isfinite(*deviance) && *deviance <= before + 1e-10 * (0.1 + fabs(before)))) return share;
  }
}

void glm_fit(Run *run, Glm *glm) {
  int64_t n = glm->n;
  begin(run, glm);
  double *target = NEW_ARRAY(run, double, n), *from = NEW_ARRAY(run, double, n), *beta = NEW_ARRAY(run, double, glm->k);
  if (run_failed(run)) return;
  fit_null(run, glm, glm->eta, glm->irls_weight, glm->working);
  first_eta(run, glm, glm->eta);
  double deviance = INFINITY, before;
  bool converged = false, newton = false;
  for (glm->iterations = 1; !converged && !run_failed(run); glm->iterations++) {
    if (glm->patience && glm->iterations > glm->patience) break;
    if (glm->iterations > MOST_STEPS) {
      run_fail(run, "the likelihood has not settled after %d iterations: the deviance is %.15g and still changes; are some regressors of very different size?", MOST_STEPS, deviance);
      return;
    }
    evaluate(run, glm, glm->eta, NULL, glm->irls_weight, glm->working);
    newton = newton || (glm->family == GLM_PROBIT && glm->iterations >= PATIENT);
    if (newton) newton_weights(run, glm);
    bool first = glm->iterations == 1; /* eta is no linear predictor yet: the regression is of eta - offset + r, from zero */
    for (int64_t i = 0; i < n; i++) {
      double offset = glm->offset ? glm->offset[i] : 0;
      from[i] = first ? offset : glm->eta[i];
      if (first) glm->working[i] += glm->eta[i] - offset;
      target[i] = glm->working[i];
    }
    Run step;
    run_begin(&step, run->host);
    LeastSquares ls;
    if (!run_failed(run)) regress(&step, glm, target, &ls);
    if (!run_failed(&step) && !run_failed(run)) {
      for (int64_t i = 0; i < n; i++) target[i] = glm->working[i] - target[i];
      before = deviance;
      double share = advance(run, glm, from, target, before, &deviance);
      for (int j = 0; j < glm->k; j++)
        if (!ls.dropped[j]) beta[j] += share * ls.beta[j];
      converged = !first && fabs(before - deviance) < CONVERGED * (0.1 + fabs(deviance));
      if (converged && glm->family == GLM_PROBIT && !newton) newton = true, converged = false;
    }
    run_join(run, &step);
  }
  if (run_failed(run)) return;
  evaluate(run, glm, glm->eta, NULL, glm->irls_weight, glm->working); /* the step at the end (4) */
  memcpy(target, glm->working, (size_t)n * sizeof *target);
  regress(run, glm, target, &glm->ls);
  if (run_failed(run)) return;
  double moved = 0, whole = 0, least = INFINITY; /* squares of |Pr|, |r| and the least sqrt(W) |r| (7) */
  for (int64_t i = 0; i < n; i++) {
    double step = glm->working[i] - target[i], square = glm->irls_weight[i] * glm->working[i] * glm->working[i];
    moved += glm->irls_weight[i] * step * step;
    whole += square;
    if (square < least && (glm->family != GLM_POISSON || glm->y[i] == 0)) least = square;
    glm->eta[i] += step;
    glm->working[i] = target[i];
  }
  glm->proved = sqrt(least) > sqrt(moved) + ROUNDING * sqrt(whole);
  for (int j = 0; j < glm->k; j++)
    if (!glm->ls.dropped[j]) glm->ls.beta[j] += beta[j];
  glm->deviance = evaluate(run, glm, glm->eta, glm->mu, NULL, NULL);
  glm->ll = log_likelihood(run, glm, glm->deviance);
  run_free(run, target);
  run_free(run, from);
}
