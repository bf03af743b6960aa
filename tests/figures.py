"""Figures of hard data: what stands where. Each was looked at in a browser, in colour and in grey, as wide as a page and as a column; here their geometry is read back."""
import math
import re
import xml.etree.ElementTree as ET

import pytest

from plots import SERIES, SVG, Figure, draw  # noqa: F401 (a fixture)

N = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
LONG = "A sentence that says what the whole of the figure shows and that is by far longer than what fits in one line of it"
ZH = "数字贸易与新质生产力的关系在东部中部西部地区之间存在显著差异而且这一差异随着时间推移不断扩大并在各项稳健性检验中保持不变"


def width_of(text, size):
    return sum(1.0 if ord(c) >= 0x3000 else 0.28 if c in "il.,:;'|!()jft " else 0.5 for c in text) * size


def texts(figure):
    return list(figure.root.iter(SVG + "text"))


def inside(figure):
    """No text begins or ends outside of the figure (by widths that are less than those of Helvetica), none lies on another one's line."""
    left, top, width, height = map(float, figure.root.get("viewBox").split())
    boxes = []
    for text in texts(figure):
        x, y, size, anchor = float(text.get("x")), float(text.get("y")), float(text.get("font-size")), text.get("text-anchor")
        long = width_of(text.text or "", size)
        turned = text.get("transform")
        if turned:
            angle = float(turned.split("(")[1].split()[0])
            if abs(angle) == 90:
                assert long <= height + 1, text.text
            continue
        start = x - {"start": 0, "middle": long / 2, "end": long}[anchor]
        assert start >= -1 and start + long <= width + 1, (text.text, start, start + long, width)
        assert 0 < y < height + 1, text.text
        boxes.append((start, start + long, y - size * .7, y, text.text))
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert a[0] >= b[1] - .5 or b[0] >= a[1] - .5 or a[2] >= b[3] - .5 or b[2] >= a[3] - .5, (a, b)


CALLS = {
    "plot_event": "plot_event(i - 3, i * .1, i * .1 - .2, i * .1 + .2, {g}, ?) FROM n",
    "plot_coef": "plot_coef({l}, i * .1, i * .1 - .2, i * .1 + .2, {g}, ?) FROM n",
    "plot_coef vertical": "plot_coef({l}, i * .1, i * .1 - .2, i * .1 + .2, {g}, ?) FROM n",
    "plot_density": "plot_density(i * .1 + i % 3, {g}, ?) FROM n",
    "plot_density placebo": "plot_density(i * .1 + i % 3, i / 50.0, ?) FROM n",
    "plot_line": "plot_line(1989 + i, i * i, {g}, ?) FROM n",
    "plot_scatter": "plot_scatter(i, i % 7 + i, {g}, ?) FROM n",
    "plot_balance": "plot_balance({l}, i * 2.0 - 20, i - 4, ?) FROM n",
}


@pytest.mark.parametrize("legend", ["top", "bottom", "right"])
@pytest.mark.parametrize("words", [LONG, ZH, "short"])
@pytest.mark.parametrize("call", CALLS)
def test_no_text_is_cut_or_overlaps(draw, call, words, legend):
    label = f"'{words[:70]}' || i" if call != "plot_coef vertical" else f"'{words[:18]}' || i"
    options = f'title="{words}", subtitle="{words}", note="{words}", xlabel="{words}", ylabel="{words}", legend={legend}' + (", vertical=1" if "vertical" in call else "")
    figure = draw(N.format(12) + "SELECT " + CALLS[call].format(l=label, g=f"'{words[:30]} ' || (i % 3)"), options)
    inside(figure)
    x, y, width, height = figure.box
    for text in texts(figure):  # the legend is not on the data
        if text.text and re.search(r" [012]$", text.text) and not text.get("transform") and text.get("text-anchor") == "start":
            assert float(text.get("y")) < y + 1 or float(text.get("y")) > y + height or float(text.get("x")) > x + width


@pytest.mark.parametrize("scale", ["1e-9 * i", "1e12 * i", "-1e12 * i", "1e9 + i", "1e9 + i * .001", "-1e9 - i", "1e15 + i", "i", "i * .1", "-i", "5", "1e-300 * i", "100000 * i", "12345.678 + i * 1e-4"])
def test_tick_labels_differ(draw, scale):
    for call in (f"plot_line(i, {scale})", f"plot_line({scale}, i)", f"plot_scatter({scale}, {scale})"):
        figure = draw(N.format(9) + f"SELECT {call} FROM n")
        x, y, width, height = figure.box
        for axis in ([t.text for t in texts(figure) if t.get("text-anchor") == "end"], [t.text for t in texts(figure) if t.get("text-anchor") == "middle"]):
            assert len(axis) == len(set(axis)) >= 2, axis
            assert not any(re.fullmatch(r"0\.0{4,}", label) for label in axis), axis
        inside(figure)


def test_years_are_whole(draw):
    words = draw(N.format(34) + "SELECT plot_line(1989 + i, i) FROM n").words
    assert ["1990", "1995", "2000", "2005", "2010", "2015", "2020"] == [w for w in words if re.fullmatch(r"(19|20)\d\d", w)]
    assert {"2014", "2018", "2022"} <= set(draw(N.format(9) + "SELECT plot_event(2013 + i, i, i - 1, i + 1) FROM n").words)


def test_dates(draw):
    figure = draw("SELECT plot_line(column1, column2) FROM (VALUES ('2020-01-01', 1), ('2020-07-01', 2), ('2021-01-01 12:00', 3))")
    assert {"2020-01", "2020-07", "2021-01"} <= set(figure.words)
    assert {"2005", "2015"} <= set(draw(N.format(300) + "SELECT plot_line(date('2000-01-31', '+' || i || ' months'), i) FROM n").words)
    assert {"2000-02-08", "2000-02-15"} <= set(draw(N.format(20) + "SELECT plot_scatter(date('2000-01-31', '+' || i || ' days'), i) FROM n").words)


def test_a_text_that_is_no_date(db):
    assert "plot_line: row 1: 'x' is neither a number nor a date as 2020-03-01: '2020-13-01'" in db.error("SELECT plot_line('2020-13-01', 1)")
    assert "neither a number nor a date" in db.error("SELECT plot_scatter(x, 1) FROM (SELECT '2020-01-01' AS x UNION ALL SELECT 5)")


def test_twelve_groups_look_different(draw):
    for call in ("plot_line(i, i, g, 'points=1')", "plot_event(i, i, i - 1, i + 1, g)", "plot_coef(i, i, i - 1, i + 1, g)"):
        figure = draw(N.format(12) + f", g(g) AS (SELECT 'group ' || i FROM n) SELECT {call} FROM n, g")
        marks, dashes = set(), set()
        for mark in figure.root:
            if mark.get("stroke-width") == "1.4":
                shape = "circle" if mark.tag.endswith("circle") else [round(float(b) - float(a), 1) for a, b in re.findall(r"M?([\d.]+) [\d.]+L([\d.]+)", mark.get("d"))][0:1][0]
                marks.add((mark.get("fill"), shape))
            if mark.get("stroke-width") == "2" and mark.get("x2"):
                dashes.add((mark.get("stroke"), mark.get("stroke-dasharray")))
        assert len(marks) == 12 or len(dashes) == 12


# ---------------------------------------------------------------- event studies and coefficients
def hollow(figure):
    return sorted(round(x, 2) for x, _ in figure.circles(hollow=True))


def test_which_period_is_the_reference(draw):
    rows = "WITH e(t, b, l, h) AS (VALUES (-2, .1, -.1, .3), (-1, {}), (0, .4, .2, .6), (1, {})) SELECT plot_event(t, b, l, h{}) FROM e"
    assert hollow(draw(rows.format("0, NULL, NULL", ".5, .3, .7", ""))) == [-1]
    assert hollow(draw(rows.format("0, 0, 0", ".5, .3, .7", ""))) == [-1]
    assert hollow(draw(rows.format("NULL, NULL, NULL", ".5, .3, .7", ""))) == [-1]
    assert hollow(draw(rows.format("0, NULL, NULL", "NULL, NULL, NULL", ""))) == [-1], "what could not be estimated is no reference"
    assert hollow(draw(rows.format("NULL, NULL, NULL", "NULL, NULL, NULL", ""))) == []
    assert hollow(draw(rows.format(".2, NULL, NULL", ".5, .5, .5", ""))) == [], "an estimate without its interval is one all the same"
    assert hollow(draw(rows.format(".2, .1, .3", ".5, .3, .7", ", 'ref=-3'"))) == [-3]
    assert hollow(draw(rows.format(".2, .1, .3", "NULL, NULL, NULL", ", 'ref=-3'"))) == [-3]


def bars(figure, colour=SERIES[0]):
    found = [line for line in figure.plot.iter(SVG + "line") if line.get("stroke") == colour]
    upright = [(round(figure.x(float(l.get("x1"))), 1), figure.y(float(l.get("y1"))), figure.y(float(l.get("y2")))) for l in found if l.get("x1") == l.get("x2")]
    return {x: sorted(ends) for x, *ends in upright}


def test_intervals_of_one_bound(draw):
    figure = draw("SELECT plot_event(column1, column2, column3, column4) FROM (VALUES (1, .5, NULL, .8), (2, .5, .2, NULL), (3, .5, -9e999, .8), (4, .5, .2, 9e999), (5, .5, .1, .9))")
    low, high = figure.y(figure.box[1] + figure.box[3]), figure.y(figure.box[1])
    for at, (a, b) in {1: (.5, .8), 2: (.2, .5), 3: (low, .8), 4: (.2, high), 5: (.1, .9)}.items():
        assert bars(figure)[at] == pytest.approx([a, b], abs=.005)


def test_two_levels(draw):
    figure = draw("SELECT plot_event(column1, .5, .1, .9, NULL, column2, .7) FROM (VALUES (1, .3), (2, NULL))")
    thick = [l for l in figure.plot.iter(SVG + "line") if l.get("stroke-width") == "3.6"]
    assert [round(figure.x(float(l.get("x1")))) for l in thick] == [1]
    assert sorted(figure.y(float(thick[0].get(end))) for end in ("y1", "y2")) == pytest.approx([.3, .7], abs=.005)
    across = draw("SELECT plot_coef('a', .5, .1, .9, 'group', .3, .7, 'zero=0')")
    thick = [l for l in across.plot.iter(SVG + "line") if l.get("stroke-width") == "3.6"]
    assert sorted(across.x(float(thick[0].get(end))) for end in ("x1", "x2")) == pytest.approx([.3, .7], abs=.005)


def test_zero_start_and_shade(draw):
    rows = "WITH e(t, b) AS (VALUES (2001, 1e9 + 1), (2002, 1e9 + 2), (2003, 1e9 + 3)) SELECT plot_event(t, b, b - 1, b + 1, {}) FROM e"
    assert draw(rows.format("'zero=0'")).y(0) > 9e8 and draw(rows.format("'zero=1'")).box
    figure = draw(rows.format("'zero=0, start=2001.5, shade=1, joined=1'"))
    shade = [r for r in figure.plot.iter(SVG + "rect")]
    assert len(shade) == 1 and figure.x(float(shade[0].get("x"))) == pytest.approx(2001.5, abs=.01)
    line = figure.paths(SERIES[0])[0]
    assert [round(x) for x, _ in line] == [2001, 2002, 2003]


def test_coefficients_sorted_upright_and_logarithmic(draw, db):
    rows = "WITH c(term, b) AS (VALUES ('middle', 1.0), ('high', 3.0), ('low', .25), ('none', NULL)) SELECT plot_coef(term, b, b / 2, b * 2, '{}') FROM c"
    labels = [w for w in draw(rows.format("sort=estimate")).words if w in ("middle", "high", "low", "none")]
    assert labels == ["low", "middle", "high", "none"]
    assert [w for w in draw(rows.format("sort=descending")).words if w in ("middle", "high", "low", "none")] == ["high", "middle", "low", "none"]
    figure = draw(rows.format("vertical=1"))
    assert [round(figure.y(float(c.get("cy"))), 2) for c in figure.plot.iter(SVG + "circle")] == [1, 3, .25]
    figure = Figure(db.value(rows.format("xlog=1")), even=False)
    ticks = {t.text: float(t.get("x")) for t in texts(figure) if t.get("text-anchor") == "middle"}
    one, two, half = ticks["1"], ticks["2"], ticks["0.5"]
    assert two - one == pytest.approx(one - half, abs=.1)
    centres = [float(c.get("cx")) for c in figure.plot.iter(SVG + "circle")]
    assert centres[1] - centres[0] == pytest.approx((two - one) * math.log2(3), abs=.1)
    dashed = [float(l.get("x1")) for l in figure.plot.iter(SVG + "line") if l.get("stroke-dasharray")]
    assert dashed == pytest.approx([one], abs=.1), "the line of no effect is at 1"


def test_balance_sorted_by_size(draw):
    rows = "WITH b(v, x, y) AS (VALUES ('small', 3, 1), ('big', -40, 5), ('even', 20, 20)) SELECT plot_balance(v, x, y, '{}') FROM b"
    figure = draw(rows.format("abs=1, sort=size"))
    assert [w for w in figure.words if w in ("small", "big", "even")] == ["big", "even", "small"]
    assert min(x for x, _ in figure.circles(SERIES[0])) > 0 and "Absolute standardised difference (%)" in figure.words
    square = [p for p in draw(rows.format("")).plot.iter(SVG + "path") if p.get("fill") == "#ffffff"]
    assert len(square) == 3, "what is the same before and after shows both"


def test_balance_of_ratios(db):
    figure = Figure(db.value("SELECT plot_balance('a', .2, 6, 'xlog=1, mark=2')"), even=False)
    at = {t.text: float(t.get("x")) for t in texts(figure) if t.get("text-anchor") == "middle"}
    guides = sorted(float(l.get("x1")) for l in figure.plot.iter(SVG + "line") if l.get("x1") == l.get("x2"))
    assert guides == pytest.approx([at["0.5"], at["1"], at["2"]], abs=.1)


# ---------------------------------------------------------------- densities
def test_weights_of_a_density(db):
    """R: density(lifeExp, weights = pop / sum(pop), bw = bw.nrd0(lifeExp)), summed without R's binning."""
    db.table("gapminder")
    figure = Figure(db.value("SELECT plot_density(lifeExp, NULL, pop) FROM gapminder WHERE year = 2007"))
    curve = figure.paths(SERIES[0])[-1]
    for x, f in zip(range(45, 81, 5), (0.0061261408, 0.0075539623, 0.0074099443, 0.0168748912, 0.0335454069, 0.0463086659, 0.0462116043, 0.0248327890)):
        below = max(i for i, point in enumerate(curve) if point[0] <= x)
        (a, u), (b, v) = curve[below:below + 2]
        assert u + (v - u) * (x - a) / (b - a) == pytest.approx(f, abs=3e-4)


def test_a_group_without_density_is_a_line(draw):
    figure = draw("SELECT plot_density(column1, column2) FROM (VALUES (1, 'a'), (2, 'a'), (3, 'a'), (2.5, 'b'))")
    lone = [l for l in figure.plot.iter(SVG + "line") if l.get("stroke") == SERIES[1]]
    assert len(lone) == 1 and figure.x(float(lone[0].get("x1"))) == pytest.approx(2.5, abs=.02)


def test_an_outlier_leaves_the_curve_fine(draw):
    figure = draw(N.format(200) + "SELECT plot_density(CASE i WHEN 1 THEN 1000 ELSE econ_normal(1, i) END) FROM n")
    curve = figure.paths(SERIES[0])[-1]
    assert len(curve) > 2000
    assert sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in zip(curve, curve[1:])) == pytest.approx(1, abs=.03)


def test_mirror(draw, db):
    figure = Figure(db.value(N.format(60) + "SELECT plot_density(i % 13, CASE WHEN i % 3 THEN 'a' ELSE 'b' END, 'mirror=1') FROM n"), even=False)
    above, below = ([float(y) for y in re.findall(r"[ML][-\d.]+ ([-\d.]+)", [p for p in figure.plot.iter(SVG + "path") if p.get("stroke") == SERIES[g]][0].get("d"))] for g in (0, 1))
    assert max(above) <= min(below) + .01 and not any("−" in (t.text or "") for t in texts(figure) if t.get("text-anchor") == "end")
    assert "mirror=1 is for two groups; there are 1" in db.error("SELECT plot_density(1, 'mirror=1')")


# ---------------------------------------------------------------- lines and points
def test_a_number_alone_is_a_point(draw):
    assert draw("SELECT plot_line(2000, 1)").circles() == pytest.approx([(2000, 1)])
    figure = draw("SELECT plot_line(column1, column2) FROM (VALUES (1, 1), (2, 2), (3, NULL), (4, 4), (5, NULL), (6, 6))")
    assert [round(x) for x, _ in figure.circles()] == [4, 6]


def test_a_long_line_keeps_its_peaks(draw):
    figure = draw(N.format(200000) + "SELECT plot_line(i, CASE i WHEN 77777 THEN 50 WHEN 150000 THEN -50 ELSE i % 10 END) FROM n")
    line = figure.paths(SERIES[0])[0]
    assert len(line) < 5000 and max(y for _, y in line) == pytest.approx(50, abs=.2) and min(y for _, y in line) == pytest.approx(-50, abs=.2)
    assert [x for x, _ in line] == sorted(x for x, _ in line)


def test_controls_are_partialled_out(db, draw):
    """R: lm(lifeExp ~ x + country + factor(year)), x = log(gdpPercap); residuals of x and lifeExp on the effects plus means, in 20 bins of equal count."""
    db.table("gapminder")
    figure = Figure(db.value("SELECT plot_scatter(ln(gdpPercap), lifeExp, NULL, NULL, country, CAST(year AS TEXT), 'bins=20, fit=1') FROM gapminder"))
    assert "slope 1.450 (0.268), N = 1704" in figure.words
    points = sorted(figure.circles(SERIES[0]))
    assert len(points) == 20
    for at, expected in ((0, (7.437709811, 58.28157301)), (9, (8.136880952, 59.53946846)), (19, (8.867890446, 60.25723267))):
        assert points[at] == pytest.approx(expected, abs=.02)


def test_numbers_and_texts_as_controls(db):
    """R: lm(lifeExp ~ x + pop + continent) of 2007."""
    db.table("gapminder")
    words = Figure(db.value("SELECT plot_scatter(ln(gdpPercap), lifeExp, NULL, NULL, pop, continent, 'fit=1') FROM gapminder WHERE year = 2007")).words
    assert "slope 4.640 (0.530), N = 142" in words


def test_weighted_line_and_cubic(db):
    """R: lm(lifeExp ~ x, weights = pop); predict(lm(lifeExp ~ x + x^2 + x^3), interval = "confidence", level = .9) at the least, 8 and the largest."""
    db.table("gapminder")
    assert "slope 6.550 (0.402), N = 142" in Figure(db.value("SELECT plot_scatter(ln(gdpPercap), lifeExp, NULL, pop, 'fit=1') FROM gapminder WHERE year = 2007")).words
    figure = Figure(db.value("SELECT plot_scatter(ln(gdpPercap), lifeExp, 'fit=3, level=.9') FROM gapminder WHERE year = 2007"))
    line = figure.paths(SERIES[1])[0]
    band = [p for p in figure.plot.iter(SVG + "path") if p.get("fill-opacity") == "0.2"][0]
    edge = [(figure.x(float(a)), figure.y(float(b))) for a, b in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", band.get("d"))]
    assert line[0][1] == pytest.approx(42.85882025, abs=.1) and line[-1][1] == pytest.approx(80.96740928, abs=.1)
    assert edge[0][1] == pytest.approx(35.61632147, abs=.1) and edge[60][1] == pytest.approx(77.36566323, abs=.1)
    assert edge[61][1] == pytest.approx(84.56915533, abs=.1) and edge[-1][1] == pytest.approx(50.10131903, abs=.1)


def test_bins_of_equal_weights(draw):
    figure = draw("SELECT plot_scatter(column1, column1, NULL, column2, 'bins=2') FROM (VALUES (1, 1), (2, 1), (3, 1), (4, 3))")
    assert sorted(round(x, 2) for x, _ in figure.circles(SERIES[0])) == [2, 4]


# ---------------------------------------------------------------- panels, size, colours
def test_panels_share_their_axes(db):
    text = db.value(N.format(12) + "SELECT plot_line(i, i * (i % 3 + 1), 'g' || (i % 3), 'panels=2, title=All, xlabel=X, ylabel=Y') FROM n")
    root = ET.fromstring(text)
    panels = [p for p in root if p.tag == SVG + "svg"]
    assert len(panels) == 3 and len({p.get("y") for p in panels}) == 2
    ticks = [[t.text for t in p.iter(SVG + "text") if t.get("text-anchor") in ("middle", "end")] for p in panels]
    assert ticks[0] == ticks[1] == ticks[2] and len(ticks[0]) >= 4
    words = [t.text for t in root.iter(SVG + "text")]
    assert words.count("X") == words.count("Y") == 1 and {"g0", "g1", "g2", "All"} <= set(words)
    assert "30" in db.value(N.format(30) + "SELECT plot_line(i, i, 'unit ' || i, 'panels=6, height=900') FROM n")
    assert "there are no groups" in db.error("SELECT plot_line(1, 1, 'panels=2')")
    assert "more than 12 groups: a figure of so many cannot be read; panels=4 gives each its own panel" in db.error(N.format(13) + "SELECT plot_line(1, 1, i) FROM n")


def test_panels_share_the_step_between_periods(db):
    rows = "VALUES (-2, 'a'), (-1, 'a'), (0, 'a'), (1, 'a'), (-2, 'b'), (1, 'b')"
    panels = [p for p in ET.fromstring(db.value(f"SELECT plot_event(column1, 1, 0, 2, column2, 'panels=2') FROM ({rows})")) if p.tag == SVG + "svg"]
    starts = [float(l.get("x1")) for p in panels for l in p.iter(SVG + "line") if l.get("stroke-dasharray")]
    assert len(starts) == 2 and starts[0] == pytest.approx(starts[1], abs=.5)


@pytest.mark.parametrize("call", CALLS)
def test_panels_of_every_figure(db, call):
    if call in ("plot_balance", "plot_density placebo"):
        return
    options = "panels=2, vertical=1" if "vertical" in call else "panels=2"
    root = ET.fromstring(db.value(N.format(20) + "SELECT " + CALLS[call].format(l="'x' || i", g="'group ' || (i % 2)"), options))
    assert len([p for p in root if p.tag == SVG + "svg"]) == 2


def test_size_and_height(draw):
    figure = draw("SELECT plot_line(1, 1, 'size=2, width=800')")
    assert (figure.root.get("width"), figure.root.get("height"), figure.root.get("viewBox")) == ("800", "500", "0 0 400 250")
    assert float(draw(f"SELECT plot_line(1, 1, 'title=\"{LONG}\", note=\"{LONG}\"')").root.get("height")) > 400
    assert draw(f"SELECT plot_line(1, 1, 'title=\"{LONG}\", height=400')").root.get("height") == "400"


def test_colours(draw, db):
    assert draw("SELECT plot_line(1, 1, 'colours=(#123456, red)')").circles("#123456")
    assert draw("SELECT plot_line(1, 1, 'colours=grey')").circles("#000000")
    assert "is no colour" in db.error("""SELECT plot_line(1, 1, '{"colours": "a\\"onload=1"}')""")
    assert "size=0: from 0.2 to 10" in db.error("SELECT plot_line(1, 1, 'size=0')")


def test_lines_are_named_in_the_legend(draw):
    words = draw("SELECT plot_line(1, 1, 'hline=2, hlabel=Critical value, vline=1.5, vlabel=Estimate')").words
    assert {"Critical value", "Estimate"} <= set(words)
    assert "Critical value" not in draw("SELECT plot_line(1, 1, 'hline=2, hlabel=Critical value, legend=none')").words


# ---------------------------------------------------------------- readers who do not see; XML
@pytest.mark.parametrize("call", CALLS)
def test_title_and_description(draw, call):
    figure = draw(N.format(12) + "SELECT " + CALLS[call].format(l="'x' || i", g="'group ' || (i % 2)"), "xlabel=Across, lang=zh" if "line" in call else "xlabel=Across")
    assert figure.root.get("role") == "img" and len(figure.root.find(SVG + "title").text) > 2
    assert "Across" in figure.root.find(SVG + "desc").text
    ground = figure.root.find(SVG + "rect")
    assert (ground.get("width"), ground.get("height"), ground.get("fill")) == ("100%", "100%", "#ffffff")


@pytest.mark.parametrize("bytes_, shown", [(b"a\x01\x1fb", "ab"), (b"a\xffb", "a\ufffdb"), (b"\xe4\xb8", "\ufffd\ufffd"), (b"a\xef\xbf\xbeb\xef\xbf\xbfc", "abc"), (b"\xed\xa0\x80", "\ufffd"),
                                           (b"\xc0\xaf", "\ufffd\ufffd"), (b"\xe0\x80\x80", "\ufffd"), (b"\xf4\x90\x80\x80", "\ufffd"), ("😀é".encode(), "😀é"), (b"<&>\"'", "<&>\"'")])
def test_any_bytes_are_valid_xml(db, bytes_, shown):
    text = f"CAST(x'{bytes_.hex()}' AS TEXT)"
    for call in (f"plot_coef({text}, 1, 0, 2)", f"plot_line(1, 1, {text}, 'panels=1')", f"plot_event(column1, 1, 0, 2, {text}) FROM (VALUES (1), (2))", f"plot_balance({text}, 1, 2)",
                 f"plot_density(1, {text})", f"plot_line(1, 1, json_object('title', '' || {text}))"):
        blob = db.value(f"SELECT CAST(({'SELECT ' + call}) AS BLOB)")
        root = ET.fromstring(blob)
        seen = [t.text or "" for t in root.iter(SVG + "text")]
        assert call.startswith(("plot_event", "plot_density")) or re.sub(r"\s", "", shown) in [re.sub(r"\s", "", w) for w in seen], (call, seen)


@pytest.mark.parametrize("form", ["text", "markdown", "latex", "html", "csv", "tsv", "rtf"])
def test_any_bytes_give_a_table_of_utf8(db, form):
    for bytes_ in (b"a\xffb", b"\xed\xa0\x80c", b"\xe4\xb8", "数<é".encode()):
        table = db.value(f"SELECT CAST((SELECT describe_table(CAST(x'{bytes_.hex()}' AS TEXT), 1, 2, 'columns=(N, M), format={form}')) AS BLOB)").decode("utf-8")
        assert "\ufffd" in table or form == "rtf" or bytes_.startswith("数".encode())
