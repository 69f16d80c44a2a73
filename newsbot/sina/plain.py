"""A post's BODY as plain text, for page lists and full-text search."""

from __future__ import annotations

import re

from turbohtml import Element, Text

from newsbot.sina.body import parse_html

#: Elements whose text is no text of the article, or that a reader does not see.
_UNSEEN = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title"})
#: Elements that do not begin a line of their own (HTML Standard 15.3); all others do.
_INLINE = frozenset(
    {
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i"),
        *("img", "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span"),
        *("strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
    }
)
_BLANKS = re.compile(r"[ \t\n\f\r]+")


def plain_text(body: str) -> str:
    """The text that a reader of BODY sees, a line for each block; scripts and style sheets are none.

    Never longer than `body`, and without recursion: a hostile page is nested as deep as its author liked.
    """
    pieces: list[str] = []
    open_elements = [(iter(parse_html(body).children), "")]
    while open_elements:
        children, end = open_elements[-1]
        for node in children:
            if isinstance(node, Text):
                pieces.append(_BLANKS.sub(" ", node.data))
            elif isinstance(node, Element) and node.tag not in _UNSEEN:
                end = "" if node.tag in _INLINE else "\n"
                pieces.append(end)
                open_elements.append((iter(node.children), end))
                break
        else:
            pieces.append(end)
            open_elements.pop()
    lines = (line.strip(" ") for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)
