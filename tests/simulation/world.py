"""A Site with a life of its own: what happens in it is planned from a seed, and what it answers is logged."""

from __future__ import annotations

import random
import re
from bisect import bisect_right, insort
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tests.fakesina import articles
from tests.fakesina.failures import matches
from tests.fakesina.newsroom import has_entered, place
from tests.fakesina.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakesina.answers import Answer, Request
    from tests.fakesina.stories import Story

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PAGES, LISTS = "finance.sina.com.cn", "feed.mix.sina.com.cn"
#: The host whose robots.txt has a Crawl-delay.
SLOW_HOST = "news.sina.com.cn"
FRONT = f"{PAGES}/"
_DOCID = re.compile(rb'"docid":"comos:([a-z]{7}\d{7})"')
#: Ordinary articles, and now and then one of the cast; what these three are about is planned here.
_PLAIN = articles.CAST[0]
_OTHERS = [part for part in articles.CAST if part.variant not in {"edited", "late", "twin"}]
_PRIVATE = articles.Part(
    "private",
    lambda story: replace(
        story,
        url=articles.fill("https://finance.sina.com.cn/private/{day}/doc-i{docid}.shtml", story),
        outcome="robots",
    ),
)
_LIST_TROUBLES = ("503", "500", "none", "error-code", "html", "empty", "cut", "403")
_PAGE_TROUBLES = ("503", "500", "none", "cut", "403", "429", "503-later")
#: How far back a list shows anything.
REACH = 2 * DAY
#: Longer than any trouble that lies in the way of a second look, the time until it is tried again included.
PATIENCE = 14 * HOUR


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and what the site made of it."""

    when: datetime
    host: str
    path: str
    status: int  #: 0: no answer, or not all of it
    docid: str = ""  #: of the article whose page it is
    page: tuple[int, str] | None = None  #: (revision, title) where a page that can be read was the answer
    failure: str = ""  #: a word of failures.KINDS where trouble claimed the request


@dataclass(frozen=True, slots=True)
class State:
    """What a story's page is, from `since` on."""

    since: datetime
    page: tuple[int, str] | None  #: None while there is none, or one that cannot be read
    listed: bool  #: is it in the lists, once it appeared there?


class World(Site):
    """Articles come, change and go between `now` and `now + span`; `clock` gives the site's time, if not its own.

    `daily`: articles a day; `crawl_delay`: seconds that SLOW_HOST wants between two requests.
    """

    def __init__(
        self,
        now: datetime,
        span: timedelta,
        seed: int,
        *,
        daily: int,
        crawl_delay: float = 7,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._clock = clock
        self._by_creation: list[tuple[datetime, str]] = []  # (created, docid) of every story
        super().__init__(now, 0, seed, troubles=False)
        self.span, self.end = span, now + span
        self.random = random.Random(seed)
        self.log: list[Asked] = []
        self.shown: dict[str, list[datetime]] = {}  #: docid → when a list answer held it
        self.history: dict[str, list[State]] = {}
        self.changed: dict[str, datetime] = {}  #: docid → when its page was changed last
        self._events: list[tuple[datetime, int, Callable[[datetime], object]]] = []
        self._counted: dict[int, Callable[[datetime], object]] = {}
        self.crawl_delay = crawl_delay
        self.robots[SLOW_HOST] = f"User-agent: *\nCrawl-delay: {crawl_delay:.0f}\nDisallow: /private/\n".encode()
        self._plan_articles(now, daily)
        self._plan_troubles(now)
        self._events.sort(key=lambda event: event[:2])

    def now(self) -> datetime:
        """See Newsroom."""
        return self._clock() if self._clock else super().now()

    def add(self, story: Story, **when: Any) -> Story:
        """See Newsroom; `created` stays what it was."""
        if not self.has(story.docid):
            insort(self._by_creation, (story.created, story.docid))
        return super().add(story, **when)

    # --- what will happen ---

    def _at(self, when: datetime, what: Callable[[datetime], object]) -> None:
        self._events.append((when, len(self._events), what))

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _between(self, low: timedelta, high: timedelta) -> timedelta:
        return timedelta(seconds=int(self.random.uniform(low.total_seconds(), high.total_seconds())))

    def _plan_articles(self, now: datetime, daily: int) -> None:
        count = int(daily * (self.span / DAY + 1))
        begin, step = now - DAY + HOUR / 4, (self.span + DAY - HOUR / 2) / count
        unknown = now + self._between(self.span * 0.3, self.span * 0.6)  # for hours a layout that nobody has seen
        mended = unknown + self._between(min(HOUR, self.span / 8), min(6 * HOUR, self.span / 4))
        for number in range(count):
            part = self.random.choice(_OTHERS) if self._chance(0.1) else _PLAIN
            part = _PRIVATE if self._chance(0.005) else articles.EMPTY if self._chance(0.005) else part
            created = begin + step * number + self._between(timedelta(0), step)
            story = articles.invent(number, self.seed, created.replace(microsecond=0), part)
            entry = story.intime
            if self._chance(0.05):
                entry += self._between(5 * MINUTE, min(20 * HOUR, self.span / 2))
            entry = min(entry, now + self.span - HOUR / 2)
            story = self.add(replace(story, appears=entry, intime=entry))
            self._note(story.docid, entry)
            if story.outcome == "post":
                self._plan_fate(story, entry, unknown <= entry < mended, mended)

    def _plan_fate(self, story: Story, entry: datetime, unknown: bool, mended: datetime) -> None:
        docid = story.docid
        if unknown and self._chance(0.8):
            page = f'<!DOCTYPE html><html><meta charset="utf-8"><body><main>【虚构】新版 {docid}</main></body></html>'
            self._changing(entry, docid, page=page.encode())
            if self._chance(0.8):
                self._changing(mended, docid, page=None)
            return
        at = entry
        for _ in range(self.random.choice((0, 0, 0, 0, 0, 1, 1, 2, 3))):
            at += self._between(3 * MINUTE, 9 * HOUR)
            self._at(at, self._edit(docid, silent=self._chance(0.3), titled=self._chance(0.3)))
        if self._chance(0.003) and docid in story.url:
            self._at(entry, lambda _: self.fail("503", docid, None))  # and stays so
        elif self._chance(0.01):
            self._changing(entry, docid, missing="404")
        elif self._chance(0.08):
            at = entry + self._between(5 * MINUTE, self.span * 0.7)
            away = {"home": f"https://{FRONT}"} if self._chance(0.2) else {"missing": self._missing()}
            self._changing(at, docid, hidden=self._chance(0.5), **away)
            if self._chance(0.3) and (back := at + self._between(HOUR, 40 * HOUR)) < self.end:
                self._changing(back, docid, hidden=False, missing="", home=story.home)

    def _missing(self) -> str:
        return self.random.choice(("404", "404", "soft-404"))

    def _changing(self, when: datetime, docid: str, **fields: Any) -> None:
        def change(at: datetime) -> None:
            self.change(docid, **fields)
            self._note(docid, at)

        self._at(when, change)

    def _edit(self, docid: str, *, silent: bool, titled: bool) -> Callable[[datetime], None]:
        def edit(at: datetime) -> None:
            story = self.story(docid)
            title = f"{story.title.partition('（')[0]}（改{story.revision + 1}）" if titled else story.title
            updated = story.updated if silent else at.replace(microsecond=0)
            listed = {} if not titled else {"list_title": ""}
            self.change(docid, revision=story.revision + 1, title=title, updated=updated, **listed)
            self._note(docid, at)

        return edit

    def _note(self, docid: str, at: datetime) -> None:
        story = self.story(docid)
        self.changed[docid] = at
        readable = not story.missing and story.page is None and place(story.home) != FRONT
        page = (story.revision, story.title) if readable and story.outcome in {"post", "robots"} else None
        self.history.setdefault(docid, []).append(State(at, page, listed=not story.hidden))

    def _plan_troubles(self, now: datetime) -> None:
        for _ in range(max(2, round(self.span / DAY))):
            for where, kinds, longest in (
                ("list", _LIST_TROUBLES, 5 * HOUR),
                (self.random.choice((PAGES, "cj.sina.com.cn", SLOW_HOST)), _PAGE_TROUBLES, 4 * HOUR),
                (self.random.choice((PAGES, PAGES, LISTS, "page", "list")), ("ban", "ban-200"), HOUR),
            ):
                begin = now + self._between(HOUR, self.span * 0.9)
                end = begin + self._between(5 * MINUTE, min(longest, self.span / 8))
                self._trouble(begin, end, self.random.choice(kinds), where)

    def _trouble(self, begin: datetime, end: datetime, kind: str, where: str) -> None:
        scripts: list[Any] = []
        self._at(begin, lambda _: scripts.append(self.fail(kind, where, None)))
        self._at(end, lambda _: self.mend(scripts.pop()))

    def ban_after(self, requests: int, where: str, time: timedelta) -> None:
        """Ban the asker, from the request after so many on, for a time."""

        def ban(at: datetime) -> None:
            script = self.fail("ban", where, None)
            self._at(at + time, lambda _: self.mend(script))
            self._events.sort(key=lambda event: event[:2])

        self._counted[requests] = ban

    # --- what happens, and what is answered ---

    def in_lists(self) -> list[Story]:
        """See Newsroom; but these lists end somewhere, as the real ones do."""
        now = self.now()
        begin, end = (bisect_right(self._by_creation, moment, key=itemgetter(0)) for moment in (now - REACH, now))
        stories = (self._stories[docid] for _, docid in reversed(self._by_creation[begin:end]))
        return [story for story in stories if has_entered(story, now, 0)]

    def live(self) -> None:
        """Let everything happen that is due by now."""
        with self._lock:
            now = self.now()
            while self._events and self._events[0][0] <= now:
                when, _, what = self._events.pop(0)
                what(when)
            if what_now := self._counted.pop(len(self.log), None):
                what_now(now)

    def respond(self, request: Request) -> tuple[bytes, str]:
        """See Site; what is due happens first, and the answer is logged."""
        with self._lock:
            self.live()
            message, ending = super().respond(request)
            status = int(message[9:12]) if ending == "whole" else 0
            self._log(request, status, next((s.kind for s in self._scripts if matches(s.where, request)), ""))
        return message, ending

    def _log(self, request: Request, status: int, failure: str) -> None:
        address = request.host + request.path
        story = self.at(address) if address != FRONT else None
        page = None
        if story is not None and request.tls and not failure and place(story.home or story.url) == address:
            page = self.history[story.docid][-1].page
        docid = story.docid if story else ""
        self.log.append(Asked(self.now(), request.host, request.path, status, docid, page, failure))

    def _list(self, request: Request) -> Answer:
        answer = super()._list(request)
        for docid in _DOCID.findall(answer.body):
            self.shown.setdefault(docid.decode(), []).append(self.now())
        return answer

    def _page(self, story: Story, address: str) -> Answer:
        answer = super()._page(story, address)
        if answer.modified is None:
            return answer
        return replace(answer, modified=self.changed[story.docid].replace(microsecond=0))
