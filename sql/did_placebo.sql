-- did_placebo: placebo tests: the treatment is drawn anew, and the model estimated again, many times
--
--   did_placebo(source, 'y ~ controls | unit + time', 'treat=d')       d: the status of a row, 0 or 1; or cohort=g, the first treated period, as in did_att
--   did_placebo(source, 'y ~ x + controls | unit + time', 'variable=x')  any regressor of any fe_ols; panel=unit+time where they are not absorbed
--   did_placebo(y, unit, time, treat, x...)                            aggregate: the fit, as JSON
--
-- type=units (default): the units' histories are dealt out anew: as many treated, in cohorts of the same sizes. A treatment that stays on is dealt out by its
--   first period; one that switches off, and variable=, by the values in each period (where the donor has no row: its last one before, or else its first after).
-- type=time: only rows before treatment are used, and adoption moves 1, 2, ... periods of the panel earlier: one draw for each; shift=lo:hi says which.
-- type=mixed: only rows before treatment; histories dealt out anew and adoption moved earlier by a shift drawn from shift= (default: all that the data allow).
-- Options: reps=500, seed=1, shift; where, panel, weights, singletons, vcov, ssc, level as fe_ols (vcov without wild and cv3).
--
-- Rows: draw (0 is the model itself), estimate, std_error, p_value, shift. Errors are those of the model's vcov, by default clustered by the first effect. A draw that
--   the effects absorb has NULL. Same seed, same draws, however many there are and on any number of threads.
-- Hidden columns: p_empirical, the share of draws with |estimate| at least that of draw 0; p_empirical_upper and p_empirical_lower, one-sided; p_empirical_t, by |t|;
--   placebo_mean, placebo_sd; rejected_share, the share of draws with a p-value below 1 - level; draws, draws_estimated; nobs. fit_tests has the test `placebo`,
--   fit_terms the model itself. Effects and controls are projected out once (Frisch-Waugh), so that a draw costs one column.
-- Errors: nobody or everybody treated, a status other than 0 and 1, treated from the first period only; type=time and mixed need a treatment that stays on and two periods before it.
-- References: La Ferrara, Chong and Duryea (2012); Abadie, Diamond and Hainmueller (2010).

SELECT draw, round(estimate, 5) AS estimate, round(std_error, 5) AS std_error, round(p_value, 4) AS p_value
FROM did_placebo('castle', 'l_homicide ~ unemployrt | sid + year', 'treat=post') WHERE draw < 4;

-- The verdict: how many placebo laws do as much as the real ones
SELECT p_empirical, p_empirical_upper, p_empirical_lower, round(placebo_mean, 4) AS placebo_mean, round(placebo_sd, 4) AS placebo_sd
FROM did_placebo('castle', 'l_homicide ~ unemployrt | sid + year', 'treat=post') LIMIT 1;

-- In time: the laws one, two and three years too early, on the years before them
SELECT draw, shift, round(estimate, 4) AS estimate, round(p_value, 3) AS p_value
FROM did_placebo('castle', 'l_homicide ~ unemployrt | sid + year', 'treat=post, type=time, shift=1:3');

-- Both drawn
SELECT type, p_empirical, rejected_share FROM did_placebo('castle', 'l_homicide ~ unemployrt | sid + year', 'treat=post, shift=1:3, seed=7') WHERE type = 'mixed' LIMIT 1;

-- Any regressor: would another firm's capital do as well?
SELECT round(estimate, 4) AS estimate, p_empirical FROM did_placebo('grunfeld', 'invest ~ value + capital | firm + year', 'variable=capital, reps=999') WHERE draw = 0;

-- The numbers behind the density plot of a paper
SELECT round(estimate / 0.02) * 0.02 AS bin, count(*) AS draws FROM did_placebo('castle', 'l_homicide ~ 1 | sid + year', 'treat=post') WHERE draw > 0 GROUP BY 1 ORDER BY 1;
