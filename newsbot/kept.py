"""What is known of an exchange once it is in the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsbot.article import Capture
from newsbot.warc import message

if TYPE_CHECKING:
    from newsbot.warc.exchange import Exchange
    from newsbot.warc.writer import Written


def capture_of(written: Written, exchange: Exchange) -> Capture:
    """Where the exchange lies, as a replay will find it."""
    return Capture(
        record_id=written.response_id or written.metadata_id,
        date=written.date,
        url=exchange.url,
        status=message.split(exchange.response).status if written.response_id and exchange.response else 0,
        file=written.file,
        offset=written.offset,
        truncated=exchange.truncated,
        error=exchange.error,
    )


def header_of(exchange: Exchange, name: bytes) -> str | None:
    """A header of the answer (`name` in lower case), None when there is none, or no answer."""
    if exchange.response is None:
        return None
    value = message.split(exchange.response).get(name)
    return None if value is None else value.decode("latin-1")
