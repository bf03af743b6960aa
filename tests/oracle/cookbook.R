# Writes cookbook_r.json: the pairs of sql/cookbook.md that R's AER, quantreg and plm run, as cookbook.py does the others. Run in this folder: Rscript cookbook.R
suppressMessages({library(AER); library(quantreg); library(plm); library(jsonlite)})
data <- function(name) read.csv(file.path("..", "..", "sql", "data", paste0(name, ".csv")))
card <- data("card"); wage <- data("wage_panel")
found <- list()

iv <- ivreg(lwage ~ exper + expersq + black + south + smsa + educ | exper + expersq + black + south + smsa + nearc4 + nearc2, data = card)
classical <- summary(iv, diagnostics = TRUE)$diagnostics
robust <- summary(iv, vcov = function(x) vcovHC(x, type = "HC1"), diagnostics = TRUE)$diagnostics
found[["20"]] <- data.frame(test = c("first_stage_f", "first_stage_wald_f", "kp_rk_wald_f", "cragg_donald_f", "wu_hausman"),
                            statistic = c(classical[1, 3], robust[1, 3], robust[1, 3], classical[1, 3], robust[2, 3]), p_value = c(classical[1, 4], robust[1, 4], NA, NA, robust[2, 4]))

median <- coef(rq(lwage ~ educ + exper + black, data = card))
found[["24"]] <- data.frame(term = names(median), estimate = unname(median))

panel <- pdata.frame(wage, index = c("nr", "year"))
rows <- function(model, terms) {
  table <- summary(model, robust = TRUE)$coefficients
  data.frame(term = terms, estimate = unname(table[, 1]), std_error = unname(table[, 2]))
}
found[["43"]] <- rows(pgmm(lwage ~ lag(lwage, 1:2) + union + married | lag(lwage, 2:99) + lag(union, 2:3), panel, effect = "twoways", model = "twosteps", transformation = "d"),
                      c("l(lwage,1)", "l(lwage,2)", "union", "married"))
found[["44"]] <- rows(pgmm(lwage ~ lag(lwage, 1:2) + union | lag(lwage, 2:4) + lag(union, 2:3), panel, effect = "twoways", model = "twosteps", transformation = "ld", collapse = TRUE),
                      c("l(lwage,1)", "l(lwage,2)", "union"))
write(toJSON(found, digits = 17, pretty = TRUE, na = "null"), "cookbook_r.json")
