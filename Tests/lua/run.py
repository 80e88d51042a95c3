"""Runs TAP programs one after the other and prints "N passed, N failed" as its last line.

    MPRUN=… python3 Tests/lua/run.py FILE…      a .lua file runs under $MPRUN, anything else by itself

Each program has a session, a temporary working directory and a watchdog of its own. When it has ended, no
process that it started and nothing in /dev/shm may be left: each leftover counts as a failed test. (Left-over
descriptors are seen from inside, by tap.lua.)
"""

import ctypes
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

WATCHDOG = float(os.environ.get("TEST_TIMEOUT", "300"))  # generous: it is there for hangs, not for slowness
GRACE = 2.0  # a process whose parent was killed needs a moment to die
HERE = os.path.dirname(os.path.abspath(__file__))
RESULT = re.compile(r"(not )?ok\b\s*\d*\s*(?:- )?(.*)")


def adopt_orphans():
    """Makes this process the parent of every orphan below it, so that nothing escapes by forking twice."""
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def descendants():
    """Living processes below this one: [(pid, command)]."""
    parents, names = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                head, tail = file.read().rsplit(")", 1)
            state, parent = tail.split()[:2]
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                command = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if state not in "ZX":
            parents[int(entry)] = int(parent)
            names[int(entry)] = command or head.split("(", 1)[1]
    found, frontier = [], [os.getpid()]
    while frontier:
        above = frontier.pop()
        below = [pid for pid, parent in parents.items() if parent == above]
        found += below
        frontier += below
    return [(pid, names[pid]) for pid in found]


def reap_orphans():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def leftovers():
    """What still runs after the grace period; it is killed."""
    deadline = time.monotonic() + GRACE
    while (left := descendants()) and time.monotonic() < deadline:
        reap_orphans()
        time.sleep(0.02)
    survivors = left
    while left:
        for pid, _ in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
        reap_orphans()
        left = descendants()
    reap_orphans()
    return survivors


def shared_memory():
    return set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()


def run(path):
    """Returns (passed, complaints, seconds); a complaint is a list of lines."""
    path = os.path.abspath(path)
    command = [os.environ["MPRUN"], path] if path.endswith(".lua") else [path]
    environment = dict(os.environ, LUA_PATH=f"{HERE}/?.lua;;", FIXTURES=os.path.join(HERE, "..", "fixtures"))
    before, started, timed_out = shared_memory(), time.monotonic(), False

    with tempfile.TemporaryDirectory(prefix="mprun-test-") as directory, tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True)
        try:
            process.wait(WATCHDOG)
        except subprocess.TimeoutExpired:
            timed_out = True
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        seconds = time.monotonic() - started
        survivors = leftovers()
        output.seek(0)
        lines = output.read().decode(errors="replace").splitlines()

    passed, complaints = judge(lines, process.returncode, timed_out)
    complaints += [[f"left a process behind: {pid} {name}"] for pid, name in survivors if not timed_out]
    complaints += [[f"left shared memory behind: /dev/shm/{name}"] for name in sorted(shared_memory() - before)]
    return passed, complaints, seconds


def judge(lines, status, timed_out):
    passed, complaints, planned, seen = 0, [], None, 0
    for number, line in enumerate(lines):
        if plan := re.fullmatch(r"1\.\.(\d+)", line):
            planned = int(plan[1])
        elif result := RESULT.match(line):
            seen += 1
            if not result[1]:
                passed += 1
                continue
            diagnostics = []
            for following in lines[number + 1:]:
                if not following.startswith("#") or following.startswith("# Subtest"):
                    break
                diagnostics.append(following)
            complaints.append([line] + diagnostics)
    tail = lines[-25:]
    if timed_out:
        complaints.append([f"still running after {WATCHDOG:.0f} s; its last lines:"] + tail)
    elif planned is None:
        complaints.append([f"ended without a plan, status {status}; its last lines:"] + tail)
    elif planned != seen:
        complaints.append([f"planned {planned} tests, ran {seen}"])
    elif status != 0 and not complaints:
        complaints.append([f"status {status} although no test failed; its last lines:"] + tail)
    return passed, complaints


def main():
    adopt_orphans()
    total_passed = total_failed = 0
    for path in sys.argv[1:]:
        passed, complaints, seconds = run(path)
        total_passed += passed
        total_failed += len(complaints)
        verdict = "FAILED" if complaints else "ok"
        print(f"{verdict:6}  {os.path.basename(path):32} {passed:4} passed  {seconds:6.1f} s")
        for complaint in complaints:
            print("\n".join("        " + line for line in complaint))
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed else 0


if __name__ == "__main__":
    sys.exit(main())
