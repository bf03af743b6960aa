"""Writes did_bacon.json: the Goodman-Bacon decomposition and the weights of de Chaisemartin and D'Haultfoeuille by regressions: every comparison is a
regression with all dummies on its own rows, and weighs its share of the rows, squared as the theorem says, times the variance of the treatment's residual
there. None of the closed forms of ext/est/did_bacon.c is used. Not run by the tests.

    python tests/oracle/make_did_bacon.py        (numpy)
"""
import csv
import json
import pathlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def residual(d, unit, time, *others):
    columns = [np.array(unit) == u for u in sorted(set(unit))] + [np.array(time) == t for t in sorted(set(time))]
    a = np.column_stack([*columns, *others]).astype(float)
    return d - a @ np.linalg.lstsq(a, d, rcond=1e-11)[0]


def decompose(unit, time, y, d):
    unit, time, y, d = list(unit), np.array(time), np.array(y, float), np.array(d, float)
    first = {u: min([t for v, t, s in zip(unit, time, d) if v == u and s == 1], default=np.inf) for u in set(unit)}
    cohort = np.array([first[u] for u in unit])
    start, n = time.min(), len(y)
    full = residual(d, unit, time)
    rows = []
    for treated in sorted(set(cohort)):
        for control in sorted(set(cohort)):
            if treated == control or treated == np.inf or treated == start:
                continue
            part = np.isin(cohort, [treated, control])
            if start < control < treated:
                kind, part = "later_vs_earlier", part & (time >= control)
            elif treated < control < np.inf:
                kind, part = "earlier_vs_later", part & (time < control)
            else:
                kind = "later_vs_always" if control == start else "treated_vs_untreated"
            e = residual(d[part], [u for u, p in zip(unit, part) if p], time[part])
            share = part.sum() / n
            # (n_k + n_l)^2 (share of the periods)^2 is the share of the rows, squared
            weight = share ** 2 * (e @ e / part.sum()) / (full @ full / n)
            rows.append([kind, float(treated), None if control == np.inf else float(control), float(e @ y[part] / (e @ e)), float(weight)])
    return {"twfe": float(full @ y / (full @ full)), "rows": rows}


def controlled(unit, time, y, d, *controls):
    """Goodman-Bacon (2021), section 5.2, by regressions: the residual of d on everything, its group means as a regressor of each pair's own two-way regression."""
    unit, time, y, d = list(unit), np.array(time), np.array(y, float), np.array(d, float)
    first = {u: min([t for v, t, s in zip(unit, time, d) if v == u and s == 1], default=np.inf) for u in set(unit)}
    cohort = np.array([first[u] for u in unit])
    e, n = residual(d, unit, time, *controls), len(y)
    between = np.array([e[(cohort == c) & (time == t)].mean() for c, t in zip(cohort, time)])
    within = e - between
    rows = [["within", None, None, float(within @ y / (within @ within)), float(within @ within / (e @ e))]] if within @ within > 1e-20 * (e @ e) else []
    cohorts = sorted(set(cohort))
    for i, k in enumerate(cohorts):
        for other in cohorts[i + 1:]:
            part = np.isin(cohort, [k, other])
            x = residual(between[part], [u for u, p in zip(unit, part) if p], time[part])
            if x @ x <= 1e-20 * (e @ e):
                continue
            kind = ("always_vs_untreated" if other == np.inf else "later_vs_always") if k == time.min() else "treated_vs_untreated" if other == np.inf else "both_treated"
            pair = (other, k) if kind == "later_vs_always" else (k, other)
            rows.append([kind, float(pair[0]), None if pair[1] == np.inf else float(pair[1]), float(x @ y[part] / (x @ x)), float((part.sum() / n) * (x @ x) / (e @ e))])
    return {"twfe": float(e @ y / (e @ e)), "rows": rows}


def negative(unit, time, d, *others, weight=None):
    """The weights of the treated rows in the two-way estimate."""
    d = np.array(d, float)
    w = np.ones(len(d)) if weight is None else np.array(weight, float)
    r = np.sqrt(w)
    columns = [np.array(unit) == u for u in sorted(set(unit))] + [np.array(time) == t for t in sorted(set(time))]
    a = np.column_stack([*columns, *others]).astype(float)
    e = d - a @ np.linalg.lstsq(a * r[:, None], d * r, rcond=1e-11)[0]
    v = (w * e)[d == 1]
    v = v / v.sum()
    return [float(v[v < 0].sum()), float((v < 0).mean())]


def simulated():
    """Always treated, never treated and three cohorts over eight periods; numbers without randomness (the tests make the same in SQL)."""
    rows = []
    for i in range(240):
        unit, t = i // 8, i % 8 + 1
        cohort = [1, 3, 4, 7, 99][unit % 5]
        rows.append((unit, t, (i * 7919 % 1009) / 100 + unit * 0.5 + t * t * 0.1 + (t - cohort if t >= cohort else 0), int(t >= cohort)))
    return rows


def main():
    castle = table(ROOT / "sql" / "data" / "castle.csv")
    column = lambda name: [float(r[name]) for r in castle]
    unit, time = [r["sid"] for r in castle], [int(r["year"]) for r in castle]
    made = simulated()
    out = {"castle": decompose(unit, time, column("l_homicide"), column("post")), "made": decompose(*zip(*made)),
           "never_only": decompose(*zip(*[r for r in made if r[0] % 5 in (1, 4)])),
           "timing_only": decompose(*zip(*[r for r in made if r[0] % 5 in (1, 2, 3)])),
           "castle_controls": controlled(unit, time, column("l_homicide"), column("post"), column("unemployrt"), column("poverty")),
           "made_controls": controlled(*zip(*made), [(r[0] * 7 + r[1] * r[1] * 3) % 11 for r in made]),
           "made_group_control": controlled(*zip(*made), [r[0] % 5 * r[1] * r[1] for r in made]),
           "negative": {"castle": negative(unit, time, column("post")), "castle_controls": negative(unit, time, column("post"), column("unemployrt"), column("poverty")),
                        "castle_weights": negative(unit, time, column("post"), weight=column("popwt")), "made": negative(*[list(zip(*made))[i] for i in (0, 1, 3)])}}
    divorce = ROOT.parent / "shared" / "data" / "divorce.csv"
    if divorce.exists():
        rows = [r for r in table(divorce) if r["sex"] == "2" and r["suiciderate_elast_jag"] != ""]
        by_unit = {}
        for r in rows:
            by_unit.setdefault(r["st"], []).append(r)
        most = max(len(v) for v in by_unit.values())
        rows = [r for r in rows if len(by_unit[r["st"]]) == most]
        out["divorce"] = decompose([r["st"] for r in rows], [int(r["year"]) for r in rows], [float(r["suiciderate_elast_jag"]) for r in rows], [float(r["unilateral"]) for r in rows])
        out["divorce"]["n"] = len(rows)
    (pathlib.Path(__file__).parent / "did_bacon.json").write_text(json.dumps(out, indent=1) + "\n")
    print({k: (v.get("twfe"), len(v.get("rows", [])), sum(r[4] for r in v.get("rows", []))) for k, v in out.items()}, out["negative"])


main()
