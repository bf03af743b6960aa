"""entropy_index and the weights that topsis_index shares with it (index.c). Numbers from oracle/indices.py (NumPy, from the definitions)."""
import json
import pathlib

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "indices.json").read_text())["entropy"]
MIXED = "P_CAP, HWY, -UNEMP, mid(1000) EMP, int(30000,90000) GSP"
DIMENSIONS = "public: P_CAP, HWY; private: PC, GSP; labour: -UNEMP"
near = lambda value: pytest.approx(value, rel=1e-9, abs=1e-13)


@pytest.fixture
def munnell(db):
    return db.table("munnell")


CASES = [("mixed", MIXED, ""), ("mixed", MIXED, "scope=pooled"), ("shift", MIXED, "zero=shift, shift=0.001"), ("shift", MIXED, "shift=0.001"), ("range", MIXED, "range=0.1:0.9"),
         ("critic", MIXED, "method=critic"), ("cv", MIXED, "method=cv"), ("equal", MIXED, "method=equal"), ("flat", DIMENSIONS, ""), ("nested", DIMENSIONS, "levels=nested"),
         ("nested_shift", DIMENSIONS, "levels=nested, zero=shift"), ("nested_critic", DIMENSIONS, "levels=nested, method=critic"),
         ("nested_cv", DIMENSIONS, "levels=nested, method=cv")]


@pytest.mark.parametrize("case, model, options", CASES, ids=[f"{c[0]}-{c[2]}" for c in CASES])
def test_weights_scores_and_fit(munnell, case, model, options):
    known = ORACLE[case]
    rows = munnell.dicts("SELECT * FROM entropy_index('munnell', ?, ?)", model, options)
    assert [row["weight"] for row in rows] == near(known["weight"])
    assert [row["divergence"] for row in rows] == near(known["divergence"])
    assert sum(row["weight"] for row in rows) == pytest.approx(1, abs=1e-14)
    for row in rows:
        assert row["entropy"] is None or row["entropy"] + row["divergence"] == pytest.approx(1, abs=1e-15)
        if row["dimension"]:
            assert row["dimension_weight"] == near(known["dimension_weight"][row["dimension"]])
    munnell.execute(f"CREATE VIRTUAL TABLE temp.scored USING entropy_index('munnell', '{model}', '{options}')")
    scored = munnell.dicts("SELECT * FROM scored")
    assert len(scored) == 816
    assert [row["score"] for row in scored[:5]] == near(known["score"])
    assert sum(row["score"] for row in scored) == near(known["score_sum"])
    for name, values in known.get("dimension_score", {}).items():
        assert [row[f"score_{name}"] for row in scored[:5]] == near(values)
    columns = "P_CAP, HWY, UNEMP, EMP, GSP" if model == MIXED else "P_CAP, HWY, PC, GSP, UNEMP"
    again = munnell.rows(f"SELECT fit_score(econ_fit('entropy_index', 'munnell', ?, ?), {columns}) FROM munnell LIMIT 5", model, options)
    assert [score for (score,) in again] == near(known["score"])


def test_directions_and_columns(munnell):
    rows = munnell.rows("SELECT indicator, direction, n, minimum, maximum, scope_value, note FROM entropy_index('munnell', ?)", MIXED)
    low, high = munnell.row("SELECT min(EMP), max(EMP) FROM munnell")
    assert [row[1] for row in rows] == ["+", "+", "-", "mid(1000)", "int(30000,90000)"]
    assert rows[3] == ("EMP", "mid(1000)", 816, low, high, None, None)


def test_scope(munnell):
    for year, known in ORACLE["scope"].items():
        rows = munnell.dicts("SELECT * FROM entropy_index('munnell', ?, 'scope=YR') WHERE scope_value = ?", MIXED, int(year))
        assert [row["weight"] for row in rows] == near(known["weight"]) and rows[0]["n"] == 48
        munnell.execute(f"CREATE VIRTUAL TABLE temp.scored{year} USING entropy_index('munnell', '{MIXED}', 'scope=YR')")
        assert [score for (score,) in munnell.rows(f"SELECT score FROM scored{year} WHERE YR = {year} LIMIT 5")] == near(known["score"])
    assert munnell.value("SELECT count(DISTINCT scope_value) FROM entropy_index('munnell', 'P_CAP, GSP', 'scope=YR')") == 17
    assert "0 terms" in munnell.error("SELECT fit_score(econ_fit('entropy_index', 'munnell', 'P_CAP, GSP', 'scope=YR'), 1, 2)")


def test_aggregate_groups_and_windows(munnell):
    whole = munnell.value("SELECT entropy_index('P_CAP, -UNEMP', P_CAP, UNEMP) FROM munnell")
    assert munnell.value("SELECT fit_score(?, P_CAP, UNEMP) FROM munnell LIMIT 1", whole) == munnell.value(
        "SELECT fit_score(econ_fit('entropy_index', 'munnell', 'P_CAP, -UNEMP'), P_CAP, UNEMP) FROM munnell LIMIT 1")
    grouped = munnell.rows("SELECT fit_coef(entropy_index(P_CAP, GSP), 'x1') FROM munnell GROUP BY YR")
    scoped = munnell.rows("SELECT weight FROM entropy_index('munnell', 'P_CAP, GSP', 'scope=YR') WHERE indicator = 'P_CAP' ORDER BY scope_value")
    assert grouped == scoped
    window = munnell.rows("SELECT DISTINCT fit_coef(entropy_index(P_CAP, GSP) OVER (PARTITION BY YR), 'x1') FROM munnell ORDER BY YR")
    assert sorted(window) == sorted(scoped)


def test_null_rows_take_no_part(munnell):
    munnell.execute("CREATE TABLE holed AS SELECT * FROM munnell UNION ALL SELECT 'X', 'X', 1999, NULL, 1e9, 1, 1, 1, 1e9, 1, 1")
    with_null, without = ([row for row in munnell.rows(f"SELECT * FROM entropy_index('{table}', 'P_CAP, GSP')")] for table in ("holed", "munnell"))
    assert with_null == without
    munnell.execute("CREATE VIRTUAL TABLE temp.scored USING entropy_index('holed', 'P_CAP, GSP')")
    assert munnell.rows("SELECT STATE FROM scored WHERE score IS NULL") == [("X",)]


def test_constant_indicator_has_weight_zero_and_is_named(munnell):
    rows = munnell.rows("SELECT weight, entropy, note FROM entropy_index('SELECT 5 AS five, * FROM munnell', 'five, P_CAP, int(0,1e9) GSP')")
    assert rows[0] == (0, 1, "constant: weight 0") and rows[2] == (0, 1, "constant: weight 0")
    assert rows[1][0] == 1 and rows[1][2] is None
    assert munnell.value("SELECT value FROM fit_stats(econ_fit('entropy_index', 'SELECT 5 AS five, * FROM munnell', 'five, P_CAP')) WHERE name = 'constant'") == "five"
    assert munnell.value("SELECT fit_score(econ_fit('entropy_index', 'SELECT 5 AS five, * FROM munnell', 'five, -P_CAP'), 7, 2627.12)") == 1
    munnell.execute("CREATE VIRTUAL TABLE temp.v USING entropy_index('SELECT 5 AS five, * FROM munnell', 'a: five; b: P_CAP, GSP', 'levels=nested')")
    assert munnell.row("SELECT count(score_a), count(score_b), count(score) FROM v") == (0, 816, 816)


def test_entropy_lies_between_0_and_1(db):
    """The widely copied division by ln T instead of ln(N T) gives entropies above 1; ours are of all rows."""
    db.execute("CREATE TABLE flat AS WITH r(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM r WHERE i < 9999) SELECT 1e6 + i % 2 AS x, i AS y, 1e-300 * i AS tiny FROM r")
    rows = db.rows("SELECT entropy, weight FROM entropy_index('flat', 'x, y, tiny')")
    assert all(0 <= entropy <= 1 and weight >= 0 for entropy, weight in rows)
    assert rows[0][0] == pytest.approx(0.9247425010840047, rel=1e-12)  # ln 5000 / ln 10000: half of the rows share the weight
    assert db.rows("SELECT entropy FROM entropy_index('SELECT * FROM flat LIMIT 2', 'y')") == [(0,)]


@pytest.mark.parametrize("sql, words", [
    ("SELECT * FROM entropy_index('SELECT * FROM munnell LIMIT 0', 'P_CAP')", "no row is left"),
    ("SELECT * FROM entropy_index('SELECT * FROM munnell LIMIT 1', 'P_CAP')", "only 1 row is left, at least 2"),
    ("SELECT * FROM entropy_index('SELECT *, NULL AS nil FROM munnell', 'P_CAP, nil')", "816 with a NULL"),
    ("SELECT * FROM entropy_index('SELECT *, 5 AS five FROM munnell', 'five')", "the indicator is constant"),
    ("SELECT * FROM entropy_index('SELECT *, 5 AS five, 6 AS six FROM munnell', 'five, six')", "all indicators are constant"),
    ("SELECT * FROM entropy_index('munnell', 'STATE')", "STATE"),
    ("SELECT * FROM entropy_index('SELECT *, 9e999 AS big FROM munnell', 'big, P_CAP')", "big"),
    ("SELECT * FROM entropy_index('munnell', 'P_CAP', 'method=entropie')", "entropy"),
    ("SELECT * FROM entropy_index('munnell', 'P_CAP, GSP', 'levels=nested')", "needs every indicator in a dimension"),
    ("SELECT * FROM entropy_index('munnell', 'P_CAP, GSP', 'range=1:0')", "range="),
    ("SELECT * FROM entropy_index('munnell', 'P_CAP, GSP', 'zero=exact, shift=1')", "zero=shift"),
    ("SELECT * FROM entropy_index('munnell', 'P_CAP, GSP', 'shift=-1')", "above 0"),
    ("SELECT * FROM entropy_index('SELECT P_CAP, 3 * P_CAP AS thrice FROM munnell', 'P_CAP, thrice', 'method=critic')", "perfectly correlated"),
    ("SELECT * FROM entropy_index('SELECT UNEMP - avg(UNEMP) OVER () > 0 AS y, row_number() OVER () * 2 - 817 AS x FROM munnell', 'y, x', 'method=cv')", "mean of 'x' is 0"),
    ("SELECT * FROM entropy_index('SELECT STATE || YR AS g, * FROM munnell', 'P_CAP', 'scope=g')", "no value of scope=g has weights"),
])
def test_errors_say_what_is_wrong(munnell, sql, words):
    message = munnell.error(sql)
    assert message.startswith("entropy_index: ") and words in message
