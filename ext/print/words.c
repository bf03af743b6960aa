/* words.c: what tables and figures share: options, lists, the languages of a page, numbers as a page shows them, stars.
 *
 * 1. Numbers are rounded by the C library; its decimal sign becomes a point, and a zero has no minus.
 * 2. stars=: numbers are the bounds of *, **, *** from the largest to the smallest; "symbol number" names its own symbol. A star stands where
 *    p is below the bound, so that p = 0.05 has not the star of 0.05.
 * 3. XML 1.0 (2.2): control characters, U+FFFE and U+FFFF may not stand in a document, not even escaped: they are left out. */
#include "print.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------ options */

const OptionValue *print_option(const PrintJob *job, const char *name) {
  for (int i = 0; i < job->options; i++)
    if (strcmp(job->option[i].spec->name, name) == 0) return &job->option[i];
  assert(false); /* an option of the printer */
  return &job->option[0];
}

const char *print_unquoted(Run *run, const char *text) {
  if (!text) return NULL; /* a copy that found no memory */
  size_t length = strlen(text);
  if (length >= 2 && strchr("'\"", *text) && text[length - 1] == *text && !memchr(text + 1, *text, length - 2)) return run_text_n(run, text + 1, length - 2);
  return text;
}

const char *print_text(const PrintJob *job, const char *name) {
  const char *text = print_option(job, name)->text;
  return text && *text ? print_unquoted(job->run, text) : NULL;
}

bool print_chinese(const PrintJob *job) { return strcmp(print_option(job, "lang")->text, "zh") == 0; }

const char *print_word(bool chinese, const char *english) {
  static const char *const WORDS[][2] = {
    {"Constant", "常数项"}, {"Controls", "控制变量"}, {"Yes", "是"}, {"No", "否"}, {"N", "样本量"}, {"Std. errors", "标准误"}, {"Model", "模型"},
    {"%s fixed effects", "%s 固定效应"}, {"p-value", "p 值"}, {"Adjusted R²", "调整 R²"}, {"Within R²", "组内 R²"}, {"critical value", "临界值"},
    {"First-stage F", "第一阶段 F"}, {"First-stage F (IID)", "第一阶段 F（IID）"}, {"first stage", "第一阶段"}, {"Clustered errors", "聚类"}, {"Pseudo R²", "伪 R²"}, {"Mean of outcome", "因变量均值"}, {"Log likelihood", "对数似然"},
    {"Clusters", "聚类数"}, {"Units", "个体数"}, {"Instruments", "工具变量数"}, {"Adjusted within R²", "调整组内 R²"}, {"Pre-trends F", "事前趋势 F"},
    {"Variable", "变量"}, {"Mean", "均值"}, {"SD", "标准差"}, {"Min", "最小值"}, {"Max", "最大值"}, {"Median", "中位数"},
    {"Standard errors", "标准误"}, {"t statistics", "t 统计量"}, {"p-values", "p 值"}, {"Confidence intervals", "置信区间"}, {"in parentheses", "列于圆括号内"},
    {"in brackets", "列于方括号内"}, {"in braces", "列于花括号内"}, {"beneath", "列于系数下方"}, {"z statistics", "z 统计量"}, {"Absolute t statistics", "t 统计量的绝对值"}, {"Absolute z statistics", "z 统计量的绝对值"}, {"Standardized coefficients", "标准化系数"}, {"Coefficients", "系数"}, {"beside", "列于系数右侧"}, {"p-values in parentheses", "括号内为 p 值"}, {"A dash: dropped as collinear", "短横线：因共线性而剔除"},
    {"Event time", "相对时期"}, {"Density", "密度"}, {"Value", "取值"}, {"p-value of each draw", "各次抽样的 p 值"}, {"Density of the draws", "抽样系数的密度"},
    {"Before", "匹配前"}, {"After", "匹配后"}, {"Estimate and interval", "估计系数与置信区间"}, {"Reference period", "基期"},
    {"Event study", "事件研究图"}, {"Coefficients", "系数图"}, {"Densities", "核密度图"}, {"Placebo", "安慰剂检验图"}, {"Lines", "折线图"}, {"Scatter", "散点图"}, {"Binned scatter", "分箱散点图"}, {"Balance", "平衡性检验图"},
    {"Standardised difference", "标准化偏差"}, {"Absolute standardised difference", "标准化偏差的绝对值"}, {"Absolute standardised difference (%)", "标准化偏差的绝对值（%）"}, {"Standardised difference (%)", "标准化偏差（%）"},
  };
  if (!chinese) return english;
  for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++)
    if (strcmp(WORDS[i][0], english) == 0) return WORDS[i][1];
  return english;
}

/* ------------------------------------------------------------------------------------------------ lists */

PrintList print_list(Run *run, const char *text) {
  PrintList list = {0, NULL};
  if (!text || run_failed(run)) return list;
  text += strspn(text, " \t\r\n");
  size_t length = strlen(text);
  while (length && strchr(" \t\r\n", text[length - 1])) length--;
  if (length >= 2 && text[0] == '(' && text[length - 1] == ')') { /* one pair around all of it */
    int depth = 0;
    size_t at = 0;
    char within = 0; /* a quote */
    do {
      if (within) within = text[at] == within ? 0 : within;
      else if (text[at] == '\'' || text[at] == '"') within = text[at];
      else depth += (text[at] == '(') - (text[at] == ')');
    } while (depth > 0 && ++at < length);
    if (at == length - 1) text++, length -= 2;
  }
  list.item = NEW_ARRAY(run, const char *, length / 2 + 2);
  if (!list.item) return list;
  int depth = 0;
  char quote = 0;
  for (size_t from = 0, at = 0; at <= length; at++) {
    char c = at < length ? text[at] : ',';
    if (at < length && quote) quote = c == quote ? 0 : quote;
    else if (c == '\'' || c == '"') quote = c;
    else depth += (c == '(' || c == '[') - (c == ')' || c == ']');
    if (at < length && (quote || depth > 0 || (c != ',' && c != ';'))) continue;
    size_t start = from, end = at;
    while (start < end && isspace((unsigned char)text[start])) start++;
    while (end > start && isspace((unsigned char)text[end - 1])) end--;
    from = at + 1;
    if (start == end) continue;
    const char *item = run_text_n(run, text + start, end - start);
    list.item[list.count++] = item ? print_unquoted(run, item) : NULL;
    if (run_failed(run)) return (PrintList){0, NULL};
  }
  return list;
}

/* Kept simple: patterns and names are short, so that trying each place of a * is quick enough. */
bool print_matches(const char *pattern, const char *text) {
  const char *star = NULL, *back = NULL;
  for (;;) {
    while (*pattern == ' ') pattern++;
    while (*text == ' ') text++;
    if (*pattern == '*') {
      star = ++pattern;
      back = text;
    } else if (*pattern && (*pattern == *text || (*pattern == '?' && *text))) {
      pattern++;
      text++;
    } else if (!*pattern && !*text) {
      return true;
    } else if (star && *back) {
      pattern = star;
      text = ++back;
    } else {
      return false;
    }
  }
}

/* ------------------------------------------------------------------------------------------------ numbers */

static int write_fixed(char *out, size_t room, double value, int decimals) {
  decimals = decimals < 0 ? 0 : decimals > 30 ? 30 : decimals;
  bool huge = fabs(value) >= 1e15 || (value != 0 && fabs(value) < 1e-12 && decimals > 8);
  int length = huge ? snprintf(out, room, "%.3e", value) : snprintf(out, room, "%.*f", decimals, value);
  bool zero = true;
  for (int i = 0; i < length; i++) {
    if (!strchr("0123456789+-e", out[i])) out[i] = '.'; /* (1): a locale's sign; the few that are longer than a byte do not occur in C locales of SQLite hosts */
    if (out[i] >= '1' && out[i] <= '9') zero = false;
  }
  if (zero && out[0] == '-') memmove(out, out + 1, (size_t)length--);
  return length;
}

void text_fixed(Text *text, double value, int decimals) {
  char out[64];
  if (isnan(value)) return;
  if (isinf(value)) text_add(text, value > 0 ? "Inf" : "-Inf");
  else text_add_n(text, out, (size_t)write_fixed(out, sizeof out, value, decimals));
}

void text_scientific(Text *text, double value, int figures) {
  char out[64];
  if (!isfinite(value)) {
    text_fixed(text, value, 0);
    return;
  }
  int length = snprintf(out, sizeof out, "%.*e", figures > 1 ? figures - 1 : 0, value);
  for (int i = 0; i < length; i++)
    if (!strchr("0123456789+-e", out[i])) out[i] = '.';
  text_add_n(text, out, (size_t)length);
}

void text_short(Text *text, double value, int decimals) {
  char out[64];
  if (!isfinite(value)) return;
  int length = write_fixed(out, sizeof out, value, decimals);
  if (memchr(out, '.', (size_t)length) && !memchr(out, 'e', (size_t)length)) {
    while (out[length - 1] == '0') length--;
    if (out[length - 1] == '.') length--;
  }
  text_add_n(text, out, (size_t)length);
}

void text_minus(Text *text, double value, int decimals) {
  char out[64];
  int length = isfinite(value) ? write_fixed(out, sizeof out, value, decimals) : 0;
  bool negative = length && out[0] == '-';
  if (negative) text_add(text, "−");
  text_add_n(text, out + negative, (size_t)(length - negative));
}

const char *print_fixed(Run *run, double value, int decimals) {
  Text text = {.run = run};
  text_add(&text, "");
  text_fixed(&text, value, decimals);
  return run_failed(run) ? "" : text.data;
}

const char *print_cell(Run *run, const Cell *cell) {
  if (cell->type == CELL_TEXT) return cell->text;
  if (cell->type == CELL_NULL) return "";
  if (cell->type == CELL_INTEGER) return run_format(run, "%lld", (long long)cell->integer);
  Text text = {.run = run};
  text_number(&text, cell->number);
  return run_failed(run) ? "" : text.data;
}

double cell_value(const Cell *cell) {
  if (cell->type == CELL_NUMBER) return cell->number;
  if (cell->type == CELL_INTEGER) return (double)cell->integer;
  return (double)NAN;
}

/* ------------------------------------------------------------------------------------------------ UTF-8, XML */

/* (3): of a character of that many bytes. U+0000 to U+001F but tab and newlines, U+FFFE and U+FFFF are forbidden; halves of surrogate pairs and overlong forms are no UTF-8. */
static bool xml_allows(const unsigned char *at, int length) {
  if (length == 1) return *at >= ' ' || *at == '\t' || *at == '\n' || *at == '\r';
  return !(length == 3 && at[0] == 0xEF && at[1] == 0xBF && at[2] >= 0xBE);
}

static bool real_utf8(const unsigned char *at, int length) {
  return length && !(length == 3 && ((at[0] == 0xED && at[1] >= 0xA0) || (at[0] == 0xE0 && at[1] < 0xA0))) && !(length == 4 && ((at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] >= 0x90)));
}

void print_repair(Text *text) {
  if (run_failed(text->run) || !text->data) return;
  size_t good = 0;
  for (int length; text->data[good] && real_utf8((const unsigned char *)text->data + good, length = utf8_length(text->data + good));) good += (size_t)length;
  if (good == text->length) return;
  Text repaired = {.run = text->run};
  text_add_n(&repaired, text->data, good);
  for (const char *at = text->data + good; *at;) {
    int length = utf8_length(at);
    if (real_utf8((const unsigned char *)at, length)) text_add_n(&repaired, at, (size_t)length);
    else text_add(&repaired, "\xEF\xBF\xBD");
    at += length ? length : 1;
  }
  if (!run_failed(text->run)) *text = repaired;
}

void text_xml(Text *out, const char *text) {
  for (const char *at = text; *at;) {
    int length = utf8_length(at);
    const char *escaped = *at == '&' ? "&amp;" : *at == '<' ? "&lt;" : *at == '>' ? "&gt;" : *at == '"' ? "&quot;" : *at == '\'' ? "&#39;" : NULL;
    if (escaped) text_add(out, escaped);
    else if (!real_utf8((const unsigned char *)at, length)) text_add(out, "\xEF\xBF\xBD");
    else if (xml_allows((const unsigned char *)at, length)) text_add_n(out, at, (size_t)length);
    at += length ? length : 1;
  }
}

/* ------------------------------------------------------------------------------------------------ stars */

/* A number whatever the locale: digits and one point. */
bool print_bound(const char *text, double *value) {
  double scale = 1, number = 0;
  bool point = false, any = false;
  for (; *text; text++) {
    if (*text == '.' && !point) {
      point = true;
    } else if (isdigit((unsigned char)*text)) {
      any = true;
      number = number * 10 + (*text - '0');
      if (point) scale *= 10;
    } else {
      return false;
    }
  }
  *value = number / scale;
  return any && *value <= 1;
}

Stars stars_read(Run *run, const char *text) {
  static const char *const ROW[] = {"******", "*****", "****", "***", "**", "*"};
  Stars stars = {0};
  PrintList list = print_list(run, text);
  if (list.count == 1 && strcmp(list.item[0], "0") == 0) return stars;
  if (list.count > STARS_MOST) run_fail(run, "stars=%.100s: at most %d bounds", text, STARS_MOST);
  for (int i = 0; i < list.count && !run_failed(run); i++) {
    const char *item = list.item[i], *blank = strrchr(item, ' ');
    double below;
    if (!print_bound(blank ? blank + 1 : item, &below)) {
      run_fail(run, "stars=%.100s: '%.40s' is neither a bound of p such as .05 nor a symbol and a bound such as + .1; stars=0 gives none", text, item);
      return stars;
    }
    int at = stars.count++;
    for (; at > 0 && stars.below[at - 1] > below; at--) {
      stars.below[at] = stars.below[at - 1];
      stars.symbol[at] = stars.symbol[at - 1];
    }
    stars.below[at] = below;
    stars.symbol[at] = blank ? run_text_n(run, item, (size_t)(blank - item)) : NULL;
  }
  for (int i = 0; i < stars.count; i++)
    if (!stars.symbol[i]) stars.symbol[i] = ROW[STARS_MOST - stars.count + i];
  return stars;
}

const char *stars_of(const Stars *stars, double p_value) {
  for (int i = 0; i < stars->count; i++)
    if (p_value < stars->below[i]) return stars->symbol[i];
  return "";
}

const char *stars_note(Run *run, const Stars *stars) {
  if (!stars->count) return NULL;
  Text text = {.run = run};
  for (int i = 0; i < stars->count; i++) {
    text_format(&text, "%s%s\xC2\xA0p<", i ? ", " : "", stars->symbol[i]); /* a blank at which no line is broken */
    text_short(&text, stars->below[i], 6);
  }
  return run_failed(run) ? NULL : text.data;
}
