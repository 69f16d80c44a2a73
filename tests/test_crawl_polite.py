"""Politeness that knows: crawl delays, Retry-After, turns that are left to scheduled runs, back-fills with an end."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.discovery.hosts import LONGEST_PACE, LONGEST_REST, MOST_STRAIN, ROBOTS_LIMIT, Hosts, wait_of
from tests.crawling import NOW
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.judging import assert_sound, live, table
from tests.ledgers import BACKENDS, database, open_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from newsbot.ledger import Ledger
    from tests.forked import ForkedBot

FINANCE = ("-a", "channels=finance")
HOUR = timedelta(hours=1)


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    with database(request.param, tmp_path) as url, closing(open_ledger(url)) as opened:
        yield opened


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


# --- whole crawls ---


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "rest"), [("503-later", 300), ("429", 120), ("ban", 3600)])
def test_a_rest_is_known_again_after_a_rebuild(
    certified: Path, bot_of: Callable[[Server], ForkedBot], kind: str, rest: float
) -> None:
    site = Site(NOW, 2, troubles=False)
    site.fail(kind, "finance.sina.com.cn/", None)
    with Server(site, certified) as server:
        bot = bot_of(server)
        bot.crawl(*FINANCE)
        before = resting(bot)
        (bot.root / "ledger.sqlite").unlink()
        assert bot.run("replay").code == 0
        after = resting(bot)
        assert abs((after - before).total_seconds()) < 1
        assert abs((after - site.now()).total_seconds() - rest) < 60


def resting(bot: ForkedBot, host: str = "finance.sina.com.cn") -> datetime:
    """Until when the host rests."""
    with closing(live(bot)) as ledger:
        until = ledger.resting(host, NOW)
    assert until is not None
    return until


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ban", "ban-200", "403"])
def test_a_lists_host_that_was_well_for_as_long_as_it_rested_says_its_first_no_again(
    certified: Path, bot_of: Callable[[Server], ForkedBot], kind: str
) -> None:
    site = Site(NOW, 2, troubles=False)
    with Server(site, certified) as server:
        bot, rests = bot_of(server), []
        for well in (timedelta(hours=3), timedelta(hours=3), timedelta(hours=1.5), timedelta(0)):
            script = site.fail(kind, "list", None)
            assert bot.crawl(*FINANCE).code == 4
            rests.append(round((resting(bot, "feed.mix.sina.com.cn") - site.now()) / HOUR, 1))
            site.mend(script)
            site.advance(well)
            assert bot.crawl(*FINANCE).code == (0 if well else 4)
        assert rests == [1, 1, 1, 2]
        assert_sound(bot)


@pytest.mark.slow
def test_a_503_with_retry_after_rests_its_host_and_its_articles_wait(
    certified: Path, bot_of: Callable[[Server], ForkedBot]
) -> None:
    site = Site(NOW, 4, troubles=False)
    site.fail("503-later", "finance.sina.com.cn/", None)
    with Server(site, certified) as server:
        bot = bot_of(server)
        ended = bot.crawl(*FINANCE)
        assert ended.code == 3, ended
        asked = sum(site.asked.values())
        site.mend()
        assert bot.crawl(*FINANCE).code == 3
        assert sum(site.asked.values()) - asked <= 4  # the list, and other hosts
        site.advance(timedelta(minutes=10))
        assert bot.crawl(*FINANCE).code == 0
        assert len(bot.posts()) == 4
        assert_sound(bot)


@pytest.mark.slow
@pytest.mark.parametrize("first", ["robots.txt", "page"])
def test_after_a_no_nothing_is_sent_that_waited_behind_it(
    certified: Path, bot_of: Callable[[Server], ForkedBot], first: str
) -> None:
    site = Site(NOW, 12, troubles=False)
    site.fail("ban", "finance.sina.com.cn" if first == "robots.txt" else "page", None)
    with Server(site, certified) as server:
        bot = bot_of(server)
        one_by_one = {"CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 0.05}
        ended = bot.crawl(*FINANCE, settings=one_by_one)
        assert ended.code == 4, ended
        asked = [url for url in site.asked.elements() if url.startswith("https://finance.sina.com.cn/")]
        assert len(asked) == (1 if first == "robots.txt" else 2)
        assert "finance.sina.com.cn" in bot.verdicts()[0]["bans"]
        assert_sound(bot)


@pytest.mark.slow
def test_a_run_that_a_slow_host_kept_partial_says_so(certified: Path, bot_of: Callable[[Server], ForkedBot]) -> None:
    site = Site(NOW, 24, troubles=False)
    site.fail("503", "/doc-", None)
    with Server(site, certified) as server:
        bot = bot_of(server)
        ended = bot.crawl(*FINANCE, settings={"DOWNLOAD_DELAY": 0.5, "CLOSESPIDER_TIMEOUT": 6})
        assert ended.code == 3, ended
        assert "stopped: closespider_timeout; finance.sina.com.cn took" in ended.err
        assert bot.verdicts()[0]["slow"][0].startswith("finance.sina.com.cn took")
        assert_sound(bot)


@pytest.mark.slow
def test_a_back_fill_says_what_it_will_take_ends_at_its_bound_and_is_gone_on_with(
    certified: Path, bot_of: Callable[[Server], ForkedBot]
) -> None:
    site = Site(NOW, 24, troubles=False)
    words = (*FINANCE, "-a", "since=18h")
    with Server(site, certified) as server:
        bot = bot_of(server)
        bounds = {"BACKFILL_MAX_REQUESTS": 10, "CONCURRENT_REQUESTS": 2}
        ended = bot.crawl(*words, settings=bounds)
        assert ended.code == 3, ended
        assert "back-fill of 1 day of finance: about 1,31" in ended.err
        assert "BACKFILL_MAX_REQUESTS = 10 reached" in ended.err
        assert 10 <= bot.verdicts()[0]["exchanges"] < 14
        while bot.crawl(*words, settings=bounds).code == 3:
            assert len(bot.verdicts()) < 9
        assert len(bot.posts()) == len(site.in_lists())  # they are of one day, which is read whole
        assert_sound(bot)


@pytest.mark.slow
def test_a_back_fill_reads_no_day_twice_once_nothing_can_come_into_it_late(
    certified: Path, bot_of: Callable[[Server], ForkedBot]
) -> None:
    site = Site(NOW - timedelta(days=3), 12, troubles=False)
    site.advance(timedelta(days=3))
    words = (*FINANCE, "-a", "since=2026-09-26", "-a", "until=2026-09-26")
    with Server(site, certified) as server:
        bot = bot_of(server)
        assert bot.crawl(*words).code == 0
        windows = len(table(bot, "window"))
        assert windows == 1
        asked = sum(site.asked.values())
        ended = bot.crawl(*words)
        assert (ended.code, sum(site.asked.values())) == (0, asked), ended
        assert "every day of it was read to its end before" in ended.err
        assert_sound(bot)
