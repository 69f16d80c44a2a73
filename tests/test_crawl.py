"""The main job, whole: a real crawl of the fake site, and everything that must follow from it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from newsbot.warc import message
from newsbot.warc.reader import Record, records
from tests.crawling import NOW, Bot, Ended, looks
from tests.fakesina.server import Server
from tests.fakesina.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(Site(NOW), tmp_path_factory.mktemp("site")) as server:
        yield server


@pytest.fixture(scope="module")
def crawled(site: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bot, Ended]:
    """One crawl that the tests below look at from all sides."""
    bot = Bot(tmp_path_factory.mktemp("crawl") / "archive", site)
    return bot, bot.crawl()


def test_a_healthy_crawl_ends_with_zero_and_one_line(crawled: tuple[Bot, Ended]) -> None:
    _, ended = crawled
    assert ended.code == 0, ended
    assert ended.err == ""
    assert ended.out.count("\n") == 1
    assert ended.out.startswith("newsbot ok: 66 listed (66 new), ")


def test_every_listed_article_is_a_post_or_refused_for_its_true_reason(
    crawled: tuple[Bot, Ended], site: Server
) -> None:
    bot, _ = crawled
    expected = {one.key: one.kind for one in site.site.listed()}
    found = {key: "post" if state == "published" else reason for key, (state, reason) in looks(bot).items()}
    assert found == expected
    assert len(bot.posts()) == list(expected.values()).count("post")


def test_every_block_in_the_archive_is_what_the_server_logged(crawled: tuple[Bot, Ended], site: Server) -> None:
    bot, _ = crawled
    kept: dict[str, list[bytes]] = {"request": [], "response": [], "revisit": []}
    for path in bot.warcs():
        for record in records(path):
            assert isinstance(record, Record)
            if record.type in kept:
                kept[record.type].append(record.block)
    verdict = bot.verdicts()[0]
    logged = site.log[: verdict["exchanges"]]
    assert len(kept["revisit"]) == verdict["revisits"] > 0
    assert len(kept["response"]) + len(kept["revisit"]) == verdict["exchanges"] > 100
    assert sorted(kept["request"]) == sorted(one.request for one in logged)
    sent = Counter(one.response for one in logged) - Counter(kept["response"])
    # The same robots.txt of another host: its head is there, its body is the first one's.
    assert sorted(message.split(one).head for one in sent.elements()) == sorted(kept["revisit"])
    assert len({message.split(one).body for one in sent}) == 1


def test_gzip_only_is_asked_for(crawled: tuple[Bot, Ended]) -> None:
    bot, _ = crawled
    asked = [r.block for path in bot.warcs() for r in records(path) if isinstance(r, Record) and r.type == "request"]
    assert all(b"\r\nAccept-Encoding: gzip\r\n" in block for block in asked)


def test_a_file_describes_itself(crawled: tuple[Bot, Ended], site: Server) -> None:
    bot, _ = crawled
    [path] = bot.warcs()
    found = [record for record in records(path) if isinstance(record, Record)]
    info = found[0].fields
    assert found[0].type == "warcinfo"
    assert {word.partition("/")[0] for word in info["software"].split()} >= {"newsbot", "Scrapy", "Twisted", "Python"}
    assert (info["robots"], info["contact"], info["format"]) == ("obey", "tests@example.org", "WARC File Format 1.1")
    assert info["http-header-user-agent"].startswith("newsbot/")
    assert "sha256" in info["digests"]
    listed = {one.key: one for one in site.site.listed()}
    asked = {
        record.context["article"]: record
        for record in found
        if record.type == "metadata" and "article" in record.context and record.target.startswith("http")
    }
    assert set(asked) <= set(listed)
    assert len(asked) > 50
    for key, record in asked.items():
        assert record.context["title"] == listed[key].title
        assert record.context["channel"]
        assert record.fields["hopsFromSeed"].rstrip("R") == "L"
        assert ("via" in record.fields) == record.fields["hopsFromSeed"].endswith("R")
    assert any(record.fields["hopsFromSeed"] == "LR" for record in asked.values())


@pytest.mark.parametrize(
    "judge",
    [["gzip", "-t"], [str(BIN / "warcio"), "check"], [str(BIN / "fastwarc"), "check"]],
    ids=["gzip", "warcio", "fastwarc"],
)
def test_a_judge_is_content_with_every_file(crawled: tuple[Bot, Ended], judge: list[str]) -> None:
    bot, _ = crawled
    for path in bot.warcs():
        done = subprocess.run([*judge, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_views_come_back_from_the_warc_files_alone(crawled: tuple[Bot, Ended], tmp_path: Path) -> None:
    bot, _ = crawled
    copy = Bot(tmp_path / "moved")
    shutil.copytree(bot.root, copy.root)
    posts, cdxj, dump = bot.posts(), bot.cdxj(), bot.dump()
    shutil.rmtree(copy.root / "posts")
    for view in [*copy.root.glob("ledger.sqlite*"), *copy.root.rglob("*.cdxj")]:
        view.unlink()
    ended = copy.run("replay")
    assert ended.code == 0, ended
    assert copy.posts() == posts
    assert copy.cdxj() == cdxj
    assert copy.dump() == dump


def test_a_replay_of_an_untouched_archive_would_change_nothing(crawled: tuple[Bot, Ended]) -> None:
    bot, _ = crawled
    ended = bot.run("replay", "--diff")
    assert ended.code == 0, ended
    assert ended.out.endswith(", 0 would change\n")


def test_given_files_are_replayed_into_a_folder_of_their_own(crawled: tuple[Bot, Ended], tmp_path: Path) -> None:
    bot, _ = crawled
    ended = bot.run("replay", *map(str, bot.warcs()), "--out", str(tmp_path / "out"))
    assert ended.code == 0, ended
    assert Bot(tmp_path / "out").posts() == bot.posts()


def test_a_second_run_captures_no_article_again(tmp_path: Path) -> None:
    with Server(Site(NOW, 20, troubles=False), tmp_path / "site") as server:
        bot = Bot(tmp_path / "archive", server)
        assert bot.crawl().code == 0
        posts = bot.posts()
        asked = dict(server.site.asked)
        second = bot.crawl()
        assert second.code == 0, second
        assert bot.posts() == posts
        again = {url for url, times in server.site.asked.items() if times != asked.get(url)}
        assert {url for url in again if "/api/roll/get" not in url and not url.endswith("/robots.txt")} == set()
        assert bot.verdicts()[1]["published"] == 0


def test_an_article_that_enters_a_list_late_is_found_by_the_next_run(tmp_path: Path) -> None:
    site = Site(NOW, 20, troubles=False)
    with Server(site, tmp_path / "site") as server:
        bot = Bot(tmp_path / "archive", server)
        assert bot.crawl().code == 0
        late = site.invent(age=timedelta(minutes=80))
        site.add(late)
        site.advance(timedelta(minutes=20))
        assert bot.crawl().code == 0
        assert looks(bot)[late.docid] == ("published", "")


def test_just_the_given_urls_are_captured(site: Server, tmp_path: Path) -> None:
    wanted = [one for one in site.site.listed() if one.kind == "post"][:3]
    bot = Bot(tmp_path / "archive", site)
    ended = bot.crawl("-a", "urls=-", stdin="# three of them\n" + "\n".join(one.url for one in wanted))
    assert ended.code == 0, ended
    assert set(looks(bot)) == {one.key for one in wanted}
    assert len(bot.posts()) == 3


def test_the_verdict_can_be_had_as_json(site: Server, tmp_path: Path) -> None:
    bot = Bot(tmp_path / "archive", site)
    ended = bot.crawl("-a", "channels=china", "--json")
    assert json.loads(ended.out)["exit_code"] == ended.code == 0
