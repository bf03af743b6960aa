"""fe_probit: what is its own; the comparison with R's glm is in test_fe_poisson.py, bad input in test_fe_logit.py."""
import json
import pathlib
import statistics

import pytest

SEPARATED = json.loads((pathlib.Path(__file__).parent / "oracle" / "separation.json").read_text())


def test_predict_is_a_probability(db):
    db.table("nsw")
    fit = db.value("SELECT econ_fit('fe_probit', 'nsw', 'treat ~ age + educ', 'vcov=iid')")
    a, b, c = (db.value("SELECT fit_coef(?, ?)", fit, term) for term in ("(Intercept)", "age", "educ"))
    assert db.value("SELECT fit_predict(?, 30, 12)", fit) == pytest.approx(statistics.NormalDist().cdf(a + 30 * b + 12 * c), rel=1e-12)


def test_far_tails(db):
    """A regressor whose fit reaches far into both tails: the likelihood's derivative is zero, computed here with tails as tails."""
    from math import erfc, exp, pi, sqrt
    db.execute("CREATE TABLE t (y, x)")
    db.executemany("INSERT INTO t VALUES (?, ?)", [(x > 0, x) for x in range(-40, 41) if x] + [(0, 1), (1, -1), (0, 2)])
    fit = db.value("SELECT econ_fit('fe_probit', 't', 'y ~ x', 'vcov=iid')")
    a, b = (db.value("SELECT fit_coef(?, ?)", fit, term) for term in ("(Intercept)", "x"))
    score = [0, 0]
    for y, x in db.rows("SELECT y, x FROM t"):
        z = (a + b * x) * (1 if y else -1)
        mills = exp(-z * z / 2) / sqrt(2 * pi) / (0.5 * erfc(-z / sqrt(2))) * (1 if y else -1)
        score[0] += mills
        score[1] += mills * x
    assert abs(score[0]) < 1e-7 and abs(score[1]) < 1e-7


def test_one_fit_a_group(db):
    db.table("wage_panel")
    rows = db.rows("""SELECT year, fit_coef(f, 'married'), fit_stat(f, 'nobs') FROM (SELECT year, fe_probit('"union" ~ married + black', "union", married, black) AS f FROM wage_panel GROUP BY year)""")
    assert len(rows) == 8 and all(n == 545 for _, _, n in rows)
    one = db.value("""SELECT estimate FROM fe_probit('wage_panel', '"union" ~ married + black', 'where=year = 1983') WHERE term = 'married'""")
    assert dict((year, b) for year, b, _ in rows)[1983] == one


@pytest.mark.parametrize("case", SEPARATED, ids=lambda case: f"{case['family']} {case['seed']}")
def test_separated_where_the_search_once_did_not_end(db, case):
    """Rows by a linear program, estimates by Newton's method (oracle/make_separation.py): quasi-separated and nearly separated tables, on which scoring goes on for hundreds of steps."""
    db.execute("CREATE TABLE t (x, d, c, g, y)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", case["rows"])
    fit = db.value("SELECT econ_fit(?, 't', ?, 'vcov=iid, singletons=keep')", f"fe_{case['family']}", "y ~ x + d + i(c)" + (f" | {case['effect']}" if case["effect"] else ""))
    assert dict(db.rows("SELECT name, rows FROM fit_rows(?)", fit))["separated"] == len(case["separated"])
    assert db.value("SELECT fit_coef(?, 'x')", fit) == pytest.approx(case["x"], rel=1e-7)
    assert db.value("SELECT fit_coef(?, 'd')", fit) == (None if case["d"] is None else pytest.approx(case["d"], rel=1e-7))


@pytest.mark.parametrize("case", json.loads((pathlib.Path(__file__).parent / "oracle" / "probit.json").read_text())["probit"], ids=lambda case: case["formula"])
def test_scoring_ends_at_the_maximum(db, case):
    """Newton's steps in R (oracle/probit.R): scoring alone stops where the deviance is flat, 1e-8 and more away."""
    db.table(case["table"])
    rows = dict(db.rows("SELECT term, estimate FROM fe_probit(?, ?)", case["table"], case["formula"]))
    for term, estimate in case["rows"].items():
        assert rows[term] == pytest.approx(estimate, rel=1e-11, abs=1e-13), term
