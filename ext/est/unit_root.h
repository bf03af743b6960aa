/* unit_root.h: the published tables of unit_root_tables.c, for panel_unitroot.c. */
#ifndef ECON_UNIT_ROOT_H
#define ECON_UNIT_ROOT_H

#include "est.h"

typedef enum UnitRootTerms { UNIT_ROOT_NONE, UNIT_ROOT_INTERCEPT, UNIT_ROOT_TREND } UnitRootTerms;

/* The normal quantile of the asymptotic p-value of a Dickey-Fuller t: p = normal_cdf(score). */
double dickey_fuller_score(UnitRootTerms terms, double t);
/* False where T (or the lags) lie outside the table and its nearest entry is given; the moments are NAN where the table is empty. */
bool llc_adjustment(UnitRootTerms terms, double periods, double *mean, double *deviation);
bool ips_moments(UnitRootTerms terms, int lags, double periods, double *mean, double *variance); /* intercept or trend */
#endif
