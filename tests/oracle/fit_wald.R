# Writes fit_wald.json: a linear model of R's mtcars with its covariances, and F tests of linear hypotheses by comparing it with the restricted
# model, which is another computation than ours (the restriction is imposed by substitution and offsets, and anova() compares the residual sums).
# Run in this folder: Rscript fit_wald.R > fit_wald.json
d <- with(mtcars, data.frame(mpg, wt, hp, disp, g4 = as.numeric(gear == 4), g5 = as.numeric(gear == 5), z = wt * hp))
full <- lm(mpg ~ wt + hp + disp + g4 + g5 + z, d)
name <- c("(Intercept)", "wt", "hp", "disp", "gear::4", "gear::5", "wt:hp")
cases <- list(
  "wt" = lm(mpg ~ hp + disp + g4 + g5 + z, d),
  "wt = -3" = lm(mpg ~ offset(-3 * wt) + hp + disp + g4 + g5 + z, d),
  "wt = 0, hp = 0" = lm(mpg ~ disp + g4 + g5 + z, d),
  "2*hp - disp = 0" = lm(mpg ~ wt + I(hp + 2 * disp) + g4 + g5 + z, d),
  "hp = disp, gear::4 = gear::5" = lm(mpg ~ wt + I(hp + disp) + I(g4 + g5) + z, d),
  "gear::*" = lm(mpg ~ wt + hp + disp + z, d),
  "gear::* = 1" = lm(mpg ~ offset(g4 + g5) + wt + hp + disp + z, d),
  "(Intercept) = 30, wt + hp = -3" = lm(mpg ~ 0 + offset(30 - 3 * wt) + I(hp - wt) + disp + g4 + g5 + z, d),
  "hp = disp = wt:hp" = lm(mpg ~ wt + I(hp + disp + z) + g4 + g5, d),
  "hp/2 = disp + 0.01" = lm(mpg ~ offset(-0.01 * disp) + wt + I(hp + disp / 2) + g4 + g5 + z, d)
)
number <- function(x) sprintf("%.17g", x)
v <- vcov(full)
lower <- unlist(lapply(seq_len(nrow(v)), function(i) v[i, seq_len(i)]))
cat('{"terms": [', paste0('"', name, '"', collapse = ", "), '],\n "estimate": [', paste(number(coef(full)), collapse = ", "), '],\n "lower": [',
    paste(number(lower), collapse = ", "), '],\n "df": ', df.residual(full), ',\n "cases": {\n', sep = "")
lines <- sapply(names(cases), function(text) {
  a <- anova(cases[[text]], full)
  q <- a$Df[2]
  sprintf('  "%s": {"f": %s, "df1": %d, "p_f": %s, "p_chi2": %s}', text, number(a$F[2]), q, number(a[["Pr(>F)"]][2]), number(pchisq(q * a$F[2], q, lower.tail = FALSE)))
})
cat(paste(lines, collapse = ",\n"), "\n }}\n", sep = "")
