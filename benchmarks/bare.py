"""The baseline of the bench: a spider that fetches the pages of a file and does nothing with them.

    python -m benchmarks.bare URLS CONNECT_TO CONCURRENCY [--tuned]

Scrapy's default settings but for concurrency, the resolver that leads to loopback, and the log; `--tuned` takes
newsbot's settings instead, without its handler, middlewares, extensions and pipelines.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess

from newsbot import settings as ours

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.http import Response

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


def main() -> int:
    """Crawl; 1 when a page is missing."""
    urls, connect_to, concurrency = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    tuned = {name: getattr(ours, name) for name in dir(ours) if name.isupper() and name not in NOT_TAKEN}
    settings: dict[str, Any] = {
        **(tuned if "--tuned" in sys.argv else {}),
        "CONCURRENT_REQUESTS": concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
        "DOWNLOAD_DELAY": 0,
        "AUTOTHROTTLE_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "DOWNLOAD_VERIFY_CERTIFICATES": False,
        "TWISTED_DNS_RESOLVER": "newsbot.resolver.Resolver",
        "CONNECT_TO": connect_to,
        "LOG_LEVEL": "WARNING",
    }
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Bare)
    process.crawl(crawler, urls=urls)
    process.start()
    spider = crawler.spider
    assert isinstance(spider, Bare)
    return 0 if spider.pages == len(spider.urls) else 1


if __name__ == "__main__":
    sys.exit(main())
