-- fe_compare: do coefficients differ between groups?
--
--   fe_compare(source, 'y ~ x + controls | effects', 'by=g')     rows: term, group1, group2, difference, std_error, statistic, p_value, p_permutation
--   fe_compare('y ~ x | e; by=g', y, x, e, g)                    aggregate and window function: the fit, as JSON
--
-- The stacked model: every regressor and every absorbed effect times the group. Its coefficients are those of a regression for each group alone; its one covariance
-- matrix also knows clusters that reach over groups (the same firm early and late). A row for each term and each pair of groups, in the order of their values:
-- difference = b(group1) - b(group2), with t and p under the model's vcov. fit_tests(fit): `equality` for each pair, the Wald test that no coefficient differs.
--
-- Options: those of fe_ols (vcov, ssc and its parts, weights, singletons, where, panel, level) and
--   by          the groups: a column or an expression in parentheses, by=(year >= 2005); at most 50
--   reps, seed  permutations, default none: p_permutation is the share in which the absolute difference is at least as large. Where no unit (first effect) changes its group
--               whole units trade labels, else single rows do: fit_stat(fit, 'permuted') says which
--
-- Median splits, regions and periods need no option: an expression makes the group, GROUP BY and WHERE the sub-samples (below).
-- fit_terms(fit): g::east:x and so on; differences are parts "difference: east - west". Hidden columns: those of fe_ols, for the stacked model.
-- References: Efron and Tibshirani (1993), ch. 15, for the permutation; Cleary (1999) for its use between groups of firms.

-- Homicide and unemployment, poverty: is the South another country?
SELECT term, group1, group2, round(difference, 4) AS difference, round(std_error, 4) AS std_error, round(p_value, 4) AS p_value, p_permutation
FROM fe_compare('castle', 'l_homicide ~ unemployrt + poverty | sid + year', 'by=(region = ''South''), reps=499, seed=1');

-- All pairs of regions, jointly
SELECT subject, round(statistic, 3) AS f, df1, df2, round(p_value, 4) AS p_value
FROM fit_tests(econ_fit('fe_compare', 'castle', 'l_homicide ~ unemployrt + poverty | sid + year', 'by=region'));

-- Two periods: states are in both, so that the two estimates are not independent, which the stacked model knows
SELECT term, group1, group2, round(difference, 4) AS difference, round(std_error, 4) AS std_error, round(p_value, 4) AS p_value
FROM fe_compare('castle', 'l_homicide ~ unemployrt + poverty | sid + year', 'by=(CASE WHEN year < 2005 THEN ''2000-2004'' ELSE ''2005-2010'' END)');

-- The heterogeneity table itself: a median split, one regression a half
WITH half AS (SELECT *, CASE WHEN ntile(2) OVER (ORDER BY poverty) = 2 THEN 'high' ELSE 'low' END AS poverty_half FROM castle)
SELECT poverty_half, round(fit_coef(fit, 'unemployrt'), 4) AS unemployrt, round(fit_se(fit, 'unemployrt'), 4) AS se, fit_stat(fit, 'nobs') AS n
FROM (SELECT poverty_half, fe_ols('l_homicide ~ unemployrt | sid + year', l_homicide, unemployrt, sid, year) AS fit FROM half GROUP BY poverty_half);

-- and the difference of its columns
SELECT term, group1, group2, round(difference, 4) AS difference, round(p_value, 4) AS p_value
FROM fe_compare('SELECT *, CASE WHEN ntile(2) OVER (ORDER BY poverty) = 2 THEN ''high'' ELSE ''low'' END AS poverty_half FROM castle', 'l_homicide ~ unemployrt | sid + year', 'by=poverty_half');
