"""The completions of the shells, held against what mprun says of itself."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import shells
from tap import differences

FILES = {"bash": "mprun.bash", "zsh": "_mprun", "fish": "mprun.fish"}
SHELLS = {"bash": shells.Bash, "zsh": shells.Zsh, "fish": shells.Fish}


# MARK: What the files list, which can be seen without the shell

def listed_by_zsh(text):
    """{option: whether it takes an argument}: specifications of _arguments, as '*-e+[…]:…'."""
    return {name: bool(argument) for name, argument in
            re.findall(r"^ +'(?:\*|\([^)]*\))?(--?[\w-]+?)([=+]?)\[", text, re.MULTILINE)}


def listed_by_fish(text):
    """The same: `$option -l dump -x …`."""
    return {("-" if kind == "s" else "--") + name: bool(argument) for kind, name, argument in
            re.findall(r"^\$option -([sl]) ([\w-]+)( -x)?", text, re.MULTILINE)}


def check_listed(listed, help_text):
    expected = {name: option.argument is not None for name, option in help_text.completed.items()}
    return differences("it", expected.items(), listed.items())


def known_codes(program):
    """{code: title}, as mprun lists them when it is asked for one that does not exist."""
    listing = subprocess.run([program, "--explain", "none"], capture_output=True, text=True, check=False).stderr
    codes = dict(re.findall(r"^ +(MP\d+)  (.+)$", listing, re.MULTILINE))
    assert codes, f"mprun lists no codes: {listing}"
    return codes


def check_titles(text, program):
    return [f"it lacks {code} with the title '{title}'" for code, title in known_codes(program).items()
            if not re.search(rf"""{code}(:|\\t"){re.escape(title)}["']""", text, re.IGNORECASE)]


# MARK: What a shell offers

def check_options(shell, help_text):
    complaints = differences("it", help_text.completed, shell.complete("mprun -"))
    for name in help_text.completed:
        if name not in shell.complete(f"mprun {name[:-1]}"):
            complaints.append(f"it does not complete {name[:-1]} to {name}")
    return complaints


def check_arguments(shell, help_text):
    """Behind an option with an argument no script is offered."""
    complaints = []
    for name, option in help_text.completed.items():
        offered = shell.complete(f"mprun {name} ")
        if option.argument and "script.lua" in offered:
            complaints.append(f"behind {name}, which takes an argument, it offers a script")
        # zsh offers nothing behind an option with which no script runs.
        if not option.argument and "script.lua" not in offered and not (isinstance(shell, shells.Zsh) and not offered):
            complaints.append(f"behind {name}, which takes no argument, it offers {offered}")
    return complaints


def check_deadlock_words(shell, help_text):
    """In both spellings. The help names them in quotes."""
    words = re.findall(r"'(\w+)'", help_text.completed["--deadlock"].summary)
    complaints = differences("--deadlock …", words, shell.complete("mprun --deadlock "))
    for word in words:
        whole = f"--deadlock={word}"
        complaints += differences("--deadlock=…", {whole}, shell.complete(f"mprun {whole[:-2]}"))
        for options in (f"--deadlock {word} -v", f"{whole} -v"):
            complaints += differences(f"behind {options}", {"--help"}, shell.complete(f"mprun {options} --he"))
    return complaints


def check_codes(shell, program):
    return differences("--explain …", known_codes(program), shell.complete("mprun --explain "))


def check_processes(shell, commands):
    """The pid of an mprun is offered, the pid of another program is not."""
    script = "require 'time'; io.stdout:write 'x' io.stdout:flush() io.read()"
    with subprocess.Popen([commands / "mprun", "-e", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.read(1)
        offered = shell.complete("mprun --dump ")
        process.stdin.close()
    complaints = [] if str(process.pid) in offered else [f"it does not offer {process.pid}, but {offered}"]
    return complaints + ([f"it offers {os.getpid()}, which is no mprun"] if str(os.getpid()) in offered else [])


def check_modules(shell):
    offered = shell.complete("mprun -l ")
    complaints = [f"it does not offer {name}" for name in ("script", "multiprocessing", "time") if name not in offered]
    return (complaints + differences("-l tools.…", {"tools.inner"}, shell.complete("mprun -l tools."))
            + differences("-l g=tools.…", {"g=tools.inner"}, shell.complete("mprun -l g=tools.")))


def check_scripts(shell):
    return (differences("the script", {"script.lua", "two words.lua", "tools", "data"}, shell.complete("mprun "))
            + differences("the script behind options", {"script.lua"}, shell.complete("mprun -W -e 'x = 1' sc"))
            + differences("the script behind --", {"script.lua"}, shell.complete("mprun -- sc"))
            + differences("a folder without scripts", {"data/plain"}, shell.complete("mprun data/")))


def check_script_arguments(shell, help_text):
    everything = {"script.lua", "two words.lua", "tools", "data", "table.csv"}
    complaints = differences("an argument of the script", everything, shell.complete("mprun script.lua "))
    for line in ("mprun script.lua -", "mprun - -", "mprun -- script.lua -", "mprun -- -"):
        if set(shell.complete(line)) & set(help_text.completed):
            complaints.append(f"after '{line[:-1]}' it offers options of mprun")
    return complaints


def make_directory(directory):
    """Scripts, modules and other files."""
    for name in ("script.lua", "two words.lua", "table.csv", "tools/inner.lua", "data/plain"):
        path = Path(directory, name)
        path.parent.mkdir(exist_ok=True)
        path.touch()


def check_all(results, folder, help_text, program):
    for shell, listed in (("zsh", listed_by_zsh), ("fish", listed_by_fish)):
        text = Path(folder, FILES[shell]).read_text(encoding="utf-8")
        results.check(f"{FILES[shell]} has the options of --help", check_listed, listed(text), help_text)
        results.check(f"{FILES[shell]} has the titles of --explain", check_titles, text, program)
    for name in FILES:
        with tempfile.TemporaryDirectory(prefix="mprun-completion-") as home:
            directory, commands = Path(home, "directory"), Path(home, "commands")
            directory.mkdir()
            commands.mkdir()
            make_directory(directory)
            (commands / "mprun").symlink_to(program)
            drive(results, name, Path(folder, FILES[name]), directory, commands, help_text, program)


def drive(results, name, completion, directory, commands, help_text, program):
    shell = None

    def begin():
        nonlocal shell
        shell = SHELLS[name](completion, directory, shells.clean_environment(directory.parent, commands))
        return []

    results.check(f"{name} loads {completion.name}", begin)
    if shell is None:
        return
    try:
        for title, function, *arguments in (
                ("offers the options of --help", check_options, help_text),
                ("knows which options take an argument", check_arguments, help_text),
                ("offers the words of --deadlock", check_deadlock_words, help_text),
                ("offers the codes of --explain", check_codes, program),
                ("offers running processes to --dump", check_processes, commands),
                ("offers modules to -l", check_modules),
                ("offers Lua scripts and folders", check_scripts),
                ("offers files as arguments of the script, and no options", check_script_arguments, help_text)):
            results.check(f"{name} {title}", function, shell, *arguments)
    finally:
        shell.close()
