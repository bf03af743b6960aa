-- panel_moran: are neighbours alike: Moran's I, global and local
--
--   SELECT * FROM panel_moran(source, variables, 'id=unit, time=year, weights=w')     one row for each variable and time; with local=1 one more for each unit
--   CREATE VIRTUAL TABLE temp.v USING panel_moran(source, variable, options)          the source's rows with spatial_lag, local_moran, local_p, quadrant
--
-- weights=: a table or view with the columns unit1, unit2, w (units as in id=, w from 0 up), weights=borders(a, b, miles) where they have other names, or a query in double
-- quotes: weights="SELECT ...". A pair stands there for one direction: with half of a symmetric matrix write SELECT a, b, w ... UNION ALL SELECT b, a, w ...
--
-- Columns: variable, time, type ('global', 'local'), id, moran, expected, std_error, statistic, p_value, p_permutation, quadrant, n.
--   global         (n / sum w) sum w_ij z_i z_j / sum z^2; expected is -1/(n - 1). Units without neighbours do not count in n
--   local          z_i / (sum z^2 / n) sum_j w_ij z_j, with its moments given z_i
--   quadrant       HH, LL, HL, LH: the unit and its neighbours' sum against the mean
--   p_permutation  with reps=R: the share of R random permutations (local: of the other units) at least as extreme, the observed one among them
-- In the virtual table spatial_lag is sum w_ij x_j, with style=row the mean of the neighbours: a regressor of spatial models. local_p is p_permutation where reps= is given.
--
-- Options (default first)
--   id=, time=               the unit; the time, where the source is a panel: each value on its own
--   weights=                 see above
--   style=row                each unit's weights divided by their sum (of the units that are there at that time); none: as they are
--   local=0                  1: rows of the units
--   assumption=randomisation normality: of the global std_error
--   alternative=two-sided    greater, less: of both p-values
--   reps=, seed=1            number and seed of permutations; progress=1 says on standard error how many are done
--   where=                   a SQL expression
--
-- A unit whose variable is NULL takes no part at that time. A unit twice at one time, a pair twice, a negative weight and a variable without spread are errors.
--
-- Reference: Moran (1950), Biometrika 37; Cliff and Ord (1981), Spatial Processes; Anselin (1995), Geographical Analysis 27; Sokal, Oden and Thomson (1998), Geographical Analysis 30.

-- States of a region as neighbours
CREATE TEMP TABLE w AS SELECT DISTINCT a.sid AS unit1, b.sid AS unit2, 1.0 AS w FROM castle a JOIN castle b ON a.region = b.region AND a.sid <> b.sid;
SELECT time, round(moran, 4) AS moran, round(statistic, 3) AS z, round(p_value, 6) AS p, p_permutation
FROM panel_moran('castle', 'l_homicide', 'id=sid, time=year, weights=w, reps=999') WHERE time % 5 = 0;

-- Where the clusters are
SELECT quadrant, count(*) AS states, sum(p_value < 0.05) AS significant FROM panel_moran('castle', 'l_homicide', 'id=sid, weights=w, local=1, where=year = 2010')
WHERE type = 'local' GROUP BY quadrant;

-- The neighbours' mean as a regressor
CREATE VIRTUAL TABLE temp.lagged USING panel_moran('castle', 'unemployrt', 'id=sid, time=year, weights=w');
SELECT term, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error FROM fe_ols('SELECT * FROM temp.lagged', 'l_homicide ~ unemployrt + spatial_lag | sid + year');
