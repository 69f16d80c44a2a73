"""`scrapy import`: evidence of other tools in the archive, which never wins over newsbot's own captures."""

from __future__ import annotations

import gzip
import json
import random
import resource
import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from newsbot.archive import Archive, RunLock
from newsbot.warc.reader import Record, raw, records
from newsbot.warc.resume import readable
from tests.crawling import NOW, tree
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.foreign.making import FIXTURES
from tests.forked import ForkedBot, Stem
from tests.judging import assert_nothing_left_behind, assert_same, live, replayed, standing, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.forked import BotOf

pytestmark = pytest.mark.slow

KILLED = -9
WGET, AGAIN = FIXTURES / "wget-dedup" / "a.warc.gz", FIXTURES / "wget-dedup" / "b.warc.gz"
PLAIN, SINGLE = FIXTURES / "wget-plain" / "a.warc", FIXTURES / "wget-one-gzip-member" / "a.warc.gz"
WACZ = FIXTURES / "browsertrix-like-wacz" / "a.wacz"
ALL = sorted(path for path in FIXTURES.rglob("a.*"))


@pytest.fixture
def bot(bot_of: BotOf) -> ForkedBot:
    """An archive that is not there yet."""
    return bot_of()


@pytest.fixture(scope="module")
def server(certified: Path) -> Iterator[Server]:
    """The site that the fixtures were made from."""
    with Server(Site(NOW, 6, troubles=False, size_kb=4), certified) as server:
        yield server


@pytest.fixture(scope="module")
def crawled(server: Server, forking: Stem, tmp_path_factory: pytest.TempPathFactory) -> ForkedBot:
    bot = ForkedBot(tmp_path_factory.mktemp("crawled") / "archive", server, stem=forking)
    assert bot.crawl("-a", "channels=finance").code == 0
    return bot


def brought(bot: ForkedBot, *paths: Path, code: int = 0) -> list[dict[str, object]]:
    """Import; what became of each source."""
    ended = bot.run("import", *map(str, paths), "--json")
    assert ended.code == code, ended
    sources: list[dict[str, object]] = json.loads(ended.out)["sources"]
    return sources


def assert_replay_gives_the_same(bot: ForkedBot, folder: Path, *, orders: int = 3) -> None:
    """From the WARC files alone, in any order of them, come the same ledger dump and posts."""
    for seed in range(orders):
        paths = random.Random(seed).sample(bot.warcs(), len(bot.warcs()))
        place = folder / f"order-{seed}"
        place.mkdir(parents=True)
        posts, dump = replayed(paths, bot.root, place)
        with closing(live(bot)) as ledger:
            assert_same("ledger dump", set(ledger.dump()), set(dump))
        assert_same("posts", set(bot.posts().items()), set(posts.items()))


def test_records_are_taken_byte_for_byte_behind_a_record_that_names_the_source(bot: ForkedBot) -> None:
    for path in ALL:
        brought(bot, path)
    for file in bot.warcs():
        info, *taken = records(file)
        assert isinstance(info, Record)
        fields = info.fields
        assert fields["isPartOf"] == "imported"
        source = next(one for one in ALL if fields["imported-from"].startswith(one.name) and _holds(one, taken))
        if source.suffix != ".wacz":
            assert fields["imported-size"] == str(source.stat().st_size)
        own = json.loads(fields["imported-warcinfo"])
        there = [one for one in readable(source) if isinstance(one, Record)]
        assert [one["content"] for one in own] == [
            one.block.decode() for one in there if one.type == "warcinfo" and one.file == there[0].file
        ]
        wanted = [b"".join(raw(one)) for one in there if "sina.com.cn" in one.target]
        assert [b"".join(raw(one)) for one in taken if isinstance(one, Record)] == wanted
        assert all(isinstance(one, Record) and one.length for one in taken)


def _holds(source: Path, taken: Sequence[object]) -> bool:
    ids = {one.id for one in readable(source) if isinstance(one, Record)}
    return all(isinstance(one, Record) and one.id in ids for one in taken)


def test_an_article_that_only_another_tool_captured_becomes_a_post_of_the_catch_all_channel(
    bot: ForkedBot, tmp_path: Path
) -> None:
    (source,) = brought(bot, WGET)
    assert (source["taken"], source["other_sites"], source["unreadable"]) == (6, 3, 0)
    assert len(bot.posts()) == 2
    assert all(path.startswith("金融/新浪财经/新浪财经－滚动/") for path in bot.posts())
    assert sorted(state for state, _ in standing(bot).values()) == ["gone", "published", "published"]
    assert_nothing_left_behind(bot)
    assert_replay_gives_the_same(bot, tmp_path)
    assert bot.run("verify").code == 0


@pytest.mark.parametrize("first", ["own", "imported"])
def test_own_captures_win_every_choice_whichever_came_first(
    first: str, crawled: ForkedBot, server: Server, forking: Stem, tmp_path: Path
) -> None:
    bot = ForkedBot(tmp_path / "archive", server, stem=forking)
    if first == "own":
        shutil.copytree(crawled.root, bot.root)
        brought(bot, *ALL, AGAIN)
    else:
        brought(bot, *ALL, AGAIN)
        for path in crawled.warcs():
            place = bot.root / path.relative_to(crawled.root)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
            shutil.copy(f"{path}.cdxj", f"{place}.cdxj")
        assert bot.crawl("-a", "urls=-", stdin=server.site.in_lists()[-1].url).code == 0  # takes these files in
    assert crawled.posts().items() <= bot.posts().items()
    assert len(bot.posts()) == len(crawled.posts())
    own = {row["key"]: row for row in table(crawled, "article")}
    for row in table(bot, "article"):
        if before := own.get(row["key"]):
            names = ("url", "date", "channel", "title", "page_date", "first_key", "post", "state")
            assert {name: row[name] for name in names} == {name: before[name] for name in names}
            assert not row["body_key"].startswith("!")
    assert_replay_gives_the_same(bot, tmp_path)


@pytest.mark.parametrize("again", [WGET, PLAIN, SINGLE, WACZ], ids=["same", "plain", "one member", "wacz"])
def test_what_is_there_already_brings_nothing_and_says_so(again: Path, bot: ForkedBot) -> None:
    brought(bot, again)
    before = tree(bot.root / "warc", "*.gz*")
    posts = bot.posts()
    ended = bot.run("import", str(again))
    assert ended.code == 0
    assert "it has been imported already" in ended.out
    assert tree(bot.root / "warc", "*.gz*") == before
    assert bot.posts() == posts


def test_the_same_records_in_another_packing_bring_nothing(bot: ForkedBot, tmp_path: Path) -> None:
    brought(bot, PLAIN)
    (source,) = brought(bot, SINGLE)
    assert source["file"] is None
    packed = tmp_path / "reordered.warc.gz"
    parts = [b"".join(raw(one)) + b"\r\n\r\n" for one in readable(PLAIN) if isinstance(one, Record)]
    packed.write_bytes(b"".join(gzip.compress(part) for part in reversed(parts)))
    (source,) = brought(bot, packed)
    assert "imported already" in str(source["why"])
    assert len(bot.warcs()) == 1


def test_records_of_the_archive_itself_are_not_taken_again(crawled: ForkedBot, forking: Stem, tmp_path: Path) -> None:
    bot = ForkedBot(tmp_path / "archive", crawled.server, stem=forking)
    shutil.copytree(crawled.root, bot.root)
    before, posts = tree(bot.root / "warc", "*.gz*"), bot.posts()
    assert bot.run("wacz", str(tmp_path / "own.wacz")).code == 0
    (source,) = brought(bot, tmp_path / "own.wacz")
    assert (source["taken"], source["file"], source["why"]) == (0, None, "all its records are there already")
    assert isinstance(source["known"], int)
    assert source["known"] > 20
    assert isinstance(source["facts"], int)
    assert source["facts"] > 1  # windows and the run itself
    assert (tree(bot.root / "warc", "*.gz*"), bot.posts()) == (before, posts)


def test_a_revisit_waits_for_its_original_to_be_imported(bot: ForkedBot, tmp_path: Path) -> None:
    brought(bot, AGAIN, code=3)
    assert bot.posts() == {}
    brought(bot, WGET)
    assert len(bot.posts()) == 2
    assert len([row for row in table(bot, "capture") if row["refers_to"]]) == 3
    assert_replay_gives_the_same(bot, tmp_path)


def test_another_newsbots_archive_is_taken_without_its_facts(
    crawled: ForkedBot, bot: ForkedBot, tmp_path: Path
) -> None:
    (source,) = brought(bot, *crawled.warcs())
    assert isinstance(source["facts"], int)
    assert source["facts"] > 1
    assert set(bot.posts()) == set(crawled.posts())
    assert not table(bot, "run")
    assert not table(bot, "window")
    assert_replay_gives_the_same(bot, tmp_path)


def test_what_cannot_be_read_is_told_by_offset_and_the_rest_is_taken(bot: ForkedBot, tmp_path: Path) -> None:
    path = tmp_path / "hurt.warc.gz"
    content = bytearray(WGET.read_bytes())
    first = next(one for one in readable(WGET) if isinstance(one, Record) and one.type == "response")
    content[first.offset + 100 : first.offset + 200] = bytes(100)
    path.write_bytes(content)
    ended = bot.run("import", str(path), "--json")
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert f"hurt.warc.gz at offset {first.offset}: " in ended.err
    assert json.loads(ended.out)["sources"][0]["taken"] == 5
    assert len(bot.posts()) == 1


def test_a_site_that_is_not_allowed_leaves_nothing(bot: ForkedBot) -> None:
    ended = bot.run("import", str(WGET), settings={"ALLOWED_HOSTS": "example.org"})
    assert ended.code == 0
    assert "holds nothing of these sites" in ended.out
    assert bot.warcs() == []


def test_one_import_at_a_time_and_none_during_a_replay(bot: ForkedBot) -> None:
    archive = Archive(bot.root, bot.root / "posts", "")
    archive.make()
    lock = RunLock(archive, "import")
    assert lock.acquire()
    try:
        for words in (("import", str(WGET)), ("replay",), ("index",)):
            ended = bot.run(*words)
            assert (ended.code, ended.err.count("\n")) == (1, 1), ended
            assert "is at work on" in ended.err
    finally:
        lock.release()
    assert bot.warcs() == []


def test_it_may_run_beside_a_crawl(bot: ForkedBot) -> None:
    archive = Archive(bot.root, bot.root / "posts", "")
    archive.make()
    lock = RunLock(archive, "schedule")
    assert lock.acquire()
    try:
        brought(bot, WGET)
    finally:
        lock.release()
    assert len(bot.posts()) == 2


def test_it_may_be_killed_before_any_of_its_changes(bot: ForkedBot, tmp_path: Path) -> None:
    number = 1
    words = bot.command("import", str(WGET))[3:]
    while bot.execute(*words, kill_at=(number, str(bot.root))).code == KILLED:
        assert [path for path in bot.warcs() if not path.with_name(f"{path.name}.cdxj").exists()] == []
        brought(bot, WGET)
        assert len(bot.posts()) == 2
        assert len(bot.warcs()) == 1
        assert_nothing_left_behind(bot)
        assert_replay_gives_the_same(bot, tmp_path / str(number), orders=1)
        shutil.rmtree(bot.root)
        number += 1
    assert number > 10


def test_without_room_it_says_so_and_leaves_nothing_half(bot: ForkedBot) -> None:
    Archive(bot.root, bot.root / "posts", "").make()
    ended = bot.execute(*bot.command("import", str(WGET))[3:], file_size=8000)
    assert ended.code == 5, ended
    assert ended.err.count("\n") == 1
    assert [path for path in (bot.root / "warc").rglob("*") if path.is_file()] == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 8000
