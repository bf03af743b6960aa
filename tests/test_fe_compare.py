"""fe_compare: expected values from R (oracle/mechanism.R), and permutation by permutation from fe_ols on the groups."""
import json
import pathlib
import random

import pytest

from philox import Stream

R = json.loads((pathlib.Path(__file__).parent / "oracle" / "mechanism.json").read_text())["compare"]
FORMULA = "l_homicide ~ unemployrt + poverty | sid + year"


@pytest.fixture
def castle(db):
    return db.table("castle")


def differences(db, options, formula=FORMULA, source="castle"):
    return {(row["term"], row["group1"], row["group2"]): row for row in db.dicts("SELECT * FROM fe_compare(?, ?, ?)", source, formula, options)}


def test_against_r(castle):
    rows = differences(castle, "by=region")
    assert len(rows) == 2 * 6 and all(a < b for _, a, b in rows)
    for key, name in ((("unemployrt", "Midwest", "South"), "unemployrt_midwest_south"), (("poverty", "South", "West"), "poverty_south_west")):
        difference, error = R[name]
        assert rows[key]["difference"] == pytest.approx(difference, rel=1e-9) and rows[key]["std_error"] == pytest.approx(error, rel=1e-8)
        assert rows[key]["statistic"] == pytest.approx(difference / error, rel=1e-8) and rows[key]["p_permutation"] is None
    fit = castle.value("SELECT econ_fit('fe_compare', 'castle', ?, 'by=region')", FORMULA)
    test = castle.dicts("SELECT * FROM fit_tests(?) WHERE subject = 'South - West'", fit)[0]
    assert test["test"] == "equality" and test["df1"] == 2 and test["df2"] == 49 and test["statistic"] == pytest.approx(R["wald_south_west"], rel=1e-7)


def test_coefficients_are_those_of_each_group(castle):
    """The stacked model is a regression for each group; without a link between the groups the variances add up."""
    fit = castle.value("SELECT econ_fit('fe_compare', 'castle', ?, 'by=region, ssc=none')", FORMULA)
    rows = differences(castle, "by=region, ssc=none")
    alone = {r: {t: (b, s) for t, b, s in castle.rows(f"SELECT term, estimate, std_error FROM fe_ols('castle', ?, 'ssc=none, where=region = ''{r}''')", FORMULA)} for r in ("Midwest", "West")}
    for term in ("unemployrt", "poverty"):
        (b1, s1), (b2, s2) = alone["Midwest"][term], alone["West"][term]
        assert castle.value("SELECT fit_coef(?, ?)", fit, f"region::West:{term}") == pytest.approx(b2, rel=1e-9)
        row = rows[term, "Midwest", "West"]
        assert row["difference"] == pytest.approx(b1 - b2, rel=1e-9) and row["std_error"] == pytest.approx((s1**2 + s2**2) ** 0.5, rel=1e-9)
    by_hand = castle.dicts("SELECT * FROM fit_wald(?, 'region::West:poverty = region::South:poverty')", fit)[0]
    assert by_hand["statistic"] == pytest.approx(rows["poverty", "South", "West"]["statistic"] ** 2, rel=1e-9)


def test_interaction_is_the_same(castle):
    """Two groups: the difference is the interaction term of the fully interacted model, whose clusters reach over the groups."""
    castle.execute("CREATE VIEW c AS SELECT *, (year >= 2005) AS late FROM castle")
    row = differences(castle, "by=late", "l_homicide ~ poverty | sid + year", "c")["poverty", 0, 1]
    estimate, error = castle.row("SELECT estimate, std_error FROM fe_ols('c', 'l_homicide ~ poverty + I(late*poverty) | sid^late + year^late', 'vcov=cluster(sid)') WHERE term <> 'poverty'")
    assert row["difference"] == pytest.approx(-estimate, rel=1e-9) and row["std_error"] == pytest.approx(error, rel=1e-8)


def test_pooled_and_weighted(castle):
    rows = differences(castle, "by=region, weights=popwt, vcov=hc1", "l_homicide ~ poverty + unemployrt")
    assert ("(Intercept)", "Midwest", "South") in rows
    alone = [castle.value(f"SELECT estimate FROM fe_ols('castle', 'l_homicide ~ poverty + unemployrt', 'weights=popwt, where=region = ''{r}''') WHERE term = 'poverty'") for r in ("Midwest", "South")]
    assert rows["poverty", "Midwest", "South"]["difference"] == pytest.approx(alone[0] - alone[1], rel=1e-9)


@pytest.mark.parametrize("formula, by, whole", [(FORMULA, "region", True), ("l_homicide ~ unemployrt + poverty | sid", "region", True), (FORMULA, "late", False), ("l_homicide ~ unemployrt + poverty", "late", False)])
def test_permutations_one_by_one(castle, formula, by, whole):
    """The share over twenty assignments, each estimated by fe_ols group by group."""
    castle.execute("CREATE VIEW c AS SELECT rowid AS row, *, CASE WHEN year >= 2005 THEN 'late' ELSE 'early' END AS late FROM castle")
    rows = differences(castle, f"by={by}, reps=20, seed=9", formula, "c")
    unit = "sid" if whole else "row"
    labels = castle.rows(f"SELECT {unit}, {by} FROM c GROUP BY {unit} ORDER BY min(row)")
    groups = sorted({label for _, label in labels})
    beyond = dict.fromkeys(rows, 0)
    castle.execute("CREATE TEMP TABLE assigned(unit, label)")
    for draw in range(20):
        shuffled = Stream(9, draw).shuffled([label for _, label in labels])
        castle.execute("DELETE FROM assigned")
        castle.executemany("INSERT INTO assigned VALUES (?, ?)", [(u, label) for (u, _), label in zip(labels, shuffled)])
        source = f"SELECT c.* FROM c JOIN assigned ON unit = {unit} WHERE label = '%s'"
        slopes = {g: dict(castle.rows("SELECT term, estimate FROM fe_ols(?, ?, 'singletons=keep, vcov=iid')", source % g, formula)) for g in groups}
        for term, a, b in rows:
            beyond[term, a, b] += abs(slopes[a][term] - slopes[b][term]) >= abs(rows[term, a, b]["difference"])
    for key in rows:
        assert rows[key]["p_permutation"] == beyond[key] / 20
    assert castle.value("SELECT fit_stat(econ_fit('fe_compare', 'c', ?, ?), 'permuted')", formula, f"by={by}, reps=5") == ("sid" if whole else "rows")


def test_permutation_of_r(castle):
    """Within simulation error of 1,500 assignments in R: three standard deviations of the difference of two shares."""
    rows = differences(castle, "by=region, reps=6000, seed=1")
    for p, key in zip(R["permutation"], (("unemployrt", "Midwest", "South"), ("poverty", "Midwest", "South"), ("poverty", "South", "West"))):
        assert rows[key]["p_permutation"] == pytest.approx(p, abs=3 * (max(p * (1 - p), .005) * (1 / 1500 + 1 / 6000)) ** .5)


def test_wild_bootstrap(castle):
    """The difference under vcov=wild is the interaction term under vcov=wild."""
    castle.execute("CREATE VIEW c AS SELECT *, (year >= 2005) AS late FROM castle")
    row = differences(castle, "by=late, vcov=wild(sid, reps=499, seed=2)", "l_homicide ~ poverty | sid + year", "c")["poverty", 0, 1]
    p, = castle.row("SELECT p_value FROM fe_ols('c', 'l_homicide ~ poverty + I(late*poverty) | sid^late + year^late', 'vcov=wild(sid, reps=499, seed=2)') WHERE term <> 'poverty'")
    plain = differences(castle, "by=late", "l_homicide ~ poverty | sid + year", "c")["poverty", 0, 1]
    assert row["p_value"] == p != plain["p_value"] and row["std_error"] == plain["std_error"]


def test_seed(castle):
    first = differences(castle, "by=region, reps=200, seed=3")
    assert first == differences(castle, "by=region, reps=200, seed=3")
    assert first != differences(castle, "by=region, reps=200, seed=4")


def test_no_difference_under_the_null(db):
    """Groups drawn at random: p-values of both kinds are about uniform."""
    draw = random.Random(4)
    db.execute("CREATE TABLE t(id, t, g, x, y)")
    small = {"wald": 0, "permutation": 0}
    for trial in range(40):
        db.execute("DELETE FROM t")
        for i in range(30):
            g, mu = i % 2, draw.gauss(0, 1)
            for t in range(6):
                x = draw.gauss(0, 1) + mu
                db.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?)", (i, t, g, x, mu + .5 * x + draw.gauss(0, 1)))
        row = differences(db, "by=g, reps=99", "y ~ x | id + t", "t")["x", 0, 1]
        small["wald"] += row["p_value"] < .25
        small["permutation"] += row["p_permutation"] < .25
    assert 3 <= small["wald"] <= 18 and 3 <= small["permutation"] <= 18  # 10 expected, standard deviation 2.7


def test_aggregate(castle):
    spec = "y ~ x | id + t; by=g"
    fit = castle.value("SELECT fe_compare(?, l_homicide, poverty, sid, year, region) FROM castle", spec)
    row = differences(castle, "by=region", "l_homicide ~ poverty | sid + year")["poverty", "South", "West"]
    assert castle.value("SELECT estimate FROM fit_terms(?) WHERE part = 'difference: South - West'", fit) == row["difference"]
    shares = castle.rows("SELECT sid % 2, fit_stat(fe_compare(?, l_homicide, poverty, sid, year, region), 'nobs') FROM castle GROUP BY 1", spec)
    assert sum(n for _, n in shares) == 550
    rolling = castle.rows("SELECT fit_stat(fe_compare(?, l_homicide, poverty, sid, year, region) OVER (ORDER BY year GROUPS BETWEEN 3 PRECEDING AND CURRENT ROW), 'nobs') FROM castle", spec)
    assert rolling[-1][0] == 200


@pytest.mark.parametrize("formula, options, words", [
    ("y ~ x | id", "", "by= is missing"),
    ("y ~ x | id", "by=same", "by= 'same' has only one group"),
    ("y ~ x | id", "by=lonely", "by= 'lonely': the group 'b' has only one id in the used rows"),
    ("y ~ x", "by=single", "by= 'single': the group '1' has only one row"),
    ("y ~ x | id", "by=id", "has only one id"),
    ("y ~ x | id", "by=y", "has only one id"),
    ("y ~ x | id + t", "by=lonely", "the group 'b' has only one id"),
    ("y ~ x | id + t", "by=id", "has only one id"),
    ("y ~ 1 | id", "by=g", "no regressor"),
    ("y ~ x | id", "by=g, reps=-1", "reps=-1"),
    ("y ~ x | id", "by=nothing", "no column 'nothing'"),
    ("y ~ x", "by=pair", "has 60 groups; at most 50"),
])
def test_bad_input(db, formula, options, words):
    draw = random.Random(1)
    db.execute("CREATE TABLE t(id, t, g, x, y, same, lonely, single, pair)")
    for i in range(120):
        db.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, 'x', ?, ?, ?)", (i // 6, i % 6, i // 6 % 2, draw.random(), draw.random(), "b" if i < 6 else "a", int(i == 7), i // 2))
    message = db.error("SELECT * FROM fe_compare('t', ?, ?)", formula, options)
    assert message.startswith("fe_compare: ") and words in message
