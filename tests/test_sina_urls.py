"""What a Sina URL says (sina.md 2.1; design.md, the article key)."""

from __future__ import annotations

import time
from hashlib import sha256

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.sina import urls

D = "xugouaa0000001"
PAGE = f"https://finance.sina.com.cn/stock/usstock/c/2026-09-29/doc-i{D}.shtml"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("", ""),
        (PAGE, PAGE),
        (PAGE.replace("https", "http"), PAGE),
        (PAGE.replace("https://finance", "HTTP://Finance"), PAGE),
        (PAGE.replace("https:", ""), PAGE),
        (f" \t{PAGE}\r\n", PAGE),
        (PAGE + "#comments", PAGE),
        (PAGE + "?", PAGE),
        (PAGE + "?#", PAGE),
        (PAGE + "??", PAGE + "??"),
        (PAGE + "?cre=a&?", PAGE + "??"),
        (PAGE.replace(".cn/", ".cn:443/"), PAGE),
        (PAGE.replace("https", "http").replace(".cn/", ".cn:80/"), PAGE),
        (PAGE.replace("/c/", "/x/../c/./"), PAGE),
        *((f"{PAGE}?{name}=a", PAGE) for name in ("froms", "cre", "mod", "loc", "vt", "from", "source")),
        (PAGE + "?cre=a&mod=b&vt=4&CRE=c&from", PAGE),
        (PAGE + "?id=7&cre=a&b=%2F+c&&id=8", PAGE + "?id=7&b=%2F+c&&id=8"),
        (PAGE + "?fromage=1&sources=2", PAGE + "?fromage=1&sources=2"),
        ("http://finance.sina.com.cn", "https://finance.sina.com.cn/"),
        ("http://finance.sina.com.cn/虚构 页.html", "https://finance.sina.com.cn/%E8%99%9A%E6%9E%84%20%E9%A1%B5.html"),
        ("http://finance.sina.com.cn\\stock\\a.shtml", "https://finance.sina.com.cn/stock/a.shtml"),
        ("http://财经.sina.com.cn/", "https://{}.sina.com.cn/".format("财经".encode("idna").decode())),
        # no http(s) URL: as it is
        *(
            (same, same)
            for same in ("javascript:void(0)", "not a url", "/stock/a.shtml", "http://", "http://[", "mailto:a@b")
        ),
        ("  虚构 ", "虚构"),
    ],
)
def test_a_url_has_one_spelling(url: str, canonical: str) -> None:
    assert urls.canonical(url) == canonical


URLS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "//", "HTTP:\\\\", "ftp://", ""]),
    st.sampled_from(
        ["finance.sina.com.cn", "Sina.CN", "a.b.sina.com.cn:8080", "x@sina.cn", "sina.com.cn.", "[::1]", "1.2"]
    ),
    st.text(st.sampled_from(list("/./%2eaZ_- é虚\\:;@\t\0")), max_size=12),
    st.lists(st.sampled_from([*"?&=#%20 '\"<>a虚", *sorted(urls.TRACKING)]), max_size=8).map("".join),
    st.text(st.characters(codec=None), max_size=3),
)


@given(URLS | st.text(st.characters(codec=None)))
def test_the_canonical_form_is_a_fixed_point_and_nothing_raises(url: str) -> None:
    once = urls.canonical(url)
    assert urls.canonical(once) == once
    once.encode()
    for base in ("", PAGE):
        assert isinstance(urls.join(base, url), str)
    assert urls.article_key(url)
    assert urls.article_key(url) == urls.article_key(once)
    assert urls.docid(url) == urls.docid(once)
    assert urls.is_article(url) == urls.is_article(once)
    assert urls.is_listing(url) == urls.is_listing(once)


@given(
    st.sampled_from(["https://finance.sina.com.cn", "https://sina.cn", "https://a1.b.sina.cn"]),
    st.text(st.sampled_from(list("/.-_aZ09")), max_size=20),
)
def test_the_short_way_for_plain_urls_gives_what_the_parser_gives(host: str, path: str) -> None:
    assert urls.canonical(f"{host}/{path}") == ada_url.URL(f"{host}/{path}").href


@pytest.mark.parametrize(
    ("url", "docid"),
    [
        (PAGE, D),
        (f"https://finance.sina.com.cn/zl/stock/2026-09-29/zl-i{D}.shtml?cre=zl#top", D),
        (f"https://finance.sina.cn/usstock/mggd/2026-09-29/detail-i{D}.d.html?vt=4", D),
        (f"http://doc.sina.cn/?id=comos:{D}", D),
        (f"http://doc.sina.cn/?vt=1&id=comos%3A{D}", D),
        (f"https://finance.sina.com.cn/7x24/doc-i{D}.shtml", D),
        ("https://finance.sina.com.cn/a/doc-iiiiiaa0000001.shtml", "iiiiaa0000001"),  # exactly one i goes
        ("https://finance.sina.com.cn/stock/x/20130419/182815211089.shtml", ""),
        (PAGE + ".md", ""),
        (PAGE + "/more", ""),
        (f"https://finance.sina.com.cn/?u=/doc-i{D}.shtml", ""),
        (f"https://example.com/doc-i{D}.shtml", ""),
        (f"https://notsina.com.cn/doc-i{D}.shtml", ""),
        (f"https://finance.sina.com.cn@example.com/doc-i{D}.shtml", ""),
        (f"https://web.example.org/web/2021/{PAGE}", ""),
        ("https://finance.sina.com.cn/a/doc-i.shtml", ""),
        ("", ""),
    ],
)
def test_the_docid_is_read_from_the_forms_that_have_one(url: str, docid: str) -> None:
    assert urls.docid(url) == docid


def digest(url: str) -> str:
    return sha256(url.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("url", "docid", "key"),
    [
        (PAGE, "", D),
        (PAGE, "comos:xugoubb0000002", "xugoubb0000002"),
        (PAGE, "xugoubb0000002", "xugoubb0000002"),
        ("https://finance.sina.com.cn/x", f"comos:{D}", D),
        (PAGE.replace("/stock/usstock/c/", "/roll/"), "", D),
        # a docid that is none never reaches a file name
        *((PAGE, docid, D) for docid in ("comos:", " ", "comos:../../etc/x", "0", "123456", "a" * 65, "虚构", "a b")),
        ("http://finance.sina.com.cn/stock/x/20130419/182815211089.shtml", "", "182815211089@finance.sina.com.cn"),
        (
            "https://finance.sina.com.cn/stock/x/20130419/182815211089.shtml?from=a",
            "0",
            "182815211089@finance.sina.com.cn",
        ),
        ("http://finance.sina.com.cn/g/20050305/10221234567.shtml", "", "10221234567@finance.sina.com.cn"),
        ("http://tech.sina.com.cn/it/20130419/182815211089.shtml", "", "182815211089@tech.sina.com.cn"),
        ("http://finance.sina.com.cn/xugou/", "", digest("https://finance.sina.com.cn/xugou/")),
        (
            "http://example.com/20130419/182815211089.shtml",
            "",
            digest("https://example.com/20130419/182815211089.shtml"),
        ),
        ("", "", digest("")),
    ],
)
def test_an_article_has_one_key(url: str, docid: str, key: str) -> None:
    assert urls.article_key(url, docid) == key


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_a_key_is_fit_for_a_file_name(url: str, docid: str) -> None:
    key = urls.article_key(url, docid)
    assert 0 < len(key) <= 128
    assert key.isascii()
    assert not set(key) & set('/\\:*?"<>|. \0')


@pytest.mark.parametrize(
    "url",
    [
        PAGE,
        PAGE.replace("https", "http") + "?cre=a",
        f"https://finance.sina.com.cn/jjxw/2026-09-29/doc-i{D}.shtml",
        f"https://finance.sina.com.cn/wm/2026-09-29/doc-i{D}.shtml",
        f"https://finance.sina.com.cn/7x24/2026-09-29/doc-i{D}.shtml",
        f"https://finance.sina.com.cn/stock/relnews/hk/2026-09-29/doc-i{D}.shtml",
        f"https://finance.sina.com.cn/stock/aigc/2026-09-29/doc-i{D}.shtml",
        f"https://finance.sina.com.cn/zl/stock/2026-09-29/zl-i{D}.shtml",
        f"https://finance.sina.com.cn/china/doc-i{D}.shtml",
        f"https://finance.sina.cn/2026-09-29/detail-i{D}.d.html",
        f"http://doc.sina.cn/?id=comos:{D}",
        "http://finance.sina.com.cn/stock/x/20130419/182815211089.shtml",
        "http://finance.sina.com.cn/g/20050305/10221234567.shtml",
        "https://cj.sina.com.cn/articles/view/1704103183/65928d0f02001abcd",
        "https://k.sina.com.cn/article_1704103183_65928d0f02001abcd.html",
    ],
)
def test_article_pages_look_like_articles(url: str) -> None:
    assert urls.is_article(url)
    assert not urls.is_listing(url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "not a url",
            "https://finance.sina.com.cn/",
            "https://finance.sina.com.cn/roll/",
            "https://www.sina.com.cn",
        ),
        *("https://finance.sina.com.cn/roll/c/56589.shtml", "https://finance.sina.com.cn/stock/usstock/index.shtml"),
        "https://feed.mix.sina.com.cn/api/roll/get?pageid=384&lid=2519&k=&num=50&page=1",
        "https://zhibo.sina.com.cn/api/zhibo/feed?page=1&page_size=100&zhibo_id=152",
        *("https://finance.sina.com.cn/robots.txt", "https://n.sinaimg.cn/finance/20260929/123456789.png"),
        *(PAGE + ".md", f"https://example.com/2026-09-29/doc-i{D}.shtml", f"ftp://finance.sina.com.cn/doc-i{D}.shtml"),
        *(
            "https://finance.sina.com.cn/a/20130419/252815211089.shtml",
            "https://finance.sina.com.cn/a/20130419/1.shtml",
        ),
        *("https://doc.sina.cn/", "https://cj.sina.com.cn/", "https://finance.sina.com.cn/articles/view/1/2"),
    ],
)
def test_other_pages_do_not_look_like_articles(url: str) -> None:
    assert not urls.is_article(url)


@pytest.mark.parametrize(
    ("url", "listing"),
    [
        ("https://feed.mix.sina.com.cn/api/roll/get?pageid=384&lid=2519", True),
        ("http://feed.sina.com.cn/api/roll/get?lid=1#x", True),
        ("https://FEED.mix.sina.com.cn/api/roll/get", True),
        ("https://feed.mix.sina.com.cn/api/roll/get/", False),
        ("https://feed.mix.sina.com.cn/api/roll/last", False),
        ("https://finance.sina.com.cn/api/roll/get?lid=2519", False),
        ("https://feed.mix.sina.com.cn.example.com/api/roll/get", False),
        ("", False),
    ],
)
def test_a_question_to_the_roll_api_is_known_by_host_and_path(url: str, listing: bool) -> None:
    assert urls.is_listing(url) is listing


@pytest.mark.parametrize(
    ("ref", "joined"),
    [
        ("//n.sinaimg.cn/a.png", "https://n.sinaimg.cn/a.png"),
        ("/a/b.shtml", "https://finance.sina.com.cn/a/b.shtml"),
        ("b.shtml", "https://finance.sina.com.cn/stock/usstock/c/2026-09-29/b.shtml"),
        ("?x=1", PAGE + "?x=1"),
        (" http://sina.cn/a b\n", "http://sina.cn/a%20b"),
        ("\\\\n.sinaimg.cn\\a.png", "https://n.sinaimg.cn/a.png"),
        ("http:/a", "http://a/"),
        ("javascript:void(0)", "javascript:void(0)"),
        ("http://[", "http://["),
        (" http://[ ", " http://[ "),
        ("\ud800", "https://finance.sina.com.cn/stock/usstock/c/2026-09-29/%EF%BF%BD"),
    ],
)
def test_a_reference_is_joined_as_browsers_do(ref: str, joined: str) -> None:
    assert urls.join(PAGE, ref) == joined


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Finance.Sina.com.cn./a?b#c", "finance.sina.com.cn"),
        ("http://n.sinaimg.cn:8080/a.png", "n.sinaimg.cn"),
        ("//n.sinaimg.cn/a.png", "n.sinaimg.cn"),
        ("https://[n.sinaimg.cn/a.png", ""),
        ("https://n.sinaimg.cn:99999/a.png", ""),
        ("https://n.sina img.cn/", ""),
        ("https://", ""),
        ("mailto:nobody@sina.com.cn", ""),
        ("", ""),
    ],
)
def test_only_a_web_address_has_a_host(url: str, host: str) -> None:
    assert urls.host(url) == host


def test_a_reference_without_a_usable_base_stays() -> None:
    assert urls.join("", "a.png") == "a.png"
    assert urls.join("not a url", "//n.sinaimg.cn/a.png") == "//n.sinaimg.cn/a.png"


@pytest.mark.parametrize("piece", ["/", "/.", "a.", "doc-i", "/doc-i" + "a" * 50, "https://", "sina.", "?&"])
def test_a_hostile_url_costs_milliseconds(piece: str) -> None:
    url = "https://finance.sina.com.cn/" + piece * (60_000 // len(piece))
    begin = time.process_time()
    urls.article_key(url)
    urls.is_article(url)
    assert time.process_time() - begin < 0.25
