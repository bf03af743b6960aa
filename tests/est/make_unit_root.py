#!/usr/bin/env python3
"""Writes unit_root.inc: p-values of Dickey-Fuller statistics from the table in ext/est/unit_root_tables.c, by MacKinnon's (1996) local fit in mpmath at 60 digits
(pip install mpmath): generalised least squares by the normal equations with the plain powers of the quantiles, another computation than the program's.

The table itself is compared with urca's (R), if R and urca are there: its p-values agree to 1e-5 (urca computes the same fit in doubles)."""
import pathlib
import re
import shutil
import subprocess

import mpmath as mp

mp.mp.dps = 60
HERE = pathlib.Path(__file__).resolve().parent
text = (HERE.parent.parent / "ext" / "est" / "unit_root_tables.c").read_text()
text = text[text.index("DICKEY_FULLER["):text.index("static double probability")]
TABLE = [[mp.mpf(number) for number in row.split(",")] for row in re.findall(r"\{([-0-9., e]+)\}", text)]
assert len(TABLE) == 221
thousandths = [mp.mpf(i) / 1000 for i in range(1, 11)]
P = [mp.mpf(i) / 10000 for i in (1, 2, 5)] + thousandths + [mp.mpf(i) / 1000 for i in range(15, 990, 5)]
P += [1 - p for p in reversed(thousandths)] + [1 - mp.mpf(i) / 10000 for i in (5, 2, 1)]
assert len(P) == 221


def p_value(t, case):
    q, error = [row[2 * case] for row in TABLE], [row[2 * case + 1] for row in TABLE]
    t = mp.mpf(t)
    near = min(range(221), key=lambda i: abs(q[i] - t))
    at = range(max(0, near - 4), min(221, near + 5))
    weighted = near < 216
    if near >= 216:
        at = range(near - 4, 221)
    n = len(at)
    x, y, omega = mp.matrix(n, 4), mp.matrix(n, 1), mp.eye(n)
    for a, i in enumerate(at):
        y[a] = mp.sqrt(2) * mp.erfinv(2 * P[i] - 1)
        for c in range(4):
            x[a, c] = q[i] ** c
        for b, j in enumerate(at):
            low, high = min(P[i], P[j]), max(P[i], P[j])
            if weighted:
                omega[a, b] = error[i] * error[j] * mp.sqrt(low * (1 - high) / (high * (1 - low)))
    weight = omega ** -1

    def fit(k):
        xk = x[:, :k]
        bread = (xk.T * weight * xk) ** -1
        beta = bread * (xk.T * weight * y)
        rest = y - xk * beta
        return beta, beta[k - 1] / mp.sqrt(bread[k - 1, k - 1] * (rest.T * weight * rest)[0] / (n - k))

    beta, t_cubic = fit(4)
    if abs(t_cubic) <= 2:
        beta, _ = fit(3)
    score = sum(b * t ** c for c, b in enumerate(beta))
    end = mp.sqrt(2) * mp.erfinv(2 * P[near] - 1)
    return mp.ncdf(min(score, end) if near == 0 else max(score, end) if near == 220 else score)


POINTS = [-12, -8.5, -6.15625, -5, -4.25, -3.5, -3.0625, -2.75, -2.5, -2, -1.5, -1, -0.5, 0, 0.25, 0.5, 1, 1.5, 2, 2.625, 3, 4]
rows = [(case, t, p_value(t, case)) for case in range(3) for t in POINTS]
if shutil.which("Rscript"):
    ask = "; ".join(f"cat(sprintf('%.17g\\n', urca::punitroot({t}, trend='{('nc', 'c', 'ct')[case]}')))" for case, t, _ in rows)
    known = subprocess.run(["Rscript", "-e", ask], capture_output=True, text=True).stdout.split()
    for (case, t, p), other in zip(rows, known):
        assert abs(p - mp.mpf(other)) <= 1e-5 * min(mp.mpf(other), 1 - mp.mpf(other)) + 1e-15, (case, t, p, other)
    print(len(known), "points agree with urca")
with open(HERE / "unit_root.inc", "w") as out:
    out.write("/* made by make_unit_root.py: case, statistic, p-value */\n")
    for case, t, p in rows:
        out.write(f"{{{case}, {t!r}, {mp.nstr(p, 20)}}},\n")
