"""Writes iv.json, what test_fe_iv.py expects. Run: python3 tests/oracle/make_iv.py (needs numpy, scipy, pandas, linearmodels 7).

1. Estimates, errors, Sargan, J and Wu-Hausman come from linearmodels (IV2SLS, IVLIML, IVGMM), effects as dummies.
2. What linearmodels lacks comes from the definitions in numpy with every effect a dummy, and not by the route of ext/est: Kleibergen-Paap with
   Kronecker products (their paper's A and B of equation 12), Cragg-Donald from the matrix G, Sanderson-Windmeijer by two auxiliary regressions, Wald tests
   from the full regressions, clusters by explicit sums over groups.
"""
import json
import pathlib

import numpy as np
import pandas as pd
from linearmodels.iv import IV2SLS, IVGMM, IVLIML
from scipy import stats

DATA = pathlib.Path(__file__).resolve().parents[2] / "sql" / "data"


def inverse_root(a):
    values, vectors = np.linalg.eigh(a)
    return vectors @ np.diag(values ** -0.5) @ vectors.T


class Equation:
    def __init__(self, y, w, x, z, weight=None, effects=(), levels=0):
        """effects: code columns; levels: how many of them K leaves out (nested in the clusters), set by the case."""
        dummies = [np.eye(c.max() + 1)[c][:, (1 if e else 0):] for e, c in enumerate(effects)]
        self.n, self.weight = len(y), np.ones(len(y)) if weight is None else np.asarray(weight, float)
        self.w = np.column_stack([*w, *dummies]) if len(w) + len(dummies) else np.zeros((self.n, 0))
        self.y, self.x, self.z = np.asarray(y, float), np.column_stack(x), np.column_stack(z)
        self.p, self.l, self.left_out = self.x.shape[1], self.z.shape[1], levels

    def partialled(self):
        r = np.sqrt(self.weight)[:, None]
        w = self.w * r
        rest = [a - w @ np.linalg.lstsq(w, a, rcond=None)[0] for a in (self.y[:, None] * r, self.x * r, self.z * r)]
        return rest[0][:, 0], rest[1], rest[2]

    def count(self, columns):
        return self.w.shape[1] + columns - self.left_out


def meat(scores, how):
    """Sum of outer products of scores; how = ('iid',) ('hc',) ('cluster', codes) ('two', a, b) ('dk', time, lag)."""
    kind = how[0]
    if kind == "hc":
        return scores.T @ scores
    if kind == "cluster":
        return sum(np.outer(s, s) for s in (scores[how[1] == g].sum(0) for g in np.unique(how[1])))
    if kind == "two":
        pair = how[1] * 100000 + how[2]
        return meat(scores, ("cluster", how[1])) + meat(scores, ("cluster", how[2])) - meat(scores, ("cluster", pair))
    if kind == "dk":
        sums = np.array([scores[how[1] == t].sum(0) for t in np.unique(how[1])])
        out = sums.T @ sums
        for lag in range(1, how[2] + 1):
            cross = sums[lag:].T @ sums[:-lag]
            out += (1 - lag / (how[2] + 1)) * (cross + cross.T)
        return out
    raise ValueError(kind)


def groups(how):
    return {"cluster": lambda: len(np.unique(how[1])), "dk": lambda: len(np.unique(how[1])),
            "two": lambda: min(len(np.unique(how[1])), len(np.unique(how[2])))}[how[0]]()


def factor(n, k, how):
    if how[0] == "hc":
        return n / (n - k)
    g = groups(how)
    return (n - 1) / (n - k) * g / (g - 1)


def wald_of(x, y, last, how, n, k):
    """Wald test, under the corrected variance, that the last columns have no part in the regression of y on x; and without the correction."""
    b = np.linalg.lstsq(x, y, rcond=None)[0]
    e, bread = y - x @ b, np.linalg.inv(x.T @ x)
    if how[0] == "iid":
        v, raw = bread * (e @ e) / (n - k), bread * (e @ e) / n
    elif how[0] == "hc3":
        v = raw = bread @ meat(x * (e / (1 - np.einsum("ij,jk,ik->i", x, bread, x)))[:, None], ("hc",)) @ bread
    else:
        raw = bread @ meat(x * e[:, None], how) @ bread
        v = raw * factor(n, k, how)
    i = slice(-last, None)
    return [float(b[i] @ np.linalg.solve(m[i, i], b[i])) for m in (v, raw)]


def kleibergen_paap(x, z, how, lm):
    """Equations 8 to 14 of the paper for rank p - 1, scaled so that theta has unit variances under iid errors; no small-sample factor."""
    n, p = x.shape
    l = z.shape[1]
    g, f = np.linalg.cholesky(z.T @ z / n).T, np.linalg.inv(np.linalg.cholesky(x.T @ x / n).T)
    pi = np.linalg.solve(z.T @ z, z.T @ x)
    theta = g @ pi @ f
    e = x if lm else x - z @ pi
    scores = np.einsum("ij,ik->ijk", e, z).reshape(n, p * l)  # of vec(Pi), first by regressor
    if how[0] == "iid":
        omega = np.kron(e.T @ e / n, z.T @ z)
    else:
        omega = meat(scores, how)
    turn = np.kron(f.T, g @ np.linalg.inv(z.T @ z))
    variance = turn @ omega @ turn.T
    u, s, vt = np.linalg.svd(theta)
    q = p - 1
    u12, u22, v12, v22 = u[:q, q:], u[q:, q:], vt.T[:q, q:], vt.T[q:, q:]
    root = lambda a: np.real(np.linalg.cholesky(a)) if a.shape[0] == 1 else inverse_root(np.linalg.inv(a))
    a = np.vstack([u12, u22]) @ np.linalg.inv(u22) @ root(u22 @ u22.T)
    b = root(v22 @ v22.T) @ np.linalg.inv(v22.T) @ np.hstack([v12.T, v22.T])
    lam = (a.T @ theta @ b.T).T.reshape(-1)
    k = np.kron(b, a.T)
    return float(lam @ np.linalg.solve(k @ variance @ k.T, lam))


def tests_of(eq, how, method="2sls"):
    y, x, z = eq.partialled()
    n, p, l = eq.n, eq.p, eq.l
    r = np.sqrt(eq.weight)[:, None]
    w = eq.w * r
    k = eq.count(l)
    out = {}
    m = l - p + 1
    pi = np.linalg.lstsq(z, x, rcond=None)[0]
    v = x - z @ pi
    for j in range(p):
        explained, left = (z @ pi[:, j]) @ (z @ pi[:, j]), v[:, j] @ v[:, j]
        out[f"first_stage_f {j}"] = explained / l / (left / (n - k))
        out[f"first_stage_wald_f {j}"] = wald_of(np.hstack([w, z * 1]), (eq.x * r)[:, j], l, how, n, k)[0] / l
        if p > 1:
            others = [c for c in range(p) if c != j]
            fitted = z @ pi[:, others]
            d = np.linalg.lstsq(fitted, x[:, j], rcond=None)[0]
            rest = x[:, j] - x[:, others] @ d
            # what the fitted values of the others leave of the instruments: drop as many instruments as there are others
            clean = z - fitted @ np.linalg.lstsq(fitted, z, rcond=None)[0]
            out[f"sanderson_windmeijer_f {j}"] = sw(clean[:, :m], z, rest, how, n, k) / m
    out["kp_rk_lm"] = kleibergen_paap(x, z, how, True)
    wald = kleibergen_paap(x, z, how, False)
    out["kp_rk_wald_f"] = wald / l / (n / (n - k) if how[0] == "iid" else factor(n, k, how))
    sigma = inverse_root(v.T @ v / (n - k))
    out["cragg_donald_f"] = float(np.linalg.eigvalsh(sigma @ (z @ pi).T @ (z @ pi) @ sigma)[0]) / l
    beta = np.linalg.lstsq(z @ pi, y, rcond=None)[0]
    if method == "liml":
        both = np.column_stack([y, x])
        resid = both - z @ np.linalg.lstsq(z, both, rcond=None)[0]
        kappa = np.linalg.eigvals(np.linalg.solve(resid.T @ resid, both.T @ both)).real.min()
        a = x.T @ x - kappa * v.T @ v
        beta = np.linalg.solve(a, x.T @ y - kappa * v.T @ y)
    u = y - x @ beta
    if l > p and how[0] == "iid":
        fit = z @ np.linalg.lstsq(z, u, rcond=None)[0]
        out["sargan"] = n * (fit @ fit) / (u @ u)
    elif l > p:
        u = y - x @ np.linalg.lstsq(z @ pi, y, rcond=None)[0]
        s = np.linalg.inv(meat(z * u[:, None], how))
        b = np.linalg.solve(x.T @ z @ s @ z.T @ x, x.T @ z @ s @ z.T @ y)
        g = z.T @ (y - x @ b)
        out["hansen_j"] = float(g @ s @ g)
    full = np.hstack([w, eq.x * r, v])
    out["wu_hausman"] = wald_of(full, eq.y * r[:, 0], p, how, n, eq.count(2 * p))[0] / p
    corrected, raw = wald_of(np.hstack([w, eq.z * r]), eq.y * r[:, 0], l, how, n, k)
    out["anderson_rubin"], out["anderson_rubin_chi2"] = corrected / l, raw
    return {name: float(value) for name, value in out.items()}


def hat_values(eq, power):
    """2SLS with hc2 (1), hc3 (2): hat values of the projected regressors (hatvalues(type = "stage2") of R's ivreg); and the Wald tests of full regressions."""
    regressors, instruments = np.hstack([eq.w, eq.x]), np.hstack([eq.w, eq.z])
    projected = instruments @ np.linalg.lstsq(instruments, regressors, rcond=None)[0]
    bread = np.linalg.inv(projected.T @ projected)
    b = bread @ projected.T @ eq.y
    u = (eq.y - regressors @ b) / (1 - np.einsum("ij,jk,ik->i", projected, bread, projected)) ** (power / 2)
    error = np.sqrt(np.diag(bread @ meat(projected * u[:, None], ("hc",)) @ bread))
    tests = {}
    if power == 2:
        first = instruments @ np.linalg.lstsq(instruments, eq.x, rcond=None)[0]
        tests = {f"first_stage_wald_f {j}": wald_of(instruments, eq.x[:, j], eq.l, ("hc3",), eq.n, 0)[0] / eq.l for j in range(eq.p)}
        tests["wu_hausman"] = wald_of(np.hstack([regressors, eq.x - first]), eq.y, eq.p, ("hc3",), eq.n, 0)[0] / eq.p
        tests["anderson_rubin"] = wald_of(instruments, eq.y, eq.l, ("hc3",), eq.n, 0)[0] / eq.l
        if eq.p == 1:
            tests["kp_rk_wald_f"] = tests["first_stage_wald_f 0"]
    return b, error, {name: float(value) for name, value in tests.items()}


def sw(clean, z, rest, how, n, k):
    """Wald test in the regression of rest on clean instruments; residuals from all instruments."""
    e = rest - z @ np.linalg.lstsq(z, rest, rcond=None)[0]
    b = clean.T @ rest
    if how[0] == "iid":
        v = clean.T @ clean * (e @ e) / (n - k)
    else:
        v = meat(clean * e[:, None], how) * factor(n, k, how)
    return float(b @ np.linalg.solve(v, b))


def lm_terms(method, eq, names, how, **cov):
    """names: of W's first columns and X; linearmodels with small-sample factor (debiased)."""
    keep = len(names) - eq.p
    w = pd.DataFrame(eq.w)
    model = {"2sls": IV2SLS, "liml": IVLIML}.get(method)
    arguments = (pd.Series(eq.y), w, pd.DataFrame(eq.x, columns=[f"x{j}" for j in range(eq.p)]), pd.DataFrame(eq.z, columns=[f"z{j}" for j in range(eq.l)]))
    weights = pd.Series(eq.weight)
    if method == "gmm":
        weigh = {"robust": {"weight_type": "robust"}, "clustered": {"weight_type": "clustered", "clusters": cov.get("clusters")}}[cov["cov_type"]]
        result = IVGMM(*arguments, weights=weights, **weigh).fit(iter_limit=2, debiased=True, **cov)
    else:
        result = model(*arguments, weights=weights).fit(debiased=True, **cov)
    place = [*range(keep), *range(eq.w.shape[1], eq.w.shape[1] + eq.p)]
    terms = {name: [float(result.params.iloc[i]), float(result.std_errors.iloc[i])] for name, i in zip(names, place)}
    return terms, result


def main():
    cases = []
    card = pd.read_csv(DATA / "card.csv")
    one = np.ones(len(card))
    exogenous = ["exper", "expersq", "black", "south", "smsa"]
    base = [one, *(card[c] for c in exogenous)]
    single = Equation(card.lwage, base, [card.educ], [card.nearc4, card.nearc2])
    exact = Equation(card.lwage, base, [card.educ], [card.nearc4])
    few = ["black", "south", "exper"]
    double = Equation(card.lwage, [one, *(card[c] for c in few)], [card.educ, card.smsa], [card.nearc4, card.nearc2, card.smsa66, card.motheduc.fillna(0)])
    weighted = Equation(card.lwage, base, [card.educ], [card.nearc4, card.nearc2], weight=card.weight)
    age = np.unique(card.age, return_inverse=True)[1]
    region = np.unique(card[[f"reg66{i}" for i in range(1, 10)]].values @ np.arange(9), return_inverse=True)[1]
    setups = [
        ("single", single, ["(Intercept)", *exogenous, "educ"], "lwage ~ exper + expersq + black + south + smsa | educ ~ nearc4 + nearc2", ""),
        ("exact", exact, ["(Intercept)", *exogenous, "educ"], "lwage ~ exper + expersq + black + south + smsa | educ ~ nearc4", ""),
        ("double", double, ["(Intercept)", *few, "educ", "smsa"], "lwage ~ black + south + exper | educ + smsa ~ nearc4 + nearc2 + smsa66 + coalesce(motheduc, 0)", ""),
        ("weighted", weighted, ["(Intercept)", *exogenous, "educ"], "lwage ~ exper + expersq + black + south + smsa | educ ~ nearc4 + nearc2", ", weights=weight"),
    ]
    for name, eq, names, formula, extra in setups:
        for method in ("2sls", "liml", "gmm"):
            for vcov, how, cov in (("iid", ("iid",), {"cov_type": "unadjusted"}), ("hc1", ("hc",), {"cov_type": "robust"}),
                                   ("cluster(age)", ("cluster", age), {"cov_type": "clustered", "clusters": pd.DataFrame(age)}),
                                   ("cluster(age+region)", ("two", age, region), None)):
                if (method == "gmm" and vcov == "iid") or (cov is None and (method != "2sls" or name not in ("single", "exact"))):
                    continue  # two-way: only where nothing has to be made positive
                terms, stat = {}, {}
                if cov is not None:
                    terms, result = lm_terms(method, eq, names, how, **cov)
                    if method == "liml":
                        stat["kappa"] = float(result.kappa)
                tests = tests_of(eq, how, method) if method != "gmm" else {"hansen_j": float(result.j_stat.stat)} if eq.l > eq.p else {}
                check = {}
                if method == "2sls" and vcov == "iid" and name != "weighted":
                    try:
                        check["wu_hausman"] = float(result.wu_hausman().stat)
                    except ValueError:  # its rank check is too strict for experience and its square
                        pass
                    if eq.l > eq.p:
                        check["sargan"] = float(result.sargan.stat)
                    for test, value in check.items():
                        assert abs(tests[test] / value - 1) < 1e-8, (name, test, tests[test], value)
                cases.append({"name": f"{name} {method} {vcov}", "table": "card", "formula": formula, "options": f"method={method}, vcov={vcov}{extra}",
                              "terms": terms, "tests": tests, "stats": stat})

    for name, eq, names, formula, _ in setups[:3]:
        for power, vcov in ((1, "hc2"), (2, "hc3")):
            b, error, tests = hat_values(eq, power)
            cases.append({"name": f"{name} {vcov}", "table": "card", "formula": formula, "options": f"vcov={vcov}",
                          "terms": {t: [float(b[i]), float(error[i])] for i, t in enumerate(names)}, "tests": tests, "stats": {}})

    munnell = pd.read_csv(DATA / "munnell.csv")
    state, year = np.unique(munnell.STATE, return_inverse=True)[1], np.unique(munnell.YR, return_inverse=True)[1]
    lag = munnell.groupby("STATE")[["HWY", "EMP", "WATER"]].shift(1)
    used = lag.HWY.notna().values
    munnell, lag, state, year = munnell[used].reset_index(drop=True), lag[used].reset_index(drop=True), state[used], year[used] - 1
    for weight in (None, munnell.EMP):
        panel = Equation(np.log(munnell.GSP), [munnell.UNEMP], [np.log(munnell.P_CAP), np.log(munnell.EMP)], [np.log(lag.HWY), np.log(lag.EMP), np.log(lag.WATER)],
                         effects=(state, year), weight=weight)
        for vcov, how, left_out in (("iid", ("iid",), 0), ("hc1", ("hc",), 0), ("cluster(STATE)", ("cluster", state), 47), ("cluster(STATE+YR)", ("two", state, year), 47 + 15),
                                    ("dk(2)", ("dk", year, 2), 15)):  # nested in the clusters or periods: counted once
            panel.left_out = left_out
            terms = {}
            if vcov in ("iid", "hc1"):
                terms, _ = lm_terms("2sls", panel, ["UNEMP", "ln(P_CAP)", "ln(EMP)"], how, cov_type={"iid": "unadjusted", "hc1": "robust"}[vcov])
            cases.append({"name": f"panel {'weighted ' if weight is not None else ''}{vcov}", "table": "munnell",
                          "formula": "ln(GSP) ~ UNEMP | STATE + YR | ln(P_CAP) + ln(EMP) ~ l(ln(HWY)) + l(ln(EMP)) + l(ln(WATER))",
                          "options": f"vcov={vcov}{', weights=EMP' if weight is not None else ''}", "terms": terms, "tests": tests_of(panel, how), "stats": {}})
    pathlib.Path(__file__).with_name("iv.json").write_text(json.dumps(cases, indent=1) + "\n")
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
