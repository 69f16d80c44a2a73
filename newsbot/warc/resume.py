"""Reading on behind damage: the next whole record of a file, so that one tear hides nothing that follows it."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from newsbot.errors import NotAWarc
from newsbot.warc.enclosed import warc_files
from newsbot.warc.framing import Damage
from newsbot.warc.reader import Record, Torn, records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsbot.warc.enclosed import Enclosed

#: How a record begins: as a gzip member, or at the beginning of a line of a plain file.
_BEGIN = re.compile(rb"\x1f\x8b\x08|(?<=\n)WARC/\d\.\d\r?\n")
_LONGEST = 12  # bytes that the pattern looks at
_PIECE = 1024 * 1024  # bytes


def later_record(path: Path | Enclosed, after: int) -> int:
    """Offset of the first whole record that begins beyond `after` (bytes); 0 when there is none.

    Raises BadInput where the file cannot be read.
    """
    try:
        for place in _beginnings(path, after):
            with closing(records(path, start=place)) as later:
                if isinstance(next(later, None), Record):
                    return place
    except Damage:  # of the zip file around it, which has been told
        pass
    return 0


def all_records(path: Path | Enclosed) -> Iterator[Record | Torn]:
    """As `reader.records`, but where the file is torn it goes on with the next whole record, if there is one."""
    start: int | None = 0
    while start is not None:
        torn, passed = None, 0
        for found in records(path, start=start):
            if isinstance(found, Torn):
                torn = found
            else:
                passed = found.offset + found.length
            yield found
        start = later_record(path, max(torn.offset, passed)) or None if torn else None


def readable(path: Path) -> Iterator[Record | Torn]:
    """`all_records` of each WARC file that a path stands for: of a WACZ, those inside it.

    Raises NotAWarc and BadInput; a file inside a WACZ that is no WARC file is a Torn.
    """
    for file in warc_files(path):
        try:
            yield from all_records(file)
        except NotAWarc as error:
            if file == path:
                raise
            yield Torn(str(file), 0, str(error))


def _beginnings(path: Path | Enclosed, after: int) -> Iterator[int]:
    with path.open("rb") as stream:
        stream.seek(after)
        at, held = after, b""
        while piece := stream.read(_PIECE):
            held += piece
            for found in _BEGIN.finditer(held):
                if at + found.start() > after:
                    after = at + found.start()
                    yield after
            # A beginning may lie across two pieces.
            kept = held[-(_LONGEST - 1) :]
            at, held = at + len(held) - len(kept), kept
