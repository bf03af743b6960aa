"""did_bacon against regressions on each comparison's own rows (oracle/make_did_bacon.py), the theorem's sums, bad input; the negative weights of did_att."""
import json
import pathlib

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "did_bacon.json").read_text())
MADE = ("CREATE TABLE made AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 239), "
        "r AS (SELECT i, i / 8 AS unit, i % 8 + 1 AS t, CASE i / 8 % 5 WHEN 0 THEN 1 WHEN 1 THEN 3 WHEN 2 THEN 4 WHEN 3 THEN 7 ELSE 99 END AS cohort FROM n) "
        "SELECT unit, t, cohort, (i * 7919 % 1009) / 100.0 + unit * 0.5 + t * t * 0.1 + CASE WHEN t >= cohort THEN t - cohort ELSE 0 END AS y, t >= cohort AS d FROM r")


@pytest.fixture
def made(db):
    db.execute(MADE)
    return db


def agree(db, call, golden):
    rows = db.rows(f"SELECT type, cohort, control_cohort, estimate, weight FROM {call}")
    by_key = {tuple(row[:3]): row[3:] for row in rows}
    assert len(by_key) == len(rows) == len(golden["rows"])
    for kind, cohort, control, estimate, weight in golden["rows"]:
        assert by_key[kind, cohort, control] == (pytest.approx(estimate, rel=1e-9, abs=1e-11), pytest.approx(weight, rel=1e-9))
    twfe, total, weights = db.row(f"SELECT twfe, total, weight_sum FROM {call}")
    assert twfe == pytest.approx(golden["twfe"], rel=1e-9)
    assert total == pytest.approx(twfe, abs=1e-10) and weights == pytest.approx(1, abs=1e-10)
    assert sum(row[3] * row[4] for row in rows) == pytest.approx(golden["twfe"], abs=1e-10)
    assert rows == sorted(rows, key=lambda row: (row[1], float("inf") if row[2] is None else row[2]))


def test_castle(db):
    db.table("castle")
    agree(db, "did_bacon('castle', 'l_homicide ~ post | sid + year')", ORACLE["castle"])
    twfe = db.value("SELECT estimate FROM fe_ols('castle', 'l_homicide ~ post | sid + year')")
    assert db.value("SELECT total FROM did_bacon('castle', 'l_homicide ~ post | sid + year')") == pytest.approx(twfe, abs=1e-12)


def test_divorce(db, shared):
    db.table(shared / "data" / "divorce.csv")
    whole = ("SELECT * FROM divorce WHERE sex = 2 AND suiciderate_elast_jag IS NOT NULL AND st IN (SELECT st FROM divorce WHERE sex = 2 AND "
             "suiciderate_elast_jag IS NOT NULL GROUP BY st HAVING count(*) = 33)")
    assert db.value(f"SELECT count(*) FROM ({whole})") == ORACLE["divorce"]["n"]
    agree(db, f"did_bacon('{whole}', 'suiciderate_elast_jag ~ unilateral | st + year')", ORACLE["divorce"])
    kinds = dict(db.rows(f"SELECT type, sum(weight) FROM did_bacon('{whole}', 'suiciderate_elast_jag ~ unilateral | st + year') GROUP BY type"))
    assert set(kinds) == {"treated_vs_untreated", "later_vs_always", "earlier_vs_later", "later_vs_earlier"}


@pytest.mark.parametrize("key,where", [("made", "1"), ("never_only", "unit % 5 IN (1, 4)"), ("timing_only", "unit % 5 IN (1, 2, 3)")])
def test_kinds_of_comparisons(made, key, where):
    agree(made, f"did_bacon('made', 'y ~ d | unit + t', 'where={where}')", ORACLE[key])


@pytest.mark.parametrize("key,source,model", [
    ("castle_controls", "castle", "l_homicide ~ post + unemployrt + poverty | sid + year"), ("made_controls", "made", "y ~ d + I((unit * 7 + t * t * 3) % 11) | unit + t"),
    ("made_group_control", "made", "y ~ d + I(unit % 5 * t * t) | unit + t"), ("made", "made", "y ~ d + I(unit * 3) + I(t * t) | unit + t")])
def test_controls(made, key, source, model):
    made.table("castle")
    golden = ORACLE[key]
    if key == "made":  # the effects absorb these controls: pairs of timing groups become one row, and the rest is as without
        merged = {}
        for kind, cohort, control, estimate, weight in golden["rows"]:
            pair = (kind, cohort, control) if kind in ("treated_vs_untreated", "later_vs_always") else ("both_treated", min(cohort, control), max(cohort, control))
            total, weights = merged.get(pair, (0, 0))
            merged[pair] = (total + estimate * weight, weights + weight)
        golden = {"twfe": golden["twfe"], "rows": [[*pair, total / weights, weights] for pair, (total, weights) in merged.items()]}
    call = f"did_bacon('{source}', '{model}')"
    rows = {row[:3]: row[3:] for row in made.rows(f"SELECT type, cohort, control_cohort, estimate, weight FROM {call}")}
    assert set(rows) == {tuple(row[:3]) for row in golden["rows"]}
    for kind, cohort, control, estimate, weight in golden["rows"]:
        assert rows[kind, cohort, control] == (pytest.approx(estimate, rel=1e-8, abs=1e-10), pytest.approx(weight, rel=1e-8))
    twfe, total, weights = made.row(f"SELECT twfe, total, weight_sum FROM {call}")
    assert twfe == pytest.approx(golden["twfe"], rel=1e-9) and total == pytest.approx(twfe, abs=1e-10) and weights == pytest.approx(1, abs=1e-10)
    assert twfe == pytest.approx(made.value(f"SELECT estimate FROM fe_ols('{source}', '{model}') LIMIT 1"), rel=1e-10)


def test_controls_against_bacondecomp(db, shared):
    golden = json.loads((shared / "oracles" / "d13_castle_bacon_controls.json").read_text())
    db.table(shared / "data" / "castle.csv")
    rows = {row[:2]: row[2:] for row in db.rows("SELECT cohort, control_cohort, estimate, weight FROM did_bacon('castle', 'l_homicide ~ post + l_pop + l_income | state + year')")}
    assert rows.pop((None, None)) == (pytest.approx(golden["beta_hat_w"], rel=1e-9), pytest.approx(golden["Omega"], rel=1e-9))
    assert len(rows) == len(golden["two_by_twos"])
    for pair in golden["two_by_twos"]:
        assert rows[pair["treated"], pair["untreated"]] == (pytest.approx(pair["estimate"], rel=1e-9), pytest.approx(pair["weight"] * (1 - golden["Omega"]), rel=1e-9))


def test_a_large_level_costs_no_digits(made):
    (plain,), (moved,) = (made.rows(f"SELECT group_concat(round(estimate, 6)) FROM did_bacon('made', 'y + {shift} ~ d | unit + t')") for shift in (0, 1e6))
    assert plain == moved


def test_order_of_effects_and_the_aggregate(made):
    one = made.rows("SELECT * FROM did_bacon('made', 'y ~ d | unit + t')")
    assert made.rows("SELECT * FROM did_bacon('made', 'y ~ d | t + unit', 'panel=unit+t')") == one
    fit = made.value("SELECT did_bacon(y, unit, t, d) FROM made")
    assert [row[0] for row in made.rows("SELECT estimate FROM fit_terms(?)", fit)] == [row[3] for row in one]
    assert made.rows("SELECT estimate FROM fit_terms((SELECT did_bacon(y, unit, t, d, y % 7) FROM made))") == made.rows("SELECT estimate FROM did_bacon('made', 'y ~ d + I(y % 7) | unit + t')")
    types = {row[0] for row in one}
    for kind in types:
        assert made.value("SELECT fit_stat(?, 'weight_' || ?)", fit, kind) == pytest.approx(sum(r[4] for r in one if r[0] == kind), rel=1e-12)


@pytest.mark.parametrize("model,options,part", [
    ("y ~ d:cohort | unit + t", "", "one variable"), ("y ~ I(0*d) | unit + t", "", "nobody is treated"), ("y ~ I(1 + 0*d) | unit + t", "", "everybody is treated"),
    ("y ~ I(2*d) | unit + t", "", "must be 0 or 1"), ("y ~ I(d AND t < 6) | unit + t", "", "switches off"), ("y ~ d + I(2 * d) | unit + t", "", "together explain the treatment 'd'"), ("y ~ 1 | unit + t", "", "no treatment"),
    ("y ~ d | unit", "", "unit + time"), ("y ~ d | unit + t + cohort", "", "no other effect"), ("y ~ i(d) | unit + t", "", "one variable"),
    ("y ~ d | unit + t", "where=cohort IN (1, 99)", "from the first period"), ("y ~ d | unit + t", "where=cohort = 4", "one cohort"),
    ("y ~ d | unit + t", "where=NOT (unit = 3 AND t = 5)", "unit = 3 has no row for t = 5 (1 of 30 units"), ("y ~ d | unit + t", "where=0", "no row"),
    ("y ~ d | unit + t", "vcov=hc1", "unknown option")])
def test_bad_input(made, model, options, part):
    message = made.error("SELECT * FROM did_bacon('made', ?, ?)", model, options)
    assert message.startswith("did_bacon: ") and part in message


def test_duplicates_and_nulls(made):
    assert "two rows have unit = 2 and t = 3" in made.error("SELECT * FROM did_bacon('SELECT * FROM made UNION ALL SELECT * FROM made WHERE unit = 2 AND t = 3', 'y ~ d | unit + t')")
    message = made.error("SELECT * FROM did_bacon('SELECT unit, t, d, CASE WHEN unit = 2 AND t = 3 THEN NULL ELSE y END AS y FROM made', 'y ~ d | unit + t')")
    assert "not balanced" in message and "1 rows were left out for NULL" in message


@pytest.mark.parametrize("key,source,model,options", [
    ("castle", "castle", "l_homicide ~ 1 | sid + year", "treat=post"), ("castle_controls", "castle", "l_homicide ~ unemployrt + poverty | sid + year", "treat=post"),
    ("castle_weights", "castle", "l_homicide ~ 1 | sid + year", "treat=post, weights=popwt"), ("made", "made", "y ~ 1 | unit + t", "treat=d")])
def test_negative_weights_of_did_att(made, key, source, model, options):
    made.table("castle")
    total, share = ORACLE["negative"][key]
    fit = made.value("SELECT econ_fit('did_att', ?, ?, ?)", source, model, options)
    assert made.value("SELECT fit_stat(?, 'negative_weight_sum')", fit) == pytest.approx(total, rel=1e-9)
    assert made.value("SELECT fit_stat(?, 'negative_weight_share')", fit) == pytest.approx(share, rel=1e-12)
    statistic, rows, note = made.row("SELECT statistic, df1, note FROM fit_tests(?) WHERE test = 'negative_weights'", fit)
    assert statistic == pytest.approx(total, rel=1e-9) and (rows > 0) == (note is not None) == (total < 0)
