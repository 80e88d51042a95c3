"""The queues that Python programs are measured with."""

import multiprocessing


def queue_of(kind, largest=0):
    """A queue of that kind, for messages of up to `largest` bytes."""
    if kind == "Queue":
        return multiprocessing.Queue()
    if kind == "SimpleQueue":
        return multiprocessing.SimpleQueue()
    if kind == "faster-fifo":
        from faster_fifo import Queue

        # Room for four of the largest message; 8 MiB otherwise, which fit a cache.
        return Queue(max_size_bytes=max(8 << 20, 4 * (largest + 1024)))
    raise ValueError(kind)
