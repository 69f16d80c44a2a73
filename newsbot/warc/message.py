"""HTTP/1.x messages as bytes: where the head ends, which body the framing carries, what the content coding hides.

Used by the writer (payload digests), the reader (what a record answered) and the capture handler (its self-check). The
bytes are never changed: `head + body` is always the input. Terms are those of RFC 9112 (message framing) and RFC 9110
(content coding).
"""

from __future__ import annotations

import importlib
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Headers = list[tuple[bytes, bytes]]

#: Decoded bodies larger than this are refused: a page has some 100 KB, a bomb has no end. Bytes.
DECODED_LIMIT = 64 * 1024 * 1024
#: Codings one over the other that are taken off; servers apply one. Each may unfold to the limit before the next.
CODINGS_LIMIT = 5
#: Members of one gzip body: servers send one, some a member for each buffer. Each costs a decompressor.
MEMBERS_LIMIT = 250_000

_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_NO_BODY = frozenset({204, 304})
_PIECE = 16 * 1024  # bytes given to zlib at a time, at most
_SMALL_PIECE = 64  # and at first: zlib copies what it does not use, and a body may have a million members
_CUT = "the compressed body ends before its end"


class TooLarge(ValueError):
    """A body that would be larger than DECODED_LIMIT when decoded."""


@dataclass(frozen=True, slots=True)
class Message:
    """One request or response, cut into its parts."""

    start_line: bytes  #: `HTTP/1.1 200 OK` or `GET / HTTP/1.1`, without its line end
    status: int  #: 0 for a request and for a status line that names no number
    reason: str  #: latin-1; '' for a request
    headers: Headers  #: names and values as sent, folded lines joined by a space; lines without a colon are passed over
    head: bytes  #: everything up to and with the empty line
    body: bytes  #: what follows, as on the wire
    whole: bool  #: False when the head was cut off before its empty line
    named: dict[bytes, bytes]  #: lower-case name → first value

    def get(self, name: bytes) -> bytes | None:
        """The first value of header `name` (lower case), or None."""
        return self.named.get(name)

    def value(self, name: str) -> str:
        """The first value of header `name` (lower case) as text, latin-1; '' when there is none."""
        return self.named.get(name.encode("latin-1"), b"").decode("latin-1")

    @property
    def chunked(self) -> bool:
        """True when the body is framed in chunks: the last transfer coding is `chunked` (RFC 9112 section 6)."""
        value = self.get(b"transfer-encoding")
        return value is not None and value.rpartition(b",")[2].strip().lower() == b"chunked"

    def entity(self, method: str = "GET") -> bytes:
        """The entity-body: the body without its chunks, still content-coded; b'' where the standard says there is none.

        A body that was cut gives what came of it. Raises ValueError when the chunks are no chunks.
        """
        if method == "HEAD" or self.status in _NO_BODY or 100 <= self.status < 200:
            return b""
        return dechunk(self.body)[0] if self.chunked else self.body


def split(raw: bytes) -> Message:
    """Cut `raw` into head and body at the first empty line, CRLF or bare LF; a cut head has an empty body."""
    end = head_end(raw)
    head = raw[:end] if end else raw
    first, *lines = head.rstrip(b"\r\n").split(b"\n")
    first = first.removesuffix(b"\r")
    code, reason = _status(first)
    headers = _headers(lines)
    named = {name.lower(): value for name, value in reversed(headers)}
    return Message(first, code, reason, headers, head, raw[len(head) :], end > 0, named)


def head_length(raw: bytes) -> int:
    """Bytes of the head, its empty line included; all of `raw` when the head was cut off."""
    return head_end(raw) or len(raw)


def head_end(raw: bytes, start: int = 0) -> int:
    """Behind the first empty line from `start` on, whose line ends may be CRLF or LF; 0 when there is none."""
    crlf = raw.find(b"\n\r\n", start)  # twice `find` takes a tenth of a regular expression's time
    bare = raw.find(b"\n\n", start, crlf if crlf >= 0 else None)
    if bare >= 0:
        return bare + 2
    return crlf + 3 if crlf >= 0 else 0


def status(raw: bytes) -> int:
    """The status of the response `raw`; 0 when its first line names none."""
    return _status(raw[:256].partition(b"\n")[0])[0]


def entity(raw: bytes, method: str = "GET") -> bytes:
    """The entity-body of the response `raw` to a `method` request; see Message.entity."""
    return split(raw).entity(method)


def dechunk(body: bytes) -> tuple[bytes, bool]:
    """Take the chunking off: (data, whole). `whole` is False when the body ends before its last chunk and trailer.

    Raises ValueError where a chunk size is no hexadecimal number or a chunk is longer than its size says.
    """
    parts: list[bytes] = []
    at = 0
    while (line := body.find(b"\n", at)) >= 0:
        size_text = body[at:line].partition(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(size_text):
            raise ValueError(f"no chunk size at byte {at} of the body: {body[at:line][:20]!r}")
        at, size = line + 1, int(size_text, 16)
        if size == 0:
            return b"".join(parts), _trailer_ends(body, at)
        parts.append(body[at : at + size])
        at += size
        end = body[at : at + 2]
        if end == b"\r\n":
            at += 2
        elif end[:1] == b"\n":
            at += 1
        elif end not in (b"", b"\r"):
            raise ValueError(f"a chunk is longer than its size, at byte {at} of the body")
    return b"".join(parts), False


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


def _status(line: bytes) -> tuple[int, str]:
    if not line.upper().startswith(b"HTTP/"):
        return 0, ""
    words = line.split(None, 2)
    code = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return code, words[2].decode("latin-1").strip() if len(words) > 2 else ""


def _headers(lines: list[bytes]) -> Headers:
    headers: Headers = []
    folds: dict[int, list[bytes]] = {}  # which header is continued → by what; joined at the end, or it is quadratic
    for line in lines:
        name, colon, value = line.partition(b":")
        if line.startswith((b" ", b"\t")):  # a folded line continues the one before
            if headers:
                folds.setdefault(len(headers) - 1, []).append(line.strip())
        elif colon:
            headers.append((name.strip(), value.strip()))
    for number, more in folds.items():
        name, value = headers[number]
        headers[number] = (name, b" ".join([value, *more]))
    return headers


def _trailer_ends(body: bytes, at: int) -> bool:
    return body[at : at + 2] == b"\r\n" or body[at : at + 1] == b"\n" or head_end(body, at) > 0


def _gunzip(body: bytes) -> bytes:
    if body[:2] != b"\x1f\x8b":
        return body
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
