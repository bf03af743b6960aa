"""Writes gmm_pydynpd.json: dynamic panels by pydynpd 0.2.2 (numpy < 2), which reproduces xtabond2. Not run by the tests; in this folder: python3 make_gmm.py

Two steps only: after one step its tests of autocorrelation take the moments of step two. In systems with deviations it differences iv() instruments, so those cases have none.
Deviations across gaps are left out: it drops the row before a gap, for which xtabond2 (and the definition) has a deviation. nobs it counts in the transformed equations.
"""
import contextlib
import io
import json
import pathlib

import numpy as np
import pandas as pd
from pydynpd import regression

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "sql" / "data"
wage, munnell = pd.read_csv(DATA / "wage_panel.csv"), pd.read_csv(DATA / "munnell.csv")
wage["h"] = wage.hours / 1000
munnell["g"], munnell["e"], munnell["k"] = np.log(munnell.GSP), np.log(munnell.EMP), np.log(munnell.PC)
munnell["i"] = munnell.groupby("STATE").ngroup() + 1
frames = {
    "SELECT *, hours/1000.0 AS h FROM wage_panel": (wage, ["nr", "year"]),
    "SELECT *, hours/1000.0 AS h FROM wage_panel WHERE (nr*7+year)%11 <> 0": (wage[(wage.nr * 7 + wage.year) % 11 != 0], ["nr", "year"]),
    "SELECT *, hours/1000.0 AS h FROM wage_panel WHERE year < 1985 + nr % 4": (wage[wage.year < 1985 + wage.nr % 4], ["nr", "year"]),
    "SELECT *, ln(GSP) AS g, ln(EMP) AS e, ln(PC) AS k FROM munnell": (munnell, ["i", "YR"]),
}
FULL, GAPS, ENDS, STATES = frames
CASES = []
for source in (FULL, GAPS):
    CASES += [
        (source, "lwage L1.lwage union | gmm(lwage, 2:99) gmm(union, 2:3) | nolevel", "lwage ~ l(lwage) + union | gmm(lwage, 2:) + gmm(union, 2:3) + iv(0)", ""),
        (source, "lwage L1.lwage union h | gmm(lwage, 2:4) gmm(union, 1:3) iv(h)", "lwage ~ l(lwage) + union + h | gmm(lwage, 2:4) + gmm(union, 1:3)", "system=1"),
        (source, "lwage L(1:2).lwage union h | gmm(lwage, 2:5) gmm(union, 1:3) iv(h) | collapse", "lwage ~ l(lwage,1:2) + union + h | gmm(lwage, 2:5) + gmm(union, 1:3)", "system=1, collapse=1"),
        (source, "lwage L1.lwage union h | gmm(lwage, 2:5) gmm(union, 1:1) iv(L1.h) | collapse nolevel", "lwage ~ l(lwage) + union + h | gmm(lwage, 2:5) + gmm(union, 1) + iv(l(h))", "collapse=1"),
    ]
CASES += [
    (FULL, "lwage L1.lwage union h | gmm(lwage, 2:4) gmm(union, 1:3) iv(h) | fod nolevel", "lwage ~ l(lwage) + union + h | gmm(lwage, 2:4) + gmm(union, 1:3)", "transform=deviations"),
    (ENDS, "lwage L1.lwage union h | gmm(lwage, 2:4) gmm(union, 1:3) iv(h) | fod nolevel", "lwage ~ l(lwage) + union + h | gmm(lwage, 2:4) + gmm(union, 1:3)", "transform=deviations"),
    (FULL, "lwage L1.lwage union | gmm(lwage, 2:99) gmm(union, 2:3) | fod", "lwage ~ l(lwage) + union | gmm(lwage, 2:) + gmm(union, 2:3)", "transform=deviations, system=1"),
    (FULL, "lwage L1.lwage union | gmm(lwage, 2:4) gmm(union, 2:3) | fod collapse", "lwage ~ l(lwage) + union | gmm(lwage, 2:4) + gmm(union, 2:3)", "transform=deviations, system=1, collapse=1"),
    (ENDS, "lwage L1.lwage union | gmm(lwage, 2:99) gmm(union, 2:3) | fod", "lwage ~ l(lwage) + union | gmm(lwage, 2:) + gmm(union, 2:3)", "transform=deviations, system=1"),
    (ENDS, "lwage L1.lwage union h | gmm(lwage, 2:4) gmm(union, 1:3) iv(h)", "lwage ~ l(lwage) + union + h | gmm(lwage, 2:4) + gmm(union, 1:3)", "system=1"),
    (STATES, "g L1.g e k | gmm(g, 2:4) iv(e k) | collapse", "g ~ l(g) + e + k | gmm(g, 2:4)", "system=1, collapse=1"),
    (STATES, "g L1.g e k | gmm(g, 2:3) iv(e k) | nolevel timedumm", "g ~ l(g) + e + k | gmm(g, 2:3)", "time_effects=1"),
    (STATES, "g L1.g e k | gmm(g, 2:4) gmm(e, 2:3) iv(k) | nolevel", "g ~ l(g) + e + k | gmm(g, 2:4) + gmm(e, 2:3)", ""),
]
out = []
for source, command, formula, options in CASES:
    frame, index = frames[source]
    with contextlib.redirect_stdout(io.StringIO()):
        model = regression.abond(command, frame, index).models[0]
    table = model.regression_table
    panel = "panel=STATE+YR" if source == STATES else "panel=nr+year"
    terms = len(frame) and sum(not str(v).startswith(("year_", "YR_", "_con")) for v in table.variable)
    out.append({"source": source, "formula": formula, "options": ", ".join(p for p in (panel, "steps=2", options) if p),
                "estimate": [float(v) for v in table.coefficient[:terms]], "robust": [float(v) for v in table.std_err[:terms]], "hansen_j": float(model.hansen.test_value),
                "ar": [float(test.AR) for test in model.AR_list], "instruments": int(model.z_information.num_instr), "equations": int(model.num_obs)})
path = pathlib.Path(__file__).with_name("gmm_pydynpd.json")
path.write_text("[\n" + ",\n".join(" " + json.dumps(case) for case in out) + "\n]\n", encoding="utf-8")
