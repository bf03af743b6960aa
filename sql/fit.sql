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

-- What each function computes. Blocks as these are the definitions of the pages in sql/reference.

-- fit_coef, fit_se, fit_p: of the term `term` the estimate b, its standard error s = sqrt(V_jj), and the p-value 2 P(T > |b / s|), T Student's t with the fit's df_t (normal where the fit has none).
-- The term is written as fit_terms(fit) shows it; blanks do not matter. In a fit with several parts (fe_iv, fe_threshold) it is the term of the model itself. A term that was dropped as collinear
-- gives NULL, a term that is not there an error that names those that are, a NULL fit NULL.
-- Source: Student (1908), The probable error of a mean, Biometrika 6; the degrees of freedom are those of vcov= and ssc= in fe_ols.
SELECT fit_coef(fit, 'value') / fit_se(fit, 'value') AS t, fit_p(fit, 'value') AS p FROM models WHERE name = 'pooled';

-- fit_stat: the number or word that fit_stats(fit) lists under `name`: nobs, r2 = 1 - SSR / SST, r2_adj, r2_within (effects taken out of both sums), rmse = sqrt(SSR / df_resid), df_resid, df_t, ll, aic = 2 k - 2 ll,
-- bic = k ln n - 2 ll, f_statistic and f_p_value of all slopes, clusters, ... ; or estimator, formula, outcome, vcov, error. NULL where this model has no such statistic though another estimator has
-- one; a name that nobody has is an error.
-- Source: the pages of the estimators say what each statistic is.

-- fit_stats: all statistics of a fit and then its words (ssc, solver, ...), one row each, in the order in which the estimator made them.
-- Source: what broom's glance() gives as one wide row.

-- fit_terms: one row a term. statistic = estimate / std_error, p_value from Student's t with df_t, conf_low and conf_high = estimate -+ t((1 + level) / 2, df_t) std_error, with the level of the fit. `part` names the
-- equation where a fit has several (first, second; regime, threshold), else NULL. Hidden column: attributes, what else a term has, as JSON.
-- Source: what broom's tidy() gives.

-- fit_tests: the tests that the estimator made: overidentification and weak instruments, pre-trends, Hausman, thresholds, ... h0 says in words what is tested; critical is a tabulated critical value where
-- one is used (Stock and Yogo), note what else must be known; df2 is NULL for chi-squared tests.
-- Source: the pages of the estimators name the tests and their papers.

-- fit_rows: what became of the rows that were read: read = where_excluded + null + singleton + zero_weight + separated + other + used. Nothing is dropped that is not counted here.
-- Source: Correia (2015), Singletons, cluster-robust standard errors and fixed effects, for why singletons go.

-- fit_vcov: the covariance matrix of the estimates, one row a pair of terms, both triangles; the errors of fit_terms are the roots of its diagonal. The numbers of a dropped term are NULL.
-- Source: the page of fe_ols has the formulas of vcov=.

-- fit_wald: hypotheses R b = q give W = (R b - q)' (R V R')^-1 (R b - q). With degrees of freedom for its t the fit gives F = W / r with r = rank of R and df_t degrees of freedom (df1, df2), else W is chi-squared with r
-- (df2 is NULL). Hypotheses are parted by commas: 'x1 = x2, x3 = 0', '2*x1 - x2 = 1', 'x1' (which is x1 = 0), 'a = b = 0', 'year::*' (all terms that match). What follows from the others is left out; a contradiction
-- is an error.
-- Source: Wald (1943), Tests of statistical hypotheses concerning several parameters, Transactions of the American Mathematical Society 54; as Stata's test and fixest's wald().

-- fit_predict: x'b with one value for each term in their order, the constant left out, plus the constant, or the mean of the absorbed effects where there are such. Of fe_poisson exp(x'b), of fe_logit 1 / (1 + exp(-x'b)), of
-- fe_probit the normal distribution function of x'b. Predictions of the rows themselves, with their own effects, are the column `fitted` of the virtual table.
-- Source: as predict(type = "response") in R.

-- fit_score: the score of a row by a fit of entropy_index, topsis_index or pca_index: its indicators are scaled by the minimum and maximum (or mean and deviation) and weighed with the weights that the fit was
-- made with, one value for each indicator in their order. A row outside of that range may score below 0 or above 1.
-- Source: the pages of the indices have the formulas.
