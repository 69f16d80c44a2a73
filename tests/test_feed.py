"""The live feed 7x24: gaps by id, nothing of people in any file, articles that only it names."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.crawling import NOW
from tests.fakesina.flashes import PACE
from tests.fakesina.site import Site
from tests.judges import compared_by_fastwarc
from tests.judging import assert_sound, standing, table, whole_records

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakesina.server import Server
    from tests.forked import BotOf, ForkedBot

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
ON = {"FEED": "cleaned"}
#: What is only in the parts of an item that tell of people.
PEOPLE = ("@staff.example", "昵称网友", "uid-of-", "comment_list", "check_user")


@pytest.fixture
def site() -> Site:
    return Site(NOW, 3, troubles=False)


@pytest.fixture
def bot(server: Server, bot_of: BotOf) -> ForkedBot:
    return bot_of(server, ON)


def ids(bot: ForkedBot) -> set[int]:
    return {row["id"] for row in table(bot, "flash")}


def last(bot: ForkedBot) -> dict[str, object]:
    facts: dict[str, object] = bot.verdicts()[-1]["lists"]["7x24"]
    return facts


def traces(root: Path) -> list[tuple[str, str]]:
    """Files below `root`, unpacked, that hold something of people."""
    found = []
    for path in sorted(root.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        for record in whole_records(path) if path.suffix == ".gz" else ():
            content += record.payload if record.type == "response" else b""
        for word in PEOPLE:
            forms = {word.encode(), json.dumps(word).strip('"').encode()}
            found += [(path.name, word)] if any(form in content for form in forms) else []
    return found


def test_the_feed_is_read_back_as_far_as_it_reaches_and_then_to_what_is_known(site: Site, bot: ForkedBot) -> None:
    site.feed.deleted = {site.feed.newest(NOW) - 5}
    assert bot.crawl().code == 0
    newest = site.feed.newest(site.now())
    assert ids(bot) == set(range(newest - 899, newest + 1))
    assert (last(bot)["complete"], last(bot)["answers"]) == (True, 9)
    assert [row["id"] for row in table(bot, "flash") if row["deleted"]] == [newest - 5]
    site.advance(HOUR)
    assert bot.crawl().code == 0
    assert "7x24" not in bot.verdicts()[-1]["lists"]  # not due yet
    site.advance(2 * HOUR)
    assert bot.crawl().code == 0
    now = site.feed.newest(site.now())
    assert now - newest == 150
    assert max(ids(bot)) == now
    assert last(bot)["answers"] == 3  # three hours, and an hour of what was known: two hundred items, and one
    assert_sound(bot)


def test_no_file_holds_anything_of_people(site: Site, bot: ForkedBot) -> None:
    assert bot.crawl().code == 0
    assert traces(bot.root) == []
    assert all(map(compared_by_fastwarc, bot.warcs()))
    records = [record for path in bot.warcs() for record in whole_records(path)]
    kept = [record for record in records if record.type == "resource"]
    assert len(kept) == 9
    assert kept[0].target == f"urn:newsbot:7x24:{site.feed.newest(NOW) - 99}-{site.feed.newest(NOW)}"
    item = json.loads(kept[0].block)["items"][0]
    assert set(item) == {
        *("id", "zhibo_id", "type", "rich_text", "create_time", "update_time", "is_delete", "is_focus"),
        *("docurl", "ext", "tag"),
    }
    asked = {record.id: record for record in records if record.type == "request"}
    assert all("/api/zhibo/feed?" in asked[record.concurrent_to[0]].target for record in kept)
    assert not [record for record in records if record.type == "response" and "/api/zhibo" in record.target]


@pytest.mark.parametrize("kind", ["cut", "broken-gzip", "empty", "error-json"])
def test_an_answer_that_cannot_be_read_is_told_and_not_kept(site: Site, bot: ForkedBot, kind: str) -> None:
    site.fail(kind, "zhibo.sina.com.cn/api", None)
    ended = bot.crawl()
    assert ended.code == 3, ended
    assert "7x24: " in "".join(bot.verdicts()[0]["incomplete"])
    assert traces(bot.root) == []
    assert_sound(bot)


def test_the_raw_answer_is_kept_only_when_asked_for(bot: ForkedBot) -> None:
    assert bot.crawl(settings={"FEED": "raw"}).code == 0
    assert {word for _, word in traces(bot.root)} == set(PEOPLE)
    assert len(ids(bot)) == 900
    assert_sound(bot)


def test_ids_that_are_missing_are_named_those_that_were_missed_and_those_that_are_not_shown(
    site: Site, bot: ForkedBot
) -> None:
    newest = site.feed.newest(site.now())
    site.feed.hidden = {newest - 40, newest - 41}
    assert bot.crawl().code == 0
    site.advance(20 * HOUR)
    ended = bot.crawl()
    assert ended.code == 3, ended
    lost = site.feed.newest(site.now()) - 900
    assert f"ids {newest + 1}-{lost} can be reached no more" in " ".join(bot.verdicts()[-1]["incomplete"])
    told = json.loads(bot.run("coverage", "--json").out)["feed"]
    assert told["items"] == len(ids(bot))
    assert told["not_shown"] == [{"first": newest - 41, "last": newest - 40}]
    [gap] = told["unknown"]
    assert (gap["first"], gap["last"]) == (newest + 1, lost)
    page = bot.root.parent / "coverage.html"
    assert f"7x24: ids {newest + 1}-{lost} are not known, of 2026-09-29" in bot.run("coverage", "--html", str(page)).out
    assert "Stretches of the live feed that were missed: 1." in page.read_text("utf-8")
    assert_sound(bot)


def test_a_reading_that_failed_is_made_up_by_the_next(site: Site, bot: ForkedBot) -> None:
    assert bot.crawl().code == 0
    site.advance(4 * HOUR)
    site.fail("503", "zhibo.sina.com.cn/api", 9)
    assert bot.crawl().code == 3
    site.mend()
    site.advance(PACE)
    assert bot.crawl().code == 0
    told = json.loads(bot.run("coverage", "--json").out)["feed"]
    assert (told["unknown"], told["not_shown"]) == ([], [])
    assert_sound(bot)


def test_an_article_that_only_the_feed_names_is_captured_once_lists_had_their_time(site: Site, bot: ForkedBot) -> None:
    hidden, listed = (site.add(site.invent(age=HOUR, lids=(2519,), hidden=hide)) for hide in (True, False))
    newest = site.feed.newest(site.now())
    site.feed.stories = {newest - 2: hidden, newest - 1: listed}
    assert bot.crawl().code == 0
    assert hidden.docid not in standing(bot)
    site.advance(4 * HOUR)
    assert bot.crawl().code == 0
    assert standing(bot)[hidden.docid] == ("published", "")
    assert [row["url"] for row in table(bot, "article") if row["key"] == listed.docid] == [listed.url]
    assert_sound(bot)
