"""An answer of the site, and how it becomes bytes: headers as Sina sends them (sina.md 2.4), gzip, chunks."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, field
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

CHUNK = 8192  #: bytes of one chunk
ODD_REASONS = {456: "unused"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    method: str
    target: str  #: path and query
    version: str  #: `HTTP/1.1`
    headers: dict[str, str]  #: names in lower case; the last of its name
    tls: bool
    raw: bytes  #: head and body
    peer: str = "127.0.0.1"

    @property
    def host(self) -> str:
        """The Host header, lower case, without a port."""
        return self.headers.get("host", "").lower().partition(":")[0]

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def gzip(self) -> bool:
        """Does the client take gzip?"""
        return "gzip" in self.headers.get("accept-encoding", "")

    @property
    def stays(self) -> bool:
        """Does the client want the connection kept?"""
        wish = self.headers.get("connection", "").lower()
        return wish != "close" and (self.version != "HTTP/1.0" or wish == "keep-alive")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the site says, before it is bytes."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html"
    headers: tuple[tuple[str, str], ...] = ()
    modified: datetime | None = None  #: gives Last-Modified, ETag and conditional requests
    max_age: int = 60
    chunked: bool = False
    compress: bool = True  #: gzip when the client takes it
    ending: str = (
        "whole"  #: `whole`; `cut`: the connection ends in mid body; `none`: before the first byte; `stall`: silence
    )


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer as bytes; only the Date line is missing, so that it can be kept and sent again."""

    start: bytes  #: status line and Server
    head: bytes  #: the headers behind Date, with the empty line
    body: bytes
    etag: str = ""
    modified: str = ""
    ending: str = field(default="whole")

    def message(self, date: bytes, *, bodiless: bool = False) -> bytes:
        """The whole message with this Date line (CRLF included); without its body for HEAD."""
        whole = b"".join((self.start, date, self.head, b"" if bodiless else self.body))
        return whole[: len(whole) - max(1, len(self.body) // 2)] if self.ending == "cut" else whole

    def fresh(self, request: Request) -> bool:
        """Is what a conditional request holds still the same? The ETag is compared as it stands, legal or not."""
        asked = request.headers.get("if-none-match")
        if asked is not None:
            return bool(self.etag) and asked == self.etag
        since = request.headers.get("if-modified-since")
        return bool(self.modified) and since == self.modified


def encode(answer: Answer, *, zipped: bool, odd: str) -> Wire:
    """The bytes of an answer. `odd` (an address) settles what looks arbitrary in the headers."""
    status = answer.status
    bodiless = status in (204, 304)
    body, coded = answer.body, zipped and answer.compress and bool(answer.body)
    if coded:
        body = gzip.compress(body, 6, mtime=0)
    number = zlib.crc32(odd.encode())
    modified = http_date(answer.modified) if answer.modified else ""
    # Not a legal ETag: something follows the closing quote (sina.md 2.4).
    stamp = int(answer.modified.timestamp()) if answer.modified else 0
    etag = f'W/"{stamp:x}-{len(answer.body):x}"V={number:X}' if answer.modified else ""
    lines = [("Content-Type", answer.content_type)] if answer.content_type and not bodiless else []
    if not bodiless:
        lines.append(("Transfer-Encoding", "chunked") if answer.chunked else ("Content-Length", str(len(body))))
    lines += [("Connection", "keep-alive"), ("Vary", "Accept-Encoding")]
    if coded:
        lines.append(("Content-Encoding", "gzip"))
    if modified:
        lines += [("Last-Modified", modified), ("ETag", etag)]
    if answer.max_age:
        lines.append(("Cache-Control", f"max-age={answer.max_age}"))
    lines += [*answer.headers, ("Via", f"http/1.1 sample.invented.{number % 97:02d} (FakeTrafficServer/1.0 [cRs f ])")]
    lines.append(("X-Via-CDN", f"f=fake,s=sample.invented.{number % 89:02d},c=127.0.0.1;"))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
    start = f"HTTP/1.1 {status} {reason(status)}\r\nServer: nginx\r\n"
    if answer.chunked and not bodiless:
        body = chunks(body)
    return Wire(start.encode("latin-1"), head.encode("latin-1"), body, etag, modified, answer.ending)


def chunks(body: bytes) -> bytes:
    """The body in chunked transfer coding."""
    pieces = (body[at : at + CHUNK] for at in range(0, len(body), CHUNK))
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def reason(status: int) -> str:
    """The reason phrase."""
    return ODD_REASONS.get(status) or HTTPStatus(status).phrase


def http_date(moment: datetime) -> str:
    """`Tue, 29 Sep 2026 13:59:32 GMT`, whatever the locale."""
    return format_datetime(moment, usegmt=True)
