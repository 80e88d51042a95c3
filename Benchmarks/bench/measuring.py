"""The rounds of a case."""

import os
from contextlib import nullcontext

from .case import Count, Program
from .families import watched
from .programs import ProgramError, burning, run
from .results import Result


class Measuring:
    """Lets the contestants of a case take turns in every round, so that a slow minute of the machine slows all."""

    def __init__(self, contestants, rounds, quick, progress):
        self._contestants, self._rounds, self._quick = contestants, rounds, quick
        self._progress = progress  # a function of a text

    def measure(self, case, growth):
        """Gives (result, interrupted)."""
        result, facts = Result(case.name), {}
        try:
            with self._burners(case):
                for number in range(1, self._rounds + 1):
                    for column, program in case.programs.items():
                        self._progress(f"{case.name}, round {number} of {self._rounds}, {column}")
                        self._take_turn(case, column, program, growth, result, facts)
        except KeyboardInterrupt:
            return result, True
        finally:
            self._progress("")
        return result, False

    def _take_turn(self, case, column, program, growth, result, facts):
        runner = self._contestants.get(program.by or column)
        if column not in self._contestants or runner is None or column in result.failures:
            return
        try:
            words = runner.words(program, [self._argument(argument, facts) for argument in program.arguments])
            if case.watch:
                with watched(words) as family:
                    result.add(column, case.watch(family, self._quick))
                return
            lines = run(words)
        except KeyError as absent:  # an argument needs what a contestant said that is not here
            result.fail(column, f"not without {absent.args[0]}")
            return
        except ProgramError as problem:
            result.fail(column, str(problem))
            return
        facts[column] = lines[-1]
        for line in lines:
            result.add(str(int(line["size"])) if growth else column, line["seconds"] / line["operations"])

    def _argument(self, argument, facts):
        if isinstance(argument, Count):
            return argument.quick if self._quick else argument.full
        return argument(self._contestants, facts) if callable(argument) else argument

    def _burners(self, case):
        if not case.busy or "C" not in self._contestants:
            return nullcontext()
        return burning(self._contestants["C"].words(Program("burn"), ()), len(os.sched_getaffinity(0)))
