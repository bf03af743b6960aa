# Writes panel_unitroot.json: plm::purtest (dfcor = TRUE, p-values of urca::punitroot, MacKinnon 1996) on the shipped tables grunfeld and munnell, and on
# munnell without the first one to five years of some states (unbalanced). Run in this folder: Rscript panel_unitroot.R > panel_unitroot.json
suppressMessages(library(plm))
number <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "null")
grunfeld <- read.csv("../../sql/data/grunfeld.csv")
munnell <- read.csv("../../sql/data/munnell.csv")
states <- sort(unique(munnell$STATE))
short <- munnell[munnell$YR >= 1970 + match(munnell$STATE, states) %% 6, ]
tables <- list(grunfeld = list(grunfeld, "firm", "year", "value"), munnell = list(munnell, "STATE", "YR", "UNEMP"), short = list(short, "STATE", "YR", "UNEMP"))
lines <- c()
add <- function(table, test, exo, lags, pmax, hetero, r) {
  s <- r$statistic
  chosen <- if (test == "hadri") NA else mean(sapply(r$idres, function(u) u$lags))
  lines <<- c(lines, sprintf('{"table": "%s", "test": "%s", "exo": "%s", "lags": "%s", "pmax": %s, "hetero": %d, "statistic": %s, "p_value": %s, "mean_lags": %s}', table, test, exo, lags,
    ifelse(is.na(pmax), "null", pmax), hetero, number(s$statistic), number(s$p.value), number(chosen)))
}
names <- c(levinlin = "llc", ips = "ips", madwu = "fisher_chi2", invnormal = "fisher_normal", logit = "fisher_logit", Pm = "fisher_pm")
for (t in names(tables)) {
  d <- tables[[t]]; x <- split(d[[1]][[d[[4]]]], d[[1]][[d[[2]]]])
  balanced <- length(unique(lengths(x))) == 1
  object <- if (balanced) as.data.frame(x) else pdata.frame(d[[1]], index = c(d[[2]], d[[3]]))[[d[[4]]]]
  for (test in names(names)) for (exo in c("none", "intercept", "trend")) for (lags in c("0", "1", "2", "SIC", "AIC", "Hall")) {
    if ((test == "levinlin" && !balanced) || (test == "ips" && exo == "none")) next
    fixed <- suppressWarnings(as.numeric(lags)); pmax <- if (is.na(fixed)) 3 else NA
    r <- tryCatch(suppressWarnings(purtest(object, test = test, exo = exo, lags = if (is.na(fixed)) lags else fixed, pmax = 3, dfcor = TRUE)), error = function(e) NULL)
    if (is.null(r) || !is.finite(r$statistic$statistic)) next
    add(t, names[[test]], exo, if (is.na(fixed)) c(SIC = "bic", AIC = "aic", Hall = "hall")[[lags]] else lags, pmax, 1, r)
  }
  if (balanced) for (exo in c("intercept", "trend")) for (h in c(TRUE, FALSE)) add(t, "hadri", exo, "0", NA, as.integer(h), purtest(object, test = "hadri", exo = exo, Hcons = h))
}
cat("[", paste(lines, collapse = ",\n"), "]\n", sep = "")
