/* fe_poisson.c: Poisson pseudo maximum likelihood with any number of absorbed effects.
 *
 * 1. E y = exp(x'b + effects + offset), y >= 0 and not necessarily whole; consistent whatever the variance (Gourieroux, Monfort and Trognon 1984; Santos Silva
 *    and Tenreyro 2006). Computed in glm.c, separation in separation.c, errors and statistics in glm_regression.c. */
#include "glm.h"

static void fit(Job *job) { glm_regression(job, GLM_POISSON); }

static const OptionSpec *const OPTIONS[] = {OPTIONS_GLM, OPTIONS_WHERE, OPTIONS_PANEL, OPTIONS_SAMPLE, OPTIONS_VCOV, NULL};

const Estimator ESTIMATOR_FE_POISSON = {
    .name = "fe_poisson",
    .model = MODEL_FORMULA,
    .model_help = "y ~ x1 + x2 | effect1 + effect2",
    .summary = "Poisson pseudo maximum likelihood with absorbed fixed effects (PPML)",
    .columns = COLUMNS_TIDY,
    .stats = STATS_GLM,
    .row_columns = ROW_COLUMNS_GLM,
    .options = OPTIONS,
    .flags = ESTIMATOR_AGGREGATE | ESTIMATOR_ROWS,
    .short_values = "y, unit?, time?, x...",
    .short_spec = "y ~ x... | unit + time",
    .fit = fit,
    .example = "SELECT term, estimate, std_error, p_value FROM fe_poisson('castle', 'jhcitizen_c ~ post + unemployrt | sid + year', 'vcov=cluster(sid)')",
};
