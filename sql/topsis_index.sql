-- topsis_index: a composite index by closeness to the best row (TOPSIS)
--
--   SELECT * FROM topsis_index(source, indicators, options)                               the weights, as entropy_index gives them
--   CREATE VIRTUAL TABLE temp.v USING topsis_index('source', 'indicators', 'options')     the source's rows and score, distance_best, distance_worst
--   SELECT g, topsis_index(x1, x2, ...) FROM t GROUP BY g                                 a fit; fit_score(fit, x1, x2, ...) scores any row
--
-- Indicators, weights, dimensions, scopes, NULL and constant columns: all as in entropy_index.sql, so that one word turns one index into the other.
--
-- Formula. v is z of entropy_index (norm=minmax), x / sqrt(sum x^2) (norm=l2) or x (norm=none); with l2 and none mid() and int() enter as z. The best of an
-- indicator is its largest v, for a negative one with l2 and none its smallest; the worst is the other end. distance_best = sqrt(sum w^2 (v - best)^2),
-- distance_worst likewise, score = distance_worst / (distance_best + distance_worst).
--
-- Options: norm=minmax|l2|none, and those of entropy_index: method, levels, scope, zero, shift, range, where.
--
-- Reference: Hwang, Yoon (1981), Multiple Attribute Decision Making.

CREATE VIRTUAL TABLE temp.close USING topsis_index('munnell', 'P_CAP, PC, GSP, -UNEMP', 'norm=l2');
SELECT STATE, YR, round(score, 4) AS score, round(distance_best, 5) AS to_best, round(distance_worst, 5) AS to_worst FROM close ORDER BY close.score DESC LIMIT 3;

-- Does the order of the states depend on the method?
CREATE VIRTUAL TABLE temp.entropy USING entropy_index('munnell', 'P_CAP, PC, GSP, -UNEMP');
CREATE TEMP VIEW both AS SELECT c.STATE, c.YR, c.score AS topsis, e.score AS entropy FROM close c JOIN entropy e ON e.STATE = c.STATE AND e.YR = c.YR;
SELECT var1, var2, round(r, 4) AS rank_correlation, n FROM panel_correlate('SELECT * FROM both', 'topsis, entropy', 'method=spearman') WHERE var1 <> var2;
