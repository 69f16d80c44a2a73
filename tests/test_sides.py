"""Column pages, which no list replaces, and top lists, which check the lists."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.article import Refusal
from newsbot.sina import columns, toplist
from newsbot.sina.channels import COLUMNS, by_name
from tests.crawling import NOW
from tests.fakesina import sides
from tests.fakesina.site import Site
from tests.judging import assert_sound, standing, table, whole_records

if TYPE_CHECKING:
    from newsbot.warc.record import Record
    from tests.forked import ForkedBot

HOUR = timedelta(hours=1)
FUND = columns.page_url(by_name("fund"))
PATH = FUND.partition("sina.com.cn")[2]
ON = {"COLUMNS": "fund"}


@pytest.fixture
def site() -> Site:
    return Site(NOW, 3, troubles=False)


def records(bot: ForkedBot) -> list[Record]:
    return [record for path in bot.warcs() for record in whole_records(path)]


# --- pages ---


def test_a_column_shows_articles_with_their_times_and_what_may_be_done_with_it(site: Site) -> None:
    stories = [site.invent(age=age * HOUR) for age in (1, 30)]
    page = columns.read(sides.column(stories, "NoIndex, noarchive"), FUND)
    assert isinstance(page, columns.ColumnPage)
    assert [entry.key for entry in page.entries] == [story.docid for story in stories]
    assert [entry.ctime for entry in page.entries] == [story.created.replace(second=0) for story in stories]
    assert page.robots == {"noindex", "noarchive"}
    assert columns.of_kept(page.target, json.loads(page.content)) == page.entries


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"<html><title>x</title><p>no list</p></html>", 200, "no-layout"),
        ("<html><title>拒绝访问</title></html>".encode("gb18030"), 200, "ban"),
        (b"", 456, "ban"),
        (b"", 503, "server-error"),
        (b" " * 3_000_000, 200, "too-large"),
    ],
)
def test_what_is_no_column_is_refused(body: bytes, status: int, reason: str) -> None:
    refused = columns.read(body, FUND, "text/html", status)
    assert isinstance(refused, Refusal)
    assert refused.reason == reason


def test_every_column_has_an_address_of_its_own() -> None:
    assert len(COLUMNS) == 20
    assert [columns.column_of(columns.page_url(channel)) for channel in COLUMNS] == [one.name for one in COLUMNS]
    assert columns.column_of("https://finance.sina.com.cn/roll/c/1.shtml") == ""
    assert columns.column_of(FUND.replace("finance.", "news.")) == ""


@pytest.mark.parametrize("body", [b"", b"var x = {", b"var x = []", b"[" * 100_000, b'var x = {"data": 3}'])
def test_a_top_list_that_cannot_be_read_is_refused(body: bytes) -> None:
    assert isinstance(toplist.read(body), Refusal)


# --- whole crawls ---


@pytest.mark.slow
def test_no_column_is_asked_unless_it_is_named(site: Site, bot: ForkedBot) -> None:
    site.columns[PATH] = [site.add(site.invent(lids=(), hidden=True))]
    assert bot.crawl().code == 0
    assert not [url for url in site.asked if "/roll/c/" in url]


@pytest.mark.slow
def test_a_column_is_read_and_only_its_links_are_kept(site: Site, bot: ForkedBot) -> None:
    story = site.add(site.invent(age=HOUR, lids=(), hidden=True))
    site.columns[PATH] = [story]
    assert bot.crawl(settings=ON).code == 0
    assert standing(bot)[story.docid] == ("published", "")
    assert [path for path in bot.posts() if "新浪财经－基金" in path]
    [kept] = [record for record in records(bot) if record.type == "resource"]
    assert (kept.target, json.loads(kept.block)["robots"]) == (
        "urn:newsbot:column:fund",
        ["noarchive", "nofollow", "noindex"],
    )
    held = [record for record in records(bot) if record.type == "response" and record.target == FUND]
    assert held == []
    assert not [path for path in bot.root.rglob("*.log") if "这里是栏目页" in path.read_text("utf-8")]
    assert_sound(bot)
    site.advance(HOUR)
    assert bot.crawl(settings=ON).code == 0
    assert site.asked[FUND] == 1
    site.advance(6 * HOUR)
    site.columns[PATH] = [site.add(site.invent(age=HOUR, lids=(), hidden=True))]
    ended = bot.crawl(settings=ON)
    assert ended.code == 3, ended
    assert "fund: it shows nothing from before" in ended.err
    assert "fund: nothing is known of" in bot.run("coverage").out
    assert_sound(bot)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["asked for", "allowed"])
def test_a_column_is_archived_when_it_may_be_or_when_that_is_asked_for(site: Site, bot: ForkedBot, how: str) -> None:
    story = site.add(site.invent(age=HOUR, lids=(), hidden=True))
    site.columns[PATH] = [story]
    site.column_robots = "" if how == "allowed" else sides.FORBIDDEN
    assert bot.crawl("-a", "channels=fund", settings={"KEEP_NOARCHIVE": int(how == "asked for")}).code == 0
    [held] = [record for record in records(bot) if record.type == "response" and record.target == FUND]
    assert "这里是栏目页" in held.payload.decode()
    assert list(standing(bot)) == [story.docid]
    assert_sound(bot)


@pytest.mark.slow
def test_a_column_has_no_past_to_be_back_filled(bot: ForkedBot) -> None:
    ended = bot.crawl("-a", "channels=fund", "-a", "since=3d")
    assert ended.code == 1, ended
    assert "channel fund has no list to read back in" in ended.err


@pytest.mark.slow
def test_what_only_the_top_list_shows_is_counted_and_captured_once_a_day(site: Site, bot: ForkedBot) -> None:
    story = site.add(site.invent(age=3 * HOUR, lids=(), hidden=True))
    site.top = [story, *(site.story(one.key) for one in site.listed())]
    assert bot.crawl(settings={"TOP_LIST": 1}).code == 0
    assert bot.verdicts()[0]["extra"] == {"top": 1}
    assert standing(bot)[story.docid] == ("published", "")
    site.advance(HOUR)
    assert bot.crawl(settings={"TOP_LIST": 1}).code == 0
    assert sum(count for url, count in site.asked.items() if "/ws/" in url) == 1
    assert [row["complete"] for row in table(bot, "window") if row["list"] == "top"] == [True]
    assert_sound(bot)


@pytest.mark.slow
def test_a_top_list_that_fails_is_told_and_spoils_nothing(site: Site, bot: ForkedBot) -> None:
    site.fail("500", "top.finance.sina.com.cn/ws", None)
    assert bot.crawl(settings={"TOP_LIST": 1}).code == 0
    assert "500" in bot.verdicts()[0]["lists"]["top"]["why"]
    assert_sound(bot)
