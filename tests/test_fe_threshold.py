"""fe_threshold: expected values from R by brute force (oracle/mechanism.R), from Hansen's data beside the project, and draw by draw in Python."""
import json
import math
import pathlib
import random
import time

import pytest

from philox import Stream

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "mechanism.json").read_text())
R, BOOTSTRAP = ORACLE["threshold"], ORACLE["threshold_bootstrap"]
MODEL = "invest ~ value + capital | firm"
OPTIONS = "threshold=capital, regime=value, trim=.1"


@pytest.fixture
def grunfeld(db):
    return db.table("grunfeld")


def rows(db, part, options, model=MODEL, source="grunfeld"):
    return db.dicts("SELECT * FROM fe_threshold(?, ?, ?) WHERE part = ? ORDER BY regime, estimate", source, model, options, part)


def result_of(db, options, model=MODEL, source="grunfeld"):
    return {t["test"]: t for t in db.dicts("SELECT * FROM fit_tests(econ_fit('fe_threshold', ?, ?, ?))", source, model, options)}


def stat(db, options, name, model=MODEL, source="grunfeld"):
    return db.value("SELECT fit_stat(econ_fit('fe_threshold', ?, ?, ?), ?)", source, model, options, name)


def test_one_threshold(grunfeld):
    row, = rows(grunfeld, "threshold", OPTIONS + ", grid=all")
    assert (row["estimate"], row["conf_low"], row["conf_high"], row["term"], row["regime"]) == (R["one"], *R["ci_one"], "capital", 1)
    assert stat(grunfeld, OPTIONS + ", grid=all", "ssr") == pytest.approx(R["ssr_one"], rel=1e-9)
    assert stat(grunfeld, OPTIONS + ", grid=all", "ssr_linear") == pytest.approx(R["linear"], rel=1e-9)
    assert stat(grunfeld, OPTIONS, "sigma2") == pytest.approx(R["ssr_one"] / 209, rel=1e-9)
    test = result_of(grunfeld, OPTIONS + ", grid=all")["threshold_1"]
    assert test["statistic"] == pytest.approx(R["F1"], rel=1e-6) and test["p_value"] is None and "reps=" in test["note"]


def test_two_and_three_thresholds(grunfeld):
    first, second = rows(grunfeld, "threshold", OPTIONS + ", grid=all, n=2")
    assert (first["estimate"], first["conf_low"], first["conf_high"]) == (R["two"], *R["ci_two"])
    assert (second["estimate"], second["conf_low"], second["conf_high"]) == (R["refined"], *R["ci_refined"])
    assert stat(grunfeld, OPTIONS + ", grid=all, n=2", "ssr") == pytest.approx(R["ssr_two"], rel=1e-9)
    all_tests = result_of(grunfeld, OPTIONS + ", grid=all, n=3")
    for s in (1, 2, 3):
        assert all_tests[f"threshold_{s}"]["statistic"] == pytest.approx(R[f"F{s}"], rel=1e-6)
    assert R["three"] in [t["estimate"] for t in rows(grunfeld, "threshold", OPTIONS + ", grid=all, n=3")]


def test_slopes_are_fe_ols(grunfeld):
    """Regimes, errors and statistics: the virtual table's regime in fe_ols, with every kind of vcov."""
    for vcov in ("vcov=iid", "vcov=hc1", "vcov=cluster(firm)", "vcov=hc3"):
        grunfeld.execute(f"CREATE VIRTUAL TABLE temp.split USING fe_threshold('grunfeld', '{MODEL}', '{OPTIONS}, n=2')")
        terms = {t: tuple(r) for t, *r in grunfeld.rows("SELECT term, estimate, std_error, conf_low FROM fit_terms(econ_fit('fe_threshold', 'grunfeld', ?, ?)) WHERE part IS NULL", MODEL, f"{OPTIONS}, n=2, {vcov}")}
        other = {t: tuple(r) for t, *r in grunfeld.rows("SELECT term, estimate, std_error, conf_low FROM fe_ols('split', 'invest ~ i(regime, value) + capital | firm', ?)", vcov)}
        assert terms.keys() == other.keys() == {"regime::1:value", "regime::2:value", "regime::3:value", "capital"}
        for term in terms:
            assert terms[term] == pytest.approx(other[term], rel=1e-8)
        grunfeld.execute("DROP TABLE temp.split")
    shown = [(r["part"], r["regime"], r["term"]) for part in ("regime", "control") for r in rows(grunfeld, part, OPTIONS)]
    assert shown == [("regime", 1, "value"), ("regime", 2, "value"), ("control", None, "capital")]


def test_curve(grunfeld):
    curve = rows(grunfeld, "lr", OPTIONS + ", grid=all, curve=1")
    assert len(curve) == 176 <= stat(grunfeld, OPTIONS + ", grid=all", "candidates") == 177 and min(r["statistic"] for r in curve) == 0
    at = {r["estimate"]: r["statistic"] for r in curve}
    for g, lr in zip(R["grid_20"], R["lr_20"]):
        assert at[g] == pytest.approx(lr, rel=1e-6)
    limit = -2 * math.log(1 - math.sqrt(.95))
    inside = [g for g, lr in at.items() if lr <= limit]
    assert [min(inside), max(inside)] == R["ci_one"]
    two = rows(grunfeld, "lr", OPTIONS + ", n=2, curve=1")
    for r in (1, 2):
        low = [x for x in two if x["regime"] == r and x["statistic"] == 0]
        assert [x["estimate"] for x in low] == [rows(grunfeld, "threshold", OPTIONS + ", n=2")[r - 1]["estimate"]]


def test_regime_shares(grunfeld):
    """Every regime has trim of the rows at least, and the row column says which is which: q <= threshold below."""
    grunfeld.execute(f"CREATE VIRTUAL TABLE temp.split USING fe_threshold('grunfeld', '{MODEL}', '{OPTIONS}, n=3')")
    borders = [t["estimate"] for t in rows(grunfeld, "threshold", OPTIONS + ", n=3")]
    assert borders == sorted(borders)
    for regime, capital, kind in grunfeld.rows("SELECT regime, capital, typeof(regime) FROM temp.split"):
        assert regime == 1 + sum(capital > b for b in borders) and kind == "integer"
    counts = dict(grunfeld.rows("SELECT regime, count(*) FROM temp.split GROUP BY 1"))
    assert min(counts.values()) >= .1 * 220 and counts[1] == stat(grunfeld, OPTIONS + ", n=3", "regime_1_rows")


# ---------------------------------------------------------------- bootstrap
def brute(columns, y):
    """Sum of squared residuals by Gram-Schmidt."""
    base, y = [], list(y)
    for x in columns:
        x = list(x)
        size = sum(v * v for v in x)
        for b in base:
            c = sum(p * q for p, q in zip(b, x))
            x = [p - c * q for p, q in zip(x, b)]
        length = sum(v * v for v in x)
        if length > 1e-12 * size:
            base.append([v / math.sqrt(length) for v in x])
    for b in base:
        c = sum(p * q for p, q in zip(b, y))
        y = [p - c * q for p, q in zip(y, b)]
    return sum(v * v for v in y), y


def test_draws_one_by_one(db):
    """Six draws of F1 and F2 repeated in Python: whole units, the null's fit plus residuals of the alternative."""
    rng, units, years = random.Random(8), 12, 6
    db.execute("CREATE TABLE t(id, year, q, x, y)")
    data = [(i, t, round(rng.random(), 2), rng.gauss(0, 1)) for i in range(units) for t in range(years)]
    data = [(i, t, q, x, i / 3 + (.2 + .9 * (q > .3) - .7 * (q > .7)) * x + rng.gauss(0, .5)) for i, t, q, x in data]
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", data)
    q = [r[2] for r in data]

    def within(v):
        means = [sum(v[i * years:(i + 1) * years]) / years for i in range(units)]
        return [a - means[k // years] for k, a in enumerate(v)]

    def columns(th):
        regime = [sum(v > g for g in th) for v in q]
        return [within([r[3] * (regime[k] == s) for k, r in enumerate(data)]) for s in range(len(th) + 1)]

    values = sorted(set(q))
    cut, least, d = int(.15 * len(values)), .15 * len(data), units * (years - 1)
    grid = values[cut:len(values) - cut]

    def admissible(th):
        regime = [sum(v > g for g in th) for v in q]
        return all(regime.count(s) >= least for s in range(len(th) + 1))

    def seek(y, given):
        found = [(brute(columns([*given, g]), y)[0], g) for g in grid if admissible([*given, g])]
        return min(found)

    y = within([r[4] for r in data])
    s1, g1 = seek(y, [])
    s2, g2 = seek(y, [g1])
    _, g1r = seek(y, [g2])
    e1, e2 = brute(columns([g1]), y)[1], brute(columns([g1r, g2]), y)[1]
    drawn = {1: [], 2: []}
    for s, residual, null in ((1, e1, [0] * len(y)), (2, e2, [a - b for a, b in zip(y, e1)])):
        for r in range(6):
            stream = Stream(4, (s << 40) + r)
            picked = [stream.below(units) for _ in range(units)]
            star = [null[i * years + t] + residual[u * years + t] for i, u in enumerate(picked) for t in range(years)]
            a, g = seek(star, [])
            before = brute([within([r_[3] for r_ in data])], star)[0]
            if s == 2:
                before, a = a, seek(star, [g])[0]
            drawn[s].append((before - a) / (a / d))
    options = "threshold=q, regime=x, trim=.15, grid=all, n=2, reps=6, seed=4"
    result = result_of(db, options, "y ~ x | id", "t")
    for s, real in ((1, (brute([within([r[3] for r in data])], y)[0] - s1) / (s1 / d)), (2, (s1 - s2) / (s2 / d))):
        test, ordered = result[f"threshold_{s}"], sorted(drawn[s])
        assert test["statistic"] == pytest.approx(real, rel=1e-8)
        assert test["p_value"] == sum(f >= real for f in drawn[s]) / 6
        assert test["critical"] == pytest.approx(ordered[4] + .75 * (ordered[5] - ordered[4]), rel=1e-8)  # type 7 at .95


def test_bootstrap_of_r(grunfeld):
    """Within simulation error of 1,500 (one threshold) and 600 draws (two) in R."""
    result = result_of(grunfeld, OPTIONS + ", grid=25, n=2, reps=3000")
    row = rows(grunfeld, "threshold", OPTIONS + ", grid=25")[0]
    assert row["estimate"] == BOOTSTRAP["gamma"] and result["threshold_1"]["statistic"] == pytest.approx(BOOTSTRAP["F1"], rel=1e-8)
    assert result["threshold_2"]["statistic"] == pytest.approx(BOOTSTRAP["F2"], rel=1e-8)
    assert result["threshold_1"]["p_value"] == pytest.approx(BOOTSTRAP["p"], abs=.03)
    assert result["threshold_2"]["p_value"] == pytest.approx(BOOTSTRAP["p2"], abs=.06)
    for s, name in ((1, "critical"), (2, "critical2")):
        for level, value in zip((10, 5), BOOTSTRAP[name]):
            assert stat(grunfeld, OPTIONS + ", grid=25, n=2, reps=3000", f"threshold_{s}_crit{level}") == pytest.approx(value, rel=.2)


def test_unbalanced_two_way_and_pooled(db):
    """Units of unequal length keep their residuals with random signs; year effects are absorbed anew; without effects rows are drawn. The threshold is found in each."""
    rng = random.Random(2)
    db.execute("CREATE TABLE t(id, year, q, x, w, y)")
    for i in range(60):
        for t in range(6 + (i % 3 == 0)):
            q, x = rng.random(), rng.gauss(0, 1)
            db.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", (i, t, q, x, 1 + rng.random(), i / 10 + t / 5 + (.5 + (q > .4)) * x + rng.gauss(0, .5)))
    for model, extra, drawn in (("y ~ x | id", "", "signs"), ("y ~ x | id + year", "", "signs"), ("y ~ x | id + year", ", where=year<6", "id"), ("y ~ x | id", ", weights=w", "signs"),
                                ("y ~ x", ", where=year<6", "rows")):
        options = "threshold=q, regime=x, reps=200" + extra
        row, = rows(db, "threshold", options, model, "t")
        assert row["conf_low"] <= row["estimate"] <= row["conf_high"] and abs(row["estimate"] - .4) < .05
        assert result_of(db, options, model, "t")["threshold_1"]["p_value"] < .02
        assert stat(db, options, "drawn", model, "t") == drawn
    ours = stat(db, "threshold=q, regime=x, weights=w", "ssr_linear", "y ~ x | id + year", "t")
    assert ours == pytest.approx(db.value("SELECT fit_stat(econ_fit('fe_ols', 't', 'y ~ x | id + year', 'weights=w'), 'ssr')"), rel=1e-10)
    db.execute("CREATE VIRTUAL TABLE temp.v USING fe_threshold('t', 'y ~ x | id + year', 'threshold=q, regime=x, weights=w, n=2')")
    both = db.row("SELECT (SELECT fit_stat(econ_fit('fe_ols', 'v', 'y ~ i(regime, x) | id + year', 'weights=w'), 'ssr')), fit_stat(econ_fit('fe_threshold', 't', 'y ~ x | id + year', 'threshold=q, regime=x, weights=w, n=2'), 'ssr')")
    assert both[0] == pytest.approx(both[1], rel=1e-10)


def test_size_of_the_test(db):
    """Without a threshold the bootstrap p is about uniform."""
    rng, small = random.Random(6), 0
    db.execute("CREATE TABLE t(id, q, x, y)")
    for trial in range(40):
        db.execute("DELETE FROM t")
        for i in range(20):
            for t in range(6):
                x = rng.gauss(0, 1)
                db.execute("INSERT INTO t VALUES (?, ?, ?, ?)", (i, rng.random(), x, i / 5 + x + rng.gauss(0, 1)))
        small += result_of(db, "threshold=q, regime=x, trim=.15, reps=99", "y ~ x | id", "t")["threshold_1"]["p_value"] < .25
    assert 3 <= small <= 18  # 10 expected, standard deviation 2.7


# ---------------------------------------------------------------- Hansen's firms
INVEST = "i ~ q1 + I(q1*q1) + I(q1*q1*q1) + d1 + I(q1*d1) + cf1 | firm"


@pytest.fixture
def hansen(db, shared):
    db.table(shared / "data" / "hansen_invest.csv", "raw")
    db.execute("CREATE TABLE firms AS SELECT (rowid - 1) / 15 AS firm, (rowid - 1) % 15 AS year, V1 AS i, V2 AS q, V3 AS cf, V4 AS d FROM raw")
    db.execute("CREATE TABLE lagged AS SELECT a.firm, a.year, a.i, b.q AS q1, b.cf AS cf1, b.d AS d1 FROM firms a JOIN firms b ON a.firm = b.firm AND a.year = b.year + 1 ORDER BY 1, 2")
    return db


def test_hansen_investment(hansen):
    """565 firms, 14 years after lags. Wang (2015, Stata Journal 15) on the same data: one threshold 0.0154, RSS 17.7818, slopes .0552 (.0053) and .0862 (.0052); F is 35.20
    there, since xthreg multiplies by 14 x 564, the firms' number less one, where Hansen has n (T - 1) = 565 x 13.
    Two thresholds about 0.016 and 0.54, the second significant, the third not (Hansen 1999)."""
    options = "threshold=d1, regime=cf1, trim=.01, vcov=iid"
    row, = rows(hansen, "threshold", options, INVEST, "lagged")
    assert round(row["estimate"], 4) == .0154 and round(stat(hansen, options, "ssr", INVEST, "lagged"), 4) == 17.7818
    slopes = rows(hansen, "regime", options, INVEST, "lagged")
    assert [(round(s["estimate"], 4), round(s["std_error"], 4)) for s in slopes] == [(.0552, .0053), (.0863, .0052)]
    low, high = rows(hansen, "threshold", options + ", n=2", INVEST, "lagged")
    assert round(low["estimate"], 4) == .0154 and .53 < high["estimate"] < .545 and high["conf_low"] < .5418 < high["conf_high"]
    result = result_of(hansen, options + ", n=3, reps=300, seed=1", INVEST, "lagged")
    assert result["threshold_1"]["p_value"] < .01 and result["threshold_2"]["p_value"] < .05 and result["threshold_3"]["p_value"] > .05
    assert round(result["threshold_1"]["statistic"] * 14 * 564 / (565 * 13), 2) == 35.20


def test_hansen_tables(hansen):
    """oracle/make_hansen.py: by brute force over all candidates, ours; and the figures of his Tables 2 and 3, from the same code with one year left out of the sums as in his
    program. That year is the whole difference: F 32.65 (his) and 32.82, 25.80 and 24.02; thresholds 0.0157 in both, 0.536 and 0.540, inside his interval (.5305, .5629)."""
    known = json.loads((pathlib.Path(__file__).parent / "oracle" / "hansen.json").read_text())
    published, program, within = (known[name] for name in ("published", "program", "within"))
    assert program["f"] == pytest.approx(published["f"][:2], rel=1e-7) and program["gamma"] == published["gamma"][:2]
    assert program["ssr"] == pytest.approx(published["ssr"][:2], rel=1e-7) and program["ssr_linear"] == pytest.approx(published["ssr_linear"], rel=1e-7)
    options = "threshold=d1, regime=cf1, trim=.01, grid=all, n=2"
    result = result_of(hansen, options, INVEST, "lagged")
    assert [result[f"threshold_{s}"]["statistic"] for s in (1, 2)] == pytest.approx(within["f"], rel=1e-8)
    assert stat(hansen, options, "ssr_linear", INVEST, "lagged") == pytest.approx(within["ssr_linear"], rel=1e-10)
    assert stat(hansen, options, "ssr", INVEST, "lagged") == pytest.approx(within["ssr"][2], rel=1e-10)
    assert stat(hansen, options, "candidates", INVEST, "lagged") == within["candidates"]
    low, high = rows(hansen, "threshold", options, INVEST, "lagged")
    assert [low["estimate"], high["estimate"]] == [within["gamma"][2], within["gamma"][1]]
    assert low["estimate"] == published["gamma"][0] and .5305 < high["estimate"] < .5629
    assert [result[f"threshold_{s}"]["statistic"] for s in (1, 2)] == pytest.approx(published["f"][:2], rel=.08)
    # Table 5: slopes of cash flow .063, .098, .039 with OLS errors .006, .006, .012
    for row, slope, error in zip(rows(hansen, "regime", options + ", vcov=iid", INVEST, "lagged"), (.063, .098, .039), (.006, .006, .012)):
        assert abs(row["estimate"] - slope) < .006 and abs(row["std_error"] - error) < .0011


def test_draws_on_8475_rows(hansen):
    """300 draws, 400 candidates, one core: less than ten seconds."""
    start = time.perf_counter()
    result_of(hansen, "threshold=d, regime=cf, trim=.01, grid=400, reps=300", "i ~ q + d + cf | firm", "firms")
    assert time.perf_counter() - start < 10


def test_aggregate(grunfeld):
    spec = "y ~ x + z | u; threshold=z, regime=x, trim=.1"
    fit = grunfeld.value("SELECT fe_threshold(?, invest, value, capital, firm) FROM grunfeld", spec)
    assert grunfeld.value("SELECT estimate FROM fit_terms(?) WHERE part = 'threshold'", fit) == rows(grunfeld, "threshold", OPTIONS)[0]["estimate"]


@pytest.mark.parametrize("model, options, words", [
    ("y ~ x | id", "regime=x", "threshold= is missing"),
    ("y ~ x | id", "threshold=q", "regime= is missing"),
    ("y ~ z | id", "threshold=q, regime=x", "regime= 'x' must stand in the formula too"),
    ("y ~ x | id", "threshold=five, regime=x", "threshold= 'five' has only 5 different values"),
    ("y ~ x | id", "threshold=q, regime=x, n=4", "n=4: there can be 1, 2 or 3 thresholds"),
    ("y ~ x | id", "threshold=q, regime=x, n=0", "n=0"),
    ("y ~ x | id", "threshold=q, regime=x, trim=.6", "trim=0.6 must lie between 0 and 0.5"),
    ("y ~ x | id", "threshold=q, regime=x, trim=.4, n=2", "there is no room for threshold 2"),
    ("y ~ x | id", "threshold=q, regime=x, grid=many", "grid=many: it is all, or a number"),
    ("y ~ x | id", "threshold=q, regime=x, grid=1", "grid=1"),
    ("y ~ x | id", "threshold=q, regime=x, reps=-1", "reps=-1"),
    ("y ~ fixed | id", "threshold=q, regime=fixed", "regime= 'fixed' does not vary within the absorbed effects"),
    ("y ~ x | id", "threshold=name, regime=x", "name"),
    ("y ~ x | id | z ~ q", "threshold=q, regime=x", "third part"),
])
def test_bad_input(db, model, options, words):
    rng = random.Random(1)
    db.execute("CREATE TABLE t(id, q, x, z, y, five, fixed, name)")
    for i in range(10):
        for t in range(6):
            db.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, 'n')", (i, rng.random(), rng.random(), rng.random(), rng.random(), (i + t) % 5, i))
    message = db.error("SELECT * FROM fe_threshold('t', ?, ?)", model, options)
    assert message.startswith("fe_threshold: ") and words in message


def test_grid_too_fine_for_a_second_threshold(db):
    db.execute("CREATE TABLE t AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 6000) SELECT i % 50 AS id, i * 1.5 AS q, (i * 7919) % 101 AS x, (i * 104729) % 97 AS y FROM n")
    message = db.error("SELECT * FROM fe_threshold('t', 'y ~ x | id', 'threshold=q, regime=x, n=2, grid=all, reps=10')")
    assert "grid=all makes 5400 candidates" in message and "grid=400" in message


def test_interrupt(db):
    db.execute("CREATE TABLE t AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i % 50 AS id, i * 1.5 AS q, (i * 7919) % 101 AS x, (i * 104729) % 97 AS y FROM n")
    start = time.perf_counter()
    db.set_progress_handler(lambda: time.perf_counter() - start > .3, 1)
    message = db.error("SELECT * FROM fe_threshold('t', 'y ~ x | id', 'threshold=q, regime=x, n=3, reps=1000000')")
    assert "interrupted" in message and time.perf_counter() - start < 2
