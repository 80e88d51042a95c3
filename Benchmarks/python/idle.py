"""A family that waits, each for something else: idle.py COUNT

Says how far it is, and goes on when it is given a line. Ends by an interrupt.
"""

import sys
from multiprocessing import Condition, Event, Lock, Pipe, Process, Queue, Semaphore


def pause(stage):
    print(stage, flush=True)
    sys.stdin.readline()


def wait_for_item(queue, *_):
    queue.get()


def wait_for_lock(queue, held, *_):
    held.acquire()


def wait_for_event(queue, held, event, condition):
    event.wait()


def wait_for_notification(queue, held, event, condition):
    with condition:
        condition.wait()


WAITS = [wait_for_item, wait_for_lock, wait_for_event, wait_for_notification]


def work(wait, ready, *objects):
    ready.release()
    wait(*objects)


ready, held = Semaphore(0), Lock()
held.acquire()
pause("alone")
objects = (Queue(), held, Event(), Condition())
here, there = Pipe()
count = int(sys.argv[1])
workers = [Process(target=work, args=(WAITS[i % len(WAITS)], ready, *objects)) for i in range(count)]
for worker in workers:
    worker.start()
for _ in workers:
    ready.acquire()
pause("together")
here.recv()
