"""Who takes part on this machine, and how each is called."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
ROOT = HERE.parent
PYTHON = "/usr/bin/python3"
VENV_PYTHON = ROOT / ".build" / "bench-venv" / "bin" / "python"
COLUMNS = ("mprun", "CPython", "SimpleQueue", "faster-fifo", "Lanes", "C", "lua5.4")


@dataclass(frozen=True)
class Contestant:
    name: str
    version: str
    command: tuple  # the interpreter
    folder: Path
    suffix: str

    def words(self, program, arguments):
        return [*self.command, *program.options, str(self.folder / (program.name + self.suffix)), *map(str, arguments)]


def find(build_folder):
    """({name: Contestant}, {name: why it is absent}), in the order of the columns."""
    present, absent = {}, {}
    for name in COLUMNS:
        try:
            present[name] = _FINDERS[name](name, build_folder)
        except (OSError, subprocess.SubprocessError) as problem:
            absent[name] = _reason(problem)
    return present, absent


def mprun():
    return os.path.abspath(os.environ.get("MPRUN") or ROOT / ".build" / "release" / "mprun")


def _find_mprun(name, _):
    version = _said(mprun(), "--version")
    return Contestant(name, version.split(",")[0].removeprefix("mprun "), (mprun(),), HERE / "lua", ".lua")


def _find_cpython(name, _):
    version = _said(PYTHON, "--version").removeprefix("Python ")
    return Contestant(name, version, (PYTHON, "-B"), HERE / "python", ".py")


def _find_faster_fifo(name, _):
    version = _said(VENV_PYTHON, "-c", "import faster_fifo, importlib.metadata as m; print(m.version('faster-fifo'))")
    return Contestant(name, version, (str(VENV_PYTHON), "-B"), HERE / "python", ".py")


def _find_lanes(name, _):
    about = _said("lua5.4", "-e", "local l = require 'lanes'.configure() print(l.ABOUT and l.ABOUT.version or '')")
    return Contestant(name, about, ("lua5.4",), HERE / "lanes", ".lua")


def _find_c(name, build_folder):
    compiler = os.environ.get("CC", "cc")
    version = _said(compiler, "--version").split("\n")[0]
    for source in sorted((HERE / "c").glob("*.c")):
        _said(compiler, "-O2", "-Wall", "-pthread", "-o", Path(build_folder) / source.stem, source)
    return Contestant(name, version, (), Path(build_folder), "")


def _find_lua(name, _):
    version = _said("lua5.4", "-v").split("  ")[0].removeprefix("Lua ")
    return Contestant(name, version, ("lua5.4",), HERE / "lua", ".lua")


_FINDERS = {
    "mprun": _find_mprun, "CPython": _find_cpython, "SimpleQueue": _find_cpython, "faster-fifo": _find_faster_fifo,
    "Lanes": _find_lanes, "C": _find_c, "lua5.4": _find_lua,
}


def _said(*command):
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True, timeout=120)
    return result.stdout.strip()


def _reason(problem):
    if isinstance(problem, subprocess.CalledProcessError):
        lines = problem.stderr.strip().splitlines() or [f"status {problem.returncode}"]
        return next((line for line in lines if "not found" in line or "error" in line.lower()), lines[-1])
    return str(problem)
