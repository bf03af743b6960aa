# Writes psm_match.json: matching on the shipped tables by exhaustive search, from the definitions, with R's glm for the score. Not run by the tests.
#   Rscript tests/oracle/psm_match.R
library(jsonlite)
data <- function(name) read.csv(file.path("sql", "data", paste0(name, ".csv")))
nsw <- data("nsw"); cps <- data("cps"); castle <- data("castle")
small <- rbind(nsw[nsw$treat == 1, ], cps[seq(1, nrow(cps), by = 16), ]); rownames(small) <- NULL  # every 16th control
small$cell <- small$black * 2 + small$marr
f <- treat ~ age + educ + black + marr + nodegree + re74 + re75
covariates <- c("age", "educ", "black", "marr", "nodegree", "re74", "re75")
score_of <- function(d, link) {
  fit <- glm(f, binomial(link), d, control = glm.control(epsilon = 1e-15, maxit = 200))
  X <- model.matrix(fit); b <- coef(fit); eta <- 0
  for (j in seq_along(b)) eta <- eta + b[[j]] * X[, j]   # the same additions in every row, so that ties are ties
  list(p = unname(binomial(link)$linkinv(eta)), eta = unname(eta), fit = fit)
}
cases <- list()

# pairs(i): a list of row numbers, or weights; D: matrix of distances from rows `from` to rows `to`
nearest <- function(D, S, from, to, k, replace, width, order) {
  found <- vector("list", length(from)); free <- rep(TRUE, length(to))
  pick <- function(i, k) {
    ok <- which(free & S[i, ] <= width)
    ok <- ok[order(D[i, ok], to[ok])]
    head(ok, k)
  }
  if (replace) for (i in order) found[[i]] <- pick(i, k)
  else for (r in seq_len(k)) for (i in order) if (length(found[[i]]) == r - 1) { j <- pick(i, 1); free[j] <- FALSE; found[[i]] <- c(found[[i]], j) }
  found
}
W <- function(found, from, to) { # matrix of shares
  M <- matrix(0, length(from), length(to))
  for (i in seq_along(from)) if (length(found[[i]])) M[i, found[[i]]] <- 1 / length(found[[i]])
  M
}
sigma2 <- function(d, own, D, J) sapply(seq_along(own), function(i) { # within one side
  j <- setdiff(order(D[i, ], own), i)[seq_len(J)]
  J / (J + 1) * (d$re78[own[i]] - mean(d$re78[own[j]]))^2 })
effects <- function(d, M0, M1, metric, J = 2) {
  t <- which(d$treat == 1); c <- which(d$treat == 0); y <- d$re78
  out <- list()
  s2 <- numeric(nrow(d)); s2[t] <- sigma2(d, t, metric(t, t), J); s2[c] <- sigma2(d, c, metric(c, c), J)
  use <- function(M) list(w = colSums(M), s = colSums(M^2), ok = rowSums(M) > 0)
  a <- use(M0); e0 <- y[t][a$ok] - (M0 %*% y[c])[a$ok]
  out$att <- mean(e0); n1 <- sum(a$ok)
  out$att_se <- sqrt(sum((e0 - out$att)^2) + sum((a$w^2 - a$s) * s2[c])) / n1
  out$att_simple <- sqrt(var(y[t][a$ok]) / n1 + var(y[c][a$w != 0]) * sum(a$w^2) / n1^2)
  if (!is.null(M1)) {
    b <- use(M1); e1 <- (M1 %*% y[t])[b$ok] - y[c][b$ok]
    out$atu <- mean(e1); n0 <- sum(b$ok)
    out$atu_se <- sqrt(sum((e1 - out$atu)^2) + sum((b$w^2 - b$s) * s2[t])) / n0
    out$ate <- (sum(e0) + sum(e1)) / (n0 + n1)
    o1 <- a$ok; o0 <- b$ok
    out$ate_se <- sqrt(sum((c(e0, e1) - out$ate)^2) + sum(((o1 + b$w)^2 - o1 - b$s) * s2[t]) + sum(((o0 + a$w)^2 - o0 - a$s) * s2[c])) / (n0 + n1)
  }
  w <- numeric(nrow(d)); w[t] <- a$ok; w[c] <- a$w
  out$weight <- w
  out
}
wvar <- function(x, w) { m <- weighted.mean(x, w); p <- w / sum(w); sum(p * (x - m)^2) / (1 - sum(p^2)) }
balance <- function(d, w, link) {
  rows <- lapply(covariates, function(v) {
    x <- d[[v]]; t <- d$treat == 1
    before <- c(mean(x[t]), mean(x[!t])); v1 <- var(x[t]); v0 <- var(x[!t])
    tt <- t.test(x[t], x[!t], var.equal = TRUE)
    k <- w > 0; wk <- w[k]; fit <- lm(x[k] ~ d$treat[k], weights = wk); W <- sum(w)
    m1 <- weighted.mean(x[t], w[t]); m0 <- weighted.mean(x[!t], w[!t])
    # weights as frequencies: lm's error with sum w - 2 for n - 2
    se <- summary(fit)$coefficients[2, 2] * sqrt((sum(k) - 2) / (W - 2)); stat <- (m1 - m0) / se
    list(variable = v, before = c(before, (before[1] - before[2]) / sd(x[t]), 100 * (before[1] - before[2]) / sqrt((v1 + v0) / 2), v1 / v0, unname(tt$statistic), tt$p.value),
         after = c(m1, m0, (m1 - m0) / sd(x[t]), 100 * (m1 - m0) / sqrt((v1 + v0) / 2), wvar(x[t & k], w[t & k]) / wvar(x[!t & k], w[!t & k]), stat, 2 * pt(-abs(stat), W - 2)))
  })
  overall <- function(w, pick) {
    k <- w > 0; g <- f; environment(g) <- environment(); g0 <- treat ~ 1; wk <- w[k]
    fit <- suppressWarnings(glm(g, binomial(link), d[k, ], weights = wk, control = glm.control(epsilon = 1e-15, maxit = 200)))
    null <- suppressWarnings(glm(g0, binomial(link), d[k, ], weights = wk, control = glm.control(epsilon = 1e-15, maxit = 200)))
    lr <- null$deviance - fit$deviance; eta <- fit$linear.predictors; t <- d$treat[k] == 1
    v1 <- wvar(eta[t], w[k][t]); v0 <- wvar(eta[!t], w[k][!t])
    bias <- abs(sapply(rows, function(r) r[[pick]][4]))
    list(pseudo_r2 = 1 - fit$deviance / null$deviance, lr_chi2 = lr, lr_p = pchisq(lr, length(covariates), lower.tail = FALSE), mean_bias = mean(bias), median_bias = median(bias),
         rubin_b = 100 * abs(weighted.mean(eta[t], w[k][t]) - weighted.mean(eta[!t], w[k][!t])) / sqrt((v1 + v0) / 2), rubin_r = v1 / v0)
  }
  list(rows = rows, overall_before = overall(rep(1, nrow(d)), "before"), overall_after = overall(w, "after"))
}
add <- function(table, options, link, out, d, both = FALSE) {
  b <- if (both) balance(d, out$weight, link) else NULL
  cases[[length(cases) + 1]] <<- c(list(table = table, options = options), out, if (both) list(balance = b))
}

run <- function(table, d) {
  t <- which(d$treat == 1); c <- which(d$treat == 0)
  for (link in c("logit", "probit")) {
    s <- score_of(d, link); p <- s$p; sdp <- sd(p)
    S <- abs(outer(p[t], p[c], "-")); metric <- function(a, b) abs(outer(p[a], p[b], "-"))
    falling <- order(-p[t], t); lk <- if (link == "probit") ", score=probit" else ""
    one <- function(options, k = 1, replace = FALSE, width = Inf, order = falling, both = FALSE, J = 2) {
      M0 <- W(nearest(S, S, t, c, k, replace, width, order), t, c)
      M1 <- if (replace) W(nearest(t(S), t(S), c, t, k, TRUE, width, seq_along(c)), c, t) else NULL
      add(table, paste0(options, lk), link, effects(d, M0, M1, metric, J), d, both)
    }
    one("ratio=1", both = TRUE)
    one("replace=1", replace = TRUE, both = TRUE)
    if (link == "probit") next
    one("ratio=1, order=smallest", order = order(p[t], t))
    one("ratio=1, order=data", order = seq_along(t))
    one("ratio=3", k = 3)
    one("ratio=3, caliper=.05", k = 3, width = .05 * sdp)
    one("ratio=3, replace=1, caliper=.02, caliper_unit=score", k = 3, replace = TRUE, width = .02, both = TRUE)
    one("ratio=2, replace=1, neighbours=4", k = 2, replace = TRUE, J = 4)
    # radius, kernel, local linear
    R <- (S <= .01) * 1; M0 <- R / pmax(rowSums(R), 1); R1 <- t(R); M1 <- R1 / pmax(rowSums(R1), 1)
    add(table, "method=radius, caliper=.01, caliper_unit=score", link, effects(d, M0, M1, metric), d, TRUE)
    for (kind in c("epanechnikov", "gaussian")) {
      K <- if (kind == "gaussian") exp(-.5 * (S / .06)^2) else pmax(1 - (S / .06)^2, 0)
      norm <- function(K) { r <- rowSums(K); K / ifelse(r > 0, r, 1) }
      add(table, paste0("method=kernel, kernel=", kind, ", errors=ai"), link, effects(d, norm(K), norm(t(K)), metric), d)
      # by regression: the intercept of y on the difference of scores
      llr <- function(from, to, K) sapply(seq_along(from), function(i) { k <- K[i, ] > 0; if (!any(k)) return(NA); fit <- lm.wfit(cbind(1, p[to][k] - p[from][i]), d$re78[to][k], K[i, k]); fit$coefficients[1] })
      mean_of <- llr(t, c, K); ok <- !is.na(mean_of)
      cases[[length(cases) + 1]] <<- list(table = table, options = paste0("method=llr, kernel=", kind), att = mean(d$re78[t][ok] - mean_of[ok]))
    }
    # Mahalanobis, the covariance pooled within the sides
    X <- as.matrix(d[covariates]); pooled <- ((length(t) - 1) * cov(X[t, ]) + (length(c) - 1) * cov(X[c, ])) / (nrow(d) - 2)
    maha <- function(a, b) round(t(sapply(a, function(i) mahalanobis(X[b, , drop = FALSE], X[i, ], pooled))) * 2^36) / 2^36
    D <- maha(t, c)
    M0 <- W(nearest(D, S, t, c, 1, FALSE, Inf, falling), t, c)
    add(table, "method=mahalanobis", link, effects(d, M0, NULL, maha), d)
    M0 <- W(nearest(D, S, t, c, 2, TRUE, .1 * sdp, falling), t, c); M1 <- W(nearest(t(D), t(S), c, t, 2, TRUE, .1 * sdp, seq_along(c)), c, t)
    add(table, "method=mahalanobis, ratio=2, replace=1, caliper=.1", link, effects(d, M0, M1, maha), d)
    # exact levels: no pair across cells
    Sx <- S; Sx[outer(d$black[t], d$black[c], "!=") | outer(d$marr[t], d$marr[c], "!=")] <- Inf
    M0 <- W(nearest(S, Sx, t, c, 1, FALSE, 1e9, falling), t, c)
    add(table, "exact=black^marr", link, effects(d, M0, NULL, metric), d)
    # common support
    inside <- ifelse(d$treat == 1, p >= min(p[c]) & p <= max(p[c]), p >= min(p[t]) & p <= max(p[t]))
    Si <- S; Si[!inside[t], ] <- Inf; Si[, !inside[c]] <- Inf
    M0 <- W(nearest(S, Si, t, c, 1, FALSE, 1e9, falling), t, c)
    add(table, "support=minmax", link, effects(d, M0, NULL, metric)[c("att", "weight")], d)
    inside <- p >= .1 & p <= .9; Si <- S; Si[!inside[t], ] <- Inf; Si[, !inside[c]] <- Inf
    M0 <- W(nearest(S, Si, t, c, 1, FALSE, 1e9, falling), t, c)
    add(table, "support=trim", link, effects(d, M0, NULL, metric)[c("att", "weight")], d)
    # weights
    hajek <- function(w) { y <- d$re78; tr <- d$treat == 1; m1 <- weighted.mean(y[tr], w[tr]); m0 <- weighted.mean(y[!tr], w[!tr])
      c(m1 - m0, sqrt(sum((w[tr] * (y[tr] - m1))^2) / sum(w[tr])^2 + sum((w[!tr] * (y[!tr] - m0))^2) / sum(w[!tr])^2)) }
    a <- hajek(ifelse(d$treat == 1, 1, p / (1 - p))); u <- hajek(ifelse(d$treat == 1, (1 - p) / p, 1)); e <- hajek(ifelse(d$treat == 1, 1 / p, 1 / (1 - p)))
    add(table, "method=ipw", link, list(att = a[1], att_se = a[2], atu = u[1], atu_se = u[2], ate = e[1], ate_se = e[2], weight = ifelse(d$treat == 1, 1, p / (1 - p))), d)
    # entropy balancing: the dual by a general optimiser, then Newton's steps on the moment conditions
    ebal <- function(own, target, moments) {
      Z <- do.call(cbind, lapply(seq_len(moments), function(k) X^k)); m <- colMeans(Z[target, ]); Z <- sweep(Z[own, ], 2, m); Z <- Z[, apply(Z, 2, sd) > 0]; Z <- Z[, qr(Z)$pivot[seq_len(qr(Z)$rank)]]
      Z <- sweep(Z, 2, apply(Z, 2, sd), "/")
      obj <- function(l) { z <- drop(Z %*% l); max(z) + log(sum(exp(z - max(z)))) }
      gr <- function(l) { z <- drop(Z %*% l); w <- exp(z - max(z)); w <- w / sum(w); drop(crossprod(Z, w)) }
      l <- optim(rep(0, ncol(Z)), obj, gr, method = "BFGS", control = list(maxit = 5000, reltol = 1e-15))$par
      for (r in 1:20) { z <- drop(Z %*% l); w <- exp(z - max(z)); w <- w / sum(w); g <- drop(crossprod(Z, w)); H <- crossprod(Z, w * Z) - tcrossprod(g); l <- l - solve(H, g) }
      w * length(target)
    }
    w <- numeric(nrow(d)); w[t] <- 1; w[c] <- ebal(c, t, 1); h <- hajek(w)
    add(table, "method=entropy", link, list(att = h[1], att_se = h[2], weight = w), d)
    if (table == "small") next
    w[c] <- ebal(c, t, 2); h <- hajek(w)
    add(table, "method=entropy, moments=2", link, list(att = h[1], att_se = h[2], weight = w), d)
  }
}
run("nsw", nsw)
run("small", small)
# by=: each group with its own score
d <- castle; d$t <- as.numeric(ave(d$post, d$sid, FUN = max) == 1); w <- numeric(nrow(d)); ps <- numeric(nrow(d))
for (y in unique(d$year)) {
  k <- which(d$year == y); fit <- glm(t ~ unemployrt + poverty + l_income, binomial, d[k, ], control = glm.control(epsilon = 1e-15, maxit = 200))
  p <- fitted(fit); ps[k] <- p; t <- k[d$t[k] == 1]; c <- k[d$t[k] == 0]; names(p) <- k
  S <- abs(outer(p[as.character(t)], p[as.character(c)], "-"))
  M <- W(nearest(S, S, t, c, 1, FALSE, .25 * sd(p), order(-p[as.character(t)], t)), t, c); w[t] <- rowSums(M); w[c] <- colSums(M)
}
by <- list(weight = w, pscore = ps)
write(toJSON(list(R = R.version.string, cases = cases, by = by), auto_unbox = TRUE, digits = NA, na = "null", null = "null"), "tests/oracle/psm_match.json")
