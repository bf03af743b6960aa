-- fit_bands: intervals that hold for all effects of an event study at once
--
--   fit_bands(fit, terms, level, reps, seed)     rows: term, cohort, time, event_time, estimate, std_error, conf_low, conf_high; hidden: critical
--
-- A 95% interval for each of ten event times leaves out the truth somewhere in far more than 5% of samples. A band holds them all with 95%: estimate +- critical x std_error, critical
-- the quantile of the largest of the |t| under the estimates' own correlations (the sup-t band). With one term it is the usual interval.
--
--   terms     of did_att: event (default), gt, group or calendar; or names parted by commas, 'year::*' for all that begin so; default for other fits: all terms but the constant
--   level     default the fit's (0.95);  reps, seed   draws of the quantile, default 9999 and 1
-- Any fit with a covariance matrix will do. With degrees of freedom for its t the draws are from the multivariate t, else normal: for did_att with method=cs this is what the multiplier
-- bootstrap of Callaway and Sant'Anna tends to. Terms without an error (dropped ones, the reference) are left out.
-- Reference: Montiel Olea and Plagborg-Moller (2019), Simultaneous confidence bands, Journal of Applied Econometrics 34; Callaway and Sant'Anna (2021), section 4.1.

-- Pointwise and uniform, side by side
WITH event(fit) AS (SELECT econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3'))
SELECT b.event_time, round(b.estimate, 4) AS estimate, round(t.conf_low, 4) AS low, round(t.conf_high, 4) AS high, round(b.conf_low, 4) AS band_low, round(b.conf_high, 4) AS band_high
FROM event, fit_bands(fit) b, fit_terms(fit) t WHERE t.term = b.term;

-- How much wider: the critical value grows with the number of effects and falls with their correlation
SELECT round(max(critical), 2) AS critical, count(*) AS effects
FROM fit_bands(econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3'));
