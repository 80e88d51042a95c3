"""Results as TAP."""

import sys


class Skipped(Exception):
    """Why a check cannot be made here."""


class Results:
    """Counts what it prints."""

    def __init__(self):
        self.count = self.failures = 0

    def check(self, name, function, *arguments):
        """Calls the function, which returns complaints or raises Skipped."""
        try:
            complaints = function(*arguments)
        except Skipped as reason:
            return self._print(f"ok {self.count + 1} - {name} # SKIP {reason}")
        except Exception as problem:  # noqa: BLE001  one check that breaks must not hide the others
            complaints = [f"{type(problem).__name__}: {problem}"]
        self.failures += bool(complaints)
        self._print(f"{'not ok' if complaints else 'ok'} {self.count + 1} - {name}", complaints)

    def finish(self):
        print(f"1..{self.count}")
        return 1 if self.failures else 0

    def _print(self, line, complaints=()):
        self.count += 1
        print(line)
        for complaint in complaints:
            for part in str(complaint).rstrip("\n").split("\n"):
                print("#     " + part)
        sys.stdout.flush()


def differences(what, expected, actual):
    """Complaints about two collections that should have the same members."""
    expected, actual = set(expected), set(actual)
    return [f"{what} lacks {member}" for member in sorted(expected - actual)] + [
        f"{what} has {member}, which should not be there" for member in sorted(actual - expected)]
