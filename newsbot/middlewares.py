"""Gate: what may be asked, and when (design.md, "Where it may go", "Politeness is per host"). Robots: robots.txt that
cannot be read. Unpack: Content-Encoding.

The gate stands before everything else, so that robots.txt, redirects and images pass it too.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response

from newsbot.article import Refusal
from newsbot.clock import system_clock
from newsbot.discovery.hosts import ROBOTS_LIMIT, what_counts
from newsbot.errors import NewsbotError
from newsbot.extensions import Archive, Resting, Stopping
from newsbot.handlers.recording import one_line
from newsbot.handlers.resolver import AddressRefused
from newsbot.judgement import judge_packed
from newsbot.sina import page
from newsbot.warc.coding import decoded

if TYPE_CHECKING:
    from datetime import datetime

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser

    from newsbot.clock import Clock

#: Begins the flag of a response whose Content-Encoding cannot be taken off; a word of REASONS and why follow.
PACKED = "packed "

#: After this a robots.txt that could not be read is asked for again, by the next that wants to know.
ROBOTS_AGAIN = timedelta(minutes=10)
#: A rest that ends so soon is waited for: a run that began a moment too early would read no list.
NEARLY_OVER = timedelta(seconds=30)


class NotAllowed(IgnoreRequest):
    """A scheme or host outside ALLOWED_HOSTS."""


class Gate:
    """Lets a request through when its host may be asked, and not before its turn."""

    def __init__(self, crawler: Crawler) -> None:
        archive = crawler.get_extension(Archive)
        if archive is None:
            raise NotConfigured("newsbot's gate stands before its own spider only")
        self._archive = archive
        self._allowed = tuple(host.lower() for host in crawler.settings.getlist("ALLOWED_HOSTS"))
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Gate:
        """Scrapy's way in."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises NotAllowed, Resting or Stopping; waits for the host's turn among all processes.

        Until it is sent more can pass, a robots.txt and who is before it: the handler asks `Archive.admit` once more.

        `meta["capture"]` is there afterwards only when this very request came to be an exchange.
        """
        request.meta.pop("capture", None)  # of the answer before, on which a redirect or a retry follows
        if times := request.meta.get("redirect_times"):
            request.meta["via"] = request.meta["redirect_urls"][-1]
            request.meta["hops"] = request.meta.get("hops", "").rstrip("R") + "R" * times
            for name in ("If-None-Match", "If-Modified-Since"):  # validators are of the address asked first
                request.headers.pop(name, None)
        if self._archive.stopping.is_set():
            raise Stopping("the run is ending")
        host = self._host(request)
        await self._sit_out(host)
        self._archive.admit(request.url)
        await self._take_turn(host)

    async def _sit_out(self, host: str) -> None:
        """Wait for the end of a rest that is nearly over: one that began with a run often ends as another begins."""
        run = self._archive.run
        until = run.hosts.resting(host)
        if until and (left := until - run.clock()) <= NEARLY_OVER:
            await self._wait(left)

    async def _take_turn(self, host: str) -> None:
        """A scheduled run first: the others take what turns it leaves."""
        run, granted = self._archive.run, False
        while not granted:
            wait, granted = run.hosts.turn(host, self._delay, first=run.options.kind == "schedule")
            await self._wait(wait)

    def _host(self, request: Request) -> str:
        parts = urlsplit(request.url)
        host = (parts.hostname or "").rstrip(".")
        if parts.scheme not in {"http", "https"}:
            raise NotAllowed(f"{request.url}: only http and https are asked")
        if not any(host == allowed or host.endswith("." + allowed) for allowed in self._allowed):
            raise NotAllowed(f"{host} is not in ALLOWED_HOSTS")
        return host

    async def _wait(self, time: timedelta) -> None:
        """Wait, but not into the end of the run."""
        if time > timedelta(0):
            try:
                await asyncio.wait_for(self._archive.stopping.wait(), time.total_seconds())
            except TimeoutError:
                return
        if self._archive.stopping.is_set():
            raise Stopping("the run is ending")


class Unheard(IgnoreRequest):
    """Nobody knows what a host's robots.txt forbids: it could not be reached."""


class _Unread(NamedTuple):
    """A host's rules could not be read."""

    why: Exception
    until: datetime  # then they are asked for again


class Robots(RobotsTxtMiddleware):
    """Obeys robots.txt as Scrapy's own does, but where it cannot be reached nothing is asked (RFC 9309, 2.3.1.4).

    Scrapy would ask everything then, what is forbidden too. Only robots.txt itself is asked with `dont_obey_robotstxt`.
    """

    def __init__(self, crawler: Crawler, clock: Clock | None = None) -> None:
        """`clock`: the system's, unless another is given."""
        super().__init__(crawler)
        self._reading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._unread: dict[str, _Unread] = {}  # by host and port
        self._clock = clock or system_clock()

    async def robot_parser(self, request: Request) -> RobotParser:
        """The rules of the request's host. Raises Unheard, or why newsbot itself could not ask for them."""
        place = urlsplit(request.url).netloc
        async with self._reading[place]:  # of several that wait for the same rules Scrapy 2.19 gives them to the first
            if place in self._unread and self._unread[place].until <= self._clock():
                del self._unread[place]
                self._parsers.pop(place, None)  # what Scrapy's reader once looked for it never asks again
            rules = await super().robot_parser(request)
        if rules is not None:
            return rules
        archive = self.crawler.get_extension(Archive)
        if archive is not None:
            if archive.stopping.is_set():  # it may be we who broke it off
                raise Stopping("the run is ending")
            archive.admit(request.url)  # its host may have said no
        why = self._unread[place].why if place in self._unread else Unheard("no answer")
        if isinstance(why, Resting | Stopping | NewsbotError):
            raise why
        raise Unheard(f"{place}/robots.txt could not be read ({one_line(why)}), so nothing is asked there")

    def process_response(self, request: Request, response: Response) -> Response:
        """Raises Unheard for what is no rules: of a server that fails (when asked often enough), packed, a ban page.

        Any 4xx means that there are none (RFC 9309, 2.3.1.3): many hosts of pictures give a 403 for what they have not.
        """
        if request.meta.get("dont_obey_robotstxt"):
            if response.status >= 500:
                raise self._note(request, Unheard(f"status {response.status}"))
            if response.status < 400 and (packed := undecodable(response)):  # for all we know it forbids everything
                raise self._note(request, Unheard(packed.evidence))
            if page.is_ban(response.body):
                raise self._note(request, Unheard("the site's ban page"))
        return response

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """Rules that lie where newsbot does not go count as none (RFC 9309, 2.3.1.2)."""
        if request.meta.get("dont_obey_robotstxt"):
            if isinstance(exception, NotAllowed | AddressRefused):
                return Response(request.url, status=404)
            self._note(request, exception)
        return None

    def _note(self, request: Request, why: Exception) -> Exception:
        asked = request.meta.get("redirect_urls", [request.url])[0]
        until = why.until if isinstance(why, Resting) else self._clock() + ROBOTS_AGAIN
        self._unread[urlsplit(asked).netloc] = _Unread(why, until)
        return why


class Unpack:
    """Takes the Content-Encoding off a body, with the function that a replay uses, and leaves text undecoded.

    Scrapy's own HttpCompressionMiddleware guesses the character set of every page that names none on the way, which is
    most of the time it takes here, and the guess is wrong for mostly-ASCII GBK.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """A plain Response with the payload; where it cannot be unpacked, empty and with the flag PACKED.

        Of a robots.txt only its beginning: Scrapy's reader knows no limit.
        """
        headers = [(b"content-encoding", value) for value in response.headers.getlist(b"Content-Encoding")]
        rules = urlsplit(response.url).path == "/robots.txt"
        if not headers and not (rules and len(response.body) > ROBOTS_LIMIT):
            return response
        flags = list(response.flags)
        try:
            body = decoded(response.body, headers)
        except ValueError as error:
            body, refusal = b"", judge_packed(error)
            flags.append(f"{PACKED}{refusal.reason}: {refusal.evidence}")
        body = what_counts(body) if rules else body
        return Response(
            response.url,
            status=response.status,
            headers=response.headers,
            body=body,
            flags=flags,
            request=request,
            certificate=response.certificate,
            ip_address=response.ip_address,
            protocol=response.protocol,
        )


def undecodable(response: Response) -> Refusal | None:
    """The refusal of an answer whose Content-Encoding cannot be taken off (Unpack)."""
    flag = next((flag for flag in response.flags if flag.startswith(PACKED)), None)
    if flag is None:
        return None
    reason, _, evidence = flag.removeprefix(PACKED).partition(": ")
    return Refusal(reason, evidence)
