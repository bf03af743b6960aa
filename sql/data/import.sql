-- Made by make.py. From the top of the repository: sqlite3 build/demo.db < sql/data/import.sql
BEGIN;
CREATE TABLE castle (sid INTEGER, year INTEGER, region TEXT, post INTEGER, robbery_gun_r REAL, jhcitizen_c INTEGER, jhpolice_c INTEGER, homicide REAL, robbery REAL, assault REAL, burglary REAL, larceny REAL, motor REAL, murder REAL, unemployrt REAL, blackm_15_24 REAL, whitem_15_24 REAL, blackm_25_44 REAL, whitem_25_44 REAL, poverty REAL, l_homicide REAL, l_larceny REAL, l_motor REAL, l_police REAL, l_income REAL, l_prisoner REAL, l_lagprisoner REAL, l_exp_subsidy REAL, l_exp_pubwelfare REAL, popwt REAL);
.import --csv --skip 1 sql/data/castle.csv castle
UPDATE castle SET robbery_gun_r = nullif(robbery_gun_r, '');
CREATE TABLE wage_panel (nr INTEGER, year INTEGER, black INTEGER, exper INTEGER, hisp INTEGER, hours INTEGER, married INTEGER, educ INTEGER, "union" INTEGER, lwage REAL, expersq INTEGER, occupation INTEGER);
.import --csv --skip 1 sql/data/wage_panel.csv wage_panel
CREATE TABLE munnell (STATE TEXT, ST_ABB TEXT, YR INTEGER, P_CAP REAL, HWY REAL, WATER REAL, UTIL REAL, PC REAL, GSP INTEGER, EMP REAL, UNEMP REAL);
.import --csv --skip 1 sql/data/munnell.csv munnell
CREATE TABLE grunfeld (firm TEXT, year INTEGER, invest REAL, value REAL, capital REAL);
.import --csv --skip 1 sql/data/grunfeld.csv grunfeld
CREATE TABLE card (id INTEGER, nearc2 INTEGER, nearc4 INTEGER, educ INTEGER, age INTEGER, fatheduc INTEGER, motheduc INTEGER, weight INTEGER, momdad14 INTEGER, sinmom14 INTEGER, step14 INTEGER, reg661 INTEGER, reg662 INTEGER, reg663 INTEGER, reg664 INTEGER, reg665 INTEGER, reg666 INTEGER, reg667 INTEGER, reg668 INTEGER, reg669 INTEGER, south66 INTEGER, black INTEGER, smsa INTEGER, south INTEGER, smsa66 INTEGER, wage INTEGER, enroll INTEGER, KWW INTEGER, IQ INTEGER, married INTEGER, libcrd14 INTEGER, exper INTEGER, lwage REAL, expersq INTEGER);
.import --csv --skip 1 sql/data/card.csv card
UPDATE card SET fatheduc = nullif(fatheduc, ''), motheduc = nullif(motheduc, ''), KWW = nullif(KWW, ''), IQ = nullif(IQ, ''), married = nullif(married, ''), libcrd14 = nullif(libcrd14, '');
CREATE TABLE nsw (treat INTEGER, age INTEGER, educ INTEGER, black INTEGER, hisp INTEGER, marr INTEGER, nodegree INTEGER, re74 REAL, re75 REAL, re78 REAL);
.import --csv --skip 1 sql/data/nsw.csv nsw
CREATE TABLE cps (treat INTEGER, age INTEGER, educ INTEGER, black INTEGER, hisp INTEGER, marr INTEGER, nodegree INTEGER, re74 REAL, re75 REAL, re78 REAL);
.import --csv --skip 1 sql/data/cps.csv cps
CREATE TABLE gapminder (country TEXT, continent TEXT, year INTEGER, lifeExp REAL, pop INTEGER, gdpPercap REAL);
.import --csv --skip 1 sql/data/gapminder.csv gapminder
COMMIT;
