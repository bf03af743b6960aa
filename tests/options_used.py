"""An option that the chosen method does not use is refused, and econ_help() says which method it is for: every rule that is listed there ("; for method=kernel or llr") is tried."""
import re

import pytest

from conftest import connect

RULE = re.compile(r"; for (\w+)=((?:\w+(?:, | or )?)*)")


def rules():
    """(function, option, its default, the other option, the values of it under which the first is used, all of its values)"""
    with connect() as db:
        helped = db.execute("SELECT name, options FROM econ_help() WHERE kind = 'estimator'").fetchall()
    found = []
    for name, text in helped:
        option = {line[0]: line[1:] for line in re.findall(r"^(\w+)(?:=(\S+))?(?: \[(.*?)\])?: (.*)$", text, re.M)}
        for own, (_, default, meaning) in option.items():
            for other, values in RULE.findall(meaning):
                found.append((name, own, default, other, re.split(", | or ", values) if values else [], option[other][0].split("|")))
    return found


RULES = rules()
FORMULA = {"panel_convergence": "x", "panel_unitroot": "x", "export_sophistication": "id, t, x, z"}


def message(db, name, options):
    """What a function says of options: all of it comes before a row is read, so the model need not make sense."""
    try:
        db.execute(f"SELECT * FROM {name}('p', ?, ?)", (FORMULA.get(name, "y ~ x | id + t"), options)).fetchall()
    except Exception as error:
        return str(error)
    return ""


@pytest.fixture
def panel(db):
    db.execute("CREATE TABLE p AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59) SELECT i / 6 AS id, i % 6 AS t, 1 + i * 37 % 11 AS y, 1 + i * 17 % 13 AS x, i * 29 % 7 AS z FROM n")
    return db


def test_there_are_rules():
    assert len(RULES) >= 35 and {rule[0] for rule in RULES} >= {"psm_match", "did_att", "panel_tfp", "panel_unitroot"}


@pytest.mark.parametrize("name, own, default, other, values, choices", RULES, ids=lambda part: part if isinstance(part, str) else "")
def test_each_rule(panel, name, own, default, other, values, choices):
    if not values:
        sentence = f"{own}= is for {other}=, which is not given"
        assert any(sentence in message(panel, name, f"{own}={value}") for value in ("bc", "7"))
        return
    said = values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"
    refused = [choice for choice in choices if choice and choice not in values] or ["3"]
    assert choices == [""] or set(values) < set(choices), "the rule names a value that there is not, or excludes none"
    given = ["7", "0", "x", "1:2", "score", "data", "gaussian", "simple", "notyet", "ipw", "universal", "bc", "cv", "cross", "both", "unit", "vrs", "input", "iid"]
    for choice in refused:
        sentence = f"{name}: {own}= is for {other}={said}; {other}={choice} does not use it"
        assert any(message(panel, name, f"{other}={choice}, {own}={value}") == sentence for value in given), sentence
        if default:
            assert sentence != message(panel, name, f"{other}={choice}, {own}={default}"), "the default is refused"
    for value in values:
        assert not any("does not use it" in message(panel, name, f"{other}={value}, {own}={text}") and f"{own}= is for {other}=" in message(panel, name, f"{other}={value}, {own}={text}") for text in given)


def test_inside_match(panel):
    assert "bandwidth= is for method=kernel or llr; method=nearest does not use it" in message(panel, "did_att", "treat=z > 3, match=psm(z > 3 ~ x, bandwidth=.1)")


def test_hidden_columns_too(panel):
    with pytest.raises(Exception, match="bandwidth= is for method=kernel or llr"):
        panel.execute("SELECT * FROM psm_match('p', 'z > 3 ~ x') WHERE bandwidth = 0.1").fetchall()
    with pytest.raises(Exception, match="trim= is for support=trim; support=none does not use it"):
        panel.execute("SELECT psm_match('d ~ x; trim=.2', z > 3, x) FROM p").fetchall()


def test_one_text_for_several_methods(panel):
    sql = "SELECT DISTINCT method, att FROM psm_match('p', 'z > 3 ~ x', 'outcome=y, {}') WHERE method IN ('nearest', 'ipw') ORDER BY method"
    ipw, nearest = panel.execute(sql.format("caliper=.01")).fetchall()
    assert [ipw[0], nearest[0]] == ["ipw", "nearest"]
    assert [ipw, nearest] == [panel.execute(sql.format("ratio=1")).fetchone(), ("nearest", nearest[1])]  # weighting does without the caliper
    assert nearest not in panel.execute(sql.format("ratio=1")).fetchall()  # and matching does not
