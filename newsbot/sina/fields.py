"""The fields of an article page, read from a parsed page by a layout's places (sina.md 2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsbot.article import Article, Video
from newsbot.sina import urls
from newsbot.text import BEIJING, beijing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from turbohtml import Document, Node

    from newsbot.sina.body import Body
    from newsbot.sina.layouts import Layout

#: The forms in which a page names its docid: alone, `cj:comos-nitmeav9622448:0`, `dataid:comos:nitmeav9622448`.
_DOCID = re.compile(r"(?:.*\bcomos[-:])?([a-z]{7}[0-9]{7})(?![a-z0-9])", re.DOTALL)
_EDITOR = re.compile(r"责任编辑\s*[:：]\s*(\S.*)")
#: `SF014` after the editor's name: the work code of 编辑姓名及工作代码.
_WORK_CODE = re.compile(r"\s+[A-Z]{2}\d+$")
#: `format=html5; url=https://finance.sina.cn/…`
_AGENT_URL = re.compile(r"\burl=(\S+)")
#: What stands behind a source's name where it has a page on Weibo.
_WEIBO = re.compile(r"[(（\s]*微博[)）\s]*$")
#: `09月29日 00:34`, as the mobile page has it, and the day in an address that tells its year.
_WITHOUT_YEAR = re.compile(r"\d{1,2}月\d{1,2}日\s*\d{1,2}:\d\d")
_URL_DAY = re.compile(r"/(\d{4})-?\d\d-?\d\d/")
#: What a page's scripts say to its video player.
_VIDEO = re.compile(r"video_id['\"]?\s*[:=]\s*['\"]?(\d{1,15})")  # its first letters first: it is searched by them
_NEAR = 2000  # characters between a video's number and its poster
_POSTER = re.compile(r"(?:poster|pic|cover)['\"]?\s*[:=]\s*['\"]([^'\"\s<>]{1,500})['\"]")
#: `<!-- news_keyword_pub,usstock,MSFT&AMZN -->`; the list is empty on most pages.
_TICKERS = re.compile(r"<!--\s*news_keyword_pub,([\w-]+),([^<>]*)-->")


class Places:
    """A parsed page, asked for the text at a layout's places."""

    def __init__(self, document: Document, source: str) -> None:
        self._document = document
        self._source = source
        self._metas: dict[str, list[str]] = {}
        for meta in document.find_all("meta"):
            name = (meta.attr("name") or meta.attr("property") or "").strip().lower()
            if name and (content := meta.attr("content")):
                self._metas.setdefault(name, []).append(content)

    def texts(self, places: tuple[str, ...]) -> Iterator[str]:
        """What stands at each of `places` in turn, its white space collapsed; nothing for those that are empty."""
        for place in places:
            for raw in self._raw(place):
                if text := " ".join(raw.split()):
                    yield text

    def first(self, places: tuple[str, ...]) -> str:
        """The first of `texts`, or ''."""
        return next(self.texts(places), "")

    def all(self, place: str) -> list[str]:
        """The text of every element at `place`, the empty ones left out."""
        if not place:
            return []
        scope, css = self._scope(place)
        texts = [" ".join(element.text.split()) for element in scope.select(css)] if scope is not None else []
        return [text for text in texts if text]

    def links(self, place: str) -> list[str]:
        """`href` of every link at `place`."""
        scope, css = self._scope(place) if place else (None, "")
        return [href for element in (scope.select(css) if scope is not None else ()) if (href := element.attr("href"))]

    def videos(self) -> tuple[Video, ...]:
        """What the page's scripts tell its player."""
        found = {match[1]: match.start() for match in _VIDEO.finditer(self._source) if match[1] != "0"}
        if not found:
            return ()
        near = self._source[max(0, min(found.values()) - _NEAR) : max(found.values()) + _NEAR]
        poster = next((match[1] for match in _POSTER.finditer(near)), "")
        return tuple(Video(number, poster) for number in found)

    def styles(self) -> tuple[str, ...]:
        """Where the page's style sheets are, as it says."""
        links = self._document.select("link[rel~=stylesheet i]")
        return tuple(href for link in links if (href := (link.attr("href") or "").strip()))

    def _raw(self, place: str) -> list[str]:
        if place.startswith("meta:"):
            return self._metas.get(place.removeprefix("meta:"), [])
        if place.startswith("source:"):
            found = re.search(place.removeprefix("source:"), self._source)
            return [found[1]] if found else []
        path, _, attribute = place.partition(" @")
        scope, css = self._scope(path)
        element = scope.select_one(css) if scope is not None else None
        if element is None:
            return []
        return [(element.attr(attribute) or "") if attribute else element.text]

    def _scope(self, place: str) -> tuple[Node | None, str]:
        """Where to look, and for which CSS."""
        outer, separator, css = place.partition(" >> ")
        return (self._document.select_one(outer), css) if separator else (self._document, place)


def article(places: Places, layout: Layout, body: Body, url: str, encoding: str) -> Article:
    """The article at `url`, whose BODY is already read. Fields the page does not give are empty or None."""
    created, published = _moment(places, layout.created, url), _moment(places, layout.published, url)
    own = urls.docid(url)
    docid = own or _docid(places, layout)
    source_url = places.first(layout.source_url)
    return Article(
        key=urls.article_key(url, docid),
        url=urls.canonical(url),
        title=places.first(layout.title),
        body=body.html,
        headimg=body.headimg,
        layout=layout.name,
        encoding=encoding,
        created=created,
        published=published,
        updated=_moment(places, layout.updated, url),
        source=_WEIBO.sub("", places.first(layout.source)),
        source_url=urls.join(url, source_url) if source_url else "",
        author=places.first(layout.author),
        editor=_editor(places, layout),
        keywords=tuple(dict.fromkeys(places.all(layout.keywords))),
        tickers=_tickers(body.html),
        breadcrumb=tuple(places.all(layout.breadcrumb)),
        summary=places.first(layout.summary),
        images=body.images,
        docid=docid,
        mobile_url=_mobile_url(places, layout, url),
        styles=places.styles(),
        referrer=places.first(("meta:referrer",)),
        videos=places.videos(),
        parts=_parts(places, layout, url),
        out_of_season=_out_of_season(layout, published or created),
    )


def _moment(places: Places, where: tuple[str, ...], url: str) -> datetime | None:
    for text in places.texts(where):
        if moment := beijing(text):
            return moment
        if (short := _WITHOUT_YEAR.search(text)) and (day := _URL_DAY.search(url)):
            return beijing(f"{day[1]}年{short[0]}")  # the year is in the address
    return None


def _parts(places: Places, layout: Layout, url: str) -> tuple[str, ...]:
    """The addresses of the article's other pages, in their order: the page's own with `_2`, `_3` … at its end."""
    links = places.links(layout.parts)
    if not links:
        return ()
    own = urls.canonical(url)
    addresses = {urls.canonical(urls.join(url, href)) for href in links} - {own}
    parts = [one for one in addresses if urls.first_page(one) == urls.first_page(own)]
    return tuple(sorted(parts, key=lambda one: (len(one), one)))


def _out_of_season(layout: Layout, when: datetime | None) -> bool:
    """Does the page show a time in which its layout was not seen? Only a check: layouts are chosen by fit."""
    if when is None:
        return False
    day = when.astimezone(BEIJING).date()
    return day < layout.first or (layout.last is not None and day > layout.last)


def _docid(places: Places, layout: Layout) -> str:
    return next((match[1] for text in places.texts(layout.docid) if (match := _DOCID.match(text))), "")


def _editor(places: Places, layout: Layout) -> str:
    for css in layout.editor:
        for text in places.all(css):
            if match := _EDITOR.search(text):
                return _WORK_CODE.sub("", match[1].rstrip(" )）"))
    return ""


def _tickers(html: str) -> tuple[str, ...]:
    found = [
        f"{match[1]}:{symbol.strip()}"
        for match in _TICKERS.finditer(html)
        for symbol in re.split("[&,]", match[2])
        if symbol.strip()
    ]
    return tuple(dict.fromkeys(found))


def _mobile_url(places: Places, layout: Layout, url: str) -> str:
    for text in places.texts(layout.mobile_url):
        if match := _AGENT_URL.search(text):
            return urls.canonical(urls.join(url, match[1]))
    return ""
