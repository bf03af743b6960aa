"""Writes indices.json: composite indices, inequality and complexity by NumPy, each from its definition (shares and their logarithms, whole matrices of
differences, a general eigenvalue solver), not by the sums and sorts of the extension. Run in this folder: python3 indices.py > indices.json"""
import itertools
import json
import pathlib

import numpy as np
import pandas as pd

DATA = pathlib.Path(__file__).resolve().parents[2] / "sql" / "data"
munnell, gapminder = pd.read_csv(DATA / "munnell.csv"), pd.read_csv(DATA / "gapminder.csv")


def turned(x, direction, low=None, high=None):
    x = np.asarray(x, float)
    if direction == "+":
        return (x - x.min()) / (x.max() - x.min())
    if direction == "-":
        return (x.max() - x) / (x.max() - x.min())
    away = np.where(x < low, low - x, np.where(x > high, x - high, 0.0))
    return 1 - away / away.max()


def amounts(method, z, raw):
    """What weights are in proportion to: columns of z; raw: the columns before."""
    n = len(z)
    if method == "entropy":
        p = z / z.sum(0)
        terms = np.zeros_like(p)
        terms[p > 0] = p[p > 0] * np.log(p[p > 0])
        return 1 + terms.sum(0) / np.log(n)
    if method == "critic":
        return z.std(0, ddof=1) * (1 - np.atleast_2d(np.corrcoef(z.T))).sum(0)
    if method == "cv":
        return raw.std(0, ddof=1) / abs(raw.mean(0))
    return np.ones(z.shape[1])


def shares(a):
    return np.ones(1) if len(a) == 1 else a / a.sum()


def index(data, indicators, method="entropy", nested=False, shift=0.0, low=0.0, high=1.0):
    """indicators: (column, direction, low, high, dimension)"""
    raw = np.column_stack([data[i[0]].to_numpy(float) for i in indicators])
    z = low + (high - low) * np.column_stack([turned(data[i[0]], *i[1:4]) for i in indicators]) + shift
    dimension = [i[4] for i in indicators]
    names = list(dict.fromkeys(dimension))
    a = amounts(method, z, raw)
    if nested:
        w, within = np.zeros(len(indicators)), {}
        for name in names:
            own = [j for j, d in enumerate(dimension) if d == name]
            a[own] = amounts(method, z[:, own], raw[:, own]) if len(own) > 1 or method != "critic" else 0.0
            w[own] = shares(a[own])
            within[name] = z[:, own] @ w[own]
        s = np.column_stack([within[name] for name in names])
        top = amounts(method, s, s)
        big = dict(zip(names, shares(top)))
        w = np.array([w[j] * big[d] for j, d in enumerate(dimension)])
    else:
        w = shares(a)
        big = {name: sum(w[j] for j, d in enumerate(dimension) if d == name) for name in names}
        within = {name: z[:, [j for j, d in enumerate(dimension) if d == name]] @ np.array([w[j] for j, d in enumerate(dimension) if d == name]) / big[name] for name in names}
    score = z @ w
    out = {"weight": w.tolist(), "divergence": a.tolist(), "score": score[:5].tolist(), "score_sum": float(score.sum())}
    if names != [None]:
        out["dimension_weight"] = big
        out["dimension_score"] = {name: within[name][:5].tolist() for name in names}
    return out


def topsis(data, indicators, norm):
    w = np.array(index(data, indicators)["weight"])
    v = []
    smaller = []
    for name, direction, low, high, _ in indicators:
        x = data[name].to_numpy(float)
        plain = norm != "minmax" and direction in "+-"
        column = x if plain else turned(x, direction, low, high)
        v.append(column / np.sqrt((column ** 2).sum()) if norm == "l2" else column)
        smaller.append(plain and direction == "-")
    a = np.column_stack(v) * w
    best = np.where(smaller, a.min(0), a.max(0))
    worst = np.where(smaller, a.max(0), a.min(0))
    to_best, to_worst = np.sqrt(((a - best) ** 2).sum(1)), np.sqrt(((a - worst) ** 2).sum(1))
    score = to_worst / (to_best + to_worst)
    return {"score": score[:5].tolist(), "score_sum": float(score.sum()), "distance_best": to_best[:5].tolist(), "distance_worst": to_worst[:5].tolist()}


MIXED = [("P_CAP", "+", None, None, None), ("HWY", "+", None, None, None), ("UNEMP", "-", None, None, None), ("EMP", "m", 1000, 1000, None), ("GSP", "i", 30000, 90000, None)]
DIMENSIONS = [("P_CAP", "+", None, None, "public"), ("HWY", "+", None, None, "public"), ("PC", "+", None, None, "private"), ("GSP", "+", None, None, "private"),
              ("UNEMP", "-", None, None, "labour")]
out = {"entropy": {
    "mixed": index(munnell, MIXED),
    "shift": index(munnell, MIXED, shift=0.001),
    "range": index(munnell, MIXED, low=0.1, high=0.9),
    "critic": index(munnell, MIXED, "critic"),
    "cv": index(munnell, MIXED, "cv"),
    "equal": index(munnell, MIXED, "equal"),
    "flat": index(munnell, DIMENSIONS),
    "nested": index(munnell, DIMENSIONS, nested=True),
    "nested_shift": index(munnell, DIMENSIONS, nested=True, shift=0.0001),
    "nested_critic": index(munnell, DIMENSIONS, "critic", nested=True),
    "nested_cv": index(munnell, DIMENSIONS, "cv", nested=True),
    "scope": {str(year): index(munnell[munnell.YR == year], MIXED) for year in (1970, 1986)},
}, "topsis": {norm: topsis(munnell, MIXED, norm) for norm in ("minmax", "l2", "none")}}


# ---- inequality: double sums over all pairs
def inequality(y, g, w=None):
    y, g = np.asarray(y, float), np.asarray(g)
    p = np.ones(len(y)) if w is None else np.asarray(w, float)
    p = p / p.sum()
    m = (p * y).sum()
    names = sorted(set(g))
    P = {a: p[g == a].sum() for a in names}
    M = {a: (p[g == a] * y[g == a]).sum() / P[a] for a in names}
    S = {a: P[a] * M[a] / m for a in names}

    def gini(a, b):
        return (np.outer(p[g == a] / P[a], p[g == b] / P[b]) * abs(y[g == a][:, None] - y[g == b])).sum() / (M[a] + M[b])

    between = over = 0.0
    for a, b in itertools.combinations(names, 2):
        a, b = (a, b) if M[a] >= M[b] else (b, a)
        weight, apart = np.outer(p[g == a] / P[a], p[g == b] / P[b]), y[g == a][:, None] - y[g == b]
        d, q = (weight * np.maximum(apart, 0)).sum(), (weight * np.maximum(-apart, 0)).sum()
        affluence, part = (d - q) / (d + q), gini(a, b) * (P[a] * S[b] + P[b] * S[a])
        between += part * affluence
        over += part * (1 - affluence)
    theil = lambda v, q: (q * v / (q * v).sum() * np.log(v / (q * v).sum())).sum()
    return {"cv": float(y.std(ddof=1) / y.mean() if w is None else np.sqrt((p * (y - m) ** 2).sum()) / m),
            "gini": [float(np.sum(np.outer(p, p) * abs(y[:, None] - y)) / (2 * m)), float(sum(gini(a, a) * P[a] * S[a] for a in names)), float(between), float(over)],
            "theil": [float(theil(y, p)), float(sum(S[a] * theil(y[g == a], p[g == a] / P[a]) for a in names)), float(sum(S[a] * np.log(M[a] / m) for a in names))],
            "pairs": {f"{a}|{b}": float(gini(a, b)) for a in names for b in names if b <= a}}


out["inequality"] = {}
for year in (1952, 2007):
    part = gapminder[gapminder.year == year]
    out["inequality"][str(year)] = inequality(part.gdpPercap, part.continent)
    out["inequality"][f"{year} weighted"] = inequality(part.gdpPercap, part.continent, part["pop"])

# ---- trade: a small world made by a rule (the test makes the same)
X = np.array([[((c * c * 7 + p * 13 + c * p * 5) % 17) ** 2 * (1 + (c * p) % 3) for p in range(23)] for c in range(12)], float)
income = np.array([1000 + 700 * c + (c * 37) % 11 * 150 for c in range(12)], float)
s = X / X.sum(1, keepdims=True)
prody = (s / s.sum(0) * income[:, None]).sum(0)
M = (s / (X.sum(0) / X.sum()) >= 1).astype(float)
kc, kp = M.sum(1), M.sum(0)


def second(matrix):
    value, vector = np.linalg.eig(matrix)
    v = vector[:, np.argsort(-value.real)[1]].real
    return (v - v.mean()) / v.std(ddof=1)


eci = second((M / kc[:, None]) @ (M / kp).T)
pci = second((M / kp).T @ (M / kc[:, None]))
eci *= np.sign(np.corrcoef(eci, kc)[0, 1])
pci *= np.sign(np.corrcoef(pci, (M * eci[:, None]).sum(0) / kp)[0, 1])
out["trade"] = {"prody": prody.tolist(), "expy": (s @ prody).tolist(), "eci": eci.tolist(), "pci": pci.tolist(), "diversity": kc.tolist(), "ubiquity": kp.tolist()}
print(json.dumps(out, indent=1))
