"""A scheduled run without Scrapy, sockets or waiting: what the spider, its middlewares and its pipelines do, in a loop.

What it asks goes to `Site.respond`; time is a clock whose hands it moves. Judgement is newsbot's own.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from protego import Protego

from newsbot.article import Article, Capture, Look, Refusal
from newsbot.crawl.ending import finish
from newsbot.discovery.walk import Walk
from newsbot.errors import ArchiveError, NewsbotError
from newsbot.judgement import is_hop, judge_exchange, judge_page, validate
from newsbot.sina import listing, page
from newsbot.warc.coding import decoded
from newsbot.warc.exchange import Exchange
from newsbot.warc.kept import header_of
from tests.fakesina.server import take
from tests.simulation.breaks import Breaking, Points, bury

if TYPE_CHECKING:
    from newsbot import health
    from newsbot.crawl.run import Run
    from newsbot.ledger import Work
    from tests.fakesina.site import Site

#: Seconds between two requests to a host (settings.DOWNLOAD_DELAY).
DELAY = 3.0
#: settings.RETRY_HTTP_CODES, and Scrapy's RETRY_TIMES and REDIRECT_MAX_TIMES.
RETRIED, RETRIES, REDIRECTS = frozenset({500, 502, 503, 504, 522, 524, 408}), 2, 20
AHEAD = 32
ANSWER_TAKES = timedelta(milliseconds=180)
RENEW_EVERY = timedelta(seconds=30)


class Hands:
    """A clock whose hands are moved; every look at it takes a microsecond."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def wait(self, time: timedelta) -> None:
        """Let that much time pass."""
        self.now += max(time, timedelta(0))


class Rests(Exception):
    """middlewares.Resting."""

    def __init__(self, host: str, until: datetime) -> None:
        super().__init__(f"{host} rests until {until}")
        self.until = until


class Forbidden(Exception):
    """Reason and words: robots.txt says no (`robots`), or cannot be read (`no-answer`)."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, or what came instead of one."""

    url: str
    capture: Capture
    exchange: Exchange
    hops: int = 0

    @property
    def location(self) -> str | None:
        """Its Location header."""
        return header_of(self.exchange, b"location")

    @property
    def content_type(self) -> str:
        """Its Content-Type."""
        return header_of(self.exchange, b"content-type") or ""

    def body(self) -> bytes:
        """The payload without any Content-Encoding."""
        answer = self.exchange.answer
        return decoded(answer.entity(), answer.headers) if answer else b""


class Driver:
    """One run. `run()` gives its verdict; Killed leaves it as a dead process leaves it."""

    def __init__(self, run: Run, site: Site, hands: Hands, points: Points) -> None:
        self.site = site
        self.hands = hands
        self.points = points
        self.random = random.Random(run.name)
        self._run = run
        self._rules: dict[str, Protego | None] = {}
        self._walks: deque[Walk] = deque()
        self.begun = False  #: it could be opened
        self._renewed = hands.now

    async def run(self) -> health.Verdict | NewsbotError:
        """The verdict, or why the run could not even begin."""
        run = self._run
        try:
            run.open()
        except NewsbotError as error:
            return error
        self.begun = True
        run.keeping.writer = Breaking(run.keeping.writer, self.points)  # type: ignore[assignment]
        run.desk.shelf = Breaking(run.desk.shelf, self.points)
        try:
            await run.begin(self._fail)
            await self._work()
        except NewsbotError as error:
            self._fail(error)
        return finish(run)

    def bury(self) -> None:
        """After a kill."""
        bury(self._run)

    def _fail(self, error: NewsbotError) -> None:
        """extensions.Archive.fail."""
        facts = self._run.facts
        if isinstance(error, ArchiveError):
            facts.unwritable = facts.unwritable or str(error)
        else:
            facts.errors.append(str(error))

    async def _work(self) -> None:
        """spiders.SinaFinance.start: lists, and articles as they become known."""
        self._walks.extend(Walk(window) for window in self._run.lists.plan((), None, None))
        while self._walks:
            walk = self._walks[0]
            url: str | None = walk.first()
            while url is not None:
                url = await self._listing(walk, url)
                if self.random.random() < 0.2:
                    await self._articles(self._run.lease(4))
            await self._end(walk)
        while work := self._run.lease(AHEAD, again=True):
            await self._articles(work)

    # --- lists ---

    async def _listing(self, walk: Walk, url: str) -> str | None:
        try:
            answer = await self._fetch(url, {"list": walk.window.list_name})
        except (Rests, Forbidden) as error:
            walk.fail(error.args[-1], unreachable=True)
            return None
        found = self._read_list(answer)
        self._run.heard(answer.url, found)
        if isinstance(found, listing.Page):
            self._run.lists.answer(answer.capture, found)
        return walk.take(found)

    def _read_list(self, answer: Fetched) -> listing.Page | Refusal:
        if not answer.capture.status:
            return Refusal("no-answer", answer.capture.error)
        if answer.capture.truncated:  # Scrapy's ResponseFailed: its errback says no-answer
            return Refusal("no-answer", answer.capture.error)
        return listing.read(answer.body(), answer.url, answer.content_type, answer.capture.status)

    async def _end(self, walk: Walk) -> None:
        await self._run.lists.end(walk)
        self._walks.popleft()
        if walk.unreachable:
            for other in self._walks:
                other.fail(f"not asked, as {walk.window.list_name} could not be: {walk.why}")
                await self._run.lists.end(other)
            self._walks.clear()

    # --- articles ---

    async def _articles(self, work: list[Work]) -> None:
        for one in work:
            if until := self._run.hosts.resting(urlsplit(one.url).hostname or ""):
                self._run.put_off(one.key, until)
                continue
            look = await self._article(one)
            if look is not None:
                validate(look)
                self._run.remember(look)
                self._run.publish(look)
            if self.random.random() < 0.1:  # gathering.py commits ten times a second
                self._run.ledger.flush()
                self.points.reach()

    async def _article(self, one: Work) -> Look | None:
        context = {"article": one.key, "url": one.url, "channel": one.channel, "title": one.title}
        context = {name: value for name, value in context.items() if value}
        headers = self._run.keeping.validators(one.url)
        try:
            answer = await self._fetch(one.url, context, headers)
        except Rests as error:
            self._run.facts.holes[one.url] = str(error)
            self._run.put_off(one.key, error.until)
            return None
        except Forbidden as error:
            return await self._run.refuse(one.key, one.url, Refusal(*error.args))
        capture = answer.capture
        if is_hop(capture.status, answer.location):
            refusal = Refusal("redirected-away", f"to {answer.location}")
            return await self._run.refuse(one.key, one.url, refusal)
        result = judge_exchange(capture, one.url, answer.location) or self._page(one.key, answer)
        self._run.heard(answer.url, result)
        return Look(one.key, capture, result)

    def _page(self, key: str, answer: Fetched) -> Article | Refusal | None:
        if answer.capture.refers_to:
            return self._run.desk.page_again(key, answer.capture)
        return judge_page(answer.capture, answer.body(), answer.content_type)

    # --- the way to the site: Gate, robots.txt, retries, redirects ---

    async def _fetch(self, url: str, context: dict[str, str], headers: dict[str, str] | None = None) -> Fetched:
        """The last answer on the way; raises Rests and Forbidden."""
        sent, hops, via = headers or {}, 0, ""
        while True:
            answer = await self._retried(url, context, sent, via, "L" + "R" * hops)
            if not is_hop(answer.capture.status, answer.location) or hops >= REDIRECTS:
                return answer
            url, via, sent, hops = urljoin(url, answer.location or ""), url, {}, hops + 1

    async def _retried(
        self, url: str, context: dict[str, str], headers: dict[str, str], via: str, hops: str
    ) -> Fetched:
        for _ in range(RETRIES + 1):
            if not (await self._allowed(url)).can_fetch(url, "newsbot"):
                raise Forbidden("robots", f"Forbidden by robots.txt: {url}")
            answer = await self._asked(url, context, headers, via, hops)
            if answer.capture.status and not answer.capture.truncated and answer.capture.status not in RETRIED:
                break
        return answer

    async def _allowed(self, url: str) -> Protego:
        """The rules of the host's robots.txt, asked once a run; none where there is no such file.

        Raises Forbidden, and Rests.
        """
        parts = urlsplit(url)
        if parts.netloc not in self._rules:
            answer = await self._asked(f"{parts.scheme}://{parts.netloc}/robots.txt", {}, {}, "", "")
            body = answer.body() if answer.capture.status == 200 else b""
            heard = 0 < answer.capture.status < 500 and not answer.capture.truncated and not page.is_ban(body)
            self._rules[parts.netloc] = Protego.parse(body.decode("utf-8", "replace")) if heard else None
        if (rules := self._rules[parts.netloc]) is None:
            if until := self._run.hosts.resting(parts.netloc):
                raise Rests(parts.netloc, until)
            raise Forbidden("no-answer", f"{parts.netloc}/robots.txt could not be read")
        return rules

    async def _asked(self, url: str, context: dict[str, str], headers: dict[str, str], via: str, hops: str) -> Fetched:
        """One exchange, in the archive when this returns."""
        host = urlsplit(url).hostname or ""
        if until := self._run.hosts.resting(host):
            raise Rests(host, until)
        wait, _ = self._run.hosts.turn(host, DELAY)
        self.hands.wait(wait)
        self._renew()
        exchange = self._over_the_wire(url, headers)
        exchange.context, exchange.via, exchange.hops = context, via, hops
        self.points.reach()
        capture = await self._run.keep(exchange)
        self.points.reach()
        return Fetched(url, capture, exchange)

    def _over_the_wire(self, url: str, headers: dict[str, str]) -> Exchange:
        parts = urlsplit(url)
        fields = {"Host": parts.netloc, **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        raw = f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode()
        request = take(bytearray(raw), tls=parts.scheme == "https")
        assert request is not None
        exchange = Exchange(url, self.hands(), raw, ip="192.0.2.1")
        answer, ending = self.site.respond(request)
        self.hands.wait(ANSWER_TAKES)
        if ending == "whole":
            exchange.response = answer
        else:
            exchange.error = "ConnectionLost: invented"
            if ending == "cut":
                exchange.response, exchange.truncated = answer, "disconnect"
        return exchange

    def _renew(self) -> None:
        if self.hands.now - self._renewed >= RENEW_EVERY:
            self._renewed = self.hands.now
            self._run.renew()
