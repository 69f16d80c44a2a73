"""The ledger's posts against those on the shelf: none missing, none cut or changed, none that nothing gives."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from newsbot import post, text
from newsbot.article import Article
from newsbot.errors import BadInput, RecordError
from newsbot.joining import joined
from newsbot.publication import channel_of, post_of, title_of
from newsbot.shelf import PLACE
from newsbot.views.judging import page_from
from newsbot.warc.fault import MISSING, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsbot.archive import Archive
    from newsbot.ledger import ArticleRow, Ledger

_REPLAY = "scrapy replay writes it anew"


class PostCheck:
    """What is wrong is looked at twice, the second time while nobody else can be half-way through a change."""

    def __init__(self, archive: Archive, ledger: Ledger) -> None:
        self._posts = archive.posts
        self._ledger = ledger
        self._page = page_from(archive.root)

    def faults(self) -> Iterator[tuple[int, Fault | None]]:
        """(posts looked at, what is wrong with the last one)."""
        done = 0
        for done, row in enumerate(self._ledger.published(), 1):
            yield done, self._judged_twice(row)
        for path in self._on_the_shelf():
            name = path.relative_to(self._posts).as_posix()
            if not self._ledger.claimed(name, ""):
                yield done, self._stray(name)

    def _on_the_shelf(self) -> list[Path]:
        try:
            return sorted((self._posts / PLACE).rglob("*.md"))
        except OSError:  # a folder that may not be read: each post in it has been told
            return []

    def _judged_twice(self, row: ArticleRow) -> Fault | None:
        if not self._wrong(row):
            return None
        with self._ledger.transaction():
            now = self._ledger.article(row.key)
            what = self._wrong(now) if now and now.post else ""
        return Fault(MISSING, now.post, None, what, _REPLAY) if now and what else None

    def _stray(self, name: str) -> Fault | None:
        with self._ledger.transaction():
            if self._ledger.claimed(name, "") or not (self._posts / name).exists():
                return None
        return Fault(MISSING, name, None, "the ledger knows no such post", "remove it, unless you put it there")

    def _wrong(self, row: ArticleRow) -> str:
        """What is wrong with a post, '' for nothing."""
        try:
            content = (self._posts / row.post).read_bytes()
            found = post.read(content)
        except FileNotFoundError:
            return "the post is not there"
        except OSError as error:
            return f"the post cannot be read: {error.strerror}"
        except BadInput as error:
            return str(error)
        due = (post.title_text(title_of(row)), channel_of(row), text.unstamp(row.date or row.page_date))
        if (found.title, found.channel, found.date) != (*due[:2], due[2].replace(microsecond=0)):
            return f"title, channel or date are not the ledger's: {due[0]}, {due[1]}, {text.stamp(due[2])}"
        body = hashlib.sha256(found.body.encode()).hexdigest()
        if body != self._ledger.digest(row.body_record) and not self._rendered(row, content):
            return f"its text is not that of the capture {row.body_record}"
        return ""

    def _rendered(self, row: ArticleRow, content: bytes) -> bool:
        """Does today's parser make just this post, or is it not the one that the ledger remembers?"""
        try:
            page = self._page(self._ledger.capture(row.body_record))
        except (BadInput, RecordError, KeyError):
            return True  # the capture itself is at fault, and told already
        if not isinstance(page, Article):
            return True
        if hashlib.sha256(page.body.encode()).hexdigest() != self._ledger.digest(row.body_record):
            return True
        whole = joined(page, self._ledger, self._page)
        return post.render(post_of(row, whole.body, whole.headimg)) == content
