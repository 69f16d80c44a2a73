"""Lexbor's trees: a JSON list of documents on standard input, as many trees on standard output (tests/oracle.py).

Runs in the judges' environment (tests/judges.sh), which has selectolax; newsbot never imports it.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

#: What holds HTML again in SVG and MathML (HTML Standard 13.2.6, integration points), and what stays MathML's there.
HOLD_HTML = {"svg": {"foreignObject", "desc", "title"}, "math": {"mi", "mo", "mn", "ms", "mtext"}}
STAY_FOREIGN = {"mglyph", "malignmark"}
HTML_TYPES = {"text/html", "application/xhtml+xml"}


def tree(node: Any, within: str = "", parent: str = "") -> Any:
    """[tag, is it HTML, attributes, children]; a text as it is; a comment as {"comment": …}.

    selectolax does not tell namespaces, they follow from where an element stands: `within` is `svg`, `math` or '' for
    HTML, as `parent`'s children are by themselves.
    """
    if node.is_text_node:
        return node.text_content
    if node.is_comment_node:
        return {"comment": node.html.removeprefix("<!--").removesuffix("-->")}  # comment_content strips blanks
    if not node.is_element_node:
        return {"comment": node.html[1:-1]}  # <?…?>: a comment to the HTML Standard until 2025
    tag, named = node.tag, node.attributes
    text_of_math = within == "math" and parent in HOLD_HTML["math"] and tag in STAY_FOREIGN
    kind = within if not (within and parent in HOLD_HTML[within]) or text_of_math else ""
    kind = tag if tag in HOLD_HTML and (kind in {"", tag} or parent == "annotation-xml") else kind
    html_in_math = kind == "math" and tag == "annotation-xml" and (named.get("encoding") or "").lower() in HTML_TYPES
    parents = node.template_fragments() if tag == "template" and not kind else [node]
    inside = ("", "") if html_in_math else (kind, tag)
    children = [tree(child, *inside) for one in parents for child in one.iter(include_text=True)]
    return [tag, not kind, [[name, value or ""] for name, value in named.items()], children]


def main() -> None:
    """Parse them all."""
    parser = importlib.import_module("selectolax.lexbor").LexborHTMLParser
    json.dump([tree(parser(text).root) for text in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
