-- did_bacon: which comparisons a two-way fixed effects estimate averages (Goodman-Bacon decomposition)
--
--   did_bacon(source, 'y ~ d | unit + time')          d: the treatment's status, 0 or 1, that stays on
--   did_bacon(source, 'y ~ d + x1 + x2 | unit + time')      with controls
--   did_bacon(y, unit, time, d, x1, ...)              aggregate: the fit, as JSON
--
-- Rows: type, cohort, control_cohort, estimate, weight: one for each pair of groups that is compared, by cohort, then by control.
--   treated_vs_untreated   cohort against the never treated (control_cohort NULL)
--   earlier_vs_later       cohort against one that is treated later, before it is
--   later_vs_earlier       cohort against one that is treated already: if effects grow over time, this is what spoils the average
--   later_vs_always        cohort against those treated from the first period on (control_cohort is that period)
-- The estimate is a difference in differences of means. Weights add up to one, and the weighted sum is the coefficient of y ~ d | unit + time: hidden columns
--   weight_sum, total and twfe, computed apart from each other; weight_TYPE adds up the weights of a type.
-- With controls (the regressors behind the first, i() too) the estimate is of what effects and controls leave of d, and that parts differently:
--   both_treated           two cohorts against each other, over all periods, cohort the earlier one: earlier_vs_later and later_vs_earlier are one here
--   always_vs_untreated    those treated from the first period on against the never treated: the controls make their d differ over time
--   within                 units of one cohort against each other, as far as their controls differ; cohort and control_cohort NULL
-- These weights, too, add up to one, and the weighted sum to the coefficient of d. R's bacondecomp has them divided by 1 - the weight of within.
-- The panel must be balanced (an error names what is missing): the theorem is about that. The order of the effects does not matter
--   where panel=unit+time says which is which. Options: where, panel.
-- Errors: d other than 0 and 1 or switching off; nobody treated; everybody treated, or from the first period on; one cohort and nobody else; two rows for a unit and time;
--   controls that leave nothing of d.
-- Reference: Goodman-Bacon (2021), Difference-in-differences with variation in treatment timing, Theorem 1; with controls section 5.2.

SELECT type, cohort, control_cohort, round(estimate, 4) AS estimate, round(weight, 4) AS weight
FROM did_bacon('castle', 'l_homicide ~ post | sid + year') ORDER BY weight DESC LIMIT 8;

-- Which kind of comparison carries the weight, and what it says
SELECT type, count(*) AS comparisons, round(sum(weight), 4) AS weight, round(sum(weight * estimate) / sum(weight), 4) AS average
FROM did_bacon('castle', 'l_homicide ~ post | sid + year') GROUP BY type;

-- The sum is the estimate
SELECT round(sum(weight), 10) AS weights, round(sum(weight * estimate), 10) AS total,
  (SELECT round(estimate, 10) FROM fe_ols('castle', 'l_homicide ~ post | sid + year')) AS fe_ols
FROM did_bacon('castle', 'l_homicide ~ post | sid + year');

-- With controls
SELECT type, cohort, control_cohort, round(estimate, 4) AS estimate, round(weight, 4) AS weight
FROM did_bacon('castle', 'l_homicide ~ post + unemployrt + poverty | sid + year') ORDER BY weight DESC LIMIT 5;
