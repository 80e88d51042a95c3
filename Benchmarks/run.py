"""Runs the benchmarks of mprun, CPython and C side by side and prints one table.

    run.py [--rounds N] [NAME…]       a NAME selects the rows that contain it

The contestants of a row take turns in every round, so that a slow minute of the machine slows all of them. Shown is
the median of the rounds; ratios are medians of the ratios within a round.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MPRUN = os.path.join(HERE, "..", ".build", "release", "mprun")
PYTHON = "/usr/bin/python3"


def row(name, title, mprun=None, python=None, c=None, lua=None, higher_is_better=False):
    return name, title, {"mprun": mprun, "CPython": python, "C": c, "lua5.4": lua}, higher_is_better


def queue(kind, title, size, count):
    name = f"queue_{kind}"
    return row(
        name, title, higher_is_better=True,
        mprun=[MPRUN, f"{HERE}/lua/queue.lua", name, kind, count],
        python=[PYTHON, f"{HERE}/python/queue_throughput.py", name, kind, count],
        c=["queue", name, size, count])


def same(name, title, program, *arguments):
    return row(
        name, title,
        mprun=[MPRUN, f"{HERE}/lua/{program}.lua", name, *arguments],
        python=[PYTHON, f"{HERE}/python/{program}.py", name, *arguments],
        c=[program, name, *arguments])


def same_without_detection(name, title, program, *arguments):
    """The same, where mprun does not look for deadlocks."""
    name, title, commands, better = same(name, title, program, *arguments)
    commands["mprun"].insert(1, "--deadlock=off")
    return name, title, commands, better


def same_python(name, title, program, *arguments):
    return row(
        name, title,
        mprun=[MPRUN, f"{HERE}/lua/{program}.lua", name, *arguments],
        python=[PYTHON, f"{HERE}/python/{program}.py", name, *arguments])


def beside_python(name, title, program, counts, *arguments, higher_is_better=False):
    """The contestants do as much as each needs for a steady figure."""
    mine, pythons = counts
    return row(
        name, title, higher_is_better=higher_is_better,
        mprun=[MPRUN, f"{HERE}/lua/{program}.lua", name, *arguments, mine],
        python=[PYTHON, f"{HERE}/python/{program}.py", name, *arguments, pythons])


def compute(kind):
    script = [f"{HERE}/lua/compute.lua", f"compute_{kind}", kind]
    return row(f"compute_{kind}", f"pure Lua: {kind}", mprun=[MPRUN, *script], lua=["lua5.4", *script])


ROWS = [
    queue("int", "queue, integer", 8, 200000),
    queue("small", "queue, small table", 40, 200000),
    queue("1k", "queue, 1 KiB string", 1024, 200000),
    queue("1m", "queue, 1 MiB string", 1 << 20, 400),
    same("round_trip", "queue round trip", "round_trip", 10000),
    same("start_join", "process start + join", "process", 300),
    same("lock_free", "lock pair, free", "lock", 2000000, 1),
    same("lock_contended", "lock pair, two contending", "lock", 2000000, 2),
    same_without_detection("lock_free_off", "lock pair, free, no detection", "lock", 2000000, 1),
    same_without_detection("lock_contended_off", "the same, two contending", "lock", 2000000, 2),
    same_python("value_free", "count in a Value under its lock", "value", 500000, 1),
    same_python("value_contended", "the same, two contending", "value", 200000, 2),
    beside_python("manager_dict_get", "Manager dict, get", "manager_dict", (300000, 5000), "get"),
    beside_python("manager_dict_set", "Manager dict, set", "manager_dict", (300000, 5000), "set"),
    beside_python("pool_chunk_1", "Pool.map, chunk size 1", "pool", (200000, 20000), 1, higher_is_better=True),
    beside_python("pool_default", "Pool.map, default chunks", "pool", (1000000, 1000000), 0, higher_is_better=True),
    row("start", "start of an empty script",
        mprun=["start", "start", 50, MPRUN, f"{HERE}/lua/empty.lua"],
        lua=["start", "start", 50, "lua5.4", f"{HERE}/lua/empty.lua"]),
    row("import", "start with multiprocessing",
        mprun=["start", "import", 20, MPRUN, "-e", 'require "multiprocessing"'],
        python=["start", "import", 20, PYTHON, "-c", "import multiprocessing"]),
    compute("fib"), compute("sieve"), compute("strings"),
]
COLUMNS = ["mprun", "CPython", "C", "lua5.4"]


def build(directory):
    compiler = os.environ.get("CC", "cc")
    for name in sorted(os.listdir(f"{HERE}/c")):
        if name.endswith(".c"):
            subprocess.run(
                [compiler, "-O2", "-Wall", "-pthread", "-o", f"{directory}/{name[:-2]}", f"{HERE}/c/{name}"], check=True)


def measure(command, directory):
    """One number, and its unit, from a line "name value unit"."""
    words = [str(word) for word in command]
    if "/" not in words[0] and os.path.exists(f"{directory}/{words[0]}"):
        words[0] = f"{directory}/{words[0]}"
    result = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode:
        sys.exit(f"{' '.join(words)}\n{result.stderr}")
    _, value, unit = result.stdout.split()
    return float(value), unit


def human(value, unit):
    if unit == "/s":
        return f"{value / 1e6:.2f} M/s" if value >= 1e6 else f"{value:,.0f} /s"
    return f"{value:.3g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"


def ratio(mine, other, higher_is_better):
    """How many times better mprun is (below 1: worse), judged round by round."""
    return statistics.median(m / o if higher_is_better else o / m for m, o in zip(mine, other))


def report(title, results, units, higher_is_better):
    cells = [f"{title:28}"]
    for column in COLUMNS:
        values = results.get(column)
        cells.append(f"{human(statistics.median(values), units[column]) if values else '–':>12}")
    for column in COLUMNS[1:]:
        both = "mprun" in results and column in results
        cells.append(f"{ratio(results['mprun'], results[column], higher_is_better):>9.3g} ×" if both else f"{'–':>11}")
    print("  ".join(cells), flush=True)


def main():
    parser = argparse.ArgumentParser(description="mprun beside CPython's multiprocessing and C")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    rows = [r for r in ROWS if not options.names or any(name in r[0] for name in options.names)]
    if not rows:
        sys.exit("no such benchmark; there are: " + " ".join(r[0] for r in ROWS))
    if not os.path.exists(MPRUN):
        print("mprun is not built: its column stays empty", file=sys.stderr)

    with tempfile.TemporaryDirectory() as directory:
        build(directory)
        header = [f"{'median of ' + str(options.rounds) + ' rounds':28}"]
        header += [f"{column:>12}" for column in COLUMNS] + [f"{'× ' + column:>11}" for column in COLUMNS[1:]]
        print("  ".join(header))
        for _, title, commands, higher_is_better in rows:
            results, units = {}, {}
            for _ in range(options.rounds):
                for column, command in commands.items():
                    if command is None or MPRUN in command and not os.path.exists(MPRUN):
                        continue
                    value, units[column] = measure(command, directory)
                    results.setdefault(column, []).append(value)
            report(title, results, units, higher_is_better)
        print("\n× X: how many times better mprun is than X; below 1 it is worse.")


if __name__ == "__main__":
    main()
