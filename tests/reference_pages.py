"""The pages of sql/reference are what the program and its comments say today: made again and compared. `make reference` brings them up to date."""
import re
import subprocess

import pytest

import reference
from conftest import DATA, ROOT

NUMBER = re.compile(r"-?\b\d+(?:\.\d+)?(?:e[+-]?\d+)?")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    path = tmp_path_factory.mktemp("reference") / "tables.db"
    subprocess.run(["sqlite3", "-bail", "-batch", path], cwd=ROOT, check=True, input=(DATA / "import.sql").read_text(encoding="utf-8"), text=True)
    return path


@pytest.fixture
def made(db, tables):
    db.execute("ATTACH ? AS shipped", (str(tables),))
    for name, sql in db.rows("SELECT name, sql FROM shipped.sqlite_master WHERE type = 'table'"):
        db.execute(sql)
        db.execute(f"INSERT INTO main.{name} SELECT * FROM shipped.{name}")
    return reference.pages(db)


def same(kept, now, svg):
    """The same words, and numbers that differ in the last digit at most: another LAPACK may round the other way."""
    if NUMBER.sub("#", kept) != NUMBER.sub("#", now):
        return False
    pairs = zip(map(float, NUMBER.findall(kept)), map(float, NUMBER.findall(now)))
    return all(abs(a - b) <= max(1e-11, 2e-5 * abs(a), 0.11 if svg else 0) for a, b in pairs)


def test_pages(made):
    kept = {path.name: path.read_text(encoding="utf-8") for path in reference.FOLDER.iterdir()}
    assert sorted(kept) == sorted(made), "make reference"
    stale = [name for name in made if not same(kept[name], made[name], name.endswith(".svg"))]
    assert stale == [], "make reference"


def test_every_function_has_a_page_with_an_example(db, made):
    names = [name for (name,) in db.rows("SELECT name FROM econ_help()")]
    assert len(names) >= 40
    for name in names:
        page = made[f"{name}.md"]
        assert page.startswith(f"# {name}\n") and "## Example" in page
        assert f"[{name}]({name}.md)" in made["README.md"]
        if not name.endswith("_table"):  # of the printed tables sql/fit_table.sql says all
            assert "## Definition" in page and "## Source" in page, name


def test_links(made):
    """Each link of a page leads to a file."""
    for name, text in made.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)) if name.endswith(".md") else ():
            assert (reference.FOLDER / target).exists(), (name, target)


def test_lists_begin_where_sentences_end(made):
    """What hangs beneath a sentence is not taken for a list: no block of text in the middle of a parenthesis, no sentence among the rows of a list."""
    for name, text in made.items():
        definition = re.search(r"## Definition\n(.*?)(?=\n## |\Z)", text, re.DOTALL) if name.endswith(".md") else None
        for paragraph in re.split(r"```text\n", definition[1])[:-1] if definition else ():
            prose = re.sub(r"`[^`]*`", "", paragraph.split("```")[-1]).strip().splitlines()
            if prose:
                assert prose[-1].count("(") <= prose[-1].count(")"), (name, prose[-1])
        for block in re.findall(r"```text\n(.*?)```", definition[1], re.DOTALL) if definition else ():
            assert not re.search(r"^(These|With|What|Rows|Where) .*\.$", block, re.MULTILINE), (name, block)


def test_a_number_that_moved_is_seen():
    assert same("| 0.123456 | 1e-05 |", "| 0.123457 | 1e-05 |", False)
    assert not same("| 0.123456 |", "| 0.123556 |", False)
    assert not same("| 0.5 | x |", "| 0.5 | y |", False)


@pytest.mark.parametrize("given,wanted", [(0.1234567, "0.123457"), (1e-17, "0"), (1234567.0, "1.23457e+06"), (None, ""), (12, "12"), ("a|b", "a|b")])
def test_cells(given, wanted):
    assert reference.shown(given) == wanted
