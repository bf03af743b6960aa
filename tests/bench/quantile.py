"""Quantile regression on 100,000 rows x 10 columns, beside statsmodels (iterated weighted least squares) and R's quantreg (interior point, "fn"), each with iid errors or the
nearest it has. The peers get their data in memory, ours reads the table. quantreg times itself, inside one process of its own."""
import shutil
import sqlite3
import subprocess
import tempfile

ROWS, REGRESSORS = 100_000, 9
NAMES = [f"x{j}" for j in range(1, REGRESSORS + 1)]
FORMULA = "y ~ " + " + ".join(NAMES)


def make(path):
    import numpy as np
    from panels import uniform
    i = np.arange(ROWS)
    x = [sum(uniform(31, i, 6 * j + p) for p in range(3)) * 2 - 3 for j in range(REGRESSORS)]
    e = np.log(uniform(32, i, 0)) - np.log1p(-uniform(32, i, 0))
    y = 1 + sum((j + 1) / 10 * column for j, column in enumerate(x)) + (1 + 0.3 * np.abs(x[0])) * e
    with sqlite3.connect(path) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'quantile'").fetchall():
            db.execute(f"CREATE TABLE quantile (y REAL, {', '.join(name + ' REAL' for name in NAMES)})")
            db.executemany(f"INSERT INTO quantile VALUES ({', '.join('?' * (REGRESSORS + 1))})", zip(y.tolist(), *(column.tolist() for column in x)))


R = """suppressMessages(library(quantreg)); d <- read.csv(commandArgs(TRUE)[1])
seconds <- replicate(5, system.time({ fit <<- rq(y ~ ., tau = .5, data = d, method = "fn"); summary(fit, se = "iid") })["elapsed"])
cat(median(seconds), sprintf("%.17g", sum((0.5 - (resid(fit) < 0)) * resid(fit))))"""


def run(bench):
    from bench import DATABASE
    bench.tables()
    make(DATABASE)
    ours = f"SELECT estimate, std_error, objective FROM fe_quantile('quantile', '{FORMULA}', 'tau=.5, vcov=iid')"
    objective = bench.timed(ours)[1][0][2]
    try:
        import pandas as pd
        import statsmodels.formula.api as smf
        with sqlite3.connect(DATABASE) as db:
            data = pd.read_sql_query("SELECT * FROM quantile", db)
        bench.pair("median regression, 100,000 x 10 / statsmodels", lambda: smf.quantreg(FORMULA, data).fit(q=0.5), ours, 1)
        residual = smf.quantreg(FORMULA, data).fit(q=0.5).resid
        bench.note(f"  objective: ours {objective:.9f}, statsmodels {float((residual * (0.5 - (residual < 0))).sum()):.9f}")
    except ImportError:
        bench.note("  statsmodels is not installed here")
    if shutil.which("Rscript") and subprocess.run(["Rscript", "-e", "library(quantreg)"], capture_output=True).returncode == 0:
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            with sqlite3.connect(DATABASE) as db:
                rows = db.execute("SELECT * FROM quantile").fetchall()
            file.write(",".join(["y", *NAMES]) + "\n")
            file.writelines(",".join(map(repr, row)) + "\n" for row in rows)
            file.flush()
            seconds, theirs = subprocess.run(["Rscript", "-e", R, file.name], check=True, capture_output=True, text=True).stdout.split()
        mine = sorted(bench.timed(ours)[0] for _ in range(5))[2]
        bench.note(f"{'median regression, 100,000 x 10 / quantreg fn':<58} {float(seconds):9.3f} s {mine:9.3f} s  ratio {mine / float(seconds):6.2f}")
        bench.note(f"  objective: ours {objective:.9f}, quantreg {float(theirs):.9f}")
    else:
        bench.note("  quantreg is not installed here")
    bench.once("  100 bootstrap draws of it", f"SELECT * FROM fe_quantile('quantile', '{FORMULA}', 'tau=.5, vcov=boot, reps=100')")
