# Writes probit.json: the maximum of the likelihood of probits on the shipped tables, by Newton's method to the last digit. Not run by the tests.
#   Rscript tests/oracle/probit.R
library(jsonlite)
data <- function(name) read.csv(file.path("sql", "data", paste0(name, ".csv")))
card <- data("card"); wage <- data("wage_panel")

probit <- list()
newton <- function(table, formula, r_formula, data) {
  fit <- glm(r_formula, binomial("probit"), data)
  X <- model.matrix(fit); s <- 2 * fit$y - 1; b <- coef(fit)
  for (step in 1:12) {
    eta <- drop(X %*% b); l <- s * exp(dnorm(eta, log = TRUE) - pnorm(s * eta, log.p = TRUE))
    b <- b + drop(solve(crossprod(X * (l * (l + eta)), X), crossprod(X, l)))
  }
  keep <- names(b)[!startsWith(names(b), "factor") & !(grepl("|", formula, fixed = TRUE) & names(b) == "(Intercept)")]
  probit[[length(probit) + 1]] <<- list(table = table, formula = formula, rows = as.list(b[keep]))
}
newton("card", "nearc4 ~ black + south + smsa + educ + exper", nearc4 ~ black + south + smsa + educ + exper, card)
newton("card", "smsa ~ black + exper + expersq + educ + nearc4 | south", smsa ~ black + exper + expersq + educ + nearc4 + factor(south), card)
newton("wage_panel", "union ~ lwage + married + black + exper | year", union ~ lwage + married + black + exper + factor(year), wage)
write(toJSON(list(R = R.version.string, probit = probit), digits = I(16), auto_unbox = TRUE), "tests/oracle/probit.json")
