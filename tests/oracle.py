"""BODY a second time, from html5lib and written apart from newsbot.sina.body: slow, plain, recursive (post-format.md).

The oracle knows nothing of controls, limits or what acts only for some readers; tests give it none of that.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import Any
from xml.dom import Node

import ada_url
import html5lib

HTML = "http://www.w3.org/1999/xhtml"
VOID = {
    *("area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link"),
    *("meta", "param", "source", "track", "wbr"),
}
RAW = {"style", "script", "xmp", "iframe", "noembed", "noframes", "plaintext"}
PICTURES = (".gif", ".png", ".jpg", ".webp")


def body_html(inner: str, base_url: str) -> str:
    """BODY of a page whose #artibody holds `inner`."""
    page = _parse(f'<body><div id="artibody">{inner}</div></body>')
    article = next(div for div in page.getElementsByTagName("div") if div.getAttribute("id") == "artibody")
    body = _parse(_inner(article, first=True)).getElementsByTagName("body")[0]
    for script in [element for element in _elements(body) if element.localName == "script"]:
        script.parentNode.removeChild(script)
    body.normalize()
    for element in _elements(body):
        _apply_rules(element, base_url)
    return _inner(body)


def _parse(text: str) -> Any:
    document = html5lib.parse(text, treebuilder="dom")
    document.normalize()  # html5lib leaves a text node for each token
    return document


def _elements(parent: Any) -> list[Any]:
    found = []
    for child in parent.childNodes:
        if child.nodeType == Node.ELEMENT_NODE:
            found += [child, *_elements(child)]
    return found


def _apply_rules(element: Any, base_url: str) -> None:
    for name, value in list(element.attributes.items()):
        if name.startswith("on") or re.sub(r"[\t\n\r]", "", value).lstrip(" ").lower().startswith("javascript:"):
            element.removeAttribute(name)
    if element.tagName == "a" and element.getAttribute("href"):
        element.setAttribute("href", _absolute(base_url, element.getAttribute("href")))
    if element.tagName == "img":
        values = [value for _, value in element.attributes.items()]
        lazy = [value for value in values if any(ending in value for ending in PICTURES)]
        address = element.getAttribute("src") or (lazy[0].strip() if lazy else "")
        if address:
            element.setAttribute("src", _absolute(base_url, address))
            if element.hasAttribute("referrerpolicy"):
                element.removeAttribute("referrerpolicy")
            element.setAttribute("referrerpolicy", "no-referrer")


def _absolute(base_url: str, ref: str) -> str:
    try:
        return str(ada_url.join_url(base_url, ref))
    except ValueError:
        return ref


def _inner(parent: Any, *, first: bool = False) -> str:
    return "".join(_outer(child, first=first) for child in parent.childNodes)


def _outer(node: Any, *, first: bool) -> str:
    if node.nodeType == Node.COMMENT_NODE:
        return f"<!--{node.data}-->"
    if node.nodeType == Node.TEXT_NODE:
        parent = node.parentNode
        raw = parent.namespaceURI == HTML and parent.tagName in RAW
        return node.data if raw else _escape(node.data, in_attribute=False)
    html, tag = node.namespaceURI == HTML, node.tagName
    attributes = "".join(
        f' {name}="{_escape(value, in_attribute=True)}"' if value else f" {name}"
        for name, value in node.attributes.items()
    )
    if html and tag in VOID:
        return f"<{tag}{attributes}>"
    if not html and not node.childNodes:
        return f"<{tag}{attributes}/>"
    return f"<{tag}{attributes}>{_inner(node, first=first)}</{tag}>"


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
