-- fit_table, corr_table, describe_table: the tables of a paper
--
--   fit_table(label, fit [, 'options'])                                  the regression table, one column a row; the text of one page
--   corr_table(var1, var2, r, p_value [, 'options'])                     the lower triangle of a correlation matrix, from the rows of panel_correlate
--   describe_table(variable, value, ... [, 'options'])                   a descriptive table, one line a row
--
-- Aggregates over any rows, in the order in which the rows come: FROM (SELECT ... ORDER BY ...). They read nothing but their arguments and may stand in views.
-- The options are the last argument, "key=value, key=value" or JSON; a text with commas stands in quotes: title="Laws, and homicide".
-- In JSON lists are arrays and pairs are objects: {"rename": {"post": "Law, since 2005", "sid": "State"}, "notes": ["First line", "second"]}.
--
-- Options of all three
--   format=text|markdown|latex|html|csv|scsv|tsv|rtf|typst   LaTeX needs booktabs and nothing else; fragment=1 leaves the table environment out, fragment=rows (HTML too) all but the rows.
--                                         HTML is one <table>. CSV is for sheets, scsv with semicolons, tsv with tabs; excel=1: ="(0.04)", which they would else read as -0.04.
--                                         RTF is for Word: SELECT writefile('table.rtf', fit_table(..., 'format=rtf'))
--   page=1                                a whole document (LaTeX, HTML, Typst)
--   width=12cm | 80%, full=1              the width of the table (LaTeX, HTML, RTF, Typst; also in, mm, pt); full=1: 100%. compress=1: less space between columns
--   align=r | lcrd                        all columns but the first, or each: left, centred, right, d at the decimal point. Text and numbers are aligned by themselves
--   rules=0 | double | hline              no lines across; double ones at the top and the end; LaTeX's own, which need no package
--   font=Arial 10                         HTML, RTF, Typst: name, size or both
--   decimal=comma, zero=0                 0,123 and 1.234; .123 without its zero
--   latex=(small, dcolumn, ...)           what LaTeX gets besides: dcolumn (points above each other), threeparttable (notes as wide as the table), sideways (rotating),
--                                         longtable (over several pages), adjustbox (no wider than the page), here ([H] of float), place:tp, wide (table*), flush (no space at
--                                         the sides), stretch:1.2 (lines apart), a size: tiny, scriptsize, footnotesize, small, normalsize, large; with page=1 also
--                                         packages:amssymb siunitx, and standalone (a page as large as the table)
--   title=, label= (LaTeX, Typst), notes= (further text beneath; (first, second): in lines; notes=0: none at all), lang=en|zh
--   escape=0                              labels, title and notes are LaTeX, HTML, Markdown, RTF or Typst as they stand: rename=(dt:$\beta_1$)
--
-- fit_table
--   main=b, under=se | t | p | ci | se+t  what stands in the cell of a term and in the lines beneath: b, se, t, z, |t|, p, low, high, ci, df, beta (fe_ols) and any number that is kept with the
--                                         terms, of the fit's own or put there by json_set(fit, '$.terms[0].wild_p', .03); expressions of them: sqrt(se), b/2. Of the lines beneath
--                                         intervals are in brackets, of the others the first in parentheses, the second in brackets
--   main={b}{stars} ({se}), under=("[{low:2}, {high:2}]", "p = {p}")  the same as text with the numbers in braces, {low:2} with two decimals, {stars(wild_p)} by another p-value, words too
--   beside=1, wide=1                      the lines beneath stand behind the estimate in its cell, or in columns of their own, wide=(Est., S.E.) with heads; stars among them: under=se+stars
--   brackets=([], 0)                      around these lines, in turn: (), [], {} or 0 for none
--   starred=under | (dt, x*)              the stars hang on the first line beneath; or only these terms have them
--   level=.9                              the intervals at another level than that of the fits
--   transform=100*(exp(b)-1)              transformed coefficients: any expression of b with + - * / ^ exp ln sqrt abs normal logistic, errors by the delta method (the derivative exact), the ends of
--                                         the intervals transformed; t, p and stars are those of b. (dt: exp(b), @2: 100*b, dt@3-4: b/2): of a term, of a column, of both. exp=all or exp=(2, 3):
--                                         exponentiated columns (odds and rate ratios)
--   beta=1                                standardized coefficients, b sd(x) / sd(y), of fits by fe_ols; error and interval alike, no constant
--   stars=(.01,.05,.1)                    bounds of p for ***, **, *; (+ .1, * .05, ** .01) names the symbols; 0: none
--   digits=auto | 3 | a3 | s3 | e3        auto: three decimals, more where the error would show fewer than two figures, at last a power of ten; a3: esttab's format, three figures below one and
--                                         four above; s3: three figures; e3: with a power of ten; (3, t:1, dt:5): those of a number, of a term; p:<3: <0.001
--   keep=, drop=, order=                  terms by name or pattern (* any text, ? one sign): keep=(dt, l*), order=dt; what is not shown is a control, which is one Yes/No line
--   controls=(Weather:rain temp*, Size:assets)  such lines by name, each in place of its terms; controls=0: none
--   above=(educ:Schooling, west:East | ref., dt:Share | .2 | .3)  lines above terms; what stands behind | stands in the columns that have the term, or one word in each
--   rename=(dt:Digital trade, prov:Province)  labels of terms, outcomes, effects, numbers and lines (N:Observations); without it names are as in the fit. a:b, a::2015 and a^b take those
--                                         of their parts, ×:* another sign; region::*:* the rest of a name; Outcome:Dependent variable names the line of the outcomes; "  Label" is indented. Terms
--                                         with the same label that no column has together are one row. Labels from a table: see the examples
--   groups=(All states:2, South:2)        heads over several columns; ((...), (...)) or (Sample (...), Years (...)): several lines of them. numbers=0, outcomes=0 leave those heads out
--   column=(Expected, post:+)             a column of one's own behind the names, its head first
--   panels=(A. Homicide:3, B. Larceny:3)  panels below each other: three fits, then three; shared=1: what their feet say alike stands once, at the end
--   transpose=1                           a row for each fit, a column for each term and line
--   constant=auto | 1 | 0                 auto: where the model estimates it; 1: with absorbed effects too, where it is the mean of the effects
--   parts=first* | *, stack=1             further equations as columns of their own (first stages, the equations of a mediation), or below each other. Quantiles are columns anyway
--   gaps=1, vacant=., dropped=., highlight=(dt@2, @3, p<.05, ul:#ffee99)  space between terms; a text where a column has not the term, where it was dropped; bold cells, terms,
--                                         columns, with a colour behind or a frame: dt:box. names=20: wider names go on in the lines beneath
--   foot=(fe, N, r2, rule, aic:1, Sample) what stands below the coefficients, in this order: controls, fe, units, lines, N, r2, stats, errors, tests as below, rule, title:text, any
--                                         statistic or test by name, one of lines= by its name. Without it all of those sections
--   fe=(State and year:sid year)          the Yes/No lines of effects: one for several. fe=0, units=0, nobs=0, errors=0 leave out these lines, the number of units, N, the line that says how
--                                         errors were made; units=all: the number of levels of each effect, label: behind its name; marks=(✓, –): other words than Yes, No
--   r2=overall+within+adj | none          pseudo R2 stands there where a fit has it
--   stats=(rmse, outcome_mean, aic:1)     any statistic of the fits, with the decimals behind a colon; lines=(Sample: all | all | South): lines of one's own, statistics of
--                                         the fits in braces: (F: "{f_statistic:2}{stars(f_p_value)}")
--   tests=auto | all | none | (hansen_j, kp*)  auto: first-stage F, Kleibergen-Paap LM and Wald F with the critical value, Hansen J (else Sargan), AR(1), AR(2), the number of
--                                         instruments of dynamic panels, pretrend, sobel, hausman, thresholds
-- corr_table: under=p (p-values in parentheses beneath, no stars unless asked), stars=, digits=3, heads=names|numbers, rename=
-- describe_table: columns=(N, Mean, p50, SD, Min, Max) names the values (five are N, Mean, SD, Min, Max), digits=3, rename=. Integers have no decimals.
--
-- A fit with an error, and a NULL, get an empty column and a note. A term dropped as collinear shows a dash. A name in keep=, drop= or order= that no fit has is an error.
-- No rows: NULL.
--
-- Beside other programs, on the fits below and on a logit, a Poisson, an instrumented model and sunab of the same tables: fixest 0.12.2 (etable), modelsummary 2.6.0.8 and
-- texreg 1.39.4 in R, maketables 0.2.0 (which prints pyfixest 0.60's etable) in Python. Each cell is what came out when it was run, or what the arguments of the program are for;
-- blank: none was found. The cells of coefficients, errors, intervals, t and p that modelsummary wrote of six of these models are ours to the letter (tests/oracle/fit_table.R). statsmodels'
-- summary_col, linearmodels' compare and Python's stargazer, run too, have fewer of these lines. esttab needs Stata and was not run: its column is what its help
-- (estout of GitHub, with estout's own) says; and the tables that its help and its site print of price on weight, mpg and foreign, of foreign on mpg and weight by logit (Stata's
-- auto data, vcov=iid), were set beside fit_table on the same fits: coefficients, t, errors, beta, odds ratios, N and adjusted R2 have the same digits with digits=a3, stars=(.001,.01,.05).
--                                            here                       etable               modelsummary      texreg             maketables            esttab
--   outcome, once over columns that share it yes                        in LaTeX             no                no                 yes                   once a column
--   heads over groups of columns             groups=                    headers=             list of lists     custom.header      model_heads           mgroups()
--   panels below each other                  panels=                                         shape="rbind"                                              fragment, append
--   what the panels' feet share, once        shared=1                                        "rcollapse"
--   any number of the terms in a cell        main=, under=              se, t, interval      any column        override.coef      coef_fmt, any         main(), aux()
--   text around the numbers                  {b}{stars} ({se})          coef.style=          glue strings                         coef_fmt              cells()
--   estimate and error in one cell           beside=1                   its default          estimate=         single.row         coef_fmt              onecell
--   errors in columns, with heads            wide=(Est., S.E.)                               shape=                                                     wide, collabels()
--   brackets, stars on the error, absolute t brackets=, starred=, |t|                        glue strings                         coef_fmt              brackets, staraux, abs
--   stars of some terms, by another p        starred=, {stars(q)}                                              override.pvalues                         stardrop(), pvalue()
--   intervals at another level               level=                     ci=                  conf_level=       ci.force.level                           level()
--   exponentiated coefficients               exp=, by column                                 exponentiate=                                              eform(), by column
--   any transformation, its error            transform=                                                                                                 transform()
--   standardized coefficients                beta=1                                                                                                     beta
--   small numbers keep two figures           by itself                  by figures           fmt_significant   no                 no                    a3
--   figures, powers of ten, digits by term   digits=s3, e3, dt:5        powerBelow=          fmt_sci, fmt_term                    b:.2e                 a3, its default
--   <0.001 for p                             digits=(p:<3)                                   by itself
--   decimal comma, no zero in front          decimal=, zero=                                                   leading.zero                             dmarker(), nolz
--   keep, drop, order, labels                patterns with * ?          expressions          coef_map          custom.coef.map    expressions           patterns with * ?
--   two names in one row                     same label                 same label           same label        same label         two rows              rename()
--   labels of interactions from their parts  yes, ×: its sign           yes                  the sign only                        yes                   label, interaction()
--   lines between terms, 'ref.' in them      above=                     extralines=, at ends add_rows=         groups=                                  refcat(), blist()
--   named Yes/No lines of controls           controls=                  group=                                                                          indicate()
--   effects as Yes/No lines                  yes                        yes                  X or blank        counts of levels   "-" if there are two  where they are terms
--   several effects in one line              fe=(Both:sid year)         fixef.group=                                                                    indicate()
--   levels of each effect                    units=all, label           fixef_sizes=, LaTeX                    by itself
--   how errors were made                     by itself                  by itself            by itself         no                 se_type
--   mean of the outcome                      stats=outcome_mean         fitstat=~my          no                no                 by hand               estadd
--   order of the lines below                 foot=                      within sections      gof_map=          reorder.gof        stats_order           stats(), obslast
--   titles of sections                       foot=(title:...)           by itself                                                                       prefoot()
--   lines of one's own                       lines=                     extralines=          add_rows          custom.gof.rows    custom_model_stats    estadd
--   computed ones                            lines=(F: {f:2} [{p}])     fitstat_register     gof_function=                                              estadd, layout()
--   first-stage F, Sargan or Hansen J        by itself                  fitstat=, by name    no                no                                       scalars(), by name
--   Kleibergen-Paap F and critical value     by itself                  F, by name           no                no                                       F, by name
--   first stage beside the second, below it  parts=first*, stack=1      stage = 1:2          shape=                                                     unstack, if stored
--   rows and columns exchanged               transpose=1                                     shape=                                                     of matrices
--   a column of one's own                    column=                                         add_columns=      custom.columns                           labcol2()
--   a regressor dropped as collinear         a dash, note; dropped=     absent               absent            absent             absent                0, left out, dropped()
--   a fit that failed                        empty, with a note                              an error
--   highlighted cells, boxes                 highlight=, by p too       highlight=           style_tt()        bold=, by p
--   space between terms; no lines, double    gaps=, rules=              style.tex                              booktabs=          rows apart            gaps, nolines
--   long names over lines                    names=                                                                                                     wrap
--   alignment, width in cm                   align=, width=             adjustbox=           align=, width     center, scalebox   data_align, tab_width alignment(), width()
--   fonts                                    font=                      fontsize=, LaTeX                       fontsize, LaTeX    by format             fonttbl(), RTF
--   LaTeX needs                              booktabs, or nothing       booktabs ("aer")     tabularray        booktabs           makecell, tabularx    nothing, booktabs
--   LaTeX over several pages                 latex=longtable                                                   longtable                                longtable
--   points above each other in LaTeX         latex=dcolumn              no                   align="d"         dcolumn, siunitx   no                    alignment()
--   a document, packages, one page as large  page=1, latex=standalone   export=, PNG         output=, PNG                                               page(), standalone()
--   & % _ in titles, notes and names         escaped                    escaped              escaped           titles by hand     left as they are      _; substitute()
--   labels that are LaTeX, HTML themselves   escape=0                   $...$                escape=FALSE      always             always                always
--   rows without the table around them       fragment=rows                                                     table=FALSE                              fragment
--   tabs, semicolons, sheets of texts        tsv, scsv, excel=1                              xlsx                                                       tab, scsv, csv
--   Word; Typst                              RTF; yes                                        docx; yes         docx (wordreg)     docx; yes             RTF
--   words of the table in Chinese            lang=zh
-- esttab's and estout's other words here: mtitles, eqlabels: the labels, rename=; nodepvars, nonumbers: outcomes=0, numbers=0; noconstant: constant=0; obslast: foot=(r2, N); addnotes: notes=;
-- plain: stars=0, brackets=0, rules=0, notes=0, numbers=0; unstack: parts=*; noomitted, nobaselevels: drop=; sfmt: stats=(aic:1); stardetach: under=se+stars, wide=1; vacant: vacant=; prehead,
-- postfoot, topfile: || before and behind; posthead, prefoot: above=, foot=; append: || of two pages; replace: writefile(); substitute, delimiter: replace(); a matrix: describe_table.
-- etable's: agg: did_att's own; keepFactors, group: controls=; poly_dict, dict: rename=; drop.section: drop=*, foot=; meta: || ; tabular="X": full=1; vcov: see below. modelsummary's:
-- coef_map: keep=, order=, rename=; statistic=NULL: under=none; group_map: parts=; gof_omit: foot=; output: writefile(), and for docx, xlsx and PNG other programs: soffice --convert-to docx
-- table.rtf, pdftoppm of a page that is standalone. maketables' cat_template: rename=(region::*:*). Errors are those of the fit: ask the estimator again, as below.
-- Not here: names cut to a width (estout's abbrev; names= breaks them), regular expressions of terms (GLOB in SQL makes the list, as below).

CREATE TEMP TABLE models(number INTEGER PRIMARY KEY, fit TEXT);
INSERT INTO models(fit) VALUES
  (econ_fit('fe_ols', 'castle', 'l_homicide ~ post', '')),
  (econ_fit('fe_ols', 'castle', 'l_homicide ~ post | sid + year', '')),
  (econ_fit('fe_ols', 'castle', 'l_homicide ~ post + unemployrt + poverty + l_police | sid + year', '')),
  (econ_fit('fe_ols', 'castle', 'l_larceny ~ post + unemployrt + poverty + l_police | sid + year', ''));

SELECT fit_table('', fit, 'keep=post, rename=(post:Castle law, sid:State, year:Year, l_homicide:Log homicide, l_larceny:Log larceny), r2=overall+within, title=Castle laws and crime')
FROM models;

-- Heads over columns, the mean of the outcome, a line of one's own, controls by name, intervals
SELECT fit_table('', fit, 'keep=post, under=se+ci, groups=(Homicide:3, Larceny:1), outcomes=0, controls=(Economy:unemployrt poverty, Police:l_police), stats=(outcome_mean, aic:1),
                 lines=(Sample: all | all | all | all), rename=(post:Castle law, sid:State, year:Year, N:Observations), marks=(✓, –)') FROM models;

-- As esttab prints: t in parentheses, three figures, stars at .05, .01 and .001; a line above a term
SELECT fit_table('', fit, 'under=t, digits=a3, stars=(.001,.01,.05), above=(unemployrt:Economy), keep=(post, unemployrt, poverty), units=0') FROM models WHERE number > 1;

-- As modelsummary's strings: the error behind the estimate, interval and p beneath, a foot of one's own in its order; N last
SELECT fit_table('', fit, 'main={b}{stars} ({se}), under=("[{low}, {high}]", "p = {p}"), keep=post, foot=(fe, units, rule, "F (df)", aic:1, r2, N), units=label, digits=(3, p:<3),
                 lines=("F (df)": "{f_statistic:2} ({f_df1}, {df_t})")') FROM models WHERE number > 1;

-- Per cent in place of logarithms: 100 (exp(b) - 1), its error by the delta method; bold where p < .1
SELECT fit_table('', fit, 'transform=(post: 100*(exp(b)-1)), under=|t|+ci, keep=(post, l_police), gaps=1, highlight=p<.1') FROM models WHERE number > 1;

-- The same model with other errors: the estimator is asked again
SELECT fit_table(vcov, econ_fit('fe_ols', 'castle', 'l_homicide ~ post | sid + year', 'vcov=' || vcov), 'keep=post, outcomes=0, foot=(N, r2)')
FROM (SELECT column1 AS vcov FROM (VALUES ('iid'), ('hc1'), ('cluster(sid)'), ('cluster(sid+year)')));

-- Labels from a table, terms by GLOB, and a number of one's own beside each term
CREATE TEMP TABLE labels(name, label);
INSERT INTO labels VALUES ('post', 'Castle law'), ('l_police', 'Log police'), ('l_homicide', 'Log homicide'), ('sid', 'State'), ('year', 'Year');
SELECT fit_table('', json_set(fit, '$.terms[0].wild_p', .23), 'under=(se, wild_p), keep=(' || (SELECT group_concat(DISTINCT '"' || term || '"') FROM models, fit_terms(fit) WHERE term GLOB 'p[a-o]*' OR term = 'l_police')
                 || '), rename=(wild_p:p of the wild bootstrap, ' || (SELECT group_concat('"' || name || ':' || label || '"') FROM labels) || ')') FROM models WHERE number = 3;

-- A row for each fit; quantiles below each other
SELECT fit_table('', fit, 'transpose=1, foot=(N, r2), keep=(post, poverty)') FROM models;
SELECT fit_table('', econ_fit('fe_quantile', 'grunfeld', 'invest ~ value + capital', 'tau=(.25,.75)'), 'stack=1, rename=(τ = 0.25:Lower quartile, τ = 0.75:Upper quartile)');

-- Two panels under the same columns; the number of each is that of its fits
SELECT fit_table('', fit, 'keep=post, panels=(Panel A. Homicide:1, Panel B. Larceny:1), rename=post:Castle law') FROM models WHERE number > 2;

-- Odds ratios with intervals of 90%
SELECT fit_table('', econ_fit('fe_logit', 'nsw', 'treat ~ age + educ + black', ''), 'exp=all, under=ci, level=.9');

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
