"""A pair of acquire and release, COUNT in all: lock.py COUNT PROCESSES"""

import sys
from multiprocessing import Lock, Process, Semaphore
from time import perf_counter, sleep


def work(lock, ready, done, count):
    ready.release()
    for _ in range(count):
        lock.acquire()
        lock.release()
    done.release()


count, processes = map(int, sys.argv[1:])
lock, ready, done = Lock(), Semaphore(0), Semaphore(0)
lock.acquire()  # holds everybody back until all are there
workers = [Process(target=work, args=(lock, ready, done, count // processes)) for _ in range(processes)]
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
    assert worker.exitcode == 0
assert lock.acquire(block=False)
