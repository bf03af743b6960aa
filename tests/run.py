#!/usr/bin/env python3
"""Runs everything that must hold and ends with one line: N passed, N failed. Exit status 0 only without a failure.

    tests/run.py            all parts, in the order below
    tests/run.py python     some of them

Standard library only. A part is a function here; it yields outcomes (passed, failed, skipped), and the log of what failed is printed.
1. build     the extension and the static library, only the entry point exported, layers kept
2. warnings  the same sources under gcc and clang with -Werror, and as objects for Windows where there is mingw
3. unit      tests/num, tests/est and tests/sqlite, C programs that end with "N passed, N failed"; on x86 also with the types of ARM, where char has no sign
             and long double is no wider than double
4. python    pytest over tests/ with the system's SQLite
5. apsw      the same on the SQLite that APSW brings (a virtual environment in build/)
6. faults    every 41st allocation failing, an interrupt at every 41st poll, for every public function (`make faults` takes every single one)
7. sanitize  unit and python again under the address and undefined-behaviour sanitizers, and the examples in the sqlite3 shell with leak detection
"""
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = os.environ.get("PYTHON", "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable)
SANITIZE = "-fsanitize=address,undefined -fno-sanitize-recover=undefined"
SANITIZED = ["BUILD=build/sanitize", "LIBRARY=build/sanitize/econ.so", "CC=gcc", f"CFLAGS=-O1 -g -fno-omit-frame-pointer {SANITIZE}"]
MINGW = "x86_64-w64-mingw32-gcc"
LIMIT = 900   # seconds for one command


def run(*command, quiet=True, given="", **environment):
    """Exit status and output; the output is shown when it fails. given: what the command reads."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=ROOT, env={**os.environ, **environment}, timeout=LIMIT, text=True,
                              errors="replace", input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        status, output = done.returncode, done.stdout
    except OSError as error:
        status, output = 127, str(error)
    except subprocess.TimeoutExpired as late:
        so_far = late.stdout or b""  # bytes here, whatever text= says
        status, output = 124, so_far.decode(errors="replace") + f"\nno end after {LIMIT} seconds"
    if status != 0 and quiet:
        print("\n".join(output.splitlines()[-200:]), flush=True)
    return status, output


def make(*targets, **environment):
    return run("make", "-s", "-j2", *targets, **environment)[0] == 0


def check(holds, skipped=0):
    return (1, 0, skipped) if holds else (0, 1, skipped)


# ---------------------------------------------------------------- parts
def build():
    yield check(make("all"))
    yield check(make("static"))
    yield check(make("check-symbols"))
    yield check(make("check-layers"))


def warnings():
    for compiler in ("gcc", "clang"):
        if not shutil.which(compiler):
            print(f"no {compiler}: not tried")
            yield 0, 0, 1
            continue
        folder = f"build/strict-{compiler}"
        yield check(make(f"CC={compiler}", f"BUILD={folder}", f"LIBRARY={folder}/econ.so", "CFLAGS=-O2 -Werror"))
    if shutil.which(MINGW):
        headers = ROOT / "build/strict-mingw/include"  # SQLite's and AMD's alone: the others of the folder they stand in are this system's
        shutil.copytree("/usr/include/suitesparse", headers / "suitesparse", dirs_exist_ok=True)
        for name in ("sqlite3.h", "sqlite3ext.h"):
            shutil.copy(f"/usr/include/{name}", headers)
        yield check(make("objects", f"CC={MINGW}", "BUILD=build/strict-mingw", f"CFLAGS=-O1 -Werror -I{headers} -I{headers}/suitesparse"))


def programs(folder, **environment):
    for source in sorted((ROOT / "tests").glob("*/test_*.c")):
        program = ROOT / folder / source.relative_to(ROOT).with_suffix("")
        status, output = run(program, **environment)
        counts = re.findall(r"^(\d+) passed, (\d+) failed", output, re.MULTILINE)
        passed, failed = map(int, counts[-1]) if counts else (0, 1)
        if status != 0 or failed:
            print(f"FAILED: {program.relative_to(ROOT)}, status {status}")
            failed = max(failed, 1)
        yield passed, failed, 0


def unit():
    yield check(make("unit-tests"))
    yield from programs("build/release")
    if platform.machine() == "x86_64":
        yield check(make("unit-tests", "CC=gcc", "BUILD=build/portable", "CFLAGS=-O1 -Werror -funsigned-char -mlong-double-64"))
        yield from programs("build/portable")


def pytest(python, *arguments, **environment):
    status, output = run(python, "-m", "pytest", "-c", "tests/pytest.ini", "tests", *arguments, **environment)
    closing = output.rstrip().rsplit("\n", 1)[-1]
    count = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)", closing)}
    failed = count.get("failed", 0) + count.get("error", 0)
    passed = count.get("passed", 0)
    if status != 0 or passed == 0:
        failed = max(failed, 1)
        print(f"FAILED: pytest, status {status}: {closing}")
    return passed, failed, count.get("skipped", 0)


def python():
    yield check(make("all"))
    yield pytest(PYTHON)


def apsw():
    home = ROOT / "build" / "apsw"
    program = home / "bin" / "python"
    if run(program, "-c", "import apsw", quiet=False)[0] != 0 if program.exists() else True:
        status, output = run(PYTHON, "-m", "venv", "--clear", "--system-site-packages", home, quiet=False)
        if status == 0:
            status, output = run(program, "-m", "pip", "install", "--quiet", "apsw", quiet=False)
        if status != 0:
            print("APSW cannot be had here: not tried\n" + output[-500:])
            yield 0, 0, 1
            return
    yield pytest(program, ECON_SQLITE="apsw")


def faults():
    status, output = run("make", "-s", "-j2", "faults", "STRIDE=41")
    counts = re.findall(r"^(\d+) passed, (\d+) failed", output, re.MULTILINE)
    for passed, failed in counts:
        yield int(passed), int(failed), 0
    if status != 0 or len(counts) != 2:
        yield 0, 1, 0


def sanitize():
    if run("gcc", "-print-file-name=libasan.so", quiet=False)[1].strip() in ("", "libasan.so"):
        print("no libasan beside gcc: not tried")
        yield 0, 0, 1
        return
    yield check(make(*SANITIZED, "all", "unit-tests"))
    yield from programs("build/sanitize")
    libraries = [run("gcc", f"-print-file-name={name}")[1].strip() for name in ("libasan.so", "libubsan.so")]
    options = {"LD_PRELOAD": " ".join(libraries), "UBSAN_OPTIONS": "print_stacktrace=1", "ECON_EXTENSION": str(ROOT / "build/sanitize/econ"),
               "ECON_SANITIZED": "1"}
    # Python never gives back all of its memory; the examples below are looked through for leaks in the shell, which does.
    yield pytest(PYTHON, **options, ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1")
    for example in sorted((ROOT / "sql").glob("*.sql")):
        script = example.read_text(encoding="utf-8").replace(".load dist/econ", "")
        status, output = run("sqlite3", "-bail", "-batch", given=".load build/sanitize/econ\n.read sql/data/import.sql\n" + script, quiet=False,
                             **options, ASAN_OPTIONS="detect_leaks=1")
        if status != 0:
            print(f"FAILED: {example.name}, status {status}\n" + "\n".join(output.splitlines()[-60:]))
        yield check(status == 0)


PARTS = (build, warnings, unit, python, apsw, faults, sanitize)


def main():
    names = sys.argv[1:]
    unknown = set(names) - {part.__name__ for part in PARTS}
    if unknown:
        sys.exit(f"no part {sorted(unknown)}; there are {', '.join(part.__name__ for part in PARTS)}")
    total = [0, 0, 0]
    for part in PARTS:
        if names and part.__name__ not in names:
            continue
        start, here = time.monotonic(), [0, 0, 0]
        for outcome in part():
            here = [a + b for a, b in zip(here, outcome)]
        print(f"{part.__name__}: {here[0]} passed, {here[1]} failed, {here[2]} skipped in {time.monotonic() - start:.0f} s", flush=True)
        total = [a + b for a, b in zip(total, here)]
    if total[0] == 0:
        total[1] += 1
    if total[2]:
        print(f"{total[2]} skipped: see above")
    print(f"{total[0]} passed, {total[1]} failed")  # the last line, and nothing else in it: it is read by programs
    sys.exit(1 if total[1] else 0)


main()
