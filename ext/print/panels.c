/* panels.c: panels=3: each group's figure in a panel of its own, three beside each other, on the same axes.
 *
 * 1. A panel is the same figure of the group's rows alone, with the group's name as its title. It is made twice: the first time gathers the ranges of the axes (and how
 *    high the labels are), the second time draws on what all panels share. xmin= ... ymax= hold in all.
 * 2. Axes are named once, beneath and beside all panels; there is no legend. At most 60 groups. */
#include "print.h"

enum { MOST = 60, EDGE = 12 };

static void put_option(OptionValue *options, int count, const char *name, const char *text, double number) {
  for (int i = 0; i < count; i++) {
    if (strcmp(options[i].spec->name, name) != 0) continue;
    options[i].text = text;
    options[i].number = number;
    options[i].integer = 0;
    options[i].given = false;
  }
}

/* The rows of one group. */
static PrintJob job_of(const PrintJob *job, const Groups *groups, int g, double width, double height, struct Panel *panel, Text *out) {
  PrintJob part = *job;
  Cell *cell = NEW_ARRAY(job->run, Cell, job->rows * job->columns);
  OptionValue *option = NEW_ARRAY(job->run, OptionValue, job->options);
  part.rows = 0;
  part.panel = panel;
  part.out = out;
  if (run_failed(job->run)) return part;
  for (int64_t r = 0; r < job->rows; r++)
    if (groups->of_row[r] == g) memcpy(&cell[part.rows++ * job->columns], &job->cell[r * job->columns], (size_t)job->columns * sizeof *cell);
  memcpy(option, job->option, (size_t)job->options * sizeof *option);
  put_option(option, job->options, "title", groups->name[g], NAN);
  put_option(option, job->options, "subtitle", NULL, NAN);
  put_option(option, job->options, "note", NULL, NAN);
  put_option(option, job->options, "panels", NULL, NAN);
  put_option(option, job->options, "legend", "none", NAN);
  put_option(option, job->options, "width", "", width);
  put_option(option, job->options, "height", "", height);
  part.cell = cell;
  part.option = option;
  return part;
}

static void open_page(Figure *figure, const struct Panel *panel, const Groups *groups) {
  Text *out = figure->out;
  text_add(out, "<svg xmlns=\"http://www.w3.org/2000/svg\"");
  svg_number(figure, "width", figure->width * figure->size);
  svg_number(figure, "height", figure->height * figure->size);
  text_add(out, " viewBox=\"0 0 ");
  text_short(out, figure->width, 2);
  text_add(out, " ");
  text_short(out, figure->height, 2);
  text_add(out, "\" role=\"img\" font-family=\"Helvetica, Arial, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif\">\n<title>");
  text_xml(out, figure->title ? figure->title : panel->what);
  text_add(out, "</title>\n<desc>");
  text_xml(out, panel->what);
  for (int g = 0; g < groups->count; g++) {
    text_add(out, g ? "; " : ": ");
    text_xml(out, groups->name[g]);
  }
  text_add(out, "</desc>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
}

static void lines_at(Figure *figure, const TextLines *lines, double x, double y, double leading, double size, const char *anchor, const char *colour, const char *more) {
  for (int i = 0; i < lines->count && !run_failed(figure->run); i++) svg_text(figure, x, y + i * leading, lines->line[i], anchor, size, colour, more);
}

bool figure_panels(PrintJob *job, int group) {
  Run *run = job->run;
  const OptionValue *option = print_option(job, "panels");
  if (job->panel || !option->given || run_failed(run)) return false;
  if (option->integer < 1 || option->integer > 12) run_fail(run, "panels=%.20s: from 1 to 12 beside each other", option->text);
  Groups groups = groups_most(job, group, MOST);
  if (!run_failed(run) && !groups.name[0]) run_fail(run, "panels=%.20s: there are no groups", option->text);
  Figure figure;
  figure_begin(job, &figure, "", NULL, NULL);
  if (run_failed(run)) return true;
  int columns = option->integer < groups.count ? (int)option->integer : groups.count, lines = (groups.count + columns - 1) / columns;
  TextLines title = text_wrap(run, figure.title, 17, figure.width - 24, 4), subtitle = text_wrap(run, figure.subtitle, 12.5, figure.width - 24, 4), note = text_wrap(run, figure.note, 11, figure.width - 24, 8);
  double head = (title.count || subtitle.count ? 10 : 2) + 20 * title.count + 16 * subtitle.count, foot = 26 + 14 * note.count, side = 24, cell = (figure.width - side - 4) / columns;
  double given = print_option(job, "height")->given ? (figure.height - head - foot) / lines : NAN;
  struct Panel panel = {.measuring = true, .height = isnan(given) ? fmax(150, cell * .75) : given, .low = {INFINITY, INFINITY}, .high = {-INFINITY, -INFINITY}, .gap = INFINITY};
  for (int g = 0; g < groups.count && !run_failed(run); g++) {
    Text aside = {.run = run};
    PrintJob part = job_of(job, &groups, g, cell * figure.size, panel.height * figure.size, &panel, &aside);
    job->printer->print(&part);
    run_free(run, aside.data);
  }
  if (run_failed(run)) return true;
  panel.measuring = false;
  if (!isnan(given)) panel.height = given;
  if (!panel.xlabel) foot -= 16;
  figure.height = head + lines * panel.height + foot;
  open_page(&figure, &panel, &groups);
  lines_at(&figure, &title, EDGE, 24, 20, 16, "start", INK, "font-weight=\"bold\"");
  lines_at(&figure, &subtitle, EDGE, 21 + 20 * title.count, 16, 12.5, "start", PALE, NULL);
  for (int g = 0; g < groups.count && !run_failed(run); g++) {
    panel.x = side + g % columns * cell;
    panel.y = head + g / columns * panel.height;
    PrintJob part = job_of(job, &groups, g, cell * figure.size, panel.height * figure.size, &panel, job->out);
    job->printer->print(&part);
  }
  double bottom = head + lines * panel.height;
  if (panel.xlabel) svg_text(&figure, side + columns * cell / 2, bottom + 12, panel.xlabel, "middle", 13, INK, NULL);
  TextLines ylabel = text_wrap(run, panel.ylabel, 13, bottom - head, 1);
  svg_turned(&figure, 18, (head + bottom) / 2, -90, &ylabel, "middle", 13);
  lines_at(&figure, &note, EDGE, figure.height - 8 - 14 * (note.count - 1), 14, 11, "start", PALE, NULL);
  text_add(job->out, "</svg>\n");
  return true;
}
