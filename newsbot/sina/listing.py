"""Windows of the roll API → request URLs, and its answers → Entry rows (sina.md 1.1).

An answer is believed item by item: a wrong type in one field costs that field, an item without an address is named in
`skipped`, and only an answer without a list is refused. Nothing here raises on what came over the wire.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from newsbot import text
from newsbot.article import Entry, Refusal
from newsbot.sina import channels, urls

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Items in one answer; asking for more silently gives 50.
PAGE_SIZE = 50
#: Bytes and items of an answer; a page of 50 has 105 KB. Millions of empty items would take gigabytes when read.
MAX_ANSWER = 5_000_000
MAX_ITEMS = 5_000
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the roll API, read."""

    list_name: str  #: of sina.channels; `pageid/lid` for a list that is not known there, '' when the URL names none
    entries: tuple[Entry, ...]  #: in the answer's order; late and repeated items are items like any other
    total: int | None  #: in a day window that day's count; else the site's own idea of a count
    start: datetime | None  #: ctime of the first item, UTC
    end: datetime | None  #: ctime of the last item, UTC
    end_raw: str  #: `end` as it stood, the cursor's next `ctime`; '' when there is none
    size: int  #: items in `data`, unusable ones too: 0 is the end of the list
    skipped: tuple[str, ...]  #: one line for each item that is no entry, with its place and why


def page_url(channel: channels.Channel, page: int = 1, *, day: date | None = None, cursor: int | None = None) -> str:
    """The URL of one page (from 1) of a list: its newest items, those of one Beijing `day`, or those up to `cursor`.

    `cursor` is the previous answer's `end`, unix seconds. `etime` is a window's start and `stime` its end: the
    site's names are the wrong way round. Raises ValueError for day and cursor together.
    """
    if day is not None and cursor is not None:
        raise ValueError("a day window and a cursor are two ways back in time: give one")
    window = ""
    if day is not None:
        midnight = int(datetime.combine(day, time(), text.BEIJING).timestamp())
        after = midnight + _DAY_SECONDS
        window = f"&etime={midnight}&stime={after}&ctime={after}&date={day.isoformat()}"
    elif cursor is not None:
        window = f"&ctime={cursor}"
    return (
        f"https://{urls.API_HOST}{urls.API_PATH}?pageid={channel.pageid}&lid={channel.lid}"
        f"{window}&k=&num={PAGE_SIZE}&page={page}"
    )


def read(body: bytes, url: str, content_type: str = "", status: int = 200) -> Page | Refusal:
    """What the roll API answered to `url`, or why it is no list.

    `body` is the entity, content-decoded; JSON and JSONP. Refusals: `ban` (456, 403, or HTML where JSON should be),
    `gone`, `server-error` (5xx, 408, 429, a non-zero `status.code`, JSON without a list), `empty` (throttled),
    `cut`, `http-status`, `no-answer` (status 0), `too-large` (MAX_ANSWER, MAX_ITEMS).
    """
    result = result_of(body, content_type, status)
    if isinstance(result, Refusal):
        return result
    if not isinstance(result.get("data"), list):
        return Refusal("server-error", f"result.data is {type(result.get('data')).__name__}, not a list")
    if len(result["data"]) > MAX_ITEMS:
        return Refusal("too-large", f"a list of {len(result['data'])} items, at most {MAX_ITEMS} are read")
    return _page(result, url)


def result_of(body: bytes, content_type: str = "", status: int = 200) -> dict[str, Any] | Refusal:
    """The `result` of an answer of Sina's JSON interfaces that says success, or why there is none; as `read`."""
    if refusal := _refused_status(status):
        return refusal
    if len(body) > MAX_ANSWER:
        return Refusal("too-large", f"an answer of {len(body)} bytes, at most {MAX_ANSWER} are read")
    answer, _ = text.decode(body, content_type)
    envelope = _json(answer)
    return envelope if isinstance(envelope, Refusal) else _result(envelope, answer)


#: 403 is how the API says no (sina.md 1.1); any other 5xx is a server-error, any other status http-status.
_REFUSED = {0: "no-answer", 403: "ban", 456: "ban", 404: "gone", 410: "gone", 408: "server-error", 429: "server-error"}


def _refused_status(status: int) -> Refusal | None:
    if 200 <= status < 300:
        return None
    return Refusal(_REFUSED.get(status, "server-error" if status >= 500 else "http-status"), f"HTTP {status}")


_CALLBACK = re.compile(r"\s*(?:/\*.*?\*/\s*)?(?:try\s*\{\s*)?[\w$.]+\s*\(", re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>([^<]{0,80})", re.IGNORECASE)


def _json(answer: str) -> Any | Refusal:
    """The value of a JSON or JSONP answer (`try{NAME({…});}catch(e){};`), or why there is none."""
    answer = answer.strip("\ufeff \t\r\n\0")
    if answer in {"", '""', "null"}:
        return Refusal("empty", f"the answer is {answer or 'empty'}: throttled")
    if answer.startswith("<"):
        return _html(answer)
    callback = _CALLBACK.match(answer)
    begin = answer[callback.end() :].lstrip() if callback else answer
    try:
        return json.JSONDecoder(strict=False).raw_decode(begin)[0]
    except json.JSONDecodeError as error:
        # A string's error is placed at its beginning, that of `tru` or `\u4e` a few characters before the end.
        at_end = error.pos >= len(begin) - 6 or error.msg.startswith("Unterminated string")
        if begin[:1] in {"{", "[", ""} and at_end:
            return Refusal("cut", f"JSON ends in the middle after {len(answer)} characters")
        return Refusal("server-error", f"not JSON at character {error.pos}: {_line(begin[error.pos :])}")
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, thousands of brackets
        return Refusal("server-error", f"JSON that no list would hold: {type(error).__name__}")


def _html(answer: str) -> Refusal:
    """HTML where JSON should be is the ban page (sina.md 1.1), unless it says that the page is missing."""
    if "页面没有找到" in answer and "拒绝访问" not in answer:
        return Refusal("gone", "页面没有找到")
    title = _TITLE.search(answer)
    return Refusal("ban", f"HTML instead of JSON: {_line(title[1] if title else answer)}")


def _line(value: object) -> str:
    """A value from the wire as evidence: one short line, whatever it is."""
    if not isinstance(value, str | int | float | None):
        return type(value).__name__
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(value)[:80]).split())


def _result(envelope: Any, answer: str) -> dict[str, Any] | Refusal:
    """The envelope's `result`, when it says success."""
    result = envelope.get("result") if isinstance(envelope, dict) else None
    if not isinstance(result, dict):
        return Refusal("server-error", f"no result object in {_line(answer)}")
    status = result.get("status")
    code = status.get("code") if isinstance(status, dict) else None
    if code not in (None, "", 0, "0"):
        message = _string(status, "msg") if isinstance(status, dict) else ""
        return Refusal("server-error", f"status.code {_line(code)}: {_line(message)}")
    return result


def _page(result: dict[str, Any], url: str) -> Page:
    list_name = _list_name(url)
    items: list[Any] = result["data"]
    entries: list[Entry] = []
    skipped: list[str] = []
    for position, item in enumerate(items):
        entry = _entry(item, position, list_name)
        if isinstance(entry, Entry):
            entries.append(entry)
        else:
            skipped.append(entry)
    end = result.get("end")
    return Page(
        list_name=list_name,
        entries=tuple(entries),
        total=_whole(result.get("total")),
        start=text.from_unix(result.get("start")),
        end=text.from_unix(end),
        end_raw=str(end).strip() if text.from_unix(end) else "",
        size=len(items),
        skipped=tuple(skipped),
    )


def _list_name(url: str) -> str:
    """The list asked, by the URL's pageid and lid."""
    try:
        query = parse_qs(urlsplit(url).query)
    except ValueError:
        query = {}
    pageid, lid = (_whole(query.get(name, [None])[-1]) for name in ("pageid", "lid"))
    if pageid is None or lid is None:
        return ""
    channel = channels.by_lid(pageid, lid)
    return channel.name if channel else f"{pageid}/{lid}"


def _entry(item: Any, position: int, list_name: str) -> Entry | str:
    """One item as an Entry, or the line that says why it is none."""
    if not isinstance(item, dict):
        return f"item {position}: {type(item).__name__} instead of an object"
    url = _address(item)
    docid = _string(item, "docid")
    if not url:
        return f"item {position}: no usable url (url {_line(item.get('url'))!r}, docid {_line(docid)!r})"
    lids = _lids(item.get("lids"))
    category = _whole(item.get("categoryid"))
    return Entry(
        key=urls.article_key(url, docid),
        url=url,
        title=html.unescape(_string(item, "title")),
        list_name=list_name,
        position=position,
        channel=channels.channel_of(lids, list_name),
        intime=text.from_unix(item.get("intime")),
        ctime=text.from_unix(item.get("ctime")),
        mtime=text.from_unix(item.get("mtime")),
        lids=lids,
        category=1 if category is None else category,
        media=_string(item, "media_name"),
    )


def _address(item: dict[str, Any]) -> str:
    """The item's canonical page URL: `url`, else the first of `urls` (a JSON array inside a string), else ''."""
    if url := _http(item.get("url")):
        return url
    listed = item.get("urls")
    if isinstance(listed, str) and listed.startswith("["):
        try:
            listed = json.loads(listed)
        except (ValueError, RecursionError):  # then the item has no address, and `skipped` says so
            listed = None
    return _http(listed[0]) if isinstance(listed, list) and listed else ""


def _http(value: object) -> str:
    url = urls.canonical(value) if isinstance(value, str) else ""
    return url if urls.host(url) else ""


def _string(item: dict[str, Any], name: str) -> str:
    """A text field; '' when it is missing or no text. A lone surrogate, which nothing can store, becomes U+FFFD."""
    value = item.get(name)
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _whole(value: object) -> int | None:
    """A count or an id, written as a number or as digits; None for anything else."""
    if isinstance(value, str):
        digits = value.strip()
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else None


def _lids(value: object) -> tuple[int, ...]:
    """`"295,747,2519"` (a list of ids is taken too) as ids; what is no id is left out."""
    if isinstance(value, str):
        return _lids_of(value)
    return _ids(value) if isinstance(value, list) else ()


@lru_cache(maxsize=1024)  # the overlap windows show the same items again and again
def _lids_of(value: str) -> tuple[int, ...]:
    return _ids(value.split(","))


def _ids(parts: Iterable[object]) -> tuple[int, ...]:
    return tuple(lid for part in parts if (lid := _whole(part)) is not None)
