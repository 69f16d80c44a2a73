"""One article, however it is reached: by lists, by other addresses, by an address that names no docid, in any order."""

from __future__ import annotations

import itertools
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.article import Article, Capture, Entry, Look, Refusal
from newsbot.desk import Desk
from newsbot.ledger import Ledger, file_url
from newsbot.shelf import PostShelf
from newsbot.sina.urls import article_key
from newsbot.text import stamp
from tests.crawling import tree
from tests.judging import assert_sound, standing, table, targets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fakesina.site import Site
    from tests.forked import ForkedBot

pytestmark = pytest.mark.slow

FINANCE = ("-a", "channels=finance")
HOUR = timedelta(hours=1)


# --- whole crawls ---


def test_every_address_of_an_article_leads_to_the_same_one(site: Site, bot: ForkedBot) -> None:
    story = site.add(site.invent(lids=(1686, 2519)))
    assert bot.crawl("-a", "channels=finance,china").code == 0
    [[path, _]] = bot.posts().items()
    addresses = [
        story.url.replace("https:", "http:"),
        f"{story.url}?cre=tianyi&mod=pcpager#top",
        f"https://finance.sina.cn/2026-09-29/detail-i{story.docid}.d.html?vt=4",
        f"http://doc.sina.cn/?id=comos:{story.docid}",
    ]
    for number, address in enumerate(addresses, 2):
        site.advance(HOUR)
        ended = bot.crawl("-a", "urls=-", stdin=address)
        assert ended.code == 0, ended
        assert len({row["record_id"] for row in table(bot, "capture")}) == number
    assert standing(bot) == {story.docid: ("published", "")}
    assert list(bot.posts()) == [path]
    assert_sound(bot)


def test_what_was_captured_by_an_address_without_docid_is_the_article_that_a_list_names_later(
    site: Site, bot: ForkedBot
) -> None:
    story = site.add(site.invent(url=URL, lids=(2519,), hidden=True))
    alone = article_key(story.url)
    assert alone != story.docid
    assert bot.crawl("-a", "urls=-", stdin=story.url).code == 0
    assert standing(bot) == {alone: ("published", "")}
    site.advance(HOUR)
    site.change(story.docid, hidden=False)
    assert bot.crawl(*FINANCE).code == 0
    assert standing(bot) == {alone: ("merged", story.docid), story.docid: ("published", "")}
    [path] = bot.posts()
    assert story.docid not in path  # the name without a suffix is its own
    assert "2 captures, 1 version" in bot.run("history", story.url).out
    assert_sound(bot)
    assert bot.run("withdraw", story.url, "--reason", "invented").code == 0
    assert bot.posts() == {}
    assert_sound(bot)
    assert bot.run("withdraw", story.url, "--undo").code == 0
    assert list(bot.posts()) == [path]
    assert len([target for target in targets(bot, "metadata") if "withdrawal" in target]) == 4
    site.advance(HOUR)
    assert bot.crawl("-a", "urls=-", stdin=story.url).code == 0
    assert len(standing(bot)) == 2
    assert_sound(bot)


def test_an_article_that_is_gone_when_a_list_names_it_keeps_the_post_it_had(site: Site, bot: ForkedBot) -> None:
    story = site.add(site.invent(url=URL, lids=(2519,), hidden=True))
    assert bot.crawl("-a", "urls=-", stdin=story.url).code == 0
    before = bot.posts()
    assert len(before) == 1
    site.advance(HOUR)
    site.remove(story.docid, listed=True)
    site.change(story.docid, hidden=False)
    bot.crawl(*FINANCE)
    assert standing(bot) == {article_key(story.url): ("published", ""), story.docid: ("gone", "gone")}
    assert bot.posts() == before
    assert_sound(bot)


# --- orders ---

NOON = datetime(2026, 9, 29, 12, tzinfo=UTC)
URL = "https://cj.sina.com.cn/articles/view/1234567890/1200abcd"
ALONE, DOCID = article_key(URL), "nitmeav9922448"
OTHER = "bbbbbbb0000002"  # another article of the same title, elsewhere


def seen(second: int, url: str = URL) -> Capture:
    moment = stamp(NOON + timedelta(seconds=second))
    return Capture(f"urn:uuid:{second:032d}", moment, url, 200, "warc/a.warc.gz", second)


def page(key: str, second: int, url: str = URL) -> Look:
    body = f"<p>虚构，第{second}次。</p>"
    return Look(key, seen(second, url), Article(key, url, "【虚构】同名", body, "", "D", "utf-8", published=NOON))


def told(desk: Desk) -> dict[str, Callable[[], object]]:
    """What may be heard of the article, in any order."""
    elsewhere = f"https://finance.sina.com.cn/doc-i{OTHER}.shtml"

    def listing() -> None:
        entry = Entry(DOCID, URL, "【虚构】同名", "finance", 0, "china", NOON, NOON, NOON)
        desk.list_entries(seen(2, "https://feed.mix.sina.com.cn/api/roll/get"), [entry])

    def look(one: Look) -> Callable[[], None]:
        def noted() -> None:
            desk.note([one])
            desk.settle(one.key, one)

        return noted

    return {
        "address": look(page(ALONE, 1)),
        "list": listing,
        "page": look(page(DOCID, 3)),
        "again": look(page(ALONE, 4)),
        "other": look(page(OTHER, 5, elsewhere)),
        "gone": look(Look(DOCID, seen(6), Refusal("gone", "status 404"))),
        "moved": look(page(DOCID, 0, f"https://finance.sina.com.cn/doc-i{DOCID}.shtml")),
    }


@pytest.mark.parametrize(
    ("names", "merged"),
    [
        (("address", "list", "page", "again", "other", "gone"), True),
        (
            ("address", "list", "page", "moved", "other"),
            False,
        ),  # it was at another address before the list named this one
    ],
    ids=["one address", "another address before"],
)
def test_in_whatever_order_it_is_heard_of_it_stands_the_same(
    tmp_path: Path, names: tuple[str, ...], merged: bool
) -> None:
    looks = [page(ALONE, 1), page(DOCID, 3), page(ALONE, 4), page(OTHER, 5), page(DOCID, 0)]
    pages = {one.capture.record_id: one.result for one in looks if one.result}
    ends = set()
    for number, order in enumerate(itertools.permutations(names)):
        with closing(Ledger(file_url(tmp_path / f"{number}.sqlite"))) as ledger:
            shelf = PostShelf(tmp_path / str(number))
            desk = Desk(ledger, shelf, lambda capture: pages[capture.record_id])
            facts = told(desk)
            for name in order:
                facts[name]()
            ends.add((tuple(sorted(ledger.dump())), tuple(sorted(tree(shelf.root, "*.md").items()))))
    assert len(ends) == 1
    [(dump, posts)] = ends
    assert len(posts) == (2 if merged else 3)
    assert merged is any(f'"key":"{ALONE}"' in line and '"state":"merged"' in line for line in dump)
