"""A Hexo site as `hexo init` makes it, and its build; Hexo comes from tests/judges.sh."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

PINNED = Path(__file__).parent / "hexo"


def site(folder: Path) -> Path:
    """A site in `folder`, without posts; where its posts go."""
    folder.mkdir()
    for name in ("package.json", "_config.yml"):
        shutil.copy(PINNED / name, folder)
    (folder / "node_modules").symlink_to(_judges() / "node" / "node_modules")
    posts = folder / "source" / "_posts"
    posts.parent.mkdir()
    return posts


def generate(folder: Path) -> str:
    """`hexo generate`; all that it prints. Raises CalledProcessError when it ends with another code than 0."""
    words = [str(_judges() / "venv/bin/node"), "node_modules/hexo/bin/hexo", "generate", "--bail"]
    done = subprocess.run(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, timeout=300
    )
    return done.stdout


@cache
def _judges() -> Path:
    """Where they are; installed when they are not there yet. Node.js is theirs too: Debian 12's is too old for Hexo."""
    script = Path(__file__).parent / "judges.sh"
    return Path(subprocess.run([script], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
