"""Gathered commits: one for many, and a failure undoes only its own."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from newsbot.gathering import Gathering
from newsbot.ledger import Ledger, file_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsbot.errors import NewsbotError

NOW = datetime(2026, 9, 29, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(file_url(tmp_path / "ledger.sqlite"), lambda: NOW)
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
    mark(ledger, "three")
    assert begun == ["begun", "begun"]


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
    ledger = Ledger.open(file_url(tmp_path / "ledger.sqlite"), lambda: NOW)
    ledger.gather(lambda: None)
    mark(ledger, "lost")
    ledger.close()
    assert seen_from_outside(tmp_path) == set()


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
