/* registry.c: the printers. A new one is one file here, one row below, one page in sql/ and one test. */
#include "print.h"

extern const Printer PRINTER_fit_table, PRINTER_corr_table, PRINTER_describe_table, PRINTER_plot_event, PRINTER_plot_coef, PRINTER_plot_density, PRINTER_plot_line,
    PRINTER_plot_scatter, PRINTER_plot_balance;

const Printer *const printer_registry[] = {&PRINTER_fit_table,  &PRINTER_corr_table,   &PRINTER_describe_table, &PRINTER_plot_event,  &PRINTER_plot_coef,
                                           &PRINTER_plot_density, &PRINTER_plot_line, &PRINTER_plot_scatter,   &PRINTER_plot_balance, NULL};
