"""What the README prints is what the program prints: each session in the sqlite3 shell is typed again and its output compared."""
import re
import subprocess

import pytest

from conftest import DATA, EXTENSION, ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
SESSIONS = [block for block in re.findall(r"^```\w*\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL) if "sqlite> " in block]


def test_there_are_sessions():
    assert len(SESSIONS) >= 1


@pytest.mark.parametrize("session", SESSIONS, ids=range(len(SESSIONS)))
def test_session(session, tmp_path):
    typed = "\n".join(line[8:] for line in session.splitlines() if re.match(r"sqlite> |   \.\.\.> ", line))
    shown = "\n".join(line for line in session.splitlines() if not re.match(r"sqlite> |   \.\.\.> |\$ ", line))
    given = f".read {DATA.relative_to(ROOT)}/import.sql\n{typed.replace('.load dist/econ', '.load ' + EXTENSION)}\n"
    done = subprocess.run(["sqlite3", "-batch", tmp_path / "readme.db"], cwd=ROOT, input=given, text=True, encoding="utf-8", capture_output=True)
    said = re.sub(r" error near line \d+:", " error:", done.stdout + done.stderr)  # as it says to a person who types
    assert said.strip() == shown.strip()
