"""Beijing clock, UTC, unix seconds, WARC dates, since and until."""

from __future__ import annotations

import locale
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot import text
from newsbot.errors import BadInput, UnreadableDate

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
        *("2026-09-29 00:345", "Wed, 29 Sep", "0096-09-29 00:34"),
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


@given(MOMENTS.filter(lambda moment: moment.year > 1970).map(lambda moment: moment.replace(microsecond=0)))
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
