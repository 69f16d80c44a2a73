"""Hosts that say no and lists that cannot be read: who is asked again and when, and what the verdict says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.text import BEIJING
from tests.crawling import NOW
from tests.fakesina import failures
from tests.fakesina.answers import Answer
from tests.fakesina.roll import ListRules
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.judging import assert_sound, standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.forked import BotOf, ForkedBot

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow

ONE_LIST = ("-a", "channels=finance")
ARTICLES = "finance.sina.com.cn"


@pytest.fixture(scope="module", autouse=True)
def _an_odd_answer() -> Iterator[None]:
    failures.KINDS["429-without-a-time"] = lambda _: Answer(b"", 429, max_age=0)
    yield
    del failures.KINDS["429-without-a-time"]


@pytest.fixture
def site() -> Site:
    return Site(NOW, 12, troubles=False)


def on_the_wire(server: Server, host: str, since: int = 0) -> list[str]:
    """What was asked of a host, from an entry of the server's log on."""
    return [one.url for one in server.log[since:] if one.host == host]


# --- a site that says no ---


@pytest.mark.parametrize("kind", ["ban", "ban-200", "429", "429-without-a-time"])
def test_a_host_that_says_no_is_left_alone_until_it_has_rested(bot: ForkedBot, server: Server, kind: str) -> None:
    last = server.site.listed()[4]
    server.site.fail(kind, last.key, None)
    one_by_one = {"CONCURRENT_REQUESTS": 1}
    ended = bot.crawl(*ONE_LIST, settings=one_by_one)
    assert (ended.code, ended.err.count("\n")) == (4, 1), ended
    assert f"{ARTICLES} said no" in ended.err
    asked = on_the_wire(server, ARTICLES)
    # A ban page with 200 is known when it was read; by then the next request is on its way.
    assert last.url in asked[-2 if kind == "ban-200" else -1 :]
    assert_sound(bot)
    server.site.mend()
    begun = len(server.log)
    ended = bot.crawl(*ONE_LIST, settings=one_by_one)
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert on_the_wire(server, ARTICLES, begun) == []
    assert_sound(bot)
    server.site.advance(timedelta(minutes=3 if kind == "429" else 61))
    ended = bot.crawl(*ONE_LIST, settings=one_by_one)
    assert ended.code == (3 if kind == "429" else 0), ended  # that article's own wait is longer than the host's
    server.site.advance(timedelta(hours=1))
    assert bot.crawl(*ONE_LIST, settings=one_by_one).code == 0
    assert len(bot.posts()) == 12
    assert_sound(bot)


@pytest.mark.parametrize("kind", ["ban", "ban-200", "429-without-a-time"])
@pytest.mark.parametrize("replayed", [True, False], ids=["replay", "next run"])
def test_a_rest_outlives_the_ledger(bot: ForkedBot, server: Server, kind: str, *, replayed: bool) -> None:
    server.site.fail(kind, server.site.listed()[4].key)
    assert bot.crawl(*ONE_LIST).code == 4
    for file in bot.root.glob("ledger.sqlite*"):
        file.unlink()
    if replayed:
        assert bot.run("replay").code == 0
    begun = len(server.log)
    assert bot.crawl(*ONE_LIST).code == 3
    assert on_the_wire(server, ARTICLES, begun) == []
    server.site.advance(timedelta(minutes=61))
    assert bot.crawl(*ONE_LIST).code == 0
    assert_sound(bot)


def test_addresses_of_a_host_that_rests_are_holes(bot: ForkedBot, server: Server) -> None:
    wanted = [one.url for one in server.site.listed() if one.url.startswith(f"https://{ARTICLES}/")]
    server.site.fail("ban", ARTICLES)
    assert bot.crawl("-a", "urls=-", stdin=wanted[0], settings={"ROBOTSTXT_OBEY": 0}).code == 4
    ended = bot.crawl("-a", "urls=-", stdin="\n".join(wanted))
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert set(bot.verdicts()[1]["holes"]) == set(wanted)
    assert_sound(bot)


# --- lists ---


@pytest.mark.parametrize(
    "kind", ["ban", "html", "error-code", "error-json", "503", "empty", "cut", "broken-gzip", "none"]
)
def test_a_list_that_cannot_be_read_is_an_incomplete_window(bot: ForkedBot, server: Server, kind: str) -> None:
    server.site.fail(kind, "list", None)
    ended = bot.crawl(*ONE_LIST)
    assert (ended.code, ended.err.count("\n")) == (4, 1), ended
    verdict = bot.verdicts()[0]
    assert len(verdict["incomplete"]) == 1
    assert not verdict["lists"]["finance"]["complete"]
    if kind in {"ban", "html"}:  # what says no is not asked three times
        assert len([url for url in on_the_wire(server, "feed.mix.sina.com.cn") if "/api/" in url]) == 1
    assert_sound(bot)
    server.site.mend()
    server.site.advance(timedelta(minutes=61))
    assert bot.crawl(*ONE_LIST).code == 0
    assert len(bot.posts()) == 12
    assert_sound(bot)


def test_a_list_that_fails_once_is_asked_again_and_read_whole(bot: ForkedBot, server: Server) -> None:
    server.site.fail("error-code", "list", 2)
    assert bot.crawl(*ONE_LIST).code == 0
    assert_sound(bot)


def test_a_list_whose_second_page_fails_is_told_and_what_was_listed_is_captured(certified: Path, bot_of: BotOf) -> None:
    with Server(Site(NOW, 60, troubles=False), certified) as server:
        bot = bot_of(server)
        server.site.fail("error-code", "&page=2", None)
        ended = bot.crawl(*ONE_LIST)
        assert (ended.code, ended.err.count("\n")) == (3, 1), ended
        assert "list not read to its end: finance" in ended.err
        assert len(bot.posts()) == 50
        assert_sound(bot)


@pytest.mark.parametrize(
    "rules",
    [
        ListRules(),
        ListRules(total_as_text=True),
        ListRules(ignores_windows=True),
        ListRules(ignores_windows=True, cursor_inclusive=True),
        ListRules(ignores_windows=True, ignores_cursor=True),
    ],
    ids=["days", "total as text", "cursor", "inclusive cursor", "pages"],
)
def test_a_back_fill_finds_everything_whichever_way_back_a_list_honours(
    certified: Path, bot_of: BotOf, rules: ListRules
) -> None:
    with Server(Site(NOW, 60, troubles=False), certified) as server:
        server.site.rules[2519] = rules
        server.site.add(server.site.invent(age=timedelta(hours=40)))  # a list that begins today is nobody's
        bot = bot_of(server)
        ended = bot.crawl(*ONE_LIST, "-a", "since=24h")
        assert ended.code == 0, ended
        assert len(bot.posts()) >= 60
        assert bool(bot.verdicts()[0]["lists"]["finance"]["notes"]) is rules.ignores_windows
        assert_sound(bot)


def test_until_alone_reads_the_day_before_it(bot: ForkedBot, server: Server) -> None:
    server.site.add(server.site.invent(age=timedelta(hours=40)))
    half = NOW - timedelta(hours=10)
    ended = bot.crawl(*ONE_LIST, "-a", f"until={half.astimezone(BEIJING):%Y-%m-%dT%H:%M}")
    assert ended.code == 0, ended
    stories = [server.site.story(one.key) for one in server.site.listed()]
    day = {story.docid for story in stories if half - timedelta(hours=24) <= story.created < half}
    assert day
    assert day <= set(standing(bot))
