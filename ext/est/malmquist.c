/* malmquist.c: productivity of units against the frontier of all units: data envelopment analysis and the Malmquist index.
 *
 * 1. D_s(x, y), the distance of a row from the frontier of time s with constant returns: 1 / phi, phi the largest number with sum l_j x_j <= x, sum l_j y_j >= phi y, l >= 0 over the rows j of
 *    time s (Charnes, Cooper, Rhodes 1978). efficiency = D_t(x_t, y_t), in (0, 1].
 * 2. From s to t, one step later, with both rows of the unit (Fare, Grosskopf, Norris, Zhang 1994):
 *    efficiency_change = D_t(t) / D_s(s); technical_change = sqrt(D_s(t) / D_t(t) * D_s(s) / D_t(s)); malmquist is their product; growth its logarithm.
 *    tfp is the product of a unit's indices from its first row on, where it is 1.
 * 3. returns=vrs also splits efficiency_change: pure_efficiency_change is that of distances with sum l = 1 (Banker, Charnes, Cooper 1984), towards more output or, with orientation=input,
 *    less input; scale_change is the rest.
 * 4. One linear program for each row and frontier, min(phi)'s by linear_program.c: inputs + outputs rows, one column for each row of the frontier. */
#include "panel_tfp.h"

typedef struct Frontier {
  Productivity *p;
  int rows, columns; /* of the linear program */
  bool convex, input_oriented;
  int64_t members;
  LinearProgram *lp;
  double *a, *b, *c;
} Frontier;

/* The program's columns: a weight for each row of the frontier, phi (or theta), a slack for each input and output. */
static void frontier_build(Frontier *f, Productivity *p, int64_t members, const int64_t *row, const double *size, bool convex, bool input_oriented) {
  Run *run = p->job->run;
  int rows = p->inputs + p->outputs + convex, columns = (int)members + 1 + p->inputs + p->outputs;
  *f = (Frontier){.p = p, .rows = rows, .columns = columns, .convex = convex, .input_oriented = input_oriented, .members = members};
  f->lp = linear_program_new(run, rows, columns);
  f->a = NEW_ARRAY(run, double, (size_t)rows * (size_t)columns);
  f->b = NEW_ARRAY(run, double, rows);
  f->c = NEW_ARRAY(run, double, columns);
  if (run_failed(run)) return;
  for (int64_t j = 0; j < members; j++) {
    double *column = f->a + j * rows;
    for (int i = 0; i < p->inputs; i++) column[i] = p->input[i][row[j]] / size[i];
    for (int o = 0; o < p->outputs; o++) column[p->inputs + o] = p->output[o][row[j]] / size[p->inputs + o];
    if (convex) column[rows - 1] = 1;
  }
  for (int i = 0; i < p->inputs + p->outputs; i++) f->a[(members + 1 + i) * rows + i] = i < p->inputs ? 1 : -1;
  f->c[members] = input_oriented ? 1 : -1;
}

/* The distance of a row; NAN (and a failed run) where the program has no answer. */
static double frontier_distance(Frontier *f, int64_t row, const double *size) {
  Productivity *p = f->p;
  double *ratio = f->a + f->members * f->rows, scale = 0, objective = NAN;
  for (int i = 0; i < p->inputs; i++) scale = fmax(scale, p->input[i][row] / size[i]);
  if (f->convex) scale = 1; /* with constant returns a row's size does not matter */
  for (int i = 0; i < f->rows; i++) ratio[i] = f->b[i] = 0;
  for (int i = 0; i < p->inputs + p->outputs; i++) {
    double value = (i < p->inputs ? p->input[i][row] : p->output[i - p->inputs][row]) / size[i] / scale;
    if ((i < p->inputs) == f->input_oriented) ratio[i] = -value;
    else f->b[i] = value;
  }
  if (f->convex) f->b[f->rows - 1] = 1;
  LinearStatus status = linear_program_solve(f->lp, f->a, f->b, f->c, NULL, NULL, &objective);
  if (run_failed(p->job->run)) return NAN;
  if (status != LINEAR_OPTIMAL || !(fabs(objective) > 0)) {
    run_fail(p->job->run, "the linear program of %s has no answer; its inputs and outputs differ too much in size", panel_unit_name(p->job, job_code(p->job, p->job->model->unit)[row]));
    return NAN;
  }
  return f->input_oriented ? objective : -1 / objective;
}

/* The frontier of one time, and all distances from it: its own rows, the rows of the same units one step earlier and later. */
static void measure_time(Productivity *p, int64_t members, const int64_t *row, const int64_t *after, const double *size, bool vrs, bool input_oriented, double *own, double *own_vrs,
                         double *from_before, double *from_after) {
  Run *run = p->job->run;
  Frontier f;
  frontier_build(&f, p, members, row, size, false, false);
  for (int64_t j = 0; j < members && !run_failed(run); j++) {
    own[row[j]] = fmin(1, frontier_distance(&f, row[j], size));
    if (p->before[row[j]] >= 0) from_after[p->before[row[j]]] = frontier_distance(&f, p->before[row[j]], size);
    if (after[row[j]] >= 0) from_before[after[row[j]]] = frontier_distance(&f, after[row[j]], size);
  }
  run_free(run, f.a);
  if (!vrs || run_failed(run)) return;
  frontier_build(&f, p, members, row, size, true, input_oriented);
  for (int64_t j = 0; j < members && !run_failed(run); j++) own_vrs[row[j]] = fmin(1, frontier_distance(&f, row[j], size));
  run_free(run, f.a);
}

static double *numbers(Run *run, int64_t n) {
  double *x = NEW_ARRAY(run, double, n);
  for (int64_t i = 0; x && i < n; i++) x[i] = NAN;
  return x;
}

void malmquist_index(Productivity *p) {
  Job *job = p->job;
  Run *run = job->run;
  bool vrs = option_is(job, "returns", "vrs"), input_oriented = option_is(job, "orientation", "input");
  RowGroups times;
  row_groups(job, job->model->time, &times);
  double *own = numbers(run, p->n), *own_vrs = numbers(run, p->n), *from_before = numbers(run, p->n), *from_after = numbers(run, p->n);
  double *size = NEW_ARRAY(run, double, p->inputs + p->outputs);
  int64_t *after = NEW_ARRAY(run, int64_t, p->n);
  double **results[] = {&p->malmquist, &p->efficiency_change, &p->technical_change, &p->pure_efficiency_change, &p->scale_change};
  for (int r = 0; r < 5; r++) *results[r] = numbers(run, p->n);
  if (run_failed(run)) return;
  for (int i = 0; i < p->inputs + p->outputs; i++)
    for (int64_t row = 0; row < p->n; row++) size[i] = fmax(size[i], i < p->inputs ? p->input[i][row] : p->output[i - p->inputs][row]);
  for (int64_t row = 0; row < p->n; row++) after[row] = -1;
  for (int64_t row = 0; row < p->n; row++)
    if (p->before[row] >= 0) after[p->before[row]] = row;
  for (int32_t t = 0; t < times.groups && !run_failed(run); t++)
    measure_time(p, times.first[t + 1] - times.first[t], times.row + times.first[t], after, size, vrs, input_oriented, own, own_vrs, from_before, from_after);
  if (run_failed(run)) return;
  p->efficiency = own;
  for (int64_t row = 0; row < p->n; row++) {
    int64_t s = p->before[row];
    if (s < 0) continue;
    p->efficiency_change[row] = own[row] / own[s];
    p->technical_change[row] = sqrt(from_before[row] / own[row] * (own[s] / from_after[s]));
    p->malmquist[row] = p->efficiency_change[row] * p->technical_change[row];
    p->growth[row] = log(p->malmquist[row]);
    if (!vrs) continue;
    p->pure_efficiency_change[row] = own_vrs[row] / own_vrs[s];
    p->scale_change[row] = p->efficiency_change[row] / p->pure_efficiency_change[row];
  }
  productivity_chain(p);
}
