"""Bytes to text, and the site's dates to moments.

Bytes become `str` here and nowhere else, and every time leaves as an aware datetime in UTC: Beijing is only how Sina
writes it (sina.md 1.1, 2.2), GMT only how the post does (post-format.md).
"""

from __future__ import annotations

import codecs
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

from newsbot.errors import UnreadableDate

if TYPE_CHECKING:
    from collections.abc import Sequence

UTF8 = "utf-8"
GB = "gb18030"

_BOMS = ((b"\xef\xbb\xbf", UTF8), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))

#: Labels that mean something here: WHATWG Encoding's for UTF-8 and for the GB family, which is always read as gb18030.
#: Any other label (a server's default iso-8859-1, mostly) is no evidence about a Chinese page and is passed over.
_CODECS = dict.fromkeys(
    ("utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"), UTF8
)
_CODECS |= dict.fromkeys(
    (
        *("gb18030", "gbk", "x-gbk", "gb2312", "gb_2312", "gb_2312-80"),
        *("chinese", "csgb2312", "csiso58gb231280", "iso-ir-58"),
    ),
    GB,
)

_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
#: How far a <meta> is looked for. Browsers stop at 1,024 bytes; Sina's comes later when the scripts come first.
_HEAD = 4096
#: A comment is matched so that a <meta> inside it is not; `[^<>]` and `\Z` keep hostile heads linear.
_META = re.compile(
    rb"""<!--.*?(?:-->|\Z)|<meta\b[^<>]*?\bcharset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE | re.DOTALL
)
#: The form every Chinese character has in UTF-8, and that GB bytes hardly ever have. (E0 80 and ED A0 begin none.)
_THREE_BYTES = re.compile(rb"(?:[\xe1-\xec\xee\xef][\x80-\xbf]|\xe0[\xa0-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]")
_ASCII = bytes(range(128))


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """The text of a page or an answer, and how it was found; never raises (sina.md, fact 6).

    `content_type` is the header's value. The second value reads `bom:utf-8`, `header:utf-8`, `meta:gb2312->gb18030`,
    `trial:gb18030` (no usable label), or `meta:gb2312!utf-8` (the bytes prove the label wrong). What no codec can
    read, a character cut off at the end among it, becomes U+FFFD.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace"), f"bom:{codec}"
    labels = _labels(body, content_type)
    text, codec = _reading(body, _CODECS[labels[0][1]] if labels else "")
    if codec == GB and b"\xa3\xa0" in body:
        text = text.replace("\ue5e5", "\u3000")  # WHATWG: A3 A0 is the ideographic space, Python says private use
    return text, _how(labels, codec)


def _labels(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """(`header` | `meta`, label) of the usable labels, in order of precedence."""
    labels = [("header", name.lower()) for name in _HEADER.findall(content_type)[:1]]
    for match in _META.finditer(body[:_HEAD]):
        name = (match[1] or b"").decode("ascii", "replace").lower()
        if name in _CODECS:
            labels.append(("meta", name))
            break
    return [(where, name) for where, name in labels if name in _CODECS]


def _how(labels: list[tuple[str, str]], codec: str) -> str:
    for where, name in labels:
        if _CODECS[name] == codec:
            return f"{where}:{name}" if name == codec else f"{where}:{name}->{codec}"
    return f"{labels[0][0]}:{labels[0][1]}!{codec}" if labels else f"trial:{codec}"


def _reading(body: bytes, wanted: str) -> tuple[str, str]:
    """Text and codec: `wanted` (the label's codec, '' without one) where it fits, else the one that does."""
    utf8 = _fitting(body, UTF8)
    if utf8 is not None and body.isascii():
        return utf8, wanted or UTF8
    # A label of the GB family on UTF-8 text often "fits" too and gives mojibake; three-byte characters tell.
    if utf8 is not None and (wanted == UTF8 or _THREE_BYTES.search(body)):
        return utf8, UTF8
    gb = _fitting(body, GB)
    # Where both fit, a few GB characters pass for Latin ones (目录 for Ŀ¼): this is a Chinese site. Where the label is
    # not GB's, a short UTF-8 text with one broken byte may fit GB by chance.
    if gb is not None and (utf8 is not None or wanted == GB or not _mostly_utf8(body)):
        return gb, GB
    if utf8 is not None:
        return utf8, UTF8
    return _least_damage(body, wanted)


def _fitting(body: bytes, codec: str) -> str | None:
    """The text when all of `body` is valid in `codec`, but for a character cut off at its very end; else None."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    try:
        text = decoder.decode(body)
    except UnicodeDecodeError:
        return None
    return text + "\ufffd" if decoder.getstate()[0] else text


def _mostly_utf8(body: bytes) -> bool:
    """UTF-8 with damage (a description cut in mid-character): most of the bytes above ASCII still form characters."""
    high = len(body.translate(None, _ASCII))
    return 3 * len(_THREE_BYTES.findall(body)) * 2 > high


def _least_damage(body: bytes, wanted: str) -> tuple[str, str]:
    """The reading of what no codec can read whole."""
    if _mostly_utf8(body):
        return body.decode(UTF8, "replace"), UTF8
    order = (UTF8, GB) if wanted == UTF8 else (GB, UTF8)
    return min(((body.decode(codec, "replace"), codec) for codec in order), key=lambda got: got[0].count("\ufffd"))


#: Sina's clock: UTC+8 without summer time. (China had one until 1991, before the site.)
BEIJING = timezone(timedelta(hours=8), "Beijing")

#: `2026年09月29日 00:34`, `2017年12月01日18:30`, `2026-09-29 00:34:06`, ISO 8601 with or without a zone. `Z` must stand
#: alone, or `10:22 ZDNet` would be read as UTC.
_WRITTEN = re.compile(
    r"(?<!\d)(\d{4})\s*[年/.-]\s*(\d{1,2})\s*[月/.-]\s*(\d{1,2})(?:\s*日\s*|\s+|T)"
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?!\d)(Z\b|\s?[+-]\d{2}:?\d{2}(?!\d))?"
)
#: `Tue Sep 29 00:39:35 +0800 2026`
_CTIME = re.compile(r"\b[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) ([+-]\d{4}) (\d{4})(?!\d)")
_FIRST_YEAR = 1970  # as in unix seconds, which lists give
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def beijing(text: str) -> datetime | None:
    """The first moment written in `text`, in any spelling of sina.md 1.1, 1.4 and 2.2, as aware UTC.

    A zone in the text counts, otherwise it is Beijing's. None when there is none: a date without a time of day or
    without a year is no moment.
    """
    try:
        if match := _WRITTEN.search(text):
            return _utc(match.groups()[:6], match[7])
        if match := _CTIME.search(text):
            month, day, hour, minute, second, zone, year = match.groups()
            return _utc((year, _MONTHS.index(month) + 1, day, hour, minute, second), zone)
    except (ValueError, OverflowError):  # the 31st of February, month 13, an offset of 99 hours
        return None
    return None


def _utc(written: Sequence[str | int | None], zone: str | None) -> datetime:
    """Year to second as written (None is 0) → UTC. Raises ValueError or OverflowError when there is no such time."""
    year, month, day, hour, minute, second = (int(number or 0) for number in written)
    if year < _FIRST_YEAR:
        raise ValueError(f"nothing was published in {year}")  # nor can a post be read back whose year is 96
    offset = BEIJING
    if zone:
        digits = zone.strip().lstrip("+-Z").replace(":", "") or "0000"
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        offset = timezone(timedelta(minutes=-minutes if "-" in zone else minutes))
    return datetime(year, month, day, hour, minute, second, tzinfo=offset).astimezone(UTC)


def from_unix(value: object) -> datetime | None:
    """The moment of unix seconds as the list writes them (`"1790613249"` or a number), as aware UTC.

    None for anything else: '', 0, negative, not a number, beyond the year 9999.
    """
    if isinstance(value, str):
        digits = value.strip()
        value = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else 0
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 253402300800:
        return None
    return datetime.fromtimestamp(int(value), UTC) if int(value) else None


def gmt(moment: datetime) -> str:
    """The post's DATE, `Wed, 29 Sep 2021 13:59:32 GMT`, whatever the locale; fractions of a second are dropped."""
    return format_datetime(_aware(moment), usegmt=True)


def stamp(moment: datetime) -> str:
    """The WARC-Date of newsbot's own records, `2021-09-29T13:59:32.000000Z`: always six digits, so it sorts as text."""
    utc = _aware(moment)
    return _STAMPED % (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond)


#: isoformat() takes twice as long, and a list answer has three of them an item.
_STAMPED = "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ"


_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z", re.ASCII)


def unstamp(text: str) -> datetime:
    """The moment of a WARC-Date, UTC: WARC/1.0 (seconds) and 1.1 (1 to 9 digits; the 7th and on are dropped).

    Raises ValueError when it is none.
    """
    if not _STAMP.fullmatch(text):
        raise ValueError(f"{text!r} is no WARC-Date like 2021-09-29T13:59:32Z (ISO 28500)")
    return datetime.fromisoformat(text)


def _aware(moment: datetime) -> datetime:
    """`moment` in UTC. Raises ValueError for a naive one, which Python would take for local time."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: newsbot's times are aware (newsbot.clock gives such ones)")
    return moment.astimezone(UTC)


_AGO = re.compile(r"(\d{1,6})([hd])", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def moment(text: str, now: datetime, *, end: bool = False) -> datetime:
    """The moment a user means by `-a since` or `-a until`, as aware UTC (design.md, "The contract").

    `2021-09-29` is its midnight in Beijing (with `end` the midnight after it, so that the day is inside),
    `2021-09-29T21:00` Beijing time unless it names a zone, `24h` and `7d` that long before `now`.
    Raises UnreadableDate.
    """
    text = text.strip()
    try:
        if ago := _AGO.fullmatch(text):
            return _aware(now) - int(ago[1]) * timedelta(**{"h": {"hours": 1}, "d": {"days": 1}}[ago[2]])
        if _DAY.fullmatch(text):
            midnight = datetime.combine(date.fromisoformat(text), time(), BEIJING)
            return (midnight + timedelta(days=end)).astimezone(UTC)
        if _DAY.match(text):
            then = datetime.fromisoformat(text)
            return (then if then.tzinfo else then.replace(tzinfo=BEIJING)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableDate(f"since/until {text!r}: {error}; {_ADVICE}") from error
    raise UnreadableDate(f"since/until {text!r} is no date; {_ADVICE}")


_ADVICE = "give 2021-09-29, 2021-09-29T21:00 (Beijing time), 24h or 7d"
