"""Any reading order gives the same views: the records of an eventful archive in a hundred orders and splits."""

from __future__ import annotations

import random
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.ledger import Ledger, file_url
from newsbot.shelf import PostShelf
from newsbot.views.rebuild import rebuild
from tests.crawling import NOW, tree
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.judging import assert_same, assert_sound, live, standing, table, whole_records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakesina.stories import Story

ORDERS = 100
ONE_LIST = ("-a", "channels=finance")
SHARED = "【虚构】同一个标题"


@dataclass(frozen=True, slots=True)
class Eventful:
    """An archive to which everything happened that makes order matter."""

    bot: ForkedBot
    first: Story  #: of those that share a title: captured first, retitled later
    second: Story  #: captured second, so that the plain name became its own when the first gave it up
    third: Story  #: captured third, edited and captured again


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory, certified: Path, forking: Stem) -> Iterator[Eventful]:
    """Five runs, between them the site's changes."""
    site = Site(NOW, 6, troubles=False)
    sharing = [site.add(site.invent(age=timedelta(minutes=age), title=SHARED, lids=(1686, 2519))) for age in (1, 2, 3)]
    refused = site.invent("plain", age=timedelta(hours=2))
    gone = site.invent("plain", age=timedelta(hours=3))
    unlisted = site.invent("plain", age=timedelta(hours=4), hidden=True)
    for story in (refused, gone, unlisted):
        site.add(story)
    with Server(site, certified) as server:
        bot = ForkedBot(tmp_path_factory.mktemp("eventful") / "archive", server, stem=forking)
        one_by_one = {"CONCURRENT_REQUESTS": 1}
        site.fail("503", refused.docid, 3)
        site.fail("404", gone.docid)
        elsewhere = site.listed()[-1]
        site.fail("cut", elsewhere.key, 1)
        assert bot.crawl(*ONE_LIST, settings=one_by_one).code == 3
        begun = {row["key"]: row["first_key"] for row in table(bot, "article")}
        first, second, third = sorted(sharing, key=lambda story: begun[story.docid])
        # An address that no list has named yet, one that was refused for good, one that was edited meanwhile.
        site.edit(third.docid)
        again = "\n".join(story.url for story in (unlisted, gone, third))
        site.advance(timedelta(minutes=1))
        assert bot.crawl("-a", "urls=-", stdin=again).code == 0
        site.change(first.docid, title="【虚构】换过的标题")
        site.change(unlisted.docid, hidden=False, intime=site.now().replace(microsecond=0))
        site.advance(timedelta(minutes=20))
        assert bot.crawl(*ONE_LIST).code == 0
        # A title that comes back, an entry that drifts, an edit that no list shows, a page that is deleted.
        site.change(second.docid, title="【虚构】又一个标题", lids=(1687, 2519))
        site.advance(timedelta(minutes=20))
        assert bot.crawl(*ONE_LIST).code == 0
        site.change(second.docid, title=SHARED, lids=(1687, 1686, 2519), intime=site.now().replace(microsecond=0))
        site.remove(refused.docid)
        site.advance(timedelta(minutes=20))
        assert bot.crawl("-a", "urls=-", stdin=refused.url).code == 0
        assert bot.crawl(*ONE_LIST).code == 0
        yield Eventful(bot, first, second, third)


def test_the_archive_is_eventful_and_sound(eventful: Eventful) -> None:
    bot = eventful.bot
    assert_sound(bot)
    posts = {row["key"]: row["post"].rpartition("/")[2] for row in table(bot, "article")}
    assert posts[eventful.first.docid] == "【虚构】换过的标题.md"
    assert posts[eventful.second.docid] == f"{SHARED}.md"
    assert posts[eventful.third.docid] == f"{SHARED}-{eventful.third.docid}.md"
    captures = table(bot, "capture")
    assert len({row["digest"] for row in captures if row["article"] == eventful.third.docid}) == 2
    assert {row["reason"] for row in captures} == {"", "server-error", "gone", "cut"}
    assert {state for state, _ in standing(bot).values()} == {"published"}
    assert len(bot.warcs()) == 6


def members(bot: ForkedBot) -> tuple[list[bytes], list[bytes]]:
    """The raw gzip members of the archive: those of warcinfo records, and all others."""
    heads: list[bytes] = []
    others: list[bytes] = []
    for path in bot.warcs():
        content = path.read_bytes()
        for record in whole_records(path):
            raw = content[record.offset : record.offset + record.length]
            (heads if record.type == "warcinfo" else others).append(raw)
    return heads, others


def shuffled(heads: list[bytes], others: list[bytes], chance: random.Random, folder: Path) -> list[Path]:
    """The records in another order, in other files; a warcinfo record begins each."""
    order = chance.sample(others, len(others))
    cuts = sorted(chance.sample(range(1, len(order)), chance.randrange(6)))
    paths = []
    for number, (begin, end) in enumerate(zip([0, *cuts], [*cuts, len(order)], strict=True)):
        path = folder / f"part-{number}.warc.gz"
        path.write_bytes(b"".join([chance.choice(heads), *order[begin:end]]))
        paths.append(path)
    return chance.sample(paths, len(paths))


def test_a_hundred_orders_and_splits_give_the_same_posts_and_ledger(eventful: Eventful, tmp_path: Path) -> None:
    bot = eventful.bot
    heads, others = members(bot)
    with closing(live(bot)) as ledger:
        dump = set(ledger.dump())
    posts = set(bot.posts().items())
    with closing(Ledger(file_url(tmp_path / "ledger.sqlite"))) as ledger:
        for seed in range(ORDERS):
            folder = tmp_path / str(seed)
            folder.mkdir()
            paths = shuffled(heads, others, random.Random(seed), folder)
            report = rebuild(paths, folder, ledger, PostShelf(folder / "posts"))
            assert report.unreadable == []
            assert_same(f"ledger dump of order {seed}", dump, set(ledger.dump()))
            assert_same(f"posts of order {seed}", posts, set(tree(folder / "posts", "*.md").items()))


@pytest.mark.parametrize("whole", [True, False], ids=["one file", "several files"])
def test_two_processes_give_the_same_as_one(eventful: Eventful, tmp_path: Path, whole: bool) -> None:
    bot = eventful.bot
    heads, others = members(bot)
    paths = shuffled(heads, others, random.Random(3), tmp_path)
    assert len(paths) > 2
    if whole:
        paths[0].write_bytes(b"".join(path.read_bytes() for path in paths))
        del paths[1:]
    with (
        closing(live(bot)) as ledger,
        closing(Ledger(file_url(tmp_path / "ledger.sqlite"))) as other,
    ):
        report = rebuild(paths, tmp_path, other, PostShelf(tmp_path / "posts"), jobs=2)
        assert report.unreadable == []
        assert_same("ledger dump", set(ledger.dump()), set(other.dump()))
    assert_same("posts", set(bot.posts().items()), set(tree(tmp_path / "posts", "*.md").items()))
