"""Two real processes on one ledger: each article once, one run of a kind, one turn at a time; and SIGKILL."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.errors import Locked
from tests.ledgers import NOW, capture, entry, fill, keys_of, look, open_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from newsbot.ledger import Ledger


#: Children of a small server that has everything loaded: fresh, without this process's connections, and quickly there.
_SERVER = get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.ledgers", "psycopg"])
PATIENCE = 60  # seconds until a child that says nothing has failed


def _child(url: str, part: Callable[[Ledger, str, Connection], Any], name: str, pipe: Connection) -> None:
    ledger = open_ledger(url)
    pipe.send("ready")
    pipe.recv()
    pipe.send(part(ledger, name, pipe))
    ledger.close()


class Child:
    """A process with a ledger of its own that waits for the word to begin."""

    def __init__(self, url: str, part: Callable[[Ledger, str, Connection], Any], name: str) -> None:
        self.pipe, theirs = _SERVER.Pipe()
        self.process: BaseProcess = _SERVER.Process(target=_child, args=(url, part, name, theirs))
        self.process.start()
        theirs.close()

    def hear(self) -> Any:
        assert self.pipe.poll(PATIENCE), "the child says nothing"
        return self.pipe.recv()


@contextmanager
def children(url: str, part: Callable[[Ledger, str, Connection], Any], count: int = 2) -> Iterator[list[Child]]:
    """So many processes, all begun at the same moment."""
    family = [Child(url, part, f"run{number}") for number in range(count)]
    try:
        assert [child.hear() for child in family] == ["ready"] * count
        for child in family:
            child.pipe.send("go")
        yield family
        for child in family:
            child.process.join(PATIENCE)
            assert child.process.exitcode in {0, -signal.SIGKILL}
    finally:
        for child in family:
            child.process.kill()
            child.process.join()
            child.pipe.close()


def meet(ledger: Ledger, name: str, pipe: Connection) -> list[str]:
    """Lease a first one and wait for the other: on SQLite a quick process may else be through before a slow one."""
    mine = keys_of(ledger.lease(name, 1, NOW, 60))
    pipe.send("met")
    pipe.recv()
    return mine


def lease_all(ledger: Ledger, name: str, pipe: Connection) -> list[str]:
    mine = meet(ledger, name, pipe)
    while work := ledger.lease(name, 3, NOW, 60):
        mine += keys_of(work)
    return mine


def lease_and_publish_all(ledger: Ledger, name: str, pipe: Connection) -> list[str]:
    mine = meet(ledger, name, pipe)
    while work := ledger.lease(name, 2, NOW, 60):
        for one in work:
            mine.append(one.key)
            ledger.note_looks([look(one.key, capture(int(one.key[3:]) + 100))])
            with ledger.transaction():
                ledger.settle(one.key, state="published", reason="", post=one.key, name=one.key)
                ledger.release(one.key, name)
    return mine


def lease_and_wait(ledger: Ledger, name: str, pipe: Connection) -> None:
    ledger.take_job("schedule", name, "here:1", NOW, 90, lambda _: None)
    pipe.send(keys_of(ledger.lease(name, 10, NOW, 60)))
    pipe.recv()


def write_and_wait(ledger: Ledger, _: str, pipe: Connection) -> None:
    with ledger.transaction():
        fill(ledger, 500)
        pipe.send("written")
        pipe.recv()


def take_jobs(ledger: Ledger, name: str, _: Connection) -> list[str]:
    won = []
    for number in range(40):
        try:
            ledger.take_job(f"kind{number}", name, name, NOW, 90, lambda _: None)
        except Locked:
            continue
        won.append(f"kind{number}")
    return won


def take_turns(ledger: Ledger, *_: Any) -> list[Any]:
    return [ledger.reserve(f"host{number}", NOW, 0.25) for number in range(5) for _ in range(40)]


def take_names(ledger: Ledger, name: str, _: Connection) -> list[str]:
    """As the desk does: look who has a name, and take it when nobody does."""
    for number in range(60):
        with ledger.transaction():
            if not ledger.rivals(f"name{number}"):
                ledger.settle(f"key{number:06d}-{name}", state="published", reason="", post="p", name=f"name{number}")
    return [row.name for number in range(60) for row in ledger.rivals(f"name{number}")]


def list_the_same(ledger: Ledger, name: str, _: Connection) -> int:
    keys = [f"key{number:06d}" for number in range(60)]
    if name == "run1":
        keys.reverse()
    answers = [ledger.note_entries(capture(n), [entry(key, i) for i, key in enumerate(keys)]) for n in range(30)]
    return sum(map(len, answers))


def open_only(*_: Any) -> str:
    return "open"


@pytest.mark.parametrize("part", [lease_all, lease_and_publish_all])
def test_two_processes_lease_each_of_300_articles_exactly_once(ledger_url: str, part: Any) -> None:
    ledger = open_ledger(ledger_url)
    keys = fill(ledger, 300)
    with children(ledger_url, part) as family:
        assert [child.hear() for child in family] == ["met", "met"]
        for child in family:
            child.pipe.send("go on")
        taken = [child.hear() for child in family]
    assert sorted(taken[0] + taken[1]) == keys
    assert all(taken)
    assert ledger.lease("late", 9, NOW, 60) == []
    ledger.close()


def test_leases_of_a_killed_process_fall_back_when_they_end(ledger_url: str) -> None:
    ledger = open_ledger(ledger_url)
    keys = fill(ledger, 12)
    with children(ledger_url, lease_and_wait, 1) as (child,):
        assert child.hear() == keys[:10]
        child.process.kill()
        child.process.join()
        assert keys_of(ledger.lease("next", 99, NOW + timedelta(seconds=59), 60)) == keys[10:]
        assert keys_of(ledger.lease("next", 99, NOW + timedelta(seconds=60), 60)) == keys[:10]
    ledger.close()


def test_leases_of_a_killed_process_fall_back_at_once_to_its_successor(ledger_url: str) -> None:
    ledger = open_ledger(ledger_url)
    keys = fill(ledger, 12)
    with children(ledger_url, lease_and_wait, 1) as (child,):
        child.hear()
        child.process.kill()
        child.process.join()
        ledger.take_job("schedule", "next", "here:2", NOW, 90, lambda holder: holder != "here:1")
        assert keys_of(ledger.lease("next", 99, NOW, 60)) == keys
    ledger.close()


def test_what_a_killed_process_had_not_committed_was_never_there(ledger_url: str) -> None:
    ledger = open_ledger(ledger_url)
    with children(ledger_url, write_and_wait, 1) as (child,):
        assert child.hear() == "written"
        child.process.kill()
        child.process.join()
        fill(ledger, 3)
        assert ledger.counts() == {"listed": 3}
    ledger.close()


def test_of_two_runs_that_begin_at_the_same_moment_one_gets_the_job(ledger_url: str) -> None:
    with children(ledger_url, take_jobs) as family:
        won = [child.hear() for child in family]
    assert sorted(won[0] + won[1]) == sorted(f"kind{number}" for number in range(40))


def test_turns_at_a_host_are_never_closer_than_the_interval(ledger_url: str) -> None:
    with children(ledger_url, take_turns) as family:
        turns = sorted(child_turn for child in family for child_turn in child.hear())
    expected = [NOW + timedelta(seconds=0.25) * place for place in range(80) for _ in range(5)]
    assert turns == expected


def test_two_processes_never_give_one_name_twice(ledger_url: str) -> None:
    ledger = open_ledger(ledger_url)
    keys = [f"key{number:06d}-{name}" for number in range(60) for name in ("run0", "run1")]
    ledger.note_entries(capture(1), [entry(key, place) for place, key in enumerate(keys)])
    with children(ledger_url, take_names) as family:
        for child in family:
            child.hear()
    assert [len(ledger.rivals(f"name{number}")) for number in range(60)] == [1] * 60
    ledger.close()


def test_lists_that_show_the_same_articles_the_other_way_round_do_not_deadlock(ledger_url: str) -> None:
    with children(ledger_url, list_the_same) as family:
        assert sum(child.hear() for child in family) == 60


def test_many_processes_may_make_the_ledger_at_the_same_moment(ledger_url: str) -> None:
    with children(ledger_url, open_only, 5) as family:
        assert [child.hear() for child in family] == ["open"] * 5
