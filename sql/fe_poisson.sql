-- fe_poisson: Poisson pseudo maximum likelihood (PPML) with absorbed fixed effects
--
--   fe_poisson(source, 'y ~ x1 + x2 | effect1 + effect2', 'options')     rows: term, estimate, std_error, statistic, p_value, conf_low, conf_high
--   fe_poisson('y ~ x1 | e; options', y, x1, e)                          aggregate and window function: the fit, as JSON
--   CREATE VIRTUAL TABLE temp.v USING fe_poisson(source, formula, options)  the source's rows with fitted, residual
--
-- Model: E y = exp(x'b + effects + offset), y >= 0, whole or not; the estimates are consistent whatever the variance of y is. Formula, effects, weights, vcov,
-- ssc and rows as in fe_ols. Scoring until the deviance changes by less than 1e-12 of itself; errors belong to the last iterate; p-values are normal.
--
-- Options: offset=ln(exposure) is added to x'b with coefficient 1; all others are those of fe_ols. vcov=iid is the inverse information without any factor.
--
-- Separation: rows for which no finite fit exists are dropped and counted (fit_rows: separated): levels of an effect whose outcomes are all zero, and rows that
-- regressors and effects together separate, which are found and proved by the iterative rectifier. A regressor that only they held keeps its row, with NULL numbers.
-- The word `separation` of the fit says how many of each there were.
--
-- Hidden columns: nobs, pseudo_r2 (McFadden: 1 - ll / ll_null), ll, ll_null, deviance, null_deviance, aic, bic, df_resid, rmse, constant, iterations_irls, fit, and every option;
-- r2, r2_adj, r2_within, f_statistic, f_p_value are NULL here. constant: with effects, the mean of the linear predictor less the regressors at their means.
-- Tests: wald (all slopes are zero, under the model's vcov), lr (against the model with a constant alone). fit_predict gives exp(x'b).
-- References: Gourieroux, Monfort and Trognon (1984); Santos Silva and Tenreyro (2006); Correia, Guimaraes and Zylkin (2020, 2021).

-- Homicides per 100,000 and castle doctrine laws
SELECT term, round(estimate, 5) AS estimate, round(std_error, 5) AS std_error, round(p_value, 4) AS p_value, nobs, round(pseudo_r2, 4) AS pseudo_r2
FROM fe_poisson('castle', 'homicide ~ post + unemployrt | sid + year', 'vcov=cluster(sid)');

-- Counts with an exposure: justifiable homicides per inhabitant. States without any are dropped, and the fit says so
CREATE TEMP TABLE counts AS
SELECT econ_fit('fe_poisson', 'castle', 'jhcitizen_c ~ post | sid + year', 'offset=ln(CAST(popwt AS REAL))') AS fit;
SELECT round(fit_coef(fit, 'post'), 4) AS post, round(fit_se(fit, 'post'), 4) AS se, fit_stat(fit, 'nobs') AS n, fit_stat(fit, 'separation') AS separation FROM counts;
SELECT name, rows FROM counts, fit_rows(fit) WHERE name IN ('read', 'separated', 'used');

-- Fitted means beside the counts
CREATE VIRTUAL TABLE temp.fitted_counts USING fe_poisson('castle', 'jhcitizen_c ~ post | sid + year');
SELECT sid, year, jhcitizen_c, round(fitted, 3) AS fitted, round(residual, 3) AS residual FROM temp.fitted_counts WHERE sid = 10 LIMIT 4;
DROP TABLE temp.fitted_counts;
