"""CDXJ: one line a record, so that a replay engine finds a capture by URL and time.

`<SURT> <14 digits> {"url", "mime", "status", "digest", "length", "offset", "filename"}`, sorted by bytes. The same
records are listed as by cdxj-indexer and pywb's `cdx-indexer -j`: response, revisit, resource, and metadata that is no
`application/warc-fields`. The digest is the record's payload digest; where it has none (chunked answers, warc.md
section 2) it is that of the entity-body. A file's index lies beside it as `<file>.cdxj` and names it without folder.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from itertools import zip_longest
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any

from newsbot.errors import BadInput, RecordError
from newsbot.warc.digest import sha256
from newsbot.warc.files import write_durably
from newsbot.warc.reader import Record, Torn, records
from newsbot.warc.surt import surt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from newsbot.warc.message import Message

#: Lines that go to a sorter's database at a time.
_AT_ONCE = 500
_LISTED = frozenset({"response", "revisit", "resource", "metadata"})
FIELDS_TYPE = "application/warc-fields"
_ADVICE = "`warcio recompress` makes it indexable"
_MIME_END = re.compile(r"[;\s]")


@dataclass(frozen=True, slots=True)
class Row:
    """What an index says of a record, but for its place."""

    url: str
    date: str  #: WARC-Date
    mime: str = ""  #: without parameters; '' when unknown
    status: str = ""  #: HTTP status; '' when there is none
    digest: str = ""

    def line(self, offset: int, length: int, filename: str) -> bytes:
        """The CDXJ line with its line feed; `offset` and `length` are those of the record's member, in bytes."""
        facts = [("url", self.url), ("mime", self.mime), ("status", self.status), ("digest", self.digest)]
        facts += [("length", str(length)), ("offset", str(offset)), ("filename", filename)]
        # As json.dumps, in half of its time.
        body = ", ".join([f'"{name}": {encode_basestring_ascii(value)}' for name, value in facts if value])
        digits = self.date[:19].replace("-", "").replace("T", "").replace(":", "")
        if not (digits.isdigit() and len(digits) == 14):
            digits = "".join(filter(str.isdigit, self.date))[:14]
        return f"{surt(self.url)} {digits} {{{body}}}\n".encode()


def http_row(url: str, date: str, message: Message, digest: str) -> Row:
    """The row of a response; `digest` is its WARC-Payload-Digest or ''."""
    mime = _mime(message.value("content-type"))
    return Row(url, date, mime, str(message.status or ""), digest or entity_digest(message))


def revisit_row(url: str, date: str, message: Message | None = None, digest: str = "") -> Row:
    """The row of a revisit, with the head it keeps, if any, and the digest of the payload it stands for."""
    return Row(url, date, "warc/revisit", str(message.status or "") if message else "", digest)


def entity_digest(message: Message) -> str:
    """The standard's payload digest, over the de-chunked body; '' where the chunks are none."""
    try:
        return sha256(message.entity())
    except ValueError:
        return ""


def row(record: Record) -> Row | None:
    """The row of `record`, or None when an index does not list it."""
    if record.type not in _LISTED or not record.target or record.content_type == FIELDS_TYPE:
        return None
    digest = record.headers.get("warc-payload-digest", "")
    if record.type == "revisit":
        return revisit_row(record.target, record.date, record.http if record.block else None, digest)
    if record.is_http:
        return http_row(record.target, record.date, record.http, digest)
    digest = digest or record.headers.get("warc-block-digest", "") or sha256(record.block)
    return Row(record.target, record.date, _mime(record.content_type), "", digest)


def ordered(lines: Iterable[bytes | bytearray]) -> bytes:
    """The lines as a CDXJ file: sorted by bytes, each once."""
    return b"".join(sorted(set(map(bytes, lines))))


def beside(warc: Path) -> Path:
    """Where the index of the file `warc` lies."""
    return warc.with_name(f"{warc.name}.cdxj")


def write(warc: Path, progress: Callable[[int], None] = lambda _: None) -> Path:
    """Rebuild the index beside the closed file `warc` by reading it; byte for byte what the writer left at close.

    `progress` hears how far it has come (bytes). Raises NotAWarc or BadInput for what is no WARC file or has several
    records in one gzip member, RecordError for a torn file, which is indexed up to there, ArchiveError when the index
    cannot be written.
    """
    with closing(Lines(warc)) as lines:
        for record in lines.passing(records(warc)):
            progress(record.offset)
            if lines.shared:
                break
        return lines.write()


def lines_of(warc: Path) -> Iterator[bytes]:
    """The index lines of the closed file `warc`, in the order of its records. Raises as `write` does."""
    for record in records(warc):
        if isinstance(record, Torn):
            raise RecordError(record.why, file=str(warc), offset=record.offset)
        if not record.length or record.inner:
            raise BadInput(f"{warc}: several records share one gzip member; {_ADVICE}")
        if found := row(record):
            yield found.line(record.offset, record.length, warc.name)


class Lines:
    """The index of one file, made while its records pass by. Memory stays flat: see Sorter."""

    def __init__(self, warc: Path) -> None:
        self.warc = warc
        self.torn: Torn | None = None  #: the first; what lies behind it is not indexed
        self.shared = False  #: several records share one gzip member, so that an offset does not find one
        self._sorter = Sorter()

    def passing(self, found: Iterable[Record | Torn]) -> Iterator[Record | Torn]:
        """What was found, unchanged."""
        for record in found:
            if isinstance(record, Torn):
                self.torn = self.torn or record
            elif self.torn is None:
                self.shared = self.shared or not record.length or record.inner > 0
                if listed := None if self.shared else row(record):
                    self._sorter.add(listed.line(record.offset, record.length, self.warc.name))
            yield record

    def write(self) -> Path:
        """Put the index beside the file, unless it lies there already.

        Raises ArchiveError; BadInput where there can be none; RecordError, once it is written, for a torn file.
        """
        if self.shared:
            raise BadInput(f"{self.warc}: several records share one gzip member; {_ADVICE}")
        path = beside(self.warc)
        if not self._lies_in(path):
            write_durably(path, iter(self._sorter))
        if self.torn:
            why = f"{self.torn.why}; indexed up to there"
            raise RecordError(why, file=str(self.warc), offset=self.torn.offset)
        return path

    def _lies_in(self, path: Path) -> bool:
        try:
            with path.open("rb") as lines:
                return all(there == due for there, due in zip_longest(lines, self._sorter))
        except OSError:  # not there, or not to be read: writing it will say why
            return False

    def close(self) -> None:
        """Give the disk space back."""
        self._sorter.close()


class Sorter:
    """Any number of lines, each once, sorted by bytes; on disk where they are many (a temporary database)."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # an unnamed file that the system removes by itself
        self._database.execute("CREATE TABLE line (content BLOB PRIMARY KEY) WITHOUT ROWID")
        self._new: list[tuple[bytes]] = []

    def add(self, line: bytes) -> None:
        """Take one more line."""
        self._new.append((line,))
        if len(self._new) == _AT_ONCE:
            self._store()

    def _store(self) -> None:
        self._database.executemany("INSERT OR IGNORE INTO line VALUES (?)", self._new)
        self._new.clear()

    def __iter__(self) -> Iterator[bytes]:
        self._store()
        for (line,) in self._database.execute("SELECT content FROM line ORDER BY content"):
            yield line

    def close(self) -> None:
        """Give the disk space back."""
        self._database.close()


def rows(cdxj: Path) -> Iterator[dict[str, Any]]:
    """Every row of an index, each the JSON object."""
    with cdxj.open("rb") as lines:
        for line in lines:
            yield json.loads(line.split(b" ", 2)[2])


def lookup(cdxj: Path, url: str) -> Iterator[dict[str, Any]]:
    """The rows of `url` (all URLs with its SURT) in the order of time, each the JSON object plus `timestamp`."""
    key = surt(url).encode() + b" "
    with cdxj.open("rb") as lines:
        for line in lines:
            if line.startswith(key):
                timestamp, _, body = line[len(key) :].partition(b" ")
                yield {"timestamp": timestamp.decode("ascii"), **json.loads(body)}


def _mime(content_type: str) -> str:
    return _MIME_END.split(content_type.strip(), maxsplit=1)[0]
