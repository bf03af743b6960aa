#!/usr/bin/env python3
"""Writes panel_tfp.json. Needs numpy and scipy.

Malmquist: every distance as the reciprocal of an output-oriented (or the value of an input-oriented) envelopment program solved by HiGHS (scipy.optimize.linprog), on the shipped table munnell
from 1970 to 1973, with one and two outputs, and on the same without some rows. Regressions: numpy.linalg.lstsq with a dummy for each level. Growth accounting: numpy."""
import csv
import json
import pathlib

import numpy as np
from scipy.optimize import linprog

HERE = pathlib.Path(__file__).resolve().parent
with open(HERE.parent.parent / "sql" / "data" / "munnell.csv", newline="") as file:
    ROWS = [(row["STATE"], int(row["YR"]), *(float(row[name]) for name in ("GSP", "EMP", "PC", "P_CAP", "UNEMP"))) for row in csv.DictReader(file)]
TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


def distance(x, y, x0, y0, vrs=False, towards="output"):
    """x: inputs by units, y: outputs by units."""
    units = x.shape[1]
    if towards == "output":
        a = np.block([[x, np.zeros((len(x), 1))], [-y, y0[:, None]]])
        b, c = np.r_[x0, np.zeros(len(y))], np.r_[np.zeros(units), -1]
    else:
        a = np.block([[x, -x0[:, None]], [-y, np.zeros((len(y), 1))]])
        b, c = np.r_[np.zeros(len(x)), -y0], np.r_[np.zeros(units), 1]
    scale = np.abs(a).max(axis=1)
    equal = dict(A_eq=np.r_[np.ones(units), 0][None, :], b_eq=[1]) if vrs else {}
    found = linprog(c, A_ub=a / scale[:, None], b_ub=b / scale, **equal, method="highs-ds", options=TIGHT)
    assert found.status == 0
    return -1 / found.fun if towards == "output" else found.fun


def malmquist(rows, inputs, outputs, towards):
    at = {(row[0], row[1]): row for row in rows}
    period = {t: [row for row in rows if row[1] == t] for t in {row[1] for row in rows}}
    x = {t: np.array([[row[i] for row in p] for i in inputs]) for t, p in period.items()}
    y = {t: np.array([[row[o] for row in p] for o in outputs]) for t, p in period.items()}

    def d(s, row, **how):
        return distance(x[s], y[s], np.array([row[i] for i in inputs]), np.array([row[o] for o in outputs]), **how)

    result = []
    for row in rows:
        t, s = row[1], row[1] - 1
        own, before = d(t, row), at.get((row[0], s))
        line = {"id": row[0], "time": t, "efficiency": own}
        if before:
            own_before, pure = d(s, before), d(t, row, vrs=True, towards=towards) / d(s, before, vrs=True, towards=towards)
            line["efficiency_change"] = own / own_before
            line["technical_change"] = np.sqrt(d(s, row) / own * own_before / d(t, before))
            line["malmquist"] = line["efficiency_change"] * line["technical_change"]
            line["pure_efficiency_change"], line["scale_change"] = pure, line["efficiency_change"] / pure
        result.append(line)
    return result


few = [row for row in ROWS if row[1] <= 1973]
holes = [row for i, row in enumerate(few) if i % 11 != 4]
out = {"one": malmquist(few, (3, 4, 5), (2,), "output"), "input": malmquist(few[:64], (3, 4), (2,), "input"), "two": malmquist(holes, (4, 5), (2, 3), "output")}
for name in out:
    out[name] = [{key: float(f"{value:.13g}") if isinstance(value, float) else value for key, value in line.items()} for line in out[name]]

# production functions
states, years = sorted({row[0] for row in ROWS}), sorted({row[1] for row in ROWS})
lny, lnx = np.log([row[2] for row in ROWS]), np.log([[row[3], row[4]] for row in ROWS])
unit = np.array([[row[0] == s for s in states] for row in ROWS], float)
year = np.array([[row[1] == t for t in years[1:]] for row in ROWS], float)
for name, z in (("ols", np.ones((len(ROWS), 1))), ("fe", np.hstack([unit, year])), ("fe_unit", unit)):
    b = np.linalg.lstsq(np.hstack([lnx, z]), lny, rcond=None)[0][:2]
    out[name] = {"elasticity": list(b), "ln_tfp": [float(v) for v in (lny - lnx @ b)[:60]]}
solow = lny - lnx @ [.65, .35]
out["growth"] = [float(v) for v in solow[:60]]
share = np.array([.5 + .01 * (row[1] - 1970) + row[6] / 100 for row in ROWS])
tornqvist, sums = [], 0.0
for i, row in enumerate(ROWS[:51]):
    if row[1] == 1970:
        sums = 0.0
    else:
        m = (share[i] + share[i - 1]) / 2
        sums += lny[i] - lny[i - 1] - m * (lnx[i, 0] - lnx[i - 1, 0]) - (1 - m) * (lnx[i, 1] - lnx[i - 1, 1])
    tornqvist.append(sums)
out["tornqvist"] = tornqvist
(HERE / "panel_tfp.json").write_text(json.dumps(out).replace("}, {", "},\n{"))
