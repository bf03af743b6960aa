/* honest.h: what did_honest.c reads from a fit and honest_smoothness.c and honest_relative.c answer. */
#ifndef ECON_HONEST_H
#define ECON_HONEST_H

#include "est.h"

/* An event study: estimates before and after the reference period, whose own effect is zero; beta = delta + (0, effects), delta the difference in trends. */
typedef struct Honest {
  Run *run;
  int pre, post;
  const double *beta;   /* pre + post, by event time */
  const double *sigma;  /* their covariance */
  const double *root;   /* its lower factor */
  const double *weight; /* post: the target is weight'effects */
  double alpha;
  uint64_t seed;
  int64_t reps;         /* draws of the least favourable test */
} Honest;

typedef struct Interval {
  double low, high;     /* NAN: empty */
} Interval;

/* honest_smoothness.c: second differences of delta of at most m */
Interval honest_smoothness(const Honest *honest, double m);
/* The upper end of a one-sided interval for the largest second difference before treatment; with one period before, the error of its estimate. */
double honest_largest_bend(const Honest *honest);

/* honest_relative.c: differences of delta after treatment of at most m times the largest one before */
typedef struct Relative Relative;
Relative *honest_relative_new(const Honest *honest);
Interval honest_relative(Relative *relative, double m);
bool honest_relative_accepts_zero(Relative *relative, double m);
#endif
