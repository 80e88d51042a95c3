"""The shells, asked what they would complete: interactive bash and zsh on a terminal, fish by its `complete -C`."""

import os
import pty
import select
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tap import Skipped

WATCHDOG = 20  # seconds for one completion; it is there for hangs


def clean_environment(home, commands):
    """What a user has: mprun on the path, and no variables of the tests."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("LUA_", "MPRUN", "FIXTURES", "XDG_", "BASH", "ZDOTDIR", "ENV"))}
    return dict(kept, HOME=str(home), PATH=f"{commands}:{os.environ['PATH']}", TERM="dumb", LC_ALL="C.UTF-8")


class TerminalShell:
    """A shell in which a key inserts all completions at once, and mprun is a function that notes its arguments."""

    command = ()
    all_completions = b""

    def __init__(self, completion, directory, environment):
        if not shutil.which(self.command[0]):
            raise Skipped(f"{self.command[0]} is not installed")
        self.record = Path(environment["HOME"], f"record.{self.command[0]}")
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(directory)
            os.execvpe(self.command[0], self.command, environment)
        self.shown = b""
        record = shlex.quote(str(self.record))
        note = f"mprun() {{ printf '%s\\0' \"$@\" >{record}.new; command mv {record}.new {record}; }}"
        self._enter("; ".join([*self.setup(completion), note, "mprun ready"]).encode())

    def setup(self, completion):
        raise NotImplementedError

    def complete(self, line):
        """What is offered for the last word of `line`, each as the whole word that would stand there."""
        before, _, word = line.rpartition(" ")
        noted = self._enter(line.encode() + self.all_completions)
        offered = noted[len(shlex.split(before)) - 1:]
        return [] if offered in ([word], [""], []) else [text.rstrip("/") for text in offered]

    def _enter(self, keys):
        """Types a command that calls mprun, and returns the arguments."""
        os.write(self.terminal, keys + b"\r")
        deadline = time.monotonic() + WATCHDOG
        while not self.record.exists():
            if time.monotonic() > deadline:
                shown = self.shown[-2000:].decode(errors="replace")
                raise TimeoutError(f"{self.command[0]} does nothing; it shows {shown}")
            if select.select([self.terminal], [], [], 0.005)[0]:
                self.shown += os.read(self.terminal, 65536)
        words = self.record.read_text(encoding="utf-8").split("\0")[:-1]
        self.record.unlink()
        return words

    def close(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        os.close(self.terminal)


class Bash(TerminalShell):
    command = ("bash", "--norc", "--noprofile", "-i")
    all_completions = b"\x1b*"

    def setup(self, completion):
        return ["bind 'set enable-bracketed-paste off'", "unset HISTFILE", f". {shlex.quote(str(completion))}"]


class Zsh(TerminalShell):
    command = ("zsh", "-f", "-i")
    all_completions = b"\x18a"

    def setup(self, completion):
        return [
            f"fpath=({shlex.quote(str(completion.parent))} $fpath)", "autoload -Uz compinit", "compinit -D -u",
            # As zshcompsys(1) describes it for _all_matches.
            "zle -C all-matches complete-word _generic", "bindkey '^Xa' all-matches",
            "zstyle ':completion:all-matches::::' completer _all_matches _complete",
            "zstyle ':completion:all-matches:*' insert yes"]


class Fish:
    def __init__(self, completion, directory, environment):
        if not shutil.which("fish"):
            raise Skipped("fish is not installed")
        self.completion, self.directory, self.environment = completion, directory, environment

    def complete(self, line):
        source = f"source {shlex.quote(str(self.completion))}; complete -C{shlex.quote(line)}"
        result = subprocess.run(["fish", "--no-config", "-c", source], cwd=self.directory, env=self.environment,
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WATCHDOG, check=False)
        if result.stderr:
            raise ValueError(result.stderr)
        return [line.split("\t")[0].rstrip("/") for line in result.stdout.splitlines()]

    def close(self):
        pass
