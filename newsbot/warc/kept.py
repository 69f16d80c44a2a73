"""What is known of an exchange once it is in the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsbot.article import Capture
from newsbot.warc.original import Original

if TYPE_CHECKING:
    from newsbot.warc.exchange import Exchange
    from newsbot.warc.message import Message
    from newsbot.warc.writer import Written


def capture_of(written: Written, exchange: Exchange, original: Original | None = None) -> Capture:
    """Where the exchange lies, as a replay will find it; `original` is the answer that it was kept as a revisit of."""
    return Capture(
        record_id=written.response_id or written.metadata_id,
        date=written.date,
        url=exchange.url,
        status=exchange.answer.status if written.response_id and exchange.answer else 0,
        file=written.file,
        offset=written.offset,
        truncated=exchange.truncated,
        error=exchange.error,
        refers_to=original.record_id if original else "",
    )


def original_of(capture: Capture, answer: Message, digest: str) -> Original:
    """What later answers may be kept as a revisit of; `digest` as `warc.original.payload_digest` gives it."""
    etag, modified = answer.value("etag"), answer.value("last-modified")
    return Original(capture.record_id, capture.url, capture.date, digest, capture.file, capture.offset, etag, modified)


def header_of(exchange: Exchange, name: bytes) -> str | None:
    """A header of the answer (`name` in lower case), None when there is none, or no answer."""
    value = exchange.answer.get(name) if exchange.answer else None
    return None if value is None else value.decode("latin-1")
