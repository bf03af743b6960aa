"""export_sophistication. Numbers from oracle/indices.py (whole matrices, NumPy's general eigenvectors) and, beside the repository, EXPY of a real trade table."""
import json
import pathlib

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "indices.json").read_text())["trade"]
near = lambda value: pytest.approx(value, rel=1e-9, abs=1e-12)
CALL = "SELECT * FROM export_sophistication('trade', 'c, p, v, income', ?)"


@pytest.fixture
def trade(db):
    """The world of oracle/indices.py, each value in two rows."""
    db.execute("CREATE TABLE trade (t, c, p, v, income)")
    rows = [(1, c, f"p{p:02}", ((c * c * 7 + p * 13 + c * p * 5) % 17) ** 2 * (1 + (c * p) % 3), 1000 + 700 * c + (c * 37) % 11 * 150) for c in range(12) for p in range(23)]
    db.executemany("INSERT INTO trade VALUES (?, ?, ?, ?, ?)", [(t, c, p, v / 2, income) for t, c, p, v, income in rows for _ in range(2)])
    return db


def test_prody_and_expy(trade):
    assert [row["expy"] for row in trade.dicts(CALL, "")] == near(ORACLE["expy"])
    products = trade.dicts(CALL, "level=product")
    assert [row["prody"] for row in products] == near(ORACLE["prody"]) and [row["product"] for row in products] == [f"p{p:02}" for p in range(23)]
    assert products[0]["exporter"] is None and products[0]["expy"] is None


def test_complexity(trade):
    exporters, products = trade.dicts(CALL, "method=eci"), trade.dicts(CALL, "method=eci, level=product")
    assert [row["eci"] for row in exporters] == near(ORACLE["eci"]) and [row["diversity"] for row in exporters] == ORACLE["diversity"]
    assert [row["pci"] for row in products] == near(ORACLE["pci"]) and [row["ubiquity"] for row in products] == ORACLE["ubiquity"]
    # the other side is the shorter one
    turned = trade.dicts("SELECT * FROM export_sophistication('SELECT * FROM trade WHERE p < ''p08''', 'c, p, v, 1', 'method=eci')")
    straight = trade.dicts("SELECT * FROM export_sophistication('SELECT * FROM trade WHERE p < ''p08''', 'p, c, v, 1', 'method=eci')")
    assert len(turned) == 12 and len(straight) == 8 and all(abs(row["eci"]) < 4 for row in turned)


def test_time_and_order(trade):
    trade.execute("INSERT INTO trade SELECT 2, c, p, v * (1 + c), income * 2 FROM trade")
    first = trade.rows("SELECT exporter, expy FROM export_sophistication('trade', 'c, p, v, income', 'time=t') WHERE time = 1")
    second = trade.rows("SELECT exporter, expy FROM export_sophistication('trade', 'c, p, v, income', 'time=t') WHERE time = 2")
    assert [expy for _, expy in first] == near(ORACLE["expy"])
    assert [expy for _, expy in second] == near([2 * expy for expy in ORACLE["expy"]])  # shares do not change with an exporter's size


def test_exporters_without_exports_and_unconnected_worlds(db):
    db.execute("CREATE TABLE w AS SELECT 'a' AS c, 'x' AS p, 5 AS v, 10 AS y UNION ALL SELECT 'b', 'y', 2, 20 UNION ALL SELECT 'd', 'x', 0, 30 UNION ALL SELECT 'd', 'z', 0, 30")
    assert db.rows("SELECT exporter, expy FROM export_sophistication('w', 'c, p, v, y')") == [("a", 10), ("b", 20), ("d", None)]
    assert db.rows("SELECT product, prody FROM export_sophistication('w', 'c, p, v, y', 'level=product')") == [("x", 10), ("y", 20), ("z", None)]
    rows = db.rows("SELECT eci, note FROM export_sophistication('w', 'c, p, v, y', 'method=eci')")
    assert all(eci is None and "share no product" in note for eci, note in rows)


@pytest.mark.parametrize("sql, words", [
    ("SELECT * FROM export_sophistication('SELECT 1 AS c, 1 AS p, -2 AS v, 3 AS y', 'c, p, v, y')", "negative"),
    ("SELECT * FROM export_sophistication('SELECT 1 AS c, 1 AS p, 2 AS v, 3 AS y UNION ALL SELECT 1, 2, 2, 4', 'c, p, v, y')", "two incomes at one time, 3 and 4; for several periods give time="),
    ("SELECT * FROM export_sophistication('SELECT 1 AS c, 1 AS p, 0 AS v, 3 AS y', 'c, p, v, y')", "no value is above 0"),
    ("SELECT * FROM export_sophistication('SELECT 1 AS c, 1 AS p, NULL AS v, 3 AS y', 'c, p, v, y')", "1 with a NULL"),
    ("SELECT * FROM export_sophistication('SELECT 1 AS c, 1 AS p, 2 AS v', 'c, p, v')", "income"),
])
def test_errors(db, sql, words):
    message = db.error(sql)
    assert message.startswith("export_sophistication: ") and words in message


def test_known_trade_table(db, shared):
    """226 exporters and 785 products, 1998-2000: EXPY as the R package economiccomplexity prints it."""
    db.table(shared / "data" / "trade_country_product_avg1998_2000.csv", "exports").table(shared / "data" / "gdp_pc_country_avg1998_2000.csv", "income")
    source = "SELECT e.country, e.product, e.value, i.value AS income FROM exports e JOIN income i USING (country)"
    expy = dict(db.rows("SELECT exporter, expy FROM export_sophistication(?, 'country, product, value, income')", source))
    assert [round(expy[name], 2) for name in ("chn", "deu", "usa")] == [9417.82, 12441.46, 11778.32]


def test_complexity_of_the_known_trade_table(db, shared):
    """The vignette of the R package economiccomplexity 2.0.0 prints ECI and PCI (method = "eigenvalues") of this table for the first five countries and products.
    Harvard's ecomplexity 0.5.3 (Python) divides by n in place of n - 1, and puts PCI on the scale of ECI, a straight line of ours."""
    db.table(shared / "data" / "trade_country_product_avg1998_2000.csv", "exports")
    ask = "SELECT {0}, {1} FROM export_sophistication('SELECT country, printf(''%04d'', product) AS product, value FROM exports', 'country, product, value, 1', 'method=eci, level={0}')"
    eci, pci = (dict(db.rows(ask.format(*names))) for names in (("exporter", "eci"), ("product", "pci")))
    for name, value in {"afg": -0.5764283, "ago": -1.7770752, "aia": 1.4090414, "alb": -0.1732606, "and": 1.0772452}.items():
        assert eci[name] == pytest.approx(value, abs=5.1e-8)
    for name, value in {"0011": -0.66657613, "0012": -1.62657599, "0013": -0.08149436, "0014": 0.19917280, "0015": 0.14935653}.items():
        assert pci[name] == pytest.approx(value, abs=5.1e-9)
    for name, value in {"afg": -0.577708, "ago": -1.781020, "aia": 1.412169, "alb": -0.173645, "and": 1.079636}.items():
        assert eci[name] * (226 / 225) ** .5 == pytest.approx(value, abs=1e-6)
    harvard = {"0011": -1.070310, "0012": -3.289181, "0013": 0.282003, "0014": 0.930716, "0015": 0.815575}
    for name in ("0013", "0014", "0015"):
        assert (pci[name] - pci["0011"]) / (pci["0012"] - pci["0011"]) == pytest.approx((harvard[name] - harvard["0011"]) / (harvard["0012"] - harvard["0011"]), abs=3e-6)
