"""A machine that has one package installed and what that depends on, and nothing else: a folder to change root into."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from files import run
from tap import Skipped

# What is mounted there belongs to a namespace of its own, which ends with the command. Root may have one, and users
# where the kernel lets them.
NAMESPACES = (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"])
MOUNT = """
set -e
root=$1
shift
mount --rbind /proc "$root/proc"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
for device in null zero urandom; do mount --bind "/dev/$device" "$root/dev/$device"; done
"""
CHANGE_ROOT = """
PATH=$PATH:/usr/sbin:/sbin
exec env -i PATH=/usr/bin HOME=/tmp "$(command -v chroot)" "$root" "$@"
"""
SHARED_LIBRARY = re.compile(r"/(?:usr/)?lib\w*/(?:[^/]+/)?[^/]+\.so(?:\.[\d.]+)?")


def dependencies(names):
    """The packages and what they depend on in their turn. Of alternatives, the first that is installed counts."""
    found, wanted = set(), list(names)
    while wanted:
        alternatives = [re.split(r"[ :(]", name.strip())[0] for name in wanted.pop().split("|")]
        for name in alternatives:
            known = subprocess.run(["dpkg-query", "-W", "-f", "${Status}|${Pre-Depends}, ${Depends}", name],
                                   capture_output=True, text=True, check=False).stdout
            if known.startswith("install ok installed|"):
                break
        else:
            raise ValueError(f"none of {alternatives} is installed")
        if name not in found:
            found.add(name)
            wanted += [part for part in known.split("|", 1)[1].split(",") if part.strip()]
    return found


class Machine:
    def __init__(self, package, root):
        self.root = Path(root)
        for name in ("bin", "lib", "lib32", "lib64", "libx32", "sbin"):
            if os.path.islink("/" + name):  # as here: into /usr
                (self.root / name).symlink_to(os.readlink("/" + name))
                (self.root / "usr" / name).mkdir(parents=True)
        for name in ("proc", "dev/shm", "tmp"):
            (self.root / name).mkdir(parents=True)
        for name in ("null", "zero", "urandom"):
            (self.root / "dev" / name).touch()
        run("dpkg-deb", "-x", package, self.root)
        depends = run("dpkg-deb", "-f", package, "Depends")
        self.libraries = {path for name in dependencies(depends.split(","))
                          for path in run("dpkg-query", "-L", name).splitlines() if SHARED_LIBRARY.fullmatch(path)}
        for path in self.libraries:
            target = self.root / path[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            if not os.path.lexists(target):
                shutil.copy2(path, target, follow_symlinks=False)

    def run(self, *command, text=""):
        """Runs a command in there: (status, output, errors)."""
        result = subprocess.run([*self._namespace(), "sh", "-c", MOUNT + CHANGE_ROOT, "sh", self.root, *command],
                                input=text, capture_output=True, text=True, check=False)
        return result.returncode, result.stdout, result.stderr

    def _namespace(self):
        for namespace in NAMESPACES:
            if shutil.which("unshare") and subprocess.run([*namespace, "sh", "-c", MOUNT, "sh", self.root],
                                                          capture_output=True, check=False).returncode == 0:
                return namespace
        raise Skipped("mounting is not allowed here, neither directly nor in a user namespace")
