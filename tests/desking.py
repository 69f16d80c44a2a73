"""A desk with a ledger, a shelf and an archive of its own, to be told what was seen."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from newsbot.article import Article, Capture, Entry, Look, Refusal
from newsbot.shelf import PLACE, PostShelf
from newsbot.text import stamp
from tests.crawling import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsbot.desk import Desk, Settled

NOW = datetime(2026, 9, 29, 12, 30, tzinfo=UTC)
UNKNOWN = Refusal("no-layout", "")
TITLE = "【虚构】同一个标题"
CHINA, ROLL = f"{PLACE}/新浪财经－国內", f"{PLACE}/新浪财经－滚动"
A, B, C = "aaaaaaa0000001", "bbbbbbb0000002", "ccccccc0000003"
URL = "https://finance.sina.com.cn/china/2026-09-29/doc-i{}.shtml"


@dataclass
class Newsroom:
    """A desk with its ledger and shelf, and the records that it is told of, each a second after the one before."""

    desk: Desk
    pages: dict[str, Article | Refusal]  #: what the archive holds, by record id
    seconds: Iterator[int] = field(default_factory=itertools.count)

    def capture(self, url: str, after: int | None = None) -> Capture:
        """The next record, or one of the given second."""
        second = next(self.seconds) if after is None else after
        moment = stamp(NOW + timedelta(seconds=second))
        return Capture(f"urn:uuid:{second:032d}", moment, url, 200, "warc/a.warc.gz", second)

    def list(self, *titles: tuple[str, str], channel: str = "china", dated: bool = True) -> tuple[str, ...]:
        """A list's answer with (key, title); the keys whose posts were written anew."""
        entries = [
            Entry(key, URL.format(key), title, "china", place, channel, NOW if dated else None, NOW, NOW)
            for place, (key, title) in enumerate(titles)
        ]
        return self.desk.list_entries(self.capture("https://feed.mix.sina.com.cn/api/roll/get"), entries).revised

    def look(
        self, key: str, body: str = "<p>虚构</p>", *, title: str = TITLE, after: int | None = None, dated: bool = True
    ) -> Settled:
        """A look at an article's page."""
        seen = self.capture(URL.format(key), after)
        time = NOW if dated else None
        page = Article(key, seen.url, title, body, "", "test", "utf-8", published=time)
        self.pages[seen.record_id] = page
        return self._settle(Look(key, seen, page))

    def again(self, key: str, first: int, after: int) -> tuple[Settled, bool]:
        """A revisit of the capture of second `first`, and whether its page was read once more."""
        seen = replace(self.capture(URL.format(key), after), refers_to=f"urn:uuid:{first:032d}")
        result = self.desk.page_again(key, seen)
        return self._settle(Look(key, seen, result)), result is not None

    def fail(self, key: str, reason: str) -> Settled:
        """A look at an article that gave none."""
        return self._settle(Look(key, self.capture(URL.format(key)), Refusal(reason, "invented")))

    def _settle(self, look: Look) -> Settled:
        self.desk.note([look])
        return self.desk.settle(look.key, look)

    @property
    def posts(self) -> dict[str, bytes]:
        """Every post by its path."""
        shelf = self.desk.shelf
        assert isinstance(shelf, PostShelf)
        found = tree(shelf.root, "*.*")
        assert self.desk.ledger.posts() == set(found)
        return found
