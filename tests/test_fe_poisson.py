"""fe_poisson, fe_logit and fe_probit against R's glm on the shipped tables (oracle/glm.R), separation against what must be left, and bad input.
The other two have their own files for what is theirs alone."""
import json
import math
import pathlib
import random

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "glm.json").read_text())["cases"]


def load(db, name):
    if name == "job":
        db.table("nsw").table("cps")
        db.execute("CREATE TABLE job AS SELECT * FROM nsw WHERE treat = 1 UNION ALL SELECT * FROM cps")
    elif name == "flagged":
        db.table("castle")
        db.execute("CREATE TABLE flagged AS SELECT *, (jhcitizen_c = 0 AND sid % 3 = 0) * unemployrt AS flag FROM castle")
    else:
        db.table(name)


def term_of(name):
    return {"I(age^2)": "I(age*age)"}.get(name, name)


@pytest.mark.parametrize("case", ORACLE, ids=lambda case: f"{case['estimator']} {case['table']} {case['formula']} {case['options']}")
def test_against_glm(db, case):
    load(db, case["table"])
    sql = f"SELECT term, estimate, std_error, p_value, nobs, ll, deviance, null_deviance, df_resid, pseudo_r2, aic FROM {case['estimator']}(?, ?, ?)"
    rows = {row["term"]: row for row in db.dicts(sql, case["table"], case["formula"], case["options"])}
    for term, (estimate, std_error, p_value) in case["rows"].items():
        ours = rows[term_of(term)]
        assert ours["estimate"] == pytest.approx(estimate, rel=1e-8, abs=1e-12)
        assert ours["std_error"] == pytest.approx(std_error, rel=1e-7)
        assert ours["p_value"] == pytest.approx(p_value, rel=1e-5, abs=1e-15)
    first = next(iter(rows.values()))
    assert first["nobs"] == case["nobs"]
    assert first["deviance"] == pytest.approx(case["deviance"], rel=1e-10)
    assert first["ll"] == pytest.approx(case["ll"], rel=1e-10)
    assert first["aic"] == pytest.approx(-2 * case["ll"] + 2 * (case["nobs"] - case["df_resid"]), rel=1e-10)
    if "weights" not in case["options"]:  # R counts rows of weight zero
        assert first["df_resid"] == case["df_resid"]
    if "separated" not in case and "| sid" not in case["formula"] or "year" in case["formula"]:
        assert first["null_deviance"] == pytest.approx(case["null_deviance"], rel=1e-10)


def test_fitted_and_residual(db):
    case = next(case for case in ORACLE if case["options"].startswith("offset"))
    db.table("card")
    db.execute(f"CREATE VIRTUAL TABLE temp.v USING fe_poisson('card', '{case['formula']}', '{case['options']}')")
    rows = db.rows("SELECT wage, fitted, residual FROM temp.v")
    for (wage, fitted, residual), golden in zip(rows, case["fitted"]):
        assert fitted == pytest.approx(golden, rel=1e-9)
        assert residual == pytest.approx(wage - golden, rel=1e-7)


def test_predict_is_on_the_scale_of_the_response(db):
    db.table("castle")
    fit = db.value("SELECT econ_fit('fe_poisson', 'castle', 'homicide ~ post + unemployrt', 'vcov=hc1')")
    a, b, c = (db.value("SELECT fit_coef(?, ?)", fit, term) for term in ("(Intercept)", "post", "unemployrt"))
    assert db.value("SELECT fit_predict(?, 1, 5)", fit) == pytest.approx(math.exp(a + b + 5 * c), rel=1e-14)


def test_tests_of_the_fit(db):
    db.table("castle")
    fit = db.value("SELECT econ_fit('fe_poisson', 'castle', 'homicide ~ post + unemployrt', 'vcov=iid')")
    wald, lr = (db.row("SELECT statistic, df1, df2, p_value FROM fit_tests(?) WHERE test = ?", fit, name) for name in ("wald", "lr"))
    by_wald = db.row("SELECT statistic, df1, df2, p_value FROM fit_wald(?, 'post, unemployrt')", fit)
    assert wald[0] == pytest.approx(by_wald[0] * (1 if by_wald[2] is None else 2), rel=1e-10) and wald[1] == 2 and wald[2] is None
    null, full = (db.value("SELECT fit_stat(?, ?)", fit, name) for name in ("null_deviance", "deviance"))
    assert lr[0] == pytest.approx(null - full, rel=1e-10) and lr[1] == 2


# ---------------------------------------------------------------- separation
def ledger(db, fit):
    return dict(db.rows("SELECT name, rows FROM fit_rows(?)", fit))


def test_a_regressor_that_separates(db):
    load(db, "flagged")
    fit = db.value("SELECT econ_fit('fe_poisson', 'flagged', 'jhcitizen_c ~ post + unemployrt + flag')")
    gone = db.value("SELECT count(*) FROM flagged WHERE flag > 0")
    assert gone > 10 and ledger(db, fit)["separated"] == gone
    assert db.value("SELECT fit_coef(?, 'flag')", fit) is None
    assert f"{gone} rows separated by the regressors" in db.value("SELECT fit_stat(?, 'separation')", fit)


def test_levels_with_zeros_only(db):
    db.table("castle")
    fit = db.value("SELECT econ_fit('fe_poisson', 'castle', 'jhcitizen_c ~ post + unemployrt | sid')")
    gone = db.value("SELECT sum(n) FROM (SELECT count(*) AS n FROM castle GROUP BY sid HAVING sum(jhcitizen_c) = 0)")
    assert gone > 0 and ledger(db, fit)["separated"] == gone
    db.execute("CREATE VIRTUAL TABLE temp.v USING fe_poisson('castle', 'jhcitizen_c ~ post + unemployrt | sid')")
    assert db.value("SELECT count(*) FROM temp.v WHERE fitted IS NULL") == gone


def test_two_effects_that_separate_together(db):
    """Correia, Guimaraes and Zylkin (2021), section 4: no level of either effect is zero throughout, yet a row is separated. Units a, b and periods 1, 2; the
    only row of b in period 1 has a zero: e_b can fall and e_2 can rise for ever."""
    rows = [("a", 1, 3), ("a", 1, 5), ("a", 1, 4), ("a", 3, 2), ("b", 2, 6), ("b", 2, 3), ("b", 1, 0), ("c", 2, 1), ("c", 2, 4), ("a", 3, 7), ("b", 4, 2), ("c", 4, 5)]
    db.execute("CREATE TABLE s (u, t, y, x)")
    draw = random.Random(1)
    db.executemany("INSERT INTO s VALUES (?, ?, ?, ?)", [(*row, draw.gauss(0, 1)) for row in rows])
    fit = db.value("SELECT econ_fit('fe_poisson', 's', 'y ~ x | u + t', 'vcov=iid')")
    assert ledger(db, fit)["separated"] == 1
    rest = db.value("SELECT econ_fit('fe_poisson', 's', 'y ~ x | u + t', 'vcov=iid, where=y > 0')")
    assert db.value("SELECT fit_coef(?, 'x')", fit) == pytest.approx(db.value("SELECT fit_coef(?, 'x')", rest), rel=1e-12)


def linear_program(x, held):
    """The rows that some z = Xg separates: z >= 0, and z = 0 in the rows that are held. Maximise sum t, 0 <= t <= 1, t <= z: the cone of such z is convex, so where t is positive
    is the largest set (same paper, equation 8, without its bound on z, which can hide rows)."""
    numpy = pytest.importorskip("numpy")
    optimize = pytest.importorskip("scipy.optimize")
    free, k = x[~held], x.shape[1]
    n = len(free)
    done = optimize.linprog(numpy.concatenate([numpy.zeros(k), -numpy.ones(n)]), A_ub=numpy.hstack([-free, numpy.eye(n)]), b_ub=numpy.zeros(n),
                            A_eq=numpy.hstack([x[held], numpy.zeros((held.sum(), n))]) if held.any() else None, b_eq=numpy.zeros(held.sum()) if held.any() else None,
                            bounds=[(None, None)] * k + [(0, 1)] * n, method="highs")
    return {int(i) for i in numpy.flatnonzero(~held)[done.x[k:] > 1e-6]}


@pytest.mark.parametrize("seed", range(40))
def test_separated_rows_are_those_of_the_linear_program(db, seed):
    """Random sparse tables: two effects and two regressors. Our singleton rule is off, so that the rows are the same."""
    draw = random.Random(seed)
    rows = []
    for i in range(draw.randint(25, 60)):
        unit, time = draw.randint(1, 6), draw.randint(1, 4)
        y = max(0, round(draw.gauss(0.3, 1.5)))
        rows.append((y, unit, time, draw.choice((0, 0, 0, 1)), draw.choice((0, 0, draw.gauss(0, 1)))))
    db.execute("CREATE TABLE s (y, u, t, a, b)")
    db.executemany("INSERT INTO s VALUES (?, ?, ?, ?, ?)", rows)
    numpy = pytest.importorskip("numpy")
    columns = [[float(row[1] == unit) for row in rows] for unit in range(1, 7)] + [[float(row[2] == time) for row in rows] for time in range(1, 5)]
    columns += [[row[3] for row in rows], [row[4] for row in rows]]
    expected = linear_program(numpy.array(columns, dtype=float).T, numpy.array([row[0] > 0 for row in rows]))
    fit = db.value("SELECT econ_fit('fe_poisson', 's', 'y ~ a + b | u + t', 'vcov=iid, singletons=keep')")
    db.execute("CREATE VIRTUAL TABLE temp.v USING fe_poisson('s', 'y ~ a + b | u + t', 'vcov=iid, singletons=keep')")
    shown = {i for i, (fitted,) in enumerate(db.rows("SELECT fitted FROM temp.v")) if fitted is None}
    assert shown == expected
    assert ledger(db, fit)["separated"] == len(expected)


def test_a_unit_of_one_row_lets_its_period_fall(db):
    """Period 0 has one count, that of unit 34, which has no other row: both effects can move against each other, so the other rows of period 0 are separated. The weights of the search once
    were so far apart that the elimination took period 0 for redundant, and nothing was found."""
    rows = [row.split() for row in """1 3 0 -.43 0;8 3 1 .47 0;42 1 0 -.99 0;42 6 0 .53 0;8 7 0 .52 0;27 1 0 -1.07 0;1 7 2 .93 0;30 1 0 -1.44 0;8 0 0 -1.47 0;7 2 1 .78 0;33 7 0 .59 0;3 1 1 .61 1;27 2 0 -.22 0;27 2 0 1.69 0;3 6 1 -.77 0;7 7 0 -.31 1;33 1 0 .86 0;27 3 0 -1.86 0;7 4 0 -1.9 0;3 6 0 .16 0;8 6 0 -1.16 0;33 0 0 .16 0;42 7 1 1.24 0;33 3 0 -.83 0;3 6 0 -.09 0;1 3 1 .08 0;42 1 0 -1.02 0;1 0 0 -.54 0;33 4 1 1.34 0;30 4 0 -.13 0;42 5 0 .71 1;30 5 1 .38 0;42 0 0 -1.19 0;34 0 1 .87 0;27 6 1 -1.7 0""".split(";")]
    db.execute("CREATE TABLE s (u INTEGER, t INTEGER, y INTEGER, x REAL, d INTEGER)")
    db.executemany("INSERT INTO s VALUES (?, ?, ?, ?, ?)", rows)
    db.execute("CREATE VIRTUAL TABLE temp.v USING fe_poisson('s', 'y ~ x + d | u + t', 'vcov=iid, singletons=keep')")
    assert sorted(u for u, in db.rows("SELECT u FROM temp.v WHERE fitted IS NULL")) == [1, 8, 33, 42]
    assert db.value("SELECT count(*) FROM temp.v WHERE fitted IS NULL AND t = 0") == 4


# ---------------------------------------------------------------- effects by absorption or by dummies
@pytest.mark.parametrize("estimator", ["fe_poisson", "fe_logit", "fe_probit"])
def test_absorbed_effects_equal_dummies(db, estimator):
    db.table("wage_panel")
    outcome = "hours" if estimator == "fe_poisson" else '"union"'
    absorbed = db.dicts(f"SELECT term, estimate, std_error, ll, aic FROM {estimator}('wage_panel', '{outcome} ~ married + expersq | occupation + year + educ', 'vcov=hc1')")
    dummies = {row["term"]: row for row in db.dicts(f"SELECT term, estimate, std_error, ll, aic FROM {estimator}('wage_panel', '{outcome} ~ married + expersq + i(occupation) + i(year) + i(educ)', 'vcov=hc1')")}
    for row in absorbed:
        for name in ("estimate", "std_error", "ll", "aic"):
            assert row[name] == pytest.approx(dummies[row["term"]][name], rel=1e-8), (row["term"], name)


def test_collinear_term_keeps_its_row(db):
    db.table("castle")
    rows = {row["term"]: row for row in db.dicts("SELECT term, estimate, std_error FROM fe_poisson('castle', 'homicide ~ post + I(2*post) + unemployrt', 'vcov=hc1')")}
    assert rows["I(2*post)"]["estimate"] is None and rows["post"]["estimate"] is not None


def test_rank_of_digits_does_not_matter(db):
    """Scale of the outcome: PPML estimates do not move."""
    db.table("castle")
    small, large = (db.value(f"SELECT fit_coef(econ_fit('fe_poisson', 'castle', 'homicide * {scale} ~ post + unemployrt | sid + year'), 'post')") for scale in ("1e-6", "1e9"))
    assert small == pytest.approx(large, rel=1e-9)


# ---------------------------------------------------------------- bad input
@pytest.mark.parametrize("model,options,sentence", [
    ("y ~ x", "", "the outcome 'y' is negative (-1)"),
    ("zero ~ x", "", "the outcome 'zero' is 0 in all of the 60 used rows; there is nothing to explain"),
    ("p ~ x | y ~ z", "", "a third part"),
    ("p ~ x", "vcov=wild(u)", "is for linear models"),
    ("p ~ x", "offset=nope", "no column 'nope'"),
    ("p ~ x", "weights=-p", "weights= '-p' is negative"),
])
def test_bad_input(db, model, options, sentence):
    db.execute("CREATE TABLE t (u, y, p, x, z, zero)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, 0)", [(i // 10, i - 1, i % 7, i * 17 % 13, i * 29 % 11) for i in range(60)])
    message = db.error("SELECT * FROM fe_poisson('t', ?, ?)", model, options)
    assert message.startswith("fe_poisson: ") and sentence in message
