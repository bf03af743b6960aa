"""panel_moran. Numbers from oracle/panel_moran.R (spdep's moran.test and localmoran); permutation p-values against all permutations of few units."""
import itertools
import json
import pathlib
import time

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "panel_moran.json").read_text())
NEAR = "near"


@pytest.fixture
def castle(db):
    db.table("castle")
    db.execute("""CREATE TABLE near AS SELECT a.sid AS unit1, b.sid AS unit2, (CASE WHEN a.sid < b.sid THEN 1.0 ELSE 2.0 END) / abs(a.sid - b.sid) AS w
                  FROM (SELECT DISTINCT sid FROM castle) a, (SELECT DISTINCT sid FROM castle) b WHERE a.sid <> b.sid AND abs(a.sid - b.sid) <= 3""")
    return db


@pytest.mark.parametrize("known", ORACLE, ids=lambda known: f"{known['year']} {known['style']}")
def test_against_spdep(castle, known):
    if known["drop"]:
        castle.execute("DELETE FROM near WHERE ? IN (unit1, unit2)", (known["drop"],))
    style = {"W": "row", "B": "none"}[known["style"]]
    options = f"id=sid, time=year, weights=near, style={style}, local=1"
    rows = castle.dicts("SELECT * FROM panel_moran('castle', ?, ?) WHERE time = ?", known["variable"], options, known["year"])
    whole, local = rows[0], {row["id"]: row for row in rows[1:]}
    assert whole["type"] == "global" and {row["type"] for row in rows[1:]} == {"local"}
    for ours, theirs in (("moran", "moran"), ("expected", "expected"), ("std_error", "std_error"), ("p_value", "p")):
        assert whole[ours] == pytest.approx(known[theirs], rel=1e-9), ours
    normal = castle.dicts("SELECT * FROM panel_moran('castle', ?, ?) WHERE type = 'global' AND time = ?", known["variable"], options + ", assumption=normality, alternative=greater",
                          known["year"])[0]
    assert normal["std_error"] == pytest.approx(known["normal_error"], rel=1e-9) and normal["p_value"] == pytest.approx(known["p_greater"], rel=1e-9)
    assert len(local) == len(known["sid"])
    for i, sid in enumerate(known["sid"]):
        row = local[sid]
        # spdep cuts the lags at their mean, which is another place than ours where weights are not divided by their sums
        assert row["quadrant"] == known["quadrant"][i] or (style == "none" and (row["quadrant"] in ("HH", "LL")) == (row["moran"] > 0))
        for ours, theirs in (("moran", "local"), ("expected", "local_expected"), ("statistic", "local_z"), ("p_value", "local_p")):
            value = known[theirs][i]
            assert row[ours] is None if value is None else row[ours] == pytest.approx(value, rel=1e-8, abs=1e-12), (sid, ours)


def test_a_time_without_any_number_takes_no_part(castle):
    """As a series of official statistics that begins later than others: the other times stay as they are."""
    whole = castle.rows("SELECT time, moran, std_error, n FROM panel_moran('castle', 'l_homicide', 'id=sid, time=year, weights=near')")
    castle.execute("UPDATE castle SET l_homicide = NULL WHERE year = 2003")
    assert castle.rows("SELECT time, moran, std_error, n FROM panel_moran('castle', 'l_homicide', 'id=sid, time=year, weights=near')") == [row for row in whole if row[0] != 2003]
    castle.execute("UPDATE castle SET l_homicide = NULL")
    with pytest.raises(Exception, match="no number"):
        castle.rows("SELECT * FROM panel_moran('castle', 'l_homicide', 'id=sid, time=year, weights=near')")


def small(db):
    x = [3.0, 1.0, 4.0, 1.5, 9.0, 2.6, 5.3]
    pairs = [(0, 1, 1.0), (1, 0, 2.0), (1, 2, 1.0), (2, 3, 0.5), (3, 4, 1.0), (4, 2, 3.0), (5, 6, 1.0), (6, 0, 1.0), (4, 6, 1.0), (0, 5, 1.0)]
    db.execute("CREATE TABLE small (u, x)")
    db.executemany("INSERT INTO small VALUES (?, ?)", list(enumerate(x)))
    db.execute("CREATE TABLE w (unit1, unit2, w)")
    db.executemany("INSERT INTO w VALUES (?, ?, ?)", pairs)
    rows = {i: sum(w for a, _, w in pairs if a == i) for i in range(7)}
    return x, [(a, b, w / rows[a]) for a, b, w in pairs]


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_permutations_against_all_of_them(db, alternative):
    x, pairs = small(db)
    mean = sum(x) / 7
    z = [value - mean for value in x]
    m2 = sum(value * value for value in z) / 7

    def share(draws, value):
        greater, less = sum(d >= value - 1e-9 for d in draws) / len(draws), sum(d <= value + 1e-9 for d in draws) / len(draws)
        return {"greater": greater, "less": less, "two-sided": min(1, 2 * min(greater, less))}[alternative]

    reps = 40000
    rows = db.dicts("SELECT * FROM panel_moran('small', 'x', ?)", f"id=u, weights=w, local=1, reps={reps}, seed=3, alternative={alternative}")
    total = lambda order: sum(w * order[a] * order[b] for a, b, w in pairs)
    exact = share([total(order) for order in itertools.permutations(z)], total(z))
    assert rows[0]["p_permutation"] == pytest.approx(exact, abs=10 * (exact * (1 - exact) / reps) ** 0.5 + 3 / reps)
    for i in range(7):
        mine = [(b, w) for a, b, w in pairs if a == i]
        others = [z[j] for j in range(7) if j != i]
        value = z[i] / m2 * sum(w * z[b] for b, w in mine)
        assert rows[1 + i]["moran"] == pytest.approx(value, rel=1e-12)
        exact = share([z[i] / m2 * sum(w * other for (_, w), other in zip(mine, draw)) for draw in itertools.permutations(others, len(mine))], value)
        assert rows[1 + i]["p_permutation"] == pytest.approx(exact, abs=10 * (exact * (1 - exact) / reps) ** 0.5 + 3 / reps)


def test_seed(castle):
    ask = "SELECT time, p_permutation FROM panel_moran('castle', 'l_homicide', ?) WHERE type = 'global'"
    one = castle.rows(ask, "id=sid, time=year, weights=near, reps=199, seed=5")
    assert one == castle.rows(ask, "id=sid, time=year, weights=near, reps=199, seed=5")
    assert one != castle.rows(ask, "id=sid, time=year, weights=near, reps=199, seed=6")
    assert len({p for _, p in one}) > 1 and all(0 < p <= 1 for _, p in one)
    assert castle.rows(ask, "id=sid, time=year, weights=near") == [(year, None) for year, _ in one]


def test_weights_as_table_columns_or_query(castle):
    castle.execute("CREATE TABLE borders AS SELECT unit1 AS state, unit2 AS \"next to\", w AS miles FROM near")
    ask = "SELECT moran FROM panel_moran('castle', 'poverty', ?)"
    plain = castle.rows(ask, "id=sid, time=year, weights=near")
    assert plain == castle.rows(ask, 'id=sid, time=year, weights=borders(state, "next to", miles)')
    tripled = castle.rows(ask, 'id=sid, time=year, weights="SELECT unit1, unit2, 3 * w AS w FROM near"')
    assert [m for m, in tripled] == pytest.approx([m for m, in plain], rel=1e-12)
    assert plain == castle.rows("SELECT moran FROM panel_moran('castle', 'poverty', 'id=sid, time=year') WHERE weights = 'near'")
    # pairs with other units, and weights of zero, do not matter
    castle.execute("INSERT INTO near VALUES (1, 999, 1), (999, 2, 1), (1, 40, 0), (NULL, 3, 1)")
    assert plain == castle.rows(ask, "id=sid, time=year, weights=near")


def test_virtual_table(castle):
    castle.execute("DELETE FROM near WHERE 20 IN (unit1, unit2)")
    castle.execute("CREATE VIRTUAL TABLE temp.v USING panel_moran('castle', 'l_homicide', 'id=sid, time=year, weights=near')")
    rows = castle.dicts("SELECT * FROM temp.v WHERE year = 2010")
    known = next(case for case in ORACLE if case["drop"])
    x = {row["sid"]: row["l_homicide"] for row in rows}
    for row, local, p, quadrant in zip(rows, known["local"], known["local_p"], known["quadrant"]):
        assert row["quadrant"] == quadrant and (local is None) == (row["local_moran"] is None)
        mine = castle.rows("SELECT unit2, w FROM near WHERE unit1 = ?", row["sid"])
        if local is not None:
            assert row["local_moran"] == pytest.approx(local, rel=1e-8) and row["local_p"] == pytest.approx(p, rel=1e-8)
            assert row["spatial_lag"] == pytest.approx(sum(w * x[b] for b, w in mine) / sum(w for _, w in mine), rel=1e-12)
        else:
            assert row["spatial_lag"] is None
    assert castle.value("SELECT count(*) FROM temp.v") == 550


def test_fit(castle):
    fit = castle.value("SELECT econ_fit('panel_moran', 'castle', 'l_homicide', 'id=sid, time=year, weights=near')")
    terms = dict(castle.rows("SELECT term, estimate FROM fit_terms(?)", fit))
    assert len(terms) == 11 and terms["l_homicide 2000"] == pytest.approx(ORACLE[0]["moran"])


@pytest.mark.parametrize("source, variable, options, sentence", [
    ("castle", "poverty", "", "the units are needed: id=..."),
    ("castle", "poverty", "id=sid, time=year", "the weights between units are needed"),
    ("castle", "poverty", "id=sid, time=year, weights=nowhere", "no table or view 'nowhere'"),
    ("castle", "poverty", "id=sid, time=year, weights=castle", "no column 'unit1' in 'castle'"),
    ("castle", "poverty", "id=sid, time=year, weights=near(unit1, unit2)", "it is the name of a table with the columns unit1, unit2, w"),
    ("castle", "poverty", "id=sid, weights=near", "1 has two rows; a unit has one row at each time: is time= missing?"),
    ("SELECT * FROM castle UNION ALL SELECT * FROM castle WHERE sid = 5 AND year = 2003", "poverty", "id=sid, time=year, weights=near", "5 has two rows at 2003"),
    ("SELECT *, 3 AS same FROM castle", "same", "id=sid, time=year, weights=near", "'same' is the same number in all 50 units at 2000"),
    ("SELECT * FROM castle WHERE sid < 4", "poverty", "id=sid, time=year, weights=near", "'poverty' has 3 numbers at 2000; Moran's I needs four units"),
    ("SELECT *, NULL AS empty FROM castle", "empty", "id=sid, time=year, weights=near", "'empty' has no number at any time"),
    ("SELECT *, 9e999 AS big FROM castle", "big", "id=sid, time=year, weights=near", "column 'big' has an infinite value"),
    ("castle", "region", "id=sid, time=year, weights=near", "column 'region' holds text"),
    ("castle", "poverty", "id=region || sid, time=year, weights=near", "none of its pairs are two units of id=region||sid (it has '1', here is 'South1')"),
    ("castle", "poverty", 'id=sid, time=year, weights="SELECT unit1, unit2, -w AS w FROM near"', "weights are numbers from 0 up"),
    ("castle", "poverty", 'id=sid, time=year, weights="SELECT unit1, unit2, w FROM near UNION ALL SELECT 4, 5, 1"', "the pair 4, 5 stands there twice"),
    ("castle", "poverty", 'id=sid, time=year, weights="SELECT unit1, unit1 AS unit2, w FROM near"', "1 has a weight with itself"),
    ("castle", "poverty", "id=sid, time=year, weights=\"SELECT unit1, unit2, 'far' || w AS w FROM near\"", "column 'w' holds text"),
    ("castle", "poverty", 'id=sid, time=year, weights="SELECT * FROM near WHERE 0"', "it is empty"),
    ("castle", "poverty", 'id=sid, time=year, weights="SELECT 1 AS unit1, 2 AS unit2, 1 AS w"', "1 units of 'poverty' have neighbours at 2000; Moran's I needs four at least"),
    ("castle", "poverty", "id=sid, time=year, weights=near, reps=-1", "reps=-1"),
    ("castle", "poverty", "id=sid, time=year, weights=near, style=both", "style"),
])
def test_bad_input(castle, source, variable, options, sentence):
    said = castle.error("SELECT * FROM panel_moran(?, ?, ?)", source, variable, options)
    assert said.startswith("panel_moran: ") and sentence in said, said


def test_speed(db):
    db.execute("""CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199999)
                  SELECT i / 10 AS u, i % 10 AS t, (i * i * 31 % 10007) / 7.0 AS x FROM n""")
    db.execute("CREATE TABLE w AS SELECT a.u AS unit1, a.u + b.value AS unit2, 1.0 AS w FROM (SELECT DISTINCT u FROM big) a, json_each('[-2,-1,1,2]') b")
    start = time.perf_counter()
    assert db.value("SELECT count(*) FROM panel_moran('big', 'x', 'id=u, time=t, weights=w, local=1')") == 200010
    assert time.perf_counter() - start < 5


def test_spread_beyond_numbers(db):
    """Fourth powers of 1e-160 are 0, and Moran's I was -inf."""
    db.executescript("CREATE TABLE w(unit1, unit2, w); INSERT INTO w VALUES (1,2,1), (2,1,1), (2,3,1), (3,2,1), (3,4,1), (4,3,1); CREATE TABLE t(u, x); INSERT INTO t VALUES (1,3), (2,1), (3,4), (4,2)")
    for factor in ("1e-160", "1e-90", "1e90", "1e160"):
        assert "the spread of 'x' is too small or too large for a number" in db.error(f"SELECT * FROM panel_moran('SELECT u, x * {factor} AS x FROM t', 'x', 'id=u, weights=w')")
    known = db.row("SELECT moran, statistic FROM panel_moran('t', 'x', 'id=u, weights=w')")
    for factor in ("1e-70", "1e70"):
        assert db.row(f"SELECT moran, statistic FROM panel_moran('SELECT u, x * {factor} AS x FROM t', 'x', 'id=u, weights=w')") == pytest.approx(known, rel=1e-12)
