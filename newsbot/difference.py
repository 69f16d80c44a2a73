"""What differs between two posts, field by field, in pieces that a person can read: Chinese has no words to wrap."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from newsbot import post
from newsbot.characters import clean_line
from newsbot.errors import BadInput
from newsbot.text import gmt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: What may differ, in the order in which it is told. `form` is how the file writes what is the same, `outcome` is that
#: of an article without a post; the page's own title and time are in the ledger, whatever the post takes.
ORDER = (
    *("new", "removed", "file name", "title", "channel", "date", "image", "body", "form"),
    *("outcome", "page title", "page time"),
)

#: A body is compared by sentence and paragraph.
_PIECE = re.compile(r".+?(?:(?:[。！？；…]+[”’」』）》]*(?:</p>|<br>)?|</p>|<br>)\n*|\n+|$)", re.DOTALL)
#: Bodies that differ in more pieces than this are one difference: finding the smallest one takes the square of it.
_MOST_PIECES = 2000
#: How much of a piece is shown, and how much of that may lie before its first difference, characters.
_SHOWN, _LEAD = 240, 24
#: Places of one field that are shown.
_PLACES = 12


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs."""

    field: str  #: of ORDER
    places: tuple[tuple[str, str], ...]  #: (old, new); of a body where it differs, of any other field all of it


@dataclass(frozen=True, slots=True)
class Difference:
    """One article whose views differ."""

    article: str  #: article key
    post: str  #: path of its post as it lies there; of a new one as it would be; '' without one
    changes: tuple[Change, ...]


def of_posts(old: bytes, new: bytes) -> Iterator[Change]:
    """What differs between the files of two posts, but for their names."""
    try:
        was = _fields(post.read(old))
    except BadInput as error:  # somebody changed it by hand
        yield _whole("form", str(error), "as newsbot writes it")
        return
    now = _fields(post.read(new))
    for name in was:
        if was[name] != now[name]:
            yield (
                Change(name, tuple(places(was[name], now[name])))
                if name == "body"
                else _whole(name, was[name], now[name])
            )
    if was == now and old != new:
        yield _whole("form", "written in another way", "as newsbot writes it")


def of_values(name: str, old: str, new: str) -> Iterator[Change]:
    """What differs between two values of the field `name`."""
    if old != new:
        yield _whole(name, old, new)


def lines(difference: Difference, paint: Callable[[str, str], str]) -> Iterator[str]:
    """A difference as lines for a terminal; `paint(text, style)` colours text as `head`, `old` or `new`."""
    yield paint(difference.post or difference.article, "head")
    for change in difference.changes:
        count = len(change.places)
        if change.field == "new":  # its path is the heading
            yield paint("  new", "new")
            continue
        if change.field == "removed":
            yield paint(f"  removed: {change.places[0][1]}", "old")
            continue
        yield f"  {change.field}" + (f", {count} places" if count > 1 else "")
        for old, new in change.places[:_PLACES]:
            before, after = _shown(old, new)
            if before:
                yield paint(f"    - {before}", "old")
            if after:
                yield paint(f"    + {after}", "new")
        if count > _PLACES:
            yield f"    … and {count - _PLACES} places more; --json has all of them"


def _fields(read: post.Post) -> dict[str, str]:
    return {
        "title": read.title,
        "channel": read.channel,
        "date": gmt(read.date),
        "image": read.image,
        "body": read.body,
    }


def _whole(name: str, old: str, new: str) -> Change:
    return Change(name, ((old, new),))


def places(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Where two texts differ, by sentence and paragraph.

    What is added has an empty old side, what is taken away an empty new one.
    """
    was, now = _PIECE.findall(old), _PIECE.findall(new)
    begin = _common(was, now)
    was, now = was[begin:], now[begin:]
    end = _common(was[::-1], now[::-1])
    was, now = was[: len(was) - end], now[: len(now) - end]
    if len(was) + len(now) > _MOST_PIECES:
        yield "".join(was), "".join(now)
        return
    for tag, i, j, k, m in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag != "equal":
            yield "".join(was[i:j]), "".join(now[k:m])


def _common(one: list[str], other: list[str]) -> int:
    """How many pieces both begin with."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _shown(old: str, new: str) -> tuple[str, str]:
    """Both on one line each, no control sign in them, cut to what is around their first difference."""
    old, new = clean_line(old), clean_line(new)
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    begin = 0 if max(len(old), len(new)) <= _SHOWN else max(0, same - _LEAD)
    return _cut(old, begin), _cut(new, begin)


def _cut(text: str, begin: int) -> str:
    shown = text[begin : begin + _SHOWN].strip()
    if not shown:
        return "(white space)" if text else ""
    return ("…" if begin else "") + shown + ("…" if len(text) > begin + _SHOWN else "")
