"""Every sentence that bad input gets: errors.sql holds the statements, errors.txt the sentences. ECON_WRITE=1 writes errors.txt anew;
read the difference before you keep it: each sentence names the function, says what is wrong and where, and what would be right."""
import os
import pathlib

HERE = pathlib.Path(__file__).parent


def statements():
    prepare, failing, sweep = [], [], False
    for line in (HERE / "errors.sql").read_text().splitlines():
        if line.startswith("--"):
            sweep |= line.startswith("-- sources")
        elif line:
            (failing if sweep else prepare).append(line)
    return prepare, failing


def test_every_bad_input_gets_its_sentence(db):
    prepare, failing = statements()
    for sql in prepare:
        db.execute(sql)
    said = []
    for sql in failing:
        try:
            rows = list(db.execute(sql))
            said.append(f"{sql}\n  NO ERROR: {len(rows)} rows")
        except Exception as error:
            said.append(f"{sql}\n  {error}")
    text = "\n".join(said) + "\n"
    if os.environ.get("ECON_WRITE"):
        (HERE / "errors.txt").write_text(text)
    assert len(failing) >= 60
    assert "NO ERROR" not in text
    assert text == (HERE / "errors.txt").read_text()


def test_a_source_that_fails_leaves_nothing_behind(db):
    prepare, failing = statements()
    for sql in prepare:
        db.execute(sql)
    before = list(db.execute("SELECT count(*), total(y) FROM p"))
    for sql in failing:
        try:
            list(db.execute(sql))
        except Exception:
            pass
    assert list(db.execute("SELECT count(*), total(y) FROM p")) == before
    assert not list(db.execute("SELECT name FROM sqlite_temp_master"))
