"""Articles of several pages: each page is captured, and the post shows them as one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.judging import assert_sound, table, targets

if TYPE_CHECKING:
    from tests.fakesina.site import Site
    from tests.fakesina.stories import Story
    from tests.forked import ForkedBot

pytestmark = pytest.mark.slow

FINANCE = ("-a", "channels=finance")


def paged(site: Site, number: int = 3) -> list[Story]:
    """An article of so many pages; only the first is listed."""
    first = site.invent(lids=(2519,))
    addresses = [first.url, *(first.url.replace(".shtml", f"_{page}.shtml") for page in range(2, number + 1))]
    links = "".join(f'<a href="{address}">{page}</a>' for page, address in enumerate(addresses, 1))
    pages = []
    for page, address in enumerate(addresses, 1):
        body = f'<p>　　【虚构】第{page}页。</p><img src="//n.sinaimg.cn/{page}.png"><p class="page">{links}</p>'
        docid = first.docid if page == 1 else f"pagepag{page:07d}"
        pages.append(site.add(site.invent(url=address, docid=docid, body=body, lids=(2519,), hidden=page > 1)))
    return pages


def post(bot: ForkedBot) -> str:
    """The only post there is."""
    (content,) = bot.posts().values()
    return content.decode()


def in_order(text: str, *words: str) -> bool:
    places = [text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


@pytest.mark.parametrize("mode", ["none", "images"])
def test_the_post_shows_all_pages_in_their_order(bot: ForkedBot, site: Site, mode: str) -> None:
    pages = paged(site)
    ended = bot.crawl(*FINANCE, settings={"REQUISITES": mode})
    assert ended.code == 0, ended
    assert in_order(post(bot), "第1页", "第2页", "第3页")
    assert {page.url for page in pages} <= set(targets(bot, "response"))
    assert [row["key"] for row in table(bot, "article")] == [pages[0].docid]
    assert_sound(bot)


def test_a_page_that_fails_comes_later_and_costs_nothing(bot: ForkedBot, site: Site) -> None:
    pages = paged(site)
    site.fail("500", pages[1].url.partition("//")[2], None)
    assert bot.crawl(*FINANCE, settings={"RETRY_TIMES": 0}).code == 0
    assert in_order(post(bot), "第1页", "第3页")
    assert "第2页" not in post(bot)
    site.mend()
    site.advance(timedelta(hours=1))
    assert bot.crawl(*FINANCE).code == 0
    assert in_order(post(bot), "第1页", "第2页", "第3页")
    assert_sound(bot)


def test_the_first_page_of_an_article_alone_is_as_ever(bot: ForkedBot, site: Site) -> None:
    site.add(site.invent("plain", lids=(2519,)))
    assert bot.crawl(*FINANCE).code == 0
    assert table(bot, "requisite") == []
    assert_sound(bot)


def again(bot: ForkedBot, site: Site, pages: list[Story]) -> None:
    """Look at the article once more, three hours later."""
    site.advance(timedelta(hours=3))
    ended = bot.crawl("-a", "urls=-", stdin=pages[0].url)
    assert ended.code in {0, 3}, ended


def test_an_edit_on_a_further_page_alone_reaches_the_post_and_the_history(bot: ForkedBot, site: Site) -> None:
    pages = paged(site)
    assert bot.crawl(*FINANCE).code == 0
    was = pages[1].body or ""
    site.change(pages[1].docid, body=was.replace("第2页", "第二页"))
    again(bot, site, pages)
    assert in_order(post(bot), "第1页", "第二页", "第3页")
    told = bot.run("history", pages[0].url).out
    assert "      − 【虚构】第2页。" in told
    assert "      + 【虚构】第二页。" in told
    assert told.endswith("newsbot history: 2 captures, 1 version; 2 further pages, 1 edited\n")
    assert_sound(bot)
    site.change(pages[1].docid, body=was)
    again(bot, site, pages)
    assert in_order(post(bot), "第1页", "第2页", "第3页")
    history = json.loads(bot.run("history", pages[0].url, "--json").out)
    assert [[one["version"] for one in page["captures"]] for page in history["pages"]] == [[1, 2, 1], [1]]
    assert_sound(bot)


def test_a_further_page_that_is_taken_away_stays_in_the_post(bot: ForkedBot, site: Site) -> None:
    pages = paged(site)
    assert bot.crawl(*FINANCE).code == 0
    site.remove(pages[1].docid)
    site.remove(pages[2].docid, soft=True)
    again(bot, site, pages)
    assert in_order(post(bot), "第1页", "第2页", "第3页")
    assert_sound(bot)
