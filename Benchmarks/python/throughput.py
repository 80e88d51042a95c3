"""Messages through one queue, from producers to consumers: throughput.py QUEUE KIND PRODUCERS CONSUMERS COUNT"""

import sys
from multiprocessing import Event, Process, SimpleQueue
from time import perf_counter

from queues import queue_of
from values import value_of


def produce(items, value, count):
    for i in range(1, count + 1):
        items.put(i if value is None else value)


def wait_and_produce(replies, go, *work):
    replies.put("ready")
    go.wait()
    produce(*work)


def consume(replies, items, value, look, count):
    total = 0
    replies.put("ready")
    for _ in range(count):
        item = items.get()
        total += look(item)
    replies.put(total)
    assert value is None or item == value, "the last message is another"


value, look = value_of(sys.argv[2])
producers, consumers, count = map(int, sys.argv[3:])
items = queue_of(sys.argv[1], len(value) if isinstance(value, bytes) else 0)
replies, go = SimpleQueue(), Event()
share = count // producers

processes = [Process(target=consume, args=(replies, items, value, look, count // consumers)) for _ in range(consumers)]
processes += [Process(target=wait_and_produce, args=(replies, go, items, value, share)) for _ in range(1, producers)]
for process in processes:
    process.start()
for _ in processes:
    replies.get()

started = perf_counter()
go.set()
produce(items, value, share)
total = sum(replies.get() for _ in range(consumers))
print(f"operations={count} seconds={perf_counter() - started}")

for process in processes:
    process.join()
    assert process.exitcode == 0
expected = producers * share * (share + 1) // 2 if value is None else count * look(value)
assert total == expected, "messages got lost"
