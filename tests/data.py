"""The shipped tables are what sql/data/README.md says: rows, columns, and the figures that identify a table in the literature."""
import math
import re
import subprocess

import pytest

from conftest import DATA, ROOT


def stated():
    """The table in README.md: | `castle` | 550 x 30 | ..."""
    found = re.findall(r"^\| `(\w+)` \| (\d+) x (\d+) \|", (DATA / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    return [(name, int(rows), int(columns)) for name, rows, columns in found]


def test_every_table_is_described():
    assert sorted(name for name, _, _ in stated()) == sorted(path.stem for path in DATA.glob("*.csv"))


@pytest.mark.parametrize("name,rows,columns", stated())
def test_size(db, name, rows, columns):
    db.table(name)
    assert db.value(f"SELECT count(*) FROM {name}") == rows
    assert db.value("SELECT count(*) FROM pragma_table_info(?)", name) == columns


def test_job_training_difference(db):
    """Dehejia and Wahba (1999), table 2: the experimental difference is 1,794 dollars."""
    db.table("nsw")
    difference = db.value("SELECT avg(re78) FILTER (WHERE treat = 1) - avg(re78) FILTER (WHERE treat = 0) FROM nsw")
    assert abs(difference - 1794.342) < 0.001


def test_castle_laws(db):
    """Cheng and Hoekstra (2013): 21 states adopted between 2005 and 2009; laws do not go back. None in the Northeast."""
    db.table("castle")
    assert db.value("SELECT count(DISTINCT sid) FROM castle WHERE post = 1") == 21
    assert db.value("SELECT count(*) FROM castle a JOIN castle b USING (sid) WHERE a.post = 1 AND b.year > a.year AND b.post = 0") == 0
    assert db.value("SELECT count(*) FROM castle WHERE post = 1 AND region = 'Northeast'") == 0


def test_import_in_the_shell(db, tmp_path):
    """import.sql gives each table the types and values that the tests' own import gives it."""
    path = tmp_path / "shell.db"
    subprocess.run(["sqlite3", "-bail", "-batch", path], cwd=ROOT, check=True, input=(DATA / "import.sql").read_text(encoding="utf-8"), text=True)
    db.execute("ATTACH ? AS shell", (str(path),))
    for name, _, _ in stated():
        db.table(name)
        main, shell = ([row[1:3] for row in db.rows(f"PRAGMA {schema}.table_info({name})")] for schema in ("main", "shell"))
        assert main == shell
        ours, theirs = (db.rows(f"SELECT * FROM {schema}.{name} ORDER BY rowid") for schema in ("main", "shell"))
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):  # SQLite 3.40 reads some numbers of 17 digits a bit off
            assert all(a == b or isinstance(a, float) and math.isclose(a, b, rel_tol=1e-15) for a, b in zip(one, other))
