"""psm_match: every method against an exhaustive search written from the definitions in R (oracle/psm_match.R), the experiment's figures, shapes, ties, seeds, bad input."""
import json
import pathlib
import random

import pytest

GOLDEN = json.loads((pathlib.Path(__file__).parent / "oracle" / "psm_match.json").read_text())
MODEL = "treat ~ age + educ + black + marr + nodegree + re74 + re75"
EFFECTS = ("att", "att_se", "atu", "atu_se", "ate", "ate_se")


def load(db, name):
    db.table("nsw")
    if name == "small":  # as in the script: the participants and every 16th man of the comparison group
        db.table("cps")
        db.execute("CREATE TABLE small AS SELECT * FROM nsw WHERE treat = 1")
        db.execute("INSERT INTO small SELECT * FROM cps WHERE (rowid - 1) % 16 = 0 ORDER BY rowid")


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"{case['table']} {case['options']}")
def test_against_exhaustive_search(db, case):
    load(db, case["table"])
    options = case["options"]
    names = [name for name in EFFECTS if name in case]
    ours = db.dicts(f"SELECT {', '.join(EFFECTS)} FROM psm_match('{case['table']}', '{MODEL}', '{options}, outcome=re78') LIMIT 1")[0]
    for name in names:
        assert ours[name] == pytest.approx(case[name], rel=1e-7), name
    if "weight" in case:
        db.execute(f"CREATE VIRTUAL TABLE temp.m USING psm_match('{case['table']}', '{MODEL}', '{options}')")
        weights = [weight for weight, in db.rows("SELECT weight FROM temp.m")]
        assert weights == pytest.approx(case["weight"], rel=1e-8, abs=1e-9)
    if case.get("att_simple") and "mahalanobis" not in options:
        simple = db.value(f"SELECT att_se FROM psm_match('{case['table']}', '{MODEL}', '{options.replace(', errors=ai', '').replace(', neighbours=4', '')}, errors=simple, outcome=re78') LIMIT 1")
        assert simple == pytest.approx(case["att_simple"], rel=1e-7)


COLUMNS = ("mean_treated", "mean_control", "std_diff", "bias_pct", "var_ratio", "statistic", "p_value")


@pytest.mark.parametrize("case", [case for case in GOLDEN["cases"] if "balance" in case], ids=lambda case: f"{case['table']} {case['options']}")
def test_balance(db, case):
    load(db, case["table"])
    rows = {(row["variable"], row["sample"]): row for row in db.dicts(f"SELECT * FROM psm_match('{case['table']}', '{MODEL}', '{case['options']}')")}
    assert set(rows) == {(row["variable"], sample) for row in case["balance"]["rows"] + [{"variable": "pscore"}] for sample in ("before", "after")}
    for row in case["balance"]["rows"]:
        for sample in ("before", "after"):
            for name, golden in zip(COLUMNS, row[sample]):
                assert rows[row["variable"], sample][name] == pytest.approx(golden, rel=1e-7, abs=1e-11), (row["variable"], sample, name)
    names = [f"{name}_{sample}" for sample in ("before", "after") for name in case["balance"]["overall_before"]]
    ours = db.dicts(f"SELECT {', '.join(names)} FROM psm_match('{case['table']}', '{MODEL}', '{case['options']}') LIMIT 1")[0]
    for sample in ("before", "after"):
        for name, golden in case["balance"][f"overall_{sample}"].items():
            assert ours[f"{name}_{sample}"] == pytest.approx(golden, rel=1e-6, abs=1e-10), (name, sample)
    tests = dict(db.rows(f"SELECT subject, statistic FROM fit_tests(econ_fit('psm_match', '{case['table']}', '{MODEL}', '{case['options']}')) WHERE test = 'lr'"))
    assert tests == {"before": ours["lr_chi2_before"], "after": ours["lr_chi2_after"]}


def test_by_year(db):
    db.table("castle")
    db.execute("CREATE TABLE c AS SELECT *, max(post) OVER (PARTITION BY sid) AS treated FROM castle ORDER BY rowid")
    db.execute("CREATE VIRTUAL TABLE temp.m USING psm_match('SELECT c.* FROM castle JOIN c USING (sid, year) ORDER BY castle.rowid', 'treated ~ unemployrt + poverty + l_income', 'by=year, caliper=.25')")
    rows = db.rows("SELECT weight, pscore, year, match_id, treated FROM temp.m")
    assert [row[0] for row in rows] == GOLDEN["by"]["weight"]
    assert [row[1] for row in rows] == pytest.approx(GOLDEN["by"]["pscore"], rel=1e-8)
    sets = {}
    for weight, _, year, number, treated in rows:
        assert (number is None) == (weight == 0)
        if number is not None:
            sets.setdefault(number, []).append((year, treated))
    assert all(len(pair) == 2 and pair[0][0] == pair[1][0] and pair[0][1] != pair[1][1] for pair in sets.values())
    assert sorted(sets) == list(range(1, len(sets) + 1))


# ---------------------------------------------------------------- the experiment and the survey
def test_job_training(db):
    """Dehejia and Wahba (1999): 1,794 dollars by the experiment. The survey's men differ so much that the plain difference is -8,498; matched to the participants they
    come near the experiment's figure."""
    db.table("nsw").table("cps")
    db.execute("CREATE TABLE job AS SELECT * FROM nsw WHERE treat = 1 UNION ALL SELECT * FROM cps")
    assert db.value("SELECT avg(re78) FILTER (WHERE treat) - avg(re78) FILTER (WHERE NOT treat) FROM nsw") == pytest.approx(1794.34, abs=0.005)
    assert db.value("SELECT avg(re78) FILTER (WHERE treat) - avg(re78) FILTER (WHERE NOT treat) FROM job") == pytest.approx(-8497.52, abs=0.005)
    model = "treat ~ age + I(age*age) + I(age*age*age) + educ + I(educ*educ) + marr + nodegree + black + hisp + re74 + re75 + I(re74 = 0) + I(re75 = 0) + I(educ*re74)"
    row = db.dicts(f"SELECT att, att_se, matched_treated, pseudo_r2_before, pseudo_r2_after, mean_bias_before, mean_bias_after FROM psm_match('job', '{model}', 'replace=1, outcome=re78') LIMIT 1")[0]
    assert row["matched_treated"] == 185
    assert abs(row["att"] - 1794.34) < 1.96 * row["att_se"]
    assert row["pseudo_r2_after"] < 0.1 < row["pseudo_r2_before"] and row["mean_bias_after"] < row["mean_bias_before"] / 5


def test_effects_are_terms_of_the_fit(db):
    db.table("nsw")
    fit = db.value(f"SELECT econ_fit('psm_match', 'nsw', '{MODEL}', 'replace=1, outcome=re78')")
    terms = {(row["part"], row["term"]): row for row in db.dicts("SELECT * FROM fit_terms(?)", fit)}
    att = terms[None, "att"]
    assert att["estimate"] == db.value("SELECT fit_stat(?, 'att')", fit) == db.value("SELECT fit_coef(?, 'att')", fit)
    assert att["conf_high"] - att["estimate"] == pytest.approx(1.959963984540054 * att["std_error"], rel=1e-12)
    logit = {row["term"]: row for row in db.dicts(f"SELECT * FROM fe_logit('nsw', '{MODEL}', 'vcov=iid')")}
    for name, row in logit.items():
        assert terms["score", name]["estimate"] == pytest.approx(row["estimate"], rel=1e-9)
        assert terms["score", name]["std_error"] == pytest.approx(row["std_error"], rel=1e-7)


def test_levels_of_a_factor_are_all_shown(db):
    db.table("castle")
    names = {name for name, in db.rows("SELECT DISTINCT variable FROM psm_match('castle', 'post ~ unemployrt + i(region)', 'where=region <> ''Northeast''')")}
    assert names == {"pscore", "unemployrt", "region::Midwest", "region::South", "region::West"}


def test_one_fit_a_group(db):
    db.table("nsw")
    rows = db.rows("SELECT black, fit_stat(f, 'att') FROM (SELECT black, psm_match('treat ~ age + educ; outcome=re78', treat, age, educ, re78) AS f FROM nsw GROUP BY black)")
    for black, att in rows:
        assert att == db.value(f"SELECT att FROM psm_match('nsw', 'treat ~ age + educ', 'outcome=re78, where=black = {black}') LIMIT 1")


# ---------------------------------------------------------------- ties, order, seeds
def test_ties_go_to_the_earlier_row(db):
    """Scores are equal where regressors are: the first control of equals is taken, also from both sides of the treated score."""
    db.execute("CREATE TABLE t (d, x)")
    db.executemany("INSERT INTO t VALUES (?, ?)", [(0, 3), (1, 2), (0, 1), (0, 2), (1, 2), (0, 2), (0, 2), (1, 4), (0, 4), (1, 1)])
    db.execute("CREATE VIRTUAL TABLE temp.m USING psm_match('t', 'd ~ x')")
    ids = [number for number, in db.rows("SELECT match_id FROM temp.m")]
    assert ids == [None, 1, 4, 1, 2, 2, None, 3, 3, 4]


def test_seed_decides_the_order(db):
    load(db, "small")
    def weights(options):
        db.execute("DROP TABLE IF EXISTS temp.m")
        db.execute(f"CREATE VIRTUAL TABLE temp.m USING psm_match('small', '{MODEL}', '{options}')")
        return db.rows("SELECT weight, match_id FROM temp.m")
    assert weights("order=random, seed=7") == weights("order=random, seed=7") != weights("order=random, seed=8")
    assert [w for w, _ in weights("replace=1, order=random, seed=1")] == [w for w, _ in weights("replace=1")]


def exhaustive(scores, treated, controls, k, width):
    """Greedy without replacement by looking at every control."""
    free, found = set(controls), {t: [] for t in treated}
    for turn in range(k):
        for t in sorted(treated, key=lambda t: (-scores[t], t)):
            if len(found[t]) < turn:
                continue
            near = min(free, key=lambda c: (abs(scores[c] - scores[t]), c), default=None)
            if near is not None and abs(scores[near] - scores[t]) <= width:
                found[t].append(near)
                free.discard(near)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_random_tables_with_many_ties(db, seed):
    draw = random.Random(seed)
    n = draw.randint(20, 120)
    rows = [(int(draw.random() < 0.4), draw.randint(0, 6), draw.randint(0, 4)) for _ in range(n)]
    db.execute("CREATE TABLE t (d, x, z)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    k, caliper = draw.choice((1, 2, 3)), draw.choice((None, 0.02, 0.1))
    db.execute(f"CREATE VIRTUAL TABLE temp.m USING psm_match('t', 'd ~ x + z', 'ratio={k}{f', caliper={caliper}, caliper_unit=score' if caliper else ''}')")
    ours = db.rows("SELECT pscore, weight, match_id FROM temp.m")
    treated, controls = [i for i in range(n) if rows[i][0]], [i for i in range(n) if not rows[i][0]]
    found = exhaustive([row[0] for row in ours], treated, controls, k, caliper or 2)
    weight = [0.0] * n
    for t, taken in found.items():
        weight[t] = float(bool(taken))
        for c in taken:
            weight[c] += 1 / len(taken)
            assert ours[c][2] == ours[t][2]
    assert [row[1] for row in ours] == pytest.approx(weight)


def test_entropy_balances_to_the_last_digit(db):
    db.table("nsw").table("cps")
    db.execute("CREATE TABLE job AS SELECT * FROM nsw WHERE treat = 1 UNION ALL SELECT * FROM cps")
    for variable, treated, control in db.rows(f"SELECT variable, mean_treated, mean_control FROM psm_match('job', '{MODEL}', 'method=entropy') WHERE sample = 'after' AND variable <> 'pscore'"):
        assert control == pytest.approx(treated, rel=1e-9), variable


def test_rows_predicted_perfectly_take_no_part(db):
    db.table("nsw")
    db.execute("CREATE TABLE f AS SELECT *, treat = 1 AND age > 35 AS flag FROM nsw")
    db.execute("CREATE VIRTUAL TABLE temp.m USING psm_match('f', 'treat ~ age + educ + flag')")
    assert db.value("SELECT count(*) FROM temp.m WHERE flag AND (pscore <> 1 OR weight <> 0 OR on_support <> 0)") == 0
    assert db.value("SELECT separated FROM psm_match('f', 'treat ~ age + educ + flag') LIMIT 1") == db.value("SELECT sum(flag) FROM f")


SEPARATED = [case for case in json.loads((pathlib.Path(__file__).parent / "oracle" / "separation.json").read_text()) if case["family"] != "poisson"]


@pytest.mark.parametrize("case", SEPARATED, ids=lambda case: f"{case['family']} {case['seed']}")
def test_hard_cases_of_rows_predicted_perfectly(db, case):
    """Rows by a linear program (oracle/make_separation.py); most of the other fits prove by themselves that there are none."""
    db.execute("CREATE TABLE t (x, d, c, g, y)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", case["rows"])
    model = "y ~ x + d + i(c)" + (f" + i({case['effect']})" if case["effect"] else "")
    assert db.value(f"SELECT separated FROM psm_match('t', '{model}', 'score={case['family']}') LIMIT 1") == len(case["separated"])


def smooth_by_pairs(score, treated, y, kernel, linear, bandwidth, caliper):
    """Every pair, in extended precision: the definitions of match_smooth.c."""
    import numpy as np
    own, other, outcome = score[treated].astype(np.longdouble), score[~treated].astype(np.longdouble), y[~treated].astype(np.longdouble)
    weight, effects, found = np.zeros(len(other), np.longdouble), [], []
    for point, value in zip(own, y[treated]):
        d = other - point
        u = d / np.longdouble(bandwidth)
        k = np.exp(-u * u / 2) if kernel == "gaussian" else 1 - u * u if kernel == "epanechnikov" else np.ones_like(u)
        k[(np.abs(u) >= 1) & (kernel == "epanechnikov") | (np.abs(d) > caliper)] = 0
        found.append(k.sum() > 0)
        if not found[-1]:
            continue
        k /= k.sum()
        mean = (k * u).sum()
        spread = (k * (u - mean) ** 2).sum()
        if linear and spread > 1e-10 * (spread + mean * mean):
            k *= 1 - mean * (u - mean) / spread
        weight += k
        effects.append(value - k @ outcome)
    return float(np.mean(effects)), weight.astype(float), found


@pytest.mark.parametrize("options, loss", [
    ("method=kernel", 1), ("method=kernel, kernel=gaussian", 1), ("method=kernel, kernel=gaussian, bandwidth=.004", 1), ("method=kernel, kernel=gaussian, bandwidth=.4, caliper=.05, caliper_unit=score", 1),
    ("method=kernel, bandwidth=.7", 1), ("method=kernel, bandwidth=.001", 1), ("method=llr", 1), ("method=llr, kernel=gaussian", 1), ("method=llr, kernel=gaussian, bandwidth=.01", 1e4),
    ("method=llr, kernel=gaussian, bandwidth=.5", 10), ("method=llr, bandwidth=.9", 10), ("method=radius, caliper=.02, caliper_unit=score", 1)])
def test_smooth_against_every_pair(db, options, loss):
    """Enough rows for nodes of match_tree.c to serve, some of them far from all others; loss: digits that the regression of llr loses where it reaches far out."""
    import numpy as np
    rng = np.random.default_rng(7)
    n = 6000
    x, z = rng.normal(size=n).round(3), rng.standard_t(3, size=n).round(2)
    treated = rng.uniform(size=n) < 1 / (1 + np.exp(2 - x - 0.3 * z))
    db.execute("CREATE TABLE big (d, x, z, y)")
    db.executemany("INSERT INTO big VALUES (?, ?, ?, ?)", zip(treated.astype(int).tolist(), x.tolist(), z.tolist(), (1e4 + x + z + treated + rng.normal(size=n)).tolist()))
    db.execute(f"CREATE VIRTUAL TABLE temp.m USING psm_match('big', 'd ~ x + z', '{options}')")
    rows = np.array([(p, y, w, s) for p, y, w, s in db.rows("SELECT pscore, y, weight, on_support FROM temp.m")])
    given = dict(part.split("=") for part in options.split(", "))
    kernel = None if given["method"] == "radius" else given.get("kernel", "epanechnikov")
    att, weight, found = smooth_by_pairs(rows[:, 0], treated, rows[:, 1], kernel, given["method"] == "llr", float(given.get("bandwidth", 0.06)), float(given.get("caliper", "inf")))
    assert db.value(f"SELECT att FROM psm_match('big', 'd ~ x + z', '{options}, outcome=y') LIMIT 1") == pytest.approx(att, abs=1e-9 * loss)
    assert rows[~treated, 2] == pytest.approx(weight, rel=1e-9 * loss, abs=1e-11 * loss)
    assert list(rows[treated, 3] == 1) == found


@pytest.mark.parametrize("options", ["method=kernel, kernel=gaussian", "method=llr", "method=radius, caliper=.1"])
def test_threads_change_no_bit(db, monkeypatch, options):
    db.execute("CREATE TABLE big AS WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 9999) SELECT econ_uniform(1, i) < 0.2 AS d, econ_normal(2, i) AS x, econ_normal(3, i) AS y FROM n")
    found = []
    for threads in ("1", "2", "8"):
        monkeypatch.setenv("ECON_THREADS", threads)
        db.execute(f"CREATE VIRTUAL TABLE temp.m{threads} USING psm_match('big', 'd ~ x', '{options}, outcome=y')")
        found.append(db.rows(f"SELECT weight FROM temp.m{threads}") + db.rows(f"SELECT att, att_se, atu, matched_control FROM psm_match('big', 'd ~ x', '{options}, outcome=y') LIMIT 1"))
    assert found[0] == found[1] == found[2]


def test_fast(db):
    """10,000 treated and 100,000 controls, one to one without replacement: n log n."""
    import time
    draw = random.Random(1)
    db.execute("CREATE TABLE t (d, x, z)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?)", [(int(i < 10000), draw.gauss(0.5 * (i < 10000), 1), draw.gauss(0, 1)) for i in range(110000)])
    start = time.time()
    matched = db.value("SELECT matched_control FROM psm_match('t', 'd ~ x + z') LIMIT 1")
    assert matched == 10000 and time.time() - start < 20  # a second; far less than a search of each control


# ---------------------------------------------------------------- bad input
@pytest.mark.parametrize("model,options,sentence", [
    ("x ~ z", "", "the treatment 'x' must be 0 or 1, it is 5 in some row"),
    ("none ~ x", "", "nobody is treated: 'none' is 0 in all of the 60 used rows"),
    ("all_ ~ x", "", "everybody is treated: 'all_' is 1 in all of the 60 used rows"),
    ("d ~ d", "", "the regressors predict 'd' perfectly (60 of 60 rows are separated)"),
    ("d ~ far", "support=minmax", "predict 'd' perfectly"),
    ("d ~ x", "caliper=1e-9", "caliper=1e-09 leaves nobody"),
    ("d ~ x", "method=radius", "method=radius needs caliper="),
    ("d ~ x", "method=kernel, bandwidth=0", "bandwidth=0 must be positive"),
    ("d ~ x", "method=kernel, bandwidth=1e-9", "lies within bandwidth=1e-09 of any score"),
    ("d ~ x", "ratio=0", "ratio=0 must be 1 or more"),
    ("d ~ x", "caliper=-1", "caliper=-1 must not be negative"),
    ("d ~ x", "estimand=ate", "needs replace=1"),
    ("d ~ x", "exact=id", "no level of exact= has both treated rows and controls"),
    ("d ~ x", "by=id", "every group of by= has treated rows only or controls only"),
    ("d ~ x | z", "", "takes no absorbed effects; write i(z)"),
    ("d ~ x", "method=ipw, exact=id", "exact= is for method=nearest, radius, kernel, llr or mahalanobis; method=ipw does not use it"),
    ("d ~ x", "method=nearst", "did you mean 'nearest'"),
    ("d ~ x", "support=trim, trim=.7", "trim=0.7 must lie between 0 and 0.5"),
    ("d ~ x", "support=trim, trim=.499999", "there is no common support"),
    ("d ~ x", "outcome=nope", "no column 'nope'"),
    ("d ~ one", "method=mahalanobis", "needs a regressor besides the constant"),
    ("d ~ x + steep", "method=entropy", "entropy balancing has no solution"),
])
def test_bad_input(db, model, options, sentence):
    db.execute("CREATE TABLE t (id, d, x, z, none, all_, far, one, steep)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, 0, 1, ?, 1, ?)",
                   [(i, i % 2, i * 17 % 13 + 5 + i / 1e3, i * 29 % 11, (i % 2) * 100 + i / 60, i % 7 + (100 if i in (1, 3, 4, 6) else 0) * (i % 2)) for i in range(60)])
    message = db.error("SELECT * FROM psm_match('t', ?, ?)", model, options)
    assert message.startswith("psm_match: ") and sentence in message, message
