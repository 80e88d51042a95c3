"""What `mprun --help` says, taken apart."""

import re
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    name: str  # as it is written: -e, --dump, -, --
    argument: str | None
    summary: str

    @property
    def is_dashes(self):
        """Not an option in itself: the end of the options. No shell completes it."""
        return set(self.name) == {"-"}


class HelpText:
    def __init__(self, program):
        text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
        self.options = [self._option(line) for line in text.splitlines() if line.startswith("  -")]
        self.variables = set(re.findall(r"\b[A-Z0-9]+(?:_[A-Z0-9]+)+\b", text))
        assert self.options and self.variables, f"--help is not as it was: {text}"

    @staticmethod
    def _option(line):
        found = re.fullmatch(r"  (-\S*)(?: (\w+))? {2,}(\S.*)", line)
        assert found, f"--help has a line that is no option: '{line}'"
        return Option(*found.groups())

    @property
    def completed(self):
        """The options that a shell completes, by name."""
        return {option.name: option for option in self.options if not option.is_dashes}
