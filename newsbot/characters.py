"""The characters a post cannot hold, and what stands in their place (post-format.md, TITLE).

They break YAML or the write: C0, DEL, C1 (with U+0085), U+2028, U+2029, the non-characters U+FFFE and U+FFFF, and lone
surrogates, which have no UTF-8 form.
"""

from __future__ import annotations

import re

_ANY = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_ANY_BUT_LAYOUT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_RUN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_RUN_BUT_LAYOUT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]+")
_NON_CHARACTER = re.compile("[\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_line(text: str) -> str:
    """`text` for the front matter: a run of controls, line ends and tabs included, becomes one space."""
    if _ANY.search(text) is None:
        return text
    return _replace(text, _RUN)


def clean_markup(text: str) -> str:
    """`text` for BODY: as `clean_line`, but LF and tab, which belong to HTML's layout, stay."""
    if _ANY_BUT_LAYOUT.search(text) is None:
        return text
    return _replace(text, _RUN_BUT_LAYOUT)


def _replace(text: str, run: re.Pattern[str]) -> str:
    # Non-characters go first, so that two controls around one still make a single run.
    return _SURROGATE.sub("\ufffd", run.sub(" ", _NON_CHARACTER.sub("", text)))
