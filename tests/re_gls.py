"""re_gls: random effects against linearmodels and definitions (oracle/make_re_gls.py), plm where ../shared is there, and its bad input."""
import json
import pathlib

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "re_gls.json").read_text())
CALL = {"grunfeld": "'grunfeld', 'invest ~ value + capital | firm'", "castle": "'castle', 'l_homicide ~ post + unemployrt + poverty | sid'"}


@pytest.mark.parametrize("case", ORACLE, ids=lambda case: case["name"])
def test_against_other_programs(db, case):
    db.table(case["name"])
    call = CALL[case["name"]]
    assert [row[0] for row in db.rows(f"SELECT estimate FROM re_gls({call}, 'vcov=iid')")] == pytest.approx(case["b"], rel=1e-8)
    fit = db.value(f"SELECT econ_fit('re_gls', {call}, 'vcov=iid')")
    for name in ("theta", "sigma_u", "sigma_e"):
        assert db.value("SELECT fit_stat(?, ?)", fit, name) == pytest.approx(case[name], rel=1e-8)
    tests = {row[0]: row[1:] for row in db.rows("SELECT test, statistic, p_value FROM fit_tests(?)", fit)}
    assert {"hausman", "hausman_robust", "breusch_pagan", "f_effects"} <= set(tests)
    for name in ("breusch_pagan", "f_effects"):
        assert tests[name] == pytest.approx(tuple(case[name]), rel=1e-7)


def test_against_plm(db, shared):
    """Every random-effects case beside the project, unbalanced ones too: coefficients, errors, Breusch-Pagan and F."""
    compared = 0
    for path in sorted((shared / "oracles").glob("f0[123]*.json")):
        golden = json.loads(path.read_text())
        db.table(shared / "data" / golden["data"])
        call = golden["sql"]["call"].split("re_gls(")[1].rsplit(")", 1)[0]
        tests = {row[0]: row[1:] for row in db.rows(f"SELECT test, statistic, p_value FROM fit_tests(econ_fit('re_gls', {call}))")}
        for ours, theirs in (("breusch_pagan", "LM_bp_individual"), ("f_effects", "F_individual")):
            assert tests[ours][0] == pytest.approx(golden["tests"][theirs]["statistic"], rel=1e-6)
        db.execute(f'DROP TABLE "{golden["data"][:-4]}"')
        compared += 1
    assert compared == 3


def test_no_unit_effects_is_pooled(db):
    """Where the variance of the unit effects is estimated as zero, theta is 0 and the estimate is pooled least squares."""
    db.execute("CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199) "
               "SELECT i / 10 AS u, (i * 7919 % 101) / 10.0 AS x, (i * 7919 % 101) / 5.0 + (i * 104729 % 97) / 50.0 AS y FROM n")
    assert db.value("SELECT fit_stat(econ_fit('re_gls', 't', 'y ~ x | u', ''), 'theta')") == 0
    for (ours,), (pooled,) in zip(db.rows("SELECT estimate FROM re_gls('t', 'y ~ x | u')"), db.rows("SELECT estimate FROM fe_ols('t', 'y ~ x')")):
        assert ours == pytest.approx(pooled, rel=1e-12)
    db.table("grunfeld")
    db.execute("CREATE VIRTUAL TABLE temp.v USING re_gls('grunfeld', 'invest ~ value | firm')")
    assert db.value("SELECT max(abs(fitted + residual - invest)) FROM v") < 1e-10
    db.execute("DROP TABLE v")


@pytest.mark.parametrize("model,options,sentence", [("invest ~ value", "", "the panel's unit alone"), ("invest ~ value | firm + year", "", "the panel's unit alone"),
                                                    ("invest ~ value - 1 | firm", "", "need the intercept"), ("invest ~ value | firm", "weights=year", "not defined for random effects"),
                                                    ("invest ~ value + capital | firm", "where=year=1940", "not enough"), ("invest ~ value | firm | capital ~ year", "", "fe_iv")])
def test_bad_input(db, model, options, sentence):
    db.table("grunfeld")
    assert sentence in db.error("SELECT * FROM re_gls('grunfeld', ?, ?)", model, options)
