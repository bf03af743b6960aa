-- fe_quantile: quantile regression, alone or with effects
--
--   fe_quantile(source, 'y ~ x1 + x2 | unit', 'options')     rows: tau, term, estimate, std_error, statistic, p_value, conf_low, conf_high
--   fe_quantile('y ~ x1; options', y, x1)                    aggregate and window function: the fit, as JSON
--
-- Model: the tau-quantile of y given x is x'b. b minimises the sum of check losses u (tau - [u < 0]) exactly: the answer is a vertex, a fit through as many rows as it has coefficients.
-- Where several b are best one of them is given, and the statistic `unique` is 0. Formula, where and rows as in fe_ols.
--
-- Options: tau=.5 or tau=(.1,.5,.9); level=; weights= multiply the losses (not with canay or mmqr).
-- vcov=nid (default) Hendricks and Koenker's sandwich; iid: Koenker and Bassett's; ker: Powell's kernel: all with the Hall-Sheather bandwidth, as summary.rq of R's quantreg has them; t with n - k.
--   boot: pairs of y and x are drawn reps=200 times with seed=1; with cluster=firm whole clusters are drawn. The same seed gives the same bits on any number of threads. A draw that does
--   not identify every term is left out: statistics draws, draws_lost.
-- Effects: method=dummies (default) a dummy for each level, up to 1,500 columns. method=canay: the effects of the least squares regression are taken off y, about their mean, then
--   quantile regression with an intercept (Canay 2011). Both: errors by bootstrap over the units of the first effect, unless another vcov is asked for, which after canay takes the first step as
--   known. method=mmqr: quantiles by moments of a location-scale model (Machado and Santos Silva 2019), q(tau) the type 7 quantile of residual over scale; without effects too; vcov=cluster (default: the first effect's units, or cluster=) or
--   iid from influence functions, or boot. Location and scale are in fit_terms, as parts; negative_scale counts rows whose fitted scale is negative.
--
-- Several quantiles: their terms are called "x @ 0.1" in the fit, so that fit_coef(fit, 'x @ 0.1') and fit_wald(fit, '"x @ 0.1" = "x @ 0.9"') can name them; the vcov is that of all together.
-- Hidden columns: nobs, objective (sum of check losses), r1 (Koenker and Machado 1999), df_resid, crossing (rows where a higher tau has a lower fitted quantile), fit, and every option.
-- objective, r1 and unique belong to one tau; of several they are the statistics "objective @ 0.1" and so on.
-- References: Koenker (2005), "Quantile regression"; Barrodale and Roberts (1973); Portnoy and Koenker (1997).

-- Returns to schooling along the distribution of wages
SELECT tau, round(estimate, 5) AS educ, round(std_error, 5) AS std_error, round(conf_low, 4) AS low, round(conf_high, 4) AS high
FROM fe_quantile('card', 'lwage ~ educ + exper + expersq + black + smsa + south', 'tau=(.1,.25,.5,.75,.9)') WHERE term = 'educ';

-- Are they the same at both ends? One fit of both, and a Wald test across quantiles
SELECT round(statistic, 3) AS chi2_or_f, df1, round(p_value, 4) AS p
FROM fit_wald(econ_fit('fe_quantile', 'card', 'lwage ~ educ + exper + expersq + black + smsa + south', 'tau=(.1,.9)'), '"educ @ 0.1" = "educ @ 0.9"');

-- The three formulas and a bootstrap
SELECT vcov, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(r1, 4) AS r1
FROM fe_quantile('munnell', 'ln(GSP) ~ ln(P_CAP) + ln(PC) + ln(EMP) + UNEMP', 'tau=.75') WHERE vcov IN ('iid', 'nid', 'ker', 'boot') AND term = 'ln(P_CAP)';

-- With state effects: dummies, Canay's two steps, moments
SELECT method, tau, round(estimate, 4) AS post, round(std_error, 4) AS std_error, crossing
FROM fe_quantile('castle', 'l_homicide ~ post + unemployrt + poverty | sid', 'tau=(.25,.75)') WHERE method IN ('dummies', 'canay', 'mmqr') AND term = 'post';

-- Location and scale of the moments
SELECT part, term, round(estimate, 5) AS estimate, round(std_error, 5) AS std_error
FROM fit_terms(econ_fit('fe_quantile', 'castle', 'l_homicide ~ post + unemployrt + poverty | sid', 'method=mmqr, tau=.75'));
