"""progress=1: draws that are done, on standard error; rows and everything else stay as they are, and nothing is said unasked."""
import re
import subprocess
import time

import pytest

from conftest import DATA, EXTENSION, ROOT

CALLS = {  # reps is %d; total: lines end at this multiple of reps
    "fe_threshold": ("grunfeld", "'invest ~ value + capital | firm', 'threshold=value, regime=capital, n=2, reps=%d, {}'", 2),
    "fe_mediate": ("munnell", "'ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR', 'treat=ln(P_CAP), mediator=ln(EMP), reps=%d, {}'", 1),
    "fe_compare": ("castle", "'l_homicide ~ unemployrt | sid + year', 'by=region, reps=%d, {}'", 1),
    "did_placebo": ("castle", "'l_homicide ~ 1 | sid + year', 'treat=post, reps=%d, {}'", 1),
    "fe_quantile": ("grunfeld", "'invest ~ value + capital', 'vcov=boot, reps=%d, {}'", 1),
    "panel_moran": ("munnell", "'GSP', 'id=STATE, time=YR, weights=\"SELECT DISTINCT a.STATE AS unit1, b.STATE AS unit2, 1 AS w FROM munnell a JOIN munnell b ON abs(a.rowid - b.rowid) = 17\", reps=%d, {}'", 17),
    "re_gls": ("grunfeld", "'invest ~ value | firm', 'vcov=wild(firm, reps=%d), {}'", 2),
    "did_att": ("castle", "'l_homicide ~ 1 | sid + year', 'treat=post, vcov=wild(sid, reps=%d), {}'", 1),
    "panel_tfp": ("munnell", "'GSP ~ EMP + PC', 'id=STATE, time=YR, vcov=wild(STATE, reps=%d), {}'", 3),
    "panel_convergence": ("gapminder", "'gdpPercap', 'id=country, time=year, vcov=wild(country, reps=%d), {}'", 2),
    "fe_ols": ("castle", "'l_homicide ~ post + poverty | sid + year', 'vcov=wild(sid, reps=%d), {}'", 2),
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    path = tmp_path_factory.mktemp("progress") / "tables.db"
    subprocess.run(["sqlite3", "-bail", "-batch", path], cwd=ROOT, check=True, input=(DATA / "import.sql").read_text(encoding="utf-8"), text=True)
    return path


def shell(tables, sql):
    done = subprocess.run(["sqlite3", "-bail", "-batch", tables], cwd=ROOT, input=f".load {EXTENSION}\n{sql};\n", text=True, encoding="utf-8", capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr.splitlines()


@pytest.mark.parametrize("name", CALLS)
def test_lines(name, tables):
    source, arguments, total = CALLS[name]
    call = f"SELECT * FROM {name}('{source}', {arguments % 40})"
    rows, silent = shell(tables, call.format("seed=1" if name in ("fe_quantile", "panel_moran") else "level=0.95"))
    zero = shell(tables, call.format("progress=0"))
    asked, lines = shell(tables, call.format("progress=1"))
    assert rows.strip() and silent == [] and zero == (rows, [])
    assert asked == rows
    counts = [re.fullmatch(rf"{name}: (\d+) of {40 * total} draws", line) for line in lines]
    assert lines and all(counts), lines
    assert [int(count[1]) for count in counts] == sorted({int(count[1]) for count in counts}) and int(counts[-1][1]) == 40 * total


def test_whoever_draws_can_say_so(db):
    """Every estimator with an option reps= has progress=, and is tried above."""
    help_ = dict(db.rows("SELECT name, options FROM econ_help() WHERE options IS NOT NULL"))
    draws = {name for name, options in help_.items() if re.search(r"^reps\b", options, re.MULTILINE)}
    assert len(draws) >= 5 and all(re.search(r"^progress\b", help_[name], re.MULTILINE) for name in draws) and draws <= set(CALLS)


@pytest.mark.parametrize("steps", [1, 1000, 10000])
def test_interrupted_by_the_progress_handler(db, steps):
    """SQLite's own handler is asked while draws are made, whatever its N, and stops them."""
    db.table("castle")
    asked = []
    db.set_progress_handler(lambda: asked.append(time.monotonic()) or asked[-1] - begun > .6, steps)
    begun = time.monotonic()
    assert "interrupted" in db.error("SELECT * FROM did_placebo('castle', 'l_homicide ~ 1 | sid + year', 'treat=post, reps=100000')")
    ended = time.monotonic()
    db.set_progress_handler(None, 0)
    assert len(asked) >= 5 and ended - begun < 3, (len(asked), ended - begun)


def test_aggregate(tables):
    call = "SELECT fit_stat(fe_ols('l_homicide ~ post | sid + year; vcov=wild(sid, reps=50), {}', l_homicide, post, sid, year), 'wild_draws') FROM castle"
    assert shell(tables, call.format("progress=1")) == ("50.0\n", ["fe_ols: 50 of 50 draws"])
    assert shell(tables, call.format("level=0.9")) == ("50.0\n", [])


def test_without_draws(tables):
    """Nothing takes long: nothing is said."""
    rows, lines = shell(tables, "SELECT count(*) FROM fe_ols('castle', 'l_homicide ~ post | sid + year', 'progress=1')")
    assert (rows, lines) == ("1\n", [])


def test_bad_value(db):
    db.table("grunfeld")
    assert "progress" in db.error("SELECT * FROM fe_ols('grunfeld', 'invest ~ value', 'progress=often')")
