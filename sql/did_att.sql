-- did_att: difference in differences, as one number or an event study
--
--   did_att(source, 'y ~ controls | unit + time', 'treat=d')     d: the status of a row, 0 or 1
--   did_att(source, 'y ~ controls | unit + time', 'cohort=g')    g: the first treated period of the row's unit; NULL, 0 or infinity: never treated
--   did_att('y ~ x | u + t; treat=d', y, x, u, t, d), did_att(y, unit, time, treat, x...)    aggregates: the fit, as JSON
--
-- agg=att (default): y = b D + x'c + unit + time effects + e; one row 'att'.
-- agg=event: a dummy for each time since treatment but ref= (default: one step before treatment, -1 by years; shown with estimate 0); window=lo:hi bins both ends. Rows 'event', and one 'att':
--   their plain average from event time 0 on. fit_tests(fit) has `pretrend`, the joint test of all effects before treatment.
-- method=cs|sunab|imputation: estimators for staggered adoption, whose comparisons never use units treated before as controls. Effects are those of cohort g in period t (rows 'gt': cohort, time,
--   event_time) and their means: 'event', 'group' (by cohort), 'calendar' (by period), 'att' (over all with t >= g, by treated rows, for cs by the cohorts' shares of the units). agg= not given: all rows;
--   agg=event|group|calendar: those rows, and their overall average as att (the plain mean of events from 0 on; cohorts by their units; the plain mean of periods). Units treated in the first period are
--   dropped and counted (fit_rows: other). window= is for twfe only.
--   cs (Callaway and Sant'Anna): control=never|notyet, est=dr|ipw|reg (how the formula's controls enter: from the earlier of the two periods), base=varying|universal, anticipation=N. Errors from influence functions,
--   clustered by unit (vcov=cluster(g): by groups of units), no small-sample factor, normal; `pretrend` is a chi2 test of all effects before treatment.
--   A comparison takes the units seen in both of its periods; R's did first leaves out units that miss any period: WHERE id IN (SELECT id FROM t GROUP BY id HAVING count(*) = 9) does that here.
--   sunab (Sun and Abraham): one regression on cohort x event-time dummies but ref=; any vcov of fe_ols but wild; means by shares of rows. Without never treated units the last cohort is the control, and periods from its treatment on are dropped.
--   imputation (Borusyak, Jaravel and Spiess): effects and controls fitted on untreated rows, any absorbed effects; conservative errors clustered by unit, no small-sample factor, normal; rows from event time 0 on. Controls are
--   terms without errors.
-- match=psm(treat ~ x1 + x2, options of psm_match): PSM-DID in one call. Treated are the units that ever have a 1 in treat. Units are matched on the means of their regressors over the
--   periods before anybody is treated; with by=year each year's rows for themselves; with by=pooled the rows of all periods at once. What is not matched is dropped and counted
--   (fit_rows: other), the weights go into the regression (times weights=, where given). Stats: match_treated, match_control, match_mean_bias_before, match_mean_bias_after.
-- Rows: effect, cohort, time, event_time, estimate, std_error, statistic, p_value, conf_low, conf_high. Controls are terms of the fit (fit_terms).
-- One row for each unit and time; two are an error. Errors cluster by the first effect unless vcov= says otherwise; options as fe_ols.
-- With staggered adoption and effects that differ this average may give some effects negative weights: agg=att says how much (statistics negative_weight_sum and
--   negative_weight_share, the share of treated rows; test negative_weights), and did_bacon shows where they come from. Few clusters: vcov=wild(g), vcov=cv3(g).
-- After an event study: did_honest(fit) says how far parallel trends may fail before the conclusion does, fit_bands(fit) gives the band that holds all event times at once.
-- References: de Chaisemartin and D'Haultfoeuille (2020);
--   Angrist and Pischke (2009), chapter 5; Sun and Abraham (2021); Callaway and Sant'Anna (2021); Sant'Anna and Zhao (2020); Borusyak, Jaravel and Spiess (2024).

SELECT round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(p_value, 3) AS p_value, nobs
FROM did_att('castle', 'l_homicide ~ 1 | sid + year', 'treat=post') WHERE effect = 'att';

-- The event study that a paper plots
SELECT effect, event_time, round(estimate, 4) AS estimate, round(conf_low, 4) AS conf_low, round(conf_high, 4) AS conf_high
FROM did_att('castle', 'l_homicide ~ unemployrt | sid + year', 'treat=post, agg=event, window=-5:3');

-- and its test of parallel trends
SELECT test, round(statistic, 3) AS f, df1, df2, round(p_value, 3) AS p_value, h0
FROM fit_tests(econ_fit('did_att', 'castle', 'l_homicide ~ unemployrt | sid + year', 'treat=post, agg=event, window=-5:3'));

-- The same by the estimators for staggered adoption, side by side
WITH way(method) AS (VALUES ('twfe'), ('sunab'), ('imputation'), ('cs'), ('cs, control=notyet'))
SELECT way.method, event_time, round(estimate, 4) AS estimate, round(std_error, 4) AS se
FROM way, did_att('castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, method=' || way.method) WHERE event_time BETWEEN 0 AND 2 OR effect = 'att';

-- PSM-DID: states matched on poverty and income before the first law, the regression on the matched states with their weights; the same year by year
WITH way(match) AS (VALUES ('psm(post ~ poverty + l_income, caliper=0.5)'), ('psm(post ~ poverty + l_income, ratio=2, replace=1)'), ('psm(post ~ poverty + l_income, by=year, ratio=2, replace=1)'),
  ('psm(post ~ poverty + l_income, by=pooled, method=kernel)'))
SELECT way.match, round(estimate, 4) AS att, round(std_error, 4) AS se, nobs, fit_stat(fit, 'match_treated') AS treated, fit_stat(fit, 'match_control') AS controls,
  round(fit_stat(fit, 'match_mean_bias_before'), 1) AS "bias before", round(fit_stat(fit, 'match_mean_bias_after'), 1) AS after
FROM way, did_att('castle', 'l_homicide ~ unemployrt | sid + year', 'treat=post, match=' || way.match) WHERE effect = 'att';
