/* export_sophistication.c: PRODY and EXPY (Hausmann, Hwang, Rodrik 2007), and the complexity pair ECI and PCI (Hidalgo, Hausmann 2009).
 *
 * Rows are exporter, product, value, income; several rows of one exporter and product are added up; for each value of time= on its own.
 * 1. s_cp = value_cp / sum_p value_cp. PRODY_p = sum_c (s_cp / sum_c s_cp) income_c: the income that goes with a product;
 *    EXPY_c = sum_p s_cp PRODY_p. An exporter without any value above 0 takes no part and has NULL; so has a product that nobody exports.
 * 2. method=eci: M_cp = 1 where s_cp over the product's share in all exports is at least rca=1 (Balassa 1965), diversity k_c = sum_p M_cp, ubiquity
 *    k_p = sum_c M_cp. ECI is the eigenvector of the second largest eigenvalue of sum_p M_cp M_c'p / (k_c k_p), PCI that of the same matrix of products, which
 *    is the mean ECI vector over a product's exporters. Both standardised (n - 1); the sign is such that ECI and diversity correlate positively. Solved on
 *    the shorter side as a symmetric problem. Income does not matter here (write 1).
 * 3. Where the exporters fall into groups that share no product the second eigenvalue is 1 and there is no ECI: NULL, and a note.
 * 4. Rows with NULL take no part; a negative value is an error, so is an exporter with two incomes at one time. */
#include "est.h"

enum { SIDE_LIMIT = 12000, SMALL = 400 /* up to here LAPACK answers within an interrupt's patience */ };
enum { EXPORTER, PRODUCT, VALUE, INCOME };

typedef struct Trade { /* one time; exporters and products numbered in the order of their names */
  int32_t exporters, products, *exporter_level, *product_level; /* levels' codes */
  int64_t cells;
  int32_t *exporter, *product; /* of each cell, exporter by exporter */
  double *share;               /* value, then s_cp */
  double *total, *income;      /* of exporters */
  double *expy, *prody, *eci, *pci, *diversity, *ubiquity;
  const char *note;
} Trade;

/* Numbers the levels that the rows of one time have, in the order of their names. */
static int32_t number_levels(Run *run, const Levels *levels, const int32_t *code, const int64_t *row, int64_t n, int32_t *place, int32_t *order) {
  bool *present = NEW_ARRAY(run, bool, levels_count(levels));
  if (run_failed(run)) return 0;
  for (int64_t i = 0; i < n; i++) present[code[row[i]]] = true;
  int32_t count = levels_sorted(run, levels, present, order);
  for (int32_t i = 0; i < count && !run_failed(run); i++) place[order[i]] = i;
  run_free(run, present);
  return count;
}

static double *numbers(Run *run, int32_t count, double start) {
  double *x = NEW_ARRAY(run, double, count);
  for (int32_t i = 0; x && i < count; i++) x[i] = start;
  return x;
}

static void gather(Job *job, const int64_t *row, int64_t n, Trade *trade) {
  Run *run = job->run;
  const int *role = job->model->role;
  const int32_t *exporter = job_code(job, role[EXPORTER]), *product = job_code(job, role[PRODUCT]);
  const Levels *exporters = job_levels(job, role[EXPORTER]), *products = job_levels(job, role[PRODUCT]);
  const double *value = job_number(job, role[VALUE]), *income = job_number(job, role[INCOME]);
  int32_t *exporter_place = NEW_ARRAY(run, int32_t, levels_count(exporters)), *product_place = NEW_ARRAY(run, int32_t, levels_count(products));
  trade->exporter_level = NEW_ARRAY(run, int32_t, levels_count(exporters));
  trade->product_level = NEW_ARRAY(run, int32_t, levels_count(products));
  if (run_failed(run)) return;
  trade->exporters = number_levels(run, exporters, exporter, row, n, exporter_place, trade->exporter_level);
  trade->products = number_levels(run, products, product, row, n, product_place, trade->product_level);
  int32_t *number = NEW_ARRAY(run, int32_t, n);
  int64_t *first = NEW_ARRAY(run, int64_t, trade->exporters + 1), *place = NEW_ARRAY(run, int64_t, n), *cell_of = NEW_ARRAY(run, int64_t, trade->products);
  trade->exporter = NEW_ARRAY(run, int32_t, n);
  trade->product = NEW_ARRAY(run, int32_t, n);
  trade->share = NEW_ARRAY(run, double, n);
  trade->total = numbers(run, trade->exporters, 0);
  trade->income = numbers(run, trade->exporters, NAN);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < n; i++) number[i] = exporter_place[exporter[row[i]]];
  rows_by_code(run, n, number, trade->exporters, first, place);
  if (run_failed(run)) return;
  for (int32_t p = 0; p < trade->products; p++) cell_of[p] = -1;
  for (int32_t c = 0; c < trade->exporters; c++) {
    int64_t start = trade->cells;
    for (int64_t i = first[c]; i < first[c + 1]; i++) {
      int64_t at = row[place[i]];
      if (value[at] < 0) run_fail(run, "a value is negative (%g, of '%s'): exports are numbers from 0 up", value[at], levels_name(run, exporters, exporter[at]));
      if (isnan(trade->income[c])) trade->income[c] = income[at];
      if (trade->income[c] != income[at])
        run_fail(run, "'%s' has two incomes at one time, %.15g and %.15g%s", levels_name(run, exporters, exporter[at]), trade->income[c], income[at],
                 option_given(job, "time") ? "" : "; for several periods give time=");
      if (run_failed(run)) return;
      int32_t p = product_place[product[at]];
      if (cell_of[p] < start) {
        cell_of[p] = trade->cells;
        trade->exporter[trade->cells] = c;
        trade->product[trade->cells++] = p;
      }
      trade->share[cell_of[p]] += value[at];
      trade->total[c] += value[at];
    }
    if (!run_poll(run, 10 * (uint64_t)(first[c + 1] - first[c]) + 5)) return;
  }
  run_free(run, number);
  run_free(run, first);
  run_free(run, place);
}

/* (1); leaves shares in trade->share */
static void sophistication(Run *run, Trade *trade) {
  double *weight = numbers(run, trade->products, 0);
  trade->expy = numbers(run, trade->exporters, NAN);
  trade->prody = numbers(run, trade->products, 0);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < trade->cells; i++) {
    int32_t c = trade->exporter[i], p = trade->product[i];
    if (!(trade->total[c] > 0)) continue;
    trade->share[i] /= trade->total[c];
    weight[p] += trade->share[i];
    trade->prody[p] += trade->share[i] * trade->income[c];
  }
  for (int32_t p = 0; p < trade->products; p++) trade->prody[p] = weight[p] > 0 ? trade->prody[p] / weight[p] : (double)NAN;
  for (int64_t i = 0; i < trade->cells; i++) {
    int32_t c = trade->exporter[i];
    if (!(trade->share[i] > 0)) continue;
    if (isnan(trade->expy[c])) trade->expy[c] = 0;
    trade->expy[c] += trade->share[i] * trade->prody[trade->product[i]];
  }
  run_poll(run, 20 * (uint64_t)trade->cells);
}

/* ------------------------------------------------------------------------------------------------ (2) */

/* Cells with comparative advantage, numbered by side `of` (few) within side `by` (many). */
typedef struct Links {
  int32_t few, many;
  int64_t *first;      /* of each of the many */
  int32_t *member;     /* the few that it has */
  const double *few_degree, *many_degree;
} Links;

static void find_links(Run *run, Trade *trade, double rca, bool by_product, Links *links) {
  double world = 0, *product_total = numbers(run, trade->products, 0);
  bool *advantage = NEW_ARRAY(run, bool, trade->cells);
  trade->diversity = numbers(run, trade->exporters, 0);
  trade->ubiquity = numbers(run, trade->products, 0);
  int32_t *many = NEW_ARRAY(run, int32_t, trade->cells);
  int64_t *place = NEW_ARRAY(run, int64_t, trade->cells);
  *links = (Links){by_product ? trade->exporters : trade->products, by_product ? trade->products : trade->exporters, NULL, NULL,
                   by_product ? trade->diversity : trade->ubiquity, by_product ? trade->ubiquity : trade->diversity};
  links->first = NEW_ARRAY(run, int64_t, links->many + 1);
  links->member = NEW_ARRAY(run, int32_t, trade->cells);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < trade->cells; i++) product_total[trade->product[i]] += trade->share[i];
  for (int32_t c = 0; c < trade->exporters; c++) world += trade->total[c];
  for (int64_t i = 0; i < trade->cells; i++) {
    int32_t c = trade->exporter[i], p = trade->product[i];
    advantage[i] = trade->share[i] > 0 && trade->share[i] / trade->total[c] >= rca * (product_total[p] / world);
    trade->diversity[c] += advantage[i];
    trade->ubiquity[p] += advantage[i];
    many[i] = !advantage[i] ? -1 : by_product ? p : c;
  }
  rows_by_code(run, trade->cells, many, links->many, links->first, place);
  if (run_failed(run)) return;
  for (int64_t i = 0; i < links->first[links->many]; i++) links->member[i] = by_product ? trade->exporter[place[i]] : trade->product[place[i]];
  run_poll(run, 20 * (uint64_t)trade->cells);
}

static void standardise(int32_t count, const double *degree, double *x, double sign) {
  double sum = 0, squares = 0, n = 0;
  for (int32_t i = 0; i < count; i++) {
    if (degree[i] > 0) sum += x[i], n++;
    else x[i] = NAN;
  }
  double mean = sum / n;
  for (int32_t i = 0; i < count; i++)
    if (degree[i] > 0) squares += (x[i] - mean) * (x[i] - mean);
  double sd = sqrt(squares / (n - 1));
  for (int32_t i = 0; i < count; i++) x[i] = n > 1 && sd > 0 ? sign * (x[i] - mean) / sd : (double)NAN;
}

static void complexity(Run *run, Trade *trade, double rca) {
  bool by_product = trade->exporters <= trade->products;
  Links links;
  trade->eci = numbers(run, trade->exporters, NAN);
  trade->pci = numbers(run, trade->products, NAN);
  if (run_failed(run)) return;
  find_links(run, trade, rca, by_product, &links);
  if (run_failed(run)) return;
  int32_t *place = NEW_ARRAY(run, int32_t, links.few), size = 0;
  if (run_failed(run)) return;
  for (int32_t i = 0; i < links.few; i++) place[i] = links.few_degree[i] > 0 ? size++ : -1;
  if (size > SIDE_LIMIT) run_fail(run, "%d exporters and %d products: the complexity indices are made for at most %d on the shorter side", trade->exporters, trade->products, SIDE_LIMIT);
  double *matrix = NEW_ARRAY(run, double, (size_t)size * (size_t)size), *value = numbers(run, size, 0);
  if (run_failed(run)) return;
  if (size < 2) {
    trade->note = "too few exporters or products for ECI and PCI";
    return;
  }
  for (int32_t m = 0; m < links.many; m++) {
    for (int64_t i = links.first[m]; i < links.first[m + 1]; i++) {
      int32_t a = links.member[i];
      for (int64_t j = links.first[m]; j < links.first[m + 1]; j++) {
        int32_t b = links.member[j];
        matrix[(size_t)place[a] * (size_t)size + (size_t)place[b]] += 1 / (links.many_degree[m] * sqrt(links.few_degree[a] * links.few_degree[b]));
      }
      if (!run_poll(run, 4 * (uint64_t)(links.first[m + 1] - links.first[m]))) return;
    }
  }
  double second;
  const double *vector;
  if (size <= SMALL) {
    if (!dense_symmetric_eigen(run, size, matrix, value)) return;
    second = value[size - 2];
    vector = matrix + (size_t)(size - 2) * (size_t)size;
  } else { /* the first eigenvector is that of the degrees */
    double *first = numbers(run, size, 0);
    if (run_failed(run)) return;
    for (int32_t i = 0; i < links.few; i++)
      if (place[i] >= 0) first[place[i]] = sqrt(links.few_degree[i]);
    if (!second_eigenvector(run, size, matrix, first, &second, value)) return;
    vector = value;
  }
  if (second > 1 - 1e-9) {
    trade->note = "the exporters fall into groups that share no product: no ECI and PCI";
    return;
  }
  double *few = by_product ? trade->eci : trade->pci, *many = by_product ? trade->pci : trade->eci;
  for (int32_t i = 0; i < links.few; i++) few[i] = place[i] >= 0 ? vector[place[i]] / sqrt(links.few_degree[i]) : (double)NAN;
  for (int32_t m = 0; m < links.many; m++) {
    double sum = 0;
    for (int64_t i = links.first[m]; i < links.first[m + 1]; i++) sum += few[links.member[i]];
    many[m] = sum / links.many_degree[m];
  }
  double mean = 0, together = 0, count = 0;
  for (int32_t c = 0; c < trade->exporters; c++)
    if (trade->diversity[c] > 0) mean += trade->diversity[c], count++;
  mean /= count;
  for (int32_t c = 0; c < trade->exporters; c++)
    if (trade->diversity[c] > 0) together += (trade->diversity[c] - mean) * trade->eci[c];
  double sign = together < 0 ? -1 : 1;
  standardise(trade->exporters, trade->diversity, trade->eci, sign);
  standardise(trade->products, trade->ubiquity, trade->pci, sign);
}

/* ------------------------------------------------------------------------------------------------ rows */

static void show(Job *job, const Trade *trade, int time, int32_t time_level, bool of_products, bool eci) {
  Run *run = job->run;
  const Levels *levels = job_levels(job, job->model->role[of_products ? PRODUCT : EXPORTER]);
  const double *main = eci ? (of_products ? trade->pci : trade->eci) : of_products ? trade->prody : trade->expy;
  const char *part = time >= 0 ? levels_name(run, job_levels(job, time), time_level) : NULL;
  for (int32_t i = 0; i < (of_products ? trade->products : trade->exporters); i++) {
    int32_t code = of_products ? trade->product_level[i] : trade->exporter_level[i];
    FitTerm *term = fit_add_term(&job->result->fit, levels_name(run, levels, code));
    if (!term || !run_poll(run, 100)) return;
    term->part = part;
    term->estimate = main[i];
    if (!job->want_table) continue;
    Cell *cell = result_add_row(job->result);
    if (!cell) return;
    cell_level(&cell[of_products ? 2 : 0], levels, code);
    if (!eci) cell_number(&cell[of_products ? 3 : 1], main[i]);
    cell_level(&cell[4], job_levels(job, time), time_level);
    if (!eci) continue;
    cell_number(&cell[of_products ? 6 : 5], main[i]);
    cell_number(&cell[of_products ? 8 : 7], of_products ? trade->ubiquity[i] : trade->diversity[i]);
    cell_text(&cell[9], trade->note);
  }
}

static void fit_sophistication(Job *job) {
  Run *run = job->run;
  int time = option_variable(job, "time");
  bool of_products = option_is(job, "level", "product"), eci = option_is(job, "method", "eci");
  double rca = option_number(job, "rca");
  if (!(rca > 0)) run_fail(run, "rca=%s: it must be above 0, as in rca=1", option_value(job, "rca")->text);
  if (!job_has_rows(job, 1)) return;
  RowGroups times;
  row_groups(job, time, &times);
  for (int32_t t = 0; t < times.groups && !run_failed(run); t++) {
    Trade trade = {0};
    gather(job, times.row + times.first[t], times.first[t + 1] - times.first[t], &trade);
    if (run_failed(run)) return;
    double world = 0;
    for (int32_t c = 0; c < trade.exporters; c++) world += trade.total[c];
    if (!(world > 0)) run_fail(run, "no value is above 0%s%s", time >= 0 ? " at " : "", time >= 0 ? levels_name(run, job_levels(job, time), times.level[t]) : "");
    if (eci) complexity(run, &trade, rca);
    else sophistication(run, &trade);
    if (!run_failed(run)) show(job, &trade, time, times.level[t], of_products, eci);
    if (trade.note) fit_add_word(&job->result->fit, "note", trade.note);
    run_free(run, trade.exporter);
    run_free(run, trade.product);
    run_free(run, trade.share);
  }
  fit_add_stat(&job->result->fit, "nobs", (double)job->frame->rows);
}

static const OptionSpec own_options[] = {
    {"level", OPTION_CHOICE, "exporter", "exporter|product", "which rows: exporters (expy, eci) or products (prody, pci)"},
    {"method", OPTION_CHOICE, "prody", "prody|eci", "PRODY and EXPY from incomes, or the complexity indices"},
    {"time", OPTION_LEVELS, NULL, NULL, "a column: on its own for each of its values"},
    {"rca", OPTION_NUMBER, "1", NULL, "revealed comparative advantage from which a product counts"},
    {NULL, OPTION_TEXT, NULL, NULL, NULL}};
static const char *const columns[] = {"exporter", "expy", "product", "prody", "time", "eci", "pci", "diversity", "ubiquity", "note", NULL};
static const char *const stats[] = {"nobs", NULL};
static const OptionUse uses[] = {
    {"rca", "method", "eci"},
    {NULL, NULL, NULL}};
static const OptionSpec *const options[] = {own_options, OPTIONS_WHERE, NULL};

const Estimator ESTIMATOR_EXPORT_SOPHISTICATION = {
    .name = "export_sophistication",
    .model = MODEL_ROLES,
    .model_help = "exporter, product, value, income",
    .roles = "exporter:levels, product:levels, value:number, income:number",
    .summary = "sophistication of exports: PRODY and EXPY, or economic and product complexity (ECI, PCI)",
    .columns = columns,
    .stats = stats,
    .options = options,
    .uses = uses,
    .fit = fit_sophistication,
    .example = "SELECT exporter, expy FROM export_sophistication('WITH t(c, p, v, y) AS (VALUES (''a'', ''cars'', 80, 40), (''a'', ''corn'', 20, 40), "
               "(''b'', ''cars'', 10, 10), (''b'', ''corn'', 90, 10)) SELECT * FROM t', 'c, p, v, y')",
};
