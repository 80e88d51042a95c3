"""Squares by Pool.map, two workers: pool.py CHUNKSIZE COUNT; chunk size 0 is the default."""

import sys
from multiprocessing import Pool
from time import perf_counter


def square(x):
    return x * x


chunk_size, count = map(int, sys.argv[1:])
numbers = list(range(1, count + 1))
with Pool(2) as pool:
    pool.map(square, numbers, 1000)  # the workers are there
    started = perf_counter()
    squares = pool.map(square, numbers, chunk_size or None)
    print(f"operations={count} seconds={perf_counter() - started}")
    assert squares == [i * i for i in numbers]
