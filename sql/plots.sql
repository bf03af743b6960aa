-- plot_event, plot_coef, plot_density, plot_line, plot_scatter, plot_balance: figures as SVG
--
-- Aggregates over any rows; each returns the text of one SVG file. In the sqlite3 shell: SELECT writefile('figure.svg', plot_event(...)) FROM ...
-- (browsers, Word, LibreOffice and Inkscape read SVG; rsvg-convert or a browser turns it into PDF).
--
--   plot_event(event_time, estimate, conf_low, conf_high [, group] [, options])   event study; a row with NULL bounds is the reference period: a hollow point
--                  ref=-1 (draws it where the rows do not have it), band=1 (a band and a line in place of bars)
--   plot_coef(label, estimate, conf_low, conf_high [, group] [, options])         one line a label, in the order of the rows; groups beneath each other; zero=0: no line at zero
--   plot_density(value [, p_value or group] [, options])                          kernel density. With p-values: the placebo figure, their axis on the right, where hline= lies.
--                  With a text: one density for each group (score overlap). mark= the real estimate, marklabel= its name, kernel=gaussian|epanechnikov, bandwidth= (Silverman's rule)
--   plot_line(x, y [, group] [, options])                                         lines in ascending x; a NULL y breaks a line; points=1
--   plot_scatter(x, y [, group] [, options])                                      fit=1: least squares line with its 95% band, slope and (iid) error; bins=20: means of 20 bins of equal count
--   plot_balance(variable, before, after [, options])                             standardised differences before and after; guides at mark= (10 per cent, or 0.1)
--
-- Options of all: title=, subtitle=, xlabel=, ylabel= (none: no name), note=, width=640, height=400, hline=, vline= (one value or a list), xmin=, xmax=, ymin=, ymax=, lang=en|zh.
-- A text with commas stands in quotes: subtitle="States, 2000-2010". A text with "=" as the last argument is always the options.
-- Colours are those of Okabe and Ito, which colour-blind readers tell apart; groups differ in marker and dash as well. No scripts, no style sheets, no ids: figures can
-- stand side by side in one page. Rows with NULL in a place that is needed are left out; no rows give NULL. At most 12 groups.

.print event study:
SELECT length(plot_event(event_time, estimate, conf_low, conf_high, 'ref=-1, title=Homicide and castle laws, ylabel=Effect on log homicide')) AS bytes
FROM did_att('castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3') WHERE effect = 'event';

.print one model under three kinds of errors:
SELECT length(plot_coef(term, estimate, conf_low, conf_high, vcov, 'vline=.1')) AS bytes
FROM fe_ols('card', 'lwage ~ educ + black + south + smsa') WHERE vcov IN ('iid', 'hc1', 'cluster(educ)') AND term <> '(Intercept)';

.print the density of a score by group, as one checks overlap:
SELECT length(plot_density(re75, CASE treat WHEN 1 THEN 'treated' ELSE 'control' END, 'xlabel=Earnings in 1975')) AS bytes FROM nsw;

.print a placebo: coefficients of 200 random laws, their p-values, and the real one:
CREATE TEMP TABLE states AS SELECT DISTINCT sid FROM castle;
CREATE TEMP TABLE draws AS
WITH RECURSIVE draw(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM draw WHERE i < 200)
SELECT i, fe_ols('l_homicide ~ law | sid + year', l_homicide, (castle.sid * 7919 + i * 104729) % 50 < 21 AND year >= 2006, castle.sid, year) AS fit
FROM draw, castle GROUP BY i;
SELECT length(plot_density(fit_coef(fit, 'law'), fit_p(fit, 'law'), 'mark=' || (SELECT estimate FROM fe_ols('castle', 'l_homicide ~ post | sid + year')) || ', hline=.1')) AS bytes FROM draws;

.print series by group, and a binned scatter with its line:
SELECT length(plot_line(year, life, continent, 'ylabel=Life expectancy')) AS bytes FROM (SELECT year, continent, avg(lifeExp) AS life FROM gapminder GROUP BY 2, 1);
SELECT length(plot_scatter(ln(gdpPercap), lifeExp, 'bins=20, fit=1, xlabel=Log GDP per head, ylabel=Life expectancy')) AS bytes FROM gapminder;

.print balance of the experiment against the survey controls:
SELECT length(plot_balance(variable, before, after, 'title=Trainees against the survey and against the experiment')) AS bytes FROM (
  SELECT 'age' AS variable, 100 * (t.age - c.age) / 9 AS before, 100 * (t.age - n.age) / 9 AS after
  FROM (SELECT avg(age) AS age FROM nsw WHERE treat = 1) t, (SELECT avg(age) AS age FROM cps) c, (SELECT avg(age) AS age FROM nsw WHERE treat = 0) n
  UNION ALL
  SELECT 'educ', 100 * (t.educ - c.educ) / 2.4, 100 * (t.educ - n.educ) / 2.4
  FROM (SELECT avg(educ) AS educ FROM nsw WHERE treat = 1) t, (SELECT avg(educ) AS educ FROM cps) c, (SELECT avg(educ) AS educ FROM nsw WHERE treat = 0) n);
