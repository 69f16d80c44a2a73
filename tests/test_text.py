"""Bytes to text (sina.md, fact 6) and the site's dates to moments."""

from __future__ import annotations

import locale
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot import text
from newsbot.errors import BadInput, UnreadableDate

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
def test_a_hostile_head_costs_milliseconds(piece: bytes) -> None:
    body = piece * (100_000 // len(piece))
    begin = time.process_time()
    text.decode(body)
    assert time.process_time() - begin < 0.25


INSTANT = datetime(2026, 9, 28, 16, 34, 6, tzinfo=UTC)
MINUTE = INSTANT.replace(second=0)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026年09月29日 00:34", MINUTE),
        ("2026年09月29日00:34", MINUTE),
        ("2026年9月29日\xa0\u3000 0:34", MINUTE),
        ("2026年09月29日 00:34:06", INSTANT),
        (" 2026年 09月 29日\n00:34 ", MINUTE),
        ("2026-09-29 00:34:06", INSTANT),
        ("2026-09-29 00:34", MINUTE),
        ("2026/9/29 00:34", MINUTE),
        ("[ published at 2026-09-29 00:34:06 ]", INSTANT),
        ("[31,1,1] published at 2026-09-29 00:34:06 from #153 by system", INSTANT),
        ("2026-09-29T00:34:06+08:00", INSTANT),
        ("2026-09-29T00:34:06+0800", INSTANT),
        ("2026-09-29 00:34:06 +0800", INSTANT),
        ("2026-09-29T00:34:06.123+08:00", INSTANT),
        ("2026-09-28T16:34:06Z", INSTANT),
        ("2026-09-28T16:34:06+00:00", INSTANT),
        ("2026-09-28T11:34:06-05:00", INSTANT),
        ("2026-09-29T00:34:06", INSTANT),
        ("Tue Sep 29 00:34:06 +0800 2026", INSTANT),
        ("Mon Sep  7 00:00:00 +0000 2026", datetime(2026, 9, 7, tzinfo=UTC)),
        ("http://finance.sina.com.cn 2005年03月05日 10:22 虚构日报", datetime(2005, 3, 5, 2, 22, tzinfo=UTC)),
        ("2005年03月05日 10:22 ZDNet 虚构", datetime(2005, 3, 5, 2, 22, tzinfo=UTC)),
        ("2005年03月05日 10:22Zhang", datetime(2005, 3, 5, 2, 22, tzinfo=UTC)),
    ],
)
def test_every_spelling_of_the_sites_dates_is_read(written: str, moment: datetime) -> None:
    found = text.beijing(written)
    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        *("", "虚构", "2026年09月29日", "2026-09-29", "09月29日 00:34", "(09月28日 23:54)", "00:34"),
        *("2026年13月29日 00:34", "2026年02月30日 00:34", "2026-09-29 24:34", "2026-09-29 00:61", "0000-01-01 00:00"),
        *("0001-01-01 00:00", "2026-09-29T00:34:06+99:99", "Tue Foo 29 00:34:06 +0800 2026", "12026-09-29 00:34"),
        *("2026-09-29 00:345", "Wed, 29 Sep"),
    ],
)
def test_what_is_no_moment_gives_none(written: str) -> None:
    assert text.beijing(written) is None


@given(st.text() | st.from_regex(r"\d{4}[-年]\d{1,2}[-月]\d{1,2}(日| |T)\d{1,2}:\d{2}(:\d{2})?([+-]\d{2}:?\d{2}|Z)?"))
def test_reading_a_date_never_raises(written: str) -> None:
    found = text.beijing(written)
    assert found is None or found.tzinfo is UTC


MOMENTS = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001  hypothesis wants naive bounds
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, text.BEIJING, timezone(timedelta(hours=-9, minutes=-30))]),
)


@given(MOMENTS.map(lambda moment: moment.replace(microsecond=0)))
def test_a_moment_written_in_beijing_comes_back(moment: datetime) -> None:
    local = moment.astimezone(text.BEIJING)
    clock = f"{local:%H:%M:%S}"
    day = f"{local.year:04}-{local:%m-%d}"
    assert text.beijing(f"{day} {clock}") == moment
    assert text.beijing(f"{local.year:04}年{local:%m月%d日}{clock}") == moment
    assert text.beijing(local.isoformat()) == moment
    assert text.beijing(moment.isoformat()) == moment


@given(MOMENTS)
def test_a_stamp_comes_back_and_has_six_digits(moment: datetime) -> None:
    stamp = text.stamp(moment)
    assert len(stamp) == len("2021-09-29T13:59:32.000000Z")
    assert text.unstamp(stamp) == moment
    assert text.unstamp(stamp).tzinfo is UTC


@given(MOMENTS, MOMENTS)
def test_stamps_sort_as_their_moments(one: datetime, other: datetime) -> None:
    assert (text.stamp(one) < text.stamp(other)) == (one < other)


@pytest.mark.parametrize(
    ("stamp", "micro"),
    [
        *(("2021-09-29T13:59:32Z", 0), ("2021-09-29T13:59:32.5Z", 500_000), ("2021-09-29T13:59:32.000001Z", 1)),
        *(("2021-09-29T13:59:32.123456789Z", 123_456), ("2021-09-29T13:59:32.999999999Z", 999_999)),
    ],
)
def test_a_warc_date_of_any_precision_is_read(stamp: str, micro: int) -> None:
    assert text.unstamp(stamp) == datetime(2021, 9, 29, 13, 59, 32, micro, UTC)


@pytest.mark.parametrize(
    "stamp",
    [
        *("", "2021-09-29", "2021-09-29T13:59Z", "2021-09-29T13:59:32", "2021-09-29 13:59:32Z", "20210929135932"),
        *("2021-09-29T13:59:32.Z", "2021-09-29T13:59:32.1234567890Z", "2021-09-29T13:59:60Z", "2021-13-29T13:59:32Z"),
        *("2021-09-29T13:59:32+08:00", "２０２１-09-29T13:59:32Z", "2021-09-29T13:59:32Z\n"),
    ],
)
def test_what_is_no_warc_date_is_refused(stamp: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        text.unstamp(stamp)


def test_the_posts_date_is_the_same_in_every_locale_and_zone() -> None:
    moment = datetime(2021, 9, 29, 21, 59, 32, 999_999, text.BEIJING)
    assert text.gmt(moment) == "Wed, 29 Sep 2021 13:59:32 GMT"
    code = (
        "import locale, datetime; from newsbot import text\n"
        "for name in ('zh_CN.UTF-8', 'de_DE.UTF-8', 'C.UTF-8'):\n"
        "    try: locale.setlocale(locale.LC_ALL, name)\n"
        "    except locale.Error: pass\n"
        "    print(text.gmt(datetime.datetime(2021, 9, 29, 13, 59, 32, tzinfo=datetime.UTC)))"
    )
    env = os.environ | {"TZ": "America/New_York"}
    out = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert out.splitlines() == ["Wed, 29 Sep 2021 13:59:32 GMT"] * 3
    assert locale.getlocale(locale.LC_TIME) is not None


def test_a_moment_without_a_zone_is_never_taken_for_local_time() -> None:
    naive = datetime(2021, 9, 29, 13, 59, 32)  # noqa: DTZ001
    for write in (text.gmt, text.stamp):
        with pytest.raises(ValueError, match="no time zone"):
            write(naive)


@pytest.mark.parametrize("value", ["1790613249", 1790613249, 1790613249.75, " 1790613249\n"])
def test_unix_seconds_are_read_as_text_or_number(value: object) -> None:
    assert text.from_unix(value) == datetime(2026, 9, 28, 16, 34, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "0",
            0,
            None,
            True,
            False,
            -1,
            "-1",
            "1e9",
            "１７９０６１３２４９",
            "²",
            "abc",
            0.5,
            [],
            {},
            b"1790613249",
        ),
        *(float("nan"), float("inf"), -float("inf"), 10**30, "9" * 5000, "999999999999"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_unix_time_gives_none(value: object) -> None:
    assert text.from_unix(value) is None


@given(st.integers(1, 253402300799))
def test_unix_seconds_come_back(seconds: int) -> None:
    for value in (seconds, str(seconds)):
        found = text.from_unix(value)
        assert found is not None
        assert found.timestamp() == seconds


NOW = datetime(2021, 9, 30, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "end", "moment"),
    [
        ("2021-09-29", False, datetime(2021, 9, 28, 16, tzinfo=UTC)),
        ("2021-09-29", True, datetime(2021, 9, 29, 16, tzinfo=UTC)),
        ("2021-09-30", True, datetime(2021, 9, 30, 16, tzinfo=UTC)),
        ("2021-09-29T21:00", False, datetime(2021, 9, 29, 13, tzinfo=UTC)),
        ("2021-09-29T21:00", True, datetime(2021, 9, 29, 13, tzinfo=UTC)),
        ("2021-09-29 21:00:30", False, datetime(2021, 9, 29, 13, 0, 30, tzinfo=UTC)),
        ("2021-09-29T21:00+00:00", False, datetime(2021, 9, 29, 21, tzinfo=UTC)),
        ("2021-09-29T21:00Z", False, datetime(2021, 9, 29, 21, tzinfo=UTC)),
        ("24h", False, NOW - timedelta(days=1)),
        ("24h", True, NOW - timedelta(days=1)),
        ("7d", False, NOW - timedelta(days=7)),
        (" 90h ", False, NOW - timedelta(hours=90)),
    ],
)
def test_since_and_until_are_read_in_beijing_time(written: str, end: bool, moment: datetime) -> None:
    for now in (NOW, NOW.astimezone(text.BEIJING)):
        found = text.moment(written, now, end=end)
        assert found == moment
        assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        *("", "yesterday", "2021-13-01", "2021-02-30", "2021-9-1", "20210929", "2021-W39-3", "29.09.2021", "h", "24"),
        *(
            "-24h",
            "1.5d",
            "24 h",
            "999999d",
            "9999-12-31T23:59-20:00",
            "2021-09-29T25:00",
            "2021-09-29x",
            "7w",
            "２４h",
        ),
    ],
)
def test_an_unreadable_date_is_one_clear_line(written: str) -> None:
    with pytest.raises(UnreadableDate) as caught:
        text.moment(written, NOW)
    line = str(caught.value)
    assert repr(written) in line
    assert "24h or 7d" in line
    assert "\n" not in line
    assert isinstance(caught.value, BadInput)


@given(st.text(max_size=12) | st.from_regex(r"\d{4}-\d\d-\d\d(T\d\d:\d\d)?", fullmatch=True), st.booleans())
def test_a_date_is_read_or_refused(written: str, end: bool) -> None:
    try:
        found = text.moment(written, NOW, end=end)
    except UnreadableDate:
        return
    assert found.tzinfo is UTC


def test_decoding_is_no_slower_than_a_few_plain_decodes() -> None:
    """Measured against the codec itself on the same machine, so that a busy one does not fail it."""
    chance = random.Random(1)
    words = "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(9000))
    whole = page(words, "<meta name=x content=y>" * 40 + META_UTF8, filler=7500)
    body = whole.encode()
    assert len(body) > 80_000

    def best(read: object) -> float:
        assert callable(read)
        times = []
        for _ in range(30):
            begin = time.process_time_ns()
            read()
            times.append(time.process_time_ns() - begin)
        return min(times)

    assert best(lambda: text.decode(body)) < 4 * best(body.decode) + 100_000
