"""Counting in a shared Value under its lock: value.py NAME COUNT PROCESSES"""

import sys
from multiprocessing import Process, Value
from time import perf_counter, sleep


def work(value, lock, count):
    for _ in range(count):
        lock.acquire()
        value.value += 1
        lock.release()


name, count, processes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
value = Value("q", 0)
lock = value.get_lock()
lock.acquire()  # holds everybody back until all are there
workers = [Process(target=work, args=(value, lock, count)) for _ in range(processes)]
for worker in workers:
    worker.start()
sleep(0.05)
started = perf_counter()
lock.release()
for worker in workers:
    worker.join()
taken = perf_counter() - started
assert value.value == count * processes
print(name, taken / count / processes * 1e9, "ns")
