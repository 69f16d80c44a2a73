"""WARC files → records, with their place, and an honest word where a file is torn.

Reads WARC/1.0 and 1.1 (and the drafts before), plain and gzip, with a member for each record or one for all. Where
warcio gives half a record without complaint, this reader yields `Torn` and stops: everything before it is whole.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from newsbot.errors import BadInput, NotAWarc, RecordError
from newsbot.warc.digest import bears_out, begun
from newsbot.warc.enclosed import located, warc_files
from newsbot.warc.framing import GZIP_MAGIC, Damage, Members, Plain
from newsbot.warc.message import head_end
from newsbot.warc.record import Record, named_fields

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from newsbot.warc.enclosed import Enclosed

__all__ = ["MAX_BLOCK", "Record", "Torn", "check", "fetch", "raw", "records"]

#: Bytes of a block that are kept in memory; of a larger one only so many, its digests being compared on the way.
MAX_BLOCK = 64 * 1024 * 1024

_MAGIC = b"WARC/"
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")  # a frame, or the skippable one of a dictionary
#: What follows the block of every record (ISO 28500 4).
END = b"\r\n\r\n"
_HEAD_LIMIT = 1024 * 1024  # bytes; no WARC header is that long
_AT_ONCE = 1024 * 1024  # bytes of an unfolded member that are read before looking at it
_LENGTH_DIGITS = 19  # nor is any block that large


@dataclass(frozen=True, slots=True)
class Torn:
    """The file cannot be read from `offset` on (bytes): a write that did not end, a hole, damage."""

    file: str
    offset: int
    why: str  #: one line


def records(path: Path | Enclosed, *, start: int = 0) -> Generator[Record | Torn, None, None]:
    """The records of `path` in order from offset `start` on; a Torn comes last where the file cannot be read on.

    Raises NotAWarc for a file that is no WARC (a directory among them) and BadInput for one that cannot be opened.
    """
    walk: _Walk | None = None
    try:
        with _open(path) as stream:
            walk = _Walk(_stretches(stream, start, path), path)
            yield from walk.records()
    except Damage as damage:
        yield Torn(str(path), walk.at if walk else start, str(damage))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; check the disk and the rights") from error


def fetch(path: Path | Enclosed, offset: int, inner: int = 0) -> Record:
    """The record whose member begins at `offset` (bytes). Raises RecordError where none begins or it is torn."""
    with closing(records(path, start=offset)) as found:
        for record in found:
            if isinstance(record, Torn):
                raise RecordError(record.why, file=str(path), offset=offset)
            if record.offset != offset:
                break
            if record.inner == inner:
                return record
    raise RecordError("no record begins here", file=str(path), offset=offset)


class _Walk:
    """Steps through a file's stretches, record by record."""

    def __init__(self, source: Members | Plain, path: Path | Enclosed) -> None:
        self._source = source
        self._packed = isinstance(source, Members)
        self._path = path
        self._held = b""  # bytes of the stretch that came and were not passed yet
        self._ahead: list[bytes] = []  # what comes after them, the last first: pieces that were read already
        self._passed = 0  # bytes of the stretch before `_held`
        self._begin = 0  # where in the stretch the present record begins

    @property
    def at(self) -> int:
        """Offset in the file of the member or plain record that is being read."""
        return self._source.offset if self._packed else self._source.offset + self._begin

    def records(self) -> Iterator[Record]:
        """All records; Damage where they break off."""
        while self._source.begin():
            self._held, self._passed, self._begin = b"", 0, 0
            if self._packed and (alone := self._alone()):
                yield alone
                continue
            more = self._more()
            if not more and not self._packed:
                raise Damage("the file ends before this" if self.at else "the file is empty")
            while more:
                self._begin = self._passed
                record = self._record()
                end = self._passed
                more = self._more()
                record.length = self._length(more)
                record.ending = self._passed - end
                yield record
                if not (self._packed or more) and record.ending < len(END):
                    raise Damage("the empty lines that end this record are cut off")

    def stretch(self, inner: int, size: int) -> Iterator[bytes]:
        """`size` bytes of the first member, or of a plain file, after the first `inner`."""
        self._source.begin()
        for _ in self._take(inner):
            pass
        yield from self._take(size)

    def _alone(self) -> Record | None:
        """The record of a member that holds just one and is not large, as nearly all do: half the work.

        None for any other member, with what was read of it in `_ahead`: it may hold thousands of records, and all that
        is held is copied for each.
        """
        parts: list[bytes] = []
        room = _AT_ONCE
        try:
            while room > 0 and (piece := self._source.read()):
                parts.append(piece)
                room -= len(piece)
        except Damage:
            room = 0  # it comes again where reading goes on
        held = b"".join(parts)
        self._ahead = parts[::-1]
        if room <= 0 or not held.startswith(_MAGIC) or not held.endswith(END) or not (begin := head_end(held)):
            return None
        head = held[:begin]
        headers, concurrent = named_fields(head)
        size = len(held) - begin - len(END)
        if headers.get("content-length") != str(size):
            return None
        self._ahead = []
        offset = self._source.offset
        length = self._source.place() - offset
        block = held[begin : begin + size]
        return Record(headers, block, str(self._path), offset, length, 0, concurrent, size, head)

    def _length(self, more: bool) -> int:
        if isinstance(self._source, Plain):
            return self._passed - self._begin
        return 0 if more or self._begin else self._source.place() - self._source.offset

    def _record(self) -> Record:
        head = self._head()
        headers, concurrent = named_fields(head)
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit() and len(length) < _LENGTH_DIGITS):
            raise Damage(f"the record's Content-Length is {length[:40]!r}")
        self._source.promise(self._passed, int(length))
        inner = self._begin if self._packed else 0
        record = Record(headers, b"", str(self._path), self.at, 0, inner, concurrent, int(length), head)
        if record.size <= MAX_BLOCK:
            record.block = self._block(record.size)
        else:
            self._large(record)
        return record

    def _head(self) -> bytes:
        """The record's header through its empty line."""
        while not (end := head_end(self._held)):
            self._check_magic()
            piece = self._read()
            if not piece or len(self._held) > _HEAD_LIMIT:
                raise Damage("the record's header has no end")
            self._held += piece
        self._check_magic()
        head = self._held[:end]
        self._pass(len(head))
        return head

    def _check_magic(self) -> None:
        if self._held.startswith(_MAGIC[: len(self._held)]):
            return
        if self.at == 0 and self._begin == 0:
            raise NotAWarc(f"{self._path} is no WARC file: it begins with {self._held[:16]!r}")
        shown = self._held[:16]
        raise Damage(f"no record begins here but {repr(shown) if shown.strip(bytes(1)) else 'zero bytes'}")

    def _block(self, size: int) -> bytes:
        """The next `size` bytes as one."""
        if len(self._held) < size:
            return b"".join(self._take(size))
        block = self._held[:size]
        self._pass(size)
        return block

    def _take(self, size: int, before: int = 0) -> Iterator[bytes]:
        """Exactly the next `size` bytes, in pieces; `before` bytes of the block came already."""
        missing = size
        while missing:
            if not self._held:
                self._held = self._read()
            if not self._held:
                there = before + size - missing
                raise Damage(f"the record says {before + size} bytes, but {there} are there")
            piece = self._held[:missing]
            self._pass(len(piece))
            missing -= len(piece)
            yield piece

    def _large(self, record: Record) -> None:
        """Keep the beginning of a block, and take its digests while the rest goes by."""
        record.block = b"".join(self._take(MAX_BLOCK))
        labels = [record.headers.get(name, "") for name in ("warc-block-digest", "warc-payload-digest")]
        digests = [begun(label) for label in labels]
        heads = (record.block, record.http.body if record.is_http else record.block)
        for digest, part in zip(digests, heads, strict=True):
            if digest:
                digest.update(part)
        for piece in self._take(record.size - MAX_BLOCK, MAX_BLOCK):
            for digest in digests:
                if digest:
                    digest.update(piece)
        pairs = zip(labels, digests, strict=True)
        record.large = [bears_out(label, digest) if digest else None for label, digest in pairs]

    def _more(self) -> bool:
        """Pass over line ends; False at the end of the stretch."""
        while True:
            rest = self._held.lstrip(b"\r\n")
            self._pass(len(self._held) - len(rest))
            if self._held:
                return True
            self._held = self._read()
            if not self._held:
                return False

    def _read(self) -> bytes:
        """The next piece of the stretch."""
        return self._ahead.pop() if self._ahead else self._source.read()

    def _pass(self, size: int) -> None:
        self._held = self._held[size:]
        self._passed += size


def raw(record: Record) -> Iterator[bytes]:
    """The record byte for byte, header and block, in pieces: read again where the block is not held whole."""
    if len(record.block) == record.size:
        yield record.head + record.block
        return
    path = located(Path(record.file))
    with _open(path) as stream:
        walk = _Walk(_stretches(stream, record.offset, path), path)
        yield from walk.stretch(record.inner, len(record.head) + record.size)


def check(path: Path) -> None:
    """Raise NotAWarc or BadInput unless `path` is a WARC file that can be read, or a WACZ with WARC files in it.

    Of a WARC file the first record is looked at.
    """
    [file, *others] = warc_files(path)
    if file == path and not others:
        with closing(records(file)) as found:
            next(found, None)


def _open(path: Path | Enclosed) -> BinaryIO:
    try:
        return path.open("rb", buffering=0)
    except IsADirectoryError as error:
        raise NotAWarc(f"{path} is a directory, not a WARC file; name the files in it") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; check the name and the rights") from error


def _stretches(stream: BinaryIO, start: int, path: Path | Enclosed) -> Members | Plain:
    stream.seek(start)
    first = stream.read(len(_MAGIC))
    stream.seek(start)
    if first and first[:2] == GZIP_MAGIC[: len(first)]:
        return Members(stream, start)
    if _MAGIC.startswith(first) or start:
        return Plain(stream, start)
    if _ZSTD.match(first):
        raise NotAWarc(
            f"{path} is packed with Zstandard, which newsbot does not read; unpack it with `zstd -d` "
            "(zstdwarccat where it has a dictionary of its own) and name the .warc file"
        )
    raise NotAWarc(f"{path} is no WARC file: it begins with {first!r}")
