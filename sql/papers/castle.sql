-- Castle doctrine laws and homicide
--
-- A complete paper on real data: 50 states, 2000-2010 (Cheng and Hoekstra 2013, as causaldata ships it).
-- sqlite3 build/demo.db '.load dist/econ' '.read sql/papers/castle.sql', or `make papers`.

--# The data

CREATE TEMP TABLE laws AS
SELECT c.*, (SELECT min(year) FROM castle f WHERE f.sid = c.sid AND f.post = 1) AS cohort FROM castle c;
SELECT variable, n, round(mean, 3) AS mean, round(sd, 3) AS sd, round(sd_between, 3) AS between_states, round(sd_within, 3) AS within_states
FROM panel_describe('laws', 'l_homicide, post, unemployrt, poverty, l_police, l_income', 'id=sid');
SELECT corr_table(var1, var2, r, p_value) FROM panel_correlate('laws', 'l_homicide, post, unemployrt, poverty, l_police');
SELECT coalesce(cohort, 'never') AS first_year, count(DISTINCT sid) AS states FROM laws GROUP BY cohort;

--# The baseline

CREATE TEMP TABLE models(name TEXT, fit TEXT);
INSERT INTO models VALUES
  ('pooled', econ_fit('fe_ols', 'laws', 'l_homicide ~ post', 'vcov=cluster(sid)')),
  ('state and year', econ_fit('fe_ols', 'laws', 'l_homicide ~ post | sid + year', '')),
  ('controls', econ_fit('fe_ols', 'laws', 'l_homicide ~ post + unemployrt + poverty + l_police + l_income | sid + year', '')),
  ('region by year', econ_fit('fe_ols', 'laws', 'l_homicide ~ post + unemployrt + poverty + l_police + l_income | sid + region^year', '')),
  ('state trends', econ_fit('fe_ols', 'laws', 'l_homicide ~ post | sid[year] + year', ''));
SELECT fit_table(name, fit, 'under=se, keep=post, r2=within') FROM models;

--# Errors and samples

SELECT vcov, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(p_value, 4) AS p_value
FROM fe_ols('laws', 'l_homicide ~ post | sid + year') WHERE term = 'post' AND vcov IN ('iid', 'hc1', 'cluster(sid)', 'cluster(sid+year)', 'dk(2)', 'wild(sid, reps=999)', 'cv3(sid)');
SELECT region, round(fit_coef(f, 'post'), 4) AS post, round(fit_se(f, 'post'), 4) AS std_error, fit_stat(f, 'nobs') AS n
FROM (SELECT region, fe_ols('l_homicide ~ post | sid + year', l_homicide, post, sid, year) AS f FROM laws WHERE region <> 'Northeast' GROUP BY region);

--# The event study

SELECT event_time, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(conf_low, 4) AS conf_low, round(conf_high, 4) AS conf_high
FROM did_att('laws', 'l_homicide ~ 1 | sid + year', 'cohort=cohort, agg=event, window=-5:3') WHERE effect = 'event';
SELECT test, round(statistic, 3) AS f, df1, df2, round(p_value, 3) AS p_value, h0 FROM fit_tests(econ_fit('did_att', 'laws', 'l_homicide ~ 1 | sid + year', 'cohort=cohort, agg=event, window=-5:3'));
SELECT plot_event(event_time, estimate, conf_low, conf_high, 'title=Homicide around castle doctrine laws, xlabel=years since the law, ylabel=effect on log homicide')
FROM did_att('laws', 'l_homicide ~ 1 | sid + year', 'cohort=cohort, agg=event, window=-5:3') WHERE effect = 'event';

--# What the two-way estimate is made of (Goodman-Bacon)

SELECT type, count(*) AS comparisons, round(sum(weight), 4) AS weight, round(sum(weight * estimate) / sum(weight), 4) AS estimate FROM did_bacon('laws', 'l_homicide ~ post | sid + year') GROUP BY type;

--# Placebo laws

CREATE TEMP TABLE draws AS SELECT draw, estimate, p_value, p_empirical FROM did_placebo('laws', 'l_homicide ~ 1 | sid + year', 'cohort=cohort, reps=500, seed=1');
SELECT plot_density(estimate, p_value, 'title=Placebo: 500 random assignments of the laws, xlabel=estimate, mark=' || (SELECT estimate FROM draws WHERE draw = 0)) FROM draws WHERE draw > 0;
SELECT round(estimate, 4) AS real_estimate, round(p_empirical, 3) AS p_empirical FROM draws WHERE draw = 0;

--# Counts instead of logs

SELECT term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(p_value, 4) AS p_value FROM fe_poisson('laws', 'homicide ~ post + unemployrt | sid + year');
