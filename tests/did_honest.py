"""did_honest against other routes to the same intervals (oracle/make_did_honest.py), and on fits of did_att."""
import json
import math
import pathlib

import pytest

CASES = json.loads((pathlib.Path(__file__).parent / "oracle" / "did_honest.json").read_text())
CASTLE = "econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3')"


def kept(case, times=None):
    """A fit with these event-study estimates, in another order than that of the times, beside a covariate."""
    k = case["pre"] + case["post"]
    times = times or [*range(-case["pre"] - 1, -1), *range(case["post"])]
    order = sorted(range(k), key=lambda i: (i * 5) % 7)
    terms = [{"term": "x", "estimate": 9, "std_error": 3}] + [
        {"term": f"event_time::{times[i]}", "estimate": case["beta"][i], "std_error": case["sigma"][i][i] ** .5, "effect": "event", "event_time": times[i]} for i in order]
    lower = [[9.0], *([0.01, *(case["sigma"][a][b] for b in order[:row + 1])] for row, a in enumerate(order))]
    return json.dumps({"estimator": "did_att", "formula": "y ~ x | i + t", "outcome": "y", "nobs": 99, "terms": terms, "vcov": {"type": "cluster(i)", "terms": k + 1, "lower": sum(lower, [])},
                       "stats": {}, "words": {"method": "twfe"}, "version": "0.1.0"})


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['pre']} {case['post']} {case['effect']}")
@pytest.mark.parametrize("restriction", ["smoothness", "relative"])
def test_against_other_routes(db, case, restriction):
    size = case["sigma"][-1][-1] ** .5
    listed = ",".join(str(m) for m, *_ in case[restriction])
    rows = db.rows("SELECT m, conf_low, conf_high FROM did_honest(?, ?, ?, ?, ?, ?)", kept(case), restriction, listed, case["effect"], case["level"], case["seed"])
    assert len(rows) == len(case[restriction])
    for ours, theirs in zip(rows, case[restriction]):
        assert ours[0] == theirs[0] and ours[1:] == pytest.approx(theirs[1:], abs=(2e-6 if restriction == "smoothness" else 1e-5) * size + 1e-6 * abs(theirs[2] - theirs[1]))


@pytest.mark.parametrize("case", CASES[2:4], ids=lambda case: str(case["effect"]))
def test_breakdown_is_where_the_interval_meets_zero(db, case):
    for restriction, precision in (("smoothness", 1e-6), ("relative", 2e-3)):
        ask = lambda m: db.row("SELECT conf_low, conf_high, breakdown, estimate, std_error FROM did_honest(?, ?, ?, ?, ?, ?)", kept(case), restriction, m, case["effect"], case["level"], case["seed"])  # noqa: E731
        value = ask(0)[2]
        weight = [1 / case["post"]] * case["post"] if case["effect"] == "average" else [1] + [0] * (case["post"] - 1)
        assert ask(0)[3] == pytest.approx(sum(w * b for w, b in zip(weight, case["beta"][case["pre"]:])))
        if value == 0:
            assert ask(0)[0] <= 0 <= ask(0)[1]
            continue
        assert ask(value - precision)[0] > 0 and ask(value + precision)[0] <= 0


def test_no_event_before_the_reference_bends(db):
    """One period on each side, m = 0: the estimate less the trend, whose variance is that of the difference; and the interval grows with m by as much as the bias."""
    case = CASES[0]
    (low, high), (v11, v12), v22 = db.row("SELECT conf_low, conf_high FROM did_honest(?, 'smoothness', 0)", kept(case)), case["sigma"][0], case["sigma"][1][1]
    centre, sd = case["beta"][1] + case["beta"][0], math.sqrt(v11 + v22 + 2 * v12)
    assert (low, high) == pytest.approx((centre - 1.959963984540054 * sd, centre + 1.959963984540054 * sd), rel=1e-9)


def test_fits_of_did_att(db):
    db.table("castle")
    default = db.rows(f"SELECT m, conf_low, conf_high FROM did_honest({CASTLE})")
    assert [row[0] for row in default] == [0.5, 1, 1.5, 2]
    assert all(wide[1] <= narrow[1] + 1e-3 and narrow[2] <= wide[2] + 1e-3 for narrow, wide in zip(default, default[1:]))
    assert db.rows(f"SELECT m, conf_low, conf_high FROM did_honest({CASTLE}, 'relative', '0.5:2:0.5', 0, 0.95, 1)") == default
    assert db.rows(f"SELECT conf_low FROM did_honest({CASTLE}, NULL, NULL, NULL, NULL, 2)") != [row[1:2] for row in default]
    # HonestDiD's find_optimal_flci (honestdid 0.1.1 for Python), whose own search stops at three digits
    flci = db.rows(f"SELECT conf_low, conf_high FROM did_honest({CASTLE}, 'smoothness', '0, .01, .05, .5')")
    for ours, theirs in zip(flci, [(-.00752092, .21958059), (-.05615789, .21923982), (-.20449194, .20038746), (-.74259327, .58572839)]):
        assert ours == pytest.approx(theirs, abs=1e-3)
    for method, options in (("cs", ", base=universal"), ("sunab", "")):
        fit = db.value("SELECT econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', ?)", f"treat=post, method={method}, agg=event{options}")
        assert len(db.rows("SELECT * FROM did_honest(?, 'smoothness')", fit)) == 5


def test_anticipation_and_a_step_of_two(db):
    case = CASES[3]
    same = db.rows("SELECT m, conf_low, conf_high FROM did_honest(?, 'relative', 1)", kept(case))
    assert db.rows("SELECT m, conf_low, conf_high FROM did_honest(?, 'relative', 1)", kept(case, [-5, -4, -3, -1, 0])) == same
    assert db.rows("SELECT m, conf_low, conf_high FROM did_honest(?, 'relative', 1)", kept(case, [-8, -6, -4, 0, 2])) == same
    assert db.rows("SELECT conf_low FROM did_honest(?, 'smoothness', 1, 2)", kept(case, [-8, -6, -4, 0, 2])) == db.rows("SELECT conf_low FROM did_honest(?, 'smoothness', 1, 1)", kept(case))
    # with anticipation 'average' is over event times from 0 on
    assert db.value("SELECT estimate FROM did_honest(?, 'relative', 1, 'average')", kept(case, [-5, -4, -3, -1, 0])) == pytest.approx(case["beta"][4])


def test_in_a_join_and_nulls(db):
    db.execute("CREATE TABLE fits AS SELECT ? AS fit", (kept(CASES[2]),))
    both = db.rows("SELECT h.restriction, count(*) FROM fits, did_honest(fit) h WHERE h.restriction IN ('relative', 'smoothness') GROUP BY 1")
    assert both == [("relative", 4), ("smoothness", 5)]
    assert db.rows("SELECT * FROM did_honest(NULL)") == []


@pytest.mark.parametrize("arguments, times, words", [
    (", 'parallel'", None, "the restriction 'parallel' must be 'relative' or 'smoothness'"),
    (", 'relative', '-1'", None, "m = -1 must not be negative"),
    (", 'relative', 'many'", None, "the values 'many' must be numbers"),
    (", NULL, NULL, 'median'", None, "effect 'median' must be 'average' or an event time after the reference, from 0 to 1"),
    (", NULL, NULL, 7", None, "effect '7' must be"),
    (", NULL, NULL, NULL, 2", None, "the level 2 must lie between 0.5 and 1"),
    (", NULL, NULL, NULL, NULL, 'x'", None, "the seed x must be a whole number"),
    (", NULL, NULL, NULL, NULL, NULL, 3", None, "the number of draws 3 must be a whole number from 20"),
    ("", [-6, -4, -3, 0, 1], "more than the reference is missing"),
    ("", [-7, -5, -4, -2, -1], "2 event times are missing between -7 and -1"),
    ("", [0, 1, 2, 3, 4], "no estimate before treatment (event times 0 to 4)"),
    ("", [-5, -4, -3, -2, -1], "no event time between -5 and -1 is the reference"),
    ("", [-2, -1, 0, 2, 3], "the reference stands after treatment")])
def test_bad_input(db, arguments, times, words):
    message = db.error(f"SELECT * FROM did_honest(?{arguments})", kept(CASES[2], times))
    assert message.startswith("did_honest: ") and words in message


def test_fits_that_will_not_do(db):
    db.table("castle")
    model = "'castle', 'l_homicide ~ 1 | sid + year'"
    assert "made by did_att with agg=event" in db.error("SELECT * FROM did_honest(econ_fit('fe_ols', 'castle', 'l_homicide ~ post | sid + year'))")
    assert "base=universal" in db.error(f"SELECT * FROM did_honest(econ_fit('did_att', {model}, 'treat=post, method=cs, agg=event'))")
    assert "method=imputation makes none" in db.error(f"SELECT * FROM did_honest(econ_fit('did_att', {model}, 'treat=post, method=imputation, agg=event'))")
    flat = json.loads(kept(CASES[2]))
    flat["vcov"]["lower"] = [1.0] * len(flat["vcov"]["lower"])
    for restriction in ("relative", "smoothness"):
        assert "covariance matrix of the 5 event-study estimates is singular" in db.error("SELECT * FROM did_honest(?, ?, 1)", json.dumps(flat), restriction)
