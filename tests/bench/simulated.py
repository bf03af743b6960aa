"""Coverage of 95% intervals over 1,000 simulated panels each, asked of the extension in one GROUP BY; a report, ends with status 1 outside 93% to 97%.

    make coverage                   the report also goes to build/coverage.txt

1. did_att, errors clustered by unit: 50 units x 10 periods, 25 treated from period 4, 6 or 8 on (equal effects), unit and time effects, disturbances
   AR(1) within units.
2. fe_ols with vcov=wild: 12 clusters of 4 units x 10 periods, 6 clusters treated from period 6 on, disturbances AR(1) within units plus a
   common AR(1) for each cluster; every draw of the bootstrap estimates the time effects anew, and all 4,096 sign vectors are taken.
3. Beside them what other variances give on the same panels: cluster() with 12 clusters, cv3(), hc1.
Numbers are drawn with Python's generator, seed 20240601: the same panels everywhere."""
import pathlib
import random
import sqlite3
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PANELS, TRUTH = 1000, 1.0


def ar1(rng, periods, rho):
    e = rng.gauss(0, 1) / (1 - rho * rho) ** 0.5
    for _ in range(periods):
        yield e
        e = rho * e + rng.gauss(0, 1)


def panels_of_units(rng):
    for panel in range(PANELS):
        time_effect = [rng.gauss(0, 1) for _ in range(10)]
        for unit in range(50):
            effect, start = rng.gauss(0, 1), (4, 6, 8)[unit % 3] if unit < 25 else 99
            for t, e in enumerate(ar1(rng, 10, 0.6)):
                d = int(t + 1 >= start)
                yield panel, unit, unit, t + 1, d, effect + time_effect[t] + TRUTH * d + e


def panels_of_clusters(rng):
    for panel in range(PANELS):
        time_effect = [rng.gauss(0, 1) for _ in range(10)]
        for cluster in range(12):
            shocks = list(ar1(rng, 10, 0.6))
            for unit in range(4):
                effect = rng.gauss(0, 1)
                for t, e in enumerate(ar1(rng, 10, 0.6)):
                    d = int(cluster < 6 and t + 1 >= 6)
                    yield panel, cluster * 4 + unit, cluster, t + 1, d, effect + time_effect[t] + TRUTH * d + 0.7 * shocks[t] + e


def main():
    db = sqlite3.connect(":memory:")
    db.enable_load_extension(True)
    db.load_extension(str(ROOT / "dist" / "econ"))
    rng, lines, bad = random.Random(20240601), [], 0
    for table, make in (("units", panels_of_units), ("clusters", panels_of_clusters)):
        db.execute(f"CREATE TABLE {table} (panel INTEGER, unit INTEGER, cluster INTEGER, t INTEGER, d INTEGER, y REAL)")
        db.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?)", make(rng))
    judged = [("did_att, 50 units, cluster(unit)", "units", "did_att('y ~ 1 | unit + t; treat=d', y, unit, t, d)", True),
              ("wild, 12 clusters, all sign vectors", "clusters", "fe_ols('y ~ d | unit + t; vcov=wild(cluster)', y, d, unit, t, cluster)", True),
              ("wild, 12 clusters, webb, 999 draws", "clusters", "fe_ols('y ~ d | unit + t; vcov=wild(cluster, reps=999, weights=webb)', y, d, unit, t, cluster)", True),
              ("cv3, 12 clusters", "clusters", "fe_ols('y ~ d | unit + t; vcov=cv3(cluster)', y, d, unit, t, cluster)", False),
              ("cluster, 12 clusters", "clusters", "fe_ols('y ~ d | unit + t; vcov=cluster(cluster)', y, d, unit, t, cluster)", False),
              ("hc1, 12 clusters", "clusters", "fe_ols('y ~ d | unit + t; vcov=hc1', y, d, unit, t)", False)]
    for label, table, call, must in judged:
        start = time.perf_counter()
        covered, mean, width, n = db.execute(
            f"WITH f AS (SELECT {call} AS fit FROM {table} GROUP BY panel), i AS (SELECT t.estimate, t.conf_low, t.conf_high FROM f, fit_terms(f.fit) t) "
            "SELECT avg(conf_low <= ?1 AND ?1 <= conf_high), avg(estimate), avg(conf_high - conf_low), count(conf_low) FROM i", (TRUTH,)).fetchone()
        inside = 0.93 <= covered <= 0.97 and n == PANELS
        bad += must and not inside
        lines.append(f"{label:<38} covers {100 * covered:5.1f}%  mean {mean:6.3f} (truth {TRUTH:g})  width {width:5.3f}  {n} panels in {time.perf_counter() - start:5.1f} s"
                     + ("" if not must else "  within 93% to 97%" if inside else "  OUTSIDE 93% to 97%"))
        print(lines[-1], flush=True)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "coverage.txt").write_text("\n".join(lines) + "\n")
    sys.exit(1 if bad else 0)


main()
