"""Writes sql/reference: a page of markdown for each function of econ_help(), and an index. `make reference` runs it on the shipped tables.

    tests/reference.py [DATABASE [EXTENSION]]      default build/demo.db, dist/econ

1. Signature, summary, options, columns and example are the row of econ_help(). Forms, definition and source are the comment that opens sql/NAME.sql, in its words; of functions without such
   a script a comment "-- NAME: ..." of sql/fit.sql or sql/econ.sql.
2. The example is run. Its rows are a table of at most ROWS rows; a text of several lines is shown as it is; a figure is a file NAME.svg beside the page.
3. Numbers have six significant digits, and what is below 1e-12 is 0, so that pages are the same on every machine. Examples in UNSTABLE say where they ran and are not shown.
4. tests/reference_pages.py fails when a page here is not what this file would write now.
"""
import pathlib
import re
import sqlite3
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "sql" / "reference"
ROWS = 20
UNSTABLE = {"econ_version"}
THEMES = (("Regressions", r"(fe|re|iv|gmm|panel_gmm|panel_var)_"),
          ("Treatment effects", r"(did|psm|synth|rd)_"),
          ("Composite indices", r".*_index$"),
          ("Panels: preparation, description, tests", r"(panel|export|spatial|var)_"),
          ("Tables and figures", r"plot_|.*_table$"),
          ("Functions of a fit", r"fit_"),
          ("The extension itself", r"econ_"),
          ("Others", r""))


# ---------------------------------------------------------------- the comment that opens sql/NAME.sql
def head(path):
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("--"):
            break
        lines.append(line[3:] if line.startswith("-- ") else line[2:])
    return lines


def blocks(lines):
    """Runs of lines between empty ones."""
    found = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [block for block in found if block]


def hangs(previous, line):
    """An indented line that goes on with the sentence above it, as against a row of a list."""
    return not previous.startswith("  ") and len(previous) > (130 if previous.endswith(":") else 90) and "   " not in line.strip()


def plain(text):
    """Text that markdown shows as it is; what stands in `backquotes` stays code."""
    return "".join(piece if piece.startswith("`") else re.sub(r"[\\*]|<(?=[A-Za-z/!])", r"\\\g<0>", piece) for piece in re.split(r"(`[^`]*`)", text))


def prose(block):
    """Paragraphs and lists of a block, as markdown: indented lines stay as they are written."""
    parts = []                                            # (is a list, lines)
    previous = ""
    for line in block:
        listed = line.startswith("  ") and not hangs(previous, line)
        ended = not line.startswith("  ") and previous.endswith(".")
        if not parts or parts[-1][0] != listed or ended:
            parts.append((listed, []))
        parts[-1][1].append(line)
        previous = line if listed or not line.startswith("  ") else "x" * 91 + line[-1]   # what hangs is prose too
    text = []
    for listed, lines in parts:
        if listed:
            least = min(len(line) - len(line.lstrip()) for line in lines)
            text.append("```text\n" + "\n".join(line[least:] for line in lines) + "\n```")
        else:
            text.append("\n".join(plain(line.strip()) for line in lines))
    return "\n\n".join(text)


def described(path):
    """Forms, definition and source of a page."""
    forms, definition, source = "", [], []
    for number, block in enumerate(blocks(head(path)[1:])):
        at = next((i for i, line in enumerate(block) if re.match(r"References?:", line)), len(block))
        if number == 0 and all(line.startswith("  ") for line in block):
            forms = "\n".join(line[2:] for line in block)
            continue
        if block[:at]:
            definition.append(prose(block[:at]))
        if block[at:]:
            source.append(prose([re.sub(r"^References?: *", "", " ".join(line.strip() for line in block[at:]))]))
    return forms, "\n\n".join(definition), "\n\n".join(source)


def blocks_for(path):
    """{function: (definition, source)} of the comments "-- name, name: ..." in a script that serves several functions, up to the first line that is no comment."""
    found, block = {}, []
    for line in path.read_text(encoding="utf-8").splitlines() + [""]:
        if line.startswith("-- "):
            block.append(line[3:])
            continue
        begin = re.match(r"((?:\w+)(?:, \w+)*): ", block[0]) if block else None
        if begin:
            at = next((i for i, text in enumerate(block) if text.startswith("Source: ")), len(block))
            words = [block[0][begin.end():]] + block[1:at]
            text = plain(words[0][0].upper() + words[0][1:]) + "".join("\n" + plain(word) for word in words[1:])
            for name in begin.group(1).split(", "):
                found[name] = (text, plain(" ".join(block[at:]).removeprefix("Source: ")))
        block = []
    return found


# ---------------------------------------------------------------- cells and tables
def shown(value):
    if value is None:
        return ""
    if isinstance(value, float):
        return "0" if abs(value) < 1e-12 else f"{value:.6g}"
    text = str(value)
    return text[:77] + "..." if text.startswith("{") and len(text) > 80 else text


def cell(text):
    return plain(text).replace("|", "\\|").replace("\n", " ")


def table(names, rows):
    numeric = [any(isinstance(row[c], (int, float)) for row in rows) and not any(isinstance(row[c], str) for row in rows) for c in range(len(names))]
    lines = [names, ["---:" if number else ":---" for number in numeric]] + [[shown(value) for value in row] for row in rows]
    return "\n".join("| " + " | ".join(cell(text) for text in line) + " |" for line in lines)


def output(name, cursor):
    """What an example gives, as markdown; and the figure, if it is one."""
    names, rows = [column[0] for column in cursor.description], cursor.fetchall()
    if len(rows) == 1 and len(names) == 1 and isinstance(rows[0][0], str) and not rows[0][0].startswith("{"):
        text = rows[0][0]
        if text.lstrip().startswith("<svg") or text.lstrip().startswith("<?xml"):
            return f"![{name}]({name}.svg)", text.rstrip() + "\n"
        if "\n" in text:
            return "```text\n" + "\n".join(line.rstrip() for line in text.rstrip().splitlines()) + "\n```", None
    markdown = table(names, rows[:ROWS])
    return (markdown + f"\n\nand {len(rows) - ROWS} rows more." if len(rows) > ROWS else markdown), None


def options_table(text):
    """Lines `name=choices [default]: meaning`."""
    rows = []
    for line in text.splitlines():
        name, choices, fallback, meaning = re.match(r"(\w+)(?:=(\S+))?(?: \[(.*?)\])?: (.*)", line).groups()
        rows.append([f"`{name}`", (choices or "").replace("|", ", "), fallback or "", meaning])
    return table(["option", "values", "default", "meaning"], rows)


def lines_of(sql):
    """A statement with its own FROM and WHERE, not those of subqueries and strings, at the heads of lines."""
    text, depth = "", 0
    for piece in re.split(r"('(?:[^']|'')*'|[()]| (?=(?:FROM|WHERE|UNION|GROUP|ORDER) ))", sql):
        depth += (piece == "(") - (piece == ")")
        text += "\n" if piece == " " and depth == 0 else piece
    return text


# ---------------------------------------------------------------- pages
def page(db, row, shared, files):
    name, kind, signature, summary, options, columns, example = row
    path = ROOT / "sql" / f"{name}.sql"
    forms, definition, source = described(path) if path.exists() else ("", "", "")
    if not path.exists():
        definition, source = next((blocks_for(other)[name] for other in shared if name in blocks_for(other)), ("", ""))
    parts = [f"# {name}", plain(f"{summary[0].upper()}{summary[1:]} ({kind})."), "```text\n" + (forms or signature.replace(" | " + name, "\n" + name)) + "\n```"]
    if definition:
        parts += ["## Definition", definition]
    if columns:
        parts += ["## Columns", ", ".join(f"`{column}`" for column in columns.split(", "))]
    if options:
        parts += ["## Options", options_table(options)]
    if example:
        parts += ["## Example", "```sql\n" + lines_of(example) + ";\n```"]
        if name not in UNSTABLE:
            text, figure = output(name, db.execute(example))
            parts.append(text)
            if figure:
                files[f"{name}.svg"] = figure
    if source:
        parts += ["## Source", source]
    more = [path] if path.exists() else [other for other in shared if name in blocks_for(other) or re.search(rf"\b{name}\(", "\n".join(head(other)))]
    if more:
        parts.append("More examples: " + ", ".join(f"[sql/{other.name}](../{other.name})" for other in more) + ".")
    files[f"{name}.md"] = "\n\n".join(parts) + "\n"


def pages(db):
    """{file name: text} of the whole reference; db has the extension and the shipped tables."""
    rows = db.execute("SELECT name, kind, signature, summary, options, columns, example FROM econ_help()").fetchall()
    names = {row[0] for row in rows}
    shared = [path for path in sorted((ROOT / "sql").glob("*.sql")) if path.stem not in names | {"demo"}]
    files, index, left = {}, ["# Reference", "A page a function, made by `make reference` from `econ_help()` and the comments that open `sql/NAME.sql`. "
                              "Examples run on the shipped tables ([what they are](../data/README.md))."], list(rows)
    for theme, pattern in THEMES:
        here = [row for row in left if re.match(pattern, row[0])]
        left = [row for row in left if row not in here]
        if here:
            index += [f"## {theme}", "\n".join(f"- [{row[0]}]({row[0]}.md): {plain(row[3])}" for row in here)]
    for row in rows:
        page(db, row, shared, files)
    files["README.md"] = "\n\n".join(index) + "\n"
    return files


def main():
    database, extension = (sys.argv[1:] + ["build/demo.db", "dist/econ"][len(sys.argv) - 1:])[:2]
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    db.enable_load_extension(True)
    db.load_extension(str(pathlib.Path(extension).resolve()))
    files = pages(db)
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.iterdir():
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(files)} files in {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
