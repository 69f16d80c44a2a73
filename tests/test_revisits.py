"""What is in the archive already is not kept twice: revisits of both kinds, in whole crawls and in what is rebuilt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from newsbot.warc import message
from newsbot.warc.reader import Record, fetch
from tests.crawling import NOW
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.judging import assert_replay_equals_live, assert_sound, table, whole_records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakesina.stories import Story


#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow


@pytest.fixture
def server(certified: Path) -> Iterator[Server]:
    with Server(Site(NOW, 6, troubles=False), certified) as server:
        yield server


@pytest.fixture
def bot(server: Server, tmp_path: Path, forking: Stem) -> ForkedBot:
    """An archive that holds every article of the site once."""
    bot = ForkedBot(tmp_path / "archive", server, stem=forking)
    assert bot.crawl("-a", "channels=finance").code == 0
    return bot


def again(bot: ForkedBot, *stories: Story) -> dict[str, int]:
    """Capture these articles once more; the verdict."""
    ended = bot.crawl("-a", "urls=-", stdin="\n".join(story.url for story in stories))
    assert ended.code == 0, ended
    return bot.verdicts()[-1]


def kept(bot: ForkedBot, story: Story) -> list[Record]:
    """What the archive holds of an article's address, in order: responses and revisits."""
    address = story.url.removeprefix("http://").removeprefix("https://")
    return [
        record
        for path in bot.warcs()
        for record in whole_records(path)
        if record.type in {"response", "revisit"} and record.target == f"https://{address}"
    ]


def whole_answer(server: Server, story: Story) -> bytes:
    """The first 200 that the site gave for an article."""
    path = story.url.partition("sina.com.cn")[2]
    return next(one.response for one in server.log if one.target == path and message.status(one.response) == 200)


@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "chunked"])
def test_a_page_that_did_not_change_is_a_server_not_modified_revisit(
    bot: ForkedBot, server: Server, *, chunked: bool
) -> None:
    story = next(one for one in server.site.in_lists() if (one.seed % 3 == 0) == chunked)
    posts = bot.posts()
    verdict = again(bot, story)
    assert (verdict["same"], verdict["published"], verdict["revised"]) == (1, 0, 0)
    asked = next(one for one in reversed(server.log) if message.status(one.response) == 304)
    etag = message.split(whole_answer(server, story)).value("etag")
    assert etag.startswith('W/"')
    assert not etag.endswith('"')  # no legal ETag, and yet echoed as it came
    assert message.split(asked.request).value("if-none-match") == etag
    first, second = kept(bot, story)
    assert (first.type, second.type, second.block) == ("response", "revisit", b"")
    assert second.headers["warc-profile"].endswith("/revisit/server-not-modified")
    assert second.refers_to == first.id
    assert second.headers["warc-refers-to-target-uri"] == first.target
    assert second.headers["warc-refers-to-date"] == first.headers["warc-date"]
    beside = next(record for path in bot.warcs() for record in whole_records(path) if second.id in record.concurrent_to)
    assert json.loads(beside.fields["notModified"]).encode("latin-1") == asked.response
    assert bot.posts() == posts
    assert_sound(bot)


@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "chunked"])
def test_the_same_payload_again_is_an_identical_payload_digest_revisit(
    bot: ForkedBot, server: Server, *, chunked: bool
) -> None:
    story = next(one for one in server.site.in_lists() if (one.seed % 3 == 0) == chunked)
    server.site.conditional = False
    verdict = again(bot, story)
    assert (verdict["same"], verdict["captured"]) == (1, 1)
    sent = message.split(next(one.response for one in reversed(server.log) if one.target in story.url))
    first, second = kept(bot, story)
    assert (second.type, second.block) == ("revisit", sent.head)
    assert second.headers["warc-profile"].endswith("/revisit/identical-payload-digest")
    assert second.headers["warc-truncated"] == "length"
    assert second.headers["warc-payload-digest"].startswith("sha256:")
    assert ("warc-payload-digest" in first.headers) == (not chunked)
    assert second.refers_to == first.id
    assert second.headers["warc-refers-to-target-uri"] == first.target
    assert second.headers["warc-refers-to-date"] == first.headers["warc-date"]
    assert_sound(bot)


def test_a_page_that_changed_is_kept_whole_and_is_the_next_original(bot: ForkedBot, server: Server) -> None:
    story = server.site.in_lists()[0]
    server.site.edit(story.docid)
    assert again(bot, story)["revised"] == 1
    assert again(bot, story)["same"] == 1
    first, second, third = kept(bot, story)
    assert [one.type for one in (first, second, third)] == ["response", "response", "revisit"]
    assert third.refers_to == second.id
    assert_sound(bot)


def test_originals_are_known_after_restarts_rotation_and_a_rebuild(bot: ForkedBot, server: Server) -> None:
    story = server.site.in_lists()[0]
    again(bot, story)
    for view in bot.root.glob("ledger.sqlite*"):
        view.unlink()
    assert bot.run("replay").code == 0
    again(bot, story)
    files = {record.file: record for record in kept(bot, story)}
    first, *others = kept(bot, story)
    assert len(files) == 3
    assert [one.refers_to for one in others] == [first.id, first.id]
    assert_replay_equals_live(bot)


def test_what_is_no_longer_there_is_kept_again(bot: ForkedBot, server: Server, tmp_path: Path) -> None:
    story = server.site.in_lists()[0]
    for path in bot.warcs():
        path.rename(tmp_path / path.name)
    server.site.conditional = False
    ended = bot.crawl("-a", "urls=-", stdin=story.url)
    assert ended.code == 0, ended
    (only,) = kept(bot, story)
    assert only.type == "response"


def test_the_same_robots_txt_is_kept_once(bot: ForkedBot, server: Server) -> None:
    again(bot, server.site.in_lists()[0])
    robots = [
        record
        for path in bot.warcs()
        for record in whole_records(path)
        if record.type in {"response", "revisit"} and record.target.endswith("/robots.txt")
    ]
    assert [one.type for one in robots] == ["response", *["revisit"] * (len(robots) - 1)]
    assert len(robots) > 2
    assert {one.refers_to for one in robots[1:]} == {robots[0].id}


def test_lists_are_never_revisits(bot: ForkedBot, server: Server) -> None:
    server.site.conditional = False
    assert bot.crawl("-a", "channels=finance").code == 0
    assert bot.verdicts()[-1]["listed"] > 0
    revisits = [r.target for path in bot.warcs() for r in whole_records(path) if r.type == "revisit"]
    assert not [target for target in revisits if "roll/get" in target]


def test_a_redirect_takes_no_validators_along(bot: ForkedBot, server: Server) -> None:
    story, other = server.site.in_lists()[:2]
    again(bot, story)
    server.site.change(story.docid, home=other.url)
    begun = len(server.log)
    again(bot, story)
    asked = [one for one in server.log[begun:] if one.target in story.url or one.target in other.url]
    redirected, landed = asked[0], asked[-1]
    assert message.split(redirected.request).get(b"if-none-match")
    assert message.status(redirected.response) == 302
    assert message.split(landed.request).get(b"if-none-match") is None
    assert message.status(landed.response) == 200
    assert_replay_equals_live(bot)


def test_a_revisit_can_be_read_before_its_original(bot: ForkedBot, server: Server) -> None:
    story = server.site.in_lists()[0]
    again(bot, story)
    row = next(row for row in table(bot, "capture") if row["refers_to"])
    first, second = kept(bot, story)
    assert row["record_id"] == second.id
    assert row["refers_to"] == first.id
    assert (row["outcome"], row["status"]) == ("article", 304)
    assert fetch(bot.warcs()[-1], second.offset).id == second.id
