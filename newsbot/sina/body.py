"""An article's HTML as the post's BODY: steps 1 to 7 of post-format.md. Braces are newsbot.post's business."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from turbohtml import Document, DocumentFragment, Element, Node, parse

from newsbot.article import Image, Refusal
from newsbot.characters import clean_line, clean_markup
from newsbot.sina.serialise import Attributes, attributes_of, serialise
from newsbot.sina.urls import join

#: Characters of BODY. The known ones have 1,500 to 10,000; 49 KB of mis-nested `<font>` and `<p>` make 19-57 MB in
#: every conformant parser (post-format.md).
MAX_BODY = 2_000_000
_TOO_LARGE = Refusal("too-large", f"BODY would be longer than {MAX_BODY} characters")

#: An attribute value that is an image's address, for an <img> that is loaded by script (step 5).
_PICTURE = re.compile(r"\.(?:gif|png|jpg|webp)")
#: A scheme that acts, as browsers read it: controls and blanks before it and line ends inside it do not count (WHATWG
#: URL). A picture may stand in its own address.
_JAVASCRIPT, _VBSCRIPT, _DATA = (r"[\t\n\r]*".join(scheme) for scheme in ("javascript:", "vbscript:", "data:"))
_ACTING = rf"(?:{_JAVASCRIPT}|{_VBSCRIPT}|{_DATA}(?!image/))"
_SCRIPT_URL = re.compile(r"[\x00-\x20]*" + _ACTING, re.IGNORECASE)
#: Attributes whose value is a list or holds a URL after other words: SVG's animations and the refresh of a <meta>.
_LISTS_OF_URLS = frozenset({"values", "content"})
#: A frame's whole document in an attribute: its scripts would run on the site that shows the post.
_HOLDS_A_DOCUMENT = "srcdoc"
#: What the parser's own writer gives another form: a newline after the first three, and `<?` is no comment to it.
_REWRITTEN = re.compile(r"<(?:pre|textarea|listing|plaintext|\?)")
_SCRIPT = frozenset({"script"})
#: Elements in which another reader (a second parse, a browser with scripts on) may find markup where we saw text.
_AMBIGUOUS = re.compile(r"<(?:svg|math|noscript)\b")
_LAST_RESORT = _SCRIPT | {"svg", "math", "noscript", "template", "style", "xmp", "noembed", "noframes", "plaintext"}
#: What could act if it stood where we see a text, a comment or an attribute's value: Markdown, which a post is to Hexo,
#: ends a block of HTML at the first empty line, and then finds links, code and tags that no HTML parser sees.
_COULD_ACT = (b"<script", b"javascript:", b"vbscript:", _HOLDS_A_DOCUMENT.encode())
_DATA_URL = re.compile(rb"data:(?!image/)")
_HANDLER = re.compile(rb"on(?<![a-z0-9?&]on)[a-z]+\s*=")  # its first letters first: then it is searched by them


@dataclass(frozen=True, slots=True)
class Body:
    """BODY and its live images in order."""

    html: str
    images: tuple[Image, ...] = ()

    @property
    def headimg(self) -> str:
        """`src` of the first live image, '' without one."""
        return self.images[0].url if self.images else ""


def parse_html(text: str, *, scripting: bool = False) -> Document:
    """`text` as browsers parse it; <noscript> is markup unless `scripting`."""
    return parse(text, positions=False, allow_declarative_shadow_roots=False, scripting=scripting)


def read(node: Node, base_url: str) -> Body | Refusal:
    """BODY and images of the article that `node` (#artibody) holds, seen at `base_url`; or too-large (MAX_BODY)."""
    inner = _inner_html(node)  # step 1
    if inner is None:
        return _TOO_LARGE
    # Cleaned before it is read again: within a tag a control is part of a name, the blank in its place would end it.
    body = _second_reading(clean_markup(inner), base_url, _SCRIPT)
    if isinstance(body, Body) and (could_act(body.html) or (_AMBIGUOUS.search(body.html) and _is_alive(body.html))):
        return _second_reading(body.html, base_url, _LAST_RESORT, inert=True)
    return body


def could_act(html: str) -> bool:
    """Is there anything in `html`, wherever it stands, that would act in another place?"""
    text = unescape(html).encode("ascii", "ignore").lower()  # all of that is ASCII, and so it takes half the time
    joined = text.translate(None, b"\t\n\r")  # as in URLs
    if any(word in joined for word in _COULD_ACT):
        return True
    return _HANDLER.search(text) is not None or _DATA_URL.search(joined) is not None


def _inner_html(node: Node) -> str | None:
    """Step 1, by the parser's own writer where a second parse cannot tell it from `serialise`: ten times as fast."""
    html = node.inner_html
    if _REWRITTEN.search(html):
        return serialise(node, limit=MAX_BODY)
    return html if len(html) <= MAX_BODY else None


def _second_reading(inner: str, base_url: str, without: frozenset[str], *, inert: bool = False) -> Body | Refusal:
    """Steps 2 to 7: `inner` parsed as a document of its own, the rules applied, written again; `inert` as serialise."""
    document = parse_html(inner)
    body = document.select_one("body")
    if body is None:
        return Body("")
    rules = _Rules(base_url, inert_parts=document.select_one("template") is not None)
    html = serialise(body, limit=MAX_BODY, attributes=rules.attributes, without=without, inert=inert)
    if html is None:
        return _TOO_LARGE
    return Body(clean_markup(html), tuple(Image(clean_line(url), caption) for url, caption in rules.images))


class _Rules:
    """What becomes of attributes (steps 4, 5 and the end of 7), and the images met on the way."""

    def __init__(self, base_url: str, *, inert_parts: bool) -> None:
        self.images: list[tuple[str, str]] = []
        self._base_url = base_url
        self._inert_parts = inert_parts
        self._caption_due = False

    def attributes(self, element: Element, tag: str) -> Attributes:
        given = attributes_of(element)
        if not given:  # most paragraphs
            return given
        kept = [pair for pair in given if not _acts(*pair)]
        if tag == "img":
            return self._image(element, kept)
        if tag == "a":
            return [(name, join(self._base_url, value) if name == "href" and value else value) for name, value in kept]
        if tag == "span":
            self._caption(element)
        return kept

    def _image(self, element: Element, attributes: list[tuple[str, str]]) -> Attributes:
        named = dict(attributes)
        address = _address(named)
        if not address:
            return attributes
        named["src"] = join(self._base_url, address)
        named.pop("referrerpolicy", None)
        named["referrerpolicy"] = "no-referrer"
        if not (self._inert_parts and _is_inert(element)):
            self.images.append((named["src"], ""))
            self._caption_due = True
        return named.items()

    def _caption(self, element: Element) -> None:
        """`img_wrapper > img + span.img_descr` (sina.md section 6 D): the text belongs to the image before it."""
        if self._caption_due and element.has_class("img_descr"):
            self._caption_due = False
            self.images[-1] = (self.images[-1][0], " ".join(element.text.split()))


def has_address(image: Element) -> bool:
    """Does step 5 find an address for this <img>?"""
    return bool(_address(dict(pair for pair in attributes_of(image) if not _acts(*pair))))


def _address(attributes: dict[str, str]) -> str:
    """`src`, else the first value that looks like a picture's address, else ''."""
    lazy = (value.strip() for value in attributes.values() if _PICTURE.search(value))
    return attributes.get("src") or next(lazy, "")


def _acts(name: str, value: str) -> bool:
    """Would the attribute run a script on the site that shows the post?"""
    if name.startswith("on") or name == _HOLDS_A_DOCUMENT:
        return True
    if name in _LISTS_OF_URLS:
        return _SCRIPT_URL.search(value) is not None
    return _SCRIPT_URL.match(value) is not None


def _is_inert(element: Element) -> bool:
    """Inside a <template>: parsed, never shown."""
    return any(isinstance(ancestor, DocumentFragment) for ancestor in element.ancestors)


def _is_alive(html: str) -> bool:
    """Does a reader of BODY, with scripts on or off, still find something that acts?"""
    for scripting in (False, True):
        document = parse_html(f"<div>{html}</div>", scripting=scripting)
        for node in document.descendants:
            if isinstance(node, Element) and (
                node.tag == "script" or any(_acts(*pair) for pair in attributes_of(node))
            ):
                return True
    return False
