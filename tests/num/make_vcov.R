# Writes vcov_expected.h: variance matrices by R's sandwich package (and, where it has none, from the definition by loops over pairs of rows).
#   Rscript make_vcov.R > vcov_expected.h
suppressMessages(library(sandwich))
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(7)
d <- expand.grid(time = c(3, 4, 5, 7, 8, 9, 11, 12), unit = 1:9)
d <- d[sample(nrow(d), 60), ]                      # unbalanced, with gaps, in no order
n <- nrow(d)
d$group <- sample(1:4, n, TRUE)
d$x1 <- round(rnorm(n) + d$unit / 5, 3)
d$x2 <- round(rnorm(n) * (1 + d$group), 3)
d$w <- round(runif(n, 0.5, 3), 2)
d$y <- round(1 + 0.5 * d$x1 - 0.2 * d$x2 + sin(d$unit) + cos(d$time) + rnorm(n) * abs(d$x1), 3)
d$lat <- round(40 + d$unit / 3 + d$group / 10, 2)
d$lon <- round(ifelse(d$unit %% 2 == 0, 179.5, -179.7) + d$group / 20, 2)
d$a <- sample(1:3, n, TRUE)
d$b <- sample(1:3, n, TRUE)

array <- function(type, name, v) writeLines(strwrap(sprintf("static const %s %s[%d] = {%s};", type, name, length(v), paste(v, collapse = ", ")), 150, exdent = 2))
out <- function(name, v) array("double", paste0("expected_", name), sprintf("%.17g", v))
column <- function(name, v) array("double", paste0("data_", name), sprintf("%.17g", v))
code <- function(name, v) array("int32_t", paste0("data_", name), v - 1)

cat("/* Written by make_vcov.R: R", paste(R.version$major, R.version$minor, sep = "."), "and sandwich", as.character(packageVersion("sandwich")), "*/\n")
cat(sprintf("enum { DATA_N = %d };\n", n))
for (v in c("y", "x1", "x2", "w", "time", "lat", "lon")) column(v, d[[v]])
for (v in c("unit", "group", "a", "b")) code(v, d[[v]])

K <- 3
scores_by_pairs <- function(fit, weight) {           # sum over pairs (i, j) of weight(i, j) s_i s_j'
  s <- estfun(fit)
  W <- outer(1:n, 1:n, Vectorize(weight))
  B <- summary(fit)$cov.unscaled
  B %*% t(s) %*% W %*% s %*% B
}
kilometres <- function(i, j) {                       # haversine
  r <- pi / 180
  h <- sin((d$lat[i] - d$lat[j]) * r / 2)^2 + cos(d$lat[i] * r) * cos(d$lat[j] * r) * sin((d$lon[i] - d$lon[j]) * r / 2)^2
  2 * 6376 * asin(min(1, sqrt(h)))
}
step <- match(d$time, sort(unique(d$time)))
for (weighted in c(FALSE, TRUE)) {
  suffix <- if (weighted) "_w" else ""
  fit <- if (weighted) lm(y ~ x1 + x2, d, weights = w) else lm(y ~ x1 + x2, d)
  named <- function(name, v) out(paste0(name, suffix), v)
  named("beta", coef(fit))
  named("hat", hatvalues(fit))
  named("iid", vcov(fit))
  for (type in c("HC0", "HC1", "HC2", "HC3", "HC4")) named(tolower(type), vcovHC(fit, type = type))
  adjust <- (n - 1) / (n - K)
  named("cluster", vcovCL(fit, cluster = ~unit, type = "HC0", cadjust = FALSE) * adjust * 9 / 8)
  raw <- function(cluster) vcovCL(fit, cluster = cluster, type = "HC0", cadjust = FALSE)
  two <- raw(~unit) + raw(~group) - raw(interaction(d$unit, d$group, drop = TRUE))
  named("twoway", vcovCL(fit, cluster = ~unit + group, type = "HC0", cadjust = FALSE, fix = TRUE) * adjust * 4 / 3)
  cells <- length(unique(interaction(d$unit, d$group)))
  named("twoway_conventional", (raw(~unit) * 9 / 8 + raw(~group) * 4 / 3 - raw(interaction(d$unit, d$group, drop = TRUE)) * cells / (cells - 1)) * adjust)
  stopifnot(all.equal(two, vcovCL(fit, cluster = ~unit + group, type = "HC0", cadjust = FALSE)))
  indefinite <- raw(~a) + raw(~b) - raw(interaction(d$a, d$b, drop = TRUE))
  stopifnot(min(eigen(indefinite)$values) < -1e-6)
  named("indefinite", vcovCL(fit, cluster = ~a + b, type = "HC0", cadjust = FALSE, fix = TRUE) * adjust * 3 / 2)
  T <- length(unique(d$time))
  named("dk2", vcovPL(fit, cluster = ~unit, order.by = ~time, lag = 2, aggregate = TRUE, adjust = FALSE, kernel = "Bartlett") * adjust * T / (T - 1))
  dk <- scores_by_pairs(fit, function(i, j) max(0, 1 - abs(step[i] - step[j]) / 3))
  stopifnot(all.equal(unname(dk), unname(vcovPL(fit, cluster = ~unit, order.by = ~time, lag = 2, aggregate = TRUE, adjust = FALSE))))
  named("nw2", scores_by_pairs(fit, function(i, j) (d$unit[i] == d$unit[j]) * max(0, 1 - abs(step[i] - step[j]) / 3)) * adjust * T / (T - 1))
  for (km in c(60, 150)) named(paste0("conley", km), scores_by_pairs(fit, function(i, j) as.numeric(kilometres(i, j) <= km)) * adjust)
  if (!weighted) {
    V <- vcovHC(fit, type = "HC1")
    out("wald_hc1", t(coef(fit)[2:3]) %*% solve(V[2:3, 2:3]) %*% coef(fit)[2:3])
  }
}
series <- d[order(d$time, d$unit), ]                 # one series: the rows are its periods
fit <- lm(y ~ x1 + x2, series)
code("series_order", match(seq_len(n), order(d$time, d$unit)) )
out("series_nw3", NeweyWest(fit, lag = 3, prewhite = FALSE, adjust = FALSE) * (n - 1) / (n - K) * n / (n - 1))
