# Expected values for tests/test_fe_mediate.py, test_fe_compare.py, test_fe_threshold.py, test_fit_margins.py, test_fit_utest.py: base R on the
# shipped tables, by dummies, brute force and the formulas of the papers.
#   Rscript tests/oracle/mechanism.R > tests/oracle/mechanism.json         (about four minutes)
options(digits = 17)
data <- function(name) read.csv(file.path("sql", "data", paste0(name, ".csv")), na.strings = "")
munnell <- data("munnell"); grunfeld <- data("grunfeld"); castle <- data("castle"); wages <- data("wage_panel")
out <- list()

# ---- clustered covariance of a model with dummies: (N-1)/(N-K) G/(G-1), K given
cluster_vcov <- function(fit, g, K) {
  keep <- !is.na(coef(fit)); X <- model.matrix(fit)[, keep]; e <- resid(fit)
  bread <- chol2inv(qr.R(fit$qr)[seq_len(sum(keep)), seq_len(sum(keep))]); dimnames(bread) <- list(colnames(X), colnames(X))
  S <- rowsum(X * e, g); G <- nrow(S); N <- length(e)
  (N - 1) / (N - K) * G / (G - 1) * bread %*% crossprod(S) %*% bread
}

# ---- mediation: two mediators, state and year effects, clusters by state
m <- within(munnell, { y <- log(GSP); x <- log(P_CAP); m1 <- log(EMP); m2 <- log(PC); s <- factor(STATE); t <- factor(YR) })
total <- lm(y ~ UNEMP + x + s + t, m); direct <- lm(y ~ UNEMP + x + m1 + m2 + s + t, m)
f1 <- lm(m1 ~ UNEMP + x + s + t, m); f2 <- lm(m2 ~ UNEMP + x + s + t, m)
K <- function(k) k + 17                                   # state nested in the clusters: 1, year 16
Vd <- cluster_vcov(direct, m$STATE, K(4)); Vt <- cluster_vcov(total, m$STATE, K(2))
joint <- function(e) { keep <- !is.na(coef(f1)); X <- model.matrix(f1)[, keep]; B <- chol2inv(qr.R(f1$qr)); colnames(B) <- rownames(B) <- colnames(X)
  function(g) rowsum(X * e, g) %*% B[, "x"] }
s1 <- joint(resid(f1))(m$STATE); s2 <- joint(resid(f2))(m$STATE); corr <- 815 / (816 - K(2)) * 48 / 47
A <- corr * crossprod(cbind(s1, s2)); B <- Vd[c("m1", "m2", "x"), c("m1", "m2", "x")]
a <- c(coef(f1)["x"], coef(f2)["x"]); b <- coef(direct)[c("m1", "m2")]; d <- coef(direct)["x"]
S <- rbind(cbind(A, matrix(0, 2, 3)), cbind(matrix(0, 3, 2), B))
value <- function(p) { i <- p[1:2] * p[3:4]; c(i, sum(i), i / (p[5] + sum(i)), sum(i) / (p[5] + sum(i))) }
p0 <- unname(c(a, b, d)); h <- 1e-6                        # numerical gradient: central differences
J <- sapply(seq_along(p0), function(i) { u <- p0; u[i] <- u[i] + h * abs(p0[i]); l <- p0; l[i] <- l[i] - h * abs(p0[i]); (value(u) - value(l)) / (2 * h * abs(p0[i])) })
out$mediate <- list(a = unname(a), se_a = sqrt(diag(A)), b = unname(b), se_b = unname(sqrt(diag(B))[1:2]), direct = unname(d), se_direct = unname(sqrt(B["x", "x"])),
  total = unname(coef(total)["x"]), se_total = unname(sqrt(Vt["x", "x"])), values = value(p0), se_values = sqrt(diag(J %*% S %*% t(J))))

# cluster bootstrap, one mediator: states drawn with replacement, each weighted by how often (a unit's mean does not depend on its weight; years by dummies)
within_state <- function(v) v - ave(v, m$STATE)
Z <- cbind(apply(model.matrix(~ t, m)[, -1], 2, within_state), within_state(m$UNEMP), within_state(m$x), within_state(m$m1), within_state(m$y))
products <- lapply(split(seq_len(nrow(m)), m$STATE), function(i) crossprod(Z[i, ])); k <- 18
set.seed(99)
draw <- replicate(40000, {
  w <- tabulate(sample(48, replace = TRUE), 48); M <- Reduce(`+`, Map(`*`, products, w))
  a <- solve(M[1:k, 1:k], M[1:k, k + 1])[k]; o <- solve(M[1:(k + 1), 1:(k + 1)], M[1:(k + 1), k + 2]); ab <- a * o[k + 1]
  c(ab, ab / (ab + o[k]))
})
out$bootstrap <- list(se = sd(draw[1, ]), quantiles = unname(apply(draw, 1, quantile, c(.025, .975))))

# ---- comparison: unemployment and poverty on homicide, by region, region-specific effects
castle$s <- factor(castle$sid); castle$r <- factor(castle$region)
stack <- lm(l_homicide ~ 0 + s + r:factor(year) + r:unemployrt + r:poverty, castle)
K <- 8 + 1 + 4 * 11 - 1                                     # terms, states nested: 1, region-years less 1
V <- cluster_vcov(stack, castle$sid, K); cf <- coef(stack)
pair <- function(x, g, h) { i <- paste0("r", g, ":", x); j <- paste0("r", h, ":", x)
  c(cf[i] - cf[j], sqrt(V[i, i] + V[j, j] - 2 * V[i, j])) }
out$compare <- list(unemployrt_midwest_south = unname(pair("unemployrt", "Midwest", "South")), poverty_south_west = unname(pair("poverty", "South", "West")))
L <- matrix(0, 2, ncol(V), dimnames = list(NULL, colnames(V)))
L[1, c("rSouth:unemployrt", "rWest:unemployrt")] <- c(1, -1); L[2, c("rSouth:poverty", "rWest:poverty")] <- c(1, -1)
delta <- L %*% cf[colnames(V)]; out$compare$wald_south_west <- drop(t(delta) %*% solve(L %*% V %*% t(L), delta)) / 2
# permutation of states' regions: each region's regression anew
set.seed(2); region <- tapply(castle$region, castle$sid, `[`, 1)
slopes <- function(lab) { g <- lab[as.character(castle$sid)]
  sapply(c("Midwest", "South", "West"), function(r) { d <- castle[g == r, ]; X <- model.matrix(~ factor(sid) + factor(year) + unemployrt + poverty, d); lm.fit(X, d$l_homicide)$coefficients[c("unemployrt", "poverty")] }) }
real <- slopes(region)
perm <- replicate(1500, slopes(setNames(sample(region), names(region))))
share <- function(x, g, h) mean(abs(perm[x, g, ] - perm[x, h, ]) >= abs(real[x, g] - real[x, h]))
out$compare$permutation <- c(share("unemployrt", "Midwest", "South"), share("poverty", "Midwest", "South"), share("poverty", "South", "West"))

# ---- thresholds on grunfeld by brute force: every regression by lm.fit on demeaned columns
demean <- function(v, g) v - ave(v, g)
firm <- grunfeld$firm; q <- grunfeld$capital; N <- nrow(grunfeld); n <- 11; dof <- N - n
yd <- demean(grunfeld$invest, firm); zd <- demean(grunfeld$capital, firm)
trim <- 0.1; values <- sort(unique(q)); cut <- floor(trim * length(values)); grid <- values[(cut + 1):(length(values) - cut)]
regimes <- function(th) findInterval(q, sort(th), left.open = TRUE) + 1
columns <- function(th) { r <- regimes(th); cbind(zd, sapply(seq_len(length(th) + 1), function(k) demean(grunfeld$value * (r == k), firm))) }
ok <- function(th) min(tabulate(regimes(th), length(th) + 1)) >= trim * N
ssr <- function(y, th) { if (length(unique(th)) < length(th) || !ok(th)) return(NA); sum(lm.fit(columns(th), y)$residuals^2) }
seek <- function(y, given) { s <- sapply(grid, function(g) ssr(y, c(given, g))); list(s = s, at = grid[which.min(s)], min = min(s, na.rm = TRUE)) }
linear <- function(y) sum(lm.fit(cbind(zd, demean(grunfeld$value, firm)), y)$residuals^2)
one <- seek(yd, NULL); two <- seek(yd, one$at); back <- seek(yd, two$at)
three <- seek(yd, c(back$at, two$at))
critical <- -2 * log(1 - sqrt(.95)); inside <- function(s, best, final) range(grid[which((s - best) / (final / dof) <= critical)])
out$threshold <- list(linear = linear(yd), one = one$at, ssr_one = one$min, F1 = (linear(yd) - one$min) / (one$min / dof), ci_one = inside(one$s, one$min, one$min),
  two = two$at, refined = back$at, ssr_two = back$min, F2 = (one$min - two$min) / (two$min / dof), ci_two = inside(two$s, two$min, back$min), ci_refined = inside(back$s, back$min, back$min),
  three = three$at, F3 = (back$min - three$min) / (three$min / dof), lr_20 = ((one$s - one$min) / (one$min / dof))[seq(1, length(grid), by = 20)], grid_20 = grid[seq(1, length(grid), by = 20)])
# bootstrap of F1 on a grid of 25 quantiles of type 1, units drawn whole
full <- grid; probs <- trim + (1 - 2 * trim) * (0:24) / 24; grid <- unique(values[pmax(1, ceiling(probs * length(values) - 1e-9))])
first <- seek(yd, NULL); e <- split(lm.fit(columns(first$at), yd)$residuals, firm)
stopifnot(!is.unsorted(match(firm, unique(firm))))          # rows stand firm by firm, in time
set.seed(3); draws <- replicate(1500, { y <- unlist(e[sample(n, replace = TRUE)]); s0 <- linear(y); s1 <- seek(y, NULL)$min; (s0 - s1) / (s1 / dof) })
F1 <- (linear(yd) - first$min) / (first$min / dof)
out$threshold_bootstrap <- list(gamma = first$at, F1 = F1, p = mean(draws >= F1), critical = unname(quantile(draws, c(.90, .95, .99))))
second <- seek(yd, first$at); back2 <- seek(yd, second$at); th2 <- c(back2$at, second$at)
e2 <- split(lm.fit(columns(th2), yd)$residuals, firm); fit1 <- yd - lm.fit(columns(first$at), yd)$residuals
set.seed(4); draws2 <- replicate(600, { y <- fit1 + unlist(e2[sample(n, replace = TRUE)]); f <- seek(y, NULL); s2 <- seek(y, f$at)$min; (f$min - s2) / (s2 / dof) })
F2 <- (first$min - second$min) / (second$min / dof)
out$threshold_bootstrap$F2 <- F2; out$threshold_bootstrap$p2 <- mean(draws2 >= F2); out$threshold_bootstrap$critical2 <- unname(quantile(draws2, c(.90, .95, .99)))

# ---- margins and U test: iid covariance
fit <- lm(invest ~ value * capital + factor(firm), grunfeld); v <- vcov(fit)[c("value", "value:capital"), c("value", "value:capital")]
at <- c(0, 250, 1000); est <- coef(fit)["value"] + coef(fit)["value:capital"] * at
se <- sqrt(v[1, 1] + 2 * at * v[1, 2] + at^2 * v[2, 2]); tq <- qt(.975, fit$df.residual)
out$margins <- list(estimate = unname(est), se = se, p = 2 * pt(-abs(est / se), fit$df.residual), low = unname(est - tq * se), high = unname(est + tq * se))
fit <- lm(lwage ~ exper + expersq + union, wages); cf <- unname(coef(fit)[c("exper", "expersq")]); v <- vcov(fit)[c("exper", "expersq"), c("exper", "expersq")]
ends <- range(wages$exper); slope <- cf[1] + 2 * cf[2] * ends; tt <- slope / sqrt(v[1, 1] + 4 * ends * v[1, 2] + 4 * ends^2 * v[2, 2]); df <- fit$df.residual
inverse <- function(x) (cf[1] + 2 * cf[2] * x)^2 - qt(.975, df)^2 * (v[1, 1] + 4 * x * v[1, 2] + 4 * x^2 * v[2, 2])
top <- -cf[1] / (2 * cf[2]); root <- function(a, b) uniroot(inverse, c(a, b), tol = 1e-13)$root
out$utest <- list(slopes = slope, t = tt, p = c(pt(-tt[1], df), pt(tt[2], df)), extreme = top, fieller = c(root(top - 3, top), root(top, top + 3)))

json <- function(x) if (is.list(x)) paste0("{", paste0('"', names(x), '": ', sapply(x, json), collapse = ", "), "}") else {
  s <- ifelse(is.na(x), "null", trimws(formatC(as.vector(x), digits = 16, format = "g"))); if (length(s) == 1) s else paste0("[", paste(s, collapse = ", "), "]") }
cat("{\n", paste0('"', names(out), '": ', sapply(out, json), collapse = ",\n"), "\n}\n", sep = "")
