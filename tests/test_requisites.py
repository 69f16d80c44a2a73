"""Images and style sheets in whole crawls: asked as a browser would, once, and never at the cost of an article."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.warc import message
from tests.fakesina.site import IMAGE_HOSTS, WEIBO_HOSTS, Site
from tests.judging import assert_sound, table, whole_records

if TYPE_CHECKING:
    from newsbot.warc.record import Record
    from tests.fakesina.server import Server
    from tests.fakesina.stories import Story
    from tests.forked import BotOf, ForkedBot

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow

FINANCE = ("-a", "channels=finance")
IMAGES = {"REQUISITES": "images"}
PAGE = {"REQUISITES": "page"}
KILLED = -9


@pytest.fixture
def bot(server: Server, bot_of: BotOf) -> ForkedBot:
    return bot_of(server, {"REQUISITES": "images"})


def add(site: Site, *images: str) -> Story:
    """An article with these pictures."""
    shown = "".join(f'<div class="img_wrapper"><img src="{address}" alt="虚构"></div>' for address in images)
    return site.add(site.invent(body=f"<p>　　虚构的正文。</p>{shown}", lids=(2519,)))


def asked_of_images(bot: ForkedBot) -> Counter[str]:
    """How often each address was asked on hosts of images, robots.txt left out."""
    assert bot.server is not None
    hosts = (*IMAGE_HOSTS, *WEIBO_HOSTS)
    return Counter(
        f"{one.host}{one.target}" for one in bot.server.log if one.host in hosts and "robots.txt" not in one.target
    )


def requisites_of(bot: ForkedBot) -> dict[str, Any]:
    """The last verdict's word on them."""
    told: dict[str, Any] = bot.verdicts()[-1]["requisites"]
    return told


def archived(bot: ForkedBot, url: str) -> list[Record]:
    """Every record of an address, in order."""
    return [record for path in bot.warcs() for record in whole_records(path) if record.target == url]


def test_an_image_at_what_is_no_address_stops_nothing(bot: ForkedBot, site: Site) -> None:
    add(site, "http://[n.sinaimg.cn/a.png", "https://n.sinaimg.cn:99999/a.png", "//n.sinaimg.cn/invented/b.png")
    assert bot.crawl(*FINANCE).code == 0
    assert asked_of_images(bot) == {"n.sinaimg.cn/invented/b.png": 1}


def test_an_image_is_asked_as_a_browser_asks_and_kept_with_its_page(bot: ForkedBot, site: Site) -> None:
    story = add(site, "//n.sinaimg.cn/finance/w48h32/a.png", "//wx1.sinaimg.cn/large/b.jpg")
    assert bot.crawl(*FINANCE).code == 0
    assert asked_of_images(bot) == {"n.sinaimg.cn/finance/w48h32/a.png": 1, "wx1.sinaimg.cn/large/b.jpg": 1}
    assert requisites_of(bot) == {"kept": 2, "refused": {}, "failed": {}, "left": 0}
    request, response, metadata = archived(bot, "https://n.sinaimg.cn/finance/w48h32/a.png")
    assert message.split(request.block).value("referer") == story.url
    assert message.split(request.block).value("accept-encoding") == "gzip"
    assert response.payload.startswith(b"\x89PNG")
    assert (metadata.fields["via"], metadata.fields["hopsFromSeed"]) == (story.url, "E")
    assert metadata.context == {"requisite": "image", "url": "https://n.sinaimg.cn/finance/w48h32/a.png"}
    assert_sound(bot)


def test_an_image_is_asked_once_ever(bot: ForkedBot, site: Site) -> None:
    shared = "//n.sinaimg.cn/finance/w48h32/shared.png"
    first = add(site, shared, "//n.sinaimg.cn/missing/gone.png")
    add(site, shared)
    assert bot.crawl(*FINANCE).code == 0
    site.advance(timedelta(days=9))
    site.edit(first.docid)
    add(site, shared)
    assert bot.crawl("-a", "urls=-", stdin=first.url).code == 0
    assert bot.crawl(*FINANCE).code in {0, 3}  # nine days are more than the list shows
    assert max(asked_of_images(bot).values()) == 1
    assert len(bot.posts()) == 3
    assert {row["url"]: row["reason"] for row in table(bot, "requisite")} == {
        "https://n.sinaimg.cn/finance/w48h32/shared.png": "",
        "https://n.sinaimg.cn/missing/gone.png": "gone",
    }
    assert_sound(bot)


def test_style_sheets_are_asked_again_after_a_week_and_conditionally(bot: ForkedBot, site: Site) -> None:
    add(site)
    assert bot.crawl(*FINANCE, settings=PAGE).code == 0
    styles = [row["url"] for row in table(bot, "requisite") if row["kind"] == "style"]
    assert len(styles) > 3
    site.advance(timedelta(days=1))
    second = add(site)
    assert bot.crawl("-a", "urls=-", stdin=second.url, settings=PAGE).code == 0
    assert requisites_of(bot)["kept"] == 0
    site.advance(timedelta(days=7))
    third = add(site)
    assert bot.crawl("-a", "urls=-", stdin=third.url, settings=PAGE).code == 0
    assert requisites_of(bot)["kept"] == len(styles)
    for url in styles:
        kinds = [record.type for record in archived(bot, url)]
        assert kinds == ["request", "response", "metadata", "request", "revisit", "metadata"], url
        assert archived(bot, url)[4].headers["warc-profile"].endswith("server-not-modified")
    assert_sound(bot)


def test_none_asks_for_nothing(bot: ForkedBot, site: Site) -> None:
    add(site, "//n.sinaimg.cn/a.png")
    assert bot.crawl(*FINANCE, settings={"REQUISITES": "none"}).code == 0
    assert asked_of_images(bot) == {}
    assert len(bot.posts()) == 1


def test_the_same_picture_under_two_names_is_kept_once(bot: ForkedBot, site: Site) -> None:
    add(site, "//n.sinaimg.cn/same.png?1", "//n.sinaimg.cn/same.png?2")
    assert bot.crawl(*FINANCE, settings={"CONCURRENT_REQUESTS": 1}).code == 0
    kinds = [archived(bot, f"https://n.sinaimg.cn/same.png?{number}")[1].type for number in (1, 2)]
    assert sorted(kinds) == ["response", "revisit"]
    assert_sound(bot)


@pytest.mark.parametrize(
    ("kind", "times", "settings", "refused", "failed"),
    [
        ("404", None, {}, {"gone": 1}, 0),
        ("403", None, {}, {}, 1),
        ("503", None, {"RETRY_TIMES": 1}, {}, 1),
        ("none", None, {"RETRY_TIMES": 1}, {}, 1),
        ("stall", None, {"RETRY_TIMES": 0, "DOWNLOAD_TIMEOUT": 1}, {}, 1),
        ("cut", None, {"RETRY_TIMES": 0}, {}, 1),
        ("ban", None, {}, {}, 1),
        ("ban-200", None, {}, {}, 1),
        ("429", None, {}, {}, 1),
        ("503", 1, {}, {}, 0),
    ],
)
def test_a_failed_image_costs_no_article_and_no_peace(  # noqa: PLR0917 - pytest's
    bot: ForkedBot,
    site: Site,
    kind: str,
    times: int | None,
    settings: dict[str, int],
    refused: dict[str, int],
    failed: int,
) -> None:
    add(site, "//n.sinaimg.cn/bad.png", "//k.sinaimg.cn/good.png")
    site.fail(kind, "bad.png", times)
    ended = bot.crawl(*FINANCE, settings=settings)
    assert ended.code == 0, ended
    assert len(bot.posts()) == 1
    told = requisites_of(bot)
    assert (told["refused"], len(told["failed"]), told["left"]) == (refused, failed, failed)
    assert "https://k.sinaimg.cn/good.png" in {row["url"] for row in table(bot, "requisite") if not row["reason"]}
    assert_sound(bot)


def test_what_failed_is_asked_again_later_and_given_up_in_the_end(bot: ForkedBot, site: Site) -> None:
    add(site, "//n.sinaimg.cn/bad.png", "//n.sinaimg.cn/late.png")
    site.fail("503", "bad.png", None)
    late = site.fail("503", "late.png", None)
    settings = {"RETRY_TIMES": 0}
    left = []
    for run in range(4):
        assert bot.crawl(*FINANCE, settings=settings).code == 0
        left.append(requisites_of(bot)["left"])
        site.advance(timedelta(hours=2**run))
        if run == 0:
            site.mend(late)
    assert left == [2, 1, 0, 0]
    assert asked_of_images(bot) == {"n.sinaimg.cn/bad.png": 3, "n.sinaimg.cn/late.png": 2}
    assert_sound(bot)


def test_an_image_larger_than_the_limit_is_cut_and_refused(bot: ForkedBot, site: Site) -> None:
    add(site, "//n.sinaimg.cn/finance/w400h400/large.png")
    assert bot.crawl(*FINANCE, settings={"REQUISITE_MAX_BYTES": 1000}).code == 0
    assert requisites_of(bot)["refused"] == {"too-large": 1}
    response = archived(bot, "https://n.sinaimg.cn/finance/w400h400/large.png")[1]
    assert response.truncated == "length"
    assert len(bot.posts()) == 1
    assert_sound(bot)


def test_a_hostile_address_is_refused_and_nothing_is_sent_there(bot: ForkedBot, site: Site) -> None:
    assert bot.server is not None
    hostile = [
        f"http://127.0.0.1:{bot.server.port}/x.png",
        f"http://[::1]:{bot.server.port}/x.png",
        f"http://localhost:{bot.server.port}/x.png",
        f"http://0x7f000001:{bot.server.port}/x.png",
        "http://user:secret@127.0.0.1/x.png",
        "https://n.sinaimg.cn.evil.example/x.png",
        "https://evil.example/n.sinaimg.cn/x.png",
        "http://169.254.169.254/latest/x.png",
        "file:///etc/hostname.png",
        "gopher://n.sinaimg.cn/x.png",
        "https://n.sinaimg.cn:22/x.png",
    ]
    add(site, *hostile, "//n.sinaimg.cn/good.png")
    begun = len(bot.server.log)
    ended = bot.crawl(*FINANCE, settings={"RETRY_TIMES": 0})
    assert ended.code == 0, ended
    assert len(bot.posts()) == 1
    assert asked_of_images(bot) == {"n.sinaimg.cn/good.png": 1}
    assert {one.host for one in bot.server.log[begun:]} <= {*IMAGE_HOSTS, "finance.sina.com.cn", "feed.mix.sina.com.cn"}
    assert requisites_of(bot)["refused"]["not-allowed"] >= 7
    assert_sound(bot)


def test_a_redirect_is_followed_within_the_allowed_hosts_only(bot: ForkedBot, site: Site) -> None:
    moved = site.invent(url="https://n.sinaimg.cn/moved.png", home="https://k.sinaimg.cn/there.png", hidden=True)
    away = site.invent(url="https://n.sinaimg.cn/away.png", home="https://evil.example/x.png", hidden=True)
    for story in (moved, away):
        site.add(story)
    add(site, "//n.sinaimg.cn/moved.png", "//n.sinaimg.cn/away.png")
    assert bot.crawl(*FINANCE).code == 0
    told = requisites_of(bot)
    assert (told["kept"], told["refused"], told["left"]) == (1, {"not-allowed": 1}, 0)
    assert [record.type for record in archived(bot, "https://k.sinaimg.cn/there.png")] == [
        "request",
        "response",
        "metadata",
    ]
    assert_sound(bot)


def test_robots_txt_of_an_image_host_is_obeyed(bot: ForkedBot, site: Site) -> None:
    site.robots["n.sinaimg.cn"] = b"User-agent: *\nDisallow: /no/\n"
    add(site, "//n.sinaimg.cn/no/a.png", "//n.sinaimg.cn/yes/a.png")
    assert bot.crawl(*FINANCE).code == 0
    assert asked_of_images(bot) == {"n.sinaimg.cn/yes/a.png": 1}
    assert requisites_of(bot)["refused"] == {"robots": 1}


def test_an_image_host_that_says_no_rests_and_the_articles_go_on(bot: ForkedBot, site: Site) -> None:
    for number in range(6):
        add(site, f"//n.sinaimg.cn/{number}.png")
    site.fail("ban", "n.sinaimg.cn/", None)
    ended = bot.crawl(*FINANCE, settings={"CONCURRENT_REQUESTS": 4})
    assert ended.code == 0, ended
    assert len(bot.posts()) == 6
    assert sum(asked_of_images(bot).values()) <= 2
    site.mend()
    assert bot.crawl(*FINANCE).code == 0
    assert requisites_of(bot)["left"] > 3
    site.advance(timedelta(hours=3))
    assert (bot.crawl(*FINANCE).code, requisites_of(bot)["left"]) == (0, 0)
    assert not any(row["strikes"] for row in table(bot, "host"))  # its next no would be a first one
    assert_sound(bot)


def test_a_run_does_not_wait_for_images_longer_than_it_may(bot: ForkedBot, site: Site) -> None:
    add(site, *(f"//n.sinaimg.cn/{number}.png" for number in range(5)))
    assert bot.crawl(*FINANCE, settings={"REQUISITE_SECONDS": 0, "DOWNLOAD_DELAY": 0.2}).code == 0
    assert requisites_of(bot)["left"] > 0
    assert bot.crawl(*FINANCE).code == 0
    assert requisites_of(bot)["left"] == 0
    assert max(asked_of_images(bot).values()) == 1
    assert_sound(bot)


def test_a_crawl_with_images_may_be_killed_before_any_of_its_changes(bot: ForkedBot, site: Site) -> None:
    images = [f"n.sinaimg.cn/{number}.png" for number in range(4)]
    for image in images:
        add(site, f"//{image}")
    words = bot.command("crawl", "sina_finance", *FINANCE)[3:]
    number = 1
    while bot.execute(*words, kill_at=(number, str(bot.root))).code == KILLED:
        ended = bot.crawl(*FINANCE)
        assert ended.code == 0, (number, ended)
        kept = {row["url"] for row in table(bot, "requisite") if not row["reason"]}
        assert kept == {f"https://{image}" for image in images}, number
        assert requisites_of(bot)["left"] == 0
        assert_sound(bot)
        for path in sorted(bot.root.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        number += 2
    assert number > 30
