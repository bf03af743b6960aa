"""Draws: a mediation by cluster bootstrap on a panel as small as a paper's, and Hansen's threshold test on one as large as his."""
import os

MEDIATION = "SELECT count(*) FROM fe_mediate('panel', 'y ~ x + z | unit + year', 'treat=x, mediator=m, reps=1000')"
THRESHOLD = "SELECT count(*) FROM fit_tests(econ_fit('fe_threshold', 'firms', 'y ~ x + z + q | unit', 'threshold=q, regime=x, trim=.01, grid=400, n={}, reps=300'))"
PANEL = """CREATE TABLE {} AS
  WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < {} - 1),
  r AS (SELECT i, i / {} AS unit, i % {} AS year FROM n),
  v AS (SELECT *, econ_normal(1, i) + econ_normal(2, unit) AS x, econ_normal(3, i) AS z, econ_uniform(4, i) AS q FROM r),
  w AS (SELECT *, 0.5 * x + econ_normal(5, i) + econ_normal(6, unit) AS m FROM v)
  SELECT unit, year, x, z, q, m, (0.3 + 0.2 * (q > 0.6)) * x + 0.4 * m + 0.1 * z + econ_normal(7, i) + econ_normal(8, unit) + econ_normal(9, year) AS y FROM w"""


def run(bench):
    from bench import connect
    bench.db = connect(":memory:")
    bench.db.execute(PANEL.format("panel", 360, 12, 12))
    bench.db.execute(PANEL.format("firms", 8475, 15, 15))
    bench.once("mediation, 360 rows, 1,000 draws of units", MEDIATION, 1)
    threads = os.environ.get("ECON_THREADS")
    os.environ["ECON_THREADS"] = "1"
    bench.once("threshold, 8,475 rows, 400 candidates, 300 draws, one core", THRESHOLD.format(1), 10)
    bench.once("three thresholds, 300 draws for each test, one core", THRESHOLD.format(3), 10)
    del os.environ["ECON_THREADS"]
    if threads is not None:
        os.environ["ECON_THREADS"] = threads
    bench.once("comparison of two groups, 8,475 rows, 1,000 permutations", "SELECT count(*) FROM fe_compare('firms', 'y ~ x + z | unit + year', 'by=(unit % 2), reps=1000')", 5)
