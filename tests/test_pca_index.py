"""pca_index. Numbers from oracle/panel_tables.R (prcomp, solve, det)."""
import json
import math
import pathlib

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "panel_tables.json").read_text())["pca"]
MODEL = "P_CAP, PC, GSP, EMP, -UNEMP"
near = lambda value: pytest.approx(value, rel=1e-9, abs=1e-11)


@pytest.fixture
def munnell(db):
    return db.table("munnell")


def test_components(munnell):
    rows = munnell.dicts("SELECT * FROM pca_index('munnell', ?)", MODEL)
    assert len(rows) == 25
    for c in range(5):
        part = [row for row in rows if row["component"] == c + 1]
        assert [row["loading"] for row in part] == near(ORACLE["loadings"][c])
        assert part[0]["eigenvalue"] == near(ORACLE["eigenvalue"][c]) and part[0]["share"] == near(ORACLE["share"][c])
        assert part[0]["kept"] == (c < ORACLE["kaiser"]) and sum(row["loading"] for row in part) > 0


def test_scores(munnell):
    munnell.execute(f"CREATE VIRTUAL TABLE temp.one USING pca_index('munnell', '{MODEL}', 'components=1')")
    munnell.execute(f"CREATE VIRTUAL TABLE temp.two USING pca_index('munnell', '{MODEL}', 'components=2')")
    assert [score for (score,) in munnell.rows("SELECT score FROM one LIMIT 5")] == near(ORACLE["score1"])
    assert [score for (score,) in munnell.rows("SELECT score FROM two LIMIT 5")] == near(ORACLE["score2"])
    assert [score for (score,) in munnell.rows("SELECT pc2 FROM two LIMIT 5")] == near(ORACLE["pc2"])
    again = munnell.rows("SELECT fit_score(econ_fit('pca_index', 'munnell', ?, 'components=2'), P_CAP, PC, GSP, EMP, UNEMP) FROM munnell LIMIT 5", MODEL)
    assert [score for (score,) in again] == near(ORACLE["score2"])
    group = munnell.rows("SELECT fit_score((SELECT pca_index('P_CAP, PC, GSP, EMP, -UNEMP; components=2', P_CAP, PC, GSP, EMP, UNEMP) FROM munnell), P_CAP, PC, GSP, EMP, UNEMP) FROM munnell LIMIT 5")
    assert [score for (score,) in group] == near(ORACLE["score2"])


def test_kept(munnell):
    kept = lambda options: munnell.value("SELECT DISTINCT kept_components FROM pca_index('munnell', ?, ?)", MODEL, options)
    share = [sum(ORACLE["share"][:c + 1]) for c in range(5)]
    assert kept("") == ORACLE["kaiser"] and kept("keep=all") == 5 and kept("components=3") == 3
    assert kept("keep=cumulated") == 1 + next(c for c in range(5) if share[c] >= 0.85) and kept("cumulated=0.99") == 1 + next(c for c in range(5) if share[c] >= 0.99)


def test_adequacy(munnell):
    tests = {(test, subject): (statistic, df, p) for test, subject, statistic, df, p in munnell.rows(
        "SELECT test, subject, statistic, df1, p_value FROM fit_tests(econ_fit('pca_index', 'munnell', ?))", MODEL)}
    assert tests["kmo", None][0] == near(ORACLE["kmo"])
    assert tests["bartlett", None][0] == near(ORACLE["bartlett"][0]) and tests["bartlett", None][1] == 10
    assert [tests["msa", name][0] for name in ("P_CAP", "PC", "GSP", "EMP", "UNEMP")] == near(ORACLE["msa"])


def test_singular_and_constant(munnell):
    notes = munnell.rows("SELECT statistic, note FROM fit_tests(econ_fit('pca_index', 'munnell', 'P_CAP, HWY, WATER, UTIL, PC'))")
    assert all(statistic is None and "singular" in note for statistic, note in notes)
    rows = munnell.rows("SELECT component, indicator, loading, note FROM pca_index('SELECT 5 AS five, * FROM munnell', 'five, P_CAP, GSP')")
    assert len(rows) == 6 and rows[0] == (1, "five", None, "constant: left out") and rows[1][2] == pytest.approx(math.sqrt(0.5))
    assert munnell.value("SELECT fit_score(econ_fit('pca_index', 'SELECT 5 AS five, * FROM munnell', 'five, P_CAP, GSP'), 1, P_CAP, GSP) IS NOT NULL FROM munnell")


@pytest.mark.parametrize("sql, words", [
    ("SELECT * FROM pca_index('SELECT 5 AS five FROM munnell', 'five')", "all indicators are constant"),
    ("SELECT * FROM pca_index('SELECT * FROM munnell LIMIT 1', 'P_CAP, GSP')", "at least 2"),
    ("SELECT * FROM pca_index('munnell', 'P_CAP, GSP', 'components=3')", "there are 1 to 2"),
    ("SELECT * FROM pca_index('munnell', 'P_CAP, GSP', 'cumulated=85')", "between 0 and 1"),
    ("SELECT * FROM pca_index('munnell', 'P_CAP, GSP', 'keep=all, components=1')", "not both"),
    ("SELECT * FROM pca_index('munnell', 'P_CAP, STATE')", "STATE"),
])
def test_errors(munnell, sql, words):
    message = munnell.error(sql)
    assert message.startswith("pca_index: ") and words in message
