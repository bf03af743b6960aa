-- panel_unitroot: is a variable of the panel stationary?
--
--   SELECT * FROM panel_unitroot(source, variables, 'id=unit, time=year, options')     one row for each variable and test
--
-- Variables: x1, ln(x2), d(x3): any SQL expressions, and lags and differences as in formulas.
--
-- Columns: variable, test, statistic, p_value, lags (mean over the units), n (numbers used), units, df, h0, note. `note` says why a test has no result in this panel, or that
-- it lies outside a published table.
--   llc            Levin, Lin and Chu's adjusted t; H0: all units have a unit root; normal, lower tail; balanced panels
--   ips            Im, Pesaran and Shin's W-t-bar; H0 the same, but under the alternative units differ; normal, lower tail
--   fisher_chi2    -2 sum ln p of the units' ADF tests, chi2 with 2N (Maddala and Wu); fisher_normal and fisher_logit, lower tails, and fisher_pm, for many units, upper tail (Choi)
--   hadri          Hadri's LM test; H0: all units are stationary; normal, upper tail; balanced panels
--
-- Options (default first)
--   id=, time=       the unit and the time, a number
--   test=all         llc, ips, fisher, hadri: one that the panel does not allow is an error then, not a note
--   exo=intercept    none, trend: deterministic terms of each unit. ips and hadri need an intercept
--   lags=bic         (in the options only, since a column has its name) lags of the differences for each unit, aic, hall (downwards until |t| >= 1.96), or a number for all
--   pmax=            the most lags that may be chosen; 10, or a quarter of a unit's periods where that is less
--   hetero=1         0: hadri with one variance for all units
--   where=           a SQL expression
--
-- The ADF regressions divide by n - k, as plm's purtest(dfcor = TRUE), lm() and Stata do. p-values of single units are MacKinnon's (1996) asymptotic ones.
-- NULLs at the ends shorten a unit's series; a gap is an error (panel_prepare's interpolate fills it), and so are a constant series and one that is too short.
--
-- Reference: Levin, Lin and Chu (2002), J. Econometrics 108; Im, Pesaran and Shin (2003), J. Econometrics 115; Maddala and Wu (1999), Oxford Bulletin 61; Choi (2001),
-- J. Int. Money and Finance 20; Hadri (2000), Econometrics Journal 3; MacKinnon (1996), J. Applied Econometrics 11.

SELECT test, round(statistic, 3) AS statistic, round(p_value, 4) AS p, lags, units, h0 FROM panel_unitroot('grunfeld', 'invest', 'id=firm, time=year, lags=1');

-- Levels and first differences, the usual table of a paper
SELECT variable, round(max(statistic) FILTER (WHERE test = 'llc'), 3) AS llc, round(max(p_value) FILTER (WHERE test = 'llc'), 4) AS p_llc,
       round(max(statistic) FILTER (WHERE test = 'ips'), 3) AS ips, round(max(p_value) FILTER (WHERE test = 'ips'), 4) AS p_ips,
       round(max(statistic) FILTER (WHERE test = 'fisher_chi2'), 2) AS fisher, round(max(p_value) FILTER (WHERE test = 'fisher_chi2'), 4) AS p_fisher
FROM panel_unitroot('munnell', 'ln(GSP), UNEMP, d(ln(GSP)), d(UNEMP)', 'id=STATE, time=YR, lags=1') GROUP BY variable ORDER BY variable;

-- With and without a trend, lags by the AIC
SELECT exo, test, round(statistic, 3) AS statistic, round(p_value, 4) AS p, round(lags, 2) AS lags
FROM panel_unitroot('munnell', 'UNEMP', 'id=STATE, time=YR, lags=aic, pmax=3') WHERE exo IN ('intercept', 'trend') AND test IN ('llc', 'ips', 'fisher_normal');
