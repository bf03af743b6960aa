-- fit_table, corr_table, describe_table: the tables of a paper
--
--   fit_table(label, fit [, 'options'])                                  the regression table, one column a row; the text of one page
--   corr_table(var1, var2, r, p_value [, 'options'])                     the lower triangle of a correlation matrix, from the rows of panel_correlate
--   describe_table(variable, value, ... [, 'options'])                   a descriptive table, one line a row
--
-- Aggregates over any rows, in the order in which the rows come: FROM (SELECT ... ORDER BY ...). They read nothing but their arguments and may stand in views.
-- The options are the last argument, "key=value, key=value" or JSON; a text with commas stands in quotes: title="Laws, and homicide".
--
-- Options of all three
--   format=text|markdown|latex|html|csv   LaTeX needs booktabs and nothing else; fragment=1 leaves the table environment out. HTML is one <table>. CSV is for sheets.
--   title=, label= (LaTeX), notes= (further text beneath; notes=0: none at all), lang=en|zh
--
-- fit_table
--   under=se | t | p | ci | se+t ...      lines beneath an estimate: intervals in brackets, of the others the first in parentheses, the second in brackets
--   stars=(.01,.05,.1)                    bounds of p for ***, **, *; (+ .1, * .05, ** .01) names the symbols; 0: none
--   digits=auto | 3                       auto: three decimals, and more where the error would show fewer than two figures
--   keep=, drop=, order=                  terms by name or pattern: keep=(dt, l*), order=dt; what is not shown is a control, which is one Yes/No line (controls=0: none)
--   rename=(dt:Digital trade, prov:Province)  labels of terms, outcomes, effects; without it names are as in the fit
--   constant=auto | 1 | 0                 auto: where the model estimates it; 1: with absorbed effects too, where it is the mean of the effects
--   parts=first* | *                      further equations as columns of their own: first stages, the equations of a mediation. Quantiles are columns anyway
--   fe=0, units=0, errors=0               leave out the Yes/No lines of the effects, the number of units, the line that says how errors were made
--   r2=overall+within+adj | none          pseudo R2 stands there where a fit has it; stats=(rmse, aic) adds any statistic of the fits
--   tests=auto | all | none | (hansen_j, kp*)  auto: first-stage F, Kleibergen-Paap LM and Wald F with the critical value, Hansen J, Sargan, pretrend, sobel, hausman, thresholds
-- corr_table: under=p (p-values in parentheses beneath, no stars unless asked), stars=, digits=3, heads=names|numbers, rename=
-- describe_table: columns=(N, Mean, p50, SD, Min, Max) names the values (five are N, Mean, SD, Min, Max), digits=3, rename=. Integers have no decimals.
--
-- A fit with an error, and a NULL, get an empty column and a note. A term dropped as collinear shows a dash. A name in keep=, drop= or order= that no fit has is an error.
-- No rows: NULL.
--
-- Beside other programs, as we know them (none of them was run for this list; what stands under "here" is checked by tests/fit_table.py):
--                                              here            esttab          etable (fixest)  modelsummary
--   numbers of columns (1) (2)                 yes             yes             yes              yes
--   outcome, once over columns that share it   yes             mgroups(), by hand  yes          by hand
--   estimate and error in lines                yes             yes             yes              yes
--   two or three lines (se, t, p, ci)          under=se+t      cells() by hand coefstat= one    statistic= several
--   decimal points above each other            yes             yes (dcolumn)   no               siunitx by hand
--   small numbers keep two figures             digits=auto     a3              digits= by figures  fmt_sprintf by hand
--   keep, drop, order, rename with patterns    yes             yes             yes (regex)      yes (coef_map)
--   controls as one Yes/No line                by itself       indicate() by hand  group= by hand   add_rows by hand
--   absorbed effects as Yes/No lines           by itself       reghdfe + estfe yes              glance rows
--   number of units                            by itself       e(N_g) by hand  fixef_sizes=TRUE by hand
--   how errors were made                       by itself       by hand         yes              yes
--   first-stage F, KP LM and F, Hansen J       by itself, with the critical value   stats() one by one   fitstat= one by one   gof_map by hand
--   first stages beside the second             parts=first*    est restore     stage = 1:2      by hand
--   constant of a model with effects           constant=1      xtreg only      no               no
--   a fit that failed                          empty column, and the reason beneath   (a value that they do not have)
--   a regressor dropped as collinear           a dash, with a note   0 (.)     note outside     absent
--   text, markdown, LaTeX, HTML, CSV           all             all             text, LaTeX      all, and Word
--   another language                           lang=zh         by hand         setFixest_dict   by hand
--   one call from a query, no objects          yes             no              no               no
-- Not here: Word files (HTML pastes into Word), panels one above the other (two calls), free text in a chosen row.

CREATE TEMP TABLE models(number INTEGER PRIMARY KEY, fit TEXT);
INSERT INTO models(fit) VALUES
  (econ_fit('fe_ols', 'castle', 'l_homicide ~ post', '')),
  (econ_fit('fe_ols', 'castle', 'l_homicide ~ post | sid + year', '')),
  (econ_fit('fe_ols', 'castle', 'l_homicide ~ post + unemployrt + poverty + l_police | sid + year', '')),
  (econ_fit('fe_ols', 'castle', 'l_larceny ~ post + unemployrt + poverty + l_police | sid + year', ''));

SELECT fit_table('', fit, 'keep=post, rename=(post:Castle law, sid:State, year:Year, l_homicide:Log homicide, l_larceny:Log larceny), r2=overall+within, title=Castle laws and crime')
FROM models;

-- As a paper in LaTeX, with t statistics in a line of their own, in Chinese
SELECT fit_table('', fit, 'keep=post, under=se+t, format=latex, lang=zh') FROM models WHERE number < 3;

-- Instruments: the first stage beside the second, with its tests
SELECT fit_table('', econ_fit('fe_iv', 'card', 'lwage ~ exper + expersq + black + south + smsa | educ ~ nearc4 + nearc2', ''),
                 'parts=first*, keep=(educ, nearc*), order=educ');

-- A model for each group, by the aggregate: no table of fits is needed
SELECT fit_table(region, fit, 'rename=(post:Castle law)') FROM
  (SELECT region, fe_ols('l_homicide ~ post | sid + year', l_homicide, post, sid, year) AS fit FROM castle WHERE region <> '' GROUP BY region);

-- The two tables in front of it
SELECT describe_table(variable, n, mean, p50, sd, min, max, 'columns=(n, mean, p50, sd, min, max), format=markdown')
FROM panel_describe('grunfeld', 'invest, value, capital');
SELECT corr_table(var1, var2, r, p_value) FROM panel_correlate('grunfeld', 'invest, value, capital');
SELECT corr_table(var1, var2, r, p_value, 'under=p, heads=numbers') FROM panel_correlate('grunfeld', 'invest, value, capital');
