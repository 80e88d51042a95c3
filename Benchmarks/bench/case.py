"""What a measurement is."""

from dataclasses import dataclass, field
from typing import Callable, Optional


@dataclass(frozen=True)
class Count:
    """How often a program does something: enough for a steady figure, or just enough to see that it works."""

    full: int
    quick: int


@dataclass(frozen=True)
class Program:
    """A program of a contestant, with what follows it on the command line.

    An argument is a text, a number, a Count, or a function of (contestants, facts), where facts[contestant] is what
    the program of that contestant said last in the same case, beside its figures.
    """

    name: str
    arguments: tuple = ()
    options: tuple = ()  # of the interpreter
    by: Optional[str] = None  # the contestant that has the program, if it is about another


@dataclass(frozen=True)
class Unit:
    """A cost is an amount for one operation."""

    amount: str  # what programs call it
    show: Callable[[float], str]


def _scaled(value, steps):
    """In the first of the steps that gives at least 1, or the last, with three digits."""
    factor, suffix = next((step for step in steps if value * step[0] >= 0.9995), steps[-1])
    value *= factor
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:,.{digits}f} {suffix}"


def _time(seconds):
    return _scaled(seconds, ((1, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns"))) if seconds else "too short"


def _rate(seconds):
    return _scaled(1 / seconds, ((1e-6, "M/s"), (1e-3, "k/s"), (1, "/s"))) if seconds else "too short"


SECONDS = Unit("seconds", _time)
PER_SECOND = Unit("seconds", _rate)
BYTES = Unit("bytes", lambda v: _scaled(v, ((2**-20, "MiB"), (2**-10, "KiB"), (1, "B"))))
CORES = Unit("seconds", lambda v: f"{v * 100:.3f} %")


@dataclass(frozen=True)
class Case:
    """One row: programs that do the same, one for each contestant."""

    name: str
    title: str
    programs: dict = field(repr=False)
    unit: Unit = SECONDS
    watch: Optional[Callable] = None  # gives the cost of a family that is watched: a function of (family, quick)
    busy: bool = False  # every core has something else to do


@dataclass(frozen=True)
class Section:
    title: str
    cases: tuple
    note: str = ""  # what a reader of the figures must know
    growth: bool = False  # the programs measure themselves at several sizes
