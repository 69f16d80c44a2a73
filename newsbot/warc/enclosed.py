"""WARC files inside a WACZ, read where they lie (WACZ 1.1.1: a zip file that keeps them in `archive/`)."""

from __future__ import annotations

import errno
import io
import zipfile
import zlib
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from newsbot.errors import BadInput, NotAWarc

if TYPE_CHECKING:
    from pathlib import Path

#: The only folder of a WACZ that holds captures.
_ARCHIVE = "archive/"
_WARC = (".warc", ".warc.gz")
#: What a zip file may fail with while it is read: damage, a password, an unknown compression.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


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
        """Its bytes. Raises OSError, as reading does, where the zip file is damaged."""
        return cast("BinaryIO", _Stream(self))


class _Stream(io.RawIOBase):
    """An entry of a zip file, whose failures are those of a file."""

    def __init__(self, enclosed: Enclosed) -> None:
        super().__init__()
        try:
            self._zip = zipfile.ZipFile(enclosed.wacz)
            self._entry = self._zip.open(enclosed.entry)
        except (*_BROKEN, KeyError) as error:
            raise OSError(errno.EIO, f"the zip file is damaged ({error})") from error

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._entry.read(size)
        except _BROKEN as error:
            raise OSError(errno.EIO, f"the zip file is damaged ({error})") from error

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._entry.seek(offset, whence)

    def close(self) -> None:
        if not self.closed:
            self._entry.close()
            self._zip.close()
        super().close()


def enclosed_in(wacz: Path) -> list[Enclosed]:
    """The WARC files of a WACZ, by name. Raises NotAWarc (no zip file, or none in it) and BadInput (not readable)."""
    try:
        with closing(zipfile.ZipFile(wacz)) as content:
            names = sorted(name for name in content.namelist() if name.startswith(_ARCHIVE) and name.endswith(_WARC))
    except zipfile.BadZipFile as error:
        raise NotAWarc(f"{wacz} is no WACZ: {error}; was it copied to its end?") from error
    except OSError as error:
        raise BadInput(f"{wacz} cannot be read: {error.strerror}; check the name and the rights") from error
    if not names:
        raise NotAWarc(f"{wacz} is no WACZ: it holds no WARC file in {_ARCHIVE}")
    return [Enclosed(wacz, name) for name in names]
