"""Validate → Remember → Publish: shells over run.py and desk.py; the item is an `article.Look`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from itemadapter import ItemAdapter
from scrapy.exceptions import NotConfigured

from newsbot.extensions import Archive
from newsbot.judgement import validate

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from newsbot.article import Look
    from newsbot.crawl.run import Run


class _OverRun:
    """What the three share: the run they work for."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> _OverRun:
        """Scrapy's way in."""
        archive = crawler.get_extension(Archive)
        if archive is None:
            raise NotConfigured("nothing is published without newsbot's archive")
        return cls(archive.run)


class Validate(_OverRun):
    """Only a look whose capture is in the archive goes on."""

    def process_item(self, item: Look) -> Look:
        """Raises CaptureBroken, which stops the crawl."""
        if not ItemAdapter.is_item(item):
            raise TypeError(f"{item!r} is no look at an article")
        return validate(item)


class Remember(_OverRun):
    """Opens the ledger's row: what was seen."""

    def process_item(self, item: Look) -> Look:
        """Note the look."""
        self.run.remember(item)
        return item


class Publish(_OverRun):
    """Writes the post if its bytes changed; then the row is done."""

    def process_item(self, item: Look) -> Look:
        """Settle the article."""
        self.run.publish(item)
        return item
