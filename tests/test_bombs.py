"""Decompression bombs, end to end: captured byte for byte, refused for the true reason, at a bounded cost; so are the
commands over an archive that holds them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.discovery.hosts import ROBOTS_LIMIT
from newsbot.warc.message import split
from tests.bombs import HEADS, LISTS, PAGES, RECORDS, MeasuredBot, warc_file
from tests.crawling import NOW
from tests.fakesina import failures
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.judging import assert_verified, standing, table, whole_records
from tests.test_crawl_answers import ARTICLES, ONE_LIST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

#: MB of a whole process. What a bomb may unfold to is 64 MB, once more while its pieces are joined, and its own 30 MB.
MEMORY = 400


@pytest.fixture(scope="module", autouse=True)
def _bombs() -> Iterator[None]:
    kinds = {name: row[0] for name, row in PAGES.items()} | {name: row[0] for name, row in LISTS.items()}
    failures.KINDS.update(kinds)
    yield
    for kind in kinds:
        del failures.KINDS[kind]


def assert_captured(bot: MeasuredBot, server: Server) -> None:
    """Every answer that the site gave is there byte for byte; of one that repeats another, its head as a revisit."""
    kept: dict[str, Counter[bytes]] = {"response": Counter(), "revisit": Counter()}
    for path in bot.warcs():
        for record in whole_records(path):
            if record.type in kept:
                kept[record.type][record.block] += 1
    given = Counter(one.response for one in server.log)
    assert not kept["response"] - given
    assert Counter(split(response).head for response in (given - kept["response"]).elements()) == kept["revisit"]


def assert_bounded(bot: MeasuredBot) -> None:
    print({name: (round(bot.peaks[name]), round(bot.seconds[name], 1)) for name in bot.peaks})
    assert not {name: peak for name, peak in bot.peaks.items() if peak > MEMORY}


def test_pages_that_are_bombs_are_kept_refused_and_harm_no_command(tmp_path: Path, certified: Path) -> None:
    with Server(Site(NOW, len(PAGES) + 16, troubles=False), certified) as server:
        site = server.site
        plain = [one for one in site.listed() if one.url.startswith(f"https://{ARTICLES}/") and one.variant != "moved"]
        keys = dict(zip(PAGES, (one.key for one in plain), strict=False))
        assert len(keys) == len(PAGES)
        for kind, key in keys.items():
            site.fail(kind, key, None)
        bot = MeasuredBot(tmp_path / "archive", server)
        ended = bot.crawl(*ONE_LIST, settings={"DOWNLOAD_WARNSIZE": 0})
        assert (ended.code, ended.err.count("\n")) == (3, 1), ended
        assert_captured(bot, server)
    now = standing(bot)
    assert {kind: now[key] for kind, key in keys.items()} == {kind: row[1:3] for kind, row in PAGES.items()}
    assert sum(state == "published" for state, _ in now.values()) >= 12
    evidence = {row["key"]: row["look_evidence"] for row in table(bot, "article")}
    assert {kind: PAGES[kind][3] in evidence[key] for kind, key in keys.items()} == dict.fromkeys(PAGES, True)
    before = bot.dump(), bot.posts()
    assert bot.run("replay").code == 0
    assert (bot.dump(), bot.posts()) == before
    assert bot.run("verify").code == 0
    assert bot.run("index").code == 0
    assert bot.run("wacz", str(tmp_path / "out.wacz")).code == 0
    assert_verified(bot)
    other = MeasuredBot(tmp_path / "other")
    assert other.run("import", *map(str, bot.warcs())).code == 0
    assert other.run("replay", str(tmp_path / "out.wacz"), "--out", str(tmp_path / "views")).code == 0
    assert_bounded(bot)
    assert_bounded(other)


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_that_is_a_bomb_is_kept_and_named(kind: str, tmp_path: Path, certified: Path) -> None:
    with Server(Site(NOW, 12, troubles=False), certified) as server:
        script = server.site.fail(kind, "list", None)
        bot = MeasuredBot(tmp_path / "archive", server)
        ended = bot.crawl(*ONE_LIST)
        assert ended.code == 4, ended
        [verdict] = bot.verdicts()
        assert LISTS[kind][1] in str(verdict["incomplete"]), verdict["incomplete"]
        assert_captured(bot, server)
        server.site.mend(script)
        server.site.advance(timedelta(minutes=30))
        assert bot.crawl(*ONE_LIST).code == 0, "the next run reads what that one could not"
        assert len(bot.posts()) == 12
    before = bot.dump()
    assert bot.run("replay").code == 0
    assert bot.dump() == before
    assert bot.run("verify").code == 0
    assert_bounded(bot)


def test_of_a_robots_txt_that_is_a_bomb_the_beginning_counts(tmp_path: Path, certified: Path) -> None:
    head, rule = b"User-agent: *\nDisallow: /private/\n", b"Disallow: /private/*a*b*c\n"
    until_the_half_rule = ROBOTS_LIMIT - len(b"Disallow: /") - len(head)
    rules = head + b"\n" * (until_the_half_rule % len(rule)) + rule * 2_000_000
    with Server(Site(NOW, 12, troubles=False), certified) as server:
        server.site.robots[ARTICLES] = rules
        bot = MeasuredBot(tmp_path / "archive", server)
        ended = bot.crawl(*ONE_LIST)
        assert ended.code == 0, ended
        assert len(bot.posts()) == 12
        assert_captured(bot, server)
    assert bot.run("replay").code == 0
    assert_bounded(bot)


@pytest.mark.parametrize("kind", RECORDS)
def test_a_warc_file_that_is_a_bomb_is_read_at_a_bounded_cost(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.warc.gz"
    path.write_bytes(warc_file(kind))
    assert path.stat().st_size < 12_000_000
    assert_read(path, tmp_path, can_be=RECORDS[kind][-1])


@pytest.mark.parametrize("kind", HEADS)
def test_a_warc_file_of_nothing_but_heads_is_read_at_a_bounded_cost(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.warc"
    path.write_bytes(HEADS[kind])
    assert_read(path, tmp_path, can_be=False)


def assert_read(path: Path, tmp_path: Path, *, can_be: bool) -> None:
    """Every command that reads WARC files says what it should of this one, with no more time or memory than it may."""
    bot = MeasuredBot(tmp_path / "archive")
    ended = {
        "verify": bot.run("verify", str(path)),
        "import": bot.run("import", str(path)),
        "index": bot.run("index", str(path)),
        "replay": bot.run("replay", str(path), "--out", str(tmp_path / "views")),
    }
    assert {name: one.code == 0 for name, one in ended.items()} == dict.fromkeys(ended, can_be), ended
    assert all("Traceback" not in one.err for one in ended.values()), ended
    assert_bounded(bot)
