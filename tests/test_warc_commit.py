"""Group commit: one sync frees everybody who had appended before it began."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING

import pytest

from newsbot.errors import ArchiveError
from newsbot.warc.commit import GroupCommit
from newsbot.warc.writer import Writer
from tests.warcs import exchange, frozen

if TYPE_CHECKING:
    from pathlib import Path


class Watched(Writer):
    """A writer that counts its syncs and, when told, waits in them."""

    def __init__(self, archive: Path, durability: str = "batch") -> None:
        super().__init__(archive, info={}, clock=frozen, durability=durability)
        self.syncs: list[str] = []  #: the names of the threads
        self.begun = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def sync(self) -> None:
        """Sync, once the gate is open."""
        self.syncs.append(threading.current_thread().name)
        self.begun.set()
        self.gate.wait()
        super().sync()


def test_one_sync_in_one_other_thread_frees_all_that_wait(tmp_path: Path) -> None:
    writer = Watched(tmp_path)

    async def crawl() -> None:
        commit = GroupCommit(writer)

        async def one() -> None:
            writer.append(exchange())
            await commit.durable()
            assert not writer.unsynced

        await asyncio.gather(*(one() for _ in range(50)))
        commit.close()

    asyncio.run(crawl())
    assert len(writer.syncs) == 1
    assert writer.syncs[0].startswith("fdatasync")
    writer.close()


def test_who_appends_while_a_sync_runs_waits_for_the_next(tmp_path: Path) -> None:
    writer = Watched(tmp_path)

    async def crawl() -> None:
        commit = GroupCommit(writer)
        writer.gate.clear()
        writer.append(exchange())
        first = asyncio.create_task(commit.durable())
        await asyncio.to_thread(writer.begun.wait)
        writer.append(exchange())
        late = [asyncio.create_task(commit.durable()) for _ in range(3)]
        await asyncio.sleep(0)
        writer.gate.set()
        await first
        assert not any(task.done() for task in late)
        await asyncio.gather(*late)
        assert len(writer.syncs) == 2
        commit.close()

    asyncio.run(crawl())
    assert not writer.unsynced
    writer.close()


@pytest.mark.parametrize(("durability", "syncs", "unsynced"), [("none", 0, True), ("record", 3, False)])
def test_the_other_durabilities_use_no_thread(durability: str, syncs: int, unsynced: bool, tmp_path: Path) -> None:
    writer = Watched(tmp_path, durability)

    async def crawl() -> None:
        commit = GroupCommit(writer)
        for _ in range(3):
            writer.append(exchange())
            await commit.durable()
        commit.close()

    asyncio.run(crawl())
    assert writer.syncs == ["MainThread"] * syncs
    assert writer.unsynced is unsynced
    writer.close()


def test_a_failed_sync_reaches_every_waiter_and_all_that_come_later(tmp_path: Path) -> None:
    writer = Watched(tmp_path)

    async def crawl() -> list[BaseException | None]:
        commit = GroupCommit(writer)
        for _ in range(3):
            writer.append(exchange())
        assert writer._file is not None
        reading, piped = os.pipe()
        os.dup2(piped, writer._file._descriptor)  # a pipe cannot be synced
        waiting = await asyncio.gather(*(commit.durable() for _ in range(3)), return_exceptions=True)
        later = await asyncio.gather(commit.durable(), return_exceptions=True)
        commit.close()
        for descriptor in (reading, piped, writer._file._descriptor):
            os.close(descriptor)
        return [*waiting, *later]

    errors = asyncio.run(crawl())
    assert [type(error) for error in errors] == [ArchiveError] * 4
    assert len({str(error) for error in errors}) == 1


def test_a_waiter_that_is_cancelled_disturbs_nobody(tmp_path: Path) -> None:
    writer = Watched(tmp_path)

    async def crawl() -> None:
        commit = GroupCommit(writer)
        writer.gate.clear()
        writer.append(exchange())
        given_up, patient = asyncio.create_task(commit.durable()), asyncio.create_task(commit.durable())
        await asyncio.to_thread(writer.begun.wait)
        given_up.cancel()
        writer.gate.set()
        await patient
        with pytest.raises(asyncio.CancelledError):
            await given_up
        commit.close()

    asyncio.run(crawl())
    writer.close()


def test_a_rotation_does_not_lose_who_waits_for_the_old_file(tmp_path: Path) -> None:
    writer = Watched(tmp_path)
    writer._max_bytes = 1

    async def crawl() -> None:
        commit = GroupCommit(writer)

        async def one() -> None:
            writer.append(exchange())
            await commit.durable()

        await asyncio.gather(*(one() for _ in range(10)))
        commit.close()

    asyncio.run(crawl())
    assert len(writer.files) == 10
    assert not writer.unsynced
    writer.close()
