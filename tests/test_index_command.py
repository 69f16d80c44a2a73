"""`scrapy index`: CDXJ and the list of originals anew, and one line for what cannot be indexed."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.crawling import NOW
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.foreign.making import FIXTURES
from tests.forked import ForkedBot, Stem
from tests.judging import table
from tests.test_import import ALL, PLAIN, SINGLE, WACZ, WGET, brought

if TYPE_CHECKING:
    from pathlib import Path

    from tests.forked import BotOf

pytestmark = pytest.mark.slow


@pytest.fixture
def bot(bot_of: BotOf) -> ForkedBot:
    """An archive that is not there yet."""
    return bot_of()


def test_index_of_the_whole_archive_is_what_crawl_and_import_left(
    certified: Path, forking: Stem, tmp_path: Path
) -> None:
    with Server(Site(NOW, 6, troubles=False, size_kb=4), certified) as server:
        bot = ForkedBot(tmp_path / "archive", server, stem=forking)
        assert bot.crawl("-a", "channels=finance").code == 0
    brought(bot, *ALL)
    left, dump = bot.cdxj(), bot.dump()
    for path in bot.root.rglob("*.cdxj"):
        path.unlink()
    ended = bot.run("index", "--json")
    assert ended.code == 0, ended
    facts = json.loads(ended.out)
    assert (facts["files"], facts["failed"]) == (len(bot.warcs()), 0)
    assert facts["originals"] == len(table(bot, "original")) > 5
    assert bot.cdxj() == left
    assert bot.dump() == dump


def test_index_of_given_files_and_folders_touches_nothing_else(bot: ForkedBot, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    shutil.copytree(FIXTURES / "wget-dedup", folder / "deeper")
    shutil.copy(PLAIN, folder / "plain.warc")
    ended = bot.run("index", str(folder))
    assert (ended.code, ended.out) == (0, "newsbot index: 3 files indexed\n"), ended
    assert len(list(folder.rglob("*.cdxj"))) == 3
    assert not bot.root.exists()


def test_index_tells_what_is_torn_and_what_has_no_offsets(bot: ForkedBot, tmp_path: Path) -> None:
    torn, single = tmp_path / "torn.warc.gz", tmp_path / "single.warc.gz"
    torn.write_bytes(WGET.read_bytes()[:-20])
    shutil.copy(SINGLE, single)
    ended = bot.run("index", str(torn))
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert "; indexed up to there" in ended.err
    assert torn.with_name("torn.warc.gz.cdxj").read_bytes().count(b"\n") > 2
    ended = bot.run("index", str(single))
    assert (ended.code, ended.err.count("\n")) == (1, 1), ended
    assert "`warcio recompress` makes it indexable" in ended.err
    assert not single.with_name("single.warc.gz.cdxj").exists()
    ended = bot.run("index", str(WACZ))
    assert (ended.code, ended.err.count("\n")) == (1, 1), ended


def test_index_without_an_archive_or_room_says_so(bot: ForkedBot, tmp_path: Path) -> None:
    assert bot.run("index").code == 1
    path = tmp_path / "a.warc.gz"
    shutil.copy(WGET, path)
    path.with_name("a.warc.gz.cdxj").mkdir()
    ended = bot.run("index", str(path))
    assert (ended.code, ended.err.count("\n")) == (5, 1), ended
