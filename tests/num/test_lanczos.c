/* test_lanczos.c: the second eigenvector of links between few and many (the matrix of economic complexity) beside LAPACK's, for sizes on both sides of a restart. */
#include "num.h"
#include "check.h"
#include "host.h"

typedef struct Graph {
  int n;
  double *a, *first;
} Graph;

/* sum over m of l_im l_jm / (d_m sqrt(k_i k_j)); top eigenvalue 1 with the roots of the k. nested: i has about the first of the m, which brings the eigenvalues close together. */
static Graph graph_new(int n, int many, uint64_t seed, bool nested) {
  Graph graph = {n, calloc((size_t)n * (size_t)n, sizeof(double)), calloc((size_t)n, sizeof(double))};
  unsigned char *linked = calloc((size_t)n * (size_t)many, 1);
  double *degree = calloc((size_t)many, sizeof *degree);
  Random random = random_stream(seed, 0);
  for (int i = 0; i < n; i++)
    for (int m = 0; m < many; m++) {
      linked[i * many + m] = m == 0 || random_uniform(&random) < (nested ? (m * (double)n < i * (double)many ? 0.9 : 0.05) : 0.2);
      graph.first[i] += linked[i * many + m];
      degree[m] += linked[i * many + m];
    }
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      for (int m = 0; m < many; m++)
        if (linked[i * many + m] && linked[j * many + m]) graph.a[i * n + j] += 1 / (degree[m] * sqrt(graph.first[i] * graph.first[j]));
  for (int i = 0; i < n; i++) graph.first[i] = sqrt(graph.first[i]);
  free(linked);
  free(degree);
  return graph;
}

static void graph_end(Graph *graph) {
  free(graph->a);
  free(graph->first);
}

static void test_beside_lapack(void) {
  static const int sizes[] = {2, 3, 10, 60, 199, 201, 420};
  for (int s = 0; s < 7; s++)
    for (int nested = 0; nested < 2; nested++) {
      int n = sizes[s];
      Graph graph = graph_new(n, n + 5, (uint64_t)(n + nested), nested);
      Run run;
      host_begin(&run);
      double *all = NEW_ARRAY(&run, double, n * n), *values = NEW_ARRAY(&run, double, n), *vector = NEW_ARRAY(&run, double, n), value = 0, along = 0, left = 0;
      memcpy(all, graph.a, (size_t)n * (size_t)n * sizeof *all);
      CHECK(dense_symmetric_eigen(&run, n, all, values));
      CHECK(second_eigenvector(&run, n, graph.a, graph.first, &value, vector));
      CHECK_NEAR(value, values[n - 2], 1e-12, 1e-15);
      for (int i = 0; i < n; i++) along += vector[i] * all[(n - 2) * n + i];
      for (int i = 0; i < n; i++) left += fabs(vector[i] - (along < 0 ? -1 : 1) * all[(n - 2) * n + i]);
      CHECK_NEAR(fabs(along), 1, 1e-12, 0);
      CHECK_NEAR(left / n, 0, 0, 1e-10);
      CHECK(host_end(&run));
      graph_end(&graph);
    }
}

static void once(Run *run, void *context) {
  Graph *graph = context;
  double value, *vector = NEW_ARRAY(run, double, graph->n);
  if (!run_failed(run)) second_eigenvector(run, graph->n, graph->a, graph->first, &value, vector);
}

static void test_memory_and_patience(void) {
  Graph graph = graph_new(40, 50, 7, false);
  host_fail_each(once, &graph);
  Run run;
  host_begin(&run);
  host.stop_at_poll = 1;
  Graph large = graph_new(900, 30, 9, false);
  once(&run, &large);
  CHECK(run.status == RUN_INTERRUPTED);
  CHECK(host_end(&run));
  graph_end(&large);
  graph_end(&graph);
}

CHECK_MAIN(test_beside_lapack, test_memory_and_patience)
