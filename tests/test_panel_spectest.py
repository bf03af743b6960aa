"""panel_spectest. Numbers from oracle/panel_spectest.R (plm::pcdtest, sandwich::vcovCL, the modified Wald test by hand), and a published run of Stata's xtserial."""
import json
import pathlib
import time

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "panel_spectest.json").read_text())
FULL, SHORT = "ln(GSP) ~ ln(P_CAP) + ln(PC) + ln(EMP) + UNEMP", "ln(GSP) ~ ln(PC) + ln(EMP) + UNEMP"
HOLES = "SELECT * FROM munnell WHERE NOT ((rowid * 37) % 23 = 5 OR (STATE IN ('OHIO', 'IOWA', 'UTAH') AND YR < 1975))"
CASES = {"munnell": ("munnell", FULL + " | STATE", "panel=STATE+YR"), "munnell_both": ("munnell", FULL + " | STATE + YR", ""), "holes": (HOLES, SHORT + " | STATE", "panel=STATE+YR"),
         "holes_both": (HOLES, SHORT + " | STATE + YR", ""), "holes_pooled": (HOLES, SHORT, "panel=STATE+YR"), "grunfeld_both": ("grunfeld", "invest ~ value + capital | firm + year", "")}
TESTS = ["wooldridge", "modified_wald", "pesaran_cd", "breusch_pagan_lm", "scaled_lm"]


@pytest.fixture
def tables(db):
    return db.table("munnell").table("grunfeld")


@pytest.mark.parametrize("case", CASES)
def test_against_r(tables, case):
    rows = tables.dicts("SELECT * FROM panel_spectest(?, ?, ?)", *CASES[case])
    assert [row["test"] for row in rows] == TESTS
    for row in rows:
        known = ORACLE[case][row["test"]]
        assert row["statistic"] == pytest.approx(known[0], rel=1e-9)
        assert [row[df] for df in ("df1", "df2") if row[df] is not None] == known[1:-1]
        if known[-1] > 1e-290:
            assert row["p_value"] == pytest.approx(known[-1], rel=1e-6)
        assert row["h0"]


def test_published_xtserial(db, shared):
    """Stata's textbook panel of traffic deaths: xtserial fatal beertax spircons unrate perinck prints F(1, 47) = 6.246, Prob > F = 0.0160."""
    db.table(shared / "data" / "Fatalities.csv")
    f, p = db.row("""SELECT statistic, p_value FROM panel_spectest('SELECT *, 10000.0 * fatal / pop AS rate FROM Fatalities',
                     'rate ~ beertax + spirits + unemp + income | state', 'panel=state+year, test=wooldridge')""")
    assert (round(f, 3), round(p, 4)) == (6.246, 0.0160)


def test_order_and_spacing_do_not_matter(tables):
    plain = tables.rows("SELECT test, statistic FROM panel_spectest(?, ?, ?)", HOLES, SHORT + " | STATE + YR", "")
    turned = tables.rows("SELECT test, statistic FROM panel_spectest(?, ?, ?)", f"SELECT *, 1900 + 5 * YR AS y FROM ({HOLES}) ORDER BY UNEMP, GSP", SHORT + " | STATE + y", "")
    for (test, a), (other, b) in zip(plain, turned):
        assert test == other and a == pytest.approx(b, rel=1e-8)


def test_dependence_unit_by_unit(tables):
    """The sums over patterns against correlations pair by pair in SQL."""
    tables.execute(f"CREATE TABLE h AS {HOLES}")
    tables.execute(f"CREATE VIRTUAL TABLE temp.r USING fe_ols('h', '{SHORT} | STATE')")
    root, squares, m = tables.row("""
        SELECT sum(sqrt(n) * r), sum(n * r * r), count(*) FROM (
          SELECT n, (sab - sa * sb / n) / sqrt((saa - sa * sa / n) * (sbb - sb * sb / n)) AS r FROM (
            SELECT count(*) AS n, sum(a.residual) AS sa, sum(b.residual) AS sb, sum(a.residual * b.residual) AS sab, sum(a.residual * a.residual) AS saa, sum(b.residual * b.residual) AS sbb
            FROM temp.r a JOIN temp.r b ON a.YR = b.YR AND a.STATE < b.STATE GROUP BY a.STATE, b.STATE))""")
    known = {row["test"]: row for row in tables.dicts("SELECT * FROM panel_spectest('h', ?, 'panel=STATE+YR')", SHORT + " | STATE")}
    assert known["pesaran_cd"]["statistic"] == pytest.approx(root / m ** 0.5, rel=1e-9)
    assert known["breusch_pagan_lm"]["statistic"] == pytest.approx(squares, rel=1e-9) and known["breusch_pagan_lm"]["df1"] == m == 48 * 47 / 2


def test_fit_keeps_the_tests(tables):
    rows = tables.rows("SELECT test, df1 FROM fit_tests(econ_fit('panel_spectest', 'grunfeld', 'invest ~ value | firm + year', 'test=lm'))")
    assert rows == [("breusch_pagan_lm", 55)]


def test_nulls_and_collinear_terms(tables):
    plain = tables.rows("SELECT test, statistic FROM panel_spectest('munnell', ?, 'where=UNEMP > 4')", FULL + " | STATE + YR")
    more = tables.rows("SELECT test, statistic FROM panel_spectest('SELECT *, CASE WHEN UNEMP > 4 THEN PC END AS p FROM munnell', ?)",
                       FULL.replace("PC)", "p)").replace("P_CAP", "P_CAP", 1).replace("ln(P_p)", "ln(P_CAP)") + " + I(2 * UNEMP) + I(1) | STATE + YR")
    for (test, a), (other, b) in zip(plain, more):
        assert test == other and a == pytest.approx(b, rel=1e-8)


@pytest.mark.parametrize("source, model, options, sentence", [
    ("munnell", "GSP ~ EMP", "", "the panel is missing: absorb unit + time"),
    ("munnell", "GSP ~ EMP | STATE", "", "the panel is missing"),
    ("munnell", "GSP ~ EMP | STATE | PC ~ UNEMP", "panel=STATE+YR", "fe_iv has its own"),
    ("SELECT * FROM munnell UNION ALL SELECT * FROM munnell WHERE YR = 1975 AND STATE = 'OHIO'", "GSP ~ EMP | STATE + YR", "", "two rows have STATE = OHIO and YR = 1975"),
    ("SELECT * FROM munnell WHERE YR = 1975", "GSP ~ EMP", "panel=STATE+YR, test=wooldridge", "wooldridge needs units with three periods in a row"),
    ("SELECT * FROM munnell WHERE YR IN (1975, 1976)", "GSP ~ EMP | STATE", "panel=STATE+YR, test=wooldridge", "wooldridge needs two units at least with three periods in a row"),
    ("SELECT * FROM munnell WHERE STATE = 'OHIO'", "GSP ~ EMP | STATE", "panel=STATE+YR, test=wooldridge", "wooldridge needs two units"),
    ("SELECT * FROM munnell WHERE STATE = 'OHIO'", "GSP ~ EMP", "panel=STATE+YR, test=cd", "tests of dependence need two units"),
    ("SELECT * FROM munnell WHERE STATE = 'OHIO'", "GSP ~ EMP", "panel=STATE+YR, test=wald", "modified_wald needs two units at least"),
    ("SELECT * FROM munnell WHERE YR < 1972", "GSP ~ EMP | STATE", "panel=STATE+YR, test=wald", "modified_wald needs three periods"),
    ("munnell", "GSP ~ EMP | STATE^YR", "panel=STATE+YR", "perfectly"),
    ("munnell", "GSP ~ EMP | STATE[YR]", "panel=STATE+YR, test=wooldridge", "whose effects are the unit and the time"),
    ("SELECT *, 3 AS same FROM munnell", "same ~ EMP | STATE + YR", "", "the model fits 'same' perfectly"),
    ("munnell", "STATE ~ EMP | STATE + YR", "", "column 'STATE' holds text"),
    ("SELECT *, NULL AS none FROM munnell", "none ~ EMP | STATE + YR", "", "no row is left"),
])
def test_bad_input(tables, source, model, options, sentence):
    said = tables.error("SELECT * FROM panel_spectest(?, ?, ?)", source, model, options)
    assert said.startswith("panel_spectest: ") and sentence in said, said


def test_all_gives_notes(tables):
    rows = {row["test"]: row for row in tables.dicts("SELECT * FROM panel_spectest('SELECT * FROM munnell WHERE YR < 1972', 'GSP ~ EMP | STATE', 'panel=STATE+YR')")}
    assert rows["wooldridge"]["statistic"] is None and "three periods in a row" in rows["wooldridge"]["note"] and rows["wooldridge"]["p_value"] is None
    assert rows["breusch_pagan_lm"]["statistic"] == pytest.approx(2 * 48 * 47 / 2), "two periods: every correlation is 1 or -1"


def test_speed(db):
    db.execute("""CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199999)
                  SELECT i / 20 AS u, i % 20 AS t, (i * 7919 % 10007) / 7.0 AS x, (i * i % 10007) / 3.0 AS y FROM n WHERE i % 20 >= i / 20 % 5""")
    start = time.perf_counter()
    assert db.value("SELECT count(statistic) FROM panel_spectest('big', 'y ~ x | u + t')") == 5
    assert time.perf_counter() - start < 10


def test_two_units_with_time_effects(db):
    """The differenced residuals of two units are e and -e once the times are absorbed, so that the clustered variance of Wooldridge's regression is 0: NULL and a note, not F = 1e30."""
    db.execute("CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19) SELECT i / 10 AS u, i % 10 AS t, i * 37 % 11 + .1 * i AS x, i * 53 % 17 - .3 * i AS y FROM n")
    statistic, note = db.row("SELECT statistic, note FROM panel_spectest('t', 'y ~ x | u + t') WHERE test = 'wooldridge'")
    assert statistic is None and "no variance between units" in note
    assert "no variance between units" in db.error("SELECT * FROM panel_spectest('t', 'y ~ x | u + t', 'test=wooldridge')")
    assert db.value("SELECT statistic FROM panel_spectest('t', 'y ~ x | u', 'panel=u+t') WHERE test = 'wooldridge'") > 0
