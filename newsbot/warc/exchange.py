"""One request and its answer, as the bytes that went over the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsbot.warc.coding import decoded
from newsbot.warc.message import Message, split

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(slots=True)
class Exchange:
    """What the capture handler hands to the writer; all of it becomes records (warc.md section 2).

    `request` and `response` are heads and bodies exactly as sent and received, above TLS. `response` is None when
    nothing of a final answer arrived. 1xx heads are kept apart in `interim`; bytes after the message are only counted.
    """

    url: str  #: WARC-Target-URI, without a fragment
    started: datetime  #: aware UTC; the capture date of all its records
    request: bytes
    response: bytes | None = None
    interim: bytes = b""  #: heads of 1xx answers, raw
    surplus: int = 0  #: bytes received after the end of the message
    truncated: str = ""  #: WARC-Truncated: time, length, disconnect, unspecified; '' when whole
    ip: str = ""  #: address of the server; '' behind a proxy or without a connection
    protocols: tuple[str, ...] = ("http/1.1",)  #: WARC-Protocol values, e.g. ("http/1.1", "tls/1.3")
    cipher: str = ""  #: WARC-Cipher-Suite
    chain: tuple[bytes, ...] = ()  #: the server's certificates, DER, leaf first
    fetch_ms: int = 0  #: from the first byte sent to the last received
    error: str = ""  #: what failed, one line; '' when an answer came whole
    via: str = ""  #: URL that led here
    hops: str = ""  #: hopsFromSeed: L link, R redirect, E embedded
    digest: str = ""  #: of the entity-body, where it is known already (original.payload_digest); else ''
    context: Mapping[str, Any] = field(default_factory=dict)  #: the spider's own facts; JSON-able
    #: Target and JSON of what is kept in the answer's place, `response` being its head then: it tells of people.
    resource: tuple[str, bytes] | None = None
    _answer: Message | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def answer(self) -> Message | None:
        """The answer, cut into its parts once; None without one. It stays what it was at the first look."""
        if self._answer is None and self.response is not None:
            self._answer = split(self.response)
        return self._answer

    @property
    def payload(self) -> bytes:
        """What the answer says: its entity, content-decoded; b'' without an answer. Raises ValueError."""
        return decoded(self.answer.entity(), self.answer.headers) if self.answer else b""

    def replace(self, response: bytes | None) -> None:
        """Let these bytes stand for the answer: all that is to be kept of it."""
        self.response, self._answer = response, None
