"""panel_vif. Numbers from oracle/panel_tables.R (car::vif, of the raw columns and of residuals from state dummies)."""
import json
import pathlib

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "panel_tables.json").read_text())


def test_against_car(db):
    db.table("wage_panel")
    rows = db.dicts("SELECT * FROM panel_vif('wage_panel', 'lwage ~ educ + exper + expersq + married + \"union\"')")
    assert {row["term"]: row["vif"] for row in rows} == pytest.approx(ORACLE["vif"], rel=1e-9)
    assert all(row["tolerance"] == pytest.approx(1 / row["vif"]) and row["note"] is None for row in rows)
    mean = db.value("SELECT DISTINCT mean_vif FROM panel_vif('wage_panel', 'lwage ~ educ + exper + expersq + married + \"union\"')")
    assert mean == pytest.approx(sum(ORACLE["vif"].values()) / 5, rel=1e-9)


def test_within_effects(db):
    db.table("munnell")
    rows = dict(db.rows("SELECT term, vif FROM panel_vif('munnell', 'GSP ~ HWY + WATER + PC + EMP | STATE')"))
    assert rows == pytest.approx(ORACLE["vif_within"], rel=1e-9)


def test_collinear_constant_absorbed(db):
    db.table("munnell")
    rows = {term: (vif, note) for term, vif, note in db.rows(
        "SELECT term, vif, note FROM panel_vif('SELECT *, 5 AS five FROM munnell', 'GSP ~ P_CAP + HWY + WATER + UTIL + five')")}
    assert rows["UTIL"] == (None, "collinear with terms before it") and rows["five"] == (None, "constant")
    without = dict(db.rows("SELECT term, vif FROM panel_vif('munnell', 'GSP ~ P_CAP + HWY + WATER')"))
    assert {name: rows[name][0] for name in without} == pytest.approx(without, rel=1e-12)
    rows = dict(db.rows("SELECT term, note FROM panel_vif('munnell', 'GSP ~ HWY + EMP + YR | YR')"))
    assert rows == {"HWY": None, "EMP": None, "YR": "absorbed by the effects"}
    assert db.rows("SELECT vif, tolerance FROM panel_vif('munnell', 'GSP ~ HWY')") == [(1, 1)]


@pytest.mark.parametrize("sql, words", [
    ("SELECT * FROM panel_vif('munnell', 'GSP ~ 1')", "no regressors"),
    ("SELECT * FROM panel_vif('munnell', 'GSP ~ STATE')", "STATE"),
    ("SELECT * FROM panel_vif('SELECT * FROM munnell LIMIT 1', 'GSP ~ EMP')", "at least 2"),
])
def test_errors(db, sql, words):
    message = db.table("munnell").error(sql)
    assert message.startswith("panel_vif: ") and words in message
