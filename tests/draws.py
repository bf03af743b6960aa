"""econ_uniform and econ_normal: the same integers give the same draw, others give independent ones."""
import pytest
import math


def test_draws(db):
    rows = db.rows("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT econ_uniform(3, i), econ_normal(4, i, 2015), econ_normal(4, i, 2016) FROM n")
    uniform, first, second = zip(*rows)
    n = len(rows)
    assert all(0 < u < 1 for u in uniform) and len(set(uniform)) == n
    assert abs(sum(uniform) / n - 0.5) < 4 / math.sqrt(12 * n)
    for z in (first, second):
        assert abs(sum(z) / n) < 4 / math.sqrt(n) and abs(sum(x * x for x in z) / n - 1) < 4 * math.sqrt(2 / n)
    assert abs(sum(a * b for a, b in zip(first, second)) / n) < 4 / math.sqrt(n)
    assert abs(sum(a * b for a, b in zip(first, first[1:])) / n) < 4 / math.sqrt(n)


def test_draws_belong_to_their_integers(db):
    once, again, other, order = db.row("SELECT econ_normal(1, 2, 3), econ_normal(1, 2, 3), econ_normal(2, 2, 3), econ_normal(1, 3, 2)")
    assert once == again and len({once, other, order}) == 3
    assert db.value("SELECT econ_normal(1, NULL)") is None
    assert "takes a seed" in db.error("SELECT econ_uniform()")


UNITS = """CREATE TABLE shuffled AS WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < 599)
  SELECT 'u' || (i / 15) AS u, i % 15 AS t, econ_normal(1, i) AS x, econ_normal(2, i) AS m, econ_normal(3, i) + i / 200 AS y, econ_normal(4, i) AS q, (i / 15) % 2 AS g,
         (i / 15) % 3 = 0 AND i % 15 > 6 AS d FROM s"""
NEIGHBOURS = """CREATE TABLE neighbours AS WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < 39)
  SELECT 'u' || a.i AS unit1, 'u' || b.i AS unit2, 1 AS w FROM s a, s b WHERE abs(a.i - b.i) = 1"""


@pytest.mark.parametrize("call", [
    "SELECT * FROM fe_mediate({}, 'y ~ x | u + t', 'treat=x, mediator=m, reps=99')",
    "SELECT * FROM fe_compare({}, 'y ~ x | u + t', 'by=g, reps=99')",
    "SELECT * FROM did_placebo({}, 'y ~ 1 | u + t', 'treat=d, reps=50')",
    "SELECT * FROM did_placebo({}, 'y ~ 1 | u + t', 'treat=d, reps=50, type=mixed')",
    "SELECT test, statistic, p_value FROM fit_tests(econ_fit('fe_threshold', {}, 'y ~ x | u', 'threshold=q, regime=x, reps=50, panel=u+t'))",
    "SELECT * FROM fe_quantile({}, 'y ~ x | u', 'vcov=boot, reps=50')",
    "SELECT * FROM fe_quantile({}, 'y ~ x', 'vcov=boot, cluster=u, reps=50')",
    "SELECT * FROM fe_ols({}, 'y ~ x | u + t', 'vcov=wild(u, reps=499)')",
    "SELECT * FROM did_att({}, 'y ~ 1 | u + t', 'treat=d, vcov=wild(u, reps=499)')",
    "SELECT * FROM panel_moran({}, 'y', 'id=u, time=t, weights=neighbours, reps=49, local=1')",
])
def test_draws_of_units_do_not_depend_on_the_order_of_the_rows(db, call):
    db.execute(UNITS)
    db.execute(NEIGHBOURS)
    given = db.execute(call.format("'shuffled'")).fetchall()
    for order in ("t, q", "y"):
        other = db.execute(call.format(f"'SELECT * FROM shuffled ORDER BY {order}'")).fetchall()
        assert len(other) == len(given) > 0
        for ours, theirs in zip(given, other):
            assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)
