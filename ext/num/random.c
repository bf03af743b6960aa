/* random.c: a counter-based generator.
 *
 * 1. Draw (seed, stream, index) is the first word of Philox2x64-10 with the counter (index, stream) and the key seed:
 *    Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC'11, sections 3.2 and 4.3. Nothing is carried from
 *    draw to draw but the index, so draws can be made in any order and on any thread; 2^64 streams of 2^64 draws for each seed.
 * 2. Uniforms are (m + 1/2) 2^-52 with m the upper 52 bits: never 0 or 1, and u and 1-u are both exact.
 * 3. Normals by inversion, through normal_quantile, which uses nothing but +, -, *, / and square roots: the same bits on every machine.
 *    They reach 8.1 standard deviations.
 * 4. Bounded integers by Lemire (2019), "Fast random integer generation in an interval", ACM TOMACS 29(1): unbiased, mostly one draw. */
#include "num.h"

#include <assert.h>

static uint64_t multiply_wide(uint64_t a, uint64_t b, uint64_t *high) {
#ifdef __SIZEOF_INT128__
  __extension__ typedef unsigned __int128 Wide;
  Wide product = (Wide)a * b;
  *high = (uint64_t)(product >> 64);
  return (uint64_t)product;
#else
  uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
  uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), cross = a0 * b1 + (middle & 0xffffffff);
  *high = a1 * b1 + (middle >> 32) + (cross >> 32);
  return a * b;
#endif
}

Random random_stream(uint64_t seed, uint64_t stream) {
  return (Random){seed, stream, 0};
}

uint64_t random_bits(Random *random) {
  uint64_t left = random->index++, right = random->stream, key = random->seed;
  for (int round = 0; round < 10; round++) {
    uint64_t high, low = multiply_wide(left, 0xD2B74407B1CE6E93u, &high);
    left = high ^ key ^ right;
    right = low;
    key += 0x9E3779B97F4A7C15u; /* the golden ratio: Weyl sequence */
  }
  return left;
}

double random_uniform(Random *random) {
  return ((double)(random_bits(random) >> 12) + 0.5) * 0x1p-52;
}

int64_t random_below(Random *random, int64_t limit) {
  assert(limit > 0);
  uint64_t range = (uint64_t)limit, high, low = multiply_wide(random_bits(random), range, &high);
  if (low < range) {
    uint64_t excess = (0 - range) % range; /* 2^64 mod range */
    while (low < excess) low = multiply_wide(random_bits(random), range, &high);
  }
  return (int64_t)high;
}

double random_normal(Random *random) {
  return normal_quantile(random_uniform(random));
}

void random_shuffle(Random *random, int64_t n, int64_t *items) {
  for (int64_t last = n - 1; last > 0; last--) {
    int64_t other = random_below(random, last + 1), kept = items[last];
    items[last] = items[other];
    items[other] = kept;
  }
}
