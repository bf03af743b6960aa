-- Paper B: artificial intelligence and new quality productive forces. 30 provinces x 12 years (2011-2022).
--
-- Simulated (seed 2) to the printed figures, then done again, ours beside the paper's. The controls are made without any part of the regressor within
-- provinces and years but for urbanisation, whose part is what takes the coefficient from .00212 with controls to .00117 without; the outcome has the
-- printed coefficients and noise without any part of the regressors.
-- sqlite3 :memory: '.load dist/econ' '.read sql/papers/b.sql', or `make papers`.

--# A panel with the paper's figures (simulated)

CREATE TEMP TABLE raw AS
WITH RECURSIVE p(prov) AS (SELECT 1 UNION ALL SELECT prov + 1 FROM p WHERE prov < 30), y(year) AS (SELECT 2011 UNION ALL SELECT year + 1 FROM y WHERE year < 2022)
SELECT prov, year, CASE WHEN prov <= 12 THEN 'east' WHEN prov <= 21 THEN 'centre' ELSE 'west' END AS region, prov IN (1, 2, 9, 22) AS municipality,
  exp(1.9 + .6 * econ_normal(2, 1, prov) + (.10 + .04 * econ_normal(2, 2, prov)) * (year - 2016.5) + .15 * econ_normal(2, 3, prov, year)) AS ai,
  econ_normal(2, 4, prov) AS a1, econ_normal(2, 5, prov) AS a2, exp(2 * econ_normal(2, 6, prov)) AS a3, econ_normal(2, 7, prov) AS a4, econ_normal(2, 8, prov) AS a5, econ_normal(2, 9, prov) AS a6,
  econ_normal(2, 14, prov, year) AS z1, econ_normal(2, 15, prov, year) AS z2, econ_normal(2, 16, prov, year) AS z3, econ_normal(2, 17, prov, year) AS z4, econ_normal(2, 18, prov, year) AS z5,
  econ_normal(2, 19, prov, year) AS z6, econ_normal(2, 20, prov, year) AS z7, econ_normal(2, 21, prov) AS mu
FROM p, y;
CREATE VIRTUAL TABLE temp.s USING panel_prepare('raw', '', 'id=prov, time=year, zscore(ai)');
CREATE TEMP TABLE scaled AS SELECT raw.*, 11.208 + 10.493 * zscore_ai AS rgzn FROM raw JOIN temp.s USING (prov, year);
DROP TABLE temp.s;
-- Each control: its province part, and what of its noise is orthogonal to the regressor within provinces and years
CREATE VIRTUAL TABLE temp.v1 USING fe_ols('scaled', 'z1 ~ rgzn | prov + year');
CREATE VIRTUAL TABLE temp.v2 USING fe_ols('scaled', 'z2 ~ rgzn | prov + year');
CREATE VIRTUAL TABLE temp.v3 USING fe_ols('scaled', 'z3 ~ rgzn | prov + year');
CREATE VIRTUAL TABLE temp.v4 USING fe_ols('scaled', 'z4 ~ rgzn | prov + year');
CREATE VIRTUAL TABLE temp.v5 USING fe_ols('scaled', 'z5 ~ rgzn | prov + year');
CREATE TEMP TABLE controls AS
SELECT s.prov, s.year, s.region, s.municipality, s.rgzn, .620 + .115 * s.a1 + .016 * v1.residual - .001675 * s.rgzn AS urban, 1.357 + .68 * s.a2 + .2 * v2.residual AS ind,
  .3 * s.a3 + 1.4 * v3.residual AS fdi, .281 + .27 * s.a4 + .05 * v4.residual AS open, .259 + .10 * s.a5 + .030 * v5.residual AS fin, s.z6, s.z7, s.mu, s.a6
FROM scaled s JOIN temp.v1 USING (prov, year) JOIN temp.v2 USING (prov, year) JOIN temp.v3 USING (prov, year) JOIN temp.v4 USING (prov, year) JOIN temp.v5 USING (prov, year);
CREATE VIRTUAL TABLE temp.v6 USING fe_ols('controls', 'z6 ~ rgzn + urban + ind + fdi + open + fin + i(region, rgzn) + i(municipality, rgzn) | prov + region^year');
CREATE TEMP TABLE noisy AS SELECT c.*, v6.residual AS u FROM controls c JOIN temp.v6 USING (prov, year);
CREATE VIRTUAL TABLE temp.v7 USING fe_ols('noisy', 'z7 ~ u + rgzn + urban + ind + fdi + open + fin + i(region, rgzn) + i(municipality, rgzn) | prov + region^year');
-- Mechanism: tec has .00953 of the regressor; the outcome .0145 of tec, so that the total is .00212. Beyond fin = .35 the slope is higher.
CREATE TEMP TABLE latent AS
SELECT n.prov, n.year, n.region, n.municipality, n.rgzn, n.urban, n.ind, n.fdi, n.open, n.fin, 10.72 + 1.35 * n.a6 + .00953 * n.rgzn + .36 * n.u AS tec, n.mu, v7.residual AS e,
  .0020 * n.rgzn * (n.fin > .35) AS beyond
FROM noisy n JOIN temp.v7 USING (prov, year);
CREATE TEMP TABLE panel AS
SELECT l.*, -.055 + .11 * mu + (.00212 - .0145 * .00953 - w.estimate) * rgzn + beyond + .567 * urban + .00108 * fdi - .155 * fin + .0145 * (tec - 10.72) + .0345 * e AS newqua
FROM latent l, (SELECT estimate FROM fe_ols('latent', 'beyond ~ rgzn + urban + ind + fdi + open + fin | prov + year') WHERE term = 'rgzn') w;

CREATE TEMP TABLE printed(place TEXT, model TEXT, term TEXT, estimate REAL, std_error REAL, n INTEGER);
INSERT INTO printed VALUES
  ('Table 5', 'two-way', 'rgzn', .00117, .000526, 360), ('Table 5', 'with controls', 'rgzn', .00212, .00055, 360), ('Table 5', 'with controls', 'urban', .567, .121, 360),
  ('Table 5', 'with controls', 'fdi', .00108, .000382, 360), ('Table 5', 'with controls', 'fin', -.155, .067, 360),
  ('Table 6', 'lagged', 'l(rgzn)', .00179, .00067, 330), ('Table 7', 'winsorised', 'rgzn', .00138, .000563, 360), ('Table 7', 'without municipalities', 'rgzn', .00243, .000614, 312),
  ('Table 9', 'mechanism', 'rgzn', .00953, .00472, 360), ('Table 9', 'with mechanism', 'rgzn', .00226, NULL, 360), ('Table 9', 'with mechanism', 'tec', .0145, .00654, 360);
CREATE TEMP TABLE models(place TEXT, model TEXT, fit TEXT);

--# Table 3: descriptive statistics

SELECT variable, n, round(mean, 3) AS mean, round(sd, 3) AS sd, round(min, 3) AS min, round(max, 3) AS max FROM panel_describe('panel', 'newqua, rgzn, urban, ind, fdi, open, fin, tec');

--# Table 4: correlations

SELECT corr_table(var1, var2, r, p_value) FROM panel_correlate('panel', 'newqua, rgzn, urban, ind, fdi, open, fin, tec');

--# Are the series stationary?

SELECT variable, test, round(statistic, 3) AS statistic, round(p_value, 4) AS p_value FROM panel_unitroot('panel', 'newqua, rgzn', 'id=prov, time=year, test=ips, exo=intercept, lags=1');

--# Table 5: the baseline

INSERT INTO models VALUES
  ('Table 5', 'two-way', econ_fit('fe_ols', 'panel', 'newqua ~ rgzn | prov + year', 'vcov=hc1')),
  ('Table 5', 'with controls', econ_fit('fe_ols', 'panel', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1'));
SELECT fit_table(model, fit, 'under=se+t, r2=within, constant=1, digits=5') FROM models WHERE place = 'Table 5';

--# Tables 6 and 7: lagged, winsorised, without municipalities

CREATE VIRTUAL TABLE temp.cut USING panel_prepare('panel', '', 'id=prov, time=year, winsor(newqua rgzn, .01)');
INSERT INTO models VALUES
  ('Table 6', 'lagged', econ_fit('fe_ols', 'panel', 'newqua ~ l(rgzn) + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1')),
  ('Table 7', 'winsorised', econ_fit('fe_ols', 'SELECT prov, year, winsor_newqua AS newqua, winsor_rgzn AS rgzn, urban, ind, fdi, open, fin FROM temp.cut', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1')),
  ('Table 7', 'without municipalities', econ_fit('fe_ols', 'panel', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1, where=NOT municipality'));
SELECT fit_table(model, fit, 'under=se+t, keep=(rgzn, l(rgzn)), digits=5') FROM models WHERE place IN ('Table 6', 'Table 7');

--# Table 8: sub-samples, and quantiles

SELECT region, round(fit_coef(f, 'rgzn'), 5) AS rgzn, round(fit_se(f, 'rgzn'), 5) AS std_error, fit_stat(f, 'nobs') AS n
FROM (SELECT region, fe_ols('newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year; vcov=hc1', newqua, rgzn, urban, ind, fdi, open, fin, prov, year) AS f FROM panel GROUP BY region);
SELECT tau, round(estimate, 5) AS rgzn, round(std_error, 5) AS std_error FROM fe_quantile('panel', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov', 'tau=(.25,.5,.75), method=mmqr') WHERE term LIKE 'rgzn%';

--# Table 9: mechanism

INSERT INTO models VALUES
  ('Table 9', 'mechanism', econ_fit('fe_ols', 'panel', 'tec ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1')),
  ('Table 9', 'with mechanism', econ_fit('fe_ols', 'panel', 'newqua ~ rgzn + tec + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1'));
SELECT fit_table(model, fit, 'under=se, keep=(rgzn, tec), digits=5') FROM models WHERE place = 'Table 9';
SELECT effect, round(estimate, 5) AS estimate, round(std_error, 5) AS std_error, round(conf_low, 5) AS conf_low, round(conf_high, 5) AS conf_high
FROM fe_mediate('panel', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'treat=rgzn, mediator=tec, vcov=hc1, reps=500, seed=1');

--# A threshold in finance (the paper: .35)

SELECT part, regime, term, round(estimate, 5) AS estimate, round(conf_low, 5) AS conf_low, round(conf_high, 5) AS conf_high
FROM fe_threshold('panel', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov', 'threshold=fin, regime=rgzn, grid=100, reps=100, seed=1') WHERE part IN ('threshold', 'regime');

--# Ours beside the paper's

CREATE TEMP TABLE ours AS SELECT place, model, term, estimate, std_error, fit_stat(fit, 'nobs') AS n FROM models, fit_terms(fit);
SELECT p.place, p.model, p.term, p.estimate AS printed, p.std_error AS printed_se, round(o.estimate, 5) AS ours, round(o.std_error, 5) AS our_se, p.n AS printed_n, o.n AS our_n,
  abs(o.estimate - p.estimate) <= 2 * o.std_error AS covers
FROM printed p LEFT JOIN ours o USING (place, model, term);
