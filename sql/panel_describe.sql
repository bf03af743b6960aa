-- panel_describe: the first table of a paper
--
--   SELECT * FROM panel_describe(source, variables, options)     one row for each variable, and group
--
-- Variables: x1, x2, ln(x3): any SQL expressions.
--
-- Columns: variable, n, n_null, mean, sd, min, p25, p50, p75, max, sd_between, sd_within, skewness, kurtosis, by_value. Each of the numbers of that variable
-- which are not NULL; n + n_null rows were looked at.
--   sd                      n - 1
--   sd_between, sd_within   with id=: the sd of the units' means (units - 1), and of x less its unit's mean (n - 1), as Stata's xtsum
--   skewness, kurtosis      m3 / m2^1.5 and m4 / m2^2 of the central moments over n; 0 and 3 for a normal variable
--
-- Options (default first)
--   id=                     the unit
--   by=                     a column: a set of rows for each of its values, in by_value; NULL is a value, the last
--   quantile=r              type 7 of Hyndman and Fan (1996), R's default; stata: as summarize, detail
--   where=                  a SQL expression; other rows do not count, not even as NULL
--
-- References: Hyndman and Fan (1996), Sample quantiles in statistical packages, The American Statistician 50; between and within as xtsum in Stata's manual of panel data.

SELECT variable, n, n_null, round(mean, 3) AS mean, round(sd, 3) AS sd, round(min, 3) AS min, round(p50, 3) AS p50, round(max, 3) AS max,
  round(sd_between, 3) AS between_units, round(sd_within, 3) AS within_units
FROM panel_describe('castle', 'l_homicide, post, unemployrt, robbery_gun_r', 'id=sid');

SELECT by_value AS region, variable, n, round(mean, 3) AS mean, round(skewness, 3) AS skewness FROM panel_describe('castle', 'l_homicide, poverty', 'by=region');

-- Two definitions of a quartile
SELECT quantile, p25, p75 FROM panel_describe('grunfeld', 'invest') WHERE quantile IN ('r', 'stata');
