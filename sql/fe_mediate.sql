-- fe_mediate: mediation: direct and indirect effects
--
--   fe_mediate(source, 'y ~ x + controls | effects', 'treat=x, mediator=m')     rows: effect, estimate, std_error, statistic, p_value, conf_low, conf_high, mediator
--   fe_mediate('y ~ x | e; treat=x, mediator=m', y, x, e, m)                    aggregate and window function: the fit, as JSON
--
-- Three equations on the same rows, with the same controls and effects (Baron and Kenny 1986):
--   total   y = c x + ...          first   m = a x + ...          direct   y = c' x + b m + ...
-- Rows `effect`: a, b, direct (c'), indirect (a b), total (c), share (a b / c). With several mediators, mediator=m1+m2, all stand in one direct equation; a, b, indirect
-- and share have a row for each (column mediator), and indirect and share one more for their sum (mediator NULL). c = c' + sum of a b exactly.
--
-- Options: those of fe_ols (vcov, ssc and its parts, weights, singletons, where, panel, level) and
--   treat      the regressor of the formula whose effect is mediated: one column
--   mediator   m or m1+m2; not in the formula
--   reps, seed draws of the cluster bootstrap, default none      ci  percentile | bc (bias-corrected), the interval of the draws
--
-- Errors: a, b, direct, total as fe_ols under vcov. indirect and share by the delta method (for one mediator's indirect effect: Sobel's), normal; with reps the standard
-- deviation and the interval over draws. Whole clusters are drawn: those of vcov (the first of two), else of the first effect, else rows; unit effects need no new
-- absorption, year effects are absorbed anew in each draw. The same seed gives the same draws on any machine and any number of threads.
--
-- fit_tests(fit): sobel, aroian, goodman for each mediator (`subject`). fit_stat(fit, 'verdict'): at 1 - level, none unless a and b are significant; then partial if direct is
-- significant too, full if not; with several mediators also verdict:m1, ... Other words and statistics: drawn (what the bootstrap drew), clusters_drawn, reps, reps_failed.
-- fit_terms(fit): the effects, named a, b, ... (a:m1 with several mediators), then the equations as parts total, outcome, "mediator: m". fit_wald compares mediators.
-- Hidden columns: those of fe_ols, for the equation of the outcome with the mediators.
-- References: Sobel (1982); MacKinnon, Lockwood, Hoffman, West and Sheets (2002); Preacher and Hayes (2008).

-- Does public capital raise output through employment? State and year effects, errors clustered by state
SELECT effect, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(p_value, 4) AS p_value, round(conf_low, 3) AS low, round(conf_high, 3) AS high
FROM fe_mediate('munnell', 'ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR', 'treat=ln(P_CAP), mediator=ln(EMP)');

-- The verdict, and the three tests of the indirect effect
SELECT fit_stat(econ_fit('fe_mediate', 'munnell', 'ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR', 'treat=ln(P_CAP), mediator=ln(EMP)'), 'verdict') AS mediation;
SELECT test, subject, round(statistic, 4) AS z, round(p_value, 8) AS p_value
FROM fit_tests(econ_fit('fe_mediate', 'munnell', 'ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR', 'treat=ln(P_CAP), mediator=ln(EMP)'));

-- Two kinds of bootstrap intervals beside the delta method, 1,000 draws of states
SELECT 'delta' AS method, round(estimate, 4) AS indirect, round(std_error, 4) AS std_error, round(conf_low, 4) AS low, round(conf_high, 4) AS high
FROM fe_mediate('munnell', 'ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR', 'treat=ln(P_CAP), mediator=ln(EMP)') WHERE effect = 'indirect'
UNION ALL
SELECT ci, round(estimate, 4), round(std_error, 4), round(conf_low, 4), round(conf_high, 4)
FROM fe_mediate('munnell', 'ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR', 'treat=ln(P_CAP), mediator=ln(EMP), reps=1000, seed=1') WHERE effect = 'indirect' AND ci IN ('percentile', 'bc');

-- Two mediators at once, and whether their indirect effects are equal
SELECT effect, mediator, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(p_value, 4) AS p_value
FROM fe_mediate('munnell', 'ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR', 'treat=ln(P_CAP), mediator=ln(EMP)+ln(PC), reps=500');
SELECT round(statistic, 3) AS f, df1, df2, round(p_value, 4) AS p_value
FROM fit_wald(econ_fit('fe_mediate', 'munnell', 'ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR', 'treat=ln(P_CAP), mediator=ln(EMP)+ln(PC)'), 'indirect:ln(EMP) = indirect:ln(PC)');

-- The three columns of a mediation table
SELECT coalesce(part, 'effects') AS equation, term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error
FROM fit_terms(econ_fit('fe_mediate', 'munnell', 'ln(GSP) ~ ln(P_CAP) + UNEMP | STATE + YR', 'treat=ln(P_CAP), mediator=ln(EMP)')) WHERE part IS NOT NULL;

-- One mediation a group: the first and the second half of the years
SELECT YR > 1978 AS late, round(fit_coef(fit, 'indirect'), 4) AS indirect, round(fit_coef(fit, 'share'), 3) AS share, fit_stat(fit, 'verdict') AS verdict
FROM (SELECT YR, fe_mediate('y ~ x | s + t; treat=x, mediator=m', ln(GSP), ln(P_CAP), STATE, YR, ln(EMP)) AS fit FROM munnell GROUP BY YR > 1978);
