"""The papers run, every simulated one covers the printed coefficients within two of its standard errors, and the page is one that a browser shows."""
import html.parser
import os
import shutil
import subprocess
import xml.etree.ElementTree

import pytest

import make_papers

# The newest SQLite puts estimators on the inner side of the papers' joins, where each outer row estimates anew: minutes.
pytestmark = pytest.mark.skipif(os.environ.get("ECON_SQLITE") == "apsw", reason="takes minutes on the newest SQLite")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("papers") / "papers.html"
    return path, make_papers.page(path)


def test_simulated_papers_cover_what_is_printed(written):
    for name in ("a", "b", "c"):
        rows = written[1][name]
        assert len(rows) >= 5
        for row in rows:
            assert abs(row["ours"] - row["printed"]) <= 2 * row["our_se"] + 1e-4, (name, row)


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
    assert parser.seen["svg"] >= 4 and parser.seen["table"] >= 30
    for part in text.split("<svg")[1:]:
        xml.etree.ElementTree.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")


def test_a_browser_shows_it(written, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if not browser:
        pytest.skip("no Chromium here")
    picture = tmp_path / "page.png"
    subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1100,6000", f"--screenshot={picture}", written[0].as_uri()], capture_output=True, timeout=120)
    assert picture.exists() and picture.stat().st_size > 50000
