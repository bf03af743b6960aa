-- panel_prepare: the columns that a paper makes before its first table
--
--   CREATE VIRTUAL TABLE temp.clean USING panel_prepare(source, '', 'id=unit, time=year, winsor(x, .01), interpolate(y), l(z)')
--                                                     the source's rows and columns as they are, and a column for each call and variable
--   SELECT * FROM panel_prepare(source, '', options)  one row for each of these columns: what it holds and what was changed
--
-- Calls; x may be several variables, winsor(x1 x2, .01), or an expression, zscore(ln(x))
--   winsor(x, p, q)      numbers beyond the p and q quantiles become these quantiles; p is .01 and q is 1 - p where they are not given
--   truncate(x, p, q)    numbers beyond them become NULL
--   zscore(x)            (x - mean) / sd, n - 1                 minmax(x)  (x - min) / (max - min)
--   interpolate(x)       NULLs between two numbers of a unit: the straight line over time; interpolate(x, extrapolate=1) goes on beyond the first and last
--   l(x, k)  f(x, k)     the value of the same unit k earlier, k later; without k one step
--   d(x, k)  growth(x, k)  dln(x, k)       x - l(x, k), x / l(x, k) - 1, ln x - ln l(x, k)
--   ln(x)  log10(x)      NULL where x is not above 0
--
-- Names: winsor(dt, .01) makes winsor_dt, l(dt) makes l_dt, l(dt, 2) makes l2_dt. One column can be named: w=winsor(dt, .01) or winsor(dt, .01) AS w.
-- Later calls may use the columns of earlier ones: 'i=interpolate(fdi), w=winsor(i, .01), l(w)'.
--
-- Options (default first)
--   id=, time=           the unit and the time, a number; time= alone for one series
--   by=                  a column: quantiles, means and ranges within each of its values, NULL being one; say year
--   quantile=r           type 7 of Hyndman and Fan (1996), R's default; stata: as summarize and _pctile
--   where=               a SQL expression; other rows take no part and get NULL
--
-- Columns of the table: name, call, variable, n (numbers that the new column holds), n_null_before, n_null_after, changed (numbers that winsor moved), low, high (the
-- bounds of winsor and truncate, mean and sd of zscore, minimum and maximum of minmax; NULL with by=).
--
-- NULL stays NULL but in interpolate. Lags count real time: over a gap they are NULL. In a panel of every fifth year one step, l(x), is five years, and so is l(x, 5). A group without spread
-- gives NULL. Two rows of a unit at one time, a variable that is NULL or the same everywhere, and text are errors.
--
-- Reference: Hyndman and Fan (1996), The American Statistician 50(4).

CREATE VIRTUAL TABLE temp.clean USING panel_prepare('gapminder', '',
  'id=country, time=year, winsor(gdpPercap, .01), y=ln(winsor_gdpPercap), l(y, 5), growth(pop, 5), zscore(lifeExp)');

SELECT country, year, round(gdpPercap) AS gdp, round(winsor_gdpPercap) AS winsorised, round(y, 3) AS y, round(l5_y, 3) AS before, round(growth5_pop, 3) AS growth
FROM temp.clean WHERE country IN ('Kuwait', 'Norway') AND year < 1970;

-- What was done
SELECT name, call, n, n_null_before, n_null_after, changed, round(low, 2) AS low, round(high, 2) AS high
FROM panel_prepare('gapminder', '', 'id=country, time=year, winsor(gdpPercap, .01), y=ln(winsor_gdpPercap), l(y, 5), growth(pop, 5), zscore(lifeExp)');

-- Holes filled, year by year standardised
CREATE TEMP TABLE holes AS SELECT sid, year, CASE WHEN (sid + year) % 9 THEN poverty END AS poverty FROM castle;
CREATE VIRTUAL TABLE temp.filled USING panel_prepare('holes', '', 'id=sid, time=year, by=year, interpolate(poverty, extrapolate=1), zscore(interpolate_poverty)');
SELECT count(*) AS n, count(poverty) AS known, count(interpolate_poverty) AS filled, round(avg(zscore_interpolate_poverty), 9) AS mean FROM temp.filled;
