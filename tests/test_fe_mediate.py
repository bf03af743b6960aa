"""fe_mediate: expected values from R (oracle/mechanism.R), from reference cases beside the project, and draw by draw from weighted fe_ols."""
import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

import pytest

from conftest import EXTENSION, ROOT
from philox import Stream

R = json.loads((pathlib.Path(__file__).parent / "oracle" / "mechanism.json").read_text())
FORMULA = "ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR"
ONE = "treat=ln(P_CAP), mediator=ln(EMP)"
TWO = "treat=ln(P_CAP), mediator=ln(EMP)+ln(PC)"


@pytest.fixture
def munnell(db):
    return db.table("munnell")


def effects(db, options, formula=FORMULA, source="munnell"):
    return {(row["effect"], row["mediator"]): row for row in db.dicts("SELECT * FROM fe_mediate(?, ?, ?)", source, formula, options)}


def close(a, b, tolerance):
    return a == pytest.approx(b, rel=tolerance, abs=1e-14)


def test_two_mediators(munnell):
    """Estimates and errors of every path, the sum over mediators and the shares: R by dummies, delta method by central differences."""
    rows, r = effects(munnell, TWO), R["mediate"]
    assert [key for key in rows] == [("a", "ln(EMP)"), ("a", "ln(PC)"), ("b", "ln(EMP)"), ("b", "ln(PC)"), ("direct", None), ("indirect", "ln(EMP)"), ("indirect", "ln(PC)"),
                                     ("indirect", None), ("total", None), ("share", "ln(EMP)"), ("share", "ln(PC)"), ("share", None)]
    for i, m in enumerate(("ln(EMP)", "ln(PC)")):
        for path in "ab":
            assert close(rows[path, m]["estimate"], r[path][i], 1e-9) and close(rows[path, m]["std_error"], r["se_" + path][i], 1e-8)
    for path in ("direct", "total"):
        assert close(rows[path, None]["estimate"], r[path], 1e-9) and close(rows[path, None]["std_error"], r["se_" + path], 1e-8)
    for i, key in enumerate([("indirect", "ln(EMP)"), ("indirect", "ln(PC)"), ("indirect", None), ("share", "ln(EMP)"), ("share", "ln(PC)"), ("share", None)]):
        assert close(rows[key]["estimate"], r["values"][i], 1e-9)
        assert close(rows[key]["std_error"], r["se_values"][i], 1e-7)


def test_sobel_is_the_error_of_one_indirect_effect(munnell):
    rows = effects(munnell, ONE)
    a, b, indirect = rows["a", "ln(EMP)"], rows["b", "ln(EMP)"], rows["indirect", "ln(EMP)"]
    sobel = math.sqrt(b["estimate"] ** 2 * a["std_error"] ** 2 + a["estimate"] ** 2 * b["std_error"] ** 2)
    product = a["std_error"] ** 2 * b["std_error"] ** 2
    assert close(indirect["std_error"], sobel, 1e-12)
    fit = munnell.value("SELECT econ_fit('fe_mediate', 'munnell', ?, ?)", FORMULA, ONE)
    tests = {name: (subject, z, p) for name, subject, z, p in munnell.rows("SELECT test, subject, statistic, p_value FROM fit_tests(?)", fit)}
    for name, variance in (("sobel", sobel**2), ("aroian", sobel**2 + product), ("goodman", sobel**2 - product)):
        subject, z, p = tests[name]
        assert subject == "ln(EMP)" and close(z, indirect["estimate"] / math.sqrt(variance), 1e-10)
        assert close(p, math.erfc(abs(z) / math.sqrt(2)), 1e-9)


def test_total_is_direct_and_indirect(munnell):
    for options in (ONE, TWO, ONE + ", weights=EMP", TWO + ", vcov=hc3", TWO + ", vcov=cv3(STATE)"):
        rows = effects(munnell, options)
        indirect = rows.get(("indirect", None)) or rows["indirect", "ln(EMP)"]
        assert close(rows["total", None]["estimate"], rows["direct", None]["estimate"] + indirect["estimate"], 1e-10)


def test_equations_are_fe_ols(munnell):
    """Parts total, outcome and mediator: the three columns of a mediation table."""
    fit = munnell.value("SELECT econ_fit('fe_mediate', 'munnell', ?, ?)", FORMULA, ONE)
    for part, formula in (("total", FORMULA), ("outcome", "ln(GSP) ~ ln(P_CAP) + ln(EMP) + UNEMP | STATE + YR"), ("mediator: ln(EMP)", "ln(EMP) ~ ln(P_CAP) + UNEMP | STATE + YR")):
        ours = {t: row for t, *row in munnell.rows("SELECT term, estimate, std_error, p_value FROM fit_terms(?) WHERE part = ?", fit, part)}
        other = {t: row for t, *row in munnell.rows("SELECT term, estimate, std_error, p_value FROM fe_ols('munnell', ?)", formula)}
        assert ours.keys() == other.keys()
        for term in ours:
            assert ours[term] == pytest.approx(other[term], rel=1e-7)
    assert munnell.value("SELECT r2 FROM fe_mediate('munnell', ?, ?)", FORMULA, ONE) == pytest.approx(
        munnell.value("SELECT r2 FROM fe_ols('munnell', 'ln(GSP) ~ ln(P_CAP) + ln(EMP) + UNEMP | STATE + YR')"), rel=1e-12)


def weighted_draw(db, formula_total, formula_direct, first, units, cluster, table, seed, number):
    """One bootstrap draw as weighted regressions: each cluster weighted by how often it was drawn."""
    stream, count = Stream(seed, number), [0] * len(units)
    for _ in units:
        count[stream.below(len(units))] += 1
    db.execute("DROP TABLE IF EXISTS drawn")
    db.execute("CREATE TEMP TABLE drawn(unit, w)")
    db.executemany("INSERT INTO drawn VALUES (?, ?)", list(zip(units, count)))
    db.execute("DROP VIEW IF EXISTS resampled")
    db.execute(f"CREATE TEMP VIEW resampled AS SELECT t.*, w FROM {table} t JOIN drawn ON unit = {cluster} WHERE w > 0")
    options = "weights=w, singletons=keep, vcov=iid"
    a = db.value("SELECT estimate FROM fe_ols('resampled', ?, ?) WHERE term = 'x'", first, options)
    b = db.value("SELECT estimate FROM fe_ols('resampled', ?, ?) WHERE term = 'm'", formula_direct, options)
    c = db.value("SELECT estimate FROM fe_ols('resampled', ?, ?) WHERE term = 'x'", formula_total, options)
    return a * b, a * b / c


@pytest.mark.parametrize("effects_, options", [("| STATE + YR", ""), ("| STATE", ""), ("", "vcov=cluster(STATE)"), ("| STATE + YR", "vcov=cluster(YR)"), ("| STATE + REGION^YR", "vcov=cluster(REGION)"),
                                               ("| STATE[UNEMP] + YR", "vcov=cluster(STATE)")])
def test_draws_one_by_one(db, effects_, options):
    """Errors over twelve draws against weighted regressions on the same clusters: unit effects that are nested, year effects that are not, year clusters that cross units."""
    db.table("munnell")
    db.execute("CREATE VIEW small AS SELECT STATE, YR, UNEMP, ln(GSP) AS y, ln(P_CAP) AS x, ln(EMP) AS m, substr(ST_ABB, 1, 1) AS REGION FROM munnell")
    cluster = "YR" if "(YR)" in options else "REGION" if "(REGION)" in options else "STATE"
    units = list(dict.fromkeys(u for (u,) in db.rows(f"SELECT {cluster} FROM small")))  # in the order in which they come
    rows = effects(db, f"treat=x, mediator=m, singletons=keep, reps=12, seed=5{', ' + options if options else ''}", f"y ~ UNEMP + x {effects_}", "small")
    drawn = [weighted_draw(db, f"y ~ UNEMP + x {effects_}", f"y ~ UNEMP + x + m {effects_}", f"m ~ UNEMP + x {effects_}", units, cluster, "small", 5, r) for r in range(12)]
    for i, effect in enumerate(("indirect", "share")):
        values = sorted(d[i] for d in drawn)
        assert rows[effect, "m"]["std_error"] == pytest.approx(statistics.stdev(values), rel=1e-7)
        assert rows[effect, "m"]["conf_low"] == pytest.approx(values[0] + 0.025 * 11 * (values[1] - values[0]), rel=1e-7)  # type 7
        assert rows[effect, "m"]["conf_high"] == pytest.approx(values[10] + (0.975 * 11 - 10) * (values[11] - values[10]), rel=1e-7)


def test_draws_with_many_levels(db):
    """An effect of 520 levels that crosses the clusters is absorbed anew in each draw, with slopes and weights."""
    rng = random.Random(5)
    db.execute("CREATE TABLE small(u, f, s, v, x, m, y, UNEMP)")
    for i in range(3000):
        x, s = rng.gauss(0, 1) + i % 520 / 300, rng.random()
        m = .6 * x + rng.gauss(0, 1) + i % 40 / 20
        db.execute("INSERT INTO small VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (i * 7919 % 40, i % 520, s, 1 + rng.random(), x, m, .3 * x + .5 * m + s * (i % 520) / 100 + rng.gauss(0, 1), rng.random()))
    units = [u for (u,) in db.rows("SELECT DISTINCT u FROM small ORDER BY u")]
    rows = effects(db, "treat=x, mediator=m, singletons=keep, reps=4, seed=2", "y ~ UNEMP + x | u + f[s]", "small")
    drawn = [weighted_draw(db, "y ~ UNEMP + x | u + f[s]", "y ~ UNEMP + x + m | u + f[s]", "m ~ UNEMP + x | u + f[s]", units, "u", "small", 2, r)[0] for r in range(4)]
    assert rows["indirect", "m"]["std_error"] == pytest.approx(statistics.stdev(drawn), rel=1e-7)


def test_bootstrap_of_r(munnell):
    """Within simulation error of 40,000 draws in R: three standard errors of a tail quantile are 0.05 standard deviations. The share's own deviation has no
    limit (it is a ratio), its quantiles have."""
    rows, r = effects(munnell, ONE + ", reps=40000, seed=1"), R["bootstrap"]
    assert rows["indirect", "ln(EMP)"]["std_error"] == pytest.approx(r["se"], rel=0.02)
    for i, effect in enumerate(("indirect", "share")):
        row = rows[effect, "ln(EMP)"]
        assert row["conf_low"] == pytest.approx(r["quantiles"][2 * i], abs=0.05 * r["se"])
        assert row["conf_high"] == pytest.approx(r["quantiles"][2 * i + 1], abs=0.1 * r["se"])
    assert effects(munnell, ONE)["direct", None] == rows["direct", None]  # draws are about indirect and share only


def test_bias_corrected(munnell):
    """z0 moves both ends the same way: up where fewer than half of the draws lie below the estimate, and by nothing where half do."""
    plain, corrected = effects(munnell, TWO + ", reps=4000"), effects(munnell, TWO + ", reps=4000, ci=bc")
    for key in plain:
        assert plain[key]["std_error"] == corrected[key]["std_error"]
        low, high = corrected[key]["conf_low"] - plain[key]["conf_low"], corrected[key]["conf_high"] - plain[key]["conf_high"]
        assert (low == high == 0) == (key[0] not in ("indirect", "share")) and low * high >= 0


def test_seed(munnell):
    first = effects(munnell, ONE + ", reps=500, seed=7")
    assert first == effects(munnell, ONE + ", reps=500, seed=7")
    assert first["indirect", "ln(EMP)"]["std_error"] != effects(munnell, ONE + ", reps=500, seed=8")["indirect", "ln(EMP)"]["std_error"]


def test_same_bits_on_any_number_of_threads(tmp_path):
    script = f"""
import sys
sys.path.insert(0, {str(ROOT / 'tests')!r})
from conftest import connect
db = connect().table("munnell")
print(repr(db.rows("SELECT * FROM fe_mediate('munnell', ?, ?)", {FORMULA!r}, {TWO + ', reps=300, ci=bc'!r})))
print(repr(db.rows("SELECT * FROM fe_compare('munnell', ?, 'by=(ST_ABB < ''M''), reps=300')", {FORMULA!r})))
print(repr(db.rows("SELECT * FROM fit_tests(econ_fit('fe_threshold', 'munnell', ?, 'threshold=UNEMP, regime=ln(P_CAP), n=2, reps=50'))", {FORMULA!r})))
"""
    outputs = set()
    for threads in ("1", "2", "5"):
        done = subprocess.run([sys.executable, "-c", script], env={**os.environ, "ECON_THREADS": threads, "ECON_EXTENSION": EXTENSION}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        outputs.add(done.stdout)
    assert len(outputs) == 1


# ---------------------------------------------------------------- the verdict
def simulated(db, a, b, direct, seed=3, units=30, years=9, name="panel"):
    """A panel as paper A's: unit and year effects, a mediator, an outcome."""
    draw = random.Random(seed)
    db.execute(f"CREATE TABLE {name}(prov, year, x, m, y)")
    for i in range(units):
        mu, level = draw.gauss(0, .1), draw.uniform(.05, .3)
        for t in range(years):
            x = level + .02 * t + draw.gauss(0, .04)
            m = 50 + 40 * mu + 3 * t + a * x + draw.gauss(0, 3)
            y = .1 + mu + .01 * t + direct * x + b * m + draw.gauss(0, .012)
            db.execute(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?)", (i, 2014 + t, x, m, y))
    return db


def test_figures_of_table_10(db):
    """Paper A, Table 10: DT on DTI 83.573; on NQP .2418, DTI .0017. A panel simulated to these figures: each interval covers its truth, the verdict is theirs."""
    simulated(db, 83.573, .0017, .2418)
    truth = {"a": 83.573, "b": .0017, "direct": .2418, "indirect": 83.573 * .0017, "total": .2418 + 83.573 * .0017, "share": 83.573 * .0017 / (.2418 + 83.573 * .0017)}
    for options in ("", ", reps=1000", ", reps=1000, ci=bc"):
        rows = {e: row for (e, _), row in effects(db, "treat=x, mediator=m, level=.99" + options, "y ~ x | prov + year", "panel").items()}
        for effect, value in truth.items():
            assert rows[effect]["conf_low"] < value < rows[effect]["conf_high"], (effect, options)
    assert db.value("SELECT fit_stat(econ_fit('fe_mediate', 'panel', 'y ~ x | prov + year', 'treat=x, mediator=m'), 'verdict')") == "partial"


@pytest.mark.parametrize("a, b, direct, verdict", [(83.6, .0017, .24, "partial"), (83.6, .0017, 0, "full"), (0, .0017, .24, "none"), (83.6, 0, .24, "none")])
def test_verdict(db, a, b, direct, verdict):
    simulated(db, a, b, direct, seed=11)
    rows = {e: row for (e, _), row in effects(db, "treat=x, mediator=m", "y ~ x | prov + year", "panel").items()}
    fit = db.value("SELECT econ_fit('fe_mediate', 'panel', 'y ~ x | prov + year', 'treat=x, mediator=m')")
    significant = {e: rows[e]["p_value"] < .05 for e in ("a", "b", "direct")}
    assert significant == {"a": a > 0, "b": b > 0, "direct": direct > 0}  # what was simulated
    assert db.value("SELECT fit_stat(?, 'verdict')", fit) == verdict


def test_verdict_of_each_mediator(munnell):
    words = dict(munnell.rows("SELECT name, value FROM fit_stats(econ_fit('fe_mediate', 'munnell', ?, ?)) WHERE name LIKE 'verdict%'", FORMULA, TWO))
    assert words == {"verdict": "full", "verdict:ln(EMP)": "full", "verdict:ln(PC)": "none"}


def test_equal_mediators_by_wald(munnell):
    fit = munnell.value("SELECT econ_fit('fe_mediate', 'munnell', ?, ?)", FORMULA, TWO)
    assert munnell.value("SELECT p_value FROM fit_wald(?, 'indirect:ln(EMP) = indirect:ln(PC)')", fit) < 0.01
    rows = effects(munnell, TWO)
    z2 = (rows["indirect", None]["estimate"] / rows["indirect", None]["std_error"]) ** 2
    assert munnell.value("SELECT statistic FROM fit_wald(?, 'indirect:ln(EMP) + indirect:ln(PC) = 0')", fit) == pytest.approx(z2, rel=1e-10)


# ---------------------------------------------------------------- speed, aggregates, bad input
def test_thousand_draws_in_a_second(db):
    simulated(db, 80, .002, .3, years=12)
    assert db.value("SELECT count(*) FROM panel") == 360
    start = time.perf_counter()
    effects(db, "treat=x, mediator=m, reps=1000", "y ~ x | prov + year", "panel")
    assert time.perf_counter() - start < 1


def test_aggregate(munnell):
    spec = "y ~ x | s + t; treat=x, mediator=m"
    fit = munnell.value("SELECT fe_mediate(?, ln(GSP), ln(P_CAP), STATE, YR, ln(EMP)) FROM munnell", spec)
    assert munnell.value("SELECT fit_coef(?, 'indirect')", fit) == munnell.value("SELECT estimate FROM fe_mediate('munnell', 'ln(GSP) ~ ln(P_CAP) | STATE + YR', ?) WHERE effect = 'indirect'", ONE)
    fits = munnell.rows("SELECT ST_ABB < 'M', fe_mediate(?, ln(GSP), ln(P_CAP), STATE, YR, ln(EMP)) FROM munnell GROUP BY 1", spec)
    assert len(fits) == 2 and all(munnell.value("SELECT fit_coef(?, 'a')", f) for _, f in fits)


@pytest.mark.parametrize("formula, options, words", [
    ("y ~ x | id", "mediator=m", "treat= is missing"),
    ("y ~ x | id", "treat=x", "mediator= is missing"),
    ("y ~ z | id", "treat=x, mediator=m", "treat=x must be one regressor of the formula, which has z"),
    ("y ~ x + z | id", "treat=x+z, mediator=m", "treat=x+z must be one regressor"),
    ("y ~ i(t) | id", "treat=i(t), mediator=m", "makes several columns"),
    ("y ~ x + m | id", "treat=x, mediator=m", "'m' stands in the formula too"),
    ("y ~ x | id", "treat=x, mediator=y", "'y' is the outcome"),
    ("y ~ x | id", "treat=x, mediator=i(t)", "makes dummies"),
    ("y ~ x | id", "treat=x, mediator=fixed", "mediator= 'fixed' does not vary within the absorbed effects"),
    ("y ~ fixed | id", "treat=fixed, mediator=m", "treat= 'fixed' does not vary within the absorbed effects"),
    ("y ~ x", "treat=x, mediator=one", "mediator= 'one' is constant"),
    ("y ~ x | id", "treat=x, mediator=m, reps=1", "at least 2 draws"),
    ("y ~ x | id", "treat=x, mediator=m, reps=-5", "at least 2 draws"),
    ("y ~ x | id", "treat=x, mediator=m, ci=basic", "ci=basic: it must be one of percentile, bc"),
    ("y ~ x | id", "treat=x, mediator=m, level=95", "level=95 must lie between 0 and 1"),
    ("y ~ x | id", "treat=x, mediator=mm", "no column 'mm'"),
    ("y ~ x | id", "treat=x, mediator=m, vcov=wild(id)", "draws of clusters are reps= here"),
    ("y ~ x | id | z ~ m", "treat=x, mediator=m", "third part"),
])
def test_bad_input(db, formula, options, words):
    draw = random.Random(1)
    db.execute("CREATE TABLE t(id, t, x, z, m, y, fixed, one)")
    for i in range(8):
        for t in range(5):
            db.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, 1.5)", (i, t, *(draw.random() for _ in range(4)), i / 3))
    message = db.error("SELECT * FROM fe_mediate('t', ?, ?)", formula, options)
    assert message.startswith("fe_mediate: ") and words in message
