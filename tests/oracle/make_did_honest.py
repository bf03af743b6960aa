"""Writes did_honest.json: Rambachan and Roth's intervals by other routes than ext/est/honest_*.c. Not run by the tests.

    python tests/oracle/make_did_honest.py        (numpy, scipy)

Smoothness: for each bound of the bias the variance is minimised by SLSQP over the weights themselves, the bias of the best weights is checked by a linear program over trends, and the bound is
searched. Relative magnitudes: the dual's vertices are listed, so that statistic and cut-offs are maxima over a list; the draws are those of the project's generator (philox.py)."""
import itertools
import json
import pathlib
import sys

import numpy as np
from scipy import optimize, stats

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from philox import Stream  # noqa: E402


def folded(t, alpha):
    return optimize.brentq(lambda c: stats.norm.sf(c - t) + stats.norm.sf(c + t) - alpha, 0, t + 10, xtol=1e-14)


def second_differences(pre, post):
    """Rows: second differences of delta over the periods -pre .. post, the reference (no column) at zero."""
    rows = []
    for t in range(-pre + 1, post):
        row = np.zeros(pre + post)
        for place, factor in ((t - 1, 1), (t, -2), (t + 1, 1)):
            if place:
                row[place + pre - (place > 0)] += factor
        rows.append(row)
    return np.array(rows)


def smoothness(beta, sigma, pre, post, l, m, alpha):
    D = second_differences(pre, post)
    time = np.array([*range(-pre, 0), *range(1, post + 1)], float)

    def bias(v):  # of v'beta for bends of at most one
        answer = optimize.linprog(-v, A_ub=np.vstack([D, -D]), b_ub=np.ones(2 * len(D)), bounds=[(None, None)] * len(v), method="highs")
        assert answer.status == 0
        return -answer.fun

    def coefficients(v):  # v = D'g + (linear part): g by least squares, exact where v'time = 0
        return np.linalg.lstsq(D.T, v, rcond=None)[0]

    whole = lambda w: np.concatenate([w, l])  # noqa: E731
    scale = np.sqrt(np.diag(sigma)).mean() ** 2
    variance = lambda w: whole(w) @ sigma @ whole(w) / scale  # noqa: E731
    linear = {"type": "eq", "fun": lambda w: whole(w) @ time, "jac": lambda w: time[:pre]}
    start = -time[:pre] * (l @ time[pre:]) / (time[:pre] @ time[:pre])
    base = coefficients(whole(np.zeros(pre)) + np.concatenate([start, np.zeros(post)]))
    G = np.array([coefficients(np.concatenate([np.eye(pre)[i] - time[i] / (time[:pre] @ time[:pre]) * time[:pre], np.zeros(post)])) for i in range(pre)]).T
    # |g| by a second set of variables: g = base + G w, -s <= g <= s
    n = len(base)

    def least_variance(bound):
        objective = lambda z: variance(z[:pre])  # noqa: E731
        gradient = lambda z: np.concatenate([2 * (sigma @ whole(z[:pre]))[:pre] / scale, np.zeros(n)])  # noqa: E731
        constraints = [{"type": "eq", "fun": lambda z: whole(z[:pre]) @ time, "jac": lambda z: np.concatenate([time[:pre], np.zeros(n)])},
                       {"type": "ineq", "fun": lambda z: z[pre:] - base - G @ z[:pre], "jac": lambda z: np.hstack([-G, np.eye(n)])},
                       {"type": "ineq", "fun": lambda z: z[pre:] + base + G @ z[:pre], "jac": lambda z: np.hstack([G, np.eye(n)])},
                       {"type": "ineq", "fun": lambda z: bound - z[pre:].sum(), "jac": lambda z: np.concatenate([np.zeros(pre), -np.ones(n)])}]
        answer = optimize.minimize(objective, np.concatenate([start, np.abs(base + G @ start)]), jac=gradient, constraints=constraints, method="SLSQP", options={"maxiter": 2000, "ftol": 1e-15})
        return answer.x[:pre]

    free = optimize.minimize(variance, start, constraints=[linear], method="SLSQP", options={"maxiter": 1000, "ftol": 1e-15}).x
    if m == 0:
        w = free
    else:
        highest = bias(whole(free))
        ladder = optimize.linprog(np.concatenate([np.zeros(pre), np.ones(n)]), A_ub=np.vstack([np.hstack([G, -np.eye(n)]), np.hstack([-G, -np.eye(n)])]), b_ub=np.concatenate([-base, base]),
                                  A_eq=[np.concatenate([time[:pre], np.zeros(n)])], b_eq=[-(l @ time[pre:])], bounds=[(None, None)] * (pre + n), method="highs")
        lowest = ladder.fun

        def length(bound):
            w = least_variance(bound)
            sd = np.sqrt(variance(w) * scale)
            return sd * folded(m * max(np.abs(base + G @ w).sum(), lowest) / sd, alpha)

        grid = np.linspace(lowest * (1 + 1e-9), max(highest, lowest * (1 + 1e-8)), 41)
        best = int(np.argmin([length(b) for b in grid]))
        bound = optimize.minimize_scalar(length, bounds=(grid[max(best - 1, 0)], grid[min(best + 1, 40)]), method="bounded", options={"xatol": 1e-10 * highest}).x
        w = min((least_variance(b) for b in (bound, grid[best])), key=lambda w: np.sqrt(variance(w) * scale) * folded(m * bias(whole(w)) / np.sqrt(variance(w) * scale), alpha))
    v = whole(w)
    sd = np.sqrt(v @ sigma @ v)
    if m > 0:
        assert abs(bias(v) - np.abs(coefficients(v)).sum()) < 1e-6 * bias(v)
    half = sd * folded(m * (bias(v) if m > 0 else 0) / sd, alpha)
    return [v @ beta - half, v @ beta + half]


def relative(beta, sigma, pre, post, l, m, alpha, seed):
    k = pre + post
    sd_target = np.sqrt(l @ sigma[pre:, pre:] @ l)
    root = np.linalg.cholesky(sigma)
    draws = []
    for b in range(1000):
        stream = Stream(seed, b)
        draws.append(root @ stats.norm.ppf([((stream.bits() >> 12) + 0.5) * 2.0 ** -52 for _ in range(k)]))

    def difference(j):  # D_j over places 0 .. k, the reference at place pre
        row = np.zeros(k + 1)
        row[j + 1], row[j] = 1, -1
        return np.delete(row, pre)

    place = int(np.argmax(np.abs(l)))
    low, high = np.inf, -np.inf
    for s in range(pre):
        for sign in (-1, 1):
            A = np.array([turn * difference(j) - m * sign * difference(s) for j in range(pre, k) for turn in (-1, 1)])
            A /= np.sqrt(np.einsum("ij,jk,ik->i", A, sigma, A))[:, None]
            along = A[:, pre + place] / l[place]
            X = np.array([A[:, pre + t] - l[t] * along for t in range(post) if t != place]).T.reshape(len(A), post - 1)
            vertices = []
            for support in itertools.chain.from_iterable(itertools.combinations(range(len(A)), size) for size in range(1, post + 1)):
                system = np.vstack([X[list(support)].T, np.ones(len(support))])
                if np.linalg.matrix_rank(system, tol=1e-9) < len(support):
                    continue
                gamma, *_ = np.linalg.lstsq(system, np.append(np.zeros(post - 1), 1), rcond=None)
                if np.abs(system @ gamma - np.append(np.zeros(post - 1), 1)).max() < 1e-9 and gamma.min() > 1e-12:
                    vertices.append(np.zeros(len(A)))
                    vertices[-1][list(support)] = gamma
            V, omega, y0 = np.array(vertices), A @ sigma @ A.T, A @ beta
            kappa = alpha / 10
            quantile = np.quantile([(V @ (A @ draw)).max() for draw in draws], 1 - kappa) if sign < 0 else quantile  # noqa: F821 mirror images share it

            def accepted(theta):
                y = y0 - along * theta
                values = V @ y
                best = int(values.argmax())
                eta, gamma = values[best], V[best]
                if eta <= 0:
                    return True
                if eta > quantile:
                    return False
                variance = gamma @ omega @ gamma
                c = omega @ gamma / variance
                offset, slope = V @ (y - c * eta), V @ c
                up = min([o / (1 - b) for o, b in zip(offset, slope) if b > 1 + 1e-9], default=np.inf)
                lo = max([o / (1 - b) for o, b in zip(offset, slope) if b < 1 - 1e-9], default=-np.inf)
                sd, up = np.sqrt(variance), min(up, quantile)
                lo = min(lo, eta)
                p = (stats.norm.sf(lo / sd) - stats.norm.sf(eta / sd)) / (stats.norm.sf(lo / sd) - stats.norm.sf(up / sd))
                return p <= (1 - alpha) / (1 - kappa)

            grid = np.linspace(-1, 1, 1601) * sd_target * (8 + 8 * m * post) + l @ beta[pre:]
            found = np.array([accepted(theta) for theta in grid])
            if not found.any():
                continue
            assert not found[0] and not found[-1]
            first, last = np.flatnonzero(found)[[0, -1]]
            for inside, outside, side in ((grid[first], grid[first - 1], 0), (grid[last], grid[last + 1], 1)):
                for _ in range(40):
                    middle = (inside + outside) / 2
                    inside, outside = (middle, outside) if accepted(middle) else (inside, middle)
                low, high = (min(low, inside), high) if side == 0 else (low, max(high, inside))
    return [low, high] if high > -np.inf else [None, None]


def main():
    rng, out = np.random.default_rng(20240702), []
    for pre, post, target in ((1, 1, "first"), (2, 1, "first"), (3, 2, "first"), (3, 2, "average"), (4, 3, "average"), (4, 3, "2"), (6, 2, "average")):
        k = pre + post
        noise = rng.normal(size=(k + 6, k)).cumsum(axis=1) * 0.1
        sigma = noise.T @ noise / (k + 6)
        beta = rng.multivariate_normal(np.concatenate([np.zeros(pre), np.full(post, 0.5)]), sigma)
        l = np.ones(post) / post if target == "average" else np.eye(post)[0 if target == "first" else int(target)]
        case = {"pre": pre, "post": post, "effect": None if target == "first" else target, "beta": beta.tolist(), "sigma": sigma.tolist(), "level": 0.9 if pre == 2 else 0.95, "seed": pre}
        alpha = 1 - case["level"]
        case["smoothness"] = [[m, *smoothness(beta, sigma, pre, post, l, m, alpha)] for m in (0, 0.01, 0.05, 0.3, 5)]
        case["relative"] = [[m, *relative(beta, sigma, pre, post, l, m, alpha, case["seed"])] for m in (0, 0.5, 1.5)]
        out.append(case)
        print(case["pre"], case["post"], case["effect"], case["smoothness"], case["relative"], flush=True)
    (pathlib.Path(__file__).parent / "did_honest.json").write_text(json.dumps(out, indent=1) + "\n")


main()
