"""How a command ends when something is wrong: the exit code, one clear line, and an archive to go on with."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.crawling import NOW, Bot, Ended
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.judging import assert_sound, standing, table

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow

ONE_LIST = ("-a", "channels=finance")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A small site on which nothing goes wrong by itself; a test that makes it fail mends it again."""
    with Server(Site(NOW, 12, troubles=False), tmp_path_factory.mktemp("site")) as serving:
        yield serving


@pytest.fixture
def site(server: Server) -> Iterator[Site]:
    server.site.asked.clear()
    yield server.site
    server.site.mend()


# --- what cannot begin ---

CRAWL = ("crawl", "sina_finance")
#: The words of a command → its exit code, and what its one line must say.
REFUSED: dict[tuple[str, ...], tuple[int, str]] = {
    (*CRAWL, "-a", "channels=chima"): (1, "'chima'"),
    (*CRAWL, "-a", "since=yesterday"): (1, "'yesterday'"),
    (*CRAWL, "-a", "since=2026-09-29", "-a", "until=2026-09-27"): (1, "is not before"),
    (*CRAWL, "-a", "since=2031-01-01"): (1, "is not before"),
    (*CRAWL, "-a", "chanels=china"): (2, "-a chanels"),
    (*CRAWL, "-a", "urls=no-such-file"): (1, "no-such-file"),
    (*CRAWL, "-a", "urls=LICENSE"): (1, "line 1 is no web address"),
    (*CRAWL, "-a", "urls="): (1, "-a urls= is empty"),
    (*CRAWL, "-a", "since= "): (1, "-a since= is empty"),
    (*CRAWL, "-a", "urls=-", "-a", "since=24h"): (1, "does not go with"),
    (*CRAWL, "--colour"): (2, "--colour"),
    (*CRAWL, "sina_sport"): (2, "'sina_sport'"),
    ("crawl", "sina_sport"): (2, "'sina_sport'"),
    ("crawl",): (2, "which spider"),
    (*CRAWL, "-s", "CONNECT_TO=somewhere"): (1, "CONNECT_TO"),
    (*CRAWL, "-s", 'CONNECT_TO={"finance.sina.com.cn": 1}'): (1, "CONNECT_TO"),
    (*CRAWL, "-s", "WARC_DURABILITY=often"): (1, "WARC_DURABILITY is 'often'"),
    (*CRAWL, "-s", "WARC_PAYLOAD_DIGEST=md5"): (1, "WARC_PAYLOAD_DIGEST is 'md5'"),
    (*CRAWL, "-s", "TLS_CA_FILE=no-such.pem"): (1, "no-such.pem"),
    (*CRAWL, "-s", "WARC_MAX_AGE=soon"): (1, "WARC_MAX_AGE is 'soon': give a number from 1 to "),
    (*CRAWL, "-s", "WORK_AHEAD=0"): (1, "WORK_AHEAD is '0': give a whole number from 1 to "),
    (*CRAWL, "-s", "DOWNLOAD_MAXSIZE=1e6"): (1, "DOWNLOAD_MAXSIZE is '1e6': give a whole number from 0 to "),
    (*CRAWL, "-s", "BAN_REST=-1"): (1, "BAN_REST is '-1': give a number from 0 to "),
    (*CRAWL, "-s", "OVERLAP_EVERY=nan"): (1, "OVERLAP_EVERY is 'nan': give a number from 0 to "),
    (*CRAWL, "-s", "REVISIT_AFTER=soon"): (1, "REVISIT_AFTER is ['soon']"),
    (*CRAWL, "-s", "REQUISITES=all"): (1, "REQUISITES is 'all'"),
    (*CRAWL, "-s", "POSTS_DIR=/proc/x"): (5, "cannot write /proc/x"),
    (*CRAWL, "-s", "LEDGER_URL=nonsense"): (1, "LEDGER_URL"),
    (*CRAWL, "-s", "LEDGER_URL=mysql://localhost/x"): (1, "LEDGER_URL"),
    (*CRAWL, "-s", "ARCHIVE_DIR=README.md/archive"): (5, "README.md/archive"),
    (*CRAWL, "-s", "ARCHIVE_DIR= "): (1, "ARCHIVE_DIR is empty"),
    ("verify", "-s", "ARCHIVE_DIR=README.md"): (1, "there is no archive in"),
    ("replay", "README.md", "--out", "{tmp}/out"): (1, "README.md is no WARC file"),
    ("replay", "tests", "--out", "{tmp}/out"): (1, "tests is a directory"),
    ("replay", "no-such.warc.gz", "--out", "{tmp}/out"): (1, "no-such.warc.gz"),
    ("replay", "no-such.warc.gz"): (2, "--out"),
    ("replay", "--out", "{tmp}/out"): (2, "--out"),
    ("replay", "--jobs", "0"): (2, "--jobs 0"),
    ("replay", "-s", "BAN_REST=soon"): (1, "BAN_REST is 'soon'"),
    ("replay", "--difference"): (2, "--difference"),
    ("ledger", "dumb"): (2, "ledger dump"),
    ("ledger", "dump"): (1, "there is no archive"),
}


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_a_command_that_cannot_begin_says_why_in_one_line(bot: ForkedBot, words: tuple[str, ...]) -> None:
    code, says = REFUSED[words]
    common = bot.command()[3:]  # before what the words set, so that theirs wins
    ended = bot.execute(words[0], *common, *(word.replace("{tmp}", str(bot.root.parent)) for word in words[1:]))
    assert ended.code == code, ended
    assert ended.out == ""
    assert ended.err.count("\n") == 1, ended
    assert ended.err.startswith("newsbot: ")
    assert says in ended.err
    assert not list(bot.root.rglob("*.warc.gz*"))


OF_AN_ARCHIVE = (
    *(("replay",), ("replay", "--diff"), ("index",), ("verify",), ("ledger", "dump"), ("coverage",), ("history", "a")),
    *(("withdraw", "a", "--reason", "b"), ("fixture", "a", "--why", "b"), ("wacz", "{tmp}/a.wacz")),
)


@pytest.mark.parametrize("words", OF_AN_ARCHIVE, ids=" ".join)
def test_a_folder_that_is_no_archive_stays_as_it_is(tmp_path: Path, forking: Stem, words: tuple[str, ...]) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"invented")
    ended = ForkedBot(folder, now=NOW, stem=forking).run(*(word.replace("{tmp}", str(tmp_path)) for word in words))
    assert (ended.code, ended.err.count("\n")) == (1, 1), ended
    assert "is no newsbot archive" in ended.err
    assert [path.name for path in folder.iterdir()] == ["holiday.jpg"]


def test_names_that_begin_with_an_underscore_come_from_scrapyd_and_pass(bot: ForkedBot) -> None:
    ended = bot.crawl(*ONE_LIST, "-a", "_job=4711")
    assert (ended.code, ended.err) == (0, ""), ended


def test_a_ledger_of_a_newer_newsbot_is_left_alone(bot: ForkedBot) -> None:
    assert bot.crawl(*ONE_LIST).code == 0
    with closing(sqlite3.connect(bot.root / "ledger.sqlite")) as database, database:
        database.execute("UPDATE newsbot_schema SET version = version + 1")
    before = (bot.root / "ledger.sqlite").read_bytes()
    ended = bot.crawl(*ONE_LIST)
    assert ended.code == 1, ended
    assert ended.err.count("\n") == 1
    assert "use the newer newsbot" in ended.err
    assert (bot.root / "ledger.sqlite").read_bytes() == before


def test_a_ledger_that_is_no_database_is_named_and_a_replay_after_moving_it_away_brings_it_back(bot: ForkedBot) -> None:
    assert bot.crawl(*ONE_LIST).code == 0
    dump = bot.dump()
    (bot.root / "ledger.sqlite").write_bytes(b"invented: this was a ledger once\n" * 99)
    ended = bot.crawl(*ONE_LIST)
    assert ended.code == 1, ended
    assert ended.err.count("\n") == 1
    assert "ledger.sqlite" in ended.err
    (bot.root / "ledger.sqlite").rename(bot.root / "broken")
    assert bot.run("replay").code == 0
    assert bot.dump() == dump


# --- the site ---


def test_an_unreachable_site_is_unhealthy(tmp_path: Path, forking: Stem) -> None:
    with Server(Site(NOW, 3, troubles=False), tmp_path / "site") as gone:
        settings = gone.settings()  # the ports of a server that is no more
    bot = ForkedBot(tmp_path / "archive", settings=settings, now=NOW, stem=forking)
    ended = bot.crawl()
    assert (ended.code, ended.err.count("\n")) == (4, 1), ended
    assert "no list could be read: finance: feed.mix.sina.com.cn/robots.txt could not be read (" in ended.err
    assert "Connection was refused by other side" in ended.err
    assert_sound(bot)


# --- two at a time, and the end of one ---


def until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait for something that the process must bring about."""
    latest = time.monotonic() + 30
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < latest, "it did not happen"
        time.sleep(0.01)


def end_of(process: subprocess.Popen[str], number: signal.Signals) -> tuple[Ended, float]:
    """Send the signal; how it ended, and after how many seconds."""
    begin = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    return Ended(process.returncode, out, err), time.monotonic() - begin


def test_a_second_run_gives_way_and_the_first_goes_on_unharmed(bot: ForkedBot, site: Site) -> None:
    held = site.listed()[0]
    stall = site.fail("stall", held.key, None)
    with bot.start(*CRAWL, *ONE_LIST, settings={"DOWNLOAD_TIMEOUT": 3}) as first:
        until(lambda: site.asked[held.url], first)
        second = bot.crawl(*ONE_LIST)
        assert (second.code, second.err.count("\n")) == (1, 1), second
        assert "another schedule run" in second.err
        replay = bot.run("replay")
        assert (replay.code, replay.err.count("\n")) == (1, 1), replay
        site.mend(stall)
        out, err = first.communicate(timeout=30)
    assert first.returncode == 0, out + err
    assert len(bot.posts()) == 12
    assert_sound(bot)


def test_sigterm_ends_a_crawl_whose_download_hangs_and_the_next_run_asks_again(bot: ForkedBot, site: Site) -> None:
    held = site.listed()[5]
    stall = site.fail("stall", held.key, None)
    with bot.start(*CRAWL, *ONE_LIST) as process:
        until(lambda: site.asked[held.url], process)
        ended, seconds = end_of(process, signal.SIGTERM)
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert "stopped: SIGTERM" in ended.err
    assert seconds < 10
    assert bot.verdicts()[0]["holes"][held.url].startswith("stopped")
    assert standing(bot)[held.key] == ("failed", "stopped")
    assert_sound(bot)
    site.mend(stall)
    assert bot.crawl(*ONE_LIST).code == 0  # at once: what we broke off ourselves waits for nothing
    assert len(bot.posts()) == 12
    assert_sound(bot)


def test_a_robots_txt_that_we_broke_off_ourselves_is_no_failure_of_the_site(bot: ForkedBot, site: Site) -> None:
    stall = site.fail("stall", "finance.sina.com.cn/robots.txt", None)
    with bot.start(*CRAWL, *ONE_LIST) as process:
        until(lambda: site.asked["https://finance.sina.com.cn/robots.txt"], process)
        ended, _ = end_of(process, signal.SIGTERM)
    assert ended.code == 3, ended
    assert "no-answer" not in {reason for _, reason in standing(bot).values()}
    assert "the run is ending" in set(bot.verdicts()[0]["holes"].values())
    site.mend(stall)
    assert bot.crawl(*ONE_LIST).code == 0  # at once
    assert len(bot.posts()) == 12
    assert_sound(bot)


def test_ctrl_c_ends_a_crawl_behind_a_robots_txt_that_hangs(bot: ForkedBot, site: Site) -> None:
    site.fail("stall", "finance.sina.com.cn", None)
    with bot.start(*CRAWL, *ONE_LIST) as process:
        until(lambda: site.asked["https://finance.sina.com.cn/robots.txt"], process)
        ended, seconds = end_of(process, signal.SIGINT)
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert "stopped: SIGINT" in ended.err
    assert seconds < 10
    assert len(bot.posts()) + len(bot.verdicts()[0]["holes"]) == 12  # three are of other hosts
    assert_sound(bot)


def test_addresses_that_waited_for_their_turn_when_the_end_came_are_named(bot: ForkedBot, site: Site) -> None:
    wanted = [one.url for one in site.listed()]
    (bot.root.parent / "urls").write_text("\n".join(wanted), "utf-8")
    settings = {"DOWNLOAD_DELAY": 12, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}
    with bot.start(*CRAWL, "-a", f"urls={bot.root.parent / 'urls'}", settings=settings) as process:
        until(lambda: hosts_taken(bot), process)
        ended, seconds = end_of(process, signal.SIGTERM)
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert seconds < 10
    holes = bot.verdicts()[0]["holes"]
    assert set(wanted) - set(holes) == {row["url"] for row in table(bot, "capture")}
    assert len(holes) > 5
    assert_sound(bot)


def hosts_taken(bot: Bot) -> list[str]:
    """Hosts at which somebody has taken a turn."""
    try:
        with closing(sqlite3.connect(bot.root / "ledger.sqlite")) as database:
            return [name for (name,) in database.execute("SELECT name FROM host WHERE next_at > 0")]
    except sqlite3.OperationalError:  # the tables are still being made
        return []


def test_a_crawl_that_scrapy_closes_early_has_holes(bot: ForkedBot) -> None:
    ended = bot.crawl(*ONE_LIST, settings={"CLOSESPIDER_ITEMCOUNT": 2, "CONCURRENT_REQUESTS": 1})
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert "closespider_itemcount" in json.dumps(bot.verdicts()[0]["reasons"])
    assert_sound(bot)
    assert bot.crawl(*ONE_LIST).code == 0
    assert len(bot.posts()) == 12
    assert_sound(bot)
