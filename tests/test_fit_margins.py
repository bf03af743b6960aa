"""fit_margins: expected values from R (oracle/mechanism.R)."""
import json
import math
import pathlib

import pytest

R = json.loads((pathlib.Path(__file__).parent / "oracle" / "mechanism.json").read_text())["margins"]


@pytest.fixture
def fit(db):
    db.table("grunfeld")
    return db.value("SELECT econ_fit('fe_ols', 'grunfeld', 'invest ~ value*capital | firm', 'vcov=iid')")


def test_against_r(db, fit):
    rows = db.dicts("SELECT * FROM fit_margins(?, 'value', 'capital', '0, 250, 1e3')", fit)
    assert [row["at"] for row in rows] == [0, 250, 1000]
    for i, row in enumerate(rows):
        assert (row["estimate"], row["std_error"], row["conf_low"], row["conf_high"]) == pytest.approx((R["estimate"][i], R["se"][i], R["low"][i], R["high"][i]), rel=1e-8)
        assert row["p_value"] == pytest.approx(R["p"][i], rel=1e-6) and row["statistic"] == pytest.approx(R["estimate"][i] / R["se"][i], rel=1e-8)


def test_at_zero_it_is_the_term(db, fit):
    row = db.row("SELECT estimate, std_error, p_value FROM fit_margins(?, 'value', 'capital', 0)", fit)
    assert row == pytest.approx(db.row("SELECT estimate, std_error, p_value FROM fit_terms(?) WHERE term = 'value'", fit), rel=1e-12)


def test_other_way_round_ranges_and_level(db, fit):
    assert [at for at, in db.rows("SELECT at FROM fit_margins(?, 'capital', 'value', ' -1 : 1 : .5 , 7')", fit)] == [-1, -.5, 0, .5, 1, 7]
    assert [at for at, in db.rows("SELECT at FROM fit_margins(?, 'capital', 'value', ' (-1, 0:4:2)')", fit)] == [-1, 0, 2, 4]
    assert [at for at, in db.rows("SELECT at FROM fit_margins(?, 'capital', 'value', '0:1:.1')", fit)] == pytest.approx([i / 10 for i in range(11)])
    wide, narrow = (db.row("SELECT conf_high - conf_low FROM fit_margins(?, 'value', 'capital', 5, ?)", fit, level)[0] for level in (.99, .5))
    assert narrow < wide


def test_same_as_a_shifted_model(db, fit):
    """The effect at z is the coefficient of x in a model with z - 250."""
    shifted = db.row("SELECT estimate, std_error FROM fe_ols('grunfeld', 'invest ~ value*I(capital - 250) | firm', 'vcov=iid') WHERE term = 'value'")
    assert db.row("SELECT estimate, std_error FROM fit_margins(?, 'value', 'capital', 250)", fit) == pytest.approx(shifted, rel=1e-9)


def test_normal_where_the_fit_has_no_t(db):
    kept = json.dumps({"estimator": "fe_logit", "formula": "y ~ x*z", "outcome": "y", "nobs": 9, "terms": [{"term": t, "estimate": e, "std_error": 1} for t, e in (("x", 1.), ("z", 0.), ("x:z", .5))],
                       "vcov": {"type": "iid", "terms": 3, "lower": [1, 0, 1, .1, 0, .04]}, "stats": {}, "words": {}, "version": "0.1.0"})
    row = db.dicts("SELECT * FROM fit_margins(?, 'x', 'z', '2')", kept)[0]
    error = math.sqrt(1 + 4 * .1 + 4 * .04)
    assert row["std_error"] == pytest.approx(error) and row["p_value"] == pytest.approx(math.erfc(2 / error / math.sqrt(2)))


@pytest.mark.parametrize("arguments, words", [
    ("'value', 'firm', '1'", "neither 'value:firm' nor 'firm:value' is a term"),
    ("'valu', 'capital', '1'", "no term 'valu'"),
    ("'value', 'capital', 'high'", "the values 'high' must be numbers"),
    ("'value', 'capital', '1, '", "must be numbers"),
    ("'value', 'capital', '1:0:1'", "must be numbers"),
    ("'value', 'capital', '0:1:0'", "must be numbers"),
    ("'value', 'capital', '0:1'", "must be numbers"),
    ("'value', 'capital', '0:1:1e-9'", "must be numbers"),
    ("'value', 'capital', '1;2'", "must be numbers"),
    ("'value', 'capital', '1', 95", "the level 95 must lie between 0 and 1"),
    ("'value', 'capital'", "the argument 'values' is missing"),
])
def test_bad_input(db, fit, arguments, words):
    message = db.error(f"SELECT * FROM fit_margins(?, {arguments})", fit)
    assert message.startswith("fit_margins: ") and words in message


def test_dropped_term(db):
    db.execute("CREATE TABLE t(x, z, y)")
    db.executemany("INSERT INTO t VALUES (?, 2, ?)", [(i, (i * 7) % 5) for i in range(9)])
    kept = db.value("SELECT econ_fit('fe_ols', 't', 'y ~ x*z')")
    assert "has no estimate" in db.error("SELECT * FROM fit_margins(?, 'x', 'z', 1)", kept)
    assert db.rows("SELECT * FROM fit_margins(NULL, 'x', 'z', 1)") == []
