"""Ratios in one process, median of five, ours and the other side in turn (the machines are noisy: read ratios, not seconds).

    make bench                      everything; the report also goes to build/bench.txt
    make bench ONLY=foundation      one section (a file tests/bench/NAME.py with a function run(bench))

A section asks bench.pair(label, other, ours, most) for two callables or two SQL texts, and bench.note(text) for the rest."""
import importlib
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXTENSION = str(ROOT / "dist" / "econ")
DATABASE = ROOT / "build" / "bench.db"
SECTIONS = [path.stem for path in sorted(HERE.glob("*.py")) if path.stem not in ("bench", "panels", "simulated")]


def connect(path=DATABASE):
    db = sqlite3.connect(path)
    db.enable_load_extension(True)
    db.load_extension(EXTENSION)
    return db


class Bench:
    def __init__(self):
        self.lines = []
        self.db = None

    def note(self, text):
        self.lines.append(text)
        print(text, flush=True)

    def tables(self, *wanted):
        import panels
        panels.make(DATABASE, wanted)
        self.db = connect()

    def timed(self, work):
        start = time.perf_counter()
        value = self.db.execute(work).fetchall() if isinstance(work, str) else work()
        return time.perf_counter() - start, value

    def pair(self, label, other, ours, most=None, runs=5):
        """Runs both in turn; prints medians and the median of the ratios ours / other. Returns what ours gave."""
        self.timed(other)
        pairs = []
        for _ in range(runs):
            a, _ = self.timed(other)
            b, value = self.timed(ours)
            pairs.append((a, b))
        ratio = statistics.median(b / a for a, b in pairs)
        target = "" if most is None else f"  at most {most}: {'ok' if ratio <= most else 'TOO SLOW'}"
        self.note(f"{label:<58} {statistics.median(a for a, _ in pairs):9.3f} s {statistics.median(b for _, b in pairs):9.3f} s  ratio {ratio:6.2f}{target}")
        return value

    def once(self, label, work, most=None):
        seconds, value = self.timed(work)
        target = "" if most is None else f"  at most {most} s: {'ok' if seconds <= most else 'TOO SLOW'}"
        self.note(f"{label:<58} {'':11} {seconds:9.3f} s{target}")
        return value

    def peak(self, sql):
        """Largest resident memory of a fresh process that runs one statement, in MB."""
        code = (f"import sys; sys.path.insert(0, {str(HERE)!r}); import bench; bench.connect().execute(sys.argv[1]).fetchall(); "
                "print(next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM')) / 1024)")
        return float(subprocess.run([sys.executable, "-c", code, sql], check=True, capture_output=True, text=True).stdout)


def main():
    only = [word for word in sys.argv[1:] if word] or SECTIONS
    bench = Bench()
    bench.note(f"{'':<58} {'other':>11} {'ours':>11}")
    for section in only:
        bench.note(f"---- {section}")
        importlib.import_module(section).run(bench)
    (ROOT / "build" / "bench.txt").write_text("\n".join(bench.lines) + "\n")


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    main()
