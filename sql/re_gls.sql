-- re_gls: random effects, and the tests that choose between pooled, fixed and random effects
--
--   re_gls(source, 'y ~ x1 + x2 | unit', 'options')     rows: term, estimate, std_error, statistic, p_value, conf_low, conf_high
--   re_gls('y ~ x | unit; options', y, x, unit)         aggregate: the fit, as JSON
--   CREATE VIRTUAL TABLE temp.v USING re_gls(...)       the source's rows with fitted, residual (without the unit effect)
--
-- y = a + x'b + u_i + e. Variance components by Swamy and Arora (1972), unbalanced panels as Baltagi and Chang (1994), as plm and xtreg, re sa do.
-- Least squares of y - theta_i mean_i(y) on x - theta_i mean_i(x) and 1 - theta_i, theta_i = 1 - sigma_e / sqrt(T_i sigma_u^2 + sigma_e^2); rho = sigma_u^2 / (sigma_u^2 + sigma_e^2).
-- Normal p-values. Options as fe_ols, without weights; errors are clustered by the unit unless vcov= says otherwise (vcov=iid is the textbook's).
-- Behind | stands the unit alone; year effects are i(year).
-- Statistics of the fit: theta (its mean over the units where they have different lengths, with theta_min and theta_max), sigma_u, sigma_e, rho.
-- Tests (fit_tests): hausman; hausman_robust (the unit means added, under the model's vcov: Mundlak 1978); breusch_pagan (LM); f_effects.
-- References: Swamy and Arora (1972), Econometrica 40; Baltagi and Chang (1994), Journal of Econometrics 62; Hausman (1978), Econometrica 46; Breusch and Pagan (1980), Review of Economic
-- Studies 47; Mundlak (1978), Econometrica 46.

SELECT term, round(estimate, 5) AS estimate, round(std_error, 5) AS std_error, round(p_value, 4) AS p_value
FROM re_gls('grunfeld', 'invest ~ value + capital | firm', 'vcov=iid');

-- Which model?
SELECT test, round(statistic, 3) AS statistic, df1, round(p_value, 4) AS p_value, h0
FROM fit_tests(econ_fit('re_gls', 'grunfeld', 'invest ~ value + capital | firm', 'vcov=iid'));

SELECT name, round(value, 4) AS value FROM fit_stats(econ_fit('re_gls', 'grunfeld', 'invest ~ value + capital | firm', 'vcov=iid'))
WHERE name IN ('theta', 'sigma_u', 'sigma_e', 'rho');
