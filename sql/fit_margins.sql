-- fit_margins: the effect of x at values of z
--
--   fit_margins(fit, 'x', 'z', values, level)     rows: at, estimate, std_error, statistic, p_value, conf_low, conf_high
--
-- For a fit with x*z in its formula, that is x + z + x:z: the effect of x on the outcome where z = v is b + c v, b the coefficient of x and c that of x:z (or z:x).
-- Its variance is V(b) + 2 v C(b, c) + v^2 V(c) from the fit's covariance matrix; t with the fit's degrees of freedom, normal where it has none. On the scale of the
-- linear predictor for fe_poisson, fe_logit, fe_probit.
--
--   values   numbers parted by commas '0, 1, 2.5', or a range 'low:high:step', or both; or one number
--   level    of the interval, default that of the fit (0.95)
-- Any fit with these terms and a covariance matrix will do: fe_ols, fe_iv, fe_poisson, ...
-- Reference: Brambor, Clark and Golder (2006), Understanding interaction models, Political Analysis 14.

-- Does the market value weigh more in firms with more capital?
SELECT at AS capital, round(estimate, 4) AS effect, round(std_error, 4) AS std_error, round(conf_low, 4) AS low, round(conf_high, 4) AS high
FROM fit_margins(econ_fit('fe_ols', 'grunfeld', 'invest ~ value*capital | firm + year'), 'value', 'capital', '0:2000:500');

-- At the quartiles of the moderator
WITH q AS (SELECT p25 || ',' || p50 || ',' || p75 AS quartiles FROM panel_describe('grunfeld', 'capital'))
SELECT round(at, 1) AS capital, round(estimate, 4) AS effect, round(p_value, 5) AS p_value
FROM q, fit_margins(econ_fit('fe_ols', 'grunfeld', 'invest ~ value*capital | firm + year'), 'value', 'capital', quartiles);

-- At the mean it is what a model with the centred moderator shows as the coefficient of x
SELECT 'margin' AS how, round(estimate, 6) AS effect, round(std_error, 6) AS std_error
FROM fit_margins(econ_fit('fe_ols', 'grunfeld', 'invest ~ value*capital | firm + year'), 'value', 'capital', (SELECT avg(capital) FROM grunfeld))
UNION ALL
SELECT 'centred', round(estimate, 6), round(std_error, 6)
FROM fe_ols('grunfeld', 'invest ~ value*I(capital - (SELECT avg(capital) FROM grunfeld)) | firm + year') WHERE term = 'value';
