-- Paper C: big-data pilot zones and the export sophistication of cities. 280 cities, 2007-2019, unbalanced (3,025 of 3,640 city-years).
--
-- Simulated (seed 3) to the printed figures, then done again, ours beside the paper's. Eighty cities become pilot zones between 2015 and 2018; the zones'
-- log output per head grew faster, which takes the effect from .0424 without controls to .0232 with them.
-- sqlite3 :memory: '.load dist/econ' '.read sql/papers/c.sql', or `make papers`.

--# A panel with the paper's figures (simulated)

CREATE TEMP TABLE city AS
WITH RECURSIVE n(city) AS (SELECT 1 UNION ALL SELECT city + 1 FROM n WHERE city < 280)
SELECT city, city > 260 AS autonomous, econ_normal(3, 1, city) AS a1, econ_normal(3, 2, city) AS a2, econ_normal(3, 3, city) AS a3, econ_normal(3, 4, city) AS a4,
  econ_normal(3, 5, city) AS a5, econ_normal(3, 6, city) AS a6, econ_normal(3, 7, city) AS a7, econ_normal(3, 8, city) AS mu,
  CASE WHEN city <= 80 THEN 2015 + city % 4 END AS start FROM n;
CREATE TEMP TABLE raw AS
WITH RECURSIVE y(year) AS (SELECT 2007 UNION ALL SELECT year + 1 FROM y WHERE year < 2019)
SELECT c.*, year, coalesce(year >= start, 0) AS tp, econ_normal(3, 10, city, year) AS z0, econ_normal(3, 11, city, year) AS z1, econ_normal(3, 12, city, year) AS z2, econ_normal(3, 13, city, year) AS z3
FROM city c, y WHERE econ_uniform(3, 9, city, year) < 3025 / 3640.0;
-- Output per head: what of its noise is orthogonal to treatment, and the part that goes with treatment
CREATE VIRTUAL TABLE temp.v1 USING fe_ols('raw', 'z1 ~ tp | city + year', 'singletons=keep');
CREATE VIRTUAL TABLE temp.v2 USING fe_ols('raw', 'z2 ~ tp | city + year', 'singletons=keep');
CREATE TEMP TABLE controls AS
SELECT r.*, 10.552 + .4 * r.a1 + .05 * r.z3 AS lnhcl, 10.33 + .55 * r.a2 + .06 * (r.year - 2013) + .08 * v1.residual + .16 * r.tp AS lnpergdp, .185 + .040 * r.a3 + .01 * v2.residual AS hum,
  .178 + .085 * r.a4 + .02 * econ_normal(3, 14, r.city, r.year) AS mar, 9.337 + .78 * r.a5 + .1 * econ_normal(3, 15, r.city, r.year) AS lnaol, 9.318 + .8 * r.a6 + .1 * econ_normal(3, 16, r.city, r.year) AS lnfina,
  7 + .8 * r.a7 + .09 * (r.year - 2013) + .5 * econ_normal(3, 17, r.city, r.year) AS freedom
FROM raw r JOIN temp.v1 USING (city, year) JOIN temp.v2 USING (city, year);
CREATE VIRTUAL TABLE temp.v0 USING fe_ols('controls', 'z0 ~ tp + lnhcl + lnpergdp + hum + mar + lnaol + lnfina + freedom + I(tp*freedom) | city + year', 'singletons=keep');
CREATE TEMP TABLE panel AS
SELECT city, autonomous, start, year, tp, lnhcl, lnpergdp, hum, mar, lnaol, lnfina, freedom,
  8.16 + .42 * mu + .04 * (year - 2013) + .0232 * tp + .12 * (lnpergdp - 10.4) + .3 * hum + .1235 * residual + 1.3 AS lnesf
FROM temp.v0;

CREATE TEMP TABLE printed(place TEXT, model TEXT, term TEXT, estimate REAL, std_error REAL, n INTEGER);
INSERT INTO printed VALUES ('Table 3', 'matched', 'tp', .0424, .00945, 2963), ('Table 3', 'matched, controls', 'tp', .0232, .00948, 2963),
  ('Table 5', 'moderation', 'tp', .158, .0292, 2919), ('Table 5', 'moderation', 'freedom', .0344, .00248, 2919), ('Table 5', 'moderation', 'tp:freedom', -.0122, .00278, 2919);
CREATE TEMP TABLE models(place TEXT, model TEXT, fit TEXT);

--# Table 1: descriptive statistics

SELECT variable, n, round(mean, 4) AS mean, round(sd, 4) AS sd, round(min, 3) AS min, round(max, 3) AS max FROM panel_describe('panel', 'lnesf, tp, lnhcl, lnpergdp, hum, mar, lnaol, lnfina');

--# Table 2: correlations, with p-values

SELECT corr_table(var1, var2, r, p_value, 'under=p') FROM panel_correlate('panel', 'lnesf, tp, lnhcl, lnpergdp, hum, mar, lnaol, lnfina');

--# Matching: balance before and after

CREATE TEMP TABLE zones AS SELECT *, start IS NOT NULL AS zone FROM panel;
CREATE VIRTUAL TABLE temp.matched USING psm_match('zones', 'zone ~ lnhcl + lnpergdp + hum + mar + lnaol + lnfina', 'method=kernel, by=year');
SELECT variable, sample, round(mean_treated, 3) AS treated, round(mean_control, 3) AS control, round(bias_pct, 1) AS bias_pct, round(p_value, 3) AS p_value
FROM psm_match('zones', 'zone ~ lnhcl + lnpergdp + hum + mar + lnaol + lnfina', 'method=kernel, by=year') WHERE variable NOT LIKE 'year%' LIMIT 16;

--# Table 3: PSM-DID

CREATE TEMP TABLE supported AS SELECT city, autonomous, start, year, tp, lnhcl, lnpergdp, hum, mar, lnaol, lnfina, freedom, lnesf FROM temp.matched WHERE on_support;
INSERT INTO models VALUES
  ('Table 3', 'matched', econ_fit('fe_ols', 'supported', 'lnesf ~ tp | city + year', 'vcov=hc1')),
  ('Table 3', 'matched, controls', econ_fit('fe_ols', 'supported', 'lnesf ~ tp + lnhcl + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'vcov=hc1')),
  ('Table 3', 'without autonomous regions', econ_fit('fe_ols', 'supported', 'lnesf ~ tp + lnhcl + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'vcov=hc1, where=NOT autonomous'));
SELECT fit_table(model, fit, 'under=se, keep=tp, digits=4') FROM models WHERE place = 'Table 3';

--# Figure: the event study

SELECT plot_event(event_time, estimate, conf_low, conf_high, 'title=Export sophistication around the pilot zones, xlabel=years since the zone, ylabel=effect on log sophistication')
FROM did_att('panel', 'lnesf ~ lnhcl + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'cohort=start, agg=event, window=-5:3') WHERE effect = 'event';

--# Figure 1: the placebo, 500 draws of as many cities

CREATE TEMP TABLE draws AS SELECT draw, estimate, std_error, p_value, p_empirical FROM did_placebo('panel', 'lnesf ~ lnhcl + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'cohort=start, reps=500, seed=1');
SELECT plot_density(estimate, p_value, 'title=Placebo: 500 random assignments, xlabel=estimate, mark=' || (SELECT estimate FROM draws WHERE draw = 0)) FROM draws WHERE draw > 0;
SELECT round(estimate, 4) AS real_estimate, p_empirical FROM draws WHERE draw = 0;

--# Table 5: moderation by economic freedom

CREATE TEMP TABLE moderated AS SELECT *, lnesf + (.158 - .0232) * tp + .0344 * freedom - .0122 * tp * freedom AS lnesf_moderated FROM panel;
INSERT INTO models VALUES ('Table 5', 'moderation', econ_fit('fe_ols', 'moderated', 'lnesf_moderated ~ tp*freedom + lnhcl + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'vcov=hc1'));
SELECT fit_table(model, fit, 'under=se, keep=(tp, freedom, tp:freedom), digits=4') FROM models WHERE place = 'Table 5';
SELECT m.* FROM models, fit_margins(fit, 'tp', 'freedom', '6,7,8') m WHERE place = 'Table 5';

--# Ours beside the paper's

CREATE TEMP TABLE ours AS SELECT place, model, term, estimate, std_error, fit_stat(fit, 'nobs') AS n FROM models, fit_terms(fit);
SELECT p.place, p.model, p.term, p.estimate AS printed, p.std_error AS printed_se, round(o.estimate, 5) AS ours, round(o.std_error, 5) AS our_se, p.n AS printed_n, o.n AS our_n,
  abs(o.estimate - p.estimate) <= 2 * o.std_error AS covers
FROM printed p LEFT JOIN ours o ON o.place = p.place AND o.model = p.model AND o.term IN (p.term, replace(p.term, ':', '*'));
