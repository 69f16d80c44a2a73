"""The spider's requests for page requisites: behind the articles, a few at a time, and to no parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from newsbot.errors import NewsbotError
from newsbot.extensions import Resting, Stopping
from newsbot.handlers.recording import one_line
from newsbot.judgement import is_hop, is_quiet_no, judge_requisite
from newsbot.sina.urls import host
from newsbot.spiders.answers import not_asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from newsbot.article import Capture
    from newsbot.extensions import Archive
    from newsbot.ledger import Wanted

#: Articles come first.
PRIORITY = -10
#: What browsers say they take.
ACCEPT = {"image": "image/webp,image/png,image/*;q=0.8,*/*;q=0.5", "style": "text/css,*/*;q=0.1", "part": "text/html"}
#: hopsFromSeed: E embedded, L a link.
HOPS = {"image": "E", "style": "E", "part": "L"}


class RequisiteQueue:
    """Turns what the ledger wants into requests, and their answers into ledger rows."""

    def __init__(self, archive: Archive, settings: BaseSettings, changed: Callable[[], None]) -> None:
        """`changed` is called whenever one is done."""
        self.open: set[str] = set()  #: URLs on their way
        self._archive = archive
        self._wants = archive.run.wants
        self._changed = changed
        # A quarter of the places: they wait for few hosts, and must not fill the downloader while they do.
        self._room = max(1, settings.getint("CONCURRENT_REQUESTS") // 4)
        self._max_bytes = settings.getint("REQUISITE_MAX_BYTES")
        self._seconds = settings.getfloat("REQUISITE_SECONDS")
        self._alone: datetime | None = None  # since when nothing else is left to do

    def requests(self, *, alone: bool) -> Iterator[Request]:
        """What to ask now; with `alone` (lists and articles are done) for no longer than REQUISITE_SECONDS."""
        if alone:
            now = self._archive.run.clock()
            self._alone = self._alone or now
            if (now - self._alone).total_seconds() >= self._seconds:
                return
        if len(self.open) > self._room // 2:  # a lease of one costs as much as a lease of many
            return
        for one in self._wants.lease(self._room - len(self.open)):
            if until := self._archive.run.hosts.resting(host(one.url)):
                self._wants.put_off(one, until)
                continue
            self.open.add(one.url)
            yield self._request(one)

    def _request(self, one: Wanted) -> Request:
        headers = {"Accept": ACCEPT[one.kind]} | ({"Referer": one.referer} if one.referer else {})
        if one.kind != "image":  # that is asked once, ever
            headers |= self._archive.run.keeping.validators(one.url, page=False)
        return Request(
            one.url,
            callback=self.parse,
            errback=self.failed,
            headers=headers,
            priority=PRIORITY,
            cb_kwargs={"one": one},
            meta={
                "newsbot": {"requisite": one.kind, "url": one.url},
                "via": one.of,
                "hops": HOPS[one.kind],
                "download_maxsize": self._max_bytes,
            },
        )

    def parse(self, response: Response, one: Wanted) -> None:
        """It is in the archive by now; whether it is what was asked for, the status says."""
        capture: Capture = response.meta["capture"]
        hop = is_hop(capture.status, "" if "Location" in response.headers else None)  # Scrapy does not follow it
        ban = is_quiet_no({"requisite": one.kind}, capture.url, capture.status, lambda: response.body)
        reason = "redirected-away" if hop else judge_requisite(capture, ban=ban)
        if not reason:
            self._archive.run.heard(capture.url, None)
        self._settle(one, reason, f"status {capture.status}")
        if one.kind == "part" and not reason:
            self._archive.run.join(one.url)

    def failed(self, failure: Failure) -> None:
        """No answer, or not to be asked."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        one: Wanted = request.cb_kwargs["one"]
        error = failure.value
        if isinstance(error, NewsbotError):
            self._archive.fail(error)
            self._done(one)
        elif isinstance(error, Resting):
            self._wants.put_off(one, error.until)
            self._done(one)
        elif isinstance(error, Stopping):  # stays wanted
            self._done(one)
        elif isinstance(error, IgnoreRequest):
            refusal = not_asked(error)
            self._settle(one, refusal.reason, refusal.evidence)
        else:
            capture: Capture | None = request.meta.get("capture")
            self._settle(one, (judge_requisite(capture) if capture else "") or "no-answer", one_line(error))

    def _settle(self, one: Wanted, reason: str, words: str) -> None:
        self._wants.settle(one, reason, words)
        self._done(one)

    def _done(self, one: Wanted) -> None:
        self.open.discard(one.url)
        self._changed()
