"""What the content coding of an HTTP message hides (RFC 9110, 8.4), within limits: a body can be a bomb."""

from __future__ import annotations

import importlib
import zlib
from typing import TYPE_CHECKING

from newsbot.warc.member import deflate

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Decoded bodies larger than this are refused: a page has some 100 KB, a bomb has no end. Bytes.
DECODED_LIMIT = 64 * 1024 * 1024
#: Codings one over the other that are taken off; servers apply one. Each may unfold to the limit before the next.
CODINGS_LIMIT = 5
#: Members of one gzip body: servers send one, some a member for each buffer. Each costs a decompressor.
MEMBERS_LIMIT = 250_000

_PIECE = 16 * 1024  # bytes given to zlib at a time, at most
_SMALL_PIECE = 64  # and at first: zlib copies what it does not use, and a body may have a million members
_CUT = "the compressed body ends before its end"
#: Deflate cannot unfold to more than so many times its size (a length code for 258 bytes can take two bits).
_MOST = 1032
_MEMBER = b"\x1f\x8b\x08"  # how a member begins; a zero follows where nothing optional is in its head
_MEMBER_HEAD, _MEMBER_TAIL = 10, 8  # bytes; the tail is checksum and size, little-endian


class TooLarge(ValueError):
    """A body that would be larger than DECODED_LIMIT when decoded."""


def codings(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """The content codings in the order they were applied, lower case, without `identity`."""
    values = (value for name, value in headers if name.lower() == b"content-encoding")
    names = (word.strip().lower().decode("latin-1") for value in values for word in value.split(b","))
    return [name for name in names if name not in ("", "identity")]


def decoded(entity_body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Take the content codings off: gzip, deflate, and br where the brotli package is installed.

    A body labelled gzip that does not begin as gzip is given as it is: archives of other tools keep decoded bodies
    under the old head. Raises TooLarge when a result would exceed DECODED_LIMIT, ValueError when a coding is unknown,
    broken or cut, or when there are more than CODINGS_LIMIT, or members than MEMBERS_LIMIT.
    """
    names = codings(headers)
    if len(names) > CODINGS_LIMIT:
        raise ValueError(f"{len(names)} content codings one over the other; at most {CODINGS_LIMIT} are taken off")
    for name in reversed(names):
        if not entity_body:
            return b""
        if name in ("gzip", "x-gzip"):
            entity_body = _gunzip(entity_body)
        elif name == "deflate":
            entity_body = _deflate(entity_body)
        elif name == "br":
            entity_body = _unbrotli(entity_body)
        else:
            raise ValueError(f"content coding {name!r} is not known")
    return entity_body


def _gunzip(body: bytes) -> bytes:
    if body[:2] != b"\x1f\x8b":
        return body
    if (alone := _alone(body)) is not None:
        return alone
    parts: list[bytes] = []
    room, at, size = DECODED_LIMIT, 0, _PIECE
    while body[at : at + 2] == b"\x1f\x8b":  # several members are one body; padding after the last is not
        if len(parts) == MEMBERS_LIMIT:
            raise ValueError(f"the compressed body has more than {MEMBERS_LIMIT} gzip members")
        part, end = _member(body, at, room, size)
        parts.append(part)
        room -= len(part)
        at, size = end, end - at  # members are mostly alike
    return b"".join(parts)


def _alone(body: bytes) -> bytes | None:
    """What a body of one plain gzip member unfolds to, in one go, as nearly all do; None for any other, sound or not.

    Its size stands in it, but cannot be believed: a body that is long enough to unfold to more than the limit is not
    tried. Nor is one that may hold a second member, which could be the first one's twin, checksum and all.
    """
    size, checksum = int.from_bytes(body[-4:], "little"), int.from_bytes(body[-8:-4], "little")
    if (
        not body.startswith(_MEMBER + b"\0")
        or max(size, len(body) * _MOST) > DECODED_LIMIT
        or body.find(_MEMBER, 1) >= 0
    ):
        return None
    try:
        data: bytes = deflate.decompress(body[_MEMBER_HEAD:-_MEMBER_TAIL], -15, size)
    except deflate.error:
        return None
    return data if len(data) == size and deflate.crc32(data) == checksum else None


def _member(body: bytes, at: int, room: int, size: int) -> tuple[bytes, int]:
    """The gzip member that begins at `at` and may have `size` bytes, and where it ends."""
    inflater = zlib.decompressobj(31)
    parts: list[bytes] = []
    size = max(_SMALL_PIECE, size)
    while not inflater.eof:
        size = min(size, _PIECE)
        piece = body[at : at + size]
        if not piece:
            raise ValueError(_CUT)
        parts.append(_inflated(inflater, piece, room))
        room -= len(parts[-1])
        at += len(piece)
        size *= 4
    return b"".join(parts), at - len(inflater.unused_data)


def _deflate(body: bytes) -> bytes:
    try:
        return _inflate(body, 15)
    except TooLarge:
        raise
    except ValueError:  # some servers send raw deflate data without the zlib head
        return _inflate(body, -15)


def _inflate(body: bytes, window: int) -> bytes:
    inflater = zlib.decompressobj(window)
    data = _inflated(inflater, body, DECODED_LIMIT)
    if not inflater.eof:
        raise ValueError(_CUT)
    return data


def _inflated(inflater: zlib._Decompress, piece: bytes, room: int) -> bytes:
    try:
        data = inflater.decompress(piece, room + 1)
    except zlib.error as error:
        raise ValueError(f"the compressed body is broken: {error}") from error
    return _within(data, room)


def _within(data: bytes, room: int) -> bytes:
    if len(data) > room:
        raise TooLarge(f"the body is larger than {DECODED_LIMIT} bytes when decoded")
    return data


def _unbrotli(body: bytes) -> bytes:
    try:
        brotli = importlib.import_module("brotli")
    except ImportError as error:
        raise ValueError("content coding 'br' needs the brotli package") from error
    try:
        inflater = brotli.Decompressor()
        data: bytes = inflater.process(body, output_buffer_limit=DECODED_LIMIT + 1)
    except brotli.error as error:
        raise ValueError(f"the brotli body is broken: {error}") from error
    _within(data, DECODED_LIMIT)
    if not inflater.is_finished():
        raise ValueError(_CUT)
    return data
