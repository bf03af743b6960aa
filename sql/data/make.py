#!/usr/bin/env python3
"""Makes the CSV files of this folder from the data sets that PyPI packages ship; README.md says what each one is.

    python3 -m venv V && V/bin/pip install causaldata==0.1.5 linearmodels==7.1 statsmodels==0.15.0
    V/bin/python sql/data/make.py [folder]

1. A value is written as the shortest text that reads back as the same number in the package's own type (32 or 64 bits);
   whole numbers have no decimal point; missing is empty.
2. Nothing is computed but castle.region, which names in one column what 44 dummies of the package say.
3. import.sql, for the sqlite3 shell, is made from the same texts: a column of whole numbers is INTEGER, of numbers REAL, otherwise TEXT;
   the shell imports an empty field as '', which is then set to NULL.
"""
import importlib
import pathlib
import re
import sys

import causaldata
import numpy
import statsmodels.api


def linearmodels_data(name):
    return importlib.import_module("linearmodels.datasets." + name).load()


def castle():
    data = causaldata.castle.load_pandas().data
    # r20001 ... r20104 are year-by-region dummies: r, four digits of the year, the region from 1 to 4.
    region = sum(number * data[[f"r{year}{number}" for year in range(2000, 2011)]].sum(axis=1) for number in (1, 2, 3, 4))
    assert region.isin([1, 2, 3, 4]).all()
    made = [name for name in data.columns if name.startswith(("r20", "trend_", "lead", "lag"))]
    data = data.drop(columns=made)
    data.insert(2, "region", region.map({1: "Northeast", 2: "Midwest", 3: "South", 4: "West"}))
    return data[["sid", "year", "region", "post"] + [n for n in data.columns if n not in ("sid", "year", "region", "post")]]


TABLES = {
    "castle": castle,
    "wage_panel": lambda: linearmodels_data("wage_panel"),
    "munnell": lambda: linearmodels_data("munnell"),
    "grunfeld": lambda: statsmodels.api.datasets.grunfeld.load_pandas().data[["firm", "year", "invest", "value", "capital"]],
    "card": lambda: linearmodels_data("card"),
    "nsw": lambda: causaldata.nsw_mixtape.load_pandas().data.drop(columns="data_id"),
    "cps": lambda: causaldata.cps_mixtape.load_pandas().data.drop(columns="data_id"),
    "gapminder": lambda: causaldata.gapminder.load_pandas().data,
}


def text(value):
    if value is None or value != value:
        return ""
    if isinstance(value, (float, numpy.floating)):
        return numpy.format_float_positional(value, unique=True, trim="-")
    value = str(value)
    return '"' + value.replace('"', '""') + '"' if any(mark in value for mark in ',"\n') else value


def kind(values):
    seen = [value for value in values if value]
    return "INTEGER" if all(re.fullmatch(r"-?\d+", v) for v in seen) else "REAL" if all(re.fullmatch(r"-?\d*\.?\d+", v) for v in seen) else "TEXT"


QUOTED_UNION = '"union"'  # a word of SQL


def main():
    statements = ["-- Made by make.py. From the top of the repository: sqlite3 build/demo.db < sql/data/import.sql", "BEGIN;"]
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for name, load in TABLES.items():
        data = load()
        columns = [[text(value) for value in data[column].to_numpy()] for column in data.columns]
        with open(folder / (name + ".csv"), "w", encoding="utf-8", newline="\n") as file:
            file.write(",".join(data.columns) + "\n")
            file.writelines(",".join(row) + "\n" for row in zip(*columns))
        named = ", ".join(f'{column.replace("union", QUOTED_UNION)} {kind(values)}' for column, values in zip(data.columns, columns))
        statements.append(f"CREATE TABLE {name} ({named});")
        statements.append(f".import --csv --skip 1 sql/data/{name}.csv {name}")
        empty = [column for column, values in zip(data.columns, columns) if "" in values]
        if empty:
            statements.append(f"UPDATE {name} SET " + ", ".join(f"{column} = nullif({column}, '')" for column in empty) + ";")
        print(f"{name}: {len(data)} rows, {len(data.columns)} columns")
    (folder / "import.sql").write_text("\n".join(statements + ["COMMIT;"]) + "\n", encoding="utf-8")


main()
