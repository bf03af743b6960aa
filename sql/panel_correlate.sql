-- panel_correlate: the correlation matrix, with tests
--
--   SELECT * FROM panel_correlate(source, variables, options)     the lower triangle with its diagonal, one row a pair
--
-- Columns: var1 (the row of the printed matrix), var2 (its column), r, n, statistic, p_value, by_value. On the diagonal r is 1 and there is no test.
--
-- Options (default first)
--   method=pearson     t = r sqrt((n - 2)/(1 - r^2)), Student's t with n - 2
--          spearman    Pearson's r of ranks, ties share their mean rank; statistic S = (n^3 - n)(1 - r)/6, p from the same t
--          kendall     tau-b; statistic z with the variance for ties, normal p, no continuity correction. All three are R's cor.test with exact = FALSE
--   missing=listwise   rows with NULL in any variable are left out; pairwise: only of the pairs that they touch
--   by=                a column: a matrix for each of its values
--   where=             a SQL expression
--
-- A constant variable has no correlation: r is NULL. Fewer than three rows: no test.
--
-- Reference: Knight (1966), JASA 61, for tau in n log n; Kendall (1970), Rank Correlation Methods, 4.4.

SELECT var1, var2, round(r, 3) AS r, n, round(p_value, 4) AS p_value FROM panel_correlate('castle', 'l_homicide, post, unemployrt, poverty') WHERE var1 <> var2;

SELECT method, round(r, 4) AS r, statistic, p_value FROM panel_correlate('grunfeld', 'invest, value')
WHERE method IN ('pearson', 'spearman', 'kendall') AND var1 <> var2;

-- By region, with all the rows that each pair has
SELECT by_value AS region, var1, var2, round(r, 3) AS r, n FROM panel_correlate('castle', 'l_homicide, robbery_gun_r', 'by=region, missing=pairwise') WHERE var1 <> var2;
