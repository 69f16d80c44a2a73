"""Errors in the program itself, for the tests of what becomes of them: extensions and a pipeline that break something.

Each takes the docid, or the list's lid, at which it breaks from the setting FAULT_AT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsbot.sina import listing
from newsbot.spiders import sina_finance

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

    from newsbot.article import Look


class InventedError(Exception):
    """What is raised here."""


class BreakArticle:
    """The spider's callback raises on the article's page."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BreakArticle:
        """Put the fault in place."""
        names = vars(sina_finance)
        names["judge_page"] = faulty(names["judge_page"], crawler.settings["FAULT_AT"])
        return cls()


class BreakList:
    """The spider's callback raises on the list's answer."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BreakList:
        """Put the fault in place."""
        listing.read = faulty(listing.read, crawler.settings["FAULT_AT"])
        return cls()


class BreakItem:
    """A pipeline raises on the article's look."""

    def __init__(self, at: str) -> None:
        self.at = at

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BreakItem:
        """Take the setting."""
        return cls(crawler.settings["FAULT_AT"])

    def process_item(self, item: Look) -> Look:
        """Raise, or pass on."""
        if item.key == self.at:
            raise InventedError(f"at {self.at}\nin two lines")
        return item


def faulty(function: Callable[..., Any], at: str) -> Callable[..., Any]:
    """The function, raising when `at` stands in any of its arguments."""

    def raising(*args: Any, **kwargs: Any) -> Any:
        if any(at in str(arg) for arg in (*args, *kwargs.values())):
            raise InventedError(f"at {at}\nin two lines")
        return function(*args, **kwargs)

    return raising
