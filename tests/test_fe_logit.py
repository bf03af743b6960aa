"""fe_logit: what is its own; the comparison with R's glm is in test_fe_poisson.py."""
import math

import pytest


def test_predict_and_fitted_are_probabilities(db):
    db.table("nsw")
    fit = db.value("SELECT econ_fit('fe_logit', 'nsw', 'treat ~ age + educ', 'vcov=iid')")
    a, b, c = (db.value("SELECT fit_coef(?, ?)", fit, term) for term in ("(Intercept)", "age", "educ"))
    assert db.value("SELECT fit_predict(?, 30, 12)", fit) == pytest.approx(1 / (1 + math.exp(-(a + 30 * b + 12 * c))), rel=1e-13)
    db.execute("CREATE VIRTUAL TABLE temp.v USING fe_logit('nsw', 'treat ~ age + educ')")
    assert db.value("SELECT avg(fitted) - avg(treat) FROM temp.v") == pytest.approx(0, abs=1e-12)  # the score of the constant
    assert db.value("SELECT max(abs(treat - fitted - residual)) FROM temp.v") == 0


def rows_of(db, name):
    return dict(db.rows("SELECT name, rows FROM fit_rows(?)", name))


def test_levels_with_one_outcome_are_dropped(db):
    db.table("wage_panel")
    fit = db.value("""SELECT econ_fit('fe_logit', 'wage_panel', '"union" ~ married + exper | nr')""")
    kept = db.value("""SELECT sum(n) FROM (SELECT count(*) AS n FROM wage_panel GROUP BY nr HAVING min("union") <> max("union"))""")
    assert rows_of(db, fit)["used"] == kept and rows_of(db, fit)["separated"] == 4360 - kept


def test_a_regressor_that_predicts_some_rows(db):
    """flag is 1 only where treat is 1: those rows go, and the rest is estimated as if they had never been there."""
    db.table("nsw")
    db.execute("CREATE TABLE f AS SELECT *, treat = 1 AND age > 35 AS flag FROM nsw")
    fit = db.value("SELECT econ_fit('fe_logit', 'f', 'treat ~ age + educ + flag', 'vcov=iid')")
    rest = db.value("SELECT econ_fit('fe_logit', 'f', 'treat ~ age + educ', 'vcov=iid, where=NOT flag')")
    gone = db.value("SELECT sum(flag) FROM f")
    assert rows_of(db, fit)["separated"] == gone > 0
    for term in ("(Intercept)", "age", "educ"):
        assert db.value("SELECT fit_coef(?, ?)", fit, term) == pytest.approx(db.value("SELECT fit_coef(?, ?)", rest, term), rel=1e-10)
    assert db.value("SELECT fit_coef(?, 'flag')", fit) is None


@pytest.mark.parametrize("estimator", ["fe_logit", "fe_probit"])
def test_bad_input(db, estimator):
    db.execute("CREATE TABLE t (y, x, one, two, split)")
    db.executemany("INSERT INTO t VALUES (?, ?, 1, ?, ?)", [(i % 2, i * 17 % 13, i % 3, i if i % 2 else -i - 1) for i in range(60)])
    for model, sentence in (("one ~ x", "the outcome 'one' is 1 in all of the 60 used rows"), ("two ~ x", "the outcome 'two' must be 0 or 1, it is 2 in some row"),
                            ("y ~ split", "'y' is predicted perfectly"), ("y ~ x + split", "60 rows are separated by the regressors"),
                            ("y ~ x | y", "belong to levels of an effect with the same outcome throughout")):
        message = db.error(f"SELECT * FROM {estimator}('t', ?)", model)
        assert message.startswith(f"{estimator}: ") and sentence in message, message
    fit = db.value(f"SELECT {estimator}('y ~ split', y, split) FROM t")
    assert "predicted perfectly" in db.value("SELECT fit_stat(?, 'error')", fit)


def test_nearly_separated_is_not_separated(db):
    """One row on the wrong side: a finite, large estimate, and nothing dropped. The maximum is symmetric in x, so the constant is known."""
    db.execute("CREATE TABLE t (y, x)")
    db.executemany("INSERT INTO t VALUES (?, ?)", [(x > 0, x) for x in [i / 10 for i in range(-50, 51) if i]] + [(0, 0.3), (1, -0.3)])
    fit = db.value("SELECT econ_fit('fe_logit', 't', 'y ~ x', 'vcov=iid')")
    assert rows_of(db, fit)["separated"] == 0
    b = db.value("SELECT fit_coef(?, 'x')", fit)
    assert abs(db.value("SELECT fit_coef(?, '(Intercept)')", fit)) < 1e-8
    score = sum(x * (y - 1 / (1 + math.exp(-b * x))) for y, x in db.rows("SELECT y, x FROM t"))
    assert abs(score) < 1e-9


@pytest.mark.parametrize("seed", range(40))
def test_separated_rows_are_those_of_linear_programs(db, seed):
    """Random tables with rare 0/1 regressors; rows are signed by the outcome, and all of them can be separated."""
    import random
    from test_fe_poisson import linear_program
    numpy = pytest.importorskip("numpy")
    draw = random.Random(seed)
    rows = []
    for _ in range(draw.randint(30, 90)):
        a, b, c = int(draw.random() < 0.1), int(draw.random() < 0.2), draw.gauss(0, 1)
        rows.append((int(draw.random() < 1 / (1 + numpy.exp(-(draw.choice((0.5, 3)) * c + 2 * a - 1)))), a, b, c, draw.choice((0, 0, 0, draw.gauss(0, 5)))))
    if len({row[0] for row in rows}) < 2:
        return
    db.execute("CREATE TABLE s (y, a, b, c, d)")
    db.executemany("INSERT INTO s VALUES (?, ?, ?, ?, ?)", rows)
    x = numpy.array([[1, *row[1:]] for row in rows], dtype=float)
    x[[row[0] == 0 for row in rows]] *= -1
    n = len(rows)
    expected = linear_program(x, numpy.zeros(n, dtype=bool))
    if len(expected) == n or len({rows[i][0] for i in range(n) if i not in expected}) < 2:
        assert "predicted perfectly" in db.error("SELECT * FROM fe_logit('s', 'y ~ a + b + c + d')")
        return
    db.execute("CREATE VIRTUAL TABLE temp.v USING fe_logit('s', 'y ~ a + b + c + d', 'vcov=iid')")
    assert {i for i, (fitted,) in enumerate(db.rows("SELECT fitted FROM temp.v")) if fitted is None} == expected
    assert "not known" not in db.value("SELECT fit_stat(econ_fit('fe_logit', 's', 'y ~ a + b + c + d', 'vcov=iid'), 'separation')")
