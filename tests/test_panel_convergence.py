"""panel_convergence. Numbers from oracle/panel_tables.R (sd, lm; robust and clustered errors from their definitions)."""
import json
import pathlib

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "panel_tables.json").read_text())["convergence"]
near = lambda value: pytest.approx(value, rel=1e-8)


@pytest.fixture
def gapminder(db):
    return db.table("gapminder")


def beta(db, options):
    return {row["term"]: row for row in db.dicts("SELECT * FROM panel_convergence('gapminder', 'gdpPercap', ?) WHERE type = 'beta'", f"id=country, time=year{options}")}


def same(rows, known):
    assert [rows["beta"][name] for name in ("estimate", "std_error", "p_value")] == near([known[name] for name in ("estimate", "std_error", "p_value")])
    assert [rows["speed"]["estimate"], rows["speed"]["std_error"]] == near([known["speed"], known["speed_se"]])
    if known["speed"] > 0:
        assert [rows["half_life"]["estimate"], rows["half_life"]["std_error"]] == near([known["half_life"], known["half_life_se"]])
    else:
        assert rows["half_life"]["estimate"] is None


def test_sigma(gapminder):
    rows = gapminder.dicts("SELECT * FROM panel_convergence('gapminder', 'gdpPercap', 'id=country, time=year, type=sigma')")
    assert {str(row["time"]): row["estimate"] for row in rows[:-1]} == pytest.approx(ORACLE["sigma"], rel=1e-12)
    assert all(row["n"] == 142 and row["term"] == "sd" for row in rows[:-1])
    assert [rows[-1][name] for name in ("term", "estimate", "std_error", "p_value")] == ["trend", *(near(ORACLE["trend"][name]) for name in ("estimate", "std_error", "p_value"))]
    cv = gapminder.value("SELECT estimate FROM panel_convergence('gapminder', 'gdpPercap', 'id=country, time=year, type=sigma, sigma=cv') WHERE time = 1952")
    assert cv == pytest.approx(gapminder.value("SELECT total FROM panel_inequality('gapminder', 'gdpPercap', 'time=year, measures=cv') WHERE time = 1952"), rel=1e-12)


def test_absolute_beta(gapminder):
    rows = beta(gapminder, "")
    same(rows, ORACLE["absolute"])
    assert rows["beta"]["n"] == 142 * 11 and list(rows) == ["(Intercept)", "beta", "speed", "half_life"]
    same(beta(gapminder, ", beta=cross"), ORACLE["cross"])
    rows = dict(gapminder.rows("SELECT * FROM fit_rows(econ_fit('panel_convergence', 'gapminder', 'gdpPercap', 'id=country, time=year'))"))
    assert rows["used"] == 1562 and 142 in rows.values()


def test_conditional_beta(gapminder):
    rows = beta(gapminder, ", controls=lifeExp, effects=both")
    same(rows, ORACLE["conditional"])
    assert [rows["lifeExp"]["estimate"], rows["lifeExp"]["std_error"]] == near([ORACLE["conditional"]["control"], ORACLE["conditional"]["control_se"]])
    fit = "econ_fit('panel_convergence', 'gapminder', 'gdpPercap', 'id=country, time=year, controls=lifeExp, effects=both')"
    assert gapminder.value(f"SELECT fit_se({fit}, 'beta')") == rows["beta"]["std_error"]
    assert gapminder.value(f"SELECT statistic FROM fit_wald({fit}, 'beta = 0')") > 0


def test_same_as_the_regression_written_out(gapminder):
    gapminder.execute("""CREATE TABLE growing AS SELECT a.*, ln(a.gdpPercap) AS initial, (ln(b.gdpPercap) - ln(a.gdpPercap)) / 5 AS growth
                         FROM gapminder a JOIN gapminder b ON b.country = a.country AND b.year = a.year + 5""")
    for options in ("vcov=iid", "vcov=cluster(continent)", "vcov=hc3"):
        ours = gapminder.row("SELECT estimate, std_error FROM panel_convergence('gapminder', 'gdpPercap', ?) WHERE term = 'beta'", f"id=country, time=year, {options}")
        assert ours == pytest.approx(gapminder.row("SELECT estimate, std_error FROM fe_ols('growing', 'growth ~ initial', ?) WHERE term = 'initial'", options), rel=1e-10)


@pytest.mark.parametrize("source, options, words", [
    ("gapminder", "id=country", "id=..., time=..."),
    ("SELECT * FROM gapminder WHERE year = 1952", "id=country, time=year", "one period only"),
    ("SELECT * FROM gapminder UNION ALL SELECT * FROM gapminder WHERE year = 2007 AND country = 'Chad'", "id=country, time=year", "'Chad' has two rows at 2007"),
    ("SELECT *, 0 AS zero FROM gapminder", "id=country, time=year", "log=0"),
    ("SELECT *, 'in ' || year AS y FROM gapminder", "id=country, time=y", "a time must be a number"),
    ("SELECT * FROM gapminder", "id=country, time=year, step=7", "partner 7 later"),
    ("SELECT * FROM gapminder", "id=country, time=year, beta=cross, step=5", "step= is for beta=panel; beta=cross does not use it"),
])
def test_errors(gapminder, source, options, words):
    variable = "zero" if "zero" in source else "gdpPercap"
    message = gapminder.error("SELECT * FROM panel_convergence(?, ?, ?)", source, variable, options)
    assert message.startswith("panel_convergence: ") and words in message
