"""Writes fe_ols.json: what pyfixest, statsmodels and linearmodels say of regressions on the shipped tables. Not run by the tests.

    pip install pyfixest linearmodels statsmodels;  python tests/oracle/make_fe_ols.py
"""
import json
import pathlib

import linearmodels
import numpy as np
import pandas as pd
import pyfixest as pf
import statsmodels
import statsmodels.formula.api as smf

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "sql" / "data"
tables = {name: pd.read_csv(DATA / f"{name}.csv") for name in ("castle", "grunfeld", "munnell", "wage_panel", "card")}
# table, formula of fixest, vcov of pyfixest, its ssc, our formula, our options
CASES = [
    ("castle", "l_homicide ~ post | sid + year", {"CRV1": "sid"}, {}, "l_homicide ~ post | sid + year", ""),
    ("castle", "l_homicide ~ post + unemployrt + poverty | sid + year", "hetero", {}, "l_homicide ~ post + unemployrt + poverty | sid + year", "vcov=hc1"),
    ("castle", "l_homicide ~ post + unemployrt | sid + year", {"CRV1": "region"}, {}, "l_homicide ~ post + unemployrt | sid + year", "vcov=cluster(region)"),
    ("castle", "l_homicide ~ post + unemployrt | sid + year", {"CRV1": "sid + year"}, {}, "l_homicide ~ post + unemployrt | sid + year", "vcov=cluster(sid+year)"),
    ("castle", "l_homicide ~ post + unemployrt | sid + region^year", {"CRV1": "sid"}, {}, "l_homicide ~ post + unemployrt | sid + region^year", "vcov=cluster(sid)"),
    ("castle", "l_homicide ~ post | sid + year", {"CRV1": "sid"}, {"k_fixef": "full"}, "l_homicide ~ post | sid + year", "k_fixef=full"),
    ("castle", "l_homicide ~ post | sid + year", {"CRV1": "sid"}, {"k_fixef": "none"}, "l_homicide ~ post | sid + year", "k_fixef=none"),
    ("castle", "l_homicide ~ post | sid + year", {"CRV1": "sid"}, {"k_adj": False, "G_adj": False}, "l_homicide ~ post | sid + year", "ssc=none"),
    ("castle", "l_homicide ~ post | sid + year", {"CRV1": "sid"}, {"G_adj": False}, "l_homicide ~ post | sid + year", "g_adj=0"),
    ("grunfeld", "invest ~ value + capital", "iid", {}, "invest ~ value + capital", "vcov=iid"),
    ("grunfeld", "invest ~ value + capital | firm", "iid", {}, "invest ~ value + capital | firm", "vcov=iid"),
    ("grunfeld", "invest ~ value * capital + C(year) | firm", {"CRV1": "firm"}, {}, "invest ~ value * capital + i(year) | firm", ""),
    ("munnell", "np.log(GSP) ~ np.log(P_CAP) + np.log(PC) + np.log(EMP) + UNEMP | STATE + YR", {"CRV1": "STATE"}, {}, "ln(GSP) ~ ln(P_CAP) + ln(PC) + ln(EMP) + UNEMP | STATE + YR", ""),
    ("wage_panel", "lwage ~ married + union + expersq | nr + year", {"CRV1": "nr"}, {}, 'lwage ~ married + "union" + expersq | nr + year', ""),
    ("wage_panel", "lwage ~ married + union | nr + occupation + year", "iid", {}, 'lwage ~ married + "union" | nr + occupation + year', "vcov=iid"),
]


def fixest(case):
    table, formula, vcov, ssc, ours, options = case
    fit = pf.feols(formula, tables[table], vcov=vcov, ssc=pf.ssc(**ssc), fixef_rm="singleton", fixef_tol=1e-10, fixef_maxiter=100000)
    tidy = fit.tidy()
    rows = {term: [float(r["Estimate"]), float(r["Std. Error"]), float(r["Pr(>|t|)"]), float(r["2.5%"]), float(r["97.5%"])] for term, r in tidy.iterrows()}
    return {"table": table, "formula": ours, "options": options, "program": "pyfixest " + pf.__version__, "call": f"feols({formula!r}, vcov={vcov}, ssc={ssc})",
            "nobs": int(fit._N), "r2": float(fit._r2), "rows": rows}


def robust(kind):
    """Pooled, by statsmodels."""
    fit = smf.ols("lwage ~ educ + exper + expersq + black + south + smsa", tables["card"]).fit(cov_type=kind.upper(), use_t=True)
    rows = {term.replace("Intercept", "(Intercept)"): [fit.params[term], fit.bse[term], fit.pvalues[term], *fit.conf_int().loc[term]] for term in fit.params.index}
    return {"table": "card", "formula": "lwage ~ educ + exper + expersq + black + south + smsa", "options": f"vcov={kind}", "program": "statsmodels " + statsmodels.__version__,
            "call": f"ols(...).fit({kind})", "nobs": int(fit.nobs), "r2": fit.rsquared, "f": float(fit.fvalue) if kind == "hc0" else None,
            "rows": {k: [float(x) for x in v] for k, v in rows.items()}}


def weighted():
    """Weights, two effects by dummies: statsmodels WLS."""
    data = tables["munnell"].assign(y=lambda d: np.log(d.GSP), x=lambda d: np.log(d.P_CAP))
    fit = smf.wls("y ~ x + UNEMP + C(STATE) + C(YR)", data, weights=data.EMP).fit()
    rows = {ours: [fit.params[term], fit.bse[term], fit.pvalues[term], *fit.conf_int().loc[term]] for term, ours in (("x", "ln(P_CAP)"), ("UNEMP", "UNEMP"))}
    return {"table": "munnell", "formula": "ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR", "options": "vcov=iid, weights=EMP", "program": "statsmodels " + statsmodels.__version__,
            "call": "wls with dummies", "nobs": int(fit.nobs), "r2": fit.rsquared, "ll": fit.llf, "rows": {k: [float(x) for x in v] for k, v in rows.items()}}


result = [fixest(case) for case in CASES] + [robust(k) for k in ("hc0", "hc2", "hc3")] + [weighted()]
(pathlib.Path(__file__).parent / "fe_ols.json").write_text(json.dumps(result, indent=1) + "\n")
