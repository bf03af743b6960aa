-- plot_scatter: points, binned points and the line through them (SVG)
--
--   plot_scatter(x, y [, group [, weight [, control...]]] [, options])      aggregate over any rows: the text of one SVG file
--
-- Points that fall on the same half pixel are drawn once, so that a million rows stay a page. x may be a date. NULL in every row of group or weight leaves it out.
--
-- fit=1: the (weighted) least squares line through all rows of a group, the band of its mean at level= (0.95), and in the legend slope, classical error and N; fit=2 or 3: a polynomial of that degree.
-- bins=20: the binned scatter. The rows of a group in 20 bins of equal count (of equal sums of weights) by x, a point at the means of x and y. Rows of equal x are not parted from each other, so that
-- there are fewer bins where x has few values. The line is that of the rows, not of the bins.
-- Controls are partialled out of x and y, and the means of x and y added again (Frisch and Waugh), as Stata's binscatter does: numbers as regressors, texts as the levels of effects that are absorbed
-- (CAST(year AS TEXT)). The slope of the line is that of fe_ols with these controls, and so is its error.
-- Logarithmic axes (xlog=1) show the same fit: for a line in logs write ln(x).
--
-- A text with commas stands in quotes: subtitle="States, 2000-2010". A text with "=" as the last argument is always the options. No rows give NULL.
-- For a journal column of 8 cm: width=302, size=0.8 (numbers of 7 points). Colours are those of Okabe and Ito, which colour-blind readers tell apart; series differ in marker
-- and dash as well, for grey print. The ground is white on any page; no scripts, no style sheets, no ids, so that figures can stand side by side in one page; a title and a description
-- stand in the file for readers who hear the page. In the sqlite3 shell: SELECT writefile('figure.svg', plot_scatter(...)) FROM ...
--
-- References: Frisch and Waugh (1933), Partial time regressions as compared with individual trends, Econometrica 1; Chetty, Friedman and Rockoff (2014), American Economic Review 104
-- (binned scatter plots); Cattaneo, Crump, Farrell and Feng (2024), On binscatter, American Economic Review 114 (whose binsreg bins by x itself).

.print points and their line:
SELECT length(plot_scatter(ln(gdpPercap), lifeExp, 'fit=1, xlabel=Log GDP per head, ylabel=Life expectancy')) AS bytes FROM gapminder WHERE year = 2007;

.print a binned scatter, and one with country and year effects taken out:
SELECT length(plot_scatter(ln(gdpPercap), lifeExp, 'bins=20, fit=2')) AS bytes FROM gapminder;
SELECT length(plot_scatter(ln(gdpPercap), lifeExp, NULL, NULL, country, CAST(year AS TEXT), 'bins=20, fit=1, xlabel=Log GDP per head (residual), ylabel=Life expectancy (residual)')) AS bytes FROM gapminder;

.print a line for each group, weighted by population:
SELECT length(plot_scatter(gdpPercap, lifeExp, continent, pop, 'fit=1, panels=3')) AS bytes FROM gapminder WHERE year = 2007;
