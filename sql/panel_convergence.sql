-- panel_convergence: do the units come closer to each other: sigma and beta convergence
--
--   SELECT * FROM panel_convergence(source, variable, 'id=unit, time=year, ...')
--
-- Columns: type (sigma, beta), time, term, estimate, std_error, statistic, p_value, conf_low, conf_high, n. Hidden: the statistics of the beta regression.
--   sigma    a row for each time: sd (n - 1) of ln x over the units; then `trend`, its slope on time by least squares: negative is convergence
--   beta     (ln x at t + s less ln x at t) / s = a + b ln x at t + controls + effects: the terms of that regression; `beta` is b, negative is convergence;
--            `speed` = -ln(1 + b s)/s and `half_life` = ln 2 / speed with errors by the delta method; both NULL where 1 + b s <= 0, half_life also where speed is negative
--
-- Options (default first)
--   id=, time=        the unit and the time, a number; needed
--   type=both         sigma, beta
--   log=1             0: x as it is
--   sigma=sd          cv: sd / mean of x itself
--   beta=panel        every t, s the shortest step between two times, or step=; cross: from the first to the last time
--   controls=x1 + x2  conditional beta: regressors as in a formula, at t
--   effects=none      unit, time, both: absorbed effects
--   vcov=, ssc=, level=, weights=, singletons=   as in fe_ols, for beta. Default errors: clustered by the first effect, hc1 without effects
--   where=            a SQL expression
--
-- Rows with NULL take no part; rows without a partner s later serve sigma only and are counted as `other` in fit_rows. x <= 0 with log=1, text as time, or
-- two rows of a unit at one time are errors.
--
-- Reference: Barro, Sala-i-Martin (1992), Journal of Political Economy 100.

SELECT type, time, term, round(estimate, 5) AS estimate, round(std_error, 5) AS std_error, round(p_value, 4) AS p_value, n
FROM panel_convergence('gapminder', 'gdpPercap', 'id=country, time=year');

-- Conditional on health, with effects of countries and years
SELECT term, round(estimate, 5) AS estimate, round(std_error, 5) AS std_error, round(p_value, 4) AS p_value
FROM panel_convergence('gapminder', 'gdpPercap', 'id=country, time=year, type=beta, controls=lifeExp, effects=both');

-- The continents, one by one
SELECT c.continent, round(b.estimate, 4) AS beta, round(b.p_value, 4) AS p_value
FROM (SELECT DISTINCT continent FROM gapminder WHERE continent <> 'Oceania') c,
  panel_convergence('gapminder', 'gdpPercap', 'id=country, time=year, type=beta, where=continent = ''' || c.continent || '''') b
WHERE b.term = 'beta';
