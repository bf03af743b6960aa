"""Writes gmm_dense.json: the definitions of Roodman (2009) in dense numpy matrices, for what plm and pydynpd define otherwise or do not have: Sargan, iid errors and their tests of
autocorrelation, weighting=1 and 2, deviations across gaps, difference-in-Hansen, rows outside where=. Not run by the tests; in this folder: python3 make_gmm_dense.py

One model: lwage on its lag, union and h, gmm(lwage, 2:4), gmm(union, 1:3), iv(h). Every unit gets full matrices over all periods, with zero rows where there is no equation."""
import json
import pathlib

import numpy as np
import pandas as pd

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "sql" / "data"
wage = pd.read_csv(DATA / "wage_panel.csv")
wage["h"] = wage.hours / 1000
FIRST, T = 1980, 8
SOURCE = "SELECT *, hours/1000.0 AS h FROM wage_panel"
frames = {SOURCE: wage, SOURCE + " WHERE (nr*7+year)%11 <> 0": wage[(wage.nr * 7 + wage.year) % 11 != 0]}


def transformation(deviations):
    m = np.zeros((T, T))
    for t in range(1, T):
        if deviations:
            c = T - t
            m[t, t - 1], m[t, t:] = np.sqrt(c / (c + 1)), -np.sqrt(c / (c + 1)) / c
        else:
            m[t, t - 1], m[t, t] = -1, 1
    return m


def unit(frame, deviations, system, where):
    """Stacked X, y, Z of one unit, and its differences."""
    grid = np.full((T, 3), np.nan)
    for year, *values in frame[["year", "lwage", "union", "h"]].itertuples(index=False):
        grid[int(year) - FIRST] = values
    n, u, h = grid.T
    lag = np.r_[np.nan, n[:-1]]
    level = np.c_[lag, u, h, np.ones(T), n]
    complete = ~np.isnan(level).any(1)
    inside = complete & (np.arange(T) + FIRST >= where)
    rows = np.full((T, 5), np.nan)
    for t in range(1, T):
        if deviations and inside[t - 1]:
            later = [s for s in range(t, T) if complete[s]]
            if later:
                c = len(later)
                rows[t] = np.sqrt(c / (c + 1)) * (level[t - 1] - level[later].mean(0))
        elif not deviations and inside[t] and complete[t - 1]:
            rows[t] = level[t] - level[t - 1]
    there = ~np.isnan(rows).any(1)
    columns = []  # (group, column over the transformed rows, column over the level rows)
    for group, x, low, high in ((0, n, 2, 4), (1, u, 1, 3)):
        for t in range(T):
            for l in range(low, high + 1):
                top = np.zeros(T)
                top[t] = x[t - l] if t - l >= 0 and not np.isnan(x[t - l]) else 0
                columns.append((group, top, np.zeros(T)))
            if system:
                bottom, s = np.zeros(T), t - low + 1
                d = x[s] - x[s - 1] if s >= 1 else np.nan
                bottom[t] = 0 if np.isnan(d) else d
                columns.append((10 + group, np.zeros(T), bottom))
    columns.append((2, np.where(there, rows[:, 2], 0), np.where(inside, h, 0) if system else np.zeros(T)))
    if system:
        columns.append((-1, np.zeros(T), np.ones(T)))
    groups = np.array([c[0] for c in columns])
    z = np.r_[np.array([c[1] for c in columns]).T * there[:, None], np.array([c[2] for c in columns]).T * inside[:, None]]
    xy = np.r_[np.where(there[:, None], rows, 0), np.where(inside[:, None], level, 0)]
    xy[:T, 3] = 0
    difference = np.r_[np.full((1, 5), np.nan), level[1:] - level[:-1]] if deviations else rows
    difference = np.where((~np.isnan(difference).any(1))[:, None], difference, np.nan)
    difference[:, 3] = 0 * difference[:, 3]
    if not system:
        z, xy = z[:T], xy[:T]
    keep = [0, 1, 2, 3] if system else [0, 1, 2]
    return xy[:, keep], xy[:, 4], z, difference[:, keep], difference[:, 4], there.sum(), inside.sum() if system else 0, groups


def estimate(frame, deviations, system, weighting, where):
    units = [unit(part, deviations, system, where) for _, part in frame.groupby("nr")]
    used = np.abs(sum(np.abs(u[2]).sum(0) for u in units)) > 0
    groups = units[0][7][used]
    units = [(u[0], u[1], u[2][:, used], *u[3:7]) for u in units]
    m = transformation(deviations)
    full = np.r_[m, np.eye(T)] if system else m
    h = full @ full.T
    if weighting == 1:
        h = np.eye(len(full))
    if weighting == 2 and system:
        h[:T, T:] = h[T:, :T] = 0
    zx, zy = sum(z.T @ x for x, y, z, *_ in units), sum(z.T @ y for x, y, z, *_ in units)
    a1 = np.linalg.pinv(sum(z.T @ h @ z for x, y, z, *_ in units))
    step = lambda a: (np.linalg.inv(zx.T @ a @ zx), np.linalg.solve(zx.T @ a @ zx, zx.T @ a @ zy))
    bread1, b1 = step(a1)
    moments = [z.T @ (y - x @ b1) for x, y, z, *_ in units]
    s = sum(np.outer(g, g) for g in moments)
    n_transformed, n_level = sum(u[5] for u in units), sum(u[6] for u in units)
    top = sum(((y - x @ b1)[:T] ** 2).sum() for x, y, *_ in units)
    bottom = sum(((y - x @ b1)[T:] ** 2).sum() for x, y, *_ in units)
    sigma2 = (bottom / n_level if system else top / n_transformed) if weighting == 1 else top / n_transformed / (1 if deviations else 2)
    q = zy - zx @ b1
    a2 = np.linalg.pinv(s)
    bread2, b2 = step(a2)
    q2 = zy - zx @ b2
    out = {"nobs": int(n_level if system else n_transformed), "instruments": int(np.linalg.matrix_rank(a1)), "sigma2": sigma2, "sargan": q @ a1 @ q / sigma2, "hansen_j": q2 @ a2 @ q2,
           "estimate": b1, "iid": np.sqrt(np.diag(sigma2 * bread1)), "robust": np.sqrt(np.diag(bread1 @ zx.T @ a1 @ s @ a1 @ zx @ bread1)), "estimate2": b2}
    d, map1 = transformation(False), m
    hd, psi = (np.eye(T), np.eye(T)) if weighting == 1 else (d @ d.T, map1 @ d.T)
    for kind in ("robust", "iid"):
        v = bread1 @ zx.T @ a1 @ s @ a1 @ zx @ bread1 if kind == "robust" else sigma2 * bread1
        out["ar_" + kind] = []
        for order in (1, 2):
            total, square, c, zd = 0, 0, 0, 0
            for (x, y, z, dx, dy, *_), g in zip(units, moments):
                w = dy - dx @ b1
                before = np.r_[np.full(order, np.nan), w[:-order]]
                pair = ~np.isnan(w) & ~np.isnan(before)
                lagged = np.where(pair, before, 0)
                di = (np.where(pair, w, 0) * lagged).sum()
                total += di
                c = c + np.where(pair[:, None], dx, 0).T @ lagged
                if kind == "robust":
                    square, zd = square + di ** 2, zd + g * di
                else:
                    square, zd = square + sigma2 * lagged @ hd @ lagged, zd + sigma2 * z[:T].T @ psi @ lagged
            out["ar_" + kind].append(total / np.sqrt(square - 2 * c @ bread1 @ zx.T @ a1 @ zd + c @ v @ c))
    out["difference"] = {}
    names = {(0, 10): "gmm(lwage,2:4)", (1, 11): "gmm(union,1:3)", (2,): "iv(h)"}
    if system:
        names[(10, 11)] = "gmm instruments of the level equation"
    for group, name in names.items():
        p = ~np.isin(groups, group)
        a = np.linalg.pinv(s[np.ix_(p, p)])
        b = np.linalg.solve(zx[p].T @ a @ zx[p], zx[p].T @ a @ zy[p])
        r = zy[p] - zx[p] @ b
        out["difference"][name] = [out["hansen_j"] - r @ a @ r, int((~p).sum())]
    return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in out.items()}


result = []
for source, frame in frames.items():
    for deviations in (False, True):
        for system, weightings in ((False, (1, 3)), (True, (1, 2, 3))):
            for weighting in weightings:
                options = f"transform={'deviations' if deviations else 'difference'}, system={int(system)}, weighting={weighting}"
                result.append({"source": source, "options": options, **estimate(frame, deviations, system, weighting, 0)})
        result.append({"source": source, "options": f"transform={'deviations' if deviations else 'difference'}, system=1, where=year >= 1984", **estimate(frame, deviations, True, 3, 1984)})
path = pathlib.Path(__file__).with_name("gmm_dense.json")
path.write_text("[\n" + ",\n".join(" " + json.dumps(case) for case in result) + "\n]\n", encoding="utf-8")
