"""Politeness that knows, in whole crawls: rests, a host's noes, slow hosts, back-fills with an end."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.crawling import NOW
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.judging import assert_sound, live, table

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.forked import BotOf, ForkedBot

pytestmark = pytest.mark.slow

FINANCE = ("-a", "channels=finance")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "where", "rest"),
    [
        ("503-later", "/", 300),
        ("429", "/", 120),
        ("ban", "/", 3600),
        ("ban-200", "/doc-", 3600),
        ("ban-200", "/robots.txt", 3600),
    ],
)
def test_a_rest_is_known_again_after_a_rebuild(
    certified: Path, bot_of: BotOf, kind: str, where: str, rest: float
) -> None:
    site = Site(NOW, 2, troubles=False)
    site.fail(kind, f"finance.sina.com.cn{where}" if where != "/doc-" else where, None)
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


@pytest.mark.parametrize("kind", ["ban", "ban-200", "403"])
def test_a_lists_host_that_was_well_for_as_long_as_it_rested_says_its_first_no_again(
    certified: Path, bot_of: BotOf, kind: str
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


def test_a_ban_page_is_no_picture_and_its_host_rests(certified: Path, bot_of: BotOf) -> None:
    site = Site(NOW, 0, troubles=False)
    picture = "https://n.sinaimg.cn/a.png"
    site.add(site.invent(body=f'<p>　　虚构的正文。</p><img src="{picture}">', lids=(2519,)))
    script = site.fail("ban-200", "n.sinaimg.cn/", None)
    with Server(site, certified) as server:
        bot = bot_of(server, {"REQUISITES": "images"})
        assert bot.crawl(*FINANCE).code == 0
        assert site.asked[picture] == 0  # its robots.txt was no rules
        script.where = ".png"
        for hours in (2, 5):  # twice the same ban page: it is no picture that the archive holds already
            site.advance(timedelta(hours=hours))
            assert bot.crawl(*FINANCE).code == 0
        assert site.asked[picture] == 2
        assert {row["url"]: row["reason"] for row in table(bot, "requisite")} == {picture: "ban"}
        assert_sound(bot)
        site.mend()
        site.advance(timedelta(hours=9))
        assert bot.crawl(*FINANCE).code == 0
        assert site.asked[picture] == 3
        assert {row["url"]: row["reason"] for row in table(bot, "requisite")} == {picture: ""}
        assert_sound(bot)


def test_a_503_with_retry_after_rests_its_host_and_its_articles_wait(certified: Path, bot_of: BotOf) -> None:
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


def test_a_run_that_begins_a_moment_too_early_waits_for_the_end_of_a_rest(certified: Path, bot_of: BotOf) -> None:
    site = Site(NOW, 2, troubles=False)
    script = site.fail("ban", "list", None)
    with Server(site, certified) as server:
        bot = bot_of(server)
        assert bot.crawl(*FINANCE).code == 4
        site.mend(script)
        until = resting(bot, "feed.mix.sina.com.cn")
        site.advance(until - site.now() - timedelta(seconds=3))
        assert bot.crawl(*FINANCE).code == 0
        assert site.now() > until
        assert len(bot.posts()) == 2
        assert_sound(bot)


@pytest.mark.parametrize("first", ["robots.txt", "page"])
def test_after_a_no_nothing_is_sent_that_waited_behind_it(certified: Path, bot_of: BotOf, first: str) -> None:
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


def test_a_run_that_a_slow_host_kept_partial_says_so(certified: Path, bot_of: BotOf) -> None:
    site = Site(NOW, 24, troubles=False)
    site.fail("503", "/doc-", None)
    with Server(site, certified) as server:
        bot = bot_of(server)
        ended = bot.crawl(*FINANCE, settings={"DOWNLOAD_DELAY": 0.5, "CLOSESPIDER_TIMEOUT": 6})
        assert ended.code == 3, ended
        assert "stopped: closespider_timeout; finance.sina.com.cn took" in ended.err
        assert bot.verdicts()[0]["slow"][0].startswith("finance.sina.com.cn took")
        assert_sound(bot)


def test_a_back_fill_says_what_it_will_take_ends_at_its_bound_and_is_gone_on_with(
    certified: Path, bot_of: BotOf
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


def test_a_back_fill_reads_no_day_twice_once_nothing_can_come_into_it_late(certified: Path, bot_of: BotOf) -> None:
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
