-- fe_threshold: panel threshold regression (Hansen 1999)
--
--   fe_threshold(source, 'y ~ x + controls | unit', 'threshold=q, regime=x')        rows: part, regime, term, estimate, std_error, statistic, p_value, conf_low, conf_high
--   fe_threshold('y ~ x | e; threshold=q, regime=x', y, x, e, q)                    aggregate and window function: the fit, as JSON
--   CREATE VIRTUAL TABLE temp.v USING fe_threshold(source, formula, options)       the source's rows with `regime`: 1, 2, ...
--
-- y = x'b1 [q <= g1] + x'b2 [g1 < q <= g2] + ... + controls + effects + e. The thresholds minimise the sum of squared residuals over a grid of q; each next one given those
-- before, then each earlier one once more given the others.
--
-- Rows `part`: 'threshold', one for each, ascending (`regime` r: between regimes r and r + 1), with the likelihood-ratio interval; 'regime', the slopes of x in each regime;
-- 'control', the other terms. Errors as fe_ols, thresholds taken as known. With curve=1 also 'lr': for every candidate (estimate) its LR (statistic).
--
-- Options: those of fe_ols (vcov, ssc and its parts, weights, singletons, where, panel, level) and
--   threshold   q, a number; 10 different values at least       regime   x or x1+x2, which stand in the formula too
--   n           1, 2 or 3 thresholds                            trim     0.05: share of the distinct values left out at each end, and least share of rows in a regime
--   grid        400 quantiles (type 1) of the distinct values (default), another number, or all       curve   1: the rows 'lr'
--   reps, seed  draws for the F tests: residuals of whole units (with random signs where units differ in length), fitted values of the model with one threshold less
--
-- fit_tests(fit): threshold_1 (none against one), threshold_2, threshold_3: F, bootstrap p (the share of draws with an F at least as large), critical value at 5% (those at 10 and 1% in the note and in fit_stats).
-- fit_stats(fit): ssr_linear, sigma2, candidates, lr_critical = -2 ln(1 - sqrt(level)), regime_1_rows, threshold_1_crit10, ...
-- fit_terms(fit): regime::1:x, ..., as i(regime, x) names them; thresholds as part threshold. Hidden columns: those of fe_ols.
-- sigma2 divides by rows less levels of the effects, n (T - 1) in Hansen's balanced panel. Unbalanced panels, several effects and none are allowed.
-- On Hansen's 565 firms his program prints F = 32.65 and 25.80 (his Table 2); the numbers here are 32.82 and 24.02 (grid=all, trim=.01). His sums leave the last year of each
-- firm out after the means are taken off; here all years count, as in every within estimator. Stata's xthreg multiplies by (units - 1) times periods in place of
-- units times (periods - 1): it prints 35.20 for the first. Thresholds do not depend on that, and p-values little: draws are multiplied alike.
-- Reference: Hansen (1999), Threshold effects in non-dynamic panels: estimation, testing, and inference, Journal of Econometrics 93.

-- Does the market value matter more for firms with much capital?
SELECT part, regime, term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(conf_low, 4) AS low, round(conf_high, 4) AS high
FROM fe_threshold('grunfeld', 'invest ~ value + capital | firm', 'threshold=capital, regime=value, trim=.1, grid=all');

-- One threshold, or two? The bootstrap says that the evidence is thin
SELECT test, h0, round(statistic, 2) AS f, round(p_value, 2) AS p_value, round(critical, 1) AS critical, note
FROM fit_tests(econ_fit('fe_threshold', 'grunfeld', 'invest ~ value + capital | firm', 'threshold=capital, regime=value, trim=.1, n=2, reps=300, seed=1'));

-- The likelihood-ratio curve around the threshold: the interval is where it stays below 7.35
SELECT estimate AS capital, round(statistic, 2) AS lr, substr('****************************************', 1, cast(2 * statistic AS int)) AS curve
FROM fe_threshold('grunfeld', 'invest ~ value + capital | firm', 'threshold=capital, regime=value, trim=.1, grid=40, curve=1') WHERE part = 'lr';

-- Who is where: the virtual table, and the same model by hand
CREATE VIRTUAL TABLE temp.split USING fe_threshold('grunfeld', 'invest ~ value + capital | firm', 'threshold=capital, regime=value, trim=.1');
SELECT regime, count(*) AS n, count(DISTINCT firm) AS firms, round(avg(capital), 1) AS capital FROM temp.split GROUP BY regime;
SELECT term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error FROM fe_ols('split', 'invest ~ i(regime, value) + capital | firm');
DROP TABLE temp.split;
