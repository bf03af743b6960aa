"""What the Python tests share: a database with the extension loaded, the shipped tables, the tables beside the project.

    def test_mean(db):
        db.table("grunfeld")                                  # sql/data/grunfeld.csv as a table
        assert db.value("SELECT count(*) FROM grunfeld") == 220
        assert "no column 'valu'" in db.error("SELECT * FROM fe_ols('grunfeld', 'invest ~ valu')")

    def test_against_r(db, shared):                           # skipped where ../shared is not there
        db.table(shared / "data" / "Produc.csv")

1. `db` is sqlite3.Connection with four methods more: rows, row, value, error; and table.
2. ECON_EXTENSION names another build of the extension (default dist/econ); ECON_SQLITE=apsw runs the same tests on the SQLite
   that APSW brings. tests/run.py sets both.
3. Any file of this folder that defines a function test_... is a test file, whatever its name; scripts are left alone.
"""
import csv
import os
import pathlib
import re
import sqlite3

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXTENSION = os.environ.get("ECON_EXTENSION", str(ROOT / "dist" / "econ"))
DATA = ROOT / "sql" / "data"

collect_ignore = [path.name for path in pathlib.Path(__file__).parent.glob("*.py")
                  if not re.search(r"^def test_", path.read_text(encoding="utf-8"), re.MULTILINE)]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def typed(values):
    """Empty is NULL; a column of whole numbers is INTEGER, of numbers REAL, otherwise TEXT."""
    seen = [value for value in values if value != ""]
    for name, pattern, make in (("INTEGER", r"[+-]?\d{1,18}", int), ("REAL", r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", float)):
        if seen and all(re.fullmatch(pattern, value) for value in seen):
            return name, [None if value == "" else make(value) for value in values]
    return "TEXT", [None if value == "" else value for value in values]


class Questions:
    """The methods that `db` has on either library."""

    def rows(self, sql, *values):
        return self.execute(sql, values).fetchall()

    def row(self, sql, *values):
        return self.execute(sql, values).fetchone()

    def value(self, sql, *values):
        return self.row(sql, *values)[0]

    def dicts(self, sql, *values):
        cursor = self.execute(sql, values)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row)) for row in cursor.fetchall()]

    def error(self, sql, *values):
        """The message of a statement that must fail."""
        try:
            rows = self.rows(sql, *values)
        except sqlite3.Error as error:
            return str(error)
        raise AssertionError(f"no error, but {len(rows)} rows: {rows[:3]}")

    def table(self, source, name=None):
        """Imports a CSV file: a name in sql/data, or a path."""
        path = DATA / (source + ".csv") if isinstance(source, str) and not source.endswith(".csv") else pathlib.Path(source)
        with open(path, newline="", encoding="utf-8") as file:
            head, *rows = csv.reader(file)
        columns = [typed(column) for column in zip(*rows)]
        table = quoted(name or path.stem)
        self.execute(f"CREATE TABLE {table} ({', '.join(f'{quoted(h)} {t}' for h, (t, _) in zip(head, columns))})")
        self.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(head))})", zip(*(values for _, values in columns)))
        return self


class Database(Questions, sqlite3.Connection):
    pass


def connect(path=":memory:", load=True):
    if os.environ.get("ECON_SQLITE") == "apsw":
        return connect_apsw(path, load)
    db = sqlite3.connect(path, factory=Database, isolation_level=None, check_same_thread=False)
    if load:
        db.enable_load_extension(True)
        db.load_extension(EXTENSION)
    return db


def connect_apsw(path, load):
    import apsw

    errors = {apsw.InterruptError: "interrupted", apsw.NoMemError: None}

    class Cursor:
        """Rows are read at once, so that errors come from execute; the text of an error is that of sqlite3."""

        def __init__(self, cursor, sql, values):
            try:
                cursor.execute(sql, values)
                try:
                    self.description = cursor.get_description()
                except apsw.ExecutionCompleteError:
                    self.description = None
                self.kept = cursor.fetchall()
            except apsw.Error as error:
                if isinstance(error, apsw.NoMemError):
                    raise MemoryError from error
                kind = sqlite3.IntegrityError if isinstance(error, apsw.ConstraintError) else sqlite3.OperationalError
                raise kind(errors.get(type(error)) or str(error)) from error
            self.given = iter(self.kept)

        def __iter__(self):
            return self.given

        def fetchall(self):
            return list(self.given)

        def fetchone(self):
            return next(self.given, None)

    class ApswDatabase(Questions, apsw.Connection):
        def execute(self, sql, values=()):
            return Cursor(self.cursor(), sql, values)

        def executescript(self, sql):
            return Cursor(self.cursor(), sql, ())

        def commit(self):
            pass

        def set_progress_handler(self, handler, steps):
            super().set_progress_handler(handler, steps)

    db = ApswDatabase(path)
    if load:
        db.enable_load_extension(True)
        db.load_extension(EXTENSION)
    return db


@pytest.fixture
def db():
    connection = connect()
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def shared():
    """The folder beside the repository with reference cases and tables; not part of the project."""
    folder = ROOT.parent / "shared"
    if not (folder / "oracles").is_dir():
        pytest.skip("no ../shared beside the repository")
    return folder


def pytest_report_header():
    if os.environ.get("ECON_SQLITE") == "apsw":
        import apsw

        return f"SQLite {apsw.sqlite_lib_version()} (APSW), {EXTENSION}"
    return f"SQLite {sqlite3.sqlite_version}, {EXTENSION}"
