"""did_att(..., match=psm(...)): the same numbers as matching with psm_match first and carrying its weights into did_att by hand; psm_match itself is compared elsewhere."""
import pytest


@pytest.fixture
def states(db):
    """castle, with whether the state ever has the law."""
    db.table("castle")
    db.execute("CREATE TABLE states AS SELECT *, max(post) OVER (PARTITION BY sid) AS treated FROM castle ORDER BY sid, year")
    return db


ROW = "SELECT estimate, std_error, statistic, p_value, nobs, r2 FROM did_att('{}', 'l_homicide ~ unemployrt | sid + year', 'treat=post{}') WHERE effect = 'att'"


def both(db, source, weights, match):
    by_hand = db.row(ROW.format(source, f", weights={weights}"))
    in_one = db.row(ROW.format("states", f", match={match}"))
    assert in_one == pytest.approx(by_hand, rel=1e-11)
    return in_one


def test_units_before_treatment(states):
    """Means of 2000 to 2005: the first laws are in force in 2006."""
    states.execute("CREATE TABLE before AS SELECT sid, max(treated) AS treated, avg(poverty) AS poverty, avg(l_income) AS l_income, avg(l_homicide) AS h FROM states WHERE year < 2006 GROUP BY sid ORDER BY sid")
    states.execute("CREATE VIRTUAL TABLE temp.m USING psm_match('before', 'treated ~ poverty + l_income + h', 'caliper=.5')")
    states.execute("CREATE TABLE weighted AS SELECT states.*, m.weight AS w FROM states JOIN temp.m m USING (sid) ORDER BY sid, year")
    n = both(states, "SELECT * FROM weighted", "w", "psm(treated ~ poverty + l_income + l_homicide, caliper=.5)")[4]
    assert 0 < n < 550 and n == states.value("SELECT sum(w > 0) FROM weighted")
    fit = states.value("SELECT econ_fit('did_att', 'states', 'l_homicide ~ unemployrt | sid + year', 'treat=post, match=psm(treated ~ poverty + l_income + l_homicide, caliper=.5)')")
    assert states.value("SELECT rows FROM fit_rows(?) WHERE name = 'other: not matched'", fit) == 550 - n
    assert states.value("SELECT fit_stat(?, 'match_treated')", fit) == states.value("SELECT sum(weight > 0) FROM temp.m WHERE treated")
    bias = states.row("SELECT mean_bias_before, mean_bias_after FROM psm_match('before', 'treated ~ poverty + l_income + h', 'caliper=.5') LIMIT 1")
    assert (states.value("SELECT fit_stat(?, 'match_mean_bias_before')", fit), states.value("SELECT fit_stat(?, 'match_mean_bias_after')", fit)) == pytest.approx(bias, rel=1e-9)
    assert states.value("SELECT fit_stat(?, 'match')", fit).startswith("psm(")


def test_year_by_year(states):
    states.execute("CREATE VIRTUAL TABLE temp.m USING psm_match('SELECT * FROM states', 'treated ~ poverty + l_income', 'by=year, ratio=2, replace=1')")
    both(states, "SELECT * FROM temp.m", "weight", "psm(treated ~ poverty + l_income, by=year, ratio=2, replace=1)")


def test_pooled_with_weights(states):
    states.execute("CREATE VIRTUAL TABLE temp.m USING psm_match('SELECT * FROM states', 'treated ~ poverty + l_income', 'method=kernel')")
    both(states, "SELECT * FROM temp.m", "weight*popwt", "psm(treated ~ poverty + l_income, by=pooled, method=kernel), weights=popwt*1.0")


def test_event_study_status_and_aggregate(states):
    """Treatment by status instead of group is the same: who is ever treated counts. In an aggregate the values of the match come behind the others."""
    a = states.rows("SELECT event_time, estimate FROM did_att('states', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-4:3, match=psm(treated ~ poverty)')")
    b = states.rows("SELECT event_time, estimate FROM did_att('states', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-4:3, match=psm(post ~ poverty)')")
    assert a == b and len(a) > 6
    fit = states.value("SELECT did_att('l_homicide ~ 1 | sid + year; treat=post; match=psm(treated ~ poverty, ratio=2)', l_homicide, sid, year, post, treated, poverty) FROM states")
    assert states.value("SELECT fit_coef(?, 'att')", fit) == states.value("SELECT estimate FROM did_att('states', 'l_homicide ~ 1 | sid + year', 'treat=post, match=psm(treated ~ poverty, ratio=2)')")


@pytest.mark.parametrize("match,sentence", [
    ("psm", "it is written psm(treat ~ x1 + x2, option=value, ...)"),
    ("ols(treated ~ poverty)", "it is written psm(treat ~ x1 + x2, option=value, ...)"),
    ("psm(treated ~ nope)", "no column 'nope'"),
    ("psm(treated ~ poverty, calliper=1)", "unknown option 'calliper'; did you mean 'caliper'?"),
    ("psm(treated ~ poverty, where=year > 2003)", "takes no where="),
    ("psm(treated ~ poverty, outcome=l_homicide)", "outcome= has no place here"),
    ("psm(treated ~ poverty | region)", "takes no absorbed effects"),
    ("psm(year ~ poverty)", "the treatment 'year' must be 0 or 1, it is 2000 in some row"),
    ("psm(treated ~ poverty, caliper=1e-12)", "leaves nobody"),
    ("psm(treated ~ poverty, ratio=0)", "ratio=0 must be 1 or more"),
    ("psm(treated ~ treated)", "predict 'treated' perfectly"),
])
def test_bad_input(states, match, sentence):
    message = states.error(f"SELECT * FROM did_att('states', 'l_homicide ~ 1 | sid + year', 'treat=post, match={match}')")
    assert message.startswith("did_att: ") and sentence in message, message


def test_no_period_before_treatment(states):
    message = states.error("SELECT * FROM did_att('states', 'l_homicide ~ 1 | sid + year', 'treat=post, where=year >= 2006, match=psm(treated ~ poverty)')")
    assert "no period lies before the first treatment (2006)" in message
