"""A new estimator is one file in ext/est, one registry row, one sql/NAME.sql and one test: none of the four may be missing."""
import re

import pytest

from conftest import ROOT, connect


def registered():
    """The names that the loaded extension runs as estimators: econ_fit knows them."""
    text = (ROOT / "ext" / "est" / "registry.c").read_text(encoding="utf-8")
    listed = text[text.index("estimator_registry"):]
    return [name.lower() for name in re.findall(r"&(?:ESTIMATOR_)?([A-Za-z_]+)", listed[:listed.index("}")])]


NAMES = registered() if (ROOT / "ext" / "est" / "registry.c").exists() else []


def test_help_lists_every_estimator(db):
    helped = {name for (name,) in db.rows("SELECT name FROM econ_help()")}
    assert NAMES and set(NAMES) <= helped


@pytest.mark.parametrize("name", NAMES)
def test_four_parts(name):
    sources = [path for path in (ROOT / "ext" / "est").glob("*.c") if path.stem != "registry" and f'"{name}"' in path.read_text(encoding="utf-8")]
    assert sources, f"no file of ext/est has the row of {name}"
    assert (ROOT / "sql" / f"{name}.sql").exists(), f"sql/{name}.sql is missing"
    assert [*(ROOT / "tests").glob(f"{name}.*"), *(ROOT / "tests").glob(f"test_{name}.*")], f"tests/{name}.* is missing"
