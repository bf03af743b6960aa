-- panel_vif: variance inflation factors
--
--   SELECT * FROM panel_vif(source, formula, options)     one row for each regressor; hidden column mean_vif
--
-- vif = 1 / (1 - R2) of a regressor on all others with an intercept, tolerance = 1 / vif. i(f) gives one row for each dummy. With absorbed effects,
-- y ~ x1 + x2 | unit + time, both sides are what is left after the effects. Rows are those of the regression: without NULL in outcome, regressors, effects.
--
-- A regressor that earlier ones determine (less than 1e-10 of its variation is left) has NULL and a note; the others are computed without it.
--
-- Options: where=, panel= (for l(), f(), d()). Columns: term, vif, tolerance, note.
--
-- Reference: Marquardt (1970), Generalized inverses, ridge regression, biased linear estimation, and nonlinear estimation, Technometrics 12.

SELECT term, round(vif, 2) AS vif, round(tolerance, 4) AS tolerance FROM panel_vif('wage_panel', 'lwage ~ educ + exper + expersq + married + "union"');

-- Within states: roads, water and utilities add up to public capital
SELECT term, round(vif, 2) AS vif, note FROM panel_vif('munnell', 'ln(GSP) ~ P_CAP + HWY + WATER + UTIL + EMP | STATE');
