"""econ_uniform and econ_normal: the same integers give the same draw, others give independent ones."""
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
