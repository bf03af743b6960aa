"""did_att with method=cs, sunab, imputation: castle against csdid, pyfixest and dense matrices (oracle/make_did_modern.py), small cases by hand, sentences."""
import json
import pathlib

import pytest

GOLDEN = json.loads((pathlib.Path(__file__).parent / "oracle" / "did_modern.json").read_text())


@pytest.fixture
def castle(db):
    db.table("castle")
    db.execute("CREATE TABLE c AS SELECT *, min(CASE WHEN post = 1 THEN year END) OVER (PARTITION BY sid) AS g FROM castle")
    return db


def rows(db, effect, key, options, controls="1"):
    sql = f"SELECT {key}, estimate, std_error FROM did_att('c', 'l_homicide ~ {controls} | sid + year', 'cohort=g, {options}') WHERE effect = '{effect}'"
    return {row[:-2]: row[-2:] for row in db.rows(sql)}


def agree(ours, golden, estimate=1e-9, error=1e-8):
    assert len(golden) > 1
    for *key, value, std_error in golden:
        assert ours[tuple(key)][0] == pytest.approx(value, rel=estimate, abs=1e-11), key
        assert ours[tuple(key)][1] == (None if std_error is None or std_error < 1e-12 else pytest.approx(std_error, rel=error)), key


@pytest.mark.parametrize("name,options,controls", [("cs_never", "method=cs", "1"), ("cs_notyet_reg", "method=cs, control=notyet, est=reg", "unemployrt"),
                                                   ("cs_weighted", "method=cs, weights=popwt", "1"), ("cs_all_treated", "method=cs, control=notyet, where=g > 0", "1")])
def test_callaway_santanna(castle, name, options, controls):
    golden = GOLDEN[name]
    agree(rows(castle, "gt", "cohort, time", options, controls), golden["gt"], 1e-7, 1e-7)
    assert len(rows(castle, "gt", "cohort, time", options, controls)) == len(golden["gt"])
    for effect, kind, key in (("event", "dynamic", "event_time"), ("group", "group", "cohort"), ("calendar", "calendar", "time")):
        agree(rows(castle, effect, key, options, controls), golden[kind]["rows"], 1e-7, 1e-7)
        overall = rows(castle, "att", "0", f"{options}, agg={effect}", controls)[(0,)]
        assert overall == pytest.approx((golden[kind]["att"], golden[kind]["se"]), rel=1e-7), effect
    assert rows(castle, "att", "0", options, controls)[(0,)] == pytest.approx((golden["simple"]["att"], golden["simple"]["se"]), rel=1e-7)


def test_sun_abraham(castle):
    golden = GOLDEN["sunab"]
    agree(rows(castle, "event", "event_time", "method=sunab", "unemployrt"), golden["event"], 1e-7, 1e-7)
    agree(rows(castle, "group", "cohort", "method=sunab", "unemployrt"), golden["group"], 1e-7, 1e-7)
    assert rows(castle, "att", "0", "method=sunab, agg=att", "unemployrt")[(0,)] == pytest.approx(golden["att"], rel=1e-7)


@pytest.mark.parametrize("name,options", [("imputation", "method=imputation"), ("imputation_weighted", "method=imputation, weights=popwt")])
def test_imputation(castle, name, options):
    golden = GOLDEN[name]
    agree(rows(castle, "event", "event_time", options, "unemployrt"), golden["event"])
    assert rows(castle, "att", "0", options, "unemployrt")[(0,)] == pytest.approx(golden["att"], rel=1e-9)


SMALL = "SELECT 1 AS id, 1 AS t, 3.0 AS y, 2 AS g UNION ALL VALUES (1,2,9.0,2), (2,1,1.0,2), (2,2,5.0,2), (3,1,2.0,0), (3,2,3.0,0), (4,1,4.0,0), (4,2,7.0,0)"


@pytest.mark.parametrize("method", ["cs", "sunab", "imputation", "cs, est=ipw", "cs, est=reg", "cs, control=notyet", "cs, base=universal", "twfe"])
def test_two_by_two(db, method):
    """Changes 6 and 4 against 1 and 3: every method is the difference of means, 3."""
    got = db.row("SELECT estimate, std_error FROM did_att(?, 'y ~ 1 | id + t', ? || ', ssc=none') WHERE effect = 'att'", SMALL, f"cohort=g, method={method}")
    assert got[0] == pytest.approx(3, rel=1e-11)
    # influence of the units: (+-1)/2 among two treated, (+-1)/2 among two controls: the variance is 4/4. Imputation's conservative one is the same here.
    assert got[1] == pytest.approx(1, rel=1e-10)


def test_treated_from_the_start_are_dropped_and_counted(db):
    db.execute(f"CREATE TABLE s AS {SMALL} UNION ALL VALUES (5,1,100.0,1), (5,2,-100.0,1)")
    for method in ("cs", "sunab", "imputation"):
        fit = db.value(f"SELECT econ_fit('did_att', 's', 'y ~ 1 | id + t', 'cohort=g, method={method}')")
        assert db.value("SELECT fit_coef(?, 'att')", fit) == pytest.approx(3, rel=1e-11)
        assert db.value("SELECT rows FROM fit_rows(?) WHERE name = 'other: treated in the first period'", fit) == 2
        assert db.value("SELECT fit_stat(?, 'always_treated_units')", fit) == 1


def test_last_cohort_is_the_control(castle):
    """Without never treated states sunab is the regression on the years before 2010 with the cohort of 2010 as never treated."""
    direct = rows(castle, "event", "event_time", "method=sunab, where=g IS NOT NULL")
    castle.execute("UPDATE c SET g = NULL WHERE g = 2010")
    by_hand = rows(castle, "event", "event_time", "method=sunab, where=year < 2010 AND sid IN (SELECT sid FROM c WHERE post = 1)")
    assert direct == by_hand and len(direct) > 5


def test_fit_has_terms_covariances_and_pretrend(castle):
    for method, least in (("cs", 5), ("sunab", 5)):
        fit = castle.value(f"SELECT econ_fit('did_att', 'c', 'l_homicide ~ 1 | sid + year', 'cohort=g, method={method}, agg=event')")
        assert castle.value("SELECT count(*) FROM fit_tests(?) WHERE test = 'pretrend' AND df1 >= ? AND p_value BETWEEN 0 AND 1", fit, least) == 1
        assert castle.value("SELECT max(abs(v.value - t.std_error * t.std_error)) FROM fit_terms(?) t JOIN fit_vcov(?) v ON v.term1 = t.term AND v.term2 = t.term", fit, fit) < 1e-12


def test_pretrend_against_r(db, shared):
    """did 2.1.2 on mpdta: W = 7.79123662720013 on 5 degrees of freedom."""
    db.table(shared / "data" / "mpdta.csv")
    fit = db.value("""SELECT econ_fit('did_att', 'SELECT *, "first.treat" AS g FROM mpdta', 'lemp ~ 1 | countyreal + year', 'cohort=g, method=cs')""")
    assert db.row("SELECT statistic, df1, round(p_value, 5) FROM fit_tests(?) WHERE test = 'pretrend'", fit) == pytest.approx((7.79123662720013, 5, 0.16812), rel=1e-9)


@pytest.mark.parametrize("options,sentence", [
    ("method=cs, vcov=hc1", "method=cs has errors clustered by one variable"),
    ("method=imputation, vcov=cluster(year)", "must not divide the rows of a unit"),
    ("method=sunab, vcov=wild(sid, reps=9)", "tests single coefficients"),
    ("method=cs, where=g IS NOT NULL", "compare with control=notyet"),
    ("method=cs, anticipation=-1", "anticipation=-1 must be 0 or more"),
    ("method=cs, window=-3:3", "window= is for method=twfe; method=cs does not use it"),
    ("method=cs, ref=-2", "ref= is for method=twfe or sunab; method=cs does not use it"),
    ("method=sunab, control=notyet", "control= is for method=cs; method=sunab does not use it"),
    ("est=ipw", "est= is for method=cs; method=twfe does not use it"),
    ("agg=gt", "agg=gt needs effects that differ by cohort"),
    ("method=sunab, where=NOT (g = 2008 AND year = 2007)", "the cohort first treated in 2008 has no row at this event time"),
    ("method=cs, where=(g IS NULL OR g = 2006) AND year >= 2006", "treated from the first period"),
])
def test_bad_input(castle, options, sentence):
    message = castle.error(f"SELECT * FROM did_att('c', 'l_homicide ~ 1 | sid + year', 'cohort=g, {options}')")
    assert message.startswith("did_att: ") and sentence in message, message
