"""topsis_index. Numbers from oracle/indices.py (NumPy, from the definitions); the weights have their tests in test_entropy_index.py."""
import json
import pathlib

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "indices.json").read_text())
MIXED = "P_CAP, HWY, -UNEMP, mid(1000) EMP, int(30000,90000) GSP"
near = lambda value: pytest.approx(value, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("norm", ["minmax", "l2", "none"])
def test_scores_and_distances(db, norm):
    db.table("munnell")
    known = ORACLE["topsis"][norm]
    db.execute(f"CREATE VIRTUAL TABLE temp.scored USING topsis_index('munnell', '{MIXED}', 'norm={norm}')")
    rows = db.dicts("SELECT * FROM scored")
    for name in ("score", "distance_best", "distance_worst"):
        assert [row[name] for row in rows[:5]] == near(known[name])
    assert sum(row["score"] for row in rows) == near(known["score_sum"])
    again = db.rows(f"SELECT fit_score(econ_fit('topsis_index', 'munnell', ?, 'norm={norm}'), P_CAP, HWY, UNEMP, EMP, GSP) FROM munnell LIMIT 5", MIXED)
    assert [score for (score,) in again] == near(known["score"])


def test_weights_are_those_of_entropy_index(db):
    db.table("munnell")
    for options in ("", "method=critic", "zero=shift", "scope=YR"):
        ours, theirs = (db.rows(f"SELECT * FROM {name}('munnell', ?, ?)", MIXED, options) for name in ("topsis_index", "entropy_index"))
        assert ours == theirs
    assert db.value("SELECT fit_coef(topsis_index(P_CAP, GSP), 'x1') FROM munnell") == db.value("SELECT fit_coef(entropy_index(P_CAP, GSP), 'x1') FROM munnell")


def test_null_rows_and_constants(db):
    db.table("munnell")
    db.execute("CREATE VIRTUAL TABLE temp.v USING topsis_index('SELECT 5 AS five, nullif(P_CAP, 15032.67) AS p, * FROM munnell', 'five, p, GSP')")
    assert db.row("SELECT count(*), count(score), count(distance_best), min(score) >= 0, max(score) <= 1 FROM v") == (816, 815, 815, 1, 1)


@pytest.mark.parametrize("sql, words", [
    ("SELECT * FROM topsis_index('munnell', 'P_CAP', 'norm=l3')", "minmax|l2|none"),
    ("SELECT * FROM topsis_index('SELECT *, 5 AS five FROM munnell', 'five')", "constant"),
    ("SELECT * FROM topsis_index('SELECT * FROM munnell LIMIT 1', 'P_CAP')", "at least 2"),
])
def test_errors(db, sql, words):
    message = db.table("munnell").error(sql)
    assert message.startswith("topsis_index: ") and all(word in message for word in words.split("|"))
