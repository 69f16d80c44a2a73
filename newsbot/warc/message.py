"""HTTP/1.x messages as bytes: where the head ends, and which body the framing carries.

Used by the writer (payload digests), the reader (what a record answered) and the capture handler (its self-check). The
bytes are never changed: `head + body` is always the input. Terms are those of RFC 9112 (message framing).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Headers = list[tuple[bytes, bytes]]

_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_NO_BODY = frozenset({204, 304})


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
