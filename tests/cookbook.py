"""sql/cookbook.md: every query runs on the shipped tables; those marked with a dot agree with oracle/cookbook.json (pyfixest, statsmodels, pandas; cookbook.py beside it)."""
import json
import re

import pytest

from conftest import ROOT

TEXT = (ROOT / "sql" / "cookbook.md").read_text(encoding="utf-8")
ORACLE = json.loads((ROOT / "tests" / "oracle" / "cookbook.json").read_text(encoding="utf-8"))
ENTRIES = [(number, title, dot == " •", sql) for number, title, dot, body in re.findall(r"^## (\d+)\. (.*?)( •)?\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
           for sql in re.findall(r"```sql\n(.*?)```", body, re.DOTALL)]
TABLES = ("castle", "wage_panel", "grunfeld", "card", "nsw", "gapminder")


def last_rows(db, sql):
    statements = [s for s in sql.strip().split(";\n") if s.strip()]
    for statement in statements[:-1]:
        db.execute(statement)
    return db.dicts(statements[-1].rstrip().rstrip(";"))


def test_forty_everyday_commands():
    assert len(ENTRIES) >= 40 and [int(number) for number, *_ in ENTRIES] == list(range(1, len(ENTRIES) + 1))
    assert TEXT.count("```stata") == TEXT.count("```r\n") == len(ENTRIES)
    assert {number for number, _, dotted, _ in ENTRIES if dotted} == set(ORACLE) and len(ORACLE) >= 25


@pytest.mark.parametrize("number, title, dotted, sql", ENTRIES, ids=[entry[0] for entry in ENTRIES])
def test_entry(db, number, title, dotted, sql):
    for table in TABLES:
        if table in sql:
            db.table(table)
    ours = last_rows(db, sql)
    assert ours
    if not dotted:
        return
    key = next((name for name in ("term", "firm") if name in ORACLE[number][0]), None)
    if key:
        ours = {row[key].replace(" ", "") if key == "term" else row[key]: row for row in ours}
    for at, expected in enumerate(ORACLE[number]):
        row = ours[expected[key].replace(" ", "") if key == "term" else expected[key]] if key else ours[at]
        for name, value in expected.items():
            if name != key:
                assert row[name] == pytest.approx(value, rel=1e-8 if name == "estimate" else 1e-7, abs=1e-12), (expected.get(key), name)
