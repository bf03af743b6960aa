"""panel_unitroot. Numbers from oracle/panel_unitroot.R (plm::purtest with dfcor=TRUE), and those of ../shared/oracles f04 to f06 where they are there.

plm's Fisher tests take p-values of urca, whose local fit is computed with raw powers of the statistic: they carry seven digits, ours are compared to 2e-6."""
import json
import math
import pathlib
import time

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "panel_unitroot.json").read_text())
TABLES = {"grunfeld": ("grunfeld", "firm", "year", "value"), "munnell": ("munnell", "STATE", "YR", "UNEMP"), "short": ("short", "STATE", "YR", "UNEMP")}


@pytest.fixture(scope="module")
def tables():
    from conftest import connect
    db = connect()
    db.table("grunfeld").table("munnell")
    db.execute("""CREATE TABLE short AS SELECT m.* FROM munnell m JOIN (SELECT STATE AS s, row_number() OVER (ORDER BY STATE) AS i FROM (SELECT DISTINCT STATE FROM munnell))
                  ON STATE = s WHERE YR >= 1970 + i % 6 ORDER BY (m.rowid * 7919) % 4001""")
    yield db
    db.close()


def agrees(row, statistic, p_value):
    loose = row["test"].startswith("fisher")
    assert row["statistic"] == pytest.approx(statistic, rel=2e-6 if loose else 1e-9, abs=2e-6 if loose else 1e-9)
    if p_value > 1e-300:
        assert row["p_value"] == pytest.approx(p_value, rel=1e-5 if loose else 1e-7)
        assert loose or row["p_value"] == pytest.approx(p_value, abs=1e-9)


@pytest.mark.parametrize("table", TABLES)
def test_against_plm(tables, table):
    name, unit, year, variable = TABLES[table]
    compared, asked = 0, {}
    for known in [row for row in ORACLE if row["table"] == table]:
        test = known["test"].split("_")[0]
        options = f"id={unit}, time={year}, test={test}, exo={known['exo']}, hetero={known['hetero']}, lags={known['lags']}" + (f", pmax={known['pmax']}" if known["pmax"] else "")
        if options not in asked:
            asked[options] = {row["test"]: row for row in tables.dicts("SELECT * FROM panel_unitroot(?, ?, ?)", name, variable, options)}
        row = asked[options][known["test"]]
        agrees(row, known["statistic"], known["p_value"])
        assert known["mean_lags"] is None or row["lags"] == pytest.approx(known["mean_lags"], rel=1e-14)
        compared += 1
    assert compared >= 84


NAMES = {"levinlin": ("llc", "llc"), "ips": ("ips", "ips"), "hadri": ("hadri", "hadri"), "madwu": ("fisher", "fisher_chi2"), "Pm": ("fisher", "fisher_pm"),
         "invnormal": ("fisher", "fisher_normal"), "logit": ("fisher", "fisher_logit")}
PANELS = {"Grunfeld": ("firm", "year"), "Produc": ("state", "year")}


@pytest.mark.parametrize("case", ["f04", "f05", "f06"])
def test_reference_cases(db, shared, case):
    """Every test of the case that divides by n - k (hadri: by T); the cross-sectionally augmented one is not ours."""
    known = json.loads(next((shared / "oracles").glob(case + "_*.json")).read_text())
    table = pathlib.Path(known["data"]).stem
    db.table(shared / "data" / known["data"])
    unit, year = PANELS[table]
    source = table
    variable = known["variable"].replace("lgsp", "ln(gsp)")
    compared = 0
    for result in known["results"]:
        if result["test"] not in NAMES or (result["test"] != "hadri" and not result["dfcor"]):
            continue
        test, name = NAMES[result["test"]]
        rows = db.dicts("SELECT * FROM panel_unitroot(?, ?, ?)", source, variable, f"id={unit}, time={year}, test={test}, exo={result['exo']}, lags={result['lags']}")
        agrees({row["test"]: row for row in rows}[name], result["statistic"], result["p_value"])
        compared += 1
    assert compared == 53


def test_dickey_fuller_p_values_by_unit(db, shared):
    """One unit at a time, the Fisher statistic is -2 ln p of its ADF regression: the p-values of plm for each state."""
    known = json.loads(next((shared / "oracles").glob("f06_*.json")).read_text())
    db.table(shared / "data" / known["data"])
    variable = known["variable"].replace("lgsp", "ln(gsp)")
    for result in known["results"]:
        if result["test"] != "madwu" or not result["dfcor"] or result["lags"] != 2:
            continue
        for unit in result["individual_adf"]:
            statistic = db.value("SELECT statistic FROM panel_unitroot(?, ?, ?) WHERE test = 'fisher_chi2'", f"SELECT * FROM Produc WHERE state = '{unit['id']}'", variable,
                                 f"id=state, time=year, test=fisher, exo={result['exo']}, lags=2")
            assert math.exp(-statistic / 2) == pytest.approx(unit["p"], rel=1e-5), unit


def test_all_says_what_the_panel_does_not_allow(tables):
    rows = {row["test"]: row for row in tables.dicts("SELECT * FROM panel_unitroot('short', 'UNEMP, ln(GSP)', 'id=STATE, time=YR, lags=1') WHERE variable = 'UNEMP'")}
    assert list(rows) == ["llc", "ips", "fisher_chi2", "fisher_normal", "fisher_logit", "fisher_pm", "hadri"]
    assert rows["llc"]["statistic"] is None and rows["hadri"]["p_value"] is None and "balanced" in rows["llc"]["note"] and "balanced" in rows["hadri"]["note"]
    assert rows["ips"]["statistic"] is not None and rows["ips"]["units"] == 48 and rows["ips"]["n"] == tables.value("SELECT count(*) FROM short")
    assert rows["fisher_chi2"]["df"] == 96 and rows["fisher_logit"]["df"] == 244
    tests = tables.rows("SELECT test, subject, statistic FROM fit_tests(econ_fit('panel_unitroot', 'short', 'UNEMP', 'id=STATE, time=YR, lags=1'))")
    assert ("ips", "UNEMP", rows["ips"]["statistic"]) in tests


def test_invariance(tables):
    """With an intercept the tests do not see a shift, a scale or the order of rows; a huge level costs few digits."""
    plain = tables.rows("SELECT test, statistic FROM panel_unitroot('munnell', 'UNEMP', 'id=STATE, time=YR, lags=1')")
    moved = tables.rows("SELECT test, statistic FROM panel_unitroot('SELECT STATE, 5 * YR AS y, 1e6 + 1e-2 * UNEMP AS u FROM munnell ORDER BY UNEMP', 'u', 'id=STATE, time=y, lags=1')")
    for (test, a), (other, b) in zip(plain, moved):
        assert test == other and a == pytest.approx(b, rel=1e-6)


def test_nulls_at_the_ends_shorten_and_empty_units_take_no_part(tables):
    rows = tables.rows("""SELECT test, statistic, n, units FROM panel_unitroot(
        'SELECT STATE, YR, CASE WHEN STATE <> ''OHIO'' AND (STATE <> ''TEXAS'' OR YR > 1972) THEN UNEMP END AS u FROM munnell', 'u', 'id=STATE, time=YR, lags=1, test=fisher')""")
    assert {row[2:] for row in rows} == {(47 * 17 - 3, 47)}
    kept = tables.rows("SELECT test, statistic, n, units FROM panel_unitroot('munnell', 'UNEMP', 'id=STATE, time=YR, lags=1, test=fisher, where=STATE <> ''OHIO'' AND (STATE <> ''TEXAS'' OR YR > 1972)')")
    assert rows == kept


@pytest.mark.parametrize("source, variables, options, sentence", [
    ("munnell", "UNEMP", "", "a unit-root test needs the panel: give id=unit, time=year"),
    ("munnell", "UNEMP", "time=YR", "two rows have YR = 1970; a unit-root test needs one row for each time, or id= to name the unit"),
    ("SELECT * FROM munnell UNION ALL SELECT * FROM munnell WHERE STATE = 'OHIO' AND YR = 1980", "UNEMP", "id=STATE, time=YR", "two rows have STATE = OHIO and YR = 1980"),
    ("SELECT * FROM munnell WHERE YR = 1980", "UNEMP", "id=STATE, time=YR", "there is one period only"),
    ("SELECT * FROM munnell WHERE STATE <> 'OHIO' OR YR < 1974", "UNEMP", "id=STATE, time=YR, lags=1", "OHIO has 4 periods of 'UNEMP'; 1 lag with exo=intercept need 6 at least"),
    ("SELECT * FROM munnell WHERE STATE <> 'OHIO' OR YR <> 1974", "UNEMP", "id=STATE, time=YR", "OHIO has no UNEMP between YR 1973 and 1975: a unit-root test needs series without gaps"),
    ("SELECT STATE, YR, nullif(UNEMP, 4.7) AS u FROM munnell", "u", "id=STATE, time=YR", "panel_prepare's interpolate(u) fills them"),
    ("SELECT STATE, YR, CASE WHEN STATE = 'OHIO' THEN 3 ELSE UNEMP END AS u FROM munnell", "u", "id=STATE, time=YR", "'u' is the same number (3) in all 17 periods of OHIO"),
    ("SELECT STATE, YR, CASE WHEN STATE = 'OHIO' THEN YR ELSE UNEMP END AS u FROM munnell", "u", "id=STATE, time=YR, lags=0, exo=trend", "of OHIO follows its trend or its own past exactly"),
    ("SELECT STATE, YR, NULL AS u FROM munnell", "u", "id=STATE, time=YR", "'u' is NULL in all rows"),
    ("SELECT STATE, YR, 9e999 AS u FROM munnell", "u", "id=STATE, time=YR", "'u' has an infinite value"),
    ("munnell", "STATE", "id=STATE, time=YR", "column 'STATE' holds text"),
    ("munnell", "UNEMP", "id=YR, time=STATE", "the panel's time 'STATE' holds text"),
    ("munnell", "UNEMP", "id=STATE, time=YR, test=ips, exo=none, lags=1", "ips is not defined with exo=none"),
    ("munnell", "UNEMP", "id=STATE, time=YR, test=hadri, exo=none", "hadri is not defined with exo=none"),
    ("munnell", "UNEMP", "id=STATE, time=YR, test=ips, lags=5", "has no moments for 11 rows and 5 lags"),
    ("munnell", "UNEMP", "id=STATE, time=YR, test=llc, lags=1, where=YR > 1970 OR STATE = 'OHIO'", "llc needs a balanced panel"),
    ("munnell", "UNEMP", "id=STATE, time=YR, lags=some", "lags=some: it is a number from 0 to 100, or aic, bic, hall"),
    ("munnell", "UNEMP", "id=STATE, time=YR, lags=-1", "lags=-1: it is a number"),
    ("munnell", "UNEMP", "id=STATE, time=YR, lags=1, pmax=3", "pmax= is for lags=aic, bic, sic or hall; lags=1 does not use it"),
    ("munnell", "UNEMP", "id=STATE, time=YR, lags=aic, pmax=8", "8 lags with exo=intercept need 20 at least"),
    ("munnell", "UNEMP", "id=STATE, time=YR, test=adf", "test"),
])
def test_bad_input(tables, source, variables, options, sentence):
    said = tables.error("SELECT * FROM panel_unitroot(?, ?, ?)", source, variables, options)
    assert said.startswith("panel_unitroot: ") and sentence in said, said


def test_speed(db):
    db.execute("CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199999) SELECT i / 20 AS u, i % 20 AS t, (i * i * 7919 % 10007) / 7.0 + (i * 31 % 101) AS x FROM n")
    start = time.perf_counter()
    assert db.value("SELECT count(*) FROM panel_unitroot('big', 'x', 'id=u, time=t, lags=bic')") == 7
    assert time.perf_counter() - start < 5
