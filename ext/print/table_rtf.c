/* table_rtf.c: a table as Rich Text Format 1.9, which Word, LibreOffice and Pages open: SELECT writefile('table.rtf', fit_table(..., 'format=rtf')).
 *
 * 1. The three lines of a printed table: above, below the heads, at the end; a thin one at each rule and beneath a head over several columns. Text beyond ASCII is
 *    written as \u escapes, so that the file is ASCII whatever the script; Chinese is set in SimSun.
 * 2. A spanning cell is a cell that is as wide. Columns are as wide as their widest text, at 105 twips (1/20 point) a character of 10.5 points, and are pressed
 *    together where the page (9,600 twips) is narrower; width= spreads them over it. Stars are raised. Minus signs are minus signs. escape=0: texts are RTF as they stand. */
#include "print.h"

#include <stdlib.h>

enum { CHARACTER = 105, MARGIN = 220, PAGE = 9600 };

/* The code point at *at, which moves behind it; a byte that is no UTF-8 stands for itself. */
static uint32_t next_code(const char **at) {
  const unsigned char *byte = (const unsigned char *)*at;
  int more = byte[0] >= 0xF0 ? 3 : byte[0] >= 0xE0 ? 2 : byte[0] >= 0xC0 ? 1 : 0;
  uint32_t code = more ? byte[0] & (0x3Fu >> more) : byte[0];
  for (int i = 1; i <= more; i++) {
    if ((byte[i] & 0xC0) != 0x80) {
      more = 0;
      code = byte[0];
      break;
    }
    code = code << 6 | (byte[i] & 0x3Fu);
  }
  *at += 1 + more;
  return code;
}

static void add_unit(Text *out, uint32_t unit) { text_format(out, "\\u%d?", unit > 32767 ? (int)unit - 65536 : (int)unit); }

static void escape_rtf(const Table *table, Text *out, const char *text, bool number) {
  for (const char *at = text; *at;) {
    bool minus = number && *at == '-' && ((at[1] >= '0' && at[1] <= '9') || at[1] == '.' || at[1] == ',') && (at == text || strchr("([{ ,", at[-1]));
    uint32_t code = next_code(&at);
    if (minus) add_unit(out, 0x2212);
    else if (code >= 0x10000) {
      add_unit(out, 0xD800 + ((code - 0x10000) >> 10));
      add_unit(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
    } else if (code >= 0x7F) add_unit(out, code);
    else if (code < ' ') text_add(out, " ");
    else {
      char plain[3] = {(char)code, '\0', '\0'};
      if (strchr("\\{}", plain[0]) && (number || !table->raw)) plain[0] = '\\', plain[1] = (char)code;
      text_add(out, plain);
    }
  }
}

static int half_points(const Table *table) { return table->font.points > 0 ? (int)(2 * table->font.points + .5) : 21; }

/* width= in twips; 0: as wide as the texts. */
static double asked_width(const Table *table) {
  const char *unit = table->width.unit;
  if (!unit) return 0;
  return table->width.value * (strcmp(unit, "%") == 0 ? PAGE / 100. : strcmp(unit, "cm") == 0 ? 1440 / 2.54 : strcmp(unit, "mm") == 0 ? 144 / 2.54 : strcmp(unit, "in") == 0 ? 1440 : 20);
}

static int text_twips(const Table *table, const TableCell *cell) {
  return ((cell->text ? text_width(cell->text) : 0) + (cell->stars ? text_width(cell->stars) : 0)) * (int)(CHARACTER * half_points(table) / 21) + (table->compress ? MARGIN / 3 : MARGIN);
}

/* Where each column ends. */
static int *column_ends(const Table *table) {
  int *end = NEW_ARRAY(table->run, int, table->columns), total = 0;
  if (!end) return NULL;
  for (int r = 0; r < table->rows; r++) {
    const TableCell *cell = table->row[r].cell;
    for (int c = 0; cell && c < table->columns; c += cell[c].span) {
      int share = text_twips(table, &cell[c]) / cell[c].span;
      for (int i = 0; i < cell[c].span; i++)
        if (share > end[c + i] && (c || cell[c].span == 1)) end[c + i] = share;
    }
  }
  for (int c = 0; c < table->columns; c++) total += end[c];
  double asked = asked_width(table);
  for (int c = 0, sum = 0; c < table->columns; c++) {
    sum += total > PAGE || asked > 0 ? (int)(end[c] * (asked > 0 ? asked : PAGE) / total) : end[c];
    end[c] = sum;
  }
  return end;
}

/* The colours behind cells, each once. */
enum { COLOURS_MOST = 64 };
typedef struct Colours {
  int count;
  const char *colour[COLOURS_MOST];
} Colours;

static int colour_index(const Colours *colours, const char *colour) { /* from 1; 0: more than the file has */
  for (int i = 0; i < colours->count; i++)
    if (strcmp(colours->colour[i], colour) == 0) return i + 1;
  return 0;
}

static Colours colour_table(const Table *table, Text *out) {
  Colours colours = {0};
  for (int r = 0; r < table->rows; r++)
    for (int c = 0; table->row[r].cell && c < table->columns; c++) {
      const char *own = table->row[r].cell[c].colour;
      if (own && colours.count < COLOURS_MOST && !colour_index(&colours, own)) colours.colour[colours.count++] = own;
    }
  for (int i = 0; i < colours.count; i++) {
    unsigned long rgb = strtoul(colours.colour[i], NULL, 16);
    text_format(out, "%s\\red%lu\\green%lu\\blue%lu;", i ? "" : "{\\colortbl;", rgb >> 16, rgb >> 8 & 255, rgb & 255);
  }
  if (colours.count) text_add(out, "}\n");
  return colours;
}

static void rtf_row(const Table *table, const Colours *colours, int r, const int *end, int above, bool last, Text *out) {
  const TableRow *row = &table->row[r];
  text_add(out, table->compress ? "\\trowd\\trgaph20\\trqc" : "\\trowd\\trgaph60\\trqc");
  for (int c = 0; c < table->columns; c += row->cell[c].span) {
    const TableCell *cell = &row->cell[c];
    bool twice = table->rules == RULES_DOUBLE;
    if (cell->box) {
      text_add(out, "\\clbrdrt\\brdrs\\brdrw12\\clbrdrl\\brdrs\\brdrw12\\clbrdrb\\brdrs\\brdrw12\\clbrdrr\\brdrs\\brdrw12");
    } else if (above) text_format(out, "\\clbrdrt\\%s\\brdrw%d", twice && above > 8 ? "brdrdb" : "brdrs", twice ? 8 : above);
    if (last && table->rules != RULES_NONE) text_add(out, twice ? "\\clbrdrb\\brdrdb\\brdrw8" : "\\clbrdrb\\brdrs\\brdrw25");
    else if (row->underlined && table->rules != RULES_NONE && c && cell->text && *cell->text) text_add(out, "\\clbrdrb\\brdrs\\brdrw8");
    if (cell->colour) text_format(out, "\\clcbpat%d", colour_index(colours, cell->colour));
    text_format(out, "\\cellx%d", end[c + cell->span - 1]);
  }
  for (int c = 0; c < table->columns; c += row->cell[c].span) {
    const TableCell *cell = &row->cell[c];
    const char *text = cell->text ? cell->text : "";
    bool indented = c == 0 && strncmp(text, "  ", 2) == 0, panel = c == 0 && cell->span > 1;
    char align = c && cell->span > 1 ? 'c' : table_align(table, c);
    text_format(out, "\n\\pard\\intbl%s%s%s%s ", align == 'l' ? "\\ql" : align == 'r' || align == 'd' ? "\\qr" : align || c ? "\\qc" : "\\ql", row->gap ? "\\sb100" : "", indented ? "\\li200" : "",
                panel ? "{\\i" : cell->bold ? "{\\b" : "");
    escape_rtf(table, out, indented ? text + 2 : text, cell->number);
    if (panel || cell->bold) text_add(out, "}");
    if (cell->stars && *cell->stars) {
      text_add(out, "{\\super ");
      escape_rtf(table, out, cell->stars, false);
      text_add(out, "}");
    }
    text_add(out, "\\cell");
  }
  text_add(out, "\\row\n");
}

void table_write_rtf(const Table *table, Text *out) {
  const int *end = column_ends(table);
  if (!end) return;
  text_add(out, "{\\rtf1\\ansi\\ansicpg1252\\uc1\\deff0{\\fonttbl{\\f0\\froman\\fcharset0 ");
  escape_rtf(table, out, table->font.name ? table->font.name : "Times New Roman", true);
  text_add(out, ";}{\\f1\\fnil\\fcharset134 SimSun;}}\n");
  const Colours colours = colour_table(table, out);
  text_format(out, table->chinese ? "\\dbch\\af1\\loch\\f0\\fs%d\n" : "\\f0\\fs%d\n", half_points(table));
  if (table->title) {
    text_add(out, "\\pard\\qc\\sa80{\\b ");
    escape_rtf(table, out, table->title, false);
    text_add(out, "}\\par\n");
  }
  int last = table->rows - 1, above = table->rules == RULES_NONE ? 0 : 25;
  while (last > 0 && !table->row[last].cell) last--;
  for (int r = 0; r <= last && run_poll(table->run, (uint64_t)table->columns * 200); r++) {
    if (!table->row[r].cell) {
      above = table->rules == RULES_NONE ? 0 : above ? above : 8;
      continue;
    }
    rtf_row(table, &colours, r, end, above, r == last, out);
    above = 0;
  }
  for (int i = 0; i < table->notes; i++) {
    text_format(out, "\\pard\\ql%s{\\fs%d ", i ? "" : "\\sb60", half_points(table) * 6 / 7);
    const Table writer = table_for_note(table, i);
    escape_rtf(&writer, out, table->note[i], false);
    text_add(out, "}\\par\n");
  }
  text_add(out, "}");
}
