"""The papers run, every simulated one covers the printed coefficients within two of its standard errors, and the page is one that a browser shows."""
import html.parser
import os
import re
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree

import pytest

import make_papers


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("papers") / "papers.html"
    begun = time.monotonic()
    return path, make_papers.page(path), time.monotonic() - begun


def test_simulated_papers_cover_what_is_printed(written):
    for name, least in (("a", 26), ("b", 13), ("c", 7)):
        rows = written[1][name]
        assert len(rows) >= least
        for row in rows:
            assert abs(row["ours"] - row["printed"]) <= 2 * row["our_se"] and row["covers"] == 1, (name, row)
            assert row["our_se"] <= 4 * (row["printed_se"] or abs(row["printed"])), ("an error so large covers anything", name, row)


def test_nothing_printed_is_left_out(written, shared):
    """Every `coefficient (error)` of papers.md stands in the last table of its script."""
    text = (shared / "papers.md").read_text(encoding="utf-8")
    for name, section in zip("abc", re.split(r"^## Paper ", text, flags=re.MULTILINE)[1:]):
        pairs = re.findall(r"(?<![\d.])(-?\d*\.\d+) \((\d*\.\d+)\)", " ".join(section.split()))
        there = {(row["printed"], row["printed_se"]) for row in written[1][name]}
        missing = [pair for pair in pairs if tuple(map(float, pair)) not in there]
        assert len(pairs) >= 7 and not missing, (name, missing)
    bare = {row["printed"] for row in written[1]["a"] if row["printed_se"] is None}
    assert bare == {.4442, .3813, .3865, .4555}


@pytest.mark.skipif(bool(os.environ.get("ECON_SANITIZED")), reason="sanitizers are slow")
def test_in_two_minutes(written):
    assert written[2] < 120


class Balanced(html.parser.HTMLParser):
    EMPTY = {"meta", "br", "hr", "col", "img", "link", "input"}

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.seen = [], [], {}

    def handle_starttag(self, tag, attributes):
        self.seen[tag] = self.seen.get(tag, 0) + 1
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen[tag] = self.seen.get(tag, 0) + 1

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append((tag, self.getpos()))


def test_the_page_is_whole(written):
    text = written[0].read_text(encoding="utf-8")
    parser = Balanced()
    parser.feed(text)
    assert not parser.wrong and not parser.open
    assert parser.seen["svg"] >= 10 and parser.seen["table"] >= 30
    for part in text.split("<svg")[1:]:
        xml.etree.ElementTree.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")


def test_the_page_is_made_for_print(written):
    """No heading alone at the foot of a page, no table cut in two, running text without the breaks of the source."""
    text = written[0].read_text(encoding="utf-8")
    assert "section { break-inside: avoid; }" in text and "size: A4" in text
    for intro in re.findall(r'<p class="intro">(.*?)</p>', text, re.DOTALL):
        assert "\n" not in intro and "sqlite3" not in intro
    for section in re.findall(r"<section>(.*?)</section>", text, re.DOTALL):
        assert section.count("<h2>") == 1 and ("<table" in section or "<svg" in section)
    assert text.count("<h2>") == text.count("<section>")


def photographed(browser, page, folder):
    """The page's picture, or None. Chromium sometimes writes it and then does not end: the file says whether it is there, not the exit."""
    picture = folder / "page.png"
    without = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}  # a browser under our sanitizers says nothing of ours
    program = subprocess.Popen([browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                                "--disable-component-update", "--disable-sync", f"--user-data-dir={folder / 'profile'}", "--window-size=1100,6000",
                                f"--screenshot={picture}", page.as_uri()], env=without, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and program.poll() is None and not ended_png(picture):
            time.sleep(0.2)
        return picture if ended_png(picture) else None
    finally:
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()


def ended_png(picture):
    return picture.exists() and picture.read_bytes().endswith(b"IEND\xaeB`\x82")


@pytest.mark.skipif(bool(os.environ.get("ECON_SANITIZED")), reason="the page is the same as without sanitizers")
def test_a_browser_shows_it(written, tmp_path_factory):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if not browser:
        pytest.skip("no Chromium here")
    pictures = (photographed(browser, written[0], tmp_path_factory.mktemp("browser")) for _ in range(3))
    picture = next((picture for picture in pictures if picture), None)
    assert picture, "three times no picture"
    assert picture.stat().st_size > 50000
