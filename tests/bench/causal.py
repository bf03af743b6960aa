"""Draws under a null: 500 placebo draws on 280 x 13 and on 3,000 x 20 beside loops of refits in numpy and in pyfixest, 9,999 wild draws on 50 clusters beside wildboottest;
1:1 matching of 10,000 treated to 100,000 controls and smooth comparisons of them beside MatchIt and numpy. The peers have their data in memory, ours reads the table. MatchIt times
itself, inside one process of its own."""
import shutil
import sqlite3
import subprocess
import tempfile

DRAWS, WILD = 500, 9999
PANEL = """CREATE TABLE IF NOT EXISTS {} AS
  WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < {} - 1),
  r AS (SELECT i, i / {} AS unit, i % {} AS year FROM n),
  v AS (SELECT *, unit % 4 = 0 AND year >= 5 + unit / 4 % 4 AS d, econ_normal(1, i) + econ_normal(2, unit) AS x, econ_normal(3, i) AS z FROM r)
  SELECT unit, year, d, x, z, 0.1 * d + 0.4 * x - 0.2 * z + econ_normal(4, i) + econ_normal(5, unit) + econ_normal(6, year) AS y FROM v"""
CLUSTERS = """CREATE TABLE IF NOT EXISTS fifty AS
  WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
  SELECT i % 50 AS g, econ_normal(1, i) + econ_normal(2, i % 50) AS x, econ_normal(3, i) AS z, econ_normal(4, i) + econ_normal(5, i % 50) + 0.1 * econ_normal(1, i) AS y FROM n"""
PLACEBO = "SELECT count(estimate), avg(estimate), avg(std_error) FROM did_placebo('{}', 'y ~ x + z | unit + year', 'treat=d, reps={}') WHERE draw > 0"
BOOTSTRAP = "SELECT p_value, statistic FROM fe_ols('fifty', 'y ~ x + z', 'vcov=wild(g, reps={})') WHERE term = 'x'"


def read(path, table):
    import pandas as pd
    with sqlite3.connect(path) as db:
        return pd.read_sql_query(f"SELECT * FROM {table}", db)


def refits(data, units, periods):
    """The loop that papers write by hand: deal the treatment histories out to other units, demean, least squares, clustered errors."""
    import numpy as np
    histories = data.d.to_numpy().reshape(units, periods)

    def free(column):
        a = column.reshape(units, periods)
        return (a - a.mean(axis=1, keepdims=True) - a.mean(axis=0) + a.mean()).ravel()

    def run():
        rng = np.random.default_rng(1)
        found = []
        for _ in range(DRAWS):
            columns = [histories[rng.permutation(units)].astype(float).ravel(), data.x.to_numpy(), data.z.to_numpy()]
            X, y = np.column_stack([free(column) for column in columns]), free(data.y.to_numpy())
            bread = np.linalg.inv(X.T @ X)
            b = bread @ (X.T @ y)
            scores = (X * (y - X @ b)[:, None]).reshape(units, periods, -1).sum(axis=1)
            found.append((b[0], (bread @ scores.T @ scores @ bread)[0, 0] ** 0.5))
        return found

    return run


def refits_pyfixest(data, units, periods):
    import numpy as np
    import pyfixest as pf
    data, histories = data.copy(), data.d.to_numpy().reshape(units, periods)

    def run():
        rng = np.random.default_rng(1)
        found = []
        for _ in range(DRAWS):
            data["d"] = histories[rng.permutation(units)].ravel()
            fit = pf.feols("y ~ d + x + z | unit + year", data, vcov={"CRV1": "unit"})
            found.append((fit.coef()["d"], fit.se()["d"]))
        return found

    return run


R = """suppressMessages(library(MatchIt)); d <- read.csv(commandArgs(TRUE)[1])
seconds <- replicate(3, system.time(m <<- matchit(treated ~ x1 + x2 + x3 + x4, data = d, method = "nearest", ratio = 1))["elapsed"])
cat(median(seconds), sum(m$weights > 0 & d$treated == 0))"""


def smooth(data, form):
    """The same comparison in numpy: the score by statsmodels, then all controls at once for each treated row."""
    import numpy as np
    import statsmodels.api as sm

    def run():
        X = sm.add_constant(data[["x1", "x2", "x3", "x4"]])
        score = sm.Logit(data.treated, X).fit(disp=0).predict(X).to_numpy()
        treated = data.treated.to_numpy() == 1
        p, y, effects = score[~treated], data.y.to_numpy()[~treated], []
        for own, outcome in zip(score[treated], data.y.to_numpy()[treated]):
            d = p - own
            u = d / 0.06
            w = np.exp(-0.5 * u * u) if form == "gaussian" else np.where(np.abs(u) < 1, 0.75 * (1 - u * u), 0)
            if w.sum() > 0:
                effects.append(outcome - (w @ y) / w.sum())
        return float(np.mean(effects))

    return run


def run(bench):
    from bench import DATABASE, connect
    from matching import ROWS
    DATABASE.parent.mkdir(exist_ok=True)
    bench.db = connect()
    for statement in (PANEL.format("cities", 280 * 13, 13, 13), PANEL.format("firms3000", 60_000, 20, 20), CLUSTERS, ROWS):
        bench.db.execute(statement)
    bench.db.commit()
    import numpy as np
    for table, units, periods, most in (("cities", 280, 13, 0.5), ("firms3000", 3000, 20, 5)):
        data, ours = read(DATABASE, table), PLACEBO.format(table, DRAWS)
        label = f"{DRAWS} placebo draws, {units:,} x {periods}"
        bench.once(label, ours, most)
        bench.pair(f"{label} / numpy refits", refits(data, units, periods), ours, 1, runs=3)
        try:
            import pyfixest  # noqa: F401
            bench.pair(f"{label} / pyfixest refits", refits_pyfixest(data, units, periods), ours, 1, runs=1)
        except ImportError:
            bench.note("  pyfixest is not installed here")
        theirs = np.array(refits(data, units, periods)())
        count, mean, error = bench.timed(ours)[1][0]
        bench.note(f"  {count} draws: mean {mean:.5f}, mean error {error:.5f}; numpy's: {theirs[:, 0].mean():.5f}, {theirs[:, 1].mean():.5f}")
    ours = BOOTSTRAP.format(WILD)
    bench.once(f"{WILD:,} wild draws, 5,000 rows in 50 clusters, p and interval", ours, 1)
    try:
        import statsmodels.formula.api as smf
        from wildboottest.wildboottest import wildboottest
        model, g = smf.ols("y ~ x + z", read(DATABASE, "fifty")), read(DATABASE, "fifty").g
        boot = lambda: wildboottest(model, B=WILD, cluster=g, param="x", weights_type="rademacher", seed=1, show=False)  # noqa: E731
        p, theirs = bench.pair(f"{WILD:,} wild draws / wildboottest, p alone", boot, ours, 1, runs=3)[0][0], boot()
        bench.note(f"  p: ours {p:.4f}, wildboottest {float(theirs['p-value'].iloc[0]):.4f}")
    except ImportError:
        bench.note("  wildboottest is not installed here")
    match = "SELECT matched_control FROM psm_match('matched', 'treated ~ x1 + x2 + x3 + x4') LIMIT 1"
    if shutil.which("Rscript") and subprocess.run(["Rscript", "-e", "library(MatchIt)"], capture_output=True).returncode == 0:
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            read(DATABASE, "matched").to_csv(file.name, index=False)
            seconds, matched = subprocess.run(["Rscript", "-e", R, file.name], check=True, capture_output=True, text=True).stdout.split()
        mine = sorted(bench.timed(match)[0] for _ in range(3))[1]
        bench.note(f"{'1:1 without replacement, 10,000 to 100,000 / MatchIt':<58} {float(seconds):9.3f} s {mine:9.3f} s  ratio {mine / float(seconds):6.2f}")
        bench.note(f"  controls matched: ours {bench.timed(match)[1][0][0]:.0f}, MatchIt {matched}")
    else:
        bench.note("  MatchIt is not installed here")
    for form in ("gaussian", "epanechnikov"):
        call = f"SELECT att FROM psm_match('matched', 'treated ~ x1 + x2 + x3 + x4', 'method={{}}, kernel={form}, outcome=y') LIMIT 1"
        try:
            import statsmodels  # noqa: F401
            found = bench.pair(f"kernel {form}, 10,000 to 100,000 / numpy", smooth(read(DATABASE, "matched"), form), call.format("kernel"), 1, runs=1)
            bench.note(f"  att: ours {found[0][0]:.10f}, numpy {smooth(read(DATABASE, 'matched'), form)():.10f}")
        except ImportError:
            bench.note("  statsmodels is not installed here")
        bench.once(f"local linear {form}, 10,000 to 100,000", call.format("llr"))
