"""Withdrawing an article: gone from every view, also after a rebuild, and back again; the captures stay."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from newsbot.warc.surt import surt
from tests.crawling import NOW
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.judging import assert_sound, standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow

KILLED = -9
REASON = "虚构：作者要求"


@pytest.fixture(scope="module")
def server(certified: Path) -> Iterator[Server]:
    with Server(Site(NOW, 6, troubles=False), certified) as server:
        yield server


@pytest.fixture(scope="module")
def crawled(server: Server, forking: Stem, tmp_path_factory: pytest.TempPathFactory) -> ForkedBot:
    bot = ForkedBot(tmp_path_factory.mktemp("crawled") / "archive", server, stem=forking)
    assert bot.crawl("-a", "channels=finance").code == 0
    return bot


@pytest.fixture
def bot(crawled: ForkedBot, tmp_path: Path) -> ForkedBot:
    """An archive of its own with every article captured."""
    shutil.copytree(crawled.root, tmp_path / "archive")
    return ForkedBot(tmp_path / "archive", crawled.server, stem=crawled.stem)


@pytest.fixture
def url(server: Server) -> str:
    return server.site.in_lists()[0].url


def rules(bot: ForkedBot) -> list[str]:
    """The lines of access.aclj."""
    path = bot.root / "access.aclj"
    return path.read_text("utf-8").splitlines() if path.exists() else []


def test_a_withdrawn_article_is_gone_from_the_views_and_comes_back(bot: ForkedBot, url: str) -> None:
    posts, cdxj = bot.posts(), bot.cdxj()
    ended = bot.run("withdraw", url, "--reason", REASON)
    assert (ended.code, ended.out) == (0, f"newsbot withdraw: {url} is withdrawn ({REASON})\n")
    (gone,) = set(posts) - set(bot.posts())
    assert ("withdrawn", REASON) in standing(bot).values()
    (line,) = rules(bot)
    key, dash, body = line.split(" ", 2)
    assert (key, dash, json.loads(body)) == (f"{surt(url)}###", "-", {"access": "block", "url": url})
    assert {name: bot.cdxj()[name] for name in cdxj} == cdxj
    assert_sound(bot)
    ended = bot.run("withdraw", url, "--undo", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["state"] == "published"
    assert bot.posts() == posts
    assert gone in posts
    assert rules(bot) == []
    assert_sound(bot)


def test_it_stays_withdrawn_after_a_rebuild_from_the_warc_files_alone(bot: ForkedBot, url: str) -> None:
    assert bot.run("withdraw", url, "--reason", REASON).code == 0
    posts, lines = bot.posts(), rules(bot)
    shutil.rmtree(bot.root / "posts")
    for view in [*bot.root.glob("ledger.sqlite*"), *bot.root.rglob("*.cdxj"), bot.root / "access.aclj"]:
        view.unlink()
    assert bot.run("replay").code == 0
    assert bot.posts() == posts
    assert rules(bot) == lines != []


def test_a_later_crawl_neither_asks_for_it_nor_publishes_it(bot: ForkedBot, server: Server, url: str) -> None:
    assert bot.run("withdraw", url, "--reason", REASON).code == 0
    posts, asked = bot.posts(), server.site.asked[url]
    ended = bot.crawl("-a", "channels=finance")
    assert ended.code == 0, ended
    assert server.site.asked[url] == asked
    assert bot.crawl("-a", "urls=-", stdin=url).code == 0
    assert server.site.asked[url] == asked + 1
    assert bot.posts() == posts
    assert_sound(bot)


def test_two_articles_of_one_title_trade_names_when_the_first_is_withdrawn(forking: Stem, tmp_path: Path) -> None:
    site = Site(NOW, 2, troubles=False)
    title = "【虚构】同一个标题"
    twins = [site.add(site.invent(title=title, lids=(2519,))) for _ in range(2)]
    with Server(site, tmp_path / "certified") as server:
        bot = ForkedBot(tmp_path / "archive", server, stem=forking)
        assert bot.crawl("-a", "channels=finance", settings={"CONCURRENT_REQUESTS": 1}).code == 0
        named = {path: content for path, content in bot.posts().items() if title in path}
        plain = next(path for path in named if path.endswith(f"{title}.md"))
        first = next(one for one in twins if not any(one.docid in path for path in named))
        assert bot.run("withdraw", first.url, "--reason", REASON).code == 0
        (left,) = (path for path in bot.posts() if title in path)
        assert left == plain
        assert bot.posts()[plain] != named[plain]
        assert bot.run("withdraw", first.url, "--undo").code == 0
        assert {path: content for path, content in bot.posts().items() if title in path} == named
        assert_sound(bot)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "give the URL of one article"),
        (("https://finance.sina.com.cn/a", "--reason", "x", "https://finance.sina.com.cn/b"), 2, "unknown argument"),
        (("https://finance.sina.com.cn/a",), 2, "either --reason TEXT or --undo"),
        (("https://finance.sina.com.cn/a", "--reason", "x", "--undo"), 2, "either --reason TEXT or --undo"),
        (("https://finance.sina.com.cn/a", "--reason", "x"), 1, "the archive knows no such article"),
        (("nonsense", "--reason", "x"), 1, "the archive knows no such article"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    bot: ForkedBot, words: tuple[str, ...], code: int, said: str
) -> None:
    before = {path: path.stat().st_size for path in bot.root.rglob("*.warc.gz*")}
    ended = bot.run("withdraw", *words)
    assert ended.code == code
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert {path: path.stat().st_size for path in bot.root.rglob("*.warc.gz*")} == before


def test_what_is_not_withdrawn_cannot_be_taken_back(bot: ForkedBot, url: str) -> None:
    ended = bot.run("withdraw", url, "--undo")
    assert (ended.code, ended.err) == (1, f"newsbot: {url} is not withdrawn: there is nothing to take back\n")


def test_without_an_archive_there_is_nothing_to_withdraw(bot: ForkedBot, url: str, tmp_path: Path) -> None:
    ended = bot.run("withdraw", url, "--reason", REASON, settings={"ARCHIVE_DIR": tmp_path / "nowhere"})
    assert ended.code == 1
    assert "there is no archive in" in ended.err
    assert not (tmp_path / "nowhere").exists()


def test_it_may_be_killed_before_any_of_its_changes(bot: ForkedBot, url: str, tmp_path: Path) -> None:
    shutil.copytree(bot.root, tmp_path / "before")
    posts = bot.posts()
    words = bot.command("withdraw", url, "--reason", REASON)[3:]
    number, outcomes = 1, set()
    while bot.execute(*words, kill_at=(number, str(bot.root))).code == KILLED:
        assert bot.crawl("-a", "channels=finance").code == 0
        outcomes.add(len(posts) - len(bot.posts()))
        assert (len(rules(bot)) > 0) == (bot.posts() != posts)
        assert_sound(bot)
        shutil.rmtree(bot.root)
        shutil.copytree(tmp_path / "before", bot.root)
        number += 1
    assert outcomes == {0, 1}
    assert number > 5
