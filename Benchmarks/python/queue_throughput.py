"""Throughput of a Queue from one process to another: queue_throughput.py NAME VALUE COUNT"""

import sys
from multiprocessing import Process, Queue
from time import perf_counter

VALUES = {
    "int": 12345678,
    "small": {"id": 1, "name": "item", "value": 1.5},
    "1k": "x" * 1024,
    "1m": "x" * (1 << 20),
}


def consume(items, replies, count):
    replies.put("ready")
    for _ in range(count):
        items.get()
    replies.put("done")


name, value, count = sys.argv[1], VALUES[sys.argv[2]], int(sys.argv[3])
items, replies = Queue(), Queue()
consumer = Process(target=consume, args=(items, replies, count))
consumer.start()
replies.get()
started = perf_counter()
for _ in range(count):
    items.put(value)
replies.get()
print(name, count / (perf_counter() - started), "/s")
consumer.join()
