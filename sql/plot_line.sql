-- plot_line: series by group, and curves, as a figure (SVG)
--
--   plot_line(x, y [, group] [, options])      aggregate over any rows: the text of one SVG file
--
-- y over x in ascending x, one line a group (at most 12; panels=4: up to 60, each on its own). A NULL y breaks the line; a number between two NULLs is a point. points=1 marks all points.
-- x is a number or a date ('2020-03-01', '2020-03', '2020-03-01 10:30'); years and other whole numbers have whole ticks. xlog=1, ylog=1: logarithmic axes.
-- hline= is a critical value, vline= an estimate; hlabel= and vlabel= name them in the legend.
--
-- A text with commas stands in quotes: subtitle="States, 2000-2010". A text with "=" as the last argument is always the options. No rows give NULL.
-- For a journal column of 8 cm: width=302, size=0.8 (numbers of 7 points). Colours are those of Okabe and Ito, which colour-blind readers tell apart; series differ in marker
-- and dash as well, for grey print. The ground is white on any page; no scripts, no style sheets, no ids, so that figures can stand side by side in one page; a title and a description
-- stand in the file for readers who hear the page. In the sqlite3 shell: SELECT writefile('figure.svg', plot_line(...)) FROM ...
--
-- References: Cleveland (1985), The elements of graphing data; Hansen (1999), Threshold effects in non-dynamic panels, Journal of Econometrics 93 (the curve of the likelihood ratio).

.print series by group:
SELECT length(plot_line(year, life, continent, 'ylabel=Life expectancy')) AS bytes FROM (SELECT year, continent, avg(lifeExp) AS life FROM gapminder GROUP BY 2, 1);

.print twelve countries, each in a panel:
SELECT length(plot_line(year, gdpPercap, country, 'panels=4, ylog=1, ylabel=GDP per head, height=700')) AS bytes FROM gapminder WHERE country < 'Bo';

.print the likelihood ratio of a threshold: the interval is where the curve is below its critical line, 7.35 at 95 per cent:
SELECT length(plot_line(estimate, statistic, 'hline=7.35, hlabel=95% critical value, xlabel=Threshold in capital, ylabel=Likelihood ratio')) AS bytes
FROM fe_threshold('grunfeld', 'invest ~ value + capital | firm', 'threshold=capital, regime=value, trim=.1, grid=all, curve=1') WHERE part = 'lr';
