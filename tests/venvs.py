"""Virtual environments of their own, for packages that newsbot itself never imports."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def made(folder: Path, requirements: Path) -> Path:
    """The Python of the environment in `folder`, which holds what `requirements` (locked, with hashes) says.

    Made anew when the lock has changed; a second caller waits for the first. Raises CalledProcessError where it cannot
    be made; pip has said why by then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    python, stamp = folder / "venv/bin/python", folder / "stamp.txt"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (python.exists() and stamp.exists() and stamp.read_bytes() == requirements.read_bytes()):
            stamp.unlink(missing_ok=True)
            print(f"making {folder}/venv from {requirements}", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder / "venv"], check=True)
            # The lock is whole: pip need not look for what is needed (some versions fail at extras of extras).
            words = ["--disable-pip-version-check", "install", "-qq", "--no-deps", "--require-hashes"]
            subprocess.run([python, "-m", "pip", *words, "-r", str(requirements)], check=True, stdout=sys.stderr)
            shutil.copyfile(requirements, stamp)  # last, so that a half-made folder has none
    return python
