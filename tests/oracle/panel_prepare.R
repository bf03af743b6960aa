# Writes panel_prepare.json: R's own quantile(), approx(), scale() and match() on the shipped table grunfeld, with NULLs by a rule that the test repeats:
# invest is missing where (row number) %% 7 is 3, and for all of Goodyear but 1940 and 1941; value is missing for all of Atlantic Refining.
# Run in this folder: Rscript panel_prepare.R > panel_prepare.json
g <- read.csv("../../sql/data/grunfeld.csv")
row <- seq_len(nrow(g))
g$invest[row %% 7 == 3 | (g$firm == "Goodyear" & !g$year %in% c(1940, 1941))] <- NA
g$value[g$firm == "Atlantic Refining"] <- NA
g <- g[!(g$firm == "IBM" & g$year == 1945), ]  # a gap in time
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
list_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
winsor <- function(x, p, q, type = 7) { b <- quantile(x, c(p, q), na.rm = TRUE, type = type, names = FALSE); pmin(pmax(x, b[1]), b[2]) }
truncate <- function(x, p, q, type = 7) { b <- quantile(x, c(p, q), na.rm = TRUE, type = type, names = FALSE); ifelse(x < b[1] | x > b[2], NA, x) }
zscore <- function(x) as.vector(scale(x))
minmax <- function(x) (x - min(x, na.rm = TRUE)) / diff(range(x, na.rm = TRUE))
within <- function(x, by, f, ...) { out <- x; for (v in unique(by)) { at <- by == v; out[at] <- if (sum(!is.na(x[at])) > 1) f(x[at], ...) else x[at] }; out }
fill <- function(x, t) if (sum(!is.na(x)) > 1) ifelse(is.na(x), approx(t, x, t)$y, x) else x
beyond <- function(x, t) { # the line through the two nearest numbers at both ends
  known <- which(!is.na(x)); if (length(known) < 2) return(x)
  y <- fill(x, t); a <- head(known, 2); b <- tail(known, 2)
  line <- function(k, at) predict(lm(x ~ t, data.frame(x = x[k], t = t[k] - 1945)), data.frame(t = t[at] - 1945))
  before <- which(seq_along(x) < a[1]); after <- which(seq_along(x) > b[2])
  y[before] <- if (length(before)) line(a, before); y[after] <- if (length(after)) line(b, after)
  y
}
by_firm <- function(x, f) { out <- x; for (v in unique(g$firm)) { at <- g$firm == v; out[at] <- f(x[at], g$year[at]) }; out }
lagged <- function(x, k) x[match(paste(g$firm, g$year - k), paste(g$firm, g$year))]
x <- g$invest; v <- g$value
columns <- list(
  winsor_invest = winsor(x, .01, .99), w5 = winsor(x, .05, .9), truncate_invest = truncate(x, .02, .98), zscore_invest = zscore(x), minmax_value = minmax(v),
  interpolate_invest = by_firm(x, fill), all_of_it = by_firm(x, beyond), l_invest = lagged(x, 1), l2_value = lagged(v, 2), f_value = lagged(v, -1),
  d_invest = x - lagged(x, 1), d3_value = v - lagged(v, 3), growth_value = v / lagged(v, 1) - 1, dln_value = log(v) - log(lagged(v, 1)), ln_value = log(v),
  log10_invest = log10(x), chain = lagged(zscore(winsor(by_firm(x, fill), .05, .95)), 1))
stata <- list(winsor_invest = winsor(x, .05, .95, 2), truncate_value = truncate(v, .1, .9, 2))
by_year <- list(winsor_invest = within(x, g$year, winsor, .1, .9), zscore_value = within(v, g$year, zscore), minmax_invest = within(x, g$year, minmax))
show <- function(l) paste0("{", paste(sprintf('"%s": %s', names(l), sapply(l, list_of)), collapse = ",\n  "), "}")
cat('{"pooled": ', show(columns), ',\n "stata": ', show(stata), ',\n "by_year": ', show(by_year), "}\n", sep = "")
