/* emit.c: runs an estimator on a frame, and says what went wrong in SQLite's terms.
 *
 * 1. An error is a sentence behind the function's name; out of memory and an interrupt keep their own codes.
 * 2. The fit carries what every estimator shares: its name, the formula, the outcome, the level of its intervals, the ledger. */
#include "sql.h"

void job_run(Run *run, const Estimator *estimator, const Plan *plan, Frame *frame, bool want_table, bool want_rows, const TableLoader *loader, Result *result) {
  int columns = 0;
  while (estimator->columns[columns]) columns++;
  result_begin(run, result, columns);
  if (run_failed(run)) return;
  const Model *model = &plan->model;
  Fit *fit = &result->fit;
  fit->estimator = estimator->name;
  fit->formula = model->text;
  fit->outcome = model->kind == MODEL_FORMULA && model->outcome >= 0 ? model->variable[model->outcome].name : NULL;
  Job job = {.run = run, .estimator = estimator, .model = model, .options = plan->options, .option = plan->option, .frame = frame, .want_rows = want_rows,
             .want_table = want_table, .result = result, .loader = loader};
  fit->nobs = -1;
  for (int o = 0; o < job.options; o++)
    if (strcmp(job.option[o].spec->name, "progress") == 0 && job.option[o].integer) run->progress = estimator->name;
  estimator->fit(&job);
  run->progress = NULL;
  fit->ledger = frame->ledger;
  if (!(estimator->flags & ESTIMATOR_KEEP_OUTSIDE)) fit->ledger.used = frame->rows;
  if (fit->nobs < 0) fit->nobs = frame->rows;
  if (run_failed(run)) return;
  for (int o = 0; o < job.options; o++)
    if (strcmp(job.option[o].spec->name, "level") == 0 && job.option[o].spec->type == OPTION_NUMBER) fit_add_stat(fit, "level", job.option[o].number);
}

static int status_code(const Run *run) {
  return run->status == RUN_OUT_OF_MEMORY ? SQLITE_NOMEM : run->status == RUN_INTERRUPTED ? SQLITE_INTERRUPT : SQLITE_ERROR;
}

void report_context(sqlite3_context *context, const Run *run, const char *name) {
  if (run->status == RUN_OUT_OF_MEMORY) sqlite3_result_error_nomem(context);
  else if (run->status == RUN_INTERRUPTED) {
    sqlite3_result_error(context, "interrupted", -1);
    sqlite3_result_error_code(context, SQLITE_INTERRUPT);
  } else {
    char *message = sqlite3_mprintf("%s: %s", name, run->message);
    if (message) sqlite3_result_error(context, message, -1);
    else sqlite3_result_error_nomem(context);
    sqlite3_free(message);
  }
}

int report_vtab(sqlite3_vtab *vtab, const Run *run, const char *name) {
  int code = status_code(run);
  if (code == SQLITE_ERROR) {
    sqlite3_free(vtab->zErrMsg);
    vtab->zErrMsg = sqlite3_mprintf("%s: %s", name, run->message);
    if (!vtab->zErrMsg) code = SQLITE_NOMEM;
  }
  return code;
}

void emit_cell(sqlite3_context *context, const Cell *cell) {
  switch (cell->type) {
    case CELL_NUMBER: sqlite3_result_double(context, cell->number); return;
    case CELL_INTEGER: sqlite3_result_int64(context, cell->integer); return;
    case CELL_TEXT: sqlite3_result_text(context, cell->text, cell->integer ? (int)cell->integer : -1, SQLITE_TRANSIENT); return;
    default: sqlite3_result_null(context);
  }
}

void emit_number(sqlite3_context *context, double value) {
  if (isnan(value)) sqlite3_result_null(context);
  else sqlite3_result_double(context, value);
}

void emit_fit(sqlite3_context *context, Run *run, const Fit *fit, const char *name) {
  Text json = {.run = run};
  fit_write(fit, &json);
  if (run_failed(run)) report_context(context, run, name);
  else sqlite3_result_text(context, json.data, (int)json.length, SQLITE_TRANSIENT);
}

/* ---- second tables: weights between units and the like */

typedef struct LoaderContext {
  Connection *connection;
} LoaderContext;

static Frame *load_table(void *pointer, Run *run, const char *source, const char *wanted) {
  LoaderContext *context = pointer;
  SourceColumns columns;
  const char *sql = source_sql(run, context->connection, source, &columns);
  if (!sql) return NULL;
  static const Estimator TABLE = {.name = "table", .model = MODEL_ROLES}; /* the roles come from the caller */
  static const OptionSpec *const NO_OPTIONS[] = {NULL};
  Estimator reader = TABLE;
  reader.roles = wanted;
  reader.options = NO_OPTIONS;
  Text names = {.run = run}; /* "unit1:levels, w:number" -> "unit1, w" */
  bool inside_kind = false;
  for (const char *at = wanted; *at; at++) {
    if (*at == ':') inside_kind = true;
    if (*at == ',') inside_kind = false;
    if (!inside_kind) text_add_n(&names, at, 1);
  }
  Plan plan = {0};
  if (!run_failed(run)) plan_compile(run, &reader, &columns, names.data, "", 0, NULL, &plan);
  return run_failed(run) ? NULL : load_frame(run, context->connection, sql, &columns, &plan, false, NULL);
}

TableLoader *table_loader_new(Run *run, Connection *connection) {
  TableLoader *loader = NEW(run, TableLoader);
  LoaderContext *context = NEW(run, LoaderContext);
  if (run_failed(run)) return NULL;
  context->connection = connection;
  *loader = (TableLoader){load_table, context};
  return loader;
}
