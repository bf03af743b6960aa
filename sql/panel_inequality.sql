-- panel_inequality: how unequal a variable is, over time, within and between groups
--
--   SELECT * FROM panel_inequality(source, variable, options)     one row for each time and measure
--
-- Columns: time, measure, total, within, between, transvariation, group1, group2. `between` is a word of SQL: write "between" in quotes.
--   cv        sd / mean, n - 1; with weights= Williamson's coefficient, sqrt(sum p (y - m)^2) / m
--   gini      sum_ij p_i p_j |y_i - y_j| / (2 m); with group= Dagum's within, net between and transvariation, which add up to it
--   theil     sum p (y/m) ln(y/m), 0 ln 0 = 0; with group= within + between
--   gini_pair with pairs=1: the Gini of each group (group1 = group2) and of each pair of groups, E|y_j - y_h| / (m_j + m_h)
--
-- Options (default first)
--   time=             a column: each of its values on its own; without it all rows are one
--   group=            a column: decomposition over its values
--   weights=          say population; above 0
--   measures=all      cv, gini, theil
--   pairs=0           1: also the rows gini_pair
--   where=            a SQL expression
--
-- Rows with NULL in the variable, time, group or weights take no part. A negative value is an error for gini and theil; a mean of 0 gives NULL.
--
-- Reference: Dagum (1997), Empirical Economics 22; Theil (1967), Economics and Information Theory; Williamson (1965), Economic Development and Cultural Change 13.

-- Income of countries, weighted by people, within and between continents
SELECT time, measure, round(total, 4) AS total, round(within, 4) AS within, round("between", 4) AS between_groups, round(transvariation, 4) AS overlap
FROM panel_inequality('gapminder', 'gdpPercap', 'time=year, group=continent, weights=pop') WHERE time IN (1952, 1977, 2007);

-- Which two continents were the furthest apart?
SELECT group1, group2, round(total, 4) AS gini FROM panel_inequality('gapminder', 'gdpPercap', 'group=continent, measures=gini, pairs=1, where=year = 2007')
WHERE measure = 'gini_pair' AND group1 <> group2 ORDER BY total DESC LIMIT 3;
