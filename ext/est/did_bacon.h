/* did_bacon.h: what the decomposition without controls (did_bacon.c) and with them (bacon_controls.c) share. */
#ifndef ECON_DID_BACON_H
#define ECON_DID_BACON_H

#include "treatment.h"

typedef struct Group {
  double cohort;     /* first treated period; the panel's first for the always treated; NAN: never */
  int first;         /* index of the first treated period; periods for the never treated */
  double share;      /* n: of the units */
  double treated;    /* D: share of the periods */
  const double *sum; /* periods + 1: sums of the group's mean outcome over the periods before each */
} Group;

typedef struct Panel {
  int periods, groups;
  int32_t units;
  double *period;    /* ascending */
  Group *group;      /* by first treated period: always, timing groups, never */
  double variance, covariance; /* of d without its effects: with itself and with y, over units x periods */
} Panel;

typedef enum ComparisonType { UNTREATED, ALWAYS, EARLIER, LATER, BOTH_TREATED, ALWAYS_UNTREATED, WITHIN, TYPES } ComparisonType;

/* The index of a period of the panel. */
int bacon_period(const Panel *panel, double time);
/* One comparison: a row and a term; cohort and control NAN: never, or without a cohort (WITHIN). */
void bacon_add(Job *job, ComparisonType type, double cohort, double control, double estimate, double weight);
/* With the terms of the formula behind the treatment; twfe: the coefficient of the treatment. */
void bacon_controls(Job *job, const Treatment *treatment, const Panel *panel, double *twfe);
#endif
