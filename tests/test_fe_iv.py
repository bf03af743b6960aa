"""fe_iv against linearmodels, fixest, AER, the definitions in numpy (oracle/make_iv.py) and the literature."""
import json
import math
import pathlib
import re

import pytest

CASES = json.loads((pathlib.Path(__file__).parent / "oracle" / "iv.json").read_text(encoding="utf-8"))
PREPARED = {
    "card": "SELECT *, reg662 + 2 * reg663 + 3 * reg664 + 4 * reg665 + 5 * reg666 + 6 * reg667 + 7 * reg668 + 8 * reg669 AS region FROM card",
    "munnell": "SELECT * FROM munnell",
}


def close(ours, theirs, tolerance):
    return ours is not None and math.isclose(ours, theirs, rel_tol=tolerance, abs_tol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(db, case):
    db.table(case["table"])
    fit = db.value("SELECT econ_fit('fe_iv', ?, ?, ?)", PREPARED[case["table"]], case["formula"], case["options"])
    terms = {name: (estimate, error) for name, estimate, error in db.rows("SELECT term, estimate, std_error FROM fit_terms(?) WHERE part IS NULL", fit)}
    subjects = re.split(r" \+ ", case["formula"].split("|")[-1].split("~")[0].strip())
    tests = {}
    for test, subject, value in db.rows("SELECT test, subject, statistic FROM fit_tests(?)", fit):
        tests[f"{test} {subjects.index(subject)}" if subject else test] = value
    wrong = []
    for name, (estimate, error) in case["terms"].items():
        if not close(terms[name][0], estimate, 1e-8) or not close(terms[name][1], error, 1e-7):
            wrong.append((name, terms[name], estimate, error))
    wrong += [(name, tests.get(name), value) for name, value in case["tests"].items() if not close(tests.get(name), value, 1e-6)]
    wrong += [(name, value) for name, value in case["stats"].items() if not close(db.value("SELECT fit_stat(?, ?)", fit, name), value, 1e-9)]
    assert not wrong
