/* The claims of random.c, by number. Expected draws: make_random.py and the published vectors. */
#include "check.h"
#include "num.h"

#include "random.inc"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* 1: known-answer vectors of Random123 (kat_vectors: philox2x64 10), then our own table */
static void test_bits(void) {
  Random zeros = {0, 0, 0}, ones = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
  Random pi = {.seed = 0xa4093822299f31d0, .stream = 0x13198a2e03707344, .index = 0x243f6a8885a308d3};
  CHECK(random_bits(&zeros) == 0xca00a0459843d731);
  CHECK(random_bits(&ones) == 0x65b021d60cd8310f);
  CHECK(random_bits(&pi) == 0x0a5e742c2997341c);
  for (size_t i = 0; i < ROWS(draws); i++) {
    Random at = {draws[i].seed, draws[i].stream, draws[i].index}, again = at, third = at;
    CHECK(random_bits(&at) == draws[i].bits && at.index == draws[i].index + 1);
    CHECK(random_uniform(&again) == draws[i].uniform);
    CHECK_NEAR(random_normal(&third), draws[i].normal, 1e-14, 0);
  }
}

/* 4 */
static void test_below(void) {
  for (size_t i = 0; i < ROWS(bounded); i++) {
    Random random = random_stream(5, i);
    for (int j = 0; j < 6; j++) CHECK(random_below(&random, bounded[i].limit) == bounded[i].drawn[j]);
    CHECK(random.index == bounded[i].index); /* as many draws were thrown away */
  }
  int64_t items[20];
  for (int64_t i = 0; i < 20; i++) items[i] = i;
  Random random = random_stream(11, 3);
  random_shuffle(&random, 20, items);
  CHECK(memcmp(items, shuffled, sizeof items) == 0);
  random_shuffle(&random, 0, items);
  random_shuffle(&random, 1, items);
  CHECK(memcmp(items, shuffled, sizeof items) == 0);
}

/* 1: the same draws backwards and with streams interleaved */
static void test_order(void) {
  enum { DRAWS = 1000 };
  static uint64_t forward[2][DRAWS];
  for (uint64_t s = 0; s < 2; s++) {
    Random random = random_stream(9, s);
    for (int i = 0; i < DRAWS; i++) forward[s][i] = random_bits(&random);
  }
  int same = 0, crossed = 0;
  for (uint64_t i = DRAWS; i-- > 0;) {
    for (uint64_t s = 0; s < 2; s++) {
      Random random = {9, s, i};
      same += random_bits(&random) == forward[s][i];
    }
    crossed += forward[0][i] == forward[1][i];
  }
  CHECK(same == 2 * DRAWS);
  CHECK(crossed == 0);
}

/* Chi-squared statistic of counts in cells of equal probability; its z is about N(0,1) by Wilson and Hilferty. */
static double uniformity(const int *count, int cells, double draws_made) {
  double expected = draws_made / cells, statistic = 0;
  for (int i = 0; i < cells; i++) statistic += (count[i] - expected) * (count[i] - expected) / expected;
  double df = cells - 1;
  return (cbrt(statistic / df) - (1 - 2 / (9 * df))) / sqrt(2 / (9 * df));
}

/* The seeds are fixed: these cannot fail by chance, only by a change. Bounds: 4 standard deviations. */
static void test_uniformity(void) {
  enum { CELLS = 256, DRAWS = 400000 };
  for (uint64_t seed = 0; seed < 4; seed++) {
    int upper[CELLS] = {0}, lower[CELLS] = {0}, pair[CELLS] = {0}, across[CELLS] = {0}, normal[CELLS] = {0}, below[7] = {0};
    Random random = random_stream(seed, 0), bounded_draws = random_stream(seed, 1), normals = random_stream(seed, 2);
    double sum = 0, square = 0, before = 0, lagged = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
      uint64_t bits = random_bits(&random);
      Random next_stream = {seed, i, 0}; /* the first draws of successive streams */
      upper[bits >> 56]++;
      lower[bits & 255]++;
      across[random_bits(&next_stream) >> 56]++;
      pair[(bits >> 60) * 16 + (random_bits(&random) >> 60)]++;
      below[random_below(&bounded_draws, 7)]++;
      double z = random_normal(&normals);
      normal[(int)(normal_cdf(z) * CELLS)]++;
      sum += z;
      square += z * z;
      lagged += z * before;
      before = z;
    }
    CHECK(fabs(uniformity(upper, CELLS, DRAWS)) < 4);
    CHECK(fabs(uniformity(lower, CELLS, DRAWS)) < 4);
    CHECK(fabs(uniformity(pair, CELLS, DRAWS)) < 4);
    CHECK(fabs(uniformity(across, CELLS, DRAWS)) < 4);
    CHECK(fabs(uniformity(normal, CELLS, DRAWS)) < 4);
    CHECK(fabs(uniformity(below, 7, DRAWS)) < 4);
    CHECK(fabs(sum / sqrt(DRAWS)) < 4);
    CHECK(fabs((square - DRAWS) / sqrt(2.0 * DRAWS)) < 4);
    CHECK(fabs(lagged / sqrt(DRAWS)) < 4);
  }
}

/* 2: the ends of the range */
static void test_uniform_ends(void) {
  double least = (0 + 0.5) * 0x1p-52, most = ((double)(UINT64_MAX >> 12) + 0.5) * 0x1p-52;
  CHECK(least > 0 && most < 1 && 1 - most == least);
  CHECK(normal_quantile(least) == -normal_quantile(most) && isfinite(normal_quantile(most)));
}

/* Every order of four items is as likely. */
static void test_shuffle(void) {
  int count[256] = {0}, orders[24], seen = 0;
  Random random = random_stream(3, 0);
  for (int i = 0; i < 48000; i++) {
    int64_t items[4] = {0, 1, 2, 3};
    random_shuffle(&random, 4, items);
    count[items[0] * 64 + items[1] * 16 + items[2] * 4 + items[3]]++;
  }
  for (int i = 0; i < 256; i++) {
    if (count[i] > 0 && seen < 24) orders[seen] = count[i];
    seen += count[i] > 0;
  }
  CHECK(seen == 24);
  CHECK(fabs(uniformity(orders, 24, 48000)) < 4);
}

CHECK_MAIN(test_bits, test_below, test_order, test_uniformity, test_uniform_ends, test_shuffle)
