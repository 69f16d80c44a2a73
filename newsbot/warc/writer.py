"""Exchanges → WARC files: the names, the rotation, the order of things (warc.md section 3).

`archive/warc/YYYY/MM/<prefix>-<17 digits>-<serial>-<host>.warc.gz`; the digits are the UTC time of opening to the
millisecond. A file comes into being with its first exchange, in the same write as its warcinfo record, so an idle run
leaves nothing behind.
"""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from newsbot.errors import ArchiveError, BadInput
from newsbot.text import stamp
from newsbot.warc import compose, files, index
from newsbot.warc.member import TEXT_LEVEL
from newsbot.warc.openfile import OpenFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from newsbot.clock import Clock
    from newsbot.warc.exchange import Exchange
    from newsbot.warc.original import Original

#: `record`: an fdatasync for each exchange; `batch`: one for all that wait (commit.py); `none`: the system decides.
DURABILITIES = ("record", "batch", "none")

#: Names tried before giving up: another writer may hold one for the same millisecond, not a thousand.
_ATTEMPTS = 1000


@dataclass(frozen=True, slots=True)
class Written:
    """Where an exchange or a note lies. Ids are without angle brackets, '' where there is no such record."""

    request_id: str
    response_id: str  #: of the revisit record, where the answer repeats an archived one; of the resource record
    metadata_id: str
    date: str  #: WARC-Date of all its records
    file: str  #: path below the archive in its final form, with `/`
    offset: int  #: of the response's member, or of the metadata record's where nothing was answered; bytes
    end: int  #: where the exchange ends, bytes


class Writer:
    """Appends exchanges, one after the other, from one thread; `sync` may be called from another."""

    def __init__(
        self,
        archive: Path,
        *,
        info: Mapping[str, str],
        clock: Clock,
        prefix: str = "newsbot",
        max_bytes: int = 1_000_000_000,
        max_age: timedelta = timedelta(days=1),
        durability: str = "batch",
        payload_digest: str = "auto",
        level: int = TEXT_LEVEL,
        new_id: Callable[[], str] = compose.new_id,
    ) -> None:
        """`info`: further fields of every warcinfo record. A file is closed by the first append after it reached
        `max_bytes` or `max_age`. Raises BadInput for a word that is none of DURABILITIES or PAYLOAD_DIGESTS."""
        _one_of("WARC_DURABILITY", durability, DURABILITIES)
        _one_of("WARC_PAYLOAD_DIGEST", payload_digest, compose.PAYLOAD_DIGESTS)
        self.durability = durability
        self._archive = archive
        self._clock = clock
        self._prefix = prefix
        self._max_bytes = max_bytes
        self._max_age = max_age
        self._composing = partial(
            compose.Composer, info=info, payload_digest=payload_digest, level=level, new_id=new_id
        )
        self.files: list[str] = []  #: names below the archive of the files written so far, in order
        self._serial = 0
        self._file: OpenFile | None = None
        self._composer: compose.Composer
        self._lines = bytearray()  # of the open file's index, some 350 bytes an exchange
        self._failure = ""
        self._swapping = threading.Lock()  # no sync while a file is being closed

    def append(self, exchange: Exchange, original: Original | None = None) -> Written:
        """Write all records of `exchange` with one write; they are durable after the next `sync`.

        With `original`, a durable record of this archive, its answer becomes a revisit record.

        Raises ArchiveError; nothing of the exchange is then in the file.
        """
        composer, file = self._ready()
        return self._write(file, composer.exchange(exchange, original), stamp(exchange.started))

    def note(self, target: str, facts: Mapping[str, Any], *, date: datetime | None = None) -> Written:
        """Write a fact that is no exchange (design.md); `target`: a `urn:newsbot:…`; `facts`: JSON-able; `date`: now.

        Raises ArchiveError; nothing is then written.
        """
        composer, file = self._ready()
        moment = date or self._clock()
        return self._write(file, [composer.note(target, facts, moment)], stamp(moment))

    @property
    def unsynced(self) -> bool:
        """Is anything written that is not known to be on disk?"""
        file = self._file
        return file is not None and file.synced < file.end

    def sync(self) -> None:
        """Make everything appended so far durable (fdatasync); blocks, and may be called from another thread.

        Raises ArchiveError, and so does all that follows: the system may have dropped what it could not sync.
        """
        with self._swapping:
            self._check()
            if self._file is None:
                return
            try:
                self._file.sync()
            except OSError as error:
                raise self._fail(files.refused(self._file.open_path, "synced", error)) from error

    def close(self) -> None:
        """Make the open file whole: fsync, its index, its final name. A later append begins a new one.

        Raises ArchiveError; the file then stays `.open` and the next start recovers it.
        """
        with self._swapping:
            file, self._file = self._file, None
            if file is None:
                return
            lines, self._lines = self._lines.splitlines(keepends=True), bytearray()
            try:
                file.finish(index.beside(file.path), index.ordered(lines))
            except ArchiveError as error:
                raise self._fail(error) from error

    def _ready(self) -> tuple[compose.Composer, OpenFile]:
        """The file to append to, after a rotation where one is due."""
        self._check()
        if self._file is not None:
            if self._file.end < self._max_bytes and self._clock() - self._composer.begun < self._max_age:
                return self._composer, self._file
            self.close()
        begun = self._clock().astimezone(UTC)
        self._file = file = self._create(begun)
        self._composer = self._composing(file.path.name, begun)
        return self._composer, file

    def _create(self, begun: datetime) -> OpenFile:
        directory = self._archive / "warc" / begun.strftime("%Y/%m")
        digits = begun.strftime("%Y%m%d%H%M%S") + f"{begun.microsecond // 1000:03d}"
        for _ in range(_ATTEMPTS):
            name = f"{self._prefix}-{digits}-{self._serial:05d}-{_host()}.warc.gz"
            self._serial += 1
            if file := OpenFile.create(directory / name):
                return file
        raise ArchiveError(f"{directory}: {_ATTEMPTS} names for a new WARC file are taken; does the clock stand still?")

    def _write(self, file: OpenFile, framed: list[compose.Framed], date: str) -> Written:
        first = not file.end
        if first:
            framed = [self._composer.warcinfo, *framed]
        places: dict[str, tuple[str, int]] = {}
        lines: list[bytes] = []
        at = file.end
        for one in framed:
            if one.row:
                lines.append(one.row.line(at, len(one.content), self._composer.filename))
            places[one.type] = (one.id, at)
            at += len(one.content)
        try:
            file.write(b"".join([one.content for one in framed]))
        except ArchiveError:
            self._composer.chains.clear()  # what the file was to hold of them is gone
            raise
        self._lines += b"".join(lines)
        if first:
            self.files.append(file.path.relative_to(self._archive).as_posix())
        absent = ("", 0)
        request, metadata = places.get("request", absent), places.get("metadata", absent)
        response = next((places[kind] for kind in ("response", "revisit", "resource") if kind in places), absent)
        shown = response if response[0] else metadata
        return Written(request[0], response[0], metadata[0], date, self.files[-1], shown[1], file.end)

    def _check(self) -> None:
        if self._failure:
            raise ArchiveError(self._failure)

    def _fail(self, error: ArchiveError) -> ArchiveError:
        self._failure = str(error)
        return error


def _one_of(setting: str, value: str, words: tuple[str, ...]) -> None:
    if value not in words:
        raise BadInput(f"{setting} is {value!r}: it must be one of {', '.join(words)}")


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", socket.gethostname()).strip("-.") or "localhost"
