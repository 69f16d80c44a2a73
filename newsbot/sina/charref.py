"""Character references: what has to be escaped so that the next parser reads the same text (post-format.md, step 7).

Only what would be read as something else is escaped: `AT&T` and a URL's `?a=1&b=2` stay as they are written.
"""

from __future__ import annotations

import re
from html.entities import html5

#: Names that count without a semicolon (HTML Standard 13.5: 106 of them), longest first.
_LEGACY = sorted((name for name in html5 if not name.endswith(";")), key=len, reverse=True)
_NAMED = {name.removesuffix(";") for name in html5}
_LONGEST = max(map(len, _NAMED))

_NUMERIC = r"#(?:[0-9]|[xX][0-9a-fA-F])"
_FULL = rf"([A-Za-z][A-Za-z0-9]{{1,{_LONGEST}}});"
_AMPERSAND_IN_TEXT = re.compile(rf"&(?:({_NUMERIC}|{'|'.join(_LEGACY)})|{_FULL})")
#: In an attribute a legacy name is text when `=`, a letter or a digit follows (HTML Standard 13.2.5.73).
_AMPERSAND_IN_VALUE = re.compile(rf"&(?:({_NUMERIC}|(?:{'|'.join(_LEGACY)})(?![=A-Za-z0-9]))|{_FULL})")


def escape_text(text: str) -> str:
    """Decoded `text` as it must stand between tags: `<`, and `&` where it would start a reference, are escaped."""
    if "&" in text:
        text = _AMPERSAND_IN_TEXT.sub(_escape, text)
    return text.replace("<", "&lt;")


def escape_value(value: str) -> str:
    """A decoded attribute `value` as it must stand between double quotes: `"`, and such `&`, are escaped."""
    if "&" in value:
        value = _AMPERSAND_IN_VALUE.sub(_escape, value)
    return value.replace('"', "&quot;")


def _escape(match: re.Match[str]) -> str:
    starts_a_reference = match[1] is not None or match[2] in _NAMED
    return "&amp;" + match[0][1:] if starts_a_reference else match[0]
