-- panel_spectest: the specification tests that papers print beside a panel regression
--
--   SELECT * FROM panel_spectest(source, 'y ~ x1 + x2 | unit + time', options)     one row for each test
--
-- Formula: as for fe_ols; the residuals are those of least squares after the effects. The panel is the first two effects, or panel=unit+time.
--
-- Columns: test, statistic, df1, df2, p_value, h0, note. `note` says why a test has no result in this panel.
--   wooldridge         Wooldridge's test of serial correlation, as Stata's xtserial: F(1, units - 1). For models whose effects are the unit and the time
--   modified_wald      Wald test of equal error variances in all units, as Stata's xttest3: chi2 with the number of units
--   pesaran_cd         Pesaran's CD test that errors of different units are uncorrelated: normal, two-sided; for many units, few periods
--   breusch_pagan_lm   Breusch and Pagan's LM test of the same, as Stata's xttest2: chi2 with one degree for each pair of units; for few units, many periods
--   scaled_lm          the same, scaled for many units: normal, two-sided
--
-- Options (default first)
--   test=all           wooldridge, wald, cd, lm, scaled_lm: one that the panel does not allow is an error then, not a note
--   panel=             unit+time
--   where=             a SQL expression
--
-- Correlations of two units are over the periods that both have, two at least; other pairs take no part and are not counted. In panels with gaps differences are over one
-- step of time, the shortest between two rows of a unit. No weights and no vcov=: the tests have their own.
--
-- Reference: Wooldridge (2002), Econometric Analysis of Cross Section and Panel Data, 10.6.3; Drukker (2003), Stata Journal 3; Greene (2000), Econometric Analysis, p. 598; Baum (2001),
-- Stata Journal 1; Pesaran (2004), Cambridge Working Papers 0435; Breusch and Pagan (1980), Review of Economic Studies 47.

SELECT test, round(statistic, 3) AS statistic, df1, df2, round(p_value, 4) AS p, h0
FROM panel_spectest('munnell', 'ln(GSP) ~ ln(P_CAP) + ln(PC) + ln(EMP) + UNEMP | STATE + YR');

-- What year effects do to the dependence between firms
SELECT 'firm' AS effects, test, round(statistic, 2) AS statistic, round(p_value, 4) AS p FROM panel_spectest('grunfeld', 'invest ~ value + capital | firm', 'panel=firm+year, test=cd')
UNION ALL
SELECT 'firm + year', test, round(statistic, 2), round(p_value, 4) FROM panel_spectest('grunfeld', 'invest ~ value + capital | firm + year', 'test=cd');
