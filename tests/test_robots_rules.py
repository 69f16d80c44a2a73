"""When rules that could not be read are asked for again: by the middleware alone, under a clock that is moved."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.extension import ExtensionManager
from scrapy.http import Response
from scrapy.statscollectors import MemoryStatsCollector

from newsbot.extensions import Resting
from newsbot.middlewares import ROBOTS_AGAIN, Robots, Unheard
from tests.crawling import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from scrapy.crawler import Crawler

PAGE = "https://finance.sina.com.cn/a.shtml"


@dataclass
class Engine:
    """Answers as Scrapy's does, through the middleware: what it is given, one after the other."""

    answers: list[bytes | Exception]
    robots: Robots | None = None
    asked: list[str] = field(default_factory=list)

    async def download_async(self, request: Request) -> Response:
        assert self.robots is not None
        self.asked.append(request.url)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            self.robots.process_exception(request, answer)
            raise answer
        return Response(request.url, body=answer)


class Place:
    """The middleware, with its engine and its clock."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.now = NOW
        runner = AsyncCrawlerRunner({"ROBOTSTXT_OBEY": True})
        crawler: Crawler | Any = runner.create_crawler(Spider)
        crawler.stats, crawler.extensions = MemoryStatsCollector(crawler), ExtensionManager(crawler=crawler)
        self.engine = crawler.engine = Engine(list(answers))
        self.robots = self.engine.robots = Robots(crawler, self.clock)

    def clock(self) -> datetime:
        return self.now

    def ask(self) -> str:
        """What becomes of a request for a page: '' when it may be sent, else the name of the error."""
        try:
            asyncio.run(self.robots.process_request(Request(PAGE)))
        except Exception as error:
            return type(error).__name__
        return ""


def test_rules_that_could_not_be_read_are_asked_for_again_after_a_while_and_not_before() -> None:
    place = Place(TimeoutError("one"), TimeoutError("another"), b"User-agent: *\nDisallow: /a.shtml\n")
    told = []
    for _ in range(3):
        told += [place.ask(), place.ask()]
        place.now += ROBOTS_AGAIN
    assert told == [Unheard.__name__] * 4 + ["IgnoreRequest"] * 2
    assert len(place.engine.asked) == 3


def test_a_rest_that_was_met_on_the_way_to_the_rules_ends() -> None:
    until = NOW + timedelta(seconds=31)
    place = Place(Resting("finance.sina.com.cn", until), b"")
    assert [place.ask(), place.ask()] == [Resting.__name__] * 2
    assert len(place.engine.asked) == 1
    place.now = until
    assert [place.ask(), place.ask()] == ["", ""]
    assert len(place.engine.asked) == 2
