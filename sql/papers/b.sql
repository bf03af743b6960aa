-- Paper B: artificial intelligence and new quality productive forces
--
-- 30 provinces, 2011-2022. The data are not public; this panel is simulated (seed 2) to the printed figures, and the paper done again on it, ours beside the paper's. Twelve indicators
-- with holes are interpolated and make the regressor; controls have the printed means and deviations; the outcome has the printed coefficients, and noise without any part of the
-- regressors. Urbanisation holds the part of the regressor that takes .00212 with controls to .00117 without. What provinces and years have of their own gives the pooled correlations.
-- sqlite3 :memory: '.load dist/econ' '.read sql/papers/b.sql', or `make papers`.

--# Preparation: holes in the indicators are interpolated, and the index is made of them

CREATE TEMP TABLE raw AS
WITH RECURSIVE p(prov) AS (SELECT 1 UNION ALL SELECT prov + 1 FROM p WHERE prov < 30), y(year) AS (SELECT 2011 UNION ALL SELECT year + 1 FROM y WHERE year < 2022)
SELECT prov, year, CASE WHEN prov <= 12 THEN 'east' WHEN prov <= 21 THEN 'centre' ELSE 'west' END AS region, prov IN (1, 2, 9, 22) AS municipality,
  exp(.70 * econ_normal(2, 1, prov) + (.085 + .03 * econ_normal(2, 2, prov)) * (year - 2016.5) + .15 * econ_normal(2, 3, prov, year)) AS ai FROM p, y;
-- Twelve indicators, each with its own scale; one number in thirty is missing
CREATE TEMP TABLE indicators AS
SELECT raw.*, CASE WHEN econ_uniform(2, 41, prov, year) > 1 / 30. THEN ai * 3 + .02 * econ_normal(2, 51, prov, year) END AS a1, CASE WHEN econ_uniform(2, 42, prov, year) > 1 / 30. THEN ai * 40 + .2 * econ_normal(2, 52, prov, year) END AS a2,
  CASE WHEN econ_uniform(2, 43, prov, year) > 1 / 30. THEN ai + .01 * econ_normal(2, 53, prov, year) END AS a3, CASE WHEN econ_uniform(2, 44, prov, year) > 1 / 30. THEN ai * 7 + .05 * econ_normal(2, 54, prov, year) END AS a4,
  9 + ai + .01 * econ_normal(2, 55, prov, year) AS a5, ai * 2 + .01 * econ_normal(2, 56, prov, year) AS a6, ai * .5 + .01 * econ_normal(2, 57, prov, year) AS a7, ai * 12 + .1 * econ_normal(2, 58, prov, year) AS a8,
  ai + .02 * econ_normal(2, 59, prov, year) AS a9, ai * 5 + .02 * econ_normal(2, 60, prov, year) AS a10, 4 + ai + .01 * econ_normal(2, 61, prov, year) AS a11, ai * 8 + .1 * econ_normal(2, 62, prov, year) AS a12 FROM raw;
CREATE VIRTUAL TABLE temp.filled USING panel_prepare('indicators', '', 'id=prov, time=year, interpolate(a1 a2 a3 a4, extrapolate=1)');
SELECT variable, n, n_null_before AS missing, n_null_after AS left FROM panel_prepare('indicators', '', 'id=prov, time=year, interpolate(a1 a2 a3 a4, extrapolate=1)');
CREATE TEMP TABLE complete AS SELECT prov, year, region, municipality, interpolate_a1 AS a1, interpolate_a2 AS a2, interpolate_a3 AS a3, interpolate_a4 AS a4, a5, a6, a7, a8, a9, a10, a11, a12 FROM temp.filled;
SELECT indicator, n, round(entropy, 4) AS entropy, round(divergence, 4) AS divergence, round(weight, 4) AS weight FROM entropy_index('complete', 'a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12');
CREATE VIRTUAL TABLE temp.index_of_ai USING entropy_index('complete', 'a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12');
CREATE VIRTUAL TABLE temp.components USING pca_index('complete', 'a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12');
CREATE TEMP TABLE scores AS SELECT i.prov, i.year, i.region, i.municipality, i.score AS entropy_score, c.score AS pca_score FROM temp.index_of_ai i JOIN temp.components c USING (prov, year);
CREATE VIRTUAL TABLE temp.standard USING panel_prepare('scores', '', 'zscore(entropy_score pca_score)');
-- The index on the paper's scale, and what provinces and years have of it
CREATE TEMP TABLE regressor AS
SELECT prov, year, region, municipality, 11.208 + 10.493 * zscore_entropy_score AS rgzn, zscore_pca_score AS rgzn_pca,
  10.493 * (avg(zscore_entropy_score) OVER (PARTITION BY prov) + avg(zscore_entropy_score) OVER (PARTITION BY year)) AS common FROM temp.standard;

-- Controls with the printed means and deviations. Finance is lower where artificial intelligence is at home
CREATE TEMP TABLE shapes AS
SELECT r.*, 2 * econ_uniform(2, 4, prov) + .15 * econ_normal(2, 14, prov, year) AS s1, exp(.45 * econ_normal(2, 5, prov) + .08 * econ_normal(2, 15, prov, year)) AS s2,
  exp(1.5 * econ_normal(2, 6, prov) + .2 * econ_normal(2, 16, prov, year)) + 70 * (prov = 2 AND year = 2014) AS s3, exp(.8 * econ_normal(2, 7, prov) + .1 * econ_normal(2, 17, prov, year)) AS s4,
  exp(-.027 * common + .22 * econ_normal(2, 8, prov) + .1 * econ_normal(2, 18, prov, year)) AS s5, econ_normal(2, 19, prov, year) AS z6, econ_normal(2, 20, prov, year) AS z7,
  econ_normal(2, 21, prov) AS mu, econ_normal(2, 9, prov) AS a6 FROM regressor r;
CREATE VIRTUAL TABLE temp.z USING panel_prepare('shapes', '', 'zscore(s1 s2 s3 s4 s5)');
CREATE TEMP TABLE scaled AS
SELECT prov, year, region, municipality, rgzn, rgzn_pca, common, mu, a6, z6, z7, .601 + .121 * zscore_s1 AS urban0, 1.357 + .744 * zscore_s2 AS ind, .876 + 4.346 * zscore_s3 AS fdi, .281 + .285 * zscore_s4 AS open,
  .259 + .112 * zscore_s5 AS fin FROM temp.z;
-- Urbanisation's share of the regressor: .00117 is .00212 and what goes through the controls, .567 urban - .03 ind + .00108 fdi - .047 open - .155 fin
CREATE TEMP TABLE share AS
SELECT ((.00117 - .00212) - estimate) / .567 AS urban FROM fe_ols('scaled', 'I(.567*urban0 - .03*ind + .00108*fdi - .047*open - .155*fin) ~ rgzn | prov + year') WHERE term = 'rgzn';
CREATE TEMP TABLE controls AS SELECT s.*, urban0 + (SELECT urban FROM share) * (rgzn - 11.208) AS urban FROM scaled s;
CREATE VIRTUAL TABLE temp.v6 USING fe_ols('controls', 'z6 ~ rgzn + urban + ind + fdi + open + fin + i(region, rgzn) + i(municipality, rgzn) | prov + region^year');
CREATE TEMP TABLE noisy AS SELECT c.*, v6.residual AS u FROM controls c JOIN temp.v6 USING (prov, year);
CREATE VIRTUAL TABLE temp.v7 USING fe_ols('noisy', 'z7 ~ u + rgzn + urban + ind + fdi + open + fin + i(region, rgzn) + i(municipality, rgzn) | prov + region^year');
-- Mechanism: tec has .00953 of the regressor; the outcome .0145 of tec, so that the total is .00212. Beyond fin = .35 the slope is higher
CREATE TEMP TABLE latent AS
SELECT n.*, 10.72 + .076 * n.common + .90 * n.a6 + .00953 * n.rgzn + .36 * n.u AS tec, v7.residual AS e, .0040 * n.rgzn * (n.fin > .35) AS beyond FROM noisy n JOIN temp.v7 USING (prov, year);
CREATE TEMP TABLE outcome AS
SELECT l.*, .0060 * common + .040 * mu - .45 * avg(urban) OVER (PARTITION BY prov) + (.00212 - .0145 * .00953 - w.estimate) * rgzn + beyond + .567 * urban - .03 * ind + .00108 * fdi - .047 * open - .155 * fin + .0145 * (tec - 10.83) + .0345 * e AS y
FROM latent l, (SELECT estimate FROM fe_ols('latent', 'beyond ~ rgzn + urban + ind + fdi + open + fin | prov + year') WHERE term = 'rgzn') w;
CREATE TEMP TABLE panel AS
SELECT prov, year, region, municipality, y - m.mean + .285 AS newqua, rgzn, rgzn_pca, urban, ind, fdi, open, fin, tec - t.mean + 10.83 AS tec, .6 * rgzn + 2 * econ_normal(2, 71, prov, year) AS ai_emb, .4 * rgzn + 2 * econ_normal(2, 72, prov, year) AS ai_dis,
  econ_uniform(2, 73, prov) + .02 * (year - 2011) + .05 * econ_normal(2, 74, prov, year) AS skill
FROM outcome, (SELECT avg(y) AS mean FROM outcome) m, (SELECT avg(tec) AS mean FROM outcome) t;

CREATE TEMP TABLE printed(place TEXT, model TEXT, term TEXT, estimate REAL, std_error REAL, n INTEGER);
INSERT INTO printed VALUES
  ('Table 5', 'two-way', 'rgzn', .00117, .000526, 360), ('Table 5', 'with controls', 'rgzn', .00212, .00055, 360), ('Table 5', 'with controls', 'urban', .567, .121, 360),
  ('Table 5', 'with controls', 'fdi', .00108, .000382, 360), ('Table 5', 'with controls', 'fin', -.155, .067, 360), ('Table 5', 'with controls', 'constant', .0135, .0644, 360),
  ('Table 6', 'lagged', 'l(rgzn)', .00179, .00067, 330), ('Table 7', 'principal components', 'rgzn_pca', .0313, .00818, 360), ('Table 7', 'winsorised', 'rgzn', .00138, .000563, 360),
  ('Table 7', 'without municipalities', 'rgzn', .00243, .000614, 312),
  ('Table 9', 'mechanism', 'rgzn', .00953, .00472, 360), ('Table 9', 'with mechanism', 'rgzn', .00226, NULL, 360), ('Table 9', 'with mechanism', 'tec', .0145, .00654, 360);
CREATE TEMP TABLE models(place TEXT, model TEXT, fit TEXT);

--# Table 3: descriptive statistics, ours beside the paper's

CREATE TEMP TABLE moments(variable TEXT, mean REAL, sd REAL, min REAL, max REAL);
INSERT INTO moments VALUES ('newqua', .285, .131, .102, .747), ('rgzn', 11.208, 10.493, .337, 61.846), ('urban', .601, .121, .350, .896), ('ind', 1.357, .744, .527, 5.244),
  ('fdi', .876, 4.346, .054, 57.61), ('open', .281, .285, .007, 1.515), ('fin', .259, .112, .105, .758), ('tec', 10.83, 1.388, 6.596, 13.81);
SELECT d.variable, d.n, round(d.mean, 3) AS mean, m.mean AS printed, round(d.sd, 3) AS sd, m.sd AS printed, round(d.min, 3) AS min, m.min AS printed, round(d.max, 3) AS max, m.max AS printed
FROM panel_describe('panel', 'newqua, rgzn, urban, ind, fdi, open, fin, tec') d JOIN moments m USING (variable);

--# Table 4: correlations

SELECT corr_table(var1, var2, r, p_value) FROM panel_correlate('panel', 'newqua, rgzn, urban, ind, fdi, open, fin, tec');
CREATE TEMP TABLE correlations(var1 TEXT, var2 TEXT, printed REAL);
INSERT INTO correlations VALUES ('rgzn', 'newqua', .830), ('fin', 'newqua', -.629), ('tec', 'rgzn', .780);
SELECT var1, var2, printed, round(r, 3) AS ours FROM correlations JOIN panel_correlate('panel', 'newqua, rgzn, urban, ind, fdi, open, fin, tec') USING (var1, var2);

--# Are the series stationary? Levels and first differences

CREATE VIRTUAL TABLE temp.differences USING panel_prepare('panel', '', 'id=prov, time=year, d(newqua rgzn)');
SELECT variable, test, round(statistic, 3) AS statistic, round(p_value, 4) AS p_value FROM panel_unitroot('panel', 'newqua, rgzn', 'id=prov, time=year, test=ips, exo=intercept, lags=1')
UNION ALL
SELECT variable, test, round(statistic, 3), round(p_value, 4) FROM panel_unitroot('SELECT prov, year, d_newqua, d_rgzn FROM temp.differences WHERE year > 2011', 'd_newqua, d_rgzn', 'id=prov, time=year, test=ips, exo=intercept, lags=0');

--# Table 5: the baseline

INSERT INTO models VALUES
  ('Table 5', 'two-way', econ_fit('fe_ols', 'panel', 'newqua ~ rgzn | prov + year', 'vcov=hc1')),
  ('Table 5', 'with controls', econ_fit('fe_ols', 'panel', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1'));
SELECT fit_table(model, fit, 'under=se+t, r2=within, constant=1, digits=5') FROM models WHERE place = 'Table 5';

--# First differences with an interaction

INSERT INTO models VALUES ('Differences', 'first difference', econ_fit('fe_ols', 'panel', 'd(newqua) ~ ai_emb + ai_dis*skill + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1'));
SELECT fit_table(model, fit, 'under=se, keep=(ai_emb, ai_dis, skill, ai_dis:skill), digits=5') FROM models WHERE place = 'Differences';

--# Tables 6 and 7: lagged; another index, winsorised, without municipalities

CREATE VIRTUAL TABLE temp.cut USING panel_prepare('panel', '', 'id=prov, time=year, winsor(newqua rgzn, .01)');
INSERT INTO models VALUES
  ('Table 6', 'lagged', econ_fit('fe_ols', 'panel', 'newqua ~ l(rgzn) + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1')),
  ('Table 7', 'principal components', econ_fit('fe_ols', 'panel', 'newqua ~ rgzn_pca + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1')),
  ('Table 7', 'winsorised', econ_fit('fe_ols', 'SELECT prov, year, winsor_newqua AS newqua, winsor_rgzn AS rgzn, urban, ind, fdi, open, fin FROM temp.cut', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1')),
  ('Table 7', 'without municipalities', econ_fit('fe_ols', 'panel', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1, where=NOT municipality'));
SELECT fit_table(model, fit, 'under=se+t, keep=(l(rgzn), rgzn_pca, rgzn), digits=5') FROM models WHERE place IN ('Table 6', 'Table 7');

--# Table 8: regions, levels of development, and quantiles

INSERT INTO models SELECT 'Table 8', region, fe_ols('newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year; vcov=hc1', newqua, rgzn, urban, ind, fdi, open, fin, prov, year) FROM panel GROUP BY region ORDER BY region = 'west', region = 'centre';
CREATE TEMP TABLE developed AS SELECT *, avg(newqua) OVER (PARTITION BY prov) > (SELECT avg(newqua) FROM panel) AS high FROM panel;
INSERT INTO models SELECT 'Table 8', CASE WHEN high THEN 'high development' ELSE 'average development' END, fe_ols('newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year; vcov=hc1', newqua, rgzn, urban, ind, fdi, open, fin, prov, year)
FROM developed GROUP BY high ORDER BY high DESC;
SELECT fit_table(model, fit, 'under=se+t, keep=rgzn, digits=5') FROM models WHERE place = 'Table 8';
CREATE TEMP TABLE quantiles AS
SELECT tau, estimate, std_error, conf_low, conf_high FROM fe_quantile('panel', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov', 'tau=(.1,.25,.5,.75,.9), method=mmqr') WHERE term LIKE 'rgzn%';
SELECT plot_event(tau, estimate, conf_low, conf_high, 'band=1, title=Effect by quantile of the outcome, xlabel=Quantile, ylabel=Effect of rgzn') FROM quantiles;

--# Table 9: mechanism

INSERT INTO models VALUES
  ('Table 9', 'mechanism', econ_fit('fe_ols', 'panel', 'tec ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1')),
  ('Table 9', 'with mechanism', econ_fit('fe_ols', 'panel', 'newqua ~ rgzn + tec + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1'));
SELECT fit_table(model, fit, 'under=se, keep=(rgzn, tec), digits=5') FROM models WHERE place = 'Table 9';
-- The share that the paper claims, .245, is not the one of its own coefficients: .00953 x .0145 / (.00953 x .0145 + .00226) = .058
SELECT effect, round(estimate, 5) AS estimate, round(std_error, 5) AS std_error, round(conf_low, 5) AS conf_low, round(conf_high, 5) AS conf_high
FROM fe_mediate('panel', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'treat=rgzn, mediator=tec, vcov=hc1, reps=500, seed=1');

--# A threshold in finance (the paper: .35)

CREATE TEMP TABLE threshold AS SELECT * FROM fe_threshold('panel', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'threshold=fin, regime=rgzn, grid=200, curve=1');
SELECT part, regime, term, round(estimate, 5) AS estimate, round(conf_low, 5) AS conf_low, round(conf_high, 5) AS conf_high FROM threshold WHERE part IN ('threshold', 'regime');
SELECT plot_line(estimate, statistic, 'title=Likelihood ratio of the threshold, xlabel=Threshold in finance, ylabel=Likelihood ratio, hline=7.35, hlabel=95% critical value, vline=.35, vlabel=Printed threshold') FROM threshold WHERE part = 'lr';
SELECT test, h0, round(statistic, 2) AS f, round(p_value, 3) AS p_value, round(critical, 2) AS critical
FROM fit_tests(econ_fit('fe_threshold', 'panel', 'newqua ~ rgzn + urban + ind + fdi + open + fin | prov + year', 'threshold=fin, regime=rgzn, grid=100, reps=100, seed=1'));

--# A U-shaped response?

-- Nothing that is printed says where it turns but for the threshold, so that the panel has no U of its own

SELECT shape, round(extreme, 3) AS turning_point, round(conf_low, 3) AS conf_low, round(conf_high, 3) AS conf_high, inside, round(p_value, 4) AS p_value
FROM fit_utest(econ_fit('fe_ols', 'panel', 'newqua ~ rgzn + I(rgzn*rgzn) + urban + ind + fdi + open + fin | prov + year', 'vcov=hc1'), 'rgzn', 'I(rgzn*rgzn)');

--# Ours beside the paper's

CREATE TEMP TABLE ours AS
SELECT place, model, term, estimate, std_error, fit_stat(fit, 'nobs') AS n FROM models, fit_terms(fit)
UNION ALL SELECT place, model, 'constant', fit_stat(fit, 'constant'), fit_stat(fit, 'constant_se'), fit_stat(fit, 'nobs') FROM models WHERE model = 'with controls';
SELECT p.place, p.model, p.term, p.estimate AS printed, p.std_error AS printed_se, round(o.estimate, 5) AS ours, round(o.std_error, 5) AS our_se, p.n AS printed_n, o.n AS our_n,
  abs(o.estimate - p.estimate) <= 2 * o.std_error AS covers
FROM printed p LEFT JOIN ours o USING (place, model, term);
