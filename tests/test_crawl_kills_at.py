"""kill -9 before each single change to a file that a command makes: nothing is ever half done."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.crawling import NOW
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.judging import assert_sound

if TYPE_CHECKING:
    from pathlib import Path

    from tests.forked import BotOf


CRAWL = ("crawl", "sina_finance", "-a", "channels=finance")
KILLED = -9

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("twice", [False, True], ids=["once", "and its recovery too"])
def test_a_crawl_may_be_killed_before_any_of_its_changes(certified: Path, bot_of: BotOf, *, twice: bool) -> None:
    with Server(Site(NOW, 8, troubles=False), certified) as server:
        bot = bot_of(server)
        crawl = bot.command(*CRAWL)[3:]
        number = 1
        while bot.execute(*crawl, kill_at=(number, str(bot.root))).code == KILLED:
            if twice:
                bot.execute(*crawl, kill_at=(2 + number % 9, str(bot.root)))
            ended = bot.execute(*crawl)
            assert ended.code == 0, (number, ended)
            assert len(bot.posts()) == 8
            assert_sound(bot)
            shutil.rmtree(bot.root)
            number += 4 if twice else 1
        assert number > 30


@pytest.mark.parametrize("lost", ["nothing", "all views"])
def test_a_replay_may_be_killed_before_any_of_its_changes(
    certified: Path, bot_of: BotOf, tmp_path: Path, lost: str
) -> None:
    with Server(Site(NOW, 8, troubles=False), certified) as server:
        bot = bot_of(server)
        assert bot.crawl(*CRAWL[2:]).code == 0
        posts, cdxj = bot.posts(), bot.cdxj()
        if lost == "all views":
            shutil.rmtree(bot.root / "posts")
            for view in [*bot.root.glob("ledger.sqlite*"), *bot.root.rglob("*.cdxj")]:
                view.unlink()
        else:  # a parser that gives something else
            for path in (bot.root / "posts").rglob("*.md"):
                path.write_bytes(b"invented: not what the records give")
        shutil.copytree(bot.root, tmp_path / "before")
        number = 1
        while bot.execute(*bot.command("replay")[3:], kill_at=(number, str(bot.root))).code == KILLED:
            assert bot.run("replay").code == 0
            assert (bot.posts(), bot.cdxj()) == (posts, cdxj)
            assert_sound(bot)
            shutil.rmtree(bot.root)
            shutil.copytree(tmp_path / "before", bot.root)
            number += 1
        assert number > 15
