"""What answers say beside their pages: of their hosts, of requisites, of articles that they do not show."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsbot.article import Look
from newsbot.discovery.hosts import wait_of
from newsbot.judgement import SAYS_NO, is_hop, is_quiet_no, judge_exchange
from newsbot.sina import urls
from newsbot.warc.kept import header_of

if TYPE_CHECKING:
    from newsbot.article import Capture
    from newsbot.clock import Clock
    from newsbot.desk import Desk
    from newsbot.discovery.hosts import Hosts
    from newsbot.discovery.wants import Wants
    from newsbot.health import Facts
    from newsbot.warc.exchange import Exchange


class Hearing:
    """The part of a Run that listens to every exchange, once it is kept."""

    def __init__(self, hosts: Hosts, wants: Wants, desk: Desk, facts: Facts, clock: Clock) -> None:
        self.unsettled: set[str] = set()  #: keys of articles with failed answers after which something else may follow
        self._hosts = hosts
        self._wants = wants
        self._desk = desk
        self._facts = facts
        self._clock = clock

    def note(self, capture: Capture, exchange: Exchange) -> None:
        """Remember at once an answer that holds no page: a retry may follow, and a replay will find this one too."""
        location = header_of(exchange, b"location") if 300 <= capture.status < 400 else None
        ban = not capture.truncated and is_quiet_no(
            exchange.context, capture.url, capture.status, lambda: exchange.payload
        )
        self._note_host(capture, exchange, ban=ban)
        if "requisite" in exchange.context and not is_hop(capture.status, location):
            self._wants.note(capture, exchange.context, ban=ban)
        if key := exchange.context.get("article"):
            refusal = judge_exchange(capture, exchange.context["url"], location)
            if refusal:
                self._desk.note([Look(key, capture, refusal)])
                self.unsettled.add(key)

    def ban(self, host: str, retry_after: str = "", *, told: bool = True) -> None:
        """The site said no: the host rests, for as long as it asked (Retry-After), and the verdict says so (`told`)."""
        self._hosts.ban(host, wait_of(retry_after, self._clock()))
        if told and host not in self._facts.bans:
            self._facts.bans.append(host)

    def _note_host(self, capture: Capture, exchange: Exchange, *, ban: bool) -> None:
        """How a host fares, how often it wants to be asked (its robots.txt, Retry-After), whether it said no."""
        host, retry_after = urls.host(capture.url), header_of(exchange, b"retry-after") or ""
        well = 0 < capture.status < 500 and capture.status not in SAYS_NO and not exchange.error
        self._hosts.fared(host, exchange.fetch_ms / 1000, well=well)
        if ban or capture.status in SAYS_NO:
            self.ban(host, retry_after, told=not self._wants.concerns(exchange))
        elif capture.status == 503 and (wait := wait_of(retry_after, self._clock())):
            self._hosts.ban(host, wait)
        elif capture.status == 200 and urlsplit(capture.url).path == "/robots.txt":
            with suppress(ValueError):  # cannot be unpacked: nothing is asked there
                self._hosts.hear(host, exchange.payload)
