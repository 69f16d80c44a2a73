"""A file ten times as large takes no more memory, neither to verify nor to index."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from newsbot.warc.index import beside
from tests.crawling import PROJECT
from tests.warcs import answer, plain, writer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

BOUND = 150  #: MB of a whole process
GROWTH = 16  #: MB, for ten times the file

#: A small process in between: a child's figure begins with the memory of the one that forked it.
MEASURE = """if True:
    import resource, subprocess, sys
    subprocess.run(sys.argv[1:], check=True)
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
INDEX = "import sys, pathlib; from newsbot.warc.index import write; write(pathlib.Path(sys.argv[1]))"


def made(folder: Path, size: int) -> Path:
    """A closed WARC file of at least `size` bytes, its index beside it: pictures of 30 KB, each of its own."""
    noise = random.Random(1).randbytes(30_000)
    writing = writer(folder, max_bytes=1 << 40)
    written = 0
    while written < size:
        body = b"%d " % written + noise
        written = writing.append(plain(answer(body, "Content-Type: image/png"), f"https://n.sinaimg.cn/{written}")).end
    writing.close()
    [path] = folder.rglob("*.warc.gz")
    return path


def peak(*command: str) -> float:
    """The most memory of a command that ends well, MB."""
    words = [sys.executable, "-c", MEASURE, sys.executable, *command]
    most = int(subprocess.run(words, cwd=PROJECT, stdout=subprocess.PIPE, check=True).stdout.splitlines()[-1])
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def test_a_gigabyte_is_verified_and_indexed_in_the_memory_of_a_tenth(tmp_path: Path) -> None:
    peaks: dict[str, list[float]] = {"verify": [], "index": []}
    for size in (100_000_000, 1_000_000_000):
        path = made(tmp_path / str(size), size)
        peaks["verify"].append(peak("-m", "scrapy", "verify", str(path)))
        before = beside(path).read_bytes()
        peaks["index"].append(peak("-c", INDEX, str(path)))
        assert beside(path).read_bytes() == before
    print(peaks)
    for small, large in peaks.values():
        assert large < BOUND
        assert large - small < GROWTH
