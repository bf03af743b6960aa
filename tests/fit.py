"""A fit is a value: the functions that read one (fit_scalars.c, fit_tables.c, fit_wald.c). The fits here are written by hand, so that nothing
depends on an estimator. Numbers to compare with come from R (oracle/fit_wald.R) and from Python's own functions."""
import json
import math
import pathlib
import random
import statistics

import pytest

ORACLE = json.loads((pathlib.Path(__file__).parent / "oracle" / "fit_wald.json").read_text())


def term(name, estimate, std_error=None, **more):
    return {"term": name, "estimate": estimate, "std_error": std_error, "statistic": 2.5, "p_value": 0.0125, "conf_low": -1.5, "conf_high": None, **more}


def fit_of(**changes):
    return json.dumps({
        "estimator": "fe_ols", "formula": "y ~ x1 + x2", "outcome": "y", "nobs": 200,
        "terms": [term("(Intercept)", 1.5, 0.5), term("x1", 2.0, 0.25, n=3, direction="+"), term("x2", -0.5, 0.125)],
        "vcov": {"type": "hc1", "terms": 3, "lower": [0.25, 0.01, 0.0625, 0.02, 0.03, 0.015625]},
        "stats": {"r2": 0.75, "df_t": 197, "ll": None}, "words": {"ssc": "fixest"},
        "absorbed": [{"name": "firm", "levels": 10, "redundant": 0, "nested": True}],
        "rows": {"read": 220, "where_excluded": 9, "null": 6, "singleton": 4, "zero_weight": 1, "separated": 0, "other": 0, "used": 200},
        "tests": [{"test": "sargan", "subject": None, "h0": "instruments are valid", "statistic": 1.5, "df1": 1, "df2": None, "p_value": 0.22, "critical": None, "note": "n"},
                  {"test": "first_stage_f", "subject": "x1", "h0": None, "statistic": 20, "df1": 1, "df2": 100, "p_value": 0.001, "critical": 16.38, "note": None}],
        "version": "0.1.0", **changes})


FIT = fit_of()
FAILED = fit_of(error="no row is left", terms=[], vcov={"type": None, "terms": 0, "lower": []})
TABLES = ["fit_terms(?)", "fit_stats(?)", "fit_tests(?)", "fit_rows(?)", "fit_vcov(?)", "fit_wald(?, 'x1')"]
SCALARS = ["fit_coef(?, 'x1')", "fit_se(?, 'x1')", "fit_p(?, 'x1')", "fit_stat(?, 'r2')", "fit_predict(?, 1, 2)"]


# ---------------------------------------------------------------- scalars
def test_numbers_of_a_term(db):
    assert db.row("SELECT fit_coef(?1, 'x1'), fit_se(?1, 'x1'), fit_p(?1, 'x1')", FIT) == (2.0, 0.25, 0.0125)
    assert db.value("SELECT fit_coef(?, ' x1 ')", FIT) == 2.0
    assert db.value("SELECT fit_coef(?, '(Intercept)')", FIT) == 1.5
    dropped = fit_of(terms=[term("x1", None)], vcov=None)
    assert db.row("SELECT fit_coef(?1, 'x1'), fit_se(?1, 'x1')", dropped) == (None, None)


def test_term_that_is_not_there(db):
    assert db.error("SELECT fit_coef(?, 'x11')", FIT) == "fit_coef: no term 'x11'; did you mean 'x1'? It has '(Intercept)', 'x1', 'x2'"
    assert db.error("SELECT fit_se(?, 'investment')", FIT) == "fit_se: no term 'investment'; it has '(Intercept)', 'x1', 'x2'"
    many = fit_of(terms=[term(f"year::{year}", 1) for year in range(1990, 2020)], vcov=None)
    assert "and 18 more" in db.error("SELECT fit_coef(?, 'gdp')", many)


def test_terms_of_parts(db):
    parts = fit_of(terms=[term("x1", 1), term("x1", 2, part="first: x2"), term("z", 3, part="first: x2"), term("w", 4, part="a"), term("w", 5, part="b")], vcov=None)
    assert db.value("SELECT fit_coef(?, 'x1')", parts) == 1
    assert db.value("SELECT fit_coef(?, 'z')", parts) == 3
    assert "stands in several parts ('a', 'b')" in db.error("SELECT fit_coef(?, 'w')", parts)


def test_statistics_and_words(db):
    assert db.row("SELECT fit_stat(?1, 'r2'), fit_stat(?1, 'nobs'), typeof(fit_stat(?1, 'nobs')), fit_stat(?1, 'll')", FIT) == (0.75, 200, "integer", None)
    assert db.row("SELECT fit_stat(?1, 'ssc'), fit_stat(?1, 'vcov'), fit_stat(?1, 'formula'), fit_stat(?1, 'estimator'), fit_stat(?1, 'outcome')", FIT) == (
        "fixest", "hc1", "y ~ x1 + x2", "fe_ols", "y")
    assert db.value("SELECT fit_stat(?, 'r2_within')", FIT) is None  # other models have it
    assert "fit_stat: no statistic 'r22'; did you mean 'r2'?" in db.error("SELECT fit_stat(?, 'r22')", FIT)
    assert db.value("SELECT fit_stat(?, 'error')", FAILED) == "no row is left"
    assert db.value("SELECT fit_stat(?, 'error')", FIT) is None


def test_prediction(db):
    assert db.value("SELECT fit_predict(?, 3, 4)", FIT) == 1.5 + 2.0 * 3 - 0.5 * 4
    assert db.value("SELECT fit_predict(?, '3', 4.5)", FIT) == 1.5 + 2.0 * 3 - 0.5 * 4.5
    assert db.value("SELECT fit_predict(?, NULL, 4)", FIT) is None
    absorbed = fit_of(terms=[term("x1", 2), term("x2", None), term("x3", 4)], stats={"constant": 10}, vcov=None)
    assert db.value("SELECT fit_predict(?, 1, 100, 2)", absorbed) == 10 + 2 + 8  # a dropped term counts as 0
    linear = 1.5 + 2 * 0.25 - 0.5 * 4
    for estimator, expected in (("fe_poisson", math.exp(linear)), ("fe_logit", 1 / (1 + math.exp(-linear))), ("fe_probit", statistics.NormalDist().cdf(linear))):
        assert db.value("SELECT fit_predict(?, 0.25, 4)", fit_of(estimator=estimator)) == pytest.approx(expected, rel=1e-14)
    assert db.value("SELECT fit_predict(?, -1e6, 0)", fit_of(estimator="fe_logit")) == 0
    assert db.value("SELECT fit_predict(?, 1e6, 0)", fit_of(estimator="fe_logit")) == 1


def test_prediction_with_wrong_values(db):
    assert db.error("SELECT fit_predict(?, 3)", FIT) == "fit_predict: 1 value was given, but the fit has 2 terms: 'x1', 'x2'"
    assert db.error("SELECT fit_predict(?, 3, 4, 5)", FIT) == "fit_predict: 3 values were given, but the fit has 2 terms: 'x1', 'x2'"
    assert db.error("SELECT fit_predict(?, 3, 'four')", FIT) == "fit_predict: the value of 'x2' is no number: 'four'"
    assert "the fit is missing" in db.error("SELECT fit_predict()")
    assert "has no scores" in db.error("SELECT fit_score(?, 1, 2)", FIT)
    assert "has no scores" in db.error("SELECT fit_score(?, 1, 2)", fit_of(estimator="unheard_of"))


def test_null_and_failed_fits(db):
    for call in SCALARS + ["fit_score(?, 1)"]:
        assert db.value(f"SELECT {call}", None) is None, call
        assert db.value(f"SELECT {call}", FAILED) is None, call
    for call in TABLES:
        assert db.rows(f"SELECT * FROM {call}", None) == [], call
        assert (db.rows(f"SELECT * FROM {call}", FAILED) == []) == (call != "fit_rows(?)"), call
    assert db.value("SELECT fit_coef(?, NULL)", FIT) is None
    assert db.value("SELECT fit_stat(?, NULL)", FIT) is None
    assert db.rows("SELECT * FROM fit_wald(?, NULL)", FIT) == []


def test_one_row_after_another(db):
    """The last fit stays parsed: answers must not be mixed up, whatever the order."""
    fits = [fit_of(nobs=i, terms=[term("x1", i / 7, i / 3)], vcov=None) for i in range(50)]
    fits[10] = None
    fits[20] = FAILED
    order = [random.Random(1).randrange(50) for _ in range(2000)]
    db.execute("CREATE TABLE models(row INTEGER PRIMARY KEY, i, fit)")
    db.executemany("INSERT INTO models VALUES (?, ?, ?)", [(row, i, fits[i]) for row, i in enumerate(order)])
    for i, estimate, error, nobs in db.rows("SELECT i, fit_coef(fit, 'x1'), fit_se(fit, 'x1'), fit_stat(fit, 'nobs') FROM models ORDER BY row"):
        assert (estimate, error, nobs) == ((None, None, None) if i in (10, 20) else (i / 7, i / 3, i))
    with pytest.raises(Exception, match="no term"):
        db.rows("SELECT fit_coef(fit, 'x1'), fit_coef(fit, 'zz') FROM models")
    assert db.value("SELECT fit_coef(?, 'x1')", fits[5]) == 5 / 7  # after an error


# ---------------------------------------------------------------- tables
def test_terms_as_rows(db):
    rows = db.dicts("SELECT *, attributes FROM fit_terms(?)", FIT)
    assert [row["term"] for row in rows] == ["(Intercept)", "x1", "x2"]
    assert rows[1] == {"part": None, "term": "x1", "estimate": 2.0, "std_error": 0.25, "statistic": 2.5, "p_value": 0.0125, "conf_low": -1.5, "conf_high": None,
                       "attributes": '{"n":3,"direction":"+"}'}
    assert rows[0]["attributes"] == "{}"
    assert db.rows("SELECT part, term FROM fit_terms(?)", fit_of(terms=[term("z", 1, part="first: x")], vcov=None)) == [("first: x", "z")]


def test_statistics_as_rows(db):
    assert db.rows("SELECT name, value FROM fit_stats(?)", FIT) == [("nobs", 200), ("r2", 0.75), ("df_t", 197.0), ("ll", None), ("ssc", "fixest"), ("vcov", "hc1")]


def test_tests_as_rows(db):
    assert db.rows("SELECT * FROM fit_tests(?)", FIT) == [("sargan", None, "instruments are valid", 1.5, 1.0, None, 0.22, None, "n"),
                                                          ("first_stage_f", "x1", None, 20.0, 1.0, 100.0, 0.001, 16.38, None)]


def test_what_became_of_the_rows(db):
    rows = dict(db.rows("SELECT name, rows FROM fit_rows(?)", FIT))
    assert rows == {"read": 220, "where_excluded": 9, "null": 6, "singleton": 4, "zero_weight": 1, "separated": 0, "other": 0, "used": 200}
    why = fit_of(rows={"read": 10, "other": 3, "other_why": "treated in the first period", "used": 7})
    assert ("other: treated in the first period", 3) in db.rows("SELECT name, rows FROM fit_rows(?)", why)


def test_covariances_as_rows(db):
    rows = {(a, b): value for a, b, value in db.rows("SELECT * FROM fit_vcov(?)", FIT)}
    assert len(rows) == 9
    assert rows["x1", "x2"] == rows["x2", "x1"] == 0.03 and rows["x2", "x2"] == 0.015625
    dropped = fit_of(terms=[term("a", 1), term("b", None)], vcov={"terms": 2, "lower": [4, None, None]})
    assert db.rows("SELECT value FROM fit_vcov(?)", dropped) == [(4.0,), (None,), (None,), (None,)]


def test_joined_with_a_table_of_fits(db):
    db.execute("CREATE TABLE models(name, fit)")
    db.executemany("INSERT INTO models VALUES (?, ?)", [("a", FIT), ("none", None), ("failed", FAILED), ("b", fit_of(nobs=7))])
    assert db.rows("SELECT m.name, t.term FROM models m, fit_terms(m.fit) t WHERE t.term LIKE 'x%'") == [("a", "x1"), ("a", "x2"), ("b", "x1"), ("b", "x2")]
    assert db.rows("SELECT m.name, t.term FROM fit_terms(m.fit) t, models m WHERE t.term = 'x1'") == [("a", "x1"), ("b", "x1")]  # the other way round
    assert db.rows("SELECT name, (SELECT value FROM fit_stats(fit) s WHERE s.name = 'nobs') FROM models") == [("a", 200), ("none", None), ("failed", None), ("b", 7)]
    assert db.rows("SELECT m.name FROM models m LEFT JOIN fit_terms(m.fit) t ON t.term = 'x1' WHERE t.term IS NULL ORDER BY 1") == [("failed",), ("none",)]
    assert db.value("SELECT count(*) FROM models a JOIN models b, fit_terms(a.fit) s, fit_vcov(b.fit) v WHERE v.term1 = s.term AND v.term2 = s.term") == 12


def test_views_may_use_them(db):
    db.execute("CREATE TABLE models(name, fit)")
    db.execute("INSERT INTO models VALUES ('a', ?)", (FIT,))
    db.execute("PRAGMA trusted_schema=OFF")
    db.execute("CREATE VIEW tidy AS SELECT name, term, fit_stat(fit, 'r2') AS r2 FROM models, fit_terms(fit)")
    assert db.rows("SELECT * FROM tidy") == [("a", "(Intercept)", 0.75), ("a", "x1", 0.75), ("a", "x2", 0.75)]
    db.execute("CREATE TABLE kept(fit, b AS (fit_coef(fit, 'x1')))")  # deterministic
    db.execute("INSERT INTO kept VALUES (?)", (FIT,))
    assert db.value("SELECT b FROM kept") == 2.0


def test_text_of_another_encoding(db):
    db.execute("PRAGMA encoding = 'UTF-16'")
    db.execute("CREATE TABLE models(fit)")
    db.execute("INSERT INTO models VALUES (?)", (fit_of(formula="\u6295\u8d44 ~ x1 + x2", terms=[term("\u4e1c\u90e8", 3, 1)], vcov={"terms": 1, "lower": [1]}),))
    assert db.row("SELECT fit_coef(fit, '\u4e1c\u90e8'), fit_stat(fit, 'formula') FROM models") == (3, "\u6295\u8d44 ~ x1 + x2")
    assert db.rows("SELECT term, statistic FROM models, fit_terms(fit)") == [("\u4e1c\u90e8", 2.5)]
    assert db.value("SELECT statistic FROM models, fit_wald(fit, '\u4e1c\u90e8 = 1')") == 4


def test_missing_argument(db):
    assert db.error("SELECT * FROM fit_terms") == "fit_terms: the argument 'fit' is missing: fit_terms(fit)"
    assert db.error("SELECT * FROM fit_terms()") == "fit_terms: the argument 'fit' is missing: fit_terms(fit)"
    assert db.error("SELECT * FROM fit_wald(?)", FIT) == "fit_wald: the argument 'hypotheses' is missing: fit_wald(fit, hypotheses)"
    assert "too many arguments" in db.error("SELECT * FROM fit_stats(?, 1)", FIT)


def test_hidden_columns_show_the_arguments(db):
    assert db.row("SELECT kept_fit, hypotheses FROM fit_wald(?, 'x1')", FIT) == (FIT, "x1")
    assert db.value("SELECT count(*) FROM fit_wald WHERE kept_fit = ? AND hypotheses IN ('x1', 'x2', 'x1 = x2')", FIT) == 3
    assert db.value("SELECT count(*) FROM fit_terms(?1) WHERE kept_fit = ?1", FIT) == 3


# ---------------------------------------------------------------- what is no fit
BAD = ["", "abc", "1", "[]", "{}", "null", '{"estimator":"e","terms":1}', '{"estimator":"e","terms":[{}]}', FIT[:-1], FIT[:700], FIT + "x", '{"a":' * 5000,
       '{"estimator":"e","vcov":{"terms":100000,"lower":[]}}', "\x01", '{"estimator":"e","nobs":1e999}', "[" * 2_000_000]


def test_a_text_that_is_no_fit(db):
    for bad in BAD:
        for call in SCALARS + ["fit_score(?, 1)"]:
            assert db.error(f"SELECT {call}", bad).startswith(call.split("(")[0] + ": this is not a fit: "), (call, bad[:50])
        for call in TABLES:
            assert db.error(f"SELECT * FROM {call}", bad).startswith(call.split("(")[0] + ": this is not a fit: "), (call, bad[:50])
    for other in (1, 1.5, b"\x00\xff", b"{}"):
        assert "this is not a fit" in db.error("SELECT fit_coef(?, 'x')", other)
        assert "this is not a fit" in db.error("SELECT * FROM fit_terms(?)", other)
    assert db.value("SELECT fit_coef(?, 'x1')", FIT.encode()) == 2.0  # a BLOB with the text


def test_mutilated_fits(db):
    """Whatever is changed: an answer or a sentence."""
    rng = random.Random(5)
    for _ in range(1500):
        text = FIT
        for _ in range(rng.choice((1, 1, 2, 5))):
            at = rng.randrange(len(text))
            kind = rng.randrange(4)
            if kind == 0:
                text = text[:at] + rng.choice('"{}[],:01e-.\\ntx') + text[at + 1:]
            elif kind == 1:
                text = text[:at] + text[at + rng.randrange(60):]
            elif kind == 2:
                text = text[:at] + text[at:at + rng.randrange(60)] + text[at:]
            else:
                text = text[:at] + rng.choice(('null', '[]', '{}', '1e999', '-1', '"a"', ',')) + text[at:]
        for sql in [f"SELECT {call}" for call in SCALARS] + [f"SELECT * FROM {call}" for call in TABLES]:
            try:
                db.rows(sql, text)
            except Exception as error:
                assert str(error).startswith("fit_"), error


# ---------------------------------------------------------------- fit_wald
def model(df=ORACLE["df"]):
    return fit_of(terms=[term(name, estimate, 1) for name, estimate in zip(ORACLE["terms"], ORACLE["estimate"])],
                  vcov={"type": "iid", "terms": len(ORACLE["terms"]), "lower": ORACLE["lower"]}, stats={"df_t": df})


def wald(db, hypotheses, fit=None):
    return db.row("SELECT statistic, df1, df2, p_value FROM fit_wald(?, ?)", fit or model(), hypotheses)


@pytest.mark.parametrize("hypotheses", ORACLE["cases"])
def test_wald_against_r(db, hypotheses):
    expected = ORACLE["cases"][hypotheses]
    statistic, df1, df2, p_value = wald(db, hypotheses)
    assert (df1, df2) == (expected["df1"], ORACLE["df"])
    assert statistic == pytest.approx(expected["f"], rel=1e-9)
    assert p_value == pytest.approx(expected["p_f"], rel=1e-9)
    statistic, df1, df2, p_value = wald(db, hypotheses, model(df=None))
    assert (df1, df2) == (expected["df1"], None)
    assert statistic == pytest.approx(expected["df1"] * expected["f"], rel=1e-9)
    assert p_value == pytest.approx(expected["p_chi2"], rel=1e-9)


SAME = [("wt", "wt = 0", " wt=0 ", "0 = wt", "-wt = 0", "2*wt", "wt*2 = 0", "wt/3", "wt == 0", '"wt"', "wt + hp = hp", "3*wt = wt"),
        ("wt = -3", "-3 = wt", "-wt = 3", "2*wt = -6", "wt + 1 = -2", "wt = -30e-1", "wt - hp = -3 - hp", "wt = -.3e+1"),
        ("wt = 0, hp = 0", "hp, wt", "wt = hp = 0", "wt = hp, wt = 0", "wt + hp, wt - hp", "wt; hp", "wt, hp, wt + hp, 2*wt = hp, 0 = 0"),
        ("gear::*", "gear :: *", "*::*", "gear::4, gear::5", "gear::4 = gear::5 = 0", "gear::* = 0", "g*r::*, gear::4", "gear::4*, *5"),
        ("gear::* = 1", "gear::4 = 1, gear::5 = 1"), ("wt:hp", "wt : hp = 0", '"wt:hp"', "wt:*"), ("(Intercept) = 30, wt + hp = -3", "( Intercept ) - 30, wt = -hp - 3")]


@pytest.mark.parametrize("forms", SAME, ids=[forms[0] for forms in SAME])
def test_wald_written_differently(db, forms):
    first = wald(db, forms[0])
    assert first[0] > 0
    for form in forms[1:]:
        assert wald(db, form) == pytest.approx(first, rel=1e-9), form


def test_wald_with_awkward_names(db):
    names = ["x1", "x10", "l(x1, 2)", "I(a, 'b = c')", "city::New York, NY", "year::-1", "x1:x10", "a b", "\u4e1c\u90e8"]
    k = len(names)
    lower = [1.0 if i == j else 0.0 for i in range(k) for j in range(i + 1)]
    fit = fit_of(terms=[term(name, i + 1.0) for i, name in enumerate(names)], vcov={"terms": k, "lower": lower}, stats={"df_t": 50})
    for i, name in enumerate(names):
        assert wald(db, name, fit)[0] == pytest.approx((i + 1) ** 2)
        assert wald(db, f"{name} = {i + 1}, x1 = 1", fit)[:2] == (0, 1 if i == 0 else 2)
        assert wald(db, f"2*{name} - 1 = 1 + x1", fit)[0] == pytest.approx((2 * (i + 1) - 3) ** 2 / (5 if i else 1))
    assert wald(db, "*", fit)[1] == k
    assert wald(db, "x1*", fit)[1] == 3 and wald(db, "x1:*", fit)[1] == 1


def test_wald_refuses(db):
    for hypotheses, sentence in {
        "wtt": "no term 'wtt' in the hypothesis; the terms are '(Intercept)', 'wt', 'hp', 'disp', 'gear::4', 'gear::5', 'wt:hp'", "w": "no term 'w'",
        "wt2 = 0": "no term 'wt2'", "yaer::*": "no term 'yaer::'", '"x"': "no term 'x'", "": "are empty", "  ": "are empty", "wt =": "misses a term or a number before 'its end'",
        "wt,": "misses a term", ",wt": "misses a term", "wt = = 1": "misses a term or a number before '= 1'", "wt * hp = 1": "not linear", "wt*": "misses", "wt/0 = 1": "not finite",
        "1e999*wt": "not finite", "wt = 1, wt = 2": "hypothesis 2 contradicts", "wt = hp, hp = disp, wt - disp = 1": "hypothesis 3 contradicts", "1 = 2": "names no term",
        "wt = wt + 1": "names no term", "wt = wt": "hold whatever", "0 = 0": "hold whatever", "wt hp": "no term 'wt hp'", "wt 2": "no term 'wt 2'", "2 wt": "was expected",
        "gear::* + wt": "no term 'gear::'", "hp/disp": "no term"}.items():
        if hypotheses == "wt*":
            assert wald(db, hypotheses)[1] == 2  # wt and wt:hp
            continue
        message = db.error("SELECT * FROM fit_wald(?, ?)", model(), hypotheses)
        assert message.startswith("fit_wald: ") and sentence in message, (hypotheses, message)
    dropped = fit_of(terms=[term("a", 1, 1), term("b", None), term("c::1", 2, 1), term("c::2", None)], vcov={"terms": 4, "lower": [1, None, None, 0, None, 1] + [None] * 4}, stats={})
    assert "the term 'b' has no estimate" in db.error("SELECT * FROM fit_wald(?, 'a = b')", dropped)
    assert wald(db, "c::*", dropped)[:3] == (4.0, 1, None)
    assert "every term that 'b*' matches was dropped" in db.error("SELECT * FROM fit_wald(?, 'b*')", dropped)
    assert "no covariance matrix" in db.error("SELECT * FROM fit_wald(?, 'a')", fit_of(terms=[term("a", 1)], vcov=None))


def test_wald_of_less_rank_than_hypotheses(db):
    """Two clusters, three terms: V has rank 1, and so has the test."""
    fit = fit_of(terms=[term("a", 1.0), term("b", 2.0), term("c", 3.0)], vcov={"terms": 3, "lower": [1, 2, 4, 3, 6, 9]}, stats={"df_t": 1})
    statistic, df1, df2, p_value = wald(db, "*", fit)
    assert (df1, df2) == (1, 1) and statistic == pytest.approx(1.0) and p_value == pytest.approx(0.5)  # t of 1 with one degree of freedom: P(|T| > 1) = 1/2


def test_any_hypotheses_give_an_answer_or_a_sentence(db):
    rng = random.Random(3)
    pieces = ["wt", "hp", "gear::4", "wt:hp", "(Intercept)", "*", "=", "+", "-", "/", ",", "2", "1e3", ".", '"', "(", ")", " ", "x", "::", "\u4e1c"]
    answers = 0
    for _ in range(3000):
        text = "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 9)))
        try:
            answers += len(db.rows("SELECT * FROM fit_wald(?, ?)", model(), text))
        except Exception as error:
            assert str(error).startswith("fit_wald: "), error
    assert answers > 50


def test_a_fit_is_utf8_whatever_the_data_are(db):
    db.execute("CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) "
               "SELECT i * 7 % 11 AS y, CASE i % 3 WHEN 0 THEN CAST(x'43F4746520' AS TEXT) WHEN 1 THEN 'Côte' ELSE 'a' END AS g FROM n")  # Latin-1, UTF-8
    fit = db.value("SELECT fe_ols('y ~ i(g)', y, g) FROM t")
    assert [term["term"] for term in json.loads(fit)["terms"]] == ["(Intercept)", "g::C\ufffdte ", "g::a"]
