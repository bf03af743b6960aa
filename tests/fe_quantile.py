"""fe_quantile against quantreg on the shipped tables (oracle/quantile.R): estimates, the three formulas for errors, weights, effects by dummies, Canay's steps and moments, bootstraps;
ties, crossing, several quantiles in one fit, and bad input."""
import json
import math
import os
import pathlib
import random
import subprocess
import sys

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "quantile.json").read_text())


def rows_of(db, case, options):
    rows = db.dicts("SELECT tau, term, estimate, std_error, p_value, nobs, objective, r1 FROM fe_quantile(?, ?, ?)", case["table"], case["formula"], options)
    return {row["term"]: row for row in rows}


def name_of(case):
    return f"{case['table']} {case['formula']} {case['tau']}"


@pytest.mark.parametrize("case", ORACLE["cases"], ids=name_of)
def test_against_quantreg(db, case):
    db.table(case["table"])
    vcovs = [vcov for vcov in ("iid", "nid", "ker") if vcov in case] or ["iid"]
    for vcov in vcovs:
        rows = rows_of(db, case, f"tau={case['tau']:.17g}, vcov={vcov}, {case['weights']}".rstrip(", "))
        first = next(iter(rows.values()))
        assert first["nobs"] == case["nobs"]
        assert first["objective"] == pytest.approx(case["objective"], rel=1e-11)
        if "~ 0" not in case["formula"]:
            assert first["r1"] == pytest.approx(case["r1"], rel=1e-9)
        if "estimate" not in case:  # not unique
            continue
        for i, term in enumerate(case["terms"]):
            ours = rows[term.replace('"', "")]
            assert ours["tau"] == case["tau"]
            assert ours["estimate"] == pytest.approx(case["estimate"][i], rel=1e-9, abs=1e-12)
            assert ours["std_error"] == pytest.approx(case[vcov][i], rel=1e-7)
            if vcov == "nid":
                assert ours["p_value"] == pytest.approx(case["p_nid"][i], rel=1e-5, abs=1e-13)


@pytest.mark.parametrize("case", ORACLE["mmqr"], ids=name_of)
def test_moments(db, case):
    db.table(case["table"])
    for vcov in ("cluster", "iid"):
        rows = rows_of(db, case, f"tau={case['tau']:.17g}, method=mmqr, vcov={vcov}")
        for i, term in enumerate(case["terms"]):
            assert rows[term]["estimate"] == pytest.approx(case["estimate"][i], rel=1e-9)
            assert rows[term]["std_error"] == pytest.approx(case[vcov][i], rel=1e-7)
    fit = db.value("SELECT econ_fit('fe_quantile', ?, ?, 'method=mmqr')", case["table"], case["formula"])
    parts = {(row["part"], row["term"]): row["estimate"] for row in db.dicts("SELECT * FROM fit_terms(?)", fit)}
    for part in ("location", "scale"):
        for i, term in enumerate(case["terms"]):
            assert parts[part, term] == pytest.approx(case[part][i], rel=1e-9)
    assert db.value("SELECT fit_stat(?, 'negative_scale')", fit) == case["negative_scale"]


@pytest.mark.parametrize("case", ORACLE["canay"], ids=name_of)
def test_canay(db, case):
    db.table(case["table"])
    rows = rows_of(db, case, f"tau={case['tau']:.17g}, method=canay, vcov=nid")
    assert next(iter(rows.values()))["objective"] == pytest.approx(case["objective"], rel=1e-9)
    for i, term in enumerate(case["terms"] if "estimate" in case else []):
        assert rows[term]["estimate"] == pytest.approx(case["estimate"][i], rel=1e-8)
        assert rows[term]["std_error"] == pytest.approx(case["nid"][i], rel=1e-6)


MUNNELL = "ln(GSP) ~ ln(P_CAP) + ln(PC) + ln(EMP) + UNEMP"
CASTLE = "l_homicide ~ post + unemployrt + poverty | sid"


@pytest.mark.parametrize("name,table,formula,options,within", [
    ("pairs", "munnell", MUNNELL, "tau=.75, vcov=boot, reps=1000", .1),
    ("clusters", "munnell", MUNNELL, "tau=.75, vcov=boot, cluster=STATE, reps=1000", .1),
    ("mmqr", "castle", CASTLE, "tau=.8, method=mmqr, vcov=boot, reps=1000", .1),
    ("canay", "castle", CASTLE, "tau=.75, method=canay, reps=1000", .1),
    ("dummies", "castle", CASTLE, "tau=.5, reps=300", .2),
])
def test_bootstrap(db, name, table, formula, options, within):
    """Two standard deviations of independent draws: their ratio has a relative error near sqrt(1/(2 R1) + 1/(2 R2))."""
    db.table(table)
    errors = [error for (error,) in db.rows("SELECT std_error FROM fe_quantile(?, ?, ?)", table, formula, options)]
    assert len(errors) == len(ORACLE["boot"][name])
    for ours, golden in zip(errors, ORACLE["boot"][name]):
        assert ours == pytest.approx(golden, rel=within)


def test_draws_do_not_depend_on_threads(db):
    script = ("import sys; sys.path.insert(0, sys.argv[1]); from conftest import connect\ndb = connect()\nfor t in ('munnell', 'castle'): db.table(t)\n"
              f"for f in (('munnell', '{MUNNELL}', 'tau=(.2,.7), vcov=boot, reps=30, seed=5'), ('castle', '{CASTLE}', 'method=mmqr, vcov=boot, reps=30'), ('castle', '{CASTLE}', 'reps=10'), "
              f"('castle', '{CASTLE}', 'method=canay, reps=10')):\n"
              "    print([row[3].hex() for row in db.rows('SELECT * FROM fe_quantile(?, ?, ?)', *f)])\n")
    one, many = (subprocess.run([sys.executable, "-c", script, str(pathlib.Path(__file__).parent)], env={**os.environ, "ECON_THREADS": threads}, check=True,
                                capture_output=True, text=True).stdout for threads in ("1", "8"))
    assert one == many and one.count("0x") == 20
    db.table("munnell")
    first, second = (db.rows("SELECT std_error FROM fe_quantile('munnell', ?, ?)", MUNNELL, f"vcov=boot, reps=30, seed={seed}") for seed in (1, 2))
    assert first != second


def objective(rows, b, tau):
    total = 0.0
    for y, *x in rows:
        u = y - sum(a * c for a, c in zip(x, b))
        total += u * (tau - (u < 0))
    return total


@pytest.mark.parametrize("seed", range(60))
def test_tables_full_of_ties(db, seed):
    """Small whole numbers: degenerate vertices throughout. scipy's linear program is the judge of the objective."""
    optimize = pytest.importorskip("scipy.optimize")
    draw = random.Random(seed)
    n, k, tau = draw.randint(8, 70), draw.randint(1, 4), draw.choice((.05, .25, .5, .6, .9))
    rows = [(float(draw.randint(0, 4)), 1.0, *(float(draw.randint(0, 2 + seed % 3)) for _ in range(k))) for _ in range(n)]
    names = [f"x{j}" for j in range(k)]
    db.execute(f"CREATE TABLE t (y, {', '.join(names)})")
    db.executemany(f"INSERT INTO t VALUES ({', '.join('?' * (k + 1))})", [(row[0], *row[2:]) for row in rows])
    if len({row[0] for row in rows}) < 2:
        return
    found = db.rows("SELECT estimate, objective FROM fe_quantile('t', ?, ?)", f"y ~ {' + '.join(names)}", f"tau={tau}, vcov=boot, reps=40")
    b = [estimate or 0.0 for estimate, _ in found]
    cost = [0.0] * (k + 1) + [tau] * n + [1 - tau] * n
    a = [[*row[1:], *(float(i == j) for j in range(n)), *(-float(i == j) for j in range(n))] for i, row in enumerate(rows)]
    best = optimize.linprog(cost, A_eq=a, b_eq=[row[0] for row in rows], bounds=[(None, None)] * (k + 1) + [(0, None)] * (2 * n), method="highs").fun
    assert found[0][1] == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert objective(rows, b, tau) == pytest.approx(best, rel=1e-9, abs=1e-9)


def test_many_rows_and_a_sample_of_them_have_exact_vertices(db):
    """30,000 rows go by samples and bands (quantile_solver.c, 4). k residuals are zero, and the subgradient there holds zero: checked here by arithmetic of our own."""
    draw = random.Random(7)
    data = [(a := draw.gauss(0, 1), b := draw.expovariate(1), c := float(draw.random() < .1), 1 + a - b + 3 * c + (1 + b) * draw.gauss(0, 1)) for _ in range(30000)]
    db.execute("CREATE TABLE t (a, b, c, y)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", data)
    for tau in (.02, .5, .9):
        fit = db.value("SELECT econ_fit('fe_quantile', 't', 'y ~ a + b + c', ?)", f"tau={tau}, vcov=ker")
        coefficients = [db.value("SELECT fit_coef(?, ?)", fit, term) for term in ("(Intercept)", "a", "b", "c")]
        rows = [(y, 1.0, a, b, c) for a, b, c, y in data]
        residuals = [row[0] - sum(p * x for p, x in zip(coefficients, row[1:])) for row in rows]
        zero = [i for i, u in enumerate(residuals) if abs(u) < 1e-11]
        assert len(zero) == 4
        gradient = [math.fsum((tau - (u < 0)) * row[j + 1] for row, u in zip(rows, residuals) if abs(u) >= 1e-11) for j in range(4)]
        numpy = pytest.importorskip("numpy")
        dual = numpy.linalg.solve(numpy.array([rows[i][1:] for i in zero]).T, -numpy.array(gradient))
        assert all(tau - 1 - 1e-9 <= d <= tau + 1e-9 for d in dual)


def test_several_quantiles_in_one_fit(db):
    db.table("munnell")
    rows = db.dicts("SELECT tau, term, estimate, std_error FROM fe_quantile('munnell', ?, 'tau=(.9,.1,.5), vcov=nid')", MUNNELL)
    assert [row["tau"] for row in rows] == [.1] * 5 + [.5] * 5 + [.9] * 5
    for tau in (.1, .5, .9):
        alone = db.dicts("SELECT tau, term, estimate, std_error FROM fe_quantile('munnell', ?, ?)", MUNNELL, f"tau={tau}, vcov=nid")
        for ours, single in zip([row for row in rows if row["tau"] == tau], alone):
            assert ours["term"] == single["term"] and ours["estimate"] == single["estimate"]
            assert ours["std_error"] == pytest.approx(single["std_error"], rel=1e-12)
    fit = db.value("SELECT econ_fit('fe_quantile', 'munnell', ?, 'tau=(.1,.5,.9), vcov=nid')", MUNNELL)
    assert db.value("SELECT fit_coef(?, 'UNEMP @ 0.1')", fit) == rows[4]["estimate"]
    assert db.value("SELECT fit_stat(?, 'objective @ 0.5')", fit) == db.value("SELECT objective FROM fe_quantile('munnell', ?, 'vcov=nid')", MUNNELL)
    covariance = {(row["term1"], row["term2"]): row["value"] for row in db.dicts("SELECT * FROM fit_vcov(?)", fit)}
    difference = covariance["UNEMP @ 0.1", "UNEMP @ 0.1"] + covariance["UNEMP @ 0.9", "UNEMP @ 0.9"] - 2 * covariance["UNEMP @ 0.1", "UNEMP @ 0.9"]
    wald = (rows[4]["estimate"] - rows[14]["estimate"]) ** 2 / difference
    assert db.value("SELECT statistic FROM fit_wald(?, '\"UNEMP @ 0.1\" = \"UNEMP @ 0.9\"')", fit) == pytest.approx(wald, rel=1e-9)


def test_crossing_is_counted(db):
    """By moments quantiles cross where the scale is negative; elsewhere by the fitted values of the rows."""
    db.execute("CREATE TABLE t (x, y)")
    db.executemany("INSERT INTO t VALUES (?, ?)", [(x, y) for x, y in [(0, 0), (0, 1), (0, 2), (1, 1), (1, 1.1), (1, 1.2), (10, 0), (10, 5)] for _ in range(2)])
    rows = db.rows("SELECT tau, term, estimate, crossing FROM fe_quantile('t', 'y ~ x', 'tau=(.1,.3,.7,.9), vcov=boot, reps=5')")
    at = {}
    for tau, term, estimate, _ in rows:
        at.setdefault(tau, []).append(estimate)
    crossed = 0
    for (x,) in db.rows("SELECT x FROM t"):
        values = [at[tau][0] + at[tau][1] * x for tau in (.1, .3, .7, .9)]
        crossed += any(b < a - 1e-9 for a, b in zip(values, values[1:]))
    assert rows[0][3] == crossed


def test_scale_and_digits(db):
    """The minimiser moves with y: y * s + t + x."""
    db.table("munnell")
    base = dict(db.rows("SELECT term, estimate FROM fe_quantile('munnell', 'GSP ~ P_CAP + PC', 'vcov=ker')"))
    for scale, shift in ((1e-9, 0), (1e9, 0), (1, 1e9)):
        moved = dict(db.rows("SELECT term, estimate FROM fe_quantile('munnell', ?, 'vcov=ker')", f"GSP*{scale} + {shift} ~ P_CAP + PC"))
        assert moved["P_CAP"] == pytest.approx(base["P_CAP"] * scale, rel=1e-7)
        assert moved["(Intercept)"] == pytest.approx(base["(Intercept)"] * scale + shift, rel=1e-7)


def test_collinear_terms_and_effects(db):
    db.table("castle")
    rows = {row["term"]: row for row in db.dicts("SELECT term, estimate, std_error FROM fe_quantile('castle', 'homicide ~ post + I(2*post) + unemployrt', 'vcov=ker')")}
    assert rows["I(2*post)"]["estimate"] is None and rows["I(2*post)"]["std_error"] is None and rows["post"]["std_error"] > 0
    for method in ("dummies", "canay", "mmqr"):
        rows = {row["term"]: row for row in db.dicts("SELECT term, estimate FROM fe_quantile('castle', 'homicide ~ sid + post + unemployrt | sid + year', ?)",
                                                     f"method={method}, vcov={'cluster' if method == 'mmqr' else 'ker'}")}
        assert rows["sid"]["estimate"] is None and rows["post"]["estimate"] is not None
    same = [db.rows("SELECT estimate FROM fe_quantile('castle', ?, 'tau=.37, vcov=ker') WHERE term IN ('post', 'unemployrt')", f"homicide ~ post + unemployrt {tail}")
            for tail in ("| region + year", "+ i(region) + i(year)")]
    assert [e for (e,) in same[0]] == pytest.approx([e for (e,) in same[1]], rel=1e-9)


def test_aggregate(db):
    db.table("castle")
    fits = dict(db.rows("SELECT region, fe_quantile('homicide ~ post + poverty; tau=.25, vcov=iid', homicide, post, poverty) FROM castle GROUP BY region"))
    for region, fit in fits.items():
        table = db.value("SELECT estimate FROM fe_quantile('castle', 'homicide ~ post + poverty', ?) WHERE term = 'post'", f"tau=.25, vcov=iid, where=region = '{region}'")
        assert db.value("SELECT fit_coef(?, 'post')", fit) == table


# ---------------------------------------------------------------- bad input
@pytest.mark.parametrize("model,options,sentence", [
    ("y ~ x", "tau=1", "tau=1 must lie between 0 and 1"),
    ("y ~ x", "tau=(.1,-.2)", "tau=-0.2 must lie between 0 and 1"),
    ("y ~ x", "tau=(.1,.1)", "tau=0.1 is asked for twice"),
    ("y ~ x", "tau=half", "tau="),
    ("y ~ x", "vcov=hc1", "vcov=hc1"),
    ("y ~ x", "vcov=cluster", "vcov=cluster is for method=mmqr"),
    ("y ~ x", "vcov=nid, cluster=u", "cluster= needs vcov=boot"),
    ("y ~ x", "vcov=nid, reps=100", "reps= and seed= belong to vcov=boot"),
    ("y ~ x", "vcov=boot, reps=1", "reps=1: between 2 and 1000000 draws"),
    ("y ~ x | u", "method=mmqr, vcov=nid", "vcov=nid is not for method=mmqr"),
    ("y ~ x", "method=canay", "method=canay needs an effect"),
    ("y ~ x | u", "method=canay, weights=z", "weights= are not for method=canay"),
    ("y ~ x | u[z]", "", "effects with slopes"),
    ("y ~ x | u | z ~ w", "", "a third part"),
    ("one ~ x", "", "the outcome 'one' is 1 in all of the 60 used rows; there is nothing to explain"),
    ("y ~ x", "where=id < 2", "2 used rows are not enough for 2 coefficients"),
    ("y ~ x | id", "singletons=keep", "not enough"),
    ("y ~ x + z", "vcov=boot, cluster=one", "there is only 1 cluster of one in the 60 used rows"),
    ("y ~ x | u + id%7", "method=mmqr, vcov=boot", "takes one absorbed effect"),
    ("y ~ x", "level=95", "level=95 must lie between 0 and 1"),
])
def test_bad_input(db, model, options, sentence):
    db.execute("CREATE TABLE t (id, u, y, x, z, w, one)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, 1)", [(i, i // 10, i * 37 % 11 + i / 7, i * 17 % 13, 1 + i * 29 % 11, i * i % 17) for i in range(60)])
    message = db.error("SELECT * FROM fe_quantile('t', ?, ?)", model, options)
    assert message.startswith("fe_quantile: ") and sentence in message


def test_iid_with_tied_residuals(db):
    """An outcome of whole numbers: half of the residuals near the median are 1, half -1. R: summary(rq(y ~ 1), se = "iid")$coefficients[, 2] of quantreg 5.94; the error was 0 once.
    Where all of them are one number there is no density, and no error."""
    y = "144342356533543342323532126534433513443336234314341325333443332543344442314223333233304"
    db.execute("CREATE TABLE t(y)")
    db.executemany("INSERT INTO t VALUES (?)", [(int(digit),) for digit in y])
    assert db.row("SELECT estimate, std_error FROM fe_quantile('t', 'y ~ 1', 'vcov=iid')") == (3, pytest.approx(0.614677853307002, rel=1e-9))
    assert db.value("SELECT std_error FROM fe_quantile('SELECT 100 + .1 * y AS y FROM t', 'y ~ 1', 'vcov=iid')") == pytest.approx(0.0614677853307002, rel=1e-9)
    db.execute("CREATE TABLE two AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59) SELECT CASE WHEN i < 20 THEN 0 ELSE 5 END AS y FROM n")
    assert "so many residuals are the same number that they have no density; try vcov=boot" in db.error("SELECT * FROM fe_quantile('two', 'y ~ 1', 'vcov=iid')")


def errors_of_unit_sparsity(rows, tau):
    import numpy

    x = numpy.array([[1, x, z] for _, x, z in rows], float)
    return [math.sqrt(tau * (1 - tau) * v) for v in numpy.diag(numpy.linalg.inv(x.T @ x))]


def test_fewer_residuals_than_the_bandwidth_asks_for(db):
    """quantreg stops there ('variable lengths differ'); here all residuals that are not zero take part. The median line by trying every pair of them."""
    rows = [(1, 1, 2), (3, 2, 7), (2, 3, 1), (7, 4, 8), (5, 5, 2), (9, 6, 8), (4, 7, 1)]
    db.execute("CREATE TABLE few(y, x, z)")
    db.executemany("INSERT INTO few VALUES (?, ?, ?)", rows)
    for tau in (0.25, 0.5, 0.75):
        b, errors = zip(*db.execute(f"SELECT estimate, std_error FROM fe_quantile('few', 'y ~ x + z', 'vcov=iid, tau={tau}')"))
        u = sorted((y - b[0] - b[1] * x - b[2] * z for y, x, z in rows), key=abs)
        zeros = sum(abs(r) < 1e-9 for r in u)
        near, rank = sorted(u[zeros:]), [(zeros + i + 1) / (len(rows) - 3) for i in range(len(rows) - zeros)]
        assert len(near) >= 3
        lines = {}
        for i in range(len(near)):
            for j in range(i):
                slope = (near[i] - near[j]) / (rank[i] - rank[j])
                lines[slope] = sum(abs(v - near[i] - slope * (r - rank[i])) for v, r in zip(near, rank))
        best = min(lines.values())
        sparsity = errors[1] / errors_of_unit_sparsity(rows, tau)[1]
        assert any(lines[slope] < best + 1e-9 and sparsity == pytest.approx(slope, rel=1e-6) for slope in lines)
