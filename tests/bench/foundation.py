"""The foundation: fe_ols against the sums that any query over the same rows must pay, and against pyfixest reading the same table."""
import sqlite3

SUMS = "SELECT sum(y), sum(x1), sum(x2), sum(x3), sum(id), sum(t) FROM {}"
FIT = "SELECT estimate, std_error FROM fe_ols('{}', 'y ~ x1 + x2 + x3 | id + t')"
# y ~ x1 + x2 + x3 | worker + firm on `workers`: sparse Cholesky of the whole system
EXACT = [0.998758185080913, -0.501924112074731, 0.253457983905333]


def peer(table, formula, cluster, path):
    """pyfixest from the same file: read with Python's sqlite3, fit with its fastest backend."""
    import pandas as pd
    import pyfixest as pf

    def run():
        with sqlite3.connect(path) as db:
            data = pd.read_sql_query(f"SELECT * FROM {table}", db)
        return pf.feols(formula, data, vcov={"CRV1": cluster} if cluster else "iid").coef().tolist()

    return run


def run(bench):
    from bench import DATABASE
    bench.tables(("balanced", "balanced", 5_000_000), ("random", "random", 5_000_000), ("workers", "workers", 1_000_000),
                 *((f"{kind}_{rows}", kind, rows) for kind in ("simple", "difficult") for rows in (100_000, 1_000_000)))
    bench.pair("two effects, 5e6 rows, balanced / six sum()", SUMS.format("balanced"), FIT.format("balanced"), 1.3)
    bench.pair("two effects, 30% missing, unsorted / six sum()", SUMS.format("random"), FIT.format("random"), 1.6)
    found = bench.pair("worker-firm panel, 1e6 rows / six sum()", SUMS.format("workers"), FIT.format("workers"), 8)
    error = max(abs(ours / exact - 1) for (ours, _), exact in zip(found, EXACT))
    bench.note(f"  worker-firm panel: largest relative error of a coefficient {error:.1e} (at most 1e-9: {'ok' if error <= 1e-9 else 'WRONG'})")
    bench.pair("100,000 groups of 50 rows / the same GROUP BY with sums",
               "SELECT count(*), count(s) FROM (SELECT sum(y) AS s, sum(x1) AS a, sum(x2) AS b, sum(x3) AS c, sum(id) AS d, sum(t) AS e FROM balanced GROUP BY id, t > 50) "
               "WHERE s + a + b + c + d + e IS NOT NULL",
               "SELECT count(*), count(s) FROM (SELECT fe_ols(y, t / 5, t % 5, x1, x2, x3) AS s FROM balanced GROUP BY id, t > 50) WHERE s IS NOT NULL", 2)
    for table, rows in (("balanced", 5_000_000), ("random", 3_500_000)):
        extra = bench.peak(FIT.format(table)) - bench.peak(SUMS.format(table))
        most = 1.3 * 8 * rows * 6 / 2 ** 20
        bench.note(f"  memory of fe_ols on {table}: {extra:.0f} MB, at most {most:.0f}: {'ok' if extra <= most else 'TOO MUCH'}")
    bench.pair("entropy index, 18 indicators, 1e6 rows / 18 sum()", "SELECT " + ", ".join(f"sum(x1 * {k} + x2)" for k in range(18)) + " FROM workers",
               "SELECT count(*) FROM entropy_index('workers', '" + ", ".join(f"x1 * {k} + x2" for k in range(18)) + "')", 2)
    try:
        import pyfixest  # noqa: F401
    except ImportError:
        bench.note("  pyfixest is not installed here: no peers")
        return
    bench.pair("balanced / pyfixest from the same file", peer("balanced", "y ~ x1 + x2 + x3 | id + t", "id", DATABASE), FIT.format("balanced"), runs=1)
    for kind in ("simple", "difficult"):
        for rows in (100_000, 1_000_000):
            bench.pair(f"three effects, {kind}, {rows:,} rows / pyfixest", peer(f"{kind}_{rows}", "y ~ x1 + x2 | person + firm + year", None, DATABASE),
                       f"SELECT estimate FROM fe_ols('{kind}_{rows}', 'y ~ x1 + x2 | person + firm + year', 'vcov=iid')", runs=1)
