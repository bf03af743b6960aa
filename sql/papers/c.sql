-- Paper C: big-data pilot zones and the export sophistication of cities
--
-- 280 cities, 2007-2019, unbalanced: 3,025 of 3,640 city-years. The data are not public; this panel is simulated (seed 3) to the printed figures, and the paper done again on
-- it, ours beside the paper's. Eighty cities become pilot zones between 2015 and 2018. The zones' log output per head grew faster, which takes the effect from .0424 without
-- controls to .0232 with them; economic freedom moderates it, which takes it to .158 - .0122 times freedom. Noise has no part of what the models hold fixed, so that least squares finds the
-- printed coefficients again; the errors are its own.
-- sqlite3 :memory: '.load dist/econ' '.read sql/papers/c.sql', or `make papers`.

--# A panel with the paper's figures (simulated)

CREATE TEMP TABLE city AS
WITH RECURSIVE n(city) AS (SELECT 1 UNION ALL SELECT city + 1 FROM n WHERE city < 280)
SELECT city, city % 30 + 1 AS province, city > 260 AS autonomous, CASE WHEN city <= 80 THEN 2015 + city % 4 END AS start FROM n;
-- As many city-years as the paper has, 28.73% of them in zones: those with the smallest draws
CREATE TEMP TABLE rows AS
WITH RECURSIVE y(year) AS (SELECT 2007 UNION ALL SELECT year + 1 FROM y WHERE year < 2019),
drawn AS (SELECT c.*, year, row_number() OVER (PARTITION BY start IS NULL ORDER BY econ_uniform(3, 9, city, year)) AS place FROM city c, y)
SELECT * FROM drawn WHERE place <= CASE WHEN start IS NULL THEN 3025 - 869 ELSE 869 END;
CREATE TEMP TABLE raw AS
SELECT *, start IS NOT NULL AS treat, coalesce(year >= start, 0) AS tp, econ_normal(3, 1, city) + .05 * econ_normal(3, 13, city, year) AS r1, 2 * econ_uniform(3, 2, city) + .15 * (year - 2013) / 2 + .1 * econ_normal(3, 11, city, year) + .25 * coalesce(year >= start, 0) AS r2,
  econ_normal(3, 3, city) + .25 * econ_normal(3, 12, city, year) AS r3, 2 * econ_uniform(3, 4, city) + .1 * econ_uniform(3, 14, city, year) AS r4, econ_normal(3, 5, city) + .1 * econ_normal(3, 15, city, year) AS r5,
  econ_normal(3, 6, city) + .1 * econ_normal(3, 16, city, year) AS r6, econ_normal(3, 7, city) + .1 * econ_normal(3, 22, city, year) AS r7, econ_normal(3, 8, city) * .5 + .1 * (year - 2013) + 1.8 * econ_normal(3, 17, city, year) AS r8,
  econ_uniform(3, 18, city) AS mu, econ_normal(3, 10, city, year) AS z0, econ_normal(3, 19, city, year) AS z1, econ_normal(3, 20, city, year) AS z2, row_number() OVER (ORDER BY econ_uniform(3, 21, city, year)) AS seen
FROM rows;
-- The controls with their printed means and deviations
CREATE VIRTUAL TABLE temp.z USING panel_prepare('raw', '', 'zscore(r1 r2 r3 r4 r5 r6 r7)');
CREATE TEMP TABLE controls AS
SELECT city, province, year, autonomous, start, treat, tp, mu, z0, z1, z2, seen, r8 AS freedom0, 10.552 + .419 * zscore_r1 AS lnhcl, 10.406 + .674 * zscore_r2 AS lnpergdp, .185 + .042 * zscore_r3 AS hum,
  .178 + .089 * zscore_r4 AS mar, 9.337 + .793 * zscore_r5 AS lnaol, 9.318 + .832 * zscore_r6 AS lnfina, 1 + .3 * zscore_r7 AS fin FROM z;
DROP TABLE temp.z;
-- Freedom's level is where its moderation gives the average effect: .0232 = .158 + .0344 (freedom on tp) - .0122 (tp x freedom on tp), given the controls
CREATE TEMP TABLE level AS
SELECT (.158 - .0232 + .0344 * f.estimate) / .0122 - t.estimate AS freedom
FROM fe_ols('controls', 'freedom0 ~ tp + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'singletons=keep') f,
     fe_ols('controls', 'I(tp*freedom0) ~ tp + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'singletons=keep') t WHERE f.term = 'tp' AND t.term = 'tp';
CREATE TEMP TABLE free AS SELECT *, freedom0 + (SELECT freedom FROM level) AS freedom FROM controls;
-- Three noises: of the outcome and of the two channels
CREATE VIRTUAL TABLE temp.v0 USING fe_ols('free', 'z0 ~ tp + freedom + I(tp*freedom) + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'singletons=keep');
CREATE VIRTUAL TABLE temp.v1 USING fe_ols('free', 'z1 ~ tp + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'singletons=keep');
CREATE VIRTUAL TABLE temp.v2 USING fe_ols('free', 'z2 ~ tp + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'singletons=keep');
CREATE TEMP TABLE noisy AS
SELECT v0.*, v0.residual AS e0, v1.residual AS e1, v2.residual AS e2, .3 * v0.hum + .158 * v0.tp + .0344 * v0.freedom - .0122 * v0.tp * v0.freedom + .0950 * v0.residual AS part
FROM temp.v0 JOIN temp.v1 USING (city, year) JOIN temp.v2 USING (city, year);
-- The weight of output per head that takes .0232 to .0424 where it is left out
CREATE TEMP TABLE weight AS
SELECT (.0424 - p.estimate) / g.estimate AS growth FROM fe_ols('noisy', 'part ~ tp | city + year', 'singletons=keep') p, fe_ols('noisy', 'lnpergdp ~ tp | city + year', 'singletons=keep') g
WHERE p.term = 'tp' AND g.term = 'tp';
CREATE TEMP TABLE latent AS
SELECT n.*, part + w.growth * lnpergdp + 1.49 * mu + .035 * (year - 2013) AS y, .02 + .000379 * tp + .004 * econ_normal(3, 23, city) + .0021 * e1 AS rd, .9 - .142 * tp + .25 * econ_normal(3, 24, city) + .31 * e2 AS lntfp,
  exp(4 + .6 * econ_normal(3, 25, city) + .1 * econ_normal(3, 26, city, year)) AS labour, exp(6 + .8 * econ_normal(3, 27, city) + .05 * (year - 2013)) AS capital FROM noisy n, weight w;

-- Exports of thirty provinces in forty products. The outcome is the province's EXPY times the city's tertiary share, which is what makes its log the simulated one
CREATE TEMP TABLE exports AS
WITH RECURSIVE p(product) AS (SELECT 1 UNION ALL SELECT product + 1 FROM p WHERE product < 40), y(year) AS (SELECT 2007 UNION ALL SELECT year + 1 FROM y WHERE year < 2019)
SELECT province, product, year, exp(3 + .02 * province * product / 10 + econ_normal(3, 31, province, product) + .1 * econ_normal(3, 32, province, product, year)) AS value,
  56000 * exp(.02 * (province - 15) + .01 * (year - 2013)) AS income FROM (SELECT DISTINCT province FROM city), p, y;

--# The outcome: sophistication of the provinces' exports (PRODY, EXPY) times the tertiary share of the city

CREATE TEMP TABLE expy AS SELECT exporter AS province, time AS year, expy FROM export_sophistication('exports', 'province, product, value, income', 'time=year');
CREATE TEMP TABLE tertiary AS SELECT l.city, l.year, exp(l.y - m.mean + 9.548) / x.expy AS share FROM latent l JOIN expy x USING (province, year), (SELECT avg(y) AS mean FROM latent) m;
CREATE TEMP TABLE panel AS
SELECT city, province, autonomous, start, year, treat, tp, ln(x.expy * t.share) AS lnesf, lnhcl, fin, lnpergdp, hum, mar, lnaol, lnfina, CASE WHEN seen > 3025 - 2919 THEN freedom END AS freedom, rd,
  exp(lntfp + .6 * ln(labour) + .4 * ln(capital)) AS output, labour, capital
FROM latent JOIN expy x USING (province, year) JOIN tertiary t USING (city, year);
SELECT year, round(avg(expy)) AS mean_expy, round(min(expy)) AS lowest, round(max(expy)) AS highest, round(avg(share), 3) AS tertiary_share
FROM expy JOIN tertiary USING (year) WHERE year IN (2007, 2013, 2019) GROUP BY year;

CREATE TEMP TABLE printed(place TEXT, model TEXT, term TEXT, estimate REAL, std_error REAL, n INTEGER);
INSERT INTO printed VALUES ('Table 3', 'matched', 'tp', .0424, .00945, 2963), ('Table 3', 'matched, controls', 'tp', .0232, .00948, 2963),
  ('Table 4', 'R&D', 'tp', .000379, .000212, NULL), ('Table 4', 'TFP', 'tp', -.142, .0309, NULL),
  ('Table 5', 'moderation', 'tp', .158, .0292, 2919), ('Table 5', 'moderation', 'freedom', .0344, .00248, 2919), ('Table 5', 'moderation', 'tp*freedom', -.0122, .00278, 2919);
CREATE TEMP TABLE models(place TEXT, model TEXT, fit TEXT);

--# Table 1: descriptive statistics, ours beside the paper's

CREATE TEMP TABLE moments(variable TEXT, mean REAL, sd REAL, min REAL, max REAL);
INSERT INTO moments VALUES ('lnesf', 9.548, .486, 8.449, 10.557), ('treat', .2873, .4526, 0, 1), ('lnhcl', 10.552, .419, NULL, NULL), ('lnpergdp', 10.406, .674, NULL, NULL), ('hum', .185, .042, NULL, NULL),
  ('mar', .178, .089, NULL, NULL), ('lnaol', 9.337, .793, NULL, NULL), ('lnfina', 9.318, .832, NULL, NULL);
SELECT d.variable, d.n, round(d.mean, 3) AS mean, m.mean AS printed, round(d.sd, 3) AS sd, m.sd AS printed, round(d.min, 3) AS min, m.min AS printed, round(d.max, 3) AS max, m.max AS printed
FROM panel_describe('panel', 'lnesf, treat, lnhcl, fin, lnpergdp, hum, mar, lnaol, lnfina') d LEFT JOIN moments m USING (variable);

--# Table 2: correlations, with p-values

SELECT corr_table(var1, var2, r, p_value, 'under=p') FROM panel_correlate('panel', 'lnesf, tp, lnhcl, fin, lnpergdp, hum, mar, lnaol, lnfina');

--# Matching: balance before and after

CREATE TEMP TABLE balance AS
SELECT variable, max(bias_pct) FILTER (WHERE sample = 'before') AS before, max(bias_pct) FILTER (WHERE sample = 'after') AS after, max(p_value) FILTER (WHERE sample = 'before') AS p_before, max(p_value) FILTER (WHERE sample = 'after') AS p_after
FROM psm_match('panel', 'treat ~ lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina', 'method=kernel, support=minmax') WHERE variable NOT LIKE 'year%' GROUP BY variable;
SELECT variable, round(before, 1) AS bias_before, round(after, 1) AS bias_after, round(p_before, 3) AS p_before, round(p_after, 3) AS p_after FROM balance;
SELECT plot_balance(variable, before, after, 'sort=size, title=Balance of zones and other cities, xlabel=Standardised bias (%)') FROM balance;
CREATE VIRTUAL TABLE temp.matching USING psm_match('panel', 'treat ~ lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina', 'method=kernel, support=minmax');
CREATE TEMP TABLE matched AS SELECT * FROM temp.matching;
SELECT plot_density(pscore, CASE treat WHEN 1 THEN 'zones' ELSE 'other cities' END, 'title=Propensity scores, xlabel=Score') FROM matched;

--# Table 3: PSM-DID

CREATE TEMP TABLE supported AS SELECT * FROM matched WHERE on_support;
INSERT INTO models VALUES
  ('Table 3', 'matched', econ_fit('fe_ols', 'supported', 'lnesf ~ tp | city + year', 'vcov=hc1')),
  ('Table 3', 'matched, controls', econ_fit('fe_ols', 'supported', 'lnesf ~ tp + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'vcov=hc1')),
  ('Table 3', 'without autonomous regions', econ_fit('fe_ols', 'supported', 'lnesf ~ tp + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'vcov=hc1, where=NOT autonomous'));
SELECT fit_table(model, fit, 'under=se, keep=tp, digits=4') FROM models WHERE place = 'Table 3';

--# The event study

SELECT plot_event(event_time, estimate, conf_low, conf_high, 'title=Export sophistication around the pilot zones, xlabel=Years since the zone, ylabel=Effect on log sophistication')
FROM did_att('panel', 'lnesf ~ lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'cohort=start, agg=event, window=-5:3') WHERE effect = 'event';

--# Figure 1: the placebo, 500 draws of as many cities

CREATE TEMP TABLE draws AS SELECT draw, estimate, std_error, p_value, p_empirical FROM did_placebo('panel', 'lnesf ~ lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'cohort=start, reps=500, seed=1');
SELECT plot_density(estimate, p_value, 'title=Placebo: 500 random assignments, xlabel=Estimate, marklabel=Real estimate, hline=.1, hlabel=p = 0.1, mark=' || (SELECT estimate FROM draws WHERE draw = 0)) FROM draws WHERE draw > 0;
SELECT round(estimate, 4) AS real_estimate, p_empirical FROM draws WHERE draw = 0;

--# Table 4: mechanism. The outcome is replaced by the channel, then the sample split by it

CREATE VIRTUAL TABLE temp.productivity USING panel_tfp('panel', 'output ~ labour + capital', 'id=city, time=year, method=growth, shares=(.6,.4)');
CREATE TEMP TABLE channels AS
SELECT *, ln(tfp) AS lntfp, avg(rd) OVER (PARTITION BY city) AS city_rd, avg(ln(tfp)) OVER (PARTITION BY city) AS city_tfp FROM temp.productivity;
CREATE TEMP TABLE halves AS
SELECT *, city_rd > (SELECT p50 FROM panel_describe('channels', 'city_rd')) AS high_rd, city_tfp > (SELECT p50 FROM panel_describe('channels', 'city_tfp')) AS high_tfp FROM channels;
INSERT INTO models VALUES
  ('Table 4', 'R&D', econ_fit('fe_ols', 'halves', 'rd ~ tp + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'vcov=hc1')),
  ('Table 4', 'TFP', econ_fit('fe_ols', 'halves', 'lntfp ~ tp + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'vcov=hc1'));
INSERT INTO models SELECT 'Table 4', CASE WHEN high_rd THEN 'high R&D' ELSE 'low R&D' END, fe_ols('lnesf ~ tp + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year; vcov=hc1', lnesf, tp, lnhcl, fin, lnpergdp, hum, mar, lnaol, lnfina, city, year)
FROM halves GROUP BY high_rd ORDER BY high_rd DESC;
INSERT INTO models SELECT 'Table 4', CASE WHEN high_tfp THEN 'high TFP' ELSE 'low TFP' END, fe_ols('lnesf ~ tp + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year; vcov=hc1', lnesf, tp, lnhcl, fin, lnpergdp, hum, mar, lnaol, lnfina, city, year)
FROM halves GROUP BY high_tfp ORDER BY high_tfp DESC;
SELECT fit_table(model, fit, 'under=se, keep=tp, digits=6') FROM models WHERE place = 'Table 4';

--# Table 5: moderation by economic freedom

INSERT INTO models VALUES ('Table 5', 'moderation', econ_fit('fe_ols', 'panel', 'lnesf ~ tp*freedom + lnhcl + fin + lnpergdp + hum + mar + lnaol + lnfina | city + year', 'vcov=hc1'));
SELECT fit_table(model, fit, 'under=se, keep=(tp, freedom, tp*freedom, tp:freedom), digits=4') FROM models WHERE place = 'Table 5';
SELECT at AS freedom, round(m.estimate, 4) AS effect, round(m.std_error, 4) AS std_error, round(conf_low, 4) AS conf_low, round(conf_high, 4) AS conf_high FROM models, fit_margins(fit, 'tp', 'freedom', '9,10,11,12,13') m WHERE place = 'Table 5';
SELECT plot_event(at, m.estimate, conf_low, conf_high, 'band=1, title=The effect of a zone by economic freedom, xlabel=Economic freedom, ylabel=Effect on log sophistication') FROM models, fit_margins(fit, 'tp', 'freedom', '8,9,10,11,12,13,14') m WHERE place = 'Table 5';

--# Ours beside the paper's

CREATE TEMP TABLE ours AS SELECT place, model, replace(term, 'tp:freedom', 'tp*freedom') AS term, estimate, std_error, fit_stat(fit, 'nobs') AS n FROM models, fit_terms(fit);
SELECT p.place, p.model, p.term, p.estimate AS printed, p.std_error AS printed_se, round(o.estimate, 6) AS ours, round(o.std_error, 6) AS our_se, p.n AS printed_n, o.n AS our_n,
  abs(o.estimate - p.estimate) <= 2 * o.std_error AS covers
FROM printed p LEFT JOIN ours o USING (place, model, term);
