"""The capture's self-check: what goes into the archive must be what Scrapy returned (warc.md section 1).

The tee rests on private names of Scrapy and Twisted. Were one of them renamed, the crawl would go on and the archive
stay empty or wrong; so every answer is compared, and a difference ends the crawl before it becomes a record.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scrapy.exceptions import DownloadCancelledError, ResponseDataLossError, StopDownload

from newsbot.errors import CaptureBroken
from newsbot.warc.message import dechunk, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy import Request
    from scrapy.http import Response

    from newsbot.warc.exchange import Exchange

#: Flags of a response that may hold less than what came: stopped by a signal handler, or cut.
_PARTIAL = frozenset({"download_stopped", "dataloss"})
#: The flag of one that ended by closing; when that was not in order it counts as cut (recording.py).
_UNBOUNDED = "partial"
_HEAD_END = re.compile(rb"\n\r?\n")


def check_response(request: Request, response: Response, exchanges: Sequence[Exchange]) -> None:
    """Raise CaptureBroken unless the last of `exchanges` holds `request` and the status and body of `response`.

    Where Scrapy itself says that the response is not whole, its body may be the beginning of what is archived.
    """
    exchange = exchanges[-1] if exchanges else None
    if exchange is None or exchange.response is None:
        raise _broken(request, "Scrapy has a response and the tee has none")
    head = request.method.encode() + b" "
    if not (exchange.request.startswith(head) and exchange.request.endswith(request.body or b"\r\n\r\n")):
        raise _broken(request, f"the request as sent is missing, {len(exchange.request)} bytes are there")
    status = exchange.response[:64].split(None, 2)[1:2]
    if status != [b"%d" % response.status]:
        raise _broken(request, f"Scrapy's status is {response.status}, the tee's is {status!r}")
    partial = not _PARTIAL.isdisjoint(response.flags)
    if exchange.truncated and not partial and _UNBOUNDED not in response.flags:
        raise _broken(request, f"Scrapy has the whole answer and the tee a beginning ({exchange.truncated})")
    if not _same_body(request.method, response.body, exchange.response, partial=partial):
        raise _broken(request, f"Scrapy's body ({len(response.body)} bytes) is not that of the tee")


def check_answered(request: Request, error: BaseException, exchanges: Sequence[Exchange], *, aborted: bool) -> None:
    """Raise CaptureBroken when `error` says that an answer had begun and none is in `exchanges`."""
    cancelled = isinstance(error, DownloadCancelledError) and not aborted  # only the size limit does that
    begun = cancelled or isinstance(error, ResponseDataLossError | StopDownload)
    if begun and not any(exchange.response for exchange in exchanges):
        raise _broken(
            request, f"Scrapy began to read an answer ({type(error).__name__}) and the tee has none"
        ) from error
    if isinstance(error, StopDownload) and error.response is not None:
        check_response(request, error.response, exchanges)


def _same_body(method: str, body: bytes, raw: bytes, *, partial: bool) -> bool:
    end = _HEAD_END.search(raw)
    start = end.end() if end else len(raw)
    if len(raw) - start == len(body) and raw.endswith(body):  # not chunked: nothing to copy
        return True
    message = split(raw)
    try:
        archived, whole = dechunk(message.body) if message.chunked else (message.entity(method), True)
    except ValueError:  # broken chunks: Scrapy gives a response only where data loss is tolerated
        return partial
    return archived.startswith(body) if partial else whole and archived == body


def _broken(request: Request, what: str) -> CaptureBroken:
    return CaptureBroken.changed(f"{request.url}: {what}")
