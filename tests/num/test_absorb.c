/* test_absorb.c: the absorber (absorb.c and the files beside it).
 *
 * 1. Small random panels against dense least squares on explicit dummies: an orthonormal basis of W^1/2 D by Gram-Schmidt, each
 *    column orthogonalised three times, in long double. From it come residuals, leverages and the rank.
 * 2. Panels of any size by the two conditions that define the projection: D'We = 0, summed in long double here, and y - e = D a with the
 *    coefficients that absorb_coefficients returns. Leverages there are the projections of unit vectors.
 * 3. Every allocation fails once, every poll says stop once. */
#include "num.h"
#include "check.h"
#include "host.h"
#include "random_panel.h"

static double weight_of(const Panel *panel, int64_t r) { return panel->weight ? panel->weight[r] : 1; }
static int width(const Effect *effect) { return effect->intercept + effect->slopes; }
static double design(const Effect *effect, int p, int64_t r) { return effect->intercept && p == 0 ? 1 : effect->slope[p - effect->intercept][r]; }

static Absorber *absorber_of(Run *run, const Panel *panel) {
  return absorb_new(run, panel->n, panel->effects, panel->effect, panel->weight, 1e-10);
}

/* (1) orthonormal columns of n; returns how many */
static int reference_basis(const Panel *panel, long double **basis) {
  int rank = 0;
  int64_t n = panel->n;
  for (int e = 0; e < panel->effects; e++) {
    const Effect *effect = &panel->effect[e];
    for (int32_t level = 0; level < effect->levels; level++)
      for (int p = 0; p < width(effect); p++) {
        long double *x = malloc((size_t)n * sizeof *x), before = 0, after = 0;
        for (int64_t r = 0; r < n; r++) {
          x[r] = effect->code[r] == level ? sqrtl((long double)weight_of(panel, r)) * (long double)design(effect, p, r) : 0;
          before += x[r] * x[r];
        }
        for (int round = 0; round < 3; round++)
          for (int q = 0; q < rank; q++) {
            long double dot = 0;
            for (int64_t r = 0; r < n; r++) dot += basis[q][r] * x[r];
            for (int64_t r = 0; r < n; r++) x[r] -= dot * basis[q][r];
          }
        for (int64_t r = 0; r < n; r++) after += x[r] * x[r];
        if (!(after > 1e-24L * before)) {
          free(x);
          continue;
        }
        for (int64_t r = 0; r < n; r++) x[r] /= sqrtl(after);
        basis[rank++] = x;
      }
  }
  return rank;
}

static double norm_of(const Panel *panel, const double *x) {
  double sum = 0;
  for (int64_t r = 0; r < panel->n; r++) sum += weight_of(panel, r) * x[r] * x[r];
  return sqrt(sum);
}

static double **coefficients_new(const Panel *panel) {
  double **a = calloc(MOST_EFFECTS, sizeof *a);
  for (int e = 0; e < panel->effects; e++) a[e] = calloc((size_t)panel->effect[e].levels * (size_t)width(&panel->effect[e]), sizeof(double));
  return a;
}
static void coefficients_free(double **a) {
  for (int e = 0; e < MOST_EFFECTS; e++) free(a[e]);
  free(a);
}

/* (2) the largest cosine between e and a column of D, and the largest error of y = D a + e, both beside |y|; also checks the normalisation */
static void check_conditions(const Panel *panel, const double *y, const double *e, double *const *a, double tolerance) {
  double size = norm_of(panel, y), worst = 0;
  bool constants = false;
  for (int k = 0; k < panel->effects; k++) {
    const Effect *effect = &panel->effect[k];
    for (int p = 0; p < width(effect); p++) {
      long double *sum = calloc((size_t)effect->levels, sizeof *sum), *norm = calloc((size_t)effect->levels, sizeof *norm), total = 0;
      for (int64_t r = 0; r < panel->n; r++) {
        long double w = weight_of(panel, r), d = design(effect, p, r);
        sum[effect->code[r]] += w * d * e[r];
        norm[effect->code[r]] += w * d * d;
        if (p == 0 && effect->intercept) total += a[k][effect->code[r] * width(effect)];
      }
      for (int32_t level = 0; level < effect->levels; level++) {
        double cosine = norm[level] > 0 ? (double)(fabsl(sum[level]) / sqrtl(norm[level])) / size : 0;
        if (cosine > worst) worst = cosine;
      }
      if (p == 0 && effect->intercept) {
        if (constants) CHECK(fabsl(total) <= 1e-9L * (long double)panel->n * (1 + (long double)size));
        constants = true;
      }
      free(sum);
      free(norm);
    }
  }
  CHECK_NEAR(worst, 0, 0, tolerance);
  worst = 0;
  for (int64_t r = 0; r < panel->n; r++) {
    double fit = 0, scale = fabs(y[r]);
    for (int k = 0; k < panel->effects; k++)
      for (int p = 0; p < width(&panel->effect[k]); p++) {
        double part = a[k][panel->effect[k].code[r] * width(&panel->effect[k]) + p] * design(&panel->effect[k], p, r);
        fit += part;
        scale += fabs(part);
      }
    double error = fabs(y[r] - e[r] - fit) / scale;
    if (error > worst) worst = error;
  }
  CHECK_NEAR(worst, 0, 0, tolerance > 1e-11 ? tolerance : 1e-11);
}

static void test_random_panels(void) {
  for (int trial = 0; trial < 1500; trial++) {
    Panel panel;
    seed = (uint64_t)trial * 1000003;
    random_panel(&panel);
    int64_t n = panel.n;
    Run run;
    host_begin(&run);
    Absorber *absorber = absorber_of(&run, &panel);
    double *residual[COLUMNS], *alone[1], *leverage = malloc((size_t)n * sizeof *leverage), **a = coefficients_new(&panel);
    for (int c = 0; c < COLUMNS; c++) {
      residual[c] = malloc((size_t)n * sizeof(double));
      memcpy(residual[c], panel.column[c], (size_t)n * sizeof(double));
    }
    alone[0] = malloc((size_t)n * sizeof(double));
    absorb_columns(absorber, COLUMNS, residual);
    absorb_leverage(absorber, leverage);
    CHECK(!run_failed(&run));
    long double **basis = calloc(1000, sizeof *basis);
    int rank = reference_basis(&panel, basis);
    double total = 0, worst = 0, worst_leverage = 0;
    for (int64_t r = 0; r < n; r++) {
      long double h = 0;
      for (int q = 0; q < rank; q++) h += basis[q][r] * basis[q][r];
      double error = fabs((double)(h - (long double)leverage[r]));
      if (error > worst_leverage) worst_leverage = error;
      total += leverage[r];
    }
    for (int c = 0; c < COLUMNS; c++) {
      double size = norm_of(&panel, panel.column[c]);
      long double *left = malloc((size_t)n * sizeof *left);
      for (int64_t r = 0; r < n; r++) left[r] = sqrtl((long double)weight_of(&panel, r)) * (long double)panel.column[c][r];
      for (int q = 0; q < rank; q++) {
        long double dot = 0;
        for (int64_t r = 0; r < n; r++) dot += basis[q][r] * left[r];
        for (int64_t r = 0; r < n; r++) left[r] -= dot * basis[q][r];
      }
      for (int64_t r = 0; r < n; r++) {
        long double w = weight_of(&panel, r);
        double error = (double)fabsl(left[r] - sqrtl(w) * (long double)residual[c][r]) / size;
        if (error > worst) worst = error;
      }
      free(left);
      memcpy(alone[0], panel.column[c], (size_t)n * sizeof(double));
      absorb_columns(absorber, 1, alone);
      CHECK(memcmp(alone[0], residual[c], (size_t)n * sizeof(double)) == 0); /* the same bits whatever stands beside a column */
      absorb_coefficients(absorber, panel.column[c], a);
      check_conditions(&panel, panel.column[c], residual[c], a, 1e-12);
    }
    char where[60];
    snprintf(where, sizeof where, "trial %d, %s", trial, absorb_report(absorber)->method);
    CHECK_NEAR_AT(where, worst, 0, 0, 1e-10);
    bool far = false; /* a slope far from zero without its intercept, beside another effect's: squares of 2015 swallow half the digits */
    for (int e = 0; e < panel.effects; e++)
      for (int s = 0; s < panel.effect[e].slopes; s++) far |= !panel.effect[e].intercept && panel.slope[e][s][0] > 2000;
    CHECK_NEAR_AT(where, worst_leverage, 0, 0, far ? 1e-6 : 1e-9);
    CHECK_NEAR_AT(where, total, rank, far ? 1e-6 : 1e-10, 0);
    CHECK(absorb_report(absorber)->residual < 1e-11);
    if (panel.effects >= 2 && !panel.effect[0].slopes && !panel.effect[1].slopes) { /* the rank of two effects by components */
      Panel two = panel;
      two.effects = 2;
      for (int q = 0; q < rank; q++) free(basis[q]);
      rank = reference_basis(&two, basis);
      CHECK(effect_components(&run, n, &panel.effect[0], &panel.effect[1]) == panel.effect[0].levels + panel.effect[1].levels - rank);
    }
    for (int q = 0; q < rank; q++) free(basis[q]);
    for (int c = 0; c < COLUMNS; c++) free(residual[c]);
    free(basis);
    free(alone[0]);
    free(leverage);
    coefficients_free(a);
    panel_end(&panel);
    CHECK(host_end(&run));
  }
}

/* ---- larger panels, one for each way of solving */

/* Workers move between firms near each other: a long graph that has a sparse factor. */
static void worker_firm(Panel *panel, int workers, int firms, int effects) {
  panel_begin(panel, workers * 5, effects);
  for (int w = 0; w < workers; w++) {
    int home = below(firms);
    for (int t = 0; t < 5; t++) {
      panel->code[0][w * 5 + t] = w;
      panel->code[1][w * 5 + t] = below(10) ? home : (home + 1 + below(3)) % firms;
      if (effects > 2) panel->code[2][w * 5 + t] = (w + t) % 9;
    }
  }
}

/* Rows anywhere: the reduced system of the second effect is full. */
static void scattered(Panel *panel, int64_t n, int32_t first, int32_t second, int effects) {
  panel_begin(panel, n, effects);
  for (int64_t r = 0; r < n; r++) {
    panel->code[0][r] = below(first);
    panel->code[1][r] = below(second);
    if (effects > 2) panel->code[2][r] = (int32_t)(r % 9);
  }
}

/* Absorbs, checks the conditions, and some leverages by unit vectors (fewer than five: none). */
static void check_panel(Panel *panel, const char *method, double tolerance, bool leverages) {
  int64_t n = panel->n;
  random_columns(panel);
  Run run;
  host_begin(&run);
  Absorber *absorber = absorber_of(&run, panel);
  CHECK(!run_failed(&run));
  if (!absorber) return;
  if (!CHECK(strcmp(absorb_report(absorber)->method, method) == 0)) printf("  method %s, not %s\n", absorb_report(absorber)->method, method);
  double *residual[COLUMNS], **a = coefficients_new(panel), *leverage = malloc((size_t)n * sizeof *leverage);
  for (int c = 0; c < COLUMNS; c++) {
    residual[c] = malloc((size_t)n * sizeof(double));
    memcpy(residual[c], panel->column[c], (size_t)n * sizeof(double));
  }
  absorb_columns(absorber, COLUMNS, residual);
  for (int c = 0; c < COLUMNS; c += 4) {
    absorb_coefficients(absorber, panel->column[c], a);
    check_conditions(panel, panel->column[c], residual[c], a, tolerance);
  }
  CHECK(absorb_report(absorber)->residual < tolerance);
  if (leverages) {
    absorb_leverage(absorber, leverage);
    CHECK(!run_failed(&run));
    for (int64_t r = 0; r < n; r += n / 7) {
      memset(residual[0], 0, (size_t)n * sizeof(double));
      residual[0][r] = 1;
      absorb_columns(absorber, 1, residual);
      CHECK_NEAR(leverage[r], 1 - residual[0][r], 0, tolerance > 1e-11 ? tolerance : 1e-11);
    }
  }
  for (int c = 0; c < COLUMNS; c++) free(residual[c]);
  free(leverage);
  coefficients_free(a);
  CHECK(host_end(&run));
}

static void test_sparse(void) {
  for (int variant = 0; variant < 8; variant++) { /* weights, a third effect, slopes */
    Panel panel;
    seed = 77 + (uint64_t)variant;
    int32_t most[] = {4000, 2500, 9};
    worker_firm(&panel, 4000, 2500, variant & 2 ? 3 : 2);
    if (variant & 1) random_weights(&panel);
    if (variant & 4) {
      panel.effect[variant & 1].intercept = true;
      add_slope(&panel, variant & 1, year);
    }
    panel_finish(&panel, most);
    check_panel(&panel, "sparse", 1e-12, true);
    panel_end(&panel);
  }
}

static void test_dense(void) {
  for (int variant = 0; variant < 9; variant++) {
    Panel panel;
    seed = 99 + (uint64_t)variant;
    int32_t most[] = {variant == 8 ? 6 : 300, variant == 8 ? 5 : variant & 4 ? 150 : 40, 9}; /* the last: more rows in a pair of levels than a byte counts */
    scattered(&panel, 9000, most[0], most[1], variant & 2 ? 3 : 2);
    if (variant & 1) random_weights(&panel);
    if (variant & 4) {
      panel.effect[variant & 1].intercept = true;
      add_slope(&panel, variant & 1, uniform);
    }
    panel_finish(&panel, most);
    check_panel(&panel, "dense", 1e-12, true);
    panel_end(&panel);
  }
}

static void test_conjugate_gradient(void) {
  for (int variant = 0; variant < 8; variant++) { /* without a matrix; with one; with one that is too wide to be ordered */
    Panel panel;
    seed = 5 + (uint64_t)variant;
    int32_t most[] = {variant < 6 ? 12000 : 30000, variant < 4 ? 2300 : variant < 6 ? 10000 : 25000, 9};
    scattered(&panel, variant < 4 ? 120000 : variant < 6 ? 40000 : 100000, most[0], most[1], variant & 2 ? 3 : 2);
    if (variant & 1) random_weights(&panel);
    if (variant == 3) {
      panel.effect[0].intercept = true;
      add_slope(&panel, 0, uniform);
    }
    panel_finish(&panel, most);
    check_panel(&panel, "conjugate gradient", 1e-9, variant == 1);
    panel_end(&panel);
  }
}

/* A balanced panel has the closed form y - unit mean - time mean + mean; in integers it is exact, and a shift by 2^40 changes nothing. */
static void test_huge_means(void) {
  enum { UNITS = 32, TIMES = 16, N = UNITS * TIMES };
  Panel panel;
  int32_t most[] = {UNITS, TIMES};
  panel_begin(&panel, N, 2);
  double unit[UNITS] = {0}, time[TIMES] = {0}, mean = 0, *one[1] = {panel.column[0]};
  int value[N];
  for (int r = 0; r < N; r++) {
    panel.code[0][r] = r / TIMES;
    panel.code[1][r] = r % TIMES;
    value[r] = below(1000);
    unit[r / TIMES] += value[r];
    time[r % TIMES] += value[r];
    mean += value[r];
  }
  panel_finish(&panel, most);
  for (int huge = 0; huge < 2; huge++) {
    Run run;
    host_begin(&run);
    for (int r = 0; r < N; r++) panel.column[0][r] = value[r] + huge * 0x1p40;
    absorb_columns(absorber_of(&run, &panel), 1, one);
    for (int r = 0; r < N; r++)
      CHECK_NEAR(panel.column[0][r], value[r] - unit[r / TIMES] / TIMES - time[r % TIMES] / UNITS + mean / N, 0, 1e-12);
    CHECK(host_end(&run));
  }
  panel_end(&panel);
}

/* A slope far from zero that hardly varies, and one that is constant in some levels: the same residuals as with the slope from its mean. */
static void test_slope_far_from_zero(void) {
  enum { N = 60 };
  Panel panel;
  int32_t most[] = {6, 5};
  panel_begin(&panel, N, 2);
  for (int r = 0; r < N; r++) {
    panel.code[0][r] = r / 10;
    panel.code[1][r] = (r * 7 + r / 10) % 5;
  }
  panel.effect[0].intercept = true;
  add_slope(&panel, 0, uniform);
  for (int r = 0; r < 10; r++) panel.slope[0][0][r] = 0.5;
  for (int r = 0; r < N; r++) panel.slope[0][0][r] = ldexp(round(ldexp(panel.slope[0][0][r], 20)), -20);
  panel_finish(&panel, most);
  random_columns(&panel);
  double *near[1] = {panel.column[0]}, *far[1] = {panel.column[1]};
  memcpy(far[0], near[0], sizeof(double) * N);
  Run run;
  host_begin(&run);
  absorb_columns(absorber_of(&run, &panel), 1, near);
  for (int r = 0; r < N; r++) panel.slope[0][0][r] += 0x1p30;
  absorb_columns(absorber_of(&run, &panel), 1, far);
  for (int r = 0; r < N; r++) CHECK_NEAR(far[0][r], near[0][r], 0, 1e-12);
  CHECK(host_end(&run));
  panel_end(&panel);
}

/* Over many rows: columns taken together have the bits that each has alone. */
static void test_many_rows(void) {
  for (int weighted = 0; weighted < 2; weighted++) {
    Panel panel;
    int32_t most[] = {5000, 60, 9};
    scattered(&panel, 300000, most[0], most[1], 3);
    if (weighted) random_weights(&panel);
    panel_finish(&panel, most);
    random_columns(&panel);
    size_t bytes = (size_t)panel.n * sizeof(double);
    double *together[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) together[c] = memcpy(malloc(bytes), panel.column[c], bytes);
    Run run;
    host_begin(&run);
    Absorber *absorber = absorber_of(&run, &panel);
    absorb_columns(absorber, weighted ? 3 : COLUMNS, together);
    for (int c = 0; c < (weighted ? 3 : COLUMNS); c++) {
      absorb_columns(absorber, 1, &panel.column[c]);
      CHECK(memcmp(panel.column[c], together[c], bytes) == 0);
    }
    CHECK(absorb_report(absorber)->residual < 1e-12 && !run_failed(&run));
    CHECK(host_end(&run));
    for (int c = 0; c < COLUMNS; c++) free(together[c]);
    panel_end(&panel);
  }
}

static void test_edges(void) {
  Run run;
  host_begin(&run);
  double one = 5, h = -1, a = 0, *column[1] = {&one}, *out[1] = {&a};
  int32_t code = 0;
  Effect effect = {.code = &code, .levels = 1, .intercept = true};
  Absorber *none = absorb_new(&run, 1, 0, NULL, NULL, 1e-10);
  absorb_columns(none, 1, column);
  absorb_leverage(none, &h);
  CHECK(one == 5 && h == 0 && strcmp(absorb_report(none)->method, "none") == 0);
  absorb_columns(absorb_new(&run, 0, 1, &effect, NULL, 1e-10), 1, column);
  Absorber *single = absorb_new(&run, 1, 1, &effect, NULL, 1e-10);
  absorb_coefficients(single, &one, out);
  absorb_leverage(single, &h);
  absorb_columns(single, 1, column);
  CHECK(one == 0 && a == 5 && h == 1 && strcmp(absorb_report(single)->method, "means") == 0);
  one = NAN;
  absorb_columns(single, 1, column);
  CHECK(isnan(one) && !run_failed(&run));
  CHECK(effect_components(&run, 1, &effect, &effect) == 1);
  CHECK(host_end(&run));
}

/* ---- (3) */
typedef struct Use {
  Panel panel;
  bool leverages;
  int64_t allocations_before; /* of the leverages */
} Use;

static void use_everything(Run *run, void *context) {
  Use *use = context;
  const Panel *panel = &use->panel;
  size_t bytes = (size_t)panel->n * sizeof(double);
  Absorber *absorber = absorber_of(run, panel);
  if (run_failed(run)) return;
  double **a = coefficients_new(panel), *leverage = malloc(bytes), *column[COLUMNS];
  for (int c = 0; c < COLUMNS; c++) {
    column[c] = malloc(bytes);
    memcpy(column[c], panel->column[c], bytes);
  }
  effect_components(run, panel->n, &panel->effect[0], &panel->effect[1]);
  absorb_columns(absorber, COLUMNS, column);
  absorb_coefficients(absorber, panel->column[0], a);
  use->allocations_before = host.allocations;
  if (use->leverages) absorb_leverage(absorber, leverage);
  for (int c = 0; c < COLUMNS; c++) free(column[c]);
  free(leverage);
  coefficients_free(a);
}

enum { BLOCKS, FULL, CHAIN, RANDOM_GRAPH }; /* by dense blocks; without a matrix or by dense pairs; a sparse factor; iterated on a matrix */
static void use_panel(Use *use, int kind, bool small) {
  Panel *panel = &use->panel;
  seed = (uint64_t)kind;
  int32_t most[] = {small ? 900 : 12000, small ? 150 : 2100, 9};
  use->leverages = kind != RANDOM_GRAPH;
  if (kind == BLOCKS) most[1] = 20;
  if (kind == RANDOM_GRAPH) most[0] = 9000, most[1] = 2001;
  if (kind == CHAIN) worker_firm(panel, most[0], most[1] * 3, 2);
  else scattered(panel, kind == RANDOM_GRAPH ? 30000 : small ? 2500 : 70000, most[0], most[1], kind == RANDOM_GRAPH ? 2 : 3);
  if (kind == CHAIN) most[1] *= 3;
  if (kind == FULL || kind == CHAIN) {
    panel->effect[0].intercept = true;
    add_slope(panel, 0, uniform);
  }
  panel_finish(panel, most);
  random_columns(panel);
}

static void test_no_memory(void) {
  for (int kind = BLOCKS; kind <= RANDOM_GRAPH; kind++) {
    Use use;
    use_panel(&use, kind, true);
    CHECK(host_fail_each(use_everything, &use) > 10);
    if (kind == RANDOM_GRAPH) { /* the leverages make a dense factor there, which takes its time: only their own allocations fail */
      use.leverages = true;
      bool reached = true;
      for (int64_t nth = use.allocations_before + 1; reached; nth += 2) {
        Run run;
        host_begin(&run);
        host.fail_at_allocation = nth;
        use_everything(&run, &use);
        reached = host.allocations >= nth;
        CHECK(run.status == (reached ? RUN_OUT_OF_MEMORY : RUN_OK));
        CHECK(host_end(&run));
      }
    }
    panel_end(&use.panel);
  }
}

static void test_interrupts(void) {
  for (int kind = BLOCKS; kind <= RANDOM_GRAPH; kind++) {
    Use use;
    use_panel(&use, kind, false);
    for (int64_t poll = 1;; poll += 1 + poll / 2) {
      Run run;
      host_begin(&run);
      host.stop_at_poll = poll;
      use_everything(&run, &use);
      bool stopped = host.polls >= poll;
      CHECK(run.status == (stopped ? RUN_INTERRUPTED : RUN_OK));
      CHECK(host.polls <= poll);
      CHECK(host_end(&run));
      if (!stopped) break;
    }
    panel_end(&use.panel);
  }
}

CHECK_MAIN(test_random_panels, test_dense, test_sparse, test_conjugate_gradient, test_huge_means, test_slope_far_from_zero, test_many_rows, test_edges, test_no_memory,
           test_interrupts)
