# Writes fixest.json: feols of fixest 0.12 on shipped tables, where programs part: two clusterings with a negative variance, K without the effects but with
# their slopes, the names of l(x, -1:1), a reference year that the lag leaves out, a variable whose name ends in a dot.
# Run in this folder: Rscript fixest.R > fixest.json
library(fixest)
setFixest_nthreads(1)
setFixest_notes(FALSE)
read <- function(name) read.csv(paste0("../../sql/data/", name, ".csv"), na.strings = "", check.names = FALSE)
card <- read("card")
grunfeld <- read("grunfeld")
munnell <- read("munnell")
grunfeld$value. <- grunfeld$value
fit <- function(...) feols(..., fixef.tol = 1e-11)
none <- function(...) ssc(fixef.K = "none", ...)
cases <- list(
  list("card", "lwage ~ educ + exper", "vcov=cluster(age+south)", fit(lwage ~ educ + exper, card, vcov = ~age + south)),
  list("card", "lwage ~ educ + exper + black | age", "vcov=cluster(black+south)", fit(lwage ~ educ + exper + black | age, card, vcov = ~black + south)),
  list("grunfeld", "invest ~ value + capital | firm[year]", "vcov=iid, k_fixef=none", fit(invest ~ value + capital | firm[year], grunfeld, vcov = "iid", ssc = none())),
  list("grunfeld", "invest ~ value + capital | firm[[year]] + year", "vcov=cluster(firm), k_fixef=none, t_df=conventional",
       fit(invest ~ value + capital | firm[[year]] + year, grunfeld, vcov = ~firm, ssc = none(t.df = "conventional"))),
  list("grunfeld", "invest ~ value + capital | firm + year", "vcov=hc1, k_fixef=none", fit(invest ~ value + capital | firm + year, grunfeld, vcov = "hetero", ssc = none())),
  list("grunfeld", "invest ~ l(value, -1:1) + l(capital, 0:2) | firm + year", "vcov=cluster(firm)",
       fit(invest ~ l(value, -1:1) + l(capital, 0:2) | firm + year, grunfeld, vcov = ~firm, panel.id = ~firm + year)),
  list("grunfeld", "invest ~ f(value, 0:1) + i(year, ref=1935) + l(capital) | firm", "vcov=hc1, panel=firm+year",
       fit(invest ~ f(value, 0:1) + i(year, ref = 1935) + l(capital) | firm, grunfeld, vcov = "hetero", panel.id = ~firm + year)),
  list("dotted", "invest ~ value. + l(capital, 2)", "vcov=iid, panel=firm+year", fit(invest ~ value. + l(capital, 2), grunfeld, vcov = "iid", panel.id = ~firm + year)),
  list("dotted", "invest ~ value.-1", "vcov=iid", fit(invest ~ value. - 1, grunfeld, vcov = "iid")),
  list("munnell", "ln(GSP) ~ ln(PC) + UNEMP | STATE[UNEMP] + YR", "vcov=cluster(STATE+YR)", fit(log(GSP) ~ log(PC) + UNEMP | STATE[UNEMP] + YR, munnell, vcov = ~STATE + YR))
)
number <- function(x) sprintf("%.15g", x)
word <- function(x) paste0('"', gsub(" ", "", sub("log(", "ln(", x, fixed = TRUE)), '"')
lines <- sapply(cases, function(case) {
  model <- case[[4]]
  table <- coeftable(model)
  rows <- paste0("[", word(rownames(table)), ", ", number(table[, 1]), ", ", number(table[, 2]), ", ", number(table[, 4]), "]")
  dropped <- if (length(model$collin.var)) word(model$collin.var) else character(0)
  paste0('{"table": "', case[[1]], '", "formula": "', case[[2]], '", "options": "', case[[3]], '", "nobs": ', nobs(model), ', "df_t": ', degrees_freedom(model, "t"),
         ',\n  "rows": [', paste(rows, collapse = ",\n           "), '],\n  "dropped": [', paste(dropped, collapse = ", "), "]}")
})
cat('{"program": "fixest ', as.character(packageVersion("fixest")), '", "cases": [\n', paste(lines, collapse = ",\n"), "\n]}\n", sep = "")
