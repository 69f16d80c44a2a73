"""One record as read from a WARC file: named fields, HTTP message, payload, digests."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from newsbot.warc import digest
from newsbot.warc.message import Message, decoded, split

_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z?", re.ASCII)
_LINE_END = re.compile(rb"\r?\n")


@dataclass(slots=True)
class Record:
    """A WARC record; `block` is whole unless `size` says that there is more than the reader's MAX_BLOCK."""

    headers: dict[str, str]  #: lower-case name → first value
    block: bytes
    file: str
    offset: int  #: of the gzip member (or of the record in a plain file), bytes
    length: int = 0  #: of the member or plain record, bytes; 0 when it shares its member with other records
    inner: int = 0  #: where the record begins in its unfolded member; 0 unless members are shared
    concurrent_to: tuple[str, ...] = ()  #: record ids, without angle brackets
    size: int = 0  #: Content-Length
    block_agrees: bool | None = None  #: block digest of a record larger than MAX_BLOCK, compared while reading
    _http: Message | None = field(default=None, repr=False, compare=False)

    @property
    def type(self) -> str:
        """WARC-Type."""
        return self.headers.get("warc-type", "")

    @property
    def id(self) -> str:
        """WARC-Record-ID without angle brackets."""
        return self.headers.get("warc-record-id", "").strip("<>")

    @property
    def date(self) -> str:
        """WARC-Date with exactly six digits of a second, as `text.stamp` writes it; as it stands when it is no date."""
        value = self.headers.get("warc-date", "")
        found = _DATE.fullmatch(value)
        return f"{found[1]}.{(found[2] or '')[:6]:0<6}Z" if found else value

    @property
    def target(self) -> str:
        """WARC-Target-URI; '' in a warcinfo record."""
        return self.headers.get("warc-target-uri", "").strip("<>")

    @property
    def content_type(self) -> str:
        """Content-Type of the block."""
        return self.headers.get("content-type", "")

    @property
    def truncated(self) -> str:
        """WARC-Truncated; '' for a whole one."""
        return self.headers.get("warc-truncated", "")

    @property
    def refers_to(self) -> str:
        """WARC-Refers-To without angle brackets: the record that a revisit repeats; '' where it names none."""
        return self.headers.get("warc-refers-to", "").strip("<>")

    @property
    def is_http(self) -> bool:
        """Does the block hold an HTTP message?"""
        if self.type == "request":
            return self.target.startswith(("http:", "https:"))
        return self.type in ("response", "revisit") and self.block[:5].upper() == b"HTTP/"

    @property
    def http(self) -> Message:
        """The block as HTTP message (status, reason, headers, head, body, entity())."""
        if self._http is None:
            self._http = split(self.block)
        return self._http

    @property
    def entity(self) -> bytes:
        """The body without its chunks. A body that claims chunks and has none is given as it is: other tools keep
        de-chunked bodies under the old head. Raises ValueError when chunks begin and then break."""
        message = self.http
        if message.chunked and not re.match(rb"[0-9A-Fa-f]+[ \t]*(;[^\n]*)?\r?\n", message.body):
            return message.body
        return message.entity()

    @property
    def payload(self) -> bytes:
        """What was meant: the entity, content-decoded; the block itself where it is no HTTP. Raises ValueError."""
        return decoded(self.entity, self.http.headers) if self.is_http else self.block

    @property
    def fields(self) -> dict[str, str]:
        """The block of a warcinfo or metadata record (application/warc-fields) as name → first value."""
        return dict(reversed(header_fields(self.block)))

    @property
    def context(self) -> dict[str, Any]:
        """The spider's context out of an exchange's metadata record; {} where there is none. Raises ValueError."""
        return _object(self.fields.get("newsbot", "{}"))

    @property
    def facts(self) -> dict[str, Any]:
        """The JSON object of a note (`urn:newsbot:…`). Raises ValueError."""
        return _object(self.block.decode("utf-8"))

    def disagreements(self) -> list[str]:
        """The names of the digests that the bytes do not bear out; [] is good. Unknown algorithms are passed over."""
        wrong: list[str] = []
        label = self.headers.get("warc-block-digest", "")
        whole = len(self.block) == self.size
        if (digest.agrees(label, (self.block,)) if whole else self.block_agrees) is False:
            wrong.append("WARC-Block-Digest")
        label = self.headers.get("warc-payload-digest", "")
        if label and whole and self.type != "revisit" and not self._payload_agrees(label):
            wrong.append("WARC-Payload-Digest")
        return wrong

    def _payload_agrees(self, label: str) -> bool:
        if not self.is_http:
            return digest.agrees(label, (self.block,)) is not False
        if digest.agrees(label, (self.http.body,)) is not False:  # over the chunks, as most tools write it
            return True
        try:
            return digest.agrees(label, (self.http.entity(),)) is True
        except ValueError:
            return False


def header_fields(head: bytes) -> list[tuple[str, str]]:
    """`Name: value` lines in UTF-8, folded ones joined; lines without a colon (such as `WARC/1.1`) are passed over."""
    fields: list[tuple[str, str]] = []
    for line in _LINE_END.split(head):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {_text(line)}")
            continue
        name, colon, value = line.partition(b":")
        if colon:
            fields.append((_text(name), _text(value)))
    return fields


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("a JSON object was expected")  # noqa: TRY004 - like json's own errors
    return value
