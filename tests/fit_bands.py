"""fit_bands: the probability that a box of the critical value's size holds, by scipy's integration of the normal distribution; and what follows from the definition."""
import json
import math

import pytest

MODEL = "econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3{}')"


def kept(estimates, sigma, df=None):
    k = len(estimates)
    terms = [{"term": f"x{i}", "estimate": b, "std_error": sigma[i][i] ** .5} for i, b in enumerate(estimates)]
    return json.dumps({"estimator": "fe_ols", "formula": "y ~ x", "outcome": "y", "nobs": 9, "terms": terms, "vcov": {"type": "iid", "terms": k, "lower": [sigma[i][j] for i in range(k) for j in range(i + 1)]},
                       "stats": {} if df is None else {"df_t": df}, "words": {}, "version": "0.1.0"})


@pytest.mark.parametrize("correlation, k", [(0, 2), (0.5, 4), (0.95, 6), (-0.3, 3)])
def test_the_box_holds_with_the_level(db, correlation, k):
    stats = pytest.importorskip("scipy.stats")
    numpy = pytest.importorskip("numpy")
    scale = numpy.arange(1, k + 1)
    shape = numpy.full((k, k), float(correlation)) + numpy.eye(k) * (1 - correlation)
    fit = kept([1.0] * k, (shape * numpy.outer(scale, scale)).tolist())
    for level in (0.8, 0.95):
        critical = db.value("SELECT critical FROM fit_bands(?, NULL, ?, 200000) LIMIT 1", fit, level)
        inside = stats.multivariate_normal(numpy.zeros(k), shape).cdf(numpy.full(k, critical), lower_limit=numpy.full(k, -critical))
        assert inside == pytest.approx(level, abs=4 * math.sqrt(level * (1 - level) / 200000))
        for i, (low, high) in enumerate(db.rows("SELECT conf_low, conf_high FROM fit_bands(?, NULL, ?, 200000)", fit, level)):
            assert (low, high) == pytest.approx((1 - critical * scale[i], 1 + critical * scale[i]))


def test_with_one_term_it_is_the_usual_interval(db):
    stats = pytest.importorskip("scipy.stats")
    for df, quantile in ((None, 1.959964), (5, stats.t.ppf(0.975, 5))):
        assert db.value("SELECT critical FROM fit_bands(?, 'x0', 0.95, 400000)", kept([3.0, 1.0], [[4.0, 1.0], [1.0, 2.0]], df)) == pytest.approx(quantile, rel=1e-2)


def test_fits_of_did_att(db):
    db.table("castle")
    rows = db.dicts(f"SELECT b.*, b.critical AS c, t.conf_low AS low, t.conf_high AS high FROM fit_bands({MODEL.format('')}) b, fit_terms({MODEL.format('')}) t WHERE t.term = b.term")
    assert [row["event_time"] for row in rows] == [-5, -4, -3, -2, 0, 1, 2, 3]
    assert all(row["conf_low"] < row["low"] and row["high"] < row["conf_high"] for row in rows)
    assert db.value(f"SELECT critical FROM fit_bands({MODEL.format('')}) LIMIT 1") == rows[0]["c"] != db.value(f"SELECT critical FROM fit_bands({MODEL.format('')}, NULL, NULL, NULL, 2) LIMIT 1")
    cells = "econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, method=cs')"
    assert db.value(f"SELECT count(*) FROM fit_bands({cells}, 'gt', .95, 500)") == db.value(f"SELECT count(std_error) FROM fit_terms({cells}) WHERE term LIKE 'gt%' OR json_extract(attributes, '$.effect') = 'gt'")
    few, many = (db.value(f"SELECT critical FROM fit_bands({cells}, ?) LIMIT 1", kind) for kind in ("group", "gt"))
    assert 1.96 < few < many < 4.5
    assert db.value("SELECT count(*) FROM fit_bands(econ_fit('fe_ols', 'castle', 'l_homicide ~ post + i(year) + poverty'), 'year::*, post')") == 11
    assert db.value("SELECT count(*) FROM fit_bands(econ_fit('fe_ols', 'castle', 'l_homicide ~ post + poverty'))") == 2


@pytest.mark.parametrize("arguments, words", [
    ("'nobody'", "no term of the fit is 'nobody'"), ("NULL, 2", "the level 2 must lie"), ("NULL, .9, 3", "the number of draws 3"), ("NULL, .9, 30, 'x'", "the seed x")])
def test_bad_input(db, arguments, words):
    message = db.error(f"SELECT * FROM fit_bands(?, {arguments})", kept([1.0], [[1.0]]))
    assert message.startswith("fit_bands: ") and words in message
    assert "none of these terms has an error" in db.error("SELECT * FROM fit_bands(?)", kept([1.0], [[0.0]]))
