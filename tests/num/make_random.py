#!/usr/bin/env python3
"""Writes tests/num/random.inc: draws of the generator of ext/num/random.c, computed from the papers with Python's integers and mpmath
(pip install mpmath). The published vectors of Random123 for Philox2x64-10 are checked first; they are in test_random.c too."""
import os

from mpmath import mp, mpf

mp.dps = 40
WORD = 2**64


def philox2x64(counter, key, rounds=10):
    left, right = counter
    for number in range(rounds):
        product = 0xD2B74407B1CE6E93 * left
        left, right = (product // WORD) ^ ((key + number * 0x9E3779B97F4A7C15) % WORD) ^ right, product % WORD
    return left, right


assert philox2x64((0, 0), 0) == (0xCA00A0459843D731, 0x66C24222C9A845B5)
assert philox2x64((WORD - 1, WORD - 1), WORD - 1) == (0x65B021D60CD8310F, 0x4D02F3222F86DF20)
assert philox2x64((0x243F6A8885A308D3, 0x13198A2E03707344), 0xA4093822299F31D0) == (0x0A5E742C2997341C, 0xB0F883D38000DE5D)


class Stream:
    def __init__(self, seed, stream, index=0):
        self.seed, self.stream, self.index = seed, stream, index

    def bits(self):
        word = philox2x64((self.index, self.stream), self.seed)[0]
        self.index = (self.index + 1) % WORD
        return word

    def uniform(self):
        return mpf(2 * (self.bits() >> 12) + 1) / 2**53

    def below(self, limit):
        while True:  # the reject test in its plain form: the low word is below 2^64 mod limit
            high, low = divmod(self.bits() * limit, WORD)
            if low >= WORD % limit:
                return high


def normal(u):
    flip = u > 0.5
    tail = 1 - u if flip else u
    z = mp.findroot(lambda z: mp.log(mp.erfc(z / mp.sqrt(2)) / 2 / tail), mp.sqrt(-2 * mp.log(tail)) if tail < 0.1 else (0.5 - tail) * 2.5)
    return z if flip else -z


STREAMS = [(0, 0), (1, 0), (0, 1), (42, 7), (WORD - 1, WORD - 1), (20240101, 123456789)]
LIMITS = [1, 2, 3, 6, 10, 1000, 10**6 + 3, 2**31, 2**62 + 1, 3 * 2**61, 2**63 - 1]

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "random.inc"), "w") as out:
    out.write("/* Made by make_random.py: do not edit. */\n\n")
    out.write("static const struct { uint64_t seed, stream, index, bits; double uniform, normal; } draws[] = {\n")
    for seed, stream in STREAMS:
        for index in [0, 1, 2, 3, 2**32, WORD - 1]:
            word = Stream(seed, stream, index).bits()
            u = Stream(seed, stream, index).uniform()
            out.write(f"  {{{seed}u, {stream}u, {index}u, {word:#x}u, {mp.nstr(u, 17)}, {mp.nstr(normal(u), 20)}}},\n")
    out.write("};\n\nstatic const struct { int64_t limit, drawn[6]; uint64_t index; } bounded[] = { /* seed 5, stream = row */\n")
    for row, limit in enumerate(LIMITS):
        source = Stream(5, row)
        drawn = [source.below(limit) for _ in range(6)]
        out.write(f"  {{{limit}, {{{', '.join(map(str, drawn))}}}, {source.index}}},\n")
    items = list(range(20))
    source = Stream(11, 3)
    for last in range(19, 0, -1):
        other = source.below(last + 1)
        items[last], items[other] = items[other], items[last]
    out.write(f"}};\n\nstatic const int64_t shuffled[20] = {{{', '.join(map(str, items))}}}; /* seed 11, stream 3 */\n")
