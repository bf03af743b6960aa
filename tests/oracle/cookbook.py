"""Writes cookbook.json: the numbers behind the pairs of sql/cookbook.md, by pyfixest 0.60, statsmodels, linearmodels and pandas, keyed by the number of the entry:
a list of rows with term (or the key of the row) and the columns that our query has. cookbook.R does the same for what R's packages run. Run in this folder: python3 cookbook.py > cookbook.json"""
import json
import pathlib
import warnings

import numpy as np
import pandas as pd
import pyfixest as pf
import statsmodels.api as sm
import statsmodels.formula.api as smf
from linearmodels.panel import RandomEffects
from scipy import stats

warnings.filterwarnings("ignore")
DATA = pathlib.Path(__file__).resolve().parents[2] / "sql" / "data"
grunfeld, castle, wage, card, nsw, gap = (pd.read_csv(DATA / f"{name}.csv") for name in ("grunfeld", "castle", "wage_panel", "card", "nsw", "gapminder"))
TIGHT = {"fixef_tol": 1e-12}
found = {}


def rows(model):
    names = {"Intercept": "(Intercept)"}
    return [{"term": names.get(t, t), "estimate": float(b), "std_error": float(s)} for t, b, s in zip(model.coef().index, model.coef(), model.se())]


def renamed(values, *names):
    assert len(values) == len(names)
    return [{**row, "term": name} for row, name in zip(values, names)]


def named(model):
    return [{"term": {"Intercept": "(Intercept)", "const": "(Intercept)"}.get(t, t), "estimate": float(b), "std_error": float(s)} for t, b, s in zip(model.params.index, model.params, model.bse)]


firm, both = "invest ~ value + capital | firm", "invest ~ value + capital | firm + year"
found[1] = rows(pf.feols("invest ~ value + capital", grunfeld, vcov="hetero"))
found[2] = rows(pf.feols("invest ~ value + capital", grunfeld, vcov="iid"))
found[3] = rows(pf.feols(firm, grunfeld, vcov={"CRV1": "firm"}, **TIGHT))
found[4] = rows(pf.feols(both, grunfeld, vcov={"CRV1": "firm"}, **TIGHT))
found[5] = rows(pf.feols(both, grunfeld, vcov="hetero", **TIGHT))
found[6] = rows(pf.feols(both, grunfeld, vcov={"CRV1": "firm+year"}, **TIGHT))
castle["region_year"] = castle.region + castle.year.astype(str)
found[7] = rows(pf.feols("l_homicide ~ post | sid + region_year", castle, vcov={"CRV1": "sid"}, **TIGHT))
trends = smf.ols("l_homicide ~ post + C(sid) + C(sid):I(year - 2005) + C(year)", castle).fit()
found[8] = [{"term": "post", "estimate": float(trends.params["post"])}]
found[9] = rows(pf.feols("l_homicide ~ post | sid + year", castle, weights="popwt", vcov={"CRV1": "sid"}, **TIGHT))
found[10] = rows(pf.feols("invest ~ value * capital", grunfeld, vcov="hetero"))
found[11] = renamed(rows(pf.feols("lwage ~ educ + i(year, ref=1980)", wage, vcov="hetero")), "(Intercept)", "educ", *[f"year::{y}" for y in range(1981, 1988)])
found[12] = renamed(rows(pf.feols("lwage ~ i(year, educ, ref=1980) | nr + year", wage, vcov={"CRV1": "nr"}, **TIGHT)), *[f"year::{y}:educ" for y in range(1981, 1988)])
gap["lg"] = np.log(gap.gdpPercap)
gap["lg2"] = gap.lg ** 2
found[13] = renamed(rows(pf.feols("lifeExp ~ lg + lg2", gap, vcov="hetero")), "(Intercept)", "ln(gdpPercap)", "I(ln(gdpPercap)*ln(gdpPercap))")
grunfeld = grunfeld.sort_values(["firm", "year"])
by_firm = grunfeld.groupby("firm")
lagged = grunfeld.assign(lag=by_firm.value.shift(1)).dropna()
found[14] = renamed(rows(pf.feols("invest ~ lag + capital | firm + year", lagged, vcov={"CRV1": "firm"}, **TIGHT)), "l(value)", "capital")
changes = grunfeld.assign(**{f"d_{v}": by_firm[v].diff() for v in ("invest", "value", "capital")}).dropna()
found[15] = renamed(rows(pf.feols("d_invest ~ d_value + d_capital", changes, vcov={"CRV1": "firm"})), "(Intercept)", "d(value)", "d(capital)")
found[16] = rows(pf.feols("l_homicide ~ post | sid + year", castle[castle.region == "South"], vcov={"CRV1": "sid"}, **TIGHT))
found[17] = []
for name, part in grunfeld.groupby("firm"):
    model = pf.feols("invest ~ value + capital", part, vcov="iid")
    found[17].append({"firm": name, "estimate": float(model.coef()["value"]), "std_error": float(model.se()["value"])})
found[18] = rows(pf.feols("lwage ~ exper + expersq + black + south + smsa | educ ~ nearc4", card, vcov="hetero"))
found[19] = rows(pf.feols("l_homicide ~ unemployrt | sid + year | post ~ l_police", castle, vcov={"CRV1": "sid"}, **TIGHT))
found[21] = rows(pf.fepois("jhcitizen_c ~ post | sid + year", castle, vcov={"CRV1": "sid"}, iwls_tol=1e-12, **TIGHT))
X = sm.add_constant(nsw[["age", "educ", "black"]])
found[22] = named(sm.Logit(nsw.treat, X).fit(disp=0, tol=1e-12))
found[23] = named(sm.GLM(nsw.treat, X, family=sm.families.Binomial(sm.families.links.Probit())).fit(tol=1e-14))  # expected information, as R's glm and ours
panel = grunfeld.set_index(["firm", "year"])
random = RandomEffects(panel.invest, sm.add_constant(panel[["value", "capital"]])).fit()
found[25] = [{"term": {"const": "(Intercept)"}.get(t, t), "estimate": float(random.params[t]), "std_error": float(random.std_errors[t])} for t in random.params.index]
both_tests = pf.feols("invest ~ value + capital", grunfeld, vcov="hetero")
V, b = both_tests._vcov[1:, 1:], both_tests.coef().to_numpy()[1:]
joint, equal = float(b @ np.linalg.solve(V, b)) / 2, float((b[0] - b[1]) ** 2 / (V[0, 0] + V[1, 1] - 2 * V[0, 1]))
found[26] = [{"statistic": joint, "p_value": float(stats.f.sf(joint, 2, 217))}]
found[27] = [{"statistic": equal, "p_value": float(stats.f.sf(equal, 1, 217))}]
coded = grunfeld.assign(unit=grunfeld.firm.astype("category").cat.codes)
found[28] = rows(pf.feols("invest ~ value + capital | unit", coded, vcov="DK", vcov_kwargs={"time_id": "year", "panel_id": "unit", "lag": 2}, **TIGHT))
event = castle.year - castle.sid.map(castle[castle.post == 1].groupby("sid").year.min())
periods = [k for k in range(-5, 4) if k != -1]
dummies = castle.assign(**{f"period{i}": (event.clip(-5, 3) == k).astype(float) for i, k in enumerate(periods)})
study = rows(pf.feols("l_homicide ~ " + " + ".join(f"period{i}" for i in range(len(periods))) + " | sid + year", dummies, vcov={"CRV1": "sid"}, **TIGHT))
found[31] = [{"event_time": periods[int(row["term"].removeprefix("period"))], "estimate": row["estimate"], "std_error": row["std_error"]} for row in study]
found[30] = renamed(rows(pf.feols("l_homicide ~ post | sid + year", castle, vcov={"CRV1": "sid"}, **TIGHT)), "att")
described = grunfeld[["invest", "value", "capital"]]
found[35] = [{"term": v, "n": len(described), "estimate": float(described[v].mean()), "std_error": float(described[v].std()), "min": float(described[v].min()), "max": float(described[v].max())} for v in described]
found[36] = []
for first, second in (("value", "invest"), ("capital", "invest"), ("capital", "value")):
    r, p = stats.pearsonr(grunfeld[first], grunfeld[second])
    found[36].append({"term": f"{first}, {second}", "estimate": float(r), "p_value": float(p)})
columns = ["educ", "exper", "expersq", "married"]
found[37] = []
for v in columns:
    r2 = sm.OLS(wage[v], sm.add_constant(wage[[c for c in columns if c != v]])).fit().rsquared
    found[37].append({"term": v, "estimate": 1 / (1 - r2)})
twoway = pf.feols(both, grunfeld, **TIGHT)
found[38] = [{"estimate": float((twoway.resid() ** 2).sum()), "std_error": float(twoway.predict().mean())}]
print(json.dumps({str(k): v for k, v in found.items()}, indent=1))
