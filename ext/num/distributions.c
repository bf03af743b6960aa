/* distributions.c: probabilities and quantiles of the normal, Student, chi-squared and F distributions.
 *
 * 1. Tails are computed as tails, never as 1-p of something near one; relative error below 1e-12 for all parameters up to 1e8 or so
 *    (measured against 50 digits: tests/num/make_distributions.py). No global state (lgamma's sign is one): safe on any thread.
 * 2. What would lose digits for large parameters is written as a deviance: with u = (mean-value)/mean the exponent of a density is
 *    -a (log(1-u) + u), and log(1+x)-x has its own series. Loader (2000), "Fast and accurate computation of binomial probabilities".
 * 3. Incomplete gamma and beta functions: their power series, all of whose terms are positive, or the even part of their continued
 *    fraction (gamma: Abramowitz and Stegun 6.5.31; beta: DiDonato and Morris 1992, ACM TOMS 18, equation 9), whichever ends sooner.
 * 4. t, F and beta share one function of (a, b, x, y = 1-x, lambda = a y - b x): callers know y and lambda to full precision where
 *    they cannot be had from x.
 * 5. Normal quantile: Wichura (1988), algorithm AS 241, with a logarithm made of elementary operations, so that its bits are the same
 *    everywhere. Other quantiles: Halley's method on log probability as a function of log x, which is concave for all of them (so
 *    Newton steps converge from anywhere), in the smaller tail.
 * 6. NAN in, NAN out; parameters that are not positive, and p outside [0,1], give NAN. */
#include "num.h"

#include <float.h>

static const double LOG_SQRT_2PI = 0.91893853320467274178032973640562;
static const double SQRT_HALF = 0.70710678118654752440084436210485;
static const double LOG_TWO = 0.69314718055994530941723212145818;
static const double TWO_PI = 6.283185307179586476925286766559;
/* Degrees of freedom from which a limit distribution is exact in double precision, also in the farthest tail. */
static const double MANY = 1e20;

/* ---- elementary functions */

/* log(1+x) - x without cancellation; x > -1. With v = x/(2+x): log(1+x) = 2 (v + v^3/3 + v^5/5 ...) and 2v - x = -x v. */
static double log1p_minus(double x) {
  if (!(fabs(x) < 0.5)) return log1p(x) - x;
  double v = x / (2 + x), square = v * v, sum = 0, power = 1;
  for (int odd = 3; odd < 41; odd += 2) {
    double term = power / odd;
    sum += term;
    if (term < 1e-17) break;
    power *= square;
  }
  return v * (2 * square * sum - x);
}

/* log Gamma(n+1) - (n log n - n + log(2 pi n)/2), n > 0: Stirling's series from 10 on, below by shifting n up. */
static double stirling_error(double n) {
  if (n == 0.5) return 0.15342640972002734529138393927091;
  double product = 1, z = n;
  for (; z < 10; z++) product *= z + 1; /* Gamma(z+1) = Gamma(n+1) product */
  double w = 1 / (z * z);
  double series = (1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680 - w * (1.0 / 1188 - w * (691.0 / 360360 -
                  w * (1.0 / 156 - w * (3617.0 / 122400)))))))) / z;
  if (z == n) return series;
  return series + (z + 0.5) * log(z) - z - log(product) - ((n + 0.5) * log(n) - n);
}

/* The deviance a log(a/m) + m - a, where mean m = a - difference: difference is exact, m rounded. */
static double deviance(double a, double mean, double difference) {
  double u = difference / a;
  return fabs(u) < 0.5 ? -a * log1p_minus(-u) : a * log(a / mean) - difference;
}

/* log Gamma(1+a) for 0 <= a <= 0.3 with full relative precision: -log(1+a) + a (1-gamma) + sum (-a)^n (zeta(n)-1)/n. */
static double log_gamma_1p(double a) {
  static const double zeta_minus_1[20] = {
    0.64493406684822643647, 0.2020569031595942854, 0.082323233711138191516, 0.036927755143369926331, 0.017343061984449139715,
    0.0083492773819228268398, 0.0040773561979443393787, 0.0020083928260822144179, 0.00099457512781808533715, 0.0004941886041194645587,
    0.00024608655330804829864, 0.00012271334757848914675, 0.000061248135058704829259, 0.000030588236307020493552, 0.000015282259408651871733,
    7.6371976378997622736e-6, 3.8172932649998398565e-6, 1.9082127165539389257e-6, 9.5396203387279611315e-7, 4.7693298678780646312e-7};
  double sum = 0, power = -a; /* (-a)^n */
  for (int n = 2; n < 22; n++) {
    power *= -a;
    sum += power * zeta_minus_1[n - 2] / n;
  }
  return -log1p(a) + a * 0.42278433509846713939348790991760 + sum;
}

double log_factorial(double n) {
  if (!(n >= 0)) return NAN;
  if (n <= 0.3) return log_gamma_1p(n);
  if (n == 1 || n == 2) return n == 2 ? LOG_TWO : 0;
  return n * log(n) - n + 0.5 * log(n) + LOG_SQRT_2PI + stirling_error(n);
}

/* ---- normal */

double normal_cdf(double z) {
  return 0.5 * erfc(-z * SQRT_HALF);
}

double normal_upper(double z) {
  return 0.5 * erfc(z * SQRT_HALF);
}

double normal_density(double z) {
  return exp(-0.5 * z * z) / sqrt(TWO_PI);
}

/* A logarithm of elementary operations, for what must have the same bits on every machine; x positive. */
static double portable_log(double x) {
  int exponent;
  double m = frexp(x, &exponent);
  if (m < SQRT_HALF) {
    m *= 2;
    exponent--;
  }
  double v = (m - 1) / (m + 1), square = v * v, sum = 0;
  for (int odd = 23; odd >= 3; odd -= 2) sum = (sum + 1.0 / odd) * square;
  return exponent * LOG_TWO + 2 * (v + v * sum);
}

static double ratio_of_polynomials(const double numerator[8], const double denominator[8], double x) {
  double top = numerator[7], bottom = denominator[7];
  for (int i = 6; i >= 0; i--) {
    top = top * x + numerator[i];
    bottom = bottom * x + denominator[i];
  }
  return top / bottom;
}

double normal_quantile(double p) {
  static const double centre[2][8] = {
    {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3},
    {1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3}};
  static const double middle[2][8] = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}};
  static const double far[2][8] = {
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}};
  if (!(p >= 0 && p <= 1)) return NAN;
  double q = p - 0.5;
  if (fabs(q) <= 0.425) return q * ratio_of_polynomials(centre[0], centre[1], 0.180625 - q * q);
  double tail = q < 0 ? p : 1 - p;
  if (tail == 0) return q < 0 ? -INFINITY : INFINITY;
  double r = sqrt(-portable_log(tail));
  double z = r <= 5 ? ratio_of_polynomials(middle[0], middle[1], r - 1.6) : ratio_of_polynomials(far[0], far[1], r - 5);
  return q < 0 ? -z : z;
}

/* ---- incomplete gamma */

/* What evaluation and quantiles need of a distribution at a point. */
typedef struct Parts {
  double lower, upper;
  double slope;  /* d lower / d log point */
  double growth; /* d log slope / d log point */
} Parts;

static Parts parts_at_end(bool upper_end) {
  return (Parts){.lower = upper_end, .upper = !upper_end};
}

/* Convergents of a continued fraction: value = 1/(beta0 + alpha1/(beta1 + alpha2/(beta2 + ...))). */
typedef struct Fraction {
  double top, top_before, bottom, bottom_before, value;
} Fraction;

static Fraction fraction_begin(double beta) {
  return (Fraction){1, 0, beta, 1, 1 / beta};
}

static bool fraction_step(Fraction *f, double alpha, double beta) {
  double top = beta * f->top + alpha * f->top_before, bottom = beta * f->bottom + alpha * f->bottom_before;
  double scale = fabs(bottom) > 0x1p400 ? 0x1p-400 : 1; /* both grow alike */
  f->top_before = f->top * scale;
  f->bottom_before = f->bottom * scale;
  f->top = top * scale;
  f->bottom = bottom * scale;
  double before = f->value;
  f->value = f->top / f->bottom;
  return fabs(f->value - before) > 1.2e-16 * fabs(f->value);
}

static const double MOST_TERMS = 1e7;

/* sum of x^n / ((a+1) ... (a+n)); the ratio of terms is one minus a difference, which is exact for large a. */
static double gamma_series(double a, double lambda) {
  double sum = 1, term = 1;
  for (double n = 1; n < MOST_TERMS && term > 1e-17 * sum; n++) {
    term *= 1 - (lambda + n) / (a + n);
    sum += term;
  }
  return sum;
}

/* 1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...))) */
static double gamma_fraction(double a, double lambda) {
  Fraction f = fraction_begin(1 - lambda);
  for (double n = 1; n < MOST_TERMS && fraction_step(&f, n * (a - n), 2 * n + 1 - lambda); n++) continue;
  return f.value;
}

/* Lower and upper incomplete gamma function; a > 0, x >= 0. */
static Parts gamma_parts(double a, double x) {
  if (x == 0 || isinf(x)) return parts_at_end(x != 0);
  double lambda = a - x, z2 = lambda * lambda / a; /* squared distance in standard deviations */
  Parts parts = {.slope = sqrt(a / TWO_PI) * exp(-stirling_error(a) - deviance(a, x, lambda)), .growth = lambda};
  if (a < 0.3 && x < 1.5) { /* upper is of the order of a: 1 - x^a/Gamma(1+a) (1 + sum a (-x)^n / ((a+n) n!)) */
    double exponent = a * log(x) - log_gamma_1p(a), sum = 0, power = 1;
    for (int n = 1; n < 30; n++) {
      power *= -x / n;
      sum += a * power / (a + n);
    }
    parts.lower = exp(exponent) * (1 + sum);
    parts.upper = -expm1(exponent) - exp(exponent) * sum;
    return parts;
  }
  /* Terms of the series fall like exp(-(lambda n + n^2/2)/a), the fraction's error like exp(-4 n^(1/2) z/2^(1/2)). */
  double series_terms = sqrt(lambda * lambda + 78 * a) - lambda, fraction_terms = 20 + 171 / z2;
  if (x < a || x < 1.5 || (z2 < 2 && series_terms < 5 * fraction_terms)) {
    parts.lower = parts.slope / a * gamma_series(a, lambda);
    parts.upper = 1 - parts.lower;
  } else {
    parts.upper = parts.slope * gamma_fraction(a, lambda);
    parts.lower = 1 - parts.upper;
  }
  return parts;
}

double gamma_p(double a, double x) {
  if (!(a > 0 && x >= 0) || isinf(a)) return NAN;
  return gamma_parts(a, x).lower;
}

double gamma_q(double a, double x) {
  if (!(a > 0 && x >= 0) || isinf(a)) return NAN;
  return gamma_parts(a, x).upper;
}

/* ---- incomplete beta: I_x(a,b) with y = 1-x and lambda = a y - b x; slope is x^a y^b / B(a,b) */

/* sum of (a+b)_n / (a+1)_n x^n, ratios as in gamma_series */
static double beta_series(double a, double x, double y, double lambda) {
  double sum = 1, term = 1;
  for (double n = 1; n < MOST_TERMS && term > 1e-17 * sum; n++) {
    term *= 1 - (lambda + n * y + x) / (a + n);
    sum += term;
  }
  return sum;
}

static double beta_fraction(double a, double b, double x, double y, double lambda) {
  double inverse = 1 / (a + 1);
  Fraction f = fraction_begin(a * inverse * (lambda + 1));
  for (double n = 1; n < MOST_TERMS; n++) {
    double next = 1 / (a + 2 * n + 1), step = n * (b - n) * x * inverse;
    double alpha = step * x * ((a + n - 1) * ((a + b + n - 1) * inverse));
    double beta = n + step + (a + n) * next * (lambda + 1 + n * (1 + y));
    if (!fraction_step(&f, alpha, beta)) break;
    inverse = next;
  }
  return f.value;
}

/* The lower tail where x is below its mean, lambda >= 0, or little above. */
static double beta_tail(double a, double b, double x, double y, double lambda, double slope) {
  if (lambda >= 0 && b >= 0.01 && b <= 2 && y < 0.6 && (a + b) * y < 2.5) { /* few terms, and the other tail is not so near to one */
    return 1 - slope / b * beta_series(b, y, x, -lambda);
  }
  double series_terms = (sqrt(lambda * lambda + 78 * a * y) - lambda) / y;
  if (series_terms > a) series_terms += 20 * (1 + x) / y;
  double fraction_terms = 15 + 171 / (lambda * lambda * (1 / a + 1 / b));
  if (lambda < 0 || series_terms < 5 * fraction_terms) return slope / a * beta_series(a, x, y, lambda);
  return slope * beta_fraction(a, b, x, y, lambda);
}

static Parts beta_parts(double a, double b, double x, double y, double lambda) {
  if (x == 0 || y == 0) return parts_at_end(y == 0);
  double n = a + b, exponent = stirling_error(n) - stirling_error(a) - stirling_error(b);
  Parts parts = {.growth = lambda};
  parts.slope = sqrt(a * (b / n) / TWO_PI) * exp(exponent - deviance(a, n * x, lambda) - deviance(b, n * y, -lambda));
  /* Near the mean the fraction is slow, and the series with the smaller parameter in front is the shorter one. */
  bool near_mean = lambda * lambda * (1 / a + 1 / b) < 0.1 && fmin(a, b) >= 1;
  if (near_mean ? a < b : lambda >= 0) {
    parts.lower = beta_tail(a, b, x, y, lambda, parts.slope);
    parts.upper = 1 - parts.lower;
  } else {
    parts.upper = beta_tail(b, a, y, x, -lambda, parts.slope);
    parts.lower = 1 - parts.upper;
  }
  return parts;
}

double beta_i(double a, double b, double x) {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1) || isinf(a) || isinf(b)) return NAN;
  /* lambda = a - (a+b) x, each sum and product with its rounding error */
  double n = a + b, n_error = fmin(a, b) - (n - fmax(a, b)), product = n * x, product_error = fma(n, x, -product);
  double lambda = a - product, kept = lambda + product, lambda_error = (a - kept) - (product - (kept - lambda));
  lambda += lambda_error - product_error - n_error * x;
  return beta_parts(a, b, x, 1 - x, lambda).lower;
}

/* ---- F, and the others that follow from gamma and beta */

/* F(df1, df2) at f > 0: lower is I_x(df1/2, df2/2) with x = df1 f / (df1 f + df2). */
static Parts f_parts(double df1, double df2, double f) {
  if (f == 0 || isinf(f)) return parts_at_end(f != 0);
  if (df1 > MANY && df2 > MANY) return parts_at_end(f >= 1);
  if (df2 > MANY) return gamma_parts(0.5 * df1, 0.5 * df1 * f);
  if (df1 > MANY) {
    Parts turned = gamma_parts(0.5 * df2, 0.5 * df2 / f);
    return (Parts){turned.upper, turned.lower, turned.slope, -turned.growth};
  }
  double odds = df1 / df2 * f;
  if (isinf(odds)) return parts_at_end(true);
  double y = 1 / (1 + odds);
  return beta_parts(0.5 * df1, 0.5 * df2, odds * y, y, 0.5 * df1 * (1 - f) * y);
}

double f_cdf(double x, double df1, double df2) {
  if (!(df1 > 0 && df2 > 0) || isnan(x)) return NAN;
  return x <= 0 ? 0 : f_parts(df1, df2, x).lower;
}

double f_upper(double x, double df1, double df2) {
  if (!(df1 > 0 && df2 > 0) || isnan(x)) return NAN;
  return x <= 0 ? 1 : f_parts(df1, df2, x).upper;
}

double chi2_cdf(double x, double df) {
  if (isnan(x)) return NAN;
  return gamma_p(0.5 * df, x <= 0 ? 0 : 0.5 * x);
}

double chi2_upper(double x, double df) {
  if (isnan(x)) return NAN;
  return gamma_q(0.5 * df, x <= 0 ? 0 : 0.5 * x);
}

/* Beyond this the tail is a pure power (and t^2 would overflow). */
static const double FAR_T = 1e150;

double student_two_sided(double t, double df) {
  if (!(df > 0) || isnan(t)) return NAN;
  t = fabs(t);
  if (df > MANY) return erfc(t * SQRT_HALF);
  if (t > FAR_T) return f_parts(1, df, FAR_T * FAR_T).upper * pow(FAR_T / t, df);
  return f_parts(1, df, t * t).upper;
}

double student_cdf(double t, double df) {
  double half = 0.5 * student_two_sided(t, df);
  return t < 0 ? half : 1 - half;
}

/* ---- quantiles */

/* The point where a tail of F(df1, df2), or of chi-squared(df1)/2 if df2 is 0, is target. */
static double solve(double df1, double df2, double target, bool upper, double start) {
  double point = start;
  for (int step = 0; step < 500; step++) {
    Parts parts = df2 == 0 ? gamma_parts(0.5 * df1, point) : f_parts(df1, df2, point);
    double tail = upper ? parts.upper : parts.lower, change, slope = 1;
    if (tail <= 0) { /* too far out */
      change = upper ? -1 : 1;
    } else {
      double error = fabs(tail - target) < 0.1 * target ? log1p((tail - target) / target) : log(tail / target);
      slope = (upper ? -parts.slope : parts.slope) / tail;
      double curvature = 0.5 * error * (parts.growth - slope) / slope;
      change = -error / slope;
      if (fabs(curvature) < 0.5) change /= 1 - curvature;
      change = fmax(-30, fmin(2, change)); /* upwards tails may fall like exp(-x): small steps */
    }
    double next = point + point * expm1(change);
    if (!(next > 0) || isinf(next)) return next > 0 ? next : 0;
    point = next;
    if (fabs(change) * fmax(1, fabs(slope)) < 3e-6) break; /* the next would be of the order of its cube */
  }
  return point;
}

/* Where the lower tail is p as if it were slope/a: both distributions begin as a power of x. Given log(p a / coefficient). */
static double power_start(double log_odds, double a) {
  return exp(fmax(-740, log_odds / a));
}

double chi2_quantile(double p, double df) {
  if (!(p >= 0 && p <= 1 && df > 0) || isinf(df)) return NAN;
  if (p == 0 || p == 1) return p == 0 ? 0 : INFINITY;
  double a = 0.5 * df, c = 1 / (9 * a), root = 1 - c + normal_quantile(p) * sqrt(c); /* Wilson and Hilferty */
  double start = root > 0.3 ? a * root * root * root : power_start(log(p) + log_factorial(a), a);
  return 2 * (p <= 0.5 ? solve(df, 0, p, false, start) : solve(df, 0, 1 - p, true, start));
}

double f_quantile(double p, double df1, double df2) {
  if (!(p >= 0 && p <= 1 && df1 > 0 && df2 > 0)) return NAN;
  if (p == 0 || p == 1) return p == 0 ? 0 : INFINITY;
  if (df1 > MANY && df2 > MANY) return 1;
  /* Paulson's cube root: w (1-c2) - (1-c1) = z sqrt(c1 + c2 w^2) with w^3 = F */
  double z = normal_quantile(p), c1 = 2 / (9 * df1), c2 = 2 / (9 * df2);
  double square = (1 - c2) * (1 - c2) - z * z * c2, middle = (1 - c1) * (1 - c2), constant = (1 - c1) * (1 - c1) - z * z * c1;
  double discriminant = middle * middle - square * constant;
  double root = square > 0.1 && discriminant > 0 ? (middle + copysign(sqrt(discriminant), z)) / square : 0;
  double start = 1;
  if (root > 0.3) {
    start = root * root * root;
  } else if (p < 0.1) {
    double a = 0.5 * df1, b = 0.5 * fmin(df2, MANY);
    double log_beta_a = log_factorial(a) + log_factorial(b) - log_factorial(a + b) + log1p(a / b); /* of a B(a,b) */
    start = power_start(log(p) + log_beta_a, a) * fmin(df2, MANY) / df1;
  }
  return p <= 0.5 ? solve(df1, df2, p, false, start) : solve(df1, df2, 1 - p, true, start);
}

double student_quantile(double p, double df) {
  if (!(p >= 0 && p <= 1 && df > 0)) return NAN;
  if (p == 0.5) return 0;
  double z = normal_quantile(p);
  if (df > MANY || isinf(z)) return z;
  /* t^2 is F(1, df). Wallace (1959): z is nearly (8 df + 1)/(8 df + 3) sqrt(df log(1 + t^2/df)). */
  double tail = 2 * (p < 0.5 ? p : 1 - p), c = z * (8 * df + 3) / (8 * df + 1), exponent = c * c / df, t;
  if (exponent > 600 && student_two_sided(FAR_T, df) > tail) {
    t = FAR_T * pow(student_two_sided(FAR_T, df) / tail, 1 / df);
  } else {
    double start = df * expm1(fmin(exponent, 690));
    t = sqrt(tail > 0.5 ? solve(1, df, 1 - tail, false, start) : solve(1, df, tail, true, start));
  }
  return copysign(t, z);
}
