"""One record as read from a WARC file: named fields, HTTP message, payload, digests."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsbot.warc import digest
from newsbot.warc.coding import decoded
from newsbot.warc.message import Message, split

if TYPE_CHECKING:
    from collections.abc import Sequence

_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z?", re.ASCII)
_LINE_END = re.compile(rb"\r?\n")
_CONCURRENT = "warc-concurrent-to"


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
    head: bytes = b""  #: the record's header as it stands in the file, through its empty line
    ending: int = 4  #: bytes of line ends behind the block: the standard wants two CRLF
    #: Of a record larger than MAX_BLOCK: do block and payload digest agree? Compared while reading; None: not known.
    large: Sequence[bool | None] = ()
    _http: Message | None = field(default=None, repr=False, compare=False)
    _fields: dict[str, str] | None = field(default=None, repr=False, compare=False)

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
        return _exact(self.headers.get("warc-date", ""))

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
    def warcinfo(self) -> str:
        """WARC-Warcinfo-ID without angle brackets: the record that its file began with when it was written."""
        return self.headers.get("warc-warcinfo-id", "").strip("<>")

    @property
    def refers_to(self) -> str:
        """WARC-Refers-To without angle brackets: the record that a revisit repeats; '' where it names none."""
        return self.headers.get("warc-refers-to", "").strip("<>")

    @property
    def refers_to_target(self) -> str:
        """WARC-Refers-To-Target-URI: the address of the record that a revisit repeats; '' where it names none."""
        return self.headers.get("warc-refers-to-target-uri", "").strip("<>")

    @property
    def refers_to_date(self) -> str:
        """WARC-Refers-To-Date, in the form of `date`; '' where it names none."""
        return _exact(self.headers.get("warc-refers-to-date", ""))

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
        if self._fields is None:
            self._fields = dict(reversed(header_fields(self.block)))
        return self._fields

    @property
    def context(self) -> dict[str, Any]:
        """The spider's context out of an exchange's metadata record; {} where there is none. Raises ValueError."""
        return _object(self.fields.get("newsbot", "{}"))

    @property
    def facts(self) -> dict[str, Any]:
        """The JSON object of a note (`urn:newsbot:…`). Raises ValueError."""
        return _object(self.block.decode("utf-8"))

    def disagreements(self) -> list[str]:
        """The names of the digests that the bytes do not bear out; [] is good."""
        return [name for name, borne_out in self.judged().items() if borne_out is False]

    def judged(self) -> dict[str, bool | None]:
        """Does the record bear its digests out, by their fields' names; None where that cannot be said here.

        That is an unknown algorithm, the block of a revisit by wget, a payload in several segments, or one in chunks
        that is larger than MAX_BLOCK. The payload of a revisit is elsewhere.
        """
        found: dict[str, bool | None] = {}
        whole = len(self.block) == self.size
        if label := self.headers.get("warc-block-digest", ""):
            found["WARC-Block-Digest"] = digest.agrees(label, (self.block,)) if whole else self.large[0]
            if self.type == "revisit" and found["WARC-Block-Digest"] is False and digest.agrees(label, ()):
                found["WARC-Block-Digest"] = None  # wget writes that of no bytes into all its revisits
        label = self.headers.get("warc-payload-digest", "")
        if label and self.type != "revisit":
            if "warc-segment-number" in self.headers:
                found["WARC-Payload-Digest"] = None
            elif whole:
                found["WARC-Payload-Digest"] = self.holds_payload(label)
            else:
                in_chunks = self.is_http and self.http.chunked
                found["WARC-Payload-Digest"] = None if in_chunks and self.large[1] is False else self.large[1]
        return found

    def holds_payload(self, label: str) -> bool | None:
        """Has the payload this digest, as received or without its chunks? None for an unknown algorithm."""
        if not self.is_http:
            return digest.agrees(label, (self.block,))
        as_received = digest.agrees(label, (self.http.body,))  # over the chunks, as most tools write it
        if as_received is not False:
            return as_received
        try:
            return digest.agrees(label, (self.http.entity(),))
        except ValueError:
            return False


def _exact(date: str) -> str:
    found = _DATE.fullmatch(date)
    return f"{found[1]}.{(found[2] or '')[:6]:0<6}Z" if found else date


def header_fields(head: bytes) -> list[tuple[str, str]]:
    """`Name: value` lines in UTF-8, folded ones joined; lines without a colon (such as `WARC/1.1`) are passed over."""
    fields: list[tuple[str, list[str]]] = []
    for line in _LINE_END.split(head):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(_text(line))
            continue
        name, colon, value = line.partition(b":")
        if colon:
            fields.append((_text(name), [_text(value)]))
    return [(name, " ".join(values)) for name, values in fields]


def named_fields(head: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    """The same as lower-case name → first value, and all values of WARC-Concurrent-To without angle brackets."""
    try:
        first_line, *lines, _, _ = head.decode("utf-8").split("\r\n")
    except ValueError:
        return _carefully_named(head)
    first = {name.lower(): value.strip() for name, _, value in [line.partition(":") for line in reversed(lines)]}
    names = "".join(first)
    # Nearly always there are no folded lines, bare line feeds or odd spaces: that takes half of the time.
    if (
        "" in first.values()
        or " " in names
        or "\t" in names
        or head.count(b"\n") != len(lines) + 2
        or ":" in first_line
    ):
        return _carefully_named(head)
    if len(first) == len(lines):
        return first, (first[_CONCURRENT].strip("<>"),) if _CONCURRENT in first else ()
    size = len(_CONCURRENT)
    return first, tuple([line[size + 1 :].strip(" <>") for line in lines if line[:size].lower() == _CONCURRENT])


def _carefully_named(head: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    fields = [(name.lower(), value) for name, value in header_fields(head)]
    return dict(reversed(fields)), tuple([value.strip("<>") for name, value in fields if name == _CONCURRENT])


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("JSON that is nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("a JSON object was expected")  # noqa: TRY004 - like json's own errors
    return value
