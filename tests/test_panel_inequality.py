"""panel_inequality. Numbers from oracle/indices.py: Dagum's double sums over all pairs, where ours are sorts."""
import json
import pathlib

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "indices.json").read_text())["inequality"]
near = lambda value: pytest.approx(value, rel=1e-10, abs=1e-13)


@pytest.mark.parametrize("case", ORACLE)
def test_against_double_sums(db, case):
    db.table("gapminder")
    year, weighted, known = case[:4], "weighted" in case, ORACLE[case]
    options = "group=continent, time=year" + (", weights=pop" if weighted else "")
    rows = {row["measure"]: row for row in db.dicts("SELECT * FROM panel_inequality('gapminder', 'gdpPercap', ?) WHERE time = ?", options, int(year))}
    assert rows["cv"]["total"] == near(known["cv"]) and rows["cv"]["within"] is None
    assert [rows["gini"][name] for name in ("total", "within", "between", "transvariation")] == near(known["gini"])
    assert [rows["theil"][name] for name in ("total", "within", "between")] == near(known["theil"]) and rows["theil"]["transvariation"] is None
    assert sum(rows["gini"][name] for name in ("within", "between", "transvariation")) == pytest.approx(rows["gini"]["total"], abs=1e-15)
    assert rows["theil"]["within"] + rows["theil"]["between"] == pytest.approx(rows["theil"]["total"], rel=1e-13)
    pairs = db.rows("SELECT group1, group2, total FROM panel_inequality('gapminder', 'gdpPercap', ?) WHERE time = ? AND measure = 'gini_pair'", options + ", pairs=1", int(year))
    assert {f"{a}|{b}": value for a, b, value in pairs} == near(known["pairs"])


def test_small_cases_by_hand(db):
    db.execute("CREATE TABLE t (x, g, w)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?)", [(0, "a", 1), (0, "a", 1), (0, "b", 1), (1, "b", 1)])
    assert db.value("SELECT total FROM panel_inequality('t', 'x', 'measures=gini')") == 0.75
    assert db.value("SELECT total FROM panel_inequality('t', 'x', 'measures=theil')") == pytest.approx(1.3862943611198906)  # ln 4
    db.execute("CREATE TABLE apart AS SELECT 1.0 AS x, 'low' AS g UNION ALL SELECT 2, 'low' UNION ALL SELECT 5, 'high' UNION ALL SELECT 6, 'high'")
    assert db.row("SELECT total, within, \"between\", transvariation FROM panel_inequality('apart', 'x', 'group=g, measures=gini')") == (
        pytest.approx(18 / 56), pytest.approx(2 / 56), pytest.approx(16 / 56), 0)
    # repeating a row is the same as its weight
    repeated = db.rows("SELECT measure, total, within, \"between\", transvariation FROM panel_inequality('SELECT * FROM apart UNION ALL SELECT 5, ''high''', 'x', 'group=g')")[1:]
    weighted = db.rows("SELECT measure, total, within, \"between\", transvariation FROM panel_inequality('SELECT *, 1 + (x = 5) AS w FROM apart', 'x', 'group=g, weights=w')")[1:]
    assert [row[0] for row in repeated] == ["gini", "theil"]
    for ours, theirs in zip(weighted, repeated):
        assert ours[1:4] == pytest.approx(theirs[1:4], rel=1e-12)
    assert db.rows("SELECT total FROM panel_inequality('SELECT 0 AS x UNION ALL SELECT 0', 'x')") == [(None,)] * 3
    assert db.rows("SELECT measure, total FROM panel_inequality('SELECT 4 AS x', 'x')") == [("cv", None), ("gini", 0), ("theil", 0)]


def test_worked_examples_of_dagum(db):
    """Mussard (2025), Machine Learning with Gini Indices, chapter on Dagum's decomposition: his seven incomes in three groups, and the numbers of his own program for them
    (GiniDecomposition, alpha=1: within, net between, transvariation, total, and the indices between groups); in whole numbers they are 6, 25 and 1 of 32/77. His six weighted
    incomes likewise. Four incomes in crossed and uncrossed groups: net between is Gini of the group means, so that equal means leave transvariation alone."""
    part = lambda source, options: db.row("SELECT total, within, \"between\", transvariation FROM panel_inequality(?, 'x', ?)", source, "measures=gini, group=g" + options)
    db.execute("CREATE TABLE seven AS SELECT column1 AS x, column2 AS g FROM (VALUES (1, 'A'), (2, 'A'), (3, 'E'), (10, 'E'), (1, '2'), (2, '2'), (3, '2'))")
    assert part("seven", "") == pytest.approx((32 / 77, 6 / 77, 25 / 77, 1 / 77), rel=1e-13)
    pairs = {tuple(sorted(row[:2])): row[2] for row in db.rows("SELECT group1, group2, total FROM panel_inequality('seven', 'x', 'group=g, pairs=1') WHERE measure = 'gini_pair'")}
    assert [pairs[pair] for pair in (("A", "E"), ("2", "A"), ("2", "E"))] == pytest.approx([0.625, 0.23809523809523808, 0.5294117647058824], rel=1e-13)
    for incomes, known in (((2000, 2500, 3000, 3500, 4000, 4500), (0.15488431876606684, 0.012639245929734363, 0.14224507283633248, 0)),
                           ((2000, 4200, 3000, 3500, 2600, 4500), (0.15598465473145778, 0.038303495311167945, 0.05217391304347826, 0.06550724637681157))):
        db.execute("CREATE TEMP TABLE six(x, g, w)")
        db.executemany("INSERT INTO six VALUES (?, ?, ?)", zip(incomes, "AABBCC", (1.2, .8, 1, 1, .9, 1.1)))
        assert part("six", ", weights=w") == pytest.approx(known, rel=1e-12, abs=1e-15)
        db.execute("DROP TABLE six")
    for groups, known in (("aabb", (.25, .05, .20, 0)), ("abba", (.25, .10, 0, .15)), ("aaaa", (.25, .25, 0, 0))):
        assert part("SELECT * FROM (" + " UNION ALL ".join(f"SELECT {i + 1} AS x, '{g}' AS g" for i, g in enumerate(groups)) + ")", "") == pytest.approx(known, abs=1e-15)


@pytest.mark.parametrize("sql, words", [
    ("SELECT * FROM panel_inequality('SELECT -1 AS x UNION ALL SELECT 2', 'x')", "negative values"),
    ("SELECT * FROM panel_inequality('SELECT 1 AS x, 0 AS w', 'x', 'weights=w')", "above 0"),
    ("SELECT * FROM panel_inequality('SELECT 1 AS x, 2 AS y', 'x, y')", "one variable; 2 were named"),
    ("SELECT * FROM panel_inequality('SELECT 1 AS x', 'x', 'pairs=1')", "needs group="),
    ("SELECT * FROM panel_inequality('SELECT NULL AS x', 'x')", "1 with a NULL"),
])
def test_errors(db, sql, words):
    message = db.error(sql)
    assert message.startswith("panel_inequality: ") and words in message


def test_negative_values_have_a_coefficient_of_variation(db):
    assert db.value("SELECT total FROM panel_inequality('SELECT -1 AS x UNION ALL SELECT 3', 'x', 'measures=cv')") == pytest.approx(8 ** 0.5)
