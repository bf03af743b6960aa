# Writes gmm_plm.json: dynamic panels by plm::pgmm. Not run by the tests. In this folder: Rscript make_gmm.R > gmm_plm.json
# pgmm reports as sargan what Hansen's J is after two steps; after one step, and its tests of autocorrelation in systems, are other definitions than xtabond2's (not written).
# pgmm and vcovHC take a generalised inverse where an eigenvalue is below 1e-9 in the data's own units: hours stand in thousands.
# In systems pgmm gives an exogenous regressor one instrument for each of the two equations, and no constant without time effects.
suppressMessages(library(plm))
read <- function(name) read.csv(file.path("..", "..", "sql", "data", paste0(name, ".csv")))
wage <- read("wage_panel")
wage$h <- wage$hours / 1000
gaps <- wage[(wage$nr * 7 + wage$year) %% 11 != 0, ]
munnell <- read("munnell")
grunfeld <- read("grunfeld")
shared <- file.path("..", "..", "..", "shared", "data", "EmplUK.csv")
number <- function(x) sprintf("%.17g", x)
cases <- list()
case <- function(source, data, index, ours, options, formula, ...) {
  fit <- suppressWarnings(pgmm(formula, data = data, index = index, ...))
  two <- fit$args$model == "twosteps"
  b <- if (two) fit$coefficients[[2]] else fit$coefficients
  v <- vcovHC(fit) # as a matrix: given the function, mtest takes it for vcov() in its middle term too
  robust <- sqrt(diag(v))
  keep <- seq_along(b)[!(names(b) %in% c("(Intercept)", fit$args$namest))]
  m <- if (fit$args$transformation == "d") c(mtest(fit, 1, vcov = v)$statistic, mtest(fit, 2, vcov = v)$statistic) else c(NaN, NaN)
  j <- if (two) sargan(fit)$statistic else NaN
  list0 <- function(x) paste0("[", paste(ifelse(is.nan(x), "null", number(x)), collapse = ", "), "]")
  plain <- if (two) sqrt(diag(fit$vcov)) else rep(NaN, length(b))
  cat(if (length(cases)) ",\n" else "[\n", sprintf(' {"source": "%s", "formula": "%s", "options": "%s",\n  "estimate": %s,\n  "robust": %s,\n  "uncorrected": %s,\n  "ar": %s, "hansen_j": %s}',
      source, ours, options, list0(unname(b[keep])), list0(unname(robust[keep])), list0(unname(plain[keep])), list0(unname(m)), if (is.nan(j)) "null" else number(j)), sep = "")
  cases[[length(cases) + 1]] <<- 1
}
W <- c("nr", "year"); G <- "SELECT * FROM wage_panel WHERE (nr*7+year)%11 <> 0"
for (steps in 1:2) {
  model <- c("onestep", "twosteps")[steps]
  o <- sprintf(", steps=%d", steps)
  for (src in list(list("wage_panel", wage), list(G, gaps))) {
    case(src[[1]], src[[2]], W, "lwage ~ l(lwage) + union + married | gmm(lwage, 2:99)", paste0("id=nr, time=year", o),
         lwage ~ lag(lwage, 1) + union + married | lag(lwage, 2:99), effect = "individual", model = model, transformation = "d")
    case(src[[1]], src[[2]], W, "lwage ~ l(lwage,1:2) + l(union,0:1) + married | gmm(lwage, 2:4) + gmm(union, 2:3) + iv(married)", paste0("id=nr, time=year, time_effects=1", o),
         lwage ~ lag(lwage, 1:2) + lag(union, 0:1) + married | lag(lwage, 2:4) + lag(union, 2:3), effect = "twoways", model = model, transformation = "d")
    case(src[[1]], src[[2]], W, "lwage ~ l(lwage) + l(union,0:1) | nr + year | gmm(lwage, 2:99) + gmm(union, 2:99)", paste0("system=1", o),
         lwage ~ lag(lwage, 1) + lag(union, 0:1) | lag(lwage, 2:99) + lag(union, 2:99), effect = "twoways", model = model, transformation = "ld")
    case(src[[1]], src[[2]], W, "lwage ~ 0 + l(lwage) + union + I(hours/1000) | gmm(lwage, 2:99) + gmm(union, 2:4) + iv(I(hours/1000), equation=transformed) + iv(I(hours/1000), equation=level)",
         paste0("panel=nr+year, system=1", o), lwage ~ lag(lwage, 1) + union + h | lag(lwage, 2:99) + lag(union, 2:4), effect = "individual", model = model, transformation = "ld")
  }
  case("wage_panel", wage, W, "lwage ~ l(lwage) + union + married | gmm(lwage, 2:5) + gmm(union, 2:5)", paste0("id=nr, time=year, collapse=1", o),
       lwage ~ lag(lwage, 1) + union + married | lag(lwage, 2:5) + lag(union, 2:5), effect = "individual", model = model, transformation = "d", collapse = TRUE)
  case("munnell", munnell, c("STATE", "YR"), "ln(GSP) ~ l(ln(GSP)) + ln(EMP) + UNEMP | STATE + YR | gmm(ln(GSP), 2:4) + gmm(ln(EMP), 2:3)", paste0("collapse=1", o),
       log(GSP) ~ lag(log(GSP), 1) + log(EMP) + UNEMP | lag(log(GSP), 2:4) + lag(log(EMP), 2:3), effect = "twoways", model = model, transformation = "d", collapse = TRUE)
}
case("munnell", munnell, c("STATE", "YR"), "ln(GSP) ~ l(ln(GSP)) + ln(EMP) + UNEMP | STATE + YR | gmm(ln(GSP), 2:3)", "steps=1",
     log(GSP) ~ lag(log(GSP), 1) + log(EMP) + UNEMP | lag(log(GSP), 2:3), effect = "twoways", model = "onestep", transformation = "d")
case("grunfeld", grunfeld, c("firm", "year"), "invest ~ l(invest) + value + capital | gmm(invest, 2:3)", "id=firm, time=year, collapse=1",
     invest ~ lag(invest, 1) + value + capital | lag(invest, 2:3), effect = "individual", model = "onestep", transformation = "d", collapse = TRUE)
if (file.exists(shared)) {
  uk <- read.csv(shared); U <- c("firm", "year"); K <- uk[(uk$firm * 3 + uk$year) %% 13 != 0, ]
  L <- "ln(emp) ~ l(ln(emp),1:2) + l(ln(wage),0:1) + ln(capital) + l(ln(output),0:1) | firm + year | gmm(ln(emp), 2:99)"
  f <- log(emp) ~ lag(log(emp), 1:2) + lag(log(wage), 0:1) + log(capital) + lag(log(output), 0:1) | lag(log(emp), 2:99)
  for (steps in 1:2) case("SELECT * FROM EmplUK WHERE (firm*3+year)%13 <> 0", K, U, L, paste0("steps=", steps), f, effect = "twoways", model = c("onestep", "twosteps")[steps], transformation = "d")
  case("SELECT * FROM EmplUK WHERE (firm*3+year)%13 <> 0", K, U, "ln(emp) ~ l(ln(emp)) + l(ln(wage),0:1) | firm + year | gmm(ln(emp), 2:99) + gmm(ln(wage), 2:99)", "system=1, steps=2",
       log(emp) ~ lag(log(emp), 1) + lag(log(wage), 0:1) | lag(log(emp), 2:99) + lag(log(wage), 2:99), effect = "twoways", model = "twosteps", transformation = "ld")
}
cat("\n]\n")
