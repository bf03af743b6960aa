-- fit_utest: is there a U, or an inverse U?
--
--   fit_utest(fit, 'x', 'x2', low, high, level)     one row: shape, statistic, p_value, extreme, conf_low, conf_high, inside, at_low, slope_low, t_low, p_low,
--                                                    at_high, slope_high, t_high, p_high
--
-- For a fit with x and its square, b x + c x^2. A significant c is not enough: the curve must fall at one end of the data and rise at the other. H0: no U between low and high
-- (no inverse U where c < 0); the slopes b + 2 c low and b + 2 c high are tested one-sided each (p_low, p_high), p_value is the larger (Sasabuchi's test; it is above 0.5 where
-- the extreme point lies outside), statistic the smaller t.
-- extreme = -b / 2c, with Fieller's interval at `level` (default that of the fit: 0.95), NULL where it has no bounds because c may be zero; inside is 1 where low < extreme < high.
--
--   low, high   the range in which there should be a curve; default: that of x in the used rows, which a fit keeps if the square of x is one of its terms, however it is written:
--               a column x2, I(x*x)
-- References: Sasabuchi (1980); Lind and Mehlum (2010), With or without U?, Oxford Bulletin of Economics and Statistics 72; Fieller (1954).

-- Wages rise with experience, then fall: where is the top?
SELECT shape, round(extreme, 2) AS top, round(conf_low, 2) AS low, round(conf_high, 2) AS high, inside, round(statistic, 2) AS t, p_value < 0.001 AS p_below_001
FROM fit_utest(econ_fit('fe_ols', 'wage_panel', 'lwage ~ exper + expersq + "union" + married | nr'), 'exper', 'expersq');

-- Slopes at both ends
SELECT at_low, round(slope_low, 4) AS slope_low, round(t_low, 2) AS t_low, at_high, round(slope_high, 4) AS slope_high, round(t_high, 2) AS t_high
FROM fit_utest(econ_fit('fe_ols', 'wage_panel', 'lwage ~ exper + I(exper*exper) + "union" + married | nr'), 'exper', 'I(exper*exper)');

-- In the first eight years there is nothing but a rise
SELECT shape, round(extreme, 2) AS top, inside, round(p_value, 3) AS p_value
FROM fit_utest(econ_fit('fe_ols', 'wage_panel', 'lwage ~ exper + expersq + "union" + married | nr'), 'exper', 'expersq', 0, 8);
