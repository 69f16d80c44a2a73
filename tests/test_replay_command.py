"""`scrapy replay` as a command: into a folder of its own, over damage, and what it leaves alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from newsbot.warc.index import beside
from tests.crawling import NOW, tree
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.judging import assert_sound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONE_LIST = ("-a", "channels=finance")


@pytest.fixture
def bot(certified: Path, tmp_path: Path, forking: Stem) -> Iterator[ForkedBot]:
    """A newsbot with two WARC files: a run's, and that of another run a little later."""
    site = Site(NOW, 8, troubles=False)
    with Server(site, certified) as server:
        bot = ForkedBot(tmp_path / "archive", server, stem=forking)
        assert bot.crawl(*ONE_LIST).code == 0
        site.add(site.invent())
        assert bot.crawl(*ONE_LIST).code == 0
        yield bot


def test_a_folder_holds_the_views_of_the_files_given_last_and_nothing_older(bot: ForkedBot, tmp_path: Path) -> None:
    first, second = map(str, bot.warcs())
    out = tmp_path / "out"
    before = tree(bot.root, "*.*")
    assert bot.run("replay", first, second, "--out", str(out)).code == 0
    assert tree(out / "posts", "*.md") == bot.posts()
    assert bot.run("replay", first, "--out", str(out)).code == 0
    assert len(tree(out / "posts", "*.md")) == 8
    assert tree(bot.root, "*.*") == before


def test_a_folder_that_is_an_archive_is_not_written_over(bot: ForkedBot) -> None:
    before = tree(bot.root, "*.*")
    ended = bot.run("replay", str(bot.warcs()[0]), "--out", str(bot.root))
    assert (ended.code, ended.err.count("\n")) == (1, 1), ended
    assert tree(bot.root, "*.*") == before


def test_a_torn_file_is_read_as_far_as_it_goes_and_told(bot: ForkedBot, tmp_path: Path) -> None:
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes(bot.warcs()[0].read_bytes()[:-7])
    ended = bot.run("replay", str(torn), "--out", str(tmp_path / "out"))
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert "torn.warc.gz" in ended.err
    assert len(tree(tmp_path / "out" / "posts", "*.md")) == 8


def test_an_index_that_is_not_what_the_records_give_is_mended(bot: ForkedBot) -> None:
    left = bot.cdxj()
    cut, other = map(beside, bot.warcs())
    cut.write_bytes(cut.read_bytes()[:-30])
    other.write_bytes(cut.read_bytes())
    assert bot.run("replay").code == 0
    assert bot.cdxj() == left


def test_a_difference_is_shown_and_nothing_is_written(bot: ForkedBot) -> None:
    path, content = next(iter(bot.posts().items()))
    (bot.root / "posts" / path).write_bytes(content.replace("【虚构】".encode(), "【改过】".encode(), 1))
    missing = list(bot.posts())[-1]
    (bot.root / "posts" / missing).unlink()
    before = tree(bot.root / "posts", "*.md")
    ended = bot.run("replay", "--diff")
    assert (ended.code, ended.err) == (3, ""), ended
    assert ended.out.endswith(", 2 would change (new 1, title 1)\n")
    assert "【改过】" in ended.out
    assert tree(bot.root / "posts", "*.md") == before
    assert bot.run("replay").code == 0
    assert_sound(bot)
    assert bot.run("replay", "--diff").code == 0


def test_a_post_that_nothing_gives_any_more_is_taken_away(bot: ForkedBot) -> None:
    gone = bot.warcs()[1]
    gone.unlink()
    beside(gone).unlink()
    assert bot.run("replay").code == 0
    assert len(bot.posts()) == 8
    assert_sound(bot)


@pytest.mark.parametrize("damage", ["damaged", "older"])
def test_a_ledger_that_cannot_be_used_is_made_anew(bot: ForkedBot, damage: str) -> None:
    file = bot.root / "ledger.sqlite"
    before, posts = bot.dump(), bot.posts()
    if damage == "damaged":
        file.write_bytes(b"no database" * 1000)
    else:
        with closing(sqlite3.connect(file)) as database, database:
            database.execute("UPDATE newsbot_schema SET version = 0")
    refused = bot.run("replay", "--diff")
    assert (refused.code, refused.err.count("\n")) == (1, 1), refused
    assert "`scrapy replay` makes" in refused.err
    ended = bot.run("replay")
    assert (ended.code, ended.err.count("\n")) == (0, 1), ended
    assert "made" in ended.err
    assert (bot.dump(), bot.posts()) == (before, posts)
    assert len(list(bot.root.glob("ledger.sqlite.damaged-2026????T??????Z"))) == (damage == "damaged")
