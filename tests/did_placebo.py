"""did_placebo against all possible draws by brute force (oracle/make_did_placebo.py): on six units every draw must be one of them, and all must come."""
import collections
import json
import pathlib
import time

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "did_placebo.json").read_text())
SIX = ("CREATE TABLE six AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 41), r AS (SELECT i, i / 7 AS unit, i % 7 + 1 AS t FROM n) "
       "SELECT unit, t, (i * 7919 % 1009) / 100.0 + unit * unit AS y, (i * 104729 % 997) / 100.0 AS x, 1 + i % 3 AS w, CASE unit WHEN 0 THEN 4 WHEN 1 THEN 6 END AS cohort, "
       "(unit = 0 AND t >= 4) OR (unit = 1 AND t >= 6) AS d FROM r")
HOLES = "NOT ((unit = 2 AND t = 3) OR (unit = 0 AND t = 1) OR (unit = 4 AND t IN (1, 2)))"


@pytest.fixture
def six(db):
    db.execute(SIX)
    return db


def key(estimate, error):
    return (None, None) if estimate is None else (f"{estimate:.8f}", None if error is None else f"{error:.7f}")


def every(found, possible):
    """Each draw is a possible one, all come, none far more often than it should."""
    wanted = collections.Counter(key(*(pair or (None, None))) for pair in possible)
    got = collections.Counter(key(*pair) for pair in found)
    assert set(got) == set(wanted)
    for k, ways in wanted.items():
        expected = len(found) * ways / len(possible)
        assert abs(got[k] - expected) < 6 * expected ** 0.5


@pytest.mark.parametrize("who", ["treat=d", "cohort=cohort"])
@pytest.mark.parametrize("name,options", [("units", ""), ("units_weights", ", weights=w"), ("holes", f", where={HOLES}")])
def test_units(six, who, name, options):
    rows = six.rows(f"SELECT draw, estimate, std_error, p_value, shift FROM did_placebo('six', 'y ~ x | unit + t', '{who}, reps=3000, seed=5{options}')")
    assert [row[0] for row in rows] == list(range(3001)) and all(row[4] is None for row in rows)
    every([row[1:3] for row in rows[1:]], [pair for _, pair in ORACLE[name]])


def test_draw_zero_is_the_model(six):
    call = "did_placebo('six', 'y ~ x | unit + t', 'treat=d, reps=10')"
    real = six.row(f"SELECT estimate, std_error, p_value FROM {call} WHERE draw = 0")
    assert real[:2] == pytest.approx(ORACLE["real"], rel=1e-9)
    assert real == six.row("SELECT estimate, std_error, p_value FROM did_att('six', 'y ~ x | unit + t', 'treat=d')")
    fit = six.value(f"SELECT fit FROM {call}")
    assert six.row("SELECT estimate, std_error FROM fit_terms(?) WHERE term = 'att'", fit) == real[:2]


def test_shares(six):
    call = "did_placebo('six', 'y ~ x | unit + t', 'treat=d, reps=1000')"
    rows = six.rows(f"SELECT estimate, std_error FROM {call}")
    (b, error), draws = rows[0], rows[1:]
    two, upper, lower, by_t, mean, draws_made = six.row(f"SELECT p_empirical, p_empirical_upper, p_empirical_lower, p_empirical_t, placebo_mean, draws FROM {call}")
    assert two == sum(abs(e) >= abs(b) * (1 - 1e-12) for e, _ in draws) / 1000 > 0
    assert upper == sum(e >= b - 1e-11 for e, _ in draws) / 1000 and lower == sum(e <= b + 1e-11 for e, _ in draws) / 1000
    assert upper + lower == pytest.approx(1 + sum(abs(e - b) < 1e-11 for e, _ in draws) / 1000)
    assert by_t == sum(abs(e / s) >= abs(b / error) * (1 - 1e-12) for e, s in draws) / 1000
    assert mean == pytest.approx(sum(e for e, _ in draws) / 1000, rel=1e-9) and draws_made == 1000
    fit = six.value(f"SELECT fit FROM {call}")
    assert six.row("SELECT statistic, p_value FROM fit_tests(?) WHERE test = 'placebo'", fit) == (b, two)


def test_time(six):
    rows = six.rows("SELECT draw, shift, estimate, std_error FROM did_placebo('six', 'y ~ x | unit + t', 'treat=d, type=time') WHERE draw > 0")
    assert [row[:2] for row in rows] == [(1, 1), (2, 2), (3, 3), (4, 4)]
    for row, golden in zip(rows, ORACLE["time"]):
        assert row[2:] == pytest.approx(tuple(golden), rel=1e-8)


def test_time_on_the_castle_laws(db):
    db.table("castle")
    rows = db.rows("SELECT estimate, std_error FROM did_placebo('castle', 'l_homicide ~ unemployrt | sid + year', 'treat=post, type=time, shift=1:3') WHERE draw > 0")
    for row, golden in zip(rows, ORACLE["castle_time"]):
        assert row == pytest.approx(tuple(golden), rel=1e-8)
    nobs, fit = db.row("SELECT nobs, fit FROM did_placebo('castle', 'l_homicide ~ unemployrt | sid + year', 'treat=post, type=time, shift=1:3')")
    assert nobs == 550 and db.value("SELECT fit_stat(?, 'placebo_rows')", fit) == db.value("SELECT count(*) FROM castle WHERE post = 0")


def test_mixed(six):
    rows = six.rows("SELECT shift, estimate, std_error FROM did_placebo('six', 'y ~ x | unit + t', 'cohort=cohort, type=mixed, shift=1:2, reps=6000') WHERE draw > 0")
    for shift in (1, 2):
        every([row[1:] for row in rows if row[0] == shift], [pair for s, pair in ORACLE["mixed"] if s == shift])


@pytest.mark.parametrize("name,options", [("histories", ""), ("histories_holes", f", where={HOLES}")])
def test_any_regressor(six, name, options):
    rows = six.rows(f"SELECT estimate, std_error FROM did_placebo('six', 'y ~ x | unit + t', 'variable=x, reps=8000{options}')")
    assert rows[0] == pytest.approx(six.row(f"SELECT estimate, std_error FROM fe_ols('six', 'y ~ x | unit + t', 'vcov=cluster(unit){options}')"), rel=1e-10)
    every(rows[1:], ORACLE[name])


def test_a_status_that_switches_off_is_dealt_out_by_values(six):
    six.execute("UPDATE six SET d = 0 WHERE unit = 0 AND t = 7")
    by_treat = six.rows("SELECT estimate, std_error FROM did_placebo('six', 'y ~ x | unit + t', 'treat=d, reps=50')")
    by_values = six.rows("SELECT estimate, std_error FROM did_placebo('six', 'y ~ d + x | unit + t', 'variable=d, reps=50')")
    assert by_treat == by_values and len({row[0] for row in by_treat}) > 5


@pytest.mark.parametrize("vcov", ["iid", "hc1", "hc3", "cluster(t)", "cluster(unit+t)", "dk(1)", "nw(1)"])
def test_errors_are_the_models(six, vcov):
    """A draw's error is what the whole model gives with that column: the draw that is the real assignment again has the real error."""
    b, error = six.row(f"SELECT estimate, std_error FROM fe_ols('six', 'y ~ d + x | unit + t', 'vcov={vcov}') WHERE term = 'd'")
    rows = six.rows(f"SELECT draw, estimate, std_error FROM did_placebo('six', 'y ~ x | unit + t', 'treat=d, vcov={vcov}, reps=300')")
    same = [row for row in rows if abs(row[1] - b) < 1e-9]
    assert len(same) > 2 and all(row[2] == pytest.approx(error, rel=1e-9) for row in same)


def test_seed(six, monkeypatch):
    six.execute("CREATE TABLE many AS SELECT unit + 10 * k AS unit, t, y + (unit * 31 + t * 17 + k * k * 7) % 11 AS y, d FROM six, (WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < 99) SELECT k FROM n)")

    def draws(seed, reps=200):
        return six.rows(f"SELECT estimate, std_error FROM did_placebo('many', 'y ~ 1 | unit + t', 'treat=d, reps={reps}, seed={seed}')")

    assert draws(3) == draws(3) != draws(4)
    assert draws(3, 70) == draws(3)[:71]  # a draw does not depend on how many there are
    monkeypatch.setenv("ECON_THREADS", "1")
    one = draws(3)
    monkeypatch.delenv("ECON_THREADS")
    assert one == draws(3)


def test_the_aggregate(six):
    fit = six.value("SELECT did_placebo(y, unit, t, d, x) FROM six")
    assert six.row("SELECT fit_coef(?, 'att'), fit_stat(?, 'draws')", fit, fit) == (pytest.approx(ORACLE["real"][0], rel=1e-9), 500)
    named = six.value("SELECT did_placebo('y ~ x | unit + t; treat=d, reps=40', y, x, unit, t, d) FROM six")
    assert six.value("SELECT fit_stat(?, 'draws')", named) == 40


def test_fast_enough(db):
    """500 draws on 280 cities and 13 years with two controls: two seconds allowed on a machine under load; it takes a twentieth."""
    db.execute("CREATE TABLE c AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3639) SELECT i / 13 AS id, i % 13 AS t, (i * 7919 % 10007) / 1e3 AS y, "
               "(i * 104729 % 9973) / 1e3 AS x, (i * 15485863 % 7919) / 1e3 AS z, i / 13 < 80 AND i % 13 >= 8 + i / 13 % 3 AS d FROM n")
    start = time.perf_counter()
    assert db.value("SELECT count(*) FROM did_placebo('c', 'y ~ x + z | id + t', 'treat=d')") == 501
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("options,part", [
    ("", "who is treated"), ("treat=d, cohort=cohort", "not both"), ("treat=0*d", "nobody is treated"), ("treat=1+0*d", "everybody is treated"), ("treat=2*d", "must be 0 or 1"),
    ("treat=d, reps=0", "reps=0"), ("treat=d, reps=-3", "reps=-3"), ("treat=d, type=space", "units, time, mixed"), ("treat=unit < 2", "from the first period"),
    ("treat=t > 3", "one cohort and nobody"), ("treat=d AND t < 6, type=time", "switches off"), ("treat=d, shift=1:2", "type=units does not use it"), ("treat=d, type=time, shift=1:9", "4 periods at most"),
    ("treat=d, type=mixed, shift=0:2", "whole numbers from 1"), ("cohort=CASE WHEN unit = 0 THEN 2 END, type=time", "two periods before"), ("variable=z", "no term of the formula, such as x"),
    ("variable=x, treat=d", "only one"), ("variable=x, type=time", "type=units"), ("treat=d, vcov=wild(unit)", "take cluster(unit)"), ("treat=d, vcov=cv3(unit)", "take cluster(unit)")])
def test_bad_input(six, options, part):
    message = six.error("SELECT * FROM did_placebo('six', 'y ~ x | unit + t', ?)", options)
    assert message.startswith("did_placebo: ") and part in message


def test_no_panel(six):
    assert "panel" in six.error("SELECT * FROM did_placebo('six', 'y ~ x', 'variable=x')")
    assert six.value("SELECT count(*) FROM did_placebo('six', 'y ~ x', 'variable=x, panel=unit+t, reps=9')") == 10
    assert "two rows have unit" in six.error("SELECT * FROM did_placebo('SELECT * FROM six UNION ALL SELECT * FROM six', 'y ~ x | unit + t', 'treat=d')")
