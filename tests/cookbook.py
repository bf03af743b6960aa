"""sql/cookbook.md: every query runs on the shipped tables; those marked with a dot agree with oracle/cookbook.json (pyfixest, statsmodels, linearmodels, pandas;
cookbook.py beside it) or cookbook_r.json (AER, quantreg, plm; cookbook.R)."""
import json
import re

import pytest

from conftest import ROOT

TEXT = (ROOT / "sql" / "cookbook.md").read_text(encoding="utf-8")
ORACLE = {}
for name in ("cookbook.json", "cookbook_r.json"):
    ORACLE.update(json.loads((ROOT / "tests" / "oracle" / name).read_text(encoding="utf-8")))
KEYS = ("term", "firm", "test", "event_time", "variable", "sample")
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
    assert {number for number, _, dotted, _ in ENTRIES if dotted} == set(ORACLE) and len(ORACLE) >= 36


@pytest.mark.parametrize("number, title, dotted, sql", ENTRIES, ids=[entry[0] for entry in ENTRIES])
def test_entry(db, number, title, dotted, sql):
    for table in TABLES:
        if table in sql:
            db.table(table)
    ours = last_rows(db, sql)
    assert ours
    if not dotted:
        return
    named = [name for name in KEYS if name in ORACLE[number][0]]
    key = lambda row: tuple(str(row[name]).replace(" ", "") for name in named)  # noqa: E731
    rows = {key(row): row for row in ours}
    assert len(rows) == len(ours) or not named
    compared = 0
    for at, expected in enumerate(ORACLE[number]):
        row = rows[key(expected)] if named else ours[at]
        for name, value in expected.items():
            if name in named or value is None:
                continue
            assert row[name] == pytest.approx(value, rel=1e-8 if name == "estimate" else 1e-7, abs=1e-12), (expected, name)
            compared += 1
    assert compared >= len(ORACLE[number])
