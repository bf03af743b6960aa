"""Writes did_att.json: what pyfixest says of the castle laws, as one effect and as an event study. Not run by the tests.

    pip install pyfixest;  python tests/oracle/make_did_att.py
"""
import json
import pathlib

import numpy as np
import pandas as pd
import pyfixest as pf

ROOT = pathlib.Path(__file__).resolve().parents[2]
castle = pd.read_csv(ROOT / "sql" / "data" / "castle.csv")
first = castle[castle.post == 1].groupby("sid").year.min()
castle["cohort"] = castle.sid.map(first)


def rows(formula, data, keep):
    fit = pf.feols(formula, data, vcov={"CRV1": "sid"}, fixef_rm="singleton")
    tidy = fit.tidy()
    wald = None
    leads = [i for i, name in enumerate(fit._coefnames) if name.startswith("e_m")]
    if leads:
        b, v = np.asarray(fit._beta_hat)[leads], np.asarray(fit._vcov)[np.ix_(leads, leads)]
        wald = float(b @ np.linalg.solve(v, b) / len(leads))
    return {"rows": {name: [float(tidy.loc[name, "Estimate"]), float(tidy.loc[name, "Std. Error"])] for name in tidy.index if name.startswith(keep)}, "pretrend": wald}


def study(low, high, controls):
    """Dummies by hand: event times with binned ends, without -1; e_m3 is -3, e_2 is 2."""
    data = castle.copy()
    event = (data.year - data.cohort).clip(low, high)
    names = []
    for value in range(low, high + 1):
        if value == -1:
            continue
        name = f"e_m{-value}" if value < 0 else f"e_{value}"
        data[name] = (event == value).astype(float)
        names.append(name)
    return rows(f"l_homicide ~ {' + '.join(names)}{controls} | sid + year", data, "e_")


result = {"program": "pyfixest " + pf.__version__, "att": rows("l_homicide ~ post | sid + year", castle, "post"),
          "att_controls": rows("l_homicide ~ post + unemployrt + poverty | sid + year", castle, "post"),
          "event": study(-4, 3, ""), "event_controls": study(-5, 2, " + unemployrt")}
(pathlib.Path(__file__).parent / "did_att.json").write_text(json.dumps(result, indent=1) + "\n")
