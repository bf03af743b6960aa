/* separation.c: rows that keep a maximum-likelihood fit from being finite.
 *
 * 1. Poisson: the estimates do not exist if some z = Xg (effects included) is 0 wherever y > 0 and >= 0, not all 0, wherever y = 0: along -g the
 *    likelihood rises for ever. Logit and probit: the same with s z >= 0 in all rows, s = 1 where y = 1 and -1 where y = 0 (Correia, Guimaraes and
 *    Zylkin 2021, "Verifying the existence of maximum likelihood estimates for generalized linear models", proposition 1). Rows with z > 0 are separated: without
 *    them the other estimates are what the limit gives.
 * 2. Iterative rectifier (same paper, algorithm 1): u = 1 in the rows that can be separated, 0 elsewhere. Repeat: z = s times the projection of s u
 *    on X and the effects, with weight LARGE where y > 0; u = max(z, 0).
 * 3. When to stop. Any z* as in (1) is reproduced by the projection, and u >= z, so sum u z* never falls below its start, sum z*. Hence if all u are below 1
 *    there is no z*: nothing is separated. This is how the usual, unseparated case ends, mostly after the first projection.
 * 4. After 1, 2, 4, 8 ... projections the rows with the larger z are tried as the separated ones: a projection that also holds all other rows at 0. If it
 *    stays positive in the first and 0 in the others it is itself such a z*, and proves its rows separated. There may be others: the caller asks again
 *    when these rows are gone, until none is found.
 * 5. Rules 2 and 3 hold with any positive weights on the rows that can be separated. Where equal ones have not decided after a few rounds (a logit that predicts well), scoring is
 *    tried and the size of each row's part of the score is taken: at a finite maximum the score is zero, so with these weights the first projection is zero and proves that there is one.
 * 6. Where that has not decided either, a linear program does if it is small (separation_program.c); else rounds go on.
 * 7. Where no proof comes within a budget of work, nothing is dropped and the caller is told. */
#include "glm.h"

static const double LARGE = 1e8, BELOW_ONE = 1e-6, POSITIVE[2] = {1e-3, 1e-5}; /* z may differ in size by that much */
static const double BUDGET = 4e9; /* multiplications */
enum { LEAST_ROUNDS = 100, MOST_ROUNDS = 20000, FIRST_ROUNDS = 16, SCORE_ROUNDS = 4, SCORING_STEPS = 30 };
static const double SMALLEST[2] = {1e-10, 1e-4}, SCORE_LARGE = 1e4; /* weights of rule 5 as shares of the largest, without and with held rows, and of those: what hangs on held rows alone must not look collinear */

/* The projection on x and the effects with given weights; lives in a run of its own. */
typedef struct Projector {
  Run *run;
  const Glm *glm;
  double **x;            /* effects absorbed */
  double *weight;
  Absorber *absorber;
  LeastSquares ls;
  double *residual, *gradient, *step;
} Projector;

static bool candidate(const Glm *glm, int64_t i) { return glm->family != GLM_POISSON || glm->y[i] == 0; }
static double sign_of(const Glm *glm, int64_t i) { return glm->family != GLM_POISSON && glm->y[i] == 0 ? -1 : 1; }

/* weight: of each row, or NULL: LARGE where held, 1 elsewhere. */
static void projector_begin(Run *run, const Glm *glm, const bool *held, const double *weight, Projector *p) {
  int64_t n = glm->n;
  *p = (Projector){.run = run, .glm = glm, .x = NEW_ARRAY(run, double *, glm->k + 1), .weight = NEW_ARRAY(run, double, n), .residual = NEW_ARRAY(run, double, n),
                   .gradient = NEW_ARRAY(run, double, glm->k), .step = NEW_ARRAY(run, double, glm->k)};
  double *scale = NEW_ARRAY(run, double, glm->k);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) p->weight[i] = weight ? weight[i] : held[i] ? LARGE : 1;
  for (int j = 0; j < glm->k; j++) {
    p->x[j] = NEW_ARRAY(run, double, n);
    if (run_failed(run)) return;
    memcpy(p->x[j], glm->x[j], (size_t)n * sizeof(double));
    scale[j] = norm_to_absorb(glm->effects, glm->effect, n, p->x[j], p->weight, NULL);
    if (!run_poll(run, (uint64_t)n * 4)) return;
  }
  if (glm->effects) {
    p->absorber = absorb_new(run, n, glm->effects, glm->effect, p->weight, glm->tolerance);
    absorb_columns(p->absorber, glm->k, p->x);
  }
  if (!run_failed(run)) least_squares(run, n, glm->k, p->x, p->residual, p->weight, glm->effects ? scale : NULL, NULL, &p->ls);
}

/* residual = target less its projection. Two steps with the bread: the second mends the rounding of the first. */
static void project(Projector *p, const double *target) {
  int64_t n = p->glm->n;
  int k = p->glm->k;
  memcpy(p->residual, target, (size_t)n * sizeof(double));
  if (p->absorber) absorb_columns(p->absorber, 1, &p->residual);
  for (int round = 0; round < 2 && k; round++) {
    for (int j = 0; j < k; j++) {
      const double *x = p->x[j];
      double sum = 0;
      for (int64_t i = 0; i < n && !p->ls.dropped[j]; i++) sum += p->weight[i] * x[i] * p->residual[i];
      p->gradient[j] = sum;
      if (!run_poll(p->run, (uint64_t)n)) return;
    }
    for (int j = 0; j < k; j++) {
      double b = 0;
      for (int m = 0; m < k; m++) b += p->ls.bread[j * k + m] * p->gradient[m];
      for (int64_t i = 0; i < n && !p->ls.dropped[j]; i++) p->residual[i] -= b * p->x[j][i];
    }
  }
  run_poll(p->run, (uint64_t)n * (uint64_t)(2 * k + 10));
}

/* Rule 4: do the rows with the larger z hold together? True: they are marked. */
static bool prove(Run *run, const Glm *glm, const double *z, double largest, double positive, bool *separated, double *target) {
  Run own;
  run_begin(&own, run->host);
  bool *held = NEW_ARRAY(&own, bool, glm->n), proved = true;
  Projector p = {0};
  double best = 0;
  for (int64_t i = 0; held && i < glm->n; i++) {
    separated[i] = candidate(glm, i) && z[i] > positive * largest;
    held[i] = !separated[i];
    target[i] = separated[i] ? sign_of(glm, i) * z[i] : 0;
  }
  if (held) projector_begin(&own, glm, held, NULL, &p);
  if (!run_failed(&own)) project(&p, target);
  if (!run_failed(&own)) {
    for (int64_t i = 0; i < glm->n; i++) best = fmax(best, sign_of(glm, i) * (target[i] - p.residual[i]));
    for (int64_t i = 0; i < glm->n && proved; i++) {
      double fit = sign_of(glm, i) * (target[i] - p.residual[i]);
      proved = separated[i] ? fit > positive / 10 * best : fabs(fit) < positive / 100 * best;
    }
  }
  run_join(run, &own);
  return proved && best > 0 && !run_failed(run);
}

/* One round of rule 2: u is replaced, z shown; the largest u. */
static double rectify_once(Projector *p, double *u, double *target, double *z) {
  const Glm *glm = p->glm;
  double largest = 0;
  for (int64_t i = 0; i < glm->n; i++) target[i] = sign_of(glm, i) * u[i];
  project(p, target);
  for (int64_t i = 0; i < glm->n && !run_failed(p->run); i++) {
    z[i] = sign_of(glm, i) * (target[i] - p->residual[i]);
    u[i] = candidate(glm, i) ? fmax(z[i], 0) : 0;
    largest = fmax(largest, u[i]);
  }
  return largest;
}

/* Rule 5: true if a few rounds with weights from the score prove that nothing is separated; rank: that of x, which these weights must not hide. */
static bool unseparated(Run *run, const Glm *glm, int rank, double *u, double *target, double *z) {
  Run own;
  run_begin(&own, run->host);
  Glm trial = *glm;
  trial.patience = SCORING_STEPS;
  glm_fit(&own, &trial);
  double *weight = NEW_ARRAY(&own, double, glm->n), largest = 0;
  bool proved = false;
  for (int64_t i = 0; i < glm->n && !run_failed(&own); i++) {
    double eta = fmin(fmax(trial.eta[i], -35), 35), toward = glm->y[i] > 0 ? eta : -eta;
    if (!candidate(glm, i)) continue;
    weight[i] = glm->family == GLM_POISSON ? trial.mu[i] : glm->family == GLM_LOGIT ? glm_response(GLM_LOGIT, -toward) : normal_density(eta) / normal_cdf(toward);
    if (glm->weight) weight[i] *= glm->weight[i];
    largest = fmax(largest, weight[i]);
  }
  for (int64_t i = 0; i < glm->n && !run_failed(&own); i++) {
    weight[i] = candidate(glm, i) ? fmax(weight[i] / largest, SMALLEST[glm->family == GLM_POISSON]) : SCORE_LARGE;
    u[i] = candidate(glm, i);
  }
  Projector p = {0};
  if (!run_failed(&own)) projector_begin(&own, glm, NULL, weight, &p);
  for (int round = 0; round < SCORE_ROUNDS && !proved && !run_failed(&own); round++) proved = rectify_once(&p, u, target, z) < 1 - BELOW_ONE && !run_failed(&own);
  if (!run_failed(&own) && p.ls.rank < rank) proved = false;
  if (own.status == RUN_ERROR) own.status = RUN_OK; /* scoring broke down: no proof */
  run_join(run, &own);
  return proved && !run_failed(run);
}

/* All rules with memory of a run of their own. 1: separated rows are marked; 0: there are none; -1: not known. */
static int rectify(Run *run, const Glm *glm, bool *separated) {
  int64_t n = glm->n, some = 0;
  bool *held = NEW_ARRAY(run, bool, n);
  double *u = NEW_ARRAY(run, double, n), *target = NEW_ARRAY(run, double, n), *z = NEW_ARRAY(run, double, n);
  if (run_failed(run)) return -1;
  for (int64_t i = 0; i < n; i++) {
    held[i] = !candidate(glm, i);
    u[i] = candidate(glm, i);
    some += candidate(glm, i);
  }
  if (!some) return 0;
  Projector p;
  projector_begin(run, glm, held, NULL, &p);
  double rounds = BUDGET / ((double)n * (4 * glm->k + 10 * glm->effects + 10));
  int64_t most = (int64_t)fmin(fmax(rounds, LEAST_ROUNDS), MOST_ROUNDS);
  for (int64_t round = 1, next_proof = 1; round <= most && !run_failed(run); round++) {
    double largest = rectify_once(&p, u, target, z);
    if (run_failed(run)) return -1;
    if (largest < 1 - BELOW_ONE) return 0;
    if (round == next_proof || round == most) {
      next_proof *= 2;
      for (int size = 0; size < 2; size++)
        if (prove(run, glm, z, largest, POSITIVE[size], separated, target)) return 1;
    }
    if (round != FIRST_ROUNDS) continue;
    double *other = NEW_ARRAY(run, double, n);
    if (!run_failed(run) && unseparated(run, glm, p.ls.rank, other, target, z)) return 0;
    int answer = run_failed(run) ? -1 : separated_by_program(run, glm, separated);
    if (answer >= 0) return answer;
  }
  return -1;
}

int64_t separated_rows(Run *run, const Glm *glm, bool *separated, bool *decided) {
  *decided = false;
  if (run_failed(run)) return 0;
  Run own;
  run_begin(&own, run->host);
  int found = rectify(&own, glm, separated);
  run_join(run, &own);
  int64_t count = 0;
  *decided = found >= 0;
  for (int64_t i = 0; i < glm->n && found == 1; i++) count += separated[i];
  if (found != 1) memset(separated, 0, (size_t)glm->n * sizeof *separated);
  return count;
}
