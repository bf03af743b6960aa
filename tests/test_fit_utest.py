"""fit_utest: expected values from R (oracle/mechanism.R)."""
import json
import pathlib

import pytest

R = json.loads((pathlib.Path(__file__).parent / "oracle" / "mechanism.json").read_text())["utest"]
MODEL = "lwage ~ exper + expersq + \"union\""


@pytest.fixture
def wages(db):
    return db.table("wage_panel")


def utest(db, fit, arguments="'exper', 'expersq'"):
    return db.dicts(f"SELECT * FROM fit_utest(?, {arguments})", fit)[0]


def kept(db, model=MODEL, options="vcov=iid"):
    return db.value("SELECT econ_fit('fe_ols', 'wage_panel', ?, ?)", model, options)


def test_against_r(wages):
    row = utest(wages, kept(wages))
    assert row["shape"] == "inverse U" and row["inside"] == 1
    assert (row["at_low"], row["at_high"]) == wages.row("SELECT min(exper), max(exper) FROM wage_panel")
    assert (row["slope_low"], row["slope_high"]) == pytest.approx(R["slopes"], rel=1e-9)
    assert (row["t_low"], row["t_high"]) == pytest.approx(R["t"], rel=1e-8)
    assert (row["p_low"], row["p_high"]) == pytest.approx(R["p"], rel=1e-6)
    assert row["statistic"] == pytest.approx(min(abs(t) for t in R["t"]), rel=1e-8) and row["p_value"] == pytest.approx(max(R["p"]), rel=1e-6)
    assert row["extreme"] == pytest.approx(R["extreme"], rel=1e-9)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx(R["fieller"], rel=1e-8)


def test_ways_to_write_the_square(wages):
    """The range is found for a column of squares and for I(x*x), with the effects absorbed, and only where there is a square."""
    row = utest(wages, kept(wages, "lwage ~ exper + I(exper*exper) + \"union\" | nr", "vcov=cluster(nr)"), "'exper', 'I(exper*exper)'")
    same = utest(wages, kept(wages, MODEL + " | nr", "vcov=cluster(nr)"))
    assert row == {key: pytest.approx(value, rel=1e-9) if isinstance(value, float) else value for key, value in same.items()}
    assert (row["at_low"], row["at_high"]) == wages.row("SELECT min(exper), max(exper) FROM wage_panel")
    fit = kept(wages, "lwage ~ exper + educ")
    assert list(json.loads(wages.value("SELECT attributes FROM fit_terms(?) WHERE term = 'exper'", fit))) == ["beta"]
    assert "give it: fit_utest(fit, x, x2, low, high)" in wages.error("SELECT * FROM fit_utest(?, 'exper', 'educ')", fit)
    assert utest(wages, fit, "'exper', 'educ', 0, 3")["at_high"] == 3


def test_rows_used_decide_the_range(wages):
    row = utest(wages, kept(wages, options="vcov=iid, where=exper between 3 and 12"))
    assert (row["at_low"], row["at_high"]) == (3, 12)


def test_given_range(wages):
    """Inside a range in which the curve only rises, there is no inverse U: p above one half, extreme outside."""
    row = utest(wages, kept(wages), "'exper', 'expersq', 0, 5")
    assert row["inside"] == 0 and row["p_value"] > .5 and row["p_low"] < .01 and row["statistic"] < 0
    assert utest(wages, kept(wages), "'exper', 'expersq', NULL, 5")["at_low"] == 0


def test_u_and_mirror(wages):
    wages.execute("CREATE VIEW down AS SELECT *, -lwage AS minus FROM wage_panel")
    up, down = utest(wages, kept(wages)), utest(wages, wages.value("SELECT econ_fit('fe_ols', 'down', 'minus ~ exper + expersq + \"union\"', 'vcov=iid')"))
    assert down["shape"] == "U" and down["statistic"] == pytest.approx(up["statistic"]) and down["p_value"] == pytest.approx(up["p_value"])
    assert (down["extreme"], down["conf_low"], down["conf_high"]) == pytest.approx((up["extreme"], up["conf_low"], up["conf_high"]))


def test_fieller_holds_the_level(wages):
    """Wider at a higher level; unbounded, so NULL, where the square is not significant at it."""
    narrow, wide = (utest(wages, kept(wages), f"'exper', 'expersq', NULL, NULL, {level}") for level in (.5, .999))
    assert wide["conf_low"] < narrow["conf_low"] < narrow["extreme"] < narrow["conf_high"] < wide["conf_high"]
    wages.execute("CREATE VIEW straight AS SELECT *, 2 * exper + (nr * 7919 + year * 104729) % 101 AS line FROM wage_panel")
    row = utest(wages, wages.value("SELECT econ_fit('fe_ols', 'straight', 'line ~ exper + expersq', 'vcov=iid')"))
    assert wages.value("SELECT p_value FROM fit_terms(econ_fit('fe_ols', 'straight', 'line ~ exper + expersq', 'vcov=iid')) WHERE term = 'expersq'") > .05
    assert row["conf_low"] is None and row["conf_high"] is None and row["p_value"] > .05


@pytest.mark.parametrize("arguments, words", [
    ("'exper', 'exper'", "same term"),
    ("'exper', 'union'", "the square of 'exper' is the term 'expersq', not 'union'"),
    ("'expr', 'expersq'", "no term 'expr'"),
    ("'exper', 'expersq', 5, 5", "low=5 must be below high=5"),
    ("'exper', 'expersq', 'a', 5", "'a' is no number"),
    ("'exper', 'expersq', 0, 5, 2", "the level 2 must lie between 0 and 1"),
    ("'exper'", "the argument 'x2' is missing"),
])
def test_bad_input(wages, arguments, words):
    message = wages.error(f"SELECT * FROM fit_utest(?, {arguments})", kept(wages))
    assert message.startswith("fit_utest: ") and words in message
