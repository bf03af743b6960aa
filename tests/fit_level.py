"""What a fit keeps beside its terms: the level of its intervals, the mean of its outcome; whole degrees of freedom are integers."""
import pytest


@pytest.fixture
def data(db):
    for name in ("castle", "card", "grunfeld"):
        db.table(name)
    return db


@pytest.mark.parametrize("call, mean", [
    ("'fe_ols', 'castle', 'l_homicide ~ post | sid + year', 'where=year > 2003, level=.9'", "avg(l_homicide) FROM castle WHERE year > 2003"),
    ("'fe_ols', 'card', 'lwage ~ educ', 'weights=weight, level=.9'", "sum(weight * lwage) / sum(weight) FROM card"),
    ("'fe_iv', 'card', 'lwage ~ exper | south | educ ~ nearc4', 'level=.9'", "avg(lwage) FROM card"),
    ("'fe_logit', 'card', 'black ~ age | south^smsa', 'level=.9'", "avg(black) FROM card"),
    ("'fe_poisson', 'castle', 'jhcitizen_c ~ post | sid', 'level=.9'", "avg(jhcitizen_c) FROM castle WHERE sid IN (SELECT sid FROM castle GROUP BY sid HAVING max(jhcitizen_c) > 0)"),
])
def test_level_and_mean(data, call, mean):
    level, kept = data.row(f"SELECT fit_stat(f, 'level'), fit_stat(f, 'outcome_mean') FROM (SELECT econ_fit({call}) AS f)")
    assert level == .9 and kept == pytest.approx(data.value(f"SELECT {mean}"), rel=1e-12)
    assert data.value(f"SELECT fit_stat(econ_fit({call.replace(', level=.9', '').replace('level=.9', '')}), 'level')") == .95


def test_every_estimator_with_a_level_keeps_it(data):
    assert data.value("SELECT fit_stat(econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, level=.8'), 'level')") == .8
    assert data.value("SELECT fit_stat(fe_ols('invest ~ value; level=.99', invest, value), 'level') FROM grunfeld") == .99


def test_margins_take_the_fit_s_level(data):
    rows = {level: data.row(f"SELECT conf_low, conf_high FROM fit_margins(econ_fit('fe_ols', 'grunfeld', 'invest ~ value*capital', 'vcov=iid, {level}'), 'value', 'capital', '100'{own})")
            for level, own in (("level=.9", ""), ("level=.95", ", .9"), ("", ", .9"))}
    assert len(set(rows.values())) == 1 and rows["level=.9"] is not None
    assert data.row("SELECT conf_low FROM fit_margins(econ_fit('fe_ols', 'grunfeld', 'invest ~ value*capital', 'vcov=iid'), 'value', 'capital', '100')")[0] < rows["level=.9"][0]


def test_whole_degrees_of_freedom_are_integers(data):
    fit = "econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-3:3')"
    assert data.rows(f"SELECT typeof(df1), typeof(df2) FROM fit_tests({fit})") == [("integer", "integer")]
    assert data.row("SELECT typeof(df1), df1, typeof(df2), df2 FROM fit_wald(econ_fit('fe_ols', 'grunfeld', 'invest ~ value + capital', 'vcov=iid'), 'value = 0, capital = 0')") == ("integer", 2, "integer", 217)
