"""panel_describe. Numbers from oracle/panel_tables.R (quantile types 7 and 2, sd, moments; xtsum's formulas)."""
import json
import math
import pathlib
from fractions import Fraction

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "panel_tables.json").read_text())
NAMES = ["mean", "sd", "min", "p25", "p50", "p75", "max", "sd_between", "sd_within", "skewness", "kurtosis"]
VARIABLES = "l_homicide, robbery_gun_r, unemployrt, poverty"


@pytest.fixture
def castle(db):
    return db.table("castle")


def same(row, known):
    assert (row["n"], row["n_null"]) == (known["n"], known["n_null"])
    for name in NAMES:
        assert row[name] == pytest.approx(known[name], rel=1e-11), name


def test_against_r(castle):
    rows = castle.dicts("SELECT * FROM panel_describe('castle', ?, 'id=sid')", VARIABLES)
    assert [row["variable"] for row in rows] == VARIABLES.split(", ")
    for row in rows:
        same(row, ORACLE["describe"][row["variable"]])


def test_by(castle):
    rows = castle.dicts("SELECT * FROM panel_describe('castle', ?, 'id=sid, by=region')", VARIABLES)
    assert [row["by_value"] for row in rows[::4]] == ["Midwest", "Northeast", "South", "West"]
    for row in rows:
        same(row, ORACLE["by"][row["by_value"]][row["variable"]])
    kinds = castle.rows("SELECT DISTINCT by_value, typeof(by_value) FROM panel_describe('SELECT nullif(year, 2003) AS y, * FROM castle', 'poverty', 'by=y')")
    assert len(kinds) == 11 and kinds[0] == (2000, "integer") and kinds[-1] == (None, "null")


def test_quartiles_as_stata(castle):
    for name, p25, p50, p75 in castle.rows("SELECT variable, p25, p50, p75 FROM panel_describe('castle', ?, 'quantile=stata')", VARIABLES):
        known = ORACLE["describe"][name]
        assert [p25, p50, p75] == pytest.approx([known["p25_stata"], known["p50_stata"], known["p75_stata"]], rel=1e-13)


def test_offset_costs_no_digits(db):
    """A column of 1e9 + a few units, against rational arithmetic on the same doubles."""
    db.table("munnell")
    row = db.dicts("SELECT * FROM panel_describe('SELECT 1e9 + UNEMP AS u, STATE FROM munnell', 'u', 'id=STATE')")[0]
    values = [(state, Fraction(u)) for u, state in db.rows("SELECT 1e9 + UNEMP, STATE FROM munnell")]
    x = [u for _, u in values]
    mean = lambda numbers: sum(numbers) / len(numbers)
    units = {state: mean([u for s, u in values if s == state]) for state, _ in values}
    sd = lambda numbers: math.sqrt(sum((v - mean(numbers)) ** 2 for v in numbers) / (len(numbers) - 1))
    moment = lambda k: float(mean([(v - mean(x)) ** k for v in x]))
    known = {"mean": float(mean(x)), "sd": sd(x), "sd_between": sd(list(units.values())), "sd_within": sd([u - units[s] for s, u in values]),
             "skewness": moment(3) / moment(2) ** 1.5, "kurtosis": moment(4) / moment(2) ** 2}
    assert {name: row[name] for name in known} == pytest.approx(known, rel=1e-13)


def test_edges(db):
    db.execute("CREATE TABLE t AS SELECT 1 AS id, 2.5 AS x, NULL AS nil, 7 AS same UNION ALL SELECT 2, NULL, NULL, 7")
    one, none, same_one = db.dicts("SELECT * FROM panel_describe('t', 'x, nil, same', 'id=id')")
    assert (one["n"], one["n_null"], one["mean"], one["sd"], one["p50"], one["sd_within"]) == (1, 1, 2.5, None, 2.5, None)
    assert (none["n"], none["n_null"], none["mean"], none["min"]) == (0, 2, None, None)
    assert (same_one["sd"], same_one["skewness"], same_one["sd_between"], same_one["sd_within"]) == (0, None, 0, 0)
    assert db.value("SELECT count(*) FROM panel_describe('t', 'x', 'where=id = 1')") == 1
    assert db.value("SELECT n_null FROM panel_describe('t', 'x', 'where=id = 1')") == 0
    assert db.value("SELECT fit_coef(econ_fit('panel_describe', 't', 'x'), 'x')") == 2.5


@pytest.mark.parametrize("sql, words", [
    ("SELECT * FROM panel_describe('SELECT * FROM castle LIMIT 0', 'poverty')", "no row is left"),
    ("SELECT * FROM panel_describe('castle', 'region')", "region"),
    ("SELECT * FROM panel_describe('castle', 'povertyy')", "did you mean 'poverty'"),
    ("SELECT * FROM panel_describe('castle', 'poverty', 'quantile=sas')", "stata"),
])
def test_errors(castle, sql, words):
    message = castle.error(sql)
    assert message.startswith("panel_describe: ") and words in message


def test_units_that_differ_behind_a_nul_are_told_apart(db):
    db.execute("CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 11) SELECT i * 1.0 AS x, CAST(x'6100' || CAST(i % 2 AS TEXT) AS TEXT) AS g FROM n")
    assert db.rows("SELECT by_value, n, mean FROM panel_describe('t', 'x', 'by=g')") == [("a\0" + "0", 6, 5.0), ("a\0" + "1", 6, 6.0)]
    assert db.rows("SELECT mean FROM panel_describe('t', 'x', 'by=g') WHERE by_value = 'a' || char(0) || '1'") == [(6.0,)]
