"""Writing to and reading from the dictionary of a manager: manager_dict.py NAME OPERATION COUNT"""

import sys
from multiprocessing import Manager
from time import perf_counter

name, operation, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Manager() as manager:
    dict = manager.dict()
    keys = [f"key{i}" for i in range(1000)]
    for i, key in enumerate(keys):
        dict[key] = {"id": i, "name": "item"}
    started = perf_counter()
    if operation == "set":
        for i in range(count):
            dict[keys[i % 1000]] = {"id": i, "name": "item"}
    else:
        for i in range(count):
            assert dict[keys[i % 1000]]["name"] == "item"
    print(name, (perf_counter() - started) / count * 1e9, "ns")
