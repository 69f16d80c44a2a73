"""Who works on what: leases, jobs, turns and rests. The time is passed in; nothing here waits for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.errors import Locked
from newsbot.ledger import opening
from tests.ledgers import NOW, capture, database, entry, fill, keys_of, look, open_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from newsbot.ledger import Ledger


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def leased(ledger: Ledger, owner: str, limit: int = 9, *, at: float = 0) -> list[str]:
    return keys_of(ledger.lease(owner, limit, after(at), 60))


def unknown(_: str) -> None:
    return None


def test_the_newest_articles_are_leased_first_and_those_without_a_time_last(ledger: Ledger) -> None:
    shown = [entry("b", age=2), replace(entry("d"), ctime=None), entry("a", age=2), entry("c", age=1)]
    ledger.note_entries(capture(1), [replace(one, position=place) for place, one in enumerate(shown)])
    assert leased(ledger, "one", 2) == ["c", "a"]
    assert leased(ledger, "two") == ["b", "d"]
    assert leased(ledger, "three") == []


def test_only_listed_and_failed_articles_are_leased(ledger: Ledger) -> None:
    keys = fill(ledger, 5)
    for key, state in zip(keys, ("failed", "refused", "gone", "published"), strict=False):
        ledger.settle(key, state=state, reason="", post="", name="")
    assert leased(ledger, "one") == [keys[0], keys[4]]


def test_those_found_gone_are_looked_at_for_longer_than_the_others(ledger: Ledger) -> None:
    keys = fill(ledger, 6)
    for key, reason in zip(keys, ("", "gone", "", "gone", "redirected-away", "no-layout"), strict=True):
        ledger.note_looks([look(key, capture(int(key[3:]) + 9), reason)])
        ledger.settle(key, state="refused" if reason else "published", reason=reason, post="", name="")
    assert sorted(keys_of(ledger.recent(after(-1), after(-4)))) == [keys[0], keys[1], keys[3], keys[4]]


def test_work_says_what_to_ask_and_how_often_it_failed(ledger: Ledger) -> None:
    fill(ledger, 1)
    for failed in range(3):
        (one,) = ledger.lease("one", 1, after(failed), 60)
        assert (one.key, one.url, one.attempts) == ("key000000", entry("key000000").url, failed)
        ledger.release(one.key, "one", not_before=after(failed + 1))


def test_a_failed_article_waits_until_it_may_be_tried_again(ledger: Ledger) -> None:
    (key,) = fill(ledger, 1)
    leased(ledger, "one")
    ledger.release(key, "one", not_before=after(600))
    assert leased(ledger, "one", at=599) == []
    assert leased(ledger, "one", at=600) == [key]


def test_an_article_that_was_put_off_untried_counts_no_attempt(ledger: Ledger) -> None:
    (key,) = fill(ledger, 1)
    leased(ledger, "one")
    ledger.release(key, "one", not_before=after(5), tried=False)
    assert [one.attempts for one in ledger.lease("two", 1, after(5), 60)] == [0]


def test_a_lease_that_is_not_renewed_falls_back(ledger: Ledger) -> None:
    keys = fill(ledger, 2)
    assert leased(ledger, "one") == keys
    assert leased(ledger, "two", at=59) == []
    ledger.renew("one", after(59), 60)
    assert leased(ledger, "two", at=118) == []
    assert leased(ledger, "two", at=119) == keys


def test_who_lost_a_lease_can_neither_give_it_back_nor_prolong_it(ledger: Ledger) -> None:
    (key,) = fill(ledger, 1)
    leased(ledger, "one")
    assert leased(ledger, "two", at=60) == [key]
    ledger.release(key, "one")
    ledger.release(key, "one", not_before=after(0))
    ledger.renew("one", after(60), 9000)
    assert ledger.release_all("one") == 0
    assert leased(ledger, "three", at=119) == []
    assert leased(ledger, "three", at=120) == [key]


def test_all_leases_of_a_run_are_given_back_at_once(ledger: Ledger) -> None:
    keys = fill(ledger, 5)
    leased(ledger, "one", 3)
    leased(ledger, "two", 1)
    assert ledger.release_all("one") == 3
    assert leased(ledger, "three") == [*keys[:3], keys[4]]


def test_on_postgresql_nobody_waits_for_articles_that_another_is_just_leasing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.05)
    with database("postgresql", tmp_path) as url:
        one, other = open_ledger(url), open_ledger(url)
        keys = fill(one, 4)
        with one.transaction(alone=False):
            assert leased(one, "one", 2) == keys[:2]
            assert leased(other, "two", 3) == keys[2:]
        one.close()
        other.close()


def test_one_transaction_settles_and_releases(ledger: Ledger) -> None:
    (key,) = fill(ledger, 1)
    leased(ledger, "one")
    with ledger.transaction():
        ledger.note_looks([look(key, capture(2))])
        ledger.settle(key, state="published", reason="", post="p.md", name="p")
        ledger.release(key, "one")
    assert leased(ledger, "two", at=999) == []


def test_a_second_run_of_a_kind_is_refused_in_one_line(ledger: Ledger) -> None:
    ledger.take_job("schedule", "run1", "here:1", NOW, 90, unknown)
    ledger.take_job("backfill", "run2", "here:2", NOW, 90, unknown)
    words = (
        r"^another schedule run is at work: run1 of here:1, since 2026-09-29T12:00:00\.0.*; .* ends at .*12:01:30.*$"
    )
    for alive in (True, None):
        with pytest.raises(Locked, match=words):
            ledger.take_job("schedule", "run3", "here:3", after(89), 90, lambda _, alive=alive: alive)  # type: ignore[misc]  # bound now


def test_a_job_is_free_when_it_ended_or_its_lease_did_or_its_holder_is_dead(ledger: Ledger) -> None:
    ledger.take_job("schedule", "run1", "here:1", NOW, 90, unknown)
    ledger.end_job("schedule", "run1")
    ledger.take_job("schedule", "run2", "here:2", NOW, 90, unknown)
    ledger.take_job("schedule", "run3", "here:3", after(90), 90, unknown)
    ledger.take_job("schedule", "run4", "here:4", after(91), 90, lambda holder: holder != "here:3")
    ledger.end_job("schedule", "run3")  # no longer its own
    with pytest.raises(Locked):
        ledger.take_job("schedule", "run5", "here:5", after(92), 90, unknown)


def test_a_job_is_kept_by_renewing_it_and_its_loss_is_told(ledger: Ledger) -> None:
    ledger.take_job("schedule", "run1", "here:1", NOW, 90, unknown)
    assert ledger.renew_job("schedule", "run1", after(80), 90)
    with pytest.raises(Locked):
        ledger.take_job("schedule", "run2", "here:2", after(169), 90, unknown)
    ledger.take_job("schedule", "run2", "here:2", after(170), 90, unknown)
    assert not ledger.renew_job("schedule", "run1", after(171), 90)


def test_a_successor_frees_what_the_dead_run_had_leased(ledger: Ledger) -> None:
    keys = fill(ledger, 3)
    ledger.take_job("schedule", "run1", "here:1", NOW, 90, unknown)
    leased(ledger, "run1", 2)
    ledger.take_job("schedule", "run2", "here:2", after(1), 90, lambda _: False)
    assert leased(ledger, "run2", at=1) == keys


def test_turns_at_a_host_lie_an_interval_apart_and_do_not_pile_up(ledger: Ledger) -> None:
    turns = [ledger.reserve("h", NOW, 1.5) for _ in range(3)]
    assert turns == [NOW, after(1.5), after(3)]
    assert ledger.reserve("other", NOW, 1.5) == NOW
    assert ledger.reserve("h", after(60), 1.5) == after(60)
    assert ledger.reserve("h", after(60), 1.5) == after(61.5)


def test_a_host_rests_longer_each_time_it_says_no_until_it_is_forgiven(ledger: Ledger) -> None:
    assert ledger.resting("h", NOW) is None
    assert ledger.strikes("h") == 0
    rests = []
    for _ in range(4):
        strikes = ledger.strikes("h")
        ledger.rest("h", NOW + timedelta(hours=1) * 2**strikes, strikes + 1)
        rests.append(ledger.resting("h", NOW))
    assert rests == [NOW + timedelta(hours=hours) for hours in (1, 2, 4, 8)]
    assert ledger.resting("h", after(8 * 3600)) is None
    ledger.forgive("h", after(8 * 3600 - 1))  # another process has heard its no meanwhile
    assert (ledger.resting("h", NOW), ledger.strikes("h")) == (rests[-1], 4)
    ledger.forgive("h", after(8 * 3600))
    assert (ledger.resting("h", NOW), ledger.strikes("h")) == (None, 0)


def test_of_two_rests_the_longer_one_holds(ledger: Ledger) -> None:
    ledger.rest("h", after(7200), 2)
    ledger.rest("h", after(3600), 1)
    assert (ledger.resting("h", NOW), ledger.strikes("h")) == (after(7200), 2)


def test_turns_and_rests_of_a_host_do_not_disturb_each_other(ledger: Ledger) -> None:
    ledger.rest("h", after(100), 1)
    assert ledger.reserve("h", NOW, 2) == NOW
    ledger.rest("h", after(200), 2)
    assert ledger.reserve("h", NOW, 2) == after(2)
    assert (ledger.resting("h", NOW), ledger.strikes("h")) == (after(200), 2)
