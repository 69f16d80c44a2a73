"""BODY a second time, written apart from newsbot.sina.body: slow, plain, recursive (post-format.md), over any parser.

Parsers: html5lib, here; Lexbor and cheerio among the judges (tests/judges.sh), as processes of their own. The oracle
knows nothing of controls, limits or what acts only for some readers; tests give it none of that.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from html.entities import html5
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.dom import Node as Dom

import ada_url
import html5lib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    #: Documents to their <html> elements.
    Parser = Callable[[Sequence[str]], list["Node"]]

HTML = "http://www.w3.org/1999/xhtml"
VOID = {
    *("area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link"),
    *("meta", "param", "source", "track", "wbr"),
}
RAW = {"style", "script", "xmp", "iframe", "noembed", "noframes", "plaintext"}
PICTURES = (".gif", ".png", ".jpg", ".webp")
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Comment:
    """A comment's text."""

    data: str


@dataclass
class Node:
    """An element."""

    tag: str
    html: bool  #: False for SVG's and MathML's
    attributes: dict[str, str]
    children: list[Node | Comment | str] = field(default_factory=list)

    def elements(self) -> Iterator[Node]:
        """All below it, in the order of the document."""
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.elements()


def html5lib_trees(documents: Sequence[str]) -> list[Node]:
    """By html5lib, which knows the HTML Standard of about 2016."""
    return [_of_dom(html5lib.parse(text, treebuilder="dom").documentElement) for text in documents]


def _of_dom(element: Any) -> Node:
    node = Node(element.tagName, element.namespaceURI == HTML, dict(element.attributes.items()))
    for child in element.childNodes:
        if child.nodeType == Dom.ELEMENT_NODE:
            node.children.append(_of_dom(child))
        elif child.nodeType == Dom.COMMENT_NODE:
            node.children.append(Comment(child.data))
        else:
            node.children.append(child.data)
    return node


def lexbor_trees(judges: Path) -> Parser:
    """By Lexbor, of the `judges` in that folder."""
    return _told_by([str(judges / "venv/bin/python"), str(HERE / "lexbor.py")], judges)


def cheerio_trees(judges: Path) -> Parser:
    """By cheerio and its parse5, of the `judges` in that folder."""
    script = (HERE / "judges/cheerio.mjs").read_text("utf-8")
    return _told_by([str(judges / "venv/bin/node"), "--input-type=module", "-e", script], judges / "node")


def _told_by(command: list[str], folder: Path) -> Parser:
    def parse(documents: Sequence[str]) -> list[Node]:
        words = json.dumps(list(documents))
        done = subprocess.run(command, cwd=folder, input=words, stdout=subprocess.PIPE, text=True, check=True)
        trees = [_of_json(tree) for tree in json.loads(done.stdout)]
        assert len(trees) == len(documents)
        return [tree for tree in trees if isinstance(tree, Node)]

    return parse


def _of_json(tree: Any) -> Node | Comment | str:
    if isinstance(tree, str):
        return tree
    if isinstance(tree, dict):
        return Comment(tree["comment"])
    tag, html, attributes, children = tree
    return Node(tag, html, dict(attributes), [_of_json(child) for child in children])


def body_html(inner: str, base_url: str) -> str:
    """BODY of a page whose #artibody holds `inner`, by html5lib."""
    return bodies([inner], base_url, html5lib_trees)[0]


def bodies(inners: Sequence[str], base_url: str, parse: Parser) -> list[str]:
    """BODY of each page whose #artibody holds one of `inners`."""
    pages = parse([f'<body><div id="artibody">{inner}</div></body>' for inner in inners])
    articles = [next(node for node in page.elements() if node.attributes.get("id") == "artibody") for page in pages]
    found = []
    for page in parse([_inner(article) for article in articles]):
        body = next(node for node in page.children if isinstance(node, Node) and node.tag == "body")
        for element in [body, *body.elements()]:
            element.children = [one for one in element.children if not (isinstance(one, Node) and one.tag == "script")]
        for element in body.elements():
            _apply_rules(element, base_url)
        found.append(_inner(body))
    return found


def _apply_rules(element: Node, base_url: str) -> None:
    attributes = element.attributes
    for name, value in list(attributes.items()):
        if name.startswith("on") or re.sub(r"[\t\n\r]", "", value).lstrip(" ").lower().startswith("javascript:"):
            del attributes[name]
    if element.tag == "a" and attributes.get("href"):
        attributes["href"] = _absolute(base_url, attributes["href"])
    if element.tag == "img":
        lazy = [value for value in attributes.values() if any(ending in value for ending in PICTURES)]
        address = attributes.get("src") or (lazy[0].strip() if lazy else "")
        if address:
            attributes["src"] = _absolute(base_url, address)
            attributes.pop("referrerpolicy", None)
            attributes["referrerpolicy"] = "no-referrer"


def _absolute(base_url: str, ref: str) -> str:
    try:
        return str(ada_url.join_url(base_url, ref))
    except ValueError:
        return ref


def _inner(parent: Node) -> str:
    pieces: list[str] = []
    texts: list[str] = []  # of neighbours: a reference may begin in one and end in the next
    for child in [*parent.children, Comment("")]:
        if isinstance(child, str):
            texts.append(child)
            continue
        if texts:
            text = "".join(texts)
            pieces.append(text if parent.html and parent.tag in RAW else _escape(text, in_attribute=False))
            texts = []
        pieces.append(f"<!--{child.data}-->" if isinstance(child, Comment) else _outer(child))
    return "".join(pieces[:-1])


def _outer(node: Node) -> str:
    attributes = "".join(
        f' {name}="{_escape(value, in_attribute=True)}"' if value else f" {name}"
        for name, value in node.attributes.items()
    )
    if node.html and node.tag in VOID:
        return f"<{node.tag}{attributes}>"
    if not node.html and not node.children:
        return f"<{node.tag}{attributes}/>"
    return f"<{node.tag}{attributes}>{_inner(node)}</{node.tag}>"


def _escape(text: str, *, in_attribute: bool) -> str:
    pieces = [
        "&amp;" + piece
        if number and _starts_reference(piece, in_attribute=in_attribute)
        else ("&" if number else "") + piece
        for number, piece in enumerate(text.split("&"))
    ]
    escaped = "".join(pieces)
    return escaped.replace('"', "&quot;") if in_attribute else escaped.replace("<", "&lt;")


def _starts_reference(rest: str, *, in_attribute: bool) -> bool:
    if re.match(r"#([0-9]|[xX][0-9a-fA-F])", rest):
        return True
    names = [name for name in html5 if rest.startswith(name)]
    if not names:
        return False
    longest = max(names, key=len)
    after = rest[len(longest) : len(longest) + 1]
    return longest.endswith(";") or not (in_attribute and (after == "=" or (after.isascii() and after.isalnum())))
