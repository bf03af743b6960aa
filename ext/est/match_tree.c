/* match_tree.c: sums over many rows that weigh by their distance from a point: sum of q K(u)^power u^p, p = 0, 1, 2, u = (score - point) / h, for one to three columns q at once.
 *
 * 1. K(u) = 1, 1 - u^2 for |u| < 1, or exp(-u^2 / 2); rows further from the point than width count nothing. The first two make width at most what their support is.
 * 2. The rows, by rising score, are the leaves of a binary tree. A node has moments of its q about its middle c: for the polynomials sum q S^k, S = (score - c) / h, and with
 *    v = (c - point) / h the moments about the point are their binomial sums; for the Gaussian
 *      sum q exp(-g (v + S)^2 / 2) = exp(-g v^2 / 2) sum over k of (-g v)^k / k! sum q exp(-g S^2 / 2) S^k, g = power.
 *    This is the one-dimensional fast Gauss transform (Greengard and Strain 1991) with Taylor series; it is no binning: a node serves where it is as exact as the sum of its rows, else
 *    its halves are asked, and at last its rows.
 * 3. It serves: polynomials: inside the width, and where 1 - u^2 is above 1/64, so that no digits cancel. Gaussian: g |v| |S| <= 3/2 and g S^2 <= 3/2: as many terms as leave out less
 *    than 1e-18, and signs cost a factor of at most exp(3).
 * 4. The Gaussian leaves out rows whose K is below exp(-60) / (rows of both sides) of the nearest row's: less than rounding, also where the columns q differ by many orders.
 * 5. Sums of a point depend on the point and the rows only, never on the number of workers. */
#include "matching.h"

enum { LEAF = 16, TERMS = 23, MOMENTS = TERMS + 2, MOST_DEPTH = 64 };

struct MatchTree {
  MatchKernel kernel;
  int power, degree, charges; /* degree: the last moment */
  double h;
  int64_t n, leaves;          /* leaves: a power of two */
  const double *score;
  const double *charge[3];
  double *moment;             /* of node i: charges x (degree + 1); nodes from 1 as in a heap */
  double inverse[TERMS + 1];  /* 1/k */
  double needed[TERMS + 1];   /* the largest g |v| |S| for which this many terms do */
  double margin;              /* rule 4 */
};

static void node_rows(const MatchTree *tree, int64_t node, int64_t *first, int64_t *end) {
  int64_t low = node, high = node;
  while (low < tree->leaves) {
    low *= 2;
    high = 2 * high + 1;
  }
  *first = (low - tree->leaves) * LEAF;
  *end = (high - tree->leaves + 1) * LEAF;
  if (*first > tree->n) *first = tree->n;
  if (*end > tree->n) *end = tree->n;
}

static double middle_of(const double *score, int64_t first, int64_t end) { return score[first] + (score[end - 1] - score[first]) / 2; }

/* Work item: the moments of one node, where it can serve at all. */
static void make_moments(void *context, int64_t item, int worker) {
  (void)worker;
  const MatchTree *tree = context;
  int64_t node = item + 1, first, end;
  int width = tree->degree + 1;
  node_rows(tree, node, &first, &end);
  if (first == end) return;
  double middle = middle_of(tree->score, first, end), half = (tree->score[end - 1] - tree->score[first]) / 2 / tree->h;
  if (half > 1.25) return;
  double *moment = tree->moment + node * tree->charges * width;
  for (int64_t i = first; i < end; i++) {
    double s = (tree->score[i] - middle) / tree->h, power = tree->kernel == KERNEL_GAUSSIAN ? exp(-0.5 * tree->power * s * s) : 1;
    for (int k = 0; k < width; k++, power *= s)
      for (int c = 0; c < tree->charges; c++) moment[c * width + k] += tree->charge[c][i] * power;
  }
}

MatchTree *match_tree_new(Run *run, MatchKernel kernel, int power, double h, int64_t others, int64_t n, const double *score, int charges, const double *const charge[]) {
  MatchTree *tree = NEW(run, MatchTree);
  if (run_failed(run)) return NULL;
  *tree = (MatchTree){.kernel = kernel, .power = power, .charges = charges, .h = h, .n = n, .leaves = 1, .score = score};
  tree->degree = kernel == KERNEL_GAUSSIAN ? MOMENTS - 1 : kernel == KERNEL_UNIFORM ? 2 : 2 * power + 2;
  tree->margin = 2 * (60 + log((double)(n + 1)) + log((double)(others + 1)));
  for (int c = 0; c < charges; c++) tree->charge[c] = charge[c];
  while (tree->leaves * LEAF < n) tree->leaves *= 2;
  for (int k = 1; k <= TERMS; k++) {
    tree->inverse[k] = 1.0 / k;
    tree->needed[k] = exp((log(1e-18) + log_factorial(k)) / k); /* z^k / k! = 1e-18 */
  }
  tree->moment = NEW_ARRAY(run, double, (size_t)(2 * tree->leaves) * (size_t)charges * (size_t)(tree->degree + 1));
  if (run_failed(run)) return NULL;
  parallel_for(run, 2 * tree->leaves - 1, n < 4096 ? 1 : parallel_workers(), make_moments, tree);
  return run_failed(run) ? NULL : tree;
}

static void add_row(const MatchTree *tree, int64_t i, double point, double *sum) {
  double u = (tree->score[i] - point) / tree->h, k = match_kernel(tree->kernel, u);
  if (tree->power == 2) k *= k;
  for (int c = 0; c < tree->charges; c++) {
    double q = tree->charge[c][i] * k;
    sum[3 * c] += q;
    sum[3 * c + 1] += q * u;
    sum[3 * c + 2] += q * u * u;
  }
}

static void add_polynomial(const MatchTree *tree, const double *moment, double v, double *sum) {
  int degree = tree->degree;
  for (int c = 0; c < tree->charges; c++, moment += degree + 1, sum += 3) {
    double m[7] = {0};
    for (int k = 0; k <= degree; k++) m[k] = moment[k];
    for (int i = 1; i <= degree; i++)
      for (int k = degree; k >= i; k--) m[k] += v * m[k - 1];
    for (int p = 0; p < 3; p++) sum[p] += tree->kernel == KERNEL_UNIFORM ? m[p] : tree->power == 1 ? m[p] - m[p + 2] : m[p] - 2 * m[p + 2] + m[p + 4];
  }
}

static void add_gaussian(const MatchTree *tree, const double *moment, double v, double half, double *sum) {
  double step = -tree->power * v, term[TERMS], z = fabs(step) * half;
  int terms = 1;
  while (terms < TERMS && z > tree->needed[terms]) terms++;
  term[0] = exp(-0.5 * tree->power * v * v);
  for (int k = 1; k < terms; k++) term[k] = term[k - 1] * step * tree->inverse[k];
  for (int c = 0; c < tree->charges; c++, moment += MOMENTS, sum += 3) {
    double a0 = 0, a1 = 0, a2 = 0;
    for (int k = terms - 1; k >= 0; k--) {
      a0 += term[k] * moment[k];
      a1 += term[k] * moment[k + 1];
      a2 += term[k] * moment[k + 2];
    }
    sum[0] += a0;
    sum[1] += v * a0 + a1;
    sum[2] += v * v * a0 + 2 * v * a1 + a2;
  }
}

double match_tree_reach(const MatchTree *tree, double point, double width) {
  int64_t low = 0, high = tree->n;
  if (tree->kernel != KERNEL_GAUSSIAN) return tree->kernel == KERNEL_UNIFORM ? width : fmin(width, tree->h);
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (tree->score[middle] < point) low = middle + 1;
    else high = middle;
  }
  double nearest = INFINITY;
  if (low < tree->n) nearest = tree->score[low] - point;
  if (low > 0) nearest = fmin(nearest, point - tree->score[low - 1]);
  nearest /= tree->h;
  return fmin(width, tree->h * sqrt(nearest * nearest + tree->margin));
}

void match_tree_sums(const MatchTree *tree, double point, double width, double *sum) {
  const double *score = tree->score;
  int64_t stack[MOST_DEPTH];
  int depth = 0, size = tree->charges * (tree->degree + 1);
  for (int i = 0; i < 3 * tree->charges; i++) sum[i] = 0;
  if (tree->n == 0) return;
  width = match_tree_reach(tree, point, width);
  bool gaussian = tree->kernel == KERNEL_GAUSSIAN;
  double edge = tree->kernel == KERNEL_EPANECHNIKOV ? fmin(width, tree->h * sqrt(1 - 1.0 / 64)) : width;
  for (stack[depth++] = 1; depth > 0;) {
    int64_t node = stack[--depth], first, end;
    node_rows(tree, node, &first, &end);
    if (first == end) continue;
    double low = score[first] - point, high = score[end - 1] - point;
    if (low > width || high < -width) continue;
    double half = (high - low) / 2 / tree->h, v = (middle_of(score, first, end) - point) / tree->h;
    bool serves = low >= -edge && high <= edge && half <= 1.25 && (!gaussian || tree->power * half * fmax(fabs(v), half) <= 1.5);
    if (serves && end - first > 2) {
      if (gaussian) add_gaussian(tree, tree->moment + node * size, v, half, sum);
      else add_polynomial(tree, tree->moment + node * size, v, sum);
    } else if (node >= tree->leaves) {
      for (int64_t i = first; i < end; i++)
        if (fabs(score[i] - point) <= width) add_row(tree, i, point, sum);
    } else {
      stack[depth++] = 2 * node + 1;
      stack[depth++] = 2 * node;
    }
  }
}
