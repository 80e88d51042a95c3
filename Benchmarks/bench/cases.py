"""All measurements. Each has one idea, and a row in the tables."""

from .case import BYTES, CORES, PER_SECOND, Case, Count, Program, Section
from .contestants import HERE
from .families import cpu_of_children, memory_of_children, memory_of_items

QUEUES = {"CPython": "Queue", "SimpleQueue": "SimpleQueue", "faster-fifo": "faster-fifo"}
IDLE, WAITING = Count(50, 4), Count(20, 4)
ITEMS = Count(1000000, 20000)
BATCH = 100


def times(full, quick=40):
    return Count(full, quick)


def same(program, *arguments, contestants=("mprun", "CPython", "C"), options=()):
    """The same program with the same arguments for all of them; the options are for mprun."""
    return {name: Program(program, arguments, options if name == "mprun" else ()) for name in contestants}


def queue(name, title, kind, size, count, ends=(1, 1), slow=None):
    """`size` is that of the message in bytes, which is all that the C program sends. `slow` is a count for those that
    need seconds for what the others do in a moment."""
    programs = {
        "mprun": Program("throughput", (kind, *ends, count)),
        "Lanes": Program("throughput", (kind, *ends, slow or count)),
        "C": Program("throughput", (size, *ends, count)),
    }
    for contestant, queue_class in QUEUES.items():
        programs[contestant] = Program("throughput", (queue_class, kind, *ends, slow or count))
    return Case(f"queue_{name}", title, programs, PER_SECOND)


def string(name, title, size, count, slow=None):
    return queue(name, title, str(size), size, times(count, 4), slow=times(slow or count, 4))


def integers(name, title, producers, consumers):
    return queue(name, title, "int", 8, times(1000000), ends=(producers, consumers), slow=times(100000))


def batches(count, slow):
    """CPython's queues have no such calls: they put and get integers one by one."""
    programs = same("batches", BATCH, count, contestants=("mprun", "C"))
    programs |= same("batches", BATCH, slow, contestants=("faster-fifo", "Lanes"))
    one_by_one = integers("", "", 1, 1).programs
    programs |= {name: one_by_one[name] for name in ("CPython", "SimpleQueue")}
    return Case("queue_many", f"put_many, get_many of {BATCH} integers", programs, PER_SECOND)


def round_trip(name, title, quick_ones, slow_ones, busy=False):
    programs = same("round_trip", quick_ones, contestants=("mprun", "C"))
    programs["Lanes"] = Program("round_trip", (slow_ones,))
    programs |= {name: Program("round_trip", (kind, slow_ones)) for name, kind in QUEUES.items()}
    return Case(name, title, programs, busy=busy)


def process(name, title, megabytes, count, lanes=False):
    """C forks from a process that has as much private memory as mprun had."""

    def resident(_, facts):
        return int(facts["mprun"]["resident"])

    programs = same("process", count, megabytes, contestants=("mprun", "CPython"))
    programs["C"] = Program("process", (count, resident))
    if lanes:
        programs |= same("process", count, contestants=("Lanes",))
    return Case(name, title, programs)


def lock(name, title, processes, options=(), lanes=True):
    contestants = ("mprun", "CPython", "C")
    programs = same("lock", times(2000000), processes, contestants=contestants, options=options)
    if lanes:
        programs["Lanes"] = Program("lock", (times(80000), processes))
    return Case(name, title, programs)


def value(name, title, processes):
    """The lock of the C program has a counter beside it."""
    programs = same("value", times(1000000), processes, contestants=("mprun", "CPython"))
    return Case(name, title, programs | same("lock", times(1000000), processes, contestants=("C",)))


def beside_python(name, title, program, arguments, mine, pythons, unit, lanes=False):
    """Each does as much as it needs for a steady figure."""
    programs = {"mprun": Program(program, (*arguments, mine)), "CPython": Program(program, (*arguments, pythons))}
    if lanes:
        programs["Lanes"] = Program(program, (*arguments, mine))
    return Case(name, title, programs, unit)


def start_of(name, title, count, **commands):
    """The whole life of an interpreter, from fork to its end, which a C program measures."""

    def interpreter(contestant):
        return lambda contestants, _: contestants[contestant].command[0]

    return Case(name, title, {
        contestant: Program("start", (count, interpreter(contestant), *command), by="C")
        for contestant, command in commands.items()})


def family(name, title, program, count, watch, unit, contestants=("mprun", "CPython", "C")):
    return Case(name, title, same(program, count, contestants=contestants), unit, watch=watch)


def growth(operation, axis, title, most):
    return Case(f"growth_{axis}_{operation}", title, {"mprun": Program("growth", (operation, axis, most))})


SECTIONS = (
    Section("Queues", (
        integers("int", "integers", 1, 1),
        integers("2_1", "integers, 2 producers, 1 consumer", 2, 1),
        integers("1_2", "integers, 1 producer, 2 consumers", 1, 2),
        integers("4_4", "integers, 4 producers, 4 consumers", 4, 4),
        batches(times(2000000, 400), times(400000, 400)),
        queue("small", "table of three fields", "small", 30, times(500000), slow=times(100000)),
        queue("nested", "nested table, 37 values", "nested", 484, times(20000)),
        queue("strings", "table of 100 strings of 100 B", "strings", 10203, times(10000, 8)),
        queue("numbers", "table of 1,000 floats", "numbers", 9003, times(5000, 8)),
        string("8", "string of 8 B", 8, 500000, 100000),
        string("128", "string of 128 B", 128, 500000, 100000),
        string("1k", "string of 1 KiB", 1 << 10, 300000, 60000),
        string("16k", "string of 16 KiB", 1 << 14, 40000, 10000),
        string("128k", "string of 128 KiB", 1 << 17, 5000, 1500),
        string("1m", "string of 1 MiB", 1 << 20, 1000, 300),
        string("16m", "string of 16 MiB", 1 << 24, 60, 20),
    ), "Messages a second, from the first put to the last get. Producers and consumers are processes."),
    Section("Hand-offs", (
        round_trip("round_trip", "queue round trip", times(300000), times(5000)),
        round_trip("round_trip_busy", "queue round trip, every core busy", times(1000, 20), times(1000, 20), busy=True),
        Case("pipe", "pipe round trip", same("pipe", times(10000))),
        Case("condition", "turn by Condition", same("condition", times(20000))),
        Case("event", "hand-off by Event", same("event", times(100000), contestants=("mprun", "C"))
             | same("event", times(10000), contestants=("CPython",))),
    ), "Between two processes."),
    Section("Processes", (
        process("process", "start and join", Count(0, 0), times(300, 5), lanes=True),
        process("process_5m", "start and join, 5 MB of heap", Count(5, 1), times(200, 5)),
        process("process_500m", "start and join, 500 MB of heap", Count(500, 2), times(10, 3)),
        family("memory_process", "memory of an idle process", "idle", IDLE, memory_of_children(IDLE), BYTES),
        family("memory_item", "memory of a queued integer", "queued", ITEMS, memory_of_items(ITEMS), BYTES,
               ("mprun", "CPython")),
        family("idle", "CPU of 20 processes that wait", "idle", WAITING, cpu_of_children(WAITING, Count(5, 0.2)),
               CORES),
    ), "C forks from a process of the same resident size, and waits. Memory is the growth of the family's proportional "
       "set size; CPU is the share of one core."),
    Section("Locks and shared data", (
        lock("lock_free", "lock pair, free", 1),
        lock("lock_free_off", "lock pair, free, --deadlock=off", 1, ("--deadlock=off",), lanes=False),
        lock("lock_2", "lock pair, 2 processes", 2),
        lock("lock_2_off", "lock pair, 2 processes, --deadlock=off", 2, ("--deadlock=off",), lanes=False),
        lock("lock_4", "lock pair, 4 processes", 4),
        lock("lock_16", "lock pair, 16 processes", 16),
        value("value_free", "add 1 to a Value under its lock", 1),
        value("value_2", "add 1 to a Value, 2 processes", 2),
        beside_python("dict_get", "Manager dict, get", "dict", ("get",), times(300000), times(5000), PER_SECOND, True),
        beside_python("dict_set", "Manager dict, set", "dict", ("set",), times(300000), times(5000), PER_SECOND, True),
    ), "C's lock is a robust mutex of the C library. Lanes have no dict; measured are the slots of a Linda."),
    Section("Pool", (
        beside_python("pool_chunk_1", "map, chunk size 1", "pool", (1,), times(200000), times(20000), PER_SECOND),
        beside_python("pool_default", "map, default chunks", "pool", (0,), times(1000000), times(1000000), PER_SECOND),
    ), "Tasks a second with two workers."),
    Section("The command", (
        start_of("start", "start of an empty script", times(50, 2), **{
            "mprun": (HERE / "lua" / "empty.lua",), "lua5.4": (HERE / "lua" / "empty.lua",)}),
        start_of("import", "start with multiprocessing", times(20, 2), **{
            "mprun": ("-e", "require 'multiprocessing'"), "CPython": ("-c", "import multiprocessing")}),
        Case("compute_fib", "pure Lua: fib", same("compute", "fib", contestants=("mprun", "lua5.4"))),
        Case("compute_sieve", "pure Lua: sieve", same("compute", "sieve", contestants=("mprun", "lua5.4"))),
        Case("compute_strings", "pure Lua: strings", same("compute", "strings", contestants=("mprun", "lua5.4"))),
    )),
    Section("Growth", (
        growth("queue", "objects", "put and get, other objects", Count(1000, 10)),
        growth("lock", "objects", "lock pair, other objects", Count(1000, 10)),
        growth("start", "objects", "start and join, other objects", Count(1000, 10)),
        growth("queue", "processes", "put and get, waiting processes", Count(1000, 10)),
        growth("lock", "processes", "lock pair, waiting processes", Count(1000, 10)),
        growth("start", "processes", "start and join, waiting processes", Count(1000, 10)),
        growth("queue", "items", "put and get, items in the queue", Count(10**7, 10**4)),
    ), "What one operation of mprun costs while there are so many other things. The slope is that of the cost over the "
       "number, both as logarithms: 0 is flat, 1 proportional.", growth=True),
)


def select(names):
    """The sections, with the cases whose name contains one of the names; all of them without names."""
    chosen = [
        (section, [case for case in section.cases if not names or any(name in case.name for name in names)])
        for section in SECTIONS]
    return [(section, cases) for section, cases in chosen if cases]


def all_names():
    return [case.name for section in SECTIONS for case in section.cases]


def find(name):
    return next((section, case) for section in SECTIONS for case in section.cases if case.name == name)
