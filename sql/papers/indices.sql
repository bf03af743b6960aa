-- An index panel from raw indicators
--
-- Public capital and prosperity of 48 US states, 1970-1986 (munnell; Munnell 1990, as linearmodels ships it).
-- sqlite3 build/demo.db '.load dist/econ' '.read sql/papers/indices.sql'
-- From holes to the finished table: interpolate, winsorise, weigh by entropy, principal components, TOPSIS, and what the choice of method changes.

--# Raw indicators, and holes in them

-- Six indicators: three kinds of public capital, private capital and output per worker, and unemployment, of which less is better. The shipped table is complete. One number
-- in twelve is taken out by a seed, inside the years and at their ends; the true ones stay in `complete`, so that the filling can be judged.
CREATE TEMP TABLE complete AS
SELECT STATE AS state, YR AS year, HWY / EMP AS roads, WATER / EMP AS water, UTIL / EMP AS other_public, PC / EMP AS private, GSP / EMP AS output, UNEMP AS unemployment FROM munnell;
CREATE TEMP TABLE raw AS
SELECT state, year, CASE WHEN econ_uniform(1, rowid) > 1 / 12. THEN roads END AS roads, CASE WHEN econ_uniform(2, rowid) > 1 / 12. THEN water END AS water, other_public, private,
       CASE WHEN econ_uniform(3, rowid) > 1 / 12. THEN output END AS output, unemployment FROM complete;
SELECT variable, n, round(mean, 3) AS mean, round(sd, 3) AS sd, round(min, 3) AS min, round(p50, 3) AS median, round(max, 3) AS max, round(sd_between, 3) AS between_states, round(sd_within, 3) AS within_states
FROM panel_describe('raw', 'roads, water, other_public, private, output, unemployment', 'id=state');

--# Holes filled and tails drawn in

-- Straight lines inside each state over time, on beyond the ends; then the outermost percent on both sides becomes the 1st and the 99th percentile.
CREATE VIRTUAL TABLE temp.ready USING panel_prepare('raw', '',
  'id=state, time=year, interpolate(roads water output, extrapolate=1), winsor(interpolate_roads interpolate_water interpolate_output other_public private unemployment, .01)');
SELECT name, n, n_null_before, n_null_after, changed, round(low, 3) AS low, round(high, 3) AS high
FROM panel_prepare('raw', '', 'id=state, time=year, interpolate(roads water output, extrapolate=1), winsor(interpolate_roads interpolate_water interpolate_output other_public private unemployment, .01)');
-- How good are the filled numbers? Against the true ones, which the panel never saw
SELECT 'roads' AS indicator, count(*) AS filled, round(avg(abs(r.interpolate_roads / c.roads - 1)), 4) AS mean_error, round(max(abs(r.interpolate_roads / c.roads - 1)), 4) AS worst
FROM ready r JOIN complete c USING (state, year) WHERE r.roads IS NULL
UNION ALL SELECT 'water', count(*), round(avg(abs(r.interpolate_water / c.water - 1)), 4), round(max(abs(r.interpolate_water / c.water - 1)), 4)
FROM ready r JOIN complete c USING (state, year) WHERE r.water IS NULL
UNION ALL SELECT 'output', count(*), round(avg(abs(r.interpolate_output / c.output - 1)), 4), round(max(abs(r.interpolate_output / c.output - 1)), 4)
FROM ready r JOIN complete c USING (state, year) WHERE r.output IS NULL;
CREATE TEMP TABLE clean AS
SELECT state, year, winsor_interpolate_roads AS roads, winsor_interpolate_water AS water, winsor_other_public AS other_public, winsor_private AS private,
       winsor_interpolate_output AS output, winsor_unemployment AS unemployment FROM ready;
SELECT corr_table(var1, var2, r, p_value) FROM panel_correlate('clean', 'roads, water, other_public, private, output, unemployment');

--# Entropy weights

CREATE VIRTUAL TABLE temp.by_entropy USING entropy_index('clean', 'infrastructure: roads, water, other_public; economy: private, output, -unemployment', 'levels=nested');
SELECT dimension, indicator, direction, round(entropy, 4) AS entropy, round(divergence, 4) AS divergence, round(weight, 4) AS weight, round(dimension_weight, 4) AS dimension_weight
FROM entropy_index('clean', 'infrastructure: roads, water, other_public; economy: private, output, -unemployment', 'levels=nested');

--# Principal components

CREATE VIRTUAL TABLE temp.by_pca USING pca_index('clean', 'roads, water, other_public, private, output, -unemployment');
SELECT component, round(eigenvalue, 4) AS eigenvalue, round(share, 4) AS share, kept, group_concat(indicator || ' ' || round(loading, 3), ', ') AS loadings
FROM pca_index('clean', 'roads, water, other_public, private, output, -unemployment') GROUP BY component;
SELECT test, subject, round(statistic, 3) AS statistic, df1, CASE WHEN p_value IS NOT NULL THEN printf('%.2g', p_value) END AS p_value
FROM fit_tests(econ_fit('pca_index', 'clean', 'roads, water, other_public, private, output, -unemployment')) WHERE test <> 'msa';

--# TOPSIS

CREATE VIRTUAL TABLE temp.by_topsis USING topsis_index('clean', 'roads, water, other_public, private, output, -unemployment', 'norm=l2');
SELECT indicator, round(weight, 4) AS weight FROM topsis_index('clean', 'roads, water, other_public, private, output, -unemployment', 'norm=l2');

--# The index panel

CREATE TEMP TABLE index_panel AS
SELECT e.state, e.year, e.score AS entropy, e.score_infrastructure AS infrastructure, e.score_economy AS economy, p.score AS pca, t.score AS topsis
FROM by_entropy e JOIN by_pca p ON p.state = e.state AND p.year = e.year JOIN by_topsis t ON t.state = e.state AND t.year = e.year;
SELECT variable, n, round(mean, 4) AS mean, round(sd, 4) AS sd, round(min, 4) AS min, round(max, 4) AS max, round(sd_between, 4) AS between_states, round(sd_within, 4) AS within_states
FROM panel_describe('index_panel', 'entropy, infrastructure, economy, pca, topsis', 'id=state');
-- The first and the last five states of the last year, by the entropy index, with their places by the others
WITH places AS (SELECT state, entropy, rank() OVER (ORDER BY entropy DESC) AS by_entropy, rank() OVER (ORDER BY pca DESC) AS by_pca, rank() OVER (ORDER BY topsis DESC) AS by_topsis
                FROM index_panel WHERE year = 1986)
SELECT state, round(entropy, 4) AS entropy, by_entropy, by_pca, by_topsis FROM places WHERE by_entropy <= 5 OR by_entropy > 43 ORDER BY by_entropy;

--# Does the method matter?

-- Rank correlations of the three indices, over all rows and within years
SELECT var1, var2, round(r, 4) AS spearman, n FROM panel_correlate('index_panel', 'entropy, pca, topsis', 'method=spearman') WHERE var1 <> var2;
SELECT by_value AS year, var1, var2, round(r, 4) AS spearman FROM panel_correlate('index_panel', 'entropy, pca, topsis', 'method=spearman, by=year') WHERE var1 <> var2 AND by_value IN (1970, 1978, 1986);
-- And with the numbers that were taken out put back: what filling changed in the entropy index
CREATE VIRTUAL TABLE temp.never_holed USING panel_prepare('complete', '', 'id=state, time=year, winsor(roads water output other_public private unemployment, .01)');
CREATE VIRTUAL TABLE temp.by_truth USING entropy_index('never_holed',
  'infrastructure: winsor_roads, winsor_water, winsor_other_public; economy: winsor_private, winsor_output, -winsor_unemployment', 'levels=nested');
CREATE TEMP TABLE both AS SELECT i.entropy AS with_holes_filled, b.score AS without_holes FROM index_panel i JOIN by_truth b ON b.state = i.state AND b.year = i.year;
SELECT var1, var2, round(r, 4) AS spearman, n FROM panel_correlate('both', 'with_holes_filled, without_holes', 'method=spearman') WHERE var1 <> var2;
-- The second component weighs low unemployment negatively, against its direction: in the recession of 1982-83 the PCA index rises where the entropy index does not. Components follow
-- correlations; a weight that is meant to be positive must be looked at before PCA stands in for it.
SELECT plot_line(year, value, method, 'title=Three indices over time, ylabel=mean over states (z-score)')
FROM (SELECT year, method, avg(z) AS value FROM
       (SELECT year, 'entropy' AS method, (entropy - avg(entropy) OVER ()) / m.s AS z FROM index_panel, (SELECT sd AS s FROM panel_describe('index_panel', 'entropy')) m
        UNION ALL SELECT year, 'PCA', (pca - avg(pca) OVER ()) / m.s FROM index_panel, (SELECT sd AS s FROM panel_describe('index_panel', 'pca')) m
        UNION ALL SELECT year, 'TOPSIS', (topsis - avg(topsis) OVER ()) / m.s FROM index_panel, (SELECT sd AS s FROM panel_describe('index_panel', 'topsis')) m)
      GROUP BY method, year ORDER BY method, year);
