"""scripts/install, into empty roots."""

import gzip
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from files import complaints_about_refusal, run, tree
from tap import Skipped, differences

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "scripts" / "install"
NOBODY = "65534"


def installed(destination, prefix="/usr/local"):
    run(INSTALL, prefix, DESTDIR=destination)
    return tree(destination)


def check_contents(program, destination):
    files = installed(destination)
    base = Path(destination, "usr/local")
    complaints = []
    for name, source in {
            "share/bash-completion/completions/mprun": "packaging/completions/mprun.bash",
            "share/zsh/site-functions/_mprun": "packaging/completions/_mprun",
            "share/fish/vendor_completions.d/mprun.fish": "packaging/completions/mprun.fish",
            "share/doc/mprun/README.md": "README.md",
            "share/doc/mprun/examples/pool.lua": "examples/pool.lua",
            "share/doc/mprun/docs/design/README.md": "docs/design/README.md"}.items():
        if not (base / name).exists():
            complaints.append(f"{name} is missing")
        elif (base / name).read_bytes() != (ROOT / source).read_bytes():
            complaints.append(f"{name} is not {source}")
    if gzip.decompress((base / "share/man/man1/mprun.1.gz").read_bytes()) != (ROOT / "packaging/mprun.1").read_bytes():
        complaints.append("the manual is another")
    complaints += [f"{path} has mode {mode}" for path, (mode, _) in files.items()
                   if mode not in (("755",) if path.endswith(("/", "/bin/mprun")) else ("644", "755"))]
    complaints += [f"{path} was built, and is no document" for path in files if "/.build" in path]
    mine, original = (run(command, "--version") for command in (base / "bin/mprun", program))
    return complaints + ([] if mine == original else [f"--version is {mine}, not {original}"])


def check_list(destination):
    """The list, by which it is removed, has every file."""
    files = installed(destination)
    listed = Path(destination, "usr/local/share/mprun/installed").read_text(encoding="utf-8").splitlines()
    return differences("the list", files, listed)


def check_removal(destination):
    """What others have put beside it stays, nothing else does."""
    for name in ("usr/local/share/man/man1/other.1", "usr/local/share/doc/other", "usr/local/bin/other"):
        path = Path(destination, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("other", encoding="utf-8")
    before = tree(destination)
    installed(destination)
    run(INSTALL, "--uninstall", DESTDIR=destination)
    return differences("the tree", before.items(), tree(destination).items())


def check_removal_of_shared_folder(destination):
    """A folder that was made here, and that somebody else uses now, stays."""
    installed(destination)
    other = Path(destination, "usr/local/share/fish/vendor_completions.d/other.fish")
    other.touch()
    run(INSTALL, "--uninstall", DESTDIR=destination)
    return differences("the tree", {"/" + str(other.relative_to(destination))},
                       {path for path in tree(destination) if not path.endswith("/")})


def check_update(destination):
    """What only an earlier version had goes when a new one is installed."""
    first = installed(destination)
    base = Path(destination, "usr/local/share")
    (base / "doc/mprun/old.md").touch()
    with (base / "mprun/installed").open("a", encoding="utf-8") as listing:
        listing.write("/usr/local/share/doc/mprun/old.md\n")
    return differences("the tree", first.items(), installed(destination).items())


def check_spaces(destination):
    prefix = "/opt/my own programs"
    installed(destination + "/with spaces", prefix)
    program = f"{destination}/with spaces{prefix}/bin/mprun"
    complaints = [] if run(program, "-e", "print(1)") == "1\n" else [f"{program} does not run"]
    run(INSTALL, "--uninstall", prefix, DESTDIR=destination + "/with spaces")
    return complaints + [f"{path} is left" for path in tree(destination + "/with spaces")]


def check_refusals(destination):
    """Bad input gets a clear message, and nothing is written."""
    occupied = Path(destination, "occupied")
    occupied.touch()
    before = tree(destination)
    complaints = []
    for arguments, message in (
            (["--prefix=/usr"], "unknown option '--prefix=/usr'"), (["-x"], "unknown option '-x'"),
            (["usr"], "a path that begins with '/', not 'usr'"), ([""], "a path that begins with '/', not ''"),
            (["/a", "/b"], "more than one PREFIX: '/a' and '/b'"),
            ([occupied], f"{occupied} is not a directory"), ([occupied / "below"], f"{occupied} is not a directory"),
            (["--uninstall", f"{destination}/nowhere"], f"nothing is installed in {destination}/nowhere")):
        complaints += complaints_about_refusal([INSTALL, *arguments], "install: ")
        complaints += complaints_about_refusal([INSTALL, *arguments], message)
    complaints += complaints_about_refusal(
        [INSTALL, destination], "there is no program '/nowhere/mprun'", MPRUN="/nowhere/mprun")
    return complaints + differences("the tree", before.items(), tree(destination).items())


def as_somebody(command):
    """The command as a user who is not root."""
    if os.geteuid() != 0:
        return command
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    for file in (INSTALL, os.environ["MPRUN"]):
        if not shutil.which("setpriv") or subprocess.run([*prefix, "test", "-r", file], check=False).returncode != 0:
            raise Skipped(f"root, who may write everywhere, and no other user may read {file}")
    return prefix + command


def check_unwritable(destination):
    os.chmod(destination, 0o555)
    complaints = complaints_about_refusal(as_somebody([INSTALL, destination]), f"may not write to {destination}")
    os.chmod(destination, 0o755)
    return complaints


def check_failure(destination):
    """Installing that fails half-way takes back what it has done."""
    Path(destination, "share/fish").mkdir(parents=True)
    Path(destination, "share/fish/vendor_completions.d").touch()
    before = tree(destination)
    result = subprocess.run([INSTALL, destination], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return ([] if result.returncode == 1 else [f"status {result.returncode}"]) + differences(
        "the tree", before.items(), tree(destination).items())


def check_zsh_place(prefix):
    if not shutil.which("zsh"):
        raise Skipped("zsh is not installed")
    with tempfile.TemporaryDirectory() as destination:
        place, = (path for path in installed(destination, prefix) if path.endswith("/_mprun"))
    places = run("zsh", "-fc", "print -l $fpath").splitlines()
    return [] if os.path.dirname(place) in places else [f"{place} is in none of {places}"]


def check_fish_place(destination):
    if not shutil.which("fish"):
        raise Skipped("fish is not installed")
    installed(destination)
    base = f"{destination}/usr/local"
    offered = run("fish", "-c", "complete -C'mprun --die'", HOME=destination, XDG_DATA_DIRS=f"{base}/share",
                  PATH=f"{base}/bin:{os.environ['PATH']}")
    return [] if offered.startswith("--die-with-parent\t") else [f"fish offers '{offered}'"]


def check_bash_place(destination):
    library = "/usr/share/bash-completion/bash_completion"
    if not os.path.exists(library):
        raise Skipped("bash-completion is not installed")
    installed(destination)
    load = "$(compgen -A function -X '!_comp_load' || echo _completion_loader) mprun"  # its name since 2.12, and before
    loaded = run("bash", "-c", f". {library}; {load}; complete -p mprun || true",
                 XDG_DATA_DIRS=f"{destination}/usr/local/share", HOME=destination)
    return [] if "-F _mprun mprun" in loaded else [f"bash has loaded '{loaded}'"]


def check_manual_place(destination):
    if not shutil.which("man"):
        raise Skipped("man is not installed")
    installed(destination)
    base = f"{destination}/usr/local"
    found = run("man", "-w", "mprun", PATH=f"{base}/bin:{os.environ['PATH']}", MANPATH="").strip()
    return [] if found == f"{base}/share/man/man1/mprun.1.gz" else [f"man finds {found}"]


def check_all(results, program):
    def check(name, function, *arguments):
        with tempfile.TemporaryDirectory(prefix="mprun-install-") as destination:
            os.chmod(destination, stat.S_IRWXU | 0o055)
            results.check(f"scripts/install {name}", function, *arguments, destination)

    check("puts everything in its place", check_contents, program)
    check("lists what it has put there", check_list)
    check("--uninstall removes what was installed, and nothing else", check_removal)
    check("--uninstall leaves a folder that others use", check_removal_of_shared_folder)
    check("removes what only an earlier version had", check_update)
    check("takes a PREFIX with spaces", check_spaces)
    check("refuses bad input", check_refusals)
    check("says where it may not write", check_unwritable)
    check("takes back what it has done if it fails", check_failure)
    check("puts the completion where bash looks", check_bash_place)
    check("puts the completion where fish looks", check_fish_place)
    check("puts the manual where man looks", check_manual_place)
    for prefix in ("/usr/local", "/usr"):
        results.check(f"scripts/install {prefix} puts the completion where zsh looks", check_zsh_place, prefix)
