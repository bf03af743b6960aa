-- fe_gmm: dynamic panels by difference and system GMM (Arellano-Bond, Blundell-Bond)
--
--   fe_gmm(source, 'y ~ l(y) + x | unit + time | gmm(y, 2:99) + iv(x)', 'options')   rows: term, estimate, std_error, statistic, p_value, conf_low, conf_high
--   fe_gmm('y ~ l(y) + x | unit + time | gmm(y, 2:99); options', y, x, unit, time)   aggregate and window function: the fit, as JSON
--
-- Model: y_it = x_it'b + u_i + e_it for many units over few periods, lags of y among x. Differences (or deviations) take u_i out; what is then correlated with the error is
-- instrumented by its own lags. The first part has all regressors. The effects are the unit's, and the time's where period dummies are wanted; instead of that part the options
-- can say id=unit, time=year (or panel=unit+year), time_effects=1. The last part has the instruments:
--   gmm(x, a:b)   lags a to b of x, for each period its own column; a: has no end. An endogenous x (y, too) has 2:, a predetermined one 1:. Several variables: gmm(x + z, 2:4).
--                 system=1 adds the difference of x dated t-a+1 in the level equation. Keys: collapse=1 (one column a lag), equation=transformed|level|both;
--                 equation=level: the differences dated t-a to t-b. Missing lags are zeros.
--   iv(z)         z itself, transformed as the equation is, and as it is in the level equation: one column. Keys: equation=
--   Without iv() every regressor is its own instrument unless it is made of the same column or expression as the outcome or a gmm(): regressors that are functions of an
--   endogenous variable need an iv() that leaves them out. iv(0): none. fit_stat(fit, 'instrument_sets') says what was used.
--
-- Options
--   id, time       the unit and the period, a whole number; lags and differences are over steps of 1, never across a gap. panel=id+time is the same
--   system         1: system GMM, the level equation with a constant (not with 0 + in the formula) and the differences as instruments
--   transform      difference | deviations (forward orthogonal: an equation for each row but a unit's last, whatever the gaps; lags count as in differences)
--   steps          1 | 2
--   vcov           robust: clustered by unit, at step two with Windmeijer's correction | iid: at step one homoskedastic, at step two the uncorrected, too small errors
--   time_effects   1: period dummies, not shown as terms but tested together (wald_time); their own instruments, in the level equation where system=1
--   collapse       1: for every gmm() that does not say otherwise
--   weighting      1 | 2 | 3: xtabond2's h, the errors' covariance assumed by step one. 3: that of the stacked errors where e is iid; 2: without the covariance of the two kinds
--                  of equations; 1: the identity
--   small          1: small-sample factor, t and F. ar: the highest order of the tests of autocorrelation, 2. where, level as everywhere. Rows outside where= have no
--                  equation, but serve lags, differences and deviations
--
-- Tests, fit_tests(fit), and hidden columns (sargan, sargan_p, hansen_j, hansen_p, ar1, ar1_p, ar2, ar2_p, wald, ...; nobs are equations: differences, or levels where system=1;
-- units; instruments, their rank):
--   sargan                 at step one, not robust. hansen_j: at step two, whichever is shown. Both with instruments - coefficients degrees of freedom; none where exactly identified
--   difference_in_hansen   one for each gmm() and iv(), and for the gmm() instruments of the level equation together (`subject`): Hansen J less that without them
--   ar1, ar2               Arellano-Bond, in differences (also after deviations): ar1 is to be expected, ar2 speaks against lags of 2 as instruments
--   wald, wald_time        all terms; all time effects
-- A warning (fit_stat(fit, 'warning'), and the note of hansen_j) where instruments outnumber units, and where the covariance of the moments is singular, which is then inverted
-- as Moore and Penrose do.
--
-- Beside other programs: estimates, errors and tests are defined as in xtabond2 (the AR tests without the factor of small=1); Stata was not run, the outputs that Roodman (2009)
-- prints of Arellano and Bond's table 4 are reproduced. plm::pgmm: the same estimates, two-step and robust errors; its exogenous
-- regressors have one instrument for each equation of a system, iv(x, equation=transformed) + iv(x, equation=level), it has no constant without time effects (0 + in the formula), and
-- its one-step sargan, iid errors and AR tests of systems are defined otherwise. pydynpd: two-step results the same; it drops a row before a gap from deviations.
-- References: Arellano and Bond (1991); Arellano and Bover (1995); Blundell and Bond (1998); Windmeijer (2005); Roodman (2009), Stata Journal 9(1).

-- Wages depend on last year's: difference GMM, all lags from the second on; union membership may answer shocks (endogenous)
SELECT term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, instruments, round(hansen_p, 4) AS hansen_p, round(ar2_p, 4) AS ar2_p
FROM fe_gmm('wage_panel', 'lwage ~ l(lwage,1:2) + union + married | nr + year | gmm(lwage, 2:) + gmm(union, 2:3)', 'steps=2');

-- System GMM, with few instruments
SELECT term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, instruments
FROM fe_gmm('wage_panel', 'lwage ~ l(lwage,1:2) + union + married | nr + year | gmm(lwage, 2:4) + gmm(union, 2:3)', 'system=1, steps=2, collapse=1');

-- Its tests
SELECT test, subject, round(statistic, 3) AS statistic, df1, round(p_value, 4) AS p_value
FROM fit_tests(econ_fit('fe_gmm', 'wage_panel', 'lwage ~ l(lwage,1:2) + union + married | nr + year | gmm(lwage, 2:4) + gmm(union, 2:3)', 'system=1, steps=2, collapse=1'));

-- Least squares and the within estimator err in opposite directions; GMM should lie between
SELECT fit_table(name, fit) FROM (
  SELECT 'OLS' AS name, econ_fit('fe_ols', 'wage_panel', 'lwage ~ l(lwage,1:2) + union + married | year', 'panel=nr+year, vcov=cluster(nr)') AS fit
  UNION ALL SELECT 'Within', econ_fit('fe_ols', 'wage_panel', 'lwage ~ l(lwage,1:2) + union + married | nr + year')
  UNION ALL SELECT 'Difference', econ_fit('fe_gmm', 'wage_panel', 'lwage ~ l(lwage,1:2) + union + married | nr + year | gmm(lwage, 2:) + gmm(union, 2:3)', 'steps=2')
  UNION ALL SELECT 'System', econ_fit('fe_gmm', 'wage_panel', 'lwage ~ l(lwage,1:2) + union + married | nr + year | gmm(lwage, 2:) + gmm(union, 2:3)', 'system=1, steps=2'));

-- One equation for each group
SELECT black, round(fit_coef(fit, 'l(lwage)'), 3) AS lag, round(fit_se(fit, 'l(lwage)'), 3) AS se, fit_stat(fit, 'units') AS units
FROM (SELECT black, fe_gmm('lwage ~ l(lwage) + married | nr + year | gmm(lwage, 2:4)', lwage, married, nr, year) AS fit FROM wage_panel GROUP BY black);
