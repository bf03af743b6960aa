"""Writes did_placebo.json: what every possible placebo draw gives, each a regression with all dummies by numpy: on a panel of six units all assignments of
two cohorts, of their earlier adoptions, and of a regressor's histories; on the castle laws adoption moved earlier. Not run by the tests.

    python tests/oracle/make_did_placebo.py        (numpy)
"""
import csv
import itertools
import json
import math
import pathlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
COHORT = {0: 4, 1: 6}  # unit: first treated period; the tests make the same table in SQL


def panel(holes=()):
    rows = []
    for i in range(42):
        unit, t = i // 7, i % 7 + 1
        if (unit, t) not in holes:
            rows.append((unit, t, (i * 7919 % 1009) / 100 + unit * unit, (i * 104729 % 997) / 100, 1 + i % 3))
    return rows


def estimate(unit, time, y, d, controls, weight=None):
    """b and its error clustered by unit: K counts the regressors, the periods less one, and the units, which are nested, once."""
    unit, time, y, d = list(unit), list(time), np.array(y, float), np.array(d, float)
    w = np.ones(len(y)) if weight is None else np.array(weight, float)
    r = np.sqrt(w)
    rest = [np.array(unit) == u for u in sorted(set(unit))] + [np.array(time) == t for t in sorted(set(time))] + [np.array(c) for c in controls]
    a = np.column_stack(rest).astype(float)
    solve = lambda v: v - a @ np.linalg.lstsq(a * r[:, None], v * r, rcond=1e-11)[0]
    e, u = solve(d), solve(y)
    if (w * e) @ e < 1e-16 * (w * (d - d.mean())) @ (d - d.mean()) + 1e-300:
        return None
    b = (w * e) @ y / ((w * e) @ e)
    left = u - b * e
    units = sorted(set(unit))
    meat = sum(((w * e * left)[np.array(unit) == g].sum()) ** 2 for g in units)
    n, k, g = len(y), 1 + len(controls) + 1 + len(set(time)) - 1, len(units)
    variance = meat / ((w * e) @ e) ** 2 * (n - 1) / (n - k) * g / (g - 1)
    return [float(b), float(math.sqrt(variance))]


def assignments(rows, cohorts, shifts, before, weights=False):
    """All ways in which the units can have the cohorts, by shift."""
    units = sorted({r[0] for r in rows})
    held = [cohorts.get(u) for u in units]
    out = []
    keep = [r for r in rows if not before or r[1] < cohorts.get(r[0], 99)]
    for order in set(itertools.permutations(held)):
        given = dict(zip(units, order))
        for shift in shifts:
            d = [float(given[u] is not None and t >= given[u] - shift) for u, t, *_ in keep]
            out.append([shift, estimate([r[0] for r in keep], [r[1] for r in keep], [r[2] for r in keep], d, [[r[3] for r in keep]], [r[4] for r in keep] if weights else None)])
    return out


def histories(rows):
    """All ways in which the units can have each other's x: the donor's value in the period, else its last one before, else its first after."""
    units = sorted({r[0] for r in rows})
    x = {(r[0], r[1]): r[3] for r in rows}

    def value(u, t):
        known = sorted(s for v, s in x if v == u)
        earlier = [s for s in known if s <= t]
        return x[u, earlier[-1] if earlier else known[0]]

    out = []
    for order in itertools.permutations(units):
        d = [value(order[units.index(r[0])], r[1]) for r in rows]
        out.append(estimate([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], d, []))
    return out


def castle():
    with open(ROOT / "sql" / "data" / "castle.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    first = {}
    for r in rows:
        if r["post"] == "1":
            first[r["sid"]] = min(first.get(r["sid"], 9999), int(r["year"]))
    keep = [r for r in rows if int(r["year"]) < first.get(r["sid"], 9999)]
    out = []
    for shift in (1, 2, 3):
        d = [float(int(r["year"]) >= first.get(r["sid"], 99999) - shift) for r in keep]
        out.append(estimate([r["sid"] for r in keep], [int(r["year"]) for r in keep], [float(r["l_homicide"]) for r in keep], d, [[float(r["unemployrt"]) for r in keep]]))
    return out


HOLES = ((2, 3), (0, 1), (4, 1), (4, 2))
out = {"units": assignments(panel(), COHORT, [0], False), "units_weights": assignments(panel(), COHORT, [0], False, True), "holes": assignments(panel(HOLES), COHORT, [0], False),
       "time": assignments(panel(), COHORT, [1, 2, 3, 4], True)[0:0], "mixed": assignments(panel(), COHORT, [1, 2], True), "histories": histories(panel()),
       "histories_holes": histories(panel(HOLES)), "castle_time": castle()}
full = panel()
before = [r for r in full if r[1] < COHORT.get(r[0], 99)]
out["time"] = [estimate([r[0] for r in before], [r[1] for r in before], [r[2] for r in before],
                        [float(r[1] >= COHORT.get(r[0], 99) - shift) for r in before], [[r[3] for r in before]]) for shift in (1, 2, 3, 4)]
real = [float(r[1] >= COHORT.get(r[0], 99)) for r in full]
out["real"] = estimate([r[0] for r in full], [r[1] for r in full], [r[2] for r in full], real, [[r[3] for r in full]])
(pathlib.Path(__file__).parent / "did_placebo.json").write_text(json.dumps(out) + "\n")
print({k: len(v) for k, v in out.items()}, out["real"], out["time"], out["castle_time"])
