"""What both databases can hold: text without NUL and lone surrogates, and JSON as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def storable(row: dict[str, Any]) -> dict[str, Any]:
    """The row with U+0001 for each NUL (PostgreSQL holds none, and a TITLE takes both for a blank), and with U+FFFD for
    each lone surrogate (which is no character).
    """
    whole = "".join([value for value in row.values() if isinstance(value, str)])
    if _is_text(whole):  # nearly always: looking at all values at once is the cheaper question
        return row
    return {name: _scalars(value) if isinstance(value, str) else value for name, value in row.items()}


def as_json(value: Any) -> str:
    """Canonical JSON."""
    return _scalars(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def as_keys(keys: Iterable[str]) -> str:
    """What the parameter `statement.KEYS` takes."""
    return json.dumps([_scalars(key) for key in keys])


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _scalars(text: str) -> str:
    if _is_text(text):
        return text
    return text.replace("\0", "\x01").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
