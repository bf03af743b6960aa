/* treatment.h: who is treated, and since when: what the difference-in-differences estimators share. */
#ifndef ECON_TREATMENT_H
#define ECON_TREATMENT_H

#include "est.h"

typedef struct Treatment {
  int64_t n;
  const int32_t *unit;      /* dense codes */
  int32_t units;
  const double *time;       /* period of each row */
  double first, last;       /* period of the panel */
  double *status;           /* 0 or 1 */
  double *cohort;           /* first treated period of the row's unit; NAN: never */
  double *event_time;       /* time - cohort; NAN: never */
  bool absorbing;           /* once treated, always treated */
  int64_t treated_rows;
  int32_t treated_units, always_treated; /* the latter: treated in the panel's first period */
} Treatment;

/* From cohort= or treat= on the rows of the frame (so after sample_build has dropped what it drops). Checks: one row for each unit and time,
 * a status of 0 or 1, one cohort for each unit, somebody treated and somebody not. need_cohort: a status that switches off is an error. */
void treatment_build(Job *job, Treatment *treatment, bool need_cohort);
/* The same from variables: the status where cohort is -1. */
void treatment_build_from(Job *job, Treatment *treatment, int status, int cohort, bool need_cohort);

/* ref=, the event time that others are compared with: one step of the panel's time before treatment where it is not given. */
double treatment_reference(Job *job, const Treatment *treatment);

/* The sentence where the effects absorb the treatment. */
void treatment_absorbed(Job *job, const Treatment *treatment);
/* match=psm(...), did_match.c: matches, drops what is not matched, and puts the weights into weights=. Call it first, with a Job of your own to change. */
void did_match(Job *job);

/* The options cohort= and treat= of every estimator that builds on this. */
extern const OptionSpec OPTIONS_TREATMENT[];
#endif
