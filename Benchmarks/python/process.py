"""A process is started and joined by one with a heap: process.py COUNT MEGABYTES"""

import gc
import sys
from multiprocessing import Process
from time import perf_counter


def nothing():
    pass


def resident_kilobytes():
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("RssAnon:")).split()[1])


count, megabytes = map(int, sys.argv[1:])
heap, target = [], resident_kilobytes() + megabytes * 1024
gc.disable()
while megabytes and resident_kilobytes() < target:
    heap += [[i, i + 0.5] for i in range(1000)]
gc.enable()

first = Process(target=nothing)
first.start()  # imports what it needs
first.join()
started = perf_counter()
for _ in range(count):
    process = Process(target=nothing)
    process.start()
    process.join()
    assert process.exitcode == 0
print(f"operations={count} seconds={perf_counter() - started}")
