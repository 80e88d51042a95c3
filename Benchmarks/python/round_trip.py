"""A message to another process and back: round_trip.py QUEUE COUNT"""

import sys
from multiprocessing import Process
from time import perf_counter

from queues import queue_of


def echo(there, back, count):
    for _ in range(count + 1):
        back.put(there.get())


count = int(sys.argv[2])
there, back = queue_of(sys.argv[1]), queue_of(sys.argv[1])
peer = Process(target=echo, args=(there, back, count))
peer.start()
there.put(0)  # the other side is up
back.get()
started = perf_counter()
for i in range(count):
    there.put(i)
    assert back.get() == i
print(f"operations={count} seconds={perf_counter() - started}")
peer.join()
