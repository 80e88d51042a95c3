"""Reading from and writing to the dictionary of a manager: dict.py get|set COUNT"""

import sys
from multiprocessing import Manager
from time import perf_counter

operation, count = sys.argv[1], int(sys.argv[2])
with Manager() as manager:
    shared = manager.dict()
    keys = [f"key{i}" for i in range(1000)]
    for i, key in enumerate(keys):
        shared[key] = {"id": i, "name": "item"}
    started = perf_counter()
    if operation == "set":
        for i in range(count):
            shared[keys[i % 1000]] = {"id": i % 1000, "name": "item"}
    else:
        for i in range(count):
            assert shared[keys[i % 1000]]["name"] == "item"
    print(f"operations={count} seconds={perf_counter() - started}")
    assert all(shared[key]["id"] == i for i, key in enumerate(keys))
