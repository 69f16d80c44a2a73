"""REPLAY_FROM: the spider over an archive finds what it found on the site, and asks nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.crawling import NOW, looks
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.judging import assert_sound, whole_records

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakesina.stories import Story

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow

#: A repeated run begins so much before the live one: what was captured before its begin is not asked again.
START = timedelta(seconds=20)


@pytest.fixture(scope="module")
def live(certified: Path, forking: Stem, tmp_path_factory: pytest.TempPathFactory) -> ForkedBot:
    """An archive of the whole cast, failures that pass among them, and of two pages asked again; its site is gone."""
    with Server(Site(NOW, 40), certified) as server:
        bot = ForkedBot(tmp_path_factory.mktemp("live") / "archive", server, stem=forking)
        assert bot.crawl("-a", "channels=finance").code == 0
        for server.site.conditional, story in zip((True, False), revisited(bot), strict=True):
            server.site.advance(timedelta(minutes=1))  # an index knows seconds: runs that repeat need theirs apart
            assert bot.crawl("-a", "urls=-", stdin=story.url).code == 0
            assert bot.verdicts()[-1]["revisits"]
    bot.now = NOW
    return bot


def revisited(bot: ForkedBot) -> list[Story]:
    """One that comes by length and one in chunks."""
    assert bot.server is not None
    plain = [story for story in bot.server.site.in_lists() if story.variant == "plain"]
    return [next(story for story in plain if (story.seed % 3 == 0) == chunked) for chunked in (False, True)]


@pytest.fixture
def again(live: ForkedBot, forking: Stem, tmp_path: Path) -> ForkedBot:
    """An empty archive that is to be filled from the first; the site's ports, which it still names, are closed."""
    return ForkedBot(tmp_path / "again", live.server, {"REPLAY_FROM": live.root}, stem=forking, now=NOW - START)


def test_a_crawl_from_the_archive_yields_the_articles_of_the_live_crawl(live: ForkedBot, again: ForkedBot) -> None:
    ended = again.crawl("-a", "channels=finance")
    assert ended.code == 0, ended
    assert again.posts() == live.posts()
    assert looks(again) == looks(live)
    first, repeated = live.verdicts()[0], again.verdicts()[0]
    counted = ("listed", "new", "captured", "published", "refused", "exchanges", "requisites")
    assert {name: repeated[name] for name in counted} == {name: first[name] for name in counted}
    assert_sound(again)


def test_runs_repeated_in_order_find_the_same_revisits(live: ForkedBot, again: ForkedBot) -> None:
    assert again.crawl("-a", "channels=finance").code == 0
    for story, verdict in zip(revisited(live), live.verdicts()[1:], strict=True):
        again.now = datetime.fromisoformat(verdict["began"]) - START
        assert again.crawl("-a", "urls=-", stdin=story.url).code == 0
        assert again.verdicts()[-1]["revisits"] == verdict["revisits"] > 0
    assert kept(again, "revisit") == kept(live, "revisit")
    assert again.posts() == live.posts()
    assert_sound(again)


def test_a_copy_has_the_bytes_and_the_date_of_its_original(live: ForkedBot, again: ForkedBot) -> None:
    assert again.crawl("-a", "channels=finance").code == 0
    copies = kept(again, "request", "response")
    assert copies <= kept(live, "request", "response")
    assert len(copies) > 80
    infos = [one.fields for path in again.warcs() for one in whole_records(path) if one.type == "warcinfo"]
    assert {info["replay-from"] for info in infos} == {str(live.root)}


def kept(bot: ForkedBot, *kinds: str) -> set[tuple[str, str, str, bytes]]:
    """Type, target, date and block of the records of these types."""
    return {
        (one.type, one.target, one.date, one.block)
        for path in bot.warcs()
        for one in whole_records(path)
        if one.type in kinds
    }


def test_what_is_not_in_the_archive_is_a_hole_with_that_reason(again: ForkedBot) -> None:
    url = "https://finance.sina.com.cn/china/2026-09-29/doc-iabcdefg1234567.shtml"
    assert again.crawl("-a", "urls=-", stdin=url).code == 3
    assert f"{url} is not in the WARC files of" in again.verdicts()[0]["holes"][url]


@pytest.mark.parametrize("inside", ["", "warc"])
def test_an_archive_is_not_replayed_into_itself(live: ForkedBot, inside: str) -> None:
    before = sorted(live.root.rglob("*"))
    ended = live.crawl(settings={"REPLAY_FROM": live.root / inside})
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "REPLAY_FROM and ARCHIVE_DIR share" in ended.err
    assert sorted(live.root.rglob("*")) == before


@pytest.mark.parametrize(("what", "says"), [("absent", "no such folder"), ("empty", "holds no .warc.gz file")])
def test_a_folder_that_cannot_be_replayed_is_one_line(again: ForkedBot, tmp_path: Path, what: str, says: str) -> None:
    (tmp_path / "empty").mkdir()
    ended = again.crawl(settings={"REPLAY_FROM": tmp_path / what})
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert says in ended.err
