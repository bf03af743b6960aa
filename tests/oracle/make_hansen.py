#!/usr/bin/env python3
"""Writes hansen.json: Hansen's (1999) investment regressions by brute force in NumPy (one least squares a candidate, nothing shared with the program), from
../shared/data/hansen_invest.csv beside the repository. Needs numpy; run in this folder.

`published` is what he prints: Tables 2 and 3 of the paper, with the digits of the output file thresh.out that comes with his program. His sum of squares
leaves the last of the 14 years out after the means are taken off (page 348: "one time period deleted"), a row at the threshold is above it while he searches, and
candidates are 393 quantiles: `program` does the same and gives his numbers to all digits. `within` is the sum of squares over all 14 years (the within estimator,
as xtreg and fe_ols have it), rows at the threshold below it, over all distinct values but 1% at each end, 1% of the rows in a regime: what fe_threshold does."""
import csv
import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
FIRMS, YEARS = 565, 15
DEGREES = FIRMS * (YEARS - 2)
rows = list(csv.reader(open(HERE.parent.parent.parent / "shared" / "data" / "hansen_invest.csv")))[1:]
invest, q, cash, debt = (np.array([[float(v) for v in row] for row in rows])[:, j].reshape(FIRMS, YEARS) for j in range(4))
y, q, cash, debt = invest[:, 1:], q[:, :-1], cash[:, :-1], debt[:, :-1]
CONTROLS = [q, q ** 2, q ** 3, debt, q * debt]


class Model:
    def __init__(self, drop_last, strict):
        self.keep, self.strict = slice(None, -1 if drop_last else None), strict
        self.y = self.within(y)
        linear = np.column_stack([self.within(x) for x in [*CONTROLS, cash]])
        self.base = np.linalg.qr(linear)[0]
        self.rest = self.y - self.base @ (self.base.T @ self.y)
        self.linear = self.rest @ self.rest

    def within(self, x):
        return (x - x.mean(1, keepdims=True))[:, self.keep].ravel()

    def ssr(self, *thresholds):
        low = [self.within(cash * (debt < g if self.strict else debt <= g)) for g in thresholds]
        x = np.column_stack([v - self.base @ (self.base.T @ v) for v in low])
        slope = np.linalg.lstsq(x, self.rest, rcond=None)[0]
        rest = self.rest - x @ slope
        return rest @ rest

    def seek(self, candidates, *given):
        return min((self.ssr(*given, g), g) for g in candidates)


def f(before, after):
    return (before - after) / (after / DEGREES)


distinct = np.unique(debt)
quantiles = distinct[np.floor((.01 + np.arange(393) / 400) * len(distinct)).astype(int) - 1]
model = Model(True, True)
s1, g1 = model.seek(quantiles)
apart = lambda g: [c for c in quantiles if abs((quantiles < c).sum() - (quantiles < g).sum()) > 4]
s2, g2 = model.seek(apart(g1), g1)
program = {"ssr_linear": model.linear, "ssr": [s1, s2], "gamma": [g1, g2], "f": [f(model.linear, s1), f(s1, s2)]}

model = Model(False, False)
cut = int(.01 * len(distinct))
inner = distinct[cut:len(distinct) - cut]
fits = lambda *g: all(((lo < debt) & (debt <= hi)).sum() >= .01 * debt.size for lo, hi in zip((-np.inf, *sorted(g)), (*sorted(g), np.inf)))
s1, g1 = model.seek([g for g in inner if fits(g)])
s2, g2 = model.seek([g for g in inner if fits(g1, g)], g1)
refined, first = model.seek([g for g in inner if fits(g, g2)], g2)
within = {"ssr_linear": model.linear, "ssr": [s1, s2, refined], "gamma": [g1, g2, first], "f": [f(model.linear, s1), f(s1, s2)], "candidates": len(inner)}

published = {"f": [32.649894, 25.799434, 4.1814091], "gamma": [0.0157, 0.53616, 0.33134], "ssr_linear": 16.591220, "ssr": [16.517795, 16.459979, 16.450614]}
json.dump({"published": published, "program": program, "within": within}, open(HERE / "hansen.json", "w"), indent=1)
