"""An article page: bytes and URL in, an Article by the first layout that fits, or a Refusal (sina.md 2)."""

from __future__ import annotations

import re
from dataclasses import replace

from turbohtml import Document, Element, Node, Text

from newsbot.article import Article, Refusal
from newsbot.sina import body as bodies
from newsbot.sina import slides
from newsbot.sina.fields import Places, article
from newsbot.sina.furniture import UNSHOWN, is_furniture
from newsbot.sina.layouts import LAYOUTS, SLIDES, Layout
from newsbot.text import decode

#: Bytes of a page; article pages have about 95 KB. Above it even a linear parser takes seconds.
MAX_PAGE = 5_000_000

_GONE = frozenset({404, 410})
_BUSY = frozenset({408, 429})
_HTML_TYPES = frozenset({"", "text/html", "application/xhtml+xml", "text/plain", "application/octet-stream"})
_TAG = re.compile(r"<[!/a-zA-Z]")
#: Where a page that is HTML shows its first tag, characters.
_TOP = 4096
_BAN_TITLE = re.compile(r"<title>\s*拒绝访问", re.IGNORECASE)
_BAN_PHRASE = "已被新浪安全部门封禁"
#: What the page of a missing article says, whatever its status (sina.md 2.6).
_MISSING = ("页面没有找到", "404 Not Found on Accelerator", "无法查看当前文章")

_MEDIA = frozenset({"video", "audio", "iframe", "embed", "object", "svg", "canvas"})
_VIDEO_ID = "videoList"  # `<div class="video-2017" id="videoList0">`: the player is put there by a script


def read(body: bytes, url: str, *, status: int = 200, content_type: str = "") -> Article | Refusal:
    """The article on a page, or why it is none; never raises for anything a server can send.

    `body` is the entity with its Content-Encoding undone, `url` the address that answered, `content_type` the header's
    value. Article.time and title may be missing: a list may give them, so that is not decided here.
    """
    if refusal := _by_status(status, body, content_type):
        return refusal
    if not body.strip():
        return Refusal("empty", f"status {status}, {len(body)} bytes" + (", all white space" if body else ""))
    if len(body) > MAX_PAGE:
        return Refusal("too-large", f"a page of {len(body)} bytes, at most {MAX_PAGE} are read")
    text, encoding = decode(body, content_type)
    if refusal := _not_html(text, content_type):
        return refusal
    return _read_html(text, url, encoding)


def _by_status(status: int, body: bytes, content_type: str) -> Refusal | None:
    if status == 200:
        return None
    if status == 456 or (status not in _GONE and is_ban(body, content_type)):
        return Refusal("ban", f"status {status}, 拒绝访问")
    if status in _GONE:
        return Refusal("gone", f"status {status}")
    if status >= 500 or status in _BUSY:
        return Refusal("server-error", f"status {status}")
    return Refusal("http-status", f"status {status}")


def is_ban(body: bytes, content_type: str = "") -> bool:
    """Is this the ban page, whatever was asked for? `body` as `read` takes it."""
    return _is_ban(decode(body[:_TOP], content_type)[0])


def _is_ban(text: str) -> bool:
    return _BAN_TITLE.search(text, 0, _TOP) is not None


def _not_html(text: str, content_type: str) -> Refusal | None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in _HTML_TYPES:
        return Refusal("not-html", f"Content-Type {media_type}")
    top = text[:_TOP].lstrip() or text.lstrip()[:_TOP]
    if top.startswith(("{", "[")) or not _TAG.search(top):
        return Refusal("not-html", f"no HTML in a text that begins {top[:40]!r}")
    return None


def _read_html(text: str, url: str, encoding: str) -> Article | Refusal:
    document = bodies.parse_html(text)
    layout, element = _fitting(document)
    if layout is None and (album := slides.pictures(text)):
        layout, element = SLIDES, bodies.parse_html(album).select_one("body")
    if layout is None or element is None:
        return _no_layout(text)
    body = bodies.read(element, url)
    if isinstance(body, Refusal):
        return replace(body, layout=layout.name)
    if not body.html or not _holds_something(element):
        evidence = f"layout {layout.name}, but its article is empty of text and of media"
        return Refusal("no-body", evidence, layout=layout.name)
    return article(Places(document, text), layout, body, url, encoding)


def _fitting(document: Document) -> tuple[Layout | None, Element | None]:
    for layout in LAYOUTS:
        if layout.marks and all(document.select_one(css) is None for css in layout.marks):
            continue
        for place in layout.body:
            element = document.select_one(place.removesuffix(" ^"))
            if element is not None and place.endswith(" ^"):
                element = element.parent if isinstance(element.parent, Element) else None
            if element is not None:
                return layout, element
    return None, None


def _no_layout(text: str) -> Refusal:
    """Only a page without an article can be a ban page or a missing one: an article may quote either."""
    if _is_ban(text) or _BAN_PHRASE in text:
        return Refusal("ban", "status 200, 拒绝访问")
    for phrase in _MISSING:
        if phrase in text:
            return Refusal("gone", f"status 200, {phrase}")
    names = ", ".join(layout.name for layout in LAYOUTS)
    return Refusal("no-layout", f"no article of a layout that is known ({names})")


def _holds_something(element: Element) -> bool:
    """Is there any text or media beside Sina's own furniture?"""
    open_nodes: list[Node] = [element]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, Text):
            if node.data.strip():
                return True
        elif isinstance(node, Element) and node.tag not in UNSHOWN and not is_furniture(node):
            if _is_media(node):
                return True
            open_nodes.extend(reversed(node.children))
    return False


def _is_media(element: Element) -> bool:
    if element.tag == "img":
        return bodies.has_address(element)
    return element.tag in _MEDIA or (element.attr("id") or "").startswith(_VIDEO_ID)
