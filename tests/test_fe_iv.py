"""fe_iv against linearmodels, fixest, AER, the definitions in numpy (oracle/make_iv.py) and the literature."""
import json
import math
import pathlib
import re

import pytest

CASES = json.loads((pathlib.Path(__file__).parent / "oracle" / "iv.json").read_text(encoding="utf-8"))
PREPARED = {
    "card": "SELECT *, reg662 + 2 * reg663 + 3 * reg664 + 4 * reg665 + 5 * reg666 + 6 * reg667 + 7 * reg668 + 8 * reg669 AS region FROM card",
    "munnell": "SELECT * FROM munnell",
}


def close(ours, theirs, tolerance):
    return ours is not None and math.isclose(ours, theirs, rel_tol=tolerance, abs_tol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(db, case):
    db.table(case["table"])
    fit = db.value("SELECT econ_fit('fe_iv', ?, ?, ?)", PREPARED[case["table"]], case["formula"], case["options"])
    terms = {name: (estimate, error) for name, estimate, error in db.rows("SELECT term, estimate, std_error FROM fit_terms(?) WHERE part IS NULL", fit)}
    subjects = re.split(r" \+ ", case["formula"].split("|")[-1].split("~")[0].strip())
    tests = {}
    for test, subject, value in db.rows("SELECT test, subject, statistic FROM fit_tests(?)", fit):
        tests[f"{test} {subjects.index(subject)}" if subject else test] = value
    wrong = []
    for name, (estimate, error) in case["terms"].items():
        if not close(terms[name][0], estimate, 1e-8) or not close(terms[name][1], error, 1e-7):
            wrong.append((name, terms[name], estimate, error))
    wrong += [(name, tests.get(name), value) for name, value in case["tests"].items() if not close(tests.get(name), value, 1e-6)]
    wrong += [(name, value) for name, value in case["stats"].items() if not close(db.value("SELECT fit_stat(?, ?)", fit, name), value, 1e-9)]
    assert not wrong


def test_shared_cases(shared):
    """Cases from fixest, AER and ivreg2's definitions beside the repository."""
    import subprocess
    import sys

    from conftest import EXTENSION

    done = subprocess.run([sys.executable, shared / "oracles" / "check.py", "--ext", EXTENSION, "--data", shared / "data", "--cases", shared / "oracles", "--family", "b"],
                          capture_output=True, text=True)
    assert done.returncode == 0 and "7 of 7 agree" in done.stdout, done.stdout


CARD = "lwage ~ exper + expersq + black + south + smsa + reg661 + reg662 + reg663 + reg664 + reg665 + reg666 + reg667 + reg668 + smsa66 | educ ~ nearc4"


def test_card(db):
    """Card (1995) as in Wooldridge, Introductory Econometrics, example 15.4: 0.132 (0.055), first stage 0.320 (0.088); critical value of Stock and Yogo."""
    db.table("card")
    second = db.row(f"SELECT estimate, std_error FROM fe_iv('card', '{CARD}', 'vcov=iid') WHERE stage = 'second' AND term = 'educ'")
    assert close(second[0], 0.1315038, 1e-6) and round(second[1], 3) == 0.055
    first = db.row(f"SELECT estimate, std_error, outcome FROM fe_iv('card', '{CARD}', 'vcov=iid') WHERE stage = 'first' AND term = 'nearc4'")
    assert round(first[0], 3) == 0.320 and round(first[1], 3) == 0.088 and first[2] == "educ"
    tests = {row["test"]: row for row in db.dicts("SELECT * FROM fit_tests(econ_fit('fe_iv', 'card', ?, 'vcov=iid'))", CARD)}
    assert tests["cragg_donald_f"]["critical"] == 16.38 and "8.96" in tests["cragg_donald_f"]["note"]
    assert "sargan" not in tests and "hansen_j" not in tests
    assert all(row["h0"] for row in tests.values())
    robust = {row["test"]: row for row in db.dicts("SELECT * FROM fit_tests(econ_fit('fe_iv', 'card', ?, 'vcov=hc1'))", CARD)}
    assert close(robust["kp_rk_wald_f"]["statistic"], robust["first_stage_wald_f"]["statistic"], 1e-9)


@pytest.mark.parametrize("endogenous,instruments,size,bias", [  # Stock and Yogo (2005)
    (1, 1, 16.38, None), (1, 2, 19.93, None), (1, 3, 22.30, 13.91), (1, 10, 38.54, 20.74), (2, 2, 7.03, None), (2, 4, 16.87, 11.04), (3, 5, None, 9.53)])
def test_stock_yogo(db, endogenous, instruments, size, bias):
    db.table("card")
    x, z = ["educ", "exper", "smsa"][:endogenous], ["nearc4", "nearc2", "age", "reg661", "reg662", "reg663", "reg664", "reg665", "reg666", "reg667"][:instruments]
    row = db.dicts("SELECT critical, note FROM fit_tests(econ_fit('fe_iv', 'card', ?)) WHERE test = 'cragg_donald_f'", f"lwage ~ black | {' + '.join(x)} ~ {' + '.join(z)}")[0]
    assert row["critical"] == size
    assert (f"relative bias 5% {bias:.2f}" in row["note"]) if bias else ("relative bias" not in row["note"])


def test_stock_yogo_liml(db):
    db.table("card")
    assert db.value("SELECT critical FROM fit_tests(econ_fit('fe_iv', 'card', 'lwage ~ black | educ ~ nearc4 + nearc2', 'method=liml')) WHERE test = 'cragg_donald_f'") == 8.68


# Panels with the figures of a published study: 30 provinces x 9 years, truth 0.3909, errors near 0.033, a Wald F of the instrument near 100; a generator of
# congruences and the Box-Muller transform, so that the same numbers come out everywhere.
PANELS = """
CREATE TABLE normal AS
WITH RECURSIVE d(i, s) AS (SELECT 0, 20060209 UNION ALL SELECT i + 1, (s * 1103515245 + 12345) % 2147483648 FROM d WHERE i < 2 * 4 * 270 * 60 + 100),
u(i, v) AS (SELECT i - 101, (s + 0.5) / 2147483648 FROM d WHERE i > 100)
SELECT i / 2 AS k, sqrt(-2 * ln(v)) * cos(6.283185307179586 * following) AS x FROM (SELECT i, v, lead(v) OVER (ORDER BY i) AS following FROM u) WHERE i % 2 = 0;
CREATE UNIQUE INDEX normal_k ON normal(k);
CREATE TABLE panel AS
SELECT cell / 270 AS draw, cell % 270 / 9 AS id, 2014 + cell % 9 AS t, z.x AS z, w.x AS ie, 0.65 * z.x + 0.8 * v.x + 0.6 * e.x + cell % 270 / 9 * 37 % 11 / 5.0 + cell % 9 / 4.0 AS dt,
0.33 * e.x AS u FROM (SELECT k AS cell FROM normal WHERE k < 270 * 60) JOIN normal z ON z.k = 4 * cell JOIN normal w ON w.k = 4 * cell + 1
JOIN normal v ON v.k = 4 * cell + 2 JOIN normal e ON e.k = 4 * cell + 3;
CREATE VIEW study AS SELECT *, 0.3909 * dt + 0.05 * ie + u + id * 17 % 7 / 10.0 + (t - 2014) / 8.0 AS nqp FROM panel;
"""


def test_estimates_cover_the_truth(db):
    db.executescript(PANELS)
    assert db.value("SELECT count(*) FROM study") == 270 * 60
    call = "('nqp ~ ie | id + t{}; vcov=cluster(id)', nqp, ie, id, t, dt, z)"
    sql = "SELECT fit_coef(f, 'dt'), fit_se(f, 'dt'), fit_stat(f, 'kp_rk_lm'), fit_stat(f, 'kp_rk_wald_f') FROM (SELECT draw, fe_iv" + call.format(" | dt ~ z") + " AS f FROM study GROUP BY draw)"
    fits = db.rows(sql)
    covered = sum(abs(b - 0.3909) < 2.045 * se for b, se, _, _ in fits)
    assert len(fits) == 60 and 53 <= covered <= 60  # 95% of 60: 57, standard deviation 1.7
    mean = [sum(row[i] for row in fits) / 60 for i in range(4)]
    assert abs(mean[0] - 0.3909) < 0.015 and 0.025 < mean[1] < 0.042 and mean[2] < 30 and 60 < mean[3] < 160
    plain = db.rows("SELECT fit_coef(f, 'dt'), fit_se(f, 'dt') FROM (SELECT draw, fe_ols('nqp ~ ie + dt | id + t; vcov=cluster(id)', nqp, ie, dt, id, t) AS f FROM study GROUP BY draw)")
    assert sum(abs(b - 0.3909) < 2.045 * se for b, se in plain) < 20  # least squares misses it: the regressor is endogenous
    one = db.row("SELECT estimate, std_error, nobs FROM fe_iv('SELECT * FROM study WHERE draw = 7', 'nqp ~ ie | id + t | dt ~ z', 'vcov=cluster(id)') WHERE stage = 'second' AND term = 'dt'")
    assert close(one[0], fits[7][0], 1e-12) and close(one[1], fits[7][1], 1e-12) and one[2] == 270


def test_lag_as_instrument(db):
    """240 of 270 rows are left, as in the study; the lag and the instrument overidentify."""
    db.executescript(PANELS)
    fit = db.value("SELECT econ_fit('fe_iv', 'SELECT * FROM study WHERE draw = 3', 'nqp ~ ie | id + t | dt ~ z + l(z)', 'vcov=cluster(id)')")
    assert db.value("SELECT fit_stat(?, 'nobs')", fit) == 240
    assert db.value("SELECT rows FROM fit_rows(?) WHERE name = 'null'", fit) == 30
    estimate, error = db.row("SELECT fit_coef(f, 'dt'), fit_se(f, 'dt') FROM (SELECT ? AS f)", fit)
    assert abs(estimate - 0.3909) < 2.5 * error
    assert db.row("SELECT critical, statistic > critical FROM fit_tests(?) WHERE test = 'kp_rk_wald_f'", fit) == (19.93, 1)
    assert db.value("SELECT p_value FROM fit_tests(?) WHERE test = 'hansen_j'", fit) > 0.01


def test_rows(db):
    db.table("munnell")
    db.execute("CREATE VIRTUAL TABLE temp.v USING fe_iv('munnell', 'ln(GSP) ~ UNEMP | STATE + YR | ln(P_CAP) ~ ln(HWY) + ln(WATER)', 'vcov=cluster(STATE), weights=EMP')")
    fit = db.value("SELECT econ_fit('fe_iv', 'munnell', 'ln(GSP) ~ UNEMP | STATE + YR | ln(P_CAP) ~ ln(HWY) + ln(WATER)', 'vcov=cluster(STATE), weights=EMP')")
    p_cap, unemp = db.row("SELECT fit_coef(f, 'ln(P_CAP)'), fit_coef(f, 'UNEMP') FROM (SELECT ? AS f)", fit)
    rows = db.rows("SELECT ln(GSP), fitted, residual, fe_STATE, fe_YR, ln(P_CAP), UNEMP, EMP FROM temp.v")
    assert len(rows) == 816
    for y, fitted, residual, state, year, x, w, _ in rows:
        assert close(fitted + residual, y, 1e-12) and close(state + year + p_cap * x + unemp * w, fitted, 1e-9)
    assert abs(sum(row[4] for row in rows)) < 1e-6
    assert abs(sum(row[2] * row[7] for row in rows)) < 1e-6 * sum(row[7] for row in rows)
    assert close(math.sqrt(sum(row[2] ** 2 * row[7] for row in rows) / 816), db.value("SELECT fit_stat(?, 'rmse')", fit), 1e-9)


def test_order_and_collinear_instrument(db):
    db.table("card")
    rows = db.rows("SELECT stage, term, estimate FROM fe_iv('card', 'lwage ~ black | educ ~ nearc4 + nearc2 + I(nearc2 * 3 + black)')")
    assert [(stage, term) for stage, term, _ in rows] == [
        ("second", "(Intercept)"), ("second", "educ"), ("second", "black"),
        ("first", "(Intercept)"), ("first", "nearc4"), ("first", "nearc2"), ("first", "I(nearc2*3+black)"), ("first", "black")]
    assert [term for _, term, estimate in rows if estimate is None] == ["I(nearc2*3+black)"]
    assert db.value("SELECT fit_stat(fit, 'instruments_dropped') FROM fe_iv('card', 'lwage ~ black | educ ~ nearc4 + nearc2 + I(nearc2 * 3 + black)')") == "I(nearc2*3+black)"
    without = db.rows("SELECT estimate, std_error FROM fe_iv('card', 'lwage ~ black | educ ~ nearc4 + nearc2') WHERE stage = 'second'")
    assert all(close(a[2], b[0], 1e-10) for a, b in zip(rows, without))


def test_units_do_not_matter(db):
    """Scaling the endogenous regressor and an instrument by large powers of ten changes no test."""
    db.table("card")
    sql = "SELECT test, statistic FROM fit_tests(econ_fit('fe_iv', 'card', ?, 'vcov=cluster(age)'))"
    plain = db.rows(sql, "lwage ~ black + exper | educ + smsa ~ nearc4 + nearc2 + smsa66")
    scaled = db.rows(sql, "lwage ~ black + exper | I(educ * 1e7 + 3e8) + I(smsa * 1e-6) ~ I(nearc4 * 1e-5) + I(nearc2 * 1e6 + 1e7) + smsa66")
    assert [name for name, _ in plain] == [name for name, _ in scaled]
    assert all(close(a, b, 1e-7) for (_, a), (_, b) in zip(plain, scaled))


def test_few_clusters_leave_tests_undefined(db):
    db.table("card")
    rows = {row["test"]: row for row in db.dicts("SELECT * FROM fit_tests(econ_fit('fe_iv', 'card', 'lwage ~ black | educ ~ i(age)', 'vcov=cluster(reg669)'))")}
    for test in ("first_stage_wald_f", "kp_rk_lm", "kp_rk_wald_f", "hansen_j", "anderson_rubin"):
        assert rows[test]["statistic"] is None and rows[test]["p_value"] is None and "fewer clusters" in rows[test]["note"]


@pytest.mark.parametrize("table,formula,options,sentence", [
    ("card", "lwage ~ black + educ", "", "no endogenous regressor"),
    ("card", "lwage ~ black + educ", "", "fe_ols"),
    ("card", "lwage ~ black | educ + exper ~ nearc4", "", "2 endogenous regressors (educ, exper) need at least as many excluded instruments, and 1 is usable"),
    ("card", "lwage ~ black | educ + exper ~ nearc4 + I(nearc4 + black)", "", "collinear with exogenous regressors or earlier instruments: I(nearc4+black)"),
    ("wage_panel", "lwage ~ married | nr + year | hours ~ educ", "", "absorbed by the effects: educ"),
    ("wage_panel", "lwage ~ married | nr + year | educ ~ hours", "", "endogenous regressor educ is absorbed by the effects"),
    ("wage_panel", "lwage ~ married | nr + year | hours + I(hours * 2.0) ~ expersq + occupation", "", "collinear with the other endogenous"),
    ("card", "lwage ~ black + educ | educ ~ nearc4", "", "educ stands among the exogenous regressors and among the endogenous ones"),
    ("card", "lwage ~ black | educ ~ educ", "", "cannot be its own instrument"),
    ("card", "lwage ~ black | educ ~ I(educ * 2.0)", "", "explain the endogenous regressor educ exactly"),
    ("card", "lwage ~ black + nearc4 | educ ~ nearc4", "", "names the excluded instruments only"),
    ("card", "lwage ~ black | I(black * 2) ~ nearc4", "", "collinear with the exogenous regressors"),
    ("card", "educ ~ black | educ ~ nearc4", "", "cannot explain itself"),
    ("card", "lwage ~ black | educ ~ nearc4", "vcov=cluster(I(1))", "only 1 cluster"),
    ("card", "lwage ~ black | educ ~ nearc4", "method=foo", "2sls, liml, gmm"),
    ("card", "lwage ~ black | educ ~ nearc4", "vcov=wild(age)", "wild(age) is for least squares"),
    ("card", "lwage ~ black | educ ~ nearc4 + nearc2", "method=gmm, vcov=hc3", "hc0 or hc1"),
    ("card", "lwage ~ black | educ ~ i(age)", "vcov=cluster(reg669), method=gmm", "covariance is singular"),
    ("card", "lwage ~ black | educ ~ nearc4", "where=id < 0", "no row is left"),
])
def test_bad_input(db, table, formula, options, sentence):
    db.table(table)
    message = db.error("SELECT * FROM fe_iv(?, ?, ?)", table, formula, options)
    assert message.startswith("fe_iv: ") and sentence in message


def test_too_few_rows(db):
    message = db.error("SELECT * FROM fe_iv('SELECT column1 AS y, column2 AS x, column3 AS z FROM (VALUES (1, 2, 0), (2, 1.5, 1))', 'y ~ 1 | x ~ z')")
    assert "2 used rows are not enough for the 2 coefficients of the first stage" in message


def test_orthogonal_instrument(db):
    """An instrument that is exactly unrelated to the regressor: nothing to divide by."""
    db.execute("CREATE TABLE o AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 63) SELECT i, i % 2 AS x, i / 2 % 2 AS z, i * 7 % 5 AS y FROM n")
    assert "is not identified" in db.error("SELECT * FROM fe_iv('o', 'y ~ 1 | x ~ z')")


def test_null_and_groups(db):
    db.table("card")
    assert db.row("SELECT nobs FROM fe_iv('card', 'lwage ~ black | educ ~ nearc4 + fatheduc', 'method=liml')") == (2320,)
    db.execute("CREATE TABLE g AS SELECT *, id % 3 AS part FROM card")
    fits = db.rows("SELECT part, fe_iv('lwage ~ black | educ ~ nearc4', lwage, black, educ, CASE WHEN part = 1 THEN 1 ELSE nearc4 END) AS f FROM g GROUP BY part")
    errors = [db.value("SELECT fit_stat(?, 'error')", fit) for _, fit in fits]
    assert errors[0] is None and errors[2] is None and "not identified" in errors[1]
