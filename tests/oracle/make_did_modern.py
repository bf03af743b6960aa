"""Makes did_modern.json: castle, the homicide rate, by programs other than ours.

cs:         csdid 0.4 (the Python port of R's did), analytic errors
sunab:      pyfixest on explicit cohort x event-time dummies; averages and their errors by numpy from its vcov
imputation: the definition (Borusyak, Jaravel and Spiess 2024, equations 6 and 8) with dense matrices in numpy

    python3 -m venv v && v/bin/pip install csdid pyfixest && v/bin/python tests/oracle/make_did_modern.py
"""
import json
import pathlib

import numpy as np
import pandas as pd
import pyfixest as pf
from csdid.att_gt import ATTgt

ROOT = pathlib.Path(__file__).resolve().parents[2]
data = pd.read_csv(ROOT / "sql" / "data" / "castle.csv")[["sid", "year", "post", "l_homicide", "unemployrt", "popwt"]]
data["g"] = data.sid.map(data[data.post == 1].groupby("sid").year.min()).fillna(0)
data["e"] = data.year - data.g.where(data.g > 0)
out = {}


def cs(name, control, base, est, formula, rows=data, **more):
    fit = ATTgt(**more, yname="l_homicide", gname="g", idname="sid", tname="year", xformla=formula, data=rows.copy(), control_group=control).fit(est_method=est, base_period=base, bstrap=False)
    result = {"gt": [[None if np.isnan(v) else float(v) for v in row] for row in zip(fit.results["group"], fit.results["year"], fit.results["att"], fit.results["se"])]}
    for kind in ("simple", "dynamic", "group", "calendar"):
        agg = fit.aggte(typec=kind, bstrap=False, cband=False).atte
        result[kind] = {"att": float(agg["overall_att"]), "se": float(np.ravel(agg["overall_se"])[0])}
        if kind != "simple":
            result[kind]["rows"] = [[float(v) for v in row] for row in zip(agg["egt"], agg["att_egt"], np.ravel(agg["se_egt"]))]
    out[name] = result


cs("cs_never", "nevertreated", "varying", "dr", None)
cs("cs_notyet_reg", "notyettreated", "varying", "reg", "l_homicide~unemployrt")
cs("cs_weighted", "nevertreated", "varying", "dr", None, weights_name="popwt")
cs("cs_all_treated", "notyettreated", "varying", "dr", None, rows=data[data.g > 0])  # the last cohort is a control only

# sunab
cells = sorted({(g, e) for g, e in zip(data.g, data.e) if g > 0 and e != -1})
work = data.copy()
for i, (g, e) in enumerate(cells):
    work[f"c{i}"] = ((work.g == g) & (work.e == e)).astype(float)
fit = pf.feols("l_homicide ~ " + " + ".join(f"c{i}" for i in range(len(cells))) + " + unemployrt | sid + year", work, vcov={"CRV1": "sid"}, ssc=pf.ssc(k_fixef="nonnested"))
beta = np.array([fit.coef()[f"c{i}"] for i in range(len(cells))])
order = [fit._coefnames.index(f"c{i}") for i in range(len(cells))]
vcov = fit._vcov[np.ix_(order, order)]
rows = np.array([work[f"c{i}"].sum() for i in range(len(cells))])


def mean(keep):
    a = rows * np.array([keep(g, e) for g, e in cells])
    a = a / a.sum()
    return [float(a @ beta), float(np.sqrt(a @ vcov @ a))]


out["sunab"] = {"att": mean(lambda g, e: e >= 0), "event": [[e, *mean(lambda _, x: x == e)] for e in sorted({e for _, e in cells})],
                "group": [[g0, *mean(lambda g, e: g == g0 and e >= 0)] for g0 in sorted({g for g, _ in cells})]}

# imputation
treated = data.post.to_numpy() == 1
y = data.l_homicide.to_numpy()
Z = np.column_stack([pd.get_dummies(data.sid), pd.get_dummies(data.year).iloc[:, 1:], data.unemployrt]).astype(float)
Z0, Z1 = Z[~treated], Z[treated]


def imputation(w):
    root = np.sqrt(w[~treated])
    rest = y - Z @ np.linalg.lstsq(root[:, None] * Z0, root * y[~treated], rcond=None)[0]
    centred = pd.Series(rest)
    by = [data.g[treated], data.year[treated]]
    squares = pd.Series(w**2)[treated]
    centred[treated] -= (squares * centred[treated]).groupby(by).transform("sum") / squares.groupby(by).transform("sum")

    def impute(keep):
        v = np.zeros(len(y))
        v[treated] = (keep * w)[treated] / (keep * w)[treated].sum()
        v[~treated] = -w[~treated] * (Z0 @ np.linalg.solve(Z0.T @ (w[~treated][:, None] * Z0), Z1.T @ v[treated]))
        return [float(v @ y), float(np.sqrt((pd.Series(v * centred).groupby(data.sid).sum() ** 2).sum()))]

    return {"att": impute(np.ones(len(y))), "event": [[float(e), *impute((data.e == e).to_numpy(float))] for e in sorted(data.e[treated].unique())]}


out["imputation"] = imputation(np.ones(len(y)))
out["imputation_weighted"] = imputation(data.popwt.to_numpy(float))
pathlib.Path(__file__).with_name("did_modern.json").write_text(json.dumps(out, indent=1) + "\n")
