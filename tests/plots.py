"""The figures: valid XML, text escaped, and what is drawn is where it must be. Each figure was looked at in a browser; here its geometry is read back: the tick labels
give the map from pixels to values, and points, curves and lines are compared with Python's own numbers."""
import math
import re
import statistics
import xml.etree.ElementTree as ET

import pytest

SVG = "{http://www.w3.org/2000/svg}"
SERIES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]


class Figure:
    def __init__(self, text, even=True):
        self.text = text
        self.root = ET.fromstring(text)
        self.plot = self.root.find(SVG + "svg")
        self.box = [float(self.plot.get(name)) for name in ("x", "y", "width", "height")]
        self.words = [t.text for t in self.root.iter(SVG + "text")]
        x, y, width, height = self.box
        ticks = [(t, float(t.get("x")), float(t.get("y"))) for t in self.root.iter(SVG + "text") if t.get("font-size") == "12" and not t.get("transform")]
        self.x = self.scale([(at_x, t.text) for t, at_x, at_y in ticks if t.get("text-anchor") == "middle" and abs(at_y - (y + height + 19)) < .1], even)
        self.y = self.scale([(at_y - 4, t.text) for t, at_x, at_y in ticks if t.get("text-anchor") == "end" and at_x < x], even)
        self.p = self.scale([(at_y - 4, t.text) for t, at_x, at_y in ticks if t.get("text-anchor") == "start" and at_x > x + width])

    @staticmethod
    def scale(ticks, even=True):
        try:
            known = [(at, float(text.replace("−", "-").replace(",", ""))) for at, text in ticks]
        except ValueError:  # labels
            return None
        if len(known) < 2:
            return None
        (a, u), (b, v) = known[0], known[-1]
        steps = [known[i + 1][1] - known[i][1] for i in range(len(known) - 1)]
        if not even:  # a logarithmic axis
            return None
        assert max(steps) - min(steps) <= 1e-3 * abs(steps[0]), f"uneven ticks {known}"
        leading = abs(steps[0])
        mantissa = leading / 10 ** math.floor(math.log10(leading) + 1e-9)
        assert len(known) == 2 or any(abs(mantissa - m) < 1e-3 for m in (1, 2, 2.5, 5, 10)), f"a step of {leading} is not round"
        return lambda at: u + (at - a) * (v - u) / (b - a)

    def circles(self, colour=None, hollow=None):
        return [(self.x(float(c.get("cx"))), self.y(float(c.get("cy"))) if self.y else float(c.get("cy"))) for c in self.plot.iter(SVG + "circle")
                if (colour is None or colour in (c.get("stroke"), c.get("fill"))) and (hollow is None or (c.get("fill") == "#ffffff") == hollow)]

    def paths(self, colour):
        found = [p for p in self.plot.iter(SVG + "path") if p.get("stroke") == colour]
        return [[(self.x(float(a)), self.y(float(b))) for a, b in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", p.get("d"))] for p in found]


@pytest.fixture
def draw(db):
    return lambda sql, *values: Figure(db.value(sql, *values))


def near(got, expected, tolerance):
    assert len(got) == len(expected), (got, expected)
    for a, b in zip(got, expected):
        assert abs(a[0] - b[0]) <= tolerance[0] and abs(a[1] - b[1]) <= tolerance[1], (a, b)


EVENT = "WITH e(t, b, l, h) AS (VALUES (-3, -.02, -.1, .06), (-2, .01, -.05, .07), (-1, 0, NULL, NULL), (0, .12, .04, .2), (1, .2, .1, .3), (NULL, 1, 1, 1)) "


def test_event_points_and_intervals(draw):
    figure = draw(EVENT + "SELECT plot_event(t, b, l, h, 'title=A & b <c>, xlabel=Years') FROM e")
    near(figure.circles(hollow=False), [(-3, -.02), (-2, .01), (0, .12), (1, .2)], (.02, .002))
    near(figure.circles(hollow=True), [(-1, 0)], (.02, .002))
    bars = [l for l in figure.plot.iter(SVG + "line") if l.get("stroke") == SERIES[0] and l.get("x1") == l.get("x2")]
    near([(figure.y(float(l.get("y1"))), figure.y(float(l.get("y2")))) for l in bars], [(-.1, .06), (-.05, .07), (.04, .2), (.1, .3)], (.002, .002))
    start = [figure.x(float(l.get("x1"))) for l in figure.plot.iter(SVG + "line") if l.get("stroke-dasharray")]
    assert [round(x, 2) for x in start] == [-.5]
    assert "A & b <c>" in figure.words and "Years" in figure.words and "Reference period" in figure.words


def test_event_reference_that_rows_lack(draw):
    figure = draw(EVENT + "SELECT plot_event(t, b, l, h, 'ref=-1, band=1, lang=zh') FROM e WHERE t <> -1")
    near(figure.circles(hollow=True), [(-1, 0)], (.02, .002))
    assert "基期" in figure.words and "相对时期" in figure.words
    band = [p for p in figure.plot.iter(SVG + "path") if p.get("fill-opacity") == "0.18"]
    assert len(band) == 1


def test_event_groups_stand_beside_each_other(draw):
    figure = draw(EVENT + "SELECT plot_event(t, b, l, h, column1) FROM e, (VALUES ('men'), ('women'))")
    assert {"men", "women"} <= set(figure.words)
    squares = [p for p in figure.plot.iter(SVG + "path") if p.get("stroke") == SERIES[1]]
    assert len(figure.circles(SERIES[0])) == 5 and len(squares) == 5


def test_coefficients(draw):
    rows = "WITH c(term, b, l, h, m) AS (VALUES ('x1', .5, .3, .7, 'OLS'), ('a rather long label', -.2, -.4, .1, 'OLS'), ('x1', .6, .5, .8, 'IV'), ('lost', NULL, NULL, NULL, 'IV')) "
    figure = draw(rows + "SELECT plot_coef(term, b, l, h, m) FROM c")
    assert [round(x, 2) for x, _ in figure.circles(SERIES[0])] == [.5, -.2]
    assert {"x1", "a rather long label", "lost", "OLS", "IV"} <= set(figure.words)
    tall = float(figure.root.get("height"))
    assert float(draw("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) SELECT plot_coef('term ' || i, i, i - 1, i + 1) FROM n").root.get("height")) > tall


def test_density_is_silverman_s_gaussian(draw):
    """Gaussian kernel with h = 0.9 min(sd, IQR/1.34) n^-1/5 (quantiles of type 7), by Python's own functions."""
    values = [math.sin(i * 12.9) * 2 + (i % 7) for i in range(60)]
    figure = draw("SELECT plot_density(value, 'mark=2.5, marklabel=Real') FROM json_each(?)", str(values))
    quartiles = statistics.quantiles(values, n=4, method="inclusive")
    h = .9 * min(statistics.stdev(values), (quartiles[2] - quartiles[0]) / 1.34) * len(values) ** -.2
    curve = figure.paths(SERIES[0])[-1]
    assert len(curve) == 256
    kernel = statistics.NormalDist(0, h)
    top = max(f for _, f in curve)
    for x, f in curve[::5]:
        assert abs(f - statistics.fmean(kernel.pdf(x - v) for v in values)) < .01 * top
    area = sum((curve[i + 1][0] - curve[i][0]) * (curve[i][1] + curve[i + 1][1]) / 2 for i in range(255))
    assert abs(area - 1) < .01
    assert abs(curve[0][0] - (min(values) - 3 * h)) < .05
    assert "Real = 2.500" in figure.words


def test_epanechnikov_has_the_given_bandwidth(draw):
    figure = draw("SELECT plot_density(value, 'kernel=epanechnikov, bandwidth=.5') FROM json_each('[0, 10]')")
    curve = figure.paths(SERIES[0])[-1]
    assert abs(max(f for _, f in curve) - .75 / (math.sqrt(5) * .5) / 2) < .004
    assert all(f < .002 for x, f in curve if 1.3 < x < 8.7)


def test_placebo(draw):
    draws = [(math.sin(i * 7.1) * .02, abs(math.cos(i * 3.3))) for i in range(500)]
    figure = draw("SELECT plot_density(json_extract(value, '$[0]'), json_extract(value, '$[1]'), 'mark=.0424, hline=.1') FROM json_each(?)", str([list(d) for d in draws]))
    points = [(figure.x(float(c.get("cx"))), figure.p(float(c.get("cy")))) for c in figure.plot.iter(SVG + "circle")]
    near(points, draws, (.0002, .004))
    lines = [l for l in figure.plot.iter(SVG + "line") if l.get("stroke") == "#D55E00"]
    level = [figure.p(float(l.get("y1"))) for l in lines if l.get("y1") == l.get("y2")]
    assert len(level) == 1 and abs(level[0] - .1) < .005
    mark = [figure.x(float(l.get("x1"))) for l in lines if l.get("x1") == l.get("x2")]
    assert len(mark) == 1 and abs(mark[0] - .0424) < .0002 and "0.042" in figure.words
    curve = figure.paths(SERIES[0])[-1]
    assert abs(sum((curve[i + 1][0] - curve[i][0]) * (curve[i][1] + curve[i + 1][1]) / 2 for i in range(255)) - 1) < .02


def test_lines(draw):
    figure = draw("WITH s(x, y, g) AS (VALUES (2012, 3, 'a'), (2010, 1, 'a'), (2011, NULL, 'a'), (2013, 4, 'a'), (2010, 5, 'b'), (2013, 2, 'b'), (NULL, 9, 'b')) "
                  "SELECT plot_line(x, y, g, 'hline=4.5, vline=2011') FROM s")
    first, second = figure.paths(SERIES[0])[0], figure.paths(SERIES[1])[0]
    near(first, [(2010, 1), (2012, 3), (2013, 4)], (.02, .03))
    near(second, [(2010, 5), (2013, 2)], (.02, .03))
    shape = [p for p in figure.plot.iter(SVG + "path") if p.get("stroke") == SERIES[0]][0].get("d")
    assert len(re.findall("M", shape)) == 2, "the NULL breaks the line"
    assert {"2010", "2011", "2012", "2013"} <= set(figure.words)


def test_scatter_line_and_bins(draw):
    points = [(i * .37 % 10, 2 + .5 * (i * .37 % 10) + math.sin(i)) for i in range(200)]
    data = str([list(p) for p in points])
    figure = draw("SELECT plot_scatter(json_extract(value, '$[0]'), json_extract(value, '$[1]'), 'fit=1, bins=10') FROM json_each(?)", data)
    slope, intercept = statistics.linear_regression(*zip(*points))
    mean_x = statistics.fmean(x for x, _ in points)
    error = math.sqrt(sum((y - intercept - slope * x) ** 2 for x, y in points) / 198 / sum((x - mean_x) ** 2 for x, _ in points))
    assert f"slope {slope:.3f} ({error:.3f}), N = 200" in figure.words
    ordered = sorted(points)
    bins = [(statistics.fmean(x for x, _ in ordered[i:i + 20]), statistics.fmean(y for _, y in ordered[i:i + 20])) for i in range(0, 200, 20)]
    near(figure.circles(SERIES[0]), bins, (.02, .02))


def test_a_million_points_are_a_page(db):
    text = db.value("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT plot_scatter(i * 7919 % 200, i * 104729 % 150) FROM n")
    ET.fromstring(text)
    assert text.count("<circle") == 600 and len(text) < 100_000  # lcm(200, 150) pairs


def test_balance(draw):
    figure = draw("WITH b(v, x, y) AS (VALUES ('age', -79.6, 2.3), ('educ', 40.0, -4.1), ('gone', NULL, 1)) SELECT plot_balance(v, x, y) FROM b")
    assert [round(x, 1) for x, _ in figure.circles(SERIES[0])] == pytest.approx([2.3, -4.1, 1], abs=.4)
    guides = sorted(round(figure.x(float(l.get("x1"))), 1) for l in figure.plot.iter(SVG + "line") if l.get("x1") == l.get("x2"))
    assert guides == pytest.approx([-10, 0, 10], abs=.4)
    assert "Standardised difference (%)" in figure.words
    assert "Standardised difference" in draw("SELECT plot_balance('a', .5, .01)").words


# ---------------------------------------------------------------- any rows
ALL = ["plot_event(a, b, c, d, o)", "plot_coef(a, b, c, d, o)", "plot_density(a, o)", "plot_density(a, .5, o)", "plot_line(a, b, o)", "plot_scatter(a, b, o)", "plot_balance(a, b, c, o)",
       "plot_scatter(a, b, 'g', 'fit=1')", "plot_density(a, 'g<&', o)"]
ROWS = ["(1, 2, 1, 3)", "(NULL, NULL, NULL, NULL)", "(0, 0, 0, 0)", "(1e300, -1e300, -1e308, 1e308)", "(1e-300, 2e-300, 0, 1e-299)", "(9e999, -9e999, 9e999, 1)",
        "(1e15, 1e15, 1e15, 1e15), (1e15 + 1, 1e15 + 1, 1e15, 1e15 + 2)", "(1, 1, 1, 1), (1.0000000000000002, 1, 1, 1)"]


@pytest.mark.parametrize("call", ALL)
@pytest.mark.parametrize("rows", ROWS)
def test_any_numbers_give_a_valid_figure_or_a_sentence(db, call, rows):
    options = '{"title": "<b>&\\"\'\\u0001 ]]>", "note": "数字贸易", "xlabel": "a<b"}'
    sql = f"WITH r(a, b, c, d) AS (VALUES {rows}), q(o) AS (VALUES (?)) SELECT {call} FROM r, q"
    try:
        text = db.value(sql, options)
    except Exception as error:
        assert str(error).startswith("plot_"), error
        return
    root = ET.fromstring(text)
    assert "nan" not in text.lower().replace("finan", "") and "inf" not in re.sub(r">[^<]*<", "><", text).lower()
    if "o)" in call:
        assert root.find(SVG + "title").text == "<b>&\"' ]]>"


def test_no_ids_and_no_rows(db):
    for call in ALL:
        text = db.value(f"SELECT {call} FROM (SELECT 1 AS a, 2 AS b, 1 AS c, 3 AS d, 'width=500' AS o)")
        assert " id=" not in text and "<script" not in text and "<style" not in text
        assert db.value(f"SELECT {call} FROM (SELECT 1 AS a, 2 AS b, 1 AS c, 3 AS d, 'width=500' AS o) WHERE 0") is None


def test_same_rows_same_bytes(db):
    sql = EVENT + "SELECT plot_event(t, b, l, h) FROM e"
    assert db.value(sql) == db.value(sql)


@pytest.mark.parametrize("call, sentence", [
    ("plot_event(1, 2, 3)", "plot_event: 3 arguments were given; it is called as plot_event(event_time, estimate, conf_low, conf_high [, group [, inner_low, inner_high]] [, 'options'])"),
    ("plot_event(1, 'high', 1, 2)", "plot_event: row 1: 'estimate' is no number: 'high'"),
    ("plot_event(1, 1, 1, 2, 'widht=3')", "plot_event: unknown option 'widht'; did you mean 'width'?"),
    ("plot_event(1, 1, 1, 2, 'width=10')", "a figure is 200 to 10000 pixels wide"),
    ("plot_line(1, 2, 'xmin=3, xmax=2')", "the horizontal axis would run from 3.000000 to 2.000000: xmin must be below xmax"),
    ("plot_density(1, 7)", "the p-value 7.0000 is not between 0 and 1; a group is text"),
    ("plot_density(1, 'bandwidth=0')", "bandwidth=0: it must be above zero"),
    ("plot_scatter(1, 2, 'bins=1')", "bins=1: from 2 to 1000"),
    ("plot_balance('a', 1, 2, 'height=160, width=200, note=x, title=\"y\"', 1)", "5 arguments were given"),
])
def test_sentences(db, call, sentence):
    assert sentence in db.error(f"SELECT {call}")


def test_too_many_groups(db):
    assert "more than 12 groups" in db.error("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 13) SELECT plot_line(i, i, 'g' || i) FROM n")
