"""panel_correlate. Numbers from oracle/panel_tables.R (cor.test with exact = FALSE); large cases against an exact count."""
import json
import pathlib

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "panel_tables.json").read_text())["correlate"]
VARIABLES = "l_homicide, robbery_gun_r, unemployrt, poverty"


@pytest.mark.parametrize("case", ORACLE)
def test_against_r(db, case):
    db.table("castle")
    method, missing = case.split()
    rows = {(a, b): rest for a, b, *rest in db.rows("SELECT * FROM panel_correlate('castle', ?, ?)", VARIABLES, f"method={method}, missing={missing}")}
    assert len(rows) == 10
    for known in ORACLE[case]:
        r, n, statistic, p_value, by = rows[known["var1"], known["var2"]]
        assert n == known["n"] and by is None
        assert r == pytest.approx(known["r"], rel=1e-12)
        assert statistic == pytest.approx(known["statistic"], rel=1e-11)
        assert p_value == pytest.approx(known["p_value"], rel=1e-9, abs=1e-300)


def test_shape_and_groups(db):
    db.table("castle")
    rows = db.rows("SELECT var1, var2, r, statistic FROM panel_correlate('castle', 'poverty, unemployrt, l_homicide')")
    assert [row[:2] for row in rows] == [("poverty", "poverty"), ("unemployrt", "poverty"), ("unemployrt", "unemployrt"), ("l_homicide", "poverty"),
                                         ("l_homicide", "unemployrt"), ("l_homicide", "l_homicide")]
    assert rows[0][2:] == (1, None)
    by = db.rows("SELECT by_value, r, n FROM panel_correlate('castle', 'poverty, unemployrt', 'by=region') WHERE var1 <> var2")
    alone = [(g, *db.row(f"SELECT r, n FROM panel_correlate('castle', 'poverty, unemployrt', 'where=region = ''{g}''') WHERE var1 <> var2")) for g, _, _ in by]
    assert len(by) == 4 and by == alone


def test_tau_of_many_rows_with_ties(db):
    n = 3000
    values = [((i * 7919) % 101, (i * 104729) % 97 // 3) for i in range(n)]
    db.execute("CREATE TABLE t (x, y)")
    db.executemany("INSERT INTO t VALUES (?, ?)", values)
    sign = lambda v: (v > 0) - (v < 0)
    s = nx = ny = 0
    for i in range(n):
        for j in range(i):
            dx, dy = values[i][0] - values[j][0], values[i][1] - values[j][1]
            s += sign(dx) * sign(dy)
            nx += dx == 0
            ny += dy == 0
    pairs = n * (n - 1) // 2
    tau = s / ((pairs - nx) * (pairs - ny)) ** 0.5
    assert db.value("SELECT r FROM panel_correlate('t', 'x, y', 'method=kendall') WHERE var1 <> var2") == pytest.approx(tau, rel=1e-13)


def test_edges(db):
    db.execute("CREATE TABLE t AS WITH r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 10) SELECT i, 3 - 2 * i AS down, 4 AS same, NULL AS nil, 1e9 + i % 3 AS far, i % 3 AS near FROM r")
    for method in ("pearson", "spearman", "kendall"):
        rows = {(a, b): (r, n) for a, b, r, n in db.rows("SELECT var1, var2, r, n FROM panel_correlate('t', 'i, down, same', ?)", f"method={method}")}
        assert rows["down", "i"] == (pytest.approx(-1, abs=1e-15), 10) and rows["same", "i"] == (None, 10) and rows["same", "same"] == (None, 10)
    far, close = (db.value(f"SELECT r FROM panel_correlate('t', 'i, {name}') WHERE var1 <> var2") for name in ("far", "near"))
    assert far == pytest.approx(close, rel=1e-12)
    assert db.rows("SELECT r, n, p_value FROM panel_correlate('t', 'i, nil')")[1] == (None, 0, None)
    assert db.rows("SELECT r, n FROM panel_correlate('t', 'i, nil', 'missing=pairwise')") == [(1, 10), (None, 0), (None, 0)]
    assert db.rows("SELECT r, n, p_value FROM panel_correlate('t', 'i, down', 'where=i < 3')")[1] == (pytest.approx(-1), 2, None)
    assert dict(db.rows("SELECT * FROM fit_rows(econ_fit('panel_correlate', 'SELECT nullif(i, 4) AS h, * FROM t', 'h, down'))"))["null"] == 1
    assert db.value("SELECT nobs FROM panel_correlate('SELECT nullif(i, 4) AS h, * FROM t', 'h, down')") == 9


@pytest.mark.parametrize("sql, words", [
    ("SELECT * FROM panel_correlate('castle', 'poverty')", "at least two variables"),
    ("SELECT * FROM panel_correlate('SELECT * FROM castle LIMIT 0', 'poverty, unemployrt')", "no row is left"),
    ("SELECT * FROM panel_correlate('castle', 'poverty, unemployrt', 'method=tau')", "kendall"),
    ("SELECT * FROM panel_correlate('castle', 'poverty, region')", "region"),
])
def test_errors(db, sql, words):
    message = db.table("castle").error(sql)
    assert message.startswith("panel_correlate: ") and words in message
