"""A message to another process and back: round_trip.py NAME COUNT"""

import sys
from multiprocessing import Process, Queue
from time import perf_counter


def echo(there, back, count):
    for _ in range(count):
        back.put(there.get())


name, count = sys.argv[1], int(sys.argv[2])
there, back = Queue(), Queue()
peer = Process(target=echo, args=(there, back, count + 1))
peer.start()
there.put(0)
back.get()
started = perf_counter()
for i in range(count):
    there.put(i)
    back.get()
print(name, (perf_counter() - started) / count * 1e6, "us")
peer.join()
