"""What one request put on the wire, while it happens: recordings of exchanges, and the download they belong to.

wire.py writes them, capture.py closes them and makes them into `warc.exchange.Exchange`s.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet.error import ConnectionDone

if TYPE_CHECKING:
    from datetime import datetime

    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

    from newsbot.clock import Clock

#: Bytes of an answer's head, with the heads of 1xx answers before it. Twisted limits a line, not their number.
HEAD_LIMIT = 1024 * 1024

#: The whole heads of 1xx answers that a message begins with. A head ends where Twisted ends it: at an empty line, lines
#: being ended by LF with one CR before it dropped.
_INTERIM = re.compile(rb"(?:HTTP/\d+\.\d+ 1\d\d(?:[ \r][^\n]*)?\n(?:(?!\r?\n)[^\n]*\n)*\r?\n)*")
_INTERIM_BEGUN = re.compile(rb"HTTP/\d+\.\d+ 1\d\d[ \r\n]")


@dataclass(frozen=True, slots=True)
class Peer:
    """The other side of a connection."""

    ip: str  #: its address, which is the proxy's behind one
    tls: str = ""  #: version as WARC-Protocol spells it, `tls/1.3`; '' without TLS
    cipher: str = ""
    chain: tuple[bytes, ...] = ()  #: its certificates, DER, leaf first
    reached: bool = True  #: False while a TLS handshake is not over: nothing of a request has left yet


class Connection(Protocol):
    """The connection an exchange goes over (wire.RecordingProtocol)."""

    def peer(self) -> Peer:
        """The other side as known now."""


class Recording:
    """One exchange while it happens: what was sent, what came, how it ended. Once closed it keeps no more."""

    __slots__ = (
        "_connection",
        "_in_order",
        "begun",
        "headed",
        "last",
        "lost",
        "peer",
        "received",
        "sent",
        "size",
        "spoilt",
        "started",
        "surplus",
        "whole",
    )

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.started: datetime = clock()  #: aware UTC
        self.begun = self.last = time.monotonic()  #: seconds, of the first byte sent and the last received
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self.size = 0  #: bytes that came
        self.headed = False  #: the head of the final answer has come to its end
        self.surplus = 0  #: bytes after the end of the message
        self.spoilt = False  #: the connection is being closed: no further request may go over it
        self.whole = False  #: the message came to its end
        self.lost = ""  #: why the connection was lost before that, or was not closed in order where closing is the end
        self.peer: Peer | None = None
        self._connection: Connection | None = connection  #: None once closed
        self._in_order = False  #: the connection was closed, not broken

    def receive(self, data: bytes) -> None:
        """Keep `data`, or count it when the message is over."""
        if self.whole:
            self.surplus += len(data)
            self.spoilt = True
        elif self._connection is not None:
            self.received.append(data)
            self.size += len(data)
            self.last = time.monotonic()

    def excess(self, limit: int) -> str:
        """Why this answer is too much to go on with, '' when it is not; `limit`: bytes its body may have, 0 for any.

        Scrapy counts the body alone: there is no end to a head, nor to what stands between chunks of one byte.
        """
        if self.whole:
            return ""
        if not self.headed and self.size > HEAD_LIMIT:
            return f"the head of the answer is longer than {HEAD_LIMIT} bytes"
        if limit and self.size > HEAD_LIMIT + 2 * limit:
            return f"the answer takes more than {HEAD_LIMIT + 2 * limit} bytes on the wire"
        return ""

    def finish(self, rest: int) -> None:
        """Note that the message ended `rest` bytes before what was received last."""
        if self._connection is None or self.whole:
            return
        self.whole = True
        self.surplus = rest
        if self._in_order:
            self.lost = ""
        while rest:
            last = self.received.pop()
            if len(last) > rest:
                self.received.append(last[:-rest])
            rest = max(0, rest - len(last))
        self.peer = self._connection.peer()

    def lose(self, reason: Failure) -> None:
        """Note that the connection is gone.

        For an answer without a length that is its end, which `finish` tells afterwards; such an answer is whole only
        when the connection was closed in order (RFC 9112, 9.8), else `lost` stays set.
        """
        if self._connection is not None and not self.whole:
            self.lost = one_line(reason.value or ConnectionDone())
            self._in_order = isinstance(reason.value, ConnectionDone)
            self.peer = self._connection.peer()

    def close(self, *, stopped: bool = False) -> tuple[bytes, bytes, bytes]:
        """End the recording; give request, heads of 1xx answers, and final answer (b'' when none began), all raw.

        `stopped`: a signal handler stopped the download, so the connection is being closed even after a whole answer.
        """
        self.spoilt = self.spoilt or stopped or not self.whole
        if self.peer is None and self._connection is not None:
            self.peer = self._connection.peer()
        self._connection = None
        sent, raw = (b"".join(parts) for parts in (self.sent, self.received))
        self.sent, self.received = [], []
        begin = found.end() if (found := _INTERIM.match(raw)) else 0
        if _INTERIM_BEGUN.match(raw, begin):  # the head of a 1xx answer that was cut
            begin = len(raw)
        return sent if self.peer and self.peer.reached else b"", raw[:begin], raw[begin:]


class Download:
    """What one Scrapy request put on the wire: one recording, or more after a hidden retry of Twisted's, or none."""

    __slots__ = ("_flow", "aborted", "clock", "excess", "limit", "recordings", "started")

    def __init__(self, clock: Clock, limit: int = 0) -> None:
        self.clock = clock
        self.limit = limit  #: bytes that a body may have; 0: any number
        self.started: datetime = clock()  #: aware UTC
        self.recordings: list[Recording] = []
        self.aborted = ""  #: why it was cancelled from outside, one line
        self.excess = ""  #: why it was cancelled by ourselves: too much came
        self._flow: Deferred[Any] | None = None

    def follow(self, flow: Deferred[Any] | None) -> None:
        """Remember what `abort` has to cancel: Scrapy hangs connecting, answer and body on this one Deferred.

        None when it is over: a kept-alive connection keeps the context, and so the download, that it began with.
        """
        self._flow = flow

    def abort(self, reason: str) -> None:
        """Cancel it in whatever stage it is; without effect on one that has come to its end."""
        self.aborted = reason
        self._cancel()

    def exceed(self, excess: str) -> None:
        """Cancel it because too much came."""
        self.excess = excess
        self._cancel()

    def _cancel(self) -> None:
        if self._flow is not None:
            self._flow.cancel()


def one_line(error: BaseException | None) -> str:
    """Name an error in one line of at most 500 characters, with the reasons Twisted keeps in it or in its cause."""
    if error is None:
        return "no error was told"
    inner = error if hasattr(error, "reasons") else error.__cause__
    reasons = [one_line(reason.value) for reason in getattr(inner, "reasons", [])]
    words = "; ".join(reasons) or str(error) or str(error.__cause__ or "")
    return " ".join(f"{type(error).__name__}: {words}".split())[:500].rstrip(": ")
