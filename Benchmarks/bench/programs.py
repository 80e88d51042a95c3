"""Running one program."""

import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager

WATCHDOG = 300  # seconds; it is there for hangs


class ProgramError(Exception):
    """A program failed; says which, and shows what it wrote to stderr."""

    def __init__(self, words, what, stderr):
        lines = "".join(f"\n    {line}" for line in stderr.strip().splitlines()[-20:])
        super().__init__(f"{' '.join(words)}: {what}{lines}")


@contextmanager
def running(words, stdin=subprocess.DEVNULL):
    """Gives (process, stderr). The program has a session of its own: Ctrl-C is for the harness, which then ends all
    that the program has started."""
    with tempfile.TemporaryFile("w+", errors="replace") as stderr:
        process = subprocess.Popen(
            words, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True)
        try:
            yield process, stderr
        finally:
            _end(process)


def run(words):
    """What a program that times itself says: a list of {name: number}, one for each line."""
    with running(words) as (process, stderr):
        try:
            output, _ = process.communicate(timeout=WATCHDOG)
        except subprocess.TimeoutExpired:
            raise ProgramError(words, f"no end after {WATCHDOG} s", read_back(stderr)) from None
        if process.returncode:
            raise ProgramError(words, f"status {process.returncode}", read_back(stderr))
        lines = [dict(re.findall(r"(\w+)=(\S+)", line)) for line in output.splitlines()]
        if not lines or not all({"operations", "seconds"} <= line.keys() for line in lines):
            raise ProgramError(words, f"said {output!r}", read_back(stderr))
    return [{name: float(value) for name, value in line.items()} for line in lines]


@contextmanager
def burning(words, count):
    """Keeps `count` cores busy meanwhile."""
    burners = [subprocess.Popen(words, start_new_session=True) for _ in range(count)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
        for burner in burners:
            burner.wait()


def _end(process):
    """Interrupts what is left of the program's session, and kills what does not follow."""
    for signal_number, grace in ((signal.SIGINT, 3), (signal.SIGKILL, 3)):
        try:
            os.killpg(process.pid, signal_number)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + grace
        while time.monotonic() < deadline and (process.poll() is None or session(process.pid)):
            time.sleep(0.01)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream and not stream.closed:
            try:
                stream.close()
            except BrokenPipeError:
                pass


def session(leader):
    """The living processes of a session."""
    members = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    state, _, _, belongs_to = file.read().rsplit(")", 1)[1].split()[:4]
            except OSError:
                continue
            if int(belongs_to) == leader and state not in "ZX":
                members.append(int(entry))
    return members


def read_back(stderr):
    stderr.seek(0)
    return stderr.read()
