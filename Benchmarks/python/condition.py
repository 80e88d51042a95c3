"""Two processes take turns by a Condition, COUNT hand-offs: condition.py COUNT"""

import sys
from multiprocessing import Condition, Lock, Process, RawValue, Semaphore
from time import perf_counter


def play(me, changed, turn, hand_offs, count):
    changed.acquire()
    for _ in range(count):
        while turn.value != me:
            changed.wait()
        turn.value = 1 - me
        hand_offs.value += 1
        changed.notify()
    changed.release()


def opponent(ready, *game):
    ready.release()
    play(1, *game)
    ready.release()


count = int(sys.argv[1]) // 2
ready = Semaphore(0)
game = (Condition(Lock()), RawValue("i", 0), RawValue("q", 0), count)
peer = Process(target=opponent, args=(ready, *game))
peer.start()
ready.acquire()
started = perf_counter()
play(0, *game)
ready.acquire()
print(f"operations={2 * count} seconds={perf_counter() - started}")
peer.join()
assert game[2].value == 2 * count, "a turn got lost"
