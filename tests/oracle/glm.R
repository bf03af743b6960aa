# Writes glm.json: what R's glm and the sandwich package say of models on the shipped tables. Not run by the tests.
#   Rscript tests/oracle/glm.R
# Effects are dummies (factor()); hc1 and clusters are made here from scores and bread with the factors of conventions: N/(N-K), (N-1)/(N-K) G/(G-1),
# K with every level, or with levels nested in the clusters counted once.
library(sandwich)
library(jsonlite)
data <- function(name) read.csv(file.path("sql", "data", paste0(name, ".csv")))
castle <- data("castle"); nsw <- data("nsw"); cps <- data("cps"); card <- data("card"); wage <- data("wage_panel")
job <- rbind(nsw[nsw$treat == 1, ], cps)
control <- glm.control(epsilon = 1e-15, maxit = 200)
results <- list()

tidy <- function(fit, v, keep) {
  b <- coef(fit)[keep]; se <- sqrt(diag(v))[keep]
  setNames(lapply(keep, function(t) c(b[[t]], se[[t]], 2 * pnorm(-abs(b[[t]] / se[[t]])))), keep)
}
add <- function(estimator, table, ours, options, fit, v, keep, N = nobs(fit)) {
  # R has no likelihood where counts are not whole or weights are not: sums by hand
  y <- fit$y; w <- fit$prior.weights; mu <- fitted(fit); eta <- fit$linear.predictors
  ll <- if (estimator == "fe_poisson") sum(w * (y * eta - mu - lgamma(y + 1))) else sum(w * (y * log(mu) + (1 - y) * log1p(-mu)))
  results[[length(results) + 1]] <<- list(estimator = estimator, table = table, formula = ours, options = options, rows = tidy(fit, v, keep), deviance = deviance(fit),
    null_deviance = fit$null.deviance, ll = ll, df_resid = df.residual(fit), nobs = N, fitted = unname(mu[1:5]))
}
bread_of <- function(fit) summary(fit, dispersion = 1)$cov.unscaled
meat_of <- function(fit, g) { s <- estfun(fit) ; if (!is.null(summary(fit, dispersion = 1)$dispersion)) s <- model.matrix(fit) * (residuals(fit, "working") * weights(fit, "working")); s <- rowsum(s, g); crossprod(s) }
robust <- function(fit, g, factor) { B <- bread_of(fit); B %*% meat_of(fit, g) %*% B * factor }

# Poisson: counts of justifiable homicides with state and year effects, offset and clusters; a wage equation with weights
f <- glm(homicide ~ post + unemployrt + poverty + factor(sid) + factor(year), poisson, castle, control = control)
N <- nobs(f); G <- 50; K <- 3 + 50 + 11 - 1; Kn <- 3 + 1 + 11 - 1
add("fe_poisson", "castle", "homicide ~ post + unemployrt + poverty | sid + year", "vcov=iid", f, bread_of(f), c("post", "unemployrt", "poverty"))
add("fe_poisson", "castle", "homicide ~ post + unemployrt + poverty | sid + year", "vcov=hc1", f, robust(f, seq_len(N), N / (N - K)), c("post", "unemployrt", "poverty"))
add("fe_poisson", "castle", "homicide ~ post + unemployrt + poverty | sid + year", "", f, robust(f, castle$sid, (N - 1) / (N - Kn) * G / (G - 1)), c("post", "unemployrt", "poverty"))
f <- glm(wage ~ educ + exper + black + offset(log(educ + 1)), poisson, card, weights = weight / 1000, control = control)
add("fe_poisson", "card", "wage ~ educ + exper + black", "offset=ln(educ+1), weights=weight/1000.0, vcov=hc0", f, robust(f, seq_len(nobs(f)), 1), c("(Intercept)", "educ", "exper", "black"))
f <- glm(jhcitizen_c ~ post + unemployrt + factor(region), poisson, castle, control = control)
add("fe_poisson", "castle", "jhcitizen_c ~ post + unemployrt | region", "vcov=iid", f, bread_of(f), c("post", "unemployrt"))
# without a constant
f <- glm(homicide ~ 0 + l_income + post, poisson, castle, control = control)
add("fe_poisson", "castle", "homicide ~ 0 + l_income + post", "vcov=iid", f, bread_of(f), c("l_income", "post"))

# Logit and probit
formula_job <- treat ~ age + I(age^2) + educ + black + hisp + marr + nodegree + re74 + re75
terms_job <- c("(Intercept)", "age", "I(age^2)", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")
for (link in c("logit", "probit")) {
  name <- paste0("fe_", link)
  f <- glm(formula_job, binomial(link), job, control = control)
  add(name, "job", "treat ~ age + I(age*age) + educ + black + hisp + marr + nodegree + re74 + re75", "vcov=iid", f, bread_of(f), terms_job)
  add(name, "job", "treat ~ age + I(age*age) + educ + black + hisp + marr + nodegree + re74 + re75", "vcov=hc0", f, robust(f, seq_len(nobs(f)), 1), terms_job)
  f <- glm(treat ~ age + educ + re75 + factor(black + 2 * hisp) + factor(educ > 11), binomial(link), nsw, control = control)
  N <- nobs(f)
  add(name, "nsw", "treat ~ age + educ + re75 | black^hisp + I(educ > 11)", "vcov=hc1", f, robust(f, seq_len(N), N / (N - 7)), c("age", "educ", "re75"))
  # prior weights and an offset
  f <- suppressWarnings(glm(union ~ married + exper + offset(0.1 * educ), binomial(link), wage, weights = hours / 1000, control = control))
  add(name, "wage_panel", '"union" ~ married + exper', "weights=hours/1000.0, offset=0.1*educ, vcov=iid", f, bread_of(f), c("(Intercept)", "married", "exper"), sum(wage$hours > 0))
  # clusters
  f <- glm(union ~ married + black, binomial(link), wage, control = control)
  N <- nobs(f); G <- length(unique(wage$nr))
  add(name, "wage_panel", '"union" ~ married + black', "vcov=cluster(nr)", f, robust(f, wage$nr, (N - 1) / (N - 3) * G / (G - 1)), c("(Intercept)", "married", "black"))
}

# hc2 and hc3 with the leverages of the dummies
for (kind in c("HC2", "HC3")) {
  f <- glm(union ~ married + exper + factor(year) + factor(occupation), binomial, wage, control = control)
  add("fe_logit", "wage_panel", '"union" ~ married + exper | year + occupation', paste0("vcov=", tolower(kind)), f, vcovHC(f, type = kind), c("married", "exper"))
  f <- glm(homicide ~ post + unemployrt + factor(region), poisson, castle, control = control)
  add("fe_poisson", "castle", "homicide ~ post + unemployrt | region", paste0("vcov=", tolower(kind)), f, vcovHC(f, type = kind), c("post", "unemployrt"))
}

# Separation: a regressor that is not zero only where the count is zero, and what is left when those rows are gone
castle$flag <- as.numeric(castle$jhcitizen_c == 0 & castle$sid %% 3 == 0) * castle$unemployrt
rest <- castle[castle$flag == 0, ]
f <- glm(jhcitizen_c ~ post + unemployrt, poisson, rest, control = control)
add("fe_poisson", "flagged", "jhcitizen_c ~ post + unemployrt + flag", "vcov=iid", f, bread_of(f), c("(Intercept)", "post", "unemployrt"))
# a level of an effect with zeros only
rest <- castle[ave(castle$jhcitizen_c, castle$sid, FUN = sum) > 0, ]
f <- glm(jhcitizen_c ~ post + unemployrt + factor(sid), poisson, rest, control = control)
add("fe_poisson", "castle", "jhcitizen_c ~ post + unemployrt | sid", "vcov=iid", f, bread_of(f), c("post", "unemployrt"))
write(toJSON(list(R = R.version.string, sandwich = as.character(packageVersion("sandwich")), cases = results), auto_unbox = TRUE, digits = NA, na = "null"), "tests/oracle/glm.json")
