"""Writes separation.json: small random tables with separated rows, which rows those are by a linear program, and the estimates without them by Newton's method. The seeds are those of a
run over 3,000 on which the search once did not end, or found nothing, or scoring did not end. Not run by the tests.

    python tests/oracle/make_separation.py        (numpy, scipy)
"""
import json
import pathlib

import numpy as np
from scipy import optimize, stats


def table(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 90))
    levels = int(rng.integers(2, 8))
    x, d, c, g = rng.normal(size=n).round(1), rng.integers(0, 2, n) * (rng.random(n) < .3), rng.integers(0, 4, n), rng.integers(0, levels, n)
    family = str(rng.choice(["poisson", "logit", "probit"]))
    y = rng.poisson(np.exp(.5 * x - 1.5)) if family == "poisson" else (rng.uniform(size=n) < 1 / (1 + np.exp(1.5 - x * 2))).astype(int)
    if rng.random() < .5:
        y[d == 1] = 0
    if rng.random() < .3 and family != "poisson":
        y[c == 2] = 1
    if rng.random() < .2:
        y[x > 1] = 1 if family != "poisson" else 0
    effect = str(rng.choice(["", "g"]))
    X = [np.ones(n), x, d] + [c == k for k in (1, 2, 3)] + ([g == k for k in range(1, levels)] if effect else [])
    return family, effect, (x, d, c, g, y), np.column_stack(X).astype(float)


def separated(family, y, X):
    """The most rows with a positive signed index where none has a negative one; of counts only zeros can be separated, and elsewhere the index is zero."""
    held = (y > 0) & (family == "poisson")
    Z, (n, k) = X * np.where((y > 0) & ~held, 1, -1)[:, None], X.shape
    answer = optimize.linprog(np.r_[np.zeros(k), -np.ones(n)], A_ub=np.hstack([-Z, np.eye(n)])[~held], b_ub=np.zeros((~held).sum()), bounds=[(None, None)] * k + [(0, 1 - h) for h in held],
                              A_eq=np.hstack([Z, np.zeros((n, n))])[held] if held.any() else None, b_eq=np.zeros(held.sum()) if held.any() else None, method="highs")
    assert answer.status == 0
    return answer.x[k:] > 1e-6


def newton(family, y, X):
    b, s = np.zeros(X.shape[1]), 2 * y - 1
    if family == "poisson":
        for _ in range(500):
            mu = np.exp(X @ b)
            step = np.linalg.solve((X * mu[:, None]).T @ X, X.T @ (y - mu))
            b += step * min(1, 1 / np.abs(step).max())
        assert np.abs(X.T @ (y - np.exp(X @ b))).max() < 1e-9
        return b
    logcdf = stats.norm.logcdf if family == "probit" else lambda e: -np.logaddexp(0, -e)
    for _ in range(200):
        e = s * (X @ b)
        if family == "probit":
            ratio = np.exp(stats.norm.logpdf(e) - stats.norm.logcdf(e))
            score, curvature = ratio, ratio * (ratio + e)
        else:
            score, curvature = 1 / (1 + np.exp(e)), 1 / ((1 + np.exp(e)) * (1 + np.exp(-e)))
        step = np.linalg.solve((X * curvature[:, None]).T @ X, X.T @ (s * score))
        share = 1.0
        while logcdf(s * (X @ (b + share * step))).sum() < logcdf(e).sum() - 1e-12 and share > 1e-10:
            share /= 2
        b += share * step
    assert np.abs(X.T @ (s * score)).max() < 1e-9
    return b


def main():
    out = []
    for seed in (104, 1086, 1165, 1191, 1231, 1289, 1382, 2696, 2875, 2939, 3092):
        family, effect, columns, X = table(seed)
        y = columns[-1]
        gone = separated(family, y, X)
        kept = []
        for j in range(X.shape[1]):
            if np.linalg.matrix_rank(X[~gone][:, kept + [j]], tol=1e-8) > len(kept):
                kept.append(j)
        b = dict(zip(kept, newton(family, y[~gone], X[~gone][:, kept])))
        out.append({"seed": seed, "family": family, "effect": effect, "rows": [[float(v) for v in row] for row in zip(*columns)], "separated": [int(i) for i in np.flatnonzero(gone)],
                    "x": b[1], "d": b.get(2)})
        print(seed, family, effect, len(y), gone.sum(), b[1])
    (pathlib.Path(__file__).parent / "separation.json").write_text(json.dumps(out) + "\n")


main()
