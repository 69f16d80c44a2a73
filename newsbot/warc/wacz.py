"""WACZ 1.1.1: WARC records, their index and a list of pages in one ZIP file, for ReplayWeb.page, pywb and others.

Written in one pass to a temporary name beside its own and renamed, with constant memory. WARC records are copied as the
gzip members they are, and stored in the ZIP without compressing them again, so that a replay engine reads a record by
its place. Nothing is signed. Specification: specs.webrecorder.net/wacz/1.1.1.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import struct
import zlib
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from newsbot.errors import BadInput, OutputError
from newsbot.warc.files import drafted
from newsbot.warc.index import Sorter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from newsbot.warc.index import Row

VERSION = "1.1.1"
SUFFIX = ".wacz"

#: Lines of the index in one gzip member: what a replay engine reads to find an address. As archiveweb.page has it.
BLOCK = 1024

_PIECE = 1024 * 1024  # bytes
_NAMELESS = re.compile(r"[^a-z0-9._-]")  # what a resource's name may not hold (Data Package, "name")


@dataclass(frozen=True, slots=True)
class Member:
    """A record's gzip member in a WARC file."""

    offset: int  #: bytes
    length: int  #: bytes
    row: Row | None = None  #: what the index says of it; None when it is not listed


@dataclass(frozen=True, slots=True)
class Entry:
    """What goes into the WACZ of one WARC file."""

    path: Path
    size: int  #: of all members, bytes
    members: Iterable[Member]  #: in the order of the file, its warcinfo record first


@dataclass(frozen=True, slots=True)
class Page:
    """A line of the page list: where a reader begins."""

    id: str
    url: str  #: WARC-Target-URI of the capture
    ts: str  #: its moment, RFC 3339, UTC, to the second as in the index
    title: str
    text: str

    def line(self) -> bytes:
        """The line, with its line feed."""
        return _json(asdict(self)) + b"\n"


@dataclass(frozen=True, slots=True)
class About:
    """What the WACZ says of itself."""

    title: str
    description: str  #: Markdown
    software: str
    created: datetime  #: aware UTC


@dataclass(slots=True)
class Written:
    """What a WACZ holds."""

    size: int = 0  #: of the WACZ, bytes
    files: int = 0  #: WARC files
    rows: int = 0  #: lines of the index
    pages: int = 0


def check(out: Path, *, replace: bool = False) -> None:
    """Raise BadInput when no WACZ can be called `out`, or a file of that name is there and not to be replaced;
    OutputError when its folder cannot be written. So that nobody learns it after an hour's work.
    """
    if out.suffix != SUFFIX:
        raise BadInput(f"{out}: the name of a WACZ must end in {SUFFIX}")
    if out.is_dir() or (out.exists() and not out.is_file()):
        raise BadInput(f"{out} is no file; give the name of a file to write")
    if out.exists() and not replace:
        raise BadInput(f"{out} is there already; give another name, or --force to replace it")
    if not out.parent.is_dir():
        raise BadInput(f"{out.parent} is no folder; make it first")
    if not os.access(out.parent, os.W_OK):
        raise _unwritable(out, "Permission denied")


def write(
    out: Path,
    entries: Iterable[Entry],
    pages: Iterable[Page],
    about: About,
    progress: Callable[[int], None],
) -> Written:
    """Write the WACZ; `progress` gets the bytes of WARC records that are copied.

    Raises BadInput for a WARC file that cannot be read, Locked when another process is writing `out`, OutputError when
    it or its temporary files cannot be written; then nothing is left behind, and an older `out` stays as it was.
    """
    try:
        with drafted(out) as stream, ZipFile(stream, "w") as archive, closing(Sorter()) as index:
            package = _Package(archive, about)
            written = Written()
            for entry in entries:
                package.warc(entry, index, progress)
                written.files += 1
            written.rows = package.index(index)
            written.pages = package.pages(pages)
            package.close()
        written.size = out.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise _unwritable(out, getattr(error, "strerror", None) or error) from error
    return written


def _unwritable(out: Path, why: object) -> OutputError:
    return OutputError(f"{out} could not be written: {why}; make room, check the rights or give another name")


class _Package:
    """Puts files into the ZIP, and keeps the list of them that datapackage.json is."""

    def __init__(self, archive: ZipFile, about: About) -> None:
        self._zip = archive
        self._about = about
        self._resources: list[dict[str, Any]] = []
        self._names: set[str] = set()
        self._copied = 0  # bytes of WARC records

    def warc(self, entry: Entry, index: Sorter, progress: Callable[[int], None]) -> None:
        """The chosen members of a WARC file, under the file's name."""
        name = self._free(entry.path.name)
        at = 0
        with self._file(f"archive/{name}", entry.size) as target, _reading(entry.path) as source:
            for member in entry.members:
                for piece in _pieces(source, member, entry.path):
                    target.write(piece)
                if member.row:
                    index.add(member.row.line(at, member.length, name))
                at += member.length
                progress(self._copied + at)
        self._copied += at

    def index(self, index: Sorter) -> int:
        """The index in gzip members of BLOCK lines, and the list of these; how many lines."""
        header = {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}
        places = bytearray(b"!meta 0 " + _json(header) + b"\n")
        at = count = 0
        rows = iter(index)
        with self._file("indexes/index.cdx.gz") as target:
            while lines := list(islice(rows, BLOCK)):
                count += len(lines)
                block = _gzipped(b"".join(lines))
                target.write(block)
                facts = {"offset": at, "length": len(block), "digest": _digest(hashlib.sha256(block))}
                places += lines[0].partition(b" {")[0] + b" " + _json(facts) + b"\n"
                at += len(block)
        with self._file("indexes/index.idx", len(places), packed=True) as target:
            target.write(places)
        return count

    def pages(self, pages: Iterable[Page]) -> int:
        """The page list; how many pages."""
        count = 0
        header = {"format": "json-pages-1.0", "id": "pages", "title": self._about.title, "hasText": True}
        with self._file("pages/pages.jsonl", packed=True) as target:
            target.write(_json(header) + b"\n")
            for count, page in enumerate(pages, 1):  # noqa: B007 - the number is what is wanted
                target.write(page.line())
        return count

    def close(self) -> None:
        """datapackage.json and its digest, which are no resources themselves."""
        about = asdict(self._about) | {"created": self._about.created.strftime("%Y-%m-%dT%H:%M:%SZ")}
        facts = {"profile": "data-package", "wacz_version": VERSION, **about, "resources": self._resources}
        content = _json(facts, indent=2)
        digest = {"path": "datapackage.json", "hash": _digest(hashlib.sha256(content))}
        for name, text in (("datapackage.json", content), ("datapackage-digest.json", _json(digest, indent=2))):
            with self._file(name, len(text), packed=True) as target:
                target.write(text)

    @contextmanager
    def _file(self, name: str, size: int | None = None, *, packed: bool = False) -> Iterator[_Hashing]:
        """A file in the ZIP, written piece by piece; a `size` that is not known may be larger than 4 GiB."""
        info = ZipInfo(name, self._about.created.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED if packed else ZIP_STORED
        info.external_attr = 0o644 << 16
        info.file_size = size or 0  # tells zipfile whether it must write ZIP64
        # ReplayWeb.page looks for extra fields, such as ZIP64's, at a file only where the directory has one for it too.
        info.extra = struct.pack("<HHBI", 0x5455, 5, 1, int(self._about.created.timestamp()))  # time of change
        with self._zip.open(info, "w", force_zip64=size is None) as target:
            hashing = _Hashing(target)
            yield hashing
        resource = {"name": _NAMELESS.sub("-", PurePath(name).name.lower()), "path": name}
        self._resources.append(resource | {"hash": _digest(hashing.sha256), "bytes": hashing.size})

    def _free(self, name: str) -> str:
        """`name`, with a number before it when another file has it."""
        free, number = name, 1
        while free in self._names:
            number += 1
            free = f"{number}-{name}"
        self._names.add(free)
        return free


@dataclass(slots=True)
class _Hashing:
    """A stream to write to, its digest and size."""

    target: IO[bytes]
    sha256: Any = field(default_factory=hashlib.sha256)
    size: int = 0

    def write(self, piece: bytes | bytearray) -> None:
        self.target.write(piece)
        self.sha256.update(piece)
        self.size += len(piece)


@contextmanager
def _reading(path: Path) -> Iterator[BinaryIO]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; check the disk and the rights") from error
    with stream:
        yield stream


def _pieces(source: BinaryIO, member: Member, path: Path) -> Iterator[bytes]:
    """The bytes of a member; BadInput where the file has them no longer."""
    left = member.length
    try:
        source.seek(member.offset)
        while left and (piece := source.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; check the disk and the rights") from error
    if left:
        raise BadInput(f"{path} has become shorter while it was read; run `scrapy verify` on it")


def _gzipped(text: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=31)
    return deflater.compress(text) + deflater.flush()


def _digest(sha256: Any) -> str:
    return f"sha256:{sha256.hexdigest()}"


def _json(facts: Any, indent: int | None = None) -> bytes:
    return json.dumps(facts, ensure_ascii=False, indent=indent).encode()
