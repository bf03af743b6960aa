-- did_honest: how far may parallel trends fail before the conclusion does?
--
--   did_honest(fit, restriction, m_list, effect, level, seed, reps)     rows: m, conf_low, conf_high; hidden: breakdown, estimate, std_error
--
-- fit is an event study of did_att with agg=event: the usual one, method=sunab, or method=cs with base=universal. For each m the interval for the effect holds for every
-- difference in trends between treated and controls that the restriction allows:
--   relative     (default) from one period to the next the difference changes after treatment by at most m times its largest change before: m = 1 allows as much as was seen.
--                The conditional test joined with the least favourable one (C-LF), inverted; m_list by default '0.5, 1, 1.5, 2'
--   smoothness   the difference bends (its second difference) by at most m; m = 0 continues the trend before treatment in a straight line. The optimal fixed-length interval;
--                m_list by default five values from 0 to the upper bound for the bends before treatment
--   m_list    numbers parted by commas, a range 'low:high:step', or one number
--   effect    an event time after the reference, or 'average': the mean of those from 0 on; default the first after the reference
--   level     default the fit's (0.95);  seed, reps   of the least favourable test's draws, default 1 and 1000
-- breakdown is the least m at which the interval holds zero: 0 where even m = 0 has it, infinite where no m does. An interval is NULL where no difference in trends fits the estimates.
-- Normal theory; covariances are the fit's. Event times must follow one another; all after the reference count as after treatment (anticipation), all before it as before.
-- A window=lo:hi bins what lies beyond: its end points stand for more than one period, choose it wide.
-- Errors: a fit without event times, estimates on one side only, missing event times, method=cs with base=varying, more estimates than clusters can tell apart.
-- Reference: Rambachan and Roth (2023), A more credible approach to parallel trends, Review of Economic Studies 90; Andrews, Roth and Pakes (2023); Armstrong and Kolesar (2018).

-- Did homicides rise where self-defence laws were widened? Not if trends may differ after the law as much as they did before
SELECT m, round(conf_low, 4) AS low, round(conf_high, 4) AS high, round(breakdown, 3) AS breakdown
FROM did_honest(econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3'));

-- Both restrictions for the average effect, side by side
WITH event(fit) AS (SELECT econ_fit('did_att', 'castle', 'l_homicide ~ 1 | sid + year', 'treat=post, agg=event, window=-5:3'))
SELECT h.restriction, round(m, 4) AS m, round(conf_low, 4) AS low, round(conf_high, 4) AS high
FROM event, did_honest(fit) h WHERE h.restriction IN ('relative', 'smoothness') AND h.effect = 'average';
