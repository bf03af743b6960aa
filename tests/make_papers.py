#!/usr/bin/env python3
"""Runs the scripts of sql/papers into one HTML page: build/papers.html. `make papers`.

A line "--# Title" begins a section; the comment at the head of a script is its introduction. A query's rows become a table, a figure (SVG) and a printed table
(HTML) go in as they are; fit_table and corr_table are asked for HTML. Standard library only; the tables come from sql/data.
    tests/make_papers.py [PAGE]"""
import html
import pathlib
import re
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import conftest

ROOT = conftest.ROOT
PAPERS = ["a", "b", "c", "d", "castle", "indices"]
STYLE = """
body { font: 16px/1.5 Georgia, 'Times New Roman', 'Noto Serif CJK SC', serif; color: #222; background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; border-bottom: 2px solid #222; margin-top: 4rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; break-after: avoid; }
header { font-size: 1.3rem; } p.intro { color: #444; } p.remark { color: #444; font-size: 0.92rem; max-width: 46rem; margin: 0.8rem auto 0; break-after: avoid; } nav a { display: block; color: inherit; }
table.rows { border-collapse: collapse; margin: 0.8rem auto; border-top: 2px solid #222; border-bottom: 2px solid #222; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
table.rows th { border-bottom: 1px solid #222; font-weight: normal; font-style: italic; text-align: left; } table.rows th, table.rows td { padding: 0.12rem 0.7rem; } td.short { white-space: nowrap; }
table.rows .number { text-align: right; } figure { margin: 1rem auto; max-width: 40rem; text-align: center; } svg { max-width: 100%; height: auto; }
@page { size: A4; margin: 18mm 16mm; }
@media print { body { font-size: 10pt; max-width: none; margin: 0; padding: 0; } h1 { break-before: page; margin-top: 0; } table, figure { break-inside: avoid; } section { break-inside: avoid; }
  figure { max-width: 125mm; } table.rows th, table.rows td { padding: 0.08rem 0.45rem; } }
"""


def statements(script):
    """(section title or None, statement, the comment right above it); a section begins with its title and no statement."""
    title, text, comment = None, "", []
    for line in script.splitlines():
        if line.startswith("--#"):
            title, comment = line[3:].strip(), []
            yield title, None, None
        elif line.startswith("--") and not text.strip():
            comment.append(line[2:])
        elif line.startswith("--"):
            continue
        else:
            text += line + "\n"
            if text.strip() and sqlite3.complete_statement(text):
                yield title, text.strip(), comment
                text, comment = "", []


def prose(lines):
    """Lines of a comment as running text."""
    return html.escape(" ".join(line.strip() for line in lines)).strip()


def introduction(script):
    head = []
    for line in script.splitlines():
        if not line.startswith("--") or line.startswith("--#"):
            break
        head.append(line[2:].strip())
    return "\n".join(line for line in head if not line.startswith("sqlite3 "))


def as_html(sql):
    sql = re.sub(r"(fit_table\([^']*'[^']*)'", r"\1, format=html'", sql)
    return re.sub(r"(corr_table\([^')]*)(?:, '([^']*)')?\)", lambda m: f"{m.group(1)}, '{m.group(2) + ', ' if m.group(2) else ''}format=html')", sql)


def decimals_of(values):
    """As many decimals as the column's numbers have at most, so that they stand under each other."""
    texts = [f"{value:.10f}".rstrip("0") for value in values if isinstance(value, float)]
    return min(max((len(text.split(".")[1]) for text in texts), default=0), 6)


def cell(value, decimals):
    if value is None:
        return "<td></td>"
    if isinstance(value, float):
        return f'<td class="number">{value:.{decimals}f}</td>'.replace(">-", ">\u2212")
    text = str(value)
    return f'<td class="number">{value}</td>' if isinstance(value, int) else f'<td{" class=" + chr(34) + "short" + chr(34) if len(text) <= 32 else ""}>{html.escape(text)}</td>' 


def rendered(names, rows):
    if len(rows) == 1 and len(rows[0]) == 1 and isinstance(rows[0][0], str):
        text = rows[0][0]
        if text.lstrip().startswith("<svg") or text.lstrip().startswith("<?xml"):
            return f"<figure>{text[text.index('<svg'):]}</figure>"
        if text.lstrip().startswith("<"):
            return text
    if "covers" in names:
        at = names.index("covers")
        rows = [row[:at] + ({1: "yes", 0: "NO"}.get(row[at]),) + row[at + 1:] for row in rows]
    columns = list(zip(*rows)) or [()] * len(names)
    numeric = [any(isinstance(value, (int, float)) for value in column) for column in columns]
    decimals = [decimals_of(column) for column in columns]
    head = "".join(("<th class=\"number\">" if number else "<th>") + html.escape(name.replace("_", " ")) + "</th>" for name, number in zip(names, numeric))
    body = "\n".join("<tr>" + "".join(map(cell, row, decimals)) + "</tr>" for row in rows)
    return f'<table class="rows"><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>'


def run(name):
    """Its title, the HTML of one paper, and the rows of its last table (ours beside the paper's)."""
    script = (ROOT / "sql" / "papers" / f"{name}.sql").read_text(encoding="utf-8")
    db = conftest.connect()
    for table in sorted(conftest.DATA.glob("*.csv")):
        db.table(table.stem)
    head = introduction(script).splitlines()
    parts = [f'<h1 id="{name}">{html.escape(head[0].rstrip("."))}</h1>', f'<p class="intro">{prose(head[1:])}</p>']
    last, shown = [], None
    for title, sql, comment in statements(script):
        if sql is None:
            continue
        cursor = db.execute(as_html(sql))
        if cursor.description:
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
            remark = f'<p class="remark">{prose(comment)}</p>\n' if comment else ""
            if title != shown:  # a section that shows nothing has no heading
                parts.append(f"<section><h2>{html.escape(title)}</h2>\n{remark}{rendered(names, rows)}</section>")
                shown = title
            else:
                parts.append(remark + rendered(names, rows))
            last = [dict(zip(names, row)) for row in rows]
    return head[0].rstrip("."), "\n".join(parts), last


def page(path):
    there = [name for name in PAPERS if (ROOT / "sql" / "papers" / f"{name}.sql").exists()]
    results = {name: run(name) for name in there}
    links = "".join(f'<a href="#{name}">{html.escape(title)}</a>' for name, (title, _, _) in results.items())
    body = "\n".join(text for _, text, _ in results.values())
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Papers in SQL</title><style>{STYLE}</style></head>\n'
                    f"<body><header>Papers in SQL</header>\n<nav>{links}</nav>\n{body}\n</body></html>\n", encoding="utf-8")
    return {name: last for name, (_, _, last) in results.items()}


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "papers.html")
    page(out)
    print(out)
