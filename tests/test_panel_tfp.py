"""panel_tfp. Numbers from oracle/panel_tfp.py (HiGHS through scipy, numpy), and the worked examples of Coelli's guide to DEAP (1996)."""
import json
import math
import pathlib
import time

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "panel_tfp.json").read_text())
CHANGES = ["efficiency_change", "technical_change", "malmquist", "pure_efficiency_change", "scale_change"]
PANEL = "id=STATE, time=YR"


@pytest.fixture
def munnell(db):
    return db.table("munnell")


@pytest.mark.parametrize("name, source, model, options", [
    ("one", "SELECT * FROM munnell WHERE YR <= 1973", "GSP ~ EMP + PC + P_CAP", ""),
    ("input", "SELECT * FROM (SELECT * FROM munnell WHERE YR <= 1973 ORDER BY rowid LIMIT 64)", "GSP ~ EMP + PC", ", orientation=input"),
    ("two", "SELECT * FROM (SELECT *, row_number() OVER (ORDER BY rowid) - 1 AS i FROM munnell WHERE YR <= 1973) WHERE i % 11 <> 4 ORDER BY GSP", "GSP ~ PC + P_CAP", ", outputs=EMP")])
def test_malmquist_against_highs(munnell, name, source, model, options):
    rows = {(row["id"], row["time"]): row for row in munnell.dicts("SELECT * FROM panel_tfp(?, ?, ?)", source, model, f"{PANEL}, method=malmquist, returns=vrs{options}")}
    assert len(rows) == len(ORACLE[name])
    for known in ORACLE[name]:
        row = rows[known["id"], known["time"]]
        assert row["efficiency"] == pytest.approx(known["efficiency"], rel=1e-9)
        for change in CHANGES:
            if change in known:
                assert row[change] == pytest.approx(known[change], rel=2e-9), (known, change)
            else:
                assert row[change] is None
        assert row["growth"] == (None if row["malmquist"] is None else pytest.approx(math.log(row["malmquist"]), rel=1e-12, abs=1e-15))


def test_chain_and_gaps(munnell):
    source = "SELECT * FROM munnell WHERE NOT (STATE = 'OHIO' AND YR = 1974) AND YR < 1979"
    rows = munnell.dicts("SELECT * FROM panel_tfp(?, 'GSP ~ EMP + PC', ?)", source, PANEL + ", method=malmquist")
    chain = {}
    for row in rows:
        if row["time"] == 1970:
            assert row["tfp"] == 1 and row["growth"] is None
        elif row["id"] != "OHIO" or row["time"] < 1974:
            assert row["tfp"] == pytest.approx(chain[row["id"]] * row["malmquist"], rel=1e-12)
        else:
            assert row["tfp"] is None and (row["growth"] is None) == (row["time"] == 1975)
        chain[row["id"]] = row["tfp"]


def test_coelli_malmquist(db):
    """DEAP 2.1, example 4: output oriented Malmquist indices of five firms in three years, as its output file prints them."""
    db.execute("CREATE TABLE eg4 (firm, year, y, x)")
    db.executemany("INSERT INTO eg4 VALUES (?, ?, ?, ?)", [(firm + 1, year, y, x) for year, ys, xs in ((1, (1, 2, 3, 4, 5), (2, 4, 3, 5, 6)), (2, (1, 3, 4, 3, 5), (2, 4, 3, 5, 5)),
                   (3, (1, 3, 4, 3, 5), (2, 4, 3, 5, 5))) for firm, (y, x) in enumerate(zip(ys, xs))])
    rows = db.rows("""SELECT round(efficiency_change + 1e-9, 3), round(technical_change, 3), round(pure_efficiency_change, 3), round(scale_change, 3), round(malmquist, 3), time
                      FROM panel_tfp('eg4', 'y ~ x', 'id=firm, time=year, method=malmquist, returns=vrs')""")
    assert [row[:5] for row in rows if row[5] == 2] == [(0.75, 1.333, 1.0, 0.75, 1.0), (1.125, 1.333, 1.222, 0.92, 1.5), (1.0, 1.333, 1.0, 1.0, 1.333), (0.563, 1.333, 0.65, 0.865, 0.75),
                                                         (0.9, 1.333, 1.0, 0.9, 1.2)]  # DEAP prints .5625 as 0.562
    assert {row[:5] for row in rows if row[5] == 3} == {(1, 1, 1, 1, 1)}
    efficiency = db.rows("SELECT round(efficiency, 3) FROM panel_tfp('eg4', 'y ~ x', 'id=firm, time=year, method=malmquist') WHERE time = 1")
    assert efficiency == [(0.5,), (0.5,), (1,), (0.8,), (0.833,)]


@pytest.mark.parametrize("name, options", [("ols", "method=ols"), ("fe", "method=fe"), ("fe_unit", "method=fe, effects=unit")])
def test_regressions(munnell, name, options):
    known = ORACLE[name]
    terms = dict(munnell.rows("SELECT term, estimate FROM fit_terms(econ_fit('panel_tfp', 'munnell', 'GSP ~ EMP + PC', ?))", f"{PANEL}, {options}"))
    assert [terms["ln(EMP)"], terms["ln(PC)"]] == pytest.approx(known["elasticity"], rel=1e-9)
    rows = munnell.dicts("SELECT * FROM panel_tfp('munnell', 'GSP ~ EMP + PC', ?) LIMIT 60", f"{PANEL}, {options}")
    assert [math.log(row["tfp"]) for row in rows] == pytest.approx(known["ln_tfp"], rel=1e-9)
    for before, row in zip(rows, rows[1:]):
        assert row["growth"] is None if row["time"] == 1970 else row["growth"] == pytest.approx(math.log(row["tfp"] / before["tfp"]), rel=1e-9, abs=1e-12)


def test_errors_of_the_elasticities_are_those_of_fe_ols(munnell):
    munnell.execute("CREATE TABLE logs AS SELECT *, ln(GSP) AS y, ln(EMP) AS l, ln(PC) AS k FROM munnell")
    ours = munnell.rows("SELECT estimate, std_error, p_value FROM fit_terms(econ_fit('panel_tfp', 'munnell', 'GSP ~ EMP + PC', ?))", PANEL + ", method=fe")
    assert ours == [pytest.approx(row, rel=1e-9) for row in munnell.rows("SELECT estimate, std_error, p_value FROM fe_ols('logs', 'y ~ l + k | STATE + YR')")]


def test_growth_accounting(munnell):
    rows = munnell.dicts("SELECT * FROM panel_tfp('munnell', 'GSP ~ EMP + PC', ?) LIMIT 60", PANEL + ", method=growth, shares=(.65, .35)")
    assert [math.log(row["tfp"]) for row in rows] == pytest.approx(ORACLE["growth"], rel=1e-12)
    rows = munnell.dicts("SELECT * FROM panel_tfp('munnell', 'GSP ~ EMP + PC', ?) LIMIT 51", PANEL + ", method=growth, share=.5 + .01 * (YR - 1970) + UNEMP / 100")
    assert [math.log(row["tfp"]) for row in rows] == pytest.approx(ORACLE["tornqvist"], rel=1e-11, abs=1e-14)


def test_virtual_table(munnell):
    munnell.execute("UPDATE munnell SET GSP = NULL WHERE STATE = 'OHIO' AND YR = 1970")
    munnell.execute(f"CREATE VIRTUAL TABLE temp.v USING panel_tfp('munnell', 'GSP ~ EMP + PC', '{PANEL}, method=malmquist')")
    columns = [row[1] for row in munnell.rows("PRAGMA temp.table_info(v)")]
    assert columns[-8:] == ["tfp", "tfp_growth", "efficiency", "malmquist", "efficiency_change", "technical_change", "pure_efficiency_change", "scale_change"]
    assert munnell.row("SELECT count(*), count(efficiency), count(malmquist), count(scale_change) FROM temp.v") == (816, 815, 815 - 48, 0)
    table = munnell.rows("SELECT tfp, growth FROM panel_tfp('munnell', 'GSP ~ EMP + PC', ?) WHERE id = 'OHIO'", PANEL + ", method=malmquist")
    assert munnell.rows("SELECT tfp, tfp_growth FROM temp.v WHERE STATE = 'OHIO' AND YR > 1970") == table


def test_size_does_not_matter(munnell):
    """Constant returns: units of measurement change nothing, nor a unit a million times smaller."""
    munnell.execute("CREATE TABLE small AS SELECT STATE, YR, GSP * s AS y, EMP * s * 1e-9 AS l, PC * s * 1e6 AS k FROM (SELECT *, CASE STATE WHEN 'OHIO' THEN 1e-6 ELSE 1 END AS s FROM munnell)")
    a = munnell.rows("SELECT id, time, malmquist, efficiency FROM panel_tfp('munnell', 'GSP ~ EMP + PC', ?)", PANEL + ", method=malmquist")
    b = munnell.rows("SELECT id, time, malmquist, efficiency FROM panel_tfp('small', 'y ~ l + k', ?)", PANEL + ", method=malmquist")
    for (unit, year, m, e), other in zip(a, b):
        assert other[:2] == (unit, year) and other[3] == pytest.approx(e, rel=1e-8) and (m is None or other[2] == pytest.approx(m, rel=1e-8))


@pytest.mark.parametrize("source, model, options, sentence", [
    ("munnell", "GSP ~ EMP + PC", "", "the units and the times are needed"),
    ("munnell", "GSP ~ EMP + PC | STATE", PANEL, "the panel is named by id= and time=, effects by method=fe"),
    ("munnell", "GSP ~ EMP + PC", PANEL + ", method=growth", "method=growth needs the shares of the inputs"),
    ("munnell", "GSP ~ EMP + PC", PANEL + ", method=growth, shares=.6", "names 1 share for 2 inputs"),
    ("munnell", "GSP ~ EMP + PC + P_CAP", PANEL + ", method=growth, share=.6", "share= is that of the first of two inputs; there are 3"),
    ("munnell", "GSP ~ EMP + PC", PANEL + ", method=growth, share=YR", "share= is 1970 in a row"),
    ("munnell", "GSP ~ EMP + PC", PANEL + ", method=ols, shares=(.6,.4)", "shares= is for method=growth; method=ols does not use it"),
    ("munnell", "GSP ~ EMP + PC", PANEL + ", method=ols, outputs=PC", "outputs= is for method=malmquist"),
    ("munnell", "GSP ~ EMP + PC", PANEL + ", method=malmquist, weights=PC", "weights= is for method=ols or fe"),
    ("SELECT *, EMP - 2000 AS L FROM munnell", "GSP ~ L + PC", PANEL, "outputs and inputs are numbers above 0"),
    ("SELECT *, 0 AS Y FROM munnell", "Y ~ EMP + PC", PANEL + ", method=malmquist", "'Y' is 0 in a row"),
    ("munnell", "GSP ~ 1", PANEL, "there are no inputs"),
    ("munnell", "GSP ~ EMP + I(2*EMP)", PANEL, "has no elasticity"),
    ("munnell", "GSP ~ EMP + I(YR - 1900)", PANEL + ", method=fe", "and the effects determine it"),
    ("SELECT * FROM munnell UNION ALL SELECT * FROM munnell WHERE STATE = 'OHIO' AND YR = 1975", "GSP ~ EMP", PANEL, "two rows have STATE = OHIO and YR = 1975"),
    ("SELECT * FROM munnell WHERE YR = 1975", "GSP ~ EMP", PANEL + ", method=malmquist", "no unit has two periods"),
    ("munnell", "STATE ~ EMP", PANEL, "column 'STATE' holds text"),
    ("SELECT *, NULL AS none FROM munnell", "none ~ EMP", PANEL, "no row is left"),
    ("munnell", "GSP ~ EMP", PANEL + ", method=dea", "method"),
])
def test_bad_input(munnell, source, model, options, sentence):
    said = munnell.error("SELECT * FROM panel_tfp(?, ?, ?)", source, model, options)
    assert said.startswith("panel_tfp: ") and sentence in said, said


def test_speed(db):
    """280 cities, 13 years, as a paper has them: 14,000 linear programs."""
    db.execute("""CREATE TABLE cities AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3639)
                  SELECT i / 13 AS city, i % 13 AS year, 1.0 + (i * 7919 % 1009) AS l, 1.0 + (i * 104729 % 997) AS k, 1.0 + (i * i * 31 % 883) AS e, 1.0 + (i * 15485863 % 1013) AS y FROM n""")
    start = time.perf_counter()
    assert db.value("SELECT count(malmquist) FROM panel_tfp('cities', 'y ~ l + k + e', 'id=city, time=year, method=malmquist, returns=vrs')") == 280 * 12
    assert time.perf_counter() - start < 10
