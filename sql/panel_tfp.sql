-- panel_tfp: total factor productivity of units over time
--
--   SELECT * FROM panel_tfp(source, 'output ~ labour + capital', 'id=unit, time=year, method=...')            one row for each row of the source
--   CREATE VIRTUAL TABLE temp.v USING panel_tfp(source, model, options)                                      the source's rows with these columns: tfp, tfp_growth, efficiency, ...
--
-- Model: the output and any number of inputs, as they are, not in logarithms; all above 0.
--
-- Columns: id, time, tfp, growth, efficiency, malmquist, efficiency_change, technical_change, pure_efficiency_change, scale_change. growth is ln(tfp) less that of the unit's row one step
-- earlier (in the virtual table tfp_growth); the columns behind it are those of method=malmquist, NULL otherwise.
--
-- Options (default first)
--   id=, time=           the unit and the time, a number
--   method=ols           ln output on ln inputs; tfp = output / (input1^b1 input2^b2 ...)
--          fe            with unit and time effects, which belong to tfp; effects=unit: the unit's alone
--          growth        growth accounting (Solow): shares=(.6,.4), one for each input; or share=column, that of the first of two inputs in each row (Tornqvist: means of
--                        neighbouring rows; tfp is then chained from 1)
--          malmquist     data envelopment against the frontier of all units at each time, constant returns; tfp is the product of the indices from the unit's first row on
--   outputs=y2 + y3      malmquist: further outputs
--   returns=crs          vrs: malmquist also gives pure_efficiency_change and scale_change, whose product is efficiency_change
--   orientation=output   input: of the distances with variable returns
--   vcov=, ssc=, weights=, singletons=, level=     of the regressions, as for fe_ols; fit_terms(econ_fit('panel_tfp', ...)) has the elasticities
--   where=               a SQL expression
--
-- efficiency is the distance from the frontier of its own time, 1 on it. malmquist = efficiency_change x technical_change: catching up, and the movement of the frontier; above 1 is better.
-- Over a gap in time there is no growth, and no chained tfp behind it. Rows with NULL take no part.
--
-- Reference: Solow (1957), Review of Economics and Statistics 39; Fare, Grosskopf, Norris and Zhang (1994), American Economic Review 84; Charnes, Cooper and Rhodes (1978), European J. of
-- Operational Research 2; Banker, Charnes and Cooper (1984), Management Science 30.

-- Productivity of the American states: who caught up, did the frontier move?
SELECT id AS state, round(exp(sum(growth)), 4) AS malmquist, round(exp(sum(ln(efficiency_change))), 4) AS catching_up, round(exp(sum(ln(technical_change))), 4) AS frontier
FROM panel_tfp('munnell', 'GSP ~ EMP + PC + P_CAP', 'id=STATE, time=YR, method=malmquist') GROUP BY id ORDER BY malmquist DESC LIMIT 4;

-- Elasticities behind the regression residual
SELECT term, round(estimate, 4) AS elasticity, round(std_error, 4) AS std_error FROM fit_terms(econ_fit('panel_tfp', 'munnell', 'GSP ~ EMP + PC + P_CAP', 'id=STATE, time=YR, method=fe'));

-- Three measures side by side. Each virtual table computes anew for each scan: what is joined is better kept in tables
CREATE TEMP TABLE residual AS SELECT id, time, growth FROM panel_tfp('munnell', 'GSP ~ EMP + PC', 'id=STATE, time=YR, method=fe');
CREATE TEMP TABLE frontier AS SELECT id, time, growth FROM panel_tfp('munnell', 'GSP ~ EMP + PC', 'id=STATE, time=YR, method=malmquist');
CREATE TEMP TABLE solow AS SELECT id, time, growth FROM panel_tfp('munnell', 'GSP ~ EMP + PC', 'id=STATE, time=YR, method=growth, shares=(.65,.35)');
CREATE TEMP TABLE measures AS SELECT r.growth AS residual, f.growth AS frontier, s.growth AS solow FROM residual r JOIN frontier f USING (id, time) JOIN solow s USING (id, time);
SELECT var1, var2, round(r, 3) AS r FROM panel_correlate('measures', 'residual, frontier, solow') WHERE var1 <> var2;

-- The source's rows with the columns beside them
CREATE VIRTUAL TABLE temp.v USING panel_tfp('munnell', 'GSP ~ EMP + PC', 'id=STATE, time=YR, method=malmquist');
SELECT STATE, YR, GSP, round(tfp, 4) AS tfp, round(tfp_growth, 4) AS growth, round(efficiency, 4) AS efficiency FROM temp.v WHERE STATE = 'OHIO' AND YR < 1973;
