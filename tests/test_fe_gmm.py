"""fe_gmm against plm::pgmm (oracle/make_gmm.R), pydynpd (oracle/make_gmm.py), dense matrices in numpy (oracle/make_gmm_dense.py) and Arellano and Bond (1991)."""
import json
import math
import pathlib

import pytest

ORACLE = pathlib.Path(__file__).parent / "oracle"
PLM, PYDYNPD, DENSE = (json.loads((ORACLE / f"gmm_{name}.json").read_text(encoding="utf-8")) for name in ("plm", "pydynpd", "dense"))


def named(case):
    return f"{case.get('formula', '')} {case['options']} {case['source'][-14:]}"


def load(db, source, shared=None):
    for name in ("wage_panel", "munnell", "grunfeld"):
        if name in source:
            db.table(name)
    if "EmplUK" in source:
        db.table(shared / "data" / "EmplUK.csv")


def near(ours, theirs, tolerance):
    return theirs is None or ours is not None and math.isclose(ours, theirs, rel_tol=tolerance, abs_tol=1e-13)


def fit_of(db, source, formula, options):
    return db.value("SELECT econ_fit('fe_gmm', ?, ?, ?)", source, formula, options)


def terms(db, fit):
    """Estimates and errors without the constant."""
    rows = db.rows("SELECT estimate, std_error FROM fit_terms(?) WHERE term <> '(Intercept)'", fit)
    return [row[0] for row in rows], [row[1] for row in rows]


def compare(ours, theirs, tolerance):
    assert len(ours) == len(theirs)
    assert all(near(a, b, tolerance) for a, b in zip(ours, theirs)), (ours, theirs)


def check(db, case):
    # the state panel's moments are nearly collinear: there the programs agree to seven digits
    tolerance = 1e-6 if "munnell" in case["source"] else 1e-8
    fit = fit_of(db, case["source"], case["formula"], case["options"])
    estimate, error = terms(db, fit)
    compare(estimate, case["estimate"], tolerance)
    compare(error, case["robust"], tolerance)
    compare(db.row("SELECT fit_stat(?1, 'ar1'), fit_stat(?1, 'ar2')", fit), case["ar"], tolerance)
    assert near(db.value("SELECT fit_stat(?, 'hansen_j')", fit), case["hansen_j"], tolerance)
    return fit


@pytest.mark.parametrize("case", [case for case in PLM if "EmplUK" not in case["source"]], ids=named)
def test_plm(db, case):
    load(db, case["source"])
    check(db, case)
    if case["uncorrected"][0] is not None:
        compare(terms(db, fit_of(db, case["source"], case["formula"], case["options"] + ", vcov=iid"))[1], case["uncorrected"], 1e-6 if "munnell" in case["source"] else 1e-8)


def test_plm_unbalanced(db, shared):
    load(db, "EmplUK", shared)
    cases = [case for case in PLM if "EmplUK" in case["source"]]
    for case in cases:
        check(db, case)
    assert len(cases) == 3


@pytest.mark.parametrize("case", PYDYNPD, ids=named)
def test_pydynpd(db, case):
    load(db, case["source"])
    fit = check(db, case)
    if case["instruments"] <= 48:  # it counts columns, we their rank
        assert db.value("SELECT fit_stat(?, 'instruments')", fit) == case["instruments"]
    if "system" not in case["options"]:
        assert db.value("SELECT fit_stat(?, 'nobs')", fit) == case["equations"]


@pytest.mark.parametrize("case", DENSE, ids=named)
def test_dense(db, case):
    load(db, case["source"])
    formula = "lwage ~ l(lwage) + union + h | gmm(lwage, 2:4) + gmm(union, 1:3)"
    for kind in ("robust", "iid"):
        fit = fit_of(db, case["source"], formula, f"panel=nr+year, vcov={kind}, {case['options']}")
        estimate, error = terms(db, fit)
        compare(estimate, case["estimate"][:3], 1e-9)
        compare(error, case[kind][:3], 1e-9)
        compare(db.row("SELECT fit_stat(?1, 'ar1'), fit_stat(?1, 'ar2')", fit), case["ar_" + kind], 1e-9)
    for name in ("nobs", "instruments", "sigma2", "sargan", "hansen_j"):
        assert near(db.value("SELECT fit_stat(?, ?)", fit, name), case[name], 1e-9), name
    tests = {row[0]: row[1:] for row in db.rows("SELECT subject, statistic, df1 FROM fit_tests(?) WHERE test = 'difference_in_hansen'", fit)}
    assert set(tests) == set(case["difference"])
    for name, (statistic, df) in case["difference"].items():
        assert near(tests[name][0], statistic, 1e-7) and tests[name][1] == df
    two = terms(db, fit_of(db, case["source"], formula, f"panel=nr+year, steps=2, {case['options']}"))[0]
    compare(two, case["estimate2"][:3], 1e-9)


# ---- the literature

AB = "ln(emp) ~ l(ln(emp),1:2) + l(ln(wage),0:1) + l(ln(capital),0:2) + l(ln(output),0:2) | firm + year | gmm(ln(emp), 2:99)"


def shared_case(shared, name):
    return json.loads((shared / "oracles" / name).read_text(encoding="utf-8"))["result"]


@pytest.mark.parametrize("name,formula,options", [
    ("f07_empluk_ab1991_t4a1_onestep.json", AB, ""),
    ("f08_empluk_ab1991_t4b_twostep.json", "ln(emp) ~ l(ln(emp),1:2) + l(ln(wage),0:1) + ln(capital) + l(ln(output),0:1) | firm + year | gmm(ln(emp), 2:99)", "steps=2"),
    ("f27_empluk_system_gmm.json", "ln(emp) ~ l(ln(emp)) + l(ln(wage),0:1) + l(ln(capital),0:1) | firm + year | gmm(ln(emp) + ln(wage) + ln(capital), 2:)", "system=1")])
def test_shared_cases(db, shared, name, formula, options):
    load(db, "EmplUK", shared)
    case = shared_case(shared, name)["robust"]
    fit = fit_of(db, "EmplUK", formula, options)
    estimate, error = terms(db, fit)
    compare(estimate, [row["estimate"] for row in case["coef"]], 1e-9)
    compare(error, [row["std_error"] for row in case["coef"]], 1e-8)
    assert near(db.value("SELECT fit_stat(?, 'wald')", fit), case["wald_coef"]["statistic"], 1e-7)
    if "system" not in options:
        compare(db.row("SELECT fit_stat(?1, 'ar1'), fit_stat(?1, 'ar2')", fit), [case["m1"]["statistic"], case["m2"]["statistic"]], 1e-8)


def test_arellano_bond(db, shared):
    """Table 4 (a1), (a2) as Roodman (2009) prints them: 41 instruments, 611 observations, Sargan 67.59, Hansen 31.38 (p 0.177), m1 -3.60, m2 -0.52; errors of (a1) with small, not robust: .1486163, .0444365."""
    load(db, "EmplUK", shared)
    stats = dict(db.rows("SELECT * FROM fit_stats(econ_fit('fe_gmm', 'EmplUK', ?))", AB))
    assert (stats["nobs"], stats["units"], stats["instruments"], stats["hansen_df"]) == (611, 140, 41, 25)
    assert [round(stats[name], 2) for name in ("sargan", "hansen_j", "ar1", "ar2")] == [67.59, 31.38, -3.60, -0.52] and round(stats["hansen_p"], 3) == 0.177
    rows = db.rows("SELECT estimate, std_error FROM fe_gmm('EmplUK', ?, 'small=1, vcov=iid') LIMIT 2", AB)
    assert [round(number, 6) for row in rows for number in row] == [0.686226, 0.148616, -0.085358, 0.044437]
    two = db.rows("SELECT estimate, std_error FROM fe_gmm('EmplUK', ?, 'steps=2, vcov=iid') LIMIT 4", AB)
    assert [round(number, 3) for row in two for number in row] == [0.629, 0.090, -0.065, 0.027, -0.526, 0.054, 0.311, 0.094]  # their table 4 (a2)


# ---- properties

WAGE = "lwage ~ l(lwage) + union | gmm(lwage, 2:) + gmm(union, 2:)"


def test_deviations_of_a_balanced_panel(db):
    """Arellano and Bover (1995): with all lags as instruments differences and deviations give the same one-step estimates."""
    db.table("wage_panel")
    compare(*(terms(db, fit_of(db, "wage_panel", WAGE, f"panel=nr+year, transform={t}"))[0] for t in ("difference", "deviations")), 1e-10)


def test_time_effects_are_dummies(db):
    db.table("wage_panel")
    one = db.rows("SELECT estimate, std_error FROM fe_gmm('wage_panel', ?, 'system=1, steps=2')", WAGE.replace("|", "| nr + year |"))
    other = db.rows("SELECT estimate, std_error FROM fe_gmm('wage_panel', ?, 'panel=nr+year, system=1, steps=2') LIMIT 3", WAGE.replace("|", "+ i(year) |") + " + iv(i(year), equation=level)")
    third = db.rows("SELECT estimate, std_error FROM fe_gmm('wage_panel', ?, 'id=nr, time=year, time_effects=1, system=1, steps=2')", WAGE)
    assert one == third
    for a, b in zip(one[1:], other[1:]):
        compare(a, b, 1e-8)


def test_gaps(db):
    """A gap costs two differences and one deviation; lags go over real time."""
    db.table("wage_panel")
    source = "SELECT * FROM wage_panel WHERE year <> 1984"
    formula = "lwage ~ union + hours | gmm(lwage, 2:)"
    difference, deviations = (db.value("SELECT nobs FROM fe_gmm(?, ?, ?) LIMIT 1", source, formula, f"panel=nr+year, transform={t}") for t in ("difference", "deviations"))
    assert (difference, deviations) == (545 * 5, 545 * 6)


def test_order_units_of_measure_groups(db):
    db.table("wage_panel")
    options = "panel=nr+year, system=1, steps=2"
    base = terms(db, fit_of(db, "wage_panel", WAGE, options))
    compare(terms(db, fit_of(db, "SELECT * FROM wage_panel ORDER BY hours, nr DESC", WAGE, options))[0], base[0], 1e-9)
    scaled = terms(db, fit_of(db, "SELECT nr, year, 1e4*lwage AS lwage, \"union\"*1e-3 AS \"union\" FROM wage_panel", WAGE, options))
    compare([scaled[0][0], scaled[0][1] * 1e-7], base[0], 1e-8)
    compare([scaled[1][0], scaled[1][1] * 1e-7], base[1], 1e-8)
    spec = "'lwage ~ l(lwage) + union | nr + year | gmm(lwage, 2:4); collapse=1', lwage, \"union\", nr, year"
    for black, fit in db.rows(f"SELECT black, fe_gmm({spec}) FROM wage_panel GROUP BY black"):
        alone = fit_of(db, f"SELECT * FROM wage_panel WHERE black = {black}", "lwage ~ l(lwage) + union | nr + year | gmm(lwage, 2:4)", "collapse=1")
        assert terms(db, fit) == terms(db, alone)
    window = db.value(f"SELECT fe_gmm({spec}) OVER (ORDER BY nr ROWS 1000 PRECEDING) FROM wage_panel LIMIT 1 OFFSET 2500")
    alone = fit_of(db, "SELECT * FROM wage_panel ORDER BY nr LIMIT 1001 OFFSET 1500", "lwage ~ l(lwage) + union | nr + year | gmm(lwage, 2:4)", "collapse=1")
    compare(terms(db, window)[0], terms(db, alone)[0], 1e-12)


def test_collinear_terms_and_instruments(db):
    db.table("wage_panel")
    rows = db.rows("SELECT term, estimate FROM fe_gmm('wage_panel', ?, 'panel=nr+year')", WAGE.replace("union |", "union + black + I(2*union) |") + " + iv(0)")
    assert [estimate is None for _, estimate in rows] == [False, False, True, True]
    compare([rows[0][1], rows[1][1]], terms(db, fit_of(db, "wage_panel", WAGE, "panel=nr+year"))[0], 1e-9)
    twice = fit_of(db, "wage_panel", WAGE + " + gmm(I(3*union), 2:)", "panel=nr+year, steps=2")
    once = fit_of(db, "wage_panel", WAGE, "panel=nr+year, steps=2")
    compare(terms(db, twice)[0], terms(db, once)[0], 1e-8)
    compare(terms(db, twice)[1], terms(db, once)[1], 1e-8)
    assert db.value("SELECT fit_stat(?, 'instruments')", twice) == db.value("SELECT fit_stat(?, 'instruments')", once)


def test_nulls_and_outside(db):
    """NULL is a missing row for regressors, a zero for lags as instruments; rows outside where= serve lags and differences."""
    db.table("wage_panel")
    null = "SELECT nr, year, lwage, \"union\", CASE WHEN year = 1981 THEN NULL ELSE hours END AS h FROM wage_panel"
    assert db.value("SELECT nobs FROM fe_gmm(?, 'lwage ~ l(lwage) + union | gmm(lwage, 2:) + gmm(h, 2:)', 'panel=nr+year') LIMIT 1", null) == 545 * 6
    assert db.value("SELECT nobs FROM fe_gmm(?, 'lwage ~ l(lwage) + union + h | gmm(lwage, 2:)', 'panel=nr+year') LIMIT 1", null) == 545 * 5
    whole = db.row("SELECT nobs, instruments FROM fe_gmm('wage_panel', 'lwage ~ l(lwage) + union | gmm(lwage, 2:)', 'panel=nr+year, where=year = 1987') LIMIT 1")
    assert whole == (545, 7)
    texts = "SELECT nr, year, lwage, \"union\", CASE year % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'b' END AS f FROM wage_panel"
    rows = db.rows("SELECT term FROM fe_gmm(?, 'lwage ~ l(lwage) + i(f) | gmm(lwage, 2:)', 'panel=nr+year, transform=deviations, where=year>1980')", texts)
    assert [term for term, in rows] == ["l(lwage)", "f::b"]
    ledger = dict(db.rows("SELECT * FROM fit_rows(econ_fit('fe_gmm', 'wage_panel', ?, 'panel=nr+year, where=year>1982'))", WAGE))
    assert ledger["read"] == 4360 and ledger["where_excluded"] == 545 * 3 and ledger["used"] == 545 * 5


def test_instrument_options(db):
    db.table("wage_panel")
    count = lambda sets, options="": db.value("SELECT instruments FROM fe_gmm('wage_panel', ?, ?) LIMIT 1", f"lwage ~ l(lwage) + union | {sets}", f"panel=nr+year, {options}")
    assert count("gmm(lwage, 2:99) + iv(union)") == 21 + 1 and count("gmm(lwage, 2) + iv(union)") == 6 + 1
    assert count("gmm(lwage, 2:3, collapse=1) + gmm(union, 1:2)") == 2 + 12 and count("gmm(lwage, 2:3) + gmm(union, 1:2, collapse=0)", "collapse=1") == 2 + 12
    assert count("gmm(lwage, 3:2, collapse=1) + iv(union)") == 3
    system = "system=1"
    assert count("gmm(lwage, 2:99) + iv(union)", system) == 21 + 6 + 1 + 1
    # of the 11 differences in levels those dated t-2 add nothing to t-1's and the transformed equation's: the rank counts
    assert count("gmm(lwage, 2:99, equation=diff) + gmm(lwage, 1:2, equation=level) + iv(union)", system) == 21 + 6 + 2
    assert count("gmm(lwage, 2:2, equation=diff) + gmm(lwage, 1:2, equation=level, collapse=1) + iv(union)", system) == 6 + 2 + 2
    assert count("gmm(lwage, 2:99, collapse=1) + iv(union)", system) == 6 + 1 + 2 and count("gmm(lwage, 2:99) + iv(union, equation=level) + iv(union, equation=diff)", system) == 21 + 6 + 3
    assert count("gmm(lwage, 2:99) + gmm(union, -1:0)", system) == 21 + 6 + 11 + 7 + 1


def test_more_instruments_than_units(db):
    db.table("munnell")
    fit = fit_of(db, "munnell", "ln(GSP) ~ l(ln(GSP)) + ln(EMP) | STATE + YR | gmm(ln(GSP), 2:6) + gmm(ln(EMP), 2:6)", "steps=2")
    warning = db.value("SELECT fit_stat(?, 'warning')", fit)
    assert "for 48 units" in warning and "Moore-Penrose" in warning
    assert db.value("SELECT note FROM fit_tests(?) WHERE test = 'hansen_j'", fit) == warning


def test_exactly_identified(db):
    db.table("wage_panel")
    fit = fit_of(db, "wage_panel", "lwage ~ l(lwage) | gmm(lwage, 2, collapse=1)", "panel=nr+year, steps=2")
    assert db.value("SELECT count(*) FROM fit_tests(?) WHERE test IN ('sargan', 'hansen_j', 'difference_in_hansen')", fit) == 0
    compare(terms(db, fit)[0], terms(db, fit_of(db, "wage_panel", "lwage ~ l(lwage) | gmm(lwage, 2, collapse=1)", "panel=nr+year"))[0], 1e-12)


def test_table(db):
    db.table("wage_panel")
    printed = db.value("SELECT fit_table('', fit) FROM (SELECT econ_fit('fe_gmm', 'wage_panel', ?, 'steps=2, system=1') AS fit UNION ALL SELECT econ_fit('fe_ols', 'wage_panel', 'lwage ~ union | nr'))",
                       WAGE.replace("|", "| nr + year |"))
    for line in ("System GMM", "Windmeijer", "Instruments", "Hansen J", "AR(1)", "AR(2)", "year fixed effects"):
        assert line in printed
    assert "Sargan" not in printed


def test_speed(db):
    """1,000 units, 20 periods, hundreds of instruments: well under a second, as a rule a twentieth."""
    import time

    db.execute("CREATE TABLE big AS WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < 19999) SELECT k / 20 AS i, k % 20 AS t, k * 7919 % 601 / 60.0 + k / 20 % 9 AS y, k * 104729 % 997 / 100.0 AS x FROM n")
    sql = "SELECT instruments FROM fe_gmm('big', 'y ~ l(y) + x | gmm(y, 2:) + gmm(x, 2:)', 'panel=i+t, system=1, steps=2') LIMIT 1"
    before = time.monotonic()
    assert db.value(sql) > 350
    assert time.monotonic() - before < 5


def test_exact_fit(db):
    """Nothing is left for a variance: no statistic rather than an infinite one."""
    db.execute("CREATE TABLE perfect AS WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < 199) SELECT k / 10 AS i, k % 10 AS t, k * 37 % 11 AS x, 2 * (k * 37 % 11) + k / 10 AS y FROM n")
    assert db.row("SELECT estimate, std_error, sargan, hansen_j, ar1 FROM fe_gmm('perfect', 'y ~ x | gmm(y, 2:3) + iv(x)', 'panel=i+t')") == (2.0, 0.0, None, None, None)
    assert "second step" in db.error("SELECT * FROM fe_gmm('perfect', 'y ~ x | gmm(y, 2:3) + iv(x)', 'panel=i+t, steps=2')")


def test_functions_of_the_fit(db):
    db.table("wage_panel")
    formula = WAGE.replace("|", "| nr + year |")
    estimate, error = db.row("SELECT estimate, std_error FROM fe_gmm('wage_panel', ?, 'steps=2') WHERE term = 'union'", formula)
    fit = fit_of(db, "wage_panel", formula, "steps=2")
    assert near(db.value("SELECT statistic FROM fit_wald(?, 'union = 0')", fit), (estimate / error) ** 2, 1e-10)
    assert len(db.rows("SELECT DISTINCT steps, system, estimate FROM fe_gmm('wage_panel', ?) WHERE steps IN (1, 2) AND system IN (0, 1) AND term = 'union'", formula)) == 4
