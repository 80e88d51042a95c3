"""A process is started and joined: process.py NAME COUNT"""

import sys
from multiprocessing import Process
from time import perf_counter


def nothing():
    pass


name, count = sys.argv[1], int(sys.argv[2])
started = perf_counter()
for _ in range(count):
    process = Process(target=nothing)
    process.start()
    process.join()
print(name, (perf_counter() - started) / count * 1e6, "us")
