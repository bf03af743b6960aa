/* Variance matrices (vcov.c). Expected values: R's sandwich, and definitions by loops over pairs of rows (vcov_expected.h, make_vcov.R). */
#include "host.h"
#include "vcov_expected.h"

enum { N = DATA_N, K = 3 };

typedef struct Model {
  double ones[N], x1[N], x2[N], residual[N], leverage[N];
  double *x[K];
  LeastSquares fit;
  VcovData data;
} Model;

static void fit_model(Run *run, Model *m, const double *weight) {
  for (int i = 0; i < N; i++) m->ones[i] = 1, m->x1[i] = data_x1[i], m->x2[i] = data_x2[i];
  m->x[0] = m->ones, m->x[1] = m->x1, m->x[2] = m->x2;
  least_squares(run, N, K, m->x, data_y, weight, NULL, m->residual, &m->fit);
  if (run_failed(run)) return;
  for (int i = 0; i < N; i++) {
    m->leverage[i] = 0;
    for (int a = 0; a < K; a++)
      for (int b = 0; b < K; b++) m->leverage[i] += (weight ? weight[i] : 1) * m->x[a][i] * m->x[b][i] * m->fit.bread[a + b * K];
  }
  m->data = (VcovData){.n = N, .k = K, .x = m->x, .residual = m->residual, .weight = weight, .bread = m->fit.bread, .leverage = m->leverage};
}

static const VcovCorrection standard = {.k_adjust = true, .g_adjust = true, .k = K};

static void expect(Run *run, const char *name, const VcovData *data, const VcovCorrection *correction, const double *expected, double df) {
  Vcov v;
  vcov_compute(run, data, correction, &v);
  CHECK(!run_failed(run));
  for (int i = 0; i < K * K; i++) CHECK_NEAR_AT(name, v.value[i], expected[i], 1e-10, 1e-14);
  CHECK_NEAR_AT(name, v.df_t, df, 0, 0);
}

#define BOTH(name) (weighted ? expected_##name##_w : expected_##name)

static void test_against_sandwich(void) {
  for (int weighted = 0; weighted < 2; weighted++) {
    Run run;
    Model model;
    host_begin(&run);
    fit_model(&run, &model, weighted ? data_w : NULL);
    for (int j = 0; j < K; j++) CHECK_NEAR(model.fit.beta[j], BOTH(beta)[j], 1e-11, 0);
    for (int i = 0; i < N; i++) CHECK_NEAR(model.leverage[i], BOTH(hat)[i], 1e-11, 0);
    VcovData d = model.data;
    d.kind = VCOV_IID, expect(&run, "iid", &d, &standard, BOTH(iid), N - K);
    d.kind = VCOV_HC0, expect(&run, "hc0", &d, &standard, BOTH(hc0), N - K);
    d.kind = VCOV_HC1, expect(&run, "hc1", &d, &standard, BOTH(hc1), N - K);
    d.kind = VCOV_HC2, expect(&run, "hc2", &d, &standard, BOTH(hc2), N - K);
    d.kind = VCOV_HC3, expect(&run, "hc3", &d, &standard, BOTH(hc3), N - K);
    d.kind = VCOV_HC4, expect(&run, "hc4", &d, &standard, BOTH(hc4), N - K);

    d.kind = VCOV_CLUSTER, d.clusters = 1, d.cluster[0] = data_unit, d.cluster_levels[0] = 9;
    expect(&run, "cluster", &d, &standard, BOTH(cluster), 8);
    d.clusters = 2, d.cluster[1] = data_group, d.cluster_levels[1] = 4;
    expect(&run, "two-way", &d, &standard, BOTH(twoway), 3);
    VcovCorrection conventional = standard;
    conventional.g_conventional = conventional.t_conventional = true;
    expect(&run, "two-way conventional", &d, &conventional, BOTH(twoway_conventional), N - K);
    d.cluster[0] = data_a, d.cluster[1] = data_b, d.cluster_levels[0] = d.cluster_levels[1] = 3;
    expect(&run, "indefinite", &d, &standard, BOTH(indefinite), 2);

    d.kind = VCOV_DRISCOLL_KRAAY, d.unit = data_unit, d.time = data_time, d.lag = 2;
    expect(&run, "dk(2)", &d, &standard, BOTH(dk2), 7);
    d.kind = VCOV_NEWEY_WEST;
    expect(&run, "nw(2)", &d, &standard, BOTH(nw2), 7);
    d.kind = VCOV_CONLEY, d.latitude = data_lat, d.longitude = data_lon, d.cutoff_km = 60;
    expect(&run, "conley 60", &d, &standard, BOTH(conley60), N - K);
    d.cutoff_km = 150;
    expect(&run, "conley 150", &d, &standard, BOTH(conley150), N - K);
    CHECK(host_end(&run));
  }
}

static void test_one_series(void) {
  Run run;
  Model model;
  host_begin(&run);
  fit_model(&run, &model, NULL);
  double time[N];
  for (int i = 0; i < N; i++) time[i] = 1900.5 + 3 * data_series_order[i];
  VcovData d = model.data;
  d.kind = VCOV_NEWEY_WEST, d.time = time, d.lag = 3;
  expect(&run, "series nw(3)", &d, &standard, expected_series_nw3, N - 1);
  Vcov v;
  d.lag = -1;
  vcov_compute(&run, &d, &standard, &v);
  CHECK(v.lag == 2 && v.groups[0] == N); /* 60^(1/4) = 2.78 */
  time[5] = time[9];
  vcov_compute(&run, &d, &standard, &v);
  CHECK(run.status == RUN_ERROR && strstr(run.message, "the same time"));
  CHECK(host_end(&run));
}

/* Identities that need no other program. */
static void test_factors(void) {
  Run run;
  Model model;
  host_begin(&run);
  fit_model(&run, &model, NULL);
  VcovData d = model.data;
  VcovCorrection none = {.k = K}, k_only = {.k_adjust = true, .k = K}, g_only = {.g_adjust = true, .k = K};
  Vcov a, b;
  d.kind = VCOV_HC1;
  vcov_compute(&run, &d, &none, &a);
  CHECK_NEAR(a.value[4], expected_hc0[4], 1e-12, 0);
  vcov_compute(&run, &d, &k_only, &a);
  CHECK_NEAR(a.factor, (N - 1.0) / (N - K), 1e-15, 0);
  vcov_compute(&run, &d, &g_only, &a);
  CHECK_NEAR(a.factor, N / (N - 1.0), 1e-15, 0);
  d.kind = VCOV_IID;
  vcov_compute(&run, &d, &none, &a);
  CHECK_NEAR(a.value[4], expected_iid[4] * (N - K) / (N - 1), 1e-12, 0);
  /* every row its own cluster is hc1; two equal clusterings are one */
  int32_t each[N];
  for (int i = 0; i < N; i++) each[i] = i;
  d.kind = VCOV_CLUSTER, d.clusters = 1, d.cluster[0] = each, d.cluster_levels[0] = N;
  vcov_compute(&run, &d, &standard, &a);
  for (int i = 0; i < K * K; i++) CHECK_NEAR(a.value[i], expected_hc1[i], 1e-10, 0);
  d.clusters = 2, d.cluster[0] = d.cluster[1] = data_unit, d.cluster_levels[0] = d.cluster_levels[1] = 9;
  vcov_compute(&run, &d, &standard, &b);
  CHECK(!b.made_positive && b.groups[0] == 9 && b.groups[2] == 9);
  for (int i = 0; i < K * K; i++) CHECK_NEAR(b.value[i], expected_cluster[i], 1e-10, 0);
  d.cluster[0] = data_a, d.cluster[1] = data_b, d.cluster_levels[0] = d.cluster_levels[1] = 3;
  vcov_compute(&run, &d, &standard, &b);
  CHECK(b.made_positive);
  /* conley: without distance the rows at one place; around the whole earth one cluster, whose scores sum to zero */
  d.kind = VCOV_CONLEY, d.latitude = data_lat, d.longitude = data_lon, d.cutoff_km = 30000;
  vcov_compute(&run, &d, &none, &a);
  for (int i = 0; i < K * K; i++) CHECK_NEAR(a.value[i], 0, 0, 1e-15);
  CHECK(host_end(&run));
}

static void test_what_does_not_exist(void) {
  Run run;
  Model model;
  host_begin(&run);
  fit_model(&run, &model, NULL);
  VcovData d = model.data;
  int32_t one[N] = {0};
  double year[N];
  for (int i = 0; i < N; i++) year[i] = 2015;
  Vcov v;
  d.clusters = 1, d.cluster[0] = one, d.cluster_levels[0] = 1, d.kind = VCOV_CLUSTER;
  vcov_compute(&run, &d, &standard, &v);
  CHECK(isnan(v.value[0]) && v.df_t == 0);
  d.kind = VCOV_DRISCOLL_KRAAY, d.time = year;
  vcov_compute(&run, &d, &standard, &v);
  CHECK(isnan(v.value[0]) && v.df_t == 0);
  VcovCorrection full = standard;
  full.k = N;
  d.kind = VCOV_IID;
  vcov_compute(&run, &d, &full, &v);
  CHECK(isnan(v.value[0]));
  d.kind = VCOV_HC3;
  vcov_compute(&run, &d, &full, &v);
  CHECK(isnan(v.value[0]));
  /* a row that is fitted exactly for any y has h = 1 */
  model.leverage[3] = 1, model.residual[3] = 0;
  d.kind = VCOV_HC2;
  vcov_compute(&run, &d, &standard, &v);
  CHECK(v.value[0] > 0 && !run_failed(&run));
  d.k = 0, d.kind = VCOV_HC1;
  vcov_compute(&run, &d, &standard, &v);
  CHECK(!run_failed(&run));
  CHECK(host_end(&run));

  static const char *const messages[] = {"the time of a row is missing", "latitudes from -90 to 90, not 91", "longitudes", "the same unit and time"};
  for (int c = 0; c < 4; c++) {
    host_begin(&run);
    fit_model(&run, &model, NULL);
    d = model.data;
    double latitude[N], longitude[N], time[N];
    for (int i = 0; i < N; i++) latitude[i] = data_lat[i], longitude[i] = data_lon[i], time[i] = data_time[i];
    d.kind = c == 0 || c == 3 ? VCOV_NEWEY_WEST : VCOV_CONLEY;
    d.unit = data_unit, d.time = time, d.lag = 1, d.latitude = latitude, d.longitude = longitude, d.cutoff_km = 100;
    if (c == 0) time[7] = NAN;
    if (c == 1) latitude[7] = 91;
    if (c == 2) longitude[7] = NAN;
    for (int i = 0; c == 3 && i < N; i++) time[i] = 1;
    vcov_compute(&run, &d, &standard, &v);
    CHECK(run.status == RUN_ERROR && strstr(run.message, messages[c]));
    CHECK(host_end(&run));
  }
}

static void test_wald(void) {
  Run run;
  host_begin(&run);
  int df;
  const int slopes[] = {1, 2}, all[] = {0, 1, 2}, twice[] = {2, 1, 2};
  CHECK_NEAR(wald_statistic(&run, K, expected_beta, expected_hc1, 2, slopes, &df), expected_wald_hc1[0], 1e-11, 0);
  CHECK(df == 2);
  CHECK_NEAR(wald_statistic(&run, K, expected_beta, expected_hc1, 3, twice, &df), expected_wald_hc1[0], 1e-11, 0);
  CHECK(df == 2);
  double zero[9] = {0}, beta[3] = {3, NAN, 4}, diagonal[9] = {1, 0, 0, 0, 0, 0, 0, 0, 4};
  CHECK(isnan(wald_statistic(&run, K, beta, zero, 3, all, &df)) && df == 0);
  CHECK_NEAR(wald_statistic(&run, K, beta, diagonal, 3, all, &df), 9 + 4, 1e-15, 0);
  CHECK(df == 2);
  CHECK(isnan(wald_statistic(&run, K, beta, diagonal, 0, all, &df)) && df == 0);
  diagonal[4] = NAN; /* of the dropped term: no matter */
  CHECK_NEAR(wald_statistic(&run, K, beta, diagonal, 3, all, &df), 9 + 4, 1e-15, 0);
  diagonal[0] = NAN;
  CHECK(isnan(wald_statistic(&run, K, beta, diagonal, 3, all, &df)));
  CHECK(host_end(&run));
}

static void sweep_body(Run *run, void *context) {
  static Model model;
  Vcov v;
  fit_model(run, &model, data_w);
  if (run_failed(run)) return;
  VcovData d = model.data;
  d.kind = *(const VcovKind *)context;
  d.clusters = 2, d.cluster[0] = data_a, d.cluster[1] = data_b, d.cluster_levels[0] = d.cluster_levels[1] = 3;
  d.unit = data_unit, d.time = data_time, d.lag = 2, d.latitude = data_lat, d.longitude = data_lon, d.cutoff_km = 100;
  vcov_compute(run, &d, &standard, &v);
  const int all[] = {0, 1, 2};
  int df;
  if (!run_failed(run)) wald_statistic(run, K, model.fit.beta, v.value, 3, all, &df);
}

static void large_body(Run *run, VcovKind kind) {
  enum { ROWS = 300000, UNITS = 3000 };
  double *x = NEW_ARRAY(run, double, ROWS), *e = NEW_ARRAY(run, double, ROWS), *h = NEW_ARRAY(run, double, ROWS), *time = NEW_ARRAY(run, double, ROWS),
         bread = 1;
  int32_t *unit = NEW_ARRAY(run, int32_t, ROWS);
  if (run_failed(run)) return;
  for (int i = 0; i < ROWS; i++) x[i] = i % 7, e[i] = i % 5 - 2, h[i] = 0.1, unit[i] = i % UNITS, time[i] = i / UNITS;
  VcovData d = {.kind = kind, .n = ROWS, .k = 1, .x = &x, .residual = e, .bread = &bread, .leverage = h, .clusters = 1, .cluster = {unit}, .cluster_levels = {UNITS},
                .unit = unit, .time = time, .lag = 3, .latitude = h, .longitude = e, .cutoff_km = 400};
  Vcov v;
  vcov_compute(run, &d, &standard, &v);
}

static void test_memory_and_patience(void) {
  static const VcovKind kinds[] = {VCOV_IID, VCOV_HC1, VCOV_HC4, VCOV_CLUSTER, VCOV_NEWEY_WEST, VCOV_DRISCOLL_KRAAY, VCOV_CONLEY};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    VcovKind kind = kinds[i];
    CHECK(host_fail_each(sweep_body, &kind) >= 2);
    if (kind == VCOV_IID) continue; /* over in a millisecond */
    bool stopped = true;
    for (int64_t stop = 1; stopped; stop += 1 + stop / 4) {
      Run run;
      host_begin(&run);
      host.stop_at_poll = stop;
      large_body(&run, kind);
      stopped = host.polls >= stop;
      CHECK(run.status == (stopped ? RUN_INTERRUPTED : RUN_OK));
      CHECK(host_end(&run));
    }
  }
}

CHECK_MAIN(test_against_sandwich, test_one_series, test_factors, test_what_does_not_exist, test_wald, test_memory_and_patience)
