"""Column pages (sina.md 1.3): what channels without a list show, and whether the page lets itself be archived."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from newsbot.article import Entry, Refusal
from newsbot.sina import body as bodies
from newsbot.sina import channels, urls
from newsbot.text import beijing, decode, stamp, unstamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turbohtml import Document, Element

HOST = "finance.sina.com.cn"
TARGET = "urn:newsbot:column:"  #: begins the target of what is kept of a page that is not archived; its name follows
#: Bytes of a page, and links that are taken from it; one has 86 KB and some 200.
MAX_PAGE, MAX_ITEMS = 2_000_000, 2_000

_PATH = re.compile(r"/roll/c/(\d{1,9})\.shtml", re.ASCII)
_ITEMS = "#listcontent li"
_TIME = re.compile(r"(\d{1,2})月(\d{1,2})日\s*(\d{1,2}:\d\d)")
_URL_YEAR = re.compile(r"/((?:19|20)\d\d)-?[01]\d-?[0-3]\d/")


@dataclass(frozen=True, slots=True)
class ColumnPage:
    """One answer."""

    channel: str  #: name of the column (sina.channels)
    entries: tuple[Entry, ...]
    robots: frozenset[str]  #: words of its robots metas, lower case
    content: bytes  #: JSON of its links, which is kept where the page itself may not be

    @property
    def target(self) -> str:
        """WARC-Target-URI of that resource record."""
        return TARGET + self.channel


def page_url(channel: channels.Channel) -> str:
    """The URL of a column's page."""
    return f"https://{HOST}/roll/c/{channel.column}.shtml"


def column_of(url: str) -> str:
    """The name of the column whose page this is, '' for anything else."""
    if "/roll/c/" not in url or urls.host(url) != HOST:  # asked of every exchange
        return ""
    match = _PATH.fullmatch(urlsplit(urls.canonical(url)).path)
    channel = channels.by_column(int(match[1])) if match else None
    return channel.name if channel else ""


def read(body: bytes, url: str, content_type: str = "", status: int = 200) -> ColumnPage | Refusal:
    """What a column shows, newest first. `body` is the entity, content-decoded."""
    if status in {403, 456}:
        return Refusal("ban", f"HTTP {status}")
    if status != 200:
        return Refusal("server-error" if status >= 500 else "http-status", f"HTTP {status}")
    if len(body) > MAX_PAGE:
        return Refusal("too-large", f"a page of {len(body)} bytes, at most {MAX_PAGE} are read")
    text, _ = decode(body, content_type)
    if re.search(r"<title>\s*拒绝访问", text[:4096]):
        return Refusal("ban", "status 200, 拒绝访问")
    document = bodies.parse_html(text)
    found = document.select(_ITEMS)[:MAX_ITEMS]
    if not found:
        return Refusal("no-layout", "no list of links of the form that is known")
    items = list(_items(found, url))
    robots = _robots(document)
    kept = {"items": items, "robots": sorted(robots)}
    content = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")
    channel = column_of(url)
    return ColumnPage(channel, entries_of(channel, items), robots, content)


def of_kept(target: str, kept: Mapping[str, Any]) -> tuple[Entry, ...]:
    """The entries of what was kept of a page (the object in ColumnPage.content). Raises ValueError when it is none."""
    channel = target.removeprefix(TARGET)
    if not channels.is_column(channel):
        raise ValueError(f"no column: {channel!r}")
    if not isinstance(kept.get("items"), list):
        raise ValueError("no items")  # noqa: TRY004 - like json's own errors
    return entries_of(channel, [item for item in kept["items"] if isinstance(item, dict)])


def entries_of(channel: str, items: Iterable[dict[str, Any]]) -> tuple[Entry, ...]:
    """The articles among the links. Without titles, which a column cuts, and without times that a post could show."""
    found = []
    for position, item in enumerate(items):
        url = urls.canonical(str(item.get("url") or ""))
        if urls.is_article(url):
            moment = item.get("time")
            ctime = unstamp(moment) if isinstance(moment, str) and moment else None
            found.append(Entry(urls.article_key(url), url, "", channel, position, channel, ctime=ctime))
    return tuple(found)


def _items(found: Iterable[Element], base: str) -> Iterable[dict[str, Any]]:
    year = ""
    for item in found:
        link = item.select_one("a")
        href = (link.attr("href") or "").strip() if link is not None else ""
        if link is None or not href:
            continue
        address = urls.join(base, href)
        if match := _URL_YEAR.search(address):
            year = match[1]  # else that of the neighbour before it
        when = _TIME.search(item.text)
        moment = beijing(f"{year}年{when[1]}月{when[2]}日 {when[3]}") if when and year else None
        yield {"url": address, "title": " ".join(link.text.split()), "time": stamp(moment) if moment else ""}


def _robots(document: Document) -> frozenset[str]:
    metas = [meta for meta in document.find_all("meta") if (meta.attr("name") or "").strip().lower() == "robots"]
    words = (word.strip().lower() for meta in metas for word in (meta.attr("content") or "").split(","))
    return frozenset(word for word in words if word)
