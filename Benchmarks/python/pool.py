"""Squares by Pool.map, two workers: pool.py NAME CHUNKSIZE COUNT; chunk size 0 is the default."""

import sys
from multiprocessing import Pool
from time import perf_counter


def square(x):
    return x * x


name, chunk_size, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
numbers = list(range(1, count + 1))
with Pool(2) as pool:
    pool.map(square, numbers, 1000)  # the workers are there
    started = perf_counter()
    squares = pool.map(square, numbers, chunk_size or None)
    print(name, count / (perf_counter() - started), "/s")
    assert squares[-1] == count * count
