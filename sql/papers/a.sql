-- Paper A: digital trade and new quality productivity
--
-- 30 provinces, 2014-2022. The paper's data are not public. This script simulates a panel to the figures that the paper prints, and then does the paper again, table by table:
-- ours beside the paper's. The simulation (seed 1) is linear algebra, not luck: least squares is linear in its outcome, so the outcome is put together
-- from components (digital trade, a control, province means, year means, noise without any part of these), each with the weight that gives one printed
-- coefficient: the two-way model with controls and its slope by region, then the one without controls, then the pooled one. The indicators behind both
-- indices are the indices with noise; the entropy method finds the indices again.
-- sqlite3 :memory: '.load dist/econ' '.read sql/papers/a.sql', or `make papers` for one page of all papers.

--# A panel with the paper's figures (simulated)

CREATE TEMP TABLE province AS
WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 30)
SELECT id AS prov, CASE WHEN id <= 12 THEN 'east' WHEN id <= 21 THEN 'centre' ELSE 'west' END AS region, id IN (1, 2, 9, 22) AS municipality FROM n;

-- Digital trade: right-skewed, richer in the east, growing. The controls have the printed means and deviations.
CREATE TEMP TABLE raw AS
WITH RECURSIVE y(year) AS (SELECT 2014 UNION ALL SELECT year + 1 FROM y WHERE year < 2022)
SELECT prov, region, municipality, year,
  exp(-2.6 + (region = 'east') * .55 + .95 * econ_normal(1, 1, prov) + (.08 + .05 * econ_normal(1, 22, prov)) * (year - 2018) + .11 * econ_normal(1, 2, prov, year)) AS trade,
  econ_normal(1, 3, prov) + .2 * (year - 2018) / 4.0 + .3 * econ_normal(1, 4, prov, year) AS ie,
  econ_normal(1, 5, prov) + .3 * econ_normal(1, 6, prov, year) AS fiei,
  econ_normal(1, 7, prov) + .2 * econ_normal(1, 8, prov, year) AS lp,
  econ_normal(1, 9, prov) + .2 * econ_normal(1, 10, prov, year) AS lf,
  econ_normal(1, 11, prov) + .3 * econ_normal(1, 12, prov, year) AS iev,
  .8 * econ_normal(1, 13, prov) + .3 * (year - 2018) / 4.0 + .25 * econ_normal(1, 14, prov, year) AS ul,
  econ_normal(1, 15, prov) + .3 * econ_normal(1, 16, prov, year) AS il,
  econ_normal(1, 17, prov, year) AS noise, econ_normal(1, 20, prov, year) AS noise2, econ_normal(1, 21, prov, year) AS noise3, econ_normal(1, 18, prov) AS mu, econ_uniform(1, 23, prov) + .02 * (year - 2014) AS talent, econ_normal(1, 19, year) AS delta
FROM province, y;

CREATE VIRTUAL TABLE temp.z USING panel_prepare('raw', '', 'id=prov, time=year, zscore(trade ie fiei lp lf iev ul il)');
CREATE TEMP TABLE controls AS
SELECT prov, region, municipality, year, .143 + .131 * zscore_trade AS dt, 10.12 + 1.125 * zscore_ie AS ie, 11.73 + 1.414 * zscore_fiei AS fiei, 8.215 + .742 * zscore_lp AS lp,
  .260 + .109 * zscore_lf AS lf, 17.82 + 1.602 * zscore_iev AS iev, .620 + .110 * (.85 * zscore_ul + .5 * zscore_trade) AS ul, .317 + .073 * zscore_il AS il, talent, noise, noise2, noise3, mu, delta
FROM z;
DROP TABLE temp.z;

-- Noise without any part of trade, the controls and the effects, nor in any of the paper's sub-samples; a second one without any part of the first, for the
-- mechanism
CREATE TEMP TABLE samples AS SELECT c.*, year <= 2016 AS early, ul > middle AS urban FROM controls c, (SELECT p50 AS middle FROM panel_describe('controls', 'ul'));
CREATE VIRTUAL TABLE temp.clean USING fe_ols('samples', 'noise ~ i(region, dt) + i(early, dt) + i(municipality, dt) + i(urban, dt) + ie + fiei + lp + lf + iev + ul + il | prov + region^year + early^prov + urban^year');
CREATE TEMP TABLE noisy AS SELECT prov, region, municipality, year, dt, ie, fiei, lp, lf, iev, ul, il, talent, noise2, noise3, mu, delta, residual AS e FROM clean;
DROP TABLE temp.clean;
CREATE VIRTUAL TABLE temp.clean USING fe_ols('noisy', 'noise2 ~ e + dt + ie + fiei + lp + lf + iev + ul + il | prov + year');
CREATE TEMP TABLE parts AS
SELECT c.*, residual AS e2, avg(dt) OVER (PARTITION BY prov) AS dt_prov, avg(dt) OVER (PARTITION BY year) AS dt_year FROM clean c;
DROP TABLE temp.clean;

-- The weights, one after the other: each is the printed coefficient less what the components so far give, over what its own component gives.
CREATE TEMP TABLE weight(name TEXT, value REAL);
-- The slope differs by region as Table 8 prints it; dt itself has what is left of .3846.
CREATE TEMP TABLE sloped AS SELECT *, dt * CASE region WHEN 'east' THEN -.016 WHEN 'centre' THEN -.159 ELSE .009 END - dt * municipality * .12 AS regional FROM parts;
-- The constant of Table 5, mean(y) - mean(x)'b, is where the controls' slopes put it: each has one in proportion to mean / variance, the least that moves it
CREATE TEMP TABLE lifted AS
SELECT *, .0168 * (ie - 10.12) + .0123 * (fiei - 11.73) + .0313 * (lp - 8.215) + .0459 * (lf - .260) + .0146 * (iev - 17.82) + .125 * (il - .317) AS lift FROM sloped;
DROP TABLE sloped;
ALTER TABLE lifted RENAME TO sloped;
INSERT INTO weight SELECT 'dt', .3846 - estimate FROM fe_ols('sloped', 'regional ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year') WHERE term = 'dt';
INSERT INTO weight SELECT 'ul', (.4467 - w.value - r.estimate - l.estimate) / u.estimate
FROM fe_ols('sloped', 'ul ~ dt | prov + year') u, fe_ols('sloped', 'regional ~ dt | prov + year') r, fe_ols('sloped', 'lift ~ dt | prov + year') l, weight w
WHERE u.term = 'dt' AND r.term = 'dt' AND l.term = 'dt' AND w.name = 'dt';
INSERT INTO weight VALUES ('dt_year', 1.4);
CREATE TEMP TABLE partial AS
SELECT p.*, -0.1659 + (SELECT value FROM weight WHERE name = 'dt') * dt + regional + lift + (SELECT value FROM weight WHERE name = 'ul') * ul + (SELECT value FROM weight WHERE name = 'dt_year') * dt_year + .004 * mu + .003 * delta + .0285 * e AS y FROM sloped p;
INSERT INTO weight SELECT 'dt_prov', (.7500 - a.estimate) / b.estimate FROM fe_ols('partial', 'y ~ dt') a, fe_ols('partial', 'dt_prov ~ dt') b WHERE a.term = 'dt' AND b.term = 'dt';
CREATE TEMP TABLE latent AS
SELECT p.*, y + (SELECT value FROM weight WHERE name = 'dt_prov') * dt_prov AS nqp FROM partial p;

-- Indicators: 18 behind the outcome, 16 behind digital trade, each with its own scale and a little noise
CREATE TEMP TABLE indicators AS
SELECT prov, region, municipality, year, dt AS latent_dt, nqp AS latent_nqp, ie, fiei, lp, lf, iev, ul, il, talent, e,
  83.573 * dt + 6.22 * e + 6.63 * e2 AS dti, noise3,
  nqp * 3 + .002 * econ_normal(2, 1, prov, year) AS x1, nqp * 50 + .05 * econ_normal(2, 2, prov, year) AS x2, nqp + .001 * econ_normal(2, 3, prov, year) AS x3,
  9 + nqp + .001 * econ_normal(2, 4, prov, year) AS x4, nqp * 7 + .01 * econ_normal(2, 5, prov, year) AS x5, nqp + .001 * econ_normal(2, 6, prov, year) AS x6,
  nqp * 2 + .002 * econ_normal(2, 7, prov, year) AS x7, 100 + 9 * nqp + .01 * econ_normal(2, 8, prov, year) AS x8, nqp + .001 * econ_normal(2, 9, prov, year) AS x9,
  nqp * .4 + .001 * econ_normal(2, 10, prov, year) AS x10, nqp + .001 * econ_normal(2, 11, prov, year) AS x11, nqp * 12 + .02 * econ_normal(2, 12, prov, year) AS x12,
  nqp + .001 * econ_normal(2, 13, prov, year) AS x13, nqp * 5 + .01 * econ_normal(2, 14, prov, year) AS x14, nqp + .001 * econ_normal(2, 15, prov, year) AS x15,
  nqp * 3 + .004 * econ_normal(2, 16, prov, year) AS x16, 4 + nqp + .001 * econ_normal(2, 17, prov, year) AS x17, nqp * 8 + .01 * econ_normal(2, 18, prov, year) AS x18,
  dt * 4 + .005 * econ_normal(2, 21, prov, year) AS p1, dt + .001 * econ_normal(2, 22, prov, year) AS p2, dt * 30 + .03 * econ_normal(2, 23, prov, year) AS p3, dt + .001 * econ_normal(2, 24, prov, year) AS p4,
  dt + .001 * econ_normal(2, 25, prov, year) AS v1, dt * 9 + .01 * econ_normal(2, 26, prov, year) AS v2, 3 + dt + .001 * econ_normal(2, 27, prov, year) AS v3, dt + .001 * econ_normal(2, 28, prov, year) AS v4,
  dt * 2 + .002 * econ_normal(2, 29, prov, year) AS s1, dt + .001 * econ_normal(2, 30, prov, year) AS s2, dt * 6 + .01 * econ_normal(2, 31, prov, year) AS s3, dt + .001 * econ_normal(2, 32, prov, year) AS s4,
  dt + .001 * econ_normal(2, 33, prov, year) AS t1, dt * 11 + .01 * econ_normal(2, 34, prov, year) AS t2, dt + .001 * econ_normal(2, 35, prov, year) AS t3, 8 - dt + .001 * econ_normal(2, 36, prov, year) AS t4
FROM latent;

--# Table 2: weights of the index of new quality productivity

SELECT indicator, dimension, direction, round(entropy, 4) AS entropy, round(divergence, 4) AS divergence, round(weight, 4) AS weight
FROM entropy_index('indicators', 'workers: x1, x2, x3, x4, x5, x6; objects: x7, x8, x9, x10; materials: x11, x12, x13, x14, x15, x16; support: x17, x18');

--# Table 3: weights of the index of digital trade

SELECT indicator, dimension, direction, round(entropy, 4) AS entropy, round(divergence, 4) AS divergence, round(weight, 4) AS weight
FROM entropy_index('indicators', 'potential: p1, p2, p3, p4; environment: v1, v2, v3, v4; structure: s1, s2, s3, s4; technology: t1, t2, t3, -t4');

--# The panel of the paper: both indices from their indicators, and the controls

CREATE VIRTUAL TABLE temp.nqp USING entropy_index('indicators', 'workers: x1, x2, x3, x4, x5, x6; objects: x7, x8, x9, x10; materials: x11, x12, x13, x14, x15, x16; support: x17, x18', 'range=0.0311:0.7132');
CREATE VIRTUAL TABLE temp.trade USING entropy_index('indicators', 'p1, p2, p3, p4, v1, v2, v3, v4, s1, s2, s3, s4, t1, t2, t3, -t4', 'range=0.0131:0.8318');
CREATE TEMP TABLE panel AS
SELECT n.prov, n.region, n.municipality, n.year, n.score AS nqp, t.score AS dt, n.ie, n.fiei, n.lp, n.lf, n.iev, n.ul, n.il, n.talent, n.dti, n.noise3 AS noise
FROM temp.nqp n JOIN temp.trade t USING (prov, year);
-- A second instrument: history times broadband; and the index by principal components
CREATE TEMP TABLE instrumented AS SELECT *, dt + .09 * noise AS history FROM panel;
CREATE VIRTUAL TABLE temp.pca USING pca_index('indicators', 'x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17, x18');
CREATE VIRTUAL TABLE temp.pca_trade USING pca_index('indicators', 'p1, p2, p3, p4, v1, v2, v3, v4, s1, s2, s3, s4, t1, t2, t3, -t4');
-- What scale the paper's components have it does not say. Digital trade's stand here on that of its entropy index; productivity's with a deviation of 1.14, as 4.1462 / .3846 times the
-- index's .106 has it
CREATE TEMP TABLE both AS SELECT p.*, i.score AS y, t.score AS x FROM panel p JOIN temp.pca i USING (prov, year) JOIN temp.pca_trade t USING (prov, year);
CREATE VIRTUAL TABLE temp.standard USING panel_prepare('both', '', 'zscore(y x)');
CREATE TEMP TABLE with_pca AS SELECT prov, year, nqp, dt, 1.14 * zscore_y AS nqp_pca, .143 + .131 * zscore_x AS dt_pca, ie, fiei, lp, lf, iev, ul, il FROM temp.standard;
CREATE VIRTUAL TABLE temp.cut USING panel_prepare('panel', '', 'id=prov, time=year, winsor(nqp dt, .01)');

CREATE TEMP TABLE printed(place TEXT, model TEXT, term TEXT, estimate REAL, std_error REAL, n INTEGER);
INSERT INTO printed VALUES
  ('Table 5', 'pooled', 'dt', .7500, .0403, 270), ('Table 5', 'two-way', 'dt', .4467, .0325, 270), ('Table 5', 'province effects, controls', 'dt', .5119, .0478, 270),
  ('Table 5', 'two-way, controls', 'dt', .3846, .0351, 270), ('Table 5', 'two-way, controls', 'constant', -.9272, .4348, 270),
  ('Table 6', 'lag: first stage', 'l(dt)', .9007, .0369, 240), ('Table 6', 'lag: second stage', 'dt', .4154, .0338, 240), ('Table 6', 'history: second stage', 'dt', .3909, .0328, 240),
  ('Table 7', 'components of trade', 'dt_pca', .4274, .1155, 270), ('Table 7', 'components of productivity', 'dt', 4.1462, .6184, 270), ('Table 7', 'winsorised', 'dt', .4043, .0344, 270), ('Table 7', 'without municipalities', 'dt', .4413, .0265, 234), ('Table 7', '2014-2016', 'dt', .2982, .0695, 90),
  ('Table 7', '2017-2022', 'dt', .3826, .0646, 180),
  ('Table 8', 'east', 'dt', .3686, .0398, 108), ('Table 8', 'centre', 'dt', .2256, .1412, 81), ('Table 8', 'west', 'dt', .3935, .0791, 81),
  ('Table 9', 'low urbanisation', 'dt', .3079, .1089, 157), ('Table 9', 'high urbanisation', 'dt', .3369, .0505, 113),
  ('Table 9', 'high industrial structure', 'dt', .4442, NULL, NULL), ('Table 9', 'low industrial structure', 'dt', .3813, NULL, NULL), ('Table 9', 'scarce talent', 'dt', .3865, NULL, NULL), ('Table 9', 'abundant talent', 'dt', .4555, NULL, NULL),
  ('Table 10', 'mechanism', 'dt', 83.573, 16.079, 270), ('Table 10', 'with mechanism', 'dt', .2418, .0326, 270), ('Table 10', 'with mechanism', 'dti', .0017, .0002, 270);
CREATE TEMP TABLE models(place TEXT, model TEXT, fit TEXT);

--# Table 4: descriptive statistics, ours beside the paper's

CREATE TEMP TABLE moments(variable TEXT, mean REAL, p50 REAL, sd REAL, min REAL, max REAL);
INSERT INTO moments VALUES ('nqp', .221, .190, .106, .078, .606), ('dt', .143, .097, .131, .018, .796), ('ie', 10.12, 10.17, 1.125, 7.189, 12.67), ('fiei', 11.73, 11.63, 1.414, 8.038, 15.55),
  ('lp', 8.215, 8.283, .742, 6.356, 9.448), ('lf', .260, .230, .109, .105, .753), ('iev', 17.82, 17.84, 1.602, 12.71, 20.97), ('ul', .620, .605, .110, .403, .893), ('il', .317, .322, .073, .100, .499);
SELECT d.variable, d.n, round(d.mean, 3) AS mean, m.mean AS printed, round(d.p50, 3) AS p50, m.p50 AS printed, round(d.sd, 3) AS sd, m.sd AS printed, round(d.min, 3) AS min, m.min AS printed, round(d.max, 3) AS max, m.max AS printed
FROM panel_describe('panel', 'nqp, dt, ie, fiei, lp, lf, iev, ul, il') d JOIN moments m USING (variable);

--# Table 5: the baseline

INSERT INTO models VALUES
  ('Table 5', 'pooled', econ_fit('fe_ols', 'panel', 'nqp ~ dt', 'vcov=hc1')),
  ('Table 5', 'two-way', econ_fit('fe_ols', 'panel', 'nqp ~ dt | prov + year', 'vcov=hc1')),
  ('Table 5', 'province effects, controls', econ_fit('fe_ols', 'panel', 'nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov', 'vcov=hc1')),
  ('Table 5', 'two-way, controls', econ_fit('fe_ols', 'panel', 'nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year', 'vcov=hc1'));
SELECT fit_table(model, fit, 'under=se, keep=dt, constant=1') FROM models WHERE place = 'Table 5';

--# Table 6: instruments

INSERT INTO models VALUES
  ('Table 6', 'lag', econ_fit('fe_iv', 'panel', 'nqp ~ ie + fiei + lp + lf + iev + ul + il | prov + year | dt ~ l(dt)', 'vcov=hc1')),
  ('Table 6', 'history', econ_fit('fe_iv', 'instrumented', 'nqp ~ ie + fiei + lp + lf + iev + ul + il | prov + year | dt ~ history', 'vcov=hc1'));
SELECT fit_table(model, fit, 'under=se, keep=dt') FROM models WHERE place = 'Table 6';
CREATE TEMP TABLE strength(model TEXT, test TEXT, printed REAL);
INSERT INTO strength VALUES ('lag', 'kp_rk_lm', 28.61), ('lag', 'kp_rk_wald_f', 60.16), ('history', 'kp_rk_lm', 12.54), ('history', 'kp_rk_wald_f', 99.378);
SELECT model, t.test, printed, round(statistic, 2) AS ours, round(p_value, 4) AS p_value, critical, h0
FROM strength JOIN models USING (model), fit_tests(fit) t WHERE t.test = strength.test;

--# Table 7: robustness

INSERT INTO models VALUES
  ('Table 7', 'components of trade', econ_fit('fe_ols', 'with_pca', 'nqp ~ dt_pca + ie + fiei + lp + lf + iev + ul + il | prov + year', 'vcov=hc1')),
  ('Table 7', 'components of productivity', econ_fit('fe_ols', 'with_pca', 'nqp_pca ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year', 'vcov=hc1')),
  ('Table 7', 'winsorised', econ_fit('fe_ols', 'SELECT prov, year, winsor_nqp AS nqp, winsor_dt AS dt, ie, fiei, lp, lf, iev, ul, il FROM temp.cut', 'nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year', 'vcov=hc1')),
  ('Table 7', 'without municipalities', econ_fit('fe_ols', 'panel', 'nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year', 'vcov=hc1, where=NOT municipality')),
  ('Table 7', '2014-2016', econ_fit('fe_ols', 'panel', 'nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year', 'vcov=hc1, where=year <= 2016')),
  ('Table 7', '2017-2022', econ_fit('fe_ols', 'panel', 'nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year', 'vcov=hc1, where=year >= 2017'));
SELECT fit_table(model, fit, 'under=se, keep=(dt, dt_pca)') FROM models WHERE place = 'Table 7';

--# Tables 8 and 9: heterogeneity is a GROUP BY

INSERT INTO models SELECT 'Table 8', region, fe_ols('nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year; vcov=hc1', nqp, dt, ie, fiei, lp, lf, iev, ul, il, prov, year) FROM panel GROUP BY region;
INSERT INTO models SELECT 'Table 9', CASE WHEN ul > middle THEN 'high urbanisation' ELSE 'low urbanisation' END,
  fe_ols('nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year; vcov=hc1', nqp, dt, ie, fiei, lp, lf, iev, ul, il, prov, year)
FROM panel, (SELECT p50 AS middle FROM panel_describe('panel', 'ul')) GROUP BY 2;
INSERT INTO models SELECT 'Table 9', CASE WHEN il > middle THEN 'high industrial structure' ELSE 'low industrial structure' END,
  fe_ols('nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year; vcov=hc1', nqp, dt, ie, fiei, lp, lf, iev, ul, il, prov, year)
FROM panel, (SELECT p50 AS middle FROM panel_describe('panel', 'il')) GROUP BY 2;
INSERT INTO models SELECT 'Table 9', CASE WHEN talent > middle THEN 'abundant talent' ELSE 'scarce talent' END,
  fe_ols('nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year; vcov=hc1', nqp, dt, ie, fiei, lp, lf, iev, ul, il, prov, year)
FROM panel, (SELECT p50 AS middle FROM panel_describe('panel', 'talent')) GROUP BY 2;
SELECT fit_table(model, fit, 'under=se, keep=dt') FROM models WHERE place = 'Table 8';
SELECT fit_table(model, fit, 'under=se, keep=dt') FROM models WHERE place = 'Table 9';

--# Table 10: mechanism

INSERT INTO models VALUES
  ('Table 10', 'total', econ_fit('fe_ols', 'panel', 'nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year', 'vcov=hc1')),
  ('Table 10', 'mechanism', econ_fit('fe_ols', 'panel', 'dti ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year', 'vcov=hc1')),
  ('Table 10', 'with mechanism', econ_fit('fe_ols', 'panel', 'nqp ~ dt + dti + ie + fiei + lp + lf + iev + ul + il | prov + year', 'vcov=hc1'));
SELECT fit_table(model, fit, 'under=se, keep=(dt, dti), digits=4') FROM models WHERE place = 'Table 10';
SELECT effect, round(estimate, 4) AS estimate, round(std_error, 4) AS std_error, round(conf_low, 4) AS conf_low, round(conf_high, 4) AS conf_high
FROM fe_mediate('panel', 'nqp ~ dt + ie + fiei + lp + lf + iev + ul + il | prov + year', 'treat=dt, mediator=dti, vcov=hc1, reps=500, seed=1');

--# Ours beside the paper's

CREATE TEMP TABLE ours AS
SELECT place, CASE WHEN place <> 'Table 6' THEN model WHEN part IS NULL THEN model || ': second stage' ELSE model || ': first stage' END AS model, term, estimate, std_error, fit_stat(fit, 'nobs') AS n
FROM models, fit_terms(fit)
UNION ALL SELECT place, model, 'constant', fit_stat(fit, 'constant'), fit_stat(fit, 'constant_se'), fit_stat(fit, 'nobs') FROM models WHERE model = 'two-way, controls';
SELECT p.place, p.model, p.term, p.estimate AS printed, p.std_error AS printed_se, round(o.estimate, 4) AS ours, round(o.std_error, 4) AS our_se, p.n AS printed_n, o.n AS our_n,
  abs(o.estimate - p.estimate) <= 2 * o.std_error AS covers
FROM printed p LEFT JOIN ours o USING (place, model, term);
