-- pca_index: principal components, and a composite index from those that are kept
--
--   SELECT * FROM pca_index(source, indicators, options)                               one row for each component and indicator
--   CREATE VIRTUAL TABLE temp.v USING pca_index('source', 'indicators', 'options')     the source's rows and score, pc1, pc2, ...
--   SELECT g, pca_index(x1, x2, ...) FROM t GROUP BY g                                 a fit; fit_score(fit, x1, x2, ...) scores any row
--
-- Indicators as in entropy_index: x1, -x2, mid(7) x3, int(6,8) x4; dimensions may be written and do not matter.
--
-- Formula. z-scores with n - 1, a negative indicator with its sign turned, mid and int as minus the distance. Eigenvalues and unit-length eigenvectors of the
-- correlation matrix; share = eigenvalue / number of indicators; each component has the sign that makes its mean loading positive.
-- score = sum over kept components of share / (sum of kept shares) * pc: loadings times variance shares.
--
-- Options (default first)
--   keep=kaiser          components with eigenvalue above 1, at least one; cumulated: the first that reach cumulated=0.85 of the variance; all
--   components=N         the first N
--   where=               a SQL expression
--
-- Columns: component, eigenvalue, share, indicator, loading, kept (1, 0), note. Hidden: nobs, kept_components, kept_share, kmo. The fit's tests are kmo
-- (Kaiser-Meyer-Olkin), msa (the same for each indicator) and bartlett (H0: no correlations), NULL with a note where the correlation matrix is singular.
--
-- A row with NULL in an indicator takes no part and has NULL scores. A constant indicator is left out: NULL loadings and a note; all constant is an error.
--
-- Reference: Jolliffe (2002), Principal Component Analysis; Kaiser (1974), Psychometrika 39; Bartlett (1951), Biometrika 38.

SELECT component, round(eigenvalue, 4) AS eigenvalue, round(share, 4) AS share, indicator, round(loading, 4) AS loading
FROM pca_index('munnell', 'P_CAP, PC, GSP, EMP, -UNEMP') WHERE kept;

SELECT test, subject, round(statistic, 4) AS statistic, df1, p_value FROM fit_tests(econ_fit('pca_index', 'munnell', 'P_CAP, PC, GSP, EMP, -UNEMP'));

CREATE VIRTUAL TABLE temp.components USING pca_index('munnell', 'P_CAP, PC, GSP, EMP, -UNEMP', 'components=2');
SELECT STATE, YR, round(score, 4) AS score, round(pc1, 4) AS pc1, round(pc2, 4) AS pc2 FROM components ORDER BY components.score DESC LIMIT 3;
