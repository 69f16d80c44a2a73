"""What the site may answer and what must come of it: the true reason, the exit code, and the same from a replay."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from newsbot import settings as newsbot_settings
from tests.crawling import NOW
from tests.fakesina import failures
from tests.fakesina.answers import Answer
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.judging import assert_sound, standing, table, targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from tests.forked import BotOf

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow

ONE_LIST = ("-a", "channels=finance")
ARTICLES = "finance.sina.com.cn"


def to(location: str) -> Callable[[datetime], Answer]:
    """A redirect."""
    return lambda _: Answer(b"x", 302, headers=(("Location", location),), max_age=0, compress=False)


#: Answers that the fake site does not give by itself.
ODD: dict[str, Callable[[datetime], Answer]] = {
    "to-elsewhere": to("https://news.example/x.shtml"),
    "to-the-front": to("https://www.sina.com.cn/"),
    "to-nobody": to("mailto:nobody@example.org"),
    "to-no-address": to("http://[::1/x.shtml"),
    "to-nothing": to(""),
    "to-the-private": to("/private/x.shtml"),
    "302-without-location": lambda _: Answer(b"x", 302, max_age=0),
    "300": lambda _: Answer(b"x", 300, headers=(("Location", "/other.shtml"),), max_age=0),
    "huge": lambda _: Answer(b"<html>" + b"x" * 300_000, max_age=0, compress=False),
}

#: Answer → (state, reason), and whether it is still so after the next run, when the site is well again.
ARTICLE: dict[str, tuple[str, str, bool]] = {
    "broken-gzip": ("failed", "undecodable", False),
    "cut": ("failed", "cut", False),
    "none": ("failed", "no-answer", False),
    "stall": ("failed", "no-answer", False),
    "empty": ("failed", "empty", False),
    "500": ("failed", "server-error", False),
    "503": ("failed", "server-error", False),
    "403": ("failed", "forbidden", False),
    "404": ("gone", "gone", True),
    "soft-404": ("gone", "gone", True),
    "html": ("refused", "no-layout", True),
    "error-json": ("refused", "not-html", True),
    "huge": ("refused", "too-large", True),
    "to-elsewhere": ("refused", "not-allowed", True),
    "to-the-front": ("refused", "redirected-away", True),
    "to-nobody": ("refused", "redirected-away", True),
    "to-no-address": ("refused", "redirected-away", True),
    "to-nothing": ("refused", "redirected-away", True),
    "to-the-private": ("refused", "robots", True),
    "302-without-location": ("refused", "http-status", True),
    "300": ("refused", "http-status", True),
}


@pytest.fixture(scope="module", autouse=True)
def _odd_answers() -> Iterator[None]:
    failures.KINDS.update(ODD)
    yield
    for kind in ODD:
        del failures.KINDS[kind]


@pytest.fixture
def site() -> Site:
    return Site(NOW, 12, troubles=False)


# --- articles ---


def test_every_answer_to_an_article_has_its_true_reason_and_failures_are_asked_again(
    certified: Path, bot_of: BotOf
) -> None:
    with Server(Site(NOW, len(ARTICLE) + 6, troubles=False), certified) as server:
        site = server.site
        plain = [one for one in site.listed() if one.url.startswith(f"https://{ARTICLES}/") and one.variant != "moved"]
        keys = dict(zip(ARTICLE, (one.key for one in plain), strict=False))
        for kind, key in keys.items():
            site.fail(kind, key, None)
        bot = bot_of(server)
        ended = bot.crawl(*ONE_LIST, settings={"DOWNLOAD_TIMEOUT": 1, "DOWNLOAD_MAXSIZE": 200_000})
        assert (ended.code, ended.err.count("\n")) == (3, 1), ended
        now = standing(bot)
        assert {kind: now[key] for kind, key in keys.items()} == {kind: want[:2] for kind, want in ARTICLE.items()}
        open_now = sorted(key for kind, key in keys.items() if ARTICLE[kind][0] == "failed")
        assert (
            sorted(row["key"] for row in table(bot, "article") if row["url"] in bot.verdicts()[0]["holes"]) == open_now
        )
        assert {one.host for one in server.log} <= {*server.site.robots}
        assert_sound(bot)
        site.mend()
        site.advance(timedelta(hours=3))
        ended = bot.crawl(*ONE_LIST)
        assert ended.code == 0, ended
        now = standing(bot)
        assert {kind: now[key][0] for kind, key in keys.items()} == {
            kind: state if lasting else "published" for kind, (state, _, lasting) in ARTICLE.items()
        }
        assert_sound(bot)


def test_what_robots_txt_forbids_is_not_asked_and_that_is_a_record(bot: ForkedBot, server: Server) -> None:
    one = next(one for one in server.site.listed() if one.url.startswith(f"https://{ARTICLES}/"))
    path = one.url.removeprefix(f"https://{ARTICLES}")
    server.site.robots[ARTICLES] = f"User-agent: newsbot\nDisallow: {path}\n".encode()
    assert bot.crawl(*ONE_LIST).code == 0
    assert not server.site.asked[one.url]
    assert standing(bot)[one.key] == ("refused", "robots")
    assert f"urn:newsbot:refusal:{one.key}" in targets(bot, "metadata")
    assert_sound(bot)


def test_a_name_that_leads_into_a_private_network_is_never_connected_to(
    server: Server, tmp_path: Path, forking: Stem
) -> None:
    door = {"TLS_CA_FILE": server.settings()["TLS_CA_FILE"], "ALLOWED_HOSTS": "localhost"}
    bot = ForkedBot(tmp_path / "archive", settings=door, now=NOW, stem=forking)
    address = f"https://localhost:{server.tls_port}/china/2026-09-29/doc-iinvented0000001.shtml"
    ended = bot.crawl("-a", "urls=-", stdin=address)
    assert ended.code == 0, ended
    assert [row["reason"] for row in table(bot, "article")] == ["not-allowed"]
    assert server._counted == 0
    assert_sound(bot)


def test_a_new_title_takes_the_old_post_away(bot: ForkedBot, server: Server) -> None:
    assert bot.crawl(*ONE_LIST).code == 0
    first, before = server.site.listed()[3], set(bot.posts())
    server.site.change(first.key, title="【虚构】换过的标题")
    server.site.advance(timedelta(minutes=20))
    assert bot.crawl(*ONE_LIST).code == 0
    gone, new = before - set(bot.posts()), set(bot.posts()) - before
    assert len(gone) == len(new) == 1
    assert new.pop().endswith("/【虚构】换过的标题.md")
    assert bot.verdicts()[1]["revised"] == 1
    assert_sound(bot)


def test_the_least_work_ahead_is_enough_for_all(bot: ForkedBot) -> None:
    ended = bot.crawl(*ONE_LIST, settings={"WORK_AHEAD": 1, "CONCURRENT_REQUESTS": 1})
    assert ended.code == 0, ended
    assert len(bot.posts()) == 12


# --- errors in the program itself ---


def settings_with(fault: str, at: str) -> dict[str, Any]:
    """Settings that put a fault of tests/faults.py in place."""
    where = "ITEM_PIPELINES" if fault == "BreakItem" else "EXTENSIONS"
    return {where: json.dumps({**getattr(newsbot_settings, where), f"tests.faults.{fault}": 250}), "FAULT_AT": at}


@pytest.mark.parametrize("fault", ["BreakArticle", "BreakItem", "BreakHearing"])
def test_an_error_at_one_article_is_told_and_the_others_go_on(bot: ForkedBot, server: Server, fault: str) -> None:
    one = server.site.listed()[4]
    ended = bot.crawl(*ONE_LIST, settings=settings_with(fault, one.key))
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    verdict = bot.verdicts()[0]
    assert [error.startswith("InventedError: at") for error in verdict["errors"]] == [True]
    assert list(verdict["holes"]) == [one.url]
    assert len(bot.posts()) == 11
    assert bot.crawl(*ONE_LIST).code == 0
    assert len(bot.posts()) == 12
    assert_sound(bot)


def test_an_error_at_a_list_ends_the_run(bot: ForkedBot) -> None:
    ended = bot.crawl(*ONE_LIST, settings=settings_with("BreakList", "lid=2519"))
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert "InventedError" in bot.verdicts()[0]["errors"][0]
    assert bot.crawl(*ONE_LIST).code == 0
    assert_sound(bot)
