"""Matching of 10,000 treated to 100,000 controls, and Poisson regression with two effects, beside the Python programs that do the same from the same file."""
import sqlite3

ROWS = """CREATE TABLE IF NOT EXISTS matched AS
  WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 109999),
  v AS (SELECT i, i < 10000 AS treated, econ_normal(1, i) AS a, econ_normal(2, i) AS b, econ_normal(3, i) AS c, econ_uniform(4, i) AS d FROM n)
  SELECT treated, a + 0.5 * treated AS x1, b AS x2, c - 0.3 * treated AS x3, d AS x4, a + b + treated + econ_normal(5, i) AS y FROM v"""
COUNTS = """CREATE TABLE IF NOT EXISTS counts AS
  WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 999999),
  v AS (SELECT CAST(econ_uniform(6, i) * 20000 AS INTEGER) AS u, CAST(econ_uniform(7, i) * 100 AS INTEGER) AS t, econ_normal(8, i) AS x1, econ_normal(9, i) AS x2, econ_uniform(10, i) AS r FROM n)
  SELECT u, t, x1, x2, CAST(-ln(r) * exp(0.3 * x1 - 0.2 * x2 + econ_normal(11, u) * 0.5 + econ_normal(12, t) * 0.3) AS INTEGER) AS y FROM v"""
MATCH = "SELECT att, matched_control FROM psm_match('matched', 'treated ~ x1 + x2 + x3 + x4', '{}') LIMIT 1"
POISSON = "SELECT estimate FROM fe_poisson('counts', 'y ~ x1 + x2 | u + t')"


def neighbours(path):
    """The usual recipe: a logit by statsmodels, the nearest control with replacement by scikit-learn."""
    import pandas as pd
    import statsmodels.api as sm
    from sklearn.neighbors import NearestNeighbors

    def run():
        with sqlite3.connect(path) as db:
            data = pd.read_sql_query("SELECT * FROM matched", db)
        x = sm.add_constant(data[["x1", "x2", "x3", "x4"]])
        score = sm.Logit(data.treated, x).fit(disp=0).predict(x).to_numpy().reshape(-1, 1)
        treated = data.treated.to_numpy() == 1
        _, place = NearestNeighbors(n_neighbors=1).fit(score[~treated]).kneighbors(score[treated])
        return (data.y[treated].to_numpy() - data.y[~treated].to_numpy()[place[:, 0]]).mean()

    return run


def poisson(path):
    import pandas as pd
    import pyfixest as pf

    def run():
        with sqlite3.connect(path) as db:
            data = pd.read_sql_query("SELECT * FROM counts", db)
        return pf.fepois("y ~ x1 + x2 | u + t", data, vcov={"CRV1": "u"}).coef().tolist()

    return run


def run(bench):
    from bench import DATABASE, connect
    DATABASE.parent.mkdir(exist_ok=True)
    bench.db = connect()
    for statement in (ROWS, COUNTS):
        bench.db.execute(statement)
    bench.db.commit()
    bench.once("1:1 without replacement, 10,000 to 100,000", MATCH.format(""), 2)
    bench.once("1:1 with replacement, effects and their errors", MATCH.format("replace=1, outcome=y"), 2)
    bench.once("Mahalanobis, four regressors, without replacement", MATCH.format("method=mahalanobis"), 10)
    bench.once("Poisson, two effects, 1e6 rows", POISSON, 6)
    try:
        import sklearn  # noqa: F401
        import statsmodels  # noqa: F401
    except ImportError:
        bench.note("  statsmodels and scikit-learn are not installed here: no peer for the matching")
    else:
        bench.pair("1:1 with replacement / statsmodels and scikit-learn", neighbours(DATABASE), MATCH.format("replace=1, outcome=y"), 1, runs=3)
    try:
        import pyfixest  # noqa: F401
    except ImportError:
        bench.note("  pyfixest is not installed here: no peer for the Poisson regression")
        return
    bench.pair("Poisson, two effects / pyfixest from the same file", poisson(DATABASE), POISSON, 1, runs=1)
