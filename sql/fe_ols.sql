-- fe_ols: least squares with absorbed fixed effects
--
--   fe_ols(source, 'y ~ x1 + x2 | effect1 + effect2', 'options')      rows: term, estimate, std_error, statistic, p_value, conf_low, conf_high
--   fe_ols('y ~ x1 | e; options', y, x1, e)                           aggregate and window function: the fit, as JSON
--   fe_ols(y, unit, time, x1, ...)                                    short form: two-way effects, errors clustered by unit, terms x1, x2, ...
--   CREATE VIRTUAL TABLE temp.v USING fe_ols(source, formula, options)  the source's rows with fitted, residual, fe_NAME
--
-- Model: y = x'b + effects + e, minimising sum w e^2. The effects are projected out exactly: two effects by eliminating the one with more
-- levels and factoring the other's system; only what would fill in is iterated, and the fit says how far it converged (stats iterations, convergence).
--
-- Formula: variables are SQL expressions over the source's columns (Sepal.Length needs no quotes); a:b, a*b; i(f), i(f, ref=v), i(f, x); l(x), l(x,2), f(x), d(x);
-- l(x,-1:1) is f(x,1), x, l(x,1); effects a, a^b, a[x] (levels and slopes), a[[x]] (slopes alone: the intercept stays). Lags count real time, l(x) is one step of the panel:
-- 10 years in a panel of 1980, 1990, 2010, which fit_stat(fit, 'lag_step') says. Steps of nw() and dk() count the distinct times of the used rows.
-- Rows: a row with NULL in a used variable is left out, then rows alone in a level of an effect until none is left; fit_rows(fit) counts them all.
-- Of collinear terms the later one keeps its row, with NULL numbers.
--
-- Options
--   vcov        iid | hc0..hc4 | cluster(a) | cluster(a+b) | nw(L) | dk(L) | conley(lat, lon, km); default: clustered by the first effect, else hc1
--               few clusters: wild(g, reps=9999, weights=rademacher|webb|mammen, seed=1) | cv3(g), below
--   ssc         fixest | reghdfe | xtreg | areg | stata | none: small-sample correction; its parts: k_adj, k_fixef, g_adj, g_df, t_df
--   weights     weights of the rows      singletons  drop | keep      where  a SQL expression      panel  unit+time      level  0.95
--   progress    1: tells on standard error how many of the draws of wild() are done, as all functions with reps= do
--
-- Hidden columns: nobs, r2, r2_adj, r2_within, r2_within_adj, rmse, df_resid, f_statistic, f_p_value, ll, aic, bic, constant, fit, and every option.
--   f_statistic is the Wald test under the model's vcov that all slopes are zero; constant is the mean of the unit effects, as xtreg prints _cons
--   (its error is the statistic constant_se of the fit).
-- Degrees of freedom: K counts estimated terms and effect levels, less one for each effect after the first; with clusters an effect nested in
--   them counts once. Clusters: (N-1)/(N-K) G/(G-1), t with the smallest G - 1. Two clusterings: V1 + V2 - V12. Where that has negative eigenvalues, they are set
--   to 0; with ssc=fixest only where a variance is negative, and then raised to 1e-10 (unless that made up a tenth of a variance), as fixest does. fit_stat(fit, 'vcov_note') says both.
--   With ssc=fixest an effect is looked at for nesting only where some
--   cluster is no absorbed effect, as fixest does; the other presets always look.
-- A term whose scores cancel in every cluster has no error: NULL, where the formula gives 0 but for rounding (t of 1e15 elsewhere). So two units under effects of unit and
--   time, clustered by unit; or a slope for each cluster, i(g, x) | g. vcov=iid has one. fit_stat(fit, 'terms_without_error') counts them.
-- Few clusters: wild(g) keeps the errors of cluster(g); p_value and interval are those of the wild cluster bootstrap with the null imposed, term by
--   term: all 2^G sign vectors where they are no more than reps; p is the share of |t*| strictly larger than |t|; the interval holds the values that are not
--   rejected; effects that cross the clusters are estimated anew in every draw. cv3(g) is the jackknife of clusters,
--   (G-1)/G sum (b_g - b)(b_g - b)', t with G-1; a term that one cluster alone identifies has no error.
-- References: MacKinnon, Nielsen and Webb (2023); Roodman et al. (2019); Frisch and Waugh (1933); Abowd, Creecy and Kramarz (2002); Cameron, Gelbach and Miller (2011); Correia (2015).

-- States' homicides after castle doctrine laws, with state and year effects
SELECT term, round(estimate, 5) AS estimate, round(std_error, 5) AS std_error, round(p_value, 3) AS p_value, nobs
FROM fe_ols('castle', 'l_homicide ~ post + unemployrt | sid + year');

-- The same with three kinds of errors
SELECT vcov, round(std_error, 5) AS std_error, round(p_value, 4) AS p_value
FROM fe_ols('castle', 'l_homicide ~ post | sid + year') WHERE term = 'post' AND vcov IN ('hc1', 'cluster(sid)', 'cluster(sid+year)');

-- Clusters that are few: four regions, 16 sign vectors
SELECT vcov, round(std_error, 5) AS std_error, round(p_value, 4) AS p_value
FROM fe_ols('castle', 'l_homicide ~ post | sid + year') WHERE term = 'post' AND vcov IN ('cluster(region)', 'wild(region)', 'cv3(region)', 'wild(sid, reps=999, weights=webb)');

-- One regression a region
SELECT region, round(fit_coef(fit, 'post'), 4) AS post, round(fit_se(fit, 'post'), 4) AS se, fit_stat(fit, 'nobs') AS n
FROM (SELECT region, fe_ols('l_homicide ~ post | sid + year', l_homicide, post, sid, year) AS fit FROM castle WHERE region <> 'Northeast' GROUP BY region);

-- Rolling windows of ten years
SELECT DISTINCT year, round(fit_coef(fe_ols('invest ~ value', invest, value) OVER (ORDER BY year RANGE BETWEEN 9 PRECEDING AND CURRENT ROW), 'value'), 4) AS value
FROM grunfeld ORDER BY year DESC LIMIT 5;

-- Fitted values and the effects themselves
CREATE VIRTUAL TABLE temp.grunfeld_fit USING fe_ols('grunfeld', 'invest ~ value + capital | firm + year');
SELECT firm, year, invest, round(fitted, 2) AS fitted, round(residual, 2) AS residual, round(fe_firm, 2) AS fe_firm FROM temp.grunfeld_fit WHERE year = 1954 LIMIT 4;
DROP TABLE temp.grunfeld_fit;
