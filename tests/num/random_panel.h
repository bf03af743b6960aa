/* random_panel.h: panels of effects for test_absorb.c, from a seed: small ones of every kind, and larger ones by graph. */
#ifndef ECON_RANDOM_PANEL_H
#define ECON_RANDOM_PANEL_H

#include "num.h"

#include <stdlib.h>

enum { MOST_EFFECTS = 4, MOST_SLOPES = 2, COLUMNS = 5 };

static uint64_t seed = 1;
static uint64_t bits(void) { /* splitmix64 */
  uint64_t z = seed += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}
static double uniform(void) { return (double)(bits() >> 11) * 0x1p-53; }
static int below(int limit) { return (int)(bits() % (uint64_t)limit); }

typedef struct Panel {
  int64_t n;
  int effects;
  Effect effect[MOST_EFFECTS];
  int32_t *code[MOST_EFFECTS];
  double *slope[MOST_EFFECTS][MOST_SLOPES];
  const double *slopes[MOST_EFFECTS][MOST_SLOPES];
  double *weight; /* or NULL */
  double *column[COLUMNS];
} Panel;

/* Codes to 0..levels-1 without holes. */
static int32_t compact(int64_t n, int32_t *code, int32_t most) {
  int32_t *map = malloc((size_t)most * sizeof *map), next = 0;
  memset(map, -1, (size_t)most * sizeof *map);
  for (int64_t r = 0; r < n; r++) {
    if (map[code[r]] < 0) map[code[r]] = next++;
    code[r] = map[code[r]];
  }
  free(map);
  return next;
}

static void panel_begin(Panel *panel, int64_t n, int effects) {
  memset(panel, 0, sizeof *panel);
  panel->n = n;
  panel->effects = effects;
  for (int e = 0; e < effects; e++) panel->code[e] = calloc((size_t)n, sizeof(int32_t));
  for (int c = 0; c < COLUMNS; c++) panel->column[c] = calloc((size_t)n, sizeof(double));
}

/* Call it when the codes (below most[e]) are set. */
static void panel_finish(Panel *panel, const int32_t *most) {
  for (int e = 0; e < panel->effects; e++) {
    Effect *effect = &panel->effect[e];
    effect->levels = compact(panel->n, panel->code[e], most[e]);
    effect->code = panel->code[e];
    if (effect->slopes == 0) effect->intercept = true;
    for (int s = 0; s < effect->slopes; s++) panel->slopes[e][s] = panel->slope[e][s];
    effect->slope = panel->slopes[e];
  }
}

static void panel_end(Panel *panel) {
  for (int e = 0; e < panel->effects; e++) {
    free(panel->code[e]);
    for (int s = 0; s < MOST_SLOPES; s++) free(panel->slope[e][s]);
  }
  for (int c = 0; c < COLUMNS; c++) free(panel->column[c]);
  free(panel->weight);
}

static void add_slope(Panel *panel, int e, double (*value)(void)) {
  double *x = panel->slope[e][panel->effect[e].slopes++] = malloc((size_t)panel->n * sizeof *x);
  for (int64_t r = 0; r < panel->n; r++) x[r] = value();
}
static double year(void) { return 2015 + below(6); }
static double flag(void) { return below(2); }

static void random_columns(Panel *panel) {
  for (int64_t r = 0; r < panel->n; r++) {
    double common = 0;
    for (int e = 0; e < panel->effects; e++) common += sin(1.7 * panel->code[e][r] + e);
    for (int c = 0; c < COLUMNS; c++) panel->column[c][r] = uniform() + common * c;
  }
}

static void random_weights(Panel *panel) {
  panel->weight = malloc((size_t)panel->n * sizeof(double));
  for (int64_t r = 0; r < panel->n; r++) panel->weight[r] = below(4) ? 0.1 + uniform() : 1 + below(50);
}

/* Unbalanced, sometimes in disconnected islands, with levels that occur once, weights, slopes, sorted or not. */
static void random_panel(Panel *panel) {
  int64_t n = 1 + below(90);
  panel_begin(panel, n, 1 + below(MOST_EFFECTS));
  int32_t most[MOST_EFFECTS];
  int islands = below(3) ? 1 : 2 + below(3);
  for (int e = 0; e < panel->effects; e++) most[e] = islands * (1 + below(e == 0 ? 25 : 12));
  for (int64_t r = 0; r < n; r++) {
    int island = below(islands);
    for (int e = 0; e < panel->effects; e++) {
      int levels = most[e] / islands;
      panel->code[e][r] = island * levels + (below(3) ? below(levels) : below(levels) * below(levels) / levels); /* some levels are rare */
    }
  }
  if (below(2)) /* sorted by the first effect */
    for (int64_t r = 1; r < n; r++)
      for (int64_t s = r; s > 0 && panel->code[0][s] < panel->code[0][s - 1]; s--)
        for (int e = 0; e < panel->effects; e++) {
          int32_t t = panel->code[e][s];
          panel->code[e][s] = panel->code[e][s - 1];
          panel->code[e][s - 1] = t;
        }
  if (below(2)) random_weights(panel);
  if (below(2))
    for (int e = 0; e < panel->effects; e++) {
      static double (*const kinds[])(void) = {uniform, year, flag};
      int slopes = below(4) - 1;
      for (int s = 0; s < slopes; s++) add_slope(panel, e, kinds[below(3)]);
      panel->effect[e].intercept = below(3) > 0;
    }
  panel_finish(panel, most);
  random_columns(panel);
}
#endif
