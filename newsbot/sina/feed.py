"""The live feed 7x24 快讯 (sina.md 1.4): its requests, and its answers without what they tell of people.

An item names the staff that wrote, changed and checked it by their mail addresses, and readers with their comments. So
what is kept of an answer is chosen here field by field: what this list does not name never reaches a file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from newsbot.article import Refusal
from newsbot.sina import listing, urls
from newsbot.text import beijing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

NAME = "7x24"  #: what windows and coverage call it
HOST, PATH = "zhibo.sina.com.cn", "/api/zhibo/feed"
MODES = ("off", "cleaned", "raw")  #: what becomes of it: not read, kept without people, or byte for byte
PAGE_SIZE = 100  #: items of an answer; only the last 900 can be reached
TARGET = "urn:newsbot:7x24:"  #: begins the target of a cleaned answer; the first and the last id follow

#: What is kept of an item, of its `ext`, of each of its stocks and of its tags.
_ITEM = (
    "id",
    "zhibo_id",
    "type",
    "rich_text",
    "create_time",
    "update_time",
    "is_delete",
    "is_focus",
    "is_repeat",
    "docurl",
)
_EXT = ("docid", "docurl")
_STOCK = ("market", "symbol", "key")
_TAG = ("id", "name")
_PAGE_INFO = ("page", "pageSize", "totalPage", "totalNum")


@dataclass(frozen=True, slots=True)
class Flash:
    """One item of the feed."""

    id: int  #: contiguous, so that gaps show
    created: datetime | None  #: aware UTC
    updated: datetime | None
    deleted: bool
    text: str  #: `【title】body`
    key: str = ""  #: article key of the article that it tells of; '' when it names none
    url: str = ""  #: canonical address of that article


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One answer, cleaned."""

    flashes: tuple[Flash, ...]  #: newest first, as they came
    content: bytes  #: JSON of all that is kept
    last: bool  #: is there no page behind it?

    @property
    def target(self) -> str:
        """WARC-Target-URI of its resource record."""
        ids = [flash.id for flash in self.flashes]
        return f"{TARGET}{min(ids)}-{max(ids)}" if ids else f"{TARGET}none"


def page_url(page: int = 1) -> str:
    """The URL of one page of the feed, from 1, the newest first."""
    return f"https://{HOST}{PATH}?page={page}&page_size={PAGE_SIZE}&zhibo_id=152&tag_id=0&dire=f&dpc=1"


def is_feed(url: str) -> bool:
    """Is this a question to the feed?"""
    return HOST in url and urls.host(url) == HOST and urlsplit(urls.canonical(url)).path == PATH


def read(body: bytes, content_type: str = "", status: int = 200) -> FeedPage | Refusal:
    """What the feed answered, without people; refusals as of `listing.read`. `body` is the entity, content-decoded."""
    result = listing.result_of(body, content_type, status)
    if isinstance(result, Refusal):
        return result
    feed = _dict(_dict(result.get("data")).get("feed"))
    if not isinstance(feed.get("list"), list):
        return Refusal("server-error", "the feed's answer holds no list")
    info = {name: _scalar(_dict(feed.get("page_info")).get(name)) for name in _PAGE_INFO}
    if len(feed["list"]) > listing.MAX_ITEMS:
        return Refusal("too-large", f"{len(feed['list'])} items, at most {listing.MAX_ITEMS} are read")
    items = [_cleaned(item) for item in feed["list"] if isinstance(item, dict)]
    kept = {"items": items, "page_info": info}
    content = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    page, pages = _whole(info["page"]), _whole(info["totalPage"])
    last = not items or (page is not None and pages is not None and page >= pages)
    return FeedPage(_flashes(items), content.encode("utf-8", "replace"), last)


def of_cleaned(kept: Mapping[str, Any]) -> tuple[Flash, ...]:
    """The items of what was kept of an answer (the object in FeedPage.content). Raises ValueError when it is none."""
    if not isinstance(kept.get("items"), list):
        raise ValueError("no items")  # noqa: TRY004 - like json's own errors
    return _flashes(_dict(item) for item in kept["items"])


def _cleaned(item: dict[str, Any]) -> dict[str, Any]:
    ext = _ext(item.get("ext"))
    return {
        **{name: _scalar(item[name]) for name in _ITEM if name in item},
        "ext": {
            **{name: _scalar(ext[name]) for name in _EXT if name in ext},
            "stocks": _chosen(ext.get("stocks"), _STOCK),
        },
        "tag": _chosen(item.get("tag"), _TAG),
    }


def _ext(value: object) -> dict[str, Any]:
    """`ext` is JSON inside a string."""
    try:
        return _dict(json.loads(value) if isinstance(value, str) else value)
    except (ValueError, RecursionError):
        return {}


def _chosen(many: object, names: tuple[str, ...]) -> list[dict[str, Any]]:
    items = [one for one in many if isinstance(one, dict)] if isinstance(many, list) else []
    return [{name: _scalar(one[name]) for name in names if name in one} for one in items]


def _flashes(items: Iterable[dict[str, Any]]) -> tuple[Flash, ...]:
    return tuple(flash for item in items if (flash := _flash(item)))


def _flash(item: dict[str, Any]) -> Flash | None:
    number = _whole(item.get("id"))
    if number is None:
        return None
    ext = _dict(item.get("ext"))
    docid = str(ext.get("docid") or "")
    address = urls.canonical(str(item.get("docurl") or ext.get("docurl") or ""))
    told = urls.is_article(address)
    return Flash(
        id=number,
        created=beijing(str(item.get("create_time") or "")),
        updated=beijing(str(item.get("update_time") or "")),
        deleted=_whole(item.get("is_delete")) == 1,
        text=str(item.get("rich_text") or ""),
        key=urls.article_key(address, docid) if told else "",
        url=address if told else "",
    )


def _whole(value: object) -> int | None:
    try:
        number = int(value) if isinstance(value, str | int) else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < 1 << 62 else None


def _scalar(value: object) -> str | int | float | None:
    """Nothing that could hold more than it says."""
    return value if isinstance(value, str | int | float) else None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
