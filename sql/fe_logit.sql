-- fe_logit: the logit model by maximum likelihood, with absorbed fixed effects
--
--   fe_logit(source, 'y ~ x1 + x2 | effect1 + effect2', 'options')     rows: term, estimate, std_error, statistic, p_value, conf_low, conf_high
--   fe_logit('y ~ x1; options', y, x1)                                 aggregate and window function: the fit, as JSON
--   CREATE VIRTUAL TABLE temp.v USING fe_logit(source, formula, options)  the source's rows with fitted (the probability), residual
--
-- Model: Pr(y = 1) = 1 / (1 + exp(-(x'b + effects + offset))), y 0 or 1. Absorbed effects are what dummies would be; with few rows a level they bias the
-- estimates away from zero (incidental parameters). Formula, weights, vcov, ssc and rows as in fe_ols; offset=, separation, hidden columns and tests as in fe_poisson.
--
-- Separation: rows of levels with the same outcome throughout are dropped, and rows that the regressors predict perfectly; where that is all of them, an error says so.
-- References: McFadden (1974); Albert and Anderson (1984); Correia, Guimaraes and Zylkin (2021).

-- Who took part in the job training programme? Participants beside the survey's comparison group
CREATE TEMP VIEW job AS SELECT * FROM nsw WHERE treat = 1 UNION ALL SELECT * FROM cps;
SELECT term, round(estimate, 5) AS estimate, round(std_error, 5) AS std_error, round(p_value, 5) AS p_value, nobs, round(pseudo_r2, 4) AS pseudo_r2
FROM fe_logit('job', 'treat ~ age + I(age*age) + educ + black + hisp + marr + nodegree + re74 + re75', 'vcov=iid');

-- The probability for one man: 25 years, 10 years of school, black
SELECT round(fit_predict(econ_fit('fe_logit', 'job', 'treat ~ age + educ + black', 'vcov=hc1'), 25, 10, 1), 4) AS probability;

-- Union members with effects of the person: those who never change say nothing, and are dropped and counted
SELECT term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, nobs, fit_stat(fit, 'separation') AS separation
FROM fe_logit('wage_panel', '"union" ~ married + expersq | nr + year');
