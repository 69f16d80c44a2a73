"""How much an article page holds: text, paragraphs, pictures, and which of its fields are missing.

A layout that changed can still give an article with every field, and half its body. So what a page holds is counted,
on BODY as the post has it and without Sina's own furniture, which would stay when the article went.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from turbohtml import Element, Node, Text

from newsbot.sina.body import has_address, parse_html
from newsbot.sina.furniture import UNSHOWN, is_furniture

if TYPE_CHECKING:
    from newsbot.article import Article

#: Fields that a page of every layout may have, by their names in Article; `time` is the time a post could take.
FIELDS = (*("title", "time", "source", "author", "editor", "keywords", "breadcrumb", "summary", "docid", "mobile_url"),)

#: Elements at which a paragraph ends, and the next begins.
_BREAKS = frozenset(
    {
        *("p", "div", "br", "hr", "li", "ul", "ol", "dl", "dt", "dd", "tr", "td", "th", "table", "blockquote", "pre"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "figure", "figcaption", "center", "body"),
    }
)


@dataclass(frozen=True, slots=True)
class Substance:
    """What one page holds."""

    text: int  #: characters, white space left out
    paragraphs: int  #: runs of text between elements that break a line
    images: int  #: with an address
    missing: tuple[str, ...]  #: names out of FIELDS


def measure(article: Article) -> Substance:
    """The substance of a page that was read."""
    root = parse_html(article.body).select_one("body")
    text, paragraphs, images = _count(root) if root is not None else (0, 0, 0)
    return Substance(text, paragraphs, images, tuple(name for name in FIELDS if not getattr(article, name)))


def _count(root: Node) -> tuple[int, int, int]:
    text = paragraphs = images = run = 0
    waiting: list[Node | None] = [root]  # None: the end of an element that breaks a line
    while waiting:
        node = waiting.pop()
        if isinstance(node, Text):
            run += sum(map(len, node.data.split()))
            continue
        if isinstance(node, Element):
            if node.tag in UNSHOWN or is_furniture(node):
                continue
            images += node.tag == "img" and has_address(node)
        elif node is not None:
            continue  # a comment
        if node is None or node.tag in _BREAKS:
            text, paragraphs, run = text + run, paragraphs + (run > 0), 0
        if node is not None:
            if node.tag in _BREAKS:
                waiting.append(None)
            waiting.extend(reversed(node.children))
    return text + run, paragraphs + (run > 0), images
