"""A transaction is kept whole or not at all, whatever ends it."""
# ruff: noqa: PT012 - the transaction with all that is in it is what raises

from __future__ import annotations

import resource
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from newsbot.errors import ArchiveError, LedgerError
from newsbot.ledger import file_url, opening
from tests.ledgers import NOW, capture, database, entry, fill, open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsbot.ledger import Ledger


class Broken(Exception):
    """Something that is not the ledger's business."""


@contextmanager
def without_table(url: str, name: str) -> Iterator[None]:
    """Take a table away behind the ledger's back."""
    engine = create_engine(url)
    for one, other in ((name, "away"), ("away", name)):
        with engine.begin() as connection:
            connection.execute(text(f'ALTER TABLE "{one}" RENAME TO "{other}"'))
        if other == "away":
            yield
    engine.dispose()


@pytest.mark.parametrize("ends", [Broken, KeyboardInterrupt, SystemExit])
def test_what_ends_a_transaction_undoes_it_and_the_next_one_works(ledger: Ledger, ends: type[BaseException]) -> None:
    with pytest.raises(ends), ledger.transaction():
        fill(ledger, 3)
        raise ends
    assert ledger.counts() == {}
    fill(ledger, 2)
    assert ledger.counts() == {"listed": 2}


def test_a_transaction_within_another_is_part_of_it(ledger: Ledger) -> None:
    with pytest.raises(Broken), ledger.transaction():
        with ledger.transaction():
            fill(ledger, 1)
        raise Broken
    assert ledger.counts() == {}


def test_reads_in_a_transaction_see_what_it_wrote(ledger: Ledger) -> None:
    with ledger.transaction():
        fill(ledger, 2)
        assert ledger.counts() == {"listed": 2}


def test_nobody_sees_a_transaction_that_is_not_at_its_end(ledger: Ledger, ledger_url: str) -> None:
    other = open_ledger(ledger_url)
    with ledger.transaction():
        fill(ledger, 2)
        assert other.counts() == {}
        assert list(other.dump()) == []
    assert other.counts() == {"listed": 2}
    other.close()


def test_a_failure_passed_over_within_a_transaction_undoes_the_whole_of_it(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match=r"^the ledger's transaction goes on after a failure in it \(Broken\); .*$"):  # noqa: SIM117 - the order matters
        with ledger.transaction():
            fill(ledger, 1)
            with suppress(Broken), ledger.transaction():
                raise Broken
    assert ledger.counts() == {}


def test_nothing_is_written_after_a_statement_that_failed(ledger: Ledger, ledger_url: str) -> None:
    with (
        without_table(ledger_url, "window"),
        pytest.raises(LedgerError, match="goes on after a failure"),
        ledger.transaction(),
    ):
        with pytest.raises(LedgerError):
            ledger.windows("finance")
        fill(ledger, 1)
    assert ledger.counts() == {}


def test_a_read_that_fails_is_told_in_one_line_within_a_transaction_and_without(
    ledger: Ledger, ledger_url: str
) -> None:
    words = r"^the ledger cannot be used: .*window.*; check LEDGER_URL; .*$"
    with without_table(ledger_url, "window"):
        with pytest.raises(LedgerError, match=words):
            ledger.windows("finance")
        with pytest.raises(LedgerError, match=words), ledger.transaction():
            ledger.windows("finance")
        with pytest.raises(LedgerError, match=words):
            list(ledger.dump())
    assert ledger.windows("finance") == []
    fill(ledger, 1)


def test_a_dump_that_is_not_read_to_its_end_holds_nothing_up(ledger: Ledger) -> None:
    fill(ledger, 50)
    lines = ledger.dump()
    assert next(lines).startswith('article\t{"body_key":')
    ledger.rest("h", NOW, 1)
    lines.close()  # type: ignore[attr-defined]  # it is a generator
    fill(ledger, 60)


def test_a_ledger_held_by_another_process_for_too_long_is_busy(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.05)
    one, other = open_ledger(ledger_url), open_ledger(ledger_url)
    with one.transaction():
        fill(one, 1)
        with pytest.raises(LedgerError, match=r"^the ledger is busy: another process wrote for more than 0.05 s .*$"):
            fill(other, 2)
        assert other.counts() == {}
    fill(other, 2)
    assert one.counts() == {"listed": 2}
    one.close()
    other.close()


def test_a_full_disk_is_an_archive_error_and_nothing_is_half_written(tmp_path: Path) -> None:
    ledger = open_ledger(file_url(tmp_path / "ledger.sqlite"))
    fill(ledger, 10)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))  # no file may grow beyond
    try:
        with pytest.raises(ArchiveError, match=r"^the ledger cannot be written: .*; check disk space .*$"):
            fill(ledger, 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert ledger.counts() == {"listed": 10}
    fill(ledger, 5000)
    assert ledger.counts() == {"listed": 5000}
    ledger.close()


def test_a_lost_server_is_told_once_and_found_again(tmp_path: Path) -> None:
    with database("postgresql", tmp_path) as url:
        ledger = open_ledger(url)
        fill(ledger, 1)
        engine = create_engine(url)
        with pytest.raises(LedgerError), ledger.transaction():
            ledger.note_entries(capture(2), [entry("lost")])
            with engine.begin() as connection:
                others = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                connection.execute(text(others))
            ledger.counts()
        engine.dispose()
        assert ledger.counts() == {"listed": 1}
        fill(ledger, 2)
        ledger.close()
