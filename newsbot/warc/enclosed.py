"""WARC files inside a WACZ, read where they lie (WACZ 1.1.1: a zip file that keeps them in `archive/`)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from newsbot.errors import BadInput, NotAWarc
from newsbot.warc.framing import Damage

if TYPE_CHECKING:
    from pathlib import Path

#: The only folder of a WACZ that holds captures.
_ARCHIVE = "archive/"
_WARC = (".warc", ".warc.gz", ".warc.zst")
#: What a zip file may fail with while it is read: damage, a password, an unknown compression.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, struct.error)
_HEAD = struct.Struct("<4s22sHH")  # local file header (APPNOTE 4.3.7): lengths of name and extra field last
_ENCRYPTED = 1  # a flag
_PIECE = 4096  # bytes asked of a deflated entry at a time: so many before damage are lost with it
_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  #: how a zip begins; the second is an empty one


@dataclass(frozen=True, slots=True)
class Enclosed:
    """One WARC file of a WACZ; what the reader needs of a path."""

    wacz: Path
    entry: str

    def __str__(self) -> str:
        return f"{self.wacz}/{self.entry}"

    @property
    def name(self) -> str:
        """Without folders, as a CDXJ line has it."""
        return self.entry.rpartition("/")[2]

    def open(self, mode: str = "rb", buffering: int = 0) -> BinaryIO:  # noqa: ARG002 - as Path.open
        """Its bytes. Raises Damage, as reading does, where the zip file is damaged."""
        return cast("BinaryIO", _Stream(self))


class _Stream(io.RawIOBase):
    """An entry of a zip file, whose failures are Damage.

    A stored entry, as WACZ wants them, is read where it lies: where its checksum is wrong, zipfile would keep back all
    that it read last, which may be the whole entry.
    """

    def __init__(self, enclosed: Enclosed) -> None:
        super().__init__()
        try:
            self._zip = zipfile.ZipFile(enclosed.wacz)
            about = self._zip.getinfo(enclosed.entry)
            stored = about.compress_type == zipfile.ZIP_STORED and not about.flag_bits & _ENCRYPTED
            self._entry = _slice(enclosed.wacz, about) if stored else self._zip.open(about)
        except (*_BROKEN, KeyError) as error:
            raise Damage(f"the zip file is damaged ({error})") from error

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._entry.read(min(size, _PIECE) if size > 0 else size)
        except _BROKEN as error:
            raise Damage(f"the zip file is damaged ({error})") from error

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._entry.seek(offset, whence)
        except _BROKEN as error:
            raise Damage(f"the zip file is damaged ({error})") from error

    def close(self) -> None:
        if not self.closed:
            self._entry.close()
            self._zip.close()
        super().close()


class _Slice(io.RawIOBase):
    """A stretch of a file; BadZipFile at its end when it was read from its beginning and its checksum is another."""

    def __init__(self, stream: BinaryIO, begin: int, about: zipfile.ZipInfo) -> None:
        super().__init__()
        self._stream, self._begin, self._about, self._at = stream, begin, about, 0
        self._checked, self._checksum = 0, 0  # bytes from the beginning on, and their CRC-32

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._about.file_size - self._at)
        self._stream.seek(self._begin + self._at)
        piece = self._stream.read(left if size < 0 else min(size, left))
        if self._at <= self._checked:
            new = piece[self._checked - self._at :]
            self._checked += len(new)
            self._checksum = zlib.crc32(new, self._checksum)
        self._at += len(piece)
        if not piece and self._checked == self._about.file_size and self._checksum != self._about.CRC:
            raise zipfile.BadZipFile(f"the checksum of {self._about.filename} is another")
        return piece

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002 - from the beginning, as the reader seeks
        self._at = offset
        return offset

    def close(self) -> None:
        self._stream.close()
        super().close()


def _slice(wacz: Path, about: zipfile.ZipInfo) -> BinaryIO:
    stream = wacz.open("rb", buffering=0)
    stream.seek(about.header_offset)
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size or head[:4] != _MAGIC[0]:
        stream.close()
        raise zipfile.BadZipFile(f"no entry begins at {about.header_offset}")
    *_, name, extra = _HEAD.unpack(head)
    begin = about.header_offset + _HEAD.size + name + extra
    return cast("BinaryIO", _Slice(stream, begin, about))


def enclosed_in(wacz: Path) -> list[Enclosed]:
    """The WARC files of a WACZ, by name. Raises NotAWarc (no zip file, or none in it) and BadInput (not readable)."""
    try:
        with closing(zipfile.ZipFile(wacz)) as content:
            names = sorted(name for name in content.namelist() if name.startswith(_ARCHIVE) and name.endswith(_WARC))
    except _BROKEN as error:
        raise NotAWarc(f"{wacz} is no WACZ: {error}; was it copied to its end?") from error
    except OSError as error:
        raise BadInput(f"{wacz} cannot be read: {error.strerror}; check the name and the rights") from error
    if not names:
        raise NotAWarc(f"{wacz} is no WACZ: it holds no WARC file in {_ARCHIVE}")
    return [Enclosed(wacz, name) for name in names]


def warc_files(path: Path) -> list[Path] | list[Enclosed]:
    """The WARC files that a path stands for: those inside a zip file, by its first bytes, or itself.

    Raises NotAWarc (a directory, a zip file without any) and BadInput (not readable).
    """
    try:
        with path.open("rb", buffering=0) as stream:
            is_zip = stream.read(4) in _MAGIC
    except IsADirectoryError as error:
        raise NotAWarc(f"{path} is a directory, not a WARC file; name the files in it") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; check the name and the rights") from error
    return enclosed_in(path) if is_zip else [path]


def located(path: Path) -> Path | Enclosed:
    """A path as `Enclosed` prints it: `x.wacz/archive/a.warc.gz` is a file of that WACZ. Other paths come back."""
    if path.exists():
        return path
    wacz = next((folder for folder in path.parents if folder.is_file()), None)
    return Enclosed(wacz, path.relative_to(wacz).as_posix()) if wacz else path
