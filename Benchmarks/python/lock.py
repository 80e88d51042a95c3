"""A pair of acquire and release: lock.py NAME COUNT PROCESSES"""

import sys
from multiprocessing import Lock, Process
from time import perf_counter, sleep


def work(lock, count):
    for _ in range(count):
        lock.acquire()
        lock.release()


name, count, processes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
lock = Lock()
lock.acquire()  # holds everybody back until all are there
workers = [Process(target=work, args=(lock, count)) for _ in range(processes)]
for worker in workers:
    worker.start()
sleep(0.05)
started = perf_counter()
lock.release()
for worker in workers:
    worker.join()
print(name, (perf_counter() - started) / count / processes * 1e9, "ns")
