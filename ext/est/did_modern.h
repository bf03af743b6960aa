/* did_modern.h: what the estimators for staggered adoption share: effects by cohort and period ("cells"), their averages, and the dispatch of did_att's method=. */
#ifndef ECON_DID_MODERN_H
#define ECON_DID_MODERN_H

#include "treatment.h"

/* Cohorts and periods of the rows, both ascending. */
typedef struct DidGrid {
  int cohorts, periods;
  double *cohort, *period;
  int32_t *row_cohort, *row_period; /* of each row; cohort -1: never treated */
} DidGrid;
void did_grid(Job *job, const Treatment *treatment, DidGrid *grid);

typedef struct DidCell {
  int cohort;           /* in the grid */
  double time, event_time;
  double estimate;      /* NAN: not estimated, in no average */
  double weight;        /* in averages over cells */
  bool reference;       /* zero by construction */
} DidCell;

/* vcov: width x width over the cells, then the cohorts' shares, then other terms (covariates). */
typedef struct DidCells {
  const DidGrid *grid;
  int count, extras, width; /* width = count + cohorts + extras */
  DidCell *cell;
  double *share;        /* of each cohort, in units; a cell's weight moves with it where vcov says that it is estimated */
  const char **extra_name;
  double *extra;
  double *vcov;
  double df;            /* of t; infinite: normal */
  enum { PRETREND_NONE, PRETREND_EVENTS, PRETREND_CELLS } pretrend;
} DidCells;
/* Fit terms, their joint vcov, the visible rows and pretrend, as agg= asks. */
void did_report(Job *job, const char *vcov_text, const DidCells *cells);

/* Scores (one row of `columns` numbers for each cluster) -> sum over clusters of their products. */
double *did_score_vcov(Run *run, int32_t clusters, int columns, const double *score);
/* One-way clusters of the units, for errors that are sums of scores; anything else is an error. */
bool did_clusters(Job *job, const Sample *sample, const Treatment *treatment);
/* Rows of the treated in the first period go (and what then is a singleton), counted as other; sample and treatment are built. */
void did_modern_sample(Job *job, Sample *sample, Treatment *treatment, bool last_is_control);

void did_imputation(Job *job, Sample *sample, Treatment *treatment);
void did_cs(Job *job, Sample *sample, const Treatment *treatment);
void did_sunab(Job *job, Sample *sample, const Treatment *treatment);
#endif
