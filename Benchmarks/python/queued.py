"""A queue with COUNT integers in it: queued.py COUNT

Says how far it is, and goes on when it is given a line.
"""

import sys
from multiprocessing import Queue


def pause(stage):
    print(stage, flush=True)
    sys.stdin.readline()


count = int(sys.argv[1])
queue = Queue()
queue.put(0)
queue.get()
pause("empty")
for i in range(count):
    queue.put(1000000 + i)
pause("full")
assert queue.qsize() == count
for i in range(count):
    assert queue.get() == 1000000 + i
