"""Bytes to text (sina.md, fact 6)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot import text

#: 镕 and 喆 are in GBK and not in GB2312; 𠮷 only in GB18030, in four bytes.
GBK_ONLY = "【虚构】朱镕喆任职，堃股份公告"
FOUR_BYTES = "【虚构】𠮷野家概念"
PLAIN = "【虚构】中国股市今日上涨"


def page(title: str, meta: str = "", filler: int = 0) -> str:
    return (
        f"\n<!DOCTYPE html><html><head>{meta}<title>{title}</title></head><body>{'<p>x</p>' * filler}</body></html>\r\n"
    )


META_GB2312 = '<meta http-equiv="Content-type" content="text/html; charset=gb2312" />'
META_UTF8 = '<meta charset="utf-8">'


@pytest.mark.parametrize(
    ("title", "meta", "header", "codec", "how"),
    [
        (PLAIN, META_UTF8, "text/html", "utf-8", "meta:utf-8"),
        (PLAIN, "", "text/html; charset=utf-8", "utf-8", "header:utf-8"),
        (PLAIN, META_UTF8, 'text/html; Charset="UTF-8"', "utf-8", "header:utf-8"),
        (PLAIN, "<META CHARSET=UTF8>", "", "utf-8", "meta:utf8->utf-8"),
        (PLAIN, META_GB2312, "text/html", "gb18030", "meta:gb2312->gb18030"),
        (GBK_ONLY, META_GB2312, "text/html", "gb18030", "meta:gb2312->gb18030"),
        (FOUR_BYTES, META_GB2312, "text/html", "gb18030", "meta:gb2312->gb18030"),
        (GBK_ONLY, "", "text/html; charset=GBK", "gb18030", "header:gbk->gb18030"),
        (FOUR_BYTES, "", "text/html; charset=gb18030", "gb18030", "header:gb18030"),
        # no charset anywhere
        (PLAIN, "", "text/html", "utf-8", "trial:utf-8"),
        (GBK_ONLY, "", "text/html", "gb18030", "trial:gb18030"),
        (PLAIN, "", "", "gb18030", "trial:gb18030"),
        # a wrong header, a wrong meta, both
        (PLAIN, META_GB2312, "text/html; charset=utf-8", "gb18030", "meta:gb2312->gb18030"),
        (PLAIN, META_UTF8, "text/html; charset=gb2312", "utf-8", "meta:utf-8"),
        (PLAIN, META_GB2312, "text/html", "utf-8", "meta:gb2312!utf-8"),
        (GBK_ONLY, META_UTF8, "text/html", "gb18030", "meta:utf-8!gb18030"),
        (PLAIN, META_GB2312, "text/html; charset=gbk", "utf-8", "header:gbk!utf-8"),
        # a label that says nothing about a Chinese page
        (PLAIN, META_GB2312, "text/html; charset=ISO-8859-1", "gb18030", "meta:gb2312->gb18030"),
        (PLAIN, "<meta charset=x-nonsense>", "text/html; charset=", "utf-8", "trial:utf-8"),
        # not a declaration: in a comment, on a script
        (PLAIN, f"<!-- {META_GB2312} -->{META_UTF8}", "", "utf-8", "meta:utf-8"),
        (PLAIN, '<script charset="gb2312" src="x.js"></script>', "", "utf-8", "trial:utf-8"),
        (PLAIN, '<meta name="description" content="a>b"><meta charset=utf-8>', "", "utf-8", "meta:utf-8"),
        # all ASCII: the label is not contradicted
        ("plain", META_GB2312, "", "ascii", "meta:gb2312->gb18030"),
        ("plain", "", "", "ascii", "trial:utf-8"),
    ],
)
def test_a_page_is_read_by_what_it_says_where_its_bytes_agree(
    title: str, meta: str, header: str, codec: str, how: str
) -> None:
    whole = page(title, meta)
    assert text.decode(whole.encode(codec), header) == (whole, how)


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
@pytest.mark.parametrize("meta", ["", META_GB2312, META_UTF8])
@pytest.mark.parametrize("title", ["新闻", "中国", "中", "A股"])
def test_a_mostly_ascii_page_is_read_right_from_two_characters(codec: str, meta: str, title: str) -> None:
    whole = page(title, meta, filler=5000)
    assert text.decode(whole.encode(codec))[0] == whole


def test_four_bytes_that_are_valid_utf_8_too_stay_chinese() -> None:
    assert text.decode("目录".encode("gbk"), "text/html; charset=gb2312") == ("目录", "header:gb2312->gb18030")
    assert text.decode("目录".encode("gbk")) == ("目录", "trial:gb18030")
    # unless the page says that they are UTF-8, as one with an accent or a © and no Chinese would
    assert text.decode("é©".encode(), "text/html; charset=utf-8") == ("é©", "header:utf-8")


@pytest.mark.parametrize(
    ("mark", "codec"),
    [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")],
)
def test_a_byte_order_mark_wins_over_every_label_and_is_no_text(mark: bytes, codec: str) -> None:
    body = mark + page(PLAIN, META_GB2312).encode(codec)
    assert text.decode(body, "text/html; charset=gbk") == (page(PLAIN, META_GB2312), f"bom:{codec}")


@pytest.mark.parametrize(
    ("codec", "meta", "character"),
    [
        *(("utf-8", META_UTF8, "涨"), ("utf-8", "", "涨"), ("utf-8", META_GB2312, "😀")),
        *(("gb18030", META_GB2312, "涨"), ("gb18030", "", "涨"), ("gb18030", META_GB2312, "𠮷")),
    ],
)
def test_a_character_cut_at_the_very_end_costs_only_itself(codec: str, meta: str, character: str) -> None:
    whole = page(PLAIN, meta) + PLAIN
    rest = character.encode(codec)
    for cut in range(1, len(rest)):
        found, how = text.decode(whole.encode(codec) + rest[:cut])
        assert found.startswith(whole + "\ufffd")
        assert len(found) <= len(whole) + 2
        assert how.endswith(codec)


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
@pytest.mark.parametrize("header", ["", "text/html; charset=utf-8", "text/html; charset=gb2312"])
def test_a_character_cut_in_the_middle_does_not_turn_the_page_into_another_codec(codec: str, header: str) -> None:
    cut = f'<meta name=description content="{PLAIN}'.encode(codec)[:-1] + b'">'
    found, how = text.decode(page(PLAIN * 20).encode(codec) + cut, header)
    assert found.count(PLAIN) == 20
    assert found.count("\ufffd") == 1
    assert how.endswith(codec) or how == "header:gb2312->gb18030"


def test_a_short_utf_8_text_with_one_broken_byte_is_not_read_as_gb() -> None:
    body = "虚构".encode() + "涨".encode()[:2] + "中国经济".encode()
    body.decode("gb18030")  # it would fit by chance
    assert text.decode(body, "text/html; charset=utf-8") == ("虚构\ufffd中国经济", "header:utf-8")


def test_nul_and_crlf_come_through() -> None:
    assert text.decode("【虚构】\x00\r\n行\r".encode("gbk"), "text/html; charset=gbk")[0] == "【虚构】\x00\r\n行\r"


def test_the_double_byte_blank_of_old_pages_is_the_ideographic_space() -> None:
    assert text.decode(b"\xa3\xa0\xa3\xa0" + "虚构".encode("gbk"), "text/html; charset=gb2312")[0] == "\u3000\u3000虚构"


def test_a_meta_that_browsers_no_longer_look_for_is_still_found() -> None:
    scripts = "<script>var a=1;</script>" * 120
    whole = page("目录", scripts + META_UTF8.replace("utf-8", "gbk"))
    assert len(scripts) > 2500
    assert text.decode(whole.encode("gbk")) == (whole, "meta:gbk->gb18030")


def test_nothing_is_an_empty_text() -> None:
    assert text.decode(b"") == ("", "trial:utf-8")
    assert text.decode(b"\xef\xbb\xbf") == ("", "bom:utf-8")


@given(st.binary(), st.text())
def test_decoding_never_raises(body: bytes, content_type: str) -> None:
    found, how = text.decode(body, content_type)
    found.encode()
    assert how


@given(st.text(), st.sampled_from(["utf-8", "utf8", "UTF-8"]))
def test_what_says_utf_8_and_is_utf_8_comes_back(written: str, label: str) -> None:
    body = written.encode("utf-8", "replace")
    if not body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        assert text.decode(body, f"text/html; charset={label}")[0].encode() == body


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=20))
def test_chinese_text_comes_back_from_either_codec_under_either_label(written: str) -> None:
    for codec in ("utf-8", "gb18030"):
        for header in ("", "text/html; charset=utf-8", "text/html; charset=gb2312"):
            # GB bytes that are valid UTF-8 by chance, on a page that says UTF-8, are UTF-8.
            if codec == "utf-8" or "utf-8" not in header or not valid_utf8(written.encode(codec)):
                assert text.decode(written.encode(codec), header)[0] == written


def valid_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("piece", [b"<meta ", b"<!--", b"<meta charset", b"charset=", b"<!-- --><meta x=", b"\xb6"])
def test_a_hostile_head_is_read_in_bounded_time(piece: bytes) -> None:
    body = piece * (100_000 // len(piece))
    begin = time.process_time()
    text.decode(body)
    assert time.process_time() - begin < 2
