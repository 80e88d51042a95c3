"""Counting in a shared Value under its lock, COUNT in all: value.py COUNT PROCESSES"""

import sys
from multiprocessing import Process, Semaphore, Value
from time import perf_counter, sleep


def work(value, ready, done, count):
    lock = value.get_lock()
    ready.release()
    for _ in range(count):
        lock.acquire()
        value.value += 1
        lock.release()
    done.release()


count, processes = map(int, sys.argv[1:])
value, ready, done = Value("q", 0), Semaphore(0), Semaphore(0)
lock = value.get_lock()
lock.acquire()  # holds everybody back until all are there
workers = [Process(target=work, args=(value, ready, done, count // processes)) for _ in range(processes)]
for worker in workers:
    worker.start()
for _ in workers:
    ready.acquire()
sleep(0.02)
started = perf_counter()
lock.release()
for _ in workers:
    done.acquire()
print(f"operations={count} seconds={perf_counter() - started}")
for worker in workers:
    worker.join()
assert value.value == count // processes * processes, "the lock did not exclude"
