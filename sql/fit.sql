-- Functions of a fit
--
-- A fit is JSON text: what econ_fit('estimator', source, model, options) and the aggregates (fe_ols(...) in a SELECT) return, and what the hidden
-- column `fit` of every regression holds. It can be kept in a table, sent elsewhere, and read back by these functions, or by SQLite's own
-- JSON functions: estimator, formula, outcome, nobs, terms[], vcov{type, terms, lower[]}, stats{}, words{}, absorbed[], rows{}, tests[], error, version.
--
-- Scalars
--   fit_coef(fit, term)       the estimate; fit_se(fit, term) the standard error; fit_p(fit, term) the p-value. A term dropped as collinear gives
--                             NULL, a term that is not there an error that lists those that are. Blanks do not matter.
--   fit_stat(fit, name)       nobs, a statistic (r2, rmse, df_t, outcome_mean, level, ...), a word (ssc, solver, ...), or estimator, formula, outcome, vcov, error.
--                             NULL where this model has no such statistic but another estimator has; another name is an error.
--   fit_predict(fit, x...)    the prediction for one value of each term, in the order of the terms, (Intercept) left out. On the scale of the
--                             response: exp(x'b) for fe_poisson, the probability for fe_logit and fe_probit. With absorbed effects they are taken at their mean.
--   fit_score(fit, x...)      the score of a row by a fit of entropy_index, pca_index, ...
--
-- Tables
--   fit_terms(fit)            part, term, estimate, std_error, statistic, p_value, conf_low, conf_high; hidden: attributes, what else a term has, as JSON
--   fit_stats(fit)            name, value: the statistics, then the words
--   fit_tests(fit)            test, subject, h0, statistic, df1, df2, p_value, critical, note
--   fit_rows(fit)             name, rows: read, where_excluded, null, singleton, zero_weight, separated, other, used
--   fit_vcov(fit)             term1, term2, value: the full square
--   fit_wald(fit, hypotheses) statistic, df1, df2, p_value of the joint test. Hypotheses are separated by commas: 'x1 = x2, x3 = 0',
--                             '2*x1 - x2 = 1', 'x1' (which is x1 = 0), 'year::*' (all terms that match). F with the model's t degrees of freedom; chi-squared with
--                             df2 NULL where the model has none. What follows from the other hypotheses is left out, a contradiction is an error.
--
-- A NULL fit gives NULL or no rows. So does the fit of a group that could not be estimated: fit_stat(fit, 'error') says why, and
-- fit_rows(fit) what became of its rows.

CREATE TEMP TABLE models(name TEXT, fit TEXT);
INSERT INTO models VALUES ('pooled', econ_fit('fe_ols', 'grunfeld', 'invest ~ value + capital', 'vcov=hc1')),
                          ('one term', econ_fit('fe_ols', 'grunfeld', 'invest ~ value', 'vcov=hc1'));

SELECT name, fit_coef(fit, 'value') AS value, fit_se(fit, 'value') AS se, fit_stat(fit, 'r2') AS r2, fit_stat(fit, 'nobs') AS n FROM models;

SELECT name, term, estimate, p_value FROM models, fit_terms(fit);

-- Do value and capital have the same coefficient? Are both zero?
SELECT 'value = capital' AS h0, w.* FROM models, fit_wald(fit, 'value = capital') w WHERE name = 'pooled'
UNION ALL
SELECT 'both are zero', w.* FROM models, fit_wald(fit, 'value = capital = 0') w WHERE name = 'pooled';

-- What the model says about a firm worth 1000 with a capital of 200
SELECT fit_predict(fit, 1000, 200) AS investment FROM models WHERE name = 'pooled';

-- One model a firm, in one statement
SELECT firm, fit_coef(f, 'value') AS value, fit_stat(f, 'nobs') AS n
FROM (SELECT firm, fe_ols('invest ~ value + capital; vcov=iid', invest, value, capital) AS f FROM grunfeld GROUP BY firm);
