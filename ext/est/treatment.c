/* treatment.c: who is treated, and since when.
 *
 * 1. cohort=g: the first treated period; NULL, 0, infinity or a period after the last one of the panel is never. Status = [time >= g].
 * 2. treat=d: the status itself, 0 or 1; a unit's cohort is the period of its first 1.
 * 3. Two rows of one unit in one period, a status other than 0 and 1, a unit with two cohorts: errors that name the unit. */
#include "treatment.h"

const OptionSpec OPTIONS_TREATMENT[] = {
    {"treat", OPTION_VARIABLE, NULL, NULL, "the treatment status of a row, 0 or 1"},
    {"cohort", OPTION_VARIABLE, NULL, "optional", "the first treated period of the row's unit; NULL, 0 or infinity: never"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};

static bool job_has_option(const Job *job, const char *name) {
  for (int o = 0; o < job->options; o++)
    if (strcmp(job->option[o].spec->name, name) == 0) return true;
  return false;
}

static const char *unit_name(Job *job, int64_t row) {
  const Column *column = &job->frame->column[job->model->unit];
  return levels_name(job->run, column->levels, column->code[row]);
}

static void check_panel(Job *job, const Treatment *treatment) {
  Run *run = job->run;
  int64_t duplicate[2];
  panel_index_new(run, treatment->n, treatment->unit, treatment->time, duplicate);
  if (!run_failed(run) && duplicate[0] >= 0)
    run_fail(run, "two rows have %s = %s and %s = %.15g; a difference in differences needs one row for each unit and time", job->model->variable[job->model->unit].name,
             unit_name(job, duplicate[0]), job->model->variable[job->model->time_number].name, treatment->time[duplicate[0]]);
}

static void from_cohort(Job *job, Treatment *treatment, int variable) {
  Run *run = job->run;
  const double *given = job_number(job, variable);
  double *of_unit = NEW_ARRAY(run, double, treatment->units);
  bool *seen = NEW_ARRAY(run, bool, treatment->units);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < treatment->n; row++) {
    double cohort = given[row];
    bool never = isnan(cohort) || cohort == 0 || isinf(cohort) || cohort > treatment->last;
    if (never) cohort = NAN;
    int32_t unit = treatment->unit[row];
    if (seen[unit] && !(of_unit[unit] == cohort || (isnan(of_unit[unit]) && never))) {
      run_fail(run, "cohort= '%s' changes within %s = %s (%.15g and %.15g); it must be the unit's first treated period in all of its rows",
               job->model->variable[variable].name, job->model->variable[job->model->unit].name, unit_name(job, row), of_unit[unit], given[row]);
      return;
    }
    seen[unit] = true;
    of_unit[unit] = cohort;
    treatment->cohort[row] = cohort;
    treatment->status[row] = !never && treatment->time[row] >= cohort;
  }
  treatment->absorbing = true;
}

static void from_status(Job *job, Treatment *treatment, int variable, bool need_cohort) {
  Run *run = job->run;
  const char *prefix = job_has_option(job, "treat") ? "treat= " : "the treatment "; /* did_bacon has it in the formula */
  const double *given = job_number(job, variable);
  double *of_unit = NEW_ARRAY(run, double, treatment->units);
  if (run_failed(run)) return;
  for (int32_t unit = 0; unit < treatment->units; unit++) of_unit[unit] = INFINITY;
  for (int64_t row = 0; row < treatment->n; row++) {
    if (given[row] != 0 && given[row] != 1) {
      run_fail(run, "%s'%s' must be 0 or 1 in every row, it is %.15g for %s = %s%s", prefix, job->model->variable[variable].name, given[row],
               job->model->variable[job->model->unit].name, unit_name(job, row), job_has_option(job, "cohort") ? "; a first treated period is cohort=" : "");
      return;
    }
    treatment->status[row] = given[row];
    if (given[row] == 1 && treatment->time[row] < of_unit[treatment->unit[row]]) of_unit[treatment->unit[row]] = treatment->time[row];
  }
  treatment->absorbing = true;
  for (int64_t row = 0; row < treatment->n; row++) {
    double cohort = of_unit[treatment->unit[row]];
    treatment->cohort[row] = isinf(cohort) ? NAN : cohort;
    if (given[row] == 1 || !(treatment->time[row] >= cohort)) continue;
    treatment->absorbing = false;
    if (need_cohort) {
      run_fail(run, "%s'%s' switches off again (%s = %s is treated from %.15g on, but not in %.15g); this needs a treatment that stays on", prefix,
               job->model->variable[variable].name, job->model->variable[job->model->unit].name, unit_name(job, row), cohort, treatment->time[row]);
      return;
    }
  }
}

static void count_treated(Job *job, Treatment *treatment) {
  Run *run = job->run;
  uint8_t *seen = NEW_ARRAY(run, uint8_t, treatment->units);
  if (run_failed(run)) return;
  for (int64_t row = 0; row < treatment->n; row++) {
    treatment->event_time[row] = treatment->time[row] - treatment->cohort[row];
    treatment->treated_rows += treatment->status[row] == 1;
    int32_t unit = treatment->unit[row];
    if (seen[unit]) continue;
    seen[unit] = 1;
    treatment->treated_units += !isnan(treatment->cohort[row]);
    treatment->always_treated += treatment->cohort[row] <= treatment->first;
  }
  if (!treatment->treated_rows) run_fail(run, "nobody is treated in the %lld used rows", (long long)treatment->n);
  else if (treatment->treated_rows == treatment->n) run_fail(run, "everybody is treated in all of the %lld used rows; there is nothing to compare with", (long long)treatment->n);
}

void treatment_build(Job *job, Treatment *treatment, bool need_cohort) {
  int status = option_variable(job, "treat"), cohort = option_variable(job, "cohort");
  if ((status < 0) == (cohort < 0))
    run_fail(job->run, status < 0 ? "who is treated? give cohort=g (first treated period) or treat=d (status 0 or 1)" : "give either cohort= or treat=, not both");
  treatment_build_from(job, treatment, status, cohort, need_cohort);
}

void treatment_build_from(Job *job, Treatment *treatment, int status, int cohort, bool need_cohort) {
  Run *run = job->run;
  const Model *model = job->model;
  memset(treatment, 0, sizeof *treatment);
  if (!run_failed(run) && (model->unit < 0 || model->time_number < 0)) run_fail(run, "the panel is missing: absorb unit + time (y ~ x | unit + time) or give panel=unit+time");
  if (run_failed(run)) return;
  treatment->n = job->frame->rows;
  const Column *unit = &job->frame->column[model->unit];
  treatment->unit = codes_dense(run, treatment->n, unit->code, levels_count(unit->levels), &treatment->units);
  treatment->time = job_number(job, model->time_number);
  treatment->status = NEW_ARRAY(run, double, treatment->n);
  treatment->cohort = NEW_ARRAY(run, double, treatment->n);
  treatment->event_time = NEW_ARRAY(run, double, treatment->n);
  if (run_failed(run)) return;
  treatment->first = INFINITY;
  treatment->last = -INFINITY;
  for (int64_t row = 0; row < treatment->n; row++) {
    treatment->first = fmin(treatment->first, treatment->time[row]);
    treatment->last = fmax(treatment->last, treatment->time[row]);
  }
  check_panel(job, treatment);
  if (run_failed(run)) return;
  if (cohort >= 0) from_cohort(job, treatment, cohort);
  else from_status(job, treatment, status, need_cohort);
  if (!run_failed(run)) count_treated(job, treatment);
}

double treatment_reference(Job *job, const Treatment *treatment) {
  return option_given(job, "ref") ? option_number(job, "ref") : -time_step(job->run, treatment->n, treatment->time);
}

void treatment_absorbed(Job *job, const Treatment *treatment) {
  double earliest = INFINITY, latest = -INFINITY; /* first treated periods inside the panel */
  for (int64_t row = 0; row < treatment->n; row++) {
    double cohort = isnan(treatment->cohort[row]) ? INFINITY : treatment->cohort[row];
    earliest = fmin(earliest, cohort);
    latest = fmax(latest, cohort);
  }
  if (earliest == latest && earliest > treatment->first)
    run_fail(job->run, "all %d units are treated from %.15g on: one cohort and nobody to compare it with", treatment->units, earliest);
  else if (treatment->always_treated == treatment->treated_units)
    run_fail(job->run, "the treatment cannot be told from the absorbed effects: no unit changes its status within the used rows%s",
             treatment->always_treated ? " (some are treated from the first period on)" : "");
  else run_fail(job->run, "the treatment cannot be told from the absorbed effects: within them it does not vary");
}
