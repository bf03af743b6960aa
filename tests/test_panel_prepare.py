"""panel_prepare. Numbers from oracle/panel_prepare.R: R's quantile(), approx(), scale(), lm() and match() on grunfeld with holes."""
import json
import math
import pathlib
import time

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "panel_prepare.json").read_text())


@pytest.fixture
def holes(db):
    """The same holes that the R script makes."""
    db.table("grunfeld")
    db.execute("""CREATE TABLE holes AS SELECT firm, year, capital,
                  CASE WHEN rowid % 7 = 3 OR (firm = 'Goodyear' AND year NOT IN (1940, 1941)) THEN NULL ELSE invest END AS invest,
                  CASE WHEN firm = 'Atlantic Refining' THEN NULL ELSE value END AS value
                  FROM grunfeld WHERE NOT (firm = 'IBM' AND year = 1945) ORDER BY rowid""")
    return db


def same(got, known, name):
    assert len(got) == len(known)
    for row, (a, b) in enumerate(zip(got, known)):
        assert (a is None) == (b is None), (name, row, a, b)
        assert a is None or a == pytest.approx(b, rel=1e-11, abs=1e-11), (name, row)


def compare(db, options, oracle):
    db.execute("DROP TABLE IF EXISTS temp.clean")
    db.execute(f"CREATE VIRTUAL TABLE temp.clean USING panel_prepare('holes', '', '{options}')")
    for name, known in oracle.items():
        same([value for (value,) in db.rows(f"SELECT {name} FROM temp.clean")], known, name)
    assert db.rows("SELECT firm, year, capital, invest, value FROM temp.clean") == db.rows("SELECT firm, year, capital, invest, value FROM holes")


def test_against_r(holes):
    compare(holes, """id=firm, time=year, winsor(invest), w5=winsor(invest, .05, .9), truncate(invest, .02), zscore(invest), minmax(value), interpolate(invest),
                      interpolate(invest, extrapolate=1) AS all_of_it, l(invest), l(value, 2), f(value), d(invest), d(value, 3), growth(value), dln(value), ln(value),
                      log10(invest), filled=interpolate(invest), w=winsor(filled, .05), z=zscore(w), l(z) AS chain""", ORACLE["pooled"])


def test_quantiles_as_stata(holes):
    compare(holes, "quantile=stata, winsor(invest, .05), truncate(value, .1)", ORACLE["stata"])


def test_by(holes):
    compare(holes, "by=year, winsor(invest, .1), zscore(value), minmax(invest)", ORACLE["by_year"])


def test_order_of_rows_does_not_matter(holes):
    holes.execute("CREATE TABLE turned AS SELECT * FROM holes ORDER BY (rowid * 7919) % 4001")
    options = "id=firm, time=year, l(invest), interpolate(invest, extrapolate=1), f(value,2)"
    made = []
    for table in ("holes", "turned"):
        holes.execute(f"CREATE VIRTUAL TABLE temp.of_{table} USING panel_prepare('{table}', '', '{options}')")
        made.append(holes.rows(f"SELECT firm, year, l_invest, interpolate_invest, f2_value FROM temp.of_{table} ORDER BY firm, year"))
    assert made[0] == made[1]


def test_names(holes):
    holes.execute("CREATE VIRTUAL TABLE temp.v USING panel_prepare('holes', '', 'winsor(invest value, .01), zscore(ln(value)), winsor(l(invest), .05), id=firm, time=year')")
    columns = [row[1] for row in holes.rows("PRAGMA temp.table_info(v)")]
    assert columns == ["firm", "year", "capital", "invest", "value", "winsor_invest", "winsor_value", "zscore_ln_value", "winsor_l_invest"]
    json_made = holes.rows("""SELECT name FROM panel_prepare('holes', '', '{"columns": ["w=winsor(invest, .01)", "l(w)"], "id": "firm", "time": "year"}')""")
    assert json_made == [("w",), ("l_w",)]


def test_calls_in_parentheses(holes):
    bare = holes.rows("SELECT name, n, low, high FROM panel_prepare('holes', '', 'winsor(invest, .1), z=zscore(value)')")
    assert len(bare) == 2 and bare == holes.rows("SELECT name, n, low, high FROM panel_prepare('holes', '', 'columns=(winsor(invest, .1), z=zscore(value))')")


def test_summary(holes):
    rows = holes.dicts("SELECT * FROM panel_prepare('holes', '', 'id=firm, time=year, winsor(invest, .05), truncate(invest, .05) AS t, interpolate(invest) AS i, zscore(invest)')")
    by_name = {row["name"]: row for row in rows}
    before = holes.value("SELECT count(*) FROM holes WHERE invest IS NULL")
    assert {row["n_null_before"] for row in rows} == {before} and {row["n"] + row["n_null_after"] for row in rows} == {219}
    changed = sum(a is not None and a != b for a, (b,) in zip(ORACLE["pooled"]["interpolate_invest"], holes.rows("SELECT invest FROM holes")))
    assert by_name["i"]["n_null_after"] == before - changed
    w = by_name["winsor_invest"]
    out = holes.value("SELECT count(*) FROM holes WHERE invest < ? OR invest > ?", w["low"], w["high"])
    assert w["changed"] == out == by_name["t"]["n_null_after"] - before > 0 and w["call"] == "winsor(invest,.05)" and w["variable"] == "invest"
    z = by_name["zscore_invest"]
    assert z["low"] == pytest.approx(holes.value("SELECT avg(invest) FROM holes"), rel=1e-13) and z["changed"] is None


def test_where_and_missing_keys(holes):
    holes.execute("CREATE VIRTUAL TABLE temp.v USING panel_prepare('holes', '', 'id=firm, time=year, where=year > 1940, l(value), minmax(capital)')")
    assert holes.value("SELECT count(*) FROM temp.v") == 219
    assert holes.value("SELECT count(l_value) + count(minmax_capital) FROM temp.v WHERE year <= 1940") == 0
    assert holes.rows("SELECT min(minmax_capital), max(minmax_capital) FROM temp.v") == [(0, 1)]
    assert holes.value("SELECT count(l_value) FROM temp.v WHERE year = 1941") == 0, "rows outside where= serve for nothing"
    holes.execute("CREATE VIRTUAL TABLE temp.n USING panel_prepare('SELECT nullif(firm, ''IBM'') AS firm, nullif(year, 1940) AS year, value FROM holes', '', 'id=firm, time=year, l(value), interpolate(value)')")
    assert holes.value("SELECT count(l_value) FROM temp.n WHERE firm IS NULL OR year IS NULL OR year = 1941") == 0
    assert holes.value("SELECT count(*) FROM temp.n WHERE value IS NOT interpolate_value") == 0


def test_one_series(holes):
    holes.execute("CREATE VIRTUAL TABLE temp.s USING panel_prepare('SELECT * FROM holes WHERE firm = ''IBM''', '', 'time=year, d(value)')")
    assert holes.value("SELECT d_value FROM temp.s WHERE year = 1936") == pytest.approx(holes.value(
        "SELECT (SELECT value FROM holes WHERE firm = 'IBM' AND year = 1936) - value FROM holes WHERE firm = 'IBM' AND year = 1935"))
    assert holes.value("SELECT d_value FROM temp.s WHERE year = 1946") is None, "1945 is missing"


def test_aggregates_of_a_source_that_changes(holes):
    """The virtual table computes anew: it is the source as it is now."""
    holes.execute("CREATE VIRTUAL TABLE temp.v USING panel_prepare('holes', '', 'minmax(capital)')")
    before = holes.value("SELECT max(capital * minmax_capital) FROM temp.v")
    holes.execute("UPDATE holes SET capital = 2 * capital")
    assert holes.value("SELECT max(capital * minmax_capital) FROM temp.v") == pytest.approx(2 * before)


@pytest.mark.parametrize("source, options, sentence", [
    ("holes", "", "name what is to be made"),
    ("holes", "winsorise(invest, .01)", "there is no function 'winsorise'; there are winsor, truncate"),
    ("holes", "log(invest)", "the natural logarithm is ln"),
    ("holes", "winsor(invst, .01)", "no column 'invst' in 'holes'; did you mean 'invest'?"),
    ("holes", "winsor(invest, 1)", "the bounds are shares with 0 <= low < high <= 1"),
    ("holes", "winsor(invest, .9, .1)", "the bounds are shares"),
    ("holes", "winsor(invest, x)", "it is written winsor(x, .01) or winsor(x, .01, .95)"),
    ("holes", "winsor(invest, .1, .9, .95)", "it is written winsor(x, .01)"),
    ("holes", "zscore()", "it is written zscore(x)"),
    ("holes", "interpolate(invest, extrapolate=maybe), id=firm, time=year", "it is written interpolate(x) or interpolate(x, extrapolate=1)"),
    ("holes", "l(invest)", "l(invest) needs the panel: give id=unit, time=year"),
    ("holes", "l(invest, -1), id=firm, time=year", "the steps must be above 0"),
    ("holes", "l(invest), time=year", "two rows have year = 1935; l(invest) needs one row for each time, or id= to name the unit"),
    ("SELECT * FROM holes UNION ALL SELECT * FROM holes WHERE year = 1950 AND firm = 'IBM'", "l(invest), id=firm, time=year",
     "two rows have firm = IBM and year = 1950; l(invest) needs one row"),
    ("SELECT * FROM holes WHERE year = 1950", "d(invest), id=firm, time=year", "needs two periods at least, and no unit has more than one"),
    ("SELECT *, 3 AS same FROM holes", "zscore(same)", "the variable has no spread: it is the same number in every row"),
    ("SELECT *, year AS same FROM holes", "minmax(same), by=year", "the variable has no spread in any group of by="),
    ("SELECT *, NULL AS empty FROM holes", "winsor(empty)", "'empty' is NULL in all 219 rows"),
    ("SELECT *, 9e999 AS big FROM holes", "minmax(big)", "column 'big' has an infinite value"),
    ("holes", "zscore(firm)", "column 'firm' holds text ('General Motors') where a number is needed"),
    ("SELECT *, 'y' || year AS period FROM holes", "l(invest), id=firm, time=period", "the panel's time 'period' holds text"),
    ("holes", "winsor(invest), winsor(invest, .05)", "two calls make a column 'winsor_invest'; name one of them: new=winsor(invest,.05)"),
    ("holes", "capital=winsor(invest)", "the source already has a column 'capital'"),
    ("holes", "w=winsor(invest value)", "makes 2 columns, which 'w' alone cannot name"),
    ("holes", "winsor(invest) AS 3", "'winsor(invest) AS 3': AS is followed by a name"),
    ("holes", "winsor(invest) + 3", "is not of the form name(arguments)"),
    ("holes", "w=winsor(invest), l(ww), id=firm, time=year", "no column 'ww' in 'holes'"),
    ("SELECT * FROM holes WHERE 0", "winsor(invest)", "no row is left, at least 1 are needed"),
])
def test_bad_input(holes, source, options, sentence):
    said = holes.error("SELECT * FROM panel_prepare(?, '', ?)", source, options)
    assert said.startswith("panel_prepare: ") and sentence in said, said


def test_unit_without_numbers_stays_null(holes):
    rows = holes.rows("SELECT name, n, n_null_after FROM panel_prepare('holes', '', 'id=firm, time=year, interpolate(value, extrapolate=1)')")
    assert rows == [("interpolate_value", 199, 20)]


def test_speed(db):
    db.execute("CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199999) SELECT i / 20 AS u, i % 20 AS t, (i * 7919 % 10007) / 7.0 AS x FROM n")
    start = time.perf_counter()
    assert db.row("SELECT count(*), sum(n) FROM panel_prepare('big', '', 'id=u, time=t, winsor(x), zscore(x), l(x), d(x), interpolate(x)')") == (5, 980000)
    assert time.perf_counter() - start < 5, "0.15 s where it was written"


def test_digits(db):
    """1e9 and small: the spread keeps its digits."""
    db.execute("CREATE TABLE far AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i, 1e9 + i / 64.0 AS x FROM n")
    db.execute("CREATE VIRTUAL TABLE temp.v USING panel_prepare('far', '', 'zscore(x)')")
    sd = math.sqrt(sum((i - 50.5) ** 2 for i in range(1, 101)) / 99)
    for i, z in db.rows("SELECT i, zscore_x FROM temp.v"):
        assert z == pytest.approx((i - 50.5) / sd, rel=1e-12)
