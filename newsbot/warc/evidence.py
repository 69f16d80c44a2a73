"""A WARC file of another tool → one of the archive below `warc/imported/`, marked as such (`scrapy import`).

It begins with a warcinfo record of ours that names the source: its file name, SHA-256 and size, and what its own
warcinfo records said. The records that are taken follow byte for byte, header and block, a gzip member each, in their
order. Facts of another newsbot (`urn:newsbot:…`) and records of other sites are counted and passed over.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsbot import __version__
from newsbot.article import IMPORTED
from newsbot.warc import files, index
from newsbot.warc.compose import Composer
from newsbot.warc.framing import PIECE
from newsbot.warc.member import TEXT_LEVEL
from newsbot.warc.reader import Record, Torn, raw, records
from newsbot.warc.resume import all_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

    from newsbot.warc.enclosed import Enclosed

_TYPES = frozenset({"request", "response", "revisit", "resource", "metadata"})
#: What stands before the host in records about a page, such as browsertrix' `urn:pageinfo:https://…`, or about a name,
#: such as Heritrix' `dns:…`: they belong to that host.
_ABOUT = re.compile(r"(?:urn:(?!newsbot:)[A-Za-z0-9-]+:https?://|dns:)")
_END = b"\r\n\r\n"
_INFO_LIMIT = 64 * 1024  # characters that are kept of the source's own warcinfo records, of which there is mostly one

#: Words for what became of a record.
TAKEN, OTHER_SITE, FACT, KNOWN = "taken", "other sites", "facts of newsbot", "there already"


@dataclass(slots=True)
class Source:
    """What a first reading of a foreign WARC file learnt."""

    file: Path | Enclosed
    name: str  #: what the archive calls it, such as `x.wacz/archive/data.warc.gz`
    sha256: str = ""  #: of its bytes, hex
    size: int = 0  #: bytes
    software: str = ""  #: what made it, as its warcinfo says
    info: list[dict[str, str]] = field(default_factory=list)  #: its warcinfo records: id, date, content
    records: str = ""  #: SHA-256, hex, of the ids of the records taken, sorted: the same in another packing
    counts: Counter[str] = field(default_factory=Counter)
    torn: list[Torn] = field(default_factory=list)
    known: set[str] = field(default_factory=set)  #: ids of records that are in the archive, and of their exchanges


@dataclass(frozen=True, slots=True)
class Taking:
    """Which records are taken."""

    hosts: tuple[str, ...]  #: lower case: these and what is below them
    known: Callable[[str], bool]  #: is a record of this id in the archive already?
    ours: frozenset[str] = frozenset()  #: ids of the warcinfo records of the archive's own files (warcinfo_ids)

    def word(self, record: Record, known: set[str]) -> str:
        """What becomes of a record that is no warcinfo."""
        if record.target.startswith("urn:newsbot:"):
            return FACT
        if record.type not in _TYPES or not self._allowed(record.target):
            return OTHER_SITE
        there = record.warcinfo in self.ours or record.id in known or not known.isdisjoint(record.concurrent_to)
        return KNOWN if there else TAKEN

    def _allowed(self, target: str) -> bool:
        try:
            host = (urlsplit(_ABOUT.sub("//", target)).hostname or "").rstrip(".")
        except ValueError:
            return False
        return any(host == allowed or host.endswith(f".{allowed}") for allowed in self.hosts)


def survey(file: Path | Enclosed, name: str, taking: Taking, progress: Callable[[int], None]) -> Source:
    """Read a foreign WARC file for the first time; `progress` hears how far (bytes). Raises NotAWarc, BadInput.

    Memory: the ids of its records, some 30 MB for 100,000 exchanges.
    """
    source = Source(file, name)
    answers = []  # (id, ids of the records beside it), of what could be taken
    for record in all_records(file):
        progress(record.offset)
        if isinstance(record, Torn):
            source.torn.append(record)
        elif record.type == "warcinfo":
            _keep_info(source, record)
        else:
            if record.type != "request" and taking.known(record.id):
                source.known |= {record.id, *record.concurrent_to}
            answers.append((record.id, record.concurrent_to, taking.word(record, set())))
    taken = []
    for record_id, beside, word in answers:
        there = record_id in source.known or not source.known.isdisjoint(beside)
        source.counts[KNOWN if word == TAKEN and there else word] += 1
        if word == TAKEN:
            taken.append(record_id)
    source.records = hashlib.sha256("\n".join(sorted(taken)).encode("utf-8", "surrogateescape")).hexdigest()
    _measure(source)
    return source


def _keep_info(source: Source, record: Record) -> None:
    source.software = source.software or record.fields.get("software", "")
    text = record.block.decode("utf-8", "replace")
    if sum(len(one["content"]) for one in source.info) + len(text) <= _INFO_LIMIT:
        source.info.append({"id": record.id, "date": record.date, "content": text})


def _measure(source: Source) -> None:
    digest = hashlib.sha256()
    with source.file.open("rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
            source.size += len(piece)
    source.sha256 = digest.hexdigest()


def warcinfo_ids(files: Iterable[Path]) -> frozenset[str]:
    """The ids of the warcinfo records that these WARC files begin with: each of their records names its file's."""
    first = (next(records(path), None) for path in files)
    return frozenset(one.id for one in first if isinstance(one, Record))


def identities(folder: Path) -> dict[str, str]:
    """What the files below `folder` were made of: SHA-256 of a source, or of its record ids → the file's name."""
    known: dict[str, str] = {}
    for path in sorted(folder.rglob("*.warc.gz")):
        first = next(records(path), None)
        if isinstance(first, Record):
            for name in ("imported-sha256", "imported-records"):
                if value := first.fields.get(name):
                    known.setdefault(value, path.name)
    return known


def write(source: Source, taking: Taking, archive: Path, now: datetime) -> Path:
    """The source's second reading, into a file of the archive with its index beside it; the file, whole and durable.

    Killed at any moment it leaves a file that `sweep` knows. Raises ArchiveError.
    """
    name = f"{_stem(source.name)}-{source.sha256[:12]}.warc.gz"
    path = archive / IMPORTED / now.strftime("%Y/%m") / name
    draft = path.with_name(f".{name}.tmp")
    lines: list[bytes] = []
    try:
        files.make_directory(path.parent)
        with draft.open("wb") as stream:
            stream.write(Composer(name, now, _info(source)).warcinfo.content)
            for record in all_records(source.file):
                if (
                    isinstance(record, Record)
                    and record.type != "warcinfo"
                    and taking.word(record, source.known) == TAKEN
                ):
                    begun = stream.tell()
                    _member(stream, raw(record))
                    if row := index.row(record):
                        lines.append(row.line(begun, stream.tell() - begun, name))
            stream.flush()
            os.fsync(stream.fileno())
        files.write_durably(index.beside(path), index.ordered(lines))
        draft.rename(path)
        files.sync_directory(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise files.refused(path, "written", error) from error
    return path


def sweep(folder: Path) -> None:
    """Take away what a killed import left half below `folder`. Nobody else may be importing. Raises ArchiveError."""
    for path in sorted(folder.rglob("*")):
        half = path.name.endswith(".tmp") or (
            path.name.endswith(".cdxj") and not path.with_name(path.name.removesuffix(".cdxj")).exists()
        )
        if half:
            try:
                path.unlink()
            except OSError as error:
                raise files.refused(path, "removed", error) from error


def _info(source: Source) -> dict[str, str]:
    """Fields of the warcinfo record of ours, after those that each has."""
    fields = {
        "software": f"newsbot/{__version__} (scrapy import)",
        "isPartOf": "imported",
        "description": "Records of another tool, byte for byte; chosen, packed and indexed by newsbot",
        "format": "WARC File Format 1.1; the records are as their tool wrote them",
        "digests": "as the tool of each record wrote them",
        "imported-from": source.name,
        "imported-sha256": source.sha256,
        "imported-size": str(source.size),
        "imported-records": source.records,
        "imported-software": source.software,
        "imported-warcinfo": json.dumps(source.info, ensure_ascii=False),
    }
    return {name: value for name, value in fields.items() if value}


def _member(stream: BinaryIO, pieces: Iterable[bytes]) -> None:
    """Append one gzip member with the record in these pieces and the empty lines that end it."""
    deflater = zlib.compressobj(TEXT_LEVEL, zlib.DEFLATED, 31)
    stream.writelines(deflater.compress(piece) for piece in pieces)
    stream.write(deflater.compress(_END) + deflater.flush())


def _stem(name: str) -> str:
    last = re.sub(r"\.warc(\.gz)?$", "", name.rpartition("/")[2])
    return re.sub(r"[^A-Za-z0-9._-]+", "_", last).strip("._")[:80] or "source"
