"""Where one stretch of a WARC file ends and the next begins: gzip members, or the plain file as one stretch.

A gzip member is only whole when its checksum and size agree, which is what tells a torn file from a short record.
Memory stays flat: never more than a few pieces of PIECE bytes are held, whatever a member unfolds to.
"""

from __future__ import annotations

import io
import os
import zlib
from typing import BinaryIO

#: Bytes given out at a time.
PIECE = 64 * 1024

#: Bytes asked of a gzip file at a time: what zlib does not use of them is copied after every member, and most members
#: are small.
_PACKED_PIECE = 32 * 1024

GZIP_MAGIC = b"\x1f\x8b"


class Damage(Exception):
    """The stretch cannot be read on; its text says why. Caught by the reader, which makes a Torn of it."""


class Plain:
    """An uncompressed WARC file: one stretch from `offset` (bytes) to the end of the file."""

    def __init__(self, stream: BinaryIO, offset: int) -> None:
        self.offset = offset
        self._stream = stream
        self._begun = False
        self._end = _end(stream)

    def begin(self) -> bool:
        """The one stretch."""
        begun, self._begun = self._begun, True
        return not begun

    def read(self) -> bytes:
        """The next piece of the file."""
        return self._stream.read(PIECE)

    def place(self) -> int:
        """Where the next stretch begins: there is none."""
        return self.offset

    def promise(self, begin: int, size: int) -> None:
        """Raise Damage when the file ends less than `size` bytes after the stretch's first `begin`.

        It is known without reading on, or a file of nothing but such records would be read once for each.
        """
        there = size if self._end is None else self._end - self.offset - begin
        if there < size:
            raise Damage(f"the record says {size} bytes, but {there} are there")


def _end(stream: BinaryIO) -> int | None:
    """Where the file ends (offset, bytes); None inside a zip file, which has no file descriptor."""
    try:
        return os.fstat(stream.fileno()).st_size
    except io.UnsupportedOperation:
        return None


class Members:
    """A gzip file, member by member; `offset` is where the present one begins, bytes."""

    def __init__(self, stream: BinaryIO, offset: int) -> None:
        self.offset = offset
        self._stream = stream
        self._held = b""  # read from the file and not yet decompressed
        self._next = offset  # where in the file `_held` begins
        self._inflater = zlib.decompressobj(31)

    def begin(self) -> bool:
        """The next member; raises Damage when there are bytes that begin none."""
        if len(self._held) < len(GZIP_MAGIC) and not self._fill() and not self._held:
            return False
        self.offset = self._next
        if not self._held.startswith(GZIP_MAGIC[: len(self._held)]):
            raise Damage(f"no gzip member begins here but {self._shown()}")
        self._inflater = zlib.decompressobj(31)
        return True

    def read(self) -> bytes:
        """The next piece of the member; its checksum has been compared when b'' comes."""
        inflater = self._inflater
        while not inflater.eof:
            if not self._held and not self._fill():
                raise Damage("the file ends in the middle of this gzip member")
            before = len(self._held)
            try:
                piece = inflater.decompress(self._held, PIECE)
            except zlib.error as error:
                raise Damage(f"this gzip member is damaged: {error}") from error
            self._held = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            self._next += before - len(self._held)
            if piece:
                return piece
        return b""

    def place(self) -> int:
        """Where the next member begins, once this one has been read to its end."""
        return self._next

    def promise(self, begin: int, size: int) -> None:
        """Nothing is known before it is unpacked."""

    def _fill(self) -> bool:
        piece = self._stream.read(_PACKED_PIECE)
        self._held += piece
        return bool(piece)

    def _shown(self) -> str:
        shown = self._held[:16]
        return repr(shown) if shown.strip(b"\0") else "zero bytes"
