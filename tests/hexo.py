"""A Hexo site as `hexo init` makes it, and its build; Hexo comes from tests/judges.sh."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

PINNED = Path(__file__).parent / "hexo"


def site(folder: Path) -> Path:
    """A site in `folder`, without posts; where its posts go."""
    judges = subprocess.run([Path(__file__).parent / "judges.sh"], stdout=subprocess.PIPE, text=True, check=True)
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    major, minor = version.removeprefix("v").split(".")[:2]
    assert (int(major), int(minor)) >= (20, 19), f"Hexo 8 needs Node.js 20.19 or later, here is {version}: install one"
    folder.mkdir()
    for name in ("package.json", "_config.yml"):
        shutil.copy(PINNED / name, folder)
    (folder / "node_modules").symlink_to(Path(judges.stdout.strip()) / "node" / "node_modules")
    posts = folder / "source" / "_posts"
    posts.parent.mkdir()
    return posts


def generate(folder: Path) -> str:
    """`hexo generate`; all that it prints. Raises CalledProcessError when it ends with another code than 0."""
    words = ["node_modules/.bin/hexo", "generate", "--bail"]
    done = subprocess.run(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, timeout=300
    )
    return done.stdout
