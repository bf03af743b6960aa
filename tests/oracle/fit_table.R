# fit_table.json: what R (fixest 0.12.2, modelsummary 2.6.0.8) prints of fits that fit_table prints too, and R's symbolic derivatives of the expressions of transform=.
# Run in this folder: Rscript fit_table.R. Every text is what modelsummary wrote in the cell. Not run by the tests.
suppressMessages({library(fixest); library(modelsummary); library(jsonlite)})
data <- function(name) read.csv(file.path("..", "..", "sql", "data", paste0(name, ".csv")))
castle <- data("castle"); nsw <- data("nsw"); card <- data("card")

texts <- c("100*(exp(b)-1)", "exp(-b)", "1/(1+exp(-b))", "b^3 - 2*b", "sqrt(b + 2)", "log(b + 3)/2", "pnorm(b)", "2^b", "exp(b - se^2/2) - 1", "-b^2 + 4*b", "1/(b + 2)", "(exp(2*b) - 1)/(exp(2*b) + 1)",
           "b^b2", "3 - 2 - 1 + 0*b", "2^3^2 + 0*b", "1e-2*b", "12/4/3*b", "+b - -b")
grid <- expand.grid(text = texts, b = c(-.7, .25, 1.5), stringsAsFactors = FALSE)
grid$se <- .2
grid$value <- mapply(function(text, b, se) eval(parse(text = text)[[1]], list(b = b, se = se, b2 = 2)), grid$text, grid$b, grid$se)
grid$slope <- mapply(function(text, b, se) eval(D(parse(text = text)[[1]], "b"), list(b = b, se = se, b2 = 2)), grid$text, grid$b, grid$se)

table <- function(fits, ...) modelsummary(fits, output = "data.frame", ...)
cells <- function(x) lapply(seq_len(nrow(x)), function(i) unname(as.list(as.character(x[i, -(1:1)]))))
ols <- list(feols(l_homicide ~ post, castle, vcov = "hetero"), feols(l_homicide ~ post | sid + year, castle, cluster = ~sid),
            feols(l_homicide ~ post + unemployrt + poverty + l_police | sid + year, castle, cluster = ~sid))
logit <- list(glm(treat ~ age + educ + black, binomial, nsw))
poisson <- list(fepois(homicide ~ post + poverty | sid + year, castle, cluster = ~sid))
iv <- list(feols(lwage ~ exper + expersq + black + south + smsa | educ ~ nearc4 + nearc2, card, vcov = "hetero"))
write_json(list(
  expressions = grid,
  glue = table(ols, estimate = "{estimate}{stars} ({std.error})", statistic = c("[{conf.low}, {conf.high}]", "t = {statistic}", "p = {p.value}"), stars = c("*" = .1, "**" = .05, "***" = .01), gof_map = "nobs"),
  wide = table(ols, shape = term ~ model + statistic, statistic = c("std.error", "p.value"), gof_map = "nobs"),
  odds = table(logit, exponentiate = TRUE, statistic = c("std.error", "conf.int"), conf_level = .9, ci_method = "wald", gof_map = "nobs"),
  rates = table(poisson, exponentiate = TRUE, statistic = c("std.error", "conf.int"), gof_map = "nobs"),
  instruments = table(iv, fmt = 4, statistic = c("std.error", "statistic"), gof_map = "nobs"),
  turned = table(ols, shape = model + statistic ~ term, gof_map = "nobs"),
  sizes = lapply(ols, function(m) as.list(m$fixef_sizes))
), "fit_table.json", auto_unbox = TRUE, digits = 15, pretty = TRUE)
