-- Paper D: new-quality productive forces and trade development
--
-- A policy essay without an estimator. Its claims can be measured all the same: is the world imbalanced between regions, does it converge, and do innovation and industry go together? Here on real open data: gapminder (income and
-- life expectancy of 142 countries, 1952-2007) and the production of the American states (munnell, 1970-1986).
-- sqlite3 build/demo.db '.load dist/econ' '.read sql/papers/d.sql', or `make papers`.

--# Imbalance between continents: Theil's index and Gini's, within and between (Dagum)

SELECT time, measure, round(total, 4) AS total, round(within, 4) AS within, round("between", 4) AS "between", round(transvariation, 4) AS transvariation
FROM panel_inequality('gapminder', 'gdpPercap', 'group=continent, time=year') WHERE measure IN ('gini', 'theil') AND time IN (1952, 1977, 2007);

CREATE TEMP TABLE imbalance AS SELECT time, measure, total FROM panel_inequality('gapminder', 'gdpPercap', 'group=continent, time=year');
SELECT plot_line(time, total, measure, 'title=Inequality of income between 142 countries, xlabel=year, ylabel=index') FROM imbalance;

--# Do countries converge? Sigma and beta convergence

SELECT type, time, term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(p_value, 4) AS p_value
FROM panel_convergence('gapminder', 'gdpPercap', 'id=country, time=year') WHERE type = 'beta' OR time IN (1952, 1977, 2007);

--# An index of development by the entropy method, and its spread by continent

CREATE VIRTUAL TABLE temp.development USING entropy_index('gapminder', 'lifeExp, gdpPercap', 'scope=year');
SELECT continent, year, count(*) AS countries, round(avg(score), 4) AS mean_index FROM temp.development WHERE year IN (1952, 2007) GROUP BY continent, year;

--# Do capital and industry go together? States' output on public and private capital

SELECT term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(p_value, 4) AS p_value
FROM fe_ols('munnell', 'ln(GSP) ~ ln(P_CAP) + ln(PC) + ln(EMP) + UNEMP | STATE + YR');
SELECT measure, time, round(total, 4) AS total FROM panel_inequality('munnell', 'GSP / EMP', 'time=YR') WHERE time IN (1970, 1986);
