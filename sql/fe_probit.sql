-- fe_probit: the probit model by maximum likelihood, with absorbed fixed effects
--
--   fe_probit(source, 'y ~ x1 + x2 | effect1 + effect2', 'options')     rows: term, estimate, std_error, statistic, p_value, conf_low, conf_high
--   fe_probit('y ~ x1; options', y, x1)                                 aggregate and window function: the fit, as JSON
--   CREATE VIRTUAL TABLE temp.v USING fe_probit(source, formula, options)  the source's rows with fitted (the probability), residual
--
-- Model: Pr(y = 1) = Phi(x'b + effects + offset), y 0 or 1. Everything else as in fe_logit. The information of vcov=iid is the expected one, as in R's glm.
-- References: Bliss (1934); Wooldridge (2010), chapter 15.

CREATE TEMP VIEW job AS SELECT * FROM nsw WHERE treat = 1 UNION ALL SELECT * FROM cps;

-- Logit and probit side by side: only the scale differs
SELECT l.term, round(l.estimate, 5) AS logit, round(p.estimate, 5) AS probit, round(l.estimate / p.estimate, 2) AS ratio
FROM fe_logit('job', 'treat ~ age + educ + black + marr + re75', 'vcov=hc1') l JOIN fe_probit('job', 'treat ~ age + educ + black + marr + re75', 'vcov=hc1') p USING (term);

-- Share of rows on the right side of one half
CREATE VIRTUAL TABLE temp.predicted USING fe_probit('nsw', 'treat ~ age + educ + black + nodegree + re75');
SELECT round(avg((fitted > 0.5) = treat), 3) AS right FROM temp.predicted;
DROP TABLE temp.predicted;

-- One model a year
SELECT year, round(fit_coef(fit, 'married'), 3) AS married, round(fit_se(fit, 'married'), 3) AS se
FROM (SELECT year, fe_probit('"union" ~ married + black', "union", married, black) AS fit FROM wage_panel GROUP BY year);
