"""Errors in the program itself, for the tests of what becomes of them: extensions and a pipeline that break something.

Each takes the docid, or the list's lid, at which it breaks from the setting FAULT_AT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.utils.misc import load_object

from newsbot.crawl import hearing
from newsbot.sina import listing
from newsbot.spiders import articles

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
        names = vars(articles)
        names["judge_page"] = faulty(names["judge_page"], crawler.settings["FAULT_AT"])
        return cls()


class BreakHearing:
    """What listens to an exchange that is kept raises on the article's."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BreakHearing:
        """Put the fault in place."""
        names = vars(hearing)
        names["judge_exchange"] = faulty(names["judge_exchange"], crawler.settings["FAULT_AT"])
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


#: Private names of Scrapy and Twisted that wire.py and handlers.py rest on, by the class that has them.
GONE = (
    "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler._pool",
    "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler._contextFactory",
    "scrapy.core.downloader.contextfactory._ScrapyClientContextFactory._get_cert_options_kwargs",
    "twisted.web.client.HTTPConnectionPool._reactor",
    "twisted.web.client.HTTPConnectionPool._factory",
    "twisted.web.client._HTTP11ClientFactory._quiescentCallback",
    "twisted.web._newclient.HTTP11ClientProtocol._finishResponse",
    "twisted.web._newclient.HTTP11ClientProtocol.state",
    "twisted.web._newclient.Request.writeTo",
)

#: Methods of wire.py that Scrapy or Twisted would no longer call when it called them something else, and the stock one.
UNUSED = {
    "Pool._factory": "scrapy.core.downloader.handlers.http11._LenientHTTP11ClientFactory",
    "Pool.getConnection": "twisted.web.client.HTTPConnectionPool.getConnection",
    "RecordedRequest.writeTo": "twisted.web._newclient.Request.writeTo",
    "RecordingProtocol.request": "twisted.web._newclient.HTTP11ClientProtocol.request",
    "RecordingProtocol.dataReceived": "twisted.web._newclient.HTTP11ClientProtocol.dataReceived",
    "RecordingProtocol._finishResponse": "twisted.web._newclient.HTTP11ClientProtocol._finishResponse",
}


class NameGone:
    """A name of GONE is not there any more: a class has lost it, or its instances get it under another name."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> NameGone:
        """Put the fault in place."""
        place, _, name = crawler.settings["FAULT_AT"].rpartition(".")
        owner = load_object(place)
        if name in vars(owner):
            delattr(owner, name)
        else:
            owner.__init__ = renaming(owner.__init__, name)
        return cls()


class NameUnused:
    """A method of UNUSED is never called."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> NameUnused:
        """Put the fault in place."""
        at = crawler.settings["FAULT_AT"]
        owner, _, name = at.rpartition(".")
        setattr(load_object(f"newsbot.handlers.wire.{owner}"), name, stock(UNUSED[at]))
        return cls()


def stock(place: str) -> Any:
    """The object at a dotted place, a method's class being looked up first."""
    owner, _, name = place.rpartition(".")
    return load_object(place) if owner.rpartition(".")[2][0].islower() else getattr(load_object(owner), name)


def renaming(init: Callable[..., None], name: str) -> Callable[..., None]:
    """An `__init__` after which the attribute has another name."""

    def renamed(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        vars(self)[f"{name}_renamed"] = vars(self).pop(name)

    return renamed
