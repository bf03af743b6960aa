/* fe_probit.c: the probit model by maximum likelihood, with any number of absorbed effects.
 *
 * 1. Pr(y = 1) = Phi(x'b + effects + offset), y 0 or 1. Absorbed effects are estimated like dummies: with few rows a level the incidental parameters
 *    bias b away from zero (Neyman and Scott 1948). Computed in glm.c, separation in separation.c, errors and statistics in glm_regression.c. */
#include "glm.h"

static void fit(Job *job) { glm_regression(job, GLM_PROBIT); }

static const OptionSpec *const OPTIONS[] = {OPTIONS_GLM, OPTIONS_WHERE, OPTIONS_PANEL, OPTIONS_SAMPLE, OPTIONS_VCOV, NULL};

const Estimator ESTIMATOR_FE_PROBIT = {
    .name = "fe_probit",
    .model = MODEL_FORMULA,
    .model_help = "y ~ x1 + x2 | effect1 + effect2",
    .summary = "probit by maximum likelihood, with absorbed fixed effects",
    .columns = COLUMNS_TIDY,
    .stats = STATS_GLM,
    .row_columns = ROW_COLUMNS_GLM,
    .options = OPTIONS,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_ROWS,
    .short_values = "y, unit?, time?, x...",
    .short_spec = "y ~ x... | unit + time",
    .fit = fit,
    .example = "SELECT term, estimate, std_error, p_value FROM fe_probit('nsw', 'treat ~ age + educ + black + marr + re74', 'vcov=iid')",
};
