"""The baseline of the bench: a spider that fetches the pages of a file and does nothing with them.

    python -m benchmarks.bare URLS CONNECT_TO CONCURRENCY [--tuned] [--keep DURABILITY --archive FOLDER]

Scrapy's default settings but for concurrency, the resolver that leads to loopback, and the log; `--tuned` takes
newsbot's settings instead, without its handler, middlewares, extensions and pipelines. `--keep` puts newsbot's download
handler in the stock one's place, and its writer behind: `tee` forgets what was kept, `none` writes it, `batch` and
`record` make it durable before the spider gets its page.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerProcess

from newsbot import article
from newsbot import settings as ours
from newsbot.clock import system_clock
from newsbot.warc.commit import GroupCommit
from newsbot.warc.kept import capture_of
from newsbot.warc.writer import Writer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from newsbot.warc.exchange import Exchange

#: Of newsbot's settings, those that are components of newsbot, and those that slow down on purpose.
NOT_TAKEN = {
    "DOWNLOAD_HANDLERS",
    "DOWNLOADER_MIDDLEWARES",
    "EXTENSIONS",
    "ITEM_PIPELINES",
    "SPIDER_MODULES",
    "COMMANDS_MODULE",
}


class Bare(Spider):
    """Fetches and forgets."""

    name = "bare"

    def __init__(self, urls: Path) -> None:
        super().__init__()
        self.urls = urls.read_text("utf-8").split()
        self.pages = 0

    async def start(self) -> AsyncIterator[Request]:
        """Every page once."""
        for url in self.urls:
            yield Request(url, dont_filter=True)

    def parse(self, response: Response) -> None:
        """Count it."""
        self.pages += response.status == 200


class Forget:
    """Stands where newsbot.extensions.Archive stands: the exchange is made and dropped."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Forget:  # noqa: ARG003 - Scrapy's signature
        """Scrapy's way in."""
        return cls()

    def admit(self, url: str) -> None:
        """Every URL may be asked."""

    async def keep(self, exchange: Exchange) -> article.Capture:
        """Give a capture that lies nowhere."""
        return article.Capture("", "", exchange.url, 200)


class Keep:
    """Likewise: the exchange is written, and durable before the response goes on."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.writer = Writer(Path(settings["KEEP_IN"]), info={}, clock=system_clock(), durability=settings["KEEP"])
        self.commit = GroupCommit(self.writer)
        crawler.signals.connect(self.close, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Keep:
        """Scrapy's way in."""
        return cls(crawler)

    def admit(self, url: str) -> None:
        """Every URL may be asked."""

    async def keep(self, exchange: Exchange) -> article.Capture:
        """Write, wait."""
        written = self.writer.append(exchange)
        await self.commit.durable()
        return capture_of(written, exchange, None)

    def close(self) -> None:
        """Make the file whole."""
        self.commit.close()
        self.writer.close()


def keeping(wanted: argparse.Namespace) -> dict[str, Any]:
    """Settings for --keep."""
    if not wanted.keep:
        return {}
    handler = "newsbot.handlers.capture.Capture"
    return {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "EXTENSIONS": {Forget if wanted.keep == "tee" else Keep: 0},
        "KEEP": wanted.keep,
        "KEEP_IN": wanted.archive,
    }


def main() -> int:
    """Crawl; 1 when a page is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("urls", type=Path)
    parser.add_argument("connect_to")
    parser.add_argument("concurrency", type=int)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--keep", choices=["tee", "none", "batch", "record"])
    parser.add_argument("--archive", default="")
    wanted = parser.parse_args()
    tuned = {name: getattr(ours, name) for name in dir(ours) if name.isupper() and name not in NOT_TAKEN}
    settings: dict[str, Any] = {
        **(tuned if wanted.tuned else {}),
        **keeping(wanted),
        "CONCURRENT_REQUESTS": wanted.concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": wanted.concurrency,
        "DOWNLOAD_DELAY": 0,
        "AUTOTHROTTLE_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "DOWNLOAD_VERIFY_CERTIFICATES": False,
        "TWISTED_DNS_RESOLVER": "newsbot.handlers.resolver.Resolver",
        "CONNECT_TO": wanted.connect_to,
        "LOG_LEVEL": "WARNING",
    }
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Bare)
    process.crawl(crawler, urls=wanted.urls)
    process.start()
    spider = crawler.spider
    assert isinstance(spider, Bare)
    return 0 if spider.pages == len(spider.urls) else 1


if __name__ == "__main__":
    sys.exit(main())
