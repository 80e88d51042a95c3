"""packaging/mprun.1, held against --help and rendered."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tap import Skipped, differences


class Manual:
    def __init__(self, path):
        self.path = Path(path)
        parts = re.split(r"^\.Sh (.+)$", self.path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        self.sections = dict(zip(parts[1::2], parts[2::2]))

    @staticmethod
    def _options(macros):
        """(name, argument) of each option in a line of mdoc: `Fl Fl dump Ar pid` is ("--dump", "pid")."""
        for dashes, name, argument in re.findall(r"((?:Fl ?)+)([\w-]*)(?: Ar (\w+))?", macros):
            yield "-" * dashes.count("Fl") + name, argument or None

    def options(self):
        return {option for line in re.findall(r"^\.It (Fl.*)$", self.sections["OPTIONS"], re.MULTILINE)
                for option in self._options(line)}

    def synopsis(self):
        return {option for line in re.findall(r"^\.(?:Op )?(Fl.*)$", self.sections["SYNOPSIS"], re.MULTILINE)
                for option in self._options(line)}

    def variables(self):
        return set(re.findall(r"\bEv (\w+)", self.sections["ENVIRONMENT"]))


def check_options(manual, help_text):
    return differences("OPTIONS", {(option.name, option.argument or "") for option in help_text.options},
                       {(name, argument or "") for name, argument in manual.options()})


def check_synopsis(manual, help_text):
    return differences("SYNOPSIS", {(name, option.argument or "") for name, option in help_text.completed.items()},
                       {(name, argument or "") for name, argument in manual.synopsis()})


def check_variables(manual, help_text):
    return [f"ENVIRONMENT lacks {name}" for name in sorted(help_text.variables - manual.variables())]


def check_rendering(manual, command):
    """Rendered without a warning, to text in which the options stand."""
    if not shutil.which(command[0]):
        raise Skipped(f"{command[0]} is not installed")
    result = subprocess.run([*command, manual.path], capture_output=True, text=True,
                            env=dict(os.environ, LC_ALL="C.UTF-8", MANWIDTH="80"), check=False)
    # About the machine's own index of manuals.
    warnings = [line for line in (result.stdout + result.stderr).splitlines()
                if re.match(r"(mandoc|troff|<standard input>|an-old\.tmac)\b.*:", line) and "mandoc.db" not in line]
    return warnings + ([f"status {result.returncode}"] if result.returncode else [])
