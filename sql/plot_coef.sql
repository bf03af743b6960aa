-- plot_coef: coefficients and their intervals as a figure (SVG)
--
--   plot_coef(label, estimate, conf_low, conf_high [, group [, inner_low, inner_high]] [, options])      aggregate over any rows: the text of one SVG file
--
-- One line a label, from top to bottom in the order of the rows, or by sort=estimate or descending (of the first group). Groups (models, samples, kinds of errors) beneath each other, or in
-- panels=3. vertical=1: labels at the bottom. A line at zero, which the axis holds then; zero=0: none. Odds ratios: xlog=1, and the line stands at 1.
-- inner_low and inner_high, the bounds of an interval of a lower level (say 90%), are a thick line on the bar; the group may be NULL then.
-- A row without interval is a hollow point; of an interval with one bound that side is drawn. A label without estimate (collinear) keeps its line. At most 500 labels, 12 groups, 60 in panels.
--
-- A text with commas stands in quotes: subtitle="States, 2000-2010". A text with "=" as the last argument is always the options. No rows give NULL.
-- For a journal column of 8 cm: width=302, size=0.8 (numbers of 7 points). Colours are those of Okabe and Ito, which colour-blind readers tell apart; series differ in marker
-- and dash as well, for grey print. The ground is white on any page; no scripts, no style sheets, no ids, so that figures can stand side by side in one page; a title and a description
-- stand in the file for readers who hear the page. In the sqlite3 shell: SELECT writefile('figure.svg', plot_coef(...)) FROM ...
--
-- References: Jann (2014), Plotting regression coefficients and other estimates, Stata Journal 14 (coefplot); Okabe and Ito (2008), Color universal design.

.print one model under three kinds of errors:
SELECT length(plot_coef(term, estimate, conf_low, conf_high, vcov, 'vline=.1')) AS bytes
FROM fe_ols('card', 'lwage ~ educ + black + south + smsa') WHERE vcov IN ('iid', 'hc1', 'cluster(educ)') AND term <> '(Intercept)';

.print one coefficient across fits kept in a table, as columns of a table of a paper:
CREATE TEMP TABLE models AS
SELECT '(1) none' AS model, econ_fit('fe_ols', 'castle', 'l_homicide ~ post', 'vcov=cluster(sid)') AS fit
UNION ALL SELECT '(2) effects', econ_fit('fe_ols', 'castle', 'l_homicide ~ post | sid + year', '')
UNION ALL SELECT '(3) controls', econ_fit('fe_ols', 'castle', 'l_homicide ~ post + poverty + l_police | sid + year', '');
SELECT length(plot_coef(model, estimate, conf_low, conf_high, 'xlabel=Effect of the law on log homicide')) AS bytes FROM models, fit_terms(fit) WHERE term = 'post';

.print odds ratios:
SELECT length(plot_coef(term, exp(estimate), exp(conf_low), exp(conf_high), 'xlog=1, sort=descending, xlabel=Odds ratio')) AS bytes
FROM fe_logit('nsw', 'treat ~ age + educ + black + marr + nodegree') WHERE term <> '(Intercept)';

.print two levels of confidence, 95 and 90 per cent:
SELECT length(plot_coef(a.term, a.estimate, a.conf_low, a.conf_high, NULL, b.conf_low, b.conf_high, 'note="Bars: 95%, thick: 90%"')) AS bytes
FROM fe_ols('card', 'lwage ~ educ + black + south + smsa') a JOIN fe_ols('card', 'lwage ~ educ + black + south + smsa', 'level=.9') b USING (term) WHERE term <> '(Intercept)';
