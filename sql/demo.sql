-- demo.sql: the foundation on real panels, in one script. `make demo` runs it; by hand, after `make demo` made the database:
--
--   sqlite3 build/demo.db < sql/demo.sql
--
-- The tables are described in sql/data/README.md. The last query puts published figures beside ours.
.load dist/econ
.mode box
.nullvalue ' '

.print
.print 1. AN INDEX: entropy weights of six indicators in three dimensions, 48 US states, 1970-1986
CREATE TEMP VIEW states AS
  SELECT STATE AS state, YR AS year, HWY/EMP AS roads, WATER/EMP AS water, UTIL/EMP AS utilities, PC/EMP AS capital, GSP/EMP AS output, UNEMP AS unemployment
  FROM munnell;
SELECT dimension, indicator, direction, round(entropy, 4) AS entropy, round(weight, 4) AS weight
FROM entropy_index('states', 'public: roads, water, utilities; private: capital, output; labour: -unemployment');
.print
.print The scores are the rows of a virtual table: the five highest means, beside 1970 and 1986
CREATE VIRTUAL TABLE temp.scored USING entropy_index('states', 'public: roads, water, utilities; private: capital, output; labour: -unemployment');
SELECT state, round(avg(score), 4) AS mean, round(max(score) FILTER (WHERE year = 1970), 4) AS "1970", round(max(score) FILTER (WHERE year = 1986), 4) AS "1986"
FROM temp.scored GROUP BY state ORDER BY avg(score) DESC LIMIT 5;

.print
.print 2. THE FIRST TWO TABLES OF A PAPER: castle-doctrine laws and homicide, 50 US states, 2000-2010
SELECT variable, n, n_null AS "null", round(mean, 3) AS mean, round(sd, 3) AS sd, round(min, 3) AS min, round(p50, 3) AS p50, round(max, 3) AS max,
  round(sd_between, 3) AS "sd between", round(sd_within, 3) AS "sd within"
FROM panel_describe('castle', 'l_homicide, post, unemployrt, poverty, l_police, robbery_gun_r', 'id=sid');
.print Correlations (*** p < 0.01, ** p < 0.05, * p < 0.1)
WITH cell AS (
  SELECT var1, var2, printf('%.3f', r) || CASE WHEN p_value < .01 THEN '***' WHEN p_value < .05 THEN '**' WHEN p_value < .1 THEN '*' ELSE '' END AS r
  FROM panel_correlate('castle', 'l_homicide, post, unemployrt, poverty, l_police'))
SELECT var1 AS variable, max(r) FILTER (WHERE var2 = 'l_homicide') AS l_homicide, max(r) FILTER (WHERE var2 = 'post') AS post,
  max(r) FILTER (WHERE var2 = 'unemployrt') AS unemployrt, max(r) FILTER (WHERE var2 = 'poverty') AS poverty
FROM cell WHERE var1 <> var2 GROUP BY var1 ORDER BY count(*);

.print
.print 3. THE BASELINE: a specification a row, errors clustered by state; controls are not shown
WITH specification(name, formula) AS (VALUES
  ('(1) pooled',               'l_homicide ~ post'),
  ('(2) state effects',        'l_homicide ~ post | sid'),
  ('(3) state and year',       'l_homicide ~ post | sid + year'),
  ('(4) with controls',        'l_homicide ~ post + unemployrt + poverty + l_police + l_prisoner + blackm_15_24 + whitem_15_24 | sid + year'),
  ('(5) region by year',       'l_homicide ~ post + unemployrt + poverty + l_police + l_prisoner + blackm_15_24 + whitem_15_24 | sid + region^year'))
SELECT name AS specification, round(estimate, 4) AS post, round(std_error, 4) AS "s.e.", round(statistic, 2) AS t, round(p_value, 3) AS p,
  nobs, round(r2, 3) AS r2, round(r2_within, 3) AS within
FROM specification, fe_ols('castle', formula, 'vcov=cluster(sid)') WHERE term = 'post';

.print
.print 4. BY REGION: the aggregate and GROUP BY (no state of the Northeast has such a law, so there is nothing to estimate)
SELECT region, count(DISTINCT sid) AS states, count(DISTINCT CASE WHEN post THEN sid END) AS "with a law",
  round(fit_coef(fe_ols('l_homicide ~ post | sid + year', l_homicide, post, sid, year), 'post'), 4) AS post,
  round(fit_se(fe_ols('l_homicide ~ post | sid + year', l_homicide, post, sid, year), 'post'), 4) AS "s.e."
FROM castle GROUP BY region;

.print
.print 5. FOUR KINDS OF ERRORS: an option is a hidden column, so a robustness table is an IN
SELECT vcov, round(estimate, 4) AS post, round(std_error, 4) AS "s.e.", round(p_value, 3) AS p, round(conf_low, 3) AS low, round(conf_high, 3) AS high
FROM fe_ols('castle', 'l_homicide ~ post | sid + year') WHERE term = 'post' AND vcov IN ('iid', 'hc1', 'cluster(sid)', 'cluster(sid+year)');

.print
.print 6. DIFFERENCE IN DIFFERENCES: the event study; the law's first year is the cohort, ends are binned
CREATE TEMP VIEW laws AS SELECT *, min(year) FILTER (WHERE post = 1) OVER (PARTITION BY sid) AS law FROM castle;
SELECT effect, round(estimate, 4) AS estimate, round(std_error, 4) AS "s.e.", round(p_value, 3) AS p
FROM did_att('laws', 'l_homicide ~ 1 | sid + year', 'cohort=law, method=twfe');
WITH event AS (
  SELECT CAST(event_time AS INT) AS years, estimate, std_error, conf_low, conf_high, CAST(60 * (estimate + .25) AS INT) + 1 AS here,
    substr(printf('%*s', CAST(60 * (conf_low + .25) AS INT), '') || replace(printf('%*s', CAST(60 * (conf_high - conf_low) AS INT) + 1, ''), ' ', '-') || printf('%40s', ''), 1, 36) AS line
  FROM did_att('laws', 'l_homicide ~ 1 | sid + year', 'cohort=law, method=twfe, agg=event, ref=-1, window=-5:3') WHERE effect = 'event')
SELECT years AS "years since", round(estimate, 4) AS estimate, round(std_error, 4) AS "s.e.", round(conf_low, 3) AS low, round(conf_high, 3) AS high,
  substr(line, 1, here - 1) || 'o' || substr(line, here + 1) AS "from -0.25 to 0.35: 95% interval"
FROM event ORDER BY years;
SELECT test, h0, round(statistic, 3) AS statistic, CAST(df1 AS INT) AS df1, CAST(df2 AS INT) AS df2, round(p_value, 3) AS p
FROM fit_tests(econ_fit('did_att', 'laws', 'l_homicide ~ 1 | sid + year', 'cohort=law, method=twfe, agg=event, ref=-1, window=-5:3'));

.print
.print 7. KNOWN FIGURES BESIDE OURS: they agree when ours, rounded as the source prints it, is the source's
CREATE TEMP TABLE known(figure, source, known REAL, digits INT, ours REAL);
INSERT INTO known
SELECT 'castle: post, state and year effects', 'pyfixest 0.60, statsmodels 0.15', 0.0693984, 7, estimate
  FROM fe_ols('castle', 'l_homicide ~ post | sid + year') WHERE term = 'post'
UNION ALL
SELECT 'castle: its error, clustered by state', 'pyfixest 0.60, statsmodels 0.15', 0.0558596, 7, std_error
  FROM fe_ols('castle', 'l_homicide ~ post | sid + year', 'vcov=cluster(sid)') WHERE term = 'post'
UNION ALL
SELECT 'munnell: public capital, state effects', 'Baltagi and Pinnoi (1995)', -0.026, 3, estimate
  FROM fe_ols('munnell', 'ln(GSP) ~ ln(P_CAP) + ln(PC) + ln(EMP) + UNEMP | STATE') WHERE term = 'ln(P_CAP)'
UNION ALL
SELECT 'munnell: private capital', 'Baltagi and Pinnoi (1995)', 0.292, 3, estimate
  FROM fe_ols('munnell', 'ln(GSP) ~ ln(P_CAP) + ln(PC) + ln(EMP) + UNEMP | STATE') WHERE term = 'ln(PC)'
UNION ALL
SELECT 'grunfeld: capital, firm effects, 10 firms', 'Baltagi, Econometric Analysis of Panel Data', 0.310, 3, estimate
  FROM fe_ols('grunfeld', 'invest ~ value + capital | firm', 'where=firm <> ''American Steel''') WHERE term = 'capital'
UNION ALL
SELECT 'wages: union, man and year effects', 'Wooldridge, Introductory Econometrics, 14', 0.080, 3, estimate
  FROM fe_ols('wage_panel', 'lwage ~ expersq + union + married | nr + year') WHERE term = 'union'
UNION ALL
SELECT 'card: return to schooling, OLS', 'Wooldridge, Introductory Econometrics, 15', 0.075, 3, estimate
  FROM fe_ols('card', 'lwage ~ educ + exper + expersq + black + south + smsa + smsa66 + reg661 + reg662 + reg663 + reg664 + reg665 + reg666 + reg667 + reg668') WHERE term = 'educ'
UNION ALL
SELECT 'nsw: effect of training, dollars', 'Dehejia and Wahba (1999), table 2', 1794, 0, estimate
  FROM fe_ols('nsw', 're78 ~ treat') WHERE term = 'treat'
UNION ALL
SELECT 'nsw: its error', 'Dehejia and Wahba (1999), table 2', 633, 0, std_error
  FROM fe_ols('nsw', 're78 ~ treat', 'vcov=iid') WHERE term = 'treat';
SELECT figure, source, known, round(ours, digits + 4) AS ours, CASE WHEN round(ours, digits) = known THEN 'yes' ELSE 'NO' END AS agrees FROM known;
