# Writes panel_spectest.json: residuals of plm (within, pooling); plm::pcdtest for the tests of dependence; the differenced regression by lm() with sandwich::vcovCL for Wooldridge's
# test; the modified Wald test by hand. On munnell, on munnell without some rows (gaps, short units), and on grunfeld with both effects.
# Run in this folder: Rscript panel_spectest.R > panel_spectest.json
suppressMessages({library(plm); library(sandwich)})
number <- function(x) sprintf("%.17g", x)
munnell <- read.csv("../../sql/data/munnell.csv"); grunfeld <- read.csv("../../sql/data/grunfeld.csv")
row <- seq_len(nrow(munnell))
holes <- munnell[!((row * 37) %% 23 == 5 | (munnell$STATE %in% c("OHIO", "IOWA", "UTAH") & munnell$YR < 1975)), ]
cases <- list(
  munnell = list(munnell, log(GSP) ~ log(P_CAP) + log(PC) + log(EMP) + UNEMP, c("STATE", "YR"), "individual"),
  munnell_both = list(munnell, log(GSP) ~ log(P_CAP) + log(PC) + log(EMP) + UNEMP, c("STATE", "YR"), "twoways"),
  holes = list(holes, log(GSP) ~ log(PC) + log(EMP) + UNEMP, c("STATE", "YR"), "individual"),
  holes_both = list(holes, log(GSP) ~ log(PC) + log(EMP) + UNEMP, c("STATE", "YR"), "twoways"),
  holes_pooled = list(holes, log(GSP) ~ log(PC) + log(EMP) + UNEMP, c("STATE", "YR"), "none"),
  grunfeld_both = list(grunfeld, invest ~ value + capital, c("firm", "year"), "twoways"))
wooldridge <- function(d, formula, index, effect) {
  y <- eval(formula[[2]], d); x <- model.matrix(formula, d)[, -1, drop = FALSE]; u <- d[[index[1]]]; t <- d[[index[2]]]
  before <- match(paste(u, t - 1), paste(u, t)); at <- which(!is.na(before)); dy <- y[at] - y[before[at]]; dx <- x[at, ] - x[before[at], ]
  e <- rep(NA, length(y)); e[at] <- residuals(if (effect == "twoways") lm(dy ~ 0 + dx + factor(t[at])) else lm(dy ~ 0 + dx))
  pair <- data.frame(e = e[at], lag = e[before[at]], u = u[at]); pair <- pair[complete.cases(pair), ]
  m <- lm(e ~ 0 + lag, pair); v <- vcovCL(m, cluster = pair$u, type = "HC1")
  f <- (coef(m)[[1]] + .5)^2 / v[1, 1]; g <- length(unique(pair$u))
  c(f, 1, g - 1, pf(f, 1, g - 1, lower.tail = FALSE))
}
wald <- function(e, u) {
  s2 <- mean((e - mean(e))^2); w <- 0; n <- 0
  for (i in unique(u)) { q <- e[u == i]^2; w <- w + (mean(q) - s2)^2 / (var(q) / length(q)); n <- n + 1 }
  c(w, n, pchisq(w, n, lower.tail = FALSE))
}
lines <- sapply(names(cases), function(name) {
  c <- cases[[name]]; d <- c[[1]]
  m <- plm(c[[2]], d, index = c[[3]], model = if (c[[4]] == "none") "pooling" else "within", effect = if (c[[4]] == "none") "individual" else c[[4]])
  e <- as.numeric(residuals(m)); u <- as.character(index(m)[[1]])
  t <- lapply(c("cd", "lm", "sclm"), function(k) suppressWarnings(pcdtest(m, test = k)))
  w <- wooldridge(d, c[[2]], c[[3]], c[[4]]); h <- wald(e, u)
  sprintf(' "%s": {"wooldridge": [%s], "modified_wald": [%s], "pesaran_cd": [%s, %s], "breusch_pagan_lm": [%s, %s, %s], "scaled_lm": [%s, %s]}', name, paste(number(w), collapse = ", "),
    paste(number(h), collapse = ", "), number(t[[1]]$statistic), number(t[[1]]$p.value), number(t[[2]]$statistic), number(t[[2]]$parameter), number(t[[2]]$p.value),
    number(t[[3]]$statistic), number(t[[3]]$p.value))
})
cat("{", paste(lines, collapse = ",\n"), "}\n", sep = "")
