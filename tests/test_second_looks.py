"""Edits, deletions and returns: seen by coming back, each version kept, and nothing believed after one look."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.discovery.again import next_look
from newsbot.ledger import LooksRow, SeenRow
from newsbot.text import stamp
from tests.crawling import NOW
from tests.judging import assert_sound, table

if TYPE_CHECKING:
    from tests.fakesina.server import Server
    from tests.fakesina.site import Site
    from tests.fakesina.stories import Story
    from tests.forked import BotOf, ForkedBot

#: Each test is several crawls.
pytestmark = pytest.mark.slow

FINANCE = ("-a", "channels=finance")
SCHEDULE = (timedelta(minutes=30), timedelta(hours=3), timedelta(hours=24), timedelta(days=7))
BLANK = SeenRow("a", stamp(NOW), "", "", "", "")


def minutes(number: float) -> datetime:
    """So many minutes after publication."""
    return NOW + timedelta(minutes=number)


def key(moment: datetime) -> str:
    """The key of a look at that moment."""
    return f"{stamp(moment)} urn:uuid:x 000000"


def captured(last: float, **fields: str) -> SeenRow:
    """An article published at NOW whose page was seen last so many minutes later."""
    return BLANK._replace(body_key=key(minutes(last)), look_key=key(minutes(last)), **fields)


@pytest.mark.parametrize(
    ("last", "due"),
    [(1, 30), (19, 30), (21, 180), (31, 180), (200, 24 * 60), (24 * 60, 7 * 24 * 60), (7 * 24 * 60, None)],
)
def test_an_article_is_due_at_each_time_after_its_publication(last: float, due: float | None) -> None:
    looks = LooksRow("a", 2, 1, "", "")
    assert next_look(captured(last), looks, SCHEDULE) == (None if due is None else minutes(due))


def test_a_list_that_says_it_was_edited_brings_the_look_forward() -> None:
    row = captured(40, mtime=stamp(minutes(50)))
    assert next_look(row, LooksRow("a", 1, 1, "", ""), SCHEDULE) == minutes(50)
    assert next_look(captured(60, mtime=stamp(minutes(50))), LooksRow("a", 2, 2, "", ""), SCHEDULE) == minutes(180)


def test_what_never_changes_is_looked_at_only_once_more() -> None:
    assert next_look(captured(200), LooksRow("a", 3, 1, "", ""), SCHEDULE) == minutes(7 * 24 * 60)
    assert next_look(captured(200), LooksRow("a", 3, 2, "", ""), SCHEDULE) == minutes(24 * 60)


def test_a_page_that_is_gone_is_looked_at_again_hours_later() -> None:
    gone = captured(30)._replace(look_key=key(minutes(180)), look_reason="gone")
    looks = LooksRow("a", 2, 1, key(minutes(180)), key(minutes(180)))
    assert next_look(gone, looks, SCHEDULE) == minutes(360)
    again, looks = gone._replace(look_key=key(minutes(361))), replace(looks, last_gone=key(minutes(361)))
    assert next_look(again, looks, SCHEDULE) == minutes(180 + 24 * 60)


def test_a_no_of_robots_txt_is_asked_about_again_after_a_day() -> None:
    row = BLANK._replace(look_key=key(minutes(5)), look_reason="robots")
    assert next_look(row, None, SCHEDULE) == minutes(5 + 24 * 60)


def test_what_only_another_tool_has_seen_gets_a_look_of_our_own() -> None:
    row = captured(0)._replace(body_key=f"!{key(minutes(200))}", look_key=f"!{key(minutes(200))}")
    assert next_look(row, LooksRow("a", 1, 1, "", ""), SCHEDULE) == minutes(30)
    seen = row._replace(body_key=key(minutes(100)), look_key=key(minutes(100)))
    assert next_look(seen, LooksRow("a", 2, 1, "", ""), SCHEDULE) == minutes(180)


def test_an_empty_schedule_is_never_due() -> None:
    assert next_look(captured(1, mtime=stamp(minutes(50))), None, ()) is None


# --- whole crawls ---


@pytest.fixture
def bot(server: Server, bot_of: BotOf) -> ForkedBot:
    return bot_of(server, {"REVISIT_AFTER": "1800,10800,86400,604800"})


def add(site: Site) -> Story:
    """An article that has just come into the list of all finance."""
    return site.add(site.invent("plain", lids=(2519,)))


def run(bot: ForkedBot, site: Site, later: timedelta) -> dict[str, Any]:
    """A scheduled run so much later; its verdict. Every run is sound."""
    site.advance(later)
    ended = bot.crawl(*FINANCE)
    assert ended.code in {0, 3}, ended  # 3: the list of a small site does not reach back a whole day
    assert_sound(bot)
    return bot.verdicts()[-1]


def test_an_unchanged_article_is_asked_conditionally_and_then_rarely(bot: ForkedBot, site: Site) -> None:
    story = add(site)
    waits = [1, *[20] * 11, 21 * 60, 6 * 24 * 60 + 60]
    seconds = [run(bot, site, timedelta(minutes=wait))["second_looks"] for wait in waits]
    assert sum(seconds) == 3
    assert seconds[-1] == 1
    assert site.asked[story.url] == 4
    rows = [row for row in table(bot, "capture") if row["article"] == story.docid]
    assert [row["status"] for row in sorted(rows, key=lambda row: row["key"])] == [200, 304, 304, 304]


def test_a_silent_edit_that_lasts_is_a_version_and_the_post_shows_it(bot: ForkedBot, site: Site) -> None:
    story = add(site)
    run(bot, site, timedelta(minutes=1))
    before = bot.posts()
    site.change(story.docid, revision=1)  # the page changes, and nothing says so
    verdict = run(bot, site, timedelta(minutes=40))
    assert (verdict["second_looks"], verdict["revised"]) == (1, 1)
    assert list(bot.posts()) == list(before)
    assert bot.posts() != before
    texts = {row["text_digest"] for row in table(bot, "capture") if row["article"] == story.docid}
    assert len(texts) == 2


def test_an_article_that_no_list_has_shown_is_looked_at_again_by_its_page_s_time(bot: ForkedBot, site: Site) -> None:
    story = site.add(site.invent(lids=(), hidden=True))
    assert bot.crawl("-a", "urls=-", stdin=story.url).code == 0
    site.change(story.docid, revision=1)
    add(site)
    assert run(bot, site, timedelta(hours=1))["second_looks"] == 1
    assert "2 versions" in bot.run("history", story.url).out


def test_a_deletion_becomes_a_tombstone_after_a_second_look_and_a_return_is_noticed(bot: ForkedBot, site: Site) -> None:
    story = add(site)
    run(bot, site, timedelta(minutes=1))
    posts = bot.posts()
    site.remove(story.docid, listed=True)
    first = run(bot, site, timedelta(minutes=40))
    assert (first["second_looks"], first["deleted"]) == (1, 0)
    assert [row["tombstone"] for row in table(bot, "article")] == [""]
    assert run(bot, site, timedelta(minutes=20))["second_looks"] == 0  # not asked again at once
    second = run(bot, site, timedelta(hours=3))
    assert (second["second_looks"], second["deleted"]) == (1, 1)
    (tombstone,) = (row["tombstone"] for row in table(bot, "article"))
    assert tombstone == first_look_of(bot, "gone")
    assert bot.posts() == posts
    site.change(story.docid, missing="", hidden=False)
    back = run(bot, site, timedelta(hours=24))
    assert (back["deleted"], back["returned"]) == (0, 1)
    assert [row["tombstone"] for row in table(bot, "article")] == [""]


def first_look_of(bot: ForkedBot, reason: str) -> str:
    """When a look first gave that reason."""
    keys: list[str] = [row["key"] for row in table(bot, "capture") if row["reason"] == reason]
    return min(keys).partition(" ")[0]


@pytest.mark.parametrize("how", ["soft", "away"])
def test_a_soft_404_and_a_redirect_to_the_front_page_are_deletions_too(bot: ForkedBot, site: Site, how: str) -> None:
    story = add(site)
    run(bot, site, timedelta(minutes=1))
    if how == "soft":
        site.remove(story.docid, listed=True, soft=True)
    else:
        site.change(story.docid, home="https://finance.sina.com.cn/")
    assert run(bot, site, timedelta(minutes=40))["deleted"] == 0
    assert run(bot, site, timedelta(hours=4))["deleted"] == 1
    assert len(bot.posts()) == 1


def test_a_404_that_was_only_a_slip_costs_nothing(bot: ForkedBot, site: Site) -> None:
    story = add(site)
    slip = site.fail("404", story.docid, None)
    assert run(bot, site, timedelta(minutes=1))["refused"] == {"gone": 1}
    site.mend(slip)
    assert run(bot, site, timedelta(hours=4))["published"] == 1
    assert len(bot.posts()) == 1


def test_a_no_of_robots_txt_that_was_only_a_slip_costs_nothing(bot: ForkedBot, site: Site) -> None:
    add(site)
    site.robots["finance.sina.com.cn"] = b"User-agent: *\nDisallow: /\n"
    assert run(bot, site, timedelta(minutes=1))["refused"] == {"robots": 1}
    site.robots["finance.sina.com.cn"] = b""
    assert run(bot, site, timedelta(hours=25))["published"] == 1


def test_a_second_look_that_fails_is_tried_again_and_costs_no_post(bot: ForkedBot, site: Site) -> None:
    story = add(site)
    run(bot, site, timedelta(minutes=1))
    site.fail("500", story.docid, None)
    run(bot, site, timedelta(minutes=40))
    asked = site.asked[story.url]
    run(bot, site, timedelta(minutes=5))
    assert site.asked[story.url] == asked  # it waits
    site.mend()
    site.edit(story.docid)
    assert run(bot, site, timedelta(minutes=20))["revised"] == 1
    assert len(bot.posts()) == 1
