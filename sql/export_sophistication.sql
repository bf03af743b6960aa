-- export_sophistication: PRODY and EXPY, or the complexity pair ECI and PCI
--
--   SELECT * FROM export_sophistication(source, 'exporter, product, value, income', options)
--
-- Columns: exporter, expy, product, prody, time, eci, pci, diversity, ubiquity, note; those that do not belong to the level and method asked for are NULL.
--   method=prody  PRODY_p = sum_c (s_cp / sum_c s_cp) income_c, s_cp the share of product p in the exports of c; EXPY_c = sum_p s_cp PRODY_p
--   method=eci    M_cp = 1 where revealed comparative advantage is at least rca=1; diversity k_c and ubiquity k_p count it. ECI is the second eigenvector of
--                 sum_p M_cp M_c'p / (k_c k_p), PCI that of products; both standardised, the sign so that ECI rises with diversity. Income does not matter: write 1
--
-- Options (default first): level=exporter|product: which rows; method=prody|eci; time=COLUMN: each of its values on its own; rca=1; where=.
--
-- Several rows of one exporter and product are added up. Rows with NULL take no part: an exporter without income has no say in PRODY either. A negative
-- value, or two incomes of one exporter at one time, is an error. Exporters that fall into groups without a common product have no ECI: NULL, and a note.
-- ECI and PCI are standardised each on its own, their variance divides by n - 1, as the R package economiccomplexity does; Harvard's ecomplexity divides by n, and puts PCI on
-- the scale of ECI: ranks agree, the numbers lie on a straight line.
--
-- Reference: Hausmann, Hwang, Rodrik (2007), Journal of Economic Growth 12; Hidalgo, Hausmann (2009), PNAS 106.

CREATE TEMP TABLE trade(country TEXT, product TEXT, value REAL, income REAL);
INSERT INTO trade VALUES ('north', 'machines', 70, 40), ('north', 'drugs', 40, 40), ('north', 'cars', 50, 40), ('north', 'shoes', 10, 40),
  ('east', 'cars', 60, 20), ('east', 'machines', 30, 20), ('east', 'shoes', 40, 20), ('west', 'cars', 25, 15), ('west', 'shoes', 40, 15), ('west', 'wheat', 35, 15),
  ('south', 'coffee', 50, 8), ('south', 'shoes', 15, 8), ('south', 'wheat', 20, 8);

SELECT exporter, round(expy, 3) AS expy FROM export_sophistication('trade', 'country, product, value, income');
SELECT product, round(prody, 3) AS prody FROM export_sophistication('trade', 'country, product, value, income', 'level=product');
SELECT exporter, round(eci, 4) AS eci, diversity FROM export_sophistication('trade', 'country, product, value, 1', 'method=eci');
