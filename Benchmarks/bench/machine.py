"""Where this was measured, and who else was busy there."""

import os
import platform
import resource
import time

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def cores():
    return len(os.sched_getaffinity(0))


def facts():
    return {
        "processor": _processor(), "cores": cores(), "kernel": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(), "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
    }


def _processor():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith(("model name", "Model")):
                return line.split(":", 1)[1].strip()
    return platform.machine()


class Company:
    """Others that use the machine meanwhile: the figures of a busy machine are noise."""

    def __init__(self):
        self.load_before = os.getloadavg()[0]
        self._started, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def busy_before(self):
        return self.load_before > cores()

    def share(self):
        """How many cores others have used on average since the beginning."""
        elapsed = time.monotonic() - self._started
        others = (_busy_seconds() - self._busy) - (_own_seconds() - self._own)
        return max(others / elapsed, 0.0) if elapsed > 0 else 0.0


def _busy_seconds():
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / CLOCK_TICKS


def _own_seconds():
    """Of this process and of all that it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
