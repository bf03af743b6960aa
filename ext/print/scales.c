/* scales.c: the axes of a figure: from values to pixels, and ticks.
 *
 * 1. Ticks are multiples of 1, 2, 2.5 or 5 times a power of ten (whole numbers such as years: of 1, 2, 5, and at least 1), as many as stand there with room between their
 *    labels. Logarithmic axes: 1, 2, 5 times powers of ten, or 1, 3, or powers alone; where less than a power is seen, as on any other axis. Dates: years, months or days.
 * 2. Labels have as many decimals as tell ticks apart. Numbers from 1e7 on, or all below 1e-4, are written as 2.5e7 unless they differ in the fifth digit only.
 * 3. An axis is the range of the data and 4% more at each end, unless xmin ... ymax say otherwise. One value has room around it. */
#include "print.h"

void range_add(double *low, double *high, double value) {
  if (!isfinite(value)) return;
  if (value < *low) *low = value;
  if (value > *high) *high = value;
}

/* ------------------------------------------------------------------------------------------------ dates */

/* Days since 1970 of the proleptic Gregorian calendar: years are counted from March, so that the leap day is the last. */
static double days_of(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400, of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return (double)(era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468);
}

static void date_of(double days, int64_t *year, int64_t *month, int64_t *day) {
  int64_t z = (int64_t)floor(days) + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
  int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365, of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
  *day = of_year - (153 * m + 2) / 5 + 1;
  *month = m < 10 ? m + 3 : m - 9;
  *year = y + era * 400 + (*month <= 2);
}

static bool digits(const char *at, int count, int64_t *value) {
  *value = 0;
  for (int i = 0; i < count; i++) {
    if (at[i] < '0' || at[i] > '9') return false;
    *value = *value * 10 + (at[i] - '0');
  }
  return true;
}

bool read_date(const char *text, double *days) {
  int64_t year, month, day = 1, hour = 0, minute = 0;
  if (!digits(text, 4, &year) || text[4] != '-' || !digits(text + 5, 2, &month)) return false;
  const char *rest = text + 7;
  if (*rest == '-') {
    if (!digits(rest + 1, 2, &day)) return false;
    rest += 3;
  }
  if ((*rest == ' ' || *rest == 'T') && digits(rest + 1, 2, &hour) && rest[3] == ':' && digits(rest + 4, 2, &minute)) rest = "";
  if (*rest || month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59) return false;
  *days = days_of(year, month, day) + (double)(hour * 60 + minute) / 1440;
  return true;
}

/* ------------------------------------------------------------------------------------------------ from values to pixels */

void scale_fit(Figure *figure, Scale *scale, double low, double high, ScaleKind kind) {
  bool x = scale == &figure->x;
  const char *least = x ? "xmin" : "ymin", *most = x ? "xmax" : "ymax";
  double from = print_option(figure->job, least)->number, to = print_option(figure->job, most)->number;
  if (run_failed(figure->run)) return;
  if (print_option(figure->job, x ? "xlog" : "ylog")->integer) kind = SCALE_LOG;
  struct Panel *panel = figure->job->panel;
  if (panel && panel->measuring) range_add(&panel->low[!x], &panel->high[!x], low), range_add(&panel->low[!x], &panel->high[!x], high);
  if (panel && !panel->measuring) low = panel->low[!x], high = panel->high[!x];
  *scale = (Scale){.kind = kind};
  if (kind == SCALE_LOG && (from <= 0 || to <= 0)) run_fail(figure->run, "%s=%.20s: a logarithmic axis is above zero", from <= 0 ? least : most, print_option(figure->job, from <= 0 ? least : most)->text);
  if (!(low <= high)) low = kind == SCALE_LOG ? 1 : 0, high = kind == SCALE_LOG ? 10 : 1; /* no data at all */
  if (kind == SCALE_LOG) {
    double pad = high > low * (1 + 1e-12) ? pow(high / low, .04) : 2;
    low /= pad, high *= pad;
  } else {
    if (high - low <= 1e-12 * fmax(fabs(low), fabs(high)) || low == high) { /* one value, or what rounding made of it */
      double around = kind == SCALE_WHOLE || kind == SCALE_DATE ? fmax(1, ceil(fabs(low) * 1e-9)) : low == 0 ? 1 : fabs(low) * .1;
      low -= around, high += around;
    }
    double pad = (high - low) * .04;
    low -= pad, high += pad;
  }
  scale->low = isnan(from) ? low : from;
  scale->high = isnan(to) ? high : to;
  if (!(scale->high - scale->low > 1e-12 * fmax(fabs(scale->low), fabs(scale->high))) || !isfinite(scale->high - scale->low)) {
    run_fail(figure->run, "the %s axis would run from %s to %s: %s must be below %s", x ? "horizontal" : "vertical", print_fixed(figure->run, scale->low, 6), print_fixed(figure->run, scale->high, 6),
             least, most);
    scale->low = 1, scale->high = 2;
  }
}

void scale_labels(Figure *figure, Scale *scale, int count, const char **label, double each) {
  bool x = scale == &figure->x;
  *scale = (Scale){.kind = SCALE_LABELS, .low = x ? -.6 : count - .4, .high = x ? count - .4 : -.6, .ticks = count, .tick = NEW_ARRAY(figure->run, double, count), .label = label};
  for (int i = 0; i < count && scale->tick; i++) scale->tick[i] = i;
  if (!x && !print_option(figure->job, "height")->given && each > 0) figure->height = fmax(150, 100 + count * each);
}

double scale_at(const Scale *scale, double value) {
  double low = scale->low, high = scale->high;
  if (scale->kind == SCALE_LOG) low = log10(low), high = log10(high), value = value > 0 ? log10(value) : -400;
  double at = scale->from + (value - low) / (high - low) * (scale->to - scale->from);
  return at > 1e6 ? 1e6 : at < -1e6 ? -1e6 : at; /* far outside is outside */
}

/* ------------------------------------------------------------------------------------------------ ticks */

typedef struct Ticks {
  Run *run;
  Scale *scale;
  int room;
  double largest; /* in size, of the axis's ends */
} Ticks;

static void grouped_digits(Text *text, const char *digits) {
  size_t whole = strcspn(digits, ".");
  for (size_t i = 0; i < whole; i++) {
    if (i && whole > 4 && (whole - i) % 3 == 0) text_add(text, ",");
    text_add_n(text, digits + i, 1);
  }
  text_add(text, digits + whole);
}

static int step_decimals(double step) {
  double power = floor(log10(step) + 1e-9);
  return -(int)power + (fabs(step / pow(10, power) - 2.5) < 1e-6);
}

/* (2); step 0: as short as it can be. */
static const char *tick_label(const Ticks *ticks, double value, double step) {
  Text text = {.run = ticks->run};
  double size = fabs(value), largest = step > 0 ? ticks->largest : size;
  bool scientific = (step <= 0 || step >= largest * 1e-4) && (largest >= (step > 0 ? 1e7 : 1e6) || largest < 1e-4) && largest > 0;
  int decimals = step > 0 ? step_decimals(step) : 6;
  text_add(&text, value < 0 && size >= step / 2 && !ticks->scale->sizes ? "−" : "");
  if (scientific && size < step / 2) {
    text_add(&text, "0");
  } else if (scientific) {
    int power = (int)floor(log10(size) + 1e-9);
    text_short(&text, size / pow(10, power), step > 0 ? (decimals + power > 0 ? decimals + power : 0) : 3);
    text_format(&text, "e%d", power);
  } else if (size >= 1e15) {
    text_number(&text, size);
  } else {
    Text plain = {.run = ticks->run};
    text_add(&plain, "");
    if (step > 0) text_fixed(&plain, size, decimals < 0 ? 0 : decimals > 15 ? 15 : decimals);
    else text_short(&plain, size, decimals);
    if (!run_failed(ticks->run)) grouped_digits(&text, plain.data);
  }
  return run_failed(ticks->run) ? "" : text.data;
}

static void add_tick(Ticks *ticks, double value, const char *label) {
  Scale *scale = ticks->scale;
  double slack = (scale->high - scale->low) * 1e-9;
  if (scale->ticks == ticks->room || run_failed(ticks->run) || !(value >= scale->low - slack && value <= scale->high + slack)) return;
  scale->tick[scale->ticks] = value;
  scale->label[scale->ticks++] = label;
}

/* Is there room? The least distance of neighbours, and what their labels take. */
static bool ticks_fit(const Ticks *ticks, bool across, double least) {
  const Scale *scale = ticks->scale;
  for (int i = 1; i < scale->ticks; i++) {
    double gap = fabs(scale_at(scale, scale->tick[i]) - scale_at(scale, scale->tick[i - 1]));
    if (gap < least || (across && gap < (svg_text_width(scale->label[i], 12) + svg_text_width(scale->label[i - 1], 12)) / 2 + 12)) return false;
  }
  return scale->ticks < ticks->room;
}

/* Long labels that leave room for one tick only: the outermost multiples of a smaller step. */
static void two_ticks(Ticks *ticks, bool across) {
  Scale *scale = ticks->scale;
  double kept = scale->ticks ? scale->tick[0] : NAN, span = scale->high - scale->low;
  const char *label = scale->ticks ? scale->label[0] : NULL;
  for (double step = pow(10, floor(log10(span))), tries = 0; tries < 3 && (scale->kind != SCALE_WHOLE || step >= .99); step /= 10, tries++) {
    double first = ceil(scale->low / step - 1e-9) * step, last = floor(scale->high / step + 1e-9) * step;
    scale->ticks = 0;
    add_tick(ticks, first, tick_label(ticks, first, step));
    if (last > first) add_tick(ticks, last, tick_label(ticks, last, step));
    if (scale->ticks == 2 && ticks_fit(ticks, across, 20)) return;
  }
  scale->ticks = 0;
  if (!isnan(kept)) add_tick(ticks, kept, label);
}

static void linear_ticks(Ticks *ticks, bool across) {
  static const double MANTISSA[] = {1, 2, 2.5, 5};
  Scale *scale = ticks->scale;
  bool whole = scale->kind == SCALE_WHOLE;
  double span = scale->high - scale->low, pixels = fabs(scale->to - scale->from), least = !across ? (pixels < 120 ? 24 : 34) : whole ? 26 : 54;
  for (double power = pow(10, floor(log10(span)) - 3); power <= span * 10 && !run_failed(ticks->run); power *= 10) {
    for (int m = 0; m < 4; m++) {
      double step = MANTISSA[m] * power;
      if ((whole && (m == 2 || step < .99)) || step / span * pixels < least) continue;
      scale->ticks = 0;
      for (double i = ceil(scale->low / step - 1e-9); i * step <= scale->high + step * 1e-9; i++) add_tick(ticks, i * step, tick_label(ticks, i * step, step));
      if (ticks_fit(ticks, across, least)) {
        if (scale->ticks < 2) two_ticks(ticks, across);
        return;
      }
    }
  }
}

static void logarithmic_ticks(Ticks *ticks, bool across) {
  static const int SETS[][3] = {{1, 2, 5}, {1, 3, 0}, {1, 0, 0}};
  Scale *scale = ticks->scale;
  double low = floor(log10(scale->low)), high = ceil(log10(scale->high));
  if (log10(scale->high / scale->low) < .9) {
    linear_ticks(ticks, across);
    if (scale->ticks >= 2) return;
  }
  for (int set = 0, stride = 1; stride < 700 && !run_failed(ticks->run); set++) {
    if (set > 2) stride++;
    scale->ticks = 0;
    for (double power = ceil(low / stride) * stride; power <= high; power += stride)
      for (int m = 0; m < 3 && SETS[set > 2 ? 2 : set][m]; m++) add_tick(ticks, SETS[set > 2 ? 2 : set][m] * pow(10, power), tick_label(ticks, SETS[set > 2 ? 2 : set][m] * pow(10, power), 0));
    if (ticks_fit(ticks, across, across ? 26 : 20)) return;
  }
}

static void date_ticks(Ticks *ticks, bool across) {
  static const struct { char unit; int step; } STEPS[] = {{'d', 1}, {'d', 7}, {'m', 1}, {'m', 3}, {'m', 6}, {'y', 1}, {'y', 2}, {'y', 5}, {'y', 10}, {'y', 20}, {'y', 50}, {'y', 100}, {'y', 500}, {'y', 1000}};
  Scale *scale = ticks->scale;
  int64_t year, month, day, last_year, last_month, last_day;
  if (!(scale->low > -1e9 && scale->high < 1e9)) {
    linear_ticks(ticks, across);
    return;
  }
  date_of(scale->low, &year, &month, &day);
  date_of(scale->high, &last_year, &last_month, &last_day);
  double per[] = {['d'] = 1, ['m'] = 30.4, ['y'] = 365.25}, pixels = fabs(scale->to - scale->from);
  for (size_t s = 0; s < sizeof STEPS / sizeof STEPS[0] && !run_failed(ticks->run); s++) {
    int step = STEPS[s].step;
    scale->ticks = 0;
    if (per[(int)STEPS[s].unit] * step / (scale->high - scale->low) * pixels < 26) continue;
    if (STEPS[s].unit == 'd') {
      for (double at = ceil(scale->low); at <= scale->high; at += step) {
        int64_t y, m, d;
        date_of(at, &y, &m, &d);
        add_tick(ticks, at, run_format(ticks->run, "%04d-%02d-%02d", (int)y, (int)m, (int)d));
      }
    } else if (STEPS[s].unit == 'm') {
      for (int64_t at = (year * 12 + month - 1) / step * step; at <= last_year * 12 + last_month; at += step)
        add_tick(ticks, days_of(at / 12, at % 12 + 1, 1), run_format(ticks->run, "%04d-%02d", (int)(at / 12), (int)(at % 12 + 1)));
    } else {
      for (int64_t at = year / step * step; at <= last_year; at += step) add_tick(ticks, days_of(at, 1, 1), run_format(ticks->run, "%04d", (int)at));
    }
    if (ticks_fit(ticks, across, 26)) return;
  }
}

void scale_ticks(Figure *figure, Scale *scale) {
  bool across = scale == &figure->x;
  if (scale->kind == SCALE_LABELS || run_failed(figure->run)) return;
  int room = (int)(fabs(scale->to - scale->from) / 15) + 4;
  Ticks ticks = {figure->run, scale, room, fmax(fabs(scale->low), fabs(scale->high))};
  scale->tick = NEW_ARRAY(figure->run, double, room);
  scale->label = NEW_ARRAY(figure->run, const char *, room);
  if (run_failed(figure->run)) return;
  if (scale->kind == SCALE_LOG) logarithmic_ticks(&ticks, across);
  else if (scale->kind == SCALE_DATE) date_ticks(&ticks, across);
  else linear_ticks(&ticks, across);
}
