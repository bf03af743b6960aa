"""fit_table, corr_table, describe_table. The pages of fit_table.txt were read by eye and are kept word for word (ECON_WRITE=1 writes them anew: read the difference);
everything that can be known otherwise is: numbers against Python's own rounding, HTML by html.parser, CSV by csv, LaTeX by pdflatex where it is installed."""
import csv
import html.parser
import io
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
from decimal import ROUND_HALF_EVEN, Decimal

import pytest

HERE = pathlib.Path(__file__).parent
PAGES = HERE / "fit_table.txt"


def term(name, estimate, error=None, p=None, **more):
    """As an estimator would write it: 95% interval with 1.96."""
    known = estimate is not None and error is not None
    return {"term": name, "estimate": estimate, "std_error": error, "statistic": estimate / error if known else None, "p_value": p,
            "conf_low": estimate - 1.96 * error if known else None, "conf_high": estimate + 1.96 * error if known else None, **more}


NUMBERS = {"rmse": .1234, "aic": -1234.567, "outcome_mean": 2.5, "level": .95}


def fit(terms, outcome="nqp", effects=(), vcov="hc1", stats=None, tests=(), **more):
    return json.dumps({"estimator": "fe_ols", "formula": "written by hand", "outcome": outcome, "nobs": 270, "terms": terms, "vcov": {"type": vcov, "terms": 0, "lower": []},
                       "stats": {"r2": .9534, "r2_within": .5, "df_t": 29, **NUMBERS, **(stats or {})}, "words": {}, "absorbed": [{"name": n, "levels": k, "redundant": 0, "nested": False} for n, k in effects],
                       "rows": {}, "tests": list(tests), **more}, ensure_ascii=False)


def made_test(name, statistic, p=None, critical=None, subject=None):
    return {"test": name, "subject": subject, "h0": None, "statistic": statistic, "df1": 1, "df2": None, "p_value": p, "critical": critical, "note": None}


# The baseline of a paper: four columns, as it prints them
POOLED = fit([term("(Intercept)", .0512, .0261, .051), term("dt", .75, .0403, 1e-9)])
TWOWAY = fit([term("dt", .4467, .0325, 1e-9)], effects=[("prov", 30), ("year", 9)], vcov="cluster(prov)", stats={"constant": .1, "constant_se": .04})
UNIT = fit([term("dt", .5119, .0478, 1e-9), term("lf", -.031, .0211, .15), term("ul", .2, .0999, .049)], effects=[("prov", 30)], vcov="cluster(prov)")
FULL = fit([term("dt", .3846, .0351, 1e-9), term("lf", None), term("ul", .0017, .0002, .001)], outcome="dti", effects=[("prov", 30), ("year", 9)], vcov="cluster(prov)")
SECOND = fit([term("dt", .4154, .0338, 1e-9, stage="second"), term("lf", .02, .01, .06, stage="second"), term("l(dt)", .9007, .0369, 1e-9, part="first: dt", stage="first", outcome="dt"),
              term("lf", .1, .2, .6, part="first: dt", stage="first", outcome="dt")], estimator="fe_iv", effects=[("prov", 30), ("year", 9)],
             tests=[made_test("first_stage_f", 99., .0001, subject="dt"), made_test("first_stage_wald_f", 60.16, .0001, subject="dt"), made_test("kp_rk_lm", 28.61, .00002),
                    made_test("kp_rk_wald_f", 60.16, None, 16.38), made_test("hansen_j", .5, .4795), made_test("wu_hausman", 3., .08)])
FAILED = fit([], error="no row is left", outcome="nqp")
THRESHOLD = fit([term("regime::1:x", .5, .2, .02), term("threshold_1", .35, part="threshold", conf_low=.31, conf_high=.37) | {"conf_low": .31, "conf_high": .37}])
QUANTILES = fit([term("x @ 0.25", .1, .05, .04, tau=.25), term("x @ 0.75", .2, .05, .001, tau=.75)], estimator="fe_quantile", stats={"r2": None})
SHARED = fit([term("dt_lagged", .25, .1, .02)])
CROSSED = fit([term("dt:lf", .125, .1, .2), term("region::east:dt", .5, .1, .001), term("region::west", .5, .1, .001)], effects=[("region^year", 18)])
HOSTILE = fit([term("a & b_1 <i>%$#{}~^\\|\"'*[x]</i>", 1., .5, .05)], outcome="百分比 <script>", effects=[("省份 & 年", 31)])


@pytest.fixture
def table(db):
    def print_(fits, options="", labels=None):
        rows = list(zip(labels or [""] * len(fits), fits))
        values = ", ".join(["(?, ?)"] * len(rows))
        return db.value(f"WITH m(label, fit) AS (VALUES {values}) SELECT fit_table(label, fit, ?) FROM m", *[x for row in rows for x in row], options)
    return print_


CASES = [
    ("the baseline of a paper", [POOLED, TWOWAY, UNIT, FULL], "keep=dt, rename=(dt:Digital trade, prov:Province, year:Year)"),
    ("three lines a term, the constant everywhere", [POOLED, TWOWAY], "under=se+t, constant=1, digits=4, r2=overall+within+adj"),
    ("everything, in Chinese", [POOLED, TWOWAY, UNIT, FULL], "lang=zh, title=基准回归, rename=(dt:数字贸易, prov:省份, year:年份)"),
    ("intervals and p-values", [UNIT], "under=ci+p, stars=0, notes=The sample ends in 2022."),
    ("instruments, first stage beside second", [SECOND], "parts=first*, drop=lf, tests=auto"),
    ("instruments in Chinese", [SECOND], "lang=zh"),
    ("tests by name", [SECOND], "tests=(wu_hausman, first*), controls=0, fe=0, units=0, errors=0, r2=none"),
    ("fits that failed", [TWOWAY, FAILED, None], ""),
    ("a threshold", [THRESHOLD], ""),
    ("quantiles", [QUANTILES], ""),
    ("markdown", [POOLED, FULL], "format=markdown, title=A | b"),
    ("csv", [POOLED, TWOWAY, FULL], "format=csv"),
    ("latex", [POOLED, TWOWAY, FULL], "format=latex, keep=dt, title=Trade & growth, label=tab:base"),
    ("latex, fragment, hostile names", [HOSTILE], "format=latex, fragment=1"),
    ("html", [POOLED, TWOWAY, FULL], "format=html, keep=dt, title=Trade & growth"),
    ("html, hostile names", [HOSTILE], "format=html"),
    ("symbols of one's own", [UNIT], "stars=(+ .2, * .05, ** .01), under=none"),
    ("order and patterns", [UNIT, FULL], "order=(ul, l*), drop=dt"),
    ("heads over columns, lines, marks, controls by name", [POOLED, TWOWAY, UNIT, FULL], "groups=((All:2, :1, East:1), (\"Raw, simple\":1, Effects:3)), lines=(Sample: all | all | | east; Years: 2011-2019), "
     "marks=(✓, –), controls=(Trade:lf, Size:ul), keep=dt, outcomes=0"),
    ("panels", [POOLED, UNIT, TWOWAY, FULL], "panels=(Panel A. Output:2, Panel B. Trade:2), keep=dt, groups=(Both:2)"),
    ("panels, latex with points above each other", [POOLED, UNIT, TWOWAY, FULL], "panels=(A:2, B:2), under=t+se, format=latex, latex=(small, dcolumn, threeparttable), title=T"),
    ("panels, html", [POOLED, FULL], "panels=(A & B:1, C:1), format=html, keep=dt"),
    ("panels, markdown", [POOLED, FULL], "panels=(A*B:1, C:1), format=markdown, keep=dt"),
    ("rtf", [POOLED, FULL], "format=rtf, keep=dt, title=基准 {a\\\\b}, groups=Both:2, notes=注"),
    ("exponentials beside intervals", [POOLED, UNIT], "exp=2, level=.95, under=ci, beside=1, stats=(rmse:1, aic), rename=(N:Observations)"),
    ("statistics by their names, in Chinese", [POOLED, UNIT], "stats=(outcome_mean, aic:1, rmse), lang=zh, under=ci, keep=dt"),
    ("brackets of one's own, stars on the error, decimals of each line", [POOLED, UNIT], "under=se+p, brackets=([], 0), digits=(2, p:4), starred=under, stars=(.001,.01,.05)"),
    ("nothing around an interval behind the estimate, figures", [POOLED, UNIT], "under=ci, brackets=0, beside=1, starred=under, digits=a3, keep=dt"),
    ("lines above terms, no N", [POOLED, UNIT], "above=(dt:Trade, ul:\"West | ref.\"), nobs=0, errors=0, r2=none, fe=0, units=0"),
    ("brackets in Chinese", [UNIT], "under=t+se, brackets=0, lang=zh, keep=dt"),
    ("columns of their own", [POOLED, TWOWAY, UNIT, FULL], "under=se+t, wide=1, groups=(A:2, B:2), rename=(dt:Digital trade)"),
    ("columns of their own, panels, csv", [POOLED, TWOWAY, UNIT, FULL], "wide=1, panels=(A:2, B:2), format=csv, keep=dt"),
    ("columns of their own, latex", [POOLED, UNIT], "wide=1, under=ci, brackets=0, format=latex, latex=dcolumn, keep=dt"),
    ("tabs", [POOLED, TWOWAY], "format=tsv, keep=dt"),
    ("sheets for Excel", [POOLED, TWOWAY], "format=tsv, keep=dt, excel=1"),
    ("typst", [POOLED, UNIT], "format=typst, keep=(dt, ul), title=A \\\"b\\\" #1, label=tab:x, highlight=(dt@2, ul:#ffee99), groups=(All:2), notes=end"),
    ("a table over several pages, as a document", [POOLED, TWOWAY], "format=latex, page=1, latex=(longtable, small), title=A & b, label=tab:long"),
    ("as wide as the page", [POOLED, TWOWAY], "format=latex, full=1, fragment=1, keep=dt"),
    ("a page of HTML", [POOLED], "format=html, page=1, full=1, keep=dt, title=A & b, lang=zh"),
    ("any number, templates, gaps, no rules", [POOLED, TWOWAY, UNIT, FULL], "main={b}{stars} ({se}), under=(\"[{low:2}, {high:2}]\", |t|), gaps=1, rules=0, compress=1, vacant=., keep=(dt, ul), notes=(first, \"second, with a comma\")"),
    ("transformed, highlighted", [POOLED, UNIT], "transform=(dt@2: 100*(exp(b)-1)), highlight=(dt@2, ul:#ffee99), under=se+ci, keep=(dt, ul), format=html, font=Arial 9, width=12cm, rules=double, align=r"),
    ("transformed, highlighted, latex", [POOLED, UNIT], "transform=(dt@2: 100*(exp(b)-1)), highlight=(dt@2, ul:#ffee99), keep=(dt, ul), format=latex, page=1, gaps=1, rules=double, align=lrd, latex=(standalone, stretch:1.2, flush, adjustbox, "
     "packages:amssymb textcomp), width=80%, groups=A:2"),
    ("latex without packages, labels of one's own", [UNIT], "format=latex, rules=hline, escape=0, rename=(dt:\"$\\beta_{1} < 2$ & more\", lf:\"\\textit{Labour}\"), groups=A:1, latex=place:tp"),
    ("html of one's own", [UNIT], "format=html, escape=0, rename=(dt:\"<i>b</i> & 1 < 2 &ndash;\"), highlight=dt, keep=dt, gaps=1, rules=0"),
    ("rtf with a font, a width, colours", [POOLED, UNIT], "format=rtf, keep=(dt, ul), font=Arial 9, width=10cm, rules=double, highlight=(dt, @2:#ffee99), compress=1, gaps=1, align=r"),
    ("bold where p is small, indented names", [POOLED, UNIT], "highlight=(p<.05, p<.06:#ffee99), format=markdown, above=(lf:Others), rename=(lf:\"  Labour\"), vacant=–"),
    ("frames, names broken", [POOLED, UNIT], "highlight=(dt@2:box, @1), names=12, rename=(dt:Digital trade of the province, ul:Unionization), under=se+t, keep=(dt, ul)"),
    ("frames, html", [UNIT], "highlight=dt:box, format=html, keep=dt"),
    ("powers of ten", [fit([term("x", 1.5e-11, 2e-12, .001)])], "format=latex, fragment=1"),
    ("transposed", [POOLED, TWOWAY, UNIT, FULL], "transpose=1, under=se+t, groups=(Both:2), foot=(N, r2)"),
    ("a column of one's own, heads with names", [POOLED, UNIT], "column=(Expected, dt:+, N:rows), groups=(Sample (All:1, East:1), Both (:2)), wide=1"),
    ("equations below each other", [SECOND, UNIT], "stack=1, parts=first*, rename=(dt:Trade)"),
    ("what panels share", [POOLED, UNIT, TWOWAY, FULL], "panels=(A:2, B:2), shared=1, keep=dt"),
    ("figures, signs of interactions", [CROSSED, POOLED], "digits=s3, rename=(dt:Trade, ×:*, region:Region), under=se"),
    ("decimals with commas", [POOLED, UNIT], "decimal=comma, zero=0, under=se+ci, lang=zh, keep=dt"),
    ("one row for two names, interactions by their parts", [POOLED, SHARED, CROSSED], "rename=(dt:Digital trade, dt_lagged:Digital trade, region:Region, year:Year), constant=0"),
]


def test_pages(table):
    text = "".join(f"==== {name}: {options}\n{table(fits, options)}\n" for name, fits, options in CASES)
    if os.environ.get("ECON_WRITE"):
        PAGES.write_text(text, encoding="utf-8")
    assert text == PAGES.read_text(encoding="utf-8")


# ---------------------------------------------------------------- numbers and their places
def rounded(value, decimals):
    return format(Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN), "f")


def lines_of(text):
    return {line.split("  ")[0].strip(): re.split(r"\s{2,}", line.strip())[1:] for line in text.splitlines() if line[:1].strip()}


def test_numbers_are_the_fit_s_rounded(table):
    numbers = [(.7500, .0403), (-1234.56789, 12.345), (.00117, .000526), (3e-7, 1e-7), (.05, .02), (12.5, 3.), (-.0004, .2)]
    page = table([fit([term("x", b, s, .5)]) for b, s in numbers], "format=csv")
    rows = list(csv.reader(io.StringIO(page)))
    estimates, errors = next((r, rows[i + 1]) for i, r in enumerate(rows) if r[0] == "x")
    for (b, s), shown, beneath in zip(numbers, estimates[1:], errors[1:]):
        decimals = 3
        while decimals < 8 and abs(Decimal(s)).scaleb(decimals) < Decimal("9.95"):
            decimals += 1
        expected = rounded(b, decimals)
        assert shown == (expected.lstrip("-") if float(expected) == 0 else expected)
        assert beneath == f"({rounded(s, decimals)})"


def figures(value, count):
    """The rule that esttab documents for its format a3: below one that many figures, above it one more and at least one decimal, integers without decimals."""
    if value == int(value):
        return str(int(value))
    power = Decimal(value).adjusted()
    return rounded(value, max(1, count - power - (abs(value) < 1)))


@pytest.mark.parametrize("count", [1, 3, 5])
def test_figures(table, count):
    numbers = [1.746559, -49.51222, 3673.06, -5853.696, .00123456, 12.3456, 1234.56, -.000392, 898396.71, 74., .5, 99.96, 1e-9]
    rows = list(csv.reader(io.StringIO(table([fit([term("x", b, abs(b) / 3, .5)]) for b in numbers], f"format=csv, digits=a{count}, under=se+t"))))
    at = next(i for i, row in enumerate(rows) if row[0] == "x")
    for c, b in enumerate(numbers):
        assert rows[at][c + 1] == figures(b, count) and rows[at + 1][c + 1] == f"({figures(abs(b) / 3, count)})" and rows[at + 2][c + 1] == ("[3.00]" if b > 0 else "[-3.00]")


def test_standardized_coefficients(table, db):
    """R 4: lm(invest ~ value + capital, grunfeld), the same with factor(firm) + factor(year), and with weights year - 1934; each coefficient times sd(x) / sd(y), weighted by the same."""
    expected = {("invest ~ value + capital", "vcov=iid"): (.700138608978, .316797492296), ("invest ~ value + capital | firm + year", "vcov=iid"): (.713261621865, .489349601232),
                ("invest ~ value + capital", "vcov=iid, weights=year-1934"): (.705183627374, .284529411758)}
    db.table("grunfeld")
    for (model, options), betas in expected.items():
        made = db.value("SELECT econ_fit('fe_ols', 'grunfeld', ?, ?)", model, options)
        terms = {t["term"]: t for t in json.loads(made)["terms"]}
        assert [terms[x]["beta"] for x in ("value", "capital")] == pytest.approx(betas, rel=1e-10) and "beta" not in terms.get("(Intercept)", {})
        rows = list(csv.reader(io.StringIO(table([made], "beta=1, under=se+t+ci, digits=7, stars=0, format=csv"))))
        at = next(i for i, row in enumerate(rows) if row[0] == "value")
        ratio = betas[0] / terms["value"]["estimate"]
        assert rows[at][1] == f"{betas[0]:.7f}" and rows[at + 1][1] == f"({terms['value']['std_error'] * ratio:.7f})" and rows[at + 2][1] == f"[{terms['value']['statistic']:.2f}]"
        assert rows[at + 3][1] == f"[{terms['value']['conf_low'] * ratio:.7f}, {terms['value']['conf_high'] * ratio:.7f}]" and "Constant" not in [row[0] for row in rows]
    for model in ("invest ~ value - 1", "invest ~ value | firm[[year]]"):
        assert "beta" not in db.value("SELECT econ_fit('fe_ols', 'grunfeld', ?, '')", model)
    assert "has no standardized coefficient of 'dt'; those of fe_ols with an intercept have" in db.error("SELECT fit_table('', ?, 'beta=1')", TWOWAY)


ORACLE = json.loads((HERE / "oracle" / "fit_table.json").read_text(encoding="utf-8"))


def csv_of(page):
    return list(csv.reader(io.StringIO(page)))


@pytest.mark.parametrize("case", ORACLE["expressions"], ids=lambda case: f"{case['text']} at {case['b']}")
def test_transformations_and_their_derivatives(table, case):
    """R's eval and its symbolic D() (oracle/fit_table.R): the number, |g'(b)| se, and t, p and stars of b. An interval's ends are values, in order."""
    text = case["text"].replace("pnorm", "normal")
    made = fit([{**term("x", case["b"], case["se"], .03), "b2": 2}])
    rows = csv_of(table([made], f'{{"transform": "{text}", "under": "se+t+ci", "digits": 9, "stars": ".05", "format": "csv"}}'))
    slope = case["slope"]
    assert float(rows[2][1].rstrip("*")) == pytest.approx(case["value"], rel=1e-8, abs=2e-9) and rows[2][1].endswith("*")
    assert float(rows[3][1].strip("()")) == pytest.approx(abs(slope) * case["se"], rel=1e-7, abs=2e-9)
    shown = next(row for row in rows if row[1] == f"[{rounded(case['b'] / case['se'], 2)}]")
    low, high = (float(x) for x in rows[rows.index(shown) + 1][1].strip("[]").split(", "))
    assert low <= high


def test_ends_of_a_decreasing_transformation(table):
    page = table([fit([term("x", -.7, .2, .0005)])], "transform=exp(-b), under=ci, digits=6, format=csv, stars=0")
    low, high = math.exp(.7 - 1.96 * .2), math.exp(.7 + 1.96 * .2)
    assert f"[{low:.6f}, {high:.6f}]" in page and f"x,{math.exp(.7):.6f}" in page
    page = table([UNIT], "transform=(dt@1: 100*b, ul: ln(b)), rename=(ul:Union), keep=(dt, ul), digits=(2, ul:5)")
    assert "Shown is 100*b of dt in column 1; ln(b) of Union, where b is the coefficient." in page.replace("\n", " ") and "51.19***" in page and f"{math.log(.2):.5f}" in page and f"({.0999 / .2:.5f})" in page


def test_any_number_of_the_terms(table, db):
    """What the user put beside the terms with json_set, expressions of numbers, words, decimals of each."""
    made = db.value("SELECT json_set(?, '$.terms[0].wild_p', 0.0376, '$.terms[0].reps', 999, '$.terms[1].wild_p', 0.25)", UNIT)
    rows = csv_of(table([made], "main={b:2}{stars}, under=(wild_p, |t|, \"{reps} draws\"), digits=(3, wild_p:4), format=csv, starred=dt"))
    assert rows[2:7] == [["dt", "0.51***"], ["", "(0.0376)"], ["", "[10.71]"], ["", "999 draws"], ["lf", "-0.03"]] and rows[7:9] == [["", "(0.2500)"], ["", "[1.47]"]]
    rows = csv_of(table([made], "main=wild_p, under=none, format=csv, stars=0"))
    assert [row for row in rows if row[0] in ("dt", "lf", "ul")] == [["dt", "0.038"], ["lf", "0.250"]]
    page = table([made], "main=wild_p, under=|t|, rename=wild_p:p of the wild bootstrap")
    assert "p of the wild bootstrap. Absolute t statistics in parentheses." in page.replace("\n", " ")
    assert "there are b, se, t, p, low, high, df, wild_p, reps" in db.error("SELECT fit_table('', ?, 'main=wildp')", made)
    assert csv_of(table([SECOND], "main=stage, under={df}, format=csv, keep=dt"))[2:4] == [["dt", "second***"], ["", "29"]]


def peers(name):
    """The rows of coefficients that modelsummary wrote: the term and its cells."""
    return [[row[key] for key in row if key not in ("part", "statistic")] for row in ORACLE[name] if row["part"] == "estimates"]


@pytest.fixture
def fits_of_r(db):
    for name in ("castle", "nsw", "card"):
        db.table(name)
    models = {"ols": [("fe_ols", "castle", "l_homicide ~ post", "vcov=hc1"), ("fe_ols", "castle", "l_homicide ~ post | sid + year", ""),
                      ("fe_ols", "castle", "l_homicide ~ post + unemployrt + poverty + l_police | sid + year", "")],
              "odds": [("fe_logit", "nsw", "treat ~ age + educ + black", "vcov=iid")], "rates": [("fe_poisson", "castle", "homicide ~ post + poverty | sid + year", "")],
              "instruments": [("fe_iv", "card", "lwage ~ exper + expersq + black + south + smsa | educ ~ nearc4 + nearc2", "vcov=hc1")]}
    models["glue"] = models["wide"] = models["turned"] = models["ols"]
    return lambda name: [db.value("SELECT econ_fit(?, ?, ?, ?)", *model) for model in models[name]]


@pytest.mark.parametrize("name, options", [
    ("glue", "main={b}{stars} ({se}), under=(\"[{low}, {high}]\", \"t = {t:3}\", \"p = {p}\"), digits=(3, p:<3), order=Constant"),
    ("odds", "exp=all, under=se+ci, level=.9, digits=3, stars=0, order=Constant"),
    ("rates", "exp=all, under=se+ci, digits=3, stars=0"),
    ("instruments", "under=se+t, brackets=(), digits=(4, t:4), stars=0, order=(Constant, educ)"),
])
def test_cells_that_modelsummary_wrote(table, fits_of_r, name, options):
    """oracle/fit_table.R: each cell of the coefficients, as text."""
    rows = csv_of(table(fits_of_r(name), options + ", format=csv, foot=N"))
    ours, row_name = [], ""
    for row in rows[:-1]:
        row_name = row[0] or row_name
        if row_name:
            ours.append([row_name, *row[1:]])
    theirs = [[{"(Intercept)": "Constant", "fit_educ": "educ"}.get(row[0], row[0]), *row[1:]] for row in peers(name)]
    assert ours == theirs


def test_shapes_that_modelsummary_has(table, fits_of_r, db):
    made = fits_of_r("ols")
    rows = csv_of(table(made, "wide=1, under=se+p, brackets=0, digits=(3, p:<3), stars=0, foot=N, format=csv, order=Constant"))
    theirs = [[row["term"].replace("(Intercept)", "Constant"), *[cell for key, cell in row.items() if key not in ("part", "term")]] for row in ORACLE["wide"][:-1]]
    assert [row for row in rows if row[0] in ("Constant", "post", "unemployrt", "poverty", "l_police")] == theirs
    rows = csv_of(table(made, "transpose=1, digits=3, stars=0, foot=fe, fe=0, outcomes=0, order=post, format=csv"))
    assert rows[0] == ["", "post", "unemployrt", "poverty", "l_police", "Constant"]
    names = ["post", "unemployrt", "poverty", "l_police", "(Intercept)"]
    theirs = [[row["model"] if row["statistic"] == "estimate" else "", *[row[name] for name in names]] for row in ORACLE["turned"] if row["part"] == "estimates"]
    assert rows[1:] == theirs
    rows = csv_of(table(made, "units=all, foot=units, format=csv, keep=post"))
    for effect in ("sid", "year"):
        assert next(row for row in rows if row[0] == f"Number of {effect}")[1:] == [str(size[effect]) if size else "" for size in ORACLE["sizes"]]


def test_foot_in_the_order_asked_for(table):
    page = csv_of(table([UNIT, SECOND], "foot=(N, rule, Sample, aic:1, fe, rmse, kp_rk_lm, errors), lines=(Sample: all | south, Years: 2011-2019), keep=dt, fe=(Place and time:prov year), format=csv"))
    page = page[-9:]
    assert [row[0] for row in page] == ["", "N", "Sample", "AIC", "Place and time", "RMSE", "Kleibergen-Paap rk LM", "  p-value", "Std. errors"]
    assert page[3] == ["AIC", "-1234.6", "-1234.6"] and page[4] == ["Place and time", "No", "Yes"]
    text = table([UNIT], "foot=(N, rule, r2), keep=dt").splitlines()
    assert [line[:3] for line in text[4:9]] == ["dt ", "   ", "N  ", "---", "R² "]
    assert [row[0] for row in csv_of(table([UNIT, FULL], "panels=(A:1, B:1), shared=1, foot=(N, units, r2), keep=ul, format=csv"))] == ["", "A", "ul", "", "B", "ul", "", "N", "Number of prov", "R²"]


def test_statistics_in_lines_heads_of_columns_small_p(table):
    rows = csv_of(table([POOLED, UNIT, FAILED], "wide=(b, s.e., p), under=se+p, brackets=0, digits=(2, p:<3), units=label, keep=dt, lines=(\"RMSE, AIC: {rmse:2} [{aic - 2*rmse:0}]\", Mean: {outcome_mean} | {nope} | x), "
                        "foot=(\"title:Fixed, not random\", fe, units, lines, N), rename=Outcome:Dependent, format=csv, stars=0"))
    assert rows[0][0] == "Dependent" and rows[2] == ["", *["b", "s.e.", "p"] * 3] and rows[3] == ["dt", "0.75", "0.04", "<0.001", "0.51", "0.05", "<0.001", "", "", ""]
    assert rows[4][0] == "Fixed, not random" and rows[5][:5] == ["prov fixed effects (30)", "No", "", "", "Yes"] and rows[6][:5] == ["RMSE, AIC", "0.12 [-1235]", "", "", "0.12 [-1235]"]
    assert rows[7] == ["Mean", "2.500", "", "", "", "", "", "x", "", ""] and rows[8][:5] == ["N", "270", "", "", "270"]
    differ = fit([term("dt", 1, .5, .05)], effects=[("prov", 29)])
    assert [row[0] for row in csv_of(table([UNIT, differ], "units=label, foot=(fe, units), format=csv, keep=dt"))[-2:]] == ["prov fixed effects", "Number of prov"]


def read_typst(page):
    """Cells of #table(...): (colspan, text) of each row of the body and the heads; strings of Typst are JSON's, but for their escapes."""
    rows = []
    for line in page.split("#table(\n")[1].split("\n)")[0].splitlines():
        if not re.match(r"  (\[|table\.cell\()", line) or "inset:" in line:
            continue
        cells = re.findall(r'(?:table\.cell\((?:colspan: (\d+))?[^)]*(?:\("#\w+"\))?\))?\[((?:[^\]"\[]|"(?:[^"\\]|\\.)*"|\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])*)\],', line)
        rows.append([(int(span or 1), "".join(re.sub(r"\\(.)", r"\1", text) for text in re.findall(r'"((?:[^"\\]|\\.)*)"', re.sub(r'#(strong|emph)', "", inside)))) for span, inside in cells])
    return rows


TYPST = [([POOLED, TWOWAY, UNIT, FULL], "under=se+t, constant=1, groups=(A:2, B:2), highlight=(dt@2, ul:#ffee99), gaps=1, rules=double"), ([SECOND], "parts=*"), ([HOSTILE], ""), ([QUANTILES], "lang=zh"),
         ([FAILED, None], ""), ([POOLED, UNIT], "wide=1, under=se+t, full=1, align=r"), ([POOLED, UNIT], "transpose=1, font=DejaVu Sans 9"),
         ([POOLED, UNIT], "highlight=(dt@2:box, ul:box), names=8, rename=dt:Digital trade")]


@pytest.mark.parametrize("fits, options", TYPST)
def test_typst_says_what_csv_says(table, fits, options):
    body = csv_of(table(fits, options + ", format=csv"))
    rows = [[text for span, text in row for _ in range(span)] for row in read_typst(table(fits, options + ", format=typst, title=T, notes=last\\"))]
    assert [[cell.replace("−", "-") for cell in row] for row in rows] == [[cell.strip() for cell in row] for row in body]


def test_typst_compiles(table, tmp_path):
    typst = pytest.importorskip("typst")
    pages = [table(fits, options + ", format=typst, title=A & #b_1 $, label=tab:a" + str(i)) for i, (fits, options) in enumerate(TYPST)]
    pages += [table([POOLED, UNIT], "format=typst, panels=(A:1, B:1), shared=1, escape=0, rename=(dt:\"$beta_1$ _Trade_\"), notes=(a, *b*), width=8cm"), table([POOLED], "format=typst, fragment=1, rules=0")]
    (tmp_path / "all.typ").write_text("\n\n".join(pages), encoding="utf-8")
    (tmp_path / "page.typ").write_text(table([POOLED], "format=typst, page=1"), encoding="utf-8")
    for name in ("all", "page"):
        typst.compile(str(tmp_path / f"{name}.typ"), output=str(tmp_path / f"{name}.pdf"))
        assert (tmp_path / f"{name}.pdf").stat().st_size > 5000


def test_sheets_that_excel_reads_as_text(table):
    """esttab's csv: ="(0.040)"; without it a sheet takes (0.040) for -0.040."""
    plain, formulas = (csv_of(table([POOLED, HOSTILE], f"format=csv, excel={excel}")) for excel in (0, 1))
    assert [["=\"" + cell.replace('"', '""') + "\"" if cell else "" for cell in row] for row in plain] == formulas


def test_rows_alone(table):
    whole, rows = (table([POOLED, UNIT], f"format=latex, fragment={form}, groups=A:2") for form in ("1", "rows"))
    assert rows in whole and rows.startswith(" & \\multicolumn{2}{c}{A}") and "tabular" not in rows and rows.endswith("by prov \\\\\n")
    rows = table([POOLED, UNIT], "format=html, fragment=rows, title=T")
    assert rows.startswith("<tr>") and rows.endswith("</tr>\n") and rows.count("<tr>") == rows.count("</tr>") and not re.search("<(table|thead|tbody|tfoot|caption)", rows)


def test_stars_by_another_p(table, db):
    made = db.value("SELECT json_set(?, '$.terms[0].wild_p', 0.03, '$.stats.f_statistic', 5.25, '$.stats.f_p_value', 0.004)", UNIT)
    rows = csv_of(table([made, FULL], "main={b:2}{stars(wild_p)}, lines=(F: \"{f_statistic:1}{stars(f_p_value)}\"), foot=F, format=csv, under=none, dropped=(omitted), vacant=."))
    assert rows[2:] == [["dt", "0.51**", "0.38"], ["lf", "-0.03", "(omitted)"], ["ul", "0.20", "0.00"], ["F", "5.2***", ""]]
    assert "dash" not in table([FULL], "dropped=.") and "A dash: dropped" in table([FULL])


def test_equations_below_each_other(table):
    rows = csv_of(table([SECOND, UNIT], "stack=1, rename=(dt:Trade), format=csv, foot=N, stars=0, under=none"))
    assert rows[3:] == [["Trade", "0.415", "0.512"], ["lf", "0.020", "-0.031"], ["ul", "", "0.200"], ["first stage: Trade", "", ""], ["lf", "0.100", ""], ["l(dt)", "0.901", ""], ["N", "270", "270"]]
    assert csv_of(table([SECOND], "stack=1, rename=(first: dt:Stage one), format=csv, foot=N"))[6][0] == "Stage one"
    assert [row[0] for row in csv_of(table([QUANTILES], "stack=1, format=csv, foot=N, under=none"))] == ["", "", "τ = 0.25", "x", "τ = 0.75", "x", "N"]


def test_numbers_as_a_language_writes_them(table):
    page = table([fit([term("x", -1234.5, .25, .001), term("y", .75, .3, .02)])], "decimal=comma, zero=0, under=ci, digits=2")
    assert "-1234,50***" in page and "[-1234,99; -1234,01]" in page and ",75**" in page and "[,16; 1,34]" in page and re.search("R² +,953", page) and "*** p<,01; ** p<,05; * p<,1." in page.replace("\n", " ")
    rows = list(csv.reader(io.StringIO(table([fit([term("x", .75, .25, .5)])], "decimal=comma, format=scsv, stars=0")), delimiter=";"))
    assert ["x", "0,750"] in rows and ["", "(0,250)"] in rows


def test_sheets_say_the_same(table):
    page = {form: table([POOLED, TWOWAY], f"under=ci, rename=(dt:\"a;b,c\td\"), format={form}") for form in ("csv", "scsv", "tsv")}
    rows = list(csv.reader(io.StringIO(page["csv"])))
    assert rows == list(csv.reader(io.StringIO(page["scsv"]), delimiter=";")) and any(row[0] == "a;b,c\td" for row in rows)
    assert [[cell.replace("\t", " ") for cell in row] for row in rows] == [line.split("\t") for line in page["tsv"].split("\n")]


def test_rtf_as_wide_as_the_page(table):
    narrow, wide = (read_rtf(table([POOLED, TWOWAY], f"format=rtf, full={full}"))[0] for full in (0, 1))
    assert [[text for text, _ in row] for row in narrow] == [[text for text, _ in row] for row in wide]
    assert 5660 <= read_rtf(table([POOLED, TWOWAY], "format=rtf, width=10cm"))[0][0][-1][1] <= 5670  # 10 / 2.54 * 1440 twips
    assert narrow[0][-1][1] < 9000 and 9590 <= wide[0][-1][1] <= 9600


def test_decimal_points_stand_above_each_other(table):
    page = table([POOLED, TWOWAY, UNIT], "under=se+t, constant=1")
    body = page.splitlines()
    first = [i for i, line in enumerate(body) if set(line) == {"-"}]
    rows = body[first[0] + 1:first[1]]
    places = [[m.start() for m in re.finditer(r"\.", row)] for row in rows]
    full = next(p for p in places if len(p) == 3)
    assert all(set(p) <= set(full) for p in places)
    assert len({len(line) for line in body if set(line) <= {"="} and line}) == 1
    assert all(line == line.rstrip() for line in body)


@pytest.mark.parametrize("p, stars", [(.009999, "***"), (.01, "**"), (.0499, "**"), (.05, "*"), (.0999, "*"), (.1, ""), (None, "")])
def test_a_star_stands_below_its_bound(table, p, stars):
    page = table([fit([term("x", 1, .5, p)])], "format=csv")
    assert f"x,1.000{stars}\n" in page


def test_constant_with_absorbed_effects(table):
    """0.1 / 0.04 = 2.5 on 29 degrees of freedom: p = 0.0184 (scipy: 2 * stats.t.sf(2.5, 29) = 0.018342...)."""
    page = table([TWOWAY], "constant=1, format=csv, under=p, digits=3")
    assert "Constant,0.100**\n,(0.018)\n" in page
    assert "Constant" not in table([TWOWAY], "") and "Constant" not in table([POOLED], "constant=0")


def test_controls_and_effects(table):
    page = lines_of(table([POOLED, TWOWAY, UNIT], "keep=dt"))
    assert page["Controls"] == ["No", "No", "Yes"]
    assert page["prov fixed effects"] == ["No", "Yes", "Yes"] and page["year fixed effects"] == ["No", "Yes", "No"]
    assert page["Number of prov"] == ["30", "30"] and page["N"] == ["270"] * 3
    assert "Controls" not in table([POOLED, TWOWAY], "keep=dt") and "Controls" not in table([UNIT], "keep=dt, controls=0")


def test_exponentials(table):
    """exp(b), exp(b) se and exp of the ends (Stata's eform): b = -0.7, se = 0.2, ends with 1.96."""
    page = table([fit([term("x", -.7, .2, .0005)]), fit([term("x", -.7, .2, .0005)])], "exp=(1), under=se+t+ci, format=csv, digits=4")
    values = [math.exp(-.7), math.exp(-.7) * .2, math.exp(-.7 - 1.96 * .2), math.exp(-.7 + 1.96 * .2)]
    estimate, error, low, high = (rounded(value, 4) for value in values)
    assert list(csv.reader(io.StringIO(page)))[2:6] == [["x", estimate + "***", "-0.7000***"], ["", f"({error})", "(0.2000)"], ["", "[-3.50]", "[-3.50]"],
                                                        ["", f"[{low}, {high}]", "[-1.0920, -0.3080]"]]


def test_another_level(table):
    """t(29) at 0.90: 1.699127 (a table's 1.699); an interval that is not estimate and error, such as that of draws, cannot be had at another level."""
    quantile = {.95: 2.045229642132703, .9: 1.6991270265334972}  # scipy.stats.t.ppf(.975, 29), (.95, 29)
    own = {**term("x", .5, .2, .02), "conf_low": .5 - quantile[.95] * .2, "conf_high": .5 + quantile[.95] * .2}
    page = table([fit([own])], "level=.9, under=ci, digits=6, format=csv")
    assert f"[{rounded(.5 - quantile[.9] * .2, 6)}, {rounded(.5 + quantile[.9] * .2, 6)}]" in page
    assert f"[{rounded(own['conf_low'], 6)}, {rounded(own['conf_high'], 6)}]" in table([fit([own])], "level=.95, under=ci, digits=6, format=csv")
    with pytest.raises(Exception, match="was not made from its standard error; give level= to the estimator"):
        table([fit([{**own, "conf_low": 0}])], "level=.9, under=ci")
    assert "90% confidence intervals in brackets" in table([fit([own])], "level=.9, under=ci") and "95% confidence intervals" in table([fit([own])], "under=ci")
    assert "\nConfidence intervals in brackets" in table([fit([own]), fit([own], stats={"level": .9})], "under=ci")


def test_panels_ask_for_the_same_columns(table):
    with pytest.raises(Exception, match=r"'B' has another number of columns \(1\) than 'A' \(2\)"):
        table([POOLED, POOLED, UNIT], "panels=(A:2, B:1)")
    with pytest.raises(Exception, match="panels= takes 2 fits, but there are 3"):
        table([POOLED, POOLED, UNIT], "panels=(A:1, B:1)")
    assert "B, (1) was not estimated: no row is left" in table([POOLED, FAILED], "panels=(A:1, B:1)")
    page = table([POOLED, UNIT], "panels=(A:1, B:1), keep=lf")  # a term of one panel only
    assert "lf" in page


def test_names_match_as_formulas_do(table):
    page = table([fit([term("l(dt,2)", 1, .5, .5), term("year::2015:treat", 2, .5, .5)])], "keep=(l(dt, 2), year::*), rename=(l(dt, 2):Second lag, year::2015:treat:Effect in 2015)")
    assert "Second lag" in page and "Effect in 2015" in page
    page = csv_of(table([fit([term("year::2015", 1, .5, .5), term("year::2016", 1, .5, .5), term("l(dt,2)", 2, .5, .5), term("x:year::2015", 2, .5, .5)])], "rename=(year::*:In *, l*:Lags of dt), under=none, format=csv, foot=N"))
    assert [row[0] for row in page[2:]] == ["In 2015", "In 2016", "Lags of dt", "x:year::2015", "N"]


def test_every_estimator_prints(db):
    """Fits of what is registered, on shipped tables: each gives a page with its outcome or its terms."""
    for name in ("castle", "grunfeld", "wage_panel", "card", "nsw", "munnell"):
        db.table(name)
    examples = dict(db.rows("SELECT name, example FROM econ_help() WHERE kind = 'estimator'"))
    for name, source, model, options in [("fe_ols", "grunfeld", "invest ~ value | firm", ""), ("fe_iv", "card", "lwage ~ exper | educ ~ nearc4", ""),
                                         ("fe_poisson", "castle", "jhcitizen_c ~ post | sid", ""), ("fe_logit", "nsw", "treat ~ age + educ", ""), ("fe_probit", "nsw", "treat ~ age", ""),
                                         ("did_att", "castle", "l_homicide ~ 1 | sid + year", "treat=post, agg=event, window=-3:3"), ("re_gls", "grunfeld", "invest ~ value | firm", ""),
                                         ("fe_mediate", "wage_panel", "lwage ~ married + exper | nr", "treat=married, mediator=hours"), ("fe_quantile", "grunfeld", "invest ~ value", "tau=(.25,.75)"),
                                         ("fe_threshold", "grunfeld", "invest ~ value + capital | firm", "threshold=value, regime=capital"), ("fe_compare", "wage_panel", "lwage ~ exper | nr", "by=black")]:
        if name not in examples:
            continue
        made = db.value("SELECT econ_fit(?, ?, ?, ?)", name, source, model, options)
        terms = [t for t in json.loads(made)["terms"] if "part" not in t]
        for form in ("text", "markdown", "latex", "html", "csv", "rtf"):
            page = db.value("SELECT fit_table('', ?, ?)", made, f"format={form}, parts=*")
            assert "(1)" in page and (form == "latex" or terms[0]["term"].split(" @ ")[0].replace("(Intercept)", "Constant") in page.replace("\\", "")), (name, form, page)


# ---------------------------------------------------------------- formats
class Structure(html.parser.HTMLParser):
    """Tags must close in order; rows must be equally wide."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.widths, self.text = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag == "br":
            return
        parents = {"table": [None], "caption": ["table"], "thead": ["table"], "tbody": ["table"], "tfoot": ["table"], "tr": ["thead", "tbody", "tfoot"], "td": ["tr"], "th": ["tr"], "sup": ["td", "th"], "strong": ["td", "th"]}
        assert (self.open[-1] if self.open else None) in parents[tag], f"<{tag}> inside {self.open}"
        assert len({name for name, _ in attributes}) == len(attributes)
        self.open.append(tag)
        if tag == "tr":
            self.widths.append(0)
        if tag in ("td", "th"):
            self.widths[-1] += int(dict(attributes).get("colspan", 1))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("fits, options", [([POOLED, TWOWAY, UNIT, FULL], "under=se+t, title=A"), ([SECOND], "parts=*"), ([HOSTILE], ""), ([FAILED, None], ""), ([POOLED], "notes=0"), ([POOLED, FULL, FAILED], "wide=1, under=se+p, panels=(A:1, B:1, C:1)"),
                                           ([POOLED, UNIT], "highlight=(dt@2, ul:#ffee99), gaps=1, rules=double, font=Arial 9, width=80%, align=r, column=(S, dt:+), compress=1"),
                                           ([fit([term("x", 1.5e-11, 2e-12, .001)])], "rules=0"), ([SECOND, UNIT], "stack=1"), ([POOLED, UNIT, FULL], "transpose=1"),
                                           ([POOLED, UNIT], "panels=(A:1, B:1), shared=1, escape=0, notes=(a < b, c & d)")])
def test_html_is_well_formed(table, fits, options):
    page = table(fits, options + ", format=html")
    parser = Structure()
    parser.feed(page)
    parser.close()
    assert parser.open == [] and len(set(parser.widths)) == 1
    if fits == [HOSTILE]:
        assert "a & b_1 <i>%$#{}~^\\|\"'*[x]</i>" in parser.text and "百分比 <script>" in parser.text


def test_csv_is_a_rectangle(table):
    rows = list(csv.reader(io.StringIO(table([HOSTILE, POOLED], "format=csv"))))
    assert {len(row) for row in rows} == {3} and "a & b_1 <i>%$#{}~^\\|\"'*[x]</i>" in [row[0] for row in rows]


def read_rtf(page):
    """Rows of (text, end) cells and the paragraphs outside: groups must close, each cell must have its \\cellx, \\uN? is one character, two for what is beyond the first plane."""
    assert page.isascii() and page.startswith("{\\rtf1")
    depth, rows, ends, cells, text, paragraphs, skip = 0, [], [], [], [], [], 0
    for control, number, symbol, brace, char in re.findall(r"\\([a-z]+)(-?\d+)? ?|\\([^a-z])|([{}])|([^\\{}\n])", page):
        depth += (brace == "{") - (brace == "}")
        assert depth > 0 or brace == "}"
        if skip:
            assert char == "?"
            skip = 0
        elif control == "u":
            text.append(int(number) % 65536)
            skip = 1
        elif control == "trowd":
            ends = []
        elif control == "cellx":
            ends.append(int(number))
        elif control in ("cell", "par"):
            (cells if control == "cell" else paragraphs).append(b"".join(unit.to_bytes(2, "little") for unit in text).decode("utf-16-le").strip())
            text = []
        elif control == "row":
            assert len(cells) == len(ends) and ends == sorted(set(ends)), (cells, ends)
            rows.append(list(zip(cells, ends)))
            cells = []
        elif control == "fonttbl":
            pass
        elif (symbol or char) and depth < 3:
            text.append(ord(symbol or char))
        elif symbol or char:
            text += [ord(symbol or char)] if rows or ends else []  # not the names of fonts
    assert depth == 0 and not cells and not "".join(map(chr, text)).strip()
    return rows, paragraphs


def test_rtf_says_what_csv_says(table):
    for fits, options in (([POOLED, TWOWAY, UNIT, FULL], "under=se+t, constant=1"), ([SECOND], "parts=*"), ([HOSTILE], ""), ([QUANTILES], "lang=zh"), ([FAILED, None], ""), ([POOLED, UNIT], "wide=1, under=se+t"),
                          ([POOLED, UNIT], "highlight=(dt@2:box, ul:#ffee99), gaps=1, rules=0, font=Arial 9, width=12cm, align=r, column=(S, dt:+)"), ([POOLED, UNIT], "transpose=1")):
        rows, paragraphs = read_rtf(table(fits, options + ", format=rtf, title=😀 of {x}, notes=last\\\\"))
        body = list(csv.reader(io.StringIO(table(fits, options + ", format=csv"))))
        last = rows[-1][-1][1]
        assert all(row[-1][1] == last for row in rows) and paragraphs[0].endswith("😀 of {x}") and paragraphs[-1].startswith("last\\")
        spread = []
        for row in rows:
            columns = sorted({end for r in rows for _, end in r})
            wide, start = [], 0
            for text, end in row:
                wide += [text] * len([c for c in columns if start < c <= end])
                start = end
            spread.append([cell.replace("−", "-") for cell in wide])
        assert spread == [[cell.strip() for cell in row] for row in body]


@pytest.mark.parametrize("power", [-160, -11, 12, 250])
def test_powers_of_ten(table, power):
    written = {form: table([fit([term("x", 3 * 10.0**power, 10.0**power, .5)])], f"digits=e3, format={form}") for form in ("text", "latex", "html", "typst")}
    minus = str(power).replace("-", "−")
    assert f"3.00e{power:+03d}" in written["text"] and f"3.00$\\times10^{{{power}}}$" in written["latex"]
    assert f"3.00×10<sup>{minus}</sup>" in written["html"] and f'3.00×10"#super("{minus}")' in written["typst"]


def test_latex_compiles(table, db, tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("no pdflatex")
    hostile = json.loads(HOSTILE)
    hostile["outcome"], hostile["absorbed"][0]["name"] = "share", "state & year"  # pdflatex has no Chinese
    pages = [table([POOLED, TWOWAY, UNIT, FULL], "under=se+t+ci, format=latex, title=Base & more, notes=100% of it"), table([SECOND], "parts=*, format=latex"), table([json.dumps(hostile)], "format=latex"),
             table([QUANTILES], "format=latex"),
             db.value("WITH c(a, b, r, p) AS (VALUES ('x_1','x_1',1,NULL), ('y','x_1',-.5,.01), ('y','y',1,NULL)) SELECT corr_table(a, b, r, p, 'format=latex, under=p') FROM c"),
             db.value("SELECT describe_table('x_1', 10, 1.5, .25, -1, 2e6, 'format=latex')")]
    there = [name for name in ("dcolumn", "threeparttable", "rotating", "float") if subprocess.run(["kpsewhich", name + ".sty"], stdout=subprocess.PIPE).stdout.strip()]
    words = {"dcolumn": "dcolumn", "threeparttable": "threeparttable", "rotating": "sideways", "float": "here"}
    pages += [table([POOLED, UNIT, TWOWAY, FULL], f"panels=(A & B:2, C_1:2), under=t+ci+p, format=latex, groups=(x_1:2), title=T, latex=(small, {words[name]})") for name in there if name != "float"]
    pages += [table([SECOND], "parts=*, format=latex, latex=(wide, here, dcolumn)")] if {"dcolumn", "float"} <= set(there) else []
    source = "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage[utf8]{inputenc}\\usepackage{" + ",".join(["textcomp", "booktabs", *there]) + "}\\begin{document}\n" + "\n\n".join(pages) + "\n\\end{document}\n"
    (tmp_path / "page.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"], cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120)
    assert done.returncode == 0 and (tmp_path / "page.pdf").exists(), done.stdout[-1500:]
    many = fit([term(f"x_{i}", i + .5, .25, .001) for i in range(80)])
    documents = [(table([many, POOLED], "format=latex, page=1, latex=(longtable, small), title=A & b, label=tab:x"), "longtable", 2),
                 (table([many], "format=latex, page=1, latex=longtable, fragment=1"), "longtable", 2), (table([POOLED], "format=latex, page=1, full=1"), "booktabs", 1),
                 (table([POOLED, UNIT, TWOWAY, FULL], "panels=(A:2, B:2), wide=1, under=t+ci, format=latex, page=1, latex=dcolumn"), "dcolumn", 1),
                 (table([POOLED], "format=latex, page=1, full=1, latex=(threeparttable, dcolumn)"), "threeparttable", 1),
                 (table([POOLED, UNIT], "format=latex, page=1, rules=hline, gaps=1, groups=A:2, width=12cm, compress=1, decimal=comma, align=lrd, latex=(flush, stretch:1.3, place:tp, packages:amssymb)"), "dcolumn", 1),
                 (table([POOLED, UNIT, TWOWAY, FULL], "format=latex, page=1, rules=double, gaps=1, panels=(A:2, B:2), shared=1, highlight=(dt@2, ul:#ffee99, @1:#e0f0ff, ul:box), names=10, rename=dt:Digital trade of it, transform=(dt: 100*(exp(b)-1)), column=(Sign, dt:+)"), "xcolor", 1),
                 (table([UNIT], "format=latex, page=1, escape=0, rename=(dt:\"$\\beta_{1} < 2$\", lf:\"\\textit{Labour}, 5\\%\"), under=ci, transpose=1, latex=packages:amsmath"), "booktabs", 1),
                 (table([fit([term("x", 1.5e-11, 2e-12, .001)]), SECOND], "format=latex, page=1, stack=1, rules=0, latex=dcolumn"), "dcolumn", 1),
                 (table([POOLED, UNIT], "format=latex, title=T, latex=(standalone, small)"), "standalone", 1), (table([POOLED, UNIT], "format=latex, page=1, latex=(adjustbox), wide=1, under=se+t+p+ci"), "adjustbox", 1)]
    for i, (source, package, pages) in enumerate(documents):
        if not subprocess.run(["kpsewhich", package + ".sty", package + ".cls"], stdout=subprocess.PIPE).stdout.strip():
            continue
        (tmp_path / f"whole{i}.tex").write_text(source, encoding="utf-8")
        done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"whole{i}.tex"], cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120)
        assert done.returncode == 0 and int(re.search(r"\((\d+) pages?,", done.stdout)[1]) >= pages, (source, done.stdout[-1500:])


# ---------------------------------------------------------------- the two tables in front
def test_correlations(db):
    rows = "WITH c(a, b, r, p) AS (VALUES ('x','x',1,NULL), ('dt','x',.83,.0001), ('dt','dt',1,NULL), ('long name','x',-.629,.03), ('long name','dt',NULL,NULL)) "
    assert db.value(rows + "SELECT corr_table(a, b, r, p) FROM c") == """\
======================================
               x       dt    long name
--------------------------------------
x           1.000
dt          0.830***  1.000
long name  -0.629**            1.000
======================================
*** p<0.01, ** p<0.05, * p<0.1."""
    body = list(csv.reader(io.StringIO(db.value(rows + "SELECT corr_table(a, b, r, p, 'format=csv') FROM c"))))
    assert body == [["", "x", "dt", "long name"], ["x", "1.000", "", ""], ["dt", "0.830***", "1.000", ""], ["long name", "-0.629**", "", "1.000"]]
    body = list(csv.reader(io.StringIO(db.value(rows + "SELECT corr_table(a, b, r, p, 'format=csv, under=p, heads=numbers, digits=2, rename=dt:Trade') FROM c"))))
    assert body == [["", "(1)", "(2)", "(3)"], ["(1) x", "1.00", "", ""], ["", "", "", ""], ["(2) Trade", "0.83", "1.00", ""], ["", "(0.000)", "", ""], ["(3) long name", "-0.63", "", "1.00"],
                    ["", "(0.030)", "", ""]]
    assert db.value("SELECT corr_table('b', 'a', .5, .5, 'format=csv')") == ",a,b\na,1.000,\nb,0.500,1.000"


def test_descriptives(db):
    page = db.value("WITH v(v, n, m, p, s) AS (VALUES ('x', 270, .2214, .19, 1.0), ('y', 270, NULL, 12345.6789, 'n/a')) SELECT describe_table(v, n, m, p, s, 'format=csv, columns=(n, mean, p50, Note), digits=2, lang=zh') FROM v")
    assert page == "变量,样本量,均值,中位数,Note\nx,270,0.22,0.19,1.00\ny,270,,12345.68,n/a"
    assert db.value("SELECT describe_table('x', 1, 2.5, 3, 4, 5, 'format=csv')") == "Variable,N,Mean,SD,Min,Max\nx,1,2.500,3,4,5"


# ---------------------------------------------------------------- how it is called
def test_no_rows_and_views(db):
    assert db.value("SELECT fit_table('a', NULL) WHERE 0") is None
    db.execute("CREATE TABLE m(fit)")
    db.execute("INSERT INTO m VALUES (?)", (POOLED,))
    db.execute("CREATE VIEW page AS SELECT fit_table('', fit, 'format=csv') AS page FROM m")
    assert db.value("SELECT page FROM page").startswith(",(1)\n")


def test_options_as_json(db):
    options = json.dumps({"title": "Laws, homicide and what's \"new\"", "under": "t", "digits": 2}, ensure_ascii=False)
    page = db.value("SELECT fit_table('', ?, ?)", POOLED, options)
    assert page.startswith("Laws, homicide and what's \"new\"\n") and "0.75***" in page and "(18.61)" in page
    options = {"rename": {"dt": "Trade, digital", "lf": "Labour (l", "ul": "\"Unions\""}, "notes": ["First, in a line", "second"], "under": ["se", "t"], "order": ["ul", "l(x,2)"][:1], "panels": ["A; B:1"], "main": "{b}{stars}"}
    page = db.value("SELECT fit_table('', ?, ?)", UNIT, json.dumps(options))
    assert re.search(r'^Unions .*\n +\(0.100\)\n +\[2.00\]\nTrade, digital', page, re.M) and "\nLabour (l " in page and page.endswith("First, in a line\nsecond") and "\nA; B\n" in page


@pytest.mark.parametrize("arguments, sentence", [
    ("'a', ?, 'kep=dt'", "unknown option 'kep'; did you mean 'keep'?"),
    ("'a', ?, 'keep=dtt'", "keep=dtt matches no term of the fits, which have 'dt', '(Intercept)'"),
    ("'a', ?, 'under=sd'", "under=sd: no fit keeps a number 'sd' with its terms; there are b, se, t, p, low, high, df"),
    ("'a', ?, 'main=betta'", "main=betta: no fit keeps a number 'betta' with its terms"),
    ("'a', ?, 'main={b'", "main={b: a { that is not closed; numbers stand in braces, as in {b}{stars} ({se})"),
    ("'a', ?, 'main={b:x}'", "main={b:x}: behind the colon stands the number of decimals, 0 to 9"),
    ("'a', ?, 'main=b*'", "main=: 'b*' ends too early; an expression is made of names, numbers, + - * / ^ ( ) |x| and exp, ln, sqrt, abs, normal, logistic"),
    ("'a', ?, 'under=(se, t, p, ci, z, df, low, high, b)'", "under=: more than 8 lines beneath an estimate"),
    ("'a', ?, 'transform=sin(b)'", "transform=: 'sin(b)' has a function 'sin', which is not known here"),
    ("'a', ?, 'transform=2*(b+1|2)'", "transform=: '2*(b+1|2)' has a parenthesis that is not closed"),
    ("'a', ?, 'transform=b b'", "transform=: 'b b' cannot be read to its end"),
    ("'a', ?, 'transform=b ? 2'", "transform=: 'b ? 2' cannot be read to its end"),
    ("'a', ?, 'transform=|b'", "has a | that is not closed"),
    ("'a', ?, 'transform=(nope: exp(b))'", "transform=: 'nope' is no term of the fits, @2 (a column) or dt@2 (a term in it)"),
    ("'a', ?, 'transform=(dt@2: exp(b))'", "transform=: 'dt@2' is no term of the fits"),
    ("'a', ?, 'transform=ln(b - 5)'", "transform=ln(b - 5): it has no value for 'dt' of column (1), where b is 0.75"),
    ("'a', ?, 'highlight=@2'", "highlight=: '@2' is no term of the fits, @2 (a column), dt@2 (a term in it) or p<.05"),
    ("'a', ?, 'highlight=p<x'", "highlight=p<x: behind p< stands a bound such as .05"),
    ("'a', ?, 'highlight=dt:#ffe'", "highlight=dt:#ffe: a colour is six hexadecimal digits behind :#"),
    ("'a', ?, 'foot=(N, nope)'", "foot=: 'nope' is none of controls, fe, units, lines, N, r2, stats, errors, tests, rule, title:text, nor a line of lines=, a statistic or a test of the fits"),
    ("'a', ?, 'lines=(F: {nope})'", "lines=: 'F: {nope}': no fit has these statistics; SELECT name FROM fit_stats(fit) lists them"),
    ("'a', ?, 'wide=(b, se, p)'", "wide=: 3 heads for 2 columns, the estimate's and those of under="),
    ("'a', ?, 'foot=aic:x'", "foot=aic:x: behind the colon stands the number of decimals, 0 to 9"),
    ("'a', ?, 'fe=(Place:prov)'", "fe=: 'prov' is no absorbed effect of the fits"),
    ("'a', ?, 'fe=prov'", "fe=prov: 0, 1, or lines with their terms, as in fe=(Place and time:sid year)"),
    ("'a', ?, 'units=some'", "units=some: it must be one of 1, 0, all"),
    ("'a', ?, 'column=(Sign, nope:+)'", "column=: 'nope' names no line of the table"),
    ("'a', ?, 'transpose=1, stack=1'", "transpose=1 does not go with panels= or stack=1"),
    ("'a', ?, 'align=x'", "align=x: l, c, r or d, one for all columns but the first or one for each of the 2"),
    ("'a', ?, 'align=lcr'", "align=lcr: l, c, r or d"),
    ("'a', ?, 'width=wide'", "width=wide: a number and cm, mm, in, pt or %, as in 12cm"),
    ("'a', ?, 'width=0cm'", "width=0cm: a number and cm"),
    ("'a', ?, 'font=Arial 0'", "font=Arial 0: a name, a size from 1 to 100 points, or both"),
    ("'a', ?, 'font=\"A;B\"'", "font=A;B: a name, a size"),
    ("'a', ?, 'rules=many'", "rules=many: it must be one of 1, 0, double, hline"),
    ("'a', ?, 'latex=stretch:x'", "latex=: 'stretch:x' is none of"),
    ("'a', ?, 'latex=longtable, width=5cm'", "latex=longtable breaks over pages and does not go with"),
    ("'a', ?, 'above=(dt: a | b | c)'", "above=: 'a | b | c' must be a name, a colon and 1 cells"),
    ("'a', ?, 'under=se+se'", "'se' stands there twice"),
    ("'a', ?, 'stars=many'", "'many' is neither a bound of p"),
    ("'a', ?, 'digits=x'", "digits=x: a whole number from 0 to 15, auto, or a1 to a9, s1 to s9, e1 to e9 (so many figures)"),
    ("'a', ?, 'digits=s0'", "digits=s0"),
    ("'a', ?, 'digits=a0'", "digits=a0"),
    ("'a', ?, 'digits=(3, x:1)'", "digits=(3, x:1)"),
    ("'a', ?, 'digits=(3, t:)'", "digits=(3, t:)"),
    ("'a', ?, 'brackets=<>'", "brackets=<>: it is made of (), [], {} and 0 (none), one for each line of under="),
    ("'a', ?, 'above=x:A'", "above=: 'x:A' must be a term of the fits, a colon and the line above it"),
    ("'a', ?, 'starred=t'", "starred=t matches no term of the fits, which have 'dt', '(Intercept)'"),
    ("'a', ?, 'latex=(longtable, here)'", "latex=longtable breaks over pages and does not go with"),
    ("'a', ?, 'digits=99'", "digits=99"),
    ("'a', ?, 'format=word'", "format=word: it must be one of text, markdown, latex, html, csv, scsv, tsv, rtf, typst"),
    ("'a', ?, 'r2=big'", "r2=big: it is made of overall, within and adj"),
    ("'a', ?, 'stats=nope'", "stats=nope: no fit has a statistic of this name"),
    ("'a', ?, 'rename=dt'", "rename=dt: it is made of name:label"),
    ("'a', ?, 'groups=(A:1, B:1)'", "groups=: 'B:1' ends in column 2, but there are 1"),
    ("'a', ?, 'groups=A'", "groups=: 'A' must be a label, a colon and how many, as in groups=(All states:2, South:2)"),
    ("'a', ?, 'panels=(A:1, B:1)'", "panels=: 'B:1' ends at fit 2, but there are 1"),
    ("'a', ?, 'panels=A:0'", "panels=: 'A:0' must be a label, a colon and how many"),
    ("'a', ?, 'lines=(Sample: a | b)'", "lines=: 'Sample: a | b' must be a name, a colon and 1 cells with | between them"),
    ("'a', ?, 'marks=x'", "marks=x: two words, for yes and for no"),
    ("'a', ?, 'controls=lf'", "controls=lf: 0, 1, or lines with their terms"),
    ("'a', ?, 'controls=(Size:lf)'", "controls=lf matches no term of the fits, which have 'dt'"),
    ("'a', ?, 'exp=2'", "exp=: '2' is not the number of a column (1 to 1), nor all"),
    ("'a', ?, 'level=95'", "level=95 must lie between 0 and 1"),
    ("'a', ?, 'stats=aic:x'", "stats=aic:x: behind the colon stands the number of decimals, 0 to 9"),
    ("'a', ?, 'latex=big'", "latex=: 'big' is none of dcolumn, threeparttable"),
    ("'a', substr(?, 2)", "this is not a fit"),
    ("?", "1 arguments were given; it is called as fit_table(label, fit [, 'options'])"),
    ("'a', ?, 'under=se', 1", "4 arguments were given"),
])
def test_sentences(db, arguments, sentence):
    said = db.error(f"SELECT fit_table({arguments})", POOLED)
    assert said.startswith("fit_table: ") and sentence in said, said


def test_more_sentences(db):
    assert "the options differ from row to row" in db.error("WITH m(o) AS (VALUES ('keep=x'), ('keep=y')) SELECT fit_table('', ?, o) FROM m", POOLED)
    assert db.error("SELECT corr_table('a', 'b', 'x', .5)") == "corr_table: row 1: 'r' is no number: 'x'"
    assert "row 1 has no name for var2" in db.error("SELECT corr_table('a', NULL, .1, .5)")
    assert "columns=(N, Mean, ...) must name them" in db.error("SELECT describe_table('a', 1, 2)")
    assert "columns= names 1 columns, but 2 values follow" in db.error("SELECT describe_table('a', 1, 2, 'columns=N')")
