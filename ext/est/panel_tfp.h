/* panel_tfp.h: what panel_tfp.c and malmquist.c share. */
#ifndef ECON_PANEL_TFP_H
#define ECON_PANEL_TFP_H

#include "est.h"

typedef struct Productivity {
  Job *job;
  int64_t n;
  PanelSeries series;
  double step;
  int inputs, outputs;
  const char **input_name;
  double **input, **output; /* n numbers each, above zero */
  int64_t *before;          /* the row of the same unit one step earlier, or -1 */
  /* results, n numbers each, NAN where there is none; those of malmquist are NULL for the other methods */
  double *tfp, *growth;
  double *efficiency, *malmquist, *efficiency_change, *technical_change, *pure_efficiency_change, *scale_change;
} Productivity;

void malmquist_index(Productivity *p); /* malmquist.c: fills the six, tfp and growth */
/* exp of the sum of growth along each unit, 1 at its first row; NAN behind a gap. */
void productivity_chain(Productivity *p);
#endif
