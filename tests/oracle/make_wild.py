"""Writes wild.json: the wild cluster bootstrap and the jackknife of clusters by brute force: every draw and every left-out cluster is a regression
with a dummy for each level, solved by numpy. No formula of ext/est/wild.c or cv3.c is used. Not run by the tests.

    python tests/oracle/make_wild.py        (numpy; half a minute)
"""
import csv
import json
import math
import pathlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]


def table(name):
    with open(ROOT / "sql" / "data" / f"{name}.csv", newline="") as file:
        head, *rows = csv.reader(file)
    return {h: list(column) for h, column in zip(head, zip(*rows))}


def design(data, spec):
    keep = [i for i in range(len(next(iter(data.values())))) if spec.get("keep", lambda d, i: True)(data, i)]
    number = lambda name: np.array([float(data[name][i]) for i in keep])
    y = spec["y"](number)
    x = spec["x"](number)
    dummies = []
    for effect in spec["effects"]:
        slope = None
        if isinstance(effect, tuple):
            effect, slope = effect
        values = [data[effect][i] for i in keep]
        for level in sorted(set(values)):
            column = np.array([float(v == level) for v in values])
            dummies.append(column)
            if slope:
                dummies.append(column * number(slope))
    if not spec["effects"]:
        dummies.append(np.ones(len(keep)))
    w = number(spec["weights"]) if "weights" in spec else np.ones(len(keep))
    cluster = [data[spec["cluster"]][i] for i in keep]
    levels = sorted(set(cluster))
    return y, np.column_stack(x), np.column_stack(dummies), w, np.array([levels.index(c) for c in cluster]), len(levels)


def ols(a, y, w):
    r = np.sqrt(w)
    return np.linalg.lstsq(a * r[:, None], (y.T * r).T, rcond=1e-11)[0]


def scores(x, dummies, w, g, clusters, j):
    """r with r'e_g the score of cluster g along coefficient j: x_j on everything else."""
    rest = np.column_stack([np.delete(x, j, 1), dummies])
    return x[:, j] - rest @ ols(rest, x[:, j], w)


def p_value(spec, parts, j, null, signs):
    y, x, dummies, w, g, clusters = parts
    whole, rest = np.column_stack([x, dummies]), np.column_stack([np.delete(x, j, 1), dummies])
    r = scores(x, dummies, w, g, clusters, j)
    sums = np.zeros((clusters, len(y)))
    sums[g, np.arange(len(y))] = w * r
    b = ols(whole, y, w)
    t = (b[j] - null) / math.sqrt(((sums @ (y - whole @ b)) ** 2).sum())
    restricted = y - null * x[:, j]
    fit = rest @ ols(rest, restricted, w)
    u = restricted - fit
    stars = fit[:, None] + null * x[:, [j]] + u[:, None] * signs[:, g].T
    bs = ols(whole, stars, w)
    ts = (bs[j] - null) / np.sqrt(((sums @ (stars - whole @ bs)) ** 2).sum(0))
    return float((np.abs(ts) > abs(t) * (1 + 1e-8)).mean())


def interval(spec, parts, j, signs, alpha):
    y, x, dummies, w, g, clusters = parts
    whole = np.column_stack([x, dummies])
    b = ols(whole, y, w)
    r = scores(x, dummies, w, g, clusters, j)
    e = y - whole @ b
    se = math.sqrt(sum((w[g == c] * r[g == c] * e[g == c]).sum() ** 2 for c in range(clusters))) / (w * r * r).sum()
    ends = []
    for side in (-1, 1):
        inside, outside = 0.0, se / 4
        while p_value(spec, parts, j, b[j] + side * outside, signs) > alpha:
            inside, outside = outside, outside * 1.25
            if outside > 1e3 * se:
                break
        if outside > 1e3 * se:
            ends.append(None)
            continue
        while outside - inside > 1e-7 * se:
            middle = (inside + outside) / 2
            if p_value(spec, parts, j, b[j] + side * middle, signs) > alpha:
                inside = middle
            else:
                outside = middle
        ends.append(float(b[j] + side * outside))
    return ends


def jackknife(parts):
    y, x, dummies, w, g, clusters = parts
    k = x.shape[1]
    b = ols(np.column_stack([x, dummies]), y, w)[:k]
    v = np.zeros((k, k))
    for c in range(clusters):
        a = np.column_stack([x, dummies])[g != c]
        d = ols(a, y[g != c], w[g != c])[:k] - b
        v += np.outer(d, d)
    v *= (clusters - 1) / clusters
    return [float(math.sqrt(v[i, i])) for i in range(k)], float(v[0, 1]) if k > 1 else None


ln = np.log
FIRST = lambda d, i: int(d["year"][i]) < 1945
CASES = {
    "grunfeld_firm": dict(table="grunfeld", sql="invest ~ value + capital | firm", vcov="firm", y=lambda v: v("invest"), x=lambda v: [v("value"), v("capital")], effects=["firm"], cluster="firm"),
    "grunfeld_firm_year": dict(table="grunfeld", sql="invest ~ value + capital | firm + year", vcov="firm", y=lambda v: v("invest"), x=lambda v: [v("value"), v("capital")],
                               effects=["firm", "year"], cluster="firm", level=0.9),
    "grunfeld_weights": dict(table="grunfeld", sql="invest ~ value | firm + year", options="weights=capital + 1", vcov="firm", y=lambda v: v("invest"), x=lambda v: [v("value")],
                             effects=["firm", "year"], cluster="firm", weights="w", add={"w": lambda d, i: float(d["capital"][i]) + 1}),
    "grunfeld_by_year": dict(table="grunfeld", sql="invest ~ value + capital | firm[year]", options="where=year < 1945", vcov="year", y=lambda v: v("invest"),
                             x=lambda v: [v("value"), v("capital")], effects=[("firm", "trend")], cluster="year", keep=FIRST, add={"trend": lambda d, i: int(d["year"][i]) - 1940}),
    "grunfeld_pooled": dict(table="grunfeld", sql="invest ~ value + capital", vcov="firm", y=lambda v: v("invest"), x=lambda v: [v("value"), v("capital")], effects=[], cluster="firm"),
    "castle_region": dict(table="castle", sql="l_homicide ~ post + unemployrt | sid + year", vcov="region", y=lambda v: v("l_homicide"), x=lambda v: [v("post"), v("unemployrt")],
                          effects=["sid", "year"], cluster="region", level=0.6),
    # Effects that cross the clusters in number: 142 countries, clustered by year.
    "gapminder_years": dict(table="gapminder", sql="lifeExp ~ ln(gdpPercap) + ln(pop) | country + year", options="where=year > 1975", vcov="year", y=lambda v: v("lifeExp"),
                            x=lambda v: [ln(v("gdpPercap")), ln(v("pop"))], effects=["country", "year"], cluster="year", level=0.8, keep=lambda d, i: int(d["year"][i]) > 1975),
    "gapminder_weights": dict(table="gapminder", sql="lifeExp ~ ln(gdpPercap) | country[year] + continent^year", options="where=year > 1975, weights=ln(pop)", vcov="year", y=lambda v: v("lifeExp"),
                              x=lambda v: [ln(v("gdpPercap"))], effects=[("country", "trend"), "cell"], cluster="year", level=0.8, keep=lambda d, i: int(d["year"][i]) > 1975, weights="w",
                              add={"w": lambda d, i: math.log(float(d["pop"][i])), "trend": lambda d, i: int(d["year"][i]) - 1990, "cell": lambda d, i: d["continent"][i] + d["year"][i]}),
}


def main():
    out = {}
    for name, spec in CASES.items():
        data = table(spec["table"])
        for column, make in spec.get("add", {}).items():
            data[column] = [make(data, i) for i in range(len(data["year"]))]
        parts = design(data, spec)
        clusters = parts[-1]
        signs = np.array([[-1.0 if number >> c & 1 else 1.0 for c in range(clusters)] for number in range(2 ** clusters)])
        k = parts[1].shape[1]
        level = spec.get("level", 0.95)
        errors, covariance = jackknife(parts)
        out[name] = {"table": spec["table"], "model": spec["sql"], "options": spec.get("options", ""), "cluster": spec["vcov"], "level": level,
                     "draws": 2 ** clusters, "terms": spec["sql"].split("~")[1].split("|")[0].replace(" ", "").split("+"),
                     "p": [p_value(spec, parts, j, 0.0, signs) for j in range(k)], "interval": [interval(spec, parts, j, signs, 1 - level) for j in range(k)],
                     "cv3": errors, "cv3_covariance": covariance}
        print(name, out[name])
    (pathlib.Path(__file__).parent / "wild.json").write_text(json.dumps(out, indent=1) + "\n")


main()
