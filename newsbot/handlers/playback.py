"""Replay: the download handler that answers from WARC files, so that the spider itself runs over an archive.

With REPLAY_FROM it takes Capture's place, and nothing is asked of the network. What it answers is kept in ARCHIVE_DIR,
another archive, as if it came from the site, under the date of its first capture: so that archive's posts are those
of the first. (`scrapy replay` makes the views of an archive anew without the spider.)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response
from scrapy.http.headers import Headers

from newsbot.clock import system_clock
from newsbot.configuration import archive_of
from newsbot.errors import BadInput, CaptureBroken
from newsbot.handlers.capture import Keeper
from newsbot.warc.recall import Recall

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from newsbot.warc.exchange import Exchange

_HANDLER = "newsbot.handlers.playback.Replay"


class NotArchived(Exception):
    """The archive that is replayed never asked for this."""


class Replay(BaseDownloadHandler):
    """For DOWNLOAD_HANDLERS, http and https, by `prepare`. Captures from NEWSBOT_CLOCK on come first."""

    def __init__(self, crawler: Crawler) -> None:
        """Read the indexes of REPLAY_FROM; BadInput as Recall says."""
        super().__init__(crawler)
        self._folder = Path(crawler.settings["REPLAY_FROM"])
        self._recall = Recall(self._folder, system_clock()())

    async def download_request(self, request: Request) -> Response:
        """The archive's answer, kept in ARCHIVE_DIR when this returns or raises.

        Raises NotArchived, which is not asked again, and DownloadFailedError for an answer that was cut off.
        """
        url = request.url.partition("#")[0]
        place = self._recall.take(url)
        if place is None:
            raise NotArchived(f"{url} is not in the WARC files of {self._folder}")
        conditional = b"If-None-Match" in request.headers or b"If-Modified-Since" in request.headers
        exchange = self._recall.exchange(place, conditional=conditional)
        exchange.via, exchange.hops = request.meta.get("via", ""), request.meta.get("hops", "")
        exchange.context = request.meta.get("newsbot", {})
        keeper = self.crawler.get_extension(Keeper)  # type: ignore[type-abstract]  # isinstance is all it does
        if keeper is None:
            raise CaptureBroken("no extension archives exchanges: EXTENSIONS must hold newsbot.extensions.Archive")
        request.meta["capture"] = await keeper.keep(exchange)
        return _response(request, exchange)

    async def close(self) -> None:
        """Scrapy's way out."""
        self._recall.close()


def prepare(settings: BaseSettings) -> None:
    """With REPLAY_FROM: answer from there, without waiting. BadInput for a folder that cannot be replayed."""
    if not settings["REPLAY_FROM"]:
        return
    folder, root = Path(settings["REPLAY_FROM"]).expanduser().resolve(), archive_of(settings).root.resolve()
    if not folder.is_dir():
        raise BadInput(f"REPLAY_FROM is {str(folder)!r}: there is no such folder")
    if folder.is_relative_to(root) or root.is_relative_to(folder):
        raise BadInput(f"REPLAY_FROM and ARCHIVE_DIR share {folder}: give ARCHIVE_DIR a folder for what is replayed")
    Recall(folder, system_clock()()).close()  # Scrapy would only log what is wrong, at the first request
    handlers = settings.getdict("DOWNLOAD_HANDLERS") | {"http": _HANDLER, "https": _HANDLER}
    chosen = {
        "REPLAY_FROM": str(folder),
        "DOWNLOAD_HANDLERS": handlers,
        "DOWNLOAD_DELAY": 0,
        "FEED": "off",
        "TOP_LIST": False,
    }
    for name, value in (chosen | {"AUTOTHROTTLE_ENABLED": False}).items():
        settings.set(name, value, priority="cmdline")


def _response(request: Request, exchange: Exchange) -> Response:
    message = exchange.answer
    if message is None or exchange.truncated or not message.whole:
        raise DownloadFailedError(exchange.error or f"the archived answer is truncated: {exchange.truncated}")
    try:
        body = message.entity(request.method)
    except ValueError as error:
        raise DownloadFailedError(f"the archived answer is broken: {error}") from error
    headers = Headers()
    for name, value in message.headers:
        headers.appendlist(name, value)
    return Response(request.url, status=message.status, headers=headers, body=body, request=request)
