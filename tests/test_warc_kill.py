"""kill -9 at any moment: nothing that was acknowledged is lost, and no half exchange stays."""

from __future__ import annotations

import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from newsbot.warc.fault import TORN
from newsbot.warc.foreign import Foreign
from newsbot.warc.reader import Record, records
from newsbot.warc.recovery import recover

if TYPE_CHECKING:
    from collections.abc import Iterable

    from newsbot.warc.fault import Fault

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

#: Appends exchanges of up to 4 MB from several tasks, rotates often, and prints the ids of what is durable.
CHILD = """if True:
    import asyncio, os, random, sys
    from pathlib import Path
    from newsbot.clock import system_clock
    from newsbot.warc.commit import GroupCommit
    from newsbot.warc.writer import Writer
    from tests.warcs import WIRE, answer, exchange, plain

    noise = os.urandom(4_000_000)
    shapes = list(WIRE.values())
    writer = Writer(Path(sys.argv[1]), info={}, clock=system_clock(), max_bytes=12_000_000)
    commit = GroupCommit(writer)

    async def crawl():
        while True:
            size = random.choice((100, 30_000, 300_000, 4_000_000))
            one = random.choice((random.choice(shapes), plain(answer(noise[:size], "Content-Type: image/png"))))
            written = writer.append(one)
            await commit.durable()
            ids = (written.request_id, written.response_id, written.metadata_id)
            os.write(1, (" ".join(filter(None, ids)) + "\\n").encode())

    async def main():
        await asyncio.gather(*(crawl() for _ in range(4)))

    asyncio.run(main())
"""


def _killed_run(archive: Path, seconds: float) -> list[set[str]]:
    """Kill the child `seconds` after its first acknowledgement; the ids of each exchange that it acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(archive)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline()]
        with suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
        child.kill()
        lines += child.stdout.readlines()
    return [set(line.split()) for line in lines if line.endswith("\n")]


def _exchanges(path: Path) -> list[set[str]]:
    """The record ids of each exchange in a file that must be whole."""
    found: list[set[str]] = []
    pending: set[str] = set()
    for record in records(path):
        assert isinstance(record, Record), record
        assert record.disagreements() == []
        if record.type == "warcinfo":
            continue
        pending.add(record.id)
        if record.type == "metadata":
            assert pending == {record.id, *record.concurrent_to}
            found.append(pending)
            pending = set()
    assert not pending, f"half an exchange at the end of {path}"
    return found


def _faults(paths: Iterable[Path]) -> list[Fault]:
    """What `scrapy verify` says of these files."""
    return list(Foreign(sorted(paths), lambda *_: None).faults())


@pytest.mark.parametrize("kills", [10, pytest.param(60, marks=pytest.mark.slow)])
def test_killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_is_half(kills: int, tmp_path: Path) -> None:
    moments = random.Random(kills)
    acknowledged: list[set[str]] = []
    verified: set[Path] = set()
    cuts = 0
    for _ in range(kills):
        acknowledged += _killed_run(tmp_path, moments.uniform(0, 0.1))
        left = list(tmp_path.rglob("*.open"))
        assert {fault.code for fault in _faults(left)} <= {TORN}
        cuts += sum(bool(done.cut_bytes) for done in recover(tmp_path))
        fresh = set(tmp_path.rglob("*.warc.gz")) - verified
        assert _faults(fresh) == []
        verified |= fresh
    assert len(acknowledged) > kills
    assert not list(tmp_path.rglob("*.open"))
    files = sorted(tmp_path.rglob("*.warc.gz"))
    archived = {frozenset(ids) for path in files for ids in _exchanges(path)}
    assert [ids for ids in acknowledged if ids not in archived] == []
    assert all(path.with_name(f"{path.name}.cdxj").exists() for path in files)
    for judge in (("gzip", "-t"), (BIN / "warcio", "check")):
        subprocess.run([*judge, *files], check=True, capture_output=True)
    for path in random.Random(0).sample(files, min(5, len(files))):  # it takes one file at a time
        subprocess.run([BIN / "fastwarc", "check", "-p", "-q", path], check=True, capture_output=True)
    print(f"{kills} kills, {len(acknowledged)} acknowledged, {len(files)} files, {cuts} of them were torn")
