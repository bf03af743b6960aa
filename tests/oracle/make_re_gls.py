"""Writes re_gls.json: linearmodels' random effects on the shipped panels, and the tests from their definitions in numpy. Not run by the tests.

    pip install linearmodels;  python tests/oracle/make_re_gls.py
"""
import json
import pathlib

import linearmodels
import numpy as np
import pandas as pd
from linearmodels.panel import PanelOLS, PooledOLS, RandomEffects
from scipy.stats import chi2, f as fdist

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "sql" / "data"


def case(name, table, y, xs, unit, time):
    data = table.set_index([unit, time])[[y] + xs]
    data.insert(1, "const", 1.0)
    re = RandomEffects(data[y], data[["const"] + xs]).fit(cov_type="unadjusted", small_sample=False)
    fe = PanelOLS(data[y], data[xs], entity_effects=True).fit(cov_type="unadjusted")
    pooled = PooledOLS(data[y], data[["const"] + xs]).fit()
    n, units, k = len(data), data.index.get_level_values(0).nunique(), len(xs)
    sizes = data.groupby(level=0).size().to_numpy()
    e = pooled.resids
    sums = e.groupby(level=0).sum().to_numpy()
    lm = n ** 2 / 2 * ((sums ** 2).sum() / (e ** 2).sum() - 1) ** 2 / ((sizes ** 2).sum() - n)
    ssr_w, ssr_p = float((fe.resids ** 2).sum()), float((e ** 2).sum())
    f = (ssr_p - ssr_w) / (units - 1) / (ssr_w / (n - units - k))
    v = re.variance_decomposition
    return {"name": name, "program": "linearmodels " + linearmodels.__version__, "balanced": bool(sizes.min() == sizes.max()),
            "b": [float(x) for x in re.params], "theta": float(np.asarray(re.theta).mean()), "sigma_u": float(np.sqrt(v["Effects"])), "sigma_e": float(np.sqrt(v["Residual"])),
            "breusch_pagan": [float(lm), float(chi2.sf(lm, 1))], "f_effects": [float(f), float(fdist.sf(f, units - 1, n - units - k))]}


grunfeld = pd.read_csv(DATA / "grunfeld.csv")
castle = pd.read_csv(DATA / "castle.csv")
result = [case("grunfeld", grunfeld, "invest", ["value", "capital"], "firm", "year"), case("castle", castle, "l_homicide", ["post", "unemployrt", "poverty"], "sid", "year")]
(pathlib.Path(__file__).parent / "re_gls.json").write_text(json.dumps(result, indent=1) + "\n")
