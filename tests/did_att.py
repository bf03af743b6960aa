"""did_att by two-way fixed effects, against pyfixest (oracle/make_did_att.py) on the castle laws, and what the contract says of rows and input."""
import json
import pathlib

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "did_att.json").read_text())


@pytest.fixture
def castle(db):
    db.table("castle")
    db.execute("ALTER TABLE castle ADD COLUMN cohort")
    db.execute("UPDATE castle SET cohort = (SELECT min(year) FROM castle c WHERE c.sid = castle.sid AND c.post = 1)")
    return db


@pytest.mark.parametrize("who", ["treat=post", "cohort=cohort", "cohort=coalesce(cohort, 0)", "cohort=coalesce(cohort, 9e999)", "cohort=coalesce(cohort, 2050)"])
@pytest.mark.parametrize("key,controls", [("att", "1"), ("att_controls", "unemployrt + poverty")])
def test_one_effect(castle, who, key, controls):
    rows = castle.rows(f"SELECT effect, event_time, estimate, std_error, nobs FROM did_att('castle', 'l_homicide ~ {controls} | sid + year', '{who}')")
    assert len(rows) == 1
    effect, event_time, estimate, std_error, nobs = rows[0]
    assert (effect, event_time, nobs) == ("att", None, 550)
    assert (estimate, std_error) == pytest.approx(ORACLE[key]["rows"]["post"], rel=1e-9)


@pytest.mark.parametrize("method", ["twfe", "sunab"])
def test_reference_is_one_step_before_treatment(castle, method):
    """A panel of elections every fourth year: the same study with its event times four times as large, and no event time of -1."""
    castle.execute("CREATE VIEW elections AS SELECT sid, 4 * year AS year, 4 * cohort AS cohort, post, l_homicide FROM castle")
    rows = lambda table, options: castle.rows(f"SELECT event_time, estimate, std_error FROM did_att('{table}', 'l_homicide ~ 1 | sid + year', 'cohort=cohort, agg=event, method={method}{options}')")
    years, elections = rows("castle", ""), rows("elections", "")
    assert len(years) > 10 and (-1, 0, None) in years and elections == [(time if time is None else 4 * time, *rest) for time, *rest in years]
    assert elections == rows("elections", ", ref=-4")


@pytest.mark.parametrize("who", ["treat=post", "cohort=cohort"])
@pytest.mark.parametrize("key,controls,window", [("event", "1", "-4:3"), ("event_controls", "unemployrt", "-5:2")])
def test_event_study(castle, who, key, controls, window):
    call = f"'castle', 'l_homicide ~ {controls} | sid + year', '{who}, agg=event, window={window}'"
    rows = {row[0]: row[1:] for row in castle.rows(f"SELECT event_time, estimate, std_error FROM did_att({call}) WHERE effect = 'event'")}
    low, high = map(int, window.split(":"))
    assert sorted(rows) == list(range(low, high + 1))
    assert rows[-1] == (0, None)
    for name, golden in ORACLE[key]["rows"].items():
        assert rows[int(name[2:].replace("m", "-"))] == pytest.approx(tuple(golden), rel=1e-8)
    test = castle.dicts(f"SELECT * FROM fit_tests(econ_fit('did_att', {call}))")[0]
    assert (test["test"], test["df1"], test["df2"]) == ("pretrend", -low - 1, 49)
    assert test["statistic"] == pytest.approx(ORACLE[key]["pretrend"], rel=1e-7)
    average = castle.value(f"SELECT estimate FROM did_att({call}) WHERE effect = 'att'")
    assert average == pytest.approx(sum(rows[e][0] for e in range(high + 1)) / (high + 1), rel=1e-12)


def test_the_error_of_the_average_is_the_delta_methods(castle):
    fit = castle.value("SELECT econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-3:2')")
    terms = [t for (t,) in castle.rows("SELECT term FROM fit_terms(?) WHERE term IN ('event_time::0', 'event_time::1', 'event_time::2')", fit)]
    variance = castle.value(f"SELECT sum(value) / 9 FROM fit_vcov(?) WHERE term1 IN ({','.join('?' * 3)}) AND term2 IN ({','.join('?' * 3)})", fit, *terms, *terms)
    assert castle.value("SELECT fit_se(?, 'att')", fit) == pytest.approx(variance ** 0.5, rel=1e-12)


def test_the_aggregate_is_the_function(castle):
    one = castle.value("SELECT econ_fit('did_att', 'castle', 'y ~ x1 | unit + time', 'treat=treat')".replace("'castle'", "'SELECT l_homicide AS y, unemployrt AS x1, sid AS unit, year AS time, post AS treat FROM castle'"))
    two = castle.value("SELECT did_att(l_homicide, sid, year, post, unemployrt) FROM castle")
    assert one == two
    named = castle.value("SELECT did_att('l_homicide ~ unemployrt | sid + year; treat=post', l_homicide, unemployrt, sid, year, post) FROM castle")
    assert json.loads(named)["terms"] == json.loads(two)["terms"] or [t["estimate"] for t in json.loads(named)["terms"]] == [t["estimate"] for t in json.loads(two)["terms"]]
    regions = dict(castle.rows("SELECT region, fit_coef(did_att(l_homicide, sid, year, post), 'att') FROM castle GROUP BY region"))
    assert len(regions) == 4 and regions["South"] is not None and regions["Northeast"] is None  # nobody is treated there


def test_a_null_cohort_does_not_leave_the_row_out(castle):
    assert castle.value("SELECT nobs FROM did_att('castle', 'l_homicide ~ 1 | sid + year', 'cohort=cohort')") == 550
    stats = dict(castle.rows("SELECT * FROM fit_stats(econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'cohort=cohort'))"))
    assert (stats["treated_units"], stats["never_treated_units"]) == (21, 29)


def test_status_that_switches_off_has_an_effect_but_no_event_study(castle):
    castle.execute("UPDATE castle SET post = 0 WHERE sid = 1 AND year = 2010")
    assert castle.value("SELECT estimate FROM did_att('castle', 'l_homicide ~ 1 | sid + year', 'treat=post')") is not None
    assert "switches off" in castle.error("SELECT * FROM did_att('castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event')")
