-- fe_iv: instrumental variables with absorbed fixed effects
--
--   fe_iv(source, 'y ~ exogenous | effects | endogenous ~ instruments', 'options')   rows: stage, outcome, term, estimate, std_error, statistic, p_value, conf_low, conf_high
--   fe_iv('y ~ w | e | x ~ z; options', y, w, e, x, z)                               aggregate and window function: the fit, as JSON
--   CREATE VIRTUAL TABLE temp.v USING fe_iv(source, formula, options)                the source's rows with fitted, residual, fe_NAME
--
-- Model: y = X b + W c + effects + u. Effects are projected out exactly, the endogenous X instrumented by Z and the exogenous W; several endogenous
-- regressors, weights and every vcov of fe_ols. Without effects write y ~ W | X ~ Z. Rows of stage 'second' are the equation (the endogenous term keeps its own name),
-- rows of stage 'first' the first stage of each endogenous regressor, named in `outcome`.
--
-- Options: those of fe_ols (vcov, ssc and its parts, weights, singletons, where, panel, level) and
--   method   2sls | liml | gmm. liml: limited-information maximum likelihood (stat kappa). gmm: two steps, the moments weighted under the model's vcov at
--            the residuals of 2SLS; with vcov=iid or as many instruments as endogenous regressors it is 2SLS. vcov=hc2, hc3, hc4 only with 2sls
--            (hat values of the projected regressors).
--
-- Errors: the sandwich of the projected regressors and the residuals at the true ones; degrees of freedom as fe_ols. r2 and rmse from those residuals: r2 may be negative.
--
-- Tests, fit_tests(fit): each row names its H0; `critical` holds the Stock-Yogo value for a 5% test of at most 10% size, the note the others. All under the model's vcov
-- unless said; K counts instruments, exogenous terms and effect levels as ssc does.
--   first_stage_f            iid F of the excluded instruments, for each endogenous regressor (`subject`); the note has the partial R2
--   first_stage_wald_f       the same under the vcov
--   sanderson_windmeijer_f   with several endogenous regressors: the conditional F of each
--   kp_rk_lm                 Kleibergen-Paap rk LM, H0: underidentified. kp_rk_wald_f: rk Wald F, H0: weakly identified; with one endogenous regressor it is first_stage_wald_f.
--                            Under iid these are Anderson's canonical correlation LM and the Cragg-Donald F
--   cragg_donald_f           iid
--   sargan (iid), hansen_j   overidentifying restrictions; no row where the equation is exactly identified
--   wu_hausman               endogeneity, by regression with the first-stage residuals
--   anderson_rubin           H0: no effect of the endogenous regressors, valid however weak the instruments: F; anderson_rubin_chi2 without small-sample factor
--
-- What is not identified is an error: fewer instruments than endogenous regressors, instruments or regressors that the effects absorb, exact collinearity.
-- An instrument too many that is collinear stays in the first stage with NULL numbers and is named by fit_stat(fit, 'instruments_dropped').
-- Hidden columns: those of fe_ols, kp_rk_lm, kp_rk_wald_f, cragg_donald_f, kappa.
-- References: Kleibergen and Paap (2006); Stock and Yogo (2005); Sanderson and Windmeijer (2016); Baum, Schaffer and Stillman (2007).

-- Returns to schooling, instrumented by growing up near a college (Card 1995): least squares gives 0.075, the instrument 0.132
SELECT stage, term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, nobs
FROM fe_iv('card', 'lwage ~ exper + expersq + black + south + smsa + smsa66 + reg661 + reg662 + reg663 + reg664 + reg665 + reg666 + reg667 + reg668 | educ ~ nearc4', 'vcov=iid')
WHERE term IN ('educ', 'nearc4', 'exper');

-- Every test of two instruments, under robust errors
SELECT test, subject, round(statistic, 3) AS statistic, round(p_value, 4) AS p_value, critical, h0
FROM fit_tests(econ_fit('fe_iv', 'card', 'lwage ~ exper + expersq + black + south + smsa | educ ~ nearc4 + nearc2', 'vcov=hc1'));

-- Three estimators
SELECT method, round(estimate, 4) AS educ, round(std_error, 4) AS std_error, round(kappa, 6) AS kappa
FROM fe_iv('card', 'lwage ~ exper + expersq + black + south + smsa | educ ~ nearc4 + nearc2')
WHERE method IN ('2sls', 'liml', 'gmm') AND stage = 'second' AND term = 'educ';

-- A panel: public capital and employment instrumented by their lags, state and year effects, errors clustered by state
SELECT stage, outcome, term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(kp_rk_wald_f, 2) AS kp_rk_wald_f
FROM fe_iv('munnell', 'ln(GSP) ~ UNEMP | STATE + YR | ln(P_CAP) + ln(EMP) ~ l(ln(HWY)) + l(ln(EMP)) + l(ln(WATER))', 'vcov=cluster(STATE)');

-- One equation for each group
SELECT black, round(fit_coef(fit, 'educ'), 3) AS educ, round(fit_se(fit, 'educ'), 3) AS se, round(fit_stat(fit, 'kp_rk_wald_f'), 2) AS kp_rk_wald_f, fit_stat(fit, 'nobs') AS n
FROM (SELECT black, fe_iv('lwage ~ exper + expersq + south + smsa | educ ~ nearc4; vcov=hc1', lwage, exper, expersq, south, smsa, educ, nearc4) AS fit FROM card GROUP BY black);
