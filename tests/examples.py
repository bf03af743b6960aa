"""Documentation is data that runs: every script of sql/, and every example of econ_help(), gives rows and no error on the shipped tables."""
import shutil
import sqlite3
import subprocess

import pytest

from conftest import DATA, EXTENSION, ROOT

SCRIPTS = sorted((ROOT / "sql").glob("*.sql"))


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A database of the shipped tables, made as `make demo` makes it."""
    path = tmp_path_factory.mktemp("examples") / "tables.db"
    subprocess.run(["sqlite3", "-bail", "-batch", path], cwd=ROOT, check=True, input=(DATA / "import.sql").read_text(encoding="utf-8"), text=True)
    return path


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script(script, tables, tmp_path):
    """In the sqlite3 shell, on a copy, with the extension under test in place of dist/econ."""
    copy = shutil.copy(tables, tmp_path / "copy.db")
    text = script.read_text(encoding="utf-8").replace(".load dist/econ", "")
    done = subprocess.run(["sqlite3", "-bail", "-batch", copy], cwd=ROOT, input=f".load {EXTENSION}\n{text}", text=True,
                          encoding="utf-8", capture_output=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert done.stdout.strip(), "it printed nothing"


def test_known_figures(tables, tmp_path):
    """The last table of the demo: published figures beside ours."""
    text = (ROOT / "sql" / "demo.sql").read_text(encoding="utf-8").replace(".load dist/econ", "")
    closing = "\n.mode list\n.headers off\nSELECT agrees, figure, known, ours FROM (SELECT *, round(ours, digits) = known AS agrees FROM known);\n"
    copy = shutil.copy(tables, tmp_path / "copy.db")
    done = subprocess.run(["sqlite3", "-bail", "-batch", copy], cwd=ROOT, input=f".load {EXTENSION}\n{text}\n.print ====\n{closing}", text=True,
                          encoding="utf-8", capture_output=True)
    figures = done.stdout.split("====\n")[1].splitlines()
    assert len(figures) >= 9
    assert [line for line in figures if not line.startswith("1|")] == []


def test_help_examples(db, tables):
    db.execute("ATTACH ? AS shipped", (str(tables),))
    for (table,) in db.rows("SELECT name FROM shipped.sqlite_master WHERE type = 'table'"):
        db.execute(f"CREATE TABLE {table} AS SELECT * FROM shipped.{table}")
    examples = db.rows("SELECT name, example FROM econ_help() WHERE example IS NOT NULL")
    assert len(examples) >= 5
    failed = []
    for name, example in examples:
        try:
            if not db.rows(example):
                failed.append((name, "no rows"))
        except sqlite3.Error as error:
            failed.append((name, str(error)))
    assert failed == []
