"""A message through a pipe and back: pipe.py COUNT"""

import sys
from multiprocessing import Pipe, Process
from time import perf_counter


def echo(there, count):
    for _ in range(count + 1):
        there.send(there.recv())


count = int(sys.argv[1])
here, there = Pipe()
peer = Process(target=echo, args=(there, count))
peer.start()
here.send(0)  # the other side is up
here.recv()
started = perf_counter()
for i in range(count):
    here.send(i)
    assert here.recv() == i
print(f"operations={count} seconds={perf_counter() - started}")
peer.join()
