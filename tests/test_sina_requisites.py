"""What a page needs beside itself: which addresses, in which mode, and what Referer says."""

from __future__ import annotations

import pytest

from newsbot.article import Article
from newsbot.sina import page
from newsbot.sina.requisites import LONGEST_URL, Requisite, referer, requisites
from tests.crawling import NOW
from tests.pages import page as page_around

URL = "https://finance.sina.com.cn/china/2026-09-29/doc-inabcde1234567.shtml"


def read(body: str, head: str = "") -> Article:
    """The article of an invented page."""
    found = page.read(page_around(body, url=URL, title="【虚构】标题", created=NOW, metas=head), URL)
    assert isinstance(found, Article), found
    return found


def test_images_and_style_sheets_are_named_once_in_the_pages_order() -> None:
    article = read(
        '<p>虚构</p><img src="//n.sinaimg.cn/a.png"><img src="https://n.sinaimg.cn/a.png#x"><img real_src="/b.jpg">',
        '<link rel="stylesheet" href="//n0.sinaimg.cn/s.css"><link rel=StyleSheet href=/t.css><link rel=icon href=/i>',
    )
    images = [
        Requisite("https://n.sinaimg.cn/a.png", "image", URL, URL),
        Requisite("https://finance.sina.com.cn/b.jpg", "image", URL, URL),
    ]
    styles = [
        Requisite("https://n0.sinaimg.cn/s.css", "style", URL, URL),
        Requisite("https://finance.sina.com.cn/t.css", "style", URL, URL),
    ]
    assert requisites(article, "none") == []
    assert requisites(article, "images") == images
    assert requisites(article, "page") == styles + images


@pytest.mark.parametrize(
    "address",
    [
        "https://d3.sina.com.cn/litong/zhitou/a.gif",
        "https://pluto.sina.cn/a.gif",
        "https://beacon.sina.com.cn/a.gif",
        "https://sbeacon.sina.com.cn/a.gif",
        "https://suda.sina.com.cn/a.gif",
        "https://login.sina.com.cn/a.gif",
        "https://i.sso.sina.com.cn/a.gif",
        "https://comment5.news.sina.com.cn/a.gif",
        "https://cre.dp.sina.cn/a.gif",
        "https://hq.sinajs.cn/a.gif",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        "file:///etc/passwd.png",
        "javascript:alert(1)//.png",
        "ftp://n.sinaimg.cn/a.png",
        "https://n.sinaimg.cn/" + "a" * LONGEST_URL + ".png",
        "http://[n.sinaimg.cn/a.png",
        "https://n.sinaimg.cn:99999/a.png",
    ],
)
def test_what_is_not_the_articles_own_or_no_address_is_not_asked_for(address: str) -> None:
    assert requisites(read(f'<p>虚构</p><img src="{address}">'), "page") == []


@pytest.mark.parametrize(
    ("policy", "target", "said"),
    [
        ("", "https://n.sinaimg.cn/a.png", URL),
        ("always", "https://n.sinaimg.cn/a.png", URL),
        ("no-referrer-when-downgrade", "https://n.sinaimg.cn/a.png", URL),
        ("", "http://n.sinaimg.cn/a.png", ""),
        ("strict-origin-when-cross-origin", "https://n.sinaimg.cn/a.png", "https://finance.sina.com.cn/"),
        ("origin", "https://n.sinaimg.cn/a.png", "https://finance.sina.com.cn/"),
        (" No-Referrer ", "https://n.sinaimg.cn/a.png", ""),
        ("same-origin", "https://n.sinaimg.cn/a.png", ""),
        ("unsafe-url", "http://n.sinaimg.cn/a.png", URL),
    ],
)
def test_the_referer_is_what_the_page_lets_a_browser_say(policy: str, target: str, said: str) -> None:
    assert referer(policy, URL, target) == said


def test_the_pages_own_policy_is_read() -> None:
    article = read('<p>虚构</p><img src="//n.sinaimg.cn/a.png">', '<meta name="Referrer" content="no-referrer">')
    assert [one.referer for one in requisites(article, "images")] == [""]
