"""Two processes wake each other by two Events, COUNT hand-offs: event.py COUNT"""

import sys
from multiprocessing import Event, Process
from time import perf_counter


def answer(ping, pong, count):
    for _ in range(count + 1):
        ping.wait()
        ping.clear()
        pong.set()


def ask(ping, pong):
    ping.set()
    pong.wait()
    pong.clear()


count = int(sys.argv[1]) // 2
ping, pong = Event(), Event()
peer = Process(target=answer, args=(ping, pong, count))
peer.start()
ask(ping, pong)  # the other side is up
started = perf_counter()
for _ in range(count):
    ask(ping, pong)
print(f"operations={2 * count} seconds={perf_counter() - started}")
peer.join()
assert peer.exitcode == 0 and not ping.is_set() and not pong.is_set()
