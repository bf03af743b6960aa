-- plot_event: an event study as a figure (SVG)
--
--   plot_event(event_time, estimate, conf_low, conf_high [, group [, inner_low, inner_high]] [, options])      aggregate over any rows: the text of one SVG file
--
-- Each row is a point at (event_time, estimate) and a bar from conf_low to conf_high. A line stands at zero (zero=0: none), a dashed one where treatment starts: half a step before
-- period 0 where the periods lie on both sides of it, or at start=. With shade=1 the periods from there on are grey.
--
-- The reference period is a hollow point. Rows of did_att are marked by themselves: estimate 0 without an interval. ref=-1 says which it is and draws it where the rows do not have
-- it, as those of i(event_time, treat, ref=-1). A row without interval whose estimate is not 0 is a point without bar; a NULL estimate is left out.
-- Of an interval with one bound that side is drawn; an infinite bound reaches the edge.
--
-- inner_low and inner_high, the bounds of an interval of a lower level (say 90%), are a thick line on the bar; the group may be NULL then.
--
-- band=1 draws a band and a line, joined=1 a line through points with bars. With a group (an estimator, a region) points stand beside each other, or with panels=3 in panels of their own on
-- the same axes. At most 12 groups, 60 in panels.
--
-- A text with commas stands in quotes: subtitle="States, 2000-2010". A text with "=" as the last argument is always the options. No rows give NULL.
-- For a journal column of 8 cm: width=302, size=0.8 (numbers of 7 points). Colours are those of Okabe and Ito, which colour-blind readers tell apart; series differ in marker
-- and dash as well, for grey print. The ground is white on any page; no scripts, no style sheets, no ids, so that figures can stand side by side in one page; a title and a description
-- stand in the file for readers who hear the page. In the sqlite3 shell: SELECT writefile('figure.svg', plot_event(...)) FROM ...
--
-- References: Freyaldenhoven, Hansen, Perez Perez and Shapiro (2021), Visualization, identification, and estimation in the linear panel event-study design, NBER 29170; fixest's iplot; Okabe and
-- Ito (2008), Color universal design.

.print event study:
SELECT length(plot_event(event_time, estimate, conf_low, conf_high, 'title=Homicide and castle laws, ylabel=Effect on log homicide')) AS bytes
FROM did_att('castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3') WHERE effect = 'event';

.print two estimators beside each other: cohort by cohort, and two-way fixed effects with leads and lags (ref=-1 draws what the second does not have):
CREATE TEMP TABLE laws AS
SELECT c.*, year - (SELECT min(year) FROM castle f WHERE f.sid = c.sid AND f.post = 1) AS since FROM castle c;
CREATE TEMP TABLE estimates AS
SELECT 'cohort by cohort' AS estimator, event_time, estimate, conf_low, conf_high FROM did_att('castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3') WHERE effect = 'event'
UNION ALL
SELECT 'two-way', CAST(substr(term, 9) AS INTEGER), estimate, conf_low, conf_high
FROM fe_ols('SELECT *, coalesce(max(-6, min(4, since)), -1) AS period FROM laws', 'l_homicide ~ i(period, ref=-1) | sid + year') WHERE CAST(substr(term, 9) AS INTEGER) BETWEEN -5 AND 3;
SELECT length(plot_event(event_time, estimate, conf_low, conf_high, estimator, 'ref=-1, shade=1, legend=bottom')) AS bytes FROM estimates;
SELECT length(plot_event(event_time, estimate, conf_low, conf_high, estimator, 'ref=-1, panels=2, band=1')) AS bytes FROM estimates;
