"""Gathered commits: one for many, and a failure undoes only its own."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sqlite3
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest

from newsbot.crawl.gathering import Gathering
from newsbot.errors import ArchiveError
from newsbot.ledger import file_url, opening
from tests.ledgers import NOW, fill, open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    from newsbot.errors import NewsbotError
    from newsbot.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(file_url(tmp_path / "ledger.sqlite"))
    yield ledger
    ledger.close()


def seen_from_outside(tmp_path: Path) -> set[str]:
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    try:
        return {row[0] for row in connection.execute("SELECT file FROM warcfile")}
    finally:
        connection.close()


def mark(ledger: Ledger, file: str) -> None:
    with ledger.transaction():
        ledger.mark_absorbed(file, 1)


def test_others_see_nothing_before_the_flush_and_all_after_it(ledger: Ledger, tmp_path: Path) -> None:
    begun: list[str] = []
    ledger.gather(lambda: begun.append("begun"))
    mark(ledger, "one")
    mark(ledger, "two")
    assert begun == ["begun"]
    assert set(ledger.absorbed()) == {"one", "two"}
    assert seen_from_outside(tmp_path) == set()
    ledger.flush()
    assert seen_from_outside(tmp_path) == {"one", "two"}


def test_after_each_flush_others_get_a_turn_and_then_it_goes_on(ledger: Ledger, tmp_path: Path) -> None:
    begun: list[str] = []
    ledger.gather(lambda: begun.append("begun"))
    for number in range(9):
        mark(ledger, f"gathered{number}")
    ledger.flush()
    mark(ledger, "alone")
    assert "alone" in seen_from_outside(tmp_path)
    mark(ledger, "gathered again")
    assert "gathered again" not in seen_from_outside(tmp_path)
    assert begun == ["begun", "begun"]


def test_nothing_is_gathered_for_a_while_where_that_gathers_little(ledger: Ledger, tmp_path: Path) -> None:
    ledger.gather(lambda: None)
    mark(ledger, "gathered")
    ledger.flush()
    for number in range(20):
        mark(ledger, f"alone{number}")
        assert f"alone{number}" in seen_from_outside(tmp_path)


def test_nothing_is_gathered_for_a_while_when_another_process_writes(ledger: Ledger, tmp_path: Path) -> None:
    ledger.gather(lambda: None)
    with contextlib.closing(open_ledger(file_url(tmp_path / "ledger.sqlite"))) as other:
        other.mark_absorbed("other", 1)
    for number in range(9):
        mark(ledger, f"gathered{number}")
    ledger.flush()
    for number in range(20):
        mark(ledger, f"alone{number}")
        assert f"alone{number}" in seen_from_outside(tmp_path)


def test_a_failure_undoes_its_own_transaction_and_no_other(ledger: Ledger, tmp_path: Path) -> None:
    ledger.gather(lambda: None)
    mark(ledger, "before")

    def fail() -> None:
        with ledger.transaction():
            ledger.mark_absorbed("within", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    mark(ledger, "after")
    ledger.flush()
    assert seen_from_outside(tmp_path) == {"before", "after"}


def test_what_was_not_flushed_is_not_kept(tmp_path: Path) -> None:
    ledger = open_ledger(file_url(tmp_path / "ledger.sqlite"))
    ledger.gather(lambda: None)
    mark(ledger, "lost")
    ledger.close()
    assert seen_from_outside(tmp_path) == set()


@contextlib.contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """A full disk: bytes that no file may grow beyond."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_what_a_full_disk_undid_of_what_was_gathered_is_told_and_the_next_is_kept(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.gather(lambda: None)
    mark(ledger, "acknowledged")
    words = r"^the ledger cannot be written: .*; check disk space .*$"
    with no_file_above(300_000), pytest.raises(ArchiveError, match=words):
        fill(ledger, 20_000)
    assert set(ledger.absorbed()) == set()  # SQLite undid it all
    mark(ledger, "next")
    with pytest.raises(ArchiveError, match=words):  # whoever was told "noted" hears of it
        ledger.flush()
    ledger.flush()
    assert seen_from_outside(tmp_path) == {"next"}
    assert ledger.counts() == {}


def write_until_told(url: str, pipe: Connection, pause: float) -> None:
    """A busy crawl: transactions in an event loop that gathers them, `pause` seconds apart."""
    failures: list[NewsbotError] = []
    ledger = open_ledger(url)

    async def write() -> None:
        Gathering(ledger, failures.append)
        number = 0
        while not pipe.poll():
            mark(ledger, f"file{number}")
            if number == 20:
                pipe.send("writing")
            number += 1
            await asyncio.sleep(pause)

    asyncio.run(write())
    ledger.flush()
    ledger.close()
    pipe.send(failures)


@pytest.mark.parametrize("pause", [0.05, 0.01, 0.003])
def test_a_process_beside_one_that_gathers_is_not_kept_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pause: float
) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 1.0)  # ten times what is gathered: longer, and the test fails as `busy`
    url = file_url(tmp_path / "ledger.sqlite")
    context = get_context("forkserver")
    ours, theirs = context.Pipe()
    with contextlib.closing(open_ledger(url)) as ledger:
        busy = context.Process(target=write_until_told, args=(url, theirs, pause))
        busy.start()
        theirs.close()
        try:
            assert ours.poll(60)
            assert ours.recv() == "writing"
            turns = [ledger.reserve("host", NOW, 1) for _ in range(50)]
            ours.send("stop")
            assert ours.recv() == []
        finally:
            busy.kill()
            busy.join()
            ours.close()
    assert len(set(turns)) == 50


def test_a_running_loop_commits_by_itself(ledger: Ledger, tmp_path: Path) -> None:
    failures: list[NewsbotError] = []

    async def work() -> None:
        Gathering(ledger, failures.append)
        mark(ledger, "one")
        async with asyncio.timeout(10):
            while not seen_from_outside(tmp_path):  # noqa: ASYNC110 - another connection has no event to wait for
                await asyncio.sleep(0.01)

    asyncio.run(work())
    assert seen_from_outside(tmp_path) == {"one"}
    assert failures == []
