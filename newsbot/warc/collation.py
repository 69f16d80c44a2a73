"""Is a CDXJ file what the records give? Compared without keeping lines: by their number and the sum of their hashes."""

from __future__ import annotations

import json
from contextlib import closing
from itertools import zip_longest
from typing import TYPE_CHECKING

from newsbot.warc.index import Sorter, lines_of

if TYPE_CHECKING:
    from pathlib import Path

_SPAN = 1 << 64


class Collation:
    """Use: `add` the line of every record, then ask what `differs`."""

    def __init__(self) -> None:
        self._lines = 0
        self._sum = 0

    def add(self, line: bytes) -> None:
        """The index line of one more record."""
        self._lines += 1
        self._sum = (self._sum + hash(line)) % _SPAN

    def differs(self, cdxj: Path, warc: Path) -> tuple[int | None, str] | None:
        """Where (bytes) and how `cdxj` differs from what `warc` gives; None when it does not.

        Raises OSError where it cannot be read, FileNotFoundError when there is none.
        """
        found, before, ordered = Collation(), b"", True
        with cdxj.open("rb") as lines:
            for line in lines:
                found.add(line)
                ordered = ordered and before < line
                before = line
        if ordered and (found._lines, found._sum) == (self._lines, self._sum):
            return None
        return self._difference(cdxj, warc)

    def _difference(self, cdxj: Path, warc: Path) -> tuple[int, str]:
        offset = 0
        with closing(Sorter()) as sorter, cdxj.open("rb") as lines:
            for line in lines_of(warc):
                sorter.add(line)
            for there, due in zip_longest(lines, sorter):
                if there != due:
                    return offset, _told(there, due, warc.name)
                offset += len(there or b"")
        return offset, "its lines are not those that the records give"


def _told(there: bytes | None, due: bytes | None, name: str) -> str:
    if there is None:
        return f"the line of {_url(due)} and all that follow are missing"
    try:
        filename = str(json.loads(there.split(b" ", 2)[2])["filename"])
    except (ValueError, LookupError, TypeError):
        return "no CDXJ line begins here"
    if filename != name:
        return f"it is the index of {filename}"
    if due is None:
        return f"no record gives the line of {_url(there)}"
    return f"the line of {_url(there)} stands where the records give that of {_url(due)}, or is another"


def _url(line: bytes | None) -> str:
    try:
        return str(json.loads((line or b"").split(b" ", 2)[2])["url"])
    except (ValueError, LookupError, TypeError):
        return repr((line or b"")[:40])
