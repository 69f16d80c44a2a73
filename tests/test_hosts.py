"""When a host may be asked: crawl delays, Retry-After, rests that grow and are forgiven, turns left to others."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.discovery.hosts import LONGEST_PACE, LONGEST_REST, MOST_STRAIN, ROBOTS_LIMIT, Hosts, wait_of
from tests.crawling import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from newsbot.ledger import Ledger

HOUR = timedelta(hours=1)


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def hosts(ledger: Ledger, hands: Hands) -> Hosts:
    return Hosts(ledger, hands, HOUR)


def test_a_crawl_delay_of_robots_txt_widens_the_turns(hosts: Hosts) -> None:
    hosts.hear("h", b"User-agent: *\nCrawl-delay: 7\n")
    assert [hosts.turn("h", 3)[0].total_seconds() for _ in range(3)] == [0, 7, 14]
    assert [hosts.turn("other", 3)[0].total_seconds() for _ in range(2)] == [0, 3]


@pytest.mark.parametrize(
    ("rules", "pace"),
    [
        ("User-agent: newsbot\nCrawl-delay: 5\n\nUser-agent: *\nCrawl-delay: 50\n", 5),
        ("User-agent: *\nCrawl-delay: 1\n", 3),  # never faster than the setting
        ("User-agent: *\nCrawl-delay: soon\n", 3),
        ("User-agent: *\nCrawl-delay: 99999\n", LONGEST_PACE),
        ("<html>虚构：没有规则</html>", 3),
        ("User-agent: *\n" + "# x\n" * 128_000 + "Crawl-delay: 7\n", 3),  # what stands beyond 500 KiB is not read
        ("User-agent: *\nCrawl-delay: 70".rjust(ROBOTS_LIMIT + 1, "\n"), 3),  # nor half a line
        ("User-agent: *\rCrawl-delay: 7\r".ljust(ROBOTS_LIMIT + 1, "#"), 7),
    ],
)
def test_only_what_robots_txt_says_to_us_counts(hosts: Hosts, rules: str, pace: float) -> None:
    hosts.hear("h", rules.encode())
    assert [hosts.turn("h", 3)[0].total_seconds() for _ in range(2)] == [0, pace]


def test_an_unwell_host_is_asked_less_with_each_failure_and_gets_its_pace_back(hosts: Hosts, hands: Hands) -> None:
    def gap() -> float:
        hands.now += HOUR
        return (hosts.turn("h", 3)[0] - hosts.turn("h", 3)[0]).total_seconds() * -1

    paces = []
    for well in (True, False, False, False, True, True, True, True):
        hosts.fared("h", 0.2, well=well)
        paces.append(gap())
    assert paces == [3, 6, 12, 24, 12, 6, 3, 3]
    for _ in range(99):
        hosts.fared("h", 0.2, well=False)
    assert gap() == 3 * 2**MOST_STRAIN
    assert hosts.turn("other", 3)[0] == timedelta(0)


def test_hosts_that_held_a_run_up_are_told_the_one_asked_most_first(hosts: Hosts) -> None:
    for host in ("prompt", "slow", "unwell"):
        hosts.turn(host, 3)
    for _ in range(4):
        hosts.fared("prompt", 2.9, well=True)
        hosts.fared("slow", 4.5, well=True)
    hosts.fared("unwell", 0.1, well=False)
    assert hosts.slow() == [
        "slow took 4.5 s an answer, 0 of 4 failed",
        "unwell took 0.1 s an answer, 1 of 1 failed; asked only every 6 s at times",
    ]


def test_who_is_not_first_gets_only_turns_that_nobody_waits_for(hosts: Hosts, hands: Hands) -> None:
    assert hosts.turn("h", 3, first=False) == (timedelta(0), True)
    assert hosts.turn("h", 3) == (timedelta(seconds=3), True)
    assert hosts.turn("h", 3, first=False) == (timedelta(seconds=6), False)
    assert hosts.turn("h", 3) == (timedelta(seconds=6), True)  # the one that asks later is before it
    hands.now += timedelta(seconds=9)
    assert hosts.turn("h", 3, first=False) == (timedelta(0), True)


def test_a_clock_that_was_ahead_holds_nobody_up(hosts: Hosts, hands: Hands, ledger: Ledger) -> None:
    hands.now += timedelta(days=4000)
    hosts.turn("h", 3)
    hosts.ban("rests")
    assert [one.key for one in ledger.lease("ahead", 9, hands.now, 600)] == []
    hands.now = NOW
    assert hosts.turn("h", 3) == (timedelta(0), True)
    assert hosts.turn("h", 3, first=False)[1] is False
    assert hosts.resting("rests") is None


def test_no_rest_is_longer_than_the_longest(hosts: Hosts) -> None:
    assert hosts.ban("h", timedelta(days=4000)) == NOW + LONGEST_REST
    assert hosts.resting("h") == NOW + LONGEST_REST


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("9" * 40, LONGEST_REST),
        ("Tue, 29 Sep 2026 13:30:00 GMT", HOUR),
        ("Tue, 29 Sep 2026 21:30:00 +0800", HOUR),
        ("Tue, 29 Sep 2026 11:30:00 GMT", None),
        ("Wed, 29 Sep 2027 13:59:32 +99999999999999999999", None),
        ("Wed, 29 Sep 2027 99999999999999999999:59:32 GMT", None),
        ("soon", None),
        ("0", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_anything_else_is_nothing(said: str, wait: timedelta | None) -> None:
    assert wait_of(said, NOW) == wait


def test_a_rest_that_records_tell_of_is_as_long_as_the_host_asked_and_ends_no_longer_one(hosts: Hosts) -> None:
    hosts.recall("h", NOW - HOUR / 2)
    assert hosts.resting("h") == NOW + HOUR / 2
    hosts.recall("h", NOW - HOUR / 4, HOUR / 3)
    assert hosts.resting("h") == NOW + HOUR / 2
    hosts.recall("h", NOW - HOUR / 4, HOUR)
    assert hosts.resting("h") == NOW + 3 * HOUR / 4
    hosts.recall("over", NOW - HOUR, HOUR / 2)
    assert hosts.resting("over") is None


def test_a_no_that_follows_soon_brings_twice_the_rest(hosts: Hosts, hands: Hands) -> None:
    rests = []
    for well in (0.5, 1.5, 3, 4.5, 7.5):  # hours for which the host gives what it is asked for after its rest
        rests.append(hosts.ban("h") - hands.now)
        hands.now += rests[-1] + well * HOUR
        assert hosts.resting("h") is None
        hosts.welcome("h")
    assert rests == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 8 * HOUR]
    hands.now += 12 * HOUR
    hosts.welcome("h")
    assert hosts.ban("h") - hands.now == HOUR


def test_a_host_that_only_says_no_is_never_forgiven(hosts: Hosts, hands: Hands) -> None:
    for hours in (1, 2, 4, 8, 8, 8):  # and it is asked three times a day, however long it goes on
        assert hosts.ban("h") - hands.now == hours * HOUR
        hands.now += timedelta(days=2)


def test_a_no_that_two_processes_hear_is_one_and_either_forgives_it(hosts: Hosts, hands: Hands, ledger: Ledger) -> None:
    other = Hosts(ledger, hands, HOUR)
    for one in (hosts, other):
        assert one.resting("h") is None
        one.welcome("h")
    assert hosts.ban("h") - hands.now == HOUR
    assert (other.ban("h") - hands.now, ledger.strikes("h")) == (HOUR, 1)
    hands.now += HOUR / 2
    assert other.resting("h")
    hands.now += 2 * HOUR
    assert other.resting("h") is None
    other.welcome("h")
    assert ledger.strikes("h") == 0


def test_a_rest_that_was_set_longer_is_never_cut_short(ledger: Ledger, hands: Hands) -> None:
    hosts = Hosts(ledger, hands, 24 * HOUR)
    for _ in range(3):
        assert hosts.ban("h") - hands.now == 24 * HOUR
        hands.now += 24 * HOUR


def test_a_no_that_says_for_how_long_is_no_strike(hosts: Hosts, hands: Hands) -> None:
    for _ in range(9):
        assert hosts.ban("h", HOUR / 30) - hands.now == HOUR / 30
        hosts.recall("h", hands.now, HOUR / 20)
        hands.now += HOUR
    assert hosts.ban("h") - hands.now == HOUR
