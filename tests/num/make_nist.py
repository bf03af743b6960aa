#!/usr/bin/env python3
"""Writes nist.h: the linear regressions of NIST's Statistical Reference Datasets with their exact solutions.

The data (nist/*.csv) are NIST's, in the public domain. The solutions are computed here in rational arithmetic from the decimal data,
and agree with NIST's certified coefficients (15 digits, typed in below) or the script fails.

    python3 make_nist.py > nist.h
"""
import csv
import pathlib
from fractions import Fraction

HERE = pathlib.Path(__file__).parent / "nist"
# "longley weighted" is ours: row i (from 1) of Longley has weight i; only the exact solution speaks for it.
# name: (degree of the polynomial in x or None for the columns as they are, intercept, digits to be reached, certified coefficients)
SETS = {
    "norris": (1, True, 12, "-0.262323073774029 1.00211681802045"),
    "noint1": (1, False, 14, "2.07438016528926"),
    "noint2": (1, False, 14, "0.727272727272727"),
    "pontius": (2, True, 11, "0.673565789473684E-03 0.732059160401003E-06 -0.316081871345029E-14"),
    "longley": (None, True, 11, "-3482258.63459582 15.0618722713733 -0.358191792925910E-01 -2.02022980381683 -1.03322686717359 "
                                "-0.511041056535807E-01 1829.15146461355"),
    "longley_weighted": (None, True, 10, ""),
    "wampler1": (5, True, 9, "1 1 1 1 1 1"),
    "wampler2": (5, True, 9, "1 0.1 0.01 0.001 0.0001 0.00001"),
    "wampler3": (5, True, 9, "1 1 1 1 1 1"),
    "wampler4": (5, True, 7.5, "1 1 1 1 1 1"),
    "wampler5": (5, True, 5.5, "1 1 1 1 1 1"),
    "filip": (10, True, 7, "-1467.48961422980 -2772.17959193342 -2316.37108160893 -1127.97394098372 -354.478233703349 -75.1242017393757 "
                           "-10.8753180355343 -1.06221498588947 -0.670191154593408E-01 -0.246781078275479E-02 -0.402962525080404E-04"),
}


def solve(x, y, w):
    """Coefficients, (X'X)^-1 and the sum of squared residuals, exactly."""
    k = len(x[0])
    a = [[sum(u * r[i] * r[j] for u, r in zip(w, x)) for j in range(k)] + [sum(u * r[i] * v for u, r, v in zip(w, x, y))] + [Fraction(i == j) for j in range(k)]
         for i in range(k)]
    for i in range(k):
        pivot = next(r for r in range(i, k) if a[r][i] != 0)
        a[i], a[pivot] = a[pivot], a[i]
        a[i] = [v / a[i][i] for v in a[i]]
        for r in range(k):
            if r != i:
                a[r] = [u - a[r][i] * v for u, v in zip(a[r], a[i])]
    b = [row[k] for row in a]
    return b, [row[k + 1:] for row in a], sum(u * (v - sum(p * q for p, q in zip(r, b))) ** 2 for u, r, v in zip(w, x, y))


def numbers(values):
    lines, line = [], ""
    for v in values:
        text = v if isinstance(v, str) else repr(float(v))
        if len(line) + len(text) > 130:
            lines.append(line.rstrip())
            line = ""
        line += text + ", "
    return "\n  ".join(lines + [line.rstrip(", ")])


def main():
    print("/* Written by make_nist.py from nist/: NIST StRD linear regressions. beta, std_error and ssr are exact solutions, rounded once. */\n")
    rows = []
    for name, (degree, intercept, digits, certified) in SETS.items():
        text = list(csv.reader((HERE / f"{name.split('_')[0]}.csv").open()))[1:]
        y = [Fraction(r[0]) for r in text]
        raw = [[Fraction(v) for v in r[1:]] for r in text]
        x = [([Fraction(1)] if intercept else []) + ([r[0] ** d for d in range(1, degree + 1)] if degree else r) for r in raw]
        weighted = name.endswith("_weighted")
        b, inverse, ssr = solve(x, y, [Fraction(i + 1 if weighted else 1) for i in range(len(y))])
        for ours, theirs in zip(b, certified.split()):
            assert abs(ours / Fraction(theirs) - 1) < Fraction(1, 10 ** 14) * 5, (name, float(ours), theirs)
        assert weighted or len(b) == len(certified.split())
        n, k = len(y), len(b)
        se = []
        for j in range(k):  # the square root of a fraction to more digits than a double has
            square = ssr / (n - k) * inverse[j][j]
            scaled = square.numerator * 10 ** 80 // square.denominator
            root = int(scaled ** 0.5) if scaled < 2 ** 52 else 1 << (scaled.bit_length() + 1) // 2
            while True:
                nearer = (root + scaled // root) // 2 if root else 0
                if nearer >= root:
                    break
                root = nearer
            se.append(Fraction(root, 10 ** 40))
        columns = len(raw[0])
        print(f"static const double nist_{name}_y[{n}] = {{\n  {numbers([r[0] for r in text])}}};")
        print(f"static const double nist_{name}_x[{n * columns}] = {{\n  {numbers([r[c + 1] for c in range(columns) for r in text])}}};")
        print(f"static const double nist_{name}_beta[{k}] = {{\n  {numbers(b)}}};")
        print(f"static const double nist_{name}_se[{k}] = {{\n  {numbers(se)}}};\n")
        rows.append(f'  {{"{name}", {n}, {k}, {columns}, {degree or 0}, {str(intercept).lower()}, {str(weighted).lower()}, {digits}, {float(ssr)!r}, '
                    f"nist_{name}_y, nist_{name}_x, nist_{name}_beta, nist_{name}_se}},")
    print("static const struct NistSet {\n  const char *name;\n  int n, k, columns, degree; /* degree 0: the columns as they are */\n"
          "  bool intercept, weighted; /* weights 1, 2, 3 ... */\n  double digits, ssr;\n  const double *y, *x, *beta, *se;\n} nist_sets[] = {")
    print("\n".join(rows) + "\n};")


main()
