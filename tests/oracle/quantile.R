# Writes quantile.json: quantreg's rq (method "br") and its errors on the shipped tables, quantiles by moments and Canay's two steps from lm with dummies, bootstraps by loops over rq.fit.
# Where quantreg says that the solution may not be unique only the objective is given. Run in this folder: Rscript quantile.R > quantile.json
suppressMessages(library(quantreg))
read <- function(name) read.csv(file.path("..", "..", "sql", "data", paste0(name, ".csv")))
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
many <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
text <- function(x) paste0('"', gsub('"', '\\\\"', x), '"')
object <- function(...) { l <- list(...); paste0("{", paste0(text(names(l)), ": ", unlist(l), collapse = ", "), "}") }
check <- function(u, tau) sum(u * (tau - (u < 0)))
cases <- character()
solve_br <- function(f, tau, data, w = NULL) {
  unique <- TRUE
  data$w_ <- if (is.null(w)) rep(1, nrow(data)) else w
  fit <- withCallingHandlers(if (is.null(w)) rq(f, tau, data, method = "br") else rq(f, tau, data, weights = w_, method = "br"),
    warning = function(note) { if (grepl("nonunique", conditionMessage(note))) unique <<- FALSE; invokeRestart("muffleWarning") })
  list(fit = fit, unique = unique)
}
add <- function(table, data, formula, ours, taus, names, weights = NULL, ours_weights = "", errors = c("iid", "nid", "ker")) {
  f <- as.formula(formula)
  for (tau in taus) {
    w <- if (is.null(weights)) NULL else data[[weights]]
    s <- solve_br(f, tau, data, w); fit <- s$fit
    keep <- if (is.null(w)) rep(1, length(fit$residuals)) else model.weights(fit$model)
    objective <- check(fit$residuals * keep, tau)
    null <- suppressWarnings(rq.wfit(matrix(1, length(keep), 1), model.response(fit$model), tau, keep))
    r1 <- 1 - objective / check(null$residuals * keep, tau)
    parts <- list(table = text(table), formula = text(ours), tau = number(tau), weights = text(ours_weights), terms = paste0("[", paste(text(names), collapse = ","), "]"),
      nobs = length(fit$residuals), objective = number(objective), r1 = number(r1))
    if (s$unique) {
      parts$estimate <- many(coef(fit)[seq_along(names)])
      for (se in errors) { # density zero in too many rows: quantreg stops
        rows <- tryCatch(suppressWarnings(summary(fit, se = se, covariance = TRUE))$coefficients, error = function(e) NULL)
        if (!is.null(rows)) parts[[se]] <- many(rows[seq_along(names), 2])
        if (!is.null(rows) && se == "nid") parts$p_nid <- many(rows[seq_along(names), 4])
      }
    }
    cases <<- c(cases, do.call(object, parts))
  }
}
grunfeld <- read("grunfeld"); munnell <- read("munnell"); card <- read("card"); castle <- read("castle"); nsw <- read("nsw"); wage <- read("wage_panel"); gap <- read("gapminder")
five <- c(.1, .25, .5, .75, .9)
castle$millions <- castle$popwt / 1e6 # quantreg takes residuals below 1.5e-8 as zero, whatever their scale
add("munnell", munnell, "log(GSP) ~ log(P_CAP) + log(PC) + log(EMP) + UNEMP", "ln(GSP) ~ ln(P_CAP) + ln(PC) + ln(EMP) + UNEMP", c(.05, five), c("(Intercept)", "ln(P_CAP)", "ln(PC)", "ln(EMP)", "UNEMP"))
add("grunfeld", grunfeld, "invest ~ value + capital", "invest ~ value + capital", five, c("(Intercept)", "value", "capital"))
add("grunfeld", grunfeld, "invest ~ 0 + value + capital + factor(firm)", "invest ~ value + capital | firm", five, c("value", "capital"), errors = c("iid", "ker"))
add("gapminder", gap, "lifeExp ~ log(gdpPercap) + log(pop)", "lifeExp ~ ln(gdpPercap) + ln(pop)", five, c("(Intercept)", "ln(gdpPercap)", "ln(pop)"))
add("card", card, "lwage ~ educ + exper + expersq + black + smsa + south", "lwage ~ educ + exper + expersq + black + smsa + south", five, c("(Intercept)", "educ", "exper", "expersq", "black", "smsa", "south"))
add("castle", castle, "homicide ~ post + unemployrt + poverty", "homicide ~ post + unemployrt + poverty", five, c("(Intercept)", "post", "unemployrt", "poverty"), "millions", "weights=popwt/1000000.0")
add("castle", castle, "homicide ~ 0 + unemployrt + poverty + l_income", "homicide ~ 0 + unemployrt + poverty + l_income", five, c("unemployrt", "poverty", "l_income"))
add("nsw", nsw, "re78 ~ treat + age + educ + black + re74 + re75", "re78 ~ treat + age + educ + black + re74 + re75", five, c("(Intercept)", "treat", "age", "educ", "black", "re74", "re75")) # many zeros
add("wage_panel", wage, "lwage ~ exper + married + union + educ", 'lwage ~ exper + married + "union" + educ', c(.2, .5), c("(Intercept)", "exper", "married", '"union"', "educ"))

# Machado and Santos Silva (2019): location and scale by lm with dummies; influence functions with the whole projection matrix.
mm <- character()
moments <- function(table, data, y, x, unit, ours, taus) {
  n <- nrow(data); D <- model.matrix(~ 0 + factor(data[[unit]])); X <- as.matrix(data[x]); Z <- cbind(X, D); k <- ncol(X)
  P <- Z %*% solve(crossprod(Z), t(Z)); b <- solve(crossprod(Z), t(Z) %*% y); R <- drop(y - Z %*% b)
  g <- solve(crossprod(Z), t(Z) %*% abs(R)); s <- drop(Z %*% g); U <- R / s; c0 <- 2 * mean(U >= 0) - 1
  Xt <- lm.fit(D, X)$residuals; A <- solve(crossprod(Xt), t(Xt)) # k x n
  for (tau in taus) {
    q <- quantile(U, tau, type = 7, names = FALSE); e <- R + q * (abs(R) - c0 * R - s)
    h <- bandwidth.rq(tau, n); while (tau - h < 0 || tau + h > 1) h <- h / 2
    w <- (qnorm(tau + h) - qnorm(tau - h)) * min(sd(U), diff(quantile(U, c(.25, .75), names = FALSE)) / 1.34)
    f <- mean(dnorm((U - q) / w) / w)
    part <- ((tau - (U < q)) / f - drop(P %*% (1 / s)) * e) / n
    psi <- t(A) * e + outer(part, g[1:k]) # n x k
    G <- rowsum(psi, data[[unit]]); V <- crossprod(G) * nrow(G) / (nrow(G) - 1)
    mm <<- c(mm, object(table = text(table), formula = text(ours), tau = number(tau), terms = paste0("[", paste(text(x), collapse = ","), "]"), estimate = many(b[1:k] + q * g[1:k]),
      cluster = many(sqrt(diag(V))), iid = many(sqrt(diag(crossprod(psi)))), location = many(b[1:k]), scale = many(g[1:k]), negative_scale = sum(s < 0)))
  }
}
moments("grunfeld", grunfeld, grunfeld$invest, c("value", "capital"), "firm", "invest ~ value + capital | firm", c(.25, .5, .9))
moments("castle", castle, castle$l_homicide, c("post", "unemployrt", "poverty"), "sid", "l_homicide ~ post + unemployrt + poverty | sid", c(.2, .5, .8))
canay <- character()
two_steps <- function(table, data, f, x, unit, ours, taus) {
  fit <- lm(update(f, as.formula(paste(". ~ . + factor(", unit, ")"))), data); a <- fitted(fit) - drop(as.matrix(data[x]) %*% coef(fit)[x]); a <- a - mean(a)
  data$y_ <- eval(f[[2]], data) - a
  for (tau in taus) {
    s <- solve_br(update(f, y_ ~ .), tau, data)
    parts <- list(table = text(table), formula = text(ours), tau = number(tau), terms = paste0("[", paste(text(c("(Intercept)", x)), collapse = ","), "]"), objective = number(check(s$fit$residuals, tau)))
    if (s$unique) {
      parts$estimate <- many(coef(s$fit))
      parts$nid <- many(suppressWarnings(summary(s$fit, se = "nid"))$coefficients[, 2])
    }
    canay <<- c(canay, do.call(object, parts))
  }
}
two_steps("castle", castle, l_homicide ~ post + unemployrt + poverty, c("post", "unemployrt", "poverty"), "sid", "l_homicide ~ post + unemployrt + poverty | sid", c(.25, .333, .5, .75))
two_steps("grunfeld", grunfeld, invest ~ value + capital, c("value", "capital"), "firm", "invest ~ value + capital | firm", c(.1, .5))

# Bootstraps: standard deviations of 2,000 draws.
set.seed(20240501); R <- 2000
boot <- function(rows_of_draw, estimate) { b <- suppressWarnings(t(replicate(R, estimate(rows_of_draw())))); apply(b, 2, sd) }
X <- cbind(1, as.matrix(data.frame(log(munnell$P_CAP), log(munnell$PC), log(munnell$EMP), munnell$UNEMP))); y <- log(munnell$GSP); n <- length(y)
pairs <- boot(function() sample(n, n, TRUE), function(i) rq.fit(X[i, ], y[i], .75)$coefficients)
by_state <- split(seq_len(n), munnell$STATE)
clusters <- boot(function() unlist(by_state[sample(length(by_state), replace = TRUE)]), function(i) rq.fit(X[i, ], y[i], .75)$coefficients)
x <- as.matrix(castle[c("post", "unemployrt", "poverty")]); units <- split(seq_len(nrow(castle)), castle$sid)
within <- function(v, by) v - ave(v, by)
draw_units <- function() sample(length(units), replace = TRUE)
mmqr_draw <- function(u) {
  i <- unlist(units[u]); by <- rep(seq_along(u), lengths(units[u])); xw <- apply(x[i, ], 2, within, by); yw <- within(castle$l_homicide[i], by); b <- lm.fit(xw, yw)$coefficients
  r <- drop(yw - xw %*% b); a <- within(abs(r), by); g <- lm.fit(xw, a)$coefficients; s <- abs(r) - drop(a - xw %*% g); b + g * quantile(r / s, .8, names = FALSE)
}
canay_draw <- function(u) {
  i <- unlist(units[u]); by <- rep(seq_along(u), lengths(units[u])); xw <- apply(x[i, ], 2, within, by); b <- lm.fit(xw, within(castle$l_homicide[i], by))$coefficients
  a <- ave(castle$l_homicide[i] - drop(x[i, ] %*% b), by); rq.fit(cbind(1, x[i, ]), castle$l_homicide[i] - a + mean(a), .75)$coefficients
}
dummies_draw <- function(u) {
  i <- unlist(units[u]); by <- rep(seq_along(u), lengths(units[u])); rq.fit(cbind(x[i, ], model.matrix(~ 0 + factor(by))), castle$l_homicide[i], .5)$coefficients[1:3]
}
mm_boot <- boot(draw_units, mmqr_draw); canay_boot <- boot(draw_units, canay_draw); R <- 400; dummies_boot <- boot(draw_units, dummies_draw)
cat("{\"cases\": [\n", paste(cases, collapse = ",\n"), "],\n\"mmqr\": [\n", paste(mm, collapse = ",\n"), "],\n\"canay\": [\n", paste(canay, collapse = ",\n"), "],\n\"boot\": ",
  object(pairs = many(pairs), clusters = many(clusters), mmqr = many(mm_boot), canay = many(canay_boot), dummies = many(dummies_boot)), "}\n", sep = "")
