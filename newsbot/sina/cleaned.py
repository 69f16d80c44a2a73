"""What an article says, without what Sina puts around it: to tell an edit from adverts and counters.

Works on BODY as serialise.py writes it (lower-case names, double quotes), and so needs no parser: a tenth of the time.
"""

from __future__ import annotations

import html
import re

from newsbot.sina import furniture
from newsbot.sina.serialise import VOID

_TOKEN = re.compile(r'<(?:!--.*?--|(/?)([a-z][^\s/>]*)([^>"]*(?:"[^"]*"[^>"]*)*))>', re.DOTALL)
_ATTRIBUTE = re.compile(r' (class|id|src)="([^"]*)"')
_UNSHOWN = frozenset({"script", "style", "template", "noscript", "iframe", "ins"})
#: Elements that stand within a line.
_INLINE = frozenset(
    {
        "a",
        "b",
        "big",
        "cite",
        "code",
        "em",
        "font",
        "i",
        "img",
        "mark",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
    }
)
#: What follows a picture's address and changes by itself.
_QUERY = re.compile(r"[?#].*", re.DOTALL)


def cleaned(body: str) -> str:
    """The text of BODY, a line for each block, each picture as `[address]`; no comments, furniture, adverts."""
    pieces: list[str] = []
    at = 0
    skipped: list[str] = []  # open elements, from the outermost that is left out on
    for token in _TOKEN.finditer(body):
        if not skipped:
            pieces.append(body[at : token.start()])
        at = token.end()
        name = token[2]
        if name is None:  # a comment
            continue
        if token[1]:
            _close(skipped, name)
        elif skipped or _is_left_out(name, token[3]):
            if name not in VOID:
                skipped.append(name)
        elif name == "img":
            pieces.append(_picture(token[3]))
        if name not in _INLINE:
            pieces.append("\n")
    if not skipped:
        pieces.append(body[at:])
    lines = html.unescape("".join(pieces)).split("\n")
    return "\n".join([" ".join(line.split()) for line in lines if line and not line.isspace()])


def _close(skipped: list[str], name: str) -> None:
    """An end tag closes the innermost open element of its name, and all within it."""
    for place in range(len(skipped) - 1, -1, -1):
        if skipped[place] == name:
            del skipped[place:]
            return


def _is_left_out(name: str, attributes: str) -> bool:
    if name in _UNSHOWN:
        return True
    if "class=" not in attributes and "id=" not in attributes:
        return False
    given = dict(_ATTRIBUTE.findall(attributes))
    return given.get("id") == furniture.ADVERT_ID or not furniture.CLASSES.isdisjoint(given.get("class", "").split())


def _picture(attributes: str) -> str:
    address = dict(_ATTRIBUTE.findall(attributes)).get("src", "")
    return f"[{_QUERY.sub('', address.partition('//')[2])}]" if address else ""
