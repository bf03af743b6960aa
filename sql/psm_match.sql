-- psm_match: propensity-score matching and weighting
--
--   psm_match(source, 'treat ~ x1 + x2', 'options')      rows: variable, sample ('before', 'after'), mean_treated, mean_control, std_diff, bias_pct, var_ratio, statistic, p_value
--   CREATE VIRTUAL TABLE temp.m USING psm_match(source, formula, options)      the source's rows with pscore, weight, match_id, on_support
--   psm_match('treat ~ x1; outcome=y', treat, x1, y)      aggregate: the fit, as JSON
--
-- treat is 0 or 1. The score is Pr(treat = 1 | x) by logit or probit. A row for the score itself (pscore) and for each regressor; of i(f) every level is shown.
--
-- Options
--   method    nearest (default) | radius | kernel | llr (local linear) | mahalanobis | ipw (inverse probability) | entropy (balancing weights of Hainmueller 2012; moments=1|2|3)
--   ratio=1, replace=0|1, caliper=C with caliper_unit=sd (default: standard deviations of the score over all rows) | score; radius needs one
--   order     largest (default) | smallest | random (seed=) | data: who chooses first. Greedy: each treated row takes the nearest control that is free, ties the earlier row;
--             without replacement and with ratio=K nobody gets a second control before everybody had the first
--   kernel=epanechnikov|gaussian, bandwidth=0.06      of kernel and llr
--   exact=a or a^b: only within the same level      by=year: each value alone, with a score of its own (default: pooled)
--   support   none (default) | minmax (within the other side's range of scores) | trim (scores within [trim, 1-trim], trim=0.1)
--   outcome=y gives the effects: hidden columns att, att_se, atu, atu_se, ate, ate_se, and terms of the fit. atu and ate need replace=1 for nearest neighbours
--   errors    ai: Abadie and Imbens (2006), the variance of the outcome from neighbours=2 rows of the same side; simple: Lechner (2001); default ai, for kernel and llr simple,
--             for ipw and entropy the hc0 error of the weighted regression. None of them knows that the score was estimated
--   estimand  att (default) | atu | ate: whom the weights stand for      score=logit|probit      where=, level=0.95, seed=1
--
-- Balance: std_diff divides by the treated's standard deviation before matching; bias_pct = 100 (m1 - m0) / sqrt((v1 + v0) / 2) with the variances before matching; statistic and p_value: t of
-- equal means, after matching with the weights as frequencies.
-- Hidden columns, each with _before and _after: pseudo_r2, lr_chi2, lr_p of the score's model estimated again on the rows that are used; mean_bias, median_bias of |bias_pct|; rubin_b (above 25
-- is bad), rubin_r (good between 0.5 and 2). Counts: n_treated, n_control, matched_treated, matched_control, off_support, separated. fit_tests(fit) has lr, before and after.
-- Rows: weight is 1 for a matched treated row, for a control how often it stands for one, 0 for a row that is not used (so weights=weight leaves it out); NULL in match_id: in no set.
-- A row that the regressors predict perfectly has the score 0 or 1 and takes no part; where that is every row, an error says so.
-- References: Rosenbaum and Rubin (1983, 1985); Heckman, Ichimura and Todd (1997, 1998); Dehejia and Wahba (1999, 2002); Rubin (2001); Abadie and Imbens (2006); Hainmueller (2012).

-- The job-training experiment gave 1,794 dollars. Participants beside men of a survey, who are very different: the plain difference is -8,498
CREATE TEMP TABLE job AS SELECT * FROM nsw WHERE treat = 1 UNION ALL SELECT * FROM cps;
SELECT round((SELECT avg(re78) FILTER (WHERE treat = 1) - avg(re78) FILTER (WHERE treat = 0) FROM nsw), 2) AS experiment,
       round(avg(re78) FILTER (WHERE treat = 1) - avg(re78) FILTER (WHERE treat = 0), 2) AS survey FROM job;

-- Four nearest neighbours: alike at last?
SELECT variable, sample, round(mean_treated, 2) AS treated, round(mean_control, 2) AS control, round(bias_pct, 1) AS "bias %", round(var_ratio, 2) AS "V(T)/V(C)", round(statistic, 2) AS t, round(p_value, 3) AS p
FROM psm_match('job', 'treat ~ age + I(age*age) + educ + black + hisp + marr + nodegree + re74 + re75 + I(re74 = 0)', 'ratio=4, replace=1');

-- Ways to match, and what each gives
WITH way(options) AS (VALUES ('replace=1'), ('caliper=0.1'), ('ratio=4, replace=1'), ('method=radius, caliper=0.01, caliper_unit=score'), ('method=kernel'), ('method=llr'),
  ('method=mahalanobis, replace=1'), ('method=ipw'), ('method=entropy'), ('replace=1, support=minmax'), ('replace=1, exact=black^marr'), ('score=probit, replace=1'))
SELECT way.options, round(att) AS att, round(att_se) AS se, matched_treated AS treated, matched_control AS controls, round(mean_bias_after, 1) AS "mean bias %", round(rubin_b_after, 1) AS B, round(rubin_r_after, 2) AS R
FROM way, psm_match('job', 'treat ~ age + I(age*age) + educ + black + hisp + marr + nodegree + re74 + re75 + I(re74 = 0)', way.options || ', outcome=re78')
WHERE variable = 'pscore' AND sample = 'after';

-- The matched rows themselves: a regression on them, with their weights
CREATE VIRTUAL TABLE temp.matched USING psm_match('job', 'treat ~ age + educ + black + marr + re74 + re75', 'ratio=2, replace=1, caliper=0.25');
SELECT term, round(estimate, 1) AS estimate, round(std_error, 1) AS std_error FROM fe_ols('SELECT * FROM temp.matched', 're78 ~ treat + age + educ + black + re75', 'weights=weight, vcov=hc1') WHERE term = 'treat';
SELECT match_id, treat, age, educ, black, round(pscore, 4) AS pscore, weight FROM temp.matched WHERE match_id <= 3 ORDER BY match_id, treat DESC;
DROP TABLE temp.matched;
