/* plot_xy.h: what plot_line and plot_scatter share. */
#ifndef ECON_PLOT_XY_H
#define ECON_PLOT_XY_H

#include "print.h"

double *across_of(PrintJob *job, ScaleKind *kind);  /* the first argument: numbers, or dates as days since 1970 */
void xy_ranges(PrintJob *job, const double *x, const double *y, const int *of_row, double bounds[4]); /* x low, high, y low, high; with hline= and vline= */

#endif
