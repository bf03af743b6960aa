"""Estimators in joins: estimated once a statement for the same arguments (ext/sqlite/tvf.c 5), rows found by = as SQLite compares (tvf.c 6, row_index.c).

A source with random() tells how often it was read: as many estimates as readings."""
import random
import shutil
import sqlite3
import subprocess

import conftest
import pytest

SOURCE = "'SELECT abs(random()) % 1000003 AS y FROM n LIMIT 9'"
NEW = pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 38), reason="= is offered from 3.38 on")


@pytest.fixture
def n(db):
    db.execute("CREATE TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i FROM n")
    return db


def test_same_arguments_are_estimated_once(n):
    assert n.row(f"SELECT count(*), count(DISTINCT estimate) FROM n LEFT JOIN fe_ols({SOURCE}, 'y ~ 1')") == (50, 1)
    assert n.row(f"SELECT count(*), count(DISTINCT estimate) FROM n LEFT JOIN fe_ols({SOURCE}, 'y ~ 1', 'where=' || (i > 0))") == (50, 1)


def test_other_arguments_are_estimated_anew(n):
    assert n.row(f"SELECT count(*), count(DISTINCT estimate) FROM (SELECT * FROM n ORDER BY i) LEFT JOIN fe_ols({SOURCE}, 'y ~ 1', 'where=1 < 1 + ' || (1 + i / 26))") == (50, 2)
    rows = n.rows("SELECT i, nobs FROM n LEFT JOIN fe_ols('n', 'i ~ 1', 'where=i <= ' || (2 + i / 20)) ORDER BY i")
    assert rows == [(i, 2 + i // 20) for i in range(1, 51)]
    rows = n.rows("SELECT i, nobs FROM n LEFT JOIN fe_ols('n', 'i ~ 1') f ON f.\"where\" = CASE WHEN i % 3 THEN 'i <= ' || (i % 3 + 2) END ORDER BY i")
    assert rows == [(i, i % 3 + 2 if i % 3 else None) for i in range(1, 51)]  # a NULL option has no rows, nor are the last ones still there


def test_statements_do_not_share(n):
    sql = f"SELECT estimate FROM fe_ols({SOURCE}, 'y ~ 1')"
    assert n.value(sql) != n.value(sql)
    assert n.row(f"SELECT a.estimate <> b.estimate FROM fe_ols({SOURCE}, 'y ~ 1') a, fe_ols({SOURCE}, 'y ~ 1') b") == (1,)


@pytest.mark.parametrize("inner", ["fe_ols('SELECT v FROM w', 'v ~ 1')", "kept"])
def test_a_row_written_in_between_is_seen(n, inner):
    n.execute("CREATE TABLE w(v)")
    n.execute("INSERT INTO w VALUES (0), (2)")
    n.execute("CREATE VIRTUAL TABLE kept USING fe_ols('w', 'v ~ 1')")
    shown = "nobs" if "(" in inner else "round(fitted)"
    cursor = n.cursor().execute(f"SELECT i, {shown} FROM n LEFT JOIN {inner} WHERE i <= 3")
    first = next(cursor)
    n.execute("INSERT INTO w VALUES (31)")
    rest = list(cursor)
    if "(" in inner:
        assert first == (1, 2) and rest[-1] == (3, 3)  # Python may be a row ahead
    else:
        assert first == (1, 1) and [row for row in rest if row[0] == 2] == [(2, 11)] * 3


def test_a_statement_that_writes_what_it_reads(n):
    """INSERT ... SELECT: one estimate for the statement, as its rows are counted when it ends."""
    n.execute("CREATE TABLE w AS SELECT 1.0 AS v FROM n WHERE i <= 2")
    n.execute("INSERT INTO w SELECT nobs FROM n LEFT JOIN fe_ols('w', 'v ~ 1')")
    assert n.rows("SELECT v, count(*) FROM w GROUP BY v") == [(1.0, 2), (2.0, 50)]


def test_an_error_does_not_leave_rows(n):
    rows = n.rows("SELECT i, (SELECT nobs FROM fe_ols('n', 'i ~ 1', 'where=i <= ' || n.i)) FROM n WHERE i IN (2, 3) ORDER BY i")
    assert rows == [(2, 2), (3, 3)]
    assert "no column 'nope'" in n.error("SELECT * FROM n LEFT JOIN fe_ols('n', CASE WHEN i < 3 THEN 'i ~ 1' ELSE 'i ~ nope' END)")


@NEW
def test_equality_is_looked_up(n):
    n.execute("CREATE VIRTUAL TABLE v USING fe_ols('n', 'i ~ 1')")
    plan = n.rows("EXPLAIN QUERY PLAN SELECT * FROM n LEFT JOIN v ON v.i = n.i")
    assert any("VIRTUAL TABLE INDEX 0:0" in row[-1] for row in plan)
    for condition in ("v.i IN (3, 1, 2)", "v.i = 3 OR v.residual = 2", "v.i COLLATE NOCASE = 'x'"):  # neither the order of IN, nor a side of OR by itself, nor another order of text
        plan = n.rows(f"EXPLAIN QUERY PLAN SELECT * FROM v WHERE {condition}")
        assert all("INDEX 0:0" not in row[-1] for row in plan) and len(plan) == 1, plan


VALUES = ["NULL", "0", "-0.0", "1", "1.0", "'1'", "'1.0'", "' 1'", "x'31'", "'a'", "'A'", "'é'", "''", "9007199254740993", "9007199254740992.0", "'9007199254740993'", "0.1", "'0.1'",
          "1e300", "'1e300'", "-5", "'-5'", "'b'"]


@pytest.mark.parametrize("held", [VALUES, [v for v in VALUES if "'" not in v], [v for v in VALUES if v[0] == "'" or v == "NULL"]], ids=["mixed", "numbers", "texts"])
@pytest.mark.parametrize("affinity", ["", "TEXT", "NUMERIC", "INTEGER", "REAL", "TEXT COLLATE NOCASE"])
def test_equality_is_sqlites(db, held, affinity):
    """The same rows as from an ordinary table of the same values, whatever the types, for one column and for two."""
    db.execute("CREATE TABLE held(k, g, y)")
    db.execute("INSERT INTO held VALUES " + ", ".join(f"({value}, {g}, {g})" for g in (1, 2) for value in held))
    db.execute("CREATE VIRTUAL TABLE v USING fe_ols('held', 'y ~ 1')")
    db.execute(f"CREATE TABLE asked(k {affinity}, g)")
    db.execute("INSERT INTO asked VALUES " + ", ".join(f"({value}, {g})" for g in (1, 2) for value in random.Random(1).sample(VALUES, len(VALUES))))
    for on in ("k", "k, g"):
        for sides in ("SELECT a.rowid, typeof(b.k), b.k, b.g FROM asked a LEFT JOIN {} b ON {} ORDER BY 1, b.g, 2, 3", "SELECT a.rowid, typeof(b.k), b.k, b.g FROM asked a LEFT JOIN {} b ON {} WHERE b.y > 0 ORDER BY 1, b.g, 2, 3"):
            condition = " AND ".join(f"a.{c} = b.{c}" for c in on.split(", "))
            assert db.rows(sides.format("v", condition)) == db.rows(sides.format("held", condition)), (on, sides)


def test_rows_of_a_function_by_term(n):
    """Ten terms looked up for each outer row; the function's own columns, numbers and text."""
    n.execute("CREATE TABLE p AS SELECT i, i % 10 AS g, i * i % 17 AS y FROM n")
    n.execute("CREATE TABLE asked AS SELECT term, estimate FROM fe_ols('p', 'y ~ i(g)')")
    rows = n.rows("SELECT a.term, a.estimate = f.estimate FROM asked a LEFT JOIN fe_ols('p', 'y ~ i(g)') f ON a.term = f.term")
    assert len(rows) == 10 and all(same == 1 for _, same in rows)
    rows = n.rows("SELECT count(*), count(f.term) FROM n JOIN asked a LEFT JOIN fe_ols('p', 'y ~ i(g)') f ON a.estimate = f.estimate AND f.term = a.term")
    assert rows == [(500, 500)]


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="no sqlite3 shell")
def test_the_connection_closes():
    """Nothing of an index is left open: the shell complains where a statement is."""
    script = f""".load {conftest.EXTENSION}
CREATE TABLE p AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i, i % 7 AS y FROM n;
CREATE VIRTUAL TABLE v USING fe_ols('p', 'y ~ i');
SELECT count(*) FROM p LEFT JOIN v ON v.i = p.i;
"""
    done = subprocess.run(["sqlite3", "-bail", ":memory:"], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert (done.returncode, done.stdout) == (0, "50\n")
