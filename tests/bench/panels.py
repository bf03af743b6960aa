"""The benchmark panels as SQLite tables, made once into a database: the same numbers on every machine.

Uniform numbers are splitmix64 (Steele, Lea, Flood 2014) of (seed, row, place). balanced: 50,000 units x 100 periods; random: units and periods drawn
at random, 30% of the rows missing, unsorted, duplicates; workers: 5 rows a worker, workers/10 firms, few movers (low mobility);
simple and difficult: the three-effect designs of the fixest benchmarks (individual x year x firm, firm at random or in blocks)."""
import sqlite3

import numpy as np


def uniform(seed, i, place):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15) * (np.uint64(16) * i.astype(np.uint64) + np.uint64(place + 1))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0 ** -53


def two_way(kind, rows):
    i = np.arange(rows)
    units = rows // 5 if kind == "workers" else rows // 100
    if kind == "balanced":
        unit, period = i // 100 + 1, i % 100 + 1
    elif kind == "random":
        unit, period = 1 + (uniform(1, i, 0) * units).astype(int), 1 + (uniform(1, i, 1) * 100).astype(int)
    else:
        worker = i // 5
        firms = units // 10
        home = (uniform(2, worker, 0) * firms).astype(int)
        away = (home + 1 + (uniform(3, i, 1) * 3).astype(int)) % firms
        unit, period = worker + 1, np.where(uniform(3, i, 0) < 0.04, away, home) + 1
    a, g = uniform(4, unit, 0) - 0.5, uniform(5, period, 0) - 0.5
    e1, e2, e3 = (uniform(6, i, p) - 0.5 for p in range(3))
    e = uniform(6, i, 3) + uniform(6, i, 4) + uniform(6, i, 5) + uniform(6, i, 6) - 2
    x1, x2, x3 = a + g + e1, a - g + e2 + 0.3 * e1, e3 + 0.5 * a
    y = x1 - 0.5 * x2 + 0.25 * x3 + 2 * a + g + e
    keep = uniform(7, i, 0) < 0.7 if kind == "random" else slice(None)
    return [column[keep] for column in (unit, period, y, x1, x2, x3)]


def three_way(kind, rows):
    """fixest's benchmarks: 10 years, 23 rows a firm and year."""
    i = np.arange(rows)
    people = max(1, rows // 10)
    firms = max(1, people // 23)
    person, year = i // 10, i % 10
    firm = (uniform(11, i, 0) * firms).astype(int) if kind == "simple" else person % firms if firms else person * 0
    x1 = uniform(12, i, 0) * 10
    x2 = x1 ** 2
    y = x1 + 0.05 * x2 + np.sin(person) + np.log1p(firm) + np.sin(2 * year) + uniform(12, i, 1)
    return [person, year, firm, y, x1, x2]


def make(path, wanted):
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = 0")
    there = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    for name, kind, rows in wanted:
        if name in there:
            continue
        if kind in ("simple", "difficult"):
            columns, names = three_way(kind, rows), "person INTEGER, year INTEGER, firm INTEGER, y REAL, x1 REAL, x2 REAL"
        else:
            columns, names = two_way(kind, rows), "id INTEGER, t INTEGER, y REAL, x1 REAL, x2 REAL, x3 REAL"
        db.execute(f"CREATE TABLE {name} ({names})")
        db.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?, ?)", zip(*(column.tolist() for column in columns)))
        db.commit()
    db.close()
