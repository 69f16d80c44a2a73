"""A spider for the wire matrix that any Scrapy runs: asks for the lines of a plan, one after the other.

    python wirescrapy.py PLAN OUT

Runs in a venv that holds scrapy-webarchive and the Scrapy that it works with, so nothing of newsbot is imported here.
PLAN: JSON, a list of [method, url, body as base64]. OUT: the folder where the WACZ comes to lie.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.http import Response


class WireSpider(Spider):
    """Fetches and forgets; what archives is an extension."""

    name = "wire"

    def start_requests(self) -> Iterator[Request]:
        """Scrapy's way in until 2.12."""
        for method, url, body in json.loads(Path(sys.argv[1]).read_text("utf-8")):
            meta = {"handle_httpstatus_all": True, "dont_redirect": "/redirect/" not in url}
            yield Request(url, method=method, body=base64.b64decode(body), meta=meta, dont_filter=True)

    def parse(self, response: Response) -> None:
        """Nothing is wanted of it."""


if __name__ == "__main__":
    process = CrawlerProcess(
        {
            "EXTENSIONS": {"scrapy_webarchive.extensions.WaczExporter": 500},
            "SW_EXPORT_URI": f"{sys.argv[2]}/",
            "DOWNLOAD_TIMEOUT": 2,
            "DOWNLOAD_FAIL_ON_DATALOSS": False,  # so that a cut answer reaches the extension
            "RETRY_ENABLED": False,
            "COOKIES_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "LOG_LEVEL": "ERROR",
        }
    )
    process.crawl(WireSpider)
    process.start()
