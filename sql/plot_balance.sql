-- plot_balance: balance of covariates before and after, as a figure (SVG)
--
--   plot_balance(variable, before, after [, options])      aggregate over any rows: the text of one SVG file
--
-- One line a variable: a hollow square before, a point after, and the way between them. Guides at plus and minus mark=: 10 where numbers are per cent (one of them is above 2), else 0.1, the usual bound
-- of a balanced sample. abs=1: sizes without signs. sort=size: the largest before first (a love plot); sort=before.
-- The numbers are any: bias_pct or std_diff of psm_match, differences of weighted means, ratios of variances (xlog=1, mark=2: guides at 1/2, 1 and 2).
--
-- A text with commas stands in quotes: subtitle="States, 2000-2010". A text with "=" as the last argument is always the options. No rows give NULL.
-- For a journal column of 8 cm: width=302, size=0.8 (numbers of 7 points). Colours are those of Okabe and Ito, which colour-blind readers tell apart; series differ in marker
-- and dash as well, for grey print. The ground is white on any page; no scripts, no style sheets, no ids, so that figures can stand side by side in one page; a title and a description
-- stand in the file for readers who hear the page. In the sqlite3 shell: SELECT writefile('figure.svg', plot_balance(...)) FROM ...
--
-- References: Rosenbaum and Rubin (1985), Constructing a control group using multivariate matched sampling methods, The American Statistician 39.

.print balance of a matched sample:
CREATE TEMP TABLE balance AS
SELECT variable, max(bias_pct) FILTER (WHERE sample = 'before') AS before, max(bias_pct) FILTER (WHERE sample = 'after') AS after,
       max(var_ratio) FILTER (WHERE sample = 'before') AS ratio_before, max(var_ratio) FILTER (WHERE sample = 'after') AS ratio_after
FROM psm_match('nsw', 'treat ~ age + educ + black + marr + nodegree + re74 + re75') GROUP BY variable;
SELECT length(plot_balance(variable, before, after, 'abs=1, sort=size, title=Trainees and matched controls')) AS bytes FROM balance;

.print ratios of variances, on a logarithmic axis:
SELECT length(plot_balance(variable, ratio_before, ratio_after, 'xlog=1, mark=2, xlabel=Ratio of variances')) AS bytes FROM balance;
