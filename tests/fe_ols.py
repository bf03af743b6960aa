"""fe_ols: against pyfixest and statsmodels on the shipped tables (oracle/make_fe_ols.py), against least squares with dummies on random panels,
and what SQL adds: the four ways to call give the same bits, bad groups do not stop a query, rows are accounted for."""
import json
import math
import pathlib
import random

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "fe_ols.json").read_text())


@pytest.mark.parametrize("case", ORACLE, ids=lambda case: f"{case['table']} {case['formula']} {case['options']}")
def test_against_other_programs(db, case):
    db.table(case["table"])
    rows = {row["term"]: row for row in db.dicts("SELECT term, estimate, std_error, p_value, conf_low, conf_high, nobs, r2, ll FROM fe_ols(?, ?, ?)",
                                                 case["table"], case["formula"], case["options"])}
    iterated = case["formula"].count("+ occupation") > 0
    matched = 0
    for term, (estimate, std_error, p_value, low, high) in case["rows"].items():
        ours = rows.get("(Intercept)" if term == "Intercept" else term.replace("np.log", "ln"))
        if ours is None:  # C(year)[1936] and the like
            assert term.startswith("C(year)"), term
            ours = rows["year::" + term[term.rindex("[") + 1:-1].replace("T.", "")]
        matched += 1
        assert ours["estimate"] == pytest.approx(estimate, rel=1e-6 if iterated else 1e-9, abs=1e-12)
        assert ours["std_error"] == pytest.approx(std_error, rel=1e-6 if iterated else 1e-8)
        assert ours["p_value"] == pytest.approx(p_value, rel=1e-5, abs=1e-12)
        assert ours["conf_low"] == pytest.approx(low, rel=1e-6, abs=1e-9)
        assert ours["conf_high"] == pytest.approx(high, rel=1e-6, abs=1e-9)
    assert matched == len(case["rows"]) and matched
    some = next(iter(rows.values()))
    assert some["nobs"] == case["nobs"]
    assert some["r2"] == pytest.approx(case["r2"], rel=1e-9)
    if "ll" in case:
        assert some["ll"] == pytest.approx(case["ll"], rel=1e-10)


FIXEST = json.loads((pathlib.Path(__file__).parent / "oracle" / "fixest.json").read_text())["cases"]


@pytest.mark.parametrize("case", FIXEST, ids=lambda case: f"{case['table']} {case['formula']} {case['options']}")
def test_against_fixest(db, case):
    """Where programs part (oracle/fixest.R): numbers, degrees of freedom, names of the terms, and which of them are given up."""
    db.table("grunfeld" if case["table"] == "dotted" else case["table"])
    db.execute("CREATE VIEW dotted AS SELECT *, value AS 'value.' FROM grunfeld" if case["table"] == "dotted" else "SELECT 1")
    rows = db.rows("SELECT term, estimate, std_error, p_value, nobs, fit_stat(fit, 'df_t') FROM fe_ols(?, ?, ?)", case["table"], case["formula"], case["options"] + ", singletons=keep")
    assert [row[0] for row in rows if row[1] is None] == case["dropped"]
    ours = {row[0].replace("l(capital)", "l(capital,1)"): row for row in rows if row[1] is not None}  # l(x) is named as it is written
    assert ours.keys() == {row[0] for row in case["rows"]}
    for term, *numbers in case["rows"]:
        assert ours[term][1:4] == pytest.approx(numbers, rel=1e-8), term
        assert ours[term][4:] == (case["nobs"], case["df_t"])


def test_the_floor_of_eigenvalues_does_not_make_errors(db):
    """fixest raises eigenvalues to 1e-10 in whatever units: here its errors would be 1e-5 and made of nothing else."""
    db.table("card")
    small = dict(db.rows("SELECT term, std_error FROM fe_ols('card', 'lwage ~ I(educ * 1000000) + I(exper * 1000000)', 'vcov=cluster(age+south)')"))
    assert all(error < 1e-6 for term, error in small.items() if term != "(Intercept)")


# ---------------------------------------------------------------- random panels against dummies (numpy's least squares)
def random_panel(seed):
    draw = random.Random(seed)
    units, periods = draw.randint(3, 15), draw.randint(3, 9)
    rows = []
    for unit in range(units):
        for time in range(periods):
            if draw.random() < 0.3:
                continue
            x1, x2 = draw.gauss(unit, 1), draw.gauss(0, 1) + time
            rows.append((unit, time, x1 - 0.5 * x2 + unit ** 2 + math.sin(time) + draw.gauss(0, 1), x1, x2, draw.uniform(0.5, 2)))
    return rows


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_unbalanced_panels_equal_dummies(db, start):
    numpy = pytest.importorskip("numpy")
    db.execute("CREATE TABLE p (u, t, y, x1, x2, w)")
    for seed in range(start, start + 20):
        rows = random_panel(seed)
        db.execute("DELETE FROM p")
        db.executemany("INSERT INTO p VALUES (?, ?, ?, ?, ?, ?)", rows)
        data = numpy.array(rows, dtype=float)
        for weights in ("", "weights=w"):
            w = data[:, 5] if weights else numpy.ones(len(rows))
            columns = [data[:, 3], data[:, 4]]
            columns += [(data[:, 0] == unit) * 1.0 for unit in sorted(set(data[:, 0]))] + [(data[:, 1] == time) * 1.0 for time in sorted(set(data[:, 1]))]
            design = numpy.column_stack(columns)
            b, _, rank, _ = numpy.linalg.lstsq(design * numpy.sqrt(w)[:, None], data[:, 2] * numpy.sqrt(w), rcond=1e-11)
            if rank >= len(rows) - 1 or rank < 4:
                continue
            residual = data[:, 2] - design @ b
            ours = db.dicts("SELECT term, estimate, rmse FROM fe_ols('p', 'y ~ x1 + x2 | u + t', ?)", f"vcov=iid, singletons=keep{', ' * bool(weights)}{weights}")
            for row, value in zip(ours, b):
                if row["estimate"] is not None:
                    assert row["estimate"] == pytest.approx(value, rel=1e-10, abs=1e-10), (seed, weights)
            assert ours[0]["rmse"] == pytest.approx(math.sqrt((w * residual ** 2).sum() / len(rows)), rel=1e-9), (seed, weights)


# ---------------------------------------------------------------- the four ways to call
def test_the_same_bits_however_it_is_called(db):
    db.table("castle")
    formula, options = "l_homicide ~ post + unemployrt | sid + year", "vcov=cluster(sid)"
    spec = f"{formula}; {options}"
    values = "l_homicide, post, unemployrt, sid, year"
    rows = db.rows("SELECT term, estimate, std_error FROM fe_ols('castle', ?, ?)", formula, options)
    as_value = db.value("SELECT econ_fit('fe_ols', 'castle', ?, ?)", formula, options)
    aggregate = db.value(f"SELECT fe_ols(?, {values}) FROM castle", spec)
    window = db.value(f"SELECT fe_ols(?, {values}) OVER (ORDER BY rowid ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM castle LIMIT 1", spec)
    assert aggregate == window == as_value
    assert db.rows("SELECT term, estimate, std_error FROM fit_terms(?)", aggregate) == rows
    short = db.value("SELECT fe_ols(l_homicide, sid, year, post, unemployrt) FROM castle")
    assert [row[1:] for row in db.rows("SELECT term, estimate, std_error FROM fit_terms(?)", short)] == [row[1:] for row in rows]


def test_rolling_windows_equal_subsets(db):
    db.table("grunfeld")
    db.execute("UPDATE grunfeld SET capital = NULL WHERE year = 1940 AND firm LIKE 'U%'")
    windows = dict(db.rows("SELECT year, fe_ols('invest ~ value + capital | firm', invest, value, capital, firm) OVER "
                           "(ORDER BY year RANGE BETWEEN 4 PRECEDING AND CURRENT ROW) FROM grunfeld"))
    assert len(windows) == 20
    for year, fit in windows.items():
        subset = db.value("SELECT fe_ols('invest ~ value + capital | firm', invest, value, capital, firm) FROM "
                          "(SELECT * FROM grunfeld WHERE year BETWEEN ? - 4 AND ? ORDER BY year, rowid)", year, year)
        assert fit == subset


def test_a_window_after_a_bad_row_is_well_again(db):
    db.execute("CREATE TABLE t (i INTEGER, y, x)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?)", [(i, i * i % 7, "text" if i == 5 else i) for i in range(20)])
    fits = db.rows("SELECT i, fit_stat(fe_ols('y ~ x; vcov=iid', y, x) OVER (ORDER BY i ROWS 3 PRECEDING), 'error') FROM t")
    assert all((error is not None) == (i < 2 or 5 <= i <= 8) for i, error in fits), fits


def test_bad_groups_do_not_stop_the_query(db):
    db.table("grunfeld")
    fits = dict(db.rows("SELECT firm, fe_ols('invest ~ value; vcov=iid', invest, CASE WHEN firm = 'US Steel' THEN 'x' ELSE value END) FROM grunfeld GROUP BY firm"))
    assert len(fits) == 11
    failed = {firm: json.loads(fit)["error"] for firm, fit in fits.items() if "error" in json.loads(fit)}
    assert list(failed) == ["US Steel"] and "value" in failed["US Steel"]
    assert db.value("SELECT fit_coef(?, 'value')", fits["US Steel"]) is None
    assert db.value("SELECT fit_coef(?, 'value')", fits["Goodyear"]) > 0


def test_filter_is_a_subsample(db):
    db.table("grunfeld")
    inside = db.value("SELECT fe_ols('invest ~ value | firm', invest, value, firm) FILTER (WHERE year >= 1940) FROM grunfeld")
    where = db.value("SELECT econ_fit('fe_ols', 'grunfeld', 'invest ~ value | firm', 'where=year >= 1940')")
    assert json.loads(inside)["terms"] == json.loads(where)["terms"]
    assert json.loads(where)["rows"]["where_excluded"] == 55


def test_no_rows_give_no_fit(db):
    db.table("grunfeld")
    assert db.value("SELECT fe_ols(invest, firm, year, value) FROM grunfeld WHERE 0") is None


def test_an_effect_that_is_null_everywhere_is_left_out(db):
    db.table("grunfeld")
    one = json.loads(db.value("SELECT fe_ols(invest, firm, NULL, value) FROM grunfeld"))
    other = json.loads(db.value("SELECT fe_ols('y ~ x1 | unit', invest, value, firm) FROM grunfeld"))
    assert [t["estimate"] for t in one["terms"]] == [t["estimate"] for t in other["terms"]]
    assert [a["name"] for a in one["absorbed"]] == ["unit"]
    pooled = json.loads(db.value("SELECT fe_ols(invest, NULL, NULL, value) FROM grunfeld"))
    assert [t["term"] for t in pooled["terms"]] == ["(Intercept)", "x1"]


# ---------------------------------------------------------------- rows
def test_every_row_is_accounted_for(db):
    db.execute("CREATE TABLE t (u, y, x, w)")
    rows = [(i // 4, i * 7 % 5, i * 3 % 11, 1.0) for i in range(40)] + [(100, 1, 2, 1), (3, None, 2, 1), (3, 1, None, 1), (None, 1, 1, 1), (2, 5, 5, 0), (2, 9, 9, None)]
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    ledger = dict(db.rows("SELECT * FROM fit_rows(econ_fit('fe_ols', 't', 'y ~ x | u', 'weights=w, where=u IS NOT 5'))"))
    assert (ledger["read"], ledger["where_excluded"], ledger["null"], ledger["zero_weight"], ledger["singleton"], ledger["used"]) == (46, 4, 4, 1, 1, 36)


def test_the_virtual_table_shows_all_rows(db):
    db.table("card")
    db.execute("CREATE VIRTUAL TABLE temp.v USING fe_ols('card', 'lwage ~ educ + IQ | age', 'where=black = 0')")
    total, used = db.row("SELECT count(*), count(residual) FROM v")
    assert total == 3010 and used == db.value("SELECT nobs FROM fe_ols('card', 'lwage ~ educ + IQ | age', 'where=black = 0')")
    assert db.value("SELECT count(*) FROM v WHERE residual IS NOT NULL AND (IQ IS NULL OR black = 1)") == 0
    assert db.value("SELECT max(abs(fitted + residual - lwage)) FROM v") < 1e-12
    b = dict(db.rows("SELECT term, estimate FROM fe_ols('card', 'lwage ~ educ + IQ | age', 'where=black = 0')"))
    assert db.value("SELECT max(abs(fitted - ? * educ - ? * IQ - fe_age)) FROM v", b["educ"], b["IQ"]) < 1e-11
    db.execute("DROP TABLE v")


def test_effects_but_the_first_sum_to_zero(db):
    db.table("castle")
    db.execute("CREATE VIRTUAL TABLE temp.v USING fe_ols('castle', 'l_homicide ~ post | sid + year + region^year')")
    first, year, third = db.row('SELECT sum(fe_sid), sum(fe_year), sum("fe_region^year") FROM v')
    assert abs(year) < 1e-9 and abs(third) < 1e-9 and abs(first) > 1
    db.execute("DROP TABLE v")


def test_slopes_of_units(db):
    db.table("munnell")
    trends = db.dicts("SELECT term, estimate, std_error FROM fe_ols('munnell', 'ln(GSP) ~ ln(EMP) | STATE[YR]', 'vcov=iid')")
    dummies = db.dicts("SELECT term, estimate, std_error FROM fe_ols('munnell', 'ln(GSP) ~ ln(EMP) + i(STATE) + i(STATE, YR - 1978)', 'vcov=iid')")
    assert trends[0]["estimate"] == pytest.approx(dummies[1]["estimate"], rel=1e-9)
    assert trends[0]["std_error"] == pytest.approx(dummies[1]["std_error"], rel=1e-7)


def test_one_step_is_that_of_the_panel(db):
    """fixest's time.step="unitary": in a panel of every fifth year l(x) is five years back; a number counts years. Times that are no whole numbers have the step 1."""
    db.table("grunfeld")
    db.execute("CREATE TABLE fifth AS SELECT * FROM grunfeld WHERE year IN (1935, 1940, 1950)")
    db.execute("CREATE VIEW quarters AS SELECT *, 1900 + (year - 1935) / 4.0 AS q FROM grunfeld")
    numbers = lambda table, formula, panel="panel=firm+year": db.rows("SELECT estimate, std_error, nobs FROM fe_ols(?, ?, ?)", table, formula, panel)
    steps = numbers("fifth", "d(invest) ~ d(value) + l(capital) + l(value)*l(capital)")
    assert steps[0][2] == db.row("SELECT count(DISTINCT firm) FROM fifth")[0] and steps[1][0] is not None
    assert steps == numbers("fifth", "d(invest,5) ~ d(value,5) + l(capital,5) + l(value,5)*l(capital,5)")
    assert numbers("fifth", "invest ~ f(value)") == numbers("fifth", "invest ~ f(value,5)")
    said = lambda table, formula: db.rows("SELECT value FROM fit_stats(econ_fit('fe_ols', ?, ?, 'panel=firm+year')) WHERE name = 'lag_step'", table, formula)
    assert said("fifth", "invest ~ l(value)") == [(5,)] and said("fifth", "invest ~ l(value,5)") == [] == said("grunfeld", "invest ~ l(value)")
    assert numbers("grunfeld", "invest ~ l(value)") == numbers("grunfeld", "invest ~ l(value,1)") == numbers("grunfeld", "invest ~ l(value)", "panel=firm+year*10")
    assert numbers("quarters", "invest ~ l(value)", "panel=firm+q") == numbers("grunfeld", "invest ~ l(value,4)")
    with pytest.raises(Exception, match=r"l\(value,3\): no two times are 3 apart.*l\(x,5\)"):
        numbers("fifth", "invest ~ l(value,3)")
    made = db.rows("SELECT n, low FROM panel_prepare('fifth', '', 'l(value), five=l(value,5), growth(value), one=l(value,1), id=firm, time=year')")
    assert [n for n, low in made] == [steps[0][2]] * 3 + [0]


def test_lags_over_gaps_and_outside_where(db):
    db.execute("CREATE TABLE t (u, y, t, x)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", [(u, (u * 31 + t * 17) % 13, t, (u * 7 + t * t) % 11) for u in range(6) for t in range(2000, 2010) if (u, t) != (2, 2004)])
    db.execute("CREATE TABLE lagged AS SELECT t.*, p.x AS lx, n.x AS fx FROM t LEFT JOIN t p ON p.u = t.u AND p.t = t.t - 1 LEFT JOIN t n ON n.u = t.u AND n.t = t.t + 1")
    ours = db.rows("SELECT estimate, std_error, nobs FROM fe_ols('t', 'y ~ l(x) + f(x) + d(x) | u + t', 'where=t >= 2003')")
    theirs = db.rows("SELECT estimate, std_error, nobs FROM fe_ols('lagged', 'y ~ lx + fx + I(x - lx) | u + t', 'where=t >= 2003')")
    assert ours == theirs and ours[0][2] > 20


# ---------------------------------------------------------------- numbers that are hard to hold
def test_huge_means_with_small_variation(db):
    db.execute("CREATE TABLE t (u, y, x)")
    rows = [(i % 7, ((i * 37) % 101) / 64, ((i * 53) % 97) / 64) for i in range(300)]
    db.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    near = db.row("SELECT estimate, std_error FROM fe_ols('t', 'y ~ x | u')")
    far = db.row("SELECT estimate, std_error FROM fe_ols('t', 'y + 1073741824.0 ~ I(x + 1073741824.0) | u')")  # exact in binary
    assert far == pytest.approx(near, rel=1e-8)


def test_constants_and_collinear_columns(db):
    db.table("grunfeld")
    terms = dict(db.rows("SELECT term, estimate FROM fe_ols('grunfeld', 'invest ~ 7 * year + value + I(3*value) + capital + I(value-capital) | year')"
                         if False else "SELECT term, estimate FROM fe_ols('grunfeld', 'invest ~ value + I(3*value) + I(2.5) + capital + I(value-capital) + I(year*1) | firm + year')"))
    assert [name for name, estimate in terms.items() if estimate is None] == ["I(3*value)", "I(2.5)", "I(value-capital)", "I(year*1)"]


def test_identifiers_of_any_size_and_kind(db):
    db.execute("CREATE TABLE t (u, y, x)")
    ids = [2 ** 62 + 1, 2 ** 62 + 2, -(2 ** 60), "a", "", "ü" * 300, 1.5, b"\x00\x01"]
    db.executemany("INSERT INTO t VALUES (?, ?, ?)", [(ids[i % 8], (i * 31) % 17, (i * 13) % 19) for i in range(80)])
    fit = json.loads(db.value("SELECT econ_fit('fe_ols', 't', 'y ~ x | u', '')"))
    assert fit["absorbed"][0]["levels"] == 8
    db.execute("UPDATE t SET u = 1.0 WHERE u = 'a'")
    db.execute("INSERT INTO t VALUES (1, 3, 4), (1, 5, 5)")
    assert json.loads(db.value("SELECT econ_fit('fe_ols', 't', 'y ~ x | u', '')"))["absorbed"][0]["levels"] == 8  # 1 and 1.0 are one level


def test_identifiers_around_the_edge_of_small_integers(db):
    db.execute("CREATE TABLE t (u, y, x)")
    ids = [-2 ** 31, -2 ** 31 + 1, 2 ** 31 - 1, 2 ** 31, -1, 0, 7, "7"]
    db.executemany("INSERT INTO t VALUES (?, ?, ?)", [(ids[min(i // 5, 7)], (i * 31) % 17, (i * 13) % 19) for i in range(60)] + [(None, 1, 1)] * 3)
    for order in ("u", "-rowid", "x"):
        fit = json.loads(db.value(f"SELECT econ_fit('fe_ols', 'SELECT * FROM t ORDER BY {order}', 'y ~ x | u', '')"))
        assert fit["absorbed"][0]["levels"] == 8 and fit["rows"]["used"] == 60


def test_presets_of_the_correction(db):
    """ssc= differs only by known factors: K and G are in the fit."""
    db.table("castle")
    error = dict(db.rows("SELECT ssc, std_error FROM fe_ols('castle', 'l_homicide ~ post | sid + year') WHERE ssc IN ('fixest', 'areg', 'none', 'xtreg', 'reghdfe', 'stata')"))
    n, g = 550, 50
    full, nested = 1 + 50 + 11 - 1, 1 + 1 + 11 - 1
    factor = lambda k: math.sqrt((n - 1) / (n - k) * g / (g - 1))
    assert error["fixest"] / error["none"] == pytest.approx(factor(nested), rel=1e-12)
    assert error["areg"] / error["none"] == pytest.approx(factor(full), rel=1e-12)
    assert error["reghdfe"] == error["xtreg"] == error["stata"] == error["fixest"]


def test_redundant_levels_count_for_reghdfe(db):
    """Two islands of units and times: one more redundant level, which only reghdfe looks for."""
    db.execute("CREATE TABLE t (u, t, y, x)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", [(u, t, (u * 31 + t * 17) % 13, (u * 7 + t * t * 3) % 11) for u in range(8) for t in range(10) if (u < 4) == (t < 5)])
    k = dict(db.rows("SELECT ssc, fit_stat(fit, 'k') FROM fe_ols('t', 'y ~ x | u + t', 'vcov=iid') WHERE ssc IN ('fixest', 'reghdfe')"))
    assert k["fixest"] == 1 + 8 + 10 - 1 and k["reghdfe"] == 1 + 8 + 10 - 2


def test_options_are_columns(db):
    db.table("grunfeld")
    rows = db.rows("SELECT vcov, level, conf_high - conf_low FROM fe_ols('grunfeld', 'invest ~ value | firm') WHERE vcov IN ('iid', 'hc1') AND level IN (0.9, 0.99)")
    assert len(rows) == 4 and len({width for _, _, width in rows}) == 4
    db.execute("CREATE TABLE specifications (controls TEXT)")
    db.executemany("INSERT INTO specifications VALUES (?)", [("value",), ("capital",), ("value + capital",)])
    curve = db.rows("SELECT s.controls, count(m.estimate) FROM specifications s, fe_ols('grunfeld', 'invest ~ ' || s.controls || ' | firm + year') m GROUP BY 1")
    assert dict(curve) == {"value": 1, "capital": 1, "value + capital": 2}


def test_a_mended_covariance_is_said(db):
    """Two clusterings whose V1 + V2 - V12 has negative eigenvalues: ssc=fixest leaves V where no variance is negative, as fixest does, the other presets mend it."""
    db.table("card").table("grunfeld")
    note = lambda table, formula, vcov, ssc: db.rows("SELECT value FROM fit_stats(econ_fit('fe_ols', ?, ?, ?)) WHERE name = 'vcov_note'", table, formula, f"vcov={vcov}, ssc={ssc}")
    errors = lambda formula, vcov, ssc: dict(db.rows("SELECT term, std_error FROM fe_ols('card', ?, ?)", formula, f"vcov={vcov}, ssc={ssc}"))
    indefinite, negative = ("lwage ~ educ + exper + black", "cluster(south+smsa)"), ("lwage ~ educ + exper", "cluster(age+south)")
    assert note("grunfeld", "invest ~ value + capital", "cluster(firm+year)", "reghdfe") == [] == note("grunfeld", "invest ~ value + capital", "cluster(firm+year)", "fixest")
    assert "left so as fixest does" in note("card", *indefinite, "fixest")[0][0]
    for formula, vcov, ssc in ((*indefinite, "reghdfe"), (*negative, "reghdfe"), (*negative, "fixest")):
        assert "eigenvalues were set to 0" in note("card", formula, vcov, ssc)[0][0]
        v = {(a, b): value for a, b, value in db.rows("SELECT * FROM fit_vcov(econ_fit('fe_ols', 'card', ?, ?))", formula, f"vcov={vcov}, ssc={ssc}")}
        assert all(v[a, b] ** 2 <= v[a, a] * v[b, b] * (1 + 1e-9) for a, b in v)
    # V1 + V2 - V12 as it is, each from its own regression
    parts = [errors(indefinite[0], f"cluster({c})", "none") for c in ("south", "smsa", "south^smsa")]
    raw, mended = errors(*indefinite, "fixest"), errors(*indefinite, "reghdfe")
    factor = 3009 / (3010 - 4) * 2
    for term in raw:
        assert raw[term] ** 2 == pytest.approx(factor * (parts[0][term] ** 2 + parts[1][term] ** 2 - parts[2][term] ** 2), rel=1e-8) and mended[term] > raw[term]


def test_quoted_values_are_the_words_in_them(db):
    db.table("grunfeld")
    errors = lambda options: db.rows("SELECT std_error, vcov FROM fe_ols('grunfeld', 'invest ~ value | year', ?)", options)
    for bare, quoted in (("vcov=hc1", "vcov='hc1'"), ("vcov=cluster(firm), ssc=none", "vcov=\"cluster(firm)\", ssc='none'")):
        assert errors(bare)[0][0] > 0 and [row[0] for row in errors(bare)] == [row[0] for row in errors(quoted)]


def test_the_same_bits_on_one_thread_and_two(db, monkeypatch):
    db.execute("CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299999) "
               "SELECT i * 7919 % 3001 AS u, i * 104729 % 53 AS t, i * 31 % 997 / 7.0 AS y, i * 17 % 991 / 3.0 AS x1, i * 13 % 89 / 9.0 AS x2, 1 + i % 3 AS w FROM n")
    fits = set()
    for threads in "12":
        monkeypatch.setenv("ECON_THREADS", threads)
        fits.add(db.value("SELECT econ_fit('fe_ols', 'big', 'y ~ x1 + x2 | u + t', 'weights=w')"))
    assert len(fits) == 1


def test_scores_that_cancel_have_no_error(db):
    """In exact arithmetic the sandwich is 0 here: the rest of a sum of roundings gave t = 1e15 and p = 1e-15."""
    db.execute("CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 47) "
               "SELECT i / 12 AS u, i % 12 AS t, i * 37 % 11 + .1 * i AS x, i * 53 % 17 - .3 * i AS y, i * 37 % 11 + i * i % 7 AS z FROM n")
    two, ask = "SELECT * FROM t WHERE u < 2", "SELECT estimate IS NULL, std_error, statistic, p_value, conf_low, f_statistic FROM fe_ols(?, ?, ?)"
    nothing = (0, None, None, None, None, None)
    assert db.rows(ask, two, "y ~ x | u + t", "") == [nothing]                                  # two units, clustered by unit
    assert db.rows(ask, "t", "y ~ i(u, x) | u", "") == [nothing] * 4                            # a slope for each cluster
    assert db.value("SELECT fit_stat(econ_fit('fe_ols', 't', 'y ~ i(u, x) | u', ''), 'terms_without_error')") == 4
    assert db.value("SELECT fit_stat(econ_fit('fe_ols', 't', 'y ~ x | u + t', ''), 'terms_without_error')") == 0
    assert "the term 'x' has no error under the vcov of this fit" in db.error("SELECT * FROM fit_wald(econ_fit('fe_ols', ?, 'y ~ x | u + t', ''), 'x')", two)
    alone = "SELECT * FROM t WHERE u < 3 OR t = 0"                                              # the fourth group is one row: its mean is that row
    errors = [row[0] for row in db.rows("SELECT std_error FROM fe_ols(?, 'y ~ 0 + I(u = 0) + I(u = 1) + I(u = 2) + I(u = 3)', 'vcov=hc1')", alone)]
    assert all(error > 0 for error in errors[:3]) and errors[3] is None
    assert db.value("SELECT std_error FROM fe_iv(?, 'y ~ 1 | u + t | x ~ z', '') WHERE stage = 'second'", two) is None
    for source, formula in ((two, "y ~ x | u + t"), ("t", "y ~ i(u, x) | u")):                  # iid has errors, as have three units
        assert all(r[0] > 0 for r in db.rows("SELECT std_error FROM fe_ols(?, ?, 'vcov=iid')", source, formula))
    assert db.value("SELECT std_error FROM fe_ols('t', 'y ~ x | u + t', 'where=u < 3')") > 0


def test_names_with_dots_need_no_quotes(db):
    db.execute('CREATE TABLE iris ("Sepal.Length", "Petal.Width", "a.b.2", Species)')
    db.executemany("INSERT INTO iris VALUES (?, ?, ?, ?)", [(i * 7 % 11, i * 5 % 13, i % 4, "xyz"[i % 3]) for i in range(30)])
    for bare, quoted in (("Sepal.Length ~ Petal.Width", '"Sepal.Length" ~ "Petal.Width"'), ("Sepal.Length ~ I(Petal.Width*a.b.2) + a.b.2:Petal.Width | Species",
                         '"Sepal.Length" ~ I("Petal.Width"*"a.b.2") + "a.b.2":"Petal.Width" | Species')):
        ours = db.rows("SELECT estimate, std_error FROM fe_ols('iris', ?)", bare)
        assert ours == db.rows("SELECT estimate, std_error FROM fe_ols('iris', ?)", quoted)
    assert db.rows("SELECT term FROM fe_ols('iris', 'Sepal.Length ~ Petal.Width', 'where=a.b.2 > 0')")[1] == ("Petal.Width",)
    assert "did you mean 'Petal.Width'" in db.error("SELECT * FROM fe_ols('iris', 'Sepal.Length ~ Petal.Widht')")


@pytest.mark.parametrize("estimator, absorbed, written", [
    ("fe_ols", "y ~ x | g[[t]]", "y ~ x + i(g):t"), ("fe_ols", "y ~ 0 + x | g[[t, w]]", "y ~ 0 + x + i(g):t + i(g):w"),
    ("fe_poisson", "k ~ x | g[[t]]", "k ~ x + i(g):t"), ("fe_logit", "b ~ x | g[[t]]", "b ~ x + i(g):t"),
    ("fe_iv", "y ~ w | g[[t]] | x ~ z", "y ~ w + i(g):t | 0 | x ~ z")])
def test_slopes_without_levels_leave_the_intercept(db, estimator, absorbed, written):
    draw = random.Random(4)
    db.execute("CREATE TABLE p (g, t, x, z, w, y, k, b)")
    for row in range(200):
        g, t, z, w = row % 3, row // 20, draw.gauss(0, 1), draw.uniform(1, 2)
        x = 2 + z + draw.gauss(0, 1)
        y = 5 + x + g * t * 0.1 + draw.gauss(0, 1)
        db.execute("INSERT INTO p VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (g, t, x, z, w, y, int(abs(y)), y > 7))
    for vcov in ("hc1", "cluster(t)"):
        rows = [dict(((*[r[c] for c in r if c in ("stage", "outcome")], r["term"]), (r["estimate"], r["std_error"])) for r in
                     db.dicts(f"SELECT * FROM {estimator}('p', ?, ?)", formula, f"vcov={vcov}")) for formula in (absorbed, written)]
        assert len(rows[0]) >= 1 + ("0 +" not in absorbed)
        for term, numbers in rows[0].items():
            assert numbers == pytest.approx(rows[1][term], rel=1e-9), (term, vcov)


def test_levels_that_are_no_whole_numbers(db):
    """Their names are the shortest text that reads back; coefficients of dummies alone are differences of means."""
    h, y = [0.5, 1 / 3, 2.0] * 4, [1, 4, 2, 2, 5, 3, 0, 7, 4, 1, 6, 3.5]
    db.execute("CREATE TABLE t(h REAL, y REAL)")
    db.executemany("INSERT INTO t VALUES (?, ?)", zip(h, y))
    half, third, two = (sum(y[i::3]) / 4 for i in range(3))
    expected = {"(Intercept)": third, "h::0.5": half - third, "h::2": two - third}
    assert dict(db.execute("SELECT term, estimate FROM fe_ols('t', 'y ~ i(h)')").fetchall()) == pytest.approx(expected)
    assert [row[0] for row in db.execute("SELECT term FROM fe_ols('t', 'y ~ i(h, ref=0.5)')")] == ["(Intercept)", f"h::{1 / 3!r}", "h::2"]
