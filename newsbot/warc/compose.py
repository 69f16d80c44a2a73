"""Exchanges and notes → the bytes of their WARC/1.1 records (ISO 28500, warc.md section 2).

An exchange becomes request, response and metadata, in this order; the metadata record is always there, is the last, and
names the others in WARC-Concurrent-To: that is how recovery knows a complete exchange. Without an answer it is request
and metadata; what arrived but is no HTTP goes into the metadata as `unparsed`. An answer that repeats an archived one
(original.py) becomes a revisit record in the response's place: of `identical-payload-digest` the head is kept, of
`server-not-modified` nothing (replay engines show a blank page for a kept 304), its 304 going into the metadata. An
answer that tells of people is not kept: a resource record in its place holds what was chosen of it, as JSON.

The fields of the metadata (application/warc-fields), those without a value being left out:
- `fetchTimeMs`, `via`, `hopsFromSeed`: as Heritrix writes them
- `interim` (heads of 1xx answers), `unparsed`, `notModified` (a whole 304): JSON strings, a character a byte (latin-1)
- `surplus`: bytes received after the message · `error`: what failed
- `tlsChain`: digests of the server's certificates, leaf first; and, where a chain occurs for the first time in a file,
  the certificates themselves, a `tlsCertificate` (DER, base64) each
- `newsbot`: the spider's context, JSON
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes
from uuid import uuid4

from newsbot import __version__
from newsbot.text import stamp
from newsbot.warc.coding import codings
from newsbot.warc.digest import sha256
from newsbot.warc.index import Row, entity_digest, http_row, revisit_row
from newsbot.warc.member import TEXT_LEVEL, member
from newsbot.warc.message import Message, head_length, status
from newsbot.warc.original import IDENTICAL, NOT_MODIFIED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from newsbot.warc.exchange import Exchange
    from newsbot.warc.original import Original

#: `auto` leaves the payload digest out of chunked responses, which `warcio check` and `fastwarc check -p` recompute
#: over the chunks; `entity` writes the standard's, over the de-chunked body.
PAYLOAD_DIGESTS = ("auto", "entity")

_END = b"\r\n\r\n"
_PRINTABLE = re.compile(r"[!-~]+")
_HTTP = re.compile(rb"HTTP/\d", re.IGNORECASE)
_PACKED_CODINGS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress"})
_PACKED_TYPES = re.compile(
    rb"image/(?!svg|bmp)|audio/|video/|font/woff|application/(?:zip|gzip|x-gzip|pdf|x-7z|x-rar|font-woff)",
    re.IGNORECASE,
)
_COVERAGE = {
    "auto": "payload digests over the body as received, none for chunked bodies",
    "entity": "payload digests over the body without its chunks",
}

Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Framed:
    """One record as it goes into the file."""

    id: str  #: without the angle brackets
    type: str  #: WARC-Type
    content: bytes  #: its gzip member
    row: Row | None = None  #: what the index says of it; None when it is not listed


def new_id() -> str:
    """A fresh WARC-Record-ID, without the angle brackets."""
    return f"urn:uuid:{uuid4()}"


@dataclass(slots=True)
class Composer:
    """Makes the records of one file: all name its warcinfo record, and each TLS chain is written out once."""

    filename: str
    begun: datetime  #: aware UTC
    info: Mapping[str, str]  #: fields of the warcinfo record, in their order
    payload_digest: str = "auto"  #: a word of PAYLOAD_DIGESTS
    level: int = TEXT_LEVEL
    new_id: Callable[[], str] = new_id
    warcinfo: Framed = field(init=False)
    chains: set[str] = field(init=False, default_factory=set)  #: digests of the chains this file holds

    def __post_init__(self) -> None:
        fields = {
            "software": f"newsbot/{__version__}",
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "digests": f"sha256, hexadecimal; block digests over every byte; {_COVERAGE[self.payload_digest]}",
            **self.info,
        }
        headers = [("WARC-Filename", self.filename)]
        block = _fields(list(fields.items()))
        self.warcinfo = self._record("warcinfo", stamp(self.begun), headers, "application/warc-fields", block)

    def exchange(self, exchange: Exchange, original: Original | None = None) -> list[Framed]:
        """Request (unless nothing was sent), response if any (a revisit if it repeats `original`), metadata."""
        date = stamp(exchange.started)
        target = [("WARC-Target-URI", _target(exchange.url))]
        wire = _wire(exchange)
        framed: list[Framed] = []
        if exchange.request:
            framed.append(self._request(exchange, date, target + wire))
        if exchange.resource:
            framed.append(self._resource(*exchange.resource, date, _concurrent(framed)))
        elif exchange.answer and _HTTP.match(exchange.answer.start_line):
            headers = target + _concurrent(framed) + wire
            if original:
                framed.append(self._revisit(exchange.answer, original, date, headers))
            else:
                framed.append(self._response(exchange, exchange.answer, date, headers))
        headers = target + _concurrent(framed)
        block = _fields(self._facts(exchange, repeated=original is not None))
        framed.append(self._record("metadata", date, headers, "application/warc-fields", block))
        return framed

    def note(self, target: str, facts: Mapping[str, Any], date: datetime) -> Framed:
        """A fact that is no exchange: a metadata record with a `urn:newsbot:` target and a JSON block."""
        block = canonical(facts)
        row = Row(_target(target), stamp(date), "application/json", digest=sha256(block))
        return self._record("metadata", row.date, [("WARC-Target-URI", row.url)], row.mime, block, row=row)

    def _request(self, exchange: Exchange, date: str, headers: Fields) -> Framed:
        body = exchange.request[head_length(exchange.request) :]
        payload = sha256(body) if body else ""
        kind = "application/http;msgtype=request"
        return self._record("request", date, headers, kind, exchange.request, payload=payload)

    def _response(self, exchange: Exchange, message: Message, date: str, headers: Fields) -> Framed:
        payload = self._payload(message, exchange.digest)
        row = http_row(headers[0][1], date, message, payload or exchange.digest)
        stored = message.body if _packed(message) else b""
        text = message.head if stored else exchange.response or b""
        kind = "application/http;msgtype=response"
        cut = exchange.truncated
        return self._record(
            "response", date, headers, kind, text, stored=stored, payload=payload, truncated=cut, row=row
        )

    def _revisit(self, message: Message, original: Original, date: str, headers: Fields) -> Framed:
        """The record of an answer that repeats `original` (ISO 28500 6.7)."""
        headers = [
            *headers,
            ("WARC-Profile", NOT_MODIFIED if message.status == 304 else IDENTICAL),
            ("WARC-Refers-To", f"<{original.record_id}>"),
            ("WARC-Refers-To-Target-URI", _target(original.url)),
            ("WARC-Refers-To-Date", original.date),
        ]
        kind = "application/http;msgtype=response"
        if message.status == 304:
            row = revisit_row(headers[0][1], date)
            return self._record("revisit", date, headers, kind, b"", row=row)
        row = revisit_row(headers[0][1], date, message, original.digest)
        payload, cut = original.digest, "length"  # the standard's "shall": the payload is not here
        return self._record("revisit", date, headers, kind, message.head, payload=payload, truncated=cut, row=row)

    def _resource(self, target: str, content: bytes, date: str, headers: Fields) -> Framed:
        """What is kept of an answer that is not kept itself (warc.md section 2).

        Its payload is its block, so one digest says it; FastWARC would call a payload digest of what is no HTTP wrong.
        """
        row = Row(_target(target), date, "application/json", digest=sha256(content))
        headers = [("WARC-Target-URI", row.url), *headers]
        return self._record("resource", date, headers, row.mime, content, row=row)

    def _payload(self, message: Message, known: str) -> str:
        if not message.whole:
            return ""
        if message.chunked:
            return (known or entity_digest(message)) if self.payload_digest == "entity" else ""
        # A head in bare LF has no end for FastWARC, which would take the whole block for the payload.
        seen_by_all = message.head.endswith(_END) or self.payload_digest == "entity"
        return (known or sha256(message.body)) if seen_by_all else ""

    def _facts(self, exchange: Exchange, *, repeated: bool) -> Fields:
        raw = exchange.response or b""
        facts = [
            ("fetchTimeMs", str(exchange.fetch_ms)),
            ("via", _target(exchange.via)),
            ("hopsFromSeed", exchange.hops),
            ("interim", _quoted(exchange.interim)),
            ("unparsed", _quoted(b"" if _HTTP.match(raw) else raw)),
            ("notModified", _quoted(raw if repeated and status(raw) == 304 else b"")),
            ("surplus", str(exchange.surplus or "")),
            ("error", exchange.error),
        ]
        context = canonical(exchange.context).decode() if exchange.context else ""  # may raise, so first
        facts += [*self._chain(exchange.chain), ("newsbot", context)]
        return [(name, value) for name, value in facts if value]

    def _chain(self, chain: tuple[bytes, ...]) -> Fields:
        if not chain:
            return []
        digests = " ".join(sha256(certificate) for certificate in chain)
        facts = [("tlsChain", digests)]
        if digests not in self.chains:
            self.chains.add(digests)
            facts += [("tlsCertificate", base64.b64encode(certificate).decode("ascii")) for certificate in chain]
        return facts

    def _record(
        self,
        kind: str,
        date: str,
        headers: Fields,
        content_type: str,
        text: bytes,
        *,
        stored: bytes = b"",
        payload: str = "",
        truncated: str = "",
        row: Row | None = None,
    ) -> Framed:
        """The member of one record whose block is `text` + `stored`; only `text` is worth compressing."""
        record_id = self.new_id()
        lines = [("WARC-Type", kind), ("WARC-Record-ID", f"<{record_id}>"), ("WARC-Date", date), *headers]
        if kind != "warcinfo":
            lines.append(("WARC-Warcinfo-ID", f"<{self.warcinfo.id}>"))
        lines.append(("WARC-Block-Digest", sha256(text, stored)))
        if payload:
            lines.append(("WARC-Payload-Digest", payload))
        if truncated:
            lines.append(("WARC-Truncated", truncated))
        lines += [("Content-Type", content_type), ("Content-Length", str(len(text) + len(stored)))]
        head = b"WARC/1.1\r\n" + _fields(lines) + b"\r\n"
        if stored:
            return Framed(record_id, kind, member(head + text, stored + _END, self.level), row)
        return Framed(record_id, kind, member(head + text + _END, level=self.level), row)


def canonical(facts: Mapping[str, Any]) -> bytes:
    """Facts as JSON in newsbot's one form: keys sorted, no spaces, UTF-8 (escaped where lone surrogates forbid it)."""
    try:
        return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


def _fields(fields: Fields) -> bytes:
    """`Name: value` lines; a value never breaks its line, whatever is in it."""
    text = "".join([f"{name}: {value}\r\n" for name, value in fields])
    if text.count("\n") > len(fields) or text.count("\r") > len(fields):
        text = "".join([f"{name}: {' '.join(value.split())}\r\n" for name, value in fields])
    return text.encode("utf-8", "backslashreplace")


def _target(url: str) -> str:
    """`url` with what may not stand in a header (spaces, controls, all beyond ASCII) percent-encoded as UTF-8."""
    if not url or _PRINTABLE.fullmatch(url):
        return url
    printable = bytes(range(0x21, 0x7F)).decode("ascii")
    return quote_from_bytes(url.encode("utf-8", "surrogatepass"), safe=printable)


def _quoted(raw: bytes) -> str:
    return json.dumps(raw.decode("latin-1")) if raw else ""


def _wire(exchange: Exchange) -> Fields:
    fields = [("WARC-IP-Address", exchange.ip)] if exchange.ip else []
    fields += [("WARC-Protocol", protocol) for protocol in exchange.protocols]
    return [*fields, ("WARC-Cipher-Suite", exchange.cipher)] if exchange.cipher else fields


def _concurrent(framed: list[Framed]) -> Fields:
    return [("WARC-Concurrent-To", f"<{earlier.id}>") for earlier in framed]


def _packed(message: Message) -> bool:
    if message.get(b"content-encoding") and not _PACKED_CODINGS.isdisjoint(codings(message.headers)):
        return True
    return bool(_PACKED_TYPES.match(message.get(b"content-type") or b""))
