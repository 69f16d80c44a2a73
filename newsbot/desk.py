"""Entry + page → refusal, new, same, revised → ledger rows and posts.

The live crawl and `scrapy replay` both come through here, with facts that they read from the same records, in
whatever order. Every choice is a minimum or maximum over a key found in the records (design.md, "any reading order"),
so both end with the same rows and the same files.
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsbot import post, text
from newsbot.article import REASONS, Article, Capture, Entry, Look, Refusal
from newsbot.errors import CaptureBroken, LedgerError
from newsbot.ledger import ArticleRow, Ledger, LookRow
from newsbot.shelf import PLACE, Shelf
from newsbot.sina import channels, page, urls

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)

#: What a site says when it wants to be left alone: its host rests then, and is not asked again at once.
SAYS_NO = frozenset({429, 456})

#: A title that ends like a suffixed file name is always suffixed, so that no plain name can ever meet a suffixed one.
_LIKE_A_SUFFIX = re.compile(r"-(?:[a-z]{7}\d{7}|\d+@[a-z0-9.-]+|[0-9a-f]{16})$")


@dataclass(frozen=True, slots=True)
class Noted:
    """What one listing answer brought."""

    new: tuple[str, ...] = ()  #: article keys that no list had shown before
    revised: tuple[str, ...] = ()  #: known ones whose post was written anew: title, date or channel is another now


@dataclass(frozen=True, slots=True)
class Settled:
    """How an article stands after a look."""

    state: str  #: listed, failed, refused, gone, published
    reason: str = ""
    outcome: str = ""  #: new, revised or same for a published article; else the state


def judge_exchange(capture: Capture, asked: str, location: str | None) -> Refusal | None:
    """The refusal of an answer that holds no page to read; None when it holds one, or is a redirect on its way.

    `asked` is the URL the spider wanted, `location` the answer's Location header (None for none).
    """
    if not capture.status or capture.error.startswith("aborted:"):
        return _unanswered(capture)
    if capture.truncated:
        return Refusal("too-large" if capture.truncated == "length" else "cut", f"truncated: {capture.truncated}")
    if reason := _of_status(capture.status):
        return Refusal(reason, f"status {capture.status}")
    if is_hop(capture.status, location):
        return None
    if urls.canonical(capture.url) != urls.canonical(asked) and not urls.is_article(capture.url):
        return Refusal("redirected-away", capture.url)
    return None


def judge_requisite(capture: Capture) -> str:
    """Why an answer is not the image or style sheet that was asked for, a word of REASONS; '' when it may be."""
    if not capture.status or capture.error.startswith("aborted:"):
        return _unanswered(capture).reason
    if capture.truncated:
        return "too-large" if capture.truncated == "length" else "cut"
    if capture.status in {200, 304}:
        return ""
    if capture.status in {404, 410}:
        return "gone"
    return "ban" if capture.status in SAYS_NO else _of_status(capture.status) or "http-status"


def _of_status(status: int) -> str:
    """The reason of an answer whose status alone says that it holds no page; '' for others."""
    if status >= 500 or status in {408, 429}:
        return "server-error"
    return "forbidden" if status in {401, 403} else ""


def _unanswered(capture: Capture) -> Refusal:
    if capture.error.startswith("aborted:"):  # handlers.Capture.abort_all: our run ended, the site did nothing wrong
        return Refusal("stopped", capture.error)
    kept_away = capture.error.startswith("AddressRefused")  # resolver.py: a private address, or CONNECT_TO
    return Refusal("not-allowed" if kept_away else "no-answer", capture.error)


def is_hop(status: int, location: str | None) -> bool:
    """Is this answer only the way to another one? Scrapy follows an empty Location too: it names the page itself."""
    return status in {301, 302, 303, 307, 308} and location is not None


def judge_page(capture: Capture, body: bytes, content_type: str) -> Article | Refusal:
    """What the page itself says; `body` is the entity without any Content-Encoding.

    The one place where any error of the parser is caught: one odd page must not end a crawl, nor every replay after it.
    It is a refusal with its own reason, which the verdict calls unhealthy; a mended parser replays it.
    """
    try:
        return page.read(body, capture.url, status=capture.status, content_type=content_type)
    except Exception as error:
        logger.exception("the parser failed on %s", capture.url)
        return Refusal("parser-error", f"{type(error).__name__}: {error}".splitlines()[0])


def validate(look: Look) -> Look:
    """Refuse to go on with a page whose capture is not in the archive (CaptureBroken): durable before visible."""
    if not look.capture.record_id or (look.capture.status and not look.capture.file):
        raise CaptureBroken(f"{look.capture.url} came without a record in the archive; nothing is published from it")
    return look


@dataclass(slots=True)
class Desk:
    """Keeps ledger and posts in step with what was seen."""

    ledger: Ledger
    shelf: Shelf
    fetch: Callable[[Capture], Article | Refusal]  #: reads a captured page again from the WARC files

    def list_entries(self, capture: Capture, entries: Sequence[Entry]) -> Noted:
        """Note what one listing answer shows; posts whose title, date or channel follow from it are written anew."""
        keys = [entry.key for entry in entries]
        with self.ledger.transaction():
            before = {row.key: row for row in self.ledger.articles(keys)}
            new = self.ledger.note_entries(capture, entries)
            changed = [row.key for row in self.ledger.articles(list(before)) if _face(row) != _face(before[row.key])]
            revised = [key for key in changed if self.settle(key).outcome == "revised"]
        return Noted(tuple(new), tuple(revised))

    def note(self, looks: Sequence[Look]) -> None:
        """Note looks in the ledger without settling anything yet."""
        self.ledger.note_looks([look_row(look) for look in looks])

    def settle(self, key: str, look: Look | None = None) -> Settled:
        """Bring one article's standing, post and file name in line with what is noted of it.

        `look` is the one just taken, if any: its page is used when the ledger chose that capture's body, which saves
        reading it again from the archive.
        """
        with self.ledger.transaction():
            row = self.ledger.article(key)
            if row is None:
                return Settled("listed")
            state, reason, name = _standing(row)
            settled = replace(row, state=state, reason=reason, name=name)
            rivals = self._others(settled)
            outcome = self._place(settled, rivals, look) if name else state
            if not name and settled != row:
                self._take_down(row, settled)
            self._move(rivals, [settled, *rivals])
            if row.name and row.name != name:  # the name it had is free for the next
                left = self._others(row)
                self._move(left, left)
        return Settled(state, reason, outcome)

    def _take_down(self, row: ArticleRow, settled: ArticleRow) -> None:
        """Settle an article that has no post, or none any more."""
        if row.post and not self.ledger.claimed(row.post, row.key):
            self.shelf.remove(row.post)
        self.ledger.settle(row.key, state=settled.state, reason=settled.reason, post="", name="")

    def shown(self, key: str) -> Article | None:
        """The page that a published article's post shows."""
        row = self.ledger.article(key)
        return self._body(row, None) if row is not None and row.name else None

    def _others(self, row: ArticleRow) -> list[ArticleRow]:
        """The other articles whose post would have this one's plain name."""
        return [other for other in self.ledger.rivals(row.name) if other.key != row.key] if row.name else []

    def _move(self, rows: Sequence[ArticleRow], group: Sequence[ArticleRow]) -> None:
        """Write anew the posts among `rows` whose file name is now another one; `group` has all of that plain name."""
        for row in rows:
            others = [other for other in group if other.key != row.key]
            if _path(row, others) != row.post:
                self._place(row, others)

    def _place(self, row: ArticleRow, others: Sequence[ArticleRow], look: Look | None = None) -> str:
        """Write a published article's post under the name it is due, and settle its row; says new, revised or same."""
        path = _path(row, others)
        changed = self.shelf.put(path, post.render(_post_of(row, self._body(row, look))))
        if row.post and path != row.post and not self.ledger.claimed(row.post, row.key):
            self.shelf.remove(row.post)
        self.ledger.settle(row.key, state=row.state, reason=row.reason, post=path, name=row.name)
        if not row.post:
            return "new"
        return "revised" if changed else "same"

    def _body(self, row: ArticleRow, look: Look | None) -> Article:
        """The page whose BODY the post shows: the one at hand, or read again from the archive."""
        if look and look.capture.page_record == row.body_record and isinstance(look.result, Article):
            return look.result
        capture = self.ledger.capture(row.body_record)
        page_read = self.fetch(capture)
        if isinstance(page_read, Refusal):
            raise LedgerError(
                f"the ledger says {capture.url} in {capture.file} is an article, this parser says {page_read.reason}: "
                "run `scrapy replay` to bring the ledger up to the parser"
            )
        return page_read


def look_row(look: Look) -> LookRow:
    """The ledger's row of a look."""
    result = look.result
    if isinstance(result, Article):
        digest = hashlib.sha256(result.body.encode()).hexdigest()
        return LookRow(look.key, look.capture, "article", "", "", result.title, result.time, digest)
    return LookRow(look.key, look.capture, "refused", result.reason, result.evidence, "", None, "")


def _standing(row: ArticleRow) -> tuple[str, str, str]:
    """(state, reason, folded plain name) that follow from a row's facts; the name is '' when there is no post."""
    if row.withdrawal:
        return "withdrawn", row.withdrawal, ""
    if row.body_key:
        return _published(row)
    if not row.look_key:
        return "listed", "", ""
    if row.look_reason == "gone":
        return "gone", "gone", ""
    return ("refused" if REASONS[row.look_reason] else "failed"), row.look_reason, ""


def _published(row: ArticleRow) -> tuple[str, str, str]:
    if not title_of(row):
        return "refused", "no-title", ""
    if not (row.date or row.page_date):
        return "refused", "no-time", ""
    return "published", "", post.fold(f"{_folder(row)}/{post.file_name(title_of(row), row.key)}")


def title_of(row: ArticleRow) -> str:
    """The list's title, else the page's, as they came; '' when neither leaves anything of itself in a TITLE."""
    return next((title for title in (row.title, row.page_title) if post.title_text(title)), "")


def _path(row: ArticleRow, others: Sequence[ArticleRow]) -> str:
    """Plain name for the article that was captured first of those that share it, `-<key>` for every other."""
    first = all((row.first_key, row.key) < (other.first_key, other.key) for other in others)
    plain = first and not _LIKE_A_SUFFIX.search(post.stem(title_of(row), row.key))
    return f"{_folder(row)}/{post.file_name(title_of(row), row.key, suffixed=not plain)}"


def _folder(row: ArticleRow) -> str:
    return f"{PLACE}/{channel_of(row)}"


def channel_of(row: ArticleRow) -> str:
    """The post name of the row's channel; an article that no list showed is in the catch-all one."""
    return channels.post_name(row.channel) if row.channel else channels.ROLL


def _post_of(row: ArticleRow, article: Article) -> post.Post:
    return post.Post(
        title=title_of(row),
        channel=channel_of(row),
        date=text.unstamp(row.date or row.page_date),
        image=article.headimg,
        body=article.body,
    )


def _face(row: ArticleRow) -> tuple[str, str, str]:
    """What a list decides about a post."""
    return (row.title, row.date, row.channel)
