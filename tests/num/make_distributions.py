#!/usr/bin/env python3
"""Writes tests/num/distributions.inc: reference values from mpmath at 50 digits (pip install mpmath; a quarter of an hour).

Arguments are doubles taken exactly. The incomplete functions are integrated numerically from their densities, in the logarithm (gamma)
or the log odds (beta) of the point, where the densities are smooth and log-concave; where mpmath's own gammainc and betainc can do it
in reasonable time, both must agree to 30 digits. Quantiles are roots of these, found by bracketing and secant steps at 50 digits.
"""
import itertools
import os
import random
import sys

from mpmath import mp, mpf

mp.dps = 50
SMALLEST = mpf(10) ** -307
checked = 0


def half_line(log_density, growth, start, direction, width):
    """Integral of exp(log_density) from start to infinity in this direction (where it falls at last); growth is its derivative."""
    total, left = mpf(0), mpf(start)
    scale = log_density(left)  # quad's tolerance is absolute
    while True:
        slope = growth(left) * direction
        h = width
        if slope < 0:  # falling: where it falls like a plain exponential, by e^-12 at once
            h = min(width, -12 / slope)
            if abs(growth(left - direction * 12 / slope) * direction / slope - 1) < 0.05:
                h = -12 / slope
        right = left + direction * h
        piece = abs(mp.quad(lambda s: mp.exp(log_density(s) - scale), [left, right]))
        total += piece
        left = right
        if slope < 0 and piece < total * mpf(10) ** -45:
            return total * mp.exp(scale)


def agree(ours, other, what):
    global checked
    if abs(ours - other) > abs(other) * mpf(10) ** -30:
        sys.exit(f"two references differ: {what}: {mp.nstr(ours, 35)} {mp.nstr(other, 35)}")
    checked += 1


def gamma_both(a, x):
    a, x = mpf(a), mpf(x)
    constant = mp.loggamma(a)
    density = lambda s: a * s - mp.exp(s) - constant
    growth = lambda s: a - mp.exp(s)
    width = 1 / mp.sqrt(max(a, 1))
    s = mp.log(x)
    lower = upper = None
    if x <= a:
        lower = half_line(density, growth, s, -1, width)
        upper = 1 - lower if lower < 0.5 else half_line(density, growth, s, 1, width)
    else:
        upper = half_line(density, growth, s, 1, width)
        lower = 1 - upper if upper < 0.5 else half_line(density, growth, s, -1, width)
    if a <= 1000 and x <= 1000:
        agree(lower, mp.gammainc(a, 0, x, regularized=True), ("P", a, x))
        agree(upper, mp.gammainc(a, x, mp.inf, regularized=True), ("Q", a, x))
    return lower, upper


def beta_both(a, b, x, y):
    a, b = mpf(a), mpf(b)
    constant = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    # at log odds s: x = 1/(1+e^-s)
    density = lambda s: -a * mp.log1p(mp.exp(-s)) - b * mp.log1p(mp.exp(s)) - constant
    growth = lambda s: a / (1 + mp.exp(s)) - b / (1 + mp.exp(-s))
    width = mp.sqrt((a + b) / (max(a, mpf(1)) * max(b, mpf(1))))
    width = min(width, mpf(3))
    s = mp.log(x / y)
    if a * y - b * x >= 0:
        lower = half_line(density, growth, s, -1, width)
        upper = 1 - lower if lower < 0.5 else half_line(density, growth, s, 1, width)
    else:
        upper = half_line(density, growth, s, 1, width)
        lower = 1 - upper if upper < 0.5 else half_line(density, growth, s, -1, width)
    if a + b <= 60 and min(x, y) > 1e-12:  # (nearer to an end, 1-x has too few digits for betainc)
        agree(lower, mp.betainc(a, b, 0, x, regularized=True), ("I", a, b, x))
        agree(upper, mp.betainc(b, a, 0, y, regularized=True), ("I'", a, b, x))
    return lower, upper


def f_both(x, df1, df2):
    x, df1, df2 = mpf(x), mpf(df1), mpf(df2)
    return beta_both(df1 / 2, df2 / 2, df1 * x / (df1 * x + df2), df2 / (df1 * x + df2))


def student_tail(t, df):
    """P(|T| > |t|) and P(|T| < |t|)"""
    t, df = mpf(t), mpf(df)
    tail, centre = beta_both(df / 2, mpf(1) / 2, df / (df + t * t), t * t / (df + t * t))
    return tail, centre


def root(function, target, start):
    """x > 0 where the monotone function is target: in logarithms, a bracket by growing steps, then secant steps (Illinois)."""
    g = lambda s: mp.log(function(mp.exp(s)) / target)
    low = mp.log(mpf(start))
    glow = g(low)
    direction = 1 if (g(low + mpf(1) / 100) > glow) == (glow < 0) else -1
    step = mpf(1) / 4
    while True:
        high = low + direction * step
        ghigh = g(high)
        if glow * ghigh <= 0:
            break
        low, glow, step = high, ghigh, step * 2
    for _ in range(200):
        middle = high - ghigh * (high - low) / (ghigh - glow)
        gm = g(middle)
        if abs(gm) < mpf(10) ** -28 or abs(high - low) < mpf(10) ** -28:
            return mp.exp(middle)
        if gm * ghigh < 0:
            low, glow = high, ghigh
        else:
            glow /= 2
        high, ghigh = middle, gm
    sys.exit("no root")


def number(value):
    return mp.nstr(value, 20, min_fixed=0, max_fixed=0) if isinstance(value, mpf) else repr(float(value))


def table(out, name, fields, rows):
    rows = list(rows)
    out.write(f"static const struct {{ double {', '.join(fields)}; }} {name}[] = {{\n")
    for row in rows:
        out.write("  {" + ", ".join(number(v) for v in row) + "},\n")
    out.write("};\n\n")
    print(name, len(rows), flush=True)


def representable(values):
    return all(v > SMALLEST for v in values)


def normal_rows():
    for z in [0, 1e-20, 1e-8, 0.1, 0.5, 0.67, 1, 1.5, 1.96, 2.5, 3, 4, 5, 6.7, 8, 10, 15, 20, 25.5, 30, 35, 37.3]:
        for signed in ([z, -z] if z else [z]):
            yield signed, mp.erfc(-mpf(signed) / mp.sqrt(2)) / 2, mp.erfc(mpf(signed) / mp.sqrt(2)) / 2, mp.npdf(mpf(signed))


def normal_quantile(p):
    p = mpf(p)
    if p > 0.5:
        return -normal_quantile(1 - p)
    if p == 0.5:
        return mpf(0)
    log_p = mp.log(p)
    g = lambda z: mp.log(mp.erfc(z / mp.sqrt(2)) / 2) - log_p
    guess = mp.sqrt(-2 * log_p) if p < 0.01 else (0.5 - p) * mp.sqrt(2 * mp.pi)
    return -mp.findroot(g, guess)


def normal_quantile_rows():
    ps = [1e-300, 1e-250, 1e-200, 1e-100, 1e-50, 1e-30, 1e-20, 1e-16, 1e-12, 1.3e-11, 1.4e-11, 1e-10, 1e-8, 1e-6, 1e-4, 0.001, 0.005, 0.01, 0.025, 0.05,
          0.074, 0.075, 0.076, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.49, 0.499, 0.5 - 1e-6, 0.5 - 1e-12, 0.5 + 1e-15, 0.6, 0.75, 0.9, 0.924,
          0.926, 0.95, 0.975, 0.99, 0.995, 0.9999, 1 - 1e-8, 1 - 1e-12, 1 - 2.0**-53]
    for p in ps:
        yield p, normal_quantile(p)


def student_rows():
    dfs = [0.5, 1, 2, 2.5, 3, 4, 5, 7.3, 10, 15, 29, 30, 50, 99, 120, 300, 1e3, 4321, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
    ts = [1e-10, 1e-3, 0.1, 0.5, 0.9, 1, 1.1, 1.5, 1.96, 2, 2.2, 2.5, 3, 4.5, 6, 8, 10, 15, 25, 37, 100, 1e3, 1e6]
    for df, t in itertools.product(dfs, ts):
        tail, centre = student_tail(t, df)
        if representable([tail, centre]):
            yield t, df, tail, centre
    for df, t in [(1, 1e30), (1, 1e120), (1, 1e200), (1, 1e290), (1.5, 1e180), (2, 1e60), (2, 1e152), (0.5, 1e300), (3, 1e90), (10, 1e28), (30, 5e9)]:
        tail, centre = student_tail(t, df)
        if representable([tail]):
            yield t, df, tail, centre


def gamma_rows():
    draw = random.Random(1)
    for a in [0.001, 0.05, 0.25, 0.3, 0.5, 0.9, 1, 1.5, 2, 3.7, 5, 10, 20.5, 50, 100, 1e3, 1e4, 1e6, 1e8]:
        points = [a * (1 + d / a**0.5) for d in (-0.9, -0.1, 0.1, 1, 2, 3, 5, 8, 12)]
        points += [a * 0.01, a * 0.5, a * 0.9, a * 2, 1e-10, 0.5, 1.4, 1.6, a + 30, a + 600 * draw.random()]
        for x in points:
            if x <= 0:
                continue
            lower, upper = gamma_both(a, x)
            if representable([lower, upper]):
                yield a, x, lower, upper


def beta_rows():
    draw = random.Random(2)
    shapes = [(0.5, 0.5), (0.1, 0.2), (0.5, 5), (5, 0.5), (1, 1), (1, 3), (2, 7), (10, 10), (30, 0.7), (3.3, 100), (100, 100), (50, 1000),
              (1000, 50), (1e4, 2), (2, 1e4), (1e4, 1e4), (1e6, 0.5), (1e6, 1e3), (1e6, 1e6), (1e8, 0.5), (1e8, 10), (1e8, 1e5), (1e8, 1e8), (12345.6, 1e8)]
    for a, b in shapes:
        mean, sd = a / (a + b), (a * b / (a + b + 1)) ** 0.5 / (a + b)
        points = [mean + d * sd for d in (-20, -9, -5, -3, -1, -0.2, -0.01, 0, 0.01, 0.3, 1, 2, 4, 7, 15, 25)]
        points += [mean / 10, 1e-5, 0.25, 0.5, 0.75, draw.random(), draw.random()]
        for x in points:
            if not 0 < x < 1:
                continue
            lower, upper = beta_both(a, b, mpf(x), 1 - mpf(x))
            if representable([lower]) and (upper > 1e-300):
                yield a, b, x, lower


def f_rows():
    dfs = [(1, 1), (1, 10), (1, 1e6), (2, 5), (3, 30), (5, 100), (10, 10), (10, 1e4), (4, 1e8), (100, 3), (250, 900), (1e4, 1e4), (1e5, 12), (1e8, 1e8), (17, 1e7)]
    for df1, df2 in dfs:
        spread = (2 / df1 + 2 / df2) ** 0.5
        points = [1 + d * spread for d in (-9, -3, -0.8, -0.2, 0, 0.01, 0.5, 1.5, 3, 6, 12, 30)] + [1e-6, 0.01, 0.3, 1 + 1e-5, 2, 3.84, 10, 50, 300]
        for x in points:
            if x <= 0:
                continue
            lower, upper = f_both(x, df1, df2)
            if representable([lower, upper]):
                yield x, df1, df2, lower, upper


def student_quantile_rows():
    for df in [1, 1.7, 2, 3, 5, 9, 24, 40, 149, 1e3, 1e5, 1e9]:
        for p in [1e-300, 1e-100, 1e-20, 1e-6, 0.005, 0.05, 0.2, 0.49, 0.5 + 1e-9, 0.6, 0.975, 0.9995]:
            if p < 0.1 or p > 0.9:
                t = root(lambda t: student_tail(t, df)[0], 2 * (mpf(p) if p < 0.5 else 1 - mpf(p)), 2)
            else:
                t = root(lambda t: student_tail(t, df)[1], abs(1 - 2 * mpf(p)), abs(p - 0.5) * 2.5)
            yield p, df, -t if p < 0.5 else t


def chi2_quantile_rows():
    for df in [0.5, 1, 2, 3, 10, 99.5, 1e3, 1e6]:
        for p in [1e-300, 1e-50, 1e-5, 0.01, 0.3, 0.5, 0.7, 0.95, 0.99, 1 - 1e-6, 1 - 1e-13]:
            a = mpf(df) / 2
            if (mp.log(mpf(p)) + mp.loggamma(a + 1)) / a < -700:
                continue  # too small for a double
            if p <= 0.5:
                x = root(lambda x: gamma_both(a, x)[0], mpf(p), a)
            else:
                x = root(lambda x: gamma_both(a, x)[1], 1 - mpf(p), a)
            yield p, df, 2 * x


def f_quantile_rows():
    for df1, df2 in [(1, 1), (1, 40), (2, 3), (3, 250), (7, 7), (12, 1e6), (300, 5), (1e4, 2e4)]:
        for p in [1e-100, 1e-8, 0.02, 0.4, 0.5, 0.8, 0.95, 0.999, 1 - 1e-12]:
            if p <= 0.5:
                x = root(lambda x: f_both(x, df1, df2)[0], mpf(p), 1)
            else:
                x = root(lambda x: f_both(x, df1, df2)[1], 1 - mpf(p), 1)
            yield p, df1, df2, x


if __name__ == "__main__":
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "distributions.inc")
    with open(path + ".new", "w") as out:
        out.write("/* Made by make_distributions.py with mpmath at 50 digits: do not edit. */\n\n")
        table(out, "normal_values", ["z", "cdf", "upper", "density"], normal_rows())
        table(out, "normal_quantiles", ["p", "z"], normal_quantile_rows())
        table(out, "student_values", ["t", "df", "two_sided", "central"], student_rows())
        table(out, "gamma_values", ["a", "x", "lower", "upper"], gamma_rows())
        table(out, "beta_values", ["a", "b", "x", "lower"], beta_rows())
        table(out, "f_values", ["x", "df1", "df2", "lower", "upper"], f_rows())
        table(out, "student_quantiles", ["p", "df", "t"], student_quantile_rows())
        table(out, "chi2_quantiles", ["p", "df", "x"], chi2_quantile_rows())
        table(out, "f_quantiles", ["p", "df1", "df2", "x"], f_quantile_rows())
    os.replace(path + ".new", path)
    print(checked, "values also from gammainc or betainc")
