/* table_shape.c: a table whose rows and columns are put elsewhere, before it is written.
 *
 * 1. wide=1: the lines beneath become columns of their own; wide=(Est., S.E.): with heads over each.
 * 2. transpose=1: each column becomes a row. The heads stand on its left, its numbers first; what named the rows heads the columns; lines beneath stay beneath.
 * 3. column=(Expected, post:+): a column of one's own behind the names.
 * 4. names=20: a wider name goes on in the lines beneath its estimates, which have none.
 * 5. shared=1: what the feet of all panels say alike stands once, at the end. */
#include "print.h"

void table_widen(Table *table, int lines, PrintList heads) {
  int old = table->columns, columns = 1 + (old - 1) * (1 + lines), rows = 0;
  TableCell *estimates = NULL;
  for (int r = 0; r < table->rows && !run_failed(table->run); r++) {
    TableRow row = table->row[r];
    const TableCell *cell = row.cell;
    if (row.beneath && estimates) {
      for (int c = 1; c < old; c++) estimates[1 + (c - 1) * (1 + lines) + row.beneath] = cell[c];
      continue;
    }
    if (cell) {
      estimates = row.cell = NEW_ARRAY(table->run, TableCell, columns);
      if (run_failed(table->run)) return;
      for (int c = 0; c < columns; c++) estimates[c].span = 1;
      for (int c = 0; c < old; c += cell[c].span) {
        int to = c ? 1 + (c - 1) * (1 + lines) : 0;
        estimates[to] = cell[c];
        if (c && (row.kind == TABLE_HEAD || cell[c].span > 1)) estimates[to].span = cell[c].span * (1 + lines);
        if (!c && cell[0].span > 1) estimates[0].span = columns; /* the title of a panel */
      }
    }
    table->row[rows++] = row;
  }
  table->rows = rows;
  table->columns = columns;
  if (!heads.count || run_failed(table->run)) return;
  if (heads.count != 1 + lines) {
    run_fail(table->run, "wide=: %d heads for %d columns, the estimate's and those of under=", heads.count, 1 + lines);
    return;
  }
  int at = 0;
  while (at < table->rows && table->row[at].kind == TABLE_HEAD) at++;
  TableCell *cell = table_row(table, TABLE_HEAD, "");
  for (int c = 1; cell && c < columns; c++) cell[c].text = heads.item[(c - 1) % (1 + lines)];
  for (int r = table->rows - 1; cell && r > at; r--) { /* up to the other heads */
    TableRow row = table->row[r];
    table->row[r] = table->row[r - 1];
    table->row[r - 1] = row;
  }
}

/* The text over a column: of the cell that spans it. */
static const char *head_over(const Table *table, const TableRow *row, int column) {
  for (int c = 0; c < table->columns; c += row->cell[c].span)
    if (column >= c && column < c + row->cell[c].span) return row->cell[c].text;
  return NULL;
}

static bool any_cell(const Table *table, const TableRow *row) {
  for (int c = 1; c < table->columns; c++)
    if (row->cell[c].text && *row->cell[c].text) return true;
  return false;
}

void table_transpose(Table *table) {
  Run *run = table->run;
  const Table from = *table;
  int *line = NEW_ARRAY(run, int, from.rows + 1), heads = 0, lines = 0, numbers = -1, depth = 0;
  if (run_failed(run)) return;
  for (int r = 0; r < from.rows; r++) {
    const TableRow *row = &from.row[r];
    if (row->kind == TABLE_HEAD) {
      const char *first = head_over(&from, row, 1);
      if (numbers < 0 && first && *first == '(') numbers = heads;
      heads++;
    }
    if (row->beneath > depth) depth = row->beneath;
    if (row->kind == TABLE_BODY && !row->beneath && any_cell(&from, row)) line[lines++] = r;
  }
  if (!heads) numbers = -1;
  int *head = NEW_ARRAY(run, int, heads + 1), left = heads ? heads : 1;
  table->rows = table->capacity = 0;
  table->row = NULL;
  table->columns = left + lines;
  TableCell *cell = table_row(table, TABLE_HEAD, "");
  if (run_failed(run)) return;
  for (int r = 0, h = 0; r < from.rows; r++)
    if (from.row[r].kind == TABLE_HEAD) head[h++] = r;
  for (int h = numbers; h > 0; h--) { /* the numbers first */
    int moved = head[h];
    head[h] = head[h - 1];
    head[h - 1] = moved;
  }
  for (int h = 0; h < heads; h++) cell[h].text = from.row[head[h]].cell[0].text;
  for (int i = 0; i < lines; i++) cell[left + i].text = from.row[line[i]].cell[0].text;
  table_rule(table);
  for (int c = 1; c < from.columns && run_poll(run, (uint64_t)from.rows * 100); c++) {
    for (int u = 0; u <= depth; u++) {
      bool any = !u;
      cell = table_row(table, TABLE_BODY, "");
      if (!cell) return;
      table->row[table->rows - 1].beneath = u;
      for (int h = 0; h < heads && !u; h++) cell[h].text = head_over(&from, &from.row[head[h]], c);
      for (int i = 0; i < lines; i++) {
        int at = line[i];
        for (int r = line[i] + 1; u && r < from.rows && from.row[r].kind == TABLE_BODY && from.row[r].beneath; r++)
          if (from.row[r].beneath == u) at = r;
        if (u && at == line[i]) continue;
        cell[left + i] = from.row[at].cell[c];
        cell[left + i].span = 1;
        any |= cell[left + i].text != NULL;
      }
      if (!any) table->rows--;
    }
  }
}

void table_insert(Table *table, const char *head, int count, const char *const *name, const char *const *text) {
  int last_head = -1, columns = table->columns + 1;
  for (int r = 0; r < table->rows; r++)
    if (table->row[r].kind == TABLE_HEAD) last_head = r;
  bool *found = NEW_ARRAY(table->run, bool, count + 1);
  for (int r = 0; r < table->rows && !run_failed(table->run); r++) {
    TableCell *old = table->row[r].cell, *cell = old ? NEW_ARRAY(table->run, TableCell, columns) : NULL;
    if (!cell) continue;
    cell[0] = old[0];
    cell[1] = (TableCell){.text = r == last_head ? head : NULL, .span = 1};
    for (int c = 1; c < table->columns; c++) cell[c + 1] = old[c];
    if (cell[0].span > 1) cell[0].span++; /* the title of a panel */
    for (int i = 0; i < count && table->row[r].kind == TABLE_BODY && !table->row[r].beneath; i++) {
      if (!cell[0].text || strcmp(cell[0].text, name[i]) != 0) continue;
      cell[1].text = text[i];
      found[i] = true;
    }
    table->row[r].cell = cell;
  }
  table->columns = columns;
  for (int i = 0; i < count && !run_failed(table->run); i++)
    if (!found[i]) run_fail(table->run, "column=: '%.60s' names no line of the table", name[i]);
}

void table_break_names(Table *table, int width) {
  for (int r = 0; r < table->rows && width > 0 && !run_failed(table->run); r++) {
    const char *name = table->row[r].cell && table->row[r].kind == TABLE_BODY ? table->row[r].cell[0].text : NULL;
    bool beneath = r + 1 < table->rows && table->row[r + 1].cell && table->row[r + 1].beneath;
    if (!name || !beneath || text_width(name) <= width) continue;
    const char *cut = NULL; /* the last blank within the width, else the first */
    for (const char *at = name + strspn(name, " "); (at = strchr(at, ' ')); at++) {
      const char *head = run_text_n(table->run, name, (size_t)(at - name));
      if (!head) return;
      if (cut && text_width(head) > width) break;
      cut = at;
    }
    if (!cut) continue;
    table->row[r].cell[0].text = run_text_n(table->run, name, (size_t)(cut - name));
    table->row[r + 1].cell[0].text = run_format(table->run, "  %s", cut + 1);
  }
}

static bool same_row(const Table *table, const TableRow *a, const TableRow *b) {
  for (int c = 0; c < table->columns; c++) {
    const char *x = a->cell[c].text ? a->cell[c].text : "", *y = b->cell[c].text ? b->cell[c].text : "";
    if (strcmp(x, y) != 0) return false;
  }
  return true;
}

/* Rows from[p] to to[p] are the foot of panel p. A line that belongs to the one above (two blanks) stays with it. */
void table_share(Table *table, int panels, const int *from, const int *to) {
  bool *gone = NEW_ARRAY(table->run, bool, table->rows + 1);
  TableRow *kept = NEW_ARRAY(table->run, TableRow, table->rows + 1);
  int count = 0;
  if (run_failed(table->run)) return;
  for (int r = from[0]; r < to[0] && run_poll(table->run, (uint64_t)table->rows * 10); r++) {
    if (table->row[r].kind != TABLE_BODY || table_indented(&table->row[r].cell[0], 0) || (r + 1 < to[0] && table->row[r + 1].cell && table_indented(&table->row[r + 1].cell[0], 0))) continue;
    int others = 0;
    for (int pass = 0; pass < 2; pass++)
      for (int p = 1; p < panels && (!pass || others == panels - 1); p++)
        for (int k = from[p]; k < to[p]; k++) {
          if (gone[k] || table->row[k].kind != TABLE_BODY || !same_row(table, &table->row[r], &table->row[k])) continue;
          others += !pass;
          if (pass) gone[k] = true;
          break;
        }
    if (others < panels - 1) continue;
    gone[r] = true;
    kept[count++] = table->row[r];
  }
  if (!count) return;
  int rows = 0;
  for (int r = 0; r < table->rows; r++) {
    if (gone[r]) continue;
    if (table->row[r].kind == TABLE_RULE && rows && table->row[rows - 1].kind == TABLE_RULE) continue; /* of a foot that is gone */
    table->row[rows++] = table->row[r];
  }
  if (rows && table->row[rows - 1].kind == TABLE_RULE) rows--;
  table->rows = rows;
  table_rule(table);
  for (int i = 0; i < count && !run_failed(table->run); i++)
    if (table_row(table, TABLE_BODY, NULL)) table->row[table->rows - 1] = kept[i];
}
