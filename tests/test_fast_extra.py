"""The extra `fast`: with isal in zlib's place the records are the same to the last byte, and judges accept them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crawling import PROJECT
from tests.warcs import WIRE, compose, unfolded

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent

#: In a process that has isal: says which deflate is at work, and writes every shape of the wire twice (composed with
#: everything frozen, and as the crawl does).
PROGRAM = """
import sys
from pathlib import Path
from newsbot.warc import member
from tests.warcs import WIRE, compose, written
print(member.deflate.__name__, member.TEXT_LEVEL)
Path(sys.argv[1], "frozen").write_bytes(compose(WIRE.values()))
print(written(Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def isal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what requirements-fast.txt names, and nothing else."""
    folder = tmp_path_factory.mktemp("fast")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq", "install", "--require-hashes"]
    subprocess.run([*pip, "--target", folder, "-r", PROJECT / "requirements-fast.txt"], check=True)
    return folder


@pytest.fixture(scope="module")
def made(isal: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The WARC file that a process with isal wrote; `frozen` lies in its archive."""
    archive = tmp_path_factory.mktemp("archive")
    path = os.pathsep.join([str(isal), str(PROJECT)])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, archive],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    first, file = done.stdout.splitlines()
    assert first == "isal.isal_zlib 2"
    return Path(file)


def test_the_records_are_the_same_as_with_zlib(made: Path) -> None:
    with_isal = (made.parents[3] / "frozen").read_bytes()
    assert unfolded(with_isal) == unfolded(compose(WIRE.values()))


@pytest.mark.parametrize("judge", [("gzip", "-t"), (BIN / "warcio", "check"), (BIN / "fastwarc", "check", "-p")])
def test_every_judge_accepts_the_file(made: Path, judge: tuple[str | Path, ...]) -> None:
    done = subprocess.run([*judge, made], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
