# Writes panel_tables.json: descriptive statistics, correlations, principal components, inflation factors and convergence regressions of the shipped tables by R's
# own functions (quantile, cor.test, prcomp, lm) and car::vif. Between and within standard deviations as Stata's manual [XT] xtsum defines them.
# Clustered errors from the definition. Run in this folder: Rscript panel_tables.R > panel_tables.json
read <- function(name) read.csv(file.path("..", "..", "sql", "data", paste0(name, ".csv")))
castle <- read("castle"); munnell <- read("munnell"); wages <- read("wage_panel"); gapminder <- read("gapminder")

describe <- function(x, id = NULL) {
  keep <- !is.na(x)
  y <- x[keep]
  m <- mean(y)
  out <- list(n = length(y), n_null = sum(!keep), mean = m, sd = sd(y), min = min(y), max = max(y), p25 = quantile(y, .25), p50 = median(y), p75 = quantile(y, .75),
              p25_stata = quantile(y, .25, type = 2), p50_stata = quantile(y, .5, type = 2), p75_stata = quantile(y, .75, type = 2),
              skewness = mean((y - m)^3) / mean((y - m)^2)^1.5, kurtosis = mean((y - m)^4) / mean((y - m)^2)^2)
  if (!is.null(id)) {
    unit <- ave(y, id[keep])
    out$sd_between <- sd(tapply(y, id[keep], mean))
    out$sd_within <- sd(y - unit + m)
  }
  lapply(out, unname)
}
variables <- c("l_homicide", "robbery_gun_r", "unemployrt", "poverty")
out <- list()
out$describe <- lapply(castle[variables], describe, id = castle$sid)
out$by <- lapply(split(castle, castle$region), function(part) lapply(part[variables], describe, id = part$sid))

correlate <- function(method, listwise) {
  rows <- if (listwise) complete.cases(castle[variables]) else rep(TRUE, nrow(castle))
  pairs <- combn(variables, 2, simplify = FALSE)
  lapply(pairs, function(p) {
    x <- castle[rows, p[1]]; y <- castle[rows, p[2]]
    both <- !is.na(x) & !is.na(y)
    test <- cor.test(x[both], y[both], method = method, exact = FALSE)
    list(var1 = p[2], var2 = p[1], r = unname(test$estimate), n = sum(both), statistic = unname(test$statistic), p_value = test$p.value)
  })
}
out$correlate <- list()
for (method in c("pearson", "spearman", "kendall")) for (listwise in c(TRUE, FALSE))
  out$correlate[[paste(method, if (listwise) "listwise" else "pairwise")]] <- correlate(method, listwise)

part <- transform(munnell, UNEMP = -UNEMP)[c("P_CAP", "PC", "GSP", "EMP", "UNEMP")]
p <- prcomp(part, scale. = TRUE)
turn <- ifelse(colMeans(p$rotation) < 0, -1, 1)
loadings <- sweep(p$rotation, 2, turn, "*"); scores <- sweep(p$x, 2, turn, "*")
R <- cor(part); k <- ncol(part); n <- nrow(part)
Q <- -cov2cor(solve(R))
off <- row(R) != col(R)
chisq <- -(n - 1 - (2 * k + 5) / 6) * log(det(R))
index <- function(kept) as.vector(scores[, seq_len(kept), drop = FALSE] %*% (p$sdev[seq_len(kept)]^2 / sum(p$sdev[seq_len(kept)]^2)))
out$pca <- list(eigenvalue = p$sdev^2, share = p$sdev^2 / k, loadings = unname(as.list(as.data.frame(loadings))), kaiser = sum(p$sdev^2 > 1),
                score1 = head(index(1), 5), score2 = head(index(2), 5), pc2 = head(unname(scores[, 2]), 5), kmo = sum(R[off]^2) / (sum(R[off]^2) + sum(Q[off]^2)),
                msa = unname(sapply(1:k, function(j) sum(R[j, -j]^2) / (sum(R[j, -j]^2) + sum(Q[j, -j]^2)))),
                bartlett = c(chisq, k * (k - 1) / 2, pchisq(chisq, k * (k - 1) / 2, lower.tail = FALSE)))

model <- lm(lwage ~ educ + exper + expersq + married + union, wages)
out$vif <- as.list(car::vif(model))
within <- function(x) lm(x ~ factor(STATE), munnell)$residuals
inside <- data.frame(lapply(munnell[c("HWY", "WATER", "PC", "EMP")], within), y = within(munnell$GSP))
out$vif_within <- as.list(car::vif(lm(y ~ HWY + WATER + PC + EMP, inside)))

# convergence: growth over five years on the initial level
g <- gapminder[order(gapminder$country, gapminder$year), ]
g$y <- log(g$gdpPercap)
sigma <- tapply(g$y, g$year, sd)
trend <- summary(lm(sigma ~ as.numeric(names(sigma))))$coefficients[2, ]
later <- merge(g, transform(g[c("country", "year", "y")], year = year - 5), by = c("country", "year"), suffixes = c("", "_next"))
later <- later[order(later$country, later$year), ]
later$growth <- (later$y_next - later$y) / 5
tidy <- function(b, se, df) list(estimate = b, std_error = se, p_value = 2 * pt(-abs(b / se), df))
speed <- function(b, se, step) {
  v <- -log(1 + b * step) / step
  list(speed = v, speed_se = se / (1 + b * step), half_life = log(2) / v, half_life_se = log(2) / v^2 * se / (1 + b * step))
}
ols <- lm(growth ~ y, later)
X <- model.matrix(ols); e <- resid(ols); N <- nrow(X)
V <- solve(crossprod(X)) %*% crossprod(X * e) %*% solve(crossprod(X)) * N / (N - 2)
absolute <- c(tidy(unname(coef(ols)[2]), sqrt(V[2, 2]), N - 2), speed(unname(coef(ols)[2]), sqrt(V[2, 2]), 5))
both <- lm(growth ~ y + lifeExp + factor(country) + factor(year), later)
x <- cbind(lm(y ~ factor(country) + factor(year), later)$residuals, lm(lifeExp ~ factor(country) + factor(year), later)$residuals)
scores <- rowsum(x * resid(both), later$country)
G <- nrow(scores); N <- nrow(x); K <- 2 + 11 # two slopes, eleven years, countries nested in the clusters count once: 2 + 1 + 11 - 1
V <- solve(crossprod(x)) %*% crossprod(scores) %*% solve(crossprod(x)) * (N - 1) / (N - K) * G / (G - 1)
b <- unname(coef(both)[2:3])
conditional <- c(tidy(b[1], sqrt(V[1, 1]), G - 1), list(control = b[2], control_se = sqrt(V[2, 2])), speed(b[1], sqrt(V[1, 1]), 5))
ends <- merge(g[g$year == 1952, c("country", "y")], g[g$year == 2007, c("country", "y")], by = "country")
cross <- lm(I((y.y - y.x) / 55) ~ y.x, ends)
X <- model.matrix(cross); e <- resid(cross); N <- nrow(X)
V <- solve(crossprod(X)) %*% crossprod(X * e) %*% solve(crossprod(X)) * N / (N - 2)
out$convergence <- list(sigma = as.list(sigma), trend = tidy(unname(trend[1]), unname(trend[2]), length(sigma) - 2), absolute = absolute, conditional = conditional,
                        cross = c(tidy(unname(coef(cross)[2]), sqrt(V[2, 2]), N - 2), speed(unname(coef(cross)[2]), sqrt(V[2, 2]), 55)))
cat(jsonlite::toJSON(out, auto_unbox = TRUE, digits = NA, pretty = 1), "\n")
