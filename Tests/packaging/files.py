"""Trees of files, and commands that are to fail."""

import hashlib
import os
import subprocess
from pathlib import Path


def tree(root):
    """{path: (mode, digest of the contents)} of everything below `root`; directories end in a slash."""
    found = {}
    for directory, folders, names in os.walk(root):
        for name in folders + names:
            path = Path(directory, name)
            key = "/" + str(path.relative_to(root)) + ("/" if path.is_dir() else "")
            digest = None if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            found[key] = (f"{path.stat().st_mode & 0o7777:o}", digest)
    return found


def run(command, *arguments, **environment):
    """Runs a command in an environment with these variables besides; raises with what it wrote if it fails."""
    result = subprocess.run([command, *arguments], env=dict(os.environ, **environment), stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ValueError(f"{command} {' '.join(map(str, arguments))}: {result.stdout}{result.stderr}")
    return result.stdout


def complaints_about_refusal(command, message, **environment):
    """Does a command fail with status 1 and one line of stderr that has `message` in it?"""
    result = subprocess.run(command, env=dict(os.environ, **environment), stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, check=False)
    if result.returncode == 1 and message in result.stderr and result.stderr.count("\n") == 1:
        return []
    return [f"{command}: status {result.returncode}, {result.stdout}{result.stderr}",
            f"expected one line with '{message}'"]
