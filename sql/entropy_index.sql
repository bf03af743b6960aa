-- entropy_index: a composite index from indicators, by entropy weights
--
--   SELECT * FROM entropy_index(source, indicators, options)                                    the weights, one row an indicator
--   CREATE VIRTUAL TABLE temp.v USING entropy_index('source', 'indicators', 'options')          the source's rows and score, score_DIM
--   SELECT g, entropy_index(x1, x2, ...) FROM t GROUP BY g                                      a fit for each group; also a window function
--   fit_score(fit, x1, x2, ...)                                                                 the score of any row by a fit
--
-- Indicators: x1, -x2, mid(7) x3, int(6,8) x4: more is better, less is better, best at 7, best between 6 and 8. In dimensions:
-- 'workers: x1, -x2; materials: x3'. An indicator is any SQL expression.
--
-- Formula. With the minimum and maximum of the scope, z = (x - min)/(max - min), or (max - x)/(max - min) for a negative one; for mid and int 1 less the
-- distance from the middle or the interval over the largest such distance. p = z / sum z; e = -(sum p ln p) / ln n, n all rows of the scope and
-- 0 ln 0 = 0; d = 1 - e; weight w = d / sum d; score = sum w z. So 0 <= e <= 1 always: a panel's entropies divide by ln(N T), not by ln T.
--
-- Options (default first)
--   method=entropy        w from d as above; critic: sd_j sum_k (1 - r_jk) of z, sd with n - 1; cv: sd / |mean| of the raw column; equal: 1. Column `divergence` has
--                         what the weights are in proportion to
--   levels=flat           all indicators at once; nested: weights within each dimension, then of the dimensions by their scores. In both the weights add
--                         up to 1 and score = sum w z; dimension_weight is the sum of its indicators' weights
--   scope=pooled          or a column (say year): minimum, maximum and weights within each of its values, one set of rows for each (scope_value)
--   zero=exact            0 ln 0 = 0; shift: z + shift first, for weights and scores alike. shift=0.0001
--   range=0:1             the range that z is scaled to
--   where=                a SQL expression
--
-- Columns: indicator, dimension, direction, n, minimum, maximum, entropy, divergence, weight, dimension_weight, dimension_entropy (nested), scope_value,
-- note. Of rows: score, and score_DIM for each dimension, which is the dimension's own score between 0 and 1.
--
-- A row with NULL in an indicator, or outside where=, takes no part and has a NULL score. A constant indicator has weight 0 and says so in `note`; all
-- constant is an error. A value of scope= with one row or only constants has NULL weights and a note. A row outside the range that the weights were
-- made on may score below 0 or above 1. A fit with scope= has no single score: keep a fit for each value by GROUP BY.
--
-- Reference: Shannon (1948); Zeleny (1982), Multiple Criteria Decision Making; CRITIC: Diakoulaki, Mavrotas, Papayannakis (1995), Computers & Operations Research 22.

SELECT indicator, dimension, direction, round(entropy, 4) AS entropy, round(weight, 4) AS weight, round(dimension_weight, 4) AS of_dimension
FROM entropy_index('munnell', 'capital: P_CAP, PC; output: GSP, -UNEMP', 'levels=nested');

-- Scores are columns of a virtual table
CREATE VIRTUAL TABLE temp.scored USING entropy_index('munnell', 'capital: P_CAP, PC; output: GSP, -UNEMP', 'levels=nested');
SELECT STATE, YR, round(score, 4) AS score, round(score_capital, 4) AS capital, round(score_output, 4) AS output FROM scored ORDER BY scored.score DESC LIMIT 3;

-- Four methods side by side: options are columns
SELECT method, indicator, round(weight, 4) AS weight FROM entropy_index('munnell', 'P_CAP, GSP, -UNEMP') WHERE method IN ('entropy', 'critic', 'cv', 'equal');

-- Weights within each year
SELECT scope_value AS year, indicator, round(weight, 4) AS weight FROM entropy_index('munnell', 'P_CAP, GSP, -UNEMP', 'scope=YR') WHERE scope_value IN (1970, 1986);

-- The weights of 1970, applied to all years
WITH base AS (SELECT entropy_index('P_CAP, GSP, -UNEMP', P_CAP, GSP, UNEMP) AS fit FROM munnell WHERE YR = 1970)
SELECT YR, round(avg(fit_score(fit, P_CAP, GSP, UNEMP)), 4) AS mean FROM munnell, base GROUP BY YR HAVING YR IN (1970, 1978, 1986);
