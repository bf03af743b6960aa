-- Functions of the extension itself: fits as values, help, and draws that can be made again

-- econ_fit: the fit that the table-valued function `estimator` would make of the same source, model and options, as JSON text, to keep in a table, to print (fit_table) and to read with the fit_ functions. source is the name of
-- a table or view, or a query; options '' where there are none. It raises the error that the table-valued function raises. As it may run the SQL that it is given, it cannot be called from within
-- views and triggers of an untrusted schema.
-- Source: what Stata's estimates store and R's objects are.
SELECT vcov, fit_se(econ_fit('fe_ols', 'grunfeld', 'invest ~ value + capital | firm', 'vcov=' || vcov), 'value') AS std_error FROM (SELECT 'iid' AS vcov UNION ALL SELECT 'hc1' UNION ALL SELECT 'cluster(firm)');

-- econ_help: one row for each function of the extension: how it is called, what it does, its options (one a line: name=choices [default]: meaning), the columns of its rows, and an example that runs on the shipped
-- tables.
-- Source: these pages are made of it.
SELECT name, summary FROM econ_help() WHERE name LIKE 'did%';

-- econ_version: the version of the extension, of the SQLite that has loaded it, and how many threads it uses (ECON_THREADS in the environment of the process limits them; results do not depend on it).
-- Source: VERSION in ext/econ.h.

-- econ_uniform, econ_normal: the draw that belongs to a seed and any number of integers, whatever the order of the rows, the machine and the number of threads: the way to simulate a panel in SQL and to simulate it again.
-- The integers i, j, ... are mixed to a stream s: s = mix(s xor i), mix being the step of splitmix64; the first word of Philox2x64-10 with key `seed` and stream s, its upper 52 bits m, gives the uniform
-- u = (m + 1/2) 2^-52, never 0 or 1, and the normal is the inverse of its distribution function at u. NULL gives NULL; what is no integer is an error.
-- Source: Salmon, Moraes, Dror and Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, SC'11; Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, OOPSLA (splitmix64).
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
SELECT round(avg(econ_uniform(1, i)), 3) AS mean_uniform, round(avg(econ_normal(1, i)), 3) AS mean_normal, round(avg(econ_normal(1, i) * econ_normal(1, i)), 3) AS variance FROM n;
