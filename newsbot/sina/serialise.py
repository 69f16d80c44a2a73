"""A parsed tree as HTML text, in the form of post-format.md, steps 6 and 7.

Written without recursion: a hostile page is nested as deep as its author liked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from turbohtml import Comment, DocumentFragment, Element, Namespace, Node, ProcessingInstruction, Text

from newsbot.sina.charref import escape_text, escape_value

Attributes = Iterable[tuple[str, str]]

#: Elements without an end tag (HTML Standard 13.1.2 and, for the old names, 13.3).
VOID = frozenset(
    {
        *("area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input"),
        *("keygen", "link", "meta", "param", "source", "track", "wbr"),
    }
)
#: Elements whose text is written as it is, because no parser decodes it (13.3; noscript is parsed, scripting is off).
RAW = frozenset({"style", "script", "xmp", "iframe", "noembed", "noframes", "plaintext"})
#: What Markdown gives a meaning of its own, as references; in attributes also what would let it see the value's end.
_INERT = {ord(sign): f"&#{ord(sign)};" for sign in "`~[]\\"}
_INERT_VALUE = _INERT | {ord(sign): f"&#{ord(sign)};" for sign in "<>\n"}
#: Names of attributes by which Markdown still takes a tag for one.
_PLAIN_NAME = re.compile(r"[a-z_:][a-z0-9_.:-]*", re.IGNORECASE)
#: Attributes of one element beyond which asking for each by its name, a search, would be quadratic.
_MANY = 256


def attributes_of(element: Element) -> Attributes:
    """Names and decoded values, in the page's order; `attrs` alone would lose the white space in class and rel."""
    attributes = element.attrs
    if not attributes:
        return ()
    if len(attributes) > _MANY:
        return [
            (name, " ".join(value) if isinstance(value, list) else value or "") for name, value in attributes.items()
        ]
    return [(name, element.attr(name) or "") for name in attributes]


def serialise(
    parent: Node,
    *,
    limit: int,
    attributes: Callable[[Element, str], Attributes] = lambda element, _: attributes_of(element),
    without: frozenset[str] = frozenset(),
    inert: bool = False,
) -> str | None:
    """The inner HTML of `parent`; elements named in `without` are left out with all they hold.

    `attributes` says what the start tag of an element of that name shows. None when the HTML is longer than `limit`
    characters: mis-nested markup can grow a thousandfold. `inert`: no comments, nothing in elements whose text is
    written as it is, and what Markdown would read as a link, code or a tag is written as character references.
    """
    writer = _Writer(limit, raw=_is_raw(parent), inert=inert)
    open_elements: list[tuple[Iterator[Node], str, bool]] = []
    children, end_tag = iter(parent.children), ""
    while True:
        for node in children:
            if writer.room < 0:
                return None
            if isinstance(node, Text):
                writer.text.append(node.data)
            elif isinstance(node, Element):
                tag = node.tag
                if tag in without:
                    continue
                start = _start_tag(tag, attributes(node, tag), inert=inert)
                html = node.namespace is Namespace.HTML
                if html and tag in VOID:
                    writer.markup(start + ">")
                elif content := () if inert and tag in RAW else _content(node, tag, without):
                    writer.markup(start + ">")
                    open_elements.append((children, end_tag, writer.raw))
                    children, end_tag, writer.raw = iter(content), f"</{tag}>", html and tag in RAW
                    break
                else:
                    writer.markup(f"{start}></{tag}>" if html else start + "/>")
            elif not inert and (comment := _comment(node)):
                writer.markup(comment)
        else:
            writer.markup(end_tag)
            if not open_elements:
                return "".join(writer.pieces) if writer.room >= 0 else None
            children, end_tag, writer.raw = open_elements.pop()


class _Writer:
    """Pieces of HTML; text waits, because a reference may begin before a removed script and end after it."""

    def __init__(self, limit: int, *, raw: bool, inert: bool) -> None:
        self.pieces: list[str] = []
        self.text: list[str] = []
        self.raw = raw  #: is the text inside an element whose text is written as it is?
        self.inert = inert
        self.room = limit  #: characters still allowed; below 0 it is too late

    def markup(self, piece: str) -> None:
        """The text that waited, then `piece`."""
        if self.text:
            text = "".join(self.text)
            self.text.clear()
            if not self.raw:
                text = escape_text(text)
            piece = (text.translate(_INERT) if self.inert else text) + piece
        self.pieces.append(piece)
        self.room -= len(piece)


def _start_tag(tag: str, attributes: Attributes, *, inert: bool) -> str:
    """Without its `>`; an empty attribute is printed bare."""
    if not attributes:
        return "<" + tag
    if inert:
        pairs = [(name, escape_value(value).translate(_INERT_VALUE)) for name, value in attributes]
        return "<" + tag + "".join([f' {name}="{value}"' for name, value in pairs if _PLAIN_NAME.fullmatch(name)])
    return (
        "<" + tag + "".join([f' {name}="{escape_value(value)}"' if value else " " + name for name, value in attributes])
    )


def _is_raw(node: Node) -> bool:
    return isinstance(node, Element) and node.namespace is Namespace.HTML and node.tag in RAW


def _content(element: Element, tag: str, without: frozenset[str]) -> Sequence[Node]:
    """The children; a template's lie in a fragment of its own. What only holds what is left out is empty."""
    children = element.children
    if tag == "template" and len(children) == 1 and isinstance(children[0], DocumentFragment):
        children = children[0].children
    if all(isinstance(child, Element) and child.tag in without for child in children):
        return ()
    return children


def _comment(node: Node) -> str:
    if isinstance(node, Comment):
        return f"<!--{node.data}-->"
    if isinstance(node, ProcessingInstruction):  # to the HTML Standard's older parsers, and to readers, a comment
        return f"<!--?{node.target}{' ' + node.data if node.data else ''}?-->"
    return ""
