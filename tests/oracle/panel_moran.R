# Writes panel_moran.json: spdep's moran.test and localmoran on the shipped table castle, with weights by a rule that the test repeats: states whose sid differ by 1 to 3 are neighbours,
# w = 1 / difference upwards and 2 / difference downwards (not symmetric); "island": the pairs of sid 20 are left out; "none": style B with the plain weights.
# Run in this folder: Rscript panel_moran.R > panel_moran.json
suppressMessages(library(spdep))
castle <- read.csv("../../sql/data/castle.csv")
number <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "null")
list_of <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
weights <- function(sid, drop = c()) {
  d <- outer(sid, sid, "-"); w <- ifelse(d == 0 | abs(d) > 3, 0, ifelse(d < 0, 1, 2) / abs(d)); w[sid %in% drop, ] <- 0; w[, sid %in% drop] <- 0; w
}
case <- function(year, style, drop = c(), variable = "l_homicide") {
  d <- castle[castle$year == year, ]; d <- d[order(d$sid), ]; x <- d[[variable]]
  keep <- !is.na(x); d <- d[keep, ]; x <- x[keep]
  w <- weights(d$sid, drop)
  nb <- suppressWarnings(mat2listw(w, style = "M"))
  l <- suppressWarnings(nb2listw(nb$neighbours, glist = lapply(seq_along(x), function(i) if (nb$neighbours[[i]][1] == 0) NULL else w[i, nb$neighbours[[i]]]), style = style, zero.policy = TRUE))
  a <- moran.test(x, l, alternative = "two.sided", zero.policy = TRUE); b <- moran.test(x, l, randomisation = FALSE, alternative = "greater", zero.policy = TRUE)
  m <- localmoran(x, l, zero.policy = TRUE, alternative = "two.sided"); q <- attr(m, "quadr")$mean
  alone <- rowSums(w) == 0
  m[alone, ] <- NA
  quadrant <- ifelse(alone, "null", sprintf('"%s"', c("Low-Low" = "LL", "High-Low" = "HL", "Low-High" = "LH", "High-High" = "HH")[as.character(q)]))
  sprintf('{"year": %d, "style": "%s", "drop": %s, "variable": "%s", "moran": %s, "expected": %s, "std_error": %s, "p": %s, "normal_error": %s, "p_greater": %s,\n  "sid": %s, "local": %s, "local_expected": %s, "local_z": %s, "local_p": %s, "quadrant": [%s]}',
    year, style, if (length(drop)) drop else "null", variable, number(a$estimate[[1]]), number(a$estimate[[2]]), number(sqrt(a$estimate[[3]])), number(a$p.value), number(sqrt(b$estimate[[3]])),
    number(b$p.value), list_of(d$sid), list_of(m[, "Ii"]), list_of(m[, "E.Ii"]), list_of(m[, "Z.Ii"]), list_of(m[, 5]), paste(quadrant, collapse = ", "))
}
cat("[", paste(c(case(2000, "W"), case(2005, "B"), case(2010, "W", 20), case(2003, "W", variable = "robbery_gun_r")), collapse = ",\n"), "]\n", sep = "")
