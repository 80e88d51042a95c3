"""Integers through a queue of faster-fifo, many in one call: batches.py BATCH COUNT

Queues of multiprocessing have no such calls; they are measured by throughput.py.
"""

import sys
from multiprocessing import Process, SimpleQueue
from time import perf_counter

from queues import queue_of


def consume(replies, items, batch, count):
    total = 0
    replies.put("ready")
    while count:
        got = items.get_many(max_messages_to_get=batch)
        total += sum(got)
        count -= len(got)
    replies.put(total)


batch, count = map(int, sys.argv[1:])
items, replies = queue_of("faster-fifo"), SimpleQueue()
numbers = list(range(1, batch + 1))
consumer = Process(target=consume, args=(replies, items, batch, count))
consumer.start()
replies.get()
started = perf_counter()
for _ in range(count // batch):
    items.put_many(numbers)
total = replies.get()
print(f"operations={count} seconds={perf_counter() - started}")
consumer.join()
assert total == count // batch * sum(numbers), "messages got lost"
