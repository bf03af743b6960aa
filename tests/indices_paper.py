"""sql/papers/indices.sql, made again with numpy from its raw table: filled, winsorised, weighed, scored and ranked, to 1e-9."""
import shutil
import subprocess

import pytest

from conftest import DATA, ROOT

numpy = pytest.importorskip("numpy")


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    """The tables that the script leaves, as {name: rows by state and year}."""
    import conftest

    shell = shutil.which("sqlite3")
    path = tmp_path_factory.mktemp("indices") / "tables.db"
    subprocess.run([shell, "-bail", "-batch", path], cwd=ROOT, check=True, input=(DATA / "import.sql").read_text(encoding="utf-8"), text=True)
    db = conftest.connect(str(path))
    db.executescript((ROOT / "sql" / "papers" / "indices.sql").read_text(encoding="utf-8"))
    indicators = "roads, water, other_public, private, output, unemployment"
    yield {"db": db, "raw": db.rows(f"SELECT state, year, {indicators} FROM raw ORDER BY state, year"),
           "clean": numpy.array(db.rows(f"SELECT {indicators} FROM clean ORDER BY state, year")),
           "index": numpy.array(db.rows("SELECT entropy, infrastructure, economy, pca, topsis FROM index_panel ORDER BY state, year"))}
    db.close()


def filled(years, x):
    known = ~numpy.isnan(x)
    t, v = years[known], x[known]
    out = numpy.interp(years, t, v)
    for side, a, b in ((years < t[0], 0, 1), (years > t[-1], -1, -2)):
        out[side] = v[a] + (years[side] - t[a]) * (v[b] - v[a]) / (t[b] - t[a])
    return out


def entropy_weights(z):
    p = z / z.sum(0)
    d = 1 + numpy.where(p > 0, p * numpy.log(numpy.where(p > 0, p, 1)), 0).sum(0) / numpy.log(len(z))
    return d / d.sum()


def close(a, b):
    return numpy.abs(a - b).max() <= 1e-9 * numpy.abs(b).max()


def test_holes_are_filled_and_tails_drawn_in(panel):
    states, years = numpy.array([row[0] for row in panel["raw"]]), numpy.array([row[1] for row in panel["raw"]], float)
    x = numpy.array([[numpy.nan if value is None else value for value in row[2:]] for row in panel["raw"]])
    assert x.shape == (816, 6) and 150 < numpy.isnan(x).sum() < 260
    for column in (0, 1, 4):
        for state in set(states):
            x[states == state, column] = filled(years[states == state], x[states == state, column])
    for column in range(6):
        x[:, column] = numpy.clip(x[:, column], *numpy.quantile(x[:, column], [.01, .99]))
    assert close(panel["clean"], x)


def test_indices(panel):
    x, index = panel["clean"], panel["index"]
    z = (x - x.min(0)) / (x.max(0) - x.min(0))
    z[:, 5] = 1 - z[:, 5]
    dimensions = numpy.c_[z[:, :3] @ entropy_weights(z[:, :3]), z[:, 3:] @ entropy_weights(z[:, 3:])]
    assert close(index[:, 1:3], dimensions)
    assert close(index[:, 0], dimensions @ entropy_weights(dimensions))
    s = (x - x.mean(0)) / x.std(0, ddof=1)
    s[:, 5] *= -1
    values, vectors = numpy.linalg.eigh(numpy.corrcoef(s.T))
    kept = values > 1
    vectors = vectors * numpy.sign(vectors.mean(0))
    assert kept.sum() == 2 and close(index[:, 3], s @ vectors[:, kept] @ (values[kept] / values[kept].sum()))
    w, v = entropy_weights(z), x / numpy.sqrt((x ** 2).sum(0))
    best, worst = v.max(0), v.min(0)
    best[5], worst[5] = worst[5], best[5]
    to_best, to_worst = (numpy.sqrt((w ** 2 * (v - end) ** 2).sum(1)) for end in (best, worst))
    assert close(index[:, 4], to_worst / (to_best + to_worst))


def test_rank_correlations(panel):
    stats = pytest.importorskip("scipy.stats")
    column = {"entropy": 0, "pca": 3, "topsis": 4}
    pairs = panel["db"].rows("SELECT var1, var2, r FROM panel_correlate('index_panel', 'entropy, pca, topsis', 'method=spearman') WHERE var1 <> var2")
    assert len(pairs) == 3
    for a, b, r in pairs:
        assert abs(r - stats.spearmanr(panel["index"][:, column[a]], panel["index"][:, column[b]])[0]) < 1e-12
