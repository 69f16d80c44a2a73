"""Article pages (sina.md 2 and 6) beside the fixtures (test_expectations.py): what no page may bring about."""

from __future__ import annotations

import re
import time
from dataclasses import fields
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbot.article import REASONS, Article, Refusal
from newsbot.sina import body, layouts, page
from tests.pages import page as layout_d

URL = "https://finance.sina.com.cn/stock/usstock/c/2026-09-29/doc-initmeav0000001.shtml"
CREATED = datetime(2026, 9, 28, 16, 34, 6, tzinfo=UTC)
PARAGRAPH = "<p>　　【虚构】正文。</p>"


def article_of(inner: str, metas: str = "") -> Article:
    result = page.read(layout_d(inner, url=URL, title="【虚构】标题", created=CREATED, metas=metas), URL)
    assert isinstance(result, Article), result
    return result


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (456, "ban"),
        (404, "gone"),
        (410, "gone"),
        (408, "server-error"),
        (429, "server-error"),
        (500, "server-error"),
        (503, "server-error"),
        (599, "server-error"),
        (204, "http-status"),
        (206, "http-status"),
        (302, "http-status"),
        (400, "http-status"),
        (401, "http-status"),
        (403, "http-status"),
        (451, "http-status"),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_a_status_other_than_200_is_never_an_article(status: int, reason: str, whole: bool) -> None:
    content = layout_d(PARAGRAPH, url=URL, title="【虚构】标题", created=CREATED) if whole else b""
    assert page.read(content, URL, status=status) == Refusal(
        reason, f"status {status}" + (", 拒绝访问" if reason == "ban" else "")
    )


@pytest.mark.parametrize(
    ("content_type", "is_html"),
    [
        ("", True),
        ("text/html", True),
        ("TEXT/HTML;charset=UTF-8", True),
        ("application/xhtml+xml", True),
        ("application/octet-stream", True),
        ("application/json", False),
        ("application/pdf", False),
        ("image/jpeg", False),
        ("text/css", False),
    ],
)
def test_the_content_type_decides_what_is_no_html(content_type: str, is_html: bool) -> None:
    content = layout_d(PARAGRAPH, url=URL, title="【虚构】标题", created=CREATED)
    result = page.read(content, URL, content_type=content_type)
    assert isinstance(result, Article) is is_html
    assert is_html or (isinstance(result, Refusal) and result.reason == "not-html")


def test_the_docid_is_the_addresses_own_before_the_pages() -> None:
    other = '<meta name="publishid" content="nzzzzzz0000002" />'
    assert article_of(PARAGRAPH, metas=other).docid == "nitmeav0000001"


@pytest.mark.parametrize(
    "meta",
    [
        '<meta name="publishid" content="nzzzzzz0000002" />',
        '<meta name="publishid" content="31,1,2" /><meta name="comment" content="cj:comos-nzzzzzz0000002:0" />',
        '<meta name="sudameta" content="dataid:comos:nzzzzzz0000002;x:1" />',
    ],
)
def test_a_page_without_a_docid_in_its_address_names_it_in_a_meta(meta: str) -> None:
    url = "https://cj.sina.com.cn/articles/view/1/2"
    content = layout_d(PARAGRAPH, url=url, title="【虚构】标题", created=CREATED, metas=meta)
    result = page.read(content, url)
    assert isinstance(result, Article)
    assert (result.docid, result.key) == ("nzzzzzz0000002", "nzzzzzz0000002")


@pytest.mark.parametrize(
    ("line", "editor"),
    [
        ("责任编辑：甄虚构 ", "甄虚构"),
        ("责任编辑：甄虚构 SF014", "甄虚构"),
        ("责任编辑: 甄虚构　贾样例", "甄虚构 贾样例"),
        ("（责任编辑：甄虚构）", "甄虚构"),
        ("责任编辑：", ""),
        ("作者：甄虚构", ""),
    ],
)
def test_the_editor_is_the_name_after_responsible_editor(line: str, editor: str) -> None:
    assert article_of(f'{PARAGRAPH}<p class="article-editor">{line}</p>').editor == editor
    assert article_of(f'{PARAGRAPH}<p class="show_author">{line}</p>').editor == editor


def test_tickers_come_from_every_keyword_comment_once() -> None:
    comments = "<!-- news_keyword_pub,usstock,ZZZA&ZZZB --><!-- news_keyword_pub,stock,sz000000&sz000000 -->"
    assert article_of(PARAGRAPH + comments).tickers == ("usstock:ZZZA", "usstock:ZZZB", "stock:sz000000")


def test_a_caption_belongs_to_the_image_before_it() -> None:
    pictures = "".join(
        f'<div class="img_wrapper"><img src="//n.sinaimg.cn/{name}.jpg"><span class="img_descr">{caption}</span></div>'
        for name, caption in (("a", "图 一"), ("b", ""), ("c", "图三"))
    )
    found = [(image.url[-5:], image.caption) for image in article_of(pictures).images]
    assert found == [("a.jpg", "图 一"), ("b.jpg", ""), ("c.jpg", "图三")]


def test_images_in_comments_scripts_and_templates_are_not_live() -> None:
    dead = '<!-- <img src="/a.png"> --><script>"<img src=/b.png>"</script><template><img src="/c.png"></template>'
    article = article_of(f'{PARAGRAPH}{dead}<img src="/d.png">')
    assert article.headimg == "https://finance.sina.com.cn/d.png"
    assert [image.url for image in article.images] == [article.headimg]


def test_every_place_of_a_layout_is_well_formed() -> None:
    for layout in (*layouts.LAYOUTS, layouts.SLIDES):
        assert layout.last is None or layout.first <= layout.last
        document = body.parse_html("<p>")
        for field in fields(layout):
            value = getattr(layout, field.name)
            for place in (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ():
                if place.startswith("source:"):
                    assert re.compile(place.removeprefix("source:")).groups == 1
                elif place and not place.startswith("meta:") and field.name != "name":
                    for css in place.partition(" @")[0].removesuffix(" ^").split(" >> "):
                        assert document.select(css) == []


def test_a_page_over_the_limit_is_too_large() -> None:
    result = page.read(b"<div id=artibody>x" + b"<" * page.MAX_PAGE, URL)
    assert isinstance(result, Refusal)
    assert result.reason == "too-large"


HOSTILE = {
    "20 MB of <": "<" * 20_000_000,
    "4.9 MB of <": "<" * 4_900_000,
    "nested 100,000 deep": "<div>" * 100_000 + "x",
    "nested 900,000 deep": "<div>" * 900_000 + "x",
    "formatting that is rebuilt in each paragraph": "".join(f"<font a{n}>" for n in range(3500)) + "<p>x</p>" * 3500,
    "links that are rebuilt": "<a href=/x><b><i><font>" * 50_000,
    "300,000 elements": "x" + "<b></b>" * 280_000,
    "40,000 images": "<img src=a>" * 40_000,
    "400,000 attributes": "x<a " + " ".join(f"a{n}=1" for n in range(400_000)) + ">",
    "an attribute of 4 MB": "x<a title='" + "&" * 4_000_000 + "'>",
    "a script address of 1 MB": "x<a href='" + "j\n" * 500_000 + "'>",
    "NUL": "x\0" * 2_000_000,
    "controls": "\x01\x02x" * 600_000,
    "comments that never end": "<!--" * 1_000_000,
    "keyword comments that never end": "x<style>" + "<!--news_keyword_pub,a," * 80_000,
    "tables": "<table><tr><td>" * 100_000,
    "templates": "<template><img src=a>" * 20_000,
    "svg": "<svg><style><!--</style><img title='--><img src=1 onerror=alert(1)>'>" * 10_000,
    "blanks": "　" * 1_600_000,
    "captions within captions": "x<img src=a>" + "<span class=img_descr>" * 500 + " " * 1_900_000,
    "references": "&lt" * 600_000,
    "names that are no references": "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_ends_within_two_seconds_without_an_exception(name: str) -> None:
    content = f"<html><body><div class=article id=artibody>{HOSTILE[name]}</div></body></html>".encode()
    begin = time.process_time()
    result = page.read(content, URL)
    assert time.process_time() - begin < 2
    assert isinstance(result, Article) or result.reason in {"too-large", "no-body"}


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([200, 403, 404, 456, 500]), st.text(max_size=30))
def test_reading_never_raises(rubbish: bytes, status: int, content_type: str) -> None:
    for content in (rubbish, b"<div id=artibody>x" + rubbish):
        result = page.read(content, URL, status=status, content_type=content_type)
        assert isinstance(result, Article) or result.reason in REASONS


@settings(deadline=None)
@given(st.text(max_size=60))
def test_reading_never_raises_for_any_address(url: str) -> None:
    content = b'<div id=artibody><a href="../x">x</a><img src="//[/y.png"><img data-src="http://a:b/z.gif"></div>'
    assert isinstance(page.read(content, url), Article)
