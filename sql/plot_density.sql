-- plot_density: kernel densities and the placebo figure (SVG)
--
--   plot_density(value [, p_value | group [, weight]] [, options])      aggregate over any rows: the text of one SVG file
--
-- f(x) = sum w_i K((x - x_i) / h) / (h sum w_i) over the range of the values and 3 h more at each end; xmin= and xmax= cut it. K is gaussian, or epanechnikov scaled to a standard deviation of 1, as
-- in R's density(). h is bandwidth=, or Silverman's rule of thumb 0.9 min(sd, IQR / 1.34) n^(-1/5) (R's bw.nrd0; of the values without weights, as in R).
--
-- One density without a second argument (or NULL).
-- With numbers as second argument: the placebo figure. Each value's p-value is a point on a second axis at the right, from 0 to 1, on which hline= lies; mark= is the real estimate, marklabel= its name.
-- With texts: one density for each group, as one looks at the overlap of scores; mirror=1 draws the second of two groups beneath the axis, panels=2 each on its own.
-- weight: of a matched or sampled row; NULL and 0 leave it out.
-- A group of one value, or of equal ones, has no density: a line stands there.
--
-- A text with commas stands in quotes: subtitle="States, 2000-2010". A text with "=" as the last argument is always the options. No rows give NULL.
-- For a journal column of 8 cm: width=302, size=0.8 (numbers of 7 points). Colours are those of Okabe and Ito, which colour-blind readers tell apart; series differ in marker
-- and dash as well, for grey print. The ground is white on any page; no scripts, no style sheets, no ids, so that figures can stand side by side in one page; a title and a description
-- stand in the file for readers who hear the page. In the sqlite3 shell: SELECT writefile('figure.svg', plot_density(...)) FROM ...
--
-- References: Silverman (1986), Density estimation for statistics and data analysis, Chapman and Hall, 3.31; R's density().

.print the density of a score by group, before and after matching:
CREATE VIRTUAL TABLE temp.matched USING psm_match('nsw', 'treat ~ age + educ + black + marr + nodegree + re74 + re75', 'replace=1');
SELECT length(plot_density(pscore, CASE treat WHEN 1 THEN 'treated' ELSE 'control' END, 'xlabel=Propensity score, mirror=1')) AS bytes FROM temp.matched;
SELECT length(plot_density(pscore, CASE treat WHEN 1 THEN 'treated' ELSE 'control' END, weight, 'xlabel=Propensity score, title=After matching')) AS bytes FROM temp.matched;

.print a placebo: 200 random assignments of the laws, their p-values, and the real one:
CREATE TEMP TABLE draws AS SELECT draw, estimate, p_value FROM did_placebo('castle', 'l_homicide ~ 1 | sid + year', 'treat=post, reps=200, seed=1');
SELECT length(plot_density(estimate, p_value, 'marklabel=Real, hline=.1, hlabel=p = 0.1, mark=' || (SELECT estimate FROM draws WHERE draw = 0))) AS bytes FROM draws WHERE draw > 0;
