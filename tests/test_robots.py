"""What robots.txt forbids is not asked, also when robots.txt itself cannot be read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.crawling import NOW
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.judging import assert_sound, standing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.forked import BotOf


pytestmark = pytest.mark.slow

FINANCE = ("-a", "channels=finance")
PAGES = "finance.sina.com.cn"
RULES = f"{PAGES}/robots.txt"
RETRIES = 3


@pytest.fixture
def site() -> Site:
    return Site(NOW, 6, troubles=False)


@pytest.mark.parametrize("kind", ["500", "503", "none", "cut", "broken-gzip"])
def test_where_robots_txt_cannot_be_read_nothing_is_asked_until_it_can(
    certified: Path, bot_of: BotOf, site: Site, kind: str
) -> None:
    site.robots[PAGES] = b"User-agent: *\nDisallow: /stock/\n"
    site.fail(kind, RULES, None)
    with Server(site, certified) as server:
        bot = bot_of(server)
        assert bot.crawl(*FINANCE).code == 3
        assert {url for url in site.asked if PAGES in url} == {f"https://{RULES}"}
        assert site.asked[f"https://{RULES}"] <= RETRIES
        assert set(standing(bot).values()) == {("failed", "no-answer")}
        assert all("could not be read" in why for why in bot.verdicts()[0]["holes"].values())
        site.mend()
        site.advance(timedelta(hours=1))
        assert bot.crawl(*FINANCE).code == 0
        assert not [url for url in site.asked if f"{PAGES}/stock/" in url]
        assert set(standing(bot).values()) <= {("published", ""), ("refused", "robots")}
        assert_sound(bot)


def test_a_ban_page_in_place_of_the_rules_is_a_no_and_not_a_yes(certified: Path, bot_of: BotOf, site: Site) -> None:
    site.robots[PAGES] = b"User-agent: *\nDisallow: /stock/\n"
    site.fail("ban-200", RULES, None)
    with Server(site, certified) as server:
        bot = bot_of(server)
        assert bot.crawl(*FINANCE).code == 4
        assert bot.verdicts()[0]["bans"] == [PAGES]
        site.mend()
        site.advance(timedelta(minutes=59))
        assert bot.crawl(*FINANCE).code in {3, 4}
        assert {url: times for url, times in site.asked.items() if PAGES in url} == {f"https://{RULES}": 1}
        site.advance(timedelta(hours=1))
        assert bot.crawl(*FINANCE).code == 0
        assert not [url for url in site.asked if f"{PAGES}/stock/" in url]
        assert set(standing(bot).values()) <= {("published", ""), ("refused", "robots")}
        assert_sound(bot)


def test_all_that_wait_for_the_same_rules_obey_them(certified: Path, bot_of: BotOf, site: Site) -> None:
    site.robots[PAGES] = b"User-agent: *\nDisallow: /\n"
    with Server(site, certified) as server:
        bot = bot_of(server)
        assert bot.crawl(*FINANCE).code == 0
        assert {url for url in site.asked if PAGES in url} == {f"https://{RULES}"}
        assert list(standing(bot).values()).count(("refused", "robots")) > 3
        assert_sound(bot)


@pytest.mark.parametrize("kind", ["404", "403", "html", "empty"])
def test_where_there_is_no_robots_txt_everything_may_be_asked(
    certified: Path, bot_of: BotOf, site: Site, kind: str
) -> None:
    site.fail(kind, RULES, None)
    with Server(site, certified) as server:
        bot = bot_of(server)
        assert bot.crawl(*FINANCE).code == 0
        assert len(bot.posts()) == 6
        assert_sound(bot)


def test_rules_that_lie_where_newsbot_does_not_go_count_as_none(certified: Path, bot_of: BotOf, site: Site) -> None:
    site.robots[PAGES] = "https://elsewhere.invented.example/robots.txt"
    with Server(site, certified) as server:
        bot = bot_of(server)
        assert bot.crawl(*FINANCE).code == 0
        assert len(bot.posts()) == 6
        assert_sound(bot)


def test_rules_that_moved_to_a_host_that_does_not_answer_forbid_everything(
    certified: Path, bot_of: BotOf, site: Site
) -> None:
    moved = "https://www.sina.com.cn/robots.txt"
    site.robots[PAGES] = moved
    site.fail("none", "www.sina.com.cn", None)
    with Server(site, certified) as server:
        bot = bot_of(server)
        assert bot.crawl(*FINANCE).code == 3
        assert site.asked[moved] > 1
        assert {url for url in site.asked if PAGES in url} == {f"https://{RULES}"}
        assert any("ConnectionDone" in why for why in bot.verdicts()[0]["holes"].values())
        assert_sound(bot)
