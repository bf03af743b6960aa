"""The shipped tables are what sql/data/README.md says: rows, columns, and the figures that identify a table in the literature."""
import re

import pytest

from conftest import DATA


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
