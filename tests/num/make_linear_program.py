#!/usr/bin/env python3
"""Writes linear_program.inc: small linear programs and what HiGHS (scipy.optimize.linprog, tolerances 1e-10) says of them. Small whole numbers, so that degenerate, infeasible and unbounded
programs are common; some with upper bounds, redundant rows, equalities only, and efficiency programs of the kind that panel_tfp solves."""
import pathlib

import numpy as np
from scipy.optimize import linprog

random = np.random.default_rng(7)
programs = []


def add(a, b, c, upper=None):
    a, b, c = np.asarray(a, float), np.asarray(b, float), np.asarray(c, float)
    bounds = [(0, None if upper is None or np.isinf(u) else u) for u in (upper if upper is not None else c)]
    found = linprog(c, A_eq=a, b_eq=b, bounds=bounds, method="highs", options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10, "presolve": False})
    status = {0: "LINEAR_OPTIMAL", 2: "LINEAR_INFEASIBLE", 3: "LINEAR_UNBOUNDED"}[found.status]
    programs.append((a, b, c, upper, status, found.fun if found.status == 0 else 0.0))


for m, n, count in ((1, 3, 6), (2, 5, 12), (3, 6, 20), (4, 10, 20), (6, 15, 16), (9, 25, 10), (14, 40, 6)):
    for _ in range(count):
        a = random.integers(-4, 6, (m, n))
        b = a @ random.integers(0, 3, n) if random.random() < .75 else random.integers(-5, 9, m)
        c = random.integers(-3, 8, n) if random.random() < .3 else random.integers(0, 8, n)
        if random.random() < .4:
            a[:, -m:] = np.eye(m, dtype=int)
        if m > 2 and random.random() < .3:
            a[m - 1], b[m - 1] = a[0] + a[1], b[0] + b[1]  # a row that follows from others
        upper = np.where(random.random(n) < .5, random.integers(0, 6, n), np.inf) if random.random() < .45 else None
        add(a, b, c, upper)
for _ in range(12):  # output-oriented efficiency, constant or variable returns
    units, inputs, outputs = 15, 2, 1 + _ % 2
    x, y, vrs, i = random.integers(1, 20, (inputs, units)), random.integers(1, 20, (outputs, units)), _ % 3 == 0, random.integers(0, units)
    a = np.block([[x, np.zeros((inputs, 1)), np.eye(inputs), np.zeros((inputs, outputs))], [y, -y[:, [i]], np.zeros((outputs, inputs)), -np.eye(outputs)]])
    b = np.r_[x[:, i], np.zeros(outputs)]
    if vrs:
        a, b = np.vstack([a, np.r_[np.ones(units), np.zeros(1 + inputs + outputs)]]), np.r_[b, 1]
    add(a, b, np.r_[np.zeros(units), -1, np.zeros(inputs + outputs)])

number = lambda v: "INFINITY" if np.isinf(v) else f"{v:g}" if v == round(v) and abs(v) < 1e6 else repr(float(v))
with open(pathlib.Path(__file__).parent / "linear_program.inc", "w") as out:
    out.write("/* made by make_linear_program.py: m, n, a by columns, b, c, upper, status, objective */\n")
    for a, b, c, upper, status, value in programs:
        parts = [",".join(number(v) for v in part) for part in (a.T.ravel(), b, c, upper if upper is not None else [])]
        out.write(f"{{{a.shape[0]}, {a.shape[1]}, (const double[]){{{parts[0]}}}, (const double[]){{{parts[1]}}}, (const double[]){{{parts[2]}}}, "
                  f"{'NULL' if upper is None else '(const double[]){' + parts[3] + '}'}, {status}, {value!r}}},\n")
from collections import Counter
print(len(programs), Counter(p[4] for p in programs))
