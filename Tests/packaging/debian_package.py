"""scripts/package, and the package on a machine that has nothing else."""

import gzip
import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from files import complaints_about_refusal, run, tree
from machine import Machine
from tap import Skipped, differences

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "scripts" / "package"

# Each process takes part in something else that needs the system: shared memory, futexes, pipes, a pool's workers.
SCRIPT = """
local mp, time = require "multiprocessing", require "time"
local jobs, results = mp.JoinableQueue(4), mp.Queue()
local total, lock = mp.Value("i", 0), mp.Lock()

local function produce(name)
    for i = 1, 5 do jobs:put(("%s %d"):format(name, i)) end
end
local function consume()
    for job in jobs:items() do
        results:put(job)
        lock:with(function() total.value = total.value + #job end)
        jobs:task_done()
    end
end

local producers, consumers = {}, {}
for _, name in ipairs { "bread", "cakes" } do
    producers[#producers + 1] = mp.Process { target = produce, args = { name } }:start()
end
for i = 1, 3 do consumers[i] = mp.Process { target = consume }:start() end
mp.join(producers)
jobs:join()
jobs:shutdown()
mp.join(consumers)

local taken = results:get_many(100)
table.sort(taken)
print(table.concat(taken, ", "))
print(total.value)

local near, far = mp.Pipe()
local p = mp.Process { target = function() far:send(far:recv():upper()) end }:start()
near:send "through a pipe"
print(near:recv())
p:join()

local memory <close> = mp.SharedMemory { create = true, size = 8 }
mp.Process { target = function() memory:write(0, "in there") end }:start():join()
print(memory:read(0, 8))
memory:unlink()

local pool <close> = mp.Pool(2)
print(table.concat(pool:map(function(n) return n * n end, { 1, 2, 3, 4 }), " "))
local killed = mp.Process { target = time.sleep, args = { 60 } }:start()
killed:kill()
killed:join()
print(killed.exitcode)
"""
OUTPUT = """\
bread 1, bread 2, bread 3, bread 4, bread 5, cakes 1, cakes 2, cakes 3, cakes 4, cakes 5
70
THROUGH A PIPE
in there
1 4 9 16
-9
"""
DEADLOCK = """
local lock = require "multiprocessing".Lock()
lock:acquire()
lock:acquire()
"""


def build(directory, **environment):
    """The path of a new package."""
    return Path(run(PACKAGE, directory, SOURCE_DATE_EPOCH="1000000000", **environment).strip())


def field(package, name):
    return run("dpkg-deb", "-f", package, name).strip()


def check_name(program, package):
    """Name and version are those that the program tells."""
    version = run(program, "--version").split()[1].rstrip(",")
    expected = f"mprun_{version}_{run('dpkg', '--print-architecture').strip()}.deb"
    complaints = [] if package.name == expected else [f"it is called {package.name}, not {expected}"]
    if field(package, "Version") != version:
        complaints.append(f"its version is {field(package, 'Version')}, not {version}")
    return complaints


def check_again(package, directory):
    """Elsewhere, at another time of day, with another umask: the same bytes."""
    os.chmod(directory, stat.S_IRWXU)
    before = os.umask(0o077)
    try:
        again = build(directory, TZ="Asia/Shanghai", LC_ALL="C", TMPDIR=directory)
    finally:
        os.umask(before)
    return [] if again.read_bytes() == package.read_bytes() else ["the second package differs from the first"]


def check_date(package):
    """SOURCE_DATE_EPOCH is the date of every file."""
    listing = run("dpkg-deb", "-c", package, TZ="UTC").splitlines()
    return [line for line in listing if " 2001-09-09 01:46 " not in line]


def check_contents(package, directory):
    run("dpkg-deb", "-R", package, directory)
    complaints = [line for line in run("dpkg-deb", "-c", package).splitlines() if " root/root " not in line]
    sums = subprocess.run(["md5sum", "--check", "--quiet", "DEBIAN/md5sums"], cwd=directory,
                          capture_output=True, text=True, check=False)
    complaints += sums.stdout.splitlines() + sums.stderr.splitlines()
    lines = Path(directory, "DEBIAN/md5sums").read_text(encoding="utf-8").splitlines()
    files = {path[1:] for path in tree(directory) if re.match("/usr/.*[^/]$", path)}
    complaints += differences("md5sums", files, {line.split(maxsplit=1)[1] for line in lines})
    documents = Path(directory, "usr/share/doc/mprun")
    changes = gzip.decompress((documents / "changelog.gz").read_bytes()).decode()
    if not changes.startswith(f"mprun ({field(package, 'Version')}) "):
        complaints.append(f"the changelog begins with {changes[:40]}")
    if "PUC-Rio" not in (documents / "copyright").read_text(encoding="utf-8"):
        complaints.append("Lua's copyright is missing")
    if Path(directory, "usr/share/mprun").exists():
        complaints.append("it has the list of scripts/install")
    return complaints


def check_fields(package):
    return [f"{name} does not have {value}" for name, value in (("Depends", "libc6"), ("Recommends", "lua-socket"))
            if value not in field(package, name)]


def check_refusals(directory):
    occupied = Path(directory, "occupied")
    occupied.touch()
    complaints = complaints_about_refusal([PACKAGE, "--help"], "package: unexpected '--help'")
    complaints += complaints_about_refusal([PACKAGE, "a", "b"], "package: unexpected 'a b'")
    complaints += complaints_about_refusal([PACKAGE, occupied], str(occupied))
    complaints += complaints_about_refusal([PACKAGE, directory], "there is no program '/nowhere'", MPRUN="/nowhere")
    return complaints


def check_machine_without_swift(machine):
    return differences("/usr/bin", {"mprun"}, os.listdir(machine.root / "usr/bin")) + [
        f"{path} is there" for path in machine.libraries if "swift" in path.lower()]


def check_run(machine, text, expected_status, expected_output, expected_error):
    status, output, error = machine.run("/usr/bin/mprun", "-", text=text)
    complaints = [] if status == expected_status else [f"status {status}, not {expected_status}"]
    complaints += [] if output == expected_output else [f"the output is {output}"]
    return complaints + ([] if re.fullmatch(expected_error, error, re.DOTALL) else [f"stderr has {error}"])


def check_says_the_same(machine, program):
    return [f"{words} differs from what it says here" for words in (["--version"], ["--help"], ["--explain", "MP001"])
            if machine.run("/usr/bin/mprun", *words) != (0, run(program, *words), "")]


def check_example(machine):
    """An example that came with the package."""
    status, output, error = machine.run("/usr/bin/mprun", "/usr/share/doc/mprun/examples/mandelbrot.lua")
    return [] if status == 0 and output and not error else [f"status {status}, {output}{error}"]


def check_all(results, program):
    with tempfile.TemporaryDirectory(prefix="mprun-package-") as top:
        folders = {name: Path(top, name) for name in ("first", "again", "contents", "refused", "root")}
        for folder in folders.values():
            folder.mkdir()
        made = []

        def make():
            if not shutil.which("dpkg-shlibdeps"):
                raise Skipped("dpkg-dev is not installed")
            made.append(build(folders["first"]))
            return []

        results.check("scripts/package builds a Debian package", make)
        if not made:
            return
        package, = made
        results.check("the package is named after the program's version", check_name, program, package)
        results.check("the package can be built again, byte for byte", check_again, package, folders["again"])
        results.check("the files of the package are dated by SOURCE_DATE_EPOCH", check_date, package)
        results.check("the package has what Debian wants in it", check_contents, package, folders["contents"])
        results.check("the package names what it needs", check_fields, package)
        results.check("scripts/package refuses bad input", check_refusals, folders["refused"])
        check_machine(results, program, package, folders["root"])


def check_machine(results, program, package, root):
    machines = []

    def make():
        machines.append(Machine(package, root))
        return []

    results.check("a machine has the package and what that depends on", make)
    for machine in machines:
        for name, function, *arguments in (
                ("no Swift, and no program but mprun, is on that machine", check_machine_without_swift),
                ("mprun says there what it says here", check_says_the_same, program),
                ("mprun runs processes there", check_run, SCRIPT, 0, OUTPUT, ""),
                ("mprun finds a deadlock there", check_run, DEADLOCK, 3, "", "mprun: deadlock MP002: .*"),
                ("an example of the package runs there", check_example)):
            results.check(name, function, machine, *arguments)
