"""Programs that are watched from outside: what all their processes use together."""

import os
import select
import subprocess
import time
from contextlib import contextmanager

from .programs import WATCHDOG, ProgramError, read_back, running, session

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Family:
    """A program that pauses at the stages that it names, with all its processes."""

    def __init__(self, words, process, stderr):
        self._words, self._process, self._stderr = words, process, stderr

    def reach(self, stage):
        """Waits until the program says that it is there."""
        ready, _, _ = select.select([self._process.stdout], [], [], WATCHDOG)
        said = self._process.stdout.readline().strip() if ready else f"nothing for {WATCHDOG} s"
        if said != stage:
            raise ProgramError(self._words, f"said {said!r} instead of {stage!r}", read_back(self._stderr))

    def proceed(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def expect(self, processes):
        """They must all be there."""
        living = len(session(self._process.pid))
        if living != processes:
            raise ProgramError(self._words, f"{living} processes instead of {processes}", read_back(self._stderr))

    def finish(self):
        """Goes on to the end, where the program checks what it has."""
        self.proceed()
        if status := self._process.wait(WATCHDOG):
            raise ProgramError(self._words, f"status {status}", read_back(self._stderr))

    def bytes(self):
        """The memory of all processes: a page that n of them share counts 1/n in each."""
        return sum(_proportional_set(pid) for pid in session(self._process.pid))

    def cpu_seconds(self):
        """User and system time of all processes, so far."""
        return sum(_run_time(pid) for pid in session(self._process.pid))


@contextmanager
def watched(words):
    with running(words, subprocess.PIPE) as (process, stderr):
        yield Family(words, process, stderr)


def memory_of_children(count):
    """How much memory comes for each of `count` processes that wait."""

    def watch(family, quick):
        children = count.quick if quick else count.full
        family.reach("alone")
        alone = family.bytes()
        family.proceed()
        family.reach("together")
        family.expect(children + 1)
        return (family.bytes() - alone) / children

    return watch


def memory_of_items(count):
    """How much memory comes for each of `count` items in a queue."""

    def watch(family, quick):
        family.reach("empty")
        empty = family.bytes()
        family.proceed()
        family.reach("full")
        cost = (family.bytes() - empty) / (count.quick if quick else count.full)
        family.finish()
        return cost

    return watch


def cpu_of_children(count, seconds):
    """How much of one core a family of `count` and their parent uses while all wait."""

    def watch(family, quick):
        family.reach("alone")
        family.proceed()
        family.reach("together")
        family.proceed()
        time.sleep(0.05 if quick else 0.5)  # until it really waits
        started, used = time.monotonic(), family.cpu_seconds()
        time.sleep(seconds.quick if quick else seconds.full)
        share = (family.cpu_seconds() - used) / (time.monotonic() - started)
        family.expect((count.quick if quick else count.full) + 1)
        return share

    return watch


def _proportional_set(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has just ended


def _run_time(pid):
    """To the nanosecond where the kernel counts that, otherwise in ticks."""
    try:
        total = 0
        for thread in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                    total += int(file.read().split()[0]) / 1e9
            except FileNotFoundError:
                with open(f"/proc/{pid}/task/{thread}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
                total += (int(fields[11]) + int(fields[12])) / CLOCK_TICKS
        return total
    except (FileNotFoundError, ProcessLookupError):
        return 0
